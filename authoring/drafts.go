package authoring

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
)

// Draft is what the authors are writing now. It is theirs alone until a submit
// makes a revision of it.
type Draft struct {
	Proposal       int64
	Version        int // hand it back with a change: it guards against another tab
	Content        Content
	SuggestedTitle int64  // for which it is written, 0 for an own idea
	SuggestedAs    string // that title, as it was offered
	TitleTaken     bool   // by another proposal, submitted meanwhile
	Package        *Package
	Authors        []Author
	UpdatedAt      time.Time
	UpdatedBy      int64
	UpdatedByName  string

	// changed says of each field in which version it last changed, and by whom, so
	// that two people who write different things never get into each other's way.
	changed map[string]change
}

type change struct {
	Version int   `json:"version"`
	By      int64 `json:"by"` // people.id
}

// Idea is what a proposal starts from: a suggested title, or an own idea, whose
// title may still be missing.
type Idea struct {
	Title          string
	SuggestedTitle int64 // 0 for an own idea
}

const suggestionSQL = `
select t.title, t.strand, t.withdrawn_at is not null as withdrawn,
  exists (select from proposals p where p.suggested_title = t.id and p.state not in ('draft', 'rejected', 'withdrawn')) as taken
from suggested_titles t where t.id = $1`

const insertDraftSQL = `
insert into drafts (proposal_id, title, content, suggested_title, version, updated_at, updated_by)
values ($1, $2, $3, nullif($4::bigint, 0), 1, $5, $6)`

const insertLeadSQL = `
insert into authors (proposal_id, email, position, name, organisation, job_title, is_lead, added_at, added_by)
select $1, p.email, 1, p.name, p.organisation, p.job_title, true, $2, p.id from people p where p.id = $3`

// Create starts a proposal, with the actor as its lead author. A suggested title
// that is withdrawn or taken is Refused.
func (s *Service) Create(ctx context.Context, by workflow.Actor, from Idea) (int64, error) {
	var id int64
	err := postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		var c Content
		title, _ := FieldNamed("title")
		title.put(&c, []string{from.Title})
		if reasons := title.impossible(c); len(reasons) > 0 {
			return invalid(reasons...)
		}
		if from.SuggestedTitle != 0 {
			if err := suggestion(ctx, tx, from.SuggestedTitle, &c); err != nil {
				return err
			}
		}
		content, err := json.Marshal(storedContent{Content: c})
		if err != nil {
			return fmt.Errorf("writing a draft: %w", err)
		}
		if id, err = s.Workflow.Create(ctx, tx, by); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, insertLeadSQL, id, s.now(), by.Person); err != nil {
			return fmt.Errorf("writing the lead author of proposal %d: %w", id, err)
		}
		_, err = tx.ExecContext(ctx, insertDraftSQL, id, c.Listing.Title, string(content), from.SuggestedTitle, s.now(), by.Person)
		if err != nil {
			return fmt.Errorf("writing the draft of proposal %d: %w", id, err)
		}
		return nil
	})
	return id, err
}

// suggestion fills in what a suggested title says.
func suggestion(ctx context.Context, q postgres.Queryer, id int64, c *Content) error {
	var rows []struct {
		Title, Strand    string
		Withdrawn, Taken bool
	}
	if err := q.SelectContext(ctx, &rows, suggestionSQL, id); err != nil {
		return fmt.Errorf("reading suggested title %d: %w", id, err)
	}
	switch {
	case len(rows) == 0:
		return fault.New(fault.NotFound, "There is no such suggested title.")
	case rows[0].Withdrawn:
		return fault.New(fault.Refused, "No proposal was started.", fault.Reason{Code: "title_withdrawn", Field: "suggested_title",
			Text: "This title is no longer suggested. Choose another, or propose it as an idea of your own."})
	case rows[0].Taken:
		return fault.New(fault.Refused, "No proposal was started.", fault.Reason{Code: "title_taken", Field: "suggested_title",
			Text: "Somebody else is writing on this title. Choose another, or propose yours as an idea of your own."})
	}
	if c.Listing.Title == "" {
		c.Listing.Title = rows[0].Title
	}
	c.Teaching.Strand = rows[0].Strand
	return nil
}

// storedContent is drafts.content.
type storedContent struct {
	Content
	Changed map[string]change `json:"changed,omitempty"`
}

