package api

import (
	"context"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
)

// operation is one call of the API. What the reference documents of refusals
// follows from it, so an area only says what is particular.
type operation struct {
	ID      string // "submitProposal": stable, clients name functions by it
	Method  string
	Path    string // below [Prefix]
	Summary string
	About   string // Markdown, may be empty

	// Scopes are those of which a token needs one; none: everybody, without a
	// token.
	Scopes []string
	Status int // of success; 0: 200, or 204 without a body

	Conditional bool // takes the version that was seen, and refuses where it is none any more
	Seen        bool // takes that version where one is given, and refuses where it is none any more
	Refuses     bool // a rule may say no: 409
	Names       bool // the body names something that may not exist: 404
	Stream      bool // the body is bytes and not JSON: the handler reads and bounds it
	Download    bool // the answer is bytes, as long as they may take
	Ranges      bool // of a download: a part of it may be asked for, and whether it is another by now

	properties []string // of the body, for pointers into it
}

// caller is who makes a call.
type caller struct {
	accounts.Person
	// Actor is the person as the rooms know them: without leadership's authority
	// where they act and their token doesn't carry it.
	Actor workflow.Actor
	Token int64 // 0: nobody, on an operation for everybody

	scopes []string // that the token carries and the person's roles cover
}

func callerOf(ctx context.Context) caller {
	who, _ := ctx.Value(callerKey).(caller)
	return who
}

// Scopes by what they are for.
var (
	toRead    = []string{accounts.ScopeRead}
	toPropose = []string{accounts.ScopePropose}
	toReview  = []string{accounts.ScopeReview}
	toLead    = []string{accounts.ScopeLead}
	toGovern  = []string{accounts.ScopeAdminister}
)

// add registers an operation with its handler. Errors of the handler are
// answered as problems, faults with all their reasons, anything else as a plain
// 500.
func add[I, O any](s *Server, api huma.API, op operation, handle func(ctx context.Context, who caller, in *I) (*O, error)) {
	op.properties = propertiesOf(reflect.TypeFor[I]())
	if s.operations[op.ID] {
		panic("api: operation " + op.ID + " is registered twice")
	}
	s.operations[op.ID] = true
	h := huma.Operation{OperationID: op.ID, Method: op.Method, Path: op.Path, Summary: op.Summary, Description: op.about(),
		DefaultStatus: op.Status, Responses: op.refusals(), MaxBodyBytes: -1, BodyReadTimeout: -1, // guard bounds both
		RejectUnknownQueryParameters: true,
		Middlewares:                  huma.Middlewares{s.guard(op)}}
	if t, ok := api.(*tagged); ok {
		h.Tags = []string{t.tag}
	}
	if op.Scopes != nil {
		h.Security = []map[string][]string{}
		for _, scope := range op.Scopes {
			h.Security = append(h.Security, map[string][]string{"token": {scope}})
		}
	}
	if op.Method == http.MethodPost {
		h.Parameters = append(h.Parameters, keyParameter)
	}
	if op.compared() {
		h.Parameters = append(h.Parameters, tagParameter)
	}
	if op.Stream {
		h.RequestBody = &huma.RequestBody{Required: true, Description: "The file's bytes.", Content: map[string]*huma.MediaType{
			"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}
	}
	huma.Register(api, h, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, callerOf(ctx), in)
		if err != nil {
			return nil, problemOf(exchangeOf(ctx).r, s.forScope(callerOf(ctx), err), op)
		}
		return out, nil
	})
	op.describeSuccess(h.Responses)
}

// describeSuccess says of the answers of success what huma can't know.
func (op operation) describeSuccess(responses map[string]*huma.Response) {
	ok := responses[strconv.Itoa(http.StatusOK)]
	if ok == nil {
		return
	}
	delete(ok.Headers, "Location") // of what was made, 201
	switch {
	case op.Download:
		ok.Content = map[string]*huma.MediaType{"application/*": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}
		if op.Ranges {
			responses[strconv.Itoa(http.StatusPartialContent)] = &huma.Response{Description: "The part that Range asked for.", Content: ok.Content}
			responses[strconv.Itoa(http.StatusRequestedRangeNotSatisfiable)] = &huma.Response{Description: "It has no such part.",
				Content: map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: "string"}}}}
		}
	case op.Method == http.MethodGet && ok.Headers["ETag"] == nil:
		if ok.Headers == nil {
			ok.Headers = map[string]*huma.Header{}
		}
		ok.Headers["ETag"] = &huma.Header{Description: "Names these very bytes, for If-None-Match.", Schema: &huma.Schema{Type: "string"}}
	}
}

