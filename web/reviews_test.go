package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/web/browsertest"
	"github.com/leadership-ladder/rung/web/webtest"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// reviewing is a shelf with a proposal that Tess is asked to review.
type reviewing struct {
	*shelf
	id              int64
	review          int64 // her assignment
	proposal, path  string
	edith, stranger *webtest.Visitor
}

func newReviewing(t testing.TB) *reviewing {
	t.Helper()
	sh := newShelf(t)
	w := &reviewing{shelf: sh, id: sh.submitted("Leading a Handover"), edith: sh.SignIn(t, "edith@example.org")}
	sh.Person(t, "zoe@example.org", "Zoe Lake")
	w.stranger = sh.SignIn(t, "zoe@example.org")
	sh.must(sh.flow.Assign(t.Context(), workflow.Actor{Person: sh.luke.ID}, w.id, sh.look(w.id).Seen(), sh.tess.ID, 0, ""))
	w.review = w.assignment(sh.tess.ID)
	w.proposal, w.path = "/proposals/"+itoa(w.id), "/reviews/"+itoa(w.review)
	return w
}

// assignment is the last one of a person.
func (w *reviewing) assignment(person int64) int64 {
	w.t.Helper()
	var id int64
	w.must(w.DB.GetContext(w.t.Context(), &id, `select max(id) from assignments where person_id = $1 and proposal_id = $2`, person, w.id))
	return id
}

// answerAll answers the whole rubric of an assignment as met.
func (w *reviewing) answerAll(who accounts.Person, assignment int64) {
	w.t.Helper()
	by := workflow.Actor{Person: who.ID}
	p, err := w.Server.Reviews.Review(w.t.Context(), by, assignment)
	w.must(err)
	for _, c := range p.Criteria {
		_, err := w.Server.Reviews.Answer(w.t.Context(), by, assignment, c.Key, c.Given.Version, reviews.Met, "")
		w.must(err)
	}
}

// item drafts an item of Tess's and gives its id.
func (w *reviewing) item(ask reviews.Ask) int64 {
	w.t.Helper()
	id, _, err := w.Server.Reviews.DraftItem(w.t.Context(), workflow.Actor{Person: w.tess.ID}, w.id, ask)
	w.must(err)
	return id
}

// requested is a change request of one item of Tess's.
func (w *reviewing) requested() int64 {
	w.t.Helper()
	item := w.item(reviews.Ask{Criterion: "links_work", Place: "Slide 4", Words: "The second link is dead."})
	w.reviewer.Post(w.proposal+"/requests", with(w.seenFields(w.id), "assignment", itoa(w.review))).Leads(w.proposal)
	return item
}

// resubmit submits the draft again, with another summary.
func (w *reviewing) resubmit(summary string) {
	w.t.Helper()
	ctx, anna := w.t.Context(), workflow.Actor{Person: w.anna.ID}
	d, err := w.write.Draft(ctx, anna, w.id)
	w.must(err)
	d.Content.Listing.Summary = summary
	v, err := w.write.Save(ctx, anna, w.id, d.Version, d.Content)
	w.must(err)
	_, err = w.write.Submit(ctx, anna, w.id, authoring.Submission{Seen: w.look(w.id).Seen(), Version: v})
	w.must(err)
}

func (w *reviewing) counts() string {
	w.t.Helper()
	return w.row(`select concat_ws(' ', (select count(*) from history), (select count(*) from rubric_answers), (select coalesce(sum(version), 0) from change_items),
		(select count(*) from sign_offs), (select count(*) from assignments), (select count(*) from outbox), (select count(*) from conflicts))`)
}

