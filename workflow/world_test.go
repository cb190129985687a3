package workflow_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// world is a database with people, and the service that the tests drive. What
// other rooms would write (authors, drafts, revisions, items, publication
// details) it writes itself.
type world struct {
	t     testing.TB
	ctx   context.Context
	db    *sqlx.DB
	clock *dbtest.Clock
	svc   *workflow.Service

	digestSQL string // see rows
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, ctx: context.Background(), db: dbtest.New(t), clock: dbtest.NewClock()}
	w.svc = &workflow.Service{DB: w.db, Now: w.clock.Now}
	if err := w.svc.Use(w.ctx, programme.Default()); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.db.ExecContext(w.ctx, query, args...); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
}

func (w *world) int(query string, args ...any) int64 {
	w.t.Helper()
	var n int64
	if err := w.db.GetContext(w.ctx, &n, query, args...); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return n
}

func (w *world) person(name string, roles ...string) int64 {
	w.t.Helper()
	id := w.int(`insert into people (email, name, created_at) values (lower($1) || '@example.org', $1, $2) returning id`, name, w.clock.Now())
	for _, r := range roles {
		w.exec(`insert into roles (person_id, role, granted_at) values ($1, $2, $3)`, id, r, w.clock.Now())
	}
	return id
}

// team is the least that can review a proposal independently: one technical,
// two educational reviewers, and two in leadership.
type team struct{ tech, edu1, edu2, lead1, lead2 int64 }

func (w *world) team() team {
	w.t.Helper()
	return team{
		tech: w.person("Tess", workflow.TechnicalReviewer), edu1: w.person("Edith", workflow.EducationalReviewer),
		edu2: w.person("Edgar", workflow.EducationalReviewer), lead1: w.person("Lena", workflow.Leadership),
		lead2: w.person("Luke", workflow.Leadership),
	}
}

func (w *world) proposal(lead int64) int64 {
	w.t.Helper()
	var id int64
	w.must(w.tx(func(tx *sqlx.Tx) error {
		var err error
		if id, err = w.svc.Create(w.ctx, tx, workflow.Actor{Person: lead}); err != nil {
			return err
		}
		if _, err := tx.Exec(`insert into authors (proposal_id, email, position, name, is_lead, added_at, added_by)
			select $1, email, 1, name, true, $3, id from people where id = $2`, id, lead, w.clock.Now()); err != nil {
			return err
		}
		_, err = tx.Exec(`insert into drafts (proposal_id, title, content, version, updated_at, updated_by)
			values ($1, 'Chairing a meeting', '{}', 1, $2, $3)`, id, w.clock.Now(), lead)
		return err
	}))
	return id
}

func (w *world) tx(fn func(tx *sqlx.Tx) error) error { return postgres.InTx(w.ctx, w.db, fn) }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) look(id, person int64) *workflow.Case {
	w.t.Helper()
	c, err := w.svc.Load(w.ctx, w.db, id, workflow.Actor{Person: person})
	w.must(err)
	return c
}

// seen is what stands there now.
func (w *world) seen(id int64) workflow.Seen {
	w.t.Helper()
	c, err := w.svc.Load(w.ctx, w.db, id, workflow.System)
	w.must(err)
	return c.Seen()
}

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// content is what a submit snapshots: any text for each part.
type content struct{ pkg, teaching, listing string }

func (w *world) snapshot(tx *sqlx.Tx, id, by int64, revision int, c content) error {
	if _, err := tx.Exec(`insert into files (sha256, size, media_type, stored_at) values ($1, 1, 'application/zip', $2) on conflict do nothing`,
		digestOf(c.pkg), w.clock.Now()); err != nil {
		return err
	}
	if _, err := tx.Exec(`insert into revisions (proposal_id, number, title, package_name, submitted_at, submitted_by)
		values ($1, $2, 'Chairing a meeting', 'm.zip', $3, $4)`, id, revision, w.clock.Now(), by); err != nil {
		return err
	}
	_, err := tx.Exec(`insert into revision_parts (proposal_id, revision, part, digest, body)
		values ($1, $2, 'package', $3, null), ($1, $2, 'teaching', $4, $5), ($1, $2, 'listing', $6, $7)`,
		id, revision, digestOf(c.pkg), digestOf(c.teaching), c.teaching, digestOf(c.listing), c.listing)
	return err
}

