package web

import (
	"net/http"
	"time"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/webhooks"
)

type webhookForm struct {
	Form        `form:"-"`
	URL         string   `form:"url"`
	Description string   `form:"description"`
	Which       string   `form:"which"` // everyEvent or someEvents
	Events      []string `form:"events"`
	Version     int      `form:"version"`
	Name        string   `form:"-"` // "" for a new one
	Path        string   `form:"-"` // where the form is posted
	Back        string   `form:"-"`
	Known       []Choice `form:"-"`
}

const (
	everyEvent = "every"
	someEvents = "some"
)

// Ways are the two ways to choose events.
func (webhookForm) Ways() []Choice {
	return []Choice{{Value: everyEvent, Label: "Every event, also new ones"}, {Value: someEvents, Label: "The events ticked below"}}
}

var webhookFormView = newView("webhooks/edit.html",
	webhookForm{Path: "/webhooks", Which: everyEvent, Known: []Choice{{Value: "submit", Label: "proposal.submit"}}},
	webhookForm{Name: "Reports", URL: "https://reports.example.org", Which: someEvents, Events: []string{"submit"}, Version: 3, Path: "/webhooks/1/edit", Back: "/webhooks/1",
		Known: []Choice{{Value: "submit", Label: "proposal.submit"}}},
	webhookForm{Path: "/webhooks", Known: []Choice{{Value: "submit", Label: "proposal.submit"}}, Form: Form{Problems: []Problem{{"url", "Begin the address with https://."}, {"events", "Choose at least one event, or every event."}}}})

func (s *Server) writeWebhookForm(w http.ResponseWriter, r *http.Request, p webhookForm) error {
	for i, t := range eventTypes(s.Webhooks.Events) {
		p.Known = append(p.Known, Choice{Value: s.Webhooks.Events[i], Label: t})
	}
	return webhookFormView.write(s, w, r, p)
}

// settings are what was typed. Boxes that were ticked before "every event" was
// chosen say nothing.
func (p webhookForm) settings() webhooks.Settings {
	set := webhooks.Settings{URL: p.URL, Description: p.Description, Every: p.Which == everyEvent}
	if !set.Every {
		set.Events = p.Events
	}
	return set
}

func (s *Server) newWebhook(w http.ResponseWriter, r *http.Request, _ accounts.Person) error {
	return s.writeWebhookForm(w, r, webhookForm{Path: "/webhooks", Which: everyEvent})
}

func (s *Server) addWebhook(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	var p webhookForm
	var err error
	if p.Form, err = decode(r, &p); err != nil {
		return err
	}
	id, err := s.Webhooks.Add(r.Context(), who.ID, p.settings())
	if p.Form.Takes(err) {
		p.Path = "/webhooks"
		return s.writeWebhookForm(w, r, p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, webhookPath(id)+"/secret", "The webhook is added. Give its secret to the receiver.")
}

func (s *Server) editWebhook(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "webhook")
	if err != nil {
		return err
	}
	hook, err := s.Webhooks.Get(r.Context(), who.ID, id)
	if err != nil {
		return err
	}
	p := webhookForm{URL: hook.URL, Description: hook.Description, Which: everyEvent, Events: hook.Events, Version: hook.Version,
		Name: webhookName(hook), Path: webhookPath(hook.ID) + "/edit", Back: webhookPath(hook.ID)}
	if len(hook.Events) > 0 {
		p.Which = someEvents
	}
	return s.writeWebhookForm(w, r, p)
}

func (s *Server) changeWebhook(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "webhook")
	if err != nil {
		return err
	}
	var p webhookForm
	if p.Form, err = decode(r, &p); err != nil {
		return err
	}
	back := webhookPath(id)
	err = s.Webhooks.Change(r.Context(), who.ID, id, p.Version, p.settings())
	if p.Form.Takes(err) {
		hook, err := s.Webhooks.Get(r.Context(), who.ID, id)
		if err != nil {
			return err
		}
		p.Name, p.Path, p.Back = webhookName(hook), back+"/edit", back
		return s.writeWebhookForm(w, r, p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, back, "The webhook is changed.")
}

type webhookSecretPage struct {
	Form
	Name, Path string
	Version    int
	Current    string
	Previous   string // "" where none is valid
	Until      *time.Time
}

var webhookSecretView = newView("webhooks/secret.html",
	webhookSecretPage{Name: "Reports", Path: "/webhooks/1", Version: 2, Current: "whsec_a", Previous: "whsec_b", Until: &exampleTime},
	webhookSecretPage{Name: "Reports", Path: "/webhooks/1", Current: "whsec_a", Form: Form{Refusal: "This webhook was changed while you had it open."}})

func (s *Server) webhookSecret(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "webhook")
	if err != nil {
		return err
	}
	return s.writeSecret(w, r, who, id, Form{})
}

func (s *Server) writeSecret(w http.ResponseWriter, r *http.Request, who accounts.Person, id int64, f Form) error {
	hook, err := s.Webhooks.Get(r.Context(), who.ID, id)
	if err != nil {
		return err
	}
	secrets, err := s.Webhooks.Secrets(r.Context(), who.ID, id)
	if err != nil {
		return err
	}
	return webhookSecretView.write(s, w, r, webhookSecretPage{Form: f, Name: webhookName(hook), Path: webhookPath(id), Version: hook.Version,
		Current: secrets.Current, Previous: secrets.Previous, Until: secrets.PreviousUntil})
}

// onSecret is an act that begins and ends on the page of the secret.
func (s *Server) onSecret(w http.ResponseWriter, r *http.Request, who accounts.Person, act func(id int64, seen int) error, done string) error {
	return s.webhookAct(w, r, act, func(id int64, f Form) error { return s.writeSecret(w, r, who, id, f) },
		func(id int64) string { return webhookPath(id) + "/secret" }, done)
}

func (s *Server) rotateSecret(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	return s.onSecret(w, r, who, func(id int64, seen int) error { return s.Webhooks.Rotate(r.Context(), who.ID, id, seen) },
		"The webhook has a new secret. Give it to the receiver before the earlier one ends.")
}

func (s *Server) endEarlierSecret(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	return s.onSecret(w, r, who, func(id int64, seen int) error { return s.Webhooks.EndPrevious(r.Context(), who.ID, id, seen) },
		"The earlier secret has ended.")
}

type webhookRemovePage struct {
	Form
	Name, Path string
	Version    int
}

var webhookRemoveView = newView("webhooks/remove.html", webhookRemovePage{Name: "Reports", Path: "/webhooks/1", Version: 2},
	webhookRemovePage{Name: "Reports", Path: "/webhooks/1", Form: Form{Refusal: "This webhook was changed while you had it open."}})

func (s *Server) confirmRemoveWebhook(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "webhook")
	if err != nil {
		return err
	}
	return s.writeRemove(w, r, who, id, Form{})
}

func (s *Server) writeRemove(w http.ResponseWriter, r *http.Request, who accounts.Person, id int64, f Form) error {
	hook, err := s.Webhooks.Get(r.Context(), who.ID, id)
	if err != nil {
		return err
	}
	return webhookRemoveView.write(s, w, r, webhookRemovePage{f, webhookName(hook), webhookPath(id), hook.Version})
}

func (s *Server) removeWebhook(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	return s.webhookAct(w, r, func(id int64, seen int) error { return s.Webhooks.Remove(r.Context(), who.ID, id, seen) },
		func(id int64, f Form) error { return s.writeRemove(w, r, who, id, f) },
		func(int64) string { return "/webhooks" }, "The webhook is removed.")
}
