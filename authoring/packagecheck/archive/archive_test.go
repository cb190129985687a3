package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/authoring/packagecheck/ziptest"
)

var good = ziptest.Of(map[string]string{"a.html": "<p>one</p>", "media/b.txt": strings.Repeat("two ", 1000)})

func open(t *testing.T, data []byte, l Limits) *Archive {
	t.Helper()
	a, err := Open(bytes.NewReader(data), int64(len(data)), l)
	if err != nil {
		t.Fatalf("expected it to open: %v", err)
	}
	return a
}

// kinds are those of the problems that opening and reading everything find.
func kinds(t *testing.T, a *Archive) []ProblemKind {
	t.Helper()
	var list []ProblemKind
	for _, p := range a.Problems {
		list = append(list, p.Kind)
	}
	for _, e := range a.Entries {
		data, _, err := e.ReadAll(t.Context(), 64<<20)
		if p, ok := errors.AsType[*Problem](err); ok {
			list = append(list, p.Kind)
		} else if err != nil {
			t.Errorf("%s: %v", e.Path, err)
		} else if int64(len(data)) != e.Size {
			t.Errorf("%s: %d bytes, expected %d", e.Path, len(data), e.Size)
		}
	}
	return list
}

func TestGoodArchives(t *testing.T) {
	stored := good.Change("a.html", func(f *ziptest.File) { f.Method = ziptest.Store })
	for name, z := range map[string]ziptest.Zip{
		"deflated":          good,
		"stored":            stored,
		"with a descriptor": good.Change("a.html", func(f *ziptest.File) { f.Descriptor = true }),
		"Zip64": {Zip64: true, Files: slices.Concat(good.Files[1:], []ziptest.File{
			{Name: "a.html", Data: []byte("<p>one</p>"), Zip64: true}})},
		"behind a program":    {Before: []byte("MZ program"), Files: good.Files},
		"with a comment":      {Comment: strings.Repeat("x", 60_000), Files: good.Files},
		"on Unix":             good.Change("a.html", func(f *ziptest.File) { f.Mode = ziptest.Regular }),
		"with folders":        good.With(ziptest.File{Name: "media/"}, ziptest.File{Name: "empty/", Mode: ziptest.Folder}),
		"with its own folder": good.With(ziptest.File{Name: "./", Mode: ziptest.Folder}, ziptest.File{Name: "./c.txt", Data: []byte("x")}),
		"with a letter aside": good.With(ziptest.File{Name: "ä/ü.txt", Data: []byte("x")}),
	} {
		t.Run(name, func(t *testing.T) {
			a := open(t, z.Bytes(), Limits{})
			if found := kinds(t, a); len(found) > 0 {
				t.Errorf("expected nothing, got %v", a.Problems)
			}
			if a.Find("a.html") == nil || a.Find("A.html") != nil || a.FindFold("MEDIA/B.txt") == nil {
				t.Error("expected a.html by its exact name, and media/b.txt by any case")
			}
		})
	}
	section := open(t, stored.Bytes(), Limits{}).Find("a.html").Section()
	if data, err := io.ReadAll(section); err != nil || string(data) != "<p>one</p>" {
		t.Errorf("the section has %q, %v", data, err)
	}
}

