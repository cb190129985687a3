package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/web/api"
	"github.com/leadership-ladder/rung/web/webtest"
)

// words are a whole draft, as a program writes it.
func words(title string) object {
	return object{"title": title, "strand": "practice", "audience": "Doctors in training", "level": "Foundation", "prior_knowledge": "None",
		"need": "Juniors lead here first.", "overlap": "None", "minutes": 45, "outcomes": []string{"Plan a handover", "Brief a team"},
		"mapping": []string{"leadership_and_teams", "skills"}, "mapping_primary": "leadership_and_teams", "reflection_prompt": "When did one go well?",
		"action_points": []string{"Brief the team tomorrow"}, "references": []string{"Herring R, 2011"}, "evaluation": "A survey",
		"consent_and_copyright": "No patients are shown.", "declared_interests": "None", "summary": "How to hand over.", "keywords": []string{"SBAR"},
		"licence": "cc_by_nc_4_0", "provider": "East Hospital", "certificate": "yes", "accessibility_issues": "None known",
		"expert_name": "Dr Ruth Moss", "expert_organisation": "West Hospital"}
}

// put uploads bytes as a package.
func (w *world) put(who, path, name string, body io.Reader, headers ...header) *answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), "PUT", w.URL+api.Prefix+path+"?name="+url.QueryEscape(name), body)
	w.must(err)
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Authorization", "Bearer "+w.tokens[who])
	for _, h := range headers {
		req.Header.Set(h.name, h.value)
	}
	a := w.do(req)
	w.CheckPackages(w.t)
	return a
}

func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

// Every field that authors write has its property, and back.
func TestEveryFieldHasItsProperty(t *testing.T) {
	w := newWorld(t)
	path := proposalPath(w.Draft(t, "Leading a Handover"))
	draft := w.as("anna", "GET", path+"/draft", nil).expect(http.StatusOK)
	schema := w.Server.API.OpenAPI().Components.Schemas.Map()["Words"]
	for _, f := range authoring.Fields() {
		if schema.Properties[f.Name] == nil {
			t.Errorf("a draft has no property %s", f.Name)
		}
		if len(f.Values(webtest.Module("Leading a Handover"))) > 0 && draft.at("words", f.Name) == nil {
			t.Errorf("%s isn't read", f.Name)
		}
	}
	if len(schema.Properties) != len(authoring.Fields()) {
		t.Errorf("%d properties for %d fields", len(schema.Properties), len(authoring.Fields()))
	}
}

func TestWriting(t *testing.T) {
	w := newWorld(t)
	made := w.as("anna", "POST", "/proposals", object{"title": "Leading"}).expect(http.StatusCreated).says("draft", "state").says("Leading", "title")
	path := proposalPath(made.id("id"))
	if got := made.Header.Get("Location"); got != w.URL+"/api/v1"+path {
		t.Errorf("it is at %s", got)
	}
	w.as("tess", "GET", path+"/draft", nil).refuses(http.StatusNotFound, "not_found")
	w.as("lena", "GET", path+"/draft", nil).refuses(http.StatusForbidden, "forbidden", "not_author")
	tag := w.tagOf("anna", path+"/draft")
	w.as("anna", "PATCH", path+"/draft", object{"need": "It is."}).refuses(http.StatusPreconditionRequired, "precondition_required")
	w.as("anna", "PATCH", path+"/draft", object{"minutes": 100_000, "version": 1}).refuses(http.StatusUnprocessableEntity, "invalid").says("#/minutes", "errors", 0, "pointer")
	w.as("anna", "PATCH", path+"/draft", object{"need": "It is.", "outcomes": []string{"One", "Two"}, "minutes": 20}, tag).expect(http.StatusOK).
		says("It is.", "words", "need").says("Two", "words", "outcomes", 1).says(float64(20), "words", "minutes").says("Leading", "words", "title")
	w.as("anna", "PATCH", path+"/draft", object{"level": "Any", "need": ""}, w.tagOf("anna", path+"/draft")).expect(http.StatusOK).says(nil, "words", "need").says("Any", "words", "level")
	w.as("anna", "PATCH", path+"/draft", object{}, w.tagOf("anna", path+"/draft")).expect(http.StatusOK).says("Any", "words", "level")

	// Who wrote into another field doesn't get in the way; into the same one, they do.
	w.as("anna", "PATCH", path+"/draft", object{"audience": "All"}, tag).expect(http.StatusOK)
	clash := w.as("anna", "PATCH", path+"/draft", object{"level": "Core"}, tag).refuses(http.StatusPreconditionFailed, "stale")
	clash.says("level", "current", "clashes", 0, "field").says("Any", "current", "words", "level")

	ready := w.as("anna", "GET", path+"/readiness", nil).expect(http.StatusOK).says(false, "ready")
	refused := w.as("anna", "POST", path+"/revisions", object{"seen": object{"state": "draft", "revision": 0}}).refuses(http.StatusConflict, "refused")
	if a, b := len(ready.at("reasons").([]any)), len(refused.at("errors").([]any)); a != b || a < 10 {
		t.Errorf("%d reasons beforehand, %d then", a, b)
	}
	if w.row(`select count(*) from revisions`) != "0" {
		t.Error("a refused submit made a revision")
	}
}

