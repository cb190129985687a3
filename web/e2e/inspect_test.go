package e2e

import (
	"slices"
	"strings"
	"testing"
)

// visitors are those of the demo's people who together see every page; "" is
// somebody who isn't signed in.
var visitors = []string{"", "Dr Maya Okafor", "Dr Tom Whitfield", "Sam Lindqvist", "Dr Leila Haddad", "Dr Owen Blake",
	"Professor Ruth Calder", "Joan Fairley"}

// notPages are the addresses that are read, and show no page.
var notPages = map[string]string{
	"/proposals/{proposal}/package":                                "a file",
	"/proposals/{proposal}/revisions/{number}/package":             "a file",
	"/proposals/{proposal}/pack":                                   "a file",
	"/catalogue/{slug}/pack":                                       "a file",
	"/proposals/{proposal}/package/report.json":                    "a document for programs",
	"/proposals/{proposal}/revisions/{number}/package/report.json": "a document for programs",
	"/api/openapi.json":                                            "a document for programs",
}

// partsOfPages are what the script of a page asks for; no link leads to them.
var partsOfPages = []string{"/proposals/{proposal}/package/check", "/proposals/{proposal}/revisions/{number}/package/check"}

// TestOnTheDemo looks at the site as the demo shows it: the real program, with
// proposals in every state.
func TestOnTheDemo(t *testing.T) {
	t.Parallel()
	h := openDemo(t)
	addWebhook(t, h)
	clients := map[string]*client{}
	var pages []found
	for _, who := range visitors {
		clients[who] = h.enter(t, who)
		pages = append(pages, crawl(t, clients[who], who)...)
	}
	clients["somebody new"] = h.enter(t, "")
	clients["somebody new"].open("/sign-in")
	clients["somebody new"].fill("Email address", "new@example.org")
	clients["somebody new"].press("Send me a code")
	pages = append(pages, found{who: "somebody new", path: clients["somebody new"].at(), route: "/sign-in/code", features: map[string]bool{"": true}})

	t.Run("every route is reached", func(t *testing.T) { reachesAll(t, pages) })
	t.Run("every page is accessible", func(t *testing.T) { looksAt(t, h, clients, choose(pages, 2)) })
	t.Run("the keyboard is enough", func(t *testing.T) { tabsThrough(t, h, clients, pages) })
	t.Run("refusals are accessible", func(t *testing.T) { isRefused(t, h, clients, pages) })
	t.Run("late comers are told", func(t *testing.T) { comesLate(t, h, pages) })
}

// addWebhook has the administrator set a webhook up, to somewhere on this
// machine where nobody listens, and try it: the demo comes without one.
func addWebhook(t *testing.T, h *house) {
	t.Helper()
	joan := h.enter(t, "Joan Fairley")
	joan.open("/webhooks/new")
	joan.fill("Address", "http://127.0.0.1:9/hook")
	joan.press("Add")
	joan.press("Make a new secret")
	joan.open(strings.TrimSuffix(joan.at(), "/secret"))
	joan.press("Send a test event")
}

// enter is a client in which one of the demo's people has signed in.
func (h *house) enter(t *testing.T, who string) *client {
	t.Helper()
	c := newClient(t, h.url).(*client)
	if who != "" {
		c.open("/demo/people")
		c.within(who).press("Sign in")
	}
	return c
}

// tabOf is a tab of Chromium in which a client's person is signed in.
func (h *house) tabOf(t *testing.T, c *client) *browser {
	t.Helper()
	b := newBrowser(t, h.url, true)
	b.tab.TakeCookies(h.url, c.http.Jar.Cookies(c.url))
	return b
}

// reachesAll: every route is led to by links, and is a page unless it is known
// to be a file.
func reachesAll(t *testing.T, pages []found) {
	reached := map[string]bool{}
	for _, p := range pages {
		reached[p.route] = true
		if _, isFile := notPages[p.route]; isFile != p.file {
			t.Errorf("%s of %s: a file is %v, expected %v", p.path, p.route, p.file, isFile)
		}
	}
	for _, r := range routes() {
		if !reached[r.pattern] && !slices.Contains(partsOfPages, r.pattern) {
			t.Errorf("nobody comes to %s", r.pattern)
		}
	}
}

// looksAt opens pages in Chromium: no violation of WCAG 2.2 A or AA that axe
// knows at 1280 and at 375 pixels, no sideways scrolling at 320, and nothing
// that the browser complains of.
func looksAt(t *testing.T, h *house, clients map[string]*client, pages []found) {
	byVisitor := map[string][]found{}
	for _, p := range pages {
		byVisitor[p.who] = append(byVisitor[p.who], p)
	}
	for who, theirs := range byVisitor {
		t.Run(strings.ReplaceAll(who, " ", "_"), func(t *testing.T) {
			t.Parallel()
			b := h.tabOf(t, clients[who])
			for _, p := range theirs {
				b.tab.Open(h.url + p.path)
				b.tab.Axe()
				b.tab.Screenshot(p.name())
			}
		})
	}
}
