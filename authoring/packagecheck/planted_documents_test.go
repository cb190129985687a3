package packagecheck_test

import (
	"bytes"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	. "github.com/leadership-ladder/rung/authoring/packagecheck"
	"github.com/leadership-ladder/rung/authoring/packagecheck/doctest"
	"github.com/leadership-ladder/rung/authoring/packagecheck/ziptest"
)

const (
	relsHead    = `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	relType     = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
	relsOfMain  = relsHead + `<Relationship Id="r1" Type="` + relType + `officeDocument" Target="MAIN"/></Relationships>`
	typesHead   = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>`
	coreType    = `<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`
	coreParts   = `<?xml version="1.0"?><cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Hand hygiene</dc:title></cp:coreProperties>`
	wordSpaces  = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative"`
	wordPicture = `<w:p><w:r><w:drawing><wp:inline><wp:docPr id="1" name="Picture 1" descr="A bar of soap"/><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="0" name="soap.png"/></pic:nvPicPr><pic:blipFill><a:blip r:embed="rId5"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`
	wordTable   = `<w:tbl><w:tblPr><w:tblLook w:val="04A0" w:firstRow="1"/></w:tblPr><w:tr><w:tc/><w:tc/></w:tr><w:tr><w:tc/><w:tc/></w:tr><w:tr><w:tc/><w:tc/></w:tr></w:tbl>`
	slideSpaces = `xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	slideTitle  = `<p:sp><p:nvSpPr><p:cNvPr id="2" name="Title 1"/><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:rPr lang="en-GB"/><a:t>Wash your hands</a:t></a:r></a:p></p:txBody></p:sp>`
	slidePic    = `<p:pic><p:nvPicPr><p:cNvPr id="3" name="Picture 2" descr="A bar of soap"/></p:nvPicPr><p:blipFill><a:blip r:embed="rId2"/></p:blipFill></p:pic>`
	// What is shown in place of an object has no name of its own.
	slideObject = `<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="4" name="Object 3"/></p:nvGraphicFramePr><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/presentationml/2006/ole"><p:oleObj><p:embed/><p:pic><p:nvPicPr><p:cNvPr id="0" name=""/></p:nvPicPr></p:pic></p:oleObj></a:graphicData></a:graphic></p:graphicFrame>`
	slideTable  = `<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="5" name="Table 4"/></p:nvGraphicFramePr><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/table"><a:tbl><a:tblPr firstRow="1"/><a:tr><a:tc/><a:tc/></a:tr><a:tr><a:tc/><a:tc/></a:tr><a:tr><a:tc/><a:tc/></a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>`
	odfSpaces   = `xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"`
)

