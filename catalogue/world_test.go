package catalogue_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/catalogue"
	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// world is a database with people and the services. What authoring and reviews
// would write it writes itself.
type world struct {
	t     testing.TB
	db    *sqlx.DB
	clock *dbtest.Clock
	flow  *workflow.Service
	svc   *catalogue.Service

	author, tech, edu1, edu2, lead1, lead2 int64
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, db: dbtest.New(t), clock: dbtest.NewClock()}
	w.flow = &workflow.Service{DB: w.db, Now: w.clock.Now}
	w.must(w.flow.Use(t.Context(), programme.Default()))
	store := &files.Store{Dir: t.TempDir()}
	_, err := store.EnsureMarker()
	w.must(err)
	w.svc = &catalogue.Service{DB: w.db, Now: w.clock.Now, Workflow: w.flow, Files: store}
	w.author = w.person("Anna")
	w.tech = w.person("Tess", workflow.TechnicalReviewer)
	w.edu1, w.edu2 = w.person("Edith", workflow.EducationalReviewer), w.person("Edgar", workflow.EducationalReviewer)
	w.lead1, w.lead2 = w.person("Lena", workflow.Leadership), w.person("Luke", workflow.Leadership)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	_, err := w.db.ExecContext(w.t.Context(), query, args...)
	w.must(err)
}

func (w *world) text(query string, args ...any) string {
	w.t.Helper()
	var s string
	w.must(w.db.GetContext(w.t.Context(), &s, query, args...))
	return s
}

func (w *world) person(name string, roles ...string) int64 {
	w.t.Helper()
	var id int64
	w.must(w.db.GetContext(w.t.Context(), &id,
		`insert into people (email, name, created_at) values (lower($1) || '@example.org', $1, $2) returning id`, name, w.clock.Now()))
	for _, r := range roles {
		w.exec(`insert into roles (person_id, role, granted_at) values ($1, $2, $3)`, id, r, w.clock.Now())
	}
	return id
}

func by(person int64) workflow.Actor { return workflow.Actor{Person: person} }

func (w *world) seen(id int64) workflow.Seen {
	w.t.Helper()
	c, err := w.flow.Load(w.t.Context(), w.db, id, workflow.System)
	w.must(err)
	return c.Seen()
}

const teaching = `{"audience":"Registrars","level":"Any","mapping":{"entries":["leadership_and_teams","skills"],"others":["healthcare_leadership_model/engaging_the_team"],"primary":"leadership_and_teams"},"minutes":90,"outcomes":["Lead a handover that nobody has to repeat"],"strand":"practice"}`

func listing(title string) string {
	return `{"authors":[{"job_title":"Registrar","name":"Anna Bell","organisation":"Example NHS Trust"}],"certificate":"yes","keywords":["SBAR","=handover"],"licence":"cc_by_nc_4_0","provider":"NHS England","summary":"How to lead one.","title":"` + title + `"}`
}

// submitted is a proposal of the author's in its first stage.
func (w *world) submitted(title string) int64 {
	w.t.Helper()
	ctx := w.t.Context()
	saved, err := w.svc.Files.Save(ctx, strings.NewReader("PK a package of "+title), 1<<20, nil)
	w.must(err)
	w.exec(`insert into files (sha256, size, media_type, stored_at) values ($1, $2, 'application/zip', $3) on conflict do nothing`,
		saved.SHA256, saved.Size, w.clock.Now())
	var id int64
	w.must(postgres.InTx(ctx, w.db, func(tx *sqlx.Tx) error {
		if id, err = w.flow.Create(ctx, tx, by(w.author)); err != nil {
			return err
		}
		if _, err := tx.Exec(`insert into authors (proposal_id, email, position, name, is_lead, added_at, added_by)
			select $1, email, 1, name, true, $3, id from people where id = $2`, id, w.author, w.clock.Now()); err != nil {
			return err
		}
		if _, err := tx.Exec(`insert into drafts (proposal_id, title, content, version, updated_at, updated_by)
			values ($1, $2, '{}', 1, $3, $4)`, id, title, w.clock.Now(), w.author); err != nil {
			return err
		}
		if _, err := tx.Exec(`insert into revisions (proposal_id, number, title, package_name, submitted_at, submitted_by)
			values ($1, 1, $2, 'Handover (final).zip', $3, $4)`, id, title, w.clock.Now(), w.author); err != nil {
			return err
		}
		_, err = tx.Exec(`insert into revision_parts (proposal_id, revision, part, digest, body)
			values ($1, 1, 'package', $2, null), ($1, 1, 'teaching', $3, $4), ($1, 1, 'listing', $5, $6)`,
			id, saved.SHA256, digest(teaching), teaching, digest(listing(title)), listing(title))
		return err
	}))
	w.move(id, w.author, programme.Submit)
	return id
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func (w *world) move(id, person int64, event string) {
	w.t.Helper()
	w.must(postgres.InTx(w.t.Context(), w.db, func(tx *sqlx.Tx) error {
		_, err := w.flow.Move(w.t.Context(), tx, workflow.Move{Proposal: id, Seen: w.seen(id), Event: event, By: by(person)})
		return err
	}))
}

// sign has whoever is asked at the stage sign it off.
func (w *world) sign(id int64, stage string) {
	w.t.Helper()
	for w.seen(id).State == stage {
		c, err := w.flow.Load(w.t.Context(), w.db, id, workflow.System)
		w.must(err)
		if c.Turn == workflow.TurnLeadership {
			w.must(w.flow.Assign(w.t.Context(), by(w.lead1), id, c.Seen(), w.tech, 0, ""))
			continue
		}
		for _, a := range c.Assignments {
			if a.Stage == stage && a.Open() {
				w.move(id, a.Person, programme.SignOff)
				break
			}
		}
	}
}

// final is a proposal in its final stage; approved one that is signed off.
func (w *world) final(title string) int64 {
	w.t.Helper()
	id := w.submitted(title)
	w.sign(id, "technical")
	w.sign(id, "educational")
	return id
}

func (w *world) approved(title string) int64 {
	w.t.Helper()
	id := w.final(title)
	w.sign(id, "final")
	return id
}

func complete(w *world) catalogue.Details {
	return catalogue.Details{Owner: "The blended learning team", ReviewDate: w.clock.Now().AddDate(2, 0, 0),
		BridgeURL: "https://bridge.example.org/x"}
}

// published is a module that climbed, and its slug.
func (w *world) published(title string) (int64, string) {
	w.t.Helper()
	id := w.approved(title)
	w.must(w.svc.SetDetails(w.t.Context(), by(w.lead1), id, 0, complete(w)))
	slug, err := w.svc.Publish(w.t.Context(), by(w.lead1), id, w.seen(id))
	w.must(err)
	return id, slug
}

func entry(w *world, title string) catalogue.Entry {
	return catalogue.Entry{Title: title, Strand: "theory", Summary: "About " + title + ".", Details: complete(w)}
}

// codes lists the codes of a refusal's reasons, after its kind.
func codes(err error) string {
	list := []string{string(fault.KindOf(err))}
	for _, r := range fault.ReasonsOf(err) {
		list = append(list, r.Code)
	}
	return strings.Join(list, " ")
}

func (w *world) refused(err error, want string) {
	w.t.Helper()
	if got := codes(err); got != want {
		w.t.Errorf("refused with %q, want %q (%v)", got, want, err)
	}
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
