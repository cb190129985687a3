package packagecheck

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
	"github.com/leadership-ladder/rung/authoring/packagecheck/webpage"
)

// Version is that of the rules: it changes whenever the same bytes could give
// another report.
const Version = "2"

// Options are what a check takes besides the bytes.
type Options struct {
	Limits archive.Limits
	// Progress is told now and then how far the check is; nil for nobody.
	Progress func(Progress)
	// Browser launches the units; nil where there is none, and NoBrowser then
	// says why.
	Browser   Launcher
	NoBrowser string
	// Hurry leaves the browser out where the package fails without it: whoever
	// waits for the report hears at once what is to be mended first.
	Hurry bool
}

// Progress is how far a check is.
type Progress struct {
	Doing string // "Reading the files", in words for people
	Done  int64
	All   int64 // bytes or units; 0: not known
}

// checker is one check under way.
type checker struct {
	ctx     context.Context
	opts    Options
	source  io.ReaderAt
	size    int64
	arc     *archive.Archive         // nil for what is no zip file
	texts   map[string]*webpage.Text // what was seen in each page, script and style, by path
	odd     []oddFile                // files that a package should not have
	reached map[string]bool          // texts that a unit leads to
	absent  map[string]bool          // files of the manifest that an error says aren’t there, by their decoded paths
	units   []*unit
	docs    documents
	prose   readable // the words of all pages together
	report  *Report
	found   map[string]int // findings by their rule
	listed  map[Finding]bool
	alike   map[string]string // files by what they may be meant by
}

// unit is a launchable thing while it is looked at.
type unit struct {
	Unit
	at   place  // where the manifest declares it
	file string // the file that is launched, empty where it lies outside or is missing
}

// place is where a finding is.
type place struct {
	path string
	pos  markup.Pos
}

// in is a whole file.
func in(path string) place { return place{path: path} }

// Check reads a package of size bytes to its end. Whatever is wrong with the
// package is in the report; an error is the end of ctx, or trouble with r.
func Check(ctx context.Context, r io.ReaderAt, size int64, o Options) (*Report, error) {
	c := newChecker(ctx, r, size, o)
	if err := c.run(); err != nil {
		return nil, err
	}
	for _, u := range c.units {
		c.report.Facts.Units = append(c.report.Facts.Units, u.Unit)
	}
	c.report.settle()
	return c.report, nil
}

func newChecker(ctx context.Context, r io.ReaderAt, size int64, o Options) *checker {
	return &checker{ctx: ctx, opts: o, source: r, size: size,
		docs:  documents{work: 2*size + documentWork, advised: map[*Rule]*advice{}},
		texts: map[string]*webpage.Text{}, absent: map[string]bool{}, found: map[string]int{}, listed: map[Finding]bool{},
		report: &Report{Version: Version, Kind: Unknown, Facts: Facts{Size: size}}}
}

func (c *checker) run() error {
	if err := c.open(); err != nil {
		return err
	}
	if c.arc == nil {
		return c.ctx.Err()
	}
	if err := c.manifest(); err != nil {
		return err
	}
	if err := c.read(); err != nil {
		return err
	}
	if err := c.tracking(); err != nil {
		return err
	}
	c.outside()
	c.accessibility()
	c.content()
	c.hosts()
	return c.launch()
}

// add records what a rule found at a place. What is listed already isn't
// counted again.
func (c *checker) add(r *Rule, at place, format string, args ...any) {
	c.addFrom(r, r.Source, at, format, args...)
}

// addFrom is add for a rule that finds what several standards, or several parts
// of one, say: source is the one that says this.
func (c *checker) addFrom(r *Rule, source string, at place, format string, args ...any) {
	f := Finding{
		ID: r.ID, Severity: r.Severity, Area: r.Area,
		Path: archive.Shown(at.path), Line: at.pos.Line, Column: at.pos.Column,
		Message: fmt.Sprintf(format, args...), Why: r.Why, Fix: r.Fix, Rule: source,
	}
	if c.listed[f] {
		return
	}
	if c.found[r.ID]++; c.found[r.ID] > MaxOfOneRule {
		if c.report.More == nil {
			c.report.More = map[string]int{}
		}
		c.report.More[r.ID]++
		return
	}
	c.listed[f] = true
	c.report.Findings = append(c.report.Findings, f)
}

// progress tells how far the check is, if anybody asked.
func (c *checker) progress(doing string, done, all int64) {
	if c.opts.Progress != nil {
		c.opts.Progress(Progress{doing, done, all})
	}
}

// broken turns what reading an entry failed with into a finding; what isn't the
// package's fault is given back.
func (c *checker) broken(err error) error {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*archive.Problem](err); ok {
		c.problem(*p)
		return nil
	}
	return err
}
