package client

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"net/url"
	"strconv"
)

const (
	// mostAtOnce is the longest page of a list.
	mostAtOnce = 200
	// asItComes is for lists that the API answers whole: they take no limit.
	asItComes = 0
)

// each gives the items of a list one by one, page after page, and the error that
// ends it. No more than one page is held.
func (c *Client) each(ctx context.Context, path string, query url.Values, page int) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		asked := url.Values{}
		maps.Copy(asked, query)
		if page != asItComes {
			asked.Set("limit", strconv.Itoa(page))
		}
		for {
			var got struct {
				Items []json.RawMessage `json:"items"`
				Next  string            `json:"next_cursor"`
			}
			if _, err := c.get(ctx, path, asked, &got); err != nil {
				yield(nil, err)
				return
			}
			for _, item := range got.Items {
				if !yield(item, nil) {
					return
				}
			}
			if got.Next == "" {
				return
			}
			asked.Set("cursor", got.Next)
		}
	}
}

// first gives at most so many items of a list, 0 for all, and whether there are more.
func (c *Client) first(ctx context.Context, path string, query url.Values, most int) (items []json.RawMessage, more bool, err error) {
	page := mostAtOnce
	if most > 0 {
		page = min(page, most+1) // one more shows that there is one
	}
	for item, err := range c.each(ctx, path, query, page) {
		if err != nil {
			return nil, false, err
		}
		if most > 0 && len(items) == most {
			return items, true, nil
		}
		items = append(items, item)
	}
	return items, false, nil
}

// collected gives all items of a list that isn't long.
func (c *Client) collected(ctx context.Context, path string, page int) (items []json.RawMessage, err error) {
	for item, err := range c.each(ctx, path, nil, page) {
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// decoded reads every item.
func decoded[T any](items []json.RawMessage) ([]T, error) {
	out := make([]T, len(items))
	for i, item := range items {
		if err := into(item, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
