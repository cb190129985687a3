package web_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/leadership-ladder/rung/authoring/packagecheck/packagetest"
	"github.com/leadership-ladder/rung/web/browsertest"
	"github.com/leadership-ladder/rung/workflow"
)

const manifest12 = `<?xml version="1.0"?><manifest xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
<metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
<organizations default="O"><organization identifier="O"><title>Handover</title>
<item identifier="I1" identifierref="R1"><title>First part</title><adlcp:datafromlms>seed</adlcp:datafromlms></item><item identifier="I2" identifierref="R2"><title>Second part</title></item></organization></organizations>
<resources><resource identifier="R1" type="webcontent" adlcp:scormtype="sco" href="sco/one.html"/><resource identifier="R2" type="webcontent" adlcp:scormtype="sco" href="sco/two.html"/></resources></manifest>`

const manifest2004 = `<?xml version="1.0"?><manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3">
<metadata><schema>ADL SCORM</schema><schemaversion>2004 3rd Edition</schemaversion></metadata>
<organizations default="O"><organization identifier="O"><title>Handover</title><item identifier="I1" identifierref="R1"><title>Only part</title></item></organization></organizations>
<resources><resource identifier="R1" type="webcontent" adlcp:scormType="sco" href="one.html"/></resources></manifest>`

// findAPI is the search of the standards, up through the parents.
const findAPI = `function find(name) { let w = window; for (let i = 0; i < 7 && !w[name] && w.parent && w.parent !== w; i++) w = w.parent; return w[name]; }
`

// spy is content that tries to get at the page around it, and writes down what it got.
const spy = `<!DOCTYPE html><html lang="en"><head><title>One</title></head><body><h1>One</h1><pre id="got"></pre><script>` + findAPI + `
const got = [];
const attempt = (name, f) => { try { got.push(name + ": " + f()); } catch (e) { got.push(name + ": refused (" + e.name + ")"); } };
const api = find("API");
got.push("initialize " + api.LMSInitialize(""));
got.push("data " + api.LMSGetValue("cmi.launch_data"));
got.push("entry " + api.LMSGetValue("cmi.core.entry"));
got.push("suspended " + api.LMSGetValue("cmi.suspend_data"));
api.LMSSetValue("cmi.core.lesson_status", "passed");
api.LMSSetValue("cmi.core.score.raw", "87");
api.LMSSetValue("cmi.suspend_data", "x".repeat(1500));
api.LMSSetValue("cmi.core.session_time", "00:01:30.00");
api.LMSSetValue("cmi.core.no_such_thing", "1");
api.LMSCommit("");
attempt("document", () => window.parent.parent.document.title);
attempt("address", () => window.parent.parent.location.href);
attempt("cookie", () => JSON.stringify(document.cookie));
attempt("top", () => { window.top.location = "/away"; return "led away"; });
fetch(parent.document.body.dataset.parent + "/profile", { credentials: "include" })
  .then((r) => r.text()).then((t) => got.push("fetch: " + t.length), (e) => got.push("fetch: refused"))
  .then(() => navigator.serviceWorker.register("worker.js").then(() => "registered", () => "refused")).then((w) => {
    got.push("worker: " + w);
    document.getElementById("got").textContent = got.join("\n");
    parent.spied = got;
  });
</script></body></html>`

// preview opens the page of the preview in a tab of Anna's.
func (s *stage) preview(t testing.TB) *browsertest.Tab {
	t.Helper()
	tab := browsertest.New(t)
	tab.TakeCookies(s.URL, s.anna.Cookies())
	tab.Open(s.URL + s.path + "/preview")
	return tab
}

const facts = `document.querySelector("[data-preview-facts]").innerText.replaceAll("\n", " | ")`

