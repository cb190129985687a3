package catalogue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
)

const retireSQL = `
update editions set state = 'retired', retired_at = $2, retired_by = $3, retired_reason = $4
where id = $1 and state = 'live'`

// Retire takes a module out of the catalogue's lists. Its page stays at its
// address and shows the reason. For an edition that climbed here it is also an
// entry of the proposal's history.
func (s *Service) Retire(ctx context.Context, by workflow.Actor, slug, reason string) error {
	return postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		key, err := editionBySlug(ctx, tx, slug)
		if err != nil {
			return err
		}
		if err := s.mayLead(ctx, tx, by, key); err != nil {
			return err
		}
		reason = strings.TrimSpace(reason)
		var r reasons
		if reason == "" {
			r.add("no_reason", "reason", "Give a reason: the module's page will show it.")
		}
		r.long("reason", "The reason", reason, maxReason)
		if err := r.invalid(); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, retireSQL, key.ID, s.now(), by.Person, reason)
		if err != nil {
			return fmt.Errorf("retiring %s: %w", slug, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return alreadyRetired(err)
		}
		if key.Proposal == 0 {
			return nil
		}
		_, err = s.Workflow.Record(ctx, tx, workflow.Record{
			Proposal: key.Proposal, Event: EventRetired, By: by, Detail: map[string]any{"edition": key.ID}, Words: reason})
		return err
	})
}

// alreadyRetired is the answer to the second of two; err is that of asking.
func alreadyRetired(err error) error {
	if err != nil {
		return fmt.Errorf("retiring: %w", err)
	}
	return fault.New(fault.Stale, "This module is retired already.", fault.Reason{Code: "retired_already",
		Text: "Its page shows the reason that was given first."})
}

// mayLead asks for leadership's authority over an edition, and locks the
// proposal that it came from.
func (s *Service) mayLead(ctx context.Context, tx *sqlx.Tx, by workflow.Actor, key editionKey) error {
	if err := leadership(ctx, tx, by); err != nil || key.Proposal == 0 {
		return err
	}
	c, err := s.Workflow.Lock(ctx, tx, key.Proposal, by)
	if err != nil {
		return err
	}
	return c.MayGovern()
}

// editionKey is what acts need to know of the edition that a page shows.
type editionKey struct {
	ID       int64  `db:"id"`
	Quality  string `db:"quality"`
	Proposal int64  `db:"proposal_id"` // 0: before Rung
	Revision int    `db:"revision"`
	Details  int64  `db:"details"`
}

// The edition that a page of this slug shows: the live one, else the latest.
const editionBySlugSQL = `
select e.id, e.quality, coalesce(e.proposal_id, 0) as proposal_id, coalesce(e.revision, 0) as revision, e.details
from modules m join editions e on e.module_id = m.id
where m.slug = $1
order by (e.state = 'live') desc, e.number desc
limit 1`

var slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func editionBySlug(ctx context.Context, q postgres.Queryer, slug string) (editionKey, error) {
	var e editionKey
	if !slugForm.MatchString(slug) {
		return e, noModule()
	}
	err := q.GetContext(ctx, &e, editionBySlugSQL, slug)
	if errors.Is(err, sql.ErrNoRows) {
		return e, noModule()
	}
	if err != nil {
		return e, fmt.Errorf("reading the module %q: %w", slug, err)
	}
	return e, nil
}

func noModule() error {
	return fault.New(fault.NotFound, "There is no module at this address.")
}
