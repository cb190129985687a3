package packagecheck

import (
	"bytes"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

// Namespaces of SCORM's manifests.
const (
	adlcp12   = "http://www.adlnet.org/xsd/adlcp_rootv1p2"
	adlcp2004 = "http://www.adlnet.org/xsd/adlcp_v1p3"
	adlseq    = "http://www.adlnet.org/xsd/adlseq_v1p3"
	imsss     = "http://www.imsglobal.org/xsd/imsss"
	imscp12   = "http://www.imsproject.org/xsd/imscp_rootv1p1p2"
)

const cam = "SCORM 1.2 CAM 2.3 and SCORM 2004 CAM 3.4"

var (
	imsNotSCORM = define(Rule{ID: "ims-not-scorm", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "It is an IMS package without SCORM",
		Why:    "Its manifest has nothing of SCORM, so neither host can launch it as a course or track it.",
		Fix:    "Export the module as SCORM 1.2 or SCORM 2004 from the tool that made it.",
		Source: "SCORM 1.2 CAM 2.3; SCORM 2004 CAM 3.4.1 (the ADL namespaces of a manifest)"})
	scormRoot = define(Rule{ID: "scorm-root-element", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "imsmanifest.xml is no manifest",
		Why:    "A host expects the element <manifest> there, and refuses anything else.",
		Fix:    "Export the package again; imsmanifest.xml was overwritten by another file.",
		Source: cam + ", <manifest>"})
	scormConflict = define(Rule{ID: "scorm-version-conflict", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "The manifest claims two versions of SCORM",
		Why:    "One host may go by the namespace and another by the declared version, and give the course an interface that it doesn’t look for.",
		Fix:    "Export the module again for one version, or make <schemaversion> agree with the namespace.",
		Source: cam + ", <schemaversion>"})
	scormNoVersion = define(Rule{ID: "scorm-edition-unclear", Area: Manifest, Severity: Advice, Criterion: "manifest_valid",
		Title:  "The manifest does not say which edition of SCORM it follows",
		Why:    "The standard asks for it, and hosts that need it have to guess.",
		Fix:    "Put <schema>ADL SCORM</schema> and <schemaversion> with the edition into the manifest’s <metadata>.",
		Source: cam + ", <schemaversion>"})
)

// imsManifest judges an imsmanifest.xml.
func (c *checker) imsManifest(e *archive.Entry) error {
	doc, err := c.parse(e)
	if err != nil {
		return err
	}
	if doc == nil {
		return c.glimpse(e)
	}
	if doc.Root.Name != "manifest" {
		c.add(scormRoot, place{e.Path, doc.Root.Pos}, "The first element of %s is <%s>, not <manifest>.", clip(e.Path, 80), clip(doc.Root.Name, 80))
		return nil
	}
	v := editionOf(doc.Root)
	c.report.Kind, c.report.Edition = v.kind, v.edition
	at := place{e.Path, doc.Root.Pos}
	if m := v.declaredAt; m != nil {
		at.pos = m.Pos
	}
	switch {
	case v.kind == Unknown:
		c.add(imsNotSCORM, at, "The manifest is that of %s, and says nothing of SCORM.", v.other)
		return nil
	case v.conflict != "":
		c.add(scormConflict, at, "%s This report takes it for %s.", v.conflict, v)
	case v.unclear:
		said := "There is no <schemaversion>"
		if v.declaredAt != nil {
			said = "<schemaversion> is " + quoted(v.declared)
		}
		c.add(scormNoVersion, at, "%s; by its content this is %s.", said, v)
	}
	c.scorm(doc, e.Path)
	return nil
}

// glimpse takes the version from the text of a manifest that can't be parsed.
func (c *checker) glimpse(e *archive.Entry) error {
	if e.Size > markup.MaxSize {
		return nil
	}
	data, _, err := e.ReadAll(c.ctx, markup.MaxSize)
	switch {
	case err != nil:
		return c.ctx.Err() // damaged, which was said already
	case bytes.Contains(data, []byte(adlcp12)):
		c.report.Kind, c.report.Edition = SCORM12, "1.2"
	case bytes.Contains(data, []byte(adlcp2004)):
		c.report.Kind = SCORM2004
	}
	return nil
}

// edition is which SCORM a manifest is.
type edition struct {
	kind       Kind
	edition    string
	declared   string          // <schemaversion>, as written
	declaredAt *markup.Element // nil where there is none
	unclear    bool            // the edition was not declared
	conflict   string          // a sentence, where claims disagree
	other      string          // what it is where it is no SCORM
}

func (v edition) String() string {
	if v.kind == SCORM12 {
		return "SCORM 1.2"
	}
	return "SCORM 2004 " + v.edition
}

// editionOf goes by the namespace first, by the declared version where that says
// nothing, and by what only one version has at last.
func editionOf(root *markup.Element) edition {
	v := edition{kind: Unknown, other: "an IMS content package"}
	schema := ""
	if m := root.Child("metadata"); m != nil {
		if s := m.Child("schema"); s != nil {
			schema = strings.ToLower(s.Text)
		}
		if s := m.Child("schemaversion"); s != nil {
			v.declared, v.declaredAt = s.Text, s
		}
	}
	if strings.Contains(schema, "common cartridge") || strings.Contains(strings.ToLower(root.Space), "/imsccv1p") {
		v.other = "an IMS Common Cartridge"
	}
	var declaredKind Kind
	if schema == "" || strings.Contains(schema, "scorm") || strings.HasPrefix(schema, "adl") {
		declaredKind, v.edition = declaredEdition(v.declared)
	}
	seen := namespacesOf(root)
	switch {
	case seen.scorm12 && seen.scorm2004:
		v.kind = declaredKind
		if v.kind == "" {
			v.kind = SCORM2004
		}
		v.conflict = "The manifest uses the namespaces of SCORM 1.2 and of SCORM 2004 side by side."
	case seen.scorm12:
		v.kind = SCORM12
	case seen.scorm2004:
		v.kind = SCORM2004
	case declaredKind != "" && (strings.Contains(schema, "scorm") || seen.scormType):
		v.kind = declaredKind
	case seen.scormType && root.Space == imscp12:
		v.kind = SCORM12
	case seen.scormType:
		v.kind = SCORM2004
	default:
		v.edition = ""
		return v
	}
	if declaredKind != "" && declaredKind != v.kind && v.conflict == "" {
		v.conflict = "The manifest’s namespace is that of one version of SCORM, and <schemaversion> is " + quoted(v.declared) + "."
		v.edition = ""
	}
	v.unclear = v.edition == ""
	switch {
	case v.kind == SCORM12:
		v.edition = "1.2"
	case v.edition != "":
	case seen.fourth:
		v.edition = "4th edition"
	default:
		v.edition = "3rd edition"
	}
	return v
}

// declaredEdition reads a <schemaversion>. "CAM 1.3" is the 2nd edition's.
func declaredEdition(text string) (Kind, string) {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	for _, known := range []struct {
		part    string
		kind    Kind
		edition string
	}{
		{"2nd", SCORM2004, "2nd edition"},
		{"3rd", SCORM2004, "3rd edition"},
		{"4th", SCORM2004, "4th edition"},
		{"2004", SCORM2004, ""},
		{"1.3", SCORM2004, "2nd edition"},
		{"1.2", SCORM12, "1.2"},
	} {
		if strings.Contains(text, known.part) {
			return known.kind, known.edition
		}
	}
	return "", ""
}

// namespaces is what a manifest uses of SCORM, or declares where it uses none.
type namespaces struct {
	scorm12, scorm2004 bool
	scormType          bool // an attribute of that name, in whatever namespace
	fourth             bool // something that only the 4th edition has
}

func namespacesOf(root *markup.Element) namespaces {
	var used, declared namespaces
	mark := func(n *namespaces, space string) {
		n.scorm12 = n.scorm12 || strings.EqualFold(space, adlcp12)
		n.scorm2004 = n.scorm2004 || strings.EqualFold(space, adlcp2004)
	}
	root.Walk(func(e *markup.Element) bool {
		mark(&used, e.Space)
		fourth := e.Space == adlcp2004 && e.Name == "data" || e.Space == adlseq && e.Name == "objectives"
		for _, a := range e.Attrs {
			switch {
			case a.Space == "xmlns" || a.Space == "" && a.Name == "xmlns":
				mark(&declared, a.Value)
			default:
				mark(&used, a.Space)
			}
			used.scormType = used.scormType || strings.EqualFold(a.Name, "scormtype")
			fourth = fourth || a.Name == "sharedDataGlobalToSystem" || a.Name == "minProgressMeasure"
		}
		used.fourth = used.fourth || fourth
		return true
	})
	if !used.scorm12 && !used.scorm2004 {
		used.scorm12, used.scorm2004 = declared.scorm12, declared.scorm2004
		if used.scorm12 && used.scorm2004 { // both declared, neither used: that says nothing
			used.scorm12, used.scorm2004 = false, false
		}
	}
	return used
}
