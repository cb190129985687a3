package browsertest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Widths are those at which every page is looked at: a desktop and a phone.
var Widths = []int64{1280, 375}

// patience bounds each step of a test.
const patience = time.Minute

// Tab is a tab with cookies and storage of its own, 1280 pixels wide. What a
// page logs as an error, a refused inline style included, fails the test.
type Tab struct {
	t      testing.TB
	ctx    context.Context
	width  int64
	mu     sync.Mutex
	errors []string
}

// New opens an empty tab, which closes with the test.
func New(t testing.TB) *Tab {
	t.Helper()
	browser, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	tab := &Tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		cancel()
		tab.complain()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("opening a tab: %v", err)
	}
	if err := chromedp.Listen(ctx, tab.hear); err != nil {
		t.Fatalf("listening to a tab: %v", err)
	}
	tab.Resize(Widths[0])
	return tab
}

// Run runs a test within the tab's own, in the same tab: what pages log
// meanwhile fails that test.
func (b *Tab) Run(t *testing.T, name string, test func()) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		whole := b.t
		b.t = t
		defer func() {
			b.complain()
			b.t = whole
		}()
		test()
	})
}

// complain fails the test for each error that was heard since it last did.
func (b *Tab) complain() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.errors {
		b.t.Errorf("the page logged: %s", e)
	}
	b.errors = nil
}

// hear notes errors. A page that answers 4xx is logged as a failed resource;
// tests ask for such pages on purpose.
func (b *Tab) hear(event any) {
	var text string
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" && e.Entry.Source != "network" {
			text = e.Entry.Text
		}
	case *runtime.EventExceptionThrown:
		text = e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
	}
	if text != "" {
		b.mu.Lock()
		b.errors = append(b.errors, text)
		b.mu.Unlock()
	}
}

// Context is for chromedp actions that this package has no word for.
func (b *Tab) Context() context.Context { return b.ctx }

// Do runs actions, and ends the test where one fails.
func (b *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatalf("in the browser: %v\n%s", err, b.where())
	}
}

// where says what the tab shows, for a failure.
func (b *Tab) where() string {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	return text
}

// Open goes to an address and waits until it has loaded.
func (b *Tab) Open(address string) {
	b.t.Helper()
	b.Do(chromedp.Navigate(address))
}

// TakeCookies gives this tab a visitor's cookies: it is then signed in as they
// are.
func (b *Tab) TakeCookies(site string, cookies []*http.Cookie) {
	b.t.Helper()
	u, err := url.Parse(site)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range cookies {
		b.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: u.String()})
			return err
		}))
	}
}

// WithoutJavaScript switches scripts off for the pages opened from now on.
func (b *Tab) WithoutJavaScript() {
	b.t.Helper()
	b.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
}

// OnPaper shows the page as it is printed.
func (b *Tab) OnPaper() {
	b.t.Helper()
	b.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
		return err
	}))
}

// Resize makes the tab so many pixels wide.
func (b *Tab) Resize(width int64) {
	b.t.Helper()
	b.width = width
	b.Do(chromedp.EmulateViewport(width, 900))
}

// Fill types into the field that the CSS selector finds, in place of what is
// there.
func (b *Tab) Fill(css, text string) {
	b.t.Helper()
	b.Do(chromedp.Clear(chromedp.CSS(css)), chromedp.SendKeys(chromedp.CSS(css), text))
}

// Click clicks what the CSS selector finds.
func (b *Tab) Click(css string) {
	b.t.Helper()
	b.Do(chromedp.Click(chromedp.CSS(css)))
}

// Follow clicks and waits for the page that this leads to.
func (b *Tab) Follow(css string) {
	b.t.Helper()
	b.FollowWhatIs(func() string { return css })
}

// FollowWhatIs is Follow for an element that is looked for again where it can't
// be clicked: the header's script lays the menu out anew, so what was found may
// be gone, or hidden, before it is clicked. Then nothing has happened yet.
func (b *Tab) FollowWhatIs(find func() string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	before := b.String(`location.href`)
	for {
		css := find()
		try, stop := context.WithTimeout(ctx, patience/3)
		_, err := chromedp.RunResponse(try, chromedp.Click(chromedp.CSS(css)))
		tired := try.Err() != nil
		stop()
		switch {
		case err == nil:
			return
		case ctx.Err() != nil, !tired && !strings.Contains(err.Error(), "Could not find node"):
			b.t.Fatalf("following %s: %v\n%s", css, err, b.where())
		case tired && b.String(`location.href`) != before: // it was only slow
			return
		}
	}
}

// Press types keys where the focus is: kb.Tab, kb.Enter, or text.
func (b *Tab) Press(keys string) {
	b.t.Helper()
	b.Do(chromedp.KeyEvent(keys))
}

// PressEnterOnLink presses Enter the way a keyboard does on a link that has the
// focus: a key that was acted upon writes no character. [Tab.Press] writes one
// all the same, which would send the form of a field that the link leads to.
func (b *Tab) PressEnterOnLink() {
	b.t.Helper()
	b.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
			_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, input.DispatchKeyEventParams{
				Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13,
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

// PressAndWait types keys and waits for the page that this leads to.
func (b *Tab) PressAndWait(keys string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.KeyEvent(keys)); err != nil {
		b.t.Fatalf("pressing a key: %v\n%s", err, b.where())
	}
}

// WaitFor waits until a JavaScript expression is true.
func (b *Tab) WaitFor(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Poll[bool](expression))
	for err != nil && ctx.Err() == nil && leaves(err) {
		_, err = chromedp.Run(ctx, chromedp.Poll[bool](expression))
	}
	if err != nil {
		b.t.Fatalf("waiting for %s: %v\n%s", expression, err, b.where())
	}
}

// leaves reports whether a page was asked something in the very moment in which
// the next one took its place: it is to be asked again.
func leaves(err error) bool {
	return strings.Contains(err.Error(), "Cannot find context") || strings.Contains(err.Error(), "context was destroyed")
}

// String is the value of a JavaScript expression.
func (b *Tab) String(expression string) string {
	b.t.Helper()
	return evaluate[string](b, expression)
}

// Text is what the page shows.
func (b *Tab) Text() string {
	b.t.Helper()
	return b.String(`document.body.innerText`)
}

// Says fails the test for each text that the page does not show.
func (b *Tab) Says(texts ...string) {
	b.t.Helper()
	shown := b.Text()
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			b.t.Errorf("the page does not say %q:\n%s", text, shown)
		}
	}
}

func evaluate[T any](b *Tab, expression string, options ...chromedp.EvaluateOption) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, options...))
	for err != nil && ctx.Err() == nil && leaves(err) {
		v, err = chromedp.Run(ctx, chromedp.Evaluate[T](expression, options...))
	}
	if err != nil {
		b.t.Fatalf("evaluating %.60s: %v", expression, err)
	}
	return v
}

// Screenshot keeps a picture of the whole page in the folder that the
// environment variable RUNG_SCREENSHOTS names, as NAME-WIDTH.png; without the
// variable it does nothing.
func (b *Tab) Screenshot(name string) {
	b.t.Helper()
	dir := os.Getenv("RUNG_SCREENSHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, b.width)), png, 0o644)
	}
	if err != nil {
		b.t.Fatalf("taking a picture: %v", err)
	}
}
