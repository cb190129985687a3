package packagecheck_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	. "github.com/leadership-ladder/rung/authoring/packagecheck"
	"github.com/leadership-ladder/rung/authoring/packagecheck/doctest"
	"github.com/leadership-ladder/rung/authoring/packagecheck/ziptest"
)

// files are those of a package, by their paths.
type files map[string]string

// edit gives the files with one text in one of them replaced.
func edit(path, old, new string) func(files) {
	return func(f files) {
		if !strings.Contains(f[path], old) {
			panic(path + " has no " + old)
		}
		f[path] = strings.Replace(f[path], old, new, 1)
	}
}

func add(path, text string) func(files) { return func(f files) { f[path] = text } }
func remove(path string) func(files)    { return func(f files) { delete(f, path) } }
func move(from, to string) func(files)  { return func(f files) { f[to] = f[from]; delete(f, from) } }
func all(edits ...func(files)) func(files) {
	return func(f files) {
		for _, e := range edits {
			e(f)
		}
	}
}

func checked(t *testing.T, data []byte) *Report {
	t.Helper()
	r, err := Check(t.Context(), bytes.NewReader(data), int64(len(data)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// decides are the areas that make the verdict.
var decides = []Area{Container, Manifest, Tracking, Outside}

// The kinds that faults are planted in.
var (
	scorm2004s = []string{"SCORM 2004 2nd", "SCORM 2004 3rd", "SCORM 2004 4th"}
	scorms     = append([]string{"SCORM 1.2"}, scorm2004s...)
	tracked    = append([]string{"cmi5", "xAPI", "AICC"}, scorms...)
	pages      = append([]string{"site"}, tracked...)
	zipped     = append([]string{"H5P", "docx"}, pages...)
)

// fault is one thing that can be wrong.
type fault struct {
	name  string
	kinds []string
	plant func(files)
	zip   func(ziptest.Zip) ziptest.Zip
	want  string // rules that find it, in order, with spaces between
}

const im = "imsmanifest.xml"

func faults() []fault {
	evil := func(f ziptest.File) func(ziptest.Zip) ziptest.Zip {
		return func(z ziptest.Zip) ziptest.Zip { return z.With(f) }
	}
	one := func(change func(*ziptest.File)) func(ziptest.Zip) ziptest.Zip {
		return func(z ziptest.Zip) ziptest.Zip { return z.Change("media/wash.vtt", change) }
	}
	html := func(old, new string) func(files) { return edit("index.html", old, new) }
	inside := func(text string) func(files) { return html("<h2>Try it</h2>", text+"<h2>Try it</h2>") }
	return slices.Concat(scormFaults(), courseFaults(), hostFaults(), []fault{
		// The container.
		{name: "climbing", kinds: zipped, zip: evil(ziptest.File{Name: "../evil.txt", Data: []byte("x")}), want: "zip-unsafe-path"},
		{name: "absolute", kinds: zipped, zip: evil(ziptest.File{Name: "/evil.txt", Data: []byte("x")}), want: "zip-unsafe-path"},
		{name: "NUL", kinds: zipped, zip: evil(ziptest.File{Name: "a\x00.txt", Data: []byte("x")}), want: "zip-bad-name"},
		{name: "backslash", kinds: pages, zip: evil(ziptest.File{Name: `media\note.txt`, Data: []byte("x")}), want: "zip-backslash"},
		{name: "symlink", kinds: pages, zip: one(func(f *ziptest.File) { f.Mode = ziptest.Symlink }), want: "zip-special-file"},
		{name: "device", kinds: pages, zip: one(func(f *ziptest.File) { f.Mode = ziptest.Device }), want: "zip-special-file"},
		{name: "encrypted", kinds: pages, zip: one(func(f *ziptest.File) { f.Flags = ziptest.Encrypted }), want: "zip-encrypted"},
		{name: "checksum", kinds: pages, zip: one(func(f *ziptest.File) { f.CRC = new(uint32(7)) }), want: "zip-damaged"},
		{name: "twice", kinds: pages, zip: evil(ziptest.File{Name: "media/wash.vtt", Data: []byte("WEBVTT\n")}), want: "zip-duplicate-name"},
		{name: "twice the same", kinds: pages, zip: func(z ziptest.Zip) ziptest.Zip { return z.With(z.Files[0]) }, want: "zip-repeated-name"},
		{name: "case clash", kinds: pages, plant: add("MEDIA/Wash.vtt", "WEBVTT\n"), want: "zip-case-clash"},
		{name: "code page", kinds: pages, zip: evil(ziptest.File{Name: "gr\x81n.txt", Flags: 2, Data: []byte("x")}), want: "zip-legacy-name"},
		{name: "bomb", kinds: pages, zip: evil(ziptest.File{Name: "zero.txt", Data: make([]byte, 12<<20), Method: ziptest.Deflate}), want: "zip-bomb"},
		{name: "junk of macOS", kinds: pages, plant: add("__MACOSX/._index.html", "\x00\x05\x16\x07"), want: "junk-files"},
		{name: "junk of the Finder", kinds: pages, plant: add("img/.DS_Store", "\x00\x00\x00\x01Bud1"), want: "junk-files"},
		{name: "junk of Windows", kinds: pages, plant: add("img/Thumbs.db", "\xd0\xcf\x11\xe0"), want: "junk-files"},
		{name: "junk of git", kinds: pages, plant: add(".git/config", "[core]\n"), want: "junk-files"},
		{name: "LFS pointer inside", kinds: pages, plant: add("media/wash.mp4", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"), want: "file-lfs-pointer"},

		// The manifest of SCORM.
		{name: "in a folder", kinds: scorms, plant: func(f files) {
			for path, text := range maps.Clone(f) {
				delete(f, path)
				f["module/"+path] = text
			}
		}, want: "manifest-in-folder"},
		{name: "name's case", kinds: scorms, plant: move(im, "IMSManifest.xml"), want: "manifest-name-case"},
		{name: "downloaded twice", kinds: scorms, plant: move(im, "imsmanifest (1).xml"), want: "manifest-renamed"},
		{name: "saved by an editor", kinds: []string{"cmi5"}, plant: move("cmi5.xml", "cmi5.xml.txt"), want: "manifest-renamed"},
		{name: "copied", kinds: []string{"xAPI"}, plant: move("tincan.xml", "tincan - Copy.xml"), want: "manifest-renamed"},
		{name: "a copy beside it", kinds: scorms, plant: add("imsmanifest - Copy.xml", "<manifest/>"), want: ""},
		{name: "malformed", kinds: scorms, plant: edit(im, "</organization>", "</organisation>"), want: "manifest-not-well-formed"},
		{name: "entity", kinds: scorms, plant: edit(im, "?>\n", "?>\n<!DOCTYPE manifest [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>\n"), want: "manifest-entity"},
		{name: "default missing", kinds: scorms, plant: edit(im, `default="O1"`, `default="O9"`), want: "scorm-default-missing"},
		{name: "identifier twice", kinds: scorms, plant: edit(im, "</organization>", `<item identifier="I1" identifierref="R1"><title>Again</title></item></organization>`), want: "scorm-identifier-twice"},
		{name: "item unresolved", kinds: scorms, plant: edit(im, "</organization>", `<item identifier="I2" identifierref="R9"><title>Again</title></item></organization>`), want: "scorm-item-unresolved"},
		{name: "title missing", kinds: scorms, plant: edit(im, "<title>Wash</title>", ""), want: "scorm-title-missing"},
		{name: "no href", kinds: scorms, plant: edit(im, ` href="index.html">`, ">"), want: "scorm-launch-no-href"},
		{name: "launch missing", kinds: scorms, plant: edit(im, ` href="index.html">`, ` href="start.html">`), want: "scorm-launch-missing"},
		{name: "launch case", kinds: scorms, plant: edit(im, ` href="index.html">`, ` href="Index.html">`), want: "scorm-launch-case"},
		{name: "file missing", kinds: scorms, plant: edit(im, `<file href="css/site.css"/>`, `<file href="css/site.css"/><file href="css/print.css"/>`), want: "scorm-file-missing"},
		{name: "file case", kinds: scorms, plant: edit(im, `<file href="css/site.css"/>`, `<file href="CSS/site.css"/>`), want: "scorm-file-case"},
		{name: "dependency missing", kinds: scorms, plant: edit(im, `</resource>`, `<dependency identifierref="R9"/></resource>`), want: "scorm-dependency-missing"},
		{name: "type value", kinds: scorms, plant: edit(im, `="sco"`, `="scorm"`), want: "scorm-type-value"},
		{name: "type spelling of 2004", kinds: []string{"SCORM 1.2"}, plant: edit(im, "adlcp:scormtype", "adlcp:scormType"), want: "scorm-type-spelling"},
		{name: "type spelling of 1.2", kinds: scorm2004s, plant: edit(im, "adlcp:scormType", "adlcp:scormtype"), want: "scorm-type-spelling"},
		{name: "mastery score", kinds: []string{"SCORM 1.2"}, plant: edit(im, ">80<", ">eighty<"), want: "scorm12-mastery-score"},
		{name: "prerequisite", kinds: []string{"SCORM 1.2"}, plant: edit(im, "<adlcp:masteryscore>", `<adlcp:prerequisites type="aicc_script">I9</adlcp:prerequisites><adlcp:masteryscore>`), want: "scorm12-prerequisite-unknown"},
		{name: "two versions", kinds: []string{"SCORM 1.2"}, plant: edit(im, "<schemaversion>1.2<", "<schemaversion>2004 4th Edition<"), want: "scorm-version-conflict"},
		{name: "two manifests", kinds: scorms, plant: add("cmi5.xml", cmi5Structure), want: "manifest-several"},

		// Those of other kinds.
		{name: "namespace", kinds: []string{"cmi5"}, plant: edit("cmi5.xml", "/v1/", "/v9/"), want: "cmi5-namespace"},
		{name: "moveOn", kinds: []string{"cmi5"}, plant: edit("cmi5.xml", "CompletedAndPassed", "Whenever"), want: "cmi5-move-on"},
		{name: "mastery of 80", kinds: []string{"cmi5"}, plant: edit("cmi5.xml", `"0.8"`, `"80"`), want: "cmi5-mastery-score"},
		{name: "launch method", kinds: []string{"cmi5"}, plant: edit("cmi5.xml", "OwnWindow", "Popup"), want: "cmi5-launch-method"},
		{name: "no IRI", kinds: []string{"cmi5"}, plant: edit("cmi5.xml", `id="https://example.org/hands/wash"`, `id="wash"`), want: "cmi5-iri"},
		{name: "unit's file missing", kinds: []string{"cmi5"}, plant: edit("cmi5.xml", "<url>index.html", "<url>start.html"), want: "cmi5-file-missing"},
		{name: "unit's file case", kinds: []string{"cmi5"}, plant: edit("cmi5.xml", "<url>index.html", "<url>Index.html"), want: "cmi5-file-case"},
		{name: "own parameter", kinds: []string{"cmi5"}, plant: edit("cmi5.xml", "<url>index.html", "<url>index.html?fetch=1"), want: "cmi5-url-query"},
		{name: "own parameter, encoded", kinds: []string{"cmi5"}, plant: edit("cmi5.xml", "<url>index.html", "<url>index.html?%66etch=1"), want: "cmi5-url-query"},
		{name: "twice encoded", kinds: []string{"cmi5"}, plant: all(move("index.html", "a b.html"), edit("cmi5.xml", "<url>index.html", "<url>a%2520b.html")), want: "cmi5-file-missing"},
		{name: "not encoded", kinds: []string{"cmi5"}, plant: all(move("index.html", "a b.html"), edit("cmi5.xml", "<url>index.html", "<url>a b.html")), want: "cmi5-url-encoding"},
		{name: "block with a unit's id", kinds: []string{"cmi5"}, plant: all(edit("cmi5.xml", "</courseStructure>", "</block></courseStructure>"),
			edit("cmi5.xml", "<au ", `<block id="https://example.org/hands/wash"><title><langstring lang="en">Wash</langstring></title><description><langstring lang="en">How.</langstring></description><au `)), want: "cmi5-shared-id"},
		{name: "address before the title", kinds: []string{"cmi5"}, plant: all(edit("cmi5.xml", "<url>index.html</url>", ""), edit("cmi5.xml", `launchMethod="OwnWindow">`, `launchMethod="OwnWindow"><url>index.html</url>`)), want: "cmi5-order"},
		{name: "no cmi5.xml", kinds: []string{"cmi5"}, plant: all(remove("cmi5.xml"), move("index.html", "start.html")), want: "manifest-missing"},
		{name: "activity without id", kinds: []string{"xAPI"}, plant: edit("tincan.xml", ` id="https://example.org/hands"`, ""), want: "tincan-id-missing"},
		{name: "activity's file missing", kinds: []string{"xAPI"}, plant: edit("tincan.xml", ">index.html<", ">start.html<"), want: "tincan-file-missing"},
		{name: "activity's file encoded", kinds: []string{"xAPI"}, plant: all(move("index.html", "a b.html"), edit("tincan.xml", ">index.html<", ">a%20b.html<")), want: ""},
		{name: "activity's file, two encodings", kinds: []string{"xAPI"}, plant: all(move("index.html", "a b.html"), edit("tincan.xml", ">index.html<", ">a%2520b.html<")), want: "tincan-file-missing"},
		{name: "launched elsewhere", kinds: []string{"xAPI"}, plant: edit("tincan.xml", ">index.html<", ">http://example.org/start.html<"), want: "tincan-launch-outside"},
		{name: "no course file", kinds: []string{"AICC"}, plant: remove("course.crs"), want: "aicc-file-missing"},
		{name: "no units file", kinds: []string{"AICC"}, plant: remove("course.au"), want: "aicc-file-missing"},
		{name: "no file name column", kinds: []string{"AICC"}, plant: edit("course.au", "File_Name", "Filename"), want: "aicc-header"},
		{name: "unit's page missing", kinds: []string{"AICC"}, plant: edit("course.au", "index.html", "start.html"), want: "aicc-launch-missing"},
		{name: "unit not in the tree", kinds: []string{"AICC"}, plant: edit("course.cst", `"ROOT","A1"`, `"ROOT","A9"`), want: "aicc-member-unknown aicc-unit-unused"},
		{name: "objectives", kinds: []string{"AICC"}, plant: add("course.ort", "\"Course_Element\",\"Member\",\"Member\"\r\n\"A1\",\"J1\",\"J2\"\r\n"), want: ""},
		{name: "objectives of a stranger", kinds: []string{"AICC"}, plant: add("course.ORT", "\"Course_Element\",\"Member\"\r\n\"A9\",\"J1\"\r\n"), want: "aicc-relation-unknown"},
		{name: "an end as DOS marks it", kinds: []string{"AICC"}, plant: func(f files) { f["course.au"] += "\x1a" }, want: ""},
		{name: "completion", kinds: []string{"AICC"}, plant: add("course.cmp", "\"Structure_Element\",\"Requirement\",\"Result\",\"Next\",\"Return\"\r\n\"ROOT\",\"A1=P\",\"C\",\"\",\"\"\r\n"), want: ""},
		{name: "completion by a stranger", kinds: []string{"AICC"}, plant: add("course.cmp", "\"Structure_Element\",\"Requirement\",\"Result\"\r\n\"ROOT\",\"A1=P & B7=C\",\"C\"\r\n"), want: "aicc-relation-unknown"},
		{name: "prerequisite", kinds: []string{"AICC"}, plant: add("course.pre", "\"Structure_Element\",\"Prerequisite\"\r\n\"A1\",\"~(A2|A1)\"\r\n"), want: "aicc-prerequisite-unknown"},
		{name: "unit's page encoded", kinds: []string{"AICC"}, plant: all(move("index.html", "a b.html"), edit("course.au", "index.html", "a%20b.html")), want: ""},
		{name: "broken h5p.json", kinds: []string{"H5P"}, plant: edit("h5p.json", "{", "{,"), want: "h5p-json"},
		{name: "no title", kinds: []string{"H5P"}, plant: edit("h5p.json", `"title":"Hand hygiene",`, ""), want: "h5p-field"},
		{name: "no content", kinds: []string{"H5P"}, plant: remove("content/content.json"), want: "h5p-no-content"},
		{name: "no picture", kinds: []string{"H5P"}, plant: remove("content/images/soap.png"), want: "h5p-file-missing"},
		{name: "no script", kinds: []string{"H5P"}, plant: remove("H5P.Wash-1.0/js/wash.js"), want: "h5p-library-file"},
		{name: "broken form", kinds: []string{"H5P"}, plant: edit("H5P.Wash-1.0/semantics.json", "[", "[,"), want: "h5p-json"},
		{name: "broken words", kinds: []string{"H5P"}, plant: add("H5P.Wash-1.0/language/de.json", `{"semantics":[`), want: "h5p-json"},
		{name: "a file's map", kinds: []string{"H5P"}, plant: add("H5P.Wash-1.0/js/wash.js.map", "{}"), want: "h5p-extension"},
		{name: "no extension", kinds: []string{"H5P"}, plant: add("H5P.Wash-1.0/LICENSE", "MIT"), want: "h5p-extension"},
		{name: "hidden files", kinds: []string{"H5P"}, plant: add("H5P.Wash-1.0/.eslintrc", "{}"), want: ""},
		{name: "folders", kinds: []string{"H5P"}, zip: evil(ziptest.File{Name: "content/images/"}), want: "h5p-folder-entries"},
		{name: "other licence", kinds: []string{"H5P"}, plant: edit("h5p.json", `"CC BY-NC"`, `"cc-by-nc"`), want: "h5p-licence"},
		{name: "content alone", kinds: []string{"H5P"}, plant: func(f files) {
			maps.DeleteFunc(f, func(path, _ string) bool { return strings.HasPrefix(path, "H5P.") })
		}, want: "h5p-library-missing"},
		{name: "a program", kinds: []string{"H5P"}, plant: add("content/run.php", "<?php"), want: "h5p-extension server-code"},
		{name: "undisclosed", kinds: []string{"H5P"}, plant: edit("h5p.json", `"CC BY-NC"`, `"U"`), want: "content-licence-undisclosed"},
		{name: "no document", kinds: []string{"docx"}, plant: remove("word/document.xml"), want: "office-no-main-part"},
		{name: "broken document", kinds: []string{"docx"}, plant: edit("word/document.xml", "</w:body>", ""), want: "office-not-well-formed"},

		// Will it work on the host?
		{name: "never begins", kinds: []string{"SCORM 1.2"}, plant: edit("js/talk.js", `api.LMSInitialize("");`, ""), want: "scorm-sco-never-talks"},
		{name: "never talks", kinds: scorms, plant: add("js/talk.js", goodScripts[Site]), want: "scorm-sco-never-talks"},
		{name: "never talks", kinds: []string{"cmi5", "xAPI", "AICC"}, plant: add("js/talk.js", goodScripts[Site]), want: "unit-never-talks"},
		{name: "a script in data", kinds: tracked, plant: kept("js/talk.json", func(script string) string { return `{"script":` + strconv.Quote(script) + `}` }), want: ""},
		{name: "a script in XML", kinds: tracked, plant: kept("js/talk.xml", func(script string) string { return "<script><![CDATA[" + script + "]]></script>" }), want: ""},
		{name: "a packed script", kinds: tracked, plant: kept("js/talk.unityweb", gzipped), want: ""},
		{name: "a script that isn’t called one", kinds: tracked, plant: kept("js/talk", func(script string) string { return script }), want: ""},
		{name: "a library’s name", kinds: scorms, plant: all(add("js/talk.js", goodScripts[Site]), add("package.json", `{"dependencies":{"pipwerks":"1"}}`)), want: "scorm-sco-never-talks"},
		{name: "a script in its address", kinds: scorms, plant: func(f files) {
			f["index.html"] = strings.Replace(f["index.html"], "js/talk.js", "data:text/javascript;base64,"+base64.StdEncoding.EncodeToString([]byte(f["js/talk.js"])), 1)
			f["js/talk.js"] = goodScripts[Site]
		}, want: ""},
		{name: "a frame in a template", kinds: pages, plant: inside(`<template><iframe src="more.html" title="More"></iframe></template><script type="text/template"><iframe src="yet.html" title="More"></iframe></script>`), want: ""},
		{name: "a frame with its own page", kinds: pages, plant: inside(`<iframe src="more.html" srcdoc="&lt;p>Wash&lt;/p>" title="More"></iframe>`), want: ""},
		{name: "no manifest", kinds: scorms, plant: remove(im), want: "site-without-manifest"},
		{name: "no manifest", kinds: []string{"xAPI"}, plant: remove("tincan.xml"), want: ""},
		{name: "no manifest", kinds: []string{"cmi5"}, plant: remove("cmi5.xml"), want: "site-without-manifest"},
		{name: "the other API", kinds: []string{"SCORM 1.2"}, plant: add("js/talk.js", goodScripts[SCORM2004]), want: "scorm-wrong-api"},
		{name: "the other API", kinds: scorm2004s, plant: add("js/talk.js", goodScripts[SCORM12]), want: "scorm-wrong-api"},
		{name: "asset only", kinds: scorms, plant: edit(im, `="sco"`, `="asset"`), want: "scorm-no-sco"},
		{name: "parent.document", kinds: pages, plant: edit("js/talk.js", "function begin() {", "function begin() { parent.document.body.className = 'mine';"), want: "script-reaches-parent-document"},
		{name: "Flash", kinds: pages, plant: add("media/old.swf", "FWS\x08\x00\x00\x00\x00"), want: "flash-file"},
		{name: "server code", kinds: pages, plant: add("save.php", "<?php echo 1;"), want: "server-code"},
		{name: "program", kinds: pages, plant: add("tools/run.exe", "MZ\x90\x00\x03\x00\x00\x00"), want: "executable-file"},
		{name: "insecure script", kinds: pages, plant: html("</head>", `<script src="http://cdn.example.org/x.js"></script></head>`), want: "outside-insecure-load"},
		{name: "third party", kinds: pages, plant: html("</head>", `<script src="https://cdn.example.org/x.js"></script></head>`), want: "outside-load"},
		{name: "insecure link", kinds: pages, plant: html("https://www.example.org/hands", "http://www.example.org/hands"), want: "outside-insecure-link"},
		{name: "missing picture", kinds: pages, plant: inside(`<p><img src="img/water.png" alt="Water"></p>`), want: "page-missing-file"},
		{name: "archive inside", kinds: pages, plant: add("more.zip", string(ziptest.Of(files{"index.html": "<p>x"}).Bytes())), want: "nested-archive"},

		// Accessibility.
		{name: "no language", kinds: pages, plant: html(` lang="en"`, ""), want: "html-lang-missing"},
		{name: "no title", kinds: pages, plant: html("<title>Hand hygiene</title>", ""), want: "html-title-missing"},
		{name: "no alternative", kinds: pages, plant: html(` alt="A bar of soap"`, ""), want: "html-image-alt"},
		{name: "no captions", kinds: pages, plant: html(`<track kind="captions" src="media/wash.vtt" srclang="en" label="English">`, ""), want: "html-video-captions"},
		{name: "autoplay", kinds: pages, plant: html("<video controls", "<video autoplay controls"), want: "html-autoplay-controls"},
		{name: "autoplay without controls", kinds: pages, plant: html("<video controls", "<video autoplay"), want: "html-autoplay"},
		{name: "no label", kinds: pages, plant: html(`<label for="how">How long do you wash?</label>`, ""), want: "html-label"},
		{name: "heading skipped", kinds: pages, plant: html("<h2>How to do it</h2>", "<h4>How to do it</h4>"), want: "html-heading-skip"},
		{name: "empty link", kinds: pages, plant: html("More about hands", ""), want: "html-link-empty"},
		{name: "empty button", kinds: pages, plant: html(">Answer</button>", "></button>"), want: "html-button-empty"},
		{name: "tabindex", kinds: pages, plant: html(`<input id="how"`, `<input tabindex="3" id="how"`), want: "html-tabindex"},
		{name: "refresh", kinds: pages, plant: html("</head>", `<meta http-equiv="refresh" content="30"></head>`), want: "html-refresh"},
		{name: "zoom disabled", kinds: pages, plant: html("initial-scale=1", "initial-scale=1, user-scalable=no"), want: "html-zoom"},
		{name: "doubled id of a label", kinds: pages, plant: inside(`<p id="how">How</p>`), want: "html-duplicate-id"},

		// Questions for people.
		{name: "NHS number", kinds: pages, plant: inside("<p>NHS number 943 476 5919 was on the form.</p>"), want: "content-nhs-number"},
		{name: "date of birth", kinds: pages, plant: inside("<p>Mrs Jane Miller, date of birth 12/03/1956, came in.</p>"), want: "content-birth-date"},
	})
}

// rulesFound gives the rules that found something.
func rulesFound(r *Report) []string {
	var list []string
	for _, f := range r.Findings {
		list = append(list, f.ID)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func TestGoodPackagesAreGood(t *testing.T) {
	for name, f := range goodPackages() {
		t.Run(name, func(t *testing.T) {
			r := checked(t, ziptest.Of(f).Bytes())
			if r.Verdict != OK {
				t.Errorf("the verdict is %s, expected ok", r.Verdict)
			}
			for _, f := range r.Findings {
				if !strings.HasPrefix(f.ID, "host-") {
					t.Errorf("expected nothing, got %s: %s (%s:%d)", f.ID, f.Message, f.Path, f.Line)
				}
			}
		})
	}
}

// otherForm is what is no ordinary zip file.
type otherForm struct {
	name string
	data []byte
	kind Kind
	want string // the rule that finds its fault
}

// otherForms are good ones, and some with a fault each.
func otherForms() []otherForm {
	const outside = "https://example.org/hands/index.html"
	course := strings.Replace(cmi5Structure, "<url>index.html", "<url>"+outside, 1)
	zip64 := ziptest.Of(goodPackages()["cmi5"])
	zip64.Zip64 = true
	for i := range zip64.Files {
		zip64.Files[i].Zip64 = true
	}
	pdf := string(doctest.SoundPDF().Bytes())
	return []otherForm{
		{"cmi5 in Zip64", zip64.Bytes(), CMI5, ""},
		{"cmi5 alone", []byte(course), CMI5, "cmi5-xml-alone"},
		{"cmi5 alone, relative", []byte(cmi5Structure), CMI5, "cmi5-url-relative"},
		{"cmi5 alone, malformed", []byte(strings.Replace(course, "</au>", "", 1)), Unknown, "manifest-not-well-formed"},
		{"SCORM's manifest alone", []byte(scorm12Manifest), Unknown, "manifest-alone"},
		{"PDF", []byte(pdf), PDF, ""},
		{"PDF, cut off", []byte(pdf[:150]), PDF, "pdf-truncated"},
		{"PDF, encrypted", []byte(strings.Replace(pdf, "/Root 1 0 R", "/Root 1 0 R/Encrypt 4 0 R", 1)), PDF, "pdf-encrypted"},
		{"Word 97, cut off", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 504)), Office, "office-damaged"},
		{"SCORM in one more folder", ziptest.Of(files{"module.zip": string(ziptest.Of(goodPackages()["SCORM 1.2"]).Bytes())}).Bytes(), Unknown, "manifest-in-archive"},
	}
}

func TestOtherForms(t *testing.T) {
	for _, c := range otherForms() {
		r := checked(t, c.data)
		got := slices.DeleteFunc(rulesFound(r), func(id string) bool { return strings.HasPrefix(id, "host-") })
		if strings.Join(got, " ") != c.want || r.Kind != c.kind {
			t.Errorf("%s: %s with %q, expected %s with %q", c.name, r.Kind, got, c.kind, c.want)
		}
	}
}

// A unit that never talks may do so with scripts from elsewhere, which is said.
func TestScriptsFromElsewhereAreNotLookedInto(t *testing.T) {
	for _, c := range []struct{ kind, address, says string }{
		{"SCORM 1.2", "https://cdn.example.org/talk.js", "calls the host. What it loads from “https://cdn.example.org/talk.js” isn’t in the package and was not looked into."},
		{"xAPI", "//cdn.example.org/talk.js", "talks to the host. What it loads from “//cdn.example.org/talk.js” isn’t"},
		{"SCORM 2004 3rd", "js/more.js", "calls the host."},
	} {
		f := maps.Clone(goodPackages()[c.kind])
		f["js/talk.js"], f["js/more.js"] = goodScripts[Site], "var more;"
		f["index.html"] = strings.Replace(f["index.html"], "</head>", `<script src="`+c.address+`"></script></head>`, 1)
		found := slices.DeleteFunc(checked(t, ziptest.Of(f).Bytes()).Findings, func(f Finding) bool { return !strings.HasSuffix(f.ID, "never-talks") })
		if len(found) != 1 || !strings.Contains(found[0].Message, c.says) || strings.Contains(found[0].Message, "looked into") != strings.Contains(c.address, "//") {
			t.Errorf("%s with %s says %+v, expected %q", c.kind, c.address, found, c.says)
		}
	}
}

// A launched page that isn't there is told of with the file that may be meant.
func TestTheFileThatWasMeantIsNamed(t *testing.T) {
	for _, c := range []struct {
		kind string
		move []string // where index.html lies in truth, and copies of it
		says string
	}{
		{"SCORM 1.2", []string{"course/index.html"}, "isn’t in the package; “course/index.html” is."},
		{"SCORM 2004 4th", []string{"Index.htm"}, "isn’t in the package; “Index.htm” is."},
		{"SCORM 1.2", []string{"index.html.html"}, "isn’t in the package; “index.html.html” is."},
		{"SCORM 1.2", []string{"a/index.html", "b/index.html"}, "isn’t in the package."},
		{"SCORM 1.2", []string{"start.html"}, "isn’t in the package."},
		{"SCORM 1.2", []string{"__MACOSX/index.html"}, "isn’t in the package."},
		{"cmi5", []string{"course/index.html"}, "is not in the package; “course/index.html” is ("},
		{"xAPI", []string{"course/index.html"}, "is not in the package; “course/index.html” is."},
		{"AICC", []string{"course/index.html"}, "is not in the package; “course/index.html” is."},
	} {
		f := maps.Clone(goodPackages()[c.kind])
		for _, to := range c.move {
			f[to] = f["index.html"]
		}
		delete(f, "index.html")
		var said []string
		for _, found := range checked(t, ziptest.Of(f).Bytes()).Findings {
			said = append(said, found.Message)
		}
		if all := strings.Join(said, "\n"); !strings.Contains(all, c.says) {
			t.Errorf("%s with %q says\n%s\nexpected %q", c.kind, c.move, all, c.says)
		}
	}
}

// kept puts the script of a package into a file of another kind, and what loads
// it into its place.
func kept(path string, in func(script string) string) func(files) {
	return func(f files) {
		script := f["js/talk.js"]
		f["js/talk.js"] = "function begin() { load(" + strconv.Quote(path) + "); } function end() {}\n"
		if !strings.Contains(path, ".") {
			f["index.html"] = strings.Replace(f["index.html"], "</head>", `<script src="`+path+`"></script></head>`, 1)
		}
		f[path] = in(script)
	}
}

func gzipped(text string) string {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(text)) // to memory, which takes it all
	_ = z.Close()
	return packed.String()
}

// Each fault is found, and nothing else is said.
func TestEachFaultIsFoundAlone(t *testing.T) {
	good := goodPackages()
	before := map[string][]string{}
	for kind, f := range good {
		before[kind] = rulesFound(checked(t, ziptest.Of(f).Bytes()))
	}
	for _, c := range faults() {
		want := strings.Fields(c.want)
		verdict := OK
		for _, id := range want {
			rule, known := RuleNamed(id)
			switch {
			case !known:
				t.Errorf("%s: there is no rule %s", c.name, id)
			case slices.Contains(decides, rule.Area) && rule.Severity == Error:
				verdict = Fail
			case slices.Contains(decides, rule.Area) && rule.Severity == Warning && verdict == OK:
				verdict = Warn
			}
		}
		for _, kind := range c.kinds {
			t.Run(kind+"/"+c.name, func(t *testing.T) {
				f := maps.Clone(good[kind])
				if c.plant != nil {
					c.plant(f)
				}
				z := ziptest.Of(f)
				if c.zip != nil {
					z = c.zip(z)
				}
				r := checked(t, z.Bytes())
				// What holds of the good one may be gone with the fault (a host that
				// takes none), and is no news where it stays.
				got := slices.DeleteFunc(rulesFound(r), func(id string) bool {
					return slices.Contains(before[kind], id) || strings.HasPrefix(id, "host-")
				})
				if !slices.Equal(got, want) || r.Verdict != verdict {
					t.Errorf("found %q with the verdict %s, expected %q and %s", got, r.Verdict, want, verdict)
				}
			})
		}
	}
}
