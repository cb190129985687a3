package client

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Kinds of problems that the commands tell apart.
const (
	keyInUse = "idempotency_key_in_use"
	stale    = "stale"
)

// Refusal is a server's no: a problem of RFC 9457.
type Refusal struct {
	Status    int            `json:"status"`
	Type      string         `json:"type"`
	Detail    string         `json:"detail"`
	RequestID string         `json:"request_id"`
	Errors    []Reason       `json:"errors"`
	Meanwhile []Entry        `json:"meanwhile"`
	Current   map[string]any `json:"current"`

	RetryAfter time.Duration `json:"-"`
}

// Reason is one reason of a refusal.
type Reason struct {
	Detail string `json:"detail"`
	Field  string `json:"field"`
}

// line is the reason, and in which field it is mended.
func (r Reason) line() string {
	if r.Field == "" {
		return clean(r.Detail)
	}
	return clean(r.Detail) + " (" + clean(r.Field) + ")"
}

func refusalOf(a *answer, media string) error {
	r := &Refusal{}
	if media != "application/problem+json" || json.Unmarshal(a.body, r) != nil || r.Detail == "" {
		r = &Refusal{Detail: fmt.Sprintf("The server answered %d %s, and not in Rung's words: look at RUNG_URL, and at what stands in between.", a.status, http.StatusText(a.status))}
	}
	r.Status, r.RetryAfter = a.status, retryAfter(a.header)
	return r
}

func (r *Refusal) Error() string { return r.Detail }

// Kind is the name of the problem's type, "" where it isn't one of Rung's.
func (r *Refusal) Kind() string {
	_, kind, _ := strings.Cut(r.Type, "#problem-")
	return kind
}

// Stale reports whether something happened since what was seen.
func (r *Refusal) Stale() bool {
	return r.Status == http.StatusPreconditionFailed || r.Kind() == stale
}

// Lines is all that there is to say, a line each: the sentence, every reason,
// and of what is stale what happened meanwhile.
func (r *Refusal) Lines(zone *time.Location) []string {
	lines := []string{clean(r.Detail)}
	for _, reason := range r.Errors {
		lines = append(lines, "  "+reason.line())
	}
	if len(r.Meanwhile) > 0 {
		lines = append(lines, "What happened meanwhile:")
		for _, e := range r.Meanwhile {
			lines = append(lines, "  "+e.line(zone))
		}
	}
	if len(r.Current) > 0 {
		lines = append(lines, "What is stored now:")
		for _, name := range slices.Sorted(maps.Keys(r.Current)) {
			value, _ := json.Marshal(r.Current[name]) // it came as JSON
			lines = append(lines, "  "+clean(name)+": "+clean(string(value)))
		}
	}
	if r.Status >= http.StatusInternalServerError && r.RequestID != "" {
		lines = append(lines, "  Administrators find it in the log as "+clean(r.RequestID)+".")
	}
	return lines
}
