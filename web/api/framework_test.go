package api_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/accounts"
)

func proposalPath(id int64) string { return "/proposals/" + itoa(id) }

func TestWhoAsks(t *testing.T) {
	w := newWorld(t)
	id := w.Submitted(t, "Leading a Handover")
	w.as("anna", "GET", proposalPath(id), nil).expect(http.StatusOK).says("Leading a Handover", "title")
	w.as("", "GET", proposalPath(id), nil).refuses(http.StatusUnauthorized, "sign_in")
	w.as("rung_nonsense", "GET", proposalPath(id), nil).refuses(http.StatusUnauthorized, "sign_in")
	w.as("tess", "GET", proposalPath(id), nil).refuses(http.StatusNotFound, "not_found")
	if got := w.as("", "GET", "/proposals", nil).Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer") {
		t.Errorf("it says %q", got)
	}

	reads := w.token(w.People["anna"], accounts.ScopeRead)
	w.as(reads, "POST", proposalPath(id)+"/withdrawals", map[string]any{}).refuses(http.StatusForbidden, "insufficient_scope", "scope_propose")
	writes := w.token(w.People["anna"], accounts.ScopePropose)
	w.as(writes, "GET", "/proposals", nil).refuses(http.StatusForbidden, "insufficient_scope", "scope_read")
}

// A token that leaves out its owner's authority acts without it, and says so.
func TestScopeLeavesAuthorityOut(t *testing.T) {
	w := newWorld(t)
	id := w.Submitted(t, "Leading a Handover")
	seen := map[string]any{"state": "technical", "revision": 1}
	w.as("lena", "POST", proposalPath(id)+"/rejections", map[string]any{"seen": seen, "reason": "Not ours."}).expect(http.StatusOK)
	proposes := w.token(w.People["lena"], accounts.ScopeRead, accounts.ScopePropose)
	body := map[string]any{"seen": map[string]any{"state": "rejected", "revision": 1}}
	w.as(proposes, "GET", proposalPath(id), nil).expect(http.StatusOK)
	w.as(proposes, "POST", proposalPath(id)+"/reopenings", body).refuses(http.StatusForbidden, "insufficient_scope", "scope_lead")
	w.as("lena", "POST", proposalPath(id)+"/reopenings", body).expect(http.StatusOK).says("changes_requested", "state")
}

func TestWhatWasSeen(t *testing.T) {
	w := newWorld(t)
	id := w.Submitted(t, "Leading a Handover")
	at := proposalPath(id) + "/rejections"
	tag := w.as("lena", "GET", proposalPath(id), nil).expect(http.StatusOK).Header.Get("ETag")

	because := map[string]any{"reason": "Not ours."}
	w.as("lena", "POST", at, because).refuses(http.StatusPreconditionRequired, "precondition_required", "version_missing")
	w.as("lena", "POST", at, because, header{"If-Match", "*"}).refuses(http.StatusPreconditionRequired, "precondition_required")
	w.as("lena", "POST", at, because, header{"If-Match", `W/` + tag}).refuses(http.StatusPreconditionFailed, "stale")
	w.as("lena", "POST", at, map[string]any{"reason": "", "seen": map[string]any{"state": "technical", "revision": 1}}).
		refuses(http.StatusConflict, "refused", "no_reason").says("#/reason", "errors", 0, "pointer")

	// Somebody is asked: state and revision stay, but something happened.
	w.must(w.Server.Workflow.Assign(t.Context(), actor(w, "luke"), id, w.Look(t, id).Seen(), w.People["tess"].ID, 0, ""))
	stale := w.as("lena", "POST", at, because, header{"If-Match", tag}).refuses(http.StatusPreconditionFailed, "stale")
	stale.says("assign", "meanwhile", 0, "event").says("technical", "now", "state").says("Luke Hale", "meanwhile", 0, "actor_name")
	w.as("lena", "POST", at, map[string]any{"reason": "Not ours.", "seen": map[string]any{"state": "draft", "revision": 0}}).
		refuses(http.StatusConflict, "stale").says("submit", "meanwhile", 0, "event")

	tag = w.as("lena", "GET", proposalPath(id), nil).Header.Get("ETag")
	done := w.as("lena", "POST", at, because, header{"If-Match", tag}).expect(http.StatusOK).says("rejected", "state")
	if done.Header.Get("ETag") == "" {
		t.Error("an act gives no tag of what there is now")
	}
}

func TestOnlyWhatChangedIsSent(t *testing.T) {
	w := newWorld(t)
	id := w.Submitted(t, "Leading a Handover")
	for _, path := range []string{proposalPath(id), "/proposals", proposalPath(id) + "/history"} {
		tag := w.as("anna", "GET", path, nil).expect(http.StatusOK).Header.Get("ETag")
		again := w.as("anna", "GET", path, nil, header{"If-None-Match", tag}).expect(http.StatusNotModified)
		if len(again.Raw) > 0 {
			t.Errorf("%s: a 304 with a body", path)
		}
		w.as("anna", "GET", path, nil, header{"If-None-Match", `"other"`}).expect(http.StatusOK)
	}
}

