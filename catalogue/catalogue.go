// Package catalogue keeps what learners find: publication details, the modules
// and their editions, and the pack that leadership hands to the hosts. Only it
// writes modules, editions and publication_details.
//
// An edition carries a copy of the listing and the teaching part of the
// revision that was signed, so that a public page never reads what authors are
// writing now.
package catalogue

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Service is the catalogue's calls. All fields are required.
type Service struct {
	DB       *sqlx.DB
	Now      func() time.Time
	Workflow *workflow.Service
	Files    *files.Store // the packages' bytes
}

// The two ways in which a module's quality was assured.
const (
	ByRung     = "rung"        // climbed through every stage here
	BeforeRung = "before_rung" // live before Rung, entered by leadership
)

// The states of an edition.
const (
	Live       = "live"       // in the catalogue's lists
	Superseded = "superseded" // a later edition took its place
	Retired    = "retired"    // out of the lists; its page says why
)

// The history entries that this room records.
const (
	EventDetailsSet = "details_set"
	EventRetired    = "retired"
)

// Events are the names of the history's entries that this room writes.
func Events() []string { return []string{EventDetailsSet, EventRetired} }

// Limits of what leadership types, in characters. Title and summary are the
// Learning Hub's.
const (
	maxTitle   = 255
	maxSummary = 1800
	maxOwner   = 200
	maxSeries  = 255
	maxURL     = 2000
	maxReason  = 2000
)

// now is this moment as PostgreSQL keeps it.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// day is t's calendar day in UTC, as a date column gives it back.
func day(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// leadership refuses whoever doesn't hold the role, for acts that concern no
// proposal. Those that do ask the case.
func leadership(ctx context.Context, q postgres.Queryer, by workflow.Actor) error {
	is, err := workflow.Holds(ctx, q, by, workflow.Leadership)
	if err != nil {
		return err
	}
	if !is {
		return fault.New(fault.Forbidden, "Only leadership can do this.")
	}
	return nil
}

// reasons gathers what is wrong with a form.
type reasons []fault.Reason

func (r *reasons) add(code, field, text string, args ...any) {
	*r = append(*r, fault.Reason{Code: code, Field: field, Text: fmt.Sprintf(text, args...)})
}

// invalid is nil where nothing is wrong.
func (r reasons) invalid() error {
	if len(r) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "There is a problem with what was entered.", r...)
}

// long adds a reason if text is longer than most characters.
func (r *reasons) long(field, name, text string, most int) {
	if n := utf8.RuneCountInString(text); n > most {
		r.add("too_long", field, "%s must be %d characters or fewer; it has %d.", name, most, n)
	}
}

// line is text on one line, without space around it.
func line(text string) string { return strings.Join(strings.Fields(text), " ") }

// current is the programme that new entries follow.
func (s *Service) current() *programme.Programme { return s.Workflow.Current }
