package e2e

import (
	"strings"
	"testing"
)

// refusals are forms sent as they should not be: the field with its words, if
// any, and the button.
var refusals = []struct{ who, route, field, words, button string }{
	{"", "/sign-in", "Email address", "nobody", "Send me a code"},
	{"somebody new", "/sign-in/code", "Six-digit code", "12", "Sign in"},
	{"Dr Maya Okafor", "/profile", "Full name", "", "Save"},
	{"Dr Maya Okafor", "/proposals/{proposal}/authors", "Email address", "nobody", "Invite"},
	{"Dr Maya Okafor", "/proposals/{proposal}/edit/{section}", "How many minutes does it take?", "long", "Save and continue"},
	{"Dr Leila Haddad", "/reviews/{assignment}", "", "", "Sign off"},
	{"Dr Leila Haddad", "/reviews/{assignment}", "", "", "Send to the authors"},
	{"Dr Leila Haddad", "/proposals/{proposal}/acts/{act}", "What is the conflict?", "", "Declare a conflict of interest"},
	{"Professor Ruth Calder", "/catalogue/new", "", "", "Put it in the catalogue"},
	{"Professor Ruth Calder", "/suggested-titles", "", "", "Suggest"},
	{"Professor Ruth Calder", "/catalogue/{slug}/retire", "", "", "Retire the module"},
	{"Professor Ruth Calder", "/proposals/{proposal}/assign", "", "", "Ask"},
	{"Professor Ruth Calder", "/proposals/{proposal}/publish", "Day", "99", "Save the details"},
	{"Professor Ruth Calder", "/proposals/{proposal}/acts/{act}", "Why is it rejected?", "", "Reject"},
	{"Joan Fairley", "/people/new", "Email address", "nobody", "Add"},
	{"Joan Fairley", "/webhooks/new", "Address", "http://192.168.0.1/", "Add"},
}

// isRefused sends each form: the page says what is wrong, the summary has the
// focus and its links lead to fields, and the page is as accessible as before.
func isRefused(t *testing.T, h *house, clients map[string]*client, pages []found) {
	wrong := map[string][]string{ // addresses that show no page
		"":               {"/nowhere", "/catalogue/nothing"},
		"Dr Maya Okafor": {"/people", "/proposals/999999", "/sign-out", "/proposals/x"},
	}
	for who, c := range clients {
		t.Run(strings.ReplaceAll(who, " ", "_"), func(t *testing.T) {
			t.Parallel()
			b := h.tabOf(t, c)
			for _, r := range refusals {
				if r.who != who {
					continue
				}
				b.open(pageWith(t, c, pages, who, r.route, r.field, r.button))
				if r.field != "" {
					b.fill(r.field, r.words)
				}
				b.press(r.button)
				b.tab.WaitFor(`document.activeElement.matches(".nhsuk-error-summary")`)
				b.tab.Says("There is a problem")
				if lost := b.tab.String(leadsNowhere); lost != "" {
					t.Errorf("%s: the summary leads to %s, which is not there", b.at(), lost)
				}
				b.tab.Axe()
			}
			for _, path := range wrong[who] {
				b.open(path)
				b.tab.Axe()
			}
		})
	}
}

// leadsNowhere are the links of the error summary whose field is not there.
const leadsNowhere = `[...document.querySelectorAll(".nhsuk-error-summary a")].map(a => a.hash.slice(1)).filter(id => !document.getElementById(id)).join(" ")`

// pageWith is a page of a route that has this field, if any is asked for, and
// this button.
func pageWith(t *testing.T, c *client, pages []found, who, route, field, button string) string {
	t.Helper()
	for _, p := range pages {
		if p.who != who || p.route != route {
			continue
		}
		c.open(p.path)
		_, err := c.page.field(field)
		if (field == "" || err == nil) && c.offers(button) {
			return p.path
		}
	}
	t.Fatalf("no page of %s for %s has %q and %q", route, who, field, button)
	return ""
}

// comesLate: of two who decide at once, the second is told what happened, and
// keeps every word; so does somebody whose session has ended.
func comesLate(t *testing.T, h *house, pages []found) {
	const reason = "There is a module on this already."
	ruth, daniel := h.enter(t, "Professor Ruth Calder"), h.enter(t, "Dr Daniel Mensah")
	b := h.tabOf(t, ruth)
	path := pageWith(t, daniel, pages, "Professor Ruth Calder", "/proposals/{proposal}/acts/{act}", "Why is it rejected?", "Reject")
	b.open(path)
	b.fill("Why is it rejected?", reason)
	daniel.open(path)
	daniel.fill("Why is it rejected?", "It overlaps.")
	daniel.press("Reject")
	b.press("Reject")
	b.tab.Says("There is a problem", "What happened meanwhile", "Dr Daniel Mensah rejected the proposal.")
	if b.holds("Why is it rejected?") != reason {
		t.Error("the words of the second are lost")
	}
	b.tab.Axe()

	b.open("/profile")
	b.fill("Full name", "Professor Ruth Calder-Price")
	elsewhere := h.enter(t, "Professor Ruth Calder")
	elsewhere.open("/profile")
	elsewhere.press("Sign out everywhere")
	b.press("Save")
	b.tab.Says("Your session has ended")
	b.tab.Axe()
	if !strings.Contains(b.tab.String(`document.documentElement.innerHTML`), "Calder-Price") {
		t.Error("the words of somebody whose session has ended are lost")
	}
}
