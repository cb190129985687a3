package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/httplog/v3"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/web/edge"
	"github.com/leadership-ladder/rung/workflow"
)

type contextKey int

const (
	callerKey contextKey = iota
	exchangeKey
)

// exchange is a call under way: for what streams, and for what becomes a problem.
type exchange struct {
	w  http.ResponseWriter
	r  *http.Request
	op operation
}

func exchangeOf(ctx context.Context) exchange {
	x, _ := ctx.Value(exchangeKey).(exchange)
	return x
}

// guard is what happens to every call before its operation: it gets a bounded
// time and body, somebody is found behind its token, the token's scope is
// looked at, and a request that was answered already gets the same answer.
func (s *Server) guard(op operation) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humachi.Unwrap(ctx)
		serve := func(w http.ResponseWriter, r *http.Request) {
			httplog.SetAttrs(r.Context(), slog.String("route", op.Method+" "+Prefix+op.Path))
			if err := s.admit(op, w, r, func(w http.ResponseWriter, r *http.Request) {
				next(humachi.NewContext(ctx.Operation(), withExchange(w, r, op), w))
			}); err != nil {
				s.Answer(w, r, err)
			}
		}
		switch {
		case op.Stream:
			edge.DrainRefusals(serve)(w, r)
		case op.Download:
			edge.Unhurried(serve)(w, r)
		default:
			edge.Limited(serve)(w, r)
		}
	}
}

func withExchange(w http.ResponseWriter, r *http.Request, op operation) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), exchangeKey, exchange{w, r, op}))
}

// admit lets a call through to its operation, or says why not; it has written
// nothing then but headers.
func (s *Server) admit(op operation, w http.ResponseWriter, r *http.Request, next http.HandlerFunc) error {
	w.Header().Set("Cache-Control", "no-cache")
	if op.Scopes != nil {
		w.Header().Set("Cache-Control", "private, no-cache")
		w.Header().Set("Vary", "Authorization")
		who, err := s.caller(op, w, r)
		if err != nil {
			return err
		}
		r = r.WithContext(context.WithValue(r.Context(), callerKey, who))
	} else {
		w.Header().Set("Access-Control-Allow-Origin", "*") // anybody's page may show what is public
	}
	if err := clean(r.URL.Path + r.URL.RawQuery); err != nil || strings.ContainsRune(r.URL.Path, 0) {
		return nothingHere
	}
	switch {
	case op.Method == http.MethodGet && !op.Download:
		s.tagged(w, r, next)
		return nil
	case op.Method == http.MethodGet || op.Stream:
		next(w, r)
		return nil
	}
	w.Header().Set("Cache-Control", "no-store")
	body, err := readBody(r)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if key := r.Header.Get(keyHeader); op.Method == http.MethodPost && key != "" {
		return s.once(op, key, body, w, r, next)
	}
	next(w, r)
	return nil
}

// caller finds who is behind the token of a request, and whether its scopes
// allow the operation.
func (s *Server) caller(op operation, w http.ResponseWriter, r *http.Request) (caller, error) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if secret = strings.TrimSpace(secret); !strings.EqualFold(scheme, "Bearer") || secret == "" {
		return caller{}, fault.New(fault.SignIn, "Send a token of yours: Authorization: Bearer rung_… You make one on the page Access tokens.")
	}
	b, err := s.Accounts.Bearer(r.Context(), secret)
	if b.Rate.Limit > 0 {
		h := w.Header()
		h.Set("RateLimit-Limit", strconv.Itoa(b.Rate.Limit))
		h.Set("RateLimit-Remaining", strconv.Itoa(b.Rate.Left))
		h.Set("RateLimit-Reset", edge.Seconds(b.Rate.Reset))
	}
	if err != nil {
		return caller{}, err
	}
	httplog.SetAttrs(r.Context(), slog.Int64("person", b.Person.ID), slog.Int64("token", b.Token))
	if needed := s.needed(op, b.Person); !slices.ContainsFunc(needed, func(scope string) bool { return slices.Contains(b.Scopes, scope) }) {
		return caller{}, lacking(needed)
	}
	who := caller{Person: b.Person, Token: b.Token, scopes: b.Scopes, Actor: workflow.Actor{Person: b.Person.ID}}
	who.Actor.Plainly = op.Method != http.MethodGet && !slices.Contains(b.Scopes, accounts.ScopeLead)
	return who, nil
}

// needed are the scopes of which a token of this person's needs one. Where their
// roles cover none that the operation takes, the rules refuse them anyway, with
// the reasons that the page would give; they only need a token that writes.
func (s *Server) needed(op operation, p accounts.Person) []string {
	covered := s.Accounts.ScopesFor(p)
	needed := slices.DeleteFunc(slices.Clone(op.Scopes), func(scope string) bool { return !slices.Contains(covered, scope) })
	if len(needed) == 0 {
		return toPropose
	}
	return needed
}

// lacking is the refusal of a token whose scopes don't reach.
func lacking(scopes []string) error {
	f := fault.New(scopeKind, "This token doesn't carry the scope that this takes.")
	for _, scope := range scopes {
		f.Reasons = append(f.Reasons, fault.Reason{Code: "scope_" + scope, Text: "The scope " + scope + " allows this."})
	}
	return f
}

// forScope explains a refusal that only came because the token leaves out its
// owner's authority.
func (s *Server) forScope(who caller, err error) error {
	kind := fault.KindOf(err)
	if who.Actor.Plainly && who.Has(workflow.Leadership) && (kind == fault.Forbidden || kind == fault.NotFound) {
		return lacking(toLead)
	}
	return err
}

// readBody reads a JSON body to its end.
func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		if _, long := errors.AsType[*http.MaxBytesError](err); long {
			return nil, err
		}
		return nil, &fault.Error{Kind: malformed, Text: "The body broke off. Nothing was done: send it again.", Cause: err}
	}
	if len(body) == 0 {
		return nil, nil
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, fault.New(fault.Unsupported, "Send JSON, as application/json.")
	}
	return body, clean(string(body))
}

// clean refuses what PostgreSQL can't keep: a text with a zero character.
func clean(text string) error {
	if strings.ContainsRune(text, 0) || strings.Contains(strings.ReplaceAll(text, `\\`, ""), `\u0000`) {
		return fault.New(fault.Invalid, "A text holds the character U+0000, which no text can have. Leave it out.")
	}
	return nil
}
