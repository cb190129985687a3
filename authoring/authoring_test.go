package authoring

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/authoring/packagecheck/packagetest"
	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// room is the service on a database of its own, with some people.
type room struct {
	*Service
	t     *testing.T
	db    *sqlx.DB
	clock *dbtest.Clock
	n     int
}

func newRoom(t *testing.T) *room {
	t.Helper()
	db, clock := dbtest.New(t), dbtest.NewClock()
	flow := &workflow.Service{DB: db, Now: clock.Now}
	if err := flow.Use(t.Context(), programme.Default()); err != nil {
		t.Fatal(err)
	}
	store := &files.Store{Dir: t.TempDir()}
	if _, err := store.EnsureMarker(); err != nil {
		t.Fatal(err)
	}
	return &room{Service: &Service{DB: db, Now: clock.Now, Workflow: flow, Files: store}, t: t, db: db, clock: clock}
}

// person adds somebody who has signed in: "ada" is ada@example.org.
func (r *room) person(name string, roles ...string) workflow.Actor {
	r.t.Helper()
	var id int64
	r.get(&id, `insert into people (email, name, organisation, job_title, created_at, first_sign_in_at)
		values ($1, $2, 'East Hospital', 'Registrar', $3, $3) returning id`, name+"@example.org", strings.ToUpper(name[:1])+name[1:]+" Price", r.clock.Now())
	for _, role := range roles {
		r.exec(`insert into roles (person_id, role, granted_at) values ($1, $2, $3)`, id, role, r.clock.Now())
	}
	return workflow.Actor{Person: id}
}

func (r *room) exec(query string, args ...any) {
	r.t.Helper()
	if _, err := r.db.ExecContext(r.t.Context(), query, args...); err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) get(dst any, query string, args ...any) {
	r.t.Helper()
	if err := r.db.GetContext(r.t.Context(), dst, query, args...); err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) count(query string, args ...any) int {
	r.t.Helper()
	var n int
	r.get(&n, query, args...)
	return n
}

// proposal starts one with an empty draft.
func (r *room) proposal(by workflow.Actor) int64 {
	r.t.Helper()
	id, err := r.Create(r.t.Context(), by, Idea{Title: "Leading a ward round"})
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

// ready starts one that lacks nothing.
func (r *room) ready(by workflow.Actor) int64 {
	r.t.Helper()
	id := r.proposal(by)
	r.save(by, id, complete())
	r.attach(by, id, "ward.zip")
	return id
}

func (r *room) save(by workflow.Actor, id int64, c Content, names ...string) int {
	r.t.Helper()
	version, err := r.Save(r.t.Context(), by, id, r.draft(by, id).Version, c, names...)
	if err != nil {
		r.t.Fatal(err)
	}
	return version
}

func (r *room) draft(by workflow.Actor, id int64) Draft {
	r.t.Helper()
	d, err := r.Draft(r.t.Context(), by, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

// zip is something that begins like a package, and differs each time.
func (r *room) zip() []byte {
	return append([]byte("PK\x03\x04"), fmt.Sprintf("%060d", r.another())...)
}

func (r *room) another() int {
	r.n++
	return r.n
}

func (r *room) attach(by workflow.Actor, id int64, name string) Package {
	r.t.Helper()
	p := r.upload(by, id, name, packagetest.SCORM12(fmt.Sprint("Ward round ", r.another())))
	r.checkPackages()
	return p
}

func (r *room) upload(by workflow.Actor, id int64, name string, body []byte) Package {
	r.t.Helper()
	p, _, err := r.AttachPackage(r.t.Context(), by, id, 0, name, bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

// checks is a runner of the checks alone, as a server has one.
func (r *room) checks() *outbox.Runner {
	run := &outbox.Runner{DB: r.db, Now: r.clock.Now, Handlers: map[string]outbox.Handler{}, Log: slog.New(slog.DiscardHandler)}
	r.ServeChecks(run, run.Log)
	run.OnFailed = func(ctx context.Context, tx *sqlx.Tx, c outbox.Claimed, reason string, now time.Time) error {
		_, err := r.CheckFailed(ctx, tx, c, reason, now)
		return err
	}
	return run
}

// checkPackages runs what is queued, and tells how many tries that took.
func (r *room) checkPackages() int {
	r.t.Helper()
	n, err := r.checks().Drain(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

func (r *room) seen(by workflow.Actor, id int64) workflow.Seen {
	r.t.Helper()
	c, err := r.Workflow.Load(r.t.Context(), r.db, id, by)
	if err != nil {
		r.t.Fatal(err)
	}
	return c.Seen()
}

func (r *room) submit(by workflow.Actor, id int64) workflow.Result {
	r.t.Helper()
	res, err := r.Submit(r.t.Context(), by, id, Submission{Seen: r.seen(by, id), Version: r.draft(by, id).Version})
	if err != nil {
		r.t.Fatal(err)
	}
	return res
}

// withdraw and reopen take a submitted proposal back to where it can be changed.
func (r *room) backToAuthors(by workflow.Actor, id int64) {
	r.t.Helper()
	for _, event := range []string{programme.Withdraw, programme.Reopen} {
		tx := r.db.MustBegin()
		_, err := r.Workflow.Move(r.t.Context(), tx, workflow.Move{Proposal: id, Seen: r.seen(by, id), Event: event, By: by})
		if err == nil {
			err = tx.Commit()
		}
		if err != nil {
			tx.Rollback()
			r.t.Fatalf("%s: %v", event, err)
		}
	}
}

// complete is a content that lacks nothing under the Leadership Ladder.
func complete() Content {
	return Content{
		Teaching: Teaching{
			Strand: "practice", Audience: "Doctors in training", Level: "Foundation", PriorKnowledge: "None",
			Need: "Ward rounds are where juniors lead first.", Overlap: "None", Minutes: 45,
			Outcomes: []string{"Plan a ward round", "Brief a team"},
			Mapping: Mapping{Entries: []string{"leadership_and_teams", "safety_and_quality"}, Primary: "leadership_and_teams",
				Others: []string{"healthcare_leadership_model/engaging_the_team"}},
			Reflection: "When did a round go well?", ActionPoints: []string{"Brief the team tomorrow"},
			References: []string{"Herring R, et al. Clin Med 2011"}, Evaluation: "A survey after completion",
			Consent: "No patients are shown.", Interests: "None",
		},
		Listing: Listing{
			Title: "Leading a ward round", Summary: "How to lead a round that works.", Keywords: []string{"ward round", "teams"},
			Licence: "cc_by_nc_4_0", Expert: Expert{Name: "Dr Ruth Moss", Organisation: "West Hospital"}, Provider: "East Hospital",
			Certificate: Yes, AccessibilityIssues: "None known",
		},
	}
}

// wants ends the test unless err is a fault of this kind with these codes.
func wants(t *testing.T, err error, kind fault.Kind, codes ...string) {
	t.Helper()
	if fault.KindOf(err) != kind {
		t.Fatalf("got %v, want a fault of kind %q", err, kind)
	}
	for _, code := range codes {
		if !fault.Has(err, code) {
			t.Errorf("%v has no reason %q", err, code)
		}
	}
}
