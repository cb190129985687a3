package browser

import (
	"context"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
)

// hold has every new window, frame and worker wait until its requests are ours
// to answer.
func hold(ctx context.Context, c *wire, s target.SessionID) error {
	_, err := call(ctx, c, s, target.SetAutoAttach, target.SetAutoAttachParams{
		AutoAttach: true, WaitForDebuggerOnStart: true, Flatten: new(true),
		Filter: target.Filter{{Type: "browser", Exclude: true}, {Type: "tab", Exclude: true}, {}}})
	return err
}

// forbid switches off what a page could ask the browser for.
func (v *visit) forbid(ctx context.Context) error {
	_, err := call(ctx, v.wire, "", browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorDeny, BrowserContextID: v.profile})
	return err
}

// attach takes over a target that opened. The session is known before its
// first event.
func (v *visit) attach(e target.EventAttachedToTarget) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if e.TargetInfo == nil || e.TargetInfo.BrowserContextID != v.profile || v.profile == "" {
		return
	}
	kind := e.TargetInfo.Type
	v.sessions[e.SessionID], v.kinds[e.SessionID] = e.TargetInfo.TargetID, kind
	if kind == "page" || kind == "iframe" {
		v.order = append(v.order, e.SessionID)
	}
	go v.adopt(e.SessionID, kind, v.top == "" && kind == "page")
}

// adopt prepares a target and lets it run. It stays held where its requests
// can't be answered: that they lead nowhere is then no matter of flags alone.
func (v *visit) adopt(s target.SessionID, kind string, first bool) {
	defer v.caught.keep()
	ctx := v.ctx
	_, err := call(ctx, v.wire, s, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*"}}})
	window := kind == "page" || kind == "iframe"
	if err != nil && window || kind == "service_worker" {
		return
	}
	post(v.wire, s, network.Enable, network.EnableParams{MaxTotalBufferSize: new(int64(1 << 20)), MaxResourceBufferSize: new(int64(1 << 18))})
	post(v.wire, s, runtime.Enable, cdp.Empty{})
	if window {
		post(v.wire, s, network.SetBypassServiceWorker, network.SetBypassServiceWorkerParams{Bypass: true})
		post(v.wire, s, page.Enable, page.EnableParams{})
	}
	go hold(ctx, v.wire, s)
	if first {
		v.mu.Lock()
		v.top = s
		v.mu.Unlock()
	}
	post(v.wire, s, runtime.RunIfWaitingForDebugger, cdp.Empty{})
	v.touch()
}

func (v *visit) detach(s target.SessionID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.sessions, s)
	delete(v.kinds, s)
	v.touch()
}

// windows are the sessions of pages and of frames that are processes of their
// own, one for each, the host's page first.
func (v *visit) windows() []target.SessionID {
	v.mu.Lock()
	defer v.mu.Unlock()
	var list []target.SessionID
	have := map[target.ID]bool{}
	for _, s := range v.order {
		if t := v.sessions[s]; t != "" && !have[t] {
			have[t] = true
			list = append(list, s)
		}
	}
	return list
}

// popups are the windows that the unit opened.
func (v *visit) popups() []target.ID {
	var list []target.ID
	for _, s := range v.windows() {
		v.mu.Lock()
		if v.kinds[s] == "page" && s != v.top {
			list = append(list, v.sessions[s])
		}
		v.mu.Unlock()
	}
	return list
}

// windowsOpen counts the unit's windows; it wants the lock.
func (v *visit) windowsOpen() int {
	n := 0
	for s, kind := range v.kinds {
		if kind == "page" && s != v.top && v.sessions[s] != v.sessions[v.top] {
			n++
		}
	}
	return n
}
