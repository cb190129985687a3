package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"
	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// actWords is how an act that takes a reason is asked for.
type actWords struct {
	button  string // where it is offered, and where it is done
	heading string
	text    string // what it does
	label   string // of the reason
	hint    string
	done    string // the sentence afterwards
	warning bool   // it is hard to take back
}

// askedActs have a page of their own, on which their reason is written.
var askedActs = map[string]actWords{
	workflow.ActDecline: {"Decline the review", "Decline the review", "Somebody else is asked instead.",
		"Why?", "In a few words: it helps to find the right person.", "You declined the review. Somebody else is asked.", false},
	workflow.ActConflict: {"Declare a conflict of interest", "Declare a conflict of interest",
		"Whoever has an interest in a proposal can’t review it. What they signed here stops counting. It can’t be taken back.",
		"What is the conflict?", "In a few words, for the leadership team.", "The conflict of interest is recorded.", true},
	programme.Reject: {"Reject", "Reject the proposal", "It leaves the ladder, and the authors are told why. You can reopen it later.",
		"Why is it rejected?", "The authors read this.", "The proposal is rejected. The authors are told.", true},
	programme.Withdraw: {"Withdraw", "Withdraw the proposal", "It leaves the ladder, and its reviewers are told. You can reopen it later.",
		"Why? (optional)", "Kept with the history.", "The proposal is withdrawn.", true},
	programme.Reopen: {"Reopen", "Reopen the proposal", "It goes back to its authors. Sign-offs that still fit what it says go on counting.",
		"Why? (optional)", "Kept with the history.", "The proposal is reopened. It is with its authors now.", false},
	programme.Override: {"Make an exception", "Make an exception",
		"Your exception stands in for the sign-offs that are missing at this stage, as long as what the stage vouches for doesn’t change. It is counted, and shown with the module.",
		"Why is it right here?", "Kept with the decision, and shown.", "The exception is recorded.", true},
	workflow.ActPermit: {"Allow a second stage", "Let one person hold two stages",
		"Where a team is too small, somebody who signed another stage of this proposal may be asked at this one too. It is counted, and shown with the module.",
		"Why is it right here?", "Kept with the decision, and shown.", "The exception is recorded. You can ask the person now.", true},
	workflow.ActAcknowledge: {"Consider the conflict", "Consider the conflict of interest",
		"A conflict of interest was declared after the module was published. Say what you decided.",
		"What did you decide?", "Kept with the history.", "Your decision is recorded.", false},
}

// offered sorts what concerns the reader into what can be done now and what
// can't, from the table that decides it.
func offered(c *workflow.Case) (now []button, not []refusedAct) {
	review, mine := reviewOf(c)
	if mine {
		b := button{Text: "Open your review", Href: reviewPath(review.ID)}
		if !review.Open() {
			b.Text, b.Kind = "Look at your review", "secondary"
		}
		now = append(now, b)
	}
	now = append(now, authorsButtons(c)...)
	now = append(now, leadButton(c)...)
	for _, o := range c.Offers() {
		b, shown := buttonOf(c, o.Act, mine && review.Open() && review.Stage == c.State)
		switch {
		case !shown:
		case o.Allowed() || o.Act == programme.Publish && completable(c, o):
			now = append(now, b)
		default:
			not = append(not, refusedAct{b.Text, texts(o.Reasons)})
		}
	}
	slices.SortStableFunc(now, func(a, b button) int { return a.rank() - b.rank() })
	return now, not
}

// rank puts what is asked of the reader first, and what is hard to take back last.
func (b button) rank() int { return slices.Index([]string{"", "secondary", "warning"}, b.Kind) }

// completable reports whether all that stands against publishing can be mended
// on the page that publishes: the publication details, which are set there.
func completable(c *workflow.Case, o workflow.Offer) bool {
	last := c.Programme.Stages[len(c.Programme.Stages)-1].Key
	return (c.State == programme.Approved || c.State == last) && !slices.ContainsFunc(o.Reasons, func(r fault.Reason) bool {
		return !detailReasons[r.Code] && r.Code != "wrong_state"
	})
}

