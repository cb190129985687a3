package packagecheck

import (
	"maps"
	"slices"

	"github.com/leadership-ladder/rung/authoring/packagecheck/webpage"
)

// MaxOnPage is how many places of one rule are listed for a page. One finding a
// place is what a reviewer can tick off; the last says how many more there are.
const MaxOnPage = 5

// accessibility makes findings of what was seen on every page. A shell that a
// generator's script fills has a language and a title to judge, and little else;
// the browser sees the rest.
func (c *checker) accessibility() {
	for _, path := range slices.Sorted(maps.Keys(c.texts)) {
		if t := c.texts[path]; t != nil && t.Kind == webpage.HTML {
			c.accessible(path, t)
		}
	}
}

func (c *checker) accessible(path string, t *webpage.Text) {
	total, told := map[string]int{}, map[string]int{}
	for _, i := range t.Issues {
		total[i.Code]++
	}
	for code, n := range t.Unlisted {
		total[code] += n
	}
	for _, i := range t.Issues {
		kind, known := accessRules[i.Code]
		if told[i.Code]++; !known || told[i.Code] > MaxOnPage {
			continue
		}
		more := ""
		if n := total[i.Code] - MaxOnPage; n > 0 && told[i.Code] == MaxOnPage {
			more = moreOnPage(n)
		}
		c.add(kind.rule, place{path, i.Pos}, kind.says+"%s", i.What, more)
	}
}
