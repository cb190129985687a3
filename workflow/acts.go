package workflow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// The head is empty until the entry is written, which needs the id; the foreign
// key between the two is checked at commit.
const createSQL = `
insert into proposals (programme, state, revision, seq, head, turn, turn_for, turn_since, state_since, created_at, created_by)
values ($1, 'draft', 0, 1, '', 'author', 'write', $2, $2, $2, $3)
returning id`

const createHistorySQL = `
insert into history (proposal_id, seq, at, actor, event, programme, to_state, revision, detail, hash)
values ($1, 1, $2, $3, 'create', $4, 'draft', 0, '{}', $5)`

const createHeadSQL = `update proposals set head = $2 where id = $1`

// Create begins a proposal in its draft state. Its caller writes the lead
// author and the draft in the same transaction.
func (s *Service) Create(ctx context.Context, tx *sqlx.Tx, by Actor) (int64, error) {
	now := s.now()
	var id int64
	if err := tx.GetContext(ctx, &id, createSQL, s.Current.Version, now, by.Person); err != nil {
		return 0, fmt.Errorf("creating a proposal: %w", err)
	}
	first := Link{Proposal: id, Seq: 1, At: now, Actor: by.Person, Event: "create", Programme: s.Current.Version, To: programme.Draft, Detail: "{}"}
	sum := first.Sum()
	if _, err := tx.ExecContext(ctx, createHistorySQL, id, now, by.Person, s.Current.Version, sum); err != nil {
		return 0, fmt.Errorf("creating a proposal: %w", err)
	}
	if _, err := tx.ExecContext(ctx, createHeadSQL, id, sum); err != nil {
		return 0, fmt.Errorf("creating a proposal: %w", err)
	}
	return id, nil
}

// Record is an act of another room on a proposal that leaves its state.
type Record struct {
	Proposal int64
	Event    string // as it stands in the history: item_done, author_invited, …
	By       Actor
	Detail   map[string]any // ids and digests only, never names or words
	Words    string         // kept beside the history entry, erasable
	Notices  []Notice       // who is told, besides what follows from the act itself
}

// Record puts an act of another room into the history, in the transaction in
// which that room has already written it, and settles whose turn it is. The
// room has checked that its actor may do this.
func (s *Service) Record(ctx context.Context, tx *sqlx.Tx, r Record) (Result, error) {
	return s.act(ctx, tx, r.Proposal, r.By, func(c *Case, p *plan) error {
		e := p.begin(c, r.Event, r.By, r.Words)
		for k, v := range r.Detail {
			e.detail[k] = v
		}
		p.end(c, e)
		for _, n := range r.Notices {
			p.notice(c, n)
		}
		return nil
	})
}

// Accept says yes to an assignment.
func (s *Service) Accept(ctx context.Context, by Actor, assignment int64, seen Seen) error {
	return s.onAssignment(ctx, by, assignment, seen, func(c *Case, p *plan, a *Assignment) error {
		if reasons := ruleFor(ActAccept).against(c); len(reasons) > 0 {
			return refusal(reasons)
		}
		e := p.begin(c, ActAccept, by, "")
		a.State, a.AcceptedAt, a.changed = Accepted, &c.now, true
		p.end(c, e)
		return nil
	})
}

// Decline says no to an assignment, with the reason; the next person is asked.
func (s *Service) Decline(ctx context.Context, by Actor, assignment int64, seen Seen, words string) error {
	return s.onAssignment(ctx, by, assignment, seen, func(c *Case, p *plan, a *Assignment) error {
		reasons := ruleFor(ActDecline).against(c)
		words = strings.TrimSpace(words)
		if words == "" {
			reasons = append(reasons, reason("no_reason", "reason", "Say in a few words why: it helps to find the right person."))
		}
		reasons = append(reasons, tooLong(words)...)
		if len(reasons) > 0 {
			return refusal(reasons)
		}
		e := p.begin(c, ActDecline, by, "")
		p.close(c, e, a, Declined, words)
		p.end(c, e)
		return nil
	})
}

