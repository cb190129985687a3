package client

import (
	"strings"
	"testing"
)

func TestNear(t *testing.T) {
	names := []string{"zip-bomb", "zip-case-clash", "zip-duplicate-name", "file-lfs-pointer", "title", "summary"}
	for typed, want := range map[string]string{
		"zip-case-clahs": "zip-case-clash", "ZIP-BOMB": "zip-bomb", "lfs": "file-lfs-pointer", "titel": "title", " summry ": "summary",
		"somari": "summary", "xomari": "", // three letters of six may be wrong, and no more
		strings.Repeat("z", 1<<20): "", "unrelated-thing-entirely": "", "": "",
	} {
		near := Near(typed, names)
		if want == "" && len(near) > 0 || want != "" && (len(near) == 0 || near[0] != want) {
			t.Errorf("near %.30q are %v, expected %q first", typed, near, want)
		}
	}
	many := []string{"name-1", "name-2", "name-3", "name-4", "name-5", "name-6", "name"}
	if near := Near("name", many); len(near) != 5 || near[0] != "name" {
		t.Errorf("%v", near)
	}
}
