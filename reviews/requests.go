package reviews

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Request is one change request with its items, as the actor may see them.
type Request struct {
	Seq        int // the history entry that sent it
	AskedAt    time.Time
	AskedBy    string // a name
	Leadership bool   // asked by leadership and not on a review
	Stage      string // the stage's name
	Items      []Item
}

// Unanswered counts the items that wait for the authors.
func (r Request) Unanswered() int { return r.count(ItemOpen) }

// Unclosed counts the items that are not settled.
func (r Request) Unclosed() int { return len(r.Items) - r.count(ItemClosed) }

func (r Request) count(state string) int {
	n := 0
	for _, i := range r.Items {
		if i.State == state {
			n++
		}
	}
	return n
}

// Item is one item of a request, with what the actor may do about it; of a draft
// there is what was written, and what is missing.
type Item struct {
	ID         int64
	Proposal   int64
	Version    int
	Stage      string // the stage's key
	About      string // the criterion's key, "" where the item is about none in particular
	Criterion  string // its words
	Place      string
	Words      string
	State      string
	Revision   int // about which it was asked
	AskedBy    string
	AskedAt    time.Time
	Mine       bool // the actor asked
	Answer     string
	AnsweredBy string
	AnsweredAt *time.Time
	ClosedBy   string
	ClosedAt   *time.Time
	Reason     string // why it was closed, where a reason was needed
	Reopenings []Said // each time it was reopened, oldest first

	Answerable bool // the actor may answer it now
	Close      Act
	Reopen     Act

	Missing []fault.Reason // of a draft: what it needs before it can be sent
}

// Choice is the authors' decision: ItemDone, ItemNotAgreed, or "".
func (i Item) Choice() string { return decided(i.State) }

// Act is something that the actor could do; it is not shown where it isn't
// Offered, and refused with these reasons where there are any.
type Act struct {
	Offered    bool
	WithReason bool // words are asked for
	Reasons    []fault.Reason
}

// Allowed reports whether the act can be done now.
func (a Act) Allowed() bool { return a.Offered && len(a.Reasons) == 0 }

// Said is what somebody said when.
type Said struct {
	At    time.Time
	By    string
	Words string
}

// Requests reads the change requests of a proposal, oldest first: for whoever
// may see it. A draft item is never among them.
func (s *Service) Requests(ctx context.Context, c *workflow.Case) ([]Request, error) {
	var rows []itemRow
	if err := s.DB.SelectContext(ctx, &rows, itemsSQL, c.ID); err != nil {
		return nil, fmt.Errorf("reading the items of proposal %d: %w", c.ID, err)
	}
	rows = slices.DeleteFunc(rows, func(i itemRow) bool { return i.State == ItemDraft })
	if len(rows) == 0 {
		return nil, nil
	}
	names, err := namesOf(ctx, s.DB, rows)
	if err != nil {
		return nil, err
	}
	reopenings, err := reopenings(ctx, s.DB, c.ID)
	if err != nil {
		return nil, err
	}
	return group(c, rows, names, reopenings), nil
}

// Item reads one item: a draft for its writer alone, what was sent for whoever
// may see the proposal.
func (s *Service) Item(ctx context.Context, by workflow.Actor, item int64) (Item, error) {
	i, err := s.item(ctx, s.DB, item, "")
	if err != nil {
		return Item{}, err
	}
	if i.State == ItemDraft {
		return s.ownItem(ctx, by, i)
	}
	c, err := s.Workflow.Load(ctx, s.DB, i.Proposal, by)
	if fault.KindOf(err) == fault.NotFound {
		return Item{}, errNoItem
	}
	if err != nil {
		return Item{}, err
	}
	all, err := s.Requests(ctx, c)
	if err != nil {
		return Item{}, err
	}
	for _, r := range all {
		for _, sent := range r.Items {
			if sent.ID == item {
				return sent, nil
			}
		}
	}
	return Item{}, errNoItem
}

// ownItem is a draft for its writer, to whom it stays even where they no longer
// review.
func (s *Service) ownItem(ctx context.Context, by workflow.Actor, i itemRow) (Item, error) {
	if i.AskedBy != by.Person {
		return Item{}, errNoItem
	}
	c, err := s.Workflow.Load(ctx, s.DB, i.Proposal, workflow.System)
	if err != nil {
		return Item{}, err
	}
	return draftOf(c, i).Item(i.Proposal), nil
}

