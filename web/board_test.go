package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/web/webtest"
	"github.com/leadership-ladder/rung/workflow/programme"
)

func TestBoard(t *testing.T) {
	sh := newShelf(t)
	first := sh.submitted("Leading a Handover")
	sh.Clock.Add(time.Hour)
	second := sh.submitted("Chairing Meetings")
	sh.climb(second, programme.Approved)
	sh.Clock.Add(9 * 24 * time.Hour)

	sh.anyone.Get("/board").Leads("/sign-in")
	for _, as := range []*webtest.Visitor{sh.author, sh.reviewer, sh.admin} {
		as.Get("/board").Expect(http.StatusForbidden)
	}
	for _, c := range []struct {
		path string
		says []string
		not  []string
	}{
		{"/board", []string{"Leading a Handover", "Chairing Meetings", "Leadership: choose the reviewers", "Choose reviewers", "Leadership: publish", "9 days", "Overdue"}, nil},
		{"/board?state=approved", []string{"Chairing Meetings"}, []string{"Leading a Handover"}},
		{"/board?turn=author", []string{"No proposal is like that"}, nil},
		{"/board?overdue=true&turn=leadership", []string{"Leading a Handover"}, nil},
		{"/board?state=draft", nil, nil},
	} {
		p := sh.leader.Get(c.path)
		if c.says == nil {
			p.Expect(http.StatusUnprocessableEntity)
			continue
		}
		p.Expect(http.StatusOK).Says(c.says...).SaysNot(c.not...)
	}
	if first >= second {
		t.Fatal("the order of the proposals is not what the test says")
	}
}

func TestBoardReadsInPages(t *testing.T) {
	sh := newShelf(t)
	// More than one page holds.
	id := sh.submitted("Leading a Handover")
	for range 60 {
		sh.submitted("Leading a Handover")
	}
	seen := map[string]bool{}
	pages := 0
	for path := "/board"; path != ""; pages++ {
		p := sh.leader.Get(path).Expect(http.StatusOK)
		for _, part := range strings.Split(p.Body, `<a href="/proposals/`)[1:] {
			number, _, _ := strings.Cut(part, `"`)
			if !strings.Contains(number, "/") {
				if seen[number] {
					t.Errorf("proposal %s is on two pages", number)
				}
				seen[number] = true
			}
		}
		path = ""
		for _, a := range p.All("a", "rel", "next") {
			path, _ = webtest.Attribute(a, "href")
		}
	}
	if len(seen) != 61 || pages != 2 || !seen[itoa(id)] {
		t.Errorf("%d proposals on %d pages", len(seen), pages)
	}
}

func TestAssigning(t *testing.T) {
	sh := newShelf(t)
	other := sh.Person(t, "tom@example.org", "Tom Lake", "technical_reviewer")
	id := sh.submitted("Leading a Handover")
	at := "/proposals/" + itoa(id) + "/assign"
	asked := `select coalesce(string_agg(p.name || ' ' || a.state, '; ' order by a.id), '') from assignments a join people p on p.id = a.person_id`

	sh.anyone.Get(at).Leads("/sign-in")
	sh.author.Get(at).Expect(http.StatusForbidden)
	sh.leader.Get(at).Expect(http.StatusOK).Says("Technical review needs 1 sign-off.", "Tess Ward", "No open reviews. Never asked before.", "Asked now Nobody.")

	person := func(n int64) url.Values { return with(sh.seenFields(id), "person", itoa(n)) }
	for _, c := range []struct {
		what   string
		as     *webtest.Visitor
		form   url.Values
		status int
		says   string
	}{
		{"nobody", sh.anyone, person(sh.tess.ID), http.StatusUnauthorized, "Sign in"},
		{"the author", sh.author, person(sh.tess.ID), http.StatusForbidden, "yours to do"},
		{"nobody chosen", sh.leader, sh.seenFields(id), http.StatusUnprocessableEntity, "Choose whom to ask"},
		{"somebody without the role", sh.leader, person(sh.edith.ID), http.StatusConflict, "role of this stage"},
		{"an old page", sh.leader, with(person(sh.tess.ID), "seen_state", "educational"), http.StatusConflict, "There is a problem"},
	} {
		t.Run(c.what, func(t *testing.T) {
			c.as.Post(at, c.form).Expect(c.status).Says(c.says)
			if got := sh.row(asked); got != "" {
				t.Errorf("it left %q", got)
			}
		})
	}

	sh.leader.Post(at, person(sh.tess.ID)).Leads(at)
	sh.leader.Get(at).Says("The reviewer is asked, by mail.", "Tess Ward Asked", "Ask somebody else")
	sh.leader.Post(at, person(other.ID)).Expect(http.StatusConflict).Says("Replace one of them instead")
	replaces := sh.row(`select id::text from assignments`)
	sh.leader.Post(at, with(person(other.ID), "replaces", replaces, "words", "Away this month")).Leads(at)
	if got := sh.row(asked); got != "Tess Ward replaced; Tom Lake offered" {
		t.Errorf("the assignments are %q", got)
	}
}

func TestDelivery(t *testing.T) {
	sh := newShelf(t)
	sh.submitted("Leading a Handover")
	sh.Person(t, "cy@example.org", "Cy Dean")
	if _, err := sh.DB.Exec(`update outbox set state = 'failed', last_error = '550 5.1.1 <someone@example.org> unknown', finished_at = created_at`); err != nil {
		t.Fatal(err)
	}
	mail := sh.row(`select min(id)::text from outbox where kind = 'mail'`)
	signIn := sh.row(`select min(id)::text from outbox where kind = 'sign_in'`)

	sh.anyone.Get("/delivery").Leads("/sign-in")
	sh.author.Get("/delivery").Expect(http.StatusForbidden)
	sh.leader.Get("/delivery").Expect(http.StatusOK).Says("Asks to choose reviewers", "Leading a Handover", "lena@example.org", "550 5.1.1", "Send again")
	sh.admin.Get("/delivery?state=failed").Says("Leading a Handover").SaysNot("/proposals/1\"")
	sh.admin.Get("/delivery?state=sent").Says("No mail is in this state")
	sh.admin.Get("/delivery?sign_in=true").Says("A code to sign in with", "Not shown").
		SaysNot("@example.org</span>", "550", "Send again")

	for _, c := range []struct {
		as     *webtest.Visitor
		id     string
		status int
	}{
		{sh.anyone, mail, http.StatusUnauthorized}, {sh.author, mail, http.StatusForbidden}, {sh.reviewer, mail, http.StatusForbidden},
		{sh.admin, signIn, http.StatusConflict}, {sh.admin, "999999", http.StatusNotFound}, {sh.admin, "x", http.StatusNotFound},
	} {
		c.as.Post("/delivery/"+c.id+"/send-again", nil).Expect(c.status)
		if n := sh.row(`select count(*)::text from outbox where state <> 'failed'`); n != "0" {
			t.Errorf("a refusal put %s mails back", n)
		}
	}
	sh.admin.Post("/delivery/"+mail+"/send-again", nil).Leads("/delivery")
	if got := sh.row(`select string_agg(id::text, ' ') from outbox where state = 'waiting'`); got != mail {
		t.Errorf("waiting are %s, want %s", got, mail)
	}
	sh.admin.Post("/delivery/"+mail+"/send-again", nil).Expect(http.StatusConflict)
}
