package webhooks

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/internal/postgres"
)

// Delivery is one event on its way to one webhook.
type Delivery struct {
	ID         int64      `db:"id"`
	Type       string     `db:"type"`        // "proposal.sign_off", or PingType
	Proposal   int64      `db:"proposal_id"` // 0 for none
	State      string     `db:"state"`       // outbox.Waiting, Sent, Dropped or Failed
	Attempts   int        `db:"attempts"`
	CreatedAt  time.Time  `db:"created_at"`
	DueAt      time.Time  `db:"due_at"`      // while it waits: not before
	FinishedAt *time.Time `db:"finished_at"` // nil while it waits
	Answer     string     `db:"answer"`      // what became of the last try, or why it was dropped; "" for nothing yet
}

// MessageID is the header webhook-id: the same for every try.
func (d Delivery) MessageID() string { return MessageID(d.ID) }

// Again reports whether it can be sent again: all that doesn't wait can.
func (d Delivery) Again() bool { return d.State != outbox.Waiting }

// The page of deliveries, at most.
const (
	defaultPage = 25
	longestPage = 200
)

const deliveriesSQL = `
select o.id, o.payload ->> 'type' as type, coalesce(o.proposal_id, 0) as proposal_id, o.state, o.attempts, o.created_at, o.due_at,
  o.finished_at, coalesce(o.note, o.last_error, '') as answer
from outbox o
where o.kind = 'webhook' and cast(o.payload ->> 'webhook' as bigint) = $1 and (cast($2 as bigint) = 0 or o.id < $2)
order by o.id desc limit $3`

// Deliveries gives a page of what was and is to be sent to a webhook, newest
// first, and the before of the next page, 0 where this is the last. A limit of
// 0 is 25; there are at most 200 a page.
func (s *Service) Deliveries(ctx context.Context, by, id, before int64, limit int) (page []Delivery, next int64, err error) {
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, longestPage)
	err = s.as(ctx, by, func(tx *sqlx.Tx) error {
		if _, err := one(ctx, tx, bareSQL, id); err != nil {
			return err
		}
		page, next, err = deliveries(ctx, tx, id, before, limit)
		return err
	})
	return page, next, err
}

func deliveries(ctx context.Context, tx *sqlx.Tx, id, before int64, limit int) (page []Delivery, next int64, err error) {
	// One more than the page holds tells whether there is another.
	if err := tx.SelectContext(ctx, &page, deliveriesSQL, id, before, limit+1); err != nil {
		return nil, 0, fmt.Errorf("listing the deliveries of webhook %d: %w", id, err)
	}
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].ID
	}
	return page, next, nil
}

// Ping queues a test event for a webhook.
func (s *Service) Ping(ctx context.Context, by, id int64) error {
	return s.as(ctx, by, func(tx *sqlx.Tx) error {
		if err := enabled(ctx, tx, id); err != nil {
			return err
		}
		return outbox.Put(ctx, tx, s.now(), outbox.Message{Kind: Kind, Key: fmt.Sprintf("webhook:%d:ping:%s", id, rand.Text()),
			Payload: about{Webhook: id, Type: PingType}})
	})
}

// enabled refuses what a disabled webhook would only drop.
func enabled(ctx context.Context, q postgres.Queryer, id int64) error {
	r, err := one(ctx, q, bareSQL, id)
	if err == nil && r.DisabledAt != nil {
		return fault.New(fault.Refused, "Nothing was sent.", fault.Reason{Code: "webhook_disabled", Text: "This webhook is disabled. Enable it first."})
	}
	return err
}

const belongsSQL = `select exists (select 1 from outbox o where o.id = $1 and o.kind = 'webhook' and cast(o.payload ->> 'webhook' as bigint) = $2)`

// SendAgain puts a delivery of this webhook that was sent, has failed or was
// dropped back into the queue, under the same webhook-id.
func (s *Service) SendAgain(ctx context.Context, by, id, delivery int64) error {
	return s.as(ctx, by, func(tx *sqlx.Tx) error {
		if err := enabled(ctx, tx, id); err != nil {
			return err
		}
		var belongs bool
		if err := tx.GetContext(ctx, &belongs, belongsSQL, delivery, id); err != nil {
			return fmt.Errorf("looking for delivery %d: %w", delivery, err)
		}
		if !belongs {
			return fault.New(fault.NotFound, "There is no such delivery.")
		}
		err := outbox.Resend(ctx, tx, delivery, s.now(), Kind, outbox.Sent, outbox.Failed, outbox.Dropped)
		if errors.Is(err, outbox.ErrNotNow) {
			return fault.New(fault.Stale, "This delivery is in the queue already.")
		}
		return err
	})
}
