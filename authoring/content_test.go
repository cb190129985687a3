package authoring

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leadership-ladder/rung/workflow/programme"
)

// The digests of words must never change: sign-offs are about them. If this test
// fails, the canonical form has changed, and every signed proposal with it.
func TestCanonicalIsGolden(t *testing.T) {
	c := complete()
	c.Listing.Series = Series{"Ward work", 2, 4}
	c.Teaching.Need = "Tea & <biscuits>, \"quotes\",\n\ttabs and ünïcödé 🪜"
	c = c.Normalised()
	c.Listing.Authors = []Attribution{{"Ada Price", "East Hospital", "Registrar"}, {Name: "Ben Cole"}}
	for _, golden := range []struct {
		part   any
		body   string
		digest string
	}{
		{c.Teaching, `{"action_points":["Brief the team tomorrow"],"audience":"Doctors in training","consent_and_copyright":"No patients are shown.","declared_interests":"None","evaluation":"A survey after completion","level":"Foundation","mapping":{"entries":["leadership_and_teams","safety_and_quality"],"others":["healthcare_leadership_model/engaging_the_team"],"primary":"leadership_and_teams"},"minutes":45,"need":"Tea & <biscuits>, \"quotes\",\n\ttabs and ünïcödé 🪜","outcomes":["Plan a ward round","Brief a team"],"overlap":"None","prior_knowledge":"None","references":["Herring R, et al. Clin Med 2011"],"reflection_prompt":"When did a round go well?","strand":"practice"}`,
			"16b30324a530a8879d24c7c5345a6ea4c86b5c30cb664322da057c7794703eec"},
		{c.Listing, `{"accessibility_issues":"None known","authors":[{"job_title":"Registrar","name":"Ada Price","organisation":"East Hospital"},{"name":"Ben Cole"}],"certificate":"yes","keywords":["ward round","teams"],"licence":"cc_by_nc_4_0","provider":"East Hospital","series":{"name":"Ward work","of":4,"part":2},"subject_expert":{"name":"Dr Ruth Moss","organisation":"West Hospital"},"summary":"How to lead a round that works.","title":"Leading a ward round"}`,
			"7244320ff662c99e16cb7fa987fc07fcf4ef840677d9e7a3d23205ae85f1310f"},
		{Teaching{}, `{}`, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
	} {
		body, err := Canonical(golden.part)
		if err != nil {
			t.Fatal(err)
		}
		if body != golden.body {
			t.Errorf("got  %s\nwant %s", body, golden.body)
		}
		if got := Digest(body); got != golden.digest {
			t.Errorf("digest %s, want %s", got, golden.digest)
		}
	}
}

// What a browser or a keyboard adds makes no other words.
func TestSameWordsSameDigest(t *testing.T) {
	digest := func(c Content) string {
		body, err := Canonical(c.Normalised().Teaching)
		if err != nil {
			t.Fatal(err)
		}
		return Digest(body)
	}
	a := Content{Teaching: Teaching{Need: "One\ntwo", Level: "Core trainee", Outcomes: []string{"Plan"}, Mapping: Mapping{Entries: []string{"a", "b"}}}}
	b := Content{Teaching: Teaching{Need: "\n\ufeffOne  \r\ntwo\x00\x07\t\r\n\r\n", Level: " Core\u00a0 trainee\n", Outcomes: []string{"", " Plan ", "\t"}, Interests: " \n ",
		Mapping: Mapping{Entries: []string{"b", "a", "b"}, Others: []string{}}}}
	if digest(a) != digest(b) {
		t.Errorf("%+v\n%+v", a.Normalised(), b.Normalised())
	}
	c := a
	c.Teaching.Outcomes = []string{"plan"}
	if digest(a) == digest(c) {
		t.Error("other words, same digest")
	}
}

func TestNormalisingTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c Content
		for _, f := range fields {
			f.put(&c, rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, f.Name))
		}
		once := c.Normalised()
		if twice := once.Normalised(); !reflect.DeepEqual(once, twice) {
			t.Fatalf("%#v\n%#v", once, twice)
		}
		for _, part := range []any{once.Teaching, once.Listing} {
			body, err := Canonical(part)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(body, `\u`) {
				t.Fatalf("escaped: %s", body)
			}
		}
	})
}

// Every word of the content can be answered, shown and compared: no field is
// outside the table, and names are unique.
func TestFieldsCoverTheContent(t *testing.T) {
	places := map[any]string{}
	names := map[string]bool{}
	var c Content
	for _, f := range fields {
		if names[f.Name] {
			t.Errorf("two fields %s", f.Name)
		}
		names[f.Name] = true
		places[f.at(&c)] = f.Name
	}
	var visit func(v reflect.Value)
	visit = func(v reflect.Value) {
		if v.Kind() == reflect.Struct {
			for i := range v.NumField() {
				if v.Type().Field(i).Name != "Authors" {
					visit(v.Field(i))
				}
			}
			return
		}
		if _, ok := places[v.Addr().Interface()]; !ok {
			t.Errorf("no field answers %s of the content", v.Type())
		}
	}
	visit(reflect.ValueOf(&c).Elem())
}

