package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"Your shell: bash, zsh or fish."`
}

// Help says where the script goes.
func (completionCmd) Help() string {
	return `Put one of these where your shell starts:

    bash   source <(rung completion bash)
    zsh    source <(rung completion zsh)
    fish   rung completion fish | source`
}

// Run prints the script by which a shell completes the commands of this very rung.
func (c completionCmd) Run(p *process, k *kong.Kong) error {
	script := map[string]func([]offer) string{"bash": bash, "zsh": zsh, "fish": fish}[c.Shell]
	fmt.Fprint(p.stdout, script(offers(k.Model.Node, "")))
	return nil
}

// offer is what can follow after a command: its commands, flags and arguments.
type offer struct {
	path     string // "person add", "" for rung alone
	commands []choice
	flags    []flagOffer
	values   []string // of its argument
	files    bool     // its argument is a file
}

type choice struct{ word, help string }

// flagOffer is a flag and what can follow it.
type flagOffer struct {
	choice
	takes  bool // a value
	files  bool // a file
	values []string
}

// offers walks the commands from n down.
func offers(n *kong.Node, path string) []offer {
	o := offer{path: path}
	for _, f := range slices.Concat(n.AllFlags(true)...) {
		o.flags = append(o.flags, flagOffer{choice{"--" + f.Name, f.Help}, !f.IsBool(), f.PlaceHolder == "FILE" || f.PlaceHolder == "FOLDER", valuesOf(f.Value)})
	}
	for _, a := range n.Positional {
		o.values, o.files = append(o.values, valuesOf(a)...), o.files || a.Name == "file"
	}
	all := []offer{}
	for _, child := range n.Children {
		o.commands = append(o.commands, choice{child.Name, child.Help})
		all = append(all, offers(child, strings.TrimSpace(path+" "+child.Name))...)
	}
	return append([]offer{o}, all...)
}

// valuesOf are the values that a flag or an argument is known to take, but for
// those with a dash, which only go after an equals sign.
func valuesOf(v *kong.Value) []string {
	known := v.Tag.Get("suggest")
	if v.Enum != "" {
		known = v.Enum
	}
	return slices.DeleteFunc(strings.Split(known, ","), func(s string) bool { return s == "" || s[0] == '-' })
}

// words is a list of choices as one text.
func words(choices []choice) string {
	list := make([]string, len(choices))
	for i, c := range choices {
		list[i] = c.word
	}
	return strings.Join(list, " ")
}

func (o offer) flagChoices() []choice {
	list := make([]choice, len(o.flags))
	for i, f := range o.flags {
		list[i] = f.choice
	}
	return list
}

// paths are all commands as patterns of a shell's case statement, by which the
// scripts tell a command from an argument.
func paths(offers []offer) string {
	var patterns []string
	for _, o := range offers[1:] {
		patterns = append(patterns, fmt.Sprintf("%q", o.path))
	}
	return strings.Join(patterns, "|")
}

// cases are the branches of a shell's case statement for what was typed.
func cases(offers []offer, each func(o offer) string) string {
	var b strings.Builder
	for _, o := range offers {
		if body := each(o); body != "" {
			fmt.Fprintf(&b, "    %q) %s ;;\n", o.path, body)
		}
	}
	return b.String()
}

// valued are the branches for flags that take a value, after which nothing else
// is offered.
func valued(offers []offer, known, files string) string {
	var b strings.Builder
	for _, o := range offers {
		for _, f := range o.flags {
			body := ""
			switch {
			case !f.takes:
				continue
			case f.files:
				body = files + "; "
			case len(f.values) > 0:
				body = fmt.Sprintf(known, strings.Join(f.values, " ")) + "; "
			}
			fmt.Fprintf(&b, "    %q) %sreturn ;;\n", strings.TrimSpace(o.path+" "+f.word), body)
		}
	}
	return b.String()
}

const (
	bashWords = `COMPREPLY=($(compgen -W "%s" -- "$cur"))`
	bashFiles = `COMPREPLY=($(compgen -f -- "$cur"))`
)

// bash is a completion function. The shell splits --turn=author at the sign.
func bash(offers []offer) string {
	return `# bash completion of rung
