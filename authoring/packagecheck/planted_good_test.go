package packagecheck_test

import (
	"maps"
	"strings"

	. "github.com/leadership-ladder/rung/authoring/packagecheck"
)

const goodPage = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Hand hygiene</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="css/site.css">
<script src="js/talk.js"></script>
</head>
<body onload="begin()" onunload="end()">
<h1>Hand hygiene</h1>
<p>Wash your hands before you see a patient. Wash them again after it.</p>
<h2>How to do it</h2>
<p><img src="img/soap.png" alt="A bar of soap"></p>
<video controls src="media/wash.mp4"><track kind="captions" src="media/wash.vtt" srclang="en" label="English"></video>
<h2>Try it</h2>
<form><label for="how">How long do you wash?</label> <input id="how" type="text"> <button type="button">Answer</button></form>
<p><a href="https://www.example.org/hands">More about hands</a></p>
</body>
</html>
`

// goodScripts talk to each kind of host, and report completion, success and score.
var goodScripts = map[Kind]string{
	SCORM12: `function find(w) { while (!w.API && w.parent && w.parent !== w) { w = w.parent; } return w.API; }
var api = find(window);
function begin() { api.LMSInitialize(""); }
function end() { api.LMSSetValue("cmi.core.score.raw", "90"); api.LMSSetValue("cmi.core.lesson_status", "passed"); api.LMSSetValue("cmi.core.session_time", "0000:05:00"); api.LMSCommit(""); api.LMSFinish(""); }
`,
	SCORM2004: `function find(w) { while (!w.API_1484_11 && w.parent && w.parent !== w) { w = w.parent; } return w.API_1484_11; }
var api = find(window);
function begin() { api.Initialize(""); }
function end() { api.SetValue("cmi.completion_status", "completed"); api.SetValue("cmi.success_status", "passed"); api.SetValue("cmi.score.scaled", "0.9"); api.SetValue("cmi.session_time", "PT5M"); api.Commit(""); api.Terminate(""); }
`,
	XAPI: `var q = new URLSearchParams(location.search);
function send(verb) { fetch(q.get("endpoint") + "statements", { method: "POST", headers: { "Authorization": q.get("auth"), "X-Experience-API-Version": "1.0.3" }, body: JSON.stringify({ actor: JSON.parse(q.get("actor")), verb: { id: "http://adlnet.gov/expapi/verbs/" + verb }, object: { id: q.get("activity_id") }, result: { completion: true, success: true, score: { scaled: 0.9 } } }) }); }
function begin() { send("initialized"); }
function end() { send("completed"); send("passed"); }
`,
	AICC: `var q = new URLSearchParams(location.search);
function hacp(command, data) { var x = new XMLHttpRequest(); x.open("POST", q.get("aicc_url"), false); x.send("command=" + command + "&version=3.5&session_id=" + q.get("aicc_sid") + "&aicc_data=" + encodeURIComponent(data)); }
function begin() { hacp("GetParam", ""); }
function end() { hacp("PutParam", "[core]\r\nlesson_status=passed\r\nscore=90\r\ntime=00:05:00\r\n"); hacp("ExitAU", ""); }
`,
	Site: `function begin() { document.body.className = "begun"; }
function end() {}
`,
}

func init() {
	goodScripts[CMI5] = strings.Replace(goodScripts[XAPI], `q.get("auth")`, `q.get("fetch") && window.token`, 1) + `var registration = q.get("registration"), activity = q.get("activityId");
`
}

// goodContent are the page and what belongs to it.
func goodContent(k Kind) files {
	return files{"index.html": goodPage, "js/talk.js": goodScripts[k], "css/site.css": "body { color: #111; background: #fff; }\n",
		"img/soap.png": png, "media/wash.mp4": "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
		"media/wash.vtt": "WEBVTT\n\n00:00.000 --> 00:02.000\nWash your hands.\n"}
}

// png is a picture of one dot.
const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" +
	"\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa75\x81\x84\x00\x00\x00\x00IEND\xaeB`\x82"

const scormFiles = `<file href="index.html"/><file href="js/talk.js"/><file href="css/site.css"/><file href="img/soap.png"/><file href="media/wash.mp4"/><file href="media/wash.vtt"/>`

const scorm12Manifest = `<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="M1" version="1" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
<metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
<organizations default="O1"><organization identifier="O1"><title>Hand hygiene</title>
<item identifier="I1" identifierref="R1"><title>Wash</title><adlcp:masteryscore>80</adlcp:masteryscore></item>
</organization></organizations>
<resources><resource identifier="R1" type="webcontent" adlcp:scormtype="sco" href="index.html">` + scormFiles + `</resource></resources>
</manifest>
`

const scorm2004Manifest = `<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="M1" version="1" xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3" xmlns:imsss="http://www.imsglobal.org/xsd/imsss">
<metadata><schema>ADL SCORM</schema><schemaversion>EDITION</schemaversion></metadata>
<organizations default="O1"><organization identifier="O1"><title>Hand hygiene</title>
<item identifier="I1" identifierref="R1"><title>Wash</title></item>
</organization></organizations>
<resources><resource identifier="R1" type="webcontent" adlcp:scormType="sco" href="index.html">` + scormFiles + `</resource></resources>
</manifest>
`

