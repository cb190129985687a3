package packagecheck

import (
	"net/url"
	"slices"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/webpage"
)

var (
	flashLaunched = define(Rule{ID: "flash-launched", Area: Outside, Severity: Error, Criterion: "no_forbidden_content",
		Title:  "What is launched is Flash",
		Why:    "No browser has played Flash since January 2021: learners see nothing.",
		Fix:    "Export the module again as HTML5.",
		Source: "Adobe Flash Player end of life, 31 December 2020"})
	flashFile = define(Rule{ID: "flash-file", Area: Outside, Severity: Warning, Criterion: "no_forbidden_content",
		Title:  "There are Flash files",
		Why:    "No browser plays them. If a page shows one, learners see a gap.",
		Fix:    "Export as HTML5 only; delete what is left over of the Flash version.",
		Source: "Adobe Flash Player end of life, 31 December 2020"})
	serverLaunched = define(Rule{ID: "server-code-launched", Area: Outside, Severity: Error, Criterion: "no_forbidden_content",
		Title:  "What is launched needs a server of its own",
		Why:    "Hosts serve files as they are and run none of them: learners would see source code or a download.",
		Fix:    "Make the module of HTML pages and scripts that run in the browser.",
		Source: "SCORM CAM, “Asset” (what a web browser can show)"})
	serverFile = define(Rule{ID: "server-code", Area: Outside, Severity: Warning, Criterion: "no_forbidden_content",
		Title:  "There is code for a server",
		Why:    "Hosts don’t run it, and some refuse packages that have it. It may also show passwords or addresses.",
		Fix:    "Delete it, unless it is an example for learners; then give it the ending .txt.",
		Source: "Programme’s technical rubric, “no server-side code”"})
	runLaunched = define(Rule{ID: "executable-launched", Area: Outside, Severity: Error, Criterion: "no_forbidden_content",
		Title:  "What is launched is a program",
		Why:    "A browser can’t show it, and NHS computers don’t let it run.",
		Fix:    "Export the module for the web.",
		Source: "SCORM CAM, “Asset” (what a web browser can show)"})
	runFile = define(Rule{ID: "executable-file", Area: Outside, Severity: Warning, Criterion: "no_forbidden_content",
		Title:  "There is a program in the package",
		Why:    "Virus scanners stop packages with programs in them, and nothing in a module needs one.",
		Fix:    "Delete the program from the folder, and pack it again.",
		Source: "Programme’s technical rubric, “no executable files”"})
	insecureLoad = define(Rule{ID: "outside-insecure-load", Area: Outside, Severity: Warning, Criterion: "outside_links_safe",
		Title:  "A page loads something over an insecure address",
		Why:    "Hosts are reached by https, and browsers then block scripts, styles and frames that come by http.",
		Fix:    "Put the file into the package, or use its https address.",
		Source: "W3C Mixed Content, “Fetching resources”"})
	outsideLoad = define(Rule{ID: "outside-load", Area: Outside, Severity: Advice, Criterion: "outside_links_safe",
		Title:  "A page loads something from another place",
		Why:    "The module breaks when that place changes or a network blocks it, and its owner learns who takes the module.",
		Fix:    "Put the file into the package, or say in the proposal why it has to come from there.",
		Source: "Programme’s technical rubric, “no insecure or undeclared outside links”"})
	insecureLink = define(Rule{ID: "outside-insecure-link", Area: Outside, Severity: Advice, Criterion: "outside_links_safe",
		Title:  "A link has an insecure address",
		Why:    "Whoever is on the way can change the page that it leads to.",
		Fix:    "Use the https address, if the place has one.",
		Source: "Programme’s technical rubric, “no insecure or undeclared outside links”"})
	pageMissing = define(Rule{ID: "page-missing-file", Area: Outside, Severity: Advice, Criterion: "manifest_resolves",
		Title:  "A page refers to a file that isn’t in the package",
		Why:    "A picture, script or style may be missing for learners. Some pages do without it, so this is to be looked at.",
		Fix:    "Add the file, or take the reference out. Small and capital letters must agree.",
		Source: "SCORM CAM, “Resource” (all files that are needed are in the package)"})
	pageCase = define(Rule{ID: "page-file-case", Area: Outside, Severity: Warning, Criterion: "manifest_resolves",
		Title:  "A page loads a file by a name with other letters than the file has",
		Why:    "Most hosts tell small letters from capitals. What worked on the author’s own computer is missing there, and the page may not work.",
		Fix:    "Write the name in the page exactly as the file has it.",
		Source: "RFC 3986, 6.2.2.1; SCORM 2004 CAM 3.4 (files of a resource)"})
	pageAccents = define(Rule{ID: "page-file-accents", Area: Outside, Severity: Warning, Criterion: "manifest_resolves",
		Title:  "A page loads a file whose name has its accents written in another way",
		Why:    "“é” can be one letter, or an “e” with an accent after it, as macOS writes names. It looks the same, and most hosts don’t find the file.",
		Fix:    "Take the accents out of the name, in the page and of the file, or pack the folder with a tool that composes letters (NFC).",
		Source: "Unicode Standard Annex 15 (NFC, NFD); SCORM 2004 CAM 3.4 (files of a resource)"})
	fromRoot = define(Rule{ID: "page-from-host-root", Area: Outside, Severity: Warning, Criterion: "manifest_resolves",
		Title:  "A page looks for its scripts or frames at the host’s root",
		Why:    "Hosts put each package into a folder of its own, and an address that begins with “/” leads past it. Nothing is found there, and learners may see an empty page.",
		Fix:    "Have the module built with addresses that count from its page: most tools that build web pages have a setting for their base, which is then ./ in place of /.",
		Source: "RFC 3986, 4.2 (a path that begins with a slash); SCORM CAM, “Resource” (references are relative to the package)"})
	frameMissing = define(Rule{ID: "page-frame-missing", Area: Outside, Severity: Warning, Criterion: "manifest_resolves",
		Title:  "The launched page shows or leads to a page that isn’t there",
		Why:    "Learners see an empty frame or an error in place of the module.",
		Fix:    "Put the page that is named into the package, or correct the address in the launched page.",
		Source: "HTML, “The iframe element” and “meta, refresh”; SCORM 2004 CAM 3.4 (files of a resource)"})
)

