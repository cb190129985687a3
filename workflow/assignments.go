package workflow

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/leadership-ladder/rung/internal/fault"
)

// Asked is an assignment with what it is about, as its assignee reads it.
type Asked struct {
	Assignment
	Proposal  int64
	Title     string // of the proposal
	StageName string
}

// AssignmentFilter narrows a person's assignments; empty fields don't.
type AssignmentFilter struct {
	State string // one of the states of an Assignment
	After int64  // id of the last one of the page before, 0 for the first page
	Limit int    // 1 to 200; 0 means 50
}

const askedColumns = `
select a.id, a.proposal_id, p.programme, coalesce(r.title, '') as title, a.stage, pe.name, a.state, a.offered_at, a.due_at,
  a.accepted_at, a.closed_at, a.words
from assignments a join proposals p on p.id = a.proposal_id join people pe on pe.id = a.person_id
left join revisions r on r.proposal_id = p.id and r.number = p.revision
where a.person_id = $1`

const (
	askedSQL = askedColumns + ` and a.state not in ('declined', 'replaced') and ($2 = '' or a.state = $2) and ($3 = 0 or a.id < $3)
order by a.id desc limit $4`
	askedOneSQL = askedColumns + ` and a.id = $2`
)

type askedRow struct {
	ID         int64
	Proposal   int64 `db:"proposal_id"`
	Programme  string
	Title      string
	Stage      string
	Name       string
	State      string
	OfferedAt  time.Time  `db:"offered_at"`
	DueAt      time.Time  `db:"due_at"`
	AcceptedAt *time.Time `db:"accepted_at"`
	ClosedAt   *time.Time `db:"closed_at"`
	Words      string
}

func (s *Service) asked(ctx context.Context, by Actor, r askedRow) (Asked, error) {
	p, err := s.Programme(ctx, s.DB, r.Programme)
	if err != nil {
		return Asked{}, err
	}
	st, _ := p.Stage(r.Stage)
	return Asked{Proposal: r.Proposal, Title: r.Title, StageName: st.Name, Assignment: Assignment{ID: r.ID, Stage: r.Stage, Person: by.Person,
		Name: r.Name, State: r.State, OfferedAt: r.OfferedAt, DueAt: r.DueAt, AcceptedAt: r.AcceptedAt, ClosedAt: r.ClosedAt, Words: r.Words}}, nil
}

// MyAssignments gives a page of what the actor is or was asked to review, the newest
// first, and the id after which the next page begins, nil where this is the
// last. What they declined, or what went to somebody else, is no longer theirs
// to see.
func (s *Service) MyAssignments(ctx context.Context, by Actor, f AssignmentFilter) (list []Asked, next *int64, err error) {
	if f.Limit < 1 || f.Limit > 200 {
		f.Limit = 50
	}
	var rows []askedRow
	if err := s.DB.SelectContext(ctx, &rows, askedSQL, by.Person, f.State, f.After, f.Limit+1); err != nil {
		return nil, nil, fmt.Errorf("listing the assignments of person %d: %w", by.Person, err)
	}
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		next = &rows[f.Limit-1].ID
	}
	for _, r := range rows {
		a, err := s.asked(ctx, by, r)
		if err != nil {
			return nil, nil, err
		}
		list = append(list, a)
	}
	return list, next, nil
}

// MyAssignment reads one assignment of the actor's, whatever became of it: for them
// who have just accepted or declined it. Somebody else's is NotFound.
func (s *Service) MyAssignment(ctx context.Context, by Actor, assignment int64) (Asked, error) {
	var r askedRow
	err := s.DB.GetContext(ctx, &r, askedOneSQL, by.Person, assignment)
	if errors.Is(err, sql.ErrNoRows) {
		return Asked{}, fault.New(fault.NotFound, "There is no such review, or it isn't yours.")
	}
	if err != nil {
		return Asked{}, fmt.Errorf("reading assignment %d: %w", assignment, err)
	}
	return s.asked(ctx, by, r)
}