const cmi5Structure = `<?xml version="1.0" encoding="UTF-8"?>
<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
<course id="https://example.org/hands"><title><langstring lang="en">Hand hygiene</langstring></title><description><langstring lang="en">How to wash hands.</langstring></description></course>
<au id="https://example.org/hands/wash" moveOn="CompletedAndPassed" masteryScore="0.8" launchMethod="OwnWindow"><title><langstring lang="en">Wash</langstring></title><description><langstring lang="en">How to wash them.</langstring></description><url>index.html</url></au>
</courseStructure>
`

const tincanManifest = `<?xml version="1.0" encoding="UTF-8"?>
<tincan xmlns="http://projecttincan.com/tincan.xsd"><activities>
<activity id="https://example.org/hands" type="http://adlnet.gov/expapi/activities/course"><name>Hand hygiene</name><description lang="en">How to wash hands.</description><launch lang="en">index.html</launch></activity>
</activities></tincan>
`

const (
	aiccCourse = "[Course]\r\nCourse_Creator=Somebody\r\nCourse_ID=HANDS\r\nCourse_System=HTML\r\nCourse_Title=Hand hygiene\r\nLevel=1\r\nMax_Fields_CST=2\r\nMax_Fields_ORT=0\r\nTotal_AUs=1\r\nTotal_Blocks=0\r\nTotal_Objectives=0\r\nTotal_Complex_Objectives=0\r\nVersion=3.5\r\n[Course_Behavior]\r\nMax_Normal=1\r\n[Course_Description]\r\nHow to wash hands.\r\n"
	aiccUnits  = "\"System_ID\",\"Command_Line\",\"File_Name\",\"Core_Vendor\",\"Type\",\"Max_Score\",\"Mastery_Score\",\"System_Vendor\",\"Max_Time_Allowed\",\"Time_Limit_Action\",\"Web_Launch\",\"AU_Password\"\r\n\"A1\",\"\",\"index.html\",\"\",\"Tutorial\",\"100\",\"80\",\"Somebody\",\"\",\"\",\"\",\"\"\r\n"
	aiccTexts  = "\"System_ID\",\"Developer_ID\",\"Title\",\"Description\"\r\n\"A1\",\"wash\",\"Wash\",\"How to wash.\"\r\n"
	aiccTree   = "\"Block\",\"Member\"\r\n\"ROOT\",\"A1\"\r\n"
)

const h5pJSON = `{"title":"Hand hygiene","language":"en","mainLibrary":"H5P.Wash","embedTypes":["div"],"license":"CC BY-NC","defaultLanguage":"en",
"preloadedDependencies":[{"machineName":"H5P.Wash","majorVersion":1,"minorVersion":0}]}`

const h5pLibrary = `{"title":"Wash","machineName":"H5P.Wash","majorVersion":1,"minorVersion":0,"patchVersion":3,"runnable":1,"preloadedJs":[{"path":"js/wash.js"}],"preloadedCss":[{"path":"wash.css"}]}`

func with(f files, more files) files {
	maps.Copy(f, more)
	return f
}

// goodPackages are packages with nothing wrong with them, one of each kind.
func goodPackages() map[string]files {
	scorm := func(edition string) files {
		return with(goodContent(SCORM2004), files{"imsmanifest.xml": strings.Replace(scorm2004Manifest, "EDITION", edition, 1)})
	}
	return map[string]files{
		"SCORM 1.2":      with(goodContent(SCORM12), files{"imsmanifest.xml": scorm12Manifest}),
		"SCORM 2004 2nd": scorm("CAM 1.3"),
		"SCORM 2004 3rd": scorm("2004 3rd Edition"),
		"SCORM 2004 4th": scorm("2004 4th Edition"),
		"cmi5":           with(goodContent(CMI5), files{"cmi5.xml": cmi5Structure}),
		"xAPI":           with(goodContent(XAPI), files{"tincan.xml": tincanManifest}),
		"AICC":           with(goodContent(AICC), files{"course.crs": aiccCourse, "course.au": aiccUnits, "course.des": aiccTexts, "course.cst": aiccTree}),
		"H5P": {"h5p.json": h5pJSON, "content/content.json": `{"question":"<p>How long do you wash?</p>","image":{"path":"images/soap.png","mime":"image/png"}}`,
			"content/images/soap.png": png, "H5P.Wash-1.0/library.json": h5pLibrary,
			"H5P.Wash-1.0/js/wash.js": "var H5P = H5P || {}; H5P.Wash = function () { this.triggerXAPIScored(1, 1, 'completed'); };\n", "H5P.Wash-1.0/wash.css": ".h5p-wash { color: #111; }\n",
			"H5P.Wash-1.0/semantics.json": `[{"name":"question","type":"text","label":"Question"}]`},
		"site": goodContent(Site),
		"docx": {"[Content_Types].xml": `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`,
			"_rels/.rels":       `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
			"docProps/core.xml": `<?xml version="1.0"?><cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Hand hygiene</dc:title><dc:language>en-GB</dc:language></cp:coreProperties>`,
			"word/document.xml": `<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Wash your hands.</w:t></w:r></w:p></w:body></w:document>`},
	}
}
