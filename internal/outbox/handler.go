package outbox

import (
	"context"
	"encoding/json"
	"time"
)

// Claimed is a message leased to a handler.
type Claimed struct {
	ID        int64
	Kind, Key string
	Proposal  int64 // 0 for none
	Payload   json.RawMessage
	Attempt   int // 1 for the first try
	CreatedAt time.Time

	lease     string    // the claim that holds it
	dueAt     time.Time // its place in the queue
	retryFrom time.Time // when the first try began
}

// What a handler may say became of a message, besides Sent, Dropped and Failed.
const (
	// Retry puts the message back with a growing pause, until two days have
	// passed since the first try; then it has failed.
	Retry = "retry"
	// Released gives the message back as if it had never been claimed: it was not
	// tried, since the runner is stopping or has lost its lease.
	Released = "released"
)

// Outcome is what became of one message.
type Outcome struct {
	State string // Sent, Dropped, Failed, Retry or Released; anything else is a Retry
	Error string // with Failed and Retry: what went wrong, safe to show to an administrator
	Note  string // with Dropped: why; with Sent: anything worth knowing
}

// Handler sends a batch of messages of one kind and tells what became of each,
// in the same order and number. What it leaves out, and all of a batch in which
// it panics, is retried. When ctx ends it should start no further message and
// call the rest Released.
type Handler func(ctx context.Context, batch []Claimed) []Outcome

// Each makes a handler of a function that sends one message. A panic concerns
// the message it happened in alone, so that those before it are not sent again;
// once ctx has ended the rest of the batch is released untried.
func Each(send func(ctx context.Context, c Claimed) Outcome) Handler {
	one := func(ctx context.Context, c Claimed) (o Outcome) {
		defer func() {
			if p := recover(); p != nil {
				o = panicked(p)
			}
		}()
		return send(ctx, c)
	}
	return func(ctx context.Context, batch []Claimed) []Outcome {
		out := make([]Outcome, len(batch))
		for i, c := range batch {
			if ctx.Err() != nil {
				out[i] = Outcome{State: Released}
				continue
			}
			out[i] = one(ctx, c)
		}
		return out
	}
}

// panicked is the outcome of a message whose handler panicked with p. The value
// may quote anything, so the administrator is told no more than that it happened.
func panicked(any) Outcome {
	return Outcome{State: Retry, Error: "Rung itself failed while sending this; the log has the details."}
}
