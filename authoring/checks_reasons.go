package authoring

import (
	"context"
	"fmt"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
)

// maxPackageReasons is how many errors of a package are told as reasons: the
// report has them all.
const maxPackageReasons = 10

// draftCheck is the check of a draft's package by this version of the checker,
// nil without a package.
func draftCheck(ctx context.Context, q postgres.Queryer, d Draft) (*PackageCheck, error) {
	if d.Package == nil {
		return nil, nil
	}
	c, err := checkOf(ctx, q, *d.Package)
	if err == nil && c.Version != packagecheck.Version { // it is about to be queued
		c = PackageCheck{Package: *d.Package, Version: packagecheck.Version, State: CheckQueued}
	}
	return &c, err
}

// packageReasons are what the check of a draft's package has against a submit:
// that it isn't over, or each error that it found. A check that failed has
// nothing against it; reviewers are told that there is no report.
func packageReasons(c *PackageCheck) []fault.Reason {
	switch {
	case c == nil:
		return nil
	case c.Coming():
		return []fault.Reason{{Code: "check_running", Field: packageField,
			Text: "The package is still being checked. This takes seconds, with a large one a few minutes: try again then."}}
	case c.Report == nil:
		return nil
	}
	var reasons []fault.Reason
	found := c.Report.Errors()
	for _, f := range found[:min(len(found), maxPackageReasons)] {
		reasons = append(reasons, fault.Reason{Code: "package_" + strings.ReplaceAll(f.ID, "-", "_"), Field: packageField, Text: f.Message + " " + f.Fix})
	}
	if more := c.Report.Count(packagecheck.Error) - len(reasons); more > 0 {
		reasons = append(reasons, fault.Reason{Code: "package_more_errors", Field: packageField,
			Text: fmt.Sprintf("The package has %s: see its report.", plural(more, "more error", "more errors"))})
	}
	return reasons
}
