package accounts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
)

// errNoReplaceOpenWork is a wiring mistake: nobody would look after the work.
var errNoReplaceOpenWork = errors.New("accounts: Service.ReplaceOpenWork is not set")

// The changes that role_changes records.
const (
	added       = "added"
	granted     = "granted"
	revoked     = "revoked"
	deactivated = "deactivated"
	reactivated = "reactivated"
)

const (
	isAdministrator = `
		select exists (select 1 from roles r join people p on p.id = r.person_id
			where r.person_id = $1 and r.role = 'administrator' and p.deactivated_at is null)`
	otherAdministrator = `
		select exists (select 1 from roles r join people p on p.id = r.person_id
			where r.person_id <> $1 and r.role = 'administrator' and p.deactivated_at is null)`
	// No key update, and not plain update: a plain one would stop the foreign
	// keys of every move that mentions the person.
	lockPerson = `select deactivated_at from people where id = $1 for no key update`
	addChange  = `
		insert into role_changes (person_id, change, role, changed_by, changed_at)
		values ($1, $2, nullif($3, ''), nullif(cast($4 as bigint), 0), $5)`
)

// change runs fn with the roster locked, for an actor who may change it. The
// lock makes such changes follow one another, so that two administrators
// cannot each take the other for the one who remains.
func (s *Service) change(ctx context.Context, by int64, fn func(tx *sqlx.Tx, now time.Time) error) error {
	now := s.now()
	return postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, advisoryLock, lockRoster, ""); err != nil {
			return fmt.Errorf("locking the roster: %w", err)
		}
		if by != CommandLine {
			var may bool
			if err := tx.GetContext(ctx, &may, isAdministrator, by); err != nil {
				return fmt.Errorf("reading the actor's roles: %w", err)
			}
			if !may {
				return fault.New(fault.Forbidden, "Only an administrator may change people and roles.")
			}
		}
		return fn(tx, now)
	})
}

// standing locks the person's row and tells whether they are deactivated.
func standing(ctx context.Context, tx *sqlx.Tx, person int64) (off bool, err error) {
	var at *time.Time
	err = tx.GetContext(ctx, &at, lockPerson, person)
	if errors.Is(err, sql.ErrNoRows) {
		return false, noSuchPerson()
	}
	if err != nil {
		return false, fmt.Errorf("locking a person: %w", err)
	}
	return at != nil, nil
}

func record(ctx context.Context, tx *sqlx.Tx, by, person int64, change, role string, now time.Time) error {
	if _, err := tx.ExecContext(ctx, addChange, person, change, role, by, now); err != nil {
		return fmt.Errorf("recording a change of roles: %w", err)
	}
	return nil
}

// exec runs one statement and tells how many rows it touched.
func exec(ctx context.Context, tx *sqlx.Tx, doing, query string, args ...any) (int64, error) {
	res, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", doing, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", doing, err)
	}
	return n, nil
}

const insertPerson = `
	insert into people (email, name, created_at, named_at) values ($1, $2, $3, $4)
	on conflict (email) do nothing returning id`

// AddPerson makes a person who has not signed in yet, so that roles can be
// given to them. An empty name is guessed from the address. An address that is
// there already is Refused with the code "person_exists".
func (s *Service) AddPerson(ctx context.Context, by int64, email, name string) (Person, error) {
	email, err := CleanEmail(email)
	if err != nil {
		return Person{}, err
	}
	name, wrong := cleanLine(name)
	if wrong != "" {
		return Person{}, fault.New(fault.Invalid, "The person was not added.",
			fault.Reason{Code: "name_form", Field: "name", Text: "The name " + wrong + "."})
	}
	var person Person
	err = s.change(ctx, by, func(tx *sqlx.Tx, now time.Time) error {
		named := &now
		if name == "" {
			name, named = guessName(email), nil
		}
		var id int64
		err := tx.GetContext(ctx, &id, insertPerson, email, name, now, named)
		if errors.Is(err, sql.ErrNoRows) {
			return fault.New(fault.Refused, "The person was not added.",
				fault.Reason{Code: "person_exists", Field: "email", Text: "Somebody with this address is here already."})
		}
		if err != nil {
			return fmt.Errorf("adding a person: %w", err)
		}
		if err := record(ctx, tx, by, id, added, "", now); err != nil {
			return err
		}
		person, err = readPerson(ctx, tx, id)
		return err
	})
	return person, err
}

// roleForm is what the database takes for a role.
var roleForm = regexp.MustCompile(`^[a-z_]+$`)

const (
	insertRole = `
		insert into roles (person_id, role, granted_at, granted_by)
		values ($1, $2, $3, nullif(cast($4 as bigint), 0)) on conflict on constraint roles_pk do nothing`
	deleteRole = `delete from roles where person_id = $1 and role = $2`
)

