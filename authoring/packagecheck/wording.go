package packagecheck

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// entry writes a text after a label, its further lines below the first.
func entry(b *strings.Builder, indent, label, text string, width int) {
	room := max(width-len(indent)-utf8.RuneCountInString(label)-1, leastRoom)
	for i, l := range wrap(Harmless(text), room) {
		if i > 0 {
			label = strings.Repeat(" ", utf8.RuneCountInString(label))
		}
		b.WriteString(strings.TrimRight(indent+label+" "+l, " ") + "\n")
	}
}

// leastRoom is how narrow text gets on narrow terminals.
const leastRoom = 20

// wrap breaks a text at its spaces into lines of at most width columns; a longer
// word stays whole, so that a path can be copied.
func wrap(text string, width int) []string {
	var lines []string
	line, used := "", 0
	for word := range strings.FieldsSeq(text) {
		n := columns(word)
		if line != "" && used+1+n > width {
			lines, line, used = append(lines, line), "", 0
		}
		if line != "" {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	return append(lines, line)
}

// columns is how wide a text is on a terminal.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me):
		case width.LookupRune(r).Kind() == width.EastAsianWide || width.LookupRune(r).Kind() == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// Harmless takes out of a text what would do something to a terminal: control
// characters, and those that turn the direction of text or can't be seen.
func Harmless(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case !unicode.IsGraphic(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r):
			return '�'
		}
		return r
	}, strings.ToValidUTF8(text, "�"))
}

// Size is a number of bytes in words.
func Size(bytes int64) string {
	if bytes < 1000 {
		return counted(bytes, "byte", "bytes")
	}
	value, unit := float64(bytes), ""
	for _, unit = range []string{"kB", "MB", "GB", "TB"} {
		if value /= 1000; value < 999.5 {
			break
		}
	}
	if value < 9.95 {
		return fmt.Sprintf("%.1f %s", value, unit)
	}
	return fmt.Sprintf("%.0f %s", value, unit)
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// listed joins a list, its end told as a number where it is long.
func listed(list []string, most int) string {
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return strings.Join(list[:most], ", ") + fmt.Sprintf(" and %d more", len(list)-most)
}
