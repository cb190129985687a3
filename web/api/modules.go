package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/catalogue"
)

var _ = register(area{
	tag:   "Modules",
	about: "The catalogue: what learners find. Reading it needs no token.",
	add: func(s *Server, api huma.API) {
		add(s, api, operation{ID: "listModules", Method: http.MethodGet, Path: "/modules", Summary: "The live modules, the newest first",
			About: "A search gives the best matches, on one page."}, s.listModules)
		add(s, api, operation{ID: "enterModule", Method: http.MethodPost, Path: "/modules", Scopes: toLead, Status: http.StatusCreated,
			Summary: "Enter a module that was live before Rung", About: "It is marked so."}, s.enterModule)
		add(s, api, operation{ID: "getModule", Method: http.MethodGet, Path: "/modules/{module}", Summary: "One module, retired ones too"}, s.getModule)
		add(s, api, operation{ID: "getModuleDetails", Method: http.MethodGet, Path: "/modules/{module}/publication-details", Scopes: toRead,
			Summary: "One module as leadership sees it", About: "With its owner, and the version of its details: its ETag is what editModule takes as If-Match."}, s.getModuleDetails)
		add(s, api, operation{ID: "editModule", Method: http.MethodPut, Path: "/modules/{module}", Scopes: toLead, Conditional: true, Refuses: true,
			Summary: "Change a module in the catalogue", About: "Of one that was signed here the publication details alone: what was signed stays as it was signed."}, s.editModule)
		add(s, api, operation{ID: "retireModule", Method: http.MethodPost, Path: "/modules/{module}/retirements", Scopes: toLead, Refuses: true,
			Summary: "Take a module out of the lists", About: "Its page stays at its address and shows the reason."}, s.retireModule)
		add(s, api, operation{ID: "downloadModulePack", Method: http.MethodGet, Path: "/modules/{module}/pack", Scopes: toRead, Download: true,
			Summary: "The pack for the hosts, as a zip", About: "For leadership: the package as it was signed, and a sheet to copy the listing from."}, s.modulePack)
		add(s, api, operation{ID: "listSeries", Method: http.MethodGet, Path: "/series", Summary: "The series that have live modules, by name"}, s.listSeries)
	},
})

// OnModule is the path of what is about one module.
type OnModule struct {
	Module string `path:"module" maxLength:"300" doc:"The module's slug, the last part of its address."`
}

// Series says that a module is part 2 of 4 of a series.
type Series struct {
	Name string `json:"name"`
	Part int    `json:"part,omitempty"`
	Of   int    `json:"of,omitempty"`
}

func seriesOf(s catalogue.Series) *Series {
	if s.Name == "" {
		return nil
	}
	return &Series{s.Name, s.Part, s.Of}
}

// ModuleLine is a module in a list.
type ModuleLine struct {
	Slug        string    `json:"slug"`
	Title       string    `json:"title"`
	Summary     string    `json:"summary"`
	Strand      string    `json:"strand" doc:"Key of a strand."`
	StrandName  string    `json:"strand_name"`
	Series      *Series   `json:"series,omitempty"`
	Quality     string    `json:"quality" enum:"rung,before_rung" doc:"How its quality was assured: by climbing through every stage here, or before."`
	PublishedAt time.Time `json:"published_at"`
	Page        string    `json:"page" format:"uri"`
}

func (s *Server) moduleLines(items []catalogue.Item) []ModuleLine {
	lines := make([]ModuleLine, len(items))
	for i, m := range items {
		lines[i] = ModuleLine{Slug: m.Slug, Title: m.Title, Summary: m.Summary, Strand: m.Strand, StrandName: m.StrandName, Series: seriesOf(m.Series),
			Quality: m.Quality, PublishedAt: m.PublishedAt.UTC(), Page: s.modulePage(m.Slug)}
	}
	return lines
}

func (s *Server) modulePage(slug string) string { return s.address("/catalogue/" + slug) }

// Module is all that the catalogue knows of a module.
type Module struct {
	ModuleLine
	Authors             []Attribution `json:"authors"`
	Provider            string        `json:"provider,omitempty"`
	Keywords            []string      `json:"keywords"`
	Licence             string        `json:"licence,omitempty" doc:"Its name."`
	Certificate         string        `json:"certificate,omitempty" enum:"yes,no"`
	AccessibilityIssues string        `json:"accessibility_issues,omitempty"`
	Audience            string        `json:"audience,omitempty"`
	Level               string        `json:"level,omitempty"`
	PriorKnowledge      string        `json:"prior_knowledge,omitempty"`
	Outcomes            []string      `json:"outcomes"`
	Minutes             int           `json:"minutes,omitempty" doc:"Of a learner's time."`
	Mappings            []Mapping     `json:"mappings" doc:"What it builds, in the words of each framework."`
	WhyUnmapped         string        `json:"why_unmapped,omitempty"`
	Passed              []Passed      `json:"passed" doc:"The stages that it passed here; none for one that was live before Rung."`
	Owner               string        `json:"owner,omitempty" doc:"Who looks after it; for leadership."`
	ReviewDate          string        `json:"review_date,omitempty" format:"date"`
	BridgeURL           string        `json:"bridge_url,omitempty" format:"uri"`
	LearningHubURL      string        `json:"learning_hub_url,omitempty" format:"uri"`
	Version             int           `json:"version,omitempty" doc:"Of its publication details: what editModule takes as version; for leadership."`
	Proposal            int64         `json:"proposal,omitempty" doc:"From which it came; for leadership."`
	RetiredAt           *time.Time    `json:"retired_at,omitempty"`
	RetiredReason       string        `json:"retired_reason,omitempty"`
}