// inShell evaluates an expression in the shell, as if somebody had just clicked
// there. The shell is a target of its own for a browser that keeps sites apart.
func inShell(t testing.TB, tab *browsertest.Tab, origin, expression string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(tab.Context(), time.Minute)
	defer cancel()
	for {
		list, err := chromedp.Targets(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range list {
			if info.Type == "iframe" && strings.HasPrefix(info.URL, origin) {
				frame, stop := chromedp.NewContext(ctx, chromedp.WithTargetID(info.TargetID), chromedp.WithDetachOnCancel())
				v, err := chromedp.Run(frame, chromedp.Evaluate[string](expression, func(p *runtime.EvaluateParams) { p.UserGesture = new(true) }))
				stop()
				if err == nil && v != "" {
					return v
				}
			}
		}
		if ctx.Err() != nil {
			t.Fatalf("no frame says %s", expression)
		}
	}
}

func TestPreviewOfSCORM12InTheBrowser(t *testing.T) {
	s := newStage(t, packageOf(t, packed{name: "imsmanifest.xml", data: manifest12}, packed{name: "sco/one.html", data: spy},
		packed{name: "sco/two.html", data: `<!DOCTYPE html><html lang="en"><title>Two</title><h1>Two</h1></html>`}, packed{name: "sco/worker.js", data: "self.onfetch = () => {}"}))
	tab := s.preview(t)
	tab.WaitFor(facts + `.includes("87")`)
	said := tab.String(facts)
	for _, want := range []string{"SCORM 1.2", "First part", "Begun by the course", "Success | passed", "Completion | completed", "Score | 87", "00:01:30.00", "1,500 of 4,096 characters", "LMSSetValue"} {
		if !strings.Contains(said, want) {
			t.Errorf("the panel lacks %q: %s", want, said)
		}
	}
	tab.WaitFor(`document.querySelector("[data-preview-status]").textContent === "The course reported: completed, passed, score 87."`)
	got := inShell(t, tab, s.Server.Preview.Origin(), `(window.spied || []).join("\n")`)
	for _, want := range []string{"initialize true", "data seed", "entry ab-initio", "document: refused", "address: refused", `cookie: ""`, "top: refused", "fetch: refused", "worker: refused"} {
		if !strings.Contains(got, want) {
			t.Errorf("the content got something else than %q:\n%s", want, got)
		}
	}
	tab.Axe()
	tab.Screenshot("preview-scorm12")
	tab.Resize(375)
	tab.Screenshot("preview-scorm12")
}

// A unit that is left and come back to finds what it suspended; another begins
// anew.
func TestPreviewResumes(t *testing.T) {
	const unit = `<!DOCTYPE html><html lang="en"><title>One</title><script>` + findAPI + `
const api = find("API"); api.LMSInitialize("");
parent.found = api.LMSGetValue("cmi.core.entry") + " " + api.LMSGetValue("cmi.suspend_data");
api.LMSSetValue("cmi.suspend_data", "page 3"); api.LMSSetValue("cmi.core.exit", "suspend");
addEventListener("pagehide", () => api.LMSFinish(""));
</script></html>`
	s := newStage(t, packageOf(t, packed{name: "imsmanifest.xml", data: manifest12}, packed{name: "sco/one.html", data: unit}, packed{name: "sco/two.html", data: unit}))
	tab := s.preview(t)
	tab.WaitFor(facts + `.includes("6 of 4,096")`)
	for _, step := range []struct{ act, want string }{
		{`"now"`, "ab-initio "},
		{`(found = "", document.getElementById("resume").click(), "clicked")`, "resume page 3"},
		{`(found = "", document.getElementById("again").click(), "clicked")`, "ab-initio "},
		{`(found = "", (u => { u.value = "1"; u.dispatchEvent(new Event("change")) })(document.getElementById("unit")), "chosen")`, "ab-initio "},
	} {
		inShell(t, tab, s.Server.Preview.Origin(), step.act)
		if got := inShell(t, tab, s.Server.Preview.Origin(), `window.found`); got != step.want {
			t.Errorf("%s: the unit found %q, expected %q", step.act, got, step.want)
		}
	}
	tab.WaitFor(facts + `.includes("Second part")`)
}

// SCORM 2004 keeps nothing of an attempt that was not suspended; cmi5 keeps it
// under the registration, and starting again is another.
func TestPreviewResumesAsTheStandardSays(t *testing.T) {
	const scorm2004 = `<!DOCTYPE html><html lang="en"><title>One</title><script>` + findAPI + `
const api = find("API_1484_11"); api.Initialize("");
parent.found = api.GetValue("cmi.entry") + " " + api.GetValue("cmi.suspend_data");
api.SetValue("cmi.suspend_data", "page 3"); api.SetValue("cmi.exit", parent.exit ?? "");
addEventListener("pagehide", () => api.Terminate(""));
</script></html>`
	const cmi5 = `<!DOCTYPE html><html lang="en"><title>One</title><script>
const registration = new URLSearchParams(location.search).get("registration");
parent.found = parent.seen === undefined ? "first" : parent.seen === registration ? "same" : "other";
parent.seen = registration;
</script></html>`
	const resume, again = `(found = "", document.getElementById("resume").click(), "clicked")`, `(found = "", document.getElementById("again").click(), "clicked")`
	for name, c := range map[string]struct {
		pkg   []byte
		steps [][2]string
	}{
		"SCORM 2004": {packageOf(t, packed{name: "imsmanifest.xml", data: manifest2004}, packed{name: "one.html", data: scorm2004}),
			[][2]string{{`"now"`, "ab-initio "}, {resume, "ab-initio "}, {`(exit = "suspend", "set")`, "ab-initio "}, {again, "ab-initio "}, {resume, "resume page 3"}}},
		"cmi5": {packageOf(t, packed{name: "cmi5.xml", data: cmi5Manifest}, packed{name: "a.html", data: cmi5}),
			[][2]string{{`"now"`, "first"}, {resume, "same"}, {again, "other"}, {resume, "same"}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, c.pkg)
			tab := s.preview(t)
			for i, step := range c.steps {
				inShell(t, tab, s.Server.Preview.Origin(), step[0])
				if got := inShell(t, tab, s.Server.Preview.Origin(), `window.found`); got != step[1] {
					t.Errorf("step %d, %s: the unit found %q, expected %q", i+1, step[0], got, step[1])
				}
			}
		})
	}
}

