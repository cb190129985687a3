package e2e

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// The same walk, in a real browser and without any JavaScript.
func TestTheWalk(t *testing.T) {
	t.Parallel()
	t.Run("in Chromium", func(t *testing.T) {
		t.Parallel()
		walk(t, func(t testing.TB, base string) hands { return newBrowser(t, base, true) })
	})
	t.Run("by forms alone", func(t *testing.T) {
		t.Parallel()
		walk(t, newClient)
	})
	t.Run("written in Chromium without JavaScript", func(t *testing.T) {
		t.Parallel()
		h := openHouse(t)
		isWritten(h, h.person(newBrowser(t, h.url, false), "Ada Price"), h.person(newBrowser(t, h.url, false), "Ben Cole"))
	})
}

const (
	title   = "Leading a night team"
	prompt  = "When did a night go well because of how it was led?"
	prompt2 = "Think of a night that went badly. What would you do differently as its leader?"
)

func walk(t *testing.T, begin func(t testing.TB, base string) hands) {
	h := openHouse(t)
	person := func(name string) *walker { return h.person(begin(t, h.url), name) }
	for _, p := range [][3]string{
		{"tess@example.org", "Tess Yardley", "technical_reviewer"}, {"erin@example.org", "Erin Vale", "educational_reviewer"},
		{"edwin@example.org", "Edwin Moss", "educational_reviewer"}, {"lena@example.org", "Lena Firth", "leadership"},
	} {
		h.run("person", "add", p[0], "--name", p[1], "--role", p[2])
	}
	ada, ben := person("Ada Price"), person("Ben Cole")
	path := isWritten(h, ada, ben)
	lena, tess := person("Lena Firth"), person("Tess Yardley")
	choosesReviewer(lena, tess)
	tess.isMailed("please review by "+day(time.Now().AddDate(0, 0, 14)), "decline")
	passesTechnical(tess)
	ada.isMailed("now in educational review")

	erin, edwin := person("Erin Vale"), person("Edwin Moss")
	signsFirst(erin)
	asksForChanges(edwin)
	answers(ada, ben, path)
	resubmits(ada, path)
	seesWhatChanged(erin)
	closesItems(edwin)
	carriesForward(erin)
	signsLast(edwin)

	signsFinal(lena)
	publishes(lena, path)
	ada.isMailed("now published")
	ben.isMailed("now published")

	isFound(&walker{begin(t, h.url), h, "", "a visitor", 0})
	if said := h.run("verify", "history"); !strings.Contains(said, "The history holds") {
		t.Error(said)
	}
	mailsAreOnce(h)
}

// isWritten is the authors' part, up to the first submit.
func isWritten(h *house, ada, ben *walker) (path string) {
	path = proposes(h, ada)
	writes(h, ada, path)
	coauthors(h, ada, ben, path)
	uploads(h, ada, path)
	submits(ada, path)
	ben.isMailed("now in technical review")
	return path
}

// proposes is a stranger's first visit: from the first page to a draft.
func proposes(h *house, ada *walker) (path string) {
	ada.open("/")
	ada.follow("Sign in or start a proposal")
	ada.signsIn()
	ada.says("Welcome. What should we call you?")
	ada.fill("Full name", ada.name)
	ada.fill("Organisation (optional)", "Fenland General Hospital")
	ada.fill("Job title (optional)", "Registrar")
	ada.press("Save")
	ada.follow("Propose")
	ada.fill("Working title", title)
	ada.press("Start writing")
	path, ok := strings.CutSuffix(ada.at(), "/edit")
	if !ok {
		h.t.Fatalf("a new proposal is at %s", ada.at())
	}
	return path
}

