package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/web/webtest"
)

// connection stands in for one whose deadlines can be looked at.
type connection struct {
	*httptest.ResponseRecorder
	read, write time.Time
	pieces      int // written under a deadline
}

func (c *connection) SetReadDeadline(t time.Time) error  { c.read = t; return nil }
func (c *connection) SetWriteDeadline(t time.Time) error { c.write = t; return nil }

func (c *connection) Write(b []byte) (int, error) {
	if soon(c.write) {
		c.pieces++
	}
	c.write = time.Time{}
	return c.ResponseRecorder.Write(b)
}

func soon(t time.Time) bool {
	left := time.Until(t)
	return left > 0 && left <= time.Minute
}

// endless is a body that always has more, and knows whether an end was set to
// its coming.
type endless struct {
	on    *connection
	bytes int
	late  bool // read without a deadline
}

func (e *endless) Read(b []byte) (int, error) {
	if !soon(e.on.read) {
		e.late = true
	}
	for i := range b {
		b[i] = 'x'
	}
	e.bytes += len(b)
	return len(b), nil
}

// TestNobodyHoldsAConnection: whatever is asked for, by whomever, a body that
// drips or never ends is given up, read or not.
func TestNobodyHoldsAConnection(t *testing.T) {
	site := webtest.Start(t)
	h := site.Server.Handler()
	for _, to := range []struct{ path, origin string }{
		{"/nowhere", ""}, {"/sign-in", ""}, {"/sign-in", "https://elsewhere.example"}, {"/accessibility", ""},
		{"/trial/upload", ""}, {"/trial/note", ""}, {"/healthz", ""}, {"/assets/rung.css", ""},
	} {
		c := &connection{ResponseRecorder: httptest.NewRecorder()}
		body := &endless{on: c}
		r := httptest.NewRequest(http.MethodPost, to.path, body)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if to.origin != "" {
			r.Header.Set("Origin", to.origin)
		}
		h.ServeHTTP(c, r)
		if body.late || !soon(c.read) {
			t.Errorf("%v: its body may take for ever", to)
		}
		if path := to.path; body.bytes > 2<<20 && path != "/trial/upload" { // what an upload may still send is its own affair
			t.Errorf("%v: %d bytes of a form were read", to, body.bytes)
		}
	}
}

func TestAStoppedDownloadIsLetGo(t *testing.T) {
	site := webtest.Start(t)
	c := &connection{ResponseRecorder: httptest.NewRecorder()}
	site.Server.Handler().ServeHTTP(c, httptest.NewRequest(http.MethodGet, "/trial/file", nil))
	if c.Body.String() != "a pieceanother" || c.pieces != 2 {
		t.Errorf("%q, %d pieces under a deadline", c.Body, c.pieces)
	}
	if !c.read.IsZero() {
		t.Error("a long download is cut off by the end of its request's reading")
	}
}
