package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/leadership-ladder/rung/web/api"
)

var update = flag.Bool("update", false, "write the API's document to testdata, unless that breaks clients")

var golden = filepath.Join("testdata", "openapi.json")

const howToUpdate = "go test ./web/api -run Contract -update"

// documentNow is the document of what the code does now, as the golden file holds
// it: indented, its names sorted.
func documentNow() ([]byte, error) {
	s := &api.Server{Now: time.Now, BaseURL: &url.URL{}}
	s.Mount(chi.NewRouter())
	raw, err := json.Marshal(s.OpenAPI())
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = json.Indent(&b, raw, "", "  ")
	b.WriteByte('\n')
	return b.Bytes(), err
}

func document(t testing.TB) []byte {
	t.Helper()
	raw, err := documentNow()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func parsed(t testing.TB, raw []byte) object {
	t.Helper()
	var doc object
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// The document that clients were given is the one that the code describes. What
// breaks them needs another major version, and so another prefix.
func TestContract(t *testing.T) {
	now := document(t)
	before, err := os.ReadFile(golden)
	if errors.Is(err, fs.ErrNotExist) && *update {
		before = now
	} else if err != nil {
		t.Fatal(err)
	}
	if broken := breaks(parsed(t, before), parsed(t, now)); len(broken) > 0 && major(t, before) == major(t, now) {
		t.Fatalf("this breaks programs that were written for version %s, so %s stays as it is. Keep what they rely on, or raise the first number of api.Version (and go on serving the old one):\n\t%s",
			major(t, before), golden, strings.Join(broken, "\n\t"))
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, now, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(strings.Split(string(before), "\n"), strings.Split(string(now), "\n")); d != "" {
		t.Errorf("the API is no longer what %s says, though nothing breaks. Look at the difference, then run\n\t%s\n%s", golden, howToUpdate, d)
	}
}

func major(t testing.TB, doc []byte) string {
	version, _ := child(parsed(t, doc), "info")["version"].(string)
	number, _, _ := strings.Cut(version, ".")
	return number
}

// The described document doesn't depend on the order of maps.
func TestContractIsDeterministic(t *testing.T) {
	first := document(t)
	for range 5 {
		if !bytes.Equal(first, document(t)) {
			t.Fatal("the document is another each time")
		}
	}
}

// What nobody needed a token for needs one.
func TestContractBreaksWhatWasForEverybody(t *testing.T) {
	before, after := parsed(t, document(t)), parsed(t, document(t))
	delete(child(before, "paths", "/proposals", "get"), "security")
	if list := breaks(before, after); !slices.Equal(list, []string{"GET /proposals: wants a token"}) {
		t.Errorf("it says %q", list)
	}
}

func TestContractBreaks(t *testing.T) {
	const reject, list, one = "/proposals/{proposal}/rejections", "/proposals", "/proposals/{proposal}"
	shape := func(d object, name string) object { return child(d, "components", "schemas", name) }
	property := func(d object, of, name string) object { return child(shape(d, of), "properties", name) }
	parameter := func(d object, path, name string) object {
		for _, p := range array(child(d, "paths", path, "get")["parameters"]) {
			if p.(object)["name"] == name {
				return p.(object)
			}
		}
		t.Fatalf("%s has no parameter %s", path, name)
		return nil
	}
	without := func(list any, one string) []any {
		return slices.DeleteFunc(array(list), func(v any) bool { return v == any(one) })
	}
	for name, c := range map[string]struct {
		change func(object)
		breaks string // "": it doesn't
	}{
		"nothing":                {func(object) {}, ""},
		"operation removed":      {func(d object) { delete(child(d, "paths", reject), "post") }, "POST " + reject + ": is gone"},
		"path removed":           {func(d object) { delete(child(d, "paths"), list) }, "GET /proposals: is gone"},
		"method changed":         {func(d object) { p := child(d, "paths", reject); p["put"] = p["post"]; delete(p, "post") }, "is gone"},
		"operation renamed":      {func(d object) { child(d, "paths", list, "get")["operationId"] = "proposals" }, "operationId is proposals"},
		"scope taken away":       {func(d object) { child(d, "paths", list, "get")["security"] = []any{object{"token": []any{"lead"}}} }, "no longer enough"},
		"token no longer wanted": {func(d object) { delete(child(d, "paths", list, "get"), "security") }, ""},
		"success removed":        {func(d object) { delete(child(d, "paths", list, "get", "responses"), "200") }, "no longer answers 200"},
		"success another":        {func(d object) { child(d, "paths", list, "get", "responses")["202"] = object{} }, "answers 202"},
		"refusal removed":        {func(d object) { delete(child(d, "paths", list, "get", "responses"), "429") }, ""},
		"refusal added":          {func(d object) { child(d, "paths", list, "get", "responses")["451"] = object{} }, ""},
		"header removed":         {func(d object) { delete(child(d, "paths", one, "get", "responses", "200", "headers"), "ETag") }, "without the header ETag"},
		"media type changed": {func(d object) {
			child(d, "paths", one, "get", "responses", "200")["content"] = object{"text/csv": object{}}
		}, "is no longer application/json"},
		"body wanted of none": {func(d object) { child(d, "paths", list, "get")["requestBody"] = object{"required": true} }, "wants a body"},
		"body no longer":      {func(d object) { delete(child(d, "paths", reject, "post"), "requestBody") }, "takes no body"},

		"property of an answer removed":       {func(d object) { delete(child(shape(d, "Turn"), "properties"), "whose") }, "property whose is gone"},
		"property of an answer made optional": {func(d object) { t := shape(d, "Turn"); t["required"] = without(t["required"], "whose") }, "property whose may be absent"},
		"property of an answer made certain":  {func(d object) { t := shape(d, "Turn"); t["required"] = append(array(t["required"]), "due") }, ""},
		"property of an answer added":         {func(d object) { child(shape(d, "Turn"), "properties")["colour"] = object{"type": "string"} }, ""},
		"type of an answer changed":           {func(d object) { property(d, "Proposal", "id")["type"] = "string" }, ".id: is string"},
		"type of an answer widened":           {func(d object) { property(d, "Proposal", "id")["type"] = []any{"integer", "null"} }, ".id: is [integer null]"},
		"format of an answer changed":         {func(d object) { property(d, "Proposal", "created_at")["format"] = "date" }, "is string date"},
		"type in a list changed":              {func(d object) { child(property(d, "StageOfProposal", "parts"), "items")["type"] = "integer" }, "parts[]: is integer"},
		"another word in an answer":           {func(d object) { p := property(d, "Turn", "whose"); p["enum"] = append(array(p["enum"]), "system") }, ""},
		"property of a problem removed":       {func(d object) { delete(child(shape(d, "Problem"), "properties"), "errors") }, "property errors is gone"},
		"property of a request removed":       {func(d object) { delete(child(shape(d, "ReasonedActBody"), "properties"), "reason") }, "property reason is gone"},
		"property of a request now required":  {func(d object) { shape(d, "ReasonedActBody")["required"] = []any{"reason"} }, "wants the property reason"},
		"another property of a request wanted": {func(d object) {
			s := shape(d, "ReasonedActBody")
			child(s, "properties")["why"] = object{}
			s["required"] = []any{"why"}
		}, "wants the property why"},
		"another property of a request":      {func(d object) { child(shape(d, "ReasonedActBody"), "properties")["why"] = object{"type": "string"} }, ""},
		"property of a request now optional": {func(d object) { delete(shape(d, "AcknowledgeConflictRequest"), "required") }, ""},
		"type of a request changed":          {func(d object) { property(d, "ReasonedActBody", "reason")["type"] = "integer" }, ".reason: is integer"},
		"type of a request widened": {func(d object) {
			property(d, "OverrideStageRequest", "person")["type"] = "number"
			delete(property(d, "OverrideStageRequest", "person"), "format")
		}, ""},
		"bound of a request narrowed": {func(d object) { property(d, "Seen", "state")["maxLength"] = 10.0 }, "maxLength is 10, was 40"},
		"bound of a request widened":  {func(d object) { property(d, "Seen", "state")["maxLength"] = 100.0 }, ""},
		"pattern for a request":       {func(d object) { property(d, "Seen", "state")["pattern"] = "^[a-z]+$" }, "pattern is"},

		"parameter removed":      {func(d object) { parameter(d, list, "mine")["name"] = "my" }, "query parameter mine is gone"},
		"parameter now required": {func(d object) { parameter(d, list, "mine")["required"] = true }, "wants the query parameter mine"},
		"another parameter": {func(d object) {
			g := child(d, "paths", list, "get")
			g["parameters"] = append(array(g["parameters"]), object{"in": "query", "name": "words"})
		}, ""},
		"another parameter wanted": {func(d object) {
			g := child(d, "paths", list, "get")
			g["parameters"] = append(array(g["parameters"]), object{"in": "query", "name": "words", "required": true})
		}, "wants the query parameter words"},
		"parameter's words narrowed": {func(d object) {
			s := child(parameter(d, list, "mine"), "schema")
			s["enum"] = without(s["enum"], "author")
		}, "no longer takes author"},
		"parameter's words bound": {func(d object) { child(parameter(d, list, "state"), "schema")["enum"] = []any{"draft"} }, "only takes [draft]"},
		"parameter's words widened": {func(d object) {
			s := child(parameter(d, list, "mine"), "schema")
			s["enum"] = append(array(s["enum"]), "both")
		}, ""},
		"another operation":   {func(d object) { child(d, "paths")["/things"] = object{"get": object{"operationId": "listThings"}} }, ""},
		"another description": {func(d object) { child(d, "paths", list, "get")["description"] = "Other words." }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			raw := document(t)
			changed := parsed(t, raw)
			c.change(changed)
			list := breaks(parsed(t, raw), changed)
			if c.breaks == "" && len(list) > 0 {
				t.Errorf("it is said to break clients: %q", list)
			}
			if c.breaks != "" && !slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, c.breaks) }) {
				t.Errorf("%q isn't among %q", c.breaks, list)
			}
		})
	}
}
