package authoring

import (
	"slices"
	"sync"
	"testing"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

func TestSubmit(t *testing.T) {
	r := newRoom(t)
	ada, ben := r.person("ada"), r.person("ben")
	id := r.ready(ada)
	if err := r.Invite(t.Context(), ada, id, "ben@example.org", Attribution{Name: "Ben Cole"}); err != nil {
		t.Fatal(err)
	}
	check, err := r.Check(t.Context(), ada, id)
	if err != nil || len(check.Reasons) > 0 {
		t.Fatal(err, check.Reasons)
	}
	// A co-author edits, the lead submits.
	check, err = r.Check(t.Context(), ben, id)
	if err != nil || len(check.Reasons) != 1 || check.Reasons[0].Code != "not_lead" {
		t.Fatal(err, check.Reasons)
	}
	_, err = r.Submit(t.Context(), ben, id, Submission{Seen: r.seen(ben, id)})
	wants(t, err, fault.Forbidden, "not_lead")
	// Not what was checked.
	_, err = r.Submit(t.Context(), ada, id, Submission{Seen: r.seen(ada, id), Version: 1})
	wants(t, err, fault.Stale)
	_, err = r.Submit(t.Context(), ada, id, Submission{Seen: workflow.Seen{State: programme.ChangesRequested, Revision: 1}})
	wants(t, err, fault.Stale)
	if n := r.count(`select count(*) from revisions`); n != 0 {
		t.Fatalf("%d revisions of refused submits", n)
	}

	d := r.draft(ada, id)
	res := r.submit(ada, id)
	if res.To != "technical" || res.Revision != 1 {
		t.Errorf("%+v", res)
	}
	rev, err := r.Revision(t.Context(), ada, id, 1)
	if err != nil {
		t.Fatal(err)
	}
	if rev.Title != "Leading a ward round" || rev.Package != *d.Package || rev.SubmittedBy != ada.Person || rev.SubmittedByName != "Ada Price" {
		t.Errorf("%+v", rev)
	}
	if got := attributions(rev.Content.Listing.Authors); !slices.Equal(got, []string{"Ada Price, Registrar, East Hospital", "Ben Cole"}) {
		t.Errorf("%v", got)
	}
	// The bytes that were digested are the bytes that are stored, and give the same again.
	for part, value := range map[string]any{programme.PartTeaching: rev.Content.Teaching, programme.PartListing: rev.Content.Listing} {
		var body string
		r.get(&body, `select body from revision_parts where proposal_id = $1 and revision = 1 and part = $2`, id, part)
		again, err := Canonical(value)
		if err != nil || again != body || Digest(body) != rev.Digests[part] {
			t.Errorf("%s: %v\n%s\n%s", part, err, body, again)
		}
	}
	// The same content submitted again has the same digests.
	r.backToAuthors(ada, id)
	r.submit(ada, id)
	revisions, err := r.Revisions(t.Context(), ada, id)
	if err != nil || len(revisions) != 2 {
		t.Fatal(revisions, err)
	}
	for part, digest := range revisions[0].Digests {
		if revisions[1].Digests[part] != digest {
			t.Errorf("%s changed though no word did", part)
		}
	}
	_, err = r.Revision(t.Context(), ada, id, 1<<40) // as an address may have it
	wants(t, err, fault.NotFound)
	_, err = r.Revision(t.Context(), ada, id, 3)
	wants(t, err, fault.NotFound)
}

func TestSubmitSaysEverythingAtOnce(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	id := r.proposal(ada)
	_, err := r.Submit(t.Context(), ada, id, Submission{Seen: r.seen(ada, id), Version: 1})
	wants(t, err, fault.Refused, "missing")
	if n := len(fault.ReasonsOf(err)); n < 20 {
		t.Errorf("%d reasons", n)
	}
	for _, reason := range fault.ReasonsOf(err) {
		if SectionOf(reason.Field) == "" {
			t.Errorf("no page mends %+v", reason)
		}
	}
	if n := r.count(`select count(*) from revisions`); n != 0 {
		t.Error("a refused submit left a revision")
	}
	// With an unanswered item, that is among them.
	id = r.ready(ada)
	r.submit(ada, id)
	r.backToAuthors(ada, id)
	r.exec(`insert into change_items (proposal_id, stage, asked_by, place, words, state, revision, request, asked_at, created_at)
		values ($1, 'technical', $2, 'Slide 3', 'Mend it', 'open', 1, 2, $3, $3)`, id, ada.Person, r.clock.Now())
	if err := r.RemovePackage(t.Context(), ada, id, 0); err != nil {
		t.Fatal(err)
	}
	_, err = r.Submit(t.Context(), ada, id, Submission{Seen: r.seen(ada, id)})
	wants(t, err, fault.Refused, "missing", "item_unanswered")
}

func TestTwoSubmitsAtOnce(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	id := r.ready(ada)
	seen, version := r.seen(ada, id), r.draft(ada, id).Version
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = r.Submit(t.Context(), ada, id, Submission{Seen: seen, Version: version})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		wants(t, err, fault.Stale)
	}
	if n := r.count(`select count(*) from revisions`); won != 1 || n != 1 {
		t.Errorf("%d won, %d revisions", won, n)
	}
}

