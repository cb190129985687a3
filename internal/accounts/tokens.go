package accounts

import (
	"context"
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
)

// The scopes of a token: what a program may do with it, as far as its owner may.
const (
	ScopeRead       = "read"       // read what its owner sees
	ScopePropose    = "propose"    // write, submit and withdraw proposals
	ScopeReview     = "review"     // review, sign off and ask for changes
	ScopeLead       = "lead"       // whatever only the leadership team does
	ScopeAdminister = "administer" // people and roles, mail, webhooks
)

// Scopes are all of them, the least powerful first.
func Scopes() []string {
	return []string{ScopeRead, ScopePropose, ScopeReview, ScopeLead, ScopeAdminister}
}

const (
	// MaxTokens is how many tokens somebody may have that still work.
	MaxTokens = 20
	// MaxTokenDays is the longest life of a token.
	MaxTokenDays = 366
	// DefaultCallsPerToken is far above what a person's program needs, and low
	// enough that one which runs wild leaves the others room.
	DefaultCallsPerToken = 600 // a minute
	// callWindow is the time over which they count.
	callWindow = time.Minute
	// tokensKept is how long a token that ended stays in its owner's list.
	tokensKept = 90 * 24 * time.Hour
)

// Token is a personal access token as its owner sees it: never the secret.
type Token struct {
	ID         int64
	Name       string
	Scopes     []string // least powerful first
	CreatedAt  time.Time
	ExpiresAt  time.Time
	RevokedAt  *time.Time
	LastUsedAt *time.Time // to the minute; nil: never
}

// Works reports whether the token can be used at a time.
func (t Token) Works(now time.Time) bool { return t.RevokedAt == nil && t.ExpiresAt.After(now) }

// NewToken is a token to be made.
type NewToken struct {
	Name   string
	Scopes []string
	Days   int // from 1 to MaxTokenDays
}

// ScopesFor are the scopes that a person's roles cover now. A token's scope
// counts only while it is among them.
func (s *Service) ScopesFor(p Person) []string {
	if p.DeactivatedAt != nil {
		return nil
	}
	scopes := []string{ScopeRead, ScopePropose}
	reviews := func(role string) bool { return role != Administrator && slices.Contains(s.RoleKeys, role) }
	if slices.ContainsFunc(p.Roles, reviews) {
		scopes = append(scopes, ScopeReview)
	}
	if p.Has(leadership) {
		scopes = append(scopes, ScopeLead)
	}
	if p.Has(Administrator) {
		scopes = append(scopes, ScopeAdminister)
	}
	return scopes
}

// leadership is the role that the scope lead is for.
const leadership = "leadership"

const (
	liveTokens  = `select name from tokens where person_id = $1 and revoked_at is null and expires_at > $2`
	insertToken = `
		insert into tokens (person_id, name, hash, scopes, created_at, expires_at) values ($1, $2, $3, $4, $5, $6) returning id`
	listTokens = `
		select id, name, scopes, created_at, expires_at, revoked_at, last_used_at from tokens
		where person_id = $1 and coalesce(revoked_at, expires_at) > $2
		order by (revoked_at is null and expires_at > $3) desc, id desc`
	revokeToken = `update tokens set revoked_at = coalesce(revoked_at, $3) where id = $1 and person_id = $2`
	// With a person deactivated, so that reactivating them doesn't bring their
	// tokens back.
	revokeTokens = `update tokens set revoked_at = $2 where person_id = $1 and revoked_at is null`
)

// MakeToken makes a token for a person, and gives the secret: nobody ever sees
// it again. Invalid, with every reason, where name, scopes or days can't be
// taken; Refused where the person has as many as they may.
func (s *Service) MakeToken(ctx context.Context, person int64, n NewToken) (Token, string, error) {
	var reasons []fault.Reason
	refuse := func(code, field, text string) {
		reasons = append(reasons, fault.Reason{Code: code, Field: field, Text: text})
	}
	name, wrong := cleanLine(n.Name)
	switch {
	case name == "":
		refuse("name_missing", "name", "Give the token a name by which you will know it: what it is for, and where it is kept.")
	case wrong != "":
		refuse("name_form", "name", "The name "+wrong+".")
	}
	if n.Days < 1 || n.Days > MaxTokenDays {
		refuse("days", "days", fmt.Sprintf("Say for how long it works: from 1 to %d days.", MaxTokenDays))
	}
	var made Token
	var secret string
	err := postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		off, err := standing(ctx, tx, person) // tokens of one person are made one after the other
		if err != nil {
			return err
		}
		owner, err := readPerson(ctx, tx, person)
		if err != nil {
			return err
		}
		if off {
			return fault.New(fault.SignIn, "Sign in to go on.")
		}
		reasons = append(reasons, againstScopes(n.Scopes, s.ScopesFor(owner))...)
		now := s.now()
		var live []string
		if err := tx.SelectContext(ctx, &live, liveTokens, person, now); err != nil {
			return fmt.Errorf("reading the tokens of a person: %w", err)
		}
		if slices.Contains(live, name) {
			refuse("name_taken", "name", "You have a token of this name that works. Choose another name, or revoke that one first.")
		}
		if len(reasons) > 0 {
			return fault.New(fault.Invalid, "The token was not made.", reasons...)
		}
		if len(live) >= MaxTokens {
			return fault.New(fault.Refused, "The token was not made.",
				fault.Reason{Code: "too_many_tokens", Text: fmt.Sprintf("You have %d tokens that work. Revoke one that you don’t need.", MaxTokens)})
		}
		if secret, err = s.newSecret(); err != nil {
			return err
		}
		made = Token{Name: name, Scopes: inOrder(n.Scopes), CreatedAt: now, ExpiresAt: now.AddDate(0, 0, n.Days)}
		if err := tx.GetContext(ctx, &made.ID, insertToken, person, name, hashToken(secret), pq.Array(made.Scopes), now, made.ExpiresAt); err != nil {
			return fmt.Errorf("making a token: %w", err)
		}
		return nil
	})
	if err != nil {
		return Token{}, "", err
	}
	return made, secret, nil
}

