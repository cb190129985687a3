package programme

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The built-in programme is held to the numbers of the programme's own rules.
func TestDefault(t *testing.T) {
	p := Default()
	sum := sha256.Sum256(leadershipLadder)
	if p.Version != hex.EncodeToString(sum[:]) || len(p.Version) != 64 {
		t.Errorf("version %q is not the hash of the file", p.Version)
	}
	type numbers struct {
		Key, Role, Assign               string
		SignOffs, Days                  int
		Parts                           []string
		Threshold, Criteria, Essentials int
		Total, Needed, ByCheck          int
	}
	var got []numbers
	for _, s := range p.Stages {
		n := numbers{s.Key, s.Role, s.Assign, s.SignOffs, s.Days, s.Parts, s.Rubric.Threshold, len(s.Rubric.Criteria), 0, s.Rubric.Total(), s.Rubric.Needed(), 0}
		for _, c := range s.Rubric.Criteria {
			if c.Essential {
				n.Essentials++
			}
			if c.Decided == Check {
				n.ByCheck++
			}
		}
		got = append(got, n)
	}
	want := []numbers{
		{"technical", "technical_reviewer", Automatic, 1, 14, []string{"package"}, 0, 15, 14, 15, 0, 9},
		{"educational", "educational_reviewer", Automatic, 2, 21, []string{"package", "teaching"}, 85, 18, 9, 43, 37, 0},
		{"final", "leadership", Automatic, 1, 14, []string{"package", "teaching", "listing"}, 0, 10, 10, 10, 0, 0},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	technical, _ := p.Stage("technical")
	if c, ok := technical.Criterion("no_junk_files"); !ok || c.Essential {
		t.Error("junk files are the one technical criterion that is not essential")
	}
	for _, c := range p.Stages[1].Rubric.Criteria {
		if c.Essential != (c.Weight == 3) {
			t.Errorf("%s: the threes are the essentials, and no others", c.Key)
		}
	}
	if p.Newcomers != ByLeadership || p.MaxAuthors != 10 || p.ReviewYears != 3 || p.AuthorDays != 28 || p.LeadershipDays != 7 {
		t.Errorf("newcomers %s, %d authors, %d years, turns of %d and %d days", p.Newcomers, p.MaxAuthors, p.ReviewYears, p.AuthorDays, p.LeadershipDays)
	}
}

func TestDefaultNamesTheFieldsFacts(t *testing.T) {
	p := Default()
	var strands, licences []string
	for _, s := range p.Strands {
		strands = append(strands, s.Name)
	}
	for _, l := range p.Licences {
		licences = append(licences, l.Name)
	}
	if d := cmp.Diff([]string{"Leadership in Theory", "Myself as a Leader", "Leadership in Practice"}, strands); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"CC BY-NC 4.0", "CC BY-NC-SA 4.0", "CC BY-NC-ND 4.0", "All rights reserved"}, licences); d != "" {
		t.Error(d)
	}
	gpc := p.Primary()
	if gpc.Key != "gpc" || len(gpc.Entries) != 9 {
		t.Errorf("the primary framework is %q with %d entries", gpc.Key, len(gpc.Entries))
	}
	for i, e := range gpc.Entries {
		if e.Number != i+1 {
			t.Errorf("%s has the number %d, want %d", e.Key, e.Number, i+1)
		}
	}
	if e, _ := gpc.Entry("leadership_and_teams"); e.Number != 5 || e.Name != "Capabilities in leadership and team working" {
		t.Errorf("got %+v", e)
	}
	if f, _ := p.Framework("healthcare_leadership_model"); len(f.Entries) != 9 || f.Primary {
		t.Errorf("got %+v", f)
	}
	if h, _ := p.Host("learning_hub"); h.Listing != (Listing{Title: 255, Description: 1800, Keyword: 50, MinKeywords: 1, AuthorField: 100}) ||
		h.MaxPackageGB != 2 || !slices.Equal(h.Packages, []string{"scorm_1_2"}) {
		t.Errorf("got %+v", h)
	}
	if p.Words.Access == nil || p.Words.Contact == nil || p.Words.Feedback == nil {
		t.Errorf("got %+v", p.Words)
	}
}

func TestLookups(t *testing.T) {
	p := Default()
	if _, ok := p.Stage(Draft); ok || p.StageIndex(Draft) != -1 || p.StageIndex("final") != 2 {
		t.Error("draft is no stage, final is the third")
	}
	if s, ok := p.Strand("myself"); !ok || s.Name != "Myself as a Leader" {
		t.Errorf("got %+v", s)
	}
	if l, ok := p.Licence("cc_by_nc_4_0"); !ok || l.Name != "CC BY-NC 4.0" {
		t.Errorf("got %+v", l)
	}
	if r, ok := p.Role(Leadership); !ok || r.Name != "Leadership" {
		t.Errorf("got %+v", r)
	}
	for _, s := range p.States() {
		if p.StateName(s) == "" {
			t.Errorf("the state %q has no name", s)
		}
	}
	for _, e := range Events() {
		if Who(e) == "" {
			t.Errorf("nobody fires %q", e)
		}
	}
	if p.StateName("limbo") != "" || Who("wish") != "" {
		t.Error("what doesn't exist has no name")
	}
}

func TestEdges(t *testing.T) {
	p := Default()
	edges := p.Edges()
	if len(edges) != 41 {
		t.Errorf("%d edges, want 41", len(edges))
	}
	if !slices.IsSortedFunc(edges, compareEdges) || !slices.Equal(edges, p.Edges()) {
		t.Error("the table is not in its order")
	}
	if len((&Programme{}).Edges()) > 0 {
		t.Error("a programme without stages has no table")
	}
}

func TestDropsRolesOf(t *testing.T) {
	old := Default()
	smaller := &Programme{Roles: []Role{{Key: Leadership}, {Key: "technical_reviewer"}}}
	if got := smaller.DropsRolesOf(old); !slices.Equal(got, []string{"educational_reviewer"}) {
		t.Errorf("got %v", got)
	}
	if got := old.DropsRolesOf(smaller); got != nil {
		t.Errorf("a programme that needs nothing loses nothing, got %v", got)
	}
	if got := (&Programme{}).DropsRolesOf(&Programme{Stages: []Stage{{Role: "a"}, {Role: "b"}, {Role: "a"}}}); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("each once, in the order of the stages: got %v", got)
	}
}

func TestNeededRoundsUp(t *testing.T) {
	for _, c := range []struct{ weight, threshold, want int }{{2, 0, 0}, {2, 50, 1}, {2, 51, 2}, {3, 85, 3}, {2, 100, 2}} {
		r := Rubric{Threshold: c.threshold, Criteria: []Criterion{{Weight: c.weight}}}
		if got := r.Needed(); got != c.want {
			t.Errorf("%d %% of %d: got %d, want %d", c.threshold, c.weight, got, c.want)
		}
	}
}
