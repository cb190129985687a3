package authoring

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"

	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Change is what became of a run of text or of an item.
type Change string

// The changes.
const (
	Same    Change = "same"
	Added   Change = "added"
	Removed Change = "removed"
	Edited  Change = "edited" // of an item: its runs say how
)

// Run is a stretch of text that stayed, came or went.
type Run struct {
	Change Change
	Text   string
}

// DiffItem is a text, or one item of a list, as runs of words.
type DiffItem struct {
	Change Change
	Runs   []Run
}

// FieldDiff is one field in two versions.
type FieldDiff struct {
	Part    string
	Field   string
	Label   string
	Changed bool
	List    bool       // the items are a list's; otherwise there is one at most
	Items   []DiffItem // none where both are empty
}

// Compared is one side of a comparison.
type Compared struct {
	Revision    int       // 0: the draft
	SubmittedAt time.Time // of a draft, when it was last saved
	content     Content
	pack        *Package
}

// Comparison is every field of two revisions, or of a revision and the draft, in
// the order of the pages.
type Comparison struct {
	From, To Compared
	Fields   []FieldDiff
}

// Compare sets revision to, or the draft where to is 0, beside revision from. The
// draft is for its authors alone.
func (s *Service) Compare(ctx context.Context, by workflow.Actor, id int64, from, to int) (Comparison, error) {
	c, err := s.Workflow.Load(ctx, s.DB, id, by)
	if err != nil {
		return Comparison{}, err
	}
	a, err := s.side(ctx, c, from)
	if err != nil {
		return Comparison{}, err
	}
	b, err := s.side(ctx, c, to)
	if err != nil {
		return Comparison{}, err
	}
	return Comparison{From: a, To: b, Fields: compare(s.programme(c), a, b)}, nil
}

func (s *Service) side(ctx context.Context, c *workflow.Case, number int) (Compared, error) {
	if number == 0 {
		if err := authorsOnly(c); err != nil {
			return Compared{}, err
		}
		d, err := loadDraft(ctx, s.DB, c.ID)
		if err != nil {
			return Compared{}, err
		}
		return Compared{SubmittedAt: d.UpdatedAt, content: d.withAuthors(), pack: d.Package}, nil
	}
	r, err := loadRevision(ctx, s.DB, c.ID, number)
	if err != nil {
		return Compared{}, err
	}
	return Compared{Revision: r.Number, SubmittedAt: r.SubmittedAt, content: r.Content, pack: &r.Package}, nil
}

// withAuthors is the content as a submit would take it now.
func (d Draft) withAuthors() Content {
	c := d.Content
	for _, a := range d.Authors {
		c.Listing.Authors = append(c.Listing.Authors, a.Attribution)
	}
	return c
}

func compare(p *programme.Programme, a, b Compared) []FieldDiff {
	diffs := []FieldDiff{fieldDiff(programme.PartPackage, packageField, "File", true, describe(a.pack), describe(b.pack))}
	for _, f := range fields {
		list := f.Kind == List || f.Kind == Set
		diffs = append(diffs, fieldDiff(f.Part, f.Name, f.Label, list, f.Shown(p, a.content), f.Shown(p, b.content)))
	}
	return append(diffs, fieldDiff(programme.PartListing, authorsField, "Authors", true,
		attributions(a.content.Listing.Authors), attributions(b.content.Listing.Authors)))
}

func describe(p *Package) []string {
	if p == nil {
		return nil
	}
	return []string{p.Name, files.InWords(p.Size), "SHA-256 " + p.Digest}
}

func attributions(authors []Attribution) []string {
	lines := make([]string, len(authors))
	for i, a := range authors {
		lines[i] = a.String()
	}
	return lines
}

// String is the attribution in one line: "Ada Price, Consultant, East Hospital".
func (a Attribution) String() string {
	parts := slices.DeleteFunc([]string{a.Name, a.JobTitle, a.Organisation}, func(s string) bool { return s == "" })
	return strings.Join(parts, ", ")
}

func fieldDiff(part, name, label string, list bool, before, after []string) FieldDiff {
	d := FieldDiff{Part: part, Field: name, Label: label, List: list, Changed: !slices.Equal(before, after)}
	switch {
	case list:
		d.Items = itemDiff(before, after)
	case len(before)+len(after) > 0:
		d.Items = []DiffItem{edit(strings.Join(before, "\n"), strings.Join(after, "\n"))}
	}
	return d
}

// itemDiff keeps what both lists have in one order, and between those pairs what
// went with what came where they are alike.
func itemDiff(before, after []string) []DiffItem {
	var items []DiffItem
	i, j := 0, 0
	for _, pair := range append(common(before, after), [2]int{len(before), len(after)}) {
		items = append(items, replaced(before[i:pair[0]], after[j:pair[1]])...)
		if pair[0] < len(before) {
			items = append(items, DiffItem{Same, []Run{{Same, before[pair[0]]}}})
		}
		i, j = pair[0]+1, pair[1]+1
	}
	return items
}

