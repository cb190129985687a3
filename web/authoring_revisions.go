package web

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// revisionData is a revision in full.
type revisionData struct {
	Path, Title, Proposal string
	Number                int
	At                    time.Time
	By                    string
	Package, Size         string
	Download, Preview     string // Preview is empty where there is none
	Parts                 []partWords
	Compare               []link
}

// partWords is one part in words, with the digest that is signed.
type partWords struct {
	Name, Digest string
	Answers      []answerWords
}

type answerWords struct {
	Label string
	List  bool
	Lines []string // none: not given
}

var revisionView = newView("authoring/revision.html",
	revisionData{Path: "/proposals/42", Title: "Leading a Handover", Proposal: "Leading a Handover", Number: 2, At: exampleTime, By: "Ann Lee", Package: "handover.zip", Size: "3 MB",
		Download: "/proposals/42/revisions/2/package", Preview: "/proposals/42/preview?revision=2", Compare: []link{{"Compare with revision 1", "/proposals/42/compare?from=1&to=2"}},
		Parts: []partWords{{"Package", "ab12", nil}, {"Teaching", "cd34", []answerWords{{"Need", false, []string{"One\ntwo"}}, {"Outcomes", true, []string{"Plan", "Do"}}, {"Overlap", false, nil}}}}},
	revisionData{Path: "/proposals/42", Number: 1})

var partNames = map[string]string{programme.PartPackage: "Package", programme.PartTeaching: "Teaching", programme.PartListing: "Listing"}

func (s *Server) revisionPage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	c, err := s.caseOf(r, who)
	if err != nil {
		return err
	}
	number, err := pathNumber(r, "number")
	if err != nil {
		return err
	}
	v, err := s.Authoring.Revision(r.Context(), actor(who), c.ID, number)
	if err != nil {
		return leadTo(err, "Go to the proposal", proposalPath(c.ID))
	}
	p := revisionData{Path: proposalPath(c.ID), Title: v.Title, Proposal: titleOf(c), Number: v.Number, At: v.SubmittedAt, By: v.SubmittedByName,
		Package: v.Package.Name, Size: files.InWords(v.Package.Size)}
	p.Download = fmt.Sprintf("%s/revisions/%d/package", p.Path, number)
	if s.Preview != nil && v.Package.Type == zipType {
		p.Preview = fmt.Sprintf("%s/preview?revision=%d", p.Path, number)
	}
	for _, part := range programme.Parts() {
		words := partWords{Name: partNames[part], Digest: v.Digests[part]}
		for _, f := range authoring.Fields() {
			if f.Part == part {
				words.Answers = append(words.Answers, answerWords{f.Label, f.Kind == authoring.List || f.Kind == authoring.Set, f.Shown(c.Programme, v.Content)})
			}
		}
		if part == programme.PartListing {
			words.Answers = append(words.Answers, answerWords{"Authors", true, attributed(v.Content.Listing.Authors)})
		}
		p.Parts = append(p.Parts, words)
	}
	p.Compare = append(p.Compare, link{"See the report on the package", p.Download + "/report"})
	if number > 1 {
		p.Compare = append(p.Compare, link{fmt.Sprintf("Compare with revision %d", number-1), comparePath(c.ID, number-1, number)})
	}
	if number < c.Revision {
		p.Compare = append(p.Compare, link{fmt.Sprintf("Compare with revision %d, the latest", c.Revision), comparePath(c.ID, number, c.Revision)})
	}
	if c.IsAuthor(who.ID) && authoring.Open(c.State) {
		p.Compare = append(p.Compare, link{"Compare with the draft", comparePath(c.ID, number, 0)})
	}
	return revisionView.write(s, w, r, p)
}

func attributed(authors []authoring.Attribution) []string {
	var lines []string
	for _, a := range authors {
		lines = append(lines, a.String())
	}
	return lines
}

