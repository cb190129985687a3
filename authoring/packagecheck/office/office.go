// Package office reads what a document of an Office program is made of: those of
// the current formats (Office Open XML), of OpenDocument, and of Office 97 to
// 2003. It runs nothing and shows nothing. Its XML is read as a stream, within
// bounds that hold whatever is in it, and all of it is paid from a budget.
package office

import (
	"errors"
	"fmt"
)

// Facts are what a document was found to be.
type Facts struct {
	Edition  string // docx, pptx, xlsx, odt, doc, …; empty where that isn't known
	Main     string // the part that the document consists of
	Fault    *Fault // why it can't be opened, nil where it can
	Locked   bool   // it is encrypted
	Old      bool   // in a format of Office 97 to 2003
	Title    string // of its properties
	Language string // BCP 47, as it is written

	Macros   []string // parts that are programs, or hold some
	Controls []string // parts that are ActiveX controls
	Fields   []string // parts with fields that start other programs (DDE)
	Embedded []string // names of files that are packed in it
	Links    []Target // addresses outside that it leads to
	Template *Target  // a template that is fetched from elsewhere
	Taken    []Target // contents that lie elsewhere: pictures, films, tables

	Pictures []string // parts with pictures that have no alternative text, one for each picture
	Untitled []string // slides without a title
	Headless []string // parts with a table of data without a row of headings, one for each table
	Worded   bool     // it has text of a kind that has a language
	Paged    bool     // it is a text or a presentation, which has a title of its own
	Unread   bool     // it was left before its end
}

// Target is an address that a part of the document names.
type Target struct{ Part, URL string }

// Fault is why a document can't be opened.
type Fault struct {
	Part string
	Line int
	XML  bool   // the part is no well-formed XML
	Text string // a sentence
}

// maxListed is how many of a kind are kept.
const maxListed = 5000

func listed[T any](list *[]T, one T) {
	if len(*list) < maxListed {
		*list = append(*list, one)
	}
}

var errSpent = errors.New("there is too much to look into")

func fault(part, format string, args ...any) *Fault {
	return &Fault{Part: part, Text: fmt.Sprintf(format, args...)}
}
