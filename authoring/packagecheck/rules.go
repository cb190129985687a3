package packagecheck

import (
	"cmp"
	"slices"
)

// Area is what a rule is about.
type Area string

const (
	Container     Area = "container"     // the zip file itself
	Manifest      Area = "manifest"      // what the package says of itself
	Tracking      Area = "tracking"      // will it work on the host?
	Outside       Area = "outside"       // Flash, server code, executables, addresses outside
	Accessibility Area = "accessibility" // WCAG 2.2, as far as a program can tell
	Content       Area = "content"       // questions for a person
	Browser       Area = "browser"       // what a real browser saw
)

var areas = []Area{Container, Manifest, Tracking, Outside, Accessibility, Content, Browser}

// Areas are all of them, in the order of reports.
func Areas() []Area { return slices.Clone(areas) }

func (a Area) rank() int { return slices.Index(areas, a) }

// decides tells whether findings of the area make the verdict.
func (a Area) decides() bool {
	return a == Container || a == Manifest || a == Tracking || a == Outside
}

// Rule is one thing that is looked for. Its severity never depends on where it
// is found: what is worse in one place is another rule there.
type Rule struct {
	ID       string   // lower-case words with hyphens; never changes its meaning
	Area     Area     //
	Severity Severity //
	Title    string   // what is wrong, as a heading: "A file of the manifest is missing"
	Why      string   // why it matters, one or two sentences
	Fix      string   // how to mend it, one or two sentences
	Source   string   // standard, section or requirement
	// Criterion is the key of the technical rubric's line that the rule speaks
	// for, empty where it speaks for none.
	Criterion string
}

// registry has every rule by its ID.
var registry = map[string]*Rule{}

// define adds a rule. It is called by the declarations of package variables
// alone; a doubled ID is a mistake of the programmer.
func define(r Rule) *Rule {
	if _, taken := registry[r.ID]; taken {
		panic("two rules are called " + r.ID)
	}
	registry[r.ID] = &r
	return &r
}

// Rules gives all rules, by area and ID.
func Rules() []Rule {
	list := make([]Rule, 0, len(registry))
	for _, r := range registry {
		list = append(list, *r)
	}
	slices.SortFunc(list, func(a, b Rule) int {
		return cmp.Or(cmp.Compare(a.Area.rank(), b.Area.rank()), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// RuleNamed gives the rule of an ID.
func RuleNamed(id string) (Rule, bool) {
	r, ok := registry[id]
	if !ok {
		return Rule{}, false
	}
	return *r, true
}
