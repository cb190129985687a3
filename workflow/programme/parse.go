package programme

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Bounds of a sane programme. That of bytes keeps the YAML parser, whose time
// grows with the square of the nesting, from hanging. Those of stages and
// sign-offs also keep the model check, which visits every combination of valid
// sign-offs, within a blink.
const (
	maxBytes    = 256 << 10 // ours has 13 KiB
	maxStages   = 5
	maxSignOffs = 5
	maxDays     = 365
)

// Parse reads and validates a programme file; name is what mistakes call it.
// The error is a *Mistakes with everything that is wrong, each with its line;
// of a file that isn't YAML it has the first place where it stops being so.
func Parse(name string, src []byte) (*Programme, error) {
	m := &Mistakes{File: name}
	r := reader{m}
	if root := r.document(src); root != nil {
		p := r.programme(root)
		if len(m.List) == 0 {
			sum := sha256.Sum256(src)
			p.Version, p.Source = hex.EncodeToString(sum[:]), bytes.Clone(src)
			return p, nil
		}
	}
	m.sort()
	return nil, m
}

// document gives the one mapping that the file consists of, or nil.
func (r reader) document(src []byte) ast.Node {
	if len(src) > maxBytes {
		r.mistake(1, "the file has more than %d bytes", maxBytes)
		return nil
	}
	if !utf8.Valid(src) {
		for i, line := range bytes.Split(src, []byte("\n")) {
			if !utf8.Valid(line) {
				r.mistake(i+1, "the file must be UTF-8, and this line is not")
			}
		}
		return nil
	}
	file, err := parser.ParseBytes(src, 0, parser.AllowDuplicateMapKey()) // duplicates are told by object, all of them
	if err != nil {
		line, text := 1, err.Error()
		if syntax, ok := errors.AsType[yaml.Error](err); ok {
			text = syntax.GetMessage()
			if t := syntax.GetToken(); t != nil && t.Position != nil {
				line = t.Position.Line
			}
		}
		r.mistake(line, "this is not YAML: %s", text)
		return nil
	}
	var bodies []ast.Node
	for _, d := range file.Docs {
		if d.Body != nil && d.Body.Type() != ast.CommentType && d.Body.Type() != ast.NullType {
			bodies = append(bodies, d.Body)
		}
	}
	switch len(bodies) {
	case 1:
		return bodies[0]
	case 0:
		r.mistake(1, "the file is empty")
	default:
		r.mistake(lineOf(bodies[1]), "the file must be one document; a second begins here")
	}
	return nil
}

func (r reader) programme(root ast.Node) *Programme {
	o, ok := r.object(root, "the programme", "name", "short", "about", "strands", "frameworks", "words", "licences", "hosts",
		"author_days", "leadership_days", "newcomers", "max_authors", "review_years", "roles", "stages")
	if !ok {
		return nil
	}
	p := &Programme{
		Name:           o.name("name"),
		Short:          o.name("short"),
		About:          o.paragraph("about"),
		AuthorDays:     o.number("author_days", 1, maxDays),
		LeadershipDays: o.number("leadership_days", 1, maxDays),
		Newcomers:      o.choice("newcomers", ByLeadership, Automatic),
		MaxAuthors:     o.number("max_authors", 1, 50),
		ReviewYears:    o.number("review_years", 1, 10),
	}
	p.Strands = each(o, "strands", "strand", func(o object) Strand {
		return Strand{o.key(), o.name("name"), o.paragraph("about")}
	}, "name", "about")
	p.Licences = each(o, "licences", "licence", func(o object) Licence {
		return Licence{o.key(), o.name("name")}
	}, "name")
	p.Frameworks = r.frameworks(o)
	p.Words = r.words(o)
	p.Hosts = r.hosts(o)
	p.Roles = r.roles(o)
	p.Stages = r.stages(o, p)
	return p
}

// each reads a list of things that have a key each, no two the same.
func each[T any](o object, list, what string, read func(object) T, fields ...string) []T {
	var all []T
	keys := seen{}
	for _, n := range o.list(list, 100) {
		x, ok := o.object(n, "this "+what, append([]string{"key"}, fields...)...)
		if !ok {
			continue
		}
		if key, ok := x.fields["key"]; ok {
			if s, ok := key.value.(*ast.StringNode); ok {
				keys.twice(o.reader, s.Value, key.line, what)
			}
		}
		all = append(all, read(x))
	}
	return all
}

