package web

import "github.com/leadership-ladder/rung/authoring"

// ask is how a field is asked for.
type ask struct {
	label, hint string // label: instead of the field's own
	group, lead string // a heading above it, and a line under that
	kind        string // of an input
	spellcheck  string
}

var sectionIntro = map[string]string{
	authoring.SectionAudience: "Short answers will do. You can leave this page at any time and come back.",
	authoring.SectionLearning: "The educational reviewers look at this together with the package.",
	authoring.SectionEvidence: "Reviewers and learners have to be able to rely on this.",
	authoring.SectionListing:  "This is what people read in the catalogue and on the sites that host the module.",
}

const oneLineEach = " Write each on a line of its own."

// asked are the words around the fields, by their names.
var asked = map[string]ask{
	"strand":          {label: "Which strand does it belong to?"},
	"audience":        {label: "Who is it for?", hint: "For example, doctors and dentists in their first leadership role"},
	"level":           {label: "At which level?", hint: "For example, foundation, core or higher training"},
	"prior_knowledge": {label: "What should learners know before?", hint: "Say “None” if they need nothing"},
	"need":            {label: "Why is it needed?"},
	"overlap":         {label: "Does it overlap with existing modules?", hint: "Name them, and say what yours adds. Say “None” if you looked and found none"},
	"minutes":         {label: "How many minutes does it take?"},

	"outcomes":          {hint: "What will learners be able to do? Begin with a verb, such as plan, give or choose." + oneLineEach},
	"mapping":           {label: "Which capabilities does it build?", group: "Frameworks", hint: "Choose all that the module really builds"},
	"mapping_primary":   {label: "Which of them is the primary one?"},
	"mapping_why_none":  {label: "If it maps to none, why?", hint: "For example, because it is for dental trainees alone"},
	"mapping_others":    {},
	"reflection_prompt": {group: "Putting it into practice", label: "Prompt for reflection", hint: "What learners answer for their portfolio"},
	"action_points":     {label: "Action points for practice", hint: "What learners can do afterwards." + oneLineEach},

	"references":            {hint: "The evidence that the module cites." + oneLineEach},
	"evaluation":            {label: "How will the module be evaluated?"},
	"consent_and_copyright": {label: "Consent and copyright", hint: "Confirm that nothing identifies a patient, that consent is held where it is needed, and that pictures, videos and texts may be used"},
	"declared_interests":    {label: "Interests of the authors", hint: "Anything that might look like a conflict, such as links with a company. Say “None” if there is none"},

	"title":                {spellcheck: "true"},
	"summary":              {hint: "What it is about and what learners get from it, in plain English"},
	"keywords":             {hint: "The words that people will search for." + oneLineEach},
	"licence":              {label: "Which licence is it published under?"},
	"provider":             {hint: "The organisation that provides the module"},
	"certificate":          {label: "Do learners get a certificate?"},
	"accessibility_issues": {hint: "What somebody who uses a screen reader, the keyboard alone or captions will find difficult. Say “None known” if that is so"},

	"series_name": {label: "Name of the series", group: "Series", lead: "Leave this empty if the module stands alone."},
	"series_part": {label: "This is part"},
	"series_of":   {label: "Of how many parts?"},

	"expert_name":         {label: "Name", group: "Subject expert", lead: "Somebody who vouches for the content and is not an author.", spellcheck: "false"},
	"expert_organisation": {label: "Organisation"},
	"expert_email":        {label: "Email address (optional)", kind: "email", spellcheck: "false"},
}
