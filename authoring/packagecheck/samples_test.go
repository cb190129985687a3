package packagecheck

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/packagetest"
)

// launched opens one of the real packages and checks it from reading on, with
// the units that are given.
func launched(t *testing.T, file string, kind Kind, typ string, launched ...string) *checker {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(packagetest.Real(t), file))
	if err != nil {
		t.Fatal(err)
	}
	return examine(t, data, kind, typ, launched...)
}

func examine(t *testing.T, data []byte, kind Kind, typ string, launched ...string) *checker {
	t.Helper()
	c := opened(t, data, kind)
	for _, l := range launched {
		c.units = append(c.units, &unit{Unit: Unit{Launch: l, Type: typ}, file: l})
	}
	if err := c.read(); err != nil {
		t.Fatal(err)
	}
	c.tracking()
	c.outside()
	c.hosts()
	c.report.settle()
	return c
}

func opened(t *testing.T, data []byte, kind Kind) *checker {
	t.Helper()
	c := newChecker(t.Context(), bytes.NewReader(data), int64(len(data)), Options{})
	c.report.Kind = kind
	arc, err := archive.Open(c.source, c.size, archive.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	c.take(arc)
	return c
}

func (c *checker) ids() []string {
	var list []string
	for _, f := range c.report.Findings {
		if f.Severity != Advice && !slices.Contains(list, f.ID) {
			list = append(list, f.ID)
		}
	}
	slices.Sort(list)
	return list
}

func TestSamplesFromReadingOn(t *testing.T) {
	for _, s := range []struct {
		file, typ string
		kind      Kind
		launched  []string
		want      []string
	}{
		{"scorm12/escola_RuntimeBasicCalls_SCORM12.zip", "sco", SCORM12, []string{"shared/launchpage.html"}, nil},
		{"scorm12/jcputney_RuntimeMinimumCalls_SCORM12.zip", "sco", SCORM12, []string{"Playing/Playing.html", "Etiquette/Course.html", "shared/assessmenttemplate.html"}, nil},
		{"scorm12/jcputney_ContentPackagingSingleSCO_SCORM12.zip", "sco", SCORM12, []string{"shared/launchpage.html"}, []string{"scorm-sco-never-talks"}},
		{"scorm12/jcputney_ContentPackagingOneFilePerSCO_SCORM12.zip", "asset", SCORM12, []string{"Playing/Playing.html"}, nil},
		{"scorm12/jcputney_LaunchUrlFromNestedItem_SCORM12.zip", "sco", SCORM12, []string{"content/topic1.html", "content/section2.html"}, []string{"scorm-sco-never-talks"}},
		{"scorm2004/jcputney_SequencingPostTestRollup4thEd_SCORM20044thEdition.zip", "sco", SCORM2004, []string{"shared/launchpage.html"}, nil},
		{"scorm2004/bridge_RuntimeBasicCalls_SCORM20043rdEdition.zip", "sco", SCORM2004, []string{"shared/launchpage.html"}, nil},
		{"scorm2004/jcputney_ContentPackagingSingleSCO_SCORM20042ndEdition.zip", "sco", SCORM2004, []string{"shared/launchpage.html"}, []string{"scorm-sco-never-talks"}},
		{"scorm2004/svincent_parent_dom_violation.zip", "sco", SCORM2004, []string{"sco.html"}, []string{"script-reaches-parent-document"}},
		{"cmi5/catapult_pre_post_test_framed.zip", "au", CMI5, []string{"index.html", "pre1.html", "pre2.html", "post1.html", "post2.html"}, nil},
		{"cmi5/escola_cmi5.zip", "au", CMI5, []string{"index.html"}, nil},
		{"xapi/rustici_GolfExample_TCAPI.zip", "activity", XAPI, []string{"index.html"}, nil},
		{"xapi/rustici_JsTetris_TCAPI.zip", "activity", XAPI, []string{"tetris.html"}, nil},
		{"aicc/jcputney_package.zip", "au", AICC, []string{"default.htm"}, nil},
	} {
		c := launched(t, s.file, s.kind, s.typ, s.launched...)
		if got := c.ids(); !slices.Equal(got, s.want) {
			t.Errorf("%s: errors and warnings %v, want %v", s.file, got, s.want)
		}
		if got, want := c.units[0].Tracked, s.typ != "asset" && (len(s.want) == 0 || s.want[0] == parentDocument.ID); got != want {
			t.Errorf("%s: tracked is %v, want %v", s.file, got, want)
		}
	}
}
