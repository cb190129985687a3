package web

import (
	"fmt"
	"strings"

	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// ladder is the picture of how far a proposal has climbed: the authors' work at
// its foot, a rung for each stage, the catalogue at the top. It is a list that
// reads well without its picture; Words say the same in one sentence.
type ladder struct {
	Words string
	Rungs []ladderRung // lowest first, as one climbs
}

// ladderRung is one rung with what is to be said about it.
type ladderRung struct {
	Name   string
	Status string // passed, excepted, here or ahead: how it is drawn
	Tag    Tag    // the same in words; without a colour it is not boxed
	Notes  []string
}

var exampleLadder = ladder{
	Words: "1 of 3 stages is passed. It stands on educational review.",
	Rungs: []ladderRung{
		{"Proposal", "passed", Tag{"Submitted", "green"}, []string{"Revision 2"}},
		{"Technical review", "passed", Tag{"Passed", "green"}, []string{"Signed by Ben Cole on 2 March 2026"}},
		{"Educational review", "here", Tag{"It stands here", "blue"}, []string{"1 of 2 sign-offs", "With Ines Marsh, due 23 March 2026"}},
		{"Final sign-off", "ahead", Tag{"Ahead", ""}, nil},
		{"Published", "ahead", Tag{"Ahead", ""}, nil},
	},
}

// ladderOf draws a proposal.
func ladderOf(c *workflow.Case) ladder {
	stages := c.Rungs()
	l := ladder{Rungs: []ladderRung{foot(c)}}
	passed, here := 0, ""
	for _, r := range stages {
		rung := stageRung(c, r)
		if rung.Status == "passed" || rung.Status == "excepted" {
			passed++
		}
		if rung.Status == "here" {
			here = " It stands on " + strings.ToLower(rung.Name) + "."
		}
		l.Rungs = append(l.Rungs, rung)
	}
	l.Rungs = append(l.Rungs, top(c))
	is := "are"
	if passed == 1 {
		is = "is"
	}
	if here == "" {
		here = " It is " + workflow.StateName(c.Programme, c.State) + "."
	}
	l.Words = fmt.Sprintf("%d of %s %s passed.%s", passed, plural(len(stages), "stage", "stages"), is, here)
	return l
}

// foot is the rung of the authors: where a proposal begins, and where it comes
// back to when changes are requested.
func foot(c *workflow.Case) ladderRung {
	r := ladderRung{Name: "Proposal", Status: "passed", Tag: Tag{"Submitted", "green"}}
	lead, _ := c.Lead()
	switch c.State {
	case programme.Draft:
		r.Status, r.Tag = "here", Tag{"Being written", "blue"}
		r.Notes = append(r.Notes, "With "+lead.Name)
	case programme.ChangesRequested:
		r.Status, r.Tag = "here", Tag{"Back with the authors", "orange"}
		r.Notes = append(r.Notes, withDue("With "+lead.Name, c))
	case programme.Rejected:
		r.Status, r.Tag = "ahead", Tag{"Rejected", "red"}
	case programme.Withdrawn:
		r.Status, r.Tag = "ahead", Tag{"Withdrawn", "grey"}
	}
	if c.Revision > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("Revision %d", c.Revision))
	}
	return r
}

func withDue(who string, c *workflow.Case) string {
	if c.TurnDue == nil {
		return who
	}
	return who + ", due " + date(*c.TurnDue)
}

// top is the catalogue: a proposal that is approved has reached for it.
func top(c *workflow.Case) ladderRung {
	r := ladderRung{Name: "Published", Status: "ahead", Tag: Tag{"Ahead", ""}}
	switch c.State {
	case programme.Approved:
		r.Status, r.Tag = "here", Tag{"Approved, to be published", "blue"}
		r.Notes = []string{withDue("With the leadership team", c)}
	case programme.Published:
		r.Status, r.Tag = "passed", Tag{"In the catalogue", "green"}
		r.Notes = []string{"Since " + date(c.StateSince)}
	}
	return r
}

func stageRung(c *workflow.Case, r workflow.Rung) ladderRung {
	out := ladderRung{Name: r.Stage.Name, Status: r.Status}
	switch r.Status {
	case workflow.RungPassed:
		out.Tag = Tag{"Passed", "green"}
	case workflow.RungOverridden:
		out.Status, out.Tag = "excepted", Tag{"Passed by exception", "yellow"}
	case workflow.RungHere:
		out.Tag = Tag{"It stands here", "blue"}
	default:
		out.Tag = Tag{"Ahead", ""}
	}
	for _, so := range r.SignOffs {
		out.Notes = append(out.Notes, signedNote(so))
	}
	given := r.Stage.SignOffs - r.Missing
	switch {
	case r.Missing == 0 || r.Stage.SignOffs == 1:
	case given == 0 && r.Status == workflow.RungAhead:
		out.Notes = append(out.Notes, plural(r.Stage.SignOffs, "sign-off", "sign-offs")+" needed")
	default:
		out.Notes = append(out.Notes, fmt.Sprintf("%d of %d sign-offs given", given, r.Stage.SignOffs))
	}
	for _, a := range r.Holders {
		note := "With " + a.Name
		if a.State == workflow.Offered {
			note = "Offered to " + a.Name
		}
		out.Notes = append(out.Notes, note+", due "+date(a.DueAt))
	}
	if r.Status == workflow.RungHere && c.Turn == workflow.TurnLeadership {
		out.Notes = append(out.Notes, withDue("With the leadership team", c))
	}
	for _, a := range c.Assignments {
		if a.Stage == r.Stage.Key && a.State == workflow.Suspended {
			out.Notes = append(out.Notes, a.Name+" goes on when it is back")
		}
	}
	return out
}

func signedNote(so workflow.SignOff) string {
	if so.Kind == workflow.KindOverride {
		return "Leadership’s exception, by " + so.Name + " on " + date(so.SignedAt)
	}
	note := "Signed by " + so.Name + " on " + date(so.SignedAt)
	if so.Carried != 0 {
		note += ", carried forward"
	}
	return note
}
