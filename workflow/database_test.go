package workflow_test

import (
	"encoding/hex"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// What the rules say in Go, the database holds too, whoever writes to it. Each
// attempt is plain SQL in a transaction of its own.

// refused runs an attempt, wants the database to name this constraint, and takes
// everything back.
func (s *scene) refused(name, constraint string, attempt func(tx *sqlx.Tx) error) {
	s.t.Helper()
	s.rewound(func() {
		switch err := s.tx(attempt); {
		case err == nil:
			s.t.Errorf("%s: the database took it", name)
		case postgres.Constraint(err) != constraint:
			s.t.Errorf("%s: %v (constraint %q), want %q", name, err, postgres.Constraint(err), constraint)
		}
	})
}

func plain(query string, args ...any) func(tx *sqlx.Tx) error {
	return func(tx *sqlx.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}
}

func TestWhatIsWrittenForGoodStays(t *testing.T) {
	s := newScene(newRewindable(t))
	toTechnical(s)
	s.signs("Tess")
	s.conflicts("Fay")
	for _, table := range []string{"programmes", "programme_states", "programme_stages", "programme_edges", "history", "conflicts",
		"files", "revisions", "revision_parts", "sign_off_digests"} {
		column := map[string]string{"programmes": "name", "history": "detail", "conflicts": "words", "files": "media_type", "revisions": "title",
			"revision_parts": "digest", "programme_stages": "role", "programme_states": "state", "programme_edges": "event", "sign_off_digests": "digest"}[table]
		s.refused("update "+table, table+"_append_only", plain(`update `+table+` set `+column+` = `+column+` || 'x'`))
		s.refused("delete from "+table, table+"_append_only", plain(`delete from `+table))
		s.refused("truncate "+table, table+"_append_only", plain(`truncate `+table+` cascade`))
	}
	s.refused("truncate sign_offs", "sign_offs_append_only", plain(`truncate sign_offs cascade`))
	for _, change := range []string{"stage = 'final'", "kind = 'permit'", "person_id = 1", "revision = 2", "reason = 'x'",
		"signed_at = signed_at + interval '1 day'", "assignment = null", "carried_from = id", "permit = id", "granted_by = 1",
		"proposal_id = proposal_id + 1"} {
		s.refused("sign-off: "+change, "sign_offs_append_only", plain(`update sign_offs set `+change))
	}
	s.refused("delete sign-off", "sign_offs_append_only", plain(`delete from sign_offs`))
	s.refused("unvoid", "sign_offs_append_only", func(tx *sqlx.Tx) error {
		if _, err := tx.Exec(`update sign_offs set voided_at = signed_at, void_reason = 'changed'`); err != nil {
			return err
		}
		_, err := tx.Exec(`update sign_offs set voided_at = null, void_reason = null`)
		return err
	})
}

// forged writes an entry that continues the chain, with its true hash, and moves
// the proposal's row along, as Move would. edit makes it the lie of the test.
func (s *scene) forged(edit func(l *workflow.Link)) func(tx *sqlx.Tx) error {
	c := s.look(s.id, 0)
	head, err := hex.DecodeString(c.Head)
	s.must(err)
	l := workflow.Link{Proposal: s.id, Seq: c.Seq + 1, At: s.clock.Now(), Actor: s.who["leadership"], Event: "forged", Programme: c.Programme.Version,
		From: c.State, FromRevision: c.Revision, To: c.State, Revision: c.Revision, Detail: "{}", Prev: head}
	edit(&l)
	return func(tx *sqlx.Tx) error {
		if _, err := tx.Exec(`insert into history (proposal_id, seq, at, actor, event, programme, from_state, from_revision, to_state, revision, detail, prev_hash, hash)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, l.Proposal, l.Seq, l.At, l.Actor, l.Event, l.Programme,
			l.From, l.FromRevision, l.To, l.Revision, l.Detail, l.Prev, l.Sum()); err != nil {
			return err
		}
		turn := map[string]string{"published": "nobody", "approved": "leadership"}[l.To]
		if turn == "" {
			turn = c.Turn
		}
		_, err := tx.Exec(`update proposals set state = $2, revision = $3, seq = $4, head = $5, turn = $6,
			turn_due = case when $6 = 'nobody' then null else turn_due end where id = $1`, s.id, l.To, l.Revision, l.Seq, l.Sum(), turn)
		return err
	}
}

func TestTheChainCannotBeForged(t *testing.T) {
	s := newScene(newRewindable(t))
	toTechnical(s)
	s.rewound(func() { s.must(s.tx(s.forged(func(l *workflow.Link) {}))) }) // the forgery itself is sound
	s.refused("a state without an entry", "proposals_stand_on_history", plain(`update proposals set state = 'educational'`))
	s.refused("a revision without an entry", "proposals_stand_on_history", plain(`update proposals set revision = 2`))
	s.refused("another head", "proposals_stand_on_history", plain(`update proposals set head = '\x00'`))
	s.refused("an older head", "proposals_stand_on_history", plain(`update proposals set (seq, head) = (select seq, hash from history where seq = 1)`))
	s.refused("an edge that isn't the programme's", "history_edge", s.forged(func(l *workflow.Link) { l.Event, l.To = programme.Publish, "published" }))
	s.refused("an event of another edge", "history_edge", s.forged(func(l *workflow.Link) { l.Event, l.To = programme.Submit, "educational" }))
	s.refused("from another state", "history_chain", s.forged(func(l *workflow.Link) { l.From, l.To, l.Event = "educational", "final", programme.SignOff }))
	s.refused("from another revision", "history_chain", s.forged(func(l *workflow.Link) { l.FromRevision, l.Revision = 2, 2 }))
	s.refused("another hash before it", "history_chain", s.forged(func(l *workflow.Link) { l.Prev = make([]byte, 32) }))
	s.refused("a gap", "history_chain", s.forged(func(l *workflow.Link) { l.Seq++ }))
	s.refused("a fork", "history_pkey", s.forged(func(l *workflow.Link) { l.Seq-- }))
	s.refused("a revision that jumps", "history_revision_grows", s.forged(func(l *workflow.Link) { l.Event, l.Revision = programme.Submit, 3 }))
	s.refused("a revision without a submit", "history_revision_grows", s.forged(func(l *workflow.Link) { l.Revision = 2 }))
	s.refused("a second beginning", "history_first", func(tx *sqlx.Tx) error {
		_, err := tx.Exec(`insert into history (proposal_id, seq, at, event, programme, to_state, revision, detail, hash)
			select proposal_id, seq + 1, at, event, programme, to_state, revision, detail, hash from history order by seq desc limit 1`)
		return err
	})
	s.refused("another hash", "history_hash", func(tx *sqlx.Tx) error {
		_, err := tx.Exec(`insert into history (proposal_id, seq, at, actor, event, programme, from_state, from_revision, to_state, revision, detail, prev_hash, hash)
			select proposal_id, seq + 1, at, actor, 'forged', programme, to_state, revision, to_state, revision, detail, hash, hash from history order by seq desc limit 1`)
		return err
	})
	s.refused("a version that isn't the file's hash", "programmes_version_is_hash",
		plain(`insert into programmes (version, name, source, stored_at) values ('1', 'x', 'x', $1)`, s.clock.Now()))
}

func published(l *workflow.Link) { l.Event, l.To = programme.Publish, "published" }

func TestNothingUnsignedIsPublished(t *testing.T) {
	for _, lie := range []struct {
		name       string
		reach      func(*scene)
		constraint string
	}{
		{"an item is not closed", toReturned, "proposals_items_closed"},
		{"a sign-off was voided", func(s *scene) {
			toReady(s)
			s.exec(`update sign_offs set voided_at = signed_at, void_reason = 'changed' where stage = 'educational' and person_id = $1`, s.who["Edith"])
		}, "proposals_signed"},
		{"a reviewer is conflicted", func(s *scene) {
			toReady(s)
			s.exec(`insert into conflicts (proposal_id, person_id, declared_at, declared_by, words) values ($1, $2, $3, $2, 'x')`, s.id, s.who["Tess"], s.clock.Now())
		}, "proposals_signed"},
		{"a reviewer is an author", func(s *scene) {
			toReady(s)
			s.exec(`alter table authors disable trigger authors_frozen`)
			s.coAuthor(s.id, s.who["Tess"], 9)
			s.exec(`alter table authors enable trigger authors_frozen`)
		}, "proposals_signed"},
		{"another revision was signed", func(s *scene) {
			toReady(s)
			s.asks("leadership", programme.Return)
			s.resolve(s.id, s.who["lead"], s.item, "closed")
			s.exec(`savepoint s`)
			s.must(s.tx(func(tx *sqlx.Tx) error { return s.snapshot(tx, s.id, s.who["lead"], 2, content{"p1", "t2", "l1"}) }))
			s.must(s.tx(s.forged(func(l *workflow.Link) { l.Event, l.To, l.Revision = programme.Submit, "approved", 2 })))
		}, "proposals_signed"},
	} {
		t.Run(lie.name, func(t *testing.T) {
			s := newScene(newRewindable(t))
			lie.reach(s)
			s.refused(lie.name, lie.constraint, s.forged(published))
		})
	}
	s := newScene(newRewindable(t))
	toReady(s)
	s.must(s.tx(s.forged(published))) // all is signed: even a forged entry may say so
	s.must(s.tx(func(tx *sqlx.Tx) error { return s.snapshot(tx, s.id, s.who["lead"], 2, content{"p2", "t2", "l2"}) }))
	s.refused("a new revision under what is published", "proposals_signed",
		s.forged(func(l *workflow.Link) { l.Event, l.Revision = programme.Submit, 2 }))
}

func TestReviewersAreIndependentInTheDatabase(t *testing.T) {
	s := newScene(newRewindable(t))
	toHalfSigned(s)
	s.late()
	ask := func(kind, stage string) func(tx *sqlx.Tx) error {
		return plain(`insert into assignments (proposal_id, stage, person_id, state, offered_at, due_at) values ($1, $2, $3, 'offered', $4, $4)`,
			s.id, stage, s.who[kind], s.clock.Now())
	}
	s.refused("asking an author", "assignments_not_author", ask("co-author", "educational"))
	s.refused("asking somebody conflicted", "assignments_no_conflict", ask("leadership, conflicted", "final"))
	s.refused("asking who signed another stage", "assignments_one_stage", ask("Tess", "educational"))
	s.refused("asking twice", "assignments_one_open", ask("Edgar", "educational"))

	sign := func(kind, stage string, revision int) func(tx *sqlx.Tx) error {
		return plain(`insert into sign_offs (proposal_id, stage, kind, person_id, assignment, revision, signed_at)
			values ($1, $2, 'sign_off', $3, (select min(id) from assignments), $4, $5)`, s.id, stage, s.who[kind], revision, s.clock.Now())
	}
	s.refused("a second yes", "sign_offs_once", sign("Edith", "educational", 1))
	s.refused("a yes at a second stage", "sign_offs_one_stage_each", sign("Tess", "final", 1))
	s.refused("an author's yes", "sign_offs_not_author", sign("co-author", "educational", 1))
	s.refused("a conflicted yes", "sign_offs_no_conflict", sign("leadership, conflicted", "final", 1))
	s.refused("a yes to no revision", "sign_offs_proposal_id_revision_fkey", sign("Edgar", "educational", 7))
	s.refused("a yes without an assignment", "sign_offs_assigned", plain(`insert into sign_offs (proposal_id, stage, kind, person_id, revision, signed_at)
		values ($1, 'educational', 'sign_off', $2, 1, $3)`, s.id, s.who["Edgar"], s.clock.Now()))
	exception := `insert into sign_offs (proposal_id, stage, kind, person_id, granted_by, revision, reason, signed_at) values ($1, 'educational', $2, $3, $4, 1, $5, $6)`
	s.refused("an override without a reason", "sign_offs_reason", plain(exception, s.id, "override", s.who["Fay"], s.who["Fay"], "", s.clock.Now()))
	s.refused("an override by nobody", "sign_offs_granted", plain(exception, s.id, "override", s.who["Fay"], nil, "x", s.clock.Now()))
	s.refused("an override by an author", "sign_offs_not_author", plain(exception, s.id, "override", s.who["leadership, author"], s.who["Fay"], "x", s.clock.Now()))
	s.refused("a permit for somebody conflicted", "sign_offs_no_conflict", plain(exception, s.id, "permit", s.who["leadership, conflicted"], s.who["Fay"], "x", s.clock.Now()))
	s.refused("a digest that isn't the revision's", "sign_off_digests_exact", plain(`insert into sign_off_digests (sign_off, proposal_id, revision, part, digest)
		select min(id), $1, 1, 'listing', $2 from sign_offs`, s.id, digestOf("other")))
	s.refused("a digest of another part", "sign_off_digests_exact", plain(`insert into sign_off_digests (sign_off, proposal_id, revision, part, digest)
		select min(id), $1, 1, 'listing', $2 from sign_offs`, s.id, digestOf("t1")))
}

func TestNothingWaitsUnseenInTheDatabase(t *testing.T) {
	s := newScene(newRewindable(t))
	toEducational(s)
	s.refused("no date", "proposals_turn_due", plain(`update proposals set turn_due = null`))
	s.refused("nobody's turn", "proposals_turn", plain(`update proposals set turn = 'nobody', turn_due = null`))
	s.refused("the author's turn in review", "proposals_turn", plain(`update proposals set turn = 'author'`))
	s.refused("reviewers' turn without a reviewer", "proposals_turn_has_reviewer", func(tx *sqlx.Tx) error {
		if _, err := tx.Exec(`update assignments set state = 'replaced', closed_at = $1 where stage = 'educational'`, s.clock.Now()); err != nil {
			return err
		}
		_, err := tx.Exec(`update proposals set turn = 'reviewers'`)
		return err
	})
	s.refused("the draft, in review", "drafts_frozen", plain(`update drafts set title = 'Other'`))
	s.refused("the draft away, in review", "drafts_frozen", plain(`delete from drafts`))
	s.refused("an author more, in review", "authors_frozen", plain(`insert into authors (proposal_id, email, position, name, added_at, added_by)
		select $1, 'x@example.org', 9, 'X', $2, $3`, s.id, s.clock.Now(), s.who["lead"]))
	s.refused("an author less, in review", "authors_frozen", plain(`delete from authors where not is_lead`))
	s.refused("another order of authors, in review", "authors_frozen", plain(`update authors set position = position + 1`))
	s.refused("two leads", "authors_one_lead", plain(`update authors set is_lead = true`))
	s.rewound(func() { // leadership may name another lead
		s.exec(`update authors set is_lead = false`)
		s.exec(`update authors set is_lead = true where email = 'cora@example.org'`)
	})
}
