package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/web/browsertest"
	"github.com/leadership-ladder/rung/web/webtest"
)

func TestTokenIsShownOnce(t *testing.T) {
	sh := newShelf(t)
	sh.leader.Get("/profile").Says("Access tokens")
	form := url.Values{"name": {"Weekly report"}, "scopes": {"read", "lead"}, "days": {"90"}}
	made := sh.leader.Post("/tokens", form).Expect(http.StatusOK).Says("Copy it now")
	secret := webtest.TextOf(made.All("code")[0])
	if b, err := sh.Server.Accounts.Bearer(t.Context(), secret); err != nil || b.Person.ID != sh.lena.ID {
		t.Fatalf("%q is no token: %v", secret, err)
	}
	if cache := made.Header.Get("Cache-Control"); cache != "no-store" {
		t.Errorf("it may be kept: %q", cache)
	}
	sh.leader.Post("/tokens", form).Expect(http.StatusUnprocessableEntity).Says("You have a token of this name").SaysNot(secret)
	list := sh.leader.Get("/tokens").Says("Weekly report", "Works until 31 May 2026", "2 March 2026").SaysNot(secret)
	if strings.Contains(sh.Log.String(), secret) {
		t.Error("it is in the log")
	}

	action, _ := webtest.Attribute(list.One("form", "action", "/tokens/1/revoke"), "action")
	sh.author.Post(action, nil).Expect(http.StatusNotFound)
	sh.leader.Post(action, nil).Leads("/tokens")
	sh.leader.Get("/tokens").Says("Revoked")
	if _, err := sh.Server.Accounts.Bearer(t.Context(), secret); err == nil {
		t.Error("a revoked token works")
	}
}

func TestTokenRefused(t *testing.T) {
	sh := newShelf(t)
	if offered := sh.author.Get("/tokens/new").All("input", "name", "scopes"); len(offered) != 2 {
		t.Errorf("somebody without a role is offered %d scopes", len(offered))
	}
	refused := sh.author.Post("/tokens", url.Values{"name": {"My words"}, "scopes": {"lead"}}).Expect(http.StatusUnprocessableEntity)
	refused.Says("Say for how long it works", "Your roles don’t cover the scope lead")
	if refused.Value("name") != "My words" {
		t.Error("the words are lost")
	}
}

// Made and read by the keyboard alone; list and form fit (Axe looks for what is
// wider than the screen, once the menu has been laid out for it).
func TestTokensInTheBrowser(t *testing.T) {
	sh := newShelf(t)
	sh.leader.Post("/tokens", url.Values{"name": {strings.Repeat("w", 100)}, "scopes": {"read", "propose", "review", "lead"}, "days": {"30"}}).Expect(http.StatusOK)
	sh.Clock.Add(40 * 24 * time.Hour) // it has expired
	sh.leader = sh.SignIn(t, "lena@example.org")
	sh.leader.Post("/tokens", url.Values{"name": {"Weekly report"}, "scopes": {"read"}, "days": {"90"}}).Expect(http.StatusOK)
	tab := browsertest.New(t)
	tab.TakeCookies(sh.URL, sh.leader.Cookies())
	for _, page := range []string{"/tokens", "/tokens/new"} {
		tab.Open(sh.URL + page)
		for _, width := range []int64{1280, 375} {
			tab.Resize(width)
			tab.Screenshot(strings.ReplaceAll(page[1:], "/", "-"))
		}
		tab.Axe()
	}
	tab.Open(sh.URL + "/tokens")
	tab.Says("Expired", "Works until", "Ended on")
	tab.Open(sh.URL + "/tokens/new")
	tab.Fill("#name", "By hand")
	for range 20 { // the boxes, the radios, the button
		tab.Press("\t")
		switch tab.String(`document.activeElement.type + " " + document.activeElement.value`) {
		case "checkbox read", "radio 30":
			tab.Press(" ")
		}
		if tab.String(`document.activeElement.innerText`) == "Make the token" {
			break
		}
	}
	tab.PressAndWait("\r")
	tab.Says("Your new token", "rung_")
	tab.Axe()
	tab.Screenshot("token-made")
}
