package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/internal/accounts"
)

func TestDraftItems(t *testing.T) {
	w := newWorld(t)
	id, _ := w.inReview("Leading a Handover")
	at := proposalPath(id) + "/change-items"
	made := w.as("tess", "POST", at, object{}).expect(http.StatusCreated).says("draft", "state").says("", "words").says("criterion", "missing", 0, "field")
	item := made.id("id")
	if got := made.Header.Get("Location"); got != w.URL+"/api/v1"+itemPath(item) {
		t.Errorf("it is at %s", got)
	}
	w.as("anna", "POST", at, object{"words": "An author's."}).refuses(http.StatusConflict, "refused", "not_asker")
	w.as("edith", "POST", at, object{"words": "A stranger's."}).refuses(http.StatusNotFound, "not_found")
	w.as("tess", "POST", at, object{"place": strings.Repeat("x", 600)}).refuses(http.StatusUnprocessableEntity, "invalid", "too_long").says("#/place", "errors", 0, "pointer")

	tag := w.tagOf("tess", itemPath(item))
	w.as("tess", "PATCH", itemPath(item), object{"words": "It leads nowhere."}).refuses(http.StatusPreconditionRequired, "precondition_required")
	w.as("tess", "PATCH", itemPath(item), object{"words": "It leads nowhere.", "place": "Slide 4"}, tag).expect(http.StatusOK).says(float64(2), "version")
	w.as("tess", "PATCH", itemPath(item), object{"words": "Another tab's."}, tag).refuses(http.StatusPreconditionFailed, "stale", "changed_elsewhere").
		says("It leads nowhere.", "current", "words").says("Slide 4", "current", "place").says(float64(2), "current", "version").says("#/words", "errors", 0, "pointer")
	w.as("tess", "PATCH", itemPath(item), object{"criterion": "general", "version": 2}).expect(http.StatusOK).says("Slide 4", "place").says("It leads nowhere.", "words")
	w.as("tess", "PATCH", itemPath(item), object{"place": strings.Repeat("x", 600), "version": 3}).refuses(http.StatusUnprocessableEntity, "invalid", "too_long").says("#/place", "errors", 0, "pointer")

	// It is its writer's alone.
	w.as("tess", "GET", at, nil).expect(http.StatusOK).says(float64(item), "items", 0, "id")
	for _, other := range []string{"anna", "lena", "edith"} {
		w.as(other, "GET", itemPath(item), nil).refuses(http.StatusNotFound, "not_found")
		w.as(other, "PATCH", itemPath(item), object{"words": "", "version": 3}).refuses(http.StatusNotFound, "not_found")
		w.as(other, "DELETE", itemPath(item), nil).refuses(http.StatusNotFound, "not_found")
	}
	if got := w.as("lena", "GET", at, nil).expect(http.StatusOK); len(got.at("items").([]any)) != 0 {
		t.Errorf("Lena reads %s", got.Raw)
	}
	if got := w.as("anna", "GET", proposalPath(id)+"/change-requests", nil).expect(http.StatusOK); len(got.at("items").([]any)) != 0 {
		t.Errorf("Anna reads %s", got.Raw)
	}
	w.as("tess", "GET", assignmentPath(w.assignmentOf("tess", id)), nil).says(float64(item), "draft_items", 0, "id")
	w.as("tess", "POST", proposalPath(id)+"/sign-offs", object{}, w.tagOf("tess", proposalPath(id))).refuses(http.StatusConflict, "refused", "unsent_items")

	w.as("tess", "DELETE", itemPath(item), nil).expect(http.StatusNoContent)
	w.as("tess", "GET", itemPath(item), nil).refuses(http.StatusNotFound, "not_found")
}

func TestAuthorsAnswerItems(t *testing.T) {
	w := newWorld(t)
	_, item := w.requested("Leading a Handover")
	at := itemPath(item) + "/answer"
	tag := w.tagOf("anna", itemPath(item))
	w.as("tess", "DELETE", itemPath(item), nil).refuses(http.StatusConflict, "refused", "item_sent")
	w.as("edith", "GET", itemPath(item), nil).refuses(http.StatusNotFound, "not_found")
	w.as("edith", "PUT", at, object{"choice": "done"}, tag).refuses(http.StatusNotFound, "not_found")
	w.as("tess", "PUT", at, object{"choice": "done"}, tag).refuses(http.StatusForbidden, "forbidden")
	w.as(w.token(w.People["anna"], accounts.ScopeRead), "PUT", at, object{"choice": "done"}, tag).refuses(http.StatusForbidden, "insufficient_scope", "scope_propose")
	w.as("anna", "PUT", at, object{"choice": "done"}).refuses(http.StatusPreconditionRequired, "precondition_required")
	w.as("anna", "PUT", at, object{"choice": "not_agreed"}, tag).refuses(http.StatusUnprocessableEntity, "invalid", "words_missing").says("#/answer", "errors", 0, "pointer")
	w.as("anna", "PUT", at, object{"choice": "closed"}, tag).refuses(http.StatusUnprocessableEntity, "invalid", "unknown_answer").says("#/choice", "errors", 0, "pointer")

	// Half-written, it is the authors' alone, even where somebody comes too late.
	half := w.as("anna", "PUT", at, object{"answer": "It is the ward's pa"}, tag).expect(http.StatusOK).says("open", "state")
	w.as("tess", "GET", itemPath(item), nil).expect(http.StatusOK).says(nil, "answer").says(true, "mine")
	late := w.as("tess", "POST", itemPath(item)+"/reopenings", object{"reason": "Still."}, tag).refuses(http.StatusPreconditionFailed, "stale").says("open", "current", "state")
	if late.at("current", "answer") != nil {
		t.Errorf("Tess reads %s", late.Raw)
	}
	w.as("anna", "PUT", at, object{"choice": "done", "answer": "Mended."}, tag).refuses(http.StatusPreconditionFailed, "stale").says("It is the ward's pa", "current", "answer")
	w.as("anna", "PUT", at, object{"choice": "not_agreed", "answer": "It is the ward's page.", "version": half.at("version")}).expect(http.StatusOK).
		says("not_agreed", "state").says("Anna Bell", "answered_by")
	w.as("tess", "GET", itemPath(item), nil).says("It is the ward's page.", "answer")
}

