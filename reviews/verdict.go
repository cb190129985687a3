package reviews

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// SignOff records the actor's yes at the stage where the proposal stands. It is
// refused, with every reason at once, unless each essential criterion is met,
// the threshold is reached, no draft item is left unsent, and the workflow
// allows it (this stage's items closed, independence, what the actor saw).
func (s *Service) SignOff(ctx context.Context, by workflow.Actor, proposal int64, seen workflow.Seen) (workflow.Result, error) {
	m := workflow.Move{Proposal: proposal, Seen: seen, Event: programme.SignOff, By: by}
	return s.yes(ctx, m, func(ctx context.Context, tx *sqlx.Tx, c *workflow.Case) ([]fault.Reason, error) {
		a, ok := c.OpenAssignment(by.Person)
		if !ok {
			return nil, nil // the workflow says so
		}
		// No answer may change between being counted and being signed: Answer
		// holds this row while it writes.
		if _, err := s.duty(ctx, tx, a.ID, " for update"); err != nil {
			return nil, err
		}
		given, err := answers(ctx, tx, a.ID)
		if err != nil {
			return nil, err
		}
		stage, _ := c.Programme.Stage(a.Stage)
		return score(stage.Rubric, decisions(given)).reasons(), nil
	})
}

// CarryForward repeats, with a reason, the sign-off that the actor gave at this
// stage and that was voided because its parts changed: one step, after seeing
// the difference.
func (s *Service) CarryForward(ctx context.Context, by workflow.Actor, proposal int64, seen workflow.Seen, reason string) (workflow.Result, error) {
	reason = strings.TrimSpace(reason)
	m := workflow.Move{Proposal: proposal, Seen: seen, Event: programme.SignOff, By: by, Carry: true, Reason: reason}
	return s.yes(ctx, m, func(context.Context, *sqlx.Tx, *workflow.Case) ([]fault.Reason, error) {
		var own []fault.Reason
		if reason == "" {
			own = append(own, fault.Reason{Code: "reason_missing", Field: "reason",
				Text: "Say why your sign-off still stands after these changes."})
		}
		if r, bad := tooLong("reason", "The reason", reason, maxWords); bad {
			own = append(own, r)
		}
		return own, nil
	})
}

// yes signs off, once our own reasons and the workflow's are all heard.
func (s *Service) yes(ctx context.Context, m workflow.Move,
	more func(context.Context, *sqlx.Tx, *workflow.Case) ([]fault.Reason, error)) (workflow.Result, error) {
	var res workflow.Result
	err := postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		c, err := s.Workflow.Lock(ctx, tx, m.Proposal, m.By)
		if err != nil {
			return err
		}
		own, err := more(ctx, tx, c)
		if err != nil {
			return err
		}
		drafts, err := ownDrafts(ctx, tx, m.Proposal, m.By)
		if err != nil {
			return err
		}
		own = append(own, unsent(drafts)...)
		if err := joined("Your sign-off was not recorded.", s.Workflow.Against(ctx, tx, m), own); err != nil {
			return err
		}
		if err := discardBlank(ctx, tx, drafts); err != nil {
			return err
		}
		res, err = s.Workflow.Move(ctx, tx, m)
		return err
	})
	if err != nil {
		return workflow.Result{}, wrap("signing off", err)
	}
	return res, nil
}

// ownDrafts reads and locks the actor's draft items on a proposal.
func ownDrafts(ctx context.Context, tx *sqlx.Tx, proposal int64, by workflow.Actor) ([]itemRow, error) {
	var drafts []itemRow
	if err := tx.SelectContext(ctx, &drafts, lockDraftsSQL, proposal, by.Person); err != nil {
		return nil, fmt.Errorf("reading the draft items of proposal %d: %w", proposal, err)
	}
	return drafts, nil
}

// unsent refuses a sign-off over items that were written and not sent: they
// would be lost, or they contradict it.
func unsent(drafts []itemRow) []fault.Reason {
	n := 0
	for _, d := range drafts {
		if !d.ask().blank() {
			n++
		}
	}
	switch n {
	case 0:
		return nil
	case 1:
		return []fault.Reason{{Code: "unsent_items", Field: "items", Text: "You have written an item that was not sent: send it with a change request, or delete it."}}
	}
	return []fault.Reason{{Code: "unsent_items", Field: "items",
		Text: fmt.Sprintf("You have written %d items that were not sent: send them with a change request, or delete them.", n)}}
}

const discardSQL = `delete from change_items where id = any(cast($1 as bigint[])) and state = 'draft'`

