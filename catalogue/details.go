package catalogue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Details are what a module needs besides what was signed: who looks after it,
// when it is reviewed next, and where learners take it.
type Details struct {
	Owner          string    // a person or a team, in words
	ReviewDate     time.Time // a day; zero: not agreed yet
	NoDate         bool      // what was entered for the review date is no date
	BridgeURL      string    // https, "" for none yet
	LearningHubURL string    // https, "" for none yet
}

// StoredDetails are details with who set them last.
type StoredDetails struct {
	Details
	Version   int // 0: nobody has set any yet
	UpdatedAt time.Time
	UpdatedBy string // name
}

// StaleDetails is the cause of a Stale fault: somebody else saved first, and
// this is what they saved.
type StaleDetails struct{ Theirs StoredDetails }

func (e *StaleDetails) Error() string {
	return fmt.Sprintf("stale publication details: version %d by now", e.Theirs.Version)
}

type detailsRow struct {
	ID             int64      `db:"id"`
	Owner          string     `db:"owner"`
	ReviewDate     *time.Time `db:"review_date"`
	BridgeURL      string     `db:"bridge_url"`
	LearningHubURL string     `db:"learning_hub_url"`
	Version        int        `db:"version"`
	UpdatedAt      time.Time  `db:"updated_at"`
	UpdatedBy      string     `db:"updated_by"`
}

func (r detailsRow) stored() StoredDetails {
	d := StoredDetails{
		Details: Details{Owner: r.Owner, BridgeURL: r.BridgeURL, LearningHubURL: r.LearningHubURL},
		Version: r.Version, UpdatedAt: r.UpdatedAt.UTC(), UpdatedBy: r.UpdatedBy,
	}
	if r.ReviewDate != nil {
		d.ReviewDate = day(*r.ReviewDate)
	}
	return d
}

const detailsColumns = `
select d.id, d.owner, d.review_date, d.bridge_url, d.learning_hub_url, d.version, d.updated_at, p.name as updated_by
from publication_details d join people p on p.id = d.updated_by `

const (
	detailsOfProposalSQL = detailsColumns + `where d.proposal_id = $1`
	detailsByIDSQL       = detailsColumns + `where d.id = $1`
)

// oneDetails gives the row, or false where there is none yet.
func oneDetails(ctx context.Context, q postgres.Queryer, query string, id int64) (detailsRow, bool, error) {
	var row detailsRow
	err := q.GetContext(ctx, &row, query, id)
	if errors.Is(err, sql.ErrNoRows) {
		return row, false, nil
	}
	if err != nil {
		return row, false, fmt.Errorf("reading publication details: %w", err)
	}
	return row, true, nil
}

// Details gives a proposal's publication details to leadership and to its
// authors; those of a proposal that has none yet are empty, version 0.
func (s *Service) Details(ctx context.Context, by workflow.Actor, proposal int64) (StoredDetails, error) {
	c, err := s.Workflow.Load(ctx, s.DB, proposal, by)
	if err != nil {
		return StoredDetails{}, err
	}
	if !c.Actor.Has(workflow.Leadership) && !c.IsAuthor(by.Person) {
		return StoredDetails{}, fault.New(fault.Forbidden, "Publication details are for leadership and the authors.")
	}
	row, found, err := oneDetails(ctx, s.DB, detailsOfProposalSQL, proposal)
	if err != nil || !found {
		return StoredDetails{}, err
	}
	return row.stored(), nil
}

// SetDetails saves a proposal's publication details, from the programme's final
// stage on and after publishing. It may save them half done, until the module
// is published. version is the one that the form was made from; a Stale fault
// wraps *StaleDetails. What changed, not the words, goes into the history.
func (s *Service) SetDetails(ctx context.Context, by workflow.Actor, proposal int64, version int, d Details) error {
	return postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		c, err := s.Workflow.Lock(ctx, tx, proposal, by)
		if err != nil {
			return err
		}
		if err := c.MayGovern(); err != nil {
			return err
		}
		if !detailsOpen(c) {
			return fault.New(fault.Refused, "Publication details can't be set yet.", fault.Reason{
				Code: "too_early", Text: "Publication details are set from the final stage on; this proposal isn't there."})
		}
		row, found, err := oneDetails(ctx, tx, detailsOfProposalSQL, proposal)
		if err != nil {
			return err
		}
		was := row.stored()
		if !found {
			was = StoredDetails{}
		}
		if was.Version != version {
			return staleDetails(was)
		}
		d = d.trimmed()
		if err := d.wrong(was.Details, s.now(), c.Programme.ReviewYears, c.State == programme.Published).invalid(); err != nil {
			return err
		}
		changed := d.changed(was.Details)
		if len(changed) == 0 {
			return nil
		}
		if _, err := s.writeDetails(ctx, tx, by, row.ID, proposal, d); err != nil {
			return err
		}
		record := workflow.Record{Proposal: proposal, Event: EventDetailsSet, By: by, Detail: map[string]any{"changed": changed}}
		if c.State == programme.Published { // before that they hear of the publishing
			record.Notices = c.ToAuthors(workflow.NoticeDetails, 0)
		}
		_, err = s.Workflow.Record(ctx, tx, record)
		return err
	})
}

