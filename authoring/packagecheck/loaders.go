package packagecheck

import (
	"bytes"
	"compress/gzip"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/webpage"
)

// maxKept is how many bytes of files are looked into that keep scripts under
// other names.
const maxKept = 8 * maxText

// loaders takes units for tracked that were not found to talk, if a script does
// that no reference leads to: loaders put names together while they run, and
// fetch scripts that are kept in files of other kinds.
func (c *checker) loaders(w *ways) (webpage.Talk, error) {
	if c.report.Kind == Site {
		return webpage.Talk{}, nil // which needs no host to talk to
	}
	var waiting []*unit
	for _, u := range c.units {
		page := c.texts[u.file]
		if !u.Tracked && page != nil && u.Type != "asset" && runsScripts(page) {
			waiting = append(waiting, u)
		}
	}
	if len(waiting) == 0 {
		return webpage.Talk{}, nil
	}
	var t webpage.Talk
	for p, text := range c.texts {
		if !c.reached[p] && text.Kind == webpage.Script {
			t = together(t, text.Talk)
		}
	}
	if !talksAs(c.report.Kind, t) {
		kept, err := c.keptScripts(w)
		if err != nil {
			return webpage.Talk{}, err
		}
		t = together(t, kept)
	}
	if !talksAs(c.report.Kind, t) {
		return webpage.Talk{}, nil
	}
	for _, u := range waiting {
		u.Tracked = true
	}
	return t, nil
}

// runsScripts tells whether a page can load anything by itself.
func runsScripts(t *webpage.Text) bool {
	return t.Scripted || t.Kind == webpage.Script || slices.ContainsFunc(t.Refs, func(r webpage.Ref) bool {
		return r.How == webpage.AsScript || r.How == webpage.AsFrame
	})
}

// keptScripts gives the talk of scripts in files that aren't called scripts: those
// that a page loads as one all the same, data of players, and what is packed for
// a browser (Unity's builds are).
func (c *checker) keptScripts(w *ways) (webpage.Talk, error) {
	var t webpage.Talk
	if c.arc == nil {
		return t, nil
	}
	loaded := map[string]bool{}
	for p, text := range c.texts {
		for _, r := range text.Refs {
			if r.How != webpage.AsScript {
				continue
			}
			for _, e := range w.files(p, folderOf(p), r) {
				loaded[e.Path] = true
			}
		}
	}
	room := int64(maxKept)
	for _, e := range c.arc.Entries {
		if c.texts[e.Path] != nil || e.Size > min(room, maxText) || !loaded[e.Path] && !keepsScripts(e) {
			continue
		}
		room -= e.Size
		data, _, err := e.ReadAll(c.ctx, maxText)
		if err != nil {
			if err = c.broken(err); err != nil {
				return t, err
			}
			continue
		}
		t = together(t, webpage.Scan(webpage.Script, unpacked(data)).Talk)
	}
	return t, nil
}

// keepsScripts tells by its name whether a player may keep scripts in a file.
// The manifest and the lists of a builder's own libraries name things only.
func keepsScripts(e *archive.Entry) bool {
	switch strings.ToLower(path.Base(e.Path)) {
	case "imsmanifest.xml", "cmi5.xml", "tincan.xml", "package.json", "package-lock.json", "bower.json", "composer.json":
		return false
	}
	switch strings.ToLower(path.Ext(e.Path)) {
	case ".json", ".xml", ".xsl", ".xslt", ".gz", ".unityweb":
		return true
	}
	return false
}

// unpacked gives what is in data of gzip, and other data as they are.
func unpacked(data []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return data
	}
	inner, _ := io.ReadAll(io.LimitReader(z, maxText)) // what can be read of a damaged one
	return inner
}
