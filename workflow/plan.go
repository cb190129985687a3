package workflow

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// plan collects what an act writes, so that it is written in one statement.
type plan struct {
	entries  []*entry
	voids    []voidRow
	signOffs []signOffRow // at most one
	conflict []conflictRow
	mail     []queued
	told     map[string]bool // one mail to one person an act
}

// entry is a history entry in the making.
type entry struct {
	event        string
	actor        int64
	programme    string
	fromState    string
	fromRevision int
	toState      string
	revision     int
	detail       map[string]any
	words        string
}

func (p *plan) begin(c *Case, event string, by Actor, words string) *entry {
	return &entry{event: event, actor: by.Person, programme: c.Programme.Version,
		fromState: c.State, fromRevision: c.Revision, detail: map[string]any{}, words: words}
}

func (p *plan) end(c *Case, e *entry) {
	e.toState, e.revision = c.State, c.Revision
	p.entries = append(p.entries, e)
}

// last is the entry to which the consequences belong.
func (p *plan) last() *entry { return p.entries[len(p.entries)-1] }

func (e *entry) note(key string, person int64) {
	ids, _ := e.detail[key].([]int64)
	e.detail[key] = append(ids, person)
}

func (p *plan) void(c *Case, e *entry, so *SignOff, why string) {
	so.VoidedAt, so.VoidReason = &c.now, why
	p.voids = append(p.voids, voidRow{ID: so.ID, At: c.now, Reason: why})
	e.note("voided", so.ID)
}

// close ends an assignment for good.
func (p *plan) close(c *Case, e *entry, a *Assignment, state, words string) {
	a.State, a.Was, a.ClosedAt, a.changed = state, "", &c.now, true
	if words != "" {
		a.Words = words
	}
	e.note(state, a.Person)
}

func (p *plan) sign(c *Case, e *entry, st programme.Stage, so SignOff) {
	so.Revision, so.SignedAt, so.Digests = c.Revision, c.now, map[string]string{}
	for _, part := range st.Parts {
		so.Digests[part] = c.Digests[part]
	}
	c.SignOffs = append(c.SignOffs, so)
	e.detail["stage"], e.detail["digests"] = st.Key, so.Digests
	p.signOffs = append(p.signOffs, signOffRow{Stage: so.Stage, Kind: so.Kind, Person: so.Person, GrantedBy: so.GrantedBy,
		Assignment: so.Assignment, Permit: so.Permit, Carried: so.Carried, Revision: so.Revision, Reason: so.Reason,
		At: so.SignedAt, Parts: st.Parts})
}

