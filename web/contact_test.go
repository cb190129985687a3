package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/web/webtest"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Whom to ask stands in the programme's file alone.
func TestWhomToAsk(t *testing.T) {
	const first, second = "Write to the desk of the modules.", "It is open on weekdays."
	s := webtest.Start(t, func(s *webtest.Site) {
		p := *programme.Default()
		p.Words.Contact = []string{first, second}
		s.Server.Workflow.Current = &p
	})
	anna, nobody := s.SignIn(t, "anna@example.org"), s.Visitor(t)
	for _, c := range []struct {
		what, method, path string
		as                 *webtest.Visitor
		status             int
		asks               bool
	}{
		{"the accessibility statement", http.MethodGet, "/accessibility", nobody, http.StatusOK, true},
		{"no page", http.MethodGet, "/nowhere", nobody, http.StatusNotFound, true},
		{"not theirs", http.MethodGet, "/people", anna, http.StatusForbidden, true},
		{"an act opened as a page", http.MethodGet, "/sign-out", anna, http.StatusMethodNotAllowed, true},
		{"our fault", http.MethodGet, "/trial/panic", nobody, http.StatusInternalServerError, true},
		{"not now, which its reader mends", http.MethodPost, "/trial/note", anna, http.StatusConflict, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			p := c.as.Do(c.method, c.path, "", nil).Expect(c.status).SaysNot("mailto:")
			if c.asks {
				p.Says(first, second)
			} else if strings.Contains(p.Text(), first) {
				t.Errorf("it says whom to ask:\n%s", p.Text())
			}
		})
	}
}
