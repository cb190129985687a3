package authoring

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
)

// SuggestedTitle is a title that the leadership team would like to see written.
type SuggestedTitle struct {
	ID         int64
	Title      string
	Strand     string // key
	Note       string
	OfferedAt  time.Time `db:"offered_at"`
	Withdrawn  bool
	TakenBy    int64  `db:"taken_by"`    // the proposal that was submitted on it, 0: it is free
	TakenState string `db:"taken_state"` // of that proposal
}

// Free reports whether it can be proposed on.
func (t SuggestedTitle) Free() bool { return !t.Withdrawn && t.TakenBy == 0 }

// Whether a title is taken stands nowhere: it follows from the proposals.
const titleSQL = `
select t.id, t.title, t.strand, t.note, t.offered_at, t.withdrawn_at is not null as withdrawn,
  coalesce(p.id, 0) as taken_by, coalesce(p.state, '') as taken_state
from suggested_titles t
left join proposals p on p.suggested_title = t.id and p.state not in ('draft', 'rejected', 'withdrawn')`

const titlesSQL = titleSQL + `
order by t.withdrawn_at is not null, t.strand, t.title, t.id
limit 500`

// Titles are the suggested titles, those on offer first. Which proposal took one
// is for leadership to see.
func (s *Service) Titles(ctx context.Context) ([]SuggestedTitle, error) {
	var titles []SuggestedTitle
	if err := s.DB.SelectContext(ctx, &titles, titlesSQL); err != nil {
		return nil, fmt.Errorf("reading the suggested titles: %w", err)
	}
	return titles, nil
}

// Title is one suggested title.
func (s *Service) Title(ctx context.Context, id int64) (SuggestedTitle, error) {
	var t SuggestedTitle
	if err := s.DB.GetContext(ctx, &t, titleSQL+` where t.id = $1`, id); err != nil {
		return t, fmt.Errorf("reading suggested title %d: %w", id, err)
	}
	return t, nil
}

// Suggestion is a title to be offered.
type Suggestion struct {
	Title  string
	Strand string // key of the current programme
	Note   string // what the leadership team has in mind
}

const (
	suggestionTitleLimit = 255
	suggestionNoteLimit  = 2000
)

const offerTitleSQL = `
insert into suggested_titles (title, strand, note, offered_by, offered_at) values ($1, $2, $3, $4, $5) returning id`

const titleOfferedSQL = `
select exists (select from suggested_titles where lower(title) = lower($1) and withdrawn_at is null)`

// OfferTitle suggests a title. Leadership only.
func (s *Service) OfferTitle(ctx context.Context, by workflow.Actor, t Suggestion) (int64, error) {
	if err := s.leadership(ctx, s.DB, by); err != nil {
		return 0, err
	}
	t = Suggestion{tidyLine(t.Title), tidyLine(t.Strand), tidyText(t.Note)}
	var reasons []fault.Reason
	add := func(code, field, text string) {
		reasons = append(reasons, fault.Reason{Code: code, Field: field, Text: text})
	}
	switch n := utf8.RuneCountInString(t.Title); {
	case n == 0:
		add("missing", "title", "Give the title.")
	case n > suggestionTitleLimit:
		add("too_long", "title", fmt.Sprintf("Shorten the title by %s.", characters(n-suggestionTitleLimit)))
	}
	if _, ok := s.Workflow.Current.Strand(t.Strand); !ok {
		add("missing", "strand", "Choose the strand.")
	}
	if over := utf8.RuneCountInString(t.Note) - suggestionNoteLimit; over > 0 {
		add("too_long", "note", fmt.Sprintf("Shorten the note by %s.", characters(over)))
	}
	var offered bool
	if err := s.DB.GetContext(ctx, &offered, titleOfferedSQL, t.Title); err != nil {
		return 0, fmt.Errorf("reading the suggested titles: %w", err)
	}
	if offered {
		add("offered_already", "title", "This title is suggested already.")
	}
	if len(reasons) > 0 {
		return 0, invalid(reasons...)
	}
	var id int64
	if err := s.DB.GetContext(ctx, &id, offerTitleSQL, t.Title, t.Strand, t.Note, by.Person, s.now()); err != nil {
		return 0, fmt.Errorf("suggesting a title: %w", err)
	}
	return id, nil
}

const withdrawTitleSQL = `update suggested_titles set withdrawn_at = coalesce(withdrawn_at, $2) where id = $1`

// WithdrawTitle stops suggesting a title; who wrote on it goes on. Leadership only.
func (s *Service) WithdrawTitle(ctx context.Context, by workflow.Actor, id int64) error {
	if err := s.leadership(ctx, s.DB, by); err != nil {
		return err
	}
	done, err := s.DB.ExecContext(ctx, withdrawTitleSQL, id, s.now())
	if err != nil {
		return fmt.Errorf("withdrawing a suggested title: %w", err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return fault.New(fault.NotFound, "There is no such suggested title.")
	}
	return nil
}