// authorsButtons lead the authors to their writing, while it is their turn.
func authorsButtons(c *workflow.Case) []button {
	if !c.IsAuthor(c.Actor.ID) || c.State != programme.Draft && c.State != programme.ChangesRequested {
		return nil
	}
	path, edit := proposalPath(c.ID), button{Text: "Edit the module"}
	edit.Href = path + "/edit"
	if !slices.ContainsFunc(c.Items, workflow.Item.Unclosed) {
		return []button{edit}
	}
	edit.Kind = "secondary"
	return []button{{Text: "Answer the change request", Href: path + "/answers"}, edit}
}

// reviewOf is the reader's own review that is worth opening: the one that asks
// for something now, or the last.
func reviewOf(c *workflow.Case) (workflow.Assignment, bool) {
	if a, ok := c.OpenAssignment(c.Actor.ID); ok {
		return a, true
	}
	for _, a := range slices.Backward(c.Assignments) {
		if a.Person == c.Actor.ID && (a.State == workflow.Suspended || a.State == workflow.Done) {
			return a, true
		}
	}
	return workflow.Assignment{}, false
}

func buttonOf(c *workflow.Case, act string, reviewing bool) (b button, shown bool) {
	path := proposalPath(c.ID)
	switch act {
	case programme.Submit:
		return button{Text: "Submit", Href: path + "/submit"}, true
	case programme.SignOff, workflow.ActCarry:
		return button{}, false // on the page of the review
	case programme.RequestChanges:
		return button{Text: "Ask for changes", Href: path + "/changes", Kind: "secondary"}, c.Actor.Has(workflow.Leadership) && !reviewing
	case programme.Return:
		return button{Text: "Take back and ask for changes", Href: path + "/changes", Kind: "secondary"}, true
	case programme.Publish:
		if c.State != programme.Approved {
			return button{Text: "Publication details", Href: path + "/publish", Kind: "secondary"}, true
		}
		return button{Text: "Publish", Href: path + "/publish"}, true
	case workflow.ActAssign:
		choosing := c.Turn == workflow.TurnLeadership && (c.TurnFor == workflow.ForChoosing || c.TurnFor == workflow.ForNobody)
		if choosing {
			return button{Text: "Choose reviewers", Href: path + "/assign"}, true
		}
		return button{Text: "Choose reviewers", Href: path + "/assign", Kind: "secondary"}, true
	case workflow.ActAccept:
		return button{Text: "Accept the review", Href: path + "/acts/accept", Post: true}, true
	}
	words, ok := askedActs[act]
	kind := "secondary"
	if words.warning && (act == programme.Reject || act == programme.Withdraw) {
		kind = "warning"
	}
	return button{Text: words.button, Href: path + "/acts/" + act, Kind: kind}, ok
}

func texts(reasons []fault.Reason) []string {
	out := make([]string, len(reasons))
	for i, r := range reasons {
		out[i] = r.Text
	}
	return out
}

// actForm is the page of an act that takes a reason.
type actForm struct {
	Form   `form:"-"`
	seen   `form:",inline"`
	Reason string `form:"reason"`
	Person string `form:"person"` // whom it concerns, where that is a choice

	Path      string        `form:"-"` // of the proposal
	Action    string        `form:"-"`
	Proposal  string        `form:"-"` // its title
	Words     actPageWords  `form:"-"`
	People    []Choice      `form:"-"`
	Refused   []string      `form:"-"` // it can't be done now
	Now       seen          `form:"-"`
	Meanwhile []historyLine `form:"-"`
}

// actPageWords is actWords for a template.
type actPageWords struct {
	Heading, Text, Label, Hint, Button, Who string
	Warning                                 bool
}

