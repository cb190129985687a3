package catalogue_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadership-ladder/rung/catalogue"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

func TestDetailsAreSetFromTheFinalStageOn(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	id := w.submitted("Leading a Handover")
	w.refused(w.svc.SetDetails(ctx, by(w.lead1), id, 0, complete(w)), "refused too_early")
	w.sign(id, "technical")
	w.sign(id, "educational")

	w.refused(w.svc.SetDetails(ctx, by(w.tech), id, 0, complete(w)), "forbidden not_leadership")
	w.exec(`insert into roles (person_id, role, granted_at) values ($1, 'leadership', $2)`, w.author, w.clock.Now())
	w.refused(w.svc.SetDetails(ctx, by(w.author), id, 0, complete(w)), "forbidden own_proposal")
	w.refused(w.svc.SetDetails(ctx, by(w.lead1), id, 0, catalogue.Details{
		Owner: strings.Repeat("x", 201), ReviewDate: w.clock.Now(), BridgeURL: "http://x", LearningHubURL: "https://a b",
	}), "invalid too_long review_date_past not_https not_https")
	w.refused(w.svc.SetDetails(ctx, by(w.lead1), id, 0, catalogue.Details{ReviewDate: w.clock.Now().AddDate(3, 0, 1)}),
		"invalid review_date_far")
	w.refused(w.svc.SetDetails(ctx, by(w.lead1), id, 0, catalogue.Details{NoDate: true, BridgeURL: "http://x"}), "invalid review_date_form not_https")
	if got := w.text(`select count(*)::text from publication_details`); got != "0" {
		t.Fatalf("refusals left %s rows", got)
	}

	// Half done is fine before publishing; the last day allowed too.
	w.must(w.svc.SetDetails(ctx, by(w.lead1), id, 0, catalogue.Details{ReviewDate: w.clock.Now().AddDate(3, 0, 0)}))
	got, err := w.svc.Details(ctx, by(w.lead2), id)
	w.must(err)
	if got.Version != 1 || got.UpdatedBy != "Lena" || !got.ReviewDate.Equal(day(2029, time.March, 2)) {
		t.Errorf("stored %+v", got)
	}
	if detail := w.text(`select detail from history where proposal_id = $1 and event = 'details_set'`, id); detail != `{"changed":["review_date"]}` {
		t.Errorf("the history says %s", detail)
	}
	if _, err := w.svc.Details(ctx, by(w.edu1), id); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a reviewer reads the details: %v", err)
	}

	// Saving the same again writes nothing.
	before := w.seen(id)
	w.must(w.svc.SetDetails(ctx, by(w.lead1), id, 1, got.Details))
	if w.seen(id) != before {
		t.Error("saving what was there left a trace")
	}
}

func TestDetailsOfSomebodyElseAreNotOverwritten(t *testing.T) {
	w := newWorld(t)
	id := w.final("Leading a Handover")
	theirs := complete(w)
	w.must(w.svc.SetDetails(t.Context(), by(w.lead1), id, 0, theirs))
	err := w.svc.SetDetails(t.Context(), by(w.lead2), id, 0, catalogue.Details{Owner: "Luke"})
	w.refused(err, "stale details_changed")
	stale, ok := errors.AsType[*catalogue.StaleDetails](err)
	if !ok || stale.Theirs.Owner != theirs.Owner || stale.Theirs.UpdatedBy != "Lena" || stale.Theirs.Version != 1 {
		t.Errorf("the refusal carries %+v", stale)
	}
}

