package web

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5/middleware"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/web/edge"
)

// Signing in and out, and what people say of themselves.
var _ = register(area{name: "sign-in", routes: func(s *Server, rt *routes) {
	rt.get("/sign-in", s.signInPage)
	rt.post("/sign-in", s.signInAsk)
	rt.get("/sign-in/code", s.codePage)
	rt.post("/sign-in/code", s.codeEnter)
	rt.get("/signed-in", signedIn(s.signedInPage))
	rt.post("/sign-out", s.signOut)
	rt.post("/sign-out-everywhere", signedIn(s.signOutEverywhere))
	rt.get("/profile", signedIn(s.profilePage))
	rt.post("/profile", signedIn(s.profileSave))
}})

type signInForm struct {
	Form  `form:"-"`
	Email string `form:"email"`
	Next  string `form:"next"`
	Demo  bool   `form:"-"`
}

var signInView = newView("people/sign_in.html",
	signInForm{Demo: true, Next: "/profile"},
	signInForm{Email: "anna", Form: Form{Refusal: "The email address cannot be used.", Problems: []Problem{{"email", "Enter an email address."}}}})

func (s *Server) signInPage(w http.ResponseWriter, r *http.Request) error {
	var p signInForm
	query(r, &p)
	p.Next = localPath(p.Next, "")
	p.Demo = s.Demo != nil
	if visitor(r) != nil {
		http.Redirect(w, r, localPath(p.Next, landing()), http.StatusSeeOther)
		return nil
	}
	return signInView.write(s, w, r, p)
}

// signInAsk has a code mailed, and leaves in this browser the secret without
// which the code is worth nothing. It answers the same for every address.
func (s *Server) signInAsk(w http.ResponseWriter, r *http.Request) error {
	var p signInForm
	var err error
	if p.Form, err = decode(r, &p); err != nil {
		return err
	}
	p.Demo = s.Demo != nil
	attempt, secret, err := s.Accounts.StartSignIn(r.Context(), p.Email, middleware.GetClientIP(r.Context()))
	if err != nil {
		setRetryAfter(w, err)
		if p.Form.Takes(err) {
			return signInView.write(s, w, r, p)
		}
		return err
	}
	s.setAttempt(w, signInAttempt{ID: attempt, Secret: secret, Email: p.Email})
	http.Redirect(w, r, "/sign-in/code"+nextQuery(p.Next), http.StatusSeeOther)
	return nil
}

type codeForm struct {
	Form  `form:"-"`
	Code  string `form:"code"`
	Next  string `form:"next"`
	Email string `form:"-"`
}

var codeView = newView("people/code.html",
	codeForm{Email: "anna@example.org", Next: "/profile"},
	codeForm{Email: "anna@example.org", Form: Form{Problems: []Problem{{"code", "This is not the code we sent. You have 4 tries left."}}}})

func (s *Server) codePage(w http.ResponseWriter, r *http.Request) error {
	attempt, ok := s.attempt(r)
	if !ok {
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return nil
	}
	var p codeForm
	query(r, &p)
	p.Code, p.Next, p.Email = "", localPath(p.Next, ""), attempt.Email
	return codeView.write(s, w, r, p)
}

