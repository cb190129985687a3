package web

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
)

// authorsForm is the list of authors, and the invitation of another.
type authorsForm struct {
	Form         `form:"-"`
	Email        string `form:"email"`
	Name         string `form:"name"`
	Organisation string `form:"organisation"`
	JobTitle     string `form:"job_title"`

	Path, Proposal string        `form:"-"`
	Authors        []writingLine `form:"-"`
	Lead           bool          `form:"-"` // the reader is the lead author
	LeadName       string        `form:"-"`
	Room           int           `form:"-"` // how many more there can be
	Emails         []string      `form:"-"` // in the order shown
}

// writingLine is an author in the list of those who write.
type writingLine struct {
	Email, Name, About string
	Tags               []Tag
	Href               string // of their own page, "" where the reader can't change them
	First, Last        bool
}

var authorsView = newView("authoring/authors.html",
	authorsForm{Path: "/proposals/42", Proposal: "Leading a Handover", Lead: true, Room: 8, Emails: []string{"ann@example.org", "cy@example.org"},
		Authors: []writingLine{{"ann@example.org", "Ann Lee", "Registrar, East Hospital", []Tag{{"Lead author", "blue"}}, "/proposals/42/authors/1", true, false},
			{"cy@example.org", "Cy Dunn", "", []Tag{{"Invited, not signed in yet", "grey"}}, "/proposals/42/authors/2", false, true}}},
	authorsForm{Path: "/proposals/42", Lead: true, Form: Form{Problems: []Problem{{"email", "Give an address."}, {"name", "Give the name."}}}, Room: 1},
	authorsForm{Path: "/proposals/42", LeadName: "Ann Lee", Authors: []writingLine{{Name: "Ann Lee"}}},
	authorsForm{Path: "/proposals/42", Lead: true})

func (s *Server) authorsPage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	ready, err := s.editing(r, who)
	if err != nil {
		return err
	}
	return s.writeAuthors(w, r, who, ready, authorsForm{})
}

func (s *Server) writeAuthors(w http.ResponseWriter, r *http.Request, who accounts.Person, ready authoring.Readiness, p authorsForm) error {
	c, d := ready.Case, ready.Draft
	p.Path, p.Proposal, p.Lead = proposalPath(c.ID), titleOfDraft(d), c.IsLead(who.ID)
	p.Room = ready.Programme.MaxAuthors - len(d.Authors)
	for i, a := range d.Authors {
		l := writingLine{Email: a.Email, Name: a.Name, First: i == 0, Last: i == len(d.Authors)-1}
		l.About = authoring.Attribution{JobTitle: a.JobTitle, Organisation: a.Organisation}.String()
		if a.Lead {
			l.Tags, p.LeadName = append(l.Tags, Tag{"Lead author", "blue"}), a.Name
		}
		switch {
		case !a.Active:
			l.Tags = append(l.Tags, Tag{"Account closed", "red"})
		case !a.SignedIn:
			l.Tags = append(l.Tags, Tag{"Invited, not signed in yet", "grey"})
		}
		if p.Lead || a.Person == who.ID {
			l.Href = fmt.Sprintf("%s/authors/%d", p.Path, i+1)
		}
		p.Authors, p.Emails = append(p.Authors, l), append(p.Emails, a.Email)
	}
	return authorsView.write(s, w, r, p)
}

func (s *Server) inviteAuthor(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "proposal")
	if err != nil {
		return err
	}
	var p authorsForm
	if p.Form, err = decode(r, &p); err != nil {
		return err
	}
	err = s.Authoring.Invite(r.Context(), actor(who), id, p.Email, authoring.Attribution{Name: p.Name, Organisation: p.Organisation, JobTitle: p.JobTitle})
	if err == nil {
		return s.done(w, r, sectionPath(id, authoring.SectionAuthors), p.Name+" is invited as a co-author, and gets a mail.")
	}
	if !p.Form.Takes(err) {
		return err
	}
	ready, err := s.editing(r, who)
	if err != nil {
		return err
	}
	return s.writeAuthors(w, r, who, ready, p)
}

