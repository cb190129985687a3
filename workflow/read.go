package workflow

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// The statuses of a Rung.
const (
	RungPassed     = "passed"     // enough valid sign-offs
	RungOverridden = "overridden" // an override stands in
	RungHere       = "here"       // the proposal stands on it
	RungAhead      = "ahead"
)

// Rung is one stage as the ladder on a proposal's page shows it.
type Rung struct {
	Stage    programme.Stage
	Status   string
	SignOffs []SignOff    // valid ones
	Holders  []Assignment // those who are asked now
	Missing  int          // sign-offs
}

// Rungs is the ladder, lowest rung first.
func (c *Case) Rungs() []Rung {
	var rungs []Rung
	for _, st := range c.Programme.Stages {
		r := Rung{Stage: st, Status: RungAhead, SignOffs: c.ValidSignOffs(st.Key), Missing: c.Missing(st)}
		if r.Missing == 0 && c.Revision > 0 {
			r.Status = RungPassed
		}
		if so, ok := c.Override(st.Key); ok {
			r.Status, r.SignOffs = RungOverridden, append(r.SignOffs, so)
		}
		if st.Key == c.State {
			r.Status = RungHere
			for _, a := range c.Assignments {
				if a.Stage == st.Key && a.Open() {
					r.Holders = append(r.Holders, a)
				}
			}
		}
		rungs = append(rungs, r)
	}
	return rungs
}

// TurnNames are the people whose turn it is; none where it is a whole role's or
// nobody's.
func (c *Case) TurnNames() []string {
	var names []string
	switch c.Turn {
	case TurnAuthor:
		if lead, ok := c.Lead(); ok {
			names = append(names, lead.Name)
		}
	case TurnReviewers:
		for _, a := range c.Assignments {
			if a.Stage == c.State && a.Open() {
				names = append(names, a.Name)
			}
		}
	}
	return names
}

// MyTurn reports whether it is the actor's turn.
func (c *Case) MyTurn() bool {
	switch c.Turn {
	case TurnAuthor:
		return c.IsAuthor(c.Actor.ID)
	case TurnReviewers:
		_, asked := c.OpenAssignment(c.Actor.ID)
		return asked
	case TurnLeadership:
		return len(mustBeLeadership(c)) == 0
	}
	return false
}

// Row is a proposal in a list.
type Row struct {
	ID         int64
	Title      string
	State      string
	StateName  string
	Revision   int
	Lead       string
	Turn       string
	TurnFor    string
	TurnNames  []string
	TurnSince  time.Time
	TurnDue    *time.Time
	Overdue    bool
	StateSince time.Time
	Submitted  *time.Time
	TooSmall   []string // Board: names of stages for which nobody independent is left
	Assignment int64    // MyWork: the review to open, 0 for none
	Mine       string   // MyWork: the state of that assignment
}

const rowColumns = `
select p.id, p.programme, p.state, p.revision, p.turn, p.turn_for, p.turn_since, p.turn_due, p.state_since, p.submitted_at,
  coalesce(r.title, d.title, '') as title,
  coalesce((select a.name from authors a where a.proposal_id = p.id and a.is_lead), '') as lead,
  array(select pe.name from assignments a join people pe on pe.id = a.person_id
        where a.proposal_id = p.id and a.stage = p.state and a.state in ('offered', 'accepted') order by a.id) as reviewers`

const rowTables = `
from proposals p left join revisions r on r.proposal_id = p.id and r.number = p.revision left join drafts d on d.proposal_id = p.id`

type listRow struct {
	ID         int64
	Programme  string
	State      string
	Revision   int
	Turn       string
	TurnFor    string     `db:"turn_for"`
	TurnSince  time.Time  `db:"turn_since"`
	TurnDue    *time.Time `db:"turn_due"`
	StateSince time.Time  `db:"state_since"`
	Submitted  *time.Time `db:"submitted_at"`
	Title      string
	Lead       string
	Reviewers  pq.StringArray
	Assignment int64
	Mine       string
}