// Whatever is refused changes no row, whoever asks.
func TestReviewRoutesByReader(t *testing.T) {
	w := newReviewing(t)
	item := w.item(reviews.Ask{Words: "half"})
	seen := w.seenFields(w.id)
	for _, tc := range []struct {
		method, path string
		form         url.Values
		// of nobody, a stranger, the author, another reviewer, leadership, the assigned reviewer
		want [6]int
	}{
		{"GET", w.proposal, nil, [6]int{303, 404, 200, 404, 200, 200}},
		{"GET", w.path, nil, [6]int{303, 404, 404, 404, 404, 200}},
		{"GET", w.proposal + "/answers", nil, [6]int{303, 404, 200, 404, 404, 404}},
		{"GET", w.proposal + "/changes", nil, [6]int{303, 404, 404, 404, 200, 303}},
		{"GET", w.proposal + "/acts/decline", nil, [6]int{303, 404, 404, 404, 404, 200}},
		{"GET", w.proposal + "/acts/reject", nil, [6]int{303, 404, 404, 404, 200, 404}},
		{"GET", w.proposal + "/acts/withdraw", nil, [6]int{303, 404, 200, 404, 404, 404}},
		{"GET", w.proposal + "/acts/nonsense", nil, [6]int{303, 404, 404, 404, 404, 404}},
		{"POST", w.path + "/answers/links_work", url.Values{"version": {"9"}, "answer-links_work": {"met"}}, [6]int{401, 404, 404, 404, 404, 409}},
		{"POST", w.proposal + "/sign-offs", seen, [6]int{401, 404, 403, 404, 403, 409}},
		{"POST", w.proposal + "/requests", seen, [6]int{401, 404, 403, 404, 409, 409}},
		{"POST", w.proposal + "/items", url.Values{}, [6]int{401, 404, 409, 404, 0, 0}},
		{"POST", w.proposal + "/items/" + itoa(item), url.Values{"version": {"7"}}, [6]int{401, 404, 404, 404, 404, 409}},
		{"POST", w.proposal + "/items/" + itoa(item) + "/delete", nil, [6]int{401, 404, 404, 404, 404, 0}},
		{"POST", w.proposal + "/items/" + itoa(item) + "/answer", nil, [6]int{401, 404, 404, 404, 404, 404}},
		{"POST", w.proposal + "/items/" + itoa(item) + "/close", nil, [6]int{401, 404, 404, 404, 404, 404}},
		{"POST", w.proposal + "/acts/reject", seen, [6]int{401, 404, 403, 404, 409, 403}},
		{"POST", w.proposal + "/acts/override", seen, [6]int{401, 404, 403, 404, 409, 403}},
		{"POST", w.proposal + "/acts/decline", seen, [6]int{401, 404, 404, 404, 404, 409}},
	} {
		for i, as := range []*webtest.Visitor{w.anyone, w.stranger, w.author, w.edith, w.leader, w.reviewer} {
			if tc.want[i] == 0 { // it would succeed
				continue
			}
			before := w.counts()
			var p *webtest.Page
			if tc.method == "GET" {
				p = as.Get(tc.path)
			} else {
				p = as.Post(tc.path, tc.form)
			}
			if p.Status != tc.want[i] {
				t.Errorf("%s %s as reader %d: %d, want %d\n%s", tc.method, tc.path, i, p.Status, tc.want[i], p.Text())
			}
			if after := w.counts(); after != before {
				t.Errorf("%s %s as reader %d, refused, changed rows: %s, before %s", tc.method, tc.path, i, after, before)
			}
		}
	}
}

func TestReviewPageByHand(t *testing.T) {
	w := newReviewing(t)
	p := w.reviewer.Get(w.path).Expect(http.StatusOK)
	p.Says("Leading a Handover", "You are asked to review this", "Download the package", "Every link works", "0 of 15")
	if n := len(p.All("input", "type", "radio", "checked", "")); n != 0 {
		t.Errorf("%d answers are preset", n)
	}
	w.reviewer.Post(w.proposal+"/acts/accept", w.seenFields(w.id)).Leads(w.path)
	if got := w.row(`select state from assignments where id = $1`, w.review); got != "accepted" {
		t.Errorf("the assignment is %s", got)
	}

	form := url.Values{"version": {"0"}, "answer-links_work": {"not_met"}, "note-links_work": {"The second is dead."}}
	w.reviewer.Post(w.path+"/answers/links_work", form).Leads(w.path + "#criterion-links_work")
	if got := w.reviewer.Get(w.path).Value("note-links_work"); got != "The second is dead." {
		t.Errorf("the note is %q", got)
	}
	// A second tab: nothing of either is lost.
	form.Set("note-links_work", "Another text.")
	w.reviewer.Post(w.path+"/answers/links_work", form).Expect(http.StatusConflict).Says("Another text.", "See what is saved there")

	// A sign-off is refused with all its reasons, each at its place.
	p = w.reviewer.Post(w.proposal+"/sign-offs", with(w.seenFields(w.id), "assignment", itoa(w.review))).Expect(http.StatusConflict)
	p.Says("There is a problem", "An essential criterion is not met", "Decide whether this essential criterion is met")
	if len(p.All("a", "href", "#answer-links_work")) != 1 {
		t.Error("the reason doesn't lead to its criterion")
	}
	w.answerAll(w.tess, w.review)
	w.reviewer.Post(w.proposal+"/sign-offs", with(w.seenFields(w.id), "assignment", itoa(w.review))).Leads(w.proposal)
	if c := w.look(w.id); c.State != "educational" {
		t.Errorf("it is %s", c.State)
	}
	w.reviewer.Get(w.path).Expect(http.StatusOK).Says("This review is over")
	w.author.Get(w.proposal).Says("Signed by Tess Ward", "1 of 3 stages is passed. It stands on educational review.", "Tess Ward signed off technical review of revision 1.", "What was judged")
}