// againstScopes is what stands against a choice of scopes.
func againstScopes(chosen, covered []string) []fault.Reason {
	if len(chosen) == 0 {
		return []fault.Reason{{Code: "no_scope", Field: "scopes", Text: "Choose what the token may do."}}
	}
	var reasons []fault.Reason
	for _, scope := range inOrder(chosen) {
		switch {
		case !slices.Contains(Scopes(), scope):
			reasons = append(reasons, fault.Reason{Code: "scope_unknown", Field: "scopes", Text: "There is no such scope. Choose among those that are offered."})
		case !slices.Contains(covered, scope):
			reasons = append(reasons, fault.Reason{Code: "scope_beyond_role", Field: "scopes", Text: "Your roles don’t cover the scope " + scope + ": a token never allows more than you may do yourself."})
		}
	}
	return reasons
}

// inOrder gives each scope once, the least powerful first.
func inOrder(scopes []string) []string {
	all := Scopes()
	out := slices.Clone(scopes)
	slices.SortFunc(out, func(a, b string) int {
		if d := slices.Index(all, a) - slices.Index(all, b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(out)
}

// Tokens are a person's own: those that work first, and for 90 days those that
// don't any more.
func (s *Service) Tokens(ctx context.Context, person int64) ([]Token, error) {
	now := s.now()
	var rows []struct {
		ID         int64
		Name       string
		Scopes     pq.StringArray
		CreatedAt  time.Time  `db:"created_at"`
		ExpiresAt  time.Time  `db:"expires_at"`
		RevokedAt  *time.Time `db:"revoked_at"`
		LastUsedAt *time.Time `db:"last_used_at"`
	}
	if err := s.DB.SelectContext(ctx, &rows, listTokens, person, now.Add(-tokensKept), now); err != nil {
		return nil, fmt.Errorf("reading the tokens of a person: %w", err)
	}
	tokens := make([]Token, len(rows))
	for i, r := range rows {
		tokens[i] = Token{ID: r.ID, Name: r.Name, Scopes: inOrder(r.Scopes), CreatedAt: r.CreatedAt.UTC(), ExpiresAt: r.ExpiresAt.UTC(),
			RevokedAt: r.RevokedAt, LastUsedAt: r.LastUsedAt}
	}
	return tokens, nil
}

// RevokeToken ends a token of one's own, at once; NotFound if it is no token of
// theirs. Doing it twice changes nothing.
func (s *Service) RevokeToken(ctx context.Context, by, token int64) error {
	res, err := s.DB.ExecContext(ctx, revokeToken, token, by, s.now())
	if err != nil {
		return fmt.Errorf("revoking a token: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return fault.New(fault.NotFound, "There is no such token, or it isn’t yours.")
}

// A token is a word that finders of leaked secrets know, 32 random bytes, and
// their CRC-32, by which a mistyped one is told without asking the database.
const (
	tokenPrefix = "rung_"
	tokenRandom = 32 // bytes
)

func (s *Service) newSecret() (string, error) {
	b, err := s.random(tokenRandom)
	if err != nil {
		return "", fmt.Errorf("making a token: %w", err)
	}
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(appendSum(b)), nil
}

func appendSum(b []byte) []byte {
	sum := crc32.ChecksumIEEE(b)
	return append(b, byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
}

// wellFormed reports whether a secret could be one of ours.
func wellFormed(secret string) bool {
	rest, ours := strings.CutPrefix(secret, tokenPrefix)
	b, err := base64.RawURLEncoding.DecodeString(rest)
	return ours && err == nil && len(b) == tokenRandom+4 && string(appendSum(slices.Clone(b[:tokenRandom]))) == string(b)
}
