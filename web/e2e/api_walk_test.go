package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The walk of a proposal once more, by programs that know nothing but the
// document that the server describes itself with.
func TestTheWalkByAPI(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	for _, p := range [][3]string{
		{"tess@example.org", "Tess Yardley", "technical_reviewer"}, {"erin@example.org", "Erin Vale", "educational_reviewer"},
		{"edwin@example.org", "Edwin Moss", "educational_reviewer"}, {"lena@example.org", "Lena Firth", "leadership"},
	} {
		h.run("person", "add", p[0], "--name", p[1], "--role", p[2])
	}
	ada := h.programOf("Ada Price", "Read", "Propose")
	tess, erin, edwin := h.programOf("Tess Yardley", "Read", "Review"), h.programOf("Erin Vale", "Read", "Review"), h.programOf("Edwin Moss", "Read", "Review")
	lena := h.programOf("Lena Firth", "Read", "Review", "Lead")

	proposal := ada.call("createProposal", nil, object{"title": title})["id"]
	of := object{"proposal": proposal}
	draft := ada.call("getDraft", of, nil)
	ada.call("saveDraft", of, object{"version": draft["version"], "strand": "practice", "audience": "Doctors who hold the bleep at night.", "level": "Foundation",
		"prior_knowledge": "None", "need": "Nobody teaches how.", "overlap": "None", "minutes": 45, "outcomes": []string{"Plan the first hour"},
		"mapping": []string{"leadership_and_teams"}, "mapping_primary": "leadership_and_teams", "reflection_prompt": prompt, "action_points": []string{"Brief the team at ten"},
		"references": []string{"Herring R, et al. Clin Med 2011"}, "evaluation": "A survey.", "consent_and_copyright": "All is invented.", "declared_interests": "None",
		"summary": "How to lead a team through the night.", "keywords": []string{"night shift"}, "licence": "cc_by_nc_4_0", "provider": "Fenland General Hospital",
		"certificate": "yes", "accessibility_issues": "None known", "expert_name": "Dr Ruth Moss", "expert_organisation": "West Hospital"})
	ada.call("inviteAuthor", of, object{"email": "ben@example.org", "name": "Ben Cole"})
	file, err := os.ReadFile(scormPackage(t))
	if err != nil {
		t.Fatal(err)
	}
	ada.seen = ada.tagOf("getDraft", of)
	ada.call("uploadPackage", object{"proposal": proposal, "name": "night-team.zip"}, file)
	for ended := time.Now().Add(time.Minute); ada.call("getDraftPackageCheck", of, nil)["state"] != "done"; {
		if time.Now().After(ended) {
			t.Fatal("the package's check does not end")
		}
		time.Sleep(100 * time.Millisecond)
	}
	ada.submits(of)

	lena.refused = http.StatusForbidden
	lena.call("submitProposal", of, object{"seen": object{"state": "technical", "revision": 1}})
	lena.acts("assignReviewer", of, object{"person": tess.person})
	tess.refused = http.StatusConflict
	tess.acts("signOff", of, object{})
	tess.passes(of)

	erin.passes(of)
	item := edwin.call("draftItem", of, object{"criterion": "general", "place": "The closing slide", "words": "Ask what went wrong, too."})["id"]
	edwin.acts("requestChanges", of, object{})
	ada.isIn(of, "changes_requested")
	ada.refused = http.StatusConflict
	ada.acts("submitProposal", of, object{})
	ada.seen = ada.tagOf("getItem", object{"item": item})
	ada.call("answerItem", object{"item": item}, object{"choice": "done", "answer": "It asks for a bad night now."})
	ada.call("saveDraft", of, object{"version": ada.call("getDraft", of, nil)["version"], "reflection_prompt": prompt2})
	ada.submits(of)

	edwin.seen = edwin.tagOf("getItem", object{"item": item})
	edwin.call("closeItem", object{"item": item}, object{})
	erin.acts("signOff", of, object{"carry_forward": true, "reason": "The new prompt is better, and nothing else changed."})
	edwin.passes(of)
	lena.passes(of)

	lena.refused = http.StatusConflict
	lena.acts("publishProposal", of, object{})
	lena.call("setPublicationDetails", of, object{"version": 0, "owner": "The leadership faculty",
		"review_date": time.Now().AddDate(2, 0, 0).Format(time.DateOnly), "bridge_url": "https://bridge.example.org/night"})
	module := lena.acts("publishProposal", of, object{})["slug"]

	anybody := &program{h: h, doc: lena.doc}
	found := anybody.call("getModule", object{"module": module}, nil)
	if found["title"] != title || found["summary"] != "How to lead a team through the night." {
		t.Errorf("the catalogue says %v", found)
	}
	history, _ := ada.call("getHistory", of, nil)["items"].([]any)
	if len(history) < 15 {
		t.Errorf("the history has %d entries", len(history))
	}
	if said := h.run("verify", "history"); !strings.Contains(said, "The history holds") {
		t.Error(said)
	}
	mailsAreOnce(h)
}

type object = map[string]any

// program acts as a person, by what the document says of the operations.
type program struct {
	h      *house
	token  string
	person any // the id of whoever it acts as
	doc    object

	seen    string // sent as If-Match with the next call
	refused int    // the status that the next call is to be refused with
}

var shownToken = regexp.MustCompile(`rung_[A-Za-z0-9_-]{48}`)

