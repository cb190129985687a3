package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// The page of a review, and the verdicts.
var _ = register(area{name: "reviews", routes: func(s *Server, rt *routes) {
	rt.get("/reviews/{assignment}", signedIn(s.reviewPage))
	rt.post("/reviews/{assignment}/answers/{criterion}", signedIn(s.answerCriterion))
	rt.post("/proposals/{proposal}/sign-offs", signedIn(s.signOff))
	rt.get("/proposals/{proposal}/changes", signedIn(s.changesPage))
	rt.post("/proposals/{proposal}/requests", signedIn(s.requestChanges))
	rt.post("/proposals/{proposal}/items", signedIn(s.draftItem))
	rt.post("/proposals/{proposal}/items/{item}", signedIn(s.saveItem))
	rt.post("/proposals/{proposal}/items/{item}/delete", signedIn(s.deleteItem))
}})

func reviewPath(assignment int64) string { return "/reviews/" + strconv.FormatInt(assignment, 10) }

type reviewData struct {
	Form
	Path      string // of this page
	Proposal  string // of the proposal
	Title     string
	Seen      seen
	Meanwhile []historyLine
	Due       string // what is asked, and until when

	Review   *reviews.Page
	Facts    []string
	Diff     *difference // since the last look; nil on a first look
	Shown    *difference // what there is to judge, without changes
	Download string
	View     string
	checked  authoring.PackageCheck
	Launcher *launcher // of the package, where it can be previewed

	Items  itemsEditor
	Reason string // typed to carry the sign-off forward
}

// Choices are the answers to a criterion; none is preset.
func (reviewData) Choices() []Choice {
	return []Choice{{Value: reviews.Met, Label: "Met"}, {Value: reviews.NotMet, Label: "Not met"}}
}

// difference is two revisions field by field; of a revision with itself, its content.
type difference struct {
	From, To  string
	Compare   string // its own page
	Fields    []authoring.FieldDiff
	Unchanged []string // labels of the fields that stayed the same
}

// itemsEditor is where items are written and sent.
type itemsEditor struct {
	Form     Form   // what is wrong with the items
	Path     string // of the page that it is on
	Proposal string
	Drafts   []draftItem
}

type draftItem struct {
	reviews.Draft
	Criteria []Choice
	Needs    []string
}

var exampleReasons = []fault.Reason{{Code: "essential_undecided", Field: "answer-stated_time", Text: "Decide whether the stated time is true."}}

var exampleCriterion = reviews.Criterion{
	Criterion: programme.Criterion{Key: "stated_time", Text: "The stated time is true", Help: "Try it.", Weight: 3, Essential: true},
	Given:     reviews.Answer{Criterion: "stated_time", Answer: reviews.Met, Note: "I needed 40 minutes.", Revision: 1, Version: 2},
	Earlier:   &reviews.Answer{Answer: reviews.NotMet, Note: "It took me an hour.", Revision: 1}}

