// Package archive reads zip files that nobody vouches for: as they lie, never
// unpacked to disk, within limits that hold while reading. What is wrong with
// the file as a whole it tells as Problems; the bytes of an entry it gives as
// a stream that ends with an error rather than with more than was allowed.
package archive

import (
	"archive/zip"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Limits bound what reading an archive may cost. Zero fields mean the default.
type Limits struct {
	Entries   int   // files and folders
	Directory int64 // bytes of the central directory
	Unpacked  int64 // bytes of all files together
	File      int64 // bytes of one file
	Ratio     int64 // unpacked to packed, of one file above 10 MB
}

// DefaultLimits fit the longest package that the Learning Hub takes (2 GB).
func DefaultLimits() Limits {
	return Limits{Entries: 50_000, Directory: 16 << 20, Unpacked: 8 << 30, File: 4 << 30, Ratio: 200}
}

// harmless is how many bytes a file may unpack to at any ratio: silence and blank
// pictures pack a thousandfold, and harm nobody at this size.
const harmless = 10 << 20

// Problem is one thing that is wrong with the archive.
type Problem struct {
	Kind ProblemKind
	Path string // of the entry, empty for the whole
	Text string // the rest of a sentence: what was found
}

// ProblemKind tells problems apart.
type ProblemKind string

const (
	TooManyEntries   ProblemKind = "too_many_entries"
	DirectoryTooLong ProblemKind = "directory_too_long"
	TooLarge         ProblemKind = "too_large"       // unpacked, one file or all
	Ratio            ProblemKind = "ratio"           // a bomb by its ratio
	Overlap          ProblemKind = "overlap"         // entries that share their bytes
	Encrypted        ProblemKind = "encrypted"       //
	Traversal        ProblemKind = "traversal"       // leads outside of the package
	Absolute         ProblemKind = "absolute"        // begins at a root or a drive
	Backslash        ProblemKind = "backslash"       //
	ControlName      ProblemKind = "control_name"    // NUL and other control characters
	EmptyName        ProblemKind = "empty_name"      //
	LongName         ProblemKind = "long_name"       //
	Symlink          ProblemKind = "symlink"         //
	Device           ProblemKind = "device"          // and sockets, pipes
	Duplicate        ProblemKind = "duplicate"       // one name twice
	Repeated         ProblemKind = "repeated"        // one name twice, with the same size and checksum
	CaseClash        ProblemKind = "case_clash"      // names that differ by case alone
	FileAndFolder    ProblemKind = "file_and_folder" // a/b beside a file a
	LegacyName       ProblemKind = "legacy_name"     // a name in an old code page
	WindowsName      ProblemKind = "windows_name"    // a name that Windows can't have
	Method           ProblemKind = "method"          // a compression that hosts don't know
	Checksum         ProblemKind = "checksum"        // the bytes aren't those that were packed
	Corrupt          ProblemKind = "corrupt"         // the entry can't be read
)

// Errors of Open.
var (
	ErrEmpty     = errors.New("the zip file has no entries")
	ErrNoZip     = errors.New("this is not a zip file")
	ErrTruncated = errors.New("the zip file begins like one and has no end")
)

// Entry is one file of the archive.
type Entry struct {
	Path   string // clean, relative, with slashes; as the archive writes it otherwise
	Size   int64  // unpacked, as the directory says
	Packed int64  // bytes in the archive
	Stored bool   // not compressed, so that it can be read from anywhere
	file   *zip.File
	arc    *Archive
	// blocked is why it can't be read.
	blocked *Problem
}

// Archive is an opened one.
type Archive struct {
	Entries  []*Entry // readable files, in the archive's order, without folders
	Folders  int
	Problems []Problem // of the directory; what reading finds is returned there
	Refused  bool      // as a whole: nothing in it may be looked at
	limits   Limits
	source   io.ReaderAt
	byPath   map[string]*Entry
	byFold   map[string]*Entry
}

// Open reads the directory. It fails with ErrNoZip, ErrTruncated or ErrEmpty,
// or with what r itself failed with. An archive that has more than its limits,
// or is made like a bomb, is Refused: it is given back with no entries.
func Open(r io.ReaderAt, size int64, limits Limits) (*Archive, error) {
	limits = limits.orDefault()
	source := inside{r, size}
	a := &Archive{limits: limits, source: source, byPath: map[string]*Entry{}, byFold: map[string]*Entry{}}
	if size < endLen {
		return nil, notZip(source)
	}
	entries, err := claimed(source, size)
	if err != nil {
		return nil, cmp.Or(failure(err), err)
	}
	if entries > uint64(limits.Entries) {
		return a.tooMany(entries), nil
	}
	directory := &metered{r: source, left: limits.Directory + slack}
	z, err := zip.NewReader(directory, size)
	switch {
	case directory.spent:
		a.problem(DirectoryTooLong, "", "its directory has more than %d bytes", limits.Directory)
		a.refuse()
		return a, nil
	case failure(err) != nil:
		return nil, failure(err)
	case err != nil && !errors.Is(err, zip.ErrInsecurePath):
		return nil, notZip(source)
	}
	directory.left = -1 // from now on entries are read through it, each bounded by itself
	if len(z.File) == 0 {
		return nil, ErrEmpty
	}
	if len(z.File) > limits.Entries {
		return a.tooMany(uint64(len(z.File))), nil
	}
	a.list(z.File)
	if err := a.overlaps(size); err != nil {
		return nil, err
	}
	return a, nil
}

// slack is what may be read besides the directory: the end records with their
// comment, and the first entry of the directory a second time.
const slack = 512 << 10

func (a *Archive) tooMany(entries uint64) *Archive {
	a.problem(TooManyEntries, "", "it has %d entries, more than %d", entries, a.limits.Entries)
	a.refuse()
	return a
}

// refuse takes everything out: such a file isn't looked into.
func (a *Archive) refuse() {
	a.Refused = true
	a.Entries, a.byPath, a.byFold = nil, map[string]*Entry{}, map[string]*Entry{}
}

func (a *Archive) problem(k ProblemKind, path, format string, args ...any) *Problem {
	p := Problem{Kind: k, Path: Shown(path), Text: fmt.Sprintf(format, args...)}
	a.Problems = append(a.Problems, p)
	return &p
}

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	if l.Entries <= 0 {
		l.Entries = d.Entries
	}
	if l.Directory <= 0 {
		l.Directory = d.Directory
	}
	if l.Unpacked <= 0 {
		l.Unpacked = d.Unpacked
	}
	if l.File <= 0 {
		l.File = d.File
	}
	if l.Ratio <= 0 {
		l.Ratio = d.Ratio
	}
	return l
}

