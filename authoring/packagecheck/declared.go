package packagecheck

import (
	"strings"

	"golang.org/x/text/language"
)

// speaks notes a language that a manifest declares, in the one way to write it;
// what is no language tag isn't noted.
func (c *checker) speaks(tag string) {
	tag = strings.TrimSpace(tag)
	if tag == "" || len(tag) > 35 { // RFC 5646, section 4.4.1
		return
	}
	t, err := language.Parse(tag)
	if err != nil || t == language.Und {
		return
	}
	c.report.Facts.Languages = append(c.report.Facts.Languages, t.String())
}

// isLanguage tells whether a value can be of XML Schema's type xs:language.
func isLanguage(tag string) bool {
	for i, part := range strings.Split(tag[:min(len(tag), 256)], "-") {
		if part == "" || len(part) > 8 {
			return false
		}
		for _, r := range part {
			letter := r|0x20 >= 'a' && r|0x20 <= 'z'
			if !letter && (i == 0 || r < '0' || r > '9') {
				return false
			}
		}
	}
	return true
}

// isIRI tells whether a value is a fully qualified IRI (RFC 3987): a scheme, a
// colon and something after it, with no character that must be encoded.
func isIRI(value string) bool {
	scheme, rest, found := strings.Cut(value, ":")
	if !found || scheme == "" || strings.Trim(rest, "/") == "" {
		return false
	}
	for i, r := range scheme {
		letter := r|0x20 >= 'a' && r|0x20 <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("+-.0123456789", r)) {
			return false
		}
	}
	return !strings.ContainsFunc(rest, func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune("<>\"{}|\\^`", r)
	})
}
