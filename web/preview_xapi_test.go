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
	}
}

func TestPreviewRecords(t *testing.T) {
	s := newStage(t, packageOf(t, packed{name: "cmi5.xml", data: cmi5Manifest}, packed{name: "a.html"}))
	link := s.link()
	const jsonType = "application/json"
	state := "xapi/activities/state?" + url.Values{"activityId": {"urn:rung:preview:unit:0"}, "registration": {"r"}, "agent": {`{"name":"P","account":{"name":"p"}}`}}.Encode()
	sameAgent := "xapi/activities/state?" + url.Values{"activityId": {"urn:rung:preview:unit:0"}, "registration": {"r"}, "agent": {`{ "account": {"name":"p"}, "name":"P" }`}}.Encode()
	statement := func(id string) string {
		return `{"id":"` + id + `","verb":{"id":"http://adlnet.gov/expapi/verbs/passed"}}`
	}
	for _, tt := range []struct {
		path, method, body string
		status             int
		want               string
	}{
		{"fetch", "POST", "", 200, `{"auth-token":`},
		{"fetch", "GET", "", 405, ""},
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
		{"xapi/agents/profile?profileId=cmi5LearnerPreferences&agent=%7B%7D", "GET", "", 200, "en-GB"},
		{"xapi/statements?statementId=s1", "PUT", statement("s1"), 204, ""},
		{"xapi/statements?statementId=s1", "PUT", statement("s1"), 204, ""},
		{"xapi/statements", "POST", "[" + statement("s2") + `,{"verb":{}}]`, 200, `["s2","`},
		{"xapi/statements", "POST", `{"id":"s3"}`, 400, ""},
		{"xapi/statements", "POST", `[null]`, 400, ""},
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
	var said []struct {
		Seq  int64
		Verb struct{ ID string }
	}
	if err := json.Unmarshal([]byte(s.get(link+"reported?after=0").body), &said); err != nil || len(said) != 3 {
		t.Fatalf("%d statements were reported, expected 3: %v", len(said), err)
	}
	if a := s.get(link + "reported?after=" + itoa(said[2].Seq)); a.body != "[]\n" {
		t.Errorf("after the last: %s", a.body)
	}
	if a := s.get(s.link() + "xapi/statements?statementId=s1"); a.StatusCode != 404 {
		t.Error("another preview reads the records of this one")
	}

	s.Clock.Add(preview.Lasts)
	if err := s.Server.Preview.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := s.records(); n == 0 {
		t.Error("records went while their link may still work")
	}
	s.Clock.Add(2 * time.Hour)
	if err := s.Server.Preview.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := s.records(); n != 0 {
		t.Errorf("%d records outlive their link", n)
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
	if n := s.records(); last != http.StatusRequestEntityTooLarge || n != 16 {
		t.Errorf("%d documents of 500 KB are kept, the last answer was %d", n, last)
	}
}

func (s *stage) records() (n int) {
	s.t.Helper()
	if err := s.DB.Get(&n, `select count(*) from preview_records`); err != nil {
		s.t.Fatal(err)
	}
	return n
}
