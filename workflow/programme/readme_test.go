package programme

import (
	"os"
	"strings"
	"testing"
)

// The README shows the machine; it must be the machine.
func TestTheReadmesDiagramIsTheMachine(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```mermaid\n")
	diagram, _, found := strings.Cut(rest, "\n```")
	if !found {
		t.Fatal("the README has no Mermaid diagram")
	}
	if want := strings.TrimRight(Default().Mermaid(), "\n"); diagram != want {
		t.Errorf("the README's diagram isn't what `rung programme graph` prints:\n%s", want)
	}
}
