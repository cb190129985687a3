package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/web/webtest"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// afar is a whole site, and people who reach it by the command line alone.
type afar struct {
	*webtest.House
	t      *testing.T
	at     string // where they think that it is
	tokens map[string]string
}

func newAfar(t *testing.T) *afar {
	t.Helper()
	w := &afar{House: webtest.StartWhole(t), t: t, tokens: map[string]string{}}
	w.at = w.URL
	w.KeepChecking(t)
	for name, p := range w.People {
		_, secret, err := w.Server.Accounts.MakeToken(t.Context(), p.ID,
			accounts.NewToken{Name: "command line", Scopes: w.Server.Accounts.ScopesFor(p), Days: 30})
		if err != nil {
			t.Fatal(err)
		}
		w.tokens[name] = secret
	}
	return w
}

// does runs a command as somebody, and ends the test unless it exits with this
// code. Nobody's token is ever printed.
func (w *afar) does(who string, want int, args ...string) (stdout, stderr string) {
	w.t.Helper()
	code, stdout, stderr := outcomeOf(w.t, []string{"RUNG_URL=" + w.at, "RUNG_TOKEN=" + w.tokens[who]}, args...)
	if code != want {
		w.t.Fatalf("%q: exit %d, want %d\n%s%s", args, code, want, stdout, stderr)
	}
	if strings.Contains(stdout+stderr, w.tokens[who]) {
		w.t.Errorf("%q: the token is printed:\n%s%s", args, stdout, stderr)
	}
	return stdout, stderr
}

// row is one value of the database, as text.
func (w *afar) row(query string, args ...any) string {
	w.t.Helper()
	var s string
	if err := w.DB.GetContext(w.t.Context(), &s, query, args...); err != nil {
		w.t.Fatal(err)
	}
	return s
}

// file writes a file of the test's.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// says fails the test unless a text has all of these in this order.
func says(t *testing.T, text string, want ...string) {
	t.Helper()
	rest := text
	for _, part := range want {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Errorf("%q isn't where it should be in:\n%s", part, text)
			return
		}
		rest = after
	}
}

// of is a value of a JSON text: of(t, out, "turn", "whose").
func of(t *testing.T, text string, path ...string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	for _, name := range path {
		object, ok := v.(map[string]any)
		if !ok {
			t.Fatalf("there is no %v in:\n%s", path, text)
		}
		v = object[name]
	}
	return v
}

func TestProposalsAtAServer(t *testing.T) {
	w := newAfar(t)
	long := "A very long title about handing over on the ward, " + strings.Repeat("again and ", 20) + "again"
	first, second := w.Submitted(t, long), w.Draft(t, "Briefing a team")
	out, _ := w.does("anna", exitOK, "proposals")
	says(t, out, "Number", "Title", "State", "Whose turn", "Due")
	says(t, out, fmt.Sprint(second), "Briefing a team", "Anna Bell")
	says(t, out, fmt.Sprint(first), long, "leadership", "March 2026")
	if strings.Contains(out, "\x1b") || strings.Contains(out, "…") {
		t.Errorf("piped, it is cut or coloured:\n%s", out)
	}
	if out, _ := w.does("anna", exitOK, "proposals", "--state", "draft", "--sort", "id"); strings.Contains(out, long) || !strings.Contains(out, "Briefing") {
		t.Errorf("drafts:\n%s", out)
	}
	if out, _ := w.does("luke", exitOK, "proposals", "--turn", "leadership", "--in-flight", "--json"); len(of(t, out).([]any)) != 1 {
		t.Errorf("leadership's: %s", out)
	}
	if out, _ := w.does("edith", exitOK, "proposals", "--mine", "reviewer", "--json"); len(of(t, out).([]any)) != 0 {
		t.Errorf("of nobody's: %s", out)
	}
	out, errs := w.does("anna", exitOK, "proposals", "--limit", "1")
	says(t, errs, "--limit 0")
	if strings.Count(out, "\n") != 2 {
		t.Errorf("one at most:\n%s", out)
	}
	for range 205 { // more than a page
		if _, err := w.Server.Authoring.Create(t.Context(), workflow.Actor{Person: w.People["tess"].ID}, authoring.Idea{Title: "Another"}); err != nil {
			t.Fatal(err)
		}
	}
	if out, _ := w.does("tess", exitOK, "proposals", "--limit", "0", "--json"); len(of(t, out).([]any)) != 205 {
		t.Errorf("%d of 205", len(of(t, out).([]any)))
	}
	_, errs = w.does("anna", exitRefused, "proposals", "--sort", "turn_since")
	says(t, errs, "rung: ", "\n  ")
}

