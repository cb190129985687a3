package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/workflow"
)

// What became of mail, for administrators and leadership.
var _ = register(area{
	name: "delivery",
	nav:  []navItem{{order: 70, text: "Mail", path: "/delivery", roles: []string{workflow.Administrator, workflow.Leadership}}},
	routes: func(s *Server, rt *routes) {
		rt.get("/delivery", holding(s.delivery, workflow.Administrator, workflow.Leadership))
		rt.post("/delivery/{message}/send-again", signedIn(s.sendAgain))
	},
})

type deliveryPage struct {
	Form   Form // never failed: a filter cannot be wrong
	State  string
	SignIn bool // the mails with codes, without to whom
	States []Choice
	Lines  []deliveryLine
	Pages  Pages
}

type deliveryLine struct {
	ID       int64
	State    Tag
	At       time.Time // when it was queued
	Finished *time.Time
	Due      *time.Time // while it waits to be tried again
	Attempts int
	ToName   string
	ToEmail  string
	What     string // "Asked to review"
	Title    string // of the proposal
	Href     string
	Why      string // it was dropped, or what went wrong
	Again    bool   // it can be sent again
}

var deliveryView = newView("delivery/list.html",
	deliveryPage{State: "failed", States: []Choice{{Value: "failed", Label: "Failed"}},
		Lines: []deliveryLine{{ID: 7, State: Tag{"Failed", "red"}, At: exampleTime, Finished: &exampleTime, Attempts: 3, ToName: "Anna Bell", ToEmail: "anna@example.org",
			What: "Asked to review", Title: "Leading a Handover", Href: "/proposals/42", Why: "550 no such user", Again: true},
			{ID: 8, State: Tag{"Waiting", "blue"}, At: exampleTime, Due: &exampleTime, Attempts: 1, ToEmail: "cy@example.org", What: "News", Why: "451 try later"}},
		Pages: Pages{First: "/delivery", Next: "/delivery?before=3"}},
	deliveryPage{SignIn: true, Lines: []deliveryLine{{ID: 9, State: Tag{"Sent", "green"}, At: exampleTime, What: "A code to sign in with"}}},
	deliveryPage{State: "failed"}, deliveryPage{})

var deliveryStates = []Choice{
	{Value: outbox.Failed, Label: "Failed"}, {Value: outbox.Waiting, Label: "Waiting"},
	{Value: outbox.Sent, Label: "Sent"}, {Value: outbox.Dropped, Label: "Dropped"},
}

var deliveryTags = map[string]Tag{
	outbox.Failed: {"Failed", "red"}, outbox.Waiting: {"Waiting", "blue"},
	outbox.Sent: {"Sent", "green"}, outbox.Dropped: {"Dropped", "grey"},
}

func (s *Server) delivery(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	var q struct {
		State  string `form:"state"`
		SignIn bool   `form:"sign_in"`
		Before int64  `form:"before"`
	}
	query(r, &q)
	filter := outbox.Filter{Kinds: []string{workflow.MailKind}, Before: q.Before, Limit: 25}
	if q.SignIn {
		filter.Kinds = []string{accounts.SignInMailKind}
	}
	p := deliveryPage{SignIn: q.SignIn, States: deliveryStates}
	if _, known := deliveryTags[q.State]; known {
		p.State, filter.States = q.State, []string{q.State}
	}
	entries, next, err := outbox.List(r.Context(), s.Workflow.DB, filter)
	if err != nil {
		return err
	}
	ids := make([]int64, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	to, err := s.Workflow.Deliveries(r.Context(), s.Workflow.DB, ids)
	if err != nil {
		return err
	}
	for _, e := range entries {
		line := deliveryLineOf(e, to[e.ID])
		if !who.Has(workflow.Leadership) {
			line.Href = "" // an administrator sees no proposal by that alone
		}
		p.Lines = append(p.Lines, line)
	}
	address := url.Values{}
	if p.State != "" {
		address.Set("state", p.State)
	}
	if q.SignIn {
		address.Set("sign_in", "true")
	}
	if q.Before != 0 {
		p.Pages.First = "/delivery?" + address.Encode()
	}
	if next != 0 {
		address.Set("before", strconv.FormatInt(next, 10))
		p.Pages.Next = "/delivery?" + address.Encode()
	}
	return deliveryView.write(s, w, r, p)
}

// deliveryLineOf shows an entry. Of a mail with a code it says no more than
// what became of it: neither to whom it went nor what a mail server answered,
// which often quotes the address.
func deliveryLineOf(e outbox.Entry, to workflow.Delivery) deliveryLine {
	line := deliveryLine{ID: e.ID, State: deliveryTags[e.State], At: e.CreatedAt, Finished: e.FinishedAt, Attempts: e.Attempts}
	if e.Kind != workflow.MailKind {
		line.What = "A code to sign in with"
		return line
	}
	line.ToName, line.ToEmail = to.ToName, to.ToEmail
	line.What = noticeNames[to.Notice]
	if line.What == "" {
		line.What = roleName(to.Notice)
	}
	if e.Proposal != 0 {
		line.Title, line.Href = titleOr(to.Title), proposalPath(e.Proposal)
	}
	line.Why = e.LastError
	if e.State == outbox.Dropped || e.LastError == "" {
		line.Why = e.Note
	}
	if e.State == outbox.Waiting && e.Attempts > 0 {
		line.Due = &e.DueAt
	}
	line.Again = e.State == outbox.Failed
	return line
}

var noticeNames = map[string]string{
	workflow.NoticeReview:     "Asks for a review",
	workflow.NoticeResumed:    "Asks to resume a review",
	workflow.NoticeChoose:     "Asks to choose reviewers",
	workflow.NoticeNobody:     "Says that nobody is eligible",
	workflow.NoticePublish:    "Asks to publish",
	workflow.NoticeClosing:    "Asks to look at answers",
	workflow.NoticeNameLead:   "Asks to name a lead author",
	workflow.NoticeConflict:   "Tells of a conflict of interest",
	workflow.NoticeInvited:    "Invites an author",
	workflow.NoticeLead:       "Says who leads a proposal",
	workflow.NoticeTaken:      "Says that a review is off the list",
	workflow.NoticePaused:     "Says that a review is paused",
	workflow.NoticeState:      "Tells of a new state",
	workflow.NoticeChanges:    "Brings a change request",
	workflow.NoticeReopened:   "Says that an item is open again",
	workflow.NoticeFinal:      "Tells of the final stage",
	workflow.NoticeMailFailed: "Tells of a mail that failed",
	workflow.NoticeDetails:    "Tells of changed publication details",
}

func (s *Server) sendAgain(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "message")
	if err != nil {
		return err
	}
	if err := s.Workflow.SendAgain(r.Context(), actor(who), id); err != nil {
		return leadTo(err, "Go back to the mail", "/delivery")
	}
	return s.done(w, r, "/delivery", "The mail is in the queue again.")
}
