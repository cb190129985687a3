package mailtest_test

import (
	"context"
	"fmt"
	netmail "net/mail"
	"net/url"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/internal/mail"
	"github.com/leadership-ladder/rung/internal/mail/mailtest"
	"github.com/leadership-ladder/rung/internal/mail/sink"
	"github.com/leadership-ladder/rung/internal/outbox"
)

// postOffice is the outbox and the sender put together as in production, with a
// clock that only the test moves.
type postOffice struct {
	t      *testing.T
	clock  *dbtest.Clock
	db     *sqlx.DB
	server *mailtest.Server
	runner *outbox.Runner
	failed []int64
}

func open(t *testing.T) *postOffice {
	t.Helper()
	p := &postOffice{t: t, clock: dbtest.NewClock(), db: dbtest.New(t)}
	p.server = mailtest.New(t, func(o *sink.Options) {
		o.Reject = func(address string) bool { return address == "nobody@example.org" }
	})
	to, err := mail.ParseServer(p.server.URL())
	if err != nil {
		t.Fatal(err)
	}
	sender, err := mail.NewSender(mail.Options{
		Server: to, From: netmail.Address{Address: "rung@example.org"}, Now: p.clock.Now,
		BaseURL: &url.URL{Scheme: "https", Host: "rung.example.org"}, Timeout: 500 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sender.Close)
	p.runner = &outbox.Runner{
		DB: p.db, Now: p.clock.Now, Rand: func() float64 { return 0.5 },
		Handlers: map[string]outbox.Handler{"mail": outbox.Each(func(ctx context.Context, c outbox.Claimed) outbox.Outcome {
			r := sender.Send(ctx, c.ID, mail.Facts{ToEmail: c.Key, Subject: c.Key, Heading: "Hello"})
			return outbox.Outcome{State: r.State, Error: r.Error, Note: r.Note}
		})},
		OnFailed: func(_ context.Context, _ *sqlx.Tx, c outbox.Claimed, _ string, _ time.Time) error {
			p.failed = append(p.failed, c.ID)
			return nil
		},
	}
	return p
}

func (p *postOffice) put(n int) {
	p.t.Helper()
	for i := range n {
		m := outbox.Message{Kind: "mail", Key: fmt.Sprintf("person%d@example.org", i)}
		if err := outbox.Put(p.t.Context(), p.db, p.clock.Now(), m); err != nil {
			p.t.Fatal(err)
		}
	}
}

// work sends what is due, hour after hour, until nothing waits.
func (p *postOffice) work() {
	p.t.Helper()
	for range 60 {
		if _, err := p.runner.Drain(p.t.Context()); err != nil {
			p.t.Fatal(err)
		}
		var waiting int
		if err := p.db.Get(&waiting, `select count(*) from outbox where state = 'waiting'`); err != nil {
			p.t.Fatal(err)
		}
		if waiting == 0 {
			return
		}
		p.clock.Add(time.Hour)
	}
	p.t.Fatal("mails still wait after 60 hours")
}

// TestNothingLostNothingDoubled sends ten mails through a server that fails
// twice, in the middle, in every phase and in every way.
func TestNothingLostNothingDoubled(t *testing.T) {
	phases := []mailtest.Phase{
		mailtest.Connect, mailtest.Ehlo, mailtest.MailFrom, mailtest.Rcpt, mailtest.Data, mailtest.DataEnd,
		mailtest.Taken, mailtest.Noop, mailtest.Rset,
	}
	for _, phase := range phases {
		for _, f := range []mailtest.Fault{{Code: 0}, {Code: 421}, {Code: 451}, {Hang: true}} {
			f.Phase, f.Times, f.Skip = phase, 2, 3
			if phase == mailtest.Connect || phase == mailtest.Ehlo {
				f.Skip = 0 // there is but one connection
			}
			t.Run(fmt.Sprintf("%s %d hang=%v", phase, f.Code, f.Hang), func(t *testing.T) {
				t.Parallel()
				p := open(t)
				p.server.Inject(f)
				p.put(10)
				p.work()
				arrived := map[string]int{}
				for _, m := range p.server.Mails() {
					arrived[m.MessageID]++
				}
				if len(arrived) != 10 || len(p.failed) != 0 {
					t.Errorf("%d of 10 mails arrived, %d failed", len(arrived), len(p.failed))
				}
				for id, n := range arrived {
					// Where the answer to the mail itself was lost, nobody can know; the
					// Message-ID, by which it is counted here, tells the receiver.
					if n > 1 && phase != mailtest.Taken {
						t.Errorf("%s arrived %d times", id, n)
					}
				}
			})
		}
	}
}

func TestARefusalConcernsOneMail(t *testing.T) {
	p := open(t)
	p.put(3)
	err := outbox.Put(t.Context(), p.db, p.clock.Now(), outbox.Message{Kind: "mail", Key: "nobody@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	p.server.Inject(mailtest.Fault{Phase: mailtest.DataEnd, Code: 554, Recipient: "Person1@example.org"})
	p.work()
	if len(p.server.Mails()) != 2 || len(p.failed) != 2 {
		t.Errorf("%d mails arrived and %d failed, want 2 and 2", len(p.server.Mails()), len(p.failed))
	}
	if n := p.server.Connections(); n != 1 {
		t.Errorf("%d connections, want 1: a refusal is no reason to hang up", n)
	}

	// Sent again once the address works, under the same Message-ID.
	p.server.Clear()
	if err := outbox.Resend(t.Context(), p.db, p.failed[0], p.clock.Now(), "mail", outbox.Failed); err != nil {
		t.Fatal(err)
	}
	p.work()
	last := p.server.Mails()[2]
	if want := fmt.Sprintf("<rung-%d@rung.example.org>", p.failed[0]); last.MessageID != want {
		t.Errorf("sent again as %s, want %s", last.MessageID, want)
	}
}

func TestTwoDaysWithoutAServer(t *testing.T) {
	p := open(t)
	p.put(2)
	p.server.Inject(mailtest.Fault{Phase: mailtest.Connect, Code: 421})
	p.work()
	if len(p.failed) != 2 || len(p.server.Mails()) != 0 {
		t.Errorf("%d failed, want 2", len(p.failed))
	}
	var reason string
	if err := p.db.Get(&reason, `select distinct last_error from outbox`); err != nil || reason == "" {
		t.Errorf("the reason is %q (%v)", reason, err)
	}
}