// group puts items into the requests that sent them.
func group(c *workflow.Case, rows []itemRow, names map[int64]string, reopenings map[int64][]Said) []Request {
	var out []Request
	slices.SortStableFunc(rows, func(a, b itemRow) int { return a.Request - b.Request })
	for _, i := range rows {
		stage, _ := c.Programme.Stage(i.Stage)
		if n := len(out); n == 0 || out[n-1].Seq != i.Request {
			out = append(out, Request{Seq: i.Request, AskedAt: i.AskedAt.UTC(), AskedBy: names[i.AskedBy],
				Leadership: i.Assignment == 0, Stage: stage.Name})
		}
		r := &out[len(out)-1]
		r.Items = append(r.Items, shown(c, i, stage, names, reopenings[i.ID]))
	}
	return out
}

// shown is an item as the actor of the case may see it: an answer that isn't
// given yet is its authors' alone.
func shown(c *workflow.Case, i itemRow, stage programme.Stage, names map[int64]string, reopenings []Said) Item {
	about, _ := stage.Criterion(i.Criterion)
	author := c.IsAuthor(c.Actor.ID)
	item := Item{ID: i.ID, Proposal: i.Proposal, Version: i.Version, Stage: i.Stage, About: i.Criterion, Criterion: about.Text, Place: i.Place, Words: i.Words,
		State: i.State, Revision: i.Revision, AskedBy: names[i.AskedBy], AskedAt: i.AskedAt.UTC(), Mine: i.AskedBy == c.Actor.ID,
		ClosedBy: names[i.ClosedBy], ClosedAt: i.ClosedAt, Reason: i.CloseReason, Reopenings: reopenings}
	if author || i.State != ItemOpen {
		item.Answer, item.AnsweredBy, item.AnsweredAt = i.Answer, names[i.AnsweredBy], i.AnsweredAt
	}
	item.Answerable = author && c.State == programme.ChangesRequested && i.State != ItemClosed
	allowed, withReason := settles(c, i)
	if allowed && i.State != ItemClosed {
		item.Close = Act{Offered: true, WithReason: withReason, Reasons: againstClosing(c, i, "…")}
	}
	if allowed && i.State != ItemOpen {
		item.Reopen = Act{Offered: true, WithReason: true, Reasons: againstReopening(c, i, "…")}
	}
	return item
}

const namesSQL = `select id, name from people where id = any(cast($1 as bigint[]))`

func namesOf(ctx context.Context, q postgres.Queryer, rows []itemRow) (map[int64]string, error) {
	var ids []int64
	for _, i := range rows {
		ids = append(ids, i.AskedBy, i.AnsweredBy, i.ClosedBy)
	}
	slices.Sort(ids)
	var people []struct {
		ID   int64  `db:"id"`
		Name string `db:"name"`
	}
	if err := q.SelectContext(ctx, &people, namesSQL, pq.Array(slices.Compact(ids))); err != nil {
		return nil, fmt.Errorf("reading names: %w", err)
	}
	names := make(map[int64]string, len(people))
	for _, p := range people {
		names[p.ID] = p.Name
	}
	return names, nil
}

const reopeningsSQL = `
select cast(cast(h.detail as json) ->> 'item' as bigint) as item, h.at, coalesce(p.name, '') as name, coalesce(r.words, '') as words
from history h
left join remarks r on r.proposal_id = h.proposal_id and r.seq = h.seq
left join people p on p.id = h.actor
where h.proposal_id = $1 and h.event = 'item_reopened'
order by h.seq`

// reopenings reads what was said each time that an item was reopened.
func reopenings(ctx context.Context, q postgres.Queryer, proposal int64) (map[int64][]Said, error) {
	var rows []struct {
		Item  int64     `db:"item"`
		At    time.Time `db:"at"`
		Name  string    `db:"name"`
		Words string    `db:"words"`
	}
	if err := q.SelectContext(ctx, &rows, reopeningsSQL, proposal); err != nil {
		return nil, fmt.Errorf("reading the reopened items of proposal %d: %w", proposal, err)
	}
	out := map[int64][]Said{}
	for _, r := range rows {
		out[r.Item] = append(out[r.Item], Said{At: r.At.UTC(), By: r.Name, Words: r.Words})
	}
	return out, nil
}
