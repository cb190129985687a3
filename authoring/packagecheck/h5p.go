package packagecheck

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

var (
	h5pJSON = define(Rule{ID: "h5p-json", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "A file of the H5P package is not valid JSON",
		Why:    "Hosts read the content and its libraries from such files, and refuse the package where one is broken.",
		Fix:    "Export the content again from the H5P editor.",
		Source: "H5P, Package Definition and Library Definition; RFC 8259"})
	h5pField = define(Rule{ID: "h5p-field", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "h5p.json lacks a required field",
		Why:    "Hosts check the required fields before anything else, and refuse the package.",
		Fix:    "Export the content again from the H5P editor, or add the field.",
		Source: "H5P, Package Definition (h5p.json), mandatory properties"})
	h5pLicence = define(Rule{ID: "h5p-licence", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "The licence in h5p.json is none of H5P’s",
		Why:    "Hosts compare it with H5P’s list, and many refuse the package where it isn’t there.",
		Fix:    "Choose the licence in the H5P editor’s metadata and export anew. H5P writes CC BY, CC BY-SA, GNU GPL, PD, C, U and a few more.",
		Source: "H5P, Package Definition (h5p.json), license"})
	h5pFolders = define(Rule{ID: "h5p-folder-entries", Area: Manifest, Severity: Advice,
		Title:  "The zip file of an H5P package has entries for folders",
		Why:    "H5P’s plugins for Moodle, WordPress and Drupal take a folder’s entry for a file without an allowed extension, and can refuse the package.",
		Fix:    "Export the content from the H5P editor, or pack it without entries for folders (zip -D).",
		Source: "H5P, Allowed File Extensions"})
	h5pMain = define(Rule{ID: "h5p-main-library", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "The main library is not among the dependencies",
		Why:    "The host doesn’t know which version of it to start, so nothing is shown.",
		Fix:    "Add the main library to preloadedDependencies in h5p.json.",
		Source: "H5P, Package Definition (h5p.json), preloadedDependencies"})
	h5pNoContent = define(Rule{ID: "h5p-no-content", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "The H5P package has no content",
		Why:    "content/content.json holds all that the author wrote; hosts refuse a package without it.",
		Fix:    "Export the content again from the H5P editor.",
		Source: "H5P, File Structure: content/content.json"})
	h5pFile = define(Rule{ID: "h5p-file-missing", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "A picture, sound or other file of the content is missing",
		Why:    "Learners would see a gap in its place.",
		Fix:    "Add the file in the H5P editor again, and export anew.",
		Source: "H5P, File Structure: content"})
	h5pLibrary = define(Rule{ID: "h5p-library", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "A library of the H5P package is not as it must be",
		Why:    "Hosts check each library’s folder and library.json, and refuse the whole package for one.",
		Fix:    "Export the content again, with the libraries as the H5P editor has them.",
		Source: "H5P, Library Definition (library.json)"})
	h5pLibraryFile = define(Rule{ID: "h5p-library-file", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "A script or style of a library is missing",
		Why:    "Hosts refuse the package, since the library can’t run.",
		Fix:    "Export the content again, with the whole library.",
		Source: "H5P, Library Definition: preloadedJs and preloadedCss"})
	h5pLibraryMissing = define(Rule{ID: "h5p-library-missing", Area: Manifest, Severity: Warning, Criterion: "manifest_resolves",
		Title:  "A library is not in the package",
		Why:    "It plays only on hosts that have the library in that version already.",
		Fix:    "Export the content with its libraries, or make sure that the host has them.",
		Source: "H5P, Package Definition (h5p.json), preloadedDependencies"})
	h5pExtension = define(Rule{ID: "h5p-extension", Area: Manifest, Severity: Warning, Criterion: "no_forbidden_content",
		Title:  "A file is of a kind that H5P doesn’t allow",
		Why:    "Most hosts refuse packages with other files than those of H5P’s list.",
		Fix:    "Remove the file, or save it as one of the allowed kinds.",
		Source: "H5P, Allowed File Extensions"})
)

