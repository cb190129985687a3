package workflow

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Letter is what one mail says. Path is relative to Rung's own address.
type Letter struct {
	ToName, ToEmail string
	Subject         string
	Heading         string
	Paragraphs      []string
	Quotes          []Quote
	Action, Path    string
	Why             string
	Thread          string
	Head            string    // hex of the history entry that it is about
	At              time.Time // when what it tells of happened
}

// Quote is somebody's words, unchanged.
type Quote struct{ Label, Text string }

// letterSQL reads what a mail says. The review that it is about is the one that
// the person had when it was queued: a later one has a mail of its own.
const letterSQL = `
select h.at, h.event, h.to_state, h.revision, encode(h.hash, 'hex') as hash, h.programme,
  coalesce(ac.name, '') as actor_name, coalesce(re.words, '') as words,
  coalesce(rv.title, d.title, '') as title, p.state, p.turn, p.turn_for,
  coalesce(pe.name, au.name, '') as to_name, coalesce(pe.email, $4) as to_email,
  coalesce(pe.deactivated_at is null, true) as active, pe.id is not null as known, au.email is not null as author, coalesce(au.is_lead, false) as lead,
  exists (select from conflicts c where c.proposal_id = p.id and c.person_id = pe.id) as conflicted,
  coalesce((select r.role from roles r where r.person_id = $3 and r.role = 'leadership'), '') as leadership,
  asked.id as assignment, asked.stage as assignment_stage, asked.state as assignment_state, asked.due_at,
  coalesce(asked.words, '') as assignment_words,
  coalesce((select json_agg(json_build_object('criterion', i.criterion, 'place', i.place, 'words', i.words, 'stage', i.stage) order by i.id)
            from change_items i where i.proposal_id = h.proposal_id and i.request = h.seq), '[]') as items,
  (select json_build_object('criterion', i.criterion, 'place', i.place, 'words', i.words, 'stage', i.stage)
   from change_items i where i.id = $5 and i.proposal_id = h.proposal_id) as item,
  (select coalesce(o.last_error, '') from outbox o where o.id = $5 and o.proposal_id = h.proposal_id) as failure,
  (select count(*) from outbox o where $4 <> '' and o.proposal_id = h.proposal_id and o.payload ->> 'to_email' = $4
   and cast(o.payload ->> 'seq' as bigint) < h.seq and o.created_at > h.at - interval '24 hours') as earlier
from history h join proposals p on p.id = h.proposal_id
left join people ac on ac.id = h.actor
left join remarks re on re.proposal_id = h.proposal_id and re.seq = h.seq
left join revisions rv on rv.proposal_id = p.id and rv.number = p.revision
left join drafts d on d.proposal_id = p.id
left join people pe on pe.id = $3 or ($3 = 0 and pe.email = $4)
left join authors au on au.proposal_id = p.id and au.email = coalesce(pe.email, $4)
left join lateral (select a.id, a.stage, a.state, a.due_at, a.words from assignments a
  where a.proposal_id = p.id and a.person_id = pe.id and a.offered_at <= h.at order by a.id desc limit 1) asked on true
where h.proposal_id = $1 and h.seq = $2`

type letterRow struct {
	At         time.Time
	Event      string
	ToState    string `db:"to_state"`
	Revision   int
	Hash       string
	Programme  string
	ActorName  string `db:"actor_name"`
	Words      string
	Title      string
	State      string
	Turn       string
	TurnFor    string `db:"turn_for"`
	ToName     string `db:"to_name"`
	ToEmail    string `db:"to_email"`
	Active     bool
	Known      bool // has signed in, or was added: not just an address that somebody typed
	Author     bool
	Lead       bool
	Conflicted bool
	Leadership string
	Assignment *int64
	Stage      *string    `db:"assignment_stage"`
	Asked      *string    `db:"assignment_state"`
	Due        *time.Time `db:"due_at"`
	Declined   string     `db:"assignment_words"`
	Items      []byte
	Item       []byte
	Failure    *string
	Earlier    int // mails about the proposal that were queued for the same typed address in the day before
}

