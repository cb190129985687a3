package workflow_test

import (
	"cmp"
	"slices"
	"time"
)

// model is the machine once more, written from what it is meant to do, for the
// property test to compare with. It shares no rule with the code under test.
type model struct {
	state      string
	revision   int
	parts      map[string]string // part: what stands in the latest revision
	people     []*soul           // everybody, by id
	authors    []*soul           // the lead and the co-authors
	lead       *soul
	withdrawer *soul
	yeses      []*yes // every sign-off, override and permit, oldest first
	asked      []*asked
	conflicts  []*soul
	items      []*wish
	details    bool // owner and review date are set
	alarm      bool // published, and a conflict waits for leadership
	turn, what string
}

type soul struct {
	id    int64
	name  string
	roles []string
	gone  bool // deactivated
}

func (p *soul) has(role string) bool { return slices.Contains(p.roles, role) }

type yes struct {
	kind, stage string
	by          *soul             // whose; of a permit, for whom
	granter     *soul             // of an override or permit
	under       *yes              // the permit under which it was given
	to          map[string]string // part: content
	void        string            // why it counts no more
}

type asked struct {
	who   *soul
	stage string
	state string
	was   string
	at    time.Time
	due   time.Time
}

func (a *asked) open() bool { return a.state == "offered" || a.state == "accepted" }

type wish struct {
	id           int64
	stage, state string
	by           *soul
	leadership   bool
}

// ladder is the programme's three stages.
var ladder = []struct {
	key, role string
	needs     int
	days      int
	parts     []string
}{
	{"technical", "technical_reviewer", 1, 14, []string{"package"}},
	{"educational", "educational_reviewer", 2, 21, []string{"package", "teaching"}},
	{"final", "leadership", 1, 14, []string{"package", "teaching", "listing"}},
}

func rung(state string) int {
	for i := range ladder {
		if ladder[i].key == state {
			return i
		}
	}
	return -1
}

// Who is who.

func (m *model) isAuthor(p *soul) bool     { return slices.Contains(m.authors, p) }
func (m *model) isConflicted(p *soul) bool { return slices.Contains(m.conflicts, p) }

// governs: leadership that is neither an author nor conflicted.
func (m *model) governs(p *soul) bool {
	return !p.gone && p.has("leadership") && !m.isAuthor(p) && !m.isConflicted(p)
}

// reviews is the person's open review at the stage where the proposal stands.
func (m *model) reviews(p *soul) *asked {
	for _, a := range m.asked {
		if a.who == p && a.stage == m.state && a.open() {
			return a
		}
	}
	return nil
}

func (m *model) everReviewed(p *soul) bool {
	return slices.ContainsFunc(m.asked, func(a *asked) bool {
		return a.who == p && a.state != "declined" && a.state != "replaced"
	})
}

func (m *model) sees(p *soul) bool {
	return !p.gone && (m.isAuthor(p) || p.has("leadership") || m.everReviewed(p))
}

func (m *model) permit(p *soul, stage string) *yes {
	for _, y := range m.yeses {
		if y.kind == "permit" && y.by == p && y.stage == stage && y.void == "" {
			return y
		}
	}
	return nil
}

func (m *model) permitted(p *soul, stage string) bool { return m.permit(p, stage) != nil }

// tainted: it is the yes, the exception or was allowed by one of these.
func (y *yes) tainted(is func(*soul) bool) bool {
	return is(y.by) || y.granter != nil && is(y.granter) || y.under != nil && is(y.under.granter)
}

func (m *model) signedAnother(p *soul, stage string) bool {
	return slices.ContainsFunc(m.yeses, func(y *yes) bool { return y.kind == "sign_off" && y.by == p && y.stage != stage })
}

func (m *model) declined(p *soul, stage string) bool {
	return slices.ContainsFunc(m.asked, func(a *asked) bool { return a.who == p && a.stage == stage && a.state == "declined" })
}

// mayReview: independence, for somebody who holds the stage's role.
func (m *model) mayReview(p *soul, stage string) bool {
	waitsElsewhere := slices.ContainsFunc(m.asked, func(a *asked) bool {
		return a.who == p && a.stage != stage && (a.open() || a.state == "suspended")
	})
	signedThis := slices.ContainsFunc(m.yeses, func(y *yes) bool {
		return y.kind == "sign_off" && y.by == p && y.stage == stage && y.void == ""
	})
	return !m.isAuthor(p) && !m.isConflicted(p) && !waitsElsewhere && !signedThis &&
		(m.permitted(p, stage) || !m.signedAnother(p, stage))
}

// Sign-offs.

func (m *model) missing(i int) int {
	left := ladder[i].needs
	for _, y := range m.yeses {
		switch {
		case y.void != "" || y.stage != ladder[i].key:
		case y.kind == "override":
			return 0
		case y.kind == "sign_off":
			left--
		}
	}
	return max(left, 0)
}