const assignmentSQL = `select proposal_id from assignments where id = $1 and person_id = $2`

// onAssignment acts on one's own assignment, at the stage on which the proposal
// stands.
func (s *Service) onAssignment(ctx context.Context, by Actor, assignment int64, seen Seen, do func(*Case, *plan, *Assignment) error) error {
	return postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		var proposals []int64
		if err := tx.SelectContext(ctx, &proposals, assignmentSQL, assignment, by.Person); err != nil {
			return fmt.Errorf("looking for an assignment: %w", err)
		}
		if len(proposals) == 0 {
			return fault.New(fault.NotFound, "There is no such review, or it isn't yours.")
		}
		_, err := s.act(ctx, tx, proposals[0], by, func(c *Case, p *plan) error {
			if err := s.ifSeen(ctx, tx, c, seen); err != nil {
				return err
			}
			i := slices.IndexFunc(c.Assignments, func(a Assignment) bool { return a.ID == assignment })
			a := &c.Assignments[i]
			if !a.Open() || a.Stage != c.State {
				return refusal([]fault.Reason{reason("assignment_over", "", "This review doesn't wait for you any more.")})
			}
			return do(c, p, a)
		})
		return err
	})
}

// Assign asks a person to review the stage on which the proposal stands, in
// place of the assignment that they replace (0 for none), with the same checks
// as the system's own choice. words say why somebody is replaced.
func (s *Service) Assign(ctx context.Context, by Actor, proposal int64, seen Seen, person, replaces int64, words string) error {
	return postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		_, err := s.act(ctx, tx, proposal, by, func(c *Case, p *plan) error {
			if err := s.notStale(ctx, tx, c, seen); err != nil {
				return err
			}
			if reasons := ruleFor(ActAssign).against(c); len(reasons) > 0 {
				return refusal(reasons)
			}
			st, _ := c.Stage()
			e := p.begin(c, ActAssign, by, "")
			reasons := tooLong(words)
			if replaces != 0 {
				i := slices.IndexFunc(c.Assignments, func(a Assignment) bool { return a.ID == replaces && a.Stage == st.Key && a.Open() })
				if i < 0 {
					reasons = append(reasons, reason("assignment_over", "replaces", "The review to be replaced doesn't wait for anybody any more."))
				} else {
					p.close(c, e, &c.Assignments[i], Replaced, strings.TrimSpace(words))
				}
			}
			pool, err := s.pool(ctx, tx, c, st)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(pool, func(cand Candidate) bool { return cand.Person == person })
			switch {
			case i < 0:
				why, err := s.whyNot(ctx, tx, c, st, person)
				if err != nil {
					return err
				}
				reasons = append(reasons, why...)
			case len(pool[i].Against) > 0:
				reasons = append(reasons, pool[i].Against...)
			}
			if len(reasons) == 0 && c.short(st) == 0 {
				reasons = append(reasons, reason("enough_asked", "person", "Enough reviewers are asked at this stage. Replace one of them instead."))
			}
			if len(reasons) > 0 {
				return refusal(reasons)
			}
			c.ask(e, st, pool[i], by)
			p.end(c, e)
			return nil
		})
		return err
	})
}

// whyNot is why somebody isn't in the pool at all.
func (s *Service) whyNot(ctx context.Context, tx *sqlx.Tx, c *Case, st programme.Stage, person int64) ([]fault.Reason, error) {
	list, err := s.candidates(ctx, tx, c, st)
	if err != nil {
		return nil, err
	}
	for _, cand := range list {
		if cand.Person == person && len(cand.Against) > 0 {
			return cand.Against, nil
		}
	}
	return []fault.Reason{reason("no_role", "person", "Choose somebody with an active account who holds the role of this stage.")}, nil
}

