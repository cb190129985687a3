package programme

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// check proves a table of edges sound for a programme's stages, and says what
// isn't. It takes the edges apart from the programme so that tests can show it
// a broken table.
//
// It walks a model of the machine breadth first: a node is a state and the
// number of valid sign-offs that each stage has. The model takes a destination
// that the rules compute (the earliest stage that lacks sign-offs, else
// approved) only where the table has that edge, and everything else from the
// table alone, whatever it leads to.
func check(p *Programme, edges []Edge) []string {
	m := newModel(p, edges)
	m.readTable()
	signed := m.explore(false)
	m.everyStateIsReached(signed)
	all := m.explore(true)
	m.everyStateCanEnd(all)
	m.publishedIsSigned(signed, all)
	m.tableIsWhole()
	m.fsmAgrees()
	return m.faults
}

type model struct {
	p      *Programme
	edges  []Edge
	states []string // the programme's, then what else the table mentions
	space  int      // how many combinations of sign-off counts there are
	table  map[Edge]bool
	fired  map[Edge]bool // computed by the rules at some node
	faults []string
}

// node is a state and the valid sign-offs that each stage has, up to what it needs.
type node struct {
	state  string
	counts []int
}

// step is one way on from a node; event is "" where the state stays.
type step struct {
	event string
	to    node
}

func newModel(p *Programme, edges []Edge) *model {
	m := &model{p: p, edges: edges, states: p.States(), space: 1, table: map[Edge]bool{}, fired: map[Edge]bool{}}
	for _, s := range p.Stages {
		m.space *= s.SignOffs + 1
	}
	return m
}

func (m *model) fault(format string, args ...any) {
	m.faults = append(m.faults, fmt.Sprintf(format, args...))
}

func (e Edge) String() string { return fmt.Sprintf("%s: %s → %s", e.Event, e.From, e.To) }

// readTable checks each edge by itself.
func (m *model) readTable() {
	for _, e := range m.edges {
		if m.table[e] {
			m.fault("the table has %q twice", e)
		}
		m.table[e] = true
		if e.From == e.To {
			m.fault("%q leads back to where it started", e)
		}
		if !slices.Contains(Events(), e.Event) {
			m.fault("%q has an event that nobody can fire", e)
		}
		for _, s := range []string{e.From, e.To} {
			if !slices.Contains(m.states, s) {
				m.fault("%q has the state %q, which the programme does not have", e, s)
				m.states = append(m.states, s)
			}
		}
	}
}

// destination is the rule of every submit, sign-off, override and return: the
// earliest stage with fewer valid sign-offs than it needs, else approved.
func (m *model) destination(counts []int) string {
	for i, s := range m.p.Stages {
		if counts[i] < s.SignOffs {
			return s.Key
		}
	}
	return Approved
}

// computed tells whether the rules compute this edge's destination, so that it
// can be fired only when they do.
func (m *model) computed(e Edge) bool {
	return slices.Contains([]string{Submit, SignOff, Override, Return}, e.Event) &&
		(e.To == Approved || m.p.StageIndex(e.To) >= 0)
}

// steps are the ways on from a node, with or without overrides.
func (m *model) steps(n node, overrides bool) []step {
	var steps []step
	rule := func(event string, counts []int) {
		to := m.destination(counts)
		if to == n.state {
			steps = append(steps, step{"", node{to, counts}})
			return
		}
		e := Edge{event, n.state, to}
		m.fired[e] = true
		if m.table[e] {
			steps = append(steps, step{event, node{to, counts}})
		}
	}
	stage := m.p.StageIndex(n.state)
	if stage >= 0 {
		needed := m.p.Stages[stage].SignOffs
		if n.counts[stage] < needed {
			rule(SignOff, with(n.counts, stage, n.counts[stage]+1))
		}
		if overrides {
			rule(Override, with(n.counts, stage, needed))
		}
	}
	if stage >= 0 || n.state == Approved {
		for i, c := range n.counts { // a sign-off stops counting
			if c > 0 {
				rule(Return, with(n.counts, i, c-1))
			}
		}
	}
	if n.state == Draft || n.state == ChangesRequested {
		rule(Submit, n.counts)
		for i, c := range n.counts { // the authors change what was signed
			if c > 0 {
				steps = append(steps, step{"", node{n.state, with(n.counts, i, c-1)}})
			}
		}
	}
	for _, e := range m.edges {
		if e.From == n.state && !m.computed(e) && (overrides || e.Event != Override) {
			steps = append(steps, step{e.Event, node{e.To, n.counts}})
		}
	}
	return steps
}

func with(counts []int, i, c int) []int {
	counts = slices.Clone(counts)
	counts[i] = c
	return counts
}

// walk is what a breadth-first search found, in the order in which it did.
type walk struct {
	nodes []node
	index map[int]int // of a node's number, in nodes
	from  []int       // the node that led to this one, -1 for the first
	event []string    // by which event
	back  [][]int     // every node that leads to this one
}

// number is a node's own, as if its counts were the digits of one.
func (m *model) number(n node) int {
	number := 0
	for i, s := range m.p.Stages {
		number = number*(s.SignOffs+1) + n.counts[i]
	}
	return slices.Index(m.states, n.state)*m.space + number
}

