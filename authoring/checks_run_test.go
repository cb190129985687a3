package authoring

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
	"github.com/leadership-ladder/rung/authoring/packagecheck/packagetest"
	"github.com/leadership-ladder/rung/internal/outbox"
)

// A process that dies leaves a lease behind; after it another takes the check up.
func TestACheckIsTakenUpAgain(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	id := r.proposal(ada)
	digest := r.upload(ada, id, "ward.zip", packagetest.SCORM12("Leading a ward round")).Digest
	r.exec(`update outbox set leased_by = 'gone', leased_until = $1, attempts = 1, retry_from = $2`, r.clock.Now().Add(outbox.DefaultLease), r.clock.Now())
	r.exec(`update package_checks set state = 'running', started_at = $1, doing = 'Reading the files'`, r.clock.Now())
	if n := r.checkPackages(); n != 0 || r.checkRow(digest).State != CheckRunning {
		t.Errorf("it was taken from whoever may still be at it: %d tries", n)
	}
	r.clock.Add(outbox.DefaultLease + time.Second)
	if n := r.checkPackages(); n != 1 || r.checkRow(digest).State != CheckDone {
		t.Errorf("after the lease: %d tries, %+v", n, r.checkRow(digest))
	}
}

// A package at which the process dies each time is given up some day.
func TestACheckThatKillsIsGivenUp(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	id := r.ready(ada)
	digest := r.upload(ada, id, "ward.zip", packagetest.SCORM12("Another")).Digest
	r.exec(`update outbox set attempts = $1 where state = 'waiting' and kind = $2`, checkTries, checkKind)
	r.checkPackages()
	if got := r.checkRow(digest); got.State != CheckFailed || !strings.Contains(got.Error, "stopped each time") {
		t.Errorf("%+v", got)
	}
	r.submit(ada, id) // it keeps nobody from submitting
}

// A stop lets go of the check at once, and leaves it as it was.
func TestAStopReleasesTheCheck(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	digest := r.upload(ada, r.proposal(ada), "ward.zip", packagetest.SCORM12("Leading a ward round")).Digest
	ctx, stop := context.WithCancel(t.Context())
	stop()
	r.exec(`update package_checks set state = 'running', started_at = $1`, r.clock.Now())
	o := r.carryOut(ctx, outbox.Claimed{Attempt: 1, Payload: []byte(`{"sha256":"` + digest + `","version":"` + packagecheck.Version + `"}`)}, r.checks().Log)
	if o.State != outbox.Released || r.checkRow(digest).State != CheckQueued {
		t.Errorf("%+v, %+v", o, r.checkRow(digest))
	}
}

