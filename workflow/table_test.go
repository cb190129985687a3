package workflow_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// table says, and takes it from nowhere else, what each kind of person may do in
// each state. Whatever isn't listed is refused.
var table = []struct {
	name, state string
	reach       func(*scene)
	may         map[string]string // kind: acts
}{
	{"draft", "draft", func(*scene) {}, map[string]string{
		"lead": "submit withdraw",
	}},
	{"technical, nobody chosen", "technical", toChoosing, map[string]string{
		"lead":       "withdraw",
		"leadership": "request_changes override reject assign conflict record_conflict",
		"Fay":        "request_changes override reject assign conflict record_conflict",
	}},
	{"technical", "technical", toTechnical, map[string]string{
		"lead":       "withdraw",
		"Tess":       "sign_off request_changes accept decline conflict",
		"leadership": "request_changes override reject assign conflict record_conflict",
		"Fay":        "request_changes override reject assign conflict record_conflict",
	}},
	{"educational, one has accepted", "educational", toEducational, map[string]string{
		"lead":       "withdraw",
		"Tess":       "conflict",
		"Edith":      "sign_off request_changes decline conflict",
		"Edgar":      "sign_off request_changes accept decline conflict",
		"leadership": "request_changes override reject assign conflict record_conflict",
		"Fay":        "request_changes override reject assign conflict record_conflict",
	}},
	{"educational, one has signed", "educational", toHalfSigned, map[string]string{
		"lead":       "withdraw",
		"Tess":       "conflict",
		"Edith":      "conflict",
		"Edgar":      "sign_off request_changes accept decline conflict",
		"leadership": "request_changes override reject assign conflict record_conflict",
		"Fay":        "request_changes override reject assign conflict record_conflict",
	}},
	{"educational, nobody left", "educational", toShort, map[string]string{
		"lead":       "withdraw",
		"Tess":       "conflict",
		"Edgar":      "sign_off request_changes accept decline conflict",
		"leadership": "request_changes override permit reject assign conflict record_conflict",
		"Fay":        "request_changes override permit reject assign conflict record_conflict",
	}},
	{"educational, an item is unclosed", "educational", toSecondRound, map[string]string{
		"lead":       "withdraw",
		"Tess":       "conflict",
		"Edith":      "request_changes accept decline conflict",
		"Edgar":      "request_changes accept decline conflict",
		"leadership": "request_changes reject assign conflict record_conflict",
		"Fay":        "request_changes reject assign conflict record_conflict",
	}},
	{"educational, a sign-off was voided", "educational", toVoided, map[string]string{
		"lead":       "withdraw",
		"Tess":       "conflict",
		"Edith":      "sign_off carry_forward request_changes accept decline conflict",
		"Edgar":      "sign_off request_changes accept decline conflict",
		"leadership": "request_changes override reject assign conflict record_conflict",
		"Fay":        "request_changes override reject assign conflict record_conflict",
	}},
	{"final", "final", toFinal, map[string]string{
		"lead":       "withdraw",
		"Tess":       "conflict",
		"Edith":      "conflict",
		"Edgar":      "conflict",
		"leadership": "request_changes override reject assign conflict record_conflict",
		"Fay":        "sign_off request_changes override reject accept decline assign conflict record_conflict",
	}},
	{"changes requested", "changes_requested", toRequested, map[string]string{
		"lead":       "withdraw",
		"Tess":       "conflict",
		"Edith":      "conflict",
		"Edgar":      "conflict",
		"leadership": "reject conflict record_conflict",
		"Fay":        "reject conflict record_conflict",
	}},
	{"changes requested, answered", "changes_requested", toAnswered, map[string]string{
		"lead":       "submit withdraw",
		"Tess":       "conflict",
		"Edith":      "conflict",
		"Edgar":      "conflict",
		"leadership": "reject conflict record_conflict",
		"Fay":        "reject conflict record_conflict",
	}},
	{"approved, without details", "approved", toApproved, map[string]string{
		"lead":       "withdraw",
		"Tess":       "conflict",
		"Edith":      "conflict",
		"Edgar":      "conflict",
		"leadership": "return reject conflict record_conflict",
		"Fay":        "return reject conflict record_conflict",
	}},
	{"approved, an item is unclosed", "approved", toReturned, map[string]string{
		"lead":       "withdraw",
		"Tess":       "conflict",
		"Edith":      "conflict",
		"Edgar":      "conflict",
		"leadership": "return reject conflict record_conflict",
		"Fay":        "return reject conflict record_conflict",
	}},
	{"approved", "approved", toReady, map[string]string{
		"lead":       "withdraw",
		"Tess":       "conflict",
		"Edith":      "conflict",
		"Edgar":      "conflict",
		"leadership": "return reject publish conflict record_conflict",
		"Fay":        "return reject publish conflict record_conflict",
	}},
	{"published", "published", toPublished, map[string]string{
		"Tess":       "conflict",
		"Edith":      "conflict",
		"Edgar":      "conflict",
		"leadership": "conflict record_conflict",
		"Fay":        "conflict record_conflict",
	}},
	{"published, then a conflict", "published", func(s *scene) { toPublished(s); s.conflicts("Tess") }, map[string]string{
		"Edith":      "conflict",
		"Edgar":      "conflict",
		"leadership": "acknowledge conflict record_conflict",
		"Fay":        "acknowledge conflict record_conflict",
	}},
	{"rejected", "rejected", toRejected, map[string]string{
		"Tess":       "conflict",
		"Edith":      "conflict",
		"Edgar":      "conflict",
		"leadership": "reopen conflict record_conflict",
		"Fay":        "reopen conflict record_conflict",
	}},
	{"withdrawn", "withdrawn", toWithdrawn, map[string]string{
		"lead":       "reopen",
		"Tess":       "conflict",
		"Edith":      "conflict",
		"Edgar":      "conflict",
		"leadership": "reopen conflict record_conflict",
		"Fay":        "reopen conflict record_conflict",
	}},
	{"withdrawn by a former lead", "withdrawn", func(s *scene) {
		toWithdrawn(s)
		s.exec(`update authors set is_lead = false where proposal_id = $1 and is_lead`, s.id)
		s.exec(`update authors set is_lead = true where proposal_id = $1 and email = 'cora@example.org'`, s.id)
	}, map[string]string{
		"Tess":       "conflict",
		"Edith":      "conflict",
		"Edgar":      "conflict",
		"leadership": "reopen conflict record_conflict",
		"Fay":        "reopen conflict record_conflict",
	}},
}

