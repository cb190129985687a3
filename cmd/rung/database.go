package main

import (
	"context"
	"log/slog"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/internal/postgres/embedded"
)

// databaseName is the private cluster's one database.
const databaseName = "rung"

// database is an open database, and the private cluster it is in, if there is one.
type database struct {
	*sqlx.DB
	dsn     string
	cluster *embedded.Cluster
}

// open connects to the database that the storage names, or starts the private
// one in the data folder.
func (s storage) open(ctx context.Context, log *slog.Logger) (*database, error) {
	d := &database{dsn: s.DatabaseURL}
	if d.dsn == "" {
		var err error
		d.cluster, err = embedded.Start(ctx, embedded.Options{Dir: s.clusterDir(), Log: log})
		if err != nil {
			return nil, err
		}
		if err := d.cluster.CreateDatabase(ctx, databaseName); err != nil {
			d.Close()
			return nil, err
		}
		d.dsn = d.cluster.DSN(databaseName)
	}
	var err error
	if d.DB, err = postgres.Open(ctx, d.dsn); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// join is open for a command that runs beside a server: where that has the
// private cluster already, it connects to it.
func (s storage) join(ctx context.Context, log *slog.Logger) (*database, error) {
	d, err := s.open(ctx, log)
	if !fault.Has(err, embedded.InUse) {
		return d, err
	}
	if s.DatabaseURL, err = embedded.DSN(s.clusterDir(), databaseName); err != nil {
		return nil, err
	}
	return s.open(ctx, log)
}

// lost is closed when the private cluster has ended by itself; without one, never.
func (d *database) lost() <-chan struct{} {
	if d.cluster == nil {
		return nil
	}
	return d.cluster.Done()
}

// Close ends the connections, then the private cluster.
func (d *database) Close() error {
	var err error
	if d.DB != nil {
		err = d.DB.Close()
	}
	if d.cluster != nil {
		err = d.cluster.Stop()
	}
	return err
}
