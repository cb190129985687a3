package e2e

import (
	"strings"
	"time"

	"github.com/leadership-ladder/rung/workflow/programme"
)

// walker is somebody in front of a browser of their own.
type walker struct {
	hands
	h           *house
	email, name string
	read        int64 // the newest mail that they have followed up
}

// says ends the test unless the page shows all these texts.
func (w *walker) says(texts ...string) {
	w.h.t.Helper()
	shown := w.text()
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			w.h.t.Fatalf("%s does not say %q to %s:\n%s", w.at(), text, w.name, shown)
		}
	}
}

// waitsFor opens the page that is shown again until it shows this, as its link
// to do so does.
func (w *walker) waitsFor(text string) {
	w.h.t.Helper()
	for ended := time.Now().Add(time.Minute); !strings.Contains(w.text(), text); w.open(w.at()) {
		if time.Now().After(ended) {
			w.h.t.Fatalf("%s has not come to %q:\n%s", w.at(), text, w.text())
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (w *walker) saysNot(text string) {
	w.h.t.Helper()
	if shown := w.text(); strings.Contains(shown, text) {
		w.h.t.Fatalf("%s says %q to %s:\n%s", w.at(), text, w.name, shown)
	}
}

func (w *walker) isAt(path string) {
	w.h.t.Helper()
	if w.at() != path {
		w.h.t.Fatalf("%s is at %s, expected %s:\n%s", w.name, w.at(), path, w.text())
	}
}

// signsIn asks for a code on the page for that, and types in what was mailed.
func (w *walker) signsIn() {
	w.h.t.Helper()
	before := w.h.newest()
	w.fill("Email address", w.email)
	w.press("Send me a code")
	w.says("Check your email", w.email)
	w.fill("Six-digit code", w.h.code(w.email, before))
	w.press("Sign in")
}

// isMailed waits for a mail, checks what it says, and opens its link: the page
// must be that very one, be it after signing in.
func (w *walker) isMailed(subject string, texts ...string) {
	w.h.t.Helper()
	m := w.h.mail(w.email, title+": "+subject, w.read)
	w.read = m.ID
	for _, text := range append(texts, "You get this because") {
		if !strings.Contains(strings.Join(strings.Fields(m.Text), " "), text) {
			w.h.t.Fatalf("%s does not say %q:\n%s", m, text, m.Text)
		}
	}
	path := w.h.linkOf(m)
	w.open(path)
	if strings.HasPrefix(w.at(), "/sign-in") {
		w.signsIn()
		if strings.HasPrefix(w.at(), "/profile") { // somebody new is asked for their name first
			w.fill("Full name", w.name)
			w.press("Save")
		}
	}
	w.isAt(path)
}

// meetsEverything answers every criterion of a stage with yes.
func (w *walker) meetsEverything(stage string) {
	w.h.t.Helper()
	st, _ := programme.Default().Stage(stage)
	for _, c := range st.Rubric.Criteria {
		w.choose(c.Text, "Met")
		w.keep()
	}
}

func (h *house) person(with hands, name string) *walker {
	return &walker{with, h, strings.ToLower(strings.Fields(name)[0]) + "@example.org", name, 0}
}