type itemWords struct{ Criterion, Place, Words, Stage string }

// Letter tells what a queued mail says now, and whether it still holds: an ask
// is dropped, with the reason why, when what it asks for is no longer true.
// Nobody without an active account is written to.
func (s *Service) Letter(ctx context.Context, q postgres.Queryer, m Mail) (l Letter, holds bool, why string, err error) {
	var r letterRow
	err = q.GetContext(ctx, &r, letterSQL, m.Proposal, m.Seq, m.ToPerson, m.ToEmail, m.Ref)
	if errors.Is(err, sql.ErrNoRows) {
		return Letter{}, false, "there is no such proposal", nil
	}
	if err != nil {
		return Letter{}, false, "", fmt.Errorf("reading what a mail says: %w", err)
	}
	p, err := s.Programme(ctx, q, r.Programme)
	if err != nil {
		return Letter{}, false, "", err
	}
	if !r.Active {
		return Letter{}, false, "the account is deactivated", nil
	}
	if why := r.noLonger(m); why != "" {
		return Letter{}, false, why, nil
	}
	if !r.Known && r.Earlier >= strangersMails {
		return Letter{}, false, "an address that never signed in gets no more about it today", nil
	}
	l, err = r.letter(p, m, s.zone())
	return l, err == nil, "", err
}

// noLonger says why an ask is no longer true; "" for one that is, and for news.
func (r letterRow) noLonger(m Mail) string {
	leadershipAsks := map[string]string{NoticeChoose: ForChoosing, NoticeNobody: ForNobody, NoticePublish: ForPublish,
		NoticeClosing: ForClosing, NoticeNameLead: ForLead, NoticeConflict: ForConflict}
	if want, ok := leadershipAsks[m.Notice]; ok {
		switch {
		case r.Leadership == "":
			return "not in the leadership team any more"
		case r.Author || r.Conflicted:
			return "not theirs to decide any more"
		case r.Turn != TurnLeadership || r.TurnFor != want:
			return "somebody has done it already"
		}
		return ""
	}
	switch m.Notice {
	case NoticeReview, NoticeResumed:
		switch {
		case r.Assignment == nil || *r.Stage != r.State:
			return "the proposal is no longer at this stage"
		case *r.Asked == Offered, m.Notice == NoticeResumed && *r.Asked == Accepted:
			return ""
		}
		return "the review is " + *r.Asked + " by now"
	case NoticeInvited, NoticeLead:
		switch {
		case !r.Author:
			return "not an author any more"
		case m.Notice == NoticeLead && !r.Lead:
			return "not the lead author any more"
		}
	}
	return ""
}

// subjectTitle is how much of a title stands in a subject, in characters: a
// subject has room for 200, and ends with what is asked.
const subjectTitle = 120

func titleForSubject(title string) string {
	if runes := []rune(title); len(runes) > subjectTitle {
		return string(runes[:subjectTitle-1]) + "…"
	}
	return title
}

