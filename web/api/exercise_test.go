package api_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/workflow"
)

func methodsOf(i *huma.PathItem) map[string]*huma.Operation {
	all := map[string]*huma.Operation{"GET": i.Get, "POST": i.Post, "PUT": i.Put, "PATCH": i.Patch, "DELETE": i.Delete}
	maps.DeleteFunc(all, func(_ string, op *huma.Operation) bool { return op == nil })
	return all
}

// Every documented answer of every operation is given by some test: looked at
// when all have run, in whatever order.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.bench").Value.String() == "" && flag.Lookup("test.fuzz").Value.String() == "" {
		d, err := describedAPI()
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		if never := answersSeen.unseen(d); len(never) > 0 {
			fmt.Printf("FAIL: documented answers that no test has seen:\n  %s\n", strings.Join(never, "\n  "))
			code = 1
		}
	}
	os.Exit(code)
}

// probe is one operation with addresses that exist.
type probe struct {
	*huma.Operation
	method, pattern, path string
}

var inPath = regexp.MustCompile(`\{([a-z_]+)\}`)

// furnished is a world in which everything that a path can name is there.
func furnished(t testing.TB) (*world, []probe) {
	t.Helper()
	w := newWorld(t)
	ctx := t.Context()
	id := w.Submitted(t, "Leading a Handover")
	w.must(w.Server.Workflow.Assign(ctx, actor(w, "luke"), id, w.Look(t, id).Seen(), w.People["tess"].ID, 0, ""))
	var assignment int64
	for _, a := range w.Look(t, id).Assignments {
		assignment = a.ID
	}
	item, _, err := w.Server.Reviews.DraftItem(ctx, actor(w, "tess"), id, reviews.Ask{Words: "half"})
	w.must(err)
	title, err := w.Server.Authoring.OfferTitle(ctx, actor(w, "luke"), authoring.Suggestion{Title: "Breaking Bad News", Strand: "practice"})
	w.must(err)
	hook := w.as("ada", "POST", "/webhooks", object{"url": "https://hooks.example.org/rung", "every": true}).expect(http.StatusCreated).id("id")
	w.as("ada", "POST", "/webhooks/"+itoa(hook)+"/pings", nil).expect(http.StatusNoContent)
	delivery := w.as("ada", "GET", "/webhooks/"+itoa(hook)+"/deliveries", nil).id("items", 0, "id")
	w.as("lena", "POST", "/modules", object{"title": "Chairing", "strand": "practice", "summary": "How.", "owner": "Us", "review_date": "2028-01-01"}).expect(http.StatusCreated)
	mail := w.as("lena", "GET", "/mails", nil).id("items", 0, "id")
	there := map[string]string{"proposal": itoa(id), "revision": "1", "assignment": itoa(assignment), "criterion": "links_work", "item": itoa(item), "title": itoa(title),
		"webhook": itoa(hook), "delivery": itoa(delivery), "module": "chairing", "mail": itoa(mail), "person": itoa(w.People["edgar"].ID), "role": "technical_reviewer",
		"token": w.row(`select max(id) from tokens`)}
	var probes []probe
	for pattern, item := range w.Server.API.OpenAPI().Paths {
		for method, op := range methodsOf(item) {
			path := inPath.ReplaceAllStringFunc(pattern, func(name string) string {
				value, ok := there[strings.Trim(name, "{}")]
				if !ok {
					t.Fatalf("%s: say in furnished what %s can be", pattern, name)
				}
				return value
			})
			probes = append(probes, probe{op, method, pattern, path + required(op)})
		}
	}
	slices.SortFunc(probes, func(a, b probe) int { return strings.Compare(a.OperationID, b.OperationID) })
	return w, probes
}