const draftSQL = `
select d.version, d.content, coalesce(d.suggested_title, 0) as suggested_title, coalesce(t.title, '') as suggested_as,
  exists (select from proposals o where o.suggested_title = d.suggested_title and o.id <> d.proposal_id
          and o.state not in ('draft', 'rejected', 'withdrawn')) as title_taken,
  coalesce(d.package, '') as package, d.package_name, coalesce(f.size, 0) as size, coalesce(f.media_type, '') as media_type,
  d.updated_at, d.updated_by, p.name as updated_by_name
from drafts d
join people p on p.id = d.updated_by
left join suggested_titles t on t.id = d.suggested_title
left join files f on f.sha256 = d.package
where d.proposal_id = $1`

func loadDraft(ctx context.Context, q postgres.Queryer, id int64) (Draft, error) {
	var row struct {
		Version        int
		Content        []byte
		SuggestedTitle int64  `db:"suggested_title"`
		SuggestedAs    string `db:"suggested_as"`
		TitleTaken     bool   `db:"title_taken"`
		Package        string
		PackageName    string `db:"package_name"`
		Size           int64
		MediaType      string    `db:"media_type"`
		UpdatedAt      time.Time `db:"updated_at"`
		UpdatedBy      int64     `db:"updated_by"`
		UpdatedByName  string    `db:"updated_by_name"`
	}
	if err := q.GetContext(ctx, &row, draftSQL, id); err != nil {
		return Draft{}, fmt.Errorf("reading the draft of proposal %d: %w", id, err)
	}
	var stored storedContent
	if err := json.Unmarshal(row.Content, &stored); err != nil {
		return Draft{}, fmt.Errorf("reading the draft of proposal %d: %w", id, err)
	}
	authors, err := loadAuthors(ctx, q, id)
	if err != nil {
		return Draft{}, err
	}
	d := Draft{
		Proposal: id, Version: row.Version, Content: stored.Content, changed: stored.Changed,
		SuggestedTitle: row.SuggestedTitle, SuggestedAs: row.SuggestedAs, TitleTaken: row.TitleTaken, Authors: authors,
		UpdatedAt: row.UpdatedAt.UTC(), UpdatedBy: row.UpdatedBy, UpdatedByName: row.UpdatedByName,
	}
	if row.Package != "" {
		d.Package = &Package{Name: row.PackageName, Size: row.Size, Type: row.MediaType, Digest: row.Package}
	}
	return d, nil
}

// Draft gives the authors what they are writing. Forbidden for anybody else.
func (s *Service) Draft(ctx context.Context, by workflow.Actor, id int64) (Draft, error) {
	c, err := s.Workflow.Load(ctx, s.DB, id, by)
	if err != nil {
		return Draft{}, err
	}
	if err := authorsOnly(c); err != nil {
		return Draft{}, err
	}
	return loadDraft(ctx, s.DB, id)
}

// Conflict is inside the Stale fault of a Save or AttachPackage that came too
// late: what somebody, or another tab, wrote meanwhile. Nothing was saved.
type Conflict struct {
	Draft  Draft   // as it is now; saving again with its version overwrites it knowingly
	Fields []Clash // what both wrote, and differently
}

// Clash is one field that somebody else wrote meanwhile.
type Clash struct {
	Field string // "package" for the package
	By    string // who wrote it; "You" for the writer's own other tab
}

func (e *Conflict) Error() string {
	return fmt.Sprintf("the draft of proposal %d is at version %d, with other words in %v", e.Draft.Proposal, e.Draft.Version, e.Fields)
}

func conflict(d Draft, by workflow.Actor, names []string) error {
	c := &Conflict{Draft: d}
	e := &fault.Error{Kind: fault.Stale, Cause: c}
	var writers []string
	for _, n := range names {
		who := d.writer(n, by)
		c.Fields = append(c.Fields, Clash{n, who})
		if !slices.Contains(writers, who) {
			writers = append(writers, who)
		}
		label := "The package"
		if f, ok := FieldNamed(n); ok {
			label = f.Label
		}
		e.Reasons = append(e.Reasons, fault.Reason{Code: "changed_meanwhile", Field: n, Text: label + " was changed meanwhile."})
	}
	e.Text = strings.Join(writers, " and ") + " saved something else here meanwhile. Nothing is lost: compare the two, then save again."
	return e
}

// writer names who last changed a field.
func (d Draft) writer(field string, by workflow.Actor) string {
	id := d.changed[field].By
	if id == by.Person {
		return "You"
	}
	for _, a := range d.Authors {
		if a.Person != 0 && a.Person == id {
			return a.Name
		}
	}
	return "Somebody else"
}

