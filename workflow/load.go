package workflow

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
)

// loadSQL reads a Case in one round trip. Its subqueries see the snapshot from
// before a wait for the row's lock, the locked row itself is read after it: so
// the last entry of the history is read in both ways, and where they differ the
// caller reads again, now holding the lock.
const loadSQL = `
select p.id, p.programme, p.state, p.revision, p.seq, encode(p.head, 'hex') as head,
  p.turn, p.turn_for, p.turn_since, p.turn_due, p.state_since, p.created_at, p.submitted_at,
  coalesce(p.suggested_title, 0) as suggested_title,
  (select max(h.seq) from history h where h.proposal_id = p.id) as snapshot_seq,
  json_build_object(
    'title', coalesce((select r.title from revisions r where r.proposal_id = p.id and r.number = p.revision),
                      (select d.title from drafts d where d.proposal_id = p.id), ''),
    'actor', (select json_build_object('id', a.id, 'name', a.name, 'email', a.email, 'active', a.deactivated_at is null,
                'roles', (select coalesce(json_agg(r.role order by r.role), '[]') from roles r where r.person_id = a.id))
              from people a where a.id = $2),
    'authors', (select json_agg(json_build_object('email', a.email, 'name', a.name, 'person', coalesce(pe.id, 0),
                  'lead', a.is_lead, 'active', pe.deactivated_at is null) order by a.position)
                from authors a left join people pe on pe.email = a.email where a.proposal_id = p.id),
    'sign_offs', (select json_agg(json_build_object('id', s.id, 'stage', s.stage, 'kind', s.kind, 'person', s.person_id,
                    'name', pe.name, 'granted_by', coalesce(s.granted_by, 0), 'assignment', coalesce(s.assignment, 0),
                    'permit', coalesce(s.permit, 0), 'carried', coalesce(s.carried_from, 0), 'revision', s.revision,
                    'reason', s.reason, 'signed_at', s.signed_at, 'voided_at', s.voided_at, 'void_reason', coalesce(s.void_reason, ''),
                    'digests', (select json_object_agg(d.part, d.digest) from sign_off_digests d where d.sign_off = s.id)) order by s.id)
                  from sign_offs s join people pe on pe.id = s.person_id where s.proposal_id = p.id),
    'assignments', (select json_agg(json_build_object('id', s.id, 'stage', s.stage, 'person', s.person_id, 'name', pe.name,
                      'state', s.state, 'was', coalesce(s.was, ''), 'offered_at', s.offered_at, 'due_at', s.due_at,
                      'accepted_at', s.accepted_at, 'closed_at', s.closed_at, 'words', s.words) order by s.id)
                    from assignments s join people pe on pe.id = s.person_id where s.proposal_id = p.id),
    'conflicts', (select json_agg(c.person_id order by c.person_id) from conflicts c where c.proposal_id = p.id),
    'items', (select json_agg(json_build_object('id', i.id, 'stage', i.stage, 'state', i.state, 'asked_by', i.asked_by,
                'assignment', coalesce(i.assignment, 0)) order by i.id)
              from change_items i where i.proposal_id = p.id and i.state <> 'draft'),
    'digests', (select json_object_agg(rp.part, rp.digest) from revision_parts rp where rp.proposal_id = p.id and rp.revision = p.revision),
    'next', (select json_object_agg(rp.part, rp.digest) from revision_parts rp where rp.proposal_id = p.id and rp.revision = p.revision + 1),
    'details', (select json_build_object('owner', d.owner, 'review_date', d.review_date::timestamp at time zone 'UTC')
                from publication_details d where d.proposal_id = p.id),
    'wanted', coalesce((select d.suggested_title from drafts d where d.proposal_id = p.id), 0),
    'wanted_taken', exists (select from drafts d join proposals o on o.suggested_title = d.suggested_title
                            where d.proposal_id = p.id and o.id <> p.id and o.state not in ('draft', 'rejected', 'withdrawn')),
    'title_taken', exists (select from proposals o where o.suggested_title = p.suggested_title and o.id <> p.id
                           and o.state not in ('draft', 'rejected', 'withdrawn')),
    'withdrawn_by', coalesce((select h.actor from history h where h.proposal_id = p.id and h.event = 'withdraw' order by h.seq desc limit 1), 0),
    'leaders', (select json_agg(r.person_id order by r.person_id) from roles r join people pe on pe.id = r.person_id
                where r.role = 'leadership' and pe.deactivated_at is null),
    'newcomer', not exists (
        select from authors a join people pe on pe.email = a.email join roles r on r.person_id = pe.id
        where a.proposal_id = p.id and a.is_lead)
      and not exists (
        select from authors a join authors o on o.email = a.email and o.is_lead and o.proposal_id <> a.proposal_id
        join sign_offs s on s.proposal_id = o.proposal_id and s.kind = 'sign_off'
        where a.proposal_id = p.id and a.is_lead)
  ) as rest
from proposals p where p.id = $1`

