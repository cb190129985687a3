package preview

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The stand-in for a learning record store: as much of xAPI 1.0.3 as cmi5 makes
// a unit use. It is as strict as hosts are about the token and the version, or a
// course would pass here and fail there. Preconditions are not kept: one course
// writes, and no other.

const (
	xapiVersion   = "1.0.3"
	statementKind = "statement"
	fetchKind     = "fetch"   // a session whose token was given
	refusalKind   = "refusal" // what a course asked for and didn't get, in words
	longBody      = 512 << 10 // bytes of one request
	// authToken is "preview:preview". It is no secret: the link is.
	authToken = "cHJldmlldzpwcmV2aWV3"
)

// documentKinds are the resources that hold documents, with the parameters that
// tell one's documents apart, and the one that names a document.
var documentKinds = map[string]struct {
	owner []string
	name  string
}{
	"activities/state":   {[]string{"activityId", "agent", "registration"}, "stateId"},
	"activities/profile": {[]string{"activityId"}, "profileId"},
	"agents/profile":     {[]string{"agent"}, "profileId"},
}

// fetchToken is cmi5's fetch URL (section 8.2), one for each time that a unit is
// launched. It gives its token once: a unit that is loaded again has to have kept it.
func (s *Server) fetchToken(w http.ResponseWriter, r *http.Request, t ticket, session string) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		s.say(w, r, http.StatusMethodNotAllowed, "This address is for courses", "A cmi5 unit asks here for its token, by POST.")
		return
	}
	if !isKey(session) {
		s.notFound(w, r)
		return
	}
	_, given, err := s.getRecord(r.Context(), t.Run, fetchKind, session)
	if err == nil && !given {
		err = s.putRecord(r.Context(), t, fetchKind, session, "text/plain", nil)
	}
	switch {
	case err != nil:
		s.refuse(w, r, t, "fetch", err)
	case given:
		s.noteRefusal(r, t, "the fetch URL was asked for a second token, and an LMS gives one alone")
		answerJSON(w, http.StatusOK, map[string]string{"error-code": "1", "error-text": "The token was given already."})
	default:
		answerJSON(w, http.StatusOK, map[string]string{"auth-token": authToken})
	}
}

// record answers one request to the store.
func (s *Server) record(w http.ResponseWriter, r *http.Request, t ticket, resource string) {
	w.Header().Set("X-Experience-API-Version", xapiVersion)
	w.Header().Set("X-Experience-API-Consistent-Through", s.Now().UTC().Format(time.RFC3339))
	resource = strings.Trim(resource, "/")
	r.Body = http.MaxBytesReader(w, r.Body, longBody)
	err := asked(r, resource)
	switch _, isDocument := documentKinds[resource]; {
	case err != nil:
	case resource == "about":
		answerJSON(w, http.StatusOK, map[string][]string{"version": {xapiVersion}})
	case resource == "statements":
		err = s.statements(w, r, t)
	case isDocument:
		err = s.document(w, r, t, resource)
	case resource == "activities":
		answerJSON(w, http.StatusOK, map[string]string{"objectType": "Activity", "id": r.URL.Query().Get("activityId")})
	default:
		err = errNoResource
	}
	s.refuse(w, r, t, resource, err)
}

// asked refuses what every record store does, whatever is asked for.
func asked(r *http.Request, resource string) error {
	switch {
	case resource == "about": // by which a version is chosen
		return nil
	case r.Header.Get("Authorization") != "Basic "+authToken:
		return errNoToken
	case r.Header.Get("X-Experience-API-Version") == "":
		return errNoVersion
	}
	return nil
}

var (
	errNoToken    = errors.New("the request doesn’t bring the token that the launch gave")
	errNoVersion  = errors.New("the request has no X-Experience-API-Version")
	errNoResource = errors.New("the preview has no such resource")
	errBadRecord  = errors.New("this is not what xAPI sends here")
	errNoRecord   = errors.New("nothing is stored there")
	errBadMethod  = errors.New("this resource does not take that method")
)

// refuse answers for what went wrong, as plain text: a script reads it. What the
// course did wrong is kept for the shell to tell; a document that isn't there yet
// is how many begin.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, t ticket, resource string, err error) {
	var tooLong *http.MaxBytesError
	status := http.StatusInternalServerError
	switch {
	case err == nil:
		return
	case errors.Is(err, errNoResource), errors.Is(err, errNoRecord):
		status = http.StatusNotFound
	case errors.Is(err, errBadRecord), errors.Is(err, errNoVersion):
		status = http.StatusBadRequest
	case errors.Is(err, errNoToken):
		status = http.StatusUnauthorized
	case errors.Is(err, errBadMethod):
		status = http.StatusMethodNotAllowed
	case errors.Is(err, errFull), errors.As(err, &tooLong):
		status, err = http.StatusRequestEntityTooLarge, errFull
	default:
		s.Log.ErrorContext(r.Context(), "the records of a preview failed", slog.Any("error", err))
		err = errors.New("the preview could not store or read this")
	}
	if status < http.StatusInternalServerError && !errors.Is(err, errNoRecord) {
		s.noteRefusal(r, t, r.Method+" "+resource+": "+err.Error())
	}
	http.Error(w, err.Error(), status)
}

