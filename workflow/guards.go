package workflow

import (
	"fmt"
	"slices"
	"time"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// What the rules are made of, each a pure function of the case.

// Parties: whom an act concerns at all.

func isAuthor(c *Case) bool     { return c.IsAuthor(c.Actor.ID) }
func isLeadership(c *Case) bool { return c.Actor.Has(Leadership) }
func isReviewer(c *Case) bool {
	return slices.ContainsFunc(c.Assignments, func(a Assignment) bool {
		return a.Person == c.Actor.ID && a.State != Declined && a.State != Replaced
	})
}

// isAsked: a review waits for them now.
func isAsked(c *Case) bool {
	return slices.ContainsFunc(c.Assignments, func(a Assignment) bool { return a.Person == c.Actor.ID && a.Open() })
}
func hasVoided(c *Case) bool { _, ok := c.voided(c.Actor.ID); return ok }

func either(fs ...func(*Case) bool) func(*Case) bool {
	return func(c *Case) bool {
		return slices.ContainsFunc(fs, func(f func(*Case) bool) bool { return f(c) })
	}
}

func both(fs ...func(*Case) []fault.Reason) func(*Case) []fault.Reason {
	return func(c *Case) []fault.Reason {
		var all []fault.Reason
		for _, f := range fs {
			all = append(all, f(c)...)
		}
		return all
	}
}

// Authority.

func mustLead(c *Case) []fault.Reason {
	if c.IsLead(c.Actor.ID) {
		return nil
	}
	return []fault.Reason{reason("not_lead", "", "Only the lead author can do this.")}
}

func mustBeAssigned(c *Case) []fault.Reason {
	if _, ok := c.OpenAssignment(c.Actor.ID); ok {
		return nil
	}
	if st, ok := c.Stage(); ok && slices.ContainsFunc(c.ValidSignOffs(st.Key), func(s SignOff) bool { return s.Person == c.Actor.ID }) {
		return []fault.Reason{reason("already_signed", "", "You have signed this stage off already.")}
	}
	return []fault.Reason{reason("not_assigned", "", "Only a reviewer who is asked to review this stage can do this.")}
}

func mustBeLeadership(c *Case) []fault.Reason {
	if !c.Actor.Has(Leadership) {
		return []fault.Reason{reason("not_leadership", "", "Only the leadership team can do this.")}
	}
	return c.ownOrConflicted()
}

// MayGovern is why the actor can't act for leadership on this proposal, nil
// where they can: for the acts of rooms that the rules don't list.
func (c *Case) MayGovern() error {
	if reasons := mustBeLeadership(c); len(reasons) > 0 {
		return refusal(reasons)
	}
	return nil
}

// ownOrConflicted keeps leadership off its own proposals, and off those in
// which it has an interest.
func (c *Case) ownOrConflicted() []fault.Reason {
	var reasons []fault.Reason
	if c.IsAuthor(c.Actor.ID) {
		reasons = append(reasons, reason("own_proposal", "", "You are an author of this proposal. Somebody else in the leadership team has to do this."))
	}
	if c.IsConflicted(c.Actor.ID) {
		reasons = append(reasons, reason("conflicted", "", "You declared a conflict of interest. Somebody else in the leadership team has to do this."))
	}
	return reasons
}

func mustBeAssignedOrLead(c *Case) []fault.Reason {
	if len(mustBeAssigned(c)) == 0 {
		return nil
	}
	if c.Actor.Has(Leadership) {
		return c.ownOrConflicted()
	}
	return []fault.Reason{reason("not_assigned", "", "Only a reviewer who is asked to review this stage, or the leadership team, can do this.")}
}

func mayReopen(c *Case) []fault.Reason {
	if c.State == programme.Withdrawn && c.IsLead(c.Actor.ID) && c.withdrawnBy == c.Actor.ID {
		return nil
	}
	if c.Actor.Has(Leadership) {
		return c.ownOrConflicted()
	}
	if c.IsLead(c.Actor.ID) {
		return []fault.Reason{reason("not_own_withdrawal", "", "You can reopen what you withdrew yourself. Otherwise ask the leadership team.")}
	}
	return []fault.Reason{reason("not_leadership", "", "Only the leadership team can do this.")}
}

// mayDeclareConflict: a reviewer their own; leadership, who is neither an author
// nor conflicted, anybody's.
func mayDeclareConflict(c *Case) []fault.Reason {
	switch {
	case c.Actor.Has(Leadership):
		return c.ownOrConflicted()
	case isReviewer(c) && (c.IsAuthor(c.Actor.ID) || c.IsConflicted(c.Actor.ID)):
		return []fault.Reason{reason("declared_already", "", "You don't review this any more, so there is no conflict left to declare.")}
	case isReviewer(c):
		return nil
	}
	return []fault.Reason{reason("not_assigned", "", "Only a reviewer of this proposal, or the leadership team, can do this.")}
}

// Guards.

func submittable(c *Case) []fault.Reason {
	var reasons []fault.Reason
	for _, i := range c.Items {
		if i.State == "open" {
			reasons = append(reasons, reason("item_unanswered", fmt.Sprintf("item-%d", i.ID), "Answer every item of the change request: done, or not agreed and why."))
		}
	}
	return reasons
}

func signable(c *Case) []fault.Reason {
	reasons := itemsOfStageClosed(c)
	st, _ := c.Stage()
	if _, permitted := c.permit(c.Actor.ID, st.Key); !permitted && c.signedElsewhere(c.Actor.ID, st.Key) {
		reasons = append(reasons, reason("signed_elsewhere", "", "You signed another stage of this proposal. One person signs one stage."))
	}
	if c.IsAuthor(c.Actor.ID) {
		reasons = append(reasons, reason("own_proposal", "", "You are an author of this proposal."))
	}
	if c.IsConflicted(c.Actor.ID) {
		reasons = append(reasons, reason("conflicted", "", "You declared a conflict of interest."))
	}
	return reasons
}

func itemsOfStageClosed(c *Case) []fault.Reason {
	return unclosedReasons(c.unclosed(c.State), "this stage's change request")
}

// unclosedReasons is one reason for all of them, which leads to the first.
func unclosedReasons(items []Item, of string) []fault.Reason {
	if len(items) == 0 {
		return nil
	}
	text := fmt.Sprintf("An item of %s isn't closed yet.", of)
	if len(items) > 1 {
		text = fmt.Sprintf("%d items of %s aren't closed yet.", len(items), of)
	}
	return []fault.Reason{reason("item_unclosed", fmt.Sprintf("item-%d", items[0].ID), text)}
}

func carriable(c *Case) []fault.Reason {
	if old, ok := c.voided(c.Actor.ID); !ok || old.Stage != c.State {
		return []fault.Reason{reason("nothing_to_carry", "", "You have no sign-off of this stage that could be carried forward.")}
	}
	return nil
}

// voided is the person's latest sign-off that was voided because the content
// changed, if nothing valid of theirs took its place at that stage.
func (c *Case) voided(person int64) (SignOff, bool) {
	for _, s := range slices.Backward(c.SignOffs) {
		if s.Kind == KindSignOff && s.Person == person {
			return s, !s.Valid() && s.VoidReason == "changed"
		}
	}
	return SignOff{}, false
}

func notAccepted(c *Case) []fault.Reason {
	if a, ok := c.OpenAssignment(c.Actor.ID); ok && a.State == Accepted {
		return []fault.Reason{reason("accepted_already", "", "You have accepted already.")}
	}
	return nil
}

func reviewersMissing(c *Case) []fault.Reason {
	if st, ok := c.Stage(); ok && c.short(st) == 0 {
		return []fault.Reason{reason("permit_unneeded", "", "Enough reviewers are asked at this stage already.")}
	}
	if !slices.ContainsFunc(c.SignOffs, func(s SignOff) bool { return s.Kind == KindSignOff && len(c.againstPermit(s.Person)) == 0 }) {
		return []fault.Reason{reason("permit_unneeded", "", "Nobody who signed another stage could be given this exception.")}
	}
	return nil
}

func conflictAwaits(c *Case) []fault.Reason {
	if c.Turn != TurnLeadership {
		return []fault.Reason{reason("nothing_awaits", "", "Nothing waits for the leadership team here.")}
	}
	return nil
}

func publishable(c *Case) []fault.Reason {
	unclosed := slices.DeleteFunc(slices.Clone(c.Items), func(i Item) bool { return !i.Unclosed() })
	reasons := unclosedReasons(unclosed, "a change request")
	for _, st := range c.Programme.Stages {
		if !c.signedAsItStands(st) {
			reasons = append(reasons, reason("not_signed", "", fmt.Sprintf("%s isn't complete for what stands here now.", st.Name)))
		}
	}
	today := c.now.Truncate(24 * time.Hour)
	switch date := c.Details.ReviewDate; {
	case date == nil:
		reasons = append(reasons, reason("no_review_date", "review_date", "Set the date by which the module will be reviewed."))
	case !date.After(today):
		reasons = append(reasons, reason("review_date_past", "review_date", "The review date must be after today."))
	case date.After(today.AddDate(c.Programme.ReviewYears, 0, 0)):
		reasons = append(reasons, reason("review_date_far", "review_date", fmt.Sprintf("The review date must be within %d years.", c.Programme.ReviewYears)))
	}
	if c.Details.Owner == "" {
		reasons = append(reasons, reason("no_owner", "owner", "Name who owns the module from now on."))
	}
	return reasons
}

// signedAsItStands reports whether a stage is signed on these very bytes. It is
// computed from the digests and not from what was voided: a second look before
// the irreversible.
func (c *Case) signedAsItStands(st programme.Stage) bool {
	exact := func(s SignOff) bool {
		for _, part := range st.Parts {
			if s.Digests[part] == "" || s.Digests[part] != c.Digests[part] {
				return false
			}
		}
		return s.Valid()
	}
	people := map[int64]bool{}
	for _, s := range c.SignOffs {
		if s.Stage != st.Key || !exact(s) {
			continue
		}
		if s.Kind == KindOverride {
			return true
		}
		if s.Kind == KindSignOff && !c.IsAuthor(s.Person) && !c.IsConflicted(s.Person) {
			people[s.Person] = true
		}
	}
	return len(people) >= st.SignOffs
}
