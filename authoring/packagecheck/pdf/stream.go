package pdf

import (
	"bufio"
	"compress/zlib"
	"errors"
	"io"
)

// maxStream is how many bytes of a stream are looked into, after unpacking.
const maxStream = 16 << 20

// errFilter is of a stream that is packed in a way that isn't unpacked here.
var errFilter = errors.New("the stream is packed in another way")

// stream is an object with bytes behind its dictionary.
type stream struct {
	dict
	number, generation uint32
	start              int64 // of its bytes
}

// read gives the bytes of a stream, unpacked: all of them or the first
// maxStream. What is damaged is given up to there, as readers do.
func (d *document) read(s *stream, encrypted bool) ([]byte, error) {
	filters, parms, err := d.filters(s.dict)
	if err != nil {
		return nil, err
	}
	length, known := d.resolve(s.dict["Length"]).(int64)
	if !known || length < 0 || s.start+length > d.in.size {
		if len(filters) == 0 {
			return nil, errFilter // where it ends is told by nothing else
		}
		length = d.in.size - s.start
	}
	var r io.Reader = &paid{in: d.in, r: io.NewSectionReader(d.in.r, s.start, length)}
	if encrypted && d.key != nil {
		if r, err = d.key.stream(r, s); err != nil {
			return nil, err
		}
	}
	for i := range filters {
		if r, err = inflate(r); err != nil {
			return nil, errors.Join(errFilter, d.in.err)
		}
		if r, err = predict(&paid{in: d.in, r: r}, parms[i]); err != nil {
			return nil, err
		}
	}
	data, err := io.ReadAll(io.LimitReader(r, maxStream))
	if err != nil && (d.in.err != nil || len(data) == 0) {
		return nil, errors.Join(errFilter, d.in.err)
	}
	return data, nil
}

// filters are those of a stream that can be unpacked, with their parameters.
func (d *document) filters(s dict) ([]name, []dict, error) {
	var list, parms array
	switch f := d.resolve(s["Filter"]).(type) {
	case nil:
		return nil, nil, nil
	case name:
		list, parms = array{f}, array{s["DecodeParms"]}
	case array:
		list = f
		parms, _ = d.resolve(s["DecodeParms"]).(array)
	}
	if len(list) == 0 || len(list) > 4 {
		return nil, nil, errFilter
	}
	var names []name
	var dicts []dict
	for i, f := range list {
		n, _ := d.resolve(f).(name)
		if n != "FlateDecode" && n != "Fl" {
			return nil, nil, errFilter
		}
		var p dict
		if i < len(parms) {
			p, _ = d.resolve(parms[i]).(dict)
		}
		names, dicts = append(names, n), append(dicts, p)
	}
	return names, dicts, nil
}

// paid is a reader whose bytes are paid for.
type paid struct {
	in *input
	r  io.Reader
}

func (p *paid) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if p.in.err == nil {
		p.in.err = p.in.ctx.Err()
	}
	if p.in.err == nil {
		p.in.err = spend(p.in.budget, int64(n))
	}
	if p.in.err != nil {
		return 0, p.in.err
	}
	return n, err
}

// inflate unpacks, after white space that some writers leave before the data.
func inflate(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	for range 4 {
		if c, err := b.Peek(1); err != nil || c[0] != '\r' && c[0] != '\n' {
			break
		}
		if _, err := b.Discard(1); err != nil {
			return nil, err
		}
	}
	return zlib.NewReader(b)
}

// predict undoes the prediction that rows were packed with (ISO 32000-1,
// 7.4.4.4).
func predict(r io.Reader, parms dict) (io.Reader, error) {
	kind := number(parms["Predictor"], 1)
	if kind <= 1 {
		return r, nil
	}
	colours, bits, columns := number(parms["Colors"], 1), number(parms["BitsPerComponent"], 8), number(parms["Columns"], 1)
	if kind < 10 || colours < 1 || colours > 32 || bits < 1 || bits > 16 || columns < 1 || columns > 1<<20 {
		return nil, errFilter
	}
	row := (colours*bits*columns + 7) / 8
	return &rows{r: bufio.NewReader(r), pixel: int((colours*bits + 7) / 8), line: make([]byte, row), above: make([]byte, row)}, nil
}

func number(v any, otherwise int64) int64 {
	if n, ok := v.(int64); ok {
		return n
	}
	return otherwise
}

// rows undoes the predictors of PNG, row by row.
type rows struct {
	r           *bufio.Reader
	pixel       int
	line, above []byte
	left        []byte // of the line, not given yet
}

func (p *rows) Read(b []byte) (int, error) {
	if len(p.left) == 0 {
		if err := p.next(); err != nil {
			return 0, err
		}
	}
	n := copy(b, p.left)
	p.left = p.left[n:]
	return n, nil
}

func (p *rows) next() error {
	kind, err := p.r.ReadByte()
	if err != nil {
		return err
	}
	p.line, p.above = p.above, p.line
	n, err := io.ReadFull(p.r, p.line)
	if err == io.EOF || err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	clear(p.line[n:])
	for i := range p.line[:n] {
		var left, above, corner byte
		above = p.above[i]
		if i >= p.pixel {
			left, corner = p.line[i-p.pixel], p.above[i-p.pixel]
		}
		switch kind {
		case 1:
			p.line[i] += left
		case 2:
			p.line[i] += above
		case 3:
			p.line[i] += byte((int(left) + int(above)) / 2)
		case 4:
			p.line[i] += paeth(left, above, corner)
		}
	}
	p.left = p.line[:n]
	return nil
}

func paeth(left, above, corner byte) byte {
	p := int(left) + int(above) - int(corner)
	l, a, c := distance(p, left), distance(p, above), distance(p, corner)
	switch {
	case l <= a && l <= c:
		return left
	case a <= c:
		return above
	}
	return corner
}

func distance(p int, b byte) int { return max(p-int(b), int(b)-p) }
