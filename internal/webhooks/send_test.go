package webhooks

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/outbox"
)

var quiet = log.New(io.Discard, "", 0)

// TestADelivery has the standard's headers and body, and verifies.
func TestADelivery(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, answers(http.StatusAccepted))
	id := w.add(r.URL + "/here?a=b")
	w.queue(id, 3)
	w.drain()
	d := w.newest(id)
	if d.State != outbox.Sent || d.Answer != "The receiver answered 202." || d.Type != "proposal.submit" || d.Proposal != 42 || d.Attempts != 1 || !d.Again() {
		t.Errorf("the delivery is %+v", d)
	}
	got := r.all()
	if len(got) != 1 {
		t.Fatalf("%d requests", len(got))
	}
	want := map[string]string{"Content-Type": "application/json", "Webhook-Id": MessageID(d.ID),
		"Webhook-Timestamp": strconv.FormatInt(w.clock.Now().Unix(), 10)}
	for name, value := range want {
		if got[0].header.Get(name) != value {
			t.Errorf("%s is %q, want %q", name, got[0].header.Get(name), value)
		}
	}
	if want := `{"type":"proposal.submit","timestamp":"2021-02-25T15:02:10Z","data":{"proposal":42,"seq":3}}`; got[0].body != want {
		t.Errorf("the body is %s, want %s", got[0].body, want)
	}
	s, err := w.svc.Secrets(t.Context(), w.ada, id)
	w.must(err)
	if !verifies(t, s.Current, got[0]) || strings.Contains(got[0].header.Get("webhook-signature"), " ") {
		t.Errorf("signed %s", got[0].header.Get("webhook-signature"))
	}
}

// TestEveryTryIsTheSameMessage: over three days, by growing pauses, with the
// same id and bytes; then it has failed, and can be sent again.
func TestEveryTryIsTheSameMessage(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	status := http.StatusInternalServerError
	r := newReceiver(t, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(status) })
	id := w.add(r.URL)
	w.queue(id, 1)
	start := w.clock.Now()
	w.drain()
	d := w.newest(id)
	w.refused(w.svc.SendAgain(ctx, w.ada, id, d.ID), fault.Stale)
	var last time.Duration
	for d.State == outbox.Waiting {
		pause := d.DueAt.Sub(w.clock.Now())
		if pause < last && d.DueAt.Sub(start) < RetryFor {
			t.Fatalf("a pause of %v after one of %v", pause, last)
		}
		last = pause
		w.clock.Add(pause)
		w.drain()
		d = w.newest(id)
	}
	if took := w.clock.Now().Sub(start); d.State != outbox.Failed || took != RetryFor || d.Answer != "The receiver answered 500." {
		t.Errorf("after %v: %+v", took, d)
	}
	if len(r.all()) != d.Attempts || d.Attempts < 20 {
		t.Errorf("%d requests by %d tries", len(r.all()), d.Attempts)
	}

	status = http.StatusOK
	for range 2 { // what has failed, and what was sent
		w.must(w.svc.SendAgain(ctx, w.ada, id, d.ID))
		w.drain()
		if d = w.newest(id); d.State != outbox.Sent || d.Attempts != 1 {
			t.Errorf("sent again: %+v", d)
		}
	}
	for _, got := range r.all() {
		if got.header.Get("webhook-id") != MessageID(d.ID) || got.body != r.all()[0].body {
			t.Fatalf("a try differs: %+v", got)
		}
	}
	w.refused(w.svc.SendAgain(ctx, w.ada, w.add(r.URL), d.ID), fault.NotFound)
	w.refused(w.svc.SendAgain(ctx, w.ada, id, 999), fault.NotFound)
}

