package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/fault"
)

type sample struct {
	Form   `form:"-"`
	Title  string   `form:"title"`
	Tags   []string `form:"tags"`
	Count  int      `form:"count"`
	Review Day      `form:"review"`
	Items  []struct {
		Words string `form:"words"`
	} `form:"items"`
	Agreed bool `form:"agreed"`
	Owner  int64
}

func post(form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func TestDecode(t *testing.T) {
	var p sample
	f, err := decode(post(url.Values{
		"title": {"  One\r\ntwo\x00 \xff "}, "tags": {"a", "b"}, "count": {"3"}, "agreed": {"true"}, "Owner": {"7"},
		"review.day": {"6"}, "review.month": {"8"}, "review.year": {"2018"}, "items[1].words": {"second"}, "unknown": {"x"},
	}), &p)
	if err != nil || f.Failed() {
		t.Fatal(f, err)
	}
	if p.Title != "One\ntwo \uFFFD" || len(p.Tags) != 2 || p.Count != 3 || !p.Agreed || len(p.Items) != 2 || p.Items[1].Words != "second" {
		t.Errorf("%+v", p)
	}
	if p.Owner != 0 {
		t.Error("a field without a tag was set from outside")
	}
	if day, ok := p.Review.Time(); !ok || date(day) != "6 August 2018" {
		t.Errorf("review %v", day)
	}

	f, err = decode(post(url.Values{"count": {"many"}}), &p)
	if err != nil || f.Error("count") != "Count is not in the form it should be" || f.status() != 422 {
		t.Errorf("%+v %v", f, err)
	}
	if _, err = decode(post(url.Values{"items[100000].words": {"x"}}), &p); err == nil && len(p.Items) > 500 {
		t.Errorf("%d items", len(p.Items))
	}
}

func TestDay(t *testing.T) {
	for _, wrong := range []Day{{}, {"31", "2", "2026"}, {"1", "13", "2026"}, {"one", "2", "2026"}, {"1", "2", "26"}} {
		if d, ok := wrong.Time(); ok {
			t.Errorf("%v is %v", wrong, d)
		}
	}
	summer := time.Date(2026, time.July, 1, 23, 30, 0, 0, time.UTC) // half past midnight in London
	if got := DayOf(summer); got != (Day{"2", "7", "2026"}) {
		t.Errorf("%v", got)
	}
	if got := moment(summer); got != "2 July 2026 at 12:30am" {
		t.Error(got)
	}
	if !DayOf(time.Time{}).Empty() {
		t.Error("no day is some day")
	}
}

func TestTakes(t *testing.T) {
	var f Form
	if f.Takes(nil) || f.Takes(errors.New("inside")) || f.Takes(fault.New(fault.NotFound, "x")) || f.Takes(fault.New(fault.SignIn, "x")) || f.Failed() {
		t.Error("takes what the form cannot show")
	}
	if !f.Takes(leadTo(fault.New(fault.Stale, "Dr Bell was first.", fault.Reason{Field: "items[0].words", Text: "Look again."}), "x", "/")) {
		t.Fatal("does not take a stale act")
	}
	if f.status() != http.StatusConflict || f.Refusal != "Dr Bell was first." || f.Problems[0].ID() != "items-0-words" {
		t.Errorf("%+v", f)
	}
}

func TestLocalPath(t *testing.T) {
	for path, local := range map[string]bool{
		"/": true, "/proposals/42?tab=2#items": true, "/people": true,
		"": false, "people": false, "//x": false, `/\x`: false, "https://x/": false, "/sign-in": false, "/sign-out": false,
		"/%2Fx": false, "/a\nb": false, "http:/x": false, "/signed-in": true,
	} {
		if got := localPath(path, ""); (got == path && path != "") != local {
			t.Errorf("%q gives %q", path, got)
		}
	}
}

func TestFieldRefusesAnUnknownKey(t *testing.T) {
	if _, err := newField(Form{}, "x", "X", "hnit", "?"); err == nil {
		t.Error("a misspelt key passes")
	}
	if _, err := newField(Form{}, "x", "X", "hint"); err == nil {
		t.Error("a key without a value passes")
	}
}

func TestFlashIsCut(t *testing.T) {
	s := &Server{}
	w := httptest.NewRecorder()
	if err := s.done(w, httptest.NewRequest(http.MethodPost, "/", nil), "/x", strings.Repeat("é", 1000)); err != nil {
		t.Fatal(err)
	}
	c := w.Result().Cookies()[0]
	if len(c.Value) > 1000 {
		t.Errorf("a cookie of %d bytes", len(c.Value))
	}
	r := httptest.NewRequest(http.MethodGet, "/x", nil)
	r.AddCookie(c)
	if f := s.takeFlash(httptest.NewRecorder(), r); f == nil || !f.Success || !strings.HasSuffix(f.Text, "é…") {
		t.Errorf("%+v", f)
	}
}
