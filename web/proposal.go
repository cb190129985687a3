package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/workflow"
)

// A proposal's own page, and the acts that are offered there.
var _ = register(area{name: "proposal", routes: func(s *Server, rt *routes) {
	rt.get("/proposals/{proposal}", signedIn(s.proposalPage))
	rt.get("/proposals/{proposal}/acts/{act}", signedIn(s.actPage))
	rt.post("/proposals/{proposal}/acts/{act}", signedIn(s.act))
	rt.post("/proposals/{proposal}/items/{item}/close", signedIn(s.closeItem))
	rt.post("/proposals/{proposal}/items/{item}/reopen", signedIn(s.reopenItem))
	rt.get("/proposals/{proposal}/answers", signedIn(s.answersPage))
	rt.post("/proposals/{proposal}/items/{item}/answer", signedIn(s.answerItem))
}})

// seen is what a page showed, posted back with every act on it.
type seen struct {
	State    string `form:"seen_state"`
	Revision int    `form:"seen_revision"`
	Seq      int    `form:"seen_seq"`
}

func seenOf(c *workflow.Case) seen {
	return seen{State: c.State, Revision: c.Revision, Seq: c.Seq}
}

func (s seen) workflow() workflow.Seen {
	return workflow.Seen{State: s.State, Revision: s.Revision, Seq: s.Seq}
}

type proposalData struct {
	Path     string
	Title    string
	State    Tag
	Revision int
	Seen     seen
	Ladder   ladder
	Turn     turnLine
	Buttons  []button
	Refused  []refusedAct // what isn't possible now, and why
	Authors  []string

	Assignments []assignmentLine
	SignOffs    []signOffLine
	Requests    []reviews.Request
	Revisions   []revisionLine
	Mail        []mailLine
	SendAgain   bool // the reader may send failed mail again
	History     []historyLine
	Head        string // of the history's chain
}

// turnLine says whose turn it is, since when and until when.
type turnLine struct {
	Text    string
	Mine    bool
	Since   time.Time
	Due     *time.Time
	Overdue bool
}

// button is something that the reader can do now: a link, or, with Post, a form
// that is sent at once.
type button struct {
	Text, Href string
	Kind       string // "" primary, "secondary", "warning"
	Post       bool
}

type refusedAct struct {
	Text    string
	Reasons []string
}

type assignmentLine struct {
	Name, Stage string
	State       Tag
	Note        string
}

type signOffLine struct {
	Name, Stage string
	Revision    int
	At          time.Time
	State       Tag
	Note        string // a reason that was given
	Criteria    []reviews.Criterion
}

type revisionLine struct {
	Number        int
	Title, By     string
	At            time.Time
	View, Compare string // addresses; Compare is "" for the first
	Package, Size string
	Download      string
}

type mailLine struct {
	To, Error string
	At        time.Time
}

var proposalView = newView("proposal/proposal.html",
	proposalData{Path: "/proposals/42", Title: "Leading a Handover", State: Tag{"In educational review", "blue"}, Revision: 2,
		Seen: seen{"educational", 2, 12}, Ladder: exampleLadder, Authors: []string{"Ann Lee (lead)", "Cy Dunn"},
		Turn:     turnLine{Text: "It is your turn to review.", Mine: true, Since: exampleTime, Due: &exampleTime, Overdue: true},
		Buttons:  []button{{Text: "Accept the review", Href: "/proposals/42/acts/accept", Post: true}, {Text: "Decline", Href: "/proposals/42/acts/decline", Kind: "secondary"}},
		Refused:  []refusedAct{{"Publish", []string{"It is in educational review."}}},
		Requests: []reviews.Request{exampleRequest},
		Assignments: []assignmentLine{{"Ines Marsh", "Educational review", Tag{"Accepted", "blue"}, "Due 23 March 2026"},
			{"Tom Price", "Educational review", Tag{"Declined", "grey"}, ""}},
		SignOffs: []signOffLine{{"Ben Cole", "Technical review", 2, exampleTime, Tag{"Counts", "green"}, "Only a typing error changed.",
			[]reviews.Criterion{exampleCriterion}}, {Name: "Ines Marsh", Stage: "Educational review", Revision: 1, State: Tag{"No longer counts: what it was about changed", "grey"}}},
		Revisions: []revisionLine{{2, "Leading a Handover", "Ann Lee", exampleTime, "/proposals/42/revisions/2", "/proposals/42/compare?from=1&to=2", "handover.zip", "3 MB", "/proposals/42/package"},
			{Number: 1, View: "/proposals/42/revisions/1"}},
		Mail: []mailLine{{"Cy Dunn", "There is no such mailbox.", exampleTime}}, SendAgain: true,
		History: []historyLine{{exampleTime, "Ben Cole signed off technical review of revision 2.", []string{"It is now in educational review."}, "Well done."}},
		Head:    "ab12"},
	proposalData{Path: "/proposals/42", Title: "Leading a Handover", Ladder: exampleLadder, Turn: turnLine{Text: "Nothing waits here."},
		Mail: []mailLine{{"Cy Dunn", "No such mailbox.", exampleTime}}})

