package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

var _ = register(area{
	tag:   "Proposals",
	about: "What climbs the ladder: where it stands, whose turn it is, what you may do, and what happened.",
	add: func(s *Server, api huma.API) {
		add(s, api, operation{ID: "listProposals", Method: http.MethodGet, Path: "/proposals", Scopes: toRead,
			Summary: "Proposals that you may see",
			About:   "Leadership sees everything that was ever submitted, everybody what they write or review."}, s.listProposals)
		add(s, api, operation{ID: "getProposal", Method: http.MethodGet, Path: "/proposals/{proposal}", Scopes: toRead,
			Summary: "One proposal", About: "Its ETag is what acts on it take as If-Match."}, s.getProposal)
		add(s, api, operation{ID: "listActs", Method: http.MethodGet, Path: "/proposals/{proposal}/acts", Scopes: toRead,
			Summary: "What you may do now, and if not, why not",
			About:   "Every act of the machine that concerns you, from the table that decides it. An act without reasons can be done now."}, s.listActs)
		add(s, api, operation{ID: "getHistory", Method: http.MethodGet, Path: "/proposals/{proposal}/history", Scopes: toRead,
			Summary: "What happened, oldest first",
			About:   "An append-only chain of hashes: each entry's hash covers the one before it. Its detail holds ids and digests."}, s.getHistory)
	},
})

// OnProposal is the path of what is about one proposal.
type OnProposal struct {
	Proposal int64 `path:"proposal" minimum:"1" doc:"The proposal's number."`
}

// Proposal is where a proposal stands.
type Proposal struct {
	ID             int64             `json:"id"`
	Title          string            `json:"title" doc:"Of the latest revision; of the draft before the first submit. May be empty in a draft."`
	State          string            `json:"state" doc:"draft, a stage of its programme, changes_requested, approved, published, rejected or withdrawn." example:"educational"`
	StateName      string            `json:"state_name" doc:"The state in words." example:"in educational review"`
	Revision       int               `json:"revision" doc:"The number of the latest revision, 0 before the first submit."`
	Turn           Turn              `json:"turn"`
	Authors        []ProposalAuthor  `json:"authors" doc:"In the order of attribution."`
	Stages         []StageOfProposal `json:"stages" doc:"The ladder, lowest rung first."`
	Digests        map[string]string `json:"digests" doc:"SHA-256 of each part of the latest revision: package, teaching, listing."`
	Programme      string            `json:"programme" doc:"The version of the programme that it follows."`
	SuggestedTitle int64             `json:"suggested_title,omitempty" doc:"The suggested title that it has taken."`
	CreatedAt      time.Time         `json:"created_at"`
	SubmittedAt    *time.Time        `json:"submitted_at,omitempty" doc:"When it was first submitted."`
	StateSince     time.Time         `json:"state_since"`
	Seq            int               `json:"seq" doc:"The number of its last history entry."`
	Head           string            `json:"head" doc:"The hash of its last history entry."`
	Page           string            `json:"page" format:"uri" doc:"Its page, for people."`
}

// Turn is whose turn it is to do what, since when and until when.
type Turn struct {
	Whose   string     `json:"whose" enum:"author,reviewers,leadership,nobody"`
	To      string     `json:"to" doc:"What the turn is for." enum:"write,answer,review,choose_reviewers,nobody_eligible,close_items,name_lead,publish,conflict,nothing"`
	People  []string   `json:"people" doc:"The names of those whose turn it is; none where it is a whole role's or nobody's."`
	Since   time.Time  `json:"since"`
	Due     *time.Time `json:"due,omitempty"`
	Overdue bool       `json:"overdue"`
}

// ProposalAuthor is an author as everybody who sees the proposal may know them.
type ProposalAuthor struct {
	Name    string `json:"name"`
	Person  int64  `json:"person,omitempty" doc:"Absent until somebody who was invited first signs in."`
	Lead    bool   `json:"lead"`
	Invited bool   `json:"invited" doc:"They never signed in yet."`
}

// StageOfProposal is one rung.
type StageOfProposal struct {
	Key       string   `json:"key" example:"technical"`
	Name      string   `json:"name" example:"Technical review"`
	Status    string   `json:"status" enum:"passed,overridden,here,ahead" doc:"overridden: an exception of leadership's stands in."`
	Needed    int      `json:"needed" doc:"How many valid sign-offs it needs."`
	Missing   int      `json:"missing" doc:"How many of them are missing."`
	Parts     []string `json:"parts" doc:"What it vouches for."`
	Reviewers []string `json:"reviewers" doc:"The names of those who are asked now."`
}

