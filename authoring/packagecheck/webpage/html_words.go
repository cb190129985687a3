package webpage

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// prose counts the words of a page, block by block: a menu's entries and a
// table's numbers are no sentences, and would make any text look easy.
type prose struct {
	seen  int // visible words, of all kinds
	bytes int // of the spans
	block Words
	ended bool // the block's last word ended a sentence
}

// prosaic is how many words a block of prose has at least.
const prosaic = 6

func (r *prose) endBlock(p *page) {
	b := r.block
	if b.Words == 0 {
		return
	}
	if b.Words >= prosaic && b.Sentences > 0 {
		if !r.ended {
			b.Sentences++
		}
		w := &p.t.Words
		w.Sentences, w.Words, w.Syllables = w.Sentences+b.Sentences, w.Words+b.Words, w.Syllables+b.Syllables
	}
	r.block, r.ended = Words{}, false
}

// text takes one run of text: a script, a style, the title, or words for readers.
func (p *page) text() {
	e := p.top()
	raw := p.z.Raw()
	lead := len(raw) - len(bytes.TrimLeft(raw, " \t\r\n\f"))
	if lead == len(raw) {
		return
	}
	switch {
	case e.name == "script":
		p.script(raw)
		return
	case e.name == "style":
		p.inside(func(t *Text) { scanStyle(raw, p.pos(), t) })
		return
	case e.name == "noscript" || e.name == "iframe" || e.name == "noframes" || e.name == "noembed":
		return
	case e.name == "title" && !e.foreign:
		p.setTitle(string(p.z.Text()))
		return
	}
	if unfinished := e.template || p.part; unfinished && placeholder(string(raw)) {
		return
	} else if unfinished {
		e.hidden = true
	}
	if !p.choices() {
		p.gives(&e)
	}
	if e.foreign && e.name != "text" && e.name != "tspan" || p.depth["head"] > 0 && p.depth["body"] == 0 {
		return
	}
	if cdata := []byte("<![CDATA["); bytes.HasPrefix(raw, cdata) {
		p.read(strings.Join(strings.Fields(string(p.z.Text())), " "), p.pos(), e.hidden)
		return
	}
	p.lines(raw, e.hidden)
}

// lines reads each line for itself, so that a place within it is right.
func (p *page) lines(raw []byte, hidden bool) {
	for at := 0; at < len(raw) && p.prose.bytes < MaxWords; {
		end := len(raw)
		if n := bytes.IndexAny(raw[at:], "\r\n"); n >= 0 {
			end = at + n
		}
		line := bytes.TrimLeft(raw[at:end], " \t\f")
		if len(line) > 0 {
			pos := p.cursor.pos(p.offset + end - len(line))
			p.read(strings.Join(strings.Fields(html.UnescapeString(string(line))), " "), pos, hidden)
		}
		at = end + 1
	}
}

// choices tells whether the text is what a control offers or has typed in it,
// which is no name of it.
func (p *page) choices() bool { return p.depth["select"] > 0 || p.depth["textarea"] > 0 }

func (p *page) setTitle(text string) {
	if p.t.Title == "" && p.depth["svg"] == 0 {
		p.t.Title = short(strings.Join(strings.Fields(text), " "), 300)
		p.titled = p.titled || p.t.Title != ""
	}
}

// read keeps a span and counts its words.
func (p *page) read(text string, pos Pos, hidden bool) {
	r := &p.prose
	text = cut(text, MaxWords-r.bytes)
	if text == "" {
		return
	}
	r.bytes += len(text)
	p.t.Words.Spans = append(p.t.Words.Spans, Span{Text: text, Pos: pos})
	for word := range strings.FieldsSeq(text) {
		n := Syllables(word)
		if n == 0 {
			continue
		}
		if !hidden {
			r.seen++
		}
		r.block.Words++
		r.block.Syllables += n
		if r.ended = endsSentence(word); r.ended {
			r.block.Sentences++
		}
	}
}

var abbreviations = set("dr.", "mr.", "mrs.", "ms.", "prof.", "st.", "no.", "fig.", "e.g.", "i.e.", "vs.", "etc.", "cf.", "p.", "pp.", "al.")

func endsSentence(word string) bool {
	word = strings.TrimRight(word, `"')]”’»`)
	if word == "" || !strings.ContainsRune(".!?…", lastRune(word)) {
		return false
	}
	return !abbreviations[strings.ToLower(strings.TrimLeft(word, `("'[“‘`))]
}

func lastRune(s string) rune { r, _ := utf8.DecodeLastRuneInString(s); return r }

// Syllables estimates those of an English word: its groups of vowels, without a
// silent e at the end. What has no letters has none.
func Syllables(word string) int {
	n, vowel, letters := 0, false, 0
	var last, before rune
	for _, c := range word {
		c = unicode.ToLower(c)
		if !unicode.IsLetter(c) {
			continue
		}
		letters++
		is := strings.ContainsRune("aeiouyàáâäèéêëìíîïòóôöùúûü", c)
		if is && !vowel {
			n++
		}
		vowel = is
		before, last = last, c
	}
	if last == 'e' && n > 1 && before != 'l' && !strings.ContainsRune("aeiouy", before) {
		n--
	}
	if letters > 0 {
		n = max(n, 1)
	}
	return n
}

// script has an inline script looked at: as code, as a template, or not at all
// where it is data.
func (p *page) script(raw []byte) {
	if p.template {
		p.fragment(raw)
		return
	}
	if !p.code {
		return
	}
	p.inside(func(t *Text) { scanScript(raw, p.pos(), t) })
	if bytes.Contains(raw, []byte("document.title")) {
		p.titled = true
	}
	for _, sets := range []string{"documentElement.lang", `documentElement.setAttribute("lang"`, "documentElement.setAttribute('lang'"} {
		if bytes.Contains(raw, []byte(sets)) {
			p.language = true
		}
	}
}

// fragment looks into HTML that a page keeps in a script element, to be put into
// it later. Fragments in fragments are left out.
func (p *page) fragment(raw []byte) {
	if p.part || bytes.IndexByte(raw, '<') < 0 {
		return
	}
	in := &page{t: p.t, z: html.NewTokenizer(bytes.NewReader(raw)), offset: p.offset, cursor: p.cursor,
		depth: map[string]int{}, issues: p.issues, counts: p.counts, prose: p.prose, base: p.base, refs: p.refs, part: true}
	in.run()
	for len(in.open) > 0 {
		in.pop()
	}
	in.prose.endBlock(in)
	p.issues, p.prose, p.refs = in.issues, in.prose, in.refs
}

// keeps tells whether a script element of these attributes keeps HTML.
func keeps(a attrs) bool {
	kind := strings.ToLower(short(a.value("type"), 100))
	return strings.Contains(kind, "template") || strings.Contains(kind, "handlebars") || strings.Contains(kind, "mustache") ||
		strings.TrimSpace(kind) == "text/html" || strings.TrimSpace(kind) == "text/x-tmpl"
}

// runs tells whether browsers run a script element of these attributes.
func runs(a attrs) bool {
	kind, ok := a.get("type")
	if !ok {
		return true
	}
	kind, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(short(kind, 100))), ";")
	switch strings.TrimSpace(kind) {
	case "", "module", "text/babel", "text/jsx":
		return true
	case "importmap", "systemjs-importmap": // no code, but it says where modules are
		return true
	}
	return strings.HasSuffix(kind, "javascript") || strings.HasSuffix(kind, "ecmascript") || strings.HasSuffix(kind, "jscript")
}
