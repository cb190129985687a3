// Package webpage looks into the texts of a package (HTML pages, scripts,
// styles, SVG drawings) and tells what is there, each with its place. It knows
// no rules and no package: whether a file is there isn't asked here.
package webpage

import "github.com/leadership-ladder/rung/authoring/packagecheck/markup"

// Pos is a place in a text.
type Pos = markup.Pos

// Kind is what a text is.
type Kind string

const (
	HTML   Kind = "html"
	Script Kind = "script"
	Style  Kind = "style"
	SVG    Kind = "svg"
)

// Text is what was seen in one text.
type Text struct {
	Kind     Kind
	Language string // of the root element, as written; empty where there is none
	Title    string // of the page, white space collapsed
	Refs     []Ref  // in the order of the text, those of inline scripts and styles too
	Scripted bool   // it has script of its own, inline
	Frames   bool   // it has frames that pages beside it may be in, or a script that makes some
	Talk     Talk   // with a host, in its scripts
	Reaches  []Pos  // where a script reaches into a parent's document
	Issues   []Issue
	// Unlisted tells, by code, how many issues there were beyond the MaxIssues
	// that are listed.
	Unlisted map[string]int
	Words    Words
}

const (
	// MaxIssues is how many issues of one code are listed for a page.
	MaxIssues = 100
	// MaxWords is how many bytes of visible text are kept of a page.
	MaxWords = 256 << 10
	// MaxRefs is how many references of one text are kept.
	MaxRefs = 5000
)

// Ref is a reference to another file or address, as written, entities resolved.
type Ref struct {
	URL  string
	How  How
	Pos  Pos
	Kept bool // in a template, which only a script would put into a page
}

// How is what a reference is for.
type How string

const (
	AsScript  How = "script"  // <script src>, import, importScripts
	AsStyle   How = "style"   // <link rel=stylesheet>, @import
	AsFrame   How = "frame"   // iframe, frame, meta refresh, object and embed of pages
	AsImage   How = "image"   // img, srcset, poster, CSS url(), SVG image, icons
	AsMedia   How = "media"   // video, audio, source
	AsTrack   How = "track"   // captions and the like
	AsLink    How = "link"    // a href, area, form action
	AsPlugin  How = "plugin"  // object, embed, applet
	AsLiteral How = "literal" // a string of a script that looks like a path or an address
	AsRequest How = "request" // fetch, XMLHttpRequest, sendBeacon, WebSocket with a literal address
)

// Talk is what the scripts of a text have of the ways to speak with a host. A
// name counts wherever code has it, as an identifier or in a string, minified too.
type Talk struct {
	SCORM12   bool // LMSInitialize
	SCORM2004 bool // API_1484_11, or Initialize called on something found as an API
	XAPI      bool // statements, or a known library of xAPI
	CMI5      bool // fetch/endpoint/registration launch parameters, or cmi5's verbs
	AICC      bool // HACP: aicc_sid, AICC_URL, GetParam, PutParam
	Values    bool // LMSSetValue and the like, which a host refuses before LMSInitialize
	// What it can report.
	Completion, Success, Score, Time bool
}

// Issue is one finding of accessibility.
type Issue struct {
	Code string // names a rule of access.go, such as "image-alt"
	Pos  Pos
	What string // the element as a person would point at it: <img src="chart.png">
}

// Words is the text that readers see, for questions about content.
type Words struct {
	Spans []Span
	// Sentences, Words and Syllables (an English estimate) of its prose.
	Sentences, Words, Syllables int
}

// Span is one run of visible text.
type Span struct {
	Text string
	Pos  Pos
}

// Scan looks into a text. mime or file name play no part: the caller says what
// it is. It never fails: what can't be read is left out. data are the bytes as
// they lie; the encoding is found as browsers do.
func Scan(kind Kind, data []byte) *Text {
	t := &Text{Kind: kind}
	switch kind {
	case HTML:
		scanHTML(decodePage(data), t)
	case SVG:
		scanSVG(decode(data), t)
	case Script:
		scanScript(decode(data), Pos{Line: 1, Column: 1}, t)
	case Style:
		scanStyle(decode(data), Pos{Line: 1, Column: 1}, t)
	}
	return t
}