func (r reader) frameworks(o object) []Framework {
	primary := 0
	all := each(o, "frameworks", "framework", func(o object) Framework {
		f := Framework{Key: o.key(), Name: o.name("name"), Note: o.optionalParagraph("note"), Primary: o.flag("primary")}
		if f.Primary {
			if primary > 0 {
				r.mistake(o.at("primary"), "only one framework can be the primary one, and that on line %d is", primary)
			}
			primary = o.at("primary")
		}
		numbers, numbered := map[int]int{}, 0
		f.Entries = each(o, "entries", "entry", func(o object) Entry {
			e := Entry{o.key(), o.optionalNumber("number", 1, 999), o.name("name")}
			if o.has("number") {
				numbered++
			}
			if first, ok := numbers[e.Number]; ok && e.Number > 0 {
				r.mistake(o.at("number"), "the number %d is there twice, first on line %d", e.Number, first)
			}
			numbers[e.Number] = o.at("number")
			return e
		}, "number", "name")
		if numbered > 0 && numbered < len(f.Entries) {
			r.mistake(o.at("entries"), "either all entries of a framework have a number, or none")
		}
		return f
	}, "name", "note", "primary", "entries")
	if len(all) > 0 && primary == 0 {
		r.mistake(o.at("frameworks"), "one framework must be marked primary: true, so that modules can name their primary entry")
	}
	return all
}

func (r reader) words(o object) Words {
	n, ok := o.need("words")
	if !ok {
		return Words{}
	}
	w, ok := r.object(n, "words", "access", "contact", "feedback")
	if !ok {
		return Words{}
	}
	return Words{w.paragraphs("access"), w.paragraphs("contact"), w.paragraphs("feedback")}
}

func (r reader) hosts(o object) []Host {
	return each(o, "hosts", "host", func(o object) Host {
		h := Host{Key: o.key(), Name: o.name("name"), Note: o.optionalParagraph("note"), MaxPackageGB: o.optionalNumber("max_package_gb", 1, 100)}
		given := seen{}
		for _, n := range o.list("packages", 20) {
			s := r.textOf(n, lineOf(n), "a package edition", maxName, false)
			if s != "" && !keySyntax.MatchString(s) {
				r.mistake(lineOf(n), "the package edition %q must begin with a small letter and have only small letters, digits and _", s)
			}
			given.twice(r, s, lineOf(n), "package edition")
			h.Packages = append(h.Packages, s)
		}
		if !o.has("listing") {
			return h
		}
		n, _ := o.need("listing")
		if n == nil {
			return h
		}
		if l, ok := r.object(n, "this listing", "title", "description", "keyword", "min_keywords", "author_field"); ok {
			h.Listing = Listing{
				Title:       l.optionalNumber("title", 1, 100_000),
				Description: l.optionalNumber("description", 1, 100_000),
				Keyword:     l.optionalNumber("keyword", 1, 100_000),
				MinKeywords: l.optionalNumber("min_keywords", 1, 50),
				AuthorField: l.optionalNumber("author_field", 1, 100_000),
			}
		}
		return h
	}, "name", "note", "packages", "max_package_gb", "listing")
}

// roles reads the roles of reviewers. Collaborators and administrators are
// Rung's own, whatever the programme.
func (r reader) roles(o object) []Role {
	all := each(o, "roles", "role", func(o object) Role {
		key := o.keyLike(roleSyntax, "small letters and _")
		if key == "collaborator" || key == "administrator" {
			r.mistake(o.at("key"), "the role %q is Rung's own; no stage can be reviewed by it", key)
		}
		return Role{key, o.name("name")}
	}, "name")
	if o.has("roles") && !slices.ContainsFunc(all, func(x Role) bool { return x.Key == Leadership }) {
		r.mistake(o.at("roles"), "the roles must include %q: it publishes, and chooses reviewers where nobody else can", Leadership)
	}
	return all
}

