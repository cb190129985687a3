package web

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/yuin/goldmark"

	"github.com/leadership-ladder/rung/web/api"
)

// The reference of the API: pages made of its OpenAPI document, so that they
// can't say anything else. One begins and lists all operations; each of the
// others has those of one resource.
var _ = register(area{name: "reference", routes: func(s *Server, rt *routes) {
	rt.get(api.Root, s.referenceOfAPI)
	rt.get(api.Root+"/reference/{tag}", s.referenceOfTag)
	rt.get(api.DocPath, func(w http.ResponseWriter, r *http.Request) error {
		if s.API == nil {
			return notFound(w, r)
		}
		s.API.ServeDocument(w, r)
		return nil
	})
}})

type referencePage struct {
	Version  string
	Document string // the address of what the page is made of
	Prefix   string
	About    template.HTML
	Tags     []referenceTag
	Problems []api.ProblemType
}

// referenceTag is the page of one resource.
type referenceTag struct {
	Path, Name string
	About      template.HTML
	Operations []referenceOperation
	Shapes     []referenceShape // what they name
}

type referenceOperation struct {
	ID, Method, Path, Summary string
	About                     template.HTML
	Parameters                []referenceField
	Body                      *referenceShape
	Answers                   []referenceAnswer // of success
	Refusals                  []referenceAnswer
}

// referenceAnswer is a status that an operation may answer with.
type referenceAnswer struct {
	Status  string
	About   template.HTML
	Headers []referenceField
	Body    *referenceShape // nil for none
}

// referenceShape is what a body looks like: its properties, or the type that
// has them.
type referenceShape struct {
	ID, Name string
	About    template.HTML
	Media    string
	Type     referenceType
	Fields   []referenceField // where they stand here
}

// referenceField is a property, a parameter or a header.
type referenceField struct {
	Name, In string
	Type     referenceType
	Required bool
	About    template.HTML
	Notes    []string // the bounds
}

// referenceTable is fields under a caption; always is what the required ones say.
type referenceTable struct {
	Caption, Always string
	Fields          []referenceField
}

// referenceType is a type in words, with the shape that it leads to: "list of "
// and Proposal.
type referenceType struct {
	Words, Shape string
}

var exampleTag = referenceTag{Path: "/api/reference/proposals", Name: "Proposals", About: "<p>What climbs.</p>", Operations: []referenceOperation{
	{ID: "getProposal", Method: "GET", Path: "/api/v1/proposals/{proposal}", Summary: "One proposal", About: "<p>Its ETag.</p>",
		Parameters: []referenceField{{Name: "proposal", In: "path", Type: referenceType{Words: "integer"}, Required: true, About: "<p>Its number.</p>", Notes: []string{"At least 1."}}},
		Answers: []referenceAnswer{{Status: "200", About: "<p>OK</p>", Headers: []referenceField{{Name: "ETag", Type: referenceType{Words: "text"}}},
			Body: &referenceShape{Media: "application/json", Type: referenceType{Shape: "Proposal"}}}},
		Refusals: []referenceAnswer{{Status: "404", About: "<p>Not Found</p>"}}},
	{ID: "rejectProposal", Method: "POST", Path: "/api/v1/proposals/{proposal}/rejections", Summary: "Reject",
		Body: &referenceShape{Media: "application/json", Fields: []referenceField{{Name: "reason", Type: referenceType{Words: "text"}}}},
		Answers: []referenceAnswer{{Status: "204", About: "<p>No Content</p>"}, {Status: "200", Body: &referenceShape{Media: "application/json",
			Type: referenceType{Words: "object"}, Fields: []referenceField{{Name: "id", Type: referenceType{Words: "integer"}}}}}}},
	{ID: "uploadPackage", Method: "PUT", Path: "/api/v1/proposals/{proposal}/package", Summary: "Upload",
		Body: &referenceShape{Media: "application/octet-stream", About: "<p>The bytes.</p>", Type: referenceType{Words: "bytes"}}},
}, Shapes: []referenceShape{{ID: "type-Proposal", Name: "Proposal", Fields: []referenceField{{Name: "stages", Type: referenceType{"list of ", "StageOfProposal"}}}}, {ID: "type-StageOfProposal", Name: "StageOfProposal", Type: referenceType{Words: "text"}}}}

var referenceTagView = newView("api/tag.html", exampleTag, referenceTag{Name: "Acts", Path: "/api/reference/acts"})

