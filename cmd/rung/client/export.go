package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Export writes everything that the token may see as JSON Lines, to a file or,
// where that is "", to the screen: {"type": …, "proposal": its number where it
// belongs to one, "data": what the API answered}. The last line is of the type
// end, and tells how many there were and what was left out; an export without it
// is cut short. A file appears when it is whole.
func (c *Client) Export(ctx context.Context, s Screen, file string) error {
	e := &export{Client: c, silent: file == "" && s.Terminal()}
	var err error
	if file == "" {
		err = e.write(ctx, s.Out)
	} else {
		err = atOnce(file, func(out io.Writer) error { return e.write(ctx, out) })
	}
	c.Aside.Clear()
	switch {
	case err != nil:
		return err
	case len(e.left) > 0:
		return &Incomplete{e.left}
	}
	c.Aside.Say("Exported " + plural(e.objects, "object", "objects") + ".")
	return nil
}

// atOnce writes a file that appears when it is whole.
func atOnce(file string, write func(io.Writer) error) error {
	part, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return &Misuse{err.Error()}
	}
	defer os.Remove(part.Name()) // renamed by then, unless something failed
	defer part.Close()
	if err := write(part); err != nil {
		return err
	}
	if err := part.Close(); err != nil {
		return err
	}
	return os.Rename(part.Name(), file)
}

// Incomplete is an export that had to leave something out.
type Incomplete struct{ Left []string }

func (e *Incomplete) Error() string {
	return "The export is not complete. Left out:\n  " + strings.Join(e.Left, "\n  ")
}

// export is an export under way.
type export struct {
	*Client
	out     *bufio.Writer
	silent  bool // a line of progress would stand among the objects
	objects int
	unseen  []string // what isn't the token's to read
	left    []string // what could not be read, and why
}

// write writes all objects and the end.
func (e *export) write(ctx context.Context, out io.Writer) error {
	e.out = bufio.NewWriterSize(out, 1<<20)
	if err := e.all(ctx); err != nil {
		return err
	}
	end, err := json.Marshal(map[string]any{"objects": e.objects, "left_out": append([]string{}, e.left...)})
	if err == nil {
		err = e.line("end", 0, end)
	}
	if err != nil {
		return err
	}
	return e.out.Flush()
}

// object writes one object.
func (e *export) object(kind string, proposal int64, data json.RawMessage) error {
	e.objects++
	if !e.silent {
		e.Aside.show(fmt.Sprintf("Exporting: %s, now %s", plural(e.objects, "object", "objects"), plain(kind)))
	}
	return e.line(kind, proposal, data)
}

func (e *export) line(kind string, proposal int64, data json.RawMessage) error {
	of := ""
	if proposal != 0 {
		of = fmt.Sprintf(`, "proposal": %d`, proposal)
	}
	_, err := fmt.Fprintf(e.out, "{\"type\": %q%s, \"data\": %s}\n", kind, of, oneLine(data))
	return err
}

// oneLine is JSON without line breaks, which between values mean nothing.
func oneLine(raw json.RawMessage) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, strings.TrimSpace(string(raw)))
}

// collection is a list that is exported whole.
type collection struct {
	kind, path string
	query      url.Values
	page       int
	key        string // the property by which each object of it is read in full; "" where the list has all
}

// Of everything, and below each proposal.
var (
	everywhere = []collection{
		{kind: "module", path: "/modules", key: "slug"}, {kind: "series", path: "/series"}, {kind: "suggested_title", path: "/suggested-titles"},
		{kind: "person", path: "/people", page: mostAtOnce}, {kind: "mail", path: "/mails", page: mostAtOnce},
		{kind: "mail", path: "/mails", query: url.Values{"kind": {"sign_in"}}, page: mostAtOnce}, {kind: "webhook", path: "/webhooks"},
	}
	ofProposal = []collection{
		{kind: "revision", path: "/revisions", key: "number"}, {kind: "history", path: "/history", page: mostAtOnce}, {kind: "author", path: "/authors"},
		{kind: "assignment", path: "/assignments"}, {kind: "sign_off", path: "/sign-offs"}, {kind: "change_request", path: "/change-requests"},
		{kind: "conflict", path: "/conflicts"},
	}
)

// all exports everything. The error is one that ends it; what else can't be read
// is left out and noted.
func (e *export) all(ctx context.Context) error {
	if err := e.one(ctx, "programme", 0, "/programme"); err != nil {
		return err
	}
	for raw, err := range e.each(ctx, "/proposals", url.Values{"sort": {"id"}}, mostAtOnce) {
		if err != nil { // without them there is hardly an export
			return err
		}
		var p Proposal
		if err := into(raw, &p); err != nil {
			return err
		}
		if err := e.proposal(ctx, p.ID); err != nil {
			return err
		}
	}
	for _, list := range everywhere {
		if err := e.list(ctx, 0, list); err != nil {
			return err
		}
	}
	if len(e.unseen) > 0 {
		e.Aside.Say("Not for this token, or not at this server: " + strings.Join(slices.Compact(e.unseen), ", ") + ".")
	}
	return nil
}

// proposal exports a proposal with all that belongs to it.
func (e *export) proposal(ctx context.Context, id int64) error {
	for _, part := range []struct{ kind, below string }{{"proposal", ""}, {"draft", "/draft"}, {"publication_details", "/publication-details"}} {
		if err := e.one(ctx, part.kind, id, path(id, part.below)); err != nil {
			return err
		}
	}
	for _, list := range ofProposal {
		list.path = path(id, list.path)
		if err := e.list(ctx, id, list); err != nil {
			return err
		}
	}
	e.unseen = e.unseen[:0] // that a draft is its authors' alone is nothing to tell
	return nil
}

// one exports one object.
func (e *export) one(ctx context.Context, kind string, proposal int64, path string) error {
	a, err := e.get(ctx, path, nil, nil)
	if err != nil {
		return e.without(path, err)
	}
	return e.object(kind, proposal, a.body)
}

// list exports every object of a list.
func (e *export) list(ctx context.Context, proposal int64, l collection) error {
	for raw, err := range e.each(ctx, l.path, l.query, l.page) {
		switch refusal, ok := errors.AsType[*Refusal](err); {
		case ok && refusal.Status == http.StatusNotFound && proposal == 0: // the server is older than that kind of object
			e.unseen = append(e.unseen, l.path[1:])
			return nil
		case err != nil:
			return e.without(l.path, err)
		case l.key == "":
			err = e.object(l.kind, proposal, raw)
		default:
			var keys map[string]any
			if err = into(raw, &keys); err == nil {
				err = e.one(ctx, l.kind, proposal, l.path+"/"+url.PathEscape(fmt.Sprint(keys[l.key])))
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// without goes on where something can't be read. What isn't the token's to see
// is no part of the export; without a token, or a connection, there is none.
func (e *export) without(path string, err error) error {
	refusal, ok := errors.AsType[*Refusal](err)
	switch {
	case !ok, refusal.Status == http.StatusUnauthorized:
		return err
	case refusal.Status == http.StatusForbidden:
		e.unseen = append(e.unseen, path[1:])
	default:
		e.left = append(e.left, path+": "+clean(refusal.Detail))
	}
	return nil
}
