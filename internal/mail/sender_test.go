package mail_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	netmail "net/mail"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/mail"
	"github.com/leadership-ladder/rung/internal/mail/mailtest"
	"github.com/leadership-ladder/rung/internal/mail/sink"
)

var monday = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)

// newSender sends to the test's server; change may alter where and how.
func newSender(t *testing.T, server string, change ...func(*mail.Options)) *mail.Sender {
	t.Helper()
	to, err := mail.ParseServer(server)
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse("https://rung.example.org/")
	if err != nil {
		t.Fatal(err)
	}
	o := mail.Options{
		Server: to, BaseURL: base, Now: func() time.Time { return monday }, Timeout: 20 * time.Second,
		From: netmail.Address{Name: "Leadership Ladder", Address: "rung@example.org"},
	}
	for _, c := range change {
		c(&o)
	}
	s, err := mail.NewSender(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func facts() mail.Facts {
	return mail.Facts{
		ToName: "Dr Ada Okafor", ToEmail: "ada@example.org",
		Subject: "Leading a handover: please answer two requests", Heading: "Two changes are asked for",
		Paragraphs: []string{"Ben Whyte has asked for changes to <Leading a handover>."},
		Quotes:     []mail.Quote{{Label: "1. Captions", Text: "The video has none.\nPlease add them."}},
		Action:     "Answer the requests", Link: "https://rung.example.org/proposals/42?a=1&b=2",
		Why: "You got this because you are an author.", Thread: "proposal-42", ChainHead: "c0ffee", DateLine: "2 March 2026",
	}
}

func send(t *testing.T, s *mail.Sender, id int64, f mail.Facts) mail.Result {
	t.Helper()
	return s.Send(t.Context(), id, f)
}

func TestMailAsReceived(t *testing.T) {
	server := mailtest.New(t)
	if r := send(t, newSender(t, server.URL()), 7, facts()); r != (mail.Result{State: mail.Sent}) {
		t.Fatalf("sending: %+v", r)
	}
	mails := server.Mails()
	if len(mails) != 1 {
		t.Fatalf("%d mails arrived, want 1", len(mails))
	}
	m := mails[0]
	for what, pair := range map[string][2]string{
		"From":           {m.From, `"Leadership Ladder" <rung@example.org>`},
		"To":             {m.To, `"Dr Ada Okafor" <ada@example.org>`},
		"Delivered-To":   {strings.Join(m.DeliveredTo, " "), "ada@example.org"},
		"Subject":        {m.Subject, "Leading a handover: please answer two requests"},
		"Message-ID":     {m.MessageID, "<rung-7@rung.example.org>"},
		"In-Reply-To":    {m.InReplyTo, "<proposal-42@rung.example.org>"},
		"References":     {m.References, "<proposal-42@rung.example.org>"},
		"Auto-Submitted": {m.Header("Auto-Submitted"), "auto-generated"},
		"Date":           {m.Date.UTC().String(), monday.String()},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %q, want %q", what, pair[0], pair[1])
		}
	}
	if !slices.Equal(m.Links, []string{"https://rung.example.org/proposals/42?a=1&b=2"}) {
		t.Errorf("links are %q, want the one of the facts", m.Links)
	}
	for _, want := range []string{
		facts().Link, "> The video has none.\n> Please add them.", "<Leading a handover>", "c0ffee", "2 March 2026", "because you are an author",
	} {
		if text := strings.ReplaceAll(m.Text, "\r\n", "\n"); !strings.Contains(text, want) {
			t.Errorf("the plain text lacks %q:\n%s", want, text)
		}
	}
	for _, want := range []string{
		"https://rung.example.org/proposals/42?a=1&amp;b=2", "The video has none.<br>Please add them.</blockquote>",
		"&lt;Leading a handover&gt;", "c0ffee", `lang="en-GB"`, "Answer the requests</a>",
	} {
		if !strings.Contains(m.HTML, want) {
			t.Errorf("the page lacks %q:\n%s", want, m.HTML)
		}
	}
	for _, never := range []string{"src=", "url(", "@import", "<script", "ZgotmplZ"} {
		if strings.Contains(m.HTML, never) {
			t.Errorf("the page has %q", never)
		}
	}
}

func TestBareMailHasNoEmptyParts(t *testing.T) {
	server := mailtest.New(t)
	send(t, newSender(t, server.URL()), 1, mail.Facts{ToEmail: "ada@example.org", Subject: "Code", Heading: "123 456"})
	m := server.Mails()[0]
	if got := strings.TrimSpace(m.Text); got != "123 456" {
		t.Errorf("text is %q", got)
	}
	if m.InReplyTo != "" || m.References != "" || strings.Contains(m.HTML, "<a ") || strings.Contains(m.HTML, "<blockquote") {
		t.Errorf("the mail has what its facts lack:\n%s", m.Raw)
	}
	if m.To != "<ada@example.org>" && m.To != "ada@example.org" {
		t.Errorf("To is %q", m.To)
	}
}

func TestHeaderInjectionIsHarmless(t *testing.T) {
	server := mailtest.New(t)
	f := facts()
	f.Subject = "Hello\r\nBcc: victim@example.org\r\n\r\nBody"
	f.ToName = "Ada\r\nBcc: victim@example.org"
	f.Heading = "Line\r\nLine"
	if r := send(t, newSender(t, server.URL()), 1, f); r.State != mail.Sent {
		t.Fatalf("sending: %+v", r)
	}
	m := server.Mails()[0]
	if m.Header("Bcc") != "" || len(m.DeliveredTo) != 1 {
		t.Errorf("a header was injected:\n%s", m.Raw)
	}
	if m.Subject != "Hello Bcc: victim@example.org Body" {
		t.Errorf("subject is %q", m.Subject)
	}

	f = facts()
	f.Thread = "x>\r\nBcc: victim@example.org"
	if r := send(t, newSender(t, server.URL()), 2, f); r.State != mail.Retry {
		t.Errorf("a thread that breaks its header: %+v, want Retry", r)
	}
	f = facts()
	f.Link = "javascript:alert(1)"
	if r := send(t, newSender(t, server.URL()), 3, f); r.State != mail.Retry {
		t.Errorf("a link that is no web address: %+v, want Retry", r)
	}
}

func TestBadAddressesFailWithoutAConnection(t *testing.T) {
	server := mailtest.New(t)
	s := newSender(t, server.URL())
	for _, address := range []string{
		"", "ada", "ada@", "@example.org", "Ada <ada@example.org>", "ada@example.org, ben@example.org",
		"ada@example.org\r\nRCPT TO:<x@y.org>", "a da@example.org", `"a@b"@example.org`, strings.Repeat("a", 65) + "@example.org",
	} {
		f := facts()
		f.ToEmail = address
		if r := send(t, s, 1, f); r.State != mail.Failed || r.Error == "" {
			t.Errorf("%q: %+v, want Failed", address, r)
		}
	}
	if n := server.Connections(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

func TestOneConnectionForManyMails(t *testing.T) {
	server := mailtest.New(t)
	s := newSender(t, server.URL())
	for id := range int64(20) {
		if r := send(t, s, id, facts()); r.State != mail.Sent {
			t.Fatalf("mail %d: %+v", id, r)
		}
	}
	if n := server.Connections(); n != 1 {
		t.Errorf("20 mails took %d connections, want 1", n)
	}
	s.Close()
	if n := server.Count(mailtest.Quit); n != 1 {
		t.Errorf("closing said QUIT %d times, want 1", n)
	}
	if r := send(t, s, 21, facts()); r.State != mail.Sent {
		t.Errorf("after Close: %+v", r)
	}
}

// TestFaults sends one mail into each fault, then another with all well: what
// does the first come to, how often did it arrive, and does the sender recover?
func TestFaults(t *testing.T) {
	const cut = 0
	for _, c := range []struct {
		name    string
		fault   mailtest.Fault
		want    string
		arrived int
	}{
		{"connect cut", mailtest.Fault{Phase: mailtest.Connect, Code: cut}, mail.Retry, 0},
		{"connect 421", mailtest.Fault{Phase: mailtest.Connect, Code: 421}, mail.Retry, 0},
		{"connect 554", mailtest.Fault{Phase: mailtest.Connect, Code: 554}, mail.Retry, 0},
		{"connect hangs", mailtest.Fault{Phase: mailtest.Connect, Hang: true}, mail.Retry, 0},
		{"ehlo cut", mailtest.Fault{Phase: mailtest.Ehlo, Code: cut}, mail.Retry, 0},
		{"mail cut", mailtest.Fault{Phase: mailtest.MailFrom, Code: cut}, mail.Retry, 0},
		{"mail 421", mailtest.Fault{Phase: mailtest.MailFrom, Code: 421}, mail.Retry, 0},
		{"mail 451", mailtest.Fault{Phase: mailtest.MailFrom, Code: 451}, mail.Retry, 0},
		{"mail 530, sign in first", mailtest.Fault{Phase: mailtest.MailFrom, Code: 530}, mail.Retry, 0},
		{"mail 550", mailtest.Fault{Phase: mailtest.MailFrom, Code: 550}, mail.Failed, 0},
		{"rcpt cut", mailtest.Fault{Phase: mailtest.Rcpt, Code: cut}, mail.Retry, 0},
		{"rcpt 450", mailtest.Fault{Phase: mailtest.Rcpt, Code: 450}, mail.Retry, 0},
		{"rcpt 550", mailtest.Fault{Phase: mailtest.Rcpt, Code: 550}, mail.Failed, 0},
		{"rcpt hangs", mailtest.Fault{Phase: mailtest.Rcpt, Hang: true}, mail.Retry, 0},
		{"data cut", mailtest.Fault{Phase: mailtest.Data, Code: cut}, mail.Retry, 0},
		{"data 451", mailtest.Fault{Phase: mailtest.Data, Code: 451}, mail.Retry, 0},
		{"data 554", mailtest.Fault{Phase: mailtest.Data, Code: 554}, mail.Failed, 0},
		{"data end cut", mailtest.Fault{Phase: mailtest.DataEnd, Code: cut}, mail.Retry, 0},
		{"data end 451", mailtest.Fault{Phase: mailtest.DataEnd, Code: 451}, mail.Retry, 0},
		{"data end 554", mailtest.Fault{Phase: mailtest.DataEnd, Code: 554}, mail.Failed, 0},
		// Here nobody can know; the retry has the same Message-ID.
		{"taken, then cut", mailtest.Fault{Phase: mailtest.Taken, Code: cut}, mail.Retry, 1},
		{"taken, then hangs", mailtest.Fault{Phase: mailtest.Taken, Hang: true}, mail.Retry, 1},
		// Here it is known: whatever follows, it was delivered.
		{"rset cut", mailtest.Fault{Phase: mailtest.Rset, Code: cut}, mail.Sent, 1},
		{"rset 421", mailtest.Fault{Phase: mailtest.Rset, Code: 421}, mail.Sent, 1},
		{"rset 500", mailtest.Fault{Phase: mailtest.Rset, Code: 500}, mail.Sent, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := mailtest.New(t)
			s := newSender(t, server.URL(), func(o *mail.Options) {
				if c.fault.Hang {
					o.Timeout = 300 * time.Millisecond
				}
			})
			c.fault.Times = 1
			server.Inject(c.fault)
			r := send(t, s, 1, facts())
			if r.State != c.want || (r.Error == "") != (r.State == mail.Sent) {
				t.Errorf("first: %+v, want %s", r, c.want)
			}
			if n := len(server.Mails()); n != c.arrived {
				t.Errorf("it arrived %d times, want %d", n, c.arrived)
			}
			if r := send(t, s, 2, facts()); r.State != mail.Sent {
				t.Errorf("after the fault: %+v", r)
			}
			if n := len(server.Mails()); n != c.arrived+1 {
				t.Errorf("%d mails in the end, want %d", n, c.arrived+1)
			}
		})
	}
}

func TestQuitFaultIsHarmless(t *testing.T) {
	server := mailtest.New(t)
	s := newSender(t, server.URL())
	server.Inject(mailtest.Fault{Phase: mailtest.Quit})
	send(t, s, 1, facts())
	s.Close()
	if r := send(t, s, 2, facts()); r.State != mail.Sent {
		t.Errorf("after a failed QUIT: %+v", r)
	}
}

func TestAnEndedConnectionIsNoFailure(t *testing.T) {
	server := mailtest.New(t)
	s := newSender(t, server.URL())
	send(t, s, 1, facts())
	server.Inject(mailtest.Fault{Phase: mailtest.Noop, Times: 1}) // as a server does that waited long enough
	if r := send(t, s, 2, facts()); r.State != mail.Sent {
		t.Errorf("on a connection that the server had ended: %+v", r)
	}
	if n := server.Connections(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

func TestSignIn(t *testing.T) {
	const secret = "open:sesame"
	in := func(o *sink.Options) {
		o.Login = func(user, password string) bool { return user == "rung" && password == secret }
	}
	server := mailtest.New(t, in)
	with := func(password string) string {
		return strings.Replace(server.URL(), "//", "//rung:"+url.QueryEscape(password)+"@", 1)
	}
	if r := send(t, newSender(t, with(secret)), 1, facts()); r.State != mail.Sent {
		t.Errorf("with the right password: %+v", r)
	}
	if n := server.Count(mailtest.Auth); n != 1 {
		t.Errorf("AUTH was said %d times, want 1", n)
	}
	r := send(t, newSender(t, with("wrong-secret")), 2, facts())
	if r.State != mail.Retry || strings.Contains(r.Error, "wrong-secret") || !strings.Contains(r.Error, "535") {
		t.Errorf("with a wrong password: %+v, want Retry and the code, not the password", r)
	}
	server.Inject(mailtest.Fault{Phase: mailtest.Auth, Times: 1})
	s := newSender(t, with(secret))
	if r := send(t, s, 3, facts()); r.State != mail.Retry {
		t.Errorf("cut in AUTH: %+v", r)
	}
	if r := send(t, s, 3, facts()); r.State != mail.Sent {
		t.Errorf("after it: %+v", r)
	}
}

// elsewhere makes a loopback server look like one at mail.example.org.
func elsewhere(server *mailtest.Server, roots *x509.CertPool) func(*mail.Options) {
	return func(o *mail.Options) {
		o.Server.Host = "mail.example.org"
		if roots != nil {
			o.TLS = &tls.Config{RootCAs: roots}
		}
		o.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort(server.Host(), server.URL()[strings.LastIndex(server.URL(), ":")+1:]))
		}
	}
}

func TestTLSIsRequiredElsewhere(t *testing.T) {
	plain := mailtest.New(t)
	if r := send(t, newSender(t, plain.URL(), elsewhere(plain, nil)), 1, facts()); r.State != mail.Retry || !strings.Contains(r.Error, "STARTTLS") {
		t.Errorf("to a server without STARTTLS: %+v, want Retry", r)
	}
	if len(plain.Mails()) != 0 {
		t.Error("a mail went unencrypted")
	}

	certificate, roots := certify(t, "mail.example.org")
	offers := mailtest.New(t, func(o *sink.Options) { o.TLS = certificate })
	if r := send(t, newSender(t, offers.URL(), elsewhere(offers, roots)), 1, facts()); r.State != mail.Sent {
		t.Errorf("to a server with STARTTLS: %+v", r)
	}
	if r := send(t, newSender(t, offers.URL(), elsewhere(offers, nil)), 2, facts()); r.State != mail.Retry {
		t.Errorf("to a server whose certificate nobody vouches for: %+v, want Retry", r)
	}
	for _, f := range []mailtest.Fault{{Phase: mailtest.StartTLS, Code: 454, Times: 1}, {Phase: mailtest.StartTLS, Times: 1}} {
		offers.Inject(f)
		s := newSender(t, offers.URL(), elsewhere(offers, roots))
		if r := send(t, s, 3, facts()); r.State != mail.Retry {
			t.Errorf("STARTTLS answered %d: %+v, want Retry", f.Code, r)
		}
		if r := send(t, s, 3, facts()); r.State != mail.Sent {
			t.Errorf("after it: %+v", r)
		}
	}

	implicit := mailtest.New(t, func(o *sink.Options) {
		o.TLS, o.ImplicitTLS = certificate, true
		o.Login = func(string, string) bool { return true }
	})
	with := strings.Replace(implicit.URL(), "//", "//rung:secret@", 1)
	if r := send(t, newSender(t, with, elsewhere(implicit, roots)), 1, facts()); r.State != mail.Sent {
		t.Errorf("to smtps: %+v", r)
	}
	// On loopback an unvouched certificate will do: a local relay often has one.
	if r := send(t, newSender(t, offers.URL()), 4, facts()); r.State != mail.Sent {
		t.Errorf("to a local server with its own certificate: %+v", r)
	}
}

// certify makes a certificate for one host, and the pool that vouches for it.
func certify(t *testing.T, host string) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}

func TestAnEndedContextReleases(t *testing.T) {
	server := mailtest.New(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	s := newSender(t, server.URL())
	if r := s.Send(ended, 1, facts()); r.State != mail.Released {
		t.Errorf("without a connection: %+v, want Released", r)
	}
	send(t, s, 2, facts())
	if r := s.Send(ended, 3, facts()); r.State != mail.Released {
		t.Errorf("with one: %+v, want Released", r)
	}
	if n := len(server.Mails()); n != 1 {
		t.Errorf("%d mails arrived, want 1", n)
	}

	// A server that never greets does not hold up a stop.
	server.Inject(mailtest.Fault{Phase: mailtest.Connect, Hang: true})
	s.Close()
	ctx, stop := context.WithCancel(t.Context())
	answered := make(chan mail.Result)
	go func() { answered <- s.Send(ctx, 4, facts()) }()
	server.Await(mailtest.Connect, 2)
	stop()
	if r := <-answered; r.State != mail.Released {
		t.Errorf("while connecting: %+v, want Released", r)
	}
}

func TestParseServer(t *testing.T) {
	for raw, want := range map[string]mail.Server{
		"smtp://localhost":                      {Host: "localhost", Port: 25},
		"smtp://127.0.0.1:2525":                 {Host: "127.0.0.1", Port: 2525},
		"smtp://u:p%40ss@mail.example.org":      {Host: "mail.example.org", Port: 587, User: "u", Password: "p@ss"},
		"smtps://u%40x.org:p@mail.example.org/": {Host: "mail.example.org", Port: 465, User: "u@x.org", Password: "p", ImplicitTLS: true},
		"smtps://[2001:db8::1]:4650":            {Host: "2001:db8::1", Port: 4650, ImplicitTLS: true},
	} {
		if got, err := mail.ParseServer(raw); err != nil || got != want {
			t.Errorf("%s: %+v, %v", raw, got, err)
		}
	}
	for _, raw := range []string{
		"", "mail.example.org:25", "http://x", "smtp://", "smtp://x:99999", "smtp://u@x", "smtp://u:secret@x/path",
		"smtp://u:secret@x?tls=no", "smtp://u:sec%ret@x", "smtp://u:secret@x:port",
	} {
		_, err := mail.ParseServer(raw)
		if err == nil {
			t.Errorf("%q was taken", raw)
		} else if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "sec%ret") {
			t.Errorf("%q: the error repeats the password: %v", raw, err)
		}
	}
	for host, want := range map[string]bool{"localhost": true, "127.0.0.1": true, "127.8.8.8": true, "::1": true, "mail.example.org": false, "10.0.0.1": false, "localhost.example.org": false} {
		if got := (mail.Server{Host: host}).Loopback(); got != want {
			t.Errorf("%s is loopback: %v", host, got)
		}
	}
}
