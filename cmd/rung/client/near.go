package client

import (
	"cmp"
	"slices"
	"strings"
)

// Near gives those of the names that somebody who typed something else may have
// meant, at most five, the nearest first.
func Near(typed string, names []string) []string {
	typed = strings.ToLower(strings.TrimSpace(typed))
	if typed == "" || len(typed) > 100 { // nothing is called so
		return nil
	}
	far := map[string]int{}
	var near []string
	for _, name := range names {
		d := distance(typed, name)
		if len(typed) > 2 && strings.Contains(name, typed) {
			d = min(d, 1)
		}
		if d <= 2+len(typed)/5 {
			far[name] = d
			near = append(near, name)
		}
	}
	slices.SortStableFunc(near, func(a, b string) int { return cmp.Compare(far[a], far[b]) })
	return near[:min(len(near), 5)]
}

// distance is how many letters have to be changed, added or left out to make
// one word of another (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := before
			if a[i] != b[j] {
				changed++
			}
			before = row[j+1]
			row[j+1] = min(changed, before+1, row[j]+1)
		}
	}
	return row[len(b)]
}