var actView = newView("proposal/act.html",
	actForm{Path: "/proposals/42", Action: "/proposals/42/acts/permit", Proposal: "Leading a Handover", People: []Choice{{Value: "7", Label: "Ben Cole"}},
		Words: actPageWords{"Let one person hold two stages", "Where a team is too small.", "Why?", "Kept.", "Allow", "Who?", true}},
	actForm{Path: "/proposals/42", Words: actPageWords{Heading: "Reopen", Label: "Why?", Button: "Reopen"}, Meanwhile: []historyLine{{exampleTime, "Ben Cole acted.", nil, ""}},
		Form: Form{Refusal: "Somebody acted.", Problems: []Problem{{"reason", "Give a reason."}}}},
	actForm{Path: "/proposals/42", Words: actPageWords{Heading: "Reject", Button: "Reject"}, Refused: []string{"It is a draft."}})

func (s *Server) actPage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	c, err := s.caseOf(r, who)
	if err != nil {
		return err
	}
	act := chi.URLParam(r, "act")
	if _, ok := askedActs[act]; !ok {
		return notFound(w, r)
	}
	return s.writeAct(w, r, c, act, actForm{})
}

// writeAct shows the act as it stands now around what was typed.
func (s *Server) writeAct(w http.ResponseWriter, r *http.Request, c *workflow.Case, act string, p actForm) error {
	offer, concerns := c.Offer(act)
	if !concerns {
		return notFound(w, r)
	}
	words := askedActs[act]
	p.Words = actPageWords{words.heading, words.text, words.label, words.hint, words.button, "", words.warning}
	p.Path, p.Proposal, p.Now = proposalPath(c.ID), titleOf(c), seenOf(c)
	p.Action = p.Path + "/acts/" + act
	p.Refused = texts(offer.Reasons)
	switch act {
	case workflow.ActPermit:
		people, err := s.permitted(r.Context(), c)
		if err != nil {
			return err
		}
		p.People, p.Words.Who = people, "Who may hold this stage too?"
	case workflow.ActConflict:
		if c.Actor.Has(workflow.Leadership) {
			p.People, p.Words.Who = conflictable(c), "Whose conflict is it?"
		}
	}
	return actView.write(s, w, r, p)
}

// permitted are those who hold the stage's role and signed another stage.
func (s *Server) permitted(ctx context.Context, c *workflow.Case) ([]Choice, error) {
	candidates, err := s.Workflow.Candidates(ctx, s.Workflow.DB, c)
	if err != nil {
		return nil, err
	}
	var out []Choice
	for _, cand := range candidates {
		if slices.ContainsFunc(cand.Against, func(r fault.Reason) bool { return r.Code == "signed_elsewhere" }) {
			out = append(out, Choice{Value: strconv.FormatInt(cand.Person, 10), Label: cand.Name})
		}
	}
	return out, nil
}

// conflictable are the reader and everybody who was asked to review.
func conflictable(c *workflow.Case) []Choice {
	out := []Choice{{Value: strconv.FormatInt(c.Actor.ID, 10), Label: "Mine"}}
	listed := map[int64]bool{c.Actor.ID: true}
	for _, a := range c.Assignments {
		if !listed[a.Person] && !c.IsConflicted(a.Person) {
			listed[a.Person] = true
			out = append(out, Choice{Value: strconv.FormatInt(a.Person, 10), Label: a.Name})
		}
	}
	return out
}

