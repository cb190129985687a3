package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
	"github.com/leadership-ladder/rung/cmd/rung/client"
)

const (
	// barAfter is how long work may take before its progress is shown, and
	// barEvery how often that is drawn anew.
	barAfter = 500 * time.Millisecond
	barEvery = 100 * time.Millisecond
	barCells = 20
)

// bar shows progress on a terminal, in one line that is gone at the end.
type bar struct {
	out   io.Writer
	width int // 0: nobody looks
	now   func() time.Time

	mu    sync.Mutex // a browser tells its progress from elsewhere
	begun time.Time
	drawn time.Time
}

func newBar(p *process) *bar {
	screen := client.ScreenOn(p.stderr, p.env)
	b := &bar{out: p.stderr, width: screen.Width, now: p.now}
	if p.env["TERM"] == "dumb" { // it can't go back in its line
		b.width = 0
	}
	return b
}

// show gives what draws the progress of one file, nil where nobody looks.
func (b *bar) show(name string) func(packagecheck.Progress) {
	if b.width == 0 {
		return nil
	}
	b.begun = b.now()
	return func(p packagecheck.Progress) {
		b.mu.Lock()
		defer b.mu.Unlock()
		now := b.now()
		if now.Sub(b.begun) < barAfter || now.Sub(b.drawn) < barEvery {
			return
		}
		b.drawn = now
		fmt.Fprint(b.out, "\r\x1b[2K"+barLine(name, p, b.width-1))
	}
}

// erase takes the line away, if it was drawn.
func (b *bar) erase() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.drawn.IsZero() {
		fmt.Fprint(b.out, "\r\x1b[2K")
		b.drawn = time.Time{}
	}
}

// barLine is the progress in one line: how far, then what is done to which file.
func barLine(name string, p packagecheck.Progress, width int) string {
	text := p.Doing + ": " + name
	if p.All > 0 {
		done := min(max(p.Done, 0), p.All)
		cells := int(float64(done) / float64(p.All) * barCells)
		text = fmt.Sprintf("[%s%s] %3.0f %% %s", strings.Repeat("#", cells), strings.Repeat(".", barCells-cells), 100*float64(done)/float64(p.All), text)
	}
	text = packagecheck.Harmless(text)
	if utf8.RuneCountInString(text) > width {
		text = string([]rune(text)[:max(width, 0)])
	}
	return text
}
