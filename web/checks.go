package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/authoring/packagecheck"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/files"
)

// What the package check says: how far it is, and its report.
var _ = register(area{name: "checks", routes: func(s *Server, rt *routes) {
	for _, of := range []string{"/proposals/{proposal}/package", "/proposals/{proposal}/revisions/{number}/package"} {
		rt.get(of+"/check", signedIn(s.checkProgress))
		rt.get(of+"/report", signedIn(s.reportPage))
		rt.get(of+"/report.json", signedIn(s.reportJSON))
	}
}})

// checkData is the check of one package, as the partials of check.html show it.
type checkData struct {
	Path    string // of the package's check, report and bytes: /proposals/42/package
	Draft   bool   // its reader can upload another
	Coming  bool
	Doing   string
	Done    int64
	All     int64
	Trouble string // why there is no report, where it failed

	Report  *packagecheck.Report
	Verdict string // in a sentence
	Tag     Tag
	Groups  []severityGroup
	InShort []severityGroup // the same, with the first places of each rule alone
}

// Percent is how much of it is done.
func (d checkData) Percent() int64 { return min(d.Done, d.All) * 100 / max(d.All, 1) }

// severityGroup are the findings of one severity.
type severityGroup struct {
	Severity packagecheck.Severity
	Title    string // "2 errors"
	Areas    []areaGroup
}

type areaGroup struct {
	Name  string
	Rules []ruleGroup
}

// ruleGroup are the places at which one rule found something.
type ruleGroup struct {
	ID, Title, Why, Fix, Rule string
	Places                    []placeFound
	More                      int // that are not listed
}

type placeFound struct{ Message, Where string }

var areaNames = map[packagecheck.Area]string{
	packagecheck.Container: "The zip file", packagecheck.Manifest: "The manifest", packagecheck.Tracking: "Tracking by the host",
	packagecheck.Outside: "What hosts don’t take, and what lies outside", packagecheck.Accessibility: "Accessibility",
	packagecheck.Content: "Content, for a person to judge", packagecheck.Browser: "Seen in a browser",
}

func checkOf(path string, c authoring.PackageCheck, draft bool) checkData {
	d := checkData{Path: path, Draft: draft, Coming: c.Coming(), Doing: c.Doing, Done: c.Done, All: c.All, Trouble: c.Error, Report: c.Report}
	if d.Coming && d.Doing == "" {
		d.Doing = "Waiting for its turn"
	}
	if c.Report != nil {
		d.Verdict, d.Tag = verdictOf(c.Report)
		d.Groups = groupsOf(c.Report, packagecheck.MaxOfOneRule)
		d.InShort = groupsOf(c.Report, inShort)
	}
	return d
}

func verdictOf(r *packagecheck.Report) (string, Tag) {
	errors, warnings := r.Count(packagecheck.Error), r.Count(packagecheck.Warning)
	switch {
	case r.Verdict == packagecheck.Fail:
		return "The package can’t be used as it is: " + plural(errors, "error was found.", "errors were found."), Tag{"Can’t be used", "red"}
	case errors > 0:
		return "The package loads, but " + plural(errors, "error was found.", "errors were found."), Tag{"Errors", "red"}
	case r.Verdict == packagecheck.Warn, warnings > 0:
		return "The package loads. " + plural(warnings, "warning is told to its reviewers.", "warnings are told to its reviewers."), Tag{"Warnings", "yellow"}
	}
	return "The package loads, and no fault was found.", Tag{"No fault found", "green"}
}

// inShort is how many places of one rule stand on a page that is about more than
// the report.
const inShort = 5

// groupsOf puts findings, which come in the report's order, into groups, with at
// most so many places of one rule.
func groupsOf(r *packagecheck.Report, most int) (groups []severityGroup) {
	for _, f := range r.Findings {
		if n := len(groups); n == 0 || groups[n-1].Severity != f.Severity {
			groups = append(groups, severityGroup{Severity: f.Severity, Title: countOf(f.Severity, r.Count(f.Severity))})
		}
		g := &groups[len(groups)-1]
		name := areaNames[f.Area]
		if n := len(g.Areas); n == 0 || g.Areas[n-1].Name != name {
			g.Areas = append(g.Areas, areaGroup{Name: name})
		}
		a := &g.Areas[len(g.Areas)-1]
		a.add(f, r.More[f.ID], most)
	}
	return groups
}

