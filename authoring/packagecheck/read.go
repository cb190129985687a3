package packagecheck

import (
	"bytes"
	"io"
	"path"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/webpage"
)

const (
	maxText     = 8 << 20 // bytes of one text that are looked into
	headSize    = 4096    // bytes by which a file is known
	maxAllRefs  = 200_000 // references kept of all texts together
	progressOf  = 1 << 20
	readingDone = "Reading the files"
	lfsHead     = "version https://git-lfs.github.com/spec/" // of a pointer
)

var (
	filePointer = define(Rule{ID: "file-lfs-pointer", Area: Container, Severity: Error, Criterion: "opens_safely",
		Title:  "A file is only a Git LFS pointer",
		Why:    "It is a short text that says where the real file is kept: learners get a broken picture or video.",
		Fix:    "Fetch the real files (git lfs pull), then export the package again.",
		Source: "Git LFS specification, “The Pointer”"})
	fileEmpty = define(Rule{ID: "launch-file-empty", Area: Tracking, Severity: Error, Criterion: "manifest_resolves",
		Title:  "The file that is launched is empty",
		Why:    "Learners would see a blank page.",
		Fix:    "Export the package again, and open the page in a browser before you upload it.",
		Source: "SCORM CAM, “Resource”; cmi5 14.1"})
	nestedArchive = define(Rule{ID: "nested-archive", Area: Outside, Severity: Advice,
		Title:  "There is an archive inside the package",
		Why:    "What is in it isn’t checked here. It may be a download for learners, or a left-over of the export.",
		Fix:    "Remove it, unless learners are meant to download it.",
		Source: "SCORM CAM, “Content package” (PIF)"})
	junkFiles = define(Rule{ID: "junk-files", Area: Container, Severity: Advice, Criterion: "no_junk_files",
		Title:  "There are files that no learner needs",
		Why:    "Operating systems and version control leave them behind; they make the package larger and may say more than was meant.",
		Fix:    "Delete them, and pack the folder again (on a Mac: zip -r -X module.zip . -x '*.DS_Store').",
		Source: "Programme’s technical rubric, “no junk files”"})
)

// textKinds are the texts that are looked into, by the end of their names.
var textKinds = map[string]webpage.Kind{
	".html": webpage.HTML, ".htm": webpage.HTML, ".xhtml": webpage.HTML, ".xht": webpage.HTML, ".shtml": webpage.HTML,
	".js": webpage.Script, ".mjs": webpage.Script, ".cjs": webpage.Script,
	".css": webpage.Style, ".svg": webpage.SVG,
}

// read goes once through the bytes of every file, in the order in which they
// lie: whether they are whole, what they are, and what is in the texts.
func (c *checker) read() error {
	r := &reading{checker: c, buffer: make([]byte, 64<<10), launched: map[string]*unit{}, junk: map[string]*tally{}}
	for _, u := range c.units {
		if u.file != "" && r.launched[u.file] == nil {
			r.launched[u.file] = u
		}
	}
	for _, e := range c.arc.Entries {
		r.all += e.Size
	}
	for _, e := range c.arc.Entries {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		if err := c.broken(r.entry(e)); err != nil {
			return err
		}
	}
	for _, kind := range r.junkKinds {
		t := r.junk[kind]
		c.add(junkFiles, in(t.first), "There is junk of the kind “%s”: %d of it.", kind, t.count)
	}
	c.advise()
	c.progress(readingDone, r.all, r.all)
	return nil
}

// reading is one pass over the files.
type reading struct {
	*checker
	buffer    []byte
	text      []byte // kept from text to text
	done, all int64
	told      int64
	refs      int
	launched  map[string]*unit
	junk      map[string]*tally
	junkKinds []string // in the order in which they were met
}

// tally counts, and keeps the first place.
type tally struct {
	first string
	count int
}

