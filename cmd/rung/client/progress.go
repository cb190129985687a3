package client

import (
	"strings"
	"time"
)

const (
	barWidth   = 30 // characters
	redrawEach = 100 * time.Millisecond
	clearLine  = "\r\x1b[K"
)

// Progress shows on a terminal how far something is, in one line that it writes
// anew. Where there is no terminal it shows nothing.
type Progress struct {
	Screen
	Now  func() time.Time
	last time.Time
}

// show writes the line, unless it was written a moment ago.
func (p *Progress) show(line string) {
	now := p.Now()
	if !p.Terminal() || now.Sub(p.last) < redrawEach {
		return
	}
	p.last = now
	p.printf("%s%s", clearLine, cut(line, p.Width-1))
}

// Done takes the line away.
func (p *Progress) Done() {
	if p.Terminal() && !p.last.IsZero() {
		p.printf(clearLine)
	}
}

// bar shows how many bytes of a whole are sent.
func (p *Progress) bar(what string, sent, whole int64) {
	full := int(sent * barWidth / whole)
	p.show(what + " [" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "] " +
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
