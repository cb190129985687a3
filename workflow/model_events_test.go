package workflow_test

import (
	"slices"
	"time"
)

// deed is something that somebody tries, with all that it takes.
type deed struct {
	act    string
	by     *soul
	words  bool              // gives the reason that the act may need
	person *soul             // permit, assign, conflict: whom it is about
	parts  map[string]string // submit
	items  bool              // request_changes, return: names one
	review *asked            // accept, decline: which; assign: whom the person replaces
}

func oneOf(state string, states ...string) bool { return slices.Contains(states, state) }

// allows says whether somebody may do it now.
func (m *model) allows(d deed) bool {
	by, stage := d.by, rung(m.state)
	if !m.sees(by) {
		return false
	}
	switch d.act {
	case "submit":
		open := slices.ContainsFunc(m.items, func(w *wish) bool { return w.state == "open" })
		return by == m.lead && oneOf(m.state, "draft", "changes_requested") && !open
	case "sign_off":
		return m.maySign(by)
	case "carry_forward":
		return m.maySign(by) && m.lastVoid(by) == m.state && d.words
	case "request_changes":
		return stage >= 0 && d.items && (m.reviews(by) != nil || m.governs(by))
	case "return":
		return m.state == "approved" && d.items && m.governs(by)
	case "override":
		return stage >= 0 && m.governs(by) && !m.unclosed(m.state) && d.words
	case "permit":
		return stage >= 0 && m.governs(by) && d.words && m.short(stage) > 0 && m.mayBePermitted(d.person)
	case "reject":
		return (stage >= 0 || oneOf(m.state, "approved", "changes_requested")) && m.governs(by) && d.words
	case "withdraw":
		return by == m.lead && (stage >= 0 || oneOf(m.state, "draft", "approved", "changes_requested"))
	case "reopen":
		return oneOf(m.state, "rejected", "withdrawn") && m.governs(by) || m.state == "withdrawn" && by == m.lead && by == m.withdrawer
	case "publish":
		return m.state == "approved" && m.governs(by) && !m.unclosed("") && m.details && m.signedAsItStands()
	case "accept":
		return d.review != nil && d.review == m.reviews(by) && d.review.state == "offered"
	case "decline":
		return d.review != nil && d.review == m.reviews(by) && d.words
	case "assign":
		return stage >= 0 && m.governs(by) && m.mayAssign(stage, d)
	case "conflict":
		own := d.person == by && m.everReviewed(by) || m.governs(by)
		return m.state != "draft" && d.words && own && !m.isAuthor(d.person) && !m.isConflicted(d.person)
	case "acknowledge":
		return m.state == "published" && m.alarm && m.governs(by) && d.words
	}
	panic("no such act: " + d.act)
}

func (m *model) maySign(p *soul) bool {
	return m.reviews(p) != nil && !m.unclosed(m.state) && !m.isAuthor(p) && !m.isConflicted(p) &&
		(m.permitted(p, m.state) || !m.signedAnother(p, m.state))
}

func (m *model) mayBePermitted(p *soul) bool {
	return !m.isAuthor(p) && !m.isConflicted(p) && m.signedAnother(p, m.state) && !m.permitted(p, m.state)
}

func (m *model) mayAssign(stage int, d deed) bool {
	if d.review != nil {
		if d.review.stage != m.state || !d.review.open() {
			return false
		}
		was := d.review.state
		d.review.state = "replaced"
		defer func() { d.review.state = was }()
	}
	return m.short(stage) > 0 && slices.Contains(m.candidates(stage), d.person)
}

// signedAsItStands says what may be published, from the contents alone.
func (m *model) signedAsItStands() bool {
	for i, st := range ladder {
		people, exception := map[*soul]bool{}, false
		for _, y := range m.yeses {
			exact := y.stage == st.key && y.void == ""
			for _, part := range st.parts {
				exact = exact && y.to[part] == m.parts[part]
			}
			if exact && y.kind == "override" {
				exception = true
			}
			if exact && y.kind == "sign_off" && !m.isAuthor(y.by) && !m.isConflicted(y.by) {
				people[y.by] = true
			}
		}
		if !exception && len(people) < ladder[i].needs {
			return false
		}
	}
	return true
}

// does follows an allowed deed.
func (m *model) does(d deed, now time.Time) {
	switch d.act {
	case "submit":
		m.submit(d.parts)
	case "sign_off", "carry_forward":
		m.reviews(d.by).state = "done"
		m.sign("sign_off", rung(m.state), d.by, nil)
		m.state = m.goal()
	case "request_changes", "return":
		m.state = "changes_requested"
	case "override":
		m.sign("override", rung(m.state), d.by, d.by)
		m.state = m.goal()
	case "permit":
		m.sign("permit", rung(m.state), d.person, d.by)
	case "reject":
		m.state = "rejected"
	case "withdraw":
		m.state, m.withdrawer = "withdrawn", d.by
	case "reopen":
		m.state = "changes_requested"
	case "publish":
		m.state = "published"
	case "accept":
		d.review.state = "accepted"
	case "decline":
		d.review.state = "declined"
	case "assign":
		if d.review != nil {
			d.review.state = "replaced"
		}
		m.ask(rung(m.state), d.person, now)
	case "conflict":
		m.conflict(d.person)
	case "acknowledge":
		m.alarm = false
	}
	m.settle(now)
}

func (m *model) submit(parts map[string]string) {
	m.revision++
	m.parts = parts
	for _, y := range m.yeses {
		changed := false
		for part, was := range y.to {
			changed = changed || parts[part] != was
		}
		switch {
		case y.void != "":
		case y.tainted(m.isAuthor):
			y.void = "became_author"
		case changed:
			y.void = "changed"
		}
	}
	for _, a := range m.asked {
		if m.isAuthor(a.who) && (a.open() || a.state == "suspended") {
			a.state = "replaced"
		}
	}
	m.state = m.goal()
}

func (m *model) conflict(p *soul) {
	m.conflicts = append(m.conflicts, p)
	m.drop(p, "")
	for _, y := range m.yeses {
		if y.void != "" || !y.tainted(func(q *soul) bool { return q == p }) {
			continue
		}
		if m.state == "published" { // nothing moves any more
			m.alarm = m.alarm || y.kind != "permit"
			continue
		}
		y.void = "conflict"
	}
	at, back := rung(m.state), rung(m.goal())
	if m.state == "approved" {
		at = len(ladder)
	}
	if at >= 0 && back >= 0 && back < at {
		m.state = m.goal()
	}
}

// drop takes a person's open work away, in one role or ("") in all.
func (m *model) drop(p *soul, role string) (any bool) {
	for _, a := range m.asked {
		if a.who == p && (a.open() || a.state == "suspended") && (role == "" || ladder[rung(a.stage)].role == role) {
			a.state, any = "replaced", true
		}
	}
	return any
}

// leaves follows when somebody is deactivated (role "") or loses a role.
func (m *model) leaves(p *soul, role string, now time.Time) {
	if role == "" {
		p.gone = true
	} else {
		p.roles = slices.DeleteFunc(p.roles, func(r string) bool { return r == role })
	}
	if m.drop(p, role) || role == "" && p == m.lead && m.state == "changes_requested" {
		m.settle(now)
	}
}
