package demo

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/catalogue"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/workflow"
)

// What authors do.

// proposes begins a proposal: on a suggested title where the module has one,
// on an idea of its own otherwise.
func (s *story) proposes(lead string, m module) {
	s.lead, s.about = lead, m
	s.do("proposing", func() (err error) {
		idea := authoring.Idea{Title: m.title}
		if id, ok := s.titles[m.title]; ok {
			idea = authoring.Idea{SuggestedTitle: id}
		}
		s.id, err = s.Authoring.Create(s.ctx, s.actor(lead), idea)
		return err
	})
}

// invites adds a co-author.
func (s *story) invites(email string, a authoring.Attribution) {
	s.do("inviting "+email, func() error {
		return s.Authoring.Invite(s.ctx, s.actor(s.lead), s.id, email, a)
	})
}

// invitesOne adds one of the demo's people.
func (s *story) invitesOne(who string) {
	i := slices.IndexFunc(People, func(p Person) bool { return p.key() == who })
	p := People[i]
	s.invites(p.Email, authoring.Attribution{Name: p.Name, Organisation: p.Organisation, JobTitle: p.JobTitle})
}

// writes changes the draft; without edits it writes the whole module down.
func (s *story) writes(edits ...func(c *authoring.Content)) { s.writesAs(s.lead, edits...) }

func (s *story) writesAs(who string, edits ...func(c *authoring.Content)) {
	s.do("writing", func() error {
		d, err := s.Authoring.Draft(s.ctx, s.actor(who), s.id)
		if err != nil {
			return err
		}
		content := d.Content
		if len(edits) == 0 {
			content = s.about.content()
		}
		for _, edit := range edits {
			edit(&content)
		}
		_, err = s.Authoring.Save(s.ctx, s.actor(who), s.id, d.Version, content)
		return err
	})
}

// uploads attaches the module's package; a later version differs from the first.
func (s *story) uploads(version int) {
	s.do("uploading", func() error {
		b, err := s.about.pack(version)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("%s-v%d.zip", s.about.file(), version)
		_, _, err = s.Authoring.AttachPackage(s.ctx, s.actor(s.lead), s.id, 0, name, bytes.NewReader(b))
		if err != nil {
			return err
		}
		return s.drain() // nothing is submitted before its package was checked
	})
}

// writesAll writes everything, uploads the package, and submits on the day.
// flaws are what a reviewer is going to find.
func (s *story) writesAll(submits int, flaws ...func(c *authoring.Content)) {
	s.writes(append([]func(*authoring.Content){func(c *authoring.Content) { *c = s.about.content() }}, flaws...)...)
	s.later(25 * time.Minute)
	s.uploads(1)
	s.on(submits)
	s.submits()
}

func (s *story) submits() {
	s.do("submitting", func() error {
		_, err := s.Authoring.Submit(s.ctx, s.actor(s.lead), s.id, authoring.Submission{Seen: s.sees(s.lead).Seen()})
		return err
	})
}

// answers decides one item of what was asked, counted from 0.
func (s *story) answers(who string, n int, choice, words string) {
	s.do("answering", func() error {
		items, err := s.items(who)
		if err != nil {
			return err
		}
		_, err = s.Reviews.AnswerItem(s.ctx, s.actor(who), items[n].ID, items[n].Version, choice, words)
		return err
	})
}

func (s *story) items(who string) ([]reviews.Item, error) {
	requests, err := s.Reviews.Requests(s.ctx, s.sees(who))
	var all []reviews.Item
	for _, r := range requests {
		all = append(all, r.Items...)
	}
	return all, err
}

// sees is the proposal as a person sees it. Where it can't be read the story
// fails, and the empty case is as good as any.
func (s *story) sees(who string) *workflow.Case {
	c, err := s.Workflow.Load(s.ctx, s.Workflow.DB, s.id, s.actor(who))
	if err != nil {
		s.err = fmt.Errorf("%q, looking: %w", s.about.title, err)
		return &workflow.Case{}
	}
	return c
}

// What reviewers do.

// asked are the people who are asked to review now, in the order of asking.
func (s *story) asked() []string {
	if s.err != nil {
		return nil
	}
	c, err := s.Workflow.Load(s.ctx, s.Workflow.DB, s.id, workflow.System)
	if err != nil {
		s.err = fmt.Errorf("%q, looking: %w", s.about.title, err)
		return nil
	}
	var who []string
	for _, a := range c.Assignments {
		if a.Stage != c.State || !a.Open() {
			continue
		}
		for key, id := range s.ids {
			if id == a.Person {
				who = append(who, key)
			}
		}
	}
	if len(who) == 0 {
		s.err = fmt.Errorf("%q, %s: nobody is asked (%s)", s.about.title, c.State, c.TurnFor)
	}
	return who
}

// first is whoever was asked first.
func (s *story) first() string {
	if who := s.asked(); len(who) > 0 {
		return who[0]
	}
	return ""
}

func (s *story) assignment(who string) workflow.Assignment {
	a, ok := s.sees(who).OpenAssignment(s.ids[who])
	if !ok && s.err == nil {
		s.err = fmt.Errorf("%q: %s isn't asked", s.about.title, who)
	}
	return a
}

func (s *story) accepts(who string) {
	s.do(who+" accepting", func() error {
		return s.Workflow.Accept(s.ctx, s.actor(who), s.assignment(who).ID, workflow.Seen{})
	})
}

func (s *story) declines(who, words string) {
	s.do(who+" declining", func() error {
		return s.Workflow.Decline(s.ctx, s.actor(who), s.assignment(who).ID, workflow.Seen{}, words)
	})
}

