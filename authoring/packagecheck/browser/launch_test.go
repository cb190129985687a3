package browser

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
)

// files are a package.
type files map[string]string

// open gives a file of them.
func (f files) open(_ context.Context, path string) (io.ReadCloser, bool) {
	text, ok := f[path]
	return io.NopCloser(bytes.NewReader([]byte(text))), ok
}

// chromium is a browser for tests, which may run as root.
func chromium(t *testing.T, o Options) *Browser {
	t.Helper()
	o.UnsafeNoSandboxForTests = true
	b, err := New(o)
	if err != nil {
		t.Fatalf("this test needs Chromium (apt-get install chromium): %v", err)
	}
	return b
}

// look opens the units of a package.
func look(t *testing.T, o Options, kind packagecheck.Kind, f files, units ...packagecheck.Unit) packagecheck.Look {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	got, err := chromium(t, o).Launch(ctx, packagecheck.Launch{Kind: kind, Units: units, Open: f.open})
	if err != nil {
		t.Fatalf("Launch: %v", err)
	}
	if len(got.Seen) != len(units) {
		t.Fatalf("%d of %d units were seen: %s", len(got.Seen), len(units), got.Note)
	}
	return got
}

func sco(launch string) packagecheck.Unit { return packagecheck.Unit{Launch: launch, Type: "sco"} }

