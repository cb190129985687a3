// Package reviews is the room where reviewers judge and authors answer: the
// data of the review page, the rubric's answers, the items of change requests
// and their answers, and the two verdicts.
//
// It alone writes rubric_answers and change_items. Whether somebody may act,
// and where a proposal goes, is workflow's to say; what this room adds are the
// rubric's own reasons and the life of an item.
package reviews

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Service answers the review page and does what is pressed on it.
type Service struct {
	DB       *sqlx.DB
	Now      func() time.Time
	Workflow *workflow.Service
}

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// The states of an assignment in which its reviewer may write: answers and
// draft items are kept while the proposal is with its authors, and accepting is
// not required to start.
var writable = []string{workflow.Offered, workflow.Accepted, workflow.Suspended}

const assignmentSQL = `
select id, proposal_id, stage, person_id, state from assignments where id = $1`

// duty is an assignment as far as this room cares.
type duty struct {
	ID       int64  `db:"id"`
	Proposal int64  `db:"proposal_id"`
	Stage    string `db:"stage"`
	Person   int64  `db:"person_id"`
	State    string `db:"state"`
}

// duty reads one assignment; lock is "", " for share" or " for update".
func (s *Service) duty(ctx context.Context, q postgres.Queryer, assignment int64, lock string) (duty, error) {
	var d duty
	err := q.GetContext(ctx, &d, assignmentSQL+lock, assignment)
	if errors.Is(err, sql.ErrNoRows) {
		return d, fault.New(fault.NotFound, "There is no such review.")
	}
	if err != nil {
		return d, fmt.Errorf("reading assignment %d: %w", assignment, err)
	}
	return d, nil
}

// ownDuty reads the actor's own assignment, to write on it: it stays as it is
// until the transaction ends, so that nothing is written behind a sign-off.
// Somebody else's answers as if it did not exist.
func (s *Service) ownDuty(ctx context.Context, tx *sqlx.Tx, by workflow.Actor, assignment int64) (duty, error) {
	d, err := s.duty(ctx, tx, assignment, " for share")
	if err != nil {
		return d, err
	}
	if d.Person != by.Person {
		return d, fault.New(fault.NotFound, "There is no such review.")
	}
	if !slices.Contains(writable, d.State) {
		return d, fault.New(fault.Refused, "This review is over, so nothing more can be written on it.",
			fault.Reason{Code: "review_over", Text: overWords(d.State)})
	}
	return d, nil
}

func overWords(state string) string {
	switch state {
	case workflow.Done:
		return "You have signed off. Leadership can send the proposal back if something came up since."
	case workflow.Declined:
		return "You declined this review."
	default:
		return "The review was given to somebody else, or is no longer needed."
	}
}

// leads reports whether the actor of the case acts for leadership on it: it
// holds the role, and is neither an author nor conflicted.
func leads(c *workflow.Case) bool {
	return c.Actor.Active && c.MayGovern() == nil
}

// judging gives the stage whose rubric requests are about: the one where the
// proposal stands, or from approved, where leadership returns it, the last.
func judging(c *workflow.Case) (programme.Stage, bool) {
	if c.State == programme.Approved && len(c.Programme.Stages) > 0 {
		return c.Programme.Stages[len(c.Programme.Stages)-1], true
	}
	return c.Programme.Stage(c.State)
}

// joined adds our own reasons to those of workflow.Against; said is the sentence
// where only ours refuse. A refusal that is more than reasons (stale, not found)
// stands alone.
func joined(said string, err error, own []fault.Reason) error {
	if len(own) == 0 {
		return err
	}
	if err == nil {
		return fault.New(fault.Refused, said, own...)
	}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind != fault.Refused && f.Kind != fault.Invalid {
		return err
	}
	both := *f
	both.Reasons = slices.Clone(f.Reasons)
	for _, r := range own {
		if !slices.ContainsFunc(both.Reasons, func(x fault.Reason) bool { return x.Code == r.Code && x.Field == r.Field }) {
			both.Reasons = append(both.Reasons, r)
		}
	}
	return &both
}