// programOf has somebody make a token on the page for that, which is all that
// they do in a browser.
func (h *house) programOf(name string, scopes ...string) *program {
	h.t.Helper()
	w := h.person(newClient(h.t, h.url), name)
	w.open("/tokens/new")
	w.signsIn()
	if strings.HasPrefix(w.at(), "/profile") {
		w.fill("Full name", w.name)
		w.press("Save")
	}
	w.open("/tokens/new")
	w.fill("Name", "The walk")
	for _, scope := range scopes {
		w.choose("What may it do?", scope)
	}
	w.choose("For how long does it work?", "30 days")
	w.press("Make the token")
	p := &program{h: h, token: shownToken.FindString(w.text())}
	p.doc = p.send("GET", h.url+"/api/openapi.json", nil, "")
	p.person = p.call("getMe", nil, nil)["id"]
	return p
}

// call makes a call by its operationId: the parameters go where the document has
// them, the body is JSON, or the bytes of a file.
func (p *program) call(operation string, parameters object, body any) object {
	p.h.t.Helper()
	method, pattern, op := p.find(operation)
	query := url.Values{}
	params, _ := op["parameters"].([]any)
	for _, one := range params {
		param := one.(object)
		value, given := parameters[param["name"].(string)]
		if !given {
			continue
		}
		text := text(value)
		switch param["in"] {
		case "path":
			pattern = strings.ReplaceAll(pattern, "{"+param["name"].(string)+"}", url.PathEscape(text))
		case "query":
			query.Set(param["name"].(string), text)
		}
	}
	server := p.doc["servers"].([]any)[0].(object)["url"].(string)
	address := p.h.url + server + pattern
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return p.send(method, address, body, operation)
}

// text is a value as an address has it.
func text(value any) string {
	b, _ := json.Marshal(value)
	return strings.Trim(string(b), `"`)
}

func (p *program) find(operation string) (method, pattern string, op object) {
	p.h.t.Helper()
	for pattern, item := range p.doc["paths"].(object) {
		for method, op := range item.(object) {
			if o, ok := op.(object); ok && o["operationId"] == operation {
				return strings.ToUpper(method), pattern, o
			}
		}
	}
	p.h.t.Fatalf("the document has no operation %s", operation)
	return "", "", nil
}

func (p *program) send(method, address string, body any, operation string) object {
	p.h.t.Helper()
	out, _ := p.exchange(method, address, body, operation)
	return out
}

func (p *program) exchange(method, address string, body any, operation string) (object, http.Header) {
	p.h.t.Helper()
	var r io.Reader
	kind := "application/json"
	switch b := body.(type) {
	case nil:
	case []byte:
		r, kind = bytes.NewReader(b), "application/octet-stream"
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			p.h.t.Fatal(err)
		}
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(p.h.t.Context(), method, address, r)
	if err != nil {
		p.h.t.Fatal(err)
	}
	if r != nil {
		req.Header.Set("Content-Type", kind)
	}
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	if p.seen != "" {
		req.Header.Set("If-Match", p.seen)
	}
	refused := p.refused
	p.seen, p.refused = "", 0
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.h.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		p.h.t.Fatal(err)
	}
	if refused == 0 && res.StatusCode >= 300 || refused != 0 && res.StatusCode != refused {
		p.h.t.Fatalf("%s: %d\n%s", operation, res.StatusCode, raw)
	}
	var out object
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &out); err != nil {
			p.h.t.Fatalf("%s: %v\n%s", operation, err, raw)
		}
	}
	if errors, _ := out["errors"].([]any); refused != 0 && len(errors) == 0 {
		p.h.t.Errorf("%s is refused without a reason: %s", operation, raw)
	}
	return out, res.Header
}

// tagOf is the entity tag that reading something gives.
func (p *program) tagOf(operation string, parameters object) string {
	p.h.t.Helper()
	method, pattern, _ := p.find(operation)
	for name, value := range parameters {
		pattern = strings.ReplaceAll(pattern, "{"+name+"}", text(value))
	}
	refused := p.refused
	p.refused = 0
	_, header := p.exchange(method, p.h.url+p.doc["servers"].([]any)[0].(object)["url"].(string)+pattern, nil, operation)
	p.refused = refused
	return header.Get("ETag")
}

// acts does something to a proposal as it is now.
func (p *program) acts(operation string, of object, body object) object {
	p.h.t.Helper()
	p.seen = p.tagOf("getProposal", of)
	return p.call(operation, of, body)
}

func (p *program) isIn(of object, state string) {
	p.h.t.Helper()
	if got := p.call("getProposal", of, nil)["state"]; got != state {
		p.h.t.Fatalf("it is in %v, expected %s", got, state)
	}
}

// submits what is ready, and reads beforehand that it is.
func (p *program) submits(of object) {
	p.h.t.Helper()
	ready := p.call("checkDraft", of, nil)
	if ready["ready"] != true {
		p.h.t.Fatalf("it isn't ready: %v", ready["reasons"])
	}
	p.call("submitProposal", of, object{"seen": ready["seen"], "draft_version": ready["draft_version"]})
}

// passes accepts the review that waits, answers every criterion with yes, and
// signs off.
func (p *program) passes(of object) {
	p.h.t.Helper()
	var review object
	for _, one := range p.call("listAssignments", nil, nil)["items"].([]any) {
		a := one.(object)
		if a["proposal"] == of["proposal"] && (a["state"] == "offered" || a["state"] == "accepted") {
			review = a
		}
	}
	if review == nil {
		p.h.t.Fatal("no review waits")
	}
	at := object{"assignment": review["id"]}
	if review["state"] == "offered" {
		p.call("acceptAssignment", at, object{})
	}
	criteria, _ := p.call("getAssignment", at, nil)["criteria"].([]any)
	for _, one := range criteria {
		c := one.(object)
		p.call("answerCriterion", object{"assignment": review["id"], "criterion": c["criterion"]}, object{"answer": "met", "version": c["version"]})
	}
	p.acts("signOff", of, object{})
}
