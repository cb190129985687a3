package authoring

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Kind is how a field is answered.
type Kind string

// The kinds of fields.
const (
	Text   Kind = "text"   // several lines
	Line   Kind = "line"   // one line
	List   Kind = "list"   // lines in an order that matters
	Choice Kind = "choice" // one key
	Set    Kind = "set"    // several keys
	Number Kind = "number" // a whole number above 0
)

// The sections in which authors work: a page each.
const (
	SectionPackage  = "package"
	SectionAudience = "audience"
	SectionLearning = "learning"
	SectionEvidence = "evidence"
	SectionListing  = "listing"
	SectionAuthors  = "authors"
)

// Field is one question that the authors answer. The table of fields is what
// forms, limits, completeness, conflicts and comparisons derive from.
type Field struct {
	Name    string // of the form field and the JSON property, and Reason.Field
	Part    string // the part of the revision that it belongs to
	Section string // the page on which it is asked
	Label   string
	Kind    Kind
	// Max is how many characters a submit takes (of a list's each item; of a
	// number, its value). A draft may exceed it: its words are kept all the same.
	Max     int
	missing string // what to do about an empty one at submit; "" where it may be empty
	at      func(*Content) any
}

// Limits of what a draft keeps, in characters: far above what a submit takes,
// so that nobody loses words by being long-winded.
const (
	keptText  = 20_000
	keptLine  = 1_000 // also of each item of a list
	keptItems = 100
)

const (
	packageField = "package"
	authorsField = "authors"
)

