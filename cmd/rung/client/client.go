// Package client speaks to a Rung server from outside, over its JSON API alone,
// and shows people what it answered. It knows no room of Rung: what it may do,
// any other program may do.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	prefix = "/api/v1"
	// answersFor bounds how long a server may take to begin its answer: above the
	// time that it gives itself.
	answersFor = 90 * time.Second
	// longAnswer is more than the API answers at once; beyond it, it isn't Rung.
	longAnswer = 64 << 20 // bytes
	keyHeader  = "Idempotency-Key"
)

// Client makes calls to one server.
type Client struct {
	Server *url.URL // scheme and host
	Token  string
	Aside  *Aside                                     // where what takes longer than expected is told
	Wait   func(context.Context, time.Duration) error // between two tries
	HTTP   *http.Client
}

// New is a client that verifies certificates, waits by the clock and follows no
// redirect: a token must not end up with another host.
func New(server *url.URL, token string, aside *Aside) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = answersFor
	return &Client{Server: server, Token: token, Aside: aside, Wait: wait, HTTP: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// call is one request, as often as it is sent.
type call struct {
	method, path string // below the prefix
	query        url.Values
	body         any    // written as JSON; nil for none
	file         *file  // the body in place of it
	ifMatch      string // the entity tag that was seen
	ifNoneMatch  string
	key          string // of a POST; empty: one of its own
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// tag is the entity tag of what was read, "" where it has none.
func (a *answer) tag() string { return a.header.Get("ETag") }

// into reads what was answered, or a piece of it.
func into(raw []byte, v any) error {
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("the server's answer isn't what the API describes (%w): is it a Rung, and of this version?", err)
	}
	return nil
}

// get reads something into v, unless that is nil.
func (c *Client) get(ctx context.Context, path string, query url.Values, v any) (*answer, error) {
	a, err := c.do(ctx, call{method: http.MethodGet, path: path, query: query})
	if err != nil || v == nil {
		return a, err
	}
	return a, into(a.body, v)
}

// do makes a call. An answer that isn't one of success is a *[Refusal].
func (c *Client) do(ctx context.Context, call call) (*answer, error) {
	var body []byte
	if call.body != nil {
		var err error
		if body, err = json.Marshal(call.body); err != nil {
			return nil, fmt.Errorf("writing the request: %w", err)
		}
	}
	if call.method == http.MethodPost && call.key == "" {
		call.key = rand.Text()
	}
	for try := 1; ; try++ {
		a, err := c.send(ctx, call, body)
		if err == nil || ctx.Err() != nil {
			return a, err
		}
		pause, why, yes := again(call, err, try)
		if !yes {
			return nil, err
		}
		c.Aside.Say(fmt.Sprintf("%s Trying again in %s (%d of %d).", why, pause.Round(100*time.Millisecond), try, tries-1))
		if err := c.Wait(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// send sends a call once.
func (c *Client) send(ctx context.Context, call call, body []byte) (*answer, error) {
	u := *c.Server
	u.Path = prefix + call.path
	u.RawQuery = call.query.Encode()
	var r io.Reader
	if body != nil {
		r = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, call.method, u.String(), r)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	req.Header.Set("User-Agent", "rung") // by which the server's log tells it from other programs
	req.Header.Set("Accept", "application/json, application/problem+json")
	req.Header.Set("Authorization", "Bearer "+c.Token)
	for name, value := range map[string]string{"If-Match": call.ifMatch, "If-None-Match": call.ifNoneMatch, keyHeader: call.key} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if call.file != nil {
		if err := call.file.attach(req); err != nil {
			return nil, err
		}
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		return nil, c.unreachable(ctx, call, err)
	}
	defer res.Body.Close()
	a := &answer{status: res.StatusCode, header: res.Header}
	if a.body, err = io.ReadAll(io.LimitReader(res.Body, longAnswer)); err != nil {
		return nil, c.unreachable(ctx, call, err)
	}
	return a, c.check(a)
}

// check makes an error of an answer that isn't one of success.
func (c *Client) check(a *answer) error {
	media, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	switch {
	case a.status >= 300 && a.status < 400:
		to, err := c.Server.Parse(a.header.Get("Location"))
		if err != nil {
			return &Misuse{"The server sends callers on, without saying where."}
		}
		return &Misuse{fmt.Sprintf("The server sends callers on to %s://%s. If that is right, set RUNG_URL to it: the token is not sent on.", to.Scheme, to.Host)}
	case a.status >= 400:
		return refusalOf(a, media)
	case a.status != http.StatusNoContent && media != "application/json":
		return &Misuse{"What answers there isn't Rung's API: look at RUNG_URL."}
	}
	return nil
}

// Misuse is something that isn't right about an address or a file that was given.
type Misuse struct{ Text string }

func (e *Misuse) Error() string { return e.Text }

// Unreachable is a server that didn't answer.
type Unreachable struct {
	Server string
	Cause  error
	undone bool // nothing can have come of it
}

func (e *Unreachable) Error() string {
	text := fmt.Sprintf("%s doesn't answer: %v.", e.Server, e.Cause)
	if !e.undone {
		text += " Whether the request was carried out isn't known: look before you send it again."
	}
	return text
}

func (e *Unreachable) Unwrap() error { return e.Cause }

func (c *Client) unreachable(ctx context.Context, call call, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err // without the whole address
	}
	return &Unreachable{Server: c.Server.String(), Cause: err, undone: call.method == http.MethodGet || unsent(err)}
}
