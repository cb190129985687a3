package web_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/internal/webhooks"
	"github.com/leadership-ladder/rung/web/webtest"
)

// administration is a site, and Ada, who looks after it.
func administration(t *testing.T) (*webtest.Site, *webtest.Visitor, accounts.Person) {
	s := webtest.Start(t)
	ada := s.Person(t, "ada@example.org", "Ada Marsh", accounts.Administrator)
	return s, s.SignIn(t, "ada@example.org"), ada
}

// versionOf is the hidden version of a page's form.
func versionOf(p *webtest.Page) url.Values {
	v, _ := webtest.Attribute(p.All("input", "name", "version")[0], "value")
	return url.Values{"version": {v}}
}

func TestSettingUpAWebhook(t *testing.T) {
	s, v, _ := administration(t)
	v.Get("/webhooks").Says("There is none yet.", "Add a webhook")

	// All that is wrong at once, and every word is kept.
	p := v.Post("/webhooks", url.Values{"url": {"http://example.org/hook#x"}, "description": {"Reports"}, "which": {"some"}}).Expect(422)
	p.Says("Begin the address with https://.", "Leave out the #", "Choose at least one event, or every event.")
	if value, _ := webtest.Attribute(p.One("input", "name", "description"), "value"); value != "Reports" {
		t.Errorf("the description is %q now", value)
	}
	p = v.Post("/webhooks", url.Values{"url": {"https://example.org/hook"}, "description": {"Reports"}, "which": {"some"}, "events": {"publish", "submit"}}).Leads("/webhooks/")
	secret := p.Header.Get("Location")
	path := strings.TrimSuffix(secret, "/secret")
	shown := v.Get(secret).Says("The webhook is added.", "whsec_").SaysNot("Earlier secret")
	if shown.Header.Get("Cache-Control") != "no-store" {
		t.Error("the page of the secret may be kept")
	}
	v.Get(path).Says("Reports", "https://example.org/hook", "proposal.submit", "proposal.publish", "Nothing has been sent to it yet.", "by Ada Marsh").SaysNot("whsec_")
	v.Get("/webhooks").Says("Reports", "2 events", "Enabled").SaysNot("whsec_")

	edit := v.Get(path + "/edit")
	if n := len(edit.All("input", "name", "events")); n != len(s.Server.Webhooks.Events) {
		t.Errorf("%d events are offered, want %d", n, len(s.Server.Webhooks.Events))
	}
	seen := versionOf(edit)
	change := with(with(seen, "url", "https://example.org/new"), "which", "every")
	v.Post(path+"/edit", change).Leads(path)
	v.Get(path).Says("The webhook is changed.", "https://example.org/new", "Every event")
	v.Post(path+"/edit", with(change, "url", "https://example.org/late")).Expect(409).Says("changed while you had it open", "decide again")
	v.Get(path).SaysNot("late")

	v.Get(path + "/remove").Says("Remove https://example.org/new?")
	v.Post(path+"/remove", seen).Expect(409)
	v.Post(path+"/remove", versionOf(v.Get(path+"/remove"))).Leads("/webhooks")
	v.Get("/webhooks").Says("The webhook is removed.", "There is none yet.")
	v.Get(path).Expect(404)
	v.Get(secret).Expect(404)
}

// TestWebhookSecrets: a secret is on its own page alone; pressing twice rotates once.
func TestWebhookSecrets(t *testing.T) {
	s, v, ada := administration(t)
	id, err := s.Server.Webhooks.Add(t.Context(), ada.ID, webhooks.Settings{URL: "https://example.org/hook", Every: true})
	if err != nil {
		t.Fatal(err)
	}
	path := "/webhooks/" + itoa(id)
	current := func() string {
		t.Helper()
		secrets, err := s.Server.Webhooks.Secrets(t.Context(), ada.ID, id)
		if err != nil {
			t.Fatal(err)
		}
		return secrets.Current
	}
	first := current()
	p := v.Get(path + "/secret").Says(first)
	rotated := v.Post(path+"/secret/rotate", versionOf(p)).Leads(path + "/secret")
	if strings.Contains(rotated.Header.Get("Location")+strings.Join(rotated.Header.Values("Set-Cookie"), ""), "whsec_") {
		t.Error("a secret travels with the redirect")
	}
	v.Post(path+"/secret/rotate", versionOf(p)).Expect(409).Says("changed while you had it open", first, current())
	both := v.Get(path+"/secret").Says(first, current(), "Earlier secret", "3 March 2026")
	v.Get(path).Says("Got a new secret").SaysNot("whsec_")
	v.Post(path+"/secret/end-earlier", versionOf(both)).Leads(path + "/secret")
	v.Get(path+"/secret").Says("The earlier secret has ended.", current()).SaysNot(first)
	if strings.Contains(s.Log.String(), "whsec_") {
		t.Error("a secret is in the log")
	}
}

