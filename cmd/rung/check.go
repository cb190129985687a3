package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
	"github.com/leadership-ladder/rung/authoring/packagecheck/browser"
	"github.com/leadership-ladder/rung/cmd/rung/client"
)

type checkCmd struct {
	File      []fileName `arg:"" optional:"" help:"Package files."`
	JSON      bool       `name:"json" help:"Print one JSON object per file, each on a line of its own."`
	NoBrowser bool       `name:"no-browser" help:"Don't launch the package in Chromium."`
	Explain   []string   `name:"explain" xor:"what" placeholder:"ID" help:"Tell about a rule, or about several with commas between them."`
	Rules     bool       `name:"rules" xor:"what" help:"Print the table of all rules as Markdown."`
	Schema    bool       `name:"schema" xor:"what" help:"Print the JSON Schema of what --json prints."`
}

// fileName is the name of a file, byte for byte: kong makes texts valid UTF-8,
// which the names on a disk need not be.
type fileName string

// Decode takes the name as it was given.
func (n *fileName) Decode(ctx *kong.DecodeContext) error {
	given, ok := ctx.Scan.Pop().Value.(string)
	if !ok {
		return errors.New("expected the name of a file")
	}
	*n = fileName(given)
	return nil
}

// Help tells what the exit code means.
func (checkCmd) Help() string {
	return `Exit codes: 0 every file is ok or warn; 1 a file fails; 2 a file could not be read, or the command line is wrong (the other files are checked all the same); 130 it was asked to stop.`
}

// exitStopped is what shells give for a command that Ctrl-C ended.
const exitStopped = 130

// exitWith ends the command with a code once everything was said.
type exitWith int

func (e exitWith) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// Run checks the files, one after another.
func (c checkCmd) Run(p *process) error {
	asked := len(c.Explain) > 0 || c.Rules || c.Schema
	switch {
	case asked && len(c.File) > 0:
		return p.misused("--explain, --rules and --schema take no files.")
	case len(c.Explain) > 0:
		return c.explain(p)
	case c.Rules:
		fmt.Fprint(p.stdout, packagecheck.RulesTable())
		return nil
	case c.Schema:
		fmt.Fprint(p.stdout, string(packagecheck.Schema))
		return nil
	case len(c.File) == 0:
		return p.misused("Which files? Name one or more packages.")
	}
	return c.check(p)
}

func (p *process) misused(text string) error {
	fmt.Fprintf(p.stderr, "rung: %s\nTry: rung check --help\n", text)
	return exitWith(exitUsage)
}

// explain tells about each rule, with an empty line between two; what is not
// known is told of instead, and the rest all the same.
func (c checkCmd) explain(p *process) error {
	var outcome error
	told := false
	for _, id := range c.Explain {
		text, known := packagecheck.Explain(id, widthOf(client.ScreenOn(p.stdout, p.env)))
		if !known {
			fmt.Fprintf(p.stderr, "rung: There is no rule %q. %s\n", shortened(id), hintFor(id))
			outcome = exitWith(exitUsage)
			continue
		}
		if told {
			fmt.Fprintln(p.stdout)
		}
		fmt.Fprint(p.stdout, text)
		told = true
	}
	return outcome
}

func hintFor(id string) string {
	var ids []string
	for _, r := range packagecheck.Rules() {
		ids = append(ids, r.ID)
	}
	if near := client.Near(id, ids); len(near) > 0 {
		return "Did you mean " + strings.Join(near, ", ") + "?"
	}
	return "rung check --rules lists them all."
}

// shortened is what somebody typed, as much of it as is worth repeating.
func shortened(text string) string {
	if r := []rune(text); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return text
}

// widthOf is how long lines are: no longer than is good to read.
func widthOf(s client.Screen) int {
	if !s.Terminal() {
		return 80
	}
	return min(s.Width, 100)
}

func (c checkCmd) check(p *process) error {
	launcher, why := newLauncher(c.NoBrowser)
	screen := client.ScreenOn(p.stdout, p.env)
	bar := newBar(p)
	var tally tally
	for i, file := range c.File {
		name := string(file)
		report, err := checkFile(p.ctx, name, packagecheck.Options{Browser: launcher, NoBrowser: why, Progress: bar.show(name)})
		bar.erase()
		if p.ctx.Err() != nil {
			fmt.Fprintln(p.stderr, "rung: asked to stop before it was done")
			return exitWith(exitStopped)
		}
		if err != nil {
			tally.unread++
			fmt.Fprintf(p.stderr, "rung: %s: %s\n", packagecheck.Harmless(name), unreadable(err))
			continue
		}
		tally.count(report.Verdict)
		if err := c.print(p, screen, report, name, i > 0); err != nil {
			return err
		}
	}
	if !c.JSON && len(c.File) > 1 {
		fmt.Fprintf(p.stdout, "\n%s\n", tally)
	}
	return tally.outcome()
}

func (c checkCmd) print(p *process, screen client.Screen, report *packagecheck.Report, name string, further bool) error {
	if c.JSON {
		return report.WriteJSON(p.stdout, name)
	}
	if further {
		fmt.Fprintln(p.stdout)
	}
	return report.WriteText(p.stdout, packagecheck.TextOptions{Name: name, Width: widthOf(screen), Colour: screen.Colour})
}

// newLauncher gives what launches packages in a real browser, or why there is none.
func newLauncher(noBrowser bool) (packagecheck.Launcher, string) {
	if noBrowser {
		return nil, "it was asked to leave it out (--no-browser)"
	}
	b, err := browser.New(browser.Options{})
	if err != nil {
		return nil, err.Error()
	}
	return b, ""
}

// notChecked is why a file isn't even opened, or can't be read as one.
type notChecked string

func (n notChecked) Error() string { return string(n) }

// checkFile checks one file. What isn't an ordinary file is never opened: a pipe
// would keep whoever opens it waiting.
func checkFile(ctx context.Context, name string, o packagecheck.Options) (*packagecheck.Report, error) {
	info, err := os.Stat(name)
	switch {
	case name == "-" && err != nil:
		return nil, notChecked("a package is read from many places, which standard input doesn’t allow; save it as a file first")
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, notChecked("it is a folder; zip what is in it and check the zip file")
	case !info.Mode().IsRegular():
		return nil, notChecked("it is a pipe or a device, not a file")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return packagecheck.Check(ctx, f, info.Size(), o)
}

// unreadable says in words why a file could not be read.
func unreadable(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		return "you may not read it"
	}
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	return packagecheck.Harmless(err.Error())
}

// tally counts what became of the files.
type tally struct{ ok, warn, fail, unread int }

func (t *tally) count(v packagecheck.Verdict) {
	switch v {
	case packagecheck.OK:
		t.ok++
	case packagecheck.Warn:
		t.warn++
	default:
		t.fail++
	}
}

func (t tally) String() string {
	text := fmt.Sprintf("%d files: %d ok, %d warn, %d fail", t.ok+t.warn+t.fail+t.unread, t.ok, t.warn, t.fail)
	if t.unread > 0 {
		text += fmt.Sprintf(", %d could not be read", t.unread)
	}
	return text + "."
}

func (t tally) outcome() error {
	switch {
	case t.unread > 0:
		return exitWith(exitUsage)
	case t.fail > 0:
		return exitWith(exitFailure)
	}
	return nil
}