// oddRules are those of a file that is launched, and of one that lies about.
var oddRules = map[string][2]*Rule{
	flashKind: {flashLaunched, flashFile}, serverKind: {serverLaunched, serverFile}, runKind: {runLaunched, runFile},
}

// outside judges what a browser or a host won't take, and what leads outside.
func (c *checker) outside() {
	launched := map[string]bool{}
	for _, u := range c.units {
		launched[u.file] = true
	}
	for _, o := range c.odd {
		rules := oddRules[o.kind]
		if launched[o.path] {
			c.add(rules[0], in(o.path), "The launched file %s is %s.", quoted(o.path), o.kind)
		} else {
			c.add(rules[1], in(o.path), "The file %s is %s.", quoted(o.path), o.kind)
		}
	}
	a := &addresses{checker: c, by: map[address]*group{}}
	for _, p := range c.sortedTexts() {
		a.text(p)
	}
	a.documents()
	a.tell()
}

// address is one kind of use of one host; findings are told once for each.
type address struct {
	rule *Rule
	host string
}

type group struct {
	first place
	count int
}

type addresses struct {
	*checker
	by     map[address]*group
	order  []address
	rooted rooted
}

// rooted are the pages that look for a file of the package at the host's root.
type rooted struct {
	group
	asked, file string // by the first of them
}

func (a *addresses) text(p string) {
	t := a.texts[p]
	missing := map[string]bool{}
	sought := false
	for _, r := range t.Refs {
		if r.How == webpage.AsLiteral {
			continue
		}
		to := resolve(p, r.URL)
		at := place{p, r.Pos}
		switch {
		case to.Outside != "":
			a.leads(at, r, to.Outside)
		case a.isRooted(p, r):
			if file := a.meant(p, to.Path); file != "" && !sought {
				sought = true
				if a.rooted.count++; a.rooted.count == 1 {
					a.rooted.first, a.rooted.asked, a.rooted.file = at, "/"+to.Path, file
				}
			}
		case a.isMissing(p, r, to) && !missing[to.Path]:
			missing[to.Path] = true
			a.missing(p, r, at, to.Path)
		}
	}
}

// missing tells of a file that a page refers to and that isn't there by this
// name. Scripts stay away from pages that work without them; what a launched page
// shows in a frame, or leads to by itself, is the module.
func (a *addresses) missing(p string, r webpage.Ref, at place, path string) {
	other, _ := a.entry(path)
	launched := slices.ContainsFunc(a.units, func(u *unit) bool { return u.file == p })
	switch {
	case other != nil && (r.How == webpage.AsScript || r.How == webpage.AsFrame) && byAccents(path, other):
		a.add(pageAccents, at, "The page loads %s; the accents in the name of that file are written in another way.", quoted(decoded(path)))
	case other != nil && (r.How == webpage.AsScript || r.How == webpage.AsFrame):
		a.add(pageCase, at, "The page loads %s; in the package it is %s.", quoted(decoded(path)), quoted(other.Path))
	case other == nil && r.How == webpage.AsFrame && launched:
		a.add(frameMissing, at, "The page shows %s, which isn’t there.", quoted(decoded(path)))
	case !a.absent[decoded(path)]: // else it was said of the manifest
		a.add(pageMissing, at, "The page refers to %s, which isn’t there.", quoted(decoded(path)))
	}
}