// longRefusal is how much of a refusal is kept, in bytes.
const longRefusal = 300

func (s *Server) noteRefusal(r *http.Request, t ticket, text string) {
	if len(text) > longRefusal {
		text = strings.ToValidUTF8(text[:longRefusal], "")
	}
	if err := s.putRecord(r.Context(), t, refusalKind, newUUID(), "text/plain", []byte(text)); err != nil && !errors.Is(err, errFull) {
		s.Log.WarnContext(r.Context(), "what a course did wrong could not be kept", slog.Any("error", err))
	}
}

func (s *Server) statements(w http.ResponseWriter, r *http.Request, t ticket) error {
	switch r.Method {
	case http.MethodPut, http.MethodPost:
		return s.putStatements(w, r, t)
	case http.MethodGet, http.MethodHead:
		return s.getStatements(w, r, t)
	}
	return errBadMethod
}

func (s *Server) putStatements(w http.ResponseWriter, r *http.Request, t ticket) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	var list []map[string]any
	if json.Unmarshal(body, &list) != nil {
		var one map[string]any
		if json.Unmarshal(body, &one) != nil || one == nil {
			return errBadRecord
		}
		list = []map[string]any{one}
	}
	ids := []string{}
	for _, statement := range list {
		id, _ := statement["id"].(string)
		if given := r.URL.Query().Get("statementId"); r.Method == http.MethodPut {
			id = given
		}
		if id == "" {
			id = newUUID()
		}
		if !isKey(id) || !isStatement(statement) {
			return errBadRecord
		}
		now := s.Now().UTC().Format(time.RFC3339Nano)
		statement["id"], statement["stored"] = id, now
		if statement["timestamp"] == nil {
			statement["timestamp"] = now
		}
		b, err := json.Marshal(statement)
		if err != nil {
			return errBadRecord
		}
		if err := s.addRecord(r.Context(), t, id, b); err != nil {
			return err
		}
		ids = append(ids, id)
	}
	if r.Method == http.MethodPut {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	answerJSON(w, http.StatusOK, ids)
	return nil
}

func (s *Server) getStatements(w http.ResponseWriter, r *http.Request, t ticket) error {
	if id := r.URL.Query().Get("statementId"); id != "" {
		if !isKey(id) {
			return errBadRecord
		}
		one, found, err := s.getRecord(r.Context(), t.Run, statementKind, id)
		if err != nil {
			return err
		}
		if !found {
			return errNoRecord
		}
		answerJSON(w, http.StatusOK, json.RawMessage(one.Body))
		return nil
	}
	stored, err := s.recordsSince(r.Context(), t.Run, 0, recordsOfRun, statementKind)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	if query.Get("ascending") != "true" {
		slices.Reverse(stored)
	}
	most, err := strconv.Atoi(query.Get("limit"))
	if err != nil || most <= 0 {
		most = recordsOfRun
	}
	list := []json.RawMessage{}
	for _, one := range stored {
		if len(list) < most && asksFor(query, one.Body) {
			list = append(list, one.Body)
		}
	}
	answerJSON(w, http.StatusOK, map[string]any{"statements": list, "more": ""})
	return nil
}

// isStatement tells whether what every statement has is there.
func isStatement(statement map[string]any) bool {
	_, actor := statement["actor"].(map[string]any)
	verb, _ := statement["verb"].(map[string]any)
	id, _ := verb["id"].(string)
	_, object := statement["object"].(map[string]any)
	return actor && id != "" && object
}

// asksFor tells whether a query for statements means this one. Those by time and
// by agent mean all: there is one learner, and a preview is short.
func asksFor(query url.Values, statement []byte) bool {
	var st struct {
		Verb    struct{ ID string }
		Object  struct{ ID string }
		Context struct{ Registration string }
	}
	if json.Unmarshal(statement, &st) != nil {
		return false
	}
	for name, value := range map[string]string{"verb": st.Verb.ID, "activity": st.Object.ID, "registration": st.Context.Registration} {
		if wanted := query.Get(name); wanted != "" && wanted != value {
			return false
		}
	}
	return true
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the reader is gone: nobody to tell
}
