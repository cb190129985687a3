package packagecheck

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
)

func pdfReport(t testing.TB, text string) *Report {
	t.Helper()
	c := newChecker(t.Context(), strings.NewReader(text), int64(len(text)), Options{})
	if err := c.pdf([]byte(text[:min(len(text), 4096)])); err != nil {
		t.Fatal(err)
	}
	c.report.settle()
	return c.report
}

func TestPDF(t *testing.T) {
	for text, want := range map[string]string{
		"%PDF-1.7\n1 0 obj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n": "",
		"%PDF-1.7\n1 0 obj\n": "pdf-truncated",
		"%PDF-1.7\n1 0 obj\ntrailer<</Encrypt 2 0 R/Root 1 0 R>>\nstartxref\n9\n%%EOF": "pdf-encrypted",
	} {
		if r := pdfReport(t, text); ids(r) != want || r.Kind != PDF || r.Edition != "1.7" {
			t.Errorf("%q: found %q in %s %s, expected %q in pdf 1.7", text, ids(r), r.Kind, r.Edition, want)
		}
	}
}

func TestOffice(t *testing.T) {
	types := func(kind string) string {
		return `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.` + kind + `.main+xml"/></Types>`
	}
	const docx = "openxmlformats-officedocument.wordprocessingml.document"
	for name, c := range map[string]struct {
		files         map[string]string
		want, edition string
	}{
		"good":    {map[string]string{"[Content_Types].xml": types(docx), "word/document.xml": "<a/>"}, "", "docx"},
		"absent":  {map[string]string{"[Content_Types].xml": types(docx)}, "office-no-main-part", "docx"},
		"other":   {map[string]string{"[Content_Types].xml": types("x")}, "office-no-main-part", ""},
		"damaged": {map[string]string{"[Content_Types].xml": types(docx), "word/document.xml": "<a><b></a>"}, "office-not-well-formed", "docx"},
		"macros": {map[string]string{"[Content_Types].xml": types("ms-word.document.macroEnabled"), "word/document.xml": "<a/>",
			"word/vbaProject.bin": "x"}, "office-macros", "docm"},
	} {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for n, text := range c.files {
			f, err := w.Create(n)
			if err != nil {
				t.Fatal(err)
			}
			f.Write([]byte(text))
		}
		w.Close()
		arc, err := archive.Open(bytes.NewReader(b.Bytes()), int64(b.Len()), archive.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		k := newChecker(t.Context(), nil, 0, Options{})
		k.arc = arc
		if err := k.office(arc.Find("[Content_Types].xml")); err != nil {
			t.Fatal(err)
		}
		k.report.settle()
		if ids(k.report) != c.want || k.report.Edition != c.edition {
			t.Errorf("%s: found %q, edition %q; expected %q, %q", name, ids(k.report), k.report.Edition, c.want, c.edition)
		}
	}
}

func FuzzPDF(f *testing.F) {
	f.Add("1.7\ntrailer<</Encrypt 2 0 R>>\n%%EOF")
	f.Fuzz(func(t *testing.T, s string) { pdfReport(t, "%PDF-"+s) })
}
