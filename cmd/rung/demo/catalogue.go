package demo

import (
	"fmt"
	"time"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/catalogue"
)

// The strands of the built-in programme.
const (
	theory   = "theory"
	myself   = "myself"
	practice = "practice"
)

// The names of the two series.
const (
	improvement = "A 4-module Quality Improvement Educational Program"
	state       = "Understanding State and its impact on you as a Leader"
)

// published is one module of the programme's own page, "Modules available", to
// the letter: fifteen entries, one of which is a programme of four modules that
// have no titles of their own there, so that they are numbered here.
type published struct {
	title  string
	strand string
	series authoring.Series
	about  string // for those that were live before Rung; the others climb
	months int    // of theirs: the next review, from when they were entered
}

var publishedTitles = []published{
	{improvement + ": module 1", theory, authoring.Series{Name: improvement, Part: 1, Of: 4},
		"The first of four modules on quality improvement in clinical practice: what it is, how it differs from audit and research, and how to choose a problem that is worth your time.", 26},
	{improvement + ": module 2", theory, authoring.Series{Name: improvement, Part: 2, Of: 4},
		"The second of four modules on quality improvement: writing an aim that can be measured, and choosing measures that tell you whether a change helps.", 26},
	{improvement + ": module 3", theory, authoring.Series{Name: improvement, Part: 3, Of: 4},
		"The third of four modules on quality improvement: small tests of change, one plan-do-study-act cycle at a time, and bringing colleagues with you.", 26},
	{improvement + ": module 4", theory, authoring.Series{Name: improvement, Part: 4, Of: 4},
		"The last of four modules on quality improvement: reading your data over time, keeping what works, and telling others about it.", 26},
	{"A Junior Doctor Guide to the NHS", theory, authoring.Series{},
		"How the health service is put together, who decides what, and where a doctor in training fits in: for those who are new to it, and for those who never had it explained.", 13},
	{"Theories of Leadership", theory, authoring.Series{},
		"A short tour of the ideas behind leadership, from traits and styles to compassionate and shared leadership, with what each is good for on a working day.", 20},
	{"Developing teams and psychological safety", theory, authoring.Series{}, "", 0},
	{"Host vs Hero Leadership", theory, authoring.Series{}, "", 0},
	{"What is leadership, and why is it important?", theory, authoring.Series{},
		"Where to begin: what leadership means for somebody without a title, why it matters to patients and colleagues, and how it differs from management.", 20},

	{"Your Role within a Team", myself, authoring.Series{}, "", 0},
	{"Strengths-based Leadership", myself, authoring.Series{}, "", 0},
	{"Understanding state and its impact on you as a leader - module 1", myself, authoring.Series{Name: state, Part: 1, Of: 2},
		"The first of two modules on how the state that you are in shapes the way you lead: noticing it, naming it, and seeing what it does to the people around you.", 30},
	{"Understanding State and its impact on you as a Leader - module 2", myself, authoring.Series{Name: state, Part: 2, Of: 2},
		"The second of two modules on state and leadership: what helps you to change your state, before a difficult conversation and in the middle of one.", 30},

	{"Using National Clinical Audit Data in QI", practice, authoring.Series{},
		"How to find the national clinical audit data of your own department, read them with care, and turn them into an improvement project.", 17},
	{"Attending and Chairing Meetings", practice, authoring.Series{},
		"Making meetings worth everybody’s time: preparing, taking part, chairing fairly, and writing down what was decided.", 22},
	{"Leading a Handover", practice, authoring.Series{}, "", 0},
	{"Leading a Ward Round", practice, authoring.Series{}, "", 0},
	{"Being a Trainee Representative", practice, authoring.Series{}, "", 0},
}

// retired was live before Rung too, under an invented title.
var retired = published{"Leading Your Team from Home: Redeployment and Shielding", practice, authoring.Series{},
	"Keeping a clinical team together when some of it works from home: daily huddles, fair workloads, and looking after one another from a distance.", 30}

const whyRetired = "Written for the arrangements of 2020, which ended long ago: its links and its advice on redeployment no longer apply. " +
	"If you lead a team that works in several places today, propose a module about that."

// opensTheCatalogue is leadership's part beside the proposals: what was live
// before Rung is entered in the first weeks, and one module is retired a year
// later.
func opensTheCatalogue(s *story) {
	s.on(420)
	slug := ""
	for i, p := range append(publishedTitles[:len(publishedTitles):len(publishedTitles)], retired) {
		if p.about == "" {
			continue
		}
		s.about = module{title: p.title}
		s.do("entering", func() (err error) {
			details := catalogue.Details{Owner: "The Leadership Ladder team", ReviewDate: s.now.AddDate(0, p.months, 0),
				BridgeURL: fmt.Sprintf("https://bridge.example.org/courses/%d", 101+i)}
			slug, err = s.Catalogue.EnterLive(s.ctx, s.actor("ruth"), catalogue.Entry{Title: p.title, Strand: p.strand,
				Series: catalogue.Series(p.series), Summary: p.about, Details: details})
			return err
		})
		s.later(11 * time.Minute)
	}
	s.on(74)
	s.do("retiring", func() error { return s.Catalogue.Retire(s.ctx, s.actor("ruth"), slug, whyRetired) })
}
