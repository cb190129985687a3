package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"strings"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

const (
	// DefaultTimeout bounds connecting, and then each mail. A server that scans
	// what it takes may think for a while before it answers.
	DefaultTimeout = time.Minute
	// idleFor is how long a connection is kept for the next mail; servers end
	// idle ones themselves after about five minutes.
	idleFor = 30 * time.Second
)

// Options say where mail goes and whom it comes from.
type Options struct {
	Server  Server
	From    netmail.Address // with a display name: "Leadership Ladder <rung@example.org>"
	BaseURL *url.URL        // its host names the machine in Message-ID and EHLO
	Now     func() time.Time

	Timeout time.Duration                                                     // default DefaultTimeout
	TLS     *tls.Config                                                       // default: the system's roots; on loopback, no verification
	Dial    func(ctx context.Context, network, addr string) (net.Conn, error) // default net.Dialer
}

// Sender sends mail over one connection, which it keeps as long as mails follow
// one another. It may be used by several goroutines; they take turns.
type Sender struct {
	o      Options
	host   string // right of the @ in a Message-ID
	client *gomail.Client
	tls    *tls.Config

	mu   sync.Mutex
	conn *smtp.Client // nil while there is none
	raw  net.Conn     // what conn speaks over
	idle *time.Timer
}

// NewSender checks the options; it doesn't connect.
func NewSender(o Options) (*Sender, error) {
	if o.Now == nil || o.BaseURL == nil || o.BaseURL.Hostname() == "" {
		return nil, errors.New("setting up mail: it needs a clock and a base address")
	}
	if !ValidAddress(o.From.Address) {
		return nil, errors.New("the address that mail comes from is not a valid one")
	}
	o.From.Name = oneLine(o.From.Name)
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	tlsConfig := &tls.Config{}
	if o.TLS != nil {
		tlsConfig = o.TLS.Clone()
	} else if o.Server.Loopback() {
		// No authority certifies "localhost", and nobody stands between.
		tlsConfig.InsecureSkipVerify = true
	}
	if tlsConfig.ServerName == "" {
		tlsConfig.ServerName = o.Server.Host
	}
	tlsConfig.MinVersion = max(tlsConfig.MinVersion, tls.VersionTLS12)

	s := &Sender{o: o, tls: tlsConfig, host: o.BaseURL.Hostname()}
	if net.ParseIP(s.host) != nil {
		s.host = "[" + s.host + "]"
	}
	policy := gomail.TLSMandatory
	switch {
	case o.Server.ImplicitTLS:
		policy = gomail.NoTLS // the connection is encrypted before SMTP begins
	case o.Server.Loopback():
		policy = gomail.TLSOpportunistic
	}
	options := []gomail.Option{
		gomail.WithPort(o.Server.Port), gomail.WithTimeout(o.Timeout), gomail.WithHELO(s.host),
		gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(tlsConfig),
		// connect has dialled already; see there.
		gomail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return s.raw, nil }),
	}
	if o.Server.User != "" {
		options = append(options, gomail.WithSMTPAuthCustom(&login{server: o.Server}))
	}
	client, err := gomail.NewClient(o.Server.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("setting up mail: %w", err)
	}
	s.client = client
	return s, nil
}

