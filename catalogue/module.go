package catalogue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Module is what its public page shows: the live edition, or the last one.
type Module struct {
	Slug        string
	Title       string
	Summary     string
	Strand      string // key
	StrandName  string
	Series      Series
	SeriesItems []Item // the live modules of the series, this one among them; nil without one
	Quality     string // ByRung or BeforeRung
	PublishedAt time.Time

	Authors             []Author
	Provider            string
	Keywords            []string
	Licence             string // its name, "" where none is known
	Certificate         string // yes, no, "" where it isn't known
	AccessibilityIssues string

	Audience       string
	Level          string
	PriorKnowledge string
	Outcomes       []string
	Minutes        int
	Mappings       []FrameworkMapping
	WhyUnmapped    string // why it maps to nothing in the primary framework

	Passed []StagePassed // how it was assured; nil for one that was live before Rung

	Details       StoredDetails
	Proposal      int64 // that it came from, 0 for one that was live before Rung
	RetiredAt     *time.Time
	RetiredReason string
}

// Retired reports whether the module is out of the catalogue's lists.
func (m Module) Retired() bool { return m.RetiredAt != nil }

// FrameworkMapping is what a module builds, in the words of one framework.
type FrameworkMapping struct {
	Framework string
	Primary   string   // the most important entry, "" where the framework has no such
	Others    []string // the further entries
}

// StagePassed is a rung that the edition's revision passed.
type StagePassed struct {
	Name       string
	At         time.Time // the last sign-off that it took
	Overridden bool      // leadership's recorded exception took the place of a sign-off
}

type moduleRow struct {
	Programme     string     `db:"programme"`
	State         string     `db:"state"`
	Quality       string     `db:"quality"`
	Proposal      int64      `db:"proposal_id"`
	Details       int64      `db:"details"`
	Title         string     `db:"title"`
	Summary       string     `db:"summary"`
	Strand        string     `db:"strand"`
	Series        string     `db:"series"`
	Part          int        `db:"series_part"`
	Of            int        `db:"series_of"`
	Listing       string     `db:"listing"`
	Teaching      string     `db:"teaching"`
	PublishedAt   time.Time  `db:"published_at"`
	RetiredAt     *time.Time `db:"retired_at"`
	RetiredReason string     `db:"retired_reason"`
}

const moduleSQL = `
select coalesce(p.programme, '') as programme, e.state, e.quality, coalesce(e.proposal_id, 0) as proposal_id, e.details,
       e.title, e.summary, e.strand, e.series, coalesce(e.series_part, 0) as series_part, coalesce(e.series_of, 0) as series_of,
       cast(e.listing as text) as listing, cast(e.teaching as text) as teaching, e.published_at, e.retired_at, e.retired_reason
from modules m join editions e on e.module_id = m.id left join proposals p on p.id = e.proposal_id
where m.slug = $1
order by (e.state = 'live') desc, e.number desc
limit 1`

// Module reads what the public page of a module shows; retired ones too.
// NotFound where there is none. It asks nobody who they are.
func (s *Service) Module(ctx context.Context, slug string) (Module, error) {
	if !slugForm.MatchString(slug) {
		return Module{}, noModule()
	}
	var row moduleRow
	err := s.DB.GetContext(ctx, &row, moduleSQL, slug)
	if errors.Is(err, sql.ErrNoRows) {
		return Module{}, noModule()
	}
	if err != nil {
		return Module{}, fmt.Errorf("reading the module %s: %w", slug, err)
	}
	p := s.current()
	if row.Programme != "" { // the one under which it climbed
		if p, err = s.Workflow.Programme(ctx, s.DB, row.Programme); err != nil {
			return Module{}, err
		}
	}
	m, err := row.module(slug, p)
	if err != nil {
		return Module{}, err
	}
	details, _, err := oneDetails(ctx, s.DB, detailsByIDSQL, row.Details)
	if err != nil {
		return Module{}, err
	}
	m.Details = details.stored()
	if m.Series.Name != "" {
		page, err := s.Catalogue(ctx, Query{Series: m.Series.Name})
		if err != nil {
			return Module{}, err
		}
		m.SeriesItems = page.Items
	}
	if m.Proposal != 0 {
		m.Passed, err = passed(ctx, s.DB, m.Proposal, p)
	}
	return m, err
}

