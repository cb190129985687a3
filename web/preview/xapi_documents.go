package preview

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// document answers for a resource of documents.
func (s *Server) document(w http.ResponseWriter, r *http.Request, t ticket, resource string) error {
	kind, query := documentKinds[resource], r.URL.Query()
	owner := ownerKey(query, kind.owner)
	name := query.Get(kind.name)
	key := owner + "\n" + name
	if !isKey(key) {
		return errBadRecord
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		if name == "" {
			return s.documentNames(w, r, t, resource, owner)
		}
		return s.getDocument(w, r, t, resource, key, name)
	case http.MethodPut, http.MethodPost:
		if name == "" {
			return errBadRecord
		}
		return s.putDocument(w, r, t, resource, key)
	case http.MethodDelete:
		statement := deleteRecordSQL
		if name == "" { // all of an owner's states may go at once; its profiles go one by one
			if statement = deleteRecordsSQL; resource != "activities/state" {
				return errBadRecord
			}
		}
		if _, err := s.DB.ExecContext(r.Context(), statement, t.Run, resource, key); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return errBadMethod
}

// ownerKey names whose documents are meant. The agent is JSON: the same one
// may be written in another order.
func ownerKey(query url.Values, parameters []string) string {
	var parts []string
	for _, p := range parameters {
		value := query.Get(p)
		var agent map[string]any
		if p == "agent" && json.Unmarshal([]byte(value), &agent) == nil {
			b, _ := json.Marshal(agent) // it was JSON a moment ago
			value = string(b)
		}
		parts = append(parts, value)
	}
	return strings.Join(parts, "\n")
}

func (s *Server) documentNames(w http.ResponseWriter, r *http.Request, t ticket, resource, owner string) error {
	var keys []string
	if err := s.DB.SelectContext(r.Context(), &keys, listKeysSQL, t.Run, resource); err != nil {
		return err
	}
	names := []string{}
	for _, key := range keys {
		if name, ok := strings.CutPrefix(key, owner+"\n"); ok {
			names = append(names, name)
		}
	}
	answerJSON(w, http.StatusOK, names)
	return nil
}

func (s *Server) getDocument(w http.ResponseWriter, r *http.Request, t ticket, resource, key, name string) error {
	one, found, err := s.getRecord(r.Context(), t.Run, resource, key)
	if err != nil {
		return err
	}
	if !found {
		return s.given(w, r, t, resource, name)
	}
	w.Header().Set("Content-Type", one.MediaType)
	w.Header().Set("ETag", `"`+strconv.FormatInt(one.Seq, 10)+"-"+strconv.Itoa(len(one.Body))+`"`)
	if r.Method != http.MethodHead {
		_, _ = w.Write(one.Body)
	}
	return nil
}

// given is what the host has written before the unit begins: cmi5's launch data
// (section 10) and the learner's preferences (section 11).
func (s *Server) given(w http.ResponseWriter, r *http.Request, t ticket, resource, name string) error {
	switch {
	case resource == "agents/profile" && name == "cmi5LearnerPreferences":
		answerJSON(w, http.StatusOK, map[string]string{"languagePreference": "en-GB", "audioPreference": "on"})
		return nil
	case resource == "activities/state" && name == "LMS.LaunchData":
		o, done, err := s.open(r.Context(), t)
		if err != nil {
			return err
		}
		defer done()
		u, ok := o.course.byActivity(r.URL.Query().Get("activityId"))
		if !ok {
			return errNoRecord
		}
		answerJSON(w, http.StatusOK, s.launchData(t, u))
		return nil
	}
	return errNoRecord
}

// byActivity finds the unit whose activity a shell made up: its id in the
// manifest is the publisher's, and the host's is another (cmi5, section 9.4).
func (c course) byActivity(activity string) (unit, bool) {
	for i, u := range c.Units {
		if activity == activityOf(i) {
			return u, true
		}
	}
	return unit{}, false
}

func activityOf(i int) string { return "urn:rung:preview:unit:" + strconv.Itoa(i) }

func (s *Server) launchData(t ticket, u unit) map[string]any {
	data := map[string]any{
		"contextTemplate": map[string]any{
			"contextActivities": map[string]any{"grouping": []map[string]string{{"objectType": "Activity", "id": u.ID}}},
			"extensions":        map[string]string{"https://w3id.org/xapi/cmi5/context/extensions/sessionid": t.Run},
		},
		"launchMode": "Normal", "launchMethod": "AnyWindow", "moveOn": u.MoveOn,
		"returnURL": s.URL.String() + root + s.token(t) + "/" + endedPage,
	}
	if u.Method != "" {
		data["launchMethod"] = u.Method
	}
	if u.Data != "" {
		data["launchParameters"] = u.Data
	}
	if score, err := strconv.ParseFloat(u.Mastery, 64); err == nil && score >= 0 && score <= 1 {
		data["masteryScore"] = score
	}
	return data
}

func (s *Server) putDocument(w http.ResponseWriter, r *http.Request, t ticket, resource, key string) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	media := r.Header.Get("Content-Type")
	if media == "" || len(media) > 200 || !utf8.ValidString(media) {
		media = "application/octet-stream"
	}
	if r.Method == http.MethodPost {
		body, err = s.merged(r, t, resource, key, body)
		if err != nil {
			return err
		}
	}
	if err := s.putRecord(r.Context(), t, resource, key, media, body); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// merged is what POST makes of a document that is there: JSON objects become
// one, property by property.
func (s *Server) merged(r *http.Request, t ticket, resource, key string, body []byte) ([]byte, error) {
	before, found, err := s.getRecord(r.Context(), t.Run, resource, key)
	if err != nil || !found {
		return body, err
	}
	var old, more map[string]json.RawMessage
	if json.Unmarshal(before.Body, &old) != nil || json.Unmarshal(body, &more) != nil || old == nil || more == nil {
		return nil, errBadRecord
	}
	maps.Copy(old, more)
	return json.Marshal(old)
}