// TestACrashBeforeTheRecord: the receiver got it, the process died before it
// wrote that down; the next one delivers it again, under the same id.
func TestACrashBeforeTheRecord(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, answers(http.StatusOK))
	id := w.add(r.URL)
	w.queue(id, 1)
	deliver := w.svc.Handler()
	w.run.Handlers[Kind] = func(ctx context.Context, batch []outbox.Claimed) []outbox.Outcome {
		deliver(ctx, batch)
		// As if the row were still leased to a process that is gone.
		_, err := w.db.Exec(`update outbox set leased_by = 'the dead'`)
		w.must(err)
		return make([]outbox.Outcome, len(batch))
	}
	w.drain()
	if d := w.newest(id); d.State != outbox.Waiting {
		t.Fatalf("after the crash: %+v", d)
	}
	w.restart()
	w.clock.Add(outbox.DefaultLease)
	w.drain()
	got := r.all()
	if len(got) != 2 || got[0].header.Get("webhook-id") != got[1].header.Get("webhook-id") || got[0].body != got[1].body {
		t.Errorf("got %+v", got)
	}
	if d := w.newest(id); d.State != outbox.Sent {
		t.Errorf("%+v", d)
	}
}

// TestGone: one 410 disables the webhook, whoever else gets one; what is queued
// is dropped and says why, and an administrator may enable it again.
func TestGone(t *testing.T) {
	w := newWorld(t)
	status := http.StatusGone
	r := newReceiver(t, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(status) })
	id := w.add(r.URL)
	w.queue(id, 1)
	w.queue(id, 2)
	w.drain()
	hook := w.get(id)
	if hook.DisabledReason != Gone || !hook.DisabledAt.Equal(w.clock.Now()) || hook.Version != 2 || w.changes(id) != "added ada, gone" {
		t.Fatalf("%+v: %s", hook, w.changes(id))
	}
	before := len(r.all())
	w.queue(id, 3)
	w.drain()
	if d := w.newest(id); d.State != outbox.Dropped || d.Answer != "The webhook is disabled: its receiver answered 410 Gone." || len(r.all()) != before {
		t.Errorf("queued after that: %+v", d)
	}
	w.refused(w.svc.Ping(t.Context(), w.ada, id), fault.Refused, "webhook_disabled")
	w.refused(w.svc.SendAgain(t.Context(), w.ada, id, w.newest(id).ID), fault.Refused, "webhook_disabled")

	status = http.StatusOK
	w.must(w.svc.Enable(t.Context(), w.ada, id, 2))
	w.must(w.svc.SendAgain(t.Context(), w.ada, id, w.newest(id).ID))
	w.drain()
	if d := w.newest(id); d.State != outbox.Sent {
		t.Errorf("sent again: %+v", d)
	}
}

// TestWhatIsDropped says why.
func TestWhatIsDropped(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, answers(http.StatusOK))
	draft, off, removed := w.add(r.URL), w.add(r.URL), w.add(r.URL)
	w.queue(draft, 0)
	w.queue(off, 1)
	w.queue(removed, 1)
	w.must(w.svc.Disable(t.Context(), w.ada, off, 1))
	w.must(w.svc.Remove(t.Context(), w.ada, removed, 1))
	w.drain()
	if len(r.all()) != 0 {
		t.Errorf("sent all the same: %+v", r.all())
	}
	var notes []string
	w.must(w.db.Select(&notes, `select note from outbox where state = 'dropped' order by id`))
	want := []string{"There is nothing to tell: the event is nobody else's to know.", "The webhook is disabled.", "The webhook was removed."}
	if strings.Join(notes, "|") != strings.Join(want, "|") {
		t.Errorf("%q, want %q", notes, want)
	}
}

