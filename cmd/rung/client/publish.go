package client

import (
	"context"
	"encoding/json"
	"net/http"
)

// Details are a module's publication details; nil leaves what is there.
type Details struct {
	Owner          *string
	ReviewDate     *string // YYYY-MM-DD
	BridgeURL      *string
	LearningHubURL *string
}

// given are the details that are given, by the API's names.
func (d Details) given() map[string]string {
	all := map[string]*string{"owner": d.Owner, "review_date": d.ReviewDate, "bridge_url": d.BridgeURL, "learning_hub_url": d.LearningHubURL}
	given := map[string]string{}
	for name, value := range all {
		if value != nil {
			given[name] = *value
		}
	}
	return given
}

// Publish sets the details that are given, over those that it reads first, and
// publishes the proposal. revision is the one that was looked at, 0 for whichever
// is the latest.
func (c *Client) Publish(ctx context.Context, s Screen, proposal int64, revision int, d Details, asJSON bool) error {
	p, err := c.judged(ctx, proposal, revision)
	if err != nil {
		return err
	}
	given := d.given()
	if len(given) > 0 {
		if err := c.setDetails(ctx, proposal, given); err != nil {
			return err
		}
		now, a, err := c.proposal(ctx, proposal) // its history has grown by that
		if err != nil {
			return err
		}
		p.move(Seen{now.State, now.Revision}, a.tag())
	}
	a, err := c.do(ctx, p.on(call{method: http.MethodPost, path: path(proposal, "/publications")}, map[string]any{}))
	if err != nil {
		if len(given) > 0 {
			c.Aside.Say("The details are set, and nothing was published.")
		}
		return err
	}
	var made struct {
		Title string `json:"title"`
		Page  string `json:"page"`
	}
	if err := into(a.body, &made); err != nil || asJSON {
		s.JSON(a.body)
		return err
	}
	s.printf("%s is published at %s\n", clean(made.Title), clean(made.Page))
	return nil
}

// setDetails changes some of a proposal's publication details.
func (c *Client) setDetails(ctx context.Context, proposal int64, given map[string]string) error {
	var now map[string]json.RawMessage
	a, err := c.get(ctx, path(proposal, "/publication-details"), nil, &now)
	if err != nil {
		return err
	}
	body := map[string]any{}
	for _, name := range []string{"owner", "review_date", "bridge_url", "learning_hub_url"} {
		if value, ok := given[name]; ok {
			body[name] = value
		} else if value, ok := now[name]; ok {
			body[name] = value
		}
	}
	_, err = c.do(ctx, call{method: http.MethodPut, path: path(proposal, "/publication-details"), body: body, ifMatch: a.tag()})
	return err
}
