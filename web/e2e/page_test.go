package e2e

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/leadership-ladder/rung/web/webtest"
)

// sheet is a page, or a part of one, in which controls are found by the words
// that stand at them: the way people find them.
type sheet struct{ doc, scope *html.Node }

func parse(source string) (sheet, error) {
	doc, err := html.Parse(strings.NewReader(source))
	return sheet{doc, doc}, err
}

// headings are the elements that name a part of a page.
var headings = []string{"h1", "h2", "h3", "h4", "legend", "strong"}

// parts are the elements that a heading can name.
var parts = []string{"form", "section", "li", "div", "main"}

// within is the smallest part of the page that this heading names and that holds
// something to be filled in or pressed; the last one, where there are several.
func (s sheet) within(heading string) (part sheet, err error) {
	err = fmt.Errorf("nothing here is called %q", heading)
	for n := range s.scope.Descendants() {
		if n.Type != html.ElementNode || !slices.Contains(headings, n.Data) || !says(n, heading) {
			continue
		}
		for p := n.Parent; p != nil; p = p.Parent {
			if slices.Contains(parts, p.Data) && first(p, isControl) != nil {
				part, err = sheet{s.doc, p}, nil
				break
			}
		}
	}
	return part, err
}

func isControl(n *html.Node) bool {
	return n.Data == "button" || n.Data == "textarea" || n.Data == "select" || n.Data == "input" && attribute(n, "type") != "hidden"
}

// field is the control with this label.
func (s sheet) field(label string) (*html.Node, error) {
	var found []*html.Node
	var labels []string
	for n := range s.scope.Descendants() {
		if n.Type == html.ElementNode && n.Data == "label" {
			labels = append(labels, webtest.TextOf(n))
			if says(n, label) {
				if target := s.byID(attribute(n, "for")); target != nil {
					found = append(found, target)
				}
			}
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%d fields are labelled %q; the labels are %q", len(found), label, labels)
	}
	return found[0], nil
}

// choice is the radio, the box or the option with this label; question is the
// legend above it, or the label of the select.
func (s sheet) choice(question, answer string) (*html.Node, error) {
	for n := range s.scope.Descendants() {
		if n.Type != html.ElementNode || n.Data != "fieldset" {
			continue
		}
		if legend := first(n, func(d *html.Node) bool { return d.Data == "legend" }); legend != nil && says(legend, question) {
			return sheet{s.doc, n}.field(answer)
		}
	}
	list, err := s.field(question)
	if err != nil {
		return nil, fmt.Errorf("no question %q: %w", question, err)
	}
	option := first(list, func(d *html.Node) bool { return d.Data == "option" && says(d, answer) })
	if option == nil {
		return nil, fmt.Errorf("%q cannot be answered by %q: %s", question, answer, webtest.TextOf(list))
	}
	return option, nil
}

// button and link are what is pressed and followed, by its words. The words for
// screen readers alone need not be said.
func (s sheet) button(words string) (*html.Node, error) {
	return s.one("button", words, func(n *html.Node) bool { return n.Data == "button" })
}

func (s sheet) link(words string) (*html.Node, error) {
	return s.one("link", words, func(n *html.Node) bool { return n.Data == "a" && attribute(n, "href") != "" })
}

func (s sheet) one(what, words string, is func(*html.Node) bool) (*html.Node, error) {
	var found []*html.Node
	var others []string
	for n := range s.scope.Descendants() {
		if n.Type == html.ElementNode && is(n) {
			others = append(others, webtest.TextOf(n))
			if says(n, words) {
				found = append(found, n)
			}
		}
	}
	for _, n := range found[min(1, len(found)):] {
		if what != "link" || attribute(n, "href") != attribute(found[0], "href") {
			return nil, fmt.Errorf("%d of the %ss say %q", len(found), what, words)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no %s says %q; the %ss are %q", what, words, what, others)
	}
	return found[0], nil
}

func (s sheet) byID(id string) *html.Node {
	return first(s.doc, func(n *html.Node) bool { return id != "" && attribute(n, "id") == id })
}

// says reports whether an element's words are these, with or without those that
// only screen readers hear.
func says(n *html.Node, words string) bool {
	return webtest.TextOf(n) == words || seenText(n) == words
}

func seenText(n *html.Node) string {
	var words []string
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			words = append(words, strings.Fields(n.Data)...)
		}
		if strings.Contains(attribute(n, "class"), "visually-hidden") {
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(words, " ")
}

func first(n *html.Node, is func(*html.Node) bool) *html.Node {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && is(d) {
			return d
		}
	}
	return nil
}

func formOf(n *html.Node) *html.Node {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == "form" {
			return p
		}
	}
	return nil
}

func attribute(n *html.Node, name string) string {
	v, _ := webtest.Attribute(n, name)
	return v
}
