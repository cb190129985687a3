package reviews

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Page is all that a reviewer needs to judge, for one assignment of theirs.
type Page struct {
	Case       *workflow.Case
	Assignment workflow.Assignment
	Stage      programme.Stage
	Writable   bool // answers and draft items may still be saved

	// Since is the revision that this reviewer acted on last before the current
	// one, 0 on a first look: what changed since then is what to judge first.
	Since int
	Parts []Part // those that the stage vouches for

	Criteria []Criterion
	Score    Score
	Requests []Request // of the whole proposal, oldest first
	Drafts   []Draft   // unsent items of this reviewer

	SignOff        Act
	RequestChanges Act
	Carry          Act
	Carried        *workflow.SignOff // what Carry would carry forward
}

// Part is one part of the current revision.
type Part struct {
	Key     string
	Digest  string
	Body    json.RawMessage // nil for the package
	Changed bool            // since Page.Since
}

// Changed reports whether any part changed since the last look.
func (p *Page) Changed() bool {
	return slices.ContainsFunc(p.Parts, func(x Part) bool { return x.Changed })
}

// Criterion is one question of the rubric with what was answered to it. An
// answer that was given about an earlier revision counts until it is changed.
type Criterion struct {
	programme.Criterion
	Given   Answer  // the zero Answer: none yet
	Earlier *Answer // what this reviewer answered on an earlier review of the stage
}

// Draft is an item that was not sent yet.
type Draft struct {
	ID      int64
	Version int
	Ask
	Missing []fault.Reason // what it needs before it can be sent
}

// Item is the draft as an item of its proposal, for its writer.
func (d Draft) Item(proposal int64) Item {
	return Item{ID: d.ID, Proposal: proposal, Version: d.Version, About: d.Criterion, Place: d.Place, Words: d.Words,
		State: ItemDraft, Mine: true, Missing: d.Missing}
}

// Review reads the page of one assignment, for its assignee; to anybody else it
// doesn't exist. It writes nothing, not even that it was looked at.
func (s *Service) Review(ctx context.Context, by workflow.Actor, assignment int64) (*Page, error) {
	d, err := s.duty(ctx, s.DB, assignment, "")
	if err != nil {
		return nil, err
	}
	if d.Person != by.Person {
		return nil, fault.New(fault.NotFound, "There is no such review.")
	}
	c, err := s.Workflow.Load(ctx, s.DB, d.Proposal, by)
	if err != nil {
		return nil, err
	}
	p := &Page{Case: c, Writable: slices.Contains(writable, d.State)}
	p.Stage, _ = c.Programme.Stage(d.Stage)
	for _, a := range c.Assignments {
		if a.ID == assignment {
			p.Assignment = a
		}
	}
	if err := s.fill(ctx, p, by); err != nil {
		return nil, wrap("reading a review", err)
	}
	return p, nil
}

func (s *Service) fill(ctx context.Context, p *Page, by workflow.Actor) error {
	given, err := answers(ctx, s.DB, p.Assignment.ID)
	if err != nil {
		return err
	}
	earlier, err := s.earlier(ctx, p, by)
	if err != nil {
		return err
	}
	for _, c := range p.Stage.Rubric.Criteria {
		row := Criterion{Criterion: c, Given: given[c.Key]}
		if e, ok := earlier[c.Key]; ok {
			row.Earlier = &e
		}
		p.Criteria = append(p.Criteria, row)
	}
	p.Score = score(p.Stage.Rubric, decisions(given))
	if err := s.DB.GetContext(ctx, &p.Since, sinceSQL, p.Case.ID, by.Person, p.Stage.Key, p.Case.Revision); err != nil {
		return fmt.Errorf("reading what was judged before: %w", err)
	}
	if p.Parts, err = s.parts(ctx, p.Case, p.Stage, p.Since); err != nil {
		return err
	}
	if p.Requests, err = s.Requests(ctx, p.Case); err != nil {
		return err
	}
	if p.Drafts, err = s.Drafts(ctx, p.Case); err != nil {
		return err
	}
	s.offer(p)
	return nil
}

// offer says which verdicts could be given now: the rules of the workflow, and
// what this room adds, the same as SignOff and RequestChanges will say.
func (s *Service) offer(p *Page) {
	c := p.Case
	unsentItems := unsentDrafts(p.Drafts)
	act := func(name string, own ...fault.Reason) Act {
		o, offered := c.Offer(name)
		return Act{Offered: offered && p.Writable, Reasons: append(slices.Clone(o.Reasons), own...)}
	}
	p.SignOff = act(programme.SignOff, append(p.Score.reasons(), unsentItems...)...)
	p.RequestChanges = act(programme.RequestChanges)
	p.Carry = act(workflow.ActCarry, unsentItems...)
	for _, so := range slices.Backward(c.SignOffs) {
		if so.Kind == workflow.KindSignOff && so.Person == c.Actor.ID && so.Stage == p.Stage.Key {
			if !so.Valid() && so.VoidReason == "changed" {
				p.Carried = &so
			}
			break
		}
	}
	p.Carry.Offered = p.Carry.Offered && p.Carried != nil
}

// The revision that the reviewer last judged, before the current one: told by
// what they left behind (a sign-off, a sent item, an answer).
const sinceSQL = `
select coalesce(max(revision), 0) from (
  select s.revision from sign_offs s where s.proposal_id = $1 and s.person_id = $2 and s.stage = $3 and s.kind = 'sign_off'
  union all
  select i.revision from change_items i where i.proposal_id = $1 and i.asked_by = $2 and i.stage = $3 and i.state <> 'draft'
  union all
  select r.revision from rubric_answers r join assignments a on a.id = r.assignment
  where a.proposal_id = $1 and a.person_id = $2 and a.stage = $3
) as judged where revision < $4`

