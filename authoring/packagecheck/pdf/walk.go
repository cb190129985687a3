package pdf

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

// walk looks at the catalogue and then at every object, as they lie.
func (d *document) walk() error {
	if d.facts.Encryption == NeedsPassword || d.facts.Encryption == OtherKind {
		d.facts.Opens = true // whoever has the password may see it
		return nil
	}
	catalogue := d.fields(d.trailer["Root"])
	pages := d.fields(catalogue["Pages"])
	if d.in.err != nil {
		return d.in.err
	}
	if pages == nil {
		return errDamaged
	}
	d.facts.Opens = true
	d.catalogue(catalogue, pages)
	d.linked, d.attached = map[string]bool{}, map[string]bool{}
	before := int64(-1)
	for _, n := range d.inOrder() {
		e := d.entries[n]
		if e.at == before {
			continue // two numbers of one place: it can't be both
		}
		before = e.at
		v := d.object(e.at, n)
		if d.in.err != nil {
			return d.in.err
		}
		if v == nil && !d.scanned {
			return errDamaged
		}
		d.see(v)
		if s, ok := v.(*stream); ok && s.dict["Type"] == name("ObjStm") {
			numbers, objects, err := d.unpacked(n)
			if err != nil {
				return err
			}
			for i, number := range numbers {
				if number < 0 || number > maxNumber {
					continue
				}
				if e := d.entries[uint32(number)]; e.kind == inStream && e.at == int64(n) {
					d.see(objects[i])
				}
			}
		}
	}
	return d.in.err
}

func (d *document) catalogue(catalogue, pages dict) {
	f := d.facts
	f.Pages = max(0, number(d.resolve(pages["Count"]), 0))
	f.Language = d.said(catalogue["Lang"])
	marks := d.fields(catalogue["MarkInfo"])
	marked, _ := d.resolve(marks["Marked"]).(bool)
	f.Tagged = marked && d.fields(catalogue["StructTreeRoot"]) != nil
	f.Shows, _ = d.resolve(d.fields(catalogue["ViewerPreferences"])["DisplayDocTitle"]).(bool)
	if f.Title = d.said(d.fields(d.trailer["Info"])["Title"]); f.Title == "" {
		f.Title = d.described(catalogue["Metadata"])
	}
	switch whole, _ := d.resolve(catalogue["NeedsRendering"]).(bool); {
	case d.resolve(d.fields(catalogue["AcroForm"])["XFA"]) == nil:
	case whole:
		f.Forms = AllXFA
	default:
		f.Forms = XFA
	}
}

// unshown stands for a text that is there and isn't understood.
const unshown = "…"

// said gives a text string.
func (d *document) said(v any) string {
	t, _ := d.resolve(v).(text)
	return strings.TrimSpace(t.String())
}

// described gives the title of the document's metadata (14.3.2).
func (d *document) described(v any) string {
	s, ok := d.resolve(v).(*stream)
	if !ok {
		return ""
	}
	data, err := d.read(s, !d.bare)
	if err != nil {
		return unshown
	}
	_, title, there := bytes.Cut(data, []byte("<dc:title"))
	title, _, _ = bytes.Cut(title, []byte("</dc:title"))
	if !there {
		if bytes.IndexByte(data, 0) >= 0 || bytes.Contains(data, []byte("/dc/elements/1.1/")) && !bytes.Contains(data, []byte("xmlns:dc=")) {
			return unshown // in UTF-16, or with a prefix of its own
		}
		return ""
	}
	var b strings.Builder
	for len(title) > 0 {
		_, rest, found := bytes.Cut(title, []byte(">"))
		if !found {
			break
		}
		var words []byte
		words, title, _ = bytes.Cut(rest, []byte("<"))
		b.Write(words)
	}
	return strings.TrimSpace(b.String())
}

