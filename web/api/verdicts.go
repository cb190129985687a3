package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/reviews"
)

var _ = register(area{
	tag:   "Verdicts",
	about: "Sign-offs, and requests for changes.",
	add: func(s *Server, api huma.API) {
		asks := slices.Concat(toReview, toLead)
		add(s, api, operation{ID: "listSignOffs", Method: http.MethodGet, Path: "/proposals/{proposal}/sign-offs", Scopes: toRead,
			Summary: "Every sign-off of a proposal, void ones too", About: "The oldest first, leadership's exceptions among them, with the rubric's answers behind each."}, s.listSignOffs)
		add(s, api, operation{ID: "signOff", Method: http.MethodPost, Path: "/proposals/{proposal}/sign-offs", Scopes: toReview, Conditional: true,
			Summary: "Sign off", About: "Your yes at the stage where the proposal stands, to exactly the bytes that you saw. " +
				"With carry_forward it repeats the sign-off of yours that was voided because its parts changed, with a reason and without answering the rubric again."}, s.signOff)
		add(s, api, operation{ID: "listChangeRequests", Method: http.MethodGet, Path: "/proposals/{proposal}/change-requests", Scopes: toRead,
			Summary: "The change requests of a proposal", About: "The oldest first, each with its items and what you may do about them."}, s.listChangeRequests)
		add(s, api, operation{ID: "requestChanges", Method: http.MethodPost, Path: "/proposals/{proposal}/change-requests", Scopes: asks, Conditional: true,
			Summary: "Request changes", About: "Sends your draft items to the authors, and the items of this stage that were reopened with them. For an assigned reviewer, and for leadership."}, s.requestChanges)
		add(s, api, operation{ID: "returnProposal", Method: http.MethodPost, Path: "/proposals/{proposal}/returns", Scopes: toLead, Conditional: true,
			Summary: "Take an approved proposal back", About: "Sends your draft items to the authors, and every item that was reopened with them."}, s.returnProposal)
	},
})

// SignOff is a yes at one stage to exact digests.
type SignOff struct {
	ID         int64             `json:"id"`
	Stage      string            `json:"stage"`
	Kind       string            `json:"kind" doc:"override: leadership's, in place of the missing ones; permit: leadership's, so that one person may hold a second stage." enum:"sign_off,override,permit"`
	Person     int64             `json:"person" doc:"Whose yes it is; of a permit, who may hold the stage."`
	Name       string            `json:"name"`
	GrantedBy  int64             `json:"granted_by,omitempty" doc:"Who in leadership granted an override or permit."`
	Assignment int64             `json:"assignment,omitempty" doc:"The assignment that it closed."`
	Permit     int64             `json:"permit,omitempty" doc:"The permit under which it was given."`
	Carries    int64             `json:"carries,omitempty" doc:"The void sign-off that it carries forward: the rubric's answers are with that one."`
	Revision   int               `json:"revision"`
	Reason     string            `json:"reason,omitempty" doc:"Of an exception, or of carrying forward."`
	SignedAt   time.Time         `json:"signed_at"`
	Valid      bool              `json:"valid" doc:"It counts."`
	VoidedAt   *time.Time        `json:"voided_at,omitempty"`
	VoidReason string            `json:"void_reason,omitempty" enum:"changed,became_author,conflict"`
	Digests    map[string]string `json:"digests" doc:"SHA-256 of each part that it is about."`
	Criteria   []ReviewCriterion `json:"criteria" doc:"The rubric with the answers that it rests on; none for an exception and for what is carried forward."`
}

func (s *Server) listSignOffs(ctx context.Context, who caller, in *OnProposal) (*list[SignOff], error) {
	c, err := s.Workflow.Load(ctx, s.Workflow.DB, in.Proposal, who.Actor)
	if err != nil {
		return nil, err
	}
	verdicts, err := s.Reviews.Verdicts(ctx, s.Reviews.DB, c)
	if err != nil {
		return nil, err
	}
	items := make([]SignOff, len(c.SignOffs))
	for i, so := range c.SignOffs {
		items[i] = SignOff{ID: so.ID, Stage: so.Stage, Kind: so.Kind, Person: so.Person, Name: so.Name, GrantedBy: so.GrantedBy, Assignment: so.Assignment,
			Permit: so.Permit, Carries: so.Carried, Revision: so.Revision, Reason: so.Reason, SignedAt: so.SignedAt.UTC(), Valid: so.Valid(),
			VoidedAt: utc(so.VoidedAt), VoidReason: so.VoidReason, Digests: so.Digests, Criteria: criteriaOf(verdicts[so.ID].Criteria)}
	}
	return pageOf[SignOff, int](ctx, s, items, nil)
}