// Send sends one mail to one person. id is the outbox's: a mail sent again under
// the same id has the same Message-ID, by which receivers know a double. A mail
// once begun is finished, even if ctx ends meanwhile.
func (s *Sender) Send(ctx context.Context, id int64, f Facts) Result {
	msg, err := compose(id, f, s.o.From, s.host, s.o.Now())
	if errors.Is(err, errAddress) {
		return Result{State: Failed, Error: "The address is not one that mail can be sent to."}
	}
	if err != nil {
		return Result{State: Retry, Error: "Rung could not write this mail: " + err.Error()}
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle != nil {
		s.idle.Stop()
	}
	for {
		kept := s.conn != nil
		if !kept {
			if err := s.connect(ctx); err != nil {
				if ctx.Err() != nil {
					return Result{State: Released}
				}
				return Result{State: Retry, Error: s.connectText(err)}
			}
		}
		if ctx.Err() != nil {
			s.restWhenIdle()
			return Result{State: Released}
		}
		err := s.client.SendWithSMTPClient(s.conn, msg)
		failure, _ := errors.AsType[*gomail.SendError](err)
		if failure != nil && failure.Reason == gomail.ErrConnCheck && kept {
			// The server has ended the kept connection; nothing of this mail was said.
			s.drop()
			continue
		}
		return s.judge(msg, err, failure)
	}
}

// judge tells what an attempt came to, and leaves the connection fit for the
// next mail or gone.
func (s *Sender) judge(msg *gomail.Msg, err error, failure *gomail.SendError) Result {
	defer s.restWhenIdle()
	if err == nil {
		return Result{State: Sent}
	}
	code := 0
	if failure != nil {
		code = failure.ErrorCode()
	}
	// Without an answer, or after "closing", the connection is of no more use.
	if code == 0 || code == 421 || s.client.ResetWithSMTPClient(s.conn) != nil {
		s.drop()
	}
	if msg.IsDelivered() {
		// The server took it before whatever went wrong then; to send it again
		// would double it.
		return Result{State: Sent, Note: "The connection broke after the mail server had taken it."}
	}
	state := Retry
	if code >= 500 && !aboutUs(code) {
		state = Failed
	}
	if failure != nil && failure.Reason == gomail.ErrGetRcpts {
		state = Failed
	}
	return Result{State: state, Error: s.sendText(err, failure, code)}
}

// aboutUs tells the refusals that mean Rung's own sign-in at the mail server
// (RFC 4954): a mistake in the configuration must not fail everybody's mail.
func aboutUs(code int) bool {
	return code == 530 || code == 534 || code == 535 || code == 538
}

// connect makes the connection; the caller holds the lock. It dials by itself,
// since go-mail leaves a connection open on which EHLO, STARTTLS or AUTH fails,
// and doesn't end those when ctx does.
func (s *Sender) connect(ctx context.Context) error {
	dialling, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	raw, err := s.o.Dial(dialling, "tcp", s.o.Server.Address())
	if err != nil {
		return err
	}
	if s.o.Server.ImplicitTLS {
		raw = tls.Client(raw, s.tls)
	}
	s.raw = raw
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	conn, err := s.client.DialToSMTPClientWithContext(ctx)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		raw.Close()
		return err
	}
	s.conn = conn
	return nil
}

// drop closes the connection without a word: it is broken, or perhaps in the
// middle of a mail.
func (s *Sender) drop() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}

// restWhenIdle ends the connection politely when no mail follows.
func (s *Sender) restWhenIdle() {
	if s.conn == nil {
		return
	}
	if s.idle == nil {
		s.idle = time.AfterFunc(idleFor, s.Close)
		return
	}
	s.idle.Reset(idleFor)
}

// Close ends the connection, if there is one. The sender can be used again.
func (s *Sender) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle != nil {
		s.idle.Stop()
	}
	if s.conn == nil {
		return
	}
	_ = s.conn.UpdateDeadline(5 * time.Second)
	_ = s.client.CloseWithSMTPClient(s.conn) // QUIT; what it answers changes nothing
	s.drop()
}

// connectText is a sentence for an administrator on a connection that failed.
func (s *Sender) connectText(err error) string {
	return s.scrub(fmt.Sprintf("Rung could not connect to the mail server %s: %v", s.o.Server.Address(), err))
}

// sendText is a sentence for an administrator on a mail that was not taken.
func (s *Sender) sendText(err error, failure *gomail.SendError, code int) string {
	text := err.Error()
	if failure != nil {
		text = failure.Error()
	}
	// go-mail repeats the recipient and the Message-ID, which the page shows anyway.
	text, _, _ = strings.Cut(text, ", affected recipient(s): ")
	text, _, _ = strings.Cut(text, ", affected message ID: ")
	verb := "refused it"
	switch {
	case code == 0:
		verb = "did not answer as it should"
	case code < 500 || aboutUs(code):
		verb = "did not take it for now"
	}
	return s.scrub(fmt.Sprintf("The mail server %s %s: %s", s.o.Server.Address(), verb, text))
}

// scrub makes sure that no server's answer brings the password to a page.
func (s *Sender) scrub(text string) string {
	for _, secret := range s.o.Server.secrets() {
		text = strings.ReplaceAll(text, secret, "(hidden)")
	}
	return oneLine(text)
}
