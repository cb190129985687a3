package browser

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/target"
)

// serve answers one request of a page, whatever it asks for.
func (v *visit) serve(s target.SessionID, e *fetch.EventRequestPaused, tired bool) {
	defer v.caught.keep()
	defer func() {
		v.mu.Lock()
		v.busy--
		v.mu.Unlock()
		v.touch()
	}()
	refuse := func() {
		call(v.ctx, v.wire, s, fetch.FailRequest, fetch.FailRequestParams{RequestID: e.RequestID, ErrorReason: network.ErrorReasonBlockedByClient})
	}
	u, err := url.Parse(e.Request.URL)
	if tired || err != nil || header(e, "Service-Worker") != "" {
		refuse()
		return
	}
	if u.Scheme+"://"+u.Host != origin {
		v.note(func() { v.outside(e.Request.URL, v.asker(e)) })
		refuse()
		return
	}
	select {
	case v.slots <- struct{}{}:
		defer func() { <-v.slots }()
	case <-v.ctx.Done():
		return
	}
	a, ok := v.find(s, u, e)
	if !ok {
		refuse()
		return
	}
	headers := []*fetch.HeaderEntry{
		{Name: "Content-Type", Value: a.kind},
		{Name: "Cache-Control", Value: "no-store"},
		{Name: "Referrer-Policy", Value: "unsafe-url"}, // so that each request tells which page it is from
		{Name: "Permissions-Policy", Value: "unload=(self)"},
	}
	for _, h := range a.extra {
		headers = append(headers, &fetch.HeaderEntry{Name: h[0], Value: h[1]})
	}
	call(v.ctx, v.wire, s, fetch.FulfillRequest, fetch.FulfillRequestParams{RequestID: e.RequestID,
		ResponseCode: a.status, ResponseHeaders: headers, Body: a.body})
}

// find makes the answer to a request of the made-up site; ok is false where it
// is refused.
func (v *visit) find(s target.SessionID, u *url.URL, e *fetch.EventRequestPaused) (answer, bool) {
	if name, ok := inPackage(u); ok {
		return v.packaged(name, e)
	}
	below, ok := strings.CutPrefix(u.Path, host)
	switch {
	case ok && below == "":
		v.note(func() { v.hosted = true })
		return hostPage(v.launch.Kind, v.store.address(v.unit.Launch)), true
	case ok && below == "stub.js":
		return answer{status: 200, kind: "text/javascript", body: []byte(stub)}, true
	case ok:
		r := asked{method: e.Request.Method, path: below, query: u.Query(), kind: header(e, "Content-Type"),
			auth: header(e, "Authorization") != "", body: v.body(s, e)}
		v.mu.Lock()
		defer v.mu.Unlock()
		return v.store.answer(r), true
	case u.Path == "/favicon.ico":
		return missing, true
	}
	v.note(func() { v.say(&v.seen.Missing, v.asker(e), short(u.Path)) })
	return missing, true
}

var missing = answer{status: 404, kind: "text/plain", body: []byte("Not found")}

func (v *visit) packaged(name string, e *fetch.EventRequestPaused) (answer, bool) {
	wanted := header(e, "Range")
	for _, n := range []string{name, strings.TrimSuffix(name, "/") + "/index.html"} {
		a, ok, err := v.file(v.ctx, strings.TrimPrefix(n, "/"), wanted)
		if err != nil {
			return a, false
		}
		if ok {
			return a, true
		}
		if !strings.HasSuffix(name, "/") && name != "" {
			break
		}
	}
	if !strings.HasSuffix(name, "/favicon.ico") && name != "favicon.ico" {
		v.note(func() { v.say(&v.seen.Missing, v.asker(e), short(name)) })
	}
	return missing, true
}

// note runs with the lock, unless the page is being left: what it asks for then
// is nobody's loss.
func (v *visit) note(say func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.leaving {
		say()
	}
}

// asker is the file from which a request comes.
func (v *visit) asker(e *fetch.EventRequestPaused) string {
	if name, ok := v.nameOf(header(e, "Referer")); ok {
		return name
	}
	return v.home
}

func header(e *fetch.EventRequestPaused, name string) string {
	for k, value := range e.Request.Headers {
		if strings.EqualFold(k, name) {
			return fmt.Sprint(value)
		}
	}
	return ""
}

// body gives what a request sends, as far as the browser tells.
func (v *visit) body(s target.SessionID, e *fetch.EventRequestPaused) []byte {
	var b []byte
	for _, part := range e.Request.PostDataEntries {
		b = append(b, part.Bytes...)
	}
	if len(b) > 0 || !e.Request.HasPostData || e.NetworkID == "" {
		return b
	}
	got, err := call(v.ctx, v.wire, s, network.GetRequestPostData, network.GetRequestPostDataParams{RequestID: e.NetworkID})
	if err != nil {
		return nil
	}
	return got.PostData
}

// spend takes from what one unit is given of bytes; false where it has had all.
func (v *visit) spend(n int64) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.spent += n
	return v.spent <= allFiles
}