// goodDocuments are those with nothing wrong with them, by their names.
func goodDocuments() map[string]files {
	odf := func(kind, body string) files {
		return files{"mimetype": "application/vnd.oasis.opendocument." + kind,
			"META-INF/manifest.xml": `<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>`,
			"meta.xml":              `<?xml version="1.0"?><office:document-meta ` + odfSpaces + `><office:meta><dc:title>Hand hygiene</dc:title></office:meta></office:document-meta>`,
			"styles.xml":            `<?xml version="1.0"?><office:document-styles ` + odfSpaces + `><style:text-properties fo:language="en" fo:country="GB"/></office:document-styles>`,
			"Basic/script-lc.xml":   `<?xml version="1.0"?><libraries/>`,
			"content.xml":           `<?xml version="1.0"?><office:document-content ` + odfSpaces + `><office:body>` + body + `</office:body></office:document-content>`}
	}
	const odfPicture = `<draw:frame><draw:image xlink:href="Pictures/soap.png"/><svg:title>A bar of soap</svg:title></draw:frame><draw:frame loext:decorative="true"><draw:image xlink:href="Pictures/line.png"/></draw:frame>`
	return map[string]files{
		"hands.docx": {
			"[Content_Types].xml": typesHead + `<Default Extension="bin" ContentType="application/vnd.openxmlformats-officedocument.oleObject"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>` + coreType,
			"_rels/.rels":         strings.Replace(relsOfMain, "MAIN", "word/document.xml", 1),
			"docProps/core.xml":   coreParts,
			"word/styles.xml":     `<w:styles ` + wordSpaces + `><w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="en-GB"/></w:rPr></w:rPrDefault></w:docDefaults></w:styles>`,
			"word/_rels/document.xml.rels": relsHead + `<Relationship Id="rId5" Type="` + relType + `image" Target="media/soap.png"/><Relationship Id="rId6" Type="` + relType + `hyperlink" Target="https://www.example.org/hands" TargetMode="External"/>` +
				`<Relationship Id="rId7" Type="` + relType + `attachedTemplate" Target="file:///C:\Templates\Ours.dotx" TargetMode="External"/></Relationships>`,
			"word/media/soap.png": png,
			"word/document.xml":   `<?xml version="1.0"?><w:document ` + wordSpaces + `><w:body><w:p><w:r><w:t>Wash your hands.</w:t></w:r></w:p>` + wordPicture + wordTable + `<mc:AlternateContent><mc:Fallback><w:drawing><wp:inline><wp:docPr id="9" name="x"/><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"/></wp:inline></w:drawing></mc:Fallback></mc:AlternateContent></w:body></w:document>`,
		},
		"hands.pptx": {
			"[Content_Types].xml":       typesHead + `<Override PartName="/ppt/presentation.xml" ContentType="application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"/><Override PartName="/ppt/slides/slide1.xml" ContentType="application/vnd.openxmlformats-officedocument.presentationml.slide+xml"/><Override PartName="/ppt/slides/slide2.xml" ContentType="application/vnd.openxmlformats-officedocument.presentationml.slide+xml"/>` + coreType,
			"_rels/.rels":               strings.Replace(relsOfMain, "MAIN", "ppt/presentation.xml", 1),
			"docProps/core.xml":         coreParts,
			"ppt/presentation.xml":      `<p:presentation ` + slideSpaces + `/>`,
			"ppt/slides/slide1.xml":     `<p:sld ` + slideSpaces + `><p:cSld><p:spTree>` + slideTitle + slidePic + slideObject + slideTable + `</p:spTree></p:cSld></p:sld>`,
			"ppt/slides/slide2.xml":     `<p:sld show="0" ` + slideSpaces + `><p:cSld><p:spTree/></p:cSld></p:sld>`,
			"ppt/media/image1.png":      png,
			"ppt/embeddings/sheet.xlsx": "PK",
		},
		"hands.xlsx": {
			"[Content_Types].xml":      typesHead + `<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/drawings/drawing1.xml" ContentType="application/vnd.openxmlformats-officedocument.drawing+xml"/></Types>`,
			"_rels/.rels":              strings.Replace(relsOfMain, "MAIN", "xl/workbook.xml", 1),
			"xl/workbook.xml":          `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets/></workbook>`,
			"xl/drawings/drawing1.xml": `<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"><xdr:twoCellAnchor><xdr:pic><xdr:nvPicPr><xdr:cNvPr id="2" name="Picture 1" descr="A bar of soap"/></xdr:nvPicPr></xdr:pic></xdr:twoCellAnchor></xdr:wsDr>`,
		},
		"hands.odt": odf("text", `<office:text><text:p>Wash your hands. <text:a xlink:href="https://www.example.org/hands">More</text:a>`+odfPicture+`</text:p></office:text>`),
		"hands.odp": odf("presentation", `<office:presentation><draw:page><draw:frame presentation:class="title"><draw:text-box><text:p>Wash your hands</text:p></draw:text-box></draw:frame>`+odfPicture+`<presentation:notes><draw:frame><draw:image/></draw:frame></presentation:notes></draw:page></office:presentation>`),
	}
}

