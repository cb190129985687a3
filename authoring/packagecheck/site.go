package packagecheck

import "github.com/leadership-ladder/rung/authoring/packagecheck/archive"

// site takes a package without a manifest for a plain web site that begins at
// its index page.
func (c *checker) site(index *archive.Entry) {
	c.report.Kind = Site
	c.units = append(c.units, &unit{Unit: Unit{Launch: index.Path, Type: "page"}, at: in(index.Path), file: index.Path})
}
