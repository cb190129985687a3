package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/web/api"
	"github.com/leadership-ladder/rung/web/browsertest"
	"github.com/leadership-ladder/rung/web/webtest"
)

// Whatever the document describes stands on a page, and every link leads
// somewhere.
func TestReferenceSaysAllOfTheDocument(t *testing.T) {
	house := webtest.StartWhole(t)
	v := house.Visitor(t)
	doc := house.Server.API.OpenAPI()
	ids, texts := map[string]map[string]bool{}, ""
	var leads [][2]string // from which page to where
	pages := []string{"/api"}
	for _, n := range v.Get("/api").All("a") {
		href, _ := webtest.Attribute(n, "href")
		if page, _, _ := strings.Cut(href, "#"); strings.HasPrefix(page, "/api/reference/") && !slices.Contains(pages, page) {
			pages = append(pages, page)
		}
	}
	if len(pages) != 1+len(doc.Tags) {
		t.Errorf("%d pages for %d tags", len(pages)-1, len(doc.Tags))
	}
	for _, page := range pages {
		p := v.Get(page).Expect(http.StatusOK)
		p.SaysNot("<!-- raw HTML omitted -->", "**")
		texts += p.Text() + " "
		ids[page] = map[string]bool{}
		for _, n := range p.All("") {
			if id, ok := webtest.Attribute(n, "id"); ok {
				if ids[page][id] {
					t.Errorf("%s has the id %s twice", page, id)
				}
				ids[page][id] = true
			}
			if href, ok := webtest.Attribute(n, "href"); ok && n.Data == "a" {
				leads = append(leads, [2]string{page, href})
			}
		}
	}
	for _, l := range leads {
		page, id, found := strings.Cut(l[1], "#")
		if page == "" {
			page = l[0]
		}
		if found && !ids[page][id] {
			t.Errorf("%s leads to %s, which is nowhere", l[0], l[1])
		}
	}
	for path, item := range doc.Paths {
		if !strings.Contains(texts, api.Prefix+path) {
			t.Errorf("%s isn't on a page", path)
		}
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil && !strings.Contains(texts, op.OperationID) {
				t.Errorf("%s isn't on a page", op.OperationID)
			}
		}
	}
	for _, problem := range api.ProblemTypes() {
		if !ids["/api"][strings.TrimPrefix(problem.Type, "/api#")] {
			t.Errorf("%s leads nowhere", problem.Type)
		}
	}
	for _, href := range []string{"/api/openapi.json", "/tokens"} {
		if !slices.Contains(leads, [2]string{"/api", href}) {
			t.Errorf("nothing leads to %s", href)
		}
	}
}

func TestReferenceBesideTheAPI(t *testing.T) {
	house := webtest.StartWhole(t)
	v := house.Visitor(t)
	for path, want := range map[string]int{"/api": 200, "/api/": 308, "/api/nothing": 404, "/api/v1": 404, "/api/v1/nothing": 404, "/api/openapi.json": 200, "/api/reference/acts": 200} {
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
	for _, page := range []string{"/api", "/api/reference/proposals"} {
		tab.Open(house.URL + page)
		for _, width := range []int64{375, 1280} {
			tab.Resize(width)
			tab.Screenshot("reference" + strings.ReplaceAll(page, "/", "-"))
		}
		tab.Axe()
	}
}
