package packagecheck

import "fmt"

// learningHubSize is what the Learning Hub takes at most.
const learningHubSize = 2 << 30

var (
	bridgeTakes = define(Rule{ID: "host-bridge", Area: Tracking, Severity: Advice,
		Title:  "Bridge doesn’t take this as a package",
		Why:    "Bridge takes SCORM 1.2 and SCORM 2004, 2nd to 4th edition.",
		Fix:    "Export the module as SCORM 1.2, or agree with leadership how it is to be listed.",
		Source: "Programme’s hosts, Bridge"})
	learningHubTakes = define(Rule{ID: "host-learning-hub", Area: Tracking, Severity: Advice,
		Title:  "The Learning Hub doesn’t take this as a package",
		Why:    "It takes SCORM 1.2 of up to 2 GB; other modules are listed there as a web link.",
		Fix:    "Export the module as SCORM 1.2 too, or have it listed as a web link to Bridge.",
		Source: "Programme’s hosts, Learning Hub"})
)

const (
	asPackage = "as a package"
	asLink    = "as a web link"
	notAtAll  = "not at all"
)

// hosts says how the programme's hosts take the package.
func (c *checker) hosts() {
	bridge, hub := c.bridge(), c.learningHub()
	c.report.Facts.Hosts = []Host{bridge, hub}
	if c.report.Kind == Unknown {
		return
	}
	if bridge.How != asPackage {
		c.add(bridgeTakes, place{}, "Bridge takes it %s. %s", bridge.How, bridge.Note)
	}
	if hub.How != asPackage {
		c.add(learningHubTakes, place{}, "The Learning Hub takes it %s. %s", hub.How, hub.Note)
	}
}

func (c *checker) bridge() Host {
	h := Host{Name: "Bridge", How: asLink, Note: "It takes SCORM 1.2 and SCORM 2004 alone."}
	switch c.report.Kind {
	case SCORM12, SCORM2004:
		h.How, h.Note = asPackage, ""
		results := 0
		for _, r := range c.report.Facts.Reports {
			if r != "time" {
				results++
			}
		}
		if results < 2 {
			h.Note = fmt.Sprintf("It needs two of completion, success and score; the scripts have the names of %d.", results)
		}
	case Unknown:
		h.How, h.Note = notAtAll, "What kind of package this is can’t be told."
	}
	return h
}

func (c *checker) learningHub() Host {
	h := Host{Name: "Learning Hub", How: asLink, Note: "It takes SCORM 1.2 alone."}
	switch c.report.Kind {
	case SCORM12:
		h.How, h.Note = asPackage, ""
		if c.size > learningHubSize {
			h.How, h.Note = asLink, "It has more than 2 GB."
		}
	case Unknown:
		h.How, h.Note = notAtAll, "What kind of package this is can’t be told."
	}
	return h
}
