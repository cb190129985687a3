package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// Verdict is what a reviewer does in one go: a review is accepted first, then
// its rubric is answered, and a verdict comes last.
type Verdict struct {
	Accept         bool
	Answers        string  // a file of answers
	Decline        *string // a reason
	SignOff        bool
	CarryForward   *string // a reason
	RequestChanges string  // a file of items
	Revision       int     // that was judged; 0: the latest
}

// Review does what v says with one's review of a proposal, and shows it as it is
// then. Leadership requests changes without having a review.
func (c *Client) Review(ctx context.Context, s Screen, proposal int64, v Verdict, asJSON bool) error {
	answers, err := readAnswers(v.Answers)
	if err != nil {
		return err
	}
	items, err := readItems(v.RequestChanges)
	if err != nil {
		return err
	}
	id, err := c.assignment(ctx, proposal)
	if _, none := errors.AsType[*NoReview](err); none && len(items) > 0 && !v.Accept && answers == nil {
		return c.askForChanges(ctx, s, proposal, v.Revision, items, asJSON)
	}
	if err != nil {
		return err
	}
	r := &reviewing{Client: c}
	r.ID = id
	if err := r.reread(ctx); err != nil {
		return err
	}
	if err := c.latest(ctx, proposal, v.Revision, r.Seen.Revision); err != nil {
		return err
	}
	if err := answers.fit(r.Criteria); err != nil {
		return err
	}
	if v.Accept && r.State == "offered" {
		if err := r.act(ctx, r.below("/acceptances"), map[string]any{}); err != nil {
			return err
		}
	}
	if err := r.answer(ctx, answers); err != nil {
		return err
	}
	verdicts := path(proposal, "/sign-offs")
	switch {
	case v.Decline != nil:
		a, err := c.do(ctx, r.on(call{method: http.MethodPost, path: r.below("/declines")}, map[string]any{"reason": *v.Decline}))
		if err != nil {
			return err
		}
		r.raw, r.Review.State = a.body, "declined" // from now on it is somebody else's to see
	case v.SignOff:
		err = r.act(ctx, verdicts, map[string]any{})
	case v.CarryForward != nil:
		err = r.act(ctx, verdicts, map[string]any{"carry_forward": true, "reason": *v.CarryForward})
	case len(items) > 0:
		if err = c.requestChanges(ctx, proposal, &r.pin, items); err == nil {
			err = r.reread(ctx)
		}
	}
	switch {
	case err != nil:
		return err
	case asJSON:
		s.JSON(r.raw)
	case v.Decline != nil:
		s.printf("You declined the review of proposal %d.\n", proposal)
	default:
		s.review(r.Review)
	}
	return nil
}

// answers are what a file says of each criterion.
type answers struct {
	file  string
	given []givenAnswer
}

type givenAnswer struct {
	criterion, answer, note string
	noted                   bool // the file has a note, if only an empty one
	at                      ast.Node
}

var answerProperties = []property{{"answer", text}, {"note", text}}

// readAnswers reads a file of criterion: {answer, note}; "" is none.
func readAnswers(file string) (*answers, error) {
	if file == "" {
		return nil, nil
	}
	a := &answers{file: file}
	return a, readYAML(file, func(m *Mistakes, root ast.Node) {
		for _, e := range m.mapping(root, "the file") {
			values := m.object(unwrapped(e.value), e.key, answerProperties)
			g := givenAnswer{criterion: e.key, at: e.at}
			g.answer, _ = values["answer"].(string)
			g.note, g.noted = values["note"].(string)
			if !slices.Contains([]string{"", "met", "not_met"}, g.answer) {
				m.add(e.at, "the answer to %s must be met, not_met or empty", e.key)
			}
			a.given = append(a.given, g)
		}
	})
}

// fit tells what the rubric doesn't ask.
func (a *answers) fit(rubric []Criterion) error {
	if a == nil {
		return nil
	}
	known := make([]property, len(rubric))
	for i, c := range rubric {
		known[i].name = c.Criterion
	}
	m := &Mistakes{File: a.file}
	for _, g := range a.given {
		if !slices.ContainsFunc(known, func(p property) bool { return p.name == g.criterion }) {
			m.add(g.at, "the rubric has no %q%s", g.criterion, nearest(g.criterion, known))
		}
	}
	return m.err()
}