func TestProblems(t *testing.T) {
	change := func(f func(*ziptest.File)) ziptest.Zip { return good.Change("media/b.txt", f) }
	beside := func(names ...string) ziptest.Zip {
		z := good
		for _, n := range names {
			z = z.With(ziptest.File{Name: n, Data: []byte("x")})
		}
		return z
	}
	for name, c := range map[string]struct {
		zip  ziptest.Zip
		want []ProblemKind
	}{
		"encrypted":             {change(func(f *ziptest.File) { f.Flags = ziptest.Encrypted }), []ProblemKind{Encrypted}},
		"strongly encrypted":    {change(func(f *ziptest.File) { f.Flags = ziptest.Encrypted | 1<<6 }), []ProblemKind{Encrypted}},
		"climbing":              {beside("../evil.html"), []ProblemKind{Traversal}},
		"climbing inside":       {beside("media/../evil.html"), []ProblemKind{Traversal}},
		"from the root":         {beside("/etc/passwd"), []ProblemKind{Absolute}},
		"from a drive":          {beside("C:/evil.html"), []ProblemKind{Absolute}},
		"backslash":             {beside(`media\c.txt`), []ProblemKind{Backslash}},
		"backslash, climbing":   {beside(`..\evil.txt`), []ProblemKind{Backslash, Traversal}},
		"NUL":                   {beside("a.html\x00.txt"), []ProblemKind{ControlName}},
		"C1 control":            {beside("a\u0085b"), []ProblemKind{ControlName}},
		"no name":               {beside(""), []ProblemKind{EmptyName}},
		"a dot":                 {beside("."), []ProblemKind{EmptyName}},
		"long name":             {beside(strings.Repeat("a/", 600) + "b"), []ProblemKind{LongName}},
		"symlink":               {change(func(f *ziptest.File) { f.Mode = ziptest.Symlink }), []ProblemKind{Symlink}},
		"device":                {change(func(f *ziptest.File) { f.Mode = ziptest.Device }), []ProblemKind{Device}},
		"pipe":                  {change(func(f *ziptest.File) { f.Mode = ziptest.Pipe }), []ProblemKind{Device}},
		"twice":                 {beside("a.html"), []ProblemKind{Duplicate}},
		"twice the same":        {good.With(good.Files[0]), []ProblemKind{Repeated}},
		"twice, other spelling": {beside("./media//b.txt"), []ProblemKind{Duplicate}},
		"case":                  {beside("Media/B.TXT"), []ProblemKind{CaseClash}},
		"accents apart":         {beside("é.txt", "e\u0301.txt"), []ProblemKind{CaseClash}},
		"file and folder":       {beside("media"), []ProblemKind{FileAndFolder}},
		"folder without files":  {beside("x", "x/"), []ProblemKind{FileAndFolder}},
		"code page":             {good.With(ziptest.File{Name: "gr\x81n.txt", Flags: 2}), []ProblemKind{LegacyName}},
		"method":                {change(func(f *ziptest.File) { f.Method = 12; f.Raw = []byte("BZh9") }), []ProblemKind{Method}},
		"checksum":              {change(func(f *ziptest.File) { f.CRC = new(uint32(7)) }), []ProblemKind{Checksum}},
		"garbage":               {change(func(f *ziptest.File) { f.Raw = []byte("\xff\xff\xff") }), []ProblemKind{Corrupt}},
		"cut data":              {change(func(f *ziptest.File) { f.Packed = new(uint64(3)) }), []ProblemKind{Corrupt}},
		"no local header":       {change(func(f *ziptest.File) { f.NoHeader = true }), []ProblemKind{Corrupt}},
		"more than it says":     {change(func(f *ziptest.File) { f.Size = new(uint64(5)) }), []ProblemKind{Corrupt}},
		"less than it says":     {change(func(f *ziptest.File) { f.Size = new(uint64(50_000)) }), []ProblemKind{Corrupt}},
		"beyond the end":        {change(func(f *ziptest.File) { f.Packed = new(uint64(1 << 40)) }), []ProblemKind{Corrupt}},
		"header nowhere":        {good.With(ziptest.File{Name: "c", At: new(int64(0xfffffff0))}), []ProblemKind{Corrupt}},
		"says too much":         {change(func(f *ziptest.File) { f.Size = new(uint64(1 << 50)) }), []ProblemKind{TooLarge}},
		"ratio":                 {good.With(ziptest.File{Name: "zero", Data: make([]byte, 11<<20), Method: ziptest.Deflate}), []ProblemKind{Ratio}},
		"silence":               {good.With(ziptest.File{Name: "zero.wav", Data: make([]byte, 8<<20), Method: ziptest.Deflate}), nil},
		"icon of Finder":        {good.With(ziptest.File{Name: "Icon\r"}), nil},
		"shared bytes":          {good.With(ziptest.File{Name: "c", Data: []byte("<p>one</p>"), Method: ziptest.Deflate, At: new(int64(0))}), []ProblemKind{Overlap}},
	} {
		t.Run(name, func(t *testing.T) {
			a := open(t, c.zip.Bytes(), Limits{})
			if found := kinds(t, a); !slices.Equal(found, c.want) {
				t.Errorf("found %v, expected %v", found, c.want)
			}
		})
	}
}

