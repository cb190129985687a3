package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/web"
	"github.com/leadership-ladder/rung/web/webtest"
)

func tabTitle(p *webtest.Page) string { return webtest.TextOf(p.One("title")) }

// TestEveryPageHasItsOwnTitle goes to every page there is, as whoever may.
func TestEveryPageHasItsOwnTitle(t *testing.T) {
	sh, visitors, path := accessSite(t)
	by := map[string]string{}
	for _, route := range web.Routes() {
		method, pattern, _ := strings.Cut(route, " ")
		if method != http.MethodGet || strings.HasPrefix(pattern, "/trial") || strings.HasSuffix(pattern, "/check") { // the latter are parts of pages
			continue
		}
		for i, v := range append(visitors, sh.anyone) {
			if i < len(visitors) && access[route][i] != http.StatusOK {
				continue
			}
			p := v.Get(path.Replace(pattern))
			if p.Doc == nil || p.Status != http.StatusOK {
				continue
			}
			title := tabTitle(p)
			name, ours := strings.CutSuffix(title, " – Rung, Leadership Ladder")
			if !ours || name == "" || strings.HasPrefix(name, "Error") {
				t.Errorf("%s has the title %q", route, title)
			}
			if other, taken := by[title]; taken && other != route {
				t.Errorf("%s and %s are both %q", route, other, title)
			}
			by[title] = route
		}
	}
	if len(by) < 25 {
		t.Errorf("%d titles: the pages were not read", len(by))
	}
}

// TestRefusedFormsSayErrorInTheTitle sends every form with something wrong.
func TestRefusedFormsSayErrorInTheTitle(t *testing.T) {
	sh, visitors, path := accessSite(t)
	signedReviewer := visitors[5]
	sh.leader.Post("/catalogue/new", liveModule).Leads("/catalogue/")
	draft := "/proposals/" + strings.TrimPrefix(sh.author.Post("/proposals", url.Values{"title": {"Being a Mentor"}}).Header.Get("Location"), "/proposals/")
	draft = strings.TrimSuffix(draft, "/edit")
	proposal := path.Replace("/proposals/{proposal}")
	seen := accessForms(sh)["/proposals/{proposal}/requests"]
	for _, c := range []struct {
		as   *webtest.Visitor
		path string
		form url.Values
	}{
		{sh.anyone, "/sign-in", url.Values{"email": {"anna"}}},
		{sh.author, "/profile", url.Values{"name": {""}}},
		{sh.admin, "/people", url.Values{"email": {"anna"}}},
		{sh.admin, path.Replace("/people/{person}/roles/wizard/grant"), nil},
		{sh.leader, "/suggested-titles", url.Values{}},
		{sh.leader, "/catalogue/new", url.Values{}},
		{sh.leader, path.Replace("/catalogue/{slug}/edit"), url.Values{"version": {"1"}}},
		{sh.leader, path.Replace("/catalogue/{slug}/retire"), url.Values{}},
		{sh.author, "/proposals", url.Values{"title": {strings.Repeat("x", 1001)}}},
		{sh.author, draft + "/edit/audience", url.Values{"version": {"1"}, "minutes": {"an hour"}}},
		{sh.author, draft + "/edit/listing", url.Values{"version": {"1"}, "series_part": {"two"}}},
		{sh.author, draft + "/authors", url.Values{"email": {"x"}}},
		{sh.author, draft + "/authors/edit", url.Values{"email": {"anna@example.org"}, "name": {""}}},
		{sh.author, draft + "/submit", url.Values{"seen_state": {"draft"}, "seen_revision": {"0"}}},
		{sh.leader, proposal + "/authors/lead", url.Values{}},
		{sh.leader, proposal + "/acts/reject", with(seen, "reason", "")},
		{sh.leader, proposal + "/assign", with(seen, "person", "")},
		{sh.leader, proposal + "/publish", with(seen, "owner", "", "do", "save")},
		{signedReviewer, proposal + "/acts/decline", with(seen, "reason", "")},
		{signedReviewer, proposal + "/sign-offs", seen},
		{signedReviewer, proposal + "/requests", seen},
	} {
		p := c.as.Post(c.path, c.form)
		title := tabTitle(p)
		if summary := len(p.All("div", "class", "nhsuk-error-summary")); summary != 1 || p.Status < 400 || !strings.HasPrefix(title, "Error: ") {
			t.Errorf("POST %s: %d, %q, %d error summaries\n%s", c.path, p.Status, title, summary, p.Text())
		}
	}
	up := sh.author.Do(http.MethodPost, draft+"/package", "multipart/form-data; boundary=b", strings.NewReader("--b--\r\n"))
	if title := tabTitle(up.Expect(http.StatusUnprocessableEntity)); !strings.HasPrefix(title, "Error: ") {
		t.Errorf("an upload without a file: %q", title)
	}
}
