package packagecheck

import (
	"bytes"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck/doctest"
)

// A document is read as far as may be paid for, and no longer.
func TestDocumentsArePaidFor(t *testing.T) {
	good := doctest.SoundPDF().Change("/Lang(en-GB)", "")
	for range 2000 {
		good.Objects = append(good.Objects, doctest.Stream("", strings.Repeat("x", 9000)))
	}
	data := good.With("<</S/JavaScript/JS(x)>>").Bytes()
	for work, want := range map[int64]string{1 << 30: "pdf-javascript pdf-lang-missing", 200_000: "pdf-lang-missing", 0: ""} {
		c := newChecker(t.Context(), bytes.NewReader(data), int64(len(data)), Options{})
		c.docs.work = work
		if err := c.pdf(); err != nil {
			t.Fatal(err)
		}
		c.report.settle()
		if got := ids(c.report); got != want {
			t.Errorf("for %d: %q, expected %q", work, got, want)
		}
	}
}

// Nothing that a document may be makes the check fail.
func FuzzDocument(f *testing.F) {
	f.Add(doctest.SoundPDF().Bytes())
	f.Add(doctest.Compound(map[string]string{"WordDocument": "\xec\xa5", "Macros/VBA/dir": "x"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := Check(t.Context(), bytes.NewReader(data), int64(len(data)), Options{}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestLocalAddresses(t *testing.T) {
	for address, want := range map[string]string{
		`file:///C:\Users\somebody\notes.docx`: "notes.docx", "file://server/share/a.pdf": "a.pdf", `C:\a.pdf`: "a.pdf", "d:/a.pdf": "a.pdf",
		`\\server\share\a.pdf`: "a.pdf", "https://example.org/C:/a.pdf": "", "notes.docx": "", "a:b": "", "": "", "mailto:a@example.org": "",
	} {
		if got := isLocal(address); got != (want != "") || got && lastName(address) != want {
			t.Errorf("%s: %v, called %q", address, got, lastName(address))
		}
	}
}
