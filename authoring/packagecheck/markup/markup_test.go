package markup

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

func TestElementsKnowTheirPlaceAndNamespace(t *testing.T) {
	doc, err := Parse([]byte("<?xml version='1.0'?>\n<!-- é --><a xmlns='urn:one' xmlns:p='urn:two'>\n  é<p:b p:c='1' c='2'> x <d/> y </p:b></a>\n"))
	if err != nil {
		t.Fatal(err)
	}
	b := doc.Root.Child("b")
	if doc.Root.Space != "urn:one" || b.Space != "urn:two" || b.Child("d").Space != "urn:one" {
		t.Errorf("namespaces %q, %q and %q", doc.Root.Space, b.Space, b.Child("d").Space)
	}
	if b.Pos != (Pos{3, 4}) {
		t.Errorf("b stands at %v, expected line 3, column 4 (characters, not bytes)", b.Pos)
	}
	if v, _ := b.AttrIn("urn:two", "c"); v != "1" {
		t.Errorf("the attribute of the namespace is %q", v)
	}
	if v, ok := b.AttrIn("", "c"); v != "2" || !ok {
		t.Errorf("the attribute without namespace is %q", v)
	}
	if b.Text != "x  y" {
		t.Errorf("text %q", b.Text)
	}
}

func TestEncodings(t *testing.T) {
	const text = `<?xml version="1.0" encoding="ENC"?><t>Größe</t>`
	encode := func(enc string, f func(string) (string, error)) []byte {
		s, err := f(strings.Replace(text, "ENC", enc, 1))
		if err != nil {
			t.Fatal(err)
		}
		return []byte(s)
	}
	same := func(s string) (string, error) { return s, nil }
	for name, data := range map[string][]byte{
		"utf-8":                 encode("UTF-8", same),
		"utf-8 with a mark":     append([]byte("\xef\xbb\xbf"), encode("UTF-8", same)...),
		"iso-8859-1":            encode("ISO-8859-1", charmap.ISO8859_1.NewEncoder().String),
		"utf-16, little endian": encode("UTF-16", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String),
		"utf-16, big endian":    encode("UTF-16", unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String),
		"utf-16 without a mark": encode("UTF-16LE", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String),
	} {
		doc, err := Parse(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if doc.Root.Text != "Größe" {
			t.Errorf("%s: read as %q", name, doc.Root.Text)
		}
	}
}

func TestVersions(t *testing.T) {
	for text, want := range map[string]string{
		"<a/>":                        "1.0",
		"<?xml version='1.0'?>\n<a/>": "1.0",
		"<?xml version = \"1.1\" encoding='utf-8' standalone = 'yes' ?>\n<a/>": "1.1",
		"<?xml version='1.12'?>\n<a/>":                                         "1.12",
		"<?xml-stylesheet href='a'?>\n<a/>":                                    "1.0",
	} {
		given := []byte(text)
		doc, err := Parse(given)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if doc.Version != want || strings.Contains(text, "\n") && doc.Root.Pos != (Pos{2, 1}) {
			t.Errorf("%s: version %q, its root at %v", text, doc.Version, doc.Root.Pos)
		}
		if string(given) != text {
			t.Errorf("%s: the bytes that were given are %s now", text, given)
		}
	}
}

func TestFaultsSayWhere(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		line   int
		says   string
		entity bool
	}{
		"mismatched":         {"<a>\n<b>\n</a>", 3, "<b> of line 2 is closed by </a>", false},
		"unclosed":           {"<a>\n<b>", 2, "<b> is never closed", false},
		"empty":              {"", 1, "no element", false},
		"blank":              {" \n ", 1, "no element", false},
		"second root":        {"<a/>\n<b/>", 2, "second root", false},
		"text outside":       {"<a/>\nx", 1, "text outside", false},
		"doubled attribute":  {"<a>\n<b c='1' c='2'/></a>", 2, "twice", false},
		"undeclared prefix":  {"<a>\n<x:b/></a>", 2, `prefix "x" is not declared`, false},
		"not UTF-8":          {"<a>\n\n\xe9</a>", 3, "not UTF-8", false},
		"entity of its own":  {"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>", 1, "declares an entity", true},
		"unknown entity":     {"<a>\n&nbsp;</a>", 2, "entity", true},
		"bare ampersand":     {"<a>\n x & y</a>", 2, "entity", true},
		"encoding last":      {"<?xml version='1.0' standalone='no' encoding='UTF-8'?><a/>", 1, "then standalone", false},
		"no version":         {"<?xml encoding='UTF-8'?><a/>", 1, "version 1.x", false},
		"another XML":        {"<?xml version='2.0'?><a/>", 1, "version 1.x", false},
		"claims UTF-16":      {"<?xml version='1.0' encoding='utf-16'?><a/>", 1, "utf-16", false},
		"no space between":   {"<a>\n<b c='1'd='2'/></a>", 2, "without a space", false},
		"a late declaration": {"\n<?xml version='1.0'?><a/>", 2, "at the very start", false},
		"a stray end":        {"</a>", 1, "closes nothing", false},
		"unknown encoding":   {"<?xml version='1.0' encoding='klingon'?><a/>", 1, "klingon", false},
		"too deep":           {strings.Repeat("<a>", 300), 1, "nested", false},
		"cut in a tag":       {"<a>\n<b c", 2, "it ends in the middle", false},
		"declared too often": {"<a" + strings.Repeat(" b='1'", 300) + "/>", 1, "attributes", false},
	} {
		_, err := Parse([]byte(c.text))
		f, ok := errors.AsType[*Fault](err)
		if !ok {
			t.Errorf("%s: got %v, expected a fault", name, err)
			continue
		}
		if f.Pos.Line != c.line || !strings.Contains(f.Text, c.says) || f.Entity != c.entity {
			t.Errorf("%s: line %d %q (entity %t), expected line %d with %q (%t)", name, f.Pos.Line, f.Text, f.Entity, c.line, c.says, c.entity)
		}
	}
}

// One long line with as many elements as may be, each declaring a prefix: slow
// where a place or a prefix costs a second reading.
func TestManyElementsOnOneLine(t *testing.T) {
	doc, err := Parse([]byte("<a>" + strings.Repeat("<x:b xmlns:x='u'>t</x:b>", 200_000) + "</a>"))
	if err != nil || len(doc.Root.Children) != 200_000 {
		t.Fatalf("%v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("<?xml version='1.0' encoding='ISO-8859-1'?><a xmlns:b='c'><b:d e='f'>g</b:d></a>"))
	f.Add([]byte("\xff\xfe<\x00a\x00/\x00>\x00"))
	f.Add([]byte("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := Parse(data)
		if err != nil {
			f, ok := errors.AsType[*Fault](err)
			if !ok || f.Text == "" || f.Pos.Line < 1 {
				t.Errorf("%#v is no fault with a place", err)
			}
			return
		}
		doc.Root.Walk(func(e *Element) bool {
			if e.Pos.Line < 1 || e.Pos.Column < 1 {
				t.Errorf("%s stands at %v", e.Name, e.Pos)
			}
			return true
		})
	})
}
