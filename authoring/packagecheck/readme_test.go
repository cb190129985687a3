package packagecheck

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of rules into the README")

const (
	rulesBegin = "<!-- rules: go test ./authoring/packagecheck -run README -update -->\n"
	rulesEnd   = "<!-- /rules -->\n"
)

// The README has a table of all rules; it must be of these very rules.
func TestTheREADMEsTableIsOfTheRules(t *testing.T) {
	const path = "../../README.md"
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(readme), rulesBegin)
	table, after, ended := strings.Cut(rest, rulesEnd)
	if !begun || !ended {
		t.Fatalf("the README has no table between %q and %q", rulesBegin, rulesEnd)
	}
	want := "\n" + RulesTable() + "\n"
	if table == want {
		return
	}
	if !*update {
		t.Fatalf("the README's table isn't what `rung check --rules` prints: go test ./authoring/packagecheck -run README -update")
	}
	if err := os.WriteFile(path, []byte(before+rulesBegin+want+rulesEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
