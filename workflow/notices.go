package workflow

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/leadership-ladder/rung/workflow/programme"
)

// The kinds of notice. An ask is dropped when what it asks for is no longer
// true; news is dated and always sent.
const (
	NoticeReview     = "review_offered"    // ask, to the reviewer
	NoticeResumed    = "review_resumed"    // ask, to the reviewer: the proposal is back
	NoticeChoose     = "choose_reviewers"  // ask, to leadership
	NoticeNobody     = "nobody_eligible"   // ask, to leadership
	NoticePublish    = "publish"           // ask, to leadership
	NoticeClosing    = "close_items"       // ask, to leadership
	NoticeNameLead   = "name_lead"         // ask, to leadership
	NoticeConflict   = "conflict_declared" // ask, to leadership: after publishing
	NoticeInvited    = "author_invited"    // ask, to the co-author
	NoticeLead       = "lead_named"        // ask, to the lead author: the proposal is theirs to lead
	NoticeTaken      = "review_taken"      // news, to the reviewer
	NoticePaused     = "review_paused"     // news, to the reviewer
	NoticeState      = "state_changed"     // news, to the authors
	NoticeChanges    = "changes_requested" // news, to the authors, with the words
	NoticeReopened   = "item_reopened"     // news, to the authors, with the words
	NoticeFinal      = "final_reached"     // news, to leadership
	NoticeMailFailed = "mail_failed"       // news, to leadership
	NoticeDetails    = "details_set"       // news, to the authors: published details changed
)

// Notice asks for one mail.
type Notice struct {
	Kind     string
	ToPerson int64
	ToEmail  string // where there is no person yet
	Ref      int64  // an item, an outbox row: as the kind needs it
}

// Mail is the payload of an outbox row of kind "mail".
type Mail struct {
	Notice   string `json:"notice"`
	ToPerson int64  `json:"to_person"`
	ToEmail  string `json:"to_email"`
	Proposal int64  `json:"proposal"`
	Seq      int    `json:"seq"` // of the history entry that it is about
	Ref      int64  `json:"ref"`
}

type queued struct {
	Notice
	entry int // index of its history entry in the plan
}

type queuedRow struct {
	Key     string          `json:"key"`
	Payload json.RawMessage `json:"payload"`
	At      time.Time       `json:"at"`
}

// row makes the outbox row; its key is unique for the person, the notice and
// the entry, so that no mail is queued twice.
func (q queued) row(c *Case, firstSeq int) (queuedRow, error) {
	m := Mail{Notice: q.Kind, ToPerson: q.ToPerson, ToEmail: q.ToEmail, Proposal: c.ID, Seq: firstSeq + q.entry, Ref: q.Ref}
	payload, err := json.Marshal(m)
	if err != nil {
		return queuedRow{}, fmt.Errorf("queueing a mail about proposal %d: %w", c.ID, err)
	}
	to := q.ToEmail
	if q.ToPerson != 0 {
		to = fmt.Sprint(q.ToPerson)
	}
	key := fmt.Sprintf("mail:%d:%d:%s:%d:%s", c.ID, m.Seq, q.Kind, q.Ref, to)
	if q.Kind == NoticeInvited { // once a day, however often somebody is removed and invited again
		key = fmt.Sprintf("mail:%d:%s:%s:%s", c.ID, c.now.Format(time.DateOnly), q.Kind, to)
	}
	return queuedRow{Key: key, Payload: payload, At: c.now}, nil
}

// notice queues a mail about the plan's last entry: one to a person an act, the
// first that is queued, and never to the person who acts.
func (p *plan) notice(c *Case, n Notice) {
	who := n.ToEmail
	if n.ToPerson != 0 {
		who = fmt.Sprint(n.ToPerson)
	}
	if who == "" || p.told[who] || n.ToPerson != 0 && n.ToPerson == c.Actor.ID {
		return
	}
	p.told[who] = true
	p.mail = append(p.mail, queued{n, len(p.entries) - 1})
}

// tell queues the mails that follow from what an act changed. What asks comes
// before what only tells, since everybody gets one.
func (c *Case) tell(before *Case, p *plan) {
	moved := c.State != before.State || c.Revision != before.Revision
	e := p.last()
	resumed, _ := e.detail["resumed"].([]int64)
	for _, a := range c.Assignments {
		switch {
		case a.isNew && a.Open():
			p.notice(c, Notice{Kind: NoticeReview, ToPerson: a.Person})
		case a.changed && a.Open() && slices.Contains(resumed, a.Person):
			p.notice(c, Notice{Kind: NoticeResumed, ToPerson: a.Person})
		}
	}
	if c.Turn == TurnLeadership && (before.Turn != c.Turn || before.TurnFor != c.TurnFor || moved) {
		kind := map[string]string{ForChoosing: NoticeChoose, ForNobody: NoticeNobody, ForPublish: NoticePublish,
			ForClosing: NoticeClosing, ForLead: NoticeNameLead, ForConflict: NoticeConflict}[c.TurnFor]
		c.tellLeadership(p, kind)
	}
	for _, a := range c.Assignments {
		switch {
		case a.changed && a.State == Replaced,
			// Who was told that it pauses hears that it is over.
			a.State == Suspended && moved && (c.State == programme.Rejected || c.State == programme.Withdrawn):
			p.notice(c, Notice{Kind: NoticeTaken, ToPerson: a.Person})
		case a.changed && a.State == Suspended && before.State != c.State:
			p.notice(c, Notice{Kind: NoticePaused, ToPerson: a.Person})
		}
	}
	if lead, ok := c.Lead(); ok && c.Turn == TurnAuthor && before.TurnFor == ForLead {
		p.notice(c, Notice{Kind: NoticeLead, ToPerson: lead.Person})
	}
	if c.State != before.State {
		kind := NoticeState
		if e.event == programme.RequestChanges || e.event == programme.Return && c.State == programme.ChangesRequested {
			kind = NoticeChanges
		}
		for _, n := range c.ToAuthors(kind, 0) {
			p.notice(c, n)
		}
		if st, ok := c.Stage(); ok && c.Programme.StageIndex(st.Key) == len(c.Programme.Stages)-1 {
			c.tellLeadership(p, NoticeFinal)
		}
	}
}

// ToAuthors is a notice to each author who can read it: an invited one by their
// address, none to a deactivated one.
func (c *Case) ToAuthors(kind string, ref int64) []Notice {
	var notices []Notice
	for _, a := range c.Authors {
		switch {
		case a.Person == 0:
			notices = append(notices, Notice{Kind: kind, ToEmail: a.Email, Ref: ref})
		case a.Active:
			notices = append(notices, Notice{Kind: kind, ToPerson: a.Person, Ref: ref})
		}
	}
	return notices
}

// tellLeadership tells those of leadership who may act on the proposal.
func (c *Case) tellLeadership(p *plan, kind string) {
	for _, id := range c.leaders {
		if !c.IsAuthor(id) && !c.IsConflicted(id) {
			p.notice(c, Notice{Kind: kind, ToPerson: id})
		}
	}
}
