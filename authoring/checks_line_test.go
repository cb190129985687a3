package authoring

import (
	"slices"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
	"github.com/leadership-ladder/rung/authoring/packagecheck/packagetest"
	"github.com/leadership-ladder/rung/workflow"
)

// What no check of this version has looked at is queued, such as after an
// upgrade: the packages of drafts, and those that are judged.
func TestOldPackagesAreCheckedAgain(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	id := r.ready(ada)
	first := r.draft(ada, id).Package.Digest
	r.submit(ada, id)
	r.backToAuthors(ada, id)
	second := r.attach(ada, id, "second.zip").Digest
	old := r.attach(ada, id, "third.zip").Digest // of second nothing is left in use
	r.exec(`update package_checks set version = 'old'`)
	r.exec(`delete from outbox`)

	if got := r.reasons(ada, id); !slices.Contains(got, "check_running") {
		t.Errorf("the report of an old version counts: %v", got)
	}
	if c, err := r.PackageCheck(t.Context(), ada, id, 1); err != nil || c.Report == nil || c.Version != "old" {
		t.Errorf("the old report isn't shown meanwhile: %+v %v", c, err)
	}
	if n, err := r.QueueChecks(t.Context()); n != 2 || err != nil {
		t.Errorf("%d are queued, %v", n, err)
	}
	if c, err := r.PackageCheck(t.Context(), ada, id, 1); err != nil || !c.Coming() || c.Version != packagecheck.Version {
		t.Errorf("once it is queued the old report is still shown: %+v %v", c, err)
	}
	if n := r.count(`select count(*) from package_checks where version <> 'old' and sha256 = $1`, second); n != 0 {
		t.Error("a package that nobody uses is checked")
	}
	if n := r.checkPackages(); n != 2 || r.checkRow(first).State != CheckDone || r.checkRow(old).State != CheckDone {
		t.Errorf("%d tries", n)
	}
	if got := r.reasons(ada, id); slices.Contains(got, "check_running") {
		t.Errorf("%v", got)
	}
}

// Who may be about to submit waits for the new version's check: theirs come
// first, and of those the last that was touched.
func TestWhoWaitsForAnOldPackageComesFirst(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	judged := r.ready(ada)
	r.submit(ada, judged)
	want := []string{r.draft(ada, judged).Package.Digest}
	for range 6 { // digests are in no order of their own
		r.clock.Add(time.Minute)
		id := r.proposal(ada)
		want = append(want, r.attach(ada, id, "ward.zip").Digest)
	}
	slices.Reverse(want)
	r.exec(`delete from package_checks`)
	r.exec(`delete from outbox`)
	if n, err := r.QueueChecks(t.Context()); n != len(want) || err != nil {
		t.Fatalf("%d are queued, %v", n, err)
	}
	var got []string
	if err := r.db.Select(&got, `select payload->>'sha256' from outbox where kind = $1 order by due_at, id`, recheckKind); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("in the order %v, expected %v", got, want)
	}
}

// Whoever uploads very many packages at once waits for the last of them in the
// line in which nobody stands who has just uploaded one.
func TestManyPackagesOfOnePersonLetOthersPass(t *testing.T) {
	r := newRoom(t)
	ada, eve := r.person("ada"), r.person("eve")
	line := func(by workflow.Actor) (kind string) {
		digest := r.upload(by, r.proposal(by), "ward.zip", packagetest.SCORM12(time.Duration(r.another()).String())).Digest
		if err := r.db.Get(&kind, `select kind from outbox where payload->>'sha256' = $1`, digest); err != nil {
			t.Fatal(err)
		}
		return kind
	}
	for n := range waitingEach + 2 {
		want := checkKind
		if n >= waitingEach {
			want = recheckKind
		}
		if got := line(ada); got != want {
			t.Errorf("package %d stands in the line %s, expected %s", n+1, got, want)
		}
	}
	if got := line(eve); got != checkKind {
		t.Errorf("another person’s stands in the line %s", got)
	}
	if n := r.checkPackages(); n != waitingEach+3 {
		t.Errorf("%d are checked", n)
	}
	if got := line(ada); got != checkKind {
		t.Errorf("when none waits any more, the next stands in the line %s", got)
	}
}
