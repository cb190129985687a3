package web

import (
	"encoding/base64"
	"net/http"
	"strings"
)

// flash is the one sentence that the page after an act shows. It travels in a
// cookie of its own, set by the act and cleared by the page that shows it, so
// that reading a page never writes to the database and somebody who has just
// signed out can be told so.
type flash struct {
	Success bool
	Text    string
}

// flashLimit keeps the cookie well below what browsers take.
const flashLimit = 600 // bytes of text

// done sends the browser to a page with a sentence that says what was done:
// return s.done(w, r, "/people", "Dr Bell is now a technical reviewer.")
func (s *Server) done(w http.ResponseWriter, r *http.Request, to, text string) error {
	return s.redirect(w, r, to, flash{Success: true, Text: text})
}

// notice is like done for something that the reader should know, and that
// nobody asked for.
func (s *Server) notice(w http.ResponseWriter, r *http.Request, to, text string) error {
	return s.redirect(w, r, to, flash{Text: text})
}

func (s *Server) redirect(w http.ResponseWriter, r *http.Request, to string, f flash) error {
	text := f.Text
	if len(text) > flashLimit {
		text = strings.ToValidUTF8(text[:flashLimit], "") + "…"
	}
	kind := "i"
	if f.Success {
		kind = "s"
	}
	http.SetCookie(w, s.flashCookie(kind+base64.RawURLEncoding.EncodeToString([]byte(text)), 60))
	w.Header().Set("Cache-Control", "no-store")
	if wantsJSON(r) { // the page's script follows by itself, so that it may warn of nothing unsaved
		writeJSON(w, http.StatusOK, map[string]string{"location": to})
		return nil
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// takeFlash reads the sentence and has the browser forget it.
func (s *Server) takeFlash(w http.ResponseWriter, r *http.Request) *flash {
	c, err := r.Cookie(s.cookieName("flash"))
	if err != nil {
		return nil
	}
	http.SetCookie(w, s.flashCookie("", -1))
	if len(c.Value) < 2 {
		return nil
	}
	text, err := base64.RawURLEncoding.DecodeString(c.Value[1:])
	if err != nil || len(text) > flashLimit+len("…") {
		return nil
	}
	return &flash{Success: c.Value[0] == 's', Text: strings.ToValidUTF8(string(text), "")}
}

func (s *Server) flashCookie(value string, age int) *http.Cookie {
	return &http.Cookie{
		Name: s.cookieName("flash"), Value: value, Path: "/", MaxAge: age,
		Secure: s.secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// cookieName ties a cookie to this very host where https allows it: no other
// host of the same domain can then set it.
func (s *Server) cookieName(name string) string {
	if s.secure() {
		return "__Host-rung-" + name
	}
	return "rung-" + name
}
