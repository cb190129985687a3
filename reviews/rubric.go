package reviews

import (
	"fmt"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// What a reviewer may answer to a criterion. No answer is ever preset.
const (
	Undecided = ""        // words perhaps, but no decision yet
	Met       = "met"     // the criterion is met
	NotMet    = "not_met" // it is not
)

// Score is how far a rubric is: what a sign-off asks for, and what of it is there.
type Score struct {
	Met       int // weight of the criteria that are met
	Total     int // weight of all criteria
	Threshold int // per cent of Total that a sign-off needs, 0 to 100
	Needed    int // the least weight that reaches it
	Answered  int // criteria with a decision
	Criteria  int // all of them

	Unmet     []programme.Criterion // essential criteria that are not met
	Undecided []programme.Criterion // essential criteria without a decision
}

// Percent is the weight that is met, in whole per cent, rounded down: 84.9 is
// not 85.
func (s Score) Percent() int {
	if s.Total == 0 {
		return 100
	}
	return s.Met * 100 / s.Total
}

// Reached reports whether the weight of the criteria that are met is at least
// the threshold; exactly the threshold is enough.
func (s Score) Reached() bool { return s.Met >= s.Needed }

// Passed reports whether the rubric allows a sign-off.
func (s Score) Passed() bool { return len(s.Unmet) == 0 && len(s.Undecided) == 0 && s.Reached() }

// score adds up a rubric. answers holds one of Met, NotMet and Undecided by
// criterion; a criterion without an entry is undecided.
func score(r programme.Rubric, answers map[string]string) Score {
	s := Score{Total: r.Total(), Threshold: r.Threshold, Needed: r.Needed(), Criteria: len(r.Criteria)}
	for _, c := range r.Criteria {
		a := answers[c.Key]
		if a != Undecided {
			s.Answered++
		}
		switch {
		case a == Met:
			s.Met += c.Weight
		case c.Essential && a == NotMet:
			s.Unmet = append(s.Unmet, c)
		case c.Essential:
			s.Undecided = append(s.Undecided, c)
		}
	}
	return s
}

// reasons tells all that the rubric has against a sign-off, each linked to the
// criterion's field.
func (s Score) reasons() []fault.Reason {
	var out []fault.Reason
	for _, c := range s.Undecided {
		out = append(out, fault.Reason{Code: "essential_undecided", Field: AnswerField(c.Key),
			Text: fmt.Sprintf("Decide whether this essential criterion is met: %s.", c.Text)})
	}
	for _, c := range s.Unmet {
		out = append(out, fault.Reason{Code: "essential_not_met", Field: AnswerField(c.Key),
			Text: fmt.Sprintf("An essential criterion is not met, so request changes instead: %s.", c.Text)})
	}
	if !s.Reached() {
		out = append(out, fault.Reason{Code: "threshold", Field: "rubric",
			Text: fmt.Sprintf("Criteria worth %d of %d points are met (%d %%). A sign-off needs at least %d %%, which is %d points.",
				s.Met, s.Total, s.Percent(), s.Threshold, s.Needed)})
	}
	return out
}

// AnswerField names the form field of a criterion's answer.
func AnswerField(criterion string) string { return "answer-" + criterion }

// NoteField names the form field of the note beside it.
func NoteField(criterion string) string { return "note-" + criterion }