// writes first tries to submit: everything that is missing is told at once, and
// each reason leads to where it is put right. Then it fills in all pages.
func writes(h *house, ada *walker, path string) {
	ada.follow("Check and submit")
	ada.isAt(path + "/submit")
	if ada.offers("Submit") {
		h.t.Error("an empty proposal can be submitted")
	}
	for _, reason := range []string{"Choose the strand.", "Upload the package.", "Name a subject expert who is not an author."} {
		ada.says(reason)
		to := ada.leads(reason)
		ada.follow(reason)
		ada.fragmentIsThere(to)
		ada.open(path + "/submit")
	}

	ada.open(path + "/edit")
	ada.follow("Who it is for")
	ada.choose("Which strand does it belong to?", "Leadership in Practice")
	for label, words := range map[string]string{
		"Who is it for?": "Doctors in training who hold the bleep at night.", "At which level?": "Foundation and core training",
		"What should learners know before?": "None", "Why is it needed?": "Nights are led by whoever is most senior,\nand nobody teaches how.",
		"Does it overlap with existing modules?": "None", "How many minutes does it take?": "45",
	} {
		ada.fill(label, words)
	}
	ada.press("Save and continue")

	ada.fill("Learning outcomes", "Plan the first hour of a night\nChoose whom to call")
	ada.choose("Which capabilities does it build?", "5. Capabilities in leadership and team working")
	ada.choose("Which of them is the primary one?", "5. Capabilities in leadership and team working")
	ada.fill("Prompt for reflection", prompt)
	ada.fill("Action points for practice", "Brief the team at ten")
	ada.press("Save and continue")

	ada.fill("References", "Herring R, et al. Clin Med 2011")
	ada.fill("How will the module be evaluated?", "A survey after completion.")
	ada.fill("Consent and copyright", "All scenarios are invented.")
	ada.fill("Interests of the authors", "None")
	ada.press("Save and see all pages")

	ada.follow("Listing")
	ada.fill("Summary", "How to lead a team through the night.")
	ada.fill("Keywords", "night shift\nteam brief")
	ada.choose("Which licence is it published under?", "CC BY-NC 4.0")
	ada.fill("Provider", "Fenland General Hospital")
	ada.choose("Do learners get a certificate?", "Yes")
	ada.fill("Known accessibility issues", "None known")
	expert := ada.within("Subject expert")
	expert.fill("Name", "Dr Ruth Moss")
	expert.fill("Organisation", "West Hospital")
	ada.press("Save and see all pages")
	ada.says("1 page is not complete yet")
}

// fragmentIsThere checks that the page has the element to which an address leads.
func (w *walker) fragmentIsThere(address string) {
	w.h.t.Helper()
	page, fragment, _ := strings.Cut(address, "#")
	w.isAt(page)
	if b, ok := w.hands.(*browser); ok {
		b.tab.WaitFor(`document.getElementById(` + quoted(fragment) + `) !== null`)
	} else if w.hands.(*client).page.byID(fragment) == nil {
		w.h.t.Errorf("%s leads to nothing", address)
	}
}

// coauthors invites Ben, whose mail leads him into the draft: his words are kept
// beside Ada's.
func coauthors(h *house, ada, ben *walker, path string) {
	ada.open(path + "/authors")
	ada.fill("Email address", ben.email)
	ada.fill("Name", ben.name)
	ada.press("Invite")
	ada.says("Ben Cole")

	ben.isMailed("you are invited as an author")
	ben.isAt(path)
	ben.follow("Edit the module")
	ben.follow("Who it is for")
	ben.fill("At which level?", "Foundation, core and higher training")
	ben.press("Save and see all pages")
	ben.follow("Check and submit")
	ben.saysNot("Submitting makes revision 1")
}

func uploads(h *house, ada *walker, path string) {
	ada.open(path + "/edit")
	ada.follow("Package")
	ada.attach("Choose the package", scormPackage(h.t))
	ada.press("Upload")
	ada.open(path + "/edit/package")
	ada.says("night-team.zip")
	ada.waitsFor("No fault found")
}

func submits(ada *walker, path string) {
	ada.open(path + "/submit")
	ada.says("Nothing is missing. Submitting makes revision 1")
	ada.press("Submit")
	ada.open(path)
	ada.says("In technical review", "Revision 1.", "0 of 3 stages are passed.")
	ada.saysNot("Edit the module")
}

