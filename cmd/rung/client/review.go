package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Assignment is somebody asked to review one stage.
type Assignment struct {
	ID        int64     `json:"id"`
	Proposal  int64     `json:"proposal"`
	Title     string    `json:"proposal_title"`
	StageName string    `json:"stage_name"`
	State     string    `json:"state"`
	DueAt     time.Time `json:"due_at"`
}

// Review is what a reviewer judges by.
type Review struct {
	Assignment
	Seen     Seen        `json:"seen"`
	Since    int         `json:"since"`
	Parts    []Part      `json:"parts"`
	Criteria []Criterion `json:"criteria"`
	Score    Score       `json:"score"`
	Drafts   []Item      `json:"draft_items"`
	Acts     []Act       `json:"acts"`
}

// Part is a part that the stage vouches for.
type Part struct {
	Part    string `json:"part"`
	Changed bool   `json:"changed"`
}

// Criterion is one question of the rubric with the answer to it.
type Criterion struct {
	Criterion string `json:"criterion"`
	Text      string `json:"text"`
	Weight    int    `json:"weight"`
	Essential bool   `json:"essential"`
	Answer    string `json:"answer"`
	Note      string `json:"note"`
	Version   int    `json:"version"`
}

// Score is how far a rubric is.
type Score struct {
	Met       int      `json:"met"`
	Total     int      `json:"total"`
	Needed    int      `json:"needed"`
	Answered  int      `json:"answered"`
	Criteria  int      `json:"criteria"`
	Unmet     []string `json:"unmet"`
	Undecided []string `json:"undecided"`
}

// Item is something that is asked of the authors.
type Item struct {
	ID        int64  `json:"id,omitempty"`
	Criterion string `json:"criterion"`
	Place     string `json:"place"`
	Words     string `json:"words"`
}

// NoReview is somebody who isn't asked to review a proposal.
type NoReview struct{ Proposal int64 }

func (e *NoReview) Error() string {
	return fmt.Sprintf("you have no review of proposal %d", e.Proposal)
}

// assignment finds one's review of a proposal: the open one, else the latest.
func (c *Client) assignment(ctx context.Context, proposal int64) (int64, error) {
	var done int64
	for raw, err := range c.each(ctx, "/assignments", nil, mostAtOnce) { // newest first
		if err != nil {
			return 0, err
		}
		var a Assignment
		if err := into(raw, &a); err != nil {
			return 0, err
		}
		switch {
		case a.Proposal != proposal:
		case a.State != "done":
			return a.ID, nil
		case done == 0:
			done = a.ID
		}
	}
	if done == 0 {
		return 0, &NoReview{proposal}
	}
	return done, nil
}

// reviewing is a review as it was read last.
type reviewing struct {
	*Client
	Review
	pin
	raw json.RawMessage
}

// below is the address of what is about the review.
func (r *reviewing) below(what string) string {
	return "/assignments/" + strconv.FormatInt(r.ID, 10) + what
}

// reread reads the review as it is now.
func (r *reviewing) reread(ctx context.Context) error {
	var now Review
	a, err := r.get(ctx, r.below(""), nil, &now)
	if err != nil {
		return err
	}
	r.Review, r.raw = now, a.body
	r.move(now.Seen, a.tag())
	return nil
}

// act posts an act of one's own on the review, and reads it again.
func (r *reviewing) act(ctx context.Context, path string, body map[string]any) error {
	if _, err := r.do(ctx, r.on(call{method: http.MethodPost, path: path}, body)); err != nil {
		return err
	}
	return r.reread(ctx)
}

// review shows a review.
func (s Screen) review(r Review) {
	s.printf("%s\n", s.bold(fmt.Sprintf("%s of proposal %d: %s", clean(r.StageName), r.Proposal, clean(r.Title))))
	s.printf("%s, due %s; revision %d", plain(r.State), r.DueAt.In(s.Zone).Format(dayForm), r.Seen.Revision)
	if r.Since > 0 {
		s.printf(", you judged revision %d before", r.Since)
	}
	var changed []string
	for _, p := range r.Parts {
		if p.Changed {
			changed = append(changed, plain(p.Part))
		}
	}
	if len(changed) > 0 {
		s.printf("; changed since: %s", strings.Join(changed, ", "))
	}
	s.printf("\n")
	s.heading("Rubric")
	for _, c := range r.Criteria {
		answer := plain(c.Answer)
		if answer == "" {
			answer = "open"
		}
		weight := fmt.Sprintf("weight %d", c.Weight)
		if c.Essential {
			weight += ", essential"
		}
		s.printf("  %-8s %s: %s (%s)\n", answer, c.Criterion, clean(c.Text), weight)
		if note := clean(c.Note); note != "" {
			s.printf("           “%s”\n", note)
		}
	}
	s.printf("\n  %s\n", r.Score.words())
	if len(r.Drafts) > 0 {
		s.heading("Items that you have written and not sent")
		for _, i := range r.Drafts {
			s.printf("  %s, %s: %s\n", or(clean(i.Criterion), "no criterion yet"), or(clean(i.Place), "no place yet"), clean(i.Words))
		}
	}
	s.heading("What you may do")
	s.acts(r.Acts)
}

// words is how far a rubric is, and what a sign-off takes.
func (s Score) words() string {
	words := fmt.Sprintf("%d of %d decided, %d of %d points.", s.Answered, s.Criteria, s.Met, s.Total)
	if s.Needed > 0 {
		words += fmt.Sprintf(" A sign-off takes %d.", s.Needed)
	}
	for _, essential := range []struct {
		is       string
		criteria []string
	}{{"not met", s.Unmet}, {"not decided", s.Undecided}} {
		if len(essential.criteria) > 0 {
			words += " Essential and " + essential.is + ": " + strings.Join(essential.criteria, ", ") + "."
		}
	}
	return clean(words)
}

// or is a text, or another where it is empty.
func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
