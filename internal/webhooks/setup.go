package webhooks

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/leadership-ladder/rung/internal/fault"
)

// Settings are what an administrator says of a webhook.
type Settings struct {
	URL         string
	Description string   // for people
	Every       bool     // it is told every event, also those that a later Rung adds
	Events      []string // else these, of Service.Events
}

// Limits of what is typed, in characters.
const (
	maxURL         = 2000
	maxDescription = 200
)

// wrong tidies the settings and gives all that is wrong with them.
func (s *Service) wrong(set *Settings) []fault.Reason {
	var reasons []fault.Reason
	add := func(code, field, text string) {
		reasons = append(reasons, fault.Reason{Code: code, Field: field, Text: text})
	}
	set.URL, set.Description = strings.TrimSpace(set.URL), strings.TrimSpace(set.Description)
	reasons = append(reasons, s.wrongURL(set.URL)...)
	if n := utf8.RuneCountInString(set.Description); n > maxDescription {
		add("description_long", "description", fmt.Sprintf("Shorten the description by %d characters: it can have at most %d.", n-maxDescription, maxDescription))
	} else if strings.ContainsFunc(set.Description, unicode.IsControl) || !utf8.ValidString(set.Description) {
		add("description_form", "description", "Write the description in one line.")
	}
	var known []string
	for _, e := range s.Events { // in their order, each once
		if slices.Contains(set.Events, e) {
			known = append(known, e)
		}
	}
	switch {
	case set.Every && len(set.Events) > 0:
		add("events_twice", "events", "Choose every event, or name some, not both.")
	case !set.Every && len(set.Events) == 0:
		add("events_none", "events", "Choose at least one event, or every event.")
	case slices.ContainsFunc(set.Events, func(e string) bool { return !slices.Contains(s.Events, e) }):
		add("event_unknown", "events", "Choose among these events: "+strings.Join(s.Events, ", ")+".")
	}
	set.Events = known
	return reasons
}

