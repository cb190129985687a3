package reviews

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// world is a database with people, in which proposals climb. Content is written
// here as authoring would.
type world struct {
	t       *testing.T
	ctx     context.Context
	db      *sqlx.DB
	clock   *dbtest.Clock
	wf      *workflow.Service
	reviews *Service

	lead, coauthor       workflow.Actor
	tech, tech2          workflow.Actor
	edu, edu2, edu3      workflow.Actor
	leader, leader2, any workflow.Actor
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, ctx: t.Context(), db: dbtest.New(t), clock: dbtest.NewClock()}
	w.wf = &workflow.Service{DB: w.db, Now: w.clock.Now}
	w.reviews = &Service{DB: w.db, Now: w.clock.Now, Workflow: w.wf}
	if err := w.wf.Use(w.ctx, programme.Default()); err != nil {
		t.Fatal(err)
	}
	w.lead = w.person("lead", "administrator") // holds a role, so is no newcomer
	w.coauthor = w.person("coauthor")
	w.tech = w.person("tech", workflow.TechnicalReviewer)
	w.tech2 = w.person("tech2", workflow.TechnicalReviewer)
	w.edu = w.person("edu", workflow.EducationalReviewer)
	w.edu2 = w.person("edu2", workflow.EducationalReviewer)
	w.edu3 = w.person("edu3", workflow.EducationalReviewer)
	w.leader = w.person("leader", workflow.Leadership)
	w.leader2 = w.person("leader2", workflow.Leadership)
	w.any = w.person("any")
	return w
}

func (w *world) person(name string, roles ...string) workflow.Actor {
	w.t.Helper()
	var id int64
	w.get(&id, `insert into people (email, name, created_at) values ($1, $2, $3) returning id`, name+"@example.org", name, w.clock.Now())
	for _, r := range roles {
		w.exec(`insert into roles (person_id, role, granted_at) values ($1, $2, $3)`, id, r, w.clock.Now())
	}
	return workflow.Actor{Person: id}
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.db.ExecContext(w.ctx, query, args...); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
}

func (w *world) get(dest any, query string, args ...any) {
	w.t.Helper()
	if err := w.db.GetContext(w.ctx, dest, query, args...); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
}

func (w *world) count(query string, args ...any) int {
	w.t.Helper()
	var n int
	w.get(&n, query, args...)
	return n
}

// proposal begins a proposal of the lead with a co-author.
func (w *world) proposal() int64 {
	w.t.Helper()
	var id int64
	w.tx(func(tx *sqlx.Tx) (err error) {
		if id, err = w.wf.Create(w.ctx, tx, w.lead); err != nil {
			return err
		}
		if _, err = tx.Exec(`insert into authors (proposal_id, email, position, name, is_lead, added_at, added_by) values
			($1, 'lead@example.org', 1, 'lead', true, $2, $3), ($1, 'coauthor@example.org', 2, 'coauthor', false, $2, $3)`, id, w.clock.Now(), w.lead.Person); err != nil {
			return err
		}
		_, err = tx.Exec(`insert into drafts (proposal_id, title, content, version, updated_at, updated_by) values ($1, 'A module', '{}', 1, $2, $3)`,
			id, w.clock.Now(), w.lead.Person)
		return err
	})
	return id
}

func (w *world) tx(fn func(tx *sqlx.Tx) error) {
	w.t.Helper()
	if err := postgres.InTx(w.ctx, w.db, fn); err != nil {
		w.t.Fatal(err)
	}
}

// submit makes a revision of these contents and submits it.
func (w *world) submit(proposal int64, pkg, teaching, listing string) *workflow.Case {
	w.t.Helper()
	c := w.load(proposal, w.lead)
	w.tx(func(tx *sqlx.Tx) error {
		n := c.Revision + 1
		if _, err := tx.Exec(`insert into files (sha256, size, media_type, stored_at) values ($1, 1, 'application/zip', $2) on conflict do nothing`, sum(pkg), w.clock.Now()); err != nil {
			return err
		}
		if _, err := tx.Exec(`insert into revisions (proposal_id, number, title, package_name, submitted_at, submitted_by) values ($1, $2, 'A module', 'm.zip', $3, $4)`,
			proposal, n, w.clock.Now(), w.lead.Person); err != nil {
			return err
		}
		body := func(s string) string { return fmt.Sprintf(`{"text":%q}`, s) }
		if _, err := tx.Exec(`insert into revision_parts (proposal_id, revision, part, digest, body) values
			($1, $2, 'package', $3, null), ($1, $2, 'teaching', $4, $5), ($1, $2, 'listing', $6, $7)`,
			proposal, n, sum(pkg), sum(body(teaching)), body(teaching), sum(body(listing)), body(listing)); err != nil {
			return err
		}
		_, err := w.wf.Move(w.ctx, tx, workflow.Move{Proposal: proposal, Seen: c.Seen(), Event: programme.Submit, By: w.lead})
		return err
	})
	return w.load(proposal, w.lead)
}

