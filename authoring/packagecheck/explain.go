package packagecheck

import (
	"cmp"
	"fmt"
	"slices"
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

// Near gives the IDs of rules that somebody who typed id may have meant, at
// most five, the nearest first.
func Near(id string) []string {
	type match struct {
		id  string
		far int
	}
	var near []match
	id = strings.ToLower(strings.TrimSpace(id))
	if len(id) > 100 { // no rule is called so
		return nil
	}
	for _, r := range Rules() {
		far := distance(id, r.ID)
		if id != "" && strings.Contains(r.ID, id) {
			far = 1
		}
		if far <= 2+len(id)/5 {
			near = append(near, match{r.ID, far})
		}
	}
	slices.SortStableFunc(near, func(a, b match) int { return cmp.Compare(a.far, b.far) })
	var list []string
	for _, m := range near[:min(len(near), 5)] {
		list = append(list, m.id)
	}
	return list
}

// distance counts the letters to be put in, left out or changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, change)
		}
	}
	return row[len(b)]
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
