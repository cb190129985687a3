package demo

import (
	"errors"
	"time"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/catalogue"
	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/workflow/programme"
)

var errNotTwo = errors.New("expected two reviewers")

func isOnlyATitle(s *story) {
	s.about = journalClub
	s.on(12)
	s.proposes("tom", journalClub)
}

func isHalfWritten(s *story) {
	s.about = hardDay
	s.on(33)
	s.proposes("hannah", hardDay)
	s.on(30)
	s.writes(func(c *authoring.Content) {
		c.Teaching.Audience = "Anybody who leads a shift, whatever their grade."
		c.Teaching.Need = "After a death or a mistake somebody has to go on leading. Few of us were ever shown how."
		c.Teaching.Outcomes = []string{"Recognise what a team needs in the first hour after something went wrong"}
	})
	s.on(21)
	s.writes(func(c *authoring.Content) {
		c.Teaching.Reflection = "Who looked after you on your hardest day so far, and what exactly did they do?"
		c.Listing.Keywords = []string{"compassion", "wellbeing"}
	})
}

func isReadyToSubmit(s *story) {
	s.about = feedback
	s.on(28)
	s.proposes("maya", feedback)
	s.later(30 * time.Minute)
	s.invites("kofi@example.org", authoring.Attribution{Name: "Dr Kofi Bright", Organisation: "Marshgate Dental Practice", JobTitle: "Dental core trainee"})
	s.on(16)
	s.writes()
	s.on(4)
	s.uploads(1)
}

func waitsForLeadershipToChoose(s *story) {
	s.about = dentalClinic
	s.on(14)
	s.proposes("priya", dentalClinic)
	s.on(8)
	s.writesAll(3)
}

func isBeingChecked(s *story) {
	s.about = rota
	s.on(20)
	s.proposes("tom", rota)
	s.later(22 * time.Minute)
	s.writesAll(9)
	s.on(6)
	who := s.first()
	s.accepts(who)
	s.on(2)
	s.judges(who, 8, nil)
}

func isOverdue(s *story) {
	s.about = morbidity
	s.on(36)
	s.proposes("maya", morbidity)
	s.later(15 * time.Minute)
	s.writesAll(26)
}

func hasNobodyLeft(s *story) {
	s.about = teamBrief
	s.on(40)
	s.proposes("huw", teamBrief)
	s.on(22)
	s.writesAll(15)
	s.on(11)
	s.declaresConflict(s.first(), "Huw and I built the template of this package together.")
	s.on(5)
	s.declines(s.first(), "I am late with another review already, and don’t want to keep Huw waiting as well.")
}

func waitsForASecondSignOff(s *story) {
	s.about = emergency
	s.on(52)
	s.proposes("nadia", emergency)
	s.later(33 * time.Minute)
	s.invitesOne("tom")
	s.on(47)
	s.writesAll(28)
	s.passes(17)
	s.passes(8) // one of two
}

func isInItsSecondRound(s *story) {
	s.about = sayingNo
	s.on(88)
	s.proposes("tom", sayingNo)
	s.later(12 * time.Minute)
	s.writesAll(76)
	s.passes(68)
	s.on(60)
	first, second := s.pair()
	s.accepts(first)
	s.later(40 * time.Minute)
	s.signs(first)
	s.on(56)
	s.accepts(second)
	s.later(55 * time.Minute)
	s.asks(second,
		reviews.Ask{Criterion: "realistic_scenarios", Place: "The extra night",
			Words: "The rota coordinator is drawn as a villain. They rarely are: could the scene show what they are up against?"},
		reviews.Ask{Criterion: "accurate_and_current", Place: "Need",
			Words: "“Trainees say yes until they are ill” needs a source, or a softer sentence."},
		reviews.Ask{Criterion: "action_points", Place: "Second action point",
			Words: "Could there be an action for whoever asks, too? Saying no is easier where it is heard."})
	s.on(49)
	s.answers("tom", 0, reviews.ItemDone, "Rewritten: the coordinator now has a ward without a doctor, and says so.")
	s.on(46)
	s.answers("tom", 1, reviews.ItemDone, "Softened: it now says that many trainees told us so in the leadership survey.")
	s.later(9 * time.Minute)
	s.answers("tom", 2, reviews.ItemNotAgreed, "We would rather keep to one side of the conversation in twenty-five minutes. A module on asking well would be a good next one; we have noted it.")
	s.writes(func(c *authoring.Content) {
		c.Teaching.Need = "Many trainees told us in the leadership survey that they say yes until it harms them, and that no other theme weighs on them as much."
	})
	s.uploads(2)
	s.later(20 * time.Minute)
	s.submits()
	s.on(19) // the package is another one, so that the technical stage looks again
	technical := s.first()
	s.carriesForward(technical, "Only the text of one scene has changed. I have run the package once more, from start to certificate.")
	s.on(7)
	s.settlesOne(second, 0)
}

