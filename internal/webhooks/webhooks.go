// Package webhooks tells events to other programs over HTTP, by Standard
// Webhooks 1.0.0 (https://www.standardwebhooks.com): where to and which
// (administrators alone set them up), with what signature, and what became of
// each delivery. It alone writes webhooks and webhook_changes.
//
// What is to be told is queued by the transaction that makes it true: the
// workflow puts a row of [Kind] into the outbox for each entry of the history
// and each webhook that wants it. Here it is only delivered.
package webhooks

import (
	"context"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
)

// Kind is the kind of the outbox's rows that are deliveries.
const Kind = "webhook"

// RetryFor is how long a delivery is tried, from its first try.
const RetryFor = 72 * time.Hour

// DefaultOverlap is how long the secret from before a rotation signs too.
const DefaultOverlap = 24 * time.Hour

// MaxWebhooks is how many there may be at a time: each costs every move a row.
const MaxWebhooks = 50

// Service sets webhooks up and delivers to them. All fields but Allow, Overlap
// and Log are required.
type Service struct {
	DB  *postgres.DB
	Now func() time.Time
	// Secret derives the webhooks' secrets (the server's SECRET_KEY). Changing it
	// changes them all.
	Secret []byte
	// Events are the names of all events, in the order in which they are offered.
	Events []string
	// Allow are the targets that may be private.
	Allow Allow
	// Load reads an event just before it is sent. found is false for one that is
	// nobody else's to know, which is then dropped.
	Load func(ctx context.Context, proposal int64, seq int) (e Event, found bool, err error)
	// Overlap is how long both secrets sign after a rotation; 0: DefaultOverlap.
	Overlap time.Duration
	// Log gets the cause where a delivery fails by our own fault; nil: slog.Default.
	Log *slog.Logger

	// Of the tests; zero means the machine's own, and sendFor.
	resolver *net.Resolver
	roots    *x509.CertPool
	timeout  time.Duration
}

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

func (s *Service) log() *slog.Logger {
	if s.Log == nil {
		return slog.Default()
	}
	return s.Log
}

// Why a webhook is disabled.
const (
	ByAdministrator = "administrator"
	Gone            = "gone" // its receiver answered 410
)

// Webhook is where events go.
type Webhook struct {
	ID             int64
	URL            string
	Description    string
	Events         []string // none: every event
	Version        int      // raised by each change
	CreatedAt      time.Time
	CreatedByName  string
	UpdatedAt      time.Time
	PreviousUntil  *time.Time // when the secret from before the rotation ends; nil if none is valid
	DisabledAt     *time.Time
	DisabledReason string // ByAdministrator or Gone; "" while it is enabled
}

// row is a webhook as the table has it.
type row struct {
	ID             int64          `db:"id"`
	URL            string         `db:"url"`
	Description    string         `db:"description"`
	Events         pq.StringArray `db:"events"`
	Generation     int            `db:"generation"`
	PreviousUntil  *time.Time     `db:"previous_until"`
	Version        int            `db:"version"`
	CreatedAt      time.Time      `db:"created_at"`
	CreatedByName  string         `db:"created_by_name"`
	UpdatedAt      time.Time      `db:"updated_at"`
	DisabledAt     *time.Time     `db:"disabled_at"`
	DisabledReason string         `db:"disabled_reason"`
}

func (r row) webhook(now time.Time) Webhook {
	w := Webhook{ID: r.ID, URL: r.URL, Description: r.Description, Events: r.Events, Version: r.Version,
		CreatedAt: r.CreatedAt.UTC(), CreatedByName: r.CreatedByName, UpdatedAt: r.UpdatedAt.UTC(),
		DisabledAt: r.DisabledAt, DisabledReason: r.DisabledReason}
	if r.overlaps(now) {
		w.PreviousUntil = r.PreviousUntil
	}
	return w
}

// overlaps reports whether the secret from before the rotation is still valid.
func (r row) overlaps(now time.Time) bool {
	return r.PreviousUntil != nil && now.Before(*r.PreviousUntil)
}

const (
	columns = `
select w.id, w.url, w.description, w.events, w.generation, w.previous_until, w.version, w.created_at, w.updated_at, w.disabled_at,
  coalesce(w.disabled_reason, '') as disabled_reason`
	namedSQL = columns + `, p.name as created_by_name from webhooks w join people p on p.id = w.created_by where w.removed_at is null`
	listSQL  = namedSQL + ` order by w.id`
	oneSQL   = namedSQL + ` and w.id = $1`
	// For who delivers or changes: they need nobody's name.
	bareSQL = columns + ` from webhooks w where w.removed_at is null and w.id = $1`
	lockSQL = bareSQL + ` for no key update`
)

