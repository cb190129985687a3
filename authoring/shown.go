package authoring

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// shownField is what a form showed of a field: the draft's version, and the
// answer's fingerprint.
type shownField struct {
	version int
	print   string
}

// shownForm is what a form showed of its fields, by their names. It travels in
// the form as one token: "3.k2jf81xa-3.…", an entry for each field.
type shownForm map[string]shownField

// Shown is the token of a form that shows these fields of the draft.
func (d Draft) Shown(names ...string) string {
	form := shownForm{}
	for _, name := range names {
		if f, ok := FieldNamed(name); ok {
			form[name] = shownField{d.Version, fingerprint(f.Values(d.Content))}
		}
	}
	return form.token(names)
}

// Touched tells which of these fields somebody changed in a form with this token.
func Touched(shown string, content Content, names ...string) []string {
	form, content := readShown(shown, names), content.Normalised()
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		f, _ := FieldNamed(name)
		_, touched := form.touched(f, f.Values(content))
		return !touched
	})
}

func (form shownForm) token(names []string) string {
	entries := make([]string, len(names))
	for i, name := range names {
		entries[i] = fmt.Sprintf("%d.%s", form[name].version, form[name].print)
	}
	return strings.Join(entries, "-")
}

// readShown reads a token. What it doesn't tell counts as touched, in a version
// before all others: then nothing is overwritten unawares.
func readShown(token string, names []string) shownForm {
	form := shownForm{}
	entries := strings.Split(token, "-")
	if len(entries) != len(names) {
		return form
	}
	for i, name := range names {
		version, print, _ := strings.Cut(entries[i], ".")
		if n, err := strconv.Atoi(version); err == nil {
			form[name] = shownField{n, print}
		}
	}
	return form
}

// touched is a baseOf.
func (form shownForm) touched(f Field, values []string) (version int, touched bool) {
	was := form[f.Name]
	return was.version, was.print != fingerprint(values)
}

// fingerprint tells answers apart; it guards against no one but accident.
func fingerprint(values []string) string {
	sum := sha256.Sum256([]byte(strings.Join(values, "\x00")))
	return strings.NewReplacer("-", "~").Replace(base64.RawURLEncoding.EncodeToString(sum[:6]))
}
