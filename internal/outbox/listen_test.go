package outbox

import (
	"context"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/dbtest"
)

// tooLong bounds a wait for something that comes within milliseconds.
const tooLong = 20 * time.Second

func await[T any](t *testing.T, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(tooLong):
		t.Fatalf("%s did not come", what)
	}
	return v
}

// TestWokenByNotify: with a poll once an hour, a message is sent at once, also
// after the listening connection was lost.
func TestWokenByNotify(t *testing.T) {
	db, dsn := dbtest.NewDSN(t)
	clock := dbtest.NewClock()
	sent := make(chan string, 10)
	r := newRunner(db, clock, Each(func(_ context.Context, c Claimed) Outcome {
		sent <- c.Key
		return Outcome{State: Sent}
	}))
	listening := make(chan struct{})
	r.DSN, r.Poll, r.Rate, r.listening = dsn, time.Hour, -1, func() { close(listening) }
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error)
	go func() { stopped <- r.Run(ctx) }()
	await(t, "listening", listening)

	put(t, db, clock, "mail", "a")
	if key := await(t, "the message", sent); key != "a" {
		t.Errorf("%s was sent, want a", key)
	}

	// The connection dies; nobody hears of b. Coming back is a reason to look.
	var killed int
	err := db.Get(&killed, `select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and query ilike 'listen%'`)
	if err != nil || killed != 1 {
		t.Fatalf("ended %d listening connections (%v), want 1", killed, err)
	}
	put(t, db, clock, "mail", "b")
	if key := await(t, "the message put meanwhile", sent); key != "b" {
		t.Errorf("%s was sent, want b", key)
	}

	stop()
	if err := await(t, "the end", stopped); err != nil {
		t.Error(err)
	}
}

// TestAnOpenTransactionHoldsUpNobody: the one that is to wake the runner has not
// committed, and what commits meanwhile is sent all the same.
func TestAnOpenTransactionHoldsUpNobody(t *testing.T) {
	db, dsn := dbtest.NewDSN(t)
	clock := dbtest.NewClock()
	sent := make(chan string, 10)
	r := newRunner(db, clock, Each(func(_ context.Context, c Claimed) Outcome {
		sent <- c.Key
		return Outcome{State: Sent}
	}))
	r.DSN, r.Poll = dsn, 5*time.Millisecond
	open, err := db.BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Rollback()
	if err := Put(t.Context(), open, clock.Now(), Message{Kind: "mail", Key: "a"}); err != nil {
		t.Fatal(err)
	}
	put(t, db, clock, "mail", "b")
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error)
	go func() { stopped <- r.Run(ctx) }()
	if key := await(t, "the message committed meanwhile", sent); key != "b" {
		t.Errorf("%s was sent, want b", key)
	}
	if err := open.Commit(); err != nil {
		t.Fatal(err)
	}
	if key := await(t, "the one committed in the end", sent); key != "a" {
		t.Errorf("%s was sent, want a", key)
	}
	stop()
	if err := await(t, "the end", stopped); err != nil {
		t.Error(err)
	}
}

func TestPollsWithoutNotify(t *testing.T) {
	db, clock := dbtest.New(t), dbtest.NewClock()
	sent := make(chan string, 10)
	r := newRunner(db, clock, Each(func(_ context.Context, c Claimed) Outcome {
		sent <- c.Key
		return Outcome{State: Sent}
	}))
	r.Poll, r.DSN = 5*time.Millisecond, "postgres://127.0.0.1:1/nothing?sslmode=disable" // nobody answers there
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error)
	go func() { stopped <- r.Run(ctx) }()
	put(t, db, clock, "mail", "a")
	await(t, "the message", sent)
	stop()
	if err := await(t, "the end", stopped); err != nil {
		t.Error(err)
	}
}
