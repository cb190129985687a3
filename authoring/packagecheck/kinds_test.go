package packagecheck

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
	"github.com/leadership-ladder/rung/authoring/packagecheck/packagetest"
)

// judged runs the judge of one kind over files, or over a bare text where name
// is empty, and gives the report.
func judged(t testing.TB, files map[string]string, bare string) (*Report, []*unit) {
	t.Helper()
	var data []byte
	if bare == "" {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for name, text := range files {
			f, err := w.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			f.Write([]byte(text))
		}
		w.Close()
		data = b.Bytes()
	}
	return judgedBytes(t, data, bare)
}

func judgedBytes(t testing.TB, data []byte, bare string) (*Report, []*unit) {
	t.Helper()
	c := newChecker(t.Context(), nil, 0, Options{})
	// What can't be parsed is a finding, as everywhere; the fuzz targets bring such.
	read := func(path string, text []byte, judge func(*markup.Document, string)) {
		if d := c.document(path, text); d != nil {
			judge(d, path)
		}
	}
	if bare != "" {
		read("", []byte(bare), c.cmi5)
	} else {
		arc, err := archive.Open(bytes.NewReader(data), int64(len(data)), archive.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		c.arc = arc
		text := func(e *archive.Entry) []byte {
			b, _, err := e.ReadAll(c.ctx, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		for _, e := range arc.Entries {
			switch {
			case e.Path == "cmi5.xml":
				read(e.Path, text(e), c.cmi5)
			case e.Path == "tincan.xml":
				read(e.Path, text(e), c.xapi)
			case e.Path == "h5p.json":
				err = c.h5p(e)
			case filepath.Ext(e.Path) == ".crs":
				err = c.aicc(e)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	c.report.settle()
	return c.report, c.units
}

func ids(r *Report) string {
	var list []string
	for _, f := range r.Findings {
		list = append(list, f.ID)
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), " ")
}

func TestSamplesOfOtherKinds(t *testing.T) {
	root := packagetest.Real(t)
	for name, want := range map[string]struct {
		ids     string
		verdict Verdict
		units   int
	}{
		"cmi5/catapult_pre_post_test_framed.zip":            {"", OK, 6},
		"cmi5/escola_cmi5.zip":                              {"", OK, 1},
		"cmi5/catapult_203-1-relative-url-no-reference.zip": {"cmi5-file-missing cmi5-move-on-nothing", Fail, 1},
		"cmi5/catapult_205-3-duplicated-au.xml":             {"cmi5-au-id cmi5-move-on-nothing cmi5-xml-alone", Fail, 2},
		"cmi5/catapult_202-1-relative-url-no-zip.xml":       {"cmi5-move-on-nothing cmi5-url-relative", Fail, 1},
		"xapi/rustici_GolfExample_TCAPI.zip":                {"", OK, 1},
		"xapi/rustici_JsTetris_TCAPI.zip":                   {"", OK, 1},
		"xapi/watershed_xAPI-launch.zip":                    {"tincan-launch-outside", Warn, 1},
		"aicc/jcputney_package.zip":                         {"", OK, 1},
		"aicc/jcputney_pre-ort.zip":                         {"aicc-launch-missing aicc-unit-unused", Fail, 2},
	} {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Error(err)
			continue
		}
		bare := ""
		if filepath.Ext(name) == ".xml" {
			bare = string(data)
		}
		r, units := judgedBytes(t, data, bare)
		if ids(r) != want.ids || r.Verdict != want.verdict || len(units) != want.units {
			t.Errorf("%s: %s with %d units, found %q; expected %s with %d, %q", name, r.Verdict, len(units), ids(r), want.verdict, want.units, want.ids)
		}
	}
}

const goodCMI5 = `<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
<course id="https://e.org/c"><title><langstring lang="de">Kurs</langstring><langstring lang="en-GB">Course</langstring></title><description><langstring lang="en">D</langstring></description></course>
<objectives><objective id="https://e.org/o"><title><langstring lang="en">O</langstring></title><description><langstring lang="en">D</langstring></description></objective></objectives>
<block id="https://e.org/b"><title><langstring lang="en">B</langstring></title><description><langstring lang="en">D</langstring></description>
<au id="https://e.org/a" moveOn="Passed" masteryScore="0.8" launchMethod="OwnWindow"><title><langstring lang="en">A</langstring></title><description><langstring lang="en">D</langstring></description><objectives><objective idref="https://e.org/o"/></objectives><url>a%20b.html?x=1</url></au></block>
</courseStructure>`

func TestPlantedFaults(t *testing.T) {
	cmi5 := map[string]string{"cmi5.xml": goodCMI5, "a b.html": "x"}
	tincan := map[string]string{"tincan.xml": `<tincan xmlns="http://projecttincan.com/tincan.xsd"><activities><activity id="http://e.org/a" type="http://e.org/t"><name lang="en">N</name><launch>i.html?a=b</launch></activity><activity id="x"/></activities></tincan>`, "i.html": "x"}
	aicc := map[string]string{"c.crs": "[course]\r\ncourse_id=1\r\nCourse_Title=T\r\nCourse_Creator=x\r\nCourse_System=x\r\nLevel=1\r\nMax_Fields_CST=2\r\nTotal_AUs=1\r\nTotal_Blocks=0\r\nVersion=4.0\r\n",
		"c.AU": "File_Name,\"SYSTEM_ID\",mastery_score\n\"i.html\",\"A1\",80\n", "c.des": "system_id,title\nA1,Gr\xf6\xdfe\n", "c.cst": "block,member\nROOT,A1\n", "i.html": "x"}
	h5p := map[string]string{"h5p.json": "\xef\xbb\xbf" + `{"title":"T","language":"en","mainLibrary":"H5P.A","embedTypes":["div"],"license":"U","preloadedDependencies":[{"machineName":"H5P.A","majorVersion":"1","minorVersion":2}]}`,
		"content/content.json": `{"f":{"path":"images/a.png#tmp","mime":"image/png"}}`, "content/images/a.png": "x",
		"H5P.A-1.2/library.json": `{"title":"A","machineName":"H5P.A","majorVersion":1,"minorVersion":2,"patchVersion":3,"runnable":1,"coreApi":{"majorVersion":1,"minorVersion":24},"preloadedJs":[{"path":"a.js"}]}`, "H5P.A-1.2/a.js": "x"}
	for name, c := range map[string]struct {
		files         map[string]string
		in, old, with string // "" for old: the file is removed
		want          string
	}{
		"cmi5":               {cmi5, "cmi5.xml", "Kurs", "Kurs", ""},
		"cmi5 namespace":     {cmi5, "cmi5.xml", "https://w3id.org", "http://w3id.org", "cmi5-namespace"},
		"cmi5 iri":           {cmi5, "cmi5.xml", `au id="https://e.org/a"`, `au id="a"`, "cmi5-iri"},
		"cmi5 no id":         {cmi5, "cmi5.xml", ` id="https://e.org/c"`, "", "cmi5-required"},
		"cmi5 no url":        {cmi5, "cmi5.xml", "<url>a%20b.html?x=1</url>", "", "cmi5-required"},
		"cmi5 objective":     {cmi5, "cmi5.xml", `idref="https://e.org/o"`, `idref="https://e.org/p"`, "cmi5-objective-ref"},
		"cmi5 moveOn":        {cmi5, "cmi5.xml", "Passed", "passed", "cmi5-move-on"},
		"cmi5 mastery":       {cmi5, "cmi5.xml", "0.8", "80", "cmi5-mastery-score"},
		"cmi5 launch method": {cmi5, "cmi5.xml", "OwnWindow", "Popup", "cmi5-launch-method"},
		"cmi5 query":         {cmi5, "cmi5.xml", "x=1", "x=1&amp;fetch=2", "cmi5-url-query"},
		"cmi5 case":          {cmi5, "cmi5.xml", "a%20b.html", "A%20b.html", "cmi5-file-case"},
		"cmi5 file":          {cmi5, "a b.html", "", "", "cmi5-file-missing"},
		"cmi5 no host":       {cmi5, "cmi5.xml", "a%20b.html", "http:///a", "cmi5-url"},
		"cmi5 outside":       {cmi5, "cmi5.xml", "a%20b.html", "https://e.org/a", "cmi5-launch-outside"},
		"cmi5 unknown":       {cmi5, "cmi5.xml", "<objectives><objective idref", "<x/><objectives><objective idref", "cmi5-unknown-element"},
		"cmi5 as attribute":  {cmi5, "cmi5.xml", "<url>a%20b.html?x=1</url>", "<url>a%20b.html?x=1</url><moveOn>Passed</moveOn>", "cmi5-unknown-element"},
		"cmi5 attribute":     {cmi5, "cmi5.xml", ` moveOn="Passed"`, ` moveOn="Passed" passIsFinal="true"`, "cmi5-unknown-attribute"},
		"cmi5 own attribute": {cmi5, "cmi5.xml", ` moveOn="Passed"`, ` moveOn="Passed" xmlns:x="urn:x" x:final="true"`, ""},
		"cmi5 order":         {cmi5, "cmi5.xml", "<title><langstring lang=\"en\">A</langstring></title><description><langstring lang=\"en\">D</langstring></description>", "<description><langstring lang=\"en\">D</langstring></description><title><langstring lang=\"en\">A</langstring></title>", "cmi5-order"},
		"cmi5 any order":     {cmi5, "cmi5.xml", "<title><langstring lang=\"en\">O</langstring></title><description><langstring lang=\"en\">D</langstring></description>", "<description><langstring lang=\"en\">D</langstring></description><title><langstring lang=\"en\">O</langstring></title>", ""},
		"cmi5 block and au":  {cmi5, "cmi5.xml", `block id="https://e.org/b"`, `block id="https://e.org/a"`, "cmi5-shared-id"},
		"cmi5 no language":   {cmi5, "cmi5.xml", ` lang="de"`, "", "cmi5-lang-missing"},
		"cmi5 empty lang":    {cmi5, "cmi5.xml", ` lang="de"`, ` lang=""`, "cmi5-lang-invalid"},
		"cmi5 a space":       {cmi5, "cmi5.xml", "a%20b.html", "a b.html", "cmi5-url-encoding"},
		"cmi5 a percent":     {cmi5, "cmi5.xml", "?x=1", "?x=100%", "cmi5-url-encoding"},
		"cmi5 host's root":   {cmi5, "cmi5.xml", "a%20b.html", "/a%20b.html", "cmi5-file-missing"},
		"cmi5 extension":     {cmi5, "cmi5.xml", "</au>", "<x xmlns='urn:x'/></au>", ""},
		"tincan":             {tincan, "i.html", "x", "y", ""},
		"tincan file":        {tincan, "i.html", "", "", "tincan-file-missing"},
		"tincan no launch":   {tincan, "tincan.xml", "i.html?a=b", "", "tincan-no-launch"},
		"tincan nested":      {tincan, "tincan.xml", "i.html?a=b", `<langstring lang="en">i.html?a=b</langstring>`, "tincan-launch-nested"},
		"tincan astray":      {tincan, "tincan.xml", `<launch>i.html?a=b</launch></activity>`, `</activity><launch>i.html</launch>`, "tincan-no-launch"},
		"tincan root":        {tincan, "tincan.xml", tincan["tincan.xml"], "<launch xmlns=\"http://projecttincan.com/tincan.xsd\">i.html</launch>", "tincan-no-launch"},
		"tincan no IRI":      {tincan, "tincan.xml", "http://e.org/a", "http://e.org/a b", "tincan-id-iri"},
		"tincan Storyline":   {tincan, "tincan.xml", "http://e.org/a", "urn:articulate:storyline:5bLO", ""},
		"tincan encoded":     {tincan, "tincan.xml", "i.html?a=b", "%69.html", ""},
		"tincan iri":         {tincan, "tincan.xml", "http://e.org/a", "a", "tincan-id-iri"},
		"aicc":               {aicc, "i.html", "x", "y", ""},
		"aicc loose quotes":  {aicc, "c.AU", "\"i.html\",\"A1\",80\n", "\"i.html\" ,\"A1\"\t,\"80\" \r\n", ""},
		"aicc comments":      {aicc, "c.AU", "\"i.html\"", "; of the course,A9,80\n\n\"i.html\"", ""},
		"aicc old Macintosh": {aicc, "c.cst", "block,member\nROOT,A1\n", "block,member\rROOT,A1\r", ""},
		"aicc upper case":    {aicc, "c.cst", "block,member\nROOT,A1\n", "\"BLOCK\", \"MEMBER\", \"MEMBER\"\n\"root\", \"a1\", \"\"\n", ""},
		"aicc no root":       {aicc, "c.cst", "ROOT", "COURSE", "aicc-no-root"},
		"aicc no cst":        {aicc, "c.cst", "", "", "aicc-file-missing"},
		"aicc file":          {aicc, "i.html", "", "", "aicc-launch-missing"},
		"aicc member":        {aicc, "c.cst", "ROOT,A1", "ROOT,A1\nROOT,A2", "aicc-member-unknown"},
		"aicc mastery":       {aicc, "c.AU", "80", "800", "aicc-mastery-score"},
		"aicc total":         {aicc, "c.crs", "Total_AUs=1", "Total_AUs=2", "aicc-total-units"},
		"h5p":                {h5p, "H5P.A-1.2/a.js", "x", "y", ""},
		"h5p json":           {h5p, "h5p.json", `"T",`, `"T"`, "h5p-json"},
		"h5p title":          {h5p, "h5p.json", `"T"`, `""`, "h5p-field"},
		"h5p main":           {h5p, "h5p.json", `"mainLibrary":"H5P.A"`, `"mainLibrary":"H5P.B"`, "h5p-main-library"},
		"h5p no content":     {h5p, "content/content.json", "", "", "h5p-no-content"},
		"h5p picture":        {h5p, "content/images/a.png", "", "", "h5p-file-missing"},
		"h5p script":         {h5p, "H5P.A-1.2/a.js", "", "", "h5p-library-file"},
		"h5p licence":        {h5p, "h5p.json", `"license":"U"`, `"license":"MIT"`, "h5p-licence"},
		"h5p part":           {h5p, "content/content.json", `{"f":`, `{"part":{"library":"H5P.Image 1.1","params":{}},"f":`, "h5p-library-missing"},
		"h5p part there":     {h5p, "content/content.json", `{"f":`, `{"part":{"library":"H5P.A 1.2","params":{}},"f":`, ""},
		"h5p library's name": {h5p, "content/content.json", `{"f":`, `{"library":"The main library of 1.1","f":`, ""},
		"h5p while it runs":  {h5p, "h5p.json", `"license":"U"`, `"license":"U","dynamicDependencies":[{"machineName":"H5P.B","majorVersion":1,"minorVersion":0}]`, "h5p-library-missing"},
		"h5p editor":         {h5p, "H5P.A-1.2/library.json", `"runnable":1`, `"runnable":1,"editorDependencies":[{"machineName":"H5PEditor.B","majorVersion":1,"minorVersion":0}]`, ""},
		"h5p version":        {h5p, "h5p.json", `"minorVersion":2`, `"minorVersion":3`, "h5p-library-missing"},
	} {
		files := map[string]string{}
		for n, text := range c.files {
			if n != c.in || c.old != "" {
				files[n] = text
			}
		}
		if c.old != "" {
			files[c.in] = strings.Replace(files[c.in], c.old, c.with, 1)
		}
		r, units := judged(t, files, "")
		if got := ids(r); got != c.want {
			t.Errorf("%s: found %q, expected %q: %+v", name, got, c.want, r.Findings)
		}
		if c.want == "" && (len(units) != 1 || units[0].file == "" || r.Facts.Title == "") {
			t.Errorf("%s: units %+v, title %q", name, units, r.Facts.Title)
		}
	}
}

func FuzzCMI5(f *testing.F) {
	f.Add(goodCMI5)
	f.Fuzz(func(t *testing.T, s string) { judged(t, map[string]string{"cmi5.xml": s}, "") })
}

func FuzzTinCan(f *testing.F) {
	f.Add(`<tincan xmlns="http://projecttincan.com/tincan.xsd"><activities><activity id="a"><launch lang="en">i.html</launch></activity></activities></tincan>`)
	f.Fuzz(func(t *testing.T, s string) { judged(t, map[string]string{"tincan.xml": s}, "") })
}

func FuzzAICC(f *testing.F) {
	f.Add("[Course]\nCourse_ID=1", "system_id,file_name\nA1,\"i.htm\"", "block,member\nROOT,A1", "structure_element,prerequisite\nA1,A2&A3")
	f.Fuzz(func(t *testing.T, crs, au, cst, pre string) {
		judged(t, map[string]string{"c.crs": crs, "c.au": au, "c.cst": cst, "c.des": au, "c.pre": pre, "c.ort": pre, "c.cmp": pre}, "")
	})
}

func FuzzH5P(f *testing.F) {
	f.Add(`{"title":"T","preloadedDependencies":[{"machineName":"A"}]}`, `{"path":"a","mime":"b"}`)
	f.Fuzz(func(t *testing.T, h, content string) {
		judged(t, map[string]string{"h5p.json": h, "content/content.json": content, "A-1.0/library.json": h}, "")
	})
}