func TestSuggestedTitles(t *testing.T) {
	r := newRoom(t)
	ada, ben, lena := r.person("ada"), r.person("ben"), r.person("lena", workflow.Leadership)
	ctx := t.Context()
	_, err := r.OfferTitle(ctx, ada, Suggestion{Title: "X", Strand: "practice"})
	wants(t, err, fault.Forbidden, "not_leadership")
	_, err = r.OfferTitle(ctx, lena, Suggestion{Title: " ", Strand: "gone"})
	wants(t, err, fault.Invalid, "missing")
	title, err := r.OfferTitle(ctx, lena, Suggestion{Title: "Chairing a meeting", Strand: "practice", Note: "Short"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.OfferTitle(ctx, lena, Suggestion{Title: "chairing A meeting", Strand: "practice"})
	wants(t, err, fault.Invalid, "offered_already")

	// Both write; the first to submit takes it.
	start := func(by workflow.Actor) int64 {
		id, err := r.Create(ctx, by, Idea{SuggestedTitle: title})
		if err != nil {
			t.Fatal(err)
		}
		r.save(by, id, complete())
		r.attach(by, id, "x.zip")
		return id
	}
	first, second := start(ada), start(ben)
	if list, _ := r.Titles(ctx); len(list) != 1 || !list[0].Free() {
		t.Errorf("a draft took the title: %+v", list)
	}
	r.submit(ada, first)
	list, err := r.Titles(ctx)
	if err != nil || len(list) != 1 || list[0].TakenBy != first || list[0].Free() {
		t.Errorf("%+v %v", list, err)
	}
	_, err = r.Create(ctx, ben, Idea{SuggestedTitle: title})
	wants(t, err, fault.Refused, "title_taken")
	_, err = r.Submit(ctx, ben, second, Submission{Seen: r.seen(ben, second)})
	wants(t, err, fault.Refused, "title_taken")
	if check, err := r.Check(ctx, ben, second); err != nil || len(check.Reasons) != 1 || check.Reasons[0].Code != "title_taken" {
		t.Errorf("the check says %v, %v", check.Reasons, err)
	}
	if r.draft(ben, second).SuggestedTitle != title {
		t.Error("a refused submit dropped the title")
	}
	if _, err = r.Submit(ctx, ben, second, Submission{Seen: r.seen(ben, second), OwnIdea: true}); err != nil {
		t.Fatal(err)
	}

	// Withdrawing the proposal frees the title; withdrawing the title ends it.
	tx := r.db.MustBegin()
	if _, err := r.Workflow.Move(ctx, tx, workflow.Move{Proposal: first, Seen: r.seen(ada, first), Event: programme.Withdraw, By: ada}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if list, _ = r.Titles(ctx); !list[0].Free() {
		t.Errorf("%+v", list)
	}
	wants(t, r.WithdrawTitle(ctx, ben, title), fault.Forbidden)
	wants(t, r.WithdrawTitle(ctx, lena, 99), fault.NotFound)
	if err := r.WithdrawTitle(ctx, lena, title); err != nil {
		t.Fatal(err)
	}
	_, err = r.Create(ctx, ben, Idea{SuggestedTitle: title})
	wants(t, err, fault.Refused, "title_withdrawn")
}

// Of two who submit on one title at the same moment, one takes it.
func TestOneTitleTwoSubmitsAtOnce(t *testing.T) {
	r := newRoom(t)
	lena := r.person("lena", workflow.Leadership)
	title, err := r.OfferTitle(t.Context(), lena, Suggestion{Title: "Chairing a meeting", Strand: "practice"})
	if err != nil {
		t.Fatal(err)
	}
	people := []workflow.Actor{r.person("ada"), r.person("ben"), r.person("cat")}
	var ids []int64
	for _, by := range people {
		id, err := r.Create(t.Context(), by, Idea{SuggestedTitle: title})
		if err != nil {
			t.Fatal(err)
		}
		r.save(by, id, complete())
		r.attach(by, id, "x.zip")
		ids = append(ids, id)
	}
	var wg sync.WaitGroup
	errs := make([]error, len(people))
	for i, by := range people {
		seen := r.seen(by, ids[i])
		wg.Go(func() { _, errs[i] = r.Submit(t.Context(), by, ids[i], Submission{Seen: seen}) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		wants(t, err, fault.Refused, "title_taken")
	}
	if won != 1 {
		t.Errorf("%d took the title", won)
	}
}
