package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

var silent = slog.New(slog.DiscardHandler)

func anyPort(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// A request in flight and a message in hand finish after the process was asked
// to stop; then everything is at its end.
func TestStopLetsWorkFinish(t *testing.T) {
	ln := anyPort(t)
	inFlight, release := make(chan struct{}), make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(inFlight)
		<-release
		io.WriteString(w, "every word")
	})
	asked, done := make(chan struct{}), make(chan struct{})
	works := runner{"mail", func(ctx context.Context) error {
		<-ctx.Done()
		close(asked)
		<-release
		close(done)
		return nil
	}}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, ln, handler, []runner{works}, nil, silent) }()

	answer := make(chan string, 1)
	go func() {
		res, err := http.Get("http://" + ln.Addr().String())
		if err != nil {
			answer <- err.Error()
			return
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		answer <- string(b)
	}()
	<-inFlight
	stop()
	<-asked
	select {
	case err := <-ended:
		t.Fatalf("ended with work in hand: %v", err)
	default:
	}
	close(release)
	if got := <-answer; got != "every word" {
		t.Errorf("the request in flight got %q", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	<-done
	if _, err := http.Get("http://" + ln.Addr().String()); err == nil {
		t.Error("still takes requests")
	}
}

func TestServeEndsWithWhatItNeeds(t *testing.T) {
	lost := make(chan struct{})
	close(lost)
	if err := serve(t.Context(), anyPort(t), http.NotFoundHandler(), nil, lost, silent); err == nil || !strings.Contains(err.Error(), "database") {
		t.Errorf("a lost database: %v", err)
	}
	why := errors.New("no such table")
	broken := runner{"sending mail", func(context.Context) error { return why }}
	if err := serve(t.Context(), anyPort(t), http.NotFoundHandler(), []runner{broken}, nil, silent); !errors.Is(err, why) {
		t.Errorf("a failed runner: %v", err)
	}
}
