package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"

	"github.com/leadership-ladder/rung/internal/fault"
)

// Paged is what every list takes.
type Paged struct {
	Limit  int    `query:"limit" doc:"How many items a page may have." minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"Where the page begins: the cursor of the page before. It belongs to the same list with the same filters and order." maxLength:"2000"`
}

// list is the answer of a list.
type list[T any] struct {
	Link string `header:"Link" doc:"The address of the next page, where there is one: <…>; rel=\"next\" (RFC 8288)."`
	Body listBody[T]
}

type listBody[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor,omitempty" doc:"The cursor of the next page; absent on the last."`
}

// cursor is an opaque place in a list. Of names the list, its filters and its
// order, so that a cursor of another is refused rather than misread.
type cursor struct {
	Of   string          `json:"o"`
	From json.RawMessage `json:"f"`
}

// listOf names the list that a request asks for.
func listOf(u *url.URL) string {
	q := u.Query()
	q.Del("cursor")
	q.Del("limit")
	sum := sha256.Sum256([]byte(u.Path + "?" + q.Encode()))
	return hex.EncodeToString(sum[:6])
}

// from reads where a page begins into place, which stays as it is for the first
// page.
func (p Paged) from(ctx context.Context, place any) error {
	if p.Cursor == "" {
		return nil
	}
	var c cursor
	b, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err == nil && c.Of == listOf(exchangeOf(ctx).r.URL) {
		err = json.Unmarshal(c.From, place)
	} else if err == nil {
		return wrongCursor("This cursor is of another list, or of another order or filter of it. Begin with the first page.")
	}
	if err != nil {
		return wrongCursor("This is no cursor of a list. Take the one that the page before gave.")
	}
	return nil
}

func wrongCursor(text string) error {
	return fault.New(fault.Invalid, "There is no such page.", fault.Reason{Code: "cursor", Field: "query.cursor", Text: text})
}

// pageOf is the answer with these items; next is where the next page begins,
// nil where this is the last.
func pageOf[T, Place any](ctx context.Context, s *Server, items []T, next *Place) (*list[T], error) {
	if items == nil {
		items = []T{}
	}
	out := &list[T]{Body: listBody[T]{Items: items}}
	if next == nil {
		return out, nil
	}
	u := *exchangeOf(ctx).r.URL
	from, err := json.Marshal(next)
	if err != nil {
		return nil, err
	}
	whole, err := json.Marshal(cursor{Of: listOf(&u), From: from})
	if err != nil {
		return nil, err
	}
	out.Body.NextCursor = base64.RawURLEncoding.EncodeToString(whole)
	q := u.Query()
	q.Set("cursor", out.Body.NextCursor)
	out.Link = "<" + s.address(u.Path+"?"+q.Encode()) + `>; rel="next"`
	return out, nil
}
