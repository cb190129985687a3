// Package migrations holds the schema of the database as numbered SQL files,
// applied forward only. A file, once released, is never edited: the next one
// mends it.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed *.sql
var files embed.FS

// Files gives the migrations as they are built into the binary.
func Files() fs.FS { return files }

// Up applies what is pending, each file in its own transaction, under a lock
// held in the database: of several replicas that start together one applies and
// the others wait (up to a minute). The pool must allow two connections.
func Up(ctx context.Context, db *sql.DB) error { return up(ctx, db, files) }

// Pending counts the migrations built into the binary that the database has not
// seen. It writes nothing, so that a probe may ask.
func Pending(ctx context.Context, db *sql.DB) (int, error) { return pending(ctx, db, files) }

func up(ctx context.Context, db *sql.DB, fsys fs.FS) error {
	// One try each second, sixty times.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
	if err != nil {
		return fmt.Errorf("preparing the migration lock: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, fsys,
		goose.WithSessionLocker(locker),
		goose.WithDisableGlobalRegistry(true),
		goose.WithLogger(goose.NopLogger()),
	)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	return nil
}

const (
	selectVersionTable = `select to_regclass('` + goose.DefaultTablename + `') is not null`
	selectVersions     = `select version_id from ` + goose.DefaultTablename + ` where is_applied`
)

// pending asks the table of versions itself: goose's own HasPending would
// create that table where it is missing.
func pending(ctx context.Context, db *sql.DB, fsys fs.FS) (int, error) {
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return 0, fmt.Errorf("listing the migrations: %w", err)
	}
	waiting := make(map[int64]bool, len(names))
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("reading the number of migration %s: %w", name, err)
		}
		waiting[version] = true
	}
	var migrated bool
	if err := db.QueryRowContext(ctx, selectVersionTable).Scan(&migrated); err != nil {
		return 0, fmt.Errorf("looking for the table of migrations: %w", err)
	}
	if !migrated {
		return len(waiting), nil
	}
	rows, err := db.QueryContext(ctx, selectVersions)
	if err != nil {
		return 0, fmt.Errorf("reading the applied migrations: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var version int64
		if err := rows.Scan(&version); err != nil {
			return 0, fmt.Errorf("reading the applied migrations: %w", err)
		}
		delete(waiting, version)
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("reading the applied migrations: %w", err)
	}
	return len(waiting), nil
}
