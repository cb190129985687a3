package client

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"os"
)

// file is a file that is sent as it is, from its beginning at every try.
type file struct {
	path   string
	size   int64 // bytes
	digest [sha256.Size]byte
	shown  func(sent int64) // nil where nobody looks
}

// openFile reads a file through once, for its digest.
func openFile(path string) (*file, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &Misuse{err.Error()}
	}
	defer f.Close()
	h := sha256.New()
	size, err := io.Copy(h, f)
	switch {
	case err != nil: // a folder, say
		return nil, &Misuse{err.Error()}
	case size == 0:
		return nil, &Misuse{path + " is empty: give the package's zip file"}
	}
	return &file{path: path, size: size, digest: [sha256.Size]byte(h.Sum(nil))}, nil
}

// hex is the digest as the API shows it.
func (f *file) hex() string { return hex.EncodeToString(f.digest[:]) }

// attach makes the file the body of a request, which says beforehand what it
// will be (RFC 9530), and waits for the server's word before it sends anything.
func (f *file) attach(req *http.Request) error {
	body, err := os.Open(f.path)
	if err != nil {
		return err
	}
	req.Body, req.ContentLength = &counted{file: body, shown: f.shown}, f.size
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Content-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(f.digest[:])+":")
	req.Header.Set("Expect", "100-continue")
	return nil
}

// counted is a body that tells how much of it was taken. It has nothing but
// Read, by which all of it goes.
type counted struct {
	file  *os.File
	sent  int64
	shown func(int64)
}

func (b *counted) Read(p []byte) (int, error) {
	n, err := b.file.Read(p)
	b.sent += int64(n)
	if b.shown != nil {
		b.shown(b.sent)
	}
	return n, err
}

func (b *counted) Close() error { return b.file.Close() }
