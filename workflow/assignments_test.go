package workflow_test

import (
	"testing"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
)

// What went to somebody else is no longer listed; it is still told to whom it
// was, and to nobody else.
func TestAssignmentsOfAPerson(t *testing.T) {
	w := newWorld(t)
	tm := w.team()
	tom := w.person("Tom", workflow.TechnicalReviewer)
	id := w.proposal(w.person("Olga", workflow.Administrator))
	_, err := w.submit(id, w.look(id, 0).Authors[0].Person, content{"p", "t", "l"})
	w.must(err)
	first := w.look(id, 0).Assignments[0]
	next := tm.tech + tom - first.Person
	w.must(w.svc.Assign(w.ctx, workflow.Actor{Person: tm.lead1}, id, w.seen(id), next, first.ID, "On leave."))

	for person, want := range map[int64]int{first.Person: 0, next: 1, tm.lead1: 0} {
		list, more, err := w.svc.MyAssignments(w.ctx, workflow.Actor{Person: person}, workflow.AssignmentFilter{})
		w.must(err)
		if len(list) != want || more != nil {
			t.Errorf("person %d is asked %+v, then %v", person, list, more)
		}
	}
	lost, err := w.svc.MyAssignment(w.ctx, workflow.Actor{Person: first.Person}, first.ID)
	w.must(err)
	if lost.State != workflow.Replaced || lost.Words != "On leave." || lost.StageName != "Technical review" || lost.Proposal != id {
		t.Errorf("%+v", lost)
	}
	if _, err := w.svc.MyAssignment(w.ctx, workflow.Actor{Person: next}, first.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("somebody else's: %v", err)
	}
}
