package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/internal/mail/mailtest"
	"github.com/leadership-ladder/rung/internal/mail/sink"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/internal/postgres/embedded"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// How much of a run there is: enough that kills meet every kind of request.
const (
	crashes       = 5
	fewestBetween = 25 // requests between two crashes, and as many again at most
	requestsAfter = 60 // after the last one
	thinking      = 20 * time.Millisecond
)

// moves are those without which a run would prove little.
var moves = []string{"create", "author_invited", programme.Submit, "assign", workflow.ActAccept, programme.RequestChanges, "item_done", "item_closed",
	programme.SignOff, programme.Withdraw, programme.Reopen}

// crashing is a small production on a private database, whose server is killed
// again and again while people work on it.
type crashing struct {
	t    *testing.T
	env  []string
	data string
	post *mailtest.Server
	db   *sqlx.DB // a connection for each query: none outlives a crash

	mu       sync.Mutex
	server   *served
	up       chan struct{} // closed while there is a server
	requests int
	stopAt   int           // this many requests, and reached is closed
	reached  chan struct{} // made anew for each crash
}

// base waits for a server.
func (c *crashing) base(ctx context.Context) (string, error) {
	for {
		c.mu.Lock()
		up, server := c.up, c.server
		c.mu.Unlock()
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-up:
		}
		c.mu.Lock()
		same := c.up == up
		c.mu.Unlock()
		if same {
			return server.url, nil
		}
	}
}

// written counts requests that have left.
func (c *crashing) written() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.requests++; c.requests == c.stopAt {
		close(c.reached)
	}
}

// after waits until n more requests have left.
func (c *crashing) after(n int, failed <-chan error) {
	c.t.Helper()
	c.mu.Lock()
	c.stopAt, c.reached = c.requests+n, make(chan struct{})
	reached := c.reached
	c.mu.Unlock()
	select {
	case <-reached:
	case err := <-failed:
		c.t.Fatal(err)
	case <-time.After(2 * tooLong):
		c.t.Fatal("the people came to a standstill")
	}
}

func (c *crashing) start() {
	c.t.Helper()
	server := startServing(c.t, c.env)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.server = server
	close(c.up)
}

// gone lets nobody begin a new request; those under way are the server's end to meet.
func (c *crashing) gone() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.up = make(chan struct{})
}

// postmaster is the process of the private database.
func (c *crashing) postmaster() int {
	c.t.Helper()
	b, err := os.ReadFile(filepath.Join(c.data, "postgres", "pgdata", "postmaster.pid"))
	if err != nil {
		c.t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		c.t.Fatal(err)
	}
	return pid
}

func TestKilledWhilePeopleWork(t *testing.T) {
	for name, kill := range map[string]func(*crashing){
		"the server": func(c *crashing) { c.server.kill() },
		"the server and PostgreSQL": func(c *crashing) {
			postmaster := c.postmaster()
			c.server.cmd.Process.Kill()
			// The server's death tells it to stop, and it may just have done so.
			if err := syscall.Kill(postmaster, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
				c.t.Fatal(err)
			}
			c.server.cmd.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			crashAndVerify(t, seed, kill)
		})
	}
}

func crashAndVerify(t *testing.T, seed uint64, kill func(*crashing)) {
	random := rand.New(rand.NewPCG(seed, 0))
	// A mail server that thinks, so that a crash finds mail in hand.
	thinks := func(o *sink.Options) {
		o.Before = func([]string, []byte) error { <-time.After(thinking); return nil }
	}
	c := &crashing{t: t, data: dataFolder(t), post: mailtest.New(t, thinks), up: make(chan struct{})}
	c.env = append(serveEnv(c.data), "SMTP_URL="+c.post.URL())
	c.start()
	dsn, err := embedded.DSN(filepath.Join(c.data, "postgres"), databaseName)
	if err != nil {
		t.Fatal(err)
	}
	if c.db, err = sqlx.Open("postgres", dsn+" binary_parameters=yes"); err != nil {
		t.Fatal(err)
	}
	defer c.db.Close()
	c.db.SetMaxIdleConns(-1)

	addPeople(t, c.env, map[string]string{"ada": "", "bea": "", "cora": "", "dan": "", "cy": "", "tess": "technical_reviewer", "tim": "technical_reviewer",
		"edith": "educational_reviewer", "edgar": "educational_reviewer", "lena": "leadership", "luke": "leadership"})
	people := map[string]*walker{}
	for _, name := range []string{"ada", "bea", "cora", "dan", "cy", "tess", "tim", "edith", "edgar", "lena", "luke"} {
		w := newWalker(t, name+"@example.org", c.base)
		w.signIn(t, c.post)
		w.written = c.written
		people[w.email] = w
	}

	book := newLedger()
	working, finish := context.WithCancel(t.Context())
	defer finish()
	failed := make(chan error, 4)
	var everybody sync.WaitGroup
	for i, lead := range []string{"ada", "bea", "cora", "dan"} {
		work := &climb{db: c.db, ledger: book, rand: rand.New(rand.NewPCG(seed, uint64(i+1))), lead: people[lead+"@example.org"], people: people, idle: i < 2}
		everybody.Go(func() { failed <- work.run(working) })
	}
	for range crashes {
		c.after(fewestBetween+random.IntN(fewestBetween), failed)
		// Not only just after a request has left: anywhere in the work that it makes.
		moment := time.After(time.Duration(random.IntN(20_000)) * time.Microsecond)
		<-moment
		c.gone()
		kill(c)
		c.start()
	}
	c.after(requestsAfter, failed)
	for !book.knows(moves...) {
		c.after(1, failed)
	}
	finish()
	everybody.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			t.Error(err)
		}
	}

	for _, w := range people { // nobody has signed in a second time
		if _, err := w.get(t.Context(), "/profile"); err != nil {
			t.Error(err)
		}
	}
	c.nothingLost(book)
	c.nothingHalf()
	if code, out, errs := outcomeOf(t, c.env, "verify", "history"); code != exitOK {
		t.Errorf("verify history: exit %d, %s%s", code, out, errs)
	}
	c.server.stop()
	c.everyMailLeaves()
	c.noRubble(book)
}

