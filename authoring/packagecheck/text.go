package packagecheck

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// TextOptions are how a report is written as text.
type TextOptions struct {
	Name   string // of the file
	Width  int    // characters of a line; 0: 80
	Colour bool   // by the escape sequences of terminals; nothing is told by it alone
}

// WriteText writes the report for people to read. What comes from the package
// is made harmless for terminals.
func (r *Report) WriteText(w io.Writer, o TextOptions) error {
	if o.Width <= 0 {
		o.Width = 80
	}
	t := &textReport{o: o}
	t.head(r)
	t.facts(r)
	t.findings(r)
	_, err := io.WriteString(w, t.b.String())
	return err
}

type textReport struct {
	b strings.Builder
	o TextOptions
}

// The colours of terminals (ECMA-48, SGR).
const (
	bold   = "1"
	red    = "1;31"
	yellow = "1;33"
	green  = "1;32"
)

// line writes one text in a colour, wrapped.
func (t *textReport) line(colour, text string) {
	for _, l := range wrap(text, t.o.Width) {
		if t.o.Colour && colour != "" {
			l = "\x1b[" + colour + "m" + l + "\x1b[0m"
		}
		t.b.WriteString(l + "\n")
	}
}

func (t *textReport) head(r *Report) {
	words, colour := r.Verdict.words()
	if t.o.Name != "" {
		t.line(bold, Harmless(t.o.Name))
	}
	t.line(colour, words+" ("+r.counts()+")")
}

// words is a verdict as a sentence, and its colour.
func (v Verdict) words() (string, string) {
	switch v {
	case OK:
		return "OK: it loads, and every file that it refers to is there.", green
	case Warn:
		return "WARN: it loads, but a reviewer must be told.", yellow
	}
	return "FAIL: it can’t be used as it is.", red
}

// counts tells how many findings there are: "2 errors, 1 warning, 5 pieces of advice".
func (r *Report) counts() string {
	var list []string
	for _, c := range []struct {
		s         Severity
		one, many string
	}{{Error, "error", "errors"}, {Warning, "warning", "warnings"}, {Advice, "piece of advice", "pieces of advice"}} {
		if n := r.Count(c.s); n > 0 {
			list = append(list, counted(int64(n), c.one, c.many))
		}
	}
	if len(list) == 0 {
		return "no findings"
	}
	return strings.Join(list, ", ")
}

var kindNames = map[Kind]string{
	Unknown: "not known", SCORM12: "SCORM 1.2", SCORM2004: "SCORM 2004", CMI5: "cmi5", XAPI: "xAPI (Tin Can)", AICC: "AICC",
	H5P: "H5P", Site: "plain site", PDF: "PDF", Office: "Office document",
}

// KindInWords is the kind with its edition, as people call it.
func (r *Report) KindInWords() string {
	name := kindNames[r.Kind]
	if r.Edition == "" || strings.Contains(name, r.Edition) {
		return name
	}
	return name + ", " + r.Edition
}

func (t *textReport) facts(r *Report) {
	f := r.Facts
	t.fact("Kind", r.KindInWords())
	t.fact("Title", f.Title)
	t.fact("Manifest", f.Manifest)
	size := Size(f.Size)
	if f.Files > 0 {
		size += ", with " + counted(int64(f.Files), "file", "files") + " of " + Size(f.Unpacked)
	}
	t.fact("Size", size)
	t.fact("Languages", strings.Join(f.Languages, ", "))
	t.fact("Licences", strings.Join(f.Licences, ", "))
	t.fact("Reports", strings.Join(f.Reports, ", "))
	t.fact("Outside", listed(f.OutsideHosts, mostListed))
	for _, h := range f.Hosts {
		text := h.How
		if h.Note != "" {
			text += ": " + h.Note
		}
		t.fact(h.Name, text)
	}
	browser := "this part did not run"
	if r.Browser.Ran {
		browser = counted(int64(r.Browser.Units), "unit", "units") + " launched"
	}
	if r.Browser.Note != "" {
		browser += ": " + r.Browser.Note
	}
	t.fact("Browser", browser)
	t.units(f.Units)
}

// mostListed is how many units and hosts are listed one by one.
const mostListed = 30

func (t *textReport) units(units []Unit) {
	if len(units) == 0 {
		return
	}
	t.fact("Units", counted(int64(len(units)), "unit", "units")+" to launch")
	for _, u := range units[:min(len(units), mostListed)] {
		tracked := "not tracked"
		if u.Tracked {
			tracked = "tracked"
		}
		text := u.Launch + " (" + u.Type + ", " + tracked + ")"
		if u.Title != "" {
			text = u.Title + ": " + text
		}
		entry(&t.b, "    ", "-", text, t.o.Width)
	}
	if more := len(units) - mostListed; more > 0 {
		entry(&t.b, "    ", "-", fmt.Sprintf("and %d more", more), t.o.Width)
	}
}

func (t *textReport) fact(name, value string) {
	if value != "" {
		entry(&t.b, "  ", fmt.Sprintf("%-12s", Harmless(name)), value, t.o.Width)
	}
}

func (t *textReport) findings(r *Report) {
	var severity Severity
	var area Area
	list := r.byRule()
	for i, f := range list {
		if f.Severity != severity || f.Area != area {
			severity, area = f.Severity, f.Area
			colour := map[Severity]string{Error: red, Warning: yellow, Advice: bold}[severity]
			t.b.WriteString("\n")
			t.line(colour, strings.ToUpper(string(severity))+": "+area.said())
		}
		entry(&t.b, "  ", "-", f.place()+f.Message, t.o.Width)
		if next := i + 1; next < len(list) && list[next].ID == f.ID {
			continue // what is the same for the next one is told after the last
		}
		if n := r.More[f.ID]; n > 0 {
			entry(&t.b, "  ", "-", fmt.Sprintf("and %d more of the same rule", n), t.o.Width)
		}
		entry(&t.b, "    ", "Why: ", f.Why, t.o.Width)
		entry(&t.b, "    ", "Fix: ", f.Fix, t.o.Width)
		entry(&t.b, "    ", "Rule:", f.Rule+" ["+f.ID+"]", t.o.Width)
	}
}

// byRule gives the findings with those of one rule together, otherwise in the
// report's order.
func (r *Report) byRule() []Finding {
	first := map[string]int{}
	for i, f := range r.Findings {
		if _, there := first[f.ID]; !there {
			first[f.ID] = i
		}
	}
	list := slices.Clone(r.Findings)
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Severity.rank(), b.Severity.rank()), cmp.Compare(a.Area.rank(), b.Area.rank()), cmp.Compare(first[a.ID], first[b.ID]))
	})
	return list
}

// place is where a finding is, as compilers write it.
func (f Finding) place() string {
	switch {
	case f.Path == "" && f.Line == 0:
		return ""
	case f.Line == 0:
		return f.Path + ": "
	case f.Path == "": // a file that is one text by itself
		return fmt.Sprintf("line %d: ", f.Line)
	}
	return fmt.Sprintf("%s:%d: ", f.Path, f.Line)
}
