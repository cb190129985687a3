package workflow_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// hold runs first in a transaction that stays open, starts second beside it,
// waits until PostgreSQL says that second waits for a lock of first's, and only
// then commits first. It gives what second returned.
func (w *world) hold(first func(tx *sqlx.Tx) error, second func() error) error {
	w.t.Helper()
	tx, err := w.db.BeginTxx(w.ctx, nil)
	w.must(err)
	defer tx.Rollback()
	w.must(first(tx))
	done := make(chan error, 1)
	go func() { done <- second() }()
	for deadline := time.After(time.Minute); w.int(`select count(*) from pg_locks where not granted`) == 0; {
		select {
		case err := <-done:
			w.t.Fatalf("the second didn't wait for the first: %v", err)
		case <-deadline:
			w.t.Fatal("the second never came to the lock")
		default:
		}
	}
	w.must(tx.Commit())
	return <-done
}

// beside runs second to its end while first stands uncommitted, then commits
// first.
func (w *world) beside(first func(tx *sqlx.Tx) error, second func() error) error {
	w.t.Helper()
	var err error
	w.must(w.tx(func(tx *sqlx.Tx) error {
		if err := first(tx); err != nil {
			return err
		}
		err = second()
		return nil
	}))
	return err
}

// moving is an event from what is seen now, for hold.
func (w *world) moving(id, by int64, event string) (inTx func(tx *sqlx.Tx) error, alone func() error) {
	m := workflow.Move{Proposal: id, Seen: w.seen(id), Event: event, By: actor(by), Reason: "There is one."}
	inTx = func(tx *sqlx.Tx) error {
		_, err := w.svc.Move(w.ctx, tx, m)
		return err
	}
	return inTx, func() error { return w.tx(inTx) }
}

func TestTheSecondOfTwoMovesIsToldWhatHappened(t *testing.T) {
	s := newScene(newWorld(t))
	toTechnical(s)
	before := s.seen(s.id)
	mails := len(s.mails(s.id))
	withdraw, _ := s.moving(s.id, s.who["lead"], programme.Withdraw)
	_, sign := s.moving(s.id, s.who["Tess"], programme.SignOff)

	err := s.hold(withdraw, sign)
	stale, ok := workflow.StaleFrom(err)
	if !ok || fault.KindOf(err) != fault.Stale {
		t.Fatalf("a sign-off that came after the withdrawal: %v, want Stale", err)
	}
	if stale.State != programme.Withdrawn || len(stale.Meanwhile) != 1 || stale.Meanwhile[0].Event != programme.Withdraw ||
		stale.Meanwhile[0].ActorName != "Ada" || stale.Meanwhile[0].Seq != before.Seq+1 {
		t.Errorf("it is told %+v, want Ada's withdrawal alone", stale)
	}
	if n := s.int(`select count(*) from sign_offs where proposal_id = $1`, s.id); n != 0 {
		t.Errorf("%d sign-offs were recorded", n)
	}
	if got := s.mails(s.id)[mails:]; len(got) == 0 || got[0] != "review_taken Tess" {
		t.Errorf("mails %q, want that Tess is told", got)
	}
	s.verified()
}

func TestASignOffBeatsAWithdrawal(t *testing.T) {
	s := newScene(newWorld(t))
	toTechnical(s)
	sign, _ := s.moving(s.id, s.who["Tess"], programme.SignOff)
	_, withdraw := s.moving(s.id, s.who["lead"], programme.Withdraw)
	if err := s.hold(sign, withdraw); fault.KindOf(err) != fault.Stale {
		t.Fatalf("a withdrawal after the sign-off: %v, want Stale", err)
	}
	s.state(s.id, "educational")
	s.verified()
}

// Both see the same state and revision, and both count: the second completes
// the stage because it reads the first's sign-off after the wait.
func TestTwoSignOffsCompleteAStageTogether(t *testing.T) {
	s := newScene(newWorld(t))
	toEducational(s)
	first, _ := s.moving(s.id, s.who["Edith"], programme.SignOff)
	_, second := s.moving(s.id, s.who["Edgar"], programme.SignOff)
	s.must(s.hold(first, second))
	s.state(s.id, "final")
	if n := len(s.look(s.id, 0).ValidSignOffs("educational")); n != 2 {
		t.Errorf("%d sign-offs count, want both", n)
	}
	if n := s.int(`select count(*) from assignments where proposal_id = $1 and stage = 'final'`, s.id); n != 1 {
		t.Errorf("%d were asked for the final stage, want one", n)
	}
	s.verified()
}