// Trouble with the disk is tried again, and given up in words.
func TestACheckThatMeetsTrouble(t *testing.T) {
	r := newRoom(t)
	ada, eve := r.person("ada"), r.person("eve")
	id := r.ready(ada)
	body := packagetest.SCORM12("Another")
	digest := r.upload(ada, id, "ward.zip", body).Digest
	path := filepath.Join(r.Files.Dir, digest[:2], digest[2:4], digest)
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	if n := r.checkPackages(); n != 1 || !slices.Equal(r.reasons(ada, id), []string{"check_running"}) {
		t.Errorf("after the first try (of %d): %v", n, r.reasons(ada, id))
	}
	for range 10 {
		r.clock.Add(checkRetryFor / 4)
		r.checkPackages()
	}
	if got := r.checkRow(digest); got.State != CheckFailed || !strings.Contains(got.Error, "trouble reading") {
		t.Errorf("%+v", got)
	}
	if got := r.reasons(ada, id); got != nil {
		t.Errorf("a failed check is a reason: %v", got)
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	r.upload(eve, r.proposal(eve), "ward.zip", body)
	if got := r.checkRow(digest); got.State != CheckQueued || got.Round != 2 {
		t.Errorf("uploaded again: %+v", got)
	}
	r.checkPackages()
	if got := r.checkRow(digest); got != (row{State: CheckDone, Round: 2}) {
		t.Errorf("tried again: %+v", got)
	}
}

// ending is a launcher in whose middle something happens, and which then goes on
// until it is asked to end.
type ending func()

func (e ending) Launch(ctx context.Context, l packagecheck.Launch) (packagecheck.Look, error) {
	e()
	l.Progress(1)
	<-ctx.Done()
	return packagecheck.Look{}, ctx.Err()
}

// A package that was replaced isn't looked at, nor any longer: others wait.
func TestAReplacedPackageKeepsNobodyWaiting(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	id := r.proposal(ada)
	bodies := [][]byte{packagetest.SCORM12("One"), packagetest.SCORM12("Two"), packagetest.SCORM12("Three")}
	first := r.upload(ada, id, "one.zip", bodies[0]).Digest
	second := r.upload(ada, id, "two.zip", bodies[1]).Digest
	var third string
	launches := 0
	r.Browser = ending(func() {
		launches++
		r.clock.Add(checkTold)
		if launches == 1 { // of the second: the first has made way
			third = r.upload(ada, id, "three.zip", bodies[2]).Digest
		} else if err := r.RemovePackage(t.Context(), ada, id, 0); err != nil {
			t.Error(err)
		}
	})
	if n := r.checkPackages(); n != 3 || launches != 2 {
		t.Errorf("%d tries, %d launches", n, launches)
	}
	for i, digest := range []string{first, second, third} {
		if got := r.checkRow(digest); got.State != CheckFailed || got.Error != unwantedReason {
			t.Errorf("package %d: %+v", i+1, got)
		}
	}
	if n := r.count(`select count(*) from outbox where kind = $1 and state = $2`, checkKind, outbox.Dropped); n != 3 {
		t.Errorf("%d messages are dropped", n)
	}
	r.Browser = nil
	r.upload(ada, id, "one.zip", bodies[0])
	if got := r.checkRow(first); got != (row{State: CheckQueued, Round: 2}) {
		t.Errorf("uploaded again: %+v", got)
	}
	if n := r.checkPackages(); n != 1 || r.checkRow(first).State != CheckDone {
		t.Errorf("uploaded again, after %d tries: %+v", n, r.checkRow(first))
	}
}

// Somebody uploads a package in the moment in which its check is given up: the
// row of the check is theirs until the package is.
func TestAnUploadMeetsACheckThatIsGivenUp(t *testing.T) {
	r := newRoom(t)
	ada, eve := r.person("ada"), r.person("eve")
	id, other := r.proposal(ada), r.proposal(eve)
	p := r.upload(ada, id, "ward.zip", packagetest.SCORM12("Leading a ward round"))
	if err := r.RemovePackage(t.Context(), ada, id, 0); err != nil {
		t.Fatal(err)
	}
	tx := r.db.MustBegin()
	defer tx.Rollback()
	if err := r.queueCheck(t.Context(), tx, eve, p.Digest); err != nil {
		t.Fatal(err)
	}
	given := make(chan bool, 1)
	go func() {
		gone, err := r.giveUp(t.Context(), p.Digest)
		given <- gone || err != nil
	}()
	for r.count(`select count(*) from pg_locks where not granted`) == 0 {
		select {
		case <-given:
			t.Fatal("it did not wait")
		default:
		}
	}
	if _, err := r.setPackage(t.Context(), tx, eve, other, 0, p); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if <-given || r.checkRow(p.Digest).State != CheckQueued {
		t.Errorf("the package is wanted, and its check was given up: %+v", r.checkRow(p.Digest))
	}
}

func TestAPanicFailsOneCheck(t *testing.T) {
	report, err := safely(func() (*packagecheck.Report, error) { panic("a mistake") })
	var p *panicked
	if report != nil || !errors.As(err, &p) || !strings.Contains(p.text, "a mistake") || !strings.Contains(p.text, "checks_run_test.go") {
		t.Errorf("%v %v", report, err)
	}
	var said bytes.Buffer
	o := (&Service{}).became(t.Context(), "ab", fmt.Errorf("checking: %w", err), slog.New(slog.NewTextHandler(&said, nil)))
	if o.State != outbox.Failed || strings.Contains(o.Error, "mistake") || !strings.Contains(said.String(), "a mistake") {
		t.Errorf("%+v; the log has %s", o, said.String())
	}
}

// A check that hangs is ended, and left behind where it doesn't even hear that.
func TestACheckThatHangsIsEnded(t *testing.T) {
	for name, check := range map[string]func(ctx context.Context, over <-chan struct{}) (*packagecheck.Report, error){
		"and hears": func(ctx context.Context, _ <-chan struct{}) (*packagecheck.Report, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
		"and does not": func(_ context.Context, over <-chan struct{}) (*packagecheck.Report, error) {
			<-over
			return nil, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				over := make(chan struct{})
				defer close(over)
				begun := time.Now()
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				run := func(ctx context.Context) (*packagecheck.Report, error) { return check(ctx, over) }
				if _, err := inTime(ctx, run); !errors.Is(err, errTooLong) || time.Since(begun) > checkFor+checkLetGo {
					t.Errorf("after %s: %v", time.Since(begun), err)
				}
				stop()
				begun = time.Now()
				if _, err := inTime(ctx, run); err == nil || errors.Is(err, errTooLong) || time.Since(begun) > checkLetGo {
					t.Errorf("asked to stop, after %s: %v", time.Since(begun), err)
				}
			})
		})
	}
	o := (&Service{}).became(t.Context(), "ab", fmt.Errorf("checking: %w", errTooLong), slog.New(slog.DiscardHandler))
	if o.State != outbox.Failed || !strings.Contains(o.Error, "10 minutes") {
		t.Errorf("%+v", o)
	}
}

