package workflow_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/leadership-ladder/rung/workflow"
)

// check compares everything with the model, after every step.
func (c *climb) check(rt *rapid.T) {
	real := c.look(c.id, 0)
	if got, want := described(real), c.m.described(); got != want {
		rt.Fatalf("the proposal and the model differ\n got %s\nwant %s", got, want)
	}
	c.checkSignOffs(rt)
	c.checkTurn(rt, real)
	c.checkMail(rt)
	for i := range 2 {
		c.checkOffers(rt, rapid.SampledFrom(c.m.people).Draw(rt, fmt.Sprint("who looks ", i)))
	}
}

func described(c *workflow.Case) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s revision %d, turn %s to %s;", c.State, c.Revision, c.Turn, c.TurnFor)
	for _, s := range c.SignOffs {
		fmt.Fprintf(&b, " %s %s by %d void %q;", s.Kind, s.Stage, s.Person, s.VoidReason)
	}
	for _, a := range c.Assignments {
		fmt.Fprintf(&b, " %d %s %s %s due %s;", a.Person, a.Stage, a.State, a.Was, a.DueAt.UTC().Format(time.DateTime))
	}
	for _, i := range c.Items {
		fmt.Fprintf(&b, " item %s %s;", i.Stage, i.State)
	}
	conflicts := slices.Sorted(slices.Values(c.Conflicts))
	return b.String() + fmt.Sprint(" conflicts ", conflicts)
}

func (m *model) described() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s revision %d, turn %s to %s;", m.state, m.revision, m.turn, m.what)
	for _, y := range m.yeses {
		fmt.Fprintf(&b, " %s %s by %d void %q;", y.kind, y.stage, y.by.id, y.void)
	}
	for _, a := range m.asked {
		was := a.was
		if a.state != "suspended" {
			was = ""
		}
		fmt.Fprintf(&b, " %d %s %s %s due %s;", a.who.id, a.stage, a.state, was, a.due.UTC().Format(time.DateTime))
	}
	for _, w := range m.items {
		fmt.Fprintf(&b, " item %s %s;", w.stage, w.state)
	}
	conflicts := []int64{}
	for _, p := range m.conflicts {
		conflicts = append(conflicts, p.id)
	}
	slices.Sort(conflicts)
	return b.String() + fmt.Sprint(" conflicts ", conflicts)
}

// checkSignOffs reads from the rows that a sign-off which counts is about the
// very digests of the latest revision, one for each part that its stage vouches
// for.
func (c *climb) checkSignOffs(rt *rapid.T) {
	var rows []struct {
		Stage string
		Parts string
	}
	err := c.db.Select(&rows, `select s.stage, coalesce((select string_agg(d.part, ' ' order by d.part) from sign_off_digests d
		join revision_parts rp on rp.part = d.part and rp.digest = d.digest
		where d.sign_off = s.id and rp.proposal_id = p.id and rp.revision = p.revision), '') as parts
		from sign_offs s join proposals p on p.id = s.proposal_id where p.id = $1 and s.voided_at is null`, c.id)
	if err != nil {
		rt.Fatal(err)
	}
	for _, r := range rows {
		want := slices.Sorted(slices.Values(ladder[rung(r.Stage)].parts))
		if r.Parts != strings.Join(want, " ") {
			rt.Fatalf("a %s sign-off counts, and of what stands now it is about %q only", r.Stage, r.Parts)
		}
	}
}

// checkTurn: in flight it is always somebody's turn, and there is a date.
func (c *climb) checkTurn(rt *rapid.T, real *workflow.Case) {
	inFlight := !oneOf(c.m.state, "draft", "published", "rejected", "withdrawn")
	if inFlight && (real.Turn == "nobody" || real.TurnDue == nil) {
		rt.Fatalf("in flight without a turn or a date: %s %v", real.Turn, real.TurnDue)
	}
	if real.TurnDue == nil {
		return
	}
	want := real.TurnSince.AddDate(0, 0, map[string]int{"author": 28, "leadership": 7}[real.Turn])
	if real.Turn == "reviewers" {
		want = time.Time{}
		for _, a := range c.m.asked {
			if a.open() && (want.IsZero() || a.due.Before(want)) {
				want = a.due
			}
		}
		if want.IsZero() || len(real.TurnNames()) == 0 {
			rt.Fatal("the turn of reviewers without a reviewer")
		}
	}
	if !real.TurnDue.Equal(want) {
		rt.Fatalf("%s's turn is due %v, want %v", real.Turn, real.TurnDue, want)
	}
	c.checkWayOn(rt, real)
}