func isAtItsFinalStage(s *story) {
	s.about = acrossTheInterface
	s.on(80)
	s.proposes("maya", acrossTheInterface)
	s.later(28 * time.Minute)
	s.invitesOne("nadia")
	s.on(72)
	s.writesAll(63)
	s.passes(51)
	s.passes(37, 12)
	s.on(9)
	leader := s.first()
	s.accepts(leader)
	s.later(20 * time.Minute)
	s.setsDetails(leader, "Riverside Surgery, training team", 0, catalogue.Details{})
	s.judges(leader, 5, nil)
}

func isBackWithItsAuthors(s *story) {
	s.about = nightShift
	s.on(66)
	s.proposes("tom", nightShift)
	s.later(17 * time.Minute)
	s.writesAll(57)
	s.passes(44)
	s.on(24)
	who := s.first()
	s.accepts(who)
	s.later(70 * time.Minute)
	s.asks(who,
		reviews.Ask{Criterion: "need_and_audience", Place: "Audience",
			Words: "Is this for new registrars, or for everybody? The examples are a registrar’s, the listing says all grades."},
		reviews.Ask{Criterion: "aligned_with_outcomes", Place: "The question at the end",
			Words: "The question tests the second outcome only. Please add one on choosing what to delegate."},
		reviews.Ask{Criterion: reviews.General, Place: "Title",
			Words: "“Safely” may put people off who already worry. Would “Delegating on a Night Shift” do?"})
	s.on(18)
	s.answers("tom", 0, reviews.ItemDone, "It is for new registrars: the audience and the listing say so now.")
	s.writes(func(c *authoring.Content) {
		c.Teaching.Audience = "Doctors in their first year as a registrar, of all specialties."
	})
	s.later(14 * time.Minute)
	s.answers("tom", 2, reviews.ItemNotAgreed, "We asked six colleagues: “safely” is the word that made them want to open it.")
	s.on(13)
	s.answers("tom", 1, "", "Working on a second question, with Alex who wrote the first")
	s.later(11 * time.Minute)
	s.invites(Bounce, authoring.Attribution{Name: "Alex Turner"})
}

func waitsToBePublished(s *story) {
	s.about = throughChange
	s.on(104)
	s.proposes("nadia", throughChange)
	s.later(26 * time.Minute)
	s.writesAll(92)
	s.passes(82)
	s.passes(71, 62)
	s.passes(6)
	s.on(4)
	s.setsDetails("ruth", "Broadwater Hospital, improvement team", 30, bridge("208"))
}

func isRejected(s *story) {
	s.about = productivity
	s.on(128)
	s.proposes("hannah", productivity)
	s.later(50 * time.Minute)
	s.writesAll(124)
	s.on(121)
	s.moves("daniel", programme.Reject, "Thank you for writing this, and for saying openly where the planner comes from. A module that recommends a product "+
		"which the author’s family sells can’t stand in the catalogue, and the evidence is thin. We would gladly read a new proposal on time "+
		"and attention without a product in it; short, honest and tried out with colleagues is the tone that we have in mind.")
}

func isWithdrawn(s *story) {
	s.about = committees
	s.on(232)
	s.proposes("maya", committees)
	s.later(31 * time.Minute)
	s.writesAll(224)
	s.on(220)
	s.accepts(s.first())
	s.on(216)
	s.moves("maya", programme.Withdraw, "It overlaps too much with “Attending and Chairing Meetings”. I will offer that module a section instead.")
}
