// Package accounts knows who a person is and what they may do: sign-in by a
// code sent to their address, sessions, tokens, people and roles. It alone writes
// people, roles, role_changes, sign_in_attempts, sign_in_misses, sessions, tokens
// and token_uses.
package accounts

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
)

// Administrator is the role whose holders may add people, give and take roles,
// and deactivate. At least one active person holds it, once one ever has.
const Administrator = "administrator"

// CommandLine is the actor of whoever runs rung on the server itself: no
// person, and always allowed. It is stored as null.
const CommandLine int64 = 0

// MinSecret is the fewest bytes that Service.Secret may have.
const MinSecret = 16

// Service is sign-in, people and roles. All fields but OfferWaitingWork,
// Rand and Limits are required.
type Service struct {
	DB  *postgres.DB
	Now func() time.Time
	// Secret derives the sign-in codes (the server's SECRET_KEY). Changing it
	// makes the codes that are on their way useless, and nothing else.
	Secret []byte
	// RoleKeys are the roles that may be granted: those of the programmes in
	// use, and Administrator.
	RoleKeys []string
	// ReplaceOpenWork takes from a person, within tx, the open assignments that
	// they hold by this role ("" means by any), because by said so. The
	// workflow does it; it neither commits tx nor locks rows of people.
	ReplaceOpenWork func(ctx context.Context, tx *sqlx.Tx, by, person int64, role string, now time.Time) error
	// OfferWaitingWork gives a person, within tx, what has waited for somebody
	// like them, because by gave them a role or reactivated them. The workflow
	// does it, on the terms of ReplaceOpenWork; without it (the command line),
	// what waits is left to leadership.
	OfferWaitingWork func(ctx context.Context, tx *sqlx.Tx, by, person int64, now time.Time) error
	// Rand is where attempt ids and browser secrets come from; nil means crypto/rand.
	Rand io.Reader
	// Limits slow down guessing and flooding; a zero field means its default.
	Limits Limits
}

// Person is somebody who has signed in, or was added by an administrator.
type Person struct {
	ID           int64
	Email        string // lower-case
	Name         string
	Organisation string
	JobTitle     string
	// NameGuessed is true until the person has said what they are called: the
	// name was made from their address.
	NameGuessed bool
	Roles       []string // sorted
	// FirstSignInAt is nil for somebody who never proved that the address is theirs.
	FirstSignInAt *time.Time
	DeactivatedAt *time.Time
}

// Has reports whether the person holds the role. A deactivated person holds none.
func (p Person) Has(role string) bool {
	return p.DeactivatedAt == nil && slices.Contains(p.Roles, role)
}

// Needs refuses whoever holds none of the roles: for what is read by a role alone
// and no proposal decides.
func (p Person) Needs(roles ...string) error {
	if slices.ContainsFunc(roles, p.Has) {
		return nil
	}
	names := make([]string, len(roles))
	for i, role := range roles {
		names[i] = strings.ReplaceAll(role, "_", " ")
	}
	return fault.New(fault.Forbidden, "This is for those who hold the role "+strings.Join(names, " or ")+". An administrator can give it.",
		fault.Reason{Code: "role_missing", Text: "You don’t hold the role " + strings.Join(names, " or ") + "."})
}

// now is the service's clock as PostgreSQL will give it back.
func (s *Service) now() time.Time { return stored(s.Now()) }

func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// random gives n bytes nobody can guess.
func (s *Service) random(n int) ([]byte, error) {
	src := s.Rand
	if src == nil {
		src = rand.Reader
	}
	b := make([]byte, n)
	_, err := io.ReadFull(src, b)
	return b, err
}

// noSuchPerson is what a reader or an administrator is told about an unknown id.
func noSuchPerson() error {
	return fault.New(fault.NotFound, "There is no such person here.")
}

// errSecret stops sign-in rather than deriving codes that anybody can derive.
var errSecret = errors.New("accounts: the secret is shorter than 16 bytes")
