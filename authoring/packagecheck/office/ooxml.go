package office

import (
	"bytes"
	"cmp"
	"context"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
)

// mains are the content types of main parts, by what follows “vnd.”, in small
// letters and without the “+xml” that not all of them have.
var mains = map[string]string{
	"openxmlformats-officedocument.wordprocessingml.document.main":   "docx",
	"openxmlformats-officedocument.wordprocessingml.template.main":   "dotx",
	"ms-word.document.macroenabled.main":                             "docm",
	"ms-word.template.macroenabledtemplate.main":                     "dotm",
	"openxmlformats-officedocument.presentationml.presentation.main": "pptx",
	"openxmlformats-officedocument.presentationml.slideshow.main":    "ppsx",
	"openxmlformats-officedocument.presentationml.template.main":     "potx",
	"ms-powerpoint.presentation.macroenabled.main":                   "pptm",
	"ms-powerpoint.slideshow.macroenabled.main":                      "ppsm",
	"ms-powerpoint.template.macroenabled.main":                       "potm",
	"openxmlformats-officedocument.spreadsheetml.sheet.main":         "xlsx",
	"openxmlformats-officedocument.spreadsheetml.template.main":      "xltx",
	"ms-excel.sheet.macroenabled.main":                               "xlsm",
	"ms-excel.template.macroenabled.main":                            "xltm",
	"ms-excel.sheet.binary.macroenabled.main":                        "xlsb",
	"ms-excel.addin.macroenabled.main":                               "xlam",
	"ms-powerpoint.addin.macroenabled.main":                          "ppam",
	"ms-visio.drawing.main":                                          "vsdx",
}

// TypesName is the part that tells the types of all others.
const TypesName = "[Content_Types].xml"

// maxTypes is how many types are kept: a document has one for each of its parts.
const maxTypes = 20_000

// types are the content types of a document's parts.
type types struct {
	facts       *Facts
	parts, ends map[string]string
	order       []string // of the parts
}

func (t *types) start(e element) {
	kind := strings.ToLower(e.attr("ContentType"))
	if i := strings.Index(kind, "vnd."); i >= 0 {
		kind = kind[i+len("vnd."):]
	}
	kind = strings.TrimSuffix(kind, "+xml")
	switch {
	case len(t.order)+len(t.ends) > maxTypes:
		t.facts.Unread = true
	case e.Name.Local == "Default":
		t.ends[strings.ToLower(e.attr("Extension"))] = kind
	case e.Name.Local == "Override":
		part := e.attr("PartName")
		t.parts[part] = kind
		t.order = append(t.order, part)
	}
}

func (*types) end(string)  {}
func (*types) text([]byte) {}

// of gives the type of a part.
func (t *types) of(p string) string {
	if kind, ok := t.parts["/"+p]; ok {
		return kind
	}
	return t.ends[strings.ToLower(strings.TrimPrefix(path.Ext(p), "."))]
}

// find gives the entry of a part.
func find(arc *archive.Archive, part string) *archive.Entry {
	part = strings.TrimPrefix(part, "/")
	if e := arc.Find(part); e != nil {
		return e
	}
	if plain, err := url.PathUnescape(part); err == nil {
		part = plain
	}
	return arc.FindFold(part)
}

// ReadOpenXML reads a document of the current Office formats. An error is that
// of the context, or a *archive.Problem of a part that can't be read.
func ReadOpenXML(ctx context.Context, arc *archive.Archive, budget *int64) (*Facts, error) {
	f := &Facts{}
	p := &parts{ctx: ctx, budget: budget, facts: f, linked: map[Target]bool{}}
	kinds := &types{facts: f, parts: map[string]string{}, ends: map[string]string{}}
	e := arc.FindFold(TypesName)
	if e == nil {
		f.Fault = fault("", "The document has no %s.", TypesName)
		return f, nil
	}
	var err error
	if f.Fault, err = p.read(e, kinds); f.Fault != nil || err != nil {
		return f, err
	}
	if f.Main, err = p.main(arc, kinds); err != nil || f.Unread {
		return f, err
	}
	if f.Main == "" {
		f.Fault = fault(e.Path, "No part of the document is declared as its main one.")
		return f, nil
	}
	f.Edition = mains[kinds.of(f.Main)]
	part := find(arc, f.Main)
	if part == nil {
		f.Fault = fault(e.Path, "The main part “%s” is not in the document.", f.Main)
		return f, nil
	}
	f.Main = part.Path
	f.Paged = !strings.HasPrefix(f.Edition, "x")
	return f, p.openXML(arc, kinds, part)
}

// main gives the name of the main part: the one that the document as a whole
// refers to, else the first that has the type of one.
func (p *parts) main(arc *archive.Archive, kinds *types) (string, error) {
	if e := arc.FindFold("_rels/.rels"); e != nil {
		r := &relations{parts: p}
		if _, err := p.read(e, r); err != nil {
			return "", err
		}
		if mains[kinds.of(r.main)] != "" {
			return r.main, nil
		}
	}
	for _, part := range kinds.order {
		if mains[kinds.parts[part]] != "" {
			return strings.TrimPrefix(part, "/"), nil
		}
	}
	return "", nil
}

