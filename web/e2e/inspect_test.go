package e2e

import (
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/web/browsertest"
)

// visitors are those of the demo's people who together see every page; "" is
// somebody who isn't signed in.
var visitors = []string{"", "Dr Maya Okafor", "Dr Tom Whitfield", "Sam Lindqvist", "Dr Leila Haddad", "Dr Owen Blake",
	"Professor Ruth Calder", "Joan Fairley"}

// notPages are the addresses that are read, and show no page.
var notPages = map[string]string{
	"/proposals/{proposal}/package":                    "a file",
	"/proposals/{proposal}/revisions/{number}/package": "a file",
	"/proposals/{proposal}/pack":                       "a file",
	"/catalogue/{slug}/pack":                           "a file",
}

// TestEveryPage looks at every page of the site, on the demo's data, as those
// whom it is for: no violation of WCAG 2.2 A or AA that axe knows at 1280 and at
// 375 pixels, no sideways scrolling at 320, and nothing that the browser
// complains of. A route that nobody comes to fails the test.
func TestEveryPage(t *testing.T) {
	h := openDemo(t)
	var pages []found
	clients := map[string]*client{}
	for _, who := range visitors {
		c := newClient(t, h.url).(*client)
		if who != "" {
			c.open("/demo/people")
			c.within(who).press("Sign in")
		}
		clients[who] = c
		pages = append(pages, crawl(t, c, who)...)
	}
	stranger := newClient(t, h.url).(*client)
	stranger.open("/sign-in")
	stranger.fill("Email address", "new@example.org")
	stranger.press("Send me a code")
	clients["somebody new"] = stranger
	pages = append(pages, found{who: "somebody new", path: stranger.at(), route: "/sign-in/code", features: map[string]bool{"": true}})

	reached := map[string]bool{}
	for _, p := range pages {
		reached[p.route] = true
		if _, isFile := notPages[p.route]; isFile != p.file {
			t.Errorf("%s of %s: a file is %v, expected %v", p.path, p.route, p.file, isFile)
		}
	}
	for _, r := range routes() {
		if !reached[r.pattern] {
			t.Errorf("nobody comes to %s", r.pattern)
		}
	}

	chosen := choose(pages, 2)
	t.Logf("%d pages read, %d looked at", len(pages), len(chosen))
	byVisitor := map[string][]found{}
	for _, p := range chosen {
		byVisitor[p.who] = append(byVisitor[p.who], p)
	}
	t.Run("look", func(t *testing.T) {
		for who, theirs := range byVisitor {
			t.Run(strings.ReplaceAll(who, " ", "_"), func(t *testing.T) {
				t.Parallel()
				tab := browsertest.New(t)
				tab.TakeCookies(h.url, clients[who].http.Jar.Cookies(clients[who].url))
				for _, p := range theirs {
					tab.Open(h.url + p.path)
					tab.Axe()
					tab.Screenshot(p.name())
				}
			})
		}
	})
}
