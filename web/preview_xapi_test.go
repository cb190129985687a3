package web_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/web/preview"
)

const cmi5Manifest = `<courseStructure><course/><au id="https://x.org/au" moveOn="Passed" masteryScore="0.5"><title><langstring>One</langstring></title><url>a.html</url></au></courseStructure>`

func sending(name, kind, body string) func(*http.Request) {
	return func(r *http.Request) {
		r.Method = name
		r.Body = io.NopCloser(strings.NewReader(body))
		r.ContentLength = int64(len(body))
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Authorization", "Basic cHJldmlldzpwcmV2aWV3")
		r.Header.Set("X-Experience-API-Version", "1.0.3")
	}
}

// aStatement is one with what every statement has.
func aStatement(id, verb, object, registration string) string {
	return `{"id":"` + id + `","actor":{"name":"P"},"verb":{"id":"http://adlnet.gov/expapi/verbs/` + verb + `"},"object":{"id":"` + object + `"},"context":{"registration":"` + registration + `"}}`
}

func TestPreviewRecords(t *testing.T) {
	s := newStage(t, packageOf(t, packed{name: "cmi5.xml", data: cmi5Manifest}, packed{name: "a.html"}))
	link := s.link()
	const jsonType = "application/json"
	state := "xapi/activities/state?" + url.Values{"activityId": {"urn:rung:preview:unit:0"}, "registration": {"r"}, "agent": {`{"name":"P","account":{"name":"p"}}`}}.Encode()
	sameAgent := "xapi/activities/state?" + url.Values{"activityId": {"urn:rung:preview:unit:0"}, "registration": {"r"}, "agent": {`{ "account": {"name":"p"}, "name":"P" }`}}.Encode()
	statement := func(id string) string { return aStatement(id, "passed", "o", "r") }
	for _, tt := range []struct {
		path, method, body string
		status             int
		want               string
	}{
		{"fetch/1", "POST", "", 200, `{"auth-token":`},
		{"fetch/1", "POST", "", 200, `{"error-code":"1"`},
		{"fetch/2", "POST", "", 200, `{"auth-token":`},
		{"fetch/" + strings.Repeat("a", 1200), "POST", "", 404, ""},
		{"fetch/1", "GET", "", 405, ""},
		{"xapi/about", "GET", "", 200, "1.0.3"},
		{state + "&stateId=LMS.LaunchData", "GET", "", 200, `"masteryScore":0.5`},
		{state + "&stateId=LMS.LaunchData", "GET", "", 200, `/ended"`},
		{"ended", "GET", "", 200, "The unit has ended"},
		{"xapi/activities/state?activityId=other&stateId=LMS.LaunchData", "GET", "", 404, ""},
		{state + "&stateId=a", "GET", "", 404, ""},
		{state + "&stateId=a", "PUT", `{"x":1,"y":1}`, 204, ""},
		{state + "&stateId=a", "POST", `{"y":2,"z":3}`, 204, ""},
		{sameAgent + "&stateId=a", "GET", "", 200, `{"x":1,"y":2,"z":3}`},
		{state + "&stateId=a", "POST", `no object`, 400, ""},
		{state + "&stateId=b", "PUT", `plain`, 204, ""},
		{state, "GET", "", 200, `["a","b"]`},
		{state, "PUT", "nameless", 400, ""},
		{state + "&stateId=b", "DELETE", "", 204, ""},
		{state, "GET", "", 200, `["a"]`},
		{state + "&stateId=" + strings.Repeat("a", 1200), "PUT", "x", 400, ""},
		{state + "&stateId=c", "PUT", strings.Repeat("x", 600<<10), 413, ""},
		{state + "&stateId=d", "PUT", "x", 204, ""},
		{"xapi/activities/state?activityId=another&stateId=e", "PUT", "x", 204, ""},
		{state, "DELETE", "", 204, ""},
		{state, "GET", "", 200, "[]"},
		{"xapi/activities/state?activityId=another&stateId=e", "GET", "", 200, "x"},
		{"xapi/activities/profile?activityId=a", "DELETE", "", 400, ""},
		{"xapi/agents/profile?profileId=cmi5LearnerPreferences&agent=%7B%7D", "GET", "", 200, "en-GB"},
		{"xapi/statements?statementId=s1", "PUT", statement("s1"), 204, ""},
		{"xapi/statements?statementId=s1", "PUT", statement("s1"), 204, ""},
		{"xapi/statements", "POST", "[" + statement("s2") + "," + statement("") + "]", 200, `["s2","`},
		{"xapi/statements", "POST", `{"actor":{},"verb":{},"object":{}}`, 400, ""},
		{"xapi/statements", "POST", `{"actor":{},"verb":{"id":"v"}}`, 400, ""},
		{"xapi/statements", "POST", `{"actor":"P","verb":{"id":"v"},"object":{}}`, 400, ""},
		{"xapi/statements", "POST", `{"id":"s3"}`, 400, ""},
		{"xapi/statements", "POST", `[null]`, 400, ""},
		{"xapi/statements", "POST", statement(`\u0000`), 400, ""},
		{"xapi/statements?statementId=%00", "PUT", statement(""), 400, ""},
		{"xapi/statements?statementId=%00", "GET", "", 400, ""},
		{"xapi/statements", "POST", statement(strings.Repeat("<", 990)), 200, ""},
		{"xapi/statements?statementId=large", "PUT", strings.Replace(statement(""), `"P"`, `"`+strings.Repeat("<", 400<<10)+`"`, 1), 413, ""},
		{state + "&stateId=%00", "PUT", "x", 400, ""},
		{state + "&stateId=%ff", "GET", "", 400, ""},
		{"fetch/%00", "POST", "", 404, ""},
		{state + "&stateId=grows", "PUT", `{"a":"` + strings.Repeat("x", 400<<10) + `"}`, 204, ""},
		{state + "&stateId=grows", "POST", `{"b":"` + strings.Repeat("x", 400<<10) + `"}`, 204, ""},
		{state + "&stateId=grows", "POST", `{"c":"` + strings.Repeat("x", 400<<10) + `"}`, 413, ""},
		{state + "&stateId=grows", "DELETE", "", 204, ""},
		{"xapi/statements", "POST", `nonsense`, 400, ""},
		{"xapi/statements?statementId=s2", "GET", "", 200, `"id":"s2"`},
		{"xapi/statements?statementId=none", "GET", "", 404, ""},
		{"xapi/statements", "GET", "", 200, `"more":""`},
		{"xapi/statements", "DELETE", "", 405, ""},
		{"xapi/activities?activityId=a", "GET", "", 200, `"id":"a"`},
		{"xapi/elsewhere", "GET", "", 404, ""},
	} {
		a := s.get(link+tt.path, sending(tt.method, jsonType, tt.body))
		if a.StatusCode != tt.status || !strings.Contains(a.body, tt.want) {
			t.Errorf("%s %.90s: %d %.200s, expected %d and %s", tt.method, tt.path, a.StatusCode, a.body, tt.status, tt.want)
		}
	}
	type record struct {
		Seq     int64
		Verb    struct{ ID string }
		Refused string
	}
	var said []record
	if err := json.Unmarshal([]byte(s.get(link+"reported?after=0").body), &said); err != nil {
		t.Fatal(err)
	}
	statements, refusals := 0, []string{}
	for _, one := range said {
		if one.Verb.ID != "" {
			statements++
		} else {
			refusals = append(refusals, one.Refused)
		}
	}
	if statements != 4 || len(refusals) != 21 || !strings.Contains(refusals[0], "second token") || !strings.HasPrefix(refusals[1], "POST activities/state: ") {
		t.Fatalf("%d statements were reported, expected 4; refused were %d: %q", statements, len(refusals), refusals)
	}
	if a := s.get(link + "reported?after=" + itoa(said[len(said)-1].Seq)); a.body != "[]\n" {
		t.Errorf("after the last: %s", a.body)
	}
	if a := s.get(s.link()+"xapi/statements?statementId=s1", sending(http.MethodGet, "", "")); a.StatusCode != 404 {
		t.Error("another preview reads the records of this one")
	}

	s.Clock.Add(preview.Lasts)
	if err := s.Server.Preview.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := s.records("statement"); n == 0 {
		t.Error("records went while their link may still work")
	}
	s.Clock.Add(2 * time.Hour)
	if err := s.Server.Preview.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := s.records("statement"); n != 0 {
		t.Errorf("%d records outlive their link", n)
	}
}