func TestAuthorsAPI(t *testing.T) {
	w := newWorld(t)
	path := proposalPath(w.Draft(t, "Leading a Handover")) + "/authors"
	w.as("lena", "POST", path, object{"email": "cy@example.org"}).refuses(http.StatusForbidden, "forbidden")
	w.as("anna", "POST", path, object{"email": "nonsense"}).refuses(http.StatusUnprocessableEntity, "invalid").says("#/email", "errors", 0, "pointer")
	w.as("anna", "POST", path, object{"email": "cy@example.org", "name": "Cy Dunn"}).expect(http.StatusCreated).says("Cy Dunn", "items", 1, "name")
	w.as("anna", "POST", path, object{"email": "tess@example.org", "name": "Tess Ward"}).expect(http.StatusCreated)
	w.as("anna", "PATCH", path+"?email=cy@example.org", object{"organisation": "West Hospital"}).expect(http.StatusOK).says("Cy Dunn", "items", 1, "name")
	w.as("anna", "PATCH", path+"?email=cy@example.org", object{"name": "Cyrus Dunn"}).expect(http.StatusOK).says("West Hospital", "items", 1, "organisation")
	order := strings.TrimSuffix(path, "/authors") + "/author-order"
	w.as("anna", "PUT", order, object{"emails": []string{"cy@example.org"}}).refuses(http.StatusConflict, "stale")
	w.as("anna", "PUT", order, object{"emails": []string{"cy@example.org", "tess@example.org", "anna@example.org"}}).expect(http.StatusOK).says("Cyrus Dunn", "items", 0, "name")
	lead := strings.TrimSuffix(path, "/authors") + "/lead"
	w.as("anna", "PUT", lead, object{"email": "cy@example.org"}).expect(http.StatusConflict) // who never signed in can't lead
	w.as("tess", "DELETE", path+"?email=cy@example.org", nil).refuses(http.StatusForbidden, "forbidden")
	w.as("anna", "DELETE", path+"?email=cy@example.org", nil).expect(http.StatusNoContent)
	w.as("anna", "GET", path, nil).expect(http.StatusOK).says("tess@example.org", "items", 0, "email")
}