func TestDetailsAfterPublishing(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	id, _ := w.published("Leading a Handover")
	d := complete(w)
	w.refused(w.svc.SetDetails(ctx, by(w.lead2), id, 1, catalogue.Details{BridgeURL: d.BridgeURL}),
		"invalid owner_missing review_date_missing")

	// A review date that has come does not keep an address from being mended.
	w.clock.Add(3 * 365 * 24 * time.Hour)
	d.LearningHubURL = "https://hub.example.org/7"
	saved, err := w.svc.Details(ctx, by(w.lead2), id)
	w.must(err)
	d.ReviewDate = saved.ReviewDate
	w.must(w.svc.SetDetails(ctx, by(w.lead2), id, 1, d))
	if got := w.text(`select string_agg(payload ->> 'notice', ' ') from outbox where payload ->> 'notice' = 'details_set'`); got != "details_set" {
		t.Errorf("the author was told %q", got)
	}
}

func TestPublish(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	id := w.approved("Leading a Handover")
	_, err := w.svc.Publish(ctx, by(w.lead1), id, w.seen(id))
	w.refused(err, "refused no_review_date no_owner")
	w.must(w.svc.SetDetails(ctx, by(w.lead1), id, 0, complete(w)))
	_, err = w.svc.Publish(ctx, by(w.tech), id, w.seen(id))
	w.refused(err, "forbidden not_leadership")
	_, err = w.svc.Publish(ctx, by(w.lead1), id, workflow.Seen{State: "final", Revision: 1})
	if fault.KindOf(err) != fault.Stale {
		t.Errorf("published from what was no longer so: %v", err)
	}
	if n := w.text(`select count(*)::text from modules`); n != "0" {
		t.Fatalf("refusals left %s modules", n)
	}

	slug, err := w.svc.Publish(ctx, by(w.lead1), id, w.seen(id))
	w.must(err)
	if slug != "leading-a-handover" || w.seen(id).State != programme.Published {
		t.Errorf("slug %q, state %s", slug, w.seen(id).State)
	}
	if got, err := w.svc.SlugOf(ctx, id); got != slug || err != nil {
		t.Errorf("the proposal became %q, %v", got, err)
	}
	_, err = w.svc.Publish(ctx, by(w.lead1), id, w.seen(id))
	w.refused(err, "refused wrong_state")

	m, err := w.svc.Module(ctx, slug)
	w.must(err)
	want := catalogue.Module{
		Slug: slug, Title: "Leading a Handover", Summary: "How to lead one.", Strand: "practice", StrandName: "Leadership in Practice",
		Quality: catalogue.ByRung, PublishedAt: w.clock.Now(), Proposal: id,
		Authors:  []catalogue.Author{{Name: "Anna Bell", Organisation: "Example NHS Trust", JobTitle: "Registrar"}},
		Provider: "NHS England", Keywords: []string{"SBAR", "=handover"}, Licence: "CC BY-NC 4.0", Certificate: "yes",
		Audience: "Registrars", Level: "Any", Outcomes: []string{"Lead a handover that nobody has to repeat"}, Minutes: 90,
		Mappings: []catalogue.FrameworkMapping{
			{Framework: "GMC Generic professional capabilities framework (2017)", Primary: "5 Capabilities in leadership and team working", Others: []string{"2 Professional skills"}},
			{Framework: "NHS Healthcare Leadership Model", Others: []string{"Engaging the team"}},
		},
		Passed: []catalogue.StagePassed{{Name: "Technical review", At: w.clock.Now()}, {Name: "Educational review", At: w.clock.Now()}, {Name: "Final sign-off", At: w.clock.Now()}},
		Details: catalogue.StoredDetails{Version: 1, UpdatedAt: w.clock.Now(), UpdatedBy: "Lena", Details: catalogue.Details{
			Owner: "The blended learning team", ReviewDate: day(2028, time.March, 2), BridgeURL: "https://bridge.example.org/x"}},
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("the module (-want +got):\n%s", diff)
	}
}

