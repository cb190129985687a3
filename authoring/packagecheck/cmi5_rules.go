package packagecheck

// The rules of cmi5. More than one can speak for one requirement, never one for
// several: Source is what hosts and the conformance tests call it.
var (
	cmi5Namespace = define(Rule{ID: "cmi5-namespace", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "The course structure is not in cmi5’s namespace",
		Why:    "Hosts look for elements of that namespace alone, and find nothing in the file.",
		Fix:    "Begin the file with <courseStructure xmlns=\"https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd\">.",
		Source: "cmi5 13.2.0.0-1"})
	cmi5Required = define(Rule{ID: "cmi5-required", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "A part that every course structure has is missing",
		Why:    "Hosts compare the file with cmi5’s schema and refuse what lacks a required element or attribute.",
		Fix:    "Add the missing part, or export the course again with a current authoring tool.",
		Source: "cmi5 13.2.0.0-1"})
	cmi5Unknown = define(Rule{ID: "cmi5-unknown-element", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "An element stands where cmi5 has none of its name",
		Why:    "Hosts compare the file with cmi5’s schema and refuse elements that it doesn’t know, or that are there twice.",
		Fix:    "Remove the element, write it as the attribute that it is in cmi5, or put it into a namespace of your own.",
		Source: "cmi5 13.2.0.0-1"})
	cmi5UnknownAttribute = define(Rule{ID: "cmi5-unknown-attribute", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "An element has an attribute that cmi5 doesn’t know",
		Why:    "Many hosts pass over it, but those that compare the file with cmi5’s schema refuse it.",
		Fix:    "Remove the attribute, or put it into a namespace of your own.",
		Source: "cmi5 13.2.0.0-1"})
	cmi5Order = define(Rule{ID: "cmi5-order", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "Elements stand in another order than cmi5’s schema has them",
		Why:    "Hosts compare the file with cmi5’s schema, which has one order alone, and refuse another.",
		Fix:    "Put the elements in order: title, description, objectives, url, launchParameters, entitlementKey; objectives before blocks and units.",
		Source: "cmi5 13.2.0.0-1"})
	cmi5IRI = define(Rule{ID: "cmi5-iri", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "An identifier is not a full IRI",
		Why:    "Identifiers become part of each learner’s record, where only full ones such as https://example.org/course are allowed. Hosts refuse others.",
		Fix:    "Write the identifier with its scheme, such as https://your-organisation.example/course/unit-1.",
		Source: "cmi5 3.0.0.0-1"})
	cmi5BlockID = define(Rule{ID: "cmi5-block-id", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "Two blocks have the same identifier",
		Why:    "A host can’t tell them apart, and refuses the course.",
		Fix:    "Give each block an identifier of its own.",
		Source: "cmi5 13.1.2.0-1"})
	cmi5ObjectiveID = define(Rule{ID: "cmi5-objective-id", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "Two objectives have the same identifier",
		Why:    "A host can’t tell them apart, and refuses the course.",
		Fix:    "Give each objective an identifier of its own.",
		Source: "cmi5 13.1.3.0-1"})
	cmi5AUID = define(Rule{ID: "cmi5-au-id", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "Two units have the same identifier",
		Why:    "Their results would be mixed up in the learner’s record; hosts refuse the course.",
		Fix:    "Give each assignable unit (au) an identifier of its own.",
		Source: "cmi5 13.1.4.0-1"})
	cmi5SharedID = define(Rule{ID: "cmi5-shared-id", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "A unit and a block have the same identifier",
		Why:    "In the learner’s record one can’t be told from the other. Some hosts refuse such a course.",
		Fix:    "Give the block an identifier of its own.",
		Source: "cmi5 13.1.2.0-1 and 13.1.4.0-1 (unique within the course structure)"})
	cmi5ObjectiveRef = define(Rule{ID: "cmi5-objective-ref", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "A unit or a block names an objective that isn’t declared",
		Why:    "Hosts look the objective up when they import the course, and stop where it isn’t there.",
		Fix:    "Declare the objective under the course’s objectives, or remove the reference.",
		Source: "cmi5 13.1.2 and 13.1.4 (objectives)"})
	cmi5MoveOn = define(Rule{ID: "cmi5-move-on", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "moveOn has a value that cmi5 doesn’t know",
		Why:    "moveOn says when a unit counts as done. With another value hosts refuse the course, or nobody ever completes it.",
		Fix:    "Use NotApplicable, Passed, Completed, CompletedAndPassed or CompletedOrPassed, written exactly so.",
		Source: "cmi5 13.2.0.0-1 and 13.1.4 (moveOn)"})
	cmi5Mastery = define(Rule{ID: "cmi5-mastery-score", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "masteryScore is not a number from 0 to 1",
		Why:    "It is the share of the marks that a learner must reach; hosts refuse other values.",
		Fix:    "Write it as a decimal, such as 0.8 for 80 %.",
		Source: "cmi5 13.2.0.0-1 and 13.1.4 (masteryScore)"})
	cmi5LaunchMethod = define(Rule{ID: "cmi5-launch-method", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "launchMethod has a value that cmi5 doesn’t know",
		Why:    "It says whether the unit needs a window of its own; hosts refuse other values.",
		Fix:    "Use OwnWindow or AnyWindow, written exactly so.",
		Source: "cmi5 13.2.0.0-1 and 13.1.4 (launchMethod)"})
	cmi5URL = define(Rule{ID: "cmi5-url", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "The address of a unit is not a valid URL",
		Why:    "A host can’t launch the unit from it.",
		Fix:    "Write a path in the package, such as index.html, or a whole address with scheme and host.",
		Source: "cmi5 13.1.4.0-2"})
	cmi5URLEncoding = define(Rule{ID: "cmi5-url-encoding", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "The address of a unit has characters that must be encoded",
		Why:    "A URL has no spaces and no backslashes, and a percent sign only before two digits. Some hosts refuse such an address, others look for another file.",
		Fix:    "Write a space as %20, a percent sign as %25 and a backslash as a slash, or rename the file.",
		Source: "cmi5 13.1.4.0-2; RFC 1738, 2.2"})
	cmi5URLLocal = define(Rule{ID: "cmi5-url-local", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "The address of a unit leads to a file of one computer",
		Why:    "Nobody but the author has that file; what is in the package must be referred to by its path there.",
		Fix:    "Put the file into the package and write its path in it.",
		Source: "cmi5 14.1.0.0-3"})
	cmi5URLQuery = define(Rule{ID: "cmi5-url-query", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "The address of a unit uses a parameter that belongs to the host",
		Why:    "The host adds endpoint, fetch, actor, registration and activityId when it launches the unit; a second value would break the connection.",
		Fix:    "Give the parameter another name.",
		Source: "cmi5 8.1.0.0-6"})
	cmi5FileMissing = define(Rule{ID: "cmi5-file-missing", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "The file of a unit is not in the package",
		Why:    "Learners would see an error page in place of the unit; hosts refuse the course.",
		Fix:    "Put the file into the package, or correct the unit’s url. What lies elsewhere needs its whole address.",
		Source: "cmi5 14.1.0.0-4"})
	cmi5FileCase = define(Rule{ID: "cmi5-file-case", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "The file of a unit is written with other letters than in the package",
		Why:    "Most hosts tell capital from small letters, and don’t find the file.",
		Fix:    "Write the url exactly as the file is called.",
		Source: "cmi5 14.1.0.0-4"})
	cmi5URLRelative = define(Rule{ID: "cmi5-url-relative", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "A course structure without a package refers to a file in a package",
		Why:    "There is no zip file that the path could lead into, so the unit can’t be launched.",
		Fix:    "Upload the zip file with cmi5.xml and the content in it, or write the unit’s whole address.",
		Source: "cmi5 14.2.0.0-1"})
	cmi5Outside = define(Rule{ID: "cmi5-launch-outside", Area: Manifest, Severity: Warning, Criterion: "outside_links_safe",
		Title:  "A unit is launched from outside of the package",
		Why:    "What learners will see isn’t in the package: it can’t be reviewed here, and may change after the review.",
		Fix:    "Put the unit’s files into the package and write their path, if the content is yours.",
		Source: "cmi5 14.1 (allowed, with a whole address)"})
	cmi5AllOutside = define(Rule{ID: "cmi5-xml-alone", Area: Manifest, Severity: Warning, Criterion: "outside_links_safe",
		Title:  "The course structure comes without its content",
		Why:    "cmi5 allows it, but what learners will see lies on other servers: it can’t be reviewed here, and may change after the review.",
		Fix:    "Upload the zip file with the content if you have it. If not, open each unit’s address to review it.",
		Source: "cmi5 14.2"})
	cmi5LangMissing = define(Rule{ID: "cmi5-lang-missing", Area: Manifest, Severity: Advice,
		Title:  "A text of the course structure doesn’t say its language",
		Why:    "Hosts choose a title in the learner’s language by it; some stop where it is missing.",
		Fix:    "Add the language to each langstring, such as lang=\"en-GB\".",
		Source: "cmi5 13.1 (langstring)"})
	cmi5LangInvalid = define(Rule{ID: "cmi5-lang-invalid", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "A text of the course structure has a language that is none",
		Why:    "Hosts that compare the file with cmi5’s schema refuse it.",
		Fix:    "Write the language as in lang=\"en-GB\", with a hyphen.",
		Source: "cmi5 13.2.0.0-1 and 13.1 (langstring)"})
	cmi5TitleEmpty = define(Rule{ID: "cmi5-title-empty", Area: Manifest, Severity: Advice,
		Title:  "The course or a unit has an empty title",
		Why:    "Learners find nothing to click on in the host’s list.",
		Fix:    "Give it a title.",
		Source: "cmi5 13.1 (title)"})
	cmi5ActivityType = define(Rule{ID: "cmi5-activity-type", Area: Manifest, Severity: Advice,
		Title:  "activityType is not a full IRI",
		Why:    "Records of learning name types by IRIs; another value is lost or refused there.",
		Fix:    "Use an IRI such as http://adlnet.gov/expapi/activities/lesson, or leave the attribute out.",
		Source: "cmi5 13.1.4 (activityType)"})
	cmi5NothingAsked = define(Rule{ID: "cmi5-move-on-nothing", Area: Manifest, Severity: Advice,
		Title:  "No unit asks for anything to count as done",
		Why:    "moveOn is NotApplicable, or left out, for each unit: the host takes the course for finished before anybody has opened it.",
		Fix:    "Set moveOn to Completed or Passed for the units that learners must do.",
		Source: "cmi5 13.1.4 (moveOn)"})
)
