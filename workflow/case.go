package workflow

import (
	"encoding/hex"
	"slices"
	"time"

	"github.com/leadership-ladder/rung/workflow/programme"
)

// Case is one proposal with everything that the rules look at, and the person
// who looks. It is a snapshot: rules are pure functions of it.
type Case struct {
	ID             int64
	Programme      *programme.Programme
	State          string
	Revision       int
	Seq            int    // of the last history entry
	Head           string // hex of that entry's hash
	Turn           string // author, reviewers, leadership, nobody
	TurnFor        string // to do what: one of the For… codes
	TurnSince      time.Time
	TurnDue        *time.Time
	StateSince     time.Time
	CreatedAt      time.Time
	SubmittedAt    *time.Time
	SuggestedTitle int64  // taken by this proposal, 0 for none
	Title          string // of the latest revision, of the draft before the first submit

	Actor       Person
	Authors     []Author
	SignOffs    []SignOff         // all, oldest first, overrides and permits too
	Assignments []Assignment      // all, oldest first
	Conflicts   []int64           // people
	Items       []Item            // of change requests that were sent
	Digests     map[string]string // part → digest of the latest revision
	Details     Details

	next        map[string]string // part → digest of the revision that a submit is about to make
	wanted      int64             // the suggested title that the draft is written for
	wantedTaken bool              // by another proposal
	titleTaken  bool              // SuggestedTitle is held by another proposal now
	withdrawnBy int64
	newcomer    bool    // the lead holds no role, and no proposal of theirs was ever signed
	leaders     []int64 // everybody in leadership with an active account
	now         time.Time
}

// Overdue reports whether the turn should have ended by now.
func (c *Case) Overdue() bool { return c.TurnDue != nil && c.TurnDue.Before(c.now) }

// Person is somebody with an account.
type Person struct {
	ID     int64    `json:"id"`
	Name   string   `json:"name"`
	Email  string   `json:"email"`
	Roles  []string `json:"roles"`
	Active bool     `json:"active"`
}

// Has reports whether the person holds the role.
func (p Person) Has(role string) bool { return slices.Contains(p.Roles, role) }

// Author is the lead or a co-author; Person is 0 until they first sign in.
type Author struct {
	Email  string `json:"email"`
	Name   string `json:"name"`
	Person int64  `json:"person"`
	Lead   bool   `json:"lead"`
	Active bool   `json:"active"` // false for a deactivated person
}

// The kinds of SignOff.
const (
	KindSignOff  = "sign_off" // a reviewer's yes
	KindOverride = "override" // leadership's, in place of the missing ones
	KindPermit   = "permit"   // leadership's: one person may hold two stages
)

// SignOff is a yes at one stage to exact digests.
type SignOff struct {
	ID         int64             `json:"id"`
	Stage      string            `json:"stage"`
	Kind       string            `json:"kind"`
	Person     int64             `json:"person"`
	Name       string            `json:"name"`
	GrantedBy  int64             `json:"granted_by"`
	Assignment int64             `json:"assignment"`
	Permit     int64             `json:"permit"`
	Carried    int64             `json:"carried"`
	Revision   int               `json:"revision"`
	Reason     string            `json:"reason"`
	SignedAt   time.Time         `json:"signed_at"`
	VoidedAt   *time.Time        `json:"voided_at"`
	VoidReason string            `json:"void_reason"` // changed, became_author, conflict
	Digests    map[string]string `json:"digests"`     // part → digest
}

// Valid reports whether it still counts.
func (s SignOff) Valid() bool { return s.VoidedAt == nil }

// The states of an Assignment.
const (
	Offered   = "offered"   // asked; accepts, declines, or signs at once
	Accepted  = "accepted"  // said yes
	Suspended = "suspended" // the proposal is elsewhere; it resumes as what it was
	Done      = "done"      // signed
	Declined  = "declined"  // said no, with a reason
	Replaced  = "replaced"  // taken away
)

// Assignment is one person asked to review one stage.
type Assignment struct {
	ID         int64      `json:"id"`
	Stage      string     `json:"stage"`
	Person     int64      `json:"person"`
	Name       string     `json:"name"`
	State      string     `json:"state"`
	Was        string     `json:"was"` // before it was suspended
	OfferedAt  time.Time  `json:"offered_at"`
	DueAt      time.Time  `json:"due_at"`
	AcceptedAt *time.Time `json:"accepted_at"`
	ClosedAt   *time.Time `json:"closed_at"`
	Words      string     `json:"words"`

	isNew, changed bool
	assignedBy     int64
}

// Open reports whether it asks for something now.
func (a Assignment) Open() bool { return a.State == Offered || a.State == Accepted }

// Item is one item of a change request, as far as the machine cares.
type Item struct {
	ID         int64  `json:"id"`
	Stage      string `json:"stage"`
	State      string `json:"state"` // open, done, not_agreed, closed
	AskedBy    int64  `json:"asked_by"`
	Assignment int64  `json:"assignment"` // 0: asked by leadership
}