func TestPublishSaysAllReasonsAtOnce(t *testing.T) {
	w := newWorld(t)
	id := w.approved(strings.Repeat("t", 256))
	_, err := w.svc.Publish(t.Context(), by(w.lead1), id, w.seen(id))
	w.refused(err, "refused no_review_date no_owner too_long")
	w.must(w.svc.SetDetails(t.Context(), by(w.lead1), id, 0, complete(w)))
	_, err = w.svc.Publish(t.Context(), by(w.lead1), id, w.seen(id))
	w.refused(err, "refused too_long")
}

func TestSlugsAreUnique(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ title, slug string }{
		{"Host vs Hero Leadership", "host-vs-hero-leadership"},
		{"Host vs hero leadership!", "host-vs-hero-leadership-2"},
		{"Host vs Hero: leadership", "host-vs-hero-leadership-3"},
		{"A Junior Doctor’s Guide to the café", "a-junior-doctors-guide-to-the-cafe"},
		{"New", "new-2"},
		{"领导力", "module"},
		{strings.Repeat("leading ", 20), "leading-leading-leading-leading-leading-leading-leading-leading-leading-leading"},
	} {
		slug, err := w.svc.EnterLive(t.Context(), by(w.lead1), entry(w, c.title))
		if slug != c.slug || err != nil {
			t.Errorf("%q is at %q, want %q (%v)", c.title, slug, c.slug, err)
		}
	}
}

func TestEnterLive(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	_, err := w.svc.EnterLive(ctx, by(w.tech), entry(w, "Theories of Leadership"))
	w.refused(err, "forbidden")
	_, err = w.svc.EnterLive(ctx, by(w.lead1), catalogue.Entry{Series: catalogue.Series{Part: 3, Of: 2}})
	w.refused(err, "invalid title_missing strand_missing series_missing summary_missing owner_missing review_date_missing")
	_, err = w.svc.EnterLive(ctx, by(w.lead1), catalogue.Entry{Title: "X", Strand: "theory", Summary: "s", Series: catalogue.Series{Name: "S", Part: 3, Of: 2}, Details: complete(w)})
	w.refused(err, "invalid series_part_wrong")

	slug, err := w.svc.EnterLive(ctx, by(w.lead1), entry(w, " Theories  of Leadership "))
	w.must(err)
	m, err := w.svc.Module(ctx, slug)
	w.must(err)
	if m.Title != "Theories of Leadership" || m.Quality != catalogue.BeforeRung || m.Proposal != 0 || m.Passed != nil {
		t.Errorf("entered %+v", m)
	}

	changed := entry(w, "Theories of leadership")
	changed.Series = catalogue.Series{Name: "Basics", Part: 1, Of: 2}
	w.refused(w.svc.EditLive(ctx, by(w.tech), slug, 1, changed), "forbidden")
	w.must(w.svc.EditLive(ctx, by(w.lead2), slug, 1, changed))
	w.refused(w.svc.EditLive(ctx, by(w.lead1), slug, 1, changed), "stale details_changed")
	m, err = w.svc.Module(ctx, slug)
	w.must(err)
	if m.Title != "Theories of leadership" || m.Series != changed.Series || m.Details.Version != 2 {
		t.Errorf("changed to %+v", m)
	}
	_, climbed := w.published("Leading a Handover")
	w.refused(w.svc.EditLive(ctx, by(w.lead1), climbed, 1, changed), "refused signed")
}

