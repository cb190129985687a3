package main

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// holdReports has whoever keeps a report wait for a lock, so that a kill meets
// a check in its middle, as late as can be.
const holdReports = `
create function hold_report() returns trigger language plpgsql as
$$ begin perform pg_advisory_xact_lock(7); return new; end $$;
create trigger hold_report before update on package_checks for each row when (new.state = 'done') execute function hold_report()`

// A server that is killed while it checks a package leaves a lease. Once that is
// over another comes to the report: one check, one report, and every mail once.
// Where the killed one's report was just being kept it isn't made again.
func TestKilledInTheMiddleOfACheck(t *testing.T) {
	for name, arrives := range map[string]bool{"before its report is kept": false, "as its report is kept": true} {
		t.Run(name, func(t *testing.T) {
			s := newShared(t)
			a, b := startServing(t, s.env), startServing(t, s.env)
			s.enter(a)
			s.db.MustExec(holdReports)
			holder, err := s.db.Connx(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer holder.Close()
			if _, err := holder.ExecContext(t.Context(), `select pg_advisory_lock(7)`); err != nil {
				t.Fatal(err)
			}
			for s.climb.proposal == 0 {
				s.step()
			}
			s.quiet()
			s.signal(b, syscall.SIGSTOP) // the check is to be the one that is killed
			for s.climb.uploaded == 0 {
				s.step()
			}
			waits := `select count(*) from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`
			eventually(t, "the check comes to its report", func() bool { return s.count(waits) == 1 })
			a.kill()
			if !arrives {
				s.db.MustExec(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and not granted`)
			}
			if _, err := holder.ExecContext(t.Context(), `select pg_advisory_unlock(7)`); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the killed server's last statement ends", func() bool { return s.count(waits) == 0 && (s.report() == "done") == arrives })
			s.signal(b, syscall.SIGCONT)
			lead := s.climb.lead.on(b.url)
			check := s.climb.path() + "/package/check"
			said := map[bool]string{false: "The check is still running.", true: "No fault found"}
			if page, err := lead.get(t.Context(), check); err != nil || !strings.Contains(page.text(), said[arrives]) {
				t.Errorf("after the kill the page says %q (%v)", page.text(), err)
			}

			db := &database{DB: s.db, dsn: s.dsn}
			if n, err := replica(t, db, s.data, s.post, time.Now).out.Drain(t.Context()); err != nil || n != 0 {
				t.Errorf("%d messages were taken from a lease that still runs (%v)", n, err)
			}
			if n, err := replica(t, db, s.data, s.post, pastLeases).out.Drain(t.Context()); err != nil || n != 1 {
				t.Errorf("after the lease %d messages were taken, expected 1 (%v)", n, err)
			}
			if page, err := lead.get(t.Context(), check); err != nil || page.status != http.StatusOK || !strings.Contains(page.text(), "No fault found") {
				t.Errorf("in the end the page says %q (%v)", page.text(), err)
			}
			if n := s.count(`select count(*) from outbox where kind like 'package%'`); n != 1 {
				t.Errorf("%d checks were queued", n)
			}
			if n := s.count(`select count(*) from package_checks where state = 'done' and round = 1`); n != 1 {
				t.Errorf("%d reports are there", n)
			}
			if again := s.count(`select count(*) from package_checks c, outbox o where o.kind like 'package%' and o.state = 'sent' and c.finished_at > now() + interval '1 minute'`); (again == 1) == arrives {
				t.Errorf("the report was made again: %t", again == 1)
			}
			s.each()
			b.stop()
		})
	}
}

// report is the state of the only package's check.
func (s *shared) report() (state string) {
	s.t.Helper()
	s.get(&state, `select state from package_checks`)
	return state
}

// step takes the proposal's next one.
func (s *shared) step() {
	s.t.Helper()
	if err := s.climb.step(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}
