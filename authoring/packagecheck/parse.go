package packagecheck

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

var (
	manifestXML = define(Rule{ID: "manifest-not-well-formed", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "The manifest can’t be read as XML",
		Why:    "A host reads the manifest first, and refuses the whole package where it is no well-formed XML.",
		Fix:    "Export the package again. If the manifest was edited by hand, mend the place that is named: every tag is closed by its own, and “&” is written as “&amp;”.",
		Source: "XML 1.0, 2.1 (well-formed documents)"})
	manifestEntity = define(Rule{ID: "manifest-entity", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "The manifest declares entities of its own",
		Why:    "Entities can read files of the machine that opens them or fill its memory, so hosts refuse them. Authoring tools never write any.",
		Fix:    "Take the DOCTYPE with its ENTITY declarations out of the manifest, and write the text itself where they were used.",
		Source: "XML 1.0, 4.2; CWE-611"})
	manifestEncoding = define(Rule{ID: "manifest-encoding", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "The manifest isn’t in the encoding that it claims",
		Why:    "Hosts stop at the first letter that they can’t read, mostly one with an accent.",
		Fix:    "Save the manifest as UTF-8.",
		Source: "XML 1.0, 4.3.3 (character encoding in entities)"})
	manifestVersion = define(Rule{ID: "manifest-xml-version", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "The manifest is in another version of XML than 1.0",
		Why:    "Hosts read XML 1.0. Some read on whatever version is declared, and others refuse the whole package.",
		Fix:    "Write version=\"1.0\" into the first line of the manifest.",
		Source: "XML 1.0, fifth edition, 2.8 (a 1.x document is read as one of 1.0)"})
	manifestTooLarge = define(Rule{ID: "manifest-too-large", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "The manifest is too large",
		Why:    "A manifest lists the files of a module, and needs kilobytes. Hosts give up on one of many megabytes.",
		Fix:    "Export the package again, and take embedded data out of the manifest.",
		Source: fmt.Sprintf("Rung’s limit: %d MB", markup.MaxSize>>20)})
)

// parse reads the XML of an entry. A nil document without an error is one that
// can't be read: the finding that says so was added.
func (c *checker) parse(e *archive.Entry) (*markup.Document, error) {
	if e.Size > markup.MaxSize {
		c.tooLarge(e.Path, e.Size)
		return nil, nil
	}
	data, _, err := e.ReadAll(c.ctx, markup.MaxSize)
	if err != nil {
		return nil, c.broken(err)
	}
	return c.document(e.Path, data), nil
}

func (c *checker) tooLarge(path string, size int64) {
	c.add(manifestTooLarge, in(path), "%s has %d bytes.", itself(path), size)
}

// document parses data, or tells why it can't.
func (c *checker) document(path string, data []byte) *markup.Document {
	doc, err := markup.Parse(data)
	if err == nil {
		if doc.Version != "1.0" {
			c.add(manifestVersion, place{path, markup.Pos{Line: 1, Column: 1}}, "%s says that it is XML %s.", itself(path), clip(doc.Version, 20))
		}
		return doc
	}
	rule, at, text := manifestXML, place{path: path}, err.Error()
	if f, ok := errors.AsType[*markup.Fault](err); ok {
		at.pos, text = f.Pos, f.Text
	}
	switch {
	case errors.Is(err, markup.ErrEncoding):
		rule = manifestEncoding
	case errors.Is(err, markup.ErrEntity):
		rule = manifestEntity
	}
	c.add(rule, at, "%s can’t be read at line %d, column %d: %s.", itself(path), at.pos.Line, at.pos.Column, clip(text, 200))
	return nil
}

// itself names a file in a sentence; without a path it is the one uploaded.
func itself(path string) string {
	if path == "" {
		return "The file"
	}
	return clip(path, 100)
}

// bareXML judges a file that is XML by itself. cmi5 alone has such courses.
func (c *checker) bareXML() error {
	if c.size > markup.MaxSize {
		c.tooLarge("", c.size)
		return nil
	}
	data := make([]byte, c.size)
	if _, err := io.ReadFull(io.NewSectionReader(c.source, 0, c.size), data); err != nil {
		return err
	}
	doc := c.document("", data)
	if doc == nil {
		return nil
	}
	switch name := strings.ToLower(doc.Root.Name); name {
	case "coursestructure":
		c.report.Kind = CMI5
		c.cmi5(doc, "")
	case "manifest", "tincan":
		c.add(manifestAlone, place{pos: doc.Root.Pos}, "The file is a manifest by itself: its first element is <%s>.", name)
	default:
		c.add(notZip, place{}, "The file is not a zip file: it is XML whose first element is %s.", quoted(doc.Root.Name))
	}
	return nil
}
