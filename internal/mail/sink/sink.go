// Package sink is a mail server that keeps what it is sent instead of passing it
// on: the demo's mailbox, and what the tests send to. It listens on loopback
// alone and keeps each mail as an .eml file, so that mails survive a restart and
// any mail program can open them.
package sink

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// maxBytes bounds one mail; Rung's own are a few kilobytes.
const maxBytes = 10 << 20

// Options say how the server behaves.
type Options struct {
	Dir string           // where the mails are kept; made if it is not there
	Now func() time.Time // when a mail arrived

	// Addr is where to listen; default "127.0.0.1:0", any free port.
	Addr string
	// Reject, where set, tells the addresses that nobody lives at: they are
	// refused for good, with 550.
	Reject func(address string) bool

	// TLS, where set, offers STARTTLS; with ImplicitTLS, TLS from the first byte.
	TLS         *tls.Config
	ImplicitTLS bool
	// Login, where set, offers AUTH PLAIN and asks it who may come in; mail is
	// taken without it too.
	Login func(user, password string) bool
	// Wrap, where set, stands between the network and the server (fault injection).
	Wrap func(net.Listener) net.Listener
	// Before, where set, sees each mail before it is kept; an error refuses it.
	Before func(to []string, data []byte) error
}

// Sink is a running server and what it keeps.
type Sink struct {
	Mailbox
	o      Options
	server *smtp.Server
	addr   net.Addr

	mu   sync.Mutex
	last int64 // the number of the newest mail
}

// Start opens the folder and listens.
func Start(o Options) (*Sink, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the mailbox's folder: %w", err)
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	s := &Sink{Mailbox: Mailbox{Dir: o.Dir}, o: o}
	ids, err := s.ids()
	if err != nil {
		return nil, err
	}
	if len(ids) > 0 {
		s.last = ids[0]
	}

	l, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("listening for mail: %w", err)
	}
	s.addr = l.Addr()
	if ip := net.ParseIP(s.Host()); ip == nil || !ip.IsLoopback() {
		l.Close()
		return nil, errors.New("the mailbox listens on this machine alone")
	}
	if o.Wrap != nil {
		l = o.Wrap(l)
	}
	if o.ImplicitTLS {
		l = tls.NewListener(l, o.TLS)
	}
	s.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{sink: s}, nil
	}))
	s.server.Domain = "localhost"
	s.server.MaxMessageBytes = maxBytes
	s.server.AllowInsecureAuth = true // loopback alone
	s.server.ReadTimeout, s.server.WriteTimeout = 5*time.Minute, time.Minute
	s.server.ErrorLog = log.New(io.Discard, "", 0) // a client that hangs up is no news
	if !o.ImplicitTLS {
		s.server.TLSConfig = o.TLS
	}
	go s.server.Serve(l)
	return s, nil
}

// Host and Port are where it listens.
func (s *Sink) Host() string { host, _, _ := net.SplitHostPort(s.addr.String()); return host }

// Port is the one it listens on.
func (s *Sink) Port() int { return s.addr.(*net.TCPAddr).Port }

// URL is its address as SMTP_URL has it.
func (s *Sink) URL() string {
	scheme := "smtp"
	if s.o.ImplicitTLS {
		scheme = "smtps"
	}
	return scheme + "://" + s.addr.String()
}

// Close stops listening and ends the connections; the mails stay.
func (s *Sink) Close() error { return s.server.Close() }

// keep writes a mail down, whole or not at all: a reader never sees half of one.
func (s *Sink) keep(from string, to []string, data []byte) error {
	if s.o.Before != nil {
		if err := s.o.Before(to, data); err != nil {
			return err
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Return-Path: <%s>\r\n", from)
	for _, address := range to {
		fmt.Fprintf(&b, "Delivered-To: %s\r\n", address)
	}
	fmt.Fprintf(&b, "Received: by localhost; %s\r\n", s.o.Now().UTC().Format(time.RFC1123Z))
	b.Write(data)

	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.last + 1
	name := s.path(id)
	draft := filepath.Join(s.Dir, "arriving.tmp")
	if err := os.WriteFile(draft, []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("keeping a mail: %w", err)
	}
	// Link, unlike rename, refuses to replace a mail that another server on the
	// same folder kept meanwhile.
	err := os.Link(draft, name)
	if errors.Is(err, fs.ErrExist) {
		return errors.New("another mailbox uses the same folder")
	}
	if err != nil {
		return fmt.Errorf("keeping a mail: %w", err)
	}
	os.Remove(draft)
	s.last = id
	return nil
}

func (m Mailbox) path(id int64) string {
	return filepath.Join(m.Dir, fmt.Sprintf("%08d.eml", id))
}

// ids are the numbers of the mails, newest first.
func (m Mailbox) ids() ([]int64, error) {
	entries, err := os.ReadDir(m.Dir) // sorted by name
	if err != nil {
		return nil, fmt.Errorf("reading the mailbox: %w", err)
	}
	var ids []int64
	for i := len(entries) - 1; i >= 0; i-- {
		stem, isMail := strings.CutSuffix(entries[i].Name(), ".eml")
		if id, err := strconv.ParseInt(stem, 10, 64); isMail && err == nil {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// session is one mail in the making.
type session struct {
	sink *Sink
	from string
	to   []string
}

func (c *session) Reset()        { c.from, c.to = "", nil }
func (c *session) Logout() error { return nil }

func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	c.from = from
	return nil
}

func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if reject := c.sink.o.Reject; reject != nil && reject(to) {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such person here"}
	}
	c.to = append(c.to, to)
	return nil
}

func (c *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	err = c.sink.keep(c.from, c.to, data)
	if _, answer := errors.AsType[*smtp.SMTPError](err); err != nil && !answer {
		// A full disk is no reason to give a mail up.
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "The mail could not be kept"}
	}
	return err
}

// AuthMechanisms and Auth make it a server that one can sign in to.
func (c *session) AuthMechanisms() []string {
	if c.sink.o.Login == nil {
		return nil
	}
	return []string{sasl.Plain}
}

func (c *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if c.sink.o.Login == nil || !c.sink.o.Login(user, password) {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}
