package accounts_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
)

func TestFirstSignInMakesThePerson(t *testing.T) {
	h := newHouse(t)
	attempt, browser := h.start("  Anna.Smith-Jones+rung@Example.ORG ", home)
	if n := h.count(`select count(*) from people`); n != 0 {
		t.Fatalf("asking for a code made %d people", n)
	}
	email, code, expires, holds, why, err := h.SignInMail(t.Context(), attempt)
	if err != nil || !holds {
		t.Fatalf("the mail does not leave: %s, %v", why, err)
	}
	if email != "anna.smith-jones+rung@example.org" || code != codeOf(attempt) || !expires.Equal(h.clock.Now().Add(10*time.Minute)) {
		t.Errorf("mail to %s with %s until %s", email, code, expires)
	}
	p, err := h.CompleteSignIn(t.Context(), attempt, browser, " "+code[:3]+" "+code[3:]+"\n", home)
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "Anna Smith Jones" || !p.NameGuessed || p.Email != email || len(p.Roles) != 0 || p.FirstSignInAt == nil {
		t.Errorf("made %+v", p)
	}
	h.clock.Add(time.Hour)
	if again := h.signIn("anna.smith-jones+rung@example.org"); again.ID != p.ID || !again.FirstSignInAt.Equal(*p.FirstSignInAt) {
		t.Errorf("second sign-in gave %+v", again)
	}
}

func TestOutboxRowIsOfTheAttempt(t *testing.T) {
	h := newHouse(t)
	attempt, _ := h.start("a@example.org", home)
	var row struct{ Kind, Key, Payload string }
	if err := h.db.Get(&row, `select kind, key, payload from outbox`); err != nil {
		t.Fatal(err)
	}
	if row.Kind != "sign_in" || row.Key != "sign_in:"+attempt || row.Payload != `{"attempt": "`+attempt+`"}` {
		t.Errorf("queued %+v", row)
	}
}

func TestCodeAndSecretsAreStoredNowhere(t *testing.T) {
	h := newHouse(t)
	attempt, browser := h.start("a@example.org", home)
	var all string
	err := h.db.Get(&all, `select (select string_agg(a::text, ' ') from sign_in_attempts a) || (select string_agg(o::text, ' ') from outbox o)`)
	if err != nil {
		t.Fatal(err)
	}
	all = strings.ReplaceAll(all, attempt, "")
	for _, secret := range []string{codeOf(attempt), browser, fmt.Sprintf("%x", browser)} {
		if strings.Contains(all, secret) {
			t.Errorf("%s is stored: %s", secret, all)
		}
	}
}

func TestSameAnswerForEverybody(t *testing.T) {
	h := newHouse(t)
	h.add("known@example.org", "leadership")
	gone := h.add("gone@example.org")
	if err := h.Deactivate(t.Context(), accounts.CommandLine, gone.ID); err != nil {
		t.Fatal(err)
	}
	shape := func(email string) string {
		t.Helper()
		attempt, browser := h.start(email, home)
		var row string
		err := h.db.Get(&row, `
			select format('%s %s %s %s / %s %s %s', a.client, a.expires_at - a.asked_at, a.tries, a.used_at is null,
				o.kind, o.due_at - a.asked_at, o.state)
			from sign_in_attempts a join outbox o on o.key = 'sign_in:' || a.id where a.id = cast($1 as uuid)`, attempt)
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.CompleteSignIn(t.Context(), attempt, browser, wrong(attempt), home)
		return fmt.Sprintf("%d %d %s %v", len(attempt), len(browser), row, err)
	}
	want := shape("known@example.org")
	for _, email := range []string{"unknown@example.org", "gone@example.org"} {
		if got := shape(email); got != want {
			t.Errorf("%s tells itself apart:\n%s\n%s", email, got, want)
		}
	}
}

