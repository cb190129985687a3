package web_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
	"github.com/leadership-ladder/rung/authoring/packagecheck/packagetest"
	"github.com/leadership-ladder/rung/web/browsertest"
	"github.com/leadership-ladder/rung/web/webtest"
)

// attach makes a package the draft's, and leaves its check to come.
func (d *desk) attach(id int64, body []byte) {
	d.t.Helper()
	_, _, err := d.write.AttachPackage(d.t.Context(), d.by(), id, 0, "handover.zip", bytes.NewReader(body))
	d.must(err)
}

func TestAnAuthorSeesTheCheck(t *testing.T) {
	d := newDesk(t)
	id, path := d.proposal("Leading a Handover")
	d.complete(path)
	page := path + "/edit/package"
	d.ann.Get(page).Says("The package check", "No fault found").SaysNot("can’t be submitted")

	d.attach(id, packagetest.Broken())
	d.ann.Get(page).Says("The check is still running.", "Waiting for its turn", "Refresh")
	d.ann.Get(path+"/edit").Says("Being checked", "1 page is not complete yet")
	d.ann.Get(path + "/submit").Says("The package is still being checked").SaysNot("Submit</button>")
	d.ann.Get(path + "/package/report").Expect(http.StatusOK).Says("The check is still running.")
	d.ann.Get(path + "/package/report.json").Expect(http.StatusNotFound).Says("no report on this package yet")
	_, err := d.DB.Exec(`update package_checks set state = 'running', started_at = updated_at, doing = 'Reading the files', done = 1, total = 4 where state = 'queued'`)
	d.must(err)
	fragment := d.ann.Get(path + "/package/check").Expect(http.StatusOK).Says("Reading the files, 25 % done")
	if bar := fragment.One("progress"); bar == nil || len(fragment.All("h1")) != 0 || fragment.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the part is not a part: %s", fragment.Text())
	}

	d.CheckPackages(t)
	d.ann.Get(page).Says("Can’t be used", "1 error", "A name is there twice", "index.html", "How to mend it", "Pack the folder", "it can’t be submitted like this")
	d.ann.Get(path + "/edit").Says("Has errors")
	d.ann.Get(page + "?check=1").SaysNot("There is a problem")
	submit := d.ann.Get(path+"/submit").Says("Package", "can’t be taken as it is")
	if link := submit.One("a", "href", page+"#package-check"); link == nil {
		t.Error("the reason leads nowhere")
	}
	d.ann.Get(path+"/package/report").Expect(http.StatusOK).Says("Package report", "What was found", "This part did not run", "APPNOTE", packagecheck.Version+" of the checker",
		d.Clock.Now().Format("2 January 2006"), fmt.Sprintf("%x", sha256.Sum256(packagetest.Broken())))
	var report packagecheck.Report
	if err := json.Unmarshal([]byte(d.ann.Get(path+"/package/report.json").Expect(http.StatusOK).Body), &report); err != nil || report.Verdict != packagecheck.Fail {
		t.Errorf("%+v %v", report, err)
	}

	_, err = d.DB.Exec(`update package_checks set state = 'failed', error = 'The disk did not answer.', verdict = null, report = null`)
	d.must(err)
	d.ann.Get(page).Says("could not be checked", "The disk did not answer.", "You can submit it all the same")
	d.ann.Get(path + "/submit").Says("Submitting makes revision 1")
}

// The evidence stands beside the lines that the check speaks for, and answers none.
func TestEvidenceStandsBesideTheRubric(t *testing.T) {
	w := newReviewing(t)
	p := w.reviewer.Get(w.path).Expect(http.StatusOK).Says("Package check:", "The package check found nothing against this.", "See the report")
	w.reviewer.Get(w.proposal + "/revisions/1").Says("See the report on the package")
	w.reviewer.Get(w.proposal + "/revisions/1/package/report").Expect(http.StatusOK).Says("revision 1")
	if chosen := p.All("input", "checked", ""); len(chosen) != 0 {
		t.Errorf("%d answers are preset", len(chosen))
	}

	report := packagecheck.Report{Version: packagecheck.Version, Verdict: packagecheck.Warn, More: map[string]int{"zip-case-clash": 30, "zip-legacy-name": 4}}
	for range 7 {
		report.Findings = append(report.Findings, packagecheck.Finding{ID: "zip-case-clash", Severity: packagecheck.Warning, Area: packagecheck.Container, Path: "a.html", Line: 3, Message: "Two names clash."})
	}
	body, err := json.Marshal(report)
	w.must(err)
	_, err = w.DB.Exec(`update package_checks set report = $1, verdict = 'warn'`, string(body))
	w.must(err)
	p = w.reviewer.Get(w.path).Says("warnings are told to its reviewers", "Two names clash.", "a.html, line 3", "And 32 more: see the report.")
	if note := p.One("textarea", "name", "note-opens_safely"); note.FirstChild != nil && strings.TrimSpace(note.FirstChild.Data) != "" {
		t.Errorf("the note is preset: %q", note.FirstChild.Data)
	}
	w.DB.MustExec(`update package_checks set state = 'queued', finished_at = null, report = null, verdict = null`)
	w.reviewer.Get(w.path).Says("The package check is still running", "its evidence will stand here")
	w.DB.MustExec(`update package_checks set state = 'failed', finished_at = now(), error = 'The disk did not answer.'`)
	w.reviewer.Get(w.path).Says("did not come to a report", "look at this yourself")
}

