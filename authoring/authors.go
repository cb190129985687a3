package authoring

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// The acts on authors that stand in the history.
const (
	eventInvited   = "author_invited"
	eventRemoved   = "author_removed"
	eventChanged   = "author_changed"
	eventLeadNamed = "lead_named"
)

// Events are the names of the history's entries that this room writes.
func Events() []string { return []string{eventInvited, eventRemoved, eventChanged, eventLeadNamed} }

// Author is the lead or a co-author, in the order of attribution. An invited
// person counts from the invitation; Person is 0 until they first sign in.
type Author struct {
	Attribution
	Email    string
	Position int // from 1
	Lead     bool
	Person   int64 // 0: never heard of
	SignedIn bool  // has ever signed in
	Active   bool  // false for a deactivated person
	AddedAt  time.Time
}

const authorsSQL = `
select a.email, a.position, a.name, a.organisation, a.job_title, a.is_lead, a.added_at, coalesce(p.id, 0) as person,
  p.first_sign_in_at is not null as signed_in, p.deactivated_at is null as active
from authors a left join people p on p.email = a.email
where a.proposal_id = $1 order by a.position`

func loadAuthors(ctx context.Context, q postgres.Queryer, id int64) ([]Author, error) {
	var rows []struct {
		Email              string
		Position           int
		Name, Organisation string
		JobTitle           string    `db:"job_title"`
		IsLead             bool      `db:"is_lead"`
		AddedAt            time.Time `db:"added_at"`
		Person             int64
		SignedIn           bool `db:"signed_in"`
		Active             bool
	}
	if err := q.SelectContext(ctx, &rows, authorsSQL, id); err != nil {
		return nil, fmt.Errorf("reading the authors of proposal %d: %w", id, err)
	}
	authors := make([]Author, len(rows))
	for i, r := range rows {
		authors[i] = Author{Attribution: Attribution{r.Name, r.Organisation, r.JobTitle}, Email: r.Email, Position: r.Position,
			Lead: r.IsLead, Person: r.Person, SignedIn: r.SignedIn, Active: r.Active, AddedAt: r.AddedAt.UTC()}
	}
	return authors, nil
}

// Authors are the authors of a proposal that the actor may see, in order. Their
// addresses are for authors and leadership; others get them as "".
func (s *Service) Authors(ctx context.Context, by workflow.Actor, id int64) ([]Author, error) {
	c, err := s.Workflow.Load(ctx, s.DB, id, by)
	if err != nil {
		return nil, err
	}
	authors, err := loadAuthors(ctx, s.DB, id)
	if !c.IsAuthor(by.Person) && !c.Actor.Has(workflow.Leadership) {
		for i := range authors {
			authors[i].Email = ""
		}
	}
	return authors, err
}

// addressForm takes what sign-in takes (see accounts.CleanEmail): whoever is
// invited under another could never come in, and a bare number or a look-alike
// in other letters is no place to have mail sent to.
var addressForm = regexp.MustCompile("^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*" +
	"@([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]([a-z0-9-]*[a-z0-9])?$")

// isAddress tells whether s, in lower case, can be an e-mail address.
func isAddress(s string) bool {
	return len(s) <= 254 && strings.IndexByte(s, '@') <= 64 && addressForm.MatchString(s)
}

// address is an e-mail address as it is stored.
func address(s string) string { return strings.ToLower(tidyLine(s)) }

// attributionLimit is what the Learning Hub takes for each of an author's fields.
const attributionLimit = 100

func (a Attribution) impossible() []fault.Reason {
	var reasons []fault.Reason
	if a.Name == "" {
		reasons = append(reasons, fault.Reason{Code: "missing", Field: "name", Text: "Give the author’s name."})
	}
	for _, f := range []struct{ field, label, value string }{
		{"name", "name", a.Name}, {"organisation", "organisation", a.Organisation}, {"job_title", "job title", a.JobTitle}} {
		if over := utf8.RuneCountInString(f.value) - attributionLimit; over > 0 {
			reasons = append(reasons, fault.Reason{Code: "too_long", Field: f.field,
				Text: fmt.Sprintf("Shorten the %s by %s: it can have at most %d.", f.label, characters(over), attributionLimit)})
		}
	}
	return reasons
}

