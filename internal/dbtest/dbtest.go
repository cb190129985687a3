// Package dbtest gives each test a real, empty, migrated PostgreSQL database.
// It is never skipped: where PostgreSQL is missing, the test fails and says
// what to install.
package dbtest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/internal/postgres/embedded"
	"github.com/leadership-ladder/rung/migrations"
)

const template = "template_rung"

// server is the test binary's one cluster, with the migrated template in it.
type server struct {
	cluster *embedded.Cluster
	admin   *sqlx.DB
	next    atomic.Int64
}

var shared = sync.OnceValues(startServer)

// New makes a fresh migrated database, a copy of the binary's template, and
// drops it when the test ends. The address of it for a second pool or a
// listener: DSN.
func New(t testing.TB) *sqlx.DB {
	t.Helper()
	db, _ := NewDSN(t)
	return db
}

// NewDSN is New that also gives the database's address.
func NewDSN(t testing.TB) (*sqlx.DB, string) {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("a test database is needed: %v", err)
	}
	name := fmt.Sprintf("test_%d", s.next.Add(1))
	// Copying files is the fastest way where nothing is synced to disk.
	s.exec(t, `create database `+name+` template `+template+` strategy file_copy`)
	dsn := s.cluster.DSN(name)
	db, err := postgres.Open(context.Background(), dsn)
	if err != nil {
		t.Fatalf("opening the test database: %v", err)
	}
	t.Cleanup(func() {
		db.Close()
		s.exec(t, `drop database `+name+` with (force)`)
	})
	return db, dsn
}

func (s *server) exec(t testing.TB, statement string) {
	t.Helper()
	if _, err := s.admin.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// startServer runs once per test binary. The cluster and its folder go when the
// process ends (see folder.go), so that no package needs a TestMain for it.
func startServer() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	dir, err := newFolder()
	if err != nil {
		return nil, err
	}
	cluster, err := embedded.Start(ctx, embedded.Options{Dir: dir, Ephemeral: true})
	if err != nil {
		return nil, err
	}
	if err := cluster.CreateDatabase(ctx, template); err != nil {
		return nil, err
	}
	db, err := postgres.Open(ctx, cluster.DSN(template))
	if err != nil {
		return nil, err
	}
	if err := migrations.Up(ctx, db.DB); err != nil {
		return nil, err
	}
	// A database can only be copied while nobody is connected to it.
	if err := db.Close(); err != nil {
		return nil, err
	}
	admin, err := postgres.Open(ctx, cluster.DSN("postgres"))
	if err != nil {
		return nil, err
	}
	return &server{cluster: cluster, admin: admin}, nil
}
