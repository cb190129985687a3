package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// beRung makes this test binary the rung command, to be run and killed.
const beRung = "RUNG_TEST_BE_RUNG"

func TestMain(m *testing.M) {
	if os.Getenv(beRung) != "" {
		main()
	}
	os.Exit(m.Run())
}

// dataFolder is one that also PostgreSQL's user can reach when the tests run as
// root, as t.TempDir cannot.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rung-data-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "data")
}

func serveEnv(data string) []string {
	return []string{"DATA_DIR=" + data, "LISTEN_ADDR=127.0.0.1:0", "BASE_URL=http://localhost:8080",
		"SMTP_URL=smtp://127.0.0.1:1", "MAIL_FROM=rung@example.org", "SECRET_KEY=" + strings.Repeat("k", minSecret)}
}

var (
	servingAt = regexp.MustCompile(`listening on (127\.0\.0\.1:[0-9]+)`)
	demoAt    = regexp.MustCompile(`demo is at http://(localhost:[0-9]+)`)
	making    = regexp.MustCompile(`(Making) the demo's data`)
)

// startRung runs rung as a process of its own until it says where it listens.
func startRung(t *testing.T, env []string, said *regexp.Regexp, args ...string) (cmd *exec.Cmd, addr string) {
	t.Helper()
	cmd = exec.Command("/proc/self/exe", args...)
	cmd.Env = append([]string{beRung + "=1", "PATH=" + os.Getenv("PATH")}, env...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := said.FindStringSubmatch(lines.Text()); m != nil {
			go io.Copy(io.Discard, out)
			return cmd, m[1]
		}
	}
	cmd.Wait()
	t.Fatalf("%q ended without serving: %s", args, errs.String())
	return nil, ""
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, strings.TrimSpace(string(b))
}

// The life of a small production: set up, serve, be killed, serve again, stop.
func TestServeOnAPrivateDatabase(t *testing.T) {
	data := dataFolder(t)
	env := serveEnv(data)
	if code, out, errs := outcomeOf(t, env, "migrate"); code != exitOK {
		t.Fatalf("migrate: exit %d, %s%s", code, out, errs)
	}
	if code, out, errs := outcomeOf(t, env, "person", "add", "joan@example.org", "--role", "administrator"); code != exitFailure || !strings.Contains(errs, "--name") {
		t.Fatalf("person add without a name: exit %d, %s%s", code, out, errs)
	}
	code, out, errs := outcomeOf(t, env, "person", "add", "Joan@Example.org", "--name", "Joan Fairley", "--role", "administrator")
	if code != exitOK || out != "Joan Fairley <joan@example.org>: administrator\n" {
		t.Fatalf("person add: exit %d, %q, %s", code, out, errs)
	}

	server, addr := startRung(t, env, servingAt, "serve")
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ready"} {
		if code, body := get(t, "http://"+addr+path); code != http.StatusOK || body != want {
			t.Errorf("%s: %d %q", path, code, body)
		}
	}
	t.Run("a second instance is refused", func(t *testing.T) {
		if code, _, errs := outcomeOf(t, env, "serve"); code != exitFailure || !strings.Contains(errs, "already running on the folder") {
			t.Errorf("exit %d, %s", code, errs)
		}
	})
	t.Run("commands work beside it", func(t *testing.T) {
		code, out, errs := outcomeOf(t, env, "person", "add", "joan@example.org", "--role", "leadership")
		if code != exitOK || out != "Joan Fairley <joan@example.org>: administrator, leadership\n" {
			t.Errorf("exit %d, %q, %s", code, out, errs)
		}
	})
	t.Run("not ready without its folder of files", func(t *testing.T) {
		files := filepath.Join(data, "files")
		if err := os.Rename(files, files+".gone"); err != nil {
			t.Fatal(err)
		}
		if code, body := get(t, "http://"+addr+"/readyz"); code != http.StatusServiceUnavailable || strings.Contains(body, " ") {
			t.Errorf("%d %q", code, body)
		}
		if err := os.Rename(files+".gone", files); err != nil {
			t.Fatal(err)
		}
	})

	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	server.Wait()
	server, addr = startRung(t, env, servingAt, "serve")
	if code, body := get(t, "http://"+addr+"/readyz"); code != http.StatusOK {
		t.Errorf("after a kill: %d %q", code, body)
	}
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("asked to stop: %v", err)
	}
	if _, err := os.Stat(filepath.Join(data, "postgres", "pgdata", "postmaster.pid")); err == nil {
		t.Error("the private database is still running")
	}
	if code, out, errs := outcomeOf(t, env, "person", "add", "joan@example.org"); code != exitOK || !strings.Contains(out, "administrator, leadership") {
		t.Errorf("afterwards: exit %d, %q, %s", code, out, errs)
	}
	if code, out, errs := outcomeOf(t, env, "verify", "history"); code != exitOK || out != "The history holds: 0 entries of 0 proposals.\n" {
		t.Errorf("verify: exit %d, %q, %s", code, out, errs)
	}
	if code, _, errs := outcomeOf(t, []string{"DATA_DIR=" + data, "LISTEN_ADDR=127.0.0.1:0"}, "demo"); code != exitFailure || !strings.Contains(errs, "choose another data folder") {
		t.Errorf("a demo on real data: exit %d, %s", code, errs)
	}
}

// Without its database a server ends, and says so, rather than answer 500 for ever.
func TestServeEndsWithItsDatabase(t *testing.T) {
	data := dataFolder(t)
	server, _ := startRung(t, serveEnv(data), servingAt, "serve")
	b, err := os.ReadFile(filepath.Join(data, "postgres", "pgdata", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); server.ProcessState.ExitCode() != exitFailure {
		t.Errorf("ended with %v", err)
	}
}

func TestDemo(t *testing.T) {
	data := dataFolder(t)
	env := []string{"DATA_DIR=" + data, "LISTEN_ADDR=127.0.0.1:0"}
	interrupted, _ := startRung(t, env, making, "demo")
	interrupted.Process.Kill() // in the middle of making its data
	interrupted.Wait()
	for range 2 { // the second time everything is there
		demo, addr := startRung(t, env, demoAt, "demo")
		if code, body := get(t, "http://"+addr+"/demo/people"); code != http.StatusOK || !strings.Contains(body, "Professor Ruth Calder") {
			t.Errorf("people to sign in as: %d %.200q", code, body)
		}
		if err := demo.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if err := demo.Wait(); err != nil {
			t.Errorf("asked to stop: %v", err)
		}
	}
	for _, args := range [][]string{{"serve"}, {"migrate"}, {"person", "add", "joan@example.org"}} {
		if code, _, errs := outcomeOf(t, serveEnv(data), args...); code != exitFailure || !strings.Contains(errs, "a demo's") {
			t.Errorf("%q on a demo's data: exit %d, %s", args, code, errs)
		}
	}
}

func TestAskedToStopWhileStarting(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, errs strings.Builder
	if code := run(ctx, []string{"migrate"}, serveEnv(dataFolder(t)), &out, &errs); code != exitFailure || !strings.Contains(errs.String(), "asked to stop") {
		t.Errorf("exit %d, %s", code, errs.String())
	}
}
