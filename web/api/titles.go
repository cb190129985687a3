package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/workflow"
)

var _ = register(area{
	tag:   "Suggested titles",
	about: "Titles that the leadership team would like to see written.",
	add: func(s *Server, api huma.API) {
		add(s, api, operation{ID: "listSuggestedTitles", Method: http.MethodGet, Path: "/suggested-titles", Scopes: toRead, Summary: "Suggested titles, those on offer first",
			About: "Leadership sees which proposal took one."}, s.listTitles)
		add(s, api, operation{ID: "offerTitle", Method: http.MethodPost, Path: "/suggested-titles", Scopes: toLead, Status: http.StatusCreated, Summary: "Suggest a title"}, s.offerTitle)
		add(s, api, operation{ID: "withdrawTitle", Method: http.MethodDelete, Path: "/suggested-titles/{title}", Scopes: toLead,
			Summary: "Stop suggesting a title", About: "Who wrote on it goes on."}, s.withdrawTitle)
	},
})

// SuggestedTitle is a title that may be written on.
type SuggestedTitle struct {
	ID        int64     `json:"id"`
	Title     string    `json:"title"`
	Strand    string    `json:"strand" doc:"Key of a strand."`
	Note      string    `json:"note,omitempty" doc:"What the leadership team has in mind."`
	OfferedAt time.Time `json:"offered_at"`
	Free      bool      `json:"free" doc:"It can be proposed on."`
	Withdrawn bool      `json:"withdrawn"`
	TakenBy   int64     `json:"taken_by,omitempty" doc:"The proposal that took it; for leadership."`
}

func (s *Server) listTitles(ctx context.Context, who caller, in *struct{}) (*list[SuggestedTitle], error) {
	found, err := s.Authoring.Titles(ctx)
	if err != nil {
		return nil, err
	}
	items := make([]SuggestedTitle, len(found))
	for i, t := range found {
		items[i] = titleOf(who, t)
	}
	return pageOf[SuggestedTitle, int](ctx, s, items, nil)
}

func titleOf(who caller, t authoring.SuggestedTitle) SuggestedTitle {
	out := SuggestedTitle{ID: t.ID, Title: t.Title, Strand: t.Strand, Note: t.Note, OfferedAt: t.OfferedAt.UTC(), Free: t.Free(), Withdrawn: t.Withdrawn}
	if who.Has(workflow.Leadership) {
		out.TakenBy = t.TakenBy
	}
	return out
}

func (s *Server) offerTitle(ctx context.Context, who caller, in *struct {
	Body struct {
		Title  string `json:"title,omitempty" maxLength:"10000"`
		Strand string `json:"strand,omitempty" maxLength:"1000" doc:"Key of a strand."`
		Note   string `json:"note,omitempty" maxLength:"100000"`
	}
}) (*titleMade, error) {
	id, err := s.Authoring.OfferTitle(ctx, who.Actor, authoring.Suggestion(in.Body))
	if err != nil {
		return nil, err
	}
	made, err := s.Authoring.Title(ctx, id)
	if err != nil {
		return nil, err
	}
	return &titleMade{Location: s.address(Prefix + "/suggested-titles"), Body: titleOf(who, made)}, nil
}

type titleMade struct {
	Location string `header:"Location" doc:"Of the list that it is in now."`
	Body     SuggestedTitle
}

func (s *Server) withdrawTitle(ctx context.Context, who caller, in *struct {
	Title int64 `path:"title" minimum:"1" doc:"The suggested title's number."`
}) (*struct{}, error) {
	return nil, s.Authoring.WithdrawTitle(ctx, who.Actor, in.Title)
}
