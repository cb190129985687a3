package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/leadership-ladder/rung/internal/fault"
)

func newStore(t *testing.T) *Store {
	t.Helper()
	s := &Store{Dir: filepath.Join(t.TempDir(), "files")}
	if _, err := s.EnsureMarker(); err != nil {
		t.Fatal(err)
	}
	return s
}

// contents lists every regular file of the store but its marker.
func contents(t *testing.T, s *Store) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(s.Dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != markerName {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func digest(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func TestSaveAndOpen(t *testing.T) {
	s := newStore(t)
	for _, size := range []int{0, 1, headSize - 1, headSize, headSize + 1, 700 << 10} {
		b := bytes.Repeat([]byte("rung "), size/5+1)[:size]
		for _, r := range []io.Reader{bytes.NewReader(b), iotest.DataErrReader(bytes.NewReader(b))} {
			saved, err := s.Save(t.Context(), r, int64(size), nil)
			if err != nil {
				t.Fatalf("%d bytes: %v", size, err)
			}
			if saved.SHA256 != digest(b) || saved.Size != int64(size) {
				t.Errorf("%d bytes: saved %+v", size, saved)
			}
		}
		f, n, err := s.Open(digest(b))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f)
		f.Close()
		if err != nil || !bytes.Equal(got, b) || n != int64(size) {
			t.Errorf("%d bytes: read back %d, size %d, %v", size, len(got), n, err)
		}
	}
	if got := len(contents(t, s)); got != 6 {
		t.Errorf("%d files, want 6: the same bytes are kept once", got)
	}
}

func TestKeptFilesArePrivateAndReadOnly(t *testing.T) {
	s := newStore(t)
	saved, err := s.Save(t.Context(), strings.NewReader("bytes"), 10, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := s.path(saved.SHA256)
	for p, want := range map[string]fs.FileMode{path: 0o400, filepath.Dir(path): 0o700, s.Dir: 0o700} {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", p, info.Mode().Perm(), want)
		}
	}
}

func TestLimit(t *testing.T) {
	s := newStore(t)
	for _, size := range []int{11, headSize + 1, 1 << 20} {
		limit := int64(size - 1)
		_, err := s.Save(t.Context(), bytes.NewReader(make([]byte, size)), limit, nil)
		if fault.KindOf(err) != fault.TooLarge || !fault.Has(err, "file_too_large") || !strings.Contains(err.Error(), InWords(limit)) {
			t.Errorf("%d bytes of at most %d: %v", size, limit, err)
		}
	}
	// No more is read than it takes to know.
	endless := &counter{r: zeros{}}
	if _, err := s.Save(t.Context(), endless, 1<<20, nil); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("an endless upload: %v", err)
	}
	if endless.n > 2<<20 {
		t.Errorf("read %d bytes of an endless upload", endless.n)
	}
	if left := contents(t, s); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func TestRefusedAfterTheHead(t *testing.T) {
	s := newStore(t)
	up := &counter{r: io.MultiReader(strings.NewReader("GIF89a"), zeros{})}
	_, err := s.Save(t.Context(), up, 1<<40, Sniff)
	if fault.KindOf(err) != fault.Unsupported {
		t.Fatalf("a picture: %v", err)
	}
	if up.n > headSize {
		t.Errorf("read %d bytes before refusing, want at most %d", up.n, headSize)
	}
	if left := contents(t, s); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	saved, err := s.Save(t.Context(), strings.NewReader("%PDF-1.7\n"), 100, Sniff)
	if err != nil || saved.Type != PDF {
		t.Errorf("a PDF: %+v, %v", saved, err)
	}
}

func TestBrokenUploadLeavesNothing(t *testing.T) {
	reset := errors.New("connection reset by peer")
	for name, tc := range map[string]struct {
		upload io.Reader
		want   error
	}{
		"at once":         {iotest.ErrReader(reset), reset},
		"in the head":     {io.MultiReader(strings.NewReader("PK\x03\x04"), iotest.ErrReader(reset)), reset},
		"in the middle":   {io.MultiReader(bytes.NewReader(make([]byte, 1<<20)), iotest.ErrReader(reset)), reset},
		"cut in the head": {io.MultiReader(strings.NewReader("PK"), iotest.ErrReader(io.ErrUnexpectedEOF)), io.ErrUnexpectedEOF},
		"cut at once":     {iotest.ErrReader(io.ErrUnexpectedEOF), io.ErrUnexpectedEOF},
		"cut later":       {io.MultiReader(bytes.NewReader(make([]byte, 1<<20)), iotest.ErrReader(io.ErrUnexpectedEOF)), io.ErrUnexpectedEOF},
	} {
		s := newStore(t)
		if _, err := s.Save(t.Context(), tc.upload, 1<<30, nil); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
		if left := contents(t, s); len(left) != 0 {
			t.Errorf("%s: left behind: %v", name, left)
		}
	}
}

func TestCancelledUploadLeavesNothing(t *testing.T) {
	s := newStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	up := readerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil })
	if _, err := s.Save(ctx, up, 1<<40, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left := contents(t, s); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestFullDisk(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT} {
		s := newStore(t)
		s.onto = func(w io.Writer) io.Writer {
			room := 300 << 10
			return writerFunc(func(p []byte) (int, error) {
				if len(p) > room {
					n, _ := w.Write(p[:room])
					return n, &fs.PathError{Op: "write", Path: "upload", Err: errno}
				}
				room -= len(p)
				return w.Write(p)
			})
		}
		_, err := s.Save(t.Context(), bytes.NewReader(make([]byte, 1<<20)), 1<<30, nil)
		if fault.KindOf(err) != fault.Unavailable || !errors.Is(err, errno) {
			t.Errorf("%v: got %v", errno, err)
		}
		if left := contents(t, s); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	s := newStore(t)
	s.onto = func(io.Writer) io.Writer {
		return writerFunc(func([]byte) (int, error) { return 0, syscall.EIO })
	}
	if _, err := s.Save(t.Context(), strings.NewReader("x"), 10, nil); err == nil || fault.KindOf(err) != "" {
		t.Errorf("a broken disk is not the person's to hear of: %v", err)
	}
}

// Uploads stop before the disk is full, since a database may live on it too.
func TestUploadsLeaveTheDiskSomeRoom(t *testing.T) {
	s := newStore(t)
	s.Spare = 100 << 20
	left := int64(120 << 20)
	s.free = func() (int64, error) { return left, nil }
	s.onto = func(w io.Writer) io.Writer {
		return writerFunc(func(p []byte) (int, error) {
			left -= int64(len(p))
			return len(p), nil
		})
	}
	endless := readerFunc(func(p []byte) (int, error) { return len(p), nil })
	_, err := s.Save(t.Context(), endless, 1<<30, nil)
	if fault.KindOf(err) != fault.Unavailable || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
	if left < s.Spare-2*spareEvery {
		t.Errorf("%d bytes are left", left)
	}
	if kept := contents(t, s); len(kept) != 0 {
		t.Errorf("left behind: %v", kept)
	}
	s.free, s.onto, s.Spare = nil, nil, 1
	if _, err := s.Save(t.Context(), strings.NewReader("x"), 10, nil); err != nil {
		t.Errorf("on the real disk: %v", err)
	}
	s.Spare = 1 << 62
	if _, err := s.Save(t.Context(), strings.NewReader("y"), 10, nil); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("on the real disk, with more to spare than it has: %v", err)
	}
}

func TestSameBytesAtOnce(t *testing.T) {
	s := newStore(t)
	b := bytes.Repeat([]byte("same"), 100_000)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			saved, err := s.Save(t.Context(), bytes.NewReader(b), 1<<20, nil)
			if err != nil || saved.SHA256 != digest(b) {
				t.Errorf("got %+v, %v", saved, err)
			}
		})
	}
	wg.Wait()
	if left := contents(t, s); len(left) != 1 || left[0] != s.path(digest(b)) {
		t.Errorf("kept %v", left)
	}
}

