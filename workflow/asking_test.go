package workflow_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// holders are the people with an open review at the stage, by name.
func (w *world) holders(id int64) []string {
	w.t.Helper()
	var names []string
	c := w.look(id, 0)
	for _, a := range c.Assignments {
		if a.Stage == c.State && a.Open() {
			names = append(names, a.Name)
		}
	}
	return names
}

func (w *world) held(id int64, want ...string) {
	w.t.Helper()
	if got := w.holders(id); !slices.Equal(got, want) {
		w.t.Errorf("the reviews are %q's, want %q's", got, want)
	}
}

func (s *scene) declines(kind string) {
	s.t.Helper()
	a, ok := s.look(s.id, s.who[kind]).OpenAssignment(s.who[kind])
	if !ok {
		s.t.Fatalf("%s isn't asked", kind)
	}
	s.must(s.svc.Decline(s.ctx, actor(s.who[kind]), a.ID, workflow.Seen{}, "On leave."))
}

// oldHand is an author whose proposals need no choice by leadership.
func (w *world) oldHand(name string) int64 { return w.person(name, workflow.Administrator) }

func TestCandidatesComeInTheOrderInWhichTheyAreAsked(t *testing.T) {
	w := newWorld(t)
	author := w.oldHand("Ada")
	var names []string
	for _, name := range []string{"Tom", "Tim", "Tess"} {
		w.person(name, workflow.TechnicalReviewer)
	}
	ask := func() int64 {
		id := w.proposal(author)
		_, err := w.submit(id, author, content{fmt.Sprint("p", id), "t", "l"})
		w.must(err)
		names = append(names, w.holders(id)...)
		w.clock.Add(time.Hour)
		return id
	}
	first := ask()
	ask()
	ask()
	// All have one; then Tom, who was asked longest ago, and so on.
	ask()
	ask()
	if want := []string{"Tom", "Tim", "Tess", "Tom", "Tim"}; !slices.Equal(names, want) {
		t.Fatalf("asked in turn: %q, want %q", names, want)
	}
	// Tom signs one: he and Tess have one each, and Tess was asked earlier.
	_, err := w.move(first, w.look(first, 0).Assignments[0].Person, programme.SignOff, nil)
	w.must(err)
	leader := w.person("Lena", workflow.Leadership)
	list, err := w.svc.Candidates(w.ctx, w.db, w.look(ask(), leader))
	w.must(err)
	var got []string
	for _, c := range list {
		got = append(got, fmt.Sprint(c.Name, c.Open))
	}
	if want := []string{"Tom1", "Tim2", "Tess2"}; names[5] != "Tess" || !slices.Equal(got, want) {
		t.Errorf("then %s is asked, and the order is %q, want Tess and %q", names[5], got, want)
	}
	if len(list[2].Against) == 0 || list[2].Against[0].Code != "asked_already" {
		t.Errorf("against asking Tess again: %v", list[2].Against)
	}
	if _, err := w.svc.Candidates(w.ctx, w.db, w.look(first, author)); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an author reads who could be asked: %v", err)
	}
	if list, err := w.svc.Candidates(w.ctx, w.db, w.look(w.proposal(leader), leader)); err != nil || len(list) > 0 {
		t.Errorf("candidates for no stage: %v, %v", list, err)
	}
}

func TestWhoDeclinesIsNotAskedAgainAndTheNextIs(t *testing.T) {
	s := newScene(newRewindable(t))
	toEducational(s)
	s.late() // Olga
	s.declines("Edith")
	s.held(s.id, "Edgar", "Olga")
	s.declines("Edgar")
	s.held(s.id, "Olga")
	if c := s.look(s.id, 0); c.Turn != workflow.TurnLeadership || c.TurnFor != workflow.ForNobody {
		t.Errorf("nobody is left, and it is the turn of %s to %s", c.Turn, c.TurnFor)
	}
	if got := s.mails(s.id); !slices.Contains(got, "nobody_eligible Lena") || !slices.Contains(got, "nobody_eligible Fay") ||
		slices.Contains(got, "nobody_eligible Conny") || slices.Contains(got, "nobody_eligible Laura") {
		t.Errorf("that nobody is left is told by %q", got)
	}
	// Leadership can ask them all the same.
	s.must(s.svc.Assign(s.ctx, actor(s.who["leadership"]), s.id, s.seen(s.id), s.who["Edith"], 0, ""))
	s.held(s.id, "Olga", "Edith")
}

func TestWhoSignedAndDeclinesTheSecondRoundIsNotAskedAgain(t *testing.T) {
	s := newScene(newRewindable(t))
	toVoided(s)
	s.held(s.id, "Edgar", "Edith")
	s.declines("Edith")
	s.held(s.id, "Edgar")
}

