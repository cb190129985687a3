package packagecheck

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
	"github.com/leadership-ladder/rung/authoring/packagecheck/webpage"
)

// patients asks about what may identify a patient. No number and no name is
// repeated: a report is read by more people than the package.
func (c *checker) patients(path string, spans []webpage.Span) {
	for _, s := range spans {
		for _, at := range nhsNumbers(s.Text) {
			c.add(nhsNumberSeen, place{path, within(s, at.start)},
				"A number that ends in %s has the form and the check digit of an NHS number. Is it made up?", at.ends)
		}
	}
	for _, pos := range birthDates(spans) {
		c.add(birthDateSeen, place{path, pos}, "A date stands here like a date of birth. Is the person made up?")
	}
}

// within is the place of an offset of a span. White space of the page is
// collapsed in spans, so beyond a line's end it is the span's own.
func within(s webpage.Span, offset int) markup.Pos {
	return markup.Pos{Line: s.Pos.Line, Column: s.Pos.Column + utf8.RuneCountInString(s.Text[:offset])}
}

var tenDigits = regexp.MustCompile(`\d{3}[ \x{a0}-]?\d{3}[ \x{a0}-]?\d{4}`)

// medical and other are what stands before a number that is, or isn't, an NHS
// number. ISBNs of ten digits have the very same check digit.
var (
	medical = regexp.MustCompile(`(?i)\b(nhs|chi|h&c|patients?|hospital)\b[^.]{0,40}$`)
	other   = regexp.MustCompile(`(?i)(isbn|issn|doi|pmid|tel|telephone|phone|mobile|fax|call|ring|order|account|invoice|ref(erence)?|version)\b[\p{L}\d .:#()-]{0,20}$`)
)

// seen is a number in a text: where, and its last three digits.
type seen struct {
	start int
	ends  string
}

func nhsNumbers(text string) []seen {
	if len(text) < 10 || !strings.ContainsAny(text, "0123456789") {
		return nil
	}
	var list []seen
	for _, m := range tenDigits.FindAllStringIndex(text, -1) {
		number := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, text[m[0]:m[1]])
		before := text[max(0, m[0]-60):m[0]]
		if alone(text, m[0], m[1]) && validNHS(number) && plausibleNHS(number, text[m[0]:m[1]], before) {
			list = append(list, seen{m[0], number[7:]})
		}
	}
	return list
}

// alone tells whether a number is no part of a longer one, of a word or an
// address.
func alone(text string, start, end int) bool {
	before, after := strings.TrimRight(text[:start], " "), strings.TrimLeft(text[end:], " ")
	last, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(after)
	near, _ := utf8.DecodeLastRuneInString(text[:start])
	then, size := utf8.DecodeRuneInString(text[end:])
	if then == '.' { // the end of a sentence, or of a file's name
		then, _ = utf8.DecodeRuneInString(text[end+size:])
	}
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	letter := func(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }
	return !digit(last) && !digit(next) && !letter(near) && !letter(then) &&
		!strings.ContainsRune("/.-_=+#?&%@,)£$€", last) && !strings.ContainsRune("/-_=&%@£$€", then)
}

// validNHS tells whether ten digits have the check digit of an NHS number
// (modulus 11).
func validNHS(n string) bool {
	sum := 0
	for i := range 9 {
		sum += int(n[i]-'0') * (10 - i)
	}
	check := 11 - sum%11
	return check%11 == int(n[9]-'0') && check != 10
}

// plausibleNHS leaves out numbers for tests (999), rows of one digit, and what
// is more likely a telephone number, a book or a time.
func plausibleNHS(n, written, before string) bool {
	switch {
	case strings.HasPrefix(n, "999"), strings.Count(n, n[:1]) == len(n), n == "0123456789":
		return false
	case otherwise(before):
		return false
	case medical.MatchString(before):
		return true
	case strings.Contains(written, "-"):
		return false
	case written == n: // not in groups: numbers of the ranges in use, alone
		return strings.Contains("467", n[:1])
	}
	return true
}

// otherwise tells whether the words before a number say that it is another kind
// of one; of two words the nearer counts.
func otherwise(before string) bool {
	no, yes := other.FindStringIndex(before), medical.FindStringIndex(before)
	return no != nil && (yes == nil || no[0] > yes[0])
}

const months = `(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)`

// A date has its day, month and year, and the year is that of somebody who may
// be living.
const date = `(?:\d{1,2}[./-]\d{1,2}[./-](?:(?:19[2-9]\d|20[0-3]\d)|\d{2})|\d{1,2}(?:st|nd|rd|th)? (?i:` + months + `)\.?,? (?:19[2-9]\d|20[0-3]\d)|(?i:` +
	months + `)\.? \d{1,2}(?:st|nd|rd|th)?,? (?:19[2-9]\d|20[0-3]\d)|(?:19[2-9]\d|20[0-3]\d)-\d{2}-\d{2})\b`

var (
	bornOn    = regexp.MustCompile(`^(?:(?i:dob|d\.o\.b\.?|date of birth)(?:[^\pL\d]|\pL){0,60}?|(?i:born)\b[^.\d]{0,40}?)\b` + date)
	nameAndOn = regexp.MustCompile(`^(?:Mr|Mrs|Ms|Miss|Master|Patient|Baby)\.? \p{Lu}[\pL'’-]+(?: \p{Lu}[\pL'’-]+){0,2}[ ,;:(–-]{1,4}(?:b\. ?)?` + date)
	// hints are the words that one of them begins with, in lower case.
	hints = regexp.MustCompile(`\b(?:dob|d\.o\.b|date of birth|born|mrs?|ms|miss|master|patient|baby)\b`)
)

// Of a page so many hints are looked at, each with so many bytes after it: the
// work stays small, whatever a page repeats.
const maxHints, hintReach = 1000, 160

// birthDates finds dates with a word for birth before them, or a person's name.
// They may stand in cells beside one another, so all spans are read as one text.
func birthDates(spans []webpage.Span) []markup.Pos {
	var joined, small strings.Builder
	starts := make([]int, len(spans))
	for i, s := range spans {
		starts[i] = joined.Len()
		joined.WriteString(s.Text)
		joined.WriteByte(' ')
		small.WriteString(asciiLower(s.Text))
		small.WriteByte(' ')
	}
	text := joined.String()
	var list []markup.Pos
	i := 0
	for _, m := range hints.FindAllStringIndex(small.String(), maxHints) {
		after := text[m[0]:min(len(text), m[0]+hintReach)]
		if !strings.ContainsAny(after, "0123456789") || !bornOn.MatchString(after) && !nameAndOn.MatchString(after) {
			continue
		}
		for i+1 < len(starts) && starts[i+1] <= m[0] {
			i++
		}
		list = append(list, within(spans[i], m[0]-starts[i]))
	}
	return list
}

// asciiLower keeps every byte in its place, which strings.ToLower does not.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
