package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/go-chi/httplog/v3"

	"github.com/leadership-ladder/rung/internal/fault"
)

// Seconds is a wait as the header Retry-After has it.
func Seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }

// FaultOf is the fault in err's chain, nil if there is none.
func FaultOf(err error) *fault.Error {
	f, _ := errors.AsType[*fault.Error](err)
	return f
}

// Internal is the kind of what is not a fault; it never leaves the edge.
const Internal fault.Kind = "internal"

// Explain finds the fault in err, or makes the one that an outsider may see.
func Explain(r *http.Request, err error) *fault.Error {
	if f := FaultOf(err); f != nil {
		return f
	}
	if big, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.New(fault.TooLarge, fmt.Sprintf("What you sent is larger than the %d KB that are taken here.", big.Limit>>10))
	}
	switch r.Context().Err() {
	case context.Canceled: // nobody waits for the answer: a save that the next page overtook, say
		return fault.New(Left, "The connection was closed before there was an answer.")
	case context.DeadlineExceeded:
		return &fault.Error{Kind: fault.Unavailable, RetryAfter: 10 * time.Second,
			Text: "This took too long, so it was stopped. Nothing is lost: go back and try again."}
	}
	return fault.New(Internal, "It is our fault, not yours. Try again in a few minutes.")
}

// Left is a reader who closed the connection; it never leaves the edge.
const Left fault.Kind = "left"

// Status maps the kind of a fault to an HTTP status.
func Status(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Refused, fault.Stale:
		return http.StatusConflict
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.SignIn:
		return http.StatusUnauthorized
	case fault.NotFound:
		return http.StatusNotFound
	case Method:
		return http.StatusMethodNotAllowed
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Unsupported:
		return http.StatusUnsupportedMediaType
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case Left:
		return 499 // what proxies write into their logs then; it isn't a failure of ours
	default:
		return http.StatusInternalServerError
	}
}

// Method is an address asked for in a way that it doesn't have.
const Method fault.Kind = "method"

// Panicked is what a handler's panic becomes.
type Panicked struct{ Value any }

func (p Panicked) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// Recover has a panic answered like any other error, as the plain 500 that it is.
func Recover(answer func(http.ResponseWriter, *http.Request, error)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				switch p := recover(); p {
				case nil:
				case http.ErrAbortHandler:
					panic(p)
				default:
					answer(w, r, Panicked{p})
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
}

// LogRefusal adds the outcome to the request's record: the kind and the codes
// of a fault, and the cause of anything internal. Never a typed word.
func LogRefusal(r *http.Request, f *fault.Error, err error) {
	attrs := []slog.Attr{slog.String("kind", string(f.Kind))}
	for _, reason := range f.Reasons {
		attrs = append(attrs, slog.String("reason", reason.Code))
	}
	if f.Cause != nil {
		attrs = append(attrs, slog.String("cause", f.Cause.Error()))
	}
	if f.Kind == Internal {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	if _, ok := errors.AsType[Panicked](err); ok {
		attrs = append(attrs, slog.String("stack", string(debug.Stack())))
	}
	httplog.SetAttrs(r.Context(), attrs...)
}
