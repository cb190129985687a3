// Package mail renders mail and sends it over SMTP. It decides nothing and
// writes nothing: what a mail says, and whether it still holds, is handed to it;
// what became of it is its answer.
package mail

import (
	netmail "net/mail"
	"strings"
	"unicode"
)

// Facts is everything a mail says, in plain words; the templates add only form.
type Facts struct {
	ToName, ToEmail string
	Subject         string   // "Module title: what is asked"
	Heading         string   // one line; a sign-in code stands here
	Paragraphs      []string // plain text
	Quotes          []Quote  // somebody's own words: each item of a change request
	Action, Link    string   // the one link, absolute, and what it says; "" for none
	Why             string   // why this person got this mail
	Thread          string   // "proposal-42": mails of one thread are shown together; "" for none
	ChainHead       string   // hex: the head of the proposal's history, printed small; "" for none
	DateLine        string   // "6 August 2018": when what it tells of happened; "" for none
}

// Quote is somebody's words, unchanged.
type Quote struct{ Label, Text string }

// What can become of a mail. The words are the outbox's, so that wiring can pass
// them on.
const (
	Sent     = "sent"     // the server has taken it
	Failed   = "failed"   // refused for good: trying again would change nothing
	Retry    = "retry"    // not now; also where nobody can know whether the server took it
	Released = "released" // not tried, since the context ended
)

// Result is what became of one mail.
type Result struct {
	State string // Sent, Failed, Retry or Released
	Error string // with Failed and Retry: one sentence that an administrator may read
	Note  string // with Sent: anything worth knowing
}

// ValidAddress reports whether Rung can send to this address: a bare
// local@domain, without a display name, quotes or anything invisible.
func ValidAddress(address string) bool {
	if len(address) > 254 || strings.ContainsFunc(address, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return false
	}
	parsed, err := netmail.ParseAddress(address)
	if err != nil || parsed.Name != "" || parsed.Address != address {
		return false
	}
	local, domain, _ := strings.Cut(address, "@")
	return len(local) <= 64 && domain != "" && !strings.Contains(domain, "@")
}

// oneLine makes s fit for a header or a heading: no line breaks, no invisible
// characters, no runs of spaces.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	}), " ")
}
