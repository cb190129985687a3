package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/catalogue"
	"github.com/leadership-ladder/rung/internal/webhooks"
	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/workflow"
)

// historyEvents are the names of all entries that a history can hold after the
// first submit, room by room.
func historyEvents() []string {
	return slices.Concat(workflow.Events(), authoring.Events(), reviews.Events(), catalogue.Events())
}

// told is what the receivers of a webhook are told of an entry of the history.
// Field names and their order are part of what is promised: every try of a
// delivery sends the same bytes.
type told struct {
	Proposal int64           `json:"proposal"`
	Title    string          `json:"title"`
	Revision int             `json:"revision"`
	From     string          `json:"from"`
	To       string          `json:"to"`
	Event    string          `json:"event"`
	Seq      int             `json:"seq"`
	At       time.Time       `json:"at"`
	Actor    *int64          `json:"actor"` // null: the system
	Details  json.RawMessage `json:"details"`
	Hash     string          `json:"hash"`
	Page     string          `json:"page"`
	API      string          `json:"api"`
}

// events reads what is told: facts of the history, with the addresses of the
// proposal.
func events(machine *workflow.Service, base *url.URL) func(context.Context, int64, int) (webhooks.Event, bool, error) {
	return func(ctx context.Context, proposal int64, seq int) (webhooks.Event, bool, error) {
		f, found, err := machine.Fact(ctx, machine.DB, proposal, seq)
		if err != nil || !found {
			return webhooks.Event{}, false, err
		}
		t := told{Proposal: f.Proposal, Title: f.Title, Revision: f.Revision, From: f.From, To: f.To, Event: f.Event, Seq: f.Seq, At: f.At,
			Details: json.RawMessage(f.Detail), Hash: f.Hash,
			Page: fmt.Sprintf("%s/proposals/%d", base, f.Proposal), API: fmt.Sprintf("%s/api/v1/proposals/%d", base, f.Proposal)}
		if f.Actor != 0 {
			t.Actor = &f.Actor
		}
		return webhooks.Event{Type: webhooks.EventType(f.Event), At: f.At, Data: t}, true, nil
	}
}
