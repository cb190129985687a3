package demo

import "github.com/leadership-ladder/rung/authoring"

// The invented modules that are still on their way, or went no further.

var dentalClinic = module{
	title: "Leading the Dental Team Through a Busy Clinic", strand: practice, minutes: 25,
	audience: "Dental foundation trainees and dental core trainees.", level: "First year in practice",
	summary: "Four chairs, two nurses, one emergency: how to plan, brief and calm a clinic that runs late, without losing the team or the patients.",
	need:    "Dental trainees lead a team from their first week, much earlier than most doctors do. The existing modules use hospital examples.",
	outcomes: []string{
		"Brief the team before the clinic in three minutes",
		"Decide with the nurse and the receptionist what can move when an emergency comes",
		"Close the clinic with a short look back",
	},
	whyNone:    "The module is for dental trainees alone, whose curriculum is not built on the GMC’s framework.",
	reflection: "Think of a clinic that ran late. Who noticed first, and could they say so?",
	actions:    []string{"Hold a three-minute brief before your next clinic", "Ask the receptionist what makes a day easy"},
	references: []string{"General Dental Council. Standards for the dental team. 2013."},
	keywords:   []string{"dental team", "briefing"},
	expert:     authoring.Expert{Name: "Dr Imogen Vale", Email: "imogen.vale@example.org", Organisation: "Marshgate Dental Practice"},
	question: question{"An emergency arrives at half past ten. Whom do you ask first?",
		"The nurse and the receptionist, together, for one minute",
		[2]string{"Nobody: you decide", "The patients in the waiting room"},
		"They know what can move; a minute together saves twenty later."},
}

var rota = module{
	title: "Making a Rota That People Can Live With", strand: practice, minutes: 35,
	summary: "Rotas decide how people sleep, see their families and learn. How to make one that is safe, lawful and fair, and to talk about it before it is finished.",
	need:    "Trainees are often asked to “do the rota” without any preparation, and pay for it with their colleagues’ good will.",
	outcomes: []string{
		"List the rules that a rota has to keep, and where to look them up",
		"Collect wishes fairly, and say how you choose between them",
		"Explain an unpopular decision openly",
	},
	primary: "leadership_and_teams", also: []string{"values_and_behaviours"},
	model:      []string{"holding_to_account", "leading_with_care"},
	reflection: "What would the person with the worst week on your rota say about it?",
	actions:    []string{"Show a draft to three people before you publish", "Write down the rule by which you break ties"},
	references: []string{"NHS Employers. Terms and conditions of service for NHS doctors and dentists in training (England) 2016."},
	keywords:   []string{"rota", "fairness", "wellbeing"},
	expert:     authoring.Expert{Name: "Hilary Marsh", Email: "hilary.marsh@example.org", Organisation: "Larkmere Hospital"},
	question: question{"Two people ask for the same week. What makes the decision fair?",
		"A rule that both knew before they asked",
		[2]string{"Whoever asked first", "Whoever has children"},
		"People accept losing to a rule that they know; surprises they remember."},
}

var morbidity = module{
	title: "Chairing a Morbidity and Mortality Meeting with Kindness", strand: practice, minutes: 40,
	summary: "How to chair the hour in which a team looks at what went wrong, so that people leave having learned something and without having lost face.",
	need:    "Registrars take these meetings over from consultants, often with a habit of blame that nobody intended.",
	outcomes: []string{
		"Open the meeting with a purpose that makes honesty possible",
		"Turn a question about a person into one about the work",
		"Close with one change, an owner and a date",
	},
	primary: "safety_and_quality", also: []string{"leadership_and_teams"},
	model:      []string{"leading_with_care", "evaluating_information"},
	reflection: "What did you once learn from somebody else’s mistake because they told you themselves?",
	actions:    []string{"Speak with whoever presents, the day before", "Follow up last month’s change before you begin"},
	references: []string{
		"Rudolph JW, Simon R, Dufresne RL, Raemer DB. There’s no such thing as “nonjudgmental” debriefing. Simulation in Healthcare 2006;1:49–55.",
		"Edmondson A. Psychological safety and learning behavior in work teams. Administrative Science Quarterly 1999;44:350–383."},
	keywords: []string{"patient safety", "learning from incidents", "chairing"},
	expert:   authoring.Expert{Name: "Dr Lionel Brandt", Email: "lionel.brandt@example.org", Organisation: "Fenland General Hospital"},
	question: question{"Somebody asks: who wrote that prescription? What does the chair say?",
		"“Let us ask what made it look right at the time.”",
		[2]string{"The name", "“We do not discuss prescriptions here.”"},
		"What looked right once will look right again: that is what the team can change."},
}

