package api

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/fault"
)

var _ = register(area{
	tag:   "Drafts",
	about: "What authors write: a draft is theirs alone until they submit it.",
	add: func(s *Server, api huma.API) {
		add(s, api, operation{ID: "createProposal", Method: http.MethodPost, Path: "/proposals", Scopes: toPropose, Status: http.StatusCreated, Refuses: true, Names: true,
			Summary: "Start a proposal", About: "You are its lead author. Then write its draft, upload its package, and submit it."}, s.createProposal)
		add(s, api, operation{ID: "getDraft", Method: http.MethodGet, Path: "/proposals/{proposal}/draft", Scopes: toRead, Summary: "The draft, for its authors"}, s.getDraft)
		add(s, api, operation{ID: "saveDraft", Method: http.MethodPatch, Path: "/proposals/{proposal}/draft", Scopes: toPropose, Conditional: true,
			Summary: "Write in the draft", About: "Only the properties that are there change; an empty one empties its field. " +
				"Where somebody else wrote something different into the same field since the version that you saw, nothing is saved and current tells what they wrote."}, s.saveDraft)
		add(s, api, operation{ID: "checkDraft", Method: http.MethodGet, Path: "/proposals/{proposal}/readiness", Scopes: toRead,
			Summary: "What a submit would be refused for"}, s.checkDraft)
	},
})

// Words are what authors write, by the names of the fields. Keys are the
// programme's.
type Words struct {
	Strand         *string `json:"strand,omitempty" maxLength:"1000" doc:"Key of a strand."`
	Audience       *string `json:"audience,omitempty" maxLength:"100000"`
	Level          *string `json:"level,omitempty" maxLength:"10000"`
	PriorKnowledge *string `json:"prior_knowledge,omitempty" maxLength:"100000"`
	Need           *string `json:"need,omitempty" maxLength:"100000" doc:"Why the module is needed."`
	Overlap        *string `json:"overlap,omitempty" maxLength:"100000" doc:"With existing modules."`
	Minutes        *int    `json:"minutes,omitempty" minimum:"0" maximum:"1000000" doc:"How long it takes a learner; 0 empties it."`

	Outcomes         *[]string `json:"outcomes,omitempty" maxItems:"1000"`
	Mapping          *[]string `json:"mapping,omitempty" maxItems:"1000" doc:"Keys of the primary framework's entries."`
	MappingPrimary   *string   `json:"mapping_primary,omitempty" maxLength:"1000" doc:"The most important of them."`
	MappingWhyNone   *string   `json:"mapping_why_none,omitempty" maxLength:"100000" doc:"Why there are none."`
	MappingOthers    *[]string `json:"mapping_others,omitempty" maxItems:"1000" doc:"framework/entry of other frameworks."`
	ReflectionPrompt *string   `json:"reflection_prompt,omitempty" maxLength:"100000"`
	ActionPoints     *[]string `json:"action_points,omitempty" maxItems:"1000"`

	References          *[]string `json:"references,omitempty" maxItems:"1000"`
	Evaluation          *string   `json:"evaluation,omitempty" maxLength:"100000"`
	ConsentAndCopyright *string   `json:"consent_and_copyright,omitempty" maxLength:"100000"`
	DeclaredInterests   *string   `json:"declared_interests,omitempty" maxLength:"100000"`

	Title               *string   `json:"title,omitempty" maxLength:"10000"`
	Summary             *string   `json:"summary,omitempty" maxLength:"100000"`
	Keywords            *[]string `json:"keywords,omitempty" maxItems:"1000"`
	Licence             *string   `json:"licence,omitempty" maxLength:"1000" doc:"Key of a licence."`
	Provider            *string   `json:"provider,omitempty" maxLength:"10000"`
	Certificate         *string   `json:"certificate,omitempty" maxLength:"10" doc:"yes, no, or empty while it isn't decided."`
	AccessibilityIssues *string   `json:"accessibility_issues,omitempty" maxLength:"100000"`
	SeriesName          *string   `json:"series_name,omitempty" maxLength:"10000"`
	SeriesPart          *int      `json:"series_part,omitempty" minimum:"0" maximum:"1000000"`
	SeriesOf            *int      `json:"series_of,omitempty" minimum:"0" maximum:"1000000"`
	ExpertName          *string   `json:"expert_name,omitempty" maxLength:"10000" doc:"The subject expert, who is no author."`
	ExpertOrganisation  *string   `json:"expert_organisation,omitempty" maxLength:"10000"`
	ExpertEmail         *string   `json:"expert_email,omitempty" maxLength:"10000"`
}

// each calls f with the name and the pointer of every field.
func (w *Words) each(f func(name string, field reflect.Value)) {
	v := reflect.ValueOf(w).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		f(name, v.Field(i))
	}
}

// content is what is there, with the names of it.
func (w *Words) content() (c authoring.Content, names []string, err error) {
	var reasons []fault.Reason
	w.each(func(name string, v reflect.Value) {
		if v.IsNil() {
			return
		}
		names = append(names, name)
		var values []string
		switch value := v.Elem().Interface().(type) {
		case string:
			values = []string{value}
		case []string:
			values = value
		case int:
			if value != 0 {
				values = []string{strconv.Itoa(value)}
			}
		}
		f, _ := authoring.FieldNamed(name)
		reasons = append(reasons, fault.ReasonsOf(f.Set(&c, values...))...)
	})
	if len(reasons) > 0 {
		return c, nil, fault.New(fault.Invalid, "There is something to put right.", reasons...)
	}
	return c, names, nil
}

