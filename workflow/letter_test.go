package workflow_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// queued are the mails about the proposal, as the outbox has them.
func (s *scene) queued() []workflow.Mail {
	s.t.Helper()
	var payloads []string
	s.must(s.db.Select(&payloads, `select cast(payload as text) from outbox where proposal_id = $1 order by id`, s.id))
	mails := make([]workflow.Mail, len(payloads))
	for i, p := range payloads {
		s.must(json.Unmarshal([]byte(p), &mails[i]))
	}
	return mails
}

// mail is the last one of a notice to somebody.
func (s *scene) mail(notice, kind string) workflow.Mail {
	s.t.Helper()
	for _, m := range slices.Backward(s.queued()) {
		if m.Notice == notice && (m.ToPerson == s.who[kind] && m.ToEmail == "" || m.ToEmail == kind) {
			return m
		}
	}
	s.t.Fatalf("no %s was queued for %s: %q", notice, kind, s.mails(s.id))
	return workflow.Mail{}
}

func (s *scene) letter(m workflow.Mail) workflow.Letter {
	s.t.Helper()
	l, holds, why, err := s.svc.Letter(s.ctx, s.db, m)
	s.must(err)
	if !holds {
		s.t.Fatalf("%s is dropped: %s", m.Notice, why)
	}
	return l
}

func (s *scene) dropped(m workflow.Mail) string {
	s.t.Helper()
	l, holds, why, err := s.svc.Letter(s.ctx, s.db, m)
	s.must(err)
	if holds || why == "" || l.Subject != "" {
		s.t.Errorf("%s still holds: %q", m.Notice, l.Subject)
	}
	return why
}

// allOf a letter's text.
func allOf(l workflow.Letter) string {
	parts := append([]string{l.ToName, l.Subject, l.Heading, l.Action, l.Why}, l.Paragraphs...)
	for _, q := range l.Quotes {
		parts = append(parts, q.Label, q.Text)
	}
	return strings.Join(parts, "\n")
}

// record queues a notice of another room.
func (s *scene) record(event, by string, n workflow.Notice) {
	s.t.Helper()
	s.must(s.tx(func(tx *sqlx.Tx) error {
		_, err := s.svc.Record(s.ctx, tx, workflow.Record{Proposal: s.id, Event: event, By: actor(s.who[by]), Notices: []workflow.Notice{n}})
		return err
	}))
}

func TestEveryNoticeIsALetter(t *testing.T) {
	toLead := func(kind string) func(*scene) workflow.Notice {
		return func(s *scene) workflow.Notice {
			return workflow.Notice{Kind: kind, ToPerson: s.who["lead"], Ref: s.item}
		}
	}
	for _, row := range []struct {
		notice, to string
		reach      func(*scene)
		record     func(*scene) workflow.Notice // where another room queues it
		path, says string
	}{
		{workflow.NoticeReview, "Edgar", toEducational, nil, "/reviews/", "asked for the educational review"},
		{workflow.NoticeResumed, "Edith", func(s *scene) { toAnswered2(s) }, nil, "/reviews/", "revision 2"},
		{workflow.NoticeChoose, "leadership", toChoosing, nil, "/proposals/1/assign", "chooses"},
		{workflow.NoticeNobody, "leadership", toShort, nil, "/proposals/1/assign", "independent"},
		{workflow.NoticePublish, "leadership", toApproved, nil, "/proposals/1/publish", "publish it"},
		{workflow.NoticeClosing, "Fay", toSecondRound, nil, "/proposals/1", "answered"},
		{workflow.NoticeNameLead, "leadership", func(s *scene) { toRequested(s); s.deactivate(0, s.who["lead"]) }, nil, "/proposals/1", "lead"},
		{workflow.NoticeLead, "co-author", func(s *scene) { toRequested(s); s.deactivate(0, s.who["lead"]); s.leads("co-author") }, nil, "/proposals/1", "You lead"},
		{workflow.NoticeConflict, "leadership", func(s *scene) { toPublished(s); s.conflicts("Tess") }, nil, "/proposals/1", "decide"},
		{workflow.NoticeTaken, "Tess", func(s *scene) { toTechnical(s); s.moves("leadership", programme.Override) }, nil, "/my-work", "Reason: no longer needed."},
		{workflow.NoticePaused, "Edgar", func(s *scene) { toHalfSigned(s); s.asks("leadership", programme.RequestChanges) }, nil, "/proposals/1", "waits"},
		{workflow.NoticeState, "lead", toRejected, nil, "/proposals/1", "So it was decided."},
		{workflow.NoticeChanges, "lead", toRequested, nil, "/proposals/1/answers", "Please explain."},
		{workflow.NoticeFinal, "leadership", toFinal, nil, "/proposals/1", "final"},
		{workflow.NoticeInvited, "lead", toTechnical, toLead(workflow.NoticeInvited), "/proposals/1", "invited"},
		{workflow.NoticeReopened, "lead", toRequested, toLead(workflow.NoticeReopened), "/proposals/1", "Please explain."},
		{workflow.NoticeDetails, "lead", toReady, toLead(workflow.NoticeDetails), "/proposals/1", "Lena"},
	} {
		t.Run(row.notice, func(t *testing.T) {
			t.Parallel()
			s := newScene(newRewindable(t))
			row.reach(s)
			if row.record != nil {
				s.record("told", "leadership", row.record(s))
			}
			m := s.mail(row.notice, row.to)
			l := s.letter(m)
			text := allOf(l)
			if !strings.HasPrefix(l.Subject, "Chairing a meeting: ") || l.Heading == "" || len(l.Paragraphs) == 0 || l.Action == "" || l.Why == "" ||
				l.Thread != "proposal-1" || len(l.Head) != 64 || l.At.IsZero() || l.ToEmail == "" || l.ToName == "" {
				t.Errorf("something is missing: %+v", l)
			}
			if !strings.HasPrefix(l.Path, row.path) || !strings.Contains(text, row.says) {
				t.Errorf("it leads to %s, and says %q; want %s and %q", l.Path, text, row.path, row.says)
			}
			s.exec(`update people set deactivated_at = $2 where id = $1`, s.who[row.to], s.clock.Now())
			if why := s.dropped(m); why != "the account is deactivated" {
				t.Errorf("to a deactivated person: %s", why)
			}
		})
	}
	s := newScene(newRewindable(t))
	toTechnical(s)
	if _, _, _, err := s.svc.Letter(s.ctx, s.db, workflow.Mail{Notice: "gossip", ToPerson: s.who["lead"], Proposal: s.id, Seq: 1}); err == nil {
		t.Error("a notice that nobody knows is a letter")
	}
	s.dropped(workflow.Mail{Notice: workflow.NoticeState, ToPerson: s.who["lead"], Proposal: s.id, Seq: 99})
}