// choosesReviewer: strangers can't set volunteers to work, so leadership is asked
// first.
func choosesReviewer(lena, tess *walker) {
	lena.isMailed("please choose reviewers")
	lena.says("Technical review needs 1 sign-off.", "No open reviews. Never asked before.")
	lena.press("Ask")
	lena.says("There is a problem", "Choose whom to ask.")
	lena.choose("Whom to ask", tess.name)
	lena.press("Ask")
	lena.says("The reviewer is asked, by mail.", tess.name)
}

// passesTechnical signs off too early first: every reason is told.
func passesTechnical(tess *walker) {
	tess.press("Accept")
	tess.says("Thank you: the review is yours.", "night-team.zip")
	tess.press("Sign off")
	tess.says("There is a problem")
	tess.meetsEverything("technical")
	tess.press("Sign off")
	tess.saysNot("There is a problem")
	tess.says("Signed off")
}

func signsFirst(erin *walker) {
	erin.isMailed("please review by " + day(time.Now().AddDate(0, 0, 21)))
	erin.press("Accept")
	erin.says(prompt)
	erin.meetsEverything("educational")
	erin.press("Sign off")
	erin.says("Signed off")
}

// asksForChanges writes two items; a request with an empty one is refused.
func asksForChanges(edwin *walker) {
	edwin.isMailed("please review by " + day(time.Now().AddDate(0, 0, 21)))
	edwin.press("Accept")
	edwin.press("Write an item")
	edwin.press("Send to the authors")
	edwin.says("There is a problem")
	item := edwin.within("New item")
	item.choose("Which criterion is it about?", "A prompt supports reflection for the portfolio")
	item.fill("Where?", "The closing slide")
	item.fill("What should change, and why?", "Learners need to reflect on what went wrong, not only on what went well.")
	item.keep()
	edwin.press("Write another item")
	item = edwin.within("New item")
	item.choose("Which criterion is it about?", "The stated time is true")
	item.fill("Where?", "The listing")
	item.fill("What should change, and why?", "It took me an hour.")
	item.keep()
	edwin.press("Send to the authors")
	edwin.says("Your request is sent.", "Sent back for changes")
}

// answers: the words of the request are in the mail, each item is answered, and
// a resubmission is refused before that.
func answers(ada, ben *walker, path string) {
	ben.isMailed("changes requested", "It took me an hour.", "Learners need to reflect on what went wrong, not only on what went well.")
	ada.isMailed("changes requested", "Edwin Moss")
	ada.isAt(path + "/answers")
	item := ada.within("The closing slide")
	item.choose("Your answer", "Done")
	item.fill("What you did, or why you do not agree", "The prompt asks for a bad night now.")
	item.keep()
	ada.open(path + "/submit")
	if ada.offers("Submit") {
		ada.h.t.Error("it can be submitted with an item unanswered")
	}
	ada.says("item")
	ben.open(path + "/answers")
	item = ben.within("The listing")
	item.choose("Your answer", "Not agreed, because…")
	item.fill("What you did, or why you do not agree", "Ten trainees needed 41 minutes on average.")
	item.keep()
	ben.open(path + "/answers")
	ben.says("Every item has an answer.")
}

// resubmits changes the teaching part alone: what was said about the package
// still counts.
func resubmits(ada *walker, path string) {
	ada.open(path + "/edit")
	ada.follow("What learners gain")
	ada.fill("Prompt for reflection", prompt2)
	ada.press("Save and see all pages")
	ada.follow("Check and submit")
	ada.says("Submitting makes revision 2")
	ada.press("Submit")
	ada.open(path)
	ada.says("In educational review", "Revision 2.", "1 of 3 stages is passed.", "No longer counts")
}

