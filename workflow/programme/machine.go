package programme

import (
	"cmp"
	"slices"

	"github.com/looplab/fsm"
)

// The events, the same in every programme. Who may fire each says Who.
const (
	Submit         = "submit"
	SignOff        = "sign_off"
	RequestChanges = "request_changes"
	Return         = "return"
	Override       = "override"
	Reject         = "reject"
	Withdraw       = "withdraw"
	Reopen         = "reopen"
	Publish        = "publish"
)

// The states besides a programme's own stages.
const (
	Draft            = "draft"             // where a proposal begins; left by its first submit
	ChangesRequested = "changes_requested" // the authors' turn: entered by a request, a return or a reopening, left by a submit
	Approved         = "approved"          // every stage has its sign-offs; leadership's turn to publish
	Published        = "published"         // in the catalogue; nothing moves any more
	Rejected         = "rejected"          // by leadership, with a reason; may be reopened
	Withdrawn        = "withdrawn"         // by the lead author; may be reopened
)

// Events are all events, in the order of a proposal's life.
func Events() []string {
	return []string{Submit, SignOff, RequestChanges, Return, Override, Reject, Withdraw, Reopen, Publish}
}

// Who says, for people, who fires an event; "" for what isn't one. The rules
// that decide it in each case are the workflow's.
func Who(event string) string {
	return map[string]string{
		Submit:         "lead author",
		SignOff:        "assigned reviewer",
		RequestChanges: "assigned reviewer or leadership",
		Return:         "leadership or the system",
		Override:       "leadership",
		Reject:         "leadership",
		Withdraw:       "lead author",
		Reopen:         "leadership, or the lead author of their own withdrawn",
		Publish:        "leadership or the system",
	}[event]
}

// Edge is one legal change of state.
type Edge struct{ Event, From, To string }

// Edges is the one table: every legal change of state, sorted by event, from
// and to. What the pages offer, the fsm, the database's constraint and the
// diagram all derive from it. No edge leads back to where it started: an act
// that leaves the state as it is (the first of two sign-offs) fires no event.
func (p *Programme) Edges() []Edge {
	var edges []Edge
	add := func(event, from string, to ...string) {
		for _, t := range to {
			edges = append(edges, Edge{event, from, t})
		}
	}
	stages := p.stageKeys()
	if len(stages) == 0 {
		return nil
	}
	add(Submit, Draft, stages[0])
	add(Submit, ChangesRequested, stages...)
	add(Submit, ChangesRequested, Approved)
	for i, s := range stages {
		add(SignOff, s, stages[i+1:]...)
		add(SignOff, s, Approved)
		add(Override, s, stages[i+1:]...)
		add(Override, s, Approved)
		add(RequestChanges, s, ChangesRequested)
		add(Return, s, stages[:i]...) // a sign-off of an earlier stage stopped counting
		add(Return, Approved, s)
		add(Reject, s, Rejected)
		add(Withdraw, s, Withdrawn)
	}
	add(Return, Approved, ChangesRequested)
	for _, s := range []string{Approved, ChangesRequested} {
		add(Reject, s, Rejected)
		add(Withdraw, s, Withdrawn)
	}
	add(Withdraw, Draft, Withdrawn)
	add(Reopen, Rejected, ChangesRequested)
	add(Reopen, Withdrawn, ChangesRequested)
	add(Publish, Approved, Published)
	slices.SortFunc(edges, compareEdges)
	return edges
}

// States are all states, in the order of a proposal's life.
func (p *Programme) States() []string {
	states := append([]string{Draft}, p.stageKeys()...)
	return append(states, ChangesRequested, Approved, Published, Rejected, Withdrawn)
}

// FSMEvent names the fsm's event for an edge: looplab/fsm allows one
// destination for an event and a source, so the destination is in the name.
func FSMEvent(event, to string) string { return event + "→" + to }

// FSM makes a machine that stands in this state, for one request: a machine that
// is shared and set to a row's state gives wrong answers to two who press at once.
func (p *Programme) FSM(state string) *fsm.FSM { return machine(state, p.Edges()) }

func machine(state string, edges []Edge) *fsm.FSM {
	events := make(fsm.Events, len(edges))
	for i, e := range edges {
		events[i] = fsm.EventDesc{Name: FSMEvent(e.Event, e.To), Src: []string{e.From}, Dst: e.To}
	}
	return fsm.NewFSM(state, events, nil)
}

func (p *Programme) stageKeys() []string {
	keys := make([]string, len(p.Stages))
	for i, s := range p.Stages {
		keys[i] = s.Key
	}
	return keys
}

func compareEdges(a, b Edge) int {
	return cmp.Or(cmp.Compare(a.Event, b.Event), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
}