var reviewView = newView("reviews/review.html",
	reviewData{Path: "/reviews/7", Proposal: "/proposals/42", Title: "Leading a Handover", Seen: seen{"educational", 2, 12}, Due: "Due 23 March 2026",
		Form:      Form{Refusal: "Your sign-off was not recorded.", Problems: []Problem{{"answer-stated_time", "Decide."}, {"item-19-place", "Say where."}, {"items", "Send them."}, {"reason", "Say why."}, {"rubric", "Too little."}}},
		Meanwhile: []historyLine{{At: exampleTime, What: "Ann Lee withdrew the proposal."}},
		Review: &reviews.Page{Case: exampleCase, Assignment: workflow.Assignment{ID: 7, State: workflow.Offered}, Stage: programme.Stage{Key: "educational", Name: "Educational review"},
			Writable: true, Since: 1, Parts: []reviews.Part{{Key: "package", Changed: true}, {Key: "teaching"}},
			Criteria: []reviews.Criterion{exampleCriterion, {Criterion: programme.Criterion{Key: "right_strand", Text: "It is in the right strand", Weight: 2}}},
			Score:    reviews.Score{Met: 3, Total: 5, Threshold: 85, Needed: 5, Answered: 1, Criteria: 2}, Requests: []reviews.Request{exampleRequest},
			SignOff: reviews.Act{Offered: true, Reasons: exampleReasons}, RequestChanges: reviews.Act{Offered: true},
			Carry: reviews.Act{Offered: true, Reasons: exampleReasons}, Carried: &workflow.SignOff{Revision: 1, SignedAt: exampleTime}},
		Diff: &difference{"revision 1", "revision 2", "/proposals/42/compare?from=1&to=2", []authoring.FieldDiff{{Label: "Duration", Changed: true, Items: []authoring.DiffItem{
			{Change: authoring.Edited, Runs: []authoring.Run{{Change: authoring.Same, Text: "about "}, {Change: authoring.Removed, Text: "30"}, {Change: authoring.Added, Text: "60"}}}}}, {Label: "Summary"}}, []string{"Summary"}},
		Download: "/proposals/42/revisions/2/package", View: "/proposals/42/revisions/2", Launcher: &exampleLauncher,
		Items:  itemsEditor{Path: "/reviews/7", Proposal: "/proposals/42", Drafts: []draftItem{exampleDraft}},
		Reason: "Only the time changed."},
	reviewData{Path: "/reviews/7", Proposal: "/proposals/42", Title: "Leading a Handover", Download: "/proposals/42/revisions/2/package",
		checked: authoring.PackageCheck{State: authoring.CheckDone, Report: exampleReport},
		Review: &reviews.Page{Case: exampleCase, Stage: programme.Stage{Name: "Technical review"}, Writable: true, Criteria: []reviews.Criterion{
			{Criterion: programme.Criterion{Key: "opens_safely", Text: "It opens safely", Decided: programme.Check}},
			{Criterion: programme.Criterion{Key: "one_manifest", Text: "It has one manifest", Decided: programme.Check}}}}},
	reviewData{checked: authoring.PackageCheck{State: authoring.CheckRunning}, Review: &reviews.Page{Case: exampleCase,
		Criteria: []reviews.Criterion{{Criterion: programme.Criterion{Key: "opens_safely", Decided: programme.Check}}}}},
	reviewData{Path: "/reviews/7", Proposal: "/proposals/42", Title: "Leading a Handover",
		Review: &reviews.Page{Case: exampleCase, Stage: programme.Stage{Name: "Technical review"}, Writable: true, Score: reviews.Score{Total: 15},
			SignOff: reviews.Act{Offered: true}, RequestChanges: reviews.Act{Offered: true, Reasons: exampleReasons}},
		Shown: &difference{Fields: []authoring.FieldDiff{{Label: "Summary", Items: []authoring.DiffItem{{Change: authoring.Same, Runs: []authoring.Run{{Change: authoring.Same, Text: "About handover."}}}}}}}},
	reviewData{Review: &reviews.Page{Case: exampleCase, Since: 1, Assignment: workflow.Assignment{State: workflow.Done}, Criteria: []reviews.Criterion{exampleCriterion, {}}},
		Diff: &difference{From: "revision 1", To: "revision 2", Compare: "/"}})

var exampleCase = &workflow.Case{ID: 42, State: "educational", Revision: 2, Seq: 12}

var exampleDraft = draftItem{reviews.Draft{ID: 19, Version: 1, Ask: reviews.Ask{Criterion: "stated_time", Place: "Slide 4", Words: "Say why."}},
	[]Choice{{Value: "stated_time", Label: "The stated time is true"}}, []string{"Say where in the module it is."}}

func (s *Server) reviewPage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "assignment")
	if err != nil {
		return err
	}
	return s.writeReview(w, r, who, id, reviewData{})
}

// writeReview shows the review as it is now, around a verdict that was refused.
func (s *Server) writeReview(w http.ResponseWriter, r *http.Request, who accounts.Person, assignment int64, p reviewData) error {
	page, err := s.Reviews.Review(r.Context(), actor(who), assignment)
	if err != nil {
		return err
	}
	c := page.Case
	p.Review, p.Path, p.Proposal, p.Title, p.Seen = page, reviewPath(assignment), proposalPath(c.ID), titleOf(c), seenOf(c)
	p.View = p.Proposal + "/revisions/" + strconv.Itoa(c.Revision)
	p.Download = p.View + "/package"
	if page.Assignment.Open() {
		p.Due = "Due " + date(page.Assignment.DueAt)
	}
	if err := s.fillDifference(r.Context(), who, &p); err != nil {
		return err
	}
	if c.Revision > 0 {
		if p.checked, err = s.Authoring.PackageCheck(r.Context(), actor(who), c.ID, c.Revision); err != nil {
			return err
		}
	}
	if page.Stage.VouchesFor(programme.PartPackage) && c.Revision > 0 {
		p.Launcher = s.offerPreview(r.Context(), w, who, c.ID, c.Revision)
	}
	p.Items = editorOf(p.Form, p.Path, c, page.Stage, page.Drafts)
	return reviewView.write(s, w, r, p)
}

