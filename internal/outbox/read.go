package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"github.com/leadership-ladder/rung/internal/postgres"
)

// Entry is what a page may show of a message: never its payload or its key.
type Entry struct {
	ID         int64      `db:"id"`
	Kind       string     `db:"kind"`
	Proposal   int64      `db:"proposal_id"` // 0 for none
	State      string     `db:"state"`
	Attempts   int        `db:"attempts"`
	CreatedAt  time.Time  `db:"created_at"`
	DueAt      time.Time  `db:"due_at"`      // while it waits: not before
	FinishedAt *time.Time `db:"finished_at"` // nil while it waits
	LastError  string     `db:"last_error"`  // "" for none
	Note       string     `db:"note"`        // why it was dropped; "" for none
}

// Filter says which messages to list. The zero value lists none: name the kinds,
// so that a new kind, or sign-in mail, is not shown by accident.
type Filter struct {
	Kinds    []string // of these kinds alone
	States   []string // in these states; none means any
	Proposal int64    // about this proposal; 0 means any
	Before   int64    // older than this ID: the next of the page before; 0 means from the newest
	Limit    int      // entries a page, at most 200; 0 means 50
}

const (
	defaultPage = 50
	longestPage = 200
)

const listColumns = `
select id, kind, coalesce(proposal_id, 0) as proposal_id, state, attempts, created_at, due_at, finished_at,
       coalesce(last_error, '') as last_error, coalesce(note, '') as note
from outbox
where kind = any(cast($1 as text[])) and (cast($2 as bigint) = 0 or id < $2)`

// Three statements, so that each can be planned on the index made for it.
const (
	listSQL           = listColumns + ` and state = any(cast($3 as text[])) order by id desc limit $4`
	listFailedSQL     = listColumns + ` and state = 'failed' order by id desc limit $3`
	listByProposalSQL = listColumns + ` and state = any(cast($3 as text[])) and proposal_id = $5 order by id desc limit $4`
)

// List gives a page of messages, newest first, and the Before of the next page,
// 0 where this is the last.
func List(ctx context.Context, q postgres.Queryer, f Filter) (page []Entry, next int64, err error) {
	limit := f.Limit
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, longestPage)
	states := f.States
	if len(states) == 0 {
		states = []string{Waiting, Sent, Dropped, Failed}
	}
	// One more than the page holds tells whether there is another.
	kinds := pq.Array(f.Kinds)
	if f.Kinds == nil {
		kinds = pq.Array([]string{})
	}
	switch {
	case f.Proposal != 0:
		err = q.SelectContext(ctx, &page, listByProposalSQL, kinds, f.Before, pq.Array(states), limit+1, f.Proposal)
	case slices.Equal(states, []string{Failed}):
		err = q.SelectContext(ctx, &page, listFailedSQL, kinds, f.Before, limit+1)
	default:
		err = q.SelectContext(ctx, &page, listSQL, kinds, f.Before, pq.Array(states), limit+1)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("listing the outbox: %w", err)
	}
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].ID
	}
	return page, next, nil
}

// Why Resend refuses.
var (
	ErrNotThere    = errors.New("there is no such message")
	ErrNotNow      = errors.New("the message is in a state from which it isn't sent again")
	ErrNeverResent = errors.New("messages of this kind are never sent again")
)

const resendSQL = `
update outbox
set state = 'waiting', attempts = 0, retry_from = null, due_at = $2, finished_at = null, note = null
where id = $1 and kind = $3 and state = any(cast($4 as text[]))
returning cast(pg_notify('rung_outbox', '') as text)`

const kindSQL = `select kind from outbox where id = $1`

// Resend puts a message of this kind that is in one of the states from back in
// the queue, in the caller's transaction: the same row and so the same id for
// its receiver, its tries counted anew and as long to be delivered as the first
// time. A message of another kind is refused (ErrNeverResent), as is one in
// another state (ErrNotNow) or that does not exist (ErrNotThere). The last
// error stays until there is something newer to say.
func Resend(ctx context.Context, q postgres.Queryer, id int64, now time.Time, kind string, from ...string) error {
	var woken string
	err := q.GetContext(ctx, &woken, resendSQL, id, stored(now), kind, pq.Array(from))
	if err == nil {
		return nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("sending message %d again: %w", id, err)
	}
	var is string
	err = q.GetContext(ctx, &is, kindSQL, id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotThere
	case err != nil:
		return fmt.Errorf("sending message %d again: %w", id, err)
	case is != kind:
		return ErrNeverResent
	}
	return ErrNotNow
}
