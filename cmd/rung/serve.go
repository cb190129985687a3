package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	netmail "net/mail"
	"strings"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/internal/instance"
	"github.com/leadership-ladder/rung/internal/mail"
	"github.com/leadership-ladder/rung/web"
)

type serveCmd struct {
	storage
	serving
	SMTPURL   string `name:"smtp-url" variable:"SMTP_URL" placeholder:"URL" help:"Mail server: smtp://user:password@host:port or smtps://…; encryption is required but on loopback (SMTP_URL)."`
	MailFrom  string `name:"mail-from" variable:"MAIL_FROM" placeholder:"ADDRESS" help:"Whom mail comes from, like 'Leadership Ladder <rung@example.org>' (MAIL_FROM)."`
	SecretKey string `name:"secret-key" variable:"SECRET_KEY" placeholder:"SECRET" help:"At least 32 random bytes, the same for all replicas; better as the variable than on the command line (SECRET_KEY)."`
	Proxies   int    `name:"trusted-proxies" variable:"TRUSTED_PROXIES" default:"0" placeholder:"N" help:"How many proxies of your own stand before this server and add to X-Forwarded-For (TRUSTED_PROXIES)."`
}

// settings checks everything and tells all that is wrong at once.
func (c serveCmd) settings() (settings, error) {
	var wrong problems
	s := settings{proxies: c.Proxies, secret: []byte(c.SecretKey)}
	c.storage.check(&wrong)
	s.storage = c.storage
	if c.DataDir == "" {
		wrong.add("data", "DATA_DIR", "expected the folder for uploaded packages, shared by all replicas")
	}
	if c.Listen == "" {
		c.Listen = ":8080"
	}
	c.serving.check(&wrong, &s)
	var err error
	if s.server, err = mail.ParseServer(c.SMTPURL); c.SMTPURL == "" {
		wrong.add("smtp-url", "SMTP_URL", "expected the mail server, as smtp://user:password@host:port or smtps://…")
	} else if err != nil {
		wrong.add("smtp-url", "SMTP_URL", err.Error())
	}
	if from, err := netmail.ParseAddress(c.MailFrom); err != nil || !mail.ValidAddress(from.Address) {
		wrong.add("mail-from", "MAIL_FROM", "expected an address, like Leadership Ladder <rung@example.org>")
	} else {
		s.from = *from
	}
	if len(s.secret) < minSecret {
		wrong.add("secret-key", "SECRET_KEY", fmt.Sprintf("expected at least %d bytes that nobody can guess, for example from: openssl rand -base64 48", minSecret))
	}
	if c.Proxies < 0 {
		wrong.add("trusted-proxies", "TRUSTED_PROXIES", "expected a number from 0")
	}
	return s, wrong.err()
}

// Run serves until the process is asked to stop.
func (c serveCmd) Run(p *process) error {
	s, err := c.settings()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(p.stderr, nil))
	ln, err := listen(p.ctx, s.listen)
	if err != nil {
		return err
	}
	defer ln.Close()
	db, err := s.open(p.ctx, log)
	if err != nil {
		return err
	}
	defer closing(db, log)
	store := &files.Store{Dir: s.filesDir(), Spare: files.DefaultSpare}
	ready, err := p.enter(db, instance.Production, store)
	if err != nil {
		return err
	}
	r, err := p.wire(s, db, store, log)
	if err != nil {
		return err
	}
	defer r.sender.Close()
	r.site.Ready = ready
	warnOfMissingAssets(log)
	handler := r.site.Handler()
	fmt.Fprintf(p.stdout, "Rung is serving %s (listening on %s).\n", s.baseURL, ln.Addr())
	return serve(p.ctx, ln, handler, r.runners, db.lost(), log)
}

func warnOfMissingAssets(log *slog.Logger) {
	if missing := web.AssetsMissing(); len(missing) > 0 {
		log.Warn("this binary was built without the pages' styles and scripts: run make assets, and build again", "missing", missing)
	}
}

// listen takes the address before anything else is started.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Unavailable, Cause: err,
			Text: fmt.Sprintf("Rung cannot listen on %s (%s). Is something else using it? --listen (LISTEN_ADDR) takes another.", addr, lastWords(err))}
	}
	return ln, nil
}

// lastWords is the operating system's part of a network error.
func lastWords(err error) string {
	words := err.Error()
	if i := strings.LastIndex(words, ": "); i >= 0 {
		return words[i+2:]
	}
	return words
}

// closing closes the database at the very end; what goes wrong is for the log.
func closing(db *database, log *slog.Logger) {
	if err := db.Close(); err != nil {
		log.Error("closing the database", "error", err)
	}
}
