package web

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httplog/v3"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/web/api"
	"github.com/leadership-ladder/rung/web/edge"
	"github.com/leadership-ladder/rung/web/preview"
)

type contextKey int

const fullURLKey contextKey = 0

// clientIP decides whose address counts in limits: the connection's, or the
// one that the trusted proxies vouch for.
func (s *Server) clientIP() func(http.Handler) http.Handler {
	if s.TrustedProxies > 0 {
		return middleware.ClientIPFromXFFTrustedProxies(s.TrustedProxies)
	}
	return middleware.ClientIPFromRemoteAddr
}

// logSchema names the fields of the one record per request. The address with
// its query and the referrer have no name, and so are left out: queries hold
// search words and, in mistaken clients, secrets.
var logSchema = &httplog.Schema{
	ErrorMessage: "error", ErrorStackTrace: "stack", ErrorType: "error_type",
	RequestMethod: "method", RequestPath: "path", RequestHost: "host",
	RequestBytes: "request_bytes", RequestUserAgent: "user_agent",
	ResponseStatus: "status", ResponseDuration: "ms", ResponseBytes: "response_bytes",
}

// logRequests writes one wide record per request. httplog puts the whole URL
// into the message, so it is shown one without the query; the handlers below
// get the real one back.
func (s *Server) logRequests() func(http.Handler) http.Handler {
	logged := httplog.RequestLogger(s.Log, &httplog.Options{
		Level:  slog.LevelInfo,
		Schema: logSchema,
		Skip: func(r *http.Request, status int) bool {
			quiet := r.URL.Path == "/healthz" || r.URL.Path == "/readyz" || strings.HasPrefix(r.URL.Path, "/assets/")
			return (quiet || s.previewFile(r)) && status < 400
		},
	})
	return func(next http.Handler) http.Handler {
		inner := logged(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			httplog.SetAttrs(r.Context(),
				slog.String("request", edge.RequestID(r.Context())),
				slog.String("client", middleware.GetClientIP(r.Context())))
			full, _ := r.Context().Value(fullURLKey).(*url.URL)
			r2 := r.WithContext(r.Context())
			r2.URL = full
			next.ServeHTTP(w, r2)
		}))
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			bare := *r.URL
			bare.RawQuery = ""
			if shown := preview.Shown(r.URL.Path); shown != r.URL.Path {
				bare.Path, bare.RawPath = shown, "" // a preview's link lets in whoever has it
			}
			r2 := r.WithContext(context.WithValue(r.Context(), fullURLKey, r.URL))
			r2.URL = &bare
			inner.ServeHTTP(w, r2)
		})
	}
}

// contentPolicy allows nothing but our own files: no inline script or style,
// no other host, no framing.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

func (s *Server) securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		if s.secure() {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// secure reports whether people reach this server over https.
func (s *Server) secure() bool { return s.BaseURL != nil && s.BaseURL.Scheme == "https" }

// demoHostOnly keeps the demo, where anyone may sign in as anybody, to
// browsers on this machine: another site's name that resolves to 127.0.0.1
// doesn't get in either.
func (s *Server) demoHostOnly(next http.Handler) http.Handler {
	if s.Demo == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopbackHost(r.Host) {
			s.answer(w, r, fault.New(fault.Forbidden,
				"This is a demo: it only answers a browser on the same machine, at http://localhost."))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func loopbackHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}

// refuseCrossOrigin refuses a post that another site's page made a browser
// send. The page says what to do, since a proxy that rewrites Host looks the
// same.
func (s *Server) refuseCrossOrigin() func(http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.AddInsecureBypassPattern(api.Prefix + "/") // no cookie counts there: a page that has no token of ours can do nothing
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.answer(w, r, fault.New(fault.Forbidden,
			"This form was sent from another site, so nothing was done. Open the page here and send it again."))
	}))
	return guard.Handler
}

func compress() func(http.Handler) http.Handler {
	return middleware.Compress(5, "text/html", "text/plain", "text/csv", "application/json", "application/problem+json", "image/svg+xml")
}
