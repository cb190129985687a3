package web_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/web/webtest"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// TestASuggestedTitleIsTakenAndFreed: by the first submit, and by whatever takes
// that proposal off the ladder.
func TestASuggestedTitleIsTakenAndFreed(t *testing.T) {
	d := newDesk(t)
	lena := workflow.Actor{Person: 4}
	d.lena.Post("/suggested-titles", url.Values{"title": {"Chairing a meeting"}, "strand": {"practice"}}).Leads("/suggested-titles")
	const start = "/proposals/new"
	write := url.Values{"suggested_title": {"1"}}
	for _, as := range []*webtest.Visitor{d.ann, d.cy} { // both write; nobody has submitted
		as.Get(start).Says("Chairing a meeting").SaysNot("Taken")
		as.Post("/proposals", write).Leads("/proposals/")
	}
	fill := func(as *webtest.Visitor, path string) {
		t.Helper()
		for section, answers := range everything {
			page := path + "/edit/" + section
			as.Post(page, with(answers, "version", as.Get(page).Value("version"))).Leads(path)
		}
		d.upload(as, path, "x.zip", webtest.Package(path)).Leads(path)
	}
	fill(d.ann, "/proposals/1")
	fill(d.cy, "/proposals/2")
	submit := func(as *webtest.Visitor, path string, own bool) *webtest.Page {
		t.Helper()
		p := as.Get(path + "/submit").Expect(http.StatusOK)
		form := url.Values{}
		for _, name := range []string{"seen_state", "seen_revision", "seen_seq", "version"} {
			form.Set(name, p.Value(name))
		}
		if own {
			form.Set("own_idea", p.Value("own_idea"))
		}
		return as.Post(path+"/submit", form)
	}
	move := func(id int64, event string, by workflow.Actor) {
		t.Helper()
		look, err := d.flow.Load(t.Context(), d.DB, id, by)
		d.must(err)
		d.must(postgres.InTx(t.Context(), d.DB, func(tx *sqlx.Tx) error {
			_, err := d.flow.Move(context.Background(), tx, workflow.Move{Proposal: id, Seen: look.Seen(), Event: event, By: by, Reason: "Not now."})
			return err
		}))
	}
	rows := func() string {
		return d.row(`select string_agg(state || ' ' || coalesce(suggested_title::text, 'own'), ', ' order by id) from proposals`)
	}
	taken := func(what, state string) {
		t.Helper()
		d.eve.Get(start).Says("Being written already", "Chairing a meeting", "Taken", "No title is free").SaysNot("Write this")
		d.eve.Post("/proposals", write).Expect(http.StatusConflict).Says("Somebody else is writing on this title")
		if got := rows(); got != state {
			t.Errorf("%s: %s, want %s", what, got, state)
		}
	}
	free := func(what, state string) {
		t.Helper()
		d.eve.Get(start).Says("Chairing a meeting", "Write this").SaysNot("Taken")
		if got := rows(); got != state {
			t.Errorf("%s: %s, want %s", what, got, state)
		}
	}

	submit(d.ann, "/proposals/1", false).Leads("/proposals/1")
	taken("submitted", "technical 1, draft own")
	// The second is told, and nothing is submitted until they choose.
	submit(d.cy, "/proposals/2", false).Expect(http.StatusConflict).Says("Somebody else has submitted a module on the suggested title “Chairing a meeting”", "Submit as an idea of your own")
	taken("told", "technical 1, draft own")

	move(1, programme.Withdraw, d.by())
	free("withdrawn", "withdrawn 1, draft own")
	submit(d.cy, "/proposals/2", false).Leads("/proposals/2")
	taken("taken by the next", "withdrawn 1, technical 1")

	// The first comes back to a title that is gone, is told, and goes on.
	move(1, programme.Reopen, d.by())
	taken("reopened", "changes_requested own, technical 1")
	submit(d.ann, "/proposals/1", false).Expect(http.StatusConflict).Says("Submit as an idea of your own")
	submit(d.ann, "/proposals/1", true).Leads("/proposals/1")
	taken("an own idea", "technical own, technical 1")

	move(2, programme.Reject, lena)
	free("rejected", "technical own, rejected 1")
	d.lena.Get("/suggested-titles").Says("Chairing a meeting", "Free")
}