// acts are all events and acts; record_conflict is a conflict of somebody else.
var acts = []string{"submit", "sign_off", "carry_forward", "request_changes", "return", "override", "permit", "reject", "withdraw",
	"reopen", "publish", "accept", "decline", "assign", "conflict", "record_conflict", "acknowledge"}

// try does an act as well as it can be done, and keeps whatever it wrote.
func (s *scene) try(kind, act string) error {
	by := actor(s.who[kind])
	c := s.now
	switch act {
	case "accept", "decline":
		a := s.reviewOf(c, by.Person)
		if act == "accept" {
			return s.svc.Accept(s.ctx, by, a, workflow.Seen{})
		}
		return s.svc.Decline(s.ctx, by, a, workflow.Seen{}, "On leave.")
	case "assign":
		var replaces int64
		if c.State != "technical" && c.State != "educational" || c.Turn != workflow.TurnLeadership || c.TurnFor == workflow.ForClosing {
			replaces = s.reviewOf(c, 0)
		}
		person := map[string]string{"technical": "other technical reviewer", "educational": "other educational reviewer"}[c.State]
		if person == "" {
			person = "other leadership"
		}
		return s.svc.Assign(s.ctx, by, s.id, c.Seen(), s.who[person], replaces, "To share the work.")
	case "conflict":
		return s.svc.DeclareConflict(s.ctx, by, s.id, workflow.Seen{}, by.Person, "We work together.")
	case "record_conflict":
		other := "Edgar"
		if kind == other {
			other = "Edith"
		}
		return s.svc.DeclareConflict(s.ctx, by, s.id, workflow.Seen{}, s.who[other], "They work together.")
	case "acknowledge":
		return s.svc.Acknowledge(s.ctx, by, s.id, workflow.Seen{}, "It stays.")
	}
	m := workflow.Move{Proposal: s.id, Seen: c.Seen(), Event: act, By: by, Reason: "There is one."}
	switch act {
	case "carry_forward":
		m.Event, m.Carry = programme.SignOff, true
	case "permit":
		m.Event, m.Permit = programme.Override, s.who["Tess"]
	case "request_changes", "return":
		m.Items = []int64{1}
	}
	tx, err := s.db.BeginTxx(s.ctx, nil)
	s.must(err)
	if act == "submit" && s.allowed(kind, act) {
		s.must(s.snapshot(tx, s.id, by.Person, c.Revision+1, content{"p3", "t3", "l3"}))
	}
	against := s.svc.Against(s.ctx, tx, m)
	_, refused := s.svc.Move(s.ctx, tx, m)
	if (against == nil) != (refused == nil) {
		s.t.Errorf("%s %s: Against says %v, Move %v", kind, act, against, refused)
	}
	if refused != nil && fault.KindOf(refused) == "" {
		s.must(tx.Rollback())
		return refused
	}
	s.must(tx.Commit()) // a refused move, too: it must not have written anything
	return refused
}

