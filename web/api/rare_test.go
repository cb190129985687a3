package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/web/webtest"
	"github.com/leadership-ladder/rung/workflow"
)

// What leadership and lead authors rarely do.
func TestRareActs(t *testing.T) {
	w := newWorld(t)
	w.Person(t, "cy@example.org", "Cy Dunn")
	w.SignIn(t, "cy@example.org")
	w.SignIn(t, "anna@example.org")
	id := w.Draft(t, "Leading a Handover")
	path := proposalPath(id)
	seen := func(state string, revision int, more ...any) object {
		body := object{"seen": object{"state": state, "revision": revision}}
		for i := 0; i+1 < len(more); i += 2 {
			body[more[i].(string)] = more[i+1]
		}
		return body
	}
	w.must(w.Server.Authoring.Invite(t.Context(), actor(w, "anna"), id, "cy@example.org", authoring.Attribution{Name: "Cy Dunn"}))
	w.as("anna", "PUT", path+"/lead", object{"email": "cy@example.org"}).expect(http.StatusOK).says(true, "authors", 1, "lead")
	w.as("anna", "POST", path+"/withdrawals", seen("draft", 0)).refuses(http.StatusForbidden, "forbidden", "not_lead")
	w.must(w.Server.Authoring.NameLead(t.Context(), workflow.Actor{Person: w.People["lena"].ID}, id, "anna@example.org"))
	w.as("anna", "POST", path+"/revisions", seen("draft", 0)).expect(http.StatusCreated)
	w.as("anna", "DELETE", path+"/authors?email=cy@example.org", nil).refuses(http.StatusConflict, "refused", "frozen")
	w.as("anna", "POST", path+"/withdrawals", seen("technical", 1, "reason", "Not now.")).expect(http.StatusOK).says("withdrawn", "state")
	w.as("anna", "POST", path+"/withdrawals", seen("withdrawn", 1)).refuses(http.StatusConflict, "refused", "wrong_state")
	w.as("anna", "POST", path+"/reopenings", seen("withdrawn", 1)).expect(http.StatusOK)
	w.as("lena", "POST", path+"/reopenings", seen("changes_requested", 1)).refuses(http.StatusConflict, "refused", "wrong_state")
	w.as("anna", "POST", path+"/revisions", seen("changes_requested", 1)).expect(http.StatusCreated)

	w.as("lena", "POST", path+"/overrides", seen("technical", 2)).refuses(http.StatusConflict, "refused", "no_reason")
	w.as("lena", "POST", path+"/overrides", seen("technical", 2, "reason", "Seen by all of us.")).expect(http.StatusOK).says("overridden", "stages", 0, "status")
	w.as("lena", "GET", path+"/pack", nil).refuses(http.StatusConflict, "refused")

	conflicts := path + "/conflicts"
	edith := w.People["edith"].ID
	w.as("edith", "POST", conflicts, object{"reason": " "}).refuses(http.StatusConflict, "refused", "no_reason")
	w.as("lena", "POST", conflicts, object{"person": edith, "reason": "Her brother wrote it."}, matchesNothing).refuses(http.StatusPreconditionFailed, "stale")
	w.as("lena", "POST", conflicts, object{"person": edith, "reason": "Her brother wrote it."}).expect(http.StatusNoContent)
	w.as("lena", "GET", conflicts, nil).expect(http.StatusOK).says(float64(edith), "items", 0, "person")

	w.as("luke", "POST", path+"/acknowledgements", object{"reason": "It stays."}).refuses(http.StatusConflict, "refused", "wrong_state")
	done := w.approved("Chairing a Meeting")
	w.as("lena", "POST", done+"/publications", seen("approved", 1)).expect(http.StatusCreated)
	w.as("luke", "POST", done+"/conflicts", object{"person": w.People["tess"].ID, "reason": "They are friends."}).expect(http.StatusNoContent)
	w.as("luke", "POST", done+"/acknowledgements", object{"reason": "It stays."}).expect(http.StatusOK).says("nobody", "turn", "whose")
}

