package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	netmail "net/mail"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/internal/mail"
	"github.com/leadership-ladder/rung/internal/mail/mailtest"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/web/webtest"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// tooLong is how long a test waits for anything: far longer than it takes.
const tooLong = 60 * time.Second

// served is a rung serve that runs as a process of its own.
type served struct {
	t   *testing.T
	cmd *exec.Cmd
	url string
	log *watched
}

// startServing returns when the server listens.
func startServing(t *testing.T, env []string) *served {
	t.Helper()
	s := &served{t: t, cmd: exec.Command("/proc/self/exe", "serve"), log: &watched{news: make(chan struct{})}}
	s.cmd.Env = append([]string{beRung + "=1", "PATH=" + os.Getenv("PATH")}, env...)
	s.cmd.Stderr = s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := servingAt.FindStringSubmatch(lines.Text()); m != nil {
			s.url = "http://" + m[1]
			go io.Copy(io.Discard, out)
			return s
		}
	}
	s.cmd.Wait()
	t.Fatalf("rung serve ended without serving: %s", s.log)
	return nil
}

// kill ends the process as a power cut would.
func (s *served) kill() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

// term asks the process to stop, and returns when it has heard.
func (s *served) term() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	s.log.await(s.t, `"msg":"stopping"`)
}

// stop asks the process to stop and waits until it has, well.
func (s *served) stop() {
	s.t.Helper()
	s.term()
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("asked to stop, rung serve ended with %v: %s", err, s.log)
	}
}

// watched is a process's log, as it is written.
type watched struct {
	mu   sync.Mutex
	b    bytes.Buffer
	news chan struct{} // closed, and made anew, when something is written
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.news)
	w.news = make(chan struct{})
	return w.b.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

func (w *watched) await(t *testing.T, text string) {
	t.Helper()
	late := time.After(tooLong)
	for {
		w.mu.Lock()
		said, news := w.b.String(), w.news
		w.mu.Unlock()
		if strings.Contains(said, text) {
			return
		}
		select {
		case <-news:
		case <-late:
			t.Fatalf("the log never said %s:\n%s", text, said)
		}
	}
}

// walker is a browser without JavaScript that one person uses, at a server that
// may vanish under it: then a request comes to nothing that it could know.
type walker struct {
	email string
	http  *http.Client
	// base waits until there is a server, and gives its address.
	base func(context.Context) (string, error)
	// written, where set, is called when a request has left.
	written func()
	// expect waits for the server's word before it sends a body.
	expect bool
}

// errVanished is a request without an answer: what it asked for was done or not.
var errVanished = errors.New("the server vanished")

func newWalker(t *testing.T, email string, base func(context.Context) (string, error)) *walker {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &walker{email: email, base: base, http: &http.Client{
		Jar: jar, Timeout: tooLong, Transport: &http.Transport{MaxIdleConnsPerHost: 8},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// at is a base that stays.
func at(url string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return url, nil }
}

// on is the same browser at another server.
func (w *walker) on(url string) *walker {
	other := *w
	other.base = at(url)
	return &other
}

// answer is what came back.
type answer struct {
	asked    string
	status   int
	location string
	doc      *html.Node
}

func (a *answer) text() string {
	if a.doc == nil {
		return ""
	}
	return webtest.TextOf(a.doc)
}

// form is the form of a page that leads to action: its fields as they stand.
func (a *answer) form(action string) (url.Values, error) {
	for n := range a.doc.Descendants() {
		if n.Data != "form" {
			continue
		}
		if to, _ := webtest.Attribute(n, "action"); to == action {
			return fieldsOf(n), nil
		}
	}
	return nil, fmt.Errorf("%s has no form that leads to %s: %s", a.asked, action, a.text())
}

// forms are the addresses of a page's forms that begin so.
func (a *answer) forms(prefix string) (actions []string) {
	for n := range a.doc.Descendants() {
		if to, _ := webtest.Attribute(n, "action"); n.Data == "form" && strings.HasPrefix(to, prefix) {
			actions = append(actions, to)
		}
	}
	return actions
}

func fieldsOf(form *html.Node) url.Values {
	values := url.Values{}
	for n := range form.Descendants() {
		name, named := webtest.Attribute(n, "name")
		if n.Type != html.ElementNode || !named {
			continue
		}
		value, _ := webtest.Attribute(n, "value")
		switch n.Data {
		case "input":
			kind, _ := webtest.Attribute(n, "type")
			if _, checked := webtest.Attribute(n, "checked"); kind != "radio" && kind != "checkbox" || checked {
				values.Add(name, value)
			}
		case "textarea":
			values.Add(name, webtest.TextOf(n))
		case "select":
			for o := range n.Descendants() {
				if _, chosen := webtest.Attribute(o, "selected"); chosen {
					value, _ = webtest.Attribute(o, "value")
					values.Add(name, value)
				}
			}
		}
	}
	return values
}

// choices are the values of a page's radios of this name.
func (a *answer) choices(name string) (values []string) {
	for n := range a.doc.Descendants() {
		if of, _ := webtest.Attribute(n, "name"); n.Data == "input" && of == name {
			value, _ := webtest.Attribute(n, "value")
			values = append(values, value)
		}
	}
	return values
}

// do sends a request and reads the whole answer.
func (w *walker) do(ctx context.Context, method, path, contentType string, body io.Reader) (*answer, error) {
	base, err := w.base(ctx)
	if err != nil {
		return nil, err
	}
	if w.written != nil {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { w.written() }})
	}
	r, err := http.NewRequestWithContext(ctx, method, base+path, body)
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if w.expect {
		r.Header.Set("Expect", "100-continue")
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := w.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", errVanished, err)
	}
	defer res.Body.Close()
	page, err := html.Parse(res.Body)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", errVanished, err)
	}
	return &answer{asked: method + " " + path, status: res.StatusCode, location: res.Header.Get("Location"), doc: page}, nil
}