// markup is a page without a fault around a body.
func markup(body string) string {
	return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A unit</title></head><body><main><h1>A unit</h1>` + body + `</main></body></html>`
}

// find is how content looks for its host, in parents and then in the opener.
const find = `<script>
	const look = w => { for (let n = 0; n < 7; n++) { if (w.API_1484_11 || w.API) return w.API_1484_11 || w.API; if (w.parent === w) return null; w = w.parent } }
	const api = look(window) || (top.opener && look(top.opener))
</script>`

// check compares one unit's look, lists as "path: text" in their order.
type expected struct {
	launch                   string
	began, ended, stuck      bool
	misuse, errors           []string
	missing, outside, broken []string // broken: "path: rule" of axe
}

func (e expected) check(t *testing.T, s packagecheck.Seen) {
	t.Helper()
	if s.Initialized != e.began || s.Terminated != e.ended || s.Stuck != e.stuck {
		t.Errorf("%s: initialized %t, terminated %t, stuck %t; want %t, %t, %t", e.launch, s.Initialized, s.Terminated, s.Stuck, e.began, e.ended, e.stuck)
	}
	var broken []packagecheck.Said
	for _, v := range s.Axe {
		broken = append(broken, packagecheck.Said{Path: v.Path, Text: v.Rule + " " + v.Source})
	}
	for _, l := range []struct {
		name string
		got  []packagecheck.Said
		want []string
	}{
		{"misuse", s.Misuse, e.misuse}, {"errors", s.Errors, e.errors}, {"missing", s.Missing, e.missing},
		{"outside", s.Outside, e.outside}, {"axe", broken, e.broken},
	} {
		var got []string
		for _, x := range l.got {
			got = append(got, x.Path+": "+x.Text)
		}
		if !slices.Equal(got, l.want) {
			t.Errorf("%s: %s\n got %s\nwant %s", e.launch, l.name, strings.Join(got, "\n     "), strings.Join(l.want, "\n     "))
		}
	}
}

// all opens the units of a package in one browser and compares each.
func all(t *testing.T, kind packagecheck.Kind, f files, want []expected) {
	t.Helper()
	var units []packagecheck.Unit
	for _, e := range want {
		units = append(units, sco(e.launch))
	}
	got := look(t, Options{}, kind, f, units...)
	for i, e := range want {
		e.check(t, got.Seen[i])
	}
}

func TestUnitsOfSCORM12(t *testing.T) {
	t.Parallel()
	const start, finish = `api.LMSInitialize("");`, `addEventListener("unload", () => api.LMSFinish(""));`
	script := func(s string) string { return find + "<script>" + s + "</script>" }
	f := files{
		"good.html":   markup(script(start + finish + `api.LMSSetValue("cmi.core.lesson_status", "completed"); api.LMSCommit("")`)),
		"silent.html": markup(`<p>No word.</p>`),
		"a folder/stays.html": markup(script(start + `addEventListener("beforeunload", e => e.preventDefault());
			if (location.search !== "?page=1" || location.hash !== "#two") throw new Error("the query is lost")`)),
		"error.html":   markup(script(start+finish) + `<script src="js/broken.js"></script>`),
		"js/broken.js": "\nnothing.like.that()",
		"wants.html": markup(script(start+finish) + `<link rel="stylesheet" href="style.css"><img src="Pic.png" alt="x"><img src="/root.png" alt="x">
			<script src="https://cdn.example.org/lib.js?v=` + "1" + `"></script>`),
		"style.css":   `body { background: url(images/gone.gif) }`,
		"pic.png":     "",
		"popup.html":  markup(script(`window.open("inner.html", "w", "width=800")`)),
		"inner.html":  strings.Replace(markup(script(start+finish)), ` lang="en"`, "", 1),
		"alert.html":  markup(script(`alert("one"); confirm("two"); prompt("three");` + start + finish)),
		"frames.html": `<html lang="en"><head><title>Frames</title></head>` + script(start+finish) + `<frameset cols="50%,*"><frame title="left" src="left.html"><frame title="right" src="about:blank"></frameset></html>`,
		"left.html":   markup(`<img src="pic.png">`),
		"late.html":   markup(script(`setTimeout(() => {` + start + finish + `}, 1200)`)),
		"misuse.html": markup(script(`api.LMSGetValue("cmi.core.student_id");` + start + finish + start +
			`api.LMSSetValue("cmi.core.lesson_status", "done"); api.LMSSetValue("cmi.core.student_id", "me")`)),
	}
	all(t, packagecheck.SCORM12, f, []expected{
		{launch: "good.html", began: true, ended: true},
		{launch: "silent.html"},
		{launch: "a%20folder/stays.html?page=1#two", began: true},
		{launch: "error.html", began: true, ended: true, errors: []string{"js/broken.js: ReferenceError: nothing is not defined (line 2)"}},
		{launch: "wants.html", began: true, ended: true,
			missing: []string{"style.css: images/gone.gif", "wants.html: /root.png", "wants.html: Pic.png"},
			outside: []string{"wants.html: https://cdn.example.org/lib.js"}},
		{launch: "popup.html", began: true, ended: true, broken: []string{"inner.html: html-has-lang WCAG 2.2 SC 3.1.1"}},
		{launch: "alert.html", began: true, ended: true},
		{launch: "frames.html", began: true, ended: true, broken: []string{"left.html: image-alt WCAG 2.2 SC 1.1.1"}},
		{launch: "late.html", began: true, ended: true},
		{launch: "misuse.html", began: true, ended: true, misuse: []string{
			"misuse.html: LMSGetValue(“cmi.core.student_id”) got error 301",
			"misuse.html: LMSInitialize got error 101",
			"misuse.html: LMSSetValue(“cmi.core.lesson_status”) got error 405",
			"misuse.html: LMSSetValue(“cmi.core.student_id”) got error 403",
		}},
	})
}

func TestUnitsOfCMI5AndXAPI(t *testing.T) {
	t.Parallel()
	const cmi5 = `<script>
		const q = new URLSearchParams(location.search), category = [{id: "https://w3id.org/xapi/cmi5/context/categories/cmi5"}]
		let headers
		const send = (verb, category) => fetch(q.get("endpoint") + "statements", {method: "POST", keepalive: true, headers, body: JSON.stringify({
			actor: JSON.parse(q.get("actor")), verb: {id: "http://adlnet.gov/expapi/verbs/" + verb}, object: {id: q.get("activityId")},
			context: {registration: q.get("registration"), contextActivities: {category}}})})
		const begin = async () => {
			const token = (await (await fetch(q.get("fetch"), {method: "POST"})).json())["auth-token"]
			headers = {Authorization: "Basic " + token, "Content-Type": "application/json", "X-Experience-API-Version": "1.0.3"}
			const state = q.get("endpoint") + "activities/state?" + new URLSearchParams({stateId: "LMS.LaunchData", activityId: q.get("activityId"), agent: q.get("actor"), registration: q.get("registration")})
			const launch = await (await fetch(state, {headers})).json()
			if (launch.launchMode !== "Normal") throw new Error("no launch data")
		}
	</script>`
	f := files{
		"good.html": markup(cmi5 + `<script>
			begin().then(() => send("initialized", category)).then(() => send("initialized", [])); addEventListener("pagehide", () => send("terminated", category))</script>`),
		"wrong.html": markup(cmi5 + `<script>begin().then(() => send("completed", category)).then(() => send("initialized", category)).then(() => fetch(q.get("fetch"), {method: "POST"}))</script>`),
		"xapi.html": markup(`<script>
			const q = new URLSearchParams(location.search)
			if (q.get("page") !== "2") throw new Error("the query is lost")
			fetch(q.get("endpoint") + "statements?statementId=1", {method: "PUT", headers: {Authorization: q.get("auth")}, body: '{"verb":{"id":"http://adlnet.gov/expapi/verbs/experienced"}}'})
				.then(r => { if (r.status !== 204) throw new Error("answered " + r.status) })
		</script>`),
	}
	all(t, packagecheck.CMI5, f, []expected{
		{launch: "good.html", began: true, ended: true},
		{launch: "wrong.html", began: true, misuse: []string{
			"wrong.html: the fetch address was asked a second time, and gives its token once",
			"wrong.html: the record store was sent a statement before Initialized"}},
	})
	all(t, packagecheck.XAPI, f, []expected{{launch: "xapi.html?page=2", began: true}})
}
