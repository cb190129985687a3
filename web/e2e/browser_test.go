package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"

	"github.com/leadership-ladder/rung/web/browsertest"
)

// browser is a tab of Chromium, used by mouse and keyboard. What is on the page
// is read from its elements as they stand.
type browser struct {
	t       testing.TB
	tab     *browsertest.Tab
	base    string
	scripts bool
	scope   func(sheet) (sheet, error)
	kept    *[]string // ids of fields that the script is to save
	last    *string   // id of the field filled in or chosen last
}

func newBrowser(t testing.TB, base string, scripts bool) *browser {
	t.Helper()
	b := &browser{t: t, tab: browsertest.New(t), base: base, scripts: scripts, kept: new([]string), last: new(string)}
	if !scripts {
		b.tab.WithoutJavaScript()
	}
	return b
}

func (b *browser) open(address string) {
	b.t.Helper()
	b.settle()
	if strings.HasPrefix(address, "/") {
		address = b.base + address
	}
	b.tab.Open(address)
}

func (b *browser) at() string {
	b.t.Helper()
	return b.tab.String(`location.pathname + location.search`)
}

func (b *browser) text() string {
	b.t.Helper()
	return strings.Join(strings.Fields(b.tab.Text()), " ")
}

func (b *browser) within(heading string) hands {
	part := *b
	part.scope = func(s sheet) (sheet, error) { return s.within(heading) }
	return &part
}

// sheet is the page as it stands now, or the part of it that is kept to.
func (b *browser) sheet() sheet {
	b.t.Helper()
	page := must(b.t, b, func() (sheet, error) { return parse(b.tab.String(`document.documentElement.outerHTML`)) })
	if b.scope == nil {
		return page
	}
	return must(b.t, b, func() (sheet, error) { return b.scope(page) })
}

func (b *browser) fill(label, words string) {
	b.t.Helper()
	field := must(b.t, b, func() (*html.Node, error) { return b.sheet().field(label) })
	*b.last = attribute(field, "id")
	b.tab.Click(selector(field))
	b.tab.String(`document.activeElement.select(), ""`)
	if words == "" {
		b.tab.Press("\b")
		return
	}
	b.tab.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: words})
		return err
	}))
}

func (b *browser) choose(question, answer string) {
	b.t.Helper()
	page := b.sheet()
	n := must(b.t, b, func() (*html.Node, error) { return page.choice(question, answer) })
	*b.last = attribute(n, "id")
	if n.Data == "option" {
		*b.last = attribute(n.Parent, "id")
		b.tab.String(fmt.Sprintf(`(e => { e.focus(); e.value = %s; e.dispatchEvent(new Event("input", {bubbles: true}));
			e.dispatchEvent(new Event("change", {bubbles: true})); return "" })(document.querySelector(%s))`, quoted(attribute(n, "value")), quoted(selector(n.Parent))))
		return
	}
	b.tab.Click(`label[for="` + attribute(n, "id") + `"]`)
}

func (b *browser) attach(label, file string) {
	b.t.Helper()
	field := selector(must(b.t, b, func() (*html.Node, error) { return b.sheet().field(label) }))
	b.tab.Do(chromedp.SetUploadFiles(chromedp.CSS(field), []string{file}))
}

func (b *browser) keep() {
	b.t.Helper()
	if b.scripts {
		*b.kept = append(*b.kept, *b.last)
		return
	}
	page := must(b.t, b, func() (sheet, error) { return parse(b.tab.String(`document.documentElement.outerHTML`)) })
	form := sheet{page.doc, formOf(page.byID(*b.last))}
	b.tab.Follow(selector(must(b.t, b, func() (*html.Node, error) { return form.button("Save") })))
}

// settle waits until the script has saved what was to be kept.
func (b *browser) settle() {
	b.t.Helper()
	for _, field := range *b.kept {
		b.tab.WaitFor(fmt.Sprintf(`document.getElementById(%s).closest("form").querySelector("[data-autosave-status]").textContent.startsWith("Saved at")`, quoted(field)))
	}
	*b.kept = nil
}

// steady waits, besides, until the script has laid out the menu: nothing moves
// under the pointer any more.
func (b *browser) steady() {
	b.t.Helper()
	b.settle()
	b.tab.WaitFor(`!document.body.classList.contains("js-enabled") || document.querySelector("[data-nhsuk-header-init]") !== null`)
}

func (b *browser) press(button string) {
	b.t.Helper()
	b.steady()
	b.tab.Follow(selector(must(b.t, b, func() (*html.Node, error) { return b.sheet().button(button) })))
}

func (b *browser) follow(link string) {
	b.t.Helper()
	b.steady()
	b.tab.FollowWhatIs(func() string {
		return selector(must(b.t, b, func() (*html.Node, error) { return b.sheet().link(link) }))
	})
}

func (b *browser) offers(button string) bool {
	b.t.Helper()
	_, err := b.sheet().button(button)
	return err == nil
}

func (b *browser) holds(label string) string {
	b.t.Helper()
	field := must(b.t, b, func() (*html.Node, error) { return b.sheet().field(label) })
	return b.tab.String(fmt.Sprintf(`document.getElementById(%s).value`, quoted(attribute(field, "id"))))
}

func (b *browser) leads(link string) string {
	b.t.Helper()
	return attribute(must(b.t, b, func() (*html.Node, error) { return b.sheet().link(link) }), "href")
}

// selector finds an element again in the page that it was read from.
func selector(n *html.Node) string {
	if id := attribute(n, "id"); id != "" {
		return `[id="` + id + `"]`
	}
	nth := 1
	for p := n.PrevSibling; p != nil; p = p.PrevSibling {
		if p.Type == html.ElementNode {
			nth++
		}
	}
	if n.Parent == nil || n.Parent.Type != html.ElementNode {
		return n.Data
	}
	return fmt.Sprintf("%s > %s:nth-child(%d)", selector(n.Parent), n.Data, nth)
}

func quoted(s string) string {
	b, _ := json.Marshal(s) // a string always can be
	return string(b)
}
