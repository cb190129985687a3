package office

import (
	"bufio"
	"context"
	"encoding/xml"
	"errors"
	"io"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
)

const (
	maxPart  = 64 << 20 // bytes of XML that are looked into
	maxTag   = 1 << 20  // bytes from one tag to the next
	maxNests = 1000
)

// element is one that begins, with what is asked of it.
type element struct{ xml.StartElement }

// attr gives an attribute by its local name, empty where it isn't there.
func (e element) attr(local string) string {
	for _, a := range e.Attr {
		if a.Name.Local == local && a.Name.Space != "xmlns" {
			return a.Value
		}
	}
	return ""
}

// has gives an attribute, and whether it is there.
func (e element) has(local string) (value string, ok bool) {
	for _, a := range e.Attr {
		if a.Name.Local == local && a.Name.Space != "xmlns" {
			return a.Value, true
		}
	}
	return "", false
}

// yes tells whether an attribute or a value says true, as XML Schema writes it.
func yes(v string) bool { return v == "1" || v == "true" || v == "on" }

// seer takes the XML of a part as it comes.
type seer interface {
	start(e element)
	end(local string)
	text(s []byte)
}

// parts reads the XML of a document's parts.
type parts struct {
	ctx    context.Context
	budget *int64
	facts  *Facts
	images []image         // that lie elsewhere, whether or not they are shown from there
	linked map[Target]bool // references to them that are shown from there, by part and reference
}

// image is a picture that a part refers to elsewhere.
type image struct {
	Target
	id Target
}

// read has a part seen to its end. A part that isn't XML gives a *Fault; one that
// is larger or odder than those of documents are is left where it gets so.
func (p *parts) read(e *archive.Entry, s seer) (*Fault, error) {
	r, err := e.Reader(p.ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	t := &tags{r: bufio.NewReader(io.LimitReader(r, maxPart+1)), budget: p.budget}
	if head, _ := t.r.Peek(2); len(head) == 2 && (head[0] >= 0xfe || head[0] == 0 || head[1] == 0) {
		return nil, nil // UTF-16, which no program writes
	}
	d := xml.NewDecoder(t)
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // tags are ASCII in all that occur
	depth := 0
	for {
		token, err := d.Token()
		switch syntax, wrong := errors.AsType[*xml.SyntaxError](err); {
		case t.err == io.EOF && err == io.EOF:
			return nil, nil
		case errors.Is(t.err, errSpent):
			p.facts.Unread = true
			return nil, nil
		case t.err != nil && t.err != io.EOF:
			return nil, t.err
		case wrong:
			return &Fault{Part: e.Path, Line: syntax.Line, XML: true, Text: syntax.Msg}, nil
		case err != nil:
			return nil, nil // an odd encoding: nothing can be said
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxNests {
				p.facts.Unread = true
				return nil, nil
			}
			s.start(element{token})
		case xml.EndElement:
			depth--
			s.end(token.Name.Local)
		case xml.CharData:
			s.text(token)
		}
	}
}

// tags passes the bytes of XML through while they are paid for, and ends where a
// tag or a text is longer than any of a document's: a decoder holds it whole.
type tags struct {
	r      *bufio.Reader
	budget *int64
	read   int64
	since  int // bytes since the last tag began
	err    error
}

func (t *tags) Read(b []byte) (int, error) {
	if t.err != nil {
		return 0, t.err
	}
	n, err := t.r.Read(b)
	t.read += int64(n)
	for _, c := range b[:n] {
		if t.since++; c == '<' {
			t.since = 0
		}
	}
	if *t.budget -= int64(n); *t.budget < 0 || t.since > maxTag || t.read > maxPart {
		err = errSpent
	}
	t.err = err
	return n, err
}