func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

func (w *world) load(proposal int64, by workflow.Actor) *workflow.Case {
	w.t.Helper()
	c, err := w.wf.Load(w.ctx, w.db, proposal, by)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// submitted is a proposal in technical review, and its one reviewer there.
func (w *world) submitted() (int64, workflow.Actor) {
	w.t.Helper()
	id := w.proposal()
	w.submit(id, "package 1", "teaching 1", "listing 1")
	return id, w.holders(id)[0]
}

// holders are the people asked at the stage where the proposal stands.
func (w *world) holders(proposal int64) []workflow.Actor {
	w.t.Helper()
	var out []workflow.Actor
	c := w.load(proposal, w.leader)
	for _, a := range c.Assignments {
		if a.Stage == c.State && a.Open() {
			out = append(out, workflow.Actor{Person: a.Person})
		}
	}
	if len(out) == 0 {
		w.t.Fatalf("nobody is asked: %s, %s", c.State, c.TurnFor)
	}
	return out
}

func (w *world) assignment(proposal int64, who workflow.Actor) int64 {
	w.t.Helper()
	c := w.load(proposal, w.leader)
	for _, a := range slices.Backward(c.Assignments) {
		if a.Person == who.Person && a.State != workflow.Declined && a.State != workflow.Replaced {
			return a.ID
		}
	}
	w.t.Fatalf("person %d has no assignment", who.Person)
	return 0
}

// answerAll answers every criterion of the person's stage as met, but these.
func (w *world) answerAll(proposal int64, who workflow.Actor, but map[string]string) {
	w.t.Helper()
	p, err := w.reviews.Review(w.ctx, who, w.assignment(proposal, who))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range p.Criteria {
		answer := Met
		if a, ok := but[c.Key]; ok {
			answer = a
		}
		if _, err := w.reviews.Answer(w.ctx, who, p.Assignment.ID, c.Key, c.Given.Version, answer, ""); err != nil {
			w.t.Fatal(err)
		}
	}
}

// sign answers everything and signs off.
func (w *world) sign(proposal int64, who workflow.Actor) {
	w.t.Helper()
	w.answerAll(proposal, who, nil)
	if _, err := w.reviews.SignOff(w.ctx, who, proposal, w.load(proposal, who).Seen()); err != nil {
		w.t.Fatal(err)
	}
}

// ask drafts an item and sends it.
func (w *world) ask(proposal int64, who workflow.Actor) int64 {
	w.t.Helper()
	item, _, err := w.reviews.DraftItem(w.ctx, who, proposal, Ask{General, "slide 4", "Say why."})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.reviews.RequestChanges(w.ctx, who, proposal, w.load(proposal, who).Seen()); err != nil {
		w.t.Fatal(err)
	}
	return item
}

func (w *world) answerItem(item int64, choice, words string) {
	w.t.Helper()
	if _, err := w.reviews.AnswerItem(w.ctx, w.lead, item, w.version(item), choice, words); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) version(item int64) int {
	return w.count(`select version from change_items where id = $1`, item)
}

func (w *world) itemState(item int64) string {
	w.t.Helper()
	var state string
	w.get(&state, `select state from change_items where id = $1`, item)
	return state
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// wantFault checks the kind of a refusal, and that its codes are among the reasons.
func wantFault(t *testing.T, err error, kind fault.Kind, codes ...string) {
	t.Helper()
	if fault.KindOf(err) != kind {
		t.Fatalf("got %v, want a fault of kind %s", err, kind)
	}
	for _, code := range codes {
		if !fault.Has(err, code) {
			t.Errorf("the reason %s is missing of %v", code, err)
		}
	}
}

// wantCodes checks the codes of all reasons, in order.
func wantCodes(t *testing.T, reasons []fault.Reason, want ...string) {
	t.Helper()
	var got []string
	for _, r := range reasons {
		got = append(got, r.Code)
	}
	if !slices.Equal(got, want) {
		t.Errorf("reasons %v, want %v", got, want)
	}
}