func TestItemsAreSettled(t *testing.T) {
	w := newWorld(t)
	id, item := w.requested("Leading a Handover")
	closing, reopening := itemPath(item)+"/closings", itemPath(item)+"/reopenings"
	w.as("anna", "PUT", itemPath(item)+"/answer", object{"choice": "done"}, w.tagOf("anna", itemPath(item))).expect(http.StatusOK)
	w.as("tess", "POST", closing, object{}, w.tagOf("tess", itemPath(item))).refuses(http.StatusConflict, "refused", "with_authors")
	w.resubmitted(id)

	tag := w.tagOf("lena", itemPath(item))
	w.as("anna", "POST", closing, object{}, tag).refuses(http.StatusForbidden, "forbidden", "not_asker")
	w.as("edith", "POST", closing, object{}, tag).refuses(http.StatusNotFound, "not_found")
	w.as("lena", "POST", closing, object{}).refuses(http.StatusPreconditionRequired, "precondition_required")
	w.as("lena", "POST", closing, object{}, tag).refuses(http.StatusConflict, "refused", "no_reason").says("#/reason", "errors", 0, "pointer")
	reviews := w.token(w.People["lena"], accounts.ScopeRead, accounts.ScopeReview)
	because := object{"reason": "Settled by telephone."}
	for _, path := range []string{closing, reopening} {
		w.as(reviews, "POST", path, because, tag).refuses(http.StatusForbidden, "insufficient_scope", "scope_lead")
	}
	w.as("lena", "GET", itemPath(item), nil).says("done", "state").says("item_closed", "acts", 0, "act").says(true, "acts", 0, "reason_needed").says("closeItem", "acts", 0, "call")

	w.as("lena", "POST", closing, because, tag).expect(http.StatusOK).says("closed", "state").says("Settled by telephone.", "close_reason")
	w.as("tess", "POST", reopening, object{"reason": "It isn't."}, tag).refuses(http.StatusPreconditionFailed, "stale").says("closed", "current", "state")
	tag = w.tagOf("tess", itemPath(item))
	w.as("tess", "POST", reopening, object{}, tag).refuses(http.StatusConflict, "refused", "words_missing").says("#/reason", "errors", 0, "pointer")
	w.as("tess", "POST", reopening, object{"reason": "It isn't."}, tag).expect(http.StatusOK).says("open", "state").says("It isn't.", "reopenings", 0, "words")

	// What was reopened goes back with the next request.
	w.as("tess", "POST", proposalPath(id)+"/change-requests", object{}, w.tagOf("tess", proposalPath(id))).expect(http.StatusOK).says("changes_requested", "state")
}

func TestLeadershipAsksAndTakesBack(t *testing.T) {
	w := newWorld(t)
	id, _ := w.inReview("Leading a Handover")
	requests, returns := proposalPath(id)+"/change-requests", proposalPath(id)+"/returns"
	item := object{"criterion": "general", "place": "Slide 4", "words": "Say why."}

	// A token for reviews alone leaves out what its owner leads.
	reviews := w.token(w.People["lena"], accounts.ScopeRead, accounts.ScopeReview)
	w.as(reviews, "POST", proposalPath(id)+"/change-items", item).refuses(http.StatusForbidden, "insufficient_scope", "scope_lead")
	w.as("lena", "POST", proposalPath(id)+"/change-items", item).expect(http.StatusCreated)
	seen := object{"seen": object{"state": "technical", "revision": 1}}
	w.as(reviews, "POST", requests, seen).refuses(http.StatusForbidden, "insufficient_scope", "scope_lead")
	w.as("lena", "POST", returns, seen).refuses(http.StatusConflict, "refused", "wrong_state")

	w.Climb(t, id, "approved")
	seen = object{"seen": object{"state": "approved", "revision": 1}}
	w.as("tess", "POST", returns, seen).refuses(http.StatusForbidden, "forbidden", "not_leadership")
	w.as("luke", "POST", returns, seen).refuses(http.StatusConflict, "refused", "no_items")
	w.as("lena", "POST", returns, object{"seen": seen["seen"], "reason": "A late thought."}).expect(http.StatusOK).says("changes_requested", "state")
	sent := w.as("anna", "GET", requests, nil).expect(http.StatusOK).says(true, "items", 0, "leadership").says("Lena Moor", "items", 0, "asked_by").
		says("", "items", 0, "items", 0, "criterion")
	if n := len(sent.at("items").([]any)); n != 1 {
		t.Errorf("%d requests", n)
	}
}
