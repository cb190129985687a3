package demo

import (
	"time"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/catalogue"
	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// tales is everything that happens in the demo.
var tales = []tale{
	opensTheCatalogue, suggestsTitles,
	climbsInOneGo, climbsAfterTechnicalChanges, climbsWithACarriedSignOff, climbsAfterADecline,
	climbsPastAConflict, climbsAfterAReturn, climbsByAnOverride,
	isOnlyATitle, isHalfWritten, isReadyToSubmit,
	waitsForLeadershipToChoose, isBeingChecked, isOverdue, hasNobodyLeft,
	waitsForASecondSignOff, isInItsSecondRound, isAtItsFinalStage, isBackWithItsAuthors, waitsToBePublished,
	isRejected, isWithdrawn,
}

// praise is what reviewers write beside a criterion that is met: by criterion,
// then by reviewer.
var praise = map[string]map[string]string{
	"launches_and_resumes": {
		"sam":   "Tried on Bridge in Edge and on an Android phone. It resumes at the question.",
		"grace": "Launches on Bridge on the ward’s own desktops, and on my phone.",
	},
	"keyboard_zoom_reflow": {
		"sam":   "Tab order is right, focus is visible, and nothing is cut off at 400 %.",
		"huw":   "Keyboard alone from start to certificate. Good.",
		"grace": "Reads well at 320 pixels.",
	},
	"captions_and_transcripts": {"huw": "No sound in it. The one picture has an alternative text."},
	"realistic_scenarios": {
		"leila": "I have stood in this very situation. It rings true.",
		"owen":  "The scenario works for general practice as well, which is rare.",
	},
	"reflection_prompt": {
		"ines":  "The prompt asks for one moment and not for an opinion: that gives good portfolio entries.",
		"leila": "A prompt that I would answer myself.",
	},
	"plain_english":        {"ines": "Clear throughout. Two long sentences in the introduction could be split, if you touch it again."},
	"overlap_considered":   {"owen": "Checked against the catalogue. The boundary is drawn fairly."},
	"subject_expert_named": {"ruth": "Spoke with the expert, who has seen this revision.", "daniel": "Confirmed by e-mail."},
}

// suggestsTitles is leadership's list of what it would like to see written.
func suggestsTitles(s *story) {
	s.about = module{title: "suggested titles"}
	s.on(419)
	var last int64
	for _, t := range []authoring.Suggestion{
		{Title: throughChange.title, Strand: theory, Note: "Change as somebody lives it who did not choose it. One good story will do more than five models."},
		{Title: hardDay.title, Strand: myself, Note: "For the day after something went wrong. Short enough for a break."},
		{Title: "Coaching and Mentoring a Colleague", Strand: practice, Note: "What is the difference, and when is which of them right? With a conversation to practise."},
		{Title: "Money Matters: NHS Finance for Trainees", Strand: theory, Note: "Where the money comes from, and how to make a case for a few pounds of it."},
		{Title: "Bringing in a New System: Digital Leadership", Strand: practice, Note: "Ideally by somebody who has lived through one, on either side."},
		{Title: "Leading Virtual Teams", Strand: practice, Note: "Meetings on screens, and teams that never meet otherwise."},
	} {
		s.do("suggesting", func() (err error) {
			last, err = s.Authoring.OfferTitle(s.ctx, s.actor("ruth"), t)
			s.titles[t.Title] = last
			return err
		})
		s.later(7 * time.Minute)
	}
	s.on(160)
	s.do("withdrawing a suggestion", func() error { return s.Authoring.WithdrawTitle(s.ctx, s.actor("ruth"), last) })
}

// goesLive agrees the publication details and publishes.
func (s *story) goesLive(ago int, who, owner string, months int, d catalogue.Details) {
	s.on(ago)
	s.setsDetails(who, owner, months, d)
	s.later(8 * time.Minute)
	s.publishes(who)
}

func bridge(course string) catalogue.Details {
	return catalogue.Details{BridgeURL: "https://bridge.example.org/courses/" + course}
}

func bothHosts(course, resource string) catalogue.Details {
	d := bridge(course)
	d.LearningHubURL = "https://learninghub.example.org/resource/" + resource
	return d
}

func climbsInOneGo(s *story) {
	s.about = developingTeams
	s.on(412)
	s.proposes("maya", developingTeams)
	s.later(15 * time.Minute)
	s.invitesOne("tom")
	s.on(406)
	s.writesAll(401)
	s.on(399)
	s.assigns("ruth", "sam") // a newcomer's first: leadership chooses
	s.passes(393)
	s.passes(386, 381)
	s.passes(374)
	s.goesLive(371, "ruth", "Fenland General Hospital, department of medical education", 24, bothHosts("201", "4101"))
}

func climbsAfterTechnicalChanges(s *story) {
	s.about = hostVsHero
	s.on(398)
	s.proposes("tom", hostVsHero)
	s.later(40 * time.Minute)
	s.writesAll(384)
	s.on(382)
	s.assigns("daniel", "grace")
	s.on(375)
	grace := s.first()
	s.accepts(grace)
	s.later(50 * time.Minute)
	s.asks(grace,
		reviews.Ask{Criterion: "launches_and_resumes", Place: "The start, on a phone",
			Words: "On my phone it starts again from the beginning each time. Please save the place, so that somebody who is called away can go on."},
		reviews.Ask{Criterion: "keyboard_zoom_reflow", Place: "The question",
			Words: "The answers can only be chosen with a mouse. Please make them real radio buttons: then the keyboard works by itself."})
	s.on(369)
	s.answers("tom", 0, reviews.ItemDone, "It saves its place now. Tried on two phones.")
	s.later(12 * time.Minute)
	s.answers("tom", 1, reviews.ItemDone, "They are radio buttons now, and the focus is easier to see as well. Thank you, I had not known.")
	s.uploads(2)
	s.later(5 * time.Minute)
	s.submits()
	s.on(363)
	s.signs(grace)
	s.passes(355, 349)
	s.passes(343)
	s.goesLive(339, "daniel", "The Leadership Ladder team", 30, bridge("202"))
}

func climbsWithACarriedSignOff(s *story) {
	s.about = yourRole
	s.on(372)
	s.proposes("nadia", yourRole)
	s.later(20 * time.Minute)
	s.invitesOne("maya")
	s.on(366)
	s.writesAll(357, func(c *authoring.Content) { c.Teaching.Outcomes[1] = "Understand your weaknesses in a team" })
	s.on(355)
	s.assigns("ruth", "huw")
	s.passes(350)
	s.on(345)
	first, second := s.pair()
	s.accepts(first)
	s.later(time.Hour)
	s.signs(first)
	s.on(340)
	s.accepts(second)
	s.later(time.Hour)
	s.asks(second,
		reviews.Ask{Criterion: "outcomes_measurable", Place: "Second outcome",
			Words: "“Understand your weaknesses” can’t be seen from outside. What would somebody do who has understood? Ask for that."},
		reviews.Ask{Criterion: "stated_time", Place: "The exercise with two colleagues",
			Words: "Finding two colleagues takes longer than the ten minutes that you allow. Could it be an action point for afterwards?"})
	s.on(331)
	s.answers("nadia", 0, reviews.ItemDone, "It now says: name one part that you avoid, and what it costs the team.")
	s.on(329)
	s.answers("maya", 1, reviews.ItemNotAgreed, "We tried it with eleven trainees: all had found two colleagues within the shift, and this was the part that they liked best. We now say that it needn’t be done in one sitting.")
	s.writesAs("maya", func(c *authoring.Content) {
		c.Teaching.PriorKnowledge = "None. One exercise needs two colleagues; it needn’t be done in one sitting."
	})
	s.on(327)
	s.writes(func(c *authoring.Content) {
		c.Teaching.Outcomes[1] = yourRole.outcomes[1]
	})
	s.submits()
	s.on(322)
	s.signs(second)
	s.on(319)
	s.carriesForward(first, "I have read the difference: the second outcome is clearer now, and the remark about the exercise changes nothing that I judged.")
	s.passes(311)
	s.goesLive(306, "ruth", "Broadwater Hospital, GP training programme", 24, bothHosts("203", "4102"))
}

func climbsAfterADecline(s *story) {
	s.about = strengths
	s.on(334)
	s.proposes("maya", strengths)
	s.later(30 * time.Minute)
	s.writesAll(322, func(c *authoring.Content) { c.Listing.Licence = "all_rights_reserved" })
	s.on(320)
	s.declines(s.first(), "I am on leave until the end of the month, and don’t want this to wait for me.")
	s.passes(313)
	s.passes(304, 299)
	s.on(294)
	leader := s.first()
	s.accepts(leader)
	s.later(25 * time.Minute)
	s.asks(leader, reviews.Ask{Criterion: "licence_chosen", Place: "Listing, licence",
		Words: "The Learning Hub lists this best under CC BY-NC-SA, and you use that for your other module. Is “All rights reserved” meant?"})
	s.on(289)
	s.answers("maya", 0, reviews.ItemDone, "It wasn’t meant: changed to CC BY-NC-SA 4.0.")
	s.writes(func(c *authoring.Content) { c.Listing.Licence = "cc_by_nc_sa_4_0" })
	s.submits()
	s.on(284)
	s.signs(leader)
	s.goesLive(281, leader, "Fenland General Hospital, department of medical education", 18, bridge("204"))
}

func climbsPastAConflict(s *story) {
	s.about = handover
	s.on(302)
	s.proposes("tom", handover)
	s.later(10 * time.Minute)
	s.invitesOne("hannah")
	s.on(297)
	s.writesAll(288)
	s.passes(281)
	s.on(278)
	s.declaresConflict(s.first(), "I wrote the handover policy that this module is built on, so I should not be the one to judge it.")
	s.passes(270, 265)
	s.passes(257)
	s.goesLive(252, "daniel", "Larkmere Hospital, patient safety team", 24, bothHosts("205", "4103"))
}

func climbsAfterAReturn(s *story) {
	s.about = wardRound
	s.on(263)
	s.proposes("nadia", wardRound)
	s.later(25 * time.Minute)
	s.writesAll(251, func(c *authoring.Content) { c.Listing.Expert.Organisation = "Fenland General Hospital" })
	s.passes(243)
	s.passes(236, 232)
	s.passes(225)
	s.on(221)
	s.returns("daniel", "Everything is signed; one line in the listing has to be right before it is public.",
		reviews.Ask{Criterion: "subject_expert_named", Place: "Listing, subject expert",
			Words: "Dr Ellery has moved to Broadwater. Please correct her organisation: learners may write to her."})
	s.on(217)
	s.answers("nadia", 0, reviews.ItemDone, "Corrected, and checked with her.")
	s.writes(func(c *authoring.Content) { c.Listing.Expert.Organisation = wardRound.expert.Organisation })
	s.submits()
	s.on(213)
	s.settles("daniel", "")
	s.signs(s.first())
	s.goesLive(208, "ruth", "Broadwater Hospital, department of medicine", 30, bothHosts("206", "4104"))
}

func climbsByAnOverride(s *story) {
	s.about = representative
	s.on(192)
	s.proposes("maya", representative)
	s.later(18 * time.Minute)
	s.invitesOne("priya")
	s.on(186)
	s.writesAll(178)
	s.passes(170)
	s.on(166)
	first, second := s.pair()
	s.accepts(first)
	s.later(45 * time.Minute)
	s.signs(first)
	s.on(163)
	s.declines(second, "I sit on the committee that this is about, this year and next. Better somebody from outside it.")
	s.on(159)
	s.declaresConflict(s.first(), "Dr Stone, who is the subject expert, and I share a post.")
	s.on(155)
	s.moves("daniel", programme.Override, "All three educational reviewers have been asked: one has signed, two are too close to the subject. "+
		"The one review is thorough, and the module is short; we read it together at the team meeting. A fourth reviewer is being found.")
	s.passes(148)
	s.goesLive(144, "ruth", "The Leadership Ladder team", 12, bridge("207"))
}

// pair are the two who are asked at the educational stage.
func (s *story) pair() (first, second string) {
	if who := s.asked(); len(who) == 2 {
		return who[0], who[1]
	}
	if s.err == nil {
		s.do("looking for two reviewers", func() error { return errNotTwo })
	}
	return "", ""
}