// wordsOf are all fields that aren't empty.
func wordsOf(c authoring.Content) (w Words) {
	w.each(func(name string, v reflect.Value) {
		f, _ := authoring.FieldNamed(name)
		values := f.Values(c)
		if len(values) == 0 {
			return
		}
		answer := reflect.New(v.Type().Elem())
		switch answer.Interface().(type) {
		case *string:
			answer.Elem().SetString(values[0])
		case *[]string:
			answer.Elem().Set(reflect.ValueOf(slices.Clone(values)))
		case *int:
			n, _ := strconv.Atoi(values[0]) // Values wrote it
			answer.Elem().SetInt(int64(n))
		}
		v.Set(answer)
	})
	return w
}

// Draft is what the authors are writing now.
type Draft struct {
	Proposal       int64     `json:"proposal"`
	Version        int       `json:"version" doc:"What changes take as version."`
	Words          Words     `json:"words"`
	Package        *Package  `json:"package,omitempty"`
	SuggestedTitle int64     `json:"suggested_title,omitempty" doc:"For which it is written."`
	TitleTaken     bool      `json:"title_taken" doc:"Another proposal has taken that title meanwhile."`
	UpdatedAt      time.Time `json:"updated_at"`
	UpdatedBy      string    `json:"updated_by" doc:"A name."`
}

func draftOf(d authoring.Draft) Draft {
	out := Draft{Proposal: d.Proposal, Version: d.Version, Words: wordsOf(d.Content), SuggestedTitle: d.SuggestedTitle, TitleTaken: d.TitleTaken,
		UpdatedAt: d.UpdatedAt.UTC(), UpdatedBy: d.UpdatedByName}
	if d.Package != nil {
		p := packageOf(*d.Package)
		out.Package = &p
	}
	return out
}

// clashing is a draft in which somebody else wrote meanwhile.
type clashing struct {
	Draft
	Clashes []clash `json:"clashes"`
}

type clash struct {
	Field string `json:"field"`
	By    string `json:"by"`
}

var _ = storedNow(func(e *authoring.Conflict) any {
	out := clashing{Draft: draftOf(e.Draft), Clashes: []clash{}}
	for _, c := range e.Fields {
		out.Clashes = append(out.Clashes, clash(c))
	}
	return out
})

type draftAnswer struct {
	ETag string `header:"ETag"`
	Body Draft
}

func (s *Server) draft(ctx context.Context, who caller, id int64) (*draftAnswer, error) {
	d, err := s.Authoring.Draft(ctx, who.Actor, id)
	if err != nil {
		return nil, err
	}
	return &draftAnswer{versionTag(d.Version), draftOf(d)}, nil
}

type createdProposal struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     Proposal
}

func (s *Server) createProposal(ctx context.Context, who caller, in *struct {
	Body struct {
		Title          string `json:"title,omitempty" maxLength:"10000" doc:"A working title; it may still be missing."`
		SuggestedTitle int64  `json:"suggested_title,omitempty" minimum:"1" doc:"The suggested title to write on; absent: an idea of your own."`
	}
}) (*createdProposal, error) {
	id, err := s.Authoring.Create(ctx, who.Actor, authoring.Idea{Title: in.Body.Title, SuggestedTitle: in.Body.SuggestedTitle})
	if err != nil {
		return nil, err
	}
	made, err := s.proposal(ctx, who, id)
	if err != nil {
		return nil, err
	}
	return &createdProposal{s.address(Prefix + "/proposals/" + itoa(id)), made.ETag, made.Body}, nil
}

func (s *Server) getDraft(ctx context.Context, who caller, in *OnProposal) (*draftAnswer, error) {
	return s.draft(ctx, who, in.Proposal)
}

func (s *Server) saveDraft(ctx context.Context, who caller, in *struct {
	OnProposal
	Written
	Body struct {
		Version *int `json:"version,omitempty" minimum:"1"`
		Words
	}
}) (*draftAnswer, error) {
	version, err := in.needed(in.Body.Version)
	if err != nil {
		return nil, err
	}
	content, names, err := in.Body.content()
	if err != nil {
		return nil, err
	}
	if len(names) > 0 { // to the service, none is all
		if _, err := s.Authoring.Save(ctx, who.Actor, in.Proposal, version, content, names...); err != nil {
			return nil, err
		}
	}
	return s.draft(ctx, who, in.Proposal)
}

// Readiness is what stands between a draft and its submit.
type Readiness struct {
	Ready   bool     `json:"ready"`
	Reasons []Reason `json:"reasons" doc:"field names a property of the draft's words, package, authors, or an item."`
	Seen    Seen     `json:"seen" doc:"What the submit takes as seen."`
	Version int      `json:"draft_version" doc:"What the submit takes as draft_version."`
}

func (s *Server) checkDraft(ctx context.Context, who caller, in *OnProposal) (*struct{ Body Readiness }, error) {
	r, err := s.Authoring.Check(ctx, who.Actor, in.Proposal)
	if err != nil {
		return nil, err
	}
	if err := r.Frozen(); err != nil {
		r.Reasons = append(r.Reasons, fault.ReasonsOf(err)...)
	}
	return &struct{ Body Readiness }{Readiness{Ready: len(r.Reasons) == 0, Reasons: reasonsOf(r.Reasons),
		Seen: Seen{r.Case.State, r.Case.Revision}, Version: r.Draft.Version}}, nil
}
