package webhooks

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/fault"
)

// TestSignature: the example of the standard's own libraries.
func TestSignature(t *testing.T) {
	secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
	if text := secretText(secret); text != "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" {
		t.Errorf("the secret reads %s", text)
	}
}

// verifies does what a receiver does: it knows one secret, and takes a request
// if any of its signatures is right.
func verifies(t *testing.T, secret string, got taken) bool {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(raw) < 24 || len(raw) > 64 {
		t.Fatalf("the secret %q is none of the standard's (%v)", secret, err)
	}
	at, err := time.ParseDuration(got.header.Get("webhook-timestamp") + "s")
	if err != nil {
		t.Fatal(err)
	}
	want := sign(raw, got.header.Get("webhook-id"), time.Unix(0, 0).Add(at), []byte(got.body))
	for one := range strings.SplitSeq(got.header.Get("webhook-signature"), " ") {
		if one == want {
			return true
		}
	}
	return false
}

// TestRotation: for a day both secrets verify; then, or when an administrator
// says so, the new one alone.
func TestRotation(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	r := newReceiver(t, answers(http.StatusNoContent))
	id := w.add(r.URL)
	secrets := func() Secrets {
		t.Helper()
		s, err := w.svc.Secrets(ctx, w.ada, id)
		w.must(err)
		return s
	}
	sent := func() taken {
		t.Helper()
		w.must(w.svc.Ping(ctx, w.ada, id))
		w.drain()
		return r.all()[len(r.all())-1]
	}
	first := secrets()
	if first != secrets() || first.Previous != "" || !verifies(t, first.Current, sent()) {
		t.Fatalf("%+v is no secret to begin with", first)
	}

	w.must(w.svc.Rotate(ctx, w.ada, id, w.get(id).Version))
	second := secrets()
	if second.Current == first.Current || second.Previous != first.Current || !second.PreviousUntil.Equal(w.clock.Now().Add(DefaultOverlap)) {
		t.Errorf("after the rotation: %+v", second)
	}
	w.clock.Add(DefaultOverlap - time.Second)
	if got := sent(); !verifies(t, first.Current, got) || !verifies(t, second.Current, got) {
		t.Error("both secrets should verify until the overlap ends")
	}
	w.clock.Add(time.Second)
	if got := sent(); verifies(t, first.Current, got) || !verifies(t, second.Current, got) {
		t.Error("the new secret alone should verify after the overlap")
	}
	if s := secrets(); s.Previous != "" || w.get(id).PreviousUntil != nil {
		t.Errorf("after the overlap: %+v", s)
	}
	w.refused(w.svc.EndPrevious(ctx, w.ada, id, w.get(id).Version), fault.Refused, "no_previous_secret")

	w.svc.Overlap = time.Hour
	w.must(w.svc.Rotate(ctx, w.ada, id, w.get(id).Version))
	if s := secrets(); !s.PreviousUntil.Equal(w.clock.Now().Add(time.Hour)) || s.Previous != second.Current {
		t.Errorf("with another overlap: %+v", s)
	}
	w.must(w.svc.EndPrevious(ctx, w.ada, id, w.get(id).Version))
	if got := sent(); verifies(t, second.Current, got) || !verifies(t, secrets().Current, got) {
		t.Error("the new secret alone should verify once the earlier one is ended")
	}
	if got := w.changes(id); got != "added ada, rotated ada, rotated ada, previous_ended ada" {
		t.Errorf("recorded: %s", got)
	}
}

// No two webhooks share a secret, and without the server's there is none.
func TestSecretsAreTheirOwn(t *testing.T) {
	w := newWorld(t)
	a, b := w.add("https://example.org/a"), w.add("https://example.org/a")
	of := func(id int64) string {
		t.Helper()
		s, err := w.svc.Secrets(t.Context(), w.ada, id)
		w.must(err)
		return s.Current
	}
	if of(a) == of(b) {
		t.Error("two webhooks have the same secret")
	}
	before := of(a)
	w.svc.Secret = []byte("another secret of the tests")
	if of(a) == before {
		t.Error("the secret doesn't depend on the server's")
	}
	w.svc.Secret = nil
	if _, err := w.svc.Secrets(t.Context(), w.ada, a); err == nil {
		t.Error("a secret without one to derive it from")
	}
	var stored int
	w.must(w.db.Get(&stored, `select count(*) from webhooks w, webhook_changes c where strpos(w::text || c::text, $1) > 0`, strings.TrimPrefix(before, "whsec_")))
	if stored != 0 {
		t.Error("a secret is stored")
	}
}
