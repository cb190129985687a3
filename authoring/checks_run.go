package authoring

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/internal/postgres"
)

const (
	// checkRetryFor is how long a check is tried again that met trouble with the
	// disk or the database. Authors wait for it.
	checkRetryFor = 15 * time.Minute
	// checkTries bounds how often a check is taken up again: a package at which
	// the process dies each time must not go on for ever.
	checkTries = 8
	// checkTold is how often a check under way tells how far it is.
	checkTold = time.Second
	// checkFor is how long a check may take, several times what the largest
	// package needs: one that isn't over then hangs, and others wait behind it.
	checkFor = 10 * time.Minute
	// checkLetGo is how long a check may take to hear that it is to end. It is
	// less than a process that stops has for everything.
	checkLetGo = 10 * time.Second
)

// ServeChecks has a runner run the checks: one at a time of each of the two
// lines, each under a lease of its own, so that one replica's long check keeps
// no other's from beginning the next. log is told what panicked.
func (s *Service) ServeChecks(r *outbox.Runner, log *slog.Logger) {
	for _, kind := range []string{checkKind, recheckKind} {
		r.Handlers[kind] = outbox.Each(func(ctx context.Context, c outbox.Claimed) outbox.Outcome { return s.carryOut(ctx, c, log) })
		if r.RetryFor == nil {
			r.RetryFor = map[string]time.Duration{}
		}
		if r.BatchOf == nil {
			r.BatchOf = map[string]int{}
		}
		r.RetryFor[kind], r.BatchOf[kind] = checkRetryFor, 1
	}
}

func (s *Service) carryOut(ctx context.Context, c outbox.Claimed, log *slog.Logger) outbox.Outcome {
	var o ordered
	if err := json.Unmarshal(c.Payload, &o); err != nil {
		return outbox.Outcome{State: outbox.Failed, Error: "This message is not one that Rung can read."}
	}
	if o.Version != packagecheck.Version { // for a replica of another version, while one replaces the other
		return outbox.Outcome{State: outbox.Retry, Error: "Another version of the checker was asked, and is no longer there."}
	}
	if c.Attempt > checkTries {
		return outbox.Outcome{State: outbox.Failed, Error: "Rung was stopped each time it looked at this package."}
	}
	return s.became(ctx, o.SHA256, s.checkPackage(ctx, o.SHA256), log)
}

// became tells the outbox what became of a check.
func (s *Service) became(ctx context.Context, digest string, err error, log *slog.Logger) outbox.Outcome {
	var p *panicked
	switch {
	case err == nil:
		return outbox.Outcome{State: outbox.Sent}
	case errors.Is(err, errUnwanted):
		return outbox.Outcome{State: outbox.Dropped, Note: unwantedReason}
	case errors.As(err, &p): // it would again
		log.ErrorContext(ctx, "checking a package: panic", "package", digest, "panic", p.text)
		return outbox.Outcome{State: outbox.Failed, Error: "The checker itself failed on this package. Its log tells the administrators more."}
	case errors.Is(err, errTooLong): // it would again
		log.ErrorContext(ctx, "checking a package", "package", digest, "error", err)
		return outbox.Outcome{State: outbox.Failed, Error: fmt.Sprintf("The check was not over after %d minutes, so it was ended.", checkFor/time.Minute)}
	case ctx.Err() != nil:
		s.checkReleased(ctx, digest)
		return outbox.Outcome{State: outbox.Released}
	}
	log.WarnContext(ctx, "checking a package", "package", digest, "error", err)
	return outbox.Outcome{State: outbox.Retry, Error: "Rung had trouble reading this package, or keeping its report."}
}

const failCheckSQL = `
update package_checks set state = 'failed', error = $3, finished_at = $4, updated_at = $4, doing = '', verdict = null, report = null
where sha256 = $1 and version = $2 and state in ('queued', 'running')`

// CheckFailed records that a check was given up, in the transaction in which the
// outbox does. It tells whether the message was one of a check.
func (s *Service) CheckFailed(ctx context.Context, tx *sqlx.Tx, c outbox.Claimed, reason string, now time.Time) (bool, error) {
	if c.Kind != checkKind && c.Kind != recheckKind {
		return false, nil
	}
	var o ordered
	if err := json.Unmarshal(c.Payload, &o); err != nil {
		return true, nil // nobody knows whose it was
	}
	if _, err := tx.ExecContext(ctx, failCheckSQL, o.SHA256, o.Version, reason, now); err != nil {
		return true, fmt.Errorf("recording that the check of package %s failed: %w", o.SHA256, err)
	}
	return true, nil
}

const (
	startCheckSQL = `
update package_checks set state = 'running', started_at = $3, updated_at = $3, doing = '', done = 0, total = 0, finished_at = null, error = null
where sha256 = $1 and version = $2 and state <> 'done'`

	tellCheckSQL = `
update package_checks set doing = $3, done = $4, total = $5, updated_at = $6
where sha256 = $1 and version = $2 and state = 'running'`

	// holdCheckSQL holds the check's row, as queueCheck does until the package is
	// its uploader's: the later of the two sees what the other did.
	holdCheckSQL = `select state from package_checks where sha256 = $1 and version = $2 for update`
	wantedSQL    = `
select exists (select from drafts where package = $1) or exists (select from revision_parts where file = $1)`

	finishCheckSQL = `
update package_checks set state = 'done', verdict = $3, report = $4, finished_at = $5, updated_at = $5, doing = '', error = null
where sha256 = $1 and version = $2 and state <> 'done'`

	releaseCheckSQL = `
update package_checks set state = 'queued', doing = '', done = 0, total = 0, updated_at = $3
where sha256 = $1 and version = $2 and state = 'running'`
)

