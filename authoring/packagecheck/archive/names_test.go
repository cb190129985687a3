package archive

import (
	"strings"
	"testing"
)

func TestNamesOnWindows(t *testing.T) {
	for path, want := range map[string]string{
		"img/what?.png":      "“?”",
		"a:b.html":           "“:”",
		`say "hi".html`:      `“"”`,
		"and so on./a.html":  "ends with",
		"a .html/b ":         "ends with",
		"folder /index.html": "ends with",
		"img/Aux.txt":        "“Aux.txt”",
		"nul":                "“nul”",
		"con.tar.gz":         "“con.tar.gz”",
		"lpt9.js":            "“lpt9.js”",
		"com1/index.html":    "“com1”",

		"":                 "",
		"index.html":       "",
		"com0.js":          "",
		"com10.js":         "",
		"comma.js":         "",
		"console.js":       "",
		"auxiliary/nul_.x": "",
		"a b.c d":          "",
		".hidden":          "",
		"img/Icon\r":       "",
		"é/ü.html":         "",
	} {
		if why := notOnWindows(path); (why == "") != (want == "") || !strings.Contains(why, want) {
			t.Errorf("%q: %q, expected %q in it", path, why, want)
		}
	}
}

// A person who packs by Windows' own means knows the name, not the number.
func TestMethodsHaveNames(t *testing.T) {
	for number, want := range map[uint16]string{9: "Deflate64 (method 9)", 12: "bzip2 (method 12)", 77: "method 77"} {
		if got := method(number); got != want {
			t.Errorf("%d is %q, expected %q", number, got, want)
		}
	}
}
