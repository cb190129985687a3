package workflow

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/workflow/programme"
)

// fire changes the case as the event says. The rules have agreed; what is left
// to compute is what stops counting, and where the event goes.
func (s *Service) fire(ctx context.Context, tx *sqlx.Tx, c *Case, p *plan, m Move) error {
	e := p.begin(c, m.Event, m.By, m.Reason)
	to := c.State
	switch m.Event {
	case programme.Submit:
		if err := s.submit(ctx, tx, c, p, e, m); err != nil {
			return err
		}
		to = c.destination()
	case programme.SignOff:
		c.signOff(p, e, m)
		to = c.destination()
	case programme.RequestChanges, programme.Return:
		e.detail["items"] = m.Items
		e.detail["stage"] = c.State
		to = programme.ChangesRequested
	case programme.Override:
		c.override(p, e, m)
		to = c.destination()
	case programme.Reject:
		to = programme.Rejected
	case programme.Withdraw:
		to = programme.Withdrawn
	case programme.Reopen:
		if c.titleTaken {
			c.SuggestedTitle = 0 // somebody else writes it now: this one goes on as an own idea
		}
		to = programme.ChangesRequested
	case programme.Publish:
		c.Turn, c.TurnFor = TurnNobody, ForNothing
		to = programme.Published
	}
	if err := c.goTo(ctx, m.Event, to); err != nil {
		return err
	}
	p.end(c, e)
	return nil
}

// goTo asks the rulebook for the edge and takes it. Staying is no event of the
// machine: a sign-off that doesn't complete its stage is only recorded.
func (c *Case) goTo(ctx context.Context, event, to string) error {
	if to == c.State {
		return nil
	}
	machine := c.Programme.FSM(c.State)
	if err := machine.Event(ctx, programme.FSMEvent(event, to)); err != nil {
		return fmt.Errorf("proposal %d: %s from %s to %s is not in the programme: %w", c.ID, event, c.State, to, err)
	}
	c.State = machine.Current()
	return nil
}

// submit takes the revision that authoring has just written: pins the
// programme, and voids what it changes.
func (s *Service) submit(ctx context.Context, tx *sqlx.Tx, c *Case, p *plan, e *entry, m Move) error {
	if len(c.next) != len(programme.Parts()) {
		return fmt.Errorf("submitting proposal %d: revision %d has %d parts", c.ID, c.Revision+1, len(c.next))
	}
	if c.SubmittedAt == nil {
		c.SubmittedAt = &c.now
		c.Programme = s.Current
		e.programme = s.Current.Version
	}
	c.Revision++
	c.Digests = c.next
	c.SuggestedTitle = m.SuggestedTitle
	e.detail["digests"] = c.Digests
	for i := range c.SignOffs {
		so := &c.SignOffs[i]
		if !so.Valid() {
			continue
		}
		switch {
		case slices.ContainsFunc(c.restsOn(*so), c.IsAuthor):
			p.void(c, e, so, "became_author")
		case c.changed(so.Digests):
			p.void(c, e, so, "changed")
		}
	}
	for i := range c.Assignments {
		if a := &c.Assignments[i]; c.IsAuthor(a.Person) && (a.Open() || a.State == Suspended) {
			p.close(c, e, a, Replaced, "became an author")
		}
	}
	return nil
}

func (c *Case) changed(digests map[string]string) bool {
	for part, digest := range digests {
		if c.Digests[part] != digest {
			return true
		}
	}
	return false
}

func (c *Case) signOff(p *plan, e *entry, m Move) {
	st, _ := c.Stage()
	i := slices.IndexFunc(c.Assignments, func(a Assignment) bool {
		return a.Person == m.By.Person && a.Stage == st.Key && a.Open()
	})
	a := &c.Assignments[i] // the rules saw it
	a.State, a.ClosedAt, a.changed = Done, &c.now, true
	so := SignOff{Stage: st.Key, Kind: KindSignOff, Person: m.By.Person, Name: c.Actor.Name, Assignment: a.ID}
	if permit, ok := c.permit(m.By.Person, st.Key); ok {
		so.Permit = permit.ID
	}
	if m.Carry {
		old, _ := c.voided(m.By.Person)
		so.Carried, so.Reason = old.ID, strings.TrimSpace(m.Reason)
		e.detail["carried_from_revision"] = old.Revision
	}
	p.sign(c, e, st, so)
}

func (c *Case) override(p *plan, e *entry, m Move) {
	st, _ := c.Stage()
	so := SignOff{Stage: st.Key, Kind: KindOverride, Person: m.By.Person, GrantedBy: m.By.Person, Reason: strings.TrimSpace(m.Reason)}
	if m.Permit != 0 {
		so.Kind, so.Person = KindPermit, m.Permit
		e.detail["permit"] = m.Permit
	}
	p.sign(c, e, st, so)
}

// returnIfShort is the system's return: where a sign-off has stopped counting
// at an earlier stage than the proposal stands on, it goes back there.
func (c *Case) returnIfShort(ctx context.Context, p *plan) error {
	at := c.Programme.StageIndex(c.State)
	if c.State == programme.Approved {
		at = len(c.Programme.Stages)
	}
	to := c.destination()
	back := c.Programme.StageIndex(to)
	if at < 0 || back < 0 || back >= at {
		return nil
	}
	e := p.begin(c, programme.Return, System, "")
	if err := c.goTo(ctx, programme.Return, to); err != nil {
		return err
	}
	p.end(c, e)
	return nil
}
