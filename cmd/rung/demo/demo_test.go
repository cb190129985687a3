package demo

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/leadership-ladder/rung/workflow/programme"
)

// written are the modules that are written to the end.
var written = []module{developingTeams, hostVsHero, yourRole, strengths, handover, wardRound, representative,
	dentalClinic, rota, morbidity, teamBrief, emergency, sayingNo, acrossTheInterface, nightShift, throughChange, productivity, committees, feedback}

var writes = regexp.MustCompile(`(?i)\b(insert\s+into|update\s+\w+\s+set|delete\s+from|truncate\s+table|Exec(Context)?\()`)

// What the demo shows came about as it would for anybody.
func TestNothingIsWrittenPastTheServices(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := writes.Find(text); found != nil {
			t.Errorf("%s: %s", name, found)
		}
	}
}

// The modules that climb are those that are not entered, under the same strand.
func TestClimbingTitlesAreThePublishedOnes(t *testing.T) {
	for _, p := range publishedTitles {
		if p.about != "" {
			continue
		}
		i := slices.IndexFunc(written, func(m module) bool { return m.title == p.title })
		if i < 0 || written[i].strand != p.strand || written[i].series != p.series {
			t.Errorf("%s: nobody writes it as it was published", p.title)
		}
	}
}

type manifest struct {
	XMLName       xml.Name `xml:"http://www.imsproject.org/xsd/imscp_rootv1p1p2 manifest"`
	Identifier    string   `xml:"identifier,attr"`
	SchemaVersion string   `xml:"metadata>schemaversion"`
	Organization  struct {
		Identifier string `xml:"identifier,attr"`
		Title      string `xml:"title"`
		Item       struct {
			Ref string `xml:"identifierref,attr"`
		} `xml:"item"`
	} `xml:"organizations>organization"`
	Resource struct {
		Identifier string `xml:"identifier,attr"`
		Type       string `xml:"http://www.adlnet.org/xsd/adlcp_rootv1p2 scormtype,attr"`
		Href       string `xml:"href,attr"`
		Files      []struct {
			Href string `xml:"href,attr"`
		} `xml:"file"`
	} `xml:"resources>resource"`
}

func TestPackages(t *testing.T) {
	seen := map[string]string{}
	for _, m := range written {
		t.Run(m.file(), func(t *testing.T) {
			b, err := m.pack(1)
			if err != nil {
				t.Fatal(err)
			}
			again, err := m.pack(1)
			if err != nil || !bytes.Equal(b, again) {
				t.Errorf("made twice it differs, %v", err)
			}
			second, err := m.pack(2)
			if err != nil || bytes.Equal(b, second) {
				t.Errorf("its second version is its first, %v", err)
			}
			if other, ok := seen[string(b)]; ok {
				t.Errorf("the same as %s", other)
			}
			seen[string(b)] = m.title
			z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
			if err != nil {
				t.Fatal(err)
			}
			content := map[string]string{}
			for _, f := range z.File {
				r, err := f.Open()
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(r)
				if err != nil {
					t.Fatal(err)
				}
				content[f.Name] = string(text)
			}
			checkManifest(t, m, content)
			checkPage(t, m, content["index.html"])
			for _, call := range []string{"LMSInitialize", "LMSSetValue", "LMSCommit", "LMSFinish", "cmi.core.lesson_status", "cmi.core.score.raw"} {
				if !strings.Contains(content["module.js"], call) {
					t.Errorf("%s is nowhere", call)
				}
			}
		})
	}
}

func checkManifest(t *testing.T, m module, content map[string]string) {
	t.Helper()
	var doc manifest
	if err := xml.Unmarshal([]byte(content["imsmanifest.xml"]), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.SchemaVersion != "1.2" || doc.Organization.Identifier != "module" || doc.Organization.Title != m.title ||
		doc.Organization.Item.Ref != doc.Resource.Identifier || doc.Resource.Type != "sco" || doc.Resource.Href != "index.html" {
		t.Errorf("%+v", doc)
	}
	if !regexp.MustCompile(`^[a-z][a-z0-9-]*$`).MatchString(doc.Identifier) {
		t.Errorf("the identifier is %q", doc.Identifier)
	}
	if len(doc.Resource.Files) != len(content)-1 {
		t.Errorf("%d files are declared of %d", len(doc.Resource.Files), len(content)-1)
	}
	for _, f := range doc.Resource.Files {
		if content[f.Href] == "" {
			t.Errorf("%s is not there", f.Href)
		}
	}
}

// checkPage finds in the page what assistive technology needs.
func checkPage(t *testing.T, m module, page string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	count, labels, ids := map[string]int{}, []string{}, []string{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
			if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Val, "http") {
				t.Errorf("%s has %s=%q", n.Data, a.Key, a.Val)
			}
		}
		count[n.Data]++
		switch n.Data {
		case "html":
			if attr["lang"] != "en-GB" {
				t.Errorf("lang is %q", attr["lang"])
			}
		case "title":
			if n.FirstChild.Data != m.title {
				t.Errorf("title is %q", n.FirstChild.Data)
			}
		case "img":
			if attr["alt"] == "" {
				t.Error("a picture has no alt text")
			}
		case "label":
			labels = append(labels, attr["for"])
		case "input":
			ids = append(ids, attr["id"])
		}
	}
	if count["h1"] != 1 || count["h2"] < 4 || count["legend"] != 1 || len(ids) != 3 || !slices.Equal(labels, ids) {
		t.Errorf("elements %v, labels %v of %v", count, labels, ids)
	}
}

// Every key that the modules name is the programme's.
func TestContentFitsTheProgramme(t *testing.T) {
	p := programme.Default()
	for _, m := range written {
		c := m.content()
		if _, ok := p.Strand(c.Teaching.Strand); !ok {
			t.Errorf("%s: there is no strand %q", m.title, c.Teaching.Strand)
		}
		for _, key := range c.Teaching.Mapping.Entries {
			if !slices.ContainsFunc(p.Primary().Entries, func(e programme.Entry) bool { return e.Key == key }) {
				t.Errorf("%s: there is no capability %q", m.title, key)
			}
		}
		if q := m.question; q.asks == "" || q.right == "" || q.wrong[0] == "" || q.wrong[1] == "" || q.because == "" {
			t.Errorf("%s: its question is not complete", m.title)
		}
	}
}

func TestClockNeverGoesBack(t *testing.T) {
	now := time.Date(2026, time.March, 2, 9, 30, 0, 0, time.UTC)
	c := NewClock(now)
	if got := c.Now(); !got.Equal(time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("it begins at %s", got)
	}
	c.to(c.day(10))
	c.to(c.day(20))
	if got := c.Now(); !got.Equal(time.Date(2026, time.February, 20, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("it stands at %s", got)
	}
}
