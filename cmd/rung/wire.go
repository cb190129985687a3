package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"
	_ "time/tzdata" // a small machine may have no time zones of its own

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/catalogue"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/internal/instance"
	"github.com/leadership-ladder/rung/internal/mail"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/internal/webhooks"
	"github.com/leadership-ladder/rung/migrations"
	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/web"
	"github.com/leadership-ladder/rung/web/api"
	"github.com/leadership-ladder/rung/web/preview"
	"github.com/leadership-ladder/rung/workflow"
)

// homeZone is where a day begins and ends for the dates in mail.
const homeZone = "Europe/London"

// tidyEvery is how often what nobody needs any more is removed: sessions and
// sign-in attempts that ended, answers to keys of a day ago, what previews
// stored, uploads that were never finished. As often it is looked which packages
// a new version of the checker hasn't seen.
const (
	tidyEvery = time.Hour
	uploadFor = 48 * time.Hour
)

// rung is everything that works on one database, wired together.
type rung struct {
	workflow  *workflow.Service
	authoring *authoring.Service
	reviews   *reviews.Service
	catalogue *catalogue.Service
	people    *accounts.Service
	webhooks  *webhooks.Service
	sender    *mail.Sender
	out       *outbox.Runner
	site      *web.Server
	runners   []runner
}

// enter migrates the database, marks it or checks its mark, and gives what
// /readyz asks from then on.
func (p *process) enter(db *database, kind string, store *files.Store) (ready func(context.Context) error, err error) {
	if err := prepare(p.ctx, db, kind); err != nil {
		return nil, err
	}
	marker, err := instance.Claim(p.ctx, db.DB, kind, store, p.now())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		n, err := migrations.Pending(ctx, db.DB.DB)
		if err != nil {
			return err
		}
		if n > 0 {
			return fmt.Errorf("%d migrations are pending", n)
		}
		return store.CheckMarker(marker)
	}, nil
}

// wire makes the services, the site and the runners. Nothing runs yet.
func (p *process) wire(s settings, db *database, store *files.Store, log *slog.Logger) (*rung, error) {
	zone, err := time.LoadLocation(homeZone)
	if err != nil {
		return nil, fmt.Errorf("loading the time zone of the programme: %w", err)
	}
	machine := &workflow.Service{DB: db.DB, Now: p.now, Zone: zone}
	if err := machine.Use(p.ctx, s.programme); err != nil {
		return nil, err
	}
	people := &accounts.Service{
		DB: db.DB, Now: p.now, Secret: s.secret,
		RoleKeys:         roleKeys(s.programme),
		ReplaceOpenWork:  machine.ReplaceOpenWork,
		OfferWaitingWork: machine.OfferWaitingWork,
	}
	sender, err := mail.NewSender(mail.Options{Server: s.server, From: s.from, BaseURL: s.baseURL, Now: p.now})
	if err != nil {
		return nil, err
	}
	hooks := &webhooks.Service{DB: db.DB, Now: p.now, Secret: s.secret, Events: historyEvents(), Allow: s.webhookAllow,
		Load: events(machine, s.baseURL), Log: log}
	out := &outbox.Runner{
		DB: db.DB, Now: p.now, DSN: db.dsn, Log: log,
		Handlers: map[string]outbox.Handler{
			accounts.SignInMailKind: signInMail(people, sender, s.programme.Name, log),
			workflow.MailKind:       letters(machine, sender, s.baseURL, zone, log),
			webhooks.Kind:           hooks.Handler(),
		},
		RetryFor: map[string]time.Duration{webhooks.Kind: webhooks.RetryFor},
	}
	launcher, noBrowser := newLauncher(false)
	write := &authoring.Service{DB: db.DB, Now: p.now, Workflow: machine, Files: store, Browser: launcher, NoBrowser: noBrowser}
	write.ServeChecks(out, log)
	out.OnFailed = tellOfFailure(machine, write)
	r := &rung{
		workflow:  machine,
		authoring: write,
		reviews:   &reviews.Service{DB: db.DB, Now: p.now, Workflow: machine},
		catalogue: &catalogue.Service{DB: db.DB, Now: p.now, Workflow: machine, Files: store},
		people:    people,
		webhooks:  hooks,
		sender:    sender,
		out:       out,
		site: &web.Server{
			Site:           web.Site{Programme: s.programme.Name},
			BaseURL:        s.baseURL,
			Log:            log,
			Now:            p.now,
			TrustedProxies: s.proxies,
			Accounts:       people,
			Webhooks:       hooks,
		},
	}
	if s.previewURL != nil {
		r.site.Preview = &preview.Server{URL: s.previewURL, BaseURL: s.baseURL, Secret: s.secret, Files: store, DB: db.DB, Now: p.now, Log: log}
	}
	r.site.Workflow, r.site.Authoring, r.site.Reviews, r.site.Catalogue = r.workflow, r.authoring, r.reviews, r.catalogue
	r.site.API = &api.Server{DB: db.DB, Now: p.now, Log: log, BaseURL: s.baseURL, Accounts: people,
		Workflow: r.workflow, Authoring: r.authoring, Reviews: r.reviews, Catalogue: r.catalogue, Webhooks: hooks}
	r.runners = []runner{
		{"sending mail and webhooks, and checking packages", out.Run},
		{"tidying up", func(ctx context.Context) error { return tidy(ctx, p.now, r, store, log) }},
	}
	return r, nil
}

// tidy removes now and again what nobody needs any more. Any replica may do it;
// what fails is for the log, and is tried again the next time.
func tidy(ctx context.Context, now func() time.Time, r *rung, store *files.Store, log *slog.Logger) error {
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		if _, err := r.people.PurgeExpired(ctx); err != nil && ctx.Err() == nil {
			log.Warn("removing ended sessions", "error", err)
		}
		if err := r.site.API.PurgeAnswers(ctx); err != nil && ctx.Err() == nil {
			log.Warn("removing old answers", "error", err)
		}
		if n, err := r.authoring.QueueChecks(ctx); err != nil && ctx.Err() == nil {
			log.Warn("queueing checks of packages", "error", err)
		} else if n > 0 {
			log.Info("packages are checked by this version's rules", "packages", n)
		}
		if r.site.Preview != nil {
			if err := r.site.Preview.Purge(ctx); err != nil && ctx.Err() == nil {
				log.Warn("removing what previews stored", "error", err)
			}
		}
		if _, err := store.Sweep(now(), uploadFor); err != nil {
			log.Warn("removing unfinished uploads", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
