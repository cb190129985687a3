package packagecheck

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/ziptest"
)

// plainSite is a package with nothing wrong with it, of the simplest kind.
func plainSite() ziptest.Zip {
	return ziptest.Of(map[string]string{
		"index.html": `<!DOCTYPE html><html lang="en"><head><title>Hand hygiene</title></head><body><h1>Hand hygiene</h1><p>Wash your hands.</p><p><img src="img/soap.png" alt="A bar of soap"></p></body></html>`,
		"img/soap.png": "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" +
			"\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa75\x81\x84\x00\x00\x00\x00IEND\xaeB`\x82",
	})
}

// inContainer gives the rules of the zip file's area that found something.
func inContainer(r *Report) []string {
	var list []string
	for _, f := range r.Findings {
		if f.Area == Container && strings.HasPrefix(f.ID, "zip-") {
			list = append(list, f.ID)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func TestFaultsOfTheContainer(t *testing.T) {
	good := plainSite()
	change := func(f func(*ziptest.File)) ziptest.Zip { return good.Change("img/soap.png", f) }
	beside := func(name string) ziptest.Zip { return good.With(ziptest.File{Name: name, Data: []byte("x")}) }
	many := ziptest.Zip{}
	for i := range 60_000 {
		many.Files = append(many.Files, ziptest.File{Name: fmt.Sprint(i)})
	}
	whole := good.Bytes()
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"good":                {whole, ""},
		"on Unix":             {change(func(f *ziptest.File) { f.Mode = ziptest.Regular }).Bytes(), ""},
		"with descriptors":    {change(func(f *ziptest.File) { f.Descriptor = true }).Bytes(), ""},
		"Zip64":               {ziptest.Zip{Files: good.Files, Zip64: true}.Bytes(), ""},
		"entries of Zip64":    {change(func(f *ziptest.File) { f.Zip64 = true }).Bytes(), ""},
		"stored":              {change(func(f *ziptest.File) { f.Method = ziptest.Store }).Bytes(), ""},
		"with a comment":      {ziptest.Zip{Files: good.Files, Comment: "PK\x05\x06 of 2025"}.Bytes(), ""},
		"before it a program": {ziptest.Zip{Files: good.Files, Before: []byte("MZ\x90\x00 this unpacks itself")}.Bytes(), "zip-prefix"},
		"before it a line":    {append([]byte("\r\n"), ziptest.Zip{Files: good.Files}.Bytes()...), "zip-prefix"},
		"after it zeros":      {append(ziptest.Zip{Files: good.Files}.Bytes(), make([]byte, 3000)...), ""},
		"folders with data":   {good.With(ziptest.File{Name: "img/", Data: []byte("x")}).Bytes(), ""},
		"folders twice":       {good.With(ziptest.File{Name: "img/"}, ziptest.File{Name: "img/"}).Bytes(), ""},
		"from here":           {change(func(f *ziptest.File) { f.Name = "./img/soap.png" }).Bytes(), ""},
		"names in UTF-8":      {good.With(ziptest.File{Name: "größe.txt", Data: []byte("x")}).Bytes(), ""},
		"UTF-8 without flag":  {good.With(ziptest.File{Name: "größe.txt", Data: []byte("x"), Flags: 1 << 1}).Bytes(), ""},
		"the year 1980":       {change(func(f *ziptest.File) { f.Date = 1<<5 | 1 }).Bytes(), ""},
		"an empty file":       {good.With(ziptest.File{Name: "empty.txt"}).Bytes(), ""},
		"Deflate64":           {good.With(ziptest.File{Name: "more.mp4", Method: 9, Raw: []byte("x")}).Bytes(), "zip-method"},
		"text named zip":      {[]byte("This is the package, honestly, please take it."), "zip-not-a-zip"},
		"a page named zip":    {[]byte("<!DOCTYPE html><html><body>404: the file was moved</body></html>"), "zip-not-a-zip"},
		"no bytes":            {nil, "zip-not-a-zip"},
		"LFS pointer":         {[]byte("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"), "zip-lfs-pointer"},
		"truncated":           {whole[:len(whole)/2], "zip-truncated"},
		"empty":               {ziptest.Zip{}.Bytes(), "zip-empty"},
		"folders alone":       {ziptest.Zip{Files: []ziptest.File{{Name: "a/"}, {Name: "a/b/"}}}.Bytes(), "zip-empty"},
		"60,000 entries":      {many.Bytes(), "zip-limit"},
		"says 5 GB":           {change(func(f *ziptest.File) { f.Size = new(uint64(5 << 30)) }).Bytes(), "zip-limit"},
		"ratio":               {good.With(ziptest.File{Name: "zero", Data: make([]byte, 12<<20), Method: ziptest.Deflate}).Bytes(), "zip-bomb"},
		"overlap":             {good.With(ziptest.File{Name: "again.html", Data: good.Files[0].Data, Method: ziptest.Deflate, At: new(int64(0))}).Bytes(), "zip-bomb"},
		"encrypted":           {change(func(f *ziptest.File) { f.Flags = ziptest.Encrypted }).Bytes(), "zip-encrypted"},
		"climbing":            {beside("../../etc/cron.d/evil").Bytes(), "zip-unsafe-path"},
		"absolute":            {beside("/etc/passwd").Bytes(), "zip-unsafe-path"},
		"from a drive":        {beside("C:/Windows/evil.html").Bytes(), "zip-unsafe-path"},
		"backslash":           {beside(`img\more.txt`).Bytes(), "zip-backslash"},
		"NUL":                 {beside("index.html\x00.png").Bytes(), "zip-bad-name"},
		"without a name":      {beside("").Bytes(), "zip-bad-name"},
		"symlink":             {change(func(f *ziptest.File) { f.Mode = ziptest.Symlink }).Bytes(), "zip-special-file"},
		"device":              {change(func(f *ziptest.File) { f.Mode = ziptest.Device }).Bytes(), "zip-special-file"},
		"twice":               {beside(good.Files[1].Name).Bytes(), "zip-duplicate-name"},
		"twice the same":      {good.With(good.Files[1]).Bytes(), "zip-repeated-name"},
		"a question":          {beside("img/what?.txt").Bytes(), "zip-windows-name"},
		"a dot at the end":    {beside("and so on./more.txt").Bytes(), "zip-windows-name"},
		"a device's name":     {beside("img/Aux.txt").Bytes(), "zip-windows-name"},
		"no device's name":    {beside("img/auxiliary.com1.txt").Bytes(), ""},
		"Finder's icon":       {beside("img/Icon\r").Bytes(), ""},
		"file and folder":     {beside("img").Bytes(), "zip-duplicate-name"},
		"case clash":          {beside("IMG/Soap.png").Bytes(), "zip-case-clash"},
		"code page":           {good.With(ziptest.File{Name: "gr\x81n.txt", Data: []byte("x"), Flags: 1 << 1}).Bytes(), "zip-legacy-name"},
		"compressed by bzip2": {good.With(ziptest.File{Name: "more.txt", Method: 12, Raw: []byte("BZh9")}).Bytes(), "zip-method"},
	} {
		t.Run(name, func(t *testing.T) {
			r := checked(t, c.data)
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			if got := inContainer(r); !slices.Equal(got, want) {
				t.Errorf("found %q, expected %q", got, want)
			}
			verdict := OK
			if rule, ok := RuleNamed(c.want); ok {
				verdict = map[Severity]Verdict{Error: Fail, Warning: Warn}[rule.Severity]
			}
			if r.Verdict != verdict {
				t.Errorf("the verdict is %s, expected %s: %v", r.Verdict, verdict, r.Findings)
			}
		})
	}
}

// What reading finds, as any rule that reads files gets it.
func TestFaultsThatReadingFinds(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*ziptest.File)
		want   string
	}{
		"checksum":          {func(f *ziptest.File) { f.CRC = new(uint32(1)) }, "zip-damaged"},
		"garbage":           {func(f *ziptest.File) { f.Raw = []byte("\xff\xfe\xfd") }, "zip-damaged"},
		"more than it says": {func(f *ziptest.File) { f.Size = new(uint64(4)) }, "zip-damaged"},
		"no local header":   {func(f *ziptest.File) { f.NoHeader = true }, "zip-damaged"},
	} {
		data := plainSite().Change("img/soap.png", c.change).Bytes()
		arc, err := archive.Open(bytes.NewReader(data), int64(len(data)), archive.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		ch := emptyChecker()
		_, _, err = arc.Find("img/soap.png").ReadAll(t.Context(), 1<<20)
		if err := ch.broken(err); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := inContainer(ch.report); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: found %q, expected %s", name, got, c.want)
		}
	}
	if err := emptyChecker().broken(io.ErrClosedPipe); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("what isn't the package's fault comes back as %v", err)
	}
}

func TestACheckEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, data := range map[string][]byte{"a site": plainSite().Bytes(), "no zip": []byte("not a zip file, by no means")} {
		if r, err := Check(ctx, bytes.NewReader(data), int64(len(data)), Options{}); !errors.Is(err, context.Canceled) || r != nil {
			t.Errorf("%s: %v and %v, expected the end of the context", name, r, err)
		}
	}
}
