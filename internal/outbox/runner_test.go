package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/internal/postgres"
)

// row is a message as the table has it.
type row struct {
	State     string     `db:"state"`
	Attempts  int        `db:"attempts"`
	DueAt     time.Time  `db:"due_at"`
	Error     *string    `db:"last_error"`
	Note      *string    `db:"note"`
	LeasedBy  *string    `db:"leased_by"`
	RetryFrom *time.Time `db:"retry_from"`
	Finished  *time.Time `db:"finished_at"`
}

func get(t *testing.T, db *postgres.DB, key string) row {
	t.Helper()
	var r row
	err := db.GetContext(t.Context(), &r, `select state, attempts, due_at, last_error, note, leased_by, retry_from, finished_at
		from outbox where key = $1`, key)
	if err != nil {
		t.Fatalf("reading %s: %v", key, err)
	}
	return r
}

func put(t *testing.T, db *postgres.DB, clock *dbtest.Clock, kind string, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if err := Put(t.Context(), db, clock.Now(), Message{Kind: kind, Key: key, Payload: map[string]string{"key": key}}); err != nil {
			t.Fatal(err)
		}
	}
}

func drain(t *testing.T, r *Runner) int {
	t.Helper()
	n, err := r.Drain(t.Context())
	if err != nil {
		t.Fatalf("draining: %v", err)
	}
	return n
}

// always is a handler with one answer; it remembers the keys it was asked for.
type always struct {
	mu   sync.Mutex
	out  Outcome
	keys []string
}

func (a *always) send(_ context.Context, c Claimed) Outcome {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keys = append(a.keys, c.Key)
	return a.out
}

func newRunner(db *postgres.DB, clock *dbtest.Clock, h Handler) *Runner {
	return &Runner{
		DB: db, Now: clock.Now, Handlers: map[string]Handler{"mail": h},
		Rand: func() float64 { return 0.5 }, // pauses without jitter
	}
}

func TestPutKeepsOneRowForAKey(t *testing.T) {
	db, clock := dbtest.New(t), dbtest.NewClock()
	first := clock.Now()
	put(t, db, clock, "mail", "a", "a")
	clock.Add(time.Hour)
	later := clock.Now().Add(24 * time.Hour)
	err := Put(t.Context(), db, clock.Now(), Message{Kind: "mail", Key: "b", Due: later, Proposal: 42},
		Message{Kind: "mail", Key: "a"}, Message{Kind: "mail", Key: "b"})
	if err != nil {
		t.Fatal(err)
	}
	if a := get(t, db, "a"); !a.DueAt.Equal(first) {
		t.Errorf("the message put again is due %v, want as first put, %v", a.DueAt, first)
	}
	if b := get(t, db, "b"); !b.DueAt.Equal(later) {
		t.Errorf("b is due %v, want %v", b.DueAt, later)
	}
	var n int
	if err := db.Get(&n, `select count(*) from outbox`); err != nil || n != 2 {
		t.Errorf("%d rows (%v), want 2", n, err)
	}
	if err := Put(t.Context(), db, clock.Now(), Message{Kind: "mail"}); err == nil {
		t.Error("a message without a key was taken")
	}
}

func TestPutBelongsToTheTransaction(t *testing.T) {
	db, clock := dbtest.New(t), dbtest.NewClock()
	undo := errors.New("undo")
	err := postgres.InTx(t.Context(), db, func(tx *sqlx.Tx) error {
		if err := Put(t.Context(), tx, clock.Now(), Message{Kind: "mail", Key: "a"}); err != nil {
			return err
		}
		return undo
	})
	if !errors.Is(err, undo) {
		t.Fatal(err)
	}
	h := &always{out: Outcome{State: Sent}}
	if n := drain(t, newRunner(db, clock, Each(h.send))); n != 0 {
		t.Errorf("%d messages of a transaction rolled back were sent", n)
	}
}

