package demo

import "github.com/leadership-ladder/rung/authoring"

// The published modules that climb in the demo. Their titles, strands and
// series are the programme's; the words are the demo's.

var developingTeams = module{
	title: "Developing teams and psychological safety", strand: theory, minutes: 40,
	summary: "Why people speak up in some teams and stay silent in others, what that does to patients, and what you can do about it from your first day on a new ward. Built on one story told from four seats around the same table.",
	need:    "Doctors in training join a new team every four to six months. Trainees told us in the leadership survey that they hold back questions and concerns until they know whom it is safe to ask, and that nobody ever taught them how a team becomes safe.",
	overlap: "“Your Role within a Team” looks at what one person brings. This module looks at what happens between people.",
	outcomes: []string{
		"Describe psychological safety, and tell it from comfort and from low standards",
		"Recognise three everyday behaviours that make a team safer, and three that make it less safe",
		"Plan one change in how you open a shift, a list or a meeting",
	},
	primary: "leadership_and_teams", also: []string{"safety_and_quality", "values_and_behaviours"},
	model:      []string{"engaging_the_team", "leading_with_care"},
	reflection: "Think of a moment when you had a concern and kept it to yourself. What would have made it easier to speak? What could you do so that it is easier for the next person?",
	actions: []string{
		"At your next shift, ask one open question of the quietest person in the team",
		"Thank somebody, by name and in front of others, for raising a concern",
		"After something goes wrong, say first what you yourself would do differently",
	},
	references: []string{
		"Edmondson A. Psychological safety and learning behavior in work teams. Administrative Science Quarterly 1999;44:350–383.",
		"General Medical Council. Leadership and management for all doctors. 2012.",
		"West M, Eckert R, Collins B, Chowla R. Caring to change: how compassionate leadership can stimulate innovation in health care. The King’s Fund, 2017.",
	},
	keywords: []string{"teams", "psychological safety", "speaking up"},
	expert:   authoring.Expert{Name: "Dr Beatrice Lowe", Email: "beatrice.lowe@example.org", Organisation: "Fenland General Hospital"},
	question: question{"A student nurse asks in the huddle whether the dose is right. It is. What do you say?",
		"“It is right, and I am glad you asked: let us go through it together.”",
		[2]string{"“Yes, it is. Next patient.”", "“Please check these things before the huddle.”"},
		"The answer to a first question decides whether there will be a second one."},
}

var hostVsHero = module{
	title: "Host vs Hero Leadership", strand: theory, minutes: 30,
	summary: "The leader who has every answer, or the one who brings together the people who have them? This module sets the two side by side on one busy night, and helps you to choose knowingly.",
	need:    "Under pressure most of us become heroes: we do it ourselves, faster. It works until it doesn’t. Trainees ask for a language in which to talk about this without blame.",
	overlap: "“Theories of Leadership” names many styles in a few lines each. This module stays with two of them for half an hour.",
	outcomes: []string{
		"Compare host and hero leadership, with the strengths and costs of each",
		"Recognise which of the two you fall into under pressure",
		"Choose one situation in which to try the other",
	},
	primary: "leadership_and_teams", also: []string{"skills"},
	model:      []string{"engaging_the_team", "developing_capability"},
	reflection: "Recall a shift in which you were the hero. Who could have been invited in, and what would it have cost to invite them?",
	actions: []string{
		"Before you solve the next problem, ask who is closest to it",
		"Leave one decision to the person who will have to live with it",
	},
	references: []string{
		"Wheatley M, Frieze D. Leadership in the age of complexity: from hero to host. Resurgence, 2011.",
		"Faculty of Medical Leadership and Management. Leadership and management standards for medical professionals. 3rd ed. 2020.",
	},
	keywords: []string{"leadership styles", "shared leadership"},
	expert:   authoring.Expert{Name: "Professor Alun Meredith", Email: "alun.meredith@example.org", Organisation: "Larkmere Hospital"},
	question: question{"The night team cannot agree who reviews whom. Which opening is a host’s?",
		"“What does each of us have on, and what worries us most?”",
		[2]string{"“Give me the list, I will see them all.”", "“It is not my job to sort this out.”"},
		"A host makes the work visible first, so that the team can share it out."},
}