var (
	h5pKinds = strings.Fields("json png jpg jpeg gif bmp tif tiff svg eot ttf woff woff2 otf webm mp4 ogg mp3 m4a wav " +
		"txt pdf rtf doc docx xls xlsx ppt pptx odt ods odp xml csv diff patch swf md textile vtt webvtt gltf glb")
	h5pScripts = []string{"js", "css"} // in libraries alone
	// h5pLicences are those of a package; libraries have others.
	h5pLicences = []string{"CC BY", "CC BY-SA", "CC BY-ND", "CC BY-NC", "CC BY-NC-SA", "CC BY-NC-ND", "CC0 1.0", "GNU GPL", "PD", "ODC PDDL", "CC PDM", "U", "C"}
)

// h5p judges a package by its h5p.json.
func (c *checker) h5p(e *archive.Entry) error {
	c.report.Kind, c.report.Edition, c.report.Facts.Manifest = H5P, "1", e.Path
	c.h5pExtensions()
	v, err := c.json(e)
	if err != nil {
		return err
	}
	m := object(v)
	if v != nil {
		c.h5pFields(m, e.Path)
	}
	used, err := c.h5pContent(m)
	if err != nil || v == nil {
		return err
	}
	return c.h5pLibraries(m, e.Path, used)
}

// json reads one file; nil where it can't be read, which is then told.
func (c *checker) json(e *archive.Entry) (any, error) {
	data, whole, err := e.ReadAll(c.ctx, markup.MaxSize)
	if err != nil {
		return nil, c.broken(err)
	}
	if !whole {
		c.add(h5pJSON, in(e.Path), "The file has more than %d bytes.", markup.MaxSize)
		return nil, nil
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	err = d.Decode(&v)
	offset := d.InputOffset()
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = s.Offset
	}
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("there is more after its end")
		}
	}
	if err != nil {
		before := data[:min(int(offset), len(data))]
		pos := markup.Pos{Line: 1 + bytes.Count(before, []byte("\n")), Column: max(1, len([]rune(string(before[bytes.LastIndexByte(before, '\n')+1:]))))}
		c.add(h5pJSON, place{e.Path, pos}, "The file is not valid JSON: %s.", short(err.Error()))
		return nil, nil
	}
	if v == nil {
		c.add(h5pJSON, in(e.Path), "The file holds nothing but “null”.")
	}
	return v, nil
}

func object(v any) map[string]any { m, _ := v.(map[string]any); return m }

// field gives a value that is text or a number, as text.
func field(m map[string]any, name string) string {
	switch v := m[name].(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "1"
		}
		return "0"
	}
	return ""
}

// dependency is a library with its version, as its folder is called.
func dependency(v any) (name, folder string, ok bool) {
	m := object(v)
	name, major, minor := field(m, "machineName"), field(m, "majorVersion"), field(m, "minorVersion")
	return name, fmt.Sprintf("%s-%s.%s", name, major, minor), name != "" && isNumber(major) && isNumber(minor)
}

func (c *checker) h5pFields(m map[string]any, at string) {
	for _, name := range []string{"title", "language", "mainLibrary"} {
		if field(m, name) == "" {
			c.add(h5pField, in(at), "The field “%s” is missing or empty.", name)
		}
	}
	if list, _ := m["embedTypes"].([]any); len(list) == 0 {
		c.add(h5pField, in(at), "The field “embedTypes” is missing or empty.")
	}
	list, _ := m["preloadedDependencies"].([]any)
	if len(list) == 0 {
		c.add(h5pField, in(at), "The field “preloadedDependencies” is missing or empty.")
	}
	main, found := field(m, "mainLibrary"), false
	for _, d := range list {
		name, _, ok := dependency(d)
		if !ok {
			c.add(h5pField, in(at), "The dependency “%s” lacks machineName, majorVersion or minorVersion.", short(name))
		}
		found = found || name == main
	}
	if main != "" && len(list) > 0 && !found {
		c.add(h5pMain, in(at), "The main library “%s” is not among the dependencies.", short(main))
	}
	c.report.Facts.Title = short(field(m, "title"))
	c.speaks(field(m, "language"))
	if l := field(m, "license"); l != "" {
		if !slices.Contains(h5pLicences, l) {
			c.add(h5pLicence, in(at), "The licence is “%s”.", short(l))
		}
		c.report.Facts.Licences = append(c.report.Facts.Licences, short(strings.TrimSpace(l+" "+field(m, "licenseVersion"))))
	}
}

