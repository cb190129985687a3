package accounts

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/postgres"
)

// PersonKey is where a session's data holds the id (int64) of who is signed
// in. The web puts it there after scs has renewed the token, and nowhere else.
const PersonKey = "person"

// DefaultSessionLife is how long a session lasts, whatever happens in it. There
// is no idle limit: it would make every request a write.
const DefaultSessionLife = 14 * 24 * time.Hour

// Sessions keeps scs sessions in PostgreSQL, by the SHA-256 of their token: a
// copy of the table signs nobody in. Its clock, not that of scs, decides when
// one ends.
//
// One query reads the session, its person and their roles. The web wraps each
// request's context in WithVisit before scs loads the session, and reads
// Visitor afterwards.
type Sessions struct {
	DB   *postgres.DB
	Now  func() time.Time
	Life time.Duration // 0 means DefaultSessionLife
}

var _ scs.CtxStore = (*Sessions)(nil)

// Manager gives an scs manager on this store; the caller sets its cookie.
func (s *Sessions) Manager() *scs.SessionManager {
	m := scs.New()
	m.Store = s
	m.Lifetime = s.life()
	m.Codec = scs.GobCodec{} // CommitCtx reads the person out of what it writes
	return m
}

func (s *Sessions) life() time.Duration {
	if s.Life > 0 {
		return s.Life
	}
	return DefaultSessionLife
}

type visitKey struct{}

// visit is filled by FindCtx on behalf of whoever made the context.
type visit struct {
	person   Person
	signedIn bool
}

// WithVisit gives a context in which loading a session leaves the person that
// it belongs to. It serves one request.
func WithVisit(ctx context.Context) context.Context {
	return context.WithValue(ctx, visitKey{}, new(visit))
}

// Visitor gives who was signed in when the session was loaded; false if nobody
// was, or the context was not made by WithVisit.
func Visitor(ctx context.Context) (Person, bool) {
	v, ok := ctx.Value(visitKey{}).(*visit)
	if !ok || !v.signedIn {
		return Person{}, false
	}
	return v.person, true
}

const findSession = `
	select s.data, s.person_id as session_person,
		coalesce(p.id, 0) as id, coalesce(p.email, '') as email, coalesce(p.name, '') as name,
		coalesce(p.organisation, '') as organisation, coalesce(p.job_title, '') as job_title,
		p.named_at, p.first_sign_in_at, p.deactivated_at,
		array(select r.role from roles r where r.person_id = p.id order by r.role) as roles
	from sessions s left join people p on p.id = s.person_id and p.deactivated_at is null
	where s.token_hash = $1 and s.expires_at > $2 and s.revoked_at is null`

// FindCtx gives a live session's data. The session of a deactivated person is
// not found.
func (s *Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var r struct {
		personRow
		Data          []byte `db:"data"`
		SessionPerson *int64 `db:"session_person"`
	}
	err := s.DB.GetContext(ctx, &r, findSession, hashToken(token), stored(s.Now()))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading a session: %w", err)
	}
	if r.SessionPerson == nil {
		return r.Data, true, nil
	}
	if r.ID == 0 {
		return nil, false, nil
	}
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		*v = visit{person: r.person(), signedIn: true}
	}
	return r.Data, true, nil
}

// On conflict the session is one that goes on: only its data changes, never
// whose it is nor when it ends. A revoked or expired one stays as it is, so
// that a request which began before the revocation cannot undo it.
const (
	commitAnonymous = `
		insert into sessions (token_hash, person_id, data, created_at, expires_at) values ($1, null, $2, $3, $4)
		on conflict on constraint sessions_pk do update set data = excluded.data
			where sessions.person_id is null and sessions.revoked_at is null and sessions.expires_at > excluded.created_at`
	// The share lock waits for a deactivation under way, which would otherwise
	// miss the session.
	commitPerson = `
		insert into sessions (token_hash, person_id, data, created_at, expires_at)
		select $1, p.id, $2, $3, $4 from people p where p.id = $5 and p.deactivated_at is null for share
		on conflict on constraint sessions_pk do update set data = excluded.data
			where sessions.person_id = excluded.person_id and sessions.revoked_at is null
				and sessions.expires_at > excluded.created_at`
	// Alive, yet not written: it belongs to somebody else.
	sessionLives = `select exists (select 1 from sessions where token_hash = $1 and expires_at > $2 and revoked_at is null
		and person_id is distinct from nullif(cast($3 as bigint), 0))`
)

