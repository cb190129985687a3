package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/leadership-ladder/rung/catalogue"
	"github.com/leadership-ladder/rung/web/edge"
	"github.com/leadership-ladder/rung/workflow"
)

// The catalogue, for everyone, and what leadership does with its modules.
var _ = register(area{
	name: "catalogue",
	nav:  []navItem{{order: 40, text: "Catalogue", path: "/catalogue", roles: []string{public}}},
	routes: func(s *Server, rt *routes) {
		rt.get("/catalogue", revalidated(s.catalogueList))
		rt.get("/catalogue/series", revalidated(s.catalogueSeries))
		rt.get("/catalogue/{slug}", revalidated(s.catalogueModule))

		rt.get("/catalogue/new", holding(s.newEntry, workflow.Leadership))
		rt.post("/catalogue/new", signedIn(s.addEntry))
		rt.get("/catalogue/{slug}/edit", signedIn(s.editModule))
		rt.post("/catalogue/{slug}/edit", signedIn(s.saveModule))
		rt.get("/catalogue/{slug}/retire", signedIn(s.confirmRetire))
		rt.post("/catalogue/{slug}/retire", signedIn(s.retire))
		rt.download("/catalogue/{slug}/pack", signedIn(s.modulePack))

		rt.get("/proposals/{proposal}/publish", holding(s.publishPage, workflow.Leadership))
		rt.post("/proposals/{proposal}/publish", signedIn(s.publish))
		rt.download("/proposals/{proposal}/pack", signedIn(s.proposalPack))
	},
})

// revalidated lets a browser that nobody is signed in with keep a public page
// and ask whether it is still the same: the answer is then 304, without a body.
func revalidated(p page) page {
	return func(w http.ResponseWriter, r *http.Request) error {
		if visitor(r) != nil {
			return p(w, r)
		}
		held := edge.Hold(w)
		if err := p(held, r); err != nil {
			return err
		}
		if w.Header().Get("Set-Cookie") != "" { // it is this browser's alone
			held.Send()
			return nil
		}
		held.SendTagged(r, 16, func(hash string) string { return `W/"` + hash + `"` })
		return nil
	}
}

type cataloguePage struct {
	Form      Form // never failed: a search cannot be wrong
	Programme string
	About     string
	Words     string
	Strand    string
	Series    string
	Strands   []strandLine
	Heading   string // over the list
	Note      string // what the list leaves out
	Modules   []moduleLine
	Pages     Pages
	Leads     bool
}

// Filtered reports whether the reader asked for a part.
func (p cataloguePage) Filtered() bool { return p.Words != "" || p.Strand != "" || p.Series != "" }

// Choices are the strands of the search form.
func (p cataloguePage) Choices() []Choice {
	choices := make([]Choice, len(p.Strands))
	for i, s := range p.Strands {
		choices[i] = Choice{Value: s.Key, Label: s.Name}
	}
	return choices
}

type strandLine struct {
	Key, Name, About, Href string
}

type moduleLine struct {
	Href, Title, Summary string
	Strand               string
	Part                 string // "Part 2 of 4"
	Series, SeriesHref   string
	Added                time.Time
}

var exampleModule = moduleLine{Href: "/catalogue/leading-a-handover", Title: "Leading a Handover", Summary: "How to lead one.",
	Strand: "Leadership in Practice", Part: "Part 2 of 4", Series: "Ward work", SeriesHref: "/catalogue?series=Ward+work", Added: exampleTime}

var catalogueView = newView("catalogue/list.html",
	cataloguePage{Programme: "Leadership Ladder", About: "Modules to choose and combine.", Heading: "Newest modules", Leads: true,
		Strands: []strandLine{{"practice", "Leadership in Practice", "One leadership activity at a time.", "/catalogue?strand=practice"}},
		Modules: []moduleLine{exampleModule, {Href: "/catalogue/x", Title: "X"}}, Pages: Pages{Next: "/catalogue?after=1-2"}},
	cataloguePage{Programme: "Leadership Ladder", Words: "handover", Heading: "Modules about “handover”", Note: "The 50 best are shown.", Modules: []moduleLine{exampleModule}},
	cataloguePage{Words: "xyzzy", Heading: "Modules about “xyzzy”"}, cataloguePage{Heading: "Newest modules"})

