package sink_test

import (
	"errors"
	"net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/mail/sink"
)

func at(minute int) func() time.Time {
	return func() time.Time { return time.Date(2026, time.March, 2, 9, minute, 0, 0, time.UTC) }
}

func start(t *testing.T, o sink.Options) *sink.Sink {
	t.Helper()
	s, err := sink.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func deliver(s *sink.Sink, to, subject string) error {
	body := "From: Rung <rung@example.org>\r\nTo: " + to + "\r\nSubject: " + subject +
		"\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p><a href=\"https://example.org/a?x=1&amp;y=2\">Go</a></p>\r\n"
	return smtp.SendMail(strings.TrimPrefix(s.URL(), "smtp://"), nil, "rung@example.org", []string{to}, []byte(body))
}

func subjects(t *testing.T, m sink.Mailbox, to string, before int64, limit int) []string {
	t.Helper()
	mails, err := m.List(to, before, limit)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, mail := range mails {
		all = append(all, mail.Subject)
	}
	return all
}

func TestKeepsMailsOverARestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mailbox")
	o := sink.Options{Dir: dir, Now: at(0), Reject: func(a string) bool { return strings.HasPrefix(a, "nobody@") }}
	s := start(t, o)
	for _, to := range []string{"ada@example.org", "ben@example.org"} {
		if err := deliver(s, to, "first to "+to); err != nil {
			t.Fatal(err)
		}
	}
	if err := deliver(s, "nobody@example.org", "x"); err == nil || !strings.HasPrefix(err.Error(), "550") {
		t.Errorf("to a rejected address: %v, want 550", err)
	}
	s.Close()

	o.Now = at(5)
	s = start(t, o)
	if err := deliver(s, "ada@example.org", "second"); err != nil {
		t.Fatal(err)
	}
	if got := subjects(t, s.Mailbox, "", 0, 10); !slices.Equal(got, []string{"second", "first to ben@example.org", "first to ada@example.org"}) {
		t.Errorf("all: %q", got)
	}
	if got := subjects(t, s.Mailbox, "ADA@example.org", 0, 10); !slices.Equal(got, []string{"second", "first to ada@example.org"}) {
		t.Errorf("Ada's: %q", got)
	}
	if got := subjects(t, s.Mailbox, "", 3, 1); !slices.Equal(got, []string{"first to ben@example.org"}) {
		t.Errorf("second page of one: %q", got)
	}
	m, err := s.Get(3)
	if err != nil || !m.ReceivedAt.Equal(at(5)()) || !slices.Equal(m.Links, []string{"https://example.org/a?x=1&y=2"}) {
		t.Errorf("the third: %+v, %v", m, err)
	}
	if _, err := s.Get(4); !errors.Is(err, sink.ErrNoMail) {
		t.Errorf("one that is not there: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestADiskThatFailsIsNoRefusal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mailbox")
	s := start(t, sink.Options{Dir: dir, Now: at(0)})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := deliver(s, "ada@example.org", "x"); err == nil || !strings.HasPrefix(err.Error(), "451") {
		t.Errorf("without its folder: %v, want 451", err)
	}
}

func TestListensOnThisMachineAlone(t *testing.T) {
	if s, err := sink.Start(sink.Options{Dir: t.TempDir(), Now: at(0), Addr: "0.0.0.0:0"}); err == nil {
		s.Close()
		t.Error("it listens to the world")
	}
}
