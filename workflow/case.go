package workflow

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Case is one proposal with everything that the rules look at, and the person
// who looks. It is a snapshot: rules are pure functions of it.
type Case struct {
	ID             int64
	Programme      *programme.Programme
	State          string
	Revision       int
	Seq            int    // of the last history entry
	Head           string // hex of that entry's hash
	Turn           string // author, reviewers, leadership, nobody
	TurnFor        string // to do what: one of the For… codes
	TurnSince      time.Time
	TurnDue        *time.Time
	StateSince     time.Time
	CreatedAt      time.Time
	SubmittedAt    *time.Time
	SuggestedTitle int64  // taken by this proposal, 0 for none
	Title          string // of the latest revision, of the draft before the first submit

	Actor       Person
	Authors     []Author
	SignOffs    []SignOff         // all, oldest first, overrides and permits too
	Assignments []Assignment      // all, oldest first
	Conflicts   []int64           // people
	Items       []Item            // of change requests that were sent
	Digests     map[string]string // part → digest of the latest revision
	Details     Details

	next        map[string]string // part → digest of the revision that a submit is about to make
	wanted      int64             // the suggested title that the draft is written for
	wantedTaken bool              // by another proposal
	titleTaken  bool              // SuggestedTitle is held by another proposal now
	withdrawnBy int64
	newcomer    bool    // the lead holds no role, and no proposal of theirs was ever signed
	leaders     []int64 // everybody in leadership with an active account
	now         time.Time
}

// Person is somebody with an account.
type Person struct {
	ID     int64    `json:"id"`
	Name   string   `json:"name"`
	Email  string   `json:"email"`
	Roles  []string `json:"roles"`
	Active bool     `json:"active"`
}

// Has reports whether the person holds the role.
func (p Person) Has(role string) bool { return slices.Contains(p.Roles, role) }

// Author is the lead or a co-author; Person is 0 until they first sign in.
type Author struct {
	Email  string `json:"email"`
	Name   string `json:"name"`
	Person int64  `json:"person"`
	Lead   bool   `json:"lead"`
	Active bool   `json:"active"` // false for a deactivated person
}

// The kinds of SignOff.
const (
	KindSignOff  = "sign_off" // a reviewer's yes
	KindOverride = "override" // leadership's, in place of the missing ones
	KindPermit   = "permit"   // leadership's: one person may hold two stages
)

// SignOff is a yes at one stage to exact digests.
type SignOff struct {
	ID         int64             `json:"id"`
	Stage      string            `json:"stage"`
	Kind       string            `json:"kind"`
	Person     int64             `json:"person"`
	Name       string            `json:"name"`
	GrantedBy  int64             `json:"granted_by"`
	Assignment int64             `json:"assignment"`
	Permit     int64             `json:"permit"`
	Carried    int64             `json:"carried"`
	Revision   int               `json:"revision"`
	Reason     string            `json:"reason"`
	SignedAt   time.Time         `json:"signed_at"`
	VoidedAt   *time.Time        `json:"voided_at"`
	VoidReason string            `json:"void_reason"` // changed, became_author, conflict
	Digests    map[string]string `json:"digests"`     // part → digest
}

// Valid reports whether it still counts.
func (s SignOff) Valid() bool { return s.VoidedAt == nil }

// The states of an Assignment.
const (
	Offered   = "offered"   // asked; accepts, declines, or signs at once
	Accepted  = "accepted"  // said yes
	Suspended = "suspended" // the proposal is elsewhere; it resumes as what it was
	Done      = "done"      // signed
	Declined  = "declined"  // said no, with a reason
	Replaced  = "replaced"  // taken away
)

// Assignment is one person asked to review one stage.
type Assignment struct {
	ID         int64      `json:"id"`
	Stage      string     `json:"stage"`
	Person     int64      `json:"person"`
	Name       string     `json:"name"`
	State      string     `json:"state"`
	Was        string     `json:"was"` // before it was suspended
	OfferedAt  time.Time  `json:"offered_at"`
	DueAt      time.Time  `json:"due_at"`
	AcceptedAt *time.Time `json:"accepted_at"`
	ClosedAt   *time.Time `json:"closed_at"`
	Words      string     `json:"words"`

	isNew, changed bool
	assignedBy     int64
}

// Open reports whether it asks for something now.
func (a Assignment) Open() bool { return a.State == Offered || a.State == Accepted }

// Item is one item of a change request, as far as the machine cares.
type Item struct {
	ID         int64  `json:"id"`
	Stage      string `json:"stage"`
	State      string `json:"state"` // open, done, not_agreed, closed
	AskedBy    int64  `json:"asked_by"`
	Assignment int64  `json:"assignment"` // 0: asked by leadership
}

// Unclosed reports whether the item still stands between the proposal and the
// sign-off of its stage.
func (i Item) Unclosed() bool { return i.State != "closed" }