func TestRetire(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	id, slug := w.published("Leading a Handover")
	live, err := w.svc.EnterLive(ctx, by(w.lead1), entry(w, "Being a Trainee Representative"))
	w.must(err)
	for _, c := range []struct {
		slug, reason, want string
		person             int64
	}{
		{slug, "Out of date.", "forbidden", w.tech},
		{live, "Out of date.", "forbidden", w.tech},
		{slug, "  ", "invalid no_reason", w.lead1},
		{slug, strings.Repeat("x", 2001), "invalid too_long", w.lead1},
		{"nothing-here", "Out of date.", "not_found", w.lead1},
		{"../x", "Out of date.", "not_found", w.lead1},
	} {
		w.refused(w.svc.Retire(ctx, by(c.person), c.slug, c.reason), c.want)
	}
	w.must(w.svc.Retire(ctx, by(w.lead2), slug, "Out of date."))
	w.must(w.svc.Retire(ctx, by(w.lead2), live, "The role is gone."))
	w.refused(w.svc.Retire(ctx, by(w.lead1), slug, "Again."), "stale retired_already")

	if got := w.text(`select event from history where proposal_id = $1 order by seq desc limit 1`, id); got != "retired" {
		t.Errorf("the last entry of the history is %s", got)
	}
	m, err := w.svc.Module(ctx, slug)
	w.must(err)
	if !m.Retired() || m.RetiredReason != "Out of date." {
		t.Errorf("its page shows %+v", m)
	}
	for _, q := range []catalogue.Query{{}, {Strand: "practice"}, {Words: "handover"}} {
		page, err := w.svc.Catalogue(ctx, q)
		w.must(err)
		if len(page.Items) != 0 {
			t.Errorf("%+v still lists %v", q, titles(page.Items))
		}
	}
}

func titles(items []catalogue.Item) []string {
	list := make([]string, len(items))
	for i, item := range items {
		list[i] = item.Title
	}
	return list
}

func TestCatalogueReadsInPages(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	var want []string
	for i := range 45 {
		e := entry(w, fmt.Sprintf("Module %02d", i))
		if i%3 == 0 {
			e.Strand = "myself"
		}
		if i%4 != 0 { // some share an instant
			w.clock.Add(time.Minute)
		}
		_, err := w.svc.EnterLive(ctx, by(w.lead1), e)
		w.must(err)
		want = append([]string{e.Title}, want...)
	}
	for _, strand := range []string{"", "myself"} {
		var got []string
		for q, pages := (catalogue.Query{Strand: strand}), 0; ; pages++ {
			page, err := w.svc.Catalogue(ctx, q)
			w.must(err)
			got = append(got, titles(page.Items)...)
			if page.Next == "" {
				break
			}
			if q.After = page.Next; pages > 5 {
				t.Fatal("the pages never end")
			}
		}
		expected := slices.Clone(want)
		if strand != "" {
			expected = slices.DeleteFunc(expected, func(title string) bool {
				var n int
				fmt.Sscanf(title, "Module %d", &n)
				return n%3 != 0
			})
		}
		if diff := cmp.Diff(expected, got); diff != "" {
			t.Errorf("strand %q, newest first (-want +got):\n%s", strand, diff)
		}
	}
	page, err := w.svc.Catalogue(ctx, catalogue.Query{After: "x-y-99999999999999999999"})
	if err != nil || len(page.Items) == 0 || page.Items[0].Title != "Module 44" {
		t.Errorf("a broken cursor gives %v, %v", titles(page.Items), err)
	}
}