const insertAuthorSQL = `
insert into authors (proposal_id, email, position, name, organisation, job_title, added_at, added_by)
values ($1, $2, $3, $4, $5, $6, $7, $8)`

// An advisory lock of its own number space keeps two tabs of one person from
// counting past each other; a person's row is no place for it, since others
// lock that in another order.
const lockInvitationsSQL = `select pg_advisory_xact_lock(hashtext('rung invitations'), hashtext($1::text))`

const countInvitationsSQL = `select count(*) from invitations where invited_by = $1 and invited_at > $2`

const insertInvitationSQL = `insert into invitations (proposal_id, invited_by, invited_at) values ($1, $2, $3)`

const inviteeSQL = `select id, first_sign_in_at is not null as signed_in, deactivated_at is null as active from people where email = $1`

// Invite adds a co-author at the end of the list, and tells them by mail. Only
// the lead does; invitations to addresses that never signed in are capped by the
// day (TooMany), since they reach people who never asked to hear from Rung.
func (s *Service) Invite(ctx context.Context, by workflow.Actor, id int64, email string, a Attribution) error {
	email, a = address(email), a.normalised()
	return s.edit(ctx, by, id, func(tx *sqlx.Tx, c *workflow.Case) error {
		if err := leadOnly(c); err != nil {
			return err
		}
		authors, err := loadAuthors(ctx, tx, id)
		if err != nil {
			return err
		}
		reasons := a.impossible()
		if !isAddress(email) {
			reasons = append([]fault.Reason{{Code: "not_an_address", Field: "email", Text: "Give an email address in the form name@example.org."}}, reasons...)
		}
		if slices.ContainsFunc(authors, func(x Author) bool { return x.Email == email }) {
			reasons = append(reasons, fault.Reason{Code: "author_already", Field: "email", Text: "This person is an author already."})
		}
		if most := s.programme(c).MaxAuthors; len(authors) >= most {
			reasons = append(reasons, fault.Reason{Code: "too_many_authors", Field: "email",
				Text: fmt.Sprintf("A module can have at most %d authors. Remove one first.", most)})
		}
		if len(reasons) > 0 {
			return invalid(reasons...)
		}
		notice, detail, err := s.invitee(ctx, tx, by, id, email)
		if err != nil {
			return err
		}
		position := 1
		if len(authors) > 0 {
			position = authors[len(authors)-1].Position + 1
		}
		_, err = tx.ExecContext(ctx, insertAuthorSQL, id, email, position, a.Name, a.Organisation, a.JobTitle, s.now(), by.Person)
		if err != nil {
			return fmt.Errorf("adding an author to proposal %d: %w", id, err)
		}
		detail["position"] = position
		return s.record(ctx, tx, by, id, eventInvited, detail, notice)
	})
}

// invitee finds whom the invitation goes to, and counts it where it goes to
// somebody who never signed in.
func (s *Service) invitee(ctx context.Context, tx *sqlx.Tx, by workflow.Actor, id int64, email string) (workflow.Notice, map[string]any, error) {
	var known []struct {
		ID       int64
		SignedIn bool `db:"signed_in"`
		Active   bool
	}
	notice, detail := workflow.Notice{Kind: "author_invited", ToEmail: email}, map[string]any{}
	if err := tx.SelectContext(ctx, &known, inviteeSQL, email); err != nil {
		return notice, nil, fmt.Errorf("looking for an invited person: %w", err)
	}
	if len(known) > 0 {
		if !known[0].Active {
			return notice, nil, invalid(fault.Reason{Code: "deactivated", Field: "email", Text: "This person’s account is closed. Invite them under another address."})
		}
		notice.ToPerson, notice.ToEmail = known[0].ID, ""
		detail["person"] = known[0].ID
		if known[0].SignedIn {
			return notice, detail, nil
		}
	}
	if _, err := tx.ExecContext(ctx, lockInvitationsSQL, by.Person); err != nil {
		return notice, nil, fmt.Errorf("counting invitations: %w", err)
	}
	var sent int
	if err := tx.GetContext(ctx, &sent, countInvitationsSQL, by.Person, s.now().Add(-24*time.Hour)); err != nil {
		return notice, nil, fmt.Errorf("counting invitations: %w", err)
	}
	most := s.Invitations
	if most == 0 {
		most = DefaultInvitations
	}
	if sent >= most {
		e := fault.New(fault.TooMany, fmt.Sprintf("You have invited %s in the last 24 hours who have never signed in here.", plural(sent, "person", "people")),
			fault.Reason{Code: "too_many_invitations", Field: "email", Text: "Ask them to sign in first, or invite them tomorrow."})
		e.RetryAfter = 24 * time.Hour
		return notice, nil, e
	}
	if _, err := tx.ExecContext(ctx, insertInvitationSQL, id, by.Person, s.now()); err != nil {
		return notice, nil, fmt.Errorf("counting invitations: %w", err)
	}
	return notice, detail, nil
}

