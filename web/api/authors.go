package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/workflow"
)

var _ = register(area{
	tag:   "Authors",
	about: "The lead author and the co-authors, in the order of attribution. Whoever is invited counts from the invitation.",
	add: func(s *Server, api huma.API) {
		add(s, api, operation{ID: "listAuthors", Method: http.MethodGet, Path: "/proposals/{proposal}/authors", Scopes: toRead, Summary: "The authors",
			About: "Addresses are for authors and leadership."}, s.listAuthors)
		add(s, api, operation{ID: "inviteAuthor", Method: http.MethodPost, Path: "/proposals/{proposal}/authors", Scopes: toPropose, Status: http.StatusCreated, Refuses: true,
			Summary: "Invite a co-author", About: "By the lead author; the invited person is told by mail."}, s.inviteAuthor)
		add(s, api, operation{ID: "editAuthor", Method: http.MethodPatch, Path: "/proposals/{proposal}/authors", Scopes: toPropose, Refuses: true,
			Summary: "Change how an author is named", About: "The lead any, a co-author themselves."}, s.editAuthor)
		add(s, api, operation{ID: "removeAuthor", Method: http.MethodDelete, Path: "/proposals/{proposal}/authors", Scopes: toPropose, Refuses: true,
			Summary: "Take an author off", About: "The lead any, a co-author themselves."}, s.removeAuthor)
		add(s, api, operation{ID: "orderAuthors", Method: http.MethodPut, Path: "/proposals/{proposal}/author-order", Scopes: toPropose, Refuses: true,
			Summary: "Set the order of attribution"}, s.orderAuthors)
		add(s, api, operation{ID: "nameLead", Method: http.MethodPut, Path: "/proposals/{proposal}/lead", Scopes: slices.Concat(toPropose, toLead), Refuses: true,
			Summary: "Make another author the lead", About: "By the lead, or by leadership on a proposal that isn't its own."}, s.nameLead)
	},
})

// Attribution is an author as the public reads it.
type Attribution struct {
	Name         string `json:"name,omitempty" maxLength:"1000"`
	Organisation string `json:"organisation,omitempty" maxLength:"1000"`
	JobTitle     string `json:"job_title,omitempty" maxLength:"1000"`
}

// Author is an author of a proposal.
type Author struct {
	Attribution
	Email    string    `json:"email,omitempty" doc:"For authors and leadership."`
	Position int       `json:"position" doc:"From 1."`
	Lead     bool      `json:"lead"`
	Person   int64     `json:"person,omitempty" doc:"Absent until they first sign in."`
	SignedIn bool      `json:"signed_in" doc:"They have ever signed in."`
	Active   bool      `json:"active" doc:"false for a deactivated person."`
	AddedAt  time.Time `json:"added_at"`
}

func (s *Server) authors(ctx context.Context, who caller, id int64) (*list[Author], error) {
	found, err := s.Authoring.Authors(ctx, workflow.Actor{Person: who.ID}, id)
	if err != nil {
		return nil, err
	}
	items := make([]Author, len(found))
	for i, a := range found {
		items[i] = Author{Attribution: Attribution(a.Attribution), Email: a.Email, Position: a.Position, Lead: a.Lead, Person: a.Person, SignedIn: a.SignedIn, Active: a.Active, AddedAt: a.AddedAt.UTC()}
	}
	return pageOf[Author, int](ctx, s, items, nil)
}

func (s *Server) listAuthors(ctx context.Context, who caller, in *OnProposal) (*list[Author], error) {
	return s.authors(ctx, who, in.Proposal)
}

// Addressed is somebody by their email address.
type Addressed struct {
	Email string `json:"email,omitempty" maxLength:"1000"`
}

func (s *Server) inviteAuthor(ctx context.Context, who caller, in *struct {
	OnProposal
	Body struct {
		Email string `json:"email,omitempty" maxLength:"1000"`
		Attribution
	}
}) (*list[Author], error) {
	if err := s.Authoring.Invite(ctx, who.Actor, in.Proposal, in.Body.Email, authoring.Attribution(in.Body.Attribution)); err != nil {
		return nil, err
	}
	return s.authors(ctx, who, in.Proposal)
}

// OnAuthor is one author of a proposal, named in the query: the path of a
// request is logged.
type OnAuthor struct {
	OnProposal
	Email string `query:"email" required:"true" maxLength:"254" doc:"Whose: their email address."`
}

func (s *Server) editAuthor(ctx context.Context, who caller, in *struct {
	OnAuthor
	Body struct {
		Name         *string `json:"name,omitempty" maxLength:"1000"`
		Organisation *string `json:"organisation,omitempty" maxLength:"1000"`
		JobTitle     *string `json:"job_title,omitempty" maxLength:"1000"`
	}
}) (*list[Author], error) {
	err := s.Authoring.AmendAuthor(ctx, who.Actor, in.Proposal, in.Email, func(a *authoring.Attribution) {
		a.Name, a.Organisation, a.JobTitle = or(in.Body.Name, a.Name), or(in.Body.Organisation, a.Organisation), or(in.Body.JobTitle, a.JobTitle)
	})
	if err != nil {
		return nil, err
	}
	return s.authors(ctx, who, in.Proposal)
}

func (s *Server) removeAuthor(ctx context.Context, who caller, in *OnAuthor) (*struct{}, error) {
	return nil, s.Authoring.RemoveAuthor(ctx, who.Actor, in.Proposal, in.Email)
}

func (s *Server) orderAuthors(ctx context.Context, who caller, in *struct {
	OnProposal
	Body struct {
		Emails []string `json:"emails" maxItems:"1000" doc:"The addresses of all authors, in their new order."`
	}
}) (*list[Author], error) {
	if err := s.Authoring.Reorder(ctx, who.Actor, in.Proposal, in.Body.Emails); err != nil {
		return nil, err
	}
	return s.authors(ctx, who, in.Proposal)
}

func (s *Server) nameLead(ctx context.Context, who caller, in *struct {
	OnProposal
	Body Addressed
}) (*proposalAnswer, error) {
	if err := s.Authoring.NameLead(ctx, who.Actor, in.Proposal, in.Body.Email); err != nil {
		return nil, err
	}
	return s.proposal(ctx, who, in.Proposal)
}
