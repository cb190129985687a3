package web_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/web/browsertest"
)

// courseOf packs a SCORM 1.2 course of two units.
func courseOf(t testing.TB, one, two string, more ...packed) []byte {
	t.Helper()
	files := append([]packed{{name: "imsmanifest.xml", data: manifest12}, {name: "sco/one.html", data: one}, {name: "sco/two.html", data: two}}, more...)
	return packageOf(t, files...)
}

const plainPage = `<!DOCTYPE html><html lang="en"><title>Page</title><h1>Page</h1></html>`

// Many courses open a window of their own and look for their host through its
// opener. What such a window shows is free, but not to lead Rung's away.
func TestPreviewOpensWindows(t *testing.T) {
	const popup = `<!DOCTYPE html><html lang="en"><title>Popup</title><script>
let w = opener; for (let i = 0; i < 7 && w && !w.API && w.parent !== w; i++) w = w.parent;
w.API.LMSInitialize(""); w.API.LMSSetValue("cmi.core.score.raw", "61");
let led = "led away"; try { opener.top.location = "about:blank#led" } catch (e) { led = e.name }
opener.parent.popup = led;
close(); // the page that it covers stands still meanwhile
</script></html>`
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<!DOCTYPE html><script>
let led = "led away"; try { opener.top.location = "about:blank#led" } catch (e) { led = e.name }
opener.parent.postMessage({ led }, "*");
close();
</script>`)
	}))
	defer elsewhere.Close()
	s := newStage(t, courseOf(t, plainPage, plainPage, packed{name: "sco/popup.html", data: popup}))
	tab := s.preview(t)
	tab.WaitFor(facts + `.includes("Not begun")`)
	origin := s.Server.Preview.Origin()
	const open = `(w => (w.open(new URL(%q, w.location.href), "_blank"), "opened"))(document.getElementById("content").contentWindow)`

	inShell(t, tab, origin, fmt.Sprintf(open, "popup.html"))
	if led := inShell(t, tab, origin, `window.popup`); led != "SecurityError" {
		t.Errorf("a window of the package tried to lead Rung’s away: %s", led)
	}
	tab.WaitFor(facts + `.includes("Score | 61")`)
	inShell(t, tab, origin, `(addEventListener("message", (e) => { window.elsewhere = e.data.led }), "listening")`)
	inShell(t, tab, origin, fmt.Sprintf(open, elsewhere.URL))
	if led := inShell(t, tab, origin, `window.elsewhere`); led != "SecurityError" {
		t.Errorf("a window from elsewhere tried to lead Rung’s away: %s", led)
	}
}

// A package that never stops talking doesn't take the page of the reviewer.
func TestPreviewFloods(t *testing.T) {
	const unit = `<!DOCTYPE html><html lang="en"><title>One</title><script>
const s = parent.document.createElement("script"); s.src = new URL("flood.js", location.href).href; parent.document.body.append(s);
</script></html>`
	const flood = `let n = 0; setInterval(() => { for (let i = 0; i < 200; i++) parent.postMessage({ rung: "preview", standard: "<b>flood</b>", title: { toString: 1 }, score: String(n++), lastError: "x".repeat(1000), errors: 1 }, "*") }, 4)`
	s := newStage(t, courseOf(t, unit, plainPage, packed{name: "sco/flood.js", data: flood}))
	tab := s.preview(t)
	tab.WaitFor(facts + `.includes("<b>flood</b>")`)
	tab.WaitFor(`(() => {
		if (window.drawn === undefined) {
			window.drawn = 0; window.began = performance.now();
			new MutationObserver(() => window.drawn++).observe(document.querySelector("[data-preview-facts]"), { childList: true });
		}
		return performance.now() - window.began > 2000;
	})()`)
	drawn := tab.String(`String(window.drawn)`)
	if len(drawn) > 2 || drawn == "0" {
		t.Errorf("the page was drawn %s times in two seconds", drawn)
	}
	if longest := tab.String(`String(Math.max(...[...document.querySelectorAll("[data-preview-facts] dd")].map((e) => e.textContent.length)))`); len(longest) > 3 {
		t.Errorf("a fact has %s characters", longest)
	}
	if status := tab.String(`document.querySelector("[data-preview-status]").textContent`); status != "Nothing yet." {
		t.Errorf("it is read out without a rest: %q", status)
	}
}

// What one package leaves in the browser is not there for the next: their
// previews share a host.
func TestPreviewsLeaveNothingToEachOther(t *testing.T) {
	const unit = `<!DOCTYPE html><html lang="en"><title>One</title><script>
parent.before = "found: " + [document.cookie, localStorage.getItem("left")].join(" ");
for (const path of ["/", "/p", "/p/"]) document.cookie = "left" + path.length + "=1; path=" + path;
localStorage.setItem("left", "1");
parent.after = "left: " + document.cookie.split("; ").length + " " + localStorage.getItem("left");
</script></html>`
	s := newStage(t, courseOf(t, unit, plainPage))
	tab := browsertest.New(t)
	for range 2 {
		tab.Open(s.link()) // by itself: a browser may keep cookies from what is framed
		tab.WaitFor(`!!window.after`)
		if before := strings.TrimSpace(tab.String(`window.before`)); before != "found:" {
			t.Errorf("it %s", before)
		}
		if after := tab.String(`window.after`); after != "left: 3 1" {
			t.Fatalf("the course could not leave anything, so nothing is tried: %s", after)
		}
	}
}

// What the standards forbid is told, with the size of what was too much.
func TestPreviewTellsOfErrors(t *testing.T) {
	const head = `<!DOCTYPE html><html lang="en"><title>One</title><script>` + findAPI
	for name, c := range map[string]struct {
		pkg  []byte
		want []string
	}{
		"SCORM 1.2": {courseOf(t, head+`const api = find("API"); api.LMSInitialize("");
			api.LMSSetValue("cmi.core.score.raw", "120"); api.LMSSetValue("cmi.suspend_data", "x".repeat(70000)); api.LMSFinish("");</script></html>`, plainPage),
			[]string{"Errors | 2, the last: LMSSetValue(\"cmi.suspend_data\", \"xxx", "70,000 of 4,096 characters: more than", "Ended by the course", "Score | Not reported", "Exit | Not set"}},
		"a score against the mastery score": {packageOf(t, packed{name: "imsmanifest.xml", data: strings.Replace(manifest12, "<adlcp:datafromlms>", "<adlcp:masteryscore>80</adlcp:masteryscore><adlcp:datafromlms>", 1)},
			packed{name: "sco/one.html", data: head + `const api = find("API"); api.LMSInitialize(""); api.LMSSetValue("cmi.core.score.raw", "60"); api.LMSSetValue("cmi.core.lesson_status", "completed"); api.LMSFinish("");</script></html>`}),
			[]string{"Completion | completed", "Success | failed", "Score | 60"}},
		"SCORM 2004": {packageOf(t, packed{name: "imsmanifest.xml", data: manifest2004}, packed{name: "one.html", data: head + `const api = find("API_1484_11"); api.Initialize("");
			api.SetValue("cmi.score.scaled", "1.5"); api.SetValue("cmi.exit", "suspend"); api.SetValue("cmi.session_time", "00:01:30"); api.Commit("");</script></html>`}),
			[]string{`Errors | 2, the last: SetValue("cmi.session_time", "00:01:30"): error 406`, "Exit | suspend |"}},
		"cmi5": {packageOf(t, packed{name: "cmi5.xml", data: cmi5Manifest}, packed{name: "a.html", data: `<!DOCTYPE html><html lang="en"><title>One</title><script>
			const q = new URLSearchParams(location.search);
			const ask = async () => (await (await fetch(q.get("fetch"), { method: "POST" })).json());
			const send = (headers, scaled) => fetch(q.get("endpoint") + "statements", { method: "POST", headers: { "X-Experience-API-Version": "1.0.3", ...headers },
				body: JSON.stringify({ actor: JSON.parse(q.get("actor")), verb: { id: "http://adlnet.gov/expapi/verbs/passed" }, object: { id: q.get("activityId") }, result: { score: { scaled } } }) });
			(async () => { const Authorization = "Basic " + (await ask())["auth-token"]; await ask(); await send({}, 0.9); await send({ Authorization }, 0.4); })();
			</script></html>`}),
			// A second token, no token, no “initialized”, a score that doesn’t pass.
			[]string{"Errors | 4, the last: the first statement is “passed”, and has to be “initialized”", "Statements | 1: passed", "Success | passed", "scaled 0.4"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, c.pkg)
			tab := s.preview(t)
			for _, want := range c.want {
				tab.WaitFor(facts + ".includes(" + quoted(want) + ")")
			}
		})
	}
}
