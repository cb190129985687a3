package migrations

import (
	"context"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/internal/postgres/embedded"
)

// emptyDatabases starts a cluster of the test's own: dbtest's databases are
// migrated already (and dbtest imports this package).
func emptyDatabases(t *testing.T) func(name string) *sqlx.DB {
	t.Helper()
	c, err := embedded.Start(t.Context(), embedded.Options{Dir: t.TempDir() + "/cluster", Ephemeral: true, ReachClosed: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop() })
	return func(name string) *sqlx.DB {
		if err := c.CreateDatabase(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		db, err := postgres.Open(t.Context(), c.DSN(name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	}
}

func TestMigrations(t *testing.T) {
	empty := emptyDatabases(t)

	t.Run("a replica that comes later adds what is new", func(t *testing.T) {
		db := empty("later")
		fsys := fstest.MapFS{"00001_a.sql": {Data: []byte("-- +goose Up\ncreate table a ();\n")}}
		wantPending(t, db, fsys, 1)
		var made bool
		if err := db.Get(&made, `select to_regclass('goose_db_version') is not null`); err != nil || made {
			t.Errorf("asking what is pending has written: %t, %v", made, err)
		}
		if err := up(t.Context(), db.DB, fsys); err != nil {
			t.Fatal(err)
		}
		wantPending(t, db, fsys, 0)
		fsys["00002_b.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\ncreate table b ();\n")}
		wantPending(t, db, fsys, 1)
		if err := up(t.Context(), db.DB, fsys); err != nil {
			t.Fatal(err)
		}
		wantPending(t, db, fsys, 0)
	})

	t.Run("one that fails leaves nothing of itself", func(t *testing.T) {
		db := empty("failing")
		fsys := fstest.MapFS{
			"00001_a.sql": {Data: []byte("-- +goose Up\ncreate table a ();\n")},
			"00002_b.sql": {Data: []byte("-- +goose Up\ncreate table b ();\nselect 1/0;\n")},
		}
		if err := up(t.Context(), db.DB, fsys); err == nil || !strings.Contains(err.Error(), "version:2") {
			t.Fatalf("gave %v", err)
		}
		wantPending(t, db, fsys, 1)
		var made bool
		if err := db.Get(&made, `select to_regclass('b') is not null`); err != nil || made {
			t.Errorf("half a migration stays: %t, %v", made, err)
		}
	})

	t.Run("replicas that start together", func(t *testing.T) {
		db := empty("together")
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := Up(context.WithoutCancel(t.Context()), db.DB); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		wantPending(t, db, files, 0)
	})
}

func wantPending(t *testing.T, db *sqlx.DB, fsys fs.FS, want int) {
	t.Helper()
	n, err := pending(t.Context(), db.DB, fsys)
	if err != nil || n != want {
		t.Errorf("pending: %d, %v; want %d", n, err, want)
	}
}
