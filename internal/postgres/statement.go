package postgres

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/jmoiron/sqlx"
)

// Statement is a hot query that each connection plans once: planning a query
// over many tables costs several times what running it does. Until it is
// prepared it is sent as text, like any other.
type Statement struct {
	Query    string
	prepared atomic.Pointer[sqlx.Stmt]
}

// Prepare readies the statement for a pool and its transactions. Call it at the
// start, outside any transaction: it takes a connection of its own.
func (s *Statement) Prepare(ctx context.Context, db *sqlx.DB) error {
	stmt, err := db.PreparexContext(ctx, s.Query)
	if err != nil {
		return fmt.Errorf("preparing a statement: %w", err)
	}
	if old := s.prepared.Swap(stmt); old != nil {
		return old.Close()
	}
	return nil
}

// Get runs the query for one row, like GetContext. q is the pool that the
// statement was prepared on, or a transaction of it.
func (s *Statement) Get(ctx context.Context, q Queryer, dest any, args ...any) error {
	switch stmt := s.prepared.Load(); tx := q.(type) {
	case *sqlx.Tx:
		if stmt != nil {
			return tx.StmtxContext(ctx, stmt).GetContext(ctx, dest, args...)
		}
	case *sqlx.DB:
		if stmt != nil {
			return stmt.GetContext(ctx, dest, args...)
		}
	}
	return q.GetContext(ctx, dest, s.Query, args...)
}
