package web

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/web/api"
	"github.com/leadership-ladder/rung/web/edge"
)

// answer is the one place where what a handler returns becomes a page: the
// sentence and all the reasons of a fault, a link onwards, and every word
// that was typed. Of an internal error it says nothing but the request's name.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, err error) {
	if s.API != nil && within(r.URL.Path, api.Prefix) {
		s.API.Answer(w, r, err)
		return
	}
	f := edge.Explain(r, err)
	edge.LogRefusal(r, f, err)
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", edge.Seconds(f.RetryAfter))
	}
	if wantsJSON(r) {
		answerJSON(w, f, onwards(err))
		return
	}
	if f.Kind == fault.SignIn {
		s.askToSignIn(w, r)
		return
	}
	p := errorPage{
		Heading: headings[f.Kind], Text: f.Text, Reasons: f.Reasons,
		Next: onwards(err), Kept: keptWords(r),
	}
	if beyondReader[f.Kind] {
		p.Contact = s.Workflow.Current.Words.Contact
	}
	if f.Kind == edge.Internal {
		p.RequestID = edge.RequestID(r.Context())
	}
	if err := errorView.writeStatus(s, w, r, edge.Status(f.Kind), p); err != nil {
		s.Log.ErrorContext(r.Context(), "the error page failed", slog.Any("error", err))
		http.Error(w, "Sorry, there is a problem with this service. Try again later.", http.StatusInternalServerError)
	}
}

var headings = map[fault.Kind]string{
	fault.Invalid:     "There is a problem with what was sent",
	fault.Refused:     "This cannot be done now",
	fault.Stale:       "Something changed while you were working",
	fault.Forbidden:   "You cannot do this",
	fault.NotFound:    "Page not found",
	edge.Method:       "Page not found",
	fault.TooLarge:    "That is too large",
	fault.Unsupported: "That type of content is not taken",
	fault.TooMany:     "Too many tries",
	fault.Unavailable: "Not available just now",
	edge.Internal:     "Sorry, there is a problem with the service",
}

// beyondReader are the refusals that who meets one may be unable to mend: the
// page then says whom to ask, in the programme's words.
var beyondReader = map[fault.Kind]bool{fault.Forbidden: true, fault.NotFound: true, edge.Method: true, fault.Unavailable: true, edge.Internal: true}

type errorPage struct {
	Heading, Text string
	Reasons       []fault.Reason
	Next          []link
	Kept          []keptWord
	Contact       []string
	RequestID     string
}

type link struct{ Text, Href string }

var errorView = newView("site/error.html",
	errorPage{Heading: "Something changed while you were working", Text: "Dr Bell asked for changes at 2:31pm.",
		Reasons: []fault.Reason{{Code: "stale", Text: "Look at the request, then decide again."}},
		Next:    []link{{"Go to the proposal", "/proposals/42"}},
		Kept:    []keptWord{{Name: "comment", Label: "Comment", Value: "The transcript\nis missing.", Rows: 3}}},
	errorPage{Heading: "Sorry, there is a problem with the service", Text: "Try again.", RequestID: "abcdefghij", Contact: []string{"Ask the blended learning team."}},
)

func notFound(http.ResponseWriter, *http.Request) error {
	return fault.New(fault.NotFound, "If you typed the address, check that it is right. If you followed a link, the page may have moved or may not be yours to see.")
}

// methodNotAllowed answers a known address asked for in the wrong way: what
// usually happens is that the address of a form's act is opened as a page.
func (s *Server) methodNotAllowed(routes chi.Routes) page {
	return func(w http.ResponseWriter, r *http.Request) error {
		if s.API != nil && within(r.URL.Path, api.Prefix) {
			s.API.MethodNotAllowed(routes)(w, r)
			return nil
		}
		for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			if routes.Match(chi.NewRouteContext(), m, r.URL.Path) {
				w.Header().Add("Allow", m)
			}
		}
		return fault.New(edge.Method, "This address only takes what a form sends. Go back to the page that you came from.")
	}
}

// led is an error that knows where its reader should go next.
type led struct {
	error
	next []link
}

func (e led) Unwrap() error { return e.error }

// leadTo adds a way onwards to what the error page says: leadTo(err, "Go back
// to the proposal", "/proposals/42"). A nil error stays nil.
func leadTo(err error, text, href string) error {
	if err == nil {
		return nil
	}
	return led{err, append(onwards(err), link{text, href})}
}

func onwards(err error) []link {
	if e, ok := errors.AsType[led](err); ok {
		return e.next
	}
	return nil
}

// wantsJSON is how the page's own script asks: autosave and upload.
func wantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Accept"), "application/json")
}

// refusal is a fault as the page's own script reads it.
type refusal struct {
	Kind    fault.Kind      `json:"kind"`
	Text    string          `json:"text"`
	Reasons []refusalReason `json:"reasons,omitempty"`
	Next    []refusalLink   `json:"next,omitempty"`
}

type refusalReason struct {
	Code  string `json:"code"`
	Field string `json:"field,omitempty"` // the id of the field on the page
	Text  string `json:"text"`
}

type refusalLink struct {
	Text string `json:"text"`
	Href string `json:"href"`
}

func answerJSON(w http.ResponseWriter, f *fault.Error, next []link) {
	out := refusal{Kind: f.Kind, Text: f.Text}
	for _, r := range f.Reasons {
		out.Reasons = append(out.Reasons, refusalReason{Code: r.Code, Field: fieldID(r.Field), Text: r.Text})
	}
	for _, l := range next {
		out.Next = append(out.Next, refusalLink(l))
	}
	writeJSON(w, edge.Status(f.Kind), out)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the reader is gone: nobody to tell
}
