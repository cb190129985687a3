package workflow_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"pgregory.net/rapid"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// TestTheRulesHoldWhateverHappens drives random people and events against the
// service and a model of it, and compares the two after every step. For a longer
// run: go test ./workflow -run Whatever -rapid.checks=2000
func TestTheRulesHoldWhateverHappens(t *testing.T) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		for _, setting := range [][2]string{{"rapid.checks", "60"}, {"rapid.shrinktime", "20s"}} {
			if err := flag.Set(setting[0], setting[1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	w := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		c := newClimb(w, rt)
		rt.Repeat(map[string]func(*rapid.T){
			"":       c.check,
			"next":   c.next,
			"next 2": c.next,
			"next 3": c.next,
			"next 4": c.next,
			"deed":   c.anyDeed,
			"deed 2": c.anyDeed,
			"item":   c.touchItem,
			"author": c.changeAuthors,
			"people": c.changePeople,
			"stale":  c.actLate,
			"wait":   func(rt *rapid.T) { w.clock.Add(time.Duration(rapid.IntRange(1, 72).Draw(rt, "hours")) * time.Hour) },
		})
		if _, _, err := workflow.VerifyHistory(w.ctx, w.db); err != nil {
			rt.Fatal(err)
		}
	})
	t.Log(tally)
}

// climb is one proposal and the model of it.
type climb struct {
	*world
	id    int64
	m     *model
	admin *soul
	texts int   // a number for the next new text
	told  int64 // the last mail that was looked at

	actor  *soul // of the last step
	before was
}

// was is what the mails of a step depend on, before the step.
type was struct {
	state, turn, what string
	revision          int
	asked             []string
}

// tally counts what was done, and where it led.
var tally = map[string]int{}

// smallTeam is how many of the people there are in a team that is too small.
const smallTeam = 8

var everybody int // who was ever made: names are unique over all cases

func newClimb(w *world, rt *rapid.T) *climb {
	w.exec(`delete from roles`) // nobody from an earlier case is asked
	c := &climb{world: w, m: &model{state: "draft", turn: "author", what: "write"}}
	few := rapid.Bool().Draw(rt, "few")
	for i, roles := range [][]string{
		{}, {}, {}, {"administrator"},
		{"technical_reviewer", "educational_reviewer"}, {"leadership"}, {"educational_reviewer"}, {"leadership", "technical_reviewer"},
		{"educational_reviewer"}, {"technical_reviewer"}, {"leadership"}, {"leadership", "educational_reviewer"},
	} {
		if few && i >= smallTeam {
			roles = nil
		}
		everybody++
		p := &soul{name: fmt.Sprintf("P%d", everybody), roles: roles}
		p.id = w.person(p.name, roles...)
		c.m.people = append(c.m.people, p)
	}
	c.admin = c.m.people[3]
	c.m.lead = c.m.people[0]
	if rapid.IntRange(0, 3).Draw(rt, "old hand") == 0 {
		c.m.lead = c.m.people[rapid.IntRange(4, len(c.m.people)-1).Draw(rt, "lead")]
	}
	c.m.authors = []*soul{c.m.lead}
	c.id = w.proposal(c.m.lead.id)
	c.remember(nil)
	return c
}

// remember is called before every step, with who is about to act.
func (c *climb) remember(actor *soul) {
	c.actor, c.before = actor, was{c.m.state, c.m.turn, c.m.what, c.m.revision, nil}
	for _, a := range c.m.asked {
		c.before.asked = append(c.before.asked, a.state)
	}
}

func (c *climb) now() time.Time { return c.clock.Now() }

// do tries a deed on the service and on the model, and wants the same of both.
func (c *climb) do(rt *rapid.T, d deed) {
	c.remember(d.by)
	may := c.m.allows(d)
	leaderships := c.m.reviews(d.by) == nil
	from := c.m.state
	item, err := c.perform(d)
	rt.Logf("%s by %s in %s (allowed: %v)", d.act, d.by.name, from, may)
	switch {
	case err != nil && fault.KindOf(err) == "":
		rt.Fatalf("%s by %s in %s failed: %v", d.act, d.by.name, from, err)
	case (err == nil) != may:
		rt.Fatalf("%s by %s in %s: %v; by the rules it is allowed: %v", d.act, d.by.name, from, err, may)
	case err != nil && fault.KindOf(err) != fault.NotFound && len(fault.ReasonsOf(err)) == 0:
		rt.Fatalf("%s was refused without a reason: %v", d.act, err)
	case !may:
		return
	}
	c.m.does(d, c.now())
	tally[d.act]++
	tally[c.m.state]++
	if item != 0 {
		stage := from
		if from == "approved" {
			stage = "final"
		}
		c.m.items = append(c.m.items, &wish{id: item, stage: stage, state: "open", by: d.by, leadership: leaderships})
	}
}

