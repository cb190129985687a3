package reviews

import (
	"testing"

	"github.com/leadership-ladder/rung/workflow/programme"
)

// The educational rubric weighs 43 points, of which 85 per cent are 36.55: 37
// points pass, 36 don't.
func TestScoreOfTheEducationalRubric(t *testing.T) {
	stage, _ := programme.Default().Stage("educational")
	for _, tc := range []struct {
		name      string
		notMet    []string
		undecided []string
		met       int
		reached   bool
		passed    bool
		codes     []string
	}{
		{name: "all met", met: 43, reached: true, passed: true},
		{name: "exactly enough", notMet: []string{"right_strand", "plain_english", "stated_time"}, met: 37, reached: true, passed: true},
		{name: "one point short", notMet: []string{"right_strand", "plain_english", "stated_time", "evaluation_plan"}, met: 36,
			codes: []string{"threshold"}},
		{name: "optional ones undecided don't count", undecided: []string{"right_strand", "plain_english", "stated_time", "evaluation_plan"}, met: 36,
			codes: []string{"threshold"}},
		{name: "an essential not met, weight enough", notMet: []string{"accurate_and_current"}, met: 40, reached: true,
			codes: []string{"essential_not_met"}},
		{name: "an essential undecided, weight enough", undecided: []string{"accurate_and_current"}, met: 40, reached: true,
			codes: []string{"essential_undecided"}},
		{name: "everything at once", notMet: []string{"accurate_and_current", "right_strand"}, undecided: []string{"reflection_prompt"}, met: 35,
			codes: []string{"essential_undecided", "essential_not_met", "threshold"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			answers := map[string]string{}
			for _, c := range stage.Rubric.Criteria {
				answers[c.Key] = Met
			}
			for _, key := range tc.notMet {
				answers[key] = NotMet
			}
			for _, key := range tc.undecided {
				delete(answers, key)
			}
			s := score(stage.Rubric, answers)
			if s.Total != 43 || s.Met != tc.met || s.Reached() != tc.reached || s.Passed() != tc.passed {
				t.Errorf("got met %d of %d, reached %v, passed %v; want met %d, reached %v, passed %v",
					s.Met, s.Total, s.Reached(), s.Passed(), tc.met, tc.reached, tc.passed)
			}
			wantCodes(t, s.reasons(), tc.codes...)
		})
	}
}

// The boundary itself, where a per cent of the weight is a whole number of points.
func TestScoreOnTheExactBoundary(t *testing.T) {
	r := programme.Rubric{Threshold: 85}
	for i := range 20 { // 20 points: 85 per cent are exactly 17
		r.Criteria = append(r.Criteria, programme.Criterion{Key: string(rune('a' + i)), Weight: 1})
	}
	for met, want := range map[int]bool{16: false, 17: true, 18: true} {
		answers := map[string]string{}
		for _, c := range r.Criteria[:met] {
			answers[c.Key] = Met
		}
		if got := score(r, answers).Reached(); got != want {
			t.Errorf("%d of 20 points: reached %v, want %v", met, got, want)
		}
	}
}

// Nothing is preset: an empty rubric of answers misses every essential.
func TestNothingAnsweredIsNothingMet(t *testing.T) {
	for _, stage := range programme.Default().Stages {
		s := score(stage.Rubric, nil)
		if s.Met != 0 || s.Answered != 0 || s.Passed() {
			t.Errorf("%s: %d points, %d answered, passed %v without an answer", stage.Key, s.Met, s.Answered, s.Passed())
		}
	}
	if s := score(programme.Rubric{}, nil); !s.Passed() || s.Percent() != 100 {
		t.Errorf("a rubric without criteria asks for nothing, but passed %v at %d %%", s.Passed(), s.Percent())
	}
}
