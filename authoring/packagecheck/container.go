package packagecheck

import (
	"bytes"
	"errors"
	"io"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/office"
	"github.com/leadership-ladder/rung/authoring/packagecheck/pdf"
)

const appnote = "PKWARE APPNOTE 6.3.10"

var (
	notZip = define(Rule{ID: "zip-not-a-zip", Area: Container, Severity: Error, Criterion: "opens_safely",
		Title:  "The file is not a zip file",
		Why:    "A host opens the package as a zip file, and can do nothing with another.",
		Fix:    "Export the package anew from the authoring tool, and upload the file that it made without renaming it.",
		Source: "SCORM CAM 2.3 (PIF); cmi5 14.0.0.0-1 and 14.1.0.0-1"})
	lfsPointer = define(Rule{ID: "zip-lfs-pointer", Area: Container, Severity: Error, Criterion: "opens_safely",
		Title:  "The file is a Git LFS pointer",
		Why:    "It is a short text that says where the package is kept, not the package.",
		Fix:    "Fetch the real file (git lfs pull), then upload that.",
		Source: "Git LFS specification, “The Pointer”"})
	zipTruncated = define(Rule{ID: "zip-truncated", Area: Container, Severity: Error, Criterion: "opens_safely",
		Title:  "The zip file is cut off",
		Why:    "Its directory is missing or damaged, so nothing in it can be found. Mostly a download or a copy ended early.",
		Fix:    "Export or download the package again, and compare the sizes before you upload it.",
		Source: appnote + " 4.3.16"})
	zipPrefix = define(Rule{ID: "zip-prefix", Area: Container, Severity: Warning, Criterion: "opens_safely",
		Title:  "Something stands before the zip file",
		Why:    "Zip files that unpack themselves begin with a program. Many hosts look at the first bytes, and refuse what doesn’t begin as a zip file.",
		Fix:    "Upload the plain zip file, as the authoring tool exports it.",
		Source: appnote + " 4.1.9 (self-extracting)"})
	zipEmpty = define(Rule{ID: "zip-empty", Area: Container, Severity: Error, Criterion: "opens_safely",
		Title:  "The zip file is empty",
		Why:    "There is nothing in it to review.",
		Fix:    "Export the package again and look into it before you upload it.",
		Source: "SCORM CAM 2.3 (PIF); cmi5 14.1.0.0-2"})
	zipLimit = define(Rule{ID: "zip-limit", Area: Container, Severity: Error, Criterion: "opens_safely",
		Title:  "The zip file has more in it than a package may have",
		Why:    "Files that unpack to far more than their size, or have countless entries, stop the machines that open them.",
		Fix:    "Leave out what the module does not need, and compress videos before they are packed.",
		Source: "Rung’s limits; Learning Hub: 2 GB"})
	zipBomb = define(Rule{ID: "zip-bomb", Area: Container, Severity: Error, Criterion: "opens_safely",
		Title:  "The zip file is made like a bomb",
		Why:    "It unpacks to hundreds of times its size, or its files share their bytes. No authoring tool makes such a file.",
		Fix:    "Export the package again with an ordinary tool.",
		Source: "CWE-409"})
	zipEncrypted = define(Rule{ID: "zip-encrypted", Area: Container, Severity: Error, Criterion: "opens_safely",
		Title:  "Files are encrypted",
		Why:    "A host has no password to open them with.",
		Fix:    "Pack the folder again without a password.",
		Source: appnote + " 4.4.4 (bit 0); cmi5 14.1"})
	zipUnsafe = define(Rule{ID: "zip-unsafe-path", Area: Container, Severity: Error, Criterion: "opens_safely",
		Title:  "A path leads outside of the package",
		Why:    "Paths with “..”, or that begin at a root or a drive, would be written over other files of whoever unpacks them.",
		Fix:    "Pack the folder again with an ordinary tool: every path must begin inside of it.",
		Source: appnote + " 4.4.17.1; CWE-22"})
	zipName = define(Rule{ID: "zip-bad-name", Area: Container, Severity: Error, Criterion: "opens_safely",
		Title:  "A name can’t be used",
		Why:    "Names that are empty, have control characters or are longer than a thousand characters are refused by most systems.",
		Fix:    "Rename the file, and pack the folder again.",
		Source: appnote + " 4.4.17"})
	zipBackslash = define(Rule{ID: "zip-backslash", Area: Container, Severity: Error, Criterion: "opens_safely",
		Title:  "A path is written with backslashes",
		Why:    "Hosts on Linux take the whole of it for one odd name, so that the file is missing from its folder.",
		Fix:    "Pack the folder again with a current tool: zip files have slashes in their paths.",
		Source: appnote + " 4.4.17.1"})
	zipSpecial = define(Rule{ID: "zip-special-file", Area: Container, Severity: Error, Criterion: "opens_safely",
		Title:  "The zip file has links or devices in it",
		Why:    "A symbolic link can lead to any file of the machine that unpacks it.",
		Fix:    "Put the files themselves into the package in place of the links (zip does so without -y).",
		Source: "CWE-61"})
	zipDuplicate = define(Rule{ID: "zip-duplicate-name", Area: Container, Severity: Error, Criterion: "opens_safely",
		Title:  "A name is there twice",
		Why:    "Which of the two a host takes is chance; reviewers may have seen the other.",
		Fix:    "Pack the folder into a new zip file rather than adding to an old one.",
		Source: appnote + " 4.3.12"})
	zipRepeated = define(Rule{ID: "zip-repeated-name", Area: Container, Severity: Warning, Criterion: "opens_safely",
		Title:  "A file is there twice",
		Why:    "Both seem to be the same, so most hosts open the package all the same. Some stop at the second.",
		Fix:    "Pack the folder into a new zip file rather than adding to an old one.",
		Source: appnote + " 4.3.12"})
	zipCase = define(Rule{ID: "zip-case-clash", Area: Container, Severity: Warning, Criterion: "opens_safely",
		Title:  "Two names differ by case alone",
		Why:    "On Windows and macOS one of them overwrites the other.",
		Fix:    "Rename one of the files and what refers to it.",
		Source: "SCORM CAM 2.3 (interoperability of PIFs)"})
	zipLegacy = define(Rule{ID: "zip-legacy-name", Area: Container, Severity: Warning, Criterion: "opens_safely",
		Title:  "A name is written in an old code page",
		Why:    "Which letters are meant depends on the machine that unpacks it, so references to the file may break.",
		Fix:    "Use letters without accents in file names, or pack the folder with a tool that writes UTF-8.",
		Source: appnote + " 4.4.4 (bit 11), appendix D"})
	zipWindows = define(Rule{ID: "zip-windows-name", Area: Container, Severity: Warning, Criterion: "opens_safely",
		Title:  "A name can’t be one on Windows",
		Why:    "Who unpacks the package on Windows gets the file under another name or not at all, and some hosts stop there.",
		Fix:    "Rename the file and what refers to it: letters, digits, hyphens and underscores are safe everywhere.",
		Source: "SCORM CAM 2.3 (interoperability of PIFs); Windows, “Naming Files, Paths, and Namespaces”"})
	zipMethod = define(Rule{ID: "zip-method", Area: Container, Severity: Error, Criterion: "opens_safely",
		Title:  "A file is compressed in a way that hosts don’t know",
		Why:    "Hosts unpack what is stored or deflated; other methods come out broken or not at all.",
		Fix:    "Pack the folder again with the ordinary “deflate” compression.",
		Source: "cmi5 14.1; " + appnote + " 4.4.5"})
	zipDamaged = define(Rule{ID: "zip-damaged", Area: Container, Severity: Error, Criterion: "opens_safely",
		Title:  "A file in the package is damaged",
		Why:    "Its bytes are not those that were packed, so learners get a broken page or video, or none.",
		Fix:    "Export the package again, and compare the sizes after copying it.",
		Source: appnote + " 4.4.7"})
)

