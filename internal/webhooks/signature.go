package webhooks

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
)

// minSecret is the fewest bytes of Service.Secret.
const minSecret = 16

// errSecret stops deliveries rather than signing them as anybody could.
var errSecret = errors.New("webhooks: the secret is shorter than 16 bytes")

// secret derives the 32 bytes that sign for a webhook; they are stored nowhere.
func (s *Service) secret(webhook int64, generation int) ([]byte, error) {
	if len(s.Secret) < minSecret {
		return nil, errSecret
	}
	m := hmac.New(sha256.New, s.Secret)
	fmt.Fprintf(m, "rung webhook secret\n%d\n%d", webhook, generation)
	return m.Sum(nil), nil
}

// secretText is a secret as receivers are given it, by the standard: its bytes
// in base64 after a prefix.
func secretText(secret []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(secret) }

// sign is the standard's symmetric signature, v1: HMAC-SHA256 over
// id.timestamp.body, in base64. The timestamp is in whole seconds of Unix time.
func sign(secret []byte, id string, at time.Time, body []byte) string {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	m.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// signatures are those of every secret that is valid now, the current first.
func (s *Service) signatures(r row, id string, at time.Time, body []byte) (string, error) {
	current, err := s.secret(r.ID, r.Generation)
	if err != nil {
		return "", err
	}
	all := sign(current, id, at, body)
	if r.overlaps(at) {
		previous, err := s.secret(r.ID, r.Generation-1)
		if err != nil {
			return "", err
		}
		all += " " + sign(previous, id, at, body)
	}
	return all, nil
}

// Secrets are what a receiver checks signatures with.
type Secrets struct {
	Current       string
	Previous      string     // "" where none is valid
	PreviousUntil *time.Time // when it ends
}

// Secrets reveals a webhook's secrets. They can be read again at any time.
func (s *Service) Secrets(ctx context.Context, by, id int64) (Secrets, error) {
	var out Secrets
	err := s.as(ctx, by, func(tx *sqlx.Tx) error {
		r, err := one(ctx, tx, bareSQL, id)
		if err != nil {
			return err
		}
		current, err := s.secret(id, r.Generation)
		if err != nil {
			return err
		}
		out.Current = secretText(current)
		if !r.overlaps(s.now()) {
			return nil
		}
		previous, err := s.secret(id, r.Generation-1)
		if err != nil {
			return err
		}
		out.Previous, out.PreviousUntil = secretText(previous), r.PreviousUntil
		return nil
	})
	return out, err
}
