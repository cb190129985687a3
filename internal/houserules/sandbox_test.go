package houserules

import (
	"go/ast"
	"testing"
)

// unsafe is the option that starts Chromium without its sandbox.
const unsafe = "UnsafeNoSandboxForTests"

// What the package check opens is written by strangers: only tests, which know
// what they open, may do without the browser's sandbox.
func TestSandboxStaysOn(t *testing.T) {
	declared := false
	for _, s := range sources(t) {
		if s.test || forTests(s.pkg) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Field:
				for _, name := range n.Names {
					declared = declared || name.Name == unsafe && s.pkg == "authoring/packagecheck/browser"
				}
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == unsafe {
					t.Errorf("%s sets %s: only tests may", s.path, unsafe)
				}
			case *ast.AssignStmt:
				for _, left := range n.Lhs {
					if sel, ok := left.(*ast.SelectorExpr); ok && sel.Sel.Name == unsafe {
						t.Errorf("%s sets %s: only tests may", s.path, unsafe)
					}
				}
			case *ast.SelectorExpr:
				if n.Sel.Name == unsafe && s.pkg != "authoring/packagecheck/browser" {
					t.Errorf("%s names %s: only tests may", s.path, unsafe)
				}
			}
			return true
		})
	}
	if !declared {
		t.Errorf("authoring/packagecheck/browser has no option %s any more: this rule guards nothing", unsafe)
	}
}
