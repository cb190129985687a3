package preview

import (
	"testing"
	"time"
)

// What was allowed is forgotten with its time: runs are many.
func TestAllowancesAreForgotten(t *testing.T) {
	var a allowances
	now := time.Unix(0, 0)
	for _, run := range []string{"one", "two", "three"} {
		a.note(run, now)
		now = now.Add(askedEvery / 2)
	}
	if a.holds("one", now) || a.holds("two", now) || !a.holds("three", now) {
		t.Errorf("at %s: %v", now, a.until)
	}
	a.note("four", now)
	if len(a.until) != 2 {
		t.Errorf("%d runs are kept: %v", len(a.until), a.until)
	}
}
