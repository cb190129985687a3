package browser

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// errGone is what every call gets once the browser has ended.
var errGone = errors.New("the browser has ended")

// maxMessage bounds one message of the browser: a page decides how long its
// requests and its errors are.
const maxMessage = 64 << 20

// wire is the DevTools protocol over the two pipes of a browser: no port is
// opened for it. It lies below chromedp's tabs, since every window, frame and
// worker that a page opens must be held before its first request, and chromedp
// knows only the tabs that it was asked for.
type wire struct {
	pipe  *chromedp.PipeConn
	event func(*cdproto.Message) // called in order, must not call back
	gone  chan struct{}          // closed with the pipe

	mu      sync.Mutex
	last    int64
	waiting map[int64]chan *cdproto.Message
}

func newWire(r io.ReadCloser, w io.WriteCloser, event func(*cdproto.Message)) *wire {
	c := &wire{pipe: chromedp.NewPipeConn(&meter{ReadCloser: r}, w), event: event,
		gone: make(chan struct{}), waiting: map[int64]chan *cdproto.Message{}}
	go c.listen()
	return c
}

func (c *wire) listen() {
	defer close(c.gone)
	for {
		var m cdproto.Message
		if err := c.pipe.Read(context.Background(), &m); err != nil {
			return
		}
		if m.ID == 0 {
			c.event(&m)
			continue
		}
		c.mu.Lock()
		answer := c.waiting[m.ID]
		delete(c.waiting, m.ID)
		c.mu.Unlock()
		if answer != nil {
			answer <- &m
		}
	}
}

// meter ends the reading at a message that is too long.
type meter struct {
	io.ReadCloser
	since int // bytes since the last message ended
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	for _, b := range p[:n] {
		m.since++
		if b == 0 {
			m.since = 0
		}
	}
	if m.since > maxMessage {
		return 0, errors.New("the browser sends a message without an end")
	}
	return n, err
}

// send writes a command to a session, the browser's own where it is empty.
func send[P, R any](c *wire, s target.SessionID, command cdp.Command[P, R], params P, answer chan *cdproto.Message) (id int64, err error) {
	raw, err := jsonv2.Marshal(params, chromedp.DefaultMarshalOptions)
	if err != nil {
		return 0, err
	}
	c.mu.Lock()
	c.last++
	id = c.last
	if answer != nil {
		c.waiting[id] = answer
	}
	c.mu.Unlock()
	m := &cdproto.Message{ID: id, SessionID: s, Method: cdproto.MethodType(command.Method), Params: raw}
	if c.pipe.Write(context.Background(), m) != nil {
		err = errGone
	}
	return id, err
}

// post sends a command and does not wait for its result, which a target that is
// held may give only when it is let go.
func post[P, R any](c *wire, s target.SessionID, command cdp.Command[P, R], params P) {
	send(c, s, command, params, nil)
}

// call sends a command and waits for its result.
func call[P, R any](ctx context.Context, c *wire, s target.SessionID, command cdp.Command[P, R], params P) (R, error) {
	var result R
	answer := make(chan *cdproto.Message, 1)
	id, err := send(c, s, command, params, answer)
	defer func() {
		c.mu.Lock()
		delete(c.waiting, id)
		c.mu.Unlock()
	}()
	if err != nil {
		return result, err
	}
	select {
	case <-ctx.Done():
		return result, ctx.Err()
	case <-c.gone:
		return result, errGone
	case m := <-answer:
		if m.Error != nil {
			return result, fmt.Errorf("%s: %w", command.Method, m.Error)
		}
		return result, jsonv2.Unmarshal(m.Result, &result, chromedp.DefaultUnmarshalOptions)
	}
}

// decode reads the parameters of an event.
func decode[E any](m *cdproto.Message, _ cdp.Event[E]) (E, bool) {
	var e E
	err := jsonv2.Unmarshal(m.Params, &e, chromedp.DefaultUnmarshalOptions)
	return e, err == nil
}