func TestOpenTakesDigestsOnly(t *testing.T) {
	s := newStore(t)
	if err := os.WriteFile(filepath.Join(s.Dir, "..", "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	never := digest([]byte("never kept"))
	for _, sha := range []string{
		"", "a", "../secret", "../../etc/passwd", markerName, never, strings.ToUpper(never),
		never + "/", "/" + never, never[:60] + "/../", strings.Repeat("../", 22)[:64], never[:63] + "\x00", never + "\n",
	} {
		f, _, err := s.Open(sha)
		if err == nil {
			f.Close()
		}
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("%q: %v", sha, err)
		}
	}
}

func TestSweep(t *testing.T) {
	s := newStore(t)
	crashed := filepath.Join(s.Dir, tmpFolder, "upload-crashed")
	if err := os.WriteFile(crashed, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	kept, err := s.Save(t.Context(), strings.NewReader("kept"), 10, nil)
	if err != nil {
		t.Fatal(err)
	}
	// An upload under way, however slow, keeps its file.
	var during int
	first := true
	up := readerFunc(func(p []byte) (int, error) {
		if first {
			first = false
			return copy(p, make([]byte, headSize)), nil
		}
		n, err := s.Sweep(time.Now().Add(48*time.Hour), time.Hour)
		if err != nil {
			t.Error(err)
		}
		during += n
		return 0, io.EOF
	})
	if n, err := s.Sweep(time.Now(), time.Hour); err != nil || n != 0 {
		t.Errorf("a young file: swept %d, %v", n, err)
	}
	saved, err := s.Save(t.Context(), up, 1<<20, nil)
	if err != nil {
		t.Fatal(err)
	}
	if during != 1 {
		t.Errorf("swept %d, want the crashed one alone", during)
	}
	if got := contents(t, s); len(got) != 2 {
		t.Errorf("left %v", got)
	}
	for _, sha := range []string{kept.SHA256, saved.SHA256} {
		f, _, err := s.Open(sha)
		if err != nil {
			t.Error(err)
			continue
		}
		f.Close()
	}
}

func TestMarker(t *testing.T) {
	s := &Store{Dir: filepath.Join(t.TempDir(), "files")}
	if err := s.CheckMarker(""); err == nil {
		t.Error("a folder that is not there passes")
	}
	ids := make([]string, 6)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			id, err := s.EnsureMarker()
			if err != nil {
				t.Error(err)
			}
			ids[i] = id
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("several ids: %q", ids)
		}
	}
	if err := errors.Join(s.CheckMarker(ids[0]), s.CheckMarker("")); err != nil {
		t.Error(err)
	}
	if err := s.CheckMarker("another"); err == nil {
		t.Error("another folder passes")
	}
	if left := contents(t, s); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := os.Remove(filepath.Join(s.Dir, markerName)); err != nil {
		t.Fatal(err)
	}
	if err := s.CheckMarker(ids[0]); err == nil {
		t.Error("a folder without its marker passes")
	}
}

func TestInWords(t *testing.T) {
	for size, want := range map[int64]string{
		0: "0 bytes", 1: "1 byte", 300: "300 bytes", 1024: "1 KB", 1536: "1.5 KB",
		DefaultLimit: "2 GB", 20 << 20: "20 MB", 2_000_000_000: "1.9 GB",
	} {
		if got := InWords(size); got != want {
			t.Errorf("%d: %q, want %q", size, got, want)
		}
	}
}
