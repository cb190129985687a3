// Package browser looks at the units of a package in a real Chromium, in its own
// sandbox and with no network: it answers each request of a page itself, from
// the package, and plays the host that the page looks for. It speaks with
// Chromium over pipes and opens no port.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
)

// Options say which Chromium is used, and how much of a package it looks at.
type Options struct {
	Path    string        // of Chromium; empty: the one on PATH
	Units   int           // launched at most; 0: 20
	PerUnit time.Duration // 0: 20 seconds
	All     time.Duration // 0: 2 minutes
	// UnsafeNoSandboxForTests starts Chromium without its sandbox, which the
	// project's own tests need where they run as root. Nothing but a test may
	// name it; a house rule sees to that.
	UnsafeNoSandboxForTests bool
}

// Browser launches units. It may be used for many checks, also at once: each
// has a Chromium of its own.
type Browser struct{ opts Options }

var _ packagecheck.Launcher = (*Browser)(nil)

var errRoot = errors.New("Chromium has no sandbox when it runs as root, and nothing unknown is opened without: start Rung as an ordinary user for this part")

var errSilent = errors.New("Chromium started, but did not open a page in time")

// Find looks for Chromium on PATH. Its error is in words for people.
func Find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no Chromium on this machine")
}

// New gives a browser, or the reason in words for people why there is none.
func New(o Options) (*Browser, error) {
	if o.Path == "" {
		path, err := Find()
		if err != nil {
			return nil, err
		}
		o.Path = path
	} else if _, err := exec.LookPath(o.Path); err != nil {
		return nil, fmt.Errorf("there is no Chromium at %s", o.Path)
	}
	if os.Geteuid() == 0 && !o.UnsafeNoSandboxForTests {
		return nil, errRoot
	}
	if o.Units <= 0 {
		o.Units = 20
	}
	if o.PerUnit <= 0 {
		o.PerUnit = 20 * time.Second
	}
	if o.All <= 0 {
		o.All = 2 * time.Minute
	}
	return &Browser{opts: o}, nil
}

// Launch opens the units one after the other.
func (b *Browser) Launch(ctx context.Context, l packagecheck.Launch) (packagecheck.Look, error) {
	var look packagecheck.Look
	limited, cancel := context.WithTimeout(ctx, b.opts.All)
	defer cancel()
	r := &run{browser: b, launch: l}
	defer r.now.caught.raise()
	defer r.stop()
	var trouble error
	for i := range min(len(l.Units), b.opts.Units) {
		if trouble = r.ready(limited); trouble != nil {
			break
		}
		seen, err := r.visit(limited, i)
		if ctx.Err() != nil {
			return packagecheck.Look{}, ctx.Err()
		}
		if limited.Err() != nil {
			break // half a look is none
		}
		if err != nil {
			trouble = err
			break
		}
		look.Seen = append(look.Seen, seen)
		if l.Progress != nil {
			l.Progress(i + 1)
		}
	}
	switch {
	case ctx.Err() != nil:
		return packagecheck.Look{}, ctx.Err()
	case trouble != nil && limited.Err() == nil && len(look.Seen) == 0:
		return packagecheck.Look{}, trouble
	}
	look.Note = b.note(len(look.Seen), len(l.Units))
	return look, nil
}

// note says what was left out.
func (b *Browser) note(done, all int) string {
	note := ""
	if done < all {
		note = fmt.Sprintf("%d of %d units were opened: the rest would have taken too long.", done, all)
	}
	if axe == "" {
		if note != "" {
			note += " "
		}
		note += "The accessibility of the open pages was not looked at, since this copy of Rung was built without axe-core (make assets)."
	}
	return note
}

// run is the look at one package.
type run struct {
	browser *Browser
	launch  packagecheck.Launch
	chrome  *process
	now     current
}

// ready starts a browser where none is running.
func (r *run) ready(ctx context.Context) error {
	if r.chrome != nil {
		select {
		case <-r.chrome.gone:
			r.stop()
		default:
			return nil
		}
	}
	p, err := start(ctx, r.browser.opts.Path, !r.browser.opts.UnsafeNoSandboxForTests, r.now.event)
	if err != nil {
		return err
	}
	r.chrome = p
	if hold(ctx, p.wire, "") != nil {
		return errSilent
	}
	return nil
}

func (r *run) stop() {
	if r.chrome != nil {
		r.chrome.stop()
		r.chrome = nil
	}
}