// A name whose file can't be read is there all the same: what refers to it isn't
// broken.
func TestUnreadableFilesAreThere(t *testing.T) {
	a := open(t, good.Change("a.html", func(f *ziptest.File) { f.Flags = ziptest.Encrypted; f.Method = ziptest.Store }).Bytes(), Limits{})
	e := a.Find("a.html")
	if e == nil || slices.Contains(a.Entries, e) {
		t.Fatal("expected the file to be found by its name, and not among those that are read")
	}
	if _, _, err := e.ReadAll(t.Context(), 10); err == nil {
		t.Error("expected its reader to say why")
	}
	if e.Section() != nil {
		t.Error("expected no section of it")
	}
}

func TestWhatIsNoZip(t *testing.T) {
	whole := good.Bytes()
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":          {nil, ErrNoZip},
		"text":             {[]byte(strings.Repeat("this is not a zip file ", 20)), ErrNoZip},
		"cut off":          {whole[:len(whole)-40], ErrTruncated},
		"cut off early":    {whole[:15], ErrTruncated},
		"a split one":      {append([]byte("PK\x07\x08"), whole[:60]...), ErrTruncated},
		"empty":            {ziptest.Zip{}.Bytes(), ErrEmpty},
		"empty, commented": {ziptest.Zip{Comment: "x"}.Bytes(), ErrEmpty},
		"directory gone":   {ziptest.Zip{Files: good.Files, Entries: new(uint64(9))}.Bytes(), ErrTruncated},
	} {
		if _, err := Open(bytes.NewReader(c.data), int64(len(c.data)), Limits{}); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, expected %v", name, err, c.want)
		}
	}
}

func TestLimits(t *testing.T) {
	many := ziptest.Zip{}
	for i := range 1 << 16 {
		many.Files = append(many.Files, ziptest.File{Name: fmt.Sprint(i)})
	}
	for name, c := range map[string]struct {
		data   []byte
		limits Limits
		want   ProblemKind
	}{
		"entries":           {many.Bytes(), Limits{}, TooManyEntries},
		"entries, of Zip64": {ziptest.Zip{Files: many.Files, Zip64: true}.Bytes(), Limits{}, TooManyEntries},
		"entries, lied":     {ziptest.Zip{Files: many.Files[:9], Entries: new(uint64(9 + 1<<16)), Zip64: true}.Bytes(), Limits{}, TooManyEntries},
		"entries, unsaid":   {ziptest.Zip{Files: many.Files, Entries: new(uint64(0))}.Bytes(), Limits{Entries: 50}, TooManyEntries},
		"directory":         {many.Bytes(), Limits{Entries: 100_000, Directory: 1 << 20}, DirectoryTooLong},
		"all together":      {good.Bytes(), Limits{Unpacked: 1000}, TooLarge},
		"one":               {good.Bytes(), Limits{File: 1000}, TooLarge},
	} {
		a := open(t, c.data, c.limits)
		if len(a.Problems) != 1 || a.Problems[0].Kind != c.want {
			t.Errorf("%s: found %.300v, expected %s", name, a.Problems, c.want)
		}
		if refused := name != "one"; a.Refused != refused || refused && len(a.Entries) > 0 {
			t.Errorf("%s: refused is %t, with %d entries", name, a.Refused, len(a.Entries))
		}
	}
}

// hollow is a file of two gigabytes with nothing before its last bytes.
type hollow struct {
	size int64
	tail []byte
}

func (h hollow) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	if from := h.size - int64(len(h.tail)); off+int64(len(p)) > from {
		copy(p[max(from-off, 0):], h.tail[max(off-from, 0):])
	}
	return len(p), nil
}

// What a file of two gigabytes claims to have costs nothing before it is seen.
func TestClaimsCostNoMemory(t *testing.T) {
	const size = 2 << 30
	z := ziptest.Zip{Entries: new(uint64(70_000_000)), Zip64: true}
	z.Offset = size - int64(len(z.Bytes()))
	h := hollow{size, z.Bytes()}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	a, err := Open(h, h.size, Limits{})
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("%d bytes of memory were taken", used)
	}
	if err != nil || !a.Refused {
		t.Errorf("expected it to be refused, got %v", err)
	}
}

// Long paths with many folders: slow where every folder of each is looked at.
func TestManyDeepPaths(t *testing.T) {
	var z ziptest.Zip
	for i := range 15_000 {
		z.Files = append(z.Files, ziptest.File{Name: fmt.Sprint(i, "/") + strings.Repeat("a/", 490) + "b"})
	}
	data := z.Bytes()
	begin := time.Now()
	a := open(t, data, Limits{})
	if took := time.Since(begin); len(a.Problems) > 0 || took > 10*time.Second {
		t.Errorf("%v after %v", a.Problems, took)
	}
}

