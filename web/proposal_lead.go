package web

import (
	"net/http"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// leadForm is the choice of another lead author.
type leadForm struct {
	Form  `form:"-"`
	Email string `form:"email"`

	Path     string   `form:"-"`
	Proposal string   `form:"-"`
	Lead     string   `form:"-"` // who leads now
	Closed   bool     `form:"-"` // that person's account
	People   []Choice `form:"-"` // who can lead
}

var leadView = newView("proposal/lead.html",
	leadForm{Path: "/proposals/42", Proposal: "Leading a Handover", Lead: "Ann Lee", Closed: true,
		People: []Choice{{Value: "cy@example.org", Label: "Cy Dunn", Hint: "Consultant, East Hospital"}, {Value: "dan@example.org", Label: "Dan Frost"}}},
	leadForm{Path: "/proposals/42", Proposal: "Leading a Handover", People: []Choice{{Value: "cy@example.org", Label: "Cy Dunn"}},
		Form: Form{Problems: []Problem{{"email", "Choose who leads from now on."}}}},
	leadForm{Path: "/proposals/42", Proposal: "Leading a Handover", Lead: "Ann Lee"})

// leadButton leads to the choice: for leadership, and for a lead whose own pages
// are closed while the proposal is reviewed.
func leadButton(c *workflow.Case) []button {
	waits := c.Turn == workflow.TurnLeadership && c.TurnFor == workflow.ForLead
	if authoring.MayNameLead(c) != nil || c.IsLead(c.Actor.ID) && authoring.Open(c.State) || !waits && !otherLead(c) {
		return nil
	}
	b := button{Text: "Name another lead author", Href: leadPath(c.ID)}
	if !waits {
		b.Kind = "secondary"
	}
	return []button{b}
}

// otherLead reports whether there is an author to choose. What is rejected needs
// no other lead until it is reopened.
func otherLead(c *workflow.Case) bool {
	if c.State == programme.Rejected {
		return false
	}
	for _, a := range c.Authors {
		if !a.Lead && a.Person != 0 && a.Active {
			return true
		}
	}
	return false
}

func leadPath(id int64) string { return proposalPath(id) + "/authors/lead" }

func (s *Server) leadPage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	c, err := s.caseOf(r, who)
	if err != nil {
		return err
	}
	return s.writeLead(w, r, c, leadForm{})
}

func (s *Server) writeLead(w http.ResponseWriter, r *http.Request, c *workflow.Case, p leadForm) error {
	p.Path, p.Proposal = proposalPath(c.ID), titleOf(c)
	if err := authoring.MayNameLead(c); err != nil {
		return leadTo(err, "Go to the proposal", p.Path)
	}
	authors, err := s.Authoring.Authors(r.Context(), workflow.Actor{Person: c.Actor.ID}, c.ID)
	if err != nil {
		return err
	}
	for _, a := range authors {
		switch {
		case a.Lead:
			p.Lead, p.Closed = a.Name, !a.Active
		case a.SignedIn && a.Active:
			p.People = append(p.People, Choice{Value: a.Email, Label: a.Name,
				Hint: authoring.Attribution{JobTitle: a.JobTitle, Organisation: a.Organisation}.String()})
		}
	}
	return leadView.write(s, w, r, p)
}

// nameLead is also what the page of an author sends, where the lead hands over.
func (s *Server) nameLead(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	c, err := s.caseOf(r, who)
	if err != nil {
		return err
	}
	var p leadForm
	if p.Form, err = decode(r, &p); err != nil {
		return err
	}
	if p.Email == "" && authoring.MayNameLead(c) == nil {
		err = fault.New(fault.Invalid, "Nothing was changed.", fault.Reason{Code: "missing", Field: "email", Text: "Choose who leads from now on."})
	} else {
		err = s.Authoring.NameLead(r.Context(), actor(who), c.ID, p.Email)
	}
	if p.Takes(err) {
		return s.writeLead(w, r, c, p)
	}
	if err != nil {
		return leadTo(err, "Go to the proposal", proposalPath(c.ID))
	}
	return s.done(w, r, proposalPath(c.ID), "The lead author is changed.")
}