const saveDraftSQL = `
update drafts set content = $2, title = $3, version = version + 1, updated_at = $4, updated_by = $5
where proposal_id = $1 and version = $6`

// Save keeps words, complete or not, and gives the draft's new version. Of
// content it takes the named fields only, all if none is named; version is that
// of the draft as the writer saw it. A field that was changed since to something
// else makes it Stale, with a *Conflict inside, and nothing is saved. What can't
// be kept at all (far too long) is Invalid.
func (s *Service) Save(ctx context.Context, by workflow.Actor, id int64, version int, content Content, names ...string) (int, error) {
	d, err := s.save(ctx, by, id, content, names, func(Field, []string) (int, bool) { return version, true })
	return d.Version, err
}

// SaveForm is Save for a form that is saved again and again while somebody else
// may write in the same one: it takes the fields that its writer has touched, and
// leaves the others as they are by now. shown is the form's token, from
// [Draft.Shown] or the last SaveForm; the token for the next is given back.
func (s *Service) SaveForm(ctx context.Context, by workflow.Actor, id int64, shown string, content Content, names ...string) (string, error) {
	was := readShown(shown, names)
	content = content.Normalised()
	d, err := s.save(ctx, by, id, content, names, was.touched)
	if err != nil {
		return "", err
	}
	for _, name := range names {
		f, _ := FieldNamed(name)
		if _, touched := was.touched(f, f.Values(content)); touched {
			was[name] = shownField{d.Version, fingerprint(f.Values(content))}
		}
	}
	return was.token(names), nil
}

// save writes what merge makes of the draft, and gives the draft as it is then.
func (s *Service) save(ctx context.Context, by workflow.Actor, id int64, content Content, names []string, base baseOf) (d Draft, err error) {
	content = content.Normalised()
	saved, err := fieldsNamed(names)
	if err != nil {
		return Draft{}, err
	}
	err = s.edit(ctx, by, id, func(tx *sqlx.Tx, _ *workflow.Case) error {
		if d, err = loadDraft(ctx, tx, id); err != nil {
			return err
		}
		next, err := merge(d, by, content, saved, base)
		if err != nil || next == nil { // nil: the words are there already
			return err
		}
		body, err := json.Marshal(next)
		if err != nil {
			return fmt.Errorf("writing the draft of proposal %d: %w", id, err)
		}
		_, err = tx.ExecContext(ctx, saveDraftSQL, id, string(body), next.Listing.Title, s.now(), by.Person, d.Version)
		if err != nil {
			return fmt.Errorf("writing the draft of proposal %d: %w", id, err)
		}
		d.Version, d.Content, d.changed = d.Version+1, next.Content, next.Changed
		return nil
	})
	if err != nil {
		return Draft{}, err
	}
	return d, nil
}

// baseOf tells in which version of the draft a field's answer was written, and
// whether its writer touched it at all.
type baseOf func(f Field, values []string) (version int, touched bool)

// merge puts the words into the draft, or tells who wrote other ones. Nil where
// nothing is new.
func merge(d Draft, by workflow.Actor, content Content, saved []Field, base baseOf) (*storedContent, error) {
	var reasons []fault.Reason
	var clashes []string
	next := &storedContent{Content: d.Content, Changed: maps.Clone(d.changed)}
	if next.Changed == nil {
		next.Changed = map[string]change{}
	}
	something := false
	for _, f := range saved {
		values := f.Values(content)
		version, touched := base(f, values)
		if !touched || slices.Equal(values, f.Values(d.Content)) {
			continue
		}
		something = true
		reasons = append(reasons, f.impossible(content)...)
		if d.changed[f.Name].Version > version || version > d.Version {
			clashes = append(clashes, f.Name)
		}
		f.put(&next.Content, values)
		next.Changed[f.Name] = change{d.Version + 1, by.Person}
	}
	switch {
	case len(reasons) > 0:
		return nil, invalid(reasons...)
	case len(clashes) > 0:
		return nil, conflict(d, by, clashes)
	case !something:
		return nil, nil
	}
	return next, nil
}

func fieldsNamed(names []string) ([]Field, error) {
	if len(names) == 0 {
		return fields, nil
	}
	var found []Field
	for _, n := range names {
		f, ok := FieldNamed(n)
		if !ok {
			return nil, fmt.Errorf("saving a draft: there is no field %q", n)
		}
		found = append(found, f)
	}
	return found, nil
}
