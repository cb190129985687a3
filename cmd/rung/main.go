// Command rung takes learning modules up the ladder: it serves the site, has the
// commands that whoever runs the server needs beside it, and those that do the
// common things at a server from anywhere.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// The exit codes.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2 // the command line or the configuration is wrong
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// process is what a command has of the world.
type process struct {
	ctx            context.Context // ends when the process is asked to stop
	env            map[string]string
	stdout, stderr io.Writer
	now            func() time.Time
}

// run is the whole program: it returns the exit code, and only when everything
// that it started has stopped.
func run(ctx context.Context, args, env []string, stdout, stderr io.Writer) (code int) {
	out := &output{Writer: stdout}
	p := &process{ctx: ctx, env: map[string]string{}, stdout: out, stderr: stderr, now: time.Now}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		p.env[name] = value
	}
	// kong ends the process after printing help; so does run, in its own way.
	type exit int
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(exit)
			if !ok {
				panic(r)
			}
			code = int(e)
		}
	}()
	var commands struct{ commands }
	parser, err := kong.New(&commands,
		kong.Name("rung"),
		kong.Description("Takes learning modules up the ladder: proposal, technical, educational, final, published."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.Resolvers(p.variables()),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Bind(p),
	)
	if err != nil {
		fmt.Fprintf(stderr, "rung: %v\n", err)
		return exitFailure
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "rung: %v\nTry: rung --help\n", err)
		return exitUsage
	}
	if err := command.Run(); err != nil {
		return p.report(err)
	}
	if out.failed != nil {
		return p.report(fmt.Errorf("printing the result: %w", out.failed))
	}
	return exitOK
}

// output is where results go. What couldn't be printed is no success, and
// remembered for the end.
type output struct {
	io.Writer
	failed error
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.Writer.Write(b)
	if o.failed == nil {
		o.failed = err
	}
	return n, err
}

// Unwrap gives what is behind it, which may be a terminal.
func (o *output) Unwrap() io.Writer { return o.Writer }

// variables lets the environment give what the command line leaves out. A
// variable that is set but empty counts as not set.
func (p *process) variables() kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if name := flag.Tag.Get("variable"); name != "" && p.env[name] != "" {
			return p.env[name], nil
		}
		return nil, nil
	})
}

// report tells what went wrong, in words where there are any, and gives the exit code.
func (p *process) report(err error) int {
	if code, ok := errors.AsType[exitWith](err); ok {
		return int(code)
	}
	if wrong, ok := errors.AsType[problems](err); ok {
		fmt.Fprintln(p.stderr, "rung: the configuration is not right:")
		for _, line := range wrong {
			fmt.Fprintln(p.stderr, "  "+line)
		}
		return exitUsage
	}
	if mistakes, ok := errors.AsType[*programme.Mistakes](err); ok {
		fmt.Fprintln(p.stderr, mistakes)
		return exitFailure
	}
	if code, known := p.reportRemote(err); known {
		return code
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		fmt.Fprintln(p.stderr, "rung: "+f.Text)
		for _, r := range f.Reasons {
			fmt.Fprintln(p.stderr, "  "+r.Text)
		}
		return exitFailure
	}
	if p.ctx.Err() != nil && errors.Is(err, context.Canceled) {
		fmt.Fprintln(p.stderr, "rung: asked to stop before it was done")
		return exitFailure
	}
	fmt.Fprintf(p.stderr, "rung: %v\n", err)
	return exitFailure
}