// one reads a webhook that is there; query is oneSQL, bareSQL or lockSQL.
func one(ctx context.Context, q postgres.Queryer, query string, id int64) (row, error) {
	var r row
	err := q.GetContext(ctx, &r, query, id)
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, fault.New(fault.NotFound, "There is no such webhook.")
	}
	if err != nil {
		return row{}, fmt.Errorf("reading webhook %d: %w", id, err)
	}
	return r, nil
}

const administersSQL = `
select exists (select 1 from roles r join people p on p.id = r.person_id
  where r.person_id = $1 and r.role = 'administrator' and p.deactivated_at is null)`

// as runs fn in a transaction, for an administrator alone.
func (s *Service) as(ctx context.Context, by int64, fn func(tx *sqlx.Tx) error) error {
	return postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		var may bool
		if err := tx.GetContext(ctx, &may, administersSQL, by); err != nil {
			return fmt.Errorf("reading the actor's roles: %w", err)
		}
		if !may {
			return fault.New(fault.Forbidden, "Only an administrator may look after webhooks.")
		}
		return fn(tx)
	})
}

// List gives all webhooks, the oldest first. There are MaxWebhooks at most.
func (s *Service) List(ctx context.Context, by int64) ([]Webhook, error) {
	var list []Webhook
	err := s.as(ctx, by, func(tx *sqlx.Tx) error {
		var rows []row
		if err := tx.SelectContext(ctx, &rows, listSQL); err != nil {
			return fmt.Errorf("listing webhooks: %w", err)
		}
		for _, r := range rows {
			list = append(list, r.webhook(s.now()))
		}
		return nil
	})
	return list, err
}

// Get gives one webhook.
func (s *Service) Get(ctx context.Context, by, id int64) (Webhook, error) {
	var w Webhook
	err := s.as(ctx, by, func(tx *sqlx.Tx) error {
		r, err := one(ctx, tx, oneSQL, id)
		w = r.webhook(s.now())
		return err
	})
	return w, err
}

// The changes of a webhook, as recorded.
const (
	changeAdded         = "added"
	changeSettings      = "changed"
	changeDisabled      = "disabled"
	changeEnabled       = "enabled"
	changeRotated       = "rotated"
	changePreviousEnded = "previous_ended"
	changeRemoved       = "removed"
	changeGone          = "gone"
)

// Change is one change of a webhook.
type Change struct {
	Change string         `db:"change"` // added, changed, disabled, enabled, rotated, previous_ended, removed or gone
	URL    string         `db:"url"`    // of what was added or changed: from then on
	Events pq.StringArray `db:"events"`
	ByName string         `db:"changed_by_name"` // "": its receiver, by answering 410
	At     time.Time      `db:"changed_at"`
}

const changesSQL = `
select c.change, coalesce(c.url, '') as url, coalesce(c.events, '{}') as events,
  coalesce(p.name, '') as changed_by_name, c.changed_at
from webhook_changes c left join people p on p.id = c.changed_by
where c.webhook_id = $1 order by c.id desc limit 100`

// Overview is all that there is to see of a webhook.
type Overview struct {
	Webhook    Webhook
	Deliveries []Delivery // a page of them, the newest first
	Next       int64      // the before of the next page, 0 where this is the last
	Changes    []Change   // the latest 100, the newest first
}

// Overview gives a webhook with a page of its deliveries (see [Service.Deliveries])
// and its latest changes.
func (s *Service) Overview(ctx context.Context, by, id, before int64) (Overview, error) {
	var o Overview
	err := s.as(ctx, by, func(tx *sqlx.Tx) error {
		r, err := one(ctx, tx, oneSQL, id)
		if err != nil {
			return err
		}
		o.Webhook = r.webhook(s.now())
		if o.Deliveries, o.Next, err = deliveries(ctx, tx, id, before, defaultPage); err != nil {
			return err
		}
		if err := tx.SelectContext(ctx, &o.Changes, changesSQL, id); err != nil {
			return fmt.Errorf("reading the changes of webhook %d: %w", id, err)
		}
		return nil
	})
	return o, err
}
