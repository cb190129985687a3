package main

import (
	"os/exec"
	"strings"
	"testing"
)

// What bash offers after some words, the last of them half typed.
const offered = `_rung_try() { COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _rung; echo "${COMPREPLY[*]}"; }
_rung_try "$@"`

func TestCompletionOfBash(t *testing.T) {
	code, script, errs := outcomeOf(t, nil, "completion", "bash")
	if code != exitOK {
		t.Fatal(errs)
	}
	if out, err := exec.CommandContext(t.Context(), "bash", "-n", "-c", script).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for typed, want := range map[string]string{
		"rung pro":                  "programme proposals propose",
		"rung person ":              "add",
		"rung programme ch":         "check",
		"rung proposals --tu":       "--turn",
		"rung proposals --turn ":    "author reviewers leadership nobody",
		"rung proposals --turn = l": "leadership",
		"rung proposals --limit ":   "",
		"rung proposals --state ap": "approved",
		"rung completion ":          "bash zsh fish",
		"rung propose completion_t": "completion_test.go",
		"rung status ":              "",
		"rung publish 7 --o":        "--owner",
		"rung check completion_t":   "completion_test.go",
		"rung check --js":           "--json",
		"rung ch":                   "check",
	} {
		words := strings.Split(typed, " ")
		out, err := exec.CommandContext(t.Context(), "bash", append([]string{"-c", script + offered, "bash"}, words...)...).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%q: %q, want %q, %v", typed, got, want, err)
		}
	}
}

// Every command, flag and value is in the scripts of the other shells too.
func TestCompletionOfOtherShells(t *testing.T) {
	for shell, want := range map[string][]string{
		"zsh":  {"#compdef rung", "'propose:", `"proposals --turn") compadd -- author reviewers leadership nobody; return`, `"propose --package") _files; return`, "'--carry-forward:"},
		"fish": {"complete -c rung -f", `-n '__rung_at "proposals"' -l turn`, "-x -a 'author reviewers leadership nobody'", `-n '__rung_at "propose"' -l package`, "-r -F"},
	} {
		_, script, _ := outcomeOf(t, nil, "completion", shell)
		for _, part := range want {
			if !strings.Contains(script, part) {
				t.Errorf("%s lacks %s", shell, part)
			}
		}
	}
	if code, _, errs := outcomeOf(t, nil, "completion", "dos"); code != exitUsage || errs == "" {
		t.Errorf("exit %d, %s", code, errs)
	}
}