// metered passes at most left bytes of reading through; below 0 it only passes.
type metered struct {
	r     io.ReaderAt
	left  int64
	spent bool
}

var errSpent = errors.New("the directory is too long")

func (m *metered) ReadAt(p []byte, off int64) (int, error) {
	if m.left >= 0 {
		if int64(len(p)) > m.left {
			m.spent = true
			return 0, errSpent
		}
		m.left -= int64(len(p))
	}
	return m.r.ReadAt(p, off)
}

// notZip tells a damaged zip file from another one by its first bytes: those of
// an entry, of an empty one's end record, or of a part of a split one.
func notZip(r io.ReaderAt) error {
	var head [4]byte
	n, err := r.ReadAt(head[:], 0)
	if f := failure(err); f != nil {
		return f
	}
	if n == 4 && slices.Contains([]string{"PK\x03\x04", endSign, "PK\x07\x08"}, string(head[:])) {
		return ErrTruncated
	}
	return ErrNoZip
}

// list takes over what can be read, and tells what is wrong with the rest.
func (a *Archive) list(files []*zip.File) {
	var folders []string
	var total int64
	for _, f := range files {
		name, legacy := entryName(f)
		if legacy {
			a.problem(LegacyName, name, "its name is written in an old code page, not in UTF-8")
		}
		if strings.Contains(name, `\`) {
			a.problem(Backslash, name, "its name has a backslash where zip files have a slash")
			name = strings.ReplaceAll(name, `\`, "/")
		}
		if path.Clean(name) == "." && strings.HasSuffix(name, "/") {
			continue // the folder that was packed, as a tar lists it; every unpacker has it already
		}
		if !a.named(name) {
			continue
		}
		clean := strings.TrimPrefix(path.Clean("/"+name), "/")
		if strings.HasSuffix(name, "/") || f.Mode().IsDir() {
			a.Folders++
			folders = append(folders, clean+"/")
			continue
		}
		e := &Entry{Path: clean, Size: int64(min(f.UncompressedSize64, 1<<62)), Packed: int64(min(f.CompressedSize64, 1<<62)),
			Stored: f.Method == zip.Store, file: f, arc: a}
		if first, double := a.byPath[clean]; double {
			if f.CRC32 == first.file.CRC32 && f.UncompressedSize64 == first.file.UncompressedSize64 {
				a.problem(Repeated, name, "the name is there twice, with the same size and checksum")
			} else {
				a.problem(Duplicate, name, "the name is there twice")
			}
			continue
		}
		a.byPath[clean] = e
		if why := notOnWindows(clean); why != "" {
			a.problem(WindowsName, name, "%s", why)
		}
		if other, clash := a.byFold[fold(clean)]; clash {
			a.problem(CaseClash, name, "its name differs from %s by small and capital letters alone", Shown(other.Path))
		} else {
			a.byFold[fold(clean)] = e
		}
		if e.blocked = a.unreadable(e); e.blocked != nil {
			continue
		}
		total += e.Size
		a.Entries = append(a.Entries, e)
	}
	if total > a.limits.Unpacked {
		a.problem(TooLarge, "", "its files unpack to %d bytes, more than %d", total, a.limits.Unpacked)
		a.refuse()
	}
	a.shadows(folders)
}

// unreadable tells why an entry isn't read though its name is there, nil where
// it is.
func (a *Archive) unreadable(e *Entry) *Problem {
	mode, flags := e.file.Mode(), e.file.Flags
	switch {
	case mode&fs.ModeSymlink != 0:
		return a.problem(Symlink, e.Path, "it is a symbolic link")
	case mode&(fs.ModeDevice|fs.ModeNamedPipe|fs.ModeSocket|fs.ModeCharDevice) != 0:
		return a.problem(Device, e.Path, "it is a device, a pipe or a socket, not a file")
	case flags&(1|1<<6|1<<13) != 0:
		return a.problem(Encrypted, e.Path, "it is encrypted")
	case e.file.Method != zip.Store && e.file.Method != zip.Deflate:
		return a.problem(Method, e.Path, "it is compressed with %s", method(e.file.Method))
	case e.Size > a.limits.File:
		return a.problem(TooLarge, e.Path, "it says that it unpacks to %d bytes, more than %d", e.Size, a.limits.File)
	case e.Size > harmless && e.Size/max(e.Packed, 1) > a.limits.Ratio:
		return a.problem(Ratio, e.Path, "it says that it unpacks to %d times its size", e.Size/max(e.Packed, 1))
	}
	return nil
}

// shadows tells of files whose name is a folder's too. Paths in order stand
// before all that lie below them, so none has to be taken apart.
func (a *Archive) shadows(folders []string) {
	names := folders
	for _, e := range a.byPath {
		names = append(names, e.Path)
	}
	slices.Sort(names)
	for _, e := range a.Entries {
		at, _ := slices.BinarySearch(names, e.Path+"/")
		if at < len(names) && strings.HasPrefix(names[at], e.Path+"/") {
			a.problem(FileAndFolder, e.Path, "it is a file, and a folder has its name")
		}
	}
}

// Find gives the file of an exact path, nil where there is none. It may be one
// that Entries leaves out: whatever it is, it can't be read, and its Reader says
// why.
func (a *Archive) Find(path string) *Entry { return a.byPath[path] }

// FindFold gives the file of a path whatever its case, nil where there is none.
func (a *Archive) FindFold(path string) *Entry { return a.byFold[fold(path)] }

// Reader gives the bytes of an entry. Reading ends with an error that is a
// *Problem where more comes than the directory or the limits said, where the
// checksum is wrong or the data can't be read.
func (e *Entry) Reader(ctx context.Context) (io.ReadCloser, error) {
	if e.blocked != nil {
		return nil, e.blocked
	}
	r, err := e.file.Open()
	if f := failure(err); f != nil {
		return nil, f
	}
	if err != nil {
		return nil, e.problem(Corrupt, "it can’t be read: its header is damaged")
	}
	return &bounded{ctx: ctx, r: r, e: e}, nil
}

// Section gives the bytes of a stored entry from anywhere, nil for a packed one.
// Nothing checks their sum.
func (e *Entry) Section() *io.SectionReader {
	if !e.Stored || e.Size != e.Packed || e.blocked != nil {
		return nil
	}
	offset, err := e.file.DataOffset()
	if err != nil {
		return nil
	}
	return io.NewSectionReader(e.arc.source, offset, e.Size)
}

// ReadAll gives the bytes of an entry that has at most limit of them; whole is
// false where it has more, and then data are the first limit.
func (e *Entry) ReadAll(ctx context.Context, limit int64) (data []byte, whole bool, err error) {
	r, err := e.Reader(ctx)
	if err != nil {
		return nil, false, err
	}
	defer r.Close()
	data, err = io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, false, err
	}
	if int64(len(data)) > limit {
		return data[:limit], false, nil
	}
	return data, true, nil
}

func (e *Entry) problem(k ProblemKind, text string) *Problem {
	return &Problem{Kind: k, Path: Shown(e.Path), Text: text}
}

func (p *Problem) Error() string { return p.Path + ": " + p.Text }

type bounded struct {
	ctx  context.Context
	r    io.ReadCloser
	e    *Entry
	read int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.r.Read(p)
	b.read += int64(n)
	switch {
	case b.read > b.e.arc.limits.File || errors.Is(err, zip.ErrFormat): // which says: more than the directory does
		return 0, b.e.problem(Corrupt, "it unpacks to more than the zip file’s directory says")
	case b.read > harmless && b.read/max(b.e.Packed, 1) > b.e.arc.limits.Ratio:
		return 0, b.e.problem(Ratio, "it unpacks to far more than its size")
	case err == nil || err == io.EOF:
		return n, err
	case failure(err) != nil:
		return 0, failure(err)
	case errors.Is(err, zip.ErrChecksum):
		return 0, b.e.problem(Checksum, "its checksum is wrong: the file is damaged")
	default:
		return 0, b.e.problem(Corrupt, "it can’t be unpacked: its data are damaged")
	}
}

func (b *bounded) Close() error { return b.r.Close() }
