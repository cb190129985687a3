package browser

import (
	"context"
	"sync"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
)

// How long a unit is given, as parts of what it has in all: to load, to answer
// that its scripts still run, and to leave.
const (
	toLoad   = 2
	toAnswer = 4
	toLeave  = 4
)

// still is how long nothing may happen on a page that has come to rest; waiting
// is how long a unit that has not called its host is given to do so.
const (
	still   = 400 * time.Millisecond
	waiting = 2500 * time.Millisecond
)

// visit is the look at one unit: a profile without a past, the host's page in
// it, and all that opens from there.
type visit struct {
	*wire
	launch  packagecheck.Launch
	unit    packagecheck.Unit
	home    string // the path of the unit's page in the package
	tracked bool
	profile cdp.BrowserContextID
	ctx     context.Context // of what the visit answers to the browser
	slots   chan struct{}   // files in memory at a time
	caught  *caught
	changed chan struct{}
	frames  int // looked at by axe

	mu       sync.Mutex
	top      target.SessionID
	sessions map[target.SessionID]target.ID
	order    []target.SessionID // windows and frames, as they came
	kinds    map[target.SessionID]string
	busy     int // requests that wait for their answer
	asked    int
	spent    int64
	dialogs  int
	hosted   bool // the host's page was asked for
	loaded   bool
	leaving  bool
	left     bool
	crashed  bool
	known    map[string]bool // what was said already
	store    *store
	seen     packagecheck.Seen
}

// current is the visit under way, to which the browser's events go.
type current struct {
	caught caught
	mu     sync.Mutex
	v      *visit
}

func (c *current) set(v *visit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.v = v
}

func (c *current) event(m *cdproto.Message) {
	defer c.caught.keep()
	c.mu.Lock()
	v := c.v
	c.mu.Unlock()
	if v != nil {
		v.event(m)
	}
}

// visit opens one unit. A unit that brings the browser down has been seen too;
// an error is a browser that does not work.
func (r *run) visit(ctx context.Context, i int) (packagecheck.Seen, error) {
	answering, cancel := context.WithCancel(ctx)
	defer cancel()
	v := newVisit(answering, r.chrome.wire, r.launch, i)
	v.caught = &r.now.caught
	r.now.set(v)
	defer r.now.set(nil)
	limit := r.browser.opts.PerUnit
	timed, stop := context.WithTimeout(ctx, limit)
	defer stop()
	if err := v.open(timed); err != nil {
		r.stop()
		return packagecheck.Seen{}, errSilent
	}
	v.settle(timed, limit/toLoad, v.quiet)
	if !v.answers(timed, limit/toAnswer) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.seen.Stuck = true
		r.stop()
		return v.result(), nil
	}
	if axe != "" {
		v.look(timed)
	}
	v.leave(ctx, limit/toLeave)
	if _, err := call(ctx, v.wire, "", target.DisposeBrowserContext, target.DisposeBrowserContextParams{BrowserContextID: v.profile}); err != nil {
		r.stop() // the next unit gets another one
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.result(), nil
}

func newVisit(ctx context.Context, w *wire, l packagecheck.Launch, i int) *visit {
	v := &visit{wire: w, ctx: ctx, launch: l, unit: l.Units[i],
		slots: make(chan struct{}, 2), changed: make(chan struct{}, 1), known: map[string]bool{},
		sessions: map[target.SessionID]target.ID{}, kinds: map[target.SessionID]string{}, seen: packagecheck.Seen{Unit: i}}
	v.home, _ = v.nameOf(origin + address(v.unit.Launch))
	switch l.Kind {
	case packagecheck.SCORM12, packagecheck.SCORM2004, packagecheck.AICC:
		v.tracked = v.unit.Type != "asset"
	case packagecheck.CMI5, packagecheck.XAPI:
		v.tracked = true
	}
	v.store = newStore(l.Kind, v.unit, func(text string) { v.say(&v.seen.Misuse, v.home, text) })
	return v
}

