package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/web/webtest"
)

func TestPeopleAndRoles(t *testing.T) {
	s := webtest.Start(t)
	s.Person(t, "ada@example.org", "Ada Marsh", accounts.Administrator)
	v := s.SignIn(t, "ada@example.org")

	v.Post("/people", url.Values{"email": {"ben@example"}, "name": {"Ben Cole"}}).Expect(422).Says("name@example.org")
	p := v.Post("/people", url.Values{"email": {"ben@example.org"}, "name": {"Ben Cole"}}).Leads("/people/")
	ben := p.Header.Get("Location")
	v.Get(ben).Says("Ben Cole is added.", "Not signed in yet", "by Ada Marsh")
	v.Post("/people", url.Values{"email": {"ben@example.org"}}).Expect(409).Says("here already")

	v.Post(ben+"/roles/technical_reviewer/grant", nil).Leads(ben)
	v.Get(ben).Says("now has the role: Technical reviewer", "Technical reviewer given")
	v.Post(ben+"/roles/wizard/grant", nil).Expect(422).Says("Choose one of the programme's roles", "Ben Cole")
	v.Get("/people?words=ben&role=technical_reviewer").Says("Ben Cole").SaysNot("ada@example.org</span></span></td>")
	v.Post(ben+"/roles/technical_reviewer/revoke", nil).Leads(ben)
	v.Get(ben).Says("no longer has the role", "Technical reviewer taken away")

	v.Get(ben + "/deactivate").Says("Deactivate Ben Cole?")
	v.Post(ben+"/deactivate", nil).Leads(ben)
	v.Get(ben).Says("Ben Cole is deactivated.", "Reactivate")
	v.Get(ben + "/deactivate").Expect(409).Says("deactivated already")
	v.Post(ben+"/reactivate", nil).Leads(ben)

	ada := s.Person(t, "ada@example.org", "")
	v.Post("/people/"+itoa(ada.ID)+"/roles/administrator/revoke", nil).Expect(409).Says("last administrator")
	v.Get("/people/999").Expect(404)
	v.Get("/people/0").Expect(404)
}

// TestPeoplePages: keyset pages follow one another without a gap.
func TestPeoplePages(t *testing.T) {
	s := webtest.Start(t)
	s.Person(t, "ada@example.org", "Ada Marsh", accounts.Administrator)
	for i := range 60 {
		s.Person(t, "p"+itoa(int64(i))+"@example.org", "Same Name")
	}
	v := s.SignIn(t, "ada@example.org")
	first := v.Get("/people")
	next, _ := webtest.Attribute(first.One("a", "rel", "next"), "href")
	second := v.Get(next).Expect(200)
	if n := len(first.All("tr")) + len(second.All("tr")) - 2; n != 61 {
		t.Errorf("%d people on two pages", n)
	}
	if len(second.All("a", "rel", "next")) != 0 {
		t.Error("a third page is offered")
	}
}

// TestPeopleIsForAdministrators: what is refused changes no row.
func TestPeopleIsForAdministrators(t *testing.T) {
	s := webtest.Start(t)
	s.Person(t, "ada@example.org", "Ada Marsh", accounts.Administrator)
	ben := s.Person(t, "ben@example.org", "Ben Cole")
	s.Person(t, "leader@example.org", "Lee Der", "leadership")
	count := func() (n int) {
		t.Helper()
		if err := s.DB.Get(&n, `select (select count(*) from people) * 100 + (select count(*) from roles) + (select count(*) from role_changes) * 10000`); err != nil {
			t.Fatal(err)
		}
		return n
	}
	path := "/people/" + itoa(ben.ID)
	gets := []string{"/people", "/people/new", path, path + "/deactivate"}
	posts := []string{"/people", path + "/roles/administrator/grant", path + "/roles/administrator/revoke", path + "/deactivate", path + "/reactivate"}

	nobody, leader := s.Visitor(t), s.SignIn(t, "leader@example.org")
	before := count()
	for _, g := range gets {
		nobody.Get(g).Leads("/sign-in?next=")
		leader.Get(g).Expect(403)
	}
	for _, p := range posts {
		form := url.Values{"email": {"new@example.org"}}
		nobody.Post(p, form).Expect(401)
		leader.Post(p, form).Expect(403)
	}
	if after := count(); after != before {
		t.Errorf("rows changed: %d, before %d", after, before)
	}
	if strings.Contains(leader.Get("/profile").Body, `href="/people"`) {
		t.Error("a leader is offered the page of people")
	}
}