func TestTheSamePeopleResumeWithWhatTheyHad(t *testing.T) {
	s := newScene(newRewindable(t))
	toEducational(s) // Edith has accepted
	s.asks("Edgar", programme.RequestChanges)
	s.late()
	s.resolve(s.id, s.who["lead"], s.item, "done")
	s.clock.Add(10 * 24 * time.Hour)
	s.submits(content{"p1", "t2", "l1"})
	s.held(s.id, "Edith", "Edgar")
	c := s.look(s.id, 0)
	for _, a := range c.Assignments {
		if a.Open() && !a.DueAt.Equal(s.clock.Now().AddDate(0, 0, 21)) {
			t.Errorf("%s's review is due %v, want 21 days from now", a.Name, a.DueAt)
		}
		if want := map[string]string{"Edith": workflow.Accepted, "Edgar": workflow.Offered}[a.Name]; want != "" && a.State != want {
			t.Errorf("%s's review is %s, want %s as before", a.Name, a.State, want)
		}
	}
}

func TestAStageThatComesBackIsAskedOfWhoSignedIt(t *testing.T) {
	s := newScene(newRewindable(t))
	toHalfSigned(s)
	s.asks("Edgar", programme.RequestChanges)
	s.late()
	s.resolve(s.id, s.who["lead"], s.item, "done")
	s.submits(content{"p2", "t2", "l1"}) // the package too: technical first
	s.state(s.id, "technical")
	s.held(s.id, "Tess")
	s.signs("Tess")
	s.held(s.id, "Edgar", "Edith")
}

func TestOnlyANewcomersFirstProposalWaitsForAChoice(t *testing.T) {
	s := newScene(newRewindable(t))
	toTechnical(s) // chosen by leadership
	s.signs("Tess")
	second := s.proposal(s.who["lead"])
	_, err := s.submit(second, s.who["lead"], content{"q1", "u1", "m1"})
	s.must(err)
	s.held(second, "Tess") // a proposal of hers was signed
	third := s.proposal(s.who["co-author"])
	_, err = s.submit(third, s.who["co-author"], content{"r1", "v1", "n1"})
	s.must(err)
	s.held(third) // a co-author of one is still a newcomer as a lead
	if c := s.look(third, 0); c.TurnFor != workflow.ForChoosing {
		t.Errorf("leadership's turn is to %s", c.TurnFor)
	}
}

func TestReplacingSomebodyByHand(t *testing.T) {
	s := newScene(newRewindable(t))
	toTechnical(s)
	s.late()
	tess, _ := s.look(s.id, 0).OpenAssignment(s.who["Tess"])
	assign := func(kind string, replaces int64) error {
		return s.svc.Assign(s.ctx, actor(s.who["leadership"]), s.id, s.seen(s.id), s.who[kind], replaces, "She is busy.")
	}
	for _, no := range []struct {
		kind, code string
		replaces   int64
	}{
		{"other technical reviewer", "enough_asked", 0}, {"Edith", "no_role", tess.ID}, {"lead", "no_role", tess.ID},
		{"Tess", "asked_already", 0}, {"other technical reviewer", "assignment_over", tess.ID + 100}, {"deactivated leadership", "no_role", tess.ID},
	} {
		if err := assign(no.kind, no.replaces); !fault.Has(err, no.code) {
			t.Errorf("asking %s in place of %d: %v, want %s", no.kind, no.replaces, err, no.code)
		}
	}
	s.rewound(func() { s.must(assign("Tess", tess.ID)) }) // the same again: a new offer, a new date
	s.must(assign("other technical reviewer", tess.ID))
	s.held(s.id, "Otto")
	if mails := s.mails(s.id); !slices.Contains(mails, "review_taken Tess") || !slices.Contains(mails, "review_offered Otto") {
		t.Errorf("mails %q", mails)
	}
	if words := s.look(s.id, 0).Assignments[0].Words; words != "She is busy." {
		t.Errorf("the reason is kept as %q", words)
	}
}

// One person with two roles may leave one stage and be asked for the next in the
// same act.
func TestWhoIsNoLongerNeededAtOneStageMayBeAskedForTheNext(t *testing.T) {
	s := newScene(newRewindable(t))
	toTechnical(s)
	s.exec(`insert into roles (person_id, role, granted_at) values ($1, $2, $3)`, s.who["Tess"], workflow.EducationalReviewer, s.clock.Now())
	s.exec(`delete from roles where person_id = $1`, s.who["Edith"])
	s.moves("leadership", programme.Override)
	s.held(s.id, "Edgar", "Tess")
}

