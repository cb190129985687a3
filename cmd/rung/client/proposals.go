package client

import (
	"context"
	"net/url"
	"strconv"
	"time"
)

// What the commands read of the API's answers; the rest they leave alone.
type (
	// Turn is whose turn it is.
	Turn struct {
		Whose   string     `json:"whose"`
		To      string     `json:"to"`
		People  []string   `json:"people"`
		Due     *time.Time `json:"due"`
		Overdue bool       `json:"overdue"`
	}
	// Proposal is where a proposal stands.
	Proposal struct {
		ID         int64     `json:"id"`
		Title      string    `json:"title"`
		State      string    `json:"state"`
		StateName  string    `json:"state_name"`
		Revision   int       `json:"revision"`
		Turn       Turn      `json:"turn"`
		Stages     []Stage   `json:"stages"`
		StateSince time.Time `json:"state_since"`
		Page       string    `json:"page"`
	}
	// Stage is one rung.
	Stage struct {
		Name      string   `json:"name"`
		Status    string   `json:"status"`
		Missing   int      `json:"missing"`
		Reviewers []string `json:"reviewers"`
	}
	// Act is something that may or may not be done now.
	Act struct {
		Act     string   `json:"act"`
		Allowed bool     `json:"allowed"`
		Reasons []Reason `json:"reasons"`
	}
	// Entry is one entry of a history.
	Entry struct {
		At       time.Time `json:"at"`
		Event    string    `json:"event"`
		Name     string    `json:"actor_name"`
		From     string    `json:"from"`
		To       string    `json:"to"`
		Revision int       `json:"revision"`
		Words    string    `json:"words"`
	}
)

// name is what a proposal is called, which may have no title yet.
func (p Proposal) name() string {
	if title := clean(p.Title); title != "" {
		return title
	}
	return "(no title yet)"
}

// Filter is which proposals are listed, in which order.
type Filter struct {
	State, Turn, Mine, Sort string // empty: any, and the API's own order
	Overdue, InFlight       bool
	Most                    int // 0: all
}

func (f Filter) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"state": f.State, "turn": f.Turn, "mine": f.Mine, "sort": f.Sort} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for name, yes := range map[string]bool{"overdue": f.Overdue, "in_flight": f.InFlight} {
		if yes {
			q.Set(name, "true")
		}
	}
	return q
}

// Proposals lists proposals, as a table or as the array of what the API answered.
func (c *Client) Proposals(ctx context.Context, s Screen, f Filter, asJSON bool) error {
	items, more, err := c.first(ctx, "/proposals", f.query(), f.Most)
	if err != nil {
		return err
	}
	if asJSON {
		s.JSON(list(items))
		return nil
	}
	proposals, err := decoded[Proposal](items)
	if err != nil {
		return err
	}
	if len(proposals) == 0 {
		s.printf("No proposal that you may see is like that.\n")
		return nil
	}
	rows := make([][]string, len(proposals))
	for i, p := range proposals {
		due := p.Turn.due(s.Zone)
		rows[i] = []string{strconv.FormatInt(p.ID, 10), p.name(), clean(p.StateName), p.Turn.whose(), due}
	}
	s.table([]string{"Number", "Title", "State", "Whose turn", "Due"}, rows, 1)
	if more {
		c.Aside.Say("There are more proposals: --limit 0 lists all.")
	}
	return nil
}

// path is the address of what is about a proposal.
func path(proposal int64, below string) string {
	return "/proposals/" + strconv.FormatInt(proposal, 10) + below
}

// proposal reads a proposal; the answer has what was read, and its tag.
func (c *Client) proposal(ctx context.Context, id int64) (p Proposal, a *answer, err error) {
	a, err = c.get(ctx, path(id, ""), nil, &p)
	return p, a, err
}
