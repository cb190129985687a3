package packagecheck

import (
	"bytes"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/office"
	"github.com/leadership-ladder/rung/authoring/packagecheck/pdf"
	"github.com/leadership-ladder/rung/authoring/packagecheck/webpage"
)

const (
	// maxPacked is how many bytes a compressed document in the package may have
	// to be looked into: it is held while it is.
	maxPacked = 32 << 20
	// documentWork is how many bytes all documents together may cost to look
	// into, besides twice the package's own.
	documentWork = 512 << 20
)

var documentDamaged = define(Rule{ID: "document-damaged", Area: Outside, Severity: Warning, Criterion: "opens_safely",
	Title:  "A document in the package can’t be opened",
	Why:    "Learners who download it get an error, or nothing.",
	Fix:    "Open the document on your own computer. Where that fails, save it again from the program that it was written with; where it works, export the package again.",
	Source: "ISO 32000-1, 7.5 (PDF); ECMA-376, Part 2 (Office); OpenDocument 1.2, Part 3"})

var documentLocal = define(Rule{ID: "document-local-link", Area: Outside, Severity: Advice, Criterion: "outside_links_safe",
	Title:  "A link of a document leads to the author’s own computer",
	Why:    "The file that it names is on that computer or network alone, so that the link does nothing for learners.",
	Fix:    "Upload the file too and say where it is, link to a web address, or take the link out.",
	Source: "RFC 8089 (the “file” scheme); programme’s technical rubric, “no insecure or undeclared outside links”"})

// documents are the supporting documents of one check: the upload itself, or
// those that lie in the package.
type documents struct {
	work    int64 // bytes that may still be read and unpacked
	links   []documentLink
	advised map[*Rule]*advice
	order   []*Rule
}

// documentLink is an address that a document leads to.
type documentLink struct {
	at  place
	url string
}

// advice is what was said of the first document that a rule found something in.
type advice struct {
	tally
	says string
}

// document is one while it is told of. Its path is empty where it is the upload.
type document struct {
	*checker
	path string
}

// in is a part of the document, or the document where it lies in a package.
func (d document) in(part string) place {
	if d.path != "" {
		return in(d.path)
	}
	return in(part)
}

// say tells what was found in a document. Advice on the documents of a package
// is told once for all: whoever writes one such document writes all of them so.
func (d document) say(r *Rule, part, text string) {
	if d.path == "" || r.Severity != Advice {
		d.add(r, d.in(part), "%s", text)
		return
	}
	a := d.docs.advised[r]
	if a == nil {
		a = &advice{tally{first: d.path}, text}
		d.docs.advised[r] = a
		d.docs.order = append(d.docs.order, r)
	}
	a.count++
}

// packed tells of the files that are packed in the document, or attached to it:
// of programs by one rule, and of all others by another.
func (d document) packed(programs, others *Rule, how string, names []string) {
	for _, r := range []*Rule{programs, others} {
		var list []string
		for _, name := range names {
			if isProgram(name) == (r == programs) {
				list = append(list, short(name))
			}
		}
		if len(list) > 0 {
			d.say(r, "", how+": "+listed(list, 5)+".")
		}
	}
}

// damaged tells why a document in the package can't be opened.
func (d document) damaged(text string) {
	d.add(documentDamaged, in(d.path), "The document %s can’t be opened. %s", quoted(d.path), text)
}

// leads keeps the addresses that the document leads to, and tells of those that
// are nobody else's.
func (d document) leads(links []office.Target) {
	var local []office.Target
	for _, l := range links {
		if isLocal(l.URL) {
			local = append(local, l)
		} else if len(d.docs.links) < maxAllRefs {
			d.docs.links = append(d.docs.links, documentLink{d.in(l.Part), l.URL})
		}
	}
	if n := len(local); n > 0 {
		d.say(documentLocal, local[0].Part, counted(int64(n), "link leads", "links lead")+" to a file of the author’s computer or network; the first is called "+quoted(lastName(local[0].URL))+".")
	}
}