// nothingLost: what was acknowledged is in the history, by whom it was done; what
// was never heard of again is there or not; and nothing else is.
func (c *crashing) nothingLost(book *ledger) {
	t := c.t
	t.Helper()
	var rows []struct {
		Proposal int64
		By       string
		Event    string
		N        int
	}
	err := c.db.SelectContext(t.Context(), &rows, `select h.proposal_id as proposal, p.email as by, h.event, count(*) as n
		from history h join people p on p.id = h.actor group by 1, 2, 3`)
	if err != nil {
		t.Fatal(err)
	}
	done, created := map[deed]int{}, map[int64]string{}
	for _, r := range rows {
		if r.Event == "create" {
			created[r.Proposal] = r.By
			r.Proposal = 0
		}
		done[deed{r.Proposal, r.By, r.Event}] += r.N
	}
	total, unheard := 0, 0
	for d, n := range book.acked {
		total += n
		if done[d] < n {
			t.Errorf("%+v was acknowledged %d times and is there %d times", d, n, done[d])
		}
	}
	for d, n := range done {
		if most := book.acked[d] + book.unheard[d]; n > most {
			t.Errorf("%+v is there %d times and was asked for %d times", d, n, most)
		}
	}
	for _, n := range book.unheard {
		unheard += n
	}
	for id, by := range book.created {
		if created[id] != by {
			t.Errorf("proposal %d was created by %s and is %q's", id, by, created[id])
		}
	}
	for answer := range book.answers {
		var met bool
		err := c.db.GetContext(t.Context(), &met, `select exists (select from rubric_answers where assignment = cast($1 as bigint) and criterion = $2 and answer = 'met')`, answer[0], answer[1])
		if err != nil || !met {
			t.Errorf("answer %v is lost (%v)", answer, err)
		}
	}
	t.Logf("%d requests, %d moves acknowledged, %d never heard of again, %d answers saved", c.requests, total, unheard, len(book.answers))
}

// halves find what a move that was done by half would leave.
var halves = map[string]string{
	"a submit without its revision": `select count(*) from (select proposal_id, count(*) n from history where event = 'submit' group by 1) h
		full join (select proposal_id, count(*) n from revisions group by 1) r using (proposal_id) where h.n is distinct from r.n`,
	"a revision without its three parts": `select count(*) from revisions r where 3 <> (select count(*) from revision_parts p where p.proposal_id = r.proposal_id and p.revision = r.number)`,
	"a sign-off without its entry, or its digests": `select count(*) from (select proposal_id, count(*) n from history where event = 'sign_off' group by 1) h
		full join (select proposal_id, count(*) n from sign_offs where exists (select from sign_off_digests d where d.sign_off = sign_offs.id) group by 1) s using (proposal_id) where h.n is distinct from s.n`,
	"a request without its item": `select count(*) from history h where h.event = 'request_changes'
		and not exists (select from change_items i where i.proposal_id = h.proposal_id and i.request = h.seq and i.state <> 'draft')`,
	"a proposal without its draft or its lead": `select count(*) from proposals p where not exists (select from drafts d where d.proposal_id = p.id)
		or not exists (select from authors a where a.proposal_id = p.id and a.is_lead)`,
	"an invitation without its author": `select count(*) from history h where h.event = 'author_invited' and not exists (select from authors a where a.proposal_id = h.proposal_id and not a.is_lead)`,
	"a proposal that is not where its history ends": `select count(*) from proposals p join history h on h.proposal_id = p.id and h.seq = (select max(seq) from history where proposal_id = p.id)
		where (p.state, p.revision, p.seq, p.head) is distinct from (h.to_state, h.revision, h.seq, h.hash)`,
	"a review with nobody who does it": `select count(*) from proposals p where p.turn = 'reviewers'
		and not exists (select from assignments a where a.proposal_id = p.id and a.stage = p.state and a.state in ('offered', 'accepted'))`,
	"a move without its mail": `select count(*) from history h where h.event in ('assign', 'request_changes', 'author_invited')
		and not exists (select from outbox o where o.proposal_id = h.proposal_id and cast(o.payload ->> 'seq' as int) = h.seq)`,
	"a submit that nobody was told of": `select count(*) from history h where h.event = 'submit' and h.to_state = 'technical' and not exists (select from outbox o
		where o.proposal_id = h.proposal_id and cast(o.payload ->> 'seq' as int) = h.seq and o.payload ->> 'notice' in ('review_offered', 'review_resumed', 'choose_reviewers'))`,
	"a co-author who was not told": `select count(*) from history h where h.event in ('withdraw', 'reopen')
		and exists (select from history i where i.proposal_id = h.proposal_id and i.seq < h.seq and i.event = 'author_invited')
		and not exists (select from outbox o where o.proposal_id = h.proposal_id and cast(o.payload ->> 'seq' as int) = h.seq and o.payload ->> 'notice' = 'state_changed')`,
	"words that were saved in part": `select count(*) from drafts where content -> 'teaching' ? 'need'
		and (content -> 'teaching' ->> 'need' <> 'What proposal ' || proposal_id || ' is needed for.' or not content -> 'teaching' ? 'overlap')`,
}