func TestSameKeySameAnswer(t *testing.T) {
	w := newWorld(t)
	id := w.Submitted(t, "Leading a Handover")
	at, key := proposalPath(id)+"/rejections", header{"Idempotency-Key", "5b1c"}
	body := map[string]any{"reason": "Not ours.", "seen": map[string]any{"state": "technical", "revision": 1}}
	first := w.as("lena", "POST", at, body, key).expect(http.StatusOK)
	again := w.as("lena", "POST", at, body, key).expect(http.StatusOK)
	if string(first.Raw) != string(again.Raw) || first.Header.Get("ETag") != again.Header.Get("ETag") || again.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the answers differ:\n%s %v\n%s %v", first.Raw, first.Header, again.Raw, again.Header)
	}
	w.as("lena", "POST", at, body).refuses(http.StatusConflict, "stale")
	w.as("luke", "POST", at, body, key).refuses(http.StatusConflict, "stale") // a key is its owner's
	other := map[string]any{"reason": "Another.", "seen": map[string]any{"state": "technical", "revision": 1}}
	w.as("lena", "POST", at, other, key).refuses(http.StatusUnprocessableEntity, "idempotency_key_reused")
	w.as("lena", "POST", at, body, header{"Idempotency-Key", strings.Repeat("k", 256)}).refuses(http.StatusUnprocessableEntity, "invalid", "key_form")

	// A refusal is an answer too, and a day later the key is free.
	refused := w.as("lena", "POST", at, other, header{"Idempotency-Key", "6c"}).refuses(http.StatusConflict, "stale")
	if again := w.as("lena", "POST", at, other, header{"Idempotency-Key", "6c"}); string(again.Raw) != string(refused.Raw) {
		t.Errorf("the refusal is another: %s", again.Raw)
	}
	w.Clock.Add(24*time.Hour + time.Second)
	w.as("lena", "POST", at, other, key).refuses(http.StatusConflict, "stale")
	w.must(w.Server.API.PurgeAnswers(t.Context()))
	if n := w.row(`select count(*) from api_answers`); n != "1" {
		t.Errorf("%s answers are kept", n)
	}
}

// Two clients at once, with the same key and with different ones: one act.
func TestKeysRace(t *testing.T) {
	for name, keys := range map[string][2]string{"the same": {"k", "k"}, "different": {"k1", "k2"}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.Submitted(t, "Leading a Handover")
			body := map[string]any{"reason": "Not ours.", "seen": map[string]any{"state": "technical", "revision": 1}}
			var answers [2]*answer
			var both sync.WaitGroup
			for i := range answers {
				both.Go(func() {
					answers[i] = w.as("lena", "POST", proposalPath(id)+"/rejections", body, header{"Idempotency-Key", keys[i]})
				})
			}
			both.Wait()
			won := 0
			for _, a := range answers {
				if a.Status == http.StatusOK {
					won++
				} else {
					a.refuses(http.StatusConflict, "stale")
				}
			}
			want := map[string]int{"the same": 2, "different": 1}[name]
			if won != want {
				t.Errorf("%d were told that it is done, want %d", won, want)
			}
			if n := w.row(`select count(*) from history where event = 'reject'`); n != "1" {
				t.Errorf("it was rejected %s times", n)
			}
		})
	}
}

// A server that stopped between the act and its answer: the act isn't repeated.
func TestLostAnswer(t *testing.T) {
	w := newWorld(t)
	body := map[string]any{"reason": "Not ours.", "seen": map[string]any{"state": "technical", "revision": 1}}
	id := w.Submitted(t, "Leading a Handover")
	at, key := proposalPath(id)+"/rejections", header{"Idempotency-Key", "k"}
	w.as("lena", "POST", at, body, key).expect(http.StatusOK)
	w.DB.MustExec(`update api_answers set answered_at = null, status = null, header = null, body = null`)
	w.Clock.Add(5 * time.Minute)
	w.as("lena", "POST", at, body, key).refuses(http.StatusConflict, "answer_lost")

	// Stopped before the act: the next one carries it out.
	w.DB.MustExec(`update api_answers set acted_at = null`)
	w.as("lena", "POST", at, body, key).refuses(http.StatusConflict, "stale")
}

