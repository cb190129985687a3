package main

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/leadership-ladder/rung/cmd/rung/demo"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/internal/instance"
	"github.com/leadership-ladder/rung/internal/mail"
	"github.com/leadership-ladder/rung/internal/mail/sink"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/internal/postgres/embedded"
	"github.com/leadership-ladder/rung/web"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// buildingName is the database in which a demo's data are made. It gets its
// lasting name when they are whole, so that a database of that name is never
// half of one; what an interrupted build has left is thrown away by the next.
const buildingName = databaseName + "_building"

const (
	databaseThere = `select exists (select from pg_database where datname = '` + databaseName + `')`
	dropBuilding  = `drop database if exists ` + buildingName + ` with (force)`
	renameBuilt   = `alter database ` + buildingName + ` rename to ` + databaseName
)

// openDemo opens the demo's database in its private cluster, which may lie where
// only root can go: nobody minds the data. The first time it makes them.
func (p *process) openDemo(s settings, store *files.Store, log *slog.Logger) (db *database, err error) {
	cluster, err := embedded.Start(p.ctx, embedded.Options{Dir: s.clusterDir(), ReachClosed: true, Log: log})
	if err != nil {
		return nil, err
	}
	db = &database{cluster: cluster, dsn: cluster.DSN(databaseName)}
	if err = p.makeDemo(s, cluster, store, log); err == nil {
		db.DB, err = postgres.Open(p.ctx, db.dsn)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// makeDemo makes the demo's data unless its database is there.
func (p *process) makeDemo(s settings, cluster *embedded.Cluster, store *files.Store, log *slog.Logger) error {
	admin, err := postgres.Open(p.ctx, cluster.DSN("postgres"))
	if err != nil {
		return err
	}
	defer admin.Close()
	var there bool
	if err := admin.GetContext(p.ctx, &there, databaseThere); err != nil {
		return fmt.Errorf("looking for the demo's database: %w", err)
	}
	if there {
		return nil
	}
	begun := time.Now()
	if _, err := admin.ExecContext(p.ctx, dropBuilding); err != nil {
		return fmt.Errorf("removing what an interrupted start has left: %w", err)
	}
	if err := os.RemoveAll(s.mailDir()); err != nil {
		return fmt.Errorf("removing what an interrupted start has left: %w", err)
	}
	if err := cluster.CreateDatabase(p.ctx, buildingName); err != nil {
		return err
	}
	fmt.Fprintln(p.stdout, "Making the demo's data: this takes a few seconds, the first time only.")
	if err := p.fillDemo(s, cluster.DSN(buildingName), store, log); err != nil {
		return err
	}
	if _, err := admin.ExecContext(p.ctx, renameBuilt); err != nil {
		return fmt.Errorf("keeping the demo's data: %w", err)
	}
	log.Info("demo built", "took", time.Since(begun).Round(time.Millisecond).String())
	return nil
}

// fillDemo makes the data in an empty database, with services and a mail
// server whose clock is the demo's own.
func (p *process) fillDemo(s settings, dsn string, store *files.Store, log *slog.Logger) error {
	// No commit needs to reach the disk before the renaming, which waits for all.
	pool, err := postgres.Open(p.ctx, dsn+" synchronous_commit=off")
	if err != nil {
		return err
	}
	db := &database{DB: pool, dsn: dsn}
	defer db.Close()
	if _, err := p.enter(db, instance.Demo, store); err != nil {
		return err
	}
	clock := demo.NewClock(p.now())
	then := *p
	then.now = clock.Now
	post, err := s.startPost(clock.Now)
	if err != nil {
		return err
	}
	defer post.Close()
	s.programme = programme.Default() // whose titles they are
	r, err := then.wire(s, db, store, log)
	if err != nil {
		return err
	}
	defer r.sender.Close()
	r.authoring.Browser, r.authoring.NoBrowser = nil, "The demo’s packages were checked without a browser, so that the demo starts sooner."
	return demo.Build(p.ctx, r.forDemo(), clock)
}

func (r *rung) forDemo() demo.Services {
	return demo.Services{Workflow: r.workflow, Authoring: r.authoring, Reviews: r.reviews, Catalogue: r.catalogue,
		People: r.people, Outbox: r.out}
}

// startPost starts the demo's mail server, and has mail sent there. One address
// is refused, as that of somebody who has left.
func (s *settings) startPost(now func() time.Time) (*sink.Sink, error) {
	post, err := sink.Start(sink.Options{Dir: s.mailDir(), Now: now, Reject: func(address string) bool { return address == demo.Bounce }})
	if err == nil {
		s.server = mail.Server{Host: post.Host(), Port: post.Port()}
	}
	return post, err
}

// demoPeople are those whom a visitor may sign in as.
func demoPeople() []web.DemoPerson {
	list := make([]web.DemoPerson, len(demo.People))
	for i, who := range demo.People {
		list[i] = web.DemoPerson{Email: who.Email, Name: who.Name, Role: who.Role, About: who.About}
	}
	return list
}
