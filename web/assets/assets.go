// Package assets holds the stylesheets, scripts and icons of the pages and
// serves them: our own from src, and those of nhsuk-frontend and scorm-again from
// dist, where build.mjs puts them. The package compiles without dist having been built;
// [Set.Missing] then says what to run.
package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed all:src all:dist
var embedded embed.FS

// needed are the built files without which a page has no style or behaviour, or
// a preview no host.
var needed = []string{"nhsuk-frontend.css", "nhsuk-frontend.js", "preview/scorm12.js", "preview/scorm2004.js"}

// file is one asset, ready to send.
type file struct {
	body, gzipped []byte // gzipped is nil where it would not be smaller
	kind, etag    string
}

// Set is every asset by its name below /assets/: "rung.css",
// "images/nhsuk-icon-tick.svg".
type Set struct{ files map[string]file }

// Load reads the embedded assets and compresses each once.
func Load() (*Set, error) {
	s := &Set{files: map[string]file{}}
	for _, root := range []string{"dist", "src"} {
		err := fs.WalkDir(embedded, root, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
				return err
			}
			body, err := embedded.ReadFile(p)
			if err != nil {
				return err
			}
			s.files[strings.TrimPrefix(p, root+"/")] = prepare(p, body)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("loading the embedded assets: %w", err)
		}
	}
	return s, nil
}

func prepare(name string, body []byte) file {
	sum := sha256.Sum256(body)
	f := file{body: body, etag: hex.EncodeToString(sum[:8]), kind: mime.TypeByExtension(path.Ext(name))}
	switch path.Ext(name) { // not left to the machine's own table of types
	case ".js":
		f.kind = "text/javascript; charset=utf-8"
	case ".css":
		f.kind = "text/css; charset=utf-8"
	case ".svg":
		f.kind = "image/svg+xml"
	}
	var z bytes.Buffer
	w, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(body)
	}
	if err == nil && w.Close() == nil && z.Len() < len(body) {
		f.gzipped = z.Bytes()
	}
	return f
}

// Missing lists the built files that this binary lacks; the caller tells
// whoever started it to run "make assets".
func (s *Set) Missing() []string {
	var names []string
	for _, n := range needed {
		if _, ok := s.files[n]; !ok {
			names = append(names, n)
		}
	}
	return names
}

// URL is the address of an asset, with its digest, so that a browser may keep
// it for a year. An unknown name gets an address that answers 404.
func (s *Set) URL(name string) string {
	f, ok := s.files[name]
	if !ok {
		return "/assets/" + name
	}
	return "/assets/" + name + "?v=" + f.etag
}

// ServeHTTP sends the asset named by the path after /assets/; anything else
// is not found. An address with the right digest may be cached for good, one
// without (icons, which a stylesheet names) for a day.
func (s *Set) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := s.files[strings.TrimPrefix(r.URL.Path, "/assets/")]
	if !ok {
		http.Error(w, "There is no such file.", http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "public, max-age=86400")
	if r.URL.Query().Get("v") == f.etag {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body, etag := f.body, f.etag
	if f.gzipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body, etag = f.gzipped, f.etag+"-gzip"
	}
	h.Set("ETag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
