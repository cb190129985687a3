package catalogue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/jmoiron/sqlx"
	"golang.org/x/text/unicode/norm"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

const revisionPartsSQL = `
select part, body from revision_parts
where proposal_id = $1 and revision = $2 and part in ('teaching', 'listing')`

// revisionParts reads the two parts of a revision that are text, as they were
// signed: canonical JSON.
func revisionParts(ctx context.Context, q postgres.Queryer, proposal int64, revision int) (listing, teaching string, err error) {
	var rows []struct {
		Part string `db:"part"`
		Body string `db:"body"`
	}
	if err := q.SelectContext(ctx, &rows, revisionPartsSQL, proposal, revision); err != nil {
		return "", "", fmt.Errorf("reading the parts of revision %d of proposal %d: %w", revision, proposal, err)
	}
	for _, r := range rows {
		switch r.Part {
		case programme.PartListing:
			listing = r.Body
		case programme.PartTeaching:
			teaching = r.Body
		}
	}
	if listing == "" || teaching == "" {
		return "", "", fmt.Errorf("revision %d of proposal %d lacks a part", revision, proposal)
	}
	return listing, teaching, nil
}

// Publish puts the approved revision into the catalogue as the first edition of
// a new module, and gives the module's slug. seen is where the actor saw the
// proposal. A refusal has every reason: the workflow's (the publication details
// among them) and those of a listing that the catalogue can't hold.
func (s *Service) Publish(ctx context.Context, by workflow.Actor, proposal int64, seen workflow.Seen) (string, error) {
	var slug string
	err := postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		c, err := s.Workflow.Lock(ctx, tx, proposal, by)
		if err != nil {
			return err
		}
		move := workflow.Move{Proposal: proposal, Seen: seen, Event: programme.Publish, By: by}
		if c.Revision == 0 {
			_, err := s.Workflow.Move(ctx, tx, move) // nothing was ever submitted: the workflow says no, and why
			return err
		}
		e, err := editionOf(ctx, tx, c)
		if err != nil {
			return err
		}
		if own := e.wrong(); len(own) > 0 {
			return allReasons(s.Workflow.Against(ctx, tx, move), own)
		}
		moved, err := s.Workflow.Move(ctx, tx, move)
		if err != nil {
			return err
		}
		e.revision, e.publishedBy, e.publishedAt = moved.Revision, by.Person, s.now()
		details, found, err := oneDetails(ctx, tx, detailsOfProposalSQL, proposal)
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("proposal %d was published without publication details", proposal)
		}
		e.details = details.ID
		slug, err = addModule(ctx, tx, e)
		return err
	})
	if err != nil {
		return "", err
	}
	return slug, nil
}

// allReasons joins a refusal of the workflow with reasons of ours; a fault of
// another kind (Stale, Forbidden, …) goes first, alone.
func allReasons(refused error, own reasons) error {
	if refused == nil {
		return fault.New(fault.Refused, "This can't be published yet.", own...)
	}
	f, ok := errors.AsType[*fault.Error](refused)
	if !ok || f.Kind != fault.Refused {
		return refused
	}
	all := *f
	all.Reasons = append(append([]fault.Reason{}, f.Reasons...), own...)
	return &all
}

// edition is a row of editions before it is written.
type edition struct {
	quality           string
	proposal          int64 // 0: before Rung
	revision          int
	details           int64
	title, summary    string
	strand, series    string
	part, of          int    // of the series, 0 for none
	listing, teaching string // JSON
	keywords          []string
	outcomes          []string
	publishedAt       time.Time
	publishedBy       int64
}

// editionOf is the edition that the case's latest revision would make.
func editionOf(ctx context.Context, q postgres.Queryer, c *workflow.Case) (edition, error) {
	listing, teaching, err := revisionParts(ctx, q, c.ID, c.Revision)
	if err != nil {
		return edition{}, err
	}
	l, err := readListing(listing)
	if err != nil {
		return edition{}, err
	}
	t, err := readTeaching(teaching)
	if err != nil {
		return edition{}, err
	}
	return edition{
		quality: ByRung, proposal: c.ID,
		title: l.Title, summary: l.Summary, strand: t.Strand, series: l.Series.Name, part: l.Series.Part, of: l.Series.Of,
		listing: listing, teaching: teaching, keywords: l.Keywords, outcomes: t.Outcomes,
	}, nil
}

