package workflow_test

import (
	"slices"
	"testing"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

func TestAProposalClimbsFromDraftToPublished(t *testing.T) {
	w := newWorld(t)
	tm := w.team()
	author := w.person("Ada")
	id := w.proposal(author)

	if _, err := w.submit(id, author, content{"p1", "t1", "l1"}); err != nil {
		t.Fatal(err)
	}
	w.state(id, "technical")
	c := w.look(id, author)
	if c.Turn != workflow.TurnLeadership || c.TurnFor != workflow.ForChoosing || c.TurnDue == nil {
		t.Fatalf("a newcomer's first proposal: turn %s for %s due %v, want leadership's choice", c.Turn, c.TurnFor, c.TurnDue)
	}
	w.must(w.svc.Assign(w.ctx, actor(tm.lead1), id, c.Seen(), tm.tech, 0, ""))
	a, ok := w.look(id, tm.tech).OpenAssignment(tm.tech)
	if !ok {
		t.Fatal("the technical reviewer isn't asked")
	}
	w.must(w.svc.Accept(w.ctx, actor(tm.tech), a.ID, workflow.Seen{}))
	for _, step := range []struct {
		by   int64
		want string
	}{{tm.tech, "educational"}, {tm.edu1, "educational"}, {tm.edu2, "final"}} {
		if _, err := w.move(id, step.by, programme.SignOff, nil); err != nil {
			t.Fatal(err)
		}
		w.state(id, step.want)
	}
	final := w.look(id, author).TurnNames()
	if !slices.Equal(final, []string{"Lena"}) {
		t.Fatalf("the final stage is %v's turn, want Lena's", final)
	}
	_, err := w.move(id, tm.lead1, programme.SignOff, nil)
	w.must(err)
	w.state(id, programme.Approved)

	_, err = w.move(id, tm.lead1, programme.Publish, nil)
	for _, code := range []string{"no_owner", "no_review_date"} {
		if !fault.Has(err, code) {
			t.Errorf("publishing without details: %v, want %s among the reasons", err, code)
		}
	}
	w.details(id, tm.lead1)
	_, err = w.move(id, tm.lead1, programme.Publish, nil)
	w.must(err)
	w.state(id, programme.Published)

	want := []string{
		"choose_reviewers Lena", "choose_reviewers Luke", "review_offered Tess",
		"review_offered Edith", "review_offered Edgar", "state_changed Ada",
		"review_offered Lena", "state_changed Ada", "final_reached Luke",
		"publish Luke", "state_changed Ada", "state_changed Ada",
	}
	if got := w.mails(id); !slices.Equal(got, want) {
		t.Errorf("mails:\n got %q\nwant %q", got, want)
	}
	entries, proposals, err := workflow.VerifyHistory(w.ctx, w.db)
	if err != nil || proposals != 1 || entries != 9 {
		t.Errorf("verifying: %d entries of %d proposals, %v", entries, proposals, err)
	}
}

func TestWhatChangesIsReviewedAgainAndTheRestStays(t *testing.T) {
	w := newWorld(t)
	tm := w.team()
	author := w.person("Ada")
	id := w.proposal(author)
	w.climbToEducational(id, author, tm)
	_, err := w.move(id, tm.edu1, programme.SignOff, nil)
	w.must(err)
	item, err := w.request(id, tm.edu2, programme.RequestChanges)
	w.must(err)
	w.state(id, programme.ChangesRequested)

	if _, err := w.submit(id, author, content{"p1", "t2", "l1"}); !fault.Has(err, "item_unanswered") {
		t.Fatalf("resubmitting with an open item: %v", err)
	}
	w.resolve(id, author, item, "done")
	_, err = w.submit(id, author, content{"p1", "t2", "l1"})
	w.must(err)
	w.state(id, "educational") // the package is the same, so technical stands
	c := w.look(id, tm.edu1)
	if len(c.ValidSignOffs("technical")) != 1 || len(c.ValidSignOffs("educational")) != 0 {
		t.Fatalf("valid sign-offs: %d technical, %d educational; want 1 and 0",
			len(c.ValidSignOffs("technical")), len(c.ValidSignOffs("educational")))
	}
	if names := c.TurnNames(); !slices.Contains(names, "Edith") || !slices.Contains(names, "Edgar") {
		t.Fatalf("the turn is %v's, want the same two reviewers", names)
	}
	if _, err := w.move(id, tm.edu1, programme.SignOff, func(m *workflow.Move) { m.Carry, m.Reason = true, "Only a typo." }); !fault.Has(err, "item_unclosed") {
		t.Fatalf("signing with an unclosed item: %v", err)
	}
	w.resolve(id, tm.edu2, item, "closed")
	if _, err := w.move(id, tm.edu1, programme.SignOff, func(m *workflow.Move) { m.Carry = true }); !fault.Has(err, "no_reason") {
		t.Fatalf("carrying forward without a reason: %v", err)
	}
	if _, err := w.move(id, tm.edu1, programme.SignOff, func(m *workflow.Move) { m.Carry, m.Reason = true, "Only a typo." }); err != nil {
		t.Fatal(err)
	}
	if _, err := w.move(id, tm.edu2, programme.SignOff, nil); err != nil {
		t.Fatal(err)
	}
	w.state(id, "final")
}
