package packagecheck

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/leadership-ladder/rung/authoring/packagecheck/ziptest"
)

func schemaOf(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("report.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestReportsKeepToTheirSchema(t *testing.T) {
	schema := schemaOf(t)
	reports := map[string]*Report{"a sample": sampleReport()}
	for name, data := range map[string][]byte{
		"no zip": []byte("this is no zip file at all"), "empty": ziptest.Zip{}.Bytes(), "nothing": nil,
		"a site": ziptest.Of(map[string]string{"index.html": "<p>Hello"}).Bytes(),
		"faults": ziptest.Of(map[string]string{"a": "x"}).With(ziptest.File{Name: "A"}, ziptest.File{Name: "../b"}).Bytes(),
	} {
		reports[name] = checked(t, data)
	}
	for name, r := range reports {
		var b bytes.Buffer
		if err := r.WriteJSON(&b, "x/<y>.zip"); err != nil {
			t.Fatal(err)
		}
		if line := b.String(); strings.Count(line, "\n") != 1 || !strings.HasPrefix(line, `{"file":"x/<y>.zip","version":`) {
			t.Errorf("%s: expected one line that begins with the file, got %s", name, line)
		}
		value, err := jsonschema.UnmarshalJSON(&b)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The schema and the structs name the same fields, and both say which may be
// left out.
func TestSchemaNamesTheFieldsOfTheStructs(t *testing.T) {
	var doc struct {
		described
		Defs map[string]described `json:"$defs"`
	}
	if err := json.Unmarshal(Schema, &doc); err != nil {
		t.Fatal(err)
	}
	doc.Defs["document"] = doc.described
	for name, value := range map[string]any{"document": Document{}, "facts": Facts{}, "unit": Unit{}, "host": Host{}, "browser": BrowserRun{}, "finding": Finding{}} {
		all, required := fieldsOf(reflect.TypeOf(value))
		d := doc.Defs[name]
		var named []string
		for field, about := range d.Properties {
			named = append(named, field)
			if about["description"] == nil && about["$ref"] == nil {
				t.Errorf("%s.%s isn't described", name, field)
			}
		}
		slices.Sort(named)
		slices.Sort(d.Required)
		if !slices.Equal(named, all) {
			t.Errorf("%s: the schema has %v, the struct %v", name, named, all)
		}
		if !slices.Equal(d.Required, required) {
			t.Errorf("%s: the schema requires %v, the struct always has %v", name, d.Required, required)
		}
	}
}

type described struct {
	Properties map[string]map[string]any `json:"properties"`
	Required   []string                  `json:"required"`
}

// fieldsOf gives the JSON names of a struct's fields, in order: all, and those
// that are never left out.
func fieldsOf(t reflect.Type) (all, required []string) {
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			continue
		}
		all = append(all, name)
		if !strings.Contains(options, "omitempty") {
			required = append(required, name)
		}
	}
	slices.Sort(all)
	slices.Sort(required)
	return all, required
}