var referenceView = newView("api/reference.html", referencePage{
	Version: "1.0.0", Document: api.DocPath, Prefix: api.Prefix, About: "<p>Everything.</p>",
	Tags:     []referenceTag{exampleTag},
	Problems: []api.ProblemType{{Type: "/api#problem-refused", ID: "problem-refused", Status: 409, Title: "This can't be done now", Remedy: "A rule says no."}},
}, referencePage{})

func (s *Server) referenceOfAPI(w http.ResponseWriter, r *http.Request) error {
	if s.API == nil {
		return notFound(w, r)
	}
	p, err := s.reference()
	if err != nil {
		return err
	}
	return referenceView.write(s, w, r, p)
}

func (s *Server) referenceOfTag(w http.ResponseWriter, r *http.Request) error {
	if s.API == nil {
		return notFound(w, r)
	}
	p, err := s.reference()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(p.Tags, func(t referenceTag) bool { return t.Path == r.URL.Path })
	if i < 0 {
		return notFound(w, r)
	}
	return referenceTagView.write(s, w, r, p.Tags[i])
}

// newReference makes the pages of the document; the server keeps them.
func (s *Server) newReference() (referencePage, error) {
	doc := s.API.OpenAPI()
	uses := usesOf(doc)
	whole := referenceBuilder{doc: doc}
	p := referencePage{Version: doc.Info.Version, Document: api.DocPath, Prefix: api.Prefix, About: whole.markdown(doc.Info.Description), Problems: api.ProblemTypes()}
	for _, t := range doc.Tags {
		b := referenceBuilder{doc: doc, uses: uses}
		tag := referenceTag{Path: api.Root + "/reference/" + fieldID(strings.ToLower(t.Name)), Name: t.Name, About: b.markdown(t.Description)}
		for _, op := range operationsOf(doc) {
			if slices.Contains(op.Tags, t.Name) {
				tag.Operations = append(tag.Operations, b.operation(op))
			}
		}
		for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas.Map())) {
			if b.shown[name] {
				tag.Shapes = append(tag.Shapes, b.named(name))
			}
		}
		if b.err != nil {
			return p, b.err
		}
		p.Tags = append(p.Tags, tag)
	}
	return p, whole.err
}

// operationsOf are the document's operations, by path and method.
func operationsOf(doc *huma.OpenAPI) (list []*huma.Operation) {
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				list = append(list, op)
			}
		}
	}
	return list
}

// referenceBuilder turns parts of the document into parts of the page.
type referenceBuilder struct {
	doc   *huma.OpenAPI
	uses  map[string]int  // how often the document names a shape
	shown map[string]bool // the shapes that something on the page leads to
	err   error           // the first Markdown that couldn't be read
}

// markdown renders a description. Raw HTML in one is left out.
func (b *referenceBuilder) markdown(text string) template.HTML {
	var out bytes.Buffer
	if err := goldmark.Convert([]byte(text), &out); err != nil && b.err == nil {
		b.err = fmt.Errorf("rendering a description: %w", err)
	}
	return template.HTML(strings.TrimSpace(out.String())) //nolint:gosec // goldmark escapes, and the words are the program's own
}

func (b *referenceBuilder) operation(op *huma.Operation) referenceOperation {
	o := referenceOperation{ID: op.OperationID, Method: op.Method, Path: api.Prefix + op.Path, Summary: op.Summary, About: b.markdown(op.Description)}
	for _, p := range op.Parameters {
		o.Parameters = append(o.Parameters, b.field(p.Name, p.In, cmp.Or(p.Description, p.Schema.Description), p.Schema, p.Required))
	}
	if op.RequestBody != nil {
		o.Body = b.body(op.RequestBody.Content, true)
		o.Body.About = b.markdown(op.RequestBody.Description)
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		res := op.Responses[status]
		code, _ := strconv.Atoi(status)
		a := referenceAnswer{Status: status, About: b.markdown(res.Description)}
		if code >= http.StatusMultipleChoices {
			o.Refusals = append(o.Refusals, a)
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(res.Headers)) {
			h := res.Headers[name]
			a.Headers = append(a.Headers, b.field(name, "", cmp.Or(h.Description, h.Schema.Description), h.Schema, false))
		}
		a.Body = b.body(res.Content, false)
		o.Answers = append(o.Answers, a)
	}
	return o
}

// body is what a request sends or an answer holds. The properties of what a
// request sends, or of what nothing else answers with, stand where they are
// used; anything else is a shape of its own.
func (b *referenceBuilder) body(content map[string]*huma.MediaType, sent bool) *referenceShape {
	if len(content) == 0 {
		return nil
	}
	media := slices.Sorted(maps.Keys(content))[0] // there is one
	shape, schema := &referenceShape{Media: media}, content[media].Schema
	if schema == nil {
		return shape
	}
	if name := refName(schema); name != "" && (sent || b.uses[name] == 1) {
		schema = b.doc.Components.Schemas.SchemaFromRef(schema.Ref)
	}
	shape.Type, shape.Fields = b.typeOf(schema), b.fields(schema)
	return shape
}

