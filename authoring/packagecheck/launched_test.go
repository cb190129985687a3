package packagecheck

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
)

// fake is a browser that has seen something.
type fake struct {
	look Look
	err  error
	got  Launch
}

func (f *fake) Launch(_ context.Context, l Launch) (Look, error) {
	f.got = l
	return f.look, f.err
}

// launching is a check of a package with some files, before its launch.
func launching(t *testing.T, kind Kind, browser Launcher, units []*unit, names ...string) *checker {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, n := range names {
		f, err := w.Create(n)
		if err == nil {
			_, err = io.WriteString(f, "text of "+n)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	arc, err := archive.Open(bytes.NewReader(b.Bytes()), int64(b.Len()), archive.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	c := newChecker(t.Context(), nil, 0, Options{Browser: browser, NoBrowser: "There is none."})
	c.arc, c.units, c.report.Kind = arc, units, kind
	return c
}

func TestLaunchGivesWhatLiesInThePackage(t *testing.T) {
	units := []*unit{
		{Unit: Unit{Launch: "a b.html?x=1#y", Type: "sco"}, file: "a b.html"},
		{Unit: Unit{Launch: "gone.html", Type: "sco"}},
		{Unit: Unit{Launch: "https://example.org/", Type: "sco"}},
		{Unit: Unit{Launch: "a b.html?x=1#y", Type: "sco"}, file: "a b.html"},
		{Unit: Unit{Launch: "c%23.html", Type: "asset"}, file: "c#.html"},
	}
	f := &fake{}
	c := launching(t, SCORM12, f, units, "a b.html", "c#.html")
	if err := c.launch(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range f.got.Units {
		got = append(got, u.Launch)
	}
	if want := []string{"a%20b.html?x=1#y", "c%23.html"}; !slices.Equal(got, want) {
		t.Errorf("launched %q, want %q", got, want)
	}
	r, ok := f.got.Open(t.Context(), "a b.html")
	if !ok {
		t.Fatal("the file of the unit can’t be opened")
	}
	defer r.Close()
	if text, err := io.ReadAll(r); string(text) != "text of a b.html" || err != nil {
		t.Errorf("the file has %q, %v", text, err)
	}
	if _, ok := f.got.Open(t.Context(), "gone.html"); ok {
		t.Error("a file that isn’t there was opened")
	}
}

func TestLaunchTellsWhyItDidNotRun(t *testing.T) {
	page := []*unit{{Unit: Unit{Launch: "a.html", Type: "sco"}, file: "a.html"}}
	for _, c := range []struct {
		name    string
		kind    Kind
		browser Launcher
		units   []*unit
		ran     bool
		note    string
	}{
		{"no browser", SCORM12, nil, page, false, "There is none."},
		{"a browser that fails", SCORM12, &fake{err: errors.New("it has no sandbox")}, page, false, "It has no sandbox."},
		{"no unit", SCORM12, &fake{}, nil, false, "There is nothing in this package that a browser could open."},
		{"not for a browser", H5P, &fake{}, page, false, "There is nothing in this package that a browser could open."},
		{"a part", SCORM12, &fake{look: Look{Seen: []Seen{{Initialized: true, Terminated: true}}, Note: "One was left out."}}, page, true, "One was left out."},
		{"AICC", AICC, &fake{look: Look{Seen: []Seen{{}}}}, page, true, "AICC’s own way to speak with a host, HACP, was not played: only its script interface was there."},
	} {
		check := launching(t, c.kind, c.browser, c.units, "a.html")
		if err := check.launch(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if run := check.report.Browser; run.Ran != c.ran || run.Note != c.note {
			t.Errorf("%s: ran %t, note %q; want %t, %q", c.name, run.Ran, run.Note, c.ran, c.note)
		}
	}
}

func TestLaunchFindings(t *testing.T) {
	alt := Violation{Rule: "image-alt", Help: "Images must have alternative text", Source: "WCAG 2.2 SC 1.1.1", Path: "a.html", Target: "#logo", Count: 2, Problem: "Element does not have an alt attribute"}
	for _, c := range []struct {
		name string
		kind Kind
		unit Unit
		seen Seen
		want []string // "rule path source-or-message"
	}{
		{"nothing", SCORM12, Unit{Type: "sco", Tracked: true}, Seen{Initialized: true, Terminated: true}, nil},
		{"waits", SCORM12, Unit{Type: "sco", Tracked: true}, Seen{}, []string{"browser-no-initialize a.html: a.html did not call its host by itself after it was opened; it may wait for a click."}},
		{"known not to call", SCORM12, Unit{Type: "sco"}, Seen{}, nil},
		{"an asset", SCORM12, Unit{Type: "asset", Tracked: true}, Seen{}, nil},
		{"stays", SCORM2004, Unit{Type: "sco", Tracked: true}, Seen{Initialized: true}, []string{"browser-no-terminate a.html: a.html began a session with its host, and did not end it when its page was left."}},
		{"xAPI has no end", XAPI, Unit{Type: "activity", Tracked: true}, Seen{Initialized: true}, nil},
		{"stuck", SCORM12, Unit{Type: "sco", Tracked: true}, Seen{Stuck: true}, []string{"browser-stuck a.html: a.html stopped answering after it was opened."}},
		{"axe", Site, Unit{Type: "page"}, Seen{Axe: []Violation{alt}}, []string{"browser-axe a.html: Images must have alternative text (axe: image-alt), on 2 elements, first at #logo. Element does not have an alt attribute."}},
		{"lists", Site, Unit{Type: "page"}, Seen{Errors: []Said{{"a.js", "TypeError: x (line 2)"}}, Missing: []Said{{"a.html", "b.css"}}, Outside: []Said{{"a.html", "https://example.org/"}}, Misuse: []Said{{"a.html", "Commit got error 142"}}},
			[]string{
				"browser-misuse a.html: A call to the host is wrong: Commit got error 142.",
				"browser-script-error a.js: A script failed: TypeError: x (line 2). The page was opened without a network, which may be why.",
				"browser-missing-file a.html: The page asks for b.css, which is not in the package.",
				"browser-outside-request a.html: The page asks for https://example.org/.",
			}},
	} {
		c.unit.Launch = "a.html"
		twice := c.seen
		f := &fake{look: Look{Seen: []Seen{c.seen, twice}}}
		check := launching(t, c.kind, f, []*unit{{Unit: c.unit, file: "a.html"}}, "a.html")
		if err := check.launch(); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range check.report.Findings {
			got = append(got, f.ID+" "+f.Path+": "+f.Message)
			if f.Area != Browser || f.Severity == Error {
				t.Errorf("%s: %s is of area %s, severity %s: a browser changes no verdict", c.name, f.ID, f.Area, f.Severity)
			}
			if f.ID == "browser-axe" && f.Rule != "WCAG 2.2 SC 1.1.1" {
				t.Errorf("%s: the rule of axe is %q, want its criterion", c.name, f.Rule)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %s\nwant %s", c.name, strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
		}
	}
}

func TestLaunchEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := launching(t, SCORM12, &fake{err: context.Canceled}, []*unit{{Unit: Unit{Launch: "a.html"}, file: "a.html"}}, "a.html")
	c.ctx = ctx
	if err := c.launch(); !errors.Is(err, context.Canceled) {
		t.Errorf("launch gave %v, want the end of its context", err)
	}
}

// Who is in a hurry hears of a package's errors without waiting for a browser.
func TestHurryLeavesTheBrowserOut(t *testing.T) {
	for name, c := range map[string]struct {
		hurry  bool
		rule   *Rule
		opened bool
	}{
		"fails":            {true, scormLaunch, false},
		"fails, no hurry":  {false, scormLaunch, true},
		"a reviewer's":     {true, scormNoSCO, true},
		"nothing is wrong": {true, nil, true},
	} {
		browser := &fake{look: Look{Seen: []Seen{{Initialized: true, Terminated: true}}}}
		k := launching(t, SCORM12, browser, []*unit{{Unit: Unit{Launch: "a.html", Type: "sco"}, file: "a.html"}}, "a.html")
		k.opts.Hurry = c.hurry
		if c.rule != nil {
			k.add(c.rule, place{}, "It is so.")
		}
		if err := k.launch(); err != nil {
			t.Fatal(err)
		}
		if opened := len(browser.got.Units) == 1; opened != c.opened || k.report.Browser.Ran != c.opened || !opened && k.report.Browser.Note == "" {
			t.Errorf("%s: opened %t, %+v", name, opened, k.report.Browser)
		}
	}
}