func (r *reading) entry(e *archive.Entry) error {
	if kind := junkKind(e.Path); kind != "" {
		if r.junk[kind] == nil {
			r.junk[kind] = &tally{first: e.Path}
			r.junkKinds = append(r.junkKinds, kind)
		}
		r.junk[kind].count++
	}
	in, err := e.Reader(r.ctx)
	if err != nil {
		return err
	}
	defer in.Close()
	kind := textKinds[strings.ToLower(path.Ext(e.Path))]
	limit := headSize
	if kind != "" {
		limit = maxText
	}
	r.text = r.text[:0]
	for {
		n, err := in.Read(r.buffer)
		r.text = append(r.text, r.buffer[:min(n, limit-len(r.text))]...)
		r.tell(int64(n))
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	r.judge(e, kind)
	return r.supporting(e, r.text[:min(len(r.text), headSize)])
}

func (r *reading) tell(n int64) {
	r.done += n
	if r.done-r.told >= progressOf {
		r.told = r.done
		r.progress(readingDone, r.done, r.all)
	}
}

// judge says what a file is that was read to its end.
func (r *reading) judge(e *archive.Entry, kind webpage.Kind) {
	head := r.text[:min(len(r.text), headSize)]
	u := r.launched[e.Path]
	switch {
	case len(head) == 0 && u != nil:
		r.add(fileEmpty, in(e.Path), "The launched file %s is empty.", quoted(e.Path))
		return
	case bytes.HasPrefix(head, []byte(lfsHead)) && bytes.Contains(head, []byte("oid sha256:")):
		r.add(filePointer, in(e.Path), "The file %s is a Git LFS pointer of %d bytes.", quoted(e.Path), e.Size)
		return
	}
	if junkKind(e.Path) != "" {
		return
	}
	switch odd := oddKind(e.Path, head, kind); odd {
	case "":
	case nestedKind:
		if r.found[manifestInArchive.ID] > 0 {
			return // that it is the real package was said
		}
		r.add(nestedArchive, in(e.Path), "The file %s is an archive of %d bytes.", quoted(e.Path), e.Size)
		return
	default:
		r.odd = append(r.odd, oddFile{e.Path, odd})
		return
	}
	if kind == "" && u != nil && looksLikePage(head) {
		kind = webpage.HTML
	}
	if kind == "" || kind != webpage.HTML && bytes.IndexByte(head, 0) >= 0 && !wide(head) {
		return
	}
	t := webpage.Scan(kind, r.text)
	if room := maxAllRefs - r.refs; len(t.Refs) > room {
		t.Refs = t.Refs[:max(room, 0)]
	}
	r.refs += len(t.Refs)
	r.wordsOf(e.Path, t)
	r.texts[e.Path] = t
}

func looksLikePage(head []byte) bool {
	lower := bytes.ToLower(head)
	return bytes.Contains(lower, []byte("<html")) || bytes.Contains(lower, []byte("<!doctype html"))
}

// wide tells UTF-16 by its mark.
func wide(head []byte) bool {
	return bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff"))
}

// junkKind names the kind of junk that a path is of, empty for none.
func junkKind(p string) string {
	dirs, name := path.Split(p)
	for dir := range strings.SplitSeq(dirs, "/") {
		switch dir {
		case "__MACOSX", ".git", ".svn", ".hg", "CVS":
			return dir
		}
	}
	switch lower := strings.ToLower(name); {
	case lower == ".ds_store" || lower == "thumbs.db" || lower == "desktop.ini" || lower == "ehthumbs.db" || lower == ".gitignore" || lower == ".gitattributes":
		return name
	case strings.HasPrefix(name, "~$"):
		return "~$ (left by Office)"
	case name == "Icon\r":
		return "Icon (left by macOS)"
	case strings.HasPrefix(name, "._"):
		return "._ (left by macOS)"
	case strings.HasSuffix(lower, ".swp") && strings.HasPrefix(name, "."):
		return ".swp (left by an editor)"
	}
	return ""
}