// isRooted tells whether a page that a unit leads to needs something from the
// host's root. A plain site may have a host of its own, and be at home there.
func (a *addresses) isRooted(p string, r webpage.Ref) bool {
	return !r.Kept && a.reached[p] && a.texts[p].Kind == webpage.HTML && a.report.Kind != Site &&
		(r.How == webpage.AsScript || r.How == webpage.AsFrame) && strings.HasPrefix(r.URL, "/")
}

// meant gives the file of the package that an address from the host's root was
// written for: builders put the path before it that the module was to be served
// at. What isn't the package's may well be the host's.
func (a *addresses) meant(p, path string) string {
	for rest := path; ; {
		for _, base := range []string{"", folderOf(p)} {
			if e, exact := a.entry(base + rest); exact {
				return e.Path
			}
		}
		_, after, more := strings.Cut(rest, "/")
		if !more {
			return ""
		}
		rest = after
	}
}

// isMissing tells whether a page that a unit leads to names a file that isn't
// in the package. What scripts put together, what templates leave open, and
// addresses from the host's root are nobody's mistake.
func (a *addresses) isMissing(p string, r webpage.Ref, to target) bool {
	if r.Kept || !a.reached[p] || a.texts[p].Kind != webpage.HTML || to.Path == "" || to.Leaves || strings.HasPrefix(r.URL, "/") {
		return false
	}
	switch r.How {
	case webpage.AsScript, webpage.AsStyle, webpage.AsFrame, webpage.AsImage, webpage.AsMedia, webpage.AsTrack:
	default:
		return false
	}
	if strings.ContainsAny(r.URL, "{}<>$|'\"+[]") || strings.Contains(r.URL, "%%") || strings.HasSuffix(to.Path, "/") {
		return false
	}
	e, exact := a.entry(to.Path)
	return e == nil || !exact
}

func (a *addresses) leads(at place, r webpage.Ref, to string) {
	u, err := url.Parse(strings.TrimSpace(to))
	if err != nil {
		return
	}
	host := strings.ToLower(u.Hostname())
	if host == "" || !strings.Contains(host, ".") || host == "127.0.0.1" || strings.ContainsAny(host, "{}$<>") {
		return
	}
	var rule *Rule
	switch scheme := strings.ToLower(u.Scheme); {
	case scheme != "http" && scheme != "https" && scheme != "" && scheme != "ws" && scheme != "wss":
		return
	case r.How == webpage.AsLink:
		if scheme == "http" {
			rule = insecureLink
		}
	case (scheme == "http" || scheme == "ws") && (a.reached[at.path] || len(a.reached) == 0):
		rule = insecureLoad
	default:
		rule = outsideLoad
	}
	if len(a.report.Facts.OutsideHosts) < 5000 {
		a.report.Facts.OutsideHosts = append(a.report.Facts.OutsideHosts, short(host))
	}
	if rule == nil {
		return
	}
	key := address{rule, host}
	if a.by[key] == nil {
		a.by[key] = &group{first: at}
		a.order = append(a.order, key)
	}
	a.by[key].count++
}

func (a *addresses) tell() {
	switch r := a.rooted; r.count {
	case 0:
	case 1:
		a.add(fromRoot, r.first, "The page loads %s from the host’s root; in the package it is %s.", quoted(r.asked), quoted(r.file))
	default: // what is built together is addressed in one way
		a.add(fromRoot, r.first, "The page loads %s from the host’s root; in the package it is %s (%d pages do so; this is the first).", quoted(r.asked), quoted(r.file), r.count)
	}
	within := "package"
	if a.report.Kind == PDF || a.report.Kind == Office {
		within = "document"
	}
	for _, key := range a.order {
		g := a.by[key]
		what := "loaded from"
		if key.rule == insecureLink {
			what = "linked to at"
		}
		a.add(key.rule, g.first, "Something is %s %s (%d in the %s; this is the first).", what, short(key.host), g.count, within)
	}
}
