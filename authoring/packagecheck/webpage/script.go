package webpage

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// maxNested is how deep template literals are followed into one another.
const maxNested = 1000

type tokenKind byte

const (
	noToken tokenKind = iota
	nameToken
	textToken // a string, or a template without anything put in
	numberToken
	signToken
)

type token struct {
	kind     tokenKind
	sign     byte // of a signToken; '.' also for ?.
	from, to int
}

// script reads JavaScript once, from front to back. It is a tokenizer and no
// parser: what it can't tell it takes for the likelier, and reads on.
type script struct {
	finder
	last    [16]token // the latest is last[at&15]
	at      int
	braces  []int // per open template: how many braces are open in its ${
	noRegex int   // up to here a search for the end of a regular expression was in vain
	seen    marks
	known   map[string]bool
}

// scanScript adds to t what a script has in it. at is the place of its first
// character in the text that it stands in.
func scanScript(code []byte, at Pos, t *Text) {
	s := &script{finder: finder{code: code, start: at, t: t}, known: map[string]bool{}}
	for i := 0; i < len(code); {
		i = s.next(i)
	}
	t.Scripted = t.Scripted || len(bytes.TrimSpace(code)) > 0
	s.seen.settle(&t.Talk)
}

// next reads what begins at i and gives where it ends.
func (s *script) next(i int) int {
	c := s.code[i]
	switch {
	case c <= ' ':
		return i + 1
	case c == '/':
		return s.slash(i)
	case c == '<' && bytes.HasPrefix(s.code[i:], []byte("<!--")):
		return s.lineEnd(i)
	case c == '"' || c == '\'':
		return s.text(i)
	case c == '`':
		return s.template(i, i+1)
	case isDigit(c):
		end := i + 1
		for end < len(s.code) && (isWord(s.code[end]) || s.code[end] == '.') {
			end++
		}
		s.push(token{numberToken, 0, i, end})
		return end
	case isWord(c):
		end := i + 1
		for end < len(s.code) && isWord(s.code[end]) {
			end++
		}
		s.push(token{nameToken, 0, i, end})
		s.name(s.code[i:end])
		return end
	}
	return s.sign(i, c)
}

func (s *script) sign(i int, c byte) int {
	if n := len(s.braces); n > 0 {
		switch {
		case c == '{':
			s.braces[n-1]++
		case c == '}' && s.braces[n-1] > 0:
			s.braces[n-1]--
		case c == '}':
			s.braces = s.braces[:n-1]
			return s.template(-1, i+1)
		}
	}
	if c == '?' && i+1 < len(s.code) && s.code[i+1] == '.' {
		s.push(token{signToken, '.', i, i + 2})
		return i + 2
	}
	s.push(token{signToken, c, i, i + 1})
	if (c == ')' || c == ',' || c == ';') && s.reachesDocument(1) && s.takesDocument() {
		s.reach(s.back(1).from)
	}
	return i + 1
}

func (s *script) push(t token) {
	s.at++
	s.last[s.at&15] = t
}

// back gives the n-th token before the latest.
func (s *script) back(n int) token { return s.last[(s.at-n)&15] }

func (t token) is(sign byte) bool { return t.kind == signToken && t.sign == sign }

func (s *script) named(t token, names ...string) bool {
	if t.kind != nameToken {
		return false
	}
	for _, n := range names {
		if string(s.code[t.from:t.to]) == n {
			return true
		}
	}
	return false
}