// h5pContent reads the content and looks for the files that it names. It gives
// the libraries that parts of the content need, as their folders are called.
func (c *checker) h5pContent(m map[string]any) (used []string, err error) {
	e := c.arc.Find("content/content.json")
	if e == nil {
		c.add(h5pNoContent, place{}, "There is no content/content.json.")
		return nil, nil
	}
	u := &unit{at: in(e.Path), file: e.Path}
	u.ID, u.Title, u.Launch, u.Type = short(field(m, "mainLibrary")), c.report.Facts.Title, e.Path, "content"
	c.units = append(c.units, u)
	v, err := c.json(e)
	if err != nil {
		return nil, err
	}
	var missing []string
	walkObjects(v, func(o map[string]any) {
		if library, ok := subContent(o); ok {
			used = append(used, library)
		}
		p := field(o, "path")
		if p == "" || field(o, "mime") == "" {
			return
		}
		t := resolve("content/", p)
		if t.Outside != "" || t.Path == "content" {
			return
		}
		if file, _ := c.entry(t.Path); file == nil {
			missing = append(missing, p)
		}
	})
	slices.Sort(missing)
	for _, p := range slices.Compact(missing) {
		c.add(h5pFile, in(e.Path), "“%s” is not in the folder content.", short(p))
	}
	return used, nil
}

// walkObjects calls f with each object of the content: a file is one with a path
// and its type. The decoder has bounded how deep it goes.
func walkObjects(v any, f func(o map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			walkObjects(x, f)
		}
	case map[string]any:
		f(v)
		for _, x := range v {
			walkObjects(x, f)
		}
	}
}

// subContent tells whether an object is content of another library within the
// content, and of which: "H5P.Image 1.1" is in the folder H5P.Image-1.1.
func subContent(o map[string]any) (folder string, ok bool) {
	name, version, found := strings.Cut(field(o, "library"), " ")
	major, minor, dotted := strings.Cut(version, ".")
	if _, has := o["params"]; !has || !found || !dotted || !isNumber(major) || !isNumber(minor) {
		return "", false
	}
	return name + "-" + version, true
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

// h5pHidden tells of files and folders that every host skips.
func h5pHidden(p string) bool {
	return strings.HasPrefix(p, ".") || strings.HasPrefix(p, "_") || strings.Contains(p, "/.") || strings.Contains(p, "/_")
}

func (c *checker) h5pExtensions() {
	if c.arc.Folders > 0 {
		c.add(h5pFolders, place{}, "The zip file has %s for folders.", counted(int64(c.arc.Folders), "entry", "entries"))
	}
	for _, e := range c.arc.Entries {
		folder, _, inside := strings.Cut(e.Path, "/")
		ext := strings.ToLower(strings.TrimPrefix(path.Ext(e.Path), "."))
		switch {
		case !inside, h5pHidden(e.Path), slices.Contains(h5pKinds, ext), folder != "content" && slices.Contains(h5pScripts, ext):
		case ext == "":
			c.add(h5pExtension, in(e.Path), "The file has no extension, and so none of H5P’s list.")
		default:
			c.add(h5pExtension, in(e.Path), "The extension “.%s” is not in H5P’s list for this folder.", short(ext))
		}
	}
}
