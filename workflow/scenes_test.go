package workflow_test

import (
	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// scene is a proposal that real moves have brought into a state, with one
// person of every kind around it.
type scene struct {
	*world
	id   int64
	who  map[string]int64 // by kind
	item int64            // of the last change request

	expected map[string]string // acts that a kind may do
	now      *workflow.Case    // what stands there, once it is reached
}

// kinds are all the people of a scene. Who reviews what differs from scene to
// scene, so the reviewers have names: Tess reviews the technical stage, Edith
// and Edgar the educational one, Fay (of the leadership team) the final one.
var kinds = []string{"nobody", "stranger", "lead", "co-author", "Tess", "Edith", "Edgar", "Fay",
	"other technical reviewer", "other educational reviewer", "leadership",
	"leadership, author", "leadership, conflicted", "administrator", "deactivated leadership", "deactivated co-author"}

func newScene(w *world) *scene {
	s := &scene{world: w, who: map[string]int64{"nobody": 0}}
	add := func(kind, name string, roles ...string) { s.who[kind] = w.person(name, roles...) }
	add("stranger", "Stan")
	add("lead", "Ada")
	add("co-author", "Cora")
	add("deactivated co-author", "Dora")
	add("leadership, author", "Laura", workflow.Leadership)
	add("Tess", "Tess", workflow.TechnicalReviewer)
	add("Edith", "Edith", workflow.EducationalReviewer)
	add("Edgar", "Edgar", workflow.EducationalReviewer)
	add("leadership, conflicted", "Conny", workflow.Leadership)
	add("Fay", "Fay", workflow.Leadership)
	add("leadership", "Lena", workflow.Leadership)
	add("administrator", "Adam", workflow.Administrator)
	add("deactivated leadership", "Dirk", workflow.Leadership)
	s.id = w.proposal(s.who["lead"])
	for i, kind := range []string{"co-author", "leadership, author", "deactivated co-author"} {
		w.coAuthor(s.id, s.who[kind], i+2)
	}
	for _, kind := range []string{"deactivated leadership", "deactivated co-author"} {
		w.exec(`update people set deactivated_at = $2 where id = $1`, s.who[kind], w.clock.Now())
	}
	w.exec(`insert into conflicts (proposal_id, person_id, declared_at, declared_by, words) values ($1, $2, $3, $2, 'My sister wrote it.')`,
		s.id, s.who["leadership, conflicted"], w.clock.Now())
	return s
}

// late adds those who must not be asked by themselves.
func (s *scene) late() *scene {
	s.who["other technical reviewer"] = s.person("Otto", workflow.TechnicalReviewer)
	s.who["other educational reviewer"] = s.person("Olga", workflow.EducationalReviewer)
	s.who["other leadership"] = s.person("Olive", workflow.Leadership)
	return s
}

func (w *world) coAuthor(id, person int64, position int) {
	w.t.Helper()
	w.exec(`insert into authors (proposal_id, email, position, name, added_at, added_by)
		select $1, email, $3, name, $4, id from people where id = $2`, id, person, position, w.clock.Now())
}

func (w *world) deactivate(by, person int64) {
	w.t.Helper()
	w.must(w.tx(func(tx *sqlx.Tx) error {
		if _, err := tx.Exec(`update people set deactivated_at = $2 where id = $1`, person, w.clock.Now()); err != nil {
			return err
		}
		return w.svc.ReplaceOpenWork(w.ctx, tx, by, person, "", w.clock.Now())
	}))
}

func (s *scene) submits(c content) {
	s.t.Helper()
	_, err := s.submit(s.id, s.who["lead"], c)
	s.must(err)
}

func (s *scene) signs(kinds ...string) {
	s.t.Helper()
	for _, kind := range kinds {
		_, err := s.move(s.id, s.who[kind], programme.SignOff, nil)
		s.must(err)
	}
}

func (s *scene) accepts(kind string) {
	s.t.Helper()
	a, ok := s.look(s.id, s.who[kind]).OpenAssignment(s.who[kind])
	if !ok {
		s.t.Fatalf("%s isn't asked", kind)
	}
	s.must(s.svc.Accept(s.ctx, actor(s.who[kind]), a.ID, workflow.Seen{}))
}

func (s *scene) asks(kind, event string) {
	s.t.Helper()
	var err error
	s.item, err = s.request(s.id, s.who[kind], event)
	s.must(err)
}

func (s *scene) moves(kind, event string) {
	s.t.Helper()
	_, err := s.move(s.id, s.who[kind], event, because("So it was decided."))
	s.must(err)
}

func (s *scene) conflicts(kind string) {
	s.t.Helper()
	s.must(s.svc.DeclareConflict(s.ctx, actor(s.who[kind]), s.id, workflow.Seen{}, s.who[kind], "We work together."))
}

// The way up: each begins where the one before it ended.

func toChoosing(s *scene) { s.submits(content{"p1", "t1", "l1"}) }

func toTechnical(s *scene) {
	toChoosing(s)
	s.must(s.svc.Assign(s.ctx, actor(s.who["leadership"]), s.id, s.seen(s.id), s.who["Tess"], 0, ""))
}

func toEducational(s *scene) { toTechnical(s); s.signs("Tess"); s.accepts("Edith") }

func toHalfSigned(s *scene) { toEducational(s); s.signs("Edith") }

func toFinal(s *scene) { toHalfSigned(s); s.signs("Edgar") }

func toApproved(s *scene) { toFinal(s); s.signs("Fay") }

func toReady(s *scene) { toApproved(s); s.details(s.id, s.who["leadership"]) }

func toPublished(s *scene) { toReady(s); s.moves("leadership", programme.Publish) }

func toRequested(s *scene) { toHalfSigned(s); s.asks("Edgar", programme.RequestChanges) }

func toAnswered(s *scene) { toRequested(s); s.resolve(s.id, s.who["co-author"], s.item, "done") }

// toSecondRound: Edith's sign-off is void, and leadership's item isn't closed.
func toSecondRound(s *scene) {
	toHalfSigned(s)
	s.asks("leadership", programme.RequestChanges)
	s.resolve(s.id, s.who["lead"], s.item, "done")
	s.submits(content{"p1", "t2", "l1"})
}

func toVoided(s *scene) {
	toSecondRound(s)
	s.resolve(s.id, s.who["leadership"], s.item, "closed")
}

// toShort: nobody is left to take Edith's place.
func toShort(s *scene) { toEducational(s); s.deactivate(s.who["administrator"], s.who["Edith"]) }

// toReturned: approved again, with leadership's item answered and not closed.
func toReturned(s *scene) {
	toReady(s)
	s.asks("leadership", programme.Return)
	s.resolve(s.id, s.who["lead"], s.item, "done")
	s.submits(content{"p1", "t1", "l1"})
}

func toRejected(s *scene) { toEducational(s); s.moves("leadership", programme.Reject) }

func toWithdrawn(s *scene) { toEducational(s); s.moves("lead", programme.Withdraw) }
