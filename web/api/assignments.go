package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/workflow"
)

var _ = register(area{
	tag:   "Assignments",
	about: "Who is asked to review which stage: one's own reviews, and leadership's choice of reviewers.",
	add: func(s *Server, api huma.API) {
		add(s, api, operation{ID: "listAssignments", Method: http.MethodGet, Path: "/assignments", Scopes: toRead,
			Summary: "Your reviews", About: "The newest first. What you declined, or what went to somebody else, isn't among them: it is no longer yours to see."},
			s.listAssignments)
		add(s, api, operation{ID: "acceptAssignment", Method: http.MethodPost, Path: "/assignments/{assignment}/acceptances", Scopes: toReview, Refuses: true,
			Summary: "Accept a review"}, s.acceptAssignment)
		add(s, api, operation{ID: "declineAssignment", Method: http.MethodPost, Path: "/assignments/{assignment}/declines", Scopes: toReview, Refuses: true,
			Summary: "Decline a review", About: "Somebody else is asked instead."}, s.declineAssignment)
		add(s, api, operation{ID: "listProposalAssignments", Method: http.MethodGet, Path: "/proposals/{proposal}/assignments", Scopes: toRead,
			Summary: "Everybody who was asked to review a proposal", About: "The oldest first."}, s.listProposalAssignments)
		add(s, api, operation{ID: "assignReviewer", Method: http.MethodPost, Path: "/proposals/{proposal}/assignments", Scopes: toLead, Conditional: true,
			Summary: "Ask somebody to review", About: "At the stage where the proposal stands, beside those who are asked or in place of one of them. The reasons say what stands against it."},
			s.assignReviewer)
		add(s, api, operation{ID: "listCandidates", Method: http.MethodGet, Path: "/proposals/{proposal}/candidates", Scopes: toRead,
			Summary: "Who could be asked to review", About: "For leadership: all who hold the role of the stage where the proposal stands, in the order in which they are asked. Nobody where it stands on no stage."},
			s.listCandidates)
	},
})

// OnAssignment is the path of what is about one assignment.
type OnAssignment struct {
	Assignment int64 `path:"assignment" minimum:"1" doc:"The assignment's number."`
}

// Assignment is one person asked to review one stage of a proposal.
type Assignment struct {
	ID         int64      `json:"id"`
	Proposal   int64      `json:"proposal"`
	Title      string     `json:"proposal_title"`
	Stage      string     `json:"stage" example:"technical"`
	StageName  string     `json:"stage_name" example:"Technical review"`
	Person     int64      `json:"person"`
	Name       string     `json:"name"`
	State      string     `json:"state" doc:"suspended: the proposal is elsewhere; the review goes on when it is back." enum:"offered,accepted,suspended,done,declined,replaced"`
	OfferedAt  time.Time  `json:"offered_at"`
	DueAt      time.Time  `json:"due_at"`
	AcceptedAt *time.Time `json:"accepted_at,omitempty"`
	ClosedAt   *time.Time `json:"closed_at,omitempty" doc:"When it was done, declined or replaced."`
	Reason     string     `json:"reason,omitempty" doc:"Why it was declined or replaced."`
}

func assignmentOf(a workflow.Assignment, proposal int64, title, stage string) Assignment {
	return Assignment{ID: a.ID, Proposal: proposal, Title: title, Stage: a.Stage, StageName: stage, Person: a.Person, Name: a.Name, State: a.State,
		OfferedAt: a.OfferedAt.UTC(), DueAt: a.DueAt.UTC(), AcceptedAt: utc(a.AcceptedAt), ClosedAt: utc(a.ClosedAt), Reason: a.Words}
}

func (s *Server) listAssignments(ctx context.Context, who caller, in *struct {
	Paged
	State string `query:"state" doc:"In this state." enum:"offered,accepted,suspended,done"`
}) (*list[Assignment], error) {
	f := workflow.AssignmentFilter{State: in.State, Limit: in.Limit}
	if err := in.from(ctx, &f.After); err != nil {
		return nil, err
	}
	mine, next, err := s.Workflow.MyAssignments(ctx, who.Actor, f)
	if err != nil {
		return nil, err
	}
	items := make([]Assignment, len(mine))
	for i, a := range mine {
		items[i] = assignmentOf(a.Assignment, a.Proposal, a.Title, a.StageName)
	}
	return pageOf(ctx, s, items, next)
}

