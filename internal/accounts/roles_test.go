package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
)

func TestRolesAreGivenTakenAndRecorded(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	admin := h.add("admin@example.org", accounts.Administrator)
	p, err := h.AddPerson(ctx, admin.ID, "Bo@example.org", " Bo Li ")
	if err != nil || p.Name != "Bo Li" || p.NameGuessed || p.FirstSignInAt != nil {
		t.Fatalf("added %+v, %v", p, err)
	}
	steps := []struct {
		role string
		do   func(context.Context, int64, int64, string) error
	}{
		{"leadership", h.Grant}, {"leadership", h.Grant}, {"technical_reviewer", h.Grant},
		{"leadership", h.Revoke}, {"leadership", h.Revoke},
	}
	for _, s := range steps {
		h.clock.Add(time.Minute)
		if err := s.do(ctx, admin.ID, p.ID, s.role); err != nil {
			t.Fatal(err)
		}
	}
	if p, err = h.Person(ctx, p.ID); err != nil || !slices.Equal(p.Roles, []string{"technical_reviewer"}) {
		t.Errorf("roles %v, %v", p.Roles, err)
	}
	if want := []replaced{{admin.ID, p.ID, "leadership"}}; !slices.Equal(h.work, want) {
		t.Errorf("open work replaced %v, want %v: once, for the role really taken", h.work, want)
	}
	changes, err := h.RoleChanges(ctx, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range changes {
		got = append(got, strings.TrimSpace(c.Change+" "+c.Role))
		if c.By != admin.ID || c.ByName != admin.Name {
			t.Errorf("by %d %q", c.By, c.ByName)
		}
	}
	if want := []string{"revoked leadership", "granted technical_reviewer", "granted leadership", "added"}; !slices.Equal(got, want) {
		t.Errorf("recorded %q, want %q", got, want)
	}
	if changes, err = h.RoleChanges(ctx, admin.ID); err != nil || len(changes) != 2 || changes[0].By != accounts.CommandLine || changes[0].ByName != "" {
		t.Errorf("by the command line: %+v, %v", changes, err)
	}
}

func TestOnlyAdministratorsChangePeople(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	admin := h.add("admin@example.org", accounts.Administrator)
	former := h.add("former@example.org", accounts.Administrator)
	if err := h.Deactivate(ctx, admin.ID, former.ID); err != nil {
		t.Fatal(err)
	}
	leader := h.add("leader@example.org", "leadership")
	nobody := h.add("nobody@example.org")
	for _, by := range []int64{former.ID, leader.ID, nobody.ID, 999, -1} {
		for name, do := range map[string]func() error{
			"add":        func() error { _, err := h.AddPerson(ctx, by, "new@example.org", ""); return err },
			"grant":      func() error { return h.Grant(ctx, by, by, accounts.Administrator) },
			"revoke":     func() error { return h.Revoke(ctx, by, leader.ID, "leadership") },
			"deactivate": func() error { return h.Deactivate(ctx, by, nobody.ID) },
			"reactivate": func() error { return h.Reactivate(ctx, by, former.ID) },
		} {
			h.unchanged(name, func() { refused(t, fmt.Sprint(name, " by ", by), do(), fault.Forbidden, "") })
		}
	}
	h.unchanged("what cannot be", func() {
		refused(t, "unknown role", h.Grant(ctx, admin.ID, nobody.ID, "king"), fault.Invalid, "role_unknown")
		refused(t, "unknown person", h.Grant(ctx, admin.ID, 999, "leadership"), fault.NotFound, "")
		refused(t, "unknown person", h.Deactivate(ctx, admin.ID, 999), fault.NotFound, "")
		refused(t, "to a deactivated person", h.Grant(ctx, admin.ID, former.ID, "leadership"), fault.Refused, "person_deactivated")
		_, err := h.AddPerson(ctx, admin.ID, "NOBODY@example.org", "Again")
		refused(t, "somebody who is there", err, fault.Refused, "person_exists")
		_, err = h.AddPerson(ctx, admin.ID, "x@example.org", strings.Repeat("x", 101))
		refused(t, "a long name", err, fault.Invalid, "name_form")
		_, err = h.AddPerson(ctx, admin.ID, "no address", "X")
		refused(t, "no address", err, fault.Invalid, "email_form")
	})
}

func TestDeactivateAndReactivate(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	admin := h.add("admin@example.org", accounts.Administrator)
	p := h.add("a@example.org", "technical_reviewer")
	for range 2 {
		if err := h.Deactivate(ctx, admin.ID, p.ID); err != nil {
			t.Fatal(err)
		}
	}
	if want := []replaced{{admin.ID, p.ID, ""}}; !slices.Equal(h.work, want) {
		t.Errorf("open work replaced %v, want %v", h.work, want)
	}
	got, err := h.Person(ctx, p.ID)
	if err != nil || got.DeactivatedAt == nil || got.Has("technical_reviewer") || len(got.Roles) != 1 {
		t.Errorf("deactivated %+v, %v", got, err)
	}
	for range 2 {
		if err := h.Reactivate(ctx, admin.ID, p.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got, err = h.Person(ctx, p.ID); err != nil || got.DeactivatedAt != nil || !got.Has("technical_reviewer") {
		t.Errorf("reactivated %+v, %v", got, err)
	}
	if want := []int64{admin.ID, p.ID, p.ID}; !slices.Equal(h.back, want) { // two roles given, one return
		t.Errorf("waiting work was offered to %v, want %v", h.back, want)
	}
	changes, err := h.RoleChanges(ctx, p.ID)
	if err != nil || len(changes) != 4 || changes[0].Change != "reactivated" || changes[1].Change != "deactivated" || changes[1].By != admin.ID {
		t.Errorf("recorded %+v, %v", changes, err)
	}
}

func TestWorkAndStandingChangeTogether(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	h.add("admin@example.org", accounts.Administrator)
	p := h.add("a@example.org", "technical_reviewer")
	h.sessions().open(p.ID)
	trouble := errors.New("no successor could be written")
	h.ReplaceOpenWork = func(context.Context, *sqlx.Tx, int64, int64, string, time.Time) error { return trouble }
	h.unchanged("a failed replacement", func() {
		if err := h.Deactivate(ctx, accounts.CommandLine, p.ID); !errors.Is(err, trouble) {
			t.Error(err)
		}
		if err := h.Revoke(ctx, accounts.CommandLine, p.ID, "technical_reviewer"); !errors.Is(err, trouble) {
			t.Error(err)
		}
	})
	h.ReplaceOpenWork = nil
	h.unchanged("a service that is not wired", func() {
		if h.Deactivate(ctx, accounts.CommandLine, p.ID) == nil || h.Revoke(ctx, accounts.CommandLine, p.ID, "technical_reviewer") == nil {
			t.Error("nobody looked after the open work")
		}
	})
}

func TestTheLastAdministratorStays(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	a := h.add("a@example.org", accounts.Administrator)
	b := h.add("b@example.org", accounts.Administrator)
	if err := h.Deactivate(ctx, a.ID, b.ID); err != nil {
		t.Fatal(err)
	}
	for _, by := range []int64{a.ID, accounts.CommandLine} {
		h.unchanged("the last administrator", func() {
			refused(t, "revoke", h.Revoke(ctx, by, a.ID, accounts.Administrator), fault.Refused, "last_administrator")
			refused(t, "deactivate", h.Deactivate(ctx, by, a.ID), fault.Refused, "last_administrator")
			refused(t, "ask", h.MayLeave(ctx, a.ID), fault.Refused, "last_administrator")
			if err := h.MayLeave(ctx, b.ID); err != nil {
				t.Errorf("who is none may leave: %v", err)
			}
		})
	}
	if err := h.Revoke(ctx, a.ID, b.ID, accounts.Administrator); err != nil {
		t.Errorf("a deactivated administrator is none: %v", err)
	}
}

func TestTwoAdministratorsCannotRemoveEachOther(t *testing.T) {
	for name, remove := range map[string]func(h *house, by, person int64) error{
		"revoke each other": func(h *house, by, person int64) error {
			return h.Revoke(h.t.Context(), by, person, accounts.Administrator)
		},
		"revoke themselves": func(h *house, by, person int64) error {
			return h.Revoke(h.t.Context(), person, person, accounts.Administrator)
		},
		"by the command line": func(h *house, _, person int64) error {
			return h.Deactivate(h.t.Context(), accounts.CommandLine, person)
		},
	} {
		h := newHouse(t)
		a := h.add("a@example.org", accounts.Administrator)
		b := h.add("b@example.org", accounts.Administrator)
		// The first is held in the middle of its transaction until the second waits.
		held, release := make(chan struct{}), make(chan struct{})
		var once sync.Once
		h.ReplaceOpenWork = func(context.Context, *sqlx.Tx, int64, int64, string, time.Time) error {
			once.Do(func() { close(held); <-release })
			return nil
		}
		first, second := make(chan error, 1), make(chan error, 1)
		go func() { first <- remove(h, a.ID, b.ID) }()
		<-held
		go func() { second <- remove(h, b.ID, a.ID) }()
		h.waitForALock(1)
		close(release)
		if err := <-first; err != nil {
			t.Errorf("%s: the first: %v", name, err)
		}
		err := <-second
		if !fault.Has(err, "last_administrator") && fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: the second: %v", name, err)
		}
		n := h.count(`select count(*) from roles r join people p on p.id = r.person_id
			where r.role = 'administrator' and p.deactivated_at is null`)
		if n != 1 {
			t.Errorf("%s: %d administrators remain", name, n)
		}
	}
}

// A move mentions people by foreign key; a change of their standing must not
// wait for it, nor it for the change, or the two would deadlock.
func TestForeignKeysDoNotWait(t *testing.T) {
	h := newHouse(t)
	h.add("admin@example.org", accounts.Administrator)
	p := h.add("a@example.org", "leadership")
	tx := h.db.MustBegin()
	defer tx.Rollback()
	tx.MustExec(`select 1 from people where id = $1 for key share`, p.ID)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := h.Deactivate(ctx, accounts.CommandLine, p.ID); err != nil {
		t.Error(err)
	}
}

func TestHistoryOfRolesIsAppendOnly(t *testing.T) {
	h := newHouse(t)
	h.add("a@example.org", accounts.Administrator)
	h.unchanged("a direct change", func() {
		for _, query := range []string{
			`update role_changes set role = 'leadership' where role is not null`, `delete from role_changes`,
			`truncate role_changes`, `truncate people cascade`,
		} {
			_, err := h.db.Exec(query)
			if postgres.Constraint(err) != "role_changes_append_only" {
				t.Errorf("%s: %v", query, err)
			}
		}
	})
}

func TestProfile(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	p := h.signIn("a@example.org")
	got, err := h.UpdateProfile(ctx, p.ID, accounts.Profile{Name: " Dr Åsa Öst ", Organisation: " Trust ", JobTitle: strings.Repeat("é", 100)})
	if err != nil || got.Name != "Dr Åsa Öst" || got.NameGuessed || got.Organisation != "Trust" {
		t.Fatalf("saved %+v, %v", got, err)
	}
	h.unchanged("a bad profile", func() {
		_, err := h.UpdateProfile(ctx, p.ID, accounts.Profile{Organisation: strings.Repeat("x", 101), JobTitle: "a\nb"})
		var fields []string
		for _, r := range fault.ReasonsOf(err) {
			fields = append(fields, r.Field)
		}
		if want := []string{"name", "organisation", "job_title"}; !slices.Equal(fields, want) {
			t.Errorf("fields at fault %v, want all at once: %v", fields, want)
		}
		_, err = h.UpdateProfile(ctx, 999, accounts.Profile{Name: "X"})
		refused(t, "nobody", err, fault.NotFound, "")
	})
	if again := h.signIn("a@example.org"); again.Name != "Dr Åsa Öst" {
		t.Errorf("signing in again changed the name to %q", again.Name)
	}
}

// Two requests that change different parts undo nothing of each other's.
func TestProfileAmendedAtOnce(t *testing.T) {
	h := newHouse(t)
	p := h.signIn("a@example.org")
	for i := range 10 {
		want := fmt.Sprint("round ", i)
		var both sync.WaitGroup
		for _, amend := range []func(*accounts.Profile){
			func(p *accounts.Profile) { p.Organisation = want },
			func(p *accounts.Profile) { p.JobTitle = want },
		} {
			both.Go(func() {
				if _, err := h.AmendProfile(t.Context(), p.ID, amend); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		got, err := h.Person(t.Context(), p.ID)
		if err != nil || got.Organisation != want || got.JobTitle != want || got.Name == "" {
			t.Fatalf("%+v, %v: want both parts to be %q", got, err, want)
		}
	}
}

func TestPeopleByPage(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	names := []string{"alan", "Bea", "bea", "Cy", "Dot 100%", "Ed"}
	for i, name := range names {
		p, err := h.AddPerson(ctx, accounts.CommandLine, fmt.Sprintf("p%d@example.org", i), name)
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			if err := h.Grant(ctx, accounts.CommandLine, p.ID, "leadership"); err != nil {
				t.Fatal(err)
			}
		}
		if name == "Cy" {
			if err := h.Deactivate(ctx, accounts.CommandLine, p.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, tc := range map[string]struct {
		filter accounts.Filter
		want   []string
	}{
		"all":         {accounts.Filter{}, names},
		"active":      {accounts.Filter{ActiveOnly: true}, []string{"alan", "Bea", "bea", "Dot 100%", "Ed"}},
		"role":        {accounts.Filter{Role: "leadership"}, []string{"alan", "bea", "Dot 100%"}},
		"words":       {accounts.Filter{Words: "BEA"}, []string{"Bea", "bea"}},
		"address":     {accounts.Filter{Words: "p5@"}, []string{"Ed"}},
		"as it is":    {accounts.Filter{Words: "%"}, []string{"Dot 100%"}},
		"role, words": {accounts.Filter{Role: "leadership", Words: "bea"}, []string{"bea"}},
		"nobody":      {accounts.Filter{Words: "zz"}, nil},
	} {
		for limit := 1; limit <= 7; limit++ {
			var got []string
			var after accounts.Cursor
			for {
				page, next, err := h.People(ctx, tc.filter, after, limit)
				if err != nil {
					t.Fatal(err)
				}
				if len(page) > limit {
					t.Fatalf("%s: a page of %d for %d", name, len(page), limit)
				}
				for _, p := range page {
					got = append(got, p.Name)
				}
				if next == (accounts.Cursor{}) {
					break
				}
				after = next
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%s by %d: %q, want %q", name, limit, got, tc.want)
			}
		}
	}
	p, err := h.PersonByEmail(ctx, "P3@example.org")
	if err != nil || p.Name != "Cy" || p.DeactivatedAt == nil {
		t.Errorf("by address: %+v, %v", p, err)
	}
	if same, err := h.Person(ctx, p.ID); err != nil || !reflect.DeepEqual(same, p) {
		t.Errorf("by id: %+v, %v", same, err)
	}
	_, err = h.Person(ctx, 999)
	refused(t, "nobody", err, fault.NotFound, "")
}
