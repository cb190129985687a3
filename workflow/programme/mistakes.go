package programme

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Mistake is one thing that is wrong with a programme file.
type Mistake struct {
	Line int    // counted from 1
	Text string // one sentence that says what to put right
}

// Mistakes is the error of Parse: all that is wrong with a file, in the order of
// its lines.
type Mistakes struct {
	File string
	List []Mistake
}

// Error gives one "file:line: sentence" a line.
func (m *Mistakes) Error() string {
	lines := make([]string, len(m.List))
	for i, x := range m.List {
		lines[i] = fmt.Sprintf("%s:%d: %s", m.File, x.Line, x.Text)
	}
	return strings.Join(lines, "\n")
}

// sort puts the mistakes in the order of the file; of one line, in the order in
// which they were found.
func (m *Mistakes) sort() {
	slices.SortStableFunc(m.List, func(a, b Mistake) int { return cmp.Compare(a.Line, b.Line) })
}
