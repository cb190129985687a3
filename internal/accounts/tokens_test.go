package accounts_test

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
)

// owner adds somebody with these roles.
func (h *house) owner(email string, roles ...string) int64 {
	h.t.Helper()
	p, err := h.AddPerson(h.t.Context(), accounts.CommandLine, email, "Some Body")
	for _, role := range roles {
		if err == nil {
			err = h.Grant(h.t.Context(), accounts.CommandLine, p.ID, role)
		}
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return p.ID
}

func (h *house) token(person int64, name string, scopes ...string) string {
	h.t.Helper()
	_, secret, err := h.MakeToken(h.t.Context(), person, accounts.NewToken{Name: name, Scopes: scopes, Days: 30})
	if err != nil {
		h.t.Fatal(err)
	}
	return secret
}

func (h *house) stored(query string, args ...any) string {
	h.t.Helper()
	var s string
	if err := h.db.Get(&s, query, args...); err != nil {
		h.t.Fatal(err)
	}
	return s
}

func TestToken(t *testing.T) {
	h := newHouse(t)
	lena := h.owner("lena@example.org", "leadership")
	made, secret, err := h.MakeToken(t.Context(), lena, accounts.NewToken{Name: " Weekly report ", Scopes: []string{"lead", "read", "lead"}, Days: 30})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(secret, "rung_") || made.Name != "Weekly report" || !slices.Equal(made.Scopes, []string{"read", "lead"}) {
		t.Errorf("made %q %+v", secret, made)
	}
	if whole := h.stored(`select t::text from tokens t`); strings.Contains(whole, secret[5:]) {
		t.Errorf("the secret is stored: %s", whole)
	}
	b, err := h.Bearer(t.Context(), secret)
	if err != nil || b.Person.ID != lena || b.Token != made.ID || !slices.Equal(b.Scopes, []string{"read", "lead"}) {
		t.Fatalf("%+v, %v", b, err)
	}
	if want := (accounts.Rate{Limit: accounts.DefaultCallsPerToken, Left: accounts.DefaultCallsPerToken - 1, Reset: time.Minute}); b.Rate != want {
		t.Errorf("the rate is %+v, want %+v", b.Rate, want)
	}

	// The use is noted once a minute.
	first := h.clock.Now()
	h.clock.Add(30 * time.Second)
	if _, err := h.Bearer(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if list, err := h.Tokens(t.Context(), lena); err != nil || len(list) != 1 || !list[0].LastUsedAt.Equal(first) {
		t.Errorf("%+v, %v", list, err)
	}
	h.clock.Add(time.Minute)
	if _, err := h.Bearer(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if list, err := h.Tokens(t.Context(), lena); err != nil || !list[0].LastUsedAt.Equal(h.clock.Now()) {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestTokenThatIsRefused(t *testing.T) {
	h := newHouse(t)
	anna, tess := h.owner("anna@example.org"), h.owner("tess@example.org", "technical_reviewer")
	_, _, err := h.MakeToken(t.Context(), anna, accounts.NewToken{Name: strings.Repeat("x", 101), Scopes: []string{"review", "lead", "administer", "fly"}, Days: 400})
	if fault.KindOf(err) != fault.Invalid || len(fault.ReasonsOf(err)) != 6 {
		t.Errorf("not every reason: %v", err)
	}
	for _, code := range []string{"name_form", "days", "scope_beyond_role", "scope_unknown"} {
		if !fault.Has(err, code) {
			t.Errorf("no %s in %v", code, err)
		}
	}
	if _, _, err := h.MakeToken(t.Context(), anna, accounts.NewToken{Name: "x", Days: 1}); !fault.Has(err, "no_scope") {
		t.Errorf("without a scope: %v", err)
	}
	h.token(tess, "one", "read", "review")
	if _, _, err := h.MakeToken(t.Context(), tess, accounts.NewToken{Name: "one", Scopes: []string{"read"}, Days: 1}); !fault.Has(err, "name_taken") {
		t.Errorf("a name twice: %v", err)
	}
	for i := range accounts.MaxTokens - 1 {
		h.token(tess, strings.Repeat("t", i+4), "read")
	}
	if _, _, err := h.MakeToken(t.Context(), tess, accounts.NewToken{Name: "more", Scopes: []string{"read"}, Days: 1}); !fault.Has(err, "too_many_tokens") {
		t.Errorf("one too many: %v", err)
	}
	if n := h.stored(`select count(*) from tokens`); n != "20" {
		t.Errorf("%s tokens", n)
	}
}

func TestTokenEnds(t *testing.T) {
	h := newHouse(t)
	admin, anna, ben := h.owner("ada@example.org", accounts.Administrator), h.owner("anna@example.org"), h.owner("ben@example.org")
	refused := func(secret, code string) {
		t.Helper()
		if _, err := h.Bearer(t.Context(), secret); fault.KindOf(err) != fault.SignIn || !fault.Has(err, code) {
			t.Errorf("%v, want %s", err, code)
		}
	}
	expires, revoked, lost := h.token(anna, "expires", "read"), h.token(anna, "revoked", "read"), h.token(ben, "lost", "read", "propose")
	refused("", "token_unknown")
	refused(expires[:len(expires)-1]+"A", "token_unknown")
	other := newHouse(t)
	refused(other.token(other.owner("anna@example.org"), "there", "read"), "token_unknown")

	list, err := h.Tokens(t.Context(), anna)
	if err != nil || len(list) != 2 || list[0].Name != "revoked" {
		t.Fatalf("%+v, %v", list, err)
	}
	if err := h.RevokeToken(t.Context(), ben, list[0].ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("somebody else's: %v", err)
	}
	for range 2 {
		if err := h.RevokeToken(t.Context(), anna, list[0].ID); err != nil {
			t.Fatal(err)
		}
	}
	refused(revoked, "token_revoked")

	// Deactivated, at once; and reactivating brings no token back.
	if _, err := h.Bearer(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	for _, act := range []func() error{
		func() error { return h.Deactivate(t.Context(), admin, ben) },
		func() error { return h.Reactivate(t.Context(), admin, ben) },
	} {
		if err := act(); err != nil {
			t.Fatal(err)
		}
		refused(lost, "token_revoked")
	}

	h.clock.Add(30 * 24 * time.Hour)
	refused(expires, "token_expired")
	if list, err := h.Tokens(t.Context(), anna); err != nil || len(list) != 2 {
		t.Errorf("%+v, %v", list, err)
	}
	h.clock.Add(90*24*time.Hour + time.Second)
	if list, err := h.Tokens(t.Context(), anna); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := h.PurgeExpired(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := h.stored(`select count(*) from tokens`) + h.stored(`select count(*) from token_uses`); n != "00" {
		t.Errorf("%s rows are left", n)
	}
}

// A role that was taken away takes its scope along, and gives it back.
func TestScopeFollowsRole(t *testing.T) {
	h := newHouse(t)
	h.owner("ada@example.org", accounts.Administrator)
	lena := h.owner("lena@example.org", "leadership")
	secret := h.token(lena, "all", "read", "review", "lead")
	if err := h.Revoke(t.Context(), accounts.CommandLine, lena, "leadership"); err != nil {
		t.Fatal(err)
	}
	if b, err := h.Bearer(t.Context(), secret); err != nil || !slices.Equal(b.Scopes, []string{"read"}) {
		t.Errorf("%v, %v", b.Scopes, err)
	}
	if err := h.Grant(t.Context(), accounts.CommandLine, lena, "technical_reviewer"); err != nil {
		t.Fatal(err)
	}
	if b, err := h.Bearer(t.Context(), secret); err != nil || !slices.Equal(b.Scopes, []string{"read", "review"}) {
		t.Errorf("%v, %v", b.Scopes, err)
	}
}

func TestCallsPerToken(t *testing.T) {
	h := newHouse(t)
	h.Limits.CallsPerToken = 20
	anna := h.owner("anna@example.org")
	secret, other := h.token(anna, "one", "read"), h.token(anna, "two", "read")
	var let atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			b, err := h.Bearer(t.Context(), secret)
			switch {
			case err == nil:
				let.Add(1)
			case fault.KindOf(err) != fault.TooMany || b.Rate.Limit != 20 || b.Rate.Left != 0:
				t.Errorf("%+v, %v", b.Rate, err)
			}
		})
	}
	all.Wait()
	if let.Load() != 20 {
		t.Errorf("%d calls were let through", let.Load())
	}
	if _, err := h.Bearer(t.Context(), other); err != nil {
		t.Errorf("another token: %v", err)
	}
	h.clock.Add(time.Minute)
	if b, err := h.Bearer(t.Context(), secret); err != nil || b.Rate.Left != 19 {
		t.Errorf("the next minute: %+v, %v", b.Rate, err)
	}
}
