package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	netmail "net/mail"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/authoring/packagecheck/packagetest"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/internal/mail"
	"github.com/leadership-ladder/rung/internal/mail/mailtest"
	"github.com/leadership-ladder/rung/internal/mail/sink"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// postRound is Rung wired as in production around a mail server that fails as it
// is told, and the newest proposal, whose submit queued an ask and a piece of news.
type postRound struct {
	t        *testing.T
	r        *rung
	clock    *dbtest.Clock
	post     *mailtest.Server
	people   map[string]workflow.Actor
	proposal int64
	ask      int64 // the outbox's row: review_offered, to Tess
	news     int64 // state_changed, to Cy, the co-author
}

func newPostRound(t *testing.T) *postRound {
	t.Helper()
	p := &postRound{t: t, clock: dbtest.NewClock(), people: map[string]workflow.Actor{}}
	certificate := selfSigned(t)
	p.post = mailtest.New(t, func(o *sink.Options) {
		o.Login = func(user, password string) bool { return user == "rung" && password == "a password" }
		if strings.Contains(t.Name(), string(mailtest.StartTLS)) {
			o.TLS = certificate // elsewhere the server has to read what it is to answer wrongly
		}
	})
	server, err := mail.ParseServer(strings.Replace(p.post.URL(), "//", "//rung:a%20password@", 1))
	if err != nil {
		t.Fatal(err)
	}
	db, dsn := dbtest.NewDSN(t)
	store := &files.Store{Dir: t.TempDir()}
	if _, err := store.EnsureMarker(); err != nil {
		t.Fatal(err)
	}
	process := &process{ctx: t.Context(), now: p.clock.Now}
	p.r, err = process.wire(settings{
		baseURL: &url.URL{Scheme: "https", Host: "rung.example.org"}, programme: programme.Default(),
		secret: []byte(strings.Repeat("k", minSecret)), server: server,
		from: netmail.Address{Name: "Leadership Ladder", Address: "rung@example.org"},
	}, &database{DB: db, dsn: dsn}, store, silent)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.r.sender.Close)

	p.person("ada", accounts.Administrator) // whoever holds a role is no newcomer: reviewers are asked at once
	p.person("cy")
	p.person("tess", workflow.TechnicalReviewer)
	p.person("lena", workflow.Leadership)
	p.person("luke", workflow.Leadership)
	return p
}

func (p *postRound) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *postRound) person(name string, roles ...string) {
	p.t.Helper()
	who, err := p.r.people.AddPerson(p.t.Context(), accounts.CommandLine, name+"@example.org", strings.ToUpper(name[:1])+name[1:]+" Price")
	p.must(err)
	for _, role := range roles {
		p.must(p.r.people.Grant(p.t.Context(), accounts.CommandLine, who.ID, role))
	}
	p.people[name] = workflow.Actor{Person: who.ID}
}

// submit makes a proposal of Ada's, with Cy as its co-author, and submits it. The
// invitation is not what this is about: it leaves before anything fails.
func (p *postRound) submit() {
	p.t.Helper()
	ctx, ada := p.t.Context(), p.people["ada"]
	id, err := p.r.authoring.Create(ctx, ada, authoring.Idea{Title: "Leading a ward round"})
	p.must(err)
	var content authoring.Content
	for name, values := range completeDraft {
		field, ok := authoring.FieldNamed(name)
		if !ok {
			p.t.Fatalf("there is no field %s", name)
		}
		p.must(field.Set(&content, values...))
	}
	_, err = p.r.authoring.Save(ctx, ada, id, 1, content)
	p.must(err)
	_, _, err = p.r.authoring.AttachPackage(ctx, ada, id, 0, "ward.zip", bytes.NewReader(packagetest.SCORM12("Leading a ward round")))
	p.must(err)
	p.must(p.r.authoring.Invite(ctx, ada, id, "cy@example.org", authoring.Attribution{Name: "Cy Price"}))
	p.work()
	p.r.sender.Close() // the next mail begins with a connection
	_, err = p.r.authoring.Submit(ctx, ada, id, authoring.Submission{Seen: p.look(id).Seen()})
	p.must(err)
	p.proposal, p.ask, p.news = id, p.row(workflow.NoticeReview), p.row(workflow.NoticeState)
}

