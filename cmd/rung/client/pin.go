package client

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
)

// Seen is where a proposal was seen.
type Seen struct {
	State    string `json:"state"`
	Revision int    `json:"revision"`
}

// pin holds acts to what was seen: whatever happened since makes them stale.
type pin struct {
	tag string
	at  Seen
}

// move follows what the actor did themselves: where it left the proposal in its
// state and revision, the next act is about what is there now. Otherwise the
// act stays held to what was seen first.
func (p *pin) move(now Seen, tag string) {
	if p.tag == "" || p.at == now {
		p.at, p.tag = now, tag
	}
}

// on is a call with this body, held to what was seen.
func (p *pin) on(c call, body map[string]any) call {
	c.ifMatch, c.body = p.tag, body
	return c
}

// tagOf is the entity tag of words with a version.
func tagOf(version int) string { return strconv.Quote(strconv.Itoa(version)) }

// latest refuses, before anything is done, to act on another revision than the
// one that somebody judged, 0 being whichever is the latest.
func (c *Client) latest(ctx context.Context, proposal int64, judged, now int) error {
	if judged == 0 || judged == now {
		return nil
	}
	r := &Refusal{Status: http.StatusPreconditionFailed, Detail: fmt.Sprintf("The latest revision is %d, not %d. Nothing was done.", now, judged)}
	history, err := c.collected(ctx, path(proposal, "/history"), mostAtOnce)
	if err != nil {
		return err
	}
	entries, err := decoded[Entry](history)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Revision > judged {
			r.Meanwhile = append(r.Meanwhile, e)
		}
	}
	return r
}

// judged holds acts to a proposal as it is now, which must be at the revision
// that somebody judged; see [Client.latest].
func (c *Client) judged(ctx context.Context, proposal int64, revision int) (*pin, error) {
	seen, a, err := c.proposal(ctx, proposal)
	if err != nil {
		return nil, err
	}
	if err := c.latest(ctx, proposal, revision, seen.Revision); err != nil {
		return nil, err
	}
	p := &pin{}
	p.move(Seen{seen.State, seen.Revision}, a.tag())
	return p, nil
}
