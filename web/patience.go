package web

import (
	"net/http"
	"time"
)

// hurried gives whatever is asked for, known or not, the time of an ordinary
// page to arrive. A body that nobody reads has to arrive too: the server passes
// over it before it takes the connection's next request, and without an end to
// that a few thousand dripping clients would hold everything open. [limited]
// and uploads set the time anew when they begin.
func hurried(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(pageTimeout)) // a test's recorder has no deadlines
		next.ServeHTTP(w, r)
	})
}

// unhurried lets a download take as long as its reader needs, while something
// of it is taken.
func unhurried(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		if r.Body == nil || r.Body == http.NoBody {
			_ = c.SetReadDeadline(time.Time{}) // its passing would end the request's context
		}
		next(slowly{w, c}, r)
	}
}

// downloadPause is how long a reader may take over one piece of a download.
const downloadPause = time.Minute

// slowly gives each piece of a long download its own time: a slow reader gets
// all of it, one that has stopped is let go.
type slowly struct {
	http.ResponseWriter
	c *http.ResponseController
}

func (s slowly) Write(b []byte) (int, error) {
	_ = s.c.SetWriteDeadline(time.Now().Add(downloadPause))
	return s.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (s slowly) Unwrap() http.ResponseWriter { return s.ResponseWriter }
