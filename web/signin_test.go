package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/web/webtest"
)

func TestSignInByCode(t *testing.T) {
	s := webtest.Start(t)
	v := s.Visitor(t)
	if p := v.Get("/sign-in?next=/people").Expect(200); p.Value("next") != "/people" || p.Header.Get("Set-Cookie") != "" {
		t.Errorf("next is %q, cookie %q", p.Value("next"), p.Header.Get("Set-Cookie"))
	}
	v.Post("/sign-in", url.Values{"email": {" Anna.Bell@Example.org "}, "next": {"/accessibility"}}).Leads("/sign-in/code?next=%2Faccessibility")
	v.Get("/sign-in/code").Expect(200).Says("Anna.Bell@Example.org")

	wrong := v.Post("/sign-in/code", url.Values{"code": {"12345"}, "next": {"/accessibility"}}).Expect(422)
	wrong.Says("There is a problem", "six digits")
	if wrong.Value("code") != "" || wrong.Value("next") != "/accessibility" {
		t.Error("a refused code is given back, or the way onwards is lost")
	}
	code := s.Code(t, "anna.bell@example.org")
	if p := s.Visitor(t).Post("/sign-in/code", url.Values{"code": {code}}); p.Status != http.StatusConflict {
		t.Errorf("another browser: %d", p.Status)
	}
	v.Post("/sign-in/code", url.Values{"code": {code[:3] + " " + code[3:]}, "next": {"/accessibility"}}).Leads("/profile?next=%2Faccessibility")
	v.Get("/profile").Expect(200).Says("Welcome. What should we call you?", "anna.bell@example.org")
	v.Post("/profile", url.Values{"name": {"Anna Bell"}, "next": {"/accessibility"}}).Leads("/accessibility")
	v.Get("/accessibility").Says("Your profile is saved.")
	v.Get("/accessibility").SaysNot("Your profile is saved.")

	// Used, and another round for somebody who is known goes straight on.
	v.Post("/sign-out", nil).Leads("/")
	v.Get("/").Says("You are signed out.")
	v.Get("/profile").Leads("/sign-in?next=%2Fprofile")
	v.SignIn("anna.bell@example.org")
	v.Get("/profile").Says("Your profile").SaysNot("Welcome")
	v.Get("/sign-in").Expect(303)

	if strings.Contains(s.Log.String(), code) || strings.Contains(strings.ToLower(s.Log.String()), "anna") {
		t.Error("the log holds a code or an address")
	}
}

func TestSignInNeverLeadsAway(t *testing.T) {
	s := webtest.Start(t)
	for _, next := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "/%2Fevil.example", "/\t/evil.example", "javascript:alert(1)", "/sign-out", "people"} {
		v := s.Visitor(t)
		if p := v.Get("/sign-in?next=" + url.QueryEscape(next)); p.Value("next") != "" {
			t.Errorf("the form keeps %q as %q", next, p.Value("next"))
		}
		v.Post("/sign-in", url.Values{"email": {"anna@example.org"}, "next": {next}}).Leads("/sign-in/code")
		p := v.Post("/sign-in/code", url.Values{"code": {s.Code(t, "anna@example.org")}, "next": {next}}).Leads("/profile")
		if to := p.Header.Get("Location"); strings.Contains(to, "evil") || strings.Contains(to, "sign-out") {
			t.Errorf("%q leads to %q", next, to)
		}
		s.Clock.Add(20 * time.Minute) // room for another code
	}
}

func TestTooManyCodes(t *testing.T) {
	s := webtest.Start(t)
	v := s.Visitor(t)
	for range 5 {
		v.Post("/sign-in", url.Values{"email": {"anna@example.org"}}).Leads("/sign-in/code")
	}
	p := v.Post("/sign-in", url.Values{"email": {"anna@example.org"}}).Expect(429).Says("Wait 60 minutes")
	if p.Header.Get("Retry-After") != "3600" || p.Value("email") != "anna@example.org" {
		t.Errorf("Retry-After %q, email %q", p.Header.Get("Retry-After"), p.Value("email"))
	}
}

func TestSessionCookie(t *testing.T) {
	for _, tt := range []struct {
		scheme, name string
		secure       bool
	}{{"http", "rung-session", false}, {"https", "__Host-rung-session", true}} {
		t.Run(tt.scheme, func(t *testing.T) {
			s := webtest.Start(t, func(s *webtest.Site) { s.Server.BaseURL.Scheme = tt.scheme })
			v := s.Visitor(t)
			v.Get("/").Expect(200)
			if p := v.Get("/"); len(p.Header.Values("Set-Cookie")) > 0 {
				t.Errorf("a cookie before it is needed: %q", p.Header.Values("Set-Cookie"))
			}
			asked := v.Post("/sign-in", url.Values{"email": {"anna@example.org"}})
			// The jar keeps a Secure cookie from plain http: hand it on.
			var cookies []*http.Cookie
			cookies = append(cookies, (&http.Response{Header: asked.Header}).Cookies()...)
			p := v.Do(http.MethodPost, "/sign-in/code", "application/x-www-form-urlencoded",
				strings.NewReader(url.Values{"code": {s.Code(t, "anna@example.org")}}.Encode()), func(r *http.Request) {
					r.Header.Del("Cookie")
					for _, c := range cookies {
						r.AddCookie(c)
					}
				}).Expect(303)
			var session *http.Cookie
			for _, c := range (&http.Response{Header: p.Header}).Cookies() {
				if c.Name == tt.name {
					session = c
				}
			}
			if session == nil || session.Secure != tt.secure || !session.HttpOnly || session.SameSite != http.SameSiteLaxMode || session.Path != "/" || session.Domain != "" {
				t.Errorf("session cookie %+v", session)
			}
			if hsts := p.Header.Get("Strict-Transport-Security"); (hsts != "") != tt.secure {
				t.Errorf("HSTS %q", hsts)
			}
		})
	}
}

func TestSignOutEverywhere(t *testing.T) {
	s := webtest.Start(t)
	ward, home := s.SignIn(t, "anna@example.org"), s.SignIn(t, "anna@example.org")
	ward.Post("/sign-out-everywhere", nil).Leads("/")
	home.Get("/profile").Leads("/sign-in?next=%2Fprofile")
	ward.Get("/profile").Leads("/sign-in?next=%2Fprofile")
}

func TestProfileGivesTheFormBack(t *testing.T) {
	s := webtest.Start(t)
	v := s.SignIn(t, "anna@example.org")
	p := v.Post("/profile", url.Values{"name": {""}, "organisation": {"Example NHS Trust"}, "job_title": {strings.Repeat("x", 101)}}).Expect(422)
	p.Says("There is a problem", "Enter the name to be shown to others.", "longer than 100 characters")
	if p.Value("organisation") != "Example NHS Trust" {
		t.Errorf("organisation %q is lost", p.Value("organisation"))
	}
	if !strings.HasPrefix(webtest.TextOf(p.One("title")), "Error: ") {
		t.Errorf("title %q", webtest.TextOf(p.One("title")))
	}
	for _, id := range []string{"name", "job_title"} {
		if d, _ := webtest.Attribute(p.One("input", "id", id), "aria-describedby"); !strings.Contains(d, id+"-error") {
			t.Errorf("%s is described by %q", id, d)
		}
		p.One("a", "href", "#"+id)
	}
}
