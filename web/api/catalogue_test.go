package api_test

import (
	"archive/zip"
	"bytes"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/leadership-ladder/rung/internal/accounts"
)

// approved is a proposal that only wants publishing.
func (w *world) approved(title string) string {
	w.t.Helper()
	id := w.Submitted(w.t, title)
	w.Climb(w.t, id, "approved")
	path := proposalPath(id)
	w.as("lena", "PUT", path+"/publication-details", object{"version": 0, "owner": "The faculty", "review_date": "2028-03-01", "bridge_url": "https://bridge.example.org/x"}).expect(http.StatusOK)
	return path
}

func TestPublishing(t *testing.T) {
	w := newWorld(t)
	id := w.Submitted(t, "Leading a Handover")
	path := proposalPath(id)
	details := path + "/publication-details"
	w.as("anna", "GET", details, nil).expect(http.StatusOK).says(float64(0), "version")
	w.as("lena", "PUT", details, object{"owner": "The faculty", "version": 0}).refuses(http.StatusConflict, "refused")
	w.Climb(t, id, "approved")
	w.as("lena", "PUT", details, object{"owner": "The faculty"}).refuses(http.StatusPreconditionRequired, "precondition_required")
	wrong := w.as("lena", "PUT", details, object{"version": 0, "review_date": "2028-02-31", "bridge_url": "ftp://x"}).refuses(http.StatusUnprocessableEntity, "invalid")
	if n := len(wrong.at("errors").([]any)); n != 2 {
		t.Errorf("not both at once: %s", wrong.Raw)
	}

	seen := object{"seen": object{"state": "approved", "revision": 1}}
	w.as("lena", "POST", path+"/publications", seen).refuses(http.StatusConflict, "refused", "no_owner", "no_review_date")
	first := w.tagOf("lena", details)
	w.as("lena", "PUT", details, object{"owner": "The faculty", "review_date": "2028-03-01"}, first).expect(http.StatusOK).says("2028-03-01", "review_date")
	stale := w.as("luke", "PUT", details, object{"owner": "Luke"}, first).refuses(http.StatusPreconditionFailed, "stale")
	stale.says("The faculty", "current", "owner").says(float64(1), "current", "version")
	w.as("anna", "POST", path+"/publications", seen).refuses(http.StatusForbidden, "forbidden", "not_leadership")
	w.as("anna", "GET", path+"/pack", nil).refuses(http.StatusForbidden, "forbidden")

	made := w.as("lena", "POST", path+"/publications", object{}, w.tagOf("lena", path)).expect(http.StatusCreated).says("leading-a-handover", "slug")
	if got := made.Header.Get("Location"); got != w.URL+"/api/v1/modules/leading-a-handover" {
		t.Errorf("it is at %s", got)
	}
	pack := w.as("lena", "GET", path+"/pack", nil).expect(http.StatusOK)
	if z, err := zip.NewReader(bytes.NewReader(pack.Raw), int64(len(pack.Raw))); err != nil || len(z.File) < 2 {
		t.Errorf("the pack: %v", err)
	}
	w.as("luke", "POST", path+"/publications", seen).refuses(http.StatusConflict, "stale").says("published", "now", "state")

	public := w.as("", "GET", "/modules/leading-a-handover", nil).expect(http.StatusOK)
	public.says(nil, "owner").says(nil, "proposal").says("Anna Bell", "authors", 0, "name").says("Technical review", "passed", 0, "stage").says("rung", "quality")
	if public.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Error("another site's page can't read what is public")
	}
}

// Of two leaders who publish at once, one does, and the other is told.
func TestPublishingTwice(t *testing.T) {
	w := newWorld(t)
	path := w.approved("Leading a Handover")
	tag := w.tagOf("lena", path)
	var answers [2]*answer
	var both sync.WaitGroup
	for i, who := range []string{"lena", "luke"} {
		both.Go(func() { answers[i] = w.as(who, "POST", path+"/publications", object{}, tag) })
	}
	both.Wait()
	if answers[0].Status > answers[1].Status {
		answers[0], answers[1] = answers[1], answers[0]
	}
	answers[0].expect(http.StatusCreated)
	answers[1].refuses(http.StatusPreconditionFailed, "stale").says("publish", "meanwhile", 0, "event")
	if n := w.row(`select count(*) from editions`); n != "1" {
		t.Errorf("%s editions", n)
	}
}

