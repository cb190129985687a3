package office

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"
)

// contents are a part with text, pictures and tables.
type contents struct {
	*parts
	part string

	slide, hidden, titled bool
	fallback              int // depth within what only old programs show
	frames                []frame
	tables                []table
	shape                 struct{ title, open bool }
	field                 []byte
	inField, inText       bool
}

// frame is a thing that a picture is shown in.
type frame struct {
	kind              string
	named, described  bool
	picture, embedded bool
	decorative        bool
}

type table struct {
	rows, cells int
	headed      bool
}

func (c *contents) top() *frame {
	if len(c.frames) == 0 {
		return nil
	}
	return &c.frames[len(c.frames)-1]
}

func (c *contents) start(e element) {
	local := e.Name.Local
	if c.fallback > 0 || local == "Fallback" {
		c.fallback++
		return
	}
	c.language(e)
	top := c.top()
	switch local {
	case "inline", "anchor", "pic", "graphicFrame", "grpSp":
		if len(c.frames) < maxNests {
			c.frames = append(c.frames, frame{kind: local, picture: local == "pic"})
		}
	case "docPr", "cNvPr":
		if top != nil && !top.named {
			top.named = true
			top.described = strings.TrimSpace(e.attr("descr")+e.attr("title")) != ""
		}
	case "decorative":
		if top != nil && yes(e.attr("val")) {
			top.decorative = true
		}
	case "graphicData":
		uri := e.attr("uri")
		if kind := uri[strings.LastIndex(uri, "/")+1:]; top != nil && (kind == "picture" || kind == "chart" || kind == "diagram") {
			top.picture = true
		}
	case "blip", "imagedata":
		// A picture that is in the document as well is shown from there.
		if id := cmp.Or(e.attr("link"), e.attr("href")); id != "" && e.attr("embed")+e.attr("id") == "" {
			if p := c.parts; len(p.linked) < maxListed {
				p.linked[Target{c.part, id}] = true
			}
		}
	case "sld":
		show, said := e.has("show")
		c.hidden = said && !yes(show)
	case "sp":
		c.shape.open, c.shape.title = true, false
	case "ph":
		if kind := e.attr("type"); c.shape.open && (kind == "title" || kind == "ctrTitle") {
			c.shape.title = true
		}
	case "t":
		c.inText = true
		c.facts.Worded = true
	default:
		c.tableOrField(e)
	}
}

func (c *contents) tableOrField(e element) {
	var in *table
	if n := len(c.tables); n > 0 {
		in = &c.tables[n-1]
	}
	switch local := e.Name.Local; {
	case local == "tbl":
		if len(c.tables) < maxNests {
			c.tables = append(c.tables, table{})
		}
	case local == "fldChar":
		if kind := e.attr("fldCharType"); kind == "begin" {
			c.field = c.field[:0]
		} else {
			c.fields()
		}
	case local == "instrText":
		c.inField = true
	case local == "fldSimple":
		c.field = append(c.field[:0], e.attr("instr")...)
		c.fields()
	case in == nil:
	case local == "tr":
		in.rows++
	case local == "tc" && in.rows == 1:
		in.cells++
	case local == "tblHeader":
		v, said := e.has("val")
		in.headed = in.headed || !said || yes(v)
	case local == "tblLook":
		bits, _ := strconv.ParseUint(e.attr("val"), 16, 32)
		in.headed = in.headed || yes(e.attr("firstRow")) || bits&0x20 != 0
	case local == "tblPr":
		in.headed = in.headed || yes(e.attr("firstRow"))
	}
}

// language takes the first one that the text is marked with.
func (c *contents) language(e element) {
	if c.facts.Language != "" {
		return
	}
	said := ""
	switch e.Name.Local {
	case "lang":
		said = e.attr("val")
	case "rPr", "defRPr", "endParaRPr":
		said = e.attr("lang")
	}
	if len(said) <= 35 {
		c.facts.Language = said
	}
}

func (c *contents) end(local string) {
	if c.fallback > 0 {
		c.fallback--
		return
	}
	switch local {
	case "inline", "anchor", "pic", "graphicFrame", "grpSp":
		c.framed()
	case "sp":
		c.shape.open = false
	case "t":
		c.inText = false
	case "instrText":
		c.inField = false
	case "tbl":
		if n := len(c.tables); n > 0 {
			if t := c.tables[n-1]; t.rows > 2 && t.cells > 1 && !t.headed && !c.hidden {
				listed(&c.facts.Headless, c.part)
			}
			c.tables = c.tables[:n-1]
		}
	}
}

// framed judges the picture in a frame that ends. One within another is the
// same picture again, or what is shown in place of an object.
func (c *contents) framed() {
	if len(c.frames) == 0 {
		return
	}
	f := c.frames[len(c.frames)-1]
	c.frames = c.frames[:len(c.frames)-1]
	if !f.picture || f.described || f.decorative || c.hidden || f.kind == "grpSp" {
		return
	}
	for _, around := range c.frames {
		if around.kind != "grpSp" && f.kind != "inline" && f.kind != "anchor" || around.kind == "grpSp" && (around.described || around.decorative) {
			return
		}
	}
	listed(&c.facts.Pictures, c.part)
}

func (c *contents) text(s []byte) {
	switch {
	case c.fallback > 0:
	case c.inField:
		if room := 256 - len(c.field); room > 0 {
			c.field = append(c.field, s[:min(len(s), room)]...)
		}
	case c.inText && c.shape.open && c.shape.title && len(bytes.TrimSpace(s)) > 0:
		c.titled = true
	}
}

// fields judges the instruction of a field.
func (c *contents) fields() {
	words := bytes.Fields(bytes.ToUpper(c.field))
	if len(words) > 1 && (string(words[0]) == "DDE" || string(words[0]) == "DDEAUTO") {
		listed(&c.facts.Fields, c.part)
	}
	c.field = c.field[:0]
}

// done judges a slide that was seen to its end.
func (c *contents) done() {
	if c.slide && !c.hidden && !c.titled {
		listed(&c.facts.Untitled, c.part)
	}
}
