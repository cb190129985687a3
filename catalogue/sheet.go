package catalogue

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/leadership-ladder/rung/workflow/programme"
)

// sheet is a module's listing as somebody copies it into a host's form.
type sheet struct {
	programme     *programme.Programme
	at            time.Time
	signed        bool // from a revision that was signed here
	title         string
	summary       string
	keywords      []string
	authors       []Author
	licence       string
	details       Details
	provider      string
	certificate   string
	accessibility string
	strand        string
	series        Series

	packageName   string // "" where Rung holds no package
	packageSize   int64  // bytes
	packageDigest string
}

// sheetLine is one field of the hosts' forms.
type sheetLine struct {
	Field string
	Value string
	Note  string // how long it is and what the host takes, or that it is missing
	Wrong bool   // the host won't take it
}

// lines are the fields in the order in which the hosts ask for them.
func (s sheet) lines() []sheetLine {
	host, _ := s.programme.Host("learning_hub") // no limits for a programme without it
	limits := host.Listing
	var all []sheetLine
	add := func(field, value string, most int) {
		all = append(all, limited(field, value, host.Name, most))
	}
	add("Title", s.title, limits.Title)
	add("Description", s.summary, limits.Description)
	for i, k := range s.keywords {
		add(fmt.Sprintf("Keyword %d", i+1), k, limits.Keyword)
	}
	if len(s.keywords) < max(limits.MinKeywords, 1) {
		all = append(all, sheetLine{Field: "Keywords", Note: "Missing: Rung knows none.", Wrong: limits.MinKeywords > 0})
	}
	for i, a := range s.authors {
		n := fmt.Sprintf("Author %d ", i+1)
		add(n+"name", a.Name, limits.AuthorField)
		add(n+"organisation", a.Organisation, limits.AuthorField)
		add(n+"role", a.JobTitle, limits.AuthorField)
	}
	if len(s.authors) == 0 {
		all = append(all, sheetLine{Field: "Authors", Note: "Missing: Rung knows none.", Wrong: true})
	}
	add("Licence", s.licence, 0)
	review := ""
	if !s.details.ReviewDate.IsZero() {
		review = s.details.ReviewDate.Format("2 January 2006")
	}
	add("Review date", review, 0)
	add("Provider", s.provider, 0)
	add("Certificate", map[string]string{"yes": "Yes", "no": "No"}[s.certificate], 0)
	add("Known accessibility issues", s.accessibility, 0)
	add("Strand", s.strand, 0)
	if s.series.Name != "" {
		add("Series", s.series.String(), 0)
	}
	add("Owner", s.details.Owner, 0)
	add("Bridge address", s.details.BridgeURL, 0)
	add("Learning Hub address", s.details.LearningHubURL, 0)
	return all
}

// limited is a line with how its value stands to the host's limit; most is in
// characters, 0 for no limit.
func limited(field, value, host string, most int) sheetLine {
	l := sheetLine{Field: field, Value: value}
	n := utf8.RuneCountInString(value)
	switch {
	case n == 0:
		l.Note = "Not given."
	case most > 0 && n > most:
		l.Note, l.Wrong = fmt.Sprintf("%d characters: %s takes %d.", n, host, most), true
	case most > 0:
		l.Note = fmt.Sprintf("%d of %d characters.", n, most)
	}
	return l
}

// String is the series for people: "Quality improvement, part 2 of 4".
func (s Series) String() string {
	switch {
	case s.Name == "" || s.Part == 0:
		return s.Name
	case s.Of == 0:
		return fmt.Sprintf("%s, part %d", s.Name, s.Part)
	}
	return fmt.Sprintf("%s, part %d of %d", s.Name, s.Part, s.Of)
}

// writeCSV writes the sheet for a spreadsheet. It begins with a byte order mark,
// without which Excel reads an accent as two letters.
func (s sheet) writeCSV(w io.Writer) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	rows := [][]string{{"Field", "Value", "Note"}}
	for _, l := range s.lines() {
		rows = append(rows, []string{l.Field, inert(l.Value), inert(l.Note)})
	}
	for _, note := range s.packageNotes() {
		rows = append(rows, []string{"Package", inert(note), ""})
	}
	if err := c.WriteAll(rows); err != nil {
		return err
	}
	return c.Error()
}

// inert keeps a spreadsheet from running a cell that somebody typed: what could
// begin a formula gets an apostrophe, which a spreadsheet shows as text.
func inert(cell string) string {
	start := strings.TrimLeft(cell, " \u00a0\r\n")
	if start != "" && strings.ContainsAny(start[:1], "=+-@\t") || strings.HasPrefix(start, "＝") ||
		strings.HasPrefix(start, "＋") || strings.HasPrefix(start, "－") || strings.HasPrefix(start, "＠") {
		return "'" + cell
	}
	return cell
}

//go:embed sheet.html
var sheetHTML string

var sheetTemplate = template.Must(template.New("sheet").Parse(sheetHTML))

// writeHTML writes the sheet for people: one file that needs no other.
func (s sheet) writeHTML(w io.Writer) error {
	return sheetTemplate.Execute(w, map[string]any{
		"Programme": s.programme.Name, "Title": s.title, "Lines": s.lines(), "Package": s.packageNotes(),
		"Signed": s.signed, "Date": s.at.Format("2 January 2006"),
	})
}
