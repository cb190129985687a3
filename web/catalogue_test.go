package web_test

import (
	"archive/zip"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/web/webtest"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// shelf is a site with all services, people in every role, and their browsers.
type shelf struct {
	*webtest.House
	t                                       testing.TB
	flow                                    *workflow.Service
	write                                   *authoring.Service
	anna, tess, edith, edgar, lena, luke    accounts.Person
	author, reviewer, leader, admin, anyone *webtest.Visitor
}

func newShelf(t testing.TB) *shelf {
	t.Helper()
	h := webtest.StartWhole(t)
	sh := &shelf{House: h, t: t, flow: h.Server.Workflow, write: h.Server.Authoring,
		anna: h.People["anna"], tess: h.People["tess"], edith: h.People["edith"], edgar: h.People["edgar"], lena: h.People["lena"], luke: h.People["luke"]}
	sh.author, sh.reviewer = sh.SignIn(t, "anna@example.org"), sh.SignIn(t, "tess@example.org")
	sh.leader, sh.admin, sh.anyone = sh.SignIn(t, "lena@example.org"), sh.SignIn(t, "ada@example.org"), sh.Visitor(t)
	return sh
}

func (sh *shelf) must(err error) {
	sh.t.Helper()
	if err != nil {
		sh.t.Fatal(err)
	}
}

// row is one value of the database, as text.
func (sh *shelf) row(query string, args ...any) string {
	sh.t.Helper()
	var s string
	sh.must(sh.DB.GetContext(sh.t.Context(), &s, query, args...))
	return s
}

func (sh *shelf) look(id int64) *workflow.Case { return sh.Look(sh.t, id) }
func (sh *shelf) submitted(title string) int64 { return sh.Submitted(sh.t, title) }
func (sh *shelf) climb(id int64, to string)    { sh.Climb(sh.t, id, to) }

// seenFields are what a page of the proposal as it is now posts back.
func (sh *shelf) seenFields(id int64) url.Values {
	c := sh.look(id)
	return url.Values{"seen_state": {c.State}, "seen_revision": {itoa(int64(c.Revision))}, "seen_seq": {itoa(int64(c.Seq))}}
}

func with(form url.Values, pairs ...string) url.Values {
	out := url.Values{}
	for name, values := range form {
		out[name] = values
	}
	for i := 0; i < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

var fullDetails = url.Values{"owner": {"The blended learning team"}, "review_date.day": {"1"}, "review_date.month": {"7"}, "review_date.year": {"2027"},
	"bridge_url": {"https://bridge.example.org/handover"}, "version": {"0"}}

var liveModule = with(fullDetails, "title", "Theories of Leadership", "strand", "theory", "summary", "What the books say.")

// publish climbs a module into the catalogue through the page.
func (sh *shelf) publish(title string) (id int64, path string) {
	sh.t.Helper()
	id = sh.submitted(title)
	sh.climb(id, programme.Approved)
	form := with(sh.seenFields(id), "do", "publish")
	for name, values := range fullDetails {
		form[name] = values
	}
	p := sh.leader.Post("/proposals/"+itoa(id)+"/publish", form).Leads("/catalogue/")
	return id, p.Header.Get("Location")
}

func TestPublishingThroughThePages(t *testing.T) {
	sh := newShelf(t)
	id := sh.submitted("Leading a Handover")
	at := "/proposals/" + itoa(id) + "/publish"
	sh.climb(id, "final")
	sh.leader.Get(at).Expect(http.StatusOK).Says("It can’t be published yet", "Save the details").SaysNot("Save and publish")
	sh.reviewer.Get(at).Expect(http.StatusForbidden)
	sh.anyone.Get(at).Leads("/sign-in")

	// Half of the details, saved early.
	sh.leader.Post(at, with(sh.seenFields(id), "owner", "The team", "version", "0", "do", "save")).Leads(at)
	sh.climb(id, programme.Approved)
	sh.leader.Get(at).Says("Every stage has signed off").Says("Save and publish")

	for _, c := range []struct {
		what   string
		as     *webtest.Visitor
		form   url.Values
		status int
		says   string
	}{
		{"nobody", sh.anyone, with(fullDetails, "do", "publish"), http.StatusUnauthorized, "Sign in"},
		{"a reviewer", sh.reviewer, with(fullDetails, "do", "publish", "version", "1"), http.StatusForbidden, "leadership"},
		{"its author", sh.author, with(fullDetails, "do", "publish", "version", "1"), http.StatusForbidden, "leadership"},
		{"an administrator", sh.admin, with(fullDetails, "do", "publish", "version", "1"), http.StatusNotFound, "no such proposal"},
		{"no date at all", sh.leader, with(fullDetails, "review_date.day", "31", "review_date.month", "2", "version", "1"), http.StatusUnprocessableEntity, "must be a real date"},
		{"a wrong address", sh.leader, with(fullDetails, "bridge_url", "http://bridge.example.org", "version", "1"), http.StatusUnprocessableEntity, "must begin with https://"},
		{"an old form", sh.leader, with(fullDetails, "owner", "Somebody else", "do", "publish", "version", "0"), http.StatusConflict, "Lena Moor saved this"},
		{"too early a page", sh.leader, with(with(fullDetails, "do", "publish", "version", "1"), "seen_state", "final", "seen_revision", "1"), http.StatusConflict, "There is a problem"},
	} {
		t.Run(c.what, func(t *testing.T) {
			form := sh.seenFields(id)
			for name, values := range c.form {
				form[name] = values
			}
			p := c.as.Post(at, form).Expect(c.status).Says(c.says)
			if c.as == sh.leader && !strings.Contains(p.Body, c.form.Get("owner")) {
				t.Errorf("the words that were typed are gone:\n%s", p.Text())
			}
			if n := sh.row(`select count(*)::text from modules`); n != "0" {
				t.Errorf("%s modules", n)
			}
		})
	}

	version := sh.row(`select version::text from publication_details`)
	form := with(fullDetails, "do", "publish", "version", version)
	p := sh.leader.Post(at, with(form, "seen_state", programme.Approved, "seen_revision", "1")).Leads("/catalogue/leading-a-handover")
	if got := sh.row(`select state || ' ' || to_char(review_date, 'YYYY-MM-DD') from editions e join publication_details d on d.id = e.details`); got != "live 2027-07-01" {
		t.Errorf("the edition is %q", got)
	}
	sh.leader.Get(p.Header.Get("Location")).Says("Published. The authors are told")
	sh.leader.Get(at).Leads("/catalogue/leading-a-handover")
}

func TestPublicPagesAreForEveryone(t *testing.T) {
	sh := newShelf(t)
	id, path := sh.publish("Leading a Handover")
	sh.leader.Post("/catalogue/new", with(liveModule, "series", "Theory", "part", "1", "of", "2")).Leads("/catalogue/theories-of-leadership")
	sh.leader.Get("/catalogue") // shows the sentence of the act, and forgets it

	for _, c := range []struct {
		path  string
		says  []string
		holds []string
	}{
		{"/catalogue", []string{"Newest modules", "Leading a Handover", "Theories of Leadership", "Part 2 of 4 of On the ward"}, nil},
		{"/catalogue?strand=theory", []string{"Leadership in Theory", "Theories of Leadership"}, nil},
		{"/catalogue?words=sbar", []string{"Modules about “sbar”", "Leading a Handover"}, nil},
		{"/catalogue?words=xyzzy", []string{"Nothing is found"}, nil},
		{"/catalogue?series=Theory", []string{"Series: Theory", "Theories of Leadership"}, nil},
		{"/catalogue/series", []string{"On the ward", "Part 2 of 4: Leading a Handover"}, nil},
		{path, []string{"Leading a Handover", "Quality assured by Rung: three stages", "Technical review: signed off on 2 March 2026", "Anna Bell", "CC BY-NC 4.0",
			"1 July 2027", "45 minutes", "5 Capabilities in leadership and team working (primary)", "Plan a handover", "Take it on Bridge",
			"freely available to all doctors", "blended learning team", "Feedback is asked for"},
			[]string{`href="https://bridge.example.org/handover" rel="noopener`}},
		{"/catalogue/theories-of-leadership", []string{"Quality assured before Rung", "What the books say."}, nil},
	} {
		t.Run(c.path, func(t *testing.T) {
			p := sh.anyone.Get(c.path).Expect(http.StatusOK).Says(c.says...).SaysNot("For leadership", "Enter a module", "/proposals/"+itoa(id))
			for _, want := range c.holds {
				if !strings.Contains(p.Body, want) {
					t.Errorf("%s does not hold %q", c.path, want)
				}
			}
			if cookie := p.Header.Get("Set-Cookie"); cookie != "" {
				t.Errorf("it sets a cookie: %s", cookie)
			}
			tag := p.Header.Get("ETag")
			again := sh.anyone.Do(http.MethodGet, c.path, "", nil, func(r *http.Request) { r.Header.Set("If-None-Match", tag) })
			if tag == "" || again.Status != http.StatusNotModified || again.Body != "" {
				t.Errorf("asked again with the tag %q: %d, %d bytes", tag, again.Status, len(again.Body))
			}
			if signedIn := sh.leader.Get(c.path).Expect(http.StatusOK); signedIn.Header.Get("ETag") != "" {
				t.Error("what somebody signed in sees could be kept")
			}
		})
	}
	for _, path := range []string{"/catalogue/nothing-here", "/catalogue/%00", "/catalogue/A"} {
		sh.anyone.Get(path).Expect(http.StatusNotFound)
	}
}

func TestWhatLeadershipDoesWithModules(t *testing.T) {
	sh := newShelf(t)
	_, climbed := sh.publish("Leading a Handover")
	sh.leader.Post("/catalogue/new", liveModule).Leads("/catalogue/theories-of-leadership")
	live := "/catalogue/theories-of-leadership"
	modules := `select string_agg(e.title || ' ' || e.state || ' ' || d.owner, '; ' order by e.id) from editions e join publication_details d on d.id = e.details`
	before := sh.row(modules)

	for _, path := range []string{"/catalogue/new", climbed + "/edit", live + "/edit", climbed + "/retire", climbed + "/pack", live + "/pack"} {
		sh.anyone.Get(path).Leads("/sign-in")
		sh.author.Get(path).Expect(http.StatusForbidden)
		sh.admin.Get(path).Expect(http.StatusForbidden)
		sh.leader.Get(path).Expect(http.StatusOK)
	}
	for _, c := range []struct {
		as     *webtest.Visitor
		path   string
		form   url.Values
		status int
		says   string
	}{
		{sh.anyone, "/catalogue/new", liveModule, http.StatusUnauthorized, "Sign in"},
		{sh.author, "/catalogue/new", liveModule, http.StatusForbidden, "Only leadership"},
		{sh.author, climbed + "/edit", with(fullDetails, "version", "1"), http.StatusForbidden, "Only leadership"},
		{sh.author, live + "/edit", with(liveModule, "version", "1"), http.StatusForbidden, "Only leadership"},
		{sh.admin, climbed + "/edit", with(fullDetails, "version", "1"), http.StatusForbidden, "Only leadership"},
		{sh.admin, climbed + "/retire", url.Values{"reason": {"Old."}}, http.StatusForbidden, "Only leadership"},
		{sh.leader, "/catalogue/nothing/edit", with(fullDetails, "version", "1"), http.StatusNotFound, "no module"},
		{sh.author, live + "/retire", url.Values{"reason": {"Old."}}, http.StatusForbidden, "Only leadership"},
		{sh.leader, "/catalogue/new", with(liveModule, "title", "", "part", "two"), http.StatusUnprocessableEntity, "Part is not in the form"},
		{sh.leader, "/catalogue/new", with(liveModule, "title", "", "strand", "none"), http.StatusUnprocessableEntity, "Enter the module's title"},
		{sh.leader, live + "/edit", with(liveModule, "version", "9"), http.StatusConflict, "Lena Moor saved this"},
		{sh.leader, climbed + "/edit", with(fullDetails, "version", "1", "owner", ""), http.StatusUnprocessableEntity, "who owns the module"},
		{sh.leader, live + "/retire", url.Values{"reason": {" "}}, http.StatusUnprocessableEntity, "Give a reason"},
		{sh.leader, "/catalogue/nothing/retire", url.Values{"reason": {"Old."}}, http.StatusNotFound, "no module"},
	} {
		c.as.Post(c.path, c.form).Expect(c.status).Says(c.says)
		if after := sh.row(modules); after != before {
			t.Errorf("POST %s was refused, and changed %q to %q", c.path, before, after)
		}
	}

	sh.leader.Post(climbed+"/edit", with(fullDetails, "version", "1", "owner", "Luke Hale")).Leads(climbed)
	sh.leader.Post(live+"/edit", with(liveModule, "version", "1", "title", "Theories of leadership")).Leads(live)
	sh.leader.Post(climbed+"/retire", url.Values{"reason": {"The guidance has changed."}}).Leads(climbed)
	want := "Leading a Handover retired Luke Hale; Theories of leadership live The blended learning team"
	if got := sh.row(modules); got != want {
		t.Errorf("the modules are %q, want %q", got, want)
	}
	sh.anyone.Get(climbed).Says("This module is retired", "The guidance has changed.").SaysNot("Take it on Bridge")
	sh.anyone.Get("/catalogue").SaysNot("Leading a Handover")
	sh.leader.Get(climbed + "/retire").Leads(climbed)

	pack := sh.leader.Get(climbed + "/pack").Expect(http.StatusOK)
	z, err := zip.NewReader(strings.NewReader(pack.Body), int64(len(pack.Body)))
	if err != nil || len(z.File) != 3 || z.File[2].Name != "package/handover.zip" {
		t.Errorf("the pack: %v", err)
	}
	if got := pack.Header.Get("Content-Disposition"); got != `attachment; filename="leading-a-handover.zip"` {
		t.Errorf("it is sent as %s", got)
	}
}

// TestCataloguePagesAreAccessible looks at each page of the catalogue, the
// board and the mail in a real browser.
func TestCataloguePagesAreAccessible(t *testing.T) {
	sh := newShelf(t)
	_, climbed := sh.publish("Leading a Handover")
	for _, title := range []string{"Theories of Leadership", "Host vs Hero Leadership", "A Junior Doctor Guide to the NHS"} {
		sh.leader.Post("/catalogue/new", with(liveModule, "title", title)).Leads("/catalogue/")
	}
	_, retired := sh.publish("Chairing Meetings")
	sh.leader.Post(retired+"/retire", url.Values{"reason": {"The guidance has changed."}}).Leads(retired)
	waiting := sh.submitted("Being a Trainee Representative")
	asked := sh.submitted("Strengths-based Leadership")
	sh.climb(asked, "educational")
	approved := sh.submitted("Your Role within a Team")
	sh.climb(approved, programme.Approved)
	if _, err := sh.DB.Exec(`update outbox set state = 'failed', last_error = '550 5.1.1 no such user here', finished_at = created_at, attempts = 3
		where id = (select max(id) from outbox where kind = 'mail')`); err != nil {
		t.Fatal(err)
	}
	sh.Clock.Add(10 * 24 * 3600 * 1e9)
	sh.leader.Get("/catalogue") // shows the sentence of the last act

	pages := newPages(t, sh.URL)
	for _, page := range []struct {
		name, path string
		as         *webtest.Visitor
	}{
		{"catalogue", "/catalogue", nil}, {"catalogue-search", "/catalogue?words=handover", nil}, {"catalogue-none", "/catalogue?words=xyzzy", nil},
		{"catalogue-series", "/catalogue/series", nil}, {"catalogue-module", climbed, nil}, {"catalogue-before", "/catalogue/theories-of-leadership", nil},
		{"catalogue-retired", retired, nil}, {"catalogue-module-leadership", climbed, sh.leader},
		{"catalogue-new", "/catalogue/new", sh.leader}, {"catalogue-edit", climbed + "/edit", sh.leader}, {"catalogue-retire", climbed + "/retire", sh.leader},
		{"publish", "/proposals/" + itoa(approved) + "/publish", sh.leader}, {"publish-early", "/proposals/" + itoa(waiting) + "/publish", sh.leader},
		{"board", "/board", sh.leader}, {"board-none", "/board?state=rejected", sh.leader},
		{"assign", "/proposals/" + itoa(waiting) + "/assign", sh.leader}, {"assign-replace", "/proposals/" + itoa(asked) + "/assign", sh.leader},
		{"delivery", "/delivery", sh.admin}, {"delivery-sign-in", "/delivery?sign_in=true", sh.admin},
	} {
		pages.look(page.name, page.path, page.as)
	}
}
