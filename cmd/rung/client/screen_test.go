package client

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var people = [][]string{
	{"7", "Leading a handover on the ward, from the first bleep to the last", "educational review", "Edith Roe", "6 August 2018"},
	{"12", "Étoiles", "draft", "Anna Bell", ""},
}

func table(s Screen) string {
	var b strings.Builder
	s.Out = &b
	rows := make([][]string, len(people))
	for i, row := range people {
		rows[i] = append([]string{}, row...)
	}
	s.table([]string{"Number", "Title", "State", "Whose turn", "Due"}, rows, 1)
	return b.String()
}

func TestTableFitsATerminal(t *testing.T) {
	piped := table(Screen{})
	if !strings.Contains(piped, people[0][1]) || strings.Contains(piped, "…") {
		t.Errorf("piped:\n%s", piped)
	}
	for _, width := range []int{80, 100} {
		shown := table(Screen{Width: width})
		for line := range strings.Lines(shown) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("%d characters in %d:\n%s", n, width, shown)
			}
		}
		if !strings.Contains(shown, "…") || !strings.Contains(shown, "6 August 2018") || !strings.Contains(shown, "Étoiles") {
			t.Errorf("in %d:\n%s", width, shown)
		}
	}
	if shown := table(Screen{Width: 20}); !strings.Contains(shown, "Leading a…") {
		t.Errorf("in 20:\n%s", shown)
	}
	if shown := table(Screen{Width: 200}); shown != piped {
		t.Errorf("in 200:\n%s", shown)
	}
}

func TestProgressIsForTerminals(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, width := range []int{0, 60} {
		var b strings.Builder
		a := &Aside{Screen: Screen{Out: &b, Width: width}, Now: func() time.Time { return now }}
		a.bar("handover.zip", 0, 12_000_000)
		a.bar("handover.zip", 1000, 12_000_000) // a moment later: not worth it
		now = now.Add(time.Second)
		a.bar("handover.zip", 6_000_000, 12_000_000)
		a.Say("Done.")
		a.Clear()
		want := "rung: Done.\n"
		if width > 0 {
			want = "\r\x1b[Khandover.zip [..............................] 0 % of 12 MB" +
				"\r\x1b[Khandover.zip [###############...............] 50 % of 12 MB\r\x1b[K" + want
		}
		if b.String() != want {
			t.Errorf("in %d: %q", width, b.String())
		}
	}
}

func TestSize(t *testing.T) {
	for bytes, want := range map[int64]string{999: "999 bytes", 1800: "1,800 bytes", 64_000: "64 kB", 2_147_483_648: "2,147 MB"} {
		if got := size(bytes); got != want {
			t.Errorf("%d: %s", bytes, got)
		}
	}
}

func TestColourIsForTerminals(t *testing.T) {
	if s := ScreenOn(&strings.Builder{}, nil); s.Terminal() || s.Colour {
		t.Errorf("%+v", s)
	}
	if got := (Screen{Colour: true}).bold("Ladder"); got != "\x1b[1mLadder\x1b[0m" {
		t.Errorf("%q", got)
	}
}