type voidRow struct {
	ID     int64     `json:"id"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

type signOffRow struct {
	Stage      string    `json:"stage"`
	Kind       string    `json:"kind"`
	Person     int64     `json:"person"`
	GrantedBy  int64     `json:"granted_by"`
	Assignment int64     `json:"assignment"`
	Permit     int64     `json:"permit"`
	Carried    int64     `json:"carried"`
	Revision   int       `json:"revision"`
	Reason     string    `json:"reason"`
	At         time.Time `json:"at"`
	Parts      []string  `json:"parts"`
}

type conflictRow struct {
	Person int64     `json:"person"`
	By     int64     `json:"by"`
	At     time.Time `json:"at"`
	Words  string    `json:"words"`
}

type assignmentRow struct {
	ID         int64      `json:"id"`
	Stage      string     `json:"stage"`
	Person     int64      `json:"person"`
	State      string     `json:"state"`
	Was        string     `json:"was"`
	AssignedBy int64      `json:"assigned_by"`
	OfferedAt  time.Time  `json:"offered_at"`
	DueAt      time.Time  `json:"due_at"`
	AcceptedAt *time.Time `json:"accepted_at"`
	ClosedAt   *time.Time `json:"closed_at"`
	Words      string     `json:"words"`
}

type historyRow struct {
	Seq          int       `json:"seq"`
	At           time.Time `json:"at"`
	Actor        int64     `json:"actor"`
	Event        string    `json:"event"`
	Programme    string    `json:"programme"`
	FromState    string    `json:"from_state"`
	FromRevision *int      `json:"from_revision"`
	ToState      string    `json:"to_state"`
	Revision     int       `json:"revision"`
	Detail       string    `json:"detail"`
	PrevHash     string    `json:"prev_hash"`
	Hash         string    `json:"hash"`
	Words        string    `json:"words"`
}

type proposalRow struct {
	Programme      string     `json:"programme"`
	State          string     `json:"state"`
	Revision       int        `json:"revision"`
	Seq            int        `json:"seq"`
	Head           string     `json:"head"`
	SuggestedTitle int64      `json:"suggested_title"`
	Turn           string     `json:"turn"`
	TurnFor        string     `json:"turn_for"`
	TurnSince      time.Time  `json:"turn_since"`
	TurnDue        *time.Time `json:"turn_due"`
	StateSince     time.Time  `json:"state_since"`
	SubmittedAt    *time.Time `json:"submitted_at"`
}

// document is a plan as applySQL takes it. An empty list is left out, which
// PostgreSQL reads as no rows. There is at most one sign-off.
type document struct {
	Proposal  proposalRow     `json:"proposal"`
	History   []historyRow    `json:"history,omitempty"`
	Voids     []voidRow       `json:"voids,omitempty"`
	SignOffs  []signOffRow    `json:"sign_offs,omitempty"`
	Conflicts []conflictRow   `json:"conflicts,omitempty"`
	Changed   []assignmentRow `json:"changed,omitempty"`
	New       []assignmentRow `json:"new,omitempty"`
	Mail      []queuedRow     `json:"mail,omitempty"`
}

// applySQL writes a whole act in one round trip. The proposal's row is locked
// by its load; seq is compared once more all the same.
const applySQL = `
with doc as (select cast($2 as jsonb) as d),
moved as (
  update proposals p set programme = r.programme, state = r.state, revision = r.revision, seq = r.seq, head = decode(r.head, 'hex'),
    suggested_title = nullif(r.suggested_title, 0), turn = r.turn, turn_for = r.turn_for, turn_since = r.turn_since,
    turn_due = r.turn_due, state_since = r.state_since, submitted_at = r.submitted_at
  from doc, jsonb_to_record(doc.d -> 'proposal') as r (programme text, state text, revision int, seq int, head text,
    suggested_title bigint, turn text, turn_for text, turn_since timestamptz, turn_due timestamptz, state_since timestamptz, submitted_at timestamptz)
  where p.id = $1 and p.seq = $3
  returning p.id),
entries as (
  insert into history (proposal_id, seq, at, actor, event, programme, from_state, from_revision, to_state, revision, detail, prev_hash, hash)
  select $1, r.seq, r.at, nullif(r.actor, 0), r.event, r.programme, nullif(r.from_state, ''), r.from_revision, r.to_state, r.revision, r.detail,
    decode(nullif(r.prev_hash, ''), 'hex'), decode(r.hash, 'hex')
  from doc, jsonb_to_recordset(doc.d -> 'history') as r (seq int, at timestamptz, actor bigint, event text, programme text,
    from_state text, from_revision int, to_state text, revision int, detail text, prev_hash text, hash text)),
words as (
  insert into remarks (proposal_id, seq, words)
  select $1, r.seq, r.words from doc, jsonb_to_recordset(doc.d -> 'history') as r (seq int, words text) where r.words <> ''),
voided as (
  update sign_offs s set voided_at = r.at, void_reason = r.reason
  from doc, jsonb_to_recordset(doc.d -> 'voids') as r (id bigint, at timestamptz, reason text)
  where s.id = r.id and s.proposal_id = $1),
signed as (
  insert into sign_offs (proposal_id, stage, kind, person_id, granted_by, assignment, permit, carried_from, revision, reason, signed_at)
  select $1, r.stage, r.kind, r.person, nullif(r.granted_by, 0), nullif(r.assignment, 0), nullif(r.permit, 0), nullif(r.carried, 0),
    r.revision, r.reason, r.at
  from doc, jsonb_to_recordset(doc.d -> 'sign_offs') as r (stage text, kind text, person bigint, granted_by bigint,
    assignment bigint, permit bigint, carried bigint, revision int, reason text, at timestamptz)
  returning id, revision),
exact as (
  insert into sign_off_digests (sign_off, proposal_id, revision, part, digest)
  select signed.id, $1, rp.revision, rp.part, rp.digest
  from doc, signed, jsonb_array_elements_text(doc.d -> 'sign_offs' -> 0 -> 'parts') as vouched (part)
    join revision_parts rp on rp.part = vouched.part
  where rp.proposal_id = $1 and rp.revision = signed.revision),
interests as (
  insert into conflicts (proposal_id, person_id, declared_at, declared_by, words)
  select $1, r.person, r.at, r.by, r.words
  from doc, jsonb_to_recordset(doc.d -> 'conflicts') as r (person bigint, at timestamptz, by bigint, words text)),
changed as (
  update assignments a set state = r.state, was = nullif(r.was, ''), due_at = r.due_at, accepted_at = r.accepted_at,
    closed_at = r.closed_at, words = r.words
  from doc, jsonb_to_recordset(doc.d -> 'changed') as r (id bigint, state text, was text, due_at timestamptz,
    accepted_at timestamptz, closed_at timestamptz, words text)
  where a.id = r.id and a.proposal_id = $1
  returning a.id),
asked as ( -- after the changed ones: one of them may free a person for this
  insert into assignments (proposal_id, stage, person_id, state, assigned_by, offered_at, due_at)
  select $1, r.stage, r.person, r.state, nullif(r.assigned_by, 0), r.offered_at, r.due_at
  from doc, jsonb_to_recordset(doc.d -> 'new') as r (stage text, person bigint, state text, assigned_by bigint,
    offered_at timestamptz, due_at timestamptz)
  where (select count(*) from changed) >= 0),
mailed as (
  insert into outbox (kind, key, proposal_id, payload, created_at, due_at)
  select 'mail', r.key, $1, r.payload, r.at, r.at
  from doc, jsonb_to_recordset(doc.d -> 'mail') as r (key text, payload jsonb, at timestamptz)
  on conflict (key) do nothing),
wanted as ( -- a draft is its authors' own: nothing is told before its first submit
  insert into outbox (kind, key, proposal_id, payload, created_at, due_at)
  select 'webhook', concat_ws(':', 'webhook', w.id, $1, r.seq), $1,
    jsonb_build_object('webhook', w.id, 'type', 'proposal.' || r.event, 'proposal', $1, 'seq', r.seq), r.at, r.at
  from doc, jsonb_to_recordset(doc.d -> 'history') as r (seq int, at timestamptz, event text, revision int), webhooks w
  where r.revision > 0 and w.disabled_at is null and w.removed_at is null and (w.events = '{}' or r.event = any (w.events)))
select (select count(*) from moved) as moved, coalesce((select max(id) from signed), 0) as sign_off`

// apply writes the plan and gives the result of its first entry.
func (s *Service) apply(ctx context.Context, tx *sqlx.Tx, c *Case, p *plan) (Result, error) {
	seq := c.Seq
	prev := c.head()
	doc := document{Voids: p.voids, SignOffs: p.signOffs, Conflicts: p.conflict}
	for _, e := range p.entries {
		detail, err := json.Marshal(e.detail)
		if err != nil {
			return Result{}, fmt.Errorf("writing the history of proposal %d: %w", c.ID, err)
		}
		h := Link{Proposal: c.ID, Seq: c.Seq + 1, At: c.now, Actor: e.actor, Event: e.event, Programme: e.programme,
			From: e.fromState, FromRevision: e.fromRevision, To: e.toState, Revision: e.revision, Detail: string(detail), Prev: prev}
		sum := h.Sum()
		doc.History = append(doc.History, historyRow{Seq: h.Seq, At: h.At, Actor: h.Actor, Event: h.Event, Programme: h.Programme,
			FromState: h.From, FromRevision: &h.FromRevision, ToState: h.To, Revision: h.Revision, Detail: h.Detail,
			PrevHash: hex.EncodeToString(prev), Hash: hex.EncodeToString(sum), Words: e.words})
		c.Seq, c.Head, prev = h.Seq, hex.EncodeToString(sum), sum
	}
	for _, a := range c.Assignments {
		row := assignmentRow{ID: a.ID, Stage: a.Stage, Person: a.Person, State: a.State, Was: a.Was, AssignedBy: a.assignedBy,
			OfferedAt: a.OfferedAt, DueAt: a.DueAt, AcceptedAt: a.AcceptedAt, ClosedAt: a.ClosedAt, Words: a.Words}
		switch {
		case a.isNew:
			doc.New = append(doc.New, row)
		case a.changed:
			doc.Changed = append(doc.Changed, row)
		}
	}
	first := seq + 1
	for _, q := range p.mail {
		row, err := q.row(c, first)
		if err != nil {
			return Result{}, err
		}
		doc.Mail = append(doc.Mail, row)
	}
	doc.Proposal = proposalRow{Programme: c.Programme.Version, State: c.State, Revision: c.Revision, Seq: c.Seq, Head: c.Head,
		SuggestedTitle: c.SuggestedTitle, Turn: c.Turn, TurnFor: c.TurnFor, TurnSince: c.TurnSince, TurnDue: c.TurnDue,
		StateSince: c.StateSince, SubmittedAt: c.SubmittedAt}
	body, err := json.Marshal(doc)
	if err != nil {
		return Result{}, fmt.Errorf("writing proposal %d: %w", c.ID, err)
	}
	var wrote struct {
		Moved   int
		SignOff int64 `db:"sign_off"`
	}
	err = s.hot.apply.Get(ctx, tx, &wrote, c.ID, string(body), seq)
	switch {
	case postgres.Constraint(err) == "proposals_suggested_title_taken":
		return Result{}, refusal([]fault.Reason{titleTaken})
	case err != nil:
		return Result{}, fmt.Errorf("writing proposal %d: %w", c.ID, err)
	case wrote.Moved != 1:
		return Result{}, errors.New("writing a proposal that moved under its lock")
	}
	return Result{Proposal: c.ID, From: p.entries[0].fromState, To: c.State, Revision: c.Revision, Seq: first, Head: c.Head, SignOff: wrote.SignOff}, nil
}

// act is the way of every act on a proposal: lock and read, change, settle, write.
func (s *Service) act(ctx context.Context, tx *sqlx.Tx, proposal int64, by Actor, change func(*Case, *plan) error) (Result, error) {
	c, err := s.load(ctx, tx, proposal, by, true)
	if err != nil {
		return Result{}, err
	}
	if !c.Visible() {
		return Result{}, errNoProposal
	}
	before := *c
	p := &plan{told: map[string]bool{}}
	if err := change(c, p); err != nil {
		return Result{}, err
	}
	if err := s.settle(ctx, tx, &before, c, p); err != nil {
		return Result{}, err
	}
	c.tell(&before, p)
	return s.apply(ctx, tx, c, p)
}
