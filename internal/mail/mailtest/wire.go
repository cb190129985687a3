package mailtest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
)

// listener counts connections and listens in on each.
type listener struct {
	net.Listener
	server *Server
	opaque bool // TLS from the first byte: nothing to listen to
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.server.mu.Lock()
	l.server.connections++
	l.server.mu.Unlock()
	return &conn{Conn: c, server: l.server, in: bufio.NewReader(c), opaque: l.opaque, last: Connect}, nil
}

// conn stands between the client and the server. The server reads from it what
// the client says, less the commands that a fault answers, and what it writes
// may be swallowed or replaced. One goroutine uses it, the server's.
type conn struct {
	net.Conn
	server *Server
	in     *bufio.Reader
	left   []byte // of a line, not yet read by the server

	opaque bool     // encrypted: all is passed on
	inData bool     // between 354 and the final dot
	last   Phase    // the last command that was passed on
	to     []string // recipients of the mail in hand
}

// Read hands the server the client's next line, unless a fault takes it.
func (c *conn) Read(p []byte) (int, error) {
	if c.opaque {
		return c.in.Read(p)
	}
	for len(c.left) == 0 {
		line, err := c.in.ReadBytes('\n')
		if err != nil {
			return 0, err
		}
		pass := c.command(line)
		if c.inData {
			pass = c.content(line)
		}
		if pass {
			c.left = line
		}
	}
	n := copy(p, c.left)
	c.left = c.left[n:]
	return n, nil
}

// content follows the mail itself, to its end.
func (c *conn) content(line []byte) bool {
	if !bytes.Equal(line, []byte(".\r\n")) {
		return true
	}
	c.server.reached(DataEnd)
	if f := c.server.take(DataEnd, c.to, func(f *Fault) bool { return f.Code == 0 }); f != nil {
		c.apply(f)
		return false
	}
	c.inData, c.last = false, Taken
	return true
}

// commands by their first word.
var commands = map[string]Phase{
	"EHLO": Ehlo, "HELO": Ehlo, "STARTTLS": StartTLS, "AUTH": Auth, "MAIL": MailFrom, "RCPT": Rcpt,
	"DATA": Data, "NOOP": Noop, "RSET": Rset, "QUIT": Quit,
}

func (c *conn) command(line []byte) bool {
	if c.inData {
		return true
	}
	word, rest, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
	phase, known := commands[strings.ToUpper(word)]
	if !known {
		return true
	}
	switch phase {
	case MailFrom:
		c.to = nil
	case Rcpt:
		_, address, _ := strings.Cut(rest, "<")
		address, _, _ = strings.Cut(address, ">")
		c.to = append(c.to, strings.ToLower(address))
	}
	c.server.reached(phase)
	if f := c.server.take(phase, c.to, nil); f != nil {
		c.apply(f)
		return false
	}
	c.last = phase
	return true
}

// Write passes the server's answer on, unless a fault stands in for it.
func (c *conn) Write(p []byte) (int, error) {
	if c.opaque {
		return c.Conn.Write(p)
	}
	answered := c.last
	switch {
	case answered == Connect || answered == Taken && p[0] == '2':
		c.last = ""
		c.server.reached(answered)
		if f := c.server.take(answered, c.to, nil); f != nil {
			c.apply(f)
			return len(p), nil
		}
	case answered == Data && bytes.HasPrefix(p, []byte("354")):
		c.inData = true
	case answered == StartTLS && bytes.HasPrefix(p, []byte("220")):
		c.opaque = true
	}
	return c.Conn.Write(p)
}

// apply makes the fault happen.
func (c *conn) apply(f *Fault) {
	switch {
	case f.Hang:
		_, _ = io.Copy(io.Discard, c.in) // until the client goes
		c.Close()
	case f.Code == 0:
		c.Close()
	default:
		fmt.Fprintf(c.Conn, "%d %d.0.0 As the test wishes\r\n", f.Code, f.Code/100)
		if f.Code == 421 || f.Phase == Connect {
			c.Close() // as the code says
		}
	}
}
