package packagecheck

import (
	"net/url"
	"path"
	"strings"

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
