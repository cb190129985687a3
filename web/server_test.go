package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/web"
	"github.com/leadership-ladder/rung/web/webtest"
)

func TestHeaders(t *testing.T) {
	s := webtest.Start(t)
	v := s.SignIn(t, "anna@example.org")
	for path, cache := range map[string]string{
		"/accessibility": "no-store", "/nowhere": "no-store", "/healthz": "no-store", "/assets/rung.css": "public, max-age=86400",
	} {
		h := v.Get(path).Header
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
				"form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
			"Strict-Transport-Security": "", "Cache-Control": cache,
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, expected %q", path, name, got, want)
			}
		}
	}
	if got := s.Visitor(t).Get("/accessibility").Header.Get("Cache-Control"); got != "private, no-cache" {
		t.Errorf("a page for everyone: %q", got)
	}
}

func TestHealth(t *testing.T) {
	broken := errors.New("the disk is gone")
	var ready error
	s := webtest.Start(t, func(s *webtest.Site) {
		s.Server.Ready = func(context.Context) error { return ready }
	})
	v := s.Visitor(t)
	if p := v.Get("/healthz").Expect(200); p.Body != "ok\n" {
		t.Errorf("healthz %q", p.Body)
	}
	if p := v.Get("/readyz").Expect(200); p.Body != "ready\n" {
		t.Errorf("readyz %q", p.Body)
	}
	ready = broken
	if p := v.Get("/readyz").Expect(503); p.Body != "unready\n" {
		t.Errorf("readyz %q", p.Body)
	}
	if !strings.Contains(s.Log.String(), "the disk is gone") {
		t.Error("the cause is not in the log")
	}
}

func TestAssets(t *testing.T) {
	if missing := web.AssetsMissing(); len(missing) > 0 {
		t.Fatalf("%v are not built: run make assets", missing)
	}
	s := webtest.Start(t)
	v := s.Visitor(t)
	page := v.Get("/")
	for _, l := range page.All("link", "rel", "stylesheet") {
		href, _ := webtest.Attribute(l, "href")
		p := v.Get(href).Expect(200)
		if p.Header.Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(p.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %v", href, p.Header)
		}
		p.SaysNot("Frutiger", "@font-face", "https://assets")
		again := v.Do(http.MethodGet, href, "", nil, func(r *http.Request) { r.Header.Set("If-None-Match", p.Header.Get("ETag")) })
		again.Expect(http.StatusNotModified)
	}
	v.Get("/assets/images/nhsuk-icon-arrow-down.svg").Expect(200)
	for _, path := range []string{"/assets/", "/assets/.keep", "/assets/../server.go", "/assets/build.mjs", "/assets/src/rung.css", "/assets/images/favicon.ico"} {
		v.Get(path).Expect(404)
	}
}

