package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// object is a part of a document.
type object = map[string]any

// breaks lists what a client that was written by one document would miss in the
// next: it sends what it may send, and relies on what it is promised. What is
// only added is no break.
//
// It knows what is sent from what is answered, which a comparison of texts
// doesn't: another required property breaks a body that is sent and improves
// one that is answered.
func breaks(from, to object) []string {
	b := &breaking{from: from, to: to, met: map[string]bool{}}
	for path, item := range objects(from, "paths") {
		for method, op := range objects(item) {
			at := strings.ToUpper(method) + " " + path
			then := child(to, "paths", path, method)
			if then == nil {
				b.say(at, "is gone")
				continue
			}
			b.operation(at, op, then)
		}
	}
	slices.Sort(b.list)
	return slices.Compact(b.list)
}

type breaking struct {
	from, to object
	list     []string
	met      map[string]bool // pairs of named shapes that were compared
}

func (b *breaking) say(at, format string, args ...any) {
	b.list = append(b.list, at+": "+fmt.Sprintf(format, args...))
}

func (b *breaking) operation(at string, from, to object) {
	if from["operationId"] != to["operationId"] {
		b.say(at, "operationId is %v, was %v", to["operationId"], from["operationId"])
	}
	b.parameters(at, from, to)
	b.security(at, from, to)
	if was, is := child(from, "requestBody"), child(to, "requestBody"); is != nil {
		if is["required"] == true && was["required"] != true {
			b.say(at, "wants a body")
		}
		b.content(at+" body", child(was, "content"), child(is, "content"), sent)
	} else if was != nil {
		b.say(at, "takes no body")
	}
	for status, was := range objects(from, "responses") {
		is := child(to, "responses", status)
		if is == nil {
			if status < "300" {
				b.say(at, "no longer answers %s", status)
			}
			continue
		}
		for header := range objects(was, "headers") {
			if child(is, "headers", header) == nil {
				b.say(at, "%s comes without the header %s", status, header)
			}
		}
		b.content(at+" "+status, child(was, "content"), child(is, "content"), answered)
	}
	for status := range objects(to, "responses") {
		if status < "300" && child(from, "responses", status) == nil {
			b.say(at, "answers %s", status)
		}
	}
}

// parameters are sent, those of the path by their place.
func (b *breaking) parameters(at string, from, to object) {
	named := func(op object) map[string]object {
		list := map[string]object{}
		for _, p := range array(op["parameters"]) {
			p := p.(object)
			list[fmt.Sprint(p["in"], " parameter ", p["name"])] = p
		}
		return list
	}
	was, is := named(from), named(to)
	for name, p := range was {
		if is[name] == nil {
			b.say(at, "the %s is gone", name)
			continue
		}
		b.schema(at+" "+name, child(p, "schema"), child(is[name], "schema"), sent)
	}
	for name, p := range is {
		if p["required"] == true && was[name]["required"] != true {
			b.say(at, "wants the %s", name)
		}
	}
}

// security: each scope that was enough still is.
func (b *breaking) security(at string, from, to object) {
	enough := func(op object) (list []string) {
		for _, one := range array(op["security"]) {
			raw, _ := json.Marshal(one)
			list = append(list, string(raw))
		}
		return list
	}
	was, is := enough(from), enough(to)
	if len(is) > 0 && len(was) == 0 {
		b.say(at, "wants a token")
	}
	for _, one := range was {
		if len(is) > 0 && !slices.Contains(is, one) {
			b.say(at, "%s is no longer enough", one)
		}
	}
}

func (b *breaking) content(at string, from, to object, way direction) {
	for media := range from {
		is := child(to, media)
		if is == nil {
			b.say(at, "is no longer %s", media)
			continue
		}
		b.schema(at, child(from, media, "schema"), child(is, "schema"), way)
	}
}

// direction is which way a value goes: what is sent may be allowed more, what
// is answered may hold more.
type direction string

const (
	sent     direction = "sent"
	answered direction = "answered"
)

