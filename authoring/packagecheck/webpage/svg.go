package webpage

import (
	"bytes"

	"golang.org/x/net/html"
)

// scanSVG looks into a drawing. It is read with the tokenizer of pages, which
// forgives what browsers' XML parsers refuse: whether it is well-formed isn't
// asked here. Drawings have no issues of their own; how a page shows them
// decides whether they need a name.
func scanSVG(text []byte, t *Text) {
	p := &page{t: t, z: html.NewTokenizer(bytes.NewReader(text)), cursor: newCursor(text),
		depth: map[string]int{}, counts: map[string]int{}, ids: newIDs(), xml: true}
	p.run()
	for len(p.open) > 0 {
		p.pop()
	}
	p.prose.endBlock(p)
	t.Unlisted = nil
}