func TestStatusAtAServer(t *testing.T) {
	w := newAfar(t)
	id := fmt.Sprint(w.Submitted(t, "Leading a Handover"))
	out, _ := w.does("luke", exitOK, "status", id)
	says(t, out, "Proposal "+id+": Leading a Handover", "revision 1", "Ladder", "Technical review", "missing", "Final sign-off", "ahead",
		"Whose turn", "leadership (you): choose the reviewers, by ", "What you may do", "reject", "What happened", "Anna Bell: submit, now technical", "/proposals/"+id)
	all, _ := w.does("anna", exitOK, "status", id, "--history", "--json")
	if of(t, all, "proposal", "state") != "technical" || of(t, all, "acts", "your_turn") != false {
		t.Error(all)
	}
	if n, entries := w.row(`select count(*) from history where proposal_id = $1`, id), of(t, all, "history").([]any); n != fmt.Sprint(len(entries)) {
		t.Errorf("%d of %s entries", len(entries), n)
	}
	_, errs := w.does("edgar", exitNotFound, "status", id)
	says(t, errs, "rung: ")
}

// What stands between the caller and the server has an exit code of its own.
func TestServerThatDoesNotServe(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/7") {
			http.Redirect(w, r, "https://elsewhere.example.org"+r.URL.Path, http.StatusMovedPermanently)
			return
		}
		fmt.Fprint(w, "<p>hello")
	}))
	defer page.Close()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	w := newAfar(t)
	const token = "RUNG_TOKEN=rung_s3cret"
	for name, c := range map[string]struct {
		env  []string
		args []string
		code int
		says []string
	}{
		"nothing is set":       {nil, []string{"proposals"}, exitUsage, []string{"--url (RUNG_URL): ", "--token (RUNG_TOKEN): "}},
		"no token":             {[]string{"RUNG_URL=" + w.URL}, []string{"status", "1"}, exitToken, []string{"RUNG_TOKEN"}},
		"not a token":          {[]string{"RUNG_URL=" + w.URL, token}, []string{"status", "1"}, exitToken, []string{"rung: "}},
		"not encrypted":        {[]string{"RUNG_URL=http://rung.example.org", token}, []string{"export"}, exitUsage, []string{"https://"}},
		"another path":         {[]string{"RUNG_URL=https://example.org/rung", token}, []string{"export"}, exitUsage, []string{"alone"}},
		"not a number":         {nil, []string{"status", "seven"}, exitUsage, []string{"seven"}},
		"two verdicts":         {nil, []string{"review", "7", "--sign-off", "--decline", "no time"}, exitUsage, []string{"--sign-off", "--decline"}},
		"not one of the turns": {nil, []string{"proposals", "--turn", "mine"}, exitUsage, []string{"--turn"}},
		"fewer than none":      {[]string{"RUNG_URL=" + w.URL, token}, []string{"proposals", "--limit=-1"}, exitUsage, []string{"--limit"}},
		"another site":         {[]string{"RUNG_URL=" + page.URL, token}, []string{"proposals"}, exitUsage, []string{"isn't Rung's API"}},
		"sent on":              {[]string{"RUNG_URL=" + page.URL, token}, []string{"status", "7"}, exitUsage, []string{"https://elsewhere.example.org"}},
		"nobody there": {[]string{"RUNG_URL=http://" + nobody.Addr().String(), token}, []string{"proposals"}, exitFailure,
			[]string{"Trying again", "(4 of 4)", "doesn't answer", "refused"}},
		"on the command line": {nil, []string{"status", "1", "--url", w.URL, "--token", "rung_s3cret"}, exitToken, []string{"set RUNG_TOKEN in its place"}},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := outcomeOf(t, c.env, c.args...)
			if code != c.code || out != "" {
				t.Errorf("exit %d, want %d: %s%s", code, c.code, out, errs)
			}
			says(t, errs, c.says...)
			if strings.Contains(errs, "s3cret") {
				t.Errorf("the token is printed: %s", errs)
			}
		})
	}
	if _, out, _ := outcomeOf(t, nil, "publish", "--help"); !strings.Contains(out, "Exit codes: 0 done") {
		t.Errorf("help:\n%s", out)
	}
}