func (p *postRound) look(id int64) *workflow.Case {
	p.t.Helper()
	c, err := p.r.workflow.Load(p.t.Context(), p.r.people.DB, id, workflow.System)
	p.must(err)
	return c
}

// row is the newest row of the outbox that carries a notice.
func (p *postRound) row(notice string) (id int64) {
	p.t.Helper()
	p.must(p.r.people.DB.Get(&id, `select coalesce(max(id), 0) from outbox where payload ->> 'notice' = $1`, notice))
	if id == 0 {
		p.t.Fatalf("no mail tells %s", notice)
	}
	return id
}

// became is what became of a row of the outbox.
type became struct {
	State    string
	Attempts int
	Error    string
	Note     string
}

func (p *postRound) became(id int64) (b became) {
	p.t.Helper()
	p.must(p.r.people.DB.Get(&b, `select state, attempts, coalesce(last_error, '') as error, coalesce(note, '') as note from outbox where id = $1`, id))
	return b
}

// work sends what is due, hour after hour, until nothing waits.
func (p *postRound) work() {
	p.t.Helper()
	for range 60 {
		_, err := p.r.out.Drain(p.t.Context())
		p.must(err)
		var waiting int
		p.must(p.r.people.DB.Get(&waiting, `select count(*) from outbox where state = 'waiting'`))
		if waiting == 0 {
			return
		}
		p.clock.Add(time.Hour)
	}
	p.t.Fatal("mails still wait after 60 hours")
}

// arrived are the mails that the server took of one row, by their Message-ID,
// each of them whole: to whom it was for, about what it was.
func (p *postRound) arrived(row int64, to, subject string) (n int) {
	p.t.Helper()
	for _, m := range p.post.Mails() {
		if m.MessageID != fmt.Sprintf("<rung-%d@rung.example.org>", row) {
			continue
		}
		n++
		if !slices.Equal(m.DeliveredTo, []string{to + "@example.org"}) || !strings.Contains(m.Subject, subject) || m.Text == "" || m.HTML == "" {
			p.t.Errorf("mail %d is to %v, of subject %q", row, m.DeliveredTo, m.Subject)
		}
	}
	return n
}

// told is how many mails told leadership of a failure about the proposal, and
// how many entries of its history did.
func (p *postRound) told() (mails, entries int) {
	p.t.Helper()
	for _, m := range p.post.Mails() {
		if strings.Contains(m.Subject, "could not be delivered") && strings.Contains(m.References, fmt.Sprintf("<proposal-%d@", p.proposal)) {
			mails++
		}
	}
	p.must(p.r.people.DB.Get(&entries, `select count(*) from history where event = $1 and proposal_id = $2`, workflow.NoticeMailFailed, p.proposal))
	return mails, entries
}

const (
	askWords  = "please review by"
	newsWords = "now in technical review"
)

// What passes, in whatever phase and way, delays a mail and loses none. None is
// sent twice except where the server's acceptance cannot be known: then under
// the same Message-ID.
func TestFaultsThatPass(t *testing.T) {
	codes := map[mailtest.Phase][]int{ // 0: the connection is cut
		mailtest.Connect: {0, 421, 554}, mailtest.Ehlo: {0, 421, 550}, mailtest.StartTLS: {0, 454, 554}, mailtest.Auth: {0, 454, 535},
		mailtest.MailFrom: {0, 421, 451, 530}, mailtest.Rcpt: {0, 421, 450}, mailtest.Data: {0, 421, 451}, mailtest.DataEnd: {0, 421, 452},
		mailtest.Taken: {0, 421, 451}, mailtest.Noop: {0, 421}, mailtest.Rset: {0, 421, 500}, mailtest.Quit: {0, 421},
	}
	for phase, answers := range codes {
		t.Run(string(phase), func(t *testing.T) {
			t.Parallel()
			p := newPostRound(t)
			for _, code := range answers {
				p.passes(mailtest.Fault{Phase: phase, Code: code, Times: 2})
				if slices.Contains(ofEachMail, phase) { // the ask goes first: now the news is hit
					p.passes(mailtest.Fault{Phase: phase, Code: code, Times: 2, Skip: 1})
				}
			}
		})
	}
}

