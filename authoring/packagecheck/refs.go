package packagecheck

import (
	"net/url"
	"path"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
)

// target is where a reference leads.
type target struct {
	Path    string // in the package, clean; empty for what lies outside
	Query   string // with its "?", as written
	Outside string // the address, where it has a scheme or a host of its own
	Leaves  bool   // it climbs above the root of the package
}

// resolve finds where ref leads from a base: a folder with a slash at its end,
// or a file, as xml:base and the path of a page are. A query and a fragment are
// no part of the path (RFC 3986, section 3).
func resolve(base, ref string) target {
	ref = strings.TrimSpace(ref)
	if outsider(ref) {
		return target{Outside: ref}
	}
	ref, _, _ = strings.Cut(ref, "#")
	ref, query, has := strings.Cut(ref, "?")
	if has {
		query = "?" + query
	}
	ref = strings.ReplaceAll(ref, `\`, "/")
	if ref == "" && !has {
		return target{}
	}
	folder := base[:strings.LastIndexByte(base, '/')+1]
	if strings.HasPrefix(ref, "/") {
		folder = ""
	}
	joined := folder + strings.TrimLeft(ref, "/")
	if ref == "" {
		joined = base
	}
	depth := 0
	for part := range strings.SplitSeq(joined, "/") {
		switch part {
		case "..":
			depth--
		case ".", "":
		default:
			depth++
		}
		if depth < 0 {
			return target{Leaves: true, Query: query}
		}
	}
	clean := strings.TrimPrefix(path.Clean("/"+joined), "/")
	if strings.HasSuffix(joined, "/") && clean != "" {
		clean += "/"
	}
	return target{Path: clean, Query: query}
}

// outsider tells whether a reference has a scheme or a host.
func outsider(ref string) bool {
	if strings.HasPrefix(ref, "//") {
		return true
	}
	scheme, _, found := strings.Cut(ref, ":")
	if !found || len(scheme) < 2 { // one letter is a drive
		return false
	}
	for i, r := range scheme {
		letter := r|0x20 >= 'a' && r|0x20 <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("+-.0123456789", r)) {
			return false
		}
	}
	return true
}

// decoded is a path without its percent-encoding, read as browsers read it: a
// sign that begins none stands for itself (URL Standard, “percent-decode”).
func decoded(p string) string {
	if d, err := url.PathUnescape(p); err == nil {
		return d
	}
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		if p[i] == '%' && i+3 <= len(p) {
			if d, err := url.PathUnescape(p[i : i+3]); err == nil {
				b.WriteString(d)
				i += 2
				continue
			}
		}
		b.WriteByte(p[i])
	}
	return b.String()
}

// entry finds the file that a path in a reference means: percent-encoded or
// not, first as it is written. exact is false where only the letters' case, or
// how accents are written, differs.
func (c *checker) entry(p string) (e *archive.Entry, exact bool) {
	if c.arc == nil || p == "" {
		return nil, false
	}
	forms := []string{p}
	if d := decoded(p); d != p {
		forms = append(forms, strings.TrimPrefix(path.Clean("/"+d), "/"))
	}
	for _, form := range forms {
		if e := c.arc.Find(form); e != nil {
			return e, true
		}
	}
	for _, form := range forms {
		if e := c.arc.FindFold(form); e != nil {
			return e, false
		}
	}
	return nil, false
}

// byAccents tells whether a path in a reference and the file that was found for
// it differ only in how accents are written: as letters of their own, or taken
// apart as macOS does.
func byAccents(p string, e *archive.Entry) bool {
	return norm.NFC.String(p) == norm.NFC.String(e.Path) || norm.NFC.String(decoded(p)) == norm.NFC.String(e.Path)
}

// launchedFile finds the file of a unit at the path p, which is written in the
// manifest at a place, and says what is wrong with it: missing for one that isn’t
// there, and misspelt for one that is there under a name of other letters.
func (c *checker) launchedFile(at place, p, written string, missing, misspelt *Rule) *archive.Entry {
	e, exact := c.entry(p)
	switch {
	case e == nil:
		c.add(missing, at, "“%s” is not in the package%s.", short(written), c.meant(p))
	case !exact && byAccents(p, e):
		c.add(misspelt, at, "“%s” has its accents written in another way in the package.", short(written))
	case !exact:
		c.add(misspelt, at, "“%s” is called “%s” in the package.", short(written), short(e.Path))
	}
	return e
}
