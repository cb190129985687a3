package authoring

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
)

// marked writes a diff down as [-gone-]{+come+}.
func marked(items []DiffItem) string {
	var lines []string
	for _, item := range items {
		var b strings.Builder
		for _, r := range item.Runs {
			switch r.Change {
			case Added:
				fmt.Fprintf(&b, "{+%s+}", r.Text)
			case Removed:
				fmt.Fprintf(&b, "[-%s-]", r.Text)
			default:
				b.WriteString(r.Text)
			}
		}
		lines = append(lines, b.String())
	}
	return strings.Join(lines, " | ")
}

func TestWords(t *testing.T) {
	for _, c := range []struct{ before, after, want string }{
		{"Plan a round", "Plan a round", "Plan a round"},
		{"Plan a round", "Plan a ward round", "Plan a {+ward +}round"},
		{"Lead the team today.", "Guide a team today.", "[-Lead the-]{+Guide a+} team today."},
		{"One, two.", "One two!", "One[-,-] two[-.-]{+!+}"},
		{"First line\nsecond", "First line\nthird", "First line\n[-second-]{+third+}"},
		{"don’t stop", "do stop", "[-don’t-]{+do+} stop"},
		{"", "New", "{+New+}"},
		{"Old", "", "[-Old-]"},
	} {
		if got := marked([]DiffItem{edit(c.before, c.after)}); got != c.want {
			t.Errorf("%q → %q: %s, want %s", c.before, c.after, got, c.want)
		}
	}
}

// Whatever changed, both sides can be read back from the runs.
func TestWordsLoseNothing(t *testing.T) {
	word := rapid.SampledFrom([]string{"the", "ward", "round", " ", "\n", ",", "lead", "é", "🪜", "  "})
	rapid.Check(t, func(t *rapid.T) {
		before := strings.Join(rapid.SliceOf(word).Draw(t, "before"), "")
		after := strings.Join(rapid.SliceOf(word).Draw(t, "after"), "")
		var a, b strings.Builder
		for _, r := range edit(before, after).Runs {
			if r.Change != Added {
				a.WriteString(r.Text)
			}
			if r.Change != Removed {
				b.WriteString(r.Text)
			}
		}
		if a.String() != before || b.String() != after {
			t.Fatalf("%q → %q gives %q → %q", before, after, a.String(), b.String())
		}
	})
}

func TestItems(t *testing.T) {
	for _, c := range []struct {
		before, after []string
		want          string
	}{
		{[]string{"a", "b"}, []string{"a", "b"}, "a | b"},
		{[]string{"a", "b"}, []string{"b", "c"}, "[-a-] | b | {+c+}"},
		{nil, []string{"a"}, "{+a+}"},
		{[]string{"Plan a ward round", "Brief"}, []string{"Plan a good ward round", "Brief"}, "Plan a {+good +}ward round | Brief"},
		{[]string{"Plan a ward round"}, []string{"Chair meetings", "Plan the ward round"}, "{+Chair meetings+} | Plan [-a-]{+the+} ward round"},
	} {
		if got := marked(itemDiff(c.before, c.after)); got != c.want {
			t.Errorf("%v → %v: %s, want %s", c.before, c.after, got, c.want)
		}
	}
}

func TestCompare(t *testing.T) {
	r := newRoom(t)
	ada, lena := r.person("ada"), r.person("lena", workflow.Leadership)
	id := r.ready(ada)
	r.submit(ada, id)
	r.backToAuthors(ada, id)
	c := complete()
	c.Teaching.Strand, c.Teaching.Minutes, c.Teaching.Outcomes = "theory", 60, []string{"Plan a safe ward round", "Brief a team"}
	r.save(ada, id, c)
	old, pack := r.draft(ada, id).Package, r.attach(ada, id, "second.zip")
	if err := r.Invite(t.Context(), ada, id, "ben@example.org", Attribution{Name: "Ben Cole"}); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"package":  "[-ward-]{+second+}.zip | 1 KB | SHA-256 [-" + old.Digest + "-]{+" + pack.Digest + "+}",
		"strand":   "Leadership in [-Practice-]{+Theory+}",
		"minutes":  "[-45-]{+60+}",
		"outcomes": "Plan a {+safe +}ward round | Brief a team",
		"authors":  "Ada Price, Registrar, East Hospital | {+Ben Cole+}",
	}
	check := func(by workflow.Actor, from, to int) {
		t.Helper()
		cmp, err := r.Compare(t.Context(), by, id, from, to)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, f := range cmp.Fields {
			if f.Changed {
				got[f.Field] = marked(f.Items)
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
	}
	check(ada, 1, 0)
	_, err := r.Compare(t.Context(), lena, id, 1, 0)
	wants(t, err, fault.Forbidden)
	r.submit(ada, id)
	check(lena, 1, 2)
	for _, none := range []int{3, 1 << 40} {
		_, err = r.Compare(t.Context(), lena, id, 1, none)
		wants(t, err, fault.NotFound)
	}
	_, err = r.Compare(t.Context(), r.person("eve"), id, 1, 2)
	wants(t, err, fault.NotFound)
}
