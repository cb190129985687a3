package edge

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
)

type contextKey int

const requestIDKey contextKey = 0

// WithRequestID names the request; an answer that says "something went wrong"
// shows the name, and the log record carries it. A name sent by the client is
// not believed.
func WithRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := strings.ToLower(rand.Text()[:10])
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey, id)))
	})
}

// RequestID is the name of this request, "" outside one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey).(string)
	return id
}

// MatchesTag reports whether an If-None-Match names this entity tag, weakly
// compared (RFC 9110, section 13.1.2).
func MatchesTag(asked, tag string) bool {
	for t := range strings.SplitSeq(asked, ",") {
		if t = strings.TrimSpace(t); t == "*" || strings.TrimPrefix(t, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}
