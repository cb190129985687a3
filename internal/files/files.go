// Package files keeps bytes on disk by their SHA-256, and knows no table. What
// is in the folder is never changed; the same bytes are kept once.
//
//	Dir/.rung-files    the marker: this is the folder, and it is mounted
//	Dir/tmp/           uploads under way, each locked by who writes it
//	Dir/ab/cd/abcd…    the bytes, read-only
package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/leadership-ladder/rung/internal/fault"
)

// DefaultLimit is the most bytes of one file: what the Learning Hub takes.
const DefaultLimit int64 = 2 << 30

// DefaultSpare is what uploads leave free on the disk: enough for whatever
// shares it, such as the private database, to go on when somebody fills it.
const DefaultSpare int64 = 512 << 20

// spareEvery is how often, in bytes, an upload looks at what is left.
const spareEvery = 16 << 20

// headSize is how many bytes are looked at before the rest is read.
const headSize = 4096

const (
	tmpFolder  = "tmp"
	folderMode = 0o700
	keptMode   = 0o400
)

// Store is a folder of bytes, made by EnsureMarker. Several processes may share it.
type Store struct {
	Dir string
	// Spare is how many bytes of its disk uploads leave free; 0 for none.
	Spare int64
	// onto stands between Save and the disk; tests put a full disk here.
	onto func(io.Writer) io.Writer
	// free tells what the disk has left, in bytes; nil: the real one.
	free func() (int64, error)
}

// Saved is what Save kept.
type Saved struct {
	SHA256 string // 64 lower-case hex digits
	Size   int64  // bytes
	Type   Type   // what accept made of it
}

// Accept looks at the first 4 KB of an upload (fewer if it is shorter) and
// says what it is, or refuses it. Sniff is one.
type Accept func(head []byte) (Type, error)

// Save keeps what r holds and names it by its digest. accept, where given,
// decides before more than the head is read; more than limit bytes are
// TooLarge; a full disk is Unavailable. On any error, r's own and ctx's end
// among them, nothing is left behind. Saving the same bytes twice is fine, at
// once too. When it returns, the bytes survive a power cut.
func (s *Store) Save(ctx context.Context, r io.Reader, limit int64, accept Accept) (saved Saved, err error) {
	r = &cancellable{ctx, r}
	head := make([]byte, headSize)
	n, err := io.ReadFull(r, head)
	// The two are one to us: a whole file shorter than the head. What cuts an
	// upload short is known by r, which then gives another error.
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return Saved{}, fmt.Errorf("reading an upload: %w", err)
	}
	head = head[:n]
	if accept != nil {
		if saved.Type, err = accept(head); err != nil {
			return Saved{}, err
		}
	}

	tmp, err := s.temp()
	if err != nil {
		return Saved{}, onDisk("opening a file for an upload", err)
	}
	// Closing gives back the lock. Once renamed there is nothing here to remove:
	// bytes under their own digest harm nobody, even if the error came later.
	defer func() {
		if err != nil {
			os.Remove(tmp.Name())
		}
		tmp.Close()
	}()

	var w io.Writer = tmp
	if s.onto != nil {
		w = s.onto(w)
	}
	sum := sha256.New()
	saved.Size, err = s.copyUpTo(io.MultiWriter(w, sum), head, r, limit)
	if err != nil {
		return Saved{}, err
	}
	saved.SHA256 = hex.EncodeToString(sum.Sum(nil))
	if err := s.keep(tmp, saved.SHA256); err != nil {
		return Saved{}, onDisk("keeping an upload", err)
	}
	return saved, nil
}

// cancellable ends reading when ctx does; a reader that blocks meanwhile is
// its owner's to close.
type cancellable struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	if err == io.ErrUnexpectedEOF {
		// Not the end of the file but a connection dropped in its middle:
		// io.ReadFull must not take it for its own.
		err = errDropped
	}
	return n, err
}

var errDropped = fmt.Errorf("the connection was dropped in the middle: %w", io.ErrUnexpectedEOF)

// copyUpTo writes head and then r to w, at most limit bytes in all.
func (s *Store) copyUpTo(w io.Writer, head []byte, r io.Reader, limit int64) (int64, error) {
	var size, looked int64
	buf := make([]byte, 256<<10)
	for chunk := head; ; {
		if size >= looked {
			if err := s.spared(); err != nil {
				return 0, err
			}
			looked = size + spareEvery
		}
		size += int64(len(chunk))
		if size > limit {
			return 0, TooLarge(limit)
		}
		if _, err := w.Write(chunk); err != nil {
			return 0, onDisk("writing an upload", err)
		}
		n, err := r.Read(buf)
		chunk = buf[:n]
		if err == io.EOF && n == 0 {
			return size, nil
		}
		if err != nil && err != io.EOF {
			return 0, fmt.Errorf("reading an upload: %w", err)
		}
	}
}

