package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/workflow"
)

var _ = register(area{
	tag:   "Change items",
	about: "What is asked of the authors, item by item: written by reviewers and leadership, answered by the authors, closed or reopened by those who asked.",
	add: func(s *Server, api huma.API) {
		settle := slices.Concat(toReview, toLead)
		add(s, api, operation{ID: "listDraftItems", Method: http.MethodGet, Path: "/proposals/{proposal}/change-items", Scopes: toRead,
			Summary: "The items that you have written and not sent", About: "What was sent is in the change requests."}, s.listDraftItems)
		add(s, api, operation{ID: "draftItem", Method: http.MethodPost, Path: "/proposals/{proposal}/change-items", Scopes: settle, Status: http.StatusCreated, Refuses: true,
			Summary: "Begin an item", About: "Complete or not; it is yours alone until you request changes with it."}, s.draftItem)
		add(s, api, operation{ID: "getItem", Method: http.MethodGet, Path: "/change-items/{item}", Scopes: toRead,
			Summary: "One item", About: "A draft is its writer's alone. Its ETag is what changes of it take as If-Match."}, s.getItem)
		add(s, api, operation{ID: "saveItem", Method: http.MethodPatch, Path: "/change-items/{item}", Scopes: settle, Conditional: true,
			Summary: "Change a draft item", About: "What is absent stays as you saw it."}, s.saveItem)
		add(s, api, operation{ID: "deleteItem", Method: http.MethodDelete, Path: "/change-items/{item}", Scopes: settle, Refuses: true,
			Summary: "Delete a draft item"}, s.deleteItem)
		add(s, api, operation{ID: "answerItem", Method: http.MethodPut, Path: "/change-items/{item}/answer", Scopes: toPropose, Conditional: true,
			Summary: "Answer an item", About: "By any author, while changes are requested: done, or not agreed and why. Words without a choice are kept for the authors, half-written."}, s.answerItem)
		add(s, api, operation{ID: "closeItem", Method: http.MethodPost, Path: "/change-items/{item}/closings", Scopes: settle, Conditional: true,
			Summary: "Close an answered item", About: "By the one who asked, by their successor at that stage, or by leadership with a reason."},
			s.settleItem((*reviews.Service).CloseItem))
		add(s, api, operation{ID: "reopenItem", Method: http.MethodPost, Path: "/change-items/{item}/reopenings", Scopes: settle, Conditional: true,
			Summary: "Reopen an answered or closed item", About: "By those who may close it, with words that say what is still missing. The authors are told."},
			s.settleItem((*reviews.Service).ReopenItem))
	},
})

// OnItem is the path of what is about one item.
type OnItem struct {
	Item int64 `path:"item" minimum:"1" doc:"The item's number."`
}

// ChangeItem is one thing that is asked of the authors. Of a draft there is what
// was written, and what is missing.
type ChangeItem struct {
	ID         int64      `json:"id"`
	Proposal   int64      `json:"proposal"`
	Version    int        `json:"version" doc:"What a change of it takes as version."`
	State      string     `json:"state" enum:"draft,open,done,not_agreed,closed"`
	Criterion  string     `json:"criterion" doc:"The key of the criterion that it is about. Of none in particular: general in a draft, where empty is not chosen yet, and empty once sent."`
	About      string     `json:"criterion_text,omitempty" doc:"That criterion in words, once sent."`
	Place      string     `json:"place" doc:"Where in the module."`
	Words      string     `json:"words" doc:"What should change, and why."`
	Missing    []Reason   `json:"missing" doc:"Of a draft: what it needs before it can be sent."`
	Stage      string     `json:"stage,omitempty" doc:"The stage that asked."`
	Revision   int        `json:"revision,omitempty" doc:"About which it was asked."`
	AskedBy    string     `json:"asked_by,omitempty" doc:"A name."`
	AskedAt    *time.Time `json:"asked_at,omitempty"`
	Mine       bool       `json:"mine" doc:"You asked."`
	Answer     string     `json:"answer,omitempty" doc:"The authors' words; theirs alone until they choose done or not_agreed."`
	AnsweredBy string     `json:"answered_by,omitempty" doc:"A name."`
	AnsweredAt *time.Time `json:"answered_at,omitempty"`
	ClosedBy   string     `json:"closed_by,omitempty" doc:"A name."`
	ClosedAt   *time.Time `json:"closed_at,omitempty"`
	Reason     string     `json:"close_reason,omitempty"`
	Reopenings []Said     `json:"reopenings" doc:"Each time it was reopened, the oldest first."`
	Answerable bool       `json:"answerable" doc:"You may answer it now."`
	Acts       []Settling `json:"acts" doc:"Closing and reopening it, as far as they concern you."`
}