func TestPages(t *testing.T) {
	w := newWorld(t)
	for _, title := range []string{"A", "B", "C", "D", "E"} {
		w.Submitted(t, title)
		w.Clock.Add(time.Minute)
	}
	for sort, want := range map[string]string{"": "EDCBA", "id": "ABCDE", "-id": "EDCBA", "turn_since&in_flight=true": "ABCDE", "-turn_since&state=technical": "EDCBA"} {
		path, got := "/proposals?limit=2", ""
		if sort != "" {
			path += "&sort=" + sort
		}
		for path != "" {
			p := w.as("lena", "GET", path, nil).expect(http.StatusOK)
			for i := range p.at("items").([]any) {
				got += p.at("items", i, "title").(string)
			}
			link := p.Header.Get("Link")
			path, _, _ = strings.Cut(strings.TrimPrefix(link, "<"+w.URL+"/api/v1"), ">")
			if (link == "") != (p.at("next_cursor") == nil) {
				t.Errorf("Link %q, cursor %v", link, p.at("next_cursor"))
			}
		}
		if got != want {
			t.Errorf("sorted by %q: %s, want %s", sort, got, want)
		}
	}
	first := w.as("lena", "GET", "/proposals?limit=2", nil).at("next_cursor").(string)
	w.as("lena", "GET", "/proposals?limit=2&sort=id&cursor="+first, nil).refuses(http.StatusUnprocessableEntity, "invalid", "cursor").says("cursor", "errors", 0, "parameter")
	w.as("lena", "GET", "/proposals?cursor=nonsense", nil).refuses(http.StatusUnprocessableEntity, "invalid", "cursor")
	w.as("lena", "GET", "/proposals?sort=turn_since", nil).refuses(http.StatusUnprocessableEntity, "invalid", "order_needs_filter").says("sort", "errors", 0, "parameter")
	w.as("lena", "GET", "/proposals?limit=0", nil).refuses(http.StatusUnprocessableEntity, "invalid")
	w.as("lena", "GET", "/proposals?filter=x", nil).refuses(http.StatusUnprocessableEntity, "invalid").says("filter", "errors", 0, "parameter")
}

func TestWhatIsNoCall(t *testing.T) {
	w := newWorld(t)
	id := w.Submitted(t, "Leading a Handover")
	at := proposalPath(id) + "/rejections"
	w.as("lena", "GET", "/nothing", nil).refuses(http.StatusNotFound, "not_found")
	w.as("lena", "GET", "/proposals/abc", nil).refuses(http.StatusNotFound, "not_found")
	w.as("lena", "GET", "/proposals/99999999999999999999", nil).refuses(http.StatusNotFound, "not_found")
	if a := w.as("lena", "PUT", at, map[string]any{}).refuses(http.StatusMethodNotAllowed, "method"); a.Header.Get("Allow") != "POST" {
		t.Errorf("Allow: %q", a.Header.Get("Allow"))
	}
	w.as("lena", "POST", at, []byte("{"), header{"Content-Type", "application/json"}).refuses(http.StatusBadRequest, "malformed")
	w.as("lena", "POST", at, []byte("a=b"), header{"Content-Type", "application/x-www-form-urlencoded"}).refuses(http.StatusUnsupportedMediaType, "unsupported")
	w.as("lena", "POST", at, nil).refuses(http.StatusBadRequest, "malformed")
	w.as("lena", "POST", at, []byte(`{"reason":"`+strings.Repeat("x", 1<<20)+`"}`), header{"Content-Type", "application/json"}).refuses(http.StatusRequestEntityTooLarge, "too_large")
	w.as("lena", "POST", at, []byte(`{"reason":"a\u0000b"}`), header{"Content-Type", "application/json"}).refuses(http.StatusUnprocessableEntity, "invalid")
	typed := w.as("lena", "POST", at, map[string]any{"reason": 7, "extra": true, "seen": "secret words"}).refuses(http.StatusUnprocessableEntity, "invalid")
	if strings.Contains(string(typed.Raw), "secret words") {
		t.Errorf("it repeats what was sent: %s", typed.Raw)
	}
	pointers := map[any]bool{}
	for i := range typed.at("errors").([]any) {
		pointers[typed.at("errors", i, "pointer")] = true
	}
	for _, p := range []string{"#/reason", "#/seen", "#/extra"} {
		if !pointers[p] {
			t.Errorf("no error points to %s: %s", p, typed.Raw)
		}
	}
}

func TestCompressed(t *testing.T) {
	w := newWorld(t)
	req, err := http.NewRequest("GET", w.URL+"/api/openapi.json", nil)
	w.must(err)
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := (&http.Transport{DisableCompression: true}).RoundTrip(req)
	w.must(err)
	defer res.Body.Close()
	if res.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("it came as %q", res.Header.Get("Content-Encoding"))
	}
}

// A method that nobody knows is answered as a problem too.
func TestUnknownMethod(t *testing.T) {
	w := newWorld(t)
	if a := w.as("lena", "BREW", "/proposals", nil).refuses(http.StatusMethodNotAllowed, "method"); !strings.Contains(strings.Join(a.Header.Values("Allow"), " "), "POST") {
		t.Errorf("Allow: %v", a.Header.Values("Allow"))
	}
	w.as("lena", "BREW", "/nothing", nil).refuses(http.StatusNotFound, "not_found")
}
