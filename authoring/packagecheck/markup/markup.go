// Package markup reads the XML of manifests into a tree that knows where each
// element stands. It takes the encodings that authoring tools write, never
// looks at a DTD or an entity of its own, and is bounded in size and depth.
package markup

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	// MaxSize is how many bytes a manifest may have, after decoding to UTF-8.
	MaxSize = 16 << 20
	// MaxDepth is how deep its elements may be nested.
	MaxDepth = 256
	// MaxElements is how many elements it may have.
	MaxElements = 400_000
	// MaxAttrs is how many attributes an element may have, and MaxPrefixes how
	// many prefixes may be declared above any one.
	MaxAttrs    = 256
	MaxPrefixes = 1000
)

// Pos is a place in a text: lines from 1, columns from 1, in characters.
type Pos struct{ Line, Column int }

// Element is one element with what is in it.
type Element struct {
	Space    string // namespace, empty for none
	Name     string // local name
	Attrs    []Attr
	Children []*Element
	Text     string // its own character data, children's left out, trimmed
	Pos      Pos
	Parent   *Element
}

// Attr is one attribute. xmlns declarations are among them, with Space "xmlns"
// or Name "xmlns".
type Attr struct{ Space, Name, Value string }

// Fault is what is wrong with a text as XML.
type Fault struct {
	Pos    Pos
	Entity bool // it declares or uses an entity, which is never resolved
	Text   string
}

func (f *Fault) Error() string { return fmt.Sprintf("line %d: %s", f.Pos.Line, f.Text) }

// What a Fault may be besides: Parse's error is one of these too, for errors.Is.
var (
	ErrEncoding = errors.New("the bytes are not in the encoding that they claim")
	ErrEntity   = errors.New("an entity of its own is declared")
)

// Document is what Parse read.
type Document struct {
	Root     *Element
	Version  string // of XML, as declared; "1.0" where nothing is
	Encoding string // as it was read: "utf-8", "utf-16le", "windows-1252", …
	Doctype  bool   // it has a document type declaration, which was skipped
}

// Parse reads a document. What is no well-formed XML is a *Fault.
func Parse(data []byte) (*Document, error) {
	if len(data) > MaxSize {
		return nil, &Fault{Pos{1, 1}, false, fmt.Sprintf("it has more than %d bytes", MaxSize)}
	}
	text, name, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEncoding, err)
	}
	text, version, err := asOne(text)
	if err != nil {
		return nil, err
	}
	p := &parser{text: text, doc: &Document{Version: version, Encoding: name}, line: 1, column: 1}
	if err := p.run(); err != nil {
		return nil, err
	}
	return p.doc, nil
}

type parser struct {
	text     []byte
	doc      *Document
	open     []*Element
	said     []*strings.Builder // the character data of each open element
	elements int
	// where the decoder is, kept so that a place costs no second reading
	at           int
	line, column int
}

func (p *parser) run() error {
	d := xml.NewDecoder(bytes.NewReader(p.text))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // decoded already
	for {
		start := d.InputOffset()
		token, err := d.RawToken()
		if err == io.EOF {
			return p.end()
		}
		if err != nil {
			return p.fault(d, err)
		}
		pos := p.pos(int(start))
		switch t := token.(type) {
		case xml.StartElement:
			if crowded(p.text[start:d.InputOffset()]) {
				return &Fault{pos, false, fmt.Sprintf("<%s> has attributes without a space between them", rawName(t.Name.Space, t.Name.Local))}
			}
			if err := p.start(t, pos); err != nil {
				return err
			}
		case xml.EndElement:
			if err := p.close(t, pos); err != nil {
				return err
			}
		case xml.CharData:
			if n := len(p.open); n > 0 {
				p.said[n-1].Write(t)
			} else if s := strings.TrimSpace(strings.TrimPrefix(string(t), "\ufeff")); s != "" {
				return &Fault{pos, false, "there is text outside of the root element"}
			}
		case xml.ProcInst:
			if strings.EqualFold(t.Target, "xml") && start != 0 {
				return &Fault{pos, false, "the XML declaration isn’t at the very start"}
			}
		case xml.Directive:
			if len(p.open) > 0 || p.doc.Root != nil {
				return &Fault{pos, false, "a declaration stands where only elements may"}
			}
			p.doc.Doctype = true
			if bytes.Contains(bytes.ToUpper(t), []byte("<!ENTITY")) {
				return fmt.Errorf("%w: %w", ErrEntity, &Fault{pos, true, "it declares an entity of its own"})
			}
		}
	}
}

func (p *parser) end() error {
	if n := len(p.open); n > 0 {
		return &Fault{p.open[n-1].Pos, false, fmt.Sprintf("<%s> is never closed", p.open[n-1].raw())}
	}
	if p.doc.Root == nil {
		return &Fault{Pos{1, 1}, false, "there is no element in it"}
	}
	return resolve(p.doc.Root, (*scope)(nil).with("xml", xmlSpace))
}

const xmlSpace = "http://www.w3.org/XML/1998/namespace"

// crowded tells whether an attribute of a tag follows upon the one before it
// without white space, which the decoder doesn't mind and XML forbids.
func crowded(tag []byte) bool {
	for i := 0; i < len(tag); i++ {
		if tag[i] != '"' && tag[i] != '\'' {
			continue
		}
		end := bytes.IndexByte(tag[i+1:], tag[i])
		if end < 0 {
			return false
		}
		if i += end + 1; i+1 < len(tag) && bytes.IndexByte([]byte(" \t\r\n/>"), tag[i+1]) < 0 {
			return true
		}
	}
	return false
}