// Said is what somebody said when.
type Said struct {
	At    time.Time `json:"at"`
	By    string    `json:"by" doc:"A name."`
	Words string    `json:"words"`
}

// Settling is closing or reopening an item, with all that stands against it now.
type Settling struct {
	Act
	WithReason bool `json:"reason_needed" doc:"It takes a reason of yours."`
}

func itemOf(i reviews.Item) ChangeItem {
	out := ChangeItem{ID: i.ID, Proposal: i.Proposal, Version: i.Version, State: i.State, Criterion: i.About, About: i.Criterion, Place: i.Place, Words: i.Words,
		Missing: reasonsOf(renamed(i.Missing, fieldsOf(i.ID))), Stage: i.Stage, Revision: i.Revision, AskedBy: i.AskedBy, Mine: i.Mine, Answer: i.Answer, AnsweredBy: i.AnsweredBy,
		AnsweredAt: utc(i.AnsweredAt), ClosedBy: i.ClosedBy, ClosedAt: utc(i.ClosedAt), Reason: i.Reason, Reopenings: []Said{}, Answerable: i.Answerable, Acts: []Settling{}}
	if !i.AskedAt.IsZero() {
		out.AskedAt = &i.AskedAt
	}
	for _, r := range i.Reopenings {
		out.Reopenings = append(out.Reopenings, Said(r))
	}
	for _, a := range []struct {
		name, call string
		reviews.Act
	}{{reviews.EventClosed, "closeItem", i.Close}, {reviews.EventReopened, "reopenItem", i.Reopen}} {
		if a.Offered {
			out.Acts = append(out.Acts, Settling{Act{a.name, a.Allowed(), reasonsOf(a.Reasons), a.call}, a.WithReason})
		}
	}
	return out
}

func draftsOf(proposal int64, drafts []reviews.Draft) []ChangeItem {
	out := make([]ChangeItem, len(drafts))
	for i, d := range drafts {
		out[i] = itemOf(d.Item(proposal))
	}
	return out
}

// fieldsOf are the properties by which an operation on an item takes what the
// services call item-7-place and the like; the item is 0 before it is made.
func fieldsOf(item int64) map[string]string {
	names := map[string]string{}
	for _, part := range []string{"criterion", "place", "words", "choice", "answer", "reason"} {
		names[reviews.ItemField(item, part)] = part
	}
	return names
}

func (s *Server) listDraftItems(ctx context.Context, who caller, in *OnProposal) (*list[ChangeItem], error) {
	c, err := s.Workflow.Load(ctx, s.Workflow.DB, in.Proposal, who.Actor)
	if err != nil {
		return nil, err
	}
	drafts, err := s.Reviews.Drafts(ctx, c)
	if err != nil {
		return nil, err
	}
	return pageOf[ChangeItem, int](ctx, s, draftsOf(c.ID, drafts), nil)
}

type itemAnswer struct {
	ETag string `header:"ETag" doc:"What changes of the item take as If-Match."`
	Body ChangeItem
}

// item reads an item as it is now, after an act too.
func (s *Server) item(ctx context.Context, who caller, id int64) (*itemAnswer, error) {
	i, err := s.Reviews.Item(ctx, workflow.Actor{Person: who.ID}, id)
	if err != nil {
		return nil, err
	}
	return &itemAnswer{versionTag(i.Version), itemOf(i)}, nil
}

type madeItem struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag" doc:"What changes of the item take as If-Match."`
	Body     ChangeItem
}

