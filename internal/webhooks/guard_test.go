package webhooks

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/leadership-ladder/rung/internal/outbox"
)

func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"1.1.1.1": true, "8.8.8.8": true, "172.15.255.255": true, "172.32.0.0": true, "100.63.0.1": true, "100.128.0.1": true, "192.0.1.1": true,
		"2606:4700:4700::1111": true, "2a00:1450:4009::1": true, "::ffff:8.8.8.8": true,

		"0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "100.64.0.1": false, "100.100.100.200": false, "127.0.0.1": false, "127.255.0.1": false,
		"168.63.129.16": false, "169.254.169.254": false, "172.16.0.1": false, "172.31.255.255": false, "192.0.0.192": false, "192.0.2.1": false,
		"192.88.99.1": false, "192.168.1.1": false, "198.18.0.1": false, "198.19.255.255": false, "198.51.100.1": false, "203.0.113.1": false,
		"224.0.0.1": false, "239.255.255.255": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "::7f00:1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "64:ff9b::7f00:1": false, "64:ff9b:1::1": false,
		"100::1": false, "2001::1": false, "2001:2::1": false, "2001:20::1": false, "2001:db8::1": false, "2002:7f00:1::": false, "3fff::1": false,
		"fc00::1": false, "fd00:ec2::254": false, "fe80::1": false, "fe80::1%eth0": false, "2606:4700::1%eth0": false, "fec0::1": false, "ff02::1": false,
	} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: public %v, want %v", text, got, want)
		}
	}
}

func TestParseAllow(t *testing.T) {
	allow, err := ParseAllow(" 10.1.2.3, 10.2.0.0/16:8443 ,[fd00::1]:443, fd01::/16,::1,")
	if err != nil || len(allow) != 5 {
		t.Fatalf("%+v, %v", allow, err)
	}
	for text, want := range map[string]bool{
		"10.1.2.3:1": true, "10.1.2.4:1": false, "10.2.9.9:8443": true, "10.2.9.9:443": false, "[::ffff:10.1.2.3]:1": true,
		"[fd00::1]:443": true, "[fd00::1]:80": false, "[fd01::7]:80": true, "[::1]:80": true, "127.0.0.1:80": false,
	} {
		if got := allow.has(netip.MustParseAddrPort(text)); got != want {
			t.Errorf("%s: allowed %v, want %v", text, got, want)
		}
	}
	for _, wrong := range []string{"localhost", "10.0.0.0/33", "10.0.0.1:0", "10.0.0.1:65536", "10.0.0.1:http", "10.0.0", "a,10.0.0.1"} {
		if allow, err := ParseAllow(wrong); err == nil {
			t.Errorf("%s is taken as %+v", wrong, allow)
		}
	}
	if none, err := ParseAllow(""); err != nil || none != nil {
		t.Errorf("nothing is %+v, %v", none, err)
	}
}

// TestWithoutTLSOnlyWhereAllowed: the check of the very address being connected to.
func TestWithoutTLSOnlyWhereAllowed(t *testing.T) {
	allow, err := ParseAllow("10.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		encrypted bool
		address   string
		ok        bool
	}{
		{true, "8.8.8.8:443", true}, {false, "8.8.8.8:80", false}, {true, "10.0.0.1:443", true}, {false, "10.0.0.1:80", true},
		{true, "192.168.0.1:443", false}, {false, "192.168.0.1:80", false}, {true, "nonsense", false},
	} {
		if err := allow.control(c.encrypted)("tcp", c.address, nil); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// names is a resolver that knows one answer a question, in turn; the last stays.
func names(t *testing.T, answers ...string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	var asked atomic.Int64
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return // closed
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Additionals = true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				i := min(int(asked.Add(1)), len(answers)) - 1
				m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class},
					Body: &dnsmessage.AResource{A: netip.MustParseAddr(answers[i]).As4()}}}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

const refusedBefore = "Refused before connecting: the receiver has a private address, which is not on the list of those allowed."

// TestANameThatChangesItsMind: whoever looked it up before found a public
// address; at the time of connecting it is a private one.
func TestANameThatChangesItsMind(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, answers(http.StatusOK))
	w.svc.Allow, w.svc.resolver = nil, names(t, "8.8.8.8", "127.0.0.1")
	w.restart()
	at, err := url.Parse(r.URL)
	w.must(err)
	id := w.add("https://receiver.example.org:" + at.Port())
	if found, err := w.svc.resolver.LookupNetIP(t.Context(), "ip4", "receiver.example.org."); err != nil || len(found) != 1 || !public(found[0]) {
		t.Fatalf("at first the name leads to %v, %v", found, err)
	}
	w.must(w.svc.Ping(t.Context(), w.ada, id))
	w.drain()
	if d := w.newest(id); d.State != outbox.Waiting || d.Answer != refusedBefore || len(r.all()) != 0 {
		t.Errorf("%+v, and the receiver got %d requests", d, len(r.all()))
	}

	// The same name will do where its network is allowed.
	w.svc.Allow, err = ParseAllow("127.0.0.1:" + at.Port())
	w.must(err)
	w.restart()
	plain := w.add("http://receiver.example.org:" + at.Port())
	w.must(w.svc.Ping(t.Context(), w.ada, plain))
	w.drain()
	if d := w.newest(plain); d.State != outbox.Sent || len(r.all()) != 1 {
		t.Errorf("allowed: %+v, and the receiver got %d requests", d, len(r.all()))
	}
}

// TestARedirectIsNotFollowed: neither to a private address nor to any other.
func TestARedirectIsNotFollowed(t *testing.T) {
	w := newWorld(t)
	inside := newReceiver(t, answers(http.StatusOK))
	for _, status := range []int{301, 302, 303, 307, 308} {
		outside := newReceiver(t, func(rw http.ResponseWriter, req *http.Request) { http.Redirect(rw, req, inside.URL, status) })
		id := w.add(outside.URL)
		w.must(w.svc.Ping(t.Context(), w.ada, id))
		w.drain()
		if d := w.newest(id); d.State != outbox.Waiting || !strings.HasPrefix(d.Answer, "The receiver answered 30") || len(outside.all()) != 1 {
			t.Errorf("%d: %+v", status, d)
		}
	}
	if n := len(inside.all()); n != 0 {
		t.Errorf("%d requests were led on", n)
	}
}

// TestOnlyOverTLSThatHolds: a certificate nobody vouches for is no receiver's.
func TestOnlyOverTLSThatHolds(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewTLSServer(http.HandlerFunc(answers(http.StatusOK)))
	t.Cleanup(server.Close)
	server.Config.ErrorLog = quiet
	id := w.add(server.URL)
	w.must(w.svc.Ping(t.Context(), w.ada, id))
	w.drain()
	if d := w.newest(id); d.State != outbox.Waiting || d.Answer != "No secure connection to the receiver: check its certificate." {
		t.Errorf("with an unknown certificate: %+v", d)
	}
	w.svc.roots = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	w.restart()
	w.must(w.svc.Ping(t.Context(), w.ada, id))
	w.drain()
	if d := w.newest(id); d.State != outbox.Sent {
		t.Errorf("with a certificate that holds: %+v", d)
	}
}
