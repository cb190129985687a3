package pdf

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
)

// What an object may cost. What has more is no object of an ordinary document,
// and is passed over.
const (
	maxDepth  = 64
	maxValues = 150_000  // of one object, or of all that are packed together
	maxString = 64 << 10 // bytes that are kept of one
	maxName   = 256
)

// The values of PDF (ISO 32000-1, 7.3): nil, bool, int64, float64, name, text,
// array, dict and ref.
type (
	name  string
	text  string // the bytes of a string object
	array []any
	dict  map[name]any
	ref   struct{ number, generation uint32 }
	// word is a keyword, such as obj and endobj, where a value was looked for.
	word string
)

var (
	errSyntax = errors.New("this is no object")
	errSpent  = errors.New("there is too much to look into")
)

// input reads bytes from anywhere through one small window, and pays for them.
type input struct {
	ctx    context.Context
	r      io.ReaderAt
	size   int64
	budget *int64
	window []byte
	at     int64 // of the window
	err    error // why no more is read; what is behind the end is no error
}

const windowSize = 8 << 10

// byteAt gives the byte at an offset, and -1 where there is none.
func (in *input) byteAt(off int64) int {
	if i := off - in.at; i >= 0 && i < int64(len(in.window)) {
		return int(in.window[i])
	}
	if off < 0 || off >= in.size || in.err != nil || !in.fill(off) {
		return -1
	}
	return int(in.window[0])
}

func (in *input) fill(off int64) bool {
	n := min(windowSize, in.size-off)
	if in.err = in.ctx.Err(); in.err == nil {
		in.err = spend(in.budget, n)
	}
	if in.err != nil {
		return false
	}
	if in.window == nil {
		in.window = make([]byte, 0, windowSize)
	}
	in.window, in.at = in.window[:n], off
	if got, err := in.r.ReadAt(in.window, off); got < int(n) {
		in.window, in.err = in.window[:0], err
		return false
	}
	return true
}

// spend takes n from what may be spent.
func spend(budget *int64, n int64) error {
	if *budget -= n; *budget < 0 {
		return errSpent
	}
	return nil
}

// lexer reads values one after another.
type lexer struct {
	*input
	pos    int64
	values int // read of this object
}

func (l *lexer) peek() int { return l.byteAt(l.pos) }

