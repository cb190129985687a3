package browser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
)

const (
	registration = "8c1b5b5e-0f5e-4c57-9d0e-6a2f9c0d1e2f"
	// learner is the actor in the way of xAPI's launches, whose names and accounts
	// are lists; actor is cmi5's.
	learner = `{"objectType":"Agent","name":["Test Learner"],"account":[{"homePage":"https://host.invalid","name":"learner-1"}]}`
	actor   = `{"objectType":"Agent","name":"Test Learner","account":{"homePage":"https://host.invalid","name":"learner-1"}}`
	verbs   = "http://adlnet.gov/expapi/verbs/"
)

// store is the learning record store of one unit: as much of xAPI as a unit
// needs to start and to end, and what cmi5 adds to it.
type store struct {
	kind     packagecheck.Kind
	activity string
	tokens   int
	docs     map[string][]byte
	docKinds map[string]string
	heard    heard
}

// heard is what a unit has told its host.
type heard struct {
	began, ended bool
	wrong        func(text string) // a call that the standard answers with an error
}

func newStore(kind packagecheck.Kind, u packagecheck.Unit, wrong func(text string)) *store {
	id := u.ID
	if id == "" {
		id = origin + "/activity"
	}
	return &store{kind: kind, activity: id, docs: map[string][]byte{}, docKinds: map[string]string{}, heard: heard{wrong: wrong}}
}

// query is what a launch adds to the address of a unit (cmi5 8.1; xAPI has the
// same of old, in Rustici's launch guidelines).
func (s *store) query() url.Values {
	q := url.Values{
		"endpoint":     {origin + host + "lrs/"},
		"registration": {registration},
	}
	switch s.kind {
	case packagecheck.CMI5:
		q.Set("fetch", origin+host+"fetch")
		q.Set("actor", actor)
		q.Set("activityId", s.activity)
	case packagecheck.XAPI:
		q.Set("auth", "Basic dW5pdDp1bml0")
		q.Set("actor", learner)
		q.Set("activity_id", s.activity)
	default:
		return nil
	}
	return q
}

// address is that of the unit, with what the launch adds.
func (s *store) address(launch string) string {
	plain := address(launch)
	added := s.query().Encode()
	if added == "" {
		return plain
	}
	plain, fragment, has := strings.Cut(plain, "#")
	if has {
		fragment = "#" + fragment
	}
	if strings.Contains(plain, "?") {
		return plain + "&" + added + fragment
	}
	return plain + "?" + added + fragment
}

// asked is a request to the store.
type asked struct {
	method string
	path   string // below the host's folder: "fetch", "lrs/statements"
	query  url.Values
	kind   string // content type
	auth   bool   // it brought credentials
	body   []byte
}

func data(status int64, v any) answer {
	b, err := json.Marshal(v)
	if err != nil {
		return answer{status: 500, kind: "text/plain"}
	}
	return answer{status: status, kind: "application/json", body: b}
}

// answer gives what the store says to a request.
func (s *store) answer(r asked) answer {
	if r.path == "fetch" {
		return s.token(r)
	}
	resource, ok := strings.CutPrefix(r.path, "lrs/")
	if !ok {
		return answer{status: 404, kind: "text/plain"}
	}
	resource = strings.Trim(resource, "/") // clients add a slash to an endpoint that has one
	if r = alternate(r); !r.auth && resource != "about" {
		s.heard.wrong("the record store was asked without the authorization that the launch gave")
		return answer{status: 401, kind: "text/plain"}
	}
	switch resource {
	case "statements":
		return s.statements(r)
	case "activities/state", "activities/profile", "agents/profile":
		return s.document(resource, r)
	case "activities":
		return data(200, map[string]string{"objectType": "Activity", "id": r.query.Get("activityId")})
	case "agents":
		return answer{status: 200, kind: "application/json", body: []byte(strings.Replace(learner, `"Agent"`, `"Person"`, 1))}
	case "about":
		return data(200, map[string][]string{"version": {"1.0.3"}})
	}
	return answer{status: 404, kind: "text/plain"}
}

// token answers the fetch address, which is good for one use (cmi5 8.2).
func (s *store) token(r asked) answer {
	switch {
	case s.kind != packagecheck.CMI5:
		return answer{status: 404, kind: "text/plain"}
	case r.method != "POST":
		s.heard.wrong("the fetch address was asked with " + short(r.method) + ", not with POST")
		return answer{status: 405, kind: "text/plain"}
	}
	if s.tokens++; s.tokens > 1 {
		s.heard.wrong("the fetch address was asked a second time, and gives its token once")
		return data(200, map[string]string{"error-code": "1", "error-text": "The token was already given out."})
	}
	return data(200, map[string]string{"auth-token": "dW5pdDp1bml0"})
}

