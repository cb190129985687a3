package packagecheck

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

const cmi5Space = "https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"

// cmi5Course is a course structure while it is read.
type cmi5Course struct {
	*checker
	path       string
	space      string // of the root: what is in another is an extension
	objectives map[string]bool
	blocks     map[string]bool
	aus        map[string]bool
	outside    int  // units that lie outside
	asks       bool // a unit has a moveOn that must be met
}

// part is what an element may have in it, in the order of cmi5's schema.
type part struct {
	name     string // of a child; "au|block" for either
	required bool
	many     bool
}

var (
	cmi5Root   = []part{{"course", true, false}, {"objectives", false, false}, {"au|block", true, true}}
	cmi5Named  = []part{{"title", true, false}, {"description", true, false}}
	cmi5Listed = []part{{"objective", true, true}}
	cmi5Block  = []part{{"title", true, false}, {"description", true, false}, {"objectives", false, false}, {"au|block", true, true}}
	cmi5AU     = []part{{"title", true, false}, {"description", true, false}, {"objectives", false, false},
		{"url", true, false}, {"launchParameters", false, false}, {"entitlementKey", false, false}}
	cmi5Text = []part{{"langstring", true, true}}
	// cmi5Attributes are those that an element may have, besides those of
	// namespaces of their own.
	cmi5Attributes = map[string][]string{"course": {"id"}, "block": {"id"}, "objective": {"id", "idref"},
		"au": {"id", "moveOn", "masteryScore", "launchMethod", "activityType"}, "langstring": {"lang"}}
)

// cmi5 judges a course structure (cmi5, sections 13 and 14). path is empty for
// one that comes without a package.
func (c *checker) cmi5(doc *markup.Document, path string) {
	root := doc.Root
	k := &cmi5Course{checker: c, path: path, space: root.Space,
		objectives: map[string]bool{}, blocks: map[string]bool{}, aus: map[string]bool{}}
	c.report.Kind, c.report.Edition, c.report.Facts.Manifest = CMI5, "1.0", path
	if root.Space != cmi5Space {
		k.say(cmi5Namespace, root, "The root element’s namespace is “%s”", short(root.Space))
	}
	if root.Name != "courseStructure" {
		k.say(cmi5Required, root, "The root element is <%s>, not <courseStructure>", short(root.Name))
		return
	}
	k.shape(root, cmi5Root)
	if course := k.child(root, "course"); course != nil {
		k.shape(course, cmi5Named)
		k.id(course, nil, nil)
		c.report.Facts.Title = k.named(course)
	}
	k.declareObjectives(root)
	k.below(root)
	if !k.asks && len(c.units) > 0 {
		k.say(cmi5NothingAsked, root, "The course has %s, and no moveOn that must be met", counted(int64(len(c.units)), "unit", "units"))
	}
	if k.outside > 0 && c.arc == nil {
		k.say(cmi5AllOutside, root, "%s launched from other servers", counted(int64(k.outside), "unit is", "units are"))
	}
}

// say adds a finding whose message ends with the requirement.
func (k *cmi5Course) say(r *Rule, e *markup.Element, format string, args ...any) {
	k.add(r, place{k.path, e.Pos}, "%s (%s).", fmt.Sprintf(format, args...), r.Source)
}

// children are those of the schema's own namespace.
func (k *cmi5Course) children(e *markup.Element) []*markup.Element {
	return slices.DeleteFunc(slices.Clone(e.Children), func(c *markup.Element) bool { return c.Space != k.space })
}

func (k *cmi5Course) child(e *markup.Element, name string) *markup.Element {
	for _, c := range e.Children {
		if c.Name == name && c.Space == k.space {
			return c
		}
	}
	return nil
}

// shape compares what is in an element with what the schema has there.
func (k *cmi5Course) shape(e *markup.Element, parts []part) {
	seen := make([]int, len(parts))
	last, ordered := 0, e.Name != "objective" // whose title and description stand in any order
	k.attributes(e)
	for _, c := range k.children(e) {
		i := slices.IndexFunc(parts, func(p part) bool {
			return p.name == c.Name || p.name == "au|block" && (c.Name == "au" || c.Name == "block")
		})
		switch {
		case i < 0 && slices.Contains(cmi5Attributes[e.Name], c.Name):
			k.say(cmi5Unknown, c, "<%s> is an element here, and in cmi5 an attribute of <%s>", c.Name, e.Name)
			continue
		case i < 0:
			k.say(cmi5Unknown, c, "<%s> may not stand in <%s>", short(c.Name), e.Name)
			continue
		}
		if seen[i]++; seen[i] == 2 && !parts[i].many {
			k.say(cmi5Unknown, c, "<%s> is there twice in one <%s>", c.Name, e.Name)
		}
		if i < last && ordered {
			k.say(cmi5Order, c, "<%s> comes too late in <%s>", c.Name, e.Name)
			ordered = false
		}
		last = max(last, i)
	}
	for i, p := range parts {
		if p.required && seen[i] == 0 {
			k.say(cmi5Required, e, "<%s> has no <%s> in it", e.Name, strings.ReplaceAll(p.name, "|", "> or <"))
		}
	}
}

