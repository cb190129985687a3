package accounts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
)

const (
	// CodeLife is how long a sign-in code can be used.
	CodeLife = 10 * time.Minute
	// MaxTries is how many codes may be typed for one code sent. The sixth is
	// refused even if right. The table sign_in_attempts holds the same number.
	MaxTries = 5
	// limitWindow is the time over which Limits count.
	limitWindow = time.Hour
)

// The defaults of Limits. Five codes of five tries would give 25 guesses an
// hour at one address; ten misses keep the odds of hitting one of a million
// codes below one in four thousand in a day of trying. A client may be a whole
// hospital behind one address, hence the wider figures there.
const (
	DefaultCodesPerAddress  = 5
	DefaultCodesPerClient   = 20
	DefaultMissesPerAddress = 10
	DefaultMissesPerClient  = 30
)

// Limits are counted in PostgreSQL, so they hold across replicas and restarts.
// Sessions that exist go on, whichever is reached. Zero means the default.
type Limits struct {
	CodesPerAddress  int // codes asked for one address in an hour
	CodesPerClient   int // codes asked by one client in an hour
	MissesPerAddress int // wrong codes for one address in an hour, whichever code
	MissesPerClient  int // wrong codes from one client in an hour, whichever code
	CallsPerToken    int // calls of the JSON API with one token in a minute
}

func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		n   *int
		def int
	}{
		{&l.CodesPerAddress, DefaultCodesPerAddress}, {&l.CodesPerClient, DefaultCodesPerClient},
		{&l.MissesPerAddress, DefaultMissesPerAddress}, {&l.MissesPerClient, DefaultMissesPerClient},
		{&l.CallsPerToken, DefaultCallsPerToken},
	} {
		if *f.n <= 0 {
			*f.n = f.def
		}
	}
	return l
}

// Two-key advisory locks: the first key says of what, the second is the hash
// of which. Whoever takes several takes them in this order.
const (
	lockRoster  = 7301 // roles and deactivations, one at a time
	lockAddress = 7302 // sign-in counts of an address
	lockClient  = 7303 // sign-in counts of a client
)

const advisoryLock = `select pg_advisory_xact_lock(cast($1 as int), hashtext($2))`

// lockCounts makes other sign-in steps of this address or client wait until tx
// ends, so that what is counted now is still true when it is acted upon.
func lockCounts(ctx context.Context, tx *sqlx.Tx, email, client string) error {
	if _, err := tx.ExecContext(ctx, advisoryLock, lockAddress, email); err != nil {
		return fmt.Errorf("locking an address's sign-in counts: %w", err)
	}
	if _, err := tx.ExecContext(ctx, advisoryLock, lockClient, client); err != nil {
		return fmt.Errorf("locking a client's sign-in counts: %w", err)
	}
	return nil
}

// Each finds the event that fills the limit: the $3rd newest since $2. No row
// means that there is room for one more.
const (
	askedForAddress = `select asked_at from sign_in_attempts where email = $1 and asked_at > $2
		order by asked_at desc offset cast($3 as bigint) limit 1`
	askedByClient = `select asked_at from sign_in_attempts where client = $1 and asked_at > $2
		order by asked_at desc offset cast($3 as bigint) limit 1`
	missedForAddress = `select missed_at from sign_in_misses where email = $1 and missed_at > $2
		order by missed_at desc offset cast($3 as bigint) limit 1`
	missedByClient = `select missed_at from sign_in_misses where client = $1 and missed_at > $2
		order by missed_at desc offset cast($3 as bigint) limit 1`
)

// full tells how long until query's events of key leave room below limit, 0 if
// they do now.
func full(ctx context.Context, tx *sqlx.Tx, query, key string, limit int, now time.Time) (time.Duration, error) {
	var at time.Time
	err := tx.GetContext(ctx, &at, query, key, now.Add(-limitWindow), limit-1)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("counting sign-ins: %w", err)
	}
	return at.Add(limitWindow).Sub(now), nil
}

// roomToAsk refuses when too many codes were asked for. It says the same of a
// known and an unknown address.
func (s *Service) roomToAsk(ctx context.Context, tx *sqlx.Tx, email, client string, now time.Time) error {
	l := s.Limits.withDefaults()
	return room(ctx, tx, email, client, now,
		limit{askedForAddress, l.CodesPerAddress, "codes_per_address", "Too many codes were asked for this address."},
		limit{askedByClient, l.CodesPerClient, "codes_per_client", "Too many codes were asked from this network."})
}

// roomToTry refuses when too many wrong codes were typed, over all codes.
func (s *Service) roomToTry(ctx context.Context, tx *sqlx.Tx, email, client string, now time.Time) error {
	l := s.Limits.withDefaults()
	return room(ctx, tx, email, client, now,
		limit{missedForAddress, l.MissesPerAddress, "tries_per_address", "Too many wrong codes were typed for this address."},
		limit{missedByClient, l.MissesPerClient, "tries_per_client", "Too many wrong codes were typed from this network."})
}

type limit struct {
	query      string
	most       int
	code, text string
}

func room(ctx context.Context, tx *sqlx.Tx, email, client string, now time.Time, address, network limit) error {
	var reasons []fault.Reason
	var wait time.Duration
	for _, of := range []struct {
		limit
		key string
	}{{address, email}, {network, client}} {
		w, err := full(ctx, tx, of.query, of.key, of.most, now)
		if err != nil {
			return err
		}
		if w > 0 {
			wait = max(wait, w)
			reasons = append(reasons, fault.Reason{Code: of.code, Text: of.text})
		}
	}
	if reasons == nil {
		return nil
	}
	minutes := int((wait + time.Minute - 1) / time.Minute)
	unit := "minutes"
	if minutes == 1 {
		unit = "minute"
	}
	f := fault.New(fault.TooMany, fmt.Sprintf("Wait %d %s before you try again. Whoever is signed in stays so.", minutes, unit), reasons...)
	f.RetryAfter = wait
	return f
}
