package workflow

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/internal/postgres"
)

// MailKind is the kind of the outbox's rows whose payload is a Mail. Only these
// are ever sent again by hand: what else is in the outbox (a code to sign in
// with) is worth nothing later.
const MailKind = "mail"

// Delivery is to whom a row of the outbox goes and what it is about, for the
// pages that show what became of mail.
type Delivery struct {
	Outbox   int64
	Notice   string // one of the Notice… kinds
	ToName   string // "" where there is only an address
	ToEmail  string
	Proposal int64
	Title    string
}

const deliveriesSQL = `
select o.id as outbox, o.payload ->> 'notice' as notice, coalesce(pe.name, '') as toname,
  coalesce(pe.email, o.payload ->> 'to_email', '') as toemail, coalesce(o.proposal_id, 0) as proposal,
  coalesce(r.title, d.title, '') as title
from outbox o
left join people pe on pe.id = cast(o.payload ->> 'to_person' as bigint)
left join proposals p on p.id = o.proposal_id
left join revisions r on r.proposal_id = p.id and r.number = p.revision
left join drafts d on d.proposal_id = p.id
where o.id = any ($1) and o.kind = $2`

// Deliveries tells to whom these rows of the outbox go, by their ids; rows of
// another kind are left out. Its caller has checked that the reader may know.
func (s *Service) Deliveries(ctx context.Context, q postgres.Queryer, ids []int64) (map[int64]Delivery, error) {
	var rows []Delivery
	if err := q.SelectContext(ctx, &rows, deliveriesSQL, pq.Int64Array(ids), MailKind); err != nil {
		return nil, fmt.Errorf("reading to whom mail goes: %w", err)
	}
	found := make(map[int64]Delivery, len(rows))
	for _, r := range rows {
		found[r.Outbox] = r
	}
	return found, nil
}

// SendAgain puts a mail that failed for good back into the queue, for
// administrators and the leadership team.
func (s *Service) SendAgain(ctx context.Context, by Actor, message int64) error {
	if s.mustHold(ctx, by, Administrator) != nil {
		if err := s.mustHold(ctx, by, Leadership); err != nil {
			return err
		}
	}
	return postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		err := outbox.Resend(ctx, tx, message, s.now(), MailKind, outbox.Failed)
		switch {
		case errors.Is(err, outbox.ErrNotThere):
			return fault.New(fault.NotFound, "There is no such mail.")
		case errors.Is(err, outbox.ErrNotNow):
			return fault.New(fault.Stale, "This mail isn't waiting to be sent again: somebody has done it, or it has gone.")
		case errors.Is(err, outbox.ErrNeverResent):
			return fault.New(fault.Refused, "This mail is never sent again.", reason("never_resent", "",
				"A mail with a code to sign in is of no use later: whoever needs one asks for a new code."))
		}
		return err
	})
}
