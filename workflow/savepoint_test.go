package workflow_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// newRewindable is a world on one connection, inside one transaction that is
// never committed: what the service begins and commits are savepoints. So a
// world is built once, and every try in it is taken back.
func newRewindable(t testing.TB) *world {
	t.Helper()
	_, dsn := dbtest.NewDSN(t)
	connector, err := pq.NewConnector(dsn + " binary_parameters=yes timezone=UTC")
	if err != nil {
		t.Fatal(err)
	}
	db := sqlx.NewDb(sql.OpenDB(nesting{connector}), "postgres")
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	w := &world{t: t, ctx: context.Background(), db: db, clock: dbtest.NewClock()}
	w.svc = &workflow.Service{DB: db, Now: w.clock.Now}
	w.must(w.svc.Use(w.ctx, programme.Default()))
	return w
}

// rewound runs try and takes back whatever it did.
func (w *world) rewound(try func()) {
	w.t.Helper()
	w.exec("savepoint try")
	try()
	w.exec("rollback to savepoint try")
	w.exec("release savepoint try")
}

// rows is a digest of every row of every table.
func (w *world) rows() string {
	w.t.Helper()
	if w.digestSQL == "" {
		var tables []string
		w.must(w.db.Select(&tables, `select quote_ident(tablename) from pg_tables where schemaname = 'public' and tablename not like 'goose%' order by 1`))
		for i, name := range tables {
			tables[i] = fmt.Sprintf(`select '%[1]s' as name, count(*) as n, sum(cast(cast('x' || left(md5(cast(t as text)), 15) as bit(60)) as bigint)) as sum from %[1]s t`, name)
		}
		w.digestSQL = `select string_agg(name || ':' || n || ':' || coalesce(sum, 0), ' ' order by name) from (` + strings.Join(tables, " union all ") + `) x`
	}
	var digest string
	w.must(w.db.Get(&digest, w.digestSQL))
	return digest
}

// changedTables names the tables in which two digests differ.
func changedTables(before, after string) string {
	a, b := strings.Fields(before), strings.Fields(after)
	var names []string
	for i := range a {
		if a[i] != b[i] {
			names = append(names, a[i]+" is now "+b[i])
		}
	}
	return strings.Join(names, ", ")
}

type nesting struct{ driver.Connector }

func (n nesting) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := n.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	c := &nested{pqConn: inner.(pqConn)}
	return c, c.exec(ctx, "begin")
}

type pqConn interface {
	driver.Conn
	driver.ExecerContext
	driver.QueryerContext
}

type nested struct {
	pqConn
	depth int
}

func (c *nested) exec(ctx context.Context, statement string) error {
	_, err := c.ExecContext(ctx, statement, nil)
	return err
}

func (c *nested) BeginTx(ctx context.Context, _ driver.TxOptions) (driver.Tx, error) {
	c.depth++
	return c, c.exec(ctx, fmt.Sprintf("savepoint nested_%d", c.depth))
}

// Commit checks first what a real one would: the deferred constraints.
func (c *nested) Commit() error {
	ctx := context.Background()
	if err := c.exec(ctx, "set constraints all immediate"); err != nil {
		return fmt.Errorf("%w (rolled back: %w)", err, c.Rollback())
	}
	if err := c.exec(ctx, "set constraints all deferred"); err != nil {
		return err
	}
	c.depth--
	return c.exec(ctx, fmt.Sprintf("release savepoint nested_%d", c.depth+1))
}

func (c *nested) Rollback() error {
	c.depth--
	return c.exec(context.Background(), fmt.Sprintf("rollback to savepoint nested_%d", c.depth+1))
}
