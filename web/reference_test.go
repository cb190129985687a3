package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/web/api"
	"github.com/leadership-ladder/rung/web/browsertest"
	"github.com/leadership-ladder/rung/web/webtest"
)

// Whatever the document describes stands on the page, and every link on it
// leads somewhere.
func TestReferenceSaysAllOfTheDocument(t *testing.T) {
	house := webtest.StartWhole(t)
	p := house.Visitor(t).Get("/api").Expect(http.StatusOK)
	ids := map[string]bool{}
	for _, n := range p.All("") {
		if id, ok := webtest.Attribute(n, "id"); ok {
			if ids[id] {
				t.Errorf("the id %s is there twice", id)
			}
			ids[id] = true
		}
	}
	doc := house.Server.API.OpenAPI()
	for path, item := range doc.Paths {
		if !strings.Contains(p.Text(), api.Prefix+path) {
			t.Errorf("%s isn't on the page", path)
		}
		if item.Get != nil && !ids[item.Get.OperationID] || item.Post != nil && !ids[item.Post.OperationID] {
			t.Errorf("an operation of %s isn't on the page", path)
		}
	}
	for _, problem := range api.ProblemTypes() {
		if !ids[strings.TrimPrefix(problem.Type, "/api#")] {
			t.Errorf("%s leads nowhere", problem.Type)
		}
	}
	var leads []string
	for _, n := range p.All("a") {
		href, _ := webtest.Attribute(n, "href")
		leads = append(leads, href)
		if _, id, found := strings.Cut(href, "#"); found && !ids[id] {
			t.Errorf("%s leads nowhere", href)
		}
	}
	for _, href := range []string{"/api", "/api/openapi.json", "/tokens"} {
		if !slices.Contains(leads, href) {
			t.Errorf("nothing leads to %s", href)
		}
	}
	p.SaysNot("<!-- raw HTML omitted -->", "**")
}

func TestReferenceBesideTheAPI(t *testing.T) {
	house := webtest.StartWhole(t)
	v := house.Visitor(t)
	for path, want := range map[string]int{"/api": 200, "/api/": 308, "/api/nothing": 404, "/api/v1": 404, "/api/v1/nothing": 404, "/api/openapi.json": 200} {
		p := v.Get(path).Expect(want)
		problem := p.Header.Get("Content-Type") == "application/problem+json"
		if problem != (want == 404) {
			t.Errorf("%s comes as %s", path, p.Header.Get("Content-Type"))
		}
	}
	without := webtest.Start(t).Visitor(t)
	for _, path := range []string{"/api", "/api/", "/api/openapi.json"} {
		without.Get(path).Expect(http.StatusNotFound).SaysNot(`href="/api"`)
	}
}

func TestReferenceIsAccessible(t *testing.T) {
	house := webtest.StartWhole(t)
	tab := browsertest.New(t)
	tab.Open(house.URL + "/api")
	tab.Axe()
	tab.Screenshot("reference")
	tab.Resize(375)
	tab.Screenshot("reference")
}
