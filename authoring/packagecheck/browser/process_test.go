package browser

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
)

// endless is a unit whose script never ends.
var endless = files{"endless.html": markup(`<script>while (true) {}</script>`), "good.html": markup(find + `<script>api.LMSInitialize("")</script>`),
	"alerts.html": markup(`<script>for (;;) alert("again")</script>`)}

// folder is one for temporary files, with a path short enough for Chromium.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "rung-t")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// tidy fails the test where a browser that used the folder still runs, or left
// something in it.
func tidy(t *testing.T, dir string) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		left, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		running := commands(t, dir)
		if len(left)+len(running) == 0 {
			return
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-deadline:
			t.Fatalf("left behind: %v, and running: %v", left, running)
		}
	}
}

// commands are the processes that name a folder.
func commands(t *testing.T, dir string) []string {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, l := range lines {
		if b, err := os.ReadFile(l); err == nil && bytes.Contains(b, []byte(dir)) {
			list = append(list, strings.ReplaceAll(string(b), "\x00", " "))
		}
	}
	return list
}

func TestEndlessScripts(t *testing.T) {
	t.Setenv("TMPDIR", folder(t))
	got := look(t, Options{PerUnit: 6 * time.Second}, packagecheck.SCORM12, endless, sco("endless.html"), sco("good.html"), sco("alerts.html"))
	expected{launch: "endless.html", stuck: true}.check(t, got.Seen[0])
	expected{launch: "good.html", began: true}.check(t, got.Seen[1])
	expected{launch: "alerts.html", stuck: true}.check(t, got.Seen[2])
	tidy(t, os.TempDir())
}

func TestEndsWithItsContext(t *testing.T) {
	t.Setenv("TMPDIR", folder(t))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	asked := func(c context.Context, path string) (io.ReadCloser, bool) {
		cancel() // the page is being opened
		return endless.open(c, path)
	}
	_, err := chromium(t, Options{}).Launch(ctx, packagecheck.Launch{Kind: packagecheck.SCORM12, Units: []packagecheck.Unit{sco("endless.html")}, Open: asked})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Launch gave %v, want the end of its context", err)
	}
	tidy(t, os.TempDir())
}

// TestDiesWithItsProcess kills a process in the middle of a check: its browser
// must not live on.
func TestDiesWithItsProcess(t *testing.T) {
	t.Parallel()
	if os.Getenv("RUNG_TEST_DIES") != "" {
		open := func(c context.Context, path string) (io.ReadCloser, bool) {
			os.Stdout.WriteString("opening\n")
			return endless.open(c, path)
		}
		if _, err := chromium(t, Options{}).Launch(t.Context(), packagecheck.Launch{Kind: packagecheck.SCORM12, Units: []packagecheck.Unit{sco("endless.html")}, Open: open}); err != nil {
			t.Fatalf("Launch: %v", err)
		}
		return
	}
	dir := folder(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestDiesWithItsProcess$")
	cmd.Env = append(os.Environ(), "RUNG_TEST_DIES=1", "TMPDIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 8)
	if _, err := io.ReadFull(out, first); err != nil || string(first) != "opening\n" {
		t.Fatalf("the other process opened nothing: %q, %v", first, err)
	}
	if len(commands(t, dir)) == 0 {
		t.Fatal("no browser runs in the other process")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	tidy(t, dir)
}

func TestWithoutSandboxNothingIsOpened(t *testing.T) {
	b, err := New(Options{})
	if os.Geteuid() == 0 {
		if b != nil || !errors.Is(err, errRoot) {
			t.Errorf("as root New gave %v, %v; want the reason why not", b, err)
		}
	} else if err != nil {
		t.Errorf("New: %v", err)
	}
	if _, err := New(Options{Path: "/nowhere/chromium"}); err == nil || !strings.Contains(err.Error(), "/nowhere/chromium") {
		t.Errorf("New without a Chromium gave %v", err)
	}
}

// A program that is no browser, or one that can't start, gives a reason.
func TestBrowserThatDoesNotStart(t *testing.T) {
	dir, programs := folder(t), folder(t)
	t.Setenv("TMPDIR", dir)
	for said, want := range map[string]string{
		"nothing": "did not start",
		"[1:1] FATAL:zygote_host_impl_linux.cc(128)] No usable sandbox! If you are running on Ubuntu": "user namespaces",
		"[1:1] ERROR: Running as root without --no-sandbox is not supported.":                         "as root",
	} {
		program := filepath.Join(programs, "chromium")
		if err := os.WriteFile(program, []byte("#!/bin/sh\necho '"+said+"' >&2\nexit 1\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		_, err := chromium(t, Options{Path: program}).Launch(t.Context(), packagecheck.Launch{Kind: packagecheck.SCORM12, Units: []packagecheck.Unit{sco("good.html")}, Open: endless.open})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a browser that says %q gave %v, want a reason with %q", said, err, want)
		}
	}
	tidy(t, dir)
}

func TestCriteria(t *testing.T) {
	for want, tags := range map[string][]string{
		"WCAG 2.2 SC 1.4.3":         {"cat.color", "wcag2aa", "wcag143", "EN-9.1.4.3"},
		"WCAG 2.2 SC 1.4.12":        {"wcag21aa", "wcag1412"},
		"WCAG 2.2 SC 2.4.4, 4.1.2":  {"wcag412", "wcag244"},
		"WCAG 2.2":                  {"wcag2a"},
		"WCAG 2.2 SC 1.1.1, 1.4.11": {"wcag1411", "wcag111"},
	} {
		if got := criteria(slices.Clone(tags)); got != want {
			t.Errorf("criteria(%v) = %q, want %q", tags, got, want)
		}
	}
}

// A mistake of ours while a page is answered is raised where the look was asked
// for, which can catch it, and leaves no browser behind.
func TestAPanicBelowALookIsRaisedAbove(t *testing.T) {
	broken := func(ctx context.Context, path string) (io.ReadCloser, bool) {
		if path == "a.js" {
			panic("a mistake")
		}
		return files{"index.html": markup(`<script src="a.js"></script>`)}.open(ctx, path)
	}
	raised := func() (p any) {
		defer func() { p = recover() }()
		chromium(t, Options{PerUnit: 5 * time.Second}).Launch(t.Context(), packagecheck.Launch{Kind: packagecheck.Site, Units: []packagecheck.Unit{{Launch: "index.html", Type: "page"}}, Open: broken})
		return nil
	}()
	if text, _ := raised.(string); !strings.Contains(text, "a mistake") || !strings.Contains(text, "process_test.go") {
		t.Errorf("it panicked with %v", raised)
	}
}
