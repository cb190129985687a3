package preview

import (
	"context"
	"encoding/csv"
	"net/url"
	"path"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

// course is what the shell has to know of a package to launch it: the manifest
// alone is read for it, leniently. What is wrong is the package check's to say.
type course struct {
	Kind    packagecheck.Kind `json:"kind"`
	Edition string            `json:"edition,omitempty"` // of SCORM 2004: "2nd", "3rd", "4th"
	Title   string            `json:"title,omitempty"`
	Units   []unit            `json:"units"`
	Note    string            `json:"note,omitempty"` // why nothing can be launched

	size int // of what the units say, in bytes
}

// unit is one thing that can be launched.
type unit struct {
	ID      string `json:"id,omitempty"`
	Title   string `json:"title"`
	Src     string `json:"src,omitempty"`     // below files/, escaped, with its query
	Outside string `json:"outside,omitempty"` // an address that is not in the package
	// What the host tells the unit, as the manifest says.
	Data      string `json:"data,omitempty"`      // launch data
	Mastery   string `json:"mastery,omitempty"`   // score to pass; scaled in SCORM 2004 and cmi5
	Threshold string `json:"threshold,omitempty"` // progress that completes, of SCORM 2004
	MoveOn    string `json:"moveOn,omitempty"`    // cmi5
	Method    string `json:"-"`                   // cmi5's launch method
}

// maxUnits is how many units a shell lists, and maxSize how many bytes they may
// say together: a shell is written anew each time that it is opened.
const (
	maxUnits = 500
	maxSize  = 1 << 20
)

// longTitle and longText are how much of a title and of launch data is taken
// over, in bytes.
const (
	longTitle = 1000
	longText  = 64 << 10
)

func courseOf(a *archive.Archive) course {
	c := course{Kind: packagecheck.Unknown, Note: "No manifest is at the root of this package, and no index.html, so there is nothing to launch."}
	for _, m := range []struct {
		name string
		kind packagecheck.Kind
		read func(*course, *archive.Archive, *markup.Element)
	}{
		{"imsmanifest.xml", packagecheck.SCORM12, (*course).scorm},
		{"cmi5.xml", packagecheck.CMI5, (*course).cmi5},
		{"tincan.xml", packagecheck.XAPI, (*course).tincan},
	} {
		e := a.Find(m.name)
		if e == nil {
			continue
		}
		c.Kind, c.Note = m.kind, "The manifest "+m.name+" can’t be read, so nothing can be launched. The package check says what is wrong with it."
		if root := xmlOf(e); root != nil {
			c.Note = "The manifest " + m.name + " declares nothing that can be launched."
			m.read(&c, a, root)
		}
		return c.settled()
	}
	switch e := crsOf(a); {
	case e != nil:
		c.Kind, c.Note = packagecheck.AICC, "No unit of this AICC package has a file here."
		c.aicc(a)
	case a.Find("h5p.json") != nil:
		c.Kind, c.Note = packagecheck.H5P, "An H5P file needs a player of its own (H5P.org, Lumi, Moodle or WordPress have one). It can’t be previewed here; download it."
	case a.Find("index.html") != nil:
		c.Kind = packagecheck.Site
		c.add(a, unit{Title: "index.html"}, "", "index.html", "")
	}
	return c.settled()
}

func (c course) settled() course {
	c.Title = clip(c.Title, longTitle)
	if len(c.Units) > 0 {
		c.Note = ""
	} else {
		c.Units = []unit{}
	}
	return c
}

func xmlOf(e *archive.Entry) *markup.Element {
	data, whole, err := e.ReadAll(context.Background(), markup.MaxSize)
	if err != nil || !whole {
		return nil
	}
	doc, err := markup.Parse(data)
	if err != nil {
		return nil
	}
	return doc.Root
}

// add lists a unit whose launch is written as an address, relative to base.
func (c *course) add(a *archive.Archive, u unit, base, launch, parameters string) {
	launch = strings.TrimSpace(launch)
	if launch == "" || len(c.Units) >= maxUnits {
		return
	}
	u.Title, u.Data = clip(u.Title, longTitle), clip(u.Data, longText)
	if ref, err := url.Parse(launch); err == nil && (ref.Scheme != "" && len(ref.Scheme) > 1 || ref.Host != "") {
		u.Outside = clip(launch, longText)
	} else {
		u.Src = source(a, base+launch, parameters)
	}
	if u.Title == "" {
		u.Title = clip(path.Base(launch), longTitle)
	}
	c.size += len(u.ID) + len(u.Title) + len(u.Src) + len(u.Outside) + len(u.Data) + len(u.Mastery) + len(u.Threshold) + len(u.MoveOn)
	if c.size <= maxSize {
		c.Units = append(c.Units, u)
	}
}

// source is the address of a file below files/, with the query and fragment
// that its reference has and the parameters of its item.
func source(a *archive.Archive, ref, parameters string) string {
	ref, fragment, hasFragment := strings.Cut(strings.ReplaceAll(ref, `\`, "/"), "#")
	name, query, _ := strings.Cut(ref, "?")
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if decoded, err := url.PathUnescape(name); err == nil && a.Find(name) == nil {
		name = strings.TrimPrefix(path.Clean("/"+decoded), "/")
	}
	parameters = strings.TrimSpace(parameters)
	if rest, ok := strings.CutPrefix(parameters, "#"); ok {
		fragment, hasFragment = rest, true
	} else if more := strings.TrimLeft(parameters, "?&"); more != "" {
		query = strings.TrimPrefix(query+"&"+more, "&")
	}
	src := (&url.URL{Path: "./" + name}).EscapedPath()[2:]
	if query != "" {
		src += "?" + strings.ReplaceAll(query, " ", "%20")
	}
	if hasFragment {
		src += "#" + fragment
	}
	return src
}

func clip(s string, most int) string {
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "")
	}
	return s
}

// scorm reads an IMS manifest: the items of the default organization, in order.
func (c *course) scorm(a *archive.Archive, root *markup.Element) {
	c.Edition = edition(root)
	if c.Edition != "" {
		c.Kind = packagecheck.SCORM2004
	}
	resources := map[string]*markup.Element{}
	all := root.Child("resources")
	if all != nil {
		for _, r := range all.All("resource") {
			if id, ok := r.Attr("identifier"); ok && resources[id] == nil {
				resources[id] = r
			}
		}
	}
	organization := defaultOrganization(root)
	if organization == nil {
		return
	}
	c.Title = childText(organization, "title")
	organization.Walk(func(item *markup.Element) bool {
		ref, ok := item.Attr("identifierref")
		if r := resources[ref]; item.Name == "item" && ok && r != nil {
			href, _ := r.Attr("href")
			parameters, _ := item.Attr("parameters")
			u := unit{Title: childText(item, "title"), Data: childText(item, "datafromlms") + childText(item, "dataFromLMS"), Mastery: childText(item, "masteryscore")}
			u.ID, _ = item.Attr("identifier")
			if c.Edition != "" {
				u.Mastery, u.Threshold = passing(item), threshold(item)
			}
			c.add(a, u, root.Base()+all.Base()+r.Base(), href, parameters)
		}
		return true
	})
}

// passing is the scaled score that satisfies an item of SCORM 2004, "" where the
// score alone doesn't (SN 3.10: satisfiedByMeasure; without a measure it is 1).
func passing(item *markup.Element) string {
	primary := item
	for _, name := range []string{"sequencing", "objectives", "primaryObjective"} {
		if primary = primary.Child(name); primary == nil {
			return ""
		}
	}
	if by, _ := primary.Attr("satisfiedByMeasure"); by != "true" {
		return ""
	}
	if least := childText(primary, "minNormalizedMeasure"); least != "" {
		return least
	}
	return "1.0"
}

// threshold is the progress that completes an item of SCORM 2004: an attribute
// since the 4th edition, the element's text before.
func threshold(item *markup.Element) string {
	e := item.Child("completionThreshold")
	if text := childText(item, "completionThreshold"); text != "" || e == nil {
		return text
	}
	if by, _ := e.Attr("completedByMeasure"); by != "true" {
		return ""
	}
	if least, _ := e.Attr("minProgressMeasure"); least != "" {
		return least
	}
	return "1.0"
}

// edition is that of SCORM 2004, "" for 1.2.
func edition(root *markup.Element) string {
	version := ""
	if m := root.Child("metadata"); m != nil {
		version = strings.ToLower(childText(m, "schemaversion"))
	}
	switch {
	case strings.Contains(version, "4th"):
		return "4th"
	case strings.Contains(version, "3rd"):
		return "3rd"
	case strings.Contains(version, "1.3"), strings.Contains(version, "2004"):
		return "2nd"
	case root.Space == "http://www.imsglobal.org/xsd/imscp_v1p1" && version != "1.2":
		return "3rd"
	}
	return ""
}

func defaultOrganization(root *markup.Element) *markup.Element {
	all := root.Child("organizations")
	if all == nil {
		return nil
	}
	list := all.All("organization")
	name, _ := all.Attr("default")
	for _, o := range list {
		if id, _ := o.Attr("identifier"); id == name {
			return o
		}
	}
	if len(list) > 0 {
		return list[0]
	}
	return nil
}

func childText(e *markup.Element, name string) string {
	if child := e.Child(name); child != nil {
		return strings.Join(strings.Fields(child.Text), " ")
	}
	return ""
}

// inSomeLanguage is the first text of a child in whatever language.
func inSomeLanguage(e *markup.Element, name string) string {
	child := e.Child(name)
	if child == nil {
		return ""
	}
	return childText(child, "langstring")
}

func (c *course) cmi5(a *archive.Archive, root *markup.Element) {
	if about := root.Child("course"); about != nil {
		c.Title = inSomeLanguage(about, "title")
	}
	root.Walk(func(au *markup.Element) bool {
		if au.Name == "au" {
			u := unit{Title: inSomeLanguage(au, "title"), Data: childText(au, "launchParameters"), MoveOn: "NotApplicable"}
			u.ID, _ = au.Attr("id")
			u.Mastery, _ = au.Attr("masteryScore")
			u.Method, _ = au.Attr("launchMethod")
			if moveOn, ok := au.Attr("moveOn"); ok {
				u.MoveOn = moveOn
			}
			c.add(a, u, "", childText(au, "url"), "")
		}
		return true
	})
}

func (c *course) tincan(a *archive.Archive, root *markup.Element) {
	root.Walk(func(e *markup.Element) bool {
		if e.Name == "activity" {
			u := unit{Title: childText(e, "name")}
			u.ID, _ = e.Attr("id")
			c.add(a, u, "", childText(e, "launch"), "")
		}
		return true
	})
	if len(c.Units) > 0 {
		c.Title = c.Units[0].Title
	}
}

func crsOf(a *archive.Archive) *archive.Entry { return withEnding(a, ".crs") }

func withEnding(a *archive.Archive, ending string) *archive.Entry {
	for _, e := range a.Entries {
		if strings.EqualFold(path.Ext(e.Path), ending) {
			return e
		}
	}
	return nil
}

// aicc reads the table of units: names of columns in any case and order.
func (c *course) aicc(a *archive.Archive) {
	e := withEnding(a, ".au")
	if e == nil {
		return
	}
	data, whole, err := e.ReadAll(context.Background(), 1<<20)
	if err != nil || !whole {
		return
	}
	r := csv.NewReader(strings.NewReader(string(data)))
	r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace = -1, true, true
	columns := map[string]int{}
	for {
		row, err := r.Read()
		if err != nil {
			return
		}
		if len(columns) == 0 {
			for i, name := range row {
				columns[strings.ToLower(strings.TrimSpace(name))] = i
			}
			continue
		}
		at := func(name string) string {
			if i, ok := columns[name]; ok && i < len(row) {
				return row[i]
			}
			return ""
		}
		c.add(a, unit{ID: at("system_id"), Mastery: at("mastery_score"), Data: at("core_vendor")}, "", at("file_name"), at("web_launch"))
	}
}