func (m *model) goal() string {
	for i := range ladder {
		if m.missing(i) > 0 {
			return ladder[i].key
		}
	}
	return "approved"
}

// lastVoid is the stage of the person's last sign-off, if a change voided it.
func (m *model) lastVoid(p *soul) string {
	for _, y := range slices.Backward(m.yeses) {
		if y.kind == "sign_off" && y.by == p {
			if y.void == "changed" {
				return y.stage
			}
			return ""
		}
	}
	return ""
}

func (m *model) unclosed(stage string) bool {
	return slices.ContainsFunc(m.items, func(w *wish) bool { return w.state != "closed" && (stage == "" || w.stage == stage) })
}

func (m *model) sign(kind string, i int, p, granter *soul) {
	y := &yes{kind: kind, stage: ladder[i].key, by: p, granter: granter, to: map[string]string{}}
	if kind == "sign_off" {
		y.under = m.permit(p, y.stage)
	}
	for _, part := range ladder[i].parts {
		y.to[part] = m.parts[part]
	}
	m.yeses = append(m.yeses, y)
}

// short is how many reviewers are still to be found for a stage.
func (m *model) short(i int) int {
	n := m.missing(i)
	for _, a := range m.asked {
		if a.stage == ladder[i].key && a.open() {
			n--
		}
	}
	return max(n, 0)
}

// candidates may be asked for a stage, in the order in which they are: all have
// one proposal alone, so the one who was asked longest ago goes first.
func (m *model) candidates(i int) []*soul {
	last := func(p *soul) (t time.Time) {
		for _, a := range m.asked {
			if a.who == p && a.at.After(t) {
				t = a.at
			}
		}
		return t
	}
	var list []*soul
	for _, p := range m.people {
		busy := slices.ContainsFunc(m.asked, func(a *asked) bool { return a.who == p && a.stage == ladder[i].key && a.open() })
		if p.has(ladder[i].role) && !p.gone && !busy && m.mayReview(p, ladder[i].key) {
			list = append(list, p)
		}
	}
	slices.SortStableFunc(list, func(a, b *soul) int { return cmp.Or(last(a).Compare(last(b)), cmp.Compare(a.id, b.id)) })
	return list
}

func (m *model) ask(i int, p *soul, now time.Time) {
	m.asked = append(m.asked, &asked{who: p, stage: ladder[i].key, state: "offered", at: now, due: now.AddDate(0, 0, ladder[i].days)})
}

// settle finds reviewers for where the proposal stands, and says whose turn it is.
func (m *model) settle(now time.Time) {
	here := rung(m.state)
	for _, a := range m.asked {
		switch at := rung(a.stage); {
		case !a.open() && a.state != "suspended":
		case here >= 0 && at < here, m.state == "approved", m.state == "published":
			a.state = "replaced"
		case a.open() && at != here:
			a.was, a.state = a.state, "suspended"
		case a.open() && !m.mayReview(a.who, a.stage):
			a.state = "replaced" // the permit under which they were asked is void
		}
	}
	if here >= 0 {
		m.staff(here, now)
	}
	m.turn, m.what = m.whose()
}

func (m *model) staff(here int, now time.Time) {
	for _, a := range m.asked { // the same people first
		if a.stage == m.state && a.state == "suspended" {
			if m.short(here) > 0 && m.mayReview(a.who, m.state) {
				a.state, a.due = a.was, now.AddDate(0, 0, ladder[here].days)
			} else {
				a.state = "replaced"
			}
		}
	}
	never := len(m.asked) == 0
	for _, p := range m.candidates(here) {
		if m.short(here) > 0 && m.lastVoid(p) == m.state && !m.declined(p, m.state) {
			m.ask(here, p, now)
		}
	}
	if here == 0 && never && len(m.lead.roles) == 0 {
		return // a newcomer's first: leadership chooses
	}
	for _, p := range m.candidates(here) {
		if m.short(here) > 0 && !m.declined(p, m.state) {
			m.ask(here, p, now)
		}
	}
}

func (m *model) whose() (turn, what string) {
	switch m.state {
	case "draft":
		return "author", "write"
	case "changes_requested":
		if m.lead.gone {
			return "leadership", "name_lead"
		}
		return "author", "answer"
	case "approved":
		return "leadership", "publish"
	case "published":
		if m.alarm {
			return "leadership", "conflict"
		}
		return "nobody", "nothing"
	case "rejected", "withdrawn":
		return "nobody", "nothing"
	}
	leaderships := slices.ContainsFunc(m.items, func(w *wish) bool { return w.stage == m.state && w.state != "closed" && w.leadership })
	switch {
	case m.short(rung(m.state)) > 0 && rung(m.state) == 0 && len(m.asked) == 0 && len(m.lead.roles) == 0:
		return "leadership", "choose_reviewers"
	case m.short(rung(m.state)) > 0:
		return "leadership", "nobody_eligible"
	case leaderships:
		return "leadership", "close_items"
	}
	return "reviewers", "review"
}