// ProposalLine is a proposal in a list.
type ProposalLine struct {
	ID          int64      `json:"id"`
	Title       string     `json:"title"`
	State       string     `json:"state"`
	StateName   string     `json:"state_name"`
	Revision    int        `json:"revision"`
	Lead        string     `json:"lead" doc:"The lead author's name."`
	Turn        Turn       `json:"turn"`
	StateSince  time.Time  `json:"state_since"`
	SubmittedAt *time.Time `json:"submitted_at,omitempty"`
}

func lineOf(r workflow.Row) ProposalLine {
	return ProposalLine{ID: r.ID, Title: r.Title, State: r.State, StateName: r.StateName, Revision: r.Revision, Lead: r.Lead,
		Turn:       Turn{r.Turn, r.TurnFor, texts(r.TurnNames), r.TurnSince, utc(r.TurnDue), r.Overdue},
		StateSince: r.StateSince, SubmittedAt: utc(r.Submitted)}
}

// texts is a list that JSON writes as one, even where it is empty.
func texts(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

func (s *Server) listProposals(ctx context.Context, who caller, in *struct {
	Paged
	State    string `query:"state" doc:"In this state." maxLength:"40"`
	InFlight bool   `query:"in_flight" doc:"Submitted, and not over."`
	Turn     string `query:"turn" doc:"Whose turn it is." enum:"author,reviewers,leadership,nobody"`
	Overdue  bool   `query:"overdue" doc:"The date of the turn has passed."`
	Mine     string `query:"mine" doc:"Those that you write, or review." enum:"author,reviewer"`
	Sort     string `query:"sort" doc:"A minus turns the order round. turn_since wants in_flight=true or a state." enum:"id,-id,turn_since,-turn_since" default:"-id"`
}) (*list[ProposalLine], error) {
	f := workflow.ListFilter{State: in.State, InFlight: in.InFlight, Turn: in.Turn, Overdue: in.Overdue, As: in.Mine, Order: in.Sort, Limit: in.Limit}
	if err := in.from(ctx, &f.After); err != nil {
		return nil, err
	}
	rows, next, err := s.Workflow.List(ctx, who.Actor, f)
	if err != nil {
		return nil, inQuery(err)
	}
	items := make([]ProposalLine, len(rows))
	for i, r := range rows {
		items[i] = lineOf(r)
	}
	return pageOf(ctx, s, items, next)
}

// inQuery says of a refusal's fields that they are parameters of the query.
func inQuery(err error) error {
	for i, r := range fault.ReasonsOf(err) {
		if r.Field != "" {
			fault.ReasonsOf(err)[i].Field = "query." + r.Field
		}
	}
	return err
}

// proposalAnswer is a proposal with its entity tag.
type proposalAnswer struct {
	ETag string `header:"ETag" doc:"What acts on the proposal take as If-Match."`
	Body Proposal
}

func (s *Server) getProposal(ctx context.Context, who caller, in *OnProposal) (*proposalAnswer, error) {
	return s.proposal(ctx, who, in.Proposal)
}

// proposal reads a proposal as it is now, after an act too. Who acted in such a
// way that they may no longer see it gets nothing but its absence.
func (s *Server) proposal(ctx context.Context, who caller, id int64) (*proposalAnswer, error) {
	c, err := s.Workflow.Load(ctx, s.Workflow.DB, id, workflow.Actor{Person: who.ID})
	if err != nil {
		return nil, err
	}
	return &proposalAnswer{ETag: tagOf(c), Body: s.proposalOf(c)}, nil
}

func turnOf(c *workflow.Case) Turn {
	return Turn{c.Turn, c.TurnFor, texts(c.TurnNames()), c.TurnSince, utc(c.TurnDue), c.Overdue()}
}

func (s *Server) proposalOf(c *workflow.Case) Proposal {
	p := Proposal{ID: c.ID, Title: c.Title, State: c.State, StateName: workflow.StateName(c.Programme, c.State), Revision: c.Revision,
		Turn:    turnOf(c),
		Authors: []ProposalAuthor{}, Stages: []StageOfProposal{}, Digests: c.Digests, Programme: c.Programme.Version,
		SuggestedTitle: c.SuggestedTitle, CreatedAt: c.CreatedAt, SubmittedAt: utc(c.SubmittedAt), StateSince: c.StateSince,
		Seq: c.Seq, Head: c.Head, Page: s.address("/proposals/" + itoa(c.ID))}
	if p.Digests == nil {
		p.Digests = map[string]string{}
	}
	for _, a := range c.Authors {
		p.Authors = append(p.Authors, ProposalAuthor{Name: a.Name, Person: a.Person, Lead: a.Lead, Invited: a.Person == 0})
	}
	for _, r := range c.Rungs() {
		st := StageOfProposal{Key: r.Stage.Key, Name: r.Stage.Name, Status: r.Status, Needed: r.Stage.SignOffs, Missing: r.Missing,
			Parts: r.Stage.Parts, Reviewers: []string{}}
		for _, a := range r.Holders {
			st.Reviewers = append(st.Reviewers, a.Name)
		}
		p.Stages = append(p.Stages, st)
	}
	return p
}

// Act is something that concerns you on a proposal.
type Act struct {
	Act     string   `json:"act" doc:"Its name, as it stands in the history." example:"sign_off"`
	Allowed bool     `json:"allowed" doc:"It can be done now."`
	Reasons []Reason `json:"reasons" doc:"All that stands against it now."`
	Call    string   `json:"call" doc:"The operationId of the call that does it." example:"signOff"`
}

// callOf names the operation by which an act of the machine is done.
var callOf = map[string]string{
	programme.Submit: "submitProposal", programme.SignOff: "signOff", workflow.ActCarry: "signOff",
	programme.RequestChanges: "requestChanges", programme.Return: "returnProposal", programme.Override: "overrideStage",
	workflow.ActPermit: "overrideStage", programme.Reject: "rejectProposal", programme.Withdraw: "withdrawProposal",
	programme.Reopen: "reopenProposal", programme.Publish: "publishProposal", workflow.ActAccept: "acceptAssignment",
	workflow.ActDecline: "declineAssignment", workflow.ActAssign: "assignReviewer", workflow.ActConflict: "declareConflict",
	workflow.ActAcknowledge: "acknowledgeConflict",
}

type actsAnswer struct {
	ETag string `header:"ETag" doc:"What acts on the proposal take as If-Match."`
	Body struct {
		Seen Seen  `json:"seen" doc:"Where the proposal is: what acts take as seen."`
		Acts []Act `json:"acts"`
		Turn Turn  `json:"turn"`
		Mine bool  `json:"your_turn"`
	}
}

func (s *Server) listActs(ctx context.Context, who caller, in *OnProposal) (*actsAnswer, error) {
	c, err := s.Workflow.Load(ctx, s.Workflow.DB, in.Proposal, who.Actor)
	if err != nil {
		return nil, err
	}
	out := &actsAnswer{ETag: tagOf(c)}
	out.Body.Seen, out.Body.Turn, out.Body.Mine = Seen{c.State, c.Revision}, turnOf(c), c.MyTurn()
	out.Body.Acts = []Act{}
	for _, o := range c.Offers() {
		out.Body.Acts = append(out.Body.Acts, Act{Act: o.Act, Allowed: o.Allowed(), Reasons: reasonsOf(o.Reasons), Call: callOf[o.Act]})
	}
	return out, nil
}

func reasonsOf(reasons []fault.Reason) []Reason {
	out := make([]Reason, len(reasons))
	for i, r := range reasons {
		out[i] = Reason{Code: r.Code, Detail: r.Text, Field: r.Field}
	}
	return out
}

// HistoryEntry is one entry of a proposal's history.
type HistoryEntry struct {
	Seq      int            `json:"seq"`
	At       time.Time      `json:"at"`
	Event    string         `json:"event" example:"sign_off"`
	Actor    int64          `json:"actor,omitempty" doc:"Who acted; absent for the system itself."`
	Name     string         `json:"actor_name,omitempty"`
	From     string         `json:"from,omitempty" doc:"The state before."`
	To       string         `json:"to" doc:"The state after."`
	Revision int            `json:"revision"`
	Detail   map[string]any `json:"detail" doc:"Ids and digests."`
	Words    string         `json:"words,omitempty" doc:"The reason that was given."`
	Hash     string         `json:"hash"`
}

func entriesOf(list []workflow.Entry) []HistoryEntry {
	out := make([]HistoryEntry, len(list))
	for i, e := range list {
		out[i] = HistoryEntry{Seq: e.Seq, At: e.At, Event: e.Event, Actor: e.Actor, Name: e.ActorName, From: e.From, To: e.To,
			Revision: e.Revision, Detail: e.Detail, Words: e.Words, Hash: e.Hash}
	}
	return out
}

func (s *Server) getHistory(ctx context.Context, who caller, in *struct {
	OnProposal
	Paged
}) (*list[HistoryEntry], error) {
	after := 0
	if err := in.from(ctx, &after); err != nil {
		return nil, err
	}
	c, err := s.Workflow.Load(ctx, s.Workflow.DB, in.Proposal, who.Actor)
	if err != nil {
		return nil, err
	}
	entries, err := s.Workflow.HistoryPage(ctx, s.Workflow.DB, c.ID, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	if len(entries) > in.Limit {
		entries = entries[:in.Limit]
		return pageOf(ctx, s, entriesOf(entries), &entries[in.Limit-1].Seq)
	}
	return pageOf[HistoryEntry, int](ctx, s, entriesOf(entries), nil)
}
