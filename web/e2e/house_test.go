package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/internal/mail/mailtest"
	"github.com/leadership-ladder/rung/internal/mail/sink"
)

// built is the program, built once for all tests as make build does.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "rung-e2e-")
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "rung")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", program, "../../cmd/rung").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building rung: %w\n%s", err, out)
	}
	return program, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if program, err := built(); err == nil {
		os.RemoveAll(filepath.Dir(program))
	}
	os.Exit(code)
}

// house is rung serve, as it is started in production, with a database and a
// mail server of its own.
type house struct {
	t       *testing.T
	url     string // http://localhost:port
	post    *mailtest.Server
	program string
	env     []string
}

func openHouse(t *testing.T) *house {
	t.Helper()
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, post: mailtest.New(t), program: program}
	_, dsn := dbtest.NewDSN(t)
	address := freeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	h.url = "http://localhost:" + port
	h.env = []string{
		"DATABASE_URL=" + dsn, "DATA_DIR=" + t.TempDir(), "LISTEN_ADDR=" + address, "BASE_URL=" + h.url,
		"SMTP_URL=" + h.post.URL(), "MAIL_FROM=Leadership Ladder <rung@example.org>", "SECRET_KEY=" + strings.Repeat("k", 32),
	}
	h.serve("Rung is serving "+h.url, "serve")
	return h
}

// openDemo is rung demo, as make run starts it, with data of its own.
func openDemo(t *testing.T) *house {
	t.Helper()
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, program: program}
	address := freeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	h.url = "http://localhost:" + port
	h.serve("Rung's demo is at "+h.url, "demo", "--data", t.TempDir(), "--listen", address)
	return h
}

// freeAddress is an address of this machine that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// serve starts the program, waits until it says that it is ready, and has it
// stopped at the end of the test: it must end in order, and have logged no error
// of its own.
func (h *house) serve(ready string, args ...string) {
	h.t.Helper()
	cmd := exec.Command(h.program, args...)
	cmd.Env = h.env
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // Wait tells if it was gone already
		if err := cmd.Wait(); err != nil {
			h.t.Errorf("the server ended: %v", err)
		}
		for line := range strings.Lines(log.String()) {
			if strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, "level=ERROR") {
				h.t.Errorf("the server logged: %s", line)
			}
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), ready) {
			go io.Copy(io.Discard, out)
			return
		}
	}
	_ = cmd.Process.Kill()
	h.t.Fatalf("the server did not say %q\n%s", ready, log.String())
}

// run is a command of the program, on the same database.
func (h *house) run(args ...string) string {
	h.t.Helper()
	cmd := exec.Command(h.program, args...)
	cmd.Env = h.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		h.t.Fatalf("rung %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// mail waits for the newest mail to an address with this subject, newer than
// another one (0: any).
func (h *house) mail(to, subject string, than int64) *sink.Mail {
	h.t.Helper()
	for {
		taken := h.post.Count(mailtest.Taken)
		for _, m := range slices.Backward(h.post.Mails()) {
			if m.ID > than && slices.Contains(m.DeliveredTo, to) && m.Subject == subject {
				return m
			}
		}
		h.post.Await(mailtest.Taken, taken+1)
	}
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// code is the code in the newest sign-in mail, newer than another mail.
func (h *house) code(to string, than int64) string {
	h.t.Helper()
	return sixDigits.FindString(h.mail(to, "Leadership Ladder: your sign-in code", than).Text)
}

// newest is the number of the newest mail.
func (h *house) newest() int64 {
	mails := h.post.Mails()
	if len(mails) == 0 {
		return 0
	}
	return mails[len(mails)-1].ID
}

// linkOf is the one link that a mail has, as a path of this site.
func (h *house) linkOf(m *sink.Mail) string {
	h.t.Helper()
	if len(m.Links) != 1 {
		h.t.Fatalf("%s has the links %q, expected one", m, m.Links)
	}
	u, err := url.Parse(m.Links[0])
	if err != nil || u.Scheme+"://"+u.Host != h.url {
		h.t.Fatalf("%s links to %s, not into %s", m, m.Links[0], h.url)
	}
	return u.RequestURI()
}

// day is a date as the pages write it.
func day(t time.Time) string { return t.Format("2 January 2006") }