// reserved tells why a stage can't have this key, "" where it can.
func reserved(key string) string {
	switch {
	case slices.Contains((&Programme{}).States(), key):
		return "it is one of the machine's own states"
	case slices.Contains(Events(), key):
		return "it is one of the machine's events"
	case slices.Contains(diagramWords, key):
		return "it is a word of the diagram's language"
	}
	return ""
}

func (r reader) stages(o object, p *Programme) []Stage {
	nodes := o.list("stages", maxStages)
	if nodes == nil {
		return nil
	}
	before := len(r.mistakes.List)
	stages := each(o, "stages", "stage", func(o object) Stage {
		s := Stage{
			Key:      o.key(),
			Name:     o.name("name"),
			Role:     o.name("role"),
			SignOffs: o.number("sign_offs", 1, maxSignOffs),
			Days:     o.number("days", 1, maxDays),
			Parts:    r.parts(o),
			Assign:   o.choice("assign", Automatic, ByLeadership),
			Rubric:   r.rubric(o),
		}
		if why := reserved(s.Key); s.Key != "" && why != "" {
			r.mistake(o.at("key"), "a stage cannot be called %q: %s", s.Key, why)
		}
		if _, ok := p.Role(s.Role); s.Role != "" && !ok {
			r.mistake(o.at("role"), "no role is called %q: add it to the roles, or name another", s.Role)
		}
		return s
	}, "name", "role", "sign_offs", "days", "parts", "assign", "rubric")
	var missing []string
	for _, part := range Parts() {
		if !slices.ContainsFunc(stages, func(s Stage) bool { return s.VouchesFor(part) }) {
			missing = append(missing, part)
		}
	}
	if len(missing) > 0 {
		r.mistake(o.at("stages"), "no stage vouches for %s: nothing may be published that nobody signed", strings.Join(missing, " or "))
	}
	if len(r.mistakes.List) == before { // a table of broken stages would only say the same again
		table := &Programme{Stages: stages}
		for _, text := range check(table, table.Edges()) {
			r.mistake(o.at("stages"), "%s", text)
		}
	}
	return stages
}

// parts reads the parts that a stage vouches for.
func (r reader) parts(o object) []string {
	var parts []string
	given := seen{}
	for _, n := range o.list("parts", 20) {
		s := r.textOf(n, lineOf(n), "a part", maxName, false)
		if s == "" {
			continue
		}
		if !slices.Contains(Parts(), s) {
			r.mistake(lineOf(n), "no part is called %q; there are %s", s, strings.Join(Parts(), ", "))
			continue
		}
		given.twice(r, s, lineOf(n), "part")
		parts = append(parts, s)
	}
	return parts
}

func (r reader) rubric(o object) Rubric {
	n, ok := o.need("rubric")
	if !ok {
		return Rubric{}
	}
	o, ok = r.object(n, "this rubric", "threshold", "criteria")
	if !ok {
		return Rubric{}
	}
	rubric := Rubric{Threshold: o.number("threshold", 0, 100)}
	unread := false // a flag that is neither true nor false may be meant as true
	rubric.Criteria = each(o, "criteria", "criterion", func(o object) Criterion {
		before := len(r.mistakes.List)
		essential := o.flag("essential")
		unread = unread || len(r.mistakes.List) > before
		c := Criterion{
			Key:       o.key(),
			Text:      o.text("text", maxParagraph, false),
			Help:      o.optionalParagraph("help"),
			Weight:    o.number("weight", 1, 3),
			Essential: essential,
			Decided:   Person,
		}
		if o.has("decided") {
			c.Decided = o.choice("decided", Check, Person)
		}
		return c
	}, "text", "help", "weight", "essential", "decided")
	essential := func(c Criterion) bool { return c.Essential }
	if n, ok := o.fields["threshold"].value.(*ast.IntegerNode); ok && n.Value == uint64(0) &&
		len(rubric.Criteria) > 0 && !unread && !slices.ContainsFunc(rubric.Criteria, essential) {
		r.mistake(o.at("threshold"), "a rubric with the threshold 0 needs an essential criterion: without one everything would pass")
	}
	return rubric
}