// answer saves the answers that differ from those that are there, each over
// what was read. A file that was half saved may be given again.
func (r *reviewing) answer(ctx context.Context, a *answers) error {
	if a == nil {
		return nil
	}
	saved := 0
	for _, g := range a.given {
		i := slices.IndexFunc(r.Criteria, func(c Criterion) bool { return c.Criterion == g.criterion })
		now := r.Criteria[i]
		if !g.noted {
			g.note = now.Note
		}
		if now.Answer == g.answer && now.Note == g.note {
			continue
		}
		put := call{method: http.MethodPut, path: r.below("/answers/" + url.PathEscape(g.criterion)),
			body: map[string]any{"answer": g.answer, "note": g.note}, ifNoneMatch: "*"}
		if now.Version > 0 {
			put.ifNoneMatch, put.ifMatch = "", tagOf(now.Version)
		}
		if _, err := r.do(ctx, put); err != nil {
			r.Aside.Say(fmt.Sprintf("%s saved before %s was refused.", plural(saved, "answer was", "answers were"), g.criterion))
			return err
		}
		saved++
	}
	r.Aside.Say(plural(saved, "answer was", "answers were") + " saved.")
	return r.reread(ctx)
}

var itemProperties = []property{{"criterion", text}, {"place", text}, {"words", text}}

// readItems reads a file with a list of criterion, place and words; "" is none.
func readItems(file string) (items []Item, err error) {
	if file == "" {
		return nil, nil
	}
	return items, readYAML(file, func(m *Mistakes, root ast.Node) {
		list, ok := root.(*ast.SequenceNode)
		if !ok {
			m.add(root, "the file must be a list of items, with “- ” before each criterion")
			return
		}
		for _, n := range list.Values {
			values := m.object(unwrapped(n), "an item", itemProperties)
			var item Item
			item.Criterion, _ = values["criterion"].(string)
			item.Place, _ = values["place"].(string)
			item.Words, _ = values["words"].(string)
			items = append(items, item)
		}
		if len(items) == 0 {
			m.add(root, "there is no item: say what should change")
		}
	})
}

// requestChanges sends items to the authors: these alone, not what else is
// drafted. Items that an earlier try has drafted aren't drafted again.
func (c *Client) requestChanges(ctx context.Context, proposal int64, p *pin, items []Item) error {
	raw, err := c.collected(ctx, path(proposal, "/change-items"), asItComes)
	if err != nil {
		return err
	}
	drafts, err := decoded[Item](raw)
	if err != nil {
		return err
	}
	var ids []int64
	for _, item := range items {
		i := slices.IndexFunc(drafts, func(d Item) bool {
			return d.Criterion == item.Criterion && d.Place == item.Place && d.Words == item.Words
		})
		if i < 0 {
			a, err := c.do(ctx, call{method: http.MethodPost, path: path(proposal, "/change-items"), body: item})
			if err == nil {
				err = into(a.body, &item)
			}
			if err != nil {
				return err
			}
		} else {
			item = drafts[i]
			drafts = slices.Delete(drafts, i, i+1)
		}
		ids = append(ids, item.ID)
	}
	_, err = c.do(ctx, p.on(call{method: http.MethodPost, path: path(proposal, "/change-requests")}, map[string]any{"items": ids}))
	return err
}

// askForChanges is a change request of leadership's, who has no review.
func (c *Client) askForChanges(ctx context.Context, s Screen, proposal int64, revision int, items []Item, asJSON bool) error {
	p, err := c.judged(ctx, proposal, revision)
	if err != nil {
		return err
	}
	if err := c.requestChanges(ctx, proposal, p, items); err != nil {
		return err
	}
	now, a, err := c.proposal(ctx, proposal)
	switch {
	case err != nil:
		return err
	case asJSON:
		s.JSON(a.body)
	default:
		s.proposal(now)
	}
	return nil
}