// A place is told once: in the message or beside it.
func TestWhereAFindingIs(t *testing.T) {
	d := newDesk(t)
	id, path := d.proposal("Leading a Handover")
	d.attach(id, packagetest.Broken())
	d.CheckPackages(t)
	report := packagecheck.Report{Version: packagecheck.Version, Verdict: packagecheck.Warn, More: map[string]int{"zip-case-clash": 10}}
	for _, f := range []packagecheck.Finding{{Message: "One of “a.html”.", Path: "a.html"}, {Message: "Two of “b.html”.", Path: "b.html", Line: 7},
		{Message: "Three.", Path: "c.html", Line: 8}, {Message: "Four.", Path: "d.html"}, {Message: "Five."}, {Message: "Six.", Path: "f.html"}} {
		f.ID, f.Severity, f.Area = "zip-case-clash", packagecheck.Warning, packagecheck.Container
		report.Findings = append(report.Findings, f)
	}
	body, err := json.Marshal(report)
	d.must(err)
	d.DB.MustExec(`update package_checks set report = $1, verdict = 'warn' where state = 'done'`, string(body))
	d.ann.Get(path+"/edit/package").Says("16 warnings are told to its reviewers", "One of “a.html”. Two of “b.html”. line 7 Three. c.html, line 8 Four. d.html Five. And 11 more of this kind.")
	d.ann.Get(path + "/package/report").Says("Five. Six. f.html And 10 more of this kind.")
}

// Printed, a report is whole: headings stay with what they are of, and there is
// nothing that only a screen has a use for.
func TestAReportOnPaper(t *testing.T) {
	w := newReviewing(t)
	body, err := json.Marshal(hostileReport())
	w.must(err)
	w.DB.MustExec(`update package_checks set report = $1, verdict = 'fail'`, string(body))
	tab := browsertest.New(t)
	tab.TakeCookies(w.URL, w.reviewer.Cookies())
	tab.Open(w.URL + w.proposal + "/revisions/1/package/report")
	tab.OnPaper()
	for what, expression := range map[string]string{
		"navigation":                      `!document.querySelector('nav').checkVisibility()`,
		"the way back":                    `!document.querySelector('.nhsuk-back-link').checkVisibility()`,
		"links within the page":           `![...document.querySelectorAll('main a')].some((a) => a.checkVisibility() && a.hash)`,
		"an address without its site":     `[...document.querySelectorAll('main a')].every((a) => getComputedStyle(a, '::after').content === 'none')`,
		"a heading alone at a page’s end": `[...document.querySelectorAll('h1, h2, h3, h4, .rung-found__title')].every((h) => getComputedStyle(h).breakAfter === 'avoid')`,
		"half a page empty":               `[...document.querySelectorAll('.rung-found')].every((d) => getComputedStyle(d).breakInside === 'auto')`,
	} {
		if tab.String(`String(`+expression+`)`) != "true" {
			t.Errorf("on paper there is %s", what)
		}
	}
}

// watched attaches a package that has an error, and gives a tab that waits for its
// check.
func (d *desk) watched(id int64, path string) *browsertest.Tab {
	d.t.Helper()
	d.attach(id, packagetest.Broken())
	tab := browsertest.New(d.t)
	tab.TakeCookies(d.URL, d.ann.Cookies())
	tab.Open(d.URL + path + "/edit/package")
	tab.Says("The check is still running.")
	return tab
}

func TestTheCheckInTheBrowser(t *testing.T) {
	d := newDesk(t)
	id, path := d.proposal("Leading a Handover")
	tab := d.watched(id, path)
	tab.Axe()
	tab.Screenshot("check-running")
	marked := tab.String(`(window.same = "the same page")`)
	d.DB.MustExec(`update package_checks set state = 'running', started_at = updated_at, doing = 'Reading the files', done = 1, total = 4`)
	tab.WaitFor(`document.body.innerText.includes('Reading the files, 25 % done')`)
	d.DB.MustExec(`update package_checks set state = 'queued'`)
	d.CheckPackages(t)
	tab.WaitFor(`document.body.innerText.includes('A name is there twice')`)
	if got := tab.String(`document.querySelector('[data-check-status]').textContent`); !strings.Contains(got, "can’t be used") {
		t.Errorf("a screen reader hears %q", got)
	}
	if got := tab.String(`window.same ?? "another"`); got != marked {
		t.Error("the page was loaded again")
	}
	tab.Axe()
	tab.Screenshot("check-done")
	tab.Resize(375)
	tab.Screenshot("check-done")

	report := browsertest.New(t)
	report.TakeCookies(d.URL, d.ann.Cookies())
	report.Open(d.URL + path + "/package/report")
	report.Axe()
	report.Screenshot("package-report")
	report.Resize(375)
	report.Screenshot("package-report")
}

