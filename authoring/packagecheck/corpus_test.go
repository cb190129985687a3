package packagecheck

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck/packagetest"
)

var indexRow = regexp.MustCompile(`(?m)^\| (\S+\.(?:zip|xml)) \| (ok|warn|fail) \|`)

// Every real package comes to the verdict that its index gives it, and the same
// report however its bytes are read.
func TestVerdictsOfRealPackages(t *testing.T) {
	dir := packagetest.Real(t)
	index, err := os.ReadFile(filepath.Join(dir, "INDEX.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := indexRow.FindAllSubmatch(index, -1)
	if len(rows) < 20 {
		t.Fatalf("the index has %d rows that can be read", len(rows))
	}
	for _, row := range rows {
		name, want := string(row[1]), Verdict(row[2])
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			r := check(t, data)
			if r.Verdict != want {
				t.Errorf("verdict %s, expected %s", r.Verdict, want)
				for _, f := range r.Findings {
					t.Logf("%s %s %s:%d %s", f.Severity, f.ID, f.Path, f.Line, f.Message)
				}
			}
			again, err := Check(t.Context(), small{bytes.NewReader(data)}, int64(len(data)), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if one, two := inJSON(t, r), inJSON(t, again); !bytes.Equal(one, two) {
				t.Errorf("two checks differ:\n%s\n%s", one, two)
			}
		})
	}
}

// small gives fewer bytes than it is asked for, as a network file may.
type small struct{ r io.ReaderAt }

func (s small) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = s.r.ReadAt(p[n:min(len(p), n+511)], off+int64(n))
		n += m
	}
	return n, err
}

func inJSON(t *testing.T, r *Report) []byte {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
