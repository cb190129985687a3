package webpage

import (
	"strconv"
	"strings"

	"golang.org/x/text/language"
)

// The codes of issues.
const (
	NoLanguage       = "lang-missing"
	BadLanguage      = "lang-invalid"
	NoTitle          = "title-missing"
	ImageAlt         = "image-alt"
	InputImageAlt    = "input-image-alt"
	AreaAlt          = "area-alt"
	SVGName          = "svg-name"
	ObjectName       = "object-name"
	FrameTitle       = "frame-title"
	VideoCaptions    = "video-captions"
	Autoplay         = "autoplay"
	AutoplayControls = "autoplay-controls"
	Label            = "label"
	LinkEmpty        = "link-empty"
	ButtonEmpty      = "button-empty"
	HeadingEmpty     = "heading-empty"
	HeadingSkip      = "heading-skip"
	HeadingNone      = "heading-none"
	Tabindex         = "tabindex"
	Refresh          = "refresh"
	Zoom             = "zoom"
	DuplicateID      = "duplicate-id"
	TableHeaders     = "table-headers"
)

// longRead is how many words a page has that readers look for headings in.
const longRead = 150

// wholePage judges language, title and headings of the page.
func (p *page) wholePage() {
	blank := p.prose.seen == 0 && p.scripts == 0 && p.embedded == 0 && !p.frameset
	lang := strings.TrimSpace(p.t.Language)
	switch {
	case p.language || blank || placeholder(lang):
	case lang == "":
		p.issue(NoLanguage, p.root, "<html>")
	case !plausible(lang):
		p.issue(BadLanguage, p.root, `<html lang="`+short(lang, 40)+`">`)
	}
	if !p.titled && !blank {
		p.issue(NoTitle, p.root, "<title>")
	}
	if !p.topHeading && p.prose.seen >= longRead && !p.frameset {
		p.issue(HeadingNone, p.root, "<h1>")
	}
	if p.scripts == 0 {
		for _, i := range p.doubtful {
			p.issue(i.Code, i.Pos, i.What)
		}
	}
}

// setLanguage reads that of the root. xml:lang counts in XHTML alone; where
// both are there, browsers take lang.
func (p *page) setLanguage() {
	if p.t.Language != "" {
		return
	}
	lang, ok := p.attrs.get("lang")
	if !ok && (p.xml || p.xhtml) {
		lang = p.attrs.value("xml:lang")
	}
	p.t.Language = short(strings.TrimSpace(lang), 100)
	p.language = p.attrs.bound("lang")
}

// plausible tells whether a language tag has a form of BCP 47 and a language
// that is registered; of regions and variants it takes any.
func plausible(tag string) bool {
	if strings.ContainsAny(tag, "_ ") {
		return false
	}
	_, err := language.Parse(tag)
	if err == nil {
		return true
	}
	if _, unknown := err.(language.ValueError); !unknown {
		return false
	}
	base, _, _ := strings.Cut(tag, "-")
	_, err = language.ParseBase(base)
	return err == nil
}

// title notes that of the page; drawings have their own.
func (p *page) title(e *element) {
	if e.foreign || p.depth["svg"] > 0 {
		return
	}
	p.titled = p.titled || p.attrs.filled()
}

// meta judges what a <meta> does to the page.
func (p *page) meta() {
	a := p.attrs
	if a.is("http-equiv", "refresh") {
		const hours20 = 20 * 60 * 60 // WCAG 2.2, SC 2.2.1
		if seconds, _, ok := refresh(a.value("content")); ok && seconds > 0 && seconds < hours20 {
			p.here(Refresh, "meta")
		}
	}
	if a.is("name", "viewport") && noZoom(short(a.value("content"), 1024)) {
		p.here(Zoom, "meta")
	}
}

// noZoom reads a viewport as browsers do (CSS Device Adaptation, “Parsing
// algorithm”): does it keep people from making the page twice as large?
func noZoom(content string) bool {
	content = strings.NewReplacer(" = ", "=", " =", "=", "= ", "=").Replace(strings.Join(strings.Fields(strings.ToLower(content)), " "))
	for part := range strings.FieldsFuncSeq(content, func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
		key, value, _ := strings.Cut(part, "=")
		n, err := strconv.ParseFloat(value, 64)
		switch {
		case key == "user-scalable" && (value == "no" || err == nil && n > -1 && n < 1):
			return true
		case key == "maximum-scale" && (value == "yes" || err == nil && n >= 0 && n < 2):
			return true
		}
	}
	return false
}
