package workflow_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

func TestAConflictSendsAProposalBackToTheStageThatLacksAYes(t *testing.T) {
	for _, from := range []struct {
		reach func(*scene)
		who   string
		to    string
	}{
		{toEducational, "Tess", "technical"}, {toFinal, "Tess", "technical"}, {toFinal, "Edith", "educational"},
		{toApproved, "Tess", "technical"}, {toApproved, "Edgar", "educational"}, {toApproved, "Fay", "final"},
		{toHalfSigned, "Edith", "educational"}, {toHalfSigned, "Edgar", "educational"},
	} {
		s := newScene(newRewindable(t))
		from.reach(s)
		s.late()
		was := s.seen(s.id).State
		s.conflicts(from.who)
		s.state(s.id, from.to)
		h, err := s.svc.History(s.ctx, s.db, s.id, 0)
		s.must(err)
		last := h[len(h)-1]
		if was != from.to && (last.Event != programme.Return || last.Actor != 0 || last.From != was) {
			t.Errorf("%s's conflict in %s: the history ends with %+v, want a return by the system", from.who, was, last)
		}
		if slices.Contains(s.holders(s.id), from.who) || len(s.holders(s.id)) == 0 {
			t.Errorf("%s's conflict in %s: the reviews are %q's", from.who, was, s.holders(s.id))
		}
	}
}

func TestAfterPublishingAConflictIsLeadershipsToConsider(t *testing.T) {
	s := newScene(newRewindable(t))
	toPublished(s)
	s.conflicts("Tess")
	c := s.look(s.id, 0)
	if c.State != programme.Published || c.Turn != workflow.TurnLeadership || c.TurnFor != workflow.ForConflict || c.TurnDue == nil {
		t.Fatalf("it is %s, the turn of %s to %s", c.State, c.Turn, c.TurnFor)
	}
	if n := len(c.ValidSignOffs("technical")); n != 1 {
		t.Errorf("%d technical sign-offs, want the one as it was published", n)
	}
	if err := s.svc.Acknowledge(s.ctx, actor(s.who["Fay"]), s.id, workflow.Seen{}, " "); !fault.Has(err, "no_reason") {
		t.Errorf("considering without a word: %v", err)
	}
	s.must(s.svc.Acknowledge(s.ctx, actor(s.who["Fay"]), s.id, workflow.Seen{}, "The review was sound."))
	if c := s.look(s.id, 0); c.Turn != workflow.TurnNobody || c.TurnDue != nil {
		t.Errorf("afterwards it is the turn of %s", c.Turn)
	}
	s.conflicts("Edith")
	if c := s.look(s.id, 0); c.Turn != workflow.TurnLeadership {
		t.Errorf("after a second conflict it is the turn of %s", c.Turn)
	}
	s.must(s.svc.DeclareConflict(s.ctx, actor(s.who["leadership"]), s.id, workflow.Seen{}, s.who["stranger"], "Her brother."))
	s.verified()
}

func TestWhoBecomesAnAuthorCountsNoMore(t *testing.T) {
	s := newScene(newRewindable(t))
	toTechnical(s)
	s.moves("leadership", programme.Override) // of technical
	s.signs("Edith")
	s.asks("Edgar", programme.RequestChanges)
	s.resolve(s.id, s.who["lead"], s.item, "done")
	s.coAuthor(s.id, s.who["Edith"], 8)
	s.coAuthor(s.id, s.who["leadership"], 9)
	s.late()
	s.submits(content{"p1", "t1", "l1"})
	s.state(s.id, "technical") // the override was by an author of now
	for _, so := range s.look(s.id, 0).SignOffs {
		if so.VoidReason != "became_author" {
			t.Errorf("the %s of %s is void for %q, want became_author", so.Kind, so.Stage, so.VoidReason)
		}
	}
}

func TestWordsAndPeopleThatCannotBeKept(t *testing.T) {
	s := newScene(newRewindable(t))
	toTechnical(s)
	leader, long := actor(s.who["leadership"]), strings.Repeat("é", workflow.MaxWords+1)
	tess, _ := s.look(s.id, 0).OpenAssignment(s.who["Tess"])
	if err := s.svc.DeclareConflict(s.ctx, leader, s.id, workflow.Seen{}, 1<<40, "A stranger to us all."); !fault.Has(err, "no_person") {
		t.Errorf("a conflict of nobody: %v", err)
	}
	for _, event := range []string{programme.Reject, programme.Withdraw, programme.Override} {
		if _, err := s.move(s.id, s.who["leadership"], event, because(long)); !fault.Has(err, "too_long") {
			t.Errorf("%s with words without end: %v", event, err)
		}
	}
	for name, err := range map[string]error{
		"decline":  s.svc.Decline(s.ctx, actor(s.who["Tess"]), tess.ID, workflow.Seen{}, long),
		"conflict": s.svc.DeclareConflict(s.ctx, leader, s.id, workflow.Seen{}, s.who["Tess"], long),
		"assign":   s.svc.Assign(s.ctx, leader, s.id, s.seen(s.id), s.who["Tess"], tess.ID, long),
	} {
		if !fault.Has(err, "too_long") {
			t.Errorf("%s with words without end: %v", name, err)
		}
	}
	s.must(s.svc.Decline(s.ctx, actor(s.who["Tess"]), tess.ID, workflow.Seen{}, long[:len(long)-2])) // as long as can be
}