func TestDeactivatedGetNoMailAndNoWayIn(t *testing.T) {
	h := newHouse(t)
	p := h.signIn("a@example.org")
	before, browser := h.start("a@example.org", home)
	if err := h.Deactivate(t.Context(), accounts.CommandLine, p.ID); err != nil {
		t.Fatal(err)
	}
	after, _ := h.start("a@example.org", home)
	for _, attempt := range []string{before, after} {
		email, code, _, holds, why, err := h.SignInMail(t.Context(), attempt)
		if err != nil || holds || email != "" || code != "" || why == "" {
			t.Errorf("mail to a deactivated person: %q %q %t %q %v", email, code, holds, why, err)
		}
	}
	_, err := h.CompleteSignIn(t.Context(), before, browser, codeOf(before), home)
	refused(t, "a code from before", err, fault.Forbidden, "")
	if err := h.Reactivate(t.Context(), accounts.CommandLine, p.ID); err != nil {
		t.Fatal(err)
	}
	_, err = h.CompleteSignIn(t.Context(), before, browser, codeOf(before), home)
	refused(t, "the same code again", err, fault.Refused, "code_used")
	if again := h.signIn("a@example.org"); again.ID != p.ID {
		t.Errorf("came back as %+v", again)
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	h := newHouse(t)
	for _, email := range []string{
		"", " ", "a", "a@", "@example.org", "a@b", "root@localhost", "a@[127.0.0.1]", "a@127.0.0.1", "Anna <a@example.org>",
		"<a@example.org>", "a@example.org, b@example.org", "a@example.org\r\nBcc: b@example.org", `"a b"@example.org`,
		"a..b@example.org", "a@exam ple.org", "ä@example.org", "a@exämple.org", "a@example.org.", "a@-example.org",
		"a@example..org", "a\x00@example.org", strings.Repeat("a", 65) + "@example.org",
		"a@" + strings.Repeat("abcdefgh.", 30) + "org",
	} {
		h.unchanged(email, func() {
			_, _, err := h.StartSignIn(t.Context(), email, home)
			refused(t, fmt.Sprintf("%q", email), err, fault.Invalid, "")
			if rs := fault.ReasonsOf(err); len(rs) != 1 || rs[0].Field != "email" || rs[0].Text == "" {
				t.Errorf("%q: reasons %+v", email, rs)
			}
		})
	}
}

func TestUselessWithoutTheAskingBrowser(t *testing.T) {
	h := newHouse(t)
	attempt, browser := h.start("a@example.org", home)
	other, otherBrowser := h.start("b@example.org", home)
	h.unchanged("a try without the cookie", func() {
		for _, tc := range []struct{ attempt, browser string }{
			{attempt, ""}, {attempt, otherBrowser}, {other, browser}, {attempt, browser + "x"}, {"", browser},
			{"not a uuid", browser}, {"00000000-0000-4000-8000-000000000000", browser}, {attempt + "'", browser},
		} {
			_, err := h.CompleteSignIn(t.Context(), tc.attempt, tc.browser, codeOf(tc.attempt), home)
			refused(t, fmt.Sprint(tc), err, fault.Refused, "other_browser")
		}
	})
	if _, err := h.CompleteSignIn(t.Context(), attempt, browser, codeOf(attempt), "198.51.100.1"); err != nil {
		t.Errorf("a phone that has changed its network meanwhile: %v", err)
	}
}

func TestTenMinutes(t *testing.T) {
	h := newHouse(t)
	attempt, browser := h.start("a@example.org", home)
	late, lateBrowser := h.start("b@example.org", home)
	h.clock.Add(10*time.Minute - time.Microsecond)
	if _, err := h.CompleteSignIn(t.Context(), attempt, browser, codeOf(attempt), home); err != nil {
		t.Errorf("in the last moment: %v", err)
	}
	h.clock.Add(time.Microsecond)
	h.unchanged("a late code", func() {
		_, err := h.CompleteSignIn(t.Context(), late, lateBrowser, codeOf(late), home)
		refused(t, "a late code", err, fault.Refused, "code_expired")
	})
	if _, _, _, holds, why, err := h.SignInMail(t.Context(), late); holds || why != "the code has run out" || err != nil {
		t.Errorf("a late mail: %t %q %v", holds, why, err)
	}
}

func TestOnceOnly(t *testing.T) {
	h := newHouse(t)
	attempt, browser := h.start("a@example.org", home)
	if _, err := h.CompleteSignIn(t.Context(), attempt, browser, codeOf(attempt), home); err != nil {
		t.Fatal(err)
	}
	h.unchanged("a used code", func() {
		_, err := h.CompleteSignIn(t.Context(), attempt, browser, codeOf(attempt), home)
		refused(t, "a used code", err, fault.Refused, "code_used")
	})
	if _, _, _, holds, why, err := h.SignInMail(t.Context(), attempt); holds || why != "the code has been used" || err != nil {
		t.Errorf("mail of a used code: %t %q %v", holds, why, err)
	}
}

func TestFiveTries(t *testing.T) {
	h := newHouse(t)
	lucky, luckyBrowser := h.start("lucky@example.org", home)
	attempt, browser := h.start("a@example.org", home)
	for left := 4; left >= 0; left-- {
		_, err := h.CompleteSignIn(t.Context(), attempt, browser, wrong(attempt), home)
		refused(t, fmt.Sprintf("wrong, %d left", left), err, fault.Invalid, "code_wrong")
	}
	h.unchanged("the sixth try", func() {
		_, err := h.CompleteSignIn(t.Context(), attempt, browser, codeOf(attempt), home)
		refused(t, "the sixth try", err, fault.Refused, "code_tries")
	})
	for range 4 {
		_, err := h.CompleteSignIn(t.Context(), lucky, luckyBrowser, wrong(lucky), home)
		refused(t, "wrong", err, fault.Invalid, "code_wrong")
	}
	if _, err := h.CompleteSignIn(t.Context(), lucky, luckyBrowser, codeOf(lucky), home); err != nil {
		t.Errorf("right at the fifth: %v", err)
	}
}

func TestWhatIsNoCodeCostsNoTry(t *testing.T) {
	h := newHouse(t)
	attempt, browser := h.start("a@example.org", home)
	h.unchanged("no code", func() {
		for _, code := range []string{"", "12345", "1234567", "abcdef", "12345\x00", "１２３４５６", "-1"} {
			_, err := h.CompleteSignIn(t.Context(), attempt, browser, code, home)
			refused(t, fmt.Sprintf("%q", code), err, fault.Invalid, "code_form")
		}
	})
}

func TestParallelTriesAreCounted(t *testing.T) {
	h := newHouse(t)
	attempt, browser := h.start("a@example.org", home)
	var mu sync.Mutex
	told := map[string]int{}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			_, err := h.CompleteSignIn(t.Context(), attempt, browser, wrong(attempt), home)
			mu.Lock()
			defer mu.Unlock()
			for _, r := range fault.ReasonsOf(err) {
				told[r.Code]++
			}
		})
	}
	wg.Wait()
	if told["code_wrong"] != 5 || told["code_tries"] != 11 {
		t.Errorf("told %v", told)
	}
	if n := h.count(`select count(*) from sign_in_misses`); n != 5 {
		t.Errorf("%d misses on record", n)
	}
}