// comparisonData is two revisions side by side, word by word.
type comparisonData struct {
	Path, Proposal string
	From, To       string
	FromAt, ToAt   time.Time
	Parts          []partDiff
	Changes        int
	Same           []string // the labels of what didn't change
	Others         []link
}

type partDiff struct {
	Name   string
	Fields []authoring.FieldDiff
}

var exampleDiff = authoring.FieldDiff{Label: "Need", Changed: true, Items: []authoring.DiffItem{{Change: authoring.Edited,
	Runs: []authoring.Run{{Change: authoring.Same, Text: "Because "}, {Change: authoring.Removed, Text: "of\nthis"}, {Change: authoring.Added, Text: "of that"}}}}}

var comparisonView = newView("authoring/compare.html",
	comparisonData{Path: "/proposals/42", Proposal: "Leading a Handover", From: "revision 1", To: "the draft", FromAt: exampleTime, ToAt: exampleTime, Changes: 2,
		Parts: []partDiff{{"Teaching", []authoring.FieldDiff{exampleDiff, {Label: "Outcomes", Changed: true, List: true, Items: []authoring.DiffItem{
			{Change: authoring.Same, Runs: []authoring.Run{{Change: authoring.Same, Text: "Plan"}}}, {Change: authoring.Added, Runs: []authoring.Run{{Change: authoring.Added, Text: "Do"}}},
			{Change: authoring.Removed, Runs: []authoring.Run{{Change: authoring.Removed, Text: "Act"}}}, exampleDiff.Items[0]}}}}},
		Same: []string{"Title", "Summary"}, Others: []link{{"Revision 1", "/proposals/42/revisions/1"}}},
	comparisonData{Path: "/proposals/42", From: "revision 1", To: "revision 2"})

func (s *Server) comparePage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	c, err := s.caseOf(r, who)
	if err != nil {
		return err
	}
	var q struct {
		From int `form:"from"`
		To   int `form:"to"`
	}
	query(r, &q)
	if asked := r.URL.Query(); !asked.Has("from") && !asked.Has("to") { // the last change
		switch c.Revision {
		case 0:
			return leadTo(fault.New(fault.NotFound, "Nothing has been submitted yet, so there are no revisions to compare."), "Go to the proposal", proposalPath(c.ID))
		case 1:
			http.Redirect(w, r, proposalPath(c.ID)+"/revisions/1", http.StatusSeeOther)
			return nil
		}
		q.From, q.To = c.Revision-1, c.Revision
	}
	if q.From < 0 || q.To < 0 || q.From == q.To {
		return leadTo(fault.New(fault.NotFound, "Choose two revisions to compare."), "Go to the proposal", proposalPath(c.ID))
	}
	cmp, err := s.Authoring.Compare(r.Context(), actor(who), c.ID, q.From, q.To)
	if err != nil {
		return leadTo(err, "Go to the proposal", proposalPath(c.ID))
	}
	p := comparisonData{Path: proposalPath(c.ID), Proposal: titleOf(c), From: cmp.From.Name(), To: cmp.To.Name(), FromAt: cmp.From.SubmittedAt, ToAt: cmp.To.SubmittedAt}
	for _, part := range programme.Parts() {
		d := partDiff{Name: partNames[part]}
		for _, f := range cmp.Fields {
			switch {
			case f.Part != part:
			case f.Changed:
				d.Fields = append(d.Fields, f)
				p.Changes++
			default:
				p.Same = append(p.Same, f.Label)
			}
		}
		if len(d.Fields) > 0 {
			p.Parts = append(p.Parts, d)
		}
	}
	for _, n := range slices.Compact([]int{q.From, q.To}) {
		if n > 0 {
			p.Others = append(p.Others, link{fmt.Sprintf("Revision %d in full", n), fmt.Sprintf("%s/revisions/%d", p.Path, n)})
		}
	}
	return comparisonView.write(s, w, r, p)
}
