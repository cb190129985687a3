package archive

import (
	"cmp"
	"slices"
)

// overlaps tells of entries whose bytes are also another's, the way of bombs
// that have a small ratio for every single entry. The archive is refused then:
// no packer makes such a file by itself. An entry that would end behind the end
// of the file is damaged, which its Reader tells, and has no say in this.
func (a *Archive) overlaps(size int64) error {
	type span struct {
		from, to int64
		e        *Entry
	}
	spans := make([]span, 0, len(a.Entries))
	for _, e := range a.Entries {
		from, err := e.file.DataOffset()
		if f := failure(err); f != nil {
			return f
		}
		switch {
		case err != nil: // which reading it tells
		case e.Packed > size-from:
			e.blocked = e.problem(Corrupt, "its data would end behind the end of the zip file")
		case e.Packed > 0:
			spans = append(spans, span{from, from + e.Packed, e})
		}
	}
	slices.SortStableFunc(spans, func(x, y span) int { return cmp.Compare(x.from, y.from) })
	var end int64
	for _, s := range spans {
		if s.from < end {
			a.problem(Overlap, s.e.Path, "its bytes are another file’s too")
			a.refuse()
			return nil
		}
		end = s.to
	}
	return nil
}
