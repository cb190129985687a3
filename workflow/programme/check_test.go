package programme

import (
	"context"
	"slices"
	"strings"
	"testing"
)

func TestTheTableOfTheDefaultIsSound(t *testing.T) {
	p := Default()
	if faults := check(p, p.Edges()); faults != nil {
		t.Error(strings.Join(faults, "\n"))
	}
}

// The table must be sound for every shape of ladder that Parse lets through.
func TestTheTableIsSoundForEveryShape(t *testing.T) {
	var grow func(stages []Stage)
	grow = func(stages []Stage) {
		if len(stages) > 0 {
			p := &Programme{Stages: stages}
			if faults := check(p, p.Edges()); faults != nil {
				t.Errorf("%v: %s", stages, strings.Join(faults, "\n"))
			}
		}
		if len(stages) == 3 {
			return
		}
		for signOffs := 1; signOffs <= 2; signOffs++ {
			s := Stage{Key: string(rune('a' + len(stages))), SignOffs: signOffs}
			grow(append(slices.Clone(stages), s))
		}
	}
	grow(nil)
	largest := &Programme{}
	for i := range maxStages {
		largest.Stages = append(largest.Stages, Stage{Key: string(rune('a' + i)), SignOffs: maxSignOffs})
	}
	if faults := check(largest, largest.Edges()); faults != nil {
		t.Error(strings.Join(faults, "\n"))
	}
}

func TestCheckObjectsToEveryDroppedEdge(t *testing.T) {
	p := Default()
	for i, e := range p.Edges() {
		faults := check(p, slices.Delete(p.Edges(), i, i+1))
		if want := "the table lacks \"" + e.String() + "\", which the rules need"; !slices.Contains(faults, want) {
			t.Errorf("without %v: want %q among %q", e, want, faults)
		}
	}
}

// Every edge that could be added is one too many: there is no harmless one.
func TestCheckObjectsToEveryAddedEdge(t *testing.T) {
	p := Default()
	table := p.Edges()
	for _, event := range Events() {
		for _, from := range p.States() {
			for _, to := range p.States() {
				e := Edge{event, from, to}
				if !slices.Contains(table, e) && check(p, append(p.Edges(), e)) == nil {
					t.Errorf("nothing said about %v", e)
				}
			}
		}
	}
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	p := Default()
	for _, c := range []struct {
		name   string
		add    []Edge
		drop   func(Edge) bool
		faults []string // these among what it says
	}{
		{
			name: "a way past every stage",
			add:  []Edge{{Publish, Draft, Published}},
			faults: []string{
				`published can be reached with 0 of 1 sign-offs of the stage "technical": draft, publish → published`,
				`published can be reached with 0 of 2 sign-offs of the stage "educational": draft, publish → published`,
				`published can be reached with 0 of 1 sign-offs of the stage "final": draft, publish → published`,
			},
		},
		{
			name:   "a way past the last stage",
			add:    []Edge{{Publish, "final", Published}},
			faults: []string{`published can be reached with 0 of 1 sign-offs of the stage "final": draft, submit → technical, sign_off → educational, sign_off → final, publish → published`},
		},
		{
			name:   "a way round by reopening",
			add:    []Edge{{Reopen, Rejected, Approved}},
			faults: []string{`published can be reached with 0 of 1 sign-offs of the stage "technical": draft, submit → technical, reject → rejected, reopen → approved, publish → published`},
		},
		{
			name: "a cycle without an end",
			add:  []Edge{{Reject, "technical", "limbo"}, {Reopen, "limbo", "purgatory"}, {Reopen, "purgatory", "limbo"}},
			faults: []string{
				`"reject: technical → limbo" has the state "limbo", which the programme does not have`,
				`from "limbo" there is no way to an end (published, rejected or withdrawn)`,
				`from "purgatory" there is no way to an end (published, rejected or withdrawn)`,
			},
		},
		{
			name:   "no way out of approved",
			drop:   func(e Edge) bool { return e.From == Approved },
			faults: []string{`from "approved" there is no way to an end (published, rejected or withdrawn)`, `the state "published" cannot be reached without an override`},
		},
		{
			name:   "no way to the final stage but by an override",
			drop:   func(e Edge) bool { return e.To == "final" && e.Event != Override },
			faults: []string{`the state "final" cannot be reached without an override`},
		},
		{
			name:   "an edge twice",
			add:    []Edge{{Publish, Approved, Published}},
			faults: []string{`the table has "publish: approved → published" twice`},
		},
		{
			name:   "an edge that stays",
			add:    []Edge{{SignOff, "educational", "educational"}},
			faults: []string{`"sign_off: educational → educational" leads back to where it started`, `the fsm does not take "sign_off: educational → educational": it stands at "educational" (no transition)`},
		},
		{
			name:   "an event that isn't one",
			add:    []Edge{{"wish", Draft, Published}},
			faults: []string{`"wish: draft → published" has an event that nobody can fire`},
		},
		{
			name:   "a state that leads nowhere from nowhere",
			add:    []Edge{{Reopen, "lost", Draft}},
			faults: []string{`the state "lost" cannot be reached without an override`, `the table has "reopen: lost → draft", which no rule ever fires`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			edges := append(p.Edges(), c.add...)
			if c.drop != nil {
				edges = slices.DeleteFunc(edges, c.drop)
			}
			faults := check(p, edges)
			for _, want := range c.faults {
				if !slices.Contains(faults, want) {
					t.Errorf("want %s\namong %s", want, strings.Join(faults, "\n      "))
				}
			}
		})
	}
}

func TestFSMFollowsTheTable(t *testing.T) {
	p := Default()
	f := p.FSM(Draft)
	for _, x := range []struct{ event, to string }{
		{Submit, "technical"}, {SignOff, "educational"}, {RequestChanges, ChangesRequested}, {Submit, "educational"},
		{SignOff, "final"}, {SignOff, Approved}, {Publish, Published},
	} {
		if err := f.Event(context.Background(), FSMEvent(x.event, x.to)); err != nil {
			t.Fatal(err)
		}
		if f.Current() != x.to {
			t.Fatalf("stands at %q, want %q", f.Current(), x.to)
		}
	}
	if left := f.AvailableTransitions(); len(left) > 0 {
		t.Errorf("published can be left by %v", left)
	}
	if p.FSM(Draft).Can(FSMEvent(Publish, Published)) {
		t.Error("a draft can be published")
	}
}