func TestPackage(t *testing.T) {
	w := newWorld(t)
	made := w.as("anna", "POST", "/proposals", object{"title": "Leading a Handover"}).expect(http.StatusCreated)
	proposal := proposalPath(made.id("id"))
	path, file := proposal+"/package", webtest.Package("x")
	tag := w.tagOf("anna", proposal+"/draft")
	kept := func(want string) {
		t.Helper()
		if got := w.row(`select count(*) from files`); got != want {
			t.Errorf("%s files are kept, want %s", got, want)
		}
	}
	w.put("anna", path, "x.zip", bytes.NewReader(file)).refuses(http.StatusPreconditionRequired, "precondition_required")
	w.put("lena", path, "x.zip", bytes.NewReader(file), tag).refuses(http.StatusForbidden, "forbidden")
	w.put("tess", path, "x.zip", bytes.NewReader(file), tag).refuses(http.StatusNotFound, "not_found")
	w.put("anna", path, "x.zip", strings.NewReader(""), tag).refuses(http.StatusUnsupportedMediaType, "unsupported", "file_empty")
	w.put("anna", path, "x.zip", strings.NewReader("some words"), tag).refuses(http.StatusUnsupportedMediaType, "unsupported")
	w.put("anna", path, "x.zip", bytes.NewReader(file), tag, header{"Content-Digest", digestOf([]byte("else"))}).refuses(http.StatusUnprocessableEntity, "invalid", "digest_mismatch")
	w.put("anna", path, "x.zip", bytes.NewReader(file), tag, header{"Content-Digest", "md5=:x:"}).refuses(http.StatusUnprocessableEntity, "invalid", "digest_form").says("Content-Digest", "errors", 0, "parameter")
	w.Server.Authoring.MaxPackage = int64(len(file)) - 1
	w.put("anna", path, "x.zip", bytes.NewReader(file), tag).refuses(http.StatusRequestEntityTooLarge, "too_large")
	w.put("anna", path, "x.zip", io.MultiReader(bytes.NewReader(file)), tag).refuses(http.StatusRequestEntityTooLarge, "too_large") // of unknown length
	w.Server.Authoring.MaxPackage = 0
	w.cutOff(path, file, tag)
	kept("0")

	sum := sha256.Sum256(file)
	done := w.put("anna", path, "../hand over.zip", bytes.NewReader(file), tag, header{"Content-Digest", digestOf(file)}).expect(http.StatusOK)
	done.says(hex.EncodeToString(sum[:]), "sha256").says(float64(len(file)), "size")
	if name := done.at("name").(string); strings.Contains(name, "/") {
		t.Errorf("it is called %s", name)
	}
	w.put("anna", path, "y.zip", bytes.NewReader(webtest.Package("y")), tag).refuses(http.StatusPreconditionFailed, "stale").says("package", "current", "clashes", 0, "field")

	got := w.as("anna", "GET", path, nil).expect(http.StatusOK)
	if !bytes.Equal(got.Raw, file) || got.Header.Get("Repr-Digest") != digestOf(file) {
		t.Errorf("%d bytes, %v", len(got.Raw), got.Header)
	}
	part := w.as("anna", "GET", path, nil, header{"Range", "bytes=1-3"}).expect(http.StatusPartialContent)
	if !bytes.Equal(part.Raw, file[1:4]) {
		t.Errorf("%q", part.Raw)
	}
	w.as("anna", "GET", path, nil, header{"If-None-Match", got.Header.Get("ETag")}).expect(http.StatusNotModified)
	w.as("lena", "GET", path, nil).refuses(http.StatusForbidden, "forbidden")
	w.as("anna", "DELETE", path, nil, header{"If-Match", done.Header.Get("ETag")}).expect(http.StatusNoContent)
	w.as("anna", "GET", path, nil).refuses(http.StatusNotFound, "not_found")
}

// cutOff sends half of an upload, and closes the connection.
func (w *world) cutOff(path string, file []byte, tag header) {
	w.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.URL, "http://"))
	w.must(err)
	req, err := http.NewRequest("PUT", w.URL+api.Prefix+path+"?name=x.zip", bytes.NewReader(file))
	w.must(err)
	req.Header.Set("Authorization", "Bearer "+w.tokens["anna"])
	req.Header.Set(tag.name, tag.value)
	var whole bytes.Buffer
	w.must(req.Write(&whole))
	_, err = conn.Write(whole.Bytes()[:whole.Len()-10])
	w.must(err)
	w.must(conn.(*net.TCPConn).CloseWrite())
	answer, err := io.ReadAll(conn)
	w.must(err)
	if !bytes.Contains(answer, []byte("broke off")) {
		w.t.Errorf("a cut upload is answered: %s", answer)
	}
	conn.Close()
}

