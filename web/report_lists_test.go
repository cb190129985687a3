package web

import (
	"slices"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
)

// A package may say and hold very much: the report's page stays readable.
func TestListsOfAReportAreBounded(t *testing.T) {
	facts := packagecheck.Facts{OutsideHosts: slices.Repeat([]string{"a.org"}, 23), Licences: slices.Repeat([]string{"CC BY"}, 20),
		Units: slices.Repeat([]packagecheck.Unit{{Launch: "a.html"}}, 53)}
	p := reportData{Check: checkData{Report: &packagecheck.Report{Facts: facts}}}
	if got := p.OutsideHosts(); strings.Count(got, "a.org") != 20 || !strings.HasSuffix(got, " and 3 more") {
		t.Errorf("sites outside: %s", got)
	}
	if got := p.Licences(); strings.Count(got, "CC BY") != 20 || strings.Contains(got, "more") {
		t.Errorf("licences: %s", got)
	}
	if len(p.Units()) != 50 || p.MoreUnits() != 3 {
		t.Errorf("%d units are listed, and %d more", len(p.Units()), p.MoreUnits())
	}
}