// attributes compares an element's attributes with what the schema has there.
func (k *cmi5Course) attributes(e *markup.Element) {
	for _, a := range e.Attrs {
		if a.Space == "" && a.Name != "xmlns" && !slices.Contains(cmi5Attributes[e.Name], a.Name) {
			k.say(cmi5UnknownAttribute, e, "<%s> has an attribute “%s”", e.Name, short(a.Name))
		}
	}
}

// id reads an identifier. Where seen is given, it must be new there, or the rule
// is broken.
func (k *cmi5Course) id(e *markup.Element, seen map[string]bool, twice *Rule) string {
	id, has := e.AttrIn("", "id")
	id = strings.TrimSpace(id)
	switch {
	case !has || id == "":
		k.say(cmi5Required, e, "<%s> has no id", e.Name)
		return ""
	case !isIRI(id):
		k.say(cmi5IRI, e, "The id “%s” of <%s> is not a full IRI", short(id), e.Name)
	}
	if seen != nil && seen[id] {
		k.say(twice, e, "The id “%s” of <%s> is another’s too", short(id), e.Name)
	}
	if seen != nil {
		seen[id] = true
	}
	return id
}

// named checks the title and the description of an element and gives the title,
// in English if there is one.
func (k *cmi5Course) named(e *markup.Element) string {
	if d := k.child(e, "description"); d != nil {
		k.text(d)
	}
	t := k.child(e, "title")
	if t == nil {
		return ""
	}
	title := k.text(t)
	if title == "" && k.child(t, "langstring") != nil {
		k.say(cmi5TitleEmpty, t, "The title of <%s> is empty", e.Name)
	}
	return title
}

// text gives an element's text in English, else the first that there is.
func (k *cmi5Course) text(e *markup.Element) string {
	k.shape(e, cmi5Text)
	first, english := "", ""
	for _, s := range k.children(e) {
		if s.Name != "langstring" {
			continue
		}
		lang, has := s.AttrIn("", "lang")
		if !has { // xml:lang means the same, and is allowed beside it
			lang, has = s.Attr("lang")
		}
		switch lang = strings.TrimSpace(lang); {
		case !has:
			k.say(cmi5LangMissing, s, "A <%s> has a text without its language", e.Name)
		case !isLanguage(lang):
			k.say(cmi5LangInvalid, s, "“%s” is not a language", short(lang))
		default:
			k.speaks(lang)
		}
		text := strings.Join(strings.Fields(s.Text), " ")
		if first == "" {
			first = text
		}
		if english == "" && (strings.EqualFold(lang, "en") || strings.HasPrefix(strings.ToLower(lang), "en-")) {
			english = text
		}
	}
	if english != "" {
		return english
	}
	return first
}

func (k *cmi5Course) declareObjectives(root *markup.Element) {
	list := k.child(root, "objectives")
	if list == nil {
		return
	}
	k.shape(list, cmi5Listed)
	for _, o := range k.children(list) {
		if o.Name == "objective" {
			k.id(o, k.objectives, cmi5ObjectiveID)
			k.shape(o, cmi5Named)
			k.named(o)
		}
	}
}

// below reads the units and blocks of the course or of a block.
func (k *cmi5Course) below(e *markup.Element) {
	for _, c := range k.children(e) {
		switch c.Name {
		case "block":
			k.shape(c, cmi5Block)
			if id := k.id(c, k.blocks, cmi5BlockID); k.aus[id] {
				k.say(cmi5SharedID, c, "The id “%s” of a block is a unit’s too", short(id))
			}
			k.named(c)
			k.objectiveRefs(c)
			k.below(c)
		case "au":
			k.shape(c, cmi5AU)
			k.objectiveRefs(c)
			k.unit(c)
		}
	}
}

func (k *cmi5Course) objectiveRefs(e *markup.Element) {
	list := k.child(e, "objectives")
	if list == nil {
		return
	}
	k.shape(list, cmi5Listed)
	for _, o := range k.children(list) {
		ref, has := o.AttrIn("", "idref")
		if ref = strings.TrimSpace(ref); has && o.Name == "objective" && !k.objectives[ref] {
			k.say(cmi5ObjectiveRef, o, "The objective “%s” is not declared in the course", short(ref))
		}
	}
}