// alternate undoes the way in which browsers of old had to ask: everything in
// the form of a POST (xAPI 1.0.3, Communication, “Alternate Request Syntax”).
func alternate(r asked) asked {
	method := r.query.Get("method")
	if r.method != "POST" || method == "" {
		return r
	}
	values, ok := form(r.kind, r.body)
	if !ok {
		return r
	}
	r.method, r.body, r.kind = method, []byte(values.Get("content")), "application/json"
	r.auth = r.auth || values.Get("Authorization") != ""
	r.query = values
	return r
}

// statements takes and gives statements (xAPI 1.0.3, Communication 2.1).
func (s *store) statements(r asked) answer {
	switch r.method {
	case "PUT":
		s.take(r.body)
		return answer{status: 204}
	case "POST":
		n := s.take(r.body)
		ids := make([]string, n)
		for i := range ids {
			ids[i] = fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
		}
		return data(200, ids)
	case "GET", "HEAD":
		if r.query.Has("statementId") || r.query.Has("voidedStatementId") {
			return answer{status: 404, kind: "text/plain"}
		}
		return data(200, map[string]any{"statements": []any{}, "more": ""})
	}
	return answer{status: 405, kind: "text/plain"}
}

// statement is what matters of one.
type statement struct {
	Verb    struct{ ID string }
	Context struct {
		ContextActivities struct{ Category json.RawMessage }
	}
}

// defined tells whether a statement is one that cmi5 itself defines (cmi5
// 9.6.2.1): other profiles use the same verbs, as for a video that begins.
func (s statement) defined() bool {
	return bytes.Contains(s.Context.ContextActivities.Category, []byte(`"https://w3id.org/xapi/cmi5/context/categories/cmi5"`))
}

// take hears what statements say, and tells how many there were.
func (s *store) take(body []byte) int {
	var list []statement
	if json.Unmarshal(body, &list) != nil {
		var one statement
		if json.Unmarshal(body, &one) != nil {
			s.heard.wrong("the record store was sent something that is no statement")
			return 0
		}
		list = []statement{one}
	}
	for _, st := range list {
		s.hear(st.Verb.ID, st.defined())
	}
	return len(list)
}

// hear keeps the order of cmi5: Initialized first, Terminated last, each once.
func (s *store) hear(verb string, defined bool) {
	h := &s.heard
	if s.kind != packagecheck.CMI5 {
		h.began = true
		h.ended = h.ended || verb == verbs+"terminated" || verb == verbs+"exited"
		return
	}
	switch {
	case h.ended:
		h.wrong("the record store was sent a statement after Terminated")
	case !h.began && verb != verbs+"initialized":
		h.wrong("the record store was sent a statement before Initialized")
	case !h.began:
		h.began = true
		if !defined {
			h.wrong("the record store was sent Initialized without the category of cmi5")
		}
	case verb == verbs+"initialized" && defined:
		h.wrong("the record store was sent Initialized a second time")
	case verb == verbs+"terminated" && defined:
		h.ended = true
	}
}

// document keeps what a unit stores beside its statements.
func (s *store) document(resource string, r asked) answer {
	name := r.query.Get("stateId") + r.query.Get("profileId")
	key := resource + "\n" + name
	switch r.method {
	case "GET", "HEAD":
		if kept, ok := s.docs[key]; ok {
			return answer{status: 200, kind: s.docKinds[key], body: kept}
		}
		return s.given(resource, name)
	case "PUT", "POST":
		if len(s.docs) < 100 && len(r.body) < 1<<20 {
			s.docs[key], s.docKinds[key] = r.body, r.kind
		}
		return answer{status: 204}
	case "DELETE":
		delete(s.docs, key)
		return answer{status: 204}
	}
	return answer{status: 405, kind: "text/plain"}
}

// given is a document that the host has put there (cmi5 10.2 and 11).
func (s *store) given(resource, name string) answer {
	switch {
	case name == "":
		return data(200, []string{})
	case s.kind == packagecheck.CMI5 && resource == "activities/state" && name == "LMS.LaunchData":
		return data(200, map[string]any{
			"contextTemplate": map[string]any{
				"contextActivities": map[string]any{"grouping": []any{map[string]string{"objectType": "Activity", "id": s.activity}}},
				"extensions":        map[string]string{"https://w3id.org/xapi/cmi5/context/extensions/sessionid": "session-1"},
			},
			"launchMode": "Normal",
			"moveOn":     "NotApplicable",
		})
	case s.kind == packagecheck.CMI5 && resource == "agents/profile" && name == "cmi5LearnerPreferences":
		return data(200, map[string]string{"languagePreference": "en-GB", "audioPreference": "on"})
	}
	return answer{status: 404, kind: "text/plain"}
}
