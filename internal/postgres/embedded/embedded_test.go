package embedded_test

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/internal/postgres/embedded"
)

// childFolder makes this test binary a Rung of its own, to be killed: it starts
// the cluster in that folder, writes rows and says so, for ever.
const childFolder = "RUNG_TEST_CHILD_FOLDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		if err := child(dir); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func child(dir string) error {
	ctx := context.Background()
	c, err := embedded.Start(ctx, embedded.Options{Dir: dir})
	if err != nil {
		return err
	}
	db, err := postgres.Open(ctx, c.DSN("postgres"))
	if err != nil {
		return err
	}
	if _, err := db.Exec(createRows); err != nil {
		return err
	}
	fmt.Println("pid", c.PID())
	for {
		var id int64
		if err := db.Get(&id, insertRow); err != nil {
			return err
		}
		fmt.Println("committed", id)
	}
}

const (
	createRows = `create table if not exists rows (id bigint generated always as identity primary key)`
	insertRow  = `insert into rows default values returning id`
	hasRow     = `select exists (select 1 from rows where id = $1)`
)

// folder is a place that the server's user can reach also when the tests run
// as root, which t.TempDir is not.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rung-embedded-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "cluster")
}

func start(t *testing.T, opts embedded.Options) (*embedded.Cluster, *sqlx.DB) {
	t.Helper()
	c, err := embedded.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop() })
	db, err := postgres.Open(t.Context(), c.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return c, db
}

