package client

import (
	"strings"
	"sync"
	"time"
)

const (
	barWidth   = 30 // characters
	redrawEach = 100 * time.Millisecond
	clearLine  = "\r\x1b[K"
)

// Aside is what is said beside the result: notes and, on a terminal, how far
// something is, in one line that is written anew.
type Aside struct {
	Screen
	Now func() time.Time

	mu   sync.Mutex // an upload is shown by whoever sends it
	last time.Time  // when the line was written; zero: there is none
}

// Say says a sentence.
func (a *Aside) Say(sentence string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clear()
	a.printf("rung: %s\n", sentence)
}

// show writes the line of progress, unless it was written a moment ago.
func (a *Aside) show(line string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.Now()
	if !a.Terminal() || now.Sub(a.last) < redrawEach {
		return
	}
	a.last = now
	a.printf("%s%s", clearLine, cut(line, a.Width-1))
}

// Clear takes the line of progress away.
func (a *Aside) Clear() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clear()
}

func (a *Aside) clear() {
	if !a.last.IsZero() {
		a.printf(clearLine)
		a.last = time.Time{}
	}
}

// bar shows how many bytes of a whole are sent.
func (a *Aside) bar(what string, sent, whole int64) {
	full := int(sent * barWidth / whole)
	a.show(what + " [" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "] " +
		number(int(sent*100/whole)) + " % of " + size(whole))
}

// size is a number of bytes for people: 12 MB.
func size(bytes int64) string {
	switch {
	case bytes >= 10_000_000:
		return number(int(bytes/1_000_000)) + " MB"
	case bytes >= 10_000:
		return number(int(bytes/1000)) + " kB"
	}
	return number(int(bytes)) + " bytes"
}
