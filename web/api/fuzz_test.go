package api_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/web/api"
)

// FuzzCalls sends anything to any operation, as anybody: it is never our fault,
// and never tells of the inside.
func FuzzCalls(f *testing.F) {
	w, probes := furnished(f)
	w.Server.Accounts.Limits.CallsPerToken = 1 << 30
	for i, p := range probes {
		f.Add(uint(i), uint(i), p.path, []byte(`{"seen":{"state":"technical","revision":1},"version":1,"reason":"x"}`), `"technical.1.2"`)
	}
	people := []string{"anna", "tess", "lena", "ada"}
	f.Fuzz(func(t *testing.T, which, who uint, path string, body []byte, tag string) {
		p := probes[which%uint(len(probes))]
		req, err := http.NewRequestWithContext(t.Context(), p.method, w.URL+api.Prefix+"/"+strings.TrimPrefix(path, "/"), bytes.NewReader(body))
		if err != nil || p.method == http.MethodDelete && strings.Contains(path, "token") {
			return // no address; or one that would end the tokens of the fuzzing itself
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+w.tokens[people[who%uint(len(people))]])
		req.Header.Set("If-Match", tag)
		req.Header.Set("Idempotency-Key", tag)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return // not a request that HTTP can carry
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode >= http.StatusInternalServerError || inside.Match(answer) {
			t.Errorf("%s %s %q: %d %s", req.Method, path, body, res.StatusCode, answer)
		}
	})
}
