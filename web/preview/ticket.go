package preview

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"time"
)

// Look is what somebody looks at: the package of a revision, or of the draft.
type Look struct {
	Digest   string `json:"d"` // of the package
	Proposal int64  `json:"p"`
	Revision int    `json:"r,omitempty"` // 0: the draft
	Person   int64  `json:"b"`
}

// Lasts is how long a link to a preview works: a long look, and a break in it.
const Lasts = 4 * time.Hour

// ticket is what a link says, and who signs it vouches for: these bytes, for
// this reader, until then. Whether the reader may see them was decided when the
// link was made, and is asked again now and then.
type ticket struct {
	Look
	Run  string `json:"n"` // one preview's own name: what a course stores is kept under it
	Ends int64  `json:"e"` // seconds of Unix time
}

var (
	errForged = errors.New("the link is not one of ours")
	errEnded  = errors.New("the link has ended")
)

// longToken bounds what is looked at; ours have about 250 characters.
const longToken = 600

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// key is derived, so that what is signed here is worth nothing elsewhere.
func (s *Server) key() []byte {
	m := hmac.New(sha256.New, s.Secret)
	m.Write([]byte("rung preview links"))
	return m.Sum(nil)
}

func (s *Server) sign(body string) []byte {
	m := hmac.New(sha256.New, s.key())
	m.Write([]byte(body))
	return m.Sum(nil)
}

// newTicket is for one look of one person at a package.
func (s *Server) newTicket(look Look) ticket {
	return ticket{Look: look, Run: strings.ToLower(rand.Text()[:20]), Ends: s.Now().Add(Lasts).Unix()}
}

// token writes a ticket as a part of a path.
func (s *Server) token(t ticket) string {
	b, _ := json.Marshal(t) // strings and numbers
	body := base64.RawURLEncoding.EncodeToString(b)
	return body + "." + base64.RawURLEncoding.EncodeToString(s.sign(body))
}

// read takes a token for what it says if it is ours and hasn't ended.
func (s *Server) read(token string) (ticket, error) {
	body, signature, found := strings.Cut(token, ".")
	if !found || len(token) > longToken {
		return ticket{}, errForged
	}
	given, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !hmac.Equal(given, s.sign(body)) {
		return ticket{}, errForged
	}
	b, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return ticket{}, errForged
	}
	var t ticket
	if err := json.Unmarshal(b, &t); err != nil || !digestForm.MatchString(t.Digest) || t.Run == "" {
		return ticket{}, errForged
	}
	if s.Now().Unix() >= t.Ends {
		return ticket{}, errEnded
	}
	return t, nil
}