func TestSeries(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	for i, part := range []int{3, 1, 0, 2} {
		e := entry(w, fmt.Sprintf("QI %d", i))
		e.Series = catalogue.Series{Name: "Quality improvement", Part: part, Of: 4}
		if part == 0 {
			e.Series.Of = 0
		}
		_, err := w.svc.EnterLive(ctx, by(w.lead1), e)
		w.must(err)
	}
	for i := range 25 {
		e := entry(w, fmt.Sprintf("Alone %02d", i))
		e.Series.Name = fmt.Sprintf("Series %02d", i)
		_, err := w.svc.EnterLive(ctx, by(w.lead1), e)
		w.must(err)
	}
	_, err := w.svc.EnterLive(ctx, by(w.lead1), entry(w, "In no series"))
	w.must(err)

	page, err := w.svc.Catalogue(ctx, catalogue.Query{Series: "Quality improvement"})
	w.must(err)
	if diff := cmp.Diff([]string{"QI 1", "QI 3", "QI 0", "QI 2"}, titles(page.Items)); diff != "" {
		t.Errorf("in the order of the parts (-want +got):\n%s", diff)
	}
	m, err := w.svc.Module(ctx, "qi-3")
	w.must(err)
	if len(m.SeriesItems) != 4 || m.Series.String() != "Quality improvement, part 2 of 4" {
		t.Errorf("the module knows %v of %q", titles(m.SeriesItems), m.Series)
	}
	first, next, err := w.svc.BySeries(ctx, "", 0)
	w.must(err)
	if len(first) != 20 || first[0].Name != "Quality improvement" || len(first[0].Items) != 4 || next != "Series 18" {
		t.Errorf("the first page has %d series, %+v; next %q", len(first), first[0], next)
	}
	rest, next, err := w.svc.BySeries(ctx, next, 0)
	w.must(err)
	if len(rest) != 6 || rest[0].Name != "Series 19" || next != "" {
		t.Errorf("the second page has %d series; next %q", len(rest), next)
	}
	if few, next, err := w.svc.BySeries(ctx, "", 2); err != nil || len(few) != 2 || next != "Series 00" {
		t.Errorf("two series: %+v, next %q, %v", few, next, err)
	}

	// Part by part, with two of one part, and with one that has none at the end.
	again := entry(w, "QI again")
	again.Series = catalogue.Series{Name: "Quality improvement", Part: 2, Of: 4}
	_, err = w.svc.EnterLive(ctx, by(w.lead1), again)
	w.must(err)
	for limit := 1; limit <= 6; limit++ {
		var got []string
		for q := (catalogue.Query{Series: "Quality improvement", Strand: "theory", Limit: limit}); ; {
			page, err := w.svc.Catalogue(ctx, q)
			w.must(err)
			got = append(got, titles(page.Items)...)
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if diff := cmp.Diff([]string{"QI 1", "QI 3", "QI again", "QI 0", "QI 2"}, got); diff != "" {
			t.Errorf("by %d (-want +got):\n%s", limit, diff)
		}
	}
	for _, q := range []catalogue.Query{{Series: "Quality improvement", Strand: "practice"}, {Series: "Quality improvement", Words: "alone"}} {
		if page, err := w.svc.Catalogue(ctx, q); err != nil || len(page.Items) != 0 {
			t.Errorf("%+v: %v, %v", q, titles(page.Items), err)
		}
	}
}

func TestSearch(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	for _, e := range []catalogue.Entry{
		{Title: "Chairing a meeting", Summary: "Agendas and leaders."},
		{Title: "Host leadership", Summary: "To host rather than to save."},
		{Title: "Running an audit", Summary: "Numbers.", Series: catalogue.Series{Name: "Leadership tools"}},
		{Title: "Your team", Summary: "All about leadership."},
	} {
		e.Strand, e.Details = "theory", complete(w)
		_, err := w.svc.EnterLive(ctx, by(w.lead1), e)
		w.must(err)
	}
	w.published("Leading a Handover")
	for _, c := range []struct {
		words, strand string
		want          []string
	}{
		{"leadership", "", []string{"Host leadership", "Running an audit", "Your team"}}, // title, series, summary
		{"chaired meetings", "", []string{"Chairing a meeting"}},                         // other forms of the words
		{"leadership -audit -host", "", []string{"Your team"}},
		{`"host rather"`, "", []string{"Host leadership"}},
		{"sbar", "", []string{"Leading a Handover"}},                 // a keyword
		{"nobody has to repeat", "", []string{"Leading a Handover"}}, // an outcome
		{"handover", "theory", []string{}},
		{"the of and", "", []string{}},
		{`"((:*&|!<-> '`, "", []string{}},
	} {
		page, err := w.svc.Catalogue(ctx, catalogue.Query{Words: c.words, Strand: c.strand})
		w.must(err)
		if diff := cmp.Diff(c.want, titles(page.Items)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.words, diff)
		}
	}
}
