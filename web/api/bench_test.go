package api_test

import (
	"net/http"
	"testing"
)

// BenchmarkReadProposal reads a proposal as a program does: token, case, JSON.
func BenchmarkReadProposal(b *testing.B) {
	w := newWorld(b)
	path := proposalPath(w.Submitted(b, "Leading a Handover"))
	b.ResetTimer()
	for b.Loop() {
		w.as("lena", "GET", path, nil).expect(http.StatusOK)
	}
}

// BenchmarkAct rejects and reopens, each with a key: two of the machine's moves
// with everything that the API adds to them.
func BenchmarkAct(b *testing.B) {
	w := newWorld(b)
	path := proposalPath(w.Submitted(b, "Leading a Handover"))
	tag := w.as("lena", "GET", path, nil).Header.Get("ETag")
	n := 0
	b.ResetTimer()
	for b.Loop() {
		n++
		at := path + "/rejections"
		if n%2 == 0 {
			at = path + "/reopenings"
		}
		tag = w.as("lena", "POST", at, map[string]any{"reason": "Because."}, header{"If-Match", tag}, header{"Idempotency-Key", itoa(int64(n))}).expect(http.StatusOK).Header.Get("ETag")
	}
}

// BenchmarkPage is the same proposal as a page, to read the others by.
func BenchmarkPage(b *testing.B) {
	w := newWorld(b)
	path := proposalPath(w.Submitted(b, "Leading a Handover"))
	lena := w.SignIn(b, "lena@example.org")
	b.ResetTimer()
	for b.Loop() {
		lena.Get(path).Expect(http.StatusOK)
	}
}
