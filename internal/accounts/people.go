package accounts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
)

// personColumns are scanned into personRow; p is people.
const personColumns = `
	p.id, p.email, p.name, p.organisation, p.job_title, p.named_at, p.first_sign_in_at, p.deactivated_at,
	array(select r.role from roles r where r.person_id = p.id order by r.role) as roles`

type personRow struct {
	ID            int64          `db:"id"`
	Email         string         `db:"email"`
	Name          string         `db:"name"`
	Organisation  string         `db:"organisation"`
	JobTitle      string         `db:"job_title"`
	NamedAt       *time.Time     `db:"named_at"`
	FirstSignInAt *time.Time     `db:"first_sign_in_at"`
	DeactivatedAt *time.Time     `db:"deactivated_at"`
	Roles         pq.StringArray `db:"roles"`
}

func (r personRow) person() Person {
	return Person{
		ID: r.ID, Email: r.Email, Name: r.Name, Organisation: r.Organisation, JobTitle: r.JobTitle,
		NameGuessed: r.NamedAt == nil, Roles: r.Roles, FirstSignInAt: r.FirstSignInAt, DeactivatedAt: r.DeactivatedAt,
	}
}

const (
	personByID    = `select ` + personColumns + ` from people p where p.id = $1`
	personByEmail = `select ` + personColumns + ` from people p where p.email = $1`
)

func readPerson(ctx context.Context, q postgres.Queryer, id int64) (Person, error) {
	return getPerson(ctx, q, personByID, id)
}

func getPerson(ctx context.Context, q postgres.Queryer, query string, key any) (Person, error) {
	var r personRow
	err := q.GetContext(ctx, &r, query, key)
	if errors.Is(err, sql.ErrNoRows) {
		return Person{}, noSuchPerson()
	}
	if err != nil {
		return Person{}, fmt.Errorf("reading a person: %w", err)
	}
	return r.person(), nil
}

// Person gives anybody who ever had a row, deactivated or not.
func (s *Service) Person(ctx context.Context, id int64) (Person, error) {
	return readPerson(ctx, s.DB, id)
}

// PersonByEmail gives whoever has the address, for the command line.
func (s *Service) PersonByEmail(ctx context.Context, email string) (Person, error) {
	email, err := CleanEmail(email)
	if err != nil {
		return Person{}, err
	}
	return getPerson(ctx, s.DB, personByEmail, email)
}

// Current gives the person who is acting, with their roles; a SignIn fault if
// they are unknown or deactivated. A request with a session needs it not: see
// Visitor.
func (s *Service) Current(ctx context.Context, id int64) (Person, error) {
	p, err := readPerson(ctx, s.DB, id)
	if fault.KindOf(err) == fault.NotFound || err == nil && p.DeactivatedAt != nil {
		return Person{}, fault.New(fault.SignIn, "Sign in to go on.")
	}
	return p, err
}

// Filter narrows a list of people; its zero value lets everybody through.
type Filter struct {
	Words      string // found in name or address, whatever the case
	Role       string // held now
	ActiveOnly bool   // leaves out the deactivated
}

// Cursor is where a page of people ended. The zero Cursor is before the first.
type Cursor struct {
	Name string // as PostgreSQL lower-cases it
	ID   int64
}

// maxPage bounds what one call of People returns.
const maxPage = 200

const listPeople = `
	select ` + personColumns + `, lower(p.name) as sort_name
	from people p
	where ($1 = '' or strpos(lower(p.name || ' ' || p.email), lower($1)) > 0)
		and ($2 = '' or exists (select 1 from roles r where r.person_id = p.id and r.role = $2))
		and (not cast($3 as boolean) or p.deactivated_at is null)
		and (cast($5 as bigint) = 0 or (lower(p.name), p.id) > ($4, cast($5 as bigint)))
	order by lower(p.name), p.id
	limit cast($6 as bigint)`

