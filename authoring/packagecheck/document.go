package packagecheck

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

var (
	pdfTruncated = define(Rule{ID: "pdf-truncated", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "The PDF document is cut off",
		Why:    "Its end is missing, so readers may not open it. Mostly a download or a copy ended early.",
		Fix:    "Save or download the document again, and compare the sizes before you upload it.",
		Source: "ISO 32000-1, 7.5.5 (file trailer)"})
	pdfEncrypted = define(Rule{ID: "pdf-encrypted", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "The PDF document is encrypted",
		Why:    "It may ask for a password, or forbid copying and reading aloud.",
		Fix:    "Save the document without a password and without restrictions.",
		Source: "ISO 32000-1, 7.6 (encryption)"})
	officeNoMain = define(Rule{ID: "office-no-main-part", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "The Office document has no text, slides or sheets in it",
		Why:    "The part that the document consists of is missing, so it can’t be opened.",
		Fix:    "Save the document again from the program that it was written with.",
		Source: "ECMA-376, Part 2, Open Packaging Conventions (content types)"})
	officeBroken = define(Rule{ID: "office-not-well-formed", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "The main part of the Office document is damaged",
		Why:    "Office programs can’t open it, or offer to repair it.",
		Fix:    "Save the document again from the program that it was written with.",
		Source: "ECMA-376, Part 1; XML 1.0"})
	officeMacros = define(Rule{ID: "office-macros", Area: Outside, Severity: Warning, Criterion: "no_forbidden_content",
		Title:  "The Office document has macros",
		Why:    "Macros are programs; most organisations block documents that have them.",
		Fix:    "Save the document as an ordinary one, without macros.",
		Source: "MS-OVBA (vbaProject.bin)"})
	officeOld = define(Rule{ID: "office-old-format", Area: Manifest, Severity: Advice,
		Title:  "The document is in the old Office format",
		Why:    "Current programs still open it, but it is less accessible and can hide macros.",
		Fix:    "Save it in the current format (.docx, .pptx, .xlsx) or as PDF.",
		Source: "MS-CFB (compound file)"})
)

// documented notes a supporting file, which is launched by being opened.
func (c *checker) documented(kind Kind, edition string) {
	c.report.Kind, c.report.Edition = kind, edition
	c.units = append(c.units, &unit{Unit: Unit{Type: "document"}})
}

// pdf judges a PDF document by its first bytes and by its end. Trailers lie
// there, in plain text unless the document is one of compressed objects.
func (c *checker) pdf(head []byte) error {
	edition := string(head[len("%PDF-"):min(len(head), len("%PDF-")+3)])
	if strings.Trim(edition, ".0123456789") != "" {
		edition = ""
	}
	c.documented(PDF, edition)
	tail := make([]byte, min(c.size, 2048))
	if _, err := io.ReadFull(io.NewSectionReader(c.source, c.size-int64(len(tail)), int64(len(tail))), tail); err != nil {
		return err
	}
	end := bytes.LastIndex(tail, []byte("%%EOF"))
	if end < 0 {
		c.add(pdfTruncated, place{}, "The document doesn’t end with %%%%EOF.")
		return nil
	}
	if i := bytes.LastIndex(tail[:end], []byte("trailer")); i >= 0 && bytes.Contains(tail[i:end], []byte("/Encrypt")) {
		c.add(pdfEncrypted, place{}, "The document’s trailer says that it is encrypted.")
	}
	return nil
}

// oldOffice takes a compound file for a document of Office 97 to 2003.
func (c *checker) oldOffice() {
	c.documented(Office, "old Office format")
	c.add(officeOld, place{}, "The document is in the format of Office 97 to 2003.")
}

// officeMain are the content types of main parts.
var officeMain = map[string]string{
	"wordprocessingml.document.main+xml":         "docx",
	"wordprocessingml.template.main+xml":         "dotx",
	"ms-word.document.macroenabled.main+xml":     "docm",
	"presentationml.presentation.main+xml":       "pptx",
	"presentationml.slideshow.main+xml":          "ppsx",
	"presentationml.template.main+xml":           "potx",
	"powerpoint.presentation.macroenabled.main":  "pptm",
	"spreadsheetml.sheet.main+xml":               "xlsx",
	"spreadsheetml.template.main+xml":            "xltx",
	"ms-excel.sheet.macroenabled.main+xml":       "xlsm",
	"powerpoint.slideshow.macroenabled.main+xml": "ppsm",
}

// office judges a document of the current Office formats by its content types.
func (c *checker) office(types *archive.Entry) error {
	c.documented(Office, "")
	doc, err := c.parse(types)
	if err != nil || doc == nil {
		return err
	}
	for _, e := range c.arc.Entries {
		if strings.HasSuffix(strings.ToLower(e.Path), "vbaproject.bin") {
			c.add(officeMacros, in(e.Path), "The document has macros in it.")
		}
	}
	var main *markup.Element
	for _, o := range doc.Root.All("Override") {
		kind, _ := o.Attr("ContentType")
		if i := strings.Index(strings.ToLower(kind), "vnd."); i >= 0 && main == nil {
			for suffix, edition := range officeMain {
				if strings.HasSuffix(strings.TrimSuffix(strings.ToLower(kind), "+xml"), strings.TrimSuffix(suffix, "+xml")) {
					main, c.report.Edition = o, edition
				}
			}
		}
	}
	if main == nil {
		c.add(officeNoMain, in(types.Path), "No part of the document is declared as its main one.")
		return nil
	}
	name, _ := main.Attr("PartName")
	e, _ := c.entry(strings.TrimPrefix(name, "/"))
	if e == nil {
		c.add(officeNoMain, place{types.Path, main.Pos}, "The main part “%s” is not in the document.", short(name))
		return nil
	}
	return c.wellFormed(e)
}

// wellFormed reads an XML part of any size to its end, keeping nothing.
func (c *checker) wellFormed(e *archive.Entry) error {
	r, err := e.Reader(c.ctx)
	if err != nil {
		return c.broken(err)
	}
	defer r.Close()
	const limit = 64 << 20
	if e.Size > limit {
		return nil
	}
	d := xml.NewDecoder(r)
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // tags are ASCII in all that occur
	for {
		_, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if s, ok := errors.AsType[*xml.SyntaxError](err); ok {
			c.add(officeBroken, place{e.Path, markup.Pos{Line: s.Line}}, "The main part is not well-formed XML: %s.", short(s.Msg))
			return nil
		}
		if _, damaged := errors.AsType[*archive.Problem](err); damaged || c.ctx.Err() != nil {
			return c.broken(err)
		}
		if err != nil { // an odd encoding: nothing can be said
			return nil
		}
	}
}
