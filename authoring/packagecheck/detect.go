package packagecheck

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/office"
)

var (
	manifestMissing = define(Rule{ID: "manifest-missing", Area: Manifest, Severity: Error, Criterion: "one_manifest",
		Title:  "There is no known manifest",
		Why:    "A host finds the course through its manifest at the root of the zip file, and can do nothing without.",
		Fix:    "Export the module as SCORM, cmi5 or xAPI, and upload that zip file as it is. A plain web site needs an index.html at the root.",
		Source: "SCORM 1.2 CAM 2.3 and SCORM 2004 CAM 3.4 (imsmanifest.xml at the root); cmi5 14.1.0.0-2"})
	manifestCase = define(Rule{ID: "manifest-name-case", Area: Manifest, Severity: Error, Criterion: "one_manifest",
		Title:  "The manifest’s name has the wrong small or capital letters",
		Why:    "Hosts look for the exact name, and don’t find another.",
		Fix:    "Rename the manifest to exactly the name that is given, and pack the folder again.",
		Source: "SCORM 2004 CAM 3.4 (imsmanifest.xml); cmi5 14.1.0.0-2 (cmi5.xml)"})
	manifestRenamed = define(Rule{ID: "manifest-renamed", Area: Manifest, Severity: Error, Criterion: "one_manifest",
		Title:  "The manifest has another name than hosts look for",
		Why:    "Hosts look for the exact name. Browsers, editors and copying add to names, often where Windows doesn’t show it.",
		Fix:    "Rename the manifest to exactly the name that is given (switch on “File name extensions” in Windows first), and pack the folder again.",
		Source: "SCORM 2004 CAM 3.4 (imsmanifest.xml); cmi5 14.1.0.0-2 (cmi5.xml)"})
	manifestSeveral = define(Rule{ID: "manifest-several", Area: Manifest, Severity: Warning, Criterion: "one_manifest",
		Title:  "There are manifests of several standards",
		Why:    "One host may take one of them and another host the other, so learners may get courses that report differently.",
		Fix:    "Export the module for one standard alone, into an empty folder.",
		Source: "SCORM 2004 CAM 3.4; cmi5 14.1 (each knows one manifest at the root)"})
	manifestInFolder = define(Rule{ID: "manifest-in-folder", Area: Manifest, Severity: Error, Criterion: "one_manifest",
		Title:  "The manifest is in a folder, not at the root",
		Why:    "Hosts look for it at the root of the zip file alone. Mostly the folder was packed rather than what is in it.",
		Fix:    "Open the folder, select everything in it, and make the zip file of that: zip its contents, not the folder.",
		Source: "SCORM 1.2 CAM 2.3 and SCORM 2004 CAM 3.4 (imsmanifest.xml at the root); cmi5 14.1.0.0-2"})
	manifestInArchive = define(Rule{ID: "manifest-in-archive", Area: Manifest, Severity: Error, Criterion: "one_manifest",
		Title:  "The real package is a zip file inside of the zip file",
		Why:    "Hosts don’t open a zip file within another, so they find no manifest.",
		Fix:    "Unpack the outer file, and upload the inner one that is named.",
		Source: "SCORM 1.2 CAM 2.3 and SCORM 2004 CAM 3.4 (imsmanifest.xml at the root); cmi5 14.1.0.0-2"})
	manifestAlone = define(Rule{ID: "manifest-alone", Area: Manifest, Severity: Error, Criterion: "one_manifest",
		Title:  "The manifest was uploaded without its package",
		Why:    "It only names the module’s files; they aren’t there.",
		Fix:    "Upload the zip file that the authoring tool made, with the manifest in it.",
		Source: "SCORM CAM 2.3 (PIF); xAPI launch packages (Rustici Software, “Tin Can launch”)"})
	manifestDeeper = define(Rule{ID: "manifest-beside-site", Area: Manifest, Severity: Advice, Criterion: "one_manifest",
		Title:  "A manifest is in a folder of a plain site",
		Why:    "The package is a plain site to a host, which doesn’t look into folders for a course.",
		Fix:    "If the course in the folder is what you mean to publish, upload that by itself.",
		Source: "SCORM 2004 CAM 3.4 (imsmanifest.xml at the root)"})
)

// form is what a file at the root says that the package is, the more telling
// first.
type form int

const (
	formIMS form = iota // SCORM of any edition, and what else IMS packages
	formCMI5
	formXAPI
	formH5P
	formAICC
	formOffice
	formSite
)

// course tells whether it is a manifest of a course; Office files and sites have none.
func (f form) course() bool { return f < formOffice }

var formNames = map[string]form{
	"imsmanifest.xml": formIMS, "cmi5.xml": formCMI5, "tincan.xml": formXAPI, "h5p.json": formH5P,
	"[content_types].xml": formOffice, "index.html": formSite, "index.htm": formSite,
}

// claim is a file that says what the folder that it lies in is.
type claim struct {
	form  form
	entry *archive.Entry
}

// name is the exact one that hosts look for.
func (c claim) name() string {
	if c.form.course() && c.form != formAICC {
		return strings.ToLower(path.Base(c.entry.Path))
	}
	return path.Base(c.entry.Path)
}

// manifestNames are those of manifests that are known by their names alone.
var manifestNames = map[form]string{formIMS: "imsmanifest.xml", formCMI5: "cmi5.xml", formXAPI: "tincan.xml", formH5P: "h5p.json"}

// renames is what people and their programs make of a name: “Copy of x”, “x (1)”,
// “x - Copy”, a second ending, and a space in it.
var renames = regexp.MustCompile(`^(?:copy of )?(imsmanifest|cmi5|tincan|h5p)(?: ?- ?copy)?(?: ?\(\d+\))? ?\.(xml|json)(?:\.(?:xml|json|txt))?$`)

