package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/internal/mail/mailtest"
	"github.com/leadership-ladder/rung/internal/mail/sink"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// shared is a database and a folder of packages that several rung serve work on,
// and a proposal of Cora's with Cy as its co-author.
type shared struct {
	t      *testing.T
	db     *sqlx.DB
	dsn    string
	data   string
	env    []string
	post   *mailtest.Server
	people map[string]*walker
	climb  *climb
}

func newShared(t *testing.T, change ...func(*sink.Options)) *shared {
	t.Helper()
	s := &shared{t: t, data: t.TempDir(), post: mailtest.New(t, change...), people: map[string]*walker{}}
	s.db, s.dsn = dbtest.NewDSN(t)
	s.env = append(serveEnv(s.data), "DATABASE_URL="+s.dsn, "SMTP_URL="+s.post.URL())
	return s
}

// enter adds people, signs them in at a server and starts a proposal.
func (s *shared) enter(server *served) {
	s.t.Helper()
	addPeople(s.t, s.env, map[string]string{"cora": "administrator", "cy": "", "tess": "technical_reviewer", "lena": "leadership"})
	for _, name := range []string{"cora", "cy", "tess", "lena"} {
		w := newWalker(s.t, name+"@example.org", at(server.url))
		w.signIn(s.t, s.post)
		s.people[w.email] = w
	}
	s.climb = &climb{db: s.db, ledger: newLedger(), rand: rand.New(rand.NewPCG(1, 2)), lead: s.people["cora@example.org"], people: s.people}
}

