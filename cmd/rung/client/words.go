package client

import (
	"strings"
	"time"
	"unicode"
)

// Dates are written as on the pages.
const (
	dayForm    = "2 January 2006"
	momentForm = "2 January 2006 15:04"
)

// clean is a server's text on one line, without the characters by which it
// could command a terminal.
func clean(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)), " ")
}

// plain is a name of the API in words.
func plain(name string) string { return clean(strings.ReplaceAll(name, "_", " ")) }

// turnTo is what a turn is for.
var turnTo = map[string]string{
	"write": "finish the draft and submit it", "answer": "answer the change request and submit again", "review": "review",
	"choose_reviewers": "choose the reviewers", "nobody_eligible": "find a reviewer: nobody who may review is left",
	"close_items": "close the items that they asked for", "name_lead": "name another lead author", "publish": "publish",
	"conflict": "consider a conflict of interest that was declared",
}

// whose is whose turn it is.
func (t Turn) whose() string {
	switch {
	case len(t.People) > 0:
		return clean(strings.Join(t.People, ", "))
	case t.Whose == "nobody":
		return "nobody"
	}
	return plain(t.Whose)
}

// todo is what the turn is for.
func (t Turn) todo() string {
	if words, known := turnTo[t.To]; known {
		return words
	}
	return plain(t.To)
}

// due is the day of the turn, "" where there is none.
func (t Turn) due(zone *time.Location) string {
	if t.Due == nil {
		return ""
	}
	day := t.Due.In(zone).Format(dayForm)
	if t.Overdue {
		day += " (overdue)"
	}
	return day
}

// line is a history entry in a line.
func (e Entry) line(zone *time.Location) string {
	who := clean(e.Name)
	if who == "" {
		who = "Rung"
	}
	line := e.At.In(zone).Format(momentForm) + "  " + who + ": " + plain(e.Event)
	if e.From != e.To {
		line += ", now " + plain(e.To)
	}
	if e.Words != "" {
		line += " (" + clean(e.Words) + ")"
	}
	return line
}

// plural is a number of things: "1 item", "3 items".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}