// TestWebhookDeliveries: a test event, what became of it, and once more.
func TestWebhookDeliveries(t *testing.T) {
	s, v, ada := administration(t)
	s.Person(t, "ada@example.org", "", "leadership")
	s.Person(t, "joan@example.org", "Joan Fairley", accounts.Administrator)
	id, err := s.Server.Webhooks.Add(t.Context(), ada.ID, webhooks.Settings{URL: "https://example.org/hook", Every: true})
	if err != nil {
		t.Fatal(err)
	}
	path := "/webhooks/" + itoa(id)
	v.Post(path+"/test", nil).Leads(path)
	v.Get(path).Says("A test event is in the queue.", "ping", "Waiting").SaysNot("Send again")
	deliver := func(o outbox.Outcome) {
		t.Helper()
		r := &outbox.Runner{DB: s.DB, Now: s.Clock.Now, Handlers: map[string]outbox.Handler{webhooks.Kind: func(_ context.Context, batch []outbox.Claimed) []outbox.Outcome {
			return slices.Repeat([]outbox.Outcome{o}, len(batch))
		}}}
		if _, err := r.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	deliver(outbox.Outcome{State: outbox.Retry, Error: "The receiver answered 500."})
	v.Get(path).Says("The receiver answered 500.", "1 try", "Next try")
	s.Clock.Add(time.Hour)
	deliver(outbox.Outcome{State: outbox.Failed, Error: "The receiver answered 500."})
	var delivery int64
	if err := s.DB.Get(&delivery, `select max(id) from outbox where kind = 'webhook'`); err != nil {
		t.Fatal(err)
	}
	again := path + "/deliveries/" + itoa(delivery) + "/send-again"
	v.Get(path).Says("Failed", "2 tries", "Send again")
	v.Post(again, nil).Leads(path)
	v.Post(again, nil).Expect(409).Says("in the queue already")
	v.Post(path+"/deliveries/999/send-again", nil).Expect(404)

	v.Post(path+"/disable", versionOf(v.Get(path))).Leads(path)
	v.Get(path).Says("Disabled since", "Enable").SaysNot("Send a test event", "Send again")
	v.Post(path+"/test", nil).Expect(409).Says("Enable it first.")
	v.Post(path+"/enable", versionOf(v.Get(path))).Leads(path)

	// Its proposals are named by number; the link is for those who may follow it.
	for i := range 30 {
		err := outbox.Put(t.Context(), s.DB, s.Clock.Now(), outbox.Message{Kind: webhooks.Kind, Key: "e" + itoa(int64(i)), Proposal: 42,
			Payload: map[string]any{"webhook": id, "type": "proposal.submit", "proposal": 42, "seq": i}})
		if err != nil {
			t.Fatal(err)
		}
	}
	first := v.Get(path).Says("Proposal 42")
	if len(first.All("a", "href", "/proposals/42")) == 0 {
		t.Error("leadership is led to no proposal")
	}
	if n := len(s.SignIn(t, "joan@example.org").Get(path).All("a", "href", "/proposals/42")); n != 0 {
		t.Error("an administrator is led to a proposal that isn't theirs to see")
	}
	next, _ := webtest.Attribute(first.One("a", "rel", "next"), "href")
	if n := len(first.All("tr")) + len(v.Get(next).Expect(200).All("tr")) - 2; n != 31 {
		t.Errorf("%d deliveries on two pages, want 31", n)
	}
}
