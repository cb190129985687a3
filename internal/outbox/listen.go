package outbox

import (
	"context"
	"time"

	"github.com/lib/pq"
)

// How the listener comes back after its connection broke, and how often it asks
// whether the connection is still there: a dead one is silent otherwise.
const (
	reconnectFirst   = 100 * time.Millisecond
	reconnectLongest = 30 * time.Second
	askAlive         = 90 * time.Second
)

// listen wakes the workers at each notification until ctx ends. While it cannot
// connect, they poll.
func (r *Runner) listen(ctx context.Context, wakes []chan<- struct{}) {
	l := pq.NewListener(r.DSN, reconnectFirst, reconnectLongest, func(event pq.ListenerEventType, err error) {
		if event == pq.ListenerEventDisconnected || event == pq.ListenerEventConnectionAttemptFailed {
			r.log().WarnContext(ctx, "outbox: not listening, polling instead")
		}
	})
	defer l.Close()
	wake := func() {
		for _, w := range wakes {
			select {
			case w <- struct{}{}:
			default: // it is awake already
			}
		}
	}
	go func() {
		// Blocks until it is connected, or until Close.
		if err := l.Listen(Channel); err == nil {
			wake() // for what came before
			if r.listening != nil {
				r.listening()
			}
		}
	}()

	alive := time.NewTicker(askAlive)
	defer alive.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-l.Notify:
			if !open {
				return
			}
			// A nil notification says that the connection was lost for a while, and
			// notifications with it: a reason to look, like any other.
			wake()
		case <-alive.C:
			go l.Ping() // a failure makes it reconnect
		}
	}
}
