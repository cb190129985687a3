package markup

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decode makes UTF-8 of the bytes: by the byte-order mark, else by the pattern
// of "<?xml" in UTF-16, else by the declared encoding (XML 1.0, appendix F).
func decode(data []byte) (text []byte, name string, err error) {
	var enc encoding.Encoding
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return valid(data[3:], "utf-8")
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		enc, name = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "utf-16le"
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		enc, name = unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "utf-16be"
	case bytes.HasPrefix(data, []byte{'<', 0, '?', 0}):
		enc, name = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "utf-16le"
	case bytes.HasPrefix(data, []byte{0, '<', 0, '?'}):
		enc, name = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "utf-16be"
	default:
		label := declared(data)
		if label == "" {
			return valid(data, "utf-8")
		}
		enc, name = charset.Lookup(label)
		if enc == nil {
			return nil, "", &Fault{Pos{1, 1}, false, fmt.Sprintf("it is in the encoding %q, which nobody knows", label)}
		}
		if strings.HasPrefix(name, "utf-16") { // its declaration could be read as it lies there
			return nil, "", &Fault{Pos{1, 1}, false, fmt.Sprintf("it says that it is in the encoding %q, and isn’t", label)}
		}
		if name == "utf-8" {
			return valid(data, name)
		}
	}
	text, err = io.ReadAll(io.LimitReader(transform.NewReader(bytes.NewReader(data), enc.NewDecoder()), MaxSize+1))
	if err != nil || len(text) > MaxSize {
		return nil, "", &Fault{Pos{1, 1}, false, "it can’t be read as " + name}
	}
	return text, name, nil
}

func valid(text []byte, name string) ([]byte, string, error) {
	for line, rest := 1, text; ; line++ {
		one, more, found := bytes.Cut(rest, []byte{'\n'})
		if !utf8.Valid(one) {
			n := 1
			for len(one) > 0 {
				r, size := utf8.DecodeRune(one)
				if r == utf8.RuneError && size == 1 {
					break
				}
				one, n = one[size:], n+1
			}
			return nil, "", &Fault{Pos{line, n}, false, "it has bytes that are not UTF-8, though it says nothing of another encoding"}
		}
		if !found {
			return text, name, nil
		}
		rest = more
	}
}

// declared reads the encoding of an XML declaration.
func declared(data []byte) string {
	if !bytes.HasPrefix(data, []byte("<?xml")) {
		return ""
	}
	head, _, found := bytes.Cut(data[:min(len(data), 1024)], []byte("?>"))
	if !found {
		return ""
	}
	_, rest, found := bytes.Cut(head, []byte("encoding"))
	if !found {
		return ""
	}
	rest = bytes.TrimLeft(rest, " \t\r\n")
	if len(rest) == 0 || rest[0] != '=' {
		return ""
	}
	rest = bytes.TrimLeft(rest[1:], " \t\r\n")
	if len(rest) < 2 || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	end := bytes.IndexByte(rest[1:], rest[0])
	if end < 0 {
		return ""
	}
	return string(rest[1 : 1+end])
}

// declaration is what an XML declaration may be (XML 1.0, production 23): the
// version, then the encoding, then standalone. “_” is white space in it.
var declaration = regexp.MustCompile(strings.ReplaceAll(
	`^<\?xml_+version_*=_*(?:"(1\.[0-9]+)"|'(1\.[0-9]+)')`+
		`(?:_+encoding_*=_*(?:"[A-Za-z][A-Za-z0-9.\-\x5f]*"|'[A-Za-z][A-Za-z0-9.\-\x5f]*'))?`+
		`(?:_+standalone_*=_*(?:"(?:yes|no)"|'(?:yes|no)'))?_*\?>`, "_", `[ \t\r\n]`))

var declares = regexp.MustCompile(`^<\?xml[ \t\r\n]`)

// asOne checks the XML declaration, and gives a text of another 1.x version as
// one of 1.0, which is how a reader of 1.0 takes it (XML 1.0, 2.8).
func asOne(text []byte) (read []byte, version string, err error) {
	if !declares.Match(text) {
		return text, "1.0", nil
	}
	at := declaration.FindSubmatchIndex(text)
	if at == nil {
		return nil, "", &Fault{Pos{1, 1}, false, "its first line is no XML declaration as readers of XML know it: version 1.x, then encoding, then standalone"}
	}
	from, to := max(at[2], at[4]), max(at[3], at[5])
	version = string(text[from:to])
	if version == "1.0" {
		return text, version, nil
	}
	text = slices.Clone(text)
	quote := text[to]
	copy(text[from:], "1.0")
	text[from+3] = quote
	for i := from + 4; i <= to; i++ {
		text[i] = ' '
	}
	return text, version, nil
}
