package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/workflow"
)

// assignForm is the page on which leadership asks a reviewer, or another one.
type assignForm struct {
	Form     `form:"-"`
	Person   string `form:"person"`
	Replaces string `form:"replaces"` // an assignment's id, "" for none
	Words    string `form:"words"`
	seen     `form:",inline"`

	Title    string          `form:"-"`
	Path     string          `form:"-"` // of the proposal
	Stage    string          `form:"-"`
	Needed   string          `form:"-"` // "2 sign-offs"
	Holders  []holderLine    `form:"-"`
	Eligible []Choice        `form:"-"`
	Barred   []candidateLine `form:"-"`
	Missing  int             `form:"-"` // reviewers to be asked still
	Against  []string        `form:"-"` // why nothing can be done here now
}

// holderLine is somebody who is asked now.
type holderLine struct {
	ID    string // of the assignment
	Name  string
	State Tag
	Due   time.Time
	Late  bool
}

type candidateLine struct {
	Name string
	Why  []string
}

// ReplaceChoices are the radios of whom to replace.
func (p assignForm) ReplaceChoices() []Choice {
	var choices []Choice
	if p.Missing > 0 {
		choices = append(choices, Choice{Value: "", Label: "Nobody: ask one more", Hint: plural(p.Missing, "reviewer is", "reviewers are") + " still missing at this stage"})
	}
	for _, h := range p.Holders {
		choices = append(choices, Choice{Value: h.ID, Label: h.Name})
	}
	return choices
}

var assignView = newView("board/assign.html",
	assignForm{Title: "Leading a Handover", Path: "/proposals/42", Stage: "Educational review", Needed: "2 sign-offs", Missing: 1, seen: seen{State: "educational"},
		Holders:  []holderLine{{"7", "Ben Cole", Tag{"Accepted", "green"}, exampleTime, true}, {"8", "Cy Dean", Tag{"Asked", "blue"}, exampleTime, false}},
		Eligible: []Choice{{Value: "3", Label: "Dee Ellis", Hint: "No open reviews. Never asked before."}},
		Barred:   []candidateLine{{"Anna Bell", []string{"Is an author of this proposal."}}},
		Form:     Form{Problems: []Problem{{"person", "Choose somebody."}, {"replaces", "Say whom."}}}},
	assignForm{Title: "X", Path: "/proposals/42", Stage: "Final sign-off", Needed: "1 sign-off", Missing: 1},
	assignForm{Title: "X", Path: "/proposals/42", Stage: "Final sign-off", Holders: []holderLine{{Name: "Ben Cole"}}},
	assignForm{Title: "X", Path: "/proposals/42", Against: []string{"It isn’t in review."}})

func (s *Server) assignPage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "proposal")
	if err != nil {
		return err
	}
	return s.writeAssign(w, r, who, id, assignForm{})
}

// writeAssign shows who is asked and who could be, around what was chosen.
func (s *Server) writeAssign(w http.ResponseWriter, r *http.Request, who accounts.Person, id int64, p assignForm) error {
	c, err := s.Workflow.Load(r.Context(), s.Workflow.DB, id, actor(who))
	if err != nil {
		return err
	}
	candidates, err := s.Workflow.Candidates(r.Context(), s.Workflow.DB, c)
	if err != nil {
		return err
	}
	offer, _ := c.Offer(workflow.ActAssign)
	for _, reason := range offer.Reasons {
		p.Against = append(p.Against, reason.Text)
	}
	p.seen = seenOf(c)
	p.Title, p.Path = titleOr(c.Title), proposalPath(id)
	stage, inStage := c.Stage()
	if !inStage {
		return assignView.write(s, w, r, p)
	}
	p.Stage, p.Needed = stage.Name, plural(stage.SignOffs, "sign-off", "sign-offs")
	p.Missing = c.Missing(stage)
	now := s.Now()
	for _, a := range c.Assignments {
		if a.Stage != stage.Key || !a.Open() {
			continue
		}
		p.Missing--
		state := Tag{"Asked", "blue"}
		if a.State == workflow.Accepted {
			state = Tag{"Accepted", "green"}
		}
		p.Holders = append(p.Holders, holderLine{fmt.Sprint(a.ID), a.Name, state, a.DueAt, a.DueAt.Before(now)})
	}
	p.Missing = max(p.Missing, 0)
	for _, cand := range candidates {
		if len(cand.Against) == 0 {
			p.Eligible = append(p.Eligible, Choice{Value: fmt.Sprint(cand.Person), Label: cand.Name, Hint: loadOf(cand)})
			continue
		}
		if _, asked := c.OpenAssignment(cand.Person); asked {
			continue // stands above
		}
		line := candidateLine{Name: cand.Name}
		for _, reason := range cand.Against {
			line.Why = append(line.Why, reason.Text)
		}
		p.Barred = append(p.Barred, line)
	}
	return assignView.write(s, w, r, p)
}

// loadOf says how busy a candidate is.
func loadOf(c workflow.Candidate) string {
	load := "No open reviews"
	if c.Open > 0 {
		load = plural(c.Open, "open review", "open reviews")
	}
	if c.Last == nil {
		return load + ". Never asked before."
	}
	return load + ". Last asked on " + date(*c.Last) + "."
}

func (s *Server) assign(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "proposal")
	if err != nil {
		return err
	}
	var p assignForm
	f, err := decode(r, &p)
	if err != nil {
		return err
	}
	p.Form = f
	person, chosen := idFrom(p.Person)
	replaces, _ := idFrom(p.Replaces)
	if !chosen {
		p.Add("person", "Choose whom to ask.")
	}
	if p.Failed() {
		return s.writeAssign(w, r, who, id, p)
	}
	err = s.Workflow.Assign(r.Context(), actor(who), id, p.seen.workflow(), person, replaces, p.Words)
	if p.Takes(err) {
		return s.writeAssign(w, r, who, id, p)
	}
	if err != nil {
		return leadTo(err, "Go to the proposal", proposalPath(id))
	}
	return s.done(w, r, proposalPath(id)+"/assign", "The reviewer is asked, by mail.")
}

// idFrom reads an id that a form sent; ok is false for none.
func idFrom(text string) (id int64, ok bool) {
	_, err := fmt.Sscan(text, &id)
	return id, err == nil && id > 0
}