func TestFieldSet(t *testing.T) {
	var c Content
	set := func(name string, values ...string) error {
		f, ok := FieldNamed(name)
		if !ok {
			t.Fatalf("no field %s", name)
		}
		return f.Set(&c, values...)
	}
	for name, values := range map[string][]string{
		"outcomes": {"Plan\r\n\r\n  Brief  "}, "mapping": {"b", "a"}, "minutes": {" 45 "}, "title": {" A\ntitle "}, "need": {"One\r\ntwo"}, "strand": {}} {
		if err := set(name, values...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	want := Content{Teaching: Teaching{Outcomes: []string{"Plan", "Brief"}, Mapping: Mapping{Entries: []string{"a", "b"}}, Minutes: 45, Need: "One\ntwo"},
		Listing: Listing{Title: "A title"}}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("%+v", c)
	}
	for _, typed := range []string{"about an hour", "0", "-5", "99999999999999999999", "6001"} {
		wants(t, set("minutes", typed), "invalid", "not_a_number")
	}
	if c.Teaching.Minutes != 45 {
		t.Error("a refused number changed the answer")
	}
}

func TestIncomplete(t *testing.T) {
	p := programme.Default()
	whole := Draft{Package: &Package{Name: "x.zip"}, Authors: []Author{{Attribution: Attribution{Name: "Ada Price"}, Email: "ada@example.org"}}}
	for name, change := range map[string]struct {
		do    func(*Draft)
		codes []string // "field code"
	}{
		"whole":                 {func(*Draft) {}, nil},
		"no package":            {func(d *Draft) { d.Package = nil }, []string{"package missing"}},
		"long title":            {func(d *Draft) { d.Content.Listing.Title = strings.Repeat("ö", 256) }, []string{"title too_long"}},
		"long keyword":          {func(d *Draft) { d.Content.Listing.Keywords = []string{"ok", strings.Repeat("k", 51)} }, []string{"keywords too_long"}},
		"no keyword":            {func(d *Draft) { d.Content.Listing.Keywords = nil }, []string{"keywords missing"}},
		"unknown strand":        {func(d *Draft) { d.Content.Teaching.Strand = "gone" }, []string{"strand unknown_choice"}},
		"no mapping":            {func(d *Draft) { d.Content.Teaching.Mapping = Mapping{} }, []string{"mapping missing"}},
		"mapping to none":       {func(d *Draft) { d.Content.Teaching.Mapping = Mapping{WhyNone: "For dental trainees"} }, nil},
		"mapping both ways":     {func(d *Draft) { d.Content.Teaching.Mapping.WhyNone = "For dental trainees" }, []string{"mapping_why_none contradiction"}},
		"no primary":            {func(d *Draft) { d.Content.Teaching.Mapping.Primary = "" }, []string{"mapping_primary missing"}},
		"primary not ticked":    {func(d *Draft) { d.Content.Teaching.Mapping.Primary = "skills" }, []string{"mapping_primary primary_not_chosen"}},
		"series without a name": {func(d *Draft) { d.Content.Listing.Series = Series{Part: 3, Of: 2} }, []string{"series_name missing", "series_part part_beyond_series"}},
		"series without parts":  {func(d *Draft) { d.Content.Listing.Series = Series{Name: "X"} }, []string{"series_part missing", "series_of missing"}},
		"expert is an author":   {func(d *Draft) { d.Content.Listing.Expert = Expert{Name: "ada price", Email: "ADA@example.org"} }, []string{"expert_email expert_is_author", "expert_name expert_is_author"}},
		"expert out of reach":   {func(d *Draft) { d.Content.Listing.Expert.Organisation = "" }, []string{"expert_organisation missing"}},
		"expert's address":      {func(d *Draft) { d.Content.Listing.Expert.Email = "ruth at west" }, []string{"expert_email not_an_address"}},
		"too many authors": {func(d *Draft) {
			for len(d.Authors) < 11 {
				d.Authors = append(d.Authors, Author{Attribution: Attribution{Name: "Another"}})
			}
		}, []string{"authors too_many_authors"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := whole
			d.Content = complete()
			change.do(&d)
			var got []string
			for _, r := range incomplete(p, d) {
				got = append(got, r.Field+" "+r.Code)
				if SectionOf(r.Field) == "" {
					t.Errorf("%q can be mended nowhere", r.Field)
				}
			}
			if !reflect.DeepEqual(got, change.codes) {
				t.Errorf("got %v, want %v", got, change.codes)
			}
		})
	}
	if n := len(incomplete(p, Draft{})); n < 20 {
		t.Errorf("an empty draft has only %d reasons against it: all belong on the page at once", n)
	}
}
