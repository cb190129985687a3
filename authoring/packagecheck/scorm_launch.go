package packagecheck

import (
	"cmp"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

var (
	scormReference = define(Rule{ID: "scorm-item-unresolved", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "An item points at a resource that isn’t declared",
		Why:    "Learners see the item in the menu, and nothing opens when they choose it.",
		Fix:    "Declare the resource, or correct the item’s identifierref. Letters’ case counts.",
		Source: cam + ", <item> (identifierref)"})
	scormNoHref = define(Rule{ID: "scorm-launch-no-href", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "A resource that an item opens has no launch address",
		Why:    "The host doesn’t know which page to open.",
		Fix:    "Set the attribute href of the <resource> to the page that starts it.",
		Source: cam + ", <resource> (href)"})
	scormLaunch = define(Rule{ID: "scorm-launch-missing", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "The page that is launched isn’t in the package",
		Why:    "Learners get an error in place of the module.",
		Fix:    "Put the page into the package under the name that is given, or correct the href of the resource.",
		Source: cam + ", <resource> (href)"})
	scormLaunchCase = define(Rule{ID: "scorm-launch-case", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "The launched page’s name differs by small and capital letters",
		Why:    "Most hosts tell small letters from capitals, and don’t find the page.",
		Fix:    "Write the name in the manifest exactly as the file has it.",
		Source: cam + ", <resource> (href); RFC 3986, 6.2.2.1"})
	scormLaunchAccents = define(Rule{ID: "scorm-launch-accents", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "The launched page’s name has its accents written in another way",
		Why:    "“é” can be one letter, or an “e” with an accent after it, as macOS writes names. It looks the same, and most hosts don’t find the page.",
		Fix:    "Take the accents out of the name, in the manifest and of the file, or pack the folder with a tool that composes letters (NFC).",
		Source: cam + ", <resource> (href); Unicode Standard Annex 15 (NFC, NFD)"})
	scormLaunchRoot = define(Rule{ID: "scorm-launch-root", Area: Manifest, Severity: Warning, Criterion: "manifest_resolves",
		Title:  "The launch address begins at the root of the host",
		Why:    "Hosts keep each module in a folder of its own, and an address that begins with “/” leads past it. Some hosts take it for the root of the package all the same.",
		Fix:    "Take the “/” at the beginning of the resource’s href away.",
		Source: cam + ", <resource> (href, relative to the package); RFC 3986, 4.2 (absolute-path reference)"})
	scormOutside = define(Rule{ID: "scorm-launch-outside", Area: Manifest, Severity: Warning, Criterion: "outside_links_safe",
		Title:  "What is launched lies outside of the package",
		Why:    "It can change or vanish after the review, and a page of another site can’t find the host’s interface, so it reports nothing.",
		Fix:    "Put the content into the package. If it has to stay outside, list it as a web link.",
		Source: cam + ", <resource> (href); SCORM RTE, “API Instance discovery”"})
	scormScheme = define(Rule{ID: "scorm-launch-unusable", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "The launch address is none that a host can open",
		Why:    "An address on the author’s own computer, or one that is no page, opens nothing for learners.",
		Fix:    "Put the page into the package, and write its path from the root of the package.",
		Source: cam + ", <resource> (href)"})
	scormUnlisted = define(Rule{ID: "scorm-launch-unlisted", Area: Manifest, Severity: Advice,
		Title:  "The launched page isn’t among its resource’s files",
		Why:    "The standard asks that a resource lists its own start page. Hosts that copy all of the package don’t mind.",
		Fix:    "Add a <file> with the page’s path to the resource.",
		Source: cam + ", <file>"})
	scormNothing = define(Rule{ID: "scorm-nothing-to-launch", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "There is nothing to launch",
		Why:    "No item of the course opens a resource, so learners get an empty menu.",
		Fix:    "Add an organization with an <item> whose identifierref names the resource that starts the module.",
		Source: cam + ", <item> (identifierref)"})
	scormEmptyItem = define(Rule{ID: "scorm-item-empty", Area: Manifest, Severity: Advice,
		Title:  "An item opens nothing and has nothing below it",
		Why:    "Learners see a line in the menu that does nothing.",
		Fix:    "Give the item an identifierref, or take it out.",
		Source: "SCORM 2004 CAM 3.4.1, <item> (leaf items reference a resource)"})
	scormNoSCO = define(Rule{ID: "scorm-no-sco", Area: Tracking, Severity: Warning, Criterion: "talks_to_lms",
		Title:  "Nothing in the package is declared to report to the host",
		Why:    "All that is launched is declared as an asset. A host shows assets, and never hears that a learner completed them.",
		Fix:    "If completion should be recorded, export the module with tracking; then its resources are declared as SCOs.",
		Source: cam + ", adlcp:scormtype / adlcp:scormType"})
)

// refer follows the items to their resources, and makes units of those that
// learners get: one for each resource with its parameters.
func (s *course) refer() {
	known := map[[2]string]bool{}
	for _, item := range s.items {
		ref := attr(item, "identifierref")
		if ref == "" {
			if item.Child("item") == nil {
				s.add(scormEmptyItem, s.at(item), "The item %s opens nothing.", quoted(cmp.Or(title(item), identifier(item))))
			}
			continue
		}
		r := s.byID[ref]
		switch {
		case r == nil && s.inner[ref] != nil:
			if s.chosen[s.inner[ref]] == nil {
				s.add(scormEmptyItem, s.at(item), "The item %s opens the manifest %s, which has no organization.", quoted(cmp.Or(title(item), identifier(item))), quoted(ref))
			}
			continue
		case r == nil:
			s.dead = true
			s.add(scormReference, s.at(item), "The item %s points at the resource %s, which isn’t declared.", quoted(cmp.Or(title(item), identifier(item))), quoted(ref))
			continue
		}
		r.items++
		if !s.shown[organization(item)] {
			continue
		}
		parameters, _ := item.Attr("parameters")
		if key := [2]string{ref, parameters}; !known[key] && len(known) < maxUnits {
			known[key] = true
			s.unit(item, r, parameters)
		}
	}
}

// maxUnits is how many units a report tells of.
const maxUnits = 500

// organization is the one that an item is of.
func organization(item *markup.Element) *markup.Element {
	for item.Name == "item" && item.Parent != nil {
		item = item.Parent
	}
	return item
}

// unit adds what an item launches; where that leads nowhere, nothing can be
// launched, and judgeLaunch says why.
func (s *course) unit(item *markup.Element, r *resource, parameters string) {
	href := attr(r.e, "href")
	if href == "" || r.leaves {
		return
	}
	t, e, _ := s.locate(r, href)
	u := &unit{Unit: Unit{ID: clip(identifier(item), 200), Title: title(item), Type: "asset"}, at: s.at(item)}
	if kind, _ := s.scormType(r.e); strings.EqualFold(kind, "sco") {
		u.Type = "sco"
	}
	switch {
	case t.Leaves:
		return
	case t.Outside != "":
		u.Launch = withParameters(t.Outside, parameters)
	default:
		address := t.Path + t.Query
		if _, fragment, has := strings.Cut(href, "#"); has {
			address += "#" + fragment
		}
		u.Launch = withParameters(address, parameters)
	}
	if e != nil {
		u.file = e.Path
	}
	s.units = append(s.units, u)
}

// withParameters puts an item's parameters behind a launch address, as SCORM
// 2004 CAM describes it for <item>.
func withParameters(address, parameters string) string {
	parameters = strings.TrimLeft(strings.TrimSpace(parameters), "?&")
	if parameters == "" || len(parameters) > maxReference {
		return address
	}
	address, fragment, has := strings.Cut(address, "#")
	if has {
		fragment = "#" + fragment
	}
	if strings.HasPrefix(parameters, "#") {
		if has {
			return address + fragment
		}
		return address + parameters
	}
	if strings.Contains(address, "?") {
		return address + "&" + parameters + fragment
	}
	return address + "?" + parameters + fragment
}

// judgeLaunch looks at the page that a launched resource opens.
func (s *course) judgeLaunch(r *resource) {
	s.judgeType(r)
	href := attr(r.e, "href")
	if href == "" {
		s.dead = true
		s.add(scormNoHref, s.at(r.e), "The resource %s has no href, and an item opens it.", quoted(r.id))
		return
	}
	if r.leaves {
		s.dead = true
		return // which is said where its files are looked at
	}
	s.slashes(r, r.e, href)
	t, e, exact := s.locate(r, href)
	if e != nil && strings.HasPrefix(href, "/") {
		s.add(scormLaunchRoot, s.at(r.e), "The resource %s opens %s.", quoted(r.id), quoted(href))
	}
	switch {
	case t.Leaves:
		s.dead = true
		s.add(scormLeaves, s.at(r.e), "The path %s, which is launched, leads out of the package.", quoted(href))
	case t.Outside != "" && webAddress(t.Outside):
		s.add(scormOutside, s.at(r.e), "The resource %s opens %s, outside of the package.", quoted(r.id), quoted(t.Outside))
	case t.Outside != "":
		s.add(scormScheme, s.at(r.e), "The resource %s opens %s.", quoted(r.id), quoted(t.Outside))
	case e == nil && s.folder(t.Path):
		s.told[t.Path] = true
		s.add(scormLaunch, s.at(r.e), "The resource %s opens %s, which is a folder and no page.", quoted(r.id), quoted(href))
	case e == nil && !s.told[t.Path]:
		s.told[t.Path] = true
		s.absent[decoded(t.Path)] = true
		s.add(scormLaunch, s.at(r.e), "The resource %s opens %s, which isn’t in the package%s.", quoted(r.id), quoted(decoded(t.Path)), s.meant(t.Path))
	case e != nil && !exact && !s.told[t.Path] && byAccents(t.Path, e):
		s.told[t.Path] = true
		s.add(scormLaunchAccents, s.at(r.e), "The resource %s opens %s; the accents in the name of that file are written in another way.", quoted(r.id), quoted(decoded(t.Path)))
	case e != nil && !exact && !s.told[t.Path]:
		s.told[t.Path] = true
		s.add(scormLaunchCase, s.at(r.e), "The resource %s opens %s; in the package it is %s.", quoted(r.id), quoted(decoded(t.Path)), quoted(e.Path))
	case e != nil && exact && !s.lists(r, e.Path):
		s.unlisted = append(s.unlisted, r)
	}
}

// webAddress tells whether a browser opens an address as a page.
func webAddress(address string) bool {
	address = strings.ToLower(address)
	return strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "//")
}