func (b *breaking) schema(at string, from, to object, way direction) {
	key := fmt.Sprint(way, from["$ref"], to["$ref"])
	if from["$ref"] != nil && to["$ref"] != nil {
		if b.met[key] {
			return
		}
		b.met[key] = true
	}
	from, to = resolved(b.from, from), resolved(b.to, to)
	if !b.sameType(from, to, way) {
		b.say(at, "is %v %v, was %v %v", to["type"], to["format"], from["type"], from["format"])
		return
	}
	if way == sent {
		b.narrowed(at, from, to)
	}
	required := func(schema object, name string) bool { return slices.Contains(array(schema["required"]), any(name)) }
	for name, was := range objects(from, "properties") {
		is := child(to, "properties", name)
		switch {
		case is == nil:
			b.say(at, "the property %s is gone", name)
			continue
		case way == answered && required(from, name) && !required(to, name):
			b.say(at, "the property %s may be absent", name)
		}
		b.schema(at+"."+name, was, is, way)
	}
	for name := range objects(to, "properties") {
		if way == sent && required(to, name) && !required(from, name) {
			b.say(at, "wants the property %s", name)
		}
	}
	for _, inside := range []string{"items", "additionalProperties"} {
		was, ok1 := from[inside].(object)
		is, ok2 := to[inside].(object)
		if ok1 && ok2 {
			b.schema(at+"[]", was, is, way)
		}
	}
}

// sameType reports whether a client's values still fit: a type that is dropped
// takes more, but promises less.
func (b *breaking) sameType(from, to object, way direction) bool {
	if way == sent && to["type"] == nil {
		return true
	}
	if way == sent && from["type"] == "integer" && to["type"] == "number" {
		return true
	}
	if way == sent && to["format"] == nil {
		return fmt.Sprint(from["type"]) == fmt.Sprint(to["type"])
	}
	return fmt.Sprint(from["type"], from["format"]) == fmt.Sprint(to["type"], to["format"])
}

// narrowed says where less is taken than before.
func (b *breaking) narrowed(at string, from, to object) {
	if allowed := array(to["enum"]); allowed != nil {
		if from["enum"] == nil {
			b.say(at, "only takes %v", allowed)
		}
		for _, v := range array(from["enum"]) {
			if !slices.Contains(allowed, v) {
				b.say(at, "no longer takes %v", v)
			}
		}
	}
	for _, bound := range []struct {
		name   string
		raised bool // a higher value takes less
	}{{"minimum", true}, {"minLength", true}, {"minItems", true}, {"exclusiveMinimum", true}, {"maximum", false}, {"maxLength", false}, {"maxItems", false}, {"exclusiveMaximum", false}} {
		is, ok := to[bound.name].(float64)
		was, had := from[bound.name].(float64)
		if ok && (!had || bound.raised && is > was || !bound.raised && is < was) {
			b.say(at, "%s is %v, was %v", bound.name, is, from[bound.name])
		}
	}
	for _, rule := range []string{"pattern", "multipleOf", "uniqueItems"} {
		if to[rule] != nil && fmt.Sprint(to[rule]) != fmt.Sprint(from[rule]) {
			b.say(at, "%s is %v, was %v", rule, to[rule], from[rule])
		}
	}
	if to["additionalProperties"] == false && from["additionalProperties"] != false {
		b.say(at, "takes no other properties")
	}
}

// resolved is the shape that a schema names, or itself.
func resolved(doc, schema object) object {
	if ref, ok := schema["$ref"].(string); ok {
		return child(doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	return schema
}

// child is the object at a path, nil where there is none.
func child(o object, path ...string) object {
	for _, step := range path {
		o, _ = o[step].(object)
	}
	return o
}

// objects are the objects that another holds at a path, by their names.
func objects(o object, path ...string) map[string]object {
	held := map[string]object{}
	for name := range maps.Keys(child(o, path...)) {
		if one := child(o, append(slices.Clone(path), name)...); one != nil {
			held[name] = one
		}
	}
	return held
}

func array(v any) []any {
	list, _ := v.([]any)
	return list
}