func (s *Service) row(ctx context.Context, q postgres.Queryer, l listRow) (Row, error) {
	p, err := s.Programme(ctx, q, l.Programme)
	if err != nil {
		return Row{}, err
	}
	r := Row{ID: l.ID, Title: l.Title, State: l.State, StateName: StateName(p, l.State), Revision: l.Revision, Lead: l.Lead,
		Turn: l.Turn, TurnFor: l.TurnFor, TurnSince: l.TurnSince.UTC(), TurnDue: l.TurnDue, StateSince: l.StateSince.UTC(),
		Submitted: l.Submitted, Assignment: l.Assignment, Mine: l.Mine}
	r.Overdue = l.TurnDue != nil && l.TurnDue.Before(s.now())
	switch l.Turn {
	case TurnAuthor:
		r.TurnNames = []string{l.Lead}
	case TurnReviewers:
		r.TurnNames = l.Reviewers
	}
	return r, nil
}

// BoardFilter narrows the board; empty fields don't.
type BoardFilter struct {
	State   string // one state; "": everything submitted that isn't over
	Turn    string
	Overdue bool
	After   int64     // id of the last row of the page before, 0 for the first page
	Since   time.Time // its TurnSince
	Limit   int       // 1 to 100 rows; 0 means 50
}

// BoardPage is one page of the board, longest wait first.
type BoardPage struct {
	Rows []Row
	More bool // there is a page after this one, from the last row's ID and TurnSince
}

// Two statements, since each has an index of its own to walk: proposals_in_flight
// and proposals_by_state.
const (
	boardSQL       = rowColumns + `, 0 as assignment, '' as mine` + rowTables + ` where `
	boardInFlight  = `p.state not in ('draft', 'published', 'rejected', 'withdrawn')`
	boardInState   = `p.state = $7`
	boardNarrowSQL = ` and (p.turn_since, p.id) > ($1, $2) and ($3 = '' or p.turn = $3) and (not $4 or p.turn_due < $5)
order by p.turn_since, p.id
limit $6`
)

const boardCountsSQL = `
select state, count(*) as proposals from (
  select state from proposals where state not in ('draft', 'published', 'rejected', 'withdrawn') limit 10000) p
group by state`

// Board lists what is in flight for leadership, the longest wait first. A state
// that is asked for by name is listed whatever it is, drafts excepted: what was
// never submitted is its authors' own.
func (s *Service) Board(ctx context.Context, by Actor, f BoardFilter) (BoardPage, error) {
	if err := s.mustHold(ctx, by, Leadership); err != nil {
		return BoardPage{}, err
	}
	if f.State == programme.Draft {
		return BoardPage{}, fault.New(fault.Invalid, "Drafts are their authors' own; the board starts with what was submitted.")
	}
	if y := f.Since.UTC().Year(); y < 1 || y > 9999 {
		f.After, f.Since = 0, time.Time{} // no page of ours led there
	}
	limit := f.Limit
	if limit < 1 || limit > 100 {
		limit = 50
	}
	query, args := boardSQL+boardInFlight+boardNarrowSQL, []any{f.Since.UTC(), f.After, f.Turn, f.Overdue, s.now(), limit + 1}
	if f.State != "" {
		query, args = boardSQL+boardInState+boardNarrowSQL, append(args, f.State)
	}
	var rows []listRow
	if err := s.DB.SelectContext(ctx, &rows, query, args...); err != nil {
		return BoardPage{}, fmt.Errorf("reading the board: %w", err)
	}
	page := BoardPage{More: len(rows) > limit}
	if page.More {
		rows = rows[:limit]
	}
	for _, l := range rows {
		r, err := s.row(ctx, s.DB, l)
		if err != nil {
			return BoardPage{}, err
		}
		page.Rows = append(page.Rows, r)
	}
	return page, s.markTooSmall(ctx, page.Rows)
}

