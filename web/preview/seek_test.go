package preview

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/internal/files"
)

// zipOf packs files.
func zipOf(t testing.TB, files map[string][]byte) *archive.Archive {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(bytes.NewReader(b.Bytes()), int64(b.Len()), archive.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// What is read of a packed file, from anywhere and in any order, is what is there.
func TestSeekingInAPackedFile(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 300_000)
	for i := range data {
		data[i] = byte(random.IntN(200))
	}
	var queue turns
	u := &unpacked{ctx: t.Context(), turn: func(ctx context.Context) (func(), error) { return queue.take(ctx, 1) }, e: zipOf(t, map[string][]byte{"film.bin": data}).Find("film.bin")}
	defer u.Close()
	if end, err := u.Seek(0, io.SeekEnd); err != nil || end != int64(len(data)) {
		t.Fatalf("its end is at %d, %v", end, err)
	}
	for range 50 {
		at, n := random.IntN(len(data)), random.IntN(5000)
		if _, err := u.Seek(int64(at), io.SeekStart); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(io.LimitReader(u, int64(n)))
		if want := data[at:min(at+n, len(data))]; err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes at %d: %d came, %v", n, at, len(got), err)
		}
	}
	if _, err := u.Seek(-1, io.SeekStart); !errors.Is(err, errSeek) {
		t.Errorf("before the beginning: %v", err)
	}
	if n, err := u.Seek(10, io.SeekCurrent); err != nil || n == 0 {
		t.Errorf("onwards: %d, %v", n, err)
	}
}

func TestShelfClosesWhatNobodyReads(t *testing.T) {
	s := &shelf{}
	var held []*opened
	for i := range shelfRoom + 2 {
		held = append(held, s.take(string(rune('a'+i))))
	}
	if len(s.order) != shelfRoom {
		t.Fatalf("%d stay, expected %d", len(s.order), shelfRoom)
	}
	if !held[0].taken || held[0].users != 1 || held[2].taken {
		t.Errorf("the oldest should be off the shelf and still read: %+v", held[0])
	}
	again := s.take("c")
	if again != held[2] || again.users != 2 {
		t.Error("the same package was opened twice")
	}
	if s.order[shelfRoom-1] != again {
		t.Error("what was used last isn’t last")
	}
	s.forget(again)
	if len(s.order) != shelfRoom-1 || !again.taken {
		t.Error("it was not forgotten")
	}
}

// Whoever reads a package can, however many others push it off the shelf.
func TestShelfUnderManyReaders(t *testing.T) {
	store := &files.Store{Dir: t.TempDir()}
	if _, err := store.EnsureMarker(); err != nil {
		t.Fatal(err)
	}
	var digests []string
	for i := range shelfRoom + 4 {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create("index.html")
		if err == nil {
			_, err = io.WriteString(w, strings.Repeat(string(rune('a'+i)), 5000))
		}
		if err == nil {
			err = z.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		saved, err := store.Save(t.Context(), &b, 1<<20, nil)
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, saved.SHA256)
	}
	s := &shelf{files: store}
	var group sync.WaitGroup
	for reader := range 8 {
		group.Go(func() {
			for i := range 100 {
				n := (i*7 + reader*3) % len(digests)
				o, done, err := s.open(digests[n])
				if err != nil {
					t.Errorf("opening %d: %v", n, err)
					return
				}
				data, _, err := o.arc.Find("index.html").ReadAll(t.Context(), smallFile)
				if err != nil || len(data) != 5000 || data[0] != byte('a'+n) {
					t.Errorf("reading %d: %d bytes, %v", n, len(data), err)
				}
				done()
			}
		})
	}
	group.Wait()
	if len(s.order) != shelfRoom {
		t.Errorf("%d stay open, expected %d", len(s.order), shelfRoom)
	}
}
