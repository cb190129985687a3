package client

import (
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	// tries is how often a call is sent at most.
	tries = 5
	// firstPause is what follows the first try; each later one is twice as long.
	firstPause = 250 * time.Millisecond
	// patience is the longest wait that a server may ask for.
	patience = 2 * time.Minute
)

// again tells whether a call that failed may be sent once more, and after which
// pause. What could be carried out twice isn't: a call that changes something
// and has no key is sent again only where it certainly did nothing.
func again(call call, err error, try int) (pause time.Duration, why string, yes bool) {
	if try >= tries {
		return 0, "", false
	}
	pause = firstPause << (try - 1)
	pause += rand.N(pause/4 + 1) // so that many clients don't come back at once
	if r, ok := errors.AsType[*Refusal](err); ok {
		pause = max(pause, r.RetryAfter)
		switch {
		case pause > patience:
		case r.Status == http.StatusTooManyRequests:
			return pause, "The server asks for a pause.", true
		case r.Status == http.StatusServiceUnavailable:
			return pause, "The server isn't available just now.", true
		case r.Kind() == keyInUse:
			return pause, "The first try is still being carried out.", true
		}
		return 0, "", false
	}
	gone, ok := errors.AsType[*Unreachable](err)
	if !ok {
		return 0, "", false
	}
	if _, forged := errors.AsType[*tls.CertificateVerificationError](err); forged {
		return 0, "", false
	}
	return pause, "The connection failed (" + gone.Cause.Error() + ").", gone.undone || call.key != ""
}

// unsent reports whether a request failed before any of it had left.
func unsent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// retryAfter reads the header of that name, in seconds.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
