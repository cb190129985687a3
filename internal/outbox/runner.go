package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/postgres"
)

// What a Runner does where its field is zero.
const (
	DefaultBatch = 25              // messages
	DefaultLease = 2 * time.Minute // far above the difference between two replicas' clocks
	DefaultPoll  = time.Second     // bounds the wait of a message whose transaction left the waking to another
	DefaultRate  = 100             // messages a second of each kind: a burst sent at full speed halves the moves

	// DefaultRetryFor is how long a message is retried, from its first try, before
	// it has failed.
	DefaultRetryFor = 48 * time.Hour
)

// Pauses between tries: the first, doubled each time up to the longest, each
// varied by a quarter so that what failed together does not return together.
const (
	firstPause   = 30 * time.Second
	longestPause = 2 * time.Hour
)

// Runner hands due messages to their handlers, one worker for each kind, so that
// a long queue of one kind does not hold up another. Any number of runners, in
// any number of processes, may share a database: each message is leased to one.
type Runner struct {
	DB  *postgres.DB
	Now func() time.Time

	// Handlers by kind. A message of a kind that is not here is left waiting:
	// another replica, or the next version, may know it.
	Handlers map[string]Handler

	// OnFailed, where set, is called for each message that has failed for good, in
	// the transaction that says so: what it writes stands if and only if the
	// failure does. Where it returns an error the message is retried instead, so
	// that no failure goes untold. reason is safe to show to an administrator.
	OnFailed func(ctx context.Context, tx *sqlx.Tx, c Claimed, reason string, now time.Time) error

	// DSN is the database's address for LISTEN, by which a new message is seen at
	// once; a direct connection, not a transaction pooler. Without it the runner
	// polls.
	DSN string

	Batch int           // messages a claim leases; default DefaultBatch
	Lease time.Duration // how long a claim lasts unless it is extended; default DefaultLease
	Poll  time.Duration // the longest pause between two looks at the table; default DefaultPoll
	Rate  float64       // messages a second of each kind; default DefaultRate, negative for no limit

	// BatchOf is how many messages of a kind a claim leases, where that isn't
	// Batch: 1 for what takes so long that other runners should have the next.
	BatchOf map[string]int

	// RetryFor is how long messages of a kind are retried; default DefaultRetryFor.
	RetryFor map[string]time.Duration

	Rand func() float64 // in [0,1), for the pauses between tries; default math/rand
	Log  *slog.Logger   // default slog.Default

	id        string
	once      sync.Once
	claims    atomic.Int64
	listening func() // for the tests: LISTEN is established
}

// Run sends what is due until ctx ends. Then it lets the message in hand finish,
// gives back the rest of its leases and returns nil.
func (r *Runner) Run(ctx context.Context) error {
	if len(r.Handlers) == 0 {
		return errors.New("running the outbox: it has no handlers")
	}
	var wakes []chan<- struct{}
	var workers sync.WaitGroup
	for kind := range r.Handlers {
		wake := make(chan struct{}, 1)
		wakes = append(wakes, wake)
		workers.Go(func() { r.work(ctx, kind, wake) })
	}
	if r.DSN != "" {
		workers.Go(func() { r.listen(ctx, wakes) })
	}
	workers.Wait()
	return nil
}

// work sends one kind of message until ctx ends.
func (r *Runner) work(ctx context.Context, kind string, wake <-chan struct{}) {
	for ctx.Err() == nil {
		n, err := r.pass(ctx, kind)
		if err != nil {
			r.log().ErrorContext(ctx, "outbox", "kind", kind, "error", err.Error())
		}
		if n > 0 && err == nil {
			pause(ctx, nil, r.spacing(n))
			continue // there may be more
		}
		pause(ctx, wake, orDefault(r.Poll, DefaultPoll))
	}
}

// spacing is how long n messages take at the allowed rate.
func (r *Runner) spacing(n int) time.Duration {
	rate := orDefault(r.Rate, DefaultRate)
	if rate < 0 {
		return 0
	}
	return time.Duration(float64(n) / rate * float64(time.Second))
}

// pause waits for d, for wake or for the end of ctx.
func pause(ctx context.Context, wake <-chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-t.C:
	}
}

// Drain sends everything that is due, of every kind it knows and at full speed,
// until nothing more is, and tells how many tries that took.
func (r *Runner) Drain(ctx context.Context) (int, error) {
	total := 0
	for {
		round := 0
		for kind := range r.Handlers {
			n, err := r.pass(ctx, kind)
			round += n
			if err != nil {
				return total + round, err
			}
		}
		total += round
		if round == 0 || ctx.Err() != nil {
			return total, ctx.Err()
		}
	}
}