func TestAnExceptionLetsOnePersonHoldTwoStages(t *testing.T) {
	s := newScene(newRewindable(t))
	toShort(s)
	permit := func(kind string) error {
		_, err := s.move(s.id, s.who["leadership"], programme.Override, func(m *workflow.Move) { m.Permit, m.Reason = s.who[kind], "We are few." })
		return err
	}
	for kind, code := range map[string]string{"co-author": "author", "leadership, conflicted": "conflicted", "Edgar": "permit_unneeded"} {
		if err := permit(kind); !fault.Has(err, code) {
			t.Errorf("an exception for %s: %v, want %s", kind, err, code)
		}
	}
	s.exec(`insert into roles (person_id, role, granted_at) values ($1, $2, $3)`, s.who["Tess"], workflow.EducationalReviewer, s.clock.Now())
	s.must(permit("Tess"))
	s.held(s.id, "Edgar", "Tess")
	s.signs("Edgar", "Tess")
	s.state(s.id, "final")
	s.signs("Fay")
	s.details(s.id, s.who["leadership"])
	s.moves("leadership", programme.Publish)
	s.verified()
}

// An exception is worth what the independence of whoever granted it is worth.
func TestAnExceptionFallsWithWhoGrantedIt(t *testing.T) {
	s := newScene(newRewindable(t))
	toShort(s)
	s.exec(`insert into roles (person_id, role, granted_at) values ($1, $2, $3)`, s.who["Tess"], workflow.EducationalReviewer, s.clock.Now())
	_, err := s.move(s.id, s.who["leadership"], programme.Override, func(m *workflow.Move) { m.Permit, m.Reason = s.who["Tess"], "We are few." })
	s.must(err)
	s.rewound(func() { // before it was used: who was asked under it is asked no more
		s.conflicts("leadership")
		s.held(s.id, "Edgar")
	})
	s.signs("Edgar", "Tess", "Fay")
	s.details(s.id, s.who["Fay"])
	s.rewound(func() {
		s.conflicts("leadership")
		s.state(s.id, "educational")
		if n := len(s.look(s.id, 0).ValidSignOffs("educational")); n != 1 {
			t.Errorf("%d sign-offs count after the exception fell, want Edgar's alone", n)
		}
	})
	s.rewound(func() {
		s.asks("Fay", programme.Return)
		s.resolve(s.id, s.who["lead"], s.item, "done")
		s.coAuthor(s.id, s.who["leadership"], 9)
		s.submits(content{"p1", "t1", "l1"})
		s.state(s.id, "educational")
	})
	s.moves("Fay", programme.Publish)
	s.conflicts("leadership")
	if c := s.look(s.id, 0); c.TurnFor != workflow.ForConflict {
		t.Errorf("after publishing the turn is to %s", c.TurnFor)
	}
}

// A title is taken at the first submit, freed by reject or withdraw, and kept as
// a wish: a reopened proposal has it again if nobody else took it.
func TestASuggestedTitleIsTakenFreedAndTakenAgain(t *testing.T) {
	s := newScene(newRewindable(t))
	title := s.int(`insert into suggested_titles (title, strand, offered_by, offered_at) values ('Chairing', 'practice', $1, $2) returning id`,
		s.who["leadership"], s.clock.Now())
	second := s.proposal(s.who["stranger"])
	s.exec(`update drafts set suggested_title = $1`, title)
	take := func(id int64, by string) error {
		return s.tx(func(tx *sqlx.Tx) error {
			seen := s.seen2(tx, id)
			if err := s.snapshot(tx, id, s.who[by], seen.Revision+1, content{"p", "t", "l"}); err != nil {
				return err
			}
			_, err := s.svc.Move(s.ctx, tx, workflow.Move{Proposal: id, Seen: seen, Event: programme.Submit, By: actor(s.who[by]), SuggestedTitle: title})
			return err
		})
	}
	s.must(take(s.id, "lead"))
	if err := take(second, "stranger"); !fault.Has(err, "title_taken") {
		t.Fatalf("a second submitter: %v, want title_taken", err)
	}
	s.moves("leadership", programme.Reject)
	s.rewound(func() {
		s.moves("leadership", programme.Reopen)
		if got := s.look(s.id, 0).SuggestedTitle; got != title {
			t.Errorf("reopened, it has the title %d, want %d again", got, title)
		}
	})
	s.must(take(second, "stranger"))
	s.moves("leadership", programme.Reopen)
	if got := s.look(s.id, 0).SuggestedTitle; got != 0 {
		t.Errorf("reopened after another took it, it has the title %d", got)
	}
}

func (w *world) seen2(tx *sqlx.Tx, id int64) workflow.Seen {
	c, err := w.svc.Load(w.ctx, tx, id, workflow.System)
	w.must(err)
	return c.Seen()
}

// An exception is about exact bytes, too: when they change, who was asked under
// it isn't any more.
func TestAReviewUnderAnExceptionEndsWithIt(t *testing.T) {
	s := newScene(newRewindable(t))
	toShort(s)
	s.exec(`insert into roles (person_id, role, granted_at) values ($1, $2, $3)`, s.who["Tess"], workflow.EducationalReviewer, s.clock.Now())
	_, err := s.move(s.id, s.who["leadership"], programme.Override, func(m *workflow.Move) { m.Permit, m.Reason = s.who["Tess"], "We are few." })
	s.must(err)
	s.asks("Edgar", programme.RequestChanges)
	s.resolve(s.id, s.who["lead"], s.item, "closed")
	s.submits(content{"p1", "t2", "l1"})
	s.held(s.id, "Edgar")
	if c := s.look(s.id, 0); c.TurnFor != workflow.ForNobody {
		t.Errorf("the turn is %s to %s, want leadership's: one reviewer is missing", c.Turn, c.TurnFor)
	}
}
