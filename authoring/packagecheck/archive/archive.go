// Package archive reads zip files that nobody vouches for: as they lie, never
// unpacked to disk, within limits that hold while reading. What is wrong with
// the file as a whole it tells as Problems; the bytes of an entry it gives as
// a stream that ends with an error rather than with more than was allowed.
package archive

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Limits bound what reading an archive may cost. Zero fields mean the default.
type Limits struct {
	Entries   int   // files and folders
	Directory int64 // bytes of the central directory
	Unpacked  int64 // bytes of all files together
	File      int64 // bytes of one file
	Ratio     int64 // unpacked to packed, of one file above a megabyte
}

// DefaultLimits fit the longest package that the Learning Hub takes (2 GB).
func DefaultLimits() Limits {
	return Limits{Entries: 50_000, Directory: 16 << 20, Unpacked: 8 << 30, File: 4 << 30, Ratio: 200}
}

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
	Symlink          ProblemKind = "symlink"         //
	Device           ProblemKind = "device"          // and sockets, pipes
	Duplicate        ProblemKind = "duplicate"       // one name twice
	CaseClash        ProblemKind = "case_clash"      // names that differ by case alone
	FileAndFolder    ProblemKind = "file_and_folder" // a/b beside a file a
	LegacyName       ProblemKind = "legacy_name"     // a name in an old code page
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
}

// Archive is an opened one.
type Archive struct {
	Entries  []*Entry // readable files, in the archive's order, without folders
	Folders  int
	Problems []Problem // of the directory; what reading finds is returned there
	limits   Limits
	source   io.ReaderAt
	byPath   map[string]*Entry
	byFold   map[string]*Entry
}

// Open reads the directory. It fails with ErrNoZip, ErrTruncated or ErrEmpty,
// or with what r itself failed with. An archive that has more than its limits
// is given back with no entries and one Problem.
func Open(r io.ReaderAt, size int64, limits Limits) (*Archive, error) {
	limits = limits.orDefault()
	a := &Archive{limits: limits, source: r, byPath: map[string]*Entry{}, byFold: map[string]*Entry{}}
	if size < 22 { // the end record alone has as many
		return nil, ErrNoZip
	}
	directory := &metered{r: r, left: limits.Directory + (64 << 10) + 4096} // and the end records, with their comment
	z, err := zip.NewReader(directory, size)
	switch {
	case directory.spent:
		a.Problems = append(a.Problems, Problem{Kind: DirectoryTooLong, Text: fmt.Sprintf("its directory has more than %d bytes", limits.Directory)})
		return a, nil
	case directory.failed != nil:
		return nil, directory.failed
	case err != nil && !errors.Is(err, zip.ErrInsecurePath):
		return nil, notZip(r)
	}
	directory.left = -1 // from now on entries are read through it, each bounded by itself
	if len(z.File) == 0 {
		return nil, ErrEmpty
	}
	if len(z.File) > limits.Entries {
		a.Problems = append(a.Problems, Problem{Kind: TooManyEntries, Text: fmt.Sprintf("it has %d entries, more than %d", len(z.File), limits.Entries)})
		return a, nil
	}
	a.list(z.File)
	return a, nil
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
	r      io.ReaderAt
	left   int64
	spent  bool
	failed error
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
	n, err := m.r.ReadAt(p, off)
	if err != nil && err != io.EOF && m.failed == nil {
		m.failed = err
	}
	return n, err
}

func notZip(r io.ReaderAt) error {
	var head [4]byte
	if n, _ := r.ReadAt(head[:], 0); n == 4 && string(head[:]) == "PK\x03\x04" {
		return ErrTruncated
	}
	return ErrNoZip
}

