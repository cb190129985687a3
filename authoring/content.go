// Package authoring is the room of those who write: proposals and their drafts,
// co-authors, packages, revisions and what changed between them, and suggested
// titles. It writes the content of proposals, revisions, authors,
// suggested_titles and files; the state is workflow's alone.
package authoring

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Content is what the authors write: the two parts of a revision that are words.
// The third part, the package, is a file.
type Content struct {
	Teaching Teaching `json:"teaching,omitzero"`
	Listing  Listing  `json:"listing,omitzero"`
}

// Teaching is the part that the educational reviewers judge together with the
// package. Keys are the programme's.
type Teaching struct {
	Strand         string   `json:"strand,omitempty"` // key of a strand
	Audience       string   `json:"audience,omitempty"`
	Level          string   `json:"level,omitempty"`
	PriorKnowledge string   `json:"prior_knowledge,omitempty"`
	Need           string   `json:"need,omitempty"`
	Overlap        string   `json:"overlap,omitempty"` // with existing modules
	Outcomes       []string `json:"outcomes,omitempty"`
	Mapping        Mapping  `json:"mapping,omitzero"`
	Minutes        int      `json:"minutes,omitempty"` // a learner's time
	Reflection     string   `json:"reflection_prompt,omitempty"`
	ActionPoints   []string `json:"action_points,omitempty"`
	References     []string `json:"references,omitempty"`
	Evaluation     string   `json:"evaluation,omitempty"`
	Consent        string   `json:"consent_and_copyright,omitempty"`
	Interests      string   `json:"declared_interests,omitempty"`
}

// Mapping is where a module stands in the programme's frameworks.
type Mapping struct {
	Entries []string `json:"entries,omitempty"`  // keys of the primary framework's entries, sorted
	Primary string   `json:"primary,omitempty"`  // the most important of Entries
	WhyNone string   `json:"why_none,omitempty"` // where Entries is empty
	Others  []string `json:"others,omitempty"`   // "framework/entry" of the other frameworks, sorted
}

// Listing is how the module will be shown in the catalogue and on its hosts.
type Listing struct {
	Title               string        `json:"title,omitempty"`
	Summary             string        `json:"summary,omitempty"`
	Series              Series        `json:"series,omitzero"`
	Keywords            []string      `json:"keywords,omitempty"`
	Licence             string        `json:"licence,omitempty"` // key of a licence
	Authors             []Attribution `json:"authors,omitempty"` // in order; empty in a draft, taken from the table of authors by the submit
	Expert              Expert        `json:"subject_expert,omitzero"`
	Provider            string        `json:"provider,omitempty"`
	Certificate         string        `json:"certificate,omitempty"` // Yes or No
	AccessibilityIssues string        `json:"accessibility_issues,omitempty"`
}

// Yes and No answer whether there is a certificate; "" is not decided yet.
const (
	Yes = "yes"
	No  = "no"
)

// Series says that a module is part 2 of 4 of a series.
type Series struct {
	Name string `json:"name,omitempty"`
	Part int    `json:"part,omitempty"`
	Of   int    `json:"of,omitempty"`
}

// Attribution is an author as the public reads it.
type Attribution struct {
	Name         string `json:"name,omitempty"`
	Organisation string `json:"organisation,omitempty"`
	JobTitle     string `json:"job_title,omitempty"`
}

// Expert is who vouches for the subject matter, and is no author.
type Expert struct {
	Name         string `json:"name,omitempty"`
	Email        string `json:"email,omitempty"`
	Organisation string `json:"organisation,omitempty"`
}

// Canonical is the one way in which a part is written down: its UTF-8 bytes are
// what the part's digest is of, and what revision_parts.body holds. It is JSON as
// in RFC 8785: members sorted by name, no white space, no escape that JSON can do
// without. Empty values are left out, so that the same words keep their digest
// under a later Rung that knows more fields. Part must have been normalised,
// which removes the characters that encoding/json escapes needlessly.
func Canonical(part any) (string, error) {
	// Through a map, whose members encoding/json sorts: the order in which the
	// fields happen to be declared is not part of the format.
	b, err := json.Marshal(part)
	if err != nil {
		return "", fmt.Errorf("writing a part down: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var members map[string]any
	if err := dec.Decode(&members); err != nil {
		return "", fmt.Errorf("writing a part down: %w", err)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(members); err != nil {
		return "", fmt.Errorf("writing a part down: %w", err)
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

// Digest is the lower-case hex SHA-256 of a part's canonical form.
func Digest(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// Normalised is the content with every text in the form in which it is kept, so
// that neither a browser's line ends nor a stray space makes other words of it.
func (c Content) Normalised() Content {
	for _, f := range fields {
		f.put(&c, f.Values(c))
	}
	c.Listing.Authors = nil
	return c
}

func (a Attribution) normalised() Attribution {
	return Attribution{tidyLine(a.Name), tidyLine(a.Organisation), tidyLine(a.JobTitle)}
}

// tidyText is a text of several lines in its kept form: valid UTF-8, lines that end
// in LF without space before it, no blank lines around it, no control characters.
func tidyText(s string) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n\n").Replace(s)
	s = strings.Map(func(r rune) rune {
		// Marks of direction and joiners (format characters) are part of how some
		// languages are written; the byte order mark never is.
		if r == '\ufeff' || unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRightFunc(l, unicode.IsSpace)
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// tidyLine is a text of one line in its kept form: as tidyText, and every run of white
// space is one space.
func tidyLine(s string) string { return strings.Join(strings.Fields(tidyText(s)), " ") }

// tidyList is a list in its kept form: its items are lines, and none is empty.
func tidyList(items []string) []string {
	var kept []string
	for _, item := range items {
		if item = tidyLine(item); item != "" {
			kept = append(kept, item)
		}
	}
	return kept
}

// tidySet is a list whose order says nothing, in its kept form.
func tidySet(items []string) []string {
	kept := tidyList(items)
	slices.Sort(kept)
	return slices.Compact(kept)
}
