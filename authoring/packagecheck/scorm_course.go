package packagecheck

import (
	"regexp"
	"slices"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

var (
	scormDuplicate = define(Rule{ID: "scorm-identifier-twice", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "An identifier is there twice",
		Why:    "A host keeps results and finds files by identifier; with the same one twice, it mixes them up or refuses the package.",
		Fix:    "Give each organization, item and resource an identifier of its own, and correct what refers to them.",
		Source: cam + ", identifier (xs:ID)"})
	scormShared = define(Rule{ID: "scorm-identifier-shared", Area: Manifest, Severity: Advice, Criterion: "manifest_valid",
		Title:  "Things of two kinds share an identifier",
		Why:    "The standard asks for identifiers that are unique in the whole manifest. Most hosts don’t mind.",
		Fix:    "Give one of the two another identifier, and correct what refers to it.",
		Source: cam + ", identifier (xs:ID)"})
	scormNoIdentifier = define(Rule{ID: "scorm-identifier-missing", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "An identifier is missing",
		Why:    "The standard requires it, and a host needs it to keep a learner’s results.",
		Fix:    "Give the element that is named an identifier that no other has.",
		Source: cam + ", identifier"})
	scormDefault = define(Rule{ID: "scorm-default-missing", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "The default organization doesn’t exist",
		Why:    "A host opens the course with the organization that is named as the default, and there is none of that name.",
		Fix:    "Set the attribute “default” of <organizations> to the identifier of the organization that learners should get.",
		Source: cam + ", <organizations> (default)"})
	scormNoDefault = define(Rule{ID: "scorm-default-unclear", Area: Manifest, Severity: Warning, Criterion: "manifest_resolves",
		Title:  "None of several organizations is the default",
		Why:    "Each host chooses for itself which of them learners get.",
		Fix:    "Set the attribute “default” of <organizations> to the identifier of the organization that learners should get.",
		Source: cam + ", <organizations> (default)"})
	scormNoTitle = define(Rule{ID: "scorm-title-missing", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "A title is missing",
		Why:    "Learners see these titles in the host’s menu; without one, there is an empty line or a technical name.",
		Fix:    "Put a <title> into the organization or item that is named.",
		Source: cam + ", <title>"})
)

// course is a SCORM manifest while it is looked at.
type course struct {
	*checker
	path      string
	root      *markup.Element
	v2004     bool
	manifests []*markup.Element // the root, and those within
	orgs      []*markup.Element // of all manifests, as all below
	items     []*markup.Element // of all organizations, in the order of the manifest
	resources []*resource
	byID      map[string]*resource
	inner     map[string]*markup.Element          // manifests within, by their identifiers
	chosen    map[*markup.Element]*markup.Element // the default organization of each manifest that has any
	shown     map[*markup.Element]bool            // organizations that learners get
	paths     []string                            // of all files, sorted
	told      map[string]bool                     // paths that a finding was said about
	slashed   []slashed                           // paths with backslashes
	unlisted  []*resource                         // launch something that isn't among their files
	dead      bool                                // a finding says why something can't be launched
}

// scorm judges a manifest of SCORM, whichever version.
func (c *checker) scorm(doc *markup.Document, path string) {
	s := &course{checker: c, path: path, root: doc.Root, v2004: c.report.Kind == SCORM2004,
		byID: map[string]*resource{}, inner: map[string]*markup.Element{}, chosen: map[*markup.Element]*markup.Element{},
		shown: map[*markup.Element]bool{}, told: map[string]bool{}}
	for _, e := range c.arc.Entries {
		s.paths = append(s.paths, e.Path)
	}
	slices.Sort(s.paths)
	s.collect(s.root)
	s.identifiers()
	s.chooseOrganizations()
	s.titles()
	s.languages()
	s.refer()
	s.judgeResources()
	s.launchable()
	s.locations()
	if s.v2004 {
		s.scorm2004()
	} else {
		s.scorm12()
	}
}

func (s *course) at(e *markup.Element) place { return place{s.path, e.Pos} }

// collect lists what a manifest and those within it declare.
func (s *course) collect(manifest *markup.Element) {
	s.manifests = append(s.manifests, manifest)
	if list := manifest.Child("organizations"); list != nil {
		for _, org := range list.All("organization") {
			s.orgs = append(s.orgs, org)
			s.below(org)
		}
	}
	if list := manifest.Child("resources"); list != nil {
		for _, e := range list.All("resource") {
			r := s.newResource(e)
			s.resources = append(s.resources, r)
			if _, taken := s.byID[r.id]; !taken && r.id != "" {
				s.byID[r.id] = r
			}
		}
	}
	for _, m := range manifest.All("manifest") {
		if id := identifier(m); id != "" && s.inner[id] == nil {
			s.inner[id] = m
		}
		s.collect(m)
	}
}

func (s *course) below(e *markup.Element) {
	for _, item := range e.All("item") {
		s.items = append(s.items, item)
		s.below(item)
	}
}

// attr is an attribute's value without the white space around it.
func attr(e *markup.Element, name string) string {
	value, _ := e.Attr(name)
	return strings.TrimSpace(value)
}

func identifier(e *markup.Element) string { return attr(e, "identifier") }

// identifiers looks whether each is there, and there once.
func (s *course) identifiers() {
	first := map[string]*markup.Element{}
	look := func(e *markup.Element) {
		id := identifier(e)
		if id == "" {
			s.add(scormNoIdentifier, s.at(e), "The <%s> has no identifier.", clip(e.Name, 80))
			return
		}
		other, taken := first[id]
		switch {
		case !taken:
			first[id] = e
		case other.Name == e.Name:
			s.add(scormDuplicate, s.at(e), "The identifier %s of this <%s> is that of the <%s> in line %d, too.", quoted(id), e.Name, other.Name, other.Pos.Line)
		default:
			s.add(scormShared, s.at(e), "The identifier %s of this <%s> is that of the <%s> in line %d, too.", quoted(id), e.Name, other.Name, other.Pos.Line)
		}
	}
	for _, m := range s.manifests {
		look(m)
	}
	for _, org := range s.orgs {
		look(org)
	}
	for _, item := range s.items {
		look(item)
	}
	// Two resources may each share an identifier with an item, and be twice for
	// that; so they are looked at by themselves first.
	resources := map[string]*markup.Element{}
	for _, r := range s.resources {
		if other, taken := resources[r.id]; taken && r.id != "" {
			s.add(scormDuplicate, s.at(r.e), "The identifier %s of this <resource> is that of the <resource> in line %d, too.", quoted(r.id), other.Pos.Line)
			continue
		}
		resources[r.id] = r.e
		look(r.e)
	}
}

// chooseOrganizations finds what learners get: the default organization, and
// those of manifests within that its items open as a whole.
func (s *course) chooseOrganizations() {
	for _, m := range s.manifests {
		if list := m.Child("organizations"); list != nil {
			s.chosen[m] = s.choose(list)
		}
	}
	s.show(s.chosen[s.root])
}

func (s *course) choose(list *markup.Element) *markup.Element {
	orgs := list.All("organization")
	if len(orgs) == 0 {
		return nil
	}
	wanted := attr(list, "default")
	if wanted == "" {
		if len(orgs) > 1 {
			s.add(scormNoDefault, s.at(list), "There are %d organizations, and none of them is the default.", len(orgs))
		}
		return orgs[0]
	}
	for _, org := range orgs {
		if identifier(org) == wanted {
			return org
		}
	}
	s.add(scormDefault, s.at(list), "The default organization %s isn’t declared.", quoted(wanted))
	return orgs[0]
}

func (s *course) show(org *markup.Element) {
	if org == nil || s.shown[org] {
		return
	}
	s.shown[org] = true
	org.Walk(func(e *markup.Element) bool {
		if m := s.inner[attr(e, "identifierref")]; e.Name == "item" && m != nil {
			s.show(s.chosen[m])
		}
		return true
	})
}

// title is an element's own, on one line.
func title(e *markup.Element) string {
	if t := e.Child("title"); t != nil {
		return clip(strings.Join(strings.Fields(t.Text), " "), 200)
	}
	return ""
}

func (s *course) titles() {
	if org := s.chosen[s.root]; org != nil {
		s.report.Facts.Title = title(org)
	}
	for _, org := range s.orgs {
		if title(org) == "" {
			s.add(scormNoTitle, s.at(org), "The organization %s has no title.", quoted(identifier(org)))
		}
	}
	for _, item := range s.items {
		if title(item) == "" && visible(item) {
			s.add(scormNoTitle, s.at(item), "The item %s has no title.", quoted(identifier(item)))
		}
	}
}

func visible(item *markup.Element) bool {
	v := strings.ToLower(attr(item, "isvisible"))
	return v != "false" && v != "0"
}

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}$`)

// languages takes what the metadata says that the course is in.
func (s *course) languages() {
	metadata := s.root.Child("metadata")
	if metadata == nil {
		return
	}
	metadata.Walk(func(e *markup.Element) bool {
		if e.Name == "language" && e.Parent.Name == "general" && languageTag.MatchString(e.Text) {
			s.report.Facts.Languages = append(s.report.Facts.Languages, e.Text)
		}
		return len(s.report.Facts.Languages) < 100
	})
}