var problemRules = map[archive.ProblemKind]*Rule{
	archive.TooManyEntries: zipLimit, archive.DirectoryTooLong: zipLimit, archive.TooLarge: zipLimit,
	archive.Ratio: zipBomb, archive.Overlap: zipBomb,
	archive.Encrypted: zipEncrypted,
	archive.Traversal: zipUnsafe, archive.Absolute: zipUnsafe,
	archive.Backslash:   zipBackslash,
	archive.ControlName: zipName, archive.EmptyName: zipName, archive.LongName: zipName,
	archive.Symlink: zipSpecial, archive.Device: zipSpecial,
	archive.Duplicate: zipDuplicate, archive.Repeated: zipRepeated, archive.FileAndFolder: zipDuplicate,
	archive.CaseClash:   zipCase,
	archive.LegacyName:  zipLegacy,
	archive.WindowsName: zipWindows,
	archive.Method:      zipMethod,
	archive.Checksum:    zipDamaged, archive.Corrupt: zipDamaged,
}

func (c *checker) problem(p archive.Problem) {
	what, rule := "The file", problemRules[p.Kind]
	if p.Path == "" {
		what = "The zip file"
	}
	if rule.Severity == Warning {
		c.add(rule, in(p.Path), "%s may be lost on some machines: %s.", what, p.Text)
		return
	}
	c.add(rule, in(p.Path), "%s can’t be taken as it is: %s.", what, p.Text)
}

