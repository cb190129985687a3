// Package workflow is the heart of Rung: the programme's machine, and the one
// door through which a proposal changes state.
//
// Every act on a proposal goes the same way. Its row is locked and everything
// that the rules look at is read with it (a Case, load.go). The rules, which
// are pure functions of the case and its actor (rules.go), give all the reasons
// against; the page's offers come from the same functions. The act changes the
// case in memory; settle (settle.go) then suspends, resumes, closes and creates
// assignments and sets whose turn it is; and one statement (plan.go) writes the
// row, the sign-off, the assignments, the history and the outbox.
package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// The roles that the service itself knows. A programme may name further ones
// for its stages.
const (
	TechnicalReviewer   = "technical_reviewer"
	EducationalReviewer = "educational_reviewer"
	Leadership          = "leadership"
	Administrator       = "administrator"
)

// Actor is who acts. The zero Actor is the system itself.
type Actor struct {
	Person int64 // people.id
	// Plainly acts without the authority of leadership, even where the person
	// holds it: through a program that wasn't given it.
	Plainly bool
}

// System acts when a rule does, without a person.
var System = Actor{}

// Seen is what the actor saw when deciding. A proposal that has moved on since
// answers with Stale. Seq, the last history entry that was shown, is optional:
// it makes the account of what happened meanwhile exact. The zero Seen, where
// an act takes it, is an actor who didn't say.
type Seen struct {
	State    string
	Revision int
	Seq      int
	// Exactly makes anything that happened since Seq Stale, even what left state
	// and revision as they were.
	Exactly bool
}

// Move is one event of the machine.
type Move struct {
	Proposal int64
	Seen     Seen
	Event    string // programme.Submit, …
	By       Actor

	Reason string  // reject, override, return, reopen, withdraw, carrying a sign-off forward: the actor's words
	Items  []int64 // request_changes, return: the change items that are being sent
	Permit int64   // override: the person who may hold two stages; 0: the override stands in for missing sign-offs
	Carry  bool    // sign_off: carries the actor's voided sign-off of this stage forward

	SuggestedTitle int64 // submit: the suggested title that is taken, 0 for an own idea
}

// Result is what a move did.
type Result struct {
	Proposal int64
	From, To string
	Revision int
	Seq      int    // the history entry of the act
	Head     string // hex of the chain's new head
	SignOff  int64  // the sign-off that was recorded, 0 for none
}

// Service does everything that the machine does.
type Service struct {
	DB  *sqlx.DB
	Now func() time.Time

	// Current is the programme that a first submit pins. Set it with Use.
	Current *programme.Programme

	// Zone is where the days in mail begin and end; nil means UTC.
	Zone *time.Location

	versions versionCache
	hot      struct{ load, lock, apply postgres.Statement }
}

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

func (s *Service) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// Stale is the answer to an act that came too late: the proposal is no longer
// where its actor saw it.
type Stale struct {
	Proposal  int64
	State     string
	Revision  int
	Meanwhile []Entry // what happened since, oldest first
}

func (e *Stale) Error() string {
	return fmt.Sprintf("stale: proposal %d is now %s, revision %d", e.Proposal, e.State, e.Revision)
}

// Move fires one event. It locks the proposal, compares it with what the actor
// saw, asks the rules, and writes everything that follows from the event in
// tx, which the caller commits.
//
// A refusal is a *fault.Error with every reason: Stale (which wraps *Stale),
// Refused, Forbidden or NotFound. A refused move has written nothing.
func (s *Service) Move(ctx context.Context, tx *sqlx.Tx, m Move) (Result, error) {
	return s.act(ctx, tx, m.Proposal, m.By, func(c *Case, p *plan) error {
		if err := s.notStale(ctx, tx, c, m.Seen); err != nil {
			return err
		}
		if reasons := c.against(m); len(reasons) > 0 {
			return refusal(reasons)
		}
		return s.fire(ctx, tx, c, p, m)
	})
}

// Against tells every reason why the move would be refused now, without making
// it: for a room that has reasons of its own to add, inside its transaction.
func (s *Service) Against(ctx context.Context, tx *sqlx.Tx, m Move) error {
	c, err := s.load(ctx, tx, m.Proposal, m.By, true)
	if err != nil {
		return err
	}
	if err := s.notStale(ctx, tx, c, m.Seen); err != nil {
		return err
	}
	if reasons := c.against(m); len(reasons) > 0 {
		return refusal(reasons)
	}
	return nil
}