const lockSQL = loadSQL + ` for no key update of p`

type caseRow struct {
	ID             int64
	Programme      string
	State          string
	Revision       int
	Seq            int
	Head           string
	Turn           string
	TurnFor        string     `db:"turn_for"`
	TurnSince      time.Time  `db:"turn_since"`
	TurnDue        *time.Time `db:"turn_due"`
	StateSince     time.Time  `db:"state_since"`
	CreatedAt      time.Time  `db:"created_at"`
	SubmittedAt    *time.Time `db:"submitted_at"`
	SuggestedTitle int64      `db:"suggested_title"`
	SnapshotSeq    int        `db:"snapshot_seq"`
	Rest           []byte
}

type caseRest struct {
	Title       string            `json:"title"`
	Actor       *Person           `json:"actor"`
	Authors     []Author          `json:"authors"`
	SignOffs    []SignOff         `json:"sign_offs"`
	Assignments []Assignment      `json:"assignments"`
	Conflicts   []int64           `json:"conflicts"`
	Items       []Item            `json:"items"`
	Digests     map[string]string `json:"digests"`
	Next        map[string]string `json:"next"`
	Details     *Details          `json:"details"`
	Wanted      int64             `json:"wanted"`
	WantedTaken bool              `json:"wanted_taken"`
	TitleTaken  bool              `json:"title_taken"`
	WithdrawnBy int64             `json:"withdrawn_by"`
	Newcomer    bool              `json:"newcomer"`
	Leaders     []int64           `json:"leaders"`
}

var errNoProposal = fault.New(fault.NotFound, "There is no such proposal, or it is not yours to see.")

// Load reads a proposal for somebody who looks at it. NotFound if it does not
// exist or is not theirs to see.
func (s *Service) Load(ctx context.Context, q postgres.Queryer, proposal int64, by Actor) (*Case, error) {
	return s.visible(s.load(ctx, q, proposal, by, false))
}

// Lock is Load inside a transaction that is going to act: the proposal's row
// stays locked until the end of it.
func (s *Service) Lock(ctx context.Context, tx postgres.Queryer, proposal int64, by Actor) (*Case, error) {
	return s.visible(s.load(ctx, tx, proposal, by, true))
}

func (s *Service) visible(c *Case, err error) (*Case, error) {
	if err != nil {
		return nil, err
	}
	if !c.Visible() {
		return nil, errNoProposal
	}
	return c, nil
}

func (s *Service) load(ctx context.Context, q postgres.Queryer, proposal int64, by Actor, lock bool) (*Case, error) {
	query := &s.hot.load
	if lock {
		query = &s.hot.lock
	}
	var row caseRow
	for again := false; ; again = true {
		err := query.Get(ctx, q, &row, proposal, by.Person)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, errNoProposal
		}
		if err != nil {
			return nil, fmt.Errorf("loading proposal %d: %w", proposal, err)
		}
		if row.Seq == row.SnapshotSeq {
			break
		}
		if again { // nobody can have moved it since: its history was cut, or its row changed, behind our back
			return nil, fmt.Errorf("proposal %d stands on entry %d, and its history ends with %d", proposal, row.Seq, row.SnapshotSeq)
		}
	}
	var rest caseRest
	if err := json.Unmarshal(row.Rest, &rest); err != nil {
		return nil, fmt.Errorf("loading proposal %d: %w", proposal, err)
	}
	p, err := s.Programme(ctx, q, row.Programme)
	if err != nil {
		return nil, err
	}
	c := &Case{
		ID: row.ID, Programme: p, State: row.State, Revision: row.Revision, Seq: row.Seq, Head: row.Head,
		Turn: row.Turn, TurnFor: row.TurnFor, TurnSince: row.TurnSince.UTC(), TurnDue: row.TurnDue,
		StateSince: row.StateSince.UTC(), CreatedAt: row.CreatedAt.UTC(), SubmittedAt: row.SubmittedAt,
		SuggestedTitle: row.SuggestedTitle, Title: rest.Title,
		Authors: rest.Authors, SignOffs: rest.SignOffs, Assignments: rest.Assignments,
		Conflicts: rest.Conflicts, Items: rest.Items, Digests: rest.Digests, next: rest.Next,
		wanted: rest.Wanted, wantedTaken: rest.WantedTaken, titleTaken: rest.TitleTaken,
		withdrawnBy: rest.WithdrawnBy, newcomer: rest.Newcomer, leaders: rest.Leaders, now: s.now(),
	}
	if rest.Actor != nil {
		c.Actor = *rest.Actor
		if by.Plainly {
			c.Actor.Roles = slices.DeleteFunc(c.Actor.Roles, func(role string) bool { return role == Leadership })
		}
	} else if by.Person != 0 {
		return nil, fault.New(fault.SignIn, "Sign in to go on.")
	}
	if rest.Details != nil {
		c.Details = *rest.Details
	}
	return c, nil
}