var yourRole = module{
	title: "Your Role within a Team", strand: myself, minutes: 35,
	summary: "What do you bring to a team without noticing, and what do you leave to others? A guided look at your habits in teams, with exercises that you can do alone or with colleagues.",
	need:    "Trainees are assessed on team working all the time, and seldom get the chance to look calmly at the part that they play.",
	overlap: "“Developing teams and psychological safety” is about the team as a whole; this one is about you.",
	outcomes: []string{
		"Describe the part that you tend to play in a team, with an example from last month",
		"Name one part that you avoid, and what it costs the team",
		"Agree with a colleague on one thing to try differently",
	},
	primary: "leadership_and_teams", also: []string{"values_and_behaviours"},
	model:      []string{"engaging_the_team"},
	reflection: "Ask two colleagues what they would miss if you were away for a month. Did their answers surprise you?",
	actions: []string{
		"Take on, once, the part in the team that you usually leave to others",
		"Ask for feedback on one habit, from one person, this week",
	},
	references: []string{
		"Belbin RM. Team roles at work. Butterworth-Heinemann, 1993.",
		"Salas E, Sims DE, Burke CS. Is there a “big five” in teamwork? Small Group Research 2005;36:555–599.",
	},
	keywords: []string{"teams", "self-awareness", "feedback"},
	expert:   authoring.Expert{Name: "Dr Celia Ashworth", Email: "celia.ashworth@example.org", Organisation: "Riverside Surgery"},
	question: question{"You notice that you always take the notes in meetings. What is a good first step?",
		"Ask the others how the part could go round",
		[2]string{"Stop at once, and see what happens", "Go on: somebody has to"},
		"A habit in a team belongs to the team: talking about it changes more than dropping it."},
}

var strengths = module{
	title: "Strengths-based Leadership", strand: myself, minutes: 30,
	summary: "Find out what gives you energy at work, where it helps others, and when too much of it gets in the way. You leave with three strengths in your own words.",
	need:    "Portfolios ask again and again what went wrong. Trainees who know their strengths as well ask for help earlier and stay in the profession more gladly.",
	overlap: "“Your Role within a Team” asks what part you play; this module asks what you play it with.",
	outcomes: []string{
		"Name three strengths of yours, each with a situation in which it helped",
		"Recognise a strength that is overused, in yourself and in others",
		"Give a colleague feedback that names a strength",
	},
	primary: "values_and_behaviours", also: []string{"leadership_and_teams", "education_and_training"},
	model:      []string{"developing_capability", "leading_with_care"},
	reflection: "When did you last lose track of time at work because something went well? What were you doing, and who else saw it?",
	actions: []string{
		"Tell one colleague this week which strength of theirs made a difference, and how",
		"Ask your educational supervisor to name a strength that you overuse",
	},
	references: []string{
		"General Medical Council. Generic professional capabilities framework. 2017.",
		"Goleman D. Leadership that gets results. Harvard Business Review 2000;78(2):78–90.",
	},
	keywords: []string{"strengths", "self-awareness"},
	expert:   authoring.Expert{Name: "Dr Jonah Pryce", Email: "jonah.pryce@example.org", Organisation: "Broadwater Hospital"},
	question: question{"A colleague’s thoroughness holds up the round. Which feedback builds on a strength?",
		"“Your care finds what we miss. Which patients need all of it today?”",
		[2]string{"“You are too slow.”", "“Do not worry about being thorough.”"},
		"An overused strength is still a strength: the question is where it serves best."},
}

var handover = module{
	title: "Leading a Handover", strand: practice, minutes: 25,
	summary: "Ten people, fifteen minutes, and the night depends on it. How to open, order and close a handover so that the sickest patients are known by name and nobody leaves with a question.",
	need:    "Handover is often the first thing that a foundation doctor is asked to lead, and the one that nobody shows them.",
	overlap: "“Attending and Chairing Meetings” helps with chairing in general. Handover has its own risks, and no agenda goes out beforehand.",
	outcomes: []string{
		"Open a handover so that everybody knows who is there and what they will cover",
		"Order patients by risk, and say what could go wrong for each of the sickest",
		"Close with a check that tasks and people match",
	},
	primary: "safety_and_quality", also: []string{"leadership_and_teams", "skills"},
	model:      []string{"connecting_our_service", "holding_to_account"},
	reflection: "Think of a handover after which something was missed. At which sentence was it lost?",
	actions: []string{
		"Begin your next handover with names and a plan for the fifteen minutes",
		"Ask at the end: what are we most worried about tonight?",
	},
	references: []string{
		"British Medical Association. Safe handover: safe patients. 2004.",
		"General Medical Council. Good medical practice. 2024.",
	},
	keywords: []string{"handover", "patient safety", "communication"},
	expert:   authoring.Expert{Name: "Dr Simon Tallis", Email: "simon.tallis@example.org", Organisation: "Larkmere Hospital"},
	issues:   "The filmed handover has captions and a transcript. It has no audio description; everything that matters is spoken.",
	question: question{"Two people arrive late. What do you do?",
		"Go on with the sickest patients, and catch the two up at the end",
		[2]string{"Start again", "Go on, and let them ask around"},
		"The order by risk protects the patients; the catching up protects the team."},
}