// oldDocuments are compound files, with the rule that finds something in each.
func oldDocuments() map[string]struct{ data, want string } {
	const fib = "\xec\xa5\xc1\x00\x00\x00\x00\x00\x00\x00\x00\x02"
	user := func(token string) string { return "\x00\x00\xf6\x0f\x14\x00\x00\x00\x14\x00\x00\x00" + token }
	of := func(streams map[string]string) string { return string(doctest.Compound(streams)) }
	return map[string]struct{ data, want string }{
		"a.doc": {of(map[string]string{"WordDocument": fib}), "office-old-format"},
		"b.doc": {of(map[string]string{"WordDocument": fib[:11] + "\x03"}), "office-old-format office-password"},
		"c.doc": {of(map[string]string{"WordDocument": fib, "Macros/VBA/dir": "x"}), "office-macros office-old-format"},
		"d.ppt": {of(map[string]string{"PowerPoint Document": "x", "Current User": user("\x5f\xc0\x91\xe3")}), "office-old-format"},
		"e.ppt": {of(map[string]string{"PowerPoint Document": "x", "Current User": user("\xdf\xc4\xd1\xf3")}), "office-old-format office-password"},
		"f.xls": {of(map[string]string{"Workbook": "\x09\x08\x04\x00\x00\x06\x05\x00\x0a\x00\x00\x00"}), "office-old-format"},
		"g.xls": {of(map[string]string{"Workbook": "\x09\x08\x04\x00\x00\x06\x05\x00\x2f\x00\x02\x00\x01\x00"}), "office-old-format office-password"},
		"h.xls": {of(map[string]string{"Workbook": "\x09\x08\x04\x00\x00\x06\x05\x00", "_VBA_PROJECT_CUR/VBA/dir": "x"}), "office-macros office-old-format"},
		// A document of the current format that a password protects.
		"i.docx": {of(map[string]string{"EncryptedPackage": "x", "EncryptionInfo": "\x04\x00\x04\x00"}), "office-password"},
	}
}

// documentFault is one thing that can be wrong with a document.
type documentFault struct {
	name, in string
	plant    func(files)
	want     string
}

