package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/web/edge"
	"github.com/leadership-ladder/rung/workflow"
)

// problemType is the media type of RFC 9457.
const problemType = "application/problem+json"

// Kinds of problems that only a program can run into.
const (
	malformed    fault.Kind = "malformed"             // the body is no JSON document
	unconditions fault.Kind = "precondition_required" // RFC 6585, section 3
	keyReused    fault.Kind = "idempotency_key_reused"
	keyInUse     fault.Kind = "idempotency_key_in_use"
	answerLost   fault.Kind = "answer_lost"
	scopeKind    fault.Kind = "insufficient_scope" // RFC 6750, section 3.1
)

// problemTypes are the kinds of problems, in the order of the reference: what
// comes after [problemsAt] in their type, and what a program can do about each.
var problemTypes = []problemKind{
	{malformed, http.StatusBadRequest, "The request can't be read", "The body isn't a JSON document. Mend the program that wrote it."},
	{fault.SignIn, edge.Status(fault.SignIn), "No valid token", "Send a token that is known, not revoked and not expired: Authorization: Bearer rung_…"},
	{scopeKind, http.StatusForbidden, "The token's scope isn't enough", "Make a token with the scope that the reasons name, as somebody whose roles cover it."},
	{fault.Forbidden, edge.Status(fault.Forbidden), "Not this person's to do", "The reasons say who can."},
	{fault.NotFound, edge.Status(fault.NotFound), "Not found", "It doesn't exist, or it isn't this person's to know of."},
	{edge.Method, edge.Status(edge.Method), "Method not allowed", "The header Allow says what the address takes."},
	{fault.Refused, edge.Status(fault.Refused), "This can't be done now", "A rule says no. The reasons say which, all of them at once."},
	{fault.Stale, edge.Status(fault.Stale), "Something changed meanwhile", "Look at what happened (meanwhile), then decide again. 412 in place of 409 where the version came as If-Match."},
	{keyInUse, http.StatusConflict, "The idempotency key is in use", "The first request with this key isn't answered yet. Send it again after Retry-After."},
	{answerLost, http.StatusConflict, "The answer was lost", "The request with this key was carried out, but the server stopped before it could answer. Look at what it was about; it isn't carried out again."},
	{fault.TooLarge, edge.Status(fault.TooLarge), "Too large", "Send less: the detail says how much is taken."},
	{fault.Unsupported, edge.Status(fault.Unsupported), "Type of content not taken", "Send JSON as application/json; a package as the bytes of the file."},
	{fault.Invalid, edge.Status(fault.Invalid), "Something is wrong with what was sent", "Mend what the errors point at."},
	{keyReused, http.StatusUnprocessableEntity, "The idempotency key was used for something else", "Use a new key for a new request."},
	{unconditions, http.StatusPreconditionRequired, "Say what you saw", "Send If-Match with the ETag that you read, or the version in the body, so that nothing is overwritten unseen."},
	{fault.TooMany, edge.Status(fault.TooMany), "Too many requests", "Wait for as long as Retry-After says."},
	{edge.Left, edge.Status(edge.Left), "Connection closed", "Nobody waits for this answer."},
	{edge.Internal, edge.Status(edge.Internal), "A fault of ours", "Try again later. Tell the administrators the request_id if it stays."},
	{fault.Unavailable, edge.Status(fault.Unavailable), "Not available just now", "Try again after Retry-After."},
}

type problemKind struct {
	kind   fault.Kind
	status int
	title  string
	remedy string
}

// problemsAt is where the types of problems are: relative references, the same
// on every server, that lead to the reference page.
const problemsAt = Root + "#problem-"

// ProblemType is a kind of problem as the reference shows it.
type ProblemType struct {
	Type          string // as problems have it: the address of its entry in the reference
	ID            string // of that entry
	Status        int
	Title, Remedy string
}

// ProblemTypes are all the kinds of problems, by status.
func ProblemTypes() []ProblemType {
	list := make([]ProblemType, len(problemTypes))
	for i, k := range problemTypes {
		address := problemsAt + string(k.kind)
		_, id, _ := strings.Cut(address, "#")
		list[i] = ProblemType{Type: address, ID: id, Status: k.status, Title: k.title, Remedy: k.remedy}
	}
	return list
}

func kindNamed(k fault.Kind) problemKind {
	for _, known := range problemTypes {
		if known.kind == k {
			return known
		}
	}
	return kindNamed(edge.Internal)
}

// Problem is a refusal as RFC 9457 writes it.
type Problem struct {
	Type      string         `json:"type" doc:"What kind of problem it is; stable. Programs decide by it." format:"uri-reference" example:"/api#problem-refused"`
	Title     string         `json:"title" doc:"The kind in words; the same for every problem of the type."`
	Status    int            `json:"status" doc:"The HTTP status, again."`
	Detail    string         `json:"detail" doc:"What happened, for people."`
	RequestID string         `json:"request_id" doc:"Names this request in the server's log."`
	Errors    []Reason       `json:"errors,omitempty" doc:"All the reasons at once."`
	Meanwhile []HistoryEntry `json:"meanwhile,omitempty" doc:"With stale: what happened since the version that was seen, oldest first."`
	Now       *Seen          `json:"now,omitempty" doc:"With stale, on a proposal: where it is now."`
	Current   any            `json:"current,omitempty" doc:"With stale, on words: what is stored now, so that neither text is lost."`

	header http.Header
}

