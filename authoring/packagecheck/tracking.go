package packagecheck

import (
	"slices"
	"sync"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/webpage"
)

var (
	scoNeverTalks = define(Rule{ID: "scorm-sco-never-talks", Area: Tracking, Severity: Warning, Criterion: "talks_to_lms",
		Title:  "A SCO never talks to the host",
		Why:    "It is declared as something that is tracked, but no script that its page loads begins to talk to the host: nobody would ever complete it.",
		Fix:    "Export the module with SCORM tracking switched on, or add the script that calls Initialize and reports completion.",
		Source: "SCORM RTE, “SCO” (a SCO shall find the API, initialize and terminate)"})
	wrongAPI = define(Rule{ID: "scorm-wrong-api", Area: Tracking, Severity: Warning, Criterion: "talks_to_lms",
		Title:  "The scripts speak another version of SCORM than the manifest says",
		Why:    "A host offers the interface of the version in the manifest. Scripts that look for the other find nothing, and nothing is recorded.",
		Fix:    "Export the module again for one version of SCORM, so that manifest and scripts agree.",
		Source: "SCORM 1.2 RTE, “API” (LMSInitialize); SCORM 2004 RTE, “API_1484_11” (Initialize)"})
	unitNeverTalks = define(Rule{ID: "unit-never-talks", Area: Tracking, Severity: Warning, Criterion: "talks_to_lms",
		Title:  "A unit never talks to the host",
		Why:    "No script that its page loads sends anything to the host or its record store, so nobody would ever complete it.",
		Fix:    "Export the module with tracking switched on, and check that its scripts are in the package.",
		Source: "cmi5 9.3 (initialized and terminated statements); AICC HACP; xAPI, “Statements”"})
	parentDocument = define(Rule{ID: "script-reaches-parent-document", Area: Tracking, Severity: Warning, Criterion: "talks_to_lms",
		Title:  "A script reaches into the page of the host",
		Why:    "Hosts often serve content from another address, and then the browser refuses it; where it is allowed, it can break the host’s page.",
		Fix:    "Use the standard’s interface to talk to the host, and nothing else of the page around the module.",
		Source: "HTML, “Cross-origin objects”; SCORM RTE, “API” (the search for it is all that a SCO needs of its parents)"})
	bridgeTwo = define(Rule{ID: "bridge-two-results", Area: Tracking, Severity: Advice, Criterion: "talks_to_lms",
		Title:  "Fewer than two of completion, success and score are reported",
		Why:    "Bridge needs two of them to show a result.",
		Fix:    "In the authoring tool’s settings choose to report “passed/incomplete” or completion together with a score.",
		Source: "Programme’s hosts, Bridge"})
)

// talksAs tells whether a talk is of the way that a kind of package needs.
func talksAs(k Kind, t webpage.Talk) bool {
	switch k {
	case SCORM12:
		return t.SCORM12
	case SCORM2004:
		return t.SCORM2004
	case CMI5:
		return t.CMI5 || t.XAPI
	case XAPI:
		return t.XAPI || t.CMI5
	case AICC:
		return t.AICC || t.SCORM12
	}
	return false
}

// tracking finds out which units talk to the host, and what they report.
func (c *checker) tracking() error {
	w := &ways{c: c, edges: map[[2]string][]edge{}}
	c.reached = map[string]bool{}
	var all webpage.Talk
	talks := make([]webpage.Talk, len(c.units))
	reaching := map[string]bool{}
	walks := map[string]webpage.Talk{}
	everything := sync.OnceValue(c.talkOfAll)
	for i, u := range c.units {
		if u.file == "" {
			continue
		}
		t, known := walks[u.file]
		if !known {
			k := w.from(u.file)
			framed := w.inFrames(k)
			for _, p := range k.texts {
				c.reached[p] = true
				t = together(t, c.texts[p].Talk)
				if k.own[p] && !framed[p] && len(c.texts[p].Reaches) > 0 {
					reaching[p] = true
				}
			}
			if !k.whole {
				t = together(t, everything())
			}
			walks[u.file] = t
		}
		talks[i] = t
		all = together(all, t)
		u.Tracked = talksAs(c.report.Kind, t)
	}
	loaded, err := c.loaders(w)
	if err != nil {
		return err
	}
	all = together(all, loaded)
	for i, u := range c.units {
		c.judgeTalk(u, talks[i])
	}
	for _, p := range c.sortedTexts() {
		if reaching[p] {
			c.add(parentDocument, place{p, c.texts[p].Reaches[0]}, "The script reaches into the document of the page around it (%d times).", len(c.texts[p].Reaches))
		}
	}
	c.reports(all)
	return nil
}

