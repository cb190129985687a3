package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
	"github.com/leadership-ladder/rung/authoring/packagecheck/ziptest"
	"github.com/leadership-ladder/rung/cmd/rung/client"
)

// packages are files to check, in a folder of their own: their names.
func packages(t *testing.T) func(name string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"site.zip": ziptest.Of(map[string]string{"index.html": `<!DOCTYPE html><html lang="en"><title>Hello</title><h1>Hello</h1><p>Good morning.</p></html>`}).Bytes(),
		"case.zip": ziptest.Of(map[string]string{"index.html": `<!DOCTYPE html><html lang="en"><title>Hello</title><h1>Hello</h1></html>`, "a.txt": "a", "A.txt": "b"}).Bytes(),
		"text.zip": []byte("this is no zip file, whatever its name says"),
		"none.zip": ziptest.Zip{}.Bytes(),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.zip"), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(name string) string { return filepath.Join(dir, name) }
}

func TestCheckExits(t *testing.T) {
	at := packages(t)
	for name, c := range map[string]struct {
		args      []string
		code      int
		out, errs string
	}{
		"one":             {[]string{at("site.zip"), "--no-browser"}, exitOK, "OK: it loads", ""},
		"a warning":       {[]string{at("case.zip"), "--no-browser"}, exitOK, "WARN: ", ""},
		"a failure":       {[]string{at("text.zip")}, exitFailure, "[zip-not-a-zip]", ""},
		"several":         {[]string{at("none.zip"), at("text.zip")}, exitFailure, "2 files: 0 ok, 0 warn, 2 fail.", ""},
		"missing":         {[]string{at("nothing.zip"), at("text.zip")}, exitUsage, "2 files: 0 ok, 0 warn, 1 fail, 1 could not be read.", "nothing.zip: there is no such file"},
		"a folder":        {[]string{at("")}, exitUsage, "", "it is a folder"},
		"a pipe":          {[]string{at("pipe.zip")}, exitUsage, "", "it is a pipe or a device"},
		"a device":        {[]string{"/dev/zero"}, exitUsage, "", "it is a pipe or a device"},
		"standard input":  {[]string{"-"}, exitUsage, "", "standard input"},
		"an evil name":    {[]string{"\x1b[31m\u202e.zip"}, exitUsage, "", "�[31m�.zip: there is no such file"},
		"an empty name":   {[]string{""}, exitUsage, "", "there is no such file"},
		"no file":         {nil, exitUsage, "", "Which files?"},
		"an unknown flag": {[]string{"--colour"}, exitUsage, "", "unknown flag"},
		"a rule":          {[]string{"--explain", "zip-bomb"}, exitOK, "zip-bomb: The zip file is made like a bomb.", ""},
		"two rules":       {[]string{"--explain", "zip-bomb,zip-damaged"}, exitOK, "\n\nzip-damaged: ", ""},
		"one is no rule":  {[]string{"--explain", "nothing", "--explain", "zip-damaged"}, exitUsage, "zip-damaged: ", "There is no rule \"nothing\""},
		"a near rule":     {[]string{"--explain", "zip-bmob"}, exitUsage, "", "Did you mean zip-bomb"},
		"no near rule":    {[]string{"--explain", "walrus-on-the-moon"}, exitUsage, "", "There is no rule \"walrus-on-the-moon\""},
		"a rule and file": {[]string{"--explain", "zip-bomb", at("site.zip")}, exitUsage, "", "take no files"},
		"two questions":   {[]string{"--rules", "--schema"}, exitUsage, "", "can't be used together"},
		"rules":           {[]string{"--rules"}, exitOK, "| `zip-bomb` | error |", ""},
		"schema":          {[]string{"--schema"}, exitOK, `"https://json-schema.org/draft/2020-12/schema"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := outcomeOf(t, nil, append([]string{"check"}, c.args...)...)
			if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(errs, c.errs) || (c.errs == "") != (errs == "") {
				t.Errorf("exit %d, expected %d with %q and %q; printed %s; said %s", code, c.code, c.out, c.errs, out, errs)
			}
			if strings.Contains(out+errs, "\x1b") {
				t.Errorf("there is an escape sequence in %q", out+errs)
			}
		})
	}
}

// One object for each file that was read, in their order, and nothing else.
func TestCheckPrintsJSONLines(t *testing.T) {
	at := packages(t)
	code, out, errs := outcomeOf(t, nil, "check", "--json", "--no-browser", at("none.zip"), at("nothing.zip"), at("text.zip"))
	if code != exitUsage || !strings.Contains(errs, "nothing.zip") {
		t.Errorf("exit %d, said %s", code, errs)
	}
	var files []string
	for line := range strings.Lines(out) {
		var object struct{ File, Verdict string }
		if err := json.Unmarshal([]byte(line), &object); err != nil || object.Verdict != "fail" {
			t.Errorf("%s: %v", line, err)
		}
		files = append(files, filepath.Base(object.File))
	}
	if want := []string{"none.zip", "text.zip"}; !slices.Equal(files, want) {
		t.Errorf("objects of %v, expected %v", files, want)
	}
}

// The name of a file is bytes, which an old system may have written in Latin-1.
func TestCheckTakesEveryName(t *testing.T) {
	at := packages(t)
	for _, name := range []string{"caf\xe9.zip", "a,b.zip", `a\b.zip`, "${HOME}.zip", "a\nb.zip"} {
		if err := os.Link(at("site.zip"), at(name)); err != nil {
			t.Fatal(err)
		}
		if code, out, errs := outcomeOf(t, nil, "check", "--no-browser", at(name)); code != exitOK {
			t.Errorf("%q: exit %d, printed %s, said %s", name, code, out, errs)
		}
		code, out, errs := outcomeOf(t, nil, "check", "--no-browser", "--json", at(name))
		if !json.Valid([]byte(out)) || !utf8.ValidString(out) {
			t.Errorf("%q: exit %d, printed %q, said %s", name, code, out, errs)
		}
	}
}

func TestCheckStopsWhenAsked(t *testing.T) {
	at := packages(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	code := run(ctx, []string{"check", at("site.zip"), at("text.zip")}, nil, &out, &errs)
	if code != exitStopped || out.Len() > 0 || !strings.Contains(errs.String(), "asked to stop") {
		t.Errorf("exit %d, printed %q, said %q", code, out.String(), errs.String())
	}
}

func TestBar(t *testing.T) {
	var out bytes.Buffer
	at := time.Unix(0, 0)
	b := &bar{out: &out, width: 60, now: func() time.Time { return at }}
	show := b.show("a\x1b.zip")
	half := packagecheck.Progress{Doing: "Reading the files", Done: 5, All: 10}
	at = at.Add(barAfter - 1)
	show(half)
	b.erase()
	if out.Len() > 0 {
		t.Errorf("work that is soon done is shown: %q", out.String())
	}
	at = at.Add(1)
	show(half)
	show(half)
	b.erase()
	if want := "\r\x1b[2K[##########..........]  50 % Reading the files: a�.zip\r\x1b[2K"; out.String() != want {
		t.Errorf("drawn as %q, expected %q", out.String(), want)
	}
	if b := newBar(&process{stderr: &out, now: time.Now}); b.show("a") != nil {
		t.Error("a bar is drawn where there is no terminal")
	}
	for _, p := range []packagecheck.Progress{{}, {All: -1, Done: 5}, {All: 5, Done: -1}, {All: 5, Done: 50}} {
		if line := []rune(barLine(strings.Repeat("x", 100), p, 30)); len(line) != 30 {
			t.Errorf("%v is %d characters, expected 30", p, len(line))
		}
	}
}

func TestLinesAreNoLongerThanIsGoodToRead(t *testing.T) {
	for width, want := range map[int]int{0: 80, 40: 40, 100: 100, 250: 100} {
		if got := widthOf(client.Screen{Width: width}); got != want {
			t.Errorf("%d columns: lines of %d, expected %d", width, got, want)
		}
	}
}
