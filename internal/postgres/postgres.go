// Package postgres opens the database and is the one place where transactions
// begin and end. Everything else hands a transaction on and never commits it.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// DB is the pool that services hold.
type DB = sqlx.DB

// Queryer is what a pool and a transaction have in common: a function that
// takes one can take part in its caller's transaction.
type Queryer interface {
	sqlx.ExtContext
	GetContext(ctx context.Context, dest any, query string, args ...any) error
	SelectContext(ctx context.Context, dest any, query string, args ...any) error
}

// poolSize is where throughput peaks on small machines; more connections only
// queue inside PostgreSQL instead of here.
const poolSize = 8

// Open connects to the database that dsn names (a postgres:// address or
// key=value pairs) and checks that it answers. Sessions speak UTC. The errors
// are plain and never repeat the address, which may hold a password.
func Open(ctx context.Context, dsn string) (*sqlx.DB, error) {
	dsn, err := withSettings(dsn)
	if err != nil {
		return nil, err
	}
	connector, err := pq.NewConnector(dsn)
	if err != nil {
		return nil, errors.New("the database address or a PG… environment variable cannot be understood; " +
			"expected postgres://user:password@host:port/database?sslmode=…, without unknown settings")
	}
	db := sqlx.NewDb(sql.OpenDB(connector), "postgres")
	db.SetMaxOpenConns(poolSize)
	db.SetMaxIdleConns(poolSize)
	db.SetConnMaxIdleTime(5 * time.Minute)
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("connecting to the database: %w", Cancelled(ctx, err))
	}
	return db, nil
}

// withSettings adds what every connection needs: arguments sent in one round
// trip instead of two, and a session in UTC.
func withSettings(dsn string) (string, error) {
	if !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		return dsn + " binary_parameters=yes timezone=UTC", nil
	}
	u, err := url.Parse(dsn)
	if err != nil { // err repeats the address
		return "", errors.New("the database address is not a valid postgres:// address")
	}
	q := u.Query()
	q.Set("binary_parameters", "yes")
	q.Set("timezone", "UTC")
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// InTx runs fn in one transaction (READ COMMITTED) and commits it if fn returns
// nil. An error or a panic of fn rolls back; both go on to the caller. Nothing
// is tried again.
func InTx(ctx context.Context, db *sqlx.DB, fn func(tx *sqlx.Tx) error) error {
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", Cancelled(ctx, err))
	}
	// After a commit this does nothing; in a panic it runs on the way up.
	defer tx.Rollback()
	if err := fn(tx); err != nil {
		return Cancelled(ctx, err)
	}
	if also, ok := ctx.Value(alongsideKey{}).(func(*sqlx.Tx) error); ok {
		if err := also(tx); err != nil {
			return Cancelled(ctx, err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("committing a transaction: %w", Cancelled(ctx, err))
	}
	return nil
}

type alongsideKey struct{}

// Alongside gives a context with which every transaction that InTx makes also
// runs also, just before it commits: for what must be recorded if and only if
// the act itself is, by somebody who doesn't make it.
func Alongside(ctx context.Context, also func(tx *sqlx.Tx) error) context.Context {
	return context.WithValue(ctx, alongsideKey{}, also)
}

// Cancelled adds ctx's own error to err where PostgreSQL broke a statement off
// because ctx ended: the driver reports that as an error of the server, in
// which errors.Is finds neither context.Canceled nor context.DeadlineExceeded.
func Cancelled(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || errors.Is(err, ctx.Err()) {
		return err
	}
	if pq.As(err, pqerror.QueryCanceled) == nil {
		return err
	}
	return fmt.Errorf("%w: %w", ctx.Err(), err)
}

// Constraint names the constraint or unique index that err says was violated,
// "" if it says no such thing. A trigger names one by raise … using constraint.
func Constraint(err error) string {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		return e.Constraint
	}
	return ""
}
