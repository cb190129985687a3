package webpage

// media is a <video> or <audio> while it is open.
type media struct {
	source, captions bool
}

// player judges films and sound: captions, and whether they begin by themselves.
func (p *page) player(e *element) {
	a := p.attrs
	m := &media{source: a.has("src")}
	around := p.media
	p.media = m
	name, pos, shown := e.name, p.pos(), what(e.name, a)
	muted, controls, autoplay := a.has("muted"), a.has("controls"), a.has("autoplay") && !a.is("autoplay", "false")
	m.captions = a.bound("src") || a.has("data-captions") || a.has("data-subtitles")
	e.close = func() {
		p.media = around
		if !m.source {
			return // a script loads it, and its captions
		}
		if autoplay && !muted {
			code := Autoplay
			if controls {
				code = AutoplayControls
			}
			p.issue(code, pos, shown)
		}
		if ornament := muted && !controls; name == "video" && !m.captions && !ornament {
			p.issue(VideoCaptions, pos, shown)
		}
	}
}

// part is a <source> or <track> of the open film. A track without a kind has
// subtitles (HTML, 4.8.11).
func (m *media) part(name string, a attrs) {
	switch {
	case m == nil:
	case name == "source":
		m.source = m.source || a.has("src")
	case !a.has("kind") || a.is("kind", "captions", "subtitles", "") || a.bound("kind"):
		m.captions = true
	}
}

// table is one while it is open.
type table struct {
	rows, cells, widest int
	heads, hint, layout bool
}

// table judges whether one that has data has headings. Tables that only arrange
// things on the page need none, and old pages are full of these.
func (p *page) table(e *element) {
	a := p.attrs
	for _, outer := range p.tables {
		if outer.layout { // those further out are marked already
			continue
		}
		outer.layout = true
	}
	t := &table{}
	t.hint = a.said("summary")
	t.layout = a.has("role") || a.has("width") || a.has("height") || a.has("background") || a.has("bgcolor") || a.is("border", "0") || a.is("cellpadding", "0")
	p.tables = append(p.tables[:min(len(p.tables), maxTables)], t)
	depth, pos, shown := len(p.tables)-1, p.pos(), p.shown(TableHeaders, e.name)
	e.close = func() {
		p.tables = p.tables[:min(depth, len(p.tables))]
		t.row()
		if !t.heads && (t.hint || !t.layout) && t.rows >= 2 && t.widest >= 2 && !a.has("role") {
			p.issue(TableHeaders, pos, shown)
		}
	}
}

// maxTables is how deep tables are told apart.
const maxTables = 32

func (p *page) cell(name string) {
	if len(p.tables) == 0 {
		return
	}
	t := p.tables[len(p.tables)-1]
	switch name {
	case "tr":
		t.row()
	case "td":
		t.cells++
		t.hint = t.hint || p.attrs.has("headers") || p.attrs.has("scope")
		t.layout = t.layout || p.attrs.has("width") || p.attrs.has("background") || p.attrs.has("colspan") || p.attrs.is("valign", "top")
		t.heads = t.heads || p.attrs.is("role", "rowheader", "columnheader") || p.attrs.has("scope")
	case "th":
		t.heads = true
		t.cells++
	case "caption", "thead":
		t.hint = true
	}
}

// row ends a row.
func (t *table) row() {
	if t.cells > 0 {
		t.rows++
		t.widest = max(t.widest, t.cells)
	}
	t.cells = 0
}

// arranges tells an open table that it has things in it that tables of data
// rarely have.
func (p *page) arranges(name string) {
	if n := len(p.tables); n > 0 && arranging[name] {
		p.tables[n-1].layout = true
	}
}

var arranging = set("img", "form", "input", "select", "textarea", "button", "iframe", "object", "embed", "video",
	"audio", "canvas", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "hr", "script", "center")
