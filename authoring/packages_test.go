package authoring

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/workflow"
)

// kept counts the files in the store, but for its marker.
func (r *room) kept() int {
	r.t.Helper()
	n := 0
	err := filepath.WalkDir(r.Files.Dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && d.Name() != ".rung-files" {
			n++
		}
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

func TestPackage(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	id := r.proposal(ada)
	_, _, err := r.OpenPackage(t.Context(), ada, id, 0)
	wants(t, err, fault.NotFound)

	body := r.zip()
	p, _, err := r.AttachPackage(t.Context(), ada, id, 1, `C:\Users\ada\Ward "round"; v2.ZIP`, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "Ward -round-; v2.zip" || p.Size != int64(len(body)) || p.Type != files.Zip.Media {
		t.Errorf("%+v", p)
	}
	f, opened, err := r.OpenPackage(t.Context(), ada, id, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, _ := io.ReadAll(f); !bytes.Equal(got, body) || opened != p {
		t.Errorf("%q %+v", got, opened)
	}
	// A tab that saw no package doesn't replace it unawares; one that did, does.
	_, _, err = r.AttachPackage(t.Context(), ada, id, 1, "b.zip", bytes.NewReader(r.zip()))
	wants(t, err, fault.Stale, "changed_meanwhile")
	wants(t, r.RemovePackage(t.Context(), ada, id, 1), fault.Stale)
	var c *Conflict
	if !errors.As(r.RemovePackage(t.Context(), ada, id, 1), &c) || c.Draft.Package.Digest != p.Digest {
		t.Errorf("%+v", c)
	}
	if err := r.RemovePackage(t.Context(), ada, id, 2); err != nil {
		t.Fatal(err)
	}
	if r.draft(ada, id).Package != nil || r.count(`select count(*) from files`) != 1 {
		t.Error("the package is still there, or its row is not")
	}
}

// One person can't fill the disk: neither one package after the other, nor many
// at once, nor by taking each off again. What fails doesn't count.
func TestUploadsOfADayAreBounded(t *testing.T) {
	r := newRoom(t)
	r.MaxPackage, r.Uploads = 1<<10, 3<<10
	ada, ben := r.person("ada"), r.person("ben")
	id, other := r.proposal(ada), r.proposal(ben)
	upload := func(by workflow.Actor, id int64, body io.Reader) error {
		_, _, err := r.AttachPackage(t.Context(), by, id, 0, "a.zip", body)
		return err
	}
	full := func(n byte) io.Reader {
		return bytes.NewReader(append(r.zip(), bytes.Repeat([]byte{n}, 900)...)[:1000])
	}
	for range 5 {
		wants(t, upload(ada, id, strings.NewReader("no package")), fault.Unsupported)
		if err := upload(ada, id, iotest.ErrReader(errors.New("gone"))); err == nil {
			t.Error("a broken upload is taken")
		}
	}
	if n := r.count(`select count(*) from uploads`); n != 0 {
		t.Errorf("%d uploads that failed are counted", n)
	}
	for n := range byte(2) {
		if err := upload(ada, id, full(n)); err != nil {
			t.Fatal(err)
		}
	}
	// The third may take all that is left, so while it is under way there is no room for a fourth.
	begun, rest, once := make(chan struct{}), make(chan struct{}), false
	third := make(chan error)
	go func() {
		body := full(3)
		third <- upload(ada, id, readerFunc(func(p []byte) (int, error) {
			if !once {
				once = true
				close(begun)
				<-rest
			}
			return body.Read(p)
		}))
	}()
	<-begun
	wants(t, upload(ada, id, full(4)), fault.TooMany, "too_many_uploads")
	close(rest)
	if err := <-third; err != nil {
		t.Fatal(err)
	}
	wants(t, upload(ada, id, full(4)), fault.TooMany, "too_many_uploads")
	if err := upload(ben, other, full(5)); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	r.clock.Add(24 * time.Hour)
	if err := upload(ada, id, full(4)); err != nil {
		t.Errorf("a day later: %v", err)
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestRefusedUploadsLeaveNothing(t *testing.T) {
	r := newRoom(t)
	r.MaxPackage = 1 << 10
	ada := r.person("ada")
	id := r.proposal(ada)
	for name, try := range map[string]struct {
		body io.Reader
		kind fault.Kind
		code string
	}{
		"too large": {io.MultiReader(bytes.NewReader(r.zip()), strings.NewReader(strings.Repeat("x", 1<<10))), fault.TooLarge, "file_too_large"},
		"no zip":    {strings.NewReader("MZ this is a program"), fault.Unsupported, "type_not_taken"},
		"empty":     {strings.NewReader(""), fault.Unsupported, "file_empty"},
		"dropped":   {io.MultiReader(bytes.NewReader(r.zip()), strings.NewReader(strings.Repeat("x", 300)), iotest.ErrReader(io.ErrUnexpectedEOF)), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := r.AttachPackage(t.Context(), ada, id, 1, "x.zip", try.body)
			if err == nil || fault.KindOf(err) != try.kind {
				t.Fatalf("%v", err)
			}
			if try.code != "" {
				wants(t, err, try.kind, try.code)
				if f := fault.ReasonsOf(err)[0].Field; f != "package" {
					t.Errorf("the reason is at %q", f)
				}
			}
			if n := r.kept(); n != 0 {
				t.Errorf("%d files left", n)
			}
			if d := r.draft(ada, id); d.Package != nil || d.Version != 1 || r.count(`select count(*) from files`) != 0 {
				t.Errorf("%+v", d)
			}
		})
	}
}

// Knowing the digest of somebody else's file gives nobody that file: a package
// is attached by its bytes, and opened through a proposal.
func TestAKnownDigestIsNoShortcut(t *testing.T) {
	r := newRoom(t)
	ada, eve := r.person("ada"), r.person("eve")
	id, own := r.ready(ada), r.proposal(eve)
	r.submit(ada, id)
	d := r.draft(ada, id)
	_, _, err := r.AttachPackage(t.Context(), eve, own, 0, "x.zip", strings.NewReader(d.Package.Digest))
	wants(t, err, fault.Unsupported)
	_, _, err = r.OpenPackage(t.Context(), eve, id, 1)
	wants(t, err, fault.NotFound)
	_, _, err = r.OpenPackage(t.Context(), eve, own, 1)
	wants(t, err, fault.NotFound)

	// The same bytes, uploaded again, are kept once and belong to both.
	f, p, err := r.OpenPackage(t.Context(), ada, id, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	again, _, err := r.AttachPackage(t.Context(), eve, own, 0, "mine.zip", f)
	if err != nil || again.Digest != p.Digest || again.Name != "mine.zip" || r.count(`select count(*) from files`) != 1 {
		t.Errorf("%+v %v", again, err)
	}
}

func TestOpenPackageOfARevision(t *testing.T) {
	r := newRoom(t)
	ada, lena := r.person("ada"), r.person("lena", workflow.Leadership)
	id := r.ready(ada)
	first := r.draft(ada, id).Package.Digest
	r.submit(ada, id)
	r.backToAuthors(ada, id)
	second := r.attach(ada, id, "second.zip").Digest
	open := func(by workflow.Actor, revision int) string {
		t.Helper()
		f, p, err := r.OpenPackage(t.Context(), by, id, revision)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		return p.Digest
	}
	if open(lena, 1) != first || open(ada, 1) != first || open(ada, 0) != second {
		t.Error("the wrong package")
	}
	_, _, err := r.OpenPackage(t.Context(), ada, id, 2)
	wants(t, err, fault.NotFound)
	_, _, err = r.OpenPackage(t.Context(), ada, id, -1)
	wants(t, err, fault.NotFound)
}

func TestSafeName(t *testing.T) {
	for in, want := range map[string]string{
		"ward.zip":                 "ward.zip",
		"../../etc/passwd":         "passwd.zip",
		`..\..\ward.exe`:           "ward.zip",
		"":                         "package.zip",
		".zip":                     "package.zip",
		"...":                      "package.zip",
		"a\r\nSet-Cookie: x=y.zip": "a Set-Cookie- x=y.zip",
		"evil\u202egpj.zip":        "evilgpj.zip",
		"Führung – Teil 2.zip":     "Führung – Teil 2.zip",
		`quo"te.zip`:               "quo-te.zip",
		strings.Repeat("ä", 300):   strings.Repeat("ä", 80) + ".zip",
		"archive.tar.gz":           "archive.tar.zip",
		"bad\xff\xfe.zip":          "bad\ufffd.zip",
	} {
		if got := safeName(in, ".zip"); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := safeName("old.doc", ""); got != "old.doc" {
		t.Errorf("%q", got)
	}
}
