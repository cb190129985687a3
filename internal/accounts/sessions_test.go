package accounts_test

import (
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
)

// desk drives scs on our store, as the web does.
type desk struct {
	h *house
	*scs.SessionManager
}

func (h *house) sessions() *desk {
	return &desk{h, (&accounts.Sessions{DB: h.db, Now: h.clock.Now}).Manager()}
}

func (d *desk) load(token string) context.Context {
	d.h.t.Helper()
	ctx, err := d.Load(accounts.WithVisit(d.h.t.Context()), token)
	if err != nil {
		d.h.t.Fatal(err)
	}
	return ctx
}

func (d *desk) commit(ctx context.Context) string {
	d.h.t.Helper()
	token, _, err := d.Commit(ctx)
	if err != nil {
		d.h.t.Fatal(err)
	}
	return token
}

// open signs a person in from a fresh browser.
func (d *desk) open(person int64) string {
	d.h.t.Helper()
	ctx := d.load("")
	if err := d.RenewToken(ctx); err != nil {
		d.h.t.Fatal(err)
	}
	d.Put(ctx, accounts.PersonKey, person)
	return d.commit(ctx)
}

func (d *desk) visitor(token string) (accounts.Person, bool) {
	d.h.t.Helper()
	return accounts.Visitor(d.load(token))
}

func TestSessionGivesThePersonWithRoles(t *testing.T) {
	h := newHouse(t)
	d := h.sessions()
	p := h.add("a@example.org", "leadership", accounts.Administrator)
	token := d.open(p.ID)
	got, ok := d.visitor(token)
	if !ok || got.ID != p.ID || got.Email != p.Email || !got.Has("leadership") || !got.Has(accounts.Administrator) || got.Has("technical_reviewer") {
		t.Errorf("visitor %+v, %t", got, ok)
	}
	if err := h.Grant(t.Context(), accounts.CommandLine, p.ID, "technical_reviewer"); err != nil {
		t.Fatal(err)
	}
	if got, _ := d.visitor(token); !got.Has("technical_reviewer") {
		t.Error("a new role is not seen by the next request")
	}
	if _, ok := d.visitor("no such token"); ok {
		t.Error("a made-up token signs in")
	}
	if _, ok := accounts.Visitor(t.Context()); ok {
		t.Error("a context without a visit has a visitor")
	}
	// Signing in from a session that was there keeps what is in it.
	ctx := d.load("")
	d.Put(ctx, "flash", "hello")
	anonymous := d.commit(ctx)
	ctx = d.load(anonymous)
	if _, ok := accounts.Visitor(ctx); ok || d.GetString(ctx, "flash") != "hello" {
		t.Error("an anonymous session was not read back")
	}
	running := d.load(anonymous)
	if err := d.RenewToken(ctx); err != nil {
		t.Fatal(err)
	}
	d.Put(ctx, accounts.PersonKey, p.ID)
	renewed := d.commit(ctx)
	d.Put(running, "flash", "late")
	d.commit(running) // another tab's request, begun before the sign-in
	if got, ok := d.visitor(renewed); !ok || got.ID != p.ID || renewed == anonymous {
		t.Error("not signed in after the token was renewed")
	}
	if d.GetString(d.load(anonymous), "flash") != "" {
		t.Error("the token from before still works")
	}
}

func TestTokensAreHashedAtRest(t *testing.T) {
	h := newHouse(t)
	p := h.add("a@example.org")
	token := h.sessions().open(p.ID)
	hash := sha256.Sum256([]byte(token))
	if n := h.count(`select count(*) from sessions where token_hash = $1 and person_id = $2`, hash[:], p.ID); n != 1 {
		t.Error("no row under the token's hash, of the person")
	}
	if n := h.count(`select count(*) from sessions s where position(convert_to($1, 'UTF8') in s.token_hash || s.data) > 0`, token); n != 0 {
		t.Error("the token itself is stored")
	}
}

func TestThePersonOfATokenNeverChanges(t *testing.T) {
	h := newHouse(t)
	d := h.sessions()
	a, b := h.add("a@example.org"), h.add("b@example.org")
	anonymous := d.commit(d.load(""))
	for name, tc := range map[string]struct {
		token string
		do    func(ctx context.Context)
	}{
		"sign-in without a new token": {anonymous, func(ctx context.Context) { d.Put(ctx, accounts.PersonKey, a.ID) }},
		"another person":              {d.open(a.ID), func(ctx context.Context) { d.Put(ctx, accounts.PersonKey, b.ID) }},
		"nobody":                      {d.open(a.ID), func(ctx context.Context) { d.Remove(ctx, accounts.PersonKey) }},
		"no id":                       {d.open(a.ID), func(ctx context.Context) { d.Put(ctx, accounts.PersonKey, "1") }},
	} {
		h.unchanged(name, func() {
			ctx := d.load(tc.token)
			tc.do(ctx)
			if _, _, err := d.Commit(ctx); err == nil {
				t.Errorf("%s: accepted", name)
			}
		})
	}
}

