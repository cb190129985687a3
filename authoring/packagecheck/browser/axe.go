package browser

import (
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
)

//go:embed all:dist stub.js
var embedded embed.FS

// stub is the host's interface; axe is axe-core, empty where the assets were not
// built.
var stub, axe = read("stub.js"), read("dist/axe.min.js")

func read(name string) string {
	b, err := embedded.ReadFile(name)
	if err != nil {
		return ""
	}
	return string(b)
}

const (
	maxFrames     = 12
	maxViolations = 100
)

// axeRun asks for the rules of WCAG 2.2 A and AA, of one frame: each is asked by
// itself. A frame in a page has no need of a title or of a way past blocks.
const axeRun = `axe.run(document, {
	runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"], iframes: false,
	rules: %s ? {"document-title": {enabled: false}, "bypass": {enabled: false}} : {}
}).then(r => JSON.stringify(r.violations.slice(0, 60).map(v => ({
	id: v.id, help: v.help, impact: v.impact || "", tags: v.tags, count: v.nodes.length,
	target: v.nodes[0].target.flat().join(" ").slice(0, 200), problem: (v.nodes[0].any[0] || v.nodes[0].all[0] || v.nodes[0].none[0] || {message: ""}).message.slice(0, 300)
}))))`

// look runs axe-core in every frame of the unit. The frames see nothing of it:
// it has worlds of its own.
func (v *visit) look(ctx context.Context) {
	for _, s := range v.windows() {
		tree, err := call(ctx, v.wire, s, page.GetFrameTree, cdp.Empty{})
		if err != nil {
			continue
		}
		v.lookBelow(ctx, s, tree.FrameTree, 0)
	}
	slices.SortStableFunc(v.seen.Axe, func(a, b packagecheck.Violation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Target, b.Target))
	})
	v.seen.Axe = slices.Compact(v.seen.Axe)
}

// lookBelow goes through a tree of frames; depth counts those of the unit.
func (v *visit) lookBelow(ctx context.Context, s target.SessionID, tree *page.FrameTree, depth int) {
	if tree == nil || tree.Frame == nil || ctx.Err() != nil {
		return
	}
	if name, ok := v.nameOf(tree.Frame.URL); ok {
		if v.frames++; v.frames > maxFrames {
			return
		}
		v.lookAt(ctx, s, tree.Frame.ID, name, depth > 0)
		depth++
	}
	for _, child := range tree.ChildFrames {
		v.lookBelow(ctx, s, child, depth)
	}
}

func (v *visit) lookAt(ctx context.Context, s target.SessionID, frame cdp.FrameID, name string, inner bool) {
	world, err := call(ctx, v.wire, s, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: frame, WorldName: "axe"})
	if err != nil {
		return
	}
	evaluate := func(expression string) (runtime.EvaluateResult, error) {
		return call(ctx, v.wire, s, runtime.Evaluate, runtime.EvaluateParams{Expression: expression,
			ContextID: world.ExecutionContextID, ReturnByValue: new(true), AwaitPromise: new(true), Silent: new(true)})
	}
	if _, err := evaluate(axe + ";0"); err != nil {
		return
	}
	got, err := evaluate(fmt.Sprintf(axeRun, fmt.Sprint(inner)))
	if err != nil || got.Result == nil || got.ExceptionDetails != nil {
		return
	}
	var text string
	var found []struct {
		ID, Help, Impact, Target, Problem string
		Tags                              []string
		Count                             int
	}
	if json.Unmarshal(got.Result.Value, &text) != nil || json.Unmarshal([]byte(text), &found) != nil {
		return
	}
	for _, f := range found {
		if len(v.seen.Axe) == maxViolations {
			return
		}
		v.seen.Axe = append(v.seen.Axe, packagecheck.Violation{Rule: f.ID, Impact: f.Impact, Help: f.Help, Source: criteria(f.Tags),
			Path: name, Target: f.Target, Count: f.Count, Problem: f.Problem})
	}
}

// criteria names the success criteria that axe's tags stand for: "wcag143" is
// 1.4.3, "wcag1412" is 1.4.12.
func criteria(tags []string) string {
	var list []string
	for _, t := range tags {
		n, ok := strings.CutPrefix(t, "wcag")
		if !ok || len(n) < 3 || strings.Trim(n, "0123456789") != "" {
			continue
		}
		list = append(list, n[:1]+"."+n[1:2]+"."+n[2:])
	}
	if list == nil {
		return "WCAG 2.2"
	}
	slices.Sort(list)
	return "WCAG 2.2 SC " + strings.Join(list, ", ")
}
