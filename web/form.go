package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-playground/form/v4"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/web/edge"
)

// Form is what the data of a page with a form embeds: what was wrong with it,
// for the error summary and beside each field.
type Form struct {
	Refusal  string    // the sentence of a refusal as a whole, "" where only fields are wrong
	Problems []Problem // all of them at once
	code     int
}

// Problem is one thing to mend.
type Problem struct {
	Field string // the name of the form field, "" where none is at fault
	Text  string
}

// ID is the id of the element that the error summary links to.
func (p Problem) ID() string { return fieldID(p.Field) }

// Failed reports whether the form was refused.
func (f Form) Failed() bool { return f.Refusal != "" || len(f.Problems) > 0 }

// Error is what is wrong with a field, "" when nothing is.
func (f Form) Error(field string) string {
	for _, p := range f.Problems {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

// Add notes something to mend that the page itself found.
func (f *Form) Add(field, text string) {
	f.Problems = append(f.Problems, Problem{Field: field, Text: text})
	if f.code == 0 {
		f.code = http.StatusUnprocessableEntity
	}
}

// Takes reports whether err is a refusal that the form can show, and takes
// its sentence and reasons if so: the handler then writes its page again, with
// every word typed. Anything else (nobody signed in, not found, an internal
// error) is for the handler to return.
func (f *Form) Takes(err error) bool {
	refused := edge.FaultOf(err)
	if refused == nil {
		return false
	}
	switch refused.Kind {
	case fault.Invalid, fault.Refused, fault.Stale, fault.TooMany:
	default:
		return false
	}
	f.code = edge.Status(refused.Kind)
	for _, r := range refused.Reasons {
		f.Problems = append(f.Problems, Problem{Field: r.Field, Text: r.Text})
	}
	if refused.Kind != fault.Invalid || len(refused.Reasons) == 0 {
		f.Refusal = refused.Text
	}
	return true
}

// status is the answer's HTTP status: 200 until something was refused.
func (f Form) status() int {
	if f.code == 0 {
		return http.StatusOK
	}
	return f.code
}

var decoder = newDecoder()

func newDecoder() *form.Decoder {
	d := form.NewDecoder()
	d.SetMode(form.ModeExplicit) // only fields with a form tag can be set from outside
	d.SetMaxArraySize(500)
	return d
}

// readForm reads the posted fields once, whatever their encoding; files stay
// in memory up to the form limit, which is all that an ordinary post may hold.
func readForm(r *http.Request) error {
	if r.PostForm != nil {
		return nil
	}
	err := r.ParseForm() // on its own: ParseMultipartForm would hide its error
	if err == nil && isMultipart(r) {
		err = r.ParseMultipartForm(edge.BodyLimit)
	}
	if err != nil {
		if big, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return big
		}
		return &fault.Error{Kind: fault.Invalid, Text: "The form arrived incomplete. Go back and send it again.", Cause: err}
	}
	for name, values := range r.PostForm {
		for i, v := range values {
			r.PostForm[name][i] = tidy(v)
		}
	}
	return nil
}

func isMultipart(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data")
}

// tidy removes what a browser adds and a database can't hold: carriage
// returns, spaces at the ends, NUL and broken UTF-8.
func tidy(v string) string {
	v = strings.ReplaceAll(v, "\r\n", "\n")
	v = strings.ReplaceAll(v, "\x00", "")
	return strings.TrimSpace(strings.ToValidUTF8(v, "\uFFFD"))
}

// decode reads the posted form into the fields of dst that have a `form` tag.
// The Form it returns names the fields that could not be read (letters where
// a number goes): embed it in the page and stop there if it Failed. An error
// is for the handler to return.
func decode(r *http.Request, dst any) (Form, error) {
	var f Form
	if err := readForm(r); err != nil {
		return f, err
	}
	err := decoder.Decode(dst, r.PostForm)
	if unread, ok := errors.AsType[form.DecodeErrors](err); ok {
		for field := range unread {
			f.Add(field, fmt.Sprintf("%s is not in the form it should be", labelFor(field)))
		}
		return f, nil
	}
	if err != nil {
		return f, fmt.Errorf("decoding a form into %T: %w", dst, err)
	}
	return f, nil
}

// query reads the address's query into the fields of dst that have a `form`
// tag; what cannot be read is left as it was, since a reader didn't type it.
func query(r *http.Request, dst any) {
	values := make(url.Values, len(r.URL.Query()))
	for name, vs := range r.URL.Query() {
		for _, v := range vs {
			values.Add(name, tidy(v))
		}
	}
	_ = decoder.Decode(dst, values)
}

// Day is a date as three boxes, the way it was typed: a form field named
// "review" is posted as review.day, review.month and review.year.
type Day struct {
	Day   string `form:"day"`
	Month string `form:"month"`
	Year  string `form:"year"`
}

// DayOf fills the boxes; a zero time leaves them empty.
func DayOf(t time.Time) Day {
	if t.IsZero() {
		return Day{}
	}
	t = t.In(london)
	return Day{strconv.Itoa(t.Day()), strconv.Itoa(int(t.Month())), strconv.Itoa(t.Year())}
}

// Empty reports whether nothing was typed.
func (d Day) Empty() bool { return d == Day{} }

// Time is midnight in London of the day typed; ok is false where there is no
// such day.
func (d Day) Time() (t time.Time, ok bool) {
	t, err := time.ParseInLocation("2006-1-2", d.Year+"-"+d.Month+"-"+d.Day, london)
	return t, err == nil
}