// required are the query's parameters that must be there.
func required(op *huma.Operation) string {
	q := url.Values{}
	for _, p := range op.Parameters {
		if p.In == "query" && p.Required {
			q.Set(p.Name, map[string]string{"name": "x.zip", "from": "1", "email": "anna@example.org"}[p.Name])
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// body is the least that an operation takes, nil for none.
func (p probe) body(doc *huma.OpenAPI) any {
	if p.RequestBody == nil || p.RequestBody.Content["application/json"] == nil {
		return nil
	}
	schema := p.RequestBody.Content["application/json"].Schema
	if schema.Ref != "" {
		schema = doc.Components.Schemas.SchemaFromRef(schema.Ref)
	}
	least := object{}
	for _, name := range schema.Required {
		switch schema.Properties[name].Type {
		case "boolean":
			least[name] = true
		case "integer":
			least[name] = 1
		case "array":
			least[name] = []string{}
		default:
			least[name] = "x"
		}
	}
	return least
}

var matchesNothing = header{"If-Match", `"2147483000"`}

// What is refused before any rule is asked, of every operation.
func TestEveryOperationRefuses(t *testing.T) {
	w, probes := furnished(t)
	doc := w.Server.API.OpenAPI()
	everybody := slices.Sorted(maps.Keys(w.tokens))
	onlyReads, onlyWrites := map[string]string{}, map[string]string{}
	for _, name := range everybody {
		onlyReads[name] = w.token(w.People[name], accounts.ScopeRead)
		onlyWrites[name] = w.token(w.People[name], accounts.ScopePropose)
	}
	for _, p := range probes {
		t.Run(p.OperationID, func(t *testing.T) {
			w.t = t
			least := p.body(doc)
			w.as("lena", p.method, joined(p.path, "nonsense=1"), least, matchesNothing).refuses(http.StatusUnprocessableEntity, "invalid")
			if len(p.Security) > 0 {
				w.as("", p.method, p.path, least).refuses(http.StatusUnauthorized, "sign_in")
				w.as("rung_unknown", p.method, p.path, least).refuses(http.StatusUnauthorized, "sign_in", "token_unknown")
				weak := onlyReads
				if p.method == "GET" {
					weak = onlyWrites
				}
				w.as(weak["anna"], p.method, p.path, least).expect(http.StatusForbidden)
			}
			if strings.Contains(p.pattern, "{") {
				gone := inPath.ReplaceAllString(strings.NewReplacer("{role}", "technical_reviewer", "{criterion}", "links_work").Replace(p.pattern), "424242") + required(p.Operation)
				answered := map[int]bool{}
				for _, who := range everybody {
					answered[w.as(who, p.method, gone, least, matchesNothing).Status] = true
				}
				if !answered[http.StatusNotFound] {
					t.Errorf("%s %s is never not found: %v", p.method, gone, answered)
				}
			}
			if p.Responses["428"] != nil {
				w.as("lena", p.method, p.path, least).refuses(http.StatusPreconditionRequired, "precondition_required")
				for _, who := range everybody { // to somebody it is stale
					w.as(who, p.method, p.path, least, matchesNothing)
				}
			}
			if p.RequestBody != nil && p.RequestBody.Content["application/json"] != nil {
				w.as("lena", p.method, p.path, []byte("{"), header{"Content-Type", "application/json"}, matchesNothing).refuses(http.StatusBadRequest, "malformed")
				w.as("lena", p.method, p.path, []byte(`[]`), header{"Content-Type", "application/json"}, matchesNothing).refuses(http.StatusUnprocessableEntity, "invalid")
			}
			if p.Responses["415"] != nil && p.Responses["400"] != nil {
				w.as("lena", p.method, p.path, []byte("\"\xff\""), header{"Content-Type", "application/json"}, matchesNothing).refuses(http.StatusBadRequest, "malformed")
				w.as("lena", p.method, p.path, []byte("a=b"), header{"Content-Type", "text/plain"}, matchesNothing).refuses(http.StatusUnsupportedMediaType, "unsupported")
				w.as("lena", p.method, p.path, bytes.Repeat([]byte(" "), 1<<20+1), header{"Content-Type", "application/json"}, matchesNothing).refuses(http.StatusRequestEntityTooLarge, "too_large")
			}
			if p.Responses["304"] != nil {
				for _, who := range everybody {
					if a := w.as(who, p.method, p.path, nil); a.Status == http.StatusOK {
						w.as(who, p.method, p.path, nil, header{"If-None-Match", a.Header.Get("ETag")}).expect(http.StatusNotModified)
					}
				}
			}
		})
	}
	w.t = t
	w.Server.Accounts.Limits.CallsPerToken = 1
	used := w.token(w.People["anna"], accounts.ScopeRead, accounts.ScopePropose)
	w.as(used, "GET", "/me", nil).expect(http.StatusOK)
	for _, p := range probes {
		if len(p.Security) > 0 {
			w.as(used, p.method, p.path, p.body(doc)).refuses(http.StatusTooManyRequests, "too_many")
		}
	}
}

func joined(path, query string) string {
	if strings.Contains(path, "?") {
		return path + "&" + query
	}
	return path + "?" + query
}

// inside are words that only an error of the inside has.
var inside = regexp.MustCompile(`pq:|SQLSTATE|goroutine |\.go:\d+|panic|sql:|reflect\.|github\.com/|violates|constraint|syntax error`)

var hostile = []any{nil, true, -1, 0, 1e30, "9223372036854775807", "-1", "", " ", "\u0000", "\u202e", "' or 1=1 --", strings.Repeat("x", 20_001), []any{}, []any{nil},
	[]any{map[string]any{}}, map[string]any{}, map[string]any{"a": []any{1}}}

// Nothing that can be sent is our fault, and nothing of the inside is told.
func TestNothingThatIsSentBreaksTheAPI(t *testing.T) {
	w, probes := furnished(t)
	w.Server.Accounts.Limits.CallsPerToken = 1_000_000
	doc := w.Server.API.OpenAPI()
	sound := func(a *answer) {
		t.Helper()
		if a.Status >= http.StatusInternalServerError || inside.Match(a.Raw) {
			t.Errorf("%s: %d %s", a.asked, a.Status, a.Raw)
		}
	}
	for _, p := range probes {
		bad := []string{"0", "-1", "9223372036854775807", "9223372036854775808", "abc", "%00", "%ff", "%2e%2e", "a%2Fb", "%F0%9F%A6%93"}
		for i, name := range inPath.FindAllString(p.pattern, -1) {
			for _, value := range bad {
				at := strings.Replace(p.pattern, name, value, 1)
				sound(w.as("lena", p.method, inPath.ReplaceAllString(at, "1")+required(p.Operation), p.body(doc), matchesNothing))
				if i > 0 {
					break
				}
			}
		}
		for _, param := range p.Parameters {
			for _, value := range bad {
				switch param.In {
				case "query":
					sound(w.as("lena", p.method, strings.Split(p.path, "?")[0]+"?"+param.Name+"="+value, p.body(doc), matchesNothing))
				case "header":
					if v, err := url.PathUnescape(value); err == nil && !strings.ContainsRune(v, 0) {
						sound(w.as("lena", p.method, p.path, p.body(doc), header{param.Name, v}))
					}
				}
			}
		}
		least, ok := p.body(doc).(object)
		if !ok {
			continue
		}
		schema := p.RequestBody.Content["application/json"].Schema
		if schema.Ref != "" {
			schema = doc.Components.Schemas.SchemaFromRef(schema.Ref)
		}
		seen := w.Look(t, 1).Seen()
		for name := range schema.Properties {
			for _, value := range hostile {
				body := maps.Clone(least)
				if schema.Properties["seen"] != nil {
					body["seen"] = object{"state": seen.State, "revision": seen.Revision}
				}
				body[name] = value
				for _, who := range []string{"anna", "lena", "ada"} {
					sound(w.as(who, p.method, p.path, body, matchesNothing))
				}
			}
		}
	}
	if _, _, err := workflow.VerifyHistory(t.Context(), w.DB); err != nil {
		t.Error(err)
	}
}
