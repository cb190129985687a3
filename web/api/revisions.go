package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/authoring"
)

var _ = register(area{
	tag:   "Revisions",
	about: "A revision is an immutable snapshot of content, package and author list, made by every submit.",
	add: func(s *Server, api huma.API) {
		add(s, api, operation{ID: "listRevisions", Method: http.MethodGet, Path: "/proposals/{proposal}/revisions", Scopes: toRead, Summary: "Every revision, oldest first"}, s.listRevisions)
		add(s, api, operation{ID: "submitProposal", Method: http.MethodPost, Path: "/proposals/{proposal}/revisions", Scopes: toPropose, Conditional: true, Status: http.StatusCreated,
			Summary: "Submit the draft as a revision", About: "By the lead author. It goes to the earliest stage that lacks a valid sign-off. A refusal says everything that is missing."}, s.submitProposal)
		add(s, api, operation{ID: "getRevision", Method: http.MethodGet, Path: "/proposals/{proposal}/revisions/{revision}", Scopes: toRead, Summary: "One revision, with its words"}, s.getRevision)
		add(s, api, operation{ID: "compareRevisions", Method: http.MethodGet, Path: "/proposals/{proposal}/differences", Scopes: toRead,
			Summary: "What changed between two revisions, word by word"}, s.compareRevisions)
	},
})

// Revision is a snapshot.
type Revision struct {
	Number      int               `json:"number"`
	Title       string            `json:"title"`
	SubmittedAt time.Time         `json:"submitted_at"`
	SubmittedBy string            `json:"submitted_by" doc:"A name."`
	Package     Package           `json:"package"`
	Digests     map[string]string `json:"digests,omitempty" doc:"SHA-256 of each part: what reviewers sign."`
	Words       *Words            `json:"words,omitempty" doc:"On one revision; not in the list."`
	Authors     []Attribution     `json:"authors,omitempty" doc:"On one revision; not in the list."`
}

func revisionOf(r authoring.Revision) Revision {
	return Revision{Number: r.Number, Title: r.Title, SubmittedAt: r.SubmittedAt.UTC(), SubmittedBy: r.SubmittedByName, Package: packageOf(r.Package), Digests: r.Digests}
}

func (s *Server) listRevisions(ctx context.Context, who caller, in *OnProposal) (*list[Revision], error) {
	found, err := s.Authoring.Revisions(ctx, who.Actor, in.Proposal)
	if err != nil {
		return nil, err
	}
	items := make([]Revision, len(found))
	for i, r := range found {
		items[i] = revisionOf(r)
	}
	return pageOf[Revision, int](ctx, s, items, nil)
}

func (s *Server) getRevision(ctx context.Context, who caller, in *OnRevision) (*struct{ Body Revision }, error) {
	found, err := s.Authoring.Revision(ctx, who.Actor, in.Proposal, in.Revision)
	if err != nil {
		return nil, err
	}
	r, words := revisionOf(found), wordsOf(found.Content)
	r.Words = &words
	for _, a := range found.Content.Listing.Authors {
		r.Authors = append(r.Authors, Attribution(a))
	}
	return &struct{ Body Revision }{r}, nil
}

func (s *Server) submitProposal(ctx context.Context, who caller, in *struct {
	OnProposal
	Condition
	Body struct {
		Seen         *Seen `json:"seen,omitempty"`
		DraftVersion int   `json:"draft_version,omitempty" minimum:"1" doc:"The version of the draft that you checked; absent: whatever is there is submitted."`
		OwnIdea      bool  `json:"own_idea,omitempty" doc:"Goes on without the suggested title, which somebody else has taken."`
	}
}) (*createdProposal, error) {
	seen, err := in.needed(in.Body.Seen)
	if err != nil {
		return nil, err
	}
	res, err := s.Authoring.Submit(ctx, who.Actor, in.Proposal, authoring.Submission{Seen: seen, Version: in.Body.DraftVersion, OwnIdea: in.Body.OwnIdea})
	if err != nil {
		return nil, err
	}
	now, err := s.proposal(ctx, who, in.Proposal)
	if err != nil {
		return nil, err
	}
	return &createdProposal{s.address(Prefix + "/proposals/" + itoa(in.Proposal) + "/revisions/" + strconv.Itoa(res.Revision)), now.ETag, now.Body}, nil
}

// Differences are two versions side by side.
type Differences struct {
	From   int               `json:"from"`
	To     int               `json:"to" doc:"0: the draft."`
	Fields []FieldDifference `json:"fields"`
}

// FieldDifference is one field in two versions.
type FieldDifference struct {
	Field   string           `json:"field"`
	Part    string           `json:"part" enum:"package,teaching,listing"`
	Label   string           `json:"label"`
	Changed bool             `json:"changed"`
	Items   []ItemDifference `json:"items" doc:"A text is one item, a list has several."`
}

// ItemDifference is a text, or one item of a list.
type ItemDifference struct {
	Change string `json:"change" enum:"same,added,removed,edited"`
	Runs   []Run  `json:"runs"`
}

// Run is a stretch of text that stayed, came or went.
type Run struct {
	Change string `json:"change" enum:"same,added,removed,edited"`
	Text   string `json:"text"`
}

func (s *Server) compareRevisions(ctx context.Context, who caller, in *struct {
	OnProposal
	From int `query:"from" required:"true" minimum:"1" maximum:"2147483647"`
	To   int `query:"to" minimum:"0" maximum:"2147483647" doc:"Another revision; 0 or absent: the draft, for its authors."`
}) (*struct{ Body Differences }, error) {
	found, err := s.Authoring.Compare(ctx, who.Actor, in.Proposal, in.From, in.To)
	if err != nil {
		return nil, err
	}
	out := Differences{From: found.From.Revision, To: found.To.Revision, Fields: []FieldDifference{}}
	for _, f := range found.Fields {
		d := FieldDifference{Field: f.Field, Part: f.Part, Label: f.Label, Changed: f.Changed, Items: []ItemDifference{}}
		for _, i := range f.Items {
			item := ItemDifference{Change: string(i.Change), Runs: []Run{}}
			for _, r := range i.Runs {
				item.Runs = append(item.Runs, Run{string(r.Change), r.Text})
			}
			d.Items = append(d.Items, item)
		}
		out.Fields = append(out.Fields, d)
	}
	return &struct{ Body Differences }{out}, nil
}