var fields = []Field{
	{"strand", programme.PartTeaching, SectionAudience, "Strand", Choice, 100, "Choose the strand.", func(c *Content) any { return &c.Teaching.Strand }},
	{"audience", programme.PartTeaching, SectionAudience, "Audience", Text, 2000, "Say who the module is for.", func(c *Content) any { return &c.Teaching.Audience }},
	{"level", programme.PartTeaching, SectionAudience, "Level", Line, 200, "Say which level the module is for.", func(c *Content) any { return &c.Teaching.Level }},
	{"prior_knowledge", programme.PartTeaching, SectionAudience, "Prior knowledge", Text, 2000, "Say what learners should know before, or that they need nothing.", func(c *Content) any { return &c.Teaching.PriorKnowledge }},
	{"need", programme.PartTeaching, SectionAudience, "Need", Text, 5000, "Say why the module is needed.", func(c *Content) any { return &c.Teaching.Need }},
	{"overlap", programme.PartTeaching, SectionAudience, "Overlap with existing modules", Text, 5000, "Say which existing modules it overlaps with, or that none does.", func(c *Content) any { return &c.Teaching.Overlap }},
	{"minutes", programme.PartTeaching, SectionAudience, "Duration in minutes", Number, 6000, "Say how many minutes the module takes.", func(c *Content) any { return &c.Teaching.Minutes }},

	{"outcomes", programme.PartTeaching, SectionLearning, "Learning outcomes", List, 500, "Add at least one learning outcome.", func(c *Content) any { return &c.Teaching.Outcomes }},
	{"mapping", programme.PartTeaching, SectionLearning, "Capabilities", Set, 100, "", func(c *Content) any { return &c.Teaching.Mapping.Entries }},
	{"mapping_primary", programme.PartTeaching, SectionLearning, "Primary capability", Choice, 100, "", func(c *Content) any { return &c.Teaching.Mapping.Primary }},
	{"mapping_why_none", programme.PartTeaching, SectionLearning, "Why it maps to none", Text, 2000, "", func(c *Content) any { return &c.Teaching.Mapping.WhyNone }},
	{"mapping_others", programme.PartTeaching, SectionLearning, "Other frameworks", Set, 200, "", func(c *Content) any { return &c.Teaching.Mapping.Others }},
	{"reflection_prompt", programme.PartTeaching, SectionLearning, "Reflection prompt", Text, 5000, "Write a prompt for learners' reflection.", func(c *Content) any { return &c.Teaching.Reflection }},
	{"action_points", programme.PartTeaching, SectionLearning, "Action points", List, 500, "Add at least one action point for practice.", func(c *Content) any { return &c.Teaching.ActionPoints }},

	{"references", programme.PartTeaching, SectionEvidence, "References", List, 1000, "Cite at least one reference.", func(c *Content) any { return &c.Teaching.References }},
	{"evaluation", programme.PartTeaching, SectionEvidence, "Evaluation", Text, 5000, "Say how the module will be evaluated.", func(c *Content) any { return &c.Teaching.Evaluation }},
	{"consent_and_copyright", programme.PartTeaching, SectionEvidence, "Consent and copyright", Text, 5000, "State that consent is held and copyright cleared, and for what.", func(c *Content) any { return &c.Teaching.Consent }},
	{"declared_interests", programme.PartTeaching, SectionEvidence, "Declared interests", Text, 5000, "Declare the authors' interests, or that there are none.", func(c *Content) any { return &c.Teaching.Interests }},

	{"title", programme.PartListing, SectionListing, "Title", Line, 255, "Give the module a title.", func(c *Content) any { return &c.Listing.Title }},
	{"summary", programme.PartListing, SectionListing, "Summary", Text, 1800, "Summarise the module.", func(c *Content) any { return &c.Listing.Summary }},
	{"keywords", programme.PartListing, SectionListing, "Keywords", List, 50, "", func(c *Content) any { return &c.Listing.Keywords }},
	{"licence", programme.PartListing, SectionListing, "Licence", Choice, 100, "Choose the licence.", func(c *Content) any { return &c.Listing.Licence }},
	{"provider", programme.PartListing, SectionListing, "Provider", Line, 255, "Name the provider of the module.", func(c *Content) any { return &c.Listing.Provider }},
	{"certificate", programme.PartListing, SectionListing, "Certificate", Choice, 3, "Say whether learners get a certificate.", func(c *Content) any { return &c.Listing.Certificate }},
	{"accessibility_issues", programme.PartListing, SectionListing, "Known accessibility issues", Text, 5000, "Record the known accessibility issues, or that there are none.", func(c *Content) any { return &c.Listing.AccessibilityIssues }},
	{"series_name", programme.PartListing, SectionListing, "Series", Line, 255, "", func(c *Content) any { return &c.Listing.Series.Name }},
	{"series_part", programme.PartListing, SectionListing, "Part of the series", Number, 100, "", func(c *Content) any { return &c.Listing.Series.Part }},
	{"series_of", programme.PartListing, SectionListing, "Parts in the series", Number, 100, "", func(c *Content) any { return &c.Listing.Series.Of }},
	{"expert_name", programme.PartListing, SectionListing, "Subject expert’s name", Line, 100, "Name a subject expert who is not an author.", func(c *Content) any { return &c.Listing.Expert.Name }},
	{"expert_organisation", programme.PartListing, SectionListing, "Subject expert’s organisation", Line, 100, "", func(c *Content) any { return &c.Listing.Expert.Organisation }},
	{"expert_email", programme.PartListing, SectionListing, "Subject expert’s email address", Line, 254, "", func(c *Content) any { return &c.Listing.Expert.Email }},
}

// Fields are all fields, in the order of their pages.
func Fields() []Field { return slices.Clone(fields) }

// FieldsOf are the names of a section's fields, in the order of the page.
func FieldsOf(section string) []string {
	var names []string
	for _, f := range fields {
		if f.Section == section {
			names = append(names, f.Name)
		}
	}
	return names
}

// FieldNamed finds a field by its name.
func FieldNamed(name string) (Field, bool) {
	i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return fields[i], true
}

// SectionOf is the section in which a reason's field is mended, "" for what is
// mended nowhere.
func SectionOf(field string) string {
	switch f, ok := FieldNamed(field); {
	case ok:
		return f.Section
	case field == packageField:
		return SectionPackage
	case field == authorsField || strings.HasPrefix(field, authorsField+"."):
		return SectionAuthors
	}
	return ""
}

