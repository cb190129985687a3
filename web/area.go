package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"sort"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/httplog/v3"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/web/edge"
)

// page is a handler that may fail. What it returns is answered in one place
// (see [Server.answer]); it must not have written anything when it does.
type page func(w http.ResponseWriter, r *http.Request) error

// area is one part of the site, kept in files of its own: board.go registers
// "board".
type area struct {
	name   string
	nav    []navItem
	home   string // where somebody who has signed in begins; one area at most says so
	routes func(*Server, *routes)
}

// navItem is a link of the main navigation.
type navItem struct {
	order int // lower comes first: 10 my work, 20 propose, 30 board, 40 catalogue, 50 suggested titles, 60 people, 70 mail, 80 webhooks
	text  string
	path  string
	// roles are those that see it; none means everyone who is signed in, and
	// the role public means everyone.
	roles []string
}

// public stands for "signed in or not" among the roles of a navItem.
const public = "public"

var areas []area

// register adds an area to the site. Call it from a package variable of the
// area's own file, so that two areas never meet in one file.
func register(a area) struct{} {
	areas = append(areas, a)
	return struct{}{}
}

// mount registers the routes of every area; the same method and pattern twice
// is a mistake.
func mount(s *Server, r chi.Router) {
	seen := map[string]string{}
	for _, a := range areas {
		a.routes(s, &routes{server: s, router: r, area: a.name, seen: seen})
	}
}

// routes is what an area adds its pages to.
type routes struct {
	server *Server
	router chi.Router
	area   string
	seen   map[string]string
}

func (rt *routes) add(method, pattern string, h http.HandlerFunc) {
	if by, ok := rt.seen[method+" "+pattern]; ok {
		panic(fmt.Sprintf("web: %s %s is registered by %s and by %s", method, pattern, by, rt.area))
	}
	rt.seen[method+" "+pattern] = rt.area
	rt.router.MethodFunc(method, pattern, h)
}

// get adds a page that is read. It must not change anything.
func (rt *routes) get(pattern string, p page) {
	h := edge.Limited(rt.server.handle(p))
	rt.add(http.MethodGet, pattern, h)
	rt.add(http.MethodHead, pattern, h)
}

// post adds an act: a form of at most 1 MiB.
func (rt *routes) post(pattern string, p page) {
	rt.add(http.MethodPost, pattern, edge.Limited(rt.server.handle(p)))
}

// upload adds an act whose body may be long and slow: the handler limits its
// size and moves its deadlines itself. What it refuses is answered when the
// body has come, or enough of it: see [drained].
func (rt *routes) upload(pattern string, p page) {
	rt.add(http.MethodPost, pattern, edge.DrainRefusals(rt.server.handle(p)))
}

// download adds a file that is read: like get, but it takes as long as its
// reader needs.
func (rt *routes) download(pattern string, p page) {
	rt.add(http.MethodGet, pattern, edge.Unhurried(rt.server.handle(p)))
}

// handle makes a page an http.HandlerFunc: what it returns is answered.
func (s *Server) handle(p page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		httplog.SetAttrs(r.Context(), slog.String("route", chi.RouteContext(r.Context()).RoutePattern()))
		if err := p(w, r); err != nil {
			s.answer(w, r, err)
		}
	}
}

// navigation is the links that this person sees, nil where nobody is signed in.
func navigation(who *accounts.Person, path string) []navLink {
	var items []navItem
	for _, a := range areas {
		for _, n := range a.nav {
			if n.seenBy(who) {
				items = append(items, n)
			}
		}
	}
	sort.SliceStable(items, func(i, j int) bool { return items[i].order < items[j].order })
	links := make([]navLink, len(items))
	for i, n := range items {
		links[i] = navLink{Text: n.text, Href: n.path, Current: within(path, n.path)}
	}
	return links
}

func (n navItem) seenBy(who *accounts.Person) bool {
	if len(n.roles) == 0 {
		return who != nil
	}
	for _, role := range n.roles {
		if role == public || who != nil && who.Has(role) {
			return true
		}
	}
	return false
}