// wrongURL is all that is wrong with an address. Whether the name in it leads
// to a private address is found out when it is connected to.
func (s *Service) wrongURL(raw string) []fault.Reason {
	say := func(code, text string) []fault.Reason {
		return []fault.Reason{{Code: code, Field: "url", Text: text}}
	}
	switch {
	case raw == "":
		return say("url_missing", "Enter the address that events are sent to.")
	case utf8.RuneCountInString(raw) > maxURL:
		return say("url_long", fmt.Sprintf("Enter an address of at most %d characters.", maxURL))
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Opaque != "" || strings.ContainsFunc(raw, unicode.IsSpace) {
		return say("url_form", "Enter a whole address, like https://example.org/webhook.")
	}
	var reasons []fault.Reason
	private := s.Allow.hostMaybe(u)
	if u.Scheme != "https" && !(u.Scheme == "http" && private) {
		reasons = append(reasons, say("url_https", "Begin the address with https://.")...)
	}
	if u.User != nil {
		reasons = append(reasons, say("url_user", "Leave name and password out of the address: the receiver knows Rung by the signature.")...)
	}
	if u.Fragment != "" || strings.HasSuffix(raw, "#") {
		reasons = append(reasons, say("url_fragment", "Leave out the # and what follows it: a server never sees that.")...)
	}
	if addr, err := netip.ParseAddr(u.Hostname()); err == nil && !public(addr) && !private {
		reasons = append(reasons, say("url_private", "Enter an address that is reached over the internet: this one is private, and not on the list of those allowed.")...)
	}
	return reasons
}

const (
	addSQL = `
insert into webhooks (url, description, events, created_at, created_by, updated_at) values ($1, $2, cast($3 as text[]), $4, $5, $4)
returning id`
	// One at a time adds, so that the limit holds.
	lockAllSQL   = `select count(*) from (select 1 from webhooks where removed_at is null) w, (select pg_advisory_xact_lock(hashtextextended('rung_webhooks', 0))) l`
	recordSQL    = `insert into webhook_changes (webhook_id, change, url, events, changed_by, changed_at) values ($1, $2, nullif($3, ''), cast($4 as text[]), nullif(cast($5 as bigint), 0), $6)`
	settingsSQL  = `update webhooks set url = $2, description = $3, events = cast($4 as text[]), version = version + 1, updated_at = $5 where id = $1`
	removeSQL    = `update webhooks set removed_at = $2, version = version + 1, updated_at = $2 where id = $1`
	enableSQL    = `update webhooks set disabled_at = null, disabled_reason = null, version = version + 1, updated_at = $2 where id = $1`
	disableSQL   = `update webhooks set disabled_at = $2, disabled_reason = $3, version = version + 1, updated_at = $2 where id = $1`
	rotateSQL    = `update webhooks set generation = generation + 1, previous_until = $3, version = version + 1, updated_at = $2 where id = $1`
	endBeforeSQL = `update webhooks set previous_until = null, version = version + 1, updated_at = $2 where id = $1`
)

// record notes a change and who made it; set is nil where it isn't about the settings.
func record(ctx context.Context, tx *sqlx.Tx, id int64, change string, set *Settings, by int64, now time.Time) error {
	var address string
	var events any
	if set != nil {
		address, events = set.URL, textArray(set.Events)
	}
	if _, err := tx.ExecContext(ctx, recordSQL, id, change, address, events, by, now); err != nil {
		return fmt.Errorf("recording a change of webhook %d: %w", id, err)
	}
	return nil
}

// textArray is a list as PostgreSQL takes it: an empty one, never null.
func textArray(list []string) any {
	if list == nil {
		list = []string{}
	}
	return pq.Array(list)
}

// Add sets a webhook up and gives its id. A refusal is Invalid, with all that is
// wrong, or Refused with the code "too_many_webhooks".
func (s *Service) Add(ctx context.Context, by int64, set Settings) (int64, error) {
	var id int64
	now := s.now()
	err := s.as(ctx, by, func(tx *sqlx.Tx) error {
		if reasons := s.wrong(&set); len(reasons) > 0 {
			return fault.New(fault.Invalid, "The webhook was not added.", reasons...)
		}
		var n int
		if err := tx.GetContext(ctx, &n, lockAllSQL); err != nil {
			return fmt.Errorf("counting webhooks: %w", err)
		}
		if n >= MaxWebhooks {
			return fault.New(fault.Refused, "The webhook was not added.", fault.Reason{Code: "too_many_webhooks",
				Text: fmt.Sprintf("There are %d webhooks already. Remove one first.", n)})
		}
		if err := tx.GetContext(ctx, &id, addSQL, set.URL, set.Description, textArray(set.Events), now, by); err != nil {
			return fmt.Errorf("adding a webhook: %w", err)
		}
		return record(ctx, tx, id, changeAdded, &set, by, now)
	})
	return id, err
}

// change runs fn on a webhook that is still as the administrator saw it; any
// other is Stale.
func (s *Service) change(ctx context.Context, by, id int64, seen int, fn func(tx *sqlx.Tx, r row, now time.Time) error) error {
	return s.as(ctx, by, func(tx *sqlx.Tx) error {
		r, err := one(ctx, tx, lockSQL, id)
		if err != nil {
			return err
		}
		if r.Version != seen {
			return fault.New(fault.Stale, "This webhook was changed while you had it open.", fault.Reason{Code: "stale",
				Text: "Look at what it is now, then decide again."})
		}
		return fn(tx, r, s.now())
	})
}

// write runs one statement of a change and records it.
func write(ctx context.Context, tx *sqlx.Tx, id int64, change string, set *Settings, by int64, now time.Time, query string, args ...any) error {
	if _, err := tx.ExecContext(ctx, query, append([]any{id}, args...)...); err != nil {
		return fmt.Errorf("changing webhook %d (%s): %w", id, change, err)
	}
	return record(ctx, tx, id, change, set, by, now)
}

// Change gives a webhook other settings. seen, here and below, is the version
// that the administrator looked at.
func (s *Service) Change(ctx context.Context, by, id int64, seen int, set Settings) error {
	return s.change(ctx, by, id, seen, func(tx *sqlx.Tx, _ row, now time.Time) error {
		if reasons := s.wrong(&set); len(reasons) > 0 {
			return fault.New(fault.Invalid, "The webhook was not changed.", reasons...)
		}
		return write(ctx, tx, id, changeSettings, &set, by, now, settingsSQL, set.URL, set.Description, textArray(set.Events), now)
	})
}

// Remove ends a webhook for good. What is queued for it is dropped, with a note,
// when its turn comes.
func (s *Service) Remove(ctx context.Context, by, id int64, seen int) error {
	return s.change(ctx, by, id, seen, func(tx *sqlx.Tx, _ row, now time.Time) error {
		return write(ctx, tx, id, changeRemoved, nil, by, now, removeSQL, now)
	})
}

// Disable stops a webhook: nothing new is queued for it, and what is queued is
// dropped, with a note, when its turn comes.
func (s *Service) Disable(ctx context.Context, by, id int64, seen int) error {
	return s.change(ctx, by, id, seen, func(tx *sqlx.Tx, r row, now time.Time) error {
		if r.DisabledAt != nil {
			return refused("disabled_already", "It is disabled already.")
		}
		return write(ctx, tx, id, changeDisabled, nil, by, now, disableSQL, now, ByAdministrator)
	})
}

// Enable lets a disabled webhook go on, from now: what happened meanwhile isn't
// told, except by sending a delivery again.
func (s *Service) Enable(ctx context.Context, by, id int64, seen int) error {
	return s.change(ctx, by, id, seen, func(tx *sqlx.Tx, r row, now time.Time) error {
		if r.DisabledAt == nil {
			return refused("enabled_already", "It is enabled already.")
		}
		return write(ctx, tx, id, changeEnabled, nil, by, now, enableSQL, now)
	})
}

// Rotate gives a webhook a new secret. The one before signs too for Overlap, or
// until EndPrevious; one from before that no longer does.
func (s *Service) Rotate(ctx context.Context, by, id int64, seen int) error {
	return s.change(ctx, by, id, seen, func(tx *sqlx.Tx, _ row, now time.Time) error {
		overlap := s.Overlap
		if overlap == 0 {
			overlap = DefaultOverlap
		}
		return write(ctx, tx, id, changeRotated, nil, by, now, rotateSQL, now, now.Add(overlap))
	})
}

// EndPrevious stops signing with the secret from before the rotation, at once.
func (s *Service) EndPrevious(ctx context.Context, by, id int64, seen int) error {
	return s.change(ctx, by, id, seen, func(tx *sqlx.Tx, r row, now time.Time) error {
		if !r.overlaps(now) {
			return refused("no_previous_secret", "There is no earlier secret that is still valid.")
		}
		return write(ctx, tx, id, changePreviousEnded, nil, by, now, endBeforeSQL, now)
	})
}

func refused(code, text string) error {
	return fault.New(fault.Refused, "Nothing was changed.", fault.Reason{Code: code, Text: text})
}