func (r moduleRow) module(slug string, p *programme.Programme) (Module, error) {
	l, err := readListing(r.Listing)
	if err != nil {
		return Module{}, err
	}
	t, err := readTeaching(r.Teaching)
	if err != nil {
		return Module{}, err
	}
	m := Module{
		Slug: slug, Title: r.Title, Summary: r.Summary, Strand: r.Strand, StrandName: r.Strand,
		Series: Series{Name: r.Series, Part: r.Part, Of: r.Of}, Quality: r.Quality, PublishedAt: r.PublishedAt.UTC(),
		Authors: l.Authors, Provider: l.Provider, Keywords: l.Keywords, Licence: licenceName(p, l.Licence),
		Certificate: l.Certificate, AccessibilityIssues: l.AccessibilityIssues,
		Audience: t.Audience, Level: t.Level, PriorKnowledge: t.PriorKnowledge, Outcomes: t.Outcomes, Minutes: t.Minutes,
		Mappings: mappings(p, t.Mapping), WhyUnmapped: t.Mapping.WhyNone,
		Proposal: r.Proposal, RetiredReason: r.RetiredReason,
	}
	if strand, ok := p.Strand(r.Strand); ok {
		m.StrandName = strand.Name
	}
	if r.State == Retired {
		m.RetiredAt = r.RetiredAt
	}
	return m, nil
}

func licenceName(p *programme.Programme, key string) string {
	if licence, ok := p.Licence(key); ok {
		return licence.Name
	}
	return key
}

// mappings puts keys into the words of the programme's frameworks, the primary
// one first. A key that the programme doesn't know is left out: it couldn't
// have been submitted.
func mappings(p *programme.Programme, m Mapping) []FrameworkMapping {
	var all []FrameworkMapping
	main := p.Primary()
	first := FrameworkMapping{Framework: main.Name}
	for _, e := range main.Entries {
		for _, key := range m.Entries {
			switch {
			case e.Key != key:
			case key == m.Primary:
				first.Primary = entryName(e)
			default:
				first.Others = append(first.Others, entryName(e))
			}
		}
	}
	if first.Primary != "" || len(first.Others) > 0 {
		all = append(all, first)
	}
	for _, f := range p.Frameworks {
		other := FrameworkMapping{Framework: f.Name}
		for _, ref := range m.Others {
			if in, key, _ := strings.Cut(ref, "/"); in == f.Key {
				if e, ok := f.Entry(key); ok {
					other.Others = append(other.Others, entryName(e))
				}
			}
		}
		if len(other.Others) > 0 {
			all = append(all, other)
		}
	}
	return all
}

func entryName(e programme.Entry) string {
	if e.Number == 0 {
		return e.Name
	}
	return fmt.Sprintf("%d %s", e.Number, e.Name)
}

const passedSQL = `
select stage, max(signed_at) as at, bool_or(kind = 'override') as overridden
from sign_offs
where proposal_id = $1 and voided_at is null and kind in ('sign_off', 'override')
group by stage`

// passed tells when each stage of the programme was passed, in their order.
func passed(ctx context.Context, q postgres.Queryer, proposal int64, p *programme.Programme) ([]StagePassed, error) {
	var rows []struct {
		Stage      string    `db:"stage"`
		At         time.Time `db:"at"`
		Overridden bool      `db:"overridden"`
	}
	if err := q.SelectContext(ctx, &rows, passedSQL, proposal); err != nil {
		return nil, fmt.Errorf("reading how proposal %d was assured: %w", proposal, err)
	}
	var all []StagePassed
	for _, stage := range p.Stages {
		for _, r := range rows {
			if r.Stage == stage.Key {
				all = append(all, StagePassed{Name: stage.Name, At: r.At.UTC(), Overridden: r.Overridden})
			}
		}
	}
	return all, nil
}

// ModuleFor is Module for leadership, who looks after it: its owner, the version
// of its details and the proposal that it came from are theirs to know.
func (s *Service) ModuleFor(ctx context.Context, by workflow.Actor, slug string) (Module, error) {
	if err := leadership(ctx, s.DB, by); err != nil {
		return Module{}, err
	}
	return s.Module(ctx, slug)
}

const slugOfSQL = `
select m.slug from editions e join modules m on m.id = e.module_id where e.proposal_id = $1`

// SlugOf gives the address of the module that a proposal became. NotFound if it
// isn't published.
func (s *Service) SlugOf(ctx context.Context, proposal int64) (string, error) {
	var slug string
	err := s.DB.GetContext(ctx, &slug, slugOfSQL, proposal)
	if errors.Is(err, sql.ErrNoRows) {
		return "", noModule()
	}
	if err != nil {
		return "", fmt.Errorf("reading the module of proposal %d: %w", proposal, err)
	}
	return slug, nil
}
