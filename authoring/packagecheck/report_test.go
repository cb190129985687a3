package packagecheck

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

// checked is the report of a package, without a browser.
func checked(t testing.TB, data []byte) *Report {
	t.Helper()
	r, err := Check(t.Context(), bytes.NewReader(data), int64(len(data)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		area     Area
		severity Severity
		want     Verdict
	}{
		{Container, Error, Fail}, {Manifest, Error, Fail}, {Tracking, Error, Fail}, {Outside, Error, Fail},
		{Container, Warning, Warn}, {Manifest, Warning, Warn}, {Tracking, Warning, Warn}, {Outside, Warning, Warn},
		{Container, Advice, OK}, {Manifest, Advice, OK}, {Tracking, Advice, OK}, {Outside, Advice, OK},
		{Accessibility, Error, OK}, {Content, Error, OK}, {Browser, Error, OK},
		{Accessibility, Warning, OK}, {Content, Warning, OK}, {Browser, Warning, OK},
	} {
		for _, other := range []Finding{{Area: Accessibility, Severity: Error}, {Area: Manifest, Severity: Advice}} {
			r := &Report{Findings: []Finding{other, {Area: c.area, Severity: c.severity}}}
			if r.settle(); r.Verdict != c.want {
				t.Errorf("%s of %s: %s, expected %s", c.severity, c.area, r.Verdict, c.want)
			}
		}
	}
	both := &Report{Findings: []Finding{{Area: Tracking, Severity: Error}, {Area: Manifest, Severity: Warning}}}
	if both.settle(); both.Verdict != Fail {
		t.Errorf("an error and a warning: %s, expected fail", both.Verdict)
	}
}

// Findings stand in one order, whatever order they were found in.
func TestOrder(t *testing.T) {
	want := []Finding{
		{Severity: Error, Area: Container, Path: "b", ID: "x"},
		{Severity: Error, Area: Manifest, Path: "a", ID: "x"},
		{Severity: Warning, Area: Container, ID: "x"},
		{Severity: Warning, Area: Container, Path: "a", ID: "x"},
		{Severity: Warning, Area: Container, Path: "a", Line: 2, ID: "x"},
		{Severity: Warning, Area: Container, Path: "a", Line: 10, Column: 1, ID: "x"},
		{Severity: Warning, Area: Container, Path: "a", Line: 10, Column: 3, ID: "w"},
		{Severity: Warning, Area: Container, Path: "a", Line: 10, Column: 3, ID: "x", Message: "m"},
		{Severity: Warning, Area: Container, Path: "a", Line: 10, Column: 3, ID: "x", Message: "n"},
		{Severity: Advice, Area: Container, ID: "a"},
		{Severity: Advice, Area: Browser, ID: "a"},
	}
	for range 20 {
		r := &Report{Findings: append(slices.Clone(want), want[3])}
		rand.Shuffle(len(r.Findings), func(i, j int) { r.Findings[i], r.Findings[j] = r.Findings[j], r.Findings[i] })
		if r.settle(); !slices.Equal(r.Findings, want) {
			t.Fatalf("got %v, expected %v", r.Findings, want)
		}
	}
}

func emptyChecker() *checker { return newChecker(context.Background(), nil, 0, Options{}) }

// A rule that finds the same again and again is told as a number.
func TestFindingsOfOneRuleAreCapped(t *testing.T) {
	c := emptyChecker()
	for i := range MaxOfOneRule + 7 {
		c.add(zipCase, in("a"), "It is number %d.", i)
		c.add(zipCase, in("a"), "It is number %d.", 0)
	}
	c.add(zipLegacy, place{"b", markup.Pos{Line: 3, Column: 4}}, "It is the only one.")
	c.report.settle()
	if n := len(c.report.Findings); n != MaxOfOneRule+1 || c.report.More[zipCase.ID] != 7 || len(c.report.More) != 1 {
		t.Errorf("%d findings and %v more, expected %d and 7", n, c.report.More, MaxOfOneRule+1)
	}
	last := c.report.Findings[0]
	for _, f := range c.report.Findings {
		if f.ID == zipLegacy.ID {
			last = f
		}
	}
	want := Finding{ID: zipLegacy.ID, Severity: Warning, Area: Container, Path: "b", Line: 3, Column: 4, Message: "It is the only one.",
		Why: zipLegacy.Why, Fix: zipLegacy.Fix, Rule: zipLegacy.Source}
	if last != want {
		t.Errorf("got %v, expected %v", last, want)
	}
}

// Slow where every finding is compared with all before it.
func TestCountlessFindings(t *testing.T) {
	c := emptyChecker()
	for i := range 300_000 {
		c.add(zipCase, place{}, "It is number %d.", i)
	}
	if c.report.More[zipCase.ID] != 300_000-MaxOfOneRule {
		t.Errorf("%v more", c.report.More)
	}
}

func TestWhatIsThereIsListedNeverNull(t *testing.T) {
	r := &Report{}
	r.settle()
	data, err := json.Marshal(r)
	if err != nil || bytes.Contains(data, []byte("null")) {
		t.Errorf("%s, %v", data, err)
	}
}

func TestFindingsByCriterionAndSeverity(t *testing.T) {
	r := sampleReport()
	if n := len(r.About("opens_safely")); n != 4 {
		t.Errorf("%d findings speak for opens_safely, expected 4", n)
	}
	if n := len(r.About("no_junk_files")); n != 0 {
		t.Errorf("%d findings speak for no_junk_files, expected none", n)
	}
	// Three warnings are listed, and three more counted.
	if r.Count(Warning) != 6 || r.Count(Error) != 1 || len(r.Errors()) != 1 || r.Errors()[0].ID != zipDamaged.ID {
		t.Errorf("%d warnings, errors %v", r.Count(Warning), r.Errors())
	}
}

// torn fails in the middle, as a disk does.
type torn struct{ err error }

func (r torn) ReadAt(p []byte, off int64) (int, error) { return 0, r.err }

func TestTroubleWithTheFileIsAnError(t *testing.T) {
	broken := errors.New("the disk is broken")
	if r, err := Check(t.Context(), torn{broken}, 1<<20, Options{}); !errors.Is(err, broken) || r != nil {
		t.Errorf("got %v and %v, expected the disk's error alone", r, err)
	}
}

func ExampleSize() {
	fmt.Println(Size(2_100_000_000))
	// Output: 2.1 GB
}