// breaking fails from an offset on, as a disk does.
type breaking struct {
	io.ReaderAt
	from int64
}

var errDisk = errors.New("the disk is broken")

func (b breaking) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > b.from {
		return 0, errDisk
	}
	return b.ReaderAt.ReadAt(p, off)
}

// Trouble with the disk is never said of the package.
func TestTroubleIsNoProblem(t *testing.T) {
	data := good.Bytes()
	if _, err := Open(breaking{bytes.NewReader(data), 50}, int64(len(data)), Limits{}); !errors.Is(err, errDisk) {
		t.Errorf("opening: %v, expected the disk's error", err)
	}
	for _, path := range []string{"a.html", "media/b.txt"} {
		b := &breaking{bytes.NewReader(data), 1 << 30}
		a, err := Open(b, int64(len(data)), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		b.from = 40
		if _, _, err := a.Find(path).ReadAll(t.Context(), 1<<20); !errors.Is(err, errDisk) {
			t.Errorf("%s: %v, expected the disk's error", path, err)
		}
	}
}

func TestReadingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, err := open(t, good.Bytes(), Limits{}).Find("media/b.txt").Reader(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cancel()
	if _, err := r.Read(make([]byte, 10)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, expected the end of the context", err)
	}
}

func TestReadAllIsBounded(t *testing.T) {
	e := open(t, good.Bytes(), Limits{}).Find("media/b.txt")
	for limit, whole := range map[int64]bool{3999: false, 4000: true, 4001: true} {
		data, all, err := e.ReadAll(t.Context(), limit)
		if err != nil || all != whole || int64(len(data)) != min(limit, 4000) {
			t.Errorf("at most %d: %d bytes, whole %t, %v", limit, len(data), all, err)
		}
	}
}

func TestShown(t *testing.T) {
	for path, want := range map[string]string{
		"a/b.html":               "a/b.html",
		"a\x1b[31m\u202eb":       "a�[31m�b",
		"\x00":                   "�",
		strings.Repeat("é", 300): strings.Repeat("é", 200) + "…",
	} {
		if got := Shown(path); got != want || Shown(got) != got {
			t.Errorf("%q is shown as %q, expected %q", path, got, want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(good.Bytes())
	f.Add(good.Change("a.html", func(f *ziptest.File) { f.Descriptor, f.Mode = true, ziptest.Symlink }).Bytes())
	f.Add(ziptest.Zip{Zip64: true, Before: []byte("MZ"), Files: good.Files}.Bytes())
	f.Add(good.With(ziptest.File{Name: `..\gr` + "\x81", Zip64: true, Flags: 2}, ziptest.File{Name: "a.html/", At: new(int64(1))}).Bytes())
	f.Add(ziptest.Zip{Comment: "PK\x05\x06"}.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		limits := Limits{Entries: 1000, Unpacked: 8 << 20, File: 4 << 20}
		a, err := Open(bytes.NewReader(data), int64(len(data)), limits)
		if err != nil {
			if !errors.Is(err, ErrNoZip) && !errors.Is(err, ErrTruncated) && !errors.Is(err, ErrEmpty) {
				t.Errorf("an error of no kind: %v", err)
			}
			return
		}
		for _, p := range a.Problems {
			if Shown(p.Path) != p.Path || p.Text == "" {
				t.Errorf("a problem that can't be shown: %q", p)
			}
		}
		for _, e := range a.Entries {
			if e.Path == "" || strings.HasPrefix(e.Path, "/") || strings.Contains("/"+e.Path+"/", "/../") || a.Find(e.Path) != e || a.FindFold(e.Path) == nil {
				t.Errorf("a path that isn't one: %q", e.Path)
			}
			got, _, err := e.ReadAll(t.Context(), 8<<20)
			if _, ok := errors.AsType[*Problem](err); err != nil && !ok {
				t.Errorf("reading fails with %v", err)
			}
			if err == nil && int64(len(got)) != e.Size {
				t.Errorf("%d bytes of %d", len(got), e.Size)
			}
			e.Section()
		}
	})
}
