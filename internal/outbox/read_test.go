package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/dbtest"
)

func TestLists(t *testing.T) {
	db, clock := dbtest.New(t), dbtest.NewClock()
	for i := range 5 {
		err := Put(t.Context(), db, clock.Now(), Message{Kind: "mail", Key: fmt.Sprintf("m%d", i), Proposal: int64(i%2) * 42})
		if err != nil {
			t.Fatal(err)
		}
	}
	put(t, db, clock, "sign_in", "secret")
	drain(t, newRunner(db, clock, Each(func(_ context.Context, c Claimed) Outcome {
		if c.Key == "m1" || c.Key == "m2" {
			return Outcome{State: Failed, Error: "550 " + c.Key}
		}
		return Outcome{State: Sent}
	})))

	mail := []string{"mail"}
	page, next, err := List(t.Context(), db, Filter{Kinds: mail, Limit: 3})
	if err != nil || len(page) != 3 || next != page[2].ID || page[0].ID < page[1].ID {
		t.Fatalf("first page: %+v, next %d, %v", page, next, err)
	}
	rest, next, err := List(t.Context(), db, Filter{Kinds: mail, Limit: 3, Before: next})
	if err != nil || len(rest) != 2 || next != 0 || rest[0].ID >= page[2].ID {
		t.Errorf("second page: %+v, next %d, %v", rest, next, err)
	}
	if all, _, err := List(t.Context(), db, Filter{}); err != nil || len(all) != 0 {
		t.Errorf("without kinds: %+v, %v, want none", all, err)
	}
	failed, _, err := List(t.Context(), db, Filter{Kinds: mail, States: []string{Failed}})
	if err != nil || len(failed) != 2 || failed[0].LastError != "550 m2" || failed[0].FinishedAt == nil || failed[0].State != Failed {
		t.Errorf("failed: %+v, %v", failed, err)
	}
	about, _, err := List(t.Context(), db, Filter{Kinds: mail, Proposal: 42})
	if err != nil || len(about) != 2 || about[0].Proposal != 42 || about[0].State != Sent || about[1].State != Failed {
		t.Errorf("by proposal: %+v, %v", about, err)
	}
}

func TestResend(t *testing.T) {
	db, clock := dbtest.New(t), dbtest.NewClock()
	put(t, db, clock, "mail", "a", "waiting")
	put(t, db, clock, "sign_in", "code")
	h := &always{out: Outcome{State: Failed, Error: "550 no such person"}}
	r := newRunner(db, clock, func(ctx context.Context, batch []Claimed) []Outcome {
		out := Each(h.send)(ctx, batch)
		for i, c := range batch {
			if c.Key == "waiting" {
				out[i] = Outcome{State: Retry, Error: "later"}
			}
		}
		return out
	})
	r.Handlers["sign_in"] = Each(h.send)
	drain(t, r)
	var ids []int64
	if err := db.Select(&ids, `select id from outbox order by key`); err != nil {
		t.Fatal(err)
	}
	a, code, waiting := ids[0], ids[1], ids[2]

	clock.Add(72 * time.Hour)
	for id, want := range map[int64]error{code: ErrNeverResent, waiting: ErrNotNow, 999: ErrNotThere} {
		if err := Resend(t.Context(), db, id, clock.Now(), "mail", Failed, Sent); !errors.Is(err, want) {
			t.Errorf("sending %d again: %v, want %v", id, err, want)
		}
	}
	if err := Resend(t.Context(), db, a, clock.Now(), "mail", Sent, Dropped); !errors.Is(err, ErrNotNow) {
		t.Errorf("sending a failed one again, where only others may be: %v", err)
	}
	if err := Resend(t.Context(), db, a, clock.Now(), "mail", Failed); err != nil {
		t.Fatal(err)
	}
	if got := get(t, db, "a"); got.State != Waiting || got.Attempts != 0 || got.RetryFrom != nil || got.Finished != nil || !got.DueAt.Equal(clock.Now()) {
		t.Errorf("put back: %+v", got)
	}

	// The two days begin anew.
	h.out = Outcome{State: Retry, Error: "450"}
	h.keys = nil
	drain(t, r)
	if got := get(t, db, "a"); got.State != Waiting || got.Attempts != 1 || !slices.Contains(h.keys, "a") {
		t.Errorf("after one more try: %+v", got)
	}
	h.out = Outcome{State: Sent}
	clock.Add(time.Minute)
	drain(t, r)
	if got := get(t, db, "a"); got.State != Sent || got.Error != nil {
		t.Errorf("delivered in the end: %+v, want no error left", got)
	}

	// What has been delivered can be again, where its kind wants that.
	h.keys = nil
	if err := Resend(t.Context(), db, a, clock.Now(), "mail", Failed, Sent); err != nil {
		t.Fatal(err)
	}
	drain(t, r)
	if got := get(t, db, "a"); got.State != Sent || got.Attempts != 1 || !slices.Equal(h.keys, []string{"a"}) {
		t.Errorf("delivered twice: %+v, sent now: %q", got, h.keys)
	}
}
