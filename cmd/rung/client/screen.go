package client

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// Screen is where a command's result goes.
type Screen struct {
	Out    io.Writer // which tells by itself where it fails
	Width  int       // columns of the terminal, 0 where it is none
	Colour bool      // on a terminal that nobody asked to be plain
	Zone   *time.Location
}

// ScreenOn looks at what out is; env is the environment.
func ScreenOn(out io.Writer, env map[string]string) Screen {
	s := Screen{Out: out, Zone: time.Local}
	if outer, ok := out.(interface{ Unwrap() io.Writer }); ok {
		out = outer.Unwrap()
	}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		s.Width = 80
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			s.Width = width
		}
		s.Colour = env["NO_COLOR"] == "" && env["TERM"] != "dumb"
	}
	return s
}

// Terminal reports whether a person looks at it.
func (s Screen) Terminal() bool { return s.Width > 0 }

func (s Screen) printf(format string, args ...any) { fmt.Fprintf(s.Out, format, args...) }

func (s Screen) heading(text string) { s.printf("\n%s\n", s.bold(text)) }

// bold shows a text as ECMA-48 has it: SGR 1.
func (s Screen) bold(text string) string {
	if !s.Colour || text == "" {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

const (
	gap     = 2  // spaces between two columns
	leastOf = 10 // characters that a cut column keeps
)

// table prints rows below their head. On a terminal the column that may give
// way is cut until a row fits, if it can.
func (s Screen) table(head []string, rows [][]string, gives int) {
	rows = append([][]string{head}, rows...)
	if s.Terminal() {
		room := s.roomFor(rows, gives)
		for _, row := range rows {
			row[gives] = cut(row[gives], room)
		}
	}
	s.columns(rows)
}

// columns prints rows, one column below the other.
func (s Screen) columns(rows [][]string) {
	w := tabwriter.NewWriter(s.Out, 0, 0, gap, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	_ = w.Flush() // whoever gave Out knows what became of it
}

// roomFor is the width that the giving column may have beside the others.
func (s Screen) roomFor(rows [][]string, gives int) int {
	room := s.Width
	for column := range rows[0] {
		widest := 0
		for _, row := range rows {
			widest = max(widest, utf8.RuneCountInString(row[column]))
		}
		if column != gives {
			room -= widest + gap
		}
	}
	return max(room, leastOf)
}

// cut is a text of at most room characters.
func cut(text string, room int) string {
	if utf8.RuneCountInString(text) <= room {
		return text
	}
	return strings.TrimRight(string([]rune(text)[:room-1]), " ") + "…"
}

// JSON prints what the API answered, byte for byte.
func (s Screen) JSON(raw json.RawMessage) { s.printf("%s\n", strings.TrimSpace(string(raw))) }

// list is a JSON array of what the API answered.
func list(items []json.RawMessage) json.RawMessage {
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = string(item)
	}
	return json.RawMessage("[" + strings.Join(parts, ",\n") + "]")
}

// number is a whole number with its thousands apart: 1,800.
func number(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
