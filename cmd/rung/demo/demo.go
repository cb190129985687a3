// Package demo fills the empty database of a demonstration with a year of a
// programme's life. It does so through the services that people's pages call,
// with a clock of its own that starts fourteen months ago and walks up to now:
// nothing in it writes a row by itself, so that whatever a demo shows could
// have come about.
//
// The titles of the catalogue are those that the programme has published (see
// catalogue.go). Everything else is invented: people, words, dates, and the
// proposals that are still on their way.
package demo

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/catalogue"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/workflow"
)

// Services are what Build works with: all on the same empty database, all with
// the Clock's Now. The outbox is drained after every act, so that mails leave
// on the day of what they tell.
type Services struct {
	Workflow  *workflow.Service // follows the built-in programme
	Authoring *authoring.Service
	Reviews   *reviews.Service
	Catalogue *catalogue.Service
	People    *accounts.Service
	Outbox    *outbox.Runner
}

// history is how many days before now the demo's life begins.
const history = 425

// Clock is the demo's time. Build alone moves it. It is safe for concurrent use.
type Clock struct {
	present time.Time // the midnight (UTC) at which the day of the build began

	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock that stands where the demo's life begins, for a Build
// that takes place now.
func NewClock(now time.Time) *Clock {
	c := &Clock{present: now.UTC().Truncate(24 * time.Hour)}
	c.now = c.day(history)
	return c
}

// Now is what the services take as their clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// to moves the clock on; it never goes back.
func (c *Clock) to(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.now) {
		c.now = t
	}
}

// day is the midnight (UTC) that began the day so many days ago.
func (c *Clock) day(ago int) time.Time { return c.present.AddDate(0, 0, -ago) }

// Build fills the database. It can be interrupted, and leaves then a database
// that is of no use: whoever calls it throws that away and begins anew.
func Build(ctx context.Context, s Services, clock *Clock) error {
	w := &world{Services: s, ctx: ctx, clock: clock, ids: map[string]int64{}, titles: map[string]int64{}}
	if err := w.gather(); err != nil {
		return fmt.Errorf("gathering the demo's people: %w", err)
	}
	if err := w.play(tales...); err != nil {
		return fmt.Errorf("building the demo: %w", err)
	}
	return nil
}

// world is what all stories share.
type world struct {
	Services
	ctx    context.Context
	clock  *Clock
	ids    map[string]int64 // people by the first part of their address
	titles map[string]int64 // suggested titles
}

func (w *world) actor(who string) workflow.Actor { return workflow.Actor{Person: w.ids[who]} }

// drain sends the mails of what has just happened.
func (w *world) drain() error {
	if _, err := w.Outbox.Drain(w.ctx); err != nil {
		return fmt.Errorf("sending the demo's mail: %w", err)
	}
	return nil
}