// named is a shape that stands by itself.
func (b *referenceBuilder) named(name string) referenceShape {
	schema := b.doc.Components.Schemas.Map()[name]
	return referenceShape{ID: "type-" + name, Name: name, About: b.markdown(schema.Description), Type: b.typeOf(schema), Fields: b.fields(schema)}
}

// fields are the properties of an object, those that are always there first.
func (b *referenceBuilder) fields(schema *huma.Schema) (list []referenceField) {
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		p := schema.Properties[name]
		list = append(list, b.field(name, "", p.Description, p, slices.Contains(schema.Required, name)))
	}
	slices.SortStableFunc(list, func(x, y referenceField) int {
		switch {
		case x.Required == y.Required:
			return 0
		case x.Required:
			return -1
		}
		return 1
	})
	return list
}

func (b *referenceBuilder) field(name, in, about string, schema *huma.Schema, required bool) referenceField {
	return referenceField{Name: name, In: in, Type: b.typeOf(schema), Required: required, About: b.markdown(about), Notes: notesOf(schema)}
}

// plainTypes are the document's types in words; the formats come first.
var plainTypes = map[string]string{"date-time": "time", "date": "day", "uri": "address", "binary": "bytes",
	"integer": "integer", "number": "number", "string": "text", "boolean": "true or false", "object": "object"}

func (b *referenceBuilder) typeOf(schema *huma.Schema) referenceType {
	if name := refName(schema); name != "" {
		if b.shown == nil {
			b.shown = map[string]bool{}
		}
		if !b.shown[name] {
			b.shown[name] = true
			b.fields(b.doc.Components.Schemas.Map()[name]) // what it leads to is shown too
		}
		return referenceType{Shape: name}
	}
	if schema.Type == "array" {
		of := b.typeOf(schema.Items)
		return referenceType{"list of " + of.Words, of.Shape}
	}
	if values, ok := schema.AdditionalProperties.(*huma.Schema); ok {
		of := b.typeOf(values)
		return referenceType{"by name: " + of.Words, of.Shape}
	}
	if words, ok := plainTypes[schema.Format]; ok {
		return referenceType{Words: words}
	}
	return referenceType{Words: cmp.Or(plainTypes[schema.Type], "anything")}
}

// notesOf are the bounds of a value, a sentence each.
func notesOf(schema *huma.Schema) (notes []string) {
	say := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	if len(schema.Enum) > 0 {
		values := make([]string, len(schema.Enum))
		for i, v := range schema.Enum {
			values[i] = fmt.Sprint(v)
		}
		say("One of: %s.", strings.Join(values, ", "))
	}
	if schema.Minimum != nil {
		say("At least %s.", strconv.FormatFloat(*schema.Minimum, 'f', -1, 64))
	}
	if schema.Maximum != nil {
		say("At most %s.", strconv.FormatFloat(*schema.Maximum, 'f', -1, 64))
	}
	if schema.MinLength != nil {
		say("At least %s.", plural(*schema.MinLength, "character", "characters"))
	}
	if schema.MaxLength != nil {
		say("At most %s.", plural(*schema.MaxLength, "character", "characters"))
	}
	if schema.MinItems != nil {
		say("At least %s.", plural(*schema.MinItems, "item", "items"))
	}
	if schema.MaxItems != nil {
		say("At most %s.", plural(*schema.MaxItems, "item", "items"))
	}
	if schema.Pattern != "" {
		say("Matches %s.", schema.Pattern)
	}
	if schema.Default != nil {
		say("Without it: %v.", schema.Default)
	}
	for _, example := range schema.Examples {
		say("For example %v.", example)
	}
	return notes
}

// refName is the shape that a schema only names, "" where it is one itself.
func refName(schema *huma.Schema) string {
	return strings.TrimPrefix(schema.Ref, "#/components/schemas/")
}

var shapeRef = regexp.MustCompile(`"#/components/schemas/([^"]+)"`)

// usesOf counts how often the document names each shape.
func usesOf(doc *huma.OpenAPI) map[string]int {
	uses := map[string]int{}
	raw, err := doc.MarshalJSON()
	if err != nil {
		panic("web: the API's document can't be written: " + err.Error()) // the API wrote it before
	}
	for _, found := range shapeRef.FindAllSubmatch(raw, -1) {
		uses[string(found[1])]++
	}
	return uses
}