// Mapping is what a module builds, in the words of one framework.
type Mapping struct {
	Framework string   `json:"framework"`
	Primary   string   `json:"primary,omitempty"`
	Others    []string `json:"others"`
}

// Passed is a stage that an edition passed.
type Passed struct {
	Stage      string    `json:"stage" doc:"Its name."`
	At         time.Time `json:"at" doc:"When the last sign-off that it took was given."`
	Overridden bool      `json:"overridden" doc:"An exception of leadership's took the place of a sign-off."`
}

func (s *Server) moduleOf(m catalogue.Module) Module {
	out := Module{ModuleLine: ModuleLine{Slug: m.Slug, Title: m.Title, Summary: m.Summary, Strand: m.Strand, StrandName: m.StrandName, Series: seriesOf(m.Series),
		Quality: m.Quality, PublishedAt: m.PublishedAt.UTC(), Page: s.modulePage(m.Slug)},
		Authors: []Attribution{}, Provider: m.Provider, Keywords: texts(m.Keywords), Licence: m.Licence, Certificate: m.Certificate,
		AccessibilityIssues: m.AccessibilityIssues, Audience: m.Audience, Level: m.Level, PriorKnowledge: m.PriorKnowledge, Outcomes: texts(m.Outcomes),
		Minutes: m.Minutes, Mappings: []Mapping{}, WhyUnmapped: m.WhyUnmapped, Passed: []Passed{}, Owner: m.Details.Owner, ReviewDate: dayOf(m.Details.ReviewDate),
		BridgeURL: m.Details.BridgeURL, LearningHubURL: m.Details.LearningHubURL, Version: m.Details.Version, Proposal: m.Proposal,
		RetiredAt: utc(m.RetiredAt), RetiredReason: m.RetiredReason}
	for _, a := range m.Authors {
		out.Authors = append(out.Authors, Attribution(a))
	}
	for _, f := range m.Mappings {
		out.Mappings = append(out.Mappings, Mapping{f.Framework, f.Primary, texts(f.Others)})
	}
	for _, p := range m.Passed {
		out.Passed = append(out.Passed, Passed{p.Name, p.At.UTC(), p.Overridden})
	}
	return out
}