func (s *script) lineEnd(i int) int {
	if n := bytes.IndexByte(s.code[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(s.code)
}

// slash reads a comment, a regular expression or a division.
func (s *script) slash(i int) int {
	if i+1 < len(s.code) {
		switch s.code[i+1] {
		case '/':
			return s.lineEnd(i)
		case '*':
			if n := bytes.Index(s.code[i+2:], []byte("*/")); n >= 0 {
				return i + n + 4
			}
			return len(s.code)
		}
	}
	if i >= s.noRegex && s.regexMayBegin() {
		if end := s.regexEnd(i); end > 0 {
			s.push(token{numberToken, 0, i, end})
			return end
		}
	}
	s.push(token{signToken, '/', i, i + 1})
	return i + 1
}

// regexMayBegin tells a regular expression from a division by what is before.
func (s *script) regexMayBegin() bool {
	switch t := s.back(0); t.kind {
	case noToken:
		return true
	case signToken:
		return t.sign != ')' && t.sign != ']'
	case nameToken:
		return !s.back(1).is('.') && s.named(t, "return", "typeof", "case", "in", "of", "delete", "void", "throw", "else", "do", "instanceof", "yield", "await")
	}
	return false
}

func (s *script) regexEnd(i int) int {
	class := false
	for end := i + 1; ; end++ {
		if end >= len(s.code) || s.code[end] == '\n' {
			s.noRegex = end
			return 0
		}
		switch c := s.code[end]; {
		case c == '\\':
			end++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			return end + 1
		}
	}
}

// text reads a string; a line's end closes one that was left open.
func (s *script) text(i int) int {
	quote, end := s.code[i], i+1
	for end < len(s.code) && s.code[end] != quote && s.code[end] != '\n' {
		if s.code[end] == '\\' {
			end++
		}
		end++
	}
	end = min(end, len(s.code))
	s.push(token{textToken, 0, i + 1, end})
	s.literal(i+1, end)
	return min(end+1, len(s.code))
}

// template reads a template literal up to its end or the next ${. open is where
// it began, or -1 where something was put in before.
func (s *script) template(open, i int) int {
	end := i
	for end < len(s.code) && s.code[end] != '`' {
		if s.code[end] == '\\' {
			end += 2
			continue
		}
		if s.code[end] == '$' && end+1 < len(s.code) && s.code[end+1] == '{' && len(s.braces) < maxNested {
			s.words(unescaped(s.code[i:end]))
			s.braces = append(s.braces, 0)
			s.push(token{signToken, '(', end, end + 2})
			return end + 2
		}
		end++
	}
	end = min(end, len(s.code))
	s.push(token{textToken, 0, i, end})
	if open >= 0 {
		s.literal(i, end)
	} else {
		s.words(unescaped(s.code[i:end]))
	}
	return min(end+1, len(s.code))
}

// name looks at an identifier.
func (s *script) name(word []byte) {
	s.seen.word(word, false)
	if s.back(1).is('.') && s.reachesDocument(2) {
		s.reach(s.back(2).from)
	}
}

// reachesDocument tells whether the n-th token back is the document of a parent
// or of another frame. A parent of anything but the window is not meant, nor is
// the search for an API, which never touches a document.
func (s *script) reachesDocument(n int) bool {
	if !s.named(s.back(n), "document") || !s.back(n+1).is('.') {
		return false
	}
	owner := s.back(n + 2)
	if s.named(owner, "parent", "top", "opener") {
		before := s.back(n + 3)
		return !before.is('.') || s.named(s.back(n+4), "window", "self", "globalThis", "parent")
	}
	return owner.is(']') && s.back(n+3).kind != signToken && s.back(n+4).is('[') && s.named(s.back(n+5), "frames") &&
		s.back(n+6).is('.') && s.named(s.back(n+7), "parent", "top", "opener")
}

// takesDocument tells whether the document just read is given on: as an argument
// after others, to jQuery, or to a variable. A mere test whether it is there is
// none of these.
func (s *script) takesDocument() bool {
	at := 4 // what stands before parent, or before window.parent
	if s.back(at).is('.') {
		at = 6
	}
	switch before := s.back(at); {
	case before.is(','):
		return true
	case before.is('('):
		return s.named(s.back(at+1), "$", "jQuery") && !s.back(at+2).is('.')
	case before.is('='):
		left := s.back(at + 1)
		return left.kind == nameToken || left.is(']')
	}
	return false
}

func (s *script) reach(offset int) {
	if len(s.t.Reaches) < 50 {
		s.t.Reaches = append(s.t.Reaches, s.pos(offset))
	}
}

// literal looks at the inside of a string.
func (s *script) literal(from, to int) {
	text := unescaped(s.code[from:to])
	s.words(text)
	if s.back(1).is('(') && s.named(s.back(2), "atob") { // packers hide whole scripts so
		plain := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
		n, _ := base64.StdEncoding.Decode(plain, text) // as far as it goes
		s.words(plain[:n])
	}
	how := s.use()
	if how == AsLiteral && len(text) > 10 && bytes.IndexByte(text, '=') > 0 {
		s.written(from, text)
	}
	if len(text) < 3 || len(text) > 1000 || bytes.ContainsAny(text, " \t\n<>{}|^") {
		return
	}
	if !looksLikeFile(text) && !looksLikeAddress(text) && (how == AsLiteral || text[0] != '.' && text[0] != '/') {
		return
	}
	s.ref(text, how, from)
}

// ref keeps a reference; mere literals once.
func (s *script) ref(text []byte, how How, offset int) {
	if len(s.t.Refs) >= MaxRefs || how == AsLiteral && s.known[string(text)] {
		return
	}
	if how == AsLiteral {
		s.known[string(text)] = true
	}
	s.t.Refs = append(s.t.Refs, Ref{URL: string(text), How: how, Pos: s.pos(offset)})
}

// written finds what markup in a string refers to, as in
// document.write('<script src="a.js">').
func (s *script) written(offset int, text []byte) {
	for i := 0; ; {
		n := bytes.Index(text[i:], []byte("src="))
		if n < 0 {
			return
		}
		i += n + 4
		from := i
		for from < len(text) && (text[from] == '"' || text[from] == '\'' || text[from] == '\\') {
			from++
		}
		end := from
		for end < len(text) && end-from <= 1000 && bytes.IndexByte([]byte("\"'\\ <>{}"), text[end]) < 0 {
			end++
		}
		if file := text[from:end]; len(file) > 2 && looksLikeFile(file) {
			s.ref(file, AsLiteral, offset)
		}
		i = end
	}
}

// imports tells what the module is that the latest token names. What is neither
// an address nor begins with a slash or a dot is a name that an import map gives
// an address to, and no file (HTML, “resolve a module specifier”).
func (s *script) imports() How {
	t := s.back(0)
	name := string(s.code[t.from:t.to])
	if absolute(name) || strings.HasPrefix(name, "/") || strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../") {
		return AsScript
	}
	return AsLiteral
}

// use tells by what stands before the latest token, a string, what it is for.
func (s *script) use() How {
	before := s.back(1)
	switch {
	case s.named(before, "from", "import") && !s.back(2).is('.'):
		return s.imports()
	case before.is('('):
		f := s.back(2)
		switch {
		case s.named(f, "importScripts", "Worker", "SharedWorker"):
			return AsScript
		case s.named(f, "import") && !s.back(3).is('.'):
			return s.imports()
		case s.named(f, "fetch", "sendBeacon", "WebSocket", "EventSource", "getJSON"):
			return AsRequest
		}
	case before.is(',') && s.back(2).kind == textToken && s.back(3).is('(') && s.named(s.back(4), "open"):
		switch string(s.code[s.back(2).from:s.back(2).to]) {
		case "GET", "get", "POST", "post", "PUT", "HEAD", "DELETE":
			return AsRequest
		}
	}
	return AsLiteral
}
