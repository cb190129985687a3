package authoring

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

func TestCreate(t *testing.T) {
	r := newRoom(t)
	ada, lena := r.person("ada"), r.person("lena", workflow.Leadership)
	id := r.proposal(ada)
	d := r.draft(ada, id)
	if d.Version != 1 || d.Content.Listing.Title != "Leading a ward round" || d.Package != nil || d.SuggestedTitle != 0 {
		t.Errorf("%+v", d)
	}
	want := []Author{{Attribution: Attribution{"Ada Price", "East Hospital", "Registrar"}, Email: "ada@example.org", Position: 1, Lead: true,
		Person: ada.Person, SignedIn: true, Active: true, AddedAt: r.clock.Now()}}
	if !reflect.DeepEqual(d.Authors, want) {
		t.Errorf("%+v", d.Authors)
	}
	_, err := r.Create(t.Context(), ada, Idea{Title: strings.Repeat("x", 1001)})
	wants(t, err, fault.Invalid, "too_long")
	_, err = r.Create(t.Context(), ada, Idea{SuggestedTitle: 99})
	wants(t, err, fault.NotFound)

	title, err := r.OfferTitle(t.Context(), lena, Suggestion{Title: "Chairing a meeting", Strand: "practice"})
	if err != nil {
		t.Fatal(err)
	}
	if id, err = r.Create(t.Context(), ada, Idea{SuggestedTitle: title}); err != nil {
		t.Fatal(err)
	}
	d = r.draft(ada, id)
	if d.SuggestedAs != "Chairing a meeting" || d.Content.Listing.Title != "Chairing a meeting" || d.Content.Teaching.Strand != "practice" {
		t.Errorf("%+v", d)
	}
	if n := r.count(`select count(*) from proposals`); n != 2 {
		t.Errorf("%d proposals: a refused one left something", n)
	}
}

func TestSave(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	id := r.proposal(ada)
	c := complete().Normalised()
	if v := r.save(ada, id, c); v != 2 {
		t.Errorf("version %d", v)
	}
	if got := r.draft(ada, id).Content; !reflect.DeepEqual(got, c) {
		t.Errorf("%+v", got)
	}
	// The same words again are no change; nor do others come along.
	c.Teaching.Need = "Not saved"
	if v := r.save(ada, id, c, "title", "summary"); v != 2 {
		t.Errorf("version %d", v)
	}
	// What is empty or long is kept; what is impossible is not.
	c.Listing.Title, c.Listing.Summary = "", strings.Repeat("long ", 3000)
	if v := r.save(ada, id, c, FieldsOf(SectionListing)...); v != 3 {
		t.Errorf("version %d", v)
	}
	c.Listing.Summary, c.Teaching.Outcomes = strings.Repeat("long ", 5000), slicesOf("x", 101)
	_, err := r.Save(t.Context(), ada, id, 3, c)
	wants(t, err, fault.Invalid, "too_long", "too_many_items")
	d := r.draft(ada, id)
	if d.Content.Teaching.Need == "Not saved" || d.Content.Listing.Title != "" || len(d.Content.Listing.Summary) < 14_000 || d.Version != 3 {
		t.Errorf("%+v", d)
	}
	if _, err := r.Save(t.Context(), ada, id, 3, c, "no_such_field"); err == nil || fault.KindOf(err) != "" {
		t.Errorf("a field that doesn't exist: %v", err)
	}
}

func slicesOf(s string, n int) []string { return strings.Split(strings.Repeat(s+"\n", n-1)+s, "\n") }

func TestTwoTabsLoseNothing(t *testing.T) {
	r := newRoom(t)
	ada, ben := r.person("ada"), r.person("ben")
	id := r.proposal(ada)
	if err := r.Invite(t.Context(), ada, id, "ben@example.org", Attribution{Name: "Ben Cole"}); err != nil {
		t.Fatal(err)
	}
	base := r.save(ada, id, complete())

	// On different pages they don't meet.
	mine, theirs := complete(), complete()
	mine.Teaching.Audience = "Dentists"
	theirs.Listing.Summary = "Another summary"
	if _, err := r.Save(t.Context(), ada, id, base, mine, FieldsOf(SectionAudience)...); err != nil {
		t.Fatal(err)
	}
	v, err := r.Save(t.Context(), ben, id, base, theirs, FieldsOf(SectionListing)...)
	if err != nil || v != base+2 {
		t.Fatal(v, err)
	}

	// On the same field the second is told, and nothing of theirs is saved.
	mine.Teaching.Audience, mine.Teaching.Need = "Nurses", "Other"
	_, err = r.Save(t.Context(), ben, id, base, mine, FieldsOf(SectionAudience)...)
	wants(t, err, fault.Stale, "changed_meanwhile")
	var c *Conflict
	if !errors.As(err, &c) {
		t.Fatalf("no conflict in %v", err)
	}
	if !reflect.DeepEqual(c.Fields, []Clash{{"audience", "Ada Price"}}) || c.Draft.Content.Teaching.Audience != "Dentists" || c.Draft.Version != base+2 {
		t.Errorf("%+v", c)
	}
	if d := r.draft(ada, id); d.Content.Teaching.Need == "Other" || d.Content.Teaching.Audience != "Dentists" || d.Version != base+2 {
		t.Errorf("%+v", d)
	}
	// Having seen both, one of them decides.
	if v, err = r.Save(t.Context(), ben, id, c.Draft.Version, mine, FieldsOf(SectionAudience)...); err != nil || v != base+3 {
		t.Fatal(v, err)
	}
	// A version that never was is no way around.
	_, err = r.Save(t.Context(), ada, id, 99, complete())
	wants(t, err, fault.Stale)
}

