package programme

import (
	"bytes"
	_ "embed"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

//go:embed testdata/small.yaml
var small string

func TestSmallFileIsSound(t *testing.T) {
	p, err := Parse("small.yaml", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	want := []Stage{{
		Key: "look", Name: "Look", Role: "reviewer", SignOffs: 2, Days: 14, Parts: Parts(), Assign: Automatic,
		Rubric: Rubric{Criteria: []Criterion{
			{Key: "fine", Text: "It is fine", Weight: 1, Essential: true, Decided: Person},
			{Key: "better", Text: "It could be better", Weight: 2, Decided: Person},
		}},
	}}
	if d := cmp.Diff(want, p.Stages); d != "" {
		t.Error(d)
	}
	if string(p.Source) != small {
		t.Error("the source is not the file's bytes")
	}
}

// Each case breaks the small file by replacing text that stands there once; the
// replacements leave the line numbers alone unless they add lines.
func TestParseTellsEveryMistakeByItsLine(t *testing.T) {
	for _, c := range []struct {
		name    string
		replace []string // old, new, …
		want    string
	}{
		{"unknown key", []string{"short: S", "shrot: S"}, `
f:1: the programme lacks "short"
f:2: the programme has an unknown key "shrot"; known are name, short, about, strands, frameworks, words, licences, hosts, author_days, leadership_days, newcomers, max_authors, review_years, roles, stages`},
		{"unknown key deep down", []string{"weight: 2", "weight: 2\n          wieght: 3"}, `
f:52: this criterion has an unknown key "wieght"; known are key, text, help, weight, essential, decided`},
		{"missing and empty", []string{"    days: 14\n", "", "    role: reviewer\n", "    role:\n", "name: Small", "name: ''"}, `
f:1: "name" of the programme is empty
f:35: this stage lacks "days"
f:37: "role" of this stage is empty`},
		{"missing section", []string{"words:\n  access: [Ask.]\n  contact: [Us.]\n  feedback: [Please.]\n", ""}, `
f:1: the programme lacks "words"`},
		{"wrong types", []string{"sign_offs: 2", "sign_offs: two", "days: 14", "days: 1.5", "essential: true", "essential: maybe", "short: S", "short: 12", "author_days: 28", "author_days: [28]"}, `
f:2: "short" of the programme must be text; put it in quotes if it is
f:26: "author_days" of the programme must be a whole number
f:38: "sign_offs" of this stage must be a whole number
f:39: "days" of this stage must be a whole number
f:48: "essential" of this criterion must be true or false`},
		{"a text where a list should be", []string{"access: [Ask.]", "access: Ask.", "parts: [package, teaching, listing]", "parts: package"}, `
f:16: "access" of words must be a list
f:34: no stage vouches for package or teaching or listing: nothing may be published that nobody signed
f:40: "parts" of this stage must be a list`},
		{"a list where keys should be", []string{"words:\n  access: [Ask.]\n  contact: [Us.]\n  feedback: [Please.]", "words: [Ask.]\n#\n#\n#"}, `
f:15: words must be a list of keys and values`},
		{"out of bounds", []string{"sign_offs: 2", "sign_offs: 0", "days: 14", "days: 0", "weight: 2", "weight: 4", "threshold: 0", "threshold: 101", "max_authors: 10", "max_authors: -1"}, `
f:29: "max_authors" of the programme must be from 1 to 50, not -1
f:38: "sign_offs" of this stage must be from 1 to 5, not 0
f:39: "days" of this stage must be from 1 to 365, not 0
f:43: "threshold" of this rubric must be from 0 to 100, not 101
f:51: "weight" of this criterion must be from 1 to 3, not 4`},
		{"key given twice", []string{"short: S", "name: S", "days: 14", "days: 14\n    days: 15"}, `
f:1: the programme lacks "short"
f:2: the programme has "name" twice, first on line 1
f:40: this stage has "days" twice, first on line 39`},
		{"duplicates", []string{"key: better", "key: fine", "key: b,", "key: a,", "number: 2", "number: 1", "listing]", "package]", "  - { key: cc, name: CC }", "  - { key: cc, name: CC }\n  - { key: cc, name: C }"}, `
f:14: the entry "a" is there twice, first on line 13
f:14: the number 1 is there twice, first on line 13
f:21: the licence "cc" is there twice, first on line 20
f:35: no stage vouches for listing: nothing may be published that nobody signed
f:41: the part "package" is there twice, first on line 41
f:50: the criterion "fine" is there twice, first on line 46`},
		{"key syntax", []string{"key: look", "key: Look-1", "key: reviewer", "key: reviewer2", "key: fine", "key: 2_fine"}, `
f:33: the key "reviewer2" must begin with a small letter and have only small letters and _
f:35: the key "Look-1" must begin with a small letter and have only small letters, digits and _
f:37: no role is called "reviewer": add it to the roles, or name another
f:45: the key "2_fine" must begin with a small letter and have only small letters, digits and _`},
		{"a state's name", []string{"key: look", "key: draft"}, `
f:35: a stage cannot be called "draft": it is one of the machine's own states`},
		{"an event's name", []string{"key: look", "key: publish"}, `
f:35: a stage cannot be called "publish": it is one of the machine's events`},
		{"a word of Mermaid", []string{"key: look", "key: end"}, `
f:35: a stage cannot be called "end": it is a word of the diagram's language`},
		{"parts", []string{"[package, teaching, listing]", "[package, taeching]"}, `
f:34: no stage vouches for teaching or listing: nothing may be published that nobody signed
f:40: no part is called "taeching"; there are package, teaching, listing`},
		{"no parts", []string{"[package, teaching, listing]", "[]"}, `
f:34: no stage vouches for package or teaching or listing: nothing may be published that nobody signed
f:40: "parts" of this stage is empty`},
		{"roles", []string{"role: reviewer", "role: angel", "key: leadership", "key: administrator"}, `
f:31: the roles must include "leadership": it publishes, and chooses reviewers where nobody else can
f:32: the role "administrator" is Rung's own; no stage can be reviewed by it
f:37: no role is called "angel": add it to the roles, or name another`},
		{"nothing essential", []string{"          essential: true\n", ""}, `
f:43: a rubric with the threshold 0 needs an essential criterion: without one everything would pass`},
		{"choices", []string{"assign: automatic", "assign: dice", "newcomers: automatic", "newcomers: never", "weight: 2", "weight: 2\n          decided: oracle"}, `
f:28: "newcomers" of the programme must be by_leadership or automatic, not "never"
f:41: "assign" of this stage must be automatic or by_leadership, not "dice"
f:52: "decided" of this criterion must be check or person, not "oracle"`},
		{"no primary framework", []string{"primary: true", "primary: false"}, `
f:8: one framework must be marked primary: true, so that modules can name their primary entry`},
		{"two primary frameworks", []string{"words:", "  - { key: g, name: G, primary: true, entries: [{ key: a, name: A }] }\nwords:"}, `
f:15: only one framework can be the primary one, and that on line 11 is`},
		{"some numbers", []string{"number: 2, ", ""}, `
f:12: either all entries of a framework have a number, or none`},
		{"names on one line", []string{"name: Look", `name: "Lo\nok"`, "name: Here", `name: "He\tre"`}, `
f:23: "name" of this host has a control character in it
f:36: "name" of this stage must stand on one line`},
		{"too long", []string{"short: S", "short: " + strings.Repeat("é", 201)}, `
f:2: "short" of the programme must have 200 characters at most, not 201`},
		{"no stages", []string{small[strings.Index(small, "stages:"):], "stages: []\n"}, `
f:34: "stages" of the programme is empty`},
		{"too many stages", []string{small[strings.Index(small, "stages:"):], "stages: [{}, {}, {}, {}, {}, {}]\n"}, `
f:34: "stages" of the programme must have 5 entries at most, not 6`},
		{"everything replaced", []string{small, "- a\n- b\n"}, `
f:1: the programme must be a list of keys and values`},
		{"empty file", []string{small, "# nothing\n"}, `
f:1: the file is empty`},
		{"two documents", []string{small, "name: A\n---\nname: B\n"}, `
f:3: the file must be one document; a second begins here`},
		{"not YAML", []string{"short: S", "short: 'S"}, `
f:2: this is not YAML: could not find end character of single-quoted text`},
		{"not UTF-8", []string{"short: S", "short: \xff"}, `
f:2: the file must be UTF-8, and this line is not`},
		{"lines that end as on Windows", []string{small, strings.ReplaceAll(strings.Replace(small, "days: 14", "days: 0", 1), "\n", "\r\n")}, `
f:39: "days" of this stage must be from 1 to 365, not 0`},
		{"anchors", []string{"short: S", "short: &s S", "name: Here", "name: *s"}, `
f:2: "short" of the programme must be text; put it in quotes if it is
f:23: "name" of this host must be text; put it in quotes if it is`},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := small
			for i := 0; i < len(c.replace); i += 2 {
				if strings.Count(src, c.replace[i]) == 0 {
					t.Fatalf("%q is not in the file", c.replace[i])
				}
				src = strings.Replace(src, c.replace[i], c.replace[i+1], 1)
			}
			p, err := Parse("f", []byte(src))
			if p != nil {
				t.Error("a broken file gave a programme")
			}
			m, ok := errors.AsType[*Mistakes](err)
			if !ok {
				t.Fatalf("want *Mistakes, got %v", err)
			}
			if d := cmp.Diff(strings.Split(strings.TrimPrefix(c.want, "\n"), "\n"), strings.Split(m.Error(), "\n")); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestParseRefusesAHugeFile(t *testing.T) {
	_, err := Parse("f", bytes.Repeat([]byte("#"), maxBytes+1))
	if err == nil || err.Error() != "f:1: the file has more than 262144 bytes" {
		t.Errorf("got %v", err)
	}
}

// The caller's bytes are its own: changing them later must not change what is
// stored under the version.
func TestParseKeepsItsOwnSource(t *testing.T) {
	src := []byte(small)
	p, err := Parse("f", src)
	if err != nil {
		t.Fatal(err)
	}
	src[0] = 'x'
	if string(p.Source) != small {
		t.Error("the source changed with the caller's bytes")
	}
}

// FuzzParse wants an answer to any bytes: a programme that is sound, or mistakes
// whose lines are in the file.
func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add(leadershipLadder)
	f.Add([]byte("name: &a [*a]\n<<: {x: !!binary y}\n? z\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		p, err := Parse("f", src)
		if err == nil {
			if faults := check(p, p.Edges()); faults != nil {
				t.Error(faults)
			}
			p.Mermaid()
			return
		}
		m, ok := errors.AsType[*Mistakes](err)
		if !ok || len(m.List) == 0 {
			t.Fatalf("want mistakes, got %v", err)
		}
		for _, x := range m.List {
			if x.Line < 1 || x.Line > bytes.Count(src, []byte("\n"))+bytes.Count(src, []byte("\r"))+1 {
				t.Errorf("line %d is not in the file: %s", x.Line, x.Text)
			}
		}
	})
}

// TestMermaid keeps the diagram's exact bytes. After a wanted change write the
// new ones with `UPDATE_GOLDEN=1 go test -run TestMermaid`.
func TestMermaid(t *testing.T) {
	golden := filepath.Join("testdata", "leadership-ladder.mmd")
	got := Default().Mermaid()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Error(d)
	}
}

func TestMermaidWritesOddNamesAsCodes(t *testing.T) {
	p, err := Parse("f", []byte(strings.Replace(small, "name: Look", `name: 'Look "hard"; now'`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if want := `    state "Look #34;hard#34;#59; now" as look` + "\n"; !strings.Contains(p.Mermaid(), want) {
		t.Errorf("want %q in\n%s", want, p.Mermaid())
	}
}