const partsSQL = `
select rp.part, rp.digest, coalesce(rp.body, '') as body, $3 > 0 and coalesce(b.digest, '') <> rp.digest as changed
from revision_parts rp
left join revision_parts b on b.proposal_id = rp.proposal_id and b.revision = $3 and b.part = rp.part
where rp.proposal_id = $1 and rp.revision = $2`

// parts reads the stage's parts of the current revision, and whether each
// changed since a revision (0: none to compare with).
func (s *Service) parts(ctx context.Context, c *workflow.Case, stage programme.Stage, since int) ([]Part, error) {
	var rows []struct {
		Part    string `db:"part"`
		Digest  string `db:"digest"`
		Body    string `db:"body"`
		Changed bool   `db:"changed"`
	}
	if err := s.DB.SelectContext(ctx, &rows, partsSQL, c.ID, c.Revision, since); err != nil {
		return nil, fmt.Errorf("reading the parts of proposal %d: %w", c.ID, err)
	}
	var out []Part
	for _, key := range stage.Parts {
		for _, r := range rows {
			if r.Part != key {
				continue
			}
			part := Part{Key: r.Part, Digest: r.Digest, Changed: r.Changed}
			if r.Body != "" {
				part.Body = json.RawMessage(r.Body)
			}
			out = append(out, part)
		}
	}
	return out, nil
}

const earlierSQL = `
select distinct on (r.criterion) r.criterion, r.answer, r.note, r.revision, r.version, r.answered_at
from rubric_answers r join assignments a on a.id = r.assignment
where a.proposal_id = $1 and a.person_id = $2 and a.stage = $3 and a.id < $4
order by r.criterion, a.id desc`

// earlier reads what the reviewer answered on earlier reviews of the stage: they
// are shown beside the question, and never preset as its answer.
func (s *Service) earlier(ctx context.Context, p *Page, by workflow.Actor) (map[string]Answer, error) {
	var rows []Answer
	err := s.DB.SelectContext(ctx, &rows, earlierSQL, p.Case.ID, by.Person, p.Stage.Key, p.Assignment.ID)
	if err != nil {
		return nil, fmt.Errorf("reading earlier answers: %w", err)
	}
	out := make(map[string]Answer, len(rows))
	for _, r := range rows {
		out[r.Criterion] = r
	}
	return out, nil
}

// Drafts reads the items that the actor of the case has written and not sent.
func (s *Service) Drafts(ctx context.Context, c *workflow.Case) ([]Draft, error) {
	var rows []itemRow
	if err := s.DB.SelectContext(ctx, &rows, draftsSQL, c.ID, c.Actor.ID); err != nil {
		return nil, fmt.Errorf("reading the draft items of proposal %d: %w", c.ID, err)
	}
	var out []Draft
	for _, i := range rows {
		out = append(out, draftOf(c, i))
	}
	return out, nil
}

// draftOf is a draft item against the rubric by which it would be sent now, or
// by which it was begun where the proposal is with its authors.
func draftOf(c *workflow.Case, i itemRow) Draft {
	stage, judged := judging(c)
	if !judged {
		stage, _ = c.Programme.Stage(i.Stage)
	}
	return Draft{ID: i.ID, Version: i.Version, Ask: i.ask(), Missing: i.ask().missing(i.ID, stage)}
}

func unsentDrafts(drafts []Draft) []fault.Reason {
	rows := make([]itemRow, len(drafts))
	for i, d := range drafts {
		rows[i] = itemRow{Criterion: d.Criterion, Place: d.Place, Words: d.Words}
	}
	return unsent(rows)
}

// Verdict is what a reviewer who signed off said about the rubric.
type Verdict struct {
	SignOff  int64 // the sign-off it belongs to
	Criteria []Criterion
}

const verdictsSQL = `
select s.id as sign_off, r.criterion, r.answer, r.note, r.revision, r.version, r.answered_at
from sign_offs s join rubric_answers r on r.assignment = s.assignment
where s.proposal_id = $1 and s.kind = 'sign_off' and s.carried_from is null
order by s.id`

// Verdicts reads the answers and notes behind every sign-off of a proposal, for
// whoever may see it: what isn't signed stays its writer's alone. A sign-off that
// was carried forward rests on the answers of the one that it carries.
func (s *Service) Verdicts(ctx context.Context, q postgres.Queryer, c *workflow.Case) (map[int64]Verdict, error) {
	var rows []struct {
		SignOff    int64     `db:"sign_off"`
		Criterion  string    `db:"criterion"`
		Answer     string    `db:"answer"`
		Note       string    `db:"note"`
		Revision   int       `db:"revision"`
		Version    int       `db:"version"`
		AnsweredAt time.Time `db:"answered_at"`
	}
	if err := q.SelectContext(ctx, &rows, verdictsSQL, c.ID); err != nil {
		return nil, fmt.Errorf("reading the verdicts of proposal %d: %w", c.ID, err)
	}
	given := map[int64]map[string]Answer{}
	for _, r := range rows {
		if given[r.SignOff] == nil {
			given[r.SignOff] = map[string]Answer{}
		}
		given[r.SignOff][r.Criterion] = Answer{r.Criterion, r.Answer, r.Note, r.Revision, r.Version, r.AnsweredAt}
	}
	out := map[int64]Verdict{}
	for _, so := range c.SignOffs {
		byKey, ok := given[so.ID]
		stage, known := c.Programme.Stage(so.Stage)
		if !ok || !known {
			continue
		}
		v := Verdict{SignOff: so.ID}
		for _, cr := range stage.Rubric.Criteria {
			v.Criteria = append(v.Criteria, Criterion{Criterion: cr, Given: byKey[cr.Key]})
		}
		out[so.ID] = v
	}
	return out, nil
}
