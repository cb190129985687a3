package packagecheck

import (
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

var (
	scormTypeSpelling = define(Rule{ID: "scorm-type-spelling", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "scormType isn’t spelt as this version has it",
		Why:    "The attribute is adlcp:scormtype in SCORM 1.2 and adlcp:scormType in SCORM 2004. Strict hosts overlook any other, and then don’t track the module.",
		Fix:    "Write the attribute as the version of the manifest spells it, with the prefix of its namespace.",
		Source: cam + ", <resource> (adlcp:scormtype / adlcp:scormType)"})
	scormTypeValue = define(Rule{ID: "scorm-type-value", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "A resource is neither “sco” nor “asset”",
		Why:    "The host can’t know whether the page reports to it.",
		Fix:    "Set the attribute to “sco” where the page reports to the host, else to “asset”, in small letters.",
		Source: cam + ", <resource> (adlcp:scormtype / adlcp:scormType)"})
	scormTypeMissing = define(Rule{ID: "scorm-type-missing", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "A launched resource doesn’t say whether it is a SCO",
		Why:    "The host can’t know whether the page reports to it; most take it for one that doesn’t.",
		Fix:    "Give the <resource> the attribute adlcp:scormtype (SCORM 1.2) or adlcp:scormType (SCORM 2004), “sco” or “asset”.",
		Source: cam + ", <resource> (adlcp:scormtype / adlcp:scormType)"})
)

// scormType gives what a resource says that it is, however the attribute is
// spelt, and the attribute; nil where there is none.
func (s *course) scormType(e *markup.Element) (value string, found *markup.Attr) {
	for i, a := range e.Attrs {
		if a.Space != "xmlns" && strings.EqualFold(a.Name, "scormtype") {
			return strings.TrimSpace(a.Value), &e.Attrs[i]
		}
	}
	return "", nil
}

// judgeType looks at the attribute of a resource that is launched.
func (s *course) judgeType(r *resource) {
	name, space := "scormtype", adlcp12
	if s.v2004 {
		name, space = "scormType", adlcp2004
	}
	value, a := s.scormType(r.e)
	switch {
	case a == nil:
		s.add(scormTypeMissing, s.at(r.e), "The resource %s is launched, and has no adlcp:%s.", quoted(r.id), name)
		return
	case a.Name != name:
		s.add(scormTypeSpelling, s.at(r.e), "The resource %s has %s where this version has adlcp:%s.", quoted(r.id), quoted(a.Name), name)
	case !strings.EqualFold(a.Space, space):
		s.add(scormTypeSpelling, s.at(r.e), "The attribute %s of the resource %s is not in the namespace %s.", name, quoted(r.id), space)
	}
	if value != "sco" && value != "asset" {
		s.add(scormTypeValue, s.at(r.e), "The resource %s is declared as %s.", quoted(r.id), quoted(value))
	}
}
