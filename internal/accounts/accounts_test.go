package accounts_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/internal/fault"
)

const home = "192.0.2.7" // the client of tests to which it does not matter

var secret = []byte("a secret of the tests, 32 bytes.")

type replaced struct {
	By, Person int64
	Role       string
}

// house is a service on a database of its own, with a clock.
type house struct {
	*accounts.Service
	t     *testing.T
	db    *sqlx.DB
	clock *dbtest.Clock
	work  []replaced // what ReplaceOpenWork was told
	back  []int64    // whom OfferWaitingWork was told of
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, db: dbtest.New(t), clock: dbtest.NewClock()}
	h.Service = &accounts.Service{
		DB: h.db, Now: h.clock.Now, Secret: secret,
		RoleKeys: []string{"technical_reviewer", "educational_reviewer", "leadership", accounts.Administrator},
		ReplaceOpenWork: func(_ context.Context, tx *sqlx.Tx, by, person int64, role string, now time.Time) error {
			if !now.Equal(h.clock.Now()) {
				t.Errorf("told that it is %s", now)
			}
			h.work = append(h.work, replaced{by, person, role})
			return nil
		},
		OfferWaitingWork: func(_ context.Context, _ *sqlx.Tx, _, person int64, _ time.Time) error {
			h.back = append(h.back, person)
			return nil
		},
	}
	return h
}

// codeOf derives the code as the design says, apart from the service.
func codeOf(attempt string) string {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte("rung sign-in code\x00" + attempt))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(m.Sum(nil))%1_000_000)
}

// wrong is a code that the attempt does not have.
func wrong(attempt string) string {
	if codeOf(attempt) == "000000" {
		return "000001"
	}
	return "000000"
}

func (h *house) start(email, client string) (attempt, browser string) {
	h.t.Helper()
	attempt, browser, err := h.StartSignIn(h.t.Context(), email, client)
	if err != nil {
		h.t.Fatal(err)
	}
	return attempt, browser
}

func (h *house) signIn(email string) accounts.Person {
	h.t.Helper()
	attempt, browser := h.start(email, home)
	p, err := h.CompleteSignIn(h.t.Context(), attempt, browser, codeOf(attempt), home)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func (h *house) add(email string, roles ...string) accounts.Person {
	h.t.Helper()
	p, err := h.AddPerson(h.t.Context(), accounts.CommandLine, email, "")
	if err != nil {
		h.t.Fatal(err)
	}
	for _, r := range roles {
		if err := h.Grant(h.t.Context(), accounts.CommandLine, p.ID, r); err != nil {
			h.t.Fatal(err)
		}
	}
	p, err = h.Person(h.t.Context(), p.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func (h *house) count(query string, args ...any) (n int) {
	h.t.Helper()
	if err := h.db.Get(&n, query, args...); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// refused fails the test unless err is a fault of this kind with this reason.
func refused(t *testing.T, what string, err error, kind fault.Kind, code string) {
	t.Helper()
	if fault.KindOf(err) != kind || code != "" && !fault.Has(err, code) {
		t.Errorf("%s: got %v, want %s (%s)", what, err, kind, code)
	}
}

// unchanged runs do, which must leave every table of accounts as it was.
func (h *house) unchanged(what string, do func()) {
	h.t.Helper()
	const state = `
		select coalesce(string_agg(t::text, '|' order by t::text), '') from (
			select p::text as t from people p union all select r::text from roles r
			union all select c::text from role_changes c union all select s::text from sessions s
			union all select a::text from sign_in_attempts a union all select m::text from sign_in_misses m
			union all select o.key from outbox o) t`
	var before, after string
	if err := h.db.Get(&before, state); err != nil {
		h.t.Fatal(err)
	}
	do()
	if err := h.db.Get(&after, state); err != nil {
		h.t.Fatal(err)
	}
	if before != after {
		h.t.Errorf("%s changed rows:\n%s\n%s", what, before, after)
	}
}