// dayOf is a day as JSON has it, "" for none.
func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func (s *Server) listModules(ctx context.Context, _ caller, in *struct {
	Paged
	Strand string `query:"strand" maxLength:"100" doc:"Key of a strand."`
	Series string `query:"series" maxLength:"300" doc:"Name of a series: its modules, in their order."`
	Words  string `query:"words" maxLength:"500" doc:"Words to search for."`
}) (*list[ModuleLine], error) {
	var after string
	if err := in.from(ctx, &after); err != nil {
		return nil, err
	}
	found, err := s.Catalogue.Catalogue(ctx, catalogue.Query{Strand: in.Strand, Series: in.Series, Words: in.Words, After: after, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return pageOf(ctx, s, s.moduleLines(found.Items), unless(found.Next))
}

// unless is where the next page begins, nil for the zero that says that there is
// none.
func unless[T comparable](next T) *T {
	var none T
	if next == none {
		return nil
	}
	return &next
}

// SeriesModules is a series with its live modules.
type SeriesModules struct {
	Name    string       `json:"name"`
	Modules []ModuleLine `json:"modules" doc:"In the order of their parts."`
}

func (s *Server) listSeries(ctx context.Context, _ caller, in *Paged) (*list[SeriesModules], error) {
	var after string
	if err := in.from(ctx, &after); err != nil {
		return nil, err
	}
	groups, next, err := s.Catalogue.BySeries(ctx, after, in.Limit)
	if err != nil {
		return nil, err
	}
	items := make([]SeriesModules, len(groups))
	for i, g := range groups {
		items[i] = SeriesModules{g.Name, s.moduleLines(g.Items)}
	}
	return pageOf(ctx, s, items, unless(next))
}

type moduleAnswer struct {
	Location string `header:"Location" doc:"Of a module that was made."`
	ETag     string `header:"ETag"`
	Body     Module
}

// looked is a module as leadership sees it, who looks after it.
func (s *Server) looked(ctx context.Context, who caller, slug string) (*moduleAnswer, error) {
	m, err := s.Catalogue.ModuleFor(ctx, who.Actor, slug)
	if err != nil {
		return nil, err
	}
	return &moduleAnswer{ETag: versionTag(m.Details.Version), Body: s.moduleOf(m)}, nil
}

func (s *Server) madeModule(ctx context.Context, who caller, slug string) (*moduleAnswer, error) {
	out, err := s.looked(ctx, who, slug)
	if err == nil {
		out.Location = s.address(Prefix + "/modules/" + slug)
	}
	return out, err
}

// getModule shows what the public page shows.
func (s *Server) getModule(ctx context.Context, _ caller, in *OnModule) (*struct{ Body Module }, error) {
	m, err := s.Catalogue.Module(ctx, in.Module)
	if err != nil {
		return nil, err
	}
	out := s.moduleOf(m)
	out.Owner, out.Version, out.Proposal = "", 0, 0
	return &struct{ Body Module }{out}, nil
}

func (s *Server) getModuleDetails(ctx context.Context, who caller, in *OnModule) (*moduleAnswer, error) {
	return s.looked(ctx, who, in.Module)
}

// Details are what a module needs besides what is signed.
type Details struct {
	Owner          string `json:"owner,omitempty" maxLength:"10000" doc:"A person or a team, in words."`
	ReviewDate     string `json:"review_date,omitempty" maxLength:"100" doc:"When the module is reviewed next: YYYY-MM-DD." example:"2028-08-06"`
	BridgeURL      string `json:"bridge_url,omitempty" maxLength:"10000" doc:"Its https address on Bridge."`
	LearningHubURL string `json:"learning_hub_url,omitempty" maxLength:"10000" doc:"Its https address on the Learning Hub."`
}

// details reads them; what is no date is the service's to tell, with the rest.
func (d Details) details() catalogue.Details {
	day, err := time.Parse(time.DateOnly, d.ReviewDate)
	return catalogue.Details{Owner: d.Owner, ReviewDate: day, NoDate: d.ReviewDate != "" && err != nil, BridgeURL: d.BridgeURL, LearningHubURL: d.LearningHubURL}
}

// Entry is a module that was live before Rung.
type Entry struct {
	Title   string `json:"title,omitempty" maxLength:"10000"`
	Strand  string `json:"strand,omitempty" maxLength:"1000" doc:"Key of a strand."`
	Summary string `json:"summary,omitempty" maxLength:"100000"`
	Series  string `json:"series,omitempty" maxLength:"10000" doc:"Name of the series that it is part of."`
	Part    int    `json:"part,omitempty" minimum:"0" maximum:"1000000"`
	Of      int    `json:"of,omitempty" minimum:"0" maximum:"1000000"`
	Details
}

func (e Entry) entry() catalogue.Entry {
	return catalogue.Entry{Title: e.Title, Strand: e.Strand, Summary: e.Summary, Details: e.details(),
		Series: catalogue.Series{Name: e.Series, Part: e.Part, Of: e.Of}}
}

func (s *Server) enterModule(ctx context.Context, who caller, in *struct{ Body Entry }) (*moduleAnswer, error) {
	slug, err := s.Catalogue.EnterLive(ctx, who.Actor, in.Body.entry())
	if err != nil {
		return nil, err
	}
	return s.madeModule(ctx, who, slug)
}

func (s *Server) editModule(ctx context.Context, who caller, in *struct {
	OnModule
	Written
	Body struct {
		Version *int `json:"version,omitempty" minimum:"0"`
		Entry
	}
}) (*moduleAnswer, error) {
	version, err := in.needed(in.Body.Version)
	if err != nil {
		return nil, err
	}
	if err := s.Catalogue.Edit(ctx, who.Actor, in.Module, version, in.Body.entry()); err != nil {
		return nil, err
	}
	return s.looked(ctx, who, in.Module)
}

func (s *Server) retireModule(ctx context.Context, who caller, in *struct {
	OnModule
	Body struct {
		Reason string `json:"reason,omitempty" maxLength:"100000" doc:"Everyone can read it on the module's page."`
	}
}) (*moduleAnswer, error) {
	if err := s.Catalogue.Retire(ctx, who.Actor, in.Module, in.Body.Reason); err != nil {
		return nil, err
	}
	return s.looked(ctx, who, in.Module)
}

func (s *Server) modulePack(ctx context.Context, who caller, in *OnModule) (*download, error) {
	pack, err := s.Catalogue.PackOfModule(ctx, who.Actor, in.Module)
	if err != nil {
		return nil, err
	}
	return s.sendPack(ctx, pack), nil
}

// sendPack streams a pack. Once it has begun, an error can only break the
// connection off, so that nobody takes half a file for a whole one.
func (s *Server) sendPack(ctx context.Context, pack *catalogue.Pack) *download {
	return &download{func(huma.Context) {
		defer pack.Close()
		w := exchangeOf(ctx).w
		attach(w.Header(), "application/zip", pack.Name)
		w.Header().Set("Cache-Control", "no-store")
		if err := pack.Write(w); err != nil {
			s.Log.WarnContext(ctx, "a pack broke off", "error", err)
			panic(http.ErrAbortHandler)
		}
	}}
}