func officeFaults() []documentFault {
	rel := func(kind, target string) func(files) {
		return edit("word/_rels/document.xml.rels", "</Relationships>", `<Relationship Id="rId9" Type="`+relType+kind+`" Target="`+target+`" TargetMode="External"/></Relationships>`)
	}
	native := func(name string) string {
		return string(doctest.Compound(map[string]string{"\x01Ole10Native": "\x20\x00\x00\x00\x02\x00" + name + "\x00C:\\" + name + "\x00"}))
	}
	const doc, slide = "word/document.xml", "ppt/slides/slide1.xml"
	return []documentFault{
		{"no main part", "hands.docx", remove(doc), "office-no-main-part"},
		{"no main part", "hands.pptx", remove("ppt/presentation.xml"), "office-no-main-part"},
		{"broken main part", "hands.docx", edit(doc, "</w:body>", ""), "office-not-well-formed"},
		{"broken main part", "hands.odt", edit("content.xml", "</office:text>", ""), "office-not-well-formed"},
		{"no main part", "hands.odt", remove("content.xml"), "office-no-main-part"},
		{"macros", "hands.docx", add("word/vbaProject.bin", "x"), "office-macros"},
		{"macros by another name", "hands.pptx", all(edit("[Content_Types].xml", "</Types>", `<Override PartName="/ppt/data.dat" ContentType="application/vnd.ms-office.vbaProject"/></Types>`), add("ppt/data.dat", "x")), "office-macros"},
		{"macro sheet", "hands.xlsx", all(edit("[Content_Types].xml", "</Types>", `<Override PartName="/xl/macrosheets/sheet1.xml" ContentType="application/vnd.ms-excel.macrosheet+xml"/></Types>`), add("xl/macrosheets/sheet1.xml", "<x/>")), "office-macros"},
		{"macros", "hands.odt", add("Basic/Standard/Module1.xml", "<x/>"), "office-macros"},
		{"scripts", "hands.odp", add("Scripts/python/a.py", "x = 1"), "office-macros"},
		{"ActiveX", "hands.docx", all(edit("[Content_Types].xml", "</Types>", `<Override PartName="/word/activeX/activeX1.xml" ContentType="application/vnd.ms-office.activeX+xml"/><Override PartName="/word/activeX/activeX1.bin" ContentType="application/vnd.ms-office.activeX"/></Types>`), add("word/activeX/activeX1.xml", "<x/>"), add("word/activeX/activeX1.bin", "x")), "office-activex"},
		{"DDE", "hands.docx", edit(doc, "<w:tbl>", `<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText> DDEAU</w:instrText><w:instrText>TO c:\\windows\\cmd.exe "/k calc"</w:instrText><w:fldChar w:fldCharType="separate"/></w:r></w:p><w:tbl>`), "office-dde"},
		{"DDE in short", "hands.docx", edit(doc, "<w:tbl>", `<w:p><w:fldSimple w:instr="DDE excel sheet"/></w:p><w:tbl>`), "office-dde"},
		{"template elsewhere", "hands.docx", rel("attachedTemplate", "https://www.example.org/evil.dotm"), "office-template-outside"},
		{"template on a server", "hands.docx", rel("attachedTemplate", `file://///server/share/evil.dotm`), "office-template-outside"},
		{"linked object", "hands.docx", rel("oleObject", `file:///C:\figures.xlsx`), "office-linked-content"},
		{"linked picture", "hands.docx", all(rel("image", `file:///C:\soap.png`), edit(doc, `r:embed="rId5"`, `r:link="rId9"`)), "office-linked-content"},
		{"linked picture", "hands.odt", edit("content.xml", "Pictures/soap.png", "../soap.png"), "office-linked-content"},
		{"linked film", "hands.docx", rel("video", "film.mp4"), "office-linked-content"},
		{"own file", "hands.docx", rel("hyperlink", `file:///C:\Users\somebody\notes.docx`), "document-local-link"},
		{"insecure link", "hands.docx", edit("word/_rels/document.xml.rels", "https://", "http://"), "outside-insecure-link"},
		{"insecure link", "hands.odt", edit("content.xml", "https://", "http://"), "outside-insecure-link"},
		{"program within", "hands.docx", add("word/embeddings/oleObject1.bin", native("setup.exe")), "office-program"},
		{"file within", "hands.docx", add("word/embeddings/oleObject1.bin", native("notes.txt")), "office-embedded-file"},
		{"no alternative", "hands.docx", edit(doc, ` descr="A bar of soap"`, ""), "office-image-alt"},
		{"no alternative", "hands.pptx", edit(slide, ` descr="A bar of soap"`, ` descr=" "`), "office-image-alt"},
		{"no alternative", "hands.xlsx", edit("xl/drawings/drawing1.xml", ` descr="A bar of soap"`, ""), "office-image-alt"},
		{"no alternative", "hands.odt", edit("content.xml", "<svg:title>A bar of soap</svg:title>", ""), "office-image-alt"},
		{"no slide title", "hands.pptx", edit(slide, ">Wash your hands<", "> <"), "office-slide-title"},
		{"another field", "hands.pptx", edit(slide, `type="title"`, `type="body"`), "office-slide-title"},
		{"no slide title", "hands.odp", edit("content.xml", `presentation:class="title"`, `presentation:class="outline"`), "office-slide-title"},
		{"no headings", "hands.docx", edit(doc, `w:val="04A0" w:firstRow="1"`, `w:val="0480" w:firstRow="0"`), "office-table-header"},
		{"no headings", "hands.pptx", edit(slide, ` firstRow="1"`, ""), "office-table-header"},
		{"no title", "hands.docx", edit("docProps/core.xml", "Hand hygiene", ""), "office-title-missing"},
		{"no title", "hands.odt", edit("meta.xml", "Hand hygiene", ""), "office-title-missing"},
		{"no language", "hands.docx", edit("word/styles.xml", ` w:val="en-GB"`, ""), "office-lang-missing"},
		{"no language", "hands.pptx", edit(slide, ` lang="en-GB"`, ""), "office-lang-missing"},
		{"no language", "hands.odp", edit("styles.xml", ` fo:language="en"`, ` fo:language="none"`), "office-lang-missing"},
		{"encrypted", "hands.odt", edit("META-INF/manifest.xml", `media-type="text/xml"/>`, `media-type="text/xml"><manifest:encryption-data/></manifest:file-entry>`), "office-password"},
	}
}

