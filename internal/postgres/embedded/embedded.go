// Package embedded runs a private PostgreSQL cluster from the machine's own
// server binaries, for a Rung that was given no database and for tests.
//
// The cluster lives in one folder, listens on a socket in a folder that only
// its user may enter, and dies with the process that started it, however that
// ends. What it has committed survives a kill -9 of either or both. A folder
// that cannot be used is refused in words; none is ever wiped or mended.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq" // the driver of the connections that ask whether it is up

	"github.com/leadership-ladder/rung/internal/fault"
)

// InUse is the code of the reason why Start refuses a folder on which another
// process runs the cluster.
const InUse = "in_use"

const (
	// superuser is the cluster's only role. Who may enter the socket's folder may use it.
	superuser = "rung"
	// port only names the socket: nothing listens on TCP.
	port = "5432"

	// dyingFor bounds the wait for a server whose parent was killed: it makes
	// a checkpoint first.
	dyingFor = 60 * time.Second
	// retryFor bounds how often a start is tried again over the remains of a
	// killed server, whose last processes hold its shared memory for a moment.
	retryFor = 10 * time.Second
	// stopFor is how long a fast shutdown may take before an immediate one.
	stopFor = 20 * time.Second
)

// Options say where a cluster lives and how careful it has to be.
type Options struct {
	// Dir is the cluster's own folder, made if missing: data, socket, log and lock.
	Dir string
	// Ephemeral trades all durability for speed: for tests, whose data nobody misses.
	Ephemeral bool
	// ReachClosed lets a server started by root work in a folder that its own
	// user can't reach (below /root, say), by leaving it the one capability to
	// pass closed folders. Only for data that nobody minds, such as a demo's:
	// without it such a folder is refused.
	ReachClosed bool
	// Log hears about starts and stops; nil for silence.
	Log *slog.Logger
}

// Cluster is a running private server.
type Cluster struct {
	opts   Options
	data   string // the folder that PostgreSQL calls its data directory
	socket string // the folder of its socket
	lock   *os.File
	cmd    *exec.Cmd
	done   chan struct{} // closed when the server has ended
	exit   error         // how it ended; read after done
	stop   sync.Once
}

// Start starts the cluster in opts.Dir, making it first if there is none, and
// returns when it takes connections (after a crash that includes recovery; ctx
// bounds the wait). A folder that is in use, of another PostgreSQL version or
// out of reach gives a *fault.Error.
func Start(ctx context.Context, opts Options) (*Cluster, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("finding the folder of the private database: %w", err)
	}
	opts.Dir = dir
	who, err := serverUser()
	if err != nil {
		return nil, err
	}
	if err := makeFolder(dir, who); err != nil {
		return nil, err
	}
	lock, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{opts: opts, data: filepath.Join(dir, "pgdata"), lock: lock}
	if err := c.start(ctx, who); err != nil {
		lock.Close()
		return nil, err
	}
	return c, nil
}

// start runs under the folder's lock.
func (c *Cluster) start(ctx context.Context, who account) error {
	begun := time.Now()
	if uid := ownerOf(filepath.Join(c.data, versionFile)); uid >= 0 && uid != who.uid {
		return refused("The private database in %s belongs to another user (number %d); "+
			"start Rung as the user who made it.", c.opts.Dir, uid)
	}
	caps, err := reach(c.opts, who)
	if err != nil {
		return err
	}
	bin, made, err := c.binaries()
	if err != nil {
		return err
	}
	if c.socket, err = socketFolder(c.opts.Dir, who); err != nil {
		return err
	}
	attr := func() *syscall.SysProcAttr {
		return &syscall.SysProcAttr{Credential: who.credential, AmbientCaps: caps}
	}
	if !made {
		if err := c.initialise(ctx, bin, who, attr()); err != nil {
			return err
		}
	}
	remains := exists(filepath.Join(c.data, pidFile))
	if remains {
		if err := c.clearRemains(ctx); err != nil {
			return err
		}
	}
	for {
		err := c.launch(ctx, bin, attr())
		if err == nil {
			break
		}
		if !remains || ctx.Err() != nil || time.Since(begun) > retryFor {
			return err
		}
		if err := wait(ctx, 250*time.Millisecond); err != nil {
			return err
		}
	}
	c.opts.Log.Info("private database started", "folder", c.opts.Dir, "pid", c.cmd.Process.Pid, "took", time.Since(begun).Round(time.Millisecond).String())
	return nil
}

