package browsertest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chromedp/chromedp"
)

// axeSource is axe-core as npm installed it.
var axeSource = sync.OnceValues(func() (string, error) {
	dir, err := root()
	if err != nil {
		return "", err
	}
	b, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		return "", fmt.Errorf("this test needs axe-core: npm ci (%w)", err)
	}
	return string(b), nil
})

// axeRun asks for the rules of WCAG 2.2 A and AA.
const axeRun = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"]})
	.then(r => JSON.stringify(r.violations.map(v => ({
		id: v.id, help: v.help, nodes: v.nodes.map(n => ({html: n.html, why: n.failureSummary, at: n.target.join(" ")}))
	}))))`

// violation is a rule of axe that something on the page breaks.
type violation struct {
	ID, Help string
	Nodes    []struct{ HTML, Why, At string }
}

// Axe fails the test for each violation of WCAG 2.2 A and AA that axe-core
// finds on the page shown, at each of [Widths], and for content wider than the
// screen at 320 pixels. The tab is 1280 wide afterwards.
func (b *Tab) Axe() {
	b.t.Helper()
	for _, width := range Widths {
		b.Resize(width)
		b.settle()
		for _, v := range b.Violations() {
			b.t.Errorf("at %d px: %s", width, v)
		}
	}
	b.Resize(320)
	b.settle()
	wide := b.String(`document.scrollingElement.scrollWidth > innerWidth ?
		[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
			.map(e => e.tagName.toLowerCase() + "." + e.className).slice(0, 5).join(", ") || "something" : ""`)
	if wide != "" {
		b.t.Errorf("%s scrolls sideways at 320 px: %s", b.String(`location.pathname`), wide)
	}
	b.Resize(Widths[0])
}

// settle lets the page react to its new width: the menu is laid out anew in the
// frames that follow.
func (b *Tab) settle() {
	b.t.Helper()
	evaluate[bool](b, `new Promise(done => { let n = 4; const next = () => n-- ? requestAnimationFrame(next) : done(true); next() })`,
		chromedp.EvalAwaitPromise)
}

// Violations are what axe-core finds on the page as it stands, a few lines
// each.
func (b *Tab) Violations() []string {
	b.t.Helper()
	source, err := axeSource()
	if err != nil {
		b.t.Fatal(err)
	}
	// Evaluate speaks past the page's content policy, so nothing is loosened for the test.
	if b.String(`typeof axe`) == "undefined" {
		evaluate[bool](b, source+";true")
	}
	var found []violation
	if err := json.Unmarshal([]byte(evaluate[string](b, axeRun, chromedp.EvalAwaitPromise)), &found); err != nil {
		b.t.Fatalf("reading what axe found: %v", err)
	}
	var lines []string
	path := b.String(`location.pathname`)
	for _, v := range found {
		for _, n := range v.Nodes {
			lines = append(lines, fmt.Sprintf("%s: %s (%s)\n\tat %s\n\t%s\n\t%s",
				path, v.Help, v.ID, n.At, n.HTML, strings.ReplaceAll(n.Why, "\n", "\n\t")))
		}
	}
	return lines
}