// act does what the page of an act asks for, or accepts a review.
func (s *Server) act(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	c, err := s.caseOf(r, who)
	if err != nil {
		return err
	}
	act := chi.URLParam(r, "act")
	words, asked := askedActs[act]
	if !asked && act != workflow.ActAccept {
		return notFound(w, r)
	}
	var p actForm
	if p.Form, err = decode(r, &p); err != nil {
		return err
	}
	path := proposalPath(c.ID)
	err = s.doAct(r.Context(), c, act, p)
	if act == workflow.ActAccept {
		if err != nil {
			return leadTo(err, "Go back to the proposal", path)
		}
		review, _ := reviewOf(c)
		return s.done(w, r, reviewPath(review.ID), "Thank you: the review is yours.")
	}
	if forbidden := fault.KindOf(err) == fault.Forbidden; !forbidden && p.Takes(err) {
		again, reload := s.Workflow.Load(r.Context(), s.Workflow.DB, c.ID, actor(who))
		if reload != nil {
			return leadTo(err, "Go to your work", "/my-work")
		}
		if p.Meanwhile, reload = s.meanwhile(r.Context(), again, err); reload != nil {
			return reload
		}
		return s.writeAct(w, r, again, act, p)
	}
	if err != nil {
		return leadTo(err, "Go back to the proposal", path)
	}
	if after, err := s.Workflow.Load(r.Context(), s.Workflow.DB, c.ID, actor(who)); err != nil || !after.Visible() {
		path = "/my-work" // whoever declines may no longer see it
	}
	return s.done(w, r, path, words.done)
}

func (s *Server) doAct(ctx context.Context, c *workflow.Case, act string, p actForm) error {
	by := workflow.Actor{Person: c.Actor.ID}
	person, _ := strconv.ParseInt(p.Person, 10, 64)
	m := workflow.Move{Proposal: c.ID, Seen: p.seen.workflow(), Event: act, By: by, Reason: p.Reason}
	switch act {
	case workflow.ActAccept, workflow.ActDecline:
		review, ok := c.OpenAssignment(c.Actor.ID)
		if !ok {
			offer, _ := c.Offer(act)
			return fault.New(fault.Refused, "This review doesn’t wait for you any more.", offer.Reasons...)
		}
		if act == workflow.ActAccept {
			return s.Workflow.Accept(ctx, by, review.ID, workflow.Seen{})
		}
		return s.Workflow.Decline(ctx, by, review.ID, workflow.Seen{}, p.Reason)
	case workflow.ActConflict:
		if person == 0 {
			if c.Actor.Has(workflow.Leadership) {
				return fault.New(fault.Invalid, "Nothing was recorded.", fault.Reason{Code: "no_person", Field: "person", Text: "Say whose conflict it is."})
			}
			person = c.Actor.ID
		}
		return s.Workflow.DeclareConflict(ctx, by, c.ID, workflow.Seen{}, person, p.Reason)
	case workflow.ActAcknowledge:
		return s.Workflow.Acknowledge(ctx, by, c.ID, workflow.Seen{}, p.Reason)
	case workflow.ActPermit:
		if person == 0 {
			return fault.New(fault.Invalid, "Nothing was recorded.", fault.Reason{Code: "no_person", Field: "person", Text: "Say who may hold the stage."})
		}
		m.Event, m.Permit = programme.Override, person
	}
	return postgres.InTx(ctx, s.Workflow.DB, func(tx *sqlx.Tx) error {
		_, err := s.Workflow.Move(ctx, tx, m)
		return err
	})
}

// closeItem and reopenItem settle an item from whatever page shows it.
func (s *Server) closeItem(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	return s.settleItem(w, r, "The item is closed.", func(ctx context.Context, item int64, version int, words string) error {
		return s.Reviews.CloseItem(ctx, actor(who), item, version, words)
	})
}

func (s *Server) reopenItem(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	return s.settleItem(w, r, "The item is open again. The authors are told.", func(ctx context.Context, item int64, version int, words string) error {
		return s.Reviews.ReopenItem(ctx, actor(who), item, version, words)
	})
}

func (s *Server) settleItem(w http.ResponseWriter, r *http.Request, done string, do func(context.Context, int64, int, string) error) error {
	proposal, item, err := postedItem(r)
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(r.PostForm.Get("version"))
	back := fmt.Sprintf("%s#item-%d", localPath(r.PostForm.Get("back"), proposalPath(proposal)), item)
	reason := r.PostForm.Get(reviews.ItemField(item, "reason"))
	if err := do(r.Context(), item, version, reason); err != nil {
		return leadTo(err, "Go back to the item", back)
	}
	return s.done(w, r, back, done)
}
