package catalogue

import (
	"encoding/json"
	"fmt"
)

// Listing is what this room reads of the listing part, under the names that
// the canonical JSON of a revision has.
type Listing struct {
	Title               string   `json:"title"`
	Summary             string   `json:"summary"`
	Series              Series   `json:"series,omitzero"`
	Keywords            []string `json:"keywords,omitempty"`
	Licence             string   `json:"licence,omitempty"` // key of a licence of the programme
	Authors             []Author `json:"authors,omitempty"` // in the order of attribution
	Provider            string   `json:"provider,omitempty"`
	Certificate         string   `json:"certificate,omitempty"` // yes, no, "" where it isn't known
	AccessibilityIssues string   `json:"accessibility_issues,omitempty"`
}

// Series says that a module is part 2 of 4 of a series; Part and Of are 0 where
// the order isn't known.
type Series struct {
	Name string `json:"name,omitempty"`
	Part int    `json:"part,omitempty"`
	Of   int    `json:"of,omitempty"`
}

// Author is who made a module, as the public reads it.
type Author struct {
	Name         string `json:"name"`
	Organisation string `json:"organisation,omitempty"`
	JobTitle     string `json:"job_title,omitempty"` // the Learning Hub's "role"
}

// Teaching is what this room reads of the teaching part.
type Teaching struct {
	Strand         string   `json:"strand"` // key of a strand of the programme
	Audience       string   `json:"audience,omitempty"`
	Level          string   `json:"level,omitempty"`
	PriorKnowledge string   `json:"prior_knowledge,omitempty"`
	Outcomes       []string `json:"outcomes,omitempty"`
	Mapping        Mapping  `json:"mapping,omitzero"`
	Minutes        int      `json:"minutes,omitempty"` // of a learner's time
}

// Mapping is where a module stands in the programme's frameworks.
type Mapping struct {
	Entries []string `json:"entries,omitempty"`  // keys in the primary framework
	Primary string   `json:"primary,omitempty"`  // the most important of Entries
	WhyNone string   `json:"why_none,omitempty"` // where Entries is empty
	Others  []string `json:"others,omitempty"`   // "framework/entry" of other frameworks
}

func readListing(body string) (l Listing, err error) {
	if err := json.Unmarshal([]byte(body), &l); err != nil {
		return l, fmt.Errorf("reading a listing: %w", err)
	}
	return l, nil
}

func readTeaching(body string) (t Teaching, err error) {
	if err := json.Unmarshal([]byte(body), &t); err != nil {
		return t, fmt.Errorf("reading a teaching part: %w", err)
	}
	return t, nil
}
