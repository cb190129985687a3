package webtest

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Visitor is a browser without JavaScript: it keeps cookies, says where its
// requests come from, and follows no redirect by itself.
type Visitor struct {
	Site   *Site
	Client *http.Client
	t      testing.TB
}

// Visitor is a new browser, in which nobody is signed in.
func (s *Site) Visitor(t testing.TB) *Visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Visitor{Site: s, t: t, Client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

// SignIn is a new browser in which the person has signed in by code, through
// the pages.
func (s *Site) SignIn(t testing.TB, email string) *Visitor {
	t.Helper()
	v := s.Visitor(t)
	v.SignIn(email)
	return v
}

// SignIn signs in by code in this browser.
func (v *Visitor) SignIn(email string) {
	v.t.Helper()
	v.Post("/sign-in", url.Values{"email": {email}}).Leads("/sign-in/code")
	p := v.Post("/sign-in/code", url.Values{"code": {v.Site.Code(v.t, email)}})
	if p.Status != http.StatusSeeOther {
		v.t.Fatalf("signing in as %s: %d\n%s", email, p.Status, p.Text())
	}
}

// Cookies are what this browser would send, for a real one to take over.
func (v *Visitor) Cookies() []*http.Cookie {
	u, err := url.Parse(v.Site.URL)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.Client.Jar.Cookies(u)
}

// Get reads a page.
func (v *Visitor) Get(path string) *Page {
	v.t.Helper()
	return v.Do(http.MethodGet, path, "", nil)
}

// Post sends a form the way a browser does from a page of the site.
func (v *Visitor) Post(path string, form url.Values) *Page {
	v.t.Helper()
	return v.Do(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

// Do sends any request; change may alter it.
func (v *Visitor) Do(method, path, contentType string, body io.Reader, change ...func(*http.Request)) *Page {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.Site.URL+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, f := range change {
		f(r)
	}
	res, err := v.Client.Do(r)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	p := &Page{t: v.t, asked: method + " " + path, Status: res.StatusCode, Header: res.Header, Body: string(b)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		if p.Doc, err = html.Parse(strings.NewReader(p.Body)); err != nil {
			v.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return p
}
