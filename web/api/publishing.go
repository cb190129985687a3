package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/catalogue"
)

var _ = register(area{
	tag:   "Publishing",
	about: "From approved to the catalogue, by leadership.",
	add: func(s *Server, api huma.API) {
		add(s, api, operation{ID: "getPublicationDetails", Method: http.MethodGet, Path: "/proposals/{proposal}/publication-details", Scopes: toRead,
			Summary: "Owner, review date and addresses on the hosts", About: "For leadership and the authors."}, s.getDetails)
		add(s, api, operation{ID: "setPublicationDetails", Method: http.MethodPut, Path: "/proposals/{proposal}/publication-details", Scopes: toLead, Conditional: true,
			Summary: "Set them", About: "From the final stage on, and after publishing. What is left out becomes empty. Before publishing they may be half done."}, s.setDetails)
		add(s, api, operation{ID: "publishProposal", Method: http.MethodPost, Path: "/proposals/{proposal}/publications", Scopes: toLead, Status: http.StatusCreated, Conditional: true,
			Summary: "Publish the approved revision", About: "Nothing is published that was not signed as it stands. A refusal says everything that is missing."}, s.publish)
		add(s, api, operation{ID: "downloadPack", Method: http.MethodGet, Path: "/proposals/{proposal}/pack", Scopes: toRead, Download: true,
			Summary: "The pack for the hosts, as a zip", About: "For leadership, once it is approved or published."}, s.proposalPack)
	},
})

// StoredDetails are publication details with who set them last.
type StoredDetails struct {
	Details
	Version   int        `json:"version" doc:"0: nobody has set any yet."`
	UpdatedAt *time.Time `json:"updated_at,omitempty"`
	UpdatedBy string     `json:"updated_by,omitempty" doc:"A name."`
}

func storedDetailsOf(d catalogue.StoredDetails) StoredDetails {
	out := StoredDetails{Details: Details{d.Owner, dayOf(d.ReviewDate), d.BridgeURL, d.LearningHubURL}, Version: d.Version, UpdatedBy: d.UpdatedBy}
	if d.Version > 0 {
		out.UpdatedAt = utc(&d.UpdatedAt)
	}
	return out
}

var _ = storedNow(func(e *catalogue.StaleDetails) any { return storedDetailsOf(e.Theirs) })

type detailsAnswer struct {
	ETag string `header:"ETag"`
	Body StoredDetails
}

func (s *Server) details(ctx context.Context, who caller, id int64) (*detailsAnswer, error) {
	d, err := s.Catalogue.Details(ctx, who.Actor, id)
	if err != nil {
		return nil, err
	}
	return &detailsAnswer{versionTag(d.Version), storedDetailsOf(d)}, nil
}

func (s *Server) getDetails(ctx context.Context, who caller, in *OnProposal) (*detailsAnswer, error) {
	return s.details(ctx, who, in.Proposal)
}

func (s *Server) setDetails(ctx context.Context, who caller, in *struct {
	OnProposal
	Written
	Body struct {
		Version *int `json:"version,omitempty" minimum:"0"`
		Details
	}
}) (*detailsAnswer, error) {
	version, err := in.needed(in.Body.Version)
	if err != nil {
		return nil, err
	}
	if err := s.Catalogue.SetDetails(ctx, who.Actor, in.Proposal, version, in.Body.details()); err != nil {
		return nil, err
	}
	return s.details(ctx, who, in.Proposal)
}

func (s *Server) publish(ctx context.Context, who caller, in *struct {
	OnProposal
	Condition
	Body struct {
		Seen *Seen `json:"seen,omitempty"`
	}
}) (*moduleAnswer, error) {
	seen, err := in.needed(in.Body.Seen)
	if err != nil {
		return nil, err
	}
	slug, err := s.Catalogue.Publish(ctx, who.Actor, in.Proposal, seen)
	if err != nil {
		return nil, err
	}
	return s.madeModule(ctx, who, slug)
}

func (s *Server) proposalPack(ctx context.Context, who caller, in *OnProposal) (*download, error) {
	pack, err := s.Catalogue.PackOfProposal(ctx, who.Actor, in.Proposal)
	if err != nil {
		return nil, err
	}
	return s.sendPack(ctx, pack), nil
}
