package packagecheck

import (
	"bytes"
	"cmp"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

const (
	// maxInner is how many bytes a compressed archive in the package may have to
	// be looked into, and maxInners how many are.
	maxInner  = 64 << 20
	maxInners = 8
)

// noManifest says where the manifest is that isn't at the root: in a folder, in
// an archive within, or nowhere.
func (c *checker) noManifest(all map[string][]claim) error {
	if dirs := folders(all, true); len(dirs) > 0 {
		return c.inFolder(all[dirs[0]][0], dirs)
	}
	if found, err := c.inArchive(); found || err != nil {
		return err
	}
	if dir, ok := onlyFolder(c.arc.Entries); ok && len(all[dir]) > 0 {
		return c.inFolder(all[dir][0], []string{dir})
	}
	for _, p := range c.arc.Problems {
		if _, known := formNames[strings.ToLower(path.Base(p.Path))]; known {
			return nil // it is there and can't be taken, which was said already
		}
	}
	c.add(manifestMissing, place{}, "At the root of the zip file there is no imsmanifest.xml, cmi5.xml, tincan.xml, h5p.json, AICC course or index.html.")
	return nil
}

// folders lists those that hold a course (or anything), the shallowest first.
func folders(all map[string][]claim, courses bool) []string {
	var dirs []string
	for _, dir := range slices.Sorted(maps.Keys(all)) {
		if dir != "" && (!courses || all[dir][0].form.course()) {
			dirs = append(dirs, dir)
		}
	}
	slices.SortStableFunc(dirs, func(a, b string) int { return cmp.Compare(strings.Count(a, "/"), strings.Count(b, "/")) })
	return dirs
}

// onlyFolder gives the one folder at the root that everything lies in.
func onlyFolder(entries []*archive.Entry) (string, bool) {
	only := ""
	for _, e := range entries {
		dir, _, nested := strings.Cut(e.Path, "/")
		switch {
		case dir == "__MACOSX" || dir == ".DS_Store":
		case !nested, only != "" && dir != only:
			return "", false
		default:
			only = dir
		}
	}
	return only, only != ""
}

// inFolder says which folder to pack, and takes what the manifest there says of
// the package without judging it further.
func (c *checker) inFolder(found claim, dirs []string) error {
	more := ""
	if n := len(dirs) - 1; n == 1 {
		more = ", and another folder has one too"
	} else if n > 1 {
		more = ", and other folders have some too"
	}
	c.add(manifestInFolder, in(found.entry.Path), "Your %s is in the folder %s%s: zip its contents, not the folder.", clip(path.Base(found.entry.Path), 80), quoted(dirs[0]), more)
	c.report.Kind = found.form.kind()
	if found.form != formIMS || found.entry.Size > markup.MaxSize {
		return nil
	}
	data, _, err := found.entry.ReadAll(c.ctx, markup.MaxSize)
	if err != nil {
		return c.broken(err)
	}
	if doc, err := markup.Parse(data); err == nil {
		v := editionOf(doc.Root)
		c.report.Kind, c.report.Edition = v.kind, v.edition
	}
	return nil
}

// deeper tells of courses in the folders of a plain site. Sites show H5P content
// from folders, so that isn't one.
func (c *checker) deeper(all map[string][]claim) {
	for _, dir := range folders(all, true) {
		if found := all[dir][0]; found.form != formH5P {
			c.add(manifestDeeper, in(found.entry.Path), "The folder %s has a manifest, %s, beside the site’s index page.", quoted(dir), clip(path.Base(found.entry.Path), 80))
			return
		}
	}
}

// inArchive looks for a manifest in the archives that lie in the package, one
// level deep and no deeper.
func (c *checker) inArchive() (bool, error) {
	var inners []*archive.Entry
	for _, e := range c.arc.Entries {
		if strings.EqualFold(path.Ext(e.Path), ".zip") && !strings.HasPrefix(e.Path, "__MACOSX/") {
			inners = append(inners, e)
		}
	}
	slices.SortFunc(inners, func(a, b *archive.Entry) int { return cmp.Compare(a.Path, b.Path) })
	for _, e := range inners[:min(len(inners), maxInners)] {
		r, size, err := c.inner(e)
		if r == nil || err != nil {
			if err = c.broken(err); err != nil {
				return false, err
			}
			continue
		}
		a, err := archive.Open(r, size, c.opts.Limits)
		if err != nil {
			continue // what lies in it is nothing to a host anyway
		}
		all := claims(a.Entries)
		found := all[""]
		if len(found) == 0 || !found[0].form.course() {
			dirs := folders(all, true)
			if len(dirs) == 0 {
				continue
			}
			found = all[dirs[0]]
		}
		c.add(manifestInArchive, in(e.Path), "The real package is the archive %s: it has %s.", quoted(e.Path), clip(found[0].entry.Path, 80))
		c.report.Kind = found[0].form.kind()
		return true, nil
	}
	return false, nil
}

// inner gives the bytes of an archive within, nil where it is too large to be
// held in memory.
func (c *checker) inner(e *archive.Entry) (io.ReaderAt, int64, error) {
	if section := e.Section(); section != nil {
		return section, e.Size, nil
	}
	if e.Size > maxInner {
		return nil, 0, nil
	}
	data, _, err := e.ReadAll(c.ctx, maxInner)
	if err != nil {
		return nil, 0, err
	}
	return bytes.NewReader(data), int64(len(data)), nil
}
