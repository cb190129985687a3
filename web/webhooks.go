package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/internal/webhooks"
	"github.com/leadership-ladder/rung/workflow"
)

// Where events are told over HTTP, and what became of it, for administrators.
// Reading and every act are decided by the service.
var _ = register(area{
	name: "webhooks",
	nav:  []navItem{{order: 80, text: "Webhooks", path: "/webhooks", roles: []string{workflow.Administrator}}},
	routes: func(s *Server, rt *routes) {
		rt.get("/webhooks", signedIn(s.webhookList))
		rt.get("/webhooks/new", holding(s.newWebhook, workflow.Administrator))
		rt.post("/webhooks", signedIn(s.addWebhook))
		rt.get("/webhooks/{webhook}", signedIn(s.webhook))
		rt.get("/webhooks/{webhook}/edit", signedIn(s.editWebhook))
		rt.post("/webhooks/{webhook}/edit", signedIn(s.changeWebhook))
		rt.get("/webhooks/{webhook}/secret", signedIn(s.webhookSecret))
		rt.post("/webhooks/{webhook}/secret/rotate", signedIn(s.rotateSecret))
		rt.post("/webhooks/{webhook}/secret/end-earlier", signedIn(s.endEarlierSecret))
		rt.post("/webhooks/{webhook}/enable", signedIn(s.enableWebhook))
		rt.post("/webhooks/{webhook}/disable", signedIn(s.disableWebhook))
		rt.get("/webhooks/{webhook}/remove", signedIn(s.confirmRemoveWebhook))
		rt.post("/webhooks/{webhook}/remove", signedIn(s.removeWebhook))
		rt.post("/webhooks/{webhook}/test", signedIn(s.pingWebhook))
		rt.post("/webhooks/{webhook}/deliveries/{delivery}/send-again", signedIn(s.sendDeliveryAgain))
	},
})

func webhookPath(id int64) string { return "/webhooks/" + strconv.FormatInt(id, 10) }

// webhookName is what a webhook is called on pages.
func webhookName(w webhooks.Webhook) string {
	if w.Description != "" {
		return w.Description
	}
	return w.URL
}

func webhookTag(w webhooks.Webhook) Tag {
	if w.DisabledAt != nil {
		return Tag{"Disabled", "grey"}
	}
	return Tag{"Enabled", "green"}
}

// eventTypes are events by the names that receivers know them by.
func eventTypes(events []string) []string {
	types := make([]string, len(events))
	for i, e := range events {
		types[i] = webhooks.EventType(e)
	}
	return types
}

type webhookListPage struct{ Webhooks []webhookLine }

type webhookLine struct {
	Name, URL, Path string
	Events          int // 0: every event
	Status          Tag
}

var webhookListView = newView("webhooks/list.html",
	webhookListPage{[]webhookLine{{"Reports", "https://reports.example.org/rung", "/webhooks/1", 2, Tag{"Enabled", "green"}},
		{"https://example.org/hook", "https://example.org/hook", "/webhooks/2", 0, Tag{"Disabled", "grey"}}}},
	webhookListPage{})

func (s *Server) webhookList(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	list, err := s.Webhooks.List(r.Context(), who.ID)
	if err != nil {
		return err
	}
	var p webhookListPage
	for _, hook := range list {
		p.Webhooks = append(p.Webhooks, webhookLine{webhookName(hook), hook.URL, webhookPath(hook.ID), len(hook.Events), webhookTag(hook)})
	}
	return webhookListView.write(s, w, r, p)
}

type webhookPage struct {
	Form
	webhooks.Webhook
	Name, Path string
	Types      []string // of the events that it is told; none: every event
	Status     Tag
	Lines      []webhookDelivery
	Changes    []webhookChange
	Pages      Pages
}

// Gone reports whether it was its receiver who ended it.
func (p webhookPage) Gone() bool { return p.DisabledReason == webhooks.Gone }

type webhookDelivery struct {
	webhooks.Delivery
	Status Tag
	Href   string     // of the proposal, for whoever may see it
	Due    *time.Time // while it waits to be tried again
}

type webhookChange struct {
	What string
	Also string // where it went from then on
	By   string
	At   time.Time
}

var exampleWebhook = webhooks.Webhook{ID: 1, URL: "https://reports.example.org/rung", Description: "Reports", Events: []string{"submit"}, Version: 2,
	CreatedAt: exampleTime, CreatedByName: "Ada Marsh"}

var webhookView = newView("webhooks/webhook.html",
	webhookPage{Webhook: exampleWebhook, Name: "Reports", Path: "/webhooks/1", Types: []string{"proposal.submit", "proposal.publish"}, Status: Tag{"Enabled", "green"},
		Lines: []webhookDelivery{
			{webhooks.Delivery{ID: 8, Type: "proposal.submit", Proposal: 42, State: outbox.Waiting, Attempts: 3, CreatedAt: exampleTime, Answer: "The receiver answered 500."},
				Tag{"Waiting", "blue"}, "/proposals/42", &exampleTime},
			{webhooks.Delivery{ID: 7, Type: "proposal.submit", Proposal: 41, State: outbox.Sent, Attempts: 1, CreatedAt: exampleTime, FinishedAt: &exampleTime, Answer: "The receiver answered 204."},
				Tag{"Sent", "green"}, "", nil},
			{webhooks.Delivery{ID: 6, Type: "ping", State: outbox.Waiting, CreatedAt: exampleTime}, Tag{"Waiting", "blue"}, "", nil}},
		Changes: []webhookChange{{"Changed", "To https://reports.example.org/rung, of 2 events", "Ada Marsh", exampleTime}, {"Added", "", "Ada Marsh", exampleTime}},
		Pages:   Pages{First: "/webhooks/1", Next: "/webhooks/1?before=6"}},
	webhookPage{Webhook: webhooks.Webhook{ID: 1, URL: "https://example.org", CreatedAt: exampleTime, DisabledAt: &exampleTime, DisabledReason: webhooks.Gone},
		Name: "https://example.org", Path: "/webhooks/1", Status: Tag{"Disabled", "grey"}, Form: Form{Refusal: "Nothing was changed.", Problems: []Problem{{"", "Look again."}}}},
	webhookPage{Webhook: webhooks.Webhook{ID: 1, URL: "https://example.org", CreatedAt: exampleTime, DisabledAt: &exampleTime, DisabledReason: webhooks.ByAdministrator},
		Name: "https://example.org", Path: "/webhooks/1", Status: Tag{"Disabled", "grey"}})

