// Package pdf reads what a PDF document is made of: whether it opens, what it
// can do by itself, and what it tells assistive technology. It runs nothing,
// shows no page, and reads streams as far as objects are packed in them. The
// file is read through a small window and never held; what is unpacked from it
// is bounded, and all of it is paid from a budget.
//
// The section numbers are those of ISO 32000-1:2008.
package pdf

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
)

// Facts are what a document was found to be.
type Facts struct {
	Version    string // of the header, such as 1.7
	Whole      bool   // the file’s end is there
	Opens      bool   // its catalogue and pages were found
	Repaired   bool   // by going through the file, as its own tables are damaged
	Encryption Encryption
	Rights     Rights
	Unread     bool // it was left before its end, so that what isn't told may be there

	Pages    int64
	Title    string // of its properties; “…” where it can't be shown
	Shows    bool   // readers show the title, and not the file's name
	Language string // BCP 47, as it is written; “…” where it can't be shown
	Tagged   bool

	Scripts     int // in JavaScript, besides those that format the fields of a form
	Launches    int // actions that start programs or open files
	Forms       Forms
	Links       []string // addresses outside, each once, in order
	Attachments []string // names of the files in it, each once, in order
	Figures     int      // tagged ones without an alternative text
	Described   int      // tagged ones with it
	Fonts       int
	Pictures    int // of the size of a page, more or less
}

// Rights are what a document that is encrypted forbids whoever opens it.
type Rights struct{ NoReadingAloud, NoCopying, NoPrinting bool }

// Forms are XFA forms.
type Forms int

const (
	NoXFA  Forms = iota
	XFA          // beside an ordinary form
	AllXFA       // the pages themselves are made by the form
)

const (
	maxLinks       = 5000
	maxAttachments = 200
	// page is the number of dots of a picture that fills a page, at least.
	page = 300_000
)

// Headed tells where in the first bytes of a file the PDF begins (7.5.2 and
// annex H: within the first 1024), -1 where it is none.
func Headed(head []byte) int {
	return bytes.Index(head[:min(len(head), 1024)], []byte("%PDF-"))
}

// Read reads a document of size bytes. What it reads and unpacks is taken from
// the budget; where that is spent, the facts are Unread. An error is that of ctx
// or r.
func Read(ctx context.Context, r io.ReaderAt, size int64, budget *int64) (*Facts, error) {
	d := &document{in: &input{ctx: ctx, r: r, size: size, budget: budget}, facts: &Facts{}}
	head := make([]byte, min(size, 1024+int64(len("%PDF-1.7"))))
	if n, err := r.ReadAt(head, 0); n < len(head) {
		return nil, err
	}
	begin := Headed(head)
	if begin < 0 {
		return d.facts, nil
	}
	version := head[min(len(head), begin+len("%PDF-")):]
	version = version[:min(len(version), len("1.7"))]
	if len(bytes.Trim(version, ".0123456789")) == 0 {
		d.facts.Version = string(version)
	}
	if begin > 0 { // places are counted from the header
		d.in.r, d.in.size = io.NewSectionReader(r, int64(begin), size-int64(begin)), size-int64(begin)
	}
	err := d.run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, errSpent), errors.Is(err, errTooMany):
		d.facts.Unread = true
	case d.in.err != nil:
		return nil, d.in.err
	}
	return d.facts, nil
}

type document struct {
	in      *input
	facts   *Facts
	entries map[uint32]entry
	trailer dict
	scanned bool
	ends    int64 // the last end of a file that a scan met
	key     *key
	bare    bool     // metadata aren't encrypted, though all else is
	last    struct { // the stream of objects that was unpacked last
		number  uint32
		numbers []int64
		objects []any
	}
	unpacking        bool
	linked, attached map[string]bool
}

func (d *document) run() error {
	tail, err := d.tail()
	if err != nil {
		return err
	}
	d.facts.Whole = bytes.Contains(tail, []byte("%%EOF"))
	d.entries, d.trailer = map[uint32]entry{}, dict{}
	err = d.tables()
	if errors.Is(err, errTooMany) || d.in.err != nil {
		return cmp.Or(d.in.err, err)
	}
	if err == nil {
		err = d.unlock()
	}
	if err == nil {
		err = d.walk()
	}
	if err == nil || !errors.Is(err, errDamaged) && !errors.Is(err, errSyntax) && !errors.Is(err, errFilter) || d.in.err != nil {
		return cmp.Or(d.in.err, err)
	}
	*d.facts = Facts{Version: d.facts.Version, Whole: d.facts.Whole, Repaired: true}
	if err := d.scan(); err != nil {
		return cmp.Or(d.in.err, err)
	}
	return d.walk()
}

// errDamaged is of a document whose tables lead to other places than they say.
var errDamaged = errors.New("the tables are damaged")