func TestOfTwoRightOnesOneWins(t *testing.T) {
	h := newHouse(t)
	attempt, browser := h.start("a@example.org", home)
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = h.CompleteSignIn(t.Context(), attempt, browser, codeOf(attempt), home)
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !fault.Has(err, "code_used") {
			t.Error(err)
		}
	}
	if won != 1 || h.count(`select count(*) from people`) != 1 {
		t.Errorf("%d won", won)
	}
}

// The second waits for the row that the first holds, and then sees it used.
func TestTriesOfOneCodeQueue(t *testing.T) {
	h := newHouse(t)
	attempt, browser := h.start("a@example.org", home)
	tx := h.db.MustBegin()
	defer tx.Rollback()
	tx.MustExec(`update sign_in_attempts set tries = 1, used_at = $2 where id = cast($1 as uuid)`, attempt, h.clock.Now())
	done := make(chan error)
	go func() {
		_, err := h.CompleteSignIn(t.Context(), attempt, browser, codeOf(attempt), home)
		done <- err
	}()
	h.waitForALock(1)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	refused(t, "the second", <-done, fault.Refused, "code_used")
}

// waitForALock returns once n backends of this database wait for a lock.
func (h *house) waitForALock(n int) {
	h.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); h.db.MustExec(`select pg_sleep(0.002)`) {
		if h.count(`select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`) >= n {
			return
		}
	}
	h.t.Fatal("nobody waits for a lock")
}

func TestCodesAskedPerAddress(t *testing.T) {
	h := newHouse(t)
	first := h.clock.Now()
	for i := range accounts.DefaultCodesPerAddress {
		h.start("a@example.org", fmt.Sprintf("192.0.2.%d", i))
		h.clock.Add(time.Minute)
	}
	h.unchanged("one code too many", func() {
		_, _, err := h.StartSignIn(t.Context(), "A@example.org", "203.0.113.9")
		refused(t, "one too many", err, fault.TooMany, "codes_per_address")
		f, _ := errors.AsType[*fault.Error](err)
		if f == nil || f.RetryAfter != first.Add(time.Hour).Sub(h.clock.Now()) {
			t.Errorf("retry after: %+v", f)
		}
	})
	h.start("b@example.org", "192.0.2.1")
	h.clock.Add(first.Add(time.Hour).Sub(h.clock.Now()))
	h.start("a@example.org", home)
	_, _, err := h.StartSignIn(t.Context(), "a@example.org", home)
	refused(t, "the window slides", err, fault.TooMany, "codes_per_address")
}

func TestCodesAskedPerClient(t *testing.T) {
	h := newHouse(t)
	for i := range accounts.DefaultCodesPerClient {
		h.start(fmt.Sprintf("p%d@example.org", i), fmt.Sprintf("2001:db8:1:2::%x", i))
	}
	_, _, err := h.StartSignIn(t.Context(), "new@example.org", "2001:db8:1:2:ffff::1")
	refused(t, "the same /64", err, fault.TooMany, "codes_per_client")
	h.start("new@example.org", "2001:db8:1:3::1")
}