func (s *Server) codeEnter(w http.ResponseWriter, r *http.Request) error {
	attempt, _ := s.attempt(r) // without one, the service says to ask for a new code here
	var p codeForm
	var err error
	if p.Form, err = decode(r, &p); err != nil {
		return err
	}
	who, err := s.Accounts.CompleteSignIn(r.Context(), attempt.ID, attempt.Secret, p.Code, middleware.GetClientIP(r.Context()))
	if err != nil {
		setRetryAfter(w, err)
		p.Code, p.Email = "", attempt.Email
		if p.Form.Takes(err) {
			return codeView.write(s, w, r, p)
		}
		return err
	}
	if err := s.enter(r, who); err != nil {
		return err
	}
	s.forgetAttempt(w)
	next := localPath(p.Next, landing())
	if who.NameGuessed {
		next = "/profile" + nextQuery(next)
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// setRetryAfter keeps the header on a form that is given back.
func setRetryAfter(w http.ResponseWriter, err error) {
	if f := edge.FaultOf(err); f != nil && f.RetryAfter > 0 {
		w.Header().Set("Retry-After", edge.Seconds(f.RetryAfter))
	}
}

func nextQuery(next string) string {
	if next = localPath(next, ""); next == "" || next == "/" {
		return ""
	}
	return "?next=" + url.QueryEscape(next)
}

// signInAttempt is what the asking browser keeps until the code is typed.
type signInAttempt struct {
	ID     string `json:"i"`
	Secret string `json:"s"`
	Email  string `json:"e"`
}

func (s *Server) setAttempt(w http.ResponseWriter, a signInAttempt) {
	b, _ := json.Marshal(a) // three strings
	http.SetCookie(w, s.attemptCookie(base64.RawURLEncoding.EncodeToString(b), int(accounts.CodeLife.Seconds())))
}

func (s *Server) forgetAttempt(w http.ResponseWriter) { http.SetCookie(w, s.attemptCookie("", -1)) }

func (s *Server) attempt(r *http.Request) (a signInAttempt, ok bool) {
	c, err := r.Cookie(s.cookieName("code"))
	if err != nil {
		return a, false
	}
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	return a, err == nil && json.Unmarshal(b, &a) == nil && a.ID != ""
}

func (s *Server) attemptCookie(value string, age int) *http.Cookie {
	return &http.Cookie{
		Name: s.cookieName("code"), Value: value, Path: "/", MaxAge: age,
		Secure: s.secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

type signedInPage struct{ Name string }

var signedInView = newView("people/signed_in.html", signedInPage{Name: "Anna Bell"})

// signedInPage is where somebody ends who signed in beside a form that waits
// in another tab.
func (s *Server) signedInPage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	return signedInView.write(s, w, r, signedInPage{Name: who.Name})
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	return s.done(w, r, "/", "You are signed out.")
}

func (s *Server) signOutEverywhere(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	if err := s.Accounts.RevokeSessions(r.Context(), who.ID); err != nil {
		return err
	}
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	return s.done(w, r, "/", "You are signed out here and everywhere else.")
}

type profileForm struct {
	Form         `form:"-"`
	Name         string   `form:"name"`
	Organisation string   `form:"organisation"`
	JobTitle     string   `form:"job_title"`
	Next         string   `form:"next"`
	Email        string   `form:"-"`
	Welcome      bool     `form:"-"` // the name is a guess: they are new here
	Roles        []string `form:"-"`
}

var profileView = newView("people/profile.html",
	profileForm{Name: "Anna Bell", Email: "anna.bell@example.org", Roles: []string{"Leadership", "Technical reviewer"}},
	profileForm{Welcome: true, Next: "/proposals", Form: Form{Problems: []Problem{{"name", "Enter the name to be shown to others."}}}})

func (s *Server) profilePage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	p := profileForm{Name: who.Name, Organisation: who.Organisation, JobTitle: who.JobTitle}
	var asked struct {
		Next string `form:"next"`
	}
	query(r, &asked)
	p.Next = localPath(asked.Next, "")
	p.about(who)
	return profileView.write(s, w, r, p)
}

// about adds what a profile shows and its form doesn't hold.
func (p *profileForm) about(who accounts.Person) {
	p.Email, p.Welcome = who.Email, who.NameGuessed
	for _, role := range who.Roles {
		p.Roles = append(p.Roles, roleName(role))
	}
}

func (s *Server) profileSave(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	var p profileForm
	var err error
	if p.Form, err = decode(r, &p); err != nil {
		return err
	}
	_, err = s.Accounts.UpdateProfile(r.Context(), who.ID, accounts.Profile{
		Name: p.Name, Organisation: p.Organisation, JobTitle: p.JobTitle,
	})
	if fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.SignIn, "Sign in to go on.")
	}
	if err != nil {
		p.about(who)
		if p.Form.Takes(err) {
			return profileView.write(s, w, r, p)
		}
		return err
	}
	return s.done(w, r, localPath(p.Next, "/profile"), "Your profile is saved.")
}
