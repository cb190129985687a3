// Package programme is the definition that everything in Rung follows, as
// data: strands, frameworks, the programme's own words, and the stages with
// their rubrics. It reads and validates the YAML file, derives the one table of
// the machine from it, and proves that table sound. It is pure: no database, no
// clock.
package programme

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"
)

// Programme is one validated programme file. It is read-only once parsed: many
// requests share one.
type Programme struct {
	Version    string // lower-case hex SHA-256 of Source; proposals are pinned to it
	Source     []byte // the bytes of the file, as they were read
	Name       string
	Short      string // the name where there is little room
	About      string
	Strands    []Strand
	Frameworks []Framework
	Words      Words
	Roles      []Role // leadership and every role that a stage names
	Stages     []Stage
	Licences   []Licence
	Hosts      []Host

	AuthorDays     int    // days that a turn of the authors lasts
	LeadershipDays int    // days that a turn of leadership lasts
	Newcomers      string // ByLeadership or Automatic: who chooses the first stage's reviewers of a newcomer's first proposal
	MaxAuthors     int    // the lead and the co-authors together
	ReviewYears    int    // the review date lies at most so many years after publication
}

// Strand is one of the programme's threads of modules.
type Strand struct{ Key, Name, About string }

// Framework is a published set of capabilities that modules are mapped to: its
// names only, since the texts of most are somebody's copyright.
type Framework struct {
	Key     string
	Name    string
	Note    string // how to map to it, and when not to
	Primary bool   // the one whose entries a module names one primary of, or says why none; exactly one framework is
	Entries []Entry
}

// Entry is one heading of a framework.
type Entry struct {
	Key    string
	Number int // as the framework numbers it, 0 where it doesn't
	Name   string
}

// Words are the programme's own words for the public pages: paragraphs of
// plain text.
type Words struct {
	Access   []string // who can take the modules, and how
	Contact  []string // whom to ask
	Feedback []string // where to say what was good and what wasn't
}

// Role is a role that reviewers hold.
type Role struct {
	Key  string // "technical_reviewer", as in the table of roles
	Name string // "Technical reviewer"
}

// Licence is a licence that a module may be published under.
type Licence struct{ Key, Name string }

// Host is a place where learners take published modules, with the limits that a
// package and a listing have to keep there.
type Host struct {
	Key          string
	Name         string
	Note         string   // what else to know before handing a module over
	Packages     []string // the package editions it takes: "scorm_1_2", "scorm_2004_4"
	MaxPackageGB int      // 0: no limit known
	Listing      Listing
}

// Listing holds the limits of a host's entry for a module, in characters unless
// said otherwise; 0 means no limit.
type Listing struct {
	Title       int
	Description int
	Keyword     int // each
	MinKeywords int // how many at least
	AuthorField int // an author's name, organisation and role, each
}

// Stage is one rung: who reviews there, how many yeses it takes, and what they
// vouch for.
type Stage struct {
	Key      string // also the name of the state
	Name     string
	Role     string // the role its reviewers hold
	SignOffs int    // valid sign-offs it needs, by different people
	Days     int    // days that a reviewer has
	Parts    []string
	Assign   string // Automatic or ByLeadership
	Rubric   Rubric
}

// Rubric is what a stage judges by. It is passed when every essential criterion
// is met and at least Threshold per cent of the weight.
type Rubric struct {
	Threshold int // per cent of the total weight, 0 to 100; 0 means the essentials alone
	Criteria  []Criterion
}

// Criterion is one question of a rubric.
type Criterion struct {
	Key       string
	Text      string
	Help      string // "" where the text says it all
	Weight    int    // 1 to 3
	Essential bool   // not met: no sign-off
	Decided   string // Check or Person
}

// The parts of a revision that sign-offs are about.
const (
	PartPackage  = "package"
	PartTeaching = "teaching"
	PartListing  = "listing"
)

