package workflow

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// The acts beside the machine's events: they leave the state, and stand in the
// history by these names.
const (
	ActPermit      = "permit"
	ActAccept      = "accept"
	ActDecline     = "decline"
	ActAssign      = "assign"
	ActConflict    = "conflict"
	ActAcknowledge = "acknowledge"
	ActCarry       = "carry_forward" // offered apart; it is fired as a sign_off
)

// rule says who may do an act, where, and what else must hold. Pages offer from
// this table and acts are refused by it; there is no second place.
type rule struct {
	act    string
	in     func(c *Case) bool           // the states that allow it
	where  string                       // those states in words
	party  func(c *Case) bool           // could the actor ever do this: else it isn't shown at all
	who    func(c *Case) []fault.Reason // authority, now
	guards func(c *Case) []fault.Reason // what must hold besides
}

func inStates(states ...string) func(*Case) bool {
	return func(c *Case) bool { return slices.Contains(states, c.State) }
}

func inStage(c *Case) bool { _, ok := c.Stage(); return ok }

var rules = []rule{
	{act: programme.Submit, in: inStates(programme.Draft, programme.ChangesRequested), where: "a draft, or sent back for changes",
		party: isAuthor, who: mustLead, guards: submittable},
	{act: programme.SignOff, in: inStage, where: "in review",
		party: isReviewer, who: mustBeAssigned, guards: signable},
	{act: ActCarry, in: inStage, where: "in review",
		party: hasVoided, who: mustBeAssigned, guards: both(signable, carriable)},
	{act: programme.RequestChanges, in: inStage, where: "in review",
		party: either(isReviewer, isLeadership), who: mustBeAssignedOrLead},
	{act: programme.Return, in: inStates(programme.Approved), where: "approved",
		party: isLeadership, who: mustBeLeadership},
	{act: programme.Override, in: inStage, where: "in review",
		party: isLeadership, who: mustBeLeadership, guards: itemsOfStageClosed},
	{act: ActPermit, in: inStage, where: "in review",
		party: isLeadership, who: mustBeLeadership, guards: reviewersMissing},
	{act: programme.Reject, in: either(inStage, inStates(programme.Approved, programme.ChangesRequested)), where: "in review, approved, or sent back for changes",
		party: isLeadership, who: mustBeLeadership},
	{act: programme.Withdraw, in: either(inStage, inStates(programme.Draft, programme.ChangesRequested, programme.Approved)), where: "not yet published, rejected or withdrawn",
		party: isAuthor, who: mustLead},
	{act: programme.Reopen, in: inStates(programme.Rejected, programme.Withdrawn), where: "rejected or withdrawn",
		party: either(isLeadership, isAuthor), who: mayReopen},
	{act: programme.Publish, in: inStates(programme.Approved), where: "approved",
		party: isLeadership, who: mustBeLeadership, guards: publishable},
	{act: ActAccept, in: inStage, where: "in review",
		party: isAsked, who: mustBeAssigned, guards: notAccepted},
	{act: ActDecline, in: inStage, where: "in review",
		party: isAsked, who: mustBeAssigned},
	{act: ActAssign, in: inStage, where: "in review",
		party: isLeadership, who: mustBeLeadership},
	{act: ActConflict, in: func(c *Case) bool { return c.State != programme.Draft }, where: "submitted",
		party: either(isReviewer, isLeadership), who: mayDeclareConflict},
	{act: ActAcknowledge, in: inStates(programme.Published), where: "published",
		party: isLeadership, who: mustBeLeadership, guards: conflictAwaits},
}

func ruleFor(act string) rule {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.act == act })
	if i < 0 {
		return rule{act: act}
	}
	return rules[i]
}

// against gives the rule's reasons for the actor now: authority and state
// first; guards speak only of a proposal that is in the right place.
func (r rule) against(c *Case) []fault.Reason {
	var reasons []fault.Reason
	if r.in == nil {
		return []fault.Reason{reason("unknown_event", "", "There is no such step.")}
	}
	if c.Actor.ID == 0 || !c.Actor.Active {
		return []fault.Reason{reason("not_signed_in", "", "Only a signed-in person with an active account can do this.")}
	}
	reasons = append(reasons, r.who(c)...)
	if !r.in(c) {
		return append(reasons, reason("wrong_state", "", fmt.Sprintf(
			"This can be done while a proposal is %s. This one is %s.", r.where, StateName(c.Programme, c.State))))
	}
	if r.guards != nil {
		reasons = append(reasons, r.guards(c)...)
	}
	return reasons
}

// Offer is one act that the actor is shown, with all that stands against it now.
type Offer struct {
	Act     string
	Reasons []fault.Reason // none: it can be done now
}

