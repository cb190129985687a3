// Package doctest writes supporting documents for tests, sound ones and ones
// with a fault that no program would write.
package doctest

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
)

// PDF is a document to be written.
type PDF struct {
	Objects []string // what stands between obj and endobj; the first is number 1
	Trailer string   // entries besides Size: "/Root 1 0 R"
	Packed  bool     // objects without streams in a stream of objects, found by a cross-reference stream
	Offset  int      // added to the place that startxref names: a damaged document
}

// SoundPDF is a tagged document of one page that says its language and title.
func SoundPDF() PDF {
	return PDF{Trailer: "/Root 1 0 R /Info 8 0 R", Objects: []string{
		"<</Type/Catalog/Pages 2 0 R/Lang(en-GB)/MarkInfo<</Marked true>>/StructTreeRoot 6 0 R/ViewerPreferences<</DisplayDocTitle true>>>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R/StructParents 0>>",
		Stream("", "/P<</MCID 0>>BDC BT /F1 12 Tf 72 720 Td (Wash your hands.) Tj ET EMC"),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
		"<</Type/StructTreeRoot/K 7 0 R/ParentTree<</Nums[0[7 0 R]]>>>>",
		"<</Type/StructElem/S/P/P 6 0 R/Pg 3 0 R/K 0>>",
		"<</Title(Hand hygiene)>>",
	}}
}

// Stream is an object with bytes, and with entries besides its length.
func Stream(entries, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", entries, len(data), data)
}

// Flate packs data as FlateDecode expects them.
func Flate(data string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	fmt.Fprint(w, data)
	w.Close() // a buffer takes all
	return b.String()
}

// With adds an object, and gives the document with its number's reference.
func (p PDF) With(object string) PDF {
	p.Objects = append(slices.Clone(p.Objects), object)
	return p
}

// Change replaces one text of the objects.
func (p PDF) Change(old, new string) PDF {
	p.Objects = slices.Clone(p.Objects)
	for i, o := range p.Objects {
		if strings.Contains(o, old) {
			p.Objects[i] = strings.Replace(o, old, new, 1)
			return p
		}
	}
	panic("no object has " + old)
}