// discardBlank removes drafts that were begun and never written.
func discardBlank(ctx context.Context, tx *sqlx.Tx, drafts []itemRow) error {
	var blank []int64
	for _, d := range drafts {
		if d.ask().blank() {
			blank = append(blank, d.ID)
		}
	}
	if len(blank) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, discardSQL, pq.Array(blank))
	return err
}

// RequestChanges sends the actor's draft items to the authors: those named, or
// all of them where none is. Items of this stage that were reopened go with
// them. An item must name its criterion (or General), place and words; what is
// missing of any is told at once, by field. For an assigned reviewer and for
// leadership.
func (s *Service) RequestChanges(ctx context.Context, by workflow.Actor, proposal int64, seen workflow.Seen, items ...int64) (workflow.Result, error) {
	return s.send(ctx, workflow.Move{Proposal: proposal, Seen: seen, Event: programme.RequestChanges, By: by, Items: items})
}

// Return takes an approved proposal back, as leadership, with at least one item
// and a reason; otherwise as RequestChanges. Items of any stage that were
// reopened go with it: none of them could be answered where it stands.
func (s *Service) Return(ctx context.Context, by workflow.Actor, proposal int64, seen workflow.Seen, reason string, items ...int64) (workflow.Result, error) {
	return s.send(ctx, workflow.Move{Proposal: proposal, Seen: seen, Event: programme.Return, By: by,
		Reason: strings.TrimSpace(reason), Items: items})
}

// Of a stage, or ("") of any: whatever was reopened since goes back with a return.
const reopenedSQL = itemColumns + ` where proposal_id = $1 and (stage = $2 or $2 = '') and state = 'open' order by id for update`

// A sent item is about the stage and the revision that it was sent from,
// whenever its draft was begun.
const sendSQL = `
update change_items
set state = 'open', request = $2, asked_at = case when state = 'draft' then $3 else asked_at end,
    stage = case when state = 'draft' then $4 else stage end,
    assignment = case when state = 'draft' then nullif($5, 0) else assignment end,
    revision = case when state = 'draft' then $6 else revision end,
    criterion = case when criterion = $7 and not $8 then '' else criterion end,
    version = version + 1
where id = any(cast($1 as bigint[]))`

func (s *Service) send(ctx context.Context, m workflow.Move) (workflow.Result, error) {
	var res workflow.Result
	err := postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		c, err := s.Workflow.Lock(ctx, tx, m.Proposal, m.By)
		if err != nil {
			return err
		}
		drafts, err := ownDrafts(ctx, tx, m.Proposal, m.By)
		if err != nil {
			return err
		}
		stage, _ := judging(c)
		from := stage.Key
		if m.Event == programme.Return {
			from = ""
		}
		var reopened []itemRow
		if err := tx.SelectContext(ctx, &reopened, reopenedSQL, m.Proposal, from); err != nil {
			return err
		}
		chosen, own := choose(drafts, m.Items, stage)
		m.Items = nil
		for _, i := range append(chosen, reopened...) {
			m.Items = append(m.Items, i.ID)
		}
		if err := joined("The request was not sent.", s.Workflow.Against(ctx, tx, m), own); err != nil {
			return err
		}
		if res, err = s.Workflow.Move(ctx, tx, m); err != nil {
			return err
		}
		if err := discardBlank(ctx, tx, drafts); err != nil {
			return err
		}
		assignment, _ := c.OpenAssignment(m.By.Person)
		_, generalIsCriterion := stage.Criterion(General)
		_, err = tx.ExecContext(ctx, sendSQL, pq.Array(m.Items), res.Seq, s.now(), stage.Key, assignment.ID, c.Revision, General, generalIsCriterion)
		return err
	})
	if err != nil {
		return workflow.Result{}, wrap("requesting changes", err)
	}
	return res, nil
}

// choose picks the drafts to send, and tells what they lack.
func choose(drafts []itemRow, named []int64, stage programme.Stage) (chosen []itemRow, reasons []fault.Reason) {
	named = slices.Compact(slices.Sorted(slices.Values(named)))
	for _, d := range drafts {
		if d.ask().blank() && !slices.Contains(named, d.ID) {
			continue
		}
		if len(named) > 0 && !slices.Contains(named, d.ID) {
			continue
		}
		chosen = append(chosen, d)
		reasons = append(reasons, d.ask().missing(d.ID, stage)...)
	}
	if len(named) > len(chosen) {
		reasons = append(reasons, fault.Reason{Code: "item_gone", Field: "items",
			Text: "One of the items is no longer a draft of yours: it was sent or deleted in another window. Look at the list again."})
	}
	return chosen, reasons
}