func (a *areaGroup) add(f packagecheck.Finding, more, most int) {
	found := placeFound{f.Message, whereIs(f)}
	for i := range a.Rules {
		if a.Rules[i].ID == f.ID {
			if len(a.Rules[i].Places) == most {
				a.Rules[i].More++
				return
			}
			a.Rules[i].Places = append(a.Rules[i].Places, found)
			return
		}
	}
	title := f.ID // of a report by another version, whose rule is gone
	if rule, ok := packagecheck.RuleNamed(f.ID); ok {
		title = rule.Title
	}
	a.Rules = append(a.Rules, ruleGroup{ID: f.ID, Title: title, Why: f.Why, Fix: f.Fix, Rule: f.Rule, Places: []placeFound{found}, More: more})
}

func countOf(s packagecheck.Severity, n int) string {
	switch s {
	case packagecheck.Error:
		return plural(n, "error", "errors")
	case packagecheck.Warning:
		return plural(n, "warning", "warnings")
	}
	return plural(n, "piece of advice", "pieces of advice")
}

// whereIs is a place in words, without what the message names already:
// "index.html, line 12", "line 12".
func whereIs(f packagecheck.Finding) string {
	switch named := strings.Contains(f.Message, f.Path); {
	case named && f.Line > 0:
		return fmt.Sprintf("line %d", f.Line)
	case named:
		return ""
	case f.Line > 0:
		return fmt.Sprintf("%s, line %d", f.Path, f.Line)
	}
	return f.Path
}

// reportData is the report page.
type reportData struct {
	Title, Proposal string
	Back            link
	Revision        int // 0: the draft
	File, Size      string
	Digest          string
	Checked         time.Time
	Check           checkData
	Kind, Unpacked  string
}

// Units are what can be launched, as far as the page lists it.
func (p reportData) Units() []packagecheck.Unit {
	return p.Check.Report.Facts.Units[:min(len(p.Check.Report.Facts.Units), listedUnits)]
}

// MoreUnits is how many are not listed.
func (p reportData) MoreUnits() int { return len(p.Check.Report.Facts.Units) - len(p.Units()) }

const listedUnits = 50

func (p reportData) joined(list []string) string {
	const most = 20
	if n := len(list) - most; n > 0 {
		return strings.Join(list[:most], ", ") + " and " + strconv.Itoa(n) + " more"
	}
	return strings.Join(list, ", ")
}

// Languages, Licences, Reports and OutsideHosts are lists in a line.
func (p reportData) Languages() string    { return p.joined(p.Check.Report.Facts.Languages) }
func (p reportData) Licences() string     { return p.joined(p.Check.Report.Facts.Licences) }
func (p reportData) Reports() string      { return p.joined(p.Check.Report.Facts.Reports) }
func (p reportData) OutsideHosts() string { return p.joined(p.Check.Report.Facts.OutsideHosts) }

var exampleFinding = packagecheck.Finding{ID: "zip-not-a-zip", Severity: packagecheck.Error, Area: packagecheck.Container, Path: "index.html", Line: 12,
	Message: "The file is not a zip file.", Why: "A host opens it as one.", Fix: "Export it again.", Rule: "SCORM CAM 2.3"}

var exampleReport = &packagecheck.Report{Version: packagecheck.Version, Verdict: packagecheck.Fail, Kind: packagecheck.SCORM2004, Edition: "4th edition",
	Facts: packagecheck.Facts{Title: "Leading a Handover", Manifest: "imsmanifest.xml", Files: 12, Languages: []string{"en-GB"}, Licences: []string{"CC BY"}, Reports: []string{"score"},
		OutsideHosts: []string{"example.org"}, Hosts: []packagecheck.Host{{Name: "Bridge", How: "as a package", Note: "It is small."}, {Name: "Learning Hub", How: "as a web link"}},
		Units: []packagecheck.Unit{{Title: "Part 1", Launch: "index.html", Type: "sco", Tracked: true}, {ID: "two", Launch: "b.html", Type: "asset"}}},
	Browser: packagecheck.BrowserRun{Note: "No browser is there."},
	Findings: []packagecheck.Finding{exampleFinding, {ID: "gone", Severity: packagecheck.Warning, Area: packagecheck.Manifest, Message: "It is odd."},
		{ID: "also-gone", Severity: packagecheck.Advice, Area: packagecheck.Content, Message: "Read it again.", Path: "b.html"}},
	More: map[string]int{"gone": 3}}

