package workflow

import (
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/workflow/programme"
)

// Whose turn it is (Case.Turn).
const (
	TurnAuthor     = "author"
	TurnReviewers  = "reviewers" // the open assignments of the stage name them
	TurnLeadership = "leadership"
	TurnNobody     = "nobody"
)

// What the turn is for (Case.TurnFor).
const (
	ForWriting  = "write"            // author: finish the draft and submit it
	ForAnswers  = "answer"           // author: answer the change request and resubmit
	ForReview   = "review"           // reviewers
	ForChoosing = "choose_reviewers" // leadership: the programme lets them choose
	ForNobody   = "nobody_eligible"  // leadership: nobody is left who may review
	ForClosing  = "close_items"      // leadership: items that they asked for themselves
	ForLead     = "name_lead"        // leadership: the lead author's account is deactivated
	ForPublish  = "publish"          // leadership
	ForConflict = "conflict"         // leadership: a conflict was declared after publishing
	ForNothing  = "nothing"
)

// settle follows every act: it makes the assignments fit the state, and gives
// the turn and a date. It is the same for all acts, so that none can forget it.
func (s *Service) settle(ctx context.Context, tx *sqlx.Tx, before, c *Case, p *plan) error {
	short := 0
	manual := false
	if st, ok := c.Stage(); ok {
		var err error
		if short, manual, err = s.staff(ctx, tx, c, p, st); err != nil {
			return err
		}
	} else {
		c.unstaff(p)
	}

	turn, what, due := c.turnNow(short, manual)
	if turn != before.Turn || what != before.TurnFor || c.State != before.State || c.Revision != before.Revision {
		c.Turn, c.TurnFor, c.TurnSince, c.TurnDue = turn, what, c.now, due
	} else if turn == TurnReviewers {
		c.TurnDue = due // follows the assignments
	}
	if c.State != before.State {
		c.StateSince = c.now
	}
	return nil
}

// staff makes the assignments fit the stage on which the proposal stands: those
// of passed stages end, those of later ones wait, suspended ones resume, and
// what is still missing is filled. It tells how many are missing for good, and
// whether filling is for leadership to do.
func (s *Service) staff(ctx context.Context, tx *sqlx.Tx, c *Case, p *plan, st programme.Stage) (short int, manual bool, err error) {
	here := c.Programme.StageIndex(st.Key)
	e := p.last()
	for i := range c.Assignments {
		a := &c.Assignments[i]
		if !a.Open() && a.State != Suspended {
			continue
		}
		switch at := c.Programme.StageIndex(a.Stage); {
		case at < here:
			p.close(c, e, a, Replaced, "no longer needed")
		case at > here:
			c.suspend(e, a)
		case a.Open() && len(c.ineligible(c.person(a), st)) > 0:
			p.close(c, e, a, Replaced, "the exception that let them hold a second stage no longer counts")
		}
	}
	for i := range c.Assignments { // same people first: those who were in the middle of it
		if a := &c.Assignments[i]; a.Stage == st.Key && a.State == Suspended {
			if c.short(st) > 0 && len(c.ineligible(c.person(a), st)) == 0 {
				c.resume(e, a, st)
			} else {
				p.close(c, e, a, Replaced, "no longer needed")
			}
		}
	}
	if c.short(st) == 0 {
		return 0, false, nil
	}
	pool, err := s.pool(ctx, tx, c, st)
	if err != nil {
		return 0, false, err
	}
	for _, cand := range pool { // then those whose sign-off of this stage was voided
		if old, ok := c.voided(cand.Person); ok && old.Stage == st.Key && c.short(st) > 0 && len(cand.Against) == 0 && !c.declined(cand.Person, st.Key) {
			c.ask(e, st, cand, System)
		}
	}
	manual = st.Assign == programme.ByLeadership ||
		here == 0 && c.Programme.Newcomers == programme.ByLeadership && c.newcomer && len(c.Assignments) == 0
	if manual {
		return c.short(st), true, nil
	}
	for _, cand := range pool {
		if c.short(st) == 0 {
			break
		}
		if _, asked := c.OpenAssignment(cand.Person); !asked && len(cand.Against) == 0 && !c.declined(cand.Person, st.Key) {
			c.ask(e, st, cand, System)
		}
	}
	return c.short(st), false, nil
}

