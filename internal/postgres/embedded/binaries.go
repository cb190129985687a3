package embedded

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/leadership-ladder/rung/internal/fault"
)

// binDir finds the folder of PostgreSQL's server binaries: PG_BINDIR, else that
// of Debian's package of one major version where it is installed (a machine's
// upgrade must not lock anybody out), else the newest of them, else wherever
// `postgres` is on the PATH. If there is none it says what to install.
func binDir(major string) (string, error) {
	if dir := os.Getenv("PG_BINDIR"); dir != "" {
		return dir, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", fmt.Errorf("looking for PostgreSQL: %w", err)
	}
	newest, best := 0, ""
	for _, path := range found {
		version := filepath.Base(filepath.Dir(filepath.Dir(path)))
		if version == major {
			return filepath.Dir(path), nil
		}
		if n, err := strconv.Atoi(version); err == nil && n > newest {
			newest, best = n, filepath.Dir(path)
		}
	}
	if best != "" {
		return best, nil
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return "", fault.New(fault.Unavailable, "PostgreSQL's server is not installed: on Debian, apt-get install postgresql; "+
			"elsewhere, name the folder of its programs in PG_BINDIR.")
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", fmt.Errorf("looking for PostgreSQL: %w", err)
	}
	return filepath.Dir(path), nil
}

// "postgres (PostgreSQL) 15.14 (Debian …)", "postgres (PostgreSQL) 18beta1"
var versionPattern = regexp.MustCompile(`\(PostgreSQL\) ([0-9]+)`)

// majorOf asks a server binary for its major version.
func majorOf(bin string) (string, error) {
	out, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return "", fmt.Errorf("asking %s for its version: %w", filepath.Join(bin, "postgres"), err)
	}
	m := versionPattern.FindSubmatch(out)
	if m == nil {
		return "", fmt.Errorf("asking %s for its version: it said %q", filepath.Join(bin, "postgres"), out)
	}
	return string(m[1]), nil
}

// binaries picks the server for this folder, and says whether a cluster is
// there already. One of another version is refused as it is.
func (c *Cluster) binaries() (bin string, made bool, err error) {
	b, err := os.ReadFile(filepath.Join(c.data, versionFile))
	if os.IsNotExist(err) {
		if exists(c.data) {
			return "", false, refused("The folder %s is not a PostgreSQL data folder, though it has the place of one. "+
				"Move it away, or choose another data folder.", c.data)
		}
		bin, err = binDir("")
		return bin, false, err
	}
	if err != nil {
		return "", false, fmt.Errorf("reading the version of the private database: %w", err)
	}
	have := strings.TrimSpace(string(b))
	if bin, err = binDir(have); err != nil {
		return "", false, err
	}
	major, err := majorOf(bin)
	if err != nil {
		return "", false, err
	}
	if major != have {
		return "", false, refused("The private database in %s was made by PostgreSQL %s, but this machine has PostgreSQL %s. "+
			"Install PostgreSQL %s beside it, or move the data with pg_dumpall; nothing was changed.", c.opts.Dir, have, major, have)
	}
	return bin, true, nil
}