_rung() {
  local at="" word i cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  if [[ $cur == "=" ]]; then cur=""
  elif [[ $prev == "=" ]]; then prev="${COMP_WORDS[COMP_CWORD-2]}"; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${at:+$at }${COMP_WORDS[i]}"
    case "$word" in ` + paths(offers) + `) at="$word" ;; esac
  done
  case "${at:+$at }$prev" in
` + valued(offers, bashWords, bashFiles) + `  esac
  if [[ $cur == -* ]]; then
    case "$at" in
` + cases(offers, func(o offer) string { return fmt.Sprintf(bashWords, words(o.flagChoices())) }) + `    esac
    return
  fi
  case "$at" in
` + cases(offers, func(o offer) string {
		switch known := strings.TrimSpace(words(o.commands) + " " + strings.Join(o.values, " ")); {
		case known != "":
			return fmt.Sprintf(bashWords, known)
		case o.files:
			return bashFiles
		}
		return ""
	}) + `  esac
}
complete -o filenames -F _rung rung
`
}

// quoted is a text in single quotes for a shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// described are choices with what they are for, as zsh's _describe takes them.
func described(choices []choice) string {
	var b strings.Builder
	for _, c := range choices {
		b.WriteString(" " + quoted(c.word+":"+strings.ReplaceAll(c.help, ":", `\:`)))
	}
	return "choices=(" + b.String() + " )"
}

func zsh(offers []offer) string {
	return `#compdef rung
_rung() {
  local at="" word i prev="${words[CURRENT-1]}"
  local -a choices
  if [[ ${words[CURRENT]} == --*=* ]]; then prev="${words[CURRENT]%%=*}"; compset -P '*='; fi
  for ((i = 2; i < CURRENT; i++)); do
    word="${at:+$at }${words[i]}"
    case "$word" in (` + paths(offers) + `) at="$word" ;; esac
  done
  case "${at:+$at }$prev" in
` + valued(offers, `compadd -- %s`, `_files`) + `  esac
  if [[ ${words[CURRENT]} == -* ]]; then
    case "$at" in
` + cases(offers, func(o offer) string { return described(o.flagChoices()) }) + `    esac
    _describe flag choices
    return
  fi
  case "$at" in
` + cases(offers, func(o offer) string {
		switch {
		case len(o.commands) > 0:
			return described(o.commands) + "; _describe command choices"
		case len(o.values) > 0:
			return "compadd -- " + strings.Join(o.values, " ")
		case o.files:
			return "_files"
		}
		return ""
	}) + `  esac
}
compdef _rung rung
`
}

func fish(offers []offer) string {
	var b strings.Builder
	b.WriteString(`# fish completion of rung
function __rung_at
  set -l at ""
  for word in (commandline -opc)[2..]
    set -l next (string trim "$at $word")
    contains -- "$next" ` + strings.ReplaceAll(paths(offers), "|", " ") + `; and set at $next
  end
  test "$at" = "$argv[1]"
end
complete -c rung -f
`)
	for _, o := range offers {
		at := fmt.Sprintf("complete -c rung -n %s", quoted(fmt.Sprintf("__rung_at %q", o.path)))
		for _, c := range o.commands {
			fmt.Fprintf(&b, "%s -a %s -d %s\n", at, c.word, quoted(c.help))
		}
		for _, f := range o.flags {
			fmt.Fprintf(&b, "%s -l %s -d %s", at, strings.TrimPrefix(f.word, "--"), quoted(f.help))
			switch {
			case f.files:
				b.WriteString(" -r -F")
			case len(f.values) > 0:
				fmt.Fprintf(&b, " -x -a %s", quoted(strings.Join(f.values, " ")))
			case f.takes:
				b.WriteString(" -x")
			}
			b.WriteString("\n")
		}
		switch {
		case len(o.values) > 0:
			fmt.Fprintf(&b, "%s -a %s\n", at, quoted(strings.Join(o.values, " ")))
		case o.files:
			fmt.Fprintf(&b, "%s -F\n", at)
		}
	}
	return b.String()
}