func (d *document) tail() ([]byte, error) {
	tail := make([]byte, min(d.in.size, 2048))
	if n, err := d.in.r.ReadAt(tail, d.in.size-int64(len(tail))); n < len(tail) {
		d.in.err = err
		return nil, err
	}
	return tail, nil
}

// unlock finds out whether the document is encrypted.
func (d *document) unlock() error {
	said := d.trailer["Encrypt"]
	if said == nil {
		return nil
	}
	e, _ := d.resolve(said).(dict)
	switch {
	case d.in.err != nil:
		return d.in.err
	case e == nil && !d.scanned:
		return errDamaged
	}
	var rights int64
	if d.facts.Encryption, rights = d.crypt(e); d.facts.Encryption == OpensFreely {
		lacks := func(bit int) bool { return rights>>(bit-1)&1 == 0 }
		d.facts.Rights = Rights{NoCopying: lacks(5), NoPrinting: lacks(3)}
		d.facts.Rights.NoReadingAloud = lacks(10) && (number(d.resolve(e["R"]), 0) > 2 || lacks(5))
	}
	return nil
}

// object reads the object that lies at a place; number is the one that it must
// have, 0 for any.
func (d *document) object(at int64, number uint32) any {
	l := d.at(at)
	n, err := l.integer()
	if err != nil || number != 0 && n != int64(number) {
		return nil
	}
	generation, err := l.integer()
	if err != nil || !l.is("obj") {
		return nil
	}
	v, _ := l.value(0) // what was read before a mistake is what readers take
	if d.in.err == nil {
		d.in.err = spend(d.in.budget, l.pos-at)
	}
	if d.key != nil {
		v = d.key.open(v, uint32(n), uint32(generation))
	}
	if fields, ok := v.(dict); ok && l.is("stream") {
		if l.peek() == '\r' {
			l.pos++
		}
		if l.peek() == '\n' {
			l.pos++
		}
		return &stream{fields, uint32(n), uint32(generation), l.pos}
	}
	if v == nil {
		return null{}
	}
	return v
}

// null is an object that is there and is nothing.
type null struct{}

// resolve follows references to the value that is meant.
func (d *document) resolve(v any) any {
	for range 16 {
		r, ok := v.(ref)
		if !ok {
			return v
		}
		switch e := d.entries[r.number]; e.kind {
		case inFile:
			v = d.object(e.at, r.number)
		case inStream:
			v = d.packedObject(uint32(e.at), r.number)
		default:
			return nil
		}
		if _, nothing := v.(null); nothing {
			return nil
		}
	}
	return nil
}

// fields gives the dictionary of what a value resolves to.
func (d *document) fields(v any) dict {
	switch v := d.resolve(v).(type) {
	case dict:
		return v
	case *stream:
		return v.dict
	}
	return nil
}

func (d *document) packedObject(holder, number uint32) any {
	numbers, objects, err := d.unpacked(holder)
	if err != nil {
		return nil
	}
	if i := slices.Index(numbers, int64(number)); i >= 0 {
		return objects[i]
	}
	return nil
}

// unpacked reads the objects of a stream that they are packed in (7.5.7), with
// their numbers.
func (d *document) unpacked(holder uint32) ([]int64, []any, error) {
	if d.last.number == holder && d.last.numbers != nil {
		return d.last.numbers, d.last.objects, nil
	}
	e := d.entries[holder]
	if e.kind != inFile || d.unpacking {
		return nil, nil, nil // a stream of objects doesn't lie in another, nor does its length
	}
	d.unpacking = true
	defer func() { d.unpacking = false }()
	s, ok := d.object(e.at, holder).(*stream)
	if !ok {
		return nil, nil, d.in.err
	}
	data, err := d.read(s, true)
	if err != nil {
		return nil, nil, d.in.err // packed in another way: nothing can be said of it
	}
	l := lexing(d.in.ctx, data, 0, d.in.budget)
	first := number(d.resolve(s.dict["First"]), 0)
	var numbers, places []int64
	for range min(number(d.resolve(s.dict["N"]), 0), int64(len(data)/4+1)) {
		n, err := l.integer()
		at, err2 := l.integer()
		if err != nil || err2 != nil {
			break
		}
		numbers, places = append(numbers, n), append(places, first+at)
	}
	objects := make([]any, len(numbers))
	for i, at := range places {
		if i > 0 && at <= places[i-1] {
			continue // objects lie one behind another, so that none is read twice
		}
		l.pos = at // the values of all objects together are bounded, as all are held
		objects[i], _ = l.value(0)
		if d.in.err = spend(d.in.budget, l.pos-at); d.in.err == nil && l.values > maxValues {
			d.in.err = errTooMany
		}
		if d.in.err != nil {
			return nil, nil, d.in.err
		}
	}
	d.last.number, d.last.numbers, d.last.objects = holder, numbers, objects
	return numbers, objects, nil
}
