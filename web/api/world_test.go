package api_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/web/api"
	"github.com/leadership-ladder/rung/web/webtest"
	"github.com/leadership-ladder/rung/workflow"
)

// world is a whole site, with a token of everything that they may for each of
// its people.
type world struct {
	*webtest.House
	t      testing.TB
	tokens map[string]string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{House: webtest.StartWhole(t), t: t, tokens: map[string]string{}}
	for name, p := range w.People {
		w.tokens[name] = w.token(p, w.scopes(p)...)
	}
	return w
}

// scopes are all that a person's roles cover.
func (w *world) scopes(p accounts.Person) []string { return w.Server.Accounts.ScopesFor(p) }

func (w *world) token(p accounts.Person, scopes ...string) string {
	w.t.Helper()
	_, secret, err := w.Server.Accounts.MakeToken(w.t.Context(), p.ID, accounts.NewToken{Name: rand.Text(), Scopes: scopes, Days: 30})
	w.must(err)
	return secret
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// row is one value of the database, as text.
func (w *world) row(query string, args ...any) string {
	w.t.Helper()
	var s string
	w.must(w.DB.GetContext(w.t.Context(), &s, query, args...))
	return s
}

// answer is what came back.
type answer struct {
	t      testing.TB
	asked  string
	Status int
	Header http.Header
	Raw    []byte
	JSON   any // nil where it isn't JSON
}

// header is a request header: header("If-Match", tag).
type header struct{ name, value string }

// as makes a call as somebody ("" without a token): the path below the prefix,
// the body as anything that JSON writes, raw where it is a []byte, none for nil.
func (w *world) as(who, method, path string, body any, headers ...header) *answer {
	w.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		r = bytes.NewReader(b)
	default:
		raw, err := json.Marshal(body)
		w.must(err)
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.URL+api.Prefix+path, r)
	w.must(err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if who != "" {
		token, ok := w.tokens[who]
		if !ok {
			token = who // a token itself
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for _, h := range headers {
		req.Header.Set(h.name, h.value)
	}
	return w.do(req)
}

func (w *world) do(req *http.Request) *answer {
	w.t.Helper()
	res, err := http.DefaultClient.Do(req)
	w.must(err)
	defer res.Body.Close()
	a := &answer{t: w.t, asked: req.Method + " " + req.URL.RequestURI(), Status: res.StatusCode, Header: res.Header}
	a.Raw, err = io.ReadAll(res.Body)
	w.must(err)
	if strings.Contains(res.Header.Get("Content-Type"), "json") {
		w.must(json.Unmarshal(a.Raw, &a.JSON))
	}
	d := descriptionOf(w.t)
	op := d.operation(req.Method, req.URL.Path)
	if op != nil {
		answersSeen.add(op.ID, a.Status)
	}
	if strings.HasPrefix(req.URL.Path, api.Prefix) {
		for _, wrong := range d.wrong(op, req.Method, a.Status, a.Header, a.Raw) {
			w.t.Errorf("%s: %d isn't what the document says: %s\n%.600s", a.asked, a.Status, wrong, a.Raw)
		}
	}
	return a
}

// expect ends the test unless the status is this one.
func (a *answer) expect(status int) *answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("%s: %d, expected %d\n%s", a.asked, a.Status, status, a.Raw)
	}
	return a
}

// at is a value of the answer: at("items", 0, "id").
func (a *answer) at(path ...any) any {
	a.t.Helper()
	v := a.JSON
	for _, step := range path {
		switch s := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[s]
		case int:
			list, _ := v.([]any)
			if s >= len(list) {
				a.t.Fatalf("%s: there is no %v in\n%s", a.asked, path, a.Raw)
			}
			v = list[s]
		}
	}
	return v
}

// id is a number of the answer.
func (a *answer) id(path ...any) int64 {
	a.t.Helper()
	n, ok := a.at(path...).(float64)
	if !ok {
		a.t.Fatalf("%s: %v is no number in\n%s", a.asked, path, a.Raw)
	}
	return int64(n)
}

// says fails the test unless the value is this one.
func (a *answer) says(want any, path ...any) *answer {
	a.t.Helper()
	if got := a.at(path...); got != want {
		a.t.Errorf("%s: %v is %v, want %v in\n%s", a.asked, path, got, want, a.Raw)
	}
	return a
}

// refuses fails the test unless the answer is a problem of this type with these
// reasons among its own.
func (a *answer) refuses(status int, kind string, codes ...string) *answer {
	a.t.Helper()
	a.expect(status)
	a.says("/api#problem-"+kind, "type").says(float64(status), "status")
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		a.t.Errorf("%s: it came as %s", a.asked, got)
	}
	for _, code := range codes {
		found := false
		reasons, _ := a.at("errors").([]any)
		for _, r := range reasons {
			found = found || r.(map[string]any)["code"] == code
		}
		if !found {
			a.t.Errorf("%s: no reason %s in\n%s", a.asked, code, a.Raw)
		}
	}
	return a
}

func itoa(id int64) string { return strconv.FormatInt(id, 10) }

func actor(w *world, name string) workflow.Actor { return workflow.Actor{Person: w.People[name].ID} }
