package api_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/web/webtest"
)

func assignmentPath(id int64) string { return "/assignments/" + itoa(id) }
func itemPath(id int64) string       { return "/change-items/" + itoa(id) }

// tagOf is the entity tag with which somebody reads something now.
func (w *world) tagOf(who, path string) header {
	w.t.Helper()
	return header{"If-Match", w.as(who, "GET", path, nil).expect(http.StatusOK).Header.Get("ETag")}
}

// inReview is a proposal that Tess is asked to review, and her assignment.
func (w *world) inReview(title string) (proposal, assignment int64) {
	w.t.Helper()
	id := w.Submitted(w.t, title)
	w.as("lena", "POST", proposalPath(id)+"/assignments", object{"person": w.People["tess"].ID}, w.tagOf("lena", proposalPath(id))).expect(http.StatusOK)
	return id, w.assignmentOf("tess", id)
}

// assignmentOf is somebody's newest review of a proposal.
func (w *world) assignmentOf(who string, proposal int64) int64 {
	w.t.Helper()
	for _, a := range slices.Backward(w.Look(w.t, proposal).Assignments) {
		if a.Person == w.People[who].ID {
			return a.ID
		}
	}
	w.t.Fatalf("%s has no review of %d", who, proposal)
	return 0
}

// answerAll says of every criterion that it is met.
func (w *world) answerAll(who string, assignment int64) {
	w.t.Helper()
	review := w.as(who, "GET", assignmentPath(assignment), nil).expect(http.StatusOK)
	for i := range review.at("criteria").([]any) {
		w.as(who, "PUT", assignmentPath(assignment)+"/answers/"+review.at("criteria", i, "criterion").(string),
			object{"answer": "met", "version": review.at("criteria", i, "version")}).expect(http.StatusOK)
	}
}

// sign answers the rubric and signs off.
func (w *world) sign(who string, proposal int64) *answer {
	w.t.Helper()
	w.answerAll(who, w.assignmentOf(who, proposal))
	return w.as(who, "POST", proposalPath(proposal)+"/sign-offs", object{}, w.tagOf(who, proposalPath(proposal)))
}

// requested is a proposal with its authors, and the item that Tess asked for.
func (w *world) requested(title string) (proposal, item int64) {
	w.t.Helper()
	proposal, _ = w.inReview(title)
	item = w.as("tess", "POST", proposalPath(proposal)+"/change-items", object{"criterion": "links_work", "place": "Slide 4", "words": "It leads nowhere."}).
		expect(http.StatusCreated).id("id")
	w.as("tess", "POST", proposalPath(proposal)+"/change-requests", object{}, w.tagOf("tess", proposalPath(proposal))).expect(http.StatusOK)
	return proposal, item
}

// resubmitted has Anna submit again, with another package.
func (w *world) resubmitted(id int64) {
	w.t.Helper()
	ctx, anna, write := w.t.Context(), actor(w, "anna"), w.Server.Authoring
	d, err := write.Draft(ctx, anna, id)
	w.must(err)
	_, _, err = write.AttachPackage(ctx, anna, id, d.Version, "again.zip", bytes.NewReader(webtest.Package("again")))
	w.must(err)
	w.CheckPackages(w.t)
	_, err = write.Submit(ctx, anna, id, authoring.Submission{Seen: w.Look(w.t, id).Seen()})
	w.must(err)
}

