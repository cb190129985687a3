package webpage

import (
	"strconv"
	"strings"
)

// judge looks at one element for what assistive technology needs, and says with
// e.close what is left to judge at its end.
func (p *page) judge(e *element) {
	a := p.attrs
	if e.template || p.part {
		if !e.hidden && (certainOf[e.name] || e.name == "input" && a.is("type", "image")) {
			p.element(e)
		}
		return
	}
	if v, ok := a.get("id"); ok && !placeholder(v) {
		p.ids.seen(p, e.name, v)
	}
	p.ids.uses(a.value("aria-labelledby"))
	p.ids.uses(a.value("aria-describedby"))
	switch e.name {
	case "meta":
		p.meta()
		return
	case "title":
		p.title(e)
		return
	case "noscript", "script", "style":
		return
	}
	if a.labelled() || a.filled() || strings.Contains(e.name, "-") && !e.foreign {
		p.gives(e) // a custom element may draw its own text
	}
	if e.hidden {
		return
	}
	if n, err := strconv.Atoi(strings.TrimSpace(short(a.value("tabindex"), 12))); err == nil && n > 0 {
		p.here(Tabindex, e.name)
	}
	p.element(e)
}

// Templates and fragments are finished by scripts, which may well fill a link or
// put a label beside a control. What they say of these is left out; an image or a
// film with its address stays as it is.
var (
	certain   = set(ImageAlt, InputImageAlt, AreaAlt, FrameTitle, VideoCaptions, Autoplay, AutoplayControls)
	certainOf = set("img", "area", "iframe", "video", "audio", "source", "track")
)

// gives notes that an element or a text names what it stands in, unless it is
// hidden.
func (p *page) gives(e *element) {
	if !e.hidden && !e.template {
		p.named++
	}
}

func (p *page) element(e *element) {
	a := p.attrs
	switch name := e.name; {
	case name == "img" && !e.foreign:
		p.image(e)
	case name == "area":
		if a.has("href") && !a.said("alt") && !a.labelled() && !a.bound("alt") {
			p.here(AreaAlt, name)
		}
	case name == "svg" || e.foreign:
		p.drawing(e)
	case name == "object":
		p.object(e)
	case name == "iframe":
		if !a.labelled() && !a.bound("title") && !tiny(a) && !a.is("tabindex", "-1") && !presentational(a) {
			p.here(FrameTitle, name)
		}
	case name == "video" || name == "audio":
		p.player(e)
	case name == "source" || name == "track":
		p.media.part(name, a)
	case name == "input":
		p.input(e)
	case name == "select" || name == "textarea":
		p.control(e)
	case name == "label":
		p.forms.label(p, e)
	case name == "a" && a.has("href"):
		p.mustBeNamed(e, LinkEmpty)
	case name == "button":
		p.mustBeNamed(e, ButtonEmpty)
	case headings[name] || a.is("role", "heading"):
		p.heading(e)
	case name == "table":
		p.table(e)
	case name == "tr" || name == "td" || name == "th" || name == "caption" || name == "thead":
		p.cell(name)
	}
}

func presentational(a attrs) bool { return a.is("role", "presentation", "none") }

// tiny tells whether an element is made so small that nobody sees it.
func tiny(a attrs) bool {
	return a.is("width", "0", "1", "0px", "1px") || a.is("height", "0", "1", "0px", "1px")
}

func (p *page) image(e *element) {
	a := p.attrs
	switch {
	case a.said("alt") || a.labelled():
		p.gives(e)
	case a.has("alt") || presentational(a):
	case a.bound("alt"):
		p.gives(e)
	case !a.said("src") && !a.said("srcset") && !a.said("data-src"):
		p.gives(e) // a script fills it, and may well name it
	default:
		p.here(ImageAlt, e.name)
		p.gives(e) // the link around it needs no finding of its own
	}
}

// drawing judges an SVG in the page; only one that says it is an image must have
// a name, the others may be ornament.
func (p *page) drawing(e *element) {
	if e.name == "svg" && p.attrs.is("role", "img", "graphics-document", "graphics-symbol") {
		p.mustBeNamed(e, SVGName)
	}
	if e.name == "svg" && p.attrs.said("aria-labelledby") {
		p.gives(e)
	}
	if e.name == "image" && p.attrs.said("aria-label") {
		p.gives(e)
	}
	if e.name == "a" && (p.attrs.has("href") || p.attrs.has("xlink:href")) {
		p.mustBeNamed(e, LinkEmpty)
	}
}

// object judges a picture, a film or a page put in by <object>: what it has
// inside is its alternative.
func (p *page) object(e *element) {
	a := p.attrs
	if !a.said("data") || tiny(a) || presentational(a) || placeholder(a.value("data")) {
		return
	}
	p.mustBeNamed(e, ObjectName)
}

// mustBeNamed has an element judged at its end: is there anything in it that
// gives it a name?
func (p *page) mustBeNamed(e *element, code string) {
	a := p.attrs
	if a.labelled() {
		p.gives(e)
		return
	}
	if a.filled() || a.bound("title") || a.bound("aria-label") || presentational(a) {
		p.gives(e)
		return
	}
	named, pos, shown := p.named, p.pos(), p.shown(code, e.name)
	e.close = func() {
		if p.named == named {
			p.issue(code, pos, shown)
		}
	}
}

// heading judges what is in one, and its level beside the one before.
func (p *page) heading(e *element) {
	a := p.attrs
	level := 0
	switch {
	case a.has("role") && !a.is("role", "heading"):
		return
	case a.has("aria-level"):
		level, _ = strconv.Atoi(strings.TrimSpace(short(a.value("aria-level"), 4)))
	case headings[e.name]:
		level = int(e.name[1] - '0')
	default:
		level = 2 // WAI-ARIA's, for a role without a level
	}
	if level == 1 {
		p.topHeading = true
	}
	named, pos, shown := p.named, p.pos(), p.shown(HeadingEmpty, e.name)
	filled := a.labelled() || a.filled()
	byScript := a.said("id")
	e.close = func() {
		switch {
		case p.named == named && !filled && byScript:
			p.maybe(HeadingEmpty, pos, shown)
		case p.named == named && !filled:
			p.issue(HeadingEmpty, pos, shown)
		default:
			if p.level > 0 && level > p.level+1 {
				p.issue(HeadingSkip, pos, "<h"+strconv.Itoa(level)+"> after <h"+strconv.Itoa(p.level)+">")
			}
			p.level = level
		}
	}
}

// maybe is an issue only where no script could mend it: an empty heading with an
// id waits for its text.
func (p *page) maybe(code string, pos Pos, what string) {
	if len(p.doubtful) < MaxIssues {
		p.doubtful = append(p.doubtful, Issue{Code: code, Pos: pos, What: what})
	}
}
