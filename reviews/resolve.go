package reviews

import (
	"context"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// The acts on items that stand in the history.
const (
	EventDone      = "item_done"
	EventNotAgreed = "item_not_agreed"
	EventClosed    = "item_closed"
	EventReopened  = "item_reopened"
)

// Events are the names of the history's entries that this room writes.
func Events() []string { return []string{EventDone, EventNotAgreed, EventClosed, EventReopened} }

const answerItemSQL = `
update change_items
set answer = $2, state = $3, answered_by = $4, answered_at = $5, version = version + 1
where id = $1
returning version`

// AnswerItem saves the authors' answer to an item, as it is typed: choice is
// ItemDone, ItemNotAgreed, or "" while there is no decision (the words alone are
// then saved, and a decision taken before stands). Any author may, while changes
// are requested. Not agreeing needs words. It returns the version to send next;
// an answer that was changed from elsewhere is Stale, with *Overtaken inside.
func (s *Service) AnswerItem(ctx context.Context, by workflow.Actor, item int64, version int, choice, words string) (int, error) {
	words = strings.TrimSpace(words)
	var saved int
	err := postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		c, i, err := s.lockItem(ctx, tx, by, item)
		if err != nil {
			return err
		}
		if err := againstAnswer(c, i, choice, words); err != nil {
			return err
		}
		state := i.State
		if choice != "" {
			state = choice
		}
		if i.State == state && i.Answer == words {
			saved = i.Version
			return nil
		}
		if i.Version != version {
			return overtaken(Overtaken{Field: ItemField(item, "answer"), Version: i.Version, Choice: decided(i.State), Words: i.Answer})
		}
		if err := tx.GetContext(ctx, &saved, answerItemSQL, item, words, state, by.Person, s.now()); err != nil {
			return err
		}
		if state == i.State {
			return nil // words alone are not an act
		}
		event := EventDone
		if state == ItemNotAgreed {
			event = EventNotAgreed
		}
		_, err = s.Workflow.Record(ctx, tx, workflow.Record{Proposal: c.ID, Event: event, By: by, Detail: map[string]any{"item": item}})
		return err
	})
	if err != nil {
		return 0, wrap("answering an item", err)
	}
	return saved, nil
}

// decided is an item's state as its author's choice.
func decided(state string) string {
	if state == ItemDone || state == ItemNotAgreed {
		return state
	}
	return ""
}

func againstAnswer(c *workflow.Case, i itemRow, choice, words string) error {
	var reasons []fault.Reason
	add := func(code, field, text string) {
		reasons = append(reasons, fault.Reason{Code: code, Field: field, Text: text})
	}
	if !c.IsAuthor(c.Actor.ID) {
		return fault.New(fault.Forbidden, "Only the authors answer what was asked of them.")
	}
	if c.State != programme.ChangesRequested {
		add("wrong_state", "", "Items are answered while the proposal is with its authors. It is "+workflow.StateName(c.Programme, c.State)+" now.")
	}
	if i.State == ItemClosed {
		add("item_closed", ItemField(i.ID, "answer"), "This item is closed: there is nothing left to answer.")
	}
	if len(reasons) > 0 {
		return fault.New(fault.Refused, "The answer was not saved.", reasons...)
	}
	if choice != "" && choice != ItemDone && choice != ItemNotAgreed {
		add("unknown_answer", ItemField(i.ID, "choice"), "Choose done, or not agreed.")
	}
	if (choice == ItemNotAgreed || choice == "" && i.State == ItemNotAgreed) && words == "" {
		add("words_missing", ItemField(i.ID, "answer"), "Say why you do not agree.")
	}
	if r, bad := tooLong(ItemField(i.ID, "answer"), "The answer", words, maxWords); bad {
		reasons = append(reasons, r)
	}
	if len(reasons) > 0 {
		return fault.New(fault.Invalid, "The answer was not saved.", reasons...)
	}
	return nil
}

const closeItemSQL = `
update change_items
set state = 'closed', closed_by = $2, closed_at = $3, close_reason = $4, version = version + 1
where id = $1`

// CloseItem settles an answered item, while the proposal is under review or
// approved: by the one who asked, by their successor at that stage, or by
// leadership with a reason. version is the one that was on the page.
func (s *Service) CloseItem(ctx context.Context, by workflow.Actor, item int64, version int, reason string) error {
	reason = strings.TrimSpace(reason)
	err := postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		c, i, err := s.lockItem(ctx, tx, by, item)
		if err != nil {
			return err
		}
		if err := againstChange(i, version, againstClosing(c, i, reason)); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, closeItemSQL, item, by.Person, s.now(), reason); err != nil {
			return err
		}
		_, err = s.Workflow.Record(ctx, tx, workflow.Record{Proposal: c.ID, Event: EventClosed, By: by, Detail: map[string]any{"item": item}})
		return err
	})
	if err != nil {
		return wrap("closing an item", err)
	}
	return nil
}

const reopenItemSQL = `
update change_items
set state = 'open', closed_by = null, closed_at = null, close_reason = '', reopened = reopened + 1, version = version + 1
where id = $1`