// TestRefusals: each is a page that says why, in the right status, and says
// nothing of the inside.
func TestRefusals(t *testing.T) {
	s := webtest.Start(t)
	v := s.SignIn(t, "anna@example.org")
	v.Get("/nowhere").Expect(404).Says("Page not found", "check that it is right")
	if allow := v.Get("/sign-out").Expect(405).Header.Values("Allow"); len(allow) != 1 || allow[0] != "POST" {
		t.Errorf("Allow %q", allow)
	}
	v.Get("/people").Expect(403).Says("You cannot do this", "the role administrator")
	v.Get("/people/x").Expect(403)

	p := v.Get("/trial/panic").Expect(500).Says("Sorry, there is a problem with the service").SaysNot("secret of the inside", "goroutine")
	name := webtest.TextOf(p.One("code"))
	if log := s.Log.String(); !strings.Contains(log, name) || !strings.Contains(log, "a secret of the inside") || !strings.Contains(log, "trial_test.go") {
		t.Errorf("the log has not the panic of %s:\n%s", name, log)
	}
	p = v.Post("/trial/break", url.Values{"comment": {"Forty minutes of words."}, "code": {"123456 7"}}).Expect(500)
	p.Says("Forty minutes of words.").SaysNot("unexpected EOF", "123456 7")

	p = v.Post("/trial/note", url.Values{"words": {"These stay."}}).Expect(409)
	p.Says("This cannot be done now", "Not now.", "Wait until tomorrow.", "These stay.")
	p.One("a", "href", "/trial")

	v.Post("/trial/note", url.Values{"words": {strings.Repeat("x", 2<<20)}}).Expect(413).Says("1024 KB")

	p = v.Do(http.MethodPost, "/sign-out", "", nil, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
	p.Expect(403).Says("another site")
	v.Get("/profile").Expect(200)
}

// TestExpiredSessionKeepsTheWords: what was sent after the session ended comes
// back in a form that can be sent again, and then works.
func TestExpiredSessionKeepsTheWords(t *testing.T) {
	s := webtest.Start(t)
	v := s.SignIn(t, "anna@example.org")
	v.Post("/sign-out-everywhere", nil)
	p := v.Post("/trial/note?tab=2", url.Values{"words": {"\"Forty\" <minutes>\nof words"}, "version": {"3"}}).Expect(401)
	p.Says("Your session has ended", "Send again")
	if p.Value("words") != "\"Forty\" <minutes>\nof words" && p.Value("words") != "\n\"Forty\" <minutes>\nof words" {
		t.Errorf("words %q", p.Value("words"))
	}
	if p.Value("version") != "3" {
		t.Errorf("version %q", p.Value("version"))
	}
	p.One("form", "action", "/trial/note?tab=2", "method", "post")
	p.One("a", "href", "/sign-in?next=/signed-in", "target", "_blank")
	if p.Header.Get("Cache-Control") != "no-store" {
		t.Error("somebody's words may be cached")
	}

	p = v.Do(http.MethodPost, "/trial/save", "application/x-www-form-urlencoded", strings.NewReader("words=x"),
		func(r *http.Request) { r.Header.Set("Accept", "application/json") }).Expect(401)
	if !strings.Contains(p.Body, `"kind":"sign_in"`) {
		t.Errorf("to the script: %s", p.Body)
	}
	v.SignIn("anna@example.org")
	v.Post("/trial/note?tab=2", url.Values{"words": {"again"}}).Expect(409)
}

func TestLog(t *testing.T) {
	s := webtest.Start(t)
	v := s.SignIn(t, "anna@example.org")
	v.Get("/accessibility?words=secretquery").Expect(200)
	log := s.Log.String()
	if strings.Contains(log, "secretquery") {
		t.Error("the log holds a query")
	}
	for _, want := range []string{`"path":"/accessibility"`, `"route":"/accessibility"`, `"status":200`, `"person":1`, `"client":"127.0.0.1"`, `"request":"`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %s:\n%s", want, log)
		}
	}
	if strings.Contains(log, "rung-session") {
		t.Error("the log holds a cookie")
	}
}

func TestClientBehindProxies(t *testing.T) {
	for _, tt := range []struct {
		proxies int
		want    string
	}{{0, "127.0.0.1"}, {1, "203.0.113.9"}} {
		s := webtest.Start(t, func(s *webtest.Site) { s.Server.TrustedProxies = tt.proxies })
		s.Visitor(t).Do(http.MethodGet, "/", "", nil, func(r *http.Request) {
			r.Header.Set("X-Forwarded-For", "198.51.100.1, 203.0.113.9")
		})
		if !strings.Contains(s.Log.String(), `"client":"`+tt.want+`"`) {
			t.Errorf("%d proxies: %s", tt.proxies, s.Log)
		}
	}
}

func TestDemoIsForThisMachineAlone(t *testing.T) {
	s := webtest.Start(t, demo)
	s.Person(t, "ben@example.org", "Ben Cole")
	v := s.Visitor(t)
	for host, status := range map[string]int{"localhost": 200, "localhost:8080": 200, "[::1]:8080": 200, "127.0.0.1": 200, "rung.example": 403, "127.0.0.1.evil.example": 403} {
		p := v.Do(http.MethodGet, "/demo/people", "", nil, func(r *http.Request) { r.Host = host })
		if p.Status != status {
			t.Errorf("host %s: %d, expected %d", host, p.Status, status)
		}
	}
	v.Post("/demo/sign-in", url.Values{"email": {"ben@example.org"}}).Leads("/")
	v.Get("/profile").Expect(200).Says("ben@example.org", "This is demo data")
	v.Post("/demo/sign-in", url.Values{"email": {"nobody@example.org"}}).Expect(404)
	v.Get("/demo/mail/7").Expect(200).Says("please review it by 6 March 2026").One("a", "href", "/people/2")
	v.Get("/demo/mail/8").Expect(404)

	real := webtest.Start(t).Visitor(t)
	real.Get("/demo/people").Expect(404)
	real.Post("/demo/sign-in", url.Values{"email": {"ben@example.org"}}).Expect(404)
	real.Get("/").Expect(200).SaysNot("demo")
}
