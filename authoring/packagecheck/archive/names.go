package archive

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// longest is how many bytes a path may have: four times what Windows takes, and
// little enough to walk along each.
const longest = 1024

// finderIcon is the name of the file in which macOS keeps a folder's icon.
const finderIcon = "Icon\r"

// named tells whether a name can be one of a file in a package.
func (a *Archive) named(name string) bool {
	switch {
	case strings.TrimRight(name, "/") == "":
		a.problem(EmptyName, name, "it has no name")
	case len(name) > longest:
		a.problem(LongName, name, "its path has more than %d bytes", longest)
	case strings.ContainsFunc(strings.TrimSuffix(name, finderIcon), unicode.IsControl):
		a.problem(ControlName, name, "its name has a control character")
	case strings.HasPrefix(name, "/") || drive(name):
		a.problem(Absolute, name, "its path begins at a root or a drive")
	case slices.Contains(strings.Split(name, "/"), ".."):
		a.problem(Traversal, name, "its path has “..” in it")
	case path.Clean(name) == ".":
		a.problem(EmptyName, name, "it has no name")
	default:
		return true
	}
	return false
}

func drive(name string) bool {
	return len(name) > 1 && name[1] == ':' && name[0]|0x20 >= 'a' && name[0]|0x20 <= 'z'
}

// notOnWindows tells why a path can't be one on Windows, if it can't. Paths may
// be long and many: each byte is looked at once.
func notOnWindows(path string) string {
	path = strings.TrimSuffix(path, finderIcon)
	begin := 0
	for i := 0; i <= len(path); i++ {
		if i < len(path) && path[i] != '/' {
			if strings.IndexByte(`<>:"|?*`, path[i]) >= 0 {
				return fmt.Sprintf("its name has a “%c”, which Windows doesn’t allow", path[i])
			}
			continue
		}
		part := path[begin:i]
		begin = i + 1
		switch {
		case strings.HasSuffix(part, " "), strings.HasSuffix(part, "."):
			return "its name, or that of its folder, ends with a space or a dot, which Windows doesn’t allow"
		case device(part):
			return fmt.Sprintf("the name “%s” is one that Windows keeps for itself", Shown(part))
		}
	}
	return ""
}

// device tells whether a name is one of those that Windows keeps for itself,
// whatever follows a dot.
func device(name string) bool {
	if len(name) < 3 {
		return false
	}
	base, _, _ := strings.Cut(name, ".")
	switch len(base) {
	case 3:
		return slices.Contains([]string{"CON", "PRN", "AUX", "NUL"}, strings.ToUpper(base))
	case 4:
		port := strings.ToUpper(base[:3])
		return (port == "COM" || port == "LPT") && base[3] >= '1' && base[3] <= '9'
	}
	return false
}

// entryName decodes a name. Without the flag of UTF-8 it is in CP 437 by the
// standard (APPNOTE 4.4.4, bit 11); bytes that are UTF-8 all the same are taken
// for that, as every unpacker does.
func entryName(f *zip.File) (name string, legacy bool) {
	if utf8.ValidString(f.Name) {
		return f.Name, false
	}
	// Whoever reads only the other name must not be led elsewhere by it.
	if name, ok := unicodePath(f); ok && !strings.Contains(f.Name, "..") && !strings.HasPrefix(f.Name, "/") {
		return name, false
	}
	decoded, err := charmap.CodePage437.NewDecoder().String(f.Name)
	if err != nil {
		decoded = strings.ToValidUTF8(f.Name, "�")
	}
	return decoded, true
}

// unicodePath gives the name in UTF-8 that Info-ZIP and others put beside one in
// an old code page (APPNOTE 4.6.9), if it belongs to that name.
func unicodePath(f *zip.File) (name string, ok bool) {
	for extra := f.Extra; len(extra) >= 4; {
		tag, size := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; size > len(extra) {
			return "", false
		}
		field := extra[:size]
		extra = extra[size:]
		if tag == 0x7075 && size > 5 && field[0] == 1 && binary.LittleEndian.Uint32(field[1:]) == crc32.ChecksumIEEE([]byte(f.Name)) {
			name = string(field[5:])
			return name, utf8.ValidString(name)
		}
	}
	return "", false
}

// Shown is a path as a report may print it: no control characters, nothing that
// turns the direction of text, and of no more than 200 characters.
func Shown(path string) string {
	shown := strings.Map(func(r rune) rune {
		if !isPrint(r) {
			return '�'
		}
		return r
	}, path)
	if utf8.RuneCountInString(shown) > 200 {
		shown = string([]rune(shown)[:200]) + "…"
	}
	return shown
}

// fold makes names equal that differ by case alone, or by how their accents are
// written (macOS takes letters apart).
func fold(path string) string { return strings.ToLower(norm.NFC.String(path)) }

// isPrint also takes what turns the direction of text for unprintable.
func isPrint(r rune) bool { return unicode.IsPrint(r) && !unicode.Is(unicode.Bidi_Control, r) }

// methods are the names of those that packers offer besides deflate (APPNOTE
// 4.4.5). Windows takes Deflate64 by itself for files of more than two gigabytes.
var methods = map[uint16]string{1: "Shrink", 6: "Implode", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd"}

func method(m uint16) string {
	if name, known := methods[m]; known {
		return fmt.Sprintf("%s (method %d)", name, m)
	}
	return fmt.Sprintf("method %d", m)
}
