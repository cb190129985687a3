package packagecheck

import (
	"errors"
	"io"
	"slices"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
	"github.com/leadership-ladder/rung/authoring/packagecheck/office"
)

var (
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
	officeDamaged = define(Rule{ID: "office-damaged", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "The Office document is damaged",
		Why:    "The list of what is in the file can’t be read, so that it can’t be opened. Mostly a download or a copy ended early.",
		Fix:    "Save or download the document again, and compare the sizes before you upload it.",
		Source: "MS-CFB (compound file)"})
	officePassword = define(Rule{ID: "office-password", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "The Office document is protected by a password",
		Why:    "Neither reviewers nor learners can open it without, and nothing in it could be checked.",
		Fix:    "Save the document without a password.",
		Source: "MS-OFFCRYPTO (document encryption); OpenDocument 1.2, Part 3 (encryption)"})
	officeMacros = define(Rule{ID: "office-macros", Area: Outside, Severity: Warning, Criterion: "no_forbidden_content",
		Title:  "The Office document has macros",
		Why:    "Macros are programs; most organisations block documents that have them.",
		Fix:    "Save the document as an ordinary one, without macros.",
		Source: "MS-OVBA (vbaProject.bin)"})
	officeControls = define(Rule{ID: "office-activex", Area: Outside, Severity: Warning, Criterion: "no_forbidden_content",
		Title:  "The Office document has ActiveX controls",
		Why:    "They are programs that Windows alone runs; most organisations block them, and elsewhere there is a gap.",
		Fix:    "Take the controls out, or make a form of the program’s own fields.",
		Source: "ECMA-376, Part 1 (embedded controls)"})
	officeFields = define(Rule{ID: "office-dde", Area: Outside, Severity: Warning, Criterion: "no_forbidden_content",
		Title:  "A field of the Office document starts another program",
		Why:    "Fields of this kind (DDE) have been used for attacks, so that Office asks before it opens the document, or refuses.",
		Fix:    "Replace the field with what it shows.",
		Source: "ECMA-376, Part 1 (fields DDE and DDEAUTO)"})
	officeProgram = define(Rule{ID: "office-program", Area: Outside, Severity: Warning, Criterion: "no_forbidden_content",
		Title:  "A program is packed in the Office document",
		Why:    "Virus scanners stop such documents, and nothing in a module needs a program.",
		Fix:    "Take the object out of the document.",
		Source: "ECMA-376, Part 1 (embedded objects)"})
	officeEmbedded = define(Rule{ID: "office-embedded-file", Area: Outside, Severity: Advice,
		Title:  "A file of another kind is packed in the Office document",
		Why:    "Office on phones and in browsers doesn’t open it, and what is in it isn’t checked here.",
		Fix:    "Upload the file by itself, and link to it.",
		Source: "ECMA-376, Part 1 (embedded objects)"})
	officeTemplate = define(Rule{ID: "office-template-outside", Area: Outside, Severity: Warning, Criterion: "outside_links_safe",
		Title:  "The Office document fetches its template from elsewhere",
		Why:    "Word loads it whenever the document is opened. Attacks have been brought in so, and the place learns who reads it.",
		Fix:    "Attach the ordinary template (Normal), and save the document again.",
		Source: "ECMA-376, Part 1 (attached template)"})
	officeTaken = define(Rule{ID: "office-linked-content", Area: Outside, Severity: Warning, Criterion: "outside_links_safe",
		Title:  "The Office document shows something that isn’t in it",
		Why:    "Pictures, films and tables that are only linked are missing on other computers, or show something else one day.",
		Fix:    "Put the picture, film or table into the document: break the link, or insert it anew.",
		Source: "ECMA-376, Part 2 (external relationships)"})
	officeOld = define(Rule{ID: "office-old-format", Area: Manifest, Severity: Advice,
		Title:  "The document is in the old Office format",
		Why:    "Current programs still open it, but it is less accessible and can hide macros.",
		Fix:    "Save it in the current format (.docx, .pptx, .xlsx) or as PDF.",
		Source: "MS-CFB (compound file)"})
	officePictures = define(Rule{ID: "office-image-alt", Area: Accessibility, Severity: Advice, Criterion: "static_accessibility",
		Title:  "Pictures of the Office document have no alternative text",
		Why:    "Who can’t see them hears that there is a picture, and not what it tells.",
		Fix:    "Write alternative texts (right click, “View Alt Text”), and mark ornaments as decorative.",
		Source: "WCAG 2.2 SC 1.1.1 Non-text Content (A)"})
	officeSlides = define(Rule{ID: "office-slide-title", Area: Accessibility, Severity: Advice, Criterion: "static_accessibility",
		Title:  "Slides have no title",
		Why:    "Screen reader users go from slide to slide by their titles, and can’t tell these apart.",
		Fix:    "Give every slide a title in its title field; one that isn’t to be seen can be hidden in the selection pane.",
		Source: "WCAG 2.2 SC 2.4.2 Page Titled (A); SC 1.3.1 Info and Relationships (A)"})
	officeTables = define(Rule{ID: "office-table-header", Area: Accessibility, Severity: Advice, Criterion: "static_accessibility",
		Title:  "Tables of the Office document have no row of headings",
		Why:    "A screen reader says the heading with each cell; without one its user hears bare words.",
		Fix:    "Mark the first row as the header row in the table’s design. A table that only arranges things is better made with columns or tabs.",
		Source: "WCAG 2.2 SC 1.3.1 Info and Relationships (A)"})
	officeTitle = define(Rule{ID: "office-title-missing", Area: Accessibility, Severity: Advice, Criterion: "static_accessibility",
		Title:  "The Office document has no title",
		Why:    "It is what screen readers and search say of a document; without one that is the file’s name.",
		Fix:    "Write a title into the document’s properties (File, Info).",
		Source: "WCAG 2.2 SC 2.4.2 Page Titled (A); ECMA-376, Part 2 (core properties)"})
	officeLanguage = define(Rule{ID: "office-lang-missing", Area: Accessibility, Severity: Advice, Criterion: "static_accessibility",
		Title:  "The Office document doesn’t say its language",
		Why:    "Screen readers choose their voice by it, and may read English with another language’s sounds.",
		Fix:    "Select all text, and set its language (Review, Language).",
		Source: "WCAG 2.2 SC 3.1.1 Language of Page (A)"})
)

