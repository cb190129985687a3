package programme

import (
	"fmt"
	"strings"
	"unicode"
)

// diagramWords are the words of Mermaid's state diagrams that a state cannot be
// called by.
var diagramWords = []string{
	"as", "choice", "class", "classdef", "click", "default", "direction", "end", "fork", "hide", "join",
	"note", "scale", "state", "statediagram", "style",
}

// Mermaid draws the machine as a state diagram, each arrow with its event and
// who may fire it. The same programme gives the same bytes.
func (p *Programme) Mermaid() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, s := range p.States() {
		fmt.Fprintf(&b, "    state \"%s\" as %s\n", diagramText(p.StateName(s)), s)
	}
	fmt.Fprintf(&b, "    [*] --> %s\n", Draft)
	edges := p.Edges()
	labels := map[[2]string][]string{} // sign_off and override, which go the same ways, share an arrow
	for _, event := range Events() {
		for _, e := range edges {
			if e.Event == event {
				way := [2]string{e.From, e.To}
				labels[way] = append(labels[way], fmt.Sprintf("%s (%s)", event, whoFires(e)))
			}
		}
	}
	for _, from := range p.States() {
		for _, to := range p.States() {
			if l := labels[[2]string{from, to}]; l != nil {
				fmt.Fprintf(&b, "    %s --> %s: %s\n", from, to, strings.Join(l, " / "))
			}
		}
	}
	fmt.Fprintf(&b, "    %s --> [*]\n", Published)
	return b.String()
}

// whoFires is Who, told more exactly where the edge says more than its event.
func whoFires(e Edge) string {
	switch {
	case e.Event == Return && e.From != Approved:
		return "the system"
	case e.Event == Reopen && e.From == Rejected:
		return "leadership"
	case e.Event == Reopen:
		return "leadership or the lead author"
	}
	return Who(e.Event)
}

// StateName is a state's name for people: a stage's own, or the words for one of
// the machine's; "" for what isn't a state.
func (p *Programme) StateName(state string) string {
	if s, ok := p.Stage(state); ok {
		return s.Name
	}
	return map[string]string{
		Draft:            "Draft",
		ChangesRequested: "Changes requested",
		Approved:         "Approved",
		Published:        "Published",
		Rejected:         "Rejected",
		Withdrawn:        "Withdrawn",
	}[state]
}

// diagramText writes what Mermaid would read as its own signs as character codes.
func diagramText(s string) string {
	var b strings.Builder
	for _, c := range s {
		if unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune(" -,.()'", c) {
			b.WriteRune(c)
		} else {
			fmt.Fprintf(&b, "#%d;", c)
		}
	}
	return b.String()
}
