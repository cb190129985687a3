package packagecheck

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/office"
	"github.com/leadership-ladder/rung/authoring/packagecheck/pdf"
)

var (
	pdfTruncated = define(Rule{ID: "pdf-truncated", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "The PDF document is cut off",
		Why:    "Its end is missing, so readers may not open it. Mostly a download or a copy ended early.",
		Fix:    "Save or download the document again, and compare the sizes before you upload it.",
		Source: "ISO 32000-1, 7.5.5 (file trailer)"})
	pdfDamaged = define(Rule{ID: "pdf-damaged", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "The PDF document can’t be opened",
		Why:    "No reader finds the pages in it, however hard it tries to repair the file.",
		Fix:    "Save the document again from the program that it was written with, and open that file before you upload it.",
		Source: "ISO 32000-1, 7.7.2 (document catalog) and 7.7.3 (page tree)"})
	pdfEncrypted = define(Rule{ID: "pdf-encrypted", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "The PDF document is encrypted",
		Why:    "It may ask for a password, or forbid copying and reading aloud.",
		Fix:    "Save the document without a password and without restrictions.",
		Source: "ISO 32000-1, 7.6 (encryption)"})
	pdfPassword = define(Rule{ID: "pdf-password", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "The PDF document asks for a password",
		Why:    "Neither reviewers nor learners can open it without, and nothing in it could be checked.",
		Fix:    "Save the document without a password.",
		Source: "ISO 32000-1, 7.6.3 (standard security handler)"})
	pdfRestricted = define(Rule{ID: "pdf-restricted", Area: Accessibility, Severity: Advice, Criterion: "static_accessibility",
		Title:  "The PDF document forbids what readers may need",
		Why:    "It opens without a password, but programs that read aloud or enlarge text may be refused it, and nobody can copy or print.",
		Fix:    "Save the document without restrictions; its licence says what may be done with it.",
		Source: "ISO 32000-1, 7.6.3.2 (user access permissions); PDF/UA (ISO 14289-1), 7.16"})
	pdfScript = define(Rule{ID: "pdf-javascript", Area: Outside, Severity: Warning, Criterion: "no_forbidden_content",
		Title:  "The PDF document has scripts in it",
		Why:    "JavaScript in documents is how harmful ones work, so many organisations block or strip it; browsers run little of it.",
		Fix:    "Save the document without scripts. A form that reckons is better made as a web page.",
		Source: "ISO 32000-1, 12.6.4.16 (JavaScript actions)"})
	pdfLaunch = define(Rule{ID: "pdf-launch", Area: Outside, Severity: Warning, Criterion: "no_forbidden_content",
		Title:  "The PDF document starts programs or opens other files",
		Why:    "Readers warn of it or refuse it, and the file that it names is on nobody else’s computer.",
		Fix:    "Take the link or action out, or link to a web address.",
		Source: "ISO 32000-1, 12.6.4.5 (launch actions)"})
	pdfAttached = define(Rule{ID: "pdf-attachments", Area: Outside, Severity: Advice,
		Title:  "The PDF document has files attached",
		Why:    "Most browsers don’t show attached files, and what is in them isn’t checked here.",
		Fix:    "Upload the files by themselves, unless they are meant to be in the document.",
		Source: "ISO 32000-1, 7.11.4 (embedded file streams)"})
	pdfProgram = define(Rule{ID: "pdf-program", Area: Outside, Severity: Warning, Criterion: "no_forbidden_content",
		Title:  "The PDF document has a program attached",
		Why:    "Virus scanners stop such documents, and nothing in a module needs a program.",
		Fix:    "Take the attached file out of the document.",
		Source: "ISO 32000-1, 7.11.4 (embedded file streams)"})
	pdfXFA = define(Rule{ID: "pdf-xfa", Area: Manifest, Severity: Advice,
		Title:  "The PDF document has a form of an old kind",
		Why:    "XFA forms were taken out of the standard; browsers and most readers show an ordinary form in its place, or none.",
		Fix:    "Make the form a web page, or save it as an ordinary PDF form.",
		Source: "ISO 32000-1, 12.7.8 (XFA forms); ISO 32000-2 (deprecated)"})
	pdfOnlyXFA = define(Rule{ID: "pdf-xfa-only", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "The PDF document shows in Adobe’s own programs alone",
		Why:    "All of its pages are made by an XFA form. Browsers and phones show one page that asks to wait.",
		Fix:    "Make the form a web page, or save it as an ordinary PDF form.",
		Source: "ISO 32000-1, 12.7.8 (XFA forms); PDF/UA (ISO 14289-1), 7.15"})
	pdfLanguage = define(Rule{ID: "pdf-lang-missing", Area: Accessibility, Severity: Advice, Criterion: "static_accessibility",
		Title:  "The PDF document doesn’t say its language",
		Why:    "Screen readers choose their voice by it, and may read English with another language’s sounds.",
		Fix:    "Set the language in the program that the document was written with, and save it as PDF again (in Acrobat: document properties, Advanced).",
		Source: "WCAG 2.2 SC 3.1.1 Language of Page (A), technique PDF16; PDF/UA (ISO 14289-1), 7.2"})
	pdfTitle = define(Rule{ID: "pdf-title-missing", Area: Accessibility, Severity: Advice, Criterion: "static_accessibility",
		Title:  "The PDF document has no title",
		Why:    "A screen reader then says the file’s name, and so does the browser’s tab.",
		Fix:    "Write a title into the document’s properties, and save it as PDF again.",
		Source: "WCAG 2.2 SC 2.4.2 Page Titled (A), technique PDF18; PDF/UA (ISO 14289-1), 7.1"})
	pdfTitleHidden = define(Rule{ID: "pdf-title-hidden", Area: Accessibility, Severity: Advice, Criterion: "static_accessibility",
		Title:  "The PDF document has a title that readers don’t show",
		Why:    "It isn’t set to show its title, so windows and screen readers have the file’s name in its place.",
		Fix:    "Set “Initial view: show document title” in Acrobat, or save it as an accessible PDF (PDF/UA).",
		Source: "WCAG 2.2 SC 2.4.2 Page Titled (A), technique PDF18; PDF/UA (ISO 14289-1), 7.1; ISO 32000-1, 12.2 (viewer preferences)"})
	pdfUntagged = define(Rule{ID: "pdf-untagged", Area: Accessibility, Severity: Advice, Criterion: "static_accessibility",
		Title:  "The PDF document isn’t tagged",
		Why:    "Without tags a screen reader must guess what is a heading, a list or a table, and in which order to read.",
		Fix:    "Save it as PDF again with tags: Word “Document structure tags for accessibility”, LibreOffice “Tagged PDF”. Headings must be real ones there.",
		Source: "WCAG 2.2 SC 1.3.1 Info and Relationships (A); ISO 32000-1, 14.8 (tagged PDF); PDF/UA (ISO 14289-1), 7.1"})
	pdfScanned = define(Rule{ID: "pdf-scanned", Area: Accessibility, Severity: Advice, Criterion: "static_accessibility",
		Title:  "The PDF document is pictures of pages",
		Why:    "There is no text in it: it can’t be read aloud, searched, or made larger without blurring.",
		Fix:    "Use the document that was printed before the scan, or have the text recognised (OCR) and tagged.",
		Source: "WCAG 2.2 SC 1.1.1 Non-text Content (A) and SC 1.4.5 Images of Text (AA), technique PDF7"})
	pdfFigures = define(Rule{ID: "pdf-figure-alt", Area: Accessibility, Severity: Advice, Criterion: "static_accessibility",
		Title:  "Figures of the PDF document have no alternative text",
		Why:    "Who can’t see them hears that there is a figure, and not what it tells.",
		Fix:    "Write alternative texts in the program that the document was written with, mark ornaments as decorative, and save it as PDF again.",
		Source: "WCAG 2.2 SC 1.1.1 Non-text Content (A), technique PDF1; PDF/UA (ISO 14289-1), 7.3"})
)