// wrong gives the reasons for which the catalogue can't hold the edition.
func (e edition) wrong() reasons {
	var r reasons
	if e.title == "" {
		r.add("title_missing", "title", "The listing has no title.")
	}
	r.long("title", "The title", e.title, maxTitle)
	r.long("summary", "The summary", e.summary, maxSummary)
	return r
}

const (
	// Locked until the transaction ends, so that two modules of one title don't
	// both take the same slug. Entering a module is rare.
	slugLockSQL  = `select pg_advisory_xact_lock(hashtext('rung.modules.slug'))`
	slugTakenSQL = `select slug from modules where slug = $1 or slug like $1 || '-%'`

	// The title counts most, then what was chosen to be found by, then prose. It
	// reads from a row named words.
	searchVector = `setweight(to_tsvector('english', words.title), 'A')
       || setweight(to_tsvector('english', words.series || ' ' || words.found_by), 'B')
       || setweight(to_tsvector('english', words.summary), 'C')`

	insertEditionSQL = `
with module as (
	insert into modules (slug, created_at) values ($1, $2) returning id
), words as (
	select cast($7 as text) as title, cast($8 as text) as summary, cast($10 as text) as series, cast($16 as text) as found_by
)
insert into editions (module_id, number, state, quality, proposal_id, revision, details, title, summary, strand,
                      series, series_part, series_of, listing, teaching, published_at, published_by, search)
select module.id, 1, 'live', $3, nullif(cast($4 as bigint), 0), nullif(cast($5 as int), 0), $6, words.title, words.summary, $9,
       words.series, nullif(cast($11 as int), 0), nullif(cast($12 as int), 0), cast($13 as jsonb), cast($14 as jsonb), $2, $15, ` + searchVector + `
from module, words
returning id`
)

// addModule makes the module and its first edition, and gives the slug.
func addModule(ctx context.Context, tx *sqlx.Tx, e edition) (string, error) {
	if _, err := tx.ExecContext(ctx, slugLockSQL); err != nil {
		return "", fmt.Errorf("locking the slugs: %w", err)
	}
	base := slugOf(e.title)
	var taken []string
	if err := tx.SelectContext(ctx, &taken, slugTakenSQL, base); err != nil {
		return "", fmt.Errorf("reading the slugs like %s: %w", base, err)
	}
	slug := firstFree(base, taken)
	var id int64
	err := tx.GetContext(ctx, &id, insertEditionSQL, slug, e.publishedAt, e.quality, e.proposal, e.revision, e.details,
		e.title, e.summary, e.strand, e.series, e.part, e.of, e.listing, e.teaching, e.publishedBy, e.foundBy())
	if err != nil {
		return "", fmt.Errorf("adding module %s: %w", slug, err)
	}
	return slug, nil
}

// foundBy are the words that weigh less than the title and more than the summary.
func (e edition) foundBy() string {
	return strings.Join(append(append([]string{}, e.keywords...), e.outcomes...), " ")
}

// reserved are addresses below /catalogue that are no modules.
var reserved = []string{"new", "series"}

// firstFree is base, or base with the first number from 2 on that is free.
func firstFree(base string, taken []string) string {
	is := make(map[string]bool, len(taken)+len(reserved))
	for _, t := range append(taken, reserved...) {
		is[t] = true
	}
	slug := base
	for n := 2; is[slug]; n++ {
		slug = fmt.Sprintf("%s-%d", base, n)
	}
	return slug
}

// longestSlug keeps addresses short enough to read aloud, in bytes.
const longestSlug = 80

// slugOf makes an address of a title: lower-case ASCII letters and digits,
// words joined by hyphens. "Host vs Hero Leadership" is host-vs-hero-leadership.
func slugOf(title string) string {
	var b strings.Builder
	gap := false
	for _, c := range norm.NFKD.String(strings.ToLower(title)) {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(c)
		case unicode.Is(unicode.Mn, c) || c == '\'' || c == '’':
			// an accent of the letter before it, or an apostrophe: "doctor's" is doctors
		default:
			gap = true
		}
	}
	slug := b.String()
	if len(slug) > longestSlug {
		cut := slug[:longestSlug]
		if i := strings.LastIndexByte(cut, '-'); i > 0 && slug[longestSlug] != '-' {
			cut = cut[:i]
		}
		slug = strings.Trim(cut, "-")
	}
	if slug == "" {
		return "module" // a title without a letter that an address can hold
	}
	return slug
}
