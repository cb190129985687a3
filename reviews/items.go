package reviews

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// The states of an item.
const (
	ItemDraft     = "draft"      // its writer's alone, until the request is sent
	ItemOpen      = "open"       // sent, or reopened: the authors answer it while changes are requested
	ItemDone      = "done"       // the authors say that it is done
	ItemNotAgreed = "not_agreed" // the authors say why it should not be done
	ItemClosed    = "closed"     // settled; may be reopened
)

// General is chosen in a draft that is about no criterion in particular. It is
// a choice too, unlike "", which is none yet. A sent item stores it as "".
const General = "general"

// maxPlace is how many characters may say where in the module an item is.
const maxPlace = 500

// Ask is what a reviewer writes of an item.
type Ask struct {
	Criterion string // a criterion of the stage's rubric, or General
	Place     string // where in the module: "slide 4", "the closing quiz"
	Words     string // what should change, and why
}

func (a Ask) blank() bool {
	return a.Criterion == "" && strings.TrimSpace(a.Place) == "" && strings.TrimSpace(a.Words) == ""
}

// ItemField names the form field of one of an item's words: "item-7-place".
func ItemField(item int64, part string) string { return fmt.Sprintf("item-%d-%s", item, part) }

// missing tells all that an item still needs before it can be sent.
func (a Ask) missing(item int64, stage programme.Stage) []fault.Reason {
	var out []fault.Reason
	add := func(code, part, text string) {
		out = append(out, fault.Reason{Code: code, Field: ItemField(item, part), Text: text})
	}
	if _, known := stage.Criterion(a.Criterion); !known && a.Criterion != General {
		add("item_criterion", "criterion", "Choose the criterion that this item is about, or “in general”.")
	}
	if strings.TrimSpace(a.Place) == "" {
		add("item_place", "place", "Say where in the module it is, so that the authors can find it.")
	}
	if strings.TrimSpace(a.Words) == "" {
		add("item_words", "words", "Say what should change.")
	}
	return out
}

func (a Ask) tooLong(item int64) []fault.Reason {
	var out []fault.Reason
	if r, bad := tooLong(ItemField(item, "place"), "The place", a.Place, maxPlace); bad {
		out = append(out, r)
	}
	if r, bad := tooLong(ItemField(item, "words"), "The text", a.Words, maxWords); bad {
		out = append(out, r)
	}
	return out
}

// itemRow is a row of change_items.
type itemRow struct {
	ID          int64      `db:"id"`
	Proposal    int64      `db:"proposal_id"`
	Stage       string     `db:"stage"`
	Assignment  int64      `db:"assignment"` // 0: leadership asked
	AskedBy     int64      `db:"asked_by"`
	Criterion   string     `db:"criterion"`
	Place       string     `db:"place"`
	Words       string     `db:"words"`
	State       string     `db:"state"`
	Revision    int        `db:"revision"`
	Request     int        `db:"request"` // 0 while it is a draft
	AskedAt     *time.Time `db:"asked_at"`
	Answer      string     `db:"answer"`
	AnsweredBy  int64      `db:"answered_by"`
	AnsweredAt  *time.Time `db:"answered_at"`
	ClosedBy    int64      `db:"closed_by"`
	ClosedAt    *time.Time `db:"closed_at"`
	CloseReason string     `db:"close_reason"`
	Reopened    int        `db:"reopened"`
	Version     int        `db:"version"`
	CreatedAt   time.Time  `db:"created_at"`
}

func (i itemRow) ask() Ask { return Ask{i.Criterion, i.Place, i.Words} }

const itemColumns = `
select id, proposal_id, stage, coalesce(assignment, 0) as assignment, asked_by, criterion, place, words, state, revision,
       coalesce(request, 0) as request, asked_at, answer, coalesce(answered_by, 0) as answered_by, answered_at,
       coalesce(closed_by, 0) as closed_by, closed_at, close_reason, reopened, version, created_at
from change_items`

const (
	itemSQL       = itemColumns + ` where id = $1`
	itemsSQL      = itemColumns + ` where proposal_id = $1 order by id`
	draftsSQL     = itemColumns + ` where proposal_id = $1 and asked_by = $2 and state = 'draft' order by id`
	lockDraftsSQL = draftsSQL + ` for update`
)

var errNoItem = fault.New(fault.NotFound, "There is no such item.")

// item reads one item; lock is "" or " for update".
func (s *Service) item(ctx context.Context, q postgres.Queryer, id int64, lock string) (itemRow, error) {
	var i itemRow
	err := q.GetContext(ctx, &i, itemSQL+lock, id)
	if errors.Is(err, sql.ErrNoRows) {
		return i, errNoItem
	}
	if err != nil {
		return i, fmt.Errorf("reading item %d: %w", id, err)
	}
	return i, nil
}

