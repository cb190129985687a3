package dbtest

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const prefix = "rung-dbtest-"

// undertaker waits for the end of its input, which is the end of the test
// binary, however that came; then for the server's, which the same event has
// told to stop; then it removes the folder.
const undertaker = `
cat >/dev/null
for i in 1 2 3 4 5 6 7 8 9 10; do
	[ -e "$1/cluster/pgdata/postmaster.pid" ] || break
	sleep 0.5
done
rm -rf "$1"
`

// lifeline is the undertaker's input. A variable of the package, since a file
// that nobody refers to any more is closed by the garbage collector.
var lifeline io.WriteCloser

// newFolder makes the cluster's folder and sees to its end. A folder whose
// undertaker was killed as well is removed by the next run's sweep.
func newFolder() (string, error) {
	sweep()
	dir, err := os.MkdirTemp("", prefix)
	if err != nil {
		return "", fmt.Errorf("making a folder for test databases: %w", err)
	}
	// MkdirTemp closes it to the user that PostgreSQL runs as under root.
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", fmt.Errorf("opening the folder for test databases: %w", err)
	}
	cmd := exec.Command("/bin/sh", "-c", undertaker, "sh", dir)
	cmd.Dir = "/"
	// Out of reach of a Ctrl-C meant for the tests. Its output goes nowhere:
	// holding on to the tests' would keep `go test` waiting for it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if lifeline, err = cmd.StdinPipe(); err != nil {
		return "", fmt.Errorf("watching over the folder for test databases: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("watching over the folder for test databases: %w", err)
	}
	return filepath.Join(dir, "cluster"), nil
}

// sweep removes the folders that nothing holds any more. Young ones are left:
// their owner may not have come to lock them yet.
func sweep() {
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		f, err := os.Open(filepath.Join(dir, "cluster", "rung.lock"))
		if err == nil {
			err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
			f.Close()
		}
		if err == nil || os.IsNotExist(err) {
			os.RemoveAll(dir) // another user's stays, for want of permission
		}
	}
}
