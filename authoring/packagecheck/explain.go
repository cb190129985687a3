package packagecheck

import (
	"fmt"
	"strings"
)

// Explain gives what there is to say about a rule, as lines of at most width
// characters; false where no rule has this ID.
func Explain(id string, width int) (string, bool) {
	r, ok := RuleNamed(id)
	if !ok {
		return "", false
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", strings.Join(wrap(r.ID+": "+r.Title+".", width), "\n"))
	counts := "It counts for the verdict."
	if !r.Area.decides() || r.Severity == Advice {
		counts = "It never changes the verdict."
	}
	for _, part := range [][2]string{
		{"What", fmt.Sprintf("%s, about the %s. %s", r.Severity.said(), r.Area.said(), counts)},
		{"Why", r.Why}, {"Fix", r.Fix}, {"Rule", r.Source}, {"Rubric", r.Criterion},
	} {
		if part[1] != "" {
			entry(&b, "", part[0], part[1], width)
		}
	}
	return b.String(), true
}

// RulesTable gives all rules as tables of Markdown, one for each area.
func RulesTable() string {
	var b strings.Builder
	cell := strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", "*", `\*`, "_", `\_`)
	for _, area := range areas {
		head := false
		for _, r := range Rules() {
			if r.Area != area {
				continue
			}
			if !head {
				fmt.Fprintf(&b, "\n**%s**\n\n| ID | severity | what | rule |\n| --- | --- | --- | --- |\n", upper(area.said()))
				head = true
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.ID, r.Severity, cell.Replace(r.Title), cell.Replace(r.Source))
		}
	}
	return strings.TrimPrefix(b.String(), "\n")
}

// said is an area in words.
func (a Area) said() string {
	switch a {
	case Container:
		return "zip file"
	case Tracking:
		return "tracking by the host"
	case Outside:
		return "files and addresses that hosts refuse"
	case Browser:
		return "run in a browser"
	}
	return string(a)
}

// said is a severity in words.
func (s Severity) said() string {
	switch s {
	case Error:
		return "An error, which is a reason not to submit"
	case Warning:
		return "A warning, of which a reviewer must be told"
	}
	return "Advice, good to know"
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
