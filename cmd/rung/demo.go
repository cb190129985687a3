package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	netmail "net/mail"
	"os"
	"strconv"
	"strings"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/internal/instance"
	"github.com/leadership-ladder/rung/internal/mail/sink"
	"github.com/leadership-ladder/rung/web"
)

const (
	demoListen  = "127.0.0.1:8080"
	demoBaseURL = "http://localhost:8080"
	// demoPreviewURL is the same listener by another name.
	demoPreviewURL = "http://127.0.0.1:8080"
	demoData       = "data"
	// demoAllow lets whoever tries webhooks out receive them on the same machine.
	demoAllow = "127.0.0.0/8,::1"
	// demoFrom is reserved for examples: nobody can be written to there.
	demoFrom = "rung@example.org"
)

type demoCmd struct {
	storage
	serving
}

// settings checks everything and tells all that is wrong at once. A demo lets
// anybody sign in as anybody, so it takes nothing that others could reach.
func (c demoCmd) settings() (settings, error) {
	var wrong problems
	var s settings
	if c.DatabaseURL != "" {
		wrong.add("database-url", "DATABASE_URL", "expected nothing: a demo only uses a database that it made itself, in its data folder")
	}
	if c.DataDir == "" {
		c.DataDir = demoData
	}
	c.storage.DatabaseURL = ""
	c.storage.check(&wrong)
	s.storage = c.storage
	if c.Listen == "" {
		c.Listen = demoListen
	}
	if c.BaseURL == "" {
		c.BaseURL = demoBaseURL
		s.followPort = true
	}
	if c.PreviewURL == "" {
		c.PreviewURL = otherName(c.BaseURL)
	}
	if c.WebhookAllow == "" {
		c.WebhookAllow = demoAllow
	}
	c.serving.check(&wrong, &s)
	if host, _, err := net.SplitHostPort(c.Listen); err == nil && !isLoopback(host) {
		wrong.add("listen", "LISTEN_ADDR", "expected an address of this machine alone, such as "+demoListen)
	}
	if s.baseURL != nil && !isLoopback(s.baseURL.Hostname()) {
		wrong.add("base-url", "BASE_URL", "expected an address of this machine alone, such as "+demoBaseURL)
	}
	if s.previewURL != nil && !isLoopback(s.previewURL.Hostname()) {
		wrong.add("preview-url", "PREVIEW_URL", "expected an address of this machine alone, such as "+demoPreviewURL)
	}
	s.from = netmail.Address{Name: "Leadership Ladder (demo)", Address: demoFrom}
	return s, wrong.err()
}

// otherName is a demo's address by this machine's other name, for previews;
// "" where it has none.
func otherName(base string) string {
	u, err := parseBaseURL(base)
	if err != nil {
		return ""
	}
	name := "localhost"
	if strings.EqualFold(u.Hostname(), name) {
		name = "127.0.0.1"
	}
	if port := u.Port(); port != "" {
		name = net.JoinHostPort(name, port)
	}
	u.Host = name
	return u.String()
}

// Run serves the demo until the process is asked to stop.
func (c demoCmd) Run(p *process) error {
	s, err := c.settings()
	if err != nil {
		return err
	}
	// A demo's log is for whoever looks at the terminal.
	log := slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ln, err := listen(p.ctx, s.listen)
	if err != nil {
		return err
	}
	defer ln.Close()
	if s.followPort {
		port := strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
		s.baseURL.Host = net.JoinHostPort(s.baseURL.Hostname(), port)
		if s.previewURL != nil && c.PreviewURL == "" {
			s.previewURL.Host = net.JoinHostPort(s.previewURL.Hostname(), port)
		}
	}
	if s.secret, err = keptSecret(s.secretFile()); err != nil {
		return err
	}
	store := &files.Store{Dir: s.filesDir(), Spare: files.DefaultSpare}
	db, err := p.openDemo(s, store, log)
	if err != nil {
		return err
	}
	defer closing(db, log)
	ready, err := p.enter(db, instance.Demo, store)
	if err != nil {
		return err
	}
	post, err := s.startPost(p.now)
	if err != nil {
		return err
	}
	defer post.Close()
	r, err := p.wire(s, db, store, log)
	if err != nil {
		return err
	}
	defer r.sender.Close()
	people := demoPeople()
	r.site.Ready = ready
	r.site.Demo = &web.Demo{People: people, Mailbox: mailbox{post.Mailbox}}
	warnOfMissingAssets(log)
	handler := r.site.Handler()
	p.welcome(s, people)
	return serve(p.ctx, ln, handler, r.runners, db.lost(), log)
}

// welcome tells where the demo is and who to be.
func (p *process) welcome(s settings, people []web.DemoPerson) {
	fmt.Fprintf(p.stdout, "\nRung's demo is at %s\n\nSign in as one of these, without a code, at %s/demo/people\n", s.baseURL, s.baseURL)
	for _, who := range people {
		fmt.Fprintf(p.stdout, "  %-22s %-22s %s\n", who.Email, who.Name, who.Role)
	}
	fmt.Fprintf(p.stdout, "\nAll mail that it sends is at %s/demo/mail\nThe data stay in %s. Ctrl-C stops it.\n", s.baseURL, s.DataDir)
}

// keptSecret reads the demo's secret, making it at the first start, so that
// codes on their way survive a restart.
func keptSecret(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err == nil && len(b) >= minSecret {
		return b, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the demo's secret: %w", err)
	}
	secret := []byte(rand.Text() + rand.Text())
	if err := os.WriteFile(path, secret, 0o600); err != nil {
		return nil, fmt.Errorf("keeping the demo's secret: %w", err)
	}
	return secret, nil
}

// mailbox shows the pages what the demo's mail server has kept.
type mailbox struct{ kept sink.Mailbox }

// Mails gives the newest first.
func (m mailbox) Mails(_ context.Context, limit int) ([]web.DemoMail, error) {
	list, err := m.kept.List("", 0, limit)
	if err != nil {
		return nil, err
	}
	mails := make([]web.DemoMail, len(list))
	for i, one := range list {
		mails[i] = demoMail(one)
		mails[i].Text = ""
	}
	return mails, nil
}

// Mail gives one with its text.
func (m mailbox) Mail(_ context.Context, id string) (web.DemoMail, error) {
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return web.DemoMail{}, fault.New(fault.NotFound, "There is no such mail.")
	}
	one, err := m.kept.Get(number)
	if errors.Is(err, sink.ErrNoMail) {
		return web.DemoMail{}, fault.New(fault.NotFound, "There is no such mail.")
	}
	if err != nil {
		return web.DemoMail{}, err
	}
	return demoMail(one), nil
}

func demoMail(m *sink.Mail) web.DemoMail {
	return web.DemoMail{ID: strconv.FormatInt(m.ID, 10), To: m.To, Subject: m.Subject, SentAt: m.ReceivedAt, Text: m.Text}
}
