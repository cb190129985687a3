package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/web/edge"
)

// People and their roles, for administrators. Reading is decided here; every
// act is decided by the service.
var _ = register(area{
	name: "people",
	nav:  []navItem{{order: 60, text: "People", path: "/people", roles: []string{accounts.Administrator}}},
	routes: func(s *Server, rt *routes) {
		rt.get("/people", holding(s.people, accounts.Administrator))
		rt.get("/people/new", holding(s.newPerson, accounts.Administrator))
		rt.post("/people", signedIn(s.addPerson))
		rt.get("/people/{person}", holding(s.person, accounts.Administrator))
		rt.post("/people/{person}/roles/{role}/grant", signedIn(s.grantRole))
		rt.post("/people/{person}/roles/{role}/revoke", signedIn(s.revokeRole))
		rt.get("/people/{person}/deactivate", holding(s.confirmDeactivate, accounts.Administrator))
		rt.post("/people/{person}/deactivate", signedIn(s.deactivate))
		rt.post("/people/{person}/reactivate", signedIn(s.reactivate))
	},
})

const peoplePageSize = 50

type peoplePage struct {
	Form    Form // never failed: a search cannot be wrong
	Words   string
	Role    string
	Roles   []Choice
	People  []personLine
	Pages   Pages
	Address string // of this search, for the links of its pages
}

type personLine struct {
	ID                        int64
	Name, Email, Organisation string
	Roles                     []string
	Status                    Tag
}

var peopleView = newView("people/people.html",
	peoplePage{Words: "bell", Roles: []Choice{{Value: "leadership", Label: "Leadership"}},
		People: []personLine{{1, "Anna Bell", "anna@example.org", "Example NHS Trust", []string{"Leadership", "Administrator"}, Tag{"Active", "green"}},
			{2, "Ben Cole", "ben@example.org", "", nil, Tag{"Not signed in yet", "grey"}}},
		Pages: Pages{First: "/people", Next: "/people?after=x"}},
	peoplePage{Words: "nobody"}, peoplePage{})

func (s *Server) people(w http.ResponseWriter, r *http.Request, _ accounts.Person) error {
	var q struct {
		Words string `form:"words"`
		Role  string `form:"role"`
		After string `form:"after"`
		ID    int64  `form:"id"`
	}
	query(r, &q)
	found, next, err := s.Accounts.People(r.Context(), accounts.Filter{Words: q.Words, Role: q.Role},
		accounts.Cursor{Name: q.After, ID: q.ID}, peoplePageSize)
	if err != nil {
		return err
	}
	p := peoplePage{Words: q.Words, Role: q.Role}
	for _, role := range s.Accounts.RoleKeys {
		p.Roles = append(p.Roles, Choice{Value: role, Label: roleName(role)})
	}
	for _, person := range found {
		p.People = append(p.People, personLine{person.ID, person.Name, person.Email, person.Organisation, roleNames(person.Roles), standingOf(person)})
	}
	search := url.Values{"words": {q.Words}, "role": {q.Role}}
	if q.ID != 0 {
		p.Pages.First = "/people?" + search.Encode()
	}
	if next.ID != 0 {
		search.Set("after", next.Name)
		search.Set("id", strconv.FormatInt(next.ID, 10))
		p.Pages.Next = "/people?" + search.Encode()
	}
	return peopleView.write(s, w, r, p)
}

func roleNames(roles []string) []string {
	names := make([]string, len(roles))
	for i, role := range roles {
		names[i] = roleName(role)
	}
	return names
}

// standingOf says in words whether somebody can sign in, and has.
func standingOf(p accounts.Person) Tag {
	switch {
	case p.DeactivatedAt != nil:
		return Tag{"Deactivated", "red"}
	case p.FirstSignInAt == nil:
		return Tag{"Not signed in yet", "grey"}
	default:
		return Tag{"Active", "green"}
	}
}

type newPersonForm struct {
	Form  `form:"-"`
	Email string `form:"email"`
	Name  string `form:"name"`
}

var newPersonView = newView("people/new.html", newPersonForm{},
	newPersonForm{Email: "anna", Form: Form{Problems: []Problem{{"email", "Enter an email address."}}}})

func (s *Server) newPerson(w http.ResponseWriter, r *http.Request, _ accounts.Person) error {
	return newPersonView.write(s, w, r, newPersonForm{})
}