// People gives one page by name, and where the next begins: the zero Cursor
// when there is no more. limit is from 1 to 200.
func (s *Service) People(ctx context.Context, f Filter, after Cursor, limit int) ([]Person, Cursor, error) {
	limit = min(max(limit, 1), maxPage)
	var rows []struct {
		personRow
		SortName string `db:"sort_name"`
	}
	// One more than asked for tells whether another page follows.
	err := s.DB.SelectContext(ctx, &rows, listPeople, f.Words, f.Role, f.ActiveOnly, after.Name, after.ID, limit+1)
	if err != nil {
		return nil, Cursor{}, fmt.Errorf("listing people: %w", err)
	}
	var next Cursor
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		next = Cursor{Name: last.SortName, ID: last.ID}
	}
	people := make([]Person, len(rows))
	for i, r := range rows {
		people[i] = r.person()
	}
	return people, next, nil
}

// RoleChange is one recorded change of a person's standing.
type RoleChange struct {
	Change string    `db:"change"`  // added, granted, revoked, deactivated or reactivated
	Role   string    `db:"role"`    // of granted and revoked
	By     int64     `db:"by_id"`   // CommandLine, or a person
	ByName string    `db:"by_name"` // "" for the command line
	At     time.Time `db:"changed_at"`
}

const listRoleChanges = `
	select c.change, coalesce(c.role, '') as role, coalesce(c.changed_by, 0) as by_id,
		coalesce(b.name, '') as by_name, c.changed_at
	from role_changes c left join people b on b.id = c.changed_by
	where c.person_id = $1
	order by c.id desc
	limit 200`

// RoleChanges gives the newest 200 changes of a person's standing, newest first.
func (s *Service) RoleChanges(ctx context.Context, person int64) ([]RoleChange, error) {
	var changes []RoleChange
	if err := s.DB.SelectContext(ctx, &changes, listRoleChanges, person); err != nil {
		return nil, fmt.Errorf("reading role changes: %w", err)
	}
	return changes, nil
}

// Profile is what people say of themselves. It goes into listings as the
// authors' names, organisations and roles.
type Profile struct {
	Name, Organisation, JobTitle string
}

const updateProfile = `
	update people set name = $2, organisation = $3, job_title = $4, named_at = coalesce(named_at, $5)
	where id = $1`

const lockProfile = personByID + ` and p.deactivated_at is null for no key update of p`

// UpdateProfile sets what the person says of themselves: each at most 100
// characters, the name not empty.
func (s *Service) UpdateProfile(ctx context.Context, person int64, p Profile) (Person, error) {
	return s.AmendProfile(ctx, person, func(now *Profile) { *now = p })
}

// AmendProfile is UpdateProfile of a part: amend changes what stands there now,
// which nobody else can change meanwhile.
func (s *Service) AmendProfile(ctx context.Context, person int64, amend func(*Profile)) (after Person, err error) {
	err = postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		now, err := getPerson(ctx, tx, lockProfile, person)
		if err != nil {
			return err
		}
		p := Profile{now.Name, now.Organisation, now.JobTitle}
		amend(&p)
		if p, err = cleanProfile(p); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, updateProfile, person, p.Name, p.Organisation, p.JobTitle, s.now()); err != nil {
			return fmt.Errorf("saving a profile: %w", err)
		}
		after, err = readPerson(ctx, tx, person)
		return err
	})
	return after, err
}

// cleanProfile trims the fields and refuses with every reason at once.
func cleanProfile(p Profile) (Profile, error) {
	var reasons []fault.Reason
	for _, f := range []struct {
		value            *string
		field, label     string
		required, askFor string
	}{
		{&p.Name, "name", "The name", "name_missing", "Enter the name to be shown to others."},
		{value: &p.Organisation, field: "organisation", label: "The organisation"},
		{value: &p.JobTitle, field: "job_title", label: "The job title"},
	} {
		clean, wrong := cleanLine(*f.value)
		*f.value = clean
		switch {
		case wrong != "":
			reasons = append(reasons, fault.Reason{Code: f.field + "_form", Field: f.field, Text: f.label + " " + wrong + "."})
		case clean == "" && f.required != "":
			reasons = append(reasons, fault.Reason{Code: f.required, Field: f.field, Text: f.askFor})
		}
	}
	if reasons != nil {
		return p, fault.New(fault.Invalid, "The profile was not saved.", reasons...)
	}
	return p, nil
}