var exampleRequest = reviews.Request{Seq: 7, AskedAt: exampleTime, AskedBy: "Ines Marsh", Stage: "Educational review", Items: []reviews.Item{
	{ID: 5, Version: 2, Criterion: "The stated time is true", Place: "Slide 4", Words: "It took me an hour.", State: "done", AskedBy: "Ines Marsh",
		Answer: "Now it says an hour.", AnsweredBy: "Ann Lee", AnsweredAt: &exampleTime, Answerable: true,
		Reopenings: []reviews.Said{{At: exampleTime, By: "Ines Marsh", Words: "Still 30 minutes on slide 9."}},
		Close:      reviews.Act{Offered: true, WithReason: true}, Reopen: reviews.Act{Offered: true, WithReason: true}},
	{ID: 6, State: "closed", ClosedBy: "Ines Marsh", ClosedAt: &exampleTime, Reason: "Agreed by telephone.", Reopen: reviews.Act{Offered: true}},
	{ID: 8, State: "open", Answerable: true, Close: reviews.Act{Offered: true, Reasons: exampleReasons}},
	{ID: 9, State: "not_agreed", Answer: "Because.", AnsweredBy: "Ann Lee"}}}

func (s *Server) proposalPage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	c, err := s.caseOf(r, who)
	if err != nil {
		return err
	}
	p, err := s.proposalData(r.Context(), who, c)
	if err != nil {
		return err
	}
	return proposalView.write(s, w, r, p)
}

// caseOf reads the proposal that the path names.
func (s *Server) caseOf(r *http.Request, who accounts.Person) (*workflow.Case, error) {
	id, err := pathID(r, "proposal")
	if err != nil {
		return nil, err
	}
	return s.Workflow.Load(r.Context(), s.Workflow.DB, id, actor(who))
}

func (s *Server) proposalData(ctx context.Context, who accounts.Person, c *workflow.Case) (proposalData, error) {
	p := proposalData{Path: proposalPath(c.ID), Title: titleOf(c), Revision: c.Revision, Seen: seenOf(c), Ladder: ladderOf(c),
		Turn: s.turnOf(c), State: stateTag(c), Head: c.Head, SendAgain: who.Has(workflow.Leadership) || who.Has(workflow.Administrator)}
	p.Buttons, p.Refused = offered(c)
	p.Authors = authorNames(c)
	for _, a := range c.Assignments {
		p.Assignments = append(p.Assignments, assignmentLineOf(c, a))
	}
	verdicts, err := s.Reviews.Verdicts(ctx, s.Reviews.DB, c)
	if err != nil {
		return p, err
	}
	for _, so := range c.SignOffs {
		p.SignOffs = append(p.SignOffs, signOffLineOf(c, so, verdicts[so.ID].Criteria))
	}
	if p.Requests, err = s.Reviews.Requests(ctx, c); err != nil {
		return p, err
	}
	if p.Revisions, err = s.revisionLines(ctx, who, c); err != nil {
		return p, err
	}
	if p.Mail, err = s.failedMail(ctx, c); err != nil {
		return p, err
	}
	entries, err := s.Workflow.History(ctx, s.Workflow.DB, c.ID, 0)
	if err != nil {
		return p, err
	}
	if p.History, err = s.tell(ctx, c, entries); err != nil {
		return p, err
	}
	slices.Reverse(p.History)
	return p, nil
}

// titleOf is a proposal's title, or words in its place.
func titleOf(c *workflow.Case) string { return titleOr(c.Title) }

// stateTag is the state in words, and the colour that helps.
func stateTag(c *workflow.Case) Tag {
	return Tag{capital(workflow.StateName(c.Programme, c.State)), stateColour(c.State)}
}