// pdf judges an upload that is a PDF document.
func (c *checker) pdf() error {
	c.documented(PDF, "")
	if err := (document{checker: c}).pdf(c.source, c.size); err != nil {
		return err
	}
	c.outside()
	return nil
}

func (d document) pdf(r io.ReaderAt, size int64) error {
	f, err := pdf.Read(d.ctx, r, size, &d.docs.work)
	if err != nil {
		return err
	}
	if d.path == "" {
		d.report.Edition = f.Version
		d.facts(titled(f.Title), f.Language)
	}
	locked := f.Encryption == pdf.NeedsPassword || f.Encryption == pdf.OtherKind
	switch {
	case f.Unread && !f.Opens:
		return nil
	case d.path != "" && (!f.Opens || f.Repaired && !f.Whole):
		d.damaged("Its end is missing, or its pages can’t be found.")
	case !f.Whole && (!f.Opens || f.Repaired):
		d.say(pdfTruncated, "", "The document doesn’t end with %%EOF.")
	case !f.Opens:
		d.say(pdfDamaged, "", "The list of its pages can’t be found.")
	case f.Encryption == pdf.NeedsPassword:
		d.say(pdfPassword, "", "The document asks for a password.")
	case f.Encryption == pdf.OtherKind:
		d.say(pdfEncrypted, "", "The document is encrypted in a way that can’t be opened here.")
	}
	if f.Opens && !locked && (f.Whole || !f.Repaired) {
		d.pdfActive(f)
		d.pdfAccessible(f)
	}
	return nil
}

