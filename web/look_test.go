package web_test

import (
	"context"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/web"
	"github.com/leadership-ladder/rung/web/browsertest"
	"github.com/leadership-ladder/rung/web/webtest"
)

// mailbox is a demo's mailbox of one mail.
type mailbox struct{ mail web.DemoMail }

func (m mailbox) Mails(context.Context, int) ([]web.DemoMail, error) {
	return []web.DemoMail{m.mail}, nil
}

func (m mailbox) Mail(_ context.Context, id string) (web.DemoMail, error) {
	if id != m.mail.ID {
		return web.DemoMail{}, fault.New(fault.NotFound, "There is no such mail.")
	}
	return m.mail, nil
}

// demo makes a site one that offers "sign in as …" and a mailbox.
func demo(s *webtest.Site) {
	s.Server.Demo = &web.Demo{
		People: []web.DemoPerson{
			{Email: "admin@example.org", Name: "Ada Marsh", Role: "Administrator", About: "Looks after people and roles."},
			{Email: "ben@example.org", Name: "Ben Cole", Role: "Technical reviewer", About: "Two packages wait for him, one of them since Monday."},
		},
		Mailbox: mailbox{web.DemoMail{ID: "7", To: "ben@example.org", Subject: "Giving feedback: please review the package",
			SentAt: dbtest.NewClock().Now(), Text: "Dear Ben Cole,\n\nplease review it by 6 March 2026.\n\n" + s.URL + "/people/2\n"}},
	}
}

// TestEveryPageIsAccessible looks at each page of this area in a real browser:
// axe, sideways scrolling, and what the browser refuses under the policy.
func TestEveryPageIsAccessible(t *testing.T) {
	s := webtest.Start(t, demo)
	s.Person(t, "admin@example.org", "Ada Marsh", accounts.Administrator)
	ben := s.Person(t, "ben@example.org", "Ben Cole", "technical_reviewer", "educational_reviewer")
	wide := s.Person(t, "wide@example.org", strings.Repeat("W", 100)) // a word wider than any page
	admin := s.SignIn(t, "admin@example.org")
	if err := s.Server.Accounts.Deactivate(t.Context(), accounts.CommandLine, s.Person(t, "carol@example.org", "Carol Dunn").ID); err != nil {
		t.Fatal(err)
	}
	someone := s.Visitor(t)
	someone.Post("/sign-in", map[string][]string{"email": {"new@example.org"}})

	pages := newPages(t, s.URL)
	for _, page := range []struct {
		name, path string
		as         *webtest.Visitor
	}{
		{"home", "/", nil}, {"sign-in", "/sign-in", nil}, {"accessibility", "/accessibility", nil},
		{"not-found", "/nowhere", nil}, {"code", "/sign-in/code", someone},
		{"demo-people", "/demo/people", nil}, {"demo-mail-list", "/demo/mail", nil}, {"demo-mail", "/demo/mail/7", nil},
		{"profile", "/profile", admin}, {"people", "/people", admin}, {"people-none", "/people?words=nobody", admin},
		{"person", "/people/" + itoa(ben.ID), admin}, {"new-person", "/people/new", admin},
		{"person-wide", "/people/" + itoa(wide.ID), admin}, {"deactivate-wide", "/people/" + itoa(wide.ID) + "/deactivate", admin},
		{"deactivate", "/people/" + itoa(ben.ID) + "/deactivate", admin}, {"signed-in", "/signed-in", admin},
	} {
		pages.look(page.name, page.path, page.as)
	}
}

// pages are looked at in a tab for each visitor: one for each page would cost as
// much as looking at it.
type pages struct {
	t    *testing.T
	url  string
	tabs map[*webtest.Visitor]*browsertest.Tab
}

func newPages(t *testing.T, url string) *pages {
	return &pages{t, url, map[*webtest.Visitor]*browsertest.Tab{}}
}

// look opens a page as a visitor, nil for somebody who hasn't signed in, and has
// axe look at it, in a test of its own.
func (p *pages) look(name, path string, as *webtest.Visitor) {
	p.t.Helper()
	tab := p.tabs[as]
	if tab == nil {
		tab = browsertest.New(p.t)
		p.tabs[as] = tab
	}
	tab.Run(p.t, name, func() {
		if as != nil {
			tab.TakeCookies(p.url, as.Cookies())
		}
		tab.Open(p.url + path)
		tab.Axe()
		for _, width := range browsertest.Widths {
			tab.Resize(width)
			tab.Screenshot(name)
		}
		tab.Resize(browsertest.Widths[0])
	})
}