func (w *world) submit(id, by int64, c content) (workflow.Result, error) {
	w.t.Helper()
	seen := w.seen(id)
	var res workflow.Result
	err := w.tx(func(tx *sqlx.Tx) error {
		if err := w.snapshot(tx, id, by, seen.Revision+1, c); err != nil {
			return err
		}
		var err error
		res, err = w.svc.Move(w.ctx, tx, workflow.Move{Proposal: id, Seen: seen, Event: programme.Submit, By: workflow.Actor{Person: by}})
		return err
	})
	return res, err
}

// move fires an event from what stands there now; edit changes the move.
func (w *world) move(id, by int64, event string, edit func(*workflow.Move)) (workflow.Result, error) {
	w.t.Helper()
	m := workflow.Move{Proposal: id, Seen: w.seen(id), Event: event, By: workflow.Actor{Person: by}}
	if edit != nil {
		edit(&m)
	}
	var res workflow.Result
	err := w.tx(func(tx *sqlx.Tx) error {
		var err error
		res, err = w.svc.Move(w.ctx, tx, m)
		return err
	})
	return res, err
}

func because(words string) func(*workflow.Move) {
	return func(m *workflow.Move) { m.Reason = words }
}

// request sends a change request of one item, as reviews does.
func (w *world) request(id, by int64, event string) (item int64, err error) {
	w.t.Helper()
	c := w.look(id, by)
	stage := c.State
	if stage == programme.Approved {
		stage = "final"
	}
	var assignment *int64
	if a, ok := c.OpenAssignment(by); ok {
		assignment = &a.ID
	}
	err = w.tx(func(tx *sqlx.Tx) error {
		if err := tx.Get(&item, `insert into change_items (proposal_id, stage, assignment, asked_by, place, words, state, revision, created_at)
			values ($1, $2, $3, $4, 'slide 3', 'Please explain.', 'draft', $5, $6) returning id`, id, stage, assignment, by, c.Revision, w.clock.Now()); err != nil {
			return err
		}
		res, err := w.svc.Move(w.ctx, tx, workflow.Move{Proposal: id, Seen: c.Seen(), Event: event, By: workflow.Actor{Person: by}, Items: []int64{item}})
		if err != nil {
			return err
		}
		_, err = tx.Exec(`update change_items set state = 'open', request = $2, asked_at = $3 where id = $1`, item, res.Seq, w.clock.Now())
		return err
	})
	return item, err
}

func (w *world) resolve(id, by, item int64, state string) {
	w.t.Helper()
	w.must(w.tx(func(tx *sqlx.Tx) error {
		query := `update change_items set state = $2, answer = 'Explained.', answered_by = $3, answered_at = $4 where id = $1`
		if state == "closed" {
			query = `update change_items set state = $2, closed_by = $3, closed_at = $4 where id = $1`
		}
		if _, err := tx.Exec(query, item, state, by, w.clock.Now()); err != nil {
			return err
		}
		_, err := w.svc.Record(w.ctx, tx, workflow.Record{Proposal: id, Event: "item_" + state, By: workflow.Actor{Person: by}, Detail: map[string]any{"item": item}})
		return err
	}))
}

func (w *world) details(id, by int64) {
	w.t.Helper()
	w.exec(`insert into publication_details (proposal_id, owner, review_date, updated_at, updated_by) values ($1, 'The team', $2, $3, $4)
		on conflict (proposal_id) do nothing`, id, w.clock.Now().AddDate(1, 0, 0), w.clock.Now(), by)
}

// mails lists the notices queued about a proposal as "notice to-person".
func (w *world) mails(id int64) []string {
	w.t.Helper()
	var list []string
	w.must(w.db.Select(&list, `select (payload ->> 'notice') || ' ' || coalesce((select name from people where id = cast(payload ->> 'to_person' as bigint)), payload ->> 'to_email')
		from outbox where proposal_id = $1 order by id`, id))
	return list
}

func (w *world) climbToEducational(id, author int64, tm team) {
	w.t.Helper()
	_, err := w.submit(id, author, content{"p1", "t1", "l1"})
	w.must(err)
	if c := w.look(id, author); c.Turn == workflow.TurnLeadership {
		w.must(w.svc.Assign(w.ctx, workflow.Actor{Person: tm.lead1}, id, c.Seen(), tm.tech, 0, ""))
	}
	_, err = w.move(id, tm.tech, programme.SignOff, nil)
	w.must(err)
	w.state(id, "educational")
}

func (w *world) state(id int64, want string) {
	w.t.Helper()
	if got := w.seen(id).State; got != want {
		w.t.Fatalf("proposal %d is %s, want %s", id, got, want)
	}
}

func actor(person int64) workflow.Actor { return workflow.Actor{Person: person} }