func TestOpenWorkGoesToOthersWithItsHolder(t *testing.T) {
	s := newScene(newRewindable(t))
	toHalfSigned(s)
	s.late()
	s.deactivate(s.who["administrator"], s.who["Edgar"])
	s.held(s.id, "Olga")
	s.deactivate(s.who["administrator"], s.who["Edith"]) // what she signed stays
	if n := len(s.look(s.id, 0).ValidSignOffs("educational")); n != 1 {
		t.Errorf("%d sign-offs count after their giver left, want 1", n)
	}
	h, err := s.svc.History(s.ctx, s.db, s.id, 0)
	s.must(err)
	if last := h[len(h)-1]; last.Event != "replace" || last.ActorName != "Adam" || last.Detail["person"] != float64(s.who["Edgar"]) {
		t.Errorf("the history ends with %+v", last)
	}
	// Losing another role than the stage's touches nothing.
	seq := s.seen(s.id).Seq
	s.must(s.tx(func(tx *sqlx.Tx) error {
		return s.svc.ReplaceOpenWork(s.ctx, tx, s.who["administrator"], s.who["other educational reviewer"], workflow.TechnicalReviewer, s.clock.Now())
	}))
	if after := s.seen(s.id).Seq; after != seq {
		t.Error("losing another role was written down")
	}
}

// available gives a role, or ("") reactivates, as accounts does.
func (s *scene) available(kind, role string) {
	s.t.Helper()
	s.must(s.tx(func(tx *sqlx.Tx) error {
		query, args := `update people set deactivated_at = null where id = $1`, []any{s.who[kind]}
		if role != "" {
			query, args = `insert into roles (person_id, role, granted_at) values ($1, $2, $3)`, []any{s.who[kind], role, s.clock.Now()}
		}
		if _, err := tx.Exec(query, args...); err != nil {
			return err
		}
		return s.svc.OfferWaitingWork(s.ctx, tx, s.who["administrator"], s.who[kind], s.clock.Now())
	}))
}

// A turn that leadership has only for want of somebody ends when there is one.
func TestWhatHasWaitedGoesToWhoeverComes(t *testing.T) {
	s := newScene(newRewindable(t))
	toShort(s)
	seq := s.seen(s.id).Seq
	for _, kind := range []string{"co-author", "leadership, conflicted", "Tess"} { // none of them may
		s.rewound(func() {
			s.available(kind, workflow.EducationalReviewer)
			if c := s.look(s.id, 0); c.Seq != seq || c.TurnFor != workflow.ForNobody {
				t.Errorf("%s is no reviewer of it: %s", kind, c.TurnFor)
			}
		})
	}
	s.rewound(func() { // who was deactivated comes back
		s.available("Edith", "")
		s.held(s.id, "Edgar", "Edith")
	})
	s.available("stranger", workflow.EducationalReviewer)
	s.held(s.id, "Edgar", "Stan")
	if c := s.look(s.id, 0); c.Turn != workflow.TurnReviewers {
		t.Errorf("it is the turn of %s to %s", c.Turn, c.TurnFor)
	}
	s.letter(s.mail(workflow.NoticeReview, "stranger"))
	s.dropped(s.mail(workflow.NoticeNobody, "leadership"))
	s.verified()
}

func TestALeadWhoReturnsHasTheirTurnBack(t *testing.T) {
	s := newScene(newRewindable(t))
	toRequested(s)
	s.deactivate(s.who["administrator"], s.who["lead"])
	s.available("lead", "")
	if c := s.look(s.id, 0); c.Turn != workflow.TurnAuthor || c.TurnDue == nil {
		t.Errorf("it is the turn of %s to %s", c.Turn, c.TurnFor)
	}
	s.letter(s.mail(workflow.NoticeLead, "lead"))
	s.dropped(s.mail(workflow.NoticeNameLead, "leadership"))
}

func TestALeadWhoLeavesGivesLeadershipTheTurn(t *testing.T) {
	s := newScene(newRewindable(t))
	toRequested(s)
	s.deactivate(s.who["administrator"], s.who["lead"])
	c := s.look(s.id, 0)
	if c.Turn != workflow.TurnLeadership || c.TurnFor != workflow.ForLead || c.TurnDue == nil {
		t.Fatalf("the turn is %s to %s", c.Turn, c.TurnFor)
	}
	if !slices.Contains(s.mails(s.id), "name_lead Lena") {
		t.Errorf("leadership isn't told: %q", s.mails(s.id))
	}
}
