package packagecheck

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
)

// h5pLibraries checks each library’s folder, and whether all that the content
// (used, by its parts) and the libraries depend on is there.
func (c *checker) h5pLibraries(m map[string]any, at string, used []string) error {
	var folders []string
	for _, e := range c.arc.Entries {
		if f, _, inside := strings.Cut(e.Path, "/"); inside && f != "content" && !h5pHidden(f) {
			folders = append(folders, f)
		}
	}
	slices.Sort(folders)
	there, needed := map[string]bool{}, append(dependencies(m), used...)
	for _, f := range slices.Compact(folders) {
		e := c.arc.Find(f + "/library.json")
		if e == nil {
			c.add(h5pLibrary, in(f), "The folder has no library.json in it.")
			continue
		}
		v, err := c.json(e)
		if err != nil {
			return err
		}
		lib := object(v)
		name, full, _ := dependency(lib)
		there[full] = true
		if v != nil {
			c.h5pLibrary(lib, f, e)
			needed = append(needed, dependencies(lib)...)
		}
		if api := object(lib["coreApi"]); name != "" && name == field(m, "mainLibrary") && api != nil {
			c.report.Edition = short(field(api, "majorVersion") + "." + field(api, "minorVersion"))
		}
	}
	slices.Sort(needed)
	for _, n := range slices.Compact(needed) {
		if len(folders) == 0 {
			c.add(h5pLibraryMissing, in(at), "The package has its content alone, and none of the libraries that it needs.")
			break
		}
		if !there[n] {
			c.add(h5pLibraryMissing, in(at), "The library “%s” is not in the package.", short(n))
		}
	}
	return c.h5pForms()
}

// h5pForms reads what else of a library hosts read when they install it: the form
// of its editor, and the form’s words in other languages.
func (c *checker) h5pForms() error {
	for _, e := range c.arc.Entries {
		parts := strings.Split(e.Path, "/")
		form := len(parts) == 2 && parts[1] == "semantics.json"
		words := len(parts) == 3 && parts[1] == "language" && path.Ext(parts[2]) == ".json"
		if parts[0] == "content" || h5pHidden(e.Path) || !form && !words {
			continue
		}
		if _, err := c.json(e); err != nil {
			return err
		}
	}
	return nil
}

// dependencies gives what must be loaded with an object, as names of folders.
// Those of the editor don't count: a host has its own.
func dependencies(m map[string]any) []string {
	var names []string
	for _, kind := range []string{"preloadedDependencies", "dynamicDependencies"} {
		list, _ := m[kind].([]any)
		for _, d := range list {
			if _, folder, ok := dependency(d); ok {
				names = append(names, folder)
			}
		}
	}
	return names
}

func (c *checker) h5pLibrary(lib map[string]any, folder string, e *archive.Entry) {
	for _, name := range []string{"title", "machineName", "majorVersion", "minorVersion", "patchVersion", "runnable"} {
		value := field(lib, name)
		_, err := strconv.ParseUint(value, 10, 32)
		if value == "" || err != nil && (strings.HasSuffix(name, "Version") || name == "runnable") {
			c.add(h5pLibrary, in(e.Path), "The field “%s” is missing or not as it must be.", name)
		}
	}
	name, full, ok := dependency(lib)
	if ok && folder != name && folder != full && folder != full+"."+field(lib, "patchVersion") {
		c.add(h5pLibrary, in(e.Path), "The folder is called “%s”, and its library “%s”.", short(folder), short(full))
	}
	for _, kind := range []string{"preloadedJs", "preloadedCss"} {
		list, _ := lib[kind].([]any)
		for _, f := range list {
			p := field(object(f), "path")
			t := resolve(folder+"/", p)
			if file, _ := c.entry(t.Path); p != "" && t.Outside == "" && file == nil {
				c.add(h5pLibraryFile, in(e.Path), "“%s” is not in the library’s folder.", short(p))
			}
		}
	}
}
