package web

import (
	"strconv"
	"strings"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/authoring/packagecheck"
	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// evidence is what the package check says about one line of a rubric. It stands
// beside the line; the answer is the reader's, and none is preset.
type evidence struct {
	Text  string
	Found []evidenceFound
	More  int    // that are not listed
	Field string // the id of the note
	Note  string // words for it, which the reader may take over
}

type evidenceFound struct {
	Tag            Tag
	Message, Where string
}

// listedEvidence is how many findings stand beside one line.
const listedEvidence = 5

var severityTags = map[packagecheck.Severity]Tag{
	packagecheck.Error: {"Error", "red"}, packagecheck.Warning: {"Warning", "yellow"}, packagecheck.Advice: {"Advice", "grey"},
}

// evidenceFor gives what there is to say about a line, nil where the check has
// no part in it.
func evidenceFor(check authoring.PackageCheck, c reviews.Criterion) *evidence {
	var found []packagecheck.Finding
	if check.Report != nil {
		found = check.Report.About(c.Key)
	}
	if c.Decided != programme.Check && len(found) == 0 {
		return nil
	}
	e := &evidence{Field: reviews.NoteField(c.Key)}
	switch {
	case check.Coming():
		e.Text = "The package check is still running: its evidence will stand here."
	case check.Report == nil:
		e.Text = "The package check did not come to a report, so there is no evidence: look at this yourself."
	case len(found) == 0:
		e.Text = "The package check found nothing against this."
		e.Note = e.Text
	default:
		e.Text = "The package check found:"
		for _, f := range found[:min(len(found), listedEvidence)] {
			e.Found = append(e.Found, evidenceFound{severityTags[f.Severity], f.Message, whereIs(f)})
		}
		e.More = len(found) - len(e.Found)
		for id := range rulesOf(found) {
			e.More += check.Report.More[id]
		}
		e.Note = e.note()
	}
	return e
}

func rulesOf(found []packagecheck.Finding) map[string]bool {
	rules := map[string]bool{}
	for _, f := range found {
		rules[f.ID] = true
	}
	return rules
}

// note is the evidence as words of a note.
func (e *evidence) note() string {
	lines := []string{e.Text}
	for _, f := range e.Found {
		line := "- " + f.Message
		if f.Where != "" {
			line += " (" + f.Where + ")"
		}
		lines = append(lines, line)
	}
	if e.More > 0 {
		lines = append(lines, "- and "+strconv.Itoa(e.More)+" more")
	}
	return strings.Join(lines, "\n")
}

// Evidence is what the package check says about a line.
func (p reviewData) Evidence(c reviews.Criterion) *evidence { return evidenceFor(p.checked, c) }

// Check is the check of the revision's package.
func (p reviewData) Check() checkData {
	return checkOf(p.Download, p.checked, false)
}
