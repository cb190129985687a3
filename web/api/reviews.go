package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

var _ = register(area{
	tag:   "Reviews",
	about: "What a reviewer judges by: the stage's rubric with their answers, what changed since they looked last, and the verdicts that they can give.",
	add: func(s *Server, api huma.API) {
		add(s, api, operation{ID: "getAssignment", Method: http.MethodGet, Path: "/assignments/{assignment}", Scopes: toRead,
			Summary: "One of your reviews", About: "Its ETag is the proposal's: what the verdicts take as If-Match."}, s.getAssignment)
		add(s, api, operation{ID: "answerCriterion", Method: http.MethodPut, Path: "/assignments/{assignment}/answers/{criterion}", Scopes: toReview, Conditional: true,
			Summary: "Answer one criterion of the rubric", About: "Decided or half-written. A first answer takes If-None-Match: * (or version 0), each later one the version that you saw."},
			s.answerCriterion)
	},
})

// Review is all that a reviewer needs to judge.
type Review struct {
	Assignment
	Seen     Seen              `json:"seen" doc:"Where the proposal is: what the verdicts take as seen."`
	Writable bool              `json:"writable" doc:"Answers and draft items can still be saved."`
	Since    int               `json:"since" doc:"The revision that you judged last before this one, 0 on a first look."`
	Parts    []ReviewPart      `json:"parts" doc:"What the stage vouches for, as it is in the latest revision."`
	Criteria []ReviewCriterion `json:"criteria" doc:"The rubric in its order."`
	Score    Score             `json:"score"`
	Drafts   []ChangeItem      `json:"draft_items" doc:"Items that you have written and not sent."`
	Acts     []Act             `json:"acts" doc:"sign_off, request_changes and carry_forward, as far as they concern you, with all that stands against each now."`
	Carries  int64             `json:"carries,omitempty" doc:"The sign-off of yours that carry_forward would repeat."`
}

// ReviewPart is one part of a revision.
type ReviewPart struct {
	Part    string `json:"part" example:"teaching"`
	Digest  string `json:"digest" doc:"SHA-256; what a sign-off is about."`
	Changed bool   `json:"changed" doc:"Since the revision that you judged last."`
}

// ReviewCriterion is one question of the rubric with what you answered to it.
type ReviewCriterion struct {
	RubricAnswer
	Text      string         `json:"text"`
	Help      string         `json:"help,omitempty"`
	Weight    int            `json:"weight"`
	Essential bool           `json:"essential" doc:"Unless it is met, there is no sign-off."`
	DecidedBy string         `json:"decided_by" doc:"What can decide it: the package check, or only a person." enum:"check,person"`
	Earlier   *EarlierAnswer `json:"earlier,omitempty" doc:"What you answered on an earlier review of the stage."`
}

// RubricAnswer is what was answered to one criterion.
type RubricAnswer struct {
	Criterion  string     `json:"criterion" doc:"The criterion's key."`
	Answer     string     `json:"answer" doc:"Empty: not decided." enum:"met,not_met,"`
	Note       string     `json:"note"`
	Version    int        `json:"version" doc:"What the next answer takes as version; 0: there is none yet."`
	Revision   int        `json:"revision,omitempty" doc:"The revision about which it was given; it counts until it is changed."`
	AnsweredAt *time.Time `json:"answered_at,omitempty"`
}

// EarlierAnswer is an answer of an earlier review.
type EarlierAnswer struct {
	Answer     string    `json:"answer" enum:"met,not_met,"`
	Note       string    `json:"note"`
	Revision   int       `json:"revision"`
	AnsweredAt time.Time `json:"answered_at"`
}

// Score is how far a rubric is.
type Score struct {
	Met       int      `json:"met" doc:"The weight of the criteria that are met."`
	Total     int      `json:"total" doc:"The weight of all criteria."`
	Needed    int      `json:"needed" doc:"The least weight that allows a sign-off."`
	Threshold int      `json:"threshold" doc:"The same in per cent of the total."`
	Answered  int      `json:"answered" doc:"How many criteria are decided."`
	Criteria  int      `json:"criteria" doc:"How many there are."`
	Unmet     []string `json:"unmet" doc:"Essential criteria that are not met."`
	Undecided []string `json:"undecided" doc:"Essential criteria that are not decided."`
	Passed    bool     `json:"passed" doc:"The rubric allows a sign-off."`
}

type reviewAnswer struct {
	ETag string `header:"ETag" doc:"The proposal's: what acts on it take as If-Match."`
	Body Review
}

