package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/leadership-ladder/rung/internal/fault"
)

// The orders of a list, by the names that callers give them.
const (
	byNewest  = "-id"         // the newest proposal first
	byOldest  = "id"          // the oldest proposal first
	byWaiting = "turn_since"  // the longest wait first
	byMoved   = "-turn_since" // the latest change of turn first
)

// ListFilter narrows a list of proposals; empty fields don't.
type ListFilter struct {
	State    string // one state
	InFlight bool   // submitted, and not over
	Turn     string
	Overdue  bool
	As       string // "author" or "reviewer": what of the actor's own they are that to
	Order    string // "id", "turn_since", or "-" and one of them for the latest first; "" means "-id"
	After    Place
	Limit    int // 1 to 200 rows; 0 means 50
}

// Place is where a page of a list ended. The zero Place is before the first row.
type Place struct {
	ID    int64     `json:"id"`
	Since time.Time `json:"since"` // its TurnSince, in the orders by it
}

// listSQL reads what the actor may see: leadership everything that was ever
// submitted, everybody what they write or review.
const listSQL = rowColumns + `, 0 as assignment, '' as mine` + rowTables + `
where ($2 and p.state <> 'draft' and $7 = ''
    or $7 <> 'reviewer' and p.id in (select au.proposal_id from authors au join people me on me.email = au.email where me.id = $1)
    or $7 <> 'author' and p.id in (select a.proposal_id from assignments a where a.person_id = $1 and a.state not in ('declined', 'replaced')))
  and ($3 = '' or p.state = $3) and ($4 = '' or p.turn = $4) and (not $5 or p.turn_due < $6)`

const listInFlightSQL = ` and ` + boardInFlight

// listOrders are the ends of listSQL: $8 and $9 say where the page begins.
var listOrders = map[string]string{
	byNewest:  ` and ($8 = 0 or p.id < $8) and $9 = $9 order by p.id desc limit $10`,
	byOldest:  ` and p.id > $8 and $9 = $9 order by p.id limit $10`,
	byWaiting: ` and ($8 = 0 or (p.turn_since, p.id) > ($9, $8)) order by p.turn_since, p.id limit $10`,
	byMoved:   ` and ($8 = 0 or (p.turn_since, p.id) < ($9, $8)) order by p.turn_since desc, p.id desc limit $10`,
}

// List gives a page of the proposals that the actor may see, and where the next
// begins, nil where this is the last. The orders by turn are about what waits,
// so they want InFlight or a State.
func (s *Service) List(ctx context.Context, by Actor, f ListFilter) (rows []Row, next *Place, err error) {
	if f.Order == "" {
		f.Order = byNewest
	}
	end, known := listOrders[f.Order]
	if !known {
		return nil, nil, fault.New(fault.Invalid, "There is no such order.", reason("order", "sort", "Sort by id, -id, turn_since or -turn_since."))
	}
	if (f.Order == byWaiting || f.Order == byMoved) && f.State == "" && !f.InFlight {
		return nil, nil, fault.New(fault.Invalid, "This order is for what waits.",
			reason("order_needs_filter", "sort", "Ask for what is in flight, or for one state, to sort by turn_since."))
	}
	leads, err := Holds(ctx, s.DB, by, Leadership)
	if err != nil {
		return nil, nil, err
	}
	if f.Limit < 1 || f.Limit > 200 {
		f.Limit = 50
	}
	query := listSQL
	if f.InFlight {
		query += listInFlightSQL
	}
	var list []listRow
	err = s.DB.SelectContext(ctx, &list, query+end, by.Person, leads, f.State, f.Turn, f.Overdue, s.now(), f.As,
		f.After.ID, f.After.Since.UTC(), f.Limit+1)
	if err != nil {
		return nil, nil, fmt.Errorf("listing proposals: %w", err)
	}
	if len(list) > f.Limit {
		list = list[:f.Limit]
		last := list[f.Limit-1]
		next = &Place{ID: last.ID, Since: last.TurnSince.UTC()}
	}
	for _, l := range list {
		r, err := s.row(ctx, s.DB, l)
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, r)
	}
	return rows, next, nil
}