func TestAutosaveAnswersTheScript(t *testing.T) {
	w := newReviewing(t)
	send := func(path string, form url.Values) *webtest.Page {
		return w.reviewer.Do(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()),
			func(r *http.Request) { r.Header.Set("Accept", "application/json") })
	}
	form := url.Values{"version": {"0"}, "answer-links_work": {"met"}}
	if p := send(w.path+"/answers/links_work", form).Expect(http.StatusOK); !strings.Contains(p.Body, `"version":"1"`) {
		t.Error(p.Body)
	}
	form.Set("answer-links_work", "not_met")
	if p := send(w.path+"/answers/links_work", form).Expect(http.StatusConflict); !strings.Contains(p.Body, `"kind":"stale"`) {
		t.Error(p.Body)
	}
	item := w.item(reviews.Ask{})
	words := fmt.Sprintf("item-%d-words", item)
	if p := send(w.proposal+"/items/"+itoa(item), url.Values{"version": {"1"}, words: {"Half a sen"}}).Expect(http.StatusOK); !strings.Contains(p.Body, `"version":"2"`) {
		t.Error(p.Body)
	}
	if got := w.reviewer.Get(w.path).Value(words); got != "Half a sen" {
		t.Errorf("the item says %q", got)
	}
}

func TestAChangeRequestThroughThePages(t *testing.T) {
	w := newReviewing(t)
	p := w.reviewer.Post(w.proposal+"/requests", with(w.seenFields(w.id), "assignment", itoa(w.review))).Expect(http.StatusConflict)
	p.Says("add at least one item")
	at := w.reviewer.Post(w.proposal+"/items", url.Values{"back": {w.path}}).Leads(w.path + "#item-").Header.Get("Location")
	item := w.row(`select cast(max(id) as text) from change_items`)
	if want := w.path + "#item-" + item + "-criterion"; at != want {
		t.Errorf("it leads to %s, want %s", at, want)
	}
	save := url.Values{"version": {"1"}, "back": {w.path}, "item-" + item + "-criterion": {"links_work"}, "item-" + item + "-place": {"Slide 4"}}
	w.reviewer.Post(w.proposal+"/items/"+item, save).Leads(w.path + "#item-" + item)
	w.reviewer.Post(w.proposal+"/requests", with(w.seenFields(w.id), "assignment", itoa(w.review))).Expect(http.StatusConflict).Says("Say what should change.")
	save.Set("version", "2")
	save.Set("item-"+item+"-words", "The second link is dead.")
	w.reviewer.Post(w.proposal+"/items/"+item, save).Leads(w.path)
	w.author.Get(w.proposal).SaysNot("The second link is dead.")
	w.reviewer.Post(w.proposal+"/requests", with(w.seenFields(w.id), "assignment", itoa(w.review))).Leads(w.proposal)

	w.author.Get("/my-work").Says("Answer the change request")
	w.author.Get(w.proposal).Says("The second link is dead.", "Asked by Tess Ward", "It is your turn to answer the change request", "Back with the authors")
	answers := w.proposal + "/answers"
	w.author.Get(answers).Expect(http.StatusOK).Says("1 item waits for an answer")
	reply := url.Values{"version": {"4"}, "item-" + item + "-choice": {"not_agreed"}}
	w.author.Post(w.proposal+"/items/"+item+"/answer", reply).Expect(http.StatusUnprocessableEntity).Says("Say why you do not agree.")
	reply.Set("item-"+item+"-answer", "It works here.")
	w.author.Post(w.proposal+"/items/"+item+"/answer", reply).Leads(answers)
	w.author.Get(answers).Says("Every item has an answer")

	w.resubmit("Shorter.")
	w.reviewer.Get(w.path).Says("Authors: not agreed", "It works here.", "Judge first: what changed since revision 1", "Nothing that this stage vouches for has changed.")
	settle := url.Values{"version": {w.row(`select cast(version as text) from change_items`)}, "back": {w.path}}
	w.reviewer.Post(w.proposal+"/items/"+item+"/reopen", settle).Expect(http.StatusConflict).Says("Say what is still missing")
	w.leader.Post(w.proposal+"/items/"+item+"/close", settle).Expect(http.StatusConflict).Says("Say why you settle an item that somebody else asked for.")
	w.reviewer.Post(w.proposal+"/items/"+item+"/close", settle).Leads(w.path + "#item-" + item)
	w.reviewer.Post(w.proposal+"/items/"+item+"/close", settle).Expect(http.StatusConflict).Says("This item changed since you opened the page")
	if got := w.row(`select state from change_items`); got != reviews.ItemClosed {
		t.Errorf("the item is %s", got)
	}
}

