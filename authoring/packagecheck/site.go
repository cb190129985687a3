package packagecheck

import "github.com/leadership-ladder/rung/authoring/packagecheck/archive"

var siteTalks = define(Rule{ID: "site-without-manifest", Area: Manifest, Severity: Warning, Criterion: "one_manifest",
	Title:  "A plain site looks for a host",
	Why:    "Its scripts call an LMS, but no LMS takes a package without a manifest for a course, so nothing is recorded. The manifest may have been left out.",
	Fix:    "Export the module as SCORM, cmi5 or xAPI, and upload that zip file as it is. If it is meant to be a plain site, tell the reviewers.",
	Source: "SCORM 1.2 CAM 2.3 and SCORM 2004 CAM 3.4 (imsmanifest.xml at the root); cmi5 14.1.0.0-2"})

// site takes a package without a manifest for a plain web site that begins at
// its index page.
func (c *checker) site(index *archive.Entry) {
	c.report.Kind = Site
	c.units = append(c.units, &unit{Unit: Unit{Launch: index.Path, Type: "page"}, at: in(index.Path), file: index.Path})
}
