package workflow_test

import (
	"maps"
	"slices"

	"github.com/jmoiron/sqlx"
	"pgregory.net/rapid"

	"github.com/leadership-ladder/rung/workflow"
)

func (c *climb) anybody(rt *rapid.T) *soul { return rapid.SampledFrom(c.m.people).Draw(rt, "person") }

func (c *climb) nextText() string {
	c.texts++
	return c.m.lead.name + string(rune('a'+c.texts%26)) + string(rune('a'+c.texts/26%26))
}

// newParts changes some parts of what stands there, at the first submit all.
func (c *climb) newParts(rt *rapid.T) map[string]string {
	parts := map[string]string{}
	maps.Copy(parts, c.m.parts)
	for _, part := range programmeParts {
		if parts[part] == "" || rapid.IntRange(0, 2).Draw(rt, part+" changed") == 0 {
			parts[part] = c.nextText()
		}
	}
	return parts
}

var programmeParts = []string{"package", "teaching", "listing"}

// deedActs are the acts that anybody may try.
var deedActs = []string{"submit", "sign_off", "carry_forward", "request_changes", "return", "override", "permit", "reject", "withdraw",
	"reopen", "publish", "accept", "decline", "assign", "conflict", "acknowledge"}

// anyDeed is any act by anybody about anybody, mostly one that is refused.
func (c *climb) anyDeed(rt *rapid.T) {
	d := deed{act: rapid.SampledFrom(deedActs).Draw(rt, "act"), by: c.anybody(rt), person: c.anybody(rt)}
	if rapid.Bool().Draw(rt, "by one of them") {
		d.by = rapid.SampledFrom(slices.Concat(c.m.authors, c.governors(), c.reviewers(), c.m.people[:1])).Draw(rt, "by")
	}
	d.words = rapid.IntRange(0, 4).Draw(rt, "words") > 0
	d.items = rapid.IntRange(0, 4).Draw(rt, "items") > 0
	if d.act == "conflict" && rapid.Bool().Draw(rt, "own") {
		d.person = d.by
	}
	if len(c.m.asked) > 0 && rapid.IntRange(0, 2).Draw(rt, "a review") > 0 {
		d.review = rapid.SampledFrom(c.m.asked).Draw(rt, "review")
	}
	if d.act == "accept" || d.act == "decline" {
		if own := c.m.reviews(d.by); own != nil {
			d.review = own
		}
	}
	d.parts = c.newParts(rt)
	c.do(rt, d)
}

func (c *climb) governors() []*soul { return c.filter(c.m.governs) }

func (c *climb) reviewers() []*soul {
	return c.filter(func(p *soul) bool { return c.m.reviews(p) != nil })
}

func (c *climb) filter(is func(*soul) bool) []*soul {
	var list []*soul
	for _, p := range c.m.people {
		if is(p) {
			list = append(list, p)
		}
	}
	return list
}

// next is what somebody sensible whose turn it is does.
func (c *climb) next(rt *rapid.T) {
	for _, w := range c.m.items {
		switch {
		case c.m.state == "changes_requested" && w.state == "open":
			c.setItem(rt, w, "done", c.m.lead)
			return
		case (w.stage == c.m.state || c.m.state == "approved") && w.state != "closed":
			c.setItem(rt, w, "closed", w.by)
			return
		}
	}
	d := deed{words: true, items: true}
	governors, reviewers := c.governors(), c.reviewers()
	switch {
	case c.m.state == "draft" || c.m.state == "changes_requested":
		d.act, d.by, d.parts = "submit", c.m.lead, c.newParts(rt)
	case len(reviewers) > 0:
		d.by = rapid.SampledFrom(reviewers).Draw(rt, "reviewer")
		d.act = rapid.SampledFrom([]string{"sign_off", "sign_off", "sign_off", "accept", "carry_forward", "request_changes", "decline"}).Draw(rt, "act")
		d.review = c.m.reviews(d.by)
	case len(governors) == 0:
		rt.Skip("nobody in leadership can act")
	case rung(c.m.state) >= 0:
		d.by = rapid.SampledFrom(governors).Draw(rt, "leader")
		d.act = rapid.SampledFrom([]string{"assign", "permit", "override"}).Draw(rt, "act")
		d.person = c.anybody(rt)
		if fit := c.m.candidates(rung(c.m.state)); d.act == "assign" && len(fit) > 0 {
			d.person = rapid.SampledFrom(fit).Draw(rt, "candidate")
		}
		if fit := c.filter(c.m.mayBePermitted); d.act == "permit" && len(fit) > 0 {
			d.person = rapid.SampledFrom(fit).Draw(rt, "permitted")
		}
	case c.m.state == "approved":
		d.by = rapid.SampledFrom(governors).Draw(rt, "leader")
		d.act = rapid.SampledFrom([]string{"publish", "publish", "return", "details"}).Draw(rt, "act")
		if d.act == "details" {
			c.details(c.id, d.by.id)
			c.m.details = true
			c.remember(nil)
			return
		}
	case c.m.state == "published":
		d.by, d.act = rapid.SampledFrom(governors).Draw(rt, "leader"), "acknowledge"
	default:
		d.by, d.act = rapid.SampledFrom(governors).Draw(rt, "leader"), "reopen"
	}
	c.do(rt, d)
}

