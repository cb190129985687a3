package webpage

import (
	"bytes"
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
