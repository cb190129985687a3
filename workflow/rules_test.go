package workflow

import (
	"slices"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Some guards look a second time at what other rules have made impossible: no
// move leads to these cases, so they are made by hand.
func TestGuardsThatLookTwice(t *testing.T) {
	const me, other = 7, 8
	digests := map[string]string{"package": "p", "teaching": "t", "listing": "l"}
	open := Assignment{ID: 1, Stage: "educational", Person: me, State: Offered}
	signed := func(stage string, person int64) SignOff {
		so := SignOff{Stage: stage, Kind: KindSignOff, Person: person, Digests: map[string]string{}}
		st, _ := programme.Default().Stage(stage)
		for _, part := range st.Parts {
			so.Digests[part] = digests[part]
		}
		return so
	}
	date := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	all := []SignOff{signed("technical", 1), signed("educational", 2), signed("educational", 3), signed("final", 4)}
	for _, row := range []struct {
		name, state, act string
		change           func(*Case)
		code             string // "": allowed
	}{
		{"all is well", "educational", programme.SignOff, func(c *Case) {}, ""},
		{"signed another stage", "educational", programme.SignOff, func(c *Case) { c.SignOffs = []SignOff{signed("technical", me)} }, "signed_elsewhere"},
		{"an author", "educational", programme.SignOff, func(c *Case) { c.Authors = []Author{{Person: me}} }, "own_proposal"},
		{"conflicted", "educational", programme.SignOff, func(c *Case) { c.Conflicts = []int64{me} }, "conflicted"},
		{"open at another stage", "technical", programme.SignOff, func(c *Case) {}, "not_assigned"},
		{"deactivated", "educational", programme.SignOff, func(c *Case) { c.Actor.Active = false }, "not_signed_in"},
		{"nothing to carry", "educational", ActCarry, func(c *Case) {}, "nothing_to_carry"},
		{"a sign-off of another stage to carry", "educational", ActCarry, func(c *Case) {
			void := signed("technical", me)
			void.VoidedAt, void.VoidReason = &date, "changed"
			c.SignOffs = []SignOff{void}
		}, "nothing_to_carry"},
		{"signed as it stands", "approved", programme.Publish, func(c *Case) { c.SignOffs = all }, ""},
		{"signed for other bytes, and not voided", "approved", programme.Publish, func(c *Case) {
			c.SignOffs = all
			c.Digests = map[string]string{"package": "p", "teaching": "x", "listing": "l"}
		}, "not_signed"},
		{"one short", "approved", programme.Publish, func(c *Case) { c.SignOffs = slices.Delete(slices.Clone(all), 1, 2) }, "not_signed"},
		{"one person twice", "approved", programme.Publish, func(c *Case) { c.SignOffs = slices.Clone(all); c.SignOffs[1].Person = 3 }, "not_signed"},
		{"a reviewer is an author", "approved", programme.Publish, func(c *Case) { c.SignOffs = all; c.Authors = []Author{{Person: 4}} }, "not_signed"},
		{"a reviewer is conflicted", "approved", programme.Publish, func(c *Case) { c.SignOffs = all; c.Conflicts = []int64{1} }, "not_signed"},
		{"one is void", "approved", programme.Publish, func(c *Case) { c.SignOffs = slices.Clone(all); c.SignOffs[3].VoidedAt = &date }, "not_signed"},
		{"an exception isn't a sign-off", "approved", programme.Publish, func(c *Case) { c.SignOffs = slices.Clone(all); c.SignOffs[3].Kind = KindPermit }, "not_signed"},
		{"an override is", "approved", programme.Publish, func(c *Case) { c.SignOffs = slices.Clone(all); c.SignOffs[3].Kind = KindOverride }, ""},
		{"an item is open", "approved", programme.Publish, func(c *Case) { c.SignOffs = all; c.Items = []Item{{Stage: "technical", State: "done"}} }, "item_unclosed"},
	} {
		c := &Case{Programme: programme.Default(), State: row.state, Revision: 1, Digests: digests, Assignments: []Assignment{open},
			Authors: []Author{{Person: other, Lead: true, Active: true}}, Details: Details{Owner: "The team", ReviewDate: &date},
			Actor: Person{ID: me, Active: true, Roles: []string{Leadership}}, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
		row.change(c)
		reasons := ruleFor(row.act).against(c)
		has := slices.ContainsFunc(reasons, func(r fault.Reason) bool { return r.Code == row.code })
		if row.code == "" && len(reasons) > 0 || row.code != "" && !has {
			t.Errorf("%s, %s: %v, want %q", row.act, row.name, reasons, row.code)
		}
	}
}
