package packagecheck

import (
	"context"
	"io"
)

// Launcher launches units in a real browser: packagecheck/browser has one.
type Launcher interface {
	// Launch tells what was seen. Its error is the end of ctx, or a browser that
	// could not be run, which is a reason in words for people.
	Launch(ctx context.Context, l Launch) (Look, error)
}

// Launch is what a browser is given.
type Launch struct {
	Kind    Kind
	Edition string
	// Units are those that lie in the package. Their Launch is a reference from
	// its root, percent-encoded, with its query.
	Units []Unit
	// Open gives the bytes of a file, and false where there is none. The caller
	// closes them.
	Open func(ctx context.Context, path string) (io.ReadCloser, bool)
	// Progress is told how many units are done.
	Progress func(done int)
}

// Look is what a browser saw of a package.
type Look struct {
	Seen []Seen // of each unit that was launched
	Note string // what was left out and why, in whole sentences
}

// Seen is what a browser saw of one unit.
type Seen struct {
	Unit        int    // index in Launch.Units
	Initialized bool   // it called Initialize, or sent cmi5's or xAPI's first statement
	Terminated  bool   // and Terminate when its page was left
	Stuck       bool   // its scripts ran without an end, or its page crashed
	Misuse      []Said // calls that the standard answers with an error
	Errors      []Said // errors of its scripts
	Missing     []Said // files of the package that it asked for and that aren't there
	Outside     []Said // addresses outside that it asked for; none was answered
	Axe         []Violation
}

// Said is one thing that was seen, with the page that it came from.
type Said struct{ Path, Text string }

// Violation is one finding of axe-core.
type Violation struct {
	Rule    string // axe's name of it, such as "image-alt"
	Impact  string // minor, moderate, serious, critical
	Help    string // one sentence
	Source  string // "WCAG 2.2 SC 1.1.1"
	Path    string // the page
	Target  string // the element, as a selector
	Count   int    // elements on the page
	Problem string // what exactly, of the first
}