// touchItem answers, closes or reopens an item, as reviews allows it.
func (c *climb) touchItem(rt *rapid.T) {
	if len(c.m.items) == 0 {
		rt.Skip("no items")
	}
	w := rapid.SampledFrom(c.m.items).Draw(rt, "item")
	switch {
	case c.m.state == "changes_requested" && w.state != "closed":
		c.setItem(rt, w, rapid.SampledFrom([]string{"done", "not_agreed"}).Draw(rt, "answer"), rapid.SampledFrom(c.m.authors).Draw(rt, "author"))
	case (rung(c.m.state) >= 0 || c.m.state == "approved") && w.state != "closed":
		c.setItem(rt, w, "closed", w.by)
	case rung(c.m.state) >= 0:
		c.setItem(rt, w, "open", w.by)
	}
}

func (c *climb) setItem(rt *rapid.T, w *wish, state string, by *soul) {
	c.remember(by)
	if !c.m.sees(by) {
		if by = c.governor(); by == nil {
			rt.Skip("nobody may")
		}
		c.remember(by)
	}
	err := c.tx(func(tx *sqlx.Tx) error {
		query := `update change_items set state = $2, answer = 'So it is.', answered_by = $3, answered_at = $4, closed_by = null, closed_at = null where id = $1`
		if state == "closed" {
			query = `update change_items set state = $2, closed_by = $3, closed_at = $4 where id = $1`
		}
		if _, err := tx.Exec(query, w.id, state, by.id, c.now()); err != nil {
			return err
		}
		_, err := c.svc.Record(c.ctx, tx, workflow.Record{Proposal: c.id, Event: "item_" + state, By: actor(by.id), Detail: map[string]any{"item": w.id}})
		return err
	})
	if err != nil {
		rt.Fatalf("item %s by %s: %v", state, by.name, err)
	}
	w.state = state
	c.m.settle(c.now())
}

func (c *climb) governor() *soul {
	if all := c.governors(); len(all) > 0 {
		return all[0]
	}
	return nil
}

// changeAuthors adds and removes a co-author, or names another lead.
func (c *climb) changeAuthors(rt *rapid.T) {
	if c.m.state != "draft" && c.m.state != "changes_requested" || c.m.lead.gone {
		rt.Skip("authors stand")
	}
	c.remember(c.m.lead)
	p := c.anybody(rt)
	event, query := "author_invited", `insert into authors (proposal_id, email, position, name, added_at, added_by)
		select $1, email, (select max(position) + 1 from authors where proposal_id = $1), name, $3, id from people where id = $2`
	args := []any{c.id, p.id, c.now()}
	switch i := slices.Index(c.m.authors, p); {
	case i < 0:
		c.m.authors = append(c.m.authors, p)
	case p == c.m.lead:
		rt.Skip("the lead stays")
	case rapid.Bool().Draw(rt, "leave"):
		c.m.authors = slices.Delete(slices.Clone(c.m.authors), i, i+1)
		event, query, args = "author_removed", `delete from authors where proposal_id = $1 and email = (select email from people where id = $2)`, args[:2]
	default:
		c.exec(`update authors set is_lead = false where proposal_id = $1`, c.id)
		event, query, args = "lead_named", `update authors set is_lead = true where proposal_id = $1 and email = (select email from people where id = $2)`, args[:2]
		c.m.lead = p
	}
	c.exec(query, args...)
	err := c.tx(func(tx *sqlx.Tx) error {
		_, err := c.svc.Record(c.ctx, tx, workflow.Record{Proposal: c.id, Event: event, By: actor(c.actor.id), Detail: map[string]any{"person": p.id}})
		return err
	})
	if err != nil {
		rt.Fatalf("%s: %v", event, err)
	}
	c.m.settle(c.now())
}

// changePeople deactivates somebody, or takes or gives a role.
func (c *climb) changePeople(rt *rapid.T) {
	p := c.anybody(rt)
	role := rapid.SampledFrom([]string{"", "technical_reviewer", "educational_reviewer", "leadership"}).Draw(rt, "role")
	by := c.admin
	if all := c.governors(); len(all) > 0 && rapid.Bool().Draw(rt, "by leadership") {
		by = all[0] // an administrator as well
	}
	if p == by || p.gone || p == c.admin {
		rt.Skip("stays")
	}
	c.remember(by)
	if role != "" && !p.has(role) {
		c.exec(`insert into roles (person_id, role, granted_at) values ($1, $2, $3)`, p.id, role, c.now())
		p.roles = append(slices.Clone(p.roles), role)
		return
	}
	if role == "" && rapid.IntRange(0, 2).Draw(rt, "stay") > 0 {
		rt.Skip("stays")
	}
	err := c.tx(func(tx *sqlx.Tx) error {
		query, args := `delete from roles where person_id = $1 and role = $2`, []any{p.id, role}
		if role == "" {
			query, args = `update people set deactivated_at = $2 where id = $1`, []any{p.id, c.now()}
		}
		if _, err := tx.Exec(query, args...); err != nil {
			return err
		}
		return c.svc.ReplaceOpenWork(c.ctx, tx, by.id, p.id, role, c.now())
	})
	if err != nil {
		rt.Fatalf("%s leaves (%q): %v", p.name, role, err)
	}
	rt.Logf("%s leaves (%q)", p.name, role)
	c.m.leaves(p, role, c.now())
}