// compared reports whether a reader may say what they have, and get 304.
func (op operation) compared() bool {
	return op.Method == http.MethodGet && (!op.Download || op.Ranges)
}

// about is the description with what the scopes mean.
func (op operation) about() string {
	about := op.About
	if op.Scopes == nil {
		return strings.TrimSpace(about + "\n\nFor everybody: no token is needed.")
	}
	return strings.TrimSpace(about + "\n\nScope: `" + strings.Join(op.Scopes, "` or `") + "`.")
}

var pathParameter = regexp.MustCompile(`\{[a-z_]+\}`)

// refusals are the problems that an operation can answer with.
func (op operation) refusals() map[string]*huma.Response {
	var statuses []int
	when := func(yes bool, list ...int) {
		if yes {
			statuses = append(statuses, list...)
		}
	}
	reads := op.Method == http.MethodGet
	body := !reads && op.Method != http.MethodDelete && !op.Stream
	when(op.compared(), http.StatusNotModified)
	when(body, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	when(op.Stream, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	when(op.Scopes != nil, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests)
	when(op.Names || pathParameter.MatchString(op.Path), http.StatusNotFound)
	when(op.Refuses || body && (op.Conditional || op.Seen), http.StatusConflict)
	when(op.Conditional || op.Seen, http.StatusPreconditionFailed)
	when(op.Conditional, http.StatusPreconditionRequired)
	statuses = append(statuses, http.StatusUnprocessableEntity)
	responses := map[string]*huma.Response{}
	for _, status := range statuses {
		responses[strconv.Itoa(status)] = refusal(status)
	}
	return responses
}

// refusal is the response by which a status is documented.
func refusal(status int) *huma.Response {
	if status == http.StatusNotModified {
		return &huma.Response{Description: "What If-None-Match names is still what there is."}
	}
	var kinds []string
	for _, k := range problemTypes {
		if k.status == status || status == http.StatusPreconditionFailed && k.kind == fault.Stale {
			kinds = append(kinds, "[`"+string(k.kind)+"`]("+problemsAt+string(k.kind)+")")
		}
	}
	slices.Sort(kinds)
	res := &huma.Response{Description: http.StatusText(status) + ": " + strings.Join(slices.Compact(kinds), ", "),
		Content: map[string]*huma.MediaType{problemType: {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}}}}
	if status == http.StatusTooManyRequests {
		res.Headers = map[string]*huma.Header{"Retry-After": {Description: "How many seconds to wait.", Schema: &huma.Schema{Type: "integer"}}}
	}
	return res
}

// propertiesOf are the names of the body's properties, "" for a body that isn't
// an object.
func propertiesOf(in reflect.Type) []string {
	body, ok := in.FieldByName("Body")
	if !ok {
		return nil
	}
	return jsonNames(body.Type)
}

func jsonNames(t reflect.Type) (names []string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			names = append(names, jsonNames(f.Type)...)
		} else if name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// place says where in the request a reason's field is: huma names a place with
// its location, the services by a property.
func (op operation) place(field string) (name, pointer, parameter string) {
	where, rest, found := strings.Cut(field, ".")
	switch {
	case field == "body":
		return "", "#", ""
	case found && where == "body":
		return rest, pointerTo(rest), ""
	case found && (where == "query" || where == "path" || where == "header"):
		return "", "", rest
	case slices.Contains(op.properties, strings.SplitN(field, ".", 2)[0]):
		return field, pointerTo(field), ""
	}
	return field, "", ""
}

var index = regexp.MustCompile(`\[(\d+)\]`)

// pointerTo writes "items[0].place" as "#/items/0/place".
func pointerTo(path string) string {
	path = strings.NewReplacer("~", "~0", "/", "~1").Replace(path)
	return "#/" + strings.ReplaceAll(index.ReplaceAllString(path, ".$1"), ".", "/")
}
