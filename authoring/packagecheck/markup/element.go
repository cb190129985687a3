package markup

// Attr gives the value of an attribute by its local name, in whatever namespace;
// ok tells whether it is there.
func (e *Element) Attr(local string) (value string, ok bool) {
	for _, a := range e.Attrs {
		if a.Name == local && a.Space != "xmlns" {
			return a.Value, true
		}
	}
	return "", false
}

// AttrIn gives the value of an attribute of one namespace.
func (e *Element) AttrIn(space, local string) (value string, ok bool) {
	for _, a := range e.Attrs {
		if a.Name == local && a.Space == space {
			return a.Value, true
		}
	}
	return "", false
}

// Base gives the element's own xml:base.
func (e *Element) Base() string {
	base, _ := e.AttrIn(xmlSpace, "base")
	return base
}

// Child gives the first child of a local name, nil where there is none.
func (e *Element) Child(local string) *Element {
	for _, c := range e.Children {
		if c.Name == local {
			return c
		}
	}
	return nil
}

// All gives the children of a local name.
func (e *Element) All(local string) []*Element {
	var list []*Element
	for _, c := range e.Children {
		if c.Name == local {
			list = append(list, c)
		}
	}
	return list
}

// Walk calls f for the element and everything below it, in the document's order,
// until f says false.
func (e *Element) Walk(f func(*Element) bool) bool {
	if !f(e) {
		return false
	}
	for _, c := range e.Children {
		if !c.Walk(f) {
			return false
		}
	}
	return true
}