func (m *model) explore(overrides bool) *walk {
	w := &walk{index: map[int]int{}}
	add := func(n node, from int, event string) int {
		number := m.number(n)
		i, known := w.index[number]
		if !known {
			i = len(w.nodes)
			w.index[number] = i
			w.nodes, w.from, w.event, w.back = append(w.nodes, n), append(w.from, from), append(w.event, event), append(w.back, nil)
		}
		return i
	}
	add(node{Draft, make([]int, len(m.p.Stages))}, -1, "")
	for i := 0; i < len(w.nodes); i++ {
		for _, s := range m.steps(w.nodes[i], overrides) {
			to := add(s.to, i, s.event)
			w.back[to] = append(w.back[to], i)
		}
	}
	return w
}

// path is the shortest way to a node, told by its events.
func (w *walk) path(i int) string {
	var steps []string
	for ; w.from[i] >= 0; i = w.from[i] {
		if w.event[i] != "" {
			steps = append(steps, w.event[i]+" → "+w.nodes[i].state)
		}
	}
	steps = append(steps, w.nodes[0].state)
	slices.Reverse(steps)
	return strings.Join(steps, ", ")
}

// everyStateIsReached wants each state on some way that needs no override.
func (m *model) everyStateIsReached(w *walk) {
	reached := map[string]bool{}
	for _, n := range w.nodes {
		reached[n.state] = true
	}
	for _, s := range m.states {
		if !reached[s] {
			m.fault("the state %q cannot be reached without an override", s)
		}
	}
}

// everyStateCanEnd wants a way to an end from wherever a proposal can stand.
func (m *model) everyStateCanEnd(w *walk) {
	ends := make([]bool, len(w.nodes))
	var queue []int
	for i, n := range w.nodes {
		if n.state == Published || n.state == Rejected || n.state == Withdrawn {
			ends[i], queue = true, append(queue, i)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, i := range w.back[queue[0]] {
			if !ends[i] {
				ends[i], queue = true, append(queue, i)
			}
		}
	}
	told := map[string]bool{}
	for i, n := range w.nodes {
		if !ends[i] && !told[n.state] {
			told[n.state] = true
			m.fault("from %q there is no way to an end (published, rejected or withdrawn)", n.state)
		}
	}
}

// publishedIsSigned wants every stage's sign-offs, or an override that stands in
// for them, on each way to published. The first walk that shows a way past a
// stage tells it.
func (m *model) publishedIsSigned(walks ...*walk) {
	told := map[string]bool{}
	for _, w := range walks {
		for i, n := range w.nodes {
			if n.state != Published {
				continue
			}
			for j, s := range m.p.Stages {
				if n.counts[j] < s.SignOffs && !told[s.Key] {
					told[s.Key] = true
					m.fault("published can be reached with %d of %d sign-offs of the stage %q: %s", n.counts[j], s.SignOffs, s.Key, w.path(i))
				}
			}
		}
	}
}

// owed are the edges that don't depend on sign-offs: who is in flight can be
// stopped, who was stopped can come back, who asks for changes gets them.
func (m *model) owed() []Edge {
	owed := []Edge{
		{Withdraw, Draft, Withdrawn}, {Return, Approved, ChangesRequested}, {Publish, Approved, Published},
		{Reopen, Rejected, ChangesRequested}, {Reopen, Withdrawn, ChangesRequested},
	}
	for _, s := range append(m.p.stageKeys(), ChangesRequested, Approved) {
		owed = append(owed, Edge{Reject, s, Rejected}, Edge{Withdraw, s, Withdrawn})
		if m.p.StageIndex(s) >= 0 {
			owed = append(owed, Edge{RequestChanges, s, ChangesRequested})
		}
	}
	return owed
}

// tableIsWhole wants the table to have what the rules fire, and no more.
func (m *model) tableIsWhole() {
	for _, e := range m.owed() {
		m.fired[e] = true
	}
	var lacking []Edge
	for e := range m.fired {
		if !m.table[e] {
			lacking = append(lacking, e)
		}
	}
	slices.SortFunc(lacking, compareEdges)
	for _, e := range lacking {
		m.fault("the table lacks %q, which the rules need", e)
	}
	for _, e := range m.edges {
		if !m.fired[e] {
			m.fault("the table has %q, which no rule ever fires", e)
		}
	}
}

// fsmAgrees wants looplab/fsm, which takes any table without a word, to do what
// this one says: each edge fires and leads where it should, and nothing else can
// be fired.
func (m *model) fsmAgrees() {
	for _, e := range m.edges {
		f := machine(e.From, m.edges)
		err := f.Event(context.Background(), FSMEvent(e.Event, e.To))
		if err != nil || f.Current() != e.To {
			m.fault("the fsm does not take %q: it stands at %q (%v)", e, f.Current(), err)
		}
	}
	for _, s := range m.states {
		for _, name := range machine(s, m.edges).AvailableTransitions() {
			event, to, _ := strings.Cut(name, "→")
			if !m.table[Edge{event, s, to}] {
				m.fault("the fsm offers %q in %q, which the table does not have", name, s)
			}
		}
	}
}