func (s *Server) acceptAssignment(ctx context.Context, who caller, in *struct {
	OnAssignment
	Condition
	Body *struct {
		Seen *Seen `json:"seen,omitempty"`
	}
}) (*assignmentAnswer, error) {
	var seen *Seen
	if in.Body != nil {
		seen = in.Body.Seen
	}
	if err := s.Workflow.Accept(ctx, who.Actor, in.Assignment, in.optional(seen)); err != nil {
		return nil, err
	}
	return s.assignment(ctx, who, in.Assignment)
}

func (s *Server) declineAssignment(ctx context.Context, who caller, in *struct {
	OnAssignment
	Condition
	Body struct {
		Seen   *Seen  `json:"seen,omitempty"`
		Reason string `json:"reason,omitempty" doc:"Why, in a few words: it helps to find the right person." maxLength:"20000"`
	}
}) (*assignmentAnswer, error) {
	if err := s.Workflow.Decline(ctx, who.Actor, in.Assignment, in.optional(in.Body.Seen), in.Body.Reason); err != nil {
		return nil, err
	}
	return s.assignment(ctx, who, in.Assignment)
}

type assignmentAnswer struct{ Body Assignment }

// assignment is one's own as it is after an act. Whoever declined reads it this
// once, though the proposal may no longer be theirs to see.
func (s *Server) assignment(ctx context.Context, who caller, id int64) (*assignmentAnswer, error) {
	a, err := s.Workflow.MyAssignment(ctx, who.Actor, id)
	if err != nil {
		return nil, err
	}
	return &assignmentAnswer{assignmentOf(a.Assignment, a.Proposal, a.Title, a.StageName)}, nil
}

func (s *Server) listProposalAssignments(ctx context.Context, who caller, in *OnProposal) (*list[Assignment], error) {
	c, err := s.Workflow.Load(ctx, s.Workflow.DB, in.Proposal, who.Actor)
	if err != nil {
		return nil, err
	}
	items := make([]Assignment, len(c.Assignments))
	for i, a := range c.Assignments {
		st, _ := c.Programme.Stage(a.Stage)
		items[i] = assignmentOf(a, c.ID, c.Title, st.Name)
	}
	return pageOf[Assignment, int](ctx, s, items, nil)
}

func (s *Server) assignReviewer(ctx context.Context, who caller, in *struct {
	OnProposal
	Condition
	Body struct {
		Seen     *Seen  `json:"seen,omitempty"`
		Person   int64  `json:"person,omitempty" doc:"Whom to ask: one of the candidates." minimum:"1"`
		Replaces int64  `json:"replaces,omitempty" doc:"The assignment that they take over; absent: they are asked beside the others, while a reviewer is missing." minimum:"1"`
		Reason   string `json:"reason,omitempty" doc:"Why somebody is replaced." maxLength:"20000"`
	}
}) (*proposalAnswer, error) {
	seen, err := in.needed(in.Body.Seen)
	if err != nil {
		return nil, err
	}
	if err := s.Workflow.Assign(ctx, who.Actor, in.Proposal, seen, in.Body.Person, in.Body.Replaces, in.Body.Reason); err != nil {
		return nil, err
	}
	return s.proposal(ctx, who, in.Proposal)
}

// Candidate is somebody who holds the role of a stage.
type Candidate struct {
	Person  int64      `json:"person"`
	Name    string     `json:"name"`
	Open    int        `json:"open" doc:"Reviews that wait for them now, of all proposals."`
	Last    *time.Time `json:"last_asked_at,omitempty" doc:"Absent: they were never asked."`
	Against []Reason   `json:"against" doc:"All that stands against asking them; none: they may be asked."`
}

func (s *Server) listCandidates(ctx context.Context, who caller, in *OnProposal) (*list[Candidate], error) {
	c, err := s.Workflow.Load(ctx, s.Workflow.DB, in.Proposal, who.Actor)
	if err != nil {
		return nil, err
	}
	candidates, err := s.Workflow.Candidates(ctx, s.Workflow.DB, c)
	if err != nil {
		return nil, err
	}
	items := make([]Candidate, len(candidates))
	for i, cand := range candidates {
		items[i] = Candidate{cand.Person, cand.Name, cand.Open, utc(cand.Last), reasonsOf(cand.Against)}
	}
	return pageOf[Candidate, int](ctx, s, items, nil)
}
