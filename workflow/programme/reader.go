package programme

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// reader walks the nodes of a file and collects what is wrong, so that one
// reading tells everything.
type reader struct{ mistakes *Mistakes }

func (r reader) mistake(line int, format string, args ...any) {
	r.mistakes.List = append(r.mistakes.List, Mistake{line, fmt.Sprintf(format, args...)})
}

// object is a mapping of the file. Its getters give the zero value where
// something is wrong, once the mistake is noted.
type object struct {
	reader
	what   string // "this stage"
	line   int
	fields map[string]field
}

type field struct {
	line  int
	value ast.Node
}

// object reads a mapping that may have these keys and no others. The second
// result is false where the node isn't a mapping at all.
func (r reader) object(n ast.Node, what string, known ...string) (object, bool) {
	o := object{reader: r, what: what, line: lineOf(n), fields: map[string]field{}}
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		r.mistake(o.line, "%s must be a list of keys and values", what)
		return o, false
	}
	for _, v := range values {
		at := lineOf(v)
		key, ok := v.Key.(*ast.StringNode)
		if !ok {
			r.mistake(at, "the keys of %s must be plain words", what)
			continue
		}
		if first, twice := o.fields[key.Value]; twice {
			r.mistake(at, "%s has %q twice, first on line %d", what, key.Value, first.line)
			continue
		}
		if !slices.Contains(known, key.Value) {
			r.mistake(at, "%s has an unknown key %q; known are %s", what, key.Value, strings.Join(known, ", "))
			continue
		}
		o.fields[key.Value] = field{at, v.Value}
	}
	return o, true
}

// at is the line of a key, or of the object where the key is missing.
func (o object) at(key string) int {
	if f, ok := o.fields[key]; ok {
		return f.line
	}
	return o.line
}

func (o object) has(key string) bool { _, ok := o.fields[key]; return ok }

// need gives the value of a key that must be there.
func (o object) need(key string) (ast.Node, bool) {
	f, ok := o.fields[key]
	if !ok {
		o.mistake(o.line, "%s lacks %q", o.what, key)
		return nil, false
	}
	if _, null := f.value.(*ast.NullNode); null || f.value == nil {
		o.mistake(f.line, "%q of %s is empty", key, o.what)
		return nil, false
	}
	return f.value, true
}

// The longest texts, in characters: more is a file gone wrong.
const (
	maxName      = 200
	maxParagraph = 4000
)

// name reads a text of one line that must be there.
func (o object) name(key string) string { return o.text(key, maxName, false) }

// paragraph reads a text that must be there and may have line breaks.
func (o object) paragraph(key string) string { return o.text(key, maxParagraph, true) }

func (o object) text(key string, most int, breaks bool) string {
	n, ok := o.need(key)
	if !ok {
		return ""
	}
	return o.textOf(n, o.at(key), fmt.Sprintf("%q of %s", key, o.what), most, breaks)
}

func (r reader) textOf(n ast.Node, line int, what string, most int, breaks bool) string {
	var s string
	switch n := n.(type) {
	case *ast.StringNode:
		s = n.Value
	case *ast.LiteralNode:
		s = n.Value.Value
	default:
		r.mistake(line, "%s must be text; put it in quotes if it is", what)
		return ""
	}
	s = strings.TrimSpace(s)
	odd := func(c rune) bool { return unicode.IsControl(c) && !(breaks && c == '\n') }
	switch {
	case s == "":
		r.mistake(line, "%s is empty", what)
	case utf8.RuneCountInString(s) > most:
		r.mistake(line, "%s must have %d characters at most, not %d", what, most, utf8.RuneCountInString(s))
	case strings.ContainsFunc(s, odd) && !breaks && strings.Contains(s, "\n"):
		r.mistake(line, "%s must stand on one line", what)
	case strings.ContainsFunc(s, odd):
		r.mistake(line, "%s has a control character in it", what)
	default:
		return s
	}
	return ""
}

