package workflow

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Candidate is somebody with the role of a stage, and what stands against
// asking them.
type Candidate struct {
	Person  int64
	Name    string
	Open    int            // reviews that wait for them now, of all proposals
	Last    *time.Time     // when they were last asked
	Against []fault.Reason // none: they may be asked
}

const candidatesSQL = `
select p.id as person, p.name, p.email,
  (select count(*) from assignments a where a.person_id = p.id and a.state in ('offered', 'accepted')) as open,
  (select max(a.offered_at) from assignments a where a.person_id = p.id) as last
from roles r join people p on p.id = r.person_id
where r.role = $1 and p.deactivated_at is null
order by open, last nulls first, p.id`

// candidatesLock keeps a person's role and account as they were seen until the
// end of the transaction, so that nobody is asked who is being deactivated. Who
// is being changed just now is passed over: to wait for them could deadlock, as
// their deactivation looks for somebody in their place.
const candidatesLock = `
select p.id from roles r join people p on p.id = r.person_id
where r.role = $1 and p.deactivated_at is null and p.id = any ($2) order by p.id for share of r, p skip locked`

type candidateRow struct {
	Person int64
	Name   string
	Email  string
	Open   int
	Last   *time.Time
}

// Candidates are, for the leadership team, all who hold the role of the stage on
// which the proposal stands, in the order in which they are asked: fewest open
// assignments first, then longest since the last. Where it stands on no stage,
// there is nobody to ask.
func (s *Service) Candidates(ctx context.Context, q postgres.Queryer, c *Case) ([]Candidate, error) {
	if !isLeadership(c) {
		return nil, fault.New(fault.Forbidden, "Only the leadership team chooses reviewers.")
	}
	st, ok := c.Stage()
	if !ok {
		return nil, nil
	}
	return s.candidates(ctx, q, c, st)
}

func (s *Service) candidates(ctx context.Context, q postgres.Queryer, c *Case, st programme.Stage) ([]Candidate, error) {
	var rows []candidateRow
	if err := q.SelectContext(ctx, &rows, candidatesSQL, st.Role); err != nil {
		return nil, fmt.Errorf("looking for reviewers: %w", err)
	}
	list := make([]Candidate, len(rows))
	for i, r := range rows {
		who := Person{ID: r.Person, Name: r.Name, Email: r.Email, Roles: []string{st.Role}, Active: true}
		list[i] = Candidate{Person: r.Person, Name: r.Name, Open: r.Open, Last: r.Last, Against: c.ineligible(who, st)}
		if _, asked := c.OpenAssignment(r.Person); asked {
			list[i].Against = append(list[i].Against, reason("asked_already", "person", "Is asked to review this already."))
		}
	}
	return list, nil
}

// pool is candidates for an act that is going to ask some of them.
func (s *Service) pool(ctx context.Context, q postgres.Queryer, c *Case, st programme.Stage) ([]Candidate, error) {
	list, err := s.candidates(ctx, q, c, st)
	if err != nil {
		return nil, err
	}
	var ids pq.Int64Array
	for _, cand := range list {
		if len(cand.Against) == 0 {
			ids = append(ids, cand.Person)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var still []int64
	if err := q.SelectContext(ctx, &still, candidatesLock, st.Role, ids); err != nil {
		return nil, fmt.Errorf("looking for reviewers: %w", err)
	}
	return slices.DeleteFunc(list, func(cand Candidate) bool { return !slices.Contains(still, cand.Person) }), nil
}

// ineligible is why the person may not be asked to review the stage.
func (c *Case) ineligible(who Person, st programme.Stage) []fault.Reason {
	var reasons []fault.Reason
	add := func(code, text string) { reasons = append(reasons, reason(code, "person", text)) }
	if !who.Active {
		add("deactivated", "Has no active account.")
	}
	if !who.Has(st.Role) {
		add("no_role", "Doesn't hold the role that this stage needs.")
	}
	if c.IsAuthor(who.ID) || slices.ContainsFunc(c.Authors, func(a Author) bool { return a.Email == who.Email }) {
		add("author", "Is an author of this proposal.")
	}
	if c.IsConflicted(who.ID) {
		add("conflicted", "Declared a conflict of interest.")
	}
	if _, permitted := c.permit(who.ID, st.Key); !permitted && c.signedElsewhere(who.ID, st.Key) {
		add("signed_elsewhere", "Signed another stage of this proposal.")
	}
	if slices.ContainsFunc(c.Assignments, func(a Assignment) bool {
		return a.Person == who.ID && a.Stage != st.Key && (a.Open() || a.State == Suspended)
	}) {
		add("asked_elsewhere", "Is asked to review another stage of this proposal.")
	}
	if slices.ContainsFunc(c.ValidSignOffs(st.Key), func(s SignOff) bool { return s.Person == who.ID }) {
		add("already_signed", "Has signed this stage off.")
	}
	return reasons
}

// person is the assignee with what the case knows of them; a lost role or
// account has replaced the assignment already (ReplaceOpenWork).
func (c *Case) person(a *Assignment) Person {
	st, _ := c.Programme.Stage(a.Stage)
	return Person{ID: a.Person, Name: a.Name, Roles: []string{st.Role}, Active: true}
}

// tooSmall tells for which stages the programme's people don't suffice any
// more: whether every missing sign-off can be given by a different person who
// may give it. holders are the active holders of each role.
func (c *Case) tooSmall(holders map[string][]Person) []string {
	var slots []programme.Stage // one for each missing sign-off
	for _, st := range c.Programme.Stages {
		for range c.Missing(st) {
			slots = append(slots, st)
		}
	}
	// Maximum bipartite matching by augmenting paths: slots are few.
	taken := map[int64]int{}
	var place func(i int, tried map[int64]bool) bool
	place = func(i int, tried map[int64]bool) bool {
		for _, who := range holders[slots[i].Role] {
			if tried[who.ID] || len(c.ineligible(who, slots[i])) > 0 {
				continue
			}
			tried[who.ID] = true
			if at, busy := taken[who.ID]; !busy || place(at, tried) {
				taken[who.ID] = i
				return true
			}
		}
		return false
	}
	var short []string
	for i := range slots {
		if !place(i, map[int64]bool{}) && !slices.Contains(short, slots[i].Name) {
			short = append(short, slots[i].Name)
		}
	}
	slices.Sort(short)
	return short
}
