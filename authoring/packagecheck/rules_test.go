package packagecheck

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/workflow/programme"
)

var (
	ruleID = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	// What is written as in a page or a manifest has straight quotes.
	written = regexp.MustCompile(`="[^"]*"|='[^']*'`)
	// Straight quotes and apostrophes between letters, em dashes, doubled spaces.
	typed = regexp.MustCompile(`[a-zA-Z]'[a-zA-Z]|"|—|  `)
	// Words that a doctor who writes a module need not know.
	jargon = regexp.MustCompile(`(?i)\b(regex|parser?|stdin|mutex|boolean|null pointer|deserialis\w+|whitelist|blacklist|sanity|repo|payload|invoke[sd]?|TODO|FIXME)\b`)
)

func TestEveryRuleIsComplete(t *testing.T) {
	criteria := checkable(t)
	titles := map[string]string{}
	for _, r := range Rules() {
		t.Run(r.ID, func(t *testing.T) {
			if !ruleID.MatchString(r.ID) || len(r.ID) > 40 {
				t.Error("expected lower-case words with hyphens, 40 characters at most")
			}
			if r.Area.rank() < 0 || r.Severity.rank() < 0 {
				t.Errorf("%q and %q are no area and severity", r.Area, r.Severity)
			}
			if r.Criterion != "" && !slices.Contains(criteria, r.Criterion) {
				t.Errorf("the programme has no line %q that a check decides", r.Criterion)
			}
			topic, _, _ := strings.Cut(r.ID, "-")
			if other, taken := titles[topic+": "+r.Title]; taken {
				t.Errorf("%s has the same title", other)
			}
			titles[topic+": "+r.Title] = r.ID
			if r.Title == "" || len(r.Title) > 100 || strings.HasSuffix(r.Title, ".") {
				t.Errorf("expected a title without a full stop, got %q", r.Title)
			}
			if r.Source == "" || strings.HasSuffix(r.Source, ".") {
				t.Errorf("expected a standard without a full stop, got %q", r.Source)
			}
			for name, text := range map[string]string{"why": r.Why, "fix": r.Fix} {
				if len(text) < 10 || len(text) > 400 || !strings.HasSuffix(text, ".") {
					t.Errorf("%s: expected a sentence or two with a full stop, got %q", name, text)
				}
			}
			for _, text := range []string{r.Title, r.Why, r.Fix, r.Source} {
				if bad := typed.FindString(written.ReplaceAllString(text, "")); bad != "" {
					t.Errorf("%q is no typography of ours: %s", bad, text)
				}
				if bad := jargon.FindString(text); bad != "" {
					t.Errorf("%q is jargon: %s", bad, text)
				}
				if strings.TrimSpace(text) != text || Harmless(text) != text {
					t.Errorf("it has spaces at its ends or hidden characters: %q", text)
				}
			}
		})
	}
}

// checkable are the lines of the technical rubric that a check decides.
func checkable(t *testing.T) []string {
	t.Helper()
	var keys []string
	for _, stage := range programme.Default().Stages {
		for _, c := range stage.Rubric.Criteria {
			if stage.Key == "technical" && c.Decided == "check" {
				keys = append(keys, c.Key)
			}
		}
	}
	if len(keys) == 0 {
		t.Fatal("the programme has no line that a check decides")
	}
	return keys
}

func TestRulesStandByAreaAndID(t *testing.T) {
	all := Rules()
	for i := range all[1:] {
		a, b := all[i], all[i+1]
		if a.Area.rank() > b.Area.rank() || a.Area == b.Area && a.ID >= b.ID {
			t.Errorf("%s of %s stands before %s of %s", a.ID, a.Area, b.ID, b.Area)
		}
	}
}

// Every problem that the zip reader knows has its rule.
func TestEveryProblemHasARule(t *testing.T) {
	for kind, rule := range problemRules {
		if rule == nil || rule.Area != Container || rule.Criterion != "opens_safely" {
			t.Errorf("%s: %v", kind, rule)
		}
	}
}

func TestExplain(t *testing.T) {
	text, ok := Explain("zip-case-clash", 60)
	for _, part := range []string{"zip-case-clash: Two names differ by case alone.\n", "A warning, of which a reviewer must be told", "It counts for the", "Why ", "Fix ", "SCORM CAM 2.3", "opens_safely"} {
		if !ok || !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
	if text, ok := Explain("no-such-rule", 60); ok || text != "" {
		t.Errorf("a rule that isn't there is explained as %q", text)
	}
}
