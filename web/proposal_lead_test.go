package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/web/webtest"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// leaderless is a proposal of Anna's, with Cy and somebody who never came, that
// waits for its authors when Anna's account is closed.
func leaderless(sh *shelf) (id int64, path string) {
	sh.t.Helper()
	ctx, anna := sh.t.Context(), workflow.Actor{Person: sh.anna.ID}
	sh.Person(sh.t, "cy@example.org", "Cy Dunn")
	id = sh.submitted("Leading a Handover")
	for _, event := range []string{programme.Withdraw, programme.Reopen} {
		sh.must(postgres.InTx(ctx, sh.DB, func(tx *sqlx.Tx) error {
			_, err := sh.flow.Move(ctx, tx, workflow.Move{Proposal: id, Seen: sh.look(id).Seen(), Event: event, By: anna})
			return err
		}))
	}
	sh.must(sh.write.Invite(ctx, anna, id, "cy@example.org", authoring.Attribution{Name: "Cy Dunn", JobTitle: "Consultant"}))
	sh.must(sh.write.Invite(ctx, anna, id, "dan@example.org", authoring.Attribution{Name: "Dan Frost"}))
	sh.must(sh.Server.Accounts.Deactivate(ctx, accounts.CommandLine, sh.anna.ID))
	return id, "/proposals/" + itoa(id)
}

func TestLeadershipNamesAnotherLead(t *testing.T) {
	sh := newShelf(t)
	id, path := leaderless(sh)
	at := path + "/authors/lead"
	luke, cy, zoe := sh.SignIn(t, "luke@example.org"), sh.SignIn(t, "cy@example.org"), sh.SignIn(t, "zoe@example.org")
	sh.must(sh.flow.DeclareConflict(t.Context(), workflow.Actor{Person: sh.luke.ID}, id, workflow.Seen{}, sh.luke.ID, "We are married."))

	sh.leader.Get(path).Expect(http.StatusOK).Says("your turn to name another lead author").One("a", "href", at)
	for name, v := range map[string]*webtest.Visitor{"conflicted": luke, "co-author": cy} {
		if len(v.Get(path).Expect(http.StatusOK).All("a", "href", at)) != 0 {
			t.Errorf("%s is offered the choice", name)
		}
	}
	p := sh.leader.Get(at).Expect(http.StatusOK).Says("Now that is Anna Bell, whose account is closed.", "Cy Dunn", "Consultant").SaysNot("Dan Frost")
	if n := len(p.All("input", "type", "radio")); n != 1 || p.Value("email") != "" {
		t.Errorf("%d choices, %q is preset", n, p.Value("email"))
	}

	lead := func() string {
		return sh.row(`select a.email || ' ' || p.turn || ' ' || p.turn_for || ' ' || (select count(*) from history where event = 'lead_named')
			from authors a join proposals p on p.id = a.proposal_id where a.proposal_id = $1 and a.is_lead`, id)
	}
	const before = "anna@example.org leadership name_lead 0"
	for _, c := range []struct {
		who    string
		as     *webtest.Visitor
		form   url.Values
		status int
		to     string // Location
		says   string
		rows   string
	}{
		{"nobody", sh.anyone, url.Values{"email": {"cy@example.org"}}, http.StatusUnauthorized, "", "Sign in", before},
		{"stranger", zoe, url.Values{"email": {"cy@example.org"}}, http.StatusNotFound, "", "no such proposal", before},
		{"co-author", cy, url.Values{"email": {"cy@example.org"}}, http.StatusForbidden, "", "Only the lead author or the leadership team", before},
		{"conflicted", luke, url.Values{"email": {"cy@example.org"}}, http.StatusForbidden, "", "You have an interest in this proposal", before},
		{"leadership, no choice", sh.leader, url.Values{}, http.StatusUnprocessableEntity, "", "Choose who leads from now on.", before},
		{"leadership, never came", sh.leader, url.Values{"email": {"dan@example.org"}}, http.StatusConflict, "", "has never signed in", before},
		{"leadership, no author", sh.leader, url.Values{"email": {"tess@example.org"}}, http.StatusNotFound, "", "not an author of the proposal", before},
		{"leadership", sh.leader, url.Values{"email": {"cy@example.org"}}, http.StatusSeeOther, path, "", "cy@example.org author answer 1"},
	} {
		p := c.as.Post(at, c.form)
		if p.Status != c.status || p.Header.Get("Location") != c.to || !strings.Contains(p.Text(), c.says) {
			t.Errorf("%s: %d to %q, want %d to %q and %q\n%s", c.who, p.Status, p.Header.Get("Location"), c.status, c.to, c.says, p.Text())
		}
		if got := lead(); got != c.rows {
			t.Errorf("%s: %s, want %s", c.who, got, c.rows)
		}
	}
	sh.leader.Get(path).Says("The lead author is changed.", "Cy Dunn (lead)", "named another lead author")
	cy.Get(path + "/submit").Expect(http.StatusOK)
}

// A lead hands over while the proposal is reviewed, when the pages of writing
// are closed; the content stays frozen.
func TestALeadHandsOverDuringAReview(t *testing.T) {
	sh := newShelf(t)
	ctx, anna := t.Context(), workflow.Actor{Person: sh.anna.ID}
	sh.Person(t, "cy@example.org", "Cy Dunn")
	cy := sh.SignIn(t, "cy@example.org")
	id := sh.submitted("Leading a Handover")
	path := "/proposals/" + itoa(id)
	at := path + "/authors/lead"
	if len(sh.author.Get(path).All("a", "href", at)) != 0 {
		t.Error("a lone author is offered to name another")
	}
	sh.author.Get(at).Expect(http.StatusOK).Says("No other author has signed in yet.")
	for _, event := range []string{programme.Withdraw, programme.Reopen} {
		sh.must(postgres.InTx(ctx, sh.DB, func(tx *sqlx.Tx) error {
			_, err := sh.flow.Move(ctx, tx, workflow.Move{Proposal: id, Seen: sh.look(id).Seen(), Event: event, By: anna})
			return err
		}))
	}
	sh.must(sh.write.Invite(ctx, anna, id, "cy@example.org", authoring.Attribution{Name: "Cy Dunn"}))
	if len(sh.author.Get(path).All("a", "href", at)) != 0 {
		t.Error("the page of the author does it while the authors write")
	}
	_, err := sh.write.Submit(ctx, anna, id, authoring.Submission{Seen: sh.look(id).Seen()})
	sh.must(err)
	sh.author.Get(path).One("a", "href", at)
	sh.author.Post(at, url.Values{"email": {"cy@example.org"}}).Leads(path)
	sh.author.Post(at, url.Values{"email": {"anna@example.org"}}).Expect(http.StatusForbidden)
	cy.Get(path).One("a", "href", at)
	if got := sh.row(`select email from authors where is_lead and proposal_id = $1`, id); got != "cy@example.org" {
		t.Errorf("%s leads", got)
	}
}