const deleteAuthorSQL = `delete from authors where proposal_id = $1 and email = $2`

// RemoveAuthor takes a co-author off: the lead any, a co-author themselves. The
// lead stays until another is named.
func (s *Service) RemoveAuthor(ctx context.Context, by workflow.Actor, id int64, email string) error {
	return s.edit(ctx, by, id, func(tx *sqlx.Tx, c *workflow.Case) error {
		a, err := s.ownAuthor(ctx, tx, c, email)
		if err != nil {
			return err
		}
		if a.Lead {
			return fault.New(fault.Refused, "Nothing was changed.",
				fault.Reason{Code: "is_lead", Text: "A proposal needs a lead author. Name another lead first."})
		}
		// Recorded first: who leaves may not see the proposal afterwards.
		if err := s.record(ctx, tx, by, id, eventRemoved, a.detail()); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, deleteAuthorSQL, id, a.Email); err != nil {
			return fmt.Errorf("removing an author of proposal %d: %w", id, err)
		}
		return nil
	})
}

const updateAuthorSQL = `update authors set name = $3, organisation = $4, job_title = $5 where proposal_id = $1 and email = $2`

// EditAuthor changes how an author is named: the lead changes any, a co-author
// their own.
func (s *Service) EditAuthor(ctx context.Context, by workflow.Actor, id int64, email string, to Attribution) error {
	return s.AmendAuthor(ctx, by, id, email, func(a *Attribution) { *a = to })
}

// AmendAuthor is EditAuthor of a part: amend changes what stands there now, which
// nobody else can change meanwhile.
func (s *Service) AmendAuthor(ctx context.Context, by workflow.Actor, id int64, email string, amend func(*Attribution)) error {
	return s.edit(ctx, by, id, func(tx *sqlx.Tx, c *workflow.Case) error {
		a, err := s.ownAuthor(ctx, tx, c, email)
		if err != nil {
			return err
		}
		to := a.Attribution
		amend(&to)
		to = to.normalised()
		if reasons := to.impossible(); len(reasons) > 0 {
			return invalid(reasons...)
		}
		if to == a.Attribution {
			return nil
		}
		if _, err := tx.ExecContext(ctx, updateAuthorSQL, id, a.Email, to.Name, to.Organisation, to.JobTitle); err != nil {
			return fmt.Errorf("changing an author of proposal %d: %w", id, err)
		}
		return s.record(ctx, tx, by, id, eventChanged, a.detail())
	})
}

const reorderSQL = `
update authors a set position = o.position
from unnest($2::text[]) with ordinality as o (email, position)
where a.proposal_id = $1 and a.email = o.email`

// Reorder sets the order of attribution. The addresses must be those of all
// authors; otherwise somebody was added or removed meanwhile, and it is Stale.
func (s *Service) Reorder(ctx context.Context, by workflow.Actor, id int64, emails []string) error {
	return s.edit(ctx, by, id, func(tx *sqlx.Tx, c *workflow.Case) error {
		if err := leadOnly(c); err != nil {
			return err
		}
		authors, err := loadAuthors(ctx, tx, id)
		if err != nil {
			return err
		}
		var before, after []string
		for _, a := range authors {
			before = append(before, a.Email)
		}
		for _, e := range emails {
			after = append(after, address(e))
		}
		if slices.Equal(before, after) {
			return nil
		}
		slices.Sort(before)
		if sorted := slices.Sorted(slices.Values(after)); !slices.Equal(before, sorted) {
			return fault.New(fault.Stale, "The authors changed meanwhile. Look at them again, then order them.")
		}
		if _, err := tx.ExecContext(ctx, reorderSQL, id, after); err != nil {
			return fmt.Errorf("ordering the authors of proposal %d: %w", id, err)
		}
		return s.record(ctx, tx, by, id, eventChanged, map[string]any{"order": len(after)})
	})
}

