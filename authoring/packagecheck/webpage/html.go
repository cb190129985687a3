package webpage

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// page is one HTML page while it is read: by its tokens, since only they have
// places, with as much of a tree as tells what an element stands in.
type page struct {
	t *Text

	// What is read, and where.
	z      *html.Tokenizer
	offset int // of the token
	cursor cursor
	open   []element
	depth  map[string]int // open elements by name
	attrs  attrs          // of the start tag just read
	xml    bool           // it begins with an XML declaration
	xhtml  bool           // or has a document type of XHTML
	part   bool           // it is a template in a page's <script>
	kept   bool           // the start tag stands in a template of either kind

	// What was seen of the page as a whole.
	complete bool   // it is a page, no fragment that a script puts into one
	root     Pos    // of <html>, else of the first that makes it a page
	base     string // of its <base>
	frameset bool
	language bool // a script or a template engine sets it
	titled   bool
	refs     int
	scripts  int // that run
	embedded int // images, frames, media, controls: what makes a page more than blank

	// What is judged.
	issues     []Issue
	counts     map[string]int // issues by code
	doubtful   []Issue        // those that a script may mend
	named      int            // how often something gave a name to what it stands in
	level      int            // of the heading before, 0 for none
	topHeading bool           // there is an h1
	code       bool           // the open script is one that browsers run
	template   bool           // it is HTML for later
	forms      forms
	ids        ids
	media      *media
	tables     []*table
	prose      prose
}

// element is an open one. What it stands in counts for it too.
type element struct {
	name     string
	hidden   bool // from readers or from assistive technology
	foreign  bool // SVG or MathML
	template bool
	close    func() // what is judged when it ends, nil for nothing
}

// maxDepth is how deep elements are told apart; what is nested deeper belongs to
// the last of them.
const maxDepth = 50_000

// maxBase is how many bytes of a <base> are put before each reference.
const maxBase = 512

func scanHTML(text []byte, t *Text) {
	p := &page{t: t, z: html.NewTokenizer(bytes.NewReader(text)), cursor: newCursor(text),
		depth: map[string]int{}, counts: map[string]int{}, ids: newIDs()}
	p.xml = bytes.HasPrefix(bytes.TrimLeft(text[:min(len(text), 64)], " \t\r\n"), []byte("<?xml"))
	p.run()
	p.end()
}

func (p *page) run() {
	for {
		kind := p.z.Next()
		length := len(p.z.Raw())
		switch kind {
		case html.ErrorToken: // the end: a reader of bytes has no other error
			return
		case html.DoctypeToken:
			p.isPage()
			p.xhtml = bytes.Contains(bytes.ToUpper(p.z.Text()), []byte("XHTML"))
		case html.StartTagToken:
			p.start(false)
		case html.SelfClosingTagToken:
			p.start(true)
		case html.EndTagToken:
			name, _ := p.z.TagName()
			p.endTag(tagName(name))
		case html.TextToken:
			p.text()
		}
		p.offset += length
	}
}

func (p *page) pos() Pos { return p.cursor.pos(p.offset) }

func (p *page) top() element {
	if n := len(p.open); n > 0 {
		return p.open[n-1]
	}
	return element{}
}

func (p *page) isPage() {
	if !p.complete {
		p.complete, p.root = true, p.pos()
	}
}

func tagName(name []byte) string {
	if a := atom.Lookup(name); a != 0 {
		return a.String()
	}
	return string(name[:min(len(name), 64)])
}

func (p *page) start(selfClosing bool) {
	raw, more := p.z.TagName()
	name := tagName(raw)
	p.attrs = p.attrs[:0]
	for more {
		var key, value []byte
		key, value, more = p.z.TagAttr()
		if len(p.attrs) < maxAttrs && len(key) <= 64 {
			p.attrs = append(p.attrs, attr{string(key), string(value)})
		}
	}
	p.implied(name)
	if !inline[name] {
		p.prose.endBlock(p)
	}
	in := p.top()
	if in.foreign && breaksOut[name] {
		for p.top().foreign {
			p.pop()
		}
		in = p.top()
	}
	e := element{name: name, hidden: in.hidden || p.attrs.hides(), template: in.template || name == "template",
		foreign: name == "svg" || name == "math" || in.foreign && !integrates[in.name]}
	closed := selfClosing && (e.foreign || p.xml)
	if closed || e.foreign && name != "script" && name != "style" {
		p.z.NextIsNotRawText() // SVG's <title> may have elements, and XML's <script/> has nothing
	}
	if name == "script" {
		p.code, p.template = runs(p.attrs), keeps(p.attrs)
	}
	p.arranges(name)
	p.structure(name, e)
	p.references(name, e)
	p.handlers()
	p.judge(&e)
	if void[name] && !e.foreign || closed {
		if e.close != nil {
			e.close()
		}
		return
	}
	p.push(e)
}