// pdfFaults are documents with one thing wrong with each.
func pdfFaults() map[string]struct {
	data []byte
	want string
} {
	good := doctest.SoundPDF()
	root := func(entries string) doctest.PDF { return good.Change("/Type/Catalog", "/Type/Catalog"+entries) }
	link := func(action string) doctest.PDF {
		return good.Change("/Contents 4 0 R", "/Annots[<</Type/Annot/Subtype/Link/A"+action+">>]/Contents 4 0 R")
	}
	scan := good.Change("/Font<</F1 5 0 R>>", "/XObject<</I 5 0 R>>").Change("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", doctest.Stream("/Type/XObject/Subtype/Image/Width 1240/Height 1754", "x")).
		Change("/MarkInfo<</Marked true>>/StructTreeRoot 6 0 R", "").Change("BT /F1 12 Tf 72 720 Td (Wash your hands.) Tj ET", "/I Do").Change("/S/P/P", "/P")
	cut := good.Bytes()
	type c = struct {
		data []byte
		want string
	}
	return map[string]c{
		"cut off":              {cut[:len(cut)/2], "pdf-truncated"},
		"no pages":             {good.Change("/Pages 2 0 R", "").Bytes(), "pdf-damaged"},
		"encrypted":            {doctest.PDF{Objects: good.Objects, Trailer: good.Trailer + "/Encrypt 99 0 R"}.Bytes(), "pdf-encrypted"},
		"encrypted, packed":    {doctest.PDF{Objects: good.Objects, Trailer: good.Trailer + "/Encrypt<</Filter/Adobe.PubSec>>", Packed: true}.Bytes(), "pdf-encrypted"},
		"script at opening":    {root("/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>").Bytes(), "pdf-javascript"},
		"script in names":      {root("/Names<</JavaScript<</Names[(a) 9 0 R]>>>>").With("<</S/JavaScript/JS(x)>>").Bytes(), "pdf-javascript"},
		"script of a page":     {good.Change("/Contents 4 0 R", "/AA<</O<</S/JavaScript/JS 4 0 R>>>>/Contents 4 0 R").Bytes(), "pdf-javascript"},
		"launch":               {link("<</S/Launch/F(calc.exe)>>").Bytes(), "pdf-launch"},
		"attachment":           {root("/Names<</EmbeddedFiles<</Names[(a) 9 0 R]>>>>").With("<</Type/Filespec/F(notes.txt)/EF<</F 4 0 R>>>>").Bytes(), "pdf-attachments"},
		"program":              {root("/Names<</EmbeddedFiles<</Names[(a) 9 0 R]>>>>").With("<</Type/Filespec/UF<FEFF006E002E006500780065>/EF<</F 4 0 R>>>>").Bytes(), "pdf-program"},
		"old form":             {root("/AcroForm<</XFA 4 0 R/Fields[]>>").Bytes(), "pdf-xfa"},
		"old form alone":       {root("/AcroForm<</XFA 4 0 R/Fields[]>>/NeedsRendering true").Bytes(), "pdf-xfa-only"},
		"insecure link":        {link("<</S/URI/URI(http://www.example.org/hands)>>").Bytes(), "outside-insecure-link"},
		"own file":             {link("<</S/URI/URI(file:///C:/Users/somebody/notes.pdf)>>").Bytes(), "document-local-link"},
		"no language":          {good.Change("/Lang(en-GB)", "").Bytes(), "pdf-lang-missing"},
		"empty language":       {good.Change("/Lang(en-GB)", "/Lang()").Bytes(), "pdf-lang-missing"},
		"no title":             {good.Change("/Title(Hand hygiene)", "").Bytes(), "pdf-title-missing"},
		"title not shown":      {good.Change("/DisplayDocTitle true", "/DisplayDocTitle false").Bytes(), "pdf-title-hidden"},
		"not tagged":           {good.Change("/Marked true", "/Marked false").Bytes(), "pdf-untagged"},
		"no tree":              {good.Change("/StructTreeRoot 6 0 R", "").Bytes(), "pdf-untagged"},
		"scanned":              {scan.Bytes(), "pdf-scanned"},
		"no alternative":       {good.With("<</Type/StructElem/S/Figure/P 6 0 R>>").Bytes(), "pdf-figure-alt"},
		"packed, script":       {doctest.PDF{Objects: root("/OpenAction<</S/JavaScript/JS(x)>>").Objects, Trailer: good.Trailer, Packed: true}.Bytes(), "pdf-javascript"},
		"damaged tables":       {doctest.PDF{Objects: good.Objects, Trailer: good.Trailer, Offset: 7}.Bytes(), ""},
		"damaged tables, pack": {doctest.PDF{Objects: good.Objects, Trailer: good.Trailer, Offset: 7, Packed: true}.Bytes(), ""},
		"before the header":    {append([]byte("HTTP/1.1 200 OK\r\n\r\n"), good.Bytes()...), ""},
		"sound":                {good.Bytes(), ""},
		"sound, packed":        {doctest.PDF{Objects: good.Objects, Trailer: good.Trailer, Packed: true}.Bytes(), ""},
		"title of metadata":    {good.Change("/Title(Hand hygiene)", "").Change("/Type/Catalog", "/Type/Catalog/Metadata 9 0 R").With(doctest.Stream("/Type/Metadata/Subtype/XML", `<rdf:RDF><dc:title><rdf:Alt><rdf:li xml:lang="x-default">Hand hygiene</rdf:li></rdf:Alt></dc:title></rdf:RDF>`)).Bytes(), ""},
		"described figure":     {good.With("<</Type/StructElem/S/Figure/P 6 0 R/Alt(A bar of soap)>>").Bytes(), ""},
		"rights":               {root("/Perms<</UR3<</Reference[<</TransformParams<</EF[/Create/Delete]>>>>]>>>>").Bytes(), ""},
		"no script":            {root("/OpenAction<</S/JavaScript/JS()>>").Bytes(), ""},
		"newer language":       {append(good.Change("/Lang(en-GB)", "").Bytes(), update(good)...), ""},
	}
}