// paragraphs reads a list of texts that must be there.
func (o object) paragraphs(key string) []string {
	var all []string
	for _, n := range o.list(key, 20) {
		if s := o.textOf(n, lineOf(n), fmt.Sprintf("a paragraph of %q", key), maxParagraph, true); s != "" {
			all = append(all, s)
		}
	}
	return all
}

var (
	keySyntax  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	roleSyntax = regexp.MustCompile(`^[a-z][a-z_]*$`) // as in the table of roles
)

// key reads a stable name, that other things refer to.
func (o object) key() string { return o.keyLike(keySyntax, "small letters, digits and _") }

func (o object) keyLike(syntax *regexp.Regexp, allowed string) string {
	const name, most = "key", 60
	before := len(o.mistakes.List)
	s := o.text(name, most, false)
	if s != "" && !syntax.MatchString(s) {
		o.mistake(o.at(name), "the key %q must begin with a small letter and have only %s", s, allowed)
	}
	if len(o.mistakes.List) > before {
		return ""
	}
	return s
}

// number reads a whole number that must be there, within bounds.
func (o object) number(key string, least, most int) int {
	n, ok := o.need(key)
	if !ok {
		return 0
	}
	i, ok := n.(*ast.IntegerNode)
	if !ok {
		o.mistake(o.at(key), "%q of %s must be a whole number", key, o.what)
		return 0
	}
	if v, ok := i.Value.(uint64); ok && v <= uint64(most) && v >= uint64(least) {
		return int(v)
	}
	if v, ok := i.Value.(int64); ok && v <= int64(most) && v >= int64(least) {
		return int(v)
	}
	o.mistake(o.at(key), "%q of %s must be from %d to %d, not %v", key, o.what, least, most, i.Value)
	return 0
}

// optionalNumber is 0 where the key isn't there.
func (o object) optionalNumber(key string, least, most int) int {
	if !o.has(key) {
		return 0
	}
	return o.number(key, least, most)
}

// optionalParagraph is "" where the key isn't there.
func (o object) optionalParagraph(key string) string {
	if !o.has(key) {
		return ""
	}
	return o.paragraph(key)
}

// flag reads true or false; false where the key isn't there.
func (o object) flag(key string) bool {
	if !o.has(key) {
		return false
	}
	n, ok := o.need(key)
	if !ok {
		return false
	}
	b, ok := n.(*ast.BoolNode)
	if !ok {
		o.mistake(o.at(key), "%q of %s must be true or false", key, o.what)
		return false
	}
	return b.Value
}

// choice reads one of these words.
func (o object) choice(key string, words ...string) string {
	s := o.name(key)
	if s != "" && !slices.Contains(words, s) {
		o.mistake(o.at(key), "%q of %s must be %s, not %q", key, o.what, strings.Join(words, " or "), s)
		return ""
	}
	return s
}

// list reads a list that must be there and have something in it.
func (o object) list(key string, most int) []ast.Node {
	n, ok := o.need(key)
	if !ok {
		return nil
	}
	s, ok := n.(*ast.SequenceNode)
	switch {
	case !ok:
		o.mistake(o.at(key), "%q of %s must be a list", key, o.what)
	case len(s.Values) == 0:
		o.mistake(o.at(key), "%q of %s is empty", key, o.what)
	case len(s.Values) > most:
		o.mistake(o.at(key), "%q of %s must have %d entries at most, not %d", key, o.what, most, len(s.Values))
	default:
		return s.Values
	}
	return nil
}

// seen notes where keys of one kind were first given.
type seen map[string]int

// twice notes a key, and the mistake where it was given before.
func (s seen) twice(r reader, key string, line int, what string) {
	if key == "" {
		return
	}
	if first, ok := s[key]; ok {
		r.mistake(line, "the %s %q is there twice, first on line %d", what, key, first)
		return
	}
	s[key] = line
}

// lineOf is the line where a node begins: a mapping begins at its first key.
func lineOf(n ast.Node) int {
	switch m := n.(type) {
	case *ast.MappingNode:
		if len(m.Values) > 0 {
			return lineOf(m.Values[0])
		}
	case *ast.MappingValueNode:
		return lineOf(m.Key)
	}
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 1
	}
	return n.GetToken().Position.Line
}