func (c *climb) perform(d deed) (item int64, err error) {
	by := actor(d.by.id)
	words := ""
	if d.words {
		words = "There is a reason."
	}
	switch d.act {
	case "accept":
		return 0, c.svc.Accept(c.ctx, by, c.reviewID(d.review), workflow.Seen{})
	case "decline":
		return 0, c.svc.Decline(c.ctx, by, c.reviewID(d.review), workflow.Seen{}, words)
	case "assign":
		return 0, c.svc.Assign(c.ctx, by, c.id, c.seen(c.id), d.person.id, c.reviewID(d.review), words)
	case "conflict":
		return 0, c.svc.DeclareConflict(c.ctx, by, c.id, workflow.Seen{}, d.person.id, words)
	case "acknowledge":
		return 0, c.svc.Acknowledge(c.ctx, by, c.id, workflow.Seen{}, words)
	}
	m := workflow.Move{Proposal: c.id, Seen: c.seen(c.id), Event: d.act, By: by, Reason: words}
	err = c.tx(func(tx *sqlx.Tx) error {
		switch d.act {
		case "submit":
			if err := c.snapshot(tx, c.id, by.Person, m.Seen.Revision+1, content{d.parts["package"], d.parts["teaching"], d.parts["listing"]}); err != nil {
				return err
			}
		case "carry_forward":
			m.Event, m.Carry = programme.SignOff, true
		case "permit":
			m.Event, m.Permit = programme.Override, d.person.id
		case "request_changes", "return":
			if d.items {
				if item, err = c.draftItem(tx, d, m.Seen); err != nil {
					return err
				}
				m.Items = []int64{item}
			}
		}
		res, err := c.svc.Move(c.ctx, tx, m)
		if err == nil && item != 0 {
			_, err = tx.Exec(`update change_items set state = 'open', request = $2, asked_at = $3 where id = $1`, item, res.Seq, c.now())
		}
		return err
	})
	return item, err
}

func (c *climb) draftItem(tx *sqlx.Tx, d deed, seen workflow.Seen) (item int64, err error) {
	stage := seen.State
	if rung(stage) < 0 {
		stage = "final"
	}
	assignment := c.reviewID(c.m.reviews(d.by))
	err = tx.Get(&item, `insert into change_items (proposal_id, stage, assignment, asked_by, place, words, state, revision, created_at)
		values ($1, $2, nullif($3, 0), $4, 'slide 3', 'Please explain.', 'draft', greatest($5, 1), $6) returning id`,
		c.id, stage, assignment, d.by.id, seen.Revision, c.now())
	return item, err
}

// reviewID is the assignment that a review of the model is: they are made in
// the same order.
func (c *climb) reviewID(a *asked) int64 {
	i := slices.Index(c.m.asked, a)
	if i < 0 {
		return 0
	}
	return c.look(c.id, 0).Assignments[i].ID
}

// actLate is any move from a page that is out of date.
func (c *climb) actLate(rt *rapid.T) {
	by := c.anybody(rt)
	c.remember(by)
	if !c.m.sees(by) {
		return
	}
	seen := c.seen(c.id)
	if rapid.Bool().Draw(rt, "old revision") {
		seen.Revision++
	} else {
		seen.State = map[bool]string{true: "draft", false: "final"}[seen.State == "final"]
	}
	event := rapid.SampledFrom(programme.Events()).Draw(rt, "event")
	err := c.tx(func(tx *sqlx.Tx) error {
		_, err := c.svc.Move(c.ctx, tx, workflow.Move{Proposal: c.id, Seen: seen, Event: event, By: actor(by.id), Reason: "Late.", Items: []int64{1}})
		return err
	})
	if stale, ok := workflow.StaleFrom(err); !ok || fault.KindOf(err) != fault.Stale || stale.State != c.m.state || stale.Revision != c.m.revision {
		rt.Fatalf("a late %s: %v, want Stale", event, err)
	}
}