// reviewOf is an open assignment of the stage: one's own, else anybody's.
func (s *scene) reviewOf(c *workflow.Case, person int64) int64 {
	if a, ok := c.OpenAssignment(person); ok {
		return a.ID
	}
	var other int64
	for _, a := range c.Assignments {
		if a.Person == person {
			return a.ID
		}
		if other == 0 || a.Open() {
			other = a.ID
		}
	}
	return other
}

func (s *scene) allowed(kind, act string) bool {
	return slices.Contains(strings.Fields(s.expected[kind]), act)
}

func TestEveryRoleInEveryStateDoesWhatItMayAndNothingElse(t *testing.T) {
	for _, row := range table {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(newRewindable(t))
			row.reach(s)
			s.late()
			s.expected, s.now = row.may, s.look(s.id, 0)
			s.state(s.id, row.state)
			before := s.rows()
			for _, kind := range kinds {
				for _, act := range acts {
					if s.allowed(kind, act) {
						s.rewound(func() { s.mustDo(kind, act, before) })
					} else {
						s.mustRefuse(kind, act)
					}
				}
				if after := s.rows(); after != before {
					t.Fatalf("what %s was refused changed %s", kind, changedTables(before, after))
				}
				s.checkOffers(kind)
			}
		})
	}
}

func (s *scene) mustDo(kind, act, before string) {
	s.t.Helper()
	if err := s.try(kind, act); err != nil {
		s.t.Errorf("%s can't %s: %v", kind, act, err)
	} else if s.rows() == before {
		s.t.Errorf("%s did %s, and nothing changed", kind, act)
	}
}

func (s *scene) mustRefuse(kind, act string) {
	s.t.Helper()
	switch err := s.try(kind, act); {
	case err == nil:
		s.t.Fatalf("%s could %s", kind, act)
	case fault.KindOf(err) == "":
		s.t.Errorf("%s was not refused %s: it failed: %v", kind, act, err)
	case fault.KindOf(err) != fault.NotFound && len(fault.ReasonsOf(err)) == 0:
		s.t.Errorf("%s was refused %s without a reason: %v", kind, act, err)
	}
}

// checkOffers: what the page offers is what the server does, and the other way
// round.
func (s *scene) checkOffers(kind string) {
	s.t.Helper()
	offered := map[string]bool{}
	c, err := s.svc.Load(s.ctx, s.db, s.id, actor(s.who[kind]))
	if fault.KindOf(err) == "" {
		s.must(err)
		for _, o := range c.Offers() {
			offered[o.Act] = o.Allowed()
			one, ok := c.Offer(o.Act)
			if !ok || one.Allowed() != o.Allowed() {
				s.t.Errorf("%s: Offer and Offers differ about %s", kind, o.Act)
			}
			for _, r := range o.Reasons {
				if r.Code == "" || r.Text == "" {
					s.t.Errorf("%s: %s is refused without a word", kind, o.Act)
				}
			}
		}
	}
	for _, act := range acts {
		want := s.allowed(kind, act)
		if act == "record_conflict" {
			continue // offered as conflict
		}
		if act == "conflict" {
			want = want || s.allowed(kind, "record_conflict")
		}
		if offered[act] != want {
			s.t.Errorf("%s is offered %s: %v, want %v", kind, act, offered[act], want)
		}
	}
}
