package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck/doctest"
)

func read(t testing.TB, data []byte) *Facts {
	t.Helper()
	budget := int64(1 << 30)
	f, err := Read(t.Context(), bytes.NewReader(data), int64(len(data)), &budget)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var sound = Facts{Version: "1.7", Whole: true, Opens: true, Pages: 1, Title: "Hand hygiene", Shows: true, Language: "en-GB", Tagged: true, Fonts: 2}

// A document is the same however its objects are found.
func TestEachWayToFindTheObjects(t *testing.T) {
	repaired := sound
	repaired.Repaired = true
	for _, packed := range []bool{false, true} {
		p := doctest.SoundPDF()
		p.Packed = packed
		good := p.Bytes()
		p.Offset = 11
		for name, c := range map[string]struct {
			data []byte
			want Facts
		}{
			"sound":           {good, sound},
			"behind a header": {append([]byte("X-Junk: yes\r\n\r\n"), good...), sound},
			"wrong place":     {p.Bytes(), repaired},
			"no startxref":    {bytes.Replace(good, []byte("startxref"), []byte("startxxxx"), 1), repaired},
			"shifted":         {bytes.Replace(good, []byte("endobj"), []byte("endobj   "), 1), repaired},
			"zeros behind it": {append(bytes.Clone(good), make([]byte, 9000)...), repaired},
			"words behind it": {append(bytes.Clone(good), "\r\n<!-- served by -->\r\n"...), sound},
		} {
			if got := read(t, c.data); !reflect.DeepEqual(*got, c.want) {
				t.Errorf("%s, packed %v:\n got %+v\nwant %+v", name, packed, *got, c.want)
			}
		}
	}
}

// A document is whole where its last object is followed by an end.
func TestCutOffDocuments(t *testing.T) {
	good := doctest.SoundPDF().Bytes()
	linear := append([]byte("%PDF-1.7\n%%EOF\n"), good...) // an end at the beginning, as a linearised one has
	for n := 100; n < len(linear)-len("%%EOF\n"); n++ {
		if got := read(t, linear[:n]); got.Whole && got.Opens {
			t.Errorf("%d of %d bytes are taken for whole", n, len(linear))
			break
		}
	}
}

// A hybrid file has its packed objects in a stream that only newer readers see
// (7.5.8.4).
func TestHybridFile(t *testing.T) {
	data := doctest.PDF{Objects: doctest.SoundPDF().Objects, Trailer: "/Root 1 0 R/Info 8 0 R", Packed: true}.Bytes()
	i := bytes.LastIndex(data, []byte("startxref\n"))
	at := strings.Fields(string(data[i:]))[1]
	data = data[:i]
	data = fmt.Appendf(data, "xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 11/Root 1 0 R/Info 8 0 R/XRefStm %s>>\nstartxref\n%d\n%%%%EOF\n", at, i)
	if got := read(t, data); !reflect.DeepEqual(*got, sound) {
		t.Errorf("got %+v", *got)
	}
}

func TestNoDocument(t *testing.T) {
	for name, data := range map[string]string{
		"nothing":      "",
		"a header":     "%PDF-1.4\n",
		"no catalogue": "%PDF-1.4\n1 0 obj\n<</Type/Pages>>\nendobj\ntrailer<</Size 2>>\nstartxref\n9\n%%EOF",
		"itself":       "%PDF-1.4\n1 0 obj\n1 0 R\nendobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF",
		"another file": strings.Repeat(" ", 2000) + "%PDF-1.4\n",
	} {
		if got := read(t, []byte(data)); got.Opens {
			t.Errorf("%s opens: %+v", name, *got)
		}
	}
}

// The documents of testdata were written by qpdf 11: an empty page, its objects
// packed, with the owner's password “own” and, in those called so, the user's
// password “pw”. The title may be in the metadata alone, which in the one called
// bare aren't encrypted. Of those with 256 bits, last and more are such whose key
// would be another after one round more, or less.
func TestEncryption(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.pdf")
	if err != nil || len(paths) != 16 {
		t.Fatalf("%d documents, %v", len(paths), err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := Facts{Version: read(t, data).Version, Whole: true, Opens: true, Encryption: NeedsPassword}
		if !strings.Contains(path, "-pw") {
			want.Encryption, want.Pages, want.Language, want.Title, want.Tagged, want.Scripts = OpensFreely, 1, "en-GB", "Hand hygiene", true, 1
			want.Rights.NoCopying = strings.Contains(path, "-nocopy")
			want.Rights.NoPrinting = strings.Contains(path, "-noprint")
			want.Rights.NoReadingAloud = strings.Contains(path, "-noaloud")
		}
		if got := read(t, data); !reflect.DeepEqual(*got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", path, *got, want)
		}
	}
}

// An encrypted document whose tables are damaged is repaired and opened, wherever
// the damage is met: here before or after the key is known.
func TestRepairOfEncryptedDocuments(t *testing.T) {
	data, err := os.ReadFile("testdata/rc4-40.pdf")
	if err != nil {
		t.Fatal(err)
	}
	heading := regexp.MustCompile(`\n(\d+) 0 obj`)
	places := heading.FindAllSubmatchIndex(data, -1)
	if len(places) < 3 {
		t.Fatalf("only %d objects lie by themselves", len(places))
	}
	for _, place := range places {
		damaged := bytes.Clone(data)
		number := data[place[2]:place[3]]
		copy(damaged[place[0]:], number) // one byte to the left, so that it begins elsewhere
		damaged[place[0]+len(number)] = '\n'
		if place[0] > 0 && !space(int(damaged[place[0]-1])) {
			copy(damaged[place[0]-len("endobj"):], "endob\n")
		}
		if f := read(t, damaged); !f.Repaired || !f.Opens || f.Encryption != OpensFreely || f.Title != "Hand hygiene" || f.Scripts != 1 {
			t.Errorf("object %s: %+v", number, *f)
		}
	}
}

func TestScriptsOfForms(t *testing.T) {
	for script, want := range map[string]int{
		`AFNumber_Format\(2, 0, 0, 0, "", true\);`:             0,
		`AFSimple_Calculate\("SUM", new Array \("a", "b"\)\);`: 0,
		`AFDate_FormatEx\("yyyy-mm-dd"\)`:                      0,
		``:                                                     0,
		`AFDate_FormatEx\("yyyy"\); app.launchURL\("http://x.y"\)`:  1,
		`AFNumber_Format\(eval\("1"\)\)`:                            1,
		`app.alert\("hello"\)`:                                      1,
		`AFMergeChange\(this.submitForm\("http://example.org"\)\);`: 1,
	} {
		p := doctest.SoundPDF().With("<</S/JavaScript/JS(" + script + ")>>")
		if got := read(t, p.Bytes()); got.Scripts != want {
			t.Errorf("%s: %d scripts, expected %d", script, got.Scripts, want)
		}
	}
}

func TestValues(t *testing.T) {
	for written, want := range map[string]any{
		"12": int64(12), "-1": int64(-1), "+.5": 0.5, "1.": 1.0, "true": true, "null": nil,
		"12 0 R": ref{12, 0}, "12 0 Rx": int64(12), "12 0": int64(12), "99999999 0 R": int64(99999999),
		"/A#42c": name("ABc"), "/A#zz": name("A#zz"), "/": name(""), "(a(b)c\\)\\\n\\101\\r)": text("a(b)c)A\r"),
		"<48 6 5 >": text("He"), "<4>": text("@"), "[1[2]/A]": array{int64(1), array{int64(2)}, name("A")},
		"<</A 1/B/C/A 2>>": dict{"A": int64(1), "B": name("C")}, "% word\n7": int64(7),
	} {
		budget := int64(1 << 20)
		got, err := lexing(t.Context(), []byte(written), 0, &budget).value(0)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %#v, %v, expected %#v", written, got, err, want)
		}
	}
	for _, written := range []string{"", "]", ">", "[1", "<<1 2>>", strings.Repeat("[", 100), "[" + strings.Repeat("1 ", maxValues+1) + "]"} {
		budget := int64(1 << 30)
		if got, err := lexing(t.Context(), []byte(written), 0, &budget).value(0); err == nil {
			t.Errorf("%.20q is taken for %.100v", written, got)
		}
	}
}

func TestTextStrings(t *testing.T) {
	for written, want := range map[text]string{
		"Caf\xe9 \x93\x8c": "Café ﬁ„", "\xfe\xff\x00H\x20\x19": "H’", "\xff\xfeH\x00": "H", "\xef\xbb\xbfé": "é", "\xa0": "€",
	} {
		if got := written.String(); got != want {
			t.Errorf("%q: %q, expected %q", string(written), got, want)
		}
	}
}

// Each predictor of PNG, by a row whose bytes each undo differently.
func TestPredictors(t *testing.T) {
	for kind, want := range map[byte]string{
		0: "\x01\x02\x03\x04\x01\x01\x01\x01", 1: "\x01\x02\x03\x04\x01\x02\x03\x04", 2: "\x01\x02\x03\x04\x02\x03\x04\x05",
		3: "\x01\x02\x03\x04\x01\x02\x03\x04", 4: "\x01\x02\x03\x04\x02\x03\x04\x05",
	} {
		r, err := predict(strings.NewReader("\x00\x01\x02\x03\x04"+string(kind)+"\x01\x01\x01\x01"), dict{"Predictor": int64(15), "Columns": int64(4)})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != want {
			t.Errorf("%d: %q, %v, expected %q", kind, got, err, want)
		}
	}
	corner, err := predict(strings.NewReader("\x00\x04\x06\x04\xfe\x00"), dict{"Predictor": int64(15), "Columns": int64(2)})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(corner); err != nil || string(got) != "\x04\x06\x02\x04" {
		t.Errorf("from the corner: %q, %v", got, err)
	}
	for _, parms := range []dict{{"Predictor": int64(2)}, {"Predictor": int64(12), "Columns": int64(-1)}, {"Predictor": int64(12), "Columns": int64(1 << 40)}, {"Predictor": int64(12), "Colors": int64(0)}} {
		if _, err := predict(strings.NewReader(""), parms); err == nil {
			t.Errorf("%v is taken", parms)
		}
	}
}

// A figure is described by a text that stands for it, too.
func TestFigures(t *testing.T) {
	p := doctest.SoundPDF().With("<</Type/StructElem/S/Figure/Alt(A hand)>>").With("<</S/Figure/P 6 0 R/ActualText(Hands)>>").
		With("<</S/Figure/P 6 0 R>>").With("<</S/Figure>>")
	if f := read(t, p.Bytes()); f.Described != 2 || f.Figures != 1 {
		t.Errorf("%d are described, %d are not, expected 2 and 1", f.Described, f.Figures)
	}
}

// A table of more objects than any document has isn't listed to its end.
func TestTooManyObjects(t *testing.T) {
	for more, want := range map[int]bool{0: false, 1: true} {
		entries := doctest.Flate(strings.Repeat("\x00\x00", maxObjects+more))
		table := "1 0 obj\n" + doctest.Stream(fmt.Sprintf("/Type/XRef/W[1 1 0]/Filter/FlateDecode/Root 2 0 R/Size %d", maxObjects+more), entries) + "\nendobj\n"
		data := fmt.Appendf(nil, "%%PDF-1.5\n%sstartxref\n9\n%%%%EOF\n", table)
		if f := read(t, data); f.Unread != want {
			t.Errorf("with %d more: %+v", more, *f)
		}
	}
}

// What is made to cost without end is left when it has cost enough.
func TestHostileDocumentsAreLeft(t *testing.T) {
	many := doctest.SoundPDF()
	for range 3000 {
		many.Objects = append(many.Objects, "[[[[[[[[")
	}
	loop := "1 0 obj\n<</Type/ObjStm/N 1/First 4/Length 2 0 R>>\nstream\n2 0 7\nendstream\nendobj\n"
	for name, data := range map[string][]byte{
		"a bomb":              doctest.SoundPDF().With(doctest.Stream("/Type/ObjStm/N 9/First 9/Filter/FlateDecode", doctest.Flate(strings.Repeat(" ", 1<<26)))).Bytes(),
		"packed many times":   doctest.SoundPDF().With(doctest.Stream("/Type/ObjStm/N 9/First 9/Filter[/Fl/Fl/Fl/Fl]", doctest.Flate(doctest.Flate(strings.Repeat(" ", 1<<24))))).Bytes(),
		"nested":              []byte("%PDF-1.4\n1 0 obj\n" + strings.Repeat("[", 1<<20) + "\nstartxref\n0\n%%EOF"),
		"objects in objects":  many.Bytes(),
		"headings":            []byte("%PDF-1.4\n" + strings.Repeat("1 0 obj<<", 100_000)),
		"trailers":            []byte("%PDF-1.4\n" + strings.Repeat("trailer<<", 100_000)),
		"a length of its own": fmt.Appendf([]byte("%PDF-1.4\n"+loop), "xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000009 00000 n \ntrailer<</Root 2 0 R>>\nstartxref\n%d\n%%%%EOF", 9+len(loop)),
		"tables in a ring":    []byte("%PDF-1.4\nxref\n0 0\ntrailer<</Prev 9/Root 1 0 R>>\nstartxref\n9\n%%EOF"),
		"entries without end": []byte("%PDF-1.4\nxref\n0 9999999999999\n0000000000 65535 f \ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF"),
	} {
		budget := int64(100 << 20)
		if _, err := Read(t.Context(), bytes.NewReader(data), int64(len(data)), &budget); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A stream of more objects than can be held says nothing of the document.
func TestTooManyPackedObjects(t *testing.T) {
	p := doctest.SoundPDF()
	p.Packed = true
	p.Objects[0] = strings.Replace(p.Objects[0], "/Type/Catalog", "/Type/Catalog/Big["+strings.Repeat("0 ", maxValues+1)+"]", 1)
	if got := read(t, p.Bytes()); !got.Unread || got.Opens {
		t.Errorf("got %+v", *got)
	}
}

func TestNothingIsReadBeyondTheBudget(t *testing.T) {
	p := doctest.SoundPDF()
	for range 100 {
		p.Objects = append(p.Objects, doctest.Stream("", strings.Repeat("x", 20_000)))
	}
	data := p.Bytes()
	budget := int64(50_000)
	r := &counted{r: bytes.NewReader(data)}
	f, err := Read(t.Context(), r, int64(len(data)), &budget)
	if err != nil || !f.Unread || r.n > 60_000 {
		t.Errorf("%v, unread %v after %d bytes", err, f.Unread, r.n)
	}
}

type counted struct {
	r io.ReaderAt
	n int
}

func (c *counted) ReadAt(p []byte, off int64) (int, error) {
	c.n += len(p)
	return c.r.ReadAt(p, off)
}

func TestTroubleIsGivenBack(t *testing.T) {
	data := doctest.SoundPDF().Bytes()
	budget := int64(1 << 30)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Read(stopped, bytes.NewReader(data), int64(len(data)), &budget); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	broken := errors.New("the disk is broken")
	for whole := range 6 {
		if _, err := Read(t.Context(), &failing{bytes.NewReader(data), whole, broken}, int64(len(data)), &budget); whole < 2 && !errors.Is(err, broken) || err != nil && !errors.Is(err, broken) {
			t.Errorf("after %d reads: %v", whole, err)
		}
	}
}

// failing fails after some reads.
type failing struct {
	r     io.ReaderAt
	whole int
	err   error
}

func (f *failing) ReadAt(p []byte, off int64) (int, error) {
	if f.whole--; f.whole < 0 {
		return 0, f.err
	}
	return f.r.ReadAt(p, off)
}

// The same bytes tell the same, whatever order maps have.
func TestFactsAreInOneOrder(t *testing.T) {
	p := doctest.SoundPDF().With("<</A<</S/URI/URI(http://a.example)>>/B<</S/URI/URI(http://b.example)>>/C<</S/URI/URI(http://c.example)>>>>")
	for range 20 {
		if got := read(t, p.Bytes()).Links; !slices.Equal(got, []string{"http://a.example", "http://b.example", "http://c.example"}) {
			t.Fatalf("got %q", got)
		}
	}
}

func FuzzRead(f *testing.F) {
	good := doctest.SoundPDF()
	f.Add(good.Bytes())
	good.Packed = true
	f.Add(good.Bytes())
	good.Offset = 3
	f.Add(good.Bytes())
	paths, err := filepath.Glob("testdata/*.pdf")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		budget := int64(64 << 20)
		if _, err := Read(t.Context(), bytes.NewReader(data), int64(len(data)), &budget); err != nil {
			t.Fatal(err)
		}
	})
}
