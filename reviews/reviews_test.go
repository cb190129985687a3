package reviews

import (
	"errors"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

func TestReviewPresetsNothing(t *testing.T) {
	w := newWorld(t)
	id, who := w.submitted()
	before := w.count(`select count(*) from history`)
	p, err := w.reviews.Review(w.ctx, who, w.assignment(id, who))
	w.must(err)
	for _, c := range p.Criteria {
		if c.Given.Answer != Undecided || c.Given.Version != 0 || c.Earlier != nil {
			t.Errorf("%s is preset: %+v", c.Key, c.Given)
		}
	}
	if p.Since != 0 || p.Changed() || len(p.Parts) != 1 || p.Parts[0].Key != "package" {
		t.Errorf("a first look: since %d, parts %+v", p.Since, p.Parts)
	}
	if !p.SignOff.Offered || len(p.SignOff.Reasons) != 14 { // one for each essential criterion
		t.Errorf("a sign-off of an empty rubric: offered %v, %d reasons against it", p.SignOff.Offered, len(p.SignOff.Reasons))
	}
	if got := w.count(`select count(*) from history`) + w.count(`select count(*) from rubric_answers`); got != before {
		t.Errorf("looking wrote %d rows", got-before)
	}
	for _, other := range []workflow.Actor{w.lead, w.leader, w.any, w.edu} {
		_, err := w.reviews.Review(w.ctx, other, w.assignment(id, who))
		wantFault(t, err, fault.NotFound)
	}
}

func TestAnswerKeepsBothTextsOfTwoTabs(t *testing.T) {
	w := newWorld(t)
	id, who := w.submitted()
	a := w.assignment(id, who)
	v, err := w.reviews.Answer(w.ctx, who, a, "links_work", 0, Met, "first tab")
	w.must(err)
	if v != 1 {
		t.Fatalf("version %d, want 1", v)
	}
	again, err := w.reviews.Answer(w.ctx, who, a, "links_work", 0, Met, "first tab")
	if err != nil || again != 1 {
		t.Errorf("the same answer sent twice: version %d, %v", again, err)
	}
	for _, version := range []int{0, 7, 1 << 40} {
		_, err = w.reviews.Answer(w.ctx, who, a, "links_work", version, NotMet, "second tab")
		wantFault(t, err, fault.Stale, "changed_elsewhere")
		lost, ok := errors.AsType[*Overtaken](err)
		if !ok || lost.Words != "first tab" || lost.Choice != Met || lost.Version != 1 {
			t.Errorf("the other text is not in %+v", lost)
		}
	}
	v, err = w.reviews.Answer(w.ctx, who, a, "links_work", 1, Undecided, "both texts")
	if err != nil || v != 2 {
		t.Errorf("saving over the newer one: version %d, %v", v, err)
	}
}

func TestAnswerIsTheAssigneesAlone(t *testing.T) {
	w := newWorld(t)
	id, who := w.submitted()
	a := w.assignment(id, who)
	for _, other := range []workflow.Actor{w.lead, w.leader, w.any, w.edu, {}} {
		_, err := w.reviews.Answer(w.ctx, other, a, "links_work", 0, Met, "")
		wantFault(t, err, fault.NotFound)
	}
	_, err := w.reviews.Answer(w.ctx, who, a, "no_such", 0, Met, "")
	wantFault(t, err, fault.NotFound)
	_, err = w.reviews.Answer(w.ctx, who, a, "links_work", 0, "perhaps", string(make([]rune, maxWords+1)))
	wantFault(t, err, fault.Invalid, "unknown_answer", "too_long")

	w.ask(id, who) // suspends the review: drafts are kept, and may be written on
	if _, err := w.reviews.Answer(w.ctx, who, a, "links_work", 0, Met, "kept"); err != nil {
		t.Errorf("while suspended: %v", err)
	}
	if n := w.count(`select count(*) from rubric_answers`); n != 1 {
		t.Errorf("%d answers, want 1", n)
	}
}

func TestAnswerAfterTheSignOffIsRefused(t *testing.T) {
	w := newWorld(t)
	id, who := w.submitted()
	a := w.assignment(id, who)
	w.sign(id, who)
	_, err := w.reviews.Answer(w.ctx, who, a, "links_work", 1, NotMet, "")
	wantFault(t, err, fault.Refused, "review_over")
}

func TestSignOffTellsAllReasonsAtOnce(t *testing.T) {
	w := newWorld(t)
	id, tech := w.submitted()
	w.sign(id, tech)
	who := w.holders(id)[0]
	w.answerAll(id, who, map[string]string{"accurate_and_current": NotMet, "reflection_prompt": Undecided, "plain_english": NotMet})
	item := w.ask(id, who)
	w.answerItem(item, ItemDone, "")
	w.submit(id, "package 1", "teaching 1", "listing 2")
	_, _, err := w.reviews.DraftItem(w.ctx, who, id, Ask{Words: "unsent"})
	w.must(err)

	_, err = w.reviews.SignOff(w.ctx, who, id, w.load(id, who).Seen())
	wantFault(t, err, fault.Refused, "essential_not_met", "essential_undecided", "threshold", "unsent_items", "item_unclosed")
	p, perr := w.reviews.Review(w.ctx, who, w.assignment(id, who))
	w.must(perr)
	for _, r := range fault.ReasonsOf(err) {
		if !fault.Has(fault.New(fault.Refused, "", p.SignOff.Reasons...), r.Code) {
			t.Errorf("the page doesn't say %s", r.Code)
		}
	}
	if n := w.count(`select count(*) from sign_offs where person_id = $1`, who.Person); n != 0 {
		t.Errorf("%d sign-offs after a refusal", n)
	}
}

// The exact boundary, through the whole service: 37 of 43 points.
func TestSignOffAtTheThreshold(t *testing.T) {
	w := newWorld(t)
	id, tech := w.submitted()
	w.sign(id, tech)
	who := w.holders(id)[0]
	short := map[string]string{"right_strand": NotMet, "plain_english": NotMet, "stated_time": NotMet, "evaluation_plan": NotMet}
	w.answerAll(id, who, short)
	_, err := w.reviews.SignOff(w.ctx, who, id, w.load(id, who).Seen())
	wantFault(t, err, fault.Refused, "threshold")
	w.answerAll(id, who, map[string]string{"right_strand": NotMet, "plain_english": NotMet, "stated_time": NotMet})
	res, err := w.reviews.SignOff(w.ctx, who, id, w.load(id, who).Seen())
	w.must(err)
	if res.To != "educational" || res.SignOff == 0 {
		t.Errorf("%+v: the first of two sign-offs stays at the stage", res)
	}
}

func TestSignOffFromWhatIsGone(t *testing.T) {
	w := newWorld(t)
	id, who := w.submitted()
	w.answerAll(id, who, nil)
	seen := w.load(id, who).Seen()
	w.ask(id, w.leader)
	_, err := w.reviews.SignOff(w.ctx, who, id, seen)
	wantFault(t, err, fault.Stale)
	stale, ok := errors.AsType[*workflow.Stale](err)
	if !ok || len(stale.Meanwhile) == 0 || stale.Meanwhile[0].Event != programme.RequestChanges {
		t.Errorf("what happened meanwhile is not told: %+v", stale)
	}
}

// Two sign-offs of one reviewer: the second waits for the first, and is refused.
func TestTwoSignOffsAtOnce(t *testing.T) {
	w := newWorld(t)
	id, tech := w.submitted()
	w.sign(id, tech)
	who := w.holders(id)[0]
	w.answerAll(id, who, nil)
	seen := w.load(id, who).Seen()

	second := make(chan error, 1)
	err := postgres.InTx(w.ctx, w.db, func(tx *sqlx.Tx) error {
		_, err := w.wf.Move(w.ctx, tx, workflow.Move{Proposal: id, Seen: seen, Event: programme.SignOff, By: who})
		if err != nil {
			return err
		}
		go func() {
			_, err := w.reviews.SignOff(w.ctx, who, id, seen)
			second <- err
		}()
		w.waitForALock()
		return nil
	})
	w.must(err)
	if err := <-second; err == nil {
		t.Error("the same reviewer signed twice")
	} else {
		wantFault(t, err, fault.Refused, "already_signed")
	}
	if n := w.count(`select count(*) from sign_offs where proposal_id = $1 and stage = 'educational'`, id); n != 1 {
		t.Errorf("%d sign-offs, want 1", n)
	}
}

// waitForALock returns once a connection waits for another's lock.
func (w *world) waitForALock() {
	for w.count(`select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`) == 0 {
		if err := w.ctx.Err(); err != nil {
			w.t.Fatal(err)
		}
	}
}

// An answer can't slip in between being counted and being signed.
func TestAnswerWaitsForASignOff(t *testing.T) {
	w := newWorld(t)
	id, who := w.submitted()
	w.answerAll(id, who, nil)
	a := w.assignment(id, who)
	late := make(chan error, 1)
	w.tx(func(tx *sqlx.Tx) error {
		if _, err := w.reviews.duty(w.ctx, tx, a, " for update"); err != nil { // as SignOff holds it
			return err
		}
		go func() {
			_, err := w.reviews.Answer(w.ctx, who, a, "links_work", 1, NotMet, "")
			late <- err
		}()
		w.waitForALock()
		_, err := w.wf.Move(w.ctx, tx, workflow.Move{Proposal: id, Seen: w.load(id, who).Seen(), Event: programme.SignOff, By: who})
		return err
	})
	wantFault(t, <-late, fault.Refused, "review_over")
	if n := w.count(`select count(*) from rubric_answers where answer <> 'met'`); n != 0 {
		t.Error("a criterion that isn't met stands behind the sign-off")
	}
}

func TestSecondRoundShowsWhatChanged(t *testing.T) {
	w := newWorld(t)
	id, tech := w.submitted()
	w.sign(id, tech)
	edu := w.holders(id)
	w.sign(id, edu[0])
	item := w.ask(id, edu[1])
	w.answerItem(item, ItemNotAgreed, "Because.")
	w.submit(id, "package 1", "teaching 2", "listing 1")

	p, err := w.reviews.Review(w.ctx, edu[1], w.assignment(id, edu[1]))
	w.must(err)
	if p.Since != 1 || p.Parts[0].Changed || !p.Parts[1].Changed {
		t.Errorf("since %d, parts %+v: want the teaching part changed since revision 1", p.Since, p.Parts)
	}
	if len(p.Requests) != 1 || p.Requests[0].Items[0].Answer != "Because." || !p.Requests[0].Items[0].Close.Allowed() {
		t.Errorf("the state of the change request: %+v", p.Requests)
	}

	// The colleague's sign-off was voided: it can be carried forward, in one step.
	p, err = w.reviews.Review(w.ctx, edu[0], w.assignment(id, edu[0]))
	w.must(err)
	if p.Carried == nil || p.Carried.Revision != 1 || !p.Carry.Offered {
		t.Fatalf("nothing to carry forward: %+v", p.Carry)
	}
	if c := p.Criteria[0]; c.Given.Answer != Undecided || c.Earlier == nil || c.Earlier.Answer != Met {
		t.Errorf("the earlier answer is shown beside, not preset: %+v", c)
	}
	_, err = w.reviews.CarryForward(w.ctx, edu[0], id, p.Case.Seen(), " ")
	wantFault(t, err, fault.Refused, "no_reason", "item_unclosed")
	w.must(w.reviews.CloseItem(w.ctx, edu[1], item, w.version(item), ""))
	res, err := w.reviews.CarryForward(w.ctx, edu[0], id, p.Case.Seen(), "Only a typing error was mended.")
	w.must(err)
	if res.SignOff == 0 || w.count(`select count(*) from sign_offs where id = $1 and carried_from = $2 and reason <> ''`, res.SignOff, p.Carried.ID) != 1 {
		t.Errorf("%+v is not carried from %d", res, p.Carried.ID)
	}
	verdicts, err := w.reviews.Verdicts(w.ctx, w.db, w.load(id, w.lead))
	w.must(err)
	if len(verdicts) != 2 { // the technical reviewer's, and the one that was voided
		t.Errorf("%d verdicts, want 2", len(verdicts))
	}
}