// Without a script the page says how to go on.
func TestTheCheckWithoutAScript(t *testing.T) {
	d := newDesk(t)
	id, path := d.proposal("Leading a Handover")
	d.attach(id, webtest.Package("Handover"))
	tab := browsertest.New(t)
	tab.WithoutJavaScript()
	tab.TakeCookies(d.URL, d.ann.Cookies())
	tab.Open(d.URL + path + "/edit/package")
	tab.Says("The check is still running.", "Refresh")
	d.CheckPackages(t)
	tab.Follow(`[data-coming] a`)
	tab.Says("No fault found")
}

// The words of the check become the note when the reviewer asks for it.
func TestEvidenceBecomesANote(t *testing.T) {
	w := newReviewing(t)
	tab := browsertest.New(t)
	tab.TakeCookies(w.URL, w.reviewer.Cookies())
	tab.Open(w.URL + w.path)
	tab.Axe()
	tab.Click(`#criterion-opens_safely .rung-evidence button`)
	tab.WaitFor(`document.querySelector('#criterion-opens_safely [data-autosave-status]').textContent.startsWith('Saved at')`)
	if got := w.row(`select concat(note, '|', coalesce(answer, '')) from rubric_answers where criterion = 'opens_safely'`); !strings.HasPrefix(got, "The package check found nothing against this.|") || !strings.HasSuffix(got, "|") {
		t.Errorf("%q is saved", got)
	}
	tab.Screenshot("review-evidence")
}

// hostileReport is as long and as wide as a package can make one: names of every
// direction and of any length, and as many findings as are listed.
func hostileReport() packagecheck.Report {
	long := strings.Repeat("a-very-long-folder/", 12) + strings.Repeat("x", 120) + ".html"
	names := []string{long, "شرائح/الدرس الأول.html", "מצגת ראשונה.html", strings.Repeat("W", 200), "slide 4.html"}
	r := packagecheck.Report{Version: packagecheck.Version, Verdict: packagecheck.Fail, Kind: packagecheck.SCORM12, Edition: "1.2", More: map[string]int{},
		Facts: packagecheck.Facts{Title: strings.Repeat("Leadership", 40), Manifest: "imsmanifest.xml", Files: 50_000, Languages: []string{"ar", "en-GB"},
			OutsideHosts: []string{strings.Repeat("host", 15) + ".example.org"}, Units: []packagecheck.Unit{{Title: "الدرس الأول", Launch: long, Type: "sco"}}}}
	most := 0 // rules of which something is found
	for _, severity := range []packagecheck.Severity{packagecheck.Error, packagecheck.Warning, packagecheck.Advice} {
		most += 3
		for _, rule := range packagecheck.Rules() {
			if rule.Severity != severity || len(r.More) == most {
				continue
			}
			for i, name := range names {
				r.Findings = append(r.Findings, packagecheck.Finding{ID: rule.ID, Severity: severity, Area: rule.Area, Path: name, Line: i + 1,
					Message: "The file “" + name + "” can’t be taken as it is.", Why: rule.Why, Fix: rule.Fix, Rule: rule.Source})
			}
			r.More[rule.ID] = 480 // so three rules of errors have 1455 findings
		}
	}
	return r
}

// A page whose check is no longer its reader's says so, instead of waiting on.
func TestThePageSaysThatItHearsNoMore(t *testing.T) {
	d := newDesk(t)
	id, path := d.proposal("Leading a Handover")
	tab := d.watched(id, path)
	d.must(d.write.RemovePackage(t.Context(), d.by(), id, 0))
	tab.WaitFor(`document.querySelector('#package-check').innerText.includes('Load it again.')`)
	if got := tab.String(`document.querySelector('[data-check-status]').textContent`); !strings.Contains(got, "Load it again") {
		t.Errorf("a screen reader hears %q", got)
	}
}

func TestAHostileReportFitsThePages(t *testing.T) {
	w := newReviewing(t)
	body, err := json.Marshal(hostileReport())
	w.must(err)
	w.DB.MustExec(`update package_checks set report = $1, verdict = 'fail'`, string(body))
	for name, path := range map[string]string{"hostile-report": w.proposal + "/revisions/1/package/report", "hostile-review": w.path} {
		tab := browsertest.New(t)
		tab.TakeCookies(w.URL, w.reviewer.Cookies())
		tab.Open(w.URL + path)
		tab.Axe()
		tab.Says("The package can’t be used as it is: 1455 errors were found.")
		tab.Screenshot(name)
		tab.Resize(375)
		tab.Screenshot(name)
	}
}