var wardRound = module{
	title: "Leading a Ward Round", strand: practice, minutes: 45,
	summary: "From taking part in the round to leading it: preparing, sharing out the parts, keeping the patient at the centre, and finishing with a plan that everybody knows.",
	need:    "Registrars lead their first round on a Saturday, without the consultant and usually without having thought about it as something that can be learned.",
	overlap: "“Leading a Handover” shares the part on closing with tasks and names, and refers to it.",
	outcomes: []string{
		"Prepare a round in five minutes: order, parts, and what must not be missed",
		"Involve the patient and the nurse in each decision",
		"Teach one thing without adding to the time",
	},
	primary: "leadership_and_teams", also: []string{"safety_and_quality", "education_and_training"},
	model:      []string{"engaging_the_team", "leading_with_care"},
	reflection: "Whose voice was missing from your last round? What did it cost, and what would bring it in?",
	actions: []string{
		"Share out the parts aloud before the first bed",
		"End each bed with the patient’s own question",
		"Hold a two-minute huddle at the end: tasks, names, worries",
	},
	references: []string{
		"Royal College of Physicians, Royal College of Nursing. Modern ward rounds: good practice for multidisciplinary inpatient review. 2021.",
		"NHS Leadership Academy. Healthcare Leadership Model. 2013.",
	},
	keywords: []string{"ward round", "communication", "teaching"},
	expert:   authoring.Expert{Name: "Dr Margaret Ellery", Email: "margaret.ellery@example.org", Organisation: "Broadwater Hospital"},
	question: question{"The nurse is with another patient when you reach the bed. What now?",
		"See the next patient first, and come back together",
		[2]string{"Go on alone and write it down", "Wait at the bed"},
		"A plan that the nurse has not heard is half a plan; the order of beds is yours to change."},
}

var representative = module{
	title: "Being a Trainee Representative", strand: practice, minutes: 30,
	summary: "You have been asked to speak for your colleagues. How to find out what they think, bring it to those who decide, and tell them what became of it.",
	need:    "Every specialty school has representatives, most of whom begin with a mailing list and good will. What they need is a way to listen, to choose, and to report back.",
	overlap: "“Attending and Chairing Meetings” helps with the meetings themselves.",
	outcomes: []string{
		"Gather colleagues’ views in a way that the quiet ones can use too",
		"Put one issue to a committee with evidence and with a proposal",
		"Report back within a week, whatever the outcome",
	},
	primary: "leadership_and_teams", also: []string{"knowledge", "education_and_training"},
	model:      []string{"influencing_for_results", "connecting_our_service"},
	reflection: "Whom do you represent whom you have never spoken with? How could you reach them?",
	actions: []string{
		"Ask five colleagues outside your own hospital one open question",
		"Send three lines after the next committee: what was said, what was decided, what follows",
	},
	references: []string{
		"General Medical Council. Leadership and management for all doctors. 2012.",
		"NHS Employers. Terms and conditions of service for NHS doctors and dentists in training (England) 2016.",
	},
	keywords: []string{"representation", "committees", "influence"},
	expert:   authoring.Expert{Name: "Dr Farida Stone", Email: "farida.stone@example.org", Organisation: "Marshgate Dental Practice"},
	question: question{"A colleague’s complaint would name a consultant. What do you bring to the committee?",
		"What many report, and offer the colleague help to raise their own",
		[2]string{"The complaint, with both names", "Nothing: it is too delicate"},
		"A representative carries what is shared; what is personal needs its own, safer way."},
}
