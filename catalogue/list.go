package catalogue

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Query asks for a part of the catalogue. The zero value asks for the newest
// modules.
type Query struct {
	Strand string // key; "" for all
	Series string // name; "" for all. Its modules come in the order of their parts
	Words  string // to search for, as typed; results come best first, on one page
	After  string // Page.Next of the page before; "" for the first
	Limit  int    // modules on the page, at most 200; 0: as many as a page of its kind shows
}

// Page is a page of the catalogue.
type Page struct {
	Items []Item
	Next  string // Query.After of the next page, "" where this is the last
	// More says that a search found more than the page shows.
	More bool
}

// Item is a module in a list.
type Item struct {
	Slug        string
	Title       string
	Summary     string
	Strand      string // key
	StrandName  string
	Series      Series
	Quality     string // ByRung or BeforeRung
	PublishedAt time.Time
}

// How long a page of each kind is.
const (
	pageLength   = 20
	searchLength = 50
	seriesLength = 100
	longestPage  = 200
)

// A search ranks at most so many matches: ranking every match of a common word
// would read the whole catalogue.
const candidates = 1000

// longestWords is how much of what was typed is searched for, in characters.
const longestWords = 200

type itemRow struct {
	ID          int64     `db:"id"`
	Slug        string    `db:"slug"`
	Title       string    `db:"title"`
	Summary     string    `db:"summary"`
	Strand      string    `db:"strand"`
	Series      string    `db:"series"`
	Part        int       `db:"series_part"`
	Of          int       `db:"series_of"`
	Quality     string    `db:"quality"`
	PublishedAt time.Time `db:"published_at"`
}

// One statement for each way of reading, so that each can be planned on the
// index made for it.
const (
	itemColumns = `e.id, m.slug, e.title, e.summary, e.strand, e.series, coalesce(e.series_part, 0) as series_part,
       coalesce(e.series_of, 0) as series_of, e.quality, e.published_at`

	newestSQL = `
select ` + itemColumns + `
from editions e join modules m on m.id = e.module_id
where e.state = 'live' and (e.published_at, e.id) < ($1, $2)
order by e.published_at desc, e.id desc
limit $3`

	byStrandSQL = `
select ` + itemColumns + `
from editions e join modules m on m.id = e.module_id
where e.state = 'live' and e.strand = $4 and (e.published_at, e.id) < ($1, $2)
order by e.published_at desc, e.id desc
limit $3`

	// Those without a part come last.
	ofSeriesSQL = `
select ` + itemColumns + `
from editions e join modules m on m.id = e.module_id
where e.state = 'live' and e.series = $1 and ($2 = '' or e.strand = $2)
  and (coalesce(e.series_part, ` + noPart + `), e.published_at, e.id) > ($3, $4, $5)
order by coalesce(e.series_part, ` + noPart + `), e.published_at, e.id
limit $6`

	searchSQL = `
with asked as (
	select websearch_to_tsquery('english', $1) as query
), found as (
	select e.id, e.search from editions e, asked
	where e.state = 'live' and e.search @@ asked.query and ($2 = '' or e.strand = $2) and ($5 = '' or e.series = $5)
	limit $3
), best as (
	select found.id, ts_rank(found.search, asked.query) as rank from found, asked
	order by rank desc, found.id desc
	limit $4
)
select ` + itemColumns + `
from best join editions e on e.id = best.id join modules m on m.id = e.module_id
order by best.rank desc, e.id desc`
)

// Catalogue reads a page of the live modules. It asks nobody who they are.
func (s *Service) Catalogue(ctx context.Context, query Query) (Page, error) {
	var rows []itemRow
	var err error
	words := cut(line(query.Words), longestWords)
	limit := lengthOr(query.Limit, pageLength)
	switch {
	case words != "":
		limit = lengthOr(query.Limit, searchLength)
		err = s.DB.SelectContext(ctx, &rows, searchSQL, words, query.Strand, candidates, limit+1, query.Series)
	case query.Series != "":
		limit = lengthOr(query.Limit, seriesLength)
		from := after(query.After, place{})
		err = s.DB.SelectContext(ctx, &rows, ofSeriesSQL, query.Series, query.Strand, from.part, from.at, from.id, limit+1)
	case query.Strand != "":
		from := after(query.After, theEnd)
		err = s.DB.SelectContext(ctx, &rows, byStrandSQL, from.at, from.id, limit+1, query.Strand)
	default:
		from := after(query.After, theEnd)
		err = s.DB.SelectContext(ctx, &rows, newestSQL, from.at, from.id, limit+1)
	}
	if err != nil {
		return Page{}, fmt.Errorf("reading the catalogue: %w", err)
	}
	var page Page
	if len(rows) > limit {
		rows = rows[:limit]
		page.More = true
		if words == "" {
			page.Next = rows[limit-1].place()
		}
	}
	page.Items = s.items(rows)
	return page, nil
}

