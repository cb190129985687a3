package main

import (
	"encoding/json"
	netmail "net/mail"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/internal/mail"
	"github.com/leadership-ladder/rung/internal/mail/sink"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// wired is the whole of Rung on a test's database, and where its mail arrives.
func wired(t *testing.T) (*rung, *sink.Sink, *dbtest.Clock) {
	t.Helper()
	clock := dbtest.NewClock()
	db, dsn := dbtest.NewDSN(t)
	dir := t.TempDir()
	post, err := sink.Start(sink.Options{Dir: filepath.Join(dir, "mail"), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { post.Close() })
	p := &process{ctx: t.Context(), now: clock.Now}
	s := settings{
		baseURL:   &url.URL{Scheme: "https", Host: "rung.example.org"},
		programme: programme.Default(),
		secret:    []byte(strings.Repeat("k", minSecret)),
		server:    mail.Server{Host: post.Host(), Port: post.Port()},
		from:      netmail.Address{Name: "Leadership Ladder", Address: "rung@example.org"},
	}
	r, err := p.wire(s, &database{DB: db, dsn: dsn}, &files.Store{Dir: filepath.Join(dir, "files")}, silent)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.sender.Close)
	return r, post, clock
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// A code arrives by mail, in no subject, and signs in; later it is not sent.
func TestSignInMail(t *testing.T) {
	r, post, clock := wired(t)
	attempt, secret, err := r.people.StartSignIn(t.Context(), "maya@example.org", "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.out.Drain(t.Context()); err != nil || n != 1 {
		t.Fatalf("sent %d, %v", n, err)
	}
	mails, err := post.List("maya@example.org", 0, 10)
	if err != nil || len(mails) != 1 {
		t.Fatalf("%d mails, %v", len(mails), err)
	}
	code := sixDigits.FindString(mails[0].Text)
	if code == "" || strings.Contains(mails[0].Subject, code) || len(mails[0].Links) != 0 {
		t.Errorf("subject %q, links %v, text:\n%s", mails[0].Subject, mails[0].Links, mails[0].Text)
	}
	who, err := r.people.CompleteSignIn(t.Context(), attempt, secret, code, "192.0.2.1")
	if err != nil || who.Email != "maya@example.org" {
		t.Errorf("signed in %v, %v", who, err)
	}

	if _, _, err := r.people.StartSignIn(t.Context(), "tom@example.org", "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	clock.Add(time.Hour) // the mail server was away
	if _, err := r.out.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if late, err := post.List("tom@example.org", 0, 10); err != nil || len(late) != 0 {
		t.Errorf("a code that had run out was sent: %d, %v", len(late), err)
	}
}

func TestLettersThatCannotBeRead(t *testing.T) {
	r, post, clock := wired(t)
	err := outbox.Put(t.Context(), r.people.DB, clock.Now(),
		outbox.Message{Kind: workflow.MailKind, Key: "a", Payload: json.RawMessage(`"words"`)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.out.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	var state string
	if err := r.people.DB.Get(&state, `select state from outbox where key = 'a'`); err != nil || state != outbox.Failed {
		t.Errorf("%q, %v", state, err)
	}
	if mails, err := post.List("", 0, 10); err != nil || len(mails) != 0 {
		t.Errorf("%d mails, %v", len(mails), err)
	}
}

// What the heart says becomes a mail with one absolute link and British dates:
// half past eleven in the evening UTC is the next day in summer.
func TestFacts(t *testing.T) {
	zone, err := time.LoadLocation(homeZone)
	if err != nil {
		t.Fatal(err)
	}
	f := facts(workflow.Letter{
		ToEmail: "maya@example.org", Subject: "Giving feedback: please review", Action: "Open the review", Path: "/proposals/42/review?stage=final",
		Quotes: []workflow.Quote{{Label: "Alignment", Text: "Which outcome?"}}, Thread: "proposal-42", Head: "ab12",
		At: time.Date(2018, 8, 5, 23, 30, 0, 0, time.UTC),
	}, &url.URL{Scheme: "https", Host: "rung.example.org"}, zone)
	if f.Link != "https://rung.example.org/proposals/42/review?stage=final" || f.DateLine != "6 August 2018" ||
		len(f.Quotes) != 1 || f.Quotes[0].Text != "Which outcome?" || f.Thread != "proposal-42" || f.ChainHead != "ab12" {
		t.Errorf("%+v", f)
	}
	if f := facts(workflow.Letter{ToEmail: "maya@example.org"}, &url.URL{Scheme: "https", Host: "rung.example.org"}, zone); f.Link != "" || f.DateLine != "" {
		t.Errorf("%+v", f)
	}
}