// office judges an upload that is a document of the current Office formats.
func (c *checker) office(types *archive.Entry) error {
	c.documented(Office, "")
	if doc, err := c.parse(types); err != nil || doc == nil {
		return err
	}
	return document{checker: c}.zipped(c.arc)
}

// openDocument judges an upload that is an OpenDocument.
func (c *checker) openDocument(edition string, err error) error {
	if err != nil {
		return c.broken(err)
	}
	c.documented(Office, edition)
	return document{checker: c}.zipped(c.arc)
}

// zipped judges a document that is a zip file.
func (d document) zipped(arc *archive.Archive) error {
	edition, err := office.OpenDocumentType(d.ctx, arc)
	var f *office.Facts
	if err == nil && edition != "" {
		f, err = office.ReadOpenDocument(d.ctx, arc, edition, &d.docs.work)
	} else if err == nil {
		f, err = office.ReadOpenXML(d.ctx, arc, &d.docs.work)
	}
	p, unreadable := errors.AsType[*archive.Problem](err)
	switch {
	case unreadable && d.path != "":
		d.damaged("A part of it can’t be read: " + clip(p.Text, 200) + ".")
		return nil
	case err != nil:
		return d.broken(err)
	}
	d.office(f)
	return nil
}

// oldOffice judges an upload that is a compound file.
func (c *checker) oldOffice() error {
	c.documented(Office, "")
	return document{checker: c}.compound(c.source)
}

