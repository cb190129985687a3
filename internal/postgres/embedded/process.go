package embedded

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jmoiron/sqlx"
)

// serverEnv is all that initdb and the server get to know of ours.
var serverEnv = []string{"LC_ALL=C.UTF-8", "TZ=UTC", "PATH=/usr/bin:/bin"}

// maxLog is the size from which a log is put aside at the next start.
const maxLog = 10 << 20

// launch starts the server and waits until it answers.
func (c *Cluster) launch(ctx context.Context, bin string, attr *syscall.SysProcAttr) error {
	if info, err := os.Stat(c.LogFile()); err == nil && info.Size() > maxLog {
		os.Rename(c.LogFile(), c.LogFile()+".1") // if it fails, the log only grows on
	}
	log, err := os.OpenFile(c.LogFile(), os.O_CREATE|os.O_APPEND|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return fmt.Errorf("opening the log of the private database: %w", err)
	}
	defer log.Close()
	info, err := log.Stat()
	if err != nil {
		return fmt.Errorf("opening the log of the private database: %w", err)
	}

	args := []string{"-D", c.data, "-k", c.socket, "-p", port,
		"-c", "listen_addresses=", "-c", "unix_socket_permissions=0700",
		"-c", "log_destination=stderr", "-c", "logging_collector=off", "-c", "timezone=UTC"}
	if c.opts.Ephemeral {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
			"-c", "max_connections=300")
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = "/", serverEnv, log, log
	// A group of its own, so that Ctrl-C reaches only us, who stop it in order.
	attr.Setpgid = true
	attr.Pdeathsig = c.shutdown()
	cmd.SysProcAttr = attr

	c.cmd, c.done = cmd, make(chan struct{})
	started := make(chan error, 1)
	go func() {
		// The kernel sends Pdeathsig when the thread that started the server
		// ends, not the process: this one lives as long as the server.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			c.exit = cmd.Wait()
			close(c.done)
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("starting the private database: %w", err)
	}
	for c.ping(ctx) != nil {
		select {
		case <-c.done:
			said, _ := os.ReadFile(c.LogFile())
			said = said[min(len(said), int(info.Size())):]
			return fmt.Errorf("the private database ended while starting (%v); its log says: %s", c.exit, lastBytes(said))
		case <-ctx.Done():
			cmd.Process.Signal(c.shutdown())
			<-c.done
			return fmt.Errorf("waiting for the private database: %w", ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}

func (c *Cluster) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	db, err := sqlx.ConnectContext(ctx, "postgres", c.DSN("postgres"))
	if err != nil {
		return err
	}
	return db.Close()
}

// clearRemains deals with what a killed server left. Its parent's death has
// told it to stop, so it waits until no process works in the data folder any
// more. Then the lock files are removed if the process they name still seems to
// be there: it is a zombie that nobody reaps, or its number has been given to
// something else, and PostgreSQL would take either for a living server. If it
// is not to be seen at all, PostgreSQL decides by itself.
func (c *Cluster) clearRemains(ctx context.Context) error {
	deadline := time.Now().Add(dyingFor)
	for c.inUse() {
		if time.Now().After(deadline) {
			return refused("A PostgreSQL server that this Rung did not start is running on %s. Stop it first.", c.data)
		}
		if err := wait(ctx, 25*time.Millisecond); err != nil {
			return err
		}
	}
	pid, ok := c.recordedPID()
	if !ok || !exists(procPath(pid, "")) {
		return nil
	}
	for _, path := range []string{
		filepath.Join(c.data, pidFile),
		filepath.Join(c.socket, ".s.PGSQL."+port),
		filepath.Join(c.socket, ".s.PGSQL."+port+".lock"),
	} {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("removing what a killed database left: %w", err)
		}
	}
	c.opts.Log.Warn("removed the lock files of a killed private database", "folder", c.opts.Dir, "pid", pid)
	return nil
}

// inUse reports whether a process works in the data folder: all of a server's
// do, to their end. Where we may not see where a process works (root in a
// container, looking at another user's), the recorded server's command line
// must do, and a start that comes too early is tried again.
func (c *Cluster) inUse() bool {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return false
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if dir, err := os.Readlink(procPath(pid, "cwd")); err == nil && dir == c.data {
			return true
		}
	}
	if pid, ok := c.recordedPID(); ok {
		// A zombie's is empty.
		line, err := os.ReadFile(procPath(pid, "cmdline"))
		return err == nil && strings.Contains(string(line), "\x00"+c.data+"\x00")
	}
	return false
}

// recordedPID reads the server's process number from its lock file.
func (c *Cluster) recordedPID() (int, bool) {
	b, err := os.ReadFile(filepath.Join(c.data, pidFile))
	if err != nil {
		return 0, false
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	return pid, err == nil && pid > 0
}

func procPath(pid int, name string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), name)
}

// wait sleeps unless ctx ends first.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// lastBytes keeps the end of a long output for an error message.
func lastBytes(b []byte) string {
	const keep = 1500
	if len(b) > keep {
		b = b[len(b)-keep:]
	}
	return strings.TrimSpace(string(b))
}