// Values is the field's answer: none for an empty one, one for a text, line,
// choice or number, and each item of a list or set.
func (f Field) Values(c Content) []string {
	switch p := f.at(&c).(type) {
	case *[]string:
		return *p
	case *int:
		if *p != 0 {
			return []string{strconv.Itoa(*p)}
		}
	case *string:
		if *p != "" {
			return []string{*p}
		}
	}
	return nil
}

// Set answers the field with what a form holds, in its kept form: a list is one
// text with an item a line. What cannot be an answer gives an Invalid fault.
func (f Field) Set(c *Content, values ...string) error {
	switch f.Kind {
	case List:
		values = strings.Split(tidyText(strings.Join(values, "\n")), "\n")
	case Number:
		typed := tidyLine(strings.Join(values, ""))
		if n, err := strconv.Atoi(typed); typed != "" && (err != nil || n < 1 || n > f.Max) {
			return fault.New(fault.Invalid, "A number cannot be read.", fault.Reason{Code: "not_a_number", Field: f.Name,
				Text: f.Label + " must be a whole number from 1 to " + thousands(f.Max) + "."})
		}
		values = []string{typed}
	}
	f.put(c, values)
	return nil
}

// put answers the field with values that are known to be possible.
func (f Field) put(c *Content, values []string) {
	switch p := f.at(c).(type) {
	case *[]string:
		if f.Kind == Set {
			*p = tidySet(values)
		} else {
			*p = tidyList(values)
		}
	case *int:
		*p, _ = strconv.Atoi(strings.Join(values, ""))
	case *string:
		if f.Kind == Text {
			*p = tidyText(strings.Join(values, "\n"))
		} else {
			*p = tidyLine(strings.Join(values, " "))
		}
	}
}

// Shown is the field's answer in words: a key by its name in the programme, and
// as it stands where the programme doesn't know it.
func (f Field) Shown(p *programme.Programme, c Content) []string {
	values := f.Values(c)
	if f.Kind != Choice && f.Kind != Set {
		return values
	}
	shown := make([]string, len(values))
	for i, v := range values {
		shown[i] = v
		if o, ok := f.option(p, v); ok {
			shown[i] = o.Name
		}
	}
	return shown
}

// Option is one possible answer of a Choice or a Set.
type Option struct{ Key, Name, About, Group string }

// Options are the possible answers of a Choice or a Set under a programme.
func (f Field) Options(p *programme.Programme) []Option {
	var all []Option
	switch f.Name {
	case "strand":
		for _, s := range p.Strands {
			all = append(all, Option{s.Key, s.Name, s.About, ""})
		}
	case "licence":
		for _, l := range p.Licences {
			all = append(all, Option{Key: l.Key, Name: l.Name})
		}
	case "certificate":
		all = []Option{{Key: Yes, Name: "Yes"}, {Key: No, Name: "No"}}
	case "mapping", "mapping_primary":
		for _, e := range p.Primary().Entries {
			all = append(all, Option{Key: e.Key, Name: entryName(e)})
		}
	case "mapping_others":
		for _, w := range p.Frameworks {
			for _, e := range w.Entries {
				if !w.Primary {
					all = append(all, Option{Key: w.Key + "/" + e.Key, Name: entryName(e), Group: w.Name})
				}
			}
		}
	}
	return all
}

func (f Field) option(p *programme.Programme, key string) (Option, bool) {
	all := f.Options(p)
	i := slices.IndexFunc(all, func(o Option) bool { return o.Key == key })
	if i < 0 {
		return Option{}, false
	}
	return all[i], true
}

// impossible tells what a draft cannot keep: an answer beyond every measure.
func (f Field) impossible(c Content) []fault.Reason {
	values, max := f.Values(c), keptLine
	if f.Kind == Text {
		max = keptText
	}
	if len(values) > keptItems {
		return []fault.Reason{{Code: "too_many_items", Field: f.Name, Text: f.Label + " can have at most " + thousands(keptItems) + " lines."}}
	}
	for _, v := range values {
		if n := utf8.RuneCountInString(v); n > max {
			return []fault.Reason{{Code: "too_long", Field: f.Name,
				Text: f.Label + " is too long to be kept: shorten it by " + characters(n-max) + "."}}
		}
	}
	return nil
}