// An act that comes too late is told what happened, and gives every word back.
func TestALostRaceKeepsTheWords(t *testing.T) {
	w := newReviewing(t)
	seen := w.seenFields(w.id)
	w.requested()
	w.leader.Post(w.proposal+"/acts/reject", with(seen, "reason", "A long and careful reason.")).Expect(http.StatusConflict).
		Says("What happened meanwhile", "Tess Ward asked for changes: 1 item.", "A long and careful reason.")
	w.reviewer.Post(w.proposal+"/sign-offs", with(seen, "assignment", itoa(w.review), "carry", "true", "reason", "Still stands.")).Expect(http.StatusConflict).
		Says("What happened meanwhile", "Tess Ward asked for changes: 1 item.")
	if got := w.row(`select state from proposals`); got != programme.ChangesRequested {
		t.Errorf("it is %s", got)
	}
	w.leader.Post(w.proposal+"/acts/reject", with(w.seenFields(w.id), "reason", "A long and careful reason.")).Leads(w.proposal)
	w.leader.Get(w.proposal).Says("Rejected", "A long and careful reason.")
	w.leader.Post(w.proposal+"/acts/reopen", w.seenFields(w.id)).Leads(w.proposal)
	w.author.Post(w.proposal+"/acts/withdraw", w.seenFields(w.id)).Leads(w.proposal)
	if got := w.row(`select state from proposals`); got != programme.Withdrawn {
		t.Errorf("it is %s", got)
	}
}

func TestCarryingForwardThroughThePages(t *testing.T) {
	w := newReviewing(t)
	w.answerAll(w.tess, w.review)
	w.reviewer.Post(w.proposal+"/sign-offs", with(w.seenFields(w.id), "assignment", itoa(w.review))).Leads(w.proposal)
	w.leader.Post(w.proposal+"/items", url.Values{"back": {w.proposal + "/changes"}}).Leads(w.proposal + "/changes#item-")
	item := w.row(`select cast(max(id) as text) from change_items`)
	w.leader.Post(w.proposal+"/items/"+item, url.Values{"version": {"1"}, "item-" + item + "-criterion": {"general"}, "item-" + item + "-place": {"The package"}, "item-" + item + "-words": {"Smaller, please."}}).
		Leads(w.proposal)
	w.leader.Get(w.proposal + "/changes").Says("Smaller, please.")
	w.leader.Post(w.proposal+"/requests", w.seenFields(w.id)).Leads(w.proposal)
	w.author.Post(w.proposal+"/items/"+item+"/answer", url.Values{"version": {"3"}, "item-" + item + "-choice": {"done"}}).Leads(w.proposal + "/answers")
	ctx, anna := t.Context(), workflow.Actor{Person: w.anna.ID}
	d, err := w.write.Draft(ctx, anna, w.id)
	w.must(err)
	_, _, err = w.write.AttachPackage(ctx, anna, w.id, d.Version, "smaller.zip", strings.NewReader(string(webtest.Package("smaller"))))
	w.must(err)
	w.CheckPackages(t)
	w.resubmit("The same.")

	again := w.assignment(w.tess.ID)
	page := "/reviews/" + itoa(again)
	w.reviewer.Get(page).Says("Carry your sign-off forward", "You signed off revision 1", "what changed since revision 1", "On revision 1 you said: met")
	post := with(w.seenFields(w.id), "assignment", itoa(again), "carry", "true")
	w.reviewer.Post(w.proposal+"/sign-offs", post).Expect(http.StatusConflict).Says("Give a reason")
	w.reviewer.Post(w.proposal+"/sign-offs", with(post, "reason", "Only smaller pictures.")).Leads(w.proposal)
	w.author.Get(w.proposal).Says("Counts, carried forward", "Only smaller pictures.", "carried the sign-off of technical review forward from revision 1 to revision 2",
		"No longer counts: what it was about changed")
}

