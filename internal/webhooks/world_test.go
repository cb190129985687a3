package webhooks

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/outbox"
)

// world is a database with an administrator and somebody else, and the service
// with a runner that delivers.
type world struct {
	t     *testing.T
	db    *sqlx.DB
	clock *dbtest.Clock
	svc   *Service
	run   *outbox.Runner
	ada   int64 // an administrator
	ben   int64 // somebody with another role
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: dbtest.New(t), clock: dbtest.NewClock()}
	allow, err := ParseAllow("127.0.0.0/8")
	w.must(err)
	w.svc = &Service{DB: w.db, Now: w.clock.Now, Secret: []byte("a secret of the tests alone"), Allow: allow,
		Events: []string{"submit", "sign_off", "publish"}, Load: w.load}
	w.ada, w.ben = w.person("ada", "administrator"), w.person("ben", "leadership")
	w.restart()
	return w
}

// restart makes a new runner, as after a change of the service or a crash.
func (w *world) restart() {
	w.run = &outbox.Runner{DB: w.db, Now: w.clock.Now, Handlers: map[string]outbox.Handler{Kind: w.svc.Handler()},
		RetryFor: map[string]time.Duration{Kind: RetryFor}, Rand: func() float64 { return 0.5 }}
}

// load makes an event of its place alone; there is none at place 0.
func (w *world) load(_ context.Context, proposal int64, seq int) (Event, bool, error) {
	return Event{Type: "proposal.submit", At: time.Unix(1614265330, 0).UTC(), Data: map[string]int64{"proposal": proposal, "seq": int64(seq)}}, seq > 0, nil
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) person(name, role string) (id int64) {
	w.t.Helper()
	w.must(w.db.Get(&id, `insert into people (email, name, created_at) values ($1 || '@example.org', $1, $2) returning id`, name, w.clock.Now()))
	_, err := w.db.Exec(`insert into roles (person_id, role, granted_at) values ($1, $2, $3)`, id, role, w.clock.Now())
	w.must(err)
	return id
}

func (w *world) add(url string) int64 {
	w.t.Helper()
	id, err := w.svc.Add(w.t.Context(), w.ada, Settings{URL: url, Every: true})
	w.must(err)
	return id
}

func (w *world) get(id int64) Webhook {
	w.t.Helper()
	hook, err := w.svc.Get(w.t.Context(), w.ada, id)
	w.must(err)
	return hook
}

// queue puts an event of proposal 42 into the outbox, as the workflow does.
func (w *world) queue(webhook int64, seq int) {
	w.t.Helper()
	w.must(outbox.Put(w.t.Context(), w.db, w.clock.Now(), outbox.Message{Kind: Kind, Proposal: 42, Key: fmt.Sprintf("webhook:%d:42:%d", webhook, seq),
		Payload: about{Webhook: webhook, Type: "proposal.submit", Proposal: 42, Seq: seq}}))
}

// drain delivers what is due and tells how many tries that took.
func (w *world) drain() int {
	w.t.Helper()
	n, err := w.run.Drain(w.t.Context())
	w.must(err)
	return n
}

// newest is the newest delivery to a webhook.
func (w *world) newest(webhook int64) Delivery {
	w.t.Helper()
	list, _, err := w.svc.Deliveries(w.t.Context(), w.ada, webhook, 0, 0)
	w.must(err)
	if len(list) == 0 {
		w.t.Fatalf("webhook %d has no delivery", webhook)
	}
	return list[0]
}

// changes are a webhook's, oldest first: "added by ada".
func (w *world) changes(id int64) string {
	w.t.Helper()
	seen, err := w.svc.Overview(w.t.Context(), w.ada, id, 0)
	w.must(err)
	var words []string
	for _, c := range seen.Changes {
		words = append([]string{strings.TrimSpace(c.Change + " " + c.ByName)}, words...)
	}
	return strings.Join(words, ", ")
}

// refused checks the kind of a refusal and the codes of its reasons.
func (w *world) refused(err error, kind fault.Kind, codes ...string) {
	w.t.Helper()
	var got []string
	for _, r := range fault.ReasonsOf(err) {
		got = append(got, r.Code)
	}
	if fault.KindOf(err) != kind || strings.Join(got, " ") != strings.Join(codes, " ") {
		w.t.Errorf("%v, want %s %q", err, kind, codes)
	}
}

// taken is a request that a receiver got.
type taken struct {
	header http.Header
	body   string
}

// receiver is somebody else's server; it remembers what it got.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []taken
	answer func(w http.ResponseWriter, r *http.Request)
}

func newReceiver(t *testing.T, answer func(http.ResponseWriter, *http.Request)) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) take(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.got = append(r.got, taken{req.Header.Clone(), string(body)})
	r.mu.Unlock()
	r.answer(w, req)
}

// all is what it got until now.
func (r *receiver) all() []taken {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got
}

// answers makes a receiver's answer of a status.
func answers(status int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}
