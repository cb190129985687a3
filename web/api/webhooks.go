package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/internal/webhooks"
)

var _ = register(area{
	tag:   "Webhooks",
	about: "Where events go, by Standard Webhooks 1.0.0: for administrators alone.",
	add: func(s *Server, api huma.API) {
		add(s, api, operation{ID: "listWebhooks", Method: http.MethodGet, Path: "/webhooks", Scopes: toRead, Summary: "All webhooks, the oldest first"}, s.listWebhooks)
		add(s, api, operation{ID: "addWebhook", Method: http.MethodPost, Path: "/webhooks", Scopes: toGovern, Status: http.StatusCreated, Refuses: true, Summary: "Set a webhook up"}, s.addWebhook)
		add(s, api, operation{ID: "getWebhook", Method: http.MethodGet, Path: "/webhooks/{webhook}", Scopes: toRead, Summary: "One webhook"}, s.getWebhook)
		add(s, api, operation{ID: "changeWebhook", Method: http.MethodPut, Path: "/webhooks/{webhook}", Scopes: toGovern, Conditional: true,
			Summary: "Give a webhook other settings", About: "What is left out becomes empty."}, s.changeWebhook)
		add(s, api, operation{ID: "removeWebhook", Method: http.MethodDelete, Path: "/webhooks/{webhook}", Scopes: toGovern, Conditional: true,
			Summary: "Remove a webhook for good", About: "What is queued for it is dropped."}, s.removeWebhook)
		for _, act := range []struct {
			id, path, summary, about string
			do                       func(*webhooks.Service, context.Context, int64, int64, int) error
		}{
			{"disableWebhook", "disablings", "Stop a webhook", "Nothing new is queued for it, and what is queued is dropped when its turn comes.", (*webhooks.Service).Disable},
			{"enableWebhook", "enablings", "Let a disabled webhook go on", "From now: what happened meanwhile isn't told.", (*webhooks.Service).Enable},
			{"rotateWebhook", "rotations", "Give a webhook a new secret", "The one before signs too for a day, or until endWebhookSecret.", (*webhooks.Service).Rotate},
			{"endWebhookSecret", "previous-secret-ends", "Stop signing with the secret from before the rotation, at once", "", (*webhooks.Service).EndPrevious},
		} {
			add(s, api, operation{ID: act.id, Method: http.MethodPost, Path: "/webhooks/{webhook}/" + act.path, Scopes: toGovern, Conditional: true, Refuses: true,
				Summary: act.summary, About: act.about}, func(ctx context.Context, who caller, in *versionedWebhook) (*webhookAnswer, error) {
				version, err := in.needed(in.Body.Version)
				if err != nil {
					return nil, err
				}
				if err := act.do(s.Webhooks, ctx, who.ID, in.Webhook, version); err != nil {
					return nil, err
				}
				return s.webhook(ctx, who, in.Webhook)
			})
		}
		add(s, api, operation{ID: "getWebhookSecret", Method: http.MethodGet, Path: "/webhooks/{webhook}/secret", Scopes: toGovern,
			Summary: "The secrets by which a receiver checks signatures"}, s.webhookSecret)
		add(s, api, operation{ID: "pingWebhook", Method: http.MethodPost, Path: "/webhooks/{webhook}/pings", Scopes: toGovern, Refuses: true, Summary: "Send a test event"}, s.pingWebhook)
		add(s, api, operation{ID: "listDeliveries", Method: http.MethodGet, Path: "/webhooks/{webhook}/deliveries", Scopes: toRead, Summary: "What was and is to be sent, the newest first"}, s.listDeliveries)
		add(s, api, operation{ID: "resendDelivery", Method: http.MethodPost, Path: "/webhooks/{webhook}/deliveries/{delivery}/resends", Scopes: toGovern, Refuses: true,
			Summary: "Send a delivery again", About: "Under the same webhook-id, so that a receiver which has it can tell."}, s.resendDelivery)
	},
})

