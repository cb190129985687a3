package web

import (
	"slices"

	"github.com/go-chi/chi/v5"
)

// Routes names every route of the site's areas, as "GET /proposals/{proposal}",
// sorted: for the tests that must forget none.
func Routes() []string {
	seen := map[string]string{}
	for _, a := range areas {
		a.routes(&Server{}, &routes{server: &Server{}, router: chi.NewRouter(), area: a.name, seen: seen})
	}
	list := make([]string, 0, len(seen))
	for route := range seen {
		list = append(list, route)
	}
	slices.Sort(list)
	return list
}