const draftSQL = `
insert into change_items (proposal_id, stage, assignment, asked_by, criterion, place, words, state, revision, created_at)
values ($1, $2, nullif($3, 0), $4, $5, $6, $7, 'draft', $8, $9)
returning id, version`

// DraftItem begins an item of a change request, complete or not. It is seen by
// its writer alone until it is sent. A reviewer may while the review is
// offered, accepted or suspended; leadership while the proposal is under review
// or approved.
func (s *Service) DraftItem(ctx context.Context, by workflow.Actor, proposal int64, a Ask) (id int64, version int, err error) {
	err = postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		c, err := s.Workflow.Load(ctx, tx, proposal, by)
		if err != nil {
			return err
		}
		assignment, stage, err := asker(c)
		if err != nil {
			return err
		}
		if assignment != 0 {
			if _, err := s.ownDuty(ctx, tx, by, assignment); err != nil {
				return err
			}
		}
		if reasons := a.tooLong(0); len(reasons) > 0 {
			return fault.New(fault.Invalid, "The item was not saved.", reasons...)
		}
		return tx.QueryRowxContext(ctx, draftSQL, proposal, stage, assignment, by.Person,
			a.Criterion, a.Place, a.Words, c.Revision, s.now()).Scan(&id, &version)
	})
	if err != nil {
		return 0, 0, wrap("drafting an item", err)
	}
	return id, version, nil
}

// asker finds as what the actor may ask: by their own review (its assignment
// and stage), or as leadership (0 and the stage that is judging).
func asker(c *workflow.Case) (assignment int64, stage string, err error) {
	for _, a := range c.Assignments {
		if a.Person == c.Actor.ID && slices.Contains(writable, a.State) {
			return a.ID, a.Stage, nil
		}
	}
	if st, ok := judging(c); ok && leads(c) {
		return 0, st.Key, nil
	}
	return 0, "", fault.New(fault.Refused, "You can't ask for changes here.", fault.Reason{Code: "not_asker",
		Text: "A reviewer asks on their own review; leadership asks while the proposal is under review or approved, and never on its own proposal."})
}

const saveItemSQL = `
update change_items set criterion = $3, place = $4, words = $5, version = version + 1
where id = $1 and version = $2 and state = 'draft'
returning version`

// SaveItem saves a draft item as it is typed, over the version that its writer
// saw, and returns the version to send next. The same words sent twice are no
// conflict; others are Stale, with *Overtaken inside.
func (s *Service) SaveItem(ctx context.Context, by workflow.Actor, item int64, version int, a Ask) (int, error) {
	if reasons := a.tooLong(item); len(reasons) > 0 {
		return 0, fault.New(fault.Invalid, "The item was not saved.", reasons...)
	}
	var saved int
	err := postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		i, err := s.ownDraft(ctx, tx, by, item)
		if err != nil {
			return err
		}
		switch {
		case i.ask() == a:
			saved = i.Version
			return nil
		case i.Version != version:
			return overtaken(Overtaken{Field: ItemField(item, "words"), Version: i.Version, Choice: i.Criterion, Words: i.Words, Place: i.Place})
		}
		return tx.GetContext(ctx, &saved, saveItemSQL, item, version, a.Criterion, a.Place, a.Words)
	})
	if err != nil {
		return 0, wrap("saving an item", err)
	}
	return saved, nil
}

// ownDraft reads and locks the actor's draft item. Anybody else's answers as if
// it did not exist.
func (s *Service) ownDraft(ctx context.Context, tx *sqlx.Tx, by workflow.Actor, item int64) (itemRow, error) {
	i, err := s.item(ctx, tx, item, " for update")
	if err != nil {
		return i, err
	}
	if i.AskedBy != by.Person {
		return i, errNoItem
	}
	if i.State != ItemDraft {
		return i, fault.New(fault.Refused, "This item was sent already, so it stays as it is.",
			fault.Reason{Code: "item_sent", Text: "Ask for something further with a new item."})
	}
	return i, nil
}

const deleteItemSQL = `delete from change_items where id = $1 and state = 'draft'`

// DeleteItem throws a draft item away: what was never sent may go.
func (s *Service) DeleteItem(ctx context.Context, by workflow.Actor, item int64) error {
	err := postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		if _, err := s.ownDraft(ctx, tx, by, item); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, deleteItemSQL, item)
		return err
	})
	if err != nil {
		return wrap("deleting an item", err)
	}
	return nil
}
