package demo

import (
	"slices"

	"github.com/leadership-ladder/rung/authoring"
)

// module is what the demo's authors write of one module. Fields that are left
// out say what most modules say.
type module struct {
	title, strand string
	series        authoring.Series
	summary       string
	minutes       int
	audience      string
	level         string
	prior         string
	need, overlap string
	outcomes      []string
	primary       string   // capability, a key of the primary framework
	also          []string // further ones
	whyNone       string   // where it maps to none
	model         []string // dimensions of the leadership model
	reflection    string
	actions       []string
	references    []string
	evaluation    string
	consent       string
	interests     string
	keywords      []string
	licence       string
	expert        authoring.Expert
	issues        string
	question      question
}

// question is what the module's package asks.
type question struct {
	asks    string
	right   string
	wrong   [2]string
	because string
}

// or is the first of the two that says something.
func or(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}

// content is the whole module as its authors fill it in.
func (m module) content() authoring.Content {
	mapping := authoring.Mapping{Primary: m.primary, WhyNone: m.whyNone}
	if m.primary != "" {
		mapping.Entries = append([]string{m.primary}, m.also...)
	}
	for _, dimension := range m.model {
		mapping.Others = append(mapping.Others, "healthcare_leadership_model/"+dimension)
	}
	return authoring.Content{
		Teaching: authoring.Teaching{
			Strand:         m.strand,
			Audience:       or(m.audience, "Doctors and dentists in training, of all specialties and grades."),
			Level:          or(m.level, "Foundation and early specialty training"),
			PriorKnowledge: or(m.prior, "None. It helps to have worked in a clinical team for a few months."),
			Need:           m.need,
			Overlap:        or(m.overlap, "None of the existing modules covers this."),
			Outcomes:       slices.Clone(m.outcomes), // stories edit them
			Mapping:        mapping,
			Minutes:        m.minutes,
			Reflection:     m.reflection,
			ActionPoints:   m.actions,
			References:     m.references,
			Evaluation: or(m.evaluation, "Feedback form at the end: confidence before and after on each outcome, and one free-text question. "+
				"The authors read the answers every three months and note what they change."),
			Consent: or(m.consent, "All scenarios are invented; no patient or colleague can be recognised. "+
				"Pictures and diagrams were drawn by the authors."),
			Interests: or(m.interests, "None."),
		},
		Listing: authoring.Listing{
			Title:       m.title,
			Summary:     m.summary,
			Series:      m.series,
			Keywords:    m.keywords,
			Licence:     or(m.licence, "cc_by_nc_sa_4_0"),
			Expert:      m.expert,
			Provider:    "Leadership Ladder collaborators",
			Certificate: authoring.Yes,
			AccessibilityIssues: or(m.issues, "None known. The module was tried with the keyboard alone, with a screen reader, "+
				"and at 400 % zoom."),
		},
	}
}
