package office

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/richardlehane/mscfb"
)

const (
	// maxHeld is how many bytes of an object within a document are held.
	maxHeld = 16 << 20
	// maxReads is how often a compound file is read to list what is in it: it has
	// eight names in a sector at most, so that these bound the list too.
	maxReads = 20_000
)

// CompoundHead are the first bytes of a compound file (MS-CFB 2.2).
const CompoundHead = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// compound is a file of the kind that Office 97 to 2003 wrote: storages with
// streams in them, as folders have files.
type compound struct{ streams []*mscfb.File }

// metered ends reading after a number of times.
type metered struct {
	ctx  context.Context
	r    io.ReaderAt
	left int
	err  error // of r itself, or of the context
}

func (m *metered) ReadAt(p []byte, off int64) (int, error) {
	if m.left--; m.left < 0 {
		return 0, errSpent
	}
	if m.err = m.ctx.Err(); m.err != nil {
		return 0, m.err
	}
	n, err := m.r.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		m.err = err
	}
	return n, err
}

// errCompound is of a compound file that can't be read.
var errCompound = errors.New("the compound file is damaged")

func openCompound(ctx context.Context, r io.ReaderAt) (*compound, error) {
	m := &metered{ctx: ctx, r: r, left: maxReads}
	c, err := mscfb.New(m)
	if m.err != nil {
		return nil, m.err
	}
	if m.left < 0 {
		return nil, errSpent
	}
	if err != nil {
		return nil, errCompound
	}
	m.left = maxReads
	return &compound{c.File}, nil
}

// stream gives a stream of the file's own level, nil where there is none.
func (c *compound) stream(names ...string) *mscfb.File {
	for _, f := range c.streams {
		if len(f.Path) == 0 && !f.FileInfo().IsDir() && slices.Contains(names, f.Name) {
			return f
		}
	}
	return nil
}

// storage tells whether a storage is there, by its name, within any of others.
func (c *compound) storage(name string, within ...string) bool {
	return slices.ContainsFunc(c.streams, func(f *mscfb.File) bool {
		return f.FileInfo().IsDir() && strings.EqualFold(f.Name, name) &&
			slices.ContainsFunc(within, func(outer string) bool {
				return slices.ContainsFunc(f.Path, func(p string) bool { return strings.EqualFold(p, outer) })
			})
	})
}

// head gives the first bytes of a stream.
func head(f *mscfb.File, most int) []byte {
	b := make([]byte, min(int64(most), max(f.Size, 0)))
	n, _ := f.Read(b) // what can't be read can't be told
	return b[:n]
}

// packed gives the name of the file that an object holds, empty for none.
func (c *compound) packed() string {
	f := c.stream("Ole10Native") // its name begins with a byte that isn't kept
	if f == nil {
		return ""
	}
	b := head(f, 1024)
	if len(b) < 6 || b[4] != 2 || b[5] != 0 {
		return ""
	}
	called, _, _ := bytes.Cut(b[6:], []byte{0})
	return string(called)
}

// ReadCompound reads a compound file. Where it is none of Office's, the edition
// is empty. An error is that of the context or of r.
func ReadCompound(ctx context.Context, r io.ReaderAt) (*Facts, error) {
	f := &Facts{}
	c, err := openCompound(ctx, r)
	switch {
	case errors.Is(err, errSpent):
		f.Unread = true
		return f, nil
	case errors.Is(err, errCompound):
		f.Fault = fault("", "The list of what is in the document is damaged.")
		return f, nil
	case err != nil:
		return nil, err
	}
	if c.stream("EncryptedPackage") != nil {
		f.Locked = true
		return f, nil
	}
	f.Old = true
	switch text, slides, book := c.stream("WordDocument"), c.stream("PowerPoint Document"), c.stream("Workbook", "Book"); {
	case text != nil:
		f.Edition = "doc"
		b := head(text, 32)
		f.Locked = len(b) > 11 && b[11]&1 != 0 // fEncrypted of the FibBase (MS-DOC 2.5.2)
	case slides != nil:
		f.Edition = "ppt"
		if user := c.stream("Current User"); user != nil {
			b := head(user, 32)
			f.Locked = len(b) >= 16 && binary.LittleEndian.Uint32(b[12:]) == encryptedSlides
		}
	case book != nil:
		f.Edition = "xls"
		f.Locked = lockedBook(head(book, 8<<10))
	default:
		f.Old = false
		return f, nil
	}
	if c.storage("VBA", "Macros", "_VBA_PROJECT_CUR") {
		listed(&f.Macros, "")
	}
	return f, nil
}

// encryptedSlides is the headerToken of a presentation that is encrypted (MS-PPT
// 2.3.2).
const encryptedSlides = 0xf3d1c4df

// lockedBook looks for the record that tells how a workbook is encrypted; it
// stands near the beginning (FilePass, MS-XLS 2.4.117).
func lockedBook(b []byte) bool {
	for range 16 {
		if len(b) < 4 {
			return false
		}
		kind, size := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		if kind == 0x2f {
			return true
		}
		b = b[min(len(b), 4+size):]
	}
	return false
}
