package api

import (
	"context"
	"time"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/authoring/packagecheck"
)

// PackageCheck is how far the check of a package is, and what it found.
type PackageCheck struct {
	State      string         `json:"state" enum:"queued,running,done,failed" doc:"While it is queued or running the draft can't be submitted. Where it failed there is no report, and the draft can be."`
	Version    string         `json:"version" doc:"Of the checker. A report belongs to it and to the package's bytes."`
	SHA256     string         `json:"sha256" doc:"Of the package that is checked."`
	Doing      string         `json:"doing,omitempty" doc:"While it runs: what, in words." example:"Reading the files"`
	Done       int64          `json:"done" doc:"While it runs: how much of all is done."`
	All        int64          `json:"all" doc:"0 where that isn't known."`
	FinishedAt *time.Time     `json:"finished_at"`
	Error      string         `json:"error,omitempty" doc:"Why it failed."`
	Report     *PackageReport `json:"report,omitempty" doc:"Once it is done."`
}

// PackageReport is what the check found.
type PackageReport struct {
	Version  string           `json:"version" doc:"Of the checker."`
	Verdict  string           `json:"verdict" enum:"ok,warn,fail" doc:"Whether the package loads. What is found about accessibility and content, and in a browser, never changes it."`
	Kind     string           `json:"kind" enum:"unknown,scorm12,scorm2004,cmi5,xapi,aicc,h5p,site,pdf,office"`
	Edition  string           `json:"edition" doc:"Of the standard; empty where there is one alone."`
	Facts    PackageFacts     `json:"facts"`
	Browser  PackageBrowser   `json:"browser"`
	Findings []PackageFinding `json:"findings" doc:"Errors first. An error is a reason not to submit."`
	More     map[string]int   `json:"more,omitempty" doc:"By a rule's id: how many of its findings are not listed."`
}

// PackageFacts are what a package says of itself, and what was counted.
type PackageFacts struct {
	Title        string        `json:"title,omitempty"`
	Manifest     string        `json:"manifest,omitempty" doc:"Its path."`
	Units        []PackageUnit `json:"units" doc:"What can be launched."`
	Files        int           `json:"files"`
	Size         int64         `json:"size" doc:"Bytes of the package."`
	Unpacked     int64         `json:"unpacked" doc:"Bytes of its files."`
	Languages    []string      `json:"languages" doc:"BCP 47."`
	Licences     []string      `json:"licences" doc:"As declared."`
	Reports      []string      `json:"reports" doc:"What its scripts can report to the host."`
	OutsideHosts []string      `json:"outside_hosts" doc:"That its pages load from or link to."`
	Hosts        []PackageHost `json:"hosts" doc:"How each of the programme's hosts takes it."`
}

// PackageUnit is one thing that a host or a learner can launch.
type PackageUnit struct {
	ID      string `json:"id,omitempty" doc:"In the manifest."`
	Title   string `json:"title,omitempty"`
	Launch  string `json:"launch" doc:"A path in the package, or an address outside it."`
	Type    string `json:"type" doc:"sco, asset, au, activity, content, page or document."`
	Tracked bool   `json:"tracked" doc:"Whether a script that it loads talks to the host."`
}

// PackageHost is how a host takes the package.
type PackageHost struct {
	Name string `json:"name"`
	How  string `json:"how"`
	Note string `json:"note,omitempty"`
}

// PackageBrowser tells whether the package was looked at in a real browser.
type PackageBrowser struct {
	Ran   bool   `json:"ran"`
	Note  string `json:"note,omitempty" doc:"Why it didn't, or what it left out."`
	Units int    `json:"units" doc:"That were launched."`
}

// PackageFinding is one thing that a rule found at one place.
type PackageFinding struct {
	ID       string                `json:"id" doc:"Of the rule; it stays the same from version to version."`
	Severity packagecheck.Severity `json:"severity" enum:"error,warning,advice"`
	Area     packagecheck.Area     `json:"area" enum:"container,manifest,tracking,outside,accessibility,content,browser"`
	Path     string                `json:"path,omitempty" doc:"In the package; absent: the package as a whole."`
	Line     int                   `json:"line,omitempty" doc:"From 1."`
	Column   int                   `json:"column,omitempty" doc:"In characters, from 1."`
	Message  string                `json:"message"`
	Why      string                `json:"why"`
	Fix      string                `json:"fix" doc:"How to mend it."`
	Rule     string                `json:"rule" doc:"The standard, section or requirement."`
}

func checkOf(c authoring.PackageCheck) PackageCheck {
	out := PackageCheck{State: c.State, Version: c.Version, SHA256: c.Package.Digest, Doing: c.Doing, Done: c.Done, All: c.All, Error: c.Error}
	if !c.Ended.IsZero() {
		out.FinishedAt = &c.Ended
	}
	if c.Report != nil {
		out.Report = reportOf(c.Report)
	}
	return out
}

func reportOf(r *packagecheck.Report) *PackageReport {
	f := r.Facts
	out := &PackageReport{Version: r.Version, Verdict: string(r.Verdict), Kind: string(r.Kind), Edition: r.Edition, Browser: PackageBrowser(r.Browser), More: r.More,
		Facts: PackageFacts{Title: f.Title, Manifest: f.Manifest, Units: []PackageUnit{}, Files: f.Files, Size: f.Size, Unpacked: f.Unpacked,
			Languages: f.Languages, Licences: f.Licences, Reports: f.Reports, OutsideHosts: f.OutsideHosts, Hosts: []PackageHost{}},
		Findings: []PackageFinding{}}
	for _, u := range f.Units {
		out.Facts.Units = append(out.Facts.Units, PackageUnit(u))
	}
	for _, h := range f.Hosts {
		out.Facts.Hosts = append(out.Facts.Hosts, PackageHost(h))
	}
	for _, one := range r.Findings {
		out.Findings = append(out.Findings, PackageFinding(one))
	}
	return out
}

func (s *Server) packageCheck(ctx context.Context, who caller, proposal int64, revision int) (*struct{ Body PackageCheck }, error) {
	c, err := s.Authoring.PackageCheck(ctx, who.Actor, proposal, revision)
	if err != nil {
		return nil, err
	}
	return &struct{ Body PackageCheck }{checkOf(c)}, nil
}
