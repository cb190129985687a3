package packagecheck

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck/webpage"
)

// withPages is a check that has read some pages.
func withPages(pages map[string]string) *checker {
	c := newChecker(context.Background(), nil, 0, Options{})
	for path, text := range pages {
		c.texts[path] = webpage.Scan(webpage.HTML, []byte(text))
	}
	return c
}

func TestAccessibilityIsFoundPageByPage(t *testing.T) {
	c := withPages(map[string]string{
		"b.html": `<html lang="en"><title>B</title><p>` + strings.Repeat("\n<img src=x.png>", 7),
		"a.html": `<html><title>A</title><p>Words`,
		"c.html": `<html lang="en"><title>C</title><p>Nothing is wrong`,
	})
	c.accessibility()
	var got []string
	for _, f := range c.report.Findings {
		got = append(got, fmt.Sprintf("%s:%d %s", f.Path, f.Line, f.ID))
	}
	expected := "a.html:1 html-lang-missing, b.html:2 html-image-alt, b.html:3 html-image-alt, b.html:4 html-image-alt, b.html:5 html-image-alt, b.html:6 html-image-alt"
	if s := strings.Join(got, ", "); s != expected {
		t.Errorf("found %s,\nexpected %s", s, expected)
	}
	if last := c.report.Findings[5].Message; last != `<img src="x.png"> has no alt attribute. 2 more places on this page are like it.` {
		t.Errorf("the last says %q", last)
	}
	if f := c.report.Findings[1]; f.Severity != Warning || f.Area != Accessibility || !strings.Contains(f.Rule, "WCAG 2.2 SC 1.1.1") {
		t.Errorf("the finding is %+v", f)
	}
}

func TestPlacesBeyondThoseThatAreListedAreCounted(t *testing.T) {
	c := withPages(map[string]string{"a.html": `<html lang="en"><title>A</title>` + strings.Repeat("<img src=x.png>", webpage.MaxIssues+50)})
	c.accessibility()
	if n := len(c.report.Findings); n != MaxOnPage {
		t.Fatalf("%d findings, expected %d", n, MaxOnPage)
	}
	if last := c.report.Findings[MaxOnPage-1].Message; !strings.Contains(last, " 145 more places") {
		t.Errorf("the last says %q", last)
	}
}

// Every code has its rule, and every rule its criterion.
func TestEveryIssueHasARule(t *testing.T) {
	for _, code := range []string{webpage.NoLanguage, webpage.BadLanguage, webpage.NoTitle, webpage.ImageAlt, webpage.InputImageAlt,
		webpage.AreaAlt, webpage.SVGName, webpage.ObjectName, webpage.FrameTitle, webpage.VideoCaptions, webpage.Autoplay,
		webpage.AutoplayControls, webpage.Label, webpage.LinkEmpty, webpage.ButtonEmpty, webpage.HeadingEmpty, webpage.HeadingSkip,
		webpage.HeadingNone, webpage.Tabindex, webpage.Refresh, webpage.Zoom, webpage.DuplicateID, webpage.TableHeaders} {
		kind, ok := accessRules[code]
		if !ok {
			t.Errorf("%s has no rule", code)
			continue
		}
		if r := kind.rule; r.Criterion != "static_accessibility" || !strings.HasPrefix(r.Source, "WCAG 2.2 SC ") || r.Severity == Error ||
			strings.Count(kind.says, "%s") != 1 {
			t.Errorf("the rule of %s is %+v and says %q", code, *r, kind.says)
		}
	}
}