// Grant gives a person a role, and what has waited for somebody who holds it.
// Giving one that they hold changes nothing.
func (s *Service) Grant(ctx context.Context, by, person int64, role string) error {
	if !slices.Contains(s.RoleKeys, role) {
		return fault.New(fault.Invalid, "The role was not given.",
			fault.Reason{Code: "role_unknown", Field: "role", Text: "Choose one of the programme's roles."})
	}
	return s.change(ctx, by, func(tx *sqlx.Tx, now time.Time) error {
		off, err := standing(ctx, tx, person)
		if err != nil {
			return err
		}
		if off {
			return fault.New(fault.Refused, "The role was not given.",
				fault.Reason{Code: "person_deactivated", Text: "This person is deactivated. Reactivate them first."})
		}
		n, err := exec(ctx, tx, "granting a role", insertRole, person, role, now, by)
		if err != nil || n == 0 {
			return err
		}
		if err := record(ctx, tx, by, person, granted, role, now); err != nil {
			return err
		}
		return s.offerWaitingWork(ctx, tx, by, person, now)
	})
}

// Revoke takes a role away and has the person's open work in it replaced.
// Taking one that they do not hold changes nothing. A role that no programme
// names any more can be taken too.
func (s *Service) Revoke(ctx context.Context, by, person int64, role string) error {
	if s.ReplaceOpenWork == nil {
		return errNoReplaceOpenWork
	}
	return s.change(ctx, by, func(tx *sqlx.Tx, now time.Time) error {
		off, err := standing(ctx, tx, person)
		if err != nil {
			return err
		}
		if !roleForm.MatchString(role) {
			return nil // nobody can hold it
		}
		n, err := exec(ctx, tx, "revoking a role", deleteRole, person, role)
		if err != nil || n == 0 {
			return err
		}
		if role == Administrator && !off {
			if err := oneRemains(ctx, tx, person); err != nil {
				return err
			}
		}
		if err := record(ctx, tx, by, person, revoked, role, now); err != nil {
			return err
		}
		return s.ReplaceOpenWork(ctx, tx, by, person, role, now)
	})
}

// MayLeave is why a person can't stop being an administrator: they are the last
// active one. nil for everybody else.
func (s *Service) MayLeave(ctx context.Context, person int64) error {
	var is bool
	if err := s.DB.GetContext(ctx, &is, isAdministrator, person); err != nil {
		return fmt.Errorf("reading a person's roles: %w", err)
	}
	if !is {
		return nil
	}
	return oneRemains(ctx, s.DB, person)
}

// oneRemains refuses to let the last active administrator go.
func oneRemains(ctx context.Context, q postgres.Queryer, leaving int64) error {
	var other bool
	if err := q.GetContext(ctx, &other, otherAdministrator, leaving); err != nil {
		return fmt.Errorf("looking for another administrator: %w", err)
	}
	if !other {
		return fault.New(fault.Refused, "Nothing was changed.", fault.Reason{
			Code: "last_administrator", Text: "This is the last administrator. Make somebody else one first.",
		})
	}
	return nil
}

const (
	deactivatePerson = `update people set deactivated_at = greatest(created_at, $2) where id = $1`
	reactivatePerson = `update people set deactivated_at = null where id = $1`
)

// Deactivate keeps a person from signing in, ends their sessions and tokens, and
// has all their open work replaced. Their roles are kept for Reactivate, and count for
// nothing meanwhile; what they signed stays. Doing it twice changes nothing.
func (s *Service) Deactivate(ctx context.Context, by, person int64) error {
	if s.ReplaceOpenWork == nil {
		return errNoReplaceOpenWork
	}
	return s.change(ctx, by, func(tx *sqlx.Tx, now time.Time) error {
		off, err := standing(ctx, tx, person)
		if err != nil || off {
			return err
		}
		var admin bool
		if err := tx.GetContext(ctx, &admin, isAdministrator, person); err != nil {
			return fmt.Errorf("reading a person's roles: %w", err)
		}
		if admin {
			if err := oneRemains(ctx, tx, person); err != nil {
				return err
			}
		}
		if _, err := exec(ctx, tx, "deactivating a person", deactivatePerson, person, now); err != nil {
			return err
		}
		if _, err := exec(ctx, tx, "ending sessions", revokeSessions, person, now); err != nil {
			return err
		}
		if _, err := exec(ctx, tx, "revoking tokens", revokeTokens, person, now); err != nil {
			return err
		}
		if err := record(ctx, tx, by, person, deactivated, "", now); err != nil {
			return err
		}
		return s.ReplaceOpenWork(ctx, tx, by, person, "", now)
	})
}

// Reactivate lets a person sign in again, with the roles they had. The work
// that was taken from them does not come back by itself, except what still waits
// for somebody like them.
func (s *Service) Reactivate(ctx context.Context, by, person int64) error {
	return s.change(ctx, by, func(tx *sqlx.Tx, now time.Time) error {
		off, err := standing(ctx, tx, person)
		if err != nil || !off {
			return err
		}
		if _, err := exec(ctx, tx, "reactivating a person", reactivatePerson, person); err != nil {
			return err
		}
		if err := record(ctx, tx, by, person, reactivated, "", now); err != nil {
			return err
		}
		return s.offerWaitingWork(ctx, tx, by, person, now)
	})
}

func (s *Service) offerWaitingWork(ctx context.Context, tx *sqlx.Tx, by, person int64, now time.Time) error {
	if s.OfferWaitingWork == nil {
		return nil
	}
	return s.OfferWaitingWork(ctx, tx, by, person, now)
}