func TestDecliningAndConflicts(t *testing.T) {
	w := newReviewing(t)
	w.reviewer.Get(w.proposal + "/acts/decline").Expect(http.StatusOK).Says("Somebody else is asked instead.")
	w.reviewer.Post(w.proposal+"/acts/decline", w.seenFields(w.id)).Expect(http.StatusConflict).Says("Say in a few words why")
	w.reviewer.Post(w.proposal+"/acts/decline", with(w.seenFields(w.id), "reason", "On leave.")).Leads("/my-work")
	w.leader.Post(w.proposal+"/acts/conflict", with(w.seenFields(w.id), "reason", "They share an office.")).Expect(http.StatusUnprocessableEntity).Says("Say whose conflict it is.")
	w.leader.Post(w.proposal+"/acts/conflict", with(w.seenFields(w.id), "reason", "They share an office.", "person", itoa(w.tess.ID))).Leads(w.proposal)
	if got := w.row(`select cast(count(*) as text) from conflicts`); got != "1" {
		t.Errorf("%s conflicts", got)
	}
	w.leader.Get(w.proposal).Says("Lena Moor recorded a conflict of interest of Tess Ward.")
	w.leader.Post(w.proposal+"/acts/override", with(w.seenFields(w.id), "reason", "Nobody is left.")).Leads(w.proposal)
	w.leader.Get(w.proposal).Says("Passed by exception", "Nobody is left.")
}

func TestMyWork(t *testing.T) {
	w := newReviewing(t)
	w.reviewer.Get("/my-work").Says("You are asked to review it", "Leading a Handover", "You wait for nobody.")
	w.author.Get("/my-work").Says("Nothing waits for you just now.", "The turn of Tess Ward to review")
	w.Clock.Add(15 * 24 * time.Hour)
	w.reviewer, w.author, w.stranger = w.SignIn(t, "tess@example.org"), w.SignIn(t, "anna@example.org"), w.SignIn(t, "zoe@example.org")
	w.reviewer.Get("/my-work").Says("Overdue")
	w.stranger.Get("/my-work").Says("Nothing waits for you just now.", "You wait for nobody.")
	w.author.Get("/").Leads("/my-work")
}

func TestFailedMailIsShown(t *testing.T) {
	w := newReviewing(t)
	_, err := w.DB.ExecContext(t.Context(), `update outbox set state = 'failed', last_error = 'There is no such mailbox.', finished_at = $1
		where payload ->> 'notice' = 'review_offered'`, w.Clock.Now())
	w.must(err)
	w.author.Get(w.proposal).Says("Mail to Tess Ward could not be delivered: There is no such mailbox.").SaysNot("Send it again")
	w.leader.Get(w.proposal).Says("Send it again")
}

// In a browser, a verdict never overtakes the answers that were given a moment
// before it.
func TestVerdictWaitsForAutosave(t *testing.T) {
	w := newReviewing(t)
	w.answerAll(w.tess, w.review)
	tab := browsertest.New(t)
	tab.TakeCookies(w.URL, w.reviewer.Cookies())
	tab.Open(w.URL + w.path)
	tab.Do(chromedp.SendKeys(chromedp.CSS("#note-links_work"), "Typed a moment before."))
	tab.Click("#answer-no_junk_files-2") // not met, and not essential
	tab.Follow(`form[action$="/sign-offs"] button`)
	tab.Says("You have signed off.")
	if got := w.row(`select note from rubric_answers where criterion = 'links_work'`); got != "Typed a moment before." {
		t.Errorf("the note is %q", got)
	}
	if got := w.row(`select answer from rubric_answers where criterion = 'no_junk_files'`); got != reviews.NotMet {
		t.Errorf("the answer is %q", got)
	}
}

func TestReviewPagesAreAccessible(t *testing.T) {
	w := newReviewing(t)
	w.item(reviews.Ask{Criterion: "links_work", Place: "Slide 9"})
	look := newPages(t, w.URL).look
	look("proposal-technical", w.proposal, w.leader)
	look("review-first", w.path, w.reviewer)
	look("my-work-reviewer", "/my-work", w.reviewer)
	look("act-reject", w.proposal+"/acts/reject", w.leader)
	w.DB.MustExec(`delete from change_items`)
	item := w.requested()
	look("proposal-changes", w.proposal, w.author)
	look("answers", w.proposal+"/answers", w.author)
	_, err := w.Server.Reviews.AnswerItem(t.Context(), workflow.Actor{Person: w.anna.ID}, item, 2, reviews.ItemNotAgreed, "It works here, on a desktop and on a phone.")
	w.must(err)
	w.resubmit("How to hand over, so that nobody has to ask again.")
	look("review-second", w.path, w.reviewer)
	look("changes", w.proposal+"/changes", w.leader)
	v := w.row(`select cast(version as text) from change_items`)
	w.reviewer.Post(w.proposal+"/items/"+itoa(item)+"/close", url.Values{"version": {v}}).Leads(w.proposal)
	w.climb(w.id, programme.Approved)
	look("proposal-approved", w.proposal, w.leader)
	look("my-work-leader", "/my-work", w.leader)
}