func (c *checker) talkOfAll() webpage.Talk {
	var t webpage.Talk
	for _, text := range c.texts {
		t = together(t, text.Talk)
	}
	return t
}

func (c *checker) judgeTalk(u *unit, t webpage.Talk) {
	if u.Tracked || u.file == "" || c.unusable(u.file) {
		return
	}
	switch c.report.Kind {
	case SCORM12, SCORM2004:
		switch {
		case u.Type != "sco":
		case t.SCORM12 || t.SCORM2004:
			other := "SCORM 2004 (Initialize)"
			if t.SCORM12 {
				other = "SCORM 1.2 (LMSInitialize)"
			}
			c.add(wrongAPI, u.at, "The scripts of %s speak %s only.", quoted(u.file), other)
		case t.Values:
			c.add(scoNeverTalks, u.at, "The scripts that %s loads call the host, and none of them begins a session with LMSInitialize.%s", quoted(u.file), c.unseen(u.file))
		default:
			c.add(scoNeverTalks, u.at, "No script that %s loads calls the host.%s", quoted(u.file), c.unseen(u.file))
		}
	case Site: // statements of xAPI may well go to an address of its own
		switch {
		case t.SCORM12 || t.SCORM2004:
			c.add(siteTalks, u.at, "The scripts that %s loads speak SCORM, and the package has no manifest.", quoted(u.file))
		case t.CMI5:
			c.add(siteTalks, u.at, "The scripts that %s loads wait for what a host of cmi5 gives them, and the package has no cmi5.xml.", quoted(u.file))
		}
	case CMI5, XAPI, AICC:
		c.add(unitNeverTalks, u.at, "No script that %s loads talks to the host.%s", quoted(u.file), c.unseen(u.file))
	}
}

// unseen says that a page has scripts or frames that aren't in the package, where
// it has.
func (c *checker) unseen(path string) string {
	page := c.texts[path]
	if page == nil {
		return ""
	}
	for _, r := range page.Refs {
		if to := resolve(path, r.URL); (r.How == webpage.AsScript || r.How == webpage.AsFrame) && webAddress(to.Outside) {
			return " What it loads from " + quoted(to.Outside) + " isn’t in the package and was not looked into."
		}
	}
	return ""
}

// unusable tells whether an error was, or will be, said about a launched file or
// about a script that it loads: what that script does nobody can tell.
func (c *checker) unusable(path string) bool {
	shown := archive.Shown(path)
	return c.lacksScript(path) ||
		slices.ContainsFunc(c.odd, func(o oddFile) bool { return o.path == path }) ||
		slices.ContainsFunc(c.report.Findings, func(f Finding) bool { return f.Severity == Error && f.Path == shown })
}

func (c *checker) lacksScript(path string) bool {
	page := c.texts[path]
	return page != nil && slices.ContainsFunc(page.Refs, func(r webpage.Ref) bool {
		return r.How == webpage.AsScript && c.absent[decoded(resolve(path, r.URL).Path)]
	})
}

func (c *checker) reports(t webpage.Talk) {
	results := 0
	for _, r := range []struct {
		name   string
		has    bool
		result bool
	}{{"completion", t.Completion, true}, {"success", t.Success, true}, {"score", t.Score, true}, {"time", t.Time, false}} {
		if !r.has {
			continue
		}
		c.report.Facts.Reports = append(c.report.Facts.Reports, r.name)
		if r.result {
			results++
		}
	}
	if k := c.report.Kind; results >= 2 || k != SCORM12 && k != SCORM2004 {
		return
	}
	if slices.ContainsFunc(c.units, func(u *unit) bool { return u.Tracked && u.Type == "sco" }) {
		c.add(bridgeTwo, in(c.report.Facts.Manifest), "The scripts have the names of %d of completion, success and score.", results)
	}
}

func together(a, b webpage.Talk) webpage.Talk {
	return webpage.Talk{
		SCORM12: a.SCORM12 || b.SCORM12, SCORM2004: a.SCORM2004 || b.SCORM2004, XAPI: a.XAPI || b.XAPI,
		CMI5: a.CMI5 || b.CMI5, AICC: a.AICC || b.AICC, Values: a.Values || b.Values, Completion: a.Completion || b.Completion,
		Success: a.Success || b.Success, Score: a.Score || b.Score, Time: a.Time || b.Time,
	}
}

// sortedTexts gives the paths of all texts in one order.
func (c *checker) sortedTexts() []string {
	list := make([]string, 0, len(c.texts))
	for p := range c.texts {
		list = append(list, p)
	}
	slices.Sort(list)
	return list
}