// CommitCtx writes a session. A session that has been revoked or has expired
// meanwhile, and one for a deactivated person, is quietly not written. One
// whose person changes without a new token is an error: whoever planted the
// token would be signed in with them.
//
// The end of a session is set when it is first written, Life from then; scs's
// own expiry, by another clock, only dates the cookie.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, _ time.Time) error {
	_, values, err := scs.GobCodec{}.Decode(data)
	if err != nil {
		return fmt.Errorf("reading the person of a session: %w", err)
	}
	person, _ := values[PersonKey].(int64)
	if v, there := values[PersonKey]; there && person <= 0 {
		return fmt.Errorf("accounts: a session's person is %v (%T), not a positive int64", v, v)
	}
	now, hash := stored(s.Now()), hashToken(token)
	var res sql.Result
	if person == 0 {
		res, err = s.DB.ExecContext(ctx, commitAnonymous, hash, data, now, now.Add(s.life()))
	} else {
		res, err = s.DB.ExecContext(ctx, commitPerson, hash, data, now, now.Add(s.life()), person)
	}
	if err != nil {
		return fmt.Errorf("writing a session: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	var other bool
	if err := s.DB.GetContext(ctx, &other, sessionLives, hash, now, person); err != nil {
		return fmt.Errorf("looking at a session: %w", err)
	}
	if other {
		return errors.New("accounts: a session's person changed without a new token")
	}
	return nil
}

const (
	revokeSession  = `update sessions set revoked_at = $2, data = '' where token_hash = $1 and revoked_at is null`
	revokeSessions = `update sessions set revoked_at = $2, data = '' where person_id = $1 and revoked_at is null`
)

// DeleteCtx ends a session; its row stays, empty, until PurgeExpired.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	if _, err := s.DB.ExecContext(ctx, revokeSession, hashToken(token), stored(s.Now())); err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	return nil
}

// Find is FindCtx without a context; scs wants it, and calls FindCtx.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context; scs wants it, and calls CommitCtx.
func (s *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context; scs wants it, and calls DeleteCtx.
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

func hashToken(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// RevokeSessions signs a person out everywhere, here included.
func (s *Service) RevokeSessions(ctx context.Context, person int64) error {
	if _, err := s.DB.ExecContext(ctx, revokeSessions, person, s.now()); err != nil {
		return fmt.Errorf("ending sessions: %w", err)
	}
	return nil
}

// keepExpired is how long rows outlive their use: longer than any request that
// may still hold a session, and than every window of Limits.
const keepExpired = 24 * time.Hour

// PurgeExpired deletes the sessions that ended and the sign-in attempts and
// misses that count no more, a day after, and the tokens that ended, when they
// leave their owner's list. It tells how many rows went. Any replica may run it,
// at any time.
func (s *Service) PurgeExpired(ctx context.Context) (int64, error) {
	before, listed := s.now().Add(-keepExpired), s.now().Add(-tokensKept)
	var total int64
	err := postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		for _, gone := range []struct {
			query  string
			before time.Time
		}{
			{`delete from sessions where expires_at < $1`, before},
			{`delete from sign_in_attempts where asked_at < $1`, before},
			{`delete from sign_in_misses where missed_at < $1`, before},
			{`delete from tokens where coalesce(revoked_at, expires_at) < $1`, listed},
			{`delete from token_uses where window_start < $1`, before},
		} {
			n, err := exec(ctx, tx, "purging", gone.query, gone.before)
			if err != nil {
				return err
			}
			total += n
		}
		return nil
	})
	return total, err
}
