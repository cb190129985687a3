package accounts

import (
	"net/mail"
	"net/netip"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/leadership-ladder/rung/internal/fault"
)

// The longest address that SMTP can carry, and the longest part before its @ (RFC 5321 4.5.3.1).
const (
	maxAddress = 254
	maxLocal   = 64
)

// maxName is the most characters in a name, an organisation or a job title:
// what the Learning Hub takes for an author.
const maxName = 100

// domainForm is a name that mail can be delivered to from outside: letters,
// digits and hyphens, with at least one dot. An address literal ([127.0.0.1])
// or a bare host would let a stranger send our mail to the inside.
var domainForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$`)

// localForm is an unquoted local part (RFC 5322 3.2.3, dot-atom), ASCII.
var localForm = regexp.MustCompile("^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$")

// CleanEmail gives the address as it is stored (trimmed, lower-case), or an
// Invalid fault on the field "email". A display name, a quoted local part and
// an address outside ASCII are refused.
func CleanEmail(email string) (string, error) {
	e := strings.ToLower(strings.TrimSpace(email))
	if e == "" {
		return "", badEmail("email_missing", "Enter your email address.")
	}
	parsed, err := mail.ParseAddress(e)
	local, domain, _ := strings.Cut(e, "@")
	switch {
	case len(e) > maxAddress || len(local) > maxLocal:
		return "", badEmail("email_long", "Enter an email address of at most 254 characters, 64 of them before the @.")
	case err != nil, parsed.Name != "", parsed.Address != e, !localForm.MatchString(local), !domainForm.MatchString(domain):
		return "", badEmail("email_form", "Enter an email address in the form name@example.org, and nothing besides.")
	}
	return e, nil
}

func badEmail(code, text string) error {
	return fault.New(fault.Invalid, "The email address cannot be used.",
		fault.Reason{Code: code, Field: "email", Text: text})
}

// clientKey is what a network address is counted as: an IPv4 address as it
// is; an IPv6 one by its /64, since one subscriber has all of those.
func clientKey(client string) string {
	a, err := netip.ParseAddr(client)
	if err != nil {
		if client == "" {
			return "unknown"
		}
		c := strings.ToValidUTF8(client, "?")
		c = strings.ReplaceAll(c, "\x00", "?")
		return clip(c, 64)
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// guessName makes a name of the part before the @, for the time until the
// person says what they are called: "anna.smith-jones+rung" is Anna Smith Jones.
func guessName(email string) string {
	local, _, _ := strings.Cut(email, "@")
	plain, _, _ := strings.Cut(local, "+")
	words := strings.FieldsFunc(plain, func(r rune) bool { return r == '.' || r == '_' || r == '-' })
	for i, w := range words {
		r, n := utf8.DecodeRuneInString(w)
		words[i] = string(unicode.ToUpper(r)) + w[n:]
	}
	if len(words) == 0 {
		return clip(local, maxName)
	}
	return clip(strings.Join(words, " "), maxName)
}

// clip cuts s to at most n characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:n]))
}

// cleanLine trims a one-line field and says what is wrong with it, "" if nothing.
func cleanLine(s string) (clean, wrong string) {
	s = strings.TrimSpace(s)
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return s, "holds characters that cannot be shown: type it again on one line"
	case utf8.RuneCountInString(s) > maxName:
		return s, "is longer than 100 characters: shorten it"
	}
	return s, ""
}
