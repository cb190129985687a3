package demo

import (
	"archive/zip"
	"bytes"
	"embed"
	"fmt"
	"strings"
	"text/template"
	"time"
)

// The files of a package; imsmanifest.xml and index.html are filled in.
//
//go:embed scorm
var scorm embed.FS

// The two that differ from module to module. Everything that is filled in goes
// through the html function, which is right for XML too.
var filled = template.Must(template.ParseFS(scorm, "scorm/imsmanifest.xml", "scorm/index.html"))

// asIs are the files that are the same in every package.
var asIs = []string{"ladder.svg", "module.css", "module.js"}

// pack makes the module's package: a small SCORM 1.2 zip with one page that
// asks one question and tells the LMS when it is answered. The same module and
// version always give the same bytes: nothing in it is compressed, since
// compressors differ from one release to the next.
func (m module) pack(version int) ([]byte, error) {
	q := m.question
	answers := []string{q.wrong[0], q.right, q.wrong[1]}
	right := 1
	if len(m.title)%2 == 0 { // the right answer isn't always in the same place
		answers[0], answers[1], right = answers[1], answers[0], 0
	}
	page := struct {
		ID, Title, Why, Question, Because, Reflection string
		Version, Minutes, Right                       int
		Outcomes, Answers, Actions                    []string
	}{m.file(), m.title, m.need, q.asks, q.because, m.reflection, version, m.minutes, right, m.outcomes, answers, m.actions}

	var b bytes.Buffer
	z := zip.NewWriter(&b)
	add := func(name string, content []byte) error {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC)})
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			return fmt.Errorf("packing %s: %w", name, err)
		}
		return nil
	}
	for _, name := range []string{"imsmanifest.xml", "index.html"} {
		var content bytes.Buffer
		if err := filled.ExecuteTemplate(&content, name, page); err != nil {
			return nil, fmt.Errorf("packing %s: %w", name, err)
		}
		if err := add(name, content.Bytes()); err != nil {
			return nil, err
		}
	}
	for _, name := range asIs {
		content, err := scorm.ReadFile("scorm/" + name)
		if err != nil {
			return nil, fmt.Errorf("packing %s: %w", name, err)
		}
		if err := add(name, content); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("packing: %w", err)
	}
	return b.Bytes(), nil
}

// file is the module's title as the name of a file, and as an XML identifier.
func (m module) file() string {
	words := strings.FieldsFunc(strings.ToLower(m.title), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return strings.Join(words, "-")
}