// list takes over what can be read, and tells what is wrong with the rest.
func (a *Archive) list(files []*zip.File) {
	folders := map[string]bool{}
	var total int64
	problem := func(k ProblemKind, path, format string, args ...any) {
		a.Problems = append(a.Problems, Problem{Kind: k, Path: path, Text: fmt.Sprintf(format, args...)})
	}
	for _, f := range files {
		name, legacy := entryName(f)
		shown := Shown(name)
		if legacy {
			problem(LegacyName, shown, "its name is written in an old code page, not in UTF-8")
		}
		if strings.Contains(name, `\`) {
			problem(Backslash, shown, "its name has a backslash where zip files have a slash")
			name = strings.ReplaceAll(name, `\`, "/")
		}
		if !a.named(name, shown, problem) {
			continue
		}
		folder := strings.HasSuffix(name, "/") || f.Mode().IsDir()
		clean := strings.TrimPrefix(path.Clean("/"+name), "/")
		switch mode := f.Mode(); {
		case mode&fs.ModeSymlink != 0:
			problem(Symlink, shown, "it is a symbolic link")
			continue
		case mode&(fs.ModeDevice|fs.ModeNamedPipe|fs.ModeSocket|fs.ModeCharDevice) != 0:
			problem(Device, shown, "it is a device, a pipe or a socket, not a file")
			continue
		case folder:
			a.Folders++
			folders[clean] = true
			continue
		case f.Flags&(1|1<<6|1<<13) != 0:
			problem(Encrypted, shown, "it is encrypted")
			continue
		case f.Method != zip.Store && f.Method != zip.Deflate:
			problem(Method, shown, "it is compressed with method %d", f.Method)
			continue
		}
		e := &Entry{Path: clean, Size: int64(min(f.UncompressedSize64, 1<<62)), Packed: int64(min(f.CompressedSize64, 1<<62)),
			Stored: f.Method == zip.Store, file: f, arc: a}
		if _, double := a.byPath[clean]; double {
			problem(Duplicate, shown, "the name is there twice")
			continue
		}
		fold := Fold(clean)
		if other, clash := a.byFold[fold]; clash {
			problem(CaseClash, shown, "its name differs from %s by small and capital letters alone", Shown(other.Path))
		} else {
			a.byFold[fold] = e
		}
		if e.Size > a.limits.File {
			problem(TooLarge, shown, "it says that it unpacks to %d bytes, more than %d", e.Size, a.limits.File)
			continue
		}
		if e.Size > 1<<20 && e.Size/max(e.Packed, 1) > a.limits.Ratio {
			problem(Ratio, shown, "it says that it unpacks to %d times its size", e.Size/max(e.Packed, 1))
			continue
		}
		total += e.Size
		a.byPath[clean] = e
		a.Entries = append(a.Entries, e)
	}
	if total > a.limits.Unpacked {
		problem(TooLarge, "", "its files unpack to %d bytes, more than %d", total, a.limits.Unpacked)
		a.Entries, a.byPath, a.byFold = nil, map[string]*Entry{}, map[string]*Entry{}
	}
	a.shadows(folders, problem)
	a.overlaps(problem)
}

// named tells whether a name can be one of a file in a package.
func (a *Archive) named(name, shown string, problem func(ProblemKind, string, string, ...any)) bool {
	switch {
	case strings.TrimRight(name, "/") == "":
		problem(EmptyName, shown, "it has no name")
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		problem(ControlName, shown, "its name has a control character")
	case strings.HasPrefix(name, "/") || len(name) > 1 && name[1] == ':':
		problem(Absolute, shown, "its path begins at a root or a drive")
	case leadsOut(name):
		problem(Traversal, shown, "its path has “..” in it")
	default:
		return true
	}
	return false
}

func leadsOut(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

// shadows tells of files whose name is a folder's too.
func (a *Archive) shadows(folders map[string]bool, problem func(ProblemKind, string, string, ...any)) {
	for _, e := range a.Entries {
		for dir := path.Dir(e.Path); dir != "." && !folders[dir]; dir = path.Dir(dir) {
			folders[dir] = true
		}
	}
	for _, e := range a.Entries {
		if folders[e.Path] {
			problem(FileAndFolder, Shown(e.Path), "it is a file, and a folder has its name")
		}
	}
}

// entryName decodes a name. Without the flag of UTF-8 it is in CP 437 by the
// standard (APPNOTE 4.4.4, bit 11); bytes that are UTF-8 all the same are taken
// for that, as every unpacker does.
func entryName(f *zip.File) (name string, legacy bool) {
	if utf8.ValidString(f.Name) {
		return f.Name, false
	}
	decoded, err := charmap.CodePage437.NewDecoder().String(f.Name)
	if err != nil {
		decoded = strings.ToValidUTF8(f.Name, "�")
	}
	return decoded, true
}

// Shown is a path as a report may print it: no control characters, nothing that
// turns the direction of text, and of no more than 200 characters.
func Shown(path string) string {
	shown := strings.Map(func(r rune) rune {
		if !isPrint(r) {
			return '�'
		}
		return r
	}, path)
	if utf8.RuneCountInString(shown) > 200 {
		shown = string([]rune(shown)[:200]) + "…"
	}
	return shown
}

// Fold makes names equal that differ by case alone, or by how their accents are
// written (macOS takes letters apart).
func Fold(path string) string { return strings.ToLower(norm.NFC.String(path)) }

// Find gives the file of an exact path, nil where there is none.
func (a *Archive) Find(path string) *Entry { return a.byPath[path] }

// FindFold gives the file of a path whatever its case, nil where there is none.
func (a *Archive) FindFold(path string) *Entry { return a.byFold[Fold(path)] }

// Reader gives the bytes of an entry. Reading ends with an error that is a
// *Problem where more comes than the directory or the limits said, where the
// checksum is wrong or the data can't be read.
func (e *Entry) Reader(ctx context.Context) (io.ReadCloser, error) {
	r, err := e.file.Open()
	if err != nil {
		return nil, e.problem(Corrupt, "it can’t be read: its header is damaged")
	}
	return &bounded{ctx: ctx, r: r, e: e}, nil
}

// Section gives the bytes of a stored entry from anywhere, nil for a packed one.
// Nothing checks their sum.
func (e *Entry) Section() *io.SectionReader {
	if !e.Stored || e.Size != e.Packed {
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
	case b.read > b.e.Size || b.read > b.e.arc.limits.File:
		return 0, b.e.problem(TooLarge, "it unpacks to more than it says")
	case b.read > 1<<20 && b.read/max(b.e.Packed, 1) > b.e.arc.limits.Ratio:
		return 0, b.e.problem(Ratio, "it unpacks to far more than its size")
	case err == nil || err == io.EOF:
		return n, err
	case errors.Is(err, zip.ErrChecksum):
		return 0, b.e.problem(Checksum, "its checksum is wrong: the file is damaged")
	default:
		return 0, b.e.problem(Corrupt, "it can’t be unpacked: its data are damaged")
	}
}

func (b *bounded) Close() error { return b.r.Close() }