// BoardCounts tells how many proposals in flight are in each state, counting no
// further than 10,000.
func (s *Service) BoardCounts(ctx context.Context, by Actor) (map[string]int, error) {
	if err := s.mustHold(ctx, by, Leadership); err != nil {
		return nil, err
	}
	var rows []struct {
		State     string
		Proposals int
	}
	if err := s.DB.SelectContext(ctx, &rows, boardCountsSQL); err != nil {
		return nil, fmt.Errorf("counting the board: %w", err)
	}
	counts := map[string]int{}
	for _, r := range rows {
		counts[r.State] = r.Proposals
	}
	return counts, nil
}

const holdersSQL = `
select r.role, json_agg(json_build_object('id', p.id, 'name', p.name, 'email', p.email, 'active', true,
  'roles', (select json_agg(o.role) from roles o where o.person_id = p.id)) order by p.id) as people
from roles r join people p on p.id = r.person_id where p.deactivated_at is null group by r.role`

const casesSQL = `
select p.id, p.programme,
  (select json_agg(json_build_object('email', a.email, 'person', coalesce(pe.id, 0)))
   from authors a left join people pe on pe.email = a.email where a.proposal_id = p.id) as authors,
  (select json_agg(json_build_object('stage', s.stage, 'kind', s.kind, 'person', s.person_id, 'voided_at', s.voided_at))
   from sign_offs s where s.proposal_id = p.id) as sign_offs,
  (select json_agg(c.person_id) from conflicts c where c.proposal_id = p.id) as conflicts
from proposals p where p.id = any ($1)`