// The story of a review, by the API alone but for what authors write.
func TestReviewFromChoiceToCarryingForward(t *testing.T) {
	w := newWorld(t)
	id := w.Submitted(t, "Leading a Handover")
	at := proposalPath(id)

	// Leadership chooses.
	w.as("lena", "GET", "/work", nil).expect(http.StatusOK).says("choose_reviewers", "waiting", 0, "turn", "to")
	w.as("anna", "GET", at+"/candidates", nil).refuses(http.StatusForbidden, "forbidden")
	w.as("edith", "GET", at+"/candidates", nil).refuses(http.StatusNotFound, "not_found")
	candidates := w.as("lena", "GET", at+"/candidates", nil).expect(http.StatusOK).says("Tess Ward", "items", 0, "name").says(float64(0), "items", 0, "open")
	if against := candidates.at("items", 0, "against").([]any); len(against) != 0 {
		t.Errorf("against Tess: %v", against)
	}
	seen := w.tagOf("lena", at)
	w.as("lena", "POST", at+"/assignments", object{"person": w.People["tess"].ID}).refuses(http.StatusPreconditionRequired, "precondition_required")
	w.as("lena", "POST", at+"/assignments", object{}, seen).refuses(http.StatusConflict, "refused", "no_role").says("#/person", "errors", 0, "pointer")
	w.as("lena", "POST", at+"/assignments", object{"person": w.People["tess"].ID}, seen).expect(http.StatusOK).says("reviewers", "turn", "whose")
	w.as("lena", "POST", at+"/assignments", object{"person": w.People["tess"].ID}, seen).refuses(http.StatusPreconditionFailed, "stale").says("assign", "meanwhile", 0, "event")
	w.as("lena", "GET", at+"/candidates", nil).says("asked_already", "items", 0, "against", 0, "code")

	// Tess accepts.
	work := w.as("tess", "GET", "/work", nil).expect(http.StatusOK).says("offered", "waiting", 0, "assignment_state").says(float64(id), "waiting", 0, "id")
	review := work.id("waiting", 0, "assignment")
	at1 := assignmentPath(review)
	w.as("tess", "POST", at1+"/acceptances", object{"seen": object{"state": "draft", "revision": 0}}).refuses(http.StatusConflict, "stale")
	w.as("tess", "POST", at1+"/acceptances", nil).expect(http.StatusOK).says("accepted", "state").says("Leading a Handover", "proposal_title")
	w.as("tess", "POST", at1+"/acceptances", nil).refuses(http.StatusConflict, "refused")

	// All that stands against a sign-off is said at once, and before it is tried.
	page := w.as("tess", "GET", at1, nil).expect(http.StatusOK).says("technical", "seen", "state").says(true, "writable").says(float64(0), "since").
		says(float64(0), "criteria", 0, "version").says("", "criteria", 0, "answer").says("sign_off", "acts", 0, "act").says(false, "acts", 0, "allowed").
		says("package", "parts", 0, "part").says(w.Look(t, id).Digests["package"], "parts", 0, "digest")
	early := w.as("tess", "POST", at+"/sign-offs", object{}, header{"If-Match", page.Header.Get("ETag")}).refuses(http.StatusConflict, "refused", "essential_undecided")
	if told, tried := page.at("acts", 0, "reasons").([]any), early.at("errors").([]any); len(told) != len(tried) || len(told) != len(page.at("score", "undecided").([]any)) {
		t.Errorf("%d reasons are told, %d given, of %v", len(told), len(tried), page.at("score"))
	}
	w.as("tess", "POST", at+"/sign-offs", object{}).refuses(http.StatusPreconditionRequired, "precondition_required")
	w.sign("tess", id).expect(http.StatusOK).says("educational", "state")
	w.as("tess", "GET", at1, nil).expect(http.StatusOK).says(false, "writable").says("done", "state").says(true, "score", "passed")
	w.as("tess", "PUT", at1+"/answers/links_work", object{"answer": "not_met", "version": 1}).refuses(http.StatusConflict, "refused", "review_over")

	// Edith asks for a change.
	item := w.as("edith", "POST", at+"/change-items", object{"words": "Forty minutes."}).expect(http.StatusCreated).id("id")
	incomplete := w.as("edith", "POST", at+"/change-requests", object{}, w.tagOf("edith", at)).refuses(http.StatusConflict, "refused", "item_criterion", "item_place")
	if incomplete.at("errors", 0, "pointer") != nil || !strings.HasPrefix(incomplete.at("errors", 0, "field").(string), "item-"+itoa(item)) {
		t.Errorf("a reason about an item points into the request: %s", incomplete.Raw)
	}
	w.as("edith", "PATCH", itemPath(item), object{"criterion": "stated_time", "place": "The title page"}, w.tagOf("edith", itemPath(item))).
		expect(http.StatusOK).says("Forty minutes.", "words").says(float64(2), "version")
	w.as("edith", "POST", at+"/change-requests", object{"items": []int64{item + 1}}, w.tagOf("edith", at)).refuses(http.StatusConflict, "refused", "item_gone")
	w.as("edith", "POST", at+"/change-requests", object{"items": []int64{item}}, w.tagOf("edith", at)).expect(http.StatusOK).says("changes_requested", "state")

	// Anna answers and submits again.
	asked := w.as("anna", "GET", at+"/change-requests", nil).expect(http.StatusOK).says(float64(1), "items", 0, "unanswered").
		says("stated_time", "items", 0, "items", 0, "criterion").says(true, "items", 0, "items", 0, "answerable").says(false, "items", 0, "items", 0, "mine")
	w.as("anna", "PUT", itemPath(item)+"/answer", object{"choice": "done", "answer": "Now it says so.", "version": asked.at("items", 0, "items", 0, "version")}).
		expect(http.StatusOK).says("done", "state").says("Now it says so.", "answer")
	w.resubmitted(id)

	// Tess sees what changed, and carries her sign-off forward.
	signed := w.as("anna", "GET", at+"/sign-offs", nil).expect(http.StatusOK).says(false, "items", 0, "valid").says("changed", "items", 0, "void_reason").
		says("met", "items", 0, "criteria", 0, "answer")
	if signed.at("items", 0, "digests", "package") == w.Look(t, id).Digests["package"] {
		t.Error("the sign-off is about the package that came after it")
	}
	again := assignmentPath(w.assignmentOf("tess", id))
	page = w.as("tess", "GET", again, nil).expect(http.StatusOK).says(float64(1), "since").says(true, "parts", 0, "changed").
		says(signed.at("items", 0, "id"), "carries").says("", "criteria", 0, "answer").says("met", "criteria", 0, "earlier", "answer")
	tag := header{"If-Match", page.Header.Get("ETag")}
	w.as("tess", "POST", at+"/sign-offs", object{"carry_forward": true}, tag).refuses(http.StatusConflict, "refused", "reason_missing").says("#/reason", "errors", 0, "pointer")
	w.as("tess", "POST", at+"/sign-offs", object{"carry_forward": true, "reason": "Only the time changed."}, tag).expect(http.StatusOK).says("educational", "state")
	w.as("anna", "GET", at+"/sign-offs", nil).says(true, "items", 1, "valid").says(signed.at("items", 0, "id"), "items", 1, "carries").says("Only the time changed.", "items", 1, "reason")

	// Edith closes her item, and she and Edgar sign.
	w.as("edith", "POST", at+"/sign-offs", object{}, w.tagOf("edith", at)).refuses(http.StatusConflict, "refused", "essential_undecided", "threshold", "item_unclosed")
	w.sign("edith", id).refuses(http.StatusConflict, "refused", "item_unclosed")
	w.as("edith", "POST", itemPath(item)+"/closings", object{}, w.tagOf("edith", itemPath(item))).expect(http.StatusOK).says("closed", "state").says("Edith Roe", "closed_by")
	w.sign("edith", id).expect(http.StatusOK).says("educational", "state")
	w.sign("edgar", id).expect(http.StatusOK).says("final", "state")
	w.as("edith", "GET", "/work", nil).says(float64(id), "watching", 0, "id")
	w.as("anna", "GET", at+"/assignments", nil).expect(http.StatusOK).says("Tess Ward", "items", 0, "name").says("done", "items", 0, "state").
		says("Technical review", "items", 0, "stage_name")
}

