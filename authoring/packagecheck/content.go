package packagecheck

import (
	"strings"

	"golang.org/x/text/language"

	"github.com/leadership-ladder/rung/authoring/packagecheck/webpage"
)

var (
	licenceUndisclosed = define(Rule{ID: "content-licence-undisclosed", Area: Content, Severity: Advice,
		Title:  "Which licence does the content have?",
		Why:    "H5P content that says “undisclosed” can’t be published until somebody knows who may use it.",
		Fix:    "Choose the licence in the H5P editor’s metadata, and name it in the listing too.",
		Source: "H5P specification, h5p.json (license)"})
	nhsNumberSeen = define(Rule{ID: "content-nhs-number", Area: Content, Severity: Advice,
		Title:  "Is this somebody’s NHS number?",
		Why:    "Ten digits with a valid check digit may identify a patient. A program can’t tell a real number from a made-up one.",
		Fix:    "Take it out unless it is made up. Made-up numbers should begin with 999: these are never given to anybody.",
		Source: "NHS Data Dictionary, “NHS number”"})
	birthDateSeen = define(Rule{ID: "content-birth-date", Area: Content, Severity: Advice,
		Title:  "Is this somebody’s date of birth?",
		Why:    "A date of birth beside a name may identify a patient. A program can’t tell a real person from a made-up one.",
		Fix:    "Take it out or give an age instead, unless the person is made up.",
		Source: "Data Protection Act 2018; GMC, “Confidentiality”"})
	hardToRead = define(Rule{ID: "content-readability", Area: Content, Severity: Advice,
		Title:  "Could the text be easier to read?",
		Why:    "Long sentences and long words cost everybody time, and most of all who reads in a second language or after a night shift.",
		Fix:    "Split long sentences, and use the shorter of two words. Terms that the audience knows may stay.",
		Source: "Flesch reading ease; NHS service manual, “How to write good content”"})
)

// content has questions for people, and facts of the pages. None of it is a
// verdict: a program can't know whether a patient is made up.
func (c *checker) content() {
	for _, l := range c.report.Facts.Licences {
		if c.report.Kind == H5P && (strings.EqualFold(l, "U") || strings.EqualFold(l, "undisclosed")) {
			c.add(licenceUndisclosed, place{path: c.report.Facts.Manifest},
				"The package says that its licence is undisclosed. Which licence does the content have?")
			break
		}
	}
	c.readability()
	c.titleOfPage()
}

// wordsOf looks at the words of a page, which aren't kept: those of a long
// course together would be more than a check may hold.
func (c *checker) wordsOf(path string, t *webpage.Text) {
	if t.Kind == webpage.HTML {
		if tag, ok := normalised(t.Language); ok {
			c.report.Facts.Languages = append(c.report.Facts.Languages, tag)
		}
		c.patients(path, t.Words.Spans)
		c.prose.add(t)
	}
	t.Words = webpage.Words{}
}

// titleOfPage takes the package's title from the first page that is launched,
// where the manifest has none.
func (c *checker) titleOfPage() {
	for _, u := range c.units {
		if c.report.Facts.Title != "" {
			return
		}
		if t := c.texts[u.file]; t != nil {
			c.report.Facts.Title = t.Title
		}
	}
}

// normalised gives a language in the usual spelling of BCP 47.
func normalised(tag string) (string, bool) {
	if tag == "" || strings.Contains(tag, "_") {
		return "", false
	}
	t, err := language.Parse(tag)
	if err != nil || t == language.Und {
		return "", false
	}
	return t.String(), true
}

// readable is the prose of all pages together.
type readable struct {
	sentences, words, syllables int
	common, looked              int // words of English among those that were looked at
}

// Of fewer words than fewWords nothing can be said; text with a score below
// hard is about as hard to read as a law.
const (
	fewWords = 300
	hard     = 30
)

var commonEnglish = map[string]bool{"the": true, "of": true, "and": true, "to": true, "a": true, "in": true, "is": true,
	"that": true, "for": true, "it": true, "you": true, "with": true, "as": true, "are": true, "be": true, "this": true,
	"on": true, "or": true, "by": true, "from": true, "not": true, "have": true, "can": true, "your": true}

// add takes a page's prose where the page is in English, or doesn't say what it
// is in.
func (r *readable) add(t *webpage.Text) {
	base, _, _ := strings.Cut(strings.ToLower(t.Language), "-")
	if base != "" && base != "en" {
		return
	}
	r.sentences += t.Words.Sentences
	r.words += t.Words.Words
	r.syllables += t.Words.Syllables
	for _, s := range t.Words.Spans {
		for word := range strings.FieldsSeq(s.Text) {
			r.looked++
			if commonEnglish[strings.ToLower(word)] {
				r.common++
			}
		}
	}
}

// ease is Flesch's reading ease.
func (r *readable) ease() float64 {
	words := float64(r.words)
	return 206.835 - 1.015*words/float64(r.sentences) - 84.6*float64(r.syllables)/words
}

func (c *checker) readability() {
	r := &c.prose
	if r.words < fewWords || r.sentences == 0 || r.common*100 < r.looked*10 {
		return
	}
	if ease := r.ease(); ease < hard {
		c.add(hardToRead, place{}, "The pages’ text has a Flesch reading ease of %.0f, over %d words: "+
			"below 30 counts as very hard, and 60 as plain English. Could it be easier to read?", max(ease, 0), r.words)
	}
}
