package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/web/edge"
	"github.com/leadership-ladder/rung/workflow"
)

// Seen is where somebody saw a proposal.
type Seen struct {
	State    string `json:"state" doc:"The state that you saw." maxLength:"40" example:"educational"`
	Revision int    `json:"revision" doc:"The number of the revision that you saw, 0 before the first submit." minimum:"0" maximum:"1000000" example:"2"`
}

// Condition is what an act on a proposal takes besides its body.
type Condition struct {
	IfMatch string `header:"If-Match" doc:"The ETag that you read with the proposal: nothing is done, and 412 says what happened, if anything happened to it since. In place of it, seen in the body only compares state and revision (409)."`
}

// needed gives what the actor saw; a call that doesn't say is refused.
func (c Condition) needed(in *Seen) (workflow.Seen, error) {
	seen := c.optional(in)
	if seen == (workflow.Seen{}) {
		return seen, fault.New(unconditions, "Say which version of the proposal you saw: If-Match with its ETag, or seen in the body.",
			fault.Reason{Code: "version_missing", Field: "seen", Text: "Give the state and the revision that you saw."})
	}
	return seen, nil
}

// optional is needed for an act that doesn't move the proposal.
func (c Condition) optional(in *Seen) workflow.Seen {
	switch tag := strings.TrimSpace(c.IfMatch); {
	case tag != "" && tag != "*": // * would be no version
		return seenIn(tag)
	case in != nil:
		return workflow.Seen{State: in.State, Revision: in.Revision}
	}
	return workflow.Seen{}
}

// tagOf is the entity tag of a proposal, from which seenIn reads what was seen.
func tagOf(c *workflow.Case) string {
	return `"` + c.State + "." + strconv.Itoa(c.Revision) + "." + strconv.Itoa(c.Seq) + `"`
}

// unknown is what an entity tag names that isn't ours, or several: nothing that
// there is.
var unknown = workflow.Seen{State: "unknown", Exactly: true}

func seenIn(tag string) workflow.Seen {
	parts := strings.Split(strings.Trim(tag, `"`), ".")
	if len(parts) < 3 || !strings.HasPrefix(tag, `"`) { // a weak tag matches nothing (RFC 9110, section 13.1.1)
		return unknown
	}
	revision, err1 := strconv.Atoi(parts[1])
	seq, err2 := strconv.Atoi(parts[2])
	if err1 != nil || err2 != nil {
		return unknown
	}
	return workflow.Seen{State: parts[0], Revision: revision, Seq: seq, Exactly: true}
}

// Written is the optimistic lock of words: a draft, an item, details.
type Written struct {
	IfMatch string `header:"If-Match" doc:"The ETag that you read with it; in place of it, version in the body (409 instead of 412)."`
}

// needed gives the version that the writer saw.
func (v Written) needed(in *int) (int, error) {
	switch tag := strings.TrimSpace(v.IfMatch); {
	case tag != "" && tag != "*":
		number, _, _ := strings.Cut(strings.Trim(tag, `"`), ".")
		n, err := strconv.Atoi(number)
		if err != nil || !strings.HasPrefix(tag, `"`) {
			return neverSeen, nil
		}
		return n, nil
	case in != nil:
		return *in, nil
	}
	return 0, fault.New(unconditions, "Say which version you saw: If-Match with its ETag, or version in the body.",
		fault.Reason{Code: "version_missing", Field: "version", Text: "Give the version that you saw."})
}

// neverSeen is a version that nothing has: services answer that it is stale.
const neverSeen = 1<<31 - 1

// versionTag is the entity tag of something with a version.
func versionTag(n int) string { return `"` + strconv.Itoa(n) + `"` }

// tagParameter is what every GET takes.
var tagParameter = &huma.Param{Name: "If-None-Match", In: "header", Schema: &huma.Schema{Type: "string"},
	Description: "The ETag of what you have: 304 without a body, if that is still what there is."}

// tagged answers a GET with an entity tag of its very bytes, or with 304 where
// the reader has them. A tag that the operation set, from which acts read what
// was seen, stays in front of it.
func (s *Server) tagged(w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	held := edge.Hold(w)
	next(held, r)
	held.SendTagged(r, 8, func(hash string) string {
		if own := w.Header().Get("ETag"); own != "" {
			return strings.TrimSuffix(own, `"`) + "." + hash + `"`
		}
		return `W/"` + hash + `"`
	})
}
