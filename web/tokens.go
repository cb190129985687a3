package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/leadership-ladder/rung/internal/accounts"
)

// Access tokens, by which programs act as a person.
var _ = register(area{name: "tokens", routes: func(s *Server, rt *routes) {
	rt.get("/tokens", signedIn(s.tokensPage))
	rt.get("/tokens/new", signedIn(s.newToken))
	rt.post("/tokens", signedIn(s.makeToken))
	rt.post("/tokens/{token}/revoke", signedIn(s.revokeToken))
}})

type tokensData struct {
	Lines []tokenLine
}

type tokenLine struct {
	ID       int64
	Name     string
	State    Tag
	Scopes   []string
	Made     time.Time
	Ends     time.Time
	LastUsed *time.Time
	Works    bool
}

var tokensView = newView("tokens/list.html",
	tokensData{Lines: []tokenLine{{7, "Weekly report", Tag{"Works", "green"}, []string{"Read"}, exampleTime, exampleTime, &exampleTime, true},
		{ID: 6, Name: "Old", State: Tag{"Revoked", "grey"}}}},
	tokensData{})

func (s *Server) tokensPage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	tokens, err := s.Accounts.Tokens(r.Context(), who.ID)
	if err != nil {
		return err
	}
	var p tokensData
	for _, t := range tokens {
		line := tokenLine{ID: t.ID, Name: t.Name, Made: t.CreatedAt, Ends: t.ExpiresAt, LastUsed: t.LastUsedAt, Works: t.Works(s.Now())}
		switch {
		case line.Works:
			line.State = Tag{"Works", "green"}
		case t.RevokedAt != nil:
			line.State, line.Ends = Tag{"Revoked", "grey"}, *t.RevokedAt
		default:
			line.State = Tag{"Expired", "grey"}
		}
		for _, scope := range t.Scopes {
			line.Scopes = append(line.Scopes, scopeWords[scope].Label)
		}
		p.Lines = append(p.Lines, line)
	}
	return tokensView.write(s, w, r, p)
}

// scopeWords are the scopes for people.
var scopeWords = map[string]Choice{
	accounts.ScopeRead:       {Value: accounts.ScopeRead, Label: "Read", Hint: "Everything that you can see"},
	accounts.ScopePropose:    {Value: accounts.ScopePropose, Label: "Propose", Hint: "Write, submit and withdraw proposals, and your profile"},
	accounts.ScopeReview:     {Value: accounts.ScopeReview, Label: "Review", Hint: "Answer rubrics, sign off and ask for changes"},
	accounts.ScopeLead:       {Value: accounts.ScopeLead, Label: "Lead", Hint: "Whatever only the leadership team does: assign, make exceptions, reject, publish, retire"},
	accounts.ScopeAdminister: {Value: accounts.ScopeAdminister, Label: "Administer", Hint: "People and roles, mail, webhooks"},
}

type tokenForm struct {
	Form   `form:"-"`
	Name   string   `form:"name"`
	Scopes []string `form:"scopes"`
	Days   string   `form:"days"`

	Choices []Choice  `form:"-"` // the scopes that the reader's roles cover
	Secret  string    `form:"-"` // of the token that was made: shown this once
	Until   time.Time `form:"-"`
}

// Lives are for how long a token may work.
func (tokenForm) Lives() []Choice {
	return []Choice{{Value: "30", Label: "30 days"}, {Value: "90", Label: "90 days"}, {Value: "365", Label: "A year"}}
}

var tokenView = newView("tokens/new.html",
	tokenForm{Name: "Weekly report", Scopes: []string{"read"}, Days: "30", Choices: []Choice{{"read", "Read", "Everything that you can see"}},
		Form: Form{Refusal: "The token was not made.", Problems: []Problem{{"name", "Choose another name."}, {"scopes", "Choose."}, {"days", "Choose."}}}},
	tokenForm{Name: "Weekly report", Secret: "rung_example", Until: exampleTime})

func (s *Server) newToken(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	return s.writeTokenForm(w, r, who, tokenForm{})
}

func (s *Server) writeTokenForm(w http.ResponseWriter, r *http.Request, who accounts.Person, p tokenForm) error {
	for _, scope := range s.Accounts.ScopesFor(who) {
		p.Choices = append(p.Choices, scopeWords[scope])
	}
	return tokenView.write(s, w, r, p)
}

// makeToken shows the token on its own answer, the one time that anybody sees
// it. A reload finds the name taken and makes no second one.
func (s *Server) makeToken(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	var p tokenForm
	var err error
	if p.Form, err = decode(r, &p); err != nil {
		return err
	}
	p.Scopes = slices.DeleteFunc(p.Scopes, func(scope string) bool { return scope == "" })
	days, _ := strconv.Atoi(p.Days) // none, or nonsense: the service says what to choose
	made, secret, err := s.Accounts.MakeToken(r.Context(), who.ID, accounts.NewToken{Name: p.Name, Scopes: p.Scopes, Days: days})
	if p.Form.Takes(err) {
		return s.writeTokenForm(w, r, who, p)
	}
	if err != nil {
		return err
	}
	return tokenView.write(s, w, r, tokenForm{Name: made.Name, Secret: secret, Until: made.ExpiresAt})
}

func (s *Server) revokeToken(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "token")
	if err != nil {
		return err
	}
	if err := s.Accounts.RevokeToken(r.Context(), who.ID, id); err != nil {
		return leadTo(err, "Go to your access tokens", "/tokens")
	}
	return s.done(w, r, "/tokens", "The token is revoked: whatever used it gets no answer any more.")
}
