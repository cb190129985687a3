package files

import (
	"bytes"
	"encoding/hex"
	"encoding/xml"
	"io"

	"github.com/gabriel-vasile/mimetype"

	"github.com/leadership-ladder/rung/internal/fault"
)

// Type is what a file is, told from its content and never from its name.
type Type struct {
	Media     string // "application/zip"
	Extension string // ".zip": for the name of a download
	Word      string // for people: "zip package"
}

// The types that are taken.
var (
	Zip  = Type{"application/zip", ".zip", "zip package"}
	PDF  = Type{"application/pdf", ".pdf", "PDF"}
	CMI5 = Type{"text/xml", ".xml", "cmi5 course structure"}
)

const ooxml = "application/vnd.openxmlformats-officedocument."

// office are the documents that are taken. Those whose extension has three
// letters are the compound files of Office 97 to 2003.
var office = []Type{
	{ooxml + "wordprocessingml.document", ".docx", "Word document"},
	{ooxml + "presentationml.presentation", ".pptx", "PowerPoint presentation"},
	{ooxml + "spreadsheetml.sheet", ".xlsx", "Excel workbook"},
	{"application/msword", ".doc", "Word document"},
	{"application/vnd.ms-powerpoint", ".ppt", "PowerPoint presentation"},
	{"application/vnd.ms-excel", ".xls", "Excel workbook"},
}

// legacy is a compound file whose kind lies beyond the head: an old Office
// document, in all likelihood.
var legacy = Type{"application/x-ole-storage", "", "Office document"}

// How a zip begins: with a file in it, with nothing in it, or as one of several parts.
var (
	zipFile  = []byte("PK\x03\x04")
	zipEmpty = []byte("PK\x05\x06")
	zipParts = []byte("PK\x07\x08")
)

// Sniff tells from the first 4 KB of a file whether it is of a type that is
// taken: a zip, a PDF, an Office document, or the bare XML of a cmi5 course.
// Whether a zip is a good package is for the package check to say.
func Sniff(head []byte) (Type, error) {
	switch {
	case len(head) == 0:
		return Type{}, unsupported("file_empty", "The file is empty.")
	case bytes.HasPrefix(head, zipEmpty):
		return Type{}, unsupported("zip_empty", "The zip file has nothing in it. Export the package again.")
	case bytes.HasPrefix(head, zipParts):
		return Type{}, unsupported("zip_in_parts", "This is one part of a zip file that was split. Upload the whole package as one zip file.")
	}
	m := mimetype.Detect(head)
	for _, t := range office {
		if m.Is(t.Media) {
			return t, nil
		}
	}
	switch {
	case bytes.HasPrefix(head, zipFile):
		return Zip, nil // of whatever kind: a .jar or .epub fails the package check
	case m.Is(PDF.Media):
		return PDF, nil
	case m.Is(legacy.Media):
		return legacy, nil
	case isText(m):
		// Kinds of text are guesses; the first element is none.
		root, ok := rootElement(head)
		if ok && root == "courseStructure" {
			return CMI5, nil
		}
		if ok && m.Is(CMI5.Media) {
			return Type{}, unsupported("xml_not_cmi5", "This XML file is not a cmi5 course structure. Upload the whole package as a zip file.")
		}
	}
	return Type{}, unsupported("type_not_taken",
		"Upload a zip package, a PDF, a Word, PowerPoint or Excel document, or the XML file of a cmi5 course. The content of this file is none of these, whatever its name says.")
}

// Signatures are, in hexadecimal, how the files that Sniff takes begin, but for a
// byte order mark and white space, and what such a file may hold instead within
// its first 1,024 bytes: a page can ask before it sends a file for nothing. What
// passes is still Sniff's to take; every zip does, since Sniff knows more to say
// of those that it refuses.
func Signatures() (begins, holds []string) {
	compound := []byte{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1}
	for _, b := range [][]byte{[]byte("PK"), compound, []byte("<")} {
		begins = append(begins, hex.EncodeToString(b))
	}
	return begins, []string{hex.EncodeToString([]byte("%PDF-"))}
}

func isText(m *mimetype.MIME) bool {
	for ; m != nil; m = m.Parent() {
		if m.Is("text/plain") {
			return true
		}
	}
	return false
}

func unsupported(code, text string) error {
	return fault.New(fault.Unsupported, "The file was not taken.", fault.Reason{Code: code, Field: "file", Text: text})
}

// rootElement gives the local name of the first element in the head of an XML
// file; false if none begins there, or what comes before it is not XML.
func rootElement(head []byte) (string, bool) {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(head, []byte("\ufeff"))))
	// The names that we look for are ASCII in every charset but UTF-16.
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		t, err := d.Token()
		if err != nil {
			return "", false
		}
		switch t := t.(type) {
		case xml.StartElement:
			return t.Name.Local, true
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return "", false // words before the root: not XML, though the decoder lets it pass
			}
		}
	}
}