// lists tells whether a resource has its own page among its files. One that
// lists no file at all leaves the list out, as many tools do.
func (s *course) lists(r *resource, path string) bool {
	files := r.e.All("file")
	for _, f := range files {
		if _, e, _ := s.locate(r, attr(f, "href")); e != nil && e.Path == path {
			return true
		}
	}
	return len(files) == 0
}

// launchable tells whether anything can be launched, and whether any of it reports.
func (s *course) launchable() {
	if n := len(s.unlisted); n == 1 {
		s.add(scormUnlisted, s.at(s.unlisted[0].e), "The resource %s doesn’t list the page that it opens.", quoted(s.unlisted[0].id))
	} else if n > 1 {
		s.add(scormUnlisted, s.at(s.unlisted[0].e), "The resource %s doesn’t list the page that it opens, nor do %d others.", quoted(s.unlisted[0].id), n-1)
	}
	launched, assets := 0, 0
	for _, r := range s.resources {
		if r.items > 0 {
			launched++
			if kind, _ := s.scormType(r.e); strings.EqualFold(kind, "asset") {
				assets++
			}
		}
	}
	switch {
	case len(s.units) == 0 && !s.dead:
		s.add(scormNothing, s.at(s.root), "No item of the course opens a resource.")
	case launched > 0 && assets == launched:
		s.add(scormNoSCO, s.at(s.root), "What is launched is declared as an asset, all of it (%d).", launched)
	}
}
