package web_test

import (
	"net/http"
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

// TestSearchingPeople: by name or address, without a script, page after page.
func TestSearchingPeople(t *testing.T) {
	s := webtest.Start(t)
	s.Person(t, "ada@example.org", "Ada Marsh", accounts.Administrator)
	for i := range 120 {
		role := "leadership"
		if i%2 == 0 {
			role = "technical_reviewer"
		}
		s.Person(t, "person"+itoa(int64(i))+"@trust.example.org", "Sam O’Hara "+itoa(int64(i)), role)
	}
	s.Person(t, "percent@example.org", "Pat 100% Long_Name")
	v := s.SignIn(t, "ada@example.org")

	// The form alone says how to search.
	form := v.Get("/people").One("form", "role", "search")
	if method, _ := webtest.Attribute(form, "method"); method != "get" {
		t.Errorf("the search is a %s", method)
	}
	for _, c := range []struct {
		query string
		found int
		says  string
	}{
		{"words=", 122, "Ada Marsh"},
		{"words=o%E2%80%99hara", 120, "Sam O’Hara 0"},
		{"words=SAM+O%E2%80%99HARA+11", 11, "Sam O’Hara 110"}, // 11 and 110 to 119
		{"words=person7@trust.example.org", 1, "Sam O’Hara 7"},
		{"words=TRUST.EXAMPLE&role=leadership", 60, "Sam O’Hara 1"},
		{"words=100%25", 1, "Pat 100% Long_Name"}, // no pattern
		{"words=g_n", 1, "Pat 100% Long_Name"},
		{"words=a_a", 0, "Nobody is found."},
		{"words=+ada+", 1, "Ada Marsh"},
		{"role=administrator", 1, "Ada Marsh"},
		{"role=wizard", 0, "Nobody is found."},
		{"after=sam+o%E2%80%99hara+5&id=abc", 122, "Ada Marsh"}, // no cursor: the first page
	} {
		seen := map[string]bool{}
		says := ""
		for path := "/people?" + c.query; path != ""; {
			p := v.Get(path).Expect(http.StatusOK)
			says += p.Text()
			for _, a := range p.All("a") {
				if href, _ := webtest.Attribute(a, "href"); strings.HasPrefix(href, "/people/") && href != "/people/new" {
					if seen[href] {
						t.Fatalf("%s: %s twice", c.query, href)
					}
					seen[href] = true
				}
			}
			path = ""
			if next := p.All("a", "rel", "next"); len(next) > 0 {
				path, _ = webtest.Attribute(next[0], "href")
			}
		}
		if len(seen) != c.found || !strings.Contains(says, c.says) {
			t.Errorf("%s: %d people, want %d and %q", c.query, len(seen), c.found, c.says)
		}
	}
	// What was asked for stays in the form on every page.
	p := v.Get("/people?words=trust&role=leadership")
	next, _ := webtest.Attribute(p.One("a", "rel", "next"), "href")
	if p = v.Get(next); p.Value("words") != "trust" || p.Value("role") != "leadership" {
		t.Errorf("the second page asks for %q and %q", p.Value("words"), p.Value("role"))
	}
	v.Get(next).Says("Back to the first page")
}

// TestTheLastAdministratorStays: neither way out is open, and the page says why
// before and after; with another administrator both are.
func TestTheLastAdministratorStays(t *testing.T) {
	s := webtest.Start(t)
	ada := s.Person(t, "ada@example.org", "Ada Marsh", accounts.Administrator, "leadership")
	gone := s.Person(t, "old@example.org", "Old Hand", accounts.Administrator)
	v := s.SignIn(t, "ada@example.org")
	v.Post("/people/"+itoa(gone.ID)+"/deactivate", nil).Leads("/people/")
	path := "/people/" + itoa(ada.ID)
	rows := func() (got string) {
		t.Helper()
		if err := s.DB.Get(&got, `select (select string_agg(person_id || role, ' ' order by person_id, role) from roles) || ' ' ||
			(select count(*) from role_changes) || ' ' || (select count(*) from people where deactivated_at is null)`); err != nil {
			t.Fatal(err)
		}
		return got
	}
	before := rows()
	v.Get(path).Says("You are the last administrator")
	v.Get(path + "/deactivate").Expect(http.StatusConflict).Says("This is the last administrator. Make somebody else one first.")
	for _, act := range []string{"/roles/administrator/revoke", "/deactivate"} {
		p := v.Post(path+act, nil).Expect(http.StatusConflict).Says("There is a problem", "This is the last administrator. Make somebody else one first.", "Ada Marsh")
		if title := webtest.TextOf(p.One("title")); !strings.HasPrefix(title, "Error: ") {
			t.Errorf("%s: the title is %q", act, title)
		}
		if got := rows(); got != before {
			t.Errorf("%s: rows %s, before %s", act, got, before)
		}
	}
	v.Get("/people").Expect(http.StatusOK)

	s.Person(t, "ben@example.org", "Ben Cole", accounts.Administrator)
	v.Get(path).SaysNot("last administrator")
	v.Get(path + "/deactivate").Expect(http.StatusOK)
	v.Post(path+"/roles/administrator/revoke", nil).Leads("/profile")
	v.Get("/profile").Says("no longer has the role: Administrator")
	v.Get("/people").Expect(http.StatusForbidden)
}
