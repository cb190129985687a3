package webhooks

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/internal/postgres"
)

const (
	sendFor    = 15 * time.Second // a delivery, from the look-up of the name to the end of the answer
	readAnswer = 64 << 10         // bytes of an answer's body, and of its headers
)

// Event is what a receiver is told, in the standard's form.
type Event struct {
	Type string    `json:"type"` // "proposal.sign_off"
	At   time.Time `json:"timestamp"`
	Data any       `json:"data"`
}

// PingType is the type of the test event.
const PingType = "ping"

// EventType is the type of an event of a proposal's history; the workflow writes
// the same into the rows of the outbox.
func EventType(event string) string { return "proposal." + event }

// about is the payload of a delivery's row in the outbox. Those of proposals
// are written by the workflow.
type about struct {
	Webhook  int64  `json:"webhook"`
	Type     string `json:"type"`
	Proposal int64  `json:"proposal,omitempty"`
	Seq      int    `json:"seq,omitempty"`
}

// MessageID is the webhook-id of a row of the outbox: the same for every try,
// also when it is sent again.
func MessageID(outbox int64) string { return fmt.Sprintf("msg_%d", outbox) }

// Handler delivers what the outbox hands it. The deliveries of a batch go out
// together: a receiver that hangs holds up no other for longer than sendFor.
func (s *Service) Handler() outbox.Handler {
	secure, plain := s.client(true), s.client(false)
	return outbox.Together(func(ctx context.Context, c outbox.Claimed) outbox.Outcome {
		// One in hand is finished, even when the process is stopping: what was
		// broken off in the middle may have arrived.
		ctx = context.WithoutCancel(ctx)
		var a about
		if err := json.Unmarshal(c.Payload, &a); err != nil {
			return outbox.Outcome{State: outbox.Failed, Error: "This message is not one that Rung can read."}
		}
		r, err := one(ctx, s.DB, bareSQL, a.Webhook)
		switch {
		case fault.KindOf(err) == fault.NotFound:
			return dropped("The webhook was removed.")
		case err != nil:
			return s.ours(ctx, c, err)
		case r.DisabledReason == Gone:
			return dropped("The webhook is disabled: its receiver answered 410 Gone.")
		case r.DisabledAt != nil:
			return dropped("The webhook is disabled.")
		}
		event, found, err := s.event(ctx, c, a)
		if err != nil {
			return s.ours(ctx, c, err)
		}
		if !found {
			return dropped("There is nothing to tell: the event is nobody else's to know.")
		}
		client := secure
		if u, err := url.Parse(r.URL); err == nil && u.Scheme == "http" {
			client = plain
		}
		req, err := s.request(r, c, event)
		if err != nil {
			return s.ours(ctx, c, err)
		}
		o, gone := s.deliver(ctx, client, req)
		if gone {
			if err := s.gone(ctx, r.ID); err != nil {
				return s.ours(ctx, c, err)
			}
		}
		return o
	})
}

func dropped(why string) outbox.Outcome { return outbox.Outcome{State: outbox.Dropped, Note: why} }

// ours retries after a failure that isn't the receiver's; the log says more.
func (s *Service) ours(ctx context.Context, c outbox.Claimed, err error) outbox.Outcome {
	s.log().ErrorContext(ctx, "delivering a webhook", "message", c.ID, "error", err)
	return retry("Rung could not read what is to be sent.")
}

func retry(why string) outbox.Outcome { return outbox.Outcome{State: outbox.Retry, Error: why} }

func (s *Service) event(ctx context.Context, c outbox.Claimed, a about) (e Event, found bool, err error) {
	if a.Type == PingType {
		return Event{PingType, c.CreatedAt, map[string]int64{"webhook": a.Webhook}}, true, nil
	}
	return s.Load(ctx, a.Proposal, a.Seq)
}

// request makes a delivery by the standard. The body is the same at every try;
// time and signature are those of the try.
func (s *Service) request(r row, c outbox.Claimed, e Event) (*http.Request, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("writing an event: %w", err)
	}
	id, now := MessageID(c.ID), s.now()
	signed, err := s.signatures(r, id, now, body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(http.MethodPost, r.URL, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("addressing webhook %d: %w", r.ID, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Rung")
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	req.Header.Set("webhook-signature", signed)
	return req, nil
}

// client makes requests to receivers: through no proxy, following nothing,
// only to addresses that control lets through.
func (s *Service) client(encrypted bool) *http.Client {
	dialer := &net.Dialer{Timeout: sendFor, Resolver: s.resolver, Control: s.Allow.control(encrypted)}
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: s.roots},
			DisableCompression:     true,
			MaxResponseHeaderBytes: readAnswer,
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        30 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// deliver sends a request and tells what became of it, in words that say
// nothing of the answer but its status. gone is for a receiver that wants no
// more.
func (s *Service) deliver(ctx context.Context, client *http.Client, req *http.Request) (o outbox.Outcome, gone bool) {
	limit := s.timeout
	if limit == 0 {
		limit = sendFor
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	res, err := client.Do(req.WithContext(ctx))
	if err != nil {
		return retry(whatFailed(err)), false
	}
	defer res.Body.Close()
	// Read for the sake of the connection alone. The status is the answer, even
	// where the rest of it never comes.
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, readAnswer))
	switch {
	case res.StatusCode >= 200 && res.StatusCode < 300:
		return outbox.Outcome{State: outbox.Sent, Note: fmt.Sprintf("The receiver answered %d.", res.StatusCode)}, false
	case res.StatusCode == http.StatusGone:
		return dropped("The receiver answered 410 Gone, which disabled the webhook."), true
	case res.StatusCode >= 300 && res.StatusCode < 400:
		return retry(fmt.Sprintf("The receiver answered %d: it leads elsewhere, which Rung doesn’t follow.", res.StatusCode)), false
	}
	o = retry(fmt.Sprintf("The receiver answered %d.", res.StatusCode))
	if res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable {
		o.After = s.after(res.Header.Get("Retry-After"))
	}
	return o, false
}

// after is how long a receiver wants to be left alone: seconds, or until a date.
func (s *Service) after(header string) time.Duration {
	if n, err := strconv.ParseInt(header, 10, 32); err == nil {
		return time.Duration(max(n, 0)) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(at.Sub(s.now()), 0)
	}
	return 0
}

// whatFailed is a failure to get an answer, in the few words that help an
// administrator and map no network.
func whatFailed(err error) string {
	var timeout net.Error
	var tlsRecord tls.RecordHeaderError
	var tlsAlert tls.AlertError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errPrivate):
		return "Refused before connecting: the receiver has a private address, which is not on the list of those allowed."
	case errors.As(err, &timeout) && timeout.Timeout():
		return "The receiver did not answer in time."
	case errors.As(err, &tlsRecord), errors.As(err, &tlsAlert), errors.As(err, &certificate):
		return "No secure connection to the receiver: check its certificate."
	}
	return "Rung could not connect to the receiver."
}

// gone disables a webhook whose receiver answered 410. Of several such answers
// at once the first does.
func (s *Service) gone(ctx context.Context, id int64) error {
	return postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		r, err := one(ctx, tx, lockSQL, id)
		if fault.KindOf(err) == fault.NotFound || err == nil && r.DisabledAt != nil {
			return nil
		}
		if err != nil {
			return err
		}
		now := s.now()
		return write(ctx, tx, id, changeGone, nil, 0, now, disableSQL, now, Gone)
	})
}
