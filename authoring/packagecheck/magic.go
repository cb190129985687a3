package packagecheck

import (
	"bytes"
	"unicode/utf8"
)

// magics are the first bytes of what people upload in place of a package, with
// words for it.
var magics = []struct {
	offset int
	bytes  string
	words  string
}{
	{0, "Rar!\x1a\x07", "a RAR archive"},
	{0, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive"},
	{0, "\x1f\x8b", "a gzip archive"},
	{0, "BZh", "a bzip2 archive"},
	{0, "\xfd7zXZ\x00", "an XZ archive"},
	{0, "\x28\xb5\x2f\xfd", "a Zstandard archive"},
	{257, "ustar", "a tar archive"},
	{0, "MSCF", "a cabinet archive"},
	{0, "PK", "a damaged zip file"},
	{0, "%PDF-", "a PDF document"},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document of the old kind"},
	{0, "{\\rtf", "a Rich Text document"},
	{4, "ftyp", "a video or sound file (MP4)"},
	{0, "\x1aE\xdf\xa3", "a video (WebM or Matroska)"},
	{8, "AVI ", "a video (AVI)"},
	{8, "WAVE", "a sound file (WAV)"},
	{0, "ID3", "a sound file (MP3)"},
	{0, "OggS", "a sound or video file (Ogg)"},
	{8, "WEBP", "a picture (WebP)"},
	{0, "\x89PNG", "a picture (PNG)"},
	{0, "\xff\xd8\xff", "a picture (JPEG)"},
	{0, "GIF8", "a picture (GIF)"},
	{0, "FWS", "a Flash film"},
	{0, "CWS", "a Flash film"},
	{0, "MZ", "a Windows program"},
	{0, "\x7fELF", "a Linux program"},
	{0, "SQLite format 3\x00", "a database (SQLite)"},
}

// begins tells in words what a file is that is no zip file, by its first bytes.
func begins(head []byte) string {
	for _, m := range magics {
		if len(head) > m.offset && bytes.HasPrefix(head[m.offset:], []byte(m.bytes)) {
			return m.words
		}
	}
	switch {
	case len(head) == 0:
		return "an empty file"
	case isPage(head):
		return "an HTML page"
	case len(bytes.Trim(head, "\x00")) == 0:
		return "nothing but zero bytes"
	case isText(head):
		return "text"
	}
	return "no kind of file that we know"
}

// looksLikeXML tells whether a file may be XML, and no page: in UTF-8 or its
// kin, or in UTF-16.
func looksLikeXML(head []byte) bool {
	head = plain(head)
	return len(head) > 1 && head[0] == '<' && (head[1] == '?' || head[1] == '!' || letter(head[1])) && !isPage(head)
}

// plain leaves out byte-order marks, every zero byte (which makes ASCII of
// UTF-16) and the white space before the text.
func plain(head []byte) []byte {
	for _, mark := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"} {
		head = bytes.TrimPrefix(head, []byte(mark))
	}
	if bytes.HasPrefix(head, []byte("<\x00")) || bytes.HasPrefix(head, []byte("\x00<")) {
		head = bytes.ReplaceAll(head, []byte{0}, nil)
	}
	return bytes.TrimLeft(head, " \t\r\n")
}

func letter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' || b == '_' || b >= 0x80 }

// isPage looks for the root element or the document type of HTML behind what
// may stand before it.
func isPage(head []byte) bool {
	head = bytes.ToLower(plain(head))
	for {
		var end string
		switch {
		case bytes.HasPrefix(head, []byte("<?")):
			end = "?>"
		case bytes.HasPrefix(head, []byte("<!--")):
			end = "-->"
		default:
			for _, tag := range []string{"<!doctype html", "<html", "<head", "<body"} {
				if bytes.HasPrefix(head, []byte(tag)) {
					return true
				}
			}
			return false
		}
		_, rest, found := bytes.Cut(head, []byte(end))
		if !found {
			return false
		}
		head = bytes.TrimLeft(rest, " \t\r\n")
	}
}

// isText tells whether a head is UTF-8 without control characters; its last
// character may be cut.
func isText(head []byte) bool {
	for len(head) > 0 {
		r, size := utf8.DecodeRune(head)
		switch {
		case r == utf8.RuneError && size == 1 && len(head) >= utf8.UTFMax:
			return false
		case r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f':
			return false
		}
		head = head[size:]
	}
	return true
}