// What can't be shown is told in the frame itself.
func TestPreviewOfAMissingPage(t *testing.T) {
	s := newStage(t, packageOf(t, packed{name: "imsmanifest.xml", data: manifest2004}))
	tab := s.preview(t)
	got := inShell(t, tab, s.Server.Preview.Origin(), `(document.getElementById("content").contentDocument?.querySelector("h1")?.textContent) ?? ""`)
	if got != "This file is not in the package" {
		t.Errorf("the frame says %q", got)
	}
}

func TestPreviewOfSCORM2004InTheBrowser(t *testing.T) {
	const unit = `<!DOCTYPE html><html lang="en"><title>One</title><script>` + findAPI + `
const api = find("API_1484_11"); api.Initialize("");
api.SetValue("cmi.completion_status", "completed"); api.SetValue("cmi.success_status", "failed"); api.SetValue("cmi.score.scaled", "0.4");
api.SetValue("cmi.session_time", "PT1M30S"); api.SetValue("cmi.suspend_data", "y".repeat(64100)); api.Commit(""); api.Terminate("");
</script></html>`
	s := newStage(t, packageOf(t, packed{name: "imsmanifest.xml", data: manifest2004}, packed{name: "one.html", data: unit}))
	tab := s.preview(t)
	tab.WaitFor(facts + `.includes("PT1M30S")`)
	said := tab.String(facts)
	for _, want := range []string{"SCORM 2004, 3rd edition", "Ended by the course", "Completion | completed", "Success | failed", "scaled 0.4", "64,100 of 64,000 characters: more than"} {
		if !strings.Contains(said, want) {
			t.Errorf("the panel lacks %q: %s", want, said)
		}
	}
}