// A program can't overwrite an answer that it hasn't seen.
func TestAnswersAreWrittenOverWhatWasSeen(t *testing.T) {
	w := newWorld(t)
	id, review := w.inReview("Leading a Handover")
	at := assignmentPath(review) + "/answers/links_work"
	first := header{"If-None-Match", "*"}

	w.as("tess", "PUT", at, object{"answer": "met"}).refuses(http.StatusPreconditionRequired, "precondition_required", "version_missing")
	w.as("tess", "PUT", at, object{"answer": "met", "version": 3}).refuses(http.StatusConflict, "stale")
	wrong := w.as("tess", "PUT", at, object{"answer": "perhaps", "note": strings.Repeat("x", 10_001)}, first).refuses(http.StatusUnprocessableEntity, "invalid", "unknown_answer", "too_long")
	wrong.says("#/answer", "errors", 0, "pointer").says("#/note", "errors", 1, "pointer")
	w.as("tess", "PUT", assignmentPath(review)+"/answers/right_strand", object{"answer": "met"}, first).refuses(http.StatusNotFound, "not_found")

	// Two clients at once: one is written, the other is shown it.
	var both sync.WaitGroup
	answers := make([]*answer, 2)
	for i, note := range []string{"From the phone.", "From the desk."} {
		both.Go(func() { answers[i] = w.as("tess", "PUT", at, object{"note": note}, first) })
	}
	both.Wait()
	won, lost := answers[0], answers[1]
	if won.Status != http.StatusOK {
		won, lost = lost, won
	}
	won.expect(http.StatusOK).says(float64(1), "version")
	lost.refuses(http.StatusPreconditionFailed, "stale", "changed_elsewhere").says(won.at("note"), "current", "note").says("", "current", "answer").
		says(float64(1), "current", "version").says("#/note", "errors", 0, "pointer")

	tag := header{"If-Match", won.Header.Get("ETag")}
	w.as("tess", "PUT", at, object{"answer": "not_met", "note": "Two are dead."}, tag).expect(http.StatusOK).says(float64(2), "version")
	w.as("tess", "PUT", at, object{"answer": "met"}, tag).refuses(http.StatusPreconditionFailed, "stale").says("not_met", "current", "answer")
	w.as("tess", "PUT", at, object{"answer": "not_met", "note": "Two are dead."}, tag).expect(http.StatusOK).says(float64(2), "version") // sent twice
	w.as("tess", "GET", assignmentPath(review), nil).says("links_work", "score", "unmet", 0)

	// A decision against an essential criterion stands against the sign-off.
	w.as("tess", "POST", proposalPath(id)+"/sign-offs", object{}, w.tagOf("tess", proposalPath(id))).refuses(http.StatusConflict, "refused", "essential_not_met")
}