// Reason is one reason of a refusal.
type Reason struct {
	Code      string `json:"code" doc:"Stable; programs decide by it." example:"item_unclosed"`
	Detail    string `json:"detail" doc:"One sentence that says what to do."`
	Field     string `json:"field,omitempty" doc:"The property at fault, of the request or of what it is about."`
	Pointer   string `json:"pointer,omitempty" doc:"Where in the request's body it is: a JSON pointer (RFC 6901) as a fragment." example:"#/reason"`
	Parameter string `json:"parameter,omitempty" doc:"The parameter at fault: of the path, the query or the header."`
}

// Error is for huma, which takes a problem for an error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is for huma.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is for huma.
func (p *Problem) ContentType(string) string { return problemType }

// GetHeaders is for huma.
func (p *Problem) GetHeaders() http.Header { return p.header }

// problemOf makes the problem that an outsider may see of an error. in is the
// operation, for the pointers into its body; the zero operation has none.
func problemOf(r *http.Request, err error, in operation) *Problem {
	f := edge.Explain(r, err)
	edge.LogRefusal(r, f, err)
	k := kindNamed(f.Kind)
	p := &Problem{Type: problemsAt + string(k.kind), Title: k.title, Status: k.status, Detail: f.Text,
		RequestID: edge.RequestID(r.Context()), header: http.Header{}}
	for _, reason := range f.Reasons {
		one := Reason{Code: reason.Code, Detail: reason.Text}
		one.Field, one.Pointer, one.Parameter = in.place(reason.Field)
		p.Errors = append(p.Errors, one)
	}
	if f.RetryAfter > 0 {
		p.header.Set("Retry-After", edge.Seconds(f.RetryAfter))
	}
	if f.Kind == fault.SignIn {
		p.header.Set("WWW-Authenticate", `Bearer realm="Rung"`)
	}
	if f.Kind == fault.Stale && (in.Conditional || in.Seen) && (r.Header.Get("If-Match") != "" || r.Header.Get("If-None-Match") != "") {
		p.Status = http.StatusPreconditionFailed
	}
	if stale, ok := workflow.StaleFrom(err); ok {
		p.Now = &Seen{State: stale.State, Revision: stale.Revision}
		p.Meanwhile = entriesOf(stale.Meanwhile)
	}
	for _, current := range currents {
		if now, ok := current(err); ok {
			p.Current = now
		}
	}
	return p
}

// currents find in a Stale error the words that are stored now, as the area that
// they belong to shows them.
var currents []func(error) (now any, found bool)

// storedNow adds one. Call it from a package variable of the area's file.
func storedNow[E error](show func(E) any) struct{} {
	currents = append(currents, func(err error) (any, bool) {
		if e, ok := errors.AsType[E](err); ok {
			return show(e), true
		}
		return nil, false
	})
	return struct{}{}
}

// Answer writes the problem of an error that came from outside an operation.
func (s *Server) Answer(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(r, err, operation{})
	for name, values := range p.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", problemType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the reader is gone: nobody to tell
}

// What huma itself finds wrong with a request becomes a problem too. It never
// repeats what was sent, which may be secret or long.
func init() {
	huma.DefaultArrayNullable = false
	huma.NewErrorWithContext = func(ctx huma.Context, status int, text string, errs ...error) huma.StatusError {
		x := exchangeOf(ctx.Context())
		return problemOf(x.r, unreadable(status, text, errs), x.op)
	}
	huma.NewError = func(status int, text string, errs ...error) huma.StatusError {
		return &Problem{Status: status, Detail: text}
	}
}

// nothingHere answers an address that can't be one of ours: an id that is no
// number, say.
var nothingHere = fault.New(fault.NotFound, "There is nothing at this address. The reference is at "+Root+".")

// unreadable makes a fault of what huma says.
func unreadable(status int, text string, errs []error) error {
	f := fault.New(fault.Invalid, "There is something to put right in what was sent.")
	switch status {
	case http.StatusBadRequest:
		f = fault.New(malformed, "The body isn't a JSON document.")
	case http.StatusUnprocessableEntity:
	default: // what guard refuses before, among others
		return errors.Join(append([]error{errors.New(text)}, errs...)...)
	}
	for _, err := range errs {
		var detail huma.ErrorDetailer
		if !errors.As(err, &detail) {
			continue
		}
		d := detail.ErrorDetail()
		if strings.HasPrefix(d.Location, "path.") {
			return nothingHere
		}
		if status == http.StatusBadRequest && d.Location == "body" {
			continue // it quotes the body
		}
		f.Reasons = append(f.Reasons, located(d))
	}
	return f
}

// located is one thing that huma found wrong, its place as operation.place reads
// it: "body.items[0]" is in the body, "query.limit" a parameter.
func located(d *huma.ErrorDetail) fault.Reason {
	return fault.Reason{Code: "not_as_described", Field: d.Location, Text: sentence(d.Message)}
}

// sentence makes a sentence of huma's words.
func sentence(words string) string {
	if words == "" {
		return "This is not what the reference describes."
	}
	return strings.ToUpper(words[:1]) + words[1:] + "."
}