// ofEachMail are the phases that every mail goes through, on one connection too.
var ofEachMail = []mailtest.Phase{mailtest.MailFrom, mailtest.Rcpt, mailtest.Data, mailtest.DataEnd, mailtest.Taken}

// passes lets a fault happen while the mails of a submit are sent.
func (p *postRound) passes(f mailtest.Fault) {
	p.t.Helper()
	p.submit()
	p.post.Inject(f)
	p.work()
	p.r.sender.Close() // the QUIT too
	p.post.Clear()
	tries := 0
	for _, m := range []struct {
		row       int64
		to, words string
	}{{p.ask, "tess", askWords}, {p.news, "cy", newsWords}} {
		b, n := p.became(m.row), p.arrived(m.row, m.to, m.words)
		if b.State != outbox.Sent || b.Error != "" {
			p.t.Errorf("%+v: the mail to %s became %+v", f, m.to, b)
		}
		want := 1
		if f.Phase == mailtest.Taken {
			want = b.Attempts // it was taken each time, and nobody could know
		}
		if n != want {
			p.t.Errorf("%+v: the mail to %s arrived %d times, expected %d", f, m.to, n, want)
		}
		tries += b.Attempts
	}
	between := f.Phase == mailtest.Noop || f.Phase == mailtest.Rset || f.Phase == mailtest.Quit // mails, where nothing is lost
	if tries < 3 && !between {
		p.t.Errorf("%+v never happened", f)
	}
	if mails, entries := p.told(); mails+entries != 0 {
		p.t.Errorf("%+v: leadership was told %d times of a fault that passed (%d entries)", f, mails, entries)
	}
}

// A refusal for good concerns one mail. It is shown where failures are, the
// leadership team is told once each, and sent again it is the same mail.
func TestRefusedForGood(t *testing.T) {
	for _, phase := range []mailtest.Phase{mailtest.MailFrom, mailtest.Rcpt, mailtest.Data, mailtest.DataEnd} {
		t.Run(string(phase), func(t *testing.T) {
			t.Parallel()
			p := newPostRound(t)
			p.submit()
			p.isRefused(mailtest.Fault{Phase: phase, Code: 550, Times: 1}, p.ask, "tess", askWords, p.news, "cy", newsWords)
			p.submit()
			p.isRefused(mailtest.Fault{Phase: phase, Code: 550, Times: 1, Skip: 1}, p.news, "cy", newsWords, p.ask, "tess", askWords)
		})
	}
}

