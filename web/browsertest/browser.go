// Package browsertest drives a real Chromium: one process for a test binary,
// and for each [Tab] a profile of its own. Where Chromium is missing, a test
// fails and says what to install; it is never skipped.
package browsertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/chromedp/chromedp"

	"github.com/leadership-ladder/rung/authoring/packagecheck/browser"
)

// the binary's one browser: a context without a time limit, since the limit
// of the first use would become the browser's.
var shared = sync.OnceValues(start)

func start() (context.Context, error) {
	path, err := browser.Find()
	if err != nil {
		return nil, fmt.Errorf("this test needs Chromium (apt-get install chromium): %w", err)
	}
	dir, err := newProfile()
	if err != nil {
		return nil, err
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(dir),
		chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-extensions", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("lang", "en-GB"),
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // it refuses to start as root with one
	}
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator) // ends with the process, which is what the browser waits for
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("starting %s: %w", path, err)
	}
	return ctx, nil
}

// lifeline is held open as long as the process lives; at its end the profile
// is removed, however the process ended.
var lifeline io.WriteCloser

const undertaker = `cat >/dev/null; for i in 1 2 3 4 5; do sleep 1; rm -rf "$1" && exit; done`

func newProfile() (string, error) {
	dir, err := os.MkdirTemp("", "rung-browser-")
	if err != nil {
		return "", fmt.Errorf("making a profile for the browser: %w", err)
	}
	cmd := exec.Command("/bin/sh", "-c", undertaker, "sh", dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C is not meant for it
	if lifeline, err = cmd.StdinPipe(); err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return "", fmt.Errorf("watching over the browser's profile: %w", err)
	}
	return dir, nil
}

// root is the folder of the project: the one with go.mod, at or above the
// test's own.
func root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod here or above")
		}
		dir = parent
	}
}
