package workflow

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Events are the names of the history's entries that this room writes, once a
// proposal has been submitted: the machine's events, then the acts beside them.
func Events() []string {
	return append(programme.Events(), ActAccept, ActDecline, ActAssign, eventReplace, EventAvailable,
		ActConflict, ActAcknowledge, NoticeMailFailed)
}

// Fact is one entry of the history, for other programs: only what can't change
// any more, so that it reads the same whenever it is read.
type Fact struct {
	Proposal int64
	Title    string // of the revision that the entry ended in
	Revision int
	From, To string
	Event    string
	Seq      int
	At       time.Time
	Actor    int64  // people.id; 0: the system
	Detail   string // a JSON object of ids and digests, as the entry has it
	Hash     string // hex, of the entry
}

const factSQL = `
select h.proposal_id as proposal, r.title, h.revision, coalesce(h.from_state, '') as from, h.to_state as to, h.event, h.seq, h.at,
  coalesce(h.actor, 0) as actor, h.detail, encode(h.hash, 'hex') as hash
from history h join revisions r on r.proposal_id = h.proposal_id and r.number = h.revision
where h.proposal_id = $1 and h.seq = $2`

// Fact reads one entry. There is none of what came before the first submit: a
// draft is its authors' own. Its caller answers for who is told.
func (s *Service) Fact(ctx context.Context, q postgres.Queryer, proposal int64, seq int) (f Fact, found bool, err error) {
	err = q.GetContext(ctx, &f, factSQL, proposal, seq)
	if errors.Is(err, sql.ErrNoRows) {
		return Fact{}, false, nil
	}
	if err != nil {
		return Fact{}, false, fmt.Errorf("reading entry %d of proposal %d: %w", seq, proposal, err)
	}
	f.At = f.At.UTC()
	return f, true, nil
}
