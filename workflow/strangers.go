package workflow

import (
	"regexp"
	"unicode/utf8"
)

// What an address that somebody typed may be made to receive. Anyone may sign
// in and name anyone as an author, so Rung must not be of use to whoever wants
// to write to strangers under the programme's name.
const (
	// strangersMails is how many mails about one proposal go to such an address
	// in 24 hours: the invitation and a few changes of state.
	strangersMails = 5
	// strangersTitle is how much of a title it is shown, in characters.
	strangersTitle = 120
)

// linkForm is what mail programs make a link of, with or without a scheme.
var linkForm = regexp.MustCompile(`(?i)(?:[a-z][a-z0-9+.-]*:/+|www\.)\S*|[\p{L}\p{N}_@-]+(?:\.[\p{L}\p{N}_-]+)*\.\p{L}{2,}(?:[:/?#]\S*)?`)

// titleForStrangers is a title without anything to click on, and no longer than
// a title has to be: it is the one thing in such a mail that somebody else wrote.
func titleForStrangers(title string) string {
	title = linkForm.ReplaceAllString(title, "…")
	if utf8.RuneCountInString(title) > strangersTitle {
		title = string([]rune(title)[:strangersTitle-1]) + "…"
	}
	return title
}
