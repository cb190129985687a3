package web

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// changesData is leadership's page for asking for changes, without a review of
// its own: under review, or from approved.
type changesData struct {
	Form
	Path, Proposal, Title string
	Seen                  seen
	Approved              bool
	Refused               []string
	Reopened              int // open items that go along
	Items                 itemsEditor
	Reason                string
	Meanwhile             []historyLine
}

var changesView = newView("reviews/changes.html",
	changesData{Path: "/proposals/42/changes", Proposal: "/proposals/42", Title: "Leading a Handover", Approved: true, Reopened: 1,
		Items: itemsEditor{Path: "/proposals/42/changes", Proposal: "/proposals/42", Drafts: []draftItem{exampleDraft}}, Reason: "A late thought."},
	changesData{Path: "/proposals/42/changes", Proposal: "/proposals/42", Form: Form{Refusal: "The request was not sent.", Problems: []Problem{{"items", "Write an item."}}},
		Meanwhile: []historyLine{{At: exampleTime, What: "Ann Lee acted."}}},
	changesData{Refused: []string{"It is a draft."}})

func (s *Server) changesPage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	c, err := s.caseOf(r, who)
	if err != nil {
		return err
	}
	return s.writeChanges(w, r, c, changesData{})
}

func (s *Server) writeChanges(w http.ResponseWriter, r *http.Request, c *workflow.Case, p changesData) error {
	if a, ok := c.OpenAssignment(c.Actor.ID); ok { // whoever reviews asks on their review
		http.Redirect(w, r, reviewPath(a.ID), http.StatusSeeOther)
		return nil
	}
	event := programme.RequestChanges
	if c.State == programme.Approved {
		event = programme.Return
	}
	offer, concerns := c.Offer(event)
	if !concerns {
		return notFound(w, r)
	}
	drafts, err := s.Reviews.Drafts(r.Context(), c)
	if err != nil {
		return err
	}
	stage, known := c.Stage()
	if !known {
		stage = c.Programme.Stages[len(c.Programme.Stages)-1]
	}
	p.Proposal, p.Title, p.Seen = proposalPath(c.ID), titleOf(c), seenOf(c)
	p.Path = p.Proposal + "/changes"
	p.Approved, p.Refused = c.State == programme.Approved, texts(offer.Reasons)
	for _, i := range c.Items {
		if i.State == reviews.ItemOpen && i.Stage == stage.Key {
			p.Reopened++
		}
	}
	p.Items = editorOf(p.Form, p.Path, c, stage, drafts)
	return changesView.write(s, w, r, p)
}

func (s *Server) requestChanges(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	proposal, err := pathID(r, "proposal")
	if err != nil {
		return err
	}
	var v verdictForm
	if _, err := decode(r, &v); err != nil {
		return err
	}
	if v.State == programme.Approved {
		_, err = s.Reviews.Return(r.Context(), actor(who), proposal, v.seen.workflow(), v.Reason)
	} else {
		_, err = s.Reviews.RequestChanges(r.Context(), actor(who), proposal, v.seen.workflow())
	}
	if err != nil {
		return s.refusedVerdict(w, r, who, proposal, v, err)
	}
	return s.done(w, r, proposalPath(proposal), "Your request is sent. The authors read it, and answer each item.")
}

// draftItem begins an item, and leads to it. Begun empty, it is then saved as
// it is typed like any other.
func (s *Server) draftItem(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	proposal, err := pathID(r, "proposal")
	if err != nil {
		return err
	}
	if err := readForm(r); err != nil {
		return err
	}
	back := localPath(r.PostForm.Get("back"), proposalPath(proposal))
	id, _, err := s.Reviews.DraftItem(r.Context(), actor(who), proposal, reviews.Ask{})
	if err != nil {
		return leadTo(err, "Go back", back)
	}
	http.Redirect(w, r, fmt.Sprintf("%s#%s", back, reviews.ItemField(id, "criterion")), http.StatusSeeOther)
	return nil
}