// renamed finds a manifest at the root that hosts don’t know by its name.
func renamed(entries []*archive.Entry) (claim, bool) {
	for _, f := range []form{formIMS, formCMI5, formXAPI, formH5P} {
		for _, e := range entries {
			if m := renames.FindStringSubmatch(strings.ToLower(e.Path)); m != nil && m[1]+"."+m[2] == manifestNames[f] {
				return claim{f, e}, true
			}
		}
	}
	return claim{}, false
}

// claims lists by folder ("" for the root) what its files say that it is, one
// claim of each form, in the order of forms.
func claims(entries []*archive.Entry) map[string][]claim {
	found := map[string][]claim{}
	units := map[string]bool{} // folders with an AICC file that goes with a .crs
	for _, e := range entries {
		dir, base := path.Split(e.Path)
		dir = strings.TrimSuffix(dir, "/")
		if strings.HasPrefix(dir, "__MACOSX") {
			continue
		}
		base = strings.ToLower(base)
		switch f, known := formNames[base]; {
		case known:
			found[dir] = append(found[dir], claim{f, e})
		case path.Ext(base) == ".crs":
			found[dir] = append(found[dir], claim{formAICC, e})
		case path.Ext(base) == ".au", path.Ext(base) == ".des", path.Ext(base) == ".cst":
			units[dir] = true
		}
	}
	for dir, list := range found {
		if !units[dir] {
			list = slices.DeleteFunc(list, func(c claim) bool { return c.form == formAICC })
		}
		slices.SortFunc(list, func(a, b claim) int {
			return cmp.Or(cmp.Compare(a.form, b.form), a.misspelt()-b.misspelt(), cmp.Compare(a.entry.Path, b.entry.Path))
		})
		list = slices.CompactFunc(list, func(a, b claim) bool { return a.form == b.form })
		if found[dir] = list; len(list) == 0 {
			delete(found, dir)
		}
	}
	return found
}

// courseless gives the table of units of an AICC course at the root whose .crs
// file is missing: the other three lie nowhere but in such a course.
func courseless(entries []*archive.Entry) *archive.Entry {
	found := map[string]*archive.Entry{}
	for _, e := range entries {
		if !strings.Contains(e.Path, "/") {
			found[strings.ToLower(path.Ext(e.Path))] = e
		}
	}
	if found[".crs"] != nil || found[".des"] == nil || found[".cst"] == nil {
		return nil
	}
	return found[".au"]
}

// misspelt is 1 where the name isn't exactly the one that hosts look for.
func (c claim) misspelt() int {
	if path.Base(c.entry.Path) != c.name() {
		return 1
	}
	return 0
}

// manifest finds what kind of package this is by what lies at its root, and has
// its manifest judged.
func (c *checker) manifest() error {
	if len(c.arc.Entries) == 0 {
		return nil // nothing can be read, which was said already
	}
	if edition, err := office.OpenDocumentType(c.ctx, c.arc); edition != "" || err != nil {
		return c.openDocument(edition, err)
	}
	all := claims(c.arc.Entries)
	root := all[""]
	if len(root) == 0 || root[0].form == formSite {
		if r, found := renamed(c.arc.Entries); found {
			c.add(manifestRenamed, in(r.entry.Path), "The manifest is called %s; hosts look for %s.", clip(r.entry.Path, 80), manifestNames[r.form])
			return c.dispatch(r)
		}
		if e := courseless(c.arc.Entries); e != nil {
			c.report.Kind = AICC
			c.add(aiccFileMissing, in(e.Path), "There is no .crs file beside %s (AICC CMI001).", short(e.Path))
			return nil
		}
	}
	if len(root) == 0 {
		return c.noManifest(all)
	}
	taken := root[0]
	name := taken.name()
	if taken.misspelt() == 1 {
		c.add(manifestCase, in(taken.entry.Path), "The manifest is called %s; hosts look for %s.", path.Base(taken.entry.Path), name)
	}
	var others []string
	for _, other := range root[1:] {
		// A course plays content of H5P from the folder that its h5p.json lies in,
		// and no host looks for one beside another manifest.
		if other.form.course() && other.form != formH5P {
			others = append(others, clip(other.entry.Path, 80))
		}
	}
	if len(others) > 0 {
		c.add(manifestSeveral, in(taken.entry.Path), "Beside %s there is %s; this report is about %s.", clip(name, 80), strings.Join(others, " and "), clip(name, 80))
	}
	if taken.form == formSite {
		c.deeper(all)
	}
	return c.dispatch(taken)
}

// dispatch has a manifest judged by those who know its standard.
func (c *checker) dispatch(taken claim) error {
	e := taken.entry
	if taken.form.course() {
		c.report.Facts.Manifest = e.Path
	}
	c.report.Kind = taken.form.kind()
	switch taken.form {
	case formIMS:
		return c.imsManifest(e)
	case formCMI5, formXAPI:
		doc, err := c.parse(e)
		switch {
		case doc == nil:
			return err
		case taken.form == formCMI5:
			c.cmi5(doc, e.Path)
		default:
			c.xapi(doc, e.Path)
		}
		return nil
	case formH5P:
		return c.h5p(e)
	case formAICC:
		return c.aicc(e)
	case formOffice:
		return c.office(e)
	}
	c.site(e)
	return nil
}

var formKinds = map[form]Kind{formCMI5: CMI5, formXAPI: XAPI, formH5P: H5P, formAICC: AICC, formOffice: Office, formSite: Site}

// kind is the report's; which SCORM it is, only the manifest's inside tells.
func (f form) kind() Kind { return cmp.Or(formKinds[f], Unknown) }