// Bytes are those of the file.
func (p PDF) Bytes() []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	places := make([]int, len(p.Objects))
	var packed []int
	for i, o := range p.Objects {
		if p.Packed && !strings.Contains(o, "stream") {
			packed = append(packed, i)
			continue
		}
		places[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	if p.Packed {
		p.pack(&b, places, packed)
		return b.Bytes()
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(places)+1)
	for _, place := range places {
		fmt.Fprintf(&b, "%010d 00000 n \n", place)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d%s>>\nstartxref\n%d\n%%%%EOF\n", len(places)+1, p.Trailer, at+p.Offset)
	return b.Bytes()
}

// pack writes the stream of objects and the cross-reference stream, whose rows
// are predicted from the ones above as all programs write them.
func (p PDF) pack(b *bytes.Buffer, places, packed []int) {
	var heads, bodies strings.Builder
	for _, i := range packed {
		fmt.Fprintf(&heads, "%d %d ", i+1, bodies.Len())
		bodies.WriteString(p.Objects[i] + "\n")
	}
	holder, table := len(places)+1, len(places)+2
	holds := b.Len()
	fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", holder,
		Stream(fmt.Sprintf("/Type/ObjStm/N %d/First %d/Filter/FlateDecode", len(packed), heads.Len()), Flate(heads.String()+bodies.String())))
	at := b.Len()
	rows := [][]byte{{0, 0, 0, 0, 0}}
	for i := range places {
		row := binary.BigEndian.AppendUint32([]byte{1}, uint32(places[i])<<8)[:4]
		if j := slices.Index(packed, i); j >= 0 {
			rows = append(rows, []byte{2, 0, 0, byte(holder), byte(j)})
		} else {
			rows = append(rows, append(row, 0))
		}
	}
	for _, place := range []int{holds, at} {
		rows = append(rows, append(binary.BigEndian.AppendUint32([]byte{1}, uint32(place)<<8)[:4], 0))
	}
	var data strings.Builder
	above := make([]byte, 5)
	for _, row := range rows {
		data.WriteByte(2)
		for i := range row {
			data.WriteByte(row[i] - above[i])
		}
		above = row
	}
	entries := fmt.Sprintf("/Type/XRef/W[1 3 1]/Size %d%s/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 5>>", table+1, p.Trailer)
	fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", table, Stream(entries, Flate(data.String())), at+p.Offset)
}

const (
	sector = 512
	none   = 0xffffffff
	last   = 0xfffffffe
)

// Compound writes a compound file (MS-CFB) with streams by their paths: the
// names of storages and of the stream, with slashes between.
func Compound(streams map[string]string) []byte {
	root := &node{name: "Root Entry", kind: 5}
	for _, path := range slices.Sorted(maps.Keys(streams)) {
		at := root
		names := strings.Split(path, "/")
		for _, name := range names[:len(names)-1] {
			at = at.child(name, 1)
		}
		at.child(names[len(names)-1], 2).data = streams[path]
	}
	var list []*node
	root.number(&list)
	var body []byte
	var chain []uint32
	put := func(data []byte) uint32 {
		data = append(data, make([]byte, (sector-len(data)%sector)%sector)...)
		first := len(chain)
		for range len(data) / sector {
			chain = append(chain, uint32(len(chain)+1))
		}
		chain[len(chain)-1] = last
		body = append(body, data...)
		return uint32(first)
	}
	for _, n := range list {
		if n.start = last; n.kind == 2 {
			n.start = put(append([]byte(n.data), make([]byte, max(0, 4096-len(n.data)))...)) // smaller ones lie elsewhere
		}
	}
	var directory []byte
	for _, n := range list {
		directory = append(directory, n.entry()...)
	}
	begin := put(directory)
	table := (len(chain) + 1 + 127) / 128
	table = (len(chain) + table + 127) / 128
	first := len(chain)
	for range table {
		chain = append(chain, 0xfffffffd)
	}
	h := make([]byte, sector)
	copy(h, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	le := binary.LittleEndian
	for at, v := range map[int]uint16{24: 0x3e, 26: 3, 28: 0xfffe, 30: 9, 32: 6} {
		le.PutUint16(h[at:], v)
	}
	for at, v := range map[int]uint32{44: uint32(table), 48: begin, 56: 4096, 60: last, 68: last} {
		le.PutUint32(h[at:], v)
	}
	for i := range 109 {
		v := uint32(none)
		if i < table {
			v = uint32(first + i)
		}
		le.PutUint32(h[76+4*i:], v)
	}
	for len(chain)%128 != 0 {
		chain = append(chain, none)
	}
	for _, next := range chain {
		body = le.AppendUint32(body, next)
	}
	return append(h, body...)
}

type node struct {
	name        string
	kind        byte
	data        string
	children    []*node
	id, sibling uint32
	start       uint32
}

func (n *node) child(name string, kind byte) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	n.children = append(n.children, &node{name: name, kind: kind})
	return n.children[len(n.children)-1]
}

func (n *node) number(list *[]*node) {
	n.id, n.sibling = uint32(len(*list)), none
	*list = append(*list, n)
	for i, c := range n.children {
		if c.number(list); i > 0 {
			n.children[i-1].sibling = c.id
		}
	}
}

func (n *node) entry() []byte {
	b := make([]byte, 128)
	le := binary.LittleEndian
	for i, u := range utf16.Encode([]rune(n.name)) {
		le.PutUint16(b[2*i:], u)
	}
	le.PutUint16(b[64:], uint16(2*len(n.name)+2))
	b[66], b[67] = n.kind, 1
	for _, at := range []int{68, 72, 76} {
		le.PutUint32(b[at:], none)
	}
	le.PutUint32(b[72:], n.sibling)
	if len(n.children) > 0 {
		le.PutUint32(b[76:], n.children[0].id)
	}
	le.PutUint32(b[116:], n.start)
	if n.kind == 2 {
		le.PutUint32(b[120:], uint32(max(len(n.data), 4096)))
	}
	return b
}
