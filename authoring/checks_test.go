package authoring

import (
	"slices"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
	"github.com/leadership-ladder/rung/authoring/packagecheck/packagetest"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
)

// row is a check as the table has it.
type row struct {
	State, Error string
	Round        int
}

func (r *room) checkRow(digest string) row {
	r.t.Helper()
	var c row
	r.get(&c, `select state, coalesce(error, '') as error, round from package_checks where sha256 = $1 and version = $2`, digest, packagecheck.Version)
	return c
}

func (r *room) reasons(by workflow.Actor, id int64) (codes []string) {
	r.t.Helper()
	check, err := r.Check(r.t.Context(), by, id)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, reason := range check.Reasons {
		codes = append(codes, reason.Code)
	}
	return codes
}

func TestAnUploadIsCheckedOnce(t *testing.T) {
	r := newRoom(t)
	ada, eve := r.person("ada"), r.person("eve")
	id, other := r.proposal(ada), r.proposal(eve)
	body := packagetest.SCORM12("Leading a ward round")
	p := r.upload(ada, id, "ward.zip", body)
	if got := r.checkRow(p.Digest); got != (row{State: CheckQueued, Round: 1}) {
		t.Errorf("after the upload: %+v", got)
	}
	r.upload(eve, other, "mine.zip", body)
	if n := r.count(`select count(*) from outbox where kind = $1`, checkKind); n != 1 {
		t.Errorf("%d checks are queued for the same bytes", n)
	}
	if n := r.checkPackages(); n != 1 {
		t.Errorf("it took %d tries", n)
	}
	c, err := r.PackageCheck(t.Context(), ada, id, 0)
	if err != nil || c.State != CheckDone || c.Report == nil || c.Version != packagecheck.Version || c.Package.Name != "ward.zip" || c.Ended.IsZero() {
		t.Errorf("%+v %v", c, err)
	}
	r.upload(ada, id, "again.zip", body)
	if n := r.checkPackages(); n != 0 {
		t.Errorf("the same bytes were checked again, in %d tries", n)
	}
	if n, err := r.QueueChecks(t.Context()); n != 0 || err != nil {
		t.Errorf("%d checks were queued again, %v", n, err)
	}
}

func TestASubmitWaitsForTheCheck(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	id := r.ready(ada)
	r.upload(ada, id, "broken.zip", packagetest.Broken())
	if got := r.reasons(ada, id); !slices.Equal(got, []string{"check_running"}) {
		t.Errorf("while it waits: %v", got)
	}
	_, err := r.Submit(t.Context(), ada, id, Submission{Seen: r.seen(ada, id)})
	wants(t, err, fault.Refused, "check_running")

	r.checkPackages()
	_, err = r.Submit(t.Context(), ada, id, Submission{Seen: r.seen(ada, id)})
	wants(t, err, fault.Refused, "package_zip_duplicate_name")
	for _, reason := range fault.ReasonsOf(err) {
		if strings.HasPrefix(reason.Code, "package_") && (reason.Field != packageField || !strings.Contains(reason.Text, "Pack the folder")) {
			t.Errorf("the reason doesn't say how it is mended: %+v", reason)
		}
	}
	if n := r.count(`select count(*) from revisions`); n != 0 {
		t.Errorf("%d revisions", n)
	}
	r.attach(ada, id, "mended.zip")
	if got := r.reasons(ada, id); got != nil {
		t.Errorf("of the mended one: %v", got)
	}
	r.submit(ada, id)
}

// Ten errors are told, and how many more there are.
func TestManyErrors(t *testing.T) {
	report := &packagecheck.Report{}
	for range 14 {
		report.Findings = append(report.Findings, packagecheck.Finding{ID: "zip-damaged", Severity: packagecheck.Error, Message: "A.", Fix: "B."})
	}
	report.Findings = append(report.Findings, packagecheck.Finding{ID: "zip-case-clash", Severity: packagecheck.Warning})
	report.More = map[string]int{"zip-damaged": 30, "zip-case-clash": 500}
	reasons := packageReasons(&PackageCheck{State: CheckDone, Report: report})
	if last := reasons[len(reasons)-1]; len(reasons) != 11 || last.Code != "package_more_errors" || !strings.Contains(last.Text, "34 more errors") || reasons[0].Text != "A. B." {
		t.Errorf("%+v", reasons)
	}
}

// Who may open a package may read its report, and nobody else.
func TestWhoReadsAReport(t *testing.T) {
	r := newRoom(t)
	ada, eve, lena := r.person("ada"), r.person("eve"), r.person("lena", workflow.Leadership)
	id := r.ready(ada)
	r.submit(ada, id)
	for who, want := range map[workflow.Actor][2]fault.Kind{ada: {}, eve: {fault.NotFound, fault.NotFound}, lena: {fault.Forbidden, ""}} {
		for revision, kind := range want {
			c, err := r.PackageCheck(t.Context(), who, id, revision)
			if fault.KindOf(err) != kind || kind == "" && (err != nil || c.Report == nil) {
				t.Errorf("person %d, revision %d: %+v %v, expected %q", who.Person, revision, c, err, kind)
			}
		}
	}
}
