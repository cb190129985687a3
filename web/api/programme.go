package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/workflow/programme"
)

var _ = register(area{
	tag:   "Programme",
	about: "The definition that everything follows. Reading it needs no token.",
	add: func(s *Server, api huma.API) {
		add(s, api, operation{ID: "getProgramme", Method: http.MethodGet, Path: "/programme", Summary: "The programme that new proposals follow",
			About: "A proposal follows the version of its first submit, for life."}, s.getProgramme)
	},
})

// Programme is what a program needs to know the keys by.
type Programme struct {
	Version    string      `json:"version" doc:"SHA-256 of its file."`
	Name       string      `json:"name"`
	About      string      `json:"about"`
	Strands    []Keyed     `json:"strands"`
	Frameworks []Framework `json:"frameworks"`
	Licences   []Keyed     `json:"licences"`
	Roles      []Keyed     `json:"roles"`
	Stages     []Stage     `json:"stages" doc:"Lowest rung first."`
	States     []string    `json:"states"`
	Machine    []Edge      `json:"machine" doc:"Every legal change of state."`
	MaxAuthors int         `json:"max_authors"`
	Review     int         `json:"review_years" doc:"The review date lies at most so many years after publication."`
	Access     []string    `json:"access" doc:"Who can take the modules, and how."`
	Contact    []string    `json:"contact" doc:"Whom to ask."`
}

// Keyed is something with a key and a name.
type Keyed struct {
	Key   string `json:"key"`
	Name  string `json:"name"`
	About string `json:"about,omitempty"`
}

// Framework is a set of capabilities that modules are mapped to.
type Framework struct {
	Key     string  `json:"key"`
	Name    string  `json:"name"`
	Note    string  `json:"note,omitempty"`
	Primary bool    `json:"primary" doc:"The one whose entries a module names one primary of."`
	Entries []Keyed `json:"entries"`
}

// Stage is one rung of the programme.
type Stage struct {
	Key       string      `json:"key" doc:"Also the name of the state."`
	Name      string      `json:"name"`
	Role      string      `json:"role" doc:"That its reviewers hold."`
	SignOffs  int         `json:"sign_offs" doc:"Valid ones that it needs, by different people."`
	Days      int         `json:"days" doc:"That a reviewer has."`
	Parts     []string    `json:"parts" doc:"What it vouches for."`
	Assign    string      `json:"assign" enum:"automatic,by_leadership"`
	Threshold int         `json:"threshold" doc:"Per cent of the weight that a sign-off needs."`
	Criteria  []Criterion `json:"criteria"`
}

// Criterion is one question of a rubric.
type Criterion struct {
	Key       string `json:"key"`
	Text      string `json:"text"`
	Help      string `json:"help,omitempty"`
	Weight    int    `json:"weight"`
	Essential bool   `json:"essential" doc:"Not met: no sign-off."`
	Decided   string `json:"decided" enum:"check,person" doc:"Whether the package check can decide it, or only a person."`
}

// Edge is a legal change of state.
type Edge struct {
	Event string `json:"event"`
	From  string `json:"from"`
	To    string `json:"to"`
	Who   string `json:"who" doc:"Who fires the event."`
}

func (s *Server) getProgramme(_ context.Context, _ caller, _ *struct{}) (*struct{ Body Programme }, error) {
	p := s.Workflow.Current
	out := Programme{Version: p.Version, Name: p.Name, About: p.About, MaxAuthors: p.MaxAuthors, Review: p.ReviewYears,
		Strands: []Keyed{}, Frameworks: []Framework{}, Licences: []Keyed{}, Roles: []Keyed{}, Stages: []Stage{}, Machine: []Edge{},
		States: p.States(), Access: texts(p.Words.Access), Contact: texts(p.Words.Contact)}
	for _, strand := range p.Strands {
		out.Strands = append(out.Strands, Keyed(strand))
	}
	for _, f := range p.Frameworks {
		one := Framework{Key: f.Key, Name: f.Name, Note: f.Note, Primary: f.Primary, Entries: []Keyed{}}
		for _, e := range f.Entries {
			one.Entries = append(one.Entries, Keyed{Key: e.Key, Name: e.Name})
		}
		out.Frameworks = append(out.Frameworks, one)
	}
	for _, l := range p.Licences {
		out.Licences = append(out.Licences, Keyed{Key: l.Key, Name: l.Name})
	}
	for _, r := range p.Roles {
		out.Roles = append(out.Roles, Keyed{Key: r.Key, Name: r.Name})
	}
	for _, st := range p.Stages {
		one := Stage{Key: st.Key, Name: st.Name, Role: st.Role, SignOffs: st.SignOffs, Days: st.Days, Parts: st.Parts, Assign: st.Assign,
			Threshold: st.Rubric.Threshold, Criteria: []Criterion{}}
		for _, c := range st.Rubric.Criteria {
			one.Criteria = append(one.Criteria, Criterion(c))
		}
		out.Stages = append(out.Stages, one)
	}
	for _, e := range p.Edges() {
		out.Machine = append(out.Machine, Edge{e.Event, e.From, e.To, programme.Who(e.Event)})
	}
	return &struct{ Body Programme }{out}, nil
}