// cmi5's own steps (section 8 on): fetch the token, read the launch data and the
// preferences, say initialized, completed, passed, terminated.
func TestPreviewOfCMI5InTheBrowser(t *testing.T) {
	const manifest = `<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"><course id="https://x.org/c"><title><langstring>C</langstring></title></course>
<au id="https://x.org/au" moveOn="CompletedAndPassed" masteryScore="0.8"><title><langstring lang="en">Only unit</langstring></title><url>one.html?page=1</url><launchParameters>seed</launchParameters></au></courseStructure>`
	const unit = `<!DOCTYPE html><html lang="en"><title>One</title><script>
const q = new URLSearchParams(location.search);
(async () => {
  const token = (await (await fetch(q.get("fetch"), { method: "POST" })).json())["auth-token"];
  const headers = { Authorization: "Basic " + token, "X-Experience-API-Version": "1.0.3", "Content-Type": "application/json" };
  const of = "activityId=" + encodeURIComponent(q.get("activityId")) + "&agent=" + encodeURIComponent(q.get("actor")) + "&registration=" + q.get("registration");
  const launch = await (await fetch(q.get("endpoint") + "activities/state?stateId=LMS.LaunchData&" + of, { headers })).json();
  const likes = await (await fetch(q.get("endpoint") + "agents/profile?profileId=cmi5LearnerPreferences&agent=" + encodeURIComponent(q.get("actor")), { headers })).json();
  const missing = (await fetch(q.get("endpoint") + "activities/state?stateId=bookmark&" + of, { headers })).status;
  await fetch(q.get("endpoint") + "activities/state?stateId=bookmark&" + of, { method: "PUT", headers, body: '{"page":3}' });
  const kept = await (await fetch(q.get("endpoint") + "activities/state?stateId=bookmark&" + of, { headers })).text();
  parent.found = [q.get("page"), launch.launchParameters, launch.masteryScore, launch.moveOn, launch.contextTemplate.contextActivities.grouping[0].id, likes.languagePreference, missing, kept].join(" ");
  for (const [verb, result] of [["initialized"], ["completed", { completion: true, duration: "PT2M" }], ["passed", { success: true, score: { scaled: 0.9 } }], ["terminated", { duration: "PT2M" }]])
    await fetch(q.get("endpoint") + "statements?statementId=" + crypto.randomUUID(), { method: "PUT", headers,
      body: JSON.stringify({ actor: JSON.parse(q.get("actor")), verb: { id: "http://adlnet.gov/expapi/verbs/" + verb }, object: { id: q.get("activityId") }, result }) });
})();
</script></html>`
	s := newStage(t, packageOf(t, packed{name: "cmi5.xml", data: manifest}, packed{name: "one.html", data: unit}))
	tab := s.preview(t)
	if got, want := inShell(t, tab, s.Server.Preview.Origin(), `window.found`), `1 seed 0.8 CompletedAndPassed https://x.org/au en-GB 404 {"page":3}`; got != want {
		t.Errorf("the unit found %q, expected %q", got, want)
	}
	tab.WaitFor(facts + `.includes("Ended by the course")`)
	said := tab.String(facts)
	for _, want := range []string{"cmi5", "Only unit", "Completion | completed", "Success | passed", "scaled 0.9", "4: initialized, completed, passed, terminated", "CompletedAndPassed: satisfied", "PT2M"} {
		if !strings.Contains(said, want) {
			t.Errorf("the panel lacks %q: %s", want, said)
		}
	}
	tab.Axe()
	tab.Screenshot("preview-cmi5")
}

// Real packages begin their sessions here.
func TestPreviewOfRealPackages(t *testing.T) {
	dir := packagetest.Real(t)
	for name, want := range map[string][]string{
		"scorm12/escola_RuntimeBasicCalls_SCORM12.zip":               {"SCORM 1.2", "Begun by the course", "incomplete"},
		"scorm2004/bridge_RuntimeBasicCalls_SCORM20043rdEdition.zip": {"SCORM 2004, 3rd edition", "Begun by the course", "incomplete"},
		"cmi5/escola_cmi5.zip":                                       {"cmi5"},
		"cmi5/catapult_pre_post_test_framed.zip":                     {"cmi5", "Begun by the course", "initialized"},
		"xapi/rustici_GolfExample_TCAPI.zip":                         {"xAPI", "Statements"},
	} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			s := newStage(t, data)
			tab := s.preview(t)
			tab.WaitFor(facts + ".includes(`Session`)")
			tab.Screenshot("preview-early-" + filepath.Base(name))
			for _, w := range want {
				tab.WaitFor(facts + ".includes(" + quoted(w) + ")")
			}
			tab.Screenshot("preview-" + filepath.Base(name))
		})
	}
}

