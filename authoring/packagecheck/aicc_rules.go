package packagecheck

const cmi001 = "AICC CMI001 4.0, course structure data"

var (
	aiccFileMissing = define(Rule{ID: "aicc-file-missing", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "One of the files that describe an AICC course is missing",
		Why:    "A host builds the course from four files: .crs, .au, .des and .cst. Without one of them it can’t.",
		Fix:    "Put the four files beside one another, with the same name before the dot.",
		Source: cmi001 + ": .crs, .au, .des and .cst files"})
	aiccBaseName = define(Rule{ID: "aicc-base-name", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "The files that describe an AICC course have different names",
		Why:    "Hosts find the files of a course by the name that they share; some won’t find this one.",
		Fix:    "Give the files the same name before the dot.",
		Source: cmi001 + ": file names"})
	aiccUnreadable = define(Rule{ID: "aicc-file-unreadable", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "One of the files that describe an AICC course can’t be read",
		Why:    "A host can’t build the course from it.",
		Fix:    "Export the course again; the file should be plain text with a row of names and a row for each entry.",
		Source: cmi001 + ": file formats"})
	aiccNoCourse = define(Rule{ID: "aicc-no-course", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "The .crs file has no [Course] part",
		Why:    "The host reads the course’s name and number from it.",
		Fix:    "Export the course again, or add the [Course] part with Course_ID and Course_Title.",
		Source: cmi001 + ": .crs file, [Course]"})
	aiccNoTitle = define(Rule{ID: "aicc-course-id", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "The course has no title or no identifier",
		Why:    "Hosts list a course by its title and keep its results under its identifier.",
		Fix:    "Add Course_ID and Course_Title to the [Course] part of the .crs file.",
		Source: cmi001 + ": .crs file, Course_ID and Course_Title"})
	aiccKeyword = define(Rule{ID: "aicc-course-keyword", Area: Manifest, Severity: Advice,
		Title:  "The .crs file leaves out what AICC asks for",
		Why:    "Most hosts do without, a few don’t.",
		Fix:    "Add the keyword to the [Course] part of the .crs file.",
		Source: cmi001 + ": .crs file, [Course]"})
	aiccHeader = define(Rule{ID: "aicc-header", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "A table of an AICC course lacks a column that it needs",
		Why:    "Hosts find the values by the names in the first row.",
		Fix:    "Add the column, with its name in the first row.",
		Source: cmi001 + ": .au, .des and .cst files, required fields"})
	aiccNoUnits = define(Rule{ID: "aicc-no-units", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "The AICC course has no unit",
		Why:    "There is nothing to launch.",
		Fix:    "Add a row to the .au file for each unit.",
		Source: cmi001 + ": .au file"})
	aiccID = define(Rule{ID: "aicc-unit-id", Area: Manifest, Severity: Error, Criterion: "manifest_valid",
		Title:  "A unit has no identifier, or another’s",
		Why:    "The other files of the course, and the learner’s results, refer to units by it.",
		Fix:    "Give each row of the .au file a System_ID of its own: A1, A2 and so on.",
		Source: cmi001 + ": .au file, System_ID"})
	aiccNoFile = define(Rule{ID: "aicc-unit-no-file", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "A unit doesn’t say what to launch",
		Why:    "Learners can’t begin it.",
		Fix:    "Write the path or the address of the unit’s first page into the column File_Name of the .au file.",
		Source: cmi001 + ": .au file, File_Name"})
	aiccLaunchMissing = define(Rule{ID: "aicc-launch-missing", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "An AICC unit’s file is not in the package",
		Why:    "Learners would see an error page in place of the unit.",
		Fix:    "Put the file into the package, or correct File_Name in the .au file.",
		Source: cmi001 + ": .au file, File_Name"})
	aiccLaunchCase = define(Rule{ID: "aicc-launch-case", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "An AICC unit’s file is written with other letters than in the package",
		Why:    "Most hosts tell capital from small letters, and don’t find the file.",
		Fix:    "Write File_Name exactly as the file is called.",
		Source: cmi001 + ": .au file, File_Name"})
	aiccOutside = define(Rule{ID: "aicc-launch-outside", Area: Manifest, Severity: Warning, Criterion: "outside_links_safe",
		Title:  "An AICC unit is launched from outside of the package",
		Why:    "What learners will see isn’t in the package: it can’t be reviewed here, and may change after the review.",
		Fix:    "Put the unit’s files into the package and write their path, if the content is yours.",
		Source: cmi001 + ": .au file, File_Name"})
	aiccMastery = define(Rule{ID: "aicc-mastery-score", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "Mastery_Score is not a number from 0 to 100",
		Why:    "Hosts decide by it whether a learner has passed; with another value nobody passes, or everybody.",
		Fix:    "Write the score that learners must reach, such as 80, or leave the field empty.",
		Source: cmi001 + ": .au file, Mastery_Score"})
	aiccTotal = define(Rule{ID: "aicc-total-units", Area: Manifest, Severity: Advice,
		Title:  "Total_AUs doesn’t agree with the table of units",
		Why:    "A unit may be missing, or one too many be there.",
		Fix:    "Compare the .au file with the course, and correct Total_AUs in the .crs file.",
		Source: cmi001 + ": .crs file, Total_AUs"})
	aiccMember = define(Rule{ID: "aicc-member-unknown", Area: Manifest, Severity: Error, Criterion: "manifest_resolves",
		Title:  "The course’s structure names something that isn’t there",
		Why:    "The host can’t build the menu of the course.",
		Fix:    "Name units as in the .au file and blocks as in the first column of the .cst file.",
		Source: cmi001 + ": .cst file, Block and Member"})
	aiccNoRoot = define(Rule{ID: "aicc-no-root", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "The course’s structure has no ROOT",
		Why:    "Hosts begin the menu of the course at the block that is called ROOT.",
		Fix:    "Begin the .cst file with a row for ROOT and what is directly below it.",
		Source: cmi001 + ": .cst file, ROOT"})
	aiccUnused = define(Rule{ID: "aicc-unit-unused", Area: Manifest, Severity: Advice,
		Title:  "A unit is not part of the course’s structure",
		Why:    "It has no place in the menu, so learners can’t come to it.",
		Fix:    "Add it to a row of the .cst file, or remove it from the .au file.",
		Source: cmi001 + ": .cst file"})
	aiccUndescribed = define(Rule{ID: "aicc-unit-untitled", Area: Manifest, Severity: Advice,
		Title:  "A unit has no title",
		Why:    "Learners find its number alone in the menu.",
		Fix:    "Add a row with its System_ID and its Title to the .des file.",
		Source: cmi001 + ": .des file"})
	aiccPrerequisite = define(Rule{ID: "aicc-prerequisite-unknown", Area: Manifest, Severity: Warning, Criterion: "manifest_resolves",
		Title:  "A prerequisite names something that isn’t there",
		Why:    "It can never be met, so the unit behind it may stay closed.",
		Fix:    "Correct the prerequisite in the .pre file, or remove it.",
		Source: cmi001 + ": .pre file"})
	aiccRelation = define(Rule{ID: "aicc-relation-unknown", Area: Manifest, Severity: Warning, Criterion: "manifest_resolves",
		Title:  "An objective or a rule of completion names a unit that isn’t there",
		Why:    "It is lost, or its unit may never count as complete.",
		Fix:    "Correct the name in the .ort or .cmp file, or remove the row.",
		Source: cmi001 + ": .ort and .cmp files"})
)