var teamBrief = module{
	title: "Checklists That Are Not Tick-boxes: Leading the Team Brief", strand: practice, minutes: 20,
	summary: "A brief of three minutes that people look forward to: names, the plan, what worries us. For theatres, clinics, and anywhere a team meets for a day.",
	need:    "The checklist is signed everywhere and led almost nowhere.",
	outcomes: []string{
		"Lead a team brief in which everybody says at least one sentence",
		"Recognise when a checklist has become a form, and bring it back to life",
	},
	primary: "safety_and_quality", also: []string{"leadership_and_teams"},
	model:      []string{"engaging_the_team"},
	reflection: "At which point of your last brief did people stop listening?",
	actions:    []string{"Ask for worries before you ask for questions", "Let somebody else lead the brief tomorrow"},
	references: []string{"Haynes AB, Weiser TG, Berry WR, et al. A surgical safety checklist to reduce morbidity and mortality in a global population. New England Journal of Medicine 2009;360:491–499."},
	interests:  "The author teaches resuscitation and simulation at Fenland General Hospital and is paid for that by the hospital.",
	keywords:   []string{"briefing", "checklist", "patient safety"},
	expert:     authoring.Expert{Name: "Dr Rosalind Kerr", Email: "rosalind.kerr@example.org", Organisation: "Broadwater Hospital"},
	question: question{"Nobody has a question at the end of the brief. What do you ask?",
		"“What could surprise us today?”",
		[2]string{"“So everybody is happy?”", "Nothing: begin"},
		"An open question about surprises invites what a closed one shuts out."},
}

var emergency = module{
	title: "The First Five Minutes: Leading in an Emergency", strand: practice, minutes: 30,
	summary: "What the leader says and does in the first five minutes of an emergency, before the algorithm begins to help: taking the part, sharing it out, thinking aloud.",
	need:    "Life support courses teach what is to be done. Trainees ask how to lead the people who do it, most of whom they have never met.",
	outcomes: []string{
		"Take the lead aloud, and hand it over aloud",
		"Share out parts by name, and have them repeated",
		"Think aloud every two minutes, and ask what you have missed",
	},
	primary: "leadership_and_teams", also: []string{"safety_and_quality", "skills"},
	model:      []string{"holding_to_account", "engaging_the_team"},
	reflection: "Recall an emergency that felt calm. Who made it so, and by which words?",
	actions:    []string{"Say “I am leading” at the next emergency that you lead", "Ask a colleague afterwards what they heard you say"},
	references: []string{"Salas E, Sims DE, Burke CS. Is there a “big five” in teamwork? Small Group Research 2005;36:555–599."},
	keywords:   []string{"emergency", "teams", "communication"},
	expert:     authoring.Expert{Name: "Dr Edwin Marlow", Email: "edwin.marlow@example.org", Organisation: "Larkmere Hospital"},
	question: question{"You arrive, and three people are already busy. Your first sentence?",
		"“I am Tess, the registrar. Who is leading?”",
		[2]string{"“What is going on here?”", "“I need a line, now.”"},
		"Whether somebody leads is the first thing that a team needs to know."},
}

var sayingNo = module{
	title: "Saying No Kindly: Setting Boundaries as a Leader", strand: myself, minutes: 25,
	summary: "Why saying no is part of leading, and how to do it so that the other person still has somewhere to go: with words to try out and a plan for your next difficult request.",
	need:    "Trainees say yes until they are ill. The leadership survey names this more often than any other theme.",
	outcomes: []string{
		"Recognise the requests to which you say yes against your own judgement",
		"Decline one in words that are clear, kind and short",
	},
	primary: "values_and_behaviours", also: []string{"leadership_and_teams"},
	model:      []string{"leading_with_care"},
	reflection: "To what did you say yes this month that you would have advised a friend to decline?",
	actions:    []string{"Ask for an hour before you answer the next request", "Say what you can do, after what you cannot"},
	references: []string{"West M, Eckert R, Collins B, Chowla R. Caring to change: how compassionate leadership can stimulate innovation in health care. The King’s Fund, 2017."},
	keywords:   []string{"boundaries", "wellbeing"},
	expert:     authoring.Expert{Name: "Dr Theo Ward", Email: "theo.ward@example.org", Organisation: "Riverside Surgery"},
	question: question{"You are asked to cover an extra night. You cannot. What do you say?",
		"“I cannot do that night. I can help you to find somebody until six.”",
		[2]string{"“Maybe, I will see.”", "“Why is it always me?”"},
		"A clear no with a clear offer is kinder than a vague yes."},
}