// open finds out what the file is, and reads the directory of a zip file. What
// is no zip file is judged to its end.
func (c *checker) open() error {
	head := make([]byte, min(c.size, 4096))
	if _, err := io.ReadFull(io.NewSectionReader(c.source, 0, c.size), head); err != nil {
		return err
	}
	switch {
	case pdf.Headed(head) >= 0 && !bytes.HasPrefix(head, []byte("PK")) && !looksLikeXML(head) && !isPage(head):
		return c.pdf()
	case bytes.HasPrefix(head, []byte(office.CompoundHead)):
		return c.oldOffice()
	case bytes.HasPrefix(head, []byte(lfsHead)):
		c.add(lfsPointer, place{}, "The file is a Git LFS pointer of %d bytes.", c.size)
		return nil
	}
	arc, err := archive.Open(c.source, c.size, c.opts.Limits)
	switch {
	case errors.Is(err, archive.ErrEmpty):
		c.add(zipEmpty, place{}, "The zip file has no entries.")
	case errors.Is(err, archive.ErrTruncated):
		c.add(zipTruncated, place{}, "The file begins like a zip file, but its directory is missing or damaged.")
	case errors.Is(err, archive.ErrNoZip) && looksLikeXML(head):
		return c.bareXML()
	case errors.Is(err, archive.ErrNoZip):
		c.add(notZip, place{}, "The file is not a zip file: it begins like %s.", begins(head))
	case err != nil:
		return err
	default:
		if !bytes.HasPrefix(head, []byte("PK")) {
			c.add(zipPrefix, place{}, "The file begins like %s, and the zip file comes after that.", begins(head))
		}
		c.take(arc)
	}
	return nil
}

// take goes on with an archive, unless there is nothing to go on with.
func (c *checker) take(arc *archive.Archive) {
	switch {
	case len(arc.Entries) == 0 && len(arc.Problems) == 0:
		c.add(zipEmpty, place{}, "The zip file has folders in it, and no file.")
		return
	case !arc.Refused:
		c.arc = arc
	}
	c.report.Facts.Files = len(arc.Entries)
	for _, e := range arc.Entries {
		c.report.Facts.Unpacked += e.Size
	}
	for _, p := range arc.Problems {
		c.problem(p)
	}
}