// leads makes somebody the lead author, as authoring does.
func (s *scene) leads(kind string) {
	s.t.Helper()
	s.exec(`update authors set is_lead = false where proposal_id = $1 and is_lead`, s.id)
	s.exec(`update authors set is_lead = true where proposal_id = $1 and email = (select email from people where id = $2)`, s.id, s.who[kind])
	s.must(s.tx(func(tx *sqlx.Tx) error {
		_, err := s.svc.Record(s.ctx, tx, workflow.Record{Proposal: s.id, Event: "lead_named", By: actor(s.who["leadership"])})
		return err
	}))
}

func toAnswered2(s *scene) {
	toEducational(s)
	s.asks("Edgar", programme.RequestChanges)
	s.resolve(s.id, s.who["lead"], s.item, "done")
	s.submits(content{"p1", "t2", "l1"})
}

func TestAnAskIsDroppedWhenItIsNoLongerTrue(t *testing.T) {
	for _, row := range []struct {
		notice, to string
		reach      func(*scene)
		then       func(*scene)
		dropped    bool
	}{
		{workflow.NoticeReview, "Tess", toTechnical, func(s *scene) { s.signs("Tess") }, true},
		{workflow.NoticeReview, "Tess", toTechnical, func(s *scene) { s.accepts("Tess") }, true},
		{workflow.NoticeReview, "Tess", toTechnical, func(s *scene) { s.declines("Tess") }, true},
		{workflow.NoticeReview, "Tess", toTechnical, func(s *scene) { s.moves("lead", programme.Withdraw) }, true},
		{workflow.NoticeReview, "Edgar", toEducational, func(s *scene) { s.signs("Edith") }, false},
		{workflow.NoticeResumed, "Edith", toAnswered2, func(s *scene) {}, false}, // she had accepted
		{workflow.NoticeResumed, "Edith", toAnswered2, func(s *scene) { s.declines("Edith") }, true},
		{workflow.NoticeChoose, "leadership", toChoosing, func(s *scene) { s.moves("Fay", programme.Override) }, true},
		{workflow.NoticePublish, "leadership", toReady, func(s *scene) { s.moves("Fay", programme.Publish) }, true},
		{workflow.NoticePublish, "leadership", toReady, func(s *scene) { s.exec(`delete from roles where person_id = $1`, s.who["leadership"]) }, true},
		{workflow.NoticeClosing, "Fay", toSecondRound, func(s *scene) { s.resolve(s.id, s.who["leadership"], s.item, "closed") }, true},
		{workflow.NoticeNobody, "leadership", toShort, func(s *scene) { s.moves("Fay", programme.Reject) }, true},
		{workflow.NoticeNobody, "leadership", toShort, func(s *scene) { s.accepts("Edgar") }, false},
		{workflow.NoticeClosing, "Fay", toSecondRound, func(s *scene) { s.conflicts("Fay") }, true},
		{workflow.NoticeLead, "co-author", func(s *scene) { toRequested(s); s.deactivate(0, s.who["lead"]); s.leads("co-author") },
			func(s *scene) { s.leads("leadership, author") }, true},
		{workflow.NoticeState, "lead", toRejected, func(s *scene) { s.moves("Fay", programme.Reopen) }, false},
		{workflow.NoticeChanges, "lead", toRequested, func(s *scene) { s.moves("Fay", programme.Reject) }, false},
	} {
		t.Run(row.notice, func(t *testing.T) {
			t.Parallel()
			s := newScene(newRewindable(t))
			row.reach(s)
			m := s.mail(row.notice, row.to)
			s.letter(m)
			row.then(s)
			if row.dropped {
				s.dropped(m)
			} else {
				s.letter(m)
			}
		})
	}
}

