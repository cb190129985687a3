package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// finishFor is how long requests in flight and mail in hand may take once
	// the process was asked to stop.
	finishFor = 25 * time.Second
	// headersFor bounds how slowly a client may send its headers; bodies have
	// limits of their own, per route.
	headersFor = 10 * time.Second
	idleFor    = 2 * time.Minute
)

// runner is something that works beside the requests until its ctx ends.
type runner struct {
	name string
	run  func(ctx context.Context) error
}

// serve answers requests and keeps the runners going until ctx ends, something
// they need is lost, or one of them fails. Then it stops in order: no new
// requests, requests in flight and runners finish, and it returns what ended it
// (nil where that was ctx).
func serve(ctx context.Context, ln net.Listener, handler http.Handler, runners []runner, lost <-chan struct{}, log *slog.Logger) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headersFor,
		IdleTimeout:       idleFor,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, len(runners)+1)
	go func() {
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serving: %w", err)
		}
	}()
	running, stopRunners := context.WithCancel(context.Background())
	defer stopRunners()
	var group sync.WaitGroup
	for _, r := range runners {
		group.Go(func() {
			if err := r.run(running); err != nil && running.Err() == nil {
				failed <- fmt.Errorf("%s: %w", r.name, err)
			}
		})
	}

	var cause error
	select {
	case <-ctx.Done():
		log.Info("stopping")
	case <-lost:
		cause = errors.New("the private database ended by itself")
	case cause = <-failed:
	}

	deadline, cancel := context.WithTimeout(context.Background(), finishFor)
	defer cancel()
	stopRunners()
	if err := server.Shutdown(deadline); err != nil {
		server.Close()
		cause = errors.Join(cause, errors.New("some requests did not finish in time and were cut off"))
	}
	finished := make(chan struct{})
	go func() {
		group.Wait()
		close(finished)
	}()
	select {
	case <-finished:
	case <-deadline.Done():
		cause = errors.Join(cause, errors.New("some work beside the requests did not finish in time; what it had in hand is taken up again later"))
	}
	return cause
}
