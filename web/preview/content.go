package preview

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
)

// content sends a file of the package. Only exact names are found, as on the
// hosts: a name in another case has to fail here too. There is no folder to
// climb out of: names are looked up, not walked.
func (s *Server) content(w http.ResponseWriter, r *http.Request, t ticket, name, raw string) {
	o, done, err := s.open(r.Context(), t)
	if err != nil {
		s.unopened(w, r, err)
		return
	}
	defer done()
	e := find(o.arc, name, raw)
	if e == nil {
		s.say(w, r, http.StatusNotFound, "This file is not in the package",
			"The package has no file “"+archive.Shown(name)+"”. Names have to match exactly, small and capital letters too.")
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType(e.Path))
	if contentType(e.Path) == "application/pdf" { // it runs nothing here, and no browser shows it in a sandbox
		h.Set("Content-Security-Policy", s.contentPolicy())
	} else {
		h.Set("Content-Security-Policy", s.contentPolicy()+"; sandbox "+sandbox)
	}
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", tag(t.Digest, e.Path))
	body, end, err := s.bytes(r, t, e)
	if err != nil {
		s.damaged(w, r, e, err)
		return
	}
	defer end()
	http.ServeContent(w, r, "", time.Time{}, body)
}

// find looks a name up as it was meant, and as it was sent: some packages have
// names with a percent sign in them. A folder stands for its index.html.
func find(a *archive.Archive, name, raw string) *archive.Entry {
	if name == "" || strings.HasSuffix(name, "/") {
		return a.Find(name + "index.html")
	}
	if e := a.Find(name); e != nil {
		return e
	}
	return a.Find(raw)
}

// tag names the bytes of a file for good: a digest never has others.
func tag(digest, path string) string {
	sum := sha256.Sum256([]byte(digest + "\n" + path))
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// bytes gives a file to read from anywhere. Whether it can be read at all is
// known before anything is sent; of a large packed one, whether it begins well.
func (s *Server) bytes(r *http.Request, t ticket, e *archive.Entry) (body io.ReadSeeker, end func(), err error) {
	none := func() {}
	if section := e.Section(); section != nil {
		return section, none, nil
	}
	if e.Size <= smallFile {
		data, _, err := e.ReadAll(r.Context(), smallFile)
		if err == nil && int64(len(data)) != e.Size {
			err = errShort
		}
		return bytes.NewReader(data), none, err
	}
	if strings.Contains(r.Header.Get("Range"), ",") {
		r.Header.Del("Range") // many pieces would be unpacked from the beginning as often; the whole is a right answer
	}
	u := &unpacked{ctx: r.Context(), e: e, turn: func(ctx context.Context) (func(), error) { return s.passing.take(ctx, t.Person) }}
	if r.Method != http.MethodHead {
		if _, err := u.Read(make([]byte, 512)); err != nil && err != io.EOF {
			u.Close()
			return nil, none, err
		}
		u.want = 0
	}
	return u, u.Close, nil
}

var errShort = errors.New("it has fewer bytes than it says")

// damaged answers for a file that can't be unpacked.
func (s *Server) damaged(w http.ResponseWriter, r *http.Request, e *archive.Entry, err error) {
	if errors.Is(err, context.Canceled) {
		return // nobody reads it
	}
	s.Log.WarnContext(r.Context(), "a file of a package could not be read for a preview", slog.Any("error", err))
	s.say(w, r, http.StatusBadGateway, "This file is damaged", "“"+archive.Shown(e.Path)+"” is in the package, but can’t be unpacked. Export the package again.")
}
