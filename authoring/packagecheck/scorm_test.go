package packagecheck

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/authoring/packagecheck/packagetest"
)

// files are a zip file to be: path and text in turn.
type files []string

func (f files) zip(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(f); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f[i], Method: zip.Store}) // or what repeats is taken for a bomb
		if err == nil {
			_, err = w.Write([]byte(f[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func check(t testing.TB, data []byte) *Report {
	t.Helper()
	r, err := Check(context.Background(), bytes.NewReader(data), int64(len(data)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// manifestIDs are the rules of the manifests that found something, each once.
func manifestIDs(r *Report) string {
	var ids []string
	for _, f := range r.Findings {
		if f.Area == Manifest || f.ID == scormNoSCO.ID {
			ids = append(ids, f.ID)
		}
	}
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), " ")
}

const good12 = `<manifest identifier="m" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
<metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
<organizations default="o"><organization identifier="o"><title>Course</title>
<item identifier="i" identifierref="r"><title>One</title></item>
<item identifier="j" identifierref="r" parameters="?p=2"><title>Two</title></item>
</organization></organizations>
<resources><resource identifier="r" type="webcontent" adlcp:scormtype="sco" href="a.html?q=1"><file href="a.html"/></resource></resources>
</manifest>`

const good2004 = `<manifest identifier="m" xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3" xmlns:imsss="http://www.imsglobal.org/xsd/imsss">
<metadata><schema>ADL SCORM</schema><schemaversion>2004 4th Edition</schemaversion></metadata>
<organizations default="o"><organization identifier="o"><title>Course</title>
<item identifier="i" identifierref="r"><title>One</title><adlcp:completionThreshold minProgressMeasure="0.5"/>
<imsss:sequencing IDRef="s"><imsss:sequencingRules><imsss:preConditionRule><imsss:ruleConditions><imsss:ruleCondition referencedObjective="b" condition="satisfied"/></imsss:ruleConditions><imsss:ruleAction action="skip"/></imsss:preConditionRule></imsss:sequencingRules>
<imsss:objectives><imsss:primaryObjective objectiveID="b"><imsss:minNormalizedMeasure>0.8</imsss:minNormalizedMeasure></imsss:primaryObjective></imsss:objectives></imsss:sequencing></item>
</organization></organizations>
<resources><resource identifier="r" type="webcontent" adlcp:scormType="sco" href="a.html" xml:base="c/"><file href="a.html"/></resource></resources>
<imsss:sequencingCollection><imsss:sequencing ID="s"/></imsss:sequencingCollection>
</manifest>`

// Each row plants one fault; that rule speaks, and no other.
func TestSCORMFaults(t *testing.T) {
	const item = `identifier="i" identifierref="r"><title>One</title>`
	for _, c := range []struct{ name, base, old, new, ids string }{
		{"nothing wrong, 1.2", good12, "", "", ""},
		{"nothing wrong, 2004", good2004, "", "", ""},
		{"percent-encoded and a fragment", good12, `href="a.html?q=1"`, `href="%61.html#x"`, ""},
		{"no declared version", good12, "<schemaversion>1.2</schemaversion>", "", "scorm-edition-unclear"},
		{"claims disagree", good12, ">1.2<", ">2004 3rd Edition<", "scorm-version-conflict"},
		{"a doubled item", good12, `identifier="j"`, `identifier="i"`, "scorm-identifier-twice"},
		{"an identifier of two kinds", good12, `identifier="j"`, `identifier="r"`, "scorm-identifier-shared"},
		{"no identifier", good12, `identifier="j" `, ``, "scorm-identifier-missing"},
		{"default isn't there", good12, `default="o"`, `default="x"`, "scorm-default-missing"},
		{"no default, one organization", good12, ` default="o"`, ``, ""},
		{"two organizations, no default", good12, ` default="o">`, `><organization identifier="p"><title>P</title><item identifier="pi" identifierref="r"><title>P</title></item></organization>`, "scorm-default-unclear"},
		{"no title", good12, "<title>One</title>", "", "scorm-title-missing"},
		{"unresolved item", good12, `identifierref="r" p`, `identifierref="R" p`, "scorm-item-unresolved"},
		{"no href", good12, ` href="a.html?q=1"`, ``, "scorm-launch-no-href"},
		{"launch isn't there", good12, `href="a.html?q=1"`, `href="b.html"`, "scorm-launch-missing"},
		{"launch in another case", good12, `href="a.html?q=1"`, `href="A.html"`, "scorm-launch-case"},
		{"launch with its accent apart", good12, `href="a.html?q=1"`, "href=\"e\u0301.html\"", "scorm-launch-accents"},
		{"launch with its accent apart, encoded", good12, `href="a.html?q=1"`, `href="e%CC%81.html"`, "scorm-launch-accents"},
		{"launch outside", good12, `href="a.html?q=1"`, `href="https://example.org/a"`, "scorm-launch-outside"},
		{"launch on a disk", good12, `href="a.html?q=1"`, `href="file:///C:/a.html"`, "scorm-launch-unusable"},
		{"launch climbs out", good12, `href="a.html?q=1"`, `href="../a.html"`, "scorm-path-leaves"},
		{"launch not listed", good12, `<file href="a.html"/>`, `<file href="c/a.html"/>`, "scorm-launch-unlisted"},
		{"a file isn't there", good12, `<file href="a.html"/>`, `<file href="a.html"/><file href="x.js"/>`, "scorm-file-missing"},
		{"a file in another case", good12, `<file href="a.html"/>`, `<file href="a.html"/><file href="C/a.html"/>`, "scorm-file-case"},
		{"a file with its accent apart", good12, `<file href="a.html"/>`, "<file href=\"a.html\"/><file href=\"e\u0301.html\"/>", "scorm-file-accents"},
		{"a file with its accent apart and in capitals", good12, `<file href="a.html"/>`, "<file href=\"a.html\"/><file href=\"E\u0301.html\"/>", "scorm-file-case"},
		{"a file with a number sign", good12, `<file href="a.html"/>`, `<file href="a.html"/><file href="c/x#1.png"/>`, ""},
		{"a folder as a file", good12, `<file href="a.html"/>`, `<file href="a.html"/><file href="c/"/>`, ""},
		{"backslash", good12, `<file href="a.html"/>`, `<file href="a.html"/><file href="c\a.html"/>`, "scorm-backslash"},
		{"listed junk that isn't there", good12, `<file href="a.html"/>`, `<file href="a.html"/><file href="img/Thumbs.db"/><file href="%2EDS_Store"/>`, ""},
		{"dependency", good12, `<file href="a.html"/>`, `<file href="a.html"/><dependency identifierref="x"/>`, "scorm-dependency-missing"},
		{"assets alone", good12, `"sco"`, `"asset"`, "scorm-no-sco"},
		{"no type", good12, ` adlcp:scormtype="sco"`, ``, "scorm-type-missing"},
		{"type of the other version", good12, `adlcp:scormtype`, `adlcp:scormType`, "scorm-type-spelling"},
		{"type is a word of its own", good12, `"sco"`, `"quiz"`, "scorm-type-value"},
		{"nothing to launch", good12, ` identifierref="r"`, ``, "scorm-item-empty scorm-nothing-to-launch"},
		{"mastery score", good12, item, item + `<adlcp:masteryscore>180</adlcp:masteryscore>`, "scorm12-mastery-score"},
		{"mastery score, good", good12, item, item + `<adlcp:masteryscore>80.5</adlcp:masteryscore><adlcp:prerequisites type="aicc_script"/>`, ""},
		{"time", good12, item, item + `<adlcp:maxtimeallowed>1h</adlcp:maxtimeallowed>`, "scorm12-max-time"},
		{"time's end", good12, item, item + `<adlcp:timelimitaction>stop</adlcp:timelimitaction>`, "scorm-time-limit-action"},
		{"launch data", good12, item, item + `<adlcp:datafromlms>` + strings.Repeat("x", 256) + `</adlcp:datafromlms>`, "scorm12-launch-data"},
		{"prerequisites, good", good12, item, item + `<adlcp:prerequisites type="aicc_script">2*{i, j="passed"}&amp;~(i|j)</adlcp:prerequisites>`, ""},
		{"prerequisites, open", good12, item, item + `<adlcp:prerequisites type="aicc_script">(i|j</adlcp:prerequisites>`, "scorm12-prerequisites"},
		{"prerequisites, unknown", good12, item, item + `<adlcp:prerequisites type="aicc_script">k</adlcp:prerequisites>`, "scorm12-prerequisite-unknown"},
		{"metadata", good12, `</metadata>`, `<adlcp:location>m.xml</adlcp:location></metadata>`, "scorm-metadata-missing"},
		{"base without slash", good2004, `href="a.html" xml:base="c/"><file href="a.html"/>`, `href="b.html" xml:base="c"><file href="b.html"/>`, "scorm-base-slash"},
		{"not a leaf", good2004, `</imsss:sequencing></item>`, `</imsss:sequencing><item identifier="k" identifierref="r"><title>K</title></item></item>`, "scorm2004-item-not-leaf"},
		{"passing score", good2004, ">0.8<", ">80<", "scorm2004-passing-score"},
		{"completion threshold", good2004, `"0.5"`, `"50"`, "scorm2004-completion-threshold"},
		{"an action", good2004, `action="skip"`, `action="jump"`, "scorm2004-sequencing-value"},
		{"a condition", good2004, `condition="satisfied"`, `condition="Satisfied"`, "scorm2004-sequencing-value"},
		{"a reference", good2004, `IDRef="s"`, `IDRef="x"`, "scorm2004-sequencing-unresolved"},
		{"an objective", good2004, `referencedObjective="b"`, `referencedObjective="x"`, "scorm2004-objective-unresolved"},
		{"no SCORM", `<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"/>`, "", "", "ims-not-scorm"},
		{"no manifest", `<html/>`, "", "", "scorm-root-element"},
		{"not closed", good12, "</item>", "", "manifest-not-well-formed"},
		{"entity", good12, "<manifest", `<!DOCTYPE m [<!ENTITY e SYSTEM "file:///etc/passwd">]><manifest`, "manifest-entity"},
		{"XML 1.1", good12, "<manifest", `<?xml version="1.1"?><manifest`, "manifest-xml-version"},
		{"a declaration out of order", good12, "<manifest", `<?xml version="1.0" standalone="no" encoding="UTF-8"?><manifest`, "manifest-not-well-formed"},
		{"a claim to be UTF-16", good12, "<manifest", `<?xml version="1.0" encoding="utf-16"?><manifest`, "manifest-encoding"},
		{"encoding", good12, "Course", "Cours\xe9", "manifest-encoding"},
	} {
		if !strings.Contains(c.base, c.old) {
			t.Fatalf("%s: %q isn't in the manifest", c.name, c.old)
		}
		n := 1
		if c.name == "nothing to launch" {
			n = 2
		}
		text := strings.Replace(c.base, c.old, c.new, n)
		r := check(t, files{"imsmanifest.xml", text, "a.html", "<html>", "c/a.html", "<html>", "c/b.html", "<html>", "c/x#1.png", "", "\u00e9.html", "<html>"}.zip(t))
		if got := manifestIDs(r); got != c.ids {
			t.Errorf("%s: found %q, expected %q", c.name, got, c.ids)
		}
	}
}

func TestSCORMUnits(t *testing.T) {
	r := check(t, files{"imsmanifest.xml", good12, "a.html", "<html>"}.zip(t))
	if len(r.Facts.Units) != 2 || r.Facts.Units[1].Launch != "a.html?q=1&p=2" || r.Facts.Units[0].Title != "One" || r.Facts.Title != "Course" {
		t.Errorf("facts %+v", r.Facts)
	}
	r = check(t, files{"imsmanifest.xml", good2004, "c/a.html", "<html>"}.zip(t))
	if len(r.Facts.Units) != 1 || r.Facts.Units[0].Launch != "c/a.html" || r.Facts.Units[0].Type != "sco" || r.Edition != "4th edition" {
		t.Errorf("facts %+v, edition %q", r.Facts, r.Edition)
	}
}

func TestBackslashesAreToldOnce(t *testing.T) {
	text := strings.Replace(good12, `<file href="a.html"/>`, `<file href="a.html"/><file href="c\a.html"/><file href="c\b.html"/><file href="c\a.html"/>`, 1)
	r := check(t, files{"imsmanifest.xml", text, "a.html", "", "c/a.html", "", "c/b.html", ""}.zip(t))
	var said []string
	for _, f := range r.Findings {
		if f.ID == scormBackslash.ID {
			said = append(said, f.Message)
		}
	}
	if len(said) != 1 || !strings.HasSuffix(said[0], "; 1 other path has one, too.") {
		t.Errorf("said %q", said)
	}
}

// outer has a manifest within, which one of its items opens as a whole.
const outer = `<manifest identifier="m" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
<metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
<organizations default="o"><organization identifier="o"><title>Course</title>
<item identifier="i" identifierref="r"><title>One</title></item>
<item identifier="j" identifierref="within"><title>Two</title></item>
</organization></organizations>
<resources><resource identifier="r" type="webcontent" adlcp:scormtype="sco" href="a.html"/></resources>
<manifest identifier="within" xml:base="c/">
<organizations default="wo"><organization identifier="wp"><title>Another way</title><item identifier="wk" identifierref="wr" parameters="?k"><title>Three</title></item></organization>
<organization identifier="wo"><title>Within</title><item identifier="wi" identifierref="wr"><title>Three</title></item></organization></organizations>
<resources><resource identifier="wr" type="webcontent" adlcp:scormtype="sco" href="a.html"/></resources>
</manifest>
<manifest identifier="empty"><organizations/><resources/></manifest>
</manifest>`

func TestManifestsWithin(t *testing.T) {
	for _, c := range []struct{ name, old, new, launched, ids string }{
		{"nothing wrong", "", "", "a.html c/a.html", ""},
		{"no item opens it", `identifierref="within"`, `identifierref="r" parameters="?p=2"`, "a.html a.html?p=2", ""},
		{"an item opens a resource of it", `identifierref="within"`, `identifierref="wr"`, "a.html c/a.html", ""},
		{"it opens itself", `identifier="wi" identifierref="wr"`, `identifier="wi" identifierref="within"`, "a.html", ""},
		{"its default isn't there", `default="wo"`, `default="x"`, "a.html c/a.html?k", "scorm-default-missing"},
		{"its item points nowhere", `identifier="wi" identifierref="wr"`, `identifier="wi" identifierref="x"`, "a.html", "scorm-item-unresolved"},
		{"its item has no title", `"wi" identifierref="wr"><title>Three</title>`, `"wi" identifierref="wr">`, "a.html c/a.html", "scorm-title-missing"},
		{"its page isn't there", `href="a.html"/></resources>
</manifest>
<manifest`, `href="b.html"/></resources></manifest><manifest`, "a.html c/b.html", "scorm-launch-missing"},
		{"an identifier of both", `identifier="wi"`, `identifier="i"`, "a.html c/a.html", "scorm-identifier-twice"},
		{"there is nothing of it to open", `identifierref="within"`, `identifierref="empty"`, "a.html", "scorm-item-empty"},
	} {
		if !strings.Contains(outer, c.old) {
			t.Fatalf("%s: %q isn't in the manifest", c.name, c.old)
		}
		r := check(t, files{"imsmanifest.xml", strings.Replace(outer, c.old, c.new, 1), "a.html", "<html>", "c/a.html", "<html>"}.zip(t))
		var launched []string
		for _, u := range r.Facts.Units {
			launched = append(launched, u.Launch)
		}
		slices.Sort(launched)
		if got := strings.Join(launched, " "); got != c.launched || manifestIDs(r) != c.ids {
			t.Errorf("%s: launches %q and found %q, expected %q and %q", c.name, got, manifestIDs(r), c.launched, c.ids)
		}
	}
}

func TestEditions(t *testing.T) {
	for declared, want := range map[string]string{"CAM 1.3": "2nd edition", "1.3": "2nd edition", "2004 3rd Edition": "3rd edition", "2004 4th Edition": "4th edition", "2004": "4th edition"} {
		r := check(t, files{"imsmanifest.xml", strings.Replace(good2004, "2004 4th Edition", declared, 1), "c/a.html", ""}.zip(t))
		if r.Kind != SCORM2004 || r.Edition != want {
			t.Errorf("%q: %s %q, expected %q", declared, r.Kind, r.Edition, want)
		}
	}
}

func TestSCORMSamples(t *testing.T) {
	dir := packagetest.Real(t)
	for name, want := range map[string]struct {
		kind  Kind
		units int
		ids   string
	}{
		"scorm12/escola_RuntimeBasicCalls_SCORM12.zip":                             {SCORM12, 1, ""},
		"scorm12/jcputney_RuntimeMinimumCalls_SCORM12.zip":                         {SCORM12, 18, "scorm-launch-unlisted"},
		"scorm12/jcputney_ContentPackagingSingleSCO_SCORM12.zip":                   {SCORM12, 1, ""},
		"scorm12/jcputney_ContentPackagingOneFilePerSCO_SCORM12.zip":               {SCORM12, 18, "scorm-launch-unlisted scorm-no-sco"},
		"scorm12/jcputney_InvalidFileReferences_SCORM12.zip":                       {SCORM12, 1, "scorm-file-missing scorm-launch-missing"},
		"scorm12/jcputney_ItemWithNonExistentResourceId_SCORM12.zip":               {SCORM12, 1, "scorm-item-unresolved"},
		"scorm12/jcputney_MalformedXml_SCORM12.zip":                                {SCORM12, 0, "manifest-not-well-formed"},
		"scorm12/jcputney_MissingLaunchUrl_SCORM12.zip":                            {SCORM12, 0, "scorm-file-missing scorm-launch-no-href"},
		"scorm12/jcputney_LaunchUrlFromNestedItem_SCORM12.zip":                     {SCORM12, 2, ""},
		"scorm2004/jcputney_SequencingPostTestRollup4thEd_SCORM20044thEdition.zip": {SCORM2004, 5, "scorm-launch-unlisted"},
		"scorm2004/bridge_RuntimeBasicCalls_SCORM20043rdEdition.zip":               {SCORM2004, 1, ""},
		"scorm2004/jcputney_ContentPackagingSingleSCO_SCORM20042ndEdition.zip":     {SCORM2004, 1, ""},
		"scorm2004/jcputney_CM-01-broken-default-org.zip":                          {SCORM2004, 3, "scorm-default-missing scorm-file-missing scorm-launch-missing"},
		"scorm2004/svincent_parent_dom_violation.zip":                              {SCORM2004, 1, ""},
		"scorm2004/adlcts4_LMSTestPackage_API.zip":                                 {SCORM2004, 3, "scorm-file-missing"},
		"edge/bridge_Non-working_SCORM.zip":                                        {Unknown, 0, ""},
		"cmi5/catapult_210-1-no-cmi5-xml.zip":                                      {Unknown, 0, "manifest-missing"},
	} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		r := check(t, data)
		if got := manifestIDs(r); r.Kind != want.kind || len(r.Facts.Units) != want.units || got != want.ids {
			t.Errorf("%s: %s, %d units, %q; expected %s, %d, %q", name, r.Kind, len(r.Facts.Units), got, want.kind, want.units, want.ids)
		}
	}
}

// A manifest as large as may be, whose parts could be compared each with each.
func TestLargeManifestIsQuick(t *testing.T) {
	long := strings.Replace(good12, "</resources>", strings.Repeat(`<resource identifier="x" xml:base="../"><file href="no/a.html"/></resource>`, 20_000)+"</resources>", 1)
	begun := time.Now()
	check(t, files{"imsmanifest.xml", long, "a.html", ""}.zip(t))
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(good12))
	f.Add([]byte(good2004))
	f.Add([]byte(outer))
	if names, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "packages", "scorm*", "*.zip")); len(names) > 0 {
		for _, name := range names {
			z, err := zip.OpenReader(name)
			if err != nil {
				f.Fatal(err)
			}
			if r, err := z.Open("imsmanifest.xml"); err == nil {
				data, _ := io.ReadAll(r)
				f.Add(data)
			}
			z.Close()
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := check(t, files{"imsmanifest.xml", string(data), "a.html", "", "c/a.html", ""}.zip(t))
		if r.Kind == Unknown && r.Verdict != Fail {
			t.Errorf("an unknown manifest got the verdict %s", r.Verdict)
		}
	})
}