func TestReviewsAreTheirReviewersAlone(t *testing.T) {
	w := newWorld(t)
	id, review := w.inReview("Leading a Handover")
	for _, other := range []string{"anna", "edith", "lena"} {
		w.as(other, "GET", assignmentPath(review), nil).refuses(http.StatusNotFound, "not_found")
		w.as(other, "PUT", assignmentPath(review)+"/answers/links_work", object{"answer": "met", "version": 0}).refuses(http.StatusNotFound, "not_found")
		w.as(other, "POST", assignmentPath(review)+"/acceptances", object{}).refuses(http.StatusNotFound, "not_found")
		w.as(other, "POST", assignmentPath(review)+"/declines", object{"reason": "No."}).refuses(http.StatusNotFound, "not_found")
	}
	if n := w.row(`select count(*) from rubric_answers`) + w.row(`select count(*) from history where event in ('accept', 'decline')`); n != "00" {
		t.Errorf("answers and acts of others: %s", n)
	}
	for _, path := range []string{"/assignments", "/sign-offs", "/change-requests", "/change-items", "/candidates"} {
		w.as("edith", "GET", proposalPath(id)+path, nil).refuses(http.StatusNotFound, "not_found")
	}
	w.as("anna", "POST", proposalPath(id)+"/sign-offs", object{}, w.tagOf("anna", proposalPath(id))).refuses(http.StatusForbidden, "forbidden")
	w.as(w.token(w.People["tess"], accounts.ScopeRead), "PUT", assignmentPath(review)+"/answers/links_work", object{"version": 0}).
		refuses(http.StatusForbidden, "insufficient_scope", "scope_review")

	w.as("tess", "POST", assignmentPath(review)+"/declines", object{}).refuses(http.StatusConflict, "refused", "no_reason").says("#/reason", "errors", 0, "pointer")
	w.as("tess", "POST", assignmentPath(review)+"/declines", object{"reason": "On leave."}).expect(http.StatusOK).says("declined", "state").says("On leave.", "reason")
	w.as("tess", "GET", assignmentPath(review), nil).refuses(http.StatusNotFound, "not_found")
	w.as("lena", "GET", proposalPath(id)+"/assignments", nil).says("declined", "items", 0, "state").says("On leave.", "items", 0, "reason")
}

func TestListOfAssignments(t *testing.T) {
	w := newWorld(t)
	var ids []int64
	for _, title := range []string{"A", "B", "C", "D"} {
		_, review := w.inReview(title)
		ids = append(ids, review)
	}
	w.as("tess", "POST", assignmentPath(ids[1])+"/acceptances", nil).expect(http.StatusOK)
	w.as("tess", "POST", assignmentPath(ids[2])+"/declines", object{"reason": "Too many."}).expect(http.StatusOK)

	first := w.as("tess", "GET", "/assignments?limit=2", nil).expect(http.StatusOK).says("D", "items", 0, "proposal_title").says("B", "items", 1, "proposal_title")
	last := w.as("tess", "GET", "/assignments?limit=2&cursor="+first.at("next_cursor").(string), nil).expect(http.StatusOK).says("A", "items", 0, "proposal_title")
	if n := len(last.at("items").([]any)); n != 1 || last.at("next_cursor") != nil {
		t.Errorf("%d on the last page, then %v", n, last.at("next_cursor"))
	}
	if got := w.as("tess", "GET", "/assignments?state=accepted", nil).says(float64(ids[1]), "items", 0, "id"); len(got.at("items").([]any)) != 1 {
		t.Errorf("accepted: %s", got.Raw)
	}
	if got := w.as("edith", "GET", "/assignments", nil).expect(http.StatusOK); len(got.at("items").([]any)) != 0 {
		t.Errorf("Edith has %s", got.Raw)
	}
}
