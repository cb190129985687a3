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
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
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

// decode makes UTF-8 of the bytes: by the byte-order mark, else by the pattern
// of "<?xml" in UTF-16, else by the declared encoding (XML 1.0, appendix F).
func decode(data []byte) (text []byte, name string, err error) {
	var enc encoding.Encoding
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return valid(data[3:], "utf-8")
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		enc, name = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "utf-16le"
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		enc, name = unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "utf-16be"
	case bytes.HasPrefix(data, []byte{'<', 0, '?', 0}):
		enc, name = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "utf-16le"
	case bytes.HasPrefix(data, []byte{0, '<', 0, '?'}):
		enc, name = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "utf-16be"
	default:
		label := declared(data)
		if label == "" {
			return valid(data, "utf-8")
		}
		enc, name = charset.Lookup(label)
		if enc == nil {
			return nil, "", &Fault{Pos{1, 1}, false, fmt.Sprintf("it is in the encoding %q, which nobody knows", label)}
		}
		if strings.HasPrefix(name, "utf-16") { // its declaration could be read as it lies there
			return nil, "", &Fault{Pos{1, 1}, false, fmt.Sprintf("it says that it is in the encoding %q, and isn’t", label)}
		}
		if name == "utf-8" {
			return valid(data, name)
		}
	}
	text, err = io.ReadAll(io.LimitReader(transform.NewReader(bytes.NewReader(data), enc.NewDecoder()), MaxSize+1))
	if err != nil || len(text) > MaxSize {
		return nil, "", &Fault{Pos{1, 1}, false, "it can’t be read as " + name}
	}
	return text, name, nil
}

func valid(text []byte, name string) ([]byte, string, error) {
	for line, rest := 1, text; ; line++ {
		one, more, found := bytes.Cut(rest, []byte{'\n'})
		if !utf8.Valid(one) {
			n := 1
			for len(one) > 0 {
				r, size := utf8.DecodeRune(one)
				if r == utf8.RuneError && size == 1 {
					break
				}
				one, n = one[size:], n+1
			}
			return nil, "", &Fault{Pos{line, n}, false, "it has bytes that are not UTF-8, though it says nothing of another encoding"}
		}
		if !found {
			return text, name, nil
		}
		rest = more
	}
}

// declared reads the encoding of an XML declaration.
func declared(data []byte) string {
	if !bytes.HasPrefix(data, []byte("<?xml")) {
		return ""
	}
	head, _, found := bytes.Cut(data[:min(len(data), 1024)], []byte("?>"))
	if !found {
		return ""
	}
	_, rest, found := bytes.Cut(head, []byte("encoding"))
	if !found {
		return ""
	}
	rest = bytes.TrimLeft(rest, " \t\r\n")
	if len(rest) == 0 || rest[0] != '=' {
		return ""
	}
	rest = bytes.TrimLeft(rest[1:], " \t\r\n")
	if len(rest) < 2 || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	end := bytes.IndexByte(rest[1:], rest[0])
	if end < 0 {
		return ""
	}
	return string(rest[1 : 1+end])
}

// declaration is what an XML declaration may be (XML 1.0, production 23): the
// version, then the encoding, then standalone. “_” is white space in it.
var declaration = regexp.MustCompile(strings.ReplaceAll(
	`^<\?xml_+version_*=_*(?:"(1\.[0-9]+)"|'(1\.[0-9]+)')`+
		`(?:_+encoding_*=_*(?:"[A-Za-z][A-Za-z0-9.\-\x5f]*"|'[A-Za-z][A-Za-z0-9.\-\x5f]*'))?`+
		`(?:_+standalone_*=_*(?:"(?:yes|no)"|'(?:yes|no)'))?_*\?>`, "_", `[ \t\r\n]`))

var declares = regexp.MustCompile(`^<\?xml[ \t\r\n]`)

// asOne checks the XML declaration, and gives a text of another 1.x version as
// one of 1.0, which is how a reader of 1.0 takes it (XML 1.0, 2.8).
func asOne(text []byte) (read []byte, version string, err error) {
	if !declares.Match(text) {
		return text, "1.0", nil
	}
	at := declaration.FindSubmatchIndex(text)
	if at == nil {
		return nil, "", &Fault{Pos{1, 1}, false, "its first line is no XML declaration as readers of XML know it: version 1.x, then encoding, then standalone"}
	}
	from, to := max(at[2], at[4]), max(at[3], at[5])
	version = string(text[from:to])
	if version == "1.0" {
		return text, version, nil
	}
	text = slices.Clone(text)
	quote := text[to]
	copy(text[from:], "1.0")
	text[from+3] = quote
	for i := from + 4; i <= to; i++ {
		text[i] = ' '
	}
	return text, version, nil
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

// Attr gives the value of an attribute by its local name, in whatever namespace;
// ok tells whether it is there.
func (e *Element) Attr(local string) (value string, ok bool) {
	for _, a := range e.Attrs {
		if a.Name == local && a.Space != "xmlns" {
			return a.Value, true
		}
	}
	return "", false
}

// AttrIn gives the value of an attribute of one namespace.
func (e *Element) AttrIn(space, local string) (value string, ok bool) {
	for _, a := range e.Attrs {
		if a.Name == local && a.Space == space {
			return a.Value, true
		}
	}
	return "", false
}

// Base gives the element's own xml:base.
func (e *Element) Base() string {
	base, _ := e.AttrIn(xmlSpace, "base")
	return base
}

// Child gives the first child of a local name, nil where there is none.
func (e *Element) Child(local string) *Element {
	for _, c := range e.Children {
		if c.Name == local {
			return c
		}
	}
	return nil
}

// All gives the children of a local name.
func (e *Element) All(local string) []*Element {
	var list []*Element
	for _, c := range e.Children {
		if c.Name == local {
			list = append(list, c)
		}
	}
	return list
}

// Walk calls f for the element and everything below it, in the document's order,
// until f says false.
func (e *Element) Walk(f func(*Element) bool) bool {
	if !f(e) {
		return false
	}
	for _, c := range e.Children {
		if !c.Walk(f) {
			return false
		}
	}
	return true
}
