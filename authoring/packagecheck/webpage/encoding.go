package webpage

import (
	"bytes"
	"regexp"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// decodePage makes UTF-8 of an HTML page as browsers do: by the byte-order mark,
// else by the meta element, else UTF-8 where it is that, else windows-1252.
func decodePage(data []byte) []byte {
	if text, ok := marked(data); ok {
		return text
	}
	if enc, name, certain := charset.DetermineEncoding(data, ""); certain && name != "utf-8" {
		return decoded(data, enc)
	} else if certain {
		return data
	}
	return guessed(data)
}

var xmlEncoding = regexp.MustCompile(`^<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']`)

// decode makes UTF-8 of another text: by the byte-order mark, else by its XML
// declaration, else UTF-8 where it is that, else windows-1252.
func decode(data []byte) []byte {
	if text, ok := marked(data); ok {
		return text
	}
	if m := xmlEncoding.FindSubmatch(data[:min(len(data), 1024)]); m != nil {
		if enc, name := charset.Lookup(string(m[1])); enc != nil && name != "utf-8" && !bytes.HasPrefix([]byte(name), []byte("utf-16")) {
			return decoded(data, enc)
		}
	}
	return guessed(data)
}

func marked(data []byte) (text []byte, ok bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return data[3:], true
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return decoded(data, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)), true
	}
	return nil, false
}

func guessed(data []byte) []byte {
	if utf8.Valid(data) {
		return data
	}
	return decoded(data, charmap.Windows1252)
}

// decoded never fails: what can't be read becomes U+FFFD.
func decoded(data []byte, enc encoding.Encoding) []byte {
	text, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return data
	}
	return text
}

// cursor turns offsets of a text into places. Offsets only grow, so that the
// text is read once, however many places are asked for.
type cursor struct {
	text         []byte
	at           int
	line, column int
}

func newCursor(text []byte) cursor { return cursor{text: text, line: 1, column: 1} }

// pos counts CR LF, LF and a lone CR as the ends of lines, as HTML does.
func (c *cursor) pos(offset int) Pos {
	for ; c.at < min(offset, len(c.text)); c.at++ {
		switch b := c.text[c.at]; {
		case b == '\n', b == '\r' && (c.at+1 == len(c.text) || c.text[c.at+1] != '\n'):
			c.line, c.column = c.line+1, 1
		case utf8.RuneStart(b):
			c.column++
		}
	}
	return Pos{Line: c.line, Column: c.column}
}
