package workflow_test

import (
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow/programme"
)

func TestPublishingNeedsAnOwnerAndADateWithinThreeYears(t *testing.T) {
	s := newScene(newRewindable(t))
	toApproved(s)
	day := func(years, days int) *time.Time {
		at := s.clock.Now().AddDate(years, 0, days)
		return &at
	}
	for _, row := range []struct {
		owner string
		date  *time.Time
		codes []string
	}{
		{"The team", day(0, 1), nil},
		{"The team", day(3, 0), nil},
		{"The team", day(0, 0), []string{"review_date_past"}},
		{"The team", day(-1, 0), []string{"review_date_past"}},
		{"The team", day(3, 1), []string{"review_date_far"}},
		{"The team", nil, []string{"no_review_date"}},
		{"", day(1, 0), []string{"no_owner"}},
		{"", nil, []string{"no_owner", "no_review_date"}}, // all reasons at once
	} {
		s.rewound(func() {
			s.exec(`insert into publication_details (proposal_id, owner, review_date, updated_at, updated_by) values ($1, $2, $3, $4, $5)`,
				s.id, row.owner, row.date, s.clock.Now(), s.who["leadership"])
			_, err := s.move(s.id, s.who["leadership"], programme.Publish, nil)
			if len(fault.ReasonsOf(err)) != len(row.codes) || (err == nil) != (len(row.codes) == 0) {
				t.Errorf("owner %q, review %v: %v, want %q", row.owner, row.date, err, row.codes)
			}
			for _, code := range row.codes {
				if !fault.Has(err, code) {
					t.Errorf("owner %q, review %v: %v, want %s", row.owner, row.date, err, code)
				}
			}
		})
	}
}

func TestWhatARefusalSaysIsEverythingAtOnce(t *testing.T) {
	s := newScene(newRewindable(t))
	toSecondRound(s)
	_, err := s.move(s.id, s.who["leadership"], programme.Override, nil) // no reason, an item unclosed
	if !fault.Has(err, "no_reason") || !fault.Has(err, "item_unclosed") {
		t.Errorf("an override: %v", err)
	}
	_, err = s.move(s.id, s.who["leadership, author"], programme.Reject, nil)
	if fault.KindOf(err) != fault.Forbidden || !fault.Has(err, "own_proposal") || !fault.Has(err, "no_reason") {
		t.Errorf("rejecting one's own: %v", err)
	}
	_, err = s.move(s.id, s.who["co-author"], programme.Submit, nil)
	if !fault.Has(err, "not_lead") || !fault.Has(err, "wrong_state") {
		t.Errorf("a co-author's submit in review: %v", err)
	}
	_, err = s.move(s.id, s.who["lead"], "promote", nil)
	if !fault.Has(err, "unknown_event") {
		t.Errorf("no event: %v", err)
	}
}
