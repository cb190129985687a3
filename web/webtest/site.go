// Package webtest starts the whole site on a database of its own and visits
// it: over HTTP with a cookie jar, reading pages as HTML. For a real browser
// see web/browsertest; both can look at the same site.
package webtest

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/webhooks"
	"github.com/leadership-ladder/rung/web"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Site is a server under test.
type Site struct {
	URL    string // http://127.0.0.1:port
	DB     *sqlx.DB
	Clock  *dbtest.Clock // of every service; starts on 2 March 2026
	Server *web.Server
	Log    *Log
}

// Start serves a site until the test ends. It has accounts; whoever tests
// another area sets its services in change, which runs before the first
// request.
func Start(t testing.TB, change ...func(*Site)) *Site {
	t.Helper()
	clock := dbtest.NewClock()
	db := dbtest.New(t)
	log := &Log{}
	listener := httptest.NewUnstartedServer(nil)
	base := "http://" + listener.Listener.Addr().String()
	parsed, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	s := &Site{URL: base, DB: db, Clock: clock, Log: log, Server: &web.Server{
		Site:    web.Site{Programme: "Leadership Ladder"},
		BaseURL: parsed,
		Log:     slog.New(slog.NewJSONHandler(log, nil)),
		Now:     clock.Now,
		// Its words alone; whoever tests proposals sets one that is in use.
		Workflow: &workflow.Service{DB: db, Now: clock.Now, Current: programme.Default()},
		Accounts: &accounts.Service{
			DB: db, Now: clock.Now, Secret: []byte("a secret of the tests alone"),
			RoleKeys: []string{accounts.Administrator, "leadership", "technical_reviewer", "educational_reviewer"},
			// Nobody holds work on a site without proposals; a test that has some sets the workflow's.
			ReplaceOpenWork: func(context.Context, *sqlx.Tx, int64, int64, string, time.Time) error { return nil },
		},
		Webhooks: &webhooks.Service{DB: db, Now: clock.Now, Secret: []byte("a secret of the tests alone"), Events: workflow.Events()},
	}}
	for _, f := range change {
		f(s)
	}
	listener.Config.Handler = s.Server.Handler()
	listener.Start()
	t.Cleanup(listener.Close)
	return s
}

// Person adds somebody with these roles, who has not signed in yet. Adding the
// same address again only adds the roles.
func (s *Site) Person(t testing.TB, email, name string, roles ...string) accounts.Person {
	t.Helper()
	ctx := t.Context()
	p, err := s.Server.Accounts.AddPerson(ctx, accounts.CommandLine, email, name)
	if fault.Has(err, "person_exists") {
		p, err = s.Server.Accounts.PersonByEmail(ctx, email)
	}
	for _, role := range roles {
		if err == nil {
			err = s.Server.Accounts.Grant(ctx, accounts.CommandLine, p.ID, role)
		}
	}
	if err == nil {
		p, err = s.Server.Accounts.Person(ctx, p.ID)
	}
	if err != nil {
		t.Fatalf("adding %s: %v", email, err)
	}
	return p
}

// Code is the code that the newest sign-in mail to an address holds. It reads
// which attempt that was from the table and asks accounts what its mail says:
// the one step of signing in that these tests take without a mail server.
func (s *Site) Code(t testing.TB, email string) string {
	t.Helper()
	var attempt string
	err := s.DB.GetContext(t.Context(), &attempt,
		`select id from sign_in_attempts where email = $1 and used_at is null order by asked_at desc, id limit 1`, email)
	if err != nil {
		t.Fatalf("finding the sign-in attempt of %s: %v", email, err)
	}
	_, code, _, holds, why, err := s.Server.Accounts.SignInMail(t.Context(), attempt)
	if err != nil || !holds {
		t.Fatalf("reading the code of %s: %v %s", email, err, why)
	}
	return code
}

// Log keeps what the server logs, as JSON lines.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write is for slog.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String is everything logged until now.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