// until takes the proposal's steps until it is in a state, and then until every
// mail about that has left.
func (s *shared) until(state string) {
	s.t.Helper()
	for s.state() != state {
		if err := s.climb.step(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
	}
	s.quiet()
}

func (s *shared) state() (state string) {
	s.t.Helper()
	if s.climb.proposal != 0 {
		s.get(&state, `select state from proposals where id = $1`, s.climb.proposal)
	}
	return state
}

func (s *shared) get(dest any, query string, args ...any) {
	s.t.Helper()
	if err := s.db.Get(dest, query, args...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shared) count(query string, args ...any) (n int) {
	s.t.Helper()
	s.get(&n, query, args...)
	return n
}

// eventually waits for what another process does without telling.
func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	late := time.After(tooLong)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !happened() {
		select {
		case <-look.C:
		case <-late:
			t.Fatalf("it never happened: %s", what)
		}
	}
}

// quiet waits until no mail waits.
func (s *shared) quiet() {
	s.t.Helper()
	eventually(s.t, "every mail leaves", func() bool {
		return s.count(`select count(*) from outbox where state = 'waiting'`) == 0
	})
}

// formOf is the page of an act of Cora's: its form, with a reason.
func (s *shared) formOf(act, reason string) (path string, form url.Values) {
	s.t.Helper()
	path = s.climb.path() + "/acts/" + act
	page, err := s.climb.lead.get(s.t.Context(), path)
	if err != nil {
		s.t.Fatal(err)
	}
	if form, err = page.form(path); err != nil {
		s.t.Fatal(err)
	}
	form.Set("reason", reason)
	return path, form
}

// each checks that every mail of the queue arrived once, but for those that it
// is told of.
func (s *shared) each(but ...int64) {
	s.t.Helper()
	arrived := map[string]int{}
	for _, m := range s.post.Mails() {
		arrived[m.MessageID]++
	}
	var rows []struct {
		ID    int64
		State string
	}
	if err := s.db.Select(&rows, `select id, state from outbox where kind not like 'package%' order by id`); err != nil {
		s.t.Fatal(err)
	}
	for _, row := range rows {
		want := 1
		if row.State == outbox.Dropped || slices.Contains(but, row.ID) {
			want = 0
		}
		if n := arrived[fmt.Sprintf("<rung-%d@localhost>", row.ID)]; n != want {
			s.t.Errorf("mail %d, which is %s, arrived %d times, expected %d", row.ID, row.State, n, want)
		}
	}
}

// Two servers on one database and one folder: a session of one is one of the
// other, and of a form that is sent to both at once one wins.
func TestTwoReplicas(t *testing.T) {
	s := newShared(t)
	a, b := startServing(t, s.env), startServing(t, s.env)
	for _, url := range []string{a.url, b.url} {
		if code, word := get(t, url+"/readyz"); code != http.StatusOK {
			t.Fatalf("%s is not ready: %d %s", url, code, word)
		}
	}
	s.enter(a)
	if _, err := s.people["cora@example.org"].on(b.url).get(t.Context(), "/profile"); err != nil {
		t.Fatal(err)
	}
	s.until("technical")
	s.race(a, b)
	s.killHolding(a, b)
}

// race sends one form to both servers at once, again and again.
func (s *shared) race(a, b *served) {
	t := s.t
	t.Helper()
	lead := s.climb.lead
	for round := range 8 {
		act, told := programme.Withdraw, "withdrew"
		if round%2 == 1 {
			act, told = programme.Reopen, "reopened"
		}
		reason := fmt.Sprintf("Words of round %d that must not be lost.", round)
		path, form := s.formOf(act, reason)
		before := s.count(`select count(*) from history where event = $1`, act)
		var answers [2]*answer
		var errs [2]error
		var both sync.WaitGroup
		for i, server := range []*served{a, b} {
			both.Go(func() { answers[i], errs[i] = lead.on(server.url).post(t.Context(), path, form) })
		}
		both.Wait()
		if errs[0] != nil || errs[1] != nil {
			t.Fatal(errs)
		}
		won, lost := answers[0], answers[1]
		if lost.status == http.StatusSeeOther {
			won, lost = lost, won
		}
		if won.status != http.StatusSeeOther || lost.status != http.StatusConflict {
			t.Fatalf("round %d: %d and %d: %s", round, won.status, lost.status, lost.text())
		}
		if text := lost.text(); !strings.Contains(text, reason) || !strings.Contains(text, told) {
			t.Errorf("the loser does not read their own words, and what happened meanwhile: %s", text)
		}
		if n := s.count(`select count(*) from history where event = $1`, act); n != before+1 {
			t.Errorf("round %d: %d entries, expected one", round, n-before)
		}
	}
	s.quiet()
	s.each()
	twice := s.count(`select count(*) from (select 1 from outbox where kind = $1 group by proposal_id, payload ->> 'seq', payload ->> 'to_person' having count(*) > 1) d`, workflow.MailKind)
	untold := s.count(`select count(*) from history h where h.event in ('withdraw', 'reopen') and not exists (select from outbox o join people p
		on p.id = cast(o.payload ->> 'to_person' as bigint) where p.email = 'cy@example.org' and o.proposal_id = h.proposal_id and cast(o.payload ->> 'seq' as int) = h.seq)`)
	if twice+untold != 0 {
		t.Errorf("of one move %d people were told twice, and the co-author %d times not at all", twice, untold)
	}
}

// killHolding kills one server in the middle of a mail, with the leases of that
// mail and the next. The other works on, and those leave once their lease is over.
func (s *shared) killHolding(a, b *served) {
	t := s.t
	t.Helper()
	s.until("technical") // withdrawing now writes to the reviewer and to the co-author
	s.signal(b, syscall.SIGSTOP)
	reached := s.post.Count(mailtest.Rcpt)
	s.post.Inject(mailtest.Fault{Phase: mailtest.Rcpt, Hang: true, Times: 1})
	path, form := s.formOf(programme.Withdraw, "")
	if _, err := s.climb.lead.done(t.Context(), path, form); err != nil {
		t.Fatal(err)
	}
	s.post.Await(mailtest.Rcpt, reached+1)
	var held []int64
	if err := s.db.Select(&held, `select id from outbox where leased_by is not null order by id`); err != nil || len(held) != 2 {
		t.Fatalf("leases of %v are held (%v)", held, err)
	}
	s.signal(b, syscall.SIGCONT)
	a.kill()

	s.climb.lead = s.climb.lead.on(b.url)
	path, form = s.formOf(programme.Reopen, "")
	if _, err := s.climb.lead.done(t.Context(), path, form); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the other server sends what is new", func() bool {
		return s.count(`select count(*) from outbox where state = 'waiting' and leased_by is null`) == 0 &&
			s.count(`select count(*) from outbox where state = 'waiting'`) == len(held)
	})
	db := &database{DB: s.db, dsn: s.dsn}
	if n, err := replica(t, db, s.data, s.post, time.Now).out.Drain(t.Context()); err != nil || n != 0 {
		t.Errorf("%d mails were taken from a lease that still runs (%v)", n, err)
	}
	s.each(held...)
	if n, err := replica(t, db, s.data, s.post, pastLeases).out.Drain(t.Context()); err != nil || n != len(held) {
		t.Errorf("after the lease %d mails were sent, expected %d (%v)", n, len(held), err)
	}
	s.each()
	if n := s.count(`select count(*) from outbox where state <> 'sent' and state <> 'dropped'`); n != 0 {
		t.Errorf("%d mails have come to no end", n)
	}
	b.stop()
}

func (s *shared) signal(server *served, signal syscall.Signal) {
	s.t.Helper()
	if err := server.cmd.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
}

// half is a request of which the server reads the beginning, and waits for the rest.
type half struct {
	body    *io.PipeWriter
	answers chan *answer
	errs    chan error
}