// pass claims one batch of a kind, has it sent and records what became of it.
// It tells how many messages were claimed.
func (r *Runner) pass(ctx context.Context, kind string) (int, error) {
	// A claim that is broken off may have been committed: it runs to its end even
	// when ctx ends, so that its messages can be given back.
	steady, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	lease, now := r.leaseName(), r.Now()
	batch, err := claim(steady, r.DB, kind, lease, orDefault(r.BatchOf[kind], orDefault(r.Batch, DefaultBatch)), now, now.Add(r.leaseTime()))
	if err != nil {
		return 0, errors.Join(err, giveBack(steady, r.DB, lease))
	}
	if len(batch) == 0 {
		return 0, nil
	}

	sending, stop := context.WithCancel(ctx)
	defer stop()
	var keeper sync.WaitGroup
	keeping, release := context.WithCancel(context.WithoutCancel(ctx))
	keeper.Go(func() { r.keep(keeping, lease, len(batch), stop) })
	outcomes := r.Handlers[kind].run(sending, batch)
	release()
	keeper.Wait()
	return len(batch), r.record(context.WithoutCancel(ctx), lease, batch, outcomes)
}

// keep extends a lease until ctx ends, and calls lost as soon as it may no
// longer be held, so that no further message of the batch is begun.
func (r *Runner) keep(ctx context.Context, lease string, held int, lost func()) {
	every := r.leaseTime() / 3
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	until := r.Now().Add(r.leaseTime())
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		next := r.Now().Add(r.leaseTime())
		try, cancel := context.WithTimeout(ctx, every)
		n, err := extend(try, r.DB, lease, next)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err == nil && n < int64(held), err != nil && !r.Now().Before(until):
			r.log().WarnContext(ctx, "outbox: lease lost", "lease", lease)
			lost()
			return
		case err == nil:
			until = next
		}
	}
}

// record writes the outcomes down. What was delivered must not be forgotten for
// a hiccup of the database, or it would be delivered again: so it insists.
func (r *Runner) record(ctx context.Context, lease string, batch []Claimed, outcomes []Outcome) error {
	now := r.Now()
	var rows []settled
	type failure struct {
		c   Claimed
		row settled
	}
	var failures []failure
	for i, c := range batch {
		if p := outcomes[i].panicked; p != "" {
			r.log().ErrorContext(ctx, "outbox: panic", "kind", c.Kind, "id", c.ID, "panic", p)
		}
		row := r.settle(c, outcomes[i], now)
		if row.state == Failed && r.OnFailed != nil {
			failures = append(failures, failure{c, row})
			continue
		}
		rows = append(rows, row)
	}

	held, err := r.insist(ctx, lease, now, rows)
	if err == nil && len(held) < len(rows) {
		r.log().WarnContext(ctx, "outbox: finished too late, another runner has claimed it",
			"lease", lease, "messages", len(rows)-len(held))
	}
	errs := []error{err}
	for _, f := range failures {
		err := r.fail(ctx, lease, now, f.c, f.row)
		if errors.Is(err, errNotHeld) {
			continue
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("telling that message %d failed: %w", f.c.ID, err))
			f.row.state, f.row.due = Waiting, now.Add(r.pauseAfter(f.c.Attempt))
			_, err = r.insist(ctx, lease, now, []settled{f.row})
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// insist finishes, trying again for a while if the database does not answer.
func (r *Runner) insist(ctx context.Context, lease string, now time.Time, rows []settled) (held []int64, err error) {
	for wait := 50 * time.Millisecond; wait < 10*time.Second; wait *= 2 {
		try, cancel := context.WithTimeout(ctx, 10*time.Second)
		held, err = finish(try, r.DB, lease, now, rows)
		cancel()
		if err == nil {
			return held, nil
		}
		pause(ctx, nil, wait)
	}
	return nil, err
}

// settle decides what a message's row will say.
func (r *Runner) settle(c Claimed, o Outcome, now time.Time) settled {
	row := settled{id: c.ID, state: o.State, error: o.Error, note: o.Note}
	switch o.State {
	case Released:
		row.state, row.untried = Waiting, true
	case Retry:
		last := c.retryFrom.Add(orDefault(r.RetryFor[c.Kind], DefaultRetryFor))
		if !now.Before(last) {
			row.state = Failed
			break
		}
		row.state, row.due = Waiting, now.Add(max(r.pauseAfter(c.Attempt), min(o.After, longestPause)))
		if row.due.After(last) {
			row.due = last // one last try when the time is over
		}
	}
	return row
}

// pauseAfter is how long to wait after a failed try, 1 being the first.
func (r *Runner) pauseAfter(attempt int) time.Duration {
	d := longestPause
	if attempt <= 8 { // 30 s doubled seven times is still below two hours
		d = min(firstPause<<(max(attempt, 1)-1), longestPause)
	}
	random := r.Rand
	if random == nil {
		random = mathrand.Float64
	}
	return time.Duration(float64(d) * (0.75 + random()/2))
}

// leaseName is a name no claim has had before.
func (r *Runner) leaseName() string {
	r.once.Do(func() { r.id = rand.Text() })
	return fmt.Sprintf("%s-%d", r.id, r.claims.Add(1))
}

func (r *Runner) leaseTime() time.Duration { return orDefault(r.Lease, DefaultLease) }

func (r *Runner) log() *slog.Logger {
	if r.Log != nil {
		return r.Log
	}
	return slog.Default()
}

// orDefault is v, or d where v is zero.
func orDefault[T comparable](v, d T) T {
	var zero T
	if v == zero {
		return d
	}
	return v
}
