package packagecheck_test

import (
	"math/rand/v2"
	"path"
	"regexp"
	"strings"
	"testing"

	. "github.com/leadership-ladder/rung/authoring/packagecheck"
	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

const (
	scormItem = "<title>Wash</title>"
	scormHref = ` href="index.html">`
	inScormCo = "<imsss:sequencing>"
)

// scormFaults are those of the finer rules of SCORM's manifest, and changes with
// which it stays right.
func scormFaults() []fault {
	only12 := []string{"SCORM 1.2"}
	item := func(text string) func(files) { return edit(im, scormItem, scormItem+text) }
	depends := func(kind string) func(files) {
		return all(edit(im, "</resource>", `<dependency identifierref="R2"/></resource>`), add("css/more.css", "p { margin: 0; }"),
			edit(im, "</resources>", `<resource identifier="R2" type="webcontent" adlcp:`+kind+`="asset"><file href="css/more.css"/></resource></resources>`))
	}
	// moved puts the content into a folder that an xml:base names.
	moved := func(base string) func(files) {
		return all(edit(im, "<resource identifier", `<resource xml:base="`+base+`" identifier`), func(f files) {
			for _, path := range []string{"index.html", "js/talk.js", "css/site.css", "img/soap.png", "media/wash.mp4", "media/wash.vtt"} {
				move(path, "Ward 7/"+path)(f)
			}
		})
	}
	return []fault{
		// What is right, written in a way that is less common.
		{name: "in percent", kinds: scorms, plant: edit(im, scormHref, ` href="%69ndex%2Ehtml?page=1#top">`)},
		{name: "half in percent", kinds: scorms, plant: all(edit(im, `<file href="index.html"/>`, `<file href="index.html"/><file href="100%%20soap.txt"/><file href="soap%20#1.txt"/>`),
			add("100% soap.txt", "x"), add("soap #1.txt", "x"))},
		{name: "another folder by xml:base", kinds: scorms, plant: moved("Ward%207/")},
		{name: "two bases", kinds: scorms, plant: all(moved("../"), edit(im, "<resources>", `<resources xml:base="Ward%207/x/">`))},
		{name: "a mark at the beginning", kinds: scorms, plant: edit(im, "<?xml", "\ufeff<?xml")},
		{name: "Latin 1", kinds: scorms, plant: all(edit(im, `"UTF-8"`, `"ISO-8859-1"`), edit(im, scormItem, "<title>D\xe9sinfection</title>"))},
		{name: "content of H5P beside it", kinds: scorms, plant: add("h5p.json", h5pJSON)},
		{name: "a comment", kinds: scorms, plant: edit(im, scormItem, "<!-- first -->"+scormItem)},
		{name: "metadata beside it", kinds: scorms, plant: all(edit(im, "</metadata>", "<adlcp:location>meta.xml</adlcp:location></metadata>"), add("meta.xml", "<lom/>"))},
		{name: "a dependency", kinds: only12, plant: depends("scormtype")},
		{name: "a dependency", kinds: scorm2004s, plant: depends("scormType")},
		{name: "prerequisites that hold", kinds: only12, plant: item(`<adlcp:prerequisites type="aicc_script">~I1</adlcp:prerequisites>`)},
		{name: "sequencing that holds", kinds: scorm2004s, plant: item(inScormCo + `<imsss:objectives><imsss:primaryObjective objectiveID="P1" satisfiedByMeasure="true"><imsss:minNormalizedMeasure>0.8</imsss:minNormalizedMeasure></imsss:primaryObjective></imsss:objectives></imsss:sequencing>`)},

		// What is wrong.
		{name: "base without a slash", kinds: scorms, plant: moved("Ward%207"), want: "scorm-base-slash"},
		{name: "a base that leaves", kinds: scorms, plant: edit(im, "<resource identifier", `<resource xml:base="../" identifier`), want: "scorm-path-leaves"},
		{name: "a path that leaves", kinds: scorms, plant: edit(im, scormHref, ` href="../index.html">`), want: "scorm-path-leaves"},
		{name: "in percent, not there", kinds: scorms, plant: edit(im, scormHref, ` href="%69ndex%20.html">`), want: "scorm-launch-missing"},
		{name: "a backslash", kinds: scorms, plant: edit(im, `"css/site.css"`, `"css\site.css"`), want: "scorm-backslash"},
		{name: "two organizations, no default", kinds: scorms, plant: all(edit(im, ` default="O1"`, ""),
			edit(im, "</organizations>", `<organization identifier="O2"><title>More</title><item identifier="I2" identifierref="R1"><title>Wash</title></item></organization></organizations>`)), want: "scorm-default-unclear"},
		{name: "no edition", kinds: scorms, plant: without(im, "schemaversion"), want: "scorm-edition-unclear"},
		{name: "no identifier", kinds: scorms, plant: edit(im, `<item identifier="I1"`, "<item"), want: "scorm-identifier-missing"},
		{name: "one identifier for two kinds", kinds: scorms, plant: edit(im, `<item identifier="I1"`, `<item identifier="O1"`), want: "scorm-identifier-shared"},
		{name: "an item that opens nothing", kinds: scorms, plant: edit(im, "</organization>", `<item identifier="I2"><title>Later</title></item></organization>`), want: "scorm-item-empty"},
		{name: "no item", kinds: scorms, plant: without(im, "item"), want: "scorm-nothing-to-launch"},
		{name: "launched at the host's root", kinds: scorms, plant: edit(im, scormHref, ` href="/index.html">`), want: "scorm-launch-root"},
		{name: "launched elsewhere", kinds: scorms, plant: edit(im, scormHref, ` href="https://example.org/wash">`), want: "scorm-launch-outside"},
		{name: "launched from a disk", kinds: scorms, plant: edit(im, scormHref, ` href="file:///C:/wash.html">`), want: "scorm-launch-unusable"},
		{name: "page not listed", kinds: scorms, plant: edit(im, `<file href="index.html"/>`, ""), want: "scorm-launch-unlisted"},
		{name: "metadata missing", kinds: scorms, plant: edit(im, "</metadata>", "<adlcp:location>meta.xml</adlcp:location></metadata>"), want: "scorm-metadata-missing"},
		{name: "no type", kinds: only12, plant: edit(im, ` adlcp:scormtype="sco"`, ""), want: "scorm-type-missing"},
		{name: "no type", kinds: scorm2004s, plant: edit(im, ` adlcp:scormType="sco"`, ""), want: "scorm-type-missing"},
		{name: "another root", kinds: scorms, plant: all(edit(im, "<manifest", "<course"), edit(im, "</manifest", "</course")), want: "scorm-root-element"},
		{name: "no SCORM", kinds: only12, plant: all(without(im, "metadata"), edit(im, ` xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2"`, ""),
			edit(im, ` adlcp:scormtype="sco"`, ""), without(im, "adlcp:masteryscore"), edit(im, "imscp_rootv1p1p2", "imscp_v1p1")), want: "ims-not-scorm"},
		{name: "wrong bytes", kinds: scorms, plant: edit(im, scormItem, "<title>D\xe9sinfection</title>"), want: "manifest-encoding"},
		{name: "XML 1.1", kinds: scorms, plant: edit(im, `version="1.0"`, `version="1.1"`), want: "manifest-xml-version"},
		{name: "accents of the launched page", kinds: scorms, plant: all(edit(im, scormHref, ` href="début.html">`), edit(im, `<file href="index.html"/>`, ""),
			move("index.html", "de\u0301but.html")), want: "scorm-launch-accents"},
		{name: "accents of a file", kinds: scorms, plant: all(edit(im, `"css/site.css"`, `"css/début.css"`), edit("index.html", "css/site.css", "css/de\u0301but.css"),
			move("css/site.css", "css/de\u0301but.css")), want: "scorm-file-accents"},
		{name: "endless", kinds: only12, plant: edit(im, scormItem, scormItem+"<!--"+noise(markup.MaxSize)+"-->"), want: "manifest-too-large"},
		{name: "prerequisites that nobody can read", kinds: only12, plant: item(`<adlcp:prerequisites type="aicc_script">(I1</adlcp:prerequisites>`), want: "scorm12-prerequisites"},
		{name: "a time of its own form", kinds: only12, plant: item("<adlcp:maxtimeallowed>an hour</adlcp:maxtimeallowed>"), want: "scorm12-max-time"},
		{name: "a time's end", kinds: only12, plant: item("<adlcp:timelimitaction>stop</adlcp:timelimitaction>"), want: "scorm-time-limit-action"},
		{name: "a time's end", kinds: scorm2004s, plant: item("<adlcp:timeLimitAction>stop</adlcp:timeLimitAction>"), want: "scorm-time-limit-action"},
		{name: "long launch data", kinds: only12, plant: item("<adlcp:datafromlms>" + strings.Repeat("x", 256) + "</adlcp:datafromlms>"), want: "scorm12-launch-data"},
		{name: "completion of 50", kinds: []string{"SCORM 2004 4th"}, plant: item(`<adlcp:completionThreshold minProgressMeasure="50"/>`), want: "scorm2004-completion-threshold"},
		{name: "an item that opens and holds", kinds: scorm2004s, plant: item(`<item identifier="I2" identifierref="R1"><title>Rinse</title></item>`), want: "scorm2004-item-not-leaf"},
		{name: "a measure of 80", kinds: scorm2004s, plant: item(inScormCo + `<imsss:objectives><imsss:primaryObjective objectiveID="P1" satisfiedByMeasure="true"><imsss:minNormalizedMeasure>80</imsss:minNormalizedMeasure></imsss:primaryObjective></imsss:objectives></imsss:sequencing>`), want: "scorm2004-passing-score"},
		{name: "sequencing that isn't there", kinds: scorm2004s, plant: item(`<imsss:sequencing IDRef="S9"/>`), want: "scorm2004-sequencing-unresolved"},
		{name: "a rule on no objective", kinds: scorm2004s, plant: item(sequencingRule(`referencedObjective="P9" condition="satisfied"`, "skip")), want: "scorm2004-objective-unresolved"},
		{name: "an action of its own", kinds: scorm2004s, plant: item(sequencingRule(`condition="satisfied"`, "leap")), want: "scorm2004-sequencing-value"},
	}
}

func sequencingRule(condition, action string) string {
	return inScormCo + `<imsss:sequencingRules><imsss:preConditionRule><imsss:ruleConditions><imsss:ruleCondition ` + condition +
		`/></imsss:ruleConditions><imsss:ruleAction action="` + action + `"/></imsss:preConditionRule></imsss:sequencingRules></imsss:sequencing>`
}

// without gives the files with an element of one of them taken out.
func without(path, element string) func(files) {
	whole := regexp.MustCompile(`(?s)<` + element + `[ >].*?</` + element + `>`)
	return func(f files) {
		if !whole.MatchString(f[path]) {
			panic(path + " has no " + element)
		}
		f[path] = whole.ReplaceAllString(f[path], "")
	}
}

// noise is a text of n letters that can't be packed tightly.
func noise(n int) string {
	raw := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(raw)
	for i, b := range raw {
		raw[i] = 'a' + b%26
	}
	return string(raw)
}

// courseFaults are those of cmi5, Tin Can, AICC and H5P.
func courseFaults() []fault {
	cmi5, xapi, aicc, h5p := []string{"cmi5"}, []string{"xAPI"}, []string{"AICC"}, []string{"H5P"}
	const structure, tincan = "cmi5.xml", "tincan.xml"
	const described = `<description><langstring lang="en">How to wash them.</langstring></description>`
	block := func(id string) string {
		return `<block id="` + id + `"><title><langstring lang="en">More</langstring></title><description><langstring lang="en">More of it.</langstring></description>` +
			`<au id="` + id + `/au" moveOn="Passed"><title><langstring lang="en">Rinse</langstring></title>` + described + `<url>index.html?part=` + path.Base(id) + `</url></au></block>`
	}
	const first, second = "https://example.org/hands/a", "https://example.org/hands/b"
	course := func(text string) func(files) { return edit(structure, "</courseStructure>", text+"</courseStructure>") }
	objective := `<objective id="https://example.org/clean"><title><langstring lang="en">Clean hands</langstring></title><description><langstring lang="en">Hands are clean.</langstring></description></objective>`
	objectives := func(list string) func(files) {
		return edit(structure, "</course>", "</course><objectives>"+list+"</objectives>")
	}
	unit := `<au id="https://example.org/hands/wash"`
	return []fault{
		{name: "two blocks", kinds: cmi5, plant: course(block(first) + block(second))},
		{name: "an objective", kinds: cmi5, plant: all(objectives(objective), edit(structure, described, described+`<objectives><objective idref="https://example.org/clean"/></objectives>`))},
		{name: "an extension", kinds: cmi5, plant: edit(structure, "</au>", `<x xmlns="https://example.org/own"/></au>`)},
		{name: "in percent", kinds: cmi5, plant: edit(structure, "<url>index.html", "<url>%69ndex.html?page=1&amp;x=%20#top")},
		{name: "two languages", kinds: cmi5, plant: edit(structure, "</langstring></title>", `</langstring><langstring lang="de">Hände waschen</langstring></title>`)},
		{name: "one block twice", kinds: cmi5, plant: course(block(first) + strings.Replace(block(first), "/au", "/other", 1)), want: "cmi5-block-id"},
		{name: "one unit twice", kinds: cmi5, plant: course(strings.Replace(block(first), first+"/au", "https://example.org/hands/wash", 1)), want: "cmi5-au-id"},
		{name: "one objective twice", kinds: cmi5, plant: objectives(objective + objective), want: "cmi5-objective-id"},
		{name: "an objective that isn't there", kinds: cmi5, plant: edit(structure, described, described+`<objectives><objective idref="https://example.org/dry"/></objectives>`), want: "cmi5-objective-ref"},
		{name: "a kind of activity of its own", kinds: cmi5, plant: edit(structure, unit, unit+` activityType="lesson"`), want: "cmi5-activity-type"},
		{name: "no language", kinds: cmi5, plant: edit(structure, `<langstring lang="en">Wash`, "<langstring>Wash"), want: "cmi5-lang-missing"},
		{name: "a language that is none", kinds: cmi5, plant: edit(structure, `<langstring lang="en">Wash`, `<langstring lang="en_GB">Wash`), want: "cmi5-lang-invalid"},
		{name: "an empty title", kinds: cmi5, plant: edit(structure, ">Wash<", "><"), want: "cmi5-title-empty"},
		{name: "an attribute of its own", kinds: cmi5, plant: edit(structure, unit, unit+` duration="PT5M"`), want: "cmi5-unknown-attribute"},
		{name: "another order", kinds: cmi5, plant: all(edit(structure, described, ""), edit(structure, "</url>", "</url>"+described)), want: "cmi5-order"},
		{name: "no description", kinds: cmi5, plant: edit(structure, described, ""), want: "cmi5-required"},
		{name: "an element of its own", kinds: cmi5, plant: edit(structure, "</au>", "<icon>soap.png</icon></au>"), want: "cmi5-unknown-element"},
		{name: "nothing asked", kinds: cmi5, plant: edit(structure, "CompletedAndPassed", "NotApplicable"), want: "cmi5-move-on-nothing"},
		{name: "launched elsewhere", kinds: cmi5, plant: edit(structure, "<url>index.html", "<url>https://example.org/wash"), want: "cmi5-launch-outside"},
		{name: "launched from a disk", kinds: cmi5, plant: edit(structure, "<url>index.html", "<url>file:///C:/wash.html"), want: "cmi5-url-local"},
		{name: "no URL", kinds: cmi5, plant: edit(structure, "<url>index.html", "<url>https://"), want: "cmi5-url"},

		{name: "in percent", kinds: xapi, plant: edit(tincan, ">index.html<", ">%69ndex.html?page=1<")},
		{name: "another namespace", kinds: xapi, plant: edit(tincan, "projecttincan.com", "example.org"), want: "tincan-namespace"},
		{name: "nothing to launch", kinds: xapi, plant: without(tincan, "launch"), want: "tincan-no-launch"},
		{name: "a launch with an element in it", kinds: xapi, plant: edit(tincan, ">index.html<", "><langstring>index.html</langstring><"), want: "tincan-launch-nested"},
		{name: "an id that is no IRI", kinds: xapi, plant: edit(tincan, `id="https://example.org/hands"`, `id="hands"`), want: "tincan-id-iri"},
		{name: "one id for two", kinds: xapi, plant: edit(tincan, "</activities>", `<activity id="https://example.org/hands" type="http://adlnet.gov/expapi/activities/module"><name>Rinse</name><launch lang="en">index.html?page=2</launch></activity></activities>`), want: "tincan-id-duplicate"},
		{name: "no name", kinds: xapi, plant: without(tincan, "name"), want: "tincan-name-missing"},
		{name: "no type", kinds: xapi, plant: edit(tincan, ` type="http://adlnet.gov/expapi/activities/course"`, ""), want: "tincan-type-missing"},
		{name: "another case", kinds: xapi, plant: edit(tincan, ">index.html<", ">Index.html<"), want: "tincan-file-case"},

		{name: "columns in another order, in capitals", kinds: aicc, plant: all(edit("course.cst", `"Block","Member"`, `"BLOCK","MEMBER"`), edit("course.des", "\"System_ID\",\"Developer_ID\",\"Title\",\"Description\"\r\n\"A1\",\"wash\",\"Wash\"", "\"TITLE\",\"Developer_ID\",\"SYSTEM_ID\",\"Description\"\r\n\"Wash\",\"wash\",\"A1\""))},
		{name: "files in capitals", kinds: aicc, plant: all(move("course.au", "COURSE.AU"), move("course.crs", "COURSE.CRS"))},
		{name: "a name of its own", kinds: aicc, plant: move("course.cst", "tree.cst"), want: "aicc-base-name"},
		{name: "no title of the course", kinds: aicc, plant: edit("course.crs", "Course_Title=Hand hygiene", "Course_Title="), want: "aicc-course-id"},
		{name: "no creator", kinds: aicc, plant: edit("course.crs", "Course_Creator=Somebody\r\n", ""), want: "aicc-course-keyword"},
		{name: "no course", kinds: aicc, plant: edit("course.crs", "[Course]", "[Lesson]"), want: "aicc-no-course"},
		{name: "an empty table", kinds: aicc, plant: add("course.cst", ""), want: "aicc-file-unreadable"},
		{name: "names of columns alone", kinds: aicc, plant: edit("course.au", `"A1","","index.html","","Tutorial","100","80","Somebody","","","",""`, ""), want: "aicc-no-units"},
		{name: "no id", kinds: aicc, plant: edit("course.au", `"A1"`, `""`), want: "aicc-member-unknown aicc-unit-id"},
		{name: "no file", kinds: aicc, plant: edit("course.au", "index.html", ""), want: "aicc-unit-no-file"},
		{name: "another case", kinds: aicc, plant: edit("course.au", "index.html", "Index.html"), want: "aicc-launch-case"},
		{name: "launched elsewhere", kinds: aicc, plant: edit("course.au", "index.html", "https://example.org/wash"), want: "aicc-launch-outside"},
		{name: "mastery of 800", kinds: aicc, plant: edit("course.au", `"80"`, `"800"`), want: "aicc-mastery-score"},
		{name: "more units than there are", kinds: aicc, plant: edit("course.crs", "Total_AUs=1", "Total_AUs=2"), want: "aicc-total-units"},
		{name: "no root", kinds: aicc, plant: edit("course.cst", `"ROOT"`, `"A1"`), want: "aicc-no-root"},
		{name: "a unit beside the tree", kinds: aicc, plant: all(edit("course.crs", "Total_AUs=1", "Total_AUs=2"),
			edit("course.au", "\"A1\",", "\"A2\",\"\",\"index.html?page=2\",\"\",\"Tutorial\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"\r\n\"A1\","),
			edit("course.des", "\"A1\"", "\"A2\",\"rinse\",\"Rinse\",\"How to rinse.\"\r\n\"A1\"")), want: "aicc-unit-unused"},
		{name: "accents", kinds: aicc, plant: all(edit("course.au", "index.html", "début.html"), move("index.html", "de\u0301but.html")), want: "aicc-launch-case"},
		{name: "no title", kinds: aicc, plant: edit("course.des", `"Wash"`, `""`), want: "aicc-unit-untitled"},
		{name: "a prerequisite that isn't there", kinds: aicc, plant: add("course.pre", "\"Structure_Element\",\"Prerequisite\"\r\n\"A1\",\"A7\"\r\n"), want: "aicc-prerequisite-unknown"},

		{name: "another main library", kinds: h5p, plant: edit("h5p.json", `"mainLibrary":"H5P.Wash"`, `"mainLibrary":"H5P.Rinse"`), want: "h5p-main-library"},
		{name: "a library without a name", kinds: h5p, plant: edit("H5P.Wash-1.0/library.json", `"title":"Wash",`, ""), want: "h5p-library"},
		{name: "a library that isn't there", kinds: h5p, plant: edit("h5p.json", `"minorVersion":0}]`, `"minorVersion":0},{"machineName":"H5P.Rinse","majorVersion":1,"minorVersion":0}]`), want: "h5p-library-missing"},
	}
}

// hostFaults are those of what is launched, and of what a host or a browser does
// with it.
func hostFaults() []fault {
	launched := func(path, content string) func(files) {
		return all(add(path, content), edit(im, scormHref, ` href="`+path+`">`), edit(im, `<file href="index.html"/>`, `<file href="index.html"/><file href="`+path+`"/>`))
	}
	page := func(old, new string) func(files) { return edit("index.html", old, new) }
	inside := func(text string) func(files) { return page("<h2>Try it</h2>", text+"<h2>Try it</h2>") }
	return []fault{
		{name: "an empty page", kinds: scorms, plant: launched("start.html", ""), want: "launch-file-empty"},
		{name: "Flash launched", kinds: scorms, plant: launched("start.swf", "CWS\x0aabcdefgh"), want: "flash-launched"},
		{name: "server code launched", kinds: scorms, plant: launched("start.php", "<?php echo 1;"), want: "server-code-launched"},
		{name: "a program launched", kinds: scorms, plant: launched("start.exe", "MZ\x90\x00\x03\x00\x00\x00"), want: "executable-launched"},
		{name: "completion alone", kinds: []string{"SCORM 1.2"}, plant: add("js/talk.js", `var api = parent.API;
function begin() { api.LMSInitialize(""); }
function end() { api.LMSSetValue("cmi.core.lesson_status", "completed"); api.LMSFinish(""); }
`), want: "bridge-two-results"},
		{name: "a script by another case", kinds: pages, plant: page(`src="js/talk.js"`, `src="js/Talk.js"`), want: "page-file-case"},
		{name: "accents of a script", kinds: pages, plant: all(page("js/talk.js", "js/début.js"), func(f files) {
			move("js/talk.js", "js/de\u0301but.js")(f)
			if f[im] != "" {
				f[im] = strings.ReplaceAll(f[im], "js/talk.js", "js/de\u0301but.js")
			}
		}), want: "page-file-accents"},
		{name: "modules by their names", kinds: scorms, plant: all(page(`<script src="js/talk.js"></script>`, `<script type="importmap">{"imports":{"app/":"./js/"}}</script><script type="module">import "app/talk.js"</script>`))},
		{name: "a module of the other API", kinds: scorm2004s, plant: all(add("js/talk.js", goodScripts[SCORM12]), page(`<script src="js/talk.js"></script>`, `<script type="importmap">{"imports":{"talk":"./js/talk.js"}}</script><script type="module">import "talk"</script>`)), want: "scorm-wrong-api"},
		{name: "built for the host's root", kinds: tracked, plant: page(`src="js/talk.js"`, `src="/js/talk.js"`), want: "page-from-host-root"},
		{name: "built for another folder", kinds: tracked, plant: page(`href="css/site.css"`, `href="/hands/css/site.css"><link rel="modulepreload" href="/hands/js/talk.js"`), want: "page-from-host-root"},
		{name: "based on the host's root", kinds: tracked, plant: page(`<link rel`, `<base href="/"><link rel`), want: "page-from-host-root"},
		{name: "framed, and built for the host's root", kinds: tracked, plant: all(inside(`<iframe src="app/a.html" title="More"></iframe>`), add("app/main.js", "var more = 1;\n"),
			add("app/a.html", `<!DOCTYPE html><html lang="en"><head><title>More</title><script src="/main.js"></script></head><body><h1>More</h1></body></html>`)), want: "page-from-host-root"},
		{name: "a script of the host", kinds: tracked, plant: page("</head>", `<script src="/host/statistics.js"></script></head>`)},
		{name: "a site at its own root", kinds: []string{"site"}, plant: page(`src="js/talk.js"`, `src="/js/talk.js"`)},
		{name: "the page's script missing", kinds: scorms, plant: remove("js/talk.js"), want: "scorm-file-missing"},
		{name: "the host's own script", kinds: pages, plant: page("</head>", `<script src="/lms/theme.js"></script></head>`)},
		{name: "a frame that isn't there", kinds: pages, plant: inside(`<iframe src="more.html" title="More"></iframe>`), want: "page-frame-missing"},
		{name: "an area of a map", kinds: pages, plant: inside(`<p><img src="img/soap.png" alt="Soaps" usemap="#soaps"></p><map name="soaps"><area href="#top" shape="default"></map>`), want: "html-area-alt"},
		{name: "a frame without a title", kinds: pages, plant: all(inside(`<iframe src="more.html"></iframe>`), add("more.html", `<!DOCTYPE html><html lang="en"><head><title>More</title></head><body><h1>More</h1></body></html>`)), want: "html-frame-title"},
		{name: "an empty heading", kinds: pages, plant: inside("<h2></h2>"), want: "html-heading-empty"},
		{name: "no headings", kinds: pages, plant: func(f files) {
			f["index.html"] = regexp.MustCompile("</?h[12]>").ReplaceAllString(f["index.html"], "") + strings.Repeat("<p>Wash your hands before and after you see a patient, with warm water and soap.</p>", 20)
		}, want: "html-heading-none"},
		{name: "a button that is a picture", kinds: pages, plant: inside(`<form><input type="image" src="img/soap.png"></form>`), want: "html-input-image-alt"},
		{name: "a language that is none", kinds: pages, plant: page(`lang="en"`, `lang="english language"`), want: "html-lang-invalid"},
		{name: "an object without words", kinds: pages, plant: inside(`<object data="img/soap.png" type="image/png"></object>`), want: "html-object-alt"},
		{name: "a drawing without a name", kinds: pages, plant: inside(`<svg role="img" viewBox="0 0 9 9"><circle r="4"/></svg>`), want: "html-svg-name"},
		{name: "a table without headers", kinds: pages, plant: inside("<table><tr><td>Ward</td><td>Soaps</td></tr><tr><td>7</td><td>12</td></tr><tr><td>8</td><td>9</td></tr></table>"), want: "html-table-headers"},
		{name: "a course within a site", kinds: []string{"site"}, plant: add("course/imsmanifest.xml", scorm12Manifest), want: "manifest-beside-site"},
		{name: "macros", kinds: []string{"docx"}, plant: add("word/vbaProject.bin", "\xd0\xcf\x11\xe0"), want: "office-macros"},
		{name: "hard to read", kinds: pages, plant: inside(strings.Repeat("<p>The organisational prioritisation of interdisciplinary collaboration necessitates a systematic evaluation of the institutional accountability and of the professional responsibility in the administration.</p>", 40)), want: "content-readability"},
		{name: "easy to read", kinds: pages, plant: inside(strings.Repeat("<p>The ward is full and the team is tired. You can ask for help, and it is fine to say so.</p>", 40))},
	}
}

// Rules of the zip file as such are planted in TestFaultsOfTheContainer, and
// those of a browser and of the hosts beside their own code.
func TestEveryRuleHasItsFault(t *testing.T) {
	planted := map[string]bool{}
	plant := func(want string) {
		for id := range strings.FieldsSeq(want) {
			planted[id] = true
			planted[within(id)] = true
		}
	}
	for _, f := range faults() {
		plant(f.want)
	}
	for _, f := range otherForms() {
		plant(f.want)
	}
	for _, f := range officeFaults() {
		plant(f.want)
	}
	for _, d := range oldDocuments() {
		plant(d.want)
	}
	for _, d := range pdfFaults() {
		plant(d.want)
	}
	for _, want := range lockedDocuments() {
		plant(want)
	}
	for _, r := range Rules() {
		elsewhere := r.Area == Browser || strings.HasPrefix(r.ID, "zip-") || strings.HasPrefix(r.ID, "host-")
		if !elsewhere && !planted[r.ID] {
			t.Errorf("no fault is planted for the rule %s", r.ID)
		}
	}
}
