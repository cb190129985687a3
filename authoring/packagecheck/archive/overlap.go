package archive

import (
	"cmp"
	"slices"
	"unicode"
)

// overlaps tells of entries whose bytes are also another's, the way of bombs
// that have a small ratio for every single entry. All of them are taken out: no
// packer makes such a file by itself.
func (a *Archive) overlaps(problem func(ProblemKind, string, string, ...any)) {
	type span struct {
		from, to int64
		e        *Entry
	}
	spans := make([]span, 0, len(a.Entries))
	for _, e := range a.Entries {
		if from, err := e.file.DataOffset(); err == nil && e.Packed > 0 {
			spans = append(spans, span{from, from + e.Packed, e})
		}
	}
	slices.SortFunc(spans, func(x, y span) int { return cmp.Compare(x.from, y.from) })
	var end int64
	for _, s := range spans {
		if s.from < end {
			problem(Overlap, Shown(s.e.Path), "its bytes are another file’s too")
			a.Entries, a.byPath, a.byFold = nil, map[string]*Entry{}, map[string]*Entry{}
			return
		}
		end = max(end, s.to)
	}
}

// isPrint also takes what turns the direction of text for unprintable.
func isPrint(r rune) bool { return unicode.IsPrint(r) && !unicode.Is(unicode.Bidi_Control, r) }
