package accounts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"github.com/leadership-ladder/rung/internal/fault"
)

// Bearer is who is behind a token, and what it lets them do now.
type Bearer struct {
	Person Person
	Token  int64
	Scopes []string // those that the person's roles cover now
	Rate   Rate
}

// Rate is what a token has left of its calls.
type Rate struct {
	Limit int           // calls a minute; 0: not known, since there is no such token
	Left  int           // of the current minute
	Reset time.Duration // until the next minute
}

// One statement finds the token, counts the call and notes the use. Only the
// latter is written to disk, at most once a minute.
const bearerSQL = `
	with t as (
		select id, person_id, scopes, expires_at, revoked_at, last_used_at, revoked_at is null and expires_at > $2 as works
		from tokens where hash = $1),
	counted as (
		insert into token_uses as u (token_id, window_start, used)
		select t.id, $3, 1 from t where t.works
		on conflict on constraint token_uses_pk do update set
			used = case when u.window_start < excluded.window_start then 1 else u.used + 1 end,
			window_start = greatest(u.window_start, excluded.window_start)
		returning u.used),
	noted as (
		update tokens k set last_used_at = $2 from t
		where k.id = t.id and t.works and (k.last_used_at is null or k.last_used_at < $3))
	select t.id as token, t.scopes, t.revoked_at, t.works, coalesce((select used from counted), 0) as used, ` + personColumns + `
	from t join people p on p.id = t.person_id`

// Bearer finds who is behind a token, and counts the call. A SignIn fault if the
// token is unknown, revoked, expired, or of somebody deactivated; TooMany, beside
// the Rate, if its calls of this minute are used up.
func (s *Service) Bearer(ctx context.Context, secret string) (Bearer, error) {
	if !wellFormed(secret) {
		return Bearer{}, noToken("token_unknown", "This is no token of ours: check that you sent all of it.")
	}
	now := s.now()
	window := now.Truncate(callWindow)
	var r struct {
		personRow
		Token     int64
		Scopes    pq.StringArray
		RevokedAt *time.Time `db:"revoked_at"`
		Works     bool
		Used      int
	}
	err := s.DB.GetContext(ctx, &r, bearerSQL, hashToken(secret), now, window)
	if errors.Is(err, sql.ErrNoRows) {
		return Bearer{}, noToken("token_unknown", "This token isn’t known here. It may be of another server.")
	}
	if err != nil {
		return Bearer{}, fmt.Errorf("reading a token: %w", err)
	}
	b := Bearer{Person: r.person(), Token: r.Token}
	switch {
	case r.RevokedAt != nil, b.Person.DeactivatedAt != nil:
		return Bearer{}, noToken("token_revoked", "This token was revoked. Make another on the page Access tokens.")
	case !r.Works:
		return Bearer{}, noToken("token_expired", "This token has expired. Make another on the page Access tokens.")
	}
	covered := s.ScopesFor(b.Person)
	for _, scope := range inOrder(r.Scopes) {
		if slices.Contains(covered, scope) {
			b.Scopes = append(b.Scopes, scope)
		}
	}
	most := s.Limits.withDefaults().CallsPerToken
	b.Rate = Rate{Limit: most, Left: max(most-r.Used, 0), Reset: window.Add(callWindow).Sub(now)}
	if r.Used > most {
		f := fault.New(fault.TooMany, fmt.Sprintf("This token has used up its %d calls a minute.", most))
		f.RetryAfter = b.Rate.Reset
		return b, f
	}
	return b, nil
}

func noToken(code, text string) error {
	return fault.New(fault.SignIn, "The token can’t be used.", fault.Reason{Code: code, Text: text})
}
