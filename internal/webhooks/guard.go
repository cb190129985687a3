package webhooks

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Rung sends requests to addresses that people typed, from inside somebody's
// network. So it connects to public addresses alone, and looks at the very one
// that is being connected to: what a name led to before doesn't matter.

// notPublic are the networks that are no receiver's, by the special-purpose
// registries of IANA (RFC 6890 and after), besides what is outside 2000::/3.
var notPublic = prefixes(
	"0.0.0.0/8",         // this network
	"10.0.0.0/8",        // private
	"100.64.0.0/10",     // shared by carriers
	"127.0.0.0/8",       // loopback
	"168.63.129.16/32",  // a public number, and inside Azure the machine's own host
	"169.254.0.0/16",    // link-local, where clouds answer for the machine
	"172.16.0.0/12",     // private
	"192.0.0.0/24",      // protocol assignments
	"192.0.2.0/24",      // documentation
	"192.31.196.0/24",   // AS112
	"192.52.193.0/24",   // AMT
	"192.88.99.0/24",    // 6to4 relays
	"192.168.0.0/16",    // private
	"192.175.48.0/24",   // AS112
	"198.18.0.0/15",     // benchmarks
	"198.51.100.0/24",   // documentation
	"203.0.113.0/24",    // documentation
	"224.0.0.0/4",       // multicast
	"240.0.0.0/4",       // reserved, and broadcast
	"2001::/23",         // protocol assignments: Teredo, benchmarks, ORCHID
	"2001:db8::/32",     // documentation
	"2002::/16",         // 6to4, which holds an IPv4 address
	"2620:4f:8000::/48", // AS112
	"3fff::/20",         // documentation
)

// globalUnicast is all of IPv6 that is given out. Outside are loopback,
// link-local, unique local, multicast, IPv4 written as IPv6, and NAT64.
var globalUnicast = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		list[i] = netip.MustParsePrefix(t)
	}
	return list
}

// public reports whether an address can be a receiver's on the internet.
func public(addr netip.Addr) bool {
	addr = addr.Unmap() // to connect to one is to connect to the other
	if addr.Zone() != "" || addr.Is6() && !globalUnicast.Contains(addr) {
		return false
	}
	return !slices.ContainsFunc(notPublic, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// Allow are the networks that events may be sent to although they are private,
// and without TLS.
type Allow []Allowed

// Allowed is one network of them.
type Allowed struct {
	Network netip.Prefix
	Port    uint16 // 0: any
}

// ParseAllow reads a list with commas: 10.1.2.3, 10.0.0.0/8:8443,
// [fd00::1]:443, fd00::/8.
func ParseAllow(list string) (Allow, error) {
	var allow Allow
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		one, err := parseAllowed(item)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an IP address nor a network like 10.0.0.0/8, with or without :port", item)
		}
		allow = append(allow, one)
	}
	return allow, nil
}

func parseAllowed(item string) (Allowed, error) {
	if at, err := parseNetwork(item); err == nil {
		return Allowed{Network: at}, nil
	}
	i := strings.LastIndex(item, ":")
	if i < 0 {
		return Allowed{}, errors.New("no network")
	}
	port, err := strconv.ParseUint(item[i+1:], 10, 16)
	if err != nil || port == 0 {
		return Allowed{}, errors.New("no port")
	}
	at, err := parseNetwork(strings.Trim(item[:i], "[]"))
	return Allowed{at, uint16(port)}, err
}

// parseNetwork reads an address or a network; an address is one of one.
func parseNetwork(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err
}

func (a Allow) has(to netip.AddrPort) bool {
	addr := to.Addr().Unmap().WithZone("")
	return slices.ContainsFunc(a, func(one Allowed) bool {
		return one.Network.Contains(addr) && (one.Port == 0 || one.Port == to.Port())
	})
}

// hostMaybe reports whether the host of an address may turn out to be allowed:
// its number is, or it is a name and there are any.
func (a Allow) hostMaybe(u *url.URL) bool {
	addr, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return len(a) > 0
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil {
		port = 443
		if u.Scheme == "http" {
			port = 80
		}
	}
	return a.has(netip.AddrPortFrom(addr, uint16(port)))
}

// errPrivate refuses a connection before it is made.
var errPrivate = errors.New("a private address")

// control looks at an address that is about to be connected to, the way
// net.Dialer.Control does. Without TLS only what is allowed will do.
func (a Allow) control(encrypted bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || !a.has(to) && !(encrypted && public(to.Addr())) {
			return errPrivate
		}
		return nil
	}
}
