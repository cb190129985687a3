package workflow_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
)

// Somebody who owns the database can switch its guards off. What they change
// then is seen, and where.
func TestVerifyNamesTheFirstBrokenLink(t *testing.T) {
	s := newScene(newRewindable(t))
	toHalfSigned(s)
	other := s.proposal(s.who["stranger"])
	last := s.seen(s.id).Seq
	for _, crime := range []struct {
		name     string
		does     []string
		proposal int64
		seq      int
		why      string
	}{
		{"another detail", []string{`update history set detail = '{"items": [1]}' where seq = 3 and proposal_id = $1`}, s.id, 3, "hash"},
		{"another actor", []string{`update history set actor = 2 where seq = 4 and proposal_id = $1`}, s.id, 4, "hash"},
		{"the system instead of a person", []string{`update history set actor = null where seq = 2 and proposal_id = $1`}, s.id, 2, "hash"},
		{"another time", []string{`update history set at = at + interval '1 microsecond' where seq = 1 and proposal_id = $1`}, s.id, 1, "hash"},
		{"another event", []string{`update history set event = 'withdraw' where seq = 5 and proposal_id = $1`}, s.id, 5, "hash"},
		{"another hash", []string{`update history set hash = sha256('x') where seq = 2 and proposal_id = $1`}, s.id, 2, "hash"},
		{"a hash made to fit", []string{`update history set detail = '{}', hash = sha256(convert_to(concat_ws(E'\n', 'rung-history-1',
			proposal_id, seq, (extract(epoch from at) * 1000000)::bigint, coalesce(actor::text, 'system'), event, programme,
			coalesce(from_state, ''), coalesce(from_revision::text, ''), to_state, revision, '{}', coalesce(encode(prev_hash, 'hex'), '')), 'UTF8'))
			where seq = 2 and proposal_id = $1`}, s.id, 3, "doesn't continue"},
		{"a cut tail", []string{`delete from history where seq = (select max(seq) from history where proposal_id = $1) and proposal_id = $1`}, s.id, last - 1, "head is another"},
		{"a link taken out", []string{`delete from history where seq = 3 and proposal_id = $1`}, s.id, 4, "entry 3 is missing"},
		{"the beginning taken out", []string{`delete from history where seq = 1 and proposal_id = $1`}, s.id, 2, "entry 1 is missing"},
		{"two links swapped", []string{`update history set seq = -seq where seq in (3, 4) and proposal_id = $1`,
			`update history set seq = seq + 7 where seq < 0 and proposal_id = $1`}, s.id, 3, "doesn't continue"},
		{"another head", []string{`update proposals set head = sha256('x') where id = $1`}, s.id, last, "head is another"},
		{"another number", []string{`update proposals set seq = seq + 1 where id = $1`}, s.id, last, "head is another"},
		{"another state", []string{`update proposals set state = 'final' where id = $1`}, s.id, last, "another state"},
		{"another revision", []string{`update proposals set revision = 2 where id = $1`}, s.id, last, "another state"},
		{"a start elsewhere", []string{`update history set from_state = 'draft', from_revision = 0 where seq = 4 and proposal_id = $1`}, s.id, 4, "didn't end"},
		{"no history at all", []string{`delete from history where proposal_id = $1 and $1 > 0`}, s.id, 1, "no entry at all"},
		{"in the last proposal", []string{`update proposals set head = sha256('x') where id = $1 + 1`}, other, 1, "head is another"},
	} {
		s.rewound(func() {
			s.exec(`alter table history disable trigger all, drop constraint history_hash, drop constraint history_first, drop constraint history_seq_check,
				drop constraint history_edge, drop constraint history_revision_grows`)
			s.exec(`alter table history drop constraint history_chain`)
			s.exec(`alter table proposals disable trigger all, drop constraint proposals_stand_on_history`)
			for _, statement := range crime.does {
				s.exec(statement, s.id)
			}
			_, _, err := workflow.VerifyHistory(s.ctx, s.db)
			var broken *workflow.Broken
			if !errors.As(err, &broken) {
				t.Errorf("%s: verified, with %v", crime.name, err)
				return
			}
			if broken.Proposal != crime.proposal || broken.Seq != crime.seq || !strings.Contains(broken.Why, crime.why) {
				t.Errorf("%s: %v, want entry %d of proposal %d: …%s…", crime.name, broken, crime.seq, crime.proposal, crime.why)
			}
		})
	}
	s.rewound(func() { // nor does its page wait for ever for the row and the history to agree
		s.exec(`alter table history disable trigger all`)
		s.exec(`alter table proposals disable trigger all, drop constraint proposals_stand_on_history`)
		s.exec(`delete from history where seq = $2 and proposal_id = $1`, s.id, last)
		if _, err := s.svc.Load(s.ctx, s.db, s.id, workflow.System); err == nil || fault.KindOf(err) != "" {
			t.Errorf("a proposal with a cut history: %v, want an internal error", err)
		}
	})
	entries, proposals, err := workflow.VerifyHistory(s.ctx, s.db)
	if err != nil || proposals != 2 || entries != last+1 {
		t.Errorf("afterwards: %d entries of %d proposals, %v", entries, proposals, err)
	}
}