// spared refuses to go on where the disk has less left than uploads may leave.
func (s *Store) spared() error {
	if s.Spare <= 0 {
		return nil
	}
	look := s.free
	if look == nil {
		look = s.freeOnDisk
	}
	left, err := look()
	if err != nil {
		return fmt.Errorf("looking at what the disk has left: %w", err)
	}
	if left < s.Spare {
		return onDisk(fmt.Sprintf("keeping %s of the disk free", InWords(s.Spare)), syscall.ENOSPC)
	}
	return nil
}

func (s *Store) freeOnDisk() (int64, error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(s.Dir, &disk); err != nil {
		return 0, err
	}
	return int64(disk.Bavail) * int64(disk.Bsize), nil
}

// temp makes a file beside the kept ones, so that a rename suffices, and
// locks it against Sweep.
func (s *Store) temp() (*os.File, error) {
	f, err := os.CreateTemp(filepath.Join(s.Dir, tmpFolder), "upload-*") // 0600
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		os.Remove(f.Name())
		f.Close()
		return nil, err
	}
	return f, nil
}

// keep makes a written file durable under its digest.
func (s *Store) keep(tmp *os.File, sha string) error {
	if err := tmp.Chmod(keptMode); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	final := s.path(sha)
	folder := filepath.Dir(final)
	if err := os.MkdirAll(folder, folderMode); err != nil {
		return err
	}
	// Over the same bytes if they are there: readers keep what they opened.
	if err := os.Rename(tmp.Name(), final); err != nil {
		return err
	}
	for _, d := range []string{folder, filepath.Dir(folder), s.Dir} {
		if err := syncFolder(d); err != nil {
			return err
		}
	}
	return nil
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func (s *Store) path(sha string) string {
	return filepath.Join(s.Dir, sha[:2], sha[2:4], sha)
}

var shaForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Open gives the bytes of a digest and how many they are; the caller closes
// the file. Anything but 64 lower-case hex digits is NotFound, as is a digest
// that was never kept.
func (s *Store) Open(sha string) (*os.File, int64, error) {
	if !shaForm.MatchString(sha) {
		return nil, 0, notKept(fmt.Errorf("%.80q is no SHA-256", sha))
	}
	f, err := os.Open(s.path(sha))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, notKept(err)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("opening a kept file: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, fmt.Errorf("looking at a kept file: %w", err)
	}
	return f, info.Size(), nil
}

func notKept(cause error) error {
	f := fault.New(fault.NotFound, "This file is not here.")
	f.Cause = cause
	return f
}

// Sweep removes what a crashed process left of its uploads: files not touched
// for olderThan that no process holds locked. It tells how many went.
func (s *Store) Sweep(now time.Time, olderThan time.Duration) (int, error) {
	folder := filepath.Join(s.Dir, tmpFolder)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return 0, fmt.Errorf("sweeping uploads: %w", err)
	}
	removed := 0
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // finished meanwhile
		}
		if err != nil {
			return removed, fmt.Errorf("sweeping uploads: %w", err)
		}
		if !info.Mode().IsRegular() || now.Sub(info.ModTime()) < olderThan {
			continue
		}
		gone, err := removeUnlocked(filepath.Join(folder, e.Name()))
		if err != nil {
			return removed, fmt.Errorf("sweeping uploads: %w", err)
		}
		if gone {
			removed++
		}
	}
	return removed, nil
}

func removeUnlocked(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return true, nil
}

// onDisk tells a disk without room from other trouble.
func onDisk(doing string, err error) error {
	err = fmt.Errorf("%s: %w", doing, err)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		f := fault.New(fault.Unavailable, "The server has no room for this file at the moment, and kept nothing of it. Try again later, or tell the programme.")
		f.Cause = err
		f.RetryAfter = 15 * time.Minute
		return f
	}
	return err
}

// TooLarge is the refusal of more than limit bytes, for Save and for whoever
// knows the size before reading.
func TooLarge(limit int64) error {
	return fault.New(fault.TooLarge, "The file is larger than "+InWords(limit)+", the most that is taken here.",
		fault.Reason{Code: "file_too_large", Field: "file", Text: "Upload a file of at most " + InWords(limit) + "."})
}

// InWords writes a number of bytes for people: "2 GB", "1.5 MB", "300 bytes".
// A GB is 1,024 MB, as file managers count.
func InWords(size int64) string {
	for _, u := range []struct {
		name string
		size int64
	}{{"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}} {
		if size < u.size {
			continue
		}
		tenths := (size*10 + u.size/2) / u.size
		if tenths%10 == 0 {
			return fmt.Sprintf("%d %s", tenths/10, u.name)
		}
		return fmt.Sprintf("%d.%d %s", tenths/10, tenths%10, u.name)
	}
	if size == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", size)
}
