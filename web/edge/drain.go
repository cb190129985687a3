package edge

import (
	"io"
	"net/http"
	"time"
)

// How much of a refused upload is read, and for how long, before the refusal
// is answered. A browser reads no answer before it has sent everything: close
// on it, and it shows a broken connection in place of the sentence. What is
// longer is cut off all the same; the page's script asks about size and kind
// before it sends anything.
const (
	drainLimit = 64 << 20 // bytes
	drainTime  = 10 * time.Second
)

// drained is the answer to an upload: before a refusal is sent, it reads what
// is still on its way.
type drained struct {
	http.ResponseWriter
	body      *countedBody
	expects   bool // the client waits for our word before it sends the body
	overtaken bool // the answer has begun
}

// DrainRefusals makes the refusals of an upload reach whoever sends it. Only
// HTTP/1 needs it: later versions tell a request's end from its answer's.
func DrainRefusals(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor > 1 {
			next(w, r)
			return
		}
		body := &countedBody{ReadCloser: r.Body}
		r.Body = body
		next(&drained{ResponseWriter: w, body: body, expects: r.Header.Get("Expect") != ""}, r)
	}
}

func (d *drained) WriteHeader(status int) {
	if !d.overtaken && status >= http.StatusBadRequest {
		d.drain()
	}
	d.overtaken = d.overtaken || status >= http.StatusOK
	d.ResponseWriter.WriteHeader(status)
}

func (d *drained) Write(b []byte) (int, error) {
	d.overtaken = true
	return d.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (d *drained) Unwrap() http.ResponseWriter { return d.ResponseWriter }

func (d *drained) drain() {
	if d.body.ended || d.expects && !d.body.begun {
		return
	}
	_ = http.NewResponseController(d.ResponseWriter).SetReadDeadline(time.Now().Add(drainTime)) // a test's recorder has no deadlines
	_, _ = io.CopyN(io.Discard, d.body, drainLimit)                                             // whatever ends it, the answer is next
}

// countedBody knows whether its reading has begun and ended.
type countedBody struct {
	io.ReadCloser
	begun, ended bool
}

func (b *countedBody) Read(p []byte) (int, error) {
	b.begun = true
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || err != nil
	return n, err
}