var acrossTheInterface = module{
	title: "Leading Across the Interface: Hospital and General Practice", strand: theory, minutes: 35,
	summary: "Patients cross the line between hospital and practice every day; letters and responsibility get lost on it. What leadership can mean where nobody is in charge of both sides.",
	need:    "Trainees work on both sides within a year and are the only ones who see both. Nothing in the catalogue uses that.",
	outcomes: []string{
		"Describe how responsibility passes between hospital and practice, and where it falls between them",
		"Plan one conversation with somebody on the other side",
		"Choose a small improvement that neither side could make alone",
	},
	primary: "leadership_and_teams", also: []string{"knowledge", "safety_and_quality"},
	model:      []string{"connecting_our_service", "influencing_for_results"},
	reflection: "Which of your habits makes work for somebody whom you will never meet?",
	actions:    []string{"Ring the practice about one discharge this week", "Ask a colleague on the other side what your letters are like to read"},
	references: []string{"NHS Leadership Academy. Healthcare Leadership Model. 2013.", "General Medical Council. Good medical practice. 2024."},
	keywords:   []string{"integrated care", "general practice", "discharge"},
	expert:     authoring.Expert{Name: "Dr Philippa Dunn", Email: "philippa.dunn@example.org", Organisation: "Riverside Surgery"},
	question: question{"A practice complains that results are passed on without a plan. What is a good first step?",
		"Sit with one practice for an hour and read ten letters together",
		[2]string{"Write a policy", "Explain how busy the ward is"},
		"Seeing the same letters from both chairs is where the shared problem begins."},
}

var nightShift = module{
	title: "Delegating Safely on a Night Shift", strand: practice, minutes: 25,
	summary: "What to give away at night, to whom, and how to stay reachable: delegation as a way of keeping patients safe and of helping colleagues to grow.",
	need:    "New registrars keep everything, out of care; by four in the morning that is no longer safe.",
	outcomes: []string{
		"Choose tasks to delegate by risk and by the other person’s experience",
		"Hand a task over so that both know what would make you come",
	},
	primary: "leadership_and_teams", also: []string{"safety_and_quality", "education_and_training"},
	model:      []string{"developing_capability", "holding_to_account"},
	reflection: "What did you keep for yourself on your last night, and what did it cost?",
	actions:    []string{"Say what would make you come, each time you delegate", "Ring once in the night to ask, and not to check"},
	references: []string{"General Medical Council. Leadership and management for all doctors. 2012."},
	keywords:   []string{"delegation", "night shift", "supervision"},
	expert:     authoring.Expert{Name: "Dr Harriet Coombe", Email: "harriet.coombe@example.org", Organisation: "Larkmere Hospital"},
	question: question{"You ask a colleague to see a patient with a fever. What makes it safe?",
		"“Ring me if the pressure falls, or if you are unsure for any reason.”",
		[2]string{"“You will be fine.”", "“Ring me about everything.”"},
		"A shared limit lets both of you work; without one, either nobody rings or everybody does."},
}

var throughChange = module{
	title: "Leading Through Change", strand: theory, minutes: 40,
	summary: "The new electronic record arrives in June. One story of a change that nobody asked for, and what theory has to say at each turn of it.",
	need:    "Every trainee meets large changes as somebody to whom they happen. The module shows what can be done from there.",
	outcomes: []string{
		"Explain why sensible people resist a sensible change",
		"Use one model of change to plan a small one",
		"Keep in touch with those who lose something by it",
	},
	primary: "leadership_and_teams", also: []string{"safety_and_quality"},
	model:      []string{"sharing_the_vision", "inspiring_shared_purpose"},
	reflection: "Which change at work did you resist? What were you protecting?",
	actions:    []string{"Ask one sceptic what they would need", "Write down what nobody has said aloud about the change"},
	references: []string{"Langley GJ, Moen RD, Nolan KM, et al. The improvement guide. 2nd ed. Jossey-Bass, 2009."},
	keywords:   []string{"change", "improvement"},
	expert:     authoring.Expert{Name: "Dr Gwen Sallow", Email: "gwen.sallow@example.org", Organisation: "Broadwater Hospital"},
	question: question{"A respected nurse calls the new system dangerous. What do you do first?",
		"Ask her to show you where",
		[2]string{"Send her to the training", "Tell her that it has been decided"},
		"Resistance is often knowledge that the project does not have yet."},
}

