package web

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/httplog/v3"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
)

// newSessions gives the session manager on accounts' table. A session holds
// who is signed in and nothing else, so nobody has a cookie of it before they
// sign in.
func (s *Server) newSessions() *scs.SessionManager {
	m := (&accounts.Sessions{DB: s.Accounts.DB, Now: s.Accounts.Now}).Manager()
	m.Cookie.Name = s.cookieName("session")
	m.Cookie.Path = "/"
	m.Cookie.Secure = s.secure()
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		s.answer(w, r, &fault.Error{Kind: fault.Unavailable, Cause: err, RetryAfter: 10 * time.Second,
			Text: "We cannot tell who is signed in just now. Try again in a minute."})
	}
	return m
}

// loadSession reads the cookie's session and with it who is signed in: one
// query where there is a cookie, none where there isn't.
func (s *Server) loadSession(next http.Handler) http.Handler {
	loaded := s.sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if who := visitor(r); who != nil {
			httplog.SetAttrs(r.Context(), slog.Int64("person", who.ID))
		}
		next.ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		loaded.ServeHTTP(w, r.WithContext(accounts.WithVisit(r.Context())))
	})
}

// visitor is who is signed in, nil if nobody is.
func visitor(r *http.Request) *accounts.Person {
	who, ok := accounts.Visitor(r.Context())
	if !ok {
		return nil
	}
	return &who
}

// actor is who is signed in, as the rooms know them.
func actor(who accounts.Person) workflow.Actor { return workflow.Actor{Person: who.ID} }

// member is a page of somebody who is signed in.
type member func(w http.ResponseWriter, r *http.Request, who accounts.Person) error

// signedIn makes a member's page one that asks whoever isn't signed in to do
// so. Whether they may do what the page does is for the service to say.
func signedIn(m member) page {
	return func(w http.ResponseWriter, r *http.Request) error {
		who := visitor(r)
		if who == nil {
			return fault.New(fault.SignIn, "Your session has ended. Sign in, then try again.")
		}
		return m(w, r, *who)
	}
}

// holding is signedIn for a page that only holders of one of the roles may
// read, where no service call decides it.
func holding(m member, roles ...string) page {
	return signedIn(func(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
		if err := who.Needs(roles...); err != nil {
			return err
		}
		return m(w, r, who)
	})
}

// enter begins a session for a person, under a new token: one planted in the
// browser beforehand is worth nothing afterwards.
func (s *Server) enter(r *http.Request, who accounts.Person) error {
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	s.sessions.Put(r.Context(), accounts.PersonKey, who.ID)
	return nil
}

// landing is where somebody who has signed in begins.
func landing() string {
	for _, a := range areas {
		if a.home != "" {
			return a.home
		}
	}
	return "/"
}