// DeclareConflict records a conflict of interest, one's own or, by leadership,
// somebody else's. What the person signed here stops counting, and a proposal
// beyond that stage returns to it; after publishing it is leadership's turn.
func (s *Service) DeclareConflict(ctx context.Context, by Actor, proposal int64, seen Seen, person int64, words string) error {
	return postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		_, err := s.act(ctx, tx, proposal, by, func(c *Case, p *plan) error {
			if err := s.ifSeen(ctx, tx, c, seen); err != nil {
				return err
			}
			reasons := ruleFor(ActConflict).against(c)
			words = strings.TrimSpace(words)
			if person != by.Person && !c.Actor.Has(Leadership) {
				reasons = append(reasons, reason("not_leadership", "person", "Only the leadership team can record somebody else's conflict."))
			}
			if words == "" {
				reasons = append(reasons, reason("no_reason", "reason", "Say what the conflict is, in a few words."))
			}
			reasons = append(reasons, tooLong(words)...)
			if c.IsConflicted(person) {
				reasons = append(reasons, reason("declared_already", "", "This conflict is recorded already."))
			}
			if c.IsAuthor(person) {
				reasons = append(reasons, reason("author", "person", "An author reviews nothing here anyway; there is no conflict to record."))
			}
			if known, err := s.isPerson(ctx, tx, person); err != nil {
				return err
			} else if !known {
				reasons = append(reasons, reason("no_person", "person", "Say whose conflict it is."))
			}
			if len(reasons) > 0 {
				return refusal(reasons)
			}
			return c.conflict(ctx, p, by, person, words)
		})
		return err
	})
}

const isPersonSQL = `select exists (select from people where id = $1)`

func (s *Service) isPerson(ctx context.Context, q postgres.Queryer, id int64) (known bool, err error) {
	if err := q.GetContext(ctx, &known, isPersonSQL, id); err != nil {
		return false, fmt.Errorf("looking for person %d: %w", id, err)
	}
	return known, nil
}

func (c *Case) conflict(ctx context.Context, p *plan, by Actor, person int64, words string) error {
	e := p.begin(c, ActConflict, by, "")
	e.detail["person"] = person
	c.Conflicts = append(c.Conflicts, person)
	p.conflict = append(p.conflict, conflictRow{Person: person, By: by.Person, At: c.now, Words: words})
	counted := false
	for i := range c.SignOffs {
		if so := &c.SignOffs[i]; so.Valid() && slices.Contains(c.restsOn(*so), person) {
			counted = counted || so.Kind != KindPermit
			if c.State != programme.Published {
				p.void(c, e, so, "conflict")
			}
		}
	}
	for i := range c.Assignments {
		if a := &c.Assignments[i]; a.Person == person && (a.Open() || a.State == Suspended) {
			p.close(c, e, a, Replaced, "conflict of interest")
		}
	}
	if c.State == programme.Published {
		if counted {
			c.Turn = TurnLeadership
		}
		p.end(c, e)
		return nil
	}
	p.end(c, e)
	return c.returnIfShort(ctx, p)
}

// Acknowledge ends leadership's turn after a conflict was declared on something
// already published, with what was decided.
func (s *Service) Acknowledge(ctx context.Context, by Actor, proposal int64, seen Seen, words string) error {
	return postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		_, err := s.act(ctx, tx, proposal, by, func(c *Case, p *plan) error {
			if err := s.ifSeen(ctx, tx, c, seen); err != nil {
				return err
			}
			reasons := ruleFor(ActAcknowledge).against(c)
			if words = strings.TrimSpace(words); words == "" {
				reasons = append(reasons, reason("no_reason", "reason", "Say what you decided: it is kept with the history."))
			}
			reasons = append(reasons, tooLong(words)...)
			if len(reasons) > 0 {
				return refusal(reasons)
			}
			e := p.begin(c, ActAcknowledge, by, words)
			c.Turn = TurnNobody
			p.end(c, e)
			return nil
		})
		return err
	})
}

