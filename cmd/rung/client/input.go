package client

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Mistakes is all that is wrong with a file that somebody wrote, in the order of
// its lines. Nothing was sent.
type Mistakes struct {
	File string
	List []Mistake
}

// Mistake is one thing to put right.
type Mistake struct {
	Line int // counted from 1
	Text string
}

// Error gives one "file:line: sentence" a line.
func (m *Mistakes) Error() string {
	lines := make([]string, len(m.List))
	for i, x := range m.List {
		lines[i] = fmt.Sprintf("%s:%d: %s", m.File, x.Line, x.Text)
	}
	return strings.Join(lines, "\n")
}

// add notes a mistake at a node.
func (m *Mistakes) add(n ast.Node, format string, args ...any) {
	line := 1
	if n != nil && n.GetToken() != nil && n.GetToken().Position != nil {
		line = n.GetToken().Position.Line
	}
	m.List = append(m.List, Mistake{line, fmt.Sprintf(format, args...)})
}

// err is all mistakes, or nil.
func (m *Mistakes) err() error {
	if len(m.List) == 0 {
		return nil
	}
	slices.SortStableFunc(m.List, func(a, b Mistake) int { return cmp.Compare(a.Line, b.Line) })
	return m
}

// property is a key that a file may have, with what it may be.
type property struct {
	name string
	kind kind
}

type kind int

const (
	text  kind = iota // one text; yes, no and numbers are taken as they are written
	whole             // a whole number
	texts             // a list of texts
)

// readYAML reads a file of one YAML document, strictly: read notes every
// mistake that it finds.
func readYAML(path string, read func(*Mistakes, ast.Node)) error {
	src, err := os.ReadFile(path)
	if err != nil {
		return &Misuse{err.Error()}
	}
	m := &Mistakes{File: path}
	if !utf8.Valid(src) {
		for i, line := range bytes.Split(src, []byte("\n")) {
			if !utf8.Valid(line) {
				m.List = append(m.List, Mistake{i + 1, "the file must be UTF-8, and this line is not"})
			}
		}
		return m.err()
	}
	file, err := parser.ParseBytes(src, 0, parser.AllowDuplicateMapKey()) // object tells all duplicates
	if err != nil {
		wrong := Mistake{1, "this is not YAML: " + err.Error()}
		if syntax, ok := errors.AsType[yaml.Error](err); ok {
			wrong.Text = "this is not YAML: " + syntax.GetMessage()
			if t := syntax.GetToken(); t != nil && t.Position != nil {
				wrong.Line = t.Position.Line
			}
		}
		m.List = append(m.List, wrong)
		return m.err()
	}
	var bodies []ast.Node
	for _, d := range file.Docs {
		if d.Body != nil && d.Body.Type() != ast.CommentType && d.Body.Type() != ast.NullType {
			bodies = append(bodies, d.Body)
		}
	}
	switch len(bodies) {
	case 0:
		m.add(nil, "the file is empty")
	case 1:
		read(m, bodies[0])
	default:
		m.add(bodies[1], "the file must be one document; a second begins here")
	}
	return m.err()
}

// entry is one key of a mapping with its value.
type entry struct {
	key   string
	at    ast.Node
	value ast.Node
}

// mapping gives the keys of a mapping, each once.
func (m *Mistakes) mapping(n ast.Node, what string) []entry {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		m.add(n, "%s must be names with values, like title: Leading a handover", what)
		return nil
	}
	var entries []entry
	for _, p := range pairs {
		key, ok := p.Key.(*ast.StringNode)
		switch {
		case !ok:
			m.add(p.Key, "the names in %s must be plain words", what)
		case slices.ContainsFunc(entries, func(e entry) bool { return e.key == key.Value }):
			m.add(p.Key, "%s is there twice", key.Value)
		default:
			entries = append(entries, entry{key.Value, p.Key, p.Value})
		}
	}
	return entries
}

// object reads a mapping that may have these properties and no others. Of those
// that are empty it gives the empty value.
func (m *Mistakes) object(n ast.Node, what string, known []property) map[string]any {
	values := map[string]any{}
	for _, e := range m.mapping(n, what) {
		i := slices.IndexFunc(known, func(p property) bool { return p.name == e.key })
		if i < 0 {
			m.add(e.at, "%s has no %q%s", what, e.key, nearest(e.key, known))
			continue
		}
		switch value := unwrapped(e.value); known[i].kind {
		case text:
			values[e.key] = m.text(value, e.key)
		case whole:
			values[e.key] = m.whole(value, e.key)
		case texts:
			values[e.key] = m.texts(value, e.key)
		}
	}
	return values
}

// unwrapped is a value without its anchor or tag.
func unwrapped(n ast.Node) ast.Node {
	for {
		switch at := n.(type) {
		case *ast.AnchorNode:
			n = at.Value
		case *ast.TagNode:
			n = at.Value
		default:
			return n
		}
	}
}

// text reads a text. Certificate: yes and minutes: 45 are texts as they stand.
func (m *Mistakes) text(n ast.Node, what string) string {
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return ""
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value
	}
	m.add(n, "%s must be one text", what)
	return ""
}

func (m *Mistakes) whole(n ast.Node, what string) int64 {
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return 0
	case *ast.IntegerNode:
		switch v := n.Value.(type) {
		case int64:
			return v
		case uint64:
			if v < 1<<53 {
				return int64(v)
			}
		}
	}
	m.add(n, "%s must be a whole number", what)
	return 0
}

func (m *Mistakes) texts(n ast.Node, what string) []string {
	list := []string{}
	switch n := n.(type) {
	case nil, *ast.NullNode:
	case *ast.SequenceNode:
		for _, item := range n.Values {
			list = append(list, m.text(unwrapped(item), "each item of "+what))
		}
	default:
		m.add(n, "%s must be a list, with “- ” before each item", what)
	}
	return list
}

// nearest says which name may have been meant, or which there are.
func nearest(typed string, known []property) string {
	names := make([]string, len(known))
	for i, p := range known {
		names[i] = p.name
	}
	if near := Near(typed, names); len(near) > 0 {
		return fmt.Sprintf(": is it %s?", near[0])
	}
	return ": there are " + strings.Join(names, ", ")
}