func TestCodesAskedAtOnce(t *testing.T) {
	h := newHouse(t)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() { _, _, _ = h.StartSignIn(t.Context(), "a@example.org", fmt.Sprintf("192.0.2.%d", i)) })
	}
	wg.Wait()
	if n := h.count(`select count(*) from sign_in_attempts`); n != accounts.DefaultCodesPerAddress {
		t.Errorf("%d codes", n)
	}
	if n := h.count(`select count(*) from outbox`); n != accounts.DefaultCodesPerAddress {
		t.Errorf("%d mails", n)
	}
}

func TestMissesCountAcrossCodes(t *testing.T) {
	h := newHouse(t)
	sessions := h.sessions()
	p := h.signIn("a@example.org")
	token := sessions.open(p.ID)
	for i := range 2 {
		attempt, browser := h.start("a@example.org", home)
		for range 5 {
			_, err := h.CompleteSignIn(t.Context(), attempt, browser, wrong(attempt), fmt.Sprintf("192.0.2.%d", i))
			refused(t, "wrong", err, fault.Invalid, "code_wrong")
		}
	}
	attempt, browser := h.start("a@example.org", home)
	h.unchanged("a try beyond the count", func() {
		_, err := h.CompleteSignIn(t.Context(), attempt, browser, codeOf(attempt), "203.0.113.5")
		refused(t, "a right code after ten misses", err, fault.TooMany, "tries_per_address")
	})
	if got, ok := sessions.visitor(token); !ok || got.ID != p.ID {
		t.Error("the count ended a session that existed")
	}
	h.signIn("b@example.org")
	h.clock.Add(time.Hour)
	h.signIn("a@example.org")
}

func TestMissesAtOnceCountAcrossCodes(t *testing.T) {
	h := newHouse(t)
	var wg sync.WaitGroup
	for range 4 {
		attempt, browser := h.start("a@example.org", home)
		for i := range 5 {
			wg.Go(func() {
				_, _ = h.CompleteSignIn(t.Context(), attempt, browser, wrong(attempt), fmt.Sprintf("192.0.2.%d", i))
			})
		}
	}
	wg.Wait()
	if n := h.count(`select count(*) from sign_in_misses`); n != accounts.DefaultMissesPerAddress {
		t.Errorf("%d misses, want %d", n, accounts.DefaultMissesPerAddress)
	}
}

func TestMissesCountPerClient(t *testing.T) {
	h := newHouse(t)
	for i := range 6 {
		attempt, browser := h.start(fmt.Sprintf("p%d@example.org", i), fmt.Sprintf("192.0.2.%d", i))
		for range 5 {
			_, err := h.CompleteSignIn(t.Context(), attempt, browser, wrong(attempt), "203.0.113.5")
			refused(t, "wrong", err, fault.Invalid, "code_wrong")
		}
	}
	attempt, browser := h.start("q@example.org", home)
	_, err := h.CompleteSignIn(t.Context(), attempt, browser, codeOf(attempt), "203.0.113.5")
	refused(t, "after thirty misses", err, fault.TooMany, "tries_per_client")
	if _, err := h.CompleteSignIn(t.Context(), attempt, browser, codeOf(attempt), home); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
}

func TestCodesDependOnSecretAndAttempt(t *testing.T) {
	h := newHouse(t)
	h.Rand = bytes.NewReader(bytes.Repeat([]byte{7}, 48))
	attempt, browser := h.start("a@example.org", home)
	if attempt != "07070707-0707-4707-8707-070707070707" {
		t.Errorf("attempt %s", attempt)
	}
	if _, _, err := h.StartSignIn(t.Context(), "b@example.org", home); err == nil {
		t.Error("a source that ran dry was not noticed")
	}
	h.Secret = []byte("another secret of the tests")
	_, code, _, _, _, err := h.SignInMail(t.Context(), attempt)
	if err != nil || code == codeOf(attempt) {
		t.Errorf("another secret gives the same code (%v)", err)
	}
	if _, err := h.CompleteSignIn(t.Context(), attempt, browser, codeOf(attempt), home); !fault.Has(err, "code_wrong") {
		t.Errorf("a code of another secret: %v", err)
	}
	h.Secret = []byte("short")
	if _, _, err := h.StartSignIn(t.Context(), "c@example.org", home); err == nil || fault.KindOf(err) != "" {
		t.Errorf("a short secret: %v", err)
	}
}
