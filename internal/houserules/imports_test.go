package houserules

import (
	"slices"
	"strings"
	"testing"
)

// mayImport is who may import whom, of our own packages. A package that is not
// named here has no rule and fails: a new room is a decision, to be written down.
// The packages below a room (workflow/programme) belong to it, and may be
// imported by whoever may import the room.
var mayImport = map[string][]string{
	// plumbing
	"internal/fault":      {},
	"internal/postgres":   {"internal/fault"},
	"internal/outbox":     {"internal/fault", "internal/postgres"},
	"internal/mail":       {"internal/fault"},
	"internal/files":      {"internal/fault"},
	"internal/accounts":   {"internal/fault", "internal/postgres", "internal/outbox"},
	"internal/webhooks":   {"internal/fault", "internal/postgres", "internal/outbox"},
	"internal/instance":   {"internal/fault", "internal/postgres", "internal/files"},
	"internal/dbtest":     {"internal/postgres", "migrations"},
	"internal/houserules": {},
	"migrations":          {},

	// rooms: arrows point one way, and no room knows its neighbours
	"workflow":  {"internal/fault", "internal/postgres", "internal/outbox"},
	"authoring": {"workflow", "internal/files", "internal/fault", "internal/postgres", "internal/outbox"},
	"reviews":   {"workflow", "internal/fault", "internal/postgres", "internal/outbox"},
	"catalogue": {"workflow", "internal/files", "internal/fault", "internal/postgres", "internal/outbox"},

	// the edge
	"web": {"workflow", "authoring", "reviews", "catalogue", "internal/accounts", "internal/files",
		"internal/mail", "internal/outbox", "internal/webhooks", "internal/postgres", "internal/fault"},
	"cmd/rung": {"workflow", "authoring", "reviews", "catalogue", "web", "migrations", "internal/accounts", "internal/files",
		"internal/mail", "internal/outbox", "internal/webhooks", "internal/postgres", "internal/fault", "internal/instance", "cmd/rung/client"},
	"cmd/rung/client": {}, // it knows a server by its API alone, as any other program does
}

// onlyInTests are packages that no binary may contain; they may import what
// tests may.
var onlyInTests = []string{"authoring/packagecheck/packagetest", "authoring/packagecheck/ziptest", "authoring/packagecheck/doctest", "internal/dbtest",
	"internal/houserules", "internal/mail/mailtest", "web/webtest", "web/browsertest", "web/e2e"}

func forTests(pkg string) bool {
	return slices.ContainsFunc(onlyInTests, func(p string) bool { return under(pkg, p) })
}

// roomOf gives the entry of mayImport that a package falls under: the longest.
func roomOf(pkg string) string {
	best := ""
	for room := range mayImport {
		if under(pkg, room) && len(room) > len(best) {
			best = room
		}
	}
	return best
}

func TestImports(t *testing.T) {
	for _, s := range sources(t) {
		room := roomOf(s.pkg)
		if room == "" {
			t.Errorf("%s: the package %s has no rule: say in mayImport what it may import", s.path, s.pkg)
			continue
		}
		if s.test || forTests(s.pkg) {
			continue
		}
		for _, path := range s.ours() {
			if forTests(path) {
				t.Errorf("%s imports %s, which is for tests alone", s.path, path)
				continue
			}
			if target := roomOf(path); target != room && !slices.Contains(mayImport[room], target) {
				t.Errorf("%s imports %s: %s may import only %s", s.path, path, room, strings.Join(mayImport[room], ", "))
			}
		}
	}
}

// Tests may wire more together than their package may, but not turn the arrows
// round: what a room's test needs of its neighbours belongs in a test higher up.
func TestRoomsNeverMeet(t *testing.T) {
	rooms := []string{"authoring", "reviews", "catalogue"}
	for _, s := range sources(t) {
		for _, room := range rooms {
			if !under(s.pkg, room) {
				continue
			}
			for _, path := range s.ours() {
				for _, other := range rooms {
					if other != room && under(path, other) {
						t.Errorf("%s imports %s: these rooms never import one another", s.path, path)
					}
				}
			}
		}
	}
}

// allowed lists by package who may import a library that belongs at one place.
var allowed = map[string][]string{
	"net/http":                                {"web", "cmd/rung", "internal/webhooks"},
	"html/template":                           {"web", "internal/mail", "catalogue" /* the listing sheet */},
	"github.com/go-chi/chi/v5":                {"web"},
	"testing":                                 {},
	"github.com/alecthomas/kong":              {"cmd/rung"},
	"github.com/looplab/fsm":                  {"workflow"},
	"github.com/pressly/goose/v3":             {"migrations"},
	"github.com/wneessen/go-mail":             {"internal/mail"},
	"github.com/chromedp/chromedp":            {"authoring/packagecheck/browser"},
	"github.com/richardlehane/mscfb":          {"authoring/packagecheck/office"},
	"github.com/goccy/go-yaml":                {"workflow/programme", "cmd/rung/client"},
	"golang.org/x/term":                       {"cmd/rung/client"},
	"github.com/emersion/go-smtp":             {"internal/mail/sink"},
	"github.com/jhillyerd/enmime/v2":          {"internal/mail/sink"},
	"github.com/sergi/go-diff/diffmatchpatch": {"authoring"},
	"github.com/alexedwards/scs/v2":           {"web", "internal/accounts"},
	"github.com/go-playground/form/v4":        {"web"},
	"github.com/go-chi/httplog/v3":            {"web"},
	"github.com/danielgtaylor/huma/v2":        {"web"},
	"github.com/yuin/goldmark":                {"web"},
}

func TestLibrariesStayAtTheirPlace(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || forTests(s.pkg) {
			continue
		}
		for _, path := range s.imports {
			places, ruled := allowed[path]
			if ruled && !slices.ContainsFunc(places, func(p string) bool { return under(s.pkg, p) }) {
				t.Errorf("%s imports %s: only these may: %s", s.path, path, strings.Join(places, ", "))
			}
		}
	}
}