// OnWebhook is the path of what is about one webhook.
type OnWebhook struct {
	Webhook int64 `path:"webhook" minimum:"1" doc:"The webhook's number."`
}

type versionedWebhook struct {
	OnWebhook
	Written
	Body struct {
		Version *int `json:"version,omitempty" minimum:"1" doc:"That you saw."`
	}
}

// Webhook is where events go.
type Webhook struct {
	ID             int64      `json:"id"`
	URL            string     `json:"url"`
	Description    string     `json:"description,omitempty"`
	Every          bool       `json:"every" doc:"It is told every event, also those that a later Rung adds."`
	Events         []string   `json:"events" doc:"Else these."`
	Version        int        `json:"version" doc:"What changes take as version."`
	CreatedAt      time.Time  `json:"created_at"`
	CreatedBy      string     `json:"created_by" doc:"A name."`
	UpdatedAt      time.Time  `json:"updated_at"`
	PreviousUntil  *time.Time `json:"previous_secret_until,omitempty" doc:"Until then the secret from before the rotation signs too."`
	DisabledAt     *time.Time `json:"disabled_at,omitempty"`
	DisabledReason string     `json:"disabled_reason,omitempty" enum:"administrator,gone" doc:"gone: its receiver answered 410."`
}

func webhookOf(h webhooks.Webhook) Webhook {
	return Webhook{ID: h.ID, URL: h.URL, Description: h.Description, Every: len(h.Events) == 0, Events: texts(h.Events), Version: h.Version,
		CreatedAt: h.CreatedAt.UTC(), CreatedBy: h.CreatedByName, UpdatedAt: h.UpdatedAt.UTC(), PreviousUntil: utc(h.PreviousUntil),
		DisabledAt: utc(h.DisabledAt), DisabledReason: h.DisabledReason}
}

// WebhookSettings are what an administrator says of a webhook.
type WebhookSettings struct {
	URL         string   `json:"url,omitempty" maxLength:"10000" doc:"Its https address."`
	Description string   `json:"description,omitempty" maxLength:"10000" doc:"For people."`
	Every       bool     `json:"every,omitempty" doc:"Every event."`
	Events      []string `json:"events,omitempty" maxItems:"200" doc:"Else these, such as sign_off or publish."`
}

func (w WebhookSettings) settings() webhooks.Settings { return webhooks.Settings(w) }

type webhookAnswer struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location" doc:"Of a webhook that was made."`
	Body     Webhook
}

func (s *Server) webhook(ctx context.Context, who caller, id int64) (*webhookAnswer, error) {
	h, err := s.Webhooks.Get(ctx, who.ID, id)
	if err != nil {
		return nil, err
	}
	return &webhookAnswer{ETag: versionTag(h.Version), Body: webhookOf(h)}, nil
}

func (s *Server) listWebhooks(ctx context.Context, who caller, _ *struct{}) (*list[Webhook], error) {
	found, err := s.Webhooks.List(ctx, who.ID)
	if err != nil {
		return nil, err
	}
	items := make([]Webhook, len(found))
	for i, h := range found {
		items[i] = webhookOf(h)
	}
	return pageOf[Webhook, int](ctx, s, items, nil)
}

func (s *Server) addWebhook(ctx context.Context, who caller, in *struct{ Body WebhookSettings }) (*webhookAnswer, error) {
	id, err := s.Webhooks.Add(ctx, who.ID, in.Body.settings())
	if err != nil {
		return nil, err
	}
	out, err := s.webhook(ctx, who, id)
	if err == nil {
		out.Location = s.address(Prefix + "/webhooks/" + itoa(id))
	}
	return out, err
}

func (s *Server) getWebhook(ctx context.Context, who caller, in *OnWebhook) (*webhookAnswer, error) {
	return s.webhook(ctx, who, in.Webhook)
}