func TestSessionsEndAfterTheirLife(t *testing.T) {
	h := newHouse(t)
	d := h.sessions()
	p := h.add("a@example.org")
	token := d.open(p.ID)
	for range 13 {
		h.clock.Add(24 * time.Hour)
		ctx := d.load(token)
		if _, ok := accounts.Visitor(ctx); !ok {
			t.Fatal("ended early")
		}
		d.Put(ctx, "seen", h.clock.Now().String())
		d.commit(ctx) // a write does not prolong it
	}
	h.clock.Add(24*time.Hour - time.Microsecond)
	running := d.load(token)
	if _, ok := accounts.Visitor(running); !ok {
		t.Error("ended early")
	}
	h.clock.Add(time.Microsecond)
	if _, ok := d.visitor(token); ok {
		t.Error("outlived fourteen days")
	}
	d.Put(running, "seen", "late")
	d.commit(running)
	if _, ok := d.visitor(token); ok {
		t.Error("a late request brought it back")
	}
}

func TestReadingWritesNothing(t *testing.T) {
	h := newHouse(t)
	d := h.sessions()
	token := d.open(h.add("a@example.org").ID)
	h.unchanged("a visit", func() {
		ctx := d.load(token)
		if d.Status(ctx) != scs.Unmodified {
			t.Error("loading a session marks it as modified")
		}
	})
}

func TestSignOutEverywhere(t *testing.T) {
	h := newHouse(t)
	d := h.sessions()
	a, b := h.add("a@example.org"), h.add("b@example.org")
	one, two, other := d.open(a.ID), d.open(a.ID), d.open(b.ID)
	running := d.load(one) // began before, ends after
	if err := h.RevokeSessions(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	d.Put(running, "flash", "saved")
	d.commit(running)
	for _, token := range []string{one, two} {
		if _, ok := d.visitor(token); ok {
			t.Error("still signed in")
		}
	}
	if _, ok := d.visitor(other); !ok {
		t.Error("somebody else was signed out")
	}
	if _, ok := d.visitor(d.open(a.ID)); !ok {
		t.Error("cannot sign in again")
	}
}

func TestSignOutHere(t *testing.T) {
	h := newHouse(t)
	d := h.sessions()
	a := h.add("a@example.org")
	here, there := d.open(a.ID), d.open(a.ID)
	running := d.load(here)
	if err := d.Destroy(d.load(here)); err != nil {
		t.Fatal(err)
	}
	d.Put(running, "flash", "saved")
	d.commit(running)
	if _, ok := d.visitor(here); ok {
		t.Error("a request that ran meanwhile brought the session back")
	}
	if _, ok := d.visitor(there); !ok {
		t.Error("signed out elsewhere too")
	}
}

func TestDeactivatingEndsSessions(t *testing.T) {
	h := newHouse(t)
	d := h.sessions()
	a := h.add("a@example.org")
	token := d.open(a.ID)
	if err := h.Deactivate(t.Context(), accounts.CommandLine, a.ID); err != nil {
		t.Fatal(err)
	}
	if _, ok := d.visitor(token); ok {
		t.Error("still signed in")
	}
	if _, ok := d.visitor(d.open(a.ID)); ok {
		t.Error("a session was opened for a deactivated person")
	}
	_, err := h.Current(t.Context(), a.ID)
	refused(t, "a deactivated person", err, fault.SignIn, "")
	if err := h.Reactivate(t.Context(), accounts.CommandLine, a.ID); err != nil {
		t.Fatal(err)
	}
	if _, ok := d.visitor(token); ok {
		t.Error("reactivating brought an old session back")
	}
	if p, err := h.Current(t.Context(), a.ID); err != nil || p.ID != a.ID {
		t.Errorf("current: %+v, %v", p, err)
	}
}

// A sign-in that is about to open a session waits for the deactivation, and
// then opens none.
func TestSessionOpenedDuringDeactivation(t *testing.T) {
	h := newHouse(t)
	d := h.sessions()
	a := h.add("a@example.org")
	tx := h.db.MustBegin()
	defer tx.Rollback()
	tx.MustExec(`update people set deactivated_at = $2 where id = $1`, a.ID, h.clock.Now())
	done := make(chan string)
	go func() { done <- d.open(a.ID) }()
	h.waitForALock(1)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	<-done
	if n := h.count(`select count(*) from sessions`); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func TestPurge(t *testing.T) {
	h := newHouse(t)
	d := h.sessions()
	p := h.signIn("a@example.org")
	attempt, browser := h.start("a@example.org", home)
	_, err := h.CompleteSignIn(t.Context(), attempt, browser, wrong(attempt), home)
	refused(t, "wrong", err, fault.Invalid, "code_wrong")
	d.open(p.ID)
	h.clock.Add(24 * time.Hour)
	h.unchanged("an early purge", func() {
		if n, err := h.PurgeExpired(t.Context()); err != nil || n != 0 {
			t.Errorf("purged %d, %v", n, err)
		}
	})
	h.clock.Add(time.Second)
	if n, err := h.PurgeExpired(t.Context()); err != nil || n != 3 {
		t.Errorf("purged %d (%v), want two attempts and a miss", n, err)
	}
	if _, _, _, holds, why, err := h.SignInMail(t.Context(), attempt); holds || why == "" || err != nil {
		t.Errorf("mail of a purged attempt: %t %q %v", holds, why, err)
	}
	token := d.open(p.ID)
	h.clock.Add(14 * 24 * time.Hour)
	if n, err := h.PurgeExpired(t.Context()); err != nil || n != 1 {
		t.Errorf("purged %d (%v), want the first session alone: the second ended this moment", n, err)
	}
	h.clock.Add(25 * time.Hour)
	if n, err := h.PurgeExpired(t.Context()); err != nil || n != 1 {
		t.Errorf("purged %d (%v), want the second session", n, err)
	}
	if _, ok := d.visitor(token); ok {
		t.Error("a purged session signs in")
	}
}
