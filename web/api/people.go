package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/internal/accounts"
)

var _ = register(area{
	tag:   "People",
	about: "Who there is, and which roles they hold: for administrators. Yourself, for everybody.",
	add: func(s *Server, api huma.API) {
		add(s, api, operation{ID: "getMe", Method: http.MethodGet, Path: "/me", Scopes: toRead, Summary: "Who you are, and what this token may do"}, s.getMe)
		add(s, api, operation{ID: "changeMe", Method: http.MethodPatch, Path: "/me", Scopes: toPropose, Summary: "Change how you are named",
			About: "A published module names its authors so. Only the properties that are there change."}, s.changeMe)
		add(s, api, operation{ID: "signOutEverywhere", Method: http.MethodDelete, Path: "/me/sessions", Scopes: toPropose, Summary: "End your sessions in every browser",
			About: "Tokens go on: revoke them apart."}, s.signOutEverywhere)
		add(s, api, operation{ID: "listPeople", Method: http.MethodGet, Path: "/people", Scopes: toRead, Summary: "People, by name"}, s.listPeople)
		add(s, api, operation{ID: "addPerson", Method: http.MethodPost, Path: "/people", Scopes: toGovern, Status: http.StatusCreated, Refuses: true,
			Summary: "Add somebody who has not signed in yet", About: "They are not mailed."}, s.addPerson)
		add(s, api, operation{ID: "getPerson", Method: http.MethodGet, Path: "/people/{person}", Scopes: toRead, Summary: "One person"}, s.getPerson)
		add(s, api, operation{ID: "changePerson", Method: http.MethodPatch, Path: "/people/{person}", Scopes: toGovern, Refuses: true,
			Summary: "Deactivate or reactivate a person", About: "Deactivating ends their sessions and tokens, and gives their open work to others; what they signed stays."}, s.changePerson)
		add(s, api, operation{ID: "listPersonChanges", Method: http.MethodGet, Path: "/people/{person}/changes", Scopes: toRead,
			Summary: "The newest 200 changes of a person's standing"}, s.personChanges)
		add(s, api, operation{ID: "grantRole", Method: http.MethodPut, Path: "/people/{person}/roles/{role}", Scopes: toGovern, Refuses: true,
			Summary: "Give a role"}, s.grantRole)
		add(s, api, operation{ID: "revokeRole", Method: http.MethodDelete, Path: "/people/{person}/roles/{role}", Scopes: toGovern, Refuses: true,
			Summary: "Take a role away", About: "Their open work in it goes to others."}, s.revokeRole)
	},
})

// OnPerson is the path of what is about one person.
type OnPerson struct {
	Person int64 `path:"person" minimum:"1" doc:"The person's number."`
}

// Person is somebody with an account.
type Person struct {
	ID            int64      `json:"id"`
	Email         string     `json:"email"`
	Name          string     `json:"name"`
	NameGuessed   bool       `json:"name_guessed" doc:"They have not said yet what they are called."`
	Organisation  string     `json:"organisation,omitempty"`
	JobTitle      string     `json:"job_title,omitempty"`
	Roles         []string   `json:"roles" doc:"Of a deactivated person they count for nothing."`
	Active        bool       `json:"active"`
	FirstSignInAt *time.Time `json:"first_sign_in_at,omitempty"`
	DeactivatedAt *time.Time `json:"deactivated_at,omitempty"`
}

func personOf(p accounts.Person) Person {
	return Person{ID: p.ID, Email: p.Email, Name: p.Name, NameGuessed: p.NameGuessed, Organisation: p.Organisation, JobTitle: p.JobTitle, Roles: texts(p.Roles),
		Active: p.DeactivatedAt == nil, FirstSignInAt: utc(p.FirstSignInAt), DeactivatedAt: utc(p.DeactivatedAt)}
}

type personAnswer struct{ Body Person }

// Me is whoever asks.
type Me struct {
	Person
	Scopes []string `json:"scopes" doc:"What this token may do, as far as your roles cover it now."`
	Token  int64    `json:"token" doc:"Its number among your tokens."`
}

func (s *Server) getMe(_ context.Context, who caller, _ *struct{}) (*struct{ Body Me }, error) {
	return &struct{ Body Me }{Me{personOf(who.Person), texts(who.scopes), who.Token}}, nil
}

func (s *Server) changeMe(ctx context.Context, who caller, in *struct {
	Body struct {
		Name         *string `json:"name,omitempty" maxLength:"10000"`
		Organisation *string `json:"organisation,omitempty" maxLength:"10000"`
		JobTitle     *string `json:"job_title,omitempty" maxLength:"10000"`
	}
}) (*personAnswer, error) {
	p, err := s.Accounts.AmendProfile(ctx, who.ID, func(p *accounts.Profile) {
		p.Name, p.Organisation, p.JobTitle = or(in.Body.Name, p.Name), or(in.Body.Organisation, p.Organisation), or(in.Body.JobTitle, p.JobTitle)
	})
	if err != nil {
		return nil, err
	}
	return &personAnswer{personOf(p)}, nil
}