func (s *Server) changeWebhook(ctx context.Context, who caller, in *struct {
	OnWebhook
	Written
	Body struct {
		Version *int `json:"version,omitempty" minimum:"1" doc:"That you saw."`
		WebhookSettings
	}
}) (*webhookAnswer, error) {
	version, err := in.needed(in.Body.Version)
	if err != nil {
		return nil, err
	}
	if err := s.Webhooks.Change(ctx, who.ID, in.Webhook, version, in.Body.settings()); err != nil {
		return nil, err
	}
	return s.webhook(ctx, who, in.Webhook)
}

func (s *Server) removeWebhook(ctx context.Context, who caller, in *struct {
	OnWebhook
	Written
}) (*struct{}, error) {
	version, err := in.needed(nil)
	if err != nil {
		return nil, err
	}
	return nil, s.Webhooks.Remove(ctx, who.ID, in.Webhook, version)
}

// WebhookSecrets are what a receiver checks signatures with.
type WebhookSecrets struct {
	Current       string     `json:"current" example:"whsec_…"`
	Previous      string     `json:"previous,omitempty" doc:"From before the rotation, while it signs too."`
	PreviousUntil *time.Time `json:"previous_until,omitempty"`
}

func (s *Server) webhookSecret(ctx context.Context, who caller, in *OnWebhook) (*struct {
	CacheControl string `header:"Cache-Control"`
	Body         WebhookSecrets
}, error) {
	found, err := s.Webhooks.Secrets(ctx, who.ID, in.Webhook)
	if err != nil {
		return nil, err
	}
	return &struct {
		CacheControl string `header:"Cache-Control"`
		Body         WebhookSecrets
	}{"no-store", WebhookSecrets{found.Current, found.Previous, utc(found.PreviousUntil)}}, nil
}

func (s *Server) pingWebhook(ctx context.Context, who caller, in *OnWebhook) (*struct{}, error) {
	return nil, s.Webhooks.Ping(ctx, who.ID, in.Webhook)
}

// Delivery is one event on its way to one webhook.
type Delivery struct {
	ID         int64      `json:"id"`
	WebhookID  string     `json:"webhook_id" doc:"The header webhook-id: the same for every try."`
	Type       string     `json:"type" example:"proposal.sign_off"`
	Proposal   int64      `json:"proposal,omitempty"`
	State      string     `json:"state" enum:"waiting,sent,dropped,failed"`
	Attempts   int        `json:"attempts"`
	Answer     string     `json:"answer,omitempty" doc:"What became of the last try, or why it was dropped."`
	CreatedAt  time.Time  `json:"created_at"`
	DueAt      *time.Time `json:"due_at,omitempty" doc:"While it waits: not before."`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
}

func (s *Server) listDeliveries(ctx context.Context, who caller, in *struct {
	OnWebhook
	Paged
}) (*list[Delivery], error) {
	var before int64
	if err := in.from(ctx, &before); err != nil {
		return nil, err
	}
	found, next, err := s.Webhooks.Deliveries(ctx, who.ID, in.Webhook, before, in.Limit)
	if err != nil {
		return nil, err
	}
	items := make([]Delivery, len(found))
	for i, d := range found {
		items[i] = Delivery{ID: d.ID, WebhookID: d.MessageID(), Type: d.Type, Proposal: d.Proposal, State: d.State, Attempts: d.Attempts,
			Answer: d.Answer, CreatedAt: d.CreatedAt.UTC(), FinishedAt: utc(d.FinishedAt)}
		if d.FinishedAt == nil {
			items[i].DueAt = utc(&d.DueAt)
		}
	}
	return pageOf(ctx, s, items, unless(next))
}

func (s *Server) resendDelivery(ctx context.Context, who caller, in *struct {
	OnWebhook
	Delivery int64 `path:"delivery" minimum:"1" doc:"The delivery's number."`
}) (*struct{}, error) {
	return nil, s.Webhooks.SendAgain(ctx, who.ID, in.Webhook, in.Delivery)
}