// An address that somebody typed gets no free text but the title.
func TestAStrangersAddressGetsNoFreeTextButTheTitle(t *testing.T) {
	s := newScene(newRewindable(t))
	s.exec(`update people set name = 'BUY NOW' where id in ($1, $2)`, s.who["lead"], s.who["leadership"])
	s.exec(`insert into authors (proposal_id, email, position, name, added_at, added_by) values ($1, 'new@example.net', 9, 'CLICK HERE', $2, $3)`,
		s.id, s.clock.Now(), s.who["lead"])
	s.record("author_invited", "lead", workflow.Notice{Kind: workflow.NoticeInvited, ToEmail: "new@example.net"})
	invitation := s.mail(workflow.NoticeInvited, "new@example.net")
	toEducational(s)
	s.asks("leadership", programme.RequestChanges)
	request := s.mail(workflow.NoticeChanges, "new@example.net")
	s.moves("leadership", programme.Reject)
	rejection := s.mail(workflow.NoticeState, "new@example.net")
	if text := allOf(s.letter(request)); strings.Contains(text, "author asks") {
		t.Errorf("who asked isn't an author: %s", text)
	}
	for _, m := range []workflow.Mail{invitation, request, rejection} {
		text := allOf(s.letter(m))
		if !strings.Contains(text, "Chairing a meeting") {
			t.Errorf("%s doesn't name the module: %s", m.Notice, text)
		}
		for _, free := range []string{"BUY NOW", "CLICK HERE", "Please explain.", "slide 3", "So it was decided."} {
			if strings.Contains(text, free) {
				t.Errorf("%s says %q to a stranger", m.Notice, free)
			}
		}
	}
	s.exec(`alter table authors disable trigger authors_frozen`)
	s.exec(`delete from authors where email = 'new@example.net'`)
	s.dropped(invitation)
}

// Whoever may name anyone as an author must not get Rung to flood them, or to
// bring them a link.
func TestAStrangersAddressIsNotFlooded(t *testing.T) {
	s := newScene(newRewindable(t))
	s.exec(`insert into authors (proposal_id, email, position, name, added_at, added_by) values ($1, 'new@example.net', 9, 'N', $2, $3)`,
		s.id, s.clock.Now(), s.who["lead"])
	s.exec(`update drafts set title = 'Sign in at https://evil.example/nhs or www.evil.example, or evil.example?x' where proposal_id = $1`, s.id)
	s.record("author_invited", "lead", workflow.Notice{Kind: workflow.NoticeInvited, ToEmail: "new@example.net"})
	for range 3 {
		s.moves("lead", programme.Withdraw)
		s.moves("lead", programme.Reopen)
	}
	var mails []workflow.Mail
	for _, m := range s.queued() {
		if m.ToEmail == "new@example.net" {
			mails = append(mails, m)
		}
	}
	if len(mails) != 7 {
		t.Fatalf("%d mails are queued", len(mails))
	}
	for i, m := range mails {
		if i >= 5 {
			if why := s.dropped(m); !strings.Contains(why, "no more") {
				t.Errorf("mail %d is dropped: %s", i+1, why)
			}
			continue
		}
		text := allOf(s.letter(m))
		if !strings.Contains(text, "Sign in at … or …") || strings.Contains(text, "evil") {
			t.Errorf("%s says %q to a stranger", m.Notice, text)
		}
	}
	// Tomorrow is another day, and who has signed in is told everything.
	s.clock.Add(25 * time.Hour)
	s.moves("lead", programme.Withdraw)
	tomorrow := s.mail(workflow.NoticeState, "new@example.net")
	s.letter(tomorrow)
	s.exec(`insert into people (email, name, created_at) values ('new@example.net', 'N', $1)`, s.clock.Now())
	if text := allOf(s.letter(mails[6])); !strings.Contains(text, "https://evil.example/nhs") {
		t.Errorf("somebody who is known reads %q", text)
	}
}

