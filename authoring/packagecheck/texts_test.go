package packagecheck

import (
	"bytes"
	"testing"

	"golang.org/x/net/html"

	"github.com/leadership-ladder/rung/authoring/packagecheck/webpage"
)

// pagesByHand sees in each page what this test needs of it: its references and
// its scripts, and nothing of accessibility.
func (c *checker) pagesByHand(t *testing.T) {
	t.Helper()
	for p, text := range c.texts {
		if text.Kind != webpage.HTML {
			continue
		}
		data, _, err := c.arc.Find(p).ReadAll(c.ctx, maxText)
		if err != nil {
			t.Fatal(err)
		}
		c.texts[p] = pageByHand(data)
	}
}

func pageByHand(data []byte) *webpage.Text {
	text := &webpage.Text{Kind: webpage.HTML}
	uses := map[string]webpage.How{"script src": webpage.AsScript, "link href": webpage.AsStyle, "img src": webpage.AsImage,
		"iframe src": webpage.AsFrame, "frame src": webpage.AsFrame, "a href": webpage.AsLink}
	z := html.NewTokenizer(bytes.NewReader(data))
	inside := ""
	for {
		switch z.Next() {
		case html.ErrorToken:
			return text
		case html.TextToken:
			kind := map[string]webpage.Kind{"script": webpage.Script, "style": webpage.Style}[inside]
			if kind != "" {
				part := webpage.Scan(kind, z.Raw())
				text.Talk = together(text.Talk, part.Talk)
				text.Reaches = append(text.Reaches, part.Reaches...)
				text.Refs = append(text.Refs, part.Refs...)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			tag := z.Token()
			inside = tag.Data
			for _, a := range tag.Attr {
				if how := uses[tag.Data+" "+a.Key]; how != "" {
					text.Refs = append(text.Refs, webpage.Ref{URL: a.Val, How: how, Pos: webpage.Pos{Line: 1, Column: 1}})
				}
			}
		case html.EndTagToken:
			inside = ""
		}
	}
}
