// Package instance knows what a database is for (production or a demo) and
// which folder of files belongs to it. It alone writes the table instance.
package instance

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/internal/postgres"
)

// The kinds of instance.
const (
	Production = "production"
	Demo       = "demo"
)

const (
	selectTable  = `select to_regclass('instance') is not null`
	selectRow    = `select kind, files_marker from instance`
	selectPeople = `select exists (select 1 from people)`
	insertRow    = `insert into instance (kind, files_marker, created_at) values ($1, $2, $3) on conflict do nothing`
)

type row struct {
	Kind        string `db:"kind"`
	FilesMarker string `db:"files_marker"`
}

// Check refuses a database that is marked as another kind. One that bears no
// mark yet, or no tables, passes: ask before migrating it.
func Check(ctx context.Context, q postgres.Queryer, kind string) error {
	var there bool
	if err := q.GetContext(ctx, &there, selectTable); err != nil {
		return fmt.Errorf("looking for the mark of the database: %w", err)
	}
	if !there {
		return nil
	}
	_, err := read(ctx, q, kind)
	return err
}

// Claim marks a migrated database as of this kind, together with the folder of
// its files, or checks that it is so marked already and that the folder is the
// one it was marked with. It gives the marker of the folder, for later checks.
// Of several replicas that claim a new database at once, all get the same.
func Claim(ctx context.Context, db *sqlx.DB, kind string, store *files.Store, now time.Time) (marker string, err error) {
	err = postgres.InTx(ctx, db, func(tx *sqlx.Tx) error {
		marked, err := read(ctx, tx, kind)
		if err != nil {
			return err
		}
		if marked == nil {
			if marked, err = mark(ctx, tx, kind, store, now); err != nil {
				return err
			}
		}
		marker = marked.FilesMarker
		return nil
	})
	if err != nil {
		return "", err
	}
	if err := store.CheckMarker(marker); err != nil {
		return "", &fault.Error{Kind: fault.Refused, Cause: err,
			Text: fmt.Sprintf("The folder %s is not the one that holds this database's packages. "+
				"Is the right folder mounted there? If it was restored from a backup, the backup is incomplete.", store.Dir)}
	}
	return marker, nil
}

// mark makes the folder's marker first and the row second: a crash between the
// two leaves a marker that the next claim takes up.
func mark(ctx context.Context, tx *sqlx.Tx, kind string, store *files.Store, now time.Time) (*row, error) {
	if kind == Demo {
		var people bool
		if err := tx.GetContext(ctx, &people, selectPeople); err != nil {
			return nil, fmt.Errorf("looking for people: %w", err)
		}
		if people {
			return nil, fault.New(fault.Refused, "This database has people in it and is not a demo's. A demo only uses a database that it made itself: choose another data folder.")
		}
	}
	marker, err := store.EnsureMarker()
	if err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, insertRow, kind, marker, now.UTC().Truncate(time.Microsecond)); err != nil {
		return nil, fmt.Errorf("marking the database: %w", err)
	}
	// Another replica may have been first, with a folder of its own.
	return read(ctx, tx, kind)
}

// read gives the mark, nil if there is none; a mark of another kind is refused.
func read(ctx context.Context, q postgres.Queryer, kind string) (*row, error) {
	var r row
	err := q.GetContext(ctx, &r, selectRow)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the mark of the database: %w", err)
	}
	switch {
	case r.Kind == kind:
		return &r, nil
	case r.Kind == Demo:
		return nil, fault.New(fault.Refused, "This database is a demo's, in which anyone may sign in as anyone. Rung serves it only as: rung demo.")
	default:
		return nil, fault.New(fault.Refused, "This database is a real one. A demo only uses a database that it made itself: choose another data folder.")
	}
}