// Hosts ask for the token and the version, so a course that forgets them has to
// fail here.
func TestPreviewRecordsAreStrict(t *testing.T) {
	s := newStage(t, packageOf(t, packed{name: "cmi5.xml", data: cmi5Manifest}))
	link := s.link()
	for _, tt := range []struct {
		path   string
		lacks  string
		status int
	}{
		{"xapi/statements", "Authorization", 401}, {"xapi/statements", "X-Experience-API-Version", 400},
		{"xapi/activities/state?stateId=LMS.LaunchData&activityId=urn:rung:preview:unit:0", "Authorization", 401},
		{"xapi/statements", "", 200}, {"xapi/about", "Authorization", 200}, {"xapi/about", "X-Experience-API-Version", 200},
	} {
		if a := s.get(link+tt.path, sending(http.MethodGet, "", ""), func(r *http.Request) { r.Header.Del(tt.lacks) }); a.StatusCode != tt.status {
			t.Errorf("%s without %q: %d %s, expected %d", tt.path, tt.lacks, a.StatusCode, a.body, tt.status)
		}
	}
	if said := s.get(link + "reported").body; !strings.Contains(said, "GET statements: the request doesn’t bring the token") || !strings.Contains(said, "no X-Experience-API-Version") {
		t.Errorf("the shell is told %s", said)
	}
}