// Unclosed reports whether the item still stands between the proposal and the
// sign-off of its stage.
func (i Item) Unclosed() bool { return i.State != "closed" }

// Details are the publication details that the machine looks at.
type Details struct {
	Owner      string     `json:"owner"`
	ReviewDate *time.Time `json:"review_date"`
}

// Seen is what somebody who was shown this case saw.
func (c *Case) Seen() Seen { return Seen{State: c.State, Revision: c.Revision, Seq: c.Seq} }

// Visible reports whether the actor may see the proposal: its authors, those
// who are asked to review it or did, leadership, and the system.
func (c *Case) Visible() bool {
	if c.Actor.ID == 0 {
		return true
	}
	if !c.Actor.Active {
		return false
	}
	return c.IsAuthor(c.Actor.ID) || c.Actor.Has(Leadership) || slices.ContainsFunc(c.Assignments, func(a Assignment) bool {
		return a.Person == c.Actor.ID && a.State != Declined && a.State != Replaced
	})
}

// IsAuthor reports whether the person is the lead or a co-author.
func (c *Case) IsAuthor(person int64) bool {
	return person != 0 && slices.ContainsFunc(c.Authors, func(a Author) bool { return a.Person == person })
}

// IsLead reports whether the person is the lead author.
func (c *Case) IsLead(person int64) bool {
	lead, ok := c.Lead()
	return ok && person != 0 && lead.Person == person
}

// Lead is the lead author.
func (c *Case) Lead() (Author, bool) {
	for _, a := range c.Authors {
		if a.Lead {
			return a, true
		}
	}
	return Author{}, false
}

// IsConflicted reports whether the person declared a conflict.
func (c *Case) IsConflicted(person int64) bool { return slices.Contains(c.Conflicts, person) }

// Stage is the stage that the proposal stands on, if it stands on one.
func (c *Case) Stage() (programme.Stage, bool) { return c.Programme.Stage(c.State) }

// OpenAssignment is what the person is asked to do at the stage on which the
// proposal stands.
func (c *Case) OpenAssignment(person int64) (Assignment, bool) {
	for _, a := range c.Assignments {
		if person != 0 && a.Person == person && a.Stage == c.State && a.Open() {
			return a, true
		}
	}
	return Assignment{}, false
}

// ValidSignOffs are the reviewers' sign-offs of a stage that count.
func (c *Case) ValidSignOffs(stage string) []SignOff {
	var valid []SignOff
	for _, s := range c.SignOffs {
		if s.Kind == KindSignOff && s.Stage == stage && s.Valid() {
			valid = append(valid, s)
		}
	}
	return valid
}

// Override is the override that stands in at a stage, if one does.
func (c *Case) Override(stage string) (SignOff, bool) {
	for _, s := range c.SignOffs {
		if s.Kind == KindOverride && s.Stage == stage && s.Valid() {
			return s, true
		}
	}
	return SignOff{}, false
}

// Missing is how many sign-offs a stage still needs.
func (c *Case) Missing(st programme.Stage) int {
	if _, ok := c.Override(st.Key); ok {
		return 0
	}
	return max(0, st.SignOffs-len(c.ValidSignOffs(st.Key)))
}

// destination is where every submit, sign-off and return goes: the earliest
// stage with fewer valid sign-offs than it needs, else approved.
func (c *Case) destination() string {
	for _, st := range c.Programme.Stages {
		if c.Missing(st) > 0 {
			return st.Key
		}
	}
	return programme.Approved
}

// unclosed are the items of a stage that stand between it and its sign-off.
func (c *Case) unclosed(stage string) []Item {
	var items []Item
	for _, i := range c.Items {
		if i.Stage == stage && i.Unclosed() {
			items = append(items, i)
		}
	}
	return items
}

// permit is the valid permit under which the person may hold the stage as a second one.
func (c *Case) permit(person int64, stage string) (SignOff, bool) {
	for _, s := range c.SignOffs {
		if s.Kind == KindPermit && s.Person == person && s.Stage == stage && s.Valid() {
			return s, true
		}
	}
	return SignOff{}, false
}

// restsOn are the people whose independence a sign-off needs to count: whose yes
// it is, and who in leadership granted it, or the permit under which it was given.
func (c *Case) restsOn(so SignOff) []int64 {
	people := []int64{so.Person, so.GrantedBy}
	for _, permit := range c.SignOffs {
		if permit.Kind == KindPermit && permit.ID == so.Permit {
			people = append(people, permit.GrantedBy)
		}
	}
	return people
}

// signedElsewhere reports whether the person ever signed another stage.
func (c *Case) signedElsewhere(person int64, stage string) bool {
	return slices.ContainsFunc(c.SignOffs, func(s SignOff) bool {
		return s.Kind == KindSignOff && s.Person == person && s.Stage != stage
	})
}

// head is the chain's head as bytes.
func (c *Case) head() []byte {
	b, err := hex.DecodeString(c.Head)
	if err != nil {
		panic("the head of a proposal is not hexadecimal: " + err.Error()) // written by encode() alone
	}
	return b
}
