package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/leadership-ladder/rung/web/api"
)

// description is the document as the tests use it: to know what an answer must
// be, and to make calls of it.
type description struct {
	doc        object
	operations []*described

	mu       sync.Mutex
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema // by where they are in the document
}

// described is an operation of the document.
type described struct {
	ID, Method, Path string
	segments         []string
	about            object
}

// describedAPI reads the document once for all tests of a binary.
var describedAPI = sync.OnceValues(func() (*description, error) {
	raw, err := documentNow()
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	d := &description{doc: doc.(object), compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	d.compiler.AssertFormat()
	for _, schema := range objects(d.doc, "components", "schemas") {
		if schema["properties"] != nil {
			schema["additionalProperties"] = false // clients ignore what they don't know; we send nothing that isn't described
		}
	}
	if err := d.compiler.AddResource("openapi.json", doc); err != nil {
		return nil, err
	}
	for path, item := range objects(d.doc, "paths") {
		for method, op := range objects(item) {
			d.operations = append(d.operations, &described{ID: op["operationId"].(string), Method: strings.ToUpper(method), Path: path,
				segments: strings.Split(path, "/"), about: op})
		}
	}
	return d, nil
})

func descriptionOf(t testing.TB) *description {
	t.Helper()
	d, err := describedAPI()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// operation is what a call is of, nil for none. Words go before parameters.
func (d *description) operation(method, path string) *described {
	segments := strings.Split(strings.TrimPrefix(path, api.Prefix), "/")
	var best *described
	for _, op := range d.operations {
		if op.Method == method && fits(op.segments, segments) && (best == nil || strings.Count(op.Path, "{") < strings.Count(best.Path, "{")) {
			best = op
		}
	}
	return best
}

func fits(pattern, segments []string) bool {
	return slices.EqualFunc(pattern, segments, func(p, s string) bool { return p == s || strings.HasPrefix(p, "{") && s != "" })
}

// statuses are the answers that the document names.
func (o *described) statuses() (list []int) {
	for status := range objects(o.about, "responses") {
		n, _ := strconv.Atoi(status)
		list = append(list, n)
	}
	return list
}

// headersOf are what an answer with this status always has, besides what the
// document says of it.
var headersOf = map[int]string{http.StatusUnauthorized: "WWW-Authenticate", http.StatusMethodNotAllowed: "Allow",
	http.StatusTooManyRequests: "Retry-After", http.StatusServiceUnavailable: "Retry-After"}

// outsideOperations are the statuses of what is no call of an operation.
var outsideOperations = []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusMethodNotAllowed}

// wrong lists what an answer is that the document doesn't say; op is nil for a
// call of no operation.
func (d *description) wrong(op *described, method string, status int, header http.Header, body []byte) (list []string) {
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if name := headersOf[status]; name != "" && header.Get(name) == "" {
		say("it has no %s", name)
	}
	if op == nil {
		if !slices.Contains(outsideOperations, status) {
			say("no operation answers with %d", status)
		}
		list = append(list, d.invalid("#/components/schemas/Problem", body)...)
		return list
	}
	at := "#/paths/" + escaped(op.Path) + "/" + strings.ToLower(op.Method) + "/responses/" + strconv.Itoa(status)
	answer := child(op.about, "responses", strconv.Itoa(status))
	if answer == nil {
		say("%s documents no %d", op.ID, status)
		return list
	}
	for name := range objects(answer, "headers") {
		if header.Get(name) == "" && name != "Link" { // there is no next page after the last
			say("it has no %s", name)
		}
	}
	content := child(answer, "content")
	if len(content) == 0 || method == http.MethodHead {
		if len(body) > 0 {
			say("it has a body")
		}
		return list
	}
	media, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	if kind, _, _ := strings.Cut(media, "/"); content[media] == nil && content[kind+"/*"] == nil {
		say("it comes as %q", media)
		return list
	}
	if strings.HasSuffix(media, "json") {
		list = append(list, d.invalid(at+"/content/"+escaped(media)+"/schema", body)...)
	}
	return list
}

func escaped(step string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(step)
}

// invalid says where a body isn't what the schema at a place of the document
// describes.
func (d *description) invalid(at string, body []byte) []string {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return []string{"it is no JSON: " + err.Error()}
	}
	schema, err := d.schema(at)
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		return []string{err.Error()}
	}
	return nil
}

func (d *description) schema(at string) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if schema := d.schemas[at]; schema != nil {
		return schema, nil
	}
	schema, err := d.compiler.Compile("openapi.json" + at)
	d.schemas[at] = schema
	return schema, err
}

// sightings are the statuses that each operation answered with.
type sightings struct {
	mu   sync.Mutex
	seen map[string]map[int]bool
}

func (s *sightings) add(op string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[op] == nil {
		s.seen[op] = map[int]bool{}
	}
	s.seen[op][status] = true
}

// answersSeen are those of all calls of this test binary.
var answersSeen = &sightings{seen: map[string]map[int]bool{}}

// unseen lists the documented answers that no call got.
func (s *sightings) unseen(d *description) (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, op := range d.operations {
		var missing []string
		for _, status := range op.statuses() {
			if !s.seen[op.ID][status] {
				missing = append(missing, strconv.Itoa(status))
			}
		}
		if len(missing) > 0 {
			list = append(list, op.ID+": "+strings.Join(missing, ", "))
		}
	}
	return list
}