// unstaff: off the stages nobody reviews. Where the proposal may come back,
// assignments wait; where all is signed or over, they end.
func (c *Case) unstaff(p *plan) {
	for i := range c.Assignments {
		a := &c.Assignments[i]
		if !a.Open() && a.State != Suspended {
			continue
		}
		if c.State == programme.Approved || c.State == programme.Published {
			p.close(c, p.last(), a, Replaced, "no longer needed")
		} else {
			c.suspend(p.last(), a)
		}
	}
}

// short is how many people a stage has still to be asked.
func (c *Case) short(st programme.Stage) int {
	open := 0
	for _, a := range c.Assignments {
		if a.Stage == st.Key && a.Open() {
			open++
		}
	}
	return max(0, c.Missing(st)-open)
}

func (c *Case) suspend(e *entry, a *Assignment) {
	if a.State == Suspended {
		return
	}
	a.Was, a.State, a.changed = a.State, Suspended, true
	e.note(Suspended, a.Person)
}

func (c *Case) resume(e *entry, a *Assignment, st programme.Stage) {
	a.State, a.Was, a.DueAt, a.changed = a.Was, "", c.now.AddDate(0, 0, st.Days), true
	e.note("resumed", a.Person)
}

func (c *Case) ask(e *entry, st programme.Stage, cand Candidate, by Actor) {
	c.Assignments = append(c.Assignments, Assignment{Stage: st.Key, Person: cand.Person, Name: cand.Name, State: Offered,
		OfferedAt: c.now, DueAt: c.now.AddDate(0, 0, st.Days), isNew: true, assignedBy: by.Person})
	e.note("asked", cand.Person)
}

func (c *Case) declined(person int64, stage string) bool {
	return slices.ContainsFunc(c.Assignments, func(a Assignment) bool {
		return a.Person == person && a.Stage == stage && a.State == Declined
	})
}

// turnNow says whose turn it is: in flight there is always somebody, and a date.
func (c *Case) turnNow(short int, manual bool) (turn, what string, due *time.Time) {
	in := func(days int) *time.Time {
		t := c.now.AddDate(0, 0, days)
		return &t
	}
	lead, _ := c.Lead()
	leaderless := lead.Email != "" && !lead.Active
	switch c.State {
	case programme.Draft:
		return TurnAuthor, ForWriting, nil
	case programme.ChangesRequested:
		if leaderless {
			return TurnLeadership, ForLead, in(c.Programme.LeadershipDays)
		}
		return TurnAuthor, ForAnswers, in(c.Programme.AuthorDays)
	case programme.Approved:
		return TurnLeadership, ForPublish, in(c.Programme.LeadershipDays)
	case programme.Published:
		if c.Turn == TurnLeadership {
			return TurnLeadership, ForConflict, in(c.Programme.LeadershipDays)
		}
		return TurnNobody, ForNothing, nil
	case programme.Rejected, programme.Withdrawn:
		return TurnNobody, ForNothing, nil
	}
	switch {
	case short > 0 && manual:
		return TurnLeadership, ForChoosing, in(c.Programme.LeadershipDays)
	case short > 0:
		return TurnLeadership, ForNobody, in(c.Programme.LeadershipDays)
	case slices.ContainsFunc(c.unclosed(c.State), func(i Item) bool { return i.Assignment == 0 }):
		return TurnLeadership, ForClosing, in(c.Programme.LeadershipDays)
	}
	for _, a := range c.Assignments {
		if a.Stage == c.State && a.Open() && (due == nil || a.DueAt.Before(*due)) {
			due = &a.DueAt
		}
	}
	return TurnReviewers, ForReview, due
}
