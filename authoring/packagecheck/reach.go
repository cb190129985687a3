package packagecheck

import (
	"slices"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/webpage"
)

// maxSteps bounds how many references are followed for all units together.
const maxSteps = 1_000_000

// edge is a way from one text to another of the package.
type edge struct {
	to string
	// same is true where the other is part of the same page, a script or a
	// style, and false where it is a page of its own.
	same bool
}

// ways are those between the texts, each worked out when it is first asked for.
type ways struct {
	c     *checker
	edges map[[2]string][]edge
	steps int
}

// walk is what a unit reaches.
type walk struct {
	texts []string        // in the order in which they were reached
	own   map[string]bool // the launched page, its scripts and styles; false: reached all the same
	whole bool            // false where there was too much to follow
}

func folderOf(p string) string { return p[:strings.LastIndexByte(p, '/')+1] }

// from follows what a page loads and leads to, breadth first, what is part of
// the page itself before other pages.
func (w *ways) from(page string) walk {
	k := walk{own: map[string]bool{}, whole: true}
	if w.c.texts[page] == nil {
		return k
	}
	base := folderOf(page)
	k.own[page] = true
	k.texts = append(k.texts, page)
	var later []string
	for next := 0; next < len(k.texts) || len(later) > 0; {
		if next == len(k.texts) {
			for _, p := range later {
				if _, reached := k.own[p]; !reached {
					k.own[p] = false
					k.texts = append(k.texts, p)
				}
			}
			later = later[:0]
			continue
		}
		at := k.texts[next]
		next++
		for _, e := range w.out(at, base) {
			if w.steps++; w.steps > maxSteps {
				k.whole = false
				return k
			}
			if _, reached := k.own[e.to]; reached {
				continue
			}
			if e.same && k.own[at] {
				k.own[e.to] = true
				k.texts = append(k.texts, e.to)
			} else {
				later = append(later, e.to)
			}
		}
	}
	return k
}

// out gives the ways from a text that is part of a page in the folder base.
func (w *ways) out(p, base string) []edge {
	if w.c.texts[p].Kind == webpage.HTML {
		base = folderOf(p)
	}
	key := [2]string{p, base}
	if list, known := w.edges[key]; known {
		return list
	}
	var list []edge
	for _, r := range w.c.texts[p].Refs {
		for _, to := range w.targets(p, base, r) {
			same := w.c.texts[to].Kind == webpage.Script && r.How != webpage.AsLink || w.c.texts[to].Kind == webpage.Style
			if e := (edge{to, same}); len(list) < 4000 && (len(list) == 0 || list[len(list)-1] != e) {
				list = append(list, e)
			}
		}
	}
	w.edges[key] = list
	return list
}

// targets gives the texts that a reference may mean.
func (w *ways) targets(p, base string, r webpage.Ref) []string {
	var list []string
	for _, e := range w.files(p, base, r) {
		if w.c.texts[e.Path] != nil && e.Path != p {
			list = append(list, e.Path)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// files gives those that a reference may mean. A string of a script has no base
// of its own: the script's folder, the one above it, the page's and the root are
// tried.
func (w *ways) files(p, base string, r webpage.Ref) []*archive.Entry {
	bases := []string{folderOf(p)}
	if w.c.texts[p].Kind == webpage.Script || r.How == webpage.AsLiteral || r.How == webpage.AsRequest {
		above := folderOf(strings.TrimSuffix(folderOf(p), "/"))
		bases = append(bases, above, base, "")
		slices.Sort(bases)
		bases = slices.Compact(bases)
	}
	var list []*archive.Entry
	for _, b := range bases {
		t := resolve(b, r.URL)
		if e, _ := w.c.entry(strings.TrimSuffix(t.Path, "/")); e != nil {
			list = append(list, e)
		}
	}
	return list
}

// inFrames gives those of a page's own texts that pages in its frames load too:
// what they reach as their parent is most likely the page itself.
func (w *ways) inFrames(k walk) map[string]bool {
	frames, reaches := false, false
	for _, p := range k.texts {
		if k.own[p] {
			frames = frames || w.c.texts[p].Frames
			reaches = reaches || len(w.c.texts[p].Reaches) > 0
		}
	}
	if !frames || !reaches {
		return nil
	}
	parts := map[string]bool{}
	for _, page := range k.texts {
		if k.own[page] || w.c.texts[page].Kind != webpage.HTML {
			continue
		}
		open := []string{page}
		for len(open) > 0 {
			at := open[len(open)-1]
			open = open[:len(open)-1]
			for _, e := range w.out(at, folderOf(page)) {
				if w.steps++; w.steps > maxSteps {
					return parts
				}
				if e.same && !parts[e.to] {
					parts[e.to] = true
					open = append(open, e.to)
				}
			}
		}
	}
	return parts
}