// seesWhatChanged: Erin is asked again, and shown the difference since she signed.
// While items are open, her sign-off can't be carried forward.
func seesWhatChanged(erin *walker) {
	erin.isMailed("please review by " + day(time.Now().AddDate(0, 0, 21)))
	erin.says("Judge first: what changed since revision 1", "You signed off revision 1 on", "Think of", "that went badly", "Ten trainees needed 41 minutes on average.")
	erin.fill("Why does it still stand?", "The new prompt is better, and nothing else changed.")
	erin.press("Carry it forward to revision 2")
	erin.says("There is a problem")
	if erin.holds("Why does it still stand?") == "" {
		erin.h.t.Error("the words of a refused sign-off are lost")
	}
}

func closesItems(edwin *walker) {
	edwin.isMailed("back for your review by "+day(time.Now().AddDate(0, 0, 21)), "revision 2")
	edwin.says("Ten trainees needed 41 minutes on average.", "The prompt asks for a bad night now.")
	edwin.press("Sign off")
	edwin.says("There is a problem")
	edwin.within("The closing slide").press("Close")
	edwin.says("The item is closed.")
	edwin.within("The listing").press("Close")
	edwin.says("Every item is closed.")
}

// carriesForward says in one step that what was signed still stands.
func carriesForward(erin *walker) {
	erin.press("Carry it forward to revision 2") // from the page as it was
	erin.saysNot("There is a problem")
	erin.says("carried forward")
}

func signsLast(edwin *walker) {
	edwin.meetsEverything("educational")
	edwin.press("Sign off")
	edwin.says("Signed off")
}

func signsFinal(lena *walker) {
	lena.isMailed("please review by " + day(time.Now().AddDate(0, 0, 14)))
	lena.press("Accept")
	lena.meetsEverything("final")
	lena.press("Sign off")
	lena.says("Signed off")
}

// publishes without a review date first.
func publishes(lena *walker, path string) {
	lena.open("/board")
	lena.follow(title)
	lena.follow("Publish")
	lena.isAt(path + "/publish")
	lena.fill("Owner", "The leadership faculty")
	lena.press("Save and publish")
	lena.says("There is a problem")
	next := time.Now().AddDate(2, 0, 0)
	lena.fill("Day", strconv.Itoa(next.Day()))
	lena.fill("Month", strconv.Itoa(int(next.Month())))
	lena.fill("Year", strconv.Itoa(next.Year()))
	lena.fill("Address on Bridge (optional)", "https://bridge.example.org/night")
	lena.press("Save and publish")
	lena.says("Published. The authors are told", title)
}

// isFound by somebody who has never been here.
func isFound(v *walker) {
	v.open("/")
	v.follow("Catalogue")
	v.fill("Search for modules", "leading nights")
	v.press("Search")
	v.follow(title)
	v.says("How to lead a team through the night.", "Ada Price", "Ben Cole", "Fenland General Hospital", "Plan the first hour of a night",
		"Technical review: signed off on", "Educational review: signed off on", "Final sign-off: signed off on", "Take it on Bridge",
		day(time.Now().AddDate(2, 0, 0)), "Access")
	v.saysNot("For leadership")
}

// mailsAreOnce: no mail came twice, and nobody was told of what they did
// themselves.
func mailsAreOnce(h *house) {
	seen := map[string]bool{}
	for _, m := range h.post.Mails() {
		if seen[m.MessageID] || m.MessageID == "" {
			h.t.Errorf("%s came twice, or has no name (%q)", m, m.MessageID)
		}
		seen[m.MessageID] = true
		about := strings.TrimPrefix(m.Subject, title+": ")
		switch {
		case about == m.Subject:
		case !strings.Contains(m.References, "<proposal-"):
			h.t.Errorf("%s stands outside its thread", m)
		case strings.Contains(about, "now in technical review") && m.DeliveredTo[0] != "ben@example.org",
			strings.Contains(about, "now published") && m.DeliveredTo[0] == "lena@example.org",
			strings.Contains(about, "changes requested") && m.DeliveredTo[0] == "edwin@example.org":
			h.t.Errorf("%s tells somebody what they did", m)
		}
	}
}
