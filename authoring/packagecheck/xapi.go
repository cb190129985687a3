package packagecheck

import (
	"slices"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

const tincanSpace = "http://projecttincan.com/tincan.xsd"

var (
	tincanNamespace = define(Rule{ID: "tincan-namespace", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "tincan.xml is not in the namespace of Tin Can packages",
		Why:    "Some hosts look for elements of that namespace alone, and find nothing in the file.",
		Fix:    "Begin the file with <tincan xmlns=\"http://projecttincan.com/tincan.xsd\">.",
		Source: "Tin Can packaging, tincan.xml"})
	tincanNoLaunch = define(Rule{ID: "tincan-no-launch", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "Nothing in tincan.xml can be launched",
		Why:    "A host launches the activity that has a launch element; here is none, so learners can’t begin.",
		Fix:    "Add <launch lang=\"en\">index.html</launch> to the activity that learners begin with.",
		Source: "Tin Can packaging, tincan.xml: launch"})
	tincanNested = define(Rule{ID: "tincan-launch-nested", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "A launch element has another element in it",
		Why:    "Its text is the path of the first page. Some hosts read only what stands in it directly, and find nothing.",
		Fix:    "Write the path directly: <launch lang=\"en\">index.html</launch>.",
		Source: "Tin Can packaging, tincan.xml: launch"})
	tincanNoID = define(Rule{ID: "tincan-id-missing", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "An activity that can be launched has no identifier",
		Why:    "Everything that learners do is recorded under it; without one nothing can be recorded.",
		Fix:    "Add an id to the activity, such as https://your-organisation.example/course.",
		Source: "Tin Can packaging, tincan.xml: activity id; xAPI 1.0.3, Data 2.4.4.1"})
	tincanIRI = define(Rule{ID: "tincan-id-iri", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "The identifier of an activity is not a full IRI",
		Why:    "Record stores refuse statements about an activity whose identifier isn’t one.",
		Fix:    "Write the id with its scheme, such as https://your-organisation.example/course.",
		Source: "xAPI 1.0.3, Data 2.4.4.1 (activity id)"})
	tincanDouble = define(Rule{ID: "tincan-id-duplicate", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "Two activities that can be launched have the same identifier",
		Why:    "Their records would be mixed up, and a host may show one of them alone.",
		Fix:    "Give each activity an id of its own.",
		Source: "xAPI 1.0.3, Data 2.4.4.1 (activity id)"})
	tincanNoName = define(Rule{ID: "tincan-name-missing", Area: Manifest, Severity: Advice,
		Title:  "An activity that can be launched has no name",
		Why:    "Learners find nothing to click on in the host’s list.",
		Fix:    "Add <name lang=\"en\">…</name> to the activity.",
		Source: "Tin Can packaging, tincan.xml: name"})
	tincanNoType = define(Rule{ID: "tincan-type-missing", Area: Manifest, Severity: Advice,
		Title:  "An activity that can be launched has no type",
		Why:    "Reports of learning sort activities by their type.",
		Fix:    "Add type=\"http://adlnet.gov/expapi/activities/course\" to the activity.",
		Source: "Tin Can packaging, tincan.xml: activity type"})
	tincanFileMissing = define(Rule{ID: "tincan-file-missing", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "The file that is launched is not in the package",
		Why:    "Learners would see an error page in place of the activity.",
		Fix:    "Put the file into the package, or correct the launch element.",
		Source: "Tin Can packaging, tincan.xml: launch"})
	tincanFileCase = define(Rule{ID: "tincan-file-case", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "The file that is launched is written with other letters than in the package",
		Why:    "Most hosts tell capital from small letters, and don’t find the file.",
		Fix:    "Write the launch element exactly as the file is called.",
		Source: "Tin Can packaging, tincan.xml: launch"})
	tincanOutside = define(Rule{ID: "tincan-launch-outside", Area: Manifest, Severity: Warning, Criterion: "outside_links_safe",
		Title:  "The launch is outside the package",
		Why:    "What learners will see isn’t in the package: it can’t be reviewed here, and may change after the review.",
		Fix:    "Put the files into the package and write the path of the first page, if the content is yours.",
		Source: "Tin Can packaging, tincan.xml: launch"})
)

// xapi judges the manifest of an xAPI package. Activities without a launch are
// there for reports alone, and authoring tools write them carelessly: nothing is
// said about those.
func (c *checker) xapi(doc *markup.Document, path string) {
	root := doc.Root
	c.report.Kind, c.report.Facts.Manifest = XAPI, path
	if root.Space != tincanSpace {
		c.add(tincanNamespace, place{path, root.Pos}, "The root element’s namespace is “%s”.", short(root.Space))
	}
	seen := map[string]bool{}
	for _, list := range root.All("activities") {
		for _, a := range list.All("activity") {
			if launches(a) {
				c.activity(a, path, seen)
			}
		}
	}
	if len(c.units) == 0 {
		c.nothingLaunched(root, path)
		return
	}
	c.report.Facts.Title = c.units[0].Title
}

// nothingLaunched tells where the launch element is that isn't in an activity.
func (c *checker) nothingLaunched(root *markup.Element, path string) {
	var astray *markup.Element
	root.Walk(func(e *markup.Element) bool {
		if e.Parent != nil && e.Name == "launch" && said(e) != "" {
			astray = e
		}
		return astray == nil
	})
	if astray != nil {
		c.add(tincanNoLaunch, place{path, astray.Pos}, "The launch element with %s stands in <%s>, not in an activity.", quoted(said(astray)), short(astray.Parent.Name))
		return
	}
	c.add(tincanNoLaunch, place{path, root.Pos}, "No activity has a launch element with a file or an address in it.")
}

// said is the text of an element, or of the one in it, as some write it after
// the way of cmi5.
func said(e *markup.Element) string {
	text := e.Text
	for _, c := range e.Children {
		if text == "" {
			text = c.Text
		}
	}
	return text
}

func launches(a *markup.Element) bool {
	return slices.ContainsFunc(a.All("launch"), func(l *markup.Element) bool { return said(l) != "" })
}

// activity reads one that can be launched. It may have a launch for each
// language; the first is the unit’s.
func (c *checker) activity(a *markup.Element, path string, seen map[string]bool) {
	at := place{path, a.Pos}
	u := &unit{at: at}
	id, _ := a.AttrIn("", "id")
	u.Type, u.ID, u.Title = "activity", strings.TrimSpace(id), c.tincanName(a)
	switch {
	case u.ID == "":
		c.add(tincanNoID, at, "An activity that can be launched has no id.")
	case !isIRI(u.ID):
		c.add(tincanIRI, at, "The id “%s” is not a full IRI.", short(u.ID))
	case seen[u.ID]:
		c.add(tincanDouble, at, "The id “%s” is another activity’s too.", short(u.ID))
	}
	seen[u.ID] = true
	if u.Title == "" {
		c.add(tincanNoName, at, "The activity “%s” has no name.", short(u.ID))
	}
	if kind, _ := a.AttrIn("", "type"); strings.TrimSpace(kind) == "" {
		c.add(tincanNoType, at, "The activity “%s” has no type.", short(u.ID))
	}
	for _, d := range a.All("description") {
		lang, _ := d.Attr("lang")
		c.speaks(lang)
	}
	for _, l := range a.All("launch") {
		if lang, _ := l.Attr("lang"); said(l) != "" {
			c.speaks(lang)
			c.tincanLaunch(u, l, path)
		}
	}
	c.units = append(c.units, u)
}

// tincanName gives the name in English, else the first.
func (c *checker) tincanName(a *markup.Element) string {
	first, english := "", ""
	for _, n := range a.All("name") {
		lang, _ := n.Attr("lang")
		c.speaks(lang)
		name := strings.Join(strings.Fields(said(n)), " ")
		if first == "" {
			first = name
		}
		if lang = strings.ToLower(lang); english == "" && (lang == "en" || strings.HasPrefix(lang, "en-")) {
			english = name
		}
	}
	if english != "" {
		return english
	}
	return first
}

func (c *checker) tincanLaunch(u *unit, l *markup.Element, path string) {
	at := place{path, l.Pos}
	written := said(l)
	if l.Text == "" {
		c.add(tincanNested, at, "The launch %s stands in <%s>, not in the launch element itself.", quoted(written), short(l.Children[0].Name))
	}
	t := resolve(path, written)
	launch := t.Path + t.Query
	if t.Outside != "" {
		launch = t.Outside
	}
	if u.Launch == "" {
		u.Launch = launch
	}
	if t.Outside != "" {
		c.add(tincanOutside, at, "The launch is outside the package: “%s”.", short(t.Outside))
		return
	}
	file := c.launchedFile(at, t.Path, written, tincanFileMissing, tincanFileCase)
	if file != nil && u.file == "" && u.Launch == launch {
		u.file = file.Path
	}
}