// detailsOpen tells whether the proposal has come far enough.
func detailsOpen(c *workflow.Case) bool {
	last := c.Programme.Stages[len(c.Programme.Stages)-1].Key
	return c.State == last || c.State == programme.Approved || c.State == programme.Published
}

func staleDetails(theirs StoredDetails) error {
	return &fault.Error{
		Kind:  fault.Stale,
		Text:  "Somebody else saved these details while you were working on them.",
		Cause: &StaleDetails{Theirs: theirs},
		Reasons: []fault.Reason{{Code: "details_changed",
			Text: "Nothing was saved. Compare what you entered with what is there now, then save again."}},
	}
}

const (
	insertDetailsSQL = `
insert into publication_details (proposal_id, owner, review_date, bridge_url, learning_hub_url, version, updated_at, updated_by)
values (nullif($1, 0), $2, cast(nullif($3, '') as date), $4, $5, 1, $6, $7)
returning id`
	updateDetailsSQL = `
update publication_details
set owner = $2, review_date = cast(nullif($3, '') as date), bridge_url = $4, learning_hub_url = $5,
    version = version + 1, updated_at = $6, updated_by = $7
where id = $1
returning id`
)

// writeDetails inserts the details (id 0) or replaces them, and gives their id.
// Whoever calls it holds a lock that keeps others from the same row.
func (s *Service) writeDetails(ctx context.Context, tx *sqlx.Tx, by workflow.Actor, id, proposal int64, d Details) (int64, error) {
	review := ""
	if !d.ReviewDate.IsZero() {
		review = d.ReviewDate.Format(time.DateOnly)
	}
	query, first := updateDetailsSQL, id
	if id == 0 {
		query, first = insertDetailsSQL, proposal
	}
	err := tx.GetContext(ctx, &id, query, first, d.Owner, review, d.BridgeURL, d.LearningHubURL, s.now(), by.Person)
	if err != nil {
		return 0, fmt.Errorf("writing publication details: %w", err)
	}
	return id, nil
}

func (d Details) trimmed() Details {
	d.Owner = line(d.Owner)
	d.BridgeURL, d.LearningHubURL = strings.TrimSpace(d.BridgeURL), strings.TrimSpace(d.LearningHubURL)
	if !d.ReviewDate.IsZero() {
		d.ReviewDate = day(d.ReviewDate)
	}
	return d
}

// changed names the fields that differ from was.
func (d Details) changed(was Details) []string {
	var names []string
	if d.Owner != was.Owner {
		names = append(names, "owner")
	}
	if !d.ReviewDate.Equal(was.ReviewDate) {
		names = append(names, "review_date")
	}
	if d.BridgeURL != was.BridgeURL {
		names = append(names, "bridge_url")
	}
	if d.LearningHubURL != was.LearningHubURL {
		names = append(names, "learning_hub_url")
	}
	return names
}

// wrong gives every reason against replacing was by d. A review date that has
// come stays as it is until somebody sets another, so that an address can still
// be mended.
func (d Details) wrong(was Details, now time.Time, years int, complete bool) reasons {
	var r reasons
	r.long("owner", "The owner", d.Owner, maxOwner)
	if complete && d.Owner == "" {
		r.add("owner_missing", "owner", "Enter who owns the module: a person or a team.")
	}
	today := day(now)
	switch {
	case d.NoDate:
		r.add("review_date_form", "review_date", "The review date must be a real date, such as 6 August 2028.")
	case d.ReviewDate.IsZero():
		if complete {
			r.add("review_date_missing", "review_date", "Enter the date of the next review.")
		}
	case d.ReviewDate.Equal(was.ReviewDate):
	case !d.ReviewDate.After(today):
		r.add("review_date_past", "review_date", "The review date must be after today.")
	case d.ReviewDate.After(today.AddDate(years, 0, 0)):
		r.add("review_date_far", "review_date", "The review date must be on or before %s: modules are reviewed at least every %d years.",
			today.AddDate(years, 0, 0).Format("2 January 2006"), years)
	}
	r.address("bridge_url", "Bridge", d.BridgeURL)
	r.address("learning_hub_url", "Learning Hub", d.LearningHubURL)
	return r
}

// address adds a reason unless text is empty or an https address.
func (r *reasons) address(field, host, text string) {
	if text == "" {
		return
	}
	r.long(field, "The "+host+" address", text, maxURL)
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || !strings.HasPrefix(text, "https://") ||
		strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		r.add("not_https", field, "The %s address must begin with https:// and be complete.", host)
	}
}