// lockedDocuments are PDF documents that another program encrypted (see
// pdf/testdata), with the rules that find something in each.
func lockedDocuments() map[string]string {
	return map[string]string{
		"aes-256-r6-pw.pdf":      "pdf-password",
		"rc4-40-pw.pdf":          "pdf-password",
		"rc4-128-nocopy.pdf":     "pdf-javascript pdf-restricted pdf-title-hidden",
		"aes-128-noprint.pdf":    "pdf-javascript pdf-restricted pdf-title-hidden",
		"aes-256-r6.pdf":         "pdf-javascript pdf-title-hidden",
		"aes-128-noprint-pw.pdf": "pdf-password",
	}
}

// update is what a program adds to the end of a document without a language to
// give it one.
func update(good doctest.PDF) []byte {
	before := len(good.Change("/Lang(en-GB)", "").Bytes())
	old := bytes.LastIndex(good.Change("/Lang(en-GB)", "").Bytes(), []byte("\nxref\n")) + 1
	object := "1 0 obj\n" + good.Objects[0] + "\nendobj\n"
	var b bytes.Buffer
	b.WriteString(object)
	b.WriteString("xref\n1 1\n" + padded(before) + " 00000 n \ntrailer\n<</Size 9" + good.Trailer + "/Prev " + padded(old) + ">>\nstartxref\n" + padded(before+len(object)) + "\n%%EOF\n")
	return b.Bytes()
}

func padded(n int) string {
	digits := []byte("0000000000")
	for i := len(digits) - 1; n > 0; i, n = i-1, n/10 {
		digits[i] += byte(n % 10)
	}
	return string(digits)
}

// within gives the rule that finds in a package what another finds in an upload.
func within(id string) string {
	if rule, ok := RuleNamed(id); ok && rule.Severity == Error {
		return "document-damaged"
	}
	return id
}

// judgeDocument expects of a document that these rules and no others find
// something, whether it is the upload or lies in a package.
func judgeDocument(t *testing.T, name string, data []byte, want string) {
	t.Helper()
	verdict := func(ids []string) Verdict {
		v := OK
		for _, id := range ids {
			switch rule, known := RuleNamed(id); {
			case !known:
				t.Errorf("there is no rule %s", id)
			case !slices.Contains(decides, rule.Area):
			case rule.Severity == Error:
				v = Fail
			case rule.Severity == Warning && v == OK:
				v = Warn
			}
		}
		return v
	}
	judge := func(how string, r *Report, want []string) {
		got := slices.DeleteFunc(rulesFound(r), func(id string) bool { return strings.HasPrefix(id, "host-") })
		if !slices.Equal(got, want) || r.Verdict != verdict(want) {
			t.Errorf("%s: found %q with the verdict %s, expected %q", how, got, r.Verdict, want)
		}
	}
	uploaded := strings.Fields(want)
	judge("uploaded", checked(t, data), uploaded)
	var inside []string
	for _, id := range uploaded {
		inside = append(inside, within(id))
	}
	for _, method := range []uint16{0, ziptest.Deflate} {
		z := ziptest.Of(goodContent(Site)).With(ziptest.File{Name: "docs/" + name, Data: data, Method: method})
		judge("in a package", checked(t, z.Bytes()), inside)
	}
}

