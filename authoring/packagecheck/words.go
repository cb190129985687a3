package packagecheck

import (
	"strings"
	"unicode"
)

// quoted is text of a package between quotation marks, as a message may have it.
func quoted(s string) string { return "“" + short(s) + "”" }

// short is text of a package as a message may have it.
func short(s string) string { return clip(s, 80) }

// clip makes text of a package fit to be shown: printable, on one line, and of
// no more than n characters.
func clip(s string, n int) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case n == 0:
			return b.String() + "…"
		case unicode.IsSpace(r):
			r = ' '
		case !unicode.IsPrint(r), unicode.Is(unicode.Bidi_Control, r):
			r = unicode.ReplacementChar
		}
		b.WriteRune(r)
		n--
	}
	return b.String()
}
