package packagecheck

import (
	"path"
	"strings"
)

// meant says which file a path that leads nowhere was most likely meant for, as
// the end of a sentence: the one of its name in another folder, or the one page
// of its name with another ending. It says nothing where there are several.
func (c *checker) meant(p string) string {
	if c.arc == nil {
		return ""
	}
	if c.alike == nil {
		c.alike = map[string]string{}
		for _, e := range c.arc.Entries {
			if junkKind(e.Path) != "" {
				continue
			}
			for _, name := range likenesses(e.Path) {
				if other, taken := c.alike[name]; taken && other != e.Path {
					c.alike[name] = ""
				} else {
					c.alike[name] = e.Path
				}
			}
		}
	}
	for _, name := range likenesses(decoded(p)) {
		if other := c.alike[name]; other != "" {
			return "; " + quoted(other) + " is"
		}
	}
	return ""
}

// likenesses are what a file's name is found by: itself, whatever its case, and
// for a page what stands before its endings.
func likenesses(p string) []string {
	name := strings.ToLower(strings.TrimSpace(path.Base(p)))
	list := []string{name}
	bare := name
	for {
		shorter := strings.TrimSuffix(strings.TrimSuffix(bare, ".html"), ".htm")
		if shorter == bare {
			break
		}
		bare = shorter
	}
	if bare != name {
		list = append(list, bare+"\x00page") // which no file is called
	}
	return list
}
