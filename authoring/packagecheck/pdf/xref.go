package pdf

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
)

// maxObjects is how many objects of a document are listed. One with more isn't
// looked into.
const maxObjects = 500_000

// entry tells where an object lies.
type entry struct {
	at         int64  // in the file, or of its stream: that one's number
	generation uint32 // or in a stream: the place among its objects
	kind       uint8
}

const (
	free uint8 = iota
	inFile
	inStream
)

var errTooMany = errors.New("the document has too many objects")

func (d *document) list(number int64, e entry) error {
	if number < 0 || number > maxNumber {
		return nil
	}
	if _, known := d.entries[uint32(number)]; known {
		return nil // by what was written later
	}
	if len(d.entries) >= maxObjects {
		return errTooMany
	}
	d.entries[uint32(number)] = e
	return nil
}

// tables reads the cross-reference tables and streams, the newest first (ISO
// 32000-1, 7.5.4, 7.5.6 and 7.5.8).
func (d *document) tables() error {
	at, err := d.start()
	if err != nil {
		return err
	}
	next := []int64{at}
	seen := map[int64]bool{}
	for len(next) > 0 && len(seen) < 4096 {
		at, next = next[0], next[1:]
		if seen[at] {
			continue
		}
		seen[at] = true
		trailer, err := d.section(at)
		if err != nil {
			return err
		}
		for k, v := range trailer {
			if _, newer := d.trailer[k]; !newer {
				d.trailer[k] = v
			}
		}
		for _, k := range []name{"XRefStm", "Prev"} {
			if before, ok := trailer[k].(int64); ok && before > 0 {
				next = append(next, before)
			}
		}
	}
	return nil
}

// start gives the place of the newest section, that the end of the file names.
func (d *document) start() (int64, error) {
	tail, err := d.tail()
	if err != nil {
		return 0, err
	}
	i := bytes.LastIndex(tail, []byte("startxref"))
	if i < 0 {
		return 0, errSyntax
	}
	return d.at(d.in.size - int64(len(tail)-i-len("startxref"))).integer()
}

func (d *document) at(pos int64) *lexer { return &lexer{input: d.in, pos: pos} }

// section reads one table or stream with its trailer.
func (d *document) section(at int64) (dict, error) {
	l := d.at(at)
	if !l.is("xref") {
		s, ok := d.object(at, 0).(*stream)
		if !ok || s.dict["Type"] != name("XRef") {
			return nil, errors.Join(errSyntax, d.in.err)
		}
		return s.dict, d.listed(s)
	}
	for !l.is("trailer") {
		first, err := l.integer()
		if err != nil {
			return nil, err
		}
		count, err := l.integer()
		if err != nil {
			return nil, err
		}
		for n := first; n < first+count; n++ {
			if l.skip(); !digit(l.peek()) {
				break // the table has fewer than it says
			}
			at, err := l.integer()
			if err != nil {
				return nil, err
			}
			generation, err := l.integer()
			if err != nil {
				return nil, err
			}
			l.skip()
			e := entry{at, uint32(generation), free}
			if l.word() == "n" && at > 0 {
				e.kind = inFile
			}
			if err := d.list(n, e); err != nil {
				return nil, err
			}
		}
	}
	v, err := l.value(0)
	trailer, ok := v.(dict)
	if !ok {
		return nil, errors.Join(errSyntax, err)
	}
	return trailer, nil
}

// listed takes the entries of a cross-reference stream.
func (d *document) listed(s *stream) error {
	data, err := d.read(s, false)
	if err != nil {
		return err
	}
	var width [3]int
	w, _ := s.dict["W"].(array)
	if len(w) < 3 {
		return errSyntax
	}
	for i := range width {
		n := number(w[i], 0)
		if n < 0 || n > 8 {
			return errSyntax
		}
		width[i] = int(n)
	}
	size := width[0] + width[1] + width[2]
	index, _ := d.resolve(s.dict["Index"]).(array)
	if index == nil {
		index = array{int64(0), number(s.dict["Size"], 0)}
	}
	if size == 0 {
		return errSyntax
	}
	for ; len(index) >= 2; index = index[2:] {
		first, count := number(index[0], -1), number(index[1], 0)
		for n := first; n < first+count && len(data) >= size; n++ {
			kind := int64(inFile)
			if width[0] > 0 {
				kind = big(data[:width[0]])
			}
			e := entry{big(data[width[0] : width[0]+width[1]]), uint32(big(data[width[0]+width[1] : size])), free}
			if kind == int64(inFile) || kind == int64(inStream) {
				e.kind = uint8(kind)
			}
			data = data[size:]
			if err := d.list(n, e); err != nil {
				return err
			}
		}
	}
	return nil
}

func big(b []byte) int64 {
	n := int64(0)
	for _, c := range b {
		n = n<<8 | int64(c)
	}
	return n
}

