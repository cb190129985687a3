package edge

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
)

// Held keeps an answer back until it is known what becomes of it. Its headers
// are those of the answer beneath.
type Held struct {
	http.ResponseWriter
	Status int
	Body   bytes.Buffer
}

// Hold keeps back what is written to w.
func Hold(w http.ResponseWriter) *Held { return &Held{ResponseWriter: w, Status: http.StatusOK} }

func (h *Held) WriteHeader(status int)      { h.Status = status }
func (h *Held) Write(b []byte) (int, error) { return h.Body.Write(b) }

// Send writes the answer as it is.
func (h *Held) Send() {
	h.ResponseWriter.WriteHeader(h.Status)
	_, _ = h.ResponseWriter.Write(h.Body.Bytes()) // the reader is gone: nobody to tell
}

// SendTagged writes a 200 with the entity tag that tag makes of the first size
// bytes of its body's SHA-256, in hex, or 304 without a body to whoever has it;
// any other answer as it is.
func (h *Held) SendTagged(r *http.Request, size int, tag func(hash string) string) {
	if h.Status != http.StatusOK {
		h.Send()
		return
	}
	sum := sha256.Sum256(h.Body.Bytes())
	header, now := h.Header(), tag(hex.EncodeToString(sum[:size]))
	header.Set("ETag", now)
	if asked := r.Header.Get("If-None-Match"); asked != "" && MatchesTag(asked, now) {
		header.Del("Content-Type")
		h.ResponseWriter.WriteHeader(http.StatusNotModified)
		return
	}
	h.Send()
}
