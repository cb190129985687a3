package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"sync"
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

	dueAt     time.Time // its place in the queue
	retryFrom time.Time // when the first try began
}

// What a handler may say became of a message, besides Sent, Dropped and Failed.
const (
	// Retry puts the message back with a growing pause, until the time for its kind
	// (see [Runner.RetryFor]) has passed since the first try; then it has failed.
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

	// After, with Retry, is the least pause that the receiver asked for, honoured
	// up to the longest pause there is.
	After time.Duration

	panicked string // for the log alone: it may quote anything
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
	return func(ctx context.Context, batch []Claimed) []Outcome {
		out := make([]Outcome, len(batch))
		for i, c := range batch {
			out[i] = one(ctx, c, send)
		}
		return out
	}
}

// Together is Each that sends all messages of a batch at the same time: for
// kinds whose receivers are strangers to one another, of whom none may hold up
// the rest. A batch takes as long as its slowest message.
func Together(send func(ctx context.Context, c Claimed) Outcome) Handler {
	return func(ctx context.Context, batch []Claimed) []Outcome {
		out := make([]Outcome, len(batch))
		var all sync.WaitGroup
		for i, c := range batch {
			all.Go(func() { out[i] = one(ctx, c, send) })
		}
		all.Wait()
		return out
	}
}

// one sends one message, unless ctx has ended.
func one(ctx context.Context, c Claimed, send func(context.Context, Claimed) Outcome) (o Outcome) {
	if ctx.Err() != nil {
		return Outcome{State: Released}
	}
	defer func() {
		if p := recover(); p != nil {
			o = panicOutcome(p)
		}
	}()
	return send(ctx, c)
}

// panicOutcome retries a message in which the handler panicked with p.
func panicOutcome(p any) Outcome {
	return Outcome{
		State:    Retry,
		Error:    "Rung itself failed while sending this message; its log says more.",
		panicked: fmt.Sprintf("%v\n%s", p, debug.Stack()),
	}
}

// run calls the handler and mends what it may get wrong: the answer has one
// known outcome for each message of the batch.
func (h Handler) run(ctx context.Context, batch []Claimed) (out []Outcome) {
	defer func() {
		if p := recover(); p != nil {
			out = make([]Outcome, len(batch))
			for i := range out {
				out[i] = panicOutcome(p)
			}
		}
	}()
	answers := h(ctx, batch)
	out = make([]Outcome, len(batch))
	copy(out, answers)
	for i := range out {
		switch out[i].State {
		case Sent, Dropped, Failed, Retry, Released:
		default:
			out[i] = Outcome{State: Retry, Error: "Rung did not learn what became of this message."}
		}
	}
	return out
}