// fillDifference finds what to judge first: what changed since the last look,
// or everything that the stage vouches for.
func (s *Server) fillDifference(ctx context.Context, who accounts.Person, p *reviewData) error {
	c, from := p.Review.Case, p.Review.Since
	if from == 0 {
		from = c.Revision
	}
	if from == 0 {
		return nil // a review without a revision is none; nothing is to be seen
	}
	found, err := s.Authoring.Compare(ctx, actor(who), c.ID, from, c.Revision)
	if err != nil {
		return err
	}
	d := &difference{From: found.From.Name(), To: found.To.Name(), Compare: comparePath(c.ID, from, c.Revision)}
	for _, f := range found.Fields {
		switch {
		case !p.Review.Stage.VouchesFor(f.Part):
		case p.Review.Since == 0 && len(f.Items) > 0, f.Changed:
			d.Fields = append(d.Fields, f)
		case p.Review.Since > 0:
			d.Unchanged = append(d.Unchanged, f.Label)
		}
	}
	if p.Review.Since == 0 {
		p.Shown = d
	} else {
		p.Diff = d
	}
	return nil
}

// editorOf is the editor of the reader's draft items.
func editorOf(f Form, path string, c *workflow.Case, stage programme.Stage, drafts []reviews.Draft) itemsEditor {
	e := itemsEditor{Form: f, Path: path, Proposal: proposalPath(c.ID)}
	choices := []Choice{{Value: reviews.General, Label: "In general, no single criterion"}}
	for _, cr := range stage.Rubric.Criteria {
		choices = append(choices, Choice{Value: cr.Key, Label: cr.Text})
	}
	for _, d := range drafts {
		e.Drafts = append(e.Drafts, draftItem{d, choices, texts(d.Missing)})
	}
	return e
}

// answerCriterion saves one answer: as it is typed, or by its button.
func (s *Server) answerCriterion(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "assignment")
	if err != nil {
		return err
	}
	if err := readForm(r); err != nil {
		return err
	}
	key := chi.URLParam(r, "criterion")
	version, _ := strconv.Atoi(r.PostForm.Get("version"))
	back := reviewPath(id) + "#criterion-" + key
	v, err := s.Reviews.Answer(r.Context(), actor(who), id, key, version, r.PostForm.Get(reviews.AnswerField(key)), r.PostForm.Get(reviews.NoteField(key)))
	if err != nil {
		return leadTo(err, "See what is saved there", back)
	}
	if wantsJSON(r) {
		return saved(w, strconv.Itoa(v), s.Now())
	}
	return s.done(w, r, back, "Your answer is saved.")
}

// verdictForm is a verdict as it was posted.
type verdictForm struct {
	seen       `form:",inline"`
	Assignment int64  `form:"assignment"`
	Carry      bool   `form:"carry"`
	Reason     string `form:"reason"`
}

func (s *Server) signOff(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	proposal, err := pathID(r, "proposal")
	if err != nil {
		return err
	}
	var v verdictForm
	if _, err := decode(r, &v); err != nil {
		return err
	}
	var res workflow.Result
	if v.Carry {
		res, err = s.Reviews.CarryForward(r.Context(), actor(who), proposal, v.seen.workflow(), v.Reason)
	} else {
		res, err = s.Reviews.SignOff(r.Context(), actor(who), proposal, v.seen.workflow())
	}
	if err != nil {
		return s.refusedVerdict(w, r, who, proposal, v, err)
	}
	text := "You have signed off."
	if res.To == res.From {
		text += " A colleague’s sign-off is still needed at this stage."
	} else {
		text += " The authors are told."
	}
	return s.done(w, r, proposalPath(proposal), text)
}

// refusedVerdict shows the page on which the verdict was given again, with all
// the reasons, what happened meanwhile, and what was typed.
func (s *Server) refusedVerdict(w http.ResponseWriter, r *http.Request, who accounts.Person, proposal int64, v verdictForm, err error) error {
	back := leadTo(err, "Go to the proposal", proposalPath(proposal))
	var f Form
	if !f.Takes(err) {
		return back
	}
	c, lerr := s.Workflow.Load(r.Context(), s.Workflow.DB, proposal, actor(who))
	if lerr != nil {
		return back
	}
	meanwhile, lerr := s.meanwhile(r.Context(), c, err)
	if lerr != nil {
		return lerr
	}
	if review, mine := reviewOf(c); mine && v.Assignment == 0 {
		v.Assignment = review.ID
	}
	if v.Assignment != 0 {
		err := s.writeReview(w, r, who, v.Assignment, reviewData{Form: f, Meanwhile: meanwhile, Reason: v.Reason})
		if fault.KindOf(err) == fault.NotFound {
			return back
		}
		return err
	}
	return s.writeChanges(w, r, c, changesData{Form: f, Meanwhile: meanwhile, Reason: v.Reason})
}
