package web

import (
	"net/http"
)

// The pages that belong to no area: the front page and the accessibility
// statement.
var _ = register(area{name: "site", routes: func(s *Server, rt *routes) {
	rt.get("/", s.home)
	rt.get("/accessibility", s.accessibility)
}})

type homePage struct {
	Programme string
	Catalogue bool // there is one to look at
	Demo      bool
	Name      string // of who is signed in, "" for nobody
}

var homeView = newView("site/home.html",
	homePage{Programme: "Leadership Ladder", Catalogue: true, Demo: true},
	homePage{Programme: "Leadership Ladder", Name: "Anna Bell"})

// home says what this is to somebody new, and takes whoever is signed in to
// where they begin.
func (s *Server) home(w http.ResponseWriter, r *http.Request) error {
	p := homePage{Programme: s.Site.Programme, Catalogue: hasPath("/catalogue"), Demo: s.Demo != nil}
	if who := visitor(r); who != nil {
		if to := landing(); to != "/" {
			http.Redirect(w, r, to, http.StatusSeeOther)
			return nil
		}
		p.Name = who.Name
	}
	return homeView.write(s, w, r, p)
}

// hasPath reports whether an area offers the path in the navigation.
func hasPath(path string) bool {
	for _, a := range areas {
		for _, n := range a.nav {
			if n.path == path {
				return true
			}
		}
	}
	return false
}

type accessibilityPage struct {
	Site    Site
	Contact []string // the programme's words
}

var accessibilityView = newView("site/accessibility.html",
	accessibilityPage{Site: Site{Programme: "Leadership Ladder"}, Contact: []string{"Ask the blended learning team."}},
	accessibilityPage{})

func (s *Server) accessibility(w http.ResponseWriter, r *http.Request) error {
	return accessibilityView.write(s, w, r, accessibilityPage{Site: s.Site, Contact: s.Workflow.Current.Words.Contact})
}
