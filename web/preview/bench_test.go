package preview

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/files"
)

// noAssets are none.
type noAssets struct{ http.Handler }

func (noAssets) URL(name string) string { return name }

// BenchmarkPage loads a page with 50 files, from a package of 2,000: with the
// package open, and opened anew for each file.
func BenchmarkPage(b *testing.B) {
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for i := range 2000 {
		w, err := z.Create(fmt.Sprintf("folder/file-%d.js", i))
		if err == nil {
			_, err = w.Write(bytes.Repeat([]byte("let x = 1; "), 1000))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
	store := &files.Store{Dir: b.TempDir()}
	if _, err := store.EnsureMarker(); err != nil {
		b.Fatal(err)
	}
	saved, err := store.Save(b.Context(), &packed, 1<<30, nil)
	if err != nil {
		b.Fatal(err)
	}
	address := &url.URL{Scheme: "http", Host: "preview.example.org"}
	s := &Server{URL: address, BaseURL: address, Secret: []byte("of the tests alone"), Files: store, Now: time.Now, Log: slog.New(slog.DiscardHandler), Assets: noAssets{},
		May: func(context.Context, Look) error { return nil }}
	link := s.Link(Look{Digest: saved.SHA256, Proposal: 1, Person: 1})
	for _, kept := range []bool{true, false} {
		b.Run(fmt.Sprintf("kept=%t", kept), func(b *testing.B) {
			for b.Loop() {
				for i := range 50 {
					w := httptest.NewRecorder()
					s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, fmt.Sprintf("%sfiles/folder/file-%d.js", link, i), nil))
					if _, err := io.Copy(io.Discard, w.Body); err != nil || w.Code != http.StatusOK {
						b.Fatal(w.Code, err)
					}
					if !kept {
						s.shelf.forget(s.shelf.order[0])
					}
				}
			}
		})
	}
}
