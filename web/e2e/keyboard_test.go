package e2e

import (
	"encoding/json"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// markStops numbers everything on a page that the keyboard has to reach, in the
// order of the page, and notes how each looks without the focus. Of the radios
// of a question only one is a stop.
const markStops = `(() => {
	const look = e => {
		const of = (e, part) => { const s = getComputedStyle(e, part); return [s.outline, s.boxShadow, s.backgroundColor, s.borderColor, s.clipPath, s.clip].join() }
		return of(e) + (e.id && document.querySelector("label[for='" + CSS.escape(e.id) + "']") ? of(document.querySelector("label[for='" + CSS.escape(e.id) + "']"), "::before") : "")
	}
	const asked = new Set()
	const stops = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].filter(e => {
		if (e.disabled || e.tabIndex < 0 || e.type === "hidden" || !e.checkVisibility({visibilityProperty: true})) return false
		if (e.type !== "radio") return true
		const group = (e.form?.action ?? "") + e.name
		if (asked.has(group) || document.querySelector("input[name='" + CSS.escape(e.name) + "']:checked") && !e.checked) return false
		asked.add(group)
		return true
	})
	window.rungLook = look
	window.rungStops = stops.map(e => [e, look(e)])
	return JSON.stringify(stops.map(e => e.tagName.toLowerCase() + " " + (e.id || e.textContent.trim() || e.name).slice(0, 60)))
})()`

// stopped is which stop has the focus (-1: none of them), and whether that shows.
const stopped = `(() => {
	const at = window.rungStops.findIndex(([e]) => e === document.activeElement)
	return JSON.stringify({At: at, Shows: at >= 0 && window.rungLook(document.activeElement) !== window.rungStops[at][1],
		Is: document.activeElement.outerHTML.slice(0, 120)})
})()`

// tabsThrough goes through pages by the Tab key alone: it stops at everything, in
// the order of the page, and one always sees where. Then it reviews without a
// mouse.
func tabsThrough(t *testing.T, h *house, clients map[string]*client, pages []found) {
	for _, page := range []struct{ who, route, button string }{
		{"", "/sign-in", "Send me a code"},
		{"Dr Maya Okafor", "/proposals/{proposal}", ""},
		{"Professor Ruth Calder", "/proposals/{proposal}", ""},
		{"Professor Ruth Calder", "/board", "Show"},
		{"Dr Leila Haddad", "/reviews/{assignment}", "Sign off"},
	} {
		b := h.tabOf(t, clients[page.who])
		path := ""
		for _, p := range pages {
			if p.who == page.who && p.route == page.route && path == "" {
				path = p.path
			}
		}
		if page.button != "" {
			path = pageWith(t, clients[page.who], pages, page.who, page.route, "", page.button)
		}
		b.open(path)
		b.tab.WaitFor(`document.body.classList.contains("js-enabled")`)
		b.steady() // a menu that is laid out anew takes the focus off what it moves
		var stops []string
		b.decode(markStops, &stops)
		for i, stop := range stops {
			b.tab.Press(kb.Tab)
			var is struct {
				At    int
				Shows bool
				Is    string
			}
			b.decode(stopped, &is)
			if is.At != i {
				t.Errorf("%s: stop %d of %d is %d (%s), expected %s", path, i, len(stops), is.At, is.Is, stop)
				break
			}
			if !is.Shows {
				t.Errorf("%s: the focus does not show on %s", path, stop)
			}
		}
	}

	b := h.tabOf(t, clients["Dr Leila Haddad"])
	b.open(pageWith(t, clients["Dr Leila Haddad"], pages, "Dr Leila Haddad", "/reviews/{assignment}", "", "Sign off"))
	b.tab.Press(kb.Tab)
	b.tab.PressEnterOnLink() // past the head of the page
	for range 100 {
		if b.tab.String(`document.activeElement.type ?? ""`) == "radio" {
			break
		}
		b.tab.Press(kb.Tab)
	}
	b.tab.Press(kb.ArrowDown) // chooses the next answer, whatever was chosen
	b.tab.WaitFor(`document.activeElement.checked && document.activeElement.form.querySelector("[data-autosave-status]").textContent.startsWith("Saved at")`)
}

// decode reads what an expression gives as JSON.
func (b *browser) decode(expression string, into any) {
	b.t.Helper()
	if err := json.Unmarshal([]byte(b.tab.String(expression)), into); err != nil {
		b.t.Fatal(err)
	}
}
