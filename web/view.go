package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/leadership-ladder/rung/internal/accounts"
)

//go:embed all:templates
var templateFiles embed.FS

// view is a page's template together with the one type of its data. Its file
// (below templates/) defines "title" and "content", and may define "before",
// which stands above the main part (a back link).
type view[T any] struct{ file string }

// viewExample is a page with data to try it on; a test executes each.
type viewExample struct {
	file string
	data any
}

var (
	viewFiles    []string
	viewExamples []viewExample
)

// newView registers a page; call it from a package variable. The examples
// must between them reach every branch of the template: the test that
// executes them is what finds a misspelt field.
func newView[T any](file string, example T, more ...T) view[T] {
	viewFiles = append(viewFiles, file)
	for _, data := range append([]T{example}, more...) {
		viewExamples = append(viewExamples, viewExample{file, data})
	}
	return view[T]{file}
}

// frame is what the layout knows besides the page.
type frame struct {
	Site   Site
	Person *accounts.Person
	Nav    []navLink
	Flash  *flash
	Demo   bool
	API    bool // there is one to write about
	Failed bool // a field of the page has an error: the title says so
	Page   any
}

type navLink struct {
	Text, Href string
	Current    bool // the page shown is this one or below it
}

// write renders the page to a buffer and sends it: 200, or the status that
// its [Form] took from a refusal.
func (v view[T]) write(s *Server, w http.ResponseWriter, r *http.Request, data T) error {
	status := http.StatusOK
	if f, ok := any(data).(interface{ status() int }); ok {
		status = f.status()
	}
	return v.writeStatus(s, w, r, status, data)
}

func (v view[T]) writeStatus(s *Server, w http.ResponseWriter, r *http.Request, status int, data T) error {
	who := visitor(r)
	f := frame{
		Site: s.Site, Person: who, Demo: s.Demo != nil, API: s.API != nil,
		Nav: navigation(who, r.URL.Path), Page: data,
	}
	if status < 400 {
		f.Flash = s.takeFlash(w, r)
	}
	body, err := execute(v.file, f)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if who != nil || status >= 400 || h.Get("Set-Cookie") != "" {
		h.Set("Cache-Control", "no-store")
	} else {
		h.Set("Cache-Control", "private, no-cache") // the same address shows more to somebody signed in
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the reader is gone: nobody to tell
	return nil
}

// execute renders a page inside the layout.
func execute(file string, f frame) ([]byte, error) {
	if p, ok := f.Page.(interface{ Failed() bool }); ok {
		f.Failed = p.Failed()
	}
	var b bytes.Buffer
	if err := templates()[file].ExecuteTemplate(&b, "layout", f); err != nil {
		return nil, fmt.Errorf("rendering %s: %w", file, err)
	}
	return b.Bytes(), nil
}

// templates parses every registered page once: the layout, the shared
// partials, the area's own ones (files whose name begins with "_"), the page.
var templates = sync.OnceValue(func() map[string]*template.Template {
	base := template.Must(template.New("").Funcs(funcs).Option("missingkey=error").
		ParseFS(templateFiles, "templates/layout.html", "templates/partials/*.html"))
	parsed := make(map[string]*template.Template, len(viewFiles))
	for _, file := range viewFiles {
		t := template.Must(base.Clone())
		if own := "templates/" + path.Dir(file) + "/_*.html"; matches(own) {
			template.Must(t.ParseFS(templateFiles, own))
		}
		parsed[file] = template.Must(t.ParseFS(templateFiles, "templates/"+file))
	}
	return parsed
})

func matches(pattern string) bool {
	entries, err := templateFiles.ReadDir(path.Dir(pattern))
	if err != nil {
		panic(err) // a view names a folder that does not exist
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "_") {
			return true
		}
	}
	return false
}

// exampleTime is when the examples of pages happen.
var exampleTime = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