func exampleCheck(c authoring.PackageCheck, draft bool) checkData {
	return checkOf("/proposals/42/package", c, draft)
}

var exampleChecks = []checkData{
	exampleCheck(authoring.PackageCheck{State: authoring.CheckDone, Report: exampleReport}, true),
	exampleCheck(authoring.PackageCheck{State: authoring.CheckQueued}, true),
	exampleCheck(authoring.PackageCheck{State: authoring.CheckRunning, Doing: "Reading the files", Done: 1, All: 2}, false),
	exampleCheck(authoring.PackageCheck{State: authoring.CheckFailed, Error: "It could not be read."}, false),
	exampleCheck(authoring.PackageCheck{State: authoring.CheckDone, Report: &packagecheck.Report{Verdict: packagecheck.OK, Browser: packagecheck.BrowserRun{Ran: true, Units: 1}}}, false),
}

var reportView = newView("authoring/report.html",
	reportData{Title: "Leading a Handover", Back: link{"the package", "/proposals/42/edit/package"}, File: "handover.zip", Size: "3 MB", Digest: "ab12", Checked: time.Date(2026, 8, 6, 0, 0, 0, 0, time.UTC), Check: exampleChecks[0], Kind: "SCORM 2004, 4th edition", Unpacked: "4 MB"},
	reportData{Title: "Leading a Handover", Back: link{"revision 2", "/proposals/42/revisions/2"}, Revision: 2, Check: exampleChecks[1]},
	reportData{Revision: 2, Check: exampleChecks[2]}, reportData{Revision: 2, Check: exampleChecks[3]}, reportData{Revision: 2, Check: exampleChecks[4]})

// checked reads the check that a path names, for whoever may open the package.
func (s *Server) checked(r *http.Request, who accounts.Person) (id int64, revision int, c authoring.PackageCheck, err error) {
	if id, err = pathID(r, "proposal"); err != nil {
		return id, 0, c, err
	}
	if strings.Contains(r.URL.Path, "/revisions/") {
		if revision, err = pathNumber(r, "number"); err != nil {
			return id, 0, c, err
		}
	}
	c, err = s.Authoring.PackageCheck(r.Context(), actor(who), id, revision)
	return id, revision, c, err
}

func packagePath(id int64, revision int) string {
	if revision == 0 {
		return proposalPath(id) + "/package"
	}
	return fmt.Sprintf("%s/revisions/%d/package", proposalPath(id), revision)
}

// checkProgress is the part of a page that tells how far the check is, or what
// it found: a page with a script asks for it while the check runs.
func (s *Server) checkProgress(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, revision, c, err := s.checked(r, who)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := templates()["authoring/report.html"].ExecuteTemplate(&b, "package_check", checkOf(packagePath(id, revision), c, revision == 0)); err != nil {
		return fmt.Errorf("rendering a package's check: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(b.Bytes()) // the reader is gone: nobody to tell
	return nil
}

func (s *Server) reportPage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, revision, found, err := s.checked(r, who)
	if err != nil {
		return err
	}
	c, err := s.caseOf(r, who)
	if err != nil {
		return err
	}
	p := reportData{Title: titleOf(c), Proposal: proposalPath(id), Revision: revision, File: found.Package.Name, Size: files.InWords(found.Package.Size), Digest: found.Package.Digest, Checked: found.Ended,
		Check: checkOf(packagePath(id, revision), found, revision == 0)}
	switch {
	case revision > 0:
		p.Back = link{fmt.Sprintf("revision %d", revision), fmt.Sprintf("%s/revisions/%d", p.Proposal, revision)}
	case authoring.Open(c.State):
		p.Back = link{"the package", sectionPath(id, authoring.SectionPackage)}
	default:
		p.Back = link{"the proposal", p.Proposal}
	}
	if found.Report != nil {
		p.Kind, p.Unpacked = found.Report.KindInWords(), files.InWords(found.Report.Facts.Unpacked)
	}
	return reportView.write(s, w, r, p)
}

// reportJSON is the report as the checker wrote it.
func (s *Server) reportJSON(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	_, _, c, err := s.checked(r, who)
	if err != nil {
		return err
	}
	if c.Report == nil {
		return fault.New(fault.NotFound, "There is no report on this package yet.")
	}
	body, err := json.MarshalIndent(c.Report, "", "  ")
	if err != nil {
		return fmt.Errorf("writing a report: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(body, '\n')) // the reader is gone: nobody to tell
	return nil
}