// What a check came to just as its time ran out counts; so does a panic.
func TestACheckThatIsOverAtTheLastMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		report := &packagecheck.Report{}
		got, err := inTime(t.Context(), func(ctx context.Context) (*packagecheck.Report, error) {
			<-ctx.Done()
			return report, nil
		})
		if got != report || err != nil {
			t.Errorf("%v %v", got, err)
		}
		_, err = inTime(t.Context(), func(ctx context.Context) (*packagecheck.Report, error) {
			<-ctx.Done()
			panic("a mistake")
		})
		if p, ok := errors.AsType[*panicked](err); !ok || !strings.Contains(p.text, "a mistake") {
			t.Errorf("%v", err)
		}
	})
}

// Progress is written at most once a second.
func TestProgressIsToldNowAndThen(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	digest := r.upload(ada, r.proposal(ada), "ward.zip", packagetest.SCORM12("Leading a ward round")).Digest
	r.exec(`update package_checks set state = 'running', started_at = $1`, r.clock.Now())
	tell, done := r.tell(t.Context(), digest, func(error) { t.Error("the check was ended") }), func() int { return r.count(`select done from package_checks`) }
	for _, step := range []struct {
		after time.Duration
		done  int64
		want  int
	}{{0, 1, 1}, {checkTold / 2, 2, 1}, {checkTold / 2, 3, 3}, {0, 4, 3}} {
		r.clock.Add(step.after)
		tell(packagecheck.Progress{Doing: "Reading\x00", Done: step.done, All: 9})
		if got := done(); got != step.want {
			t.Errorf("%d is stored after %d was told", got, step.done)
		}
	}
	c, err := r.PackageCheck(t.Context(), ada, 1, 0)
	if err != nil || !c.Coming() || c.Doing != "Reading?" || c.All != 9 {
		t.Errorf("%+v %v", c, err)
	}
}

// meanwhile is a launcher during which something happens.
type meanwhile func()

func (m meanwhile) Launch(context.Context, packagecheck.Launch) (packagecheck.Look, error) {
	m()
	return packagecheck.Look{}, nil
}

// A report that is there stays: a message may come twice, and a check that was
// left behind may come to its end after another.
func TestAReportIsKept(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	launches := 0
	r.Browser = meanwhile(func() {
		launches++
		r.exec(`update package_checks set state = 'done', verdict = 'ok', report = '{"verdict": "ok"}', finished_at = $1`, r.clock.Now())
	})
	digest := r.upload(ada, r.proposal(ada), "ward.zip", packagetest.SCORM12("Leading a ward round")).Digest
	r.checkPackages()
	o := r.carryOut(t.Context(), outbox.Claimed{Attempt: 2, Payload: []byte(`{"sha256":"` + digest + `","version":"` + packagecheck.Version + `"}`)}, r.checks().Log)
	if o.State != outbox.Sent || launches != 1 {
		t.Errorf("the second time: %+v, %d launches", o, launches)
	}
	if n := r.count(`select count(*) from package_checks where report::text = '{"verdict": "ok"}'`); n != 1 {
		t.Error("another report has taken its place")
	}
}

// What waits behind a check under way is left to other replicas.
func TestAReplicaTakesOnePackage(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	launches := 0
	r.Browser = meanwhile(func() {
		launches++
		if n := r.count(`select count(*) from outbox where kind = $1 and leased_by is not null`, checkKind); n != 1 {
			t.Errorf("%d are taken at once", n)
		}
	})
	for range 2 {
		r.upload(ada, r.proposal(ada), "ward.zip", packagetest.SCORM12(time.Duration(r.another()).String()))
	}
	if n := r.checkPackages(); n != 2 || launches != 2 {
		t.Errorf("%d tries, %d launches", n, launches)
	}
}

// A message for a replica of another version is left to it.
func TestAnotherVersionsCheckIsLeft(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	digest := r.upload(ada, r.proposal(ada), "ward.zip", packagetest.SCORM12("Leading a ward round")).Digest
	o := r.carryOut(t.Context(), outbox.Claimed{Attempt: 1, Payload: []byte(`{"sha256":"` + digest + `","version":"another"}`)}, r.checks().Log)
	if o.State != outbox.Retry || r.checkRow(digest).State != CheckQueued {
		t.Errorf("%+v, %+v", o, r.checkRow(digest))
	}
}

// Runners at once, as replicas have them, look at a package once.
func TestTwoReplicasCheckOnce(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	for range 4 {
		r.upload(ada, r.proposal(ada), "ward.zip", packagetest.SCORM12(time.Duration(r.another()).String()))
	}
	var tries atomic.Int64
	ended := make(chan error)
	for range 3 {
		go func() {
			n, err := r.checks().Drain(t.Context())
			tries.Add(int64(n))
			ended <- err
		}()
	}
	for range 3 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if n := r.count(`select count(*) from package_checks where state = 'done'`); n != 4 || tries.Load() != 4 {
		t.Errorf("%d are done in %d tries", n, tries.Load())
	}
}