func (s *Server) signOff(ctx context.Context, who caller, in *struct {
	OnProposal
	Condition
	Body struct {
		Seen   *Seen  `json:"seen,omitempty"`
		Carry  bool   `json:"carry_forward,omitempty" doc:"Repeats your voided sign-off of this stage."`
		Reason string `json:"reason,omitempty" doc:"With carry_forward: why your sign-off still stands after the changes." maxLength:"20000"`
	}
}) (*proposalAnswer, error) {
	seen, err := in.needed(in.Body.Seen)
	if err != nil {
		return nil, err
	}
	if in.Body.Carry {
		_, err = s.Reviews.CarryForward(ctx, who.Actor, in.Proposal, seen, in.Body.Reason)
	} else {
		_, err = s.Reviews.SignOff(ctx, who.Actor, in.Proposal, seen)
	}
	if err != nil {
		return nil, err
	}
	return s.proposal(ctx, who, in.Proposal)
}

// ChangeRequest is what was asked of the authors at once.
type ChangeRequest struct {
	Seq        int          `json:"seq" doc:"The history entry that sent it, or sent what is left of it again."`
	Stage      string       `json:"stage_name" doc:"The stage that asked, in words."`
	AskedBy    string       `json:"asked_by" doc:"A name."`
	AskedAt    time.Time    `json:"asked_at"`
	Leadership bool         `json:"leadership" doc:"Asked by leadership, and not on a review."`
	Unanswered int          `json:"unanswered" doc:"How many items wait for the authors."`
	Unclosed   int          `json:"unclosed" doc:"How many items are not settled."`
	Items      []ChangeItem `json:"items"`
}

func (s *Server) listChangeRequests(ctx context.Context, who caller, in *OnProposal) (*list[ChangeRequest], error) {
	c, err := s.Workflow.Load(ctx, s.Workflow.DB, in.Proposal, who.Actor)
	if err != nil {
		return nil, err
	}
	all, err := s.Reviews.Requests(ctx, c)
	if err != nil {
		return nil, err
	}
	items := make([]ChangeRequest, len(all))
	for i, r := range all {
		items[i] = ChangeRequest{r.Seq, r.Stage, r.AskedBy, r.AskedAt, r.Leadership, r.Unanswered(), r.Unclosed(), itemsOf(r.Items)}
	}
	return pageOf[ChangeRequest, int](ctx, s, items, nil)
}

func (s *Server) requestChanges(ctx context.Context, who caller, in *struct {
	OnProposal
	Condition
	Body struct {
		Seen  *Seen   `json:"seen,omitempty"`
		Items []int64 `json:"items,omitempty" doc:"Which of your draft items are sent; none or absent: all." maxItems:"500" uniqueItems:"true"`
	}
}) (*proposalAnswer, error) {
	seen, err := in.needed(in.Body.Seen)
	if err != nil {
		return nil, err
	}
	if _, err := s.Reviews.RequestChanges(ctx, who.Actor, in.Proposal, seen, in.Body.Items...); err != nil {
		return nil, err
	}
	return s.proposal(ctx, who, in.Proposal)
}

func (s *Server) returnProposal(ctx context.Context, who caller, in *struct {
	OnProposal
	Condition
	Body struct {
		Seen   *Seen   `json:"seen,omitempty"`
		Reason string  `json:"reason,omitempty" doc:"Why it is taken back; kept with the history." maxLength:"20000"`
		Items  []int64 `json:"items,omitempty" doc:"Which of your draft items are sent; none or absent: all." maxItems:"500" uniqueItems:"true"`
	}
}) (*proposalAnswer, error) {
	seen, err := in.needed(in.Body.Seen)
	if err != nil {
		return nil, err
	}
	if _, err := s.Reviews.Return(ctx, who.Actor, in.Proposal, seen, in.Body.Reason, in.Body.Items...); err != nil {
		return nil, err
	}
	return s.proposal(ctx, who, in.Proposal)
}

func itemsOf(list []reviews.Item) []ChangeItem {
	out := make([]ChangeItem, len(list))
	for i, item := range list {
		out[i] = itemOf(item)
	}
	return out
}
