package web

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// historyLine is one entry of a proposal's history, as a sentence.
type historyLine struct {
	At    time.Time
	What  string
	Also  []string // what followed from it
	Words string   // the reason that was given
}

// telling turns entries into sentences: it knows the stages' names, and the
// names of the people whose ids the history holds.
type telling struct {
	programme *programme.Programme
	names     map[int64]string
}

// tell reads names for entries and makes sentences of them, in the same order.
func (s *Server) tell(ctx context.Context, c *workflow.Case, entries []workflow.Entry) ([]historyLine, error) {
	t := telling{c.Programme, map[int64]string{}}
	for _, a := range c.Assignments {
		t.names[a.Person] = a.Name
	}
	for _, so := range c.SignOffs {
		t.names[so.Person] = so.Name
	}
	lines := make([]historyLine, len(entries))
	for i, e := range entries {
		for _, id := range append(ids(e.Detail["person"]), ids(e.Detail["permit"])...) {
			if t.names[id] != "" {
				continue
			}
			p, err := s.Accounts.Person(ctx, id)
			if err != nil {
				return nil, err
			}
			t.names[id] = p.Name
		}
		lines[i] = t.line(e)
	}
	return lines, nil
}

func (t telling) line(e workflow.Entry) historyLine {
	who := e.ActorName
	if e.Actor == 0 {
		who = "Rung"
	}
	return historyLine{At: e.At, What: who + " " + t.did(e) + ".", Also: t.also(e), Words: e.Words}
}

// did is the act without its actor: "signed off technical review".
func (t telling) did(e workflow.Entry) string {
	stage := t.stage(e)
	switch e.Event {
	case "create":
		return "began the proposal"
	case programme.Submit:
		return fmt.Sprintf("submitted revision %d", e.Revision)
	case programme.SignOff:
		if from := number(e.Detail["carried_from_revision"]); from > 0 {
			return fmt.Sprintf("carried the sign-off of %s forward from revision %d to revision %d", stage, from, e.Revision)
		}
		return fmt.Sprintf("signed off %s of revision %d", stage, e.Revision)
	case programme.RequestChanges:
		return "asked for changes: " + plural(len(ids(e.Detail["items"])), "item", "items")
	case programme.Return:
		if e.Actor == 0 {
			return "sent the proposal back, because a sign-off no longer counts"
		}
		return "took back the approval and asked for changes: " + plural(len(ids(e.Detail["items"])), "item", "items")
	case programme.Override:
		return "made an exception in place of the missing sign-offs of " + stage
	case workflow.ActPermit:
		return "allowed " + t.people(e.Detail["permit"]) + " to hold " + stage + " as a second stage"
	case programme.Reject:
		return "rejected the proposal"
	case programme.Withdraw:
		return "withdrew the proposal"
	case programme.Reopen:
		return "reopened the proposal"
	case programme.Publish:
		return "published the module"
	case workflow.ActAccept:
		return "accepted the review"
	case workflow.ActDecline:
		return "declined the review"
	case workflow.ActAssign:
		return "chose a reviewer"
	case "replace":
		return "took the open work of " + t.people(e.Detail["person"]) + " to others"
	case workflow.EventAvailable:
		return "made " + t.people(e.Detail["person"]) + " available for what has waited"
	case workflow.ActConflict:
		if same := ids(e.Detail["person"]); len(same) == 1 && same[0] == e.Actor {
			return "declared a conflict of interest"
		}
		return "recorded a conflict of interest of " + t.people(e.Detail["person"])
	case workflow.ActAcknowledge:
		return "considered the conflict of interest that was declared"
	}
	if words, ok := smallActs[e.Event]; ok {
		return words
	}
	return strings.ReplaceAll(e.Event, "_", " ")
}

// smallActs are those of other rooms, which say all by their name.
var smallActs = map[string]string{
	"author_invited":          "invited a co-author",
	"author_removed":          "removed a co-author",
	"author_changed":          "changed how an author is named",
	"authors_reordered":       "changed the order of the authors",
	"lead_named":              "named another lead author",
	workflow.NoticeMailFailed: "could not deliver a mail",
	"details_set":             "set the publication details",
	"edition_published":       "put the module into the catalogue",
	"retired":                 "retired the module",
	reviews.EventDone:         "answered an item: done",
	reviews.EventNotAgreed:    "answered an item: not agreed",
	reviews.EventClosed:       "closed an item",
	reviews.EventReopened:     "reopened an item",
}

// also is what followed: where the proposal went, and whom that concerned.
func (t telling) also(e workflow.Entry) []string {
	var out []string
	if e.From != "" && e.From != e.To {
		out = append(out, "It is now "+workflow.StateName(t.programme, e.To)+".")
	}
	for _, k := range []struct{ key, one, many string }{
		{"asked", "%s was asked to review it.", "%s were asked to review it."},
		{"resumed", "The review of %s goes on.", "The reviews of %s go on."},
		{workflow.Replaced, "%s is no longer asked.", "%s are no longer asked."},
	} {
		people := ids(e.Detail[k.key])
		if len(people) == 0 {
			continue
		}
		form := k.many
		if len(people) == 1 {
			form = k.one
		}
		out = append(out, fmt.Sprintf(form, t.people(e.Detail[k.key])))
	}
	switch n := len(ids(e.Detail["voided"])); n {
	case 0:
	case 1:
		out = append(out, "A sign-off no longer counts.")
	default:
		out = append(out, fmt.Sprintf("%d sign-offs no longer count.", n))
	}
	return out
}

func (t telling) stage(e workflow.Entry) string {
	key, _ := e.Detail["stage"].(string)
	if st, ok := t.programme.Stage(key); ok {
		return strings.ToLower(st.Name)
	}
	return "the stage"
}

// people names those whose ids a detail holds: "Ann Lee, Ben Cole and Cy Dunn".
func (t telling) people(detail any) string {
	var names []string
	for _, id := range ids(detail) {
		name := t.names[id]
		if name == "" {
			name = "somebody"
		}
		names = append(names, name)
	}
	return andList(names)
}

func andList(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// ids are the numbers of a detail as JSON holds it: one, or a list of them.
func ids(detail any) []int64 {
	switch v := detail.(type) {
	case float64:
		return []int64{int64(v)}
	case []any:
		var out []int64
		for _, x := range v {
			out = append(out, ids(x)...)
		}
		return out
	}
	return nil
}

func number(detail any) int {
	n, _ := detail.(float64)
	return int(n)
}

// meanwhile is what happened since the page was opened, for the page that an
// act which came too late gets back; nothing for any other error.
func (s *Server) meanwhile(ctx context.Context, c *workflow.Case, err error) ([]historyLine, error) {
	stale, ok := workflow.StaleFrom(err)
	if !ok {
		return nil, nil
	}
	return s.tell(ctx, c, stale.Meanwhile)
}
