package packagecheck

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// pack makes a zip file of pairs of path and content.
func pack(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err == nil {
			_, err = w.Write([]byte(files[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const goodScript = `var a=parent.API;a.LMSInitialize("");a.LMSSetValue("cmi.core.lesson_status","completed");a.LMSSetValue("cmi.core.score.raw",1)`

// TestFaultsOnePackageEach plants one thing at a time beside a good page.
func TestFaultsOnePackageEach(t *testing.T) {
	page := func(head string) string { return `<html><script src="s.js"></script>` + head + `</html>` }
	for _, c := range []struct {
		name  string
		files []string
		want  []string
	}{
		{"nothing", nil, nil},
		{"junk", []string{"__MACOSX/._a", "x", "b/.DS_Store", "x", ".DS_Store", "x"}, []string{"junk-files", "junk-files"}},
		{"an LFS pointer", []string{"v.mp4", "version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 1\n"}, []string{"file-lfs-pointer"}},
		{"Flash by its name", []string{"a.swf", ""}, []string{"flash-file"}},
		{"Flash by its bytes", []string{"a.bin", "CWS\x0aabcdefgh"}, []string{"flash-file"}},
		{"a program", []string{"a.exe", "MZ"}, []string{"executable-file"}},
		{"a program by its bytes", []string{"a", "\x7fELF\x02"}, []string{"executable-file"}},
		{"a text that begins with MZ", []string{"a.txt", "MZ is what old programs begin with" + strings.Repeat(" ", 80)}, nil},
		{"server code", []string{"a.php", "<?php 1"}, []string{"server-code"}},
		{"a lesson in Python", []string{"a.py", "print(1)"}, nil},
		{"an archive", []string{"a.zip", "PK\x03\x04"}, []string{"nested-archive"}},
		{"an empty file", []string{"a.txt", ""}, nil},
		{"a binary named .js", []string{"a.js", "\x00\x01\x02"}, nil},
		{"an insecure script", []string{"index.html", page(`<script src="http://a.example/b.js"></script>`)}, []string{"outside-insecure-load"}},
		{"a secure script", []string{"index.html", page(`<script src="https://a.example/b.js"></script>`)}, []string{"outside-load"}},
		{"an insecure link, twice", []string{"index.html", page(`<a href="http://a.example/1">x</a><a href="http://a.example/2">x</a>`)}, []string{"outside-insecure-link"}},
		{"a secure link", []string{"index.html", page(`<a href="https://a.example/1">x</a><a href="mailto:a@b.c">x</a>`)}, nil},
		{"namespaces", []string{"n.js", `var x="http://www.w3.org/2000/svg" // http://a.example/licence`}, nil},
		{"a missing picture", []string{"index.html", page(`<img src="a.png"><img src="a.png">`)}, []string{"page-missing-file"}},
		{"a picture in capitals", []string{"index.html", page(`<img src="a.png">`), "A.png", "x"}, []string{"page-missing-file"}},
		{"a script in capitals", []string{"index.html", page(`<script src="a.js"></script>`), "A.js", "x()"}, []string{"page-file-case"}},
		{"a script with its accent apart", []string{"index.html", page("<script src=\"e\u0301.js\"></script>"), "\u00e9.js", "x()"}, []string{"page-file-accents"}},
		{"a frame that is missing", []string{"index.html", page(`<iframe src="b.html"></iframe>`)}, []string{"page-frame-missing"}},
		{"a template's picture", []string{"index.html", page(`<img src="{{pic}}.png"><img src="${x}"><img src="<%= y %>">`)}, nil},
		{"an unreached page with a missing picture", []string{"other.html", `<img src="a.png">`}, nil},
		{"the host's document", []string{"index.html", page(`<script>parent.document.body.x=1</script>`)}, []string{"script-reaches-parent-document"}},
		{"a frame that reaches its own frameset", []string{"index.html", page(`<iframe src="f.html"></iframe>`), "f.html", `<html><script>parent.document.body.x=1</script></html>`}, nil},
		{"a script that frames share reaches their frameset", []string{"index.html", page(`<script src="f.js"></script><iframe src="f.html"></iframe>`), "f.html", `<html><script src="f.js"></script></html>`, "f.js", "parent.document.body.x=1"}, nil},
		{"the same in a frame that a script makes", []string{"index.html", page(`<script src="f.js"></script>`), "f.html", `<html><script src="f.js"></script></html>`, "f.js", `f=document.createElement("iframe");f.src="f.html";parent.document.body.x=1`}, nil},
		{"a script that pages share without frames", []string{"index.html", page(`<script src="f.js"></script><a href="f.html">on</a>`), "f.html", `<html><script src="f.js"></script></html>`, "f.js", "parent.document.body.x=1"}, []string{"script-reaches-parent-document"}},
		{"a script that the frames don't share", []string{"index.html", page(`<script src="f.js"></script><iframe src="f.html"></iframe>`), "f.html", `<html></html>`, "f.js", "parent.document.body.x=1"}, []string{"script-reaches-parent-document"}},
		{"a script that never talks", []string{"s.js", "1"}, []string{"scorm-sco-never-talks"}},
		{"another version", []string{"s.js", `a=w.API_1484_11;a.Initialize("")`}, []string{"scorm-wrong-api"}},
		{"a loader that puts names together", []string{"s.js", "load('ch'+n)", "x/chunk7.js", goodScript}, nil},
		{"scripts of scripts", []string{"s.js", `load("lib/b.js")`, "lib/b.js", `import "./c.js"`, "lib/c.js", goodScript}, nil},
		{"no results", []string{"s.js", `a.LMSInitialize("")`}, []string{"bridge-two-results"}},
	} {
		files := c.files
		for _, good := range [][2]string{{"index.html", page("")}, {"s.js", goodScript}} {
			if !slices.Contains(files, good[0]) {
				files = append(files, good[0], good[1])
			}
		}
		checked := examine(t, pack(t, files...), SCORM12, "sco", "index.html")
		var got []string
		for _, f := range checked.report.Findings {
			got = append(got, f.ID)
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: found %v, want %v", c.name, got, c.want)
		}
	}
}

func TestLaunchedFaults(t *testing.T) {
	for name, c := range map[string]struct{ file, content, want string }{
		"empty":       {"a.html", "", "launch-file-empty"},
		"Flash":       {"a.swf", "CWS\x0aabcdefgh", "flash-launched"},
		"server code": {"a.php", "<?php 1", "server-code-launched"},
		"a program":   {"a.exe", "MZ", "executable-launched"},
	} {
		got := examine(t, pack(t, c.file, c.content), SCORM12, "sco", c.file).ids()
		if !slices.Contains(got, c.want) {
			t.Errorf("%s: found %v, want %s", name, got, c.want)
		}
	}
}

// What is built together is addressed in one way, and that is told once.
func TestPagesFromTheHostsRootAreToldOnce(t *testing.T) {
	page := `<html><script src="/hands/s.js"></script><script src="/s.js"></script><iframe src="b.html"></iframe></html>`
	c := examine(t, pack(t, "index.html", page, "b.html", page, "unreached.html", page, "s.js", goodScript), SCORM12, "sco", "index.html")
	const want = "The page loads “/hands/s.js” from the host’s root; in the package it is “s.js” (2 pages do so; this is the first)."
	if list := c.report.Findings; len(list) != 1 || list[0].Path != "b.html" || list[0].Message != want {
		t.Errorf("found %+v, expected %s", list, want)
	}
}

func TestReadIsBroken(t *testing.T) {
	data := pack(t, "a.txt", strings.Repeat("abc", 100))
	at := bytes.Index(data, []byte("a.txt")) + 8
	data[at] ^= 0xff
	if got := examine(t, data, SCORM12, "sco").ids(); !slices.Equal(got, []string{"zip-damaged"}) {
		t.Errorf("damaged bytes: found %v", got)
	}
}

func TestReadHonoursItsContext(t *testing.T) {
	c := opened(t, pack(t, "a.txt", "abc"), SCORM12)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c.ctx = ctx
	if err := c.read(); !errors.Is(err, context.Canceled) {
		t.Errorf("read with an ended context gave %v", err)
	}
}

func TestReadTellsItsProgress(t *testing.T) {
	noise := make([]byte, 3<<20)
	rand.NewChaCha8([32]byte{}).Read(noise)
	c := opened(t, pack(t, "a.bin", string(noise)), SCORM12)
	var told []Progress
	c.opts.Progress = func(p Progress) { told = append(told, p) }
	if err := c.read(); err != nil {
		t.Fatal(err)
	}
	last := told[len(told)-1]
	if len(told) < 3 || last.Done != 3<<20 || last.All != 3<<20 {
		t.Errorf("told %d times, at last %+v", len(told), last)
	}
}

func TestHosts(t *testing.T) {
	for _, c := range []struct {
		kind        Kind
		bridge, hub string
	}{
		{SCORM12, asPackage, asPackage}, {SCORM2004, asPackage, asLink}, {CMI5, asLink, asLink},
		{H5P, asLink, asLink}, {Unknown, notAtAll, notAtAll},
	} {
		k := opened(t, pack(t, "a", "b"), c.kind)
		k.hosts()
		if h := k.report.Facts.Hosts; h[0].How != c.bridge || h[1].How != c.hub {
			t.Errorf("%s: %+v", c.kind, h)
		}
	}
}

// TestManyUnitsManyTexts has units that all lead to everything.
func TestManyUnitsManyTexts(t *testing.T) {
	var files, launched []string
	var all strings.Builder
	for i := range 1500 {
		name := fmt.Sprintf("p%d.html", i)
		launched = append(launched, name)
		fmt.Fprintf(&all, `load("%s");`, name)
	}
	for _, name := range launched {
		files = append(files, name, `<html><script src="all.js"></script></html>`)
	}
	c := examine(t, pack(t, append(files, "all.js", all.String()+goodScript)...), SCORM12, "sco", launched...)
	if got := c.ids(); len(got) > 0 || !c.units[1499].Tracked {
		t.Errorf("found %v", got)
	}
}
