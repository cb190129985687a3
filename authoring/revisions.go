package authoring

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Revision is an immutable snapshot, made by a submit.
type Revision struct {
	Number          int
	Title           string
	SubmittedAt     time.Time
	SubmittedBy     int64
	SubmittedByName string
	Content         Content // with its authors
	Package         Package
	Digests         map[string]string // part → digest
}

const revisionsSQL = `
select r.number, r.title, r.package_name, r.submitted_at, r.submitted_by, p.name as submitted_by_name,
  f.sha256 as package, f.size, f.media_type, t.digest as teaching_digest, t.body as teaching, l.digest as listing_digest, l.body as listing
from revisions r
join people p on p.id = r.submitted_by
join revision_parts k on k.proposal_id = r.proposal_id and k.revision = r.number and k.part = 'package'
join files f on f.sha256 = k.file
join revision_parts t on t.proposal_id = r.proposal_id and t.revision = r.number and t.part = 'teaching'
join revision_parts l on l.proposal_id = r.proposal_id and l.revision = r.number and l.part = 'listing'
where r.proposal_id = $1 and (cast($2 as bigint) = 0 or r.number = $2)
order by r.number`

func loadRevisions(ctx context.Context, q postgres.Queryer, id int64, number int) ([]Revision, error) {
	var rows []struct {
		Number          int
		Title           string
		PackageName     string    `db:"package_name"`
		SubmittedAt     time.Time `db:"submitted_at"`
		SubmittedBy     int64     `db:"submitted_by"`
		SubmittedByName string    `db:"submitted_by_name"`
		Package         string
		Size            int64
		MediaType       string `db:"media_type"`
		TeachingDigest  string `db:"teaching_digest"`
		Teaching        string
		ListingDigest   string `db:"listing_digest"`
		Listing         string
	}
	if err := q.SelectContext(ctx, &rows, revisionsSQL, id, number); err != nil {
		return nil, fmt.Errorf("reading the revisions of proposal %d: %w", id, err)
	}
	revisions := make([]Revision, len(rows))
	for i, r := range rows {
		v := Revision{Number: r.Number, Title: r.Title, SubmittedAt: r.SubmittedAt.UTC(), SubmittedBy: r.SubmittedBy, SubmittedByName: r.SubmittedByName,
			Package: Package{Name: r.PackageName, Size: r.Size, Type: r.MediaType, Digest: r.Package},
			Digests: map[string]string{programme.PartPackage: r.Package, programme.PartTeaching: r.TeachingDigest, programme.PartListing: r.ListingDigest}}
		if err := json.Unmarshal([]byte(r.Teaching), &v.Content.Teaching); err != nil {
			return nil, fmt.Errorf("reading revision %d of proposal %d: %w", r.Number, id, err)
		}
		if err := json.Unmarshal([]byte(r.Listing), &v.Content.Listing); err != nil {
			return nil, fmt.Errorf("reading revision %d of proposal %d: %w", r.Number, id, err)
		}
		revisions[i] = v
	}
	return revisions, nil
}

// Revisions are all revisions of a proposal that the actor may see, oldest first.
func (s *Service) Revisions(ctx context.Context, by workflow.Actor, id int64) ([]Revision, error) {
	if _, err := s.Workflow.Load(ctx, s.DB, id, by); err != nil {
		return nil, err
	}
	return loadRevisions(ctx, s.DB, id, 0)
}

// Revision is one of them.
func (s *Service) Revision(ctx context.Context, by workflow.Actor, id int64, number int) (Revision, error) {
	if _, err := s.Workflow.Load(ctx, s.DB, id, by); err != nil {
		return Revision{}, err
	}
	return loadRevision(ctx, s.DB, id, number)
}

func loadRevision(ctx context.Context, q postgres.Queryer, id int64, number int) (Revision, error) {
	if number < 1 || number > math.MaxInt32 { // what the column can hold
		return Revision{}, noRevision(number)
	}
	found, err := loadRevisions(ctx, q, id, number)
	if err != nil {
		return Revision{}, err
	}
	if len(found) == 0 {
		return Revision{}, noRevision(number)
	}
	return found[0], nil
}

func noRevision(number int) error {
	return fault.New(fault.NotFound, fmt.Sprintf("This proposal has no revision %d.", number))
}
