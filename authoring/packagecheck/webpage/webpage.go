// Package webpage looks into the texts of a package (HTML pages, scripts,
// styles, SVG drawings) and tells what is there, each with its place. It knows
// no rules and no package: whether a file is there isn't asked here.
package webpage

import "github.com/leadership-ladder/rung/authoring/packagecheck/markup"

// Pos is a place in a text.
type Pos = markup.Pos

// Text is what was seen in one text.
type Text struct {
	Kind Kind
	Refs []Ref
}

// Kind is what a text is.
type Kind string

const (
	HTML   Kind = "html"
	Script Kind = "script"
	Style  Kind = "style"
	SVG    Kind = "svg"
)

// Ref is a reference to another file or address, as written.
type Ref struct {
	URL string
	Pos Pos
}
