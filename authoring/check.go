package authoring

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// incomplete tells everything that a submit still needs, in the order of the
// pages, each reason with its field.
func incomplete(p *programme.Programme, d Draft) []fault.Reason {
	var reasons []fault.Reason
	add := func(code, field, text string) {
		reasons = append(reasons, fault.Reason{Code: code, Field: field, Text: text})
	}
	if d.Package == nil {
		add("missing", packageField, "Upload the package.")
	}
	for _, f := range fields {
		values := f.Values(d.Content)
		if len(values) == 0 && f.missing != "" {
			add("missing", f.Name, f.missing)
		}
		if max := f.limit(p); f.Kind != Number {
			for i, v := range values {
				if over := utf8.RuneCountInString(v) - max; over > 0 {
					add("too_long", f.Name, fmt.Sprintf("Shorten %s by %s: it can have at most %s.", f.called(i), characters(over), characters(max)))
				}
			}
		}
		if f.Kind == Choice || f.Kind == Set {
			for _, v := range values {
				if _, ok := f.option(p, v); !ok {
					add("unknown_choice", f.Name, fmt.Sprintf("Choose again for %s: the programme no longer has what was chosen.", quoted(f.Label)))
					break
				}
			}
		}
		switch f.Name {
		case "mapping_others": // the last of the mapping
			mappingReasons(p, d.Content.Teaching.Mapping, add)
		case "series_of":
			seriesReasons(d.Content.Listing.Series, add)
		case "keywords":
			if least := leastKeywords(p); len(values) < least {
				add("missing", f.Name, "Give at least "+plural(least, "keyword", "keywords")+".")
			}
		case "expert_email":
			expertReasons(d.Content.Listing.Expert, d.Authors, add)
		}
	}
	for i, a := range d.Authors {
		if a.Name == "" {
			add("missing", authorsField, fmt.Sprintf("Give the name of author %d.", i+1))
		}
	}
	if n := len(d.Authors); n > p.MaxAuthors {
		add("too_many_authors", authorsField, fmt.Sprintf("Remove %s: a module can have at most %d.", plural(n-p.MaxAuthors, "author", "authors"), p.MaxAuthors))
	}
	return reasons
}

func mappingReasons(p *programme.Programme, m Mapping, add func(code, field, text string)) {
	primary, _ := FieldNamed("mapping_primary")
	framework := p.Primary().Name
	switch {
	case len(m.Entries) == 0 && m.Primary == "" && m.WhyNone == "":
		add("missing", "mapping", fmt.Sprintf("Choose what the module maps to in the %s, or say why it maps to none.", framework))
	case len(m.Entries) == 0 && m.Primary == "":
	case m.WhyNone != "":
		add("contradiction", "mapping_why_none", fmt.Sprintf("Clear the reason for mapping to none, or what is chosen in the %s.", framework))
	case m.Primary == "":
		add("missing", primary.Name, "Choose which capability is the primary one.")
	}
	if m.Primary == "" {
		return
	}
	for _, e := range m.Entries {
		if e == m.Primary {
			return
		}
	}
	if o, ok := primary.option(p, m.Primary); ok {
		add("primary_not_chosen", primary.Name, fmt.Sprintf("Tick %s as well, or choose one of the ticked capabilities as the primary one.", quoted(o.Name)))
	}
}

func seriesReasons(s Series, add func(code, field, text string)) {
	if s == (Series{}) {
		return
	}
	if s.Name == "" {
		add("missing", "series_name", "Name the series, or clear its part.")
	}
	switch {
	case s.Part == 0:
		add("missing", "series_part", "Say which part of the series it is.")
	case s.Of != 0 && s.Part > s.Of:
		add("part_beyond_series", "series_part", fmt.Sprintf("The part cannot be above %d, the number of parts.", s.Of))
	}
	if s.Of == 0 {
		add("missing", "series_of", "Say how many parts the series has.")
	}
}

func expertReasons(e Expert, authors []Author, add func(code, field, text string)) {
	if e.Name != "" && e.Organisation == "" && e.Email == "" {
		add("missing", "expert_organisation", "Give the subject expert’s organisation or email address.")
	}
	if e.Email != "" && !isAddress(strings.ToLower(e.Email)) {
		add("not_an_address", "expert_email", "Give the subject expert’s email address in the form name@example.org.")
	}
	for _, a := range authors {
		if e.Email != "" && strings.EqualFold(e.Email, a.Email) {
			add("expert_is_author", "expert_email", "Name a subject expert who is not an author: this address is an author’s.")
		}
		if e.Name != "" && strings.EqualFold(e.Name, a.Name) {
			add("expert_is_author", "expert_name", fmt.Sprintf("Name a subject expert who is not an author: %s is one.", a.Name))
		}
	}
}

// limit is how many characters a submit takes: the field's own, or less where a
// host of the programme takes less.
func (f Field) limit(p *programme.Programme) int {
	limit := f.Max
	for _, h := range p.Hosts {
		host := 0
		switch f.Name {
		case "title":
			host = h.Listing.Title
		case "summary":
			host = h.Listing.Description
		case "keywords":
			host = h.Listing.Keyword
		}
		if host > 0 {
			limit = min(limit, host)
		}
	}
	return limit
}

// Limit is how many characters of the field, or of each item of a list, a submit
// takes under a programme.
func (f Field) Limit(p *programme.Programme) int { return f.limit(p) }

// leastKeywords is what the most demanding host asks for.
func leastKeywords(p *programme.Programme) int {
	least := 0
	for _, h := range p.Hosts {
		least = max(least, h.Listing.MinKeywords)
	}
	return least
}

// called names the field in a sentence, and of a list the item.
func (f Field) called(i int) string {
	if f.Kind == List || f.Kind == Set {
		return fmt.Sprintf("line %d of %s", i+1, quoted(f.Label))
	}
	return quoted(f.Label)
}

func quoted(s string) string { return "“" + s + "”" }

// entryName is an entry of a framework as the framework itself writes it.
func entryName(e programme.Entry) string {
	if e.Number > 0 {
		return fmt.Sprintf("%d. %s", e.Number, e.Name)
	}
	return e.Name
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

func characters(n int) string { return plural(n, "character", "characters") }

// thousands writes a number as people read it: 1,800.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