// open makes the profile and its window, and goes to the host's page.
func (v *visit) open(ctx context.Context) error {
	made, err := call(ctx, v.wire, "", target.CreateBrowserContext, target.CreateBrowserContextParams{
		DisposeOnDetach: new(true), ProxyServer: nowhere, ProxyBypassList: "<-loopback>"})
	if err != nil {
		return err
	}
	v.mu.Lock()
	v.profile = made.BrowserContextID
	v.mu.Unlock()
	if err := v.forbid(ctx); err != nil {
		return err
	}
	if _, err := call(ctx, v.wire, "", target.CreateTarget, target.CreateTargetParams{URL: "about:blank",
		BrowserContextID: v.profile, NewWindow: new(true), Width: 1280, Height: 900}); err != nil {
		return err
	}
	v.settle(ctx, time.Minute, func() time.Duration { return soonIf(v.top != "") })
	if _, err := call(ctx, v.wire, v.top, runtime.AddBinding, runtime.AddBindingParams{Name: "rungHost"}); err != nil {
		return err
	}
	go call(v.ctx, v.wire, v.top, page.Navigate, page.NavigateParams{URL: origin + host})
	return nil
}

// quiet tells how much longer a page that loaded is watched, if nothing more
// happens.
func (v *visit) quiet() time.Duration {
	switch {
	case v.crashed:
		return 0
	case !v.loaded, v.busy > 0:
		return -1
	case v.tracked && !v.began():
		return waiting
	}
	return still
}

// soonIf is 0, which ends a settle, or never.
func soonIf(done bool) time.Duration {
	if done {
		return 0
	}
	return -1
}

// settle waits until rest says 0, or says a time in which nothing changes; below
// 0 it waits on. It never waits for longer than most.
func (v *visit) settle(ctx context.Context, most time.Duration, rest func() time.Duration) {
	limit := time.NewTimer(most)
	defer limit.Stop()
	for {
		v.mu.Lock()
		d := rest()
		v.mu.Unlock()
		if d == 0 {
			return
		}
		var over <-chan time.Time
		if d > 0 {
			over = time.After(d)
		}
		select {
		case <-v.changed:
		case <-over:
			return
		case <-limit.C:
			return
		case <-v.gone:
			return
		case <-ctx.Done():
			return
		}
	}
}

// touch wakes who waits for a change.
func (v *visit) touch() {
	select {
	case v.changed <- struct{}{}:
	default:
	}
}

// answers tells whether the scripts of the page still let others run.
func (v *visit) answers(ctx context.Context, most time.Duration) bool {
	limited, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	_, err := call(limited, v.wire, v.top, runtime.Evaluate, runtime.EvaluateParams{Expression: "1"})
	v.mu.Lock()
	defer v.mu.Unlock()
	gone := v.sessions[v.top] == "" && !v.crashed // it closed itself, which a unit may
	return !v.crashed && (err == nil || gone)
}

// leave goes away from the unit as a learner who closes it: first its windows,
// then its frame, and waits for what its pages say at their end.
func (v *visit) leave(ctx context.Context, most time.Duration) {
	limited, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	v.mu.Lock()
	v.leaving = true
	top, open := v.top, v.sessions[v.top] != ""
	v.mu.Unlock()
	popups := v.popups()
	for _, t := range popups {
		go call(v.ctx, v.wire, "", target.CloseTarget, target.CloseTargetParams{TargetID: t})
	}
	if len(popups) > 0 {
		v.settle(limited, most/2, func() time.Duration { return soonIf(v.windowsOpen() == 0) })
	}
	if !open {
		return
	}
	const blank = `document.getElementById("unit").contentWindow.location.replace("about:blank")`
	got, err := call(limited, v.wire, top, runtime.Evaluate, runtime.EvaluateParams{Expression: blank, Silent: new(true)})
	if err != nil || got.ExceptionDetails != nil { // the unit has taken the whole window
		go call(v.ctx, v.wire, top, page.Navigate, page.NavigateParams{URL: "about:blank"})
	}
	v.settle(limited, most, func() time.Duration {
		switch {
		case v.ended() && v.left, v.sessions[v.top] == "":
			return 0
		case !v.left, v.busy > 0:
			return -1
		}
		return still
	})
}

// began and ended tell what the unit told its host; they want the lock.
func (v *visit) began() bool { return v.seen.Initialized || v.store.heard.began }
func (v *visit) ended() bool { return v.seen.Terminated || v.store.heard.ended }

func (v *visit) result() packagecheck.Seen {
	v.seen.Initialized, v.seen.Terminated = v.began(), v.ended()
	sortSaid(v.seen.Misuse, v.seen.Errors, v.seen.Missing, v.seen.Outside)
	return v.seen
}