func (s *Server) catalogueList(w http.ResponseWriter, r *http.Request) error {
	var q struct {
		Words  string `form:"words"`
		Strand string `form:"strand"`
		Series string `form:"series"`
		After  string `form:"after"`
	}
	query(r, &q)
	found, err := s.Catalogue.Catalogue(r.Context(), catalogue.Query{Words: q.Words, Strand: q.Strand, Series: q.Series, After: q.After})
	if err != nil {
		return err
	}
	programme := s.Workflow.Current
	p := cataloguePage{
		Programme: programme.Name, About: programme.About, Words: q.Words, Strand: q.Strand, Series: q.Series,
		Heading: "Newest modules", Modules: moduleLines(found.Items), Leads: leads(r),
	}
	for _, strand := range programme.Strands {
		p.Strands = append(p.Strands, strandLine{strand.Key, strand.Name, strand.About, "/catalogue?strand=" + url.QueryEscape(strand.Key)})
	}
	switch strand, known := programme.Strand(q.Strand); {
	case q.Words != "":
		p.Heading = "Modules about “" + q.Words + "”"
		if known {
			p.Heading += " in " + strand.Name
		}
		if found.More {
			p.Note = "Only the " + plural(len(found.Items), "best match", "best matches") + " are shown. Add a word to find fewer."
		}
	case q.Series != "":
		p.Heading = "Series: " + q.Series
	case known:
		p.Heading = strand.Name
	}
	address := url.Values{}
	for name, value := range map[string]string{"strand": q.Strand, "series": q.Series} {
		if value != "" {
			address.Set(name, value)
		}
	}
	if q.After != "" {
		p.Pages.First = "/catalogue?" + address.Encode()
	}
	if found.Next != "" {
		address.Set("after", found.Next)
		p.Pages.Next = "/catalogue?" + address.Encode()
	}
	return catalogueView.write(s, w, r, p)
}

// leads reports whether whoever looks is leadership, for what a public page
// offers besides; the services decide for themselves.
func leads(r *http.Request) bool {
	who := visitor(r)
	return who != nil && who.Has(workflow.Leadership)
}

func moduleLines(items []catalogue.Item) []moduleLine {
	lines := make([]moduleLine, len(items))
	for i, m := range items {
		lines[i] = moduleLine{
			Href: modulePath(m.Slug), Title: m.Title, Summary: shortened(m.Summary, 240), Strand: m.StrandName,
			Part: partOf(m.Series), Series: m.Series.Name, SeriesHref: seriesPath(m.Series.Name),
			Added: m.PublishedAt,
		}
	}
	return lines
}

func modulePath(slug string) string { return "/catalogue/" + url.PathEscape(slug) }

func seriesPath(name string) string {
	if name == "" {
		return ""
	}
	return "/catalogue?series=" + url.QueryEscape(name)
}

// partOf is "Part 2 of 4", or as much of it as is known.
func partOf(s catalogue.Series) string {
	switch {
	case s.Name == "" || s.Part == 0:
		return ""
	case s.Of == 0:
		return fmt.Sprintf("Part %d", s.Part)
	}
	return fmt.Sprintf("Part %d of %d", s.Part, s.Of)
}

// shortened is the beginning of a text, cut between words.
func shortened(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	text = string(runes[:most])
	if i := strings.LastIndexAny(text, " \n"); i > 0 {
		text = text[:i]
	}
	return strings.TrimRight(text, " ,;:.–-\n") + "…"
}

type seriesPage struct {
	Series []seriesLine
	Pages  Pages
}

type seriesLine struct {
	Name, Href string
	Modules    []moduleLine
}

var seriesView = newView("catalogue/series.html",
	seriesPage{Series: []seriesLine{{"Ward work", "/catalogue?series=Ward+work", []moduleLine{exampleModule}}}, Pages: Pages{First: "/catalogue/series"}},
	seriesPage{})

func (s *Server) catalogueSeries(w http.ResponseWriter, r *http.Request) error {
	var q struct {
		After string `form:"after"`
	}
	query(r, &q)
	groups, next, err := s.Catalogue.BySeries(r.Context(), q.After, 0)
	if err != nil {
		return err
	}
	var p seriesPage
	for _, g := range groups {
		p.Series = append(p.Series, seriesLine{g.Name, seriesPath(g.Name), moduleLines(g.Items)})
	}
	if q.After != "" {
		p.Pages.First = "/catalogue/series"
	}
	if next != "" {
		p.Pages.Next = "/catalogue/series?after=" + url.QueryEscape(next)
	}
	return seriesView.write(s, w, r, p)
}

