package preview

import (
	"encoding/json"
	"strings"
	"testing"
)

const scormHead = `<manifest xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
<metadata><schemaversion>`

func scormManifest(version, organizations, resources string) map[string][]byte {
	return map[string][]byte{"imsmanifest.xml": []byte(scormHead + version + `</schemaversion></metadata>` + organizations + `<resources xml:base="sco/">` + resources + `</resources></manifest>`),
		"sco/a b.html": nil, "sco/one%20two.html": nil}
}

func TestCourses(t *testing.T) {
	const items = `<organizations default="B"><organization identifier="A"><item identifierref="nowhere"/></organization>
		<organization identifier="B"><title>Whole</title><item identifier="I"><title>Part</title>
		<item identifier="I1" identifierref="R1" parameters="?page=2"><title>First</title><adlcp:masteryscore>80</adlcp:masteryscore><adlcp:datafromlms>seed</adlcp:datafromlms></item>
		<item identifierref="R2"/><item identifierref="R3"/><item identifierref="R4"/></item></organization></organizations>`
	const resources = `<resource identifier="R1" href="a%20b.html?x=1#top"/><resource identifier="R2" href="one%20two.html"/>
		<resource identifier="R3" href="https://example.org/far.html"/><resource identifier="R4"/>`
	units := `[{"id":"I1","title":"First","src":"sco/a%20b.html?x=1\u0026page=2#top","data":"seed","mastery":"80"},` +
		`{"title":"one%20two.html","src":"sco/one%2520two.html"},{"title":"far.html","outside":"https://example.org/far.html"}]`
	unscored := strings.Replace(units, `,"mastery":"80"`, "", 1) // SCORM 2004 has no such element
	const passing = `<organizations><organization>` +
		`<item identifierref="R"><title>A</title><completionThreshold>0.5</completionThreshold><sequencing><objectives><primaryObjective satisfiedByMeasure="true"><minNormalizedMeasure>0.7</minNormalizedMeasure></primaryObjective></objectives></sequencing></item>` +
		`<item identifierref="R"><title>B</title><completionThreshold completedByMeasure="true" minProgressMeasure="0.6"/><sequencing><objectives><primaryObjective satisfiedByMeasure="true"/></objectives></sequencing></item>` +
		`<item identifierref="R"><title>C</title><completionThreshold completedByMeasure="true"/><sequencing><objectives><primaryObjective><minNormalizedMeasure>0.7</minNormalizedMeasure></primaryObjective></objectives></sequencing></item>` +
		`<item identifierref="R"><title>D</title><completionThreshold minProgressMeasure="0.6"/><sequencing><objectives/></sequencing></item></organization></organizations>`
	for _, tt := range []struct {
		name  string
		files map[string][]byte
		want  string
	}{
		{"SCORM 1.2", scormManifest("1.2", items, resources), `{"kind":"scorm12","title":"Whole","units":` + units + `}`},
		{"SCORM 2004 4th", scormManifest("2004 4th Edition", items, resources), `{"kind":"scorm2004","edition":"4th","title":"Whole","units":` + unscored + `}`},
		{"SCORM 2004 3rd", scormManifest("2004 3rd Edition", items, resources), `{"kind":"scorm2004","edition":"3rd","title":"Whole","units":` + unscored + `}`},
		{"SCORM 2004 2nd", scormManifest("CAM 1.3", items, resources), `{"kind":"scorm2004","edition":"2nd","title":"Whole","units":` + unscored + `}`},
		{"SCORM 2004's scores to pass", scormManifest("2004 4th Edition", passing, `<resource identifier="R" href="a.html"/>`),
			`{"kind":"scorm2004","edition":"4th","units":[{"title":"A","src":"sco/a.html","mastery":"0.7","threshold":"0.5"},` +
				`{"title":"B","src":"sco/a.html","mastery":"1.0","threshold":"0.6"},{"title":"C","src":"sco/a.html","threshold":"1.0"},{"title":"D","src":"sco/a.html"}]}`},
		{"no organization", scormManifest("1.2", "", resources), `{"kind":"scorm12","units":[],"note":"The manifest imsmanifest.xml declares nothing that can be launched."}`},
		{"broken", map[string][]byte{"imsmanifest.xml": []byte("<manifest>")}, `{"kind":"scorm12","units":[],"note":"The manifest imsmanifest.xml can’t be read, so nothing can be launched. The package check says what is wrong with it."}`},
		{"cmi5", map[string][]byte{"cmi5.xml": []byte(`<courseStructure><course><title><langstring>Whole</langstring></title></course><block>
			<au id="https://x.org/1" moveOn="Passed" masteryScore="0.8"><title><langstring>One</langstring></title><url>index.html?pages=1</url><launchParameters>p</launchParameters></au></block>
			<au id="https://x.org/2"><title><langstring>Two</langstring></title><url>b.html</url></au></courseStructure>`)},
			`{"kind":"cmi5","title":"Whole","units":[{"id":"https://x.org/1","title":"One","src":"index.html?pages=1","data":"p","mastery":"0.8","moveOn":"Passed"},` +
				`{"id":"https://x.org/2","title":"Two","src":"b.html","moveOn":"NotApplicable"}]}`},
		{"xAPI", map[string][]byte{"tincan.xml": []byte(`<tincan><activities><activity id="https://x.org/golf"><name>Golf</name><launch>index.html</launch></activity></activities></tincan>`)},
			`{"kind":"xapi","title":"Golf","units":[{"id":"https://x.org/golf","title":"Golf","src":"index.html"}]}`},
		{"AICC", map[string][]byte{"c.CRS": nil, "c.au": []byte("\"File_Name\",\"system_id\"\n\"start.htm\",\"A1\"\n")},
			`{"kind":"aicc","units":[{"id":"A1","title":"start.htm","src":"start.htm"}]}`},
		{"H5P", map[string][]byte{"h5p.json": []byte("{}")}, ""},
		{"a site", map[string][]byte{"index.html": nil}, `{"kind":"site","units":[{"title":"index.html","src":"index.html"}]}`},
		{"nothing", map[string][]byte{"a/index.html": nil}, ""},
		{"climbing out", scormManifest("1.2", `<organizations><organization><item identifierref="R"/></organization></organizations>`, `<resource identifier="R" href="../../../etc/passwd"/>`),
			`{"kind":"scorm12","units":[{"title":"passwd","src":"etc/passwd"}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := courseOf(zipOf(t, tt.files))
			b, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want == "" {
				if len(c.Units) > 0 || c.Note == "" {
					t.Errorf("expected no unit, and why: %s", b)
				}
			} else if string(b) != tt.want {
				t.Errorf("got\n%s, expected\n%s", b, tt.want)
			}
		})
	}
}

// A manifest may be long; the shell that is made of it is not.
func TestLongCoursesAreBounded(t *testing.T) {
	long := strings.Repeat("é", 40<<10)
	items := strings.Repeat(`<item identifierref="R"><title>`+long+`</title><adlcp:datafromlms>`+long+`</adlcp:datafromlms></item>`, 60)
	c := courseOf(zipOf(t, scormManifest("1.2", `<organizations><organization><title>`+long+`</title>`+items+`</organization></organizations>`, `<resource identifier="R" href="a.html"/>`)))
	if len(c.Units) < 10 || len(c.Title) > longTitle || len(c.Units[0].Title) > longTitle || len(c.Units[0].Data) < longText-1 {
		t.Errorf("%d units, titles of %d and %d bytes, data of %d", len(c.Units), len(c.Title), len(c.Units[0].Title), len(c.Units[0].Data))
	}
	if b, err := json.Marshal(c); err != nil || len(b) > maxSize+maxSize/2 {
		t.Errorf("the shell is told %d bytes, %v", len(b), err)
	}
}