const openWorkSQL = `
select distinct a.proposal_id from assignments a
join proposals p on p.id = a.proposal_id
where a.person_id = $1 and a.state in ('offered', 'accepted', 'suspended')
  and ($2 = '' or exists (select from programme_stages st where st.programme = p.programme and st.stage = a.stage and st.role = $2))
union
select a.proposal_id from authors a join people pe on pe.email = a.email join proposals p on p.id = a.proposal_id
where pe.id = $1 and $2 = '' and a.is_lead and p.state = 'changes_requested'
order by 1`

// ReplaceOpenWork follows, inside its caller's transaction, when a person is
// deactivated (role "") or loses a role: their open assignments go to others,
// and where they lead a proposal that waits for its authors it becomes
// leadership's turn to name another lead.
func (s *Service) ReplaceOpenWork(ctx context.Context, tx *sqlx.Tx, by, person int64, role string, _ time.Time) error {
	var proposals []int64
	if err := tx.SelectContext(ctx, &proposals, openWorkSQL, person, role); err != nil {
		return fmt.Errorf("looking for the open work of a person: %w", err)
	}
	for _, id := range proposals {
		_, err := s.system(ctx, tx, id, func(c *Case, p *plan) error {
			e := p.begin(c, eventReplace, Actor{Person: by}, "")
			e.detail["person"] = person
			for i := range c.Assignments {
				a := &c.Assignments[i]
				st, _ := c.Programme.Stage(a.Stage)
				if a.Person == person && (a.Open() || a.State == Suspended) && (role == "" || st.Role == role) {
					p.close(c, e, a, Replaced, "no longer available")
				}
			}
			p.end(c, e)
			p.told[fmt.Sprint(by)] = true // the act is theirs, what follows is the system's
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// EventAvailable is the history entry of a person for whom something has waited;
// eventReplace that of one whose open work went to others.
const (
	EventAvailable = "available"
	eventReplace   = "replace"
)

const waitingWorkSQL = `
select p.id from proposals p
join programme_stages st on st.programme = p.programme and st.stage = p.state
join roles r on r.role = st.role and r.person_id = $1
where p.turn = 'leadership' and p.turn_for = 'nobody_eligible'
union
select p.id from proposals p join authors a on a.proposal_id = p.id and a.is_lead join people pe on pe.email = a.email
where pe.id = $1 and p.turn = 'leadership' and p.turn_for = 'name_lead'
order by 1`

// OfferWaitingWork follows, inside its caller's transaction, when a person is
// given a role or reactivated: a stage for which nobody was eligible asks them,
// and a proposal that they lead is theirs again. Nothing else would undo a turn
// that leadership has only for want of somebody.
func (s *Service) OfferWaitingWork(ctx context.Context, tx *sqlx.Tx, by, person int64, _ time.Time) error {
	var proposals []int64
	if err := tx.SelectContext(ctx, &proposals, waitingWorkSQL, person); err != nil {
		return fmt.Errorf("looking for what waits for a person: %w", err)
	}
	for _, id := range proposals {
		c, err := s.load(ctx, tx, id, System, true)
		if err != nil {
			return err
		}
		st, reviewing := c.Stage()
		who := Person{ID: person, Roles: []string{st.Role}, Active: true}
		if reviewing && (len(c.ineligible(who, st)) > 0 || c.declined(person, st.Key)) {
			continue
		}
		_, err = s.system(ctx, tx, id, func(c *Case, p *plan) error {
			e := p.begin(c, EventAvailable, Actor{Person: by}, "")
			e.detail["person"] = person
			p.end(c, e)
			p.told[fmt.Sprint(by)] = true
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// system is act with the system's eyes: what follows from another act.
func (s *Service) system(ctx context.Context, tx *sqlx.Tx, proposal int64, change func(*Case, *plan) error) (Result, error) {
	return s.act(ctx, tx, proposal, System, change)
}