func (w *walker) get(ctx context.Context, path string) (*answer, error) {
	a, err := w.do(ctx, http.MethodGet, path, "", nil)
	if err == nil && a.status != http.StatusOK {
		err = fmt.Errorf("%s for %s: %d to %q: %s", a.asked, w.email, a.status, a.location, a.text())
	}
	return a, err
}

func (w *walker) post(ctx context.Context, path string, form url.Values) (*answer, error) {
	return w.do(ctx, http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

// done posts a form, and is an error unless the answer is the way onwards.
func (w *walker) done(ctx context.Context, path string, form url.Values) (*answer, error) {
	a, err := w.post(ctx, path, form)
	if err == nil && a.status != http.StatusSeeOther {
		err = fmt.Errorf("%s for %s with %v: %d: %s", a.asked, w.email, form, a.status, a.text())
	}
	return a, err
}

// signIn signs in with the code that arrives by mail.
func (w *walker) signIn(t *testing.T, post *mailtest.Server) {
	t.Helper()
	before := post.Count(mailtest.Taken)
	if _, err := w.done(t.Context(), "/sign-in", url.Values{"email": {w.email}}); err != nil {
		t.Fatal(err)
	}
	post.Await(mailtest.Taken, before+1)
	mails, err := post.List(w.email, 0, 1)
	if err != nil || len(mails) != 1 {
		t.Fatalf("the code for %s: %d mails, %v", w.email, len(mails), err)
	}
	if _, err := w.done(t.Context(), "/sign-in/code", url.Values{"code": {sixDigits.FindString(mails[0].Text)}}); err != nil {
		t.Fatal(err)
	}
}

// addPeople adds people by the command line: "tess" is tess@example.org.
func addPeople(t *testing.T, env []string, roles map[string]string) {
	t.Helper()
	for name, role := range roles {
		args := []string{"person", "add", name + "@example.org", "--name", strings.ToUpper(name[:1]) + name[1:] + " Price"}
		if role != "" {
			args = append(args, "--role", role)
		}
		if code, _, errs := outcomeOf(t, env, args...); code != exitOK {
			t.Fatalf("%q: exit %d, %s", args, code, errs)
		}
	}
}

// pastLeases is a clock by which every lease of a server that was killed has run out.
func pastLeases() time.Time { return time.Now().Add(outbox.DefaultLease + time.Minute) }

// replica is Rung wired in this process, on what a rung serve of serveEnv uses.
func replica(t *testing.T, db *database, data string, post *mailtest.Server, now func() time.Time) *rung {
	t.Helper()
	server, err := mail.ParseServer(post.URL())
	if err != nil {
		t.Fatal(err)
	}
	p := &process{ctx: t.Context(), now: now}
	r, err := p.wire(settings{baseURL: &url.URL{Scheme: "http", Host: "localhost:8080"}, programme: programme.Default(),
		secret: []byte(strings.Repeat("k", minSecret)), server: server, from: netmail.Address{Address: "rung@example.org"}},
		db, &files.Store{Dir: filepath.Join(data, "files")}, silent)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.sender.Close)
	return r
}
