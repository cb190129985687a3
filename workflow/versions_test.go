package workflow_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// edited is the built-in programme with some of its text replaced.
func edited(t *testing.T, pairs ...string) *programme.Programme {
	t.Helper()
	source := programme.Default().Source
	for i := 0; i < len(pairs); i += 2 {
		changed := bytes.ReplaceAll(source, []byte(pairs[i]), []byte(pairs[i+1]))
		if bytes.Equal(changed, source) {
			t.Fatalf("the programme has no %q", pairs[i])
		}
		source = changed
	}
	p, err := programme.Parse("edited.yaml", source)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAProposalStaysOnTheVersionOfItsFirstSubmit(t *testing.T) {
	s := newScene(newRewindable(t))
	draft := s.proposal(s.who["stranger"])
	toHalfSigned(s)
	old := s.svc.Current.Version
	next := edited(t, "sign_offs: 2", "sign_offs: 1", "days: 21", "days: 5")
	s.must(s.svc.Use(s.ctx, next))
	s.must(s.svc.Use(s.ctx, next)) // as every start does

	s.asks("Edgar", programme.RequestChanges)
	s.resolve(s.id, s.who["lead"], s.item, "closed")
	s.submits(content{"p1", "t1", "l1"})
	s.state(s.id, "educational") // two sign-offs are still needed
	if v := s.look(s.id, 0).Programme.Version; v != old {
		t.Errorf("it is on version %s, want %s for life", v[:8], old[:8])
	}
	_, err := s.submit(draft, s.who["stranger"], content{"q1", "u1", "m1"})
	s.must(err)
	if v := s.look(draft, 0).Programme.Version; v != next.Version {
		t.Errorf("a draft from before is on version %s after its first submit, want %s", v[:8], next.Version[:8])
	}
	// Another process knows the old version from the database alone.
	fresh := &workflow.Service{DB: s.db, Now: s.clock.Now, Current: next}
	p, err := fresh.Programme(s.ctx, s.db, old)
	s.must(err)
	if st, _ := p.Stage("educational"); p.Version != old || st.SignOffs != 2 {
		t.Errorf("read back: version %s with %d sign-offs", p.Version[:8], st.SignOffs)
	}
	if _, err := fresh.Programme(s.ctx, s.db, strings.Repeat("0", 64)); err == nil {
		t.Error("a version that nobody stored was found")
	}
	s.verified()
}

func TestAProgrammeThatDropsARoleInUseIsRefused(t *testing.T) {
	s := newScene(newRewindable(t))
	toTechnical(s)
	current := s.svc.Current
	next := edited(t, "educational_reviewer", "teaching_reviewer")
	err := s.svc.Use(s.ctx, next)
	if fault.KindOf(err) != fault.Refused || !fault.Has(err, "role_in_use") {
		t.Fatalf("dropping a role in use: %v", err)
	}
	if text := fault.ReasonsOf(err)[0].Text; !strings.Contains(text, "Proposal 1") || !strings.Contains(text, "educational_reviewer") {
		t.Errorf("it says %q, want which proposal and which role", text)
	}
	if s.svc.Current != current {
		t.Error("the refused programme is current")
	}
	s.moves("lead", programme.Withdraw)
	s.must(s.svc.Use(s.ctx, next))
}
