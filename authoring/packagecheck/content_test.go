package packagecheck

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck/webpage"
)

func TestNumbersThatMayBePatients(t *testing.T) {
	for text, expected := range map[string]string{
		"NHS number: 943 476 5919":            "919",
		"NHS no 9434765919.":                  "919",
		"943\u00a0476\u00a05919":              "919",
		"Patient 401-023-2137":                "137",
		"4010232137":                          "137",
		"CHI 0101010101 and NHS 943 476 5919": "919",
		"NHS number 943 476 5918":             "", // the check digit
		"NHS number 999 000 0018":             "", // reserved for tests
		"ISBN 9434765919":                     "", // the same check digit
		"Wells, ISBN-10: 4010232137":          "",
		"Tel. 401 023 2137":                   "",
		"Call us on 401 023 2137":             "",
		"401-023-2137":                        "",
		"https://example.org/4010232137":      "",
		"4010232137.pdf":                      "",
		"1 943 476 5919":                      "",
		"943 476 5919 2":                      "",
		"94347659190":                         "",
		"+44 943 476 5919":                    "",
		"NHS Direct, phone 401 023 2137":      "",
		"£4010232137":                         "",
		"1609459196":                          "",
		"0000000000 and 0123456789":           "",
		"id4010232137x":                       "",
	} {
		var ends []string
		for _, n := range nhsNumbers(text) {
			ends = append(ends, n.ends)
		}
		if got := strings.Join(ends, " "); got != expected {
			t.Errorf("%q: %q, expected %q", text, got, expected)
		}
	}
}

func TestDatesThatMayBeOfBirth(t *testing.T) {
	for text, expected := range map[string]int{
		"DOB 12/03/1956":                               1,
		"D.O.B.: 12.3.56":                              1,
		"Date of birth</td><td>12 March 1956":          1,
		"Mrs Jones (12/03/1956) comes to the ward":     1,
		"Patient Anna O’Neill, 1956-03-12":             1,
		"He was born on 3 May 1971 in Leeds":           1,
		"Mr Smith was seen on 12/03/2024":              0,
		"Dr Smith, 12 March 2024":                      0,
		"Florence Nightingale was born on 12 May 1820": 0,
		"Date of birth (dd/mm/yyyy)":                   0,
		"Accessed 12 March 2021. Published 12/03/2020": 0,
		"The NHS was born in 1948":                     0,
		"A newborn on 12/03/2020":                      0,
		"Reviewed by Jones, 12/03/2021":                0,
	} {
		spans := webpage.Scan(webpage.HTML, []byte("<table><td>"+text)).Words.Spans
		if got := birthDates(spans); len(got) != expected {
			t.Errorf("%q: %d dates, expected %d", text, len(got), expected)
		}
	}
}

func TestQuestionsRepeatNobodysData(t *testing.T) {
	c := withPages(map[string]string{"a.html": "<html lang=en><title>A</title><p>Mrs Jones,\n NHS number 943 476 5919,\n  DOB 12/03/1956<script>var n = '943 476 5919'</script><a href='943 476 5919'>x</a>"})
	c.readWords()
	var got []string
	for _, f := range c.report.Findings {
		got = append(got, fmt.Sprintf("%d:%d %s", f.Line, f.Column, f.ID))
		if f.Severity != Advice || !strings.HasSuffix(f.Message, "?") {
			t.Errorf("%q is no question", f.Message)
		}
		for _, secret := range []string{"Jones", "943", "476", "1956"} {
			if strings.Contains(f.Message, secret) {
				t.Errorf("%q repeats %s", f.Message, secret)
			}
		}
	}
	if expected := []string{"2:13 content-nhs-number", "3:3 content-birth-date"}; !slices.Equal(got, expected) {
		t.Errorf("found %q, expected %q", got, expected)
	}
}

func TestLicenceThatNobodyKnows(t *testing.T) {
	for _, test := range []struct {
		kind     Kind
		licences []string
		expected int
	}{
		{H5P, []string{"U"}, 1}, {H5P, []string{"undisclosed"}, 1}, {H5P, []string{"CC BY"}, 0}, {H5P, nil, 0}, {SCORM12, nil, 0},
	} {
		c := withPages(nil)
		c.report.Kind, c.report.Facts.Licences = test.kind, test.licences
		c.readWords()
		if n := len(c.report.Findings); n != test.expected {
			t.Errorf("%s with %q: %d questions, expected %d", test.kind, test.licences, n, test.expected)
		}
	}
}

func TestReadability(t *testing.T) {
	hardText := strings.Repeat("<p>The organisational prioritisation of interdisciplinary collaboration necessitates a systematic evaluation of the institutional accountability and of the professional responsibility in the administration.</p>", 20)
	easyText := strings.Repeat("<p>The ward is full and the team is tired. You can ask for help, and it is fine to say so.</p>", 30)
	german := strings.Repeat("<p>Die Zusammenarbeit interdisziplinärer Organisationseinheiten erfordert eine systematische Verantwortungsübernahme aller Beteiligten.</p>", 40)
	for name, test := range map[string]struct {
		page     string
		expected bool
	}{
		"hard":                   {"<html lang=en-GB>" + hardText, true},
		"hard, in no language":   {"<html>" + hardText, true},
		"easy":                   {"<html lang=en>" + easyText, false},
		"short":                  {"<html lang=en>" + hardText[:400], false},
		"german":                 {"<html lang=de>" + german, false},
		"german, in no language": {"<html>" + german, false},
		"menus alone":            {"<html>" + strings.Repeat("<li>Organisational prioritisation</li>", 500), false},
	} {
		c := withPages(map[string]string{"a.html": test.page})
		c.readWords()
		if found := len(c.report.Findings) == 1; found != test.expected {
			t.Errorf("%s: %+v", name, c.report.Findings)
		}
	}
}

func TestFactsOfPages(t *testing.T) {
	c := withPages(map[string]string{
		"a.html": "<html lang=EN-gb><title>A</title>", "b.html": "<html lang=en_GB><title> The\n course </title>", "c.html": "<html lang=nonsense>",
	})
	c.units = []*unit{{}, {file: "b.html"}, {file: "a.html"}}
	c.readWords()
	if got := c.report.Facts; !slices.Equal(got.Languages, []string{"en-GB"}) || got.Title != "The course" {
		t.Errorf("languages %q and title %q", got.Languages, got.Title)
	}
	c.report.Facts.Title = "Of the manifest"
	if c.readWords(); c.report.Facts.Title != "Of the manifest" {
		t.Errorf("the manifest's title has become %q", c.report.Facts.Title)
	}
}

// readWords does what reading does with each page, in the order of their paths.
func (c *checker) readWords() {
	for _, path := range slices.Sorted(maps.Keys(c.texts)) {
		c.wordsOf(path, c.texts[path])
	}
	c.content()
}