func (d document) compound(r io.ReaderAt) error {
	f, err := office.ReadCompound(d.ctx, r)
	if err != nil {
		return err
	}
	if f.Edition == "" && !f.Locked && f.Fault == nil && !f.Unread {
		const what = "such as a mail or an installer"
		if d.path != "" {
			d.damaged("It is a compound file of another program, " + what + ".")
			return nil
		}
		d.report.Kind, d.units = Unknown, nil
		d.add(notZip, place{}, "The file is not a zip file: it is a compound file that no Office program wrote, %s.", what)
		return nil
	}
	d.office(f)
	return nil
}

// office tells what was found in a document.
func (d document) office(f *office.Facts) {
	if d.path == "" {
		d.report.Edition = f.Edition
		if f.Old {
			d.report.Edition = "old Office format"
		}
		d.facts(f.Title, f.Language)
	}
	switch {
	case f.Fault != nil && d.path != "":
		text := clip(f.Fault.Text, 200)
		if f.Fault.XML {
			text = "Its part " + quoted(f.Fault.Part) + " is damaged: " + clip(text, 200) + "."
		}
		d.damaged(text)
	case f.Fault != nil && f.Fault.XML:
		d.add(officeBroken, place{f.Fault.Part, markup.Pos{Line: f.Fault.Line}}, "The main part is not well-formed XML: %s.", short(f.Fault.Text))
	case f.Fault != nil && f.Edition == "" && f.Fault.Part == "":
		d.say(officeDamaged, "", f.Fault.Text)
	case f.Fault != nil:
		d.say(officeNoMain, f.Fault.Part, clip(f.Fault.Text, 200))
	case f.Locked:
		d.say(officePassword, "", "The document is encrypted, and opens with a password alone.")
	}
	if f.Old {
		d.say(officeOld, "", "The document is in the format of Office 97 to 2003.")
	}
	d.officeActive(f)
	if f.Fault == nil && !f.Locked && !f.Old {
		d.officeAccessible(f)
	}
}

// officeActive tells what the document does by itself, and what it needs from
// elsewhere.
func (d document) officeActive(f *office.Facts) {
	some := func(r *Rule, parts []string, text string) {
		if len(parts) > 0 {
			d.say(r, parts[0], text)
		}
	}
	some(officeMacros, f.Macros, "The document has macros in it.")
	some(officeControls, f.Controls, "The document has "+counted(int64(len(f.Controls)), "ActiveX control", "ActiveX controls")+" in it.")
	some(officeFields, f.Fields, "A field of the document starts another program (DDE).")
	d.packed(officeProgram, officeEmbedded, "Packed in the document", f.Embedded)
	if t := f.Template; t != nil {
		d.say(officeTemplate, t.Part, "The document’s template is "+quoted(t.URL)+".")
	}
	if n := len(f.Taken); n > 0 {
		more := ""
		if n > 1 {
			more = " " + counted(int64(n-1), "more thing is", "more things are") + " taken from elsewhere."
		}
		first := f.Taken[0]
		if isLocal(first.URL) {
			first.URL = lastName(first.URL)
		}
		d.say(officeTaken, first.Part, "The document shows "+quoted(first.URL)+", which isn’t in it."+more)
	}
	d.leads(slices.Concat(f.Links, slices.DeleteFunc(f.Taken, func(t office.Target) bool { return isLocal(t.URL) })))
}

// officeAccessible tells what assistive technology misses.
func (d document) officeAccessible(f *office.Facts) {
	some := func(r *Rule, parts []string, one, many, says string) {
		if n := len(parts); n > 0 {
			d.say(r, parts[0], counted(int64(n), one, many)+says)
		}
	}
	some(officePictures, f.Pictures, "picture has", "pictures have", " no alternative text.")
	some(officeSlides, f.Untitled, "slide has", "slides have", " no title.")
	some(officeTables, f.Headless, "table has", "tables have", " no row of headings.")
	if f.Unread || !f.Paged {
		return
	}
	if f.Title == "" {
		d.say(officeTitle, "", "The document’s properties have no title.")
	}
	if f.Language == "" && f.Worded {
		d.say(officeLanguage, "", "The document doesn’t say its language.")
	}
}