func TestModules(t *testing.T) {
	w := newWorld(t)
	entry := object{"title": "Chairing a Meeting", "strand": "practice", "summary": "How to chair one.", "series": "Meetings", "part": 1, "of": 2,
		"owner": "The faculty", "review_date": "2028-03-01"}
	w.as("tess", "POST", "/modules", entry).refuses(http.StatusForbidden, "forbidden")
	w.as("lena", "POST", "/modules", object{"part": 3}).refuses(http.StatusUnprocessableEntity, "invalid", "title_missing", "strand_missing", "summary_missing")
	w.as("lena", "POST", "/modules", entry).expect(http.StatusCreated).says("chairing-a-meeting", "slug").says("before_rung", "quality")
	w.as("", "GET", "/modules?strand=practice", nil).expect(http.StatusOK).says("Chairing a Meeting", "items", 0, "title")
	w.as("", "GET", "/modules?words=chairing", nil).expect(http.StatusOK).says("chairing-a-meeting", "items", 0, "slug")
	if items := w.as("", "GET", "/modules?strand=theory", nil).expect(http.StatusOK).at("items").([]any); len(items) != 0 {
		t.Errorf("of another strand: %v", items)
	}
	w.as("", "GET", "/series", nil).expect(http.StatusOK).says("Meetings", "items", 0, "name")
	w.as("", "GET", "/modules/nothing", nil).refuses(http.StatusNotFound, "not_found")

	at := "/modules/chairing-a-meeting"
	entry["summary"] = "How to chair one well."
	tag := w.tagOf("lena", at+"/publication-details")
	w.as("anna", "GET", at+"/publication-details", nil).refuses(http.StatusForbidden, "forbidden")
	w.as("lena", "PUT", at, entry).refuses(http.StatusPreconditionRequired, "precondition_required")
	w.as("anna", "PUT", at, entry, tag).refuses(http.StatusForbidden, "forbidden")
	w.as("lena", "PUT", at, entry, tag).expect(http.StatusOK).says("How to chair one well.", "summary")
	w.as("luke", "PUT", at, entry, tag).refuses(http.StatusPreconditionFailed, "stale").says("The faculty", "current", "owner")
	w.as("lena", "GET", at+"/pack", nil).expect(http.StatusOK)
	w.as("lena", "POST", at+"/retirements", object{}).refuses(http.StatusUnprocessableEntity, "invalid").says("#/reason", "errors", 0, "pointer")
	w.as("lena", "POST", at+"/retirements", object{"reason": "Out of date."}).expect(http.StatusOK).says("Out of date.", "retired_reason")
	if items := w.as("", "GET", "/modules", nil).expect(http.StatusOK).at("items").([]any); len(items) != 0 {
		t.Errorf("a retired one is listed: %v", items)
	}
	p := w.as("", "GET", "/programme", nil).expect(http.StatusOK).says("technical", "stages", 0, "key")
	if p.at("strands").([]any)[0] == nil || p.at("machine", 0, "event") == nil {
		t.Error("the programme lacks something")
	}
}

