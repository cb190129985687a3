package web

import (
	"fmt"
	"html/template"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // dates are London's on machines without a table of zones

	"github.com/leadership-ladder/rung/web/assets"
)

// london is where the programme's days begin and end.
var london = sync.OnceValue(func() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	return l
})()

// assetSet is the embedded stylesheets and scripts, loaded once.
var assetSet = sync.OnceValue(func() *assets.Set {
	set, err := assets.Load()
	if err != nil {
		panic(err)
	}
	return set
})

// AssetsMissing lists the built stylesheets and scripts that this binary
// lacks. A server that starts without them tells its owner to run "make
// assets"; its pages work, and look plain.
func AssetsMissing() []string { return assetSet().Missing() }

var funcs = template.FuncMap{
	"asset":  func(name string) string { return assetSet().URL(name) },
	"field":  newField,
	"choice": func(value, label string) Choice { return Choice{Value: value, Label: label} },
	"date":   date,
	"moment": moment,
	"iso":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"tag":    func(text, colour string) Tag { return Tag{text, colour} },
	"link":   func(text, href string) link { return link{text, href} },
	"list":   func(items ...any) []any { return items },
	"plural": plural,
	"api_table": func(caption, always string, fields []referenceField) referenceTable {
		return referenceTable{caption, always, fields}
	},
	"lines": func(text string) []string { return strings.Split(text, "\n") },
}

// date is a day as the NHS service manual writes it: "6 August 2018".
func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(london).Format("2 January 2006")
}

// moment is a day and a time: "6 August 2018 at 2:31pm".
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(london).Format("2 January 2006 at 3:04pm")
}

// plural is "1 proposal", "2 proposals".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Tag is a status in words; its colour only helps, and says nothing alone.
type Tag struct {
	Text   string
	Colour string // grey, blue, green, yellow, orange, red, purple, white, "" the default
}

// Choice is one radio button, box or option.
type Choice struct {
	Value, Label, Hint string
}

// Pages are the links of a keyset page: both empty on a short list. They hold
// the whole address.
type Pages struct {
	First, Next string
}

// Field is one question of a form, as the partials "input", "textarea",
// "radios", "checkboxes", "select", "day" and "file" show it.
type Field struct {
	Name, ID, Label, Hint, Error string
	Value                        string
	Values                       []string // the ticked boxes
	Day                          Day
	Choices                      []Choice
	Options                      map[string]string // what newField was given besides
}

// fieldOptions are the keys that a template may give, besides the value,
// values, day and choices.
var fieldOptions = []string{
	"hint",         // a line under the label
	"size",         // of the label or legend: s, m, l, xl; "page" makes it the page's heading
	"type",         // of an input: text (the default), email, url, number, search
	"inputmode",    // numeric
	"autocomplete", // email, name, one-time-code…
	"width",        // of an input in characters: 2, 3, 4, 5, 10, 20, 30
	"rows",         // of a textarea
	"max",          // characters of a textarea, counted as they are typed
	"accept",       // file types
	"spellcheck",   // false
	"hidden",       // hide the label from sight: "label"
	"empty",        // the option of a select that stands for none
}

// newField makes a field for a partial: field .Form "name" "Label" "value"
// .Name "hint" "As it should appear". What is wrong with it comes from the
// form. A key that no partial knows is a mistake, found by the test that
// executes every template.
func newField(form Form, name, label string, pairs ...any) (Field, error) {
	f := Field{Name: name, ID: fieldID(name), Label: label, Error: form.Error(name), Options: map[string]string{}}
	if len(pairs)%2 != 0 {
		return f, fmt.Errorf("field %s: a key without a value", name)
	}
	for i := 0; i < len(pairs); i += 2 {
		key, _ := pairs[i].(string)
		switch v := pairs[i+1].(type) {
		case Day:
			f.Day = v
		case []Choice:
			f.Choices = v
		default:
			switch {
			case key == "value":
				f.Value = fmt.Sprint(v)
			case key == "values" && reflect.TypeOf(v) == reflect.TypeFor[[]string]():
				f.Values = v.([]string)
			case key == "hint":
				f.Hint = fmt.Sprint(v)
			case slices.Contains(fieldOptions, key):
				f.Options[key] = fmt.Sprint(v)
			default:
				return f, fmt.Errorf("field %s: no partial knows %q", name, key)
			}
		}
	}
	return f, nil
}

// fieldID makes an id that can stand in an address from a field's name:
// "items[0].words" is "items-0-words".
func fieldID(name string) string {
	id := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '-'
	}, name)
	return strings.Trim(strings.ReplaceAll(id, "--", "-"), "-")
}

// Option is an option given by the template, "" where it gave none.
func (f Field) Option(key string) string { return f.Options[key] }

// Described lists the ids of the hint and the error, for aria-describedby.
func (f Field) Described() string {
	var ids []string
	if f.Option("max") != "" {
		ids = append(ids, f.ID+"-info")
	}
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.ID+"-error")
	}
	return strings.Join(ids, " ")
}

// Chosen reports whether a choice is the field's value or one of its values.
func (f Field) Chosen(c Choice) bool {
	return f.Value != "" && c.Value == f.Value || slices.Contains(f.Values, c.Value)
}

// ChoiceID is the id of the nth choice: the first bears the field's own, so
// that the error summary's link lands on it.
func (f Field) ChoiceID(n int) string {
	if n == 0 {
		return f.ID
	}
	return fmt.Sprintf("%s-%d", f.ID, n+1)
}

// Boxes are the three of a date; the first bears the field's own id, so that the error
// summary's link lands on it.
func (f Field) Boxes() []DayBox {
	return []DayBox{
		{f.ID, f.Name + ".day", "Day", f.Day.Day, "2"},
		{f.ID + "-month", f.Name + ".month", "Month", f.Day.Month, "2"},
		{f.ID + "-year", f.Name + ".year", "Year", f.Day.Year, "4"},
	}
}

// DayBox is one of the three boxes of a date.
type DayBox struct{ ID, Name, Label, Value, Width string }
