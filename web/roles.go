package web

import (
	"strings"
	"unicode"
)

// roleName is a role as pages write it: "technical_reviewer" is "Technical
// reviewer". Programmes name their own roles, so it is made from the key.
func roleName(role string) string {
	name := []rune(strings.ReplaceAll(role, "_", " "))
	if len(name) > 0 {
		name[0] = unicode.ToUpper(name[0])
	}
	return string(name)
}