func TestEachFaultOfADocumentIsFoundAlone(t *testing.T) {
	good := goodDocuments()
	for name, f := range good {
		t.Run(name, func(t *testing.T) { judgeDocument(t, name, ziptest.Of(f).Bytes(), "") })
	}
	for _, c := range officeFaults() {
		t.Run(c.in+"/"+c.name, func(t *testing.T) {
			f := maps.Clone(good[c.in])
			c.plant(f)
			judgeDocument(t, c.in, ziptest.Of(f).Bytes(), c.want)
		})
	}
	for name, c := range oldDocuments() {
		t.Run(name, func(t *testing.T) { judgeDocument(t, name, []byte(c.data), c.want) })
	}
	for name, c := range pdfFaults() {
		t.Run("pdf/"+name, func(t *testing.T) { judgeDocument(t, "hands.pdf", c.data, c.want) })
	}
	for name, want := range lockedDocuments() {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile("pdf/testdata/" + name)
			if err != nil {
				t.Fatal(err)
			}
			judgeDocument(t, name, data, want)
		})
	}
}

// Advice on the documents of a package is one finding; what a reviewer must be
// told of each is one for each.
func TestDocumentsOfAPackageAreToldOfTogether(t *testing.T) {
	f := goodContent(Site)
	for _, name := range []string{"a", "b", "c"} {
		f["docs/"+name+".pdf"] = string(doctest.SoundPDF().Change("/Lang(en-GB)", "/OpenAction<</S/JavaScript/JS(x)>>").Bytes())
	}
	r := checked(t, ziptest.Of(f).Bytes())
	var advice []string
	scripts := 0
	for _, f := range r.Findings {
		switch f.ID {
		case "pdf-lang-missing":
			advice = append(advice, f.Path+": "+f.Message)
		case "pdf-javascript":
			scripts++
		}
	}
	if want := "docs/a.pdf: The document doesn’t say its language. 2 more documents of the package have the same."; len(advice) != 1 || advice[0] != want || scripts != 3 {
		t.Errorf("%q, and %d documents with scripts", advice, scripts)
	}
}

// What can't be a document of its name is told, and what Office opens under the
// name of an old format isn't.
func TestFilesThatAreNoDocuments(t *testing.T) {
	for name, c := range map[string]struct{ data, want string }{
		"a.pdf":    {"<!DOCTYPE html><title>404</title>", "document-damaged"},
		"b.docx":   {"<html><body>404</body></html>", "document-damaged"},
		"c.pptx":   {"", "document-damaged"},
		"d.docx":   {"PK\x03\x04cut", "document-damaged"},
		"e.odt":    {"text", "document-damaged"},
		"f.doc":    {"{\\rtf1 Wash your hands.}", ""},
		"g.xls":    {"<html><table></table></html>", ""},
		"h.doc":    {string(doctest.Compound(map[string]string{"__properties_version1.0": "x"})), "document-damaged"},
		"i.doc":    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1cut", "document-damaged"},
		"~$j.docx": {"\x04Jane", "junk-files"},
		"k.docx":   {"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n", "file-lfs-pointer"},
	} {
		r := checked(t, ziptest.Of(with(goodContent(Site), files{"docs/" + name: c.data})).Bytes())
		got := slices.DeleteFunc(rulesFound(r), func(id string) bool { return strings.HasPrefix(id, "host-") })
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: found %q, expected %q", name, got, c.want)
		}
	}
	for data, want := range map[string]string{
		string(doctest.Compound(map[string]string{"__properties_version1.0": "x"})): "zip-not-a-zip",
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1cut":                                       "office-damaged",
	} {
		if got := rulesFound(checked(t, []byte(data))); !slices.Contains(got, want) {
			t.Errorf("found %q, expected %s", got, want)
		}
	}
}

// What an upload says of itself is among the report's facts.
func TestFactsOfDocuments(t *testing.T) {
	docx := goodDocuments()["hands.docx"]
	for name, data := range map[string][]byte{"pdf": doctest.SoundPDF().Bytes(), "docx": ziptest.Of(docx).Bytes(), "odt": ziptest.Of(goodDocuments()["hands.odt"]).Bytes()} {
		r := checked(t, data)
		if r.Facts.Title != "Hand hygiene" || !slices.Equal(r.Facts.Languages, []string{"en-GB"}) || len(r.Facts.Units) != 1 {
			t.Errorf("%s: %+v", name, r.Facts)
		}
	}
	if r := checked(t, ziptest.Of(docx).Bytes()); !slices.Equal(r.Facts.OutsideHosts, []string{"www.example.org"}) || r.Edition != "docx" {
		t.Errorf("edition %s, hosts %v", r.Edition, r.Facts.OutsideHosts)
	}
}