func (s *scene) deactivating(kind string) func(tx *sqlx.Tx) error {
	return func(tx *sqlx.Tx) error {
		if _, err := tx.Exec(`update people set deactivated_at = $2 where id = $1`, s.who[kind], s.clock.Now()); err != nil {
			return err
		}
		return s.svc.ReplaceOpenWork(s.ctx, tx, s.who["administrator"], s.who[kind], "", s.clock.Now())
	}
}

// Who is being changed is passed over, without waiting: see candidatesLock.
func TestNobodyIsAskedWhoIsBeingDeactivated(t *testing.T) {
	s := newScene(newWorld(t))
	toChoosing(s)
	seen := s.seen(s.id)
	err := s.beside(s.deactivating("Tess"), func() error {
		return s.svc.Assign(s.ctx, actor(s.who["leadership"]), s.id, seen, s.who["Tess"], 0, "")
	})
	if !fault.Has(err, "no_role") {
		t.Fatalf("asking somebody who was just deactivated: %v, want no_role", err)
	}
	s.noneHolds("Tess")
}

func TestNobodyIsAskedWhoseRoleIsBeingTaken(t *testing.T) {
	s := newScene(newWorld(t))
	toTechnical(s)
	_, sign := s.moving(s.id, s.who["Tess"], programme.SignOff)
	s.must(s.beside(func(tx *sqlx.Tx) error {
		if _, err := tx.Exec(`delete from roles where person_id = $1 and role = 'educational_reviewer'`, s.who["Edith"]); err != nil {
			return err
		}
		return s.svc.ReplaceOpenWork(s.ctx, tx, s.who["administrator"], s.who["Edith"], workflow.EducationalReviewer, s.clock.Now())
	}, sign))
	s.state(s.id, "educational")
	s.noneHolds("Edith")
	if c := s.look(s.id, 0); c.TurnFor != workflow.ForNobody {
		t.Errorf("the turn is %s to %s, want leadership's: one reviewer is missing", c.Turn, c.TurnFor)
	}
}

func TestWhoIsAskedFirstAndDeactivatedThenIsReplaced(t *testing.T) {
	s := newScene(newWorld(t))
	toTechnical(s)
	sign, _ := s.moving(s.id, s.who["Tess"], programme.SignOff) // asks Edith and Edgar
	s.must(s.hold(sign, func() error { return s.tx(s.deactivating("Edith")) }))
	s.noneHolds("Edith")
	s.verified()
}

func (s *scene) noneHolds(kind string) {
	s.t.Helper()
	if n := s.int(`select count(*) from assignments where person_id = $1 and state in ('offered', 'accepted', 'suspended')`, s.who[kind]); n != 0 {
		s.t.Errorf("%s has %d reviews open", kind, n)
	}
}

func (w *world) verified() {
	w.t.Helper()
	_, _, err := workflow.VerifyHistory(w.ctx, w.db)
	w.must(err)
}

// Fifty press the same button on the same page at once.
func TestFiftyAtOnceAndOneWins(t *testing.T) {
	for _, crowd := range []struct {
		event, kind string
		reach       func(*scene)
		to          string
		mails       []string
	}{
		{programme.SignOff, "Tess", toTechnical, "educational",
			[]string{"review_offered Edith", "review_offered Edgar", "state_changed Ada", "state_changed Cora", "state_changed Laura"}},
		{programme.Publish, "leadership", toReady, programme.Published,
			[]string{"state_changed Ada", "state_changed Cora", "state_changed Laura"}},
		{programme.Override, "leadership", toTechnical, "educational",
			[]string{"review_offered Edith", "review_offered Edgar", "review_taken Tess", "state_changed Ada", "state_changed Cora", "state_changed Laura"}},
	} {
		t.Run(crowd.event, func(t *testing.T) {
			s := newScene(newWorld(t))
			crowd.reach(s)
			seq, mails := s.seen(s.id).Seq, len(s.mails(s.id))
			_, press := s.moving(s.id, s.who[crowd.kind], crowd.event)
			errs := together(50, press)
			won := 0
			for _, err := range errs {
				switch fault.KindOf(err) {
				case fault.Stale, fault.Refused, fault.Forbidden:
				default:
					s.must(err)
					won++
				}
			}
			if won != 1 {
				t.Errorf("%d of 50 won", won)
			}
			s.state(s.id, crowd.to)
			if after := s.seen(s.id).Seq; after != seq+1 {
				t.Errorf("%d entries were written, want one", after-seq)
			}
			if got := s.mails(s.id)[mails:]; !slices.Equal(got, crowd.mails) {
				t.Errorf("mails\n got %q\nwant %q", got, crowd.mails)
			}
			s.verified()
		})
	}
}

func together(n int, do func() error) []error {
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	start, release := context.WithCancel(context.Background())
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start.Done()
			errs[i] = do()
		})
	}
	ready.Wait()
	release()
	done.Wait()
	return errs
}