func (s *Server) draftItem(ctx context.Context, who caller, in *struct {
	OnProposal
	Body struct {
		Criterion string `json:"criterion,omitempty" doc:"The key of a criterion of the stage's rubric, or general." maxLength:"100"`
		Place     string `json:"place,omitempty" doc:"Where in the module it is." maxLength:"2000"`
		Words     string `json:"words,omitempty" doc:"What should change, and why." maxLength:"20000"`
	}
}) (*madeItem, error) {
	id, _, err := s.Reviews.DraftItem(ctx, who.Actor, in.Proposal, reviews.Ask(in.Body))
	if err != nil {
		return nil, inBody(err, fieldsOf(0))
	}
	made, err := s.item(ctx, who, id)
	if err != nil {
		return nil, err
	}
	return &madeItem{s.address(Prefix + "/change-items/" + itoa(id)), made.ETag, made.Body}, nil
}

func (s *Server) getItem(ctx context.Context, who caller, in *OnItem) (*itemAnswer, error) {
	return s.item(ctx, who, in.Item)
}

func (s *Server) saveItem(ctx context.Context, who caller, in *struct {
	OnItem
	Written
	Body struct {
		Version   *int    `json:"version,omitempty" doc:"The version that you saw." minimum:"0" maximum:"2147483647"`
		Criterion *string `json:"criterion,omitempty" maxLength:"100"`
		Place     *string `json:"place,omitempty" maxLength:"2000"`
		Words     *string `json:"words,omitempty" maxLength:"20000"`
	}
}) (*itemAnswer, error) {
	version, err := in.needed(in.Body.Version)
	if err != nil {
		return nil, err
	}
	// What is kept is of the version that is written over, or the save is refused.
	now, err := s.Reviews.Item(ctx, who.Actor, in.Item)
	if err != nil {
		return nil, err
	}
	ask := reviews.Ask{Criterion: or(in.Body.Criterion, now.About), Place: or(in.Body.Place, now.Place), Words: or(in.Body.Words, now.Words)}
	if _, err := s.Reviews.SaveItem(ctx, who.Actor, in.Item, version, ask); err != nil {
		return nil, inBody(err, fieldsOf(in.Item))
	}
	return s.item(ctx, who, in.Item)
}

// or is what was sent, or what there is where nothing was.
func or(sent *string, now string) string {
	if sent == nil {
		return now
	}
	return *sent
}

func (s *Server) deleteItem(ctx context.Context, who caller, in *OnItem) (*struct{}, error) {
	return nil, s.Reviews.DeleteItem(ctx, who.Actor, in.Item)
}

func (s *Server) answerItem(ctx context.Context, who caller, in *struct {
	OnItem
	Written
	Body struct {
		Version *int   `json:"version,omitempty" doc:"The version that you saw." minimum:"0" maximum:"2147483647"`
		Choice  string `json:"choice,omitempty" doc:"done or not_agreed; empty or absent: the words alone are saved, and a choice made before stands." maxLength:"20"`
		Answer  string `json:"answer,omitempty" doc:"The words. Not agreeing needs some." maxLength:"20000"`
	}
}) (*itemAnswer, error) {
	version, err := in.needed(in.Body.Version)
	if err != nil {
		return nil, err
	}
	if _, err := s.Reviews.AnswerItem(ctx, who.Actor, in.Item, version, in.Body.Choice, in.Body.Answer); err != nil {
		return nil, inBody(err, fieldsOf(in.Item))
	}
	return s.item(ctx, who, in.Item)
}

// settlement closes or reopens an item.
type settlement struct {
	OnItem
	Written
	Body struct {
		Version *int   `json:"version,omitempty" doc:"The version that you saw." minimum:"0" maximum:"2147483647"`
		Reason  string `json:"reason,omitempty" doc:"Reopening always takes one, closing where somebody else asked." maxLength:"20000"`
	}
}

func (s *Server) settleItem(do func(*reviews.Service, context.Context, workflow.Actor, int64, int, string) error) func(context.Context, caller, *settlement) (*itemAnswer, error) {
	return func(ctx context.Context, who caller, in *settlement) (*itemAnswer, error) {
		version, err := in.needed(in.Body.Version)
		if err != nil {
			return nil, err
		}
		if err := do(s.Reviews, ctx, who.Actor, in.Item, version, in.Body.Reason); err != nil {
			return nil, inBody(err, fieldsOf(in.Item))
		}
		return s.item(ctx, who, in.Item)
	}
}
