package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/internal/postgres"
)

var (
	_ postgres.Queryer = (*sqlx.DB)(nil)
	_ postgres.Queryer = (*sqlx.Tx)(nil)
)

func newTable(t *testing.T) *sqlx.DB {
	t.Helper()
	db := dbtest.New(t)
	db.MustExec(`create table rungs (
		height int constraint rungs_height_key unique constraint rungs_height_positive check (height > 0))`)
	return db
}

func count(t *testing.T, db *sqlx.DB) int {
	t.Helper()
	var n int
	if err := db.Get(&n, `select count(*) from rungs`); err != nil {
		t.Fatal(err)
	}
	return n
}

func insert(tx *sqlx.Tx) error {
	_, err := tx.Exec(`insert into rungs (height) values ($1)`, 1)
	return err
}

func TestInTxCommits(t *testing.T) {
	db := newTable(t)
	if err := postgres.InTx(t.Context(), db, insert); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func TestInTxRollsBackOnError(t *testing.T) {
	db := newTable(t)
	why := errors.New("changed my mind")
	err := postgres.InTx(t.Context(), db, func(tx *sqlx.Tx) error {
		if err := insert(tx); err != nil {
			t.Fatal(err)
		}
		return why
	})
	if err != why {
		t.Errorf("gave %v", err)
	}
	if n := count(t, db); n != 0 {
		t.Errorf("%d rows", n)
	}
}

func TestInTxRollsBackOnPanic(t *testing.T) {
	db := newTable(t)
	func() {
		defer func() {
			if r := recover(); r != "fell off" {
				t.Errorf("recovered %v", r)
			}
		}()
		postgres.InTx(t.Context(), db, func(tx *sqlx.Tx) error {
			if err := insert(tx); err != nil {
				t.Fatal(err)
			}
			panic("fell off")
		})
	}()
	if n := count(t, db); n != 0 {
		t.Errorf("%d rows", n)
	}
	if open := db.Stats().InUse; open != 0 {
		t.Errorf("%d connections still in use", open)
	}
}

// A function that swallows a failed statement must not be told that all is committed.
func TestInTxReportsAFailedCommit(t *testing.T) {
	db := newTable(t)
	err := postgres.InTx(t.Context(), db, func(tx *sqlx.Tx) error {
		tx.Exec(`insert into rungs (height) values (-1)`)
		return nil
	})
	if err == nil {
		t.Error("committed a transaction that had failed")
	}
}

func TestEndedContextIsSeenInTheError(t *testing.T) {
	db := dbtest.New(t)
	sleep := func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(t.Context(), `select pg_sleep(0)`)
		return err
	}
	if err := postgres.InTx(t.Context(), db, sleep); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := postgres.InTx(ctx, db, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `select pg_sleep(60)`)
		return err
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("gave %v", err)
	}
	// A statement that was cancelled for another reason is not ours to rename.
	err = postgres.InTx(t.Context(), db, func(tx *sqlx.Tx) error {
		tx.MustExec(`set local statement_timeout = 20`)
		_, err := tx.ExecContext(t.Context(), `select pg_sleep(60)`)
		return err
	})
	if err == nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		t.Errorf("gave %v", err)
	}
}

func TestConstraint(t *testing.T) {
	db := newTable(t)
	db.MustExec(`insert into rungs (height) values (1)`)
	_, duplicate := db.Exec(`insert into rungs (height) values (1)`)
	_, negative := db.Exec(`insert into rungs (height) values (-1)`)
	for _, tt := range []struct {
		err  error
		name string
	}{
		{duplicate, "rungs_height_key"},
		{errors.Join(errors.New("adding a rung"), duplicate), "rungs_height_key"},
		{negative, "rungs_height_positive"},
		{errors.New("anything else"), ""},
		{nil, ""},
	} {
		if got := postgres.Constraint(tt.err); got != tt.name {
			t.Errorf("Constraint(%v) = %q", tt.err, got)
		}
	}
}

func TestTimesAreUTC(t *testing.T) {
	db := dbtest.New(t)
	want := time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC)
	var got time.Time
	if err := db.Get(&got, `select $1::timestamptz`, want); err != nil {
		t.Fatal(err)
	}
	if _, offset := got.Zone(); !got.Equal(want) || offset != 0 {
		t.Errorf("%s came back as %s", want, got)
	}
}

func TestOpenNeverRepeatsThePassword(t *testing.T) {
	for _, dsn := range []string{
		"postgres://rung:s3cret@127.0.0.1:1/rung?sslmode=disable",
		"postgres://rung:s3cret@%zz/rung",
		"postgres://rung:s3cret@127.0.0.1:1/rung?sslmode=perhaps",
		"host=127.0.0.1 port=1 user=rung password=s3cret sslmode=disable",
		"host=127.0.0.1 password='s3cret",
	} {
		db, err := postgres.Open(t.Context(), dsn)
		if err == nil {
			db.Close()
			t.Errorf("opened %s", dsn)
			continue
		}
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%v", err)
		}
	}
}