func space(c int) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func delimiter(c int) bool {
	switch c {
	case '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return false
}

func regular(c int) bool { return c >= 0 && !space(c) && !delimiter(c) }

func digit(c int) bool { return c >= '0' && c <= '9' }

// skip passes over white space and comments.
func (l *lexer) skip() {
	for c := l.peek(); space(c) || c == '%'; c = l.peek() {
		l.pos++
		if c == '%' {
			for c = l.peek(); c >= 0 && c != '\n' && c != '\r'; c = l.peek() {
				l.pos++
			}
		}
	}
}

// value reads the next value, or the keyword that stands in its place.
func (l *lexer) value(depth int) (any, error) {
	l.skip()
	if l.values++; l.values > maxValues || depth > maxDepth {
		return nil, errSyntax
	}
	switch c := l.peek(); {
	case c < 0:
		if l.err != nil {
			return nil, l.err
		}
		return nil, errSyntax
	case c == '/':
		l.pos++
		return l.name(), nil
	case c == '(':
		l.pos++
		return l.literal(), nil
	case c == '[':
		l.pos++
		return l.array(depth)
	case c == '<':
		if l.pos++; l.peek() == '<' {
			l.pos++
			return l.dict(depth)
		}
		return l.hex(), nil
	case delimiter(c): // it closes nothing
		l.pos++
		return nil, errSyntax
	}
	return l.number(l.word()), nil
}

func (l *lexer) word() word {
	var b []byte
	for c := l.peek(); regular(c) && len(b) < maxName; c = l.peek() {
		b = append(b, byte(c))
		l.pos++
	}
	return word(b)
}

// number takes a keyword for what it says: a number, a reference, true, false,
// null or itself.
func (l *lexer) number(w word) any {
	switch w {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	if c := int(w[0]); !digit(c) && c != '-' && c != '+' && c != '.' {
		return w
	}
	n, err := strconv.ParseInt(string(w), 10, 64)
	if err != nil {
		if f, err := strconv.ParseFloat(string(w), 64); err == nil {
			return f
		}
		return w
	}
	if n < 0 || n > maxNumber {
		return n
	}
	if generation, ok := l.reference(); ok {
		return ref{uint32(n), generation}
	}
	return n
}

// maxNumber is the highest number that an object may have (ISO 32000-1, annex C).
const maxNumber = 8_388_607

// reference looks ahead for the second half of one: “0 R”.
func (l *lexer) reference() (generation uint32, ok bool) {
	at := l.pos
	for space(l.byteAt(at)) && at < l.pos+16 {
		at++
	}
	digits := 0
	for ; digit(l.byteAt(at)) && digits < 5; digits++ {
		generation = generation*10 + uint32(l.byteAt(at)-'0')
		at++
	}
	if digits == 0 || !space(l.byteAt(at)) {
		return 0, false
	}
	for space(l.byteAt(at)) && at < l.pos+32 {
		at++
	}
	if l.byteAt(at) != 'R' || regular(l.byteAt(at+1)) {
		return 0, false
	}
	l.pos = at + 1
	return generation, true
}

func (l *lexer) name() name {
	var b []byte
	for c := l.peek(); regular(c); c = l.peek() {
		l.pos++
		if hi, lo := hexDigit(l.peek()), hexDigit(l.byteAt(l.pos+1)); c == '#' && hi >= 0 && lo >= 0 {
			c = hi<<4 | lo
			l.pos += 2
		}
		if len(b) < maxName {
			b = append(b, byte(c))
		}
	}
	return name(b)
}

func hexDigit(c int) int {
	switch {
	case digit(c):
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return -1
}

func (l *lexer) hex() text {
	var b []byte
	half := -1
	for c := l.peek(); c >= 0; c = l.peek() {
		l.pos++
		if c == '>' {
			break
		}
		switch d := hexDigit(c); {
		case d < 0:
		case half < 0:
			half = d
		default:
			b, half = keep(b, half<<4|d), -1
		}
	}
	if half >= 0 {
		b = keep(b, half<<4)
	}
	return text(b)
}

func keep(b []byte, c int) []byte {
	if len(b) < maxString {
		b = append(b, byte(c))
	}
	return b
}

// literal reads a string in parentheses, behind the first of them.
func (l *lexer) literal() text {
	var b []byte
	for open := 1; ; {
		c := l.peek()
		if c < 0 {
			return text(b)
		}
		l.pos++
		switch c {
		case '(':
			open++
		case ')':
			if open--; open == 0 {
				return text(b)
			}
		case '\\':
			if c = l.escaped(); c < 0 {
				continue
			}
		}
		b = keep(b, c)
	}
}

var escapes = map[int]int{'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f'}

// escaped gives what stands behind a backslash, -1 where that is nothing.
func (l *lexer) escaped() int {
	c := l.peek()
	l.pos++
	switch {
	case c == '\r' && l.peek() == '\n':
		l.pos++
		return -1
	case c == '\r', c == '\n', c < 0:
		return -1
	case c >= '0' && c <= '7':
		n := c - '0'
		for range 2 {
			if d := l.peek(); d >= '0' && d <= '7' {
				n = n<<3 | (d - '0')
				l.pos++
			}
		}
		return n & 0xff
	}
	if e, ok := escapes[c]; ok {
		return e
	}
	return c
}

func (l *lexer) array(depth int) (array, error) {
	var a array
	for {
		if l.skip(); l.peek() == ']' {
			l.pos++
			return a, nil
		}
		v, err := l.value(depth + 1)
		if err != nil {
			return a, err
		}
		if _, odd := v.(word); odd {
			return a, errSyntax
		}
		a = append(a, v)
	}
}

func (l *lexer) dict(depth int) (dict, error) {
	d := dict{}
	for {
		if l.skip(); l.peek() == '>' {
			if l.pos++; l.peek() == '>' {
				l.pos++
			}
			return d, nil
		}
		k, err := l.value(depth + 1)
		if err != nil {
			return d, err
		}
		key, ok := k.(name)
		if !ok {
			return d, errSyntax
		}
		if l.skip(); l.peek() == '>' { // a key without a value
			continue
		}
		v, err := l.value(depth + 1)
		if err != nil {
			return d, err
		}
		if _, odd := v.(word); odd {
			return d, errSyntax
		}
		if _, double := d[key]; !double {
			d[key] = v
		}
	}
}

// integer reads the next value, which must be one that is not negative.
func (l *lexer) integer() (int64, error) {
	l.skip()
	w := l.word()
	n, err := strconv.ParseUint(string(w), 10, 62)
	if err != nil {
		return 0, errors.Join(errSyntax, l.err)
	}
	return int64(n), nil
}

// is passes over a keyword that is expected.
func (l *lexer) is(w string) bool {
	l.skip()
	for i := range len(w) {
		if l.byteAt(l.pos+int64(i)) != int(w[i]) {
			return false
		}
	}
	l.pos += int64(len(w))
	return true
}

// lexing reads values from bytes in memory.
func lexing(ctx context.Context, data []byte, at int64, budget *int64) *lexer {
	return &lexer{input: &input{ctx: ctx, r: bytes.NewReader(data), size: int64(len(data)), budget: budget, window: data}, pos: at}
}