func (s *Server) signOutEverywhere(ctx context.Context, who caller, _ *struct{}) (*struct{}, error) {
	return nil, s.Accounts.RevokeSessions(ctx, who.ID)
}

func (s *Server) listPeople(ctx context.Context, who caller, in *struct {
	Paged
	Words  string `query:"words" maxLength:"500" doc:"Found in name or address."`
	Role   string `query:"role" maxLength:"100" doc:"Held now."`
	Active bool   `query:"active" doc:"Leaves out the deactivated."`
}) (*list[Person], error) {
	if err := who.Needs(accounts.Administrator); err != nil {
		return nil, err
	}
	var after accounts.Cursor
	if err := in.from(ctx, &after); err != nil {
		return nil, err
	}
	found, next, err := s.Accounts.People(ctx, accounts.Filter{Words: in.Words, Role: in.Role, ActiveOnly: in.Active}, after, in.Limit)
	if err != nil {
		return nil, err
	}
	items := make([]Person, len(found))
	for i, p := range found {
		items[i] = personOf(p)
	}
	return pageOf(ctx, s, items, unless(next))
}

func (s *Server) addPerson(ctx context.Context, who caller, in *struct {
	Body struct {
		Email string `json:"email,omitempty" maxLength:"10000"`
		Name  string `json:"name,omitempty" maxLength:"10000" doc:"Absent: it is guessed from the address until they say."`
	}
}) (*struct {
	Location string `header:"Location"`
	Body     Person
}, error) {
	p, err := s.Accounts.AddPerson(ctx, who.ID, in.Body.Email, in.Body.Name)
	if err != nil {
		return nil, err
	}
	return &struct {
		Location string `header:"Location"`
		Body     Person
	}{s.address(Prefix + "/people/" + itoa(p.ID)), personOf(p)}, nil
}

func (s *Server) getPerson(ctx context.Context, who caller, in *OnPerson) (*personAnswer, error) {
	if err := who.Needs(accounts.Administrator); err != nil {
		return nil, err
	}
	return s.person(ctx, in.Person, nil)
}

// person is somebody as they are after an act on them.
func (s *Server) person(ctx context.Context, id int64, refused error) (*personAnswer, error) {
	if refused != nil {
		return nil, refused
	}
	p, err := s.Accounts.Person(ctx, id)
	if err != nil {
		return nil, err
	}
	return &personAnswer{personOf(p)}, nil
}

func (s *Server) changePerson(ctx context.Context, who caller, in *struct {
	OnPerson
	Body struct {
		Active bool `json:"active" doc:"false deactivates, true reactivates."`
	}
}) (*personAnswer, error) {
	if in.Body.Active {
		return s.person(ctx, in.Person, s.Accounts.Reactivate(ctx, who.ID, in.Person))
	}
	return s.person(ctx, in.Person, s.Accounts.Deactivate(ctx, who.ID, in.Person))
}

// OnRole is the path of one role of one person.
type OnRole struct {
	OnPerson
	Role string `path:"role" maxLength:"100" doc:"The role's key." example:"technical_reviewer"`
}

func (s *Server) grantRole(ctx context.Context, who caller, in *struct {
	OnRole
}) (*personAnswer, error) {
	return s.person(ctx, in.Person, s.Accounts.Grant(ctx, who.ID, in.Person, in.Role))
}

func (s *Server) revokeRole(ctx context.Context, who caller, in *OnRole) (*personAnswer, error) {
	return s.person(ctx, in.Person, s.Accounts.Revoke(ctx, who.ID, in.Person, in.Role))
}

// PersonChange is a change of somebody's standing.
type PersonChange struct {
	Change string    `json:"change" enum:"added,granted,revoked,deactivated,reactivated"`
	Role   string    `json:"role,omitempty"`
	By     int64     `json:"by,omitempty" doc:"Absent for the command line on the server."`
	ByName string    `json:"by_name,omitempty"`
	At     time.Time `json:"at"`
}

func (s *Server) personChanges(ctx context.Context, who caller, in *OnPerson) (*list[PersonChange], error) {
	if err := who.Needs(accounts.Administrator); err != nil {
		return nil, err
	}
	if _, err := s.Accounts.Person(ctx, in.Person); err != nil {
		return nil, err
	}
	changes, err := s.Accounts.RoleChanges(ctx, in.Person)
	if err != nil {
		return nil, err
	}
	items := make([]PersonChange, len(changes))
	for i, c := range changes {
		items[i] = PersonChange{c.Change, c.Role, c.By, c.ByName, c.At.UTC()}
	}
	return pageOf[PersonChange, int](ctx, s, items, nil)
}
