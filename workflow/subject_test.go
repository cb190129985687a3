package workflow

import (
	"strings"
	"testing"
)

// TestASubjectKeepsWhatIsAsked: the sender cuts a subject at its end, which is
// where what is asked stands.
func TestASubjectKeepsWhatIsAsked(t *testing.T) {
	if got := titleForSubject("Chairing a meeting"); got != "Chairing a meeting" {
		t.Errorf("a short title becomes %q", got)
	}
	got := titleForSubject(strings.Repeat("é", 255))
	if want := strings.Repeat("é", subjectTitle-1) + "…"; got != want {
		t.Errorf("a long title becomes %q, want %q", got, want)
	}
}