// isLocal tells whether an address names a file of a computer or its network.
func isLocal(address string) bool {
	at := strings.ToLower(strings.TrimSpace(address))
	drive := len(at) > 2 && letter(at[0]) && at[0] < 0x80 && at[1] == ':' && (at[2] == '\\' || at[2] == '/')
	return drive || strings.HasPrefix(at, "file:") || strings.HasPrefix(at, `\\`)
}

// lastName is the name of the file alone: the folders may have people's names.
func lastName(address string) string {
	return address[strings.LastIndexAny(address, `/\`)+1:]
}

// advise tells what was found in the package's documents.
func (c *checker) advise() {
	for _, r := range c.docs.order {
		a := c.docs.advised[r]
		more := ""
		switch a.count {
		case 1:
		case 2:
			more = " Another document of the package has the same."
		default:
			more = " " + counted(int64(a.count-1), "", "more documents of the package have the same.")
		}
		c.add(r, in(a.first), "%s%s", a.says, more)
	}
}

// documents judges the addresses that documents lead to.
func (a *addresses) documents() {
	for _, l := range a.docs.links {
		a.leads(l.at, webpage.Ref{How: webpage.AsLink}, l.url)
	}
}

// documented notes a supporting file, which is launched by being opened.
func (c *checker) documented(kind Kind, edition string) {
	c.report.Kind, c.report.Edition = kind, edition
	c.units = append(c.units, &unit{Unit: Unit{Type: "document"}})
}

// officeEnds are the endings of documents of Office programs.
var officeEnds = []string{".docx", ".docm", ".dotx", ".dotm", ".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm",
	".xlsx", ".xlsm", ".xltx", ".xltm", ".xlsb", ".doc", ".dot", ".ppt", ".pps", ".pot", ".xls", ".xlt",
	".odt", ".ott", ".odp", ".otp", ".ods", ".ots", ".odg"}

// supporting looks into a supporting document of the package, of which head are
// the first bytes.
func (c *checker) supporting(e *archive.Entry, head []byte) error {
	ext := strings.ToLower(path.Ext(e.Path))
	if ext != ".pdf" && !slices.Contains(officeEnds, ext) || c.report.Kind == Office || junkKind(e.Path) != "" || bytes.HasPrefix(head, []byte(lfsHead)) {
		return nil
	}
	d := document{c, e.Path}
	switch compound, zip := bytes.HasPrefix(head, []byte(office.CompoundHead)), bytes.HasPrefix(head, []byte("PK\x03\x04")); {
	case len(head) == 0:
		d.damaged("It is empty.")
		return nil
	case ext == ".pdf" && pdf.Headed(head) < 0:
		d.damaged("It is no PDF document, but begins like " + begins(head) + ".")
		return nil
	case ext != ".pdf" && !compound && !zip:
		// Office opens pages and texts under the names of its old formats.
		if current := ext[len(ext)-1] == 'x' || ext[len(ext)-1] == 'm' || ext[1] == 'o'; current {
			d.damaged("It is no Office document, but begins like " + begins(head) + ".")
		}
		return nil
	}
	r, size, err := c.whole(e)
	if r == nil || err != nil {
		return err
	}
	if ext == ".pdf" {
		return d.pdf(r, size)
	}
	if bytes.HasPrefix(head, []byte(office.CompoundHead)) {
		return d.compound(r)
	}
	arc, err := archive.Open(r, size, archive.Limits{Entries: 20_000, Unpacked: 1 << 30})
	switch {
	case errors.Is(err, archive.ErrEmpty), errors.Is(err, archive.ErrTruncated), errors.Is(err, archive.ErrNoZip):
		d.damaged("It is cut off, or its list of parts is damaged.")
		return nil
	case err != nil:
		return err
	case arc.Refused:
		d.damaged("It has more in it than a document has.")
		return nil
	}
	return d.zipped(arc)
}

// whole gives the bytes of a document in the package from anywhere, nil where it
// is too large to be held in memory.
func (c *checker) whole(e *archive.Entry) (io.ReaderAt, int64, error) {
	if section := e.Section(); section != nil {
		return section, e.Size, nil
	}
	if e.Size > maxPacked {
		return nil, 0, nil
	}
	data, _, err := e.ReadAll(c.ctx, maxPacked)
	if err != nil {
		return nil, 0, err
	}
	return bytes.NewReader(data), int64(len(data)), nil
}
