package mail

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Server is where mail is handed in.
type Server struct {
	Host           string
	Port           int
	User, Password string // "" where the server asks for none
	ImplicitTLS    bool   // smtps: TLS from the first byte, instead of STARTTLS
}

// ParseServer reads an address like smtp://user:password@mail.example.org:587 or
// smtps://mail.example.org. Without a port it is 25 (smtp), 587 (smtp with a
// user) or 465 (smtps). The errors say what to do and never repeat the address,
// which may hold a password.
func ParseServer(raw string) (Server, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return Server{}, errors.New("the mail server's address cannot be understood: write smtp://user:password@host:port " +
			"or smtps://…, with any of : / ? # [ ] @ in the password written as %XX")
	}
	var s Server
	switch u.Scheme {
	case "smtp":
		s.Port = 25
		if u.User != nil {
			s.Port = 587
		}
	case "smtps":
		s.Port, s.ImplicitTLS = 465, true
	default:
		return Server{}, errors.New("the mail server's address must begin with smtp:// or smtps://")
	}
	s.Host = u.Hostname()
	if s.Host == "" {
		return Server{}, errors.New("the mail server's address names no host")
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return Server{}, errors.New("the mail server's address must end after the host and port")
	}
	if p := u.Port(); p != "" {
		s.Port, err = strconv.Atoi(p)
		if err != nil || s.Port < 1 || s.Port > 65535 {
			return Server{}, errors.New("the mail server's port must be a number from 1 to 65535")
		}
	}
	if u.User != nil {
		s.User = u.User.Username()
		s.Password, _ = u.User.Password()
		if s.User == "" || s.Password == "" {
			return Server{}, errors.New("the mail server's address must give both a user and a password, or neither")
		}
	}
	return s, nil
}

// Address is host:port, without the user.
func (s Server) Address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// Loopback reports whether the server is this very machine, by its name or
// number alone: only then may mail, and the password, travel unencrypted.
func (s Server) Loopback() bool {
	if strings.EqualFold(s.Host, "localhost") {
		return true
	}
	ip := net.ParseIP(s.Host)
	return ip != nil && ip.IsLoopback()
}
