// Package outbox keeps what has to leave Rung, such as mail, as rows of the
// transaction that changed the state, and hands them, once they are due, to
// handlers given at wiring. It knows no kinds of message and renders nothing.
//
// A message is delivered at least once: a process that dies after a server took
// a message and before that was recorded delivers it again, under the same ID.
package outbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"github.com/leadership-ladder/rung/internal/postgres"
)

// Channel is the NOTIFY channel that the table's trigger wakes the runners by.
const Channel = "rung_outbox"

// The states of a message, as stored. A message enters as Waiting and stays
// there while it is retried; the others are final, except that Resend takes one
// back to Waiting.
const (
	Waiting = "waiting" // due now or later, perhaps leased by a runner
	Sent    = "sent"    // delivered, as far as the receiver's answer can tell
	Dropped = "dropped" // an ask that no longer held; the note says why
	Failed  = "failed"  // refused for good, or retried for long enough; the error says why
)

// Message is something that has to leave. Put it in the transaction that makes
// it true.
type Message struct {
	Kind     string    // which handler sends it: "mail"; lower case, digits and underscores
	Key      string    // unique for ever: a message whose key is already there is not queued again
	Proposal int64     // the proposal it is about, 0 for none
	Payload  any       // what its handler needs, marshalled as JSON; ids rather than words
	Due      time.Time // not before; zero means now
}

const putSQL = `
insert into outbox (kind, key, proposal_id, payload, created_at, due_at)
select m.kind, m.key, nullif(m.proposal_id, 0), cast(m.payload as jsonb), $6, cast(m.due_at as timestamptz)
from unnest(cast($1 as text[]), cast($2 as text[]), cast($3 as bigint[]), cast($4 as text[]), cast($5 as text[]))
     as m (kind, key, proposal_id, payload, due_at)
on conflict (key) do nothing`

// Put queues messages inside the caller's transaction, in one statement. A
// message whose Key exists already, whatever became of it, is left alone.
func Put(ctx context.Context, q postgres.Queryer, now time.Time, msgs ...Message) error {
	if len(msgs) == 0 {
		return nil
	}
	// In the order of their keys, so that two transactions that put the same
	// messages wait for one another instead of deadlocking.
	msgs = slices.Clone(msgs)
	slices.SortStableFunc(msgs, func(a, b Message) int { return cmp.Compare(a.Key, b.Key) })

	n := len(msgs)
	kinds, keys, payloads, dues := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	proposals := make([]int64, n)
	for i, m := range msgs {
		if m.Kind == "" || m.Key == "" {
			return errors.New("putting into the outbox: a message needs a kind and a key")
		}
		payload, err := json.Marshal(m.Payload)
		if err != nil {
			return fmt.Errorf("putting %s into the outbox: %w", m.Kind, err)
		}
		if m.Payload == nil {
			payload = []byte("{}")
		}
		due := m.Due
		if due.IsZero() {
			due = now
		}
		kinds[i], keys[i], proposals[i] = m.Kind, m.Key, m.Proposal
		payloads[i], dues[i] = string(payload), stored(due).Format(time.RFC3339Nano)
	}
	_, err := q.ExecContext(ctx, putSQL, pq.Array(kinds), pq.Array(keys), pq.Array(proposals),
		pq.Array(payloads), pq.Array(dues), stored(now))
	if err != nil {
		return fmt.Errorf("putting %d messages into the outbox: %w", n, err)
	}
	return nil
}

// stored is t as PostgreSQL keeps it: UTC, to the microsecond.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
