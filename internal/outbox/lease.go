package outbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/leadership-ladder/rung/internal/postgres"
)

// One claim leases a batch under a name that is used once, so that whoever holds
// the name holds exactly these tries of these messages: after the lease has run
// out and somebody else has claimed a row, the first holder's word on it no
// longer counts.

const claimSQL = `
with due as (
	select id from outbox
	where state = 'waiting' and kind = $1 and due_at <= $2
	  and (leased_until is null or leased_until <= $2)
	order by due_at, id
	limit $3
	for update skip locked
)
update outbox o
set leased_by = $4, leased_until = $5, attempts = o.attempts + 1,
    retry_from = coalesce(o.retry_from, $2)
from due
where o.id = due.id
returning o.id, o.kind, o.key, coalesce(o.proposal_id, 0) as proposal_id, cast(o.payload as text) as payload,
          o.attempts, o.created_at, o.due_at, o.retry_from`

// claim leases up to limit due messages of a kind, oldest first.
func claim(ctx context.Context, q postgres.Queryer, kind, lease string, limit int, now, until time.Time) ([]Claimed, error) {
	var rows []struct {
		ID         int64     `db:"id"`
		Kind       string    `db:"kind"`
		Key        string    `db:"key"`
		ProposalID int64     `db:"proposal_id"`
		Payload    string    `db:"payload"`
		Attempts   int       `db:"attempts"`
		CreatedAt  time.Time `db:"created_at"`
		DueAt      time.Time `db:"due_at"`
		RetryFrom  time.Time `db:"retry_from"`
	}
	if err := q.SelectContext(ctx, &rows, claimSQL, kind, stored(now), limit, lease, stored(until)); err != nil {
		return nil, fmt.Errorf("claiming %s messages: %w", kind, err)
	}
	batch := make([]Claimed, len(rows))
	for i, r := range rows {
		batch[i] = Claimed{
			ID: r.ID, Kind: r.Kind, Key: r.Key, Proposal: r.ProposalID, Payload: json.RawMessage(r.Payload),
			Attempt: r.Attempts, CreatedAt: r.CreatedAt.UTC(), dueAt: r.DueAt, retryFrom: r.RetryFrom.UTC(),
		}
	}
	// RETURNING promises no order.
	slices.SortFunc(batch, func(a, b Claimed) int {
		return cmp.Or(a.dueAt.Compare(b.dueAt), cmp.Compare(a.ID, b.ID))
	})
	return batch, nil
}

const extendSQL = `update outbox set leased_until = $2 where leased_by = $1`

// extend moves the end of a lease and tells how many messages it still holds.
func extend(ctx context.Context, q postgres.Queryer, lease string, until time.Time) (int64, error) {
	res, err := q.ExecContext(ctx, extendSQL, lease, stored(until))
	if err != nil {
		return 0, fmt.Errorf("extending a lease: %w", err)
	}
	return res.RowsAffected()
}

const giveBackSQL = `
update outbox
set leased_by = null, leased_until = null, attempts = attempts - 1,
    retry_from = case when attempts = 1 then null else retry_from end
where leased_by = $1`

// giveBack ends a lease none of whose messages was tried.
func giveBack(ctx context.Context, q postgres.Queryer, lease string) error {
	if _, err := q.ExecContext(ctx, giveBackSQL, lease); err != nil {
		return fmt.Errorf("giving back a lease: %w", err)
	}
	return nil
}

// settled is an outcome as the row will have it.
type settled struct {
	id          int64
	state       string
	error, note string
	due         time.Time // with Waiting after a try: when the next one is
	untried     bool      // given back: the try does not count
}

const finishSQL = `
update outbox o
set state = f.state,
    last_error = case f.state when 'sent' then null else coalesce(nullif(f.error, ''), o.last_error) end,
    note = nullif(f.note, ''),
    due_at = coalesce(cast(nullif(f.due_at, '') as timestamptz), o.due_at),
    finished_at = case f.state when 'waiting' then null else cast($8 as timestamptz) end,
    attempts = o.attempts - f.undo,
    retry_from = case when o.attempts - f.undo = 0 then null else o.retry_from end,
    leased_by = null, leased_until = null
from unnest(cast($2 as bigint[]), cast($3 as text[]), cast($4 as text[]), cast($5 as text[]),
            cast($6 as text[]), cast($7 as bigint[])) as f (id, state, error, note, due_at, undo)
where o.id = f.id and o.leased_by = $1
returning o.id`

// finish records what became of a lease's messages, in one statement, and tells
// which of them the lease still held; the others are left as they are.
func finish(ctx context.Context, q postgres.Queryer, lease string, now time.Time, rows []settled) ([]int64, error) {
	n := len(rows)
	if n == 0 {
		return nil, nil
	}
	ids, undo := make([]int64, n), make([]int64, n)
	states, errs, notes, dues := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, r := range rows {
		ids[i], states[i], errs[i], notes[i] = r.id, r.state, clean(r.error), clean(r.note)
		if r.untried {
			undo[i] = 1
		} else if r.state == Waiting {
			dues[i] = stored(r.due).Format(time.RFC3339Nano)
		}
		switch {
		case r.state == Failed && errs[i] == "":
			errs[i] = "No reason was given."
		case r.state == Dropped && notes[i] == "":
			notes[i] = "It no longer held."
		}
	}
	var held []int64
	err := q.SelectContext(ctx, &held, finishSQL, lease, pq.Array(ids), pq.Array(states), pq.Array(errs),
		pq.Array(notes), pq.Array(dues), pq.Array(undo), stored(now))
	if err != nil {
		return nil, fmt.Errorf("recording what became of %d messages: %w", n, err)
	}
	return held, nil
}

// maxText bounds an error or note in the table, in bytes.
const maxText = 1000

// clean makes text that came from outside (a mail server's answer) fit for the
// table: PostgreSQL refuses a zero byte or broken UTF-8, and with it would go
// the record of the whole batch.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + "…"
	}
	return strings.TrimSpace(s)
}

// errNotHeld rolls back a failure whose lease is gone.
var errNotHeld = errors.New("the lease is no longer held")

// fail records one failure, and what is to happen because of it, in one transaction.
func (r *Runner) fail(ctx context.Context, lease string, now time.Time, c Claimed, row settled) error {
	return postgres.InTx(ctx, r.DB, func(tx *sqlx.Tx) error {
		held, err := finish(ctx, tx, lease, now, []settled{row})
		if err != nil {
			return err
		}
		if len(held) == 0 {
			return errNotHeld
		}
		return r.OnFailed(ctx, tx, c, clean(row.error), now)
	})
}
