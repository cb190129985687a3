package authoring

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
)

// The states of a package's check.
const (
	CheckQueued  = "queued"
	CheckRunning = "running"
	CheckDone    = "done"
	CheckFailed  = "failed" // it did not come to a report; that keeps nobody from submitting
)

// PackageCheck is what is known of a package from its check.
type PackageCheck struct {
	Package Package
	Version string // of the checker
	State   string
	Doing   string // while it runs: what, in words for people
	Done    int64
	All     int64  // 0: not known
	Error   string // of a failed one, for people
	Report  *packagecheck.Report
	Ended   time.Time // zero while it is to come
}

// Coming reports whether its report is still to come.
func (p PackageCheck) Coming() bool { return p.State == CheckQueued || p.State == CheckRunning }

// PackageCheck gives the check of a revision's package, or of the draft's
// (revision 0), to whoever may open that package. Of a package that only an
// earlier version of the checker has looked at it is that version's.
func (s *Service) PackageCheck(ctx context.Context, by workflow.Actor, id int64, revision int) (PackageCheck, error) {
	c, err := s.Workflow.Load(ctx, s.DB, id, by)
	if err != nil {
		return PackageCheck{}, err
	}
	p, err := s.packageOf(ctx, c, revision)
	if err != nil {
		return PackageCheck{}, err
	}
	return checkOf(ctx, s.DB, p)
}

const checkSQL = `
select version, state, doing, done, total, coalesce(error, '') as error, coalesce(cast(report as text), '') as report, finished_at
from package_checks where sha256 = $1
order by (version = $2) desc, finished_at desc nulls last limit 1`

// checkOf is the check of a package by this version of the checker, or else the
// last there was.
func checkOf(ctx context.Context, q postgres.Queryer, p Package) (PackageCheck, error) {
	c := PackageCheck{Package: p, Version: packagecheck.Version, State: CheckQueued}
	var row struct {
		Version, State, Doing, Error, Report string
		Done, Total                          int64
		FinishedAt                           sql.NullTime `db:"finished_at"`
	}
	err := q.GetContext(ctx, &row, checkSQL, p.Digest, packagecheck.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return c, nil // uploaded before there was a checker: it is about to be queued
	}
	if err != nil {
		return c, fmt.Errorf("reading the check of package %s: %w", p.Digest, err)
	}
	c.Version, c.State, c.Doing, c.Done, c.All, c.Error = row.Version, row.State, row.Doing, row.Done, row.Total, row.Error
	if row.FinishedAt.Valid {
		c.Ended = row.FinishedAt.Time.UTC()
	}
	if row.Report != "" {
		c.Report = &packagecheck.Report{}
		if err := json.Unmarshal([]byte(row.Report), c.Report); err != nil {
			return c, fmt.Errorf("reading the report on package %s: %w", p.Digest, err)
		}
	}
	return c, nil
}

// A package waits in one of two lines, so that an author who has just uploaded
// doesn't stand behind all packages that a new version of the checker is to
// look at again, nor behind those of somebody who has uploaded very many.
const (
	checkKind   = "package_check"
	recheckKind = "package_recheck"
)

// waitingEach is how many packages of one person wait in the line of those who
// have just uploaded.
const waitingEach = 5

// ordered is a message's payload.
type ordered struct {
	SHA256  string `json:"sha256"`
	Version string `json:"version"`
}

func order(kind, digest string, round int) outbox.Message {
	return outbox.Message{Kind: kind, Key: fmt.Sprintf("package_check:%s:%s:%d", packagecheck.Version, digest, round),
		Payload: ordered{digest, packagecheck.Version}}
}

const queueCheckSQL = `
insert into package_checks (sha256, version, queued_at, updated_at) values ($1, $2, $3, $3)
on conflict (sha256, version) do update set state = 'queued', round = package_checks.round + 1, doing = '', done = 0, total = 0,
  queued_at = excluded.queued_at, updated_at = excluded.updated_at, started_at = null, finished_at = null, error = null
where package_checks.state = 'failed'
returning round`

const countWaitingSQL = `
select count(*) from drafts d join package_checks c on c.sha256 = d.package
where d.updated_by = $1 and c.version = $2 and c.state in ('queued', 'running')`

// queueCheck has a package checked unless it was, or is about to be. Where the
// check has failed, somebody who uploads the package again has it tried again.
func (s *Service) queueCheck(ctx context.Context, tx *sqlx.Tx, by workflow.Actor, digest string) error {
	var round int
	err := tx.GetContext(ctx, &round, queueCheckSQL, digest, packagecheck.Version, s.now())
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("queueing the check of package %s: %w", digest, err)
	}
	var waiting int
	if err := tx.GetContext(ctx, &waiting, countWaitingSQL, by.Person, packagecheck.Version); err != nil {
		return fmt.Errorf("counting the packages that wait for their check: %w", err)
	}
	kind := checkKind
	if waiting >= waitingEach {
		kind = recheckKind
	}
	return outbox.Put(ctx, tx, s.now(), order(kind, digest, round))
}

// queueOldSQL finds the packages that somebody may still want to know about and
// that this version of the checker hasn't looked at: first those whose authors
// may be about to submit and have to wait for it, the last that was touched at
// the front.
const queueOldSQL = `
with wanted as (
	select sha256, bool_or(open) as open, max(touched) as touched from (
		select d.package as sha256, p.state in ('draft', 'changes_requested') as open, d.updated_at as touched
		from drafts d join proposals p on p.id = d.proposal_id
		where d.package is not null and p.state <> 'published'
		union all
		select k.file, false, r.submitted_at
		from proposals p
		join revision_parts k on k.proposal_id = p.id and k.revision = p.revision and k.part = 'package'
		join revisions r on r.proposal_id = p.id and r.number = p.revision
		where p.state <> 'published'
	) used
	where not exists (select from package_checks c where c.sha256 = used.sha256 and c.version = $1)
	group by sha256
	order by open desc, touched desc, sha256 limit 200
), queued as (
	insert into package_checks (sha256, version, queued_at, updated_at)
	select sha256, $1, $2, $2 from wanted
	on conflict (sha256, version) do nothing
	returning sha256
)
select sha256 from wanted join queued using (sha256) order by open desc, touched desc, sha256`

// QueueChecks has the packages of drafts and of proposals under way checked
// that this version of the checker hasn't looked at, such as after an upgrade
// of Rung. It tells how many they are; any replica may do it at any time.
func (s *Service) QueueChecks(ctx context.Context) (int, error) {
	for total := 0; ; {
		var digests []string
		err := postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
			if err := tx.SelectContext(ctx, &digests, queueOldSQL, packagecheck.Version, s.now()); err != nil {
				return err
			}
			now := s.now()
			orders := make([]outbox.Message, len(digests))
			for i, d := range digests {
				orders[i] = order(recheckKind, d, 1)
				orders[i].Due = now.Add(time.Duration(i-len(orders)) * time.Microsecond) // due at once, in this order
			}
			return outbox.Put(ctx, tx, now, orders...)
		})
		total += len(digests)
		if err != nil {
			return total, fmt.Errorf("queueing checks of packages: %w", err)
		}
		if len(digests) == 0 {
			return total, nil
		}
	}
}
