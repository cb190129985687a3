package catalogue

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
)

// Entry is a module that was live before Rung, as leadership enters it.
type Entry struct {
	Title   string
	Strand  string // key of a strand of the programme
	Series  Series // empty where it belongs to none
	Summary string
	Details
}

// EnterLive puts a module that was live before Rung into the catalogue, marked
// so, and gives its slug.
func (s *Service) EnterLive(ctx context.Context, by workflow.Actor, e Entry) (string, error) {
	var slug string
	err := postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		if err := leadership(ctx, tx, by); err != nil {
			return err
		}
		e = e.trimmed()
		if err := s.wrongEntry(e, Details{}).invalid(); err != nil {
			return err
		}
		row, err := e.edition()
		if err != nil {
			return err
		}
		row.publishedAt, row.publishedBy = s.now(), by.Person
		row.details, err = s.writeDetails(ctx, tx, by, 0, 0, e.Details)
		if err != nil {
			return err
		}
		slug, err = addModule(ctx, tx, row)
		return err
	})
	if err != nil {
		return "", err
	}
	return slug, nil
}

const updateEditionSQL = `
with words as (
	select cast($2 as text) as title, cast($3 as text) as summary, cast($5 as text) as series, cast($10 as text) as found_by
)
update editions
set title = words.title, summary = words.summary, strand = $4, series = words.series,
    series_part = nullif(cast($6 as int), 0), series_of = nullif(cast($7 as int), 0),
    listing = cast($8 as jsonb), teaching = cast($9 as jsonb), search = ` + searchVector + `
from words
where id = $1`

// Edit changes a module in the catalogue, for leadership: all of one that was
// live before Rung (see EditLive), of one that climbed here the publication
// details alone (see SetDetails).
func (s *Service) Edit(ctx context.Context, by workflow.Actor, slug string, version int, e Entry) error {
	if err := leadership(ctx, s.DB, by); err != nil { // who may not see the proposal sees the module: it is there
		return err
	}
	m, err := s.Module(ctx, slug)
	if err != nil {
		return err
	}
	if m.Proposal != 0 {
		return s.SetDetails(ctx, by, m.Proposal, version, e.Details)
	}
	return s.EditLive(ctx, by, slug, version, e)
}

// EditLive replaces what was entered for a module that was live before Rung.
// version is the one of the details that the form was made from; a Stale fault
// wraps *StaleDetails. The address stays.
func (s *Service) EditLive(ctx context.Context, by workflow.Actor, slug string, version int, e Entry) error {
	return postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		if err := leadership(ctx, tx, by); err != nil {
			return err
		}
		key, err := editionBySlug(ctx, tx, slug)
		if err != nil {
			return err
		}
		if key.Quality != BeforeRung {
			return fault.New(fault.Refused, "What was signed can't be changed here.", fault.Reason{Code: "signed",
				Text: "This module's words were signed in Rung: only its publication details can be changed."})
		}
		was, found, err := oneDetails(ctx, tx, detailsByIDSQL+` for no key update of d`, key.Details)
		if err != nil {
			return err
		}
		if !found || was.Version != version {
			return staleDetails(was.stored())
		}
		e = e.trimmed()
		if err := s.wrongEntry(e, was.stored().Details).invalid(); err != nil {
			return err
		}
		row, err := e.edition()
		if err != nil {
			return err
		}
		if _, err := s.writeDetails(ctx, tx, by, key.Details, 0, e.Details); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, updateEditionSQL, key.ID, row.title, row.summary, row.strand, row.series,
			row.part, row.of, row.listing, row.teaching, row.foundBy())
		if err != nil {
			return fmt.Errorf("updating the module %s: %w", slug, err)
		}
		return nil
	})
}

func (e Entry) trimmed() Entry {
	e.Title, e.Series.Name = line(e.Title), line(e.Series.Name)
	e.Summary = strings.TrimSpace(e.Summary)
	e.Details = e.Details.trimmed()
	return e
}

// wrongEntry gives every reason against the entry; was is what its details are
// now.
func (s *Service) wrongEntry(e Entry, was Details) reasons {
	var r reasons
	if e.Title == "" {
		r.add("title_missing", "title", "Enter the module's title.")
	}
	r.long("title", "The title", e.Title, maxTitle)
	if _, ok := s.current().Strand(e.Strand); !ok {
		r.add("strand_missing", "strand", "Choose the strand that the module belongs to.")
	}
	r.long("series", "The name of the series", e.Series.Name, maxSeries)
	r.part(e.Series)
	if e.Summary == "" {
		r.add("summary_missing", "summary", "Enter a summary: what learners will find in it.")
	}
	r.long("summary", "The summary", e.Summary, maxSummary)
	return append(r, e.Details.wrong(was, s.now(), s.current().ReviewYears, true)...)
}

// part checks a place in a series: both numbers or neither, and a name for it.
func (r *reasons) part(s Series) {
	switch {
	case s.Part == 0 && s.Of == 0:
	case s.Name == "":
		r.add("series_missing", "series", "Enter the name of the series that this is part %d of.", s.Part)
	case s.Part < 1 || s.Of < 1 || s.Part > s.Of || s.Of > maxParts:
		r.add("series_part_wrong", "part", "Enter the part and the number of parts, such as 2 of 4; there can be up to %d.", maxParts)
	}
}

// maxParts bounds the length of a series.
const maxParts = 99

// edition is the row of the entry. Its two parts say no more than was entered,
// in the form that a signed one has.
func (e Entry) edition() (edition, error) {
	listing, err := json.Marshal(Listing{Title: e.Title, Summary: e.Summary, Series: e.Series})
	if err != nil {
		return edition{}, fmt.Errorf("writing a listing: %w", err)
	}
	teaching, err := json.Marshal(Teaching{Strand: e.Strand})
	if err != nil {
		return edition{}, fmt.Errorf("writing a teaching part: %w", err)
	}
	return edition{
		quality: BeforeRung, title: e.Title, summary: e.Summary, strand: e.Strand,
		series: e.Series.Name, part: e.Series.Part, of: e.Series.Of,
		listing: string(listing), teaching: string(teaching),
	}, nil
}
