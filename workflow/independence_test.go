package workflow

import (
	"slices"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/workflow/programme"
)

func TestTooSmallFindsADifferentPersonForEverySignOff(t *testing.T) {
	const tech, edu, lead = TechnicalReviewer, EducationalReviewer, Leadership
	void := time.Now()
	// people are given by the roles that they hold; ids count from 1.
	for _, team := range []struct {
		name   string
		people [][]string
		change func(*Case)
		want   []string
	}{
		{"the least", [][]string{{tech}, {edu}, {edu}, {lead}}, nil, nil},
		{"nobody", nil, nil, []string{"Educational review", "Final sign-off", "Technical review"}},
		{"one for two sign-offs", [][]string{{tech}, {edu}, {lead}}, nil, []string{"Educational review"}},
		{"one person with every role", [][]string{{tech, edu, lead}, {edu}, {edu}}, nil, []string{"Final sign-off"}},
		{"enough in each role, not together", [][]string{{tech, edu}, {edu}, {lead}}, nil, []string{"Educational review"}},
		{"found by changing places", [][]string{{tech, edu}, {tech}, {edu}, {lead, edu}, {lead}}, nil, nil},
		{"a longer way round", [][]string{{tech, edu}, {edu, lead}, {edu, tech}, {lead}}, nil, nil},
		{"an author", [][]string{{tech}, {edu}, {edu}, {lead}}, func(c *Case) { c.Authors = []Author{{Person: 4, Email: "x"}} }, []string{"Final sign-off"}},
		{"an author by address alone", [][]string{{tech}, {edu}, {edu}, {lead}}, func(c *Case) { c.Authors = []Author{{Email: "1@example.org"}} }, []string{"Technical review"}},
		{"a conflict", [][]string{{tech}, {edu}, {edu}, {lead}}, func(c *Case) { c.Conflicts = []int64{2} }, []string{"Educational review"}},
		{"one has signed already", [][]string{{tech, edu}, {edu}, {edu}, {lead}},
			func(c *Case) { c.SignOffs = []SignOff{{Stage: "technical", Kind: KindSignOff, Person: 1}} }, nil},
		{"who signed cannot sign another", [][]string{{tech, edu}, {edu}, {lead}},
			func(c *Case) { c.SignOffs = []SignOff{{Stage: "technical", Kind: KindSignOff, Person: 1}} }, []string{"Educational review"}},
		{"not even when it is void", [][]string{{tech, edu}, {edu}, {lead}, {tech}},
			func(c *Case) {
				c.SignOffs = []SignOff{{Stage: "technical", Kind: KindSignOff, Person: 1, VoidedAt: &void, VoidReason: "changed"}}
			}, []string{"Educational review"}},
		{"but by an exception", [][]string{{tech, edu}, {edu}, {lead}}, func(c *Case) {
			c.SignOffs = []SignOff{{Stage: "technical", Kind: KindSignOff, Person: 1}, {Stage: "educational", Kind: KindPermit, Person: 1}}
		}, nil},
		{"an override", [][]string{{edu}, {edu}, {lead}},
			func(c *Case) { c.SignOffs = []SignOff{{Stage: "technical", Kind: KindOverride, Person: 3}} }, nil},
	} {
		holders := map[string][]Person{}
		for i, roles := range team.people {
			p := Person{ID: int64(i + 1), Email: string(rune('1'+i)) + "@example.org", Roles: roles, Active: true}
			for _, r := range roles {
				holders[r] = append(holders[r], p)
			}
		}
		c := &Case{Programme: programme.Default()}
		if team.change != nil {
			team.change(c)
		}
		if got := c.tooSmall(holders); !slices.Equal(got, team.want) {
			t.Errorf("%s: too small for %q, want %q", team.name, got, team.want)
		}
	}
}

// Every edge of the programme is one that the rules can take, and where the
// rules compute a destination the edge is there.
func TestNoEventFiresOffTheTable(t *testing.T) {
	p := programme.Default()
	for _, event := range programme.Events() {
		for _, from := range p.States() {
			for _, to := range p.States() {
				c := &Case{Programme: p, State: from}
				err := c.goTo(t.Context(), event, to)
				edge := slices.Contains(p.Edges(), programme.Edge{Event: event, From: from, To: to})
				if (err == nil) != (edge || from == to) {
					t.Errorf("%s from %s to %s: %v, in the table: %v", event, from, to, err, edge)
				}
				if err == nil && c.State != to || err != nil && c.State != from {
					t.Errorf("%s from %s to %s stands at %s", event, from, to, c.State)
				}
			}
		}
	}
}
