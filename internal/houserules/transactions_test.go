package houserules

import (
	"go/ast"
	"testing"
)

// A function that takes a transaction never commits it: postgres.InTx is the
// one place that begins and ends one.
func TestOnlyInTxBeginsAndEnds(t *testing.T) {
	ends := map[string]bool{"Begin": true, "BeginTx": true, "Beginx": true, "BeginTxx": true, "MustBegin": true,
		"MustBeginTx": true, "Commit": true, "Rollback": true}
	for _, s := range sources(t) {
		if s.test || s.pkg == "internal/postgres" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok && ends[sel.Sel.Name] {
				t.Errorf("%s calls %s: transactions begin and end in postgres.InTx alone", s.path, sel.Sel.Name)
			}
			return true
		})
	}
}
