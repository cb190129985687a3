package reviews

import (
	"errors"
	"testing"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

func TestDraftItemsAreTheirWritersAlone(t *testing.T) {
	w := newWorld(t)
	id, who := w.submitted()
	item, v, err := w.reviews.DraftItem(w.ctx, who, id, Ask{Words: "mine"})
	w.must(err)
	for _, other := range []workflow.Actor{w.lead, w.leader} {
		requests, err := w.reviews.Requests(w.ctx, w.load(id, other))
		w.must(err)
		drafts, err := w.reviews.Drafts(w.ctx, w.load(id, other))
		w.must(err)
		if len(requests)+len(drafts) != 0 {
			t.Errorf("person %d sees a draft", other.Person)
		}
		_, err = w.reviews.Item(w.ctx, other, item)
		wantFault(t, err, fault.NotFound)
		_, err = w.reviews.SaveItem(w.ctx, other, item, v, Ask{})
		wantFault(t, err, fault.NotFound)
		wantFault(t, w.reviews.DeleteItem(w.ctx, other, item), fault.NotFound)
	}
	v2, err := w.reviews.SaveItem(w.ctx, who, item, v, Ask{General, "slide 4", "mine, longer"})
	w.must(err)
	_, err = w.reviews.SaveItem(w.ctx, who, item, v, Ask{General, "slide 4", "another tab"})
	wantFault(t, err, fault.Stale, "changed_elsewhere")
	if lost, ok := errors.AsType[*Overtaken](err); !ok || lost.Words != "mine, longer" || lost.Place != "slide 4" || lost.Version != v2 {
		t.Errorf("the other text is not in %+v", lost)
	}
	mine, err := w.reviews.Item(w.ctx, who, item)
	w.must(err)
	if mine.State != ItemDraft || mine.About != General || mine.Words != "mine, longer" || mine.Version != v2 || len(mine.Missing) > 0 {
		t.Errorf("its writer reads %+v", mine)
	}
	w.must(w.reviews.DeleteItem(w.ctx, who, item))
	_, err = w.reviews.Item(w.ctx, who, item)
	wantFault(t, err, fault.NotFound)
	_, _, err = w.reviews.DraftItem(w.ctx, w.lead, id, Ask{Words: "an author"})
	wantFault(t, err, fault.Refused, "not_asker")
	_, _, err = w.reviews.DraftItem(w.ctx, w.any, id, Ask{Words: "a stranger"})
	wantFault(t, err, fault.NotFound)
}

func TestRequestNeedsCompleteItems(t *testing.T) {
	w := newWorld(t)
	id, who := w.submitted()
	seen := w.load(id, who).Seen()
	_, err := w.reviews.RequestChanges(w.ctx, who, id, seen)
	wantFault(t, err, fault.Refused, "no_items")
	blank, _, err := w.reviews.DraftItem(w.ctx, who, id, Ask{})
	w.must(err)
	item, v, err := w.reviews.DraftItem(w.ctx, who, id, Ask{Criterion: "right_strand"}) // of another stage
	w.must(err)
	_, err = w.reviews.RequestChanges(w.ctx, who, id, seen)
	wantFault(t, err, fault.Refused, "item_criterion", "item_place", "item_words")
	for _, r := range fault.ReasonsOf(err) {
		if want := ItemField(item, r.Code[len("item_"):]); r.Field != want {
			t.Errorf("%s is linked to %q, want %q", r.Code, r.Field, want)
		}
	}
	_, err = w.reviews.SaveItem(w.ctx, who, item, v, Ask{"links_work", "slide 4", "The second link is dead."})
	w.must(err)
	res, err := w.reviews.RequestChanges(w.ctx, who, id, seen)
	w.must(err)
	if res.To != programme.ChangesRequested {
		t.Errorf("%+v", res)
	}
	if n := w.count(`select count(*) from change_items where id = $1`, blank); n != 0 {
		t.Error("an item that was never written is still there")
	}
	if n := w.count(`select count(*) from change_items where id = $1 and state = 'open' and request = $2 and stage = 'technical' and assignment is not null`, item, res.Seq); n != 1 {
		t.Error("the item isn't part of its request")
	}
}

func TestLeadershipAsksAndReturns(t *testing.T) {
	w := newWorld(t)
	id, who := w.submitted()
	item := w.ask(id, w.leader)
	if n := w.count(`select count(*) from change_items where id = $1 and assignment is null and criterion = ''`, item); n != 1 {
		t.Error("leadership asks without an assignment, in general")
	}
	w.answerItem(item, ItemDone, "")
	w.submit(id, "package 1", "teaching 1", "listing 1")
	_, err := w.reviews.SignOff(w.ctx, who, id, w.load(id, who).Seen())
	wantFault(t, err, fault.Refused, "item_unclosed")
	wantFault(t, w.reviews.CloseItem(w.ctx, w.leader2, item, w.version(item), ""), fault.Refused, "no_reason")
	wantFault(t, w.reviews.CloseItem(w.ctx, who, item, w.version(item), "not mine"), fault.Forbidden, "not_asker")
	w.must(w.reviews.CloseItem(w.ctx, w.leader, item, w.version(item), ""))

	w.sign(id, who)
	for range 2 {
		w.sign(id, w.holders(id)[0])
	}
	final := w.holders(id)[0]
	w.sign(id, final)
	other := w.leader
	if other == final {
		other = w.leader2
	}
	_, err = w.reviews.Return(w.ctx, other, id, w.load(id, other).Seen(), "")
	wantFault(t, err, fault.Refused, "no_items")
	// What was reopened by then goes with it, from whatever stage: nobody could answer it here.
	w.must(w.reviews.ReopenItem(w.ctx, w.leader, item, w.version(item), "Not quite."))
	back, _, err := w.reviews.DraftItem(w.ctx, other, id, Ask{"licence_chosen", "listing", "Choose another licence."})
	w.must(err)
	res, err := w.reviews.Return(w.ctx, other, id, w.load(id, other).Seen(), "A late thought.")
	w.must(err)
	if res.To != programme.ChangesRequested || w.count(`select count(*) from change_items where id = $1 and stage = 'final' and assignment is null`, back) != 1 {
		t.Errorf("%+v", res)
	}
	if n := w.count(`select count(*) from change_items where id = $1 and request = $2 and stage = 'technical'`, item, res.Seq); n != 1 {
		t.Error("the reopened item of another stage isn't part of the return")
	}
}

func TestAuthorsAnswerEachItem(t *testing.T) {
	w := newWorld(t)
	id, who := w.submitted()
	item := w.ask(id, who)
	v := w.version(item)
	entries := func() int { return w.count(`select count(*) from history where event like 'item_%'`) }

	for _, other := range []workflow.Actor{who, w.leader} {
		_, err := w.reviews.AnswerItem(w.ctx, other, item, v, ItemDone, "")
		wantFault(t, err, fault.Forbidden)
	}
	_, err := w.reviews.AnswerItem(w.ctx, w.any, item, v, ItemDone, "")
	wantFault(t, err, fault.NotFound)
	_, err = w.reviews.AnswerItem(w.ctx, w.lead, item, v, ItemNotAgreed, " ")
	wantFault(t, err, fault.Invalid, "words_missing")
	_, err = w.reviews.AnswerItem(w.ctx, w.lead, item, v, "closed", "")
	wantFault(t, err, fault.Invalid, "unknown_answer")

	v2, err := w.reviews.AnswerItem(w.ctx, w.coauthor, item, v, "", "half a sen") // typed, no decision
	w.must(err)
	if w.itemState(item) != ItemOpen || entries() != 0 {
		t.Error("words alone are no act")
	}
	requests, err := w.reviews.Requests(w.ctx, w.load(id, who))
	w.must(err)
	if got := requests[0].Items[0].Answer; got != "" {
		t.Errorf("the reviewer reads a half-written answer: %q", got)
	}
	_, err = w.reviews.AnswerItem(w.ctx, w.lead, item, v, ItemDone, "the lead's tab")
	wantFault(t, err, fault.Stale, "changed_elsewhere")
	if lost, ok := errors.AsType[*Overtaken](err); !ok || lost.Words != "half a sen" {
		t.Errorf("the other text is not in %+v", lost)
	}
	v3, err := w.reviews.AnswerItem(w.ctx, w.lead, item, v2, ItemDone, "Done on slide 4.")
	w.must(err)
	if again, err := w.reviews.AnswerItem(w.ctx, w.lead, item, v2, ItemDone, "Done on slide 4."); err != nil || again != v3 {
		t.Errorf("sent twice: %d, %v", again, err)
	}
	if entries() != 1 {
		t.Errorf("%d entries in the history, want 1", entries())
	}
	wantFault(t, w.reviews.CloseItem(w.ctx, who, item, v3, ""), fault.Refused, "with_authors")
	w.submit(id, "package 2", "teaching 1", "listing 1")
	_, err = w.reviews.AnswerItem(w.ctx, w.lead, item, v3, ItemNotAgreed, "too late")
	wantFault(t, err, fault.Refused, "wrong_state")
}

// secondRound is an item that its reviewer asked for, answered, in review again.
func (w *world) secondRound() (id, item int64, who workflow.Actor) {
	w.t.Helper()
	id, who = w.submitted()
	item = w.ask(id, who)
	w.answerItem(item, ItemDone, "")
	w.submit(id, "package 2", "teaching 1", "listing 1")
	return id, item, who
}

func TestWhoClosesAndReopens(t *testing.T) {
	w := newWorld(t)
	id, item, who := w.secondRound()
	v := w.version(item)
	for _, other := range []workflow.Actor{w.lead, w.coauthor} {
		wantFault(t, w.reviews.CloseItem(w.ctx, other, item, v, "mine"), fault.Forbidden, "not_asker")
		wantFault(t, w.reviews.ReopenItem(w.ctx, other, item, v, "mine"), fault.Forbidden, "not_asker")
	}
	for _, other := range []workflow.Actor{w.any, w.edu} {
		wantFault(t, w.reviews.CloseItem(w.ctx, other, item, v, "stranger"), fault.NotFound)
	}
	wantFault(t, w.reviews.CloseItem(w.ctx, who, item, v-1, ""), fault.Stale)
	wantFault(t, w.reviews.CloseItem(w.ctx, w.leader, item, v, ""), fault.Refused, "no_reason")
	wantFault(t, w.reviews.ReopenItem(w.ctx, who, item, v, ""), fault.Refused, "words_missing")
	w.must(w.reviews.CloseItem(w.ctx, who, item, v, ""))
	wantFault(t, w.reviews.CloseItem(w.ctx, who, item, v+1, ""), fault.Refused, "item_closed")

	mails := w.count(`select count(*) from outbox where payload ->> 'notice' = 'item_reopened'`)
	w.must(w.reviews.ReopenItem(w.ctx, who, item, v+1, "Slide 5 has it too."))
	if n := w.count(`select count(*) from outbox where payload ->> 'notice' = 'item_reopened'`); n != mails+2 {
		t.Errorf("%d mails, want one to each author", n-mails)
	}
	requests, err := w.reviews.Requests(w.ctx, w.load(id, w.lead))
	w.must(err)
	said := requests[0].Items[0].Reopenings
	if len(said) != 1 || said[0].Words != "Slide 5 has it too." || said[0].By == "" {
		t.Errorf("what was said on reopening: %+v", said)
	}
	wantFault(t, w.reviews.ReopenItem(w.ctx, who, item, v+2, "again"), fault.Refused, "item_open")
	wantFault(t, w.reviews.CloseItem(w.ctx, who, item, v+2, ""), fault.Refused, "item_unanswered")

	// A reopened item goes back to the authors with a request, even alone.
	res, err := w.reviews.RequestChanges(w.ctx, who, id, w.load(id, who).Seen())
	w.must(err)
	if n := w.count(`select count(*) from change_items where id = $1 and request = $2`, item, res.Seq); n != 1 {
		t.Error("the reopened item isn't part of the new request")
	}
	w.answerItem(item, ItemNotAgreed, "Slide 5 is another matter.")
	w.must(w.reviews.ReopenItem(w.ctx, who, item, w.version(item), "It isn't.")) // while the authors still work
	if w.itemState(item) != ItemOpen {
		t.Error("not reopened")
	}
}

func TestTheSuccessorCloses(t *testing.T) {
	w := newWorld(t)
	id, item, who := w.secondRound()
	next := w.tech
	if next == who {
		next = w.tech2
	}
	w.must(w.wf.Decline(w.ctx, who, w.assignment(id, who), workflow.Seen{}, "On leave."))
	if h := w.holders(id); len(h) != 1 || h[0] != next {
		t.Fatalf("the successor should be %d: %v", next.Person, h)
	}
	wantFault(t, w.reviews.CloseItem(w.ctx, who, item, w.version(item), ""), fault.NotFound) // no longer theirs to see
	w.must(w.reviews.CloseItem(w.ctx, next, item, w.version(item), ""))
	if w.itemState(item) != ItemClosed {
		t.Error("not closed")
	}
}

func TestAColleagueIsNoSuccessor(t *testing.T) {
	w := newWorld(t)
	id, tech := w.submitted()
	w.sign(id, tech)
	edu := w.holders(id)
	item := w.ask(id, edu[0])
	w.answerItem(item, ItemDone, "")
	w.submit(id, "package 1", "teaching 2", "listing 1")
	wantFault(t, w.reviews.CloseItem(w.ctx, edu[1], item, w.version(item), "a colleague's"), fault.Forbidden, "not_asker")
	w.must(w.reviews.CloseItem(w.ctx, w.leader, item, w.version(item), "Agreed by telephone."))
}
