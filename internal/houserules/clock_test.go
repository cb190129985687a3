package houserules

import (
	"go/ast"
	"slices"
	"testing"
)

// clockFree are the packages to which time is an input: services have a Now,
// set at wiring, and tests move it.
var clockFree = []string{"workflow", "authoring", "reviews", "catalogue", "internal/accounts", "internal/outbox",
	"internal/files", "internal/instance", "internal/webhooks"}

// onTheClock are functions of package time that look at the machine's clock.
var onTheClock = []string{"Now", "Since", "Until"}

func TestTimeIsAnInput(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || !slices.ContainsFunc(clockFree, func(p string) bool { return under(s.pkg, p) }) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(onTheClock, sel.Sel.Name) {
				t.Errorf("%s looks at the machine's clock (time.%s): use the service's Now", s.path, sel.Sel.Name)
			}
			return true
		})
	}
}