// openXML reads the parts one after another: the main one, whose faults are
// those of the document, and all that are looked into.
func (p *parts) openXML(arc *archive.Archive, kinds *types, main *archive.Entry) error {
	f := p.facts
	var err error
	if f.Edition != "xlsb" { // its parts are in a format of their own
		if f.Fault, err = p.read(main, p.contents(main)); err != nil {
			return err
		}
	}
	for _, e := range arc.Entries {
		kind := kinds.of(e.Path)
		var s seer
		switch after := kind[strings.LastIndex(kind, ".")+1:]; {
		case e == main:
			continue
		case strings.HasSuffix(strings.ToLower(e.Path), "vbaproject.bin") || kind == "ms-office.vbaproject",
			strings.HasPrefix(kind, "ms-excel.macrosheet"), strings.HasPrefix(kind, "ms-excel.intlmacrosheet"):
			listed(&f.Macros, e.Path)
		case kind == "ms-office.activex":
			if stem := strings.TrimSuffix(e.Path, ".bin"); arc.Find(stem+".xml") == nil { // a control has two parts
				listed(&f.Controls, e.Path)
			}
		case strings.HasSuffix(e.Path, ".rels"):
			s = &relations{parts: p, part: source(e.Path)}
		case kind == "openxmlformats-package.core-properties":
			s = &properties{facts: f}
		case strings.HasPrefix(kind, "openxmlformats-officedocument.") && slices.Contains([]string{"header", "footer", "footnotes", "slide", "drawing", "styles"}, after):
			c := p.contents(e)
			c.slide = after == "slide"
			s = c
		case strings.Contains(e.Path, "/embeddings/"):
			if err := p.embedded(e); err != nil {
				return err
			}
		}
		if s == nil {
			continue
		}
		if _, err := p.read(e, s); err != nil {
			return err
		}
		if c, ok := s.(*contents); ok {
			c.done()
		}
	}
	for _, image := range p.images {
		if p.linked[image.id] {
			listed(&f.Taken, image.Target)
		}
	}
	return nil
}

func (p *parts) contents(e *archive.Entry) *contents {
	return &contents{parts: p, part: e.Path}
}

// source is the part that a part of relationships is of.
func source(p string) string {
	dir, name := path.Split(p)
	return path.Join(path.Dir(path.Clean(dir)), strings.TrimSuffix(name, ".rels"))
}

// embedded tells the names of the files that an object of another program has
// packed in it.
func (p *parts) embedded(e *archive.Entry) error {
	if path.Ext(e.Path) != ".bin" {
		return nil // a document, which has the name of its kind
	}
	if *p.budget -= e.Size; *p.budget < 0 || e.Size > maxHeld {
		p.facts.Unread = true
		return nil
	}
	data, _, err := e.ReadAll(p.ctx, maxHeld)
	if err != nil {
		return err
	}
	c, err := openCompound(p.ctx, bytes.NewReader(data))
	if err != nil {
		return nil // of a program that has a format of its own
	}
	if called := c.packed(); called != "" {
		listed(&p.facts.Embedded, called)
	}
	return nil
}

// relations are what one part refers to.
type relations struct {
	*parts
	part string
	main string // what the document as a whole refers to
}

func (r *relations) start(e element) {
	t := Target{r.part, e.attr("Target")}
	kind := e.attr("Type")
	if e.Name.Local != "Relationship" || !strings.EqualFold(e.attr("TargetMode"), "External") {
		if strings.HasSuffix(kind, "/officeDocument") {
			r.main = strings.TrimPrefix(path.Clean("/"+t.URL), "/")
		}
		return
	}
	switch kind[strings.LastIndex(kind, "/")+1:] {
	case "hyperlink":
		listed(&r.facts.Links, t)
	case "attachedTemplate":
		if remote(t.URL) {
			r.facts.Template = &t
		}
	case "oleObject", "externalLinkPath", "mailMergeSource", "mailMergeHeaderSource", "subDocument", "frame":
		listed(&r.facts.Taken, t)
	case "video", "audio", "media":
		if web(t.URL) { // a film of a website, which is played there
			listed(&r.facts.Links, t)
		} else {
			listed(&r.facts.Taken, t)
		}
	case "image":
		listed(&r.images, image{t, Target{r.part, e.attr("Id")}})
	}
}

func (*relations) end(string)  {}
func (*relations) text([]byte) {}

func web(address string) bool {
	u, err := url.Parse(strings.TrimSpace(address))
	return err == nil && (strings.EqualFold(u.Scheme, "http") || strings.EqualFold(u.Scheme, "https"))
}

// remote tells whether an address leads to another computer.
func remote(address string) bool {
	at := strings.ToLower(strings.ReplaceAll(address, `\`, "/"))
	file, ok := strings.CutPrefix(at, "file://")
	return web(address) || strings.HasPrefix(at, "//") || ok && (!strings.HasPrefix(file, "/") || strings.HasPrefix(file, "//"))
}

// properties are the title and language that a document says of itself.
type properties struct {
	facts *Facts
	in    string
}

func (p *properties) start(e element) { p.in = e.Name.Local }
func (p *properties) end(string)      { p.in = "" }

func (p *properties) text(s []byte) {
	switch said := strings.TrimSpace(string(s)); {
	case said == "":
	case p.in == "title" && p.facts.Title == "":
		p.facts.Title = said
	case p.in == "language":
		p.facts.Language = said
	}
}

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