// common is a longest common subsequence, as pairs of indexes. Lists are short.
func common(a, b []string) [][2]int {
	length := make([][]int, len(a)+1)
	for i := range length {
		length[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	var pairs [][2]int
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			pairs = append(pairs, [2]int{i, j})
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
	return pairs
}

// replaced pairs each item that went with the next one that came and is alike.
func replaced(gone, come []string) []DiffItem {
	var items []DiffItem
	for _, g := range gone {
		i := slices.IndexFunc(come, func(c string) bool { return alike(edit(g, c)) })
		if i < 0 {
			items = append(items, DiffItem{Removed, []Run{{Removed, g}}})
			continue
		}
		for _, c := range come[:i] {
			items = append(items, DiffItem{Added, []Run{{Added, c}}})
		}
		items = append(items, edit(g, come[i]))
		come = come[i+1:]
	}
	for _, c := range come {
		items = append(items, DiffItem{Added, []Run{{Added, c}}})
	}
	return items
}

// alike reports whether at least half of the words stayed.
func alike(d DiffItem) bool {
	same, all := 0, 0
	for _, r := range d.Runs {
		n := len(strings.Fields(r.Text))
		all += n
		if r.Change == Same {
			same += 2 * n
			all += n // it stands in both
		}
	}
	return 2*same >= all
}

// edit compares two texts word by word.
func edit(before, after string) DiffItem {
	switch {
	case before == after:
		return DiffItem{Same, []Run{{Same, after}}}
	case before == "":
		return DiffItem{Added, []Run{{Added, after}}}
	case after == "":
		return DiffItem{Removed, []Run{{Removed, before}}}
	}
	return DiffItem{Edited, words(before, after)}
}

// diffTime bounds the search for the shortest difference of one text; when it is
// over, what is left is shown as replaced, which is still right.
const diffTime = 200 * time.Millisecond

// words finds the runs. Each different word becomes one character for the
// differ, which knows only characters.
func words(before, after string) []Run {
	code := map[string]rune{}
	var word []string
	encode := func(s string) []rune {
		var runes []rune
		for _, token := range tokens(s) {
			r, ok := code[token]
			if !ok {
				r = rune(len(word) + 1)
				if r >= 0xd800 { // surrogates are no characters
					r += 0x800
				}
				code[token] = r
				word = append(word, token)
			}
			runes = append(runes, r)
		}
		return runes
	}
	decode := func(s string) string {
		var b strings.Builder
		for _, r := range s {
			if r > 0xdfff {
				r -= 0x800
			}
			b.WriteString(word[r-1])
		}
		return b.String()
	}
	differ := diffmatchpatch.New()
	differ.DiffTimeout = diffTime
	var runs []Run
	for _, d := range differ.DiffMainRunes(encode(before), encode(after), false) {
		change := Same
		switch d.Type {
		case diffmatchpatch.DiffInsert:
			change = Added
		case diffmatchpatch.DiffDelete:
			change = Removed
		}
		runs = append(runs, Run{change, decode(d.Text)})
	}
	return readable(runs)
}

// readable joins what a reader would otherwise see in crumbs: a space alone
// between two changes belongs to them, and of a stretch of changes all that went
// comes first, then all that came.
func readable(runs []Run) []Run {
	var out []Run
	var gone, come strings.Builder
	flush := func() {
		if gone.Len() > 0 {
			out = append(out, Run{Removed, gone.String()})
		}
		if come.Len() > 0 {
			out = append(out, Run{Added, come.String()})
		}
		gone.Reset()
		come.Reset()
	}
	for i, r := range runs {
		inside := i > 0 && i < len(runs)-1 && strings.TrimSpace(r.Text) == "" && !strings.Contains(r.Text, "\n")
		switch {
		case r.Change == Removed:
			gone.WriteString(r.Text)
		case r.Change == Added:
			come.WriteString(r.Text)
		case inside:
			gone.WriteString(r.Text)
			come.WriteString(r.Text)
		default:
			flush()
			out = append(out, r)
		}
	}
	flush()
	return out
}

// tokens cuts a text into words, runs of white space, and single other
// characters, so that a comma added is a comma and not a word.
func tokens(s string) []string {
	kind := func(r rune) int {
		switch {
		case unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || r == '\'' || r == '’':
			return 1
		case r == '\n':
			return 0
		case unicode.IsSpace(r):
			return 2
		}
		return 0
	}
	var all []string
	for len(s) > 0 {
		first, n := utf8.DecodeRuneInString(s)
		if k := kind(first); k != 0 {
			for n < len(s) {
				r, size := utf8.DecodeRuneInString(s[n:])
				if kind(r) != k {
					break
				}
				n += size
			}
		}
		all, s = append(all, s[:n]), s[n:]
	}
	return all
}

// Name is how pages call a side: "revision 2", "the draft".
func (c Compared) Name() string {
	if c.Revision == 0 {
		return "the draft"
	}
	return fmt.Sprintf("revision %d", c.Revision)
}
