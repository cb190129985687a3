package preview

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// A token has one way of being written: none of its letters can be another, also
// where the last says more than its bytes need.
func TestATokenIsWrittenInOneWay(t *testing.T) {
	s := &Server{Secret: []byte("a secret"), Now: func() time.Time { return time.Unix(0, 0) }}
	for _, proposal := range []int64{1, 12, 123} { // as long as 0, 1 and 2 bytes beyond a multiple of three
		token := s.token(s.newTicket(Look{Digest: strings.Repeat("ab", 32), Proposal: proposal, Person: 1}))
		if got, err := s.read(token); err != nil || got.Proposal != proposal {
			t.Fatalf("%+v %v", got, err)
		}
		if url.PathEscape(token) != token {
			t.Errorf("%q is no part of a path", token)
		}
		for _, letter := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
			other := token[:len(token)-1] + string(letter)
			if _, err := s.read(other); err == nil && other != token {
				t.Errorf("of %d letters, the last is %q or %q", len(token), token[len(token)-1:], letter)
			}
		}
	}
}
