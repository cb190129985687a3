package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/internal/webhooks"
	"github.com/leadership-ladder/rung/workflow"
)

// TestEventsReachAReceiver: Rung wired as in production, with one webhook for
// everything; the first submit, and nothing before it, arrives in whole.
func TestEventsReachAReceiver(t *testing.T) {
	p := newPostRound(t)
	ctx, ada := t.Context(), p.people["ada"].Person
	var bodies []string
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(b)) // one batch of one message at a time
	}))
	t.Cleanup(receiver.Close)
	var err error
	p.r.webhooks.Allow, err = webhooks.ParseAllow("127.0.0.1")
	p.must(err)
	p.r.out.Handlers[webhooks.Kind] = p.r.webhooks.Handler()
	p.r.out.Batch = 1
	if got := p.r.out.RetryFor[webhooks.Kind]; got != 72*time.Hour {
		t.Errorf("deliveries are retried for %v", got)
	}
	id, err := p.r.webhooks.Add(ctx, ada, webhooks.Settings{URL: receiver.URL, Every: true})
	p.must(err)
	p.submit()
	p.work()

	h, err := p.r.workflow.History(ctx, p.r.people.DB, p.proposal, 0)
	p.must(err)
	h = slices.DeleteFunc(h, func(e workflow.Entry) bool { return e.Revision == 0 })
	if len(h) == 0 || h[0].Event != "submit" || len(bodies) != len(h) {
		t.Fatalf("%d requests of %d entries: %q", len(bodies), len(h), bodies)
	}
	e := h[0]
	details, err := json.Marshal(e.Detail)
	p.must(err)
	var got struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      struct {
			told
			Details json.RawMessage `json:"details"`
		} `json:"data"`
	}
	p.must(json.Unmarshal([]byte(bodies[0]), &got))
	d := got.Data
	if got.Type != "proposal.submit" || !got.Timestamp.Equal(e.At) || d.Proposal != p.proposal || d.Title != "Leading a ward round" || d.Revision != 1 ||
		d.From != "draft" || d.To != "technical" || d.Event != "submit" || d.Seq != e.Seq || !d.At.Equal(e.At) || *d.Actor != ada || d.Hash != e.Hash ||
		string(d.Details) != string(details) || d.Page != fmt.Sprintf("https://rung.example.org/proposals/%d", p.proposal) ||
		d.API != fmt.Sprintf("https://rung.example.org/api/v1/proposals/%d", p.proposal) {
		t.Errorf("the first submit is told as %s", bodies[0])
	}

	// Sent again, it is the same to the byte.
	list, _, err := p.r.webhooks.Deliveries(ctx, ada, id, 0, 0)
	p.must(err)
	last := list[len(list)-1]
	p.clock.Add(24 * time.Hour)
	p.must(p.r.webhooks.SendAgain(ctx, ada, id, last.ID))
	p.work()
	if again := bodies[len(bodies)-1]; last.State != outbox.Sent || again != bodies[0] {
		t.Errorf("sent again as %s, first as %s", again, bodies[0])
	}
	if _, found, err := events(p.r.workflow, &url.URL{Scheme: "https", Host: "rung.example.org"})(ctx, p.proposal, 1); found || err != nil {
		t.Errorf("its beginning is told: %v, %v", found, err)
	}
}
