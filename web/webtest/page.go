package webtest

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Page is an answer.
type Page struct {
	Status int
	Header http.Header
	Body   string
	Doc    *html.Node // nil where it is no HTML

	t     testing.TB
	asked string // "GET /people"
}

// Expect ends the test unless the status is this one.
func (p *Page) Expect(status int) *Page {
	p.t.Helper()
	if p.Status != status {
		p.t.Fatalf("%s: status %d, expected %d\n%s", p.asked, p.Status, status, p.Text())
	}
	return p
}

// Leads ends the test unless the answer is a 303 to a path that begins so.
func (p *Page) Leads(path string) *Page {
	p.t.Helper()
	if p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Header.Get("Location"), path) {
		p.t.Fatalf("%s: %d to %q, expected 303 to %q\n%s", p.asked, p.Status, p.Header.Get("Location"), path, p.Text())
	}
	return p
}

// Says fails the test for each text that the page does not show.
func (p *Page) Says(texts ...string) *Page {
	p.t.Helper()
	shown := p.Text()
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			p.t.Errorf("%s does not say %q:\n%s", p.asked, text, shown)
		}
	}
	return p
}

// SaysNot fails the test for each text that the page holds anywhere, its
// markup included.
func (p *Page) SaysNot(texts ...string) *Page {
	p.t.Helper()
	for _, text := range texts {
		if strings.Contains(p.Body, text) {
			p.t.Errorf("%s holds %q:\n%s", p.asked, text, p.Text())
		}
	}
	return p
}

// Text is what the page shows, its spaces made single.
func (p *Page) Text() string {
	if p.Doc == nil {
		return p.Body
	}
	return TextOf(p.Doc)
}

// TextOf is the text of an element, its spaces made single.
func TextOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "script" && d.Parent.Data != "style" {
			b.WriteString(d.Data)
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// All are the elements with this tag ("" any) and these attributes, given as
// name and value; a class need only be one of the element's.
func (p *Page) All(tag string, attributes ...string) []*html.Node {
	if p.Doc == nil {
		return nil
	}
	var found []*html.Node
	for n := range p.Doc.Descendants() {
		if n.Type == html.ElementNode && (tag == "" || n.Data == tag) && hasAll(n, attributes) {
			found = append(found, n)
		}
	}
	return found
}

// One is the only element that All finds; it ends the test otherwise.
func (p *Page) One(tag string, attributes ...string) *html.Node {
	p.t.Helper()
	found := p.All(tag, attributes...)
	if len(found) != 1 {
		p.t.Fatalf("%s: %d elements <%s %v>, expected one\n%s", p.asked, len(found), tag, attributes, p.Text())
	}
	return found[0]
}

// Value is what the field of this name holds: an input's value, a textarea's
// text, the chosen option or button.
func (p *Page) Value(name string) string {
	p.t.Helper()
	for _, n := range p.All("", "name", name) {
		switch n.Data {
		case "textarea":
			if n.FirstChild == nil {
				return ""
			}
			return n.FirstChild.Data
		case "select":
			for o := range n.Descendants() {
				if _, ok := Attribute(o, "selected"); ok {
					v, _ := Attribute(o, "value")
					return v
				}
			}
			return ""
		case "input":
			kind, _ := Attribute(n, "type")
			if _, checked := Attribute(n, "checked"); (kind == "radio" || kind == "checkbox") && !checked {
				continue
			}
			v, _ := Attribute(n, "value")
			return v
		}
	}
	return ""
}

// Attribute is an attribute of an element, and whether it is there.
func Attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func hasAll(n *html.Node, attributes []string) bool {
	for i := 0; i+1 < len(attributes); i += 2 {
		v, ok := Attribute(n, attributes[i])
		if attributes[i] == "class" {
			ok = slices.Contains(strings.Fields(v), attributes[i+1])
			v = attributes[i+1]
		}
		if !ok || v != attributes[i+1] {
			return false
		}
	}
	return true
}