// Allowed reports whether the act can be done now.
func (o Offer) Allowed() bool { return len(o.Reasons) == 0 }

// Offers are the acts of the machine that concern the actor, in the order of
// the rules; refused ones carry their reasons.
func (c *Case) Offers() []Offer {
	var offers []Offer
	for _, r := range rules {
		if c.Actor.ID != 0 && r.party(c) {
			offers = append(offers, Offer{Act: r.act, Reasons: r.against(c)})
		}
	}
	return offers
}

// Offer is the offer of one act; false if it doesn't concern the actor.
func (c *Case) Offer(act string) (Offer, bool) {
	r := ruleFor(act)
	if r.in == nil || c.Actor.ID == 0 || !r.party(c) {
		return Offer{Act: act}, false
	}
	return Offer{Act: act, Reasons: r.against(c)}, true
}

// against gives every reason why the move would be refused.
func (c *Case) against(m Move) []fault.Reason {
	act := m.Event
	switch {
	case m.Event == programme.Override && m.Permit != 0:
		act = ActPermit
	case m.Event == programme.SignOff && m.Carry:
		act = ActCarry
	}
	reasons := ruleFor(act).against(c)
	switch act {
	case programme.Submit:
		if m.SuggestedTitle != 0 && m.SuggestedTitle == c.wanted && c.wantedTaken {
			reasons = append(reasons, titleTaken)
		}
	case programme.RequestChanges, programme.Return:
		if len(m.Items) == 0 {
			reasons = append(reasons, reason("no_items", "items", "Say what has to change: add at least one item."))
		}
	case ActPermit:
		reasons = append(reasons, c.againstPermit(m.Permit)...)
	}
	switch act {
	case programme.Reject, programme.Override, ActPermit, ActCarry:
		if strings.TrimSpace(m.Reason) == "" {
			reasons = append(reasons, reason("no_reason", "reason", "Give a reason: it is kept with the decision."))
		}
	}
	return append(reasons, tooLong(m.Reason)...)
}

// MaxWords is how many characters a reason may have.
const MaxWords = 10_000

// tooLong refuses words beyond what a mail and a page can carry.
func tooLong(words string) []fault.Reason {
	over := utf8.RuneCountInString(words) - MaxWords
	if over <= 0 {
		return nil
	}
	return []fault.Reason{reason("too_long", "reason", fmt.Sprintf("Shorten this by %d characters: it can have at most %d.", over, MaxWords))}
}

var titleTaken = reason("title_taken", "suggested_title",
	"Another proposal has taken this suggested title meanwhile. You can go on with yours as an idea of your own.")

func (c *Case) againstPermit(person int64) []fault.Reason {
	st, ok := c.Stage()
	if !ok {
		return nil
	}
	var reasons []fault.Reason
	if c.IsAuthor(person) {
		reasons = append(reasons, reason("author", "person", "An author can't review their own proposal, not even by an exception."))
	}
	if c.IsConflicted(person) {
		reasons = append(reasons, reason("conflicted", "person", "This person declared a conflict of interest; no exception waives that."))
	}
	if !c.signedElsewhere(person, st.Key) {
		reasons = append(reasons, reason("permit_unneeded", "person", "This person signed no other stage, so needs no exception: ask them in the ordinary way."))
	}
	if _, ok := c.permit(person, st.Key); ok {
		reasons = append(reasons, reason("permitted_already", "person", "This person has the exception already."))
	}
	return reasons
}

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

// signedAsItStands is rule 2 at one stage, computed from the digests and not
// from what was voided: a second look before the irreversible.
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

func reason(code, field, text string) fault.Reason {
	return fault.Reason{Code: code, Field: field, Text: text}
}

// authority are the codes that mean: not this person, whatever the proposal.
var authority = []string{"not_signed_in", "not_lead", "not_assigned", "not_leadership", "own_proposal", "conflicted", "not_own_withdrawal"}

func refusal(reasons []fault.Reason) error {
	kind, text := fault.Refused, "This can't be done now."
	if slices.ContainsFunc(reasons, func(r fault.Reason) bool { return slices.Contains(authority, r.Code) }) {
		kind, text = fault.Forbidden, "This isn't yours to do."
	}
	return fault.New(kind, text, reasons...)
}

// StateName is the state in the words that pages and mail use.
func StateName(p *programme.Programme, state string) string {
	switch state {
	case programme.Draft:
		return "a draft"
	case programme.ChangesRequested:
		return "sent back for changes"
	case programme.Approved:
		return "approved"
	case programme.Published:
		return "published"
	case programme.Rejected:
		return "rejected"
	case programme.Withdrawn:
		return "withdrawn"
	}
	if st, ok := p.Stage(state); ok {
		return "in " + strings.ToLower(st.Name)
	}
	return state
}
