// Package fault is the one vocabulary for what can go wrong that a person may
// be told: a kind, one sentence, and all the reasons at once. Any other error
// is an internal one: the edge logs it and says nothing of it.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what sort of refusal it is; each adapter maps it to its medium.
type Kind string

// The kinds, and what a person can do about each.
const (
	Invalid     Kind = "invalid"     // what was sent is wrong: mend the fields named by the reasons
	Refused     Kind = "refused"     // understood, but a rule says no: the reasons say which
	Stale       Kind = "stale"       // somebody acted meanwhile: look again, then decide again
	Forbidden   Kind = "forbidden"   // not this person's to see or do
	SignIn      Kind = "sign_in"     // nobody is signed in
	NotFound    Kind = "not_found"   // it does not exist, or this person may not know that it does
	TooLarge    Kind = "too_large"   // more bytes than are taken
	Unsupported Kind = "unsupported" // a type of content that is not taken
	TooMany     Kind = "too_many"    // a limit on what can be guessed or flooded: wait RetryAfter
	Unavailable Kind = "unavailable" // a dependency is down: try again later
)

// Reason is one cause of a refusal.
type Reason struct {
	Code  string // stable, snake_case: "item_unanswered"
	Field string // the form field or JSON property at fault, "" where none is
	Text  string // one sentence that says what to do
}

// Error is a refusal. Text and the reasons may be shown to whoever asked.
type Error struct {
	Kind       Kind
	Text       string
	Reasons    []Reason
	RetryAfter time.Duration // with TooMany and Unavailable
	Cause      error         // for the log alone
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Kind, e.Text)
	for _, r := range e.Reasons {
		fmt.Fprintf(&b, " [%s] %s", r.Code, r.Text)
	}
	return b.String()
}

// Unwrap gives the internal cause, if there is one.
func (e *Error) Unwrap() error { return e.Cause }

// New makes a fault of one sentence.
func New(k Kind, text string, reasons ...Reason) *Error {
	return &Error{Kind: k, Text: text, Reasons: reasons}
}

// KindOf tells the kind of the first fault in err's chain, "" for an internal error.
func KindOf(err error) Kind {
	if f, ok := errors.AsType[*Error](err); ok {
		return f.Kind
	}
	return ""
}

// ReasonsOf gives the reasons of the first fault in err's chain.
func ReasonsOf(err error) []Reason {
	if f, ok := errors.AsType[*Error](err); ok {
		return f.Reasons
	}
	return nil
}

// Has reports whether err is a fault with a reason of this code.
func Has(err error, code string) bool {
	for _, r := range ReasonsOf(err) {
		if r.Code == code {
			return true
		}
	}
	return false
}
