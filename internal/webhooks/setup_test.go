package webhooks

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/outbox"
)

func TestAddAndChange(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	id, err := w.svc.Add(ctx, w.ada, Settings{URL: " https://example.org/hook ", Description: "The reports\t", Events: []string{"publish", "submit", "publish"}})
	w.must(err)
	hook := w.get(id)
	if hook.URL != "https://example.org/hook" || hook.Description != "The reports" || !slices.Equal(hook.Events, []string{"submit", "publish"}) ||
		hook.Version != 1 || hook.CreatedByName != "ada" || hook.DisabledAt != nil {
		t.Errorf("added: %+v", hook)
	}
	w.must(w.svc.Change(ctx, w.ada, id, 1, Settings{URL: "https://example.org/other", Every: true}))
	w.refused(w.svc.Change(ctx, w.ada, id, 1, Settings{URL: "https://example.org/third", Every: true}), fault.Stale, "stale")
	if hook := w.get(id); hook.URL != "https://example.org/other" || len(hook.Events) != 0 || hook.Version != 2 {
		t.Errorf("changed: %+v", hook)
	}
	seen, err := w.svc.Overview(ctx, w.ada, id, 0)
	w.must(err)
	changes := seen.Changes
	if len(changes) != 2 || changes[1].URL != "https://example.org/hook" || changes[0].URL != "https://example.org/other" || !slices.Equal(changes[1].Events, []string{"submit", "publish"}) {
		t.Errorf("recorded: %+v", changes)
	}
	if list, err := w.svc.List(ctx, w.ada); err != nil || len(list) != 1 || list[0].ID != id {
		t.Errorf("listed: %+v, %v", list, err)
	}
}

// All that is wrong is told at once, and nothing is written.
func TestWhatIsRefused(t *testing.T) {
	w := newWorld(t) // which allows 127.0.0.0/8
	ctx := t.Context()
	for url, codes := range map[string]string{
		"": "url_missing", "example.org": "url_form", "https://": "url_form", "https:example.org": "url_form", "https://exa mple.org": "url_form",
		"https://example.org/" + strings.Repeat("x", 2000): "url_long",
		"ftp://example.org":              "url_https",
		"http://u:p@8.8.8.8/#x":          "url_https url_user url_fragment",
		"https://example.org/#":          "url_fragment",
		"https://10.0.0.1/":              "url_private",
		"https://[::1]/":                 "url_private",
		"http://[::ffff:10.0.0.1]:80/":   "url_https url_private",
		"https://169.254.169.254/latest": "url_private",
	} {
		_, err := w.svc.Add(ctx, w.ada, Settings{URL: url, Every: true})
		w.refused(err, fault.Invalid, strings.Fields(codes)...)
	}
	_, err := w.svc.Add(ctx, w.ada, Settings{Description: strings.Repeat("é", 201), Events: []string{"submit", "climb"}})
	w.refused(err, fault.Invalid, "url_missing", "description_long", "event_unknown")
	_, err = w.svc.Add(ctx, w.ada, Settings{URL: "https://example.org", Description: "two\nlines"})
	w.refused(err, fault.Invalid, "description_form", "events_none")
	_, err = w.svc.Add(ctx, w.ada, Settings{URL: "https://example.org", Every: true, Events: []string{"submit"}})
	w.refused(err, fault.Invalid, "events_twice")
	if list, err := w.svc.List(ctx, w.ada); err != nil || len(list) != 0 {
		t.Errorf("written all the same: %+v, %v", list, err)
	}

	id := w.add("http://127.0.0.1:9/") // allowed
	w.add("http://receiver.internal/") // may turn out to be allowed
	w.refused(w.svc.Change(ctx, w.ada, id, 1, Settings{URL: "nowhere", Every: true}), fault.Invalid, "url_form")
	w.refused(w.svc.Enable(ctx, w.ada, id, 1), fault.Refused, "enabled_already")
	w.must(w.svc.Disable(ctx, w.ada, id, 1))
	w.refused(w.svc.Disable(ctx, w.ada, id, 2), fault.Refused, "disabled_already")
	w.svc.Allow = nil
	_, err = w.svc.Add(ctx, w.ada, Settings{URL: "http://receiver.internal/", Every: true})
	w.refused(err, fault.Invalid, "url_https")
	_, err = w.svc.Add(ctx, w.ada, Settings{URL: "http://127.0.0.1:9/", Every: true})
	w.refused(err, fault.Invalid, "url_https", "url_private")
}

func TestThereIsALimit(t *testing.T) {
	w := newWorld(t)
	var last int64
	for i := range MaxWebhooks {
		last = w.add(fmt.Sprintf("https://example.org/%d", i))
	}
	_, err := w.svc.Add(t.Context(), w.ada, Settings{URL: "https://example.org/more", Every: true})
	w.refused(err, fault.Refused, "too_many_webhooks")
	w.must(w.svc.Remove(t.Context(), w.ada, last, 1))
	w.add("https://example.org/more")
	_, err = w.svc.Get(t.Context(), w.ada, last)
	w.refused(err, fault.NotFound)
}