func TestOutcomes(t *testing.T) {
	db, clock := dbtest.New(t), dbtest.NewClock()
	answers := map[string]Outcome{
		"sent":     {State: Sent, Note: "on the second connection"},
		"dropped":  {State: Dropped, Note: "It was answered meanwhile."},
		"silent":   {State: Dropped},
		"failed":   {State: Failed, Error: "550 no\x00 such\xff person\r\n" + strings.Repeat("x", 2000)},
		"retry":    {State: Retry, Error: "450 later"},
		"nonsense": {State: "delivered"},
	}
	for key := range answers {
		put(t, db, clock, "mail", key)
	}
	put(t, db, clock, "mail", "panic")
	put(t, db, clock, "pigeon", "unknown kind")
	err := Put(t.Context(), db, clock.Now(), Message{Kind: "mail", Key: "future", Due: clock.Now().Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	r := newRunner(db, clock, Each(func(_ context.Context, c Claimed) Outcome {
		if string(c.Payload) != fmt.Sprintf(`{"key": %q}`, c.Key) || c.Attempt != 1 || c.Proposal != 0 || !c.CreatedAt.Equal(clock.Now()) {
			t.Errorf("claimed %+v with %s", c, c.Payload)
		}
		o, ok := answers[c.Key]
		if !ok {
			panic("as the test wishes: secret")
		}
		return o
	}))
	if n := drain(t, r); n != 7 {
		t.Errorf("%d tries, want 7", n)
	}

	for key, want := range map[string]string{
		"sent": Sent, "dropped": Dropped, "silent": Dropped, "failed": Failed, "retry": Waiting, "nonsense": Waiting,
		"panic": Waiting, "unknown kind": Waiting, "future": Waiting,
	} {
		got := get(t, db, key)
		if got.State != want || got.LeasedBy != nil || (got.Finished != nil) != (want != Waiting) {
			t.Errorf("%s: %+v, want %s and no lease", key, got, want)
		}
	}
	if got := get(t, db, "dropped"); *got.Note != "It was answered meanwhile." {
		t.Errorf("dropped because %q", *got.Note)
	}
	if got := get(t, db, "failed"); !strings.HasPrefix(*got.Error, "550 no  such? person") || len(*got.Error) > 1010 {
		t.Errorf("failed because %q", *got.Error)
	}
	if got := get(t, db, "retry"); *got.Error != "450 later" || !got.DueAt.Equal(clock.Now().Add(30*time.Second)) {
		t.Errorf("retry: %+v", got)
	}
	if got := get(t, db, "panic"); got.Error == nil || strings.Contains(*got.Error, "secret") || !got.DueAt.After(clock.Now()) {
		t.Errorf("panic: %+v", got)
	}
	if got := get(t, db, "unknown kind"); got.Attempts != 0 {
		t.Errorf("an unknown kind was tried: %+v", got)
	}
}

func TestAHandlerThatPanicsOrSaysNothing(t *testing.T) {
	for name, h := range map[string]Handler{
		"panics":       func(context.Context, []Claimed) []Outcome { panic("no") },
		"says nothing": func(context.Context, []Claimed) []Outcome { return nil },
		"says too much": func(_ context.Context, batch []Claimed) []Outcome {
			return make([]Outcome, len(batch)+3)
		},
	} {
		t.Run(name, func(t *testing.T) {
			db, clock := dbtest.New(t), dbtest.NewClock()
			put(t, db, clock, "mail", "a", "b")
			if n := drain(t, newRunner(db, clock, h)); n != 2 {
				t.Errorf("%d tries, want 2", n)
			}
			for _, key := range []string{"a", "b"} {
				if got := get(t, db, key); got.State != Waiting || got.Attempts != 1 || got.Error == nil || got.LeasedBy != nil {
					t.Errorf("%s: %+v, want it retried", key, got)
				}
			}
		})
	}
}

// TestRetriedForTwoDays moves the clock from try to try.
func TestRetriedForTwoDays(t *testing.T) {
	db, clock := dbtest.New(t), dbtest.NewClock()
	put(t, db, clock, "mail", "a")
	clock.Add(7 * 24 * time.Hour) // a week of downtime uses none of the two days up
	start := clock.Now()

	h := &always{out: Outcome{State: Retry, Error: "connection refused"}}
	r := newRunner(db, clock, Each(h.send))
	var told []string
	r.OnFailed = func(ctx context.Context, tx *sqlx.Tx, c Claimed, reason string, now time.Time) error {
		told = append(told, c.Key+": "+reason)
		return Put(ctx, tx, now, Message{Kind: "news", Key: "failed a"})
	}
	var pauses []time.Duration
	for get(t, db, "a").State == Waiting {
		if n := drain(t, r); n != 1 {
			t.Fatalf("%d tries when one was due, after %v", n, clock.Now().Sub(start))
		}
		if got := get(t, db, "a"); got.State == Waiting {
			pauses = append(pauses, got.DueAt.Sub(clock.Now()))
			clock.Add(got.DueAt.Sub(clock.Now()) - time.Microsecond)
			if n := drain(t, r); n != 0 {
				t.Fatal("it was tried before it was due")
			}
			clock.Add(time.Microsecond)
		}
	}
	if d := clock.Now().Sub(start); d != DefaultRetryFor {
		t.Errorf("it failed after %v, want %v", d, DefaultRetryFor)
	}
	if want := []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute}; !slices.Equal(pauses[:3], want) {
		t.Errorf("the first pauses are %v, want %v", pauses[:3], want)
	}
	if longest := slices.Max(pauses); longest != longestPause {
		t.Errorf("the longest pause is %v, want %v", longest, longestPause)
	}
	if got := get(t, db, "a"); *got.Error != "connection refused" {
		t.Errorf("it failed because %q", *got.Error)
	}
	if !slices.Equal(told, []string{"a: connection refused"}) {
		t.Errorf("told of failures: %q", told)
	}
	get(t, db, "failed a") // what OnFailed wrote stands
}

// Each kind is retried for as long as it is worth to its receivers.
func TestEachKindIsRetriedForItsOwnTime(t *testing.T) {
	db, clock := dbtest.New(t), dbtest.NewClock()
	put(t, db, clock, "mail", "a")
	put(t, db, clock, "pigeon", "b")
	h := &always{out: Outcome{State: Retry, Error: "nobody there"}}
	r := newRunner(db, clock, Each(h.send))
	r.Handlers["pigeon"] = Each(h.send)
	r.RetryFor = map[string]time.Duration{"pigeon": 72 * time.Hour}
	drain(t, r)
	for after, want := range map[time.Duration][2]string{
		48*time.Hour - time.Second: {Waiting, Waiting}, 48 * time.Hour: {Failed, Waiting},
		72*time.Hour - time.Second: {Failed, Waiting}, 72 * time.Hour: {Failed, Failed},
	} {
		for i, c := range []Claimed{{Kind: "mail", retryFrom: clock.Now()}, {Kind: "pigeon", retryFrom: clock.Now()}} {
			if got := r.settle(c, h.out, clock.Now().Add(after)); got.state != want[i] {
				t.Errorf("%s after %v: %s, want %s", c.Kind, after, got.state, want[i])
			}
		}
	}
	clock.Add(50 * time.Hour)
	drain(t, r)
	if a, b := get(t, db, "a"), get(t, db, "b"); a.State != Failed || b.State != Waiting {
		t.Errorf("after 50 hours: %s and %s", a.State, b.State)
	}
}

// A receiver may ask for a longer pause, within reason, and never for a shorter one.
func TestAPauseThatWasAskedFor(t *testing.T) {
	clock := dbtest.NewClock()
	r := &Runner{Rand: func() float64 { return 0.5 }}
	for asked, want := range map[time.Duration]time.Duration{
		0: firstPause, time.Second: firstPause, 10 * time.Minute: 10 * time.Minute, 1000 * time.Hour: longestPause,
	} {
		row := r.settle(Claimed{Attempt: 1, retryFrom: clock.Now()}, Outcome{State: Retry, After: asked}, clock.Now())
		if got := row.due.Sub(clock.Now()); got != want {
			t.Errorf("asked for %v: a pause of %v, want %v", asked, got, want)
		}
	}
}

// Of a batch that is sent together, one that hangs or panics keeps nobody else.
func TestTogether(t *testing.T) {
	db, clock := dbtest.New(t), dbtest.NewClock()
	put(t, db, clock, "mail", "a", "b", "c")
	others := make(chan struct{}, 2)
	r := newRunner(db, clock, Together(func(_ context.Context, c Claimed) Outcome {
		switch c.Key {
		case "a": // ends only when both others have been sent
			<-others
			<-others
		case "b":
			defer func() { others <- struct{}{} }()
			panic("as the test wishes")
		case "c":
			others <- struct{}{}
		}
		return Outcome{State: Sent}
	}))
	if n := drain(t, r); n != 3 {
		t.Errorf("%d tries, want 3", n)
	}
	if a, b, c := get(t, db, "a"), get(t, db, "b"), get(t, db, "c"); a.State != Sent || b.State != Waiting || c.State != Sent {
		t.Errorf("%s, %s, %s", a.State, b.State, c.State)
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	out := Together(func(context.Context, Claimed) Outcome { return Outcome{State: Sent} })(ended, make([]Claimed, 2))
	if out[0].State != Released || out[1].State != Released {
		t.Errorf("begun after the end: %+v", out)
	}
}

func TestPausesAreSpread(t *testing.T) {
	r := &Runner{}
	for attempt := 1; attempt < 100; attempt++ {
		r.Rand = func() float64 { return 0 }
		least := r.pauseAfter(attempt)
		r.Rand = func() float64 { return 0.999 }
		most := r.pauseAfter(attempt)
		if least < firstPause*3/4 || most > longestPause*5/4 || most <= least {
			t.Errorf("after try %d: %v to %v", attempt, least, most)
		}
	}
}

func TestAFailureThatCannotBeToldIsRetried(t *testing.T) {
	db, clock := dbtest.New(t), dbtest.NewClock()
	put(t, db, clock, "mail", "a", "b")
	r := newRunner(db, clock, Each(func(_ context.Context, c Claimed) Outcome {
		if c.Key == "b" {
			return Outcome{State: Sent}
		}
		return Outcome{State: Failed, Error: "550"}
	}))
	no := errors.New("nobody to tell")
	r.OnFailed = func(ctx context.Context, tx *sqlx.Tx, _ Claimed, _ string, now time.Time) error {
		if err := Put(ctx, tx, now, Message{Kind: "news", Key: "half done"}); err != nil {
			return err
		}
		return no
	}
	if _, err := r.Drain(t.Context()); !errors.Is(err, no) {
		t.Errorf("draining: %v, want the error of OnFailed", err)
	}
	if got := get(t, db, "a"); got.State != Waiting || got.LeasedBy != nil || !got.DueAt.After(clock.Now()) {
		t.Errorf("a: %+v, want it retried", got)
	}
	if got := get(t, db, "b"); got.State != Sent {
		t.Errorf("b: %+v, want it sent all the same", got)
	}
	var n int
	if err := db.Get(&n, `select count(*) from outbox where kind = 'news'`); err != nil || n != 0 {
		t.Errorf("%d rows of what was rolled back (%v)", n, err)
	}
}

func TestRateSpacesBatches(t *testing.T) {
	for rate, want := range map[float64]time.Duration{0: 250 * time.Millisecond, 50: 500 * time.Millisecond, -1: 0} {
		if got := (&Runner{Rate: rate}).spacing(25); got != want {
			t.Errorf("25 messages at %v a second: a pause of %v, want %v", rate, got, want)
		}
	}
}

// A kind may be claimed one at a time, so that another runner has the next.
func TestEachKindHasItsBatch(t *testing.T) {
	db, clock := dbtest.New(t), dbtest.NewClock()
	sizes := map[string][]int{}
	sized := func(kind string) Handler {
		return func(_ context.Context, batch []Claimed) []Outcome {
			sizes[kind] = append(sizes[kind], len(batch))
			return slices.Repeat([]Outcome{{State: Sent}}, len(batch))
		}
	}
	r := newRunner(db, clock, sized("mail"))
	r.Handlers["slow"], r.BatchOf = sized("slow"), map[string]int{"slow": 1}
	put(t, db, clock, "mail", "a", "b", "c")
	put(t, db, clock, "slow", "d", "e")
	drain(t, r)
	if !slices.Equal(sizes["mail"], []int{3}) || !slices.Equal(sizes["slow"], []int{1, 1}) {
		t.Errorf("%v", sizes)
	}
}
