package edge

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// endless is a body without an end, counted.
type endless struct{ read int64 }

func (e *endless) Read(b []byte) (int, error) { e.read += int64(len(b)); return len(b), nil }
func (e *endless) Close() error               { return nil }

func TestDrainIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		proto  int
		expect string
		first  int64 // bytes that the handler itself reads
		read   int64
	}{
		"a refusal":                        {http.StatusForbidden, 1, "", 0, drainLimit},
		"a refusal after a look":           {http.StatusUnsupportedMediaType, 1, "", 4096, drainLimit + 4096},
		"an act that was done":             {http.StatusSeeOther, 1, "", 0, 0},
		"a client that waits":              {http.StatusForbidden, 1, "100-continue", 0, 0},
		"a client that waited":             {http.StatusForbidden, 1, "100-continue", 4096, drainLimit + 4096},
		"a version that needs no patience": {http.StatusForbidden, 2, "", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			body := &endless{}
			r := httptest.NewRequest(http.MethodPost, "/", body)
			r.ProtoMajor = c.proto
			if c.expect != "" {
				r.Header.Set("Expect", c.expect)
			}
			w := httptest.NewRecorder()
			DrainRefusals(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.CopyN(io.Discard, r.Body, c.first)
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte("said"))
			})(w, r)
			// The last piece may be read beyond the limit, into a buffer.
			if over := body.read - c.read; over < 0 || over > 32<<10 {
				t.Errorf("%d bytes were read, want %d", body.read, c.read)
			}
			if w.Code != c.status || w.Body.String() != "said" {
				t.Errorf("%d %q", w.Code, w.Body)
			}
		})
	}
}
