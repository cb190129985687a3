package workflow_test

import (
	"sync/atomic"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// BenchmarkMove fires moves through the one door. Read it as a ratio to
// BenchmarkLeast, which does the same durable writes of the leanest kind in the
// same database: what is left is what the rules cost.
func BenchmarkMove(b *testing.B) {
	w := newWorld(b)
	ada := w.person("Ada")
	var next atomic.Int64
	ids := make([]int64, 64)
	for i := range ids {
		ids[i] = w.proposal(ada)
	}
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		id := ids[next.Add(1)-1]
		c, err := w.svc.Load(w.ctx, w.db, id, actor(ada))
		if err != nil {
			b.Error(err)
			return
		}
		seen, event := c.Seen(), programme.Withdraw
		for pb.Next() {
			err := w.tx(func(tx *sqlx.Tx) error {
				res, err := w.svc.Move(w.ctx, tx, workflow.Move{Proposal: id, Seen: seen, Event: event, By: actor(ada)})
				seen.State = res.To
				return err
			})
			if err != nil {
				b.Error(err)
				return
			}
			if event == programme.Withdraw {
				event = programme.Reopen
			} else {
				event = programme.Withdraw
			}
		}
	})
}

// BenchmarkLeast locks a row, changes it, and inserts two: the least that a
// move with its history entry and its mail has to write.
func BenchmarkLeast(b *testing.B) {
	w := newWorld(b)
	w.exec(`create table least (id bigint primary key, state text not null, seq int not null)`)
	w.exec(`create table least_history (id bigint, seq int, at timestamptz, event text, primary key (id, seq))`)
	w.exec(`create table least_outbox (id bigint generated always as identity primary key, payload jsonb)`)
	w.exec(`insert into least select i, 'draft', 0 from generate_series(1, 64) as i`)
	var next atomic.Int64
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		id := next.Add(1)
		for pb.Next() {
			err := w.tx(func(tx *sqlx.Tx) error {
				var seq int
				if err := tx.GetContext(w.ctx, &seq, `select seq from least where id = $1 for update`, id); err != nil {
					return err
				}
				_, err := tx.ExecContext(w.ctx, `with moved as (update least set state = 'technical', seq = seq + 1 where id = $1),
					noted as (insert into least_history values ($1, $2, $3, 'submit'))
					insert into least_outbox (payload) values ('{}')`, id, seq+1, w.clock.Now())
				return err
			})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkLoad reads a proposal with everything that its page and rules need.
func BenchmarkLoad(b *testing.B) {
	w := newWorld(b)
	tm := w.team()
	ada := w.person("Ada")
	id := w.proposal(ada)
	w.climbToEducational(id, ada, tm)
	b.ResetTimer()
	for b.Loop() {
		if _, err := w.svc.Load(w.ctx, w.db, id, actor(ada)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBoard reads the first page of a board of two thousand proposals.
func BenchmarkBoard(b *testing.B) {
	w := newWorld(b)
	lena := w.person("Lena", workflow.Leadership)
	ada := w.person("Ada")
	for range 2000 {
		id := w.proposal(ada)
		w.must(w.tx(func(tx *sqlx.Tx) error {
			if err := w.snapshot(tx, id, ada, 1, content{"p", "t", "l"}); err != nil {
				return err
			}
			_, err := w.svc.Move(w.ctx, tx, workflow.Move{Proposal: id, Seen: workflow.Seen{State: programme.Draft}, Event: programme.Submit, By: actor(ada)})
			return err
		}))
	}
	b.ResetTimer()
	for b.Loop() {
		if _, err := w.svc.Board(w.ctx, actor(lena), workflow.BoardFilter{}); err != nil {
			b.Fatal(err)
		}
	}
}
