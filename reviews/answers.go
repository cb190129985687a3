package reviews

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
)

// maxWords is how many characters a note, an item or an answer may have: as
// many as a reason.
const maxWords = workflow.MaxWords

// Answer is what a reviewer has said to one criterion.
type Answer struct {
	Criterion  string    `db:"criterion"`
	Answer     string    `db:"answer"` // Met, NotMet or Undecided
	Note       string    `db:"note"`
	Revision   int       `db:"revision"` // the one it was given about
	Version    int       `db:"version"`  // 0: nothing was saved yet
	AnsweredAt time.Time `db:"answered_at"`
}

// Overtaken is inside the Stale fault of an autosave: the same thing was saved
// from elsewhere meanwhile. Its text is what is stored now; the caller still has
// what was typed, so neither is lost.
type Overtaken struct {
	Field   string // the form field of the words
	Version int    // to send next time, to replace what is stored
	Choice  string // the stored answer: of a criterion or an item
	Words   string // the stored words
	Place   string // and where they are about, of a draft item
}

func (e *Overtaken) Error() string {
	return fmt.Sprintf("%s was saved elsewhere, version %d", e.Field, e.Version)
}

func overtaken(o Overtaken) error {
	return &fault.Error{Kind: fault.Stale, Cause: &o,
		Text: "This was changed in another window since you opened it. Both texts are kept: choose which one stands.",
		Reasons: []fault.Reason{{Code: "changed_elsewhere", Field: o.Field,
			Text: "Look at the text that was saved meanwhile, then save again."}}}
}

const answerSQL = `
select criterion, answer, note, revision, version, answered_at
from rubric_answers where assignment = $1 and criterion = $2`

const answersSQL = `
select criterion, answer, note, revision, version, answered_at
from rubric_answers where assignment = $1`

// An answer is written over the version that its writer saw, and no other; where
// there is none yet, that is version 0.
const saveAnswerSQL = `
insert into rubric_answers (assignment, criterion, answer, note, revision, version, answered_at)
select $1, $2, $3, $4, p.revision, 1, $5 from proposals p where p.id = $6 and cast($7 as bigint) = 0
on conflict (assignment, criterion) do nothing
returning version`

const replaceAnswerSQL = `
update rubric_answers r
set answer = $3, note = $4, revision = p.revision, version = r.version + 1, answered_at = $5
from proposals p
where p.id = $6 and r.assignment = $1 and r.criterion = $2 and r.version = cast($7 as bigint)
returning r.version`

// Answer saves a reviewer's answer to one criterion, as it is typed: answer is
// Met, NotMet or Undecided, version the one that was on the page (0 for none
// yet). It returns the version to send next.
//
// Only the assignee may, while the review is offered, accepted or suspended. An
// answer that was changed from elsewhere is Stale, with *Overtaken inside; the
// same answer sent twice is not.
func (s *Service) Answer(ctx context.Context, by workflow.Actor, assignment int64, key string, version int, answer, note string) (int, error) {
	var saved int
	err := postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		d, err := s.ownDuty(ctx, tx, by, assignment)
		if err != nil {
			return err
		}
		if err := s.checkAnswer(ctx, tx, by, d, key, answer, note); err != nil {
			return err
		}
		query := replaceAnswerSQL
		if version == 0 {
			query = saveAnswerSQL
		}
		err = tx.GetContext(ctx, &saved, query, assignment, key, answer, note, s.now(), d.Proposal, version)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		var stored Answer
		err = tx.GetContext(ctx, &stored, answerSQL, assignment, key)
		if errors.Is(err, sql.ErrNoRows) {
			return fault.New(fault.Stale, "There is no answer to this criterion yet: what you saw isn't there. Look at it again.")
		}
		if err != nil {
			return err
		}
		if stored.Answer == answer && stored.Note == note {
			saved = stored.Version // sent twice: the first answer's reply was lost on the way
			return nil
		}
		return overtaken(Overtaken{Field: NoteField(key), Version: stored.Version, Choice: stored.Answer, Words: stored.Note})
	})
	if err != nil {
		return 0, wrap("saving an answer", err)
	}
	return saved, nil
}

func (s *Service) checkAnswer(ctx context.Context, tx *sqlx.Tx, by workflow.Actor, d duty, key, answer, note string) error {
	c, err := s.Workflow.Load(ctx, tx, d.Proposal, by)
	if err != nil {
		return err
	}
	stage, _ := c.Programme.Stage(d.Stage)
	if _, ok := stage.Criterion(key); !ok {
		return fault.New(fault.NotFound, "The rubric of this stage has no such criterion.")
	}
	var reasons []fault.Reason
	if answer != Met && answer != NotMet && answer != Undecided {
		reasons = append(reasons, fault.Reason{Code: "unknown_answer", Field: AnswerField(key), Text: "Choose met or not met."})
	}
	if r, tooLong := tooLong(NoteField(key), "The note", note, maxWords); tooLong {
		reasons = append(reasons, r)
	}
	if len(reasons) > 0 {
		return fault.New(fault.Invalid, "The answer was not saved.", reasons...)
	}
	return nil
}

// answers reads an assignment's answers by criterion.
func answers(ctx context.Context, q postgres.Queryer, assignment int64) (map[string]Answer, error) {
	var rows []Answer
	if err := q.SelectContext(ctx, &rows, answersSQL, assignment); err != nil {
		return nil, fmt.Errorf("reading the answers of assignment %d: %w", assignment, err)
	}
	byKey := make(map[string]Answer, len(rows))
	for _, a := range rows {
		byKey[a.Criterion] = a
	}
	return byKey, nil
}

func decisions(given map[string]Answer) map[string]string {
	out := make(map[string]string, len(given))
	for key, a := range given {
		out[key] = a.Answer
	}
	return out
}

func tooLong(field, what, text string, limit int) (fault.Reason, bool) {
	n := utf8.RuneCountInString(text)
	if n <= limit {
		return fault.Reason{}, false
	}
	return fault.Reason{Code: "too_long", Field: field,
		Text: fmt.Sprintf("%s has %d characters: at most %d fit.", what, n, limit)}, true
}

// wrap leaves a fault as it is and says of anything else what was being done.
func wrap(doing string, err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	return fmt.Errorf("%s: %w", doing, err)
}