// markTooSmall says early what would otherwise be found at the end: that a team
// is too small for a proposal's stages to be reviewed independently.
func (s *Service) markTooSmall(ctx context.Context, rows []Row) error {
	var ids pq.Int64Array
	for _, r := range rows {
		if r.State != programme.Approved && r.State != programme.Published && r.State != programme.Rejected && r.State != programme.Withdrawn {
			ids = append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	holders, err := s.holders(ctx)
	if err != nil {
		return err
	}
	var cases []struct {
		ID        int64
		Programme string
		Authors   []byte
		SignOffs  []byte `db:"sign_offs"`
		Conflicts []byte
	}
	if err := s.DB.SelectContext(ctx, &cases, casesSQL, ids); err != nil {
		return fmt.Errorf("reading who is left to review: %w", err)
	}
	for _, row := range cases {
		p, err := s.Programme(ctx, s.DB, row.Programme)
		if err != nil {
			return err
		}
		c := &Case{Programme: p}
		for _, part := range []struct {
			text []byte
			into any
		}{{row.Authors, &c.Authors}, {row.SignOffs, &c.SignOffs}, {row.Conflicts, &c.Conflicts}} {
			if part.text == nil {
				continue
			}
			if err := json.Unmarshal(part.text, part.into); err != nil {
				return fmt.Errorf("reading who is left to review: %w", err)
			}
		}
		short := c.tooSmall(holders)
		for i := range rows {
			if rows[i].ID == row.ID {
				rows[i].TooSmall = short
			}
		}
	}
	return nil
}

func (s *Service) holders(ctx context.Context) (map[string][]Person, error) {
	var rows []struct {
		Role   string
		People []byte
	}
	if err := s.DB.SelectContext(ctx, &rows, holdersSQL); err != nil {
		return nil, fmt.Errorf("reading who holds which role: %w", err)
	}
	holders := map[string][]Person{}
	for _, r := range rows {
		var people []Person
		if err := json.Unmarshal(r.People, &people); err != nil {
			return nil, fmt.Errorf("reading who holds which role: %w", err)
		}
		holders[r.Role] = people
	}
	return holders, nil
}

const holdsSQL = `
select exists (select from roles r join people p on p.id = r.person_id
where r.person_id = $1 and r.role = $2 and p.deactivated_at is null)`

// Holds reports whether somebody holds a role, with an active account: for what
// concerns no proposal.
func Holds(ctx context.Context, q postgres.Queryer, by Actor, role string) (holds bool, err error) {
	if by.Plainly && role == Leadership {
		return false, nil
	}
	if err := q.GetContext(ctx, &holds, holdsSQL, by.Person, role); err != nil {
		return false, fmt.Errorf("reading the roles of person %d: %w", by.Person, err)
	}
	return holds, nil
}

// mustHold refuses an actor without the role.
func (s *Service) mustHold(ctx context.Context, by Actor, role string) error {
	holds, err := Holds(ctx, s.DB, by, role)
	if err != nil {
		return err
	}
	if !holds {
		return fault.New(fault.Forbidden, "This page is for people with the role "+strings.ReplaceAll(role, "_", " ")+".")
	}
	return nil
}

// Work is what concerns one person.
type Work struct {
	Waiting  []Row // for this person to act
	Watching []Row // theirs, but somebody else's turn
	Done     []Row // theirs, and over; newest first
}

const workSQL = rowColumns + `,
  coalesce(mine.id, 0) as assignment, coalesce(mine.state, '') as mine` + rowTables + `
left join lateral (select a.id, a.state from assignments a where a.proposal_id = p.id and a.person_id = $1 and a.state not in ('declined', 'replaced')
  order by (a.state in ('offered', 'accepted')) desc, a.id desc limit 1) mine on true
where p.id in (
  select au.proposal_id from authors au join people me on me.email = au.email where me.id = $1
  union select a.proposal_id from assignments a where a.person_id = $1 and a.state not in ('declined', 'replaced')
  union select l.id from proposals l where l.turn = 'leadership' and $2)
order by p.turn_due nulls last, p.turn_since, p.id
limit 500`

const authorOfSQL = `
select a.proposal_id as id, a.is_lead as lead from authors a join people me on me.email = a.email where me.id = $1
union select c.proposal_id, null from conflicts c where c.person_id = $1`

// MyWork tells what waits for a person and what they wait for, the next date
// first.
func (s *Service) MyWork(ctx context.Context, by Actor) (Work, error) {
	leads, err := Holds(ctx, s.DB, by, Leadership)
	if err != nil {
		return Work{}, err
	}
	var list []listRow
	if err := s.DB.SelectContext(ctx, &list, workSQL, by.Person, leads); err != nil {
		return Work{}, fmt.Errorf("reading the work of a person: %w", err)
	}
	var own []struct {
		ID   int64
		Lead *bool
	}
	if err := s.DB.SelectContext(ctx, &own, authorOfSQL, by.Person); err != nil {
		return Work{}, fmt.Errorf("reading the work of a person: %w", err)
	}
	author, apart := map[int64]bool{}, map[int64]bool{} // apart: no leadership event of theirs is allowed
	for _, o := range own {
		apart[o.ID] = true
		if o.Lead != nil {
			author[o.ID] = true
		}
	}
	var w Work
	for _, l := range list {
		r, err := s.row(ctx, s.DB, l)
		if err != nil {
			return Work{}, err
		}
		mine := r.Turn == TurnAuthor && author[r.ID] ||
			r.Turn == TurnReviewers && (r.Mine == Offered || r.Mine == Accepted) ||
			r.Turn == TurnLeadership && leads && !apart[r.ID] ||
			r.Mine == Offered || r.Mine == Accepted
		concerned := author[r.ID] || r.Assignment != 0
		switch {
		case mine:
			w.Waiting = append(w.Waiting, r)
		case r.Turn == TurnNobody && concerned:
			w.Done = append(w.Done, r)
		case concerned:
			w.Watching = append(w.Watching, r)
		}
	}
	slices.SortStableFunc(w.Done, func(a, b Row) int { return b.TurnSince.Compare(a.TurnSince) })
	return w, nil
}
