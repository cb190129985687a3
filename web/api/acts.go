package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

var _ = register(area{
	tag:   "Acts",
	about: "What leadership decides about a proposal, and what its lead author does beside submitting it.",
	add: func(s *Server, api huma.API) {
		for _, m := range []struct {
			id, path, event, summary, about string
			scopes                          []string
		}{
			{"rejectProposal", "/rejections", programme.Reject, "Reject a proposal", "It leaves the ladder, and its authors are told why. It can be reopened.", toLead},
			{"withdrawProposal", "/withdrawals", programme.Withdraw, "Withdraw a proposal", "By its lead author, before it is published.", toPropose},
			{"reopenProposal", "/reopenings", programme.Reopen, "Reopen a rejected or withdrawn proposal",
				"It goes back to its authors; sign-offs that still fit go on counting. The lead author reopens what they withdrew themselves, leadership anything.", slices.Concat(toPropose, toLead)},
		} {
			add(s, api, operation{ID: m.id, Method: http.MethodPost, Path: "/proposals/{proposal}" + m.path, Scopes: m.scopes, Summary: m.summary,
				About: m.about, Conditional: true}, func(ctx context.Context, who caller, in *reasonedAct) (*proposalAnswer, error) {
				return s.move(ctx, who, in.OnProposal, in.Condition, in.Body.Seen, workflow.Move{Event: m.event, Reason: in.Body.Reason})
			})
		}
		add(s, api, operation{ID: "overrideStage", Method: http.MethodPost, Path: "/proposals/{proposal}/overrides", Scopes: toLead, Conditional: true,
			Summary: "Make an exception", About: "Leadership's recorded exception at the stage where the proposal stands: it stands in for the sign-offs that are missing, " +
				"or, with person, lets somebody who signed another stage be asked at this one too. It carries digests and voids like a sign-off; it never waives authorship, a conflict or an open item."},
			s.override)
		add(s, api, operation{ID: "listConflicts", Method: http.MethodGet, Path: "/proposals/{proposal}/conflicts", Scopes: toRead,
			Summary: "Conflicts of interest that were declared"}, s.listConflicts)
		add(s, api, operation{ID: "declareConflict", Method: http.MethodPost, Path: "/proposals/{proposal}/conflicts", Scopes: slices.Concat(toReview, toLead), Seen: true,
			Summary: "Declare a conflict of interest", About: "One's own, as a reviewer, or by leadership anybody's. What the person signed here stops counting. It can't be taken back."},
			s.declareConflict)
		add(s, api, operation{ID: "acknowledgeConflict", Method: http.MethodPost, Path: "/proposals/{proposal}/acknowledgements", Scopes: toLead, Seen: true,
			Summary: "Record what was decided about a conflict that was declared after publishing"}, s.acknowledge)
	},
})

// reasonedAct is an act whose body is a reason.
type reasonedAct struct {
	OnProposal
	Condition
	Body struct {
		Seen   *Seen  `json:"seen,omitempty"`
		Reason string `json:"reason,omitempty" doc:"Kept with the decision. Rejecting and making an exception want one."`
	}
}

// move fires an event of the machine, and gives the proposal as it is then.
func (s *Server) move(ctx context.Context, who caller, on OnProposal, cond Condition, in *Seen, m workflow.Move) (*proposalAnswer, error) {
	seen, err := cond.needed(in)
	if err != nil {
		return nil, err
	}
	m.Proposal, m.Seen, m.By = on.Proposal, seen, who.Actor
	err = postgres.InTx(ctx, s.Workflow.DB, func(tx *sqlx.Tx) error {
		_, err := s.Workflow.Move(ctx, tx, m)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.proposal(ctx, who, on.Proposal)
}

func (s *Server) override(ctx context.Context, who caller, in *struct {
	OnProposal
	Condition
	Body struct {
		Seen   *Seen  `json:"seen,omitempty"`
		Reason string `json:"reason,omitempty" doc:"Why it is right here; kept with the decision, and shown."`
		Person int64  `json:"person,omitempty" minimum:"1" doc:"Who may hold this stage beside another; absent: the exception stands in for the missing sign-offs."`
	}
}) (*proposalAnswer, error) {
	return s.move(ctx, who, in.OnProposal, in.Condition, in.Body.Seen,
		workflow.Move{Event: programme.Override, Reason: in.Body.Reason, Permit: in.Body.Person})
}

// Conflict is a conflict of interest.
type Conflict struct {
	Person int64 `json:"person"`
}

func (s *Server) listConflicts(ctx context.Context, who caller, in *OnProposal) (*list[Conflict], error) {
	c, err := s.Workflow.Load(ctx, s.Workflow.DB, in.Proposal, who.Actor)
	if err != nil {
		return nil, err
	}
	items := make([]Conflict, len(c.Conflicts))
	for i, person := range c.Conflicts {
		items[i] = Conflict{person}
	}
	return pageOf[Conflict, int](ctx, s, items, nil)
}

func (s *Server) declareConflict(ctx context.Context, who caller, in *struct {
	OnProposal
	Condition
	Body struct {
		Seen   *Seen  `json:"seen,omitempty"`
		Person int64  `json:"person,omitempty" minimum:"1" doc:"Whose it is; absent: yours."`
		Reason string `json:"reason" doc:"What the conflict is, in a few words."`
	}
}) (*struct{}, error) {
	person := in.Body.Person
	if person == 0 {
		person = who.ID
	}
	return nil, s.Workflow.DeclareConflict(ctx, who.Actor, in.Proposal, in.optional(in.Body.Seen), person, in.Body.Reason)
}

func (s *Server) acknowledge(ctx context.Context, who caller, in *struct {
	OnProposal
	Condition
	Body struct {
		Seen   *Seen  `json:"seen,omitempty"`
		Reason string `json:"reason" doc:"What was decided; kept with the history."`
	}
}) (*proposalAnswer, error) {
	err := s.Workflow.Acknowledge(ctx, who.Actor, in.Proposal, in.optional(in.Body.Seen), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return s.proposal(ctx, who, in.Proposal)
}

func itoa(id int64) string { return strconv.FormatInt(id, 10) }
