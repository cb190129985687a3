package workflow_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// webhook is a row of another room's table: who is told of which events.
func (w *world) webhook(by int64, events ...string) int64 {
	w.t.Helper()
	if events == nil {
		events = []string{}
	}
	return w.int(`insert into webhooks (url, events, created_at, created_by, updated_at) values ('https://example.org/', $1, $2, $3, $2) returning id`,
		pq.Array(events), w.clock.Now(), by)
}

// queued lists what a webhook is going to be told of a proposal: "seq type".
func (w *world) queued(webhook, proposal int64) []string {
	w.t.Helper()
	var list []string
	w.must(w.db.Select(&list, `select (payload ->> 'seq') || ' ' || (payload ->> 'type') from outbox
		where kind = 'webhook' and cast(payload ->> 'webhook' as bigint) = $1 and proposal_id = $2
			and cast(payload ->> 'proposal' as bigint) = proposal_id and due_at = created_at
			and key = concat_ws(':', 'webhook', cast($1 as bigint), proposal_id, payload ->> 'seq')
		order by cast(payload ->> 'seq' as int)`, webhook, proposal))
	return list
}

// Each entry of the history from the first submit on is queued once for each
// webhook that wants it, and for no other.
func TestEventsAreQueuedForWebhooks(t *testing.T) {
	w := newWorld(t)
	tm := w.team()
	ada := w.person("Ada", workflow.Administrator)
	every, some, off, gone := w.webhook(ada), w.webhook(ada, programme.SignOff, workflow.EventAvailable), w.webhook(ada), w.webhook(ada)
	w.exec(`update webhooks set disabled_at = now(), disabled_reason = 'administrator' where id = $1`, off)
	w.exec(`update webhooks set removed_at = now() where id = $1`, gone)

	id := w.proposal(ada)
	w.must(w.tx(func(tx *sqlx.Tx) error { // a draft is its authors' own
		_, err := w.svc.Record(w.ctx, tx, workflow.Record{Proposal: id, Event: "author_invited", By: actor(ada)})
		return err
	}))
	_, err := w.move(id, ada, programme.Withdraw, nil)
	w.must(err)
	_, err = w.move(id, ada, programme.Reopen, nil)
	w.must(err)
	if n := w.int(`select count(*) from outbox where kind = 'webhook'`); n != 0 {
		t.Fatalf("%d events of a draft are queued", n)
	}

	w.climbToEducational(id, ada, tm)
	h, err := w.svc.History(w.ctx, w.db, id, 0)
	w.must(err)
	var all, signed []string
	for _, e := range h {
		if e.Revision == 0 {
			continue
		}
		line := fmt.Sprintf("%d proposal.%s", e.Seq, e.Event)
		all = append(all, line)
		if e.Event == programme.SignOff {
			signed = append(signed, line)
		}
	}
	if got := w.queued(every, id); len(all) < 2 || !slices.Equal(got, all) {
		t.Errorf("the one that wants everything gets %q, want %q", got, all)
	}
	if got := w.queued(some, id); len(signed) != 1 || !slices.Equal(got, signed) {
		t.Errorf("the one that wants sign-offs gets %q, want %q", got, signed)
	}
	if got := append(w.queued(off, id), w.queued(gone, id)...); got != nil {
		t.Errorf("those that are disabled or removed get %q", got)
	}

	// What is rolled back was never queued.
	before, undo := w.int(`select count(*) from outbox`), errors.New("undo")
	err = w.tx(func(tx *sqlx.Tx) error {
		_, err := w.svc.Move(w.ctx, tx, workflow.Move{Proposal: id, Seen: w.seen(id), Event: programme.Withdraw, By: actor(ada)})
		w.must(err)
		return undo
	})
	if after := w.int(`select count(*) from outbox`); !errors.Is(err, undo) || after != before {
		t.Errorf("rolled back (%v): %d rows, before %d", err, after, before)
	}
}

// A fact reads the same for ever, and there is none of a draft.
func TestFactsStay(t *testing.T) {
	w := newWorld(t)
	tm := w.team()
	ada := w.person("Ada")
	id := w.proposal(ada)
	w.climbToEducational(id, ada, tm)
	first := map[int]workflow.Fact{}
	h, err := w.svc.History(w.ctx, w.db, id, 0)
	w.must(err)
	for _, e := range h {
		f, found, err := w.svc.Fact(w.ctx, w.db, id, e.Seq)
		w.must(err)
		if found != (e.Revision > 0) {
			t.Errorf("entry %d of revision %d: found %v", e.Seq, e.Revision, found)
		}
		if !found {
			continue
		}
		if f.Event != e.Event || f.From != e.From || f.To != e.To || f.Revision != e.Revision || f.Actor != e.Actor ||
			f.Hash != e.Hash || !f.At.Equal(e.At) || f.Title != "Chairing a meeting" || f.Proposal != id || len(f.Detail) == 0 {
			t.Errorf("entry %d reads %+v, the history %+v", e.Seq, f, e)
		}
		first[e.Seq] = f
	}

	// The proposal moves on, under another title, and its people change.
	_, err = w.request(id, tm.lead1, programme.RequestChanges)
	w.must(err)
	w.exec(`update drafts set title = 'Something else' where proposal_id = $1`, id)
	w.exec(`update people set name = 'Somebody else'`)
	for seq, was := range first {
		f, _, err := w.svc.Fact(w.ctx, w.db, id, seq)
		w.must(err)
		if !reflect.DeepEqual(f, was) {
			t.Errorf("entry %d reads %+v, before %+v", seq, f, was)
		}
	}
	for _, none := range []struct {
		proposal int64
		seq      int
	}{{id, 99}, {id + 1, 1}} {
		if _, found, err := w.svc.Fact(w.ctx, w.db, none.proposal, none.seq); found || err != nil {
			t.Errorf("%+v: %v, %v", none, found, err)
		}
	}
}