func (s *Server) getAssignment(ctx context.Context, who caller, in *OnAssignment) (*reviewAnswer, error) {
	p, err := s.Reviews.Review(ctx, who.Actor, in.Assignment)
	if err != nil {
		return nil, err
	}
	c := p.Case
	out := Review{Assignment: assignmentOf(p.Assignment, c.ID, c.Title, p.Stage.Name), Seen: Seen{c.State, c.Revision}, Writable: p.Writable, Since: p.Since,
		Parts: []ReviewPart{}, Criteria: criteriaOf(p.Criteria), Score: scoreOf(p.Score), Drafts: draftsOf(c.ID, p.Drafts), Acts: []Act{}}
	for _, part := range p.Parts {
		out.Parts = append(out.Parts, ReviewPart{part.Key, part.Digest, part.Changed})
	}
	for _, a := range []struct {
		name string
		reviews.Act
	}{{programme.SignOff, p.SignOff}, {programme.RequestChanges, p.RequestChanges}, {workflow.ActCarry, p.Carry}} {
		if a.Offered {
			out.Acts = append(out.Acts, Act{Act: a.name, Allowed: a.Allowed(), Reasons: reasonsOf(a.Reasons), Call: callOf[a.name]})
		}
	}
	if p.Carried != nil {
		out.Carries = p.Carried.ID
	}
	return &reviewAnswer{tagOf(c), out}, nil
}

func criteriaOf(list []reviews.Criterion) []ReviewCriterion {
	out := make([]ReviewCriterion, len(list))
	for i, c := range list {
		out[i] = ReviewCriterion{Text: c.Text, Help: c.Help, Weight: c.Weight, Essential: c.Essential, DecidedBy: c.Decided,
			RubricAnswer: RubricAnswer{Criterion: c.Key, Answer: c.Given.Answer, Note: c.Given.Note, Version: c.Given.Version, Revision: c.Given.Revision}}
		if c.Given.Version > 0 {
			out[i].AnsweredAt = utc(&c.Given.AnsweredAt)
		}
		if e := c.Earlier; e != nil {
			out[i].Earlier = &EarlierAnswer{e.Answer, e.Note, e.Revision, e.AnsweredAt.UTC()}
		}
	}
	return out
}

func scoreOf(s reviews.Score) Score {
	return Score{Met: s.Met, Total: s.Total, Needed: s.Needed, Threshold: s.Threshold, Answered: s.Answered, Criteria: s.Criteria,
		Unmet: keysOf(s.Unmet), Undecided: keysOf(s.Undecided), Passed: s.Passed()}
}

func keysOf(list []programme.Criterion) []string {
	keys := make([]string, len(list))
	for i, c := range list {
		keys[i] = c.Key
	}
	return keys
}

// SavedAnswer is an answer as it was saved.
type SavedAnswer struct {
	Criterion string `json:"criterion"`
	Answer    string `json:"answer" enum:"met,not_met,"`
	Note      string `json:"note"`
	Version   int    `json:"version"`
}

type savedAnswer struct {
	ETag string `header:"ETag" doc:"What the next answer to this criterion takes as If-Match."`
	Body SavedAnswer
}

func (s *Server) answerCriterion(ctx context.Context, who caller, in *struct {
	OnAssignment
	Criterion string `path:"criterion" doc:"The criterion's key." maxLength:"100"`
	Written
	IfNoneMatch string `header:"If-None-Match" doc:"* for a first answer: nothing is overwritten, and 412 shows what is there, if there is one already."`
	Body        struct {
		Version *int   `json:"version,omitempty" doc:"The version that you saw, 0 for a first answer." minimum:"0" maximum:"2147483647"`
		Answer  string `json:"answer,omitempty" doc:"met or not_met; empty or absent: not decided." maxLength:"20"`
		Note    string `json:"note,omitempty" doc:"What you found, and where." maxLength:"20000"`
	}
}) (*savedAnswer, error) {
	seen := in.Body.Version
	if strings.TrimSpace(in.IfNoneMatch) == "*" {
		seen = new(0)
	}
	version, err := in.needed(seen)
	if err != nil {
		return nil, err
	}
	version, err = s.Reviews.Answer(ctx, who.Actor, in.Assignment, in.Criterion, version, in.Body.Answer, in.Body.Note)
	if err != nil {
		return nil, inBody(err, map[string]string{reviews.AnswerField(in.Criterion): "answer", reviews.NoteField(in.Criterion): "note"})
	}
	return &savedAnswer{versionTag(version), SavedAnswer{in.Criterion, in.Body.Answer, in.Body.Note, version}}, nil
}

// inBody says of a refusal's fields which properties of this operation they
// are, where the service names them by what they are about: "item-7-place" is
// the place of the item that is saved. A field of anything else stays as it is.
func inBody(err error, properties map[string]string) error {
	renamed(fault.ReasonsOf(err), properties)
	return err
}

func renamed(reasons []fault.Reason, properties map[string]string) []fault.Reason {
	for i, r := range reasons {
		if name, ours := properties[r.Field]; ours {
			reasons[i].Field = name
		}
	}
	return reasons
}

// Words that were overtaken, as the properties that write them.
var _ = storedNow(func(e *reviews.Overtaken) any {
	now := map[string]any{"version": e.Version}
	switch { // an item's fields are item-7-words and the like
	case strings.HasPrefix(e.Field, reviews.NoteField("")):
		now["answer"], now["note"] = e.Choice, e.Words
	case strings.HasSuffix(e.Field, "-words"):
		now["criterion"], now["place"], now["words"] = e.Choice, e.Place, e.Words
	case strings.HasSuffix(e.Field, "-answer"):
		now["choice"], now["answer"] = e.Choice, e.Words
	default: // an item that was to be settled; its answer may still be its authors' own
		now["state"] = e.Choice
	}
	return now
})