// Parts are all parts, in the order in which pages show them.
func Parts() []string { return []string{PartPackage, PartTeaching, PartListing} }

// Who chooses reviewers (Stage.Assign, Programme.Newcomers).
const (
	Automatic    = "automatic"
	ByLeadership = "by_leadership"
)

// Who can decide a criterion: the package check by itself, or only a person.
const (
	Check  = "check"
	Person = "person"
)

// Leadership is the role that every programme has: the machine needs it.
const Leadership = "leadership"

// Stage finds a stage by its key.
func (p *Programme) Stage(key string) (Stage, bool) {
	if i := p.StageIndex(key); i >= 0 {
		return p.Stages[i], true
	}
	return Stage{}, false
}

// StageIndex is the place of a stage on the ladder, counted from 0; -1 for what
// isn't a stage.
func (p *Programme) StageIndex(key string) int {
	return slices.IndexFunc(p.Stages, func(s Stage) bool { return s.Key == key })
}

// Strand finds a strand by its key.
func (p *Programme) Strand(key string) (Strand, bool) {
	return find(p.Strands, func(s Strand) bool { return s.Key == key })
}

// Framework finds a framework by its key.
func (p *Programme) Framework(key string) (Framework, bool) {
	return find(p.Frameworks, func(f Framework) bool { return f.Key == key })
}

// Primary is the framework whose entries a module names one primary of.
func (p *Programme) Primary() Framework {
	f, _ := find(p.Frameworks, func(f Framework) bool { return f.Primary })
	return f
}

// Entry finds one of the framework's entries by its key.
func (f Framework) Entry(key string) (Entry, bool) {
	return find(f.Entries, func(e Entry) bool { return e.Key == key })
}

// Licence finds a licence by its key.
func (p *Programme) Licence(key string) (Licence, bool) {
	return find(p.Licences, func(l Licence) bool { return l.Key == key })
}

// Role finds a role by its key.
func (p *Programme) Role(key string) (Role, bool) {
	return find(p.Roles, func(r Role) bool { return r.Key == key })
}

// Host finds a host by its key.
func (p *Programme) Host(key string) (Host, bool) {
	return find(p.Hosts, func(h Host) bool { return h.Key == key })
}

// Criterion finds a criterion of the stage's rubric by its key.
func (s Stage) Criterion(key string) (Criterion, bool) {
	return find(s.Rubric.Criteria, func(c Criterion) bool { return c.Key == key })
}

// VouchesFor tells whether the stage's sign-offs are about this part.
func (s Stage) VouchesFor(part string) bool { return slices.Contains(s.Parts, part) }

// Total is the weight of all criteria together.
func (r Rubric) Total() int {
	total := 0
	for _, c := range r.Criteria {
		total += c.Weight
	}
	return total
}

// Needed is the least weight that reaches the threshold.
func (r Rubric) Needed() int { return (r.Total()*r.Threshold + 99) / 100 }

// DropsRolesOf lists the roles that other's stages need and p doesn't have, in
// the order of other's stages. A file that drops a role which a proposal in
// flight needs is refused.
func (p *Programme) DropsRolesOf(other *Programme) []string {
	var dropped []string
	for _, s := range other.Stages {
		if _, ok := p.Role(s.Role); !ok && !slices.Contains(dropped, s.Role) {
			dropped = append(dropped, s.Role)
		}
	}
	return dropped
}

//go:embed leadership-ladder.yaml
var leadershipLadder []byte

var builtIn = sync.OnceValue(func() *Programme {
	p, err := Parse("leadership-ladder.yaml", leadershipLadder)
	if err != nil {
		panic(fmt.Sprintf("the built-in programme has mistakes:\n%v", err))
	}
	return p
})

// Default is the Leadership Ladder's programme, built into the binary. The same
// value is given each time.
func Default() *Programme { return builtIn() }

func find[T any](list []T, is func(T) bool) (T, bool) {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i], true
	}
	var none T
	return none, false
}