func TestRareRefusals(t *testing.T) {
	w := newWorld(t)
	id := w.Submitted(t, "Leading a Handover")
	w.must(w.Server.Workflow.Assign(t.Context(), actor(w, "luke"), id, w.Look(t, id).Seen(), w.People["tess"].ID, 0, ""))
	review := "/assignments/" + itoa(w.Look(t, id).Assignments[0].ID)
	w.as("tess", "POST", review+"/acceptances", object{}, matchesNothing).refuses(http.StatusPreconditionFailed, "stale")
	w.as("tess", "POST", review+"/declines", object{"reason": "On leave."}, matchesNothing).refuses(http.StatusPreconditionFailed, "stale")

	item := itemPath(w.as("tess", "POST", proposalPath(id)+"/change-items", object{"criterion": "general", "place": "Slide 4", "words": "Why?"}).expect(http.StatusCreated).id("id"))
	w.as("tess", "PATCH", item, object{"words": "Why not?", "version": 99}).refuses(http.StatusConflict, "stale")
	w.as("tess", "POST", proposalPath(id)+"/change-requests", object{"seen": object{"state": "technical", "revision": 1}}).expect(http.StatusOK)
	w.as("anna", "PUT", item+"/answer", object{"choice": "done", "version": 99}).refuses(http.StatusConflict, "stale")
	w.as("anna", "PUT", item+"/answer", object{"choice": "done"}, w.tagOf("anna", item)).expect(http.StatusOK)
	_, err := w.Server.Authoring.Submit(t.Context(), actor(w, "anna"), id, authoring.Submission{Seen: w.Look(t, id).Seen()})
	w.must(err)
	w.as("tess", "POST", item+"/closings", object{}, matchesNothing).refuses(http.StatusPreconditionFailed, "stale")

	w.must(w.Server.Accounts.Deactivate(t.Context(), w.People["ada"].ID, w.People["edgar"].ID))
	w.as("ada", "PUT", "/people/"+itoa(w.People["edgar"].ID)+"/roles/leadership", nil).refuses(http.StatusConflict, "refused", "person_deactivated")

	set := object{"url": "https://hooks.example.org/rung", "every": true}
	at := "/webhooks/" + itoa(w.as("ada", "POST", "/webhooks", set).expect(http.StatusCreated).id("id"))
	seen := object{"version": 99}
	for _, act := range []string{"disablings", "enablings", "rotations", "previous-secret-ends"} {
		w.as("ada", "POST", at+"/"+act, seen).refuses(http.StatusConflict, "stale")
	}
	w.as("ada", "PUT", at, object{"url": "https://hooks.example.org/rung", "every": true, "version": 99}).refuses(http.StatusConflict, "stale")
	w.as("ada", "POST", at+"/disablings", object{}, w.tagOf("ada", at)).expect(http.StatusOK)
	w.as("ada", "POST", at+"/pings", nil).refuses(http.StatusConflict, "refused")
	for i := range 49 {
		w.as("ada", "POST", "/webhooks", object{"url": fmt.Sprintf("https://hooks.example.org/%d", i), "every": true}).expect(http.StatusCreated)
	}
	w.as("ada", "POST", "/webhooks", set).refuses(http.StatusConflict, "refused", "too_many_webhooks")

	entry := object{"title": "Chairing", "strand": "practice", "summary": "How.", "owner": "Us", "review_date": "2028-01-01"}
	w.as("lena", "POST", "/modules", entry).expect(http.StatusCreated)
	entry["version"] = 99
	w.as("lena", "PUT", "/modules/chairing", entry).refuses(http.StatusConflict, "stale")
}

func TestPartsOfPackages(t *testing.T) {
	w := newWorld(t)
	path := proposalPath(w.Draft(t, "Leading a Handover"))
	w.as("anna", "DELETE", path+"/package", nil, header{"If-Match", `"1"`}).refuses(http.StatusPreconditionFailed, "stale")
	w.as("anna", "POST", path+"/revisions", object{"seen": object{"state": "draft", "revision": 0}}).expect(http.StatusCreated)
	file := webtest.Package("Leading a Handover")
	for _, at := range []string{path + "/package", path + "/revisions/1/package"} {
		if part := w.as("anna", "GET", at, nil, header{"Range", "bytes=0-1"}).expect(http.StatusPartialContent); string(part.Raw) != string(file[:2]) {
			t.Errorf("%s: %q", at, part.Raw)
		}
		w.as("anna", "GET", at, nil, header{"Range", "bytes=" + strings.Repeat("9", 9) + "-"}).expect(http.StatusRequestedRangeNotSatisfiable)
	}
}
