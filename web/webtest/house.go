package webtest

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/authoring/packagecheck/packagetest"
	"github.com/leadership-ladder/rung/catalogue"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/web/api"
	"github.com/leadership-ladder/rung/web/preview"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// House is a site with every service, and people in every role.
type House struct {
	*Site
	People map[string]accounts.Person // by their first name, small
}

// StartWhole serves a whole site until the test ends.
func StartWhole(t testing.TB) *House {
	t.Helper()
	h := &House{People: map[string]accounts.Person{}}
	h.Site = Start(t, func(s *Site) {
		store := &files.Store{Dir: t.TempDir()}
		if _, err := store.EnsureMarker(); err != nil {
			t.Fatal(err)
		}
		flow := &workflow.Service{DB: s.DB, Now: s.Clock.Now}
		if err := flow.Use(t.Context(), programme.Default()); err != nil {
			t.Fatal(err)
		}
		srv := s.Server
		srv.Workflow = flow
		srv.Authoring = &authoring.Service{DB: s.DB, Now: s.Clock.Now, Workflow: flow, Files: store}
		srv.Reviews = &reviews.Service{DB: s.DB, Now: s.Clock.Now, Workflow: flow}
		srv.Catalogue = &catalogue.Service{DB: s.DB, Now: s.Clock.Now, Workflow: flow, Files: store}
		srv.Accounts.ReplaceOpenWork, srv.Accounts.OfferWaitingWork = flow.ReplaceOpenWork, flow.OfferWaitingWork
		srv.API = &api.Server{DB: s.DB, Now: s.Clock.Now, Log: srv.Log, BaseURL: srv.BaseURL, Accounts: srv.Accounts,
			Workflow: flow, Authoring: srv.Authoring, Reviews: srv.Reviews, Catalogue: srv.Catalogue, Webhooks: srv.Webhooks}
		srv.Preview = &preview.Server{URL: &url.URL{Scheme: "http", Host: net.JoinHostPort("localhost", srv.BaseURL.Port())}, BaseURL: srv.BaseURL,
			Secret: []byte("a secret of the tests alone"), Files: store, DB: s.DB, Now: s.Clock.Now, Log: srv.Log}
	})
	for _, p := range []struct {
		key, name string
		roles     []string
	}{
		{"anna", "Anna Bell", nil}, {"tess", "Tess Ward", []string{workflow.TechnicalReviewer}},
		{"edith", "Edith Roe", []string{workflow.EducationalReviewer}}, {"edgar", "Edgar Poe", []string{workflow.EducationalReviewer}},
		{"lena", "Lena Moor", []string{workflow.Leadership}}, {"luke", "Luke Hale", []string{workflow.Leadership}},
		{"ada", "Ada Marsh", []string{workflow.Administrator}},
	} {
		h.People[p.key] = h.Person(t, p.key+"@example.org", p.name, p.roles...)
	}
	return h
}

// Look reads a proposal as the system sees it.
func (h *House) Look(t testing.TB, id int64) *workflow.Case {
	t.Helper()
	c, err := h.Server.Workflow.Load(t.Context(), h.DB, id, workflow.System)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Module is a draft that lacks nothing but its package.
func Module(title string) authoring.Content {
	return authoring.Content{
		Teaching: authoring.Teaching{
			Strand: "practice", Audience: "Doctors in training", Level: "Foundation", PriorKnowledge: "None", Need: "Juniors lead here first.",
			Overlap: "None", Minutes: 45, Outcomes: []string{"Plan a handover", "Brief a team"},
			Mapping:    authoring.Mapping{Entries: []string{"leadership_and_teams", "skills"}, Primary: "leadership_and_teams"},
			Reflection: "When did one go well?", ActionPoints: []string{"Brief the team tomorrow"}, References: []string{"Herring R, 2011"},
			Evaluation: "A survey", Consent: "No patients are shown.", Interests: "None",
		},
		Listing: authoring.Listing{
			Title: title, Summary: "How to hand over so that nobody has to ask again.", Keywords: []string{"SBAR"}, Licence: "cc_by_nc_4_0",
			Series: authoring.Series{Name: "On the ward", Part: 2, Of: 4},
			Expert: authoring.Expert{Name: "Dr Ruth Moss", Organisation: "West Hospital"}, Provider: "East Hospital",
			Certificate: authoring.Yes, AccessibilityIssues: "None known",
		},
	}
}

// Package is a small valid package; title makes it another.
func Package(title string) []byte { return packagetest.SCORM12(title) }

// CheckPackages runs the checks of all packages that were uploaded, as the
// outbox does on a server.
func (s *Site) CheckPackages(t testing.TB) {
	t.Helper()
	if _, err := s.checks().Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// KeepChecking runs checks as they are queued, until the test ends.
func (s *Site) KeepChecking(t testing.TB) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.checks().Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func (s *Site) checks() *outbox.Runner {
	run := &outbox.Runner{DB: s.DB, Now: s.Clock.Now, Handlers: map[string]outbox.Handler{}, Log: s.Server.Log, Poll: 50 * time.Millisecond}
	s.Server.Authoring.ServeChecks(run, s.Server.Log)
	return run
}

// Draft is a draft of Anna's with everything that a submit needs.
func (h *House) Draft(t testing.TB, title string) int64 {
	t.Helper()
	ctx, anna, write := t.Context(), workflow.Actor{Person: h.People["anna"].ID}, h.Server.Authoring
	id, err := write.Create(ctx, anna, authoring.Idea{Title: title})
	version := 0
	if err == nil {
		version, err = write.Save(ctx, anna, id, 1, Module(title))
	}
	if err == nil {
		_, _, err = write.AttachPackage(ctx, anna, id, version, "handover.zip", bytes.NewReader(Package(title)))
	}
	if err != nil {
		t.Fatal(err)
	}
	h.CheckPackages(t)
	return id
}

// Submitted is a proposal of Anna's in its first stage, where it is leadership's
// turn: she is new.
func (h *House) Submitted(t testing.TB, title string) int64 {
	t.Helper()
	id := h.Draft(t, title)
	_, err := h.Server.Authoring.Submit(t.Context(), workflow.Actor{Person: h.People["anna"].ID}, id, authoring.Submission{Seen: h.Look(t, id).Seen()})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// Climb has whoever is asked sign stages off until the proposal is in a state.
func (h *House) Climb(t testing.TB, id int64, to string) {
	t.Helper()
	ctx, flow := t.Context(), h.Server.Workflow
	for c := h.Look(t, id); c.State != to; c = h.Look(t, id) {
		if c.Turn == workflow.TurnLeadership {
			if err := flow.Assign(ctx, workflow.Actor{Person: h.People["luke"].ID}, id, c.Seen(), h.People["tess"].ID, 0, ""); err != nil {
				t.Fatal(err)
			}
			continue
		}
		for _, a := range c.Assignments {
			if a.Stage == c.State && a.Open() {
				err := postgres.InTx(ctx, h.DB, func(tx *sqlx.Tx) error {
					_, err := flow.Move(ctx, tx, workflow.Move{Proposal: id, Seen: c.Seen(), Event: programme.SignOff, By: workflow.Actor{Person: a.Person}})
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				break
			}
		}
	}
}