func TestSubmitting(t *testing.T) {
	w := newWorld(t)
	made := w.as("anna", "POST", "/proposals", object{"title": "Leading a Handover"}).expect(http.StatusCreated)
	path := proposalPath(made.id("id"))
	w.as("anna", "PATCH", path+"/draft", words("Leading a Handover"), w.tagOf("anna", path+"/draft")).expect(http.StatusOK)
	w.put("anna", path+"/package", "x.zip", bytes.NewReader(webtest.Package("x")), w.tagOf("anna", path+"/draft")).expect(http.StatusOK)
	ready := w.as("anna", "GET", path+"/readiness", nil).expect(http.StatusOK).says(true, "ready")
	body := object{"seen": ready.at("seen"), "draft_version": ready.at("draft_version")}
	w.as("lena", "POST", path+"/revisions", body).refuses(http.StatusForbidden, "forbidden")
	w.as("anna", "PATCH", path+"/draft", object{"level": "Any"}, w.tagOf("anna", path+"/draft")).expect(http.StatusOK)
	w.as("anna", "POST", path+"/revisions", body).refuses(http.StatusConflict, "stale") // the draft is another by now
	done := w.as("anna", "POST", path+"/revisions", object{}, w.tagOf("anna", path)).expect(http.StatusCreated).says("technical", "state").says(float64(1), "revision")
	if got := done.Header.Get("Location"); got != w.URL+"/api/v1"+path+"/revisions/1" {
		t.Errorf("it is at %s", got)
	}
	w.as("anna", "POST", path+"/revisions", object{"seen": object{"state": "draft", "revision": 0}}).refuses(http.StatusConflict, "stale")
	w.as("anna", "PATCH", path+"/draft", object{"level": "Core", "version": 3}).refuses(http.StatusConflict, "refused", "frozen")

	w.as("lena", "GET", path+"/revisions", nil).expect(http.StatusOK).says(float64(1), "items", 0, "number")
	w.as("lena", "GET", path+"/revisions/1", nil).expect(http.StatusOK).says("Any", "words", "level").says("Anna Bell", "authors", 0, "name")
	w.as("lena", "GET", path+"/revisions/2", nil).refuses(http.StatusNotFound, "not_found")
	w.as("lena", "GET", path+"/revisions/1/package", nil).expect(http.StatusOK)
	w.as("lena", "GET", path+"/differences?from=1", nil).refuses(http.StatusForbidden, "forbidden")
	w.as("lena", "POST", path+"/rejections", object{"reason": "Not yet."}, w.tagOf("lena", path)).expect(http.StatusOK)
	w.as("lena", "POST", path+"/reopenings", object{}, w.tagOf("lena", path)).expect(http.StatusOK)
	w.as("anna", "PATCH", path+"/draft", object{"level": "Core"}, w.tagOf("anna", path+"/draft")).expect(http.StatusOK)
	diff := w.as("anna", "GET", path+"/differences?from=1", nil).expect(http.StatusOK)
	fields := diff.at("fields").([]any)
	if i := slices.IndexFunc(fields, func(f any) bool { return f.(map[string]any)["field"] == "level" }); i < 0 || diff.at("fields", i, "changed") != true {
		t.Errorf("the level didn't change: %s", diff.Raw)
	}
}

func TestTitles(t *testing.T) {
	w := newWorld(t)
	title := object{"title": "Breaking Bad News", "strand": "practice"}
	w.as("anna", "POST", "/suggested-titles", title).refuses(http.StatusForbidden, "forbidden", "not_leadership")
	w.as("lena", "POST", "/suggested-titles", object{}).expect(http.StatusUnprocessableEntity)
	id := w.as("lena", "POST", "/suggested-titles", title).expect(http.StatusCreated).id("id")
	w.as("anna", "GET", "/suggested-titles", nil).expect(http.StatusOK).says(true, "items", 0, "free")
	w.as("anna", "POST", "/proposals", object{"suggested_title": id}).expect(http.StatusCreated).says("Breaking Bad News", "title")
	w.as("anna", "POST", "/proposals", object{"suggested_title": 4242}).refuses(http.StatusNotFound, "not_found")
	w.as("lena", "DELETE", "/suggested-titles/"+itoa(id), nil).expect(http.StatusNoContent)
	w.as("anna", "POST", "/proposals", object{"suggested_title": id}).expect(http.StatusConflict)
}