// The one lead is unique at every moment, so the old one goes first.
const (
	clearLeadSQL = `update authors set is_lead = false where proposal_id = $1 and is_lead`
	setLeadSQL   = `update authors set is_lead = true where proposal_id = $1 and email = $2`
)

// NameLead makes another author the lead: the lead hands over, or leadership
// names one on a proposal that is not its own. It is possible until publishing:
// naming changes no author list. The new lead must have signed in.
func (s *Service) NameLead(ctx context.Context, by workflow.Actor, id int64, email string) error {
	return postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		c, err := s.Workflow.Lock(ctx, tx, id, by)
		if err != nil {
			return err
		}
		if err := MayNameLead(c); err != nil {
			return err
		}
		a, err := s.author(ctx, tx, id, email)
		if err != nil {
			return err
		}
		switch {
		case a.Lead:
			return nil
		case !a.SignedIn:
			return fault.New(fault.Refused, "Nothing was changed.", fault.Reason{Code: "never_signed_in", Field: "email",
				Text: a.Name + " has never signed in, so cannot lead yet. Ask them to sign in once."})
		case !a.Active:
			return fault.New(fault.Refused, "Nothing was changed.", fault.Reason{Code: "deactivated", Field: "email",
				Text: "The account of " + a.Name + " is closed. Name another author."})
		}
		if _, err := tx.ExecContext(ctx, clearLeadSQL, id); err != nil {
			return fmt.Errorf("naming the lead of proposal %d: %w", id, err)
		}
		if _, err := tx.ExecContext(ctx, setLeadSQL, id, a.Email); err != nil {
			return fmt.Errorf("naming the lead of proposal %d: %w", id, err)
		}
		return s.record(ctx, tx, by, id, eventLeadNamed, a.detail(), workflow.Notice{Kind: workflow.NoticeLead, ToPerson: a.Person})
	})
}

// MayNameLead is why whoever the case was read for can't name another lead, nil
// where they can.
func MayNameLead(c *workflow.Case) error {
	leads := c.IsLead(c.Actor.ID)
	switch {
	case !leads && !c.Actor.Has(workflow.Leadership):
		return fault.New(fault.Forbidden, "Nothing was changed.", fault.Reason{Code: "not_lead",
			Text: "Only the lead author or the leadership team can name another lead."})
	case !leads && (c.IsAuthor(c.Actor.ID) || c.IsConflicted(c.Actor.ID)):
		return fault.New(fault.Forbidden, "Nothing was changed.", fault.Reason{Code: "own_proposal",
			Text: "You have an interest in this proposal. Somebody else in the leadership team has to do this."})
	case c.State == programme.Published:
		return fault.New(fault.Refused, "Nothing was changed.", frozen(c))
	}
	return nil
}

// author finds one of the proposal's authors.
func (s *Service) author(ctx context.Context, q postgres.Queryer, id int64, email string) (Author, error) {
	authors, err := loadAuthors(ctx, q, id)
	if err != nil {
		return Author{}, err
	}
	i := slices.IndexFunc(authors, func(a Author) bool { return a.Email == address(email) })
	if i < 0 {
		return Author{}, fault.New(fault.NotFound, "This person is not an author of the proposal, or no longer is.")
	}
	return authors[i], nil
}

// ownAuthor finds an author whom the actor may change: the lead any, a co-author
// themselves.
func (s *Service) ownAuthor(ctx context.Context, q postgres.Queryer, c *workflow.Case, email string) (Author, error) {
	a, err := s.author(ctx, q, c.ID, email)
	if err == nil && a.Person != c.Actor.ID {
		err = leadOnly(c)
	}
	return a, err
}

// detail names an author for the history, which holds no names: by id, and who
// has none by place.
func (a Author) detail() map[string]any {
	if a.Person != 0 {
		return map[string]any{"person": a.Person}
	}
	return map[string]any{"position": a.Position}
}

func (s *Service) record(ctx context.Context, tx *sqlx.Tx, by workflow.Actor, id int64, event string, detail map[string]any, notices ...workflow.Notice) error {
	_, err := s.Workflow.Record(ctx, tx, workflow.Record{Proposal: id, Event: event, By: by, Detail: detail, Notices: notices})
	return err
}
