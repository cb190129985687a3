// Package edge is what the pages and the JSON API have in common where a request
// comes in and its answer goes out: its name, its time, and what an error says
// to whoever asked.
package edge

import (
	"context"
	"io"
	"net/http"
	"time"
)

// Limits of an ordinary request. Uploads and downloads set their own.
const (
	BodyLimit = 1 << 20          // bytes of a form or a JSON document
	Timeout   = 30 * time.Second // from the first byte of a request to the last of its answer
)

// Hurried gives whatever is asked for, known or not, the time of an ordinary
// page to arrive. A body that nobody reads has to arrive too: the server passes
// over it before it takes the connection's next request, and without an end to
// that a few thousand dripping clients would hold everything open. [Limited]
// and uploads set the time anew when they begin.
func Hurried(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(Timeout)) // a test's recorder has no deadlines
		next.ServeHTTP(w, r)
	})
}

// Limited bounds the body and the time of an ordinary request, for the handler
// and for the connection.
func Limited(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), Timeout)
		defer cancel()
		c := http.NewResponseController(w)
		end := time.Now().Add(Timeout)
		_ = c.SetReadDeadline(end) // a test's recorder has no deadlines
		_ = c.SetWriteDeadline(end.Add(Timeout))
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, BodyLimit)
		next(w, r)
	}
}

// Unhurried lets a download take as long as its reader needs, while something
// of it is taken.
func Unhurried(next http.HandlerFunc) http.HandlerFunc {
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

// uploadPause is how long an upload may stand still.
const uploadPause = time.Minute

// Patient lets the body of an upload take as long as it needs, while something
// comes.
func Patient(w http.ResponseWriter, body io.ReadCloser) io.ReadCloser {
	return &patient{body, http.NewResponseController(w)}
}

type patient struct {
	io.ReadCloser
	c *http.ResponseController
}

func (p *patient) Read(b []byte) (int, error) {
	_ = p.c.SetReadDeadline(time.Now().Add(uploadPause)) // a test's recorder has no deadlines
	return p.ReadCloser.Read(b)
}
