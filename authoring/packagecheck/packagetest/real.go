package packagetest

import (
	"os"
	"path/filepath"
	"testing"
)

// Real gives the folder of real packages, ../shared/packages from the project's
// root. Where it isn't there the test is skipped, and says so; in CI, which has
// it, the test fails.
func Real(t testing.TB) string {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		above := filepath.Dir(root)
		if above == root {
			t.Fatal("there is no go.mod above the test")
		}
		root = above
	}
	dir := filepath.Join(filepath.Dir(root), "shared", "packages")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the real packages are not there: %v", err)
		}
		t.Skipf("the real packages are not there: %v", err)
	}
	return dir
}