func TestPeople(t *testing.T) {
	w := newWorld(t)
	w.as("lena", "GET", "/people", nil).refuses(http.StatusForbidden, "forbidden", "role_missing")
	w.as("ada", "GET", "/people?role=leadership", nil).expect(http.StatusOK).says("Lena Moor", "items", 0, "name")
	page := w.as("ada", "GET", "/people?limit=3", nil).expect(http.StatusOK)
	next := w.as("ada", "GET", "/people?limit=3&cursor="+page.at("next_cursor").(string), nil).expect(http.StatusOK)
	if page.at("items", 2, "name").(string) >= next.at("items", 0, "name").(string) {
		t.Errorf("%s then %s", page.Raw, next.Raw)
	}
	w.as("lena", "POST", "/people", object{"email": "new@example.org"}).refuses(http.StatusForbidden, "forbidden")
	w.as("ada", "POST", "/people", object{"email": "nonsense"}).refuses(http.StatusUnprocessableEntity, "invalid").says("#/email", "errors", 0, "pointer")
	made := w.as("ada", "POST", "/people", object{"email": "new@example.org", "name": "New Person"}).expect(http.StatusCreated)
	w.as("ada", "POST", "/people", object{"email": "new@example.org"}).refuses(http.StatusConflict, "refused", "person_exists")
	at := "/people/" + itoa(made.id("id"))
	w.as("ada", "PUT", at+"/roles/nonsense", object{}).refuses(http.StatusUnprocessableEntity, "invalid")
	w.as("ada", "PUT", at+"/roles/technical_reviewer", nil).expect(http.StatusOK).says("technical_reviewer", "roles", 0)
	w.as("ada", "DELETE", at+"/roles/technical_reviewer", nil).expect(http.StatusOK)
	w.as("ada", "PATCH", at, object{"active": false}).expect(http.StatusOK).says(false, "active")
	w.as("ada", "PATCH", at, object{"active": true}).expect(http.StatusOK).says(true, "active")
	w.as("ada", "GET", at+"/changes", nil).expect(http.StatusOK).says("reactivated", "items", 0, "change").says("Ada Marsh", "items", 0, "by_name")
	w.as("ada", "GET", "/people/4242", nil).refuses(http.StatusNotFound, "not_found")
	ada := "/people/" + itoa(w.People["ada"].ID)
	w.as("ada", "PATCH", ada, object{"active": false}).refuses(http.StatusConflict, "refused")
	w.as("ada", "DELETE", ada+"/roles/administrator", nil).refuses(http.StatusConflict, "refused")

	// Whoever is deactivated is out, with every token.
	w.as("edgar", "GET", "/me", nil).expect(http.StatusOK).says("edgar@example.org", "email")
	w.as("ada", "PATCH", "/people/"+itoa(w.People["edgar"].ID), object{"active": false}).expect(http.StatusOK)
	w.as("edgar", "GET", "/me", nil).refuses(http.StatusUnauthorized, "sign_in", "token_revoked")
}

func TestMe(t *testing.T) {
	w := newWorld(t)
	browser := w.SignIn(t, "anna@example.org")
	me := w.as("anna", "GET", "/me", nil).expect(http.StatusOK).says("Anna Bell", "name").says("read", "scopes", 0)
	w.as("anna", "PATCH", "/me", object{"organisation": "East Hospital"}).expect(http.StatusOK).says("Anna Bell", "name").says("East Hospital", "organisation")
	w.as("anna", "PATCH", "/me", object{"name": " "}).refuses(http.StatusUnprocessableEntity, "invalid").says("#/name", "errors", 0, "pointer")
	w.as("anna", "DELETE", "/me/sessions", nil).expect(http.StatusNoContent)
	browser.Get("/my-work").Leads("/sign-in")
	tokens := w.as("anna", "GET", "/tokens", nil).expect(http.StatusOK)
	if tokens.id("items", 0, "id") != me.id("token") || strings.Contains(string(tokens.Raw), "rung_") {
		t.Errorf("%s", tokens.Raw)
	}
	w.as("lena", "DELETE", "/tokens/"+itoa(me.id("token")), nil).refuses(http.StatusNotFound, "not_found")
	w.as("anna", "DELETE", "/tokens/"+itoa(me.id("token")), nil).expect(http.StatusNoContent)
	w.as("anna", "GET", "/me", nil).refuses(http.StatusUnauthorized, "sign_in", "token_revoked")
}

func TestRate(t *testing.T) {
	w := newWorld(t)
	w.Server.Accounts.Limits.CallsPerToken = 2
	secret := w.token(w.People["anna"], accounts.ScopeRead)
	for _, left := range []string{"1", "0"} {
		if got := w.as(secret, "GET", "/me", nil).expect(http.StatusOK).Header.Get("RateLimit-Remaining"); got != left {
			t.Errorf("%s calls are left, want %s", got, left)
		}
	}
	over := w.as(secret, "GET", "/me", nil).refuses(http.StatusTooManyRequests, "too_many")
	if over.Header.Get("Retry-After") != "60" || over.Header.Get("RateLimit-Limit") != "2" {
		t.Errorf("%v", over.Header)
	}
}