type modulePage struct {
	Module   catalogue.Module
	Path     string
	Strand   string // address of its strand
	Part     string
	Series   string       // address of its series
	Parts    []moduleLine // of the series, this module among them
	Hosts    []link
	Duration string
	Quality  string
	Access   []string
	Contact  []string
	Feedback []string
	Leads    bool
}

var modulePageView = newView("catalogue/module.html",
	modulePage{Path: "/catalogue/x", Strand: "/catalogue?strand=practice", Part: "Part 2 of 4", Series: "/catalogue?series=Ward+work",
		Parts: []moduleLine{exampleModule, {Href: "/catalogue/x", Title: "X"}}, Hosts: []link{{"Bridge", "https://bridge.example.org/x"}},
		Duration: "1 hour 30 minutes", Quality: "Quality assured by Rung: two stages", Access: []string{"Log in."}, Contact: []string{"Ask."},
		Feedback: []string{"Give it."}, Leads: true,
		Module: catalogue.Module{Slug: "x", Title: "X", Summary: "One\nTwo", StrandName: "Leadership in Practice", Quality: catalogue.ByRung,
			Series: catalogue.Series{Name: "Ward work", Part: 2, Of: 4}, PublishedAt: exampleTime, Proposal: 42,
			Authors:  []catalogue.Author{{Name: "Anna Bell", Organisation: "Example NHS Trust", JobTitle: "Registrar"}, {Name: "Ben Cole"}},
			Provider: "NHS England", Keywords: []string{"handover"}, Licence: "CC BY-NC 4.0", Certificate: "yes", AccessibilityIssues: "None known.",
			Audience: "Everyone", Level: "Any", PriorKnowledge: "None", Outcomes: []string{"Lead one."},
			Mappings: []catalogue.FrameworkMapping{{Framework: "GPC", Primary: "5 Leadership", Others: []string{"2 Skills"}}, {Framework: "HLM", Others: []string{"Engaging the team"}}},
			Passed:   []catalogue.StagePassed{{Name: "Technical review", At: exampleTime}, {Name: "Final sign-off", At: exampleTime, Overridden: true}},
			Details:  catalogue.StoredDetails{Details: catalogue.Details{ReviewDate: exampleTime}}}},
	modulePage{Path: "/catalogue/y", Quality: "Quality assured before Rung", Leads: true,
		Module: catalogue.Module{Title: "Y", Quality: catalogue.BeforeRung, RetiredAt: &exampleTime, RetiredReason: "Out of date.", WhyUnmapped: "For dentists.", Certificate: "no"}})

func (s *Server) catalogueModule(w http.ResponseWriter, r *http.Request) error {
	m, err := s.Catalogue.Module(r.Context(), chi.URLParam(r, "slug"))
	if err != nil {
		return leadTo(err, "Look in the catalogue", "/catalogue")
	}
	words := s.Workflow.Current.Words
	p := modulePage{
		Module: m, Path: modulePath(m.Slug), Strand: "/catalogue?strand=" + url.QueryEscape(m.Strand),
		Part: partOf(m.Series), Series: seriesPath(m.Series.Name), Parts: moduleLines(m.SeriesItems),
		Duration: duration(m.Minutes), Quality: qualityMark(m),
		Access: words.Access, Contact: words.Contact, Feedback: words.Feedback, Leads: leads(r),
	}
	if len(p.Parts) == 1 && p.Parts[0].Href == p.Path {
		p.Parts = nil // alone in it so far
	}
	for _, host := range []link{{"Bridge", m.Details.BridgeURL}, {"the Learning Hub", m.Details.LearningHubURL}} {
		if host.Href != "" {
			p.Hosts = append(p.Hosts, host)
		}
	}
	return modulePageView.write(s, w, r, p)
}

// duration is "1 hour 30 minutes", "" for none.
func duration(minutes int) string {
	switch hours, rest := minutes/60, minutes%60; {
	case minutes <= 0:
		return ""
	case hours == 0:
		return plural(rest, "minute", "minutes")
	case rest == 0:
		return plural(hours, "hour", "hours")
	default:
		return plural(hours, "hour", "hours") + " " + plural(rest, "minute", "minutes")
	}
}

func qualityMark(m catalogue.Module) string {
	if m.Quality == catalogue.BeforeRung {
		return "Quality assured before Rung"
	}
	number := fmt.Sprint(len(m.Passed))
	if len(m.Passed) < len(smallNumbers) {
		number = smallNumbers[len(m.Passed)]
	}
	stages := " stages"
	if len(m.Passed) == 1 {
		stages = " stage"
	}
	return "Quality assured by Rung: " + number + stages
}

var smallNumbers = []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