func (r letterRow) letter(p *programme.Programme, m Mail, zone *time.Location) (Letter, error) {
	title := r.Title
	if title == "" {
		title = "Untitled proposal"
	}
	if !r.Known {
		title = titleForStrangers(title)
	}
	l := Letter{ToName: r.ToName, ToEmail: r.ToEmail, Thread: fmt.Sprintf("proposal-%d", m.Proposal), Head: r.Hash, At: r.At.UTC(),
		Path: fmt.Sprintf("/proposals/%d", m.Proposal), Action: "Open the proposal"}
	say := func(asked, heading string, paragraphs ...string) {
		l.Subject, l.Heading, l.Paragraphs = titleForSubject(title)+": "+asked, heading, paragraphs
	}
	stage := func() string {
		if r.Stage == nil {
			return ""
		}
		st, _ := p.Stage(*r.Stage)
		return strings.ToLower(st.Name)
	}
	actor := r.ActorName
	switch {
	case !r.Known:
		actor = "Somebody in the programme" // the title is the only free text that a stranger's address gets
		if m.Notice == NoticeInvited {
			actor = "An author"
		}
	case actor == "":
		actor = "Rung"
	}
	switch m.Notice {
	case NoticeReview, NoticeResumed:
		by := ""
		if r.Due != nil {
			by = r.Due.In(zone).Format("2 January 2006")
		}
		if m.Notice == NoticeReview {
			say("please review by "+by, "You are asked for the "+stage(),
				fmt.Sprintf("“%s” waits for its %s. Please review it by %s. If you can't, decline it on its page, and the next person is asked.", title, stage(), by))
		} else {
			say("back for your review by "+by, "A proposal is back with you",
				fmt.Sprintf("“%s” is back, as revision %d. Your %s resumes where you left it; please finish it by %s.", title, r.Revision, stage(), by))
		}
		l.Path, l.Action = fmt.Sprintf("/reviews/%d", *r.Assignment), "Open the review"
		l.Why = "You get this because you are asked to review this proposal."
	case NoticeTaken:
		say("your review is no longer needed", "A review was taken off your list",
			fmt.Sprintf("You don't have to review “%s” any more. It is %s now.", title, StateName(p, r.ToState)))
		if r.Declined != "" {
			l.Paragraphs = append(l.Paragraphs, "Reason: "+strings.TrimSuffix(r.Declined, ".")+".")
		}
		l.Path, l.Action = "/my-work", "Open your work"
		l.Why = "You get this because you were asked to review this proposal."
	case NoticePaused:
		say("your review is paused", "A review is paused",
			fmt.Sprintf("“%s” is %s now, so your review waits. What you have written is kept, and you will hear when it resumes.", title, StateName(p, r.ToState)))
		l.Why = "You get this because you are reviewing this proposal."
	case NoticeState:
		say("now "+StateName(p, r.ToState), "Your proposal is now "+StateName(p, r.ToState),
			fmt.Sprintf("%s moved “%s” on: it is %s now.", actor, title, StateName(p, r.ToState)))
		if r.ToState == programme.Approved {
			l.Paragraphs = append(l.Paragraphs, "The leadership team publishes it next.")
		}
		l.Why = "You get this because you are an author of this proposal."
	case NoticeChanges:
		say("changes requested", "Changes are requested",
			fmt.Sprintf("%s asks for changes to “%s”. Answer each item, done or not agreed and why, and then resubmit.", actor, title))
		l.Path, l.Action = fmt.Sprintf("/proposals/%d/answers", m.Proposal), "Answer the change request"
		l.Why = "You get this because you are an author of this proposal."
		var items []itemWords
		if err := json.Unmarshal(r.Items, &items); err != nil {
			return Letter{}, fmt.Errorf("reading the words of a change request: %w", err)
		}
		for i, item := range items {
			l.Quotes = append(l.Quotes, item.quote(p, fmt.Sprintf("Item %d", i+1)))
		}
	case NoticeReopened:
		say("an item is open again", "An item of a change request is open again",
			fmt.Sprintf("%s has reopened an item of the change request for “%s”.", actor, title))
		if r.Item != nil {
			var item itemWords
			if err := json.Unmarshal(r.Item, &item); err != nil {
				return Letter{}, fmt.Errorf("reading the words of an item: %w", err)
			}
			l.Quotes = append(l.Quotes, item.quote(p, "Item"))
		}
		l.Why = "You get this because you are an author of this proposal."
	case NoticeInvited:
		say("you are invited as an author", "You are invited to write a module",
			fmt.Sprintf("%s names you as an author of “%s” for the %s. Sign in with this address to read and edit it. If this is a mistake, ignore this mail or tell %s.", actor, title, p.Name, actor))
		l.Why = "You get this because an author of this proposal entered your address."
	case NoticeChoose:
		say("please choose reviewers", "A proposal waits for its reviewers",
			fmt.Sprintf("“%s” is %s, and the leadership team chooses who reviews it.", title, StateName(p, r.State)))
		l.Path, l.Action = fmt.Sprintf("/proposals/%d/assign", m.Proposal), "Choose reviewers"
	case NoticeNobody:
		say("nobody is left to review it", "Nobody is left who may review a proposal",
			fmt.Sprintf("“%s” is %s, and nobody who holds the role is left who is independent of it. Whoever an administrator gives the role is asked at once; or decide on an exception.", title, StateName(p, r.State)))
		l.Path, l.Action = fmt.Sprintf("/proposals/%d/assign", m.Proposal), "See who there is"
	case NoticePublish:
		say("approved, please publish", "A proposal is ready to be published",
			fmt.Sprintf("“%s” is signed off at every stage. Complete its publication details and publish it.", title))
		l.Path, l.Action = fmt.Sprintf("/proposals/%d/publish", m.Proposal), "Publish it"
	case NoticeClosing:
		say("please look at the answers", "Answers wait for the leadership team",
			fmt.Sprintf("The authors of “%s” have answered items that the leadership team asked for. Close each, or reopen it.", title))
	case NoticeNameLead:
		say("please name another lead author", "A proposal has lost its lead author",
			fmt.Sprintf("The account of the lead author of “%s” is deactivated while the proposal waits for its authors. Name another of them as the lead.", title))
	case NoticeLead:
		say("you are its lead author", "You are the lead author of a proposal",
			fmt.Sprintf("You lead “%s” now: you submit it, and say who its authors are. It is %s.", title, StateName(p, r.State)))
		l.Why = "You get this because you are the lead author of this proposal."
	case NoticeConflict:
		say("a conflict was declared", "A conflict of interest was declared after publication",
			fmt.Sprintf("Somebody who signed “%s” off has declared a conflict of interest after it was published. Nothing has changed in the catalogue; decide what should.", title))
	case NoticeFinal:
		say("at its final stage", "A proposal has reached its final stage",
			fmt.Sprintf("“%s” is %s now.", title, StateName(p, r.ToState)))
	case NoticeMailFailed:
		say("a mail could not be delivered", "A mail could not be delivered",
			fmt.Sprintf("A mail about “%s” failed for good. Its page says which, and lets you send it again.", title))
		if r.Failure != nil && *r.Failure != "" {
			l.Quotes = append(l.Quotes, Quote{"The mail server said", *r.Failure})
		}
	case NoticeDetails:
		say("publication details changed", "The publication details have changed",
			fmt.Sprintf("%s has changed the publication details of “%s”.", actor, title))
		l.Why = "You get this because you are an author of this proposal."
	default:
		return Letter{}, fmt.Errorf("there is no notice %q", m.Notice)
	}
	if l.Why == "" {
		l.Why = "You get this because you are in the leadership team."
	}
	if r.Words != "" && m.Notice == NoticeState {
		l.Quotes = append(l.Quotes, Quote{"Reason", r.Words})
	}
	if !r.Known {
		l.ToName, l.Quotes = "", nil
	}
	return l, nil
}

func (i itemWords) quote(p *programme.Programme, label string) Quote {
	if st, ok := p.Stage(i.Stage); ok {
		if c, ok := st.Criterion(i.Criterion); ok {
			label += ": " + c.Text
		}
	}
	return Quote{Label: label + " (" + i.Place + ")", Text: i.Words}
}

// MailFailed tells leadership that a mail about a proposal failed for good, in
// the transaction that records the failure. The failure of such a mail itself
// tells nobody: it would go the same way.
func (s *Service) MailFailed(ctx context.Context, tx *sqlx.Tx, outbox int64, m Mail) error {
	if m.Notice == NoticeMailFailed || m.Proposal == 0 {
		return nil
	}
	_, err := s.act(ctx, tx, m.Proposal, System, func(c *Case, p *plan) error {
		e := p.begin(c, NoticeMailFailed, System, "")
		e.detail["outbox"] = outbox
		p.end(c, e)
		for _, id := range c.leaders {
			p.notice(c, Notice{Kind: NoticeMailFailed, ToPerson: id, Ref: outbox})
		}
		return nil
	})
	return err
}
