package packagecheck

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

const cam12 = "SCORM 1.2 CAM 2.3, "

var (
	scorm12Mastery = define(Rule{ID: "scorm12-mastery-score", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "The mastery score is not a number from 0 to 100",
		Why:    "Hosts compare the learner’s score with it, and can’t, or nobody ever passes.",
		Fix:    "Write a number from 0 to 100 without a per cent sign into <adlcp:masteryscore>, or take it out.",
		Source: cam12 + "<adlcp:masteryscore>"})
	scorm12Time = define(Rule{ID: "scorm12-max-time", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "The time allowed can’t be read",
		Why:    "Hosts ignore the limit, or end the module at once.",
		Fix:    "Write it as hours, minutes and seconds, such as 0001:30:00, or take <adlcp:maxtimeallowed> out.",
		Source: cam12 + "<adlcp:maxtimeallowed> (CMITimespan)"})
	scorm12Data = define(Rule{ID: "scorm12-launch-data", Area: Manifest, Severity: Advice, Criterion: "manifest_valid",
		Title:  "The launch data are longer than the standard allows",
		Why:    "A host need not keep more than 255 characters, so the module may miss the end of its settings.",
		Fix:    "Keep <adlcp:datafromlms> within 255 characters.",
		Source: cam12 + "<adlcp:datafromlms>"})
	scorm12Syntax = define(Rule{ID: "scorm12-prerequisites", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "Prerequisites can’t be read",
		Why:    "A host that goes by them may never open the item, or always.",
		Fix:    "Write identifiers of items, joined by & and |, with each bracket closed, or take <adlcp:prerequisites> out.",
		Source: cam12 + "<adlcp:prerequisites> (aicc_script)"})
	scorm12Unknown = define(Rule{ID: "scorm12-prerequisite-unknown", Area: Manifest, Severity: Warning, Criterion: "manifest_resolves",
		Title:  "A prerequisite names an item that isn’t there",
		Why:    "It can never be met, so a host that goes by it never opens the item.",
		Fix:    "Write the identifier of an item of this manifest, letters’ case included, or take the prerequisite out.",
		Source: cam12 + "<adlcp:prerequisites> (aicc_script)"})
	scormTimeLimit = define(Rule{ID: "scorm-time-limit-action", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "What happens when the time is over is none of the four that there are",
		Why:    "Hosts ignore what they don’t know, so the learner is neither stopped nor told.",
		Fix:    "Write “exit,message”, “exit,no message”, “continue,message” or “continue,no message”.",
		Source: cam + ", <adlcp:timelimitaction> / <adlcp:timeLimitAction>"})
)

var timespan = regexp.MustCompile(`^\d{2,4}:\d{2}:\d{2}(\.\d{1,2})?$`)

// scorm12 looks at what only SCORM 1.2 puts into items. Elements that are empty
// are left over from templates and mean nothing.
func (s *course) scorm12() {
	items := map[string]bool{}
	for _, item := range s.items {
		items[identifier(item)] = true
	}
	for _, item := range s.items {
		for _, e := range item.Children {
			if e.Space != adlcp12 || e.Text == "" {
				continue
			}
			switch strings.ToLower(e.Name) {
			case "masteryscore":
				if !between(e.Text, 0, 100) {
					s.add(scorm12Mastery, s.at(e), "The mastery score of the item %s is %s.", called(item), quoted(e.Text))
				}
			case "maxtimeallowed":
				if !timespan.MatchString(e.Text) {
					s.add(scorm12Time, s.at(e), "The time allowed for the item %s is %s.", called(item), quoted(e.Text))
				}
			case "timelimitaction":
				s.timeLimit(item, e)
			case "datafromlms":
				if n := utf8.RuneCountInString(e.Text); n > 255 {
					s.add(scorm12Data, s.at(e), "The launch data of the item %s have %d characters.", called(item), n)
				}
			case "prerequisites":
				s.prerequisites(item, e, items)
			}
		}
	}
}

// called names an item as learners see it.
func called(item *markup.Element) string { return quoted(cmp.Or(title(item), identifier(item))) }

func (s *course) timeLimit(item, e *markup.Element) {
	action, message, _ := strings.Cut(strings.ToLower(strings.Join(strings.Fields(e.Text), " ")), ",")
	action, message = strings.TrimSpace(action), strings.TrimSpace(message)
	if action != "exit" && action != "continue" || message != "message" && message != "no message" {
		s.add(scormTimeLimit, s.at(e), "The item %s has %s.", called(item), quoted(e.Text))
	}
}

// prerequisites reads an AICC script and looks whether its items are there.
func (s *course) prerequisites(item, e *markup.Element, items map[string]bool) {
	if kind := attr(e, "type"); kind != "" && !strings.EqualFold(kind, "aicc_script") {
		return
	}
	if items[e.Text] { // some tools have spaces in identifiers
		return
	}
	names, err := scriptNames(e.Text)
	if err != nil {
		s.add(scorm12Syntax, s.at(e), "The prerequisites of the item %s are %s: %s.", called(item), quoted(e.Text), err)
		return
	}
	for _, name := range names {
		if !items[name] {
			s.add(scorm12Unknown, s.at(e), "The item %s asks for %s first, and no item has this identifier.", called(item), quoted(name))
			return
		}
	}
}

// scriptNames gives the identifiers in an AICC script: names joined by & and |,
// ~ before one, brackets around some, “name = status”, and “2*{a, b, c}”.
func scriptNames(script string) (names []string, err error) {
	var open []byte
	operand := false // something stands on the left that & and | can join
	status := false  // what follows is a status or a count, no name
	for i := 0; i < len(script); {
		c := script[i]
		switch c {
		case ' ', '\t', '\r', '\n', '~':
			i++
		case '(', '{':
			open = append(open, c)
			operand = false
			i++
		case ')', '}':
			n := len(open)
			if n == 0 || open[n-1] == '(' != (c == ')') || !operand {
				return nil, errors.New("a bracket doesn’t fit")
			}
			open = open[:n-1]
			i++
		case '&', '|', ',', '=', '<', '*':
			if !operand {
				return nil, fmt.Errorf("nothing stands before %q", c)
			}
			status = c == '=' || c == '<'
			operand = false
			i++
			if c == '<' && strings.HasPrefix(script[i:], ">") {
				i++
			}
		default:
			word := script[i:]
			if c == '"' || c == '\'' {
				if end := strings.IndexByte(word[1:], c); end >= 0 {
					word = word[:end+2]
				}
			} else if end := strings.IndexAny(word, " \t\r\n~(){}&|,=<*"); end > 0 {
				word = word[:end]
			}
			if operand {
				return nil, errors.New("nothing joins two names")
			}
			i += len(word)
			operand = true
			counted := strings.HasPrefix(strings.TrimLeft(script[i:], " \t"), "*")
			if !status && !counted {
				names = append(names, strings.Trim(word, `"'`))
			}
			status = false
		}
	}
	switch {
	case len(open) > 0:
		return nil, errors.New("a bracket is never closed")
	case !operand:
		return nil, errors.New("it ends where a name is expected")
	}
	return names, nil
}

// within tells whether text is a number from least to most.
func between(text string, least, most float64) bool {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return err == nil && n >= least && n <= most
}
