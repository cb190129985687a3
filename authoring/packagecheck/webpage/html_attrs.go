package webpage

import (
	"strings"
	"unicode/utf8"
)

// maxAttrs is how many attributes of an element are looked at.
const maxAttrs = 256

type attr struct{ key, value string }

// attrs are those of one element, keys in lower case. Of doubled ones the first
// counts, as in browsers.
type attrs []attr

func (a attrs) get(key string) (value string, ok bool) {
	for _, one := range a {
		if one.key == key {
			return one.value, true
		}
	}
	return "", false
}

func (a attrs) value(key string) string { v, _ := a.get(key); return v }

func (a attrs) has(key string) bool { _, ok := a.get(key); return ok }

// is tells whether the attribute has one of the values, whatever their case.
func (a attrs) is(key string, values ...string) bool {
	v, ok := a.get(key)
	if !ok {
		return false
	}
	v = strings.TrimSpace(v)
	for _, one := range values {
		if strings.EqualFold(v, one) {
			return true
		}
	}
	return false
}

// said tells whether the attribute is there with more than white space.
func (a attrs) said(keys ...string) bool {
	for _, key := range keys {
		if v, ok := a.get(key); ok && strings.TrimSpace(v) != "" {
			return true
		}
	}
	return false
}

// labelled tells whether attributes that any element may have give it a name.
func (a attrs) labelled() bool { return a.said("aria-label", "aria-labelledby", "title") }

// bound tells whether a script or a template engine fills the attribute, so
// that nothing can be said of it here.
func (a attrs) bound(name string) bool {
	for _, one := range a {
		switch k := one.key; {
		case k == name && placeholder(one.value):
			return true
		case k == ":"+name, k == "v-bind:"+name, k == "x-bind:"+name, k == "ng-attr-"+name, k == "bind-"+name:
			return true
		case k == "["+name+"]", k == "[attr."+name+"]":
			return true
		case k == "data-bind", strings.HasPrefix(k, "data-i18n"), strings.HasPrefix(k, "data-l10n"), k == "v-bind":
			return true
		}
	}
	return false
}

// filled tells whether a script or a template engine fills the element's
// content, as its attributes say.
func (a attrs) filled() bool {
	for _, one := range a {
		switch k := one.key; {
		case k == "data-bind", k == "v-text", k == "v-html", k == "x-text", k == "x-html", k == "data-translate":
			return true
		case k == "[innertext]", k == "[textcontent]", k == "[innerhtml]", k == "translate" && one.value != "" && one.value != "yes" && one.value != "no":
			return true
		case strings.HasPrefix(k, "ng-bind"), strings.HasPrefix(k, "data-ng-bind"), strings.HasPrefix(k, "data-i18n"), strings.HasPrefix(k, "data-l10n"):
			return true
		}
	}
	return false
}

// placeholder tells whether a template engine or a server has yet to fill a
// value: {{mustache}}, <%= asp %>, ${literal}, {% liquid %}, <?php ?>.
func placeholder(v string) bool {
	for _, mark := range []string{"{{", "<%", "${", "{%", "<?"} {
		if strings.Contains(v, mark) {
			return true
		}
	}
	return false
}

// hides tells whether the element's attributes keep it from readers or from
// assistive technology.
func (a attrs) hides() bool {
	if a.has("hidden") || a.is("aria-hidden", "true") {
		return true
	}
	style := a.value("style")
	if style == "" {
		return false
	}
	style = strings.ToLower(strings.Join(strings.Fields(style[:min(len(style), 2048)]), ""))
	return strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden")
}

// what shows an element as a person would point at it.
func what(name string, a attrs) string {
	for _, key := range []string{"src", "id", "name", "href", "class", "type", "data", "content"} {
		if v := strings.Join(strings.Fields(short(a.value(key), 60)), " "); v != "" && !strings.HasPrefix(v, "data:") {
			return "<" + name + " " + key + `="` + v + `">`
		}
	}
	return "<" + name + ">"
}

// short cuts a value to so many bytes, and shows that it did.
func short(v string, most int) string {
	if len(v) <= most {
		return v
	}
	return cut(v, most) + "…"
}

// cut never cuts within a character.
func cut(v string, most int) string {
	if len(v) <= most {
		return v
	}
	for most > 0 && !utf8.RuneStart(v[most]) {
		most--
	}
	return v[:most]
}
