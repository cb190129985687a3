package authoring

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Readiness is a draft with all that still stands between it and a submit.
type Readiness struct {
	Draft     Draft
	Case      *workflow.Case
	Programme *programme.Programme // by which the submit will be judged
	Package   *PackageCheck        // nil without a package
	Reasons   []fault.Reason       // none: it can be submitted now
}

// Frozen is the refusal of any change in the state in which the proposal is now,
// nil where its authors can go on writing.
func (r Readiness) Frozen() error { return editable(r.Case) }

// Check tells what a submit would be refused for, without making it.
func (s *Service) Check(ctx context.Context, by workflow.Actor, id int64) (Readiness, error) {
	c, err := s.Workflow.Load(ctx, s.DB, id, by)
	if err != nil {
		return Readiness{}, err
	}
	if err := authorsOnly(c); err != nil {
		return Readiness{}, err
	}
	d, err := loadDraft(ctx, s.DB, id)
	if err != nil {
		return Readiness{}, err
	}
	r := Readiness{Draft: d, Case: c, Programme: s.programme(c), Reasons: incomplete(s.programme(c), d)}
	if r.Package, err = draftCheck(ctx, s.DB, d); err != nil {
		return Readiness{}, err
	}
	r.Reasons = append(r.Reasons, packageReasons(r.Package)...)
	if o, ok := c.Offer(programme.Submit); ok {
		r.Reasons = append(r.Reasons, o.Reasons...)
	}
	if d.TitleTaken {
		r.Reasons = append(r.Reasons, fault.Reason{Code: "title_taken", Field: "suggested_title",
			Text: "Somebody else has submitted a proposal on this suggested title. You can go on with yours as an idea of your own."})
	}
	return r, nil
}

// Submission is a submit as its actor meant it.
type Submission struct {
	Seen    workflow.Seen
	Version int  // of the draft that was checked; 0 submits whatever is there
	OwnIdea bool // drops the suggested title, which somebody else has taken
}

const dropSuggestionSQL = `update drafts set suggested_title = null where proposal_id = $1`

const insertRevisionSQL = `
insert into revisions (proposal_id, number, title, package_name, submitted_at, submitted_by)
values ($1, $2, $3, $4, $5, $6)`

const insertPartsSQL = `
insert into revision_parts (proposal_id, revision, part, digest, body)
values ($1, $2, 'package', $3, null), ($1, $2, 'teaching', $4, $5), ($1, $2, 'listing', $6, $7)`

// Submit makes an immutable revision of the draft and hands it to the machine.
// It is refused with every reason at once: what is incomplete, each with its
// field, and what the machine has against it. The code "title_taken" means that
// somebody else submitted on the same suggested title: OwnIdea goes on without.
func (s *Service) Submit(ctx context.Context, by workflow.Actor, id int64, sub Submission) (workflow.Result, error) {
	var result workflow.Result
	err := postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		c, err := s.Workflow.Lock(ctx, tx, id, by)
		if err != nil {
			return err
		}
		if err := authorsOnly(c); err != nil {
			return err
		}
		if sub.OwnIdea && Open(c.State) {
			if _, err := tx.ExecContext(ctx, dropSuggestionSQL, id); err != nil {
				return fmt.Errorf("dropping the suggested title of proposal %d: %w", id, err)
			}
		}
		d, err := loadDraft(ctx, tx, id)
		if err != nil {
			return err
		}
		move := workflow.Move{Proposal: id, Seen: sub.Seen, Event: programme.Submit, By: by, SuggestedTitle: d.SuggestedTitle}
		if err := s.submittable(ctx, tx, c, d, sub, move); err != nil {
			return err
		}
		if err := writeRevision(ctx, tx, s, by, c.Revision+1, d); err != nil {
			return err
		}
		result, err = s.Workflow.Move(ctx, tx, move)
		return err
	})
	return result, err
}

// submittable joins the reasons of both rooms. That the proposal moved on comes
// before that the draft did, and both before reasons: they are about something
// that its actor hasn't seen.
func (s *Service) submittable(ctx context.Context, tx *sqlx.Tx, c *workflow.Case, d Draft, sub Submission, move workflow.Move) error {
	err := s.Workflow.Against(ctx, tx, move)
	if err != nil && fault.KindOf(err) != fault.Refused {
		return err
	}
	if Open(c.State) && sub.Version != 0 && sub.Version != d.Version {
		return fault.New(fault.Stale, fmt.Sprintf("%s changed the draft after you checked it. Look at it again, then submit.", d.UpdatedByName))
	}
	var reasons []fault.Reason
	if Open(c.State) {
		reasons = incomplete(s.programme(c), d)
		check, err := draftCheck(ctx, tx, d)
		if err != nil {
			return err
		}
		reasons = append(reasons, packageReasons(check)...)
	}
	reasons = append(reasons, fault.ReasonsOf(err)...)
	if len(reasons) > 0 {
		return fault.New(fault.Refused, "The proposal was not submitted.", reasons...)
	}
	return nil
}

func writeRevision(ctx context.Context, tx *sqlx.Tx, s *Service, by workflow.Actor, number int, d Draft) error {
	listing := d.Content.Listing
	for _, a := range d.Authors {
		listing.Authors = append(listing.Authors, a.Attribution)
	}
	teachingBody, err := Canonical(d.Content.Teaching)
	if err != nil {
		return err
	}
	listingBody, err := Canonical(listing)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, insertRevisionSQL, d.Proposal, number, listing.Title, d.Package.Name, s.now(), by.Person)
	if err != nil {
		return fmt.Errorf("writing revision %d of proposal %d: %w", number, d.Proposal, err)
	}
	_, err = tx.ExecContext(ctx, insertPartsSQL, d.Proposal, number, d.Package.Digest,
		Digest(teachingBody), teachingBody, Digest(listingBody), listingBody)
	if err != nil {
		return fmt.Errorf("writing revision %d of proposal %d: %w", number, d.Proposal, err)
	}
	return nil
}