// see takes what one object tells, and what is written in it.
func (d *document) see(v any) {
	switch v := v.(type) {
	case *stream:
		d.see(v.dict)
	case array:
		for _, one := range v {
			d.see(one)
		}
	case dict:
		d.one(v)
		var within []name
		for k, one := range v {
			switch one.(type) {
			case dict, array:
				within = append(within, k)
			}
		}
		slices.Sort(within)
		for _, k := range within {
			d.see(v[k])
		}
	}
}

func (d *document) one(v dict) {
	f := d.facts
	if fonts, _ := v["Font"].(dict); v["Type"] == name("Font") || len(fonts) > 0 {
		f.Fonts++
	}
	if v["Subtype"] == name("Image") && number(v["Width"], 0)*number(v["Height"], 0) >= page {
		f.Pictures++
	}
	switch v["EF"].(type) {
	case dict, ref: // an array is of rights that are signed for
		d.attach(v)
	}
	switch v["S"] {
	case name("JavaScript"), name("Rendition"):
		if js := v["JS"]; js != nil && !d.ordinary(js) {
			f.Scripts++
		}
	case name("Launch"):
		if v["F"] != nil || v["Win"] != nil || v["Mac"] != nil || v["Unix"] != nil {
			f.Launches++
		}
	case name("URI"):
		d.link(v["URI"])
	case name("SubmitForm"):
		if file, ok := v["F"].(dict); ok {
			d.link(file["F"])
		} else {
			d.link(v["F"])
		}
	case name("Figure"):
		if v["P"] == nil && v["Type"] != name("StructElem") {
			break
		}
		if d.resolve(v["Alt"]) == nil && d.resolve(v["ActualText"]) == nil {
			f.Figures++
		} else {
			f.Described++
		}
	}
}

// formatted is a call of what every reader has built in to check and to reckon
// the fields of a form, as a form's program writes it by itself.
var formatted = regexp.MustCompile(`^AF(Date|Time|Number|Percent|Special|Range|Simple)[A-Za-z_]*\((new Array\s*\([^()]*\)|[^()])*\);?$`)

// ordinary tells whether a script is none, or one that does no more than forms do.
func (d *document) ordinary(v any) bool {
	t, ok := v.(text)
	script := strings.TrimSpace(t.String())
	return ok && (script == "" || len(script) <= 4096 && formatted.MatchString(script))
}

func (d *document) link(v any) {
	t, _ := v.(text)
	if len(t) == 0 || len(t) > 4096 || len(d.facts.Links) >= maxLinks || d.linked[string(t)] {
		return
	}
	d.linked[string(t)] = true
	d.facts.Links = append(d.facts.Links, string(t))
}

func (d *document) attach(v dict) {
	file, _ := d.resolve(v["UF"]).(text)
	if file == "" {
		file, _ = d.resolve(v["F"]).(text)
	}
	called := file.String()
	if called == "" {
		called = unshown
	}
	if len(d.facts.Attachments) < maxAttachments && !slices.Contains(d.facts.Attachments, called) {
		d.facts.Attachments = append(d.facts.Attachments, called)
	}
}

// String gives a text string in Unicode (7.9.2.2).
func (t text) String() string {
	b := []byte(t)
	switch {
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return wide(b[2:], 0, 1)
	case bytes.HasPrefix(b, []byte("\xff\xfe")): // no PDF, but written
		return wide(b[2:], 1, 0)
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return strings.ToValidUTF8(string(b[3:]), "\ufffd")
	}
	var s strings.Builder
	for _, c := range b {
		switch {
		case c >= 0x80 && c < 0x80+byte(len(docLetters)):
			s.WriteRune(docLetters[c-0x80])
		case c == 0xa0:
			s.WriteRune('€')
		default:
			s.WriteRune(rune(c))
		}
	}
	return s.String()
}

// docLetters are those of PDFDocEncoding from 0x80 on that aren't Latin-1's
// (annex D).
var docLetters = []rune("•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž")

func wide(b []byte, high, low int) string {
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, uint16(b[high])<<8|uint16(b[low]))
	}
	return string(utf16.Decode(units))
}
