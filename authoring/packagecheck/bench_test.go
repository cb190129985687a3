package packagecheck

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/authoring/packagecheck/doctest"
)

// BenchmarkTwoGigabytes checks the longest package that is taken: nineteen videos
// of 100 MB, a hundred megabytes of documents, and four hundred pages. It reports the most memory that was in use,
// which must stay within 256 MB whatever the package's size.
func BenchmarkTwoGigabytes(b *testing.B) {
	path := filepath.Join(b.TempDir(), "long.zip")
	size := writeLong(b, path)
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	b.SetBytes(size)
	for b.Loop() {
		most := watchMemory(b, func() {
			r, err := Check(b.Context(), f, size, Options{})
			if err != nil {
				b.Fatal(err)
			}
			if r.Kind != SCORM12 {
				b.Fatalf("taken for %s", r.Kind)
			}
		})
		b.ReportMetric(float64(most)/(1<<20), "MB-in-use")
	}
}

func writeLong(b *testing.B, path string) int64 {
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	put := func(name string, method uint16, r io.Reader) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err == nil {
			_, err = io.Copy(w, r)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	put("imsmanifest.xml", zip.Deflate, strings.NewReader(`<manifest identifier="m" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2"><organizations default="o"><organization identifier="o"><title>Long</title><item identifier="i" identifierref="r"><title>Long</title></item></organization></organizations><resources><resource identifier="r" type="webcontent" adlcp:scormtype="sco" href="page-0.html"><file href="page-0.html"/></resource></resources></manifest>`))
	random := rand.NewChaCha8([32]byte{1})
	for i := range 4 {
		var noise strings.Builder
		if _, err := io.CopyN(&noise, random, 25<<20); err != nil {
			b.Fatal(err)
		}
		document := doctest.SoundPDF().With(doctest.Stream("", noise.String()))
		for range 100_000 {
			document.Objects = append(document.Objects, "<</Type/StructElem/S/P/P 6 0 R/K[0 1 2]>>")
		}
		put(fmt.Sprintf("handout-%d.pdf", i), zip.Deflate, bytes.NewReader(document.Bytes()))
	}
	for i := range 19 {
		method := uint16(zip.Store)
		if i%4 == 3 {
			method = zip.Deflate
		}
		put(fmt.Sprintf("video-%02d.mp4", i), method, io.LimitReader(random, 100<<20))
	}
	for i := range 400 {
		page := fmt.Sprintf(`<!doctype html><html lang="en"><title>Page %d</title><script>API.LMSInitialize("")</script><h1>Page</h1>`, i) +
			strings.Repeat("<p>A paragraph about <a href='page-1.html'>leading a team</a> on a busy ward.</p>", 2000)
		put(fmt.Sprintf("page-%d.html", i), zip.Deflate, strings.NewReader(page))
	}
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	return info.Size()
}

func watchMemory(b *testing.B, f func()) (most uint64) {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.Sys-m.HeapReleased)
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	f()
	close(done)
	<-stopped
	return most
}