var productivity = module{
	title: "Productivity Secrets for Doctors", strand: myself, minutes: 20,
	summary: "Get more done between patients: inbox zero, timers, and the app that changed my life.",
	need:    "Everybody is short of time.",
	outcomes: []string{
		"Set up a task app",
		"Use a timer to work in short blocks",
	},
	primary:    "skills",
	reflection: "How much time do you lose in a day?",
	actions:    []string{"Install a task app", "Try a timer for a week"},
	references: []string{"The author’s own experience."},
	interests:  "The author’s sister sells the planner that the module recommends.",
	keywords:   []string{"time management"},
	expert:     authoring.Expert{Name: "Dr Leopold Finch", Email: "leopold.finch@example.org", Organisation: "Larkmere Hospital"},
	question: question{"When do you look at your inbox?", "At two fixed times", [2]string{"All the time", "Never"},
		"Fixed times leave the rest of the day whole."},
}

var committees = module{
	title: "A Field Guide to Hospital Committees", strand: practice, minutes: 30,
	summary: "Which committee decides what, how a paper gets onto its agenda, and how to read the minutes between the lines.",
	need:    "Trainees are invited to committees and never told what they are for.",
	outcomes: []string{
		"Find the committee that decides on your question",
		"Write a one-page paper that can be decided on",
	},
	primary: "knowledge", also: []string{"leadership_and_teams"},
	reflection: "Which decision at work puzzles you? Who took it, and where is it written down?",
	actions:    []string{"Sit in on one committee", "Ask its secretary how papers are chosen"},
	references: []string{"General Medical Council. Leadership and management for all doctors. 2012."},
	keywords:   []string{"committees", "governance"},
	expert:     authoring.Expert{Name: "Dr Oswin Hale", Email: "oswin.hale@example.org", Organisation: "Fenland General Hospital"},
	question: question{"What makes a paper easy to decide on?", "One question, with the options and their cost",
		[2]string{"A full history of the problem", "An urgent tone"}, "A committee can answer a question; a history it can only note."},
}

var feedback = module{
	title: "Giving Feedback That Lands", strand: practice, minutes: 30,
	summary: "Feedback that the other person can use: asked for, specific, and soon. With five short films in which it goes wrong, and right.",
	need:    "Trainees give feedback daily, to students, to colleagues, and upwards, and mostly guess.",
	outcomes: []string{
		"Ask before you give feedback, and agree on what it is about",
		"Describe what you saw and what it did, in two sentences",
		"Receive feedback without defending yourself",
	},
	primary: "education_and_training", also: []string{"leadership_and_teams", "values_and_behaviours"},
	model:      []string{"developing_capability"},
	reflection: "Which feedback changed how you work? What made you able to hear it?",
	actions:    []string{"Ask for feedback on one thing, before you do it", "Give one piece of feedback within an hour of what it is about"},
	references: []string{"Academy of Medical Royal Colleges, COPMeD, General Medical Council, Medical Schools Council. The reflective practitioner: guidance for doctors and medical students. 2018."},
	consent:    "The films were acted by colleagues, who have agreed in writing to their use; the scenes are invented.",
	keywords:   []string{"feedback", "teaching"},
	expert:     authoring.Expert{Name: "Dr Winifred Oakes", Email: "winifred.oakes@example.org", Organisation: "Riverside Surgery"},
	question: question{"A student has just broken bad news for the first time. What do you say first?",
		"“How was that for you? Is there something that you would like to look at?”",
		[2]string{"“Well done.”", "“Next time, sit down first.”"},
		"Asking first tells you what they can hear now."},
}

// Two that have hardly begun: their titles are all that counts.
var (
	journalClub = module{title: "Running a Journal Club People Come Back To"}
	hardDay     = module{title: "Compassionate Leadership on a Hard Day"}
)