// nothingHalf: each move is there with all that belongs to it.
func (c *crashing) nothingHalf() {
	c.t.Helper()
	for what, query := range halves {
		var n int
		if err := c.db.GetContext(c.t.Context(), &n, query); err != nil {
			c.t.Errorf("looking for %s: %v", what, err)
		}
		if n > 0 {
			c.t.Errorf("there is %s: %d times", what, n)
		}
	}
}

// everyMailLeaves: with the server stopped, a runner sends what is left, the
// leases of the killed ones included: its clock is past them. Then every row has
// come to its end, and what was sent has arrived.
func (c *crashing) everyMailLeaves() {
	t := c.t
	t.Helper()
	db, err := storage{DataDir: c.data}.open(t.Context(), silent)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r := replica(t, db, c.data, c.post, pastLeases)
	left, err := r.out.Drain(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	arrived := map[string][]string{} // what each Message-ID brought
	for _, m := range c.post.Mails() {
		arrived[m.MessageID] = append(arrived[m.MessageID], fmt.Sprint(m.DeliveredTo, m.Subject, m.Text))
	}
	var rows []struct {
		ID          int64
		State, Note string
	}
	if err := db.Select(&rows, `select id, state, coalesce(note, '') as note from outbox where kind not like 'package%' order by id`); err != nil {
		t.Fatal(err)
	}
	doubles := 0
	for _, row := range rows {
		id := fmt.Sprintf("<rung-%d@localhost>", row.ID)
		copies := arrived[id]
		delete(arrived, id)
		switch row.State {
		case outbox.Sent:
			if len(copies) == 0 {
				t.Errorf("mail %d is said to be sent and never arrived", row.ID)
			}
		case outbox.Dropped:
			if row.Note == "" {
				t.Errorf("mail %d is dropped without a word", row.ID)
			}
		default:
			t.Errorf("mail %d is %s", row.ID, row.State)
		}
		for _, other := range copies[min(1, len(copies)):] {
			if doubles++; other != copies[0] {
				t.Errorf("two mails of one Message-ID differ:\n%s\n%s", copies[0], other)
			}
		}
	}
	for id := range arrived {
		t.Errorf("mail %s was queued by nobody", id)
	}
	t.Logf("%d mails, %d of them after the last server, %d twice", len(rows), left, doubles)
}

// noRubble: every package that was acknowledged is there, every kept file is
// what its name says, and what was cut off goes with the next sweep.
func (c *crashing) noRubble(book *ledger) {
	t := c.t
	t.Helper()
	store := &files.Store{Dir: filepath.Join(c.data, "files")}
	for id, digest := range book.packages {
		f, _, err := store.Open(digest)
		if err != nil {
			t.Errorf("the package of proposal %d: %v", id, err)
			continue
		}
		f.Close()
	}
	swept, err := store.Sweep(time.Now().Add(uploadFor+time.Hour), uploadFor)
	if err != nil {
		t.Error(err)
	}
	kept := 0
	err = filepath.WalkDir(store.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if !strings.HasPrefix(entry.Name(), ".") {
			kept++
			return isItsName(path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d packages kept, %d cut-off uploads swept", kept, swept)
}

func isItsName(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != filepath.Base(path) {
		return errors.New(path + " is not what its name says")
	}
	return nil
}
