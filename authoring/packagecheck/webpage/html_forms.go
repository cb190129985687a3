package webpage

import "strings"

// maxControls is how many controls, labels and ids of a page are told apart.
const maxControls = 20_000

// forms are the controls and labels of a page.
type forms struct {
	controls []control
	labels   map[string]bool // by the id that they are for; false where none has a text
	inside   []*wrapping
	unknown  bool // a template engine fills in what a label is for, or there are too many
}

// control is one that needs a label, and had none of its own.
type control struct {
	pos     Pos
	id      string
	shown   string
	wrapped *wrapping // the label that it stands in
}

// wrapping is a label with what it says.
type wrapping struct{ named bool }

// label notes what one is for, and whether it says anything.
func (f *forms) label(p *page, e *element) {
	w := &wrapping{}
	if len(f.inside) < maxDepth {
		f.inside = append(f.inside, w)
	}
	depth := len(f.inside) - 1
	id, has := p.attrs.get("for")
	p.ids.uses(id)
	filled := p.attrs.filled() || p.attrs.labelled()
	byScript := p.attrs.said("id", "class")
	named := p.named
	e.close = func() {
		f.inside = f.inside[:min(depth, len(f.inside))]
		w.named = p.named > named || filled || byScript && p.scripts > 0
		switch {
		case !has:
		case placeholder(id) || len(f.labels) >= maxControls:
			f.unknown = true
		default:
			if f.labels == nil {
				f.labels = map[string]bool{}
			}
			f.labels[short(id, maxID)] = f.labels[short(id, maxID)] || w.named
		}
	}
}

func (p *page) input(e *element) {
	a := p.attrs
	switch kind := strings.ToLower(strings.TrimSpace(short(a.value("type"), 20))); kind {
	case "hidden":
	case "image":
		if !a.said("alt") && !a.labelled() && !a.bound("alt") {
			p.here(InputImageAlt, e.name)
		}
	case "submit", "reset":
		if v, ok := a.get("value"); ok && strings.TrimSpace(v) == "" && !a.labelled() && !a.bound("value") {
			p.here(ButtonEmpty, e.name)
		}
	case "button":
		if !a.said("value") && !a.labelled() && !a.bound("value") && !a.filled() {
			p.here(ButtonEmpty, e.name)
		}
	default:
		p.control(e)
	}
}

// control notes one that must have a label; labels may come after it.
func (p *page) control(e *element) {
	a, f := p.attrs, &p.forms
	if a.labelled() || a.bound("aria-label") || a.bound("id") || presentational(a) {
		return
	}
	if len(f.controls) >= maxControls {
		return
	}
	c := control{pos: p.pos(), id: short(a.value("id"), maxID), shown: what(e.name, a)}
	if n := len(f.inside); n > 0 {
		c.wrapped = f.inside[n-1]
	}
	f.controls = append(f.controls, c)
}

func (f *forms) judge(p *page) {
	for _, c := range f.controls {
		if c.wrapped != nil && c.wrapped.named || c.id != "" && (f.labels[c.id] || f.unknown) {
			continue
		}
		p.issue(Label, c.pos, c.shown)
	}
}

// maxID is how many bytes of an id are compared.
const maxID = 256

// ids are those of a page, as far as labels and descriptions use them.
type ids struct {
	first map[string]bool
	again []again
	used  map[string]bool
}

// again is an id's second place.
type again struct {
	id, name string
	pos      Pos
}

func newIDs() ids { return ids{first: map[string]bool{}, used: map[string]bool{}} }

func (d *ids) seen(p *page, name, id string) {
	id = strings.TrimSpace(short(id, maxID))
	switch {
	case id == "":
	case d.first[id]:
		if len(d.again) < maxControls {
			d.again = append(d.again, again{id, name, p.pos()})
		}
	case len(d.first) < maxControls:
		d.first[id] = true
	}
}

// uses notes the ids that an attribute lists.
func (d *ids) uses(list string) {
	if list == "" || placeholder(short(list, 4*maxID)) {
		return
	}
	for id := range strings.FieldsSeq(short(list, 4*maxID)) {
		if len(d.used) < maxControls {
			d.used[short(id, maxID)] = true
		}
	}
}

func (d *ids) judge(p *page) {
	told := map[string]bool{}
	for _, a := range d.again {
		if d.used[a.id] && !told[a.id] {
			told[a.id] = true
			p.issue(DuplicateID, a.pos, "<"+a.name+` id="`+short(a.id, 60)+`">`)
		}
	}
}