// initialise makes the cluster under another name and renames it when it is
// whole, so that an interrupted one never looks like a cluster.
func (c *Cluster) initialise(ctx context.Context, bin string, who account, attr *syscall.SysProcAttr) error {
	half := c.data + ".init"
	if err := os.RemoveAll(half); err != nil {
		return fmt.Errorf("removing an interrupted database: %w", err)
	}
	if err := makeOwned(half, who); err != nil {
		return err
	}
	args := []string{"-D", half, "-U", superuser, "-E", "UTF8", "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject"}
	if c.opts.Ephemeral {
		args = append(args, "--no-sync")
	}
	// If we are killed it goes too, and does not write where the next run does.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	attr.Pdeathsig = syscall.SIGKILL
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = "/", serverEnv, attr
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("making the private database: %w: %s", err, lastBytes(out))
	}
	if err := os.Rename(half, c.data); err != nil {
		return fmt.Errorf("making the private database: %w", err)
	}
	return syncFolder(c.opts.Dir)
}

// DSN is the address of one of the cluster's databases ("postgres" always exists).
func (c *Cluster) DSN(database string) string { return address(c.socket, database) }

// DSN is the address of a database in the cluster that another process runs on
// dir: what to use when Start has refused because of InUse.
func DSN(dir, database string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding the folder of the private database: %w", err)
	}
	who, err := serverUser()
	if err != nil {
		return "", err
	}
	return address(socketPath(dir, who), database), nil
}

func address(socket, database string) string {
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	return fmt.Sprintf("host='%s' port=%s user=%s dbname='%s' sslmode=disable",
		quote.Replace(socket), port, superuser, quote.Replace(database))
}

const selectDatabase = `select count(*) from pg_database where datname = $1`

// CreateDatabase makes a database of this name (a plain lower-case word) unless there is one.
func (c *Cluster) CreateDatabase(ctx context.Context, name string) error {
	db, err := sqlx.ConnectContext(ctx, "postgres", c.DSN("postgres"))
	if err != nil {
		return fmt.Errorf("connecting to the private database: %w", err)
	}
	defer db.Close()
	var n int
	if err := db.GetContext(ctx, &n, selectDatabase, name); err != nil {
		return fmt.Errorf("looking for database %s: %w", name, err)
	}
	if n > 0 {
		return nil
	}
	if _, err := db.ExecContext(ctx, `create database "`+strings.ReplaceAll(name, `"`, `""`)+`"`); err != nil {
		return fmt.Errorf("making database %s: %w", name, err)
	}
	return nil
}

// PID is the process of the server, for messages and for tests that kill it.
func (c *Cluster) PID() int { return c.cmd.Process.Pid }

// Done is closed when the server has ended, by Stop or by itself.
func (c *Cluster) Done() <-chan struct{} { return c.done }

// LogFile is where the server writes what it has to say.
func (c *Cluster) LogFile() string { return filepath.Join(c.opts.Dir, logFile) }

// Stop ends the server, whatever connections it still has, and frees the
// folder. The error says how it ended if that was not by this call; stopping
// twice is harmless.
func (c *Cluster) Stop() error {
	var err error
	c.stop.Do(func() {
		defer c.lock.Close()
		select {
		case <-c.done: // it had ended by itself
			err = fmt.Errorf("the private database had ended by itself (%v); its log is %s", c.exit, c.LogFile())
			return
		default:
		}
		c.cmd.Process.Signal(c.shutdown())
		select {
		case <-c.done:
		case <-time.After(stopFor):
			c.cmd.Process.Signal(syscall.SIGQUIT)
			<-c.done
			err = errors.New("the private database took too long to stop and was stopped at once; it will recover at the next start")
		}
		c.opts.Log.Info("private database stopped", "folder", c.opts.Dir)
	})
	return err
}

// shutdown is the signal that ends the server in the way its data deserve:
// with a checkpoint, or at once.
func (c *Cluster) shutdown() syscall.Signal {
	if c.opts.Ephemeral {
		return syscall.SIGQUIT
	}
	return syscall.SIGINT
}

// refused is a fault that names a folder.
func refused(format string, args ...any) error {
	return fault.New(fault.Refused, fmt.Sprintf(format, args...))
}
