package webpage

func set(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m
}

var (
	// void elements have no content (HTML, 13.1.2).
	void = set("area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input",
		"keygen", "link", "meta", "param", "source", "track", "wbr")
	// inline elements don't end a sentence.
	inline = set("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "br", "cite", "code", "data", "del", "dfn",
		"em", "font", "i", "ins", "kbd", "label", "mark", "nobr", "q", "s", "samp", "small", "span", "strike",
		"strong", "sub", "sup", "time", "tt", "u", "var", "wbr")
	// blocks end an open paragraph (HTML, 13.1.2.4).
	blocks = set("address", "article", "aside", "blockquote", "center", "details", "div", "dl", "fieldset",
		"figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "menu", "nav",
		"ol", "p", "pre", "section", "table", "ul")
	// breaksOut are elements that end a drawing that was left open, and
	// integrates those of a drawing that have HTML in them (HTML, 13.2.6.5).
	breaksOut = set("b", "blockquote", "body", "br", "center", "code", "dd", "div", "dl", "dt", "em", "embed",
		"h1", "h2", "h3", "h4", "h5", "h6", "head", "hr", "i", "img", "li", "listing", "menu", "meta", "nobr",
		"ol", "p", "pre", "ruby", "s", "small", "span", "strong", "strike", "sub", "sup", "table", "tt", "u",
		"ul", "var")
	integrates = set("foreignobject", "title", "desc")
	headings   = set("h1", "h2", "h3", "h4", "h5", "h6")
	// ends tells which open elements end by themselves where another begins.
	ends = map[string]map[string]bool{
		"li":       set("li"),
		"dt":       set("dt", "dd"),
		"dd":       set("dt", "dd"),
		"option":   set("option"),
		"optgroup": set("option", "optgroup"),
		"td":       set("td", "th"),
		"th":       set("td", "th"),
		"tr":       set("td", "th", "tr"),
		"tbody":    set("td", "th", "tr", "thead", "tbody", "tfoot"),
		"tfoot":    set("td", "th", "tr", "thead", "tbody", "tfoot"),
	}
)

// implied ends elements whose end tag may be left out.
func (p *page) implied(name string) {
	if (name == "a" || name == "button") && p.depth[name] > 0 && !p.top().foreign {
		p.forget(name)
	}
	for {
		top := p.top().name
		if !(ends[name][top] || top == "p" && (blocks[name] || ends[name] != nil) || headings[name] && headings[top]) {
			return
		}
		p.pop()
	}
}

// forget ends the innermost element of a name, and leaves open what stands in it:
// an old <a name="top"> that was never closed mustn't end the table around the
// next link.
func (p *page) forget(name string) {
	i := len(p.open) - 1
	for p.open[i].name != name {
		i--
	}
	e := &p.open[i]
	judge := e.close
	e.name, e.close = "", nil
	p.left(name)
	p.depth[""]++
	if judge != nil {
		judge()
	}
}