// checkWayOn: whoever's turn it is can do something that moves the proposal, so
// that it never stands for good. Leadership of which nobody is independent is
// the one exception, and an administrator's to mend.
func (c *climb) checkWayOn(rt *rapid.T, real *workflow.Case) {
	var holders []*soul
	ways := map[string][]string{
		"author":     {"submit"},
		"reviewers":  {"sign_off", "request_changes"},
		"leadership": {"request_changes", "return", "reject", "acknowledge"},
	}[real.Turn]
	switch real.Turn {
	case "author":
		if slices.ContainsFunc(c.m.items, func(w *wish) bool { return w.state == "open" }) {
			return // every author may answer it
		}
		holders = []*soul{c.m.lead}
	case "reviewers":
		holders = c.reviewers()
	case "leadership":
		if holders = c.governors(); len(holders) == 0 {
			return
		}
	}
	for _, p := range holders {
		for _, o := range c.look(c.id, p.id).Offers() {
			if o.Allowed() && slices.Contains(ways, o.Act) {
				return
			}
		}
	}
	rt.Fatalf("it is the turn of %s to %s in %s, and none of them can do anything", real.Turn, real.TurnFor, real.State)
}

// checkMail: those who are concerned by what the step changed are told, once, and
// about an entry that exists; the one who acted isn't.
func (c *climb) checkMail(rt *rapid.T) {
	var rows []struct {
		ID      int64
		Person  int64
		Notice  string
		Entries int
	}
	err := c.db.Select(&rows, `select o.id, cast(o.payload ->> 'to_person' as bigint) as person, o.payload ->> 'notice' as notice,
		(select count(*) from history h where h.proposal_id = o.proposal_id and h.seq = cast(o.payload ->> 'seq' as int)) as entries
		from outbox o where o.proposal_id = $1 and o.id > $2 order by o.id`, c.id, c.told)
	if err != nil {
		rt.Fatal(err)
	}
	got := map[int64]string{}
	for _, r := range rows {
		c.told = r.ID
		if r.Entries != 1 {
			rt.Fatalf("%s is about an entry that isn't there", r.Notice)
		}
		if got[r.Person] != "" {
			rt.Fatalf("%d is told twice of one step: %s and %s", r.Person, got[r.Person], r.Notice)
		}
		got[r.Person] = r.Notice
	}
	want := c.concerned()
	for _, p := range c.m.people {
		switch told, ask := got[p.id], want[p]; {
		case p.gone:
		case p == c.actor && told != "":
			rt.Fatalf("%s is told %s of their own act", p.name, told)
		case p != c.actor && (told != "") != (ask != ""):
			rt.Fatalf("%s is told %q, want %q", p.name, told, ask)
		case p != c.actor && ask != told && ask != "any":
			rt.Fatalf("%s is told %q, want %q", p.name, told, ask)
		}
	}
	c.remember(nil)
}

// concerned is who should be told of the last step, and of what; asks come
// before news.
func (c *climb) concerned() map[*soul]string {
	want := map[*soul]string{}
	tell := func(p *soul, notice string) {
		if want[p] == "" {
			want[p] = notice
		}
	}
	moved := c.m.state != c.before.state
	for i, a := range c.m.asked {
		switch {
		case i >= len(c.before.asked) && a.open():
			tell(a.who, "review_offered")
		case i < len(c.before.asked) && c.before.asked[i] == "suspended" && a.open():
			tell(a.who, "review_resumed")
		}
	}
	if c.m.turn == "leadership" && (c.m.turn != c.before.turn || c.m.what != c.before.what || moved || c.m.revision != c.before.revision) {
		for _, p := range c.governors() {
			tell(p, "any")
		}
	}
	for i, before := range c.before.asked {
		a := c.m.asked[i]
		over := moved && a.state == "suspended" && oneOf(c.m.state, "rejected", "withdrawn")
		if over || a.state != before && (a.state == "replaced" || a.state == "suspended") {
			tell(a.who, "any")
		}
	}
	if moved {
		for _, p := range c.m.authors {
			tell(p, "any")
		}
	}
	if moved && c.m.state == "final" {
		for _, p := range c.governors() {
			tell(p, "final_reached")
		}
	}
	return want
}

// checkOffers: what is offered is what is allowed, and the other way round.
func (c *climb) checkOffers(rt *rapid.T, p *soul) {
	offered := map[string]bool{}
	if c.m.sees(p) {
		for _, o := range c.look(c.id, p.id).Offers() {
			offered[o.Act] = o.Allowed()
		}
	} else if _, err := c.svc.Load(c.ctx, c.db, c.id, actor(p.id)); err == nil {
		rt.Fatalf("%s sees a proposal that isn't theirs to see", p.name)
	}
	for _, act := range deedActs {
		if want := c.m.offers(act, p); offered[act] != want {
			rt.Fatalf("%s is offered %s in %s: %v, want %v", p.name, act, c.m.state, offered[act], want)
		}
	}
}

// offers: is there any way in which the person may do it?
func (m *model) offers(act string, p *soul) bool {
	d := deed{act: act, by: p, words: true, items: true, review: m.reviews(p)}
	switch act {
	case "assign":
		return m.sees(p) && m.governs(p) && rung(m.state) >= 0
	case "permit", "conflict":
		return slices.ContainsFunc(m.people, func(other *soul) bool {
			d.person = other
			return m.allows(d)
		})
	}
	return m.allows(d)
}
