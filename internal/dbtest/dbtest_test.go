package dbtest_test

import (
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/migrations"
)

func TestNewIsMigratedAndSeparate(t *testing.T) {
	a, b := dbtest.New(t), dbtest.New(t)
	if n, err := migrations.Pending(t.Context(), a.DB); err != nil || n != 0 {
		t.Fatalf("pending migrations: %d, %v", n, err)
	}
	a.MustExec(`create table here_only (x int)`)
	var there bool
	if err := b.Get(&there, `select to_regclass('here_only') is not null`); err != nil {
		t.Fatal(err)
	}
	if there {
		t.Error("two tests share a database")
	}
}

func TestClock(t *testing.T) {
	c := dbtest.NewClock()
	start := c.Now()
	if start.Weekday() != time.Monday || start.Format(time.RFC3339) != "2026-03-02T09:00:00Z" {
		t.Errorf("starts at %s", start)
	}
	c.Add(36 * time.Hour)
	if got := c.Now().Sub(start); got != 36*time.Hour {
		t.Errorf("moved by %s", got)
	}
}