func (p *parser) start(t xml.StartElement, pos Pos) error {
	e := &Element{Space: t.Name.Space, Name: t.Name.Local, Pos: pos}
	if len(t.Attr) > MaxAttrs {
		return &Fault{pos, false, fmt.Sprintf("<%s> has more than %d attributes", e.raw(), MaxAttrs)}
	}
	for _, a := range t.Attr {
		for _, b := range e.Attrs {
			if a.Name.Space == b.Space && a.Name.Local == b.Name {
				return &Fault{pos, false, fmt.Sprintf("<%s> has its attribute %s twice", e.raw(), a.Name.Local)}
			}
		}
		e.Attrs = append(e.Attrs, Attr{a.Name.Space, a.Name.Local, a.Value})
	}
	if p.elements++; p.elements > MaxElements {
		return &Fault{pos, false, fmt.Sprintf("it has more than %d elements", MaxElements)}
	}
	if len(p.open) >= MaxDepth {
		return &Fault{pos, false, fmt.Sprintf("its elements are nested more than %d deep", MaxDepth)}
	}
	switch n := len(p.open); {
	case n > 0:
		e.Parent = p.open[n-1]
		e.Parent.Children = append(e.Parent.Children, e)
	case p.doc.Root != nil:
		return &Fault{pos, false, "there is a second root element"}
	default:
		p.doc.Root = e
	}
	p.open, p.said = append(p.open, e), append(p.said, &strings.Builder{})
	return nil
}

func (p *parser) close(t xml.EndElement, pos Pos) error {
	n := len(p.open)
	if n == 0 {
		return &Fault{pos, false, fmt.Sprintf("</%s> closes nothing", rawName(t.Name.Space, t.Name.Local))}
	}
	e := p.open[n-1]
	if e.Space != t.Name.Space || e.Name != t.Name.Local {
		return &Fault{pos, false, fmt.Sprintf("<%s> of line %d is closed by </%s>", e.raw(), e.Pos.Line, rawName(t.Name.Space, t.Name.Local))}
	}
	e.Text = strings.TrimSpace(p.said[n-1].String())
	p.open, p.said = p.open[:n-1], p.said[:n-1]
	return nil
}

// raw is the name with its prefix, before resolve has made a namespace of it.
func (e *Element) raw() string { return rawName(e.Space, e.Name) }

func rawName(prefix, local string) string {
	if prefix == "" {
		return local
	}
	return prefix + ":" + local
}

// scope is one declared prefix and those above it.
type scope struct {
	prefix, uri string
	above       *scope
	depth       int
}

func (s *scope) with(prefix, uri string) *scope {
	depth := 1
	if s != nil {
		depth = s.depth + 1
	}
	return &scope{prefix, uri, s, depth}
}

func (s *scope) find(prefix string) (uri string, ok bool) {
	for ; s != nil; s = s.above {
		if s.prefix == prefix {
			return s.uri, true
		}
	}
	return "", false
}

// resolve puts namespaces in the place of prefixes (Namespaces in XML 1.0). An
// undeclared prefix is a fault.
func resolve(e *Element, known *scope) error {
	for _, a := range e.Attrs {
		switch {
		case a.Space == "xmlns":
			known = known.with(a.Name, a.Value)
		case a.Space == "" && a.Name == "xmlns":
			known = known.with("", a.Value)
		}
	}
	if known.depth > MaxPrefixes {
		return &Fault{e.Pos, false, fmt.Sprintf("more than %d prefixes are declared", MaxPrefixes)}
	}
	if e.Space == "" {
		e.Space, _ = known.find("")
	} else if err := namespace(&e.Space, e, known); err != nil {
		return err
	}
	for i := range e.Attrs {
		if a := &e.Attrs[i]; a.Space != "" && a.Space != "xmlns" {
			if err := namespace(&a.Space, e, known); err != nil {
				return err
			}
		}
	}
	for _, c := range e.Children {
		if err := resolve(c, known); err != nil {
			return err
		}
	}
	return nil
}

func namespace(prefix *string, e *Element, known *scope) error {
	uri, ok := known.find(*prefix)
	if !ok {
		return &Fault{e.Pos, false, fmt.Sprintf("its prefix %q is not declared", *prefix)}
	}
	*prefix = uri
	return nil
}

// fault makes one of what the decoder says.
func (p *parser) fault(d *xml.Decoder, err error) error {
	line, column := d.InputPos()
	text := err.Error()
	entity := false
	if s, ok := errors.AsType[*xml.SyntaxError](err); ok {
		line, text = s.Line, s.Msg
		entity = strings.Contains(s.Msg, "invalid character entity")
		if text == "unexpected EOF" {
			text = "it ends in the middle, as if it were cut off"
		}
	}
	return &Fault{Pos{line, column}, entity, text}
}

// pos turns an offset into a place; offsets only grow.
func (p *parser) pos(offset int) Pos {
	for ; p.at < offset; p.at++ {
		switch c := p.text[p.at]; {
		case c == '\n':
			p.line, p.column = p.line+1, 1
		case utf8.RuneStart(c):
			p.column++
		}
	}
	return Pos{p.line, p.column}
}