// lengthOr is how many items a page has that may say so itself.
func lengthOr(asked, usual int) int {
	if asked <= 0 {
		return usual
	}
	return min(asked, longestPage)
}

// place is where a page begins: after this module.
type place struct {
	part int // of its series
	at   time.Time
	id   int64
}

// noPart is the part of a module that has none, behind those that do.
const noPart = "2147483647"

// theEnd is where the newest modules begin, which come backwards.
var theEnd = place{at: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}

// place writes where the page behind the module begins.
func (r itemRow) place() string {
	part := strconv.Itoa(r.Part)
	if r.Part == 0 {
		part = noPart
	}
	return fmt.Sprintf("%d-%d-%s", r.PublishedAt.UnixMicro(), r.ID, part)
}

// after reads a cursor; what isn't one means the first page.
func after(cursor string, first place) place {
	numbers := strings.Split(cursor, "-")
	if len(numbers) != 3 {
		return first
	}
	micro, err1 := strconv.ParseInt(numbers[0], 10, 64)
	id, err2 := strconv.ParseInt(numbers[1], 10, 64)
	part, err3 := strconv.ParseInt(numbers[2], 10, 32)
	if err1 != nil || err2 != nil || err3 != nil || micro >= 1<<53 {
		return first
	}
	return place{int(part), time.UnixMicro(micro).UTC(), id}
}

func (s *Service) items(rows []itemRow) []Item {
	items := make([]Item, len(rows))
	for i, r := range rows {
		items[i] = Item{
			Slug: r.Slug, Title: r.Title, Summary: r.Summary, Strand: r.Strand, StrandName: s.strandName(r.Strand),
			Series: Series{Name: r.Series, Part: r.Part, Of: r.Of}, Quality: r.Quality, PublishedAt: r.PublishedAt.UTC(),
		}
	}
	return items
}

// strandName is the strand in words; a strand that the programme has dropped
// keeps its key.
func (s *Service) strandName(key string) string {
	if strand, ok := s.current().Strand(key); ok {
		return strand.Name
	}
	return key
}

// Group is a series with its live modules, in the order of their parts.
type Group struct {
	Name  string
	Items []Item
}

const (
	groupLength  = 20 // series on a page
	groupedItems = 30 // modules shown of each
)

// The names come from an index one by one, and the recursion stops where the
// page is full: a distinct over all editions would read them all.
const seriesSQL = `
with recursive names (series) as (
	(select e.series from editions e where e.state = 'live' and e.series > $1 order by e.series limit 1)
	union all
	select (select e.series from editions e where e.state = 'live' and e.series > n.series order by e.series limit 1)
	from names n where n.series is not null
), page as (
	select series from names where series is not null limit $2
)
select i.* from page cross join lateral (
	select ` + itemColumns + `
	from editions e join modules m on m.id = e.module_id
	where e.state = 'live' and e.series = page.series
	order by e.series_part nulls last, e.published_at, e.id
	limit $3
) i
order by i.series, i.series_part = 0, i.series_part, i.published_at, i.id`

// BySeries reads a page of the series that have live modules, by name. after is
// the last name of the page before, "" for the first page; limit is how many
// series a page has, 0 for as many as the public page shows; next is "" where
// this is the last.
func (s *Service) BySeries(ctx context.Context, after string, limit int) (groups []Group, next string, err error) {
	limit = lengthOr(limit, groupLength)
	var rows []itemRow
	if err := s.DB.SelectContext(ctx, &rows, seriesSQL, cut(after, maxSeries), limit+1, groupedItems); err != nil {
		return nil, "", fmt.Errorf("reading the series: %w", err)
	}
	for _, item := range s.items(rows) {
		if n := len(groups); n == 0 || groups[n-1].Name != item.Series.Name {
			groups = append(groups, Group{Name: item.Series.Name})
		}
		last := &groups[len(groups)-1]
		last.Items = append(last.Items, item)
	}
	if len(groups) > limit {
		groups = groups[:limit]
		next = groups[limit-1].Name
	}
	return groups, next, nil
}

// cut is the first n characters of text.
func cut(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n])
}
