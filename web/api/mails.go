package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/workflow"
)

var _ = register(area{
	tag:   "Mails",
	about: "What became of mail: for administrators and leadership.",
	add: func(s *Server, api huma.API) {
		add(s, api, operation{ID: "listMails", Method: http.MethodGet, Path: "/mails", Scopes: toRead, Summary: "Mail, the newest first",
			About: "Of mail with a code to sign in it says what became of it, and not to whom it went."}, s.listMails)
		add(s, api, operation{ID: "resendMail", Method: http.MethodPost, Path: "/mails/{mail}/resends", Scopes: slices.Concat(toLead, toGovern), Refuses: true,
			Summary: "Send a mail that failed again"}, s.resendMail)
	},
})

// Mail is what became of a mail.
type Mail struct {
	ID         int64      `json:"id"`
	State      string     `json:"state" enum:"waiting,sent,dropped,failed" doc:"dropped: what it would have asked for was no longer true."`
	Notice     string     `json:"notice,omitempty" doc:"What it is: review_offered, state_changed, …"`
	ToName     string     `json:"to_name,omitempty"`
	ToEmail    string     `json:"to_email,omitempty"`
	Proposal   int64      `json:"proposal,omitempty" doc:"That it is about; for leadership."`
	Title      string     `json:"title,omitempty" doc:"Of the proposal."`
	Attempts   int        `json:"attempts"`
	Why        string     `json:"why,omitempty" doc:"What went wrong the last time, or why it was dropped."`
	CreatedAt  time.Time  `json:"created_at"`
	DueAt      *time.Time `json:"due_at,omitempty" doc:"While it waits: not before."`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
}

func (s *Server) listMails(ctx context.Context, who caller, in *struct {
	Paged
	State string `query:"state" enum:"waiting,sent,dropped,failed"`
	Kind  string `query:"kind" enum:"mail,sign_in" default:"mail" doc:"Mail about proposals, or with a code to sign in."`
}) (*list[Mail], error) {
	if err := who.Needs(accounts.Administrator, workflow.Leadership); err != nil {
		return nil, err
	}
	f := outbox.Filter{Kinds: []string{in.Kind}, Limit: in.Limit}
	if in.State != "" {
		f.States = []string{in.State}
	}
	if err := in.from(ctx, &f.Before); err != nil {
		return nil, err
	}
	found, next, err := outbox.List(ctx, s.DB, f)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(found))
	for i, e := range found {
		ids[i] = e.ID
	}
	to, err := s.Workflow.Deliveries(ctx, s.DB, ids)
	if err != nil {
		return nil, err
	}
	items := make([]Mail, len(found))
	for i, e := range found {
		items[i] = mailOf(e, to[e.ID])
		if !who.Has(workflow.Leadership) {
			items[i].Proposal = 0 // an administrator sees no proposal by that alone
		}
	}
	return pageOf(ctx, s, items, unless(next))
}

// mailOf says of a mail with a code no more than what became of it: a mail
// server's answer often quotes the address.
func mailOf(e outbox.Entry, to workflow.Delivery) Mail {
	m := Mail{ID: e.ID, State: e.State, Attempts: e.Attempts, CreatedAt: e.CreatedAt.UTC(), FinishedAt: utc(e.FinishedAt)}
	if e.State == outbox.Waiting {
		m.DueAt = utc(&e.DueAt)
	}
	if e.Kind != workflow.MailKind {
		return m
	}
	m.Notice, m.ToName, m.ToEmail, m.Proposal, m.Title, m.Why = to.Notice, to.ToName, to.ToEmail, e.Proposal, to.Title, e.LastError
	if e.State == outbox.Dropped || e.LastError == "" {
		m.Why = e.Note
	}
	return m
}

func (s *Server) resendMail(ctx context.Context, who caller, in *struct {
	Mail int64 `path:"mail" minimum:"1" doc:"The mail's number."`
}) (*struct{}, error) {
	return nil, s.Workflow.SendAgain(ctx, who.Actor, in.Mail)
}
