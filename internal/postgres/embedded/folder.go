package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/leadership-ladder/rung/internal/fault"
)

const (
	lockFile = "rung.lock"
	logFile  = "postgres.log"

	// PostgreSQL's own, in its data folder.
	pidFile     = "postmaster.pid"
	versionFile = "PG_VERSION"

	// A socket's path must fit sun_path (108 bytes with its end); this leaves
	// room for PostgreSQL's own "/.s.PGSQL.5432.lock".
	maxSocketFolder = 85
)

// account is the user the server runs as.
type account struct {
	name       string
	uid, gid   int
	credential *syscall.Credential // nil: the user we are
}

// serverUser is whoever we are, except that PostgreSQL refuses to run as root:
// then Debian's user for it, else nobody.
func serverUser() (account, error) {
	if os.Geteuid() != 0 {
		name := strconv.Itoa(os.Geteuid())
		if u, err := user.Current(); err == nil {
			name = u.Username
		}
		return account{name: name, uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		if errUID != nil || errGID != nil {
			continue
		}
		return account{name: name, uid: int(uid), gid: int(gid),
			credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return account{}, refused("PostgreSQL will not run as root, and this machine has neither a user postgres nor nobody to run it as.")
}

// makeFolder makes the cluster's folder: its parents open, itself for the
// server's user alone.
func makeFolder(dir string, who account) error {
	if exists(dir) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("making the data folder: %w", err)
	}
	return makeOwned(dir, who)
}

// makeOwned makes one folder that only the server's user may enter.
func makeOwned(dir string, who account) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return fmt.Errorf("making a folder for the private database: %w", err)
	}
	if who.credential == nil {
		return nil
	}
	if err := os.Lchown(dir, who.uid, who.gid); err != nil {
		return fmt.Errorf("making a folder for the private database: %w", err)
	}
	return nil
}

// takeLock holds the folder for as long as the returned file is open. The
// kernel frees it with the process, however that ends, and unlike PostgreSQL's
// own lock file it also keeps out a second container on the same volume.
func takeLock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if os.IsPermission(err) {
		return nil, refused("The folder %s belongs to another user; start Rung as the user who made it, or choose another data folder.", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("locking the data folder: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		holder, _ := io.ReadAll(io.LimitReader(f, 20))
		f.Close()
		if err != unix.EWOULDBLOCK {
			return nil, fmt.Errorf("locking the data folder: %w", err)
		}
		process := ""
		if pid := strings.TrimSpace(string(holder)); pid != "" {
			process = " (process " + pid + ")"
		}
		return nil, fault.New(fault.Refused,
			fmt.Sprintf("Another Rung%s is already running on the folder %s. Stop it first, or choose another data folder.", process, dir),
			fault.Reason{Code: InUse, Text: "The private database is in use."})
	}
	// Who holds it is only for the sentence above: a failure to write it does no harm.
	if f.Truncate(0) == nil {
		fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	return f, nil
}

// reach checks that the server's user can get to the folder at all, which
// below root's home it cannot. It gives the capabilities to leave to it.
func reach(opts Options, who account) ([]uintptr, error) {
	if who.credential == nil || canEnter(opts.Dir, who, nil) {
		return nil, nil
	}
	if opts.ReachClosed {
		// The first only reads past closed folders; where root was not given
		// it (most containers), the second also writes.
		for _, capability := range []uintptr{unix.CAP_DAC_READ_SEARCH, unix.CAP_DAC_OVERRIDE} {
			if caps := []uintptr{capability}; canEnter(opts.Dir, who, caps) {
				return caps, nil
			}
		}
	}
	closed := opts.Dir
	for dir := opts.Dir; dir != "/"; dir = filepath.Dir(dir) {
		if !canEnter(dir, who, nil) {
			closed = dir
		}
	}
	return nil, refused("PostgreSQL may not run as root, and the user %s, as whom it would run, cannot enter %s. "+
		"Choose a data folder elsewhere, or open that one with: chmod o+x %s", who.name, closed, closed)
}

// canEnter tries it, as that user: no reading of mode bits knows about access
// lists and mounts.
func canEnter(dir string, who account, caps []uintptr) bool {
	cmd := exec.Command("/bin/sh", "-c", `cd "$1"`, "sh", dir)
	cmd.Dir, cmd.Env = "/", serverEnv
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who.credential, AmbientCaps: caps}
	return cmd.Run() == nil
}

// socketPath is where the socket goes: in the cluster's folder, or, where that
// path is too long for a socket, in a folder of /tmp named after it.
func socketPath(dir string, who account) string {
	path := filepath.Join(dir, "socket")
	if len(path) <= maxSocketFolder {
		return path
	}
	sum := sha256.Sum256([]byte(dir))
	return fmt.Sprintf("/tmp/rung-%d-%s", who.uid, hex.EncodeToString(sum[:8]))
}

// socketFolder makes that folder, for the server's user alone.
func socketFolder(dir string, who account) (string, error) {
	path := socketPath(dir, who)
	if err := os.Mkdir(path, 0o700); err == nil {
		return path, makeOwned(path, who)
	} else if !os.IsExist(err) {
		return "", fmt.Errorf("making the folder of the database's socket: %w", err)
	}
	// In /tmp anybody could have been there first.
	info, err := os.Lstat(path)
	if err != nil {
		return "", fmt.Errorf("reading the folder of the database's socket: %w", err)
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || ownerOf(path) != who.uid {
		return "", refused("The folder %s should hold the socket of the private database, but is not that of the user %s alone. Remove it.", path, who.name)
	}
	return path, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// ownerOf gives the number of a file's owner, -1 if there is no such file.
func ownerOf(path string) int {
	info, err := os.Lstat(path)
	if err != nil {
		return -1
	}
	return int(info.Sys().(*syscall.Stat_t).Uid)
}

// syncFolder makes a rename in it durable.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("syncing %s: %w", dir, err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("syncing %s: %w", dir, err)
	}
	return nil
}
