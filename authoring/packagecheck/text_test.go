package packagecheck

import (
	"strings"
	"testing"
	"unicode"
)

func textOf(t *testing.T, r *Report, o TextOptions) string {
	t.Helper()
	var b strings.Builder
	if err := r.WriteText(&b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// sampleReport is a report that has something of everything.
func sampleReport() *Report {
	r := &Report{Version: Version, Kind: SCORM2004, Edition: "3rd edition", Browser: BrowserRun{Note: "there is no Chromium"},
		Facts: Facts{Title: "Breaking bad news", Manifest: "imsmanifest.xml", Files: 12, Size: 1_234_567, Unpacked: 2_000_000,
			Units:        []Unit{{ID: "a", Title: "Start", Launch: "index.html?x=1", Type: "sco", Tracked: true}, {Launch: "b.html", Type: "asset"}},
			Hosts:        []Host{{Name: "Bridge", How: "as a package"}, {Name: "Learning Hub", How: "as a web link", Note: "it takes SCORM 1.2 only"}},
			OutsideHosts: []string{"b.example", "a.example", "b.example"}},
		More: map[string]int{"zip-case-clash": 3}}
	for _, f := range []struct {
		rule    *Rule
		path    string
		line    int
		message string
	}{
		{zipCase, "a.html", 0, "It clashes."},
		{zipDamaged, "b.html", 7, "It is damaged."},
		{zipLegacy, "b.txt", 0, "Its name is old."},
		{zipCase, "c.html", 0, "It clashes as well."},
	} {
		r.Findings = append(r.Findings, Finding{ID: f.rule.ID, Severity: f.rule.Severity, Area: f.rule.Area, Path: f.path, Line: f.line,
			Message: f.message, Why: f.rule.Why, Fix: f.rule.Fix, Rule: f.rule.Source})
	}
	r.settle()
	return r
}

func TestTextTellsEverything(t *testing.T) {
	text := textOf(t, sampleReport(), TextOptions{Name: "news.zip", Width: 72})
	last := -1
	for _, part := range []string{"news.zip\n", "FAIL: it can’t be used as it is. (1 error, 6 warnings)\n", "Kind         SCORM 2004, 3rd edition\n", "Breaking bad news",
		"1.2 MB, with 12 files of 2.0 MB\n", "a.example, b.example\n", "Bridge       as a package\n", "as a web link: it takes SCORM 1.2 only\n",
		"this part did not run: there is no Chromium\n", "2 units to launch\n", "Start: index.html?x=1 (sco, tracked)\n", "b.html (asset, not tracked)\n",
		"\nERROR: zip file\n  - b.html:7: It is damaged.\n    Why:  Its bytes", "[zip-damaged]\n", "\nWARNING: zip file\n  - a.html: It clashes.\n  - c.html: It clashes as well.\n  - and 3 more of the same rule\n    Why:  On Windows", "[zip-case-clash]\n  - b.txt: Its name is old.\n",
	} {
		at := strings.Index(text, part)
		if at <= last {
			t.Errorf("%q stands at %d, expected it behind %d in\n%s", part, at, last, text)
		}
		last = max(last, at)
	}
	for line := range strings.Lines(text) {
		if columns(strings.TrimSuffix(line, "\n")) > 72 {
			t.Errorf("a line is too long: %q", line)
		}
	}
}

func TestPlaces(t *testing.T) {
	for want, f := range map[string]Finding{"": {}, "a.html: ": {Path: "a.html"}, "a.html:7: ": {Path: "a.html", Line: 7}, "line 7: ": {Line: 7}} {
		if got := f.place(); got != want {
			t.Errorf("%q, expected %q", got, want)
		}
	}
}

func TestColourAddsNothing(t *testing.T) {
	plain, coloured := textOf(t, sampleReport(), TextOptions{Name: "news.zip"}), textOf(t, sampleReport(), TextOptions{Name: "news.zip", Colour: true})
	if plain == coloured {
		t.Error("expected colours")
	}
	for _, sgr := range []string{bold, red, yellow, green, "0"} {
		coloured = strings.ReplaceAll(coloured, "\x1b["+sgr+"m", "")
	}
	if plain != coloured {
		t.Errorf("without its colours the text is\n%s\nexpected\n%s", coloured, plain)
	}
}

// Whatever a package says reaches a terminal as letters alone.
func TestTextIsHarmless(t *testing.T) {
	const evil = "\x1b]0;owned\x07\u202egnp.\u0085\u2028\x00\xff\r\b\u200b"
	r := sampleReport()
	r.Edition, r.Facts.Title, r.Facts.Manifest = evil, evil, evil
	r.Facts.Languages, r.Facts.Licences, r.Facts.OutsideHosts = []string{evil}, []string{evil}, []string{evil}
	r.Facts.Units = []Unit{{ID: evil, Title: evil, Launch: evil, Type: evil}}
	r.Facts.Hosts = []Host{{evil, evil, evil}}
	r.Browser.Note = evil
	r.Findings[0].Path, r.Findings[0].Message, r.Findings[0].Why, r.Findings[0].Fix, r.Findings[0].Rule = evil, evil, evil, evil, evil
	for _, c := range textOf(t, r, TextOptions{Name: evil}) {
		if c != '\n' && (!unicode.IsGraphic(c) || unicode.Is(unicode.Bidi_Control, c)) {
			t.Errorf("%U reaches the terminal", c)
		}
	}
}

func TestSizes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0 kB", 9_949: "9.9 kB", 12_400: "12 kB",
		999_499: "999 kB", 999_500: "1.0 MB", 2 << 30: "2.1 GB", 1 << 62: "4611686 TB"} {
		if got := Size(n); got != want {
			t.Errorf("%d bytes are %q, expected %q", n, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "",
		"one two three":        "one two|three",
		"a  b\nc":              "a b c",
		"averyverylongword it": "averyverylongword|it",
		"日本語 日本語":              "日本語|日本語",
		"éé éé éé":             "éé éé éé",
	} {
		if got := strings.Join(wrap(text, 8), "|"); got != want {
			t.Errorf("%q is broken as %q, expected %q", text, got, want)
		}
	}
}
