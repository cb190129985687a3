package web

import (
	"net/http"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/files"
)

// submitForm is the last look at a draft, with all that stands against a submit.
type submitForm struct {
	Form    `form:"-"`
	seen    `form:",inline"`
	Version int  `form:"version"`
	OwnIdea bool `form:"own_idea"`

	Path, Proposal string          `form:"-"`
	Now            seen            `form:"-"`
	Against        []reasonSection `form:"-"`
	Count          int             `form:"-"`
	TitleTaken     string          `form:"-"` // the suggested title that somebody else has taken
	Lead           string          `form:"-"` // who submits, "" for the reader themselves
	Package, Size  string          `form:"-"`
	Authors        []string        `form:"-"`
	Revision       int             `form:"-"` // that the submit will make
}

// reasonSection is what a page of the draft still lacks.
type reasonSection struct {
	Name    string
	Reasons []link
}

var submitView = newView("authoring/submit.html",
	submitForm{Path: "/proposals/42", Proposal: "Leading a Handover", Count: 3, Revision: 1,
		Against: []reasonSection{{"Who it is for", []link{{"Say why it is needed.", "/proposals/42/edit/audience?check=1#need"}}}, {"", []link{{Text: "Not now."}}}}},
	submitForm{Path: "/proposals/42", Proposal: "Leading a Handover", Package: "handover.zip", Size: "3 MB", Authors: []string{"Ann Lee", "Cy Dunn"}, Revision: 2,
		TitleTaken: "Handover", Form: Form{Refusal: "The proposal was not submitted."}},
	submitForm{Path: "/proposals/42", Proposal: "Leading a Handover", Package: "handover.zip", Authors: []string{"Ann Lee"}, Revision: 1, Lead: "Ann Lee"},
	submitForm{Path: "/proposals/42", Proposal: "Leading a Handover", Package: "handover.zip", Authors: []string{"Ann Lee"}, Revision: 1})

func (s *Server) submitPage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	return s.writeSubmit(w, r, who, submitForm{})
}

func (s *Server) writeSubmit(w http.ResponseWriter, r *http.Request, who accounts.Person, p submitForm) error {
	ready, err := s.editing(r, who)
	if err != nil {
		return err
	}
	c, d := ready.Case, ready.Draft
	p.Path, p.Proposal, p.Now, p.Version, p.Revision = proposalPath(c.ID), titleOfDraft(d), seenOf(c), d.Version, c.Revision+1
	if lead, ok := c.Lead(); ok && lead.Person != who.ID {
		p.Lead = lead.Name
	}
	if d.Package != nil {
		p.Package, p.Size = d.Package.Name, files.InWords(d.Package.Size)
	}
	for _, a := range d.Authors {
		p.Authors = append(p.Authors, a.String())
	}
	p.Against, p.TitleTaken = nil, ""
	bySection := map[string][]link{}
	for _, reason := range ready.Reasons {
		switch reason.Code {
		case "not_lead": // said in other words
		case "title_taken":
			p.TitleTaken = d.SuggestedAs
		default:
			section := sectionName(authoring.SectionOf(reason.Field))
			bySection[section] = append(bySection[section], reasonLink(c.ID, reason))
			p.Count++
		}
	}
	if other := bySection[""]; other != nil {
		p.Against = append(p.Against, reasonSection{"Change request", other})
	}
	for _, n := range sectionNames {
		if links := bySection[n.name]; links != nil {
			p.Against = append(p.Against, reasonSection{n.name, links})
		}
	}
	return submitView.write(s, w, r, p)
}

func (s *Server) submit(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "proposal")
	if err != nil {
		return err
	}
	var p submitForm
	if p.Form, err = decode(r, &p); err != nil {
		return err
	}
	_, err = s.Authoring.Submit(r.Context(), actor(who), id, authoring.Submission{Seen: p.seen.workflow(), Version: p.Version, OwnIdea: p.OwnIdea})
	if err == nil {
		return s.done(w, r, proposalPath(id), "The proposal is submitted. You will hear by mail how it goes on.")
	}
	// Somebody else may have submitted it: that is told on a page of its own.
	if ready, readErr := s.Authoring.Check(r.Context(), actor(who), id); readErr == nil && ready.Frozen() != nil {
		return leadTo(err, "Go to the proposal", proposalPath(id))
	}
	if !p.Form.Takes(err) {
		return err
	}
	p.Form.Problems = nil // each is linked to where it is mended
	return s.writeSubmit(w, r, who, p)
}
