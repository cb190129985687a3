package preview

import (
	"crypto/aes"
	"crypto/cipher"
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

// ticket is what a link says, and who sealed it vouches for: these bytes, for
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

// seal makes and opens tokens. They are not only vouched for but closed: the
// scripts of a package see the path that they run under, and who looks at the
// package is not for them to know. Its key is derived, so that what is sealed
// here is worth nothing elsewhere.
func (s *Server) seal() cipher.AEAD {
	m := hmac.New(sha256.New, s.Secret)
	m.Write([]byte("rung preview links"))
	block, err := aes.NewCipher(m.Sum(nil))
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // and AES has blocks of the right size
	}
	return aead
}

// newTicket is for one look of one person at a package.
func (s *Server) newTicket(look Look) ticket {
	return ticket{Look: look, Run: strings.ToLower(rand.Text()[:20]), Ends: s.Now().Add(Lasts).Unix()}
}

// token writes a ticket as a part of a path.
func (s *Server) token(t ticket) string {
	b, _ := json.Marshal(t) // strings and numbers
	return tokenForm.EncodeToString(s.seal().Seal(nil, nil, b, nil))
}

// tokenForm takes one way of writing the same bytes alone.
var tokenForm = base64.RawURLEncoding.Strict()

// read takes a token for what it says if it is ours and hasn't ended.
func (s *Server) read(token string) (ticket, error) {
	if len(token) > longToken || strings.ContainsAny(token, "\r\n") { // which are passed over
		return ticket{}, errForged
	}
	sealed, err := tokenForm.DecodeString(token)
	if err != nil {
		return ticket{}, errForged
	}
	b, err := s.seal().Open(nil, nil, sealed, nil)
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
