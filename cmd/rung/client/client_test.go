package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// spoken is a server that answers as it is told, one answer a request; a nil one
// breaks the connection.
type spoken struct {
	*Client
	said  *strings.Builder
	waits []time.Duration
	got   []*http.Request
	sent  []string // bodies
}

func answering(t *testing.T, answers ...http.HandlerFunc) *spoken {
	t.Helper()
	s := &spoken{said: &strings.Builder{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.got, s.sent = append(s.got, r), append(s.sent, string(body))
		if len(s.got) > len(answers) {
			t.Errorf("%s %s is one request too many", r.Method, r.URL)
			return
		}
		if next := answers[len(s.got)-1]; next != nil {
			next(w, r)
			return
		}
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.Client = New(at, "rung_s3cret", &Aside{Screen: Screen{Out: s.said, Zone: time.UTC}, Now: time.Now})
	s.Wait = func(_ context.Context, d time.Duration) error {
		s.waits = append(s.waits, d)
		return nil
	}
	return s
}

func fine(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, `{"id": 7}`)
}

// problem is a refusal; after is its Retry-After, "" for none.
func problem(status int, kind, after string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"type": "/api#problem-%s", "status": %d, "detail": "No."}`, kind, status)
	}
}

func TestWhatIsTriedAgain(t *testing.T) {
	busy, away := problem(429, "too_many", "7"), problem(503, "unavailable", "")
	for name, c := range map[string]struct {
		call    call
		answers []http.HandlerFunc
		fails   bool
	}{
		"a read whose connection broke":            {call{method: "GET"}, []http.HandlerFunc{nil, fine}, false},
		"an act whose connection broke, by a key":  {call{method: "POST", body: 1}, []http.HandlerFunc{nil, nil, fine}, false},
		"a change whose connection broke, without": {call{method: "PUT", body: 1, ifMatch: `"1"`}, []http.HandlerFunc{nil}, true},
		"a change that was put off":                {call{method: "PATCH", body: 1}, []http.HandlerFunc{busy, away, fine}, false},
		"an act under way":                         {call{method: "POST"}, []http.HandlerFunc{problem(409, keyInUse, "1"), fine}, false},
		"an act that a rule refuses":               {call{method: "POST"}, []http.HandlerFunc{problem(409, "refused", "")}, true},
		"a fault":                                  {call{method: "GET"}, []http.HandlerFunc{problem(500, "internal", "")}, true},
		"never available":                          {call{method: "GET"}, []http.HandlerFunc{away, away, away, away, away}, true},
		"a pause that is too long":                 {call{method: "GET"}, []http.HandlerFunc{problem(429, "too_many", "3600")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := answering(t, c.answers...)
			_, err := s.do(t.Context(), c.call)
			if (err != nil) != c.fails || len(s.got) != len(c.answers) {
				t.Errorf("%d requests, %v", len(s.got), err)
			}
			for i, r := range s.got {
				if r.Header.Get(keyHeader) != s.got[0].Header.Get(keyHeader) || s.sent[i] != s.sent[0] || (r.Method == "POST") != (r.Header.Get(keyHeader) != "") {
					t.Errorf("request %d: key %q, body %q", i, r.Header.Get(keyHeader), s.sent[i])
				}
			}
			if n := strings.Count(s.said.String(), "Trying again"); n != len(c.answers)-1 || len(s.waits) != n {
				t.Errorf("said: %s waited: %v", s.said, s.waits)
			}
		})
	}
	s := answering(t, busy, fine)
	if _, err := s.do(t.Context(), call{method: "GET"}); err != nil || s.waits[0] != 7*time.Second {
		t.Errorf("waited %v, %v", s.waits, err)
	}
	forged := httptest.NewUnstartedServer(http.HandlerFunc(fine))
	forged.Config.ErrorLog = log.New(io.Discard, "", 0)
	forged.StartTLS()
	defer forged.Close()
	s.Server, _ = url.Parse(forged.URL)
	if _, err := s.do(t.Context(), call{method: "GET"}); err == nil || !strings.Contains(err.Error(), "certificate") || len(s.waits) != 1 {
		t.Errorf("a certificate of nobody's: %v, waited %v", err, s.waits)
	}
}

func TestAskedToStop(t *testing.T) {
	s := answering(t, nil)
	ctx, stop := context.WithCancel(t.Context())
	s.Wait = func(ctx context.Context, _ time.Duration) error {
		stop()
		return wait(ctx, time.Hour)
	}
	if _, err := s.do(ctx, call{method: "GET"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestRefusalInOtherWords(t *testing.T) {
	s := answering(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<b>nginx", http.StatusBadGateway) },
		func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(412)
			fmt.Fprint(w, `{"type": "/api#problem-stale", "detail": "Changed\u001b[2J meanwhile.", "errors": [{"code": "a", "detail": "One.", "field": "title"}, {"code": "b", "detail": "Two."}],
				"meanwhile": [{"at": "2026-03-02T09:00:00Z", "event": "sign_off", "actor_name": "Tess Ward", "from": "technical", "to": "educational"}],
				"current": {"version": 3, "words": "Theirs"}}`)
		})
	_, err := s.do(t.Context(), call{method: "GET"})
	if r, ok := errors.AsType[*Refusal](err); !ok || r.Status != 502 || !strings.Contains(r.Detail, "502 Bad Gateway") || r.Kind() != "" {
		t.Error(err)
	}
	_, err = s.do(t.Context(), call{method: "GET"})
	r, ok := errors.AsType[*Refusal](err)
	if !ok || !r.Stale() {
		t.Fatal(err)
	}
	want := `Changed [2J meanwhile.
  One. (title)
  Two.
What happened meanwhile:
  2 March 2026 09:00  Tess Ward: sign off, now educational
What is stored now:
  version: 3
  words: "Theirs"`
	if got := strings.Join(r.Lines(time.UTC), "\n"); got != want {
		t.Errorf("%s", got)
	}
}

// A package is sent as it is, and from its beginning at every try.
func TestUpload(t *testing.T) {
	content := strings.Repeat("bytes", 10_000)
	path := filepath.Join(t.TempDir(), "handover.zip")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	s := answering(t, problem(503, "unavailable", ""), fine)
	f, err := openFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var last int64
	f.shown = func(sent int64) { last = sent }
	if _, err := s.do(t.Context(), call{method: "PUT", file: f}); err != nil {
		t.Fatal(err)
	}
	if s.sent[1] != content || last != int64(len(content)) || f.size != last {
		t.Errorf("%d bytes of %d were sent, %d shown", len(s.sent[1]), f.size, last)
	}
	if got := s.got[1].Header.Get("Content-Digest"); got != "sha-256=:PRufMTop0k+pZ7amaO+nX+0hZBP7adOSApsIvyhhbGg=:" {
		t.Errorf("digest %s of %s", got, f.hex())
	}
}