func refusedWith(t *testing.T, dir string, words ...string) {
	t.Helper()
	c, err := embedded.Start(t.Context(), embedded.Options{Dir: dir, Ephemeral: true})
	if err == nil {
		c.Stop()
		t.Fatal("started")
	}
	if fault.KindOf(err) != fault.Refused {
		t.Fatalf("not a refusal: %v", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}

func TestSecondInstanceIsRefused(t *testing.T) {
	dir := folder(t)
	c, db := start(t, embedded.Options{Dir: dir, Ephemeral: true})
	refusedWith(t, dir, "already running", dir, strconv.Itoa(os.Getpid()))
	if err := db.Ping(); err != nil {
		t.Errorf("the first instance suffered: %v", err)
	}
	if dsn, err := embedded.DSN(dir, "postgres"); err != nil || dsn != c.DSN("postgres") {
		t.Errorf("another process finds the first at %q, %v", dsn, err)
	}
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := c.Stop(); err != nil {
		t.Errorf("stopping twice: %v", err)
	}
	start(t, embedded.Options{Dir: dir, Ephemeral: true})
}

func TestDatabasesAndRestart(t *testing.T) {
	dir := folder(t)
	c, _ := start(t, embedded.Options{Dir: dir, Ephemeral: true})
	for range 2 { // the second time it is there already
		if err := c.CreateDatabase(t.Context(), "rung"); err != nil {
			t.Fatal(err)
		}
	}
	db, err := postgres.Open(t.Context(), c.DSN("rung"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var listens string
	if err := db.Get(&listens, `show listen_addresses`); err != nil || listens != "" {
		t.Errorf("listens on TCP: %q, %v", listens, err)
	}
}

// What was acknowledged before a kill is there after it, whoever was killed.
func TestKillsLoseNothing(t *testing.T) {
	dir := folder(t)
	kills := []struct {
		name string
		kill func(rung, postmaster int)
	}{
		{"Rung", func(rung, _ int) { syscall.Kill(rung, syscall.SIGKILL) }},
		{"both", func(rung, postmaster int) {
			syscall.Kill(postmaster, syscall.SIGKILL)
			syscall.Kill(rung, syscall.SIGKILL)
		}},
		{"both, Rung first", func(rung, postmaster int) {
			syscall.Kill(rung, syscall.SIGKILL)
			syscall.Kill(postmaster, syscall.SIGKILL)
		}},
	}
	for _, k := range kills {
		t.Run(k.name, func(t *testing.T) {
			last := killChild(t, dir, nil, k.kill)
			c, db := start(t, embedded.Options{Dir: dir})
			var there bool
			if err := db.Get(&there, hasRow, last); err != nil {
				t.Fatal(err)
			}
			if !there {
				t.Errorf("row %d was acknowledged and is gone", last)
			}
			db.Close()
			if err := c.Stop(); err != nil {
				t.Fatal(err)
			}
		})
	}
	t.Run("postmaster", func(t *testing.T) {
		c, db := start(t, embedded.Options{Dir: dir})
		var last int64
		if err := db.Get(&last, insertRow); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(c.PID(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		<-c.Done()
		if err := c.Stop(); err == nil {
			t.Error("Stop does not say that the server had ended by itself")
		}
		_, db = start(t, embedded.Options{Dir: dir})
		var there bool
		if err := db.Get(&there, hasRow, last); err != nil || !there {
			t.Errorf("row %d: there %t, %v", last, there, err)
		}
	})
}

// killChild starts a Rung of its own on dir (as another user, if told), kills
// once it has committed some rows, and gives the last one that it acknowledged.
func killChild(t *testing.T, dir string, as *syscall.Credential, kill func(rung, postmaster int)) int64 {
	t.Helper()
	// Not by its path: that lies in a folder which another user can't enter.
	cmd := exec.Command("/proc/self/exe")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	cmd.Env = append(os.Environ(), childFolder+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	var last, n int64
	for lines := bufio.NewScanner(out); lines.Scan(); {
		word, number, _ := strings.Cut(lines.Text(), " ")
		v, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			t.Fatalf("the child said %q", lines.Text())
		}
		switch word {
		case "pid":
			pid = int(v)
		case "committed":
			last = v
			if n++; n == 20 {
				kill(cmd.Process.Pid, pid)
			}
		}
	}
	cmd.Wait()
	if n < 20 {
		t.Fatalf("the child committed %d rows only", n)
	}
	return last
}

func TestAnotherVersionIsRefused(t *testing.T) {
	dir := folder(t)
	c, db := start(t, embedded.Options{Dir: dir, Ephemeral: true})
	db.Close()
	c.Stop()
	version := filepath.Join(dir, "pgdata", "PG_VERSION")
	info, err := os.Stat(version)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(version, []byte("9\n"), info.Mode()); err != nil {
		t.Fatal(err)
	}
	before := listing(t, filepath.Join(dir, "pgdata"))
	refusedWith(t, dir, "was made by PostgreSQL 9,", "nothing was changed")
	if after := listing(t, filepath.Join(dir, "pgdata")); !maps.Equal(before, after) {
		t.Error("the data were touched")
	}
}

func TestSomethingElseInItsPlaceIsRefused(t *testing.T) {
	dir := folder(t)
	if err := os.MkdirAll(filepath.Join(dir, "pgdata"), 0o755); err != nil {
		t.Fatal(err)
	}
	precious := filepath.Join(dir, "pgdata", "thesis.txt")
	if err := os.WriteFile(precious, []byte("words"), 0o644); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, dir, "not a PostgreSQL data folder")
	if b, err := os.ReadFile(precious); err != nil || string(b) != "words" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestInterruptedInitIsMadeAfresh(t *testing.T) {
	dir := folder(t)
	if err := os.MkdirAll(filepath.Join(dir, "pgdata.init", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 { // as a run that was killed would have left it
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	start(t, embedded.Options{Dir: dir, Ephemeral: true})
}

// A killed server's number may belong to something else by now: here, to this test.
func TestReusedProcessNumber(t *testing.T) {
	dir := folder(t)
	c, db := start(t, embedded.Options{Dir: dir, Ephemeral: true})
	db.Close()
	c.Stop()
	if err := os.WriteFile(filepath.Join(dir, "pgdata", "postmaster.pid"),
		fmt.Appendf(nil, "%d\n%s\n", os.Getpid(), filepath.Join(dir, "pgdata")), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, embedded.Options{Dir: dir, Ephemeral: true})
}

func TestLongPath(t *testing.T) {
	dir := filepath.Join(folder(t), strings.Repeat("a-rather-long-name/", 6), "it's here")
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	_, db := start(t, embedded.Options{Dir: dir, Ephemeral: true})
	var socket string
	if err := db.Get(&socket, `show unix_socket_directories`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(socket) })
	if len(socket) > 85 {
		t.Errorf("socket in %s", socket)
	}
}

// Root's home is closed to the user that the server must run as. Anybody else's
// own closed folders are no obstacle.
func TestClosedParent(t *testing.T) {
	parent := folder(t)
	if err := os.Mkdir(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(parent, "data", "cluster")
	if os.Geteuid() == 0 {
		refusedWith(t, dir, "cannot enter "+parent+".", "chmod o+x "+parent)
	}
	_, db := start(t, embedded.Options{Dir: dir, Ephemeral: true, ReachClosed: true})
	if err := db.Ping(); err != nil {
		t.Error(err)
	}
}

// As root, also the way of everybody else is walked: as nobody, whose data
// root's server, being another user, then refuses.
func TestOrdinaryUser(t *testing.T) {
	dir := folder(t)
	both := func(rung, postmaster int) {
		syscall.Kill(postmaster, syscall.SIGKILL)
		syscall.Kill(rung, syscall.SIGKILL)
	}
	if os.Geteuid() != 0 {
		killChild(t, dir, nil, both)
		return
	}
	const nobody = 65534
	if err := os.Chown(filepath.Dir(dir), nobody, nobody); err != nil {
		t.Fatal(err)
	}
	killChild(t, dir, &syscall.Credential{Uid: nobody, Gid: nobody}, both)
	refusedWith(t, dir, "belongs to another user")
}

// listing gives every file below dir with its content.
func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		files[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