func (s *Server) addPerson(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	var p newPersonForm
	var err error
	if p.Form, err = decode(r, &p); err != nil {
		return err
	}
	added, err := s.Accounts.AddPerson(r.Context(), who.ID, p.Email, p.Name)
	if p.Form.Takes(err) {
		return newPersonView.write(s, w, r, p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, personPath(added.ID), added.Name+" is added. Give them the roles that they need; they sign in with their email address.")
}

type personPage struct {
	Form
	Person  accounts.Person
	Path    string
	Status  Tag
	Roles   []roleLine
	Changes []changeLine
	Self    bool // an administrator looks at themselves
	Stays   bool // and nobody else is one
}

// Fixed reports whether a role that is held can't be taken away.
func (p personPage) Fixed(role string) bool { return p.Stays && role == accounts.Administrator }

type roleLine struct {
	Key, Name string
	Held      bool
}

type changeLine struct {
	accounts.RoleChange
	What string
}

var personView = newView("people/person.html",
	personPage{Person: accounts.Person{ID: 7, Name: "Anna Bell", Email: "anna@example.org", Organisation: "Example NHS Trust", JobTitle: "Registrar"},
		Path: "/people/7", Status: Tag{"Active", "green"},
		Roles:   []roleLine{{"leadership", "Leadership", true}, {"technical_reviewer", "Technical reviewer", false}},
		Changes: []changeLine{{accounts.RoleChange{Change: "granted", By: 1, ByName: "Ben Cole"}, "Leadership given"}, {accounts.RoleChange{Change: "added"}, "Added"}}},
	personPage{Person: accounts.Person{ID: 7, Name: "Anna Bell", DeactivatedAt: &exampleTime}, Path: "/people/7", Status: Tag{"Deactivated", "red"},
		Form: Form{Refusal: "Nothing was changed.", Problems: []Problem{{"", "This is the last administrator."}}}},
	personPage{Person: accounts.Person{ID: 7, Name: "Anna Bell"}, Self: true},
	personPage{Person: accounts.Person{ID: 7, Name: "Anna Bell"}, Self: true, Stays: true,
		Roles: []roleLine{{"administrator", "Administrator", true}, {"leadership", "Leadership", true}}})

// pathID reads an id from the path; what is no id is no page.
func pathID(r *http.Request, name string) (int64, error) {
	id, err := strconv.ParseInt(chi.URLParam(r, name), 10, 64)
	if err != nil || id <= 0 {
		return 0, notFound(nil, r)
	}
	return id, nil
}

func personPath(id int64) string { return "/people/" + strconv.FormatInt(id, 10) }

func (s *Server) person(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "person")
	if err != nil {
		return err
	}
	return s.writePerson(w, r, who, id, Form{})
}

func (s *Server) writePerson(w http.ResponseWriter, r *http.Request, who accounts.Person, id int64, f Form) error {
	person, err := s.Accounts.Person(r.Context(), id)
	if err != nil {
		return err
	}
	changes, err := s.Accounts.RoleChanges(r.Context(), id)
	if err != nil {
		return err
	}
	stays := s.Accounts.MayLeave(r.Context(), id)
	if stays != nil && edge.FaultOf(stays) == nil {
		return stays
	}
	p := personPage{Form: f, Person: person, Path: personPath(id), Status: standingOf(person), Self: who.ID == id, Stays: stays != nil}
	keys := slices.Clone(s.Accounts.RoleKeys)
	for _, role := range person.Roles { // one that no programme names any more can still be taken away
		if !slices.Contains(keys, role) {
			keys = append(keys, role)
		}
	}
	for _, key := range keys {
		p.Roles = append(p.Roles, roleLine{key, roleName(key), slices.Contains(person.Roles, key)})
	}
	for _, c := range changes {
		p.Changes = append(p.Changes, changeLine{c, describeChange(c)})
	}
	return personView.write(s, w, r, p)
}

func describeChange(c accounts.RoleChange) string {
	switch c.Change {
	case "granted":
		return roleName(c.Role) + " given"
	case "revoked":
		return roleName(c.Role) + " taken away"
	default:
		return roleName(c.Change)
	}
}

// changePerson runs an act on the person that the path names. What a rule
// refuses is shown on their own page.
func (s *Server) changePerson(w http.ResponseWriter, r *http.Request, who accounts.Person, act func(id int64) error, done func(accounts.Person) string) error {
	id, err := pathID(r, "person")
	if err != nil {
		return err
	}
	err = act(id)
	var f Form
	if who.Has(accounts.Administrator) && f.Takes(err) {
		return s.writePerson(w, r, who, id, f)
	}
	if err != nil {
		return err
	}
	person, err := s.Accounts.Person(r.Context(), id)
	if err != nil {
		return err
	}
	to := personPath(id)
	if id == who.ID {
		to = "/profile" // they may have given up the right to see the other page
	}
	return s.done(w, r, to, done(person))
}

func (s *Server) grantRole(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	role := chi.URLParam(r, "role")
	return s.changePerson(w, r, who,
		func(id int64) error { return s.Accounts.Grant(r.Context(), who.ID, id, role) },
		func(p accounts.Person) string { return p.Name + " now has the role: " + roleName(role) + "." })
}

func (s *Server) revokeRole(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	role := chi.URLParam(r, "role")
	return s.changePerson(w, r, who,
		func(id int64) error { return s.Accounts.Revoke(r.Context(), who.ID, id, role) },
		func(p accounts.Person) string {
			return p.Name + " no longer has the role: " + roleName(role) + ". Their open work in it goes to others."
		})
}

type deactivatePage struct {
	Name, Path string
}

var deactivateView = newView("people/deactivate.html", deactivatePage{"Anna Bell", "/people/7"})

func (s *Server) confirmDeactivate(w http.ResponseWriter, r *http.Request, _ accounts.Person) error {
	id, err := pathID(r, "person")
	if err != nil {
		return err
	}
	person, err := s.Accounts.Person(r.Context(), id)
	if err != nil {
		return err
	}
	if person.DeactivatedAt != nil {
		return leadTo(fault.New(fault.Refused, person.Name+" is deactivated already."), "Go to "+person.Name, personPath(id))
	}
	if err := s.Accounts.MayLeave(r.Context(), id); err != nil {
		return leadTo(err, "Go to "+person.Name, personPath(id))
	}
	return deactivateView.write(s, w, r, deactivatePage{person.Name, personPath(id)})
}

func (s *Server) deactivate(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	return s.changePerson(w, r, who,
		func(id int64) error { return s.Accounts.Deactivate(r.Context(), who.ID, id) },
		func(p accounts.Person) string {
			return p.Name + " is deactivated. They are signed out, and their open work goes to others."
		})
}

func (s *Server) reactivate(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	return s.changePerson(w, r, who,
		func(id int64) error { return s.Accounts.Reactivate(r.Context(), who.ID, id) },
		func(p accounts.Person) string {
			return p.Name + " can sign in again. The work that went to others stays with them."
		})
}