// orderAuthors moves one author up or down in the order that the page showed; if
// somebody was added or removed since, it is refused.
func (s *Server) orderAuthors(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "proposal")
	if err != nil {
		return err
	}
	if err := readForm(r); err != nil {
		return err
	}
	order := slices.Clone(r.PostForm["order"])
	at := slices.Index(order, r.PostFormValue("up"))
	if at < 0 {
		at = slices.Index(order, r.PostFormValue("down")) + 1
	}
	if at < 1 || at >= len(order) {
		return fault.New(fault.Invalid, "This author cannot be moved further.")
	}
	order[at-1], order[at] = order[at], order[at-1]
	if err := s.Authoring.Reorder(r.Context(), actor(who), id, order); err != nil {
		return leadTo(err, "Go back to the authors", sectionPath(id, authoring.SectionAuthors))
	}
	return s.done(w, r, sectionPath(id, authoring.SectionAuthors), "The order is changed.")
}

// authorForm is one author: how they are named, and what else can be done.
type authorForm struct {
	Form         `form:"-"`
	Email        string `form:"email"` // which author
	Name         string `form:"name"`
	Organisation string `form:"organisation"`
	JobTitle     string `form:"job_title"`

	Path, Proposal, Heading string `form:"-"`
	Self                    bool   `form:"-"`
	CanLead, CanRemove      bool   `form:"-"`
}

var authorView = newView("authoring/author.html",
	authorForm{Path: "/proposals/42", Proposal: "Leading a Handover", Heading: "Cy Dunn", Email: "cy@example.org", Name: "Cy Dunn", CanLead: true, CanRemove: true},
	authorForm{Path: "/proposals/42", Heading: "Cy Dunn", Email: "cy@example.org", Self: true, CanRemove: true,
		Form: Form{Problems: []Problem{{"name", "Give the name."}}}})

func (s *Server) authorPage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	ready, err := s.editing(r, who)
	if err != nil {
		return err
	}
	position, err := pathNumber(r, "position")
	if err != nil || position > len(ready.Draft.Authors) {
		return notFound(w, r)
	}
	a := ready.Draft.Authors[position-1]
	return s.writeAuthor(w, r, who, ready, a, authorForm{Name: a.Name, Organisation: a.Organisation, JobTitle: a.JobTitle})
}

func (s *Server) writeAuthor(w http.ResponseWriter, r *http.Request, who accounts.Person, ready authoring.Readiness, a authoring.Author, p authorForm) error {
	lead := ready.Case.IsLead(who.ID)
	p.Self = a.Person == who.ID
	if !lead && !p.Self {
		return fault.New(fault.Forbidden, "Only the lead author can change how the others are named.")
	}
	p.Path, p.Proposal, p.Heading, p.Email = proposalPath(ready.Case.ID), titleOfDraft(ready.Draft), a.Name, a.Email
	p.CanLead, p.CanRemove = lead && !a.Lead && a.SignedIn && a.Active, !a.Lead
	return authorView.write(s, w, r, p)
}

func (s *Server) editAuthor(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "proposal")
	if err != nil {
		return err
	}
	var p authorForm
	if p.Form, err = decode(r, &p); err != nil {
		return err
	}
	err = s.Authoring.EditAuthor(r.Context(), actor(who), id, p.Email, authoring.Attribution{Name: p.Name, Organisation: p.Organisation, JobTitle: p.JobTitle})
	if err == nil {
		return s.done(w, r, sectionPath(id, authoring.SectionAuthors), "Saved.")
	}
	if !p.Form.Takes(err) {
		return err
	}
	ready, err := s.editing(r, who)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(ready.Draft.Authors, func(a authoring.Author) bool { return a.Email == p.Email })
	if i < 0 {
		return notFound(w, r)
	}
	return s.writeAuthor(w, r, who, ready, ready.Draft.Authors[i], p)
}

// onAuthor is an act on one author, whom the form names by address: places in a
// list move.
func (s *Server) onAuthor(r *http.Request, who accounts.Person, act func(by workflow.Actor, id int64, email string) error) (int64, error) {
	id, err := pathID(r, "proposal")
	if err != nil {
		return 0, err
	}
	var in struct {
		Email string `form:"email"`
	}
	if _, err := decode(r, &in); err != nil {
		return 0, err
	}
	return id, leadTo(act(actor(who), id, in.Email), "Go to the proposal", proposalPath(id))
}

func (s *Server) removeAuthor(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := s.onAuthor(r, who, func(by workflow.Actor, id int64, email string) error {
		return s.Authoring.RemoveAuthor(r.Context(), by, id, email)
	})
	if err != nil {
		return err
	}
	if _, err := s.Authoring.Draft(r.Context(), actor(who), id); err != nil { // it was their own name
		return s.done(w, r, "/", "You are no longer an author of the proposal.")
	}
	return s.done(w, r, sectionPath(id, authoring.SectionAuthors), "The author is removed.")
}
