package packagecheck

import (
	"cmp"
	"slices"
)

// Verdict is what the report comes to. It speaks of one thing: does the package
// load, is everything there that it refers to, can a host track it? What is
// found about accessibility and content, and what a browser saw, is for a person
// to judge and never changes it; so it is the same with and without a browser.
type Verdict string

const (
	OK   Verdict = "ok"   // it loads, and every file that it refers to is there
	Warn Verdict = "warn" // it loads, but a reviewer must be told
	Fail Verdict = "fail" // it can't be used as it is
)

// Kind is what a package is, by its content alone.
type Kind string

const (
	Unknown   Kind = "unknown"
	SCORM12   Kind = "scorm12"
	SCORM2004 Kind = "scorm2004"
	CMI5      Kind = "cmi5"
	XAPI      Kind = "xapi"
	AICC      Kind = "aicc"
	H5P       Kind = "h5p"
	Site      Kind = "site"   // a plain one: index.html at the root
	PDF       Kind = "pdf"    // a supporting file
	Office    Kind = "office" // a supporting file
)

// Severity is how much a finding weighs.
type Severity string

const (
	Error   Severity = "error"   // a reason not to submit
	Warning Severity = "warning" // a reviewer must be told
	Advice  Severity = "advice"  // good to know
)

// Finding is one thing that a rule found at one place.
type Finding struct {
	ID       string   `json:"id"` // of the rule; stable from version to version
	Severity Severity `json:"severity"`
	Area     Area     `json:"area"`
	Path     string   `json:"path"`             // in the package, with slashes; empty: the package as a whole
	Line     int      `json:"line"`             // from 1; 0: not a place in a text
	Column   int      `json:"column,omitempty"` // in characters, from 1
	Message  string   `json:"message"`          // what is there: one sentence
	Why      string   `json:"why"`              // why it matters
	Fix      string   `json:"fix"`              // how to mend it
	Rule     string   `json:"rule"`             // the standard, section or requirement that says so
}

// Unit is one thing that a host or a learner can launch.
type Unit struct {
	ID     string `json:"id,omitempty"` // its identifier in the manifest
	Title  string `json:"title,omitempty"`
	Launch string `json:"launch"` // path in the package, or an address outside it, with its query
	// Type is sco, asset, au, activity, content, page or document.
	Type string `json:"type"`
	// Tracked tells whether a script that the unit loads talks to the host.
	Tracked bool `json:"tracked"`
}

// Facts are what a package says of itself, and what was counted.
type Facts struct {
	Title        string   `json:"title,omitempty"`
	Manifest     string   `json:"manifest,omitempty"` // its path
	Units        []Unit   `json:"units"`
	Files        int      `json:"files"`
	Size         int64    `json:"size"`          // bytes of the package itself
	Unpacked     int64    `json:"unpacked"`      // bytes of its files
	Languages    []string `json:"languages"`     // BCP 47, of manifest and pages
	Licences     []string `json:"licences"`      // as declared
	Reports      []string `json:"reports"`       // of completion, success, score, time: what its scripts can report
	OutsideHosts []string `json:"outside_hosts"` // that its pages load from or link to
	Hosts        []Host   `json:"hosts"`
}

// Host is how one of the programme's hosts takes the package.
type Host struct {
	Name string `json:"name"`
	How  string `json:"how"` // "as a package", "as a web link", "not at all"
	Note string `json:"note,omitempty"`
}

// BrowserRun tells whether the package was looked at in a real browser.
type BrowserRun struct {
	Ran   bool   `json:"ran"`
	Note  string `json:"note,omitempty"` // why it didn't, or what it left out
	Units int    `json:"units"`          // launched
}

// Report is the whole result. The same bytes give the same report, for one
// Version and one browser.
type Report struct {
	Version  string     `json:"version"` // of the checker
	Verdict  Verdict    `json:"verdict"`
	Kind     Kind       `json:"kind"`
	Edition  string     `json:"edition"`
	Facts    Facts      `json:"facts"`
	Browser  BrowserRun `json:"browser"`
	Findings []Finding  `json:"findings"`
	// More tells, by rule, how many findings there were beyond the MaxOfOneRule
	// that are listed.
	More map[string]int `json:"more,omitempty"`
}

// MaxOfOneRule is how many findings of one rule a report lists: whoever has as
// many has one mistake in a template, not so many mistakes.
const MaxOfOneRule = 50

// Count tells how many findings have a severity, those that are not listed too.
func (r *Report) Count(s Severity) int {
	n := 0
	rules := map[string]bool{}
	for _, f := range r.Findings {
		if f.Severity != s {
			continue
		}
		n++
		if !rules[f.ID] {
			rules[f.ID] = true
			n += r.More[f.ID]
		}
	}
	return n
}

// Errors gives the listed findings that are reasons not to submit.
func (r *Report) Errors() []Finding {
	var list []Finding
	for _, f := range r.Findings {
		if f.Severity == Error {
			list = append(list, f)
		}
	}
	return list
}

// About gives the listed findings that speak for a line of the technical rubric, by
// the line's key, such as "manifest_valid".
func (r *Report) About(criterion string) []Finding {
	var list []Finding
	for _, f := range r.Findings {
		if rule, ok := RuleNamed(f.ID); ok && rule.Criterion == criterion {
			list = append(list, f)
		}
	}
	return list
}

// settle puts the report into its one order and gives the verdict.
func (r *Report) settle() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Severity.rank(), b.Severity.rank()),
			cmp.Compare(a.Area.rank(), b.Area.rank()),
			cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.Message, b.Message),
		)
	})
	r.Findings = slices.CompactFunc(r.Findings, func(a, b Finding) bool { return a == b })
	for _, list := range []*[]string{&r.Facts.Languages, &r.Facts.Licences, &r.Facts.Reports, &r.Facts.OutsideHosts} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
		if *list == nil {
			*list = []string{}
		}
	}
	if r.Findings == nil {
		r.Findings = []Finding{}
	}
	if r.Facts.Units == nil {
		r.Facts.Units = []Unit{}
	}
	if r.Facts.Hosts == nil {
		r.Facts.Hosts = []Host{}
	}
	r.Verdict = r.verdict()
}

// verdict is what the findings so far come to.
func (r *Report) verdict() Verdict {
	v := OK
	for _, f := range r.Findings {
		switch {
		case !f.Area.decides():
		case f.Severity == Error:
			return Fail
		case f.Severity == Warning:
			v = Warn
		}
	}
	return v
}

func (s Severity) rank() int { return slices.Index([]Severity{Error, Warning, Advice}, s) }