func TestAMailThatFailsIsToldToLeadership(t *testing.T) {
	s := newScene(newRewindable(t))
	toTechnical(s)
	m := s.mail(workflow.NoticeReview, "Tess")
	var outbox int64
	s.must(s.db.Get(&outbox, `update outbox set state = 'failed', last_error = '550 no such user', finished_at = $2
		where proposal_id = $1 and payload ->> 'notice' = 'review_offered' returning id`, s.id, s.clock.Now()))
	fail := func(m workflow.Mail) {
		s.must(s.tx(func(tx *sqlx.Tx) error { return s.svc.MailFailed(s.ctx, tx, outbox, m) }))
	}
	fail(m)
	told := s.mail(workflow.NoticeMailFailed, "leadership")
	if text := allOf(s.letter(told)); !strings.Contains(text, "550 no such user") {
		t.Errorf("it says %q", text)
	}
	n := len(s.queued())
	fail(told) // its own failure tells nobody
	if after := len(s.queued()); after != n {
		t.Errorf("%d more mails about a mail about a failed mail", after-n)
	}
}

// Who was told that a review pauses, and that they will hear, hears that it is over.
func TestAPausedReviewerHearsThatItIsOver(t *testing.T) {
	for event, by := range map[string]string{programme.Reject: "leadership", programme.Withdraw: "lead"} {
		s := newScene(newRewindable(t))
		toEducational(s)
		s.asks("Edgar", programme.RequestChanges)
		s.mail(workflow.NoticePaused, "Edith")
		s.moves(by, event)
		if text := allOf(s.letter(s.mail(workflow.NoticeTaken, "Edith"))); !strings.Contains(text, "any more") {
			t.Errorf("after %s: %s", event, text)
		}
	}
}

// Coming back isn't always a resubmission.
func TestAReviewResumesAfterAReturnWithoutAnybodyResubmitting(t *testing.T) {
	s := newScene(newRewindable(t))
	toEducational(s)
	s.late()
	s.conflicts("Tess")
	s.state(s.id, "technical")
	s.signs("other technical reviewer")
	if text := allOf(s.letter(s.mail(workflow.NoticeResumed, "Edith"))); strings.Contains(text, "resubmitted") {
		t.Errorf("nobody resubmitted: %s", text)
	}
}

// A mail that is sent again long after, since nobody could know whether it had
// arrived, must not turn into one about a later review.
func TestAnAskIsAboutTheReviewItWasQueuedFor(t *testing.T) {
	w := newWorld(t)
	tm := w.team()
	author := w.person("Ada")
	id := w.proposal(author)
	w.climbToEducational(id, author, tm)
	var asked workflow.Mail
	w.must(w.db.QueryRowx(`select payload ->> 'notice', cast(payload ->> 'to_person' as bigint), proposal_id, cast(payload ->> 'seq' as int)
		from outbox where payload ->> 'notice' = 'review_offered' and cast(payload ->> 'to_person' as bigint) = $1`, tm.edu1).
		Scan(&asked.Notice, &asked.ToPerson, &asked.Proposal, &asked.Seq))
	if _, holds, why, err := w.svc.Letter(w.ctx, w.db, asked); err != nil || !holds {
		t.Fatalf("the ask doesn't hold: %s, %v", why, err)
	}

	w.clock.Add(time.Hour)
	_, err := w.move(id, tm.edu1, programme.SignOff, nil)
	w.must(err)
	item, err := w.request(id, tm.edu2, programme.RequestChanges)
	w.must(err)
	w.resolve(id, author, item, "done")
	_, err = w.submit(id, author, content{"p1", "t2", "l1"})
	w.must(err)
	if _, again := w.look(id, tm.edu1).OpenAssignment(tm.edu1); !again {
		t.Fatal("she isn't asked again")
	}
	if _, holds, why, err := w.svc.Letter(w.ctx, w.db, asked); err != nil || holds || why == "" {
		t.Errorf("the ask for the review that is done holds: %v %q %v", holds, why, err)
	}
}