func TestMails(t *testing.T) {
	w := newWorld(t)
	id := w.Submitted(t, "Leading a Handover")
	w.SignIn(t, "anna@example.org")
	w.as("anna", "GET", "/mails", nil).refuses(http.StatusForbidden, "forbidden", "role_missing")
	mail := w.as("lena", "GET", "/mails?state=waiting", nil).expect(http.StatusOK).says(float64(id), "items", 0, "proposal").says("Leading a Handover", "items", 0, "title")
	if w.as("ada", "GET", "/mails", nil).expect(http.StatusOK).at("items", 0, "proposal") != nil {
		t.Error("an administrator is led to a proposal")
	}
	codes := w.as("ada", "GET", "/mails?kind=sign_in", nil).expect(http.StatusOK)
	if codes.at("items", 0, "to_email") != nil {
		t.Errorf("%s", codes.Raw)
	}
	at := "/mails/" + itoa(mail.id("items", 0, "id")) + "/resends"
	w.as("lena", "POST", at, object{}).refuses(http.StatusConflict, "stale")
	w.DB.MustExec(`update outbox set state = 'failed', last_error = '550 no', finished_at = now()`)
	w.as("anna", "POST", at, object{}).refuses(http.StatusForbidden, "forbidden")
	w.as("ada", "POST", at, object{}).expect(http.StatusNoContent)
	w.as("ada", "POST", "/mails/"+itoa(codes.id("items", 0, "id"))+"/resends", nil).refuses(http.StatusConflict, "refused", "never_resent")
	w.as("ada", "POST", "/mails/4242/resends", nil).refuses(http.StatusNotFound, "not_found")
}

func TestWebhooksAPI(t *testing.T) {
	w := newWorld(t)
	set := object{"url": "https://hooks.example.org/rung", "every": true}
	w.as("lena", "GET", "/webhooks", nil).refuses(http.StatusForbidden, "forbidden")
	w.as("lena", "POST", "/webhooks", set).refuses(http.StatusForbidden, "forbidden")
	w.as("ada", "POST", "/webhooks", object{"url": "ftp://x", "events": []string{"nonsense"}}).refuses(http.StatusUnprocessableEntity, "invalid").says("#/url", "errors", 0, "pointer")
	at := "/webhooks/" + itoa(w.as("ada", "POST", "/webhooks", set).expect(http.StatusCreated).id("id"))
	first := w.tagOf("ada", at)
	w.as("ada", "PUT", at, set).refuses(http.StatusPreconditionRequired, "precondition_required")
	w.as("ada", "PUT", at, object{"url": "https://hooks.example.org/rung", "events": []string{"publish"}}, first).expect(http.StatusOK).says("publish", "events", 0)
	w.as("ada", "PUT", at, set, first).refuses(http.StatusPreconditionFailed, "stale")
	before := w.as("ada", "GET", at+"/secret", nil).expect(http.StatusOK).at("current").(string)
	w.as("lena", "GET", at+"/secret", nil).refuses(http.StatusForbidden, "forbidden")
	reads := w.token(w.People["ada"], accounts.ScopeRead)
	w.as(reads, "GET", at+"/secret", nil).refuses(http.StatusForbidden, "insufficient_scope", "scope_administer")
	w.as("ada", "POST", at+"/rotations", object{}, w.tagOf("ada", at)).expect(http.StatusOK)
	if got := w.as("ada", "GET", at+"/secret", nil).says(before, "previous").at("current"); got == before {
		t.Error("the secret is the same")
	}
	w.as("ada", "POST", at+"/previous-secret-ends", object{}, w.tagOf("ada", at)).expect(http.StatusOK).says(nil, "previous_secret_until")
	w.as("ada", "POST", at+"/pings", nil).expect(http.StatusNoContent)
	sent := w.as("ada", "GET", at+"/deliveries", nil).expect(http.StatusOK).says("ping", "items", 0, "type").says("waiting", "items", 0, "state")
	w.as("ada", "POST", at+"/deliveries/"+itoa(sent.id("items", 0, "id"))+"/resends", nil).expect(http.StatusConflict)
	w.DB.MustExec(`update outbox set state = 'failed', last_error = 'It answered 500.', finished_at = now() where kind = 'webhook'`)
	w.as("ada", "POST", at+"/deliveries/"+itoa(sent.id("items", 0, "id"))+"/resends", nil).expect(http.StatusNoContent)
	w.as("ada", "POST", at+"/disablings", object{}, w.tagOf("ada", at)).expect(http.StatusOK).says("administrator", "disabled_reason")
	w.as("ada", "POST", at+"/enablings", object{}, w.tagOf("ada", at)).expect(http.StatusOK).says(nil, "disabled_at")
	w.as("ada", "DELETE", at, nil, w.tagOf("ada", at)).expect(http.StatusNoContent)
	w.as("ada", "GET", at, nil).refuses(http.StatusNotFound, "not_found")
}
