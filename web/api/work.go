package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/workflow"
)

var _ = register(area{
	tag:   "Work",
	about: "What waits for you, and what you wait for.",
	add: func(s *Server, api huma.API) {
		add(s, api, operation{ID: "getWork", Method: http.MethodGet, Path: "/work", Scopes: toRead,
			Summary: "What concerns you", About: "The next date first. For leadership, what waits for the whole team is among it."}, s.getWork)
	},
})

// Work is what concerns one person.
type Work struct {
	Waiting  []WorkLine `json:"waiting" doc:"For you to act."`
	Watching []WorkLine `json:"watching" doc:"Yours, but somebody else's turn."`
	Done     []WorkLine `json:"done" doc:"Yours, and over; the newest first."`
}

// WorkLine is a proposal with your part in it.
type WorkLine struct {
	ProposalLine
	Assignment int64  `json:"assignment,omitempty" doc:"Your review of it, where you have one."`
	Mine       string `json:"assignment_state,omitempty" doc:"The state of that assignment." enum:"offered,accepted,suspended,done"`
}

func (s *Server) getWork(ctx context.Context, who caller, _ *struct{}) (*struct{ Body Work }, error) {
	w, err := s.Workflow.MyWork(ctx, who.Actor)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Work }{Work{workLines(w.Waiting), workLines(w.Watching), workLines(w.Done)}}, nil
}

func workLines(rows []workflow.Row) []WorkLine {
	out := make([]WorkLine, len(rows))
	for i, r := range rows {
		out[i] = WorkLine{lineOf(r), r.Assignment, r.Mine}
	}
	return out
}