// errUnwanted is the end of a check that nobody waits for.
var errUnwanted = errors.New("nobody has the package any more")

// unwantedReason is told to nobody: whoever uploads the package again has it
// checked.
const unwantedReason = "The package was replaced or removed before its check was over."

// giveUp ends a check if no draft and no revision has the package any more, and
// tells whether it did.
func (s *Service) giveUp(ctx context.Context, digest string) (gone bool, err error) {
	err = postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		var state string
		if err := tx.GetContext(ctx, &state, holdCheckSQL, digest, packagecheck.Version); err != nil {
			return err
		}
		var wanted bool
		if err := tx.GetContext(ctx, &wanted, wantedSQL, digest); err != nil || wanted {
			return err
		}
		gone = true
		_, err := tx.ExecContext(ctx, failCheckSQL, digest, packagecheck.Version, unwantedReason, s.now())
		return err
	})
	if err != nil {
		return false, fmt.Errorf("asking who has package %s: %w", digest, err)
	}
	return gone, nil
}

// checkPackage checks a package to its end and keeps the report. One that has a
// report already is left alone. An error is trouble of Rung's own.
func (s *Service) checkPackage(ctx context.Context, digest string) error {
	res, err := s.DB.ExecContext(ctx, startCheckSQL, digest, packagecheck.Version, s.now())
	if err != nil {
		return fmt.Errorf("beginning a check: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	if gone, err := s.giveUp(ctx, digest); gone || err != nil {
		return cmp.Or(err, errUnwanted)
	}
	f, size, err := s.Files.Open(digest)
	if err != nil {
		return fmt.Errorf("opening a package to check it: %w", err)
	}
	wanted, end := context.WithCancelCause(ctx)
	defer end(nil)
	report, err := inTime(wanted, func(ctx context.Context) (*packagecheck.Report, error) {
		defer f.Close()
		return packagecheck.Check(ctx, f, size, packagecheck.Options{Limits: archive.DefaultLimits(),
			Progress: s.tell(ctx, digest, end), Browser: s.Browser, NoBrowser: s.NoBrowser, Hurry: true})
	})
	if err != nil && errors.Is(context.Cause(wanted), errUnwanted) {
		if gone, err := s.giveUp(ctx, digest); gone || err != nil {
			return cmp.Or(err, errUnwanted)
		}
	}
	if err != nil {
		return fmt.Errorf("checking a package: %w", err)
	}
	body, err := json.Marshal(report)
	if err != nil {
		return fmt.Errorf("writing a report: %w", err)
	}
	if _, err := s.DB.ExecContext(ctx, finishCheckSQL, digest, packagecheck.Version, report.Verdict, string(body), s.now()); err != nil {
		return fmt.Errorf("keeping a report: %w", err)
	}
	return nil
}

// tell writes how far a check is, now and then, and ends the check where nobody
// waits for it any more. What can't be written is left out: the next time tells
// more.
func (s *Service) tell(ctx context.Context, digest string, end context.CancelCauseFunc) func(packagecheck.Progress) {
	var told time.Time
	return func(p packagecheck.Progress) {
		now := s.now()
		if !told.IsZero() && now.Sub(told) < checkTold {
			return
		}
		told = now
		doing := strings.ReplaceAll(strings.ToValidUTF8(p.Doing, "?"), "\x00", "?")
		_, _ = s.DB.ExecContext(ctx, tellCheckSQL, digest, packagecheck.Version, doing, max(p.Done, 0), max(p.All, 0), now)
		var wanted bool
		if err := s.DB.GetContext(ctx, &wanted, wantedSQL, digest); err == nil && !wanted {
			end(errUnwanted)
		}
	}
}

// checkReleased says of a check that was broken off, because Rung stops, that it
// waits again.
func (s *Service) checkReleased(ctx context.Context, digest string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	// Where it can't be said the row goes on saying that it runs, which whoever
	// takes it up next makes true.
	_, _ = s.DB.ExecContext(ctx, releaseCheckSQL, digest, packagecheck.Version, s.now())
}

var errTooLong = errors.New("the check takes too long")

// inTime runs a check for as long as one may take. A check that doesn't hear
// that it is to end is left behind: nothing ends a goroutine from outside, and
// the packages that wait must not wait for it.
func inTime(ctx context.Context, check func(context.Context) (*packagecheck.Report, error)) (*packagecheck.Report, error) {
	timed, cancel := context.WithTimeout(ctx, checkFor)
	defer cancel()
	type result struct {
		report *packagecheck.Report
		err    error
	}
	ended := make(chan result, 1)
	go func() {
		report, err := safely(func() (*packagecheck.Report, error) { return check(timed) })
		ended <- result{report, err}
	}()
	var got result
	select {
	case got = <-ended:
	case <-timed.Done():
		select {
		case got = <-ended:
		case <-time.After(checkLetGo):
			got.err = errors.New("it does not hear that it is to end")
		}
	}
	var p *panicked
	if got.err != nil && !errors.As(got.err, &p) && timed.Err() != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("%w: %w", errTooLong, got.err)
	}
	return got.report, got.err
}

// panicked is a mistake of the checker's that a package has brought out.
type panicked struct{ text string }

func (p *panicked) Error() string { return "it panicked" }

// safely makes an error of a panic: packages are what strangers sent.
func safely(check func() (*packagecheck.Report, error)) (r *packagecheck.Report, err error) {
	defer func() {
		if p := recover(); p != nil {
			r, err = nil, &panicked{fmt.Sprintf("%v\n%s", p, debug.Stack())}
		}
	}()
	return check()
}
