package client

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
)

// lastEntries is how much of a history is shown unless all is asked for.
const lastEntries = 5

// Status tells where a proposal stands, whose turn it is, what the token's owner
// may do now, and what happened last or, with whole, ever. As JSON it is an
// object of proposal, acts and history, each as the API answered it.
func (c *Client) Status(ctx context.Context, s Screen, id int64, whole, asJSON bool) error {
	p, a, err := c.proposal(ctx, id)
	if err != nil {
		return err
	}
	var offers struct {
		Acts []Act `json:"acts"`
		Mine bool  `json:"your_turn"`
	}
	acts, err := c.get(ctx, path(id, "/acts"), nil, &offers)
	if err != nil {
		return err
	}
	history, err := c.collected(ctx, path(id, "/history"), mostAtOnce)
	if err != nil {
		return err
	}
	left := max(0, len(history)-lastEntries)
	if whole {
		left = 0
	}
	history = history[left:]
	if asJSON {
		s.JSON(json.RawMessage(`{"proposal": ` + string(a.body) + `, "acts": ` + string(acts.body) + `, "history": ` + string(list(history)) + `}`))
		return nil
	}
	entries, err := decoded[Entry](history)
	if err != nil {
		return err
	}
	s.proposal(p)
	s.turn(p.Turn, offers.Mine)
	s.heading("What you may do")
	s.acts(offers.Acts)
	s.heading("What happened")
	if left > 0 {
		s.printf("  … and %s before: --history shows all\n", plural(left, "entry", "entries"))
	}
	for _, e := range entries {
		s.printf("  %s\n", e.line(s.Zone))
	}
	s.printf("\nIts page is %s\n", clean(p.Page))
	return nil
}

// proposal shows a proposal and its ladder.
func (s Screen) proposal(p Proposal) {
	s.printf("%s\n", s.bold("Proposal "+strconv.FormatInt(p.ID, 10)+": "+p.name()))
	s.printf("%s since %s", clean(p.StateName), p.StateSince.In(s.Zone).Format(dayForm))
	if p.Revision > 0 {
		s.printf(", revision %d", p.Revision)
	}
	s.printf("\n")
	if len(p.Stages) > 0 {
		s.heading("Ladder")
		rows := make([][]string, len(p.Stages))
		for i, st := range p.Stages {
			rows[i] = []string{"  " + clean(st.Name), st.words()}
		}
		s.columns(rows)
	}
}

// words is how far a stage is.
func (st Stage) words() string {
	words := plain(st.Status)
	if st.Status == "here" {
		words += ": " + plural(st.Missing, "sign-off is", "sign-offs are") + " missing"
	}
	if len(st.Reviewers) > 0 {
		words += "; asked: " + clean(strings.Join(st.Reviewers, ", "))
	}
	return words
}

// turn shows whose turn it is.
func (s Screen) turn(t Turn, mine bool) {
	s.heading("Whose turn")
	if t.Whose == "nobody" {
		s.printf("  nobody's: nothing waits here\n")
		return
	}
	who := t.whose()
	if mine {
		who += " (you)"
	}
	s.printf("  %s: %s", who, t.todo())
	if due := t.due(s.Zone); due != "" {
		s.printf(", by %s", due)
	}
	s.printf("\n")
}

// acts shows what may be done and, of the rest, all that stands against it.
func (s Screen) acts(acts []Act) {
	if len(acts) == 0 {
		s.printf("  nothing, for now\n")
	}
	for _, a := range acts {
		if a.Allowed {
			s.printf("  %s\n", plain(a.Act))
			continue
		}
		s.printf("  %s: not now\n", plain(a.Act))
		for _, r := range a.Reasons {
			s.printf("    %s\n", clean(r.Detail))
		}
	}
}
