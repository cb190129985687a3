package browser

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
)

const (
	maxSaid    = 40   // of one list
	maxAsked   = 5000 // requests of a unit
	maxDialogs = 200
)

// event takes an event of the browser. It is called in their order and must not
// wait.
func (v *visit) event(m *cdproto.Message) {
	if m.Method == cdproto.MethodType(target.AttachedToTarget.Method) {
		if e, ok := decode(m, target.AttachedToTarget); ok {
			v.attach(e)
		}
		return
	}
	if m.Method == cdproto.MethodType(target.DetachedFromTarget.Method) {
		if e, ok := decode(m, target.DetachedFromTarget); ok {
			v.detach(e.SessionID)
		}
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.sessions[m.SessionID] == "" {
		return
	}
	switch string(m.Method) {
	case fetch.RequestPaused.Method:
		if e, ok := decode(m, fetch.RequestPaused); ok && e.Request != nil {
			v.busy++
			v.asked++
			v.touch()
			go v.serve(m.SessionID, &e, v.asked > maxAsked)
		}
	case page.LoadEventFired.Method:
		if m.SessionID == v.top && v.hosted { // not the empty page before
			v.loaded = true
			v.touch()
		}
	case page.FrameNavigated.Method:
		if e, ok := decode(m, page.FrameNavigated); ok && v.leaving && e.Frame != nil && e.Frame.URL == "about:blank" {
			v.left = true
			v.touch()
		}
	case page.JavascriptDialogOpening.Method:
		if v.dialogs++; v.dialogs <= maxDialogs {
			go call(v.ctx, v.wire, m.SessionID, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
		}
	case inspector.TargetCrashed.Method:
		if v.kinds[m.SessionID] == "page" {
			v.crashed = true
			v.touch()
		}
	case runtime.BindingCalled.Method:
		if e, ok := decode(m, runtime.BindingCalled); ok && e.Name == "rungHost" {
			v.called(e.Payload)
		}
	case runtime.ExceptionThrown.Method:
		if e, ok := decode(m, runtime.ExceptionThrown); ok && e.ExceptionDetails != nil && !v.leaving {
			v.failed(e.ExceptionDetails)
		}
	case network.WebSocketCreated.Method:
		if e, ok := decode(m, network.WebSocketCreated); ok {
			v.outside(e.URL, v.home)
		}
	case network.WebTransportCreated.Method:
		if e, ok := decode(m, network.WebTransportCreated); ok {
			v.outside(e.URL, v.home)
		}
	}
}

// called hears what the host's interface was asked for.
func (v *visit) called(payload string) {
	var c struct{ Call, Error, Element string }
	if json.Unmarshal([]byte(payload), &c) != nil {
		return
	}
	name := strings.TrimPrefix(c.Call, "LMS")
	switch {
	case c.Error == "0" && name == "Initialize":
		v.seen.Initialized = true
	case c.Error == "0" && (name == "Terminate" || name == "Finish"):
		v.seen.Terminated = true
	case c.Error == "0":
	case name == "GetValue" && c.Error == "403": // how SCORM 2004 says that nothing is there yet
	case c.Element != "":
		v.say(&v.seen.Misuse, v.home, fmt.Sprintf("%s(“%s”) got error %s", short(c.Call), short(c.Element), short(c.Error)))
	default:
		v.say(&v.seen.Misuse, v.home, fmt.Sprintf("%s got error %s", short(c.Call), short(c.Error)))
	}
	v.touch()
}

// harmless are errors that the look itself makes, by having no network, and one
// that browsers report though nothing went wrong.
var harmless = []string{"Failed to fetch", "NetworkError", "ResizeObserver loop", "ServiceWorker"}

func (v *visit) failed(d *runtime.ExceptionDetails) {
	text := d.Text
	if e := d.Exception; e != nil {
		switch {
		case e.Description != "":
			text = e.Description
		case len(e.Value) > 0:
			text = strings.TrimSpace(d.Text + " " + strings.Trim(string(e.Value), `"`))
		}
	}
	text, _, _ = strings.Cut(text, "\n")
	text = short(strings.ReplaceAll(strings.ReplaceAll(text, origin+content, ""), origin, ""))
	if slices.ContainsFunc(harmless, func(h string) bool { return strings.Contains(text, h) }) {
		return
	}
	from := d.URL
	if from == "" && d.StackTrace != nil && len(d.StackTrace.CallFrames) > 0 {
		from = d.StackTrace.CallFrames[0].URL
	}
	name, ok := v.nameOf(from)
	if !ok {
		v.say(&v.seen.Errors, v.home, text)
		return
	}
	v.say(&v.seen.Errors, name, fmt.Sprintf("%s (line %d)", text, d.LineNumber+1))
}

// outside notes an address that was asked for, without what may differ from one
// look to the next.
func (v *visit) outside(address, from string) {
	u, err := url.Parse(address)
	if err != nil {
		return
	}
	switch u.Scheme {
	case "http", "https", "ws", "wss", "ftp", "file":
		v.say(&v.seen.Outside, from, short((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()))
	}
}

// say notes a thing once; it wants the lock.
func (v *visit) say(list *[]packagecheck.Said, path, text string) {
	key := fmt.Sprintf("%p\n%s\n%s", list, path, text)
	if v.known[key] || len(*list) == maxSaid {
		return
	}
	v.known[key] = true
	*list = append(*list, packagecheck.Said{Path: path, Text: text})
}

func sortSaid(lists ...[]packagecheck.Said) {
	for _, l := range lists {
		slices.SortFunc(l, func(a, b packagecheck.Said) int {
			return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Text, b.Text))
		})
	}
}

// nameOf gives the path in the package of an address.
func (v *visit) nameOf(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme+"://"+u.Host != origin {
		return "", false
	}
	return inPackage(u)
}

// short keeps what a package says printable and of a bearable length.
func short(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > 160 {
			b.WriteRune('…')
			break
		}
		if !unicode.IsPrint(r) || unicode.Is(unicode.Bidi_Control, r) {
			r = '�'
		}
		b.WriteRune(r)
	}
	return b.String()
}
