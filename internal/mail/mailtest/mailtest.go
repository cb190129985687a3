// Package mailtest is a mail server for tests that fails where it is told to: in
// any phase of SMTP, with any answer, for one recipient or for all.
package mailtest

import (
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/leadership-ladder/rung/internal/mail/sink"
)

// Phase is a point of an SMTP conversation.
type Phase string

// The phases, in their order. Noop, Rset and Quit come as the client likes.
const (
	Connect  Phase = "connect"  // instead of the greeting
	Ehlo     Phase = "ehlo"     // also HELO
	StartTLS Phase = "starttls" // before the handshake
	Auth     Phase = "auth"
	MailFrom Phase = "mail"
	Rcpt     Phase = "rcpt"
	Data     Phase = "data"     // before the mail's first byte
	DataEnd  Phase = "data end" // after its last byte, before it is taken
	Taken    Phase = "taken"    // after it is taken, before that is said
	Noop     Phase = "noop"
	Rset     Phase = "rset"
	Quit     Phase = "quit"
)

// Fault is something that goes wrong.
type Fault struct {
	Phase     Phase
	Code      int    // the answer; 0 means that the connection is cut
	Hang      bool   // instead of either: no answer until the client gives up
	Recipient string // only in mails to this address, from Rcpt on; "" means any
	Times     int    // how often, after which all is well; 0 means always
	Skip      int    // how often all is well first
}

// Server is a sink with faults.
type Server struct {
	*sink.Sink
	t testing.TB

	mu          sync.Mutex
	faults      []*Fault
	connections int
	seen        map[Phase]int
	news        chan struct{} // closed, and made anew, when a phase is reached
}

// New starts a server that keeps what it takes in a folder of the test's own and
// ends with the test.
func New(t testing.TB, change ...func(*sink.Options)) *Server {
	t.Helper()
	s := &Server{t: t, seen: map[Phase]int{}, news: make(chan struct{})}
	o := sink.Options{Dir: t.TempDir(), Now: time.Now, Before: s.before}
	for _, c := range change {
		c(&o)
	}
	o.Wrap = func(l net.Listener) net.Listener { return &listener{l, s, o.ImplicitTLS} }
	running, err := sink.Start(o)
	if err != nil {
		t.Fatalf("starting a mail server: %v", err)
	}
	s.Sink = running
	t.Cleanup(func() { running.Close() })
	return s
}

// Inject adds faults.
func (s *Server) Inject(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &f)
	}
}

// Clear ends all faults.
func (s *Server) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Connections tells how many were made.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

// Count tells how often a phase was reached, faults included.
func (s *Server) Count(p Phase) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[p]
}

// Await waits until a phase has been reached n times; ten seconds are too long.
func (s *Server) Await(p Phase, n int) {
	s.t.Helper()
	late := time.After(10 * time.Second)
	for {
		s.mu.Lock()
		seen, news := s.seen[p], s.news
		s.mu.Unlock()
		if seen >= n {
			return
		}
		select {
		case <-news:
		case <-late:
			s.t.Fatalf("the phase %q was reached %d times, want %d", p, seen, n)
		}
	}
}

// Mails are those that were taken, oldest first.
func (s *Server) Mails() []*sink.Mail {
	s.t.Helper()
	mails, err := s.List("", 0, 1_000_000)
	if err != nil {
		s.t.Fatalf("reading the mails: %v", err)
	}
	slices.Reverse(mails)
	return mails
}

// take finds the fault that happens now, if any, among those that fit.
func (s *Server) take(p Phase, to []string, fits func(*Fault) bool) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Phase != p || f.Recipient != "" && !slices.Contains(to, strings.ToLower(f.Recipient)) || fits != nil && !fits(f) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		taken := *f
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
		}
		return &taken
	}
	return nil
}

// before refuses a whole mail with a code; cutting is done on the wire.
func (s *Server) before(to []string, _ []byte) error {
	lower := make([]string, len(to))
	for i := range to {
		lower[i] = strings.ToLower(to[i])
	}
	f := s.take(DataEnd, lower, func(f *Fault) bool { return f.Code != 0 })
	if f == nil {
		return nil
	}
	return &smtp.SMTPError{Code: f.Code, EnhancedCode: smtp.EnhancedCode{f.Code / 100, 0, 0}, Message: "As the test wishes"}
}

func (s *Server) reached(p Phase) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[p]++
	close(s.news)
	s.news = make(chan struct{})
}