// facts are what an upload says of itself.
func (d document) facts(title, language string) {
	if title != "…" {
		d.report.Facts.Title = short(title)
	}
	if language != "" && language != "…" {
		d.report.Facts.Languages = append(d.report.Facts.Languages, clip(language, 35))
	}
}

// pdfActive tells what the document does by itself, or has in it besides pages.
func (d document) pdfActive(f *pdf.Facts) {
	if f.Scripts > 0 {
		d.say(pdfScript, "", "The document has "+counted(int64(f.Scripts), "script", "scripts")+" in JavaScript.")
	}
	if f.Launches > 0 {
		d.say(pdfLaunch, "", "The document has "+counted(int64(f.Launches), "action", "actions")+" to start a program or to open a file.")
	}
	var attached []string
	for _, name := range f.Attachments {
		if name == "…" {
			name = "a file whose name can’t be shown"
		}
		attached = append(attached, name)
	}
	d.packed(pdfProgram, pdfAttached, "Attached to the document", attached)
	switch f.Forms {
	case pdf.XFA:
		d.say(pdfXFA, "", "The document has an XFA form.")
	case pdf.AllXFA:
		d.say(pdfOnlyXFA, "", "The document is an XFA form that makes its own pages.")
	}
	var links []office.Target
	for _, l := range f.Links {
		links = append(links, office.Target{URL: l})
	}
	d.leads(links)
}

// titled is a title, unless it is what a program writes where there is none.
func titled(title string) string {
	if strings.EqualFold(title, "untitled") {
		return ""
	}
	return title
}

func isProgram(name string) bool {
	return oddEnds[strings.ToLower(path.Ext(strings.TrimSpace(name)))] == runKind
}

// pdfAccessible tells what assistive technology misses.
func (d document) pdfAccessible(f *pdf.Facts) {
	if r := f.Rights; r != (pdf.Rights{}) {
		var what []string
		for _, one := range []struct {
			forbidden bool
			what      string
		}{{r.NoReadingAloud, "reading aloud"}, {r.NoCopying, "copying"}, {r.NoPrinting, "printing"}} {
			if one.forbidden {
				what = append(what, one.what)
			}
		}
		d.say(pdfRestricted, "", "The document forbids "+strings.Join(what, " and ")+".")
	}
	if f.Forms == pdf.AllXFA {
		return // its one page asks to wait
	}
	if f.Language == "" {
		d.say(pdfLanguage, "", "The document doesn’t say its language.")
	}
	switch {
	case titled(f.Title) == "":
		d.say(pdfTitle, "", "The document’s properties have no title.")
	case !f.Shows:
		d.say(pdfTitleHidden, "", "The title is "+quoted(f.Title)+", but the document isn’t set to show it.")
	}
	switch scanned := f.Fonts == 0 && f.Pictures > 0 && int64(f.Pictures)*2 >= f.Pages && f.Described == 0 && !f.Unread; {
	case scanned:
		d.say(pdfScanned, "", fmt.Sprintf("The document has no text, but %s of the size of a page.", counted(int64(f.Pictures), "picture", "pictures")))
	case !f.Tagged:
		d.say(pdfUntagged, "", "The document isn’t tagged.")
	case f.Figures > 0:
		d.say(pdfFigures, "", counted(int64(f.Figures), "figure has", "figures have")+" no alternative text.")
	}
}
