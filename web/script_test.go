package web_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/leadership-ladder/rung/web"
	"github.com/leadership-ladder/rung/web/browsertest"
	"github.com/leadership-ladder/rung/web/webtest"
)

// TestKeyboardAlone signs in and fills in the profile without a mouse: the skip
// link comes first, the error summary takes the focus, its link leads to the field.
func TestKeyboardAlone(t *testing.T) {
	s := webtest.Start(t)
	tab := browsertest.New(t)
	tab.Open(s.URL + "/sign-in")
	tab.Press(kb.Tab)
	if got := tab.String(`document.activeElement.textContent`); got != "Skip to main content" {
		t.Fatalf("the first stop is %q", got)
	}
	tab.PressEnterOnLink()
	for range 5 {
		if tab.String(`document.activeElement.id`) == "email" {
			break
		}
		tab.Press(kb.Tab)
	}
	tab.Press("anna")
	tab.PressAndWait(kb.Enter)
	tab.WaitFor(`document.querySelector("[data-nhsuk-error-summary-init]") === document.activeElement`)
	tab.Screenshot("sign-in-error")
	tab.Press(kb.Tab)
	tab.PressEnterOnLink()
	tab.WaitFor(`document.activeElement.id === "email"`)
	tab.Press(kb.End)
	tab.Press("@example.org")
	tab.PressAndWait(kb.Enter)
	tab.Says("Check your email", "anna@example.org")
	for range 30 { // links of the header come before it
		if tab.String(`document.activeElement.id`) == "code" {
			break
		}
		tab.Press(kb.Tab)
	}
	tab.Press(s.Code(t, "anna@example.org"))
	tab.PressAndWait(kb.Enter)
	tab.Says("Welcome. What should we call you?")
	tab.Axe()
}

// TestWithoutJavaScript: signing in needs no script, and the error summary
// takes the focus without one.
func TestWithoutJavaScript(t *testing.T) {
	s := webtest.Start(t)
	tab := browsertest.New(t)
	tab.WithoutJavaScript()
	tab.Open(s.URL + "/sign-in")
	tab.Follow("main button")
	tab.Says("There is a problem", "Enter your email address.")
	tab.Fill("#email", "anna@example.org")
	tab.Follow("main button")
	tab.Fill("#code", s.Code(t, "anna@example.org"))
	tab.Follow("main button")
	tab.Says("Welcome. What should we call you?")
}

// TestAutosave: saved after a pause; another tab's save stops it with a link;
// an ended session keeps the words, through signing in again in another tab
// and through a reload.
func TestAutosave(t *testing.T) {
	s := webtest.Start(t)
	anna := s.SignIn(t, "anna@example.org")
	tab := browsertest.New(t)
	tab.TakeCookies(s.URL, anna.Cookies())
	tab.Open(s.URL + "/trial")
	tab.Do(chromedp.SendKeys(chromedp.CSS("#words"), "Forty minutes"))
	tab.WaitFor(`document.querySelector("[role=status]").textContent.startsWith("Saved at")`)
	if got := web.TrialSaved.Load(); got != "Forty minutes" {
		t.Errorf("saved %q", got)
	}
	if got := tab.String(`document.querySelector("[name=version]").value`); got != itoa(web.TrialVersion.Load()) {
		t.Errorf("the version is %s", got)
	}

	anna.Post("/sign-out-everywhere", nil)
	tab.Do(chromedp.SendKeys(chromedp.CSS("#words"), " of words"))
	tab.WaitFor(`document.querySelector("[role=status]").textContent.includes("your session has ended")`)
	tab.Open(s.URL + "/trial")
	tab.Says("You typed something here that was not saved.")
	again := s.SignIn(t, "anna@example.org")
	tab.TakeCookies(s.URL, again.Cookies())
	tab.Click(".rung-offer button")
	tab.WaitFor(`document.querySelector("#words").value === "Forty minutes of words"`)
	tab.WaitFor(`document.querySelector("[role=status]").textContent.startsWith("Saved at")`)
	if got := web.TrialSaved.Load(); got != "Forty minutes of words" {
		t.Errorf("saved %q", got)
	}

	web.TrialVersion.Add(1) // another tab
	tab.Do(chromedp.SendKeys(chromedp.CSS("#words"), ", no more"))
	tab.WaitFor(`document.querySelector("[role=status] a[href$='/trial']") !== null`)
	tab.Says("Saved in another tab since.")
}

// TestUploadShowsItsProgress: a refusal stays on the page with its sentence; a
// file that is taken leads onwards.
func TestUploadShowsItsProgress(t *testing.T) {
	s := webtest.Start(t)
	dir := t.TempDir()
	tab := browsertest.New(t)
	tab.Open(s.URL + "/trial")
	for name, content := range map[string]string{"no.zip": "no zip", "yes.zip": "PK and more"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tab.Do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{filepath.Join(dir, "no.zip")}))
	tab.Click("#package button")
	tab.WaitFor(`document.querySelector("#package .rung-status--trouble")?.textContent === "This is no zip file."`)
	tab.Do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{filepath.Join(dir, "yes.zip")}))
	tab.Follow("#package button")
	tab.WaitFor(`location.pathname === "/accessibility"`)
	tab.Says("11 bytes are here.")
}

// TestAxeFindsWhatIsWrong plants a mistake: a test that can't fail proves
// nothing.
func TestAxeFindsWhatIsWrong(t *testing.T) {
	s := webtest.Start(t)
	tab := browsertest.New(t)
	tab.Open(s.URL + "/trial")
	tab.Do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool](`document.querySelector("main").insertAdjacentHTML("beforeend", "<img src='/x.png'>"), true`)(ctx, target)
		return err
	}))
	if found := tab.Violations(); len(found) == 0 {
		t.Error("axe does not see an image without alt")
	}
}
