package files

import (
	"archive/zip"
	"bytes"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/internal/fault"
)

func zipOf(t *testing.T, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, n := range names {
		f, err := w.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, "content of "+n); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSniff(t *testing.T) {
	const cmi5 = `<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">`
	ole := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600)
	for name, tc := range map[string]struct {
		head  string
		media string
		code  string
	}{
		"zip":                   {head: zipOf(t, "imsmanifest.xml", "index.html"), media: Zip.Media},
		"word":                  {head: zipOf(t, "[Content_Types].xml", "_rels/.rels", "word/document.xml"), media: "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		"slides":                {head: zipOf(t, "[Content_Types].xml", "_rels/.rels", "ppt/presentation.xml"), media: "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
		"java archive":          {head: zipOf(t, "META-INF/MANIFEST.MF", "a.class"), media: Zip.Media},
		"pdf":                   {head: "%PDF-1.7\n%\xe2\xe3\xcf\xd3", media: PDF.Media},
		"old office":            {head: ole, media: legacy.Media},
		"cmi5":                  {head: `<?xml version="1.0" encoding="utf-8"?>` + "\n" + cmi5, media: CMI5.Media},
		"cmi5 with a mark":      {head: "\ufeff" + `<?xml version="1.0"?><!-- made by hand -->` + cmi5, media: CMI5.Media},
		"cmi5, no declaration":  {head: cmi5, media: CMI5.Media},
		"cmi5, Latin-1":         {head: `<?xml version="1.0" encoding="ISO-8859-1"?><!-- caf` + "\xe9" + ` -->` + cmi5, media: CMI5.Media},
		"nothing":               {head: "", code: "file_empty"},
		"empty zip":             {head: zipOf(t), code: "zip_empty"},
		"zip in parts":          {head: "PK\x07\x08PK\x03\x04", code: "zip_in_parts"},
		"other xml":             {head: `<?xml version="1.0"?><manifest identifier="a"/>`, code: "xml_not_cmi5"},
		"picture that scripts":  {head: `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`, code: "type_not_taken"},
		"web page":              {head: "<!DOCTYPE html><html><body>courseStructure</body></html>", code: "type_not_taken"},
		"text":                  {head: "this is no zip", code: "type_not_taken"},
		"text that begins as P": {head: "PKZIP is a program", code: "type_not_taken"},
		"picture":               {head: "\x89PNG\r\n\x1a\n", code: "type_not_taken"},
		"program":               {head: "MZ\x90\x00" + strings.Repeat("\x00", 60), code: "type_not_taken"},
		"shell script":          {head: "#!/bin/sh\n" + cmi5, code: "type_not_taken"},
		"zeros":                 {head: strings.Repeat("\x00", 4096), code: "type_not_taken"},
	} {
		if tc.code == "" && !promising(tc.head) {
			t.Errorf("%s: a page would not send it", name)
		}
		got, err := Sniff([]byte(tc.head))
		switch {
		case tc.code == "" && (err != nil || got.Media != tc.media || got.Word == ""):
			t.Errorf("%s: %+v, %v; want %s", name, got, err, tc.media)
		case tc.code != "" && (fault.KindOf(err) != fault.Unsupported || !fault.Has(err, tc.code) || got != Type{}):
			t.Errorf("%s: %+v, %v; want %s", name, got, err, tc.code)
		}
	}
}

// promising asks of a file what a page asks before it sends it.
func promising(head string) bool {
	begins, holds := Signatures()
	is := func(in func(s, part string) bool, s string) func(string) bool {
		return func(signature string) bool {
			b, err := hex.DecodeString(signature)
			return err == nil && in(s, string(b))
		}
	}
	trimmed := strings.TrimLeft(strings.TrimPrefix(head, "\ufeff"), " \t\r\n")
	return slices.ContainsFunc(begins, is(strings.HasPrefix, trimmed)) || slices.ContainsFunc(holds, is(strings.Contains, head[:min(len(head), 1024)]))
}

func TestSignaturesRefuseOthers(t *testing.T) {
	for _, head := range []string{"", "this is no zip", "MZ\x90\x00", "\x89PNG\r\n\x1a\n"} {
		if promising(head) {
			t.Errorf("%q would be sent", head)
		}
	}
}

// Real packages, where they lie beside the project.
func TestSniffRealPackages(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/packages/*/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		head := make([]byte, headSize)
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.ReadFull(f, head)
		f.Close()
		if err != nil && err != io.ErrUnexpectedEOF {
			t.Fatal(err)
		}
		got, err := Sniff(head[:n])
		want, code := Zip, ""
		switch name := filepath.Base(path); {
		case name == "bridge_Non-working_SCORM.zip":
			want, code = Type{}, "zip_empty"
		case name == "catapult_209-1-not-a-zip.zip":
			want, code = Type{}, "type_not_taken"
		case filepath.Ext(name) == ".xml":
			want = CMI5
		}
		if got != want || code != "" && !fault.Has(err, code) || code == "" && err != nil {
			t.Errorf("%s: %+v, %v; want %+v %s", path, got, err, want, code)
		}
	}
}
