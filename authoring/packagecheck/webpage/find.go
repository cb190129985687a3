package webpage

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// finder keeps a text and tells places in it. Places are asked for from front
// to back, so that the text is counted through once.
type finder struct {
	code   []byte
	start  Pos
	t      *Text
	offset int // counted up to here,
	lines  int // so many lines,
	column int // and so many characters of the last of them
}

func (f *finder) pos(offset int) Pos {
	if offset < f.offset {
		f.offset, f.lines, f.column = 0, 0, 0
	}
	part := f.code[f.offset:offset]
	if n := bytes.Count(part, []byte("\n")); n > 0 {
		f.lines += n
		f.column = 0
		part = part[bytes.LastIndexByte(part, '\n')+1:]
	}
	f.column += utf8.RuneCount(part)
	f.offset = offset
	if f.lines == 0 {
		return Pos{Line: f.start.Line, Column: f.start.Column + f.column}
	}
	return Pos{Line: f.start.Line + f.lines, Column: 1 + f.column}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || isDigit(c) || c == '_' || c == '$' || c >= 0x80
}

// unescaped is the value of a string of a script: code that is kept in strings
// begins its lines with escapes, and some tools write each letter as one
// (ECMAScript, 12.9.4 String Literals).
func unescaped(text []byte) []byte {
	at := bytes.IndexByte(text, '\\')
	if at < 0 {
		return text
	}
	out := make([]byte, 0, len(text))
	for at >= 0 && at+1 < len(text) {
		out = append(out, text[:at]...)
		c := text[at+1]
		text = text[at+2:]
		switch c {
		case 'n', 'r', 't', 'b', 'v', 'f', '0', '\n':
			out = append(out, '\n') // one kind of space is as good as another
		case 'x':
			out, text = appendCode(out, text, 2)
		case 'u':
			out, text = appendCode(out, text, 4)
		default:
			out = append(out, c)
		}
		at = bytes.IndexByte(text, '\\')
	}
	return append(out, text...)
}

// appendCode adds the character whose number text begins with, in so many hex
// digits or in braces, and gives what follows; nothing where there is none.
func appendCode(out, text []byte, digits int) (longer, rest []byte) {
	number, rest := text[:min(digits, len(text))], text[min(digits, len(text)):]
	if end := bytes.IndexByte(text[:min(len(text), 8)], '}'); end > 0 && text[0] == '{' {
		number, rest = text[1:end], text[end+1:]
	}
	code, err := strconv.ParseUint(string(number), 16, 32)
	if err != nil {
		return out, text
	}
	return utf8.AppendRune(out, rune(code)), rest
}

func looksLikeAddress(text []byte) bool {
	for _, scheme := range []string{"http://", "https://", "ws://", "wss://", `http:\/\/`, `https:\/\/`} {
		if len(text) > len(scheme)+2 && fold(text[:len(scheme)], scheme) {
			return true
		}
	}
	return len(text) > 4 && text[0] == '/' && text[1] == '/' && bytes.IndexByte(text, '.') > 2
}

// looksLikeFile tells whether a string ends like the name of a file.
func looksLikeFile(text []byte) bool {
	if i := bytes.IndexAny(text, "?#"); i >= 0 {
		text = text[:i]
	}
	dot := bytes.LastIndexByte(text, '.')
	if dot < 1 || text[dot-1] == '/' || len(text)-dot > 6 {
		return false
	}
	var ext [6]byte
	n := copy(ext[:], bytes.TrimLeft(text[dot:], "."))
	for i := range ext[:n] {
		if ext[i] >= 'A' && ext[i] <= 'Z' {
			ext[i] |= 0x20
		}
	}
	switch string(ext[:n]) {
	case "js", "mjs", "html", "htm", "xhtml", "css", "json", "xml", "swf", "svg", "pdf", "mp4", "mp3", "vtt":
		return true
	}
	return false
}