// Statements come back the newest first, and those that were asked for.
func TestPreviewStatementsAreFound(t *testing.T) {
	s := newStage(t, packageOf(t, packed{name: "cmi5.xml", data: cmi5Manifest}))
	link := s.link()
	for _, one := range []string{aStatement("s1", "initialized", "unit", "r1"), aStatement("s2", "answered", "part", "r1"), aStatement("s3", "passed", "unit", "r2")} {
		if a := s.get(link+"xapi/statements", sending(http.MethodPost, "application/json", one)); a.StatusCode != 200 {
			t.Fatal(a.StatusCode, a.body)
		}
	}
	for query, want := range map[string]string{
		"": "s3 s2 s1", "ascending=true": "s1 s2 s3", "limit=1": "s3", "limit=0": "s3 s2 s1", "activity=unit": "s3 s1", "registration=r1": "s2 s1",
		"verb=" + url.QueryEscape("http://adlnet.gov/expapi/verbs/answered"): "s2", "activity=unit&registration=r1&limit=5": "s1", "activity=none": "",
	} {
		var found struct {
			Statements []struct{ ID, Stored, Timestamp string }
		}
		if err := json.Unmarshal([]byte(s.get(link+"xapi/statements?"+query, sending(http.MethodGet, "", "")).body), &found); err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, one := range found.Statements {
			ids = append(ids, one.ID)
			if one.Stored == "" || one.Timestamp == "" {
				t.Errorf("%s has no time: %+v", one.ID, one)
			}
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%q finds %q, expected %q", query, got, want)
		}
	}
}

// A course that stores without end is stopped.
func TestPreviewRecordsAreBounded(t *testing.T) {
	s := newStage(t, packageOf(t, packed{name: "cmi5.xml", data: cmi5Manifest}))
	link := s.link()
	half := strings.Repeat("x", 500<<10)
	last := 0
	for i := range 20 {
		last = s.get(link+"xapi/activities/profile?activityId=a&profileId="+itoa(int64(i)), sending(http.MethodPut, "text/plain", half)).StatusCode
	}
	if n := s.records("activities/profile"); last != http.StatusRequestEntityTooLarge || n != 16 {
		t.Errorf("%d documents of 500 KB are kept, the last answer was %d", n, last)
	}
}

// A score that no unit can reach is not told to one: hosts that keep to cmi5
// refuse such a course, and its report says so.
func TestPreviewTellsNoImpossibleMasteryScore(t *testing.T) {
	for score, told := range map[string]bool{"0": true, "1": true, "80": false, "-1": false, "NaN": false, "high": false} {
		s := newStage(t, packageOf(t, packed{name: "cmi5.xml", data: strings.Replace(cmi5Manifest, `"0.5"`, `"`+score+`"`, 1)}, packed{name: "a.html"}))
		a := s.get(s.link()+"xapi/activities/state?activityId=urn:rung:preview:unit:0&agent={}&stateId=LMS.LaunchData", sending(http.MethodGet, "", ""))
		if a.StatusCode != 200 || strings.Contains(a.body, "masteryScore") != told {
			t.Errorf("%s: %d %s", score, a.StatusCode, a.body)
		}
	}
}

// So is one that stores many small things, and whoever opens preview after preview.
func TestPreviewRecordsAreCounted(t *testing.T) {
	for name, c := range map[string]struct {
		fill string // with what there is before the last but one record
		from string // a preview that has stored nothing yet, or the same
	}{
		"of a preview": {`insert into preview_records (run, kind, key, media_type, body, stored_at, person)
			select run, 'filling', n, '', '', stored_at, person from preview_records, generate_series(1, 1998) n`, "the same"},
		"of a person": {`insert into preview_records (run, kind, key, media_type, body, stored_at, person)
			select 'another', 'filling', n, '', '', stored_at, person from preview_records, generate_series(1, 19998) n`, "a new one"},
		"a person's bytes": {`insert into preview_records (run, kind, key, media_type, body, stored_at, person)
			select 'run ' || n, 'filling', n, '', convert_to(repeat('x', 1 << 20), 'UTF8'), stored_at, person from preview_records, generate_series(1, 79) n
			union all select 'run 80', 'filling', '80', '', convert_to(repeat('x', (1 << 20) - 7), 'UTF8'), stored_at, person from preview_records`, "a new one"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, packageOf(t, packed{name: "cmi5.xml", data: cmi5Manifest}))
			link := s.link()
			put := func(name string) int {
				return s.get(link+"xapi/activities/profile?activityId=a&profileId="+name, sending(http.MethodPut, "text/plain", "abc")).StatusCode
			}
			if status := put("first"); status != http.StatusNoContent {
				t.Fatalf("the first: %d", status)
			}
			s.DB.MustExec(c.fill)
			if c.from == "a new one" {
				link = s.link()
			}
			if status := put("last"); status != http.StatusNoContent {
				t.Errorf("the last that there is room for: %d", status)
			}
			if status := put("more"); status != http.StatusRequestEntityTooLarge {
				t.Errorf("one more: %d", status)
			}
			s.DB.MustExec(`update preview_records set person = 0, run = 'nobody' || key || kind`)
			if status := put("more"); status != http.StatusNoContent {
				t.Errorf("what others have stored counts: %d", status)
			}
		})
	}
}

func (s *stage) records(kind string) (n int) {
	s.t.Helper()
	if err := s.DB.Get(&n, `select count(*) from preview_records where kind = $1`, kind); err != nil {
		s.t.Fatal(err)
	}
	return n
}