// TestHardReceivers: slow, endless, broken, busy, or hanging up; none of them
// holds up the one that is well, and none of their words are shown.
func TestHardReceivers(t *testing.T) {
	w := newWorld(t)
	w.svc.timeout = 300 * time.Millisecond
	w.restart()
	until := func(req *http.Request) { <-req.Context().Done() }
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request)
		state  string
		says   string
		after  time.Duration
	}{
		{"silent", func(_ http.ResponseWriter, req *http.Request) { until(req) }, outbox.Waiting, "The receiver did not answer in time.", 30 * time.Second},
		{"says yes and never ends", func(rw http.ResponseWriter, req *http.Request) {
			rw.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(rw).Flush()
			until(req)
		}, outbox.Sent, "The receiver answered 200.", 0},
		{"endless", func(rw http.ResponseWriter, _ *http.Request) {
			for block := bytes.Repeat([]byte("x"), 1<<16); ; {
				if _, err := rw.Write(block); err != nil {
					return
				}
			}
		}, outbox.Sent, "The receiver answered 200.", 0},
		{"long headers", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("X-Long", strings.Repeat("x", 2*readAnswer))
		}, outbox.Waiting, "Rung could not connect to the receiver.", 30 * time.Second},
		{"talks", func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "secret of the inside", 500) }, outbox.Waiting, "The receiver answered 500.", 30 * time.Second},
		{"busy for ten minutes", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Retry-After", "600")
			rw.WriteHeader(http.StatusTooManyRequests)
		}, outbox.Waiting, "The receiver answered 429.", 10 * time.Minute},
		{"busy until a date", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Retry-After", w.clock.Now().Add(20*time.Minute).UTC().Format(http.TimeFormat))
			rw.WriteHeader(http.StatusServiceUnavailable)
		}, outbox.Waiting, "The receiver answered 503.", 20 * time.Minute},
		{"busy for ever", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Retry-After", "99999999")
			rw.WriteHeader(http.StatusServiceUnavailable)
		}, outbox.Waiting, "The receiver answered 503.", 2 * time.Hour},
		{"a pause it doesn't need", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Retry-After", "600")
			rw.WriteHeader(http.StatusBadRequest)
		}, outbox.Waiting, "The receiver answered 400.", 30 * time.Second},
		{"hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, outbox.Waiting, "Rung could not connect to the receiver.", 30 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			hard, well := newReceiver(t, c.answer), newReceiver(t, answers(http.StatusOK))
			id, other := w.add(hard.URL), w.add(well.URL)
			w.queue(id, 1)
			w.queue(other, 1)
			w.drain()
			d := w.newest(id)
			if d.State != c.state || d.Answer != c.says {
				t.Errorf("%+v, want %s: %s", d, c.state, c.says)
			}
			if pause := d.DueAt.Sub(w.clock.Now()); pause != c.after {
				t.Errorf("a pause of %v, want %v", pause, c.after)
			}
			if d := w.newest(other); d.State != outbox.Sent {
				t.Errorf("the other: %+v", d)
			}
			w.must(w.svc.Remove(t.Context(), w.ada, id, 1)) // or it is tried again with the next
		})
	}
}

// TestNobodyThere: a port that nothing listens on.
func TestNobodyThere(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, answers(http.StatusOK))
	id := w.add(r.URL)
	r.Close()
	w.must(w.svc.Ping(t.Context(), w.ada, id))
	w.drain()
	if d := w.newest(id); d.State != outbox.Waiting || d.Answer != "Rung could not connect to the receiver." || d.Type != PingType {
		t.Errorf("%+v", d)
	}
}

// TestOurOwnFailures are retried, and their cause is for the log alone.
func TestOurOwnFailures(t *testing.T) {
	w := newWorld(t)
	var logged bytes.Buffer
	w.svc.Log = slog.New(slog.NewTextHandler(&logged, nil))
	r := newReceiver(t, answers(http.StatusOK))
	id := w.add(r.URL)
	w.svc.Load = func(context.Context, int64, int) (Event, bool, error) {
		return Event{}, false, errors.New("of the inside")
	}
	w.restart()
	w.queue(id, 1)
	w.drain()
	if d := w.newest(id); d.State != outbox.Waiting || strings.Contains(d.Answer, "inside") || !strings.Contains(logged.String(), "of the inside") {
		t.Errorf("%+v; logged: %s", d, logged.String())
	}
	w.svc.Load, w.svc.Secret = w.load, []byte("short")
	w.restart()
	w.clock.Add(time.Minute)
	w.drain()
	if d := w.newest(id); d.State != outbox.Waiting || d.Attempts != 2 || len(r.all()) != 0 {
		t.Errorf("without a secret: %+v, %d requests", d, len(r.all()))
	}
}
