package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/catalogue"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/webhooks"
	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/web/api"
	"github.com/leadership-ladder/rung/web/edge"
	"github.com/leadership-ladder/rung/web/preview"
	"github.com/leadership-ladder/rung/workflow"
)

// Server is every page of Rung. Set the exported fields, then call
// [Server.Handler] once; after that they must not change.
type Server struct {
	// Site is what the pages say about the programme they serve.
	Site Site
	// BaseURL is where people reach this server. Its scheme decides whether
	// cookies are Secure and whether HSTS is sent; its host is the only one
	// that links in mail name.
	BaseURL *url.URL
	// Log gets one record for each request, and the cause of each plain 500.
	Log *slog.Logger
	// Now is the clock of pages; services bring their own.
	Now func() time.Time
	// TrustedProxies is how many proxies of our own stand before this server,
	// each adding to X-Forwarded-For. 0: a client is who connects.
	TrustedProxies int
	// Ready says why the server cannot work, nil when it can; /readyz asks it.
	Ready func(context.Context) error
	// Demo offers "sign in as …" and the mailbox; nil outside the demo.
	Demo *Demo

	// The services whose calls the pages make.
	Accounts  *accounts.Service
	Workflow  *workflow.Service
	Authoring *authoring.Service
	Reviews   *reviews.Service
	Catalogue *catalogue.Service
	Webhooks  *webhooks.Service

	// API is the JSON adapter over the same services, nil for a site without.
	API *api.Server

	// Preview answers at a host name of its own, nil for a site without.
	Preview *preview.Server

	sessions  *scs.SessionManager
	reference func() (referencePage, error)
}

// Site is what every page says about the programme.
type Site struct {
	Programme string // "Leadership Ladder"
}

// Handler is the whole site. It panics where a template or a route is wrong,
// which a test would have shown.
func (s *Server) Handler() http.Handler {
	s.sessions = s.newSessions()
	s.reference = sync.OnceValues(s.newReference)
	templates()

	root := chi.NewRouter()
	root.Get("/healthz", oneWord("ok"))
	root.Get("/readyz", s.readiness)
	root.Method(http.MethodGet, "/assets/*", assetSet())
	root.Method(http.MethodHead, "/assets/*", assetSet())

	if s.API != nil {
		s.API.Mount(root)
		root.Get(api.Root+"/", http.RedirectHandler(api.Root, http.StatusPermanentRedirect).ServeHTTP)
	}
	visited := chi.Chain(s.loadSession)
	mount(s, root.With(visited...))
	root.NotFound(visited.HandlerFunc(s.handle(notFound)).ServeHTTP)
	root.MethodNotAllowed(visited.HandlerFunc(s.handle(s.methodNotAllowed(root))).ServeHTTP)

	return chi.Chain(
		edge.Hurried,
		edge.WithRequestID,
		s.clientIP(),
		s.logRequests(),
		edge.Recover(s.answer),
		s.apart,
		s.securityHeaders,
		s.demoHostOnly,
		s.refuseCrossOrigin(),
		compress(),
	).Handler(root)
}

// readiness says "ready", or "unready" with 503; the cause goes to the log.
func (s *Server) readiness(w http.ResponseWriter, r *http.Request) {
	if s.Ready != nil {
		if err := s.Ready(r.Context()); err != nil {
			s.Log.WarnContext(r.Context(), "not ready", slog.Any("error", err))
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, "unready", http.StatusServiceUnavailable)
			return
		}
	}
	oneWord("ready")(w, r)
}

func oneWord(word string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte(word + "\n"))
	}
}
