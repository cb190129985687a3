package workflow

import (
	"fmt"
	"slices"
	"strings"
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