func (p *postRound) isRefused(f mailtest.Fault, refused int64, to, words string, fine int64, toFine, wordsFine string) {
	p.t.Helper()
	t := p.t
	if f.Phase != mailtest.MailFrom { // there the recipient isn't known yet
		f.Skip, f.Recipient = 0, to+"@example.org"
	}
	p.post.Inject(f)
	p.work()

	if n := p.arrived(refused, to, words); n != 0 {
		t.Fatalf("what was refused arrived %d times", n)
	}
	if n := p.arrived(fine, toFine, wordsFine); n != 1 {
		t.Errorf("the other mail arrived %d times", n)
	}
	if b := p.became(refused); b.State != outbox.Failed || b.Attempts != 1 || !strings.Contains(b.Error, "550") {
		t.Errorf("it became %+v", b)
	}
	for name, list := range map[string]outbox.Filter{
		"all failures": {Kinds: []string{workflow.MailKind}, States: []string{outbox.Failed}},
		"the proposal": {Kinds: []string{workflow.MailKind}, States: []string{outbox.Failed}, Proposal: p.proposal},
	} {
		found, _, err := outbox.List(t.Context(), p.r.people.DB, list)
		if err != nil || len(found) != 1 || found[0].ID != refused {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
	who, err := p.r.workflow.Deliveries(t.Context(), p.r.people.DB, []int64{refused})
	if err != nil || who[refused].ToEmail != to+"@example.org" {
		t.Errorf("it is shown as to %+v, %v", who[refused], err)
	}
	if mails, entries := p.told(); mails != 2 || entries != 1 {
		t.Errorf("two of leadership were told by %d mails of %d entries", mails, entries)
	}

	p.must(p.r.workflow.SendAgain(t.Context(), p.people["lena"], refused))
	p.work()
	if n := p.arrived(refused, to, words); n != 1 {
		t.Errorf("sent again, it arrived %d times", n)
	}
	if b := p.became(refused); b.State != outbox.Sent {
		t.Errorf("sent again, it became %+v", b)
	}
	if mails, _ := p.told(); mails != 2 {
		t.Errorf("leadership was told by %d mails in the end", mails)
	}
	if err := p.r.workflow.SendAgain(t.Context(), p.people["lena"], refused); err == nil {
		t.Error("what was delivered can be sent again")
	}
}

// While an ask is retried it stops being true: it is dropped, and says so. News
// of the same time is sent however late.
func TestAskedTooLate(t *testing.T) {
	for name, c := range map[string]struct {
		act func(*postRound)
		why string
	}{
		"the reviewer declined": {func(p *postRound) {
			asked, ok := p.look(p.proposal).OpenAssignment(p.people["tess"].Person)
			if !ok {
				p.t.Fatal("Tess is not asked")
			}
			p.must(p.r.workflow.Decline(p.t.Context(), p.people["tess"], asked.ID, workflow.Seen{}, "On leave."))
		}, "declined"},
		"the author withdrew": {func(p *postRound) {
			p.must(postgres.InTx(p.t.Context(), p.r.people.DB, func(tx *sqlx.Tx) error {
				_, err := p.r.workflow.Move(p.t.Context(), tx, workflow.Move{Proposal: p.proposal, Seen: p.look(p.proposal).Seen(),
					Event: programme.Withdraw, By: p.people["ada"]})
				return err
			}))
		}, "no longer at this stage"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPostRound(t)
			p.submit()
			p.post.Inject(mailtest.Fault{Phase: mailtest.Rcpt, Code: 450, Recipient: "tess@example.org"},
				mailtest.Fault{Phase: mailtest.DataEnd, Code: 451, Recipient: "cy@example.org"})
			_, err := p.r.out.Drain(t.Context())
			p.must(err)
			for _, row := range []int64{p.ask, p.news} {
				if b := p.became(row); b.State != outbox.Waiting || b.Attempts != 1 {
					t.Fatalf("row %d: %+v", row, b)
				}
			}
			c.act(p)
			p.post.Clear()
			p.work()
			if b := p.became(p.ask); b.State != outbox.Dropped || !strings.Contains(b.Note, c.why) {
				t.Errorf("the ask became %+v", b)
			}
			if n := p.arrived(p.ask, "tess", askWords); n != 0 {
				t.Errorf("the ask arrived %d times", n)
			}
			if n := p.arrived(p.news, "cy", newsWords); n != 1 {
				t.Errorf("the news arrived %d times", n)
			}
			var waiting int
			p.must(p.r.people.DB.Get(&waiting, `select count(*) from outbox where state not in ('sent', 'dropped')`))
			if waiting != 0 {
				t.Errorf("%d mails were neither sent nor dropped", waiting)
			}
		})
	}
}

// completeDraft lacks nothing under the Leadership Ladder but the package.
var completeDraft = map[string][]string{
	"strand": {"practice"}, "audience": {"Doctors in training"}, "level": {"Foundation"}, "prior_knowledge": {"None"},
	"need": {"Ward rounds are where juniors lead first."}, "overlap": {"None"}, "minutes": {"45"},
	"outcomes": {"Plan a ward round"}, "mapping": {"leadership_and_teams"}, "mapping_primary": {"leadership_and_teams"},
	"reflection_prompt": {"When did a round go well?"}, "action_points": {"Brief the team tomorrow"},
	"references": {"Herring R, et al. Clin Med 2011"}, "evaluation": {"A survey after completion"},
	"consent_and_copyright": {"No patients are shown."}, "declared_interests": {"None"},
	"title": {"Leading a ward round"}, "summary": {"How to lead a round that works."}, "keywords": {"ward round"},
	"licence": {"cc_by_nc_4_0"}, "expert_name": {"Dr Ruth Moss"}, "expert_organisation": {"West Hospital"},
	"provider": {"East Hospital"}, "certificate": {"yes"}, "accessibility_issues": {"None known"},
}

// selfSigned is what a relay on the same machine often has.
func selfSigned(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}