// begin sends a request up to the point where its handler reads the body, and
// the first part of that.
func begin(t *testing.T, w *walker, path, contentType string, first []byte) *half {
	t.Helper()
	body, writer := io.Pipe()
	h := &half{writer, make(chan *answer, 1), make(chan error, 1)}
	reading := make(chan struct{})
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(reading) }})
	patient := *w
	patient.http = &http.Client{Jar: w.http.Jar, CheckRedirect: w.http.CheckRedirect, Timeout: tooLong,
		Transport: &http.Transport{ExpectContinueTimeout: tooLong}}
	patient.expect = true
	go func() {
		a, err := patient.do(ctx, http.MethodPost, path, contentType, body)
		h.errs <- err
		h.answers <- a
	}()
	select {
	case <-reading:
	case err := <-h.errs:
		t.Fatalf("%s ended before its body was read: %v", path, err)
	case <-time.After(tooLong):
		t.Fatalf("%s is not read", path)
	}
	if _, err := writer.Write(first); err != nil {
		t.Fatal(err)
	}
	return h
}

// finish sends the rest, and expects the way onwards.
func (h *half) finish(t *testing.T, rest []byte) *answer {
	t.Helper()
	if _, err := h.body.Write(rest); err != nil {
		t.Fatal(err)
	}
	h.body.Close()
	err, a := <-h.errs, <-h.answers
	if err != nil || a.status != http.StatusSeeOther {
		t.Fatalf("after the server was asked to stop: %+v, %v", a, err)
	}
	return a
}

// Asked to stop, a server finishes the upload, the slow request and the mail
// that it has in hand, takes nothing new, and gives the other mails back.
func TestStoppedInTheMiddle(t *testing.T) {
	var mu sync.Mutex
	var hold chan struct{} // while there is one, a mail's taking waits for it
	s := newShared(t, func(o *sink.Options) {
		o.Before = func([]string, []byte) error {
			mu.Lock()
			wait := hold
			mu.Unlock()
			if wait != nil {
				<-wait
			}
			return nil
		}
	})
	server := startServing(t, s.env)
	s.enter(server)
	s.until("technical")
	lead, submitted := s.climb.lead, s.climb.path()
	s.climb.proposal = 0
	if err := s.climb.create(t.Context()); err != nil {
		t.Fatal(err)
	}
	draft := s.climb.proposal

	// Two mails of one move: the first is in the server's hand, the other follows it.
	mu.Lock()
	hold = make(chan struct{})
	mu.Unlock()
	handed := s.post.Count(mailtest.DataEnd)
	page, err := lead.get(t.Context(), submitted+"/acts/withdraw")
	if err != nil {
		t.Fatal(err)
	}
	form, err := page.form(submitted + "/acts/withdraw")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lead.done(t.Context(), submitted+"/acts/withdraw", form); err != nil {
		t.Fatal(err)
	}
	s.post.Await(mailtest.DataEnd, handed+1)

	content := append([]byte("PK\x03\x04"), bytes.Repeat([]byte("a package "), 50_000)...)
	body, kind := packageForm("0", content)
	upload := begin(t, lead, fmt.Sprintf("/proposals/%d/package", draft), kind, body.Next(body.Len()/2))
	slow := begin(t, lead, "/proposals", "application/x-www-form-urlencoded", []byte("title=Slowly+ty"))

	server.term()
	address := strings.TrimPrefix(server.url, "http://")
	eventually(t, "nothing new is taken", func() bool {
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	upload.finish(t, body.Bytes())
	a := slow.finish(t, []byte("ped"))
	mu.Lock()
	close(hold)
	hold = nil
	mu.Unlock()
	if err := server.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v: %s", err, server.log)
	}

	sum := sha256.Sum256(content)
	var kept, title string
	s.get(&kept, `select coalesce(package, '') from drafts where proposal_id = $1`, draft)
	s.get(&title, `select title from drafts order by proposal_id desc limit 1`)
	if kept != hex.EncodeToString(sum[:]) || isItsName(filepath.Join(s.data, "files", kept[:2], kept[2:4], kept)) != nil {
		t.Errorf("of the upload %q is kept", kept)
	}
	if title != "Slowly typed" {
		t.Errorf("the slow request led to %s and made %q", a.location, title)
	}
	if left, err := filepath.Glob(filepath.Join(s.data, "files", "tmp", "*")); err != nil || len(left) != 0 {
		t.Errorf("it left %v (%v)", left, err)
	}
	var rows []struct {
		State    string
		Attempts int
		Leased   bool
	}
	if err := s.db.Select(&rows, `select state, attempts, leased_by is not null as leased from outbox where kind not like 'package%' order by id desc limit 2`); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(rows)
	if rows[0].State != outbox.Sent || rows[1].State != outbox.Waiting || rows[1].Leased || rows[1].Attempts != 0 {
		t.Errorf("the mails became %+v, expected one that is sent and one that was given back untried", rows)
	}
	db := &database{DB: s.db, dsn: s.dsn}
	checks := s.count(`select count(*) from outbox where state = 'waiting' and kind like 'package%'`)
	if n, err := replica(t, db, s.data, s.post, time.Now).out.Drain(context.WithoutCancel(t.Context())); err != nil || n != 1+checks {
		t.Errorf("the next server sent %d mails, %v", n-checks, err)
	}
	s.each()
}
