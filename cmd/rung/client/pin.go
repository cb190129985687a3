package client

import "strconv"

// Seen is where a proposal was seen.
type Seen struct {
	State    string `json:"state"`
	Revision int    `json:"revision"`
}

// pin holds acts to what was seen: whatever happened since makes them stale.
type pin struct {
	tag    string
	at     Seen
	judged int // the revision that the actor says they judged; 0: the one that was read
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
	if p.judged != 0 && p.judged != p.at.Revision {
		body["seen"] = Seen{p.at.State, p.judged} // the server tells what happened since
	} else {
		c.ifMatch = p.tag
	}
	c.body = body
	return c
}

// tagOf is the entity tag of words with a version.
func tagOf(version int) string { return strconv.Quote(strconv.Itoa(version)) }