func TestManyTabsAtOnce(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	id := r.proposal(ada)
	var wg sync.WaitGroup
	errs := make([]error, 12)
	for i := range errs {
		wg.Go(func() {
			c := Content{Teaching: Teaching{Need: strings.Repeat("n", i+1)}}
			_, errs[i] = r.Save(t.Context(), ada, id, 1, c, "need")
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		wants(t, err, fault.Stale, "changed_meanwhile")
	}
	if d := r.draft(ada, id); won != 1 || d.Version != 2 {
		t.Errorf("%d won, version %d", won, d.Version)
	}
}

// A save that comes while a submit is not yet committed waits for it, and is
// then told that the content is frozen.
func TestSaveWaitsForASubmit(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	id := r.ready(ada)
	tx := r.db.MustBegin()
	defer tx.Rollback()
	d := r.draft(ada, id)
	if err := writeRevision(t.Context(), tx, r.Service, ada, 1, d); err != nil {
		t.Fatal(err)
	}
	move := workflow.Move{Proposal: id, Seen: r.seen(ada, id), Event: programme.Submit, By: ada}
	if _, err := r.Workflow.Move(t.Context(), tx, move); err != nil {
		t.Fatal(err)
	}
	saved := make(chan error)
	go func() {
		_, err := r.Save(t.Context(), ada, id, d.Version, Content{Teaching: Teaching{Need: "Too late"}}, "need")
		saved <- err
	}()
	for r.count(`select count(*) from pg_locks where not granted`) == 0 {
		select {
		case err := <-saved:
			t.Fatalf("it did not wait: %v", err)
		default:
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	wants(t, <-saved, fault.Refused, "frozen")
}

func TestDraftIsItsAuthorsOwn(t *testing.T) {
	r := newRoom(t)
	ada, lena, eve := r.person("ada"), r.person("lena", workflow.Leadership), r.person("eve")
	id := r.ready(ada)
	for who, want := range map[workflow.Actor]fault.Kind{lena: fault.Forbidden, eve: fault.NotFound} {
		_, err := r.Draft(t.Context(), who, id)
		wants(t, err, want)
		_, err = r.Save(t.Context(), who, id, 1, complete())
		wants(t, err, want)
		_, err = r.Check(t.Context(), who, id)
		wants(t, err, want)
		_, err = r.Submit(t.Context(), who, id, Submission{})
		wants(t, err, want)
		_, _, err = r.OpenPackage(t.Context(), who, id, 0)
		wants(t, err, want)
		_, _, err = r.AttachPackage(t.Context(), who, id, 0, "x.zip", strings.NewReader("PK\x03\x04"))
		wants(t, err, want)
		wants(t, r.Invite(t.Context(), who, id, "x@example.org", Attribution{Name: "X"}), want)
	}
}

// Two people have the same page open. Each keeps what they touch, neither undoes
// the other's, and only where both touched the same is there a conflict.
func TestTwoPeopleOnOneForm(t *testing.T) {
	r := newRoom(t)
	ada, ben := r.person("ada"), r.person("ben")
	id := r.proposal(ada)
	if err := r.Invite(t.Context(), ada, id, "ben@example.org", Attribution{Name: "Ben Cole"}); err != nil {
		t.Fatal(err)
	}
	names := FieldsOf(SectionAudience)
	adas := r.draft(ada, id).Shown(names...)
	bens := adas
	save := func(by workflow.Actor, token *string, teaching Teaching) error {
		next, err := r.SaveForm(t.Context(), by, id, *token, Content{Teaching: teaching}, names...)
		if err == nil {
			*token = next
		}
		return err
	}
	now := func() string {
		c := r.draft(ada, id).Content.Teaching
		return c.Need + "/" + c.Audience + "/" + c.Overlap
	}
	for _, step := range []struct {
		by    workflow.Actor
		token *string
		form  Teaching
		want  string
	}{
		{ada, &adas, Teaching{Need: "A"}, "A//"},
		{ben, &bens, Teaching{Audience: "B"}, "A/B/"},                // Ben's page still shows no need
		{ben, &bens, Teaching{Audience: "B", Overlap: "B"}, "A/B/B"}, // nor does it undo Ada's later
		{ada, &adas, Teaching{Need: "A2"}, "A2/B/B"},
		{ada, &adas, Teaching{}, "/B/B"},              // taking one's own back is a change
		{ada, &adas, Teaching{Audience: "B"}, "/B/B"}, // the same words are no conflict
	} {
		if err := save(step.by, step.token, step.form); err != nil {
			t.Fatalf("%+v: %v", step, err)
		}
		if got := now(); got != step.want {
			t.Fatalf("%+v: got %q", step, got)
		}
	}
	err := save(ada, &adas, Teaching{Overlap: "A", Audience: "B"})
	wants(t, err, fault.Stale, "changed_meanwhile")
	var c *Conflict
	if !errors.As(err, &c) || !reflect.DeepEqual(c.Fields, []Clash{{"overlap", "Ben Cole"}}) {
		t.Fatalf("%+v", c)
	}
	if got := Touched(adas, Content{Teaching: Teaching{Overlap: "A", Audience: "B"}}, names...); !reflect.DeepEqual(got, []string{"overlap"}) {
		t.Errorf("touched: %v", got)
	}
	// A token that says nothing overwrites nothing.
	for _, token := range []string{"", "x", strings.Repeat("9999.x-", len(names)-1) + "9999.x"} {
		wants(t, save(ada, &token, Teaching{Overlap: "A", Audience: "X"}), fault.Stale)
	}
}
