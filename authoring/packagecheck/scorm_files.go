package packagecheck

import (
	"net/url"
	"slices"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

var (
	scormFile = define(Rule{ID: "scorm-file-missing", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "A file of the manifest isn’t in the package",
		Why:    "The module’s pages most likely need the file; learners would get a broken page.",
		Fix:    "Put the file into the package under the name that is given, or take it out of the manifest where nothing needs it. Mostly exporting anew helps.",
		Source: cam + ", <file> (href)"})
	scormFileCase = define(Rule{ID: "scorm-file-case", Area: Manifest, Severity: Warning, Criterion: "manifest_resolves",
		Title:  "A file’s name differs by small and capital letters",
		Why:    "Most hosts tell small letters from capitals. What worked on the author’s own computer is missing there.",
		Fix:    "Write the name in the manifest exactly as the file has it.",
		Source: cam + ", <file> (href); RFC 3986, 6.2.2.1"})
	scormFileAccents = define(Rule{ID: "scorm-file-accents", Area: Manifest, Severity: Warning, Criterion: "manifest_resolves",
		Title:  "A file’s name has its accents written in another way",
		Why:    "“é” can be one letter, or an “e” with an accent after it, as macOS writes names. It looks the same, and to most hosts it is another name.",
		Fix:    "Take the accents out of the name, in the manifest and of the file, or pack the folder with a tool that composes letters (NFC).",
		Source: cam + ", <file> (href); Unicode Standard Annex 15 (NFC, NFD)"})
	scormLeaves = define(Rule{ID: "scorm-path-leaves", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "A path in the manifest leads out of the package",
		Why:    "There is nothing of the module outside, and hosts refuse such paths for the safety of their other courses.",
		Fix:    "Put the file into the package, and write its path from the root of the package without “..”.",
		Source: cam + ", href (relative to the package); CWE-22"})
	scormBackslash = define(Rule{ID: "scorm-backslash", Area: Manifest, Severity: Warning, Criterion: "manifest_resolves",
		Title:  "A path in the manifest has backslashes",
		Why:    "Addresses have slashes. Some hosts take a backslash for a part of the name and don’t find the file.",
		Fix:    "Write “/” in place of “\\” in the manifest’s paths.",
		Source: "RFC 3986, 3.3 (path)"})
	scormBase = define(Rule{ID: "scorm-base-slash", Area: Manifest, Severity: Advice, Criterion: "manifest_resolves",
		Title:  "An xml:base has no slash at its end",
		Why:    "By the standard, what follows the last slash is no folder then. Hosts differ in how they take it.",
		Fix:    "End the xml:base with “/”.",
		Source: cam + ", xml:base; RFC 3986, 5.2.3"})
	scormDependency = define(Rule{ID: "scorm-dependency-missing", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "A resource depends on one that isn’t declared",
		Why:    "The files that the module needs are not listed, so a host may leave them out.",
		Fix:    "Declare the resource that is named, or take the <dependency> out where nothing needs it.",
		Source: cam + ", <dependency> (identifierref)"})
	scormMetadata = define(Rule{ID: "scorm-metadata-missing", Area: Manifest, Severity: Warning, Criterion: "manifest_resolves",
		Title:  "A file with metadata isn’t in the package",
		Why:    "The course can be launched without, but some hosts refuse a package with a reference that leads nowhere.",
		Fix:    "Put the file into the package, or take <adlcp:location> out of the manifest.",
		Source: cam + ", <adlcp:location>"})
)

// maxReference is the longest reference that is looked at: the standard's limit
// for an href is 2,000 characters, and so is that of a base before it.
const maxReference = 4000

// resource is one <resource> of the manifest.
type resource struct {
	e       *markup.Element
	id      string
	base    string // xml:base of all above it, its own last
	leaves  bool   // the base leads out of the package
	items   int    // that launch it
	unslash bool   // it was said that the base has no slash
}

func (s *course) newResource(e *markup.Element) *resource {
	r := &resource{e: e, id: identifier(e)}
	r.base, r.leaves = s.base(e)
	return r
}

// base joins the xml:base of an element and of all above it.
func (s *course) base(e *markup.Element) (base string, leaves bool) {
	var chain []*markup.Element
	for ; e != nil; e = e.Parent {
		if strings.TrimSpace(e.Base()) != "" {
			chain = append(chain, e)
		}
	}
	for _, e := range slices.Backward(chain) {
		if len(base)+len(e.Base()) > maxReference {
			return "", true
		}
		t := follow(base, e.Base())
		if t.Leaves {
			return "", true
		}
		base = t.Path + t.Outside
	}
	return base, false
}

// follow resolves a reference from a base that may lie outside of the package.
func follow(base, ref string) target {
	if !outsider(base) || outsider(ref) {
		return resolve(base, ref)
	}
	b, err := url.Parse(base)
	if err != nil {
		return target{Outside: base + ref}
	}
	to, err := b.Parse(strings.TrimSpace(ref))
	if err != nil {
		return target{Outside: base + ref}
	}
	return target{Outside: to.String()}
}

// locate finds the file that a reference means: by the standard, else as hosts
// read it that join base and reference, else as a name that has “?” or “#” in it, whatever else of it is encoded.
func (s *course) locate(r *resource, ref string) (t target, e *archive.Entry, exact bool) {
	if len(ref) > maxReference {
		return target{Path: clip(ref, 100)}, nil, false
	}
	t = follow(r.base, ref)
	if t.Outside != "" || t.Leaves {
		return t, nil, false
	}
	if e, exact = s.entry(t.Path); e != nil {
		return t, e, exact
	}
	if r.base != "" && !strings.HasSuffix(r.base, "/") {
		joined := follow(r.base+"/", ref)
		if e, exact = s.entry(joined.Path); e != nil {
			if !r.unslash {
				r.unslash = true
				s.add(scormBase, s.at(r.e), "The xml:base of the resource %s has no slash at its end.", quoted(r.id))
			}
			return joined, e, exact
		}
	}
	if strings.ContainsAny(ref, "?#") {
		ref = strings.TrimSpace(ref)
		for _, name := range []string{url.PathEscape(ref), strings.NewReplacer("?", "%3F", "#", "%23").Replace(ref)} {
			raw := resolve(r.base, name)
			if e, exact = s.entry(raw.Path); e != nil {
				return raw, e, exact
			}
		}
	}
	return t, nil, false
}

// folder tells whether files lie in a folder of that path.
func (s *course) folder(p string) bool {
	for _, form := range []string{p, decoded(p)} {
		form = strings.TrimSuffix(form, "/")
		if form == "" {
			return true
		}
		if i, _ := slices.BinarySearch(s.paths, form+"/"); i < len(s.paths) && strings.HasPrefix(s.paths[i], form+"/") {
			return true
		}
	}
	return false
}

// judgeResources looks at what each resource refers to. What is launched comes
// first: a file that is missing is said once, and there.
func (s *course) judgeResources() {
	for _, r := range s.resources {
		if r.items > 0 {
			s.judgeLaunch(r)
		}
	}
	for _, r := range s.resources {
		if r.leaves {
			s.add(scormLeaves, s.at(r.e), "The xml:base of the resource %s leads out of the package.", quoted(r.id))
			continue
		}
		if r.items == 0 {
			if href := attr(r.e, "href"); href != "" {
				s.judgeFile(r, r.e, href)
			}
		}
		for _, f := range r.e.All("file") {
			if href := attr(f, "href"); href != "" {
				s.judgeFile(r, f, href)
			}
		}
	}
	s.backslashes()
	for _, r := range s.resources {
		for _, d := range r.e.All("dependency") {
			if ref := attr(d, "identifierref"); s.byID[ref] == nil && s.inner[ref] == nil {
				s.add(scormDependency, s.at(d), "The resource %s depends on %s, which isn’t declared.", quoted(r.id), quoted(ref))
			}
		}
	}
}

// judgeFile looks for a file that the manifest lists. What lies outside of the
// package may do so.
func (s *course) judgeFile(r *resource, e *markup.Element, href string) {
	s.slashes(r, e, href)
	t, found, exact := s.locate(r, href)
	switch {
	case s.told[t.Path] && t.Path != "":
	case strings.HasPrefix(strings.ToLower(t.Outside), "file:"):
		s.add(scormFile, s.at(e), "The file %s is on the author’s own computer.", quoted(href))
	case t.Outside != "":
	case t.Leaves:
		s.add(scormLeaves, s.at(e), "The path %s leads out of the package.", quoted(href))
	case found == nil && junkKind(decoded(t.Path)) != "": // listed by a tool, taken out by whoever packed: nothing needs it
	case found == nil && !s.folder(t.Path):
		s.told[t.Path] = true
		s.absent[decoded(t.Path)] = true
		s.add(scormFile, s.at(e), "The file %s isn’t in the package.", quoted(decoded(t.Path)))
	case found != nil && !exact && byAccents(t.Path, found):
		s.told[t.Path] = true
		s.add(scormFileAccents, s.at(e), "The accents in the name of the file %s are written in another way in the package.", quoted(decoded(t.Path)))
	case found != nil && !exact:
		s.told[t.Path] = true
		s.add(scormFileCase, s.at(e), "The manifest has the file %s; in the package it is %s.", quoted(decoded(t.Path)), quoted(found.Path))
	}
}

// slashes notes backslashes, which are followed all the same.
func (s *course) slashes(r *resource, e *markup.Element, href string) {
	if strings.Contains(href, `\`) && !s.told[href] {
		s.told[href] = true
		s.slashed = append(s.slashed, slashed{s.at(e), "The path " + quoted(href)})
	} else if base := r.e.Base(); strings.Contains(base, `\`) && !s.told[base] {
		s.told[base] = true
		s.slashed = append(s.slashed, slashed{s.at(r.e), "The xml:base " + quoted(base)})
	}
}

// slashed is a path with backslashes, and where it stands.
type slashed struct {
	at   place
	what string
}

// backslashes tells of the first: a tool that writes one writes all like it.
func (s *course) backslashes() {
	if len(s.slashed) == 0 {
		return
	}
	first, others := s.slashed[0], ""
	if n := len(s.slashed) - 1; n > 0 {
		others = "; " + counted(int64(n), "other path has", "other paths have") + " one, too"
	}
	s.add(scormBackslash, first.at, "%s has a backslash in it%s.", first.what, others)
}

// locations looks for the files of metadata that lie beside the manifest.
func (s *course) locations() {
	s.root.Walk(func(e *markup.Element) bool {
		if e.Name != "location" || e.Space != adlcp12 && e.Space != adlcp2004 || e.Text == "" {
			return true
		}
		r := &resource{e: e}
		if r.base, r.leaves = s.base(e); r.leaves {
			return true
		}
		t, found, _ := s.locate(r, e.Text)
		switch {
		case t.Leaves:
			s.add(scormLeaves, s.at(e), "The path %s leads out of the package.", quoted(e.Text))
		case t.Outside == "" && found == nil:
			s.add(scormMetadata, s.at(e), "The file with metadata %s isn’t in the package.", quoted(e.Text))
		}
		return true
	})
}