func (p *page) push(e element) {
	if len(p.open) >= maxDepth {
		if e.close != nil {
			e.close()
		}
		return
	}
	p.open = append(p.open, e)
	p.depth[e.name]++
	p.z.AllowCDATA(e.foreign && !integrates[e.name])
}

// left counts one open element of a name less. A name that isn't open is
// forgotten: a page may have a million of them.
func (p *page) left(name string) {
	if p.depth[name]--; p.depth[name] == 0 {
		delete(p.depth, name)
	}
}

func (p *page) pop() {
	n := len(p.open) - 1
	e := p.open[n]
	p.open = p.open[:n]
	p.left(e.name)
	if e.close != nil {
		e.close()
	}
	in := p.top()
	p.z.AllowCDATA(in.foreign && !integrates[in.name])
}

// endTag closes the innermost open element of the name, and what is left open
// in it; where there is none it means nothing.
func (p *page) endTag(name string) {
	if !inline[name] {
		p.prose.endBlock(p)
	}
	if p.depth[name] == 0 {
		return
	}
	for p.top().name != name {
		p.pop()
	}
	p.pop()
}

// structure notes what makes the text a page, and its language.
func (p *page) structure(name string, e element) {
	if e.foreign || e.template {
		return
	}
	switch name {
	case "html":
		if !p.complete || p.depth["html"] == 0 {
			p.isPage()
			p.root = p.pos()
		}
		p.setLanguage()
	case "head", "body":
		p.isPage()
	case "frameset":
		p.isPage()
		p.frameset = true
	case "base":
		if href, ok := p.attrs.get("href"); ok && p.base == "" && !placeholder(href) {
			p.base = cut(strings.TrimSpace(href), maxBase)
		}
	case "script":
		if runs(p.attrs) {
			p.scripts++
		}
	case "img", "iframe", "frame", "object", "embed", "applet", "video", "audio", "canvas", "svg", "input", "select", "textarea", "button":
		p.embedded++
	}
}

// end judges what only the whole page tells.
func (p *page) end() {
	for len(p.open) > 0 {
		p.pop()
	}
	p.prose.endBlock(p)
	if p.complete {
		p.wholePage()
		p.forms.judge(p)
		p.ids.judge(p)
	} else {
		p.issues = slices.DeleteFunc(p.issues, func(i Issue) bool { return !certain[i.Code] })
		maps.DeleteFunc(p.t.Unlisted, func(code string, _ int) bool { return !certain[code] })
	}
	slices.SortStableFunc(p.issues, func(a, b Issue) int {
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		return a.Pos.Column - b.Pos.Column
	})
	p.t.Issues = p.issues
}

// room tells whether another issue of a code would be listed; where it wouldn't
// it is counted.
func (p *page) room(code string) bool {
	p.counts[code]++
	if p.counts[code] <= MaxIssues {
		return true
	}
	if p.t.Unlisted == nil {
		p.t.Unlisted = map[string]int{}
	}
	p.t.Unlisted[code]++
	return false
}

func (p *page) issue(code string, pos Pos, what string) {
	if p.room(code) {
		p.issues = append(p.issues, Issue{Code: code, Pos: pos, What: what})
	}
}

// shown is what of the element, where an issue of the code would be listed.
func (p *page) shown(code, name string) string {
	if p.counts[code] >= MaxIssues {
		return ""
	}
	return what(name, p.attrs)
}

// here is an issue of the element whose start tag was just read.
func (p *page) here(code, name string) {
	if p.room(code) {
		p.issues = append(p.issues, Issue{Code: code, Pos: p.pos(), What: what(name, p.attrs)})
	}
}
