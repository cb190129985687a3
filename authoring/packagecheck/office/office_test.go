package office

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/doctest"
	"github.com/leadership-ladder/rung/authoring/packagecheck/ziptest"
)

func opened(t testing.TB, files map[string]string) *archive.Archive {
	t.Helper()
	data := ziptest.Of(files).Bytes()
	arc, err := archive.Open(bytes.NewReader(data), int64(len(data)), archive.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return arc
}

func openXML(t testing.TB, files map[string]string) *Facts {
	t.Helper()
	budget := int64(1 << 30)
	f, err := ReadOpenXML(t.Context(), opened(t, files), &budget)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func declared(part, kind string) string {
	return `<Types><Override PartName="/` + part + `" ContentType="application/vnd.` + kind + `"/></Types>`
}

const wordMain = "openxmlformats-officedocument.wordprocessingml.document.main+xml"

func TestEditions(t *testing.T) {
	for kind, want := range map[string]string{
		wordMain: "docx",
		"openxmlformats-officedocument.presentationml.slideshow.main+xml": "ppsx",
		"ms-word.document.macroEnabled.main+xml":                          "docm",
		"ms-excel.sheet.binary.macroEnabled.main":                         "xlsb",
		"ms-excel.addin.macroEnabled.main+xml":                            "xlam",
		"ms-visio.drawing.main+xml":                                       "vsdx",
		"example.main+xml":                                                "",
	} {
		f := openXML(t, map[string]string{typesName: declared("part.xml", kind), "part.xml": "<a/>"})
		if f.Edition != want || (f.Fault == nil) != (want != "") || len(f.Macros) != 0 {
			t.Errorf("%s: %q, fault %v", kind, f.Edition, f.Fault)
		}
	}
}

// The main part is the one that the document as a whole refers to, whatever
// else has its type, and by whatever writing of its name.
func TestMainPart(t *testing.T) {
	const whole = `<Relationships><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="%s"/></Relationships>`
	for target, want := range map[string]string{"word/second.xml": "word/second.xml", "/word/second.xml": "word/second.xml", "nothing.xml": "word/first.xml"} {
		f := openXML(t, map[string]string{
			typesName: strings.Replace(declared("word/first.xml", wordMain)+declared("word/second.xml", wordMain), "</Types><Types>", "", 1), "_rels/.rels": fmt.Sprintf(whole, target),
			"word/first.xml": "<a/>", "word/second.xml": "<a/>"})
		if f.Main != want || f.Fault != nil {
			t.Errorf("%s: %q, fault %v", target, f.Main, f.Fault)
		}
	}
	if f := openXML(t, map[string]string{typesName: `<Types><Default Extension="xml" ContentType="application/vnd.` + wordMain + `"/></Types>`,
		"_rels/.rels": fmt.Sprintf(whole, "word/document.xml"), "Word/Document.xml": "<a/>"}); f.Fault != nil || f.Main != "Word/Document.xml" {
		t.Errorf("%q, fault %v", f.Main, f.Fault)
	}
	for name, files := range map[string]map[string]string{
		"no types":     {"word/document.xml": "<a/>"},
		"broken types": {typesName: "<Types>", "word/document.xml": "<a/>"},
	} {
		if f := openXML(t, files); f.Fault == nil {
			t.Errorf("%s: no fault", name)
		}
	}
}

func TestFaultsOfXML(t *testing.T) {
	for text, want := range map[string]int{
		"<a/>": 0, "<a>\n<b></a>": 2, "<a>\n\n": 3, "": 0, "<a>&nothing;</a>": 1,
		"\xff\xfe<\x00a\x00": 0, "<?xml version=\"1.0\" encoding=\"windows-1252\"?><a>\xe9</a>": 1,
		"<a x='" + strings.Repeat("y", 2*maxTag): 0, strings.Repeat("<a>", 2*maxNests): 0,
	} {
		f := openXML(t, map[string]string{typesName: declared("d.xml", wordMain), "d.xml": text})
		line := 0
		if f.Fault != nil {
			line = f.Fault.Line
		}
		if line != want {
			t.Errorf("%.40q: fault %+v, expected one of line %d", text, f.Fault, want)
		}
	}
}

// A picture in a group that is described is described; one in a text box has a
// text of its own.
func TestPicturesOfNestedFrames(t *testing.T) {
	const picture = `<graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"/>`
	for text, want := range map[string]int{
		`<inline><docPr/>` + picture + `</inline>`:                                                                          1,
		`<inline><docPr descr="x"/>` + picture + `</inline>`:                                                                0,
		`<inline><docPr><extLst><decorative val="1"/></extLst></docPr>` + picture + `</inline>`:                             0,
		`<inline><docPr><extLst><decorative val="0"/></extLst></docPr>` + picture + `</inline>`:                             1,
		`<inline><docPr/><graphicData uri="http://x/wordprocessingShape"/></inline>`:                                        0,
		`<inline><docPr/><graphicData uri="http://x/chart"/></inline>`:                                                      1,
		`<anchor><docPr/><graphicData uri="http://x/wordprocessingShape"/><inline>` + picture + `</inline></anchor>`:        1,
		`<grpSp><cNvPr descr="x"/><pic><cNvPr/></pic></grpSp>`:                                                              0,
		`<grpSp><cNvPr/><pic><cNvPr/></pic><pic><cNvPr/></pic></grpSp>`:                                                     2,
		`<graphicFrame><cNvPr/><pic><cNvPr/></pic></graphicFrame>`:                                                          0,
		`<pic><cNvPr title="x"/></pic>`:                                                                                     0,
		`<AlternateContent><Choice><pic><cNvPr/></pic></Choice><Fallback><pic><cNvPr/></pic></Fallback></AlternateContent>`: 1,
	} {
		f := openXML(t, map[string]string{typesName: declared("d.xml", wordMain), "d.xml": "<d>" + text + "</d>"})
		if len(f.Pictures) != want {
			t.Errorf("%s: %d, expected %d", text, len(f.Pictures), want)
		}
	}
}

func TestTables(t *testing.T) {
	const row = "<tr><tc/><tc/></tr>"
	for text, want := range map[string]int{
		"<tbl>" + row + row + row + "</tbl>":                                                      1,
		"<tbl>" + row + row + "</tbl>":                                                            0,
		"<tbl><tr><tc/></tr><tr><tc/></tr><tr><tc/></tr></tbl>":                                   0,
		`<tbl><tr><trPr><tblHeader/></trPr><tc/><tc/></tr>` + row + row + "</tbl>":                0,
		`<tbl><tr><trPr><tblHeader val="0"/></trPr><tc/><tc/></tr>` + row + row + "</tbl>":        1,
		`<tbl><tblLook val="0020"/>` + row + row + row + "</tbl>":                                 0,
		`<tbl><tblLook val="0480"/>` + row + row + row + "</tbl>":                                 1,
		"<tbl><tr><tc><tbl>" + row + row + row + "</tbl></tc><tc/></tr><tr><tc/><tc/></tr></tbl>": 1,
	} {
		f := openXML(t, map[string]string{typesName: declared("d.xml", wordMain), "d.xml": text})
		if len(f.Headless) != want {
			t.Errorf("%s: %d, expected %d", text, len(f.Headless), want)
		}
	}
}

func TestAddressesOfOtherComputers(t *testing.T) {
	for address, want := range map[string]bool{
		"https://example.org/a.dotm": true, "http://example.org": true, `\\server\share\a.dotm`: true, "file://server/a.dotm": true,
		"file://///server/a": true, "file:////server/a": true, `file:\\\\server\a`: true,
		`file:///C:\Templates\a.dotm`: false, `C:\a.dotm`: false, "a.dotm": false, "": false, "%": false,
	} {
		if got := remote(address); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

func TestOpenDocumentType(t *testing.T) {
	for said, want := range map[string]string{
		odfType + "text": "odt", odfType + "presentation\n": "odp", odfType + "formula": "OpenDocument",
		"application/epub+zip": "", "": "", strings.Repeat("x", 300): "",
	} {
		got, err := OpenDocumentType(t.Context(), opened(t, map[string]string{"mimetype": said, "a": "b"}))
		if got != want || err != nil {
			t.Errorf("%.40q: %q, %v", said, got, err)
		}
	}
}

// A template may be of styles alone.
func TestOpenDocumentWithoutContent(t *testing.T) {
	for edition, faulty := range map[string]bool{"odt": true, "ott": false} {
		budget := int64(1 << 20)
		f, err := ReadOpenDocument(t.Context(), opened(t, map[string]string{"styles.xml": "<a/>"}), edition, &budget)
		if err != nil || (f.Fault != nil) != faulty {
			t.Errorf("%s: %v, %v", edition, f.Fault, err)
		}
	}
}

// A document of more parts than can be listed isn't judged by those that are.
func TestCountlessTypes(t *testing.T) {
	many := strings.Builder{}
	for i := range maxTypes + 2 {
		fmt.Fprintf(&many, `<Override PartName="/%d" ContentType="x"/>`, i)
	}
	f := openXML(t, map[string]string{typesName: "<Types>" + many.String() + declared("d.xml", wordMain) + "</Types>", "d.xml": "<a/>"})
	if f.Fault != nil || !f.Unread {
		t.Errorf("fault %v, unread %v", f.Fault, f.Unread)
	}
}

// What can't be paid for isn't read, and isn't told of.
func TestNothingIsReadBeyondTheBudget(t *testing.T) {
	arc := opened(t, map[string]string{typesName: declared("d.xml", wordMain), "d.xml": "<d>" + strings.Repeat("<p>Wash your hands.</p>", 10_000)})
	for _, budget := range []int64{100_000, 0} { // within the main part, and before it is known
		f, err := ReadOpenXML(t.Context(), arc, &budget)
		if err != nil || f.Fault != nil || !f.Unread || budget < -10_000 {
			t.Errorf("%+v, %v, %d left", f, err, budget)
		}
	}
}

func compoundOf(t *testing.T, data []byte) (*Facts, error) {
	t.Helper()
	return ReadCompound(t.Context(), bytes.NewReader(data))
}

func TestCompoundFiles(t *testing.T) {
	whole := doctest.Compound(map[string]string{"WordDocument": "\xec\xa5", "Macros/VBA/dir": "x", "ObjectPool/VBA": "x"})
	if f, err := compoundOf(t, whole); err != nil || f.Edition != "doc" || !slices.Equal(f.Macros, []string{""}) || f.Locked {
		t.Errorf("%+v, %v", f, err)
	}
	for _, n := range []int{8, 511, 512, 1024} {
		if f, err := compoundOf(t, whole[:n]); err != nil || f.Fault == nil {
			t.Errorf("%d bytes: %+v, %v", n, f, err)
		}
	}
	// A directory that leads back to itself, and one that leads on and on.
	ring := bytes.Clone(whole)
	fat := 512 * (1 + int(binary.LittleEndian.Uint32(ring[76:])))
	directory := binary.LittleEndian.Uint32(ring[48:])
	binary.LittleEndian.PutUint32(ring[fat+4*int(directory):], directory)
	if f, err := compoundOf(t, ring); err != nil || f.Fault == nil {
		t.Errorf("a ring: %+v, %v", f, err)
	}
	if f, err := compoundOf(t, namesAlone(30_000)); err != nil || !f.Unread {
		t.Errorf("a long directory: %+v, %v", f, err)
	}
}

// namesAlone is a compound file whose directory has a number of sectors.
func namesAlone(sectors int) []byte {
	fats := (sectors + 127) / 128
	h := doctest.Compound(map[string]string{"WordDocument": "x"})[:512]
	le := binary.LittleEndian
	le.PutUint32(h[44:], uint32(fats))
	le.PutUint32(h[48:], uint32(fats))
	extra := max(0, fats-109)
	body := make([]byte, 0, (fats+sectors+2)*512)
	for i := range min(fats, 109) {
		le.PutUint32(h[76+4*i:], uint32(i))
	}
	for i := range fats * 128 {
		body = le.AppendUint32(body, uint32(i+1))
	}
	body = append(body, make([]byte, sectors*512)...)
	if extra > 0 { // the numbers of those that the header has no room for
		at := len(body) / 512
		le.PutUint32(h[68:], uint32(at))
		le.PutUint32(h[72:], uint32((extra+126)/127))
		for i := 0; i < extra; i += 127 {
			for j := range 127 {
				body = le.AppendUint32(body, uint32(109+i+j))
			}
			body = le.AppendUint32(body, uint32(at+i/127+1))
		}
	}
	return append(h, body...)
}

func TestTroubleIsGivenBack(t *testing.T) {
	stopped, stop := context.WithCancel(t.Context())
	stop()
	budget := int64(1 << 30)
	if _, err := ReadOpenXML(stopped, opened(t, map[string]string{typesName: "<Types/>"}), &budget); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := ReadCompound(stopped, bytes.NewReader(doctest.Compound(map[string]string{"Workbook": "x"}))); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := ReadCompound(t.Context(), torn{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
	damaged := ziptest.Of(map[string]string{typesName: declared("d.xml", wordMain), "d.xml": "<a/>"}).Change("d.xml", func(f *ziptest.File) { f.CRC = new(uint32(7)) }).Bytes()
	arc, err := archive.Open(bytes.NewReader(damaged), int64(len(damaged)), archive.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadOpenXML(t.Context(), arc, &budget); err == nil {
		t.Error("a part that was changed is taken")
	} else if _, ok := errors.AsType[*archive.Problem](err); !ok {
		t.Errorf("got %v", err)
	}
}

type torn struct{}

func (torn) ReadAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }

func FuzzCompound(f *testing.F) {
	f.Add(doctest.Compound(map[string]string{"WordDocument": "\xec\xa5", "Macros/VBA/dir": "x"}))
	f.Add(doctest.Compound(map[string]string{"Workbook": "\x09\x08\x04\x00\x00\x06\x05\x00\x2f\x00", "\x01Ole10Native": "\x20\x00\x00\x00\x02\x00a.exe\x00"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := ReadCompound(t.Context(), bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
		if c, err := openCompound(t.Context(), bytes.NewReader(data)); err == nil {
			c.packed()
		}
	})
}

// The parts of a document may have anything in them.
func FuzzParts(f *testing.F) {
	f.Add("<sld><sp><ph type='title'/><t>x</t></sp><pic><cNvPr/></pic></sld>", `<Relationships><Relationship TargetMode="External" Type="x/image" Target="y" Id="r"/></Relationships>`)
	f.Add("<d><tbl><tr><tc/><tc/></tr></tbl><fldChar fldCharType='begin'/><instrText>DDE x</instrText></d>", "")
	f.Add("<frame class='title'><image href='../a'/><title>x</title></frame><notes/><page/></page>", "<encryption-data/>")
	f.Fuzz(func(t *testing.T, part, relations string) {
		budget := int64(8 << 20)
		arc := opened(t, map[string]string{
			typesName: declared("p.xml", wordMain) + declared("s.xml", "openxmlformats-officedocument.presentationml.slide+xml"),
			"p.xml":   part, "s.xml": part, "_rels/p.xml.rels": relations, "_rels/.rels": relations,
			"content.xml": part, "styles.xml": part, "META-INF/manifest.xml": relations})
		for _, read := range []func() (*Facts, error){
			func() (*Facts, error) { return ReadOpenXML(t.Context(), arc, &budget) },
			func() (*Facts, error) { return ReadOpenDocument(t.Context(), arc, "odp", &budget) },
		} {
			if _, err := read(); err != nil {
				if _, ok := errors.AsType[*archive.Problem](err); !ok {
					t.Fatal(err)
				}
			}
		}
	})
}
