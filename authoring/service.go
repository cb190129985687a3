package authoring

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Service is everything that authors do. Set the fields before the first call;
// the limits may stay 0.
type Service struct {
	DB       *sqlx.DB
	Now      func() time.Time
	Workflow *workflow.Service
	Files    *files.Store

	MaxPackage  int64 // bytes of a package; 0: files.DefaultLimit
	Uploads     int64 // bytes by one person in 24 hours; 0: DefaultUploads
	Invitations int   // to addresses that never signed in, by one person in 24 hours; 0: DefaultInvitations

	Browser   packagecheck.Launcher // launches the units of packages that are checked; nil for none
	NoBrowser string                // why there is none, for reports
}

// DefaultInvitations is enough for two modules with every co-author that a
// programme allows, and too little to flood anybody.
const DefaultInvitations = 20

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

func (s *Service) maxPackage() int64 {
	if s.MaxPackage > 0 {
		return s.MaxPackage
	}
	return files.DefaultLimit
}

// programme is what the next submit will be judged by: the current one for the
// first, which pins it.
func (s *Service) programme(c *workflow.Case) *programme.Programme {
	if c.SubmittedAt == nil && s.Workflow.Current != nil {
		return s.Workflow.Current
	}
	return c.Programme
}

// Open reports whether content and authors may change in this state.
func Open(state string) bool {
	return state == programme.Draft || state == programme.ChangesRequested
}

// edit runs fn on a proposal that is locked, open, and the actor's own.
func (s *Service) edit(ctx context.Context, by workflow.Actor, id int64, fn func(tx *sqlx.Tx, c *workflow.Case) error) error {
	return postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		c, err := s.Workflow.Lock(ctx, tx, id, by)
		if err != nil {
			return err
		}
		if err := editable(c); err != nil {
			return err
		}
		return fn(tx, c)
	})
}

// editable gives all that keeps the actor from changing the content.
func editable(c *workflow.Case) error {
	if err := authorsOnly(c); err != nil {
		return err
	}
	if Open(c.State) {
		return nil
	}
	return fault.New(fault.Refused, "Nothing was changed.", frozen(c))
}

func authorsOnly(c *workflow.Case) error {
	if c.IsAuthor(c.Actor.ID) {
		return nil
	}
	return fault.New(fault.Forbidden, "Only the authors of this proposal can see or change what they are writing.",
		fault.Reason{Code: "not_author", Text: "Ask the lead author to invite you as a co-author."})
}

// frozen says why the content and the authors cannot change, and when they can.
func frozen(c *workflow.Case) fault.Reason {
	var why string
	switch c.State {
	case programme.Approved:
		why = "The proposal is approved, so its content and authors are kept as they were signed. The leadership team can return it to you."
	case programme.Published:
		why = "The module is published, so its content and authors are kept as they were signed."
	case programme.Rejected:
		why = "The proposal was rejected. The leadership team can reopen it; then you can change it."
	case programme.Withdrawn:
		why = "The proposal was withdrawn. Reopen it, then you can change it."
	default:
		why = "The proposal is being reviewed, so its content and authors stay as they were submitted. You can change them when changes are requested."
	}
	return fault.Reason{Code: "frozen", Text: why}
}

// leadOnly keeps the author list in one hand.
func leadOnly(c *workflow.Case) error {
	if c.IsLead(c.Actor.ID) {
		return nil
	}
	lead, _ := c.Lead()
	return fault.New(fault.Forbidden, "Nothing was changed.",
		fault.Reason{Code: "not_lead", Text: fmt.Sprintf("Only the lead author can do this. Ask %s.", lead.Name)})
}

// leadership refuses whoever is not of the leadership team.
func (s *Service) leadership(ctx context.Context, q postgres.Queryer, by workflow.Actor) error {
	yes, err := workflow.Holds(ctx, q, by, workflow.Leadership)
	if err != nil {
		return err
	}
	if !yes {
		return fault.New(fault.Forbidden, "Only the leadership team can do this.",
			fault.Reason{Code: "not_leadership", Text: "Suggested titles are offered and withdrawn by the leadership team."})
	}
	return nil
}

func invalid(reasons ...fault.Reason) error {
	return fault.New(fault.Invalid, "There is something to put right.", reasons...)
}