// TestAdministratorsAlone: for anybody else every call is refused, and writes nothing.
func TestAdministratorsAlone(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	id := w.add("https://example.org/")
	w.must(w.svc.Ping(ctx, w.ada, id))
	delivery := w.newest(id).ID
	rows := func() (text string) {
		t.Helper()
		w.must(w.db.Get(&text, `select concat((select string_agg(w::text, '') from webhooks w), (select string_agg(c::text, '') from webhook_changes c),
			(select string_agg(o::text, '') from outbox o))`))
		return text
	}
	before := rows()
	gone := w.person("gone", "administrator")
	_, err := w.db.Exec(`update people set deactivated_at = created_at where id = $1`, gone)
	w.must(err)
	for _, by := range []int64{w.ben, gone, 0, 999} {
		for name, call := range map[string]func() error{
			"List":       func() error { _, err := w.svc.List(ctx, by); return err },
			"Get":        func() error { _, err := w.svc.Get(ctx, by, id); return err },
			"Overview":   func() error { _, err := w.svc.Overview(ctx, by, id, 0); return err },
			"Secrets":    func() error { _, err := w.svc.Secrets(ctx, by, id); return err },
			"Deliveries": func() error { _, _, err := w.svc.Deliveries(ctx, by, id, 0, 0); return err },
			"Add": func() error {
				_, err := w.svc.Add(ctx, by, Settings{URL: "https://example.org/", Every: true})
				return err
			},
			"Change":      func() error { return w.svc.Change(ctx, by, id, 1, Settings{URL: "https://example.org/", Every: true}) },
			"Remove":      func() error { return w.svc.Remove(ctx, by, id, 1) },
			"Disable":     func() error { return w.svc.Disable(ctx, by, id, 1) },
			"Enable":      func() error { return w.svc.Enable(ctx, by, id, 1) },
			"Rotate":      func() error { return w.svc.Rotate(ctx, by, id, 1) },
			"EndPrevious": func() error { return w.svc.EndPrevious(ctx, by, id, 1) },
			"Ping":        func() error { return w.svc.Ping(ctx, by, id) },
			"SendAgain":   func() error { return w.svc.SendAgain(ctx, by, id, delivery) },
		} {
			if err := call(); fault.KindOf(err) != fault.Forbidden {
				t.Errorf("%s by %d: %v", name, by, err)
			}
		}
	}
	if rows() != before {
		t.Error("something was written")
	}
}

// TestDeliveriesByPage: keyset pages, newest first, of one webhook alone.
func TestDeliveriesByPage(t *testing.T) {
	w := newWorld(t)
	a, b := w.add("https://example.org/a"), w.add("https://example.org/b")
	for seq := 1; seq <= 5; seq++ {
		w.queue(a, seq)
		w.queue(b, seq)
	}
	w.must(outbox.Put(t.Context(), w.db, w.clock.Now(), outbox.Message{Kind: "mail", Key: "m", Payload: map[string]int64{"webhook": a}}))
	var seen []int64
	before := int64(0)
	for {
		page, next, err := w.svc.Deliveries(t.Context(), w.ada, a, before, 2)
		w.must(err)
		for _, d := range page {
			seen = append(seen, d.ID)
			if d.State != outbox.Waiting || d.Again() || d.Answer != "" || d.Attempts != 0 {
				t.Errorf("%+v", d)
			}
		}
		if before = next; next == 0 {
			break
		}
	}
	if len(seen) != 5 || !slices.IsSortedFunc(seen, func(x, y int64) int { return int(y - x) }) {
		t.Errorf("seen %v", seen)
	}
	w.must(w.svc.Remove(t.Context(), w.ada, a, 1))
	_, _, err := w.svc.Deliveries(t.Context(), w.ada, a, 0, 0)
	w.refused(err, fault.NotFound)

	// The list is read from its index however long the outbox is.
	w.must(w.fill(5000))
	var plan []string
	w.must(w.db.Select(&plan, `explain `+strings.NewReplacer("$1", "2", "$2", "0", "$3", "26").Replace(deliveriesSQL)))
	if text := strings.Join(plan, "\n"); !strings.Contains(text, "outbox_by_webhook") {
		t.Errorf("the index is not used:\n%s", text)
	}
}

// fill makes a long outbox of mail.
func (w *world) fill(n int) error {
	_, err := w.db.Exec(`insert into outbox (kind, key, payload, created_at, due_at) select 'mail', 'x' || i, '{}', now(), now() from generate_series(1, $1) i`, n)
	if err == nil {
		_, err = w.db.Exec(`analyze outbox`)
	}
	return err
}