func TestEveryCallIsCarriedOutOnce(t *testing.T) {
	w := newAfar(t)
	var mu sync.Mutex
	keys := map[string][]string{} // with which each call was sent
	site := w.URL
	w.at = front(t, site, func(r *http.Request) {
		call := r.Method + " " + r.URL.Path
		mu.Lock()
		keys[call] = append(keys[call], r.Header.Get("Idempotency-Key"))
		first := len(keys[call]) == 1
		mu.Unlock()
		if first && (r.Method == http.MethodPost || r.Method == http.MethodGet) { // the answer is lost on its way back
			to, _ := url.Parse(site) // front has parsed it
			httputil.NewSingleHostReverseProxy(to).ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
	})
	out, errs := w.does("anna", exitOK, "propose", file(t, "handover.yaml", wordsYAML), "--package", file(t, "handover.zip", string(webtest.Package("once"))), "--submit", "--json")
	says(t, errs, "Trying again")
	id := fmt.Sprint(of(t, out, "id"))
	for _, call := range []string{"POST /api/v1/proposals", "POST /api/v1/proposals/" + id + "/revisions"} {
		if k := keys[call]; len(k) != 2 || k[0] == "" || k[0] != k[1] {
			t.Errorf("%s was sent with %q", call, k)
		}
	}
	if n := w.row(`select count(*) || ' ' || sum(revision) from proposals`); n != "1 1" {
		t.Errorf("proposals and revisions: %s", n)
	}
}

// front is a server before a site, where something can happen on the way.
func front(t *testing.T, site string, onTheWay func(r *http.Request)) string {
	t.Helper()
	to, err := url.Parse(site)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		onTheWay(r)
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestStaleTellsWhatHappened(t *testing.T) {
	w := newAfar(t)
	id := w.Submitted(t, "Leading a Handover")
	w.Climb(t, id, programme.Approved)
	details := []string{"publish", fmt.Sprint(id), "--owner", "The team", "--review-date", "2027-06-01"}
	w.at = front(t, w.URL, func(r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/publications") {
			return
		}
		err := postgres.InTx(t.Context(), w.DB, func(tx *sqlx.Tx) error { // a colleague is faster
			_, err := w.Server.Workflow.Move(t.Context(), tx, workflow.Move{Proposal: id, Seen: w.Look(t, id).Seen(), Event: programme.Reject,
				By: workflow.Actor{Person: w.People["luke"].ID}, Reason: "It is out of date."})
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
	_, errs := w.does("lena", exitStale, details...)
	says(t, errs, "rung: ", "What happened meanwhile:\n  ", "March 2026", "Luke Hale: reject, now rejected (It is out of date.)")
	if state := w.Look(t, id).State; state != programme.Rejected {
		t.Errorf("it is %s", state)
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestResultThatIsNotPrintedIsNoSuccess(t *testing.T) {
	w := newAfar(t)
	for _, args := range [][]string{{"proposals", "--json"}, {"export"}, {"completion", "bash"}} {
		var errs strings.Builder
		code := run(t.Context(), args, []string{"RUNG_URL=" + w.URL, "RUNG_TOKEN=" + w.tokens["anna"]}, full{}, &errs)
		if code != exitFailure || !strings.Contains(errs.String(), "no space left") {
			t.Errorf("%q: exit %d, %s", args, code, errs.String())
		}
	}
}
