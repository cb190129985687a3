package api

import (
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/catalogue"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/webhooks"
	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/web/edge"
	"github.com/leadership-ladder/rung/workflow"
)

// Where the API is. A change that breaks the contract gets another version,
// beside this one.
const (
	Root    = "/api"
	Prefix  = Root + "/v1"
	DocPath = Root + "/openapi.json"

	// Version is the contract's: the first number changes when something that a
	// client may rely on does, which the tests hold against the last document.
	Version = "1.0.0"
)

// Server is the JSON API. Set the fields, then call [Server.Mount] once.
type Server struct {
	DB      *sqlx.DB // for what only the edge needs: the answers to idempotency keys
	Now     func() time.Time
	Log     *slog.Logger
	BaseURL *url.URL // links in answers begin with it, never with a request's Host

	// The services whose calls the operations make.
	Accounts  *accounts.Service
	Workflow  *workflow.Service
	Authoring *authoring.Service
	Reviews   *reviews.Service
	Catalogue *catalogue.Service
	Webhooks  *webhooks.Service

	operations map[string]bool // that are registered, by their ID
	document   document
}

// area is the operations of one resource, in a file of its own.
type area struct {
	tag   string // the heading in the reference, a noun of the programme
	about string
	add   func(*Server, huma.API)
}

var areas []area

// register adds an area. Call it from a package variable of the area's file.
func register(a area) struct{} {
	areas = append(areas, a)
	return struct{}{}
}

// Mount adds the API to the site's router. It panics where an operation is
// wrong, which a test would have shown.
func (s *Server) Mount(root chi.Router) {
	s.operations = map[string]bool{}
	root.Route(Root, func(r chi.Router) {
		r.NotFound(s.plain(func(http.ResponseWriter, *http.Request) error { return nothingHere }))
		r.MethodNotAllowed(s.MethodNotAllowed(root))
		r.Use(middleware.GetHead)
		r.Route("/v1", func(r chi.Router) {
			r.Use(edge.Recover(s.Answer))
			s.describe(humachi.New(r, s.config()))
		})
	})
}

// describe adds every area's operations, and keeps the document of them.
func (s *Server) describe(api huma.API) {
	doc := api.OpenAPI()
	for _, a := range areas {
		doc.Tags = append(doc.Tags, &huma.Tag{Name: a.tag, Description: a.about})
		a.add(s, &tagged{API: api, tag: a.tag})
	}
	s.document = newDocument(doc)
}

// tagged is the API as one area sees it: what it adds gets the area's tag.
type tagged struct {
	huma.API
	tag string
}

// plain is a handler outside huma whose error is answered as a problem.
func (s *Server) plain(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.Answer(w, r, err)
		}
	}
}

// MethodNotAllowed answers a method that an address below the prefix doesn't
// take, and names in Allow what it does; also one that no router knows.
func (s *Server) MethodNotAllowed(routes chi.Routes) http.HandlerFunc {
	return s.plain(func(w http.ResponseWriter, r *http.Request) error {
		for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			if routes.Match(chi.NewRouteContext(), m, r.URL.Path) {
				w.Header().Add("Allow", m)
			}
		}
		if w.Header().Get("Allow") == "" {
			return nothingHere
		}
		return fault.New(edge.Method, "This address doesn't take "+r.Method+". The header Allow says what it takes.")
	})
}

// address is the absolute address of something that the API names.
func (s *Server) address(path string) string { return s.BaseURL.String() + path }