func capital(words string) string {
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

func authorNames(c *workflow.Case) []string {
	var out []string
	for _, a := range c.Authors {
		name := a.Name
		if name == "" {
			name = a.Email
		}
		if a.Lead {
			name += " (lead)"
		}
		if a.Person == 0 {
			name += " (invited)"
		}
		out = append(out, name)
	}
	return out
}

// turnFor are the things to do that a turn is for, after "It is … turn to".
var turnFor = map[string]string{
	workflow.ForWriting: "finish the draft and submit it", workflow.ForAnswers: "answer the change request and submit again",
	workflow.ForReview: "review", workflow.ForChoosing: "choose the reviewers",
	workflow.ForNobody: "find a reviewer: nobody who may review is left", workflow.ForClosing: "close the items that it asked for",
	workflow.ForLead: "name another lead author", workflow.ForPublish: "publish", workflow.ForConflict: "consider a conflict of interest that was declared",
}

func (s *Server) turnOf(c *workflow.Case) turnLine {
	if c.Turn == workflow.TurnNobody {
		return turnLine{Text: "It is nobody’s turn: nothing waits here.", Since: c.StateSince}
	}
	t := turnLine{Mine: c.MyTurn(), Since: c.TurnSince, Due: c.TurnDue, Overdue: c.Overdue()}
	whose := "the turn of " + andList(c.TurnNames())
	if c.Turn == workflow.TurnLeadership {
		whose = "the leadership team’s turn"
	}
	if t.Mine {
		whose = "your turn"
	}
	t.Text = "It is " + whose + " to " + turnFor[c.TurnFor] + "."
	return t
}

func assignmentLineOf(c *workflow.Case, a workflow.Assignment) assignmentLine {
	st, _ := c.Programme.Stage(a.Stage)
	l := assignmentLine{Name: a.Name, Stage: st.Name, Note: a.Words}
	switch a.State {
	case workflow.Offered:
		l.State, l.Note = Tag{"Offered", "yellow"}, "Due "+date(a.DueAt)
	case workflow.Accepted:
		l.State, l.Note = Tag{"Accepted", "blue"}, "Due "+date(a.DueAt)
	case workflow.Suspended:
		l.State, l.Note = Tag{"Waits", "grey"}, "Goes on when the proposal is back at this stage"
	case workflow.Done:
		l.State = Tag{"Signed off", "green"}
	case workflow.Declined:
		l.State = Tag{"Declined", "grey"}
	default:
		l.State = Tag{"Ended", "grey"}
	}
	return l
}

func signOffLineOf(c *workflow.Case, so workflow.SignOff, criteria []reviews.Criterion) signOffLine {
	st, _ := c.Programme.Stage(so.Stage)
	l := signOffLine{Name: so.Name, Stage: st.Name, Revision: so.Revision, At: so.SignedAt, Note: so.Reason, Criteria: criteria, State: Tag{"Counts", "green"}}
	switch {
	case so.VoidReason == "changed":
		l.State = Tag{"No longer counts: what it was about changed", "grey"}
	case so.VoidReason == "became_author":
		l.State = Tag{"No longer counts: became an author", "grey"}
	case so.VoidReason == "conflict":
		l.State = Tag{"No longer counts: conflict of interest", "grey"}
	case so.Kind == workflow.KindOverride:
		l.State = Tag{"Exception by leadership", "yellow"}
	case so.Kind == workflow.KindPermit:
		l.State = Tag{"Exception: may hold a second stage", "yellow"}
	case so.Carried != 0:
		l.State = Tag{"Counts, carried forward", "green"}
	}
	return l
}

func (s *Server) revisionLines(ctx context.Context, who accounts.Person, c *workflow.Case) ([]revisionLine, error) {
	revisions, err := s.Authoring.Revisions(ctx, actor(who), c.ID)
	if err != nil {
		return nil, err
	}
	var out []revisionLine
	for _, r := range slices.Backward(revisions) {
		out = append(out, revisionLineOf(c.ID, r))
	}
	return out, nil
}

func revisionLineOf(id int64, r authoring.Revision) revisionLine {
	path := proposalPath(id)
	l := revisionLine{Number: r.Number, Title: r.Title, By: r.SubmittedByName, At: r.SubmittedAt, Package: r.Package.Name,
		Size: files.InWords(r.Package.Size), View: path + "/revisions/" + strconv.Itoa(r.Number),
		Download: path + "/revisions/" + strconv.Itoa(r.Number) + "/package"}
	if r.Number > 1 {
		l.Compare = comparePath(id, r.Number-1, r.Number)
	}
	return l
}

func comparePath(id int64, from, to int) string {
	return fmt.Sprintf("%s/compare?from=%d&to=%d", proposalPath(id), from, to)
}

// failedMail is the mail about a proposal that could not be delivered.
func (s *Server) failedMail(ctx context.Context, c *workflow.Case) ([]mailLine, error) {
	failed, _, err := outbox.List(ctx, s.Workflow.DB, outbox.Filter{Kinds: []string{workflow.MailKind}, States: []string{outbox.Failed}, Proposal: c.ID})
	if err != nil || len(failed) == 0 {
		return nil, err
	}
	messages := make([]int64, len(failed))
	for i, m := range failed {
		messages[i] = m.ID
	}
	to, err := s.Workflow.Deliveries(ctx, s.Workflow.DB, messages)
	if err != nil {
		return nil, err
	}
	var out []mailLine
	for _, m := range failed {
		d := to[m.ID]
		name := d.ToName
		if name == "" {
			name = d.ToEmail
		}
		out = append(out, mailLine{To: name, Error: m.LastError, At: m.CreatedAt})
	}
	return out, nil
}