func (s *Server) webhook(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "webhook")
	if err != nil {
		return err
	}
	return s.writeWebhook(w, r, who, id, Form{})
}

func (s *Server) writeWebhook(w http.ResponseWriter, r *http.Request, who accounts.Person, id int64, f Form) error {
	var q struct {
		Before int64 `form:"before"`
	}
	query(r, &q)
	o, err := s.Webhooks.Overview(r.Context(), who.ID, id, q.Before)
	if err != nil {
		return err
	}
	hook := o.Webhook
	p := webhookPage{Form: f, Webhook: hook, Name: webhookName(hook), Path: webhookPath(id), Types: eventTypes(hook.Events), Status: webhookTag(hook)}
	for _, d := range o.Deliveries {
		line := webhookDelivery{Delivery: d, Status: deliveryTags[d.State]}
		if d.Proposal != 0 && who.Has(workflow.Leadership) { // an administrator sees no proposal by that alone
			line.Href = proposalPath(d.Proposal)
		}
		if d.State == outbox.Waiting && d.Attempts > 0 {
			line.Due = &d.DueAt
		}
		p.Lines = append(p.Lines, line)
	}
	for _, c := range o.Changes {
		p.Changes = append(p.Changes, webhookChangeOf(c))
	}
	if q.Before != 0 {
		p.Pages.First = p.Path
	}
	if o.Next != 0 {
		p.Pages.Next = p.Path + "?" + url.Values{"before": {strconv.FormatInt(o.Next, 10)}}.Encode()
	}
	return webhookView.write(s, w, r, p)
}

var webhookChangeNames = map[string]string{
	"added": "Added", "changed": "Changed", "disabled": "Disabled", "enabled": "Enabled", "rotated": "Got a new secret",
	"previous_ended": "Earlier secret ended", "gone": "Disabled: the receiver answered 410 Gone",
}

func webhookChangeOf(c webhooks.Change) webhookChange {
	line := webhookChange{What: webhookChangeNames[c.Change], By: c.ByName, At: c.At}
	if c.URL != "" {
		what := "every event"
		if len(c.Events) > 0 {
			what = strings.Join(eventTypes(c.Events), ", ")
		}
		line.Also = fmt.Sprintf("To %s: %s", c.URL, what)
	}
	return line
}

// versionForm is what each act on a webhook sends: the version that was seen.
type versionForm struct {
	Form    `form:"-"`
	Version int `form:"version"`
}

// webhookAct runs an act on the webhook that the path names, as it was seen.
// What a rule refuses is shown by write.
func (s *Server) webhookAct(w http.ResponseWriter, r *http.Request, act func(id int64, seen int) error,
	write func(id int64, f Form) error, to func(id int64) string, done string) error {
	id, err := pathID(r, "webhook")
	if err != nil {
		return err
	}
	var p versionForm
	if p.Form, err = decode(r, &p); err != nil {
		return err
	}
	err = act(id, p.Version)
	if p.Form.Takes(err) {
		return write(id, p.Form)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, to(id), done)
}

// onWebhook is an act that begins and ends on the webhook's own page.
func (s *Server) onWebhook(w http.ResponseWriter, r *http.Request, who accounts.Person, act func(id int64, seen int) error, done string) error {
	return s.webhookAct(w, r, act, func(id int64, f Form) error { return s.writeWebhook(w, r, who, id, f) }, webhookPath, done)
}

func (s *Server) enableWebhook(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	return s.onWebhook(w, r, who, func(id int64, seen int) error { return s.Webhooks.Enable(r.Context(), who.ID, id, seen) },
		"The webhook is enabled. It is told what happens from now on.")
}

func (s *Server) disableWebhook(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	return s.onWebhook(w, r, who, func(id int64, seen int) error { return s.Webhooks.Disable(r.Context(), who.ID, id, seen) },
		"The webhook is disabled. What is queued for it is dropped.")
}

func (s *Server) pingWebhook(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	return s.onWebhook(w, r, who, func(id int64, _ int) error { return s.Webhooks.Ping(r.Context(), who.ID, id) },
		"A test event is in the queue. Load this page again to see what became of it.")
}

func (s *Server) sendDeliveryAgain(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	delivery, err := pathID(r, "delivery")
	if err != nil {
		return err
	}
	return s.onWebhook(w, r, who, func(id int64, _ int) error { return s.Webhooks.SendAgain(r.Context(), who.ID, id, delivery) },
		"The delivery is in the queue again.")
}
