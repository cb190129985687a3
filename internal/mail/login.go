package mail

import (
	"encoding/base64"
	"errors"
	"slices"

	"github.com/wneessen/go-mail/smtp"
)

// login signs in with the best way the server offers. go-mail's own choice
// doesn't know that a connection is encrypted where it didn't dial it itself.
type login struct {
	server Server
	chosen smtp.Auth
}

// Start picks the way and begins it.
func (l *login) Start(info *smtp.ServerInfo) (string, []byte, error) {
	if !info.TLS && !l.server.Loopback() {
		return "", nil, errors.New("the connection is not encrypted, so Rung does not send its password")
	}
	user, password, host := l.server.User, l.server.Password, l.server.Host
	switch {
	case slices.Contains(info.Auth, "PLAIN"):
		l.chosen = smtp.PlainAuth("", user, password, host, l.server.Loopback())
	case slices.Contains(info.Auth, "LOGIN"):
		l.chosen = smtp.LoginAuth(user, password, host, l.server.Loopback())
	case slices.Contains(info.Auth, "CRAM-MD5"):
		l.chosen = smtp.CRAMMD5Auth(user, password)
	default:
		return "", nil, errors.New("the mail server offers no way to sign in that Rung knows (PLAIN, LOGIN or CRAM-MD5)")
	}
	return l.chosen.Start(info)
}

// Next answers the server's challenge.
func (l *login) Next(challenge []byte, more bool) ([]byte, error) {
	return l.chosen.Next(challenge, more)
}

// secrets are the texts that must never be shown: the password, as it is and as
// the ways of signing in write it.
func (s Server) secrets() []string {
	if s.Password == "" {
		return nil
	}
	b64 := base64.StdEncoding.EncodeToString
	return []string{s.Password, b64([]byte(s.Password)), b64([]byte("\x00" + s.User + "\x00" + s.Password))}
}