func quoted(s string) string { return "`" + s + "`" }

// On the review page the preview opens when it is asked for, and closes again.
func TestPreviewOnTheReviewPage(t *testing.T) {
	sh := newShelf(t)
	id := sh.submitted("Leading a Handover")
	c := sh.look(id)
	sh.must(sh.flow.Assign(t.Context(), workflow.Actor{Person: sh.luke.ID}, id, c.Seen(), sh.tess.ID, 0, ""))
	var review int64
	for _, a := range sh.look(id).Assignments {
		if a.Person == sh.tess.ID {
			review = a.ID
		}
	}
	tab := browsertest.New(t)
	tab.TakeCookies(sh.URL, sh.reviewer.Cookies())
	tab.Open(sh.URL + "/reviews/" + itoa(review))
	if n := tab.String(`String(document.querySelectorAll("iframe").length)`); n != "0" {
		t.Errorf("%s frames before anybody asked", n)
	}
	tab.Do(chromedp.Focus(chromedp.CSS("[data-preview-start] button")))
	tab.Press(kb.Enter)
	tab.WaitFor(`document.querySelector("iframe") !== null && document.querySelector("[data-preview-facts] dt") !== null`)
	// By keyboard: the way past the frame is before it, and leads to what was reported.
	tab.Press(kb.Tab)
	if at := tab.String(`document.activeElement.textContent`); at != "Skip past the preview" {
		t.Errorf("after the button comes %q", at)
	}
	tab.Press(kb.Enter)
	if at := tab.String(`document.activeElement.id`); at != "reported" {
		t.Errorf("past the preview is %q", at)
	}
	tab.Axe()
	tab.Screenshot("preview-review")
	tab.Resize(375)
	tab.Screenshot("preview-review")
	tab.Click("[data-preview-start] button")
	tab.WaitFor(`!document.querySelector("iframe") && document.querySelector("[data-preview-skip]").hidden`)
}

// The shell is a page of its own: by keyboard, at both widths, and with words for
// whoever has no JavaScript.
func TestPreviewShellIsAccessible(t *testing.T) {
	long := strings.Repeat("A long title of a unit of this course ", 6)
	s := newStage(t, packageOf(t, packed{name: "imsmanifest.xml", data: strings.Replace(manifest12, "First part", long, 1)},
		packed{name: "sco/one.html", data: plainPage}, packed{name: "sco/two.html", data: plainPage}))
	tab := browsertest.New(t)
	tab.Open(s.link())
	tab.WaitFor(`document.getElementById("content").contentDocument?.title === "Page"`)
	tab.Axe()
	for _, width := range browsertest.Widths {
		tab.Resize(width)
		tab.Screenshot("preview-shell")
	}
	tab.Do(chromedp.Focus(chromedp.CSS("#unit")))
	tab.Press(kb.ArrowDown)
	tab.WaitFor(`document.getElementById("content").title.endsWith("Second part")`)
	tab.TakeCookies(s.URL, s.anna.Cookies())
	tab.WithoutJavaScript()
	tab.Open(s.URL + s.path + "/preview")
	tab.Says("A preview needs JavaScript", "Download the package")
	tab.Screenshot("preview-without-javascript")
	tab.Open(s.URL + s.path + "/edit/package")
	tab.Says("A preview needs JavaScript", "Open the preview in a new tab")
	if text := tab.Text(); strings.Contains(text, "Skip past") || strings.Contains(text, "Open the preview here") {
		t.Errorf("it offers what needs JavaScript:\n%s", text)
	}
}
