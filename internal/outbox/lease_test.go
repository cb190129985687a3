package outbox

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/dbtest"
)

// TestALostLease: one runner stalls in the middle of a message until its lease
// has run out and another has sent it; what it says then no longer counts.
func TestALostLease(t *testing.T) {
	db, clock := dbtest.New(t), dbtest.NewClock()
	put(t, db, clock, "mail", "a")
	begun, goOn := make(chan struct{}), make(chan struct{})
	slow := newRunner(db, clock, Each(func(context.Context, Claimed) Outcome {
		close(begun)
		<-goOn
		return Outcome{State: Failed, Error: "too late"}
	}))
	slow.OnFailed = func(context.Context, *sqlx.Tx, Claimed, string, time.Time) error {
		t.Error("told of a failure whose lease was lost")
		return nil
	}
	done := make(chan error)
	go func() {
		_, err := slow.Drain(t.Context())
		done <- err
	}()
	<-begun

	h := &always{out: Outcome{State: Sent}}
	quick := newRunner(db, clock, Each(h.send))
	if n := drain(t, quick); n != 0 {
		t.Error("a leased message was claimed by another")
	}
	clock.Add(DefaultLease)
	if n := drain(t, quick); n != 1 {
		t.Error("a message whose lease has run out was not claimed again")
	}
	close(goOn)
	if err := <-done; err != nil {
		t.Errorf("the late one: %v", err)
	}
	if got := get(t, db, "a"); got.State != Sent || got.Attempts != 2 {
		t.Errorf("%+v, want it sent by the second", got)
	}
}

func TestALeaseIsKeptWhileItIsWorkedOn(t *testing.T) {
	db, clock := dbtest.New(t), dbtest.NewClock()
	put(t, db, clock, "mail", "a")
	var until time.Time
	r := newRunner(db, clock, Each(func(ctx context.Context, c Claimed) Outcome {
		clock.Add(10 * time.Millisecond)
		start := clock.Now()
		for !until.After(start.Add(20*time.Millisecond)) && ctx.Err() == nil {
			if err := db.GetContext(ctx, &until, `select leased_until from outbox where id = $1`, c.ID); err != nil {
				t.Error(err)
			}
		}
		return Outcome{State: Sent}
	}))
	r.Lease = 30 * time.Millisecond // of real time between two extensions: 10 ms
	drain(t, r)
	if got := get(t, db, "a"); got.State != Sent {
		t.Errorf("%+v, want sent", got)
	}
}

func TestTheRestOfALostLeaseIsNotBegun(t *testing.T) {
	db, clock := dbtest.New(t), dbtest.NewClock()
	put(t, db, clock, "mail", "a", "b")
	var tried []string
	r := newRunner(db, clock, Each(func(ctx context.Context, c Claimed) Outcome {
		tried = append(tried, c.Key)
		// As if another runner had found the lease run out.
		if _, err := db.ExecContext(ctx, `update outbox set leased_by = 'another', leased_until = $1`, clock.Now().Add(time.Hour)); err != nil {
			t.Error(err)
		}
		await(t, "word that the lease is lost", ctx.Done())
		return Outcome{State: Sent}
	}))
	r.Lease = 30 * time.Millisecond
	drain(t, r)
	if !slices.Equal(tried, []string{"a"}) {
		t.Errorf("tried %q, want a alone", tried)
	}
	if got := get(t, db, "b"); got.LeasedBy == nil || *got.LeasedBy != "another" {
		t.Errorf("b: %+v, want it left to the other", got)
	}
}

func TestStopGivesLeasesBack(t *testing.T) {
	db, clock := dbtest.New(t), dbtest.NewClock()
	put(t, db, clock, "mail", "a", "b", "c")
	ctx, stop := context.WithCancel(t.Context())
	r := newRunner(db, clock, Each(func(context.Context, Claimed) Outcome {
		stop() // in the middle of the first
		return Outcome{State: Sent}
	}))
	if err := r.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if got := get(t, db, "a"); got.State != Sent {
		t.Errorf("a: %+v, want it finished", got)
	}
	for _, key := range []string{"b", "c"} {
		if got := get(t, db, key); got.State != Waiting || got.LeasedBy != nil || got.Attempts != 0 || got.RetryFrom != nil || !got.DueAt.Equal(clock.Now()) {
			t.Errorf("%s: %+v, want it as it was", key, got)
		}
	}
}

func TestTwoRunnersNeverSendTheSame(t *testing.T) {
	db, clock := dbtest.New(t), dbtest.NewClock()
	const n = 400
	msgs := make([]Message, n)
	for i := range msgs {
		msgs[i] = Message{Kind: "mail", Key: fmt.Sprintf("m%d", i)}
	}
	if err := Put(t.Context(), db, clock.Now(), msgs...); err != nil {
		t.Fatal(err)
	}
	h := &always{out: Outcome{State: Sent}}
	var runners sync.WaitGroup
	for range 4 {
		r := newRunner(db, clock, Each(h.send))
		r.Batch = 7
		runners.Go(func() {
			if _, err := r.Drain(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	runners.Wait()
	slices.Sort(h.keys)
	if len(h.keys) != n || len(slices.Compact(h.keys)) != n {
		t.Errorf("%d tries of %d messages", len(h.keys), n)
	}
}