// Details are the publication details that the machine looks at.
type Details struct {
	Owner      string     `json:"owner"`
	ReviewDate *time.Time `json:"review_date"`
}

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
	} else if by.Person != 0 {
		return nil, fault.New(fault.SignIn, "Sign in to go on.")
	}
	if rest.Details != nil {
		c.Details = *rest.Details
	}
	return c, nil
}

// Seen is what somebody who was shown this case saw.
func (c *Case) Seen() Seen { return Seen{State: c.State, Revision: c.Revision, Seq: c.Seq} }

// Visible reports whether the actor may see the proposal: its authors, those
// who are asked to review it or did, leadership, and the system.
func (c *Case) Visible() bool {
	if c.Actor.ID == 0 {
		return true
	}
	if !c.Actor.Active {
		return false
	}
	return c.IsAuthor(c.Actor.ID) || c.Actor.Has(Leadership) || slices.ContainsFunc(c.Assignments, func(a Assignment) bool {
		return a.Person == c.Actor.ID && a.State != Declined && a.State != Replaced
	})
}

// IsAuthor reports whether the person is the lead or a co-author.
func (c *Case) IsAuthor(person int64) bool {
	return person != 0 && slices.ContainsFunc(c.Authors, func(a Author) bool { return a.Person == person })
}

// IsLead reports whether the person is the lead author.
func (c *Case) IsLead(person int64) bool {
	lead, ok := c.Lead()
	return ok && person != 0 && lead.Person == person
}

// Lead is the lead author.
func (c *Case) Lead() (Author, bool) {
	for _, a := range c.Authors {
		if a.Lead {
			return a, true
		}
	}
	return Author{}, false
}

// IsConflicted reports whether the person declared a conflict.
func (c *Case) IsConflicted(person int64) bool { return slices.Contains(c.Conflicts, person) }

// Stage is the stage that the proposal stands on, if it stands on one.
func (c *Case) Stage() (programme.Stage, bool) { return c.Programme.Stage(c.State) }

// OpenAssignment is what the person is asked to do at the stage on which the
// proposal stands.
func (c *Case) OpenAssignment(person int64) (Assignment, bool) {
	for _, a := range c.Assignments {
		if person != 0 && a.Person == person && a.Stage == c.State && a.Open() {
			return a, true
		}
	}
	return Assignment{}, false
}

// ValidSignOffs are the reviewers' sign-offs of a stage that count.
func (c *Case) ValidSignOffs(stage string) []SignOff {
	var valid []SignOff
	for _, s := range c.SignOffs {
		if s.Kind == KindSignOff && s.Stage == stage && s.Valid() {
			valid = append(valid, s)
		}
	}
	return valid
}

// Override is the override that stands in at a stage, if one does.
func (c *Case) Override(stage string) (SignOff, bool) {
	for _, s := range c.SignOffs {
		if s.Kind == KindOverride && s.Stage == stage && s.Valid() {
			return s, true
		}
	}
	return SignOff{}, false
}

// Missing is how many sign-offs a stage still needs.
func (c *Case) Missing(st programme.Stage) int {
	if _, ok := c.Override(st.Key); ok {
		return 0
	}
	return max(0, st.SignOffs-len(c.ValidSignOffs(st.Key)))
}

// destination is where every submit, sign-off and return goes: the earliest
// stage with fewer valid sign-offs than it needs, else approved.
func (c *Case) destination() string {
	for _, st := range c.Programme.Stages {
		if c.Missing(st) > 0 {
			return st.Key
		}
	}
	return programme.Approved
}

// unclosed are the items of a stage that stand between it and its sign-off.
func (c *Case) unclosed(stage string) []Item {
	var items []Item
	for _, i := range c.Items {
		if i.Stage == stage && i.Unclosed() {
			items = append(items, i)
		}
	}
	return items
}

// permit is the valid permit under which the person may hold the stage as a second one.
func (c *Case) permit(person int64, stage string) (SignOff, bool) {
	for _, s := range c.SignOffs {
		if s.Kind == KindPermit && s.Person == person && s.Stage == stage && s.Valid() {
			return s, true
		}
	}
	return SignOff{}, false
}

// restsOn are the people whose independence a sign-off needs to count: whose yes
// it is, and who in leadership granted it, or the permit under which it was given.
func (c *Case) restsOn(so SignOff) []int64 {
	people := []int64{so.Person, so.GrantedBy}
	for _, permit := range c.SignOffs {
		if permit.Kind == KindPermit && permit.ID == so.Permit {
			people = append(people, permit.GrantedBy)
		}
	}
	return people
}

// signedElsewhere reports whether the person ever signed another stage.
func (c *Case) signedElsewhere(person int64, stage string) bool {
	return slices.ContainsFunc(c.SignOffs, func(s SignOff) bool {
		return s.Kind == KindSignOff && s.Person == person && s.Stage != stage
	})
}

// head is the chain's head as bytes.
func (c *Case) head() []byte {
	b, err := hex.DecodeString(c.Head)
	if err != nil {
		panic("the head of a proposal is not hexadecimal: " + err.Error()) // written by encode() alone
	}
	return b
}