// scan finds the objects of a document whose tables are damaged, as readers do:
// by going through the file. What stands later is newer.
func (d *document) scan() error {
	d.entries, d.trailer, d.scanned = map[uint32]entry{}, dict{}, true
	d.last.numbers, d.key = nil, nil
	const chunk, overlap = 256 << 10, 32
	buffer := make([]byte, overlap+chunk)
	kept := 0
	for at := int64(0); at < d.in.size; {
		n := int(min(chunk, d.in.size-at))
		if err := errors.Join(d.in.ctx.Err(), spend(d.in.budget, int64(n))); err != nil {
			return err
		}
		if got, err := d.in.r.ReadAt(buffer[kept:kept+n], at); got < n {
			return err
		}
		view := buffer[:kept+n]
		if err := d.found(view, at-int64(kept), at); err != nil {
			return err
		}
		kept = copy(buffer, view[max(0, len(view)-overlap):])
		at += int64(n)
	}
	return d.understood()
}

// found lists what begins in a view of the file that starts at base; what ends
// before fresh was found with the view before.
func (d *document) found(view []byte, base, fresh int64) error {
	if i := bytes.LastIndex(view, []byte("%%EOF")); i >= 0 {
		d.ends = base + int64(i)
	}
	for i := 0; ; {
		j := bytes.Index(view[i:], []byte("obj"))
		if j < 0 {
			break
		}
		i += j + 3
		if base+int64(i) <= fresh {
			continue
		}
		number, generation, begins, ok := heading(view[:i-3])
		if !ok || number > maxNumber {
			continue
		}
		if _, known := d.entries[number]; !known && len(d.entries) >= maxObjects {
			return errTooMany
		}
		d.entries[number] = entry{base + int64(begins), generation, inFile}
	}
	for i := 0; ; {
		j := bytes.Index(view[i:], []byte("trailer"))
		if j < 0 {
			return nil
		}
		if i += j + len("trailer"); base+int64(i) > fresh {
			if v, _ := d.at(base + int64(i)).value(0); v != nil {
				d.take(v)
			}
		}
	}
}

// heading reads the “12 0 ” before an obj from its end.
func heading(b []byte) (number, generation uint32, begins int, ok bool) {
	digits := func(most int) (uint32, bool) {
		n, unit, count := uint32(0), uint32(1), 0
		for ; len(b) > 0 && digit(int(b[len(b)-1])) && count < most; count++ {
			n += uint32(b[len(b)-1]-'0') * unit
			unit *= 10
			b = b[:len(b)-1]
		}
		return n, count > 0
	}
	blanks := func() bool {
		n := len(b)
		for len(b) > 0 && space(int(b[len(b)-1])) {
			b = b[:len(b)-1]
		}
		return len(b) < n
	}
	blanks()
	if generation, ok = digits(5); !ok || !blanks() {
		return 0, 0, 0, false
	}
	number, ok = digits(8)
	return number, generation, len(b), ok
}

// take keeps a trailer that was found by scanning.
func (d *document) take(v any) {
	if t, ok := v.(dict); ok && t["Root"] != nil {
		for k, v := range t {
			d.trailer[k] = v
		}
	}
}

// understood goes on with the objects that a scan found: cross-reference streams
// are trailers, and object streams have objects.
func (d *document) understood() error {
	var packed []uint32
	var root any
	order := d.inOrder()
	if len(order) > 0 { // there may be ends before it, and behind it what a server or a disk added
		d.facts.Whole = d.ends > d.entries[order[len(order)-1]].at
	}
	for _, n := range order {
		e := d.entries[n]
		v := d.object(e.at, 0)
		if d.in.err != nil {
			return d.in.err
		}
		switch v := v.(type) {
		case *stream:
			switch v.dict["Type"] {
			case name("XRef"):
				d.take(v.dict)
			case name("ObjStm"):
				packed = append(packed, n)
			}
		case dict:
			if v["Type"] == name("Catalog") {
				root = ref{n, e.generation}
			}
		}
	}
	if err := d.unlock(); err != nil {
		return err
	}
	if d.facts.Encryption == NeedsPassword || d.facts.Encryption == OtherKind {
		return nil // what is packed can't be read
	}
	for _, n := range slices.Backward(packed) {
		numbers, _, err := d.unpacked(n)
		if err != nil {
			return err
		}
		for i, number := range numbers {
			if err := d.list(number, entry{int64(n), uint32(i), inStream}); err != nil {
				return err
			}
		}
	}
	if d.trailer["Root"] == nil && root != nil {
		d.trailer["Root"] = root
	}
	return nil
}

// inOrder gives the numbers of the objects that lie in the file by themselves,
// as they lie.
func (d *document) inOrder() []uint32 {
	var list []uint32
	for n, e := range d.entries {
		if e.kind == inFile {
			list = append(list, n)
		}
	}
	slices.SortFunc(list, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(d.entries[a].at, d.entries[b].at), cmp.Compare(a, b))
	})
	return list
}