func (s *story) declaresConflict(who, words string) {
	s.do(who+" declaring a conflict", func() error {
		return s.Workflow.DeclareConflict(s.ctx, s.actor(who), s.id, workflow.Seen{}, s.ids[who], words)
	})
}

// judges answers the rubric: what is not said to be unmet is met. upTo leaves
// the rest for later; 0 answers everything.
func (s *story) judges(who string, upTo int, unmet map[string]string) {
	s.do(who+" judging", func() error {
		page, err := s.Reviews.Review(s.ctx, s.actor(who), s.assignment(who).ID)
		if err != nil {
			return err
		}
		for i, c := range page.Criteria {
			if upTo > 0 && i == upTo {
				break
			}
			answer, note := reviews.Met, praise[c.Key][who]
			if words, ok := unmet[c.Key]; ok {
				answer, note = reviews.NotMet, words
			}
			if c.Given.Answer == answer {
				continue
			}
			_, err := s.Reviews.Answer(s.ctx, s.actor(who), page.Assignment.ID, c.Key, c.Given.Version, answer, note)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// signs is a review without a word of trouble: settling what was asked and
// answered, judging, signing.
func (s *story) signs(who string) {
	s.settles(who, "")
	s.judges(who, 0, nil)
	s.later(4 * time.Minute)
	s.do(who+" signing", func() error {
		_, err := s.Reviews.SignOff(s.ctx, s.actor(who), s.id, s.sees(who).Seen())
		return err
	})
}

// passes takes the proposal through its stage: each who is asked accepts and,
// on their day, signs.
func (s *story) passes(ago ...int) {
	for i, who := range s.asked() {
		if i == len(ago) {
			return
		}
		s.on(ago[i])
		s.accepts(who)
		s.later(35 * time.Minute)
		s.signs(who)
	}
}

// asks requests changes. Each item's criterion is also marked as not met.
func (s *story) asks(who string, items ...reviews.Ask) {
	unmet := map[string]string{}
	for _, i := range items {
		unmet[i.Criterion] = i.Words
	}
	if _, ok := s.sees(who).OpenAssignment(s.ids[who]); ok {
		s.judges(who, 0, unmet)
	}
	s.drafts(who, items...)
	s.later(6 * time.Minute)
	s.do(who+" requesting changes", func() error {
		_, err := s.Reviews.RequestChanges(s.ctx, s.actor(who), s.id, s.sees(who).Seen())
		return err
	})
}

func (s *story) drafts(who string, items ...reviews.Ask) {
	for _, i := range items {
		s.do(who+" writing an item", func() error {
			_, _, err := s.Reviews.DraftItem(s.ctx, s.actor(who), s.id, i)
			return err
		})
	}
}

// settles closes whatever the person may close; reason is for what somebody
// else had asked.
func (s *story) settles(who, reason string) {
	s.do(who+" closing items", func() error {
		items, err := s.items(who)
		if err != nil {
			return err
		}
		for _, i := range items {
			if !i.Close.Allowed() || i.Close.WithReason && reason == "" {
				continue
			}
			if err := s.Reviews.CloseItem(s.ctx, s.actor(who), i.ID, i.Version, reason); err != nil {
				return err
			}
		}
		return nil
	})
}

// settlesOne closes one item, counted from 0.
func (s *story) settlesOne(who string, n int) {
	s.do(who+" closing an item", func() error {
		items, err := s.items(who)
		if err != nil {
			return err
		}
		return s.Reviews.CloseItem(s.ctx, s.actor(who), items[n].ID, items[n].Version, "")
	})
}

func (s *story) carriesForward(who, reason string) {
	s.do(who+" carrying a sign-off forward", func() error {
		_, err := s.Reviews.CarryForward(s.ctx, s.actor(who), s.id, s.sees(who).Seen(), reason)
		return err
	})
}

// What leadership does.

func (s *story) assigns(who, reviewer string) {
	s.do(who+" assigning", func() error {
		return s.Workflow.Assign(s.ctx, s.actor(who), s.id, s.sees(who).Seen(), s.ids[reviewer], 0, "")
	})
}

// moves fires an event that has no room of its own.
func (s *story) moves(who, event, reason string) {
	s.do(who+": "+event, func() error {
		return postgres.InTx(s.ctx, s.Workflow.DB, func(tx *sqlx.Tx) error {
			_, err := s.Workflow.Move(s.ctx, tx, workflow.Move{Proposal: s.id, Seen: s.sees(who).Seen(), Event: event,
				By: s.actor(who), Reason: reason})
			return err
		})
	})
}

func (s *story) returns(who, reason string, items ...reviews.Ask) {
	s.drafts(who, items...)
	s.do(who+" returning", func() error {
		_, err := s.Reviews.Return(s.ctx, s.actor(who), s.id, s.sees(who).Seen(), reason)
		return err
	})
}

// setsDetails agrees the publication details: the next review is so many
// months ahead.
func (s *story) setsDetails(who, owner string, months int, d catalogue.Details) {
	s.do(who+" setting the publication details", func() error {
		was, err := s.Catalogue.Details(s.ctx, s.actor(who), s.id)
		if err != nil {
			return err
		}
		d.Owner = owner
		if months > 0 {
			d.ReviewDate = s.now.AddDate(0, months, 0)
		}
		return s.Catalogue.SetDetails(s.ctx, s.actor(who), s.id, was.Version, d)
	})
}

func (s *story) publishes(who string) {
	s.do(who+" publishing", func() error {
		_, err := s.Catalogue.Publish(s.ctx, s.actor(who), s.id, s.sees(who).Seen())
		return err
	})
}
