package dbtest_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/migrations"
)

func TestNewIsMigratedAndSeparate(t *testing.T) {
	a, b := dbtest.New(t), dbtest.New(t)
	if n, err := migrations.Pending(t.Context(), a.DB); err != nil || n != 0 {
		t.Fatalf("pending migrations: %d, %v", n, err)
	}
	a.MustExec(`create table here_only (x int)`)
	var there bool
	if err := b.Get(&there, `select to_regclass('here_only') is not null`); err != nil {
		t.Fatal(err)
	}
	if there {
		t.Error("two tests share a database")
	}
}

func TestClock(t *testing.T) {
	c := dbtest.NewClock()
	start := c.Now()
	if start.Weekday() != time.Monday || start.Format(time.RFC3339) != "2026-03-02T09:00:00Z" {
		t.Errorf("starts at %s", start)
	}
	c.Add(36 * time.Hour)
	if got := c.Now().Sub(start); got != 36*time.Hour {
		t.Errorf("moved by %s", got)
	}
}

// holdUntilKilled makes this test binary one that has a database and is killed.
const holdUntilKilled = "RUNG_TEST_HOLD"

// A killed test binary leaves neither a server nor a folder.
func TestKilledBinaryLeavesNothing(t *testing.T) {
	if os.Getenv(holdUntilKilled) != "" {
		dbtest.New(t)
		fmt.Println("ready")
		select {}
	}
	tmp, err := os.MkdirTemp("", "rung-killed-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o755); err != nil { // open to PostgreSQL's user when root tests
		t.Fatal(err)
	}
	child := exec.Command("/proc/self/exe", "-test.run=^TestKilledBinaryLeavesNothing$")
	child.Env = append(os.Environ(), holdUntilKilled+"=1", "TMPDIR="+tmp)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Process.Kill()
	said := bufio.NewScanner(out)
	if !said.Scan() || said.Text() != "ready" {
		t.Fatalf("the child said %q", said.Text())
	}
	folders := func() []string {
		found, err := filepath.Glob(filepath.Join(tmp, "rung-dbtest-*"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if len(folders()) != 1 {
		t.Fatalf("folders of the child: %q", folders())
	}
	child.Process.Kill()
	child.Wait()
	deadline := time.After(15 * time.Second)
	for len(folders()) > 0 {
		select {
		case <-deadline:
			t.Fatalf("left behind: %q", folders())
		case <-time.After(50 * time.Millisecond):
		}
	}
}