// ReopenItem takes an answered or closed item up again, with words that say
// what is still missing; the authors are told. By those who may close it.
func (s *Service) ReopenItem(ctx context.Context, by workflow.Actor, item int64, version int, words string) error {
	words = strings.TrimSpace(words)
	err := postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		c, i, err := s.lockItem(ctx, tx, by, item)
		if err != nil {
			return err
		}
		if err := againstChange(i, version, againstReopening(c, i, words)); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, reopenItemSQL, item); err != nil {
			return err
		}
		_, err = s.Workflow.Record(ctx, tx, workflow.Record{Proposal: c.ID, Event: EventReopened, By: by, Words: words,
			Detail: map[string]any{"item": item}, Notices: c.ToAuthors(workflow.NoticeReopened, item)})
		return err
	})
	if err != nil {
		return wrap("reopening an item", err)
	}
	return nil
}

// againstChange answers with the reasons, or with Stale where the item is no
// longer what its page showed.
func againstChange(i itemRow, version int, reasons []fault.Reason) error {
	if i.Version != version {
		return &fault.Error{Kind: fault.Stale, Cause: &Overtaken{Field: ItemField(i.ID, "reason"), Version: i.Version, Choice: i.State, Words: i.Answer},
			Text: "This item changed since you opened the page. Look at it again, then decide."}
	}
	if len(reasons) == 0 {
		return nil
	}
	if slices.ContainsFunc(reasons, func(r fault.Reason) bool { return r.Code == "not_asker" }) {
		return fault.New(fault.Forbidden, "This isn't yours to do.", reasons...)
	}
	return fault.New(fault.Refused, "This can't be done now.", reasons...)
}

// settles reports whether the actor may close or reopen the item at all, and
// whether that takes a reason.
func settles(c *workflow.Case, i itemRow) (allowed, withReason bool) {
	me := c.Actor
	if !me.Active || c.IsAuthor(me.ID) || slices.Contains(c.Conflicts, me.ID) {
		return false, false
	}
	if i.Assignment == 0 && i.AskedBy == me.ID {
		return leads(c), false
	}
	if i.Assignment != 0 {
		if i.AskedBy == me.ID && holds(c, me.ID, i.Stage, workflow.Offered, workflow.Accepted, workflow.Suspended, workflow.Done) {
			return true, false
		}
		if !holds(c, i.AskedBy, i.Stage, workflow.Offered, workflow.Accepted, workflow.Suspended) &&
			holds(c, me.ID, i.Stage, workflow.Offered, workflow.Accepted) {
			return true, false // the successor
		}
	}
	return leads(c), true
}

// holds reports whether the person has an assignment at the stage in one of the states.
func holds(c *workflow.Case, person int64, stage string, states ...string) bool {
	return slices.ContainsFunc(c.Assignments, func(a workflow.Assignment) bool {
		return a.Person == person && a.Stage == stage && slices.Contains(states, a.State)
	})
}

func againstClosing(c *workflow.Case, i itemRow, reason string) []fault.Reason {
	return againstSettling(c, i, "close", reason, []string{ItemDone, ItemNotAgreed}, false)
}

func againstReopening(c *workflow.Case, i itemRow, words string) []fault.Reason {
	return againstSettling(c, i, "reopen", words, []string{ItemDone, ItemNotAgreed, ItemClosed}, true)
}

// againstSettling gives every reason against closing or reopening an item now.
func againstSettling(c *workflow.Case, i itemRow, act, words string, states []string, wordsAlways bool) []fault.Reason {
	var reasons []fault.Reason
	add := func(code, field, text string) {
		reasons = append(reasons, fault.Reason{Code: code, Field: field, Text: text})
	}
	allowed, withReason := settles(c, i)
	if !allowed {
		add("not_asker", "", "An item is closed or reopened by the reviewer who asked, by their successor at that stage, or by leadership.")
	}
	_, inStage := c.Stage()
	switch {
	case inStage || c.State == programme.Approved:
	case c.State == programme.ChangesRequested && act == "reopen":
	case c.State == programme.ChangesRequested:
		add("with_authors", "", "The authors are still working, and their answer can still change. Close the item once they have submitted again.")
	default:
		add("wrong_state", "", "Items are settled while a proposal climbs. This one is "+workflow.StateName(c.Programme, c.State)+".")
	}
	switch {
	case slices.Contains(states, i.State):
	case i.State == ItemOpen && act == "reopen":
		add("item_open", "", "This item is open already: the authors have not answered it yet.")
	case i.State == ItemOpen:
		add("item_unanswered", "", "The authors have not answered this item yet.")
	default:
		add("item_closed", "", "This item is closed already.")
	}
	field := ItemField(i.ID, "reason")
	if words == "" && wordsAlways {
		add("words_missing", field, "Say what is still missing, so that the authors know what to do.")
	} else if words == "" && allowed && withReason {
		add("no_reason", field, "Say why you settle an item that somebody else asked for.")
	}
	if r, bad := tooLong(field, "The reason", words, maxWords); bad {
		reasons = append(reasons, r)
	}
	return reasons
}

// lockItem locks the proposal of a sent item, then the item, and reads both.
func (s *Service) lockItem(ctx context.Context, tx *sqlx.Tx, by workflow.Actor, item int64) (*workflow.Case, itemRow, error) {
	i, err := s.item(ctx, tx, item, "")
	if err != nil {
		return nil, i, err
	}
	c, err := s.Workflow.Lock(ctx, tx, i.Proposal, by)
	if fault.KindOf(err) == fault.NotFound {
		return nil, i, errNoItem
	}
	if err != nil {
		return nil, i, err
	}
	i, err = s.item(ctx, tx, item, " for update")
	if err == nil && i.State == ItemDraft {
		err = errNoItem
	}
	return c, i, err
}
