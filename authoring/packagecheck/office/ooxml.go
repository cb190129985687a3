package office

import (
	"bytes"
	"context"
	"net/url"
	"path"
	"slices"
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

// typesName is the part that tells the types of all others.
const typesName = "[Content_Types].xml"

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
	e := arc.FindFold(typesName)
	if e == nil {
		f.Fault = fault("", "The document has no %s.", typesName)
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