// postedItem reads the form of one item, and from its address which item of
// which proposal it is.
func postedItem(r *http.Request) (proposal, item int64, err error) {
	if proposal, err = pathID(r, "proposal"); err != nil {
		return 0, 0, err
	}
	if item, err = pathID(r, "item"); err != nil {
		return 0, 0, err
	}
	return proposal, item, readForm(r)
}

func (s *Server) saveItem(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	proposal, id, err := postedItem(r)
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(r.PostForm.Get("version"))
	typed := func(part string) string { return r.PostForm.Get(reviews.ItemField(id, part)) }
	back := fmt.Sprintf("%s#item-%d", localPath(r.PostForm.Get("back"), proposalPath(proposal)), id)
	v, err := s.Reviews.SaveItem(r.Context(), actor(who), id, version, reviews.Ask{Criterion: typed("criterion"), Place: typed("place"), Words: typed("words")})
	if err != nil {
		return leadTo(err, "See what is saved there", back)
	}
	if wantsJSON(r) {
		return saved(w, strconv.Itoa(v), s.Now())
	}
	return s.done(w, r, back, "The item is saved. It is yours alone until you send the request.")
}

func (s *Server) deleteItem(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	proposal, id, err := postedItem(r)
	if err != nil {
		return err
	}
	back := localPath(r.PostForm.Get("back"), proposalPath(proposal))
	if err := s.Reviews.DeleteItem(r.Context(), actor(who), id); err != nil {
		return leadTo(err, "Go back", back)
	}
	return s.done(w, r, back+"#items", "The item is deleted.")
}

// answersData is the authors' page, on which each item is answered.
type answersData struct {
	Form                  // never failed: each answer is saved by itself
	Path, Proposal, Title string
	Requests              []reviews.Request
	Left                  int  // items without an answer
	Open                  bool // they can be answered now
	State                 string
	Lead                  bool // the reader may submit
}

// Choices are what authors may answer to an item; none is preset.
func (answersData) Choices() []Choice {
	return []Choice{{Value: reviews.ItemDone, Label: "Done"}, {Value: reviews.ItemNotAgreed, Label: "Not agreed, because…"}}
}

var answersView = newView("proposal/answers.html",
	answersData{Path: "/proposals/42/answers", Proposal: "/proposals/42", Title: "Leading a Handover", Requests: []reviews.Request{exampleRequest}, Left: 2, Open: true, Lead: true},
	answersData{Proposal: "/proposals/42", Requests: []reviews.Request{exampleRequest}, Open: true},
	answersData{Proposal: "/proposals/42", State: "in technical review"})

func (s *Server) answersPage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	c, err := s.caseOf(r, who)
	if err != nil {
		return err
	}
	if !c.IsAuthor(who.ID) {
		return notFound(w, r)
	}
	p := answersData{Proposal: proposalPath(c.ID), Title: titleOf(c), Open: c.State == programme.ChangesRequested,
		State: workflow.StateName(c.Programme, c.State), Lead: c.IsLead(who.ID)}
	p.Path = p.Proposal + "/answers"
	all, err := s.Reviews.Requests(r.Context(), c)
	if err != nil {
		return err
	}
	for _, request := range all {
		p.Left += request.Unanswered()
		if request.Unclosed() > 0 {
			p.Requests = append(p.Requests, request)
		}
	}
	return answersView.write(s, w, r, p)
}

func (s *Server) answerItem(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	proposal, id, err := postedItem(r)
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(r.PostForm.Get("version"))
	back := fmt.Sprintf("%s/answers#item-%d", proposalPath(proposal), id)
	v, err := s.Reviews.AnswerItem(r.Context(), actor(who), id, version,
		r.PostForm.Get(reviews.ItemField(id, "choice")), r.PostForm.Get(reviews.ItemField(id, "answer")))
	if err != nil {
		return leadTo(err, "See what is saved there", back)
	}
	if wantsJSON(r) {
		return saved(w, strconv.Itoa(v), s.Now())
	}
	return s.done(w, r, back, "Your answer is saved.")
}
