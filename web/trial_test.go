package web

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
)

// A trial area stands in the tests for areas that save as it is typed, upload,
// are refused and break.
var _ = register(area{name: "trial", routes: func(s *Server, rt *routes) {
	rt.get("/trial", trialPage)
	rt.post("/trial/save", signedIn(s.trialSave))
	rt.post("/trial/note", signedIn(s.trialNote))
	rt.upload("/trial/upload", s.trialUpload)
	rt.download("/trial/file", func(w http.ResponseWriter, _ *http.Request) error {
		_, _ = w.Write([]byte("a piece"))
		_, _ = w.Write([]byte("another"))
		return nil
	})
	rt.get("/trial/panic", func(http.ResponseWriter, *http.Request) error { panic("a secret of the inside") })
	rt.post("/trial/break", func(http.ResponseWriter, *http.Request) error { return io.ErrUnexpectedEOF })
}})

// TrialSaved is what the trial area saved last, and its version.
var (
	TrialSaved   atomic.Value
	TrialVersion atomic.Int64
)

func trialPage(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err := fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><head><title>Trial</title>
<link rel="modulepreload" id="nhsuk-module" href="%s"><script type="module" src="%s"></script></head>
<body><main><h1>Trial</h1>
<form id="note" method="post" action="/trial/note" data-autosave="/trial/save">
<label for="words">Words</label><textarea id="words" name="words"></textarea>
<input type="hidden" name="version" value="%d"><button>Send</button></form>
<form id="package" method="post" action="/trial/upload" enctype="multipart/form-data" data-upload>
<label for="file">File</label><input id="file" name="file" type="file"><button>Upload</button></form>
</main></body></html>`, assetSet().URL("nhsuk-frontend.js"), assetSet().URL("rung.js"), TrialVersion.Load())
	return err
}

type trialForm struct {
	Words   string `form:"words"`
	Version int64  `form:"version"`
}

func (s *Server) trialSave(w http.ResponseWriter, r *http.Request, _ accounts.Person) error {
	var p trialForm
	if _, err := decode(r, &p); err != nil {
		return err
	}
	if p.Version != TrialVersion.Load() {
		return leadTo(fault.New(fault.Stale, "Saved in another tab since."), "Look at it", "/trial")
	}
	TrialSaved.Store(p.Words)
	return saved(w, fmt.Sprint(TrialVersion.Add(1)), s.Now())
}

func (s *Server) trialNote(w http.ResponseWriter, r *http.Request, _ accounts.Person) error {
	var p trialForm
	if _, err := decode(r, &p); err != nil {
		return err
	}
	return leadTo(fault.New(fault.Refused, "Not now.", fault.Reason{Code: "not_now", Text: "Wait until tomorrow."}), "Back to the trial", "/trial")
}

func (s *Server) trialUpload(w http.ResponseWriter, r *http.Request) error {
	file, _, err := r.FormFile("file")
	if err != nil {
		return err
	}
	defer file.Close()
	b, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	if string(b[:2]) != "PK" {
		return fault.New(fault.Unsupported, "This is no zip file.")
	}
	return s.done(w, r, "/accessibility", fmt.Sprintf("%d bytes are here.", len(b)))
}
