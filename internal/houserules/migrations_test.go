package houserules

import (
	"fmt"
	"io/fs"
	"regexp"
	"testing"

	"github.com/leadership-ladder/rung/migrations"
)

var migrationName = regexp.MustCompile(`^([0-9]{5})_[a-z][a-z0-9_]*\.sql$`)

// Migrations are numbered without gaps or doubles, so that two people who add
// one at the same time notice when they meet.
func TestMigrationsAreNumberedInOrder(t *testing.T) {
	names, err := fs.Glob(migrations.Files(), "*")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		m := migrationName.FindStringSubmatch(name)
		if m == nil {
			t.Errorf("%s: expected NNNNN_name.sql", name)
			continue
		}
		if want := fmt.Sprintf("%05d", i+1); m[1] != want {
			t.Errorf("%s: expected number %s", name, want)
		}
	}
}
