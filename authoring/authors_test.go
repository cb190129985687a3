package authoring

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
)

func (r *room) emails(by workflow.Actor, id int64) (emails []string) {
	r.t.Helper()
	authors, err := r.Authors(r.t.Context(), by, id)
	if err != nil {
		r.t.Fatal(err)
	}
	for i, a := range authors {
		if a.Position != i+1 && len(authors) == 0 {
			r.t.Errorf("%s at %d", a.Email, a.Position)
		}
		emails = append(emails, strings.TrimSuffix(a.Email, "@example.org"))
	}
	return emails
}

func TestInvite(t *testing.T) {
	r := newRoom(t)
	ada, ben := r.person("ada"), r.person("ben")
	id := r.proposal(ada)
	invite := func(by workflow.Actor, email, name string) error {
		return r.Invite(t.Context(), by, id, email, Attribution{Name: name})
	}
	if err := invite(ada, " BEN@example.org", "Ben  Cole"); err != nil {
		t.Fatal(err)
	}
	if err := invite(ada, "cat@example.org", "Cat Shaw"); err != nil {
		t.Fatal(err)
	}
	if got := r.emails(ben, id); !reflect.DeepEqual(got, []string{"ada", "ben", "cat"}) {
		t.Errorf("%v", got)
	}
	// Who is known is mailed as a person, who isn't by address; only that counts for the cap.
	if n := r.count(`select count(*) from outbox where payload ->> 'notice' = 'author_invited' and (payload ->> 'to_person' = $1 or payload ->> 'to_email' = 'cat@example.org')`,
		fmt.Sprint(ben.Person)); n != 2 {
		t.Errorf("%d mails", n)
	}
	if n := r.count(`select count(*) from invitations`); n != 1 {
		t.Errorf("%d invitations counted", n)
	}
	// The history holds no name and no address.
	if n := r.count(`select count(*) from history where detail like '%example.org%' or detail like '%Cole%'`); n != 0 {
		t.Error("the history has names")
	}
	wants(t, invite(ben, "dan@example.org", "Dan"), fault.Forbidden, "not_lead")
	wants(t, invite(ada, "cat@EXAMPLE.org", ""), fault.Invalid, "author_already", "missing")
	for _, bad := range []string{"", "cat", "cat@", "cat@home", "a b@example.org", "x@y.org,z@y.org", "<x@y.org>", strings.Repeat("x", 250) + "@example.org",
		"cat@10.0.0.1", "cаt@example.org", "cat@exаmple.org", "c..t@example.org", "cat@example..org", strings.Repeat("x", 65) + "@example.org"} {
		wants(t, invite(ada, bad, "X"), fault.Invalid, "not_an_address")
	}
	wants(t, invite(ada, "x@example.org", strings.Repeat("x", 101)), fault.Invalid, "too_long")
	r.exec(`update people set deactivated_at = created_at where id = $1`, r.person("zoe").Person)
	wants(t, invite(ada, "zoe@example.org", "Zoe"), fault.Invalid, "deactivated")
	for i := range 7 {
		if err := invite(ada, fmt.Sprintf("p%d@example.org", i), "P"); err != nil {
			t.Fatal(err)
		}
	}
	wants(t, invite(ada, "eleventh@example.org", "P"), fault.Invalid, "too_many_authors")
}

func TestInvitationCap(t *testing.T) {
	r := newRoom(t)
	r.Invitations = 3
	ada := r.person("ada")
	r.person("ben")
	one, two := r.proposal(ada), r.proposal(ada)
	// At once, over two proposals, and taking authors off again doesn't help.
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			id, email := []int64{one, two}[i%2], fmt.Sprintf("p%d@example.org", i)
			if errs[i] = r.Invite(t.Context(), ada, id, email, Attribution{Name: "P"}); errs[i] == nil {
				errs[i] = r.RemoveAuthor(t.Context(), ada, id, email)
			}
		})
	}
	wg.Wait()
	sent := 0
	for _, err := range errs {
		if err == nil {
			sent++
			continue
		}
		wants(t, err, fault.TooMany, "too_many_invitations")
	}
	if mails := r.count(`select count(*) from outbox where kind = 'mail'`); sent != 3 || mails != 3 {
		t.Errorf("%d invitations, %d mails", sent, mails)
	}
	// Who has signed in before can always be invited, and tomorrow is another day.
	if err := r.Invite(t.Context(), ada, one, "ben@example.org", Attribution{Name: "Ben"}); err != nil {
		t.Error(err)
	}
	r.clock.Add(24 * time.Hour)
	if err := r.Invite(t.Context(), ada, one, "new@example.org", Attribution{Name: "New"}); err != nil {
		t.Error(err)
	}
}

// Two people who change different parts of how an author is named undo nothing of
// each other's.
func TestAmendedAtOnce(t *testing.T) {
	r := newRoom(t)
	ada := r.person("ada")
	id := r.proposal(ada)
	for i := range 10 {
		want := fmt.Sprint("round ", i)
		var both sync.WaitGroup
		for _, amend := range []func(*Attribution){
			func(a *Attribution) { a.Organisation = want },
			func(a *Attribution) { a.JobTitle = want },
		} {
			both.Go(func() {
				if err := r.AmendAuthor(t.Context(), ada, id, "ada@example.org", amend); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		authors, err := r.Authors(t.Context(), ada, id)
		if err != nil || authors[0].Organisation != want || authors[0].JobTitle != want || authors[0].Name == "" {
			t.Fatalf("%+v, %v: want both parts to be %q", authors, err, want)
		}
	}
}

func TestAuthorList(t *testing.T) {
	r := newRoom(t)
	ada, ben, cat, lena := r.person("ada"), r.person("ben"), r.person("cat"), r.person("lena", workflow.Leadership)
	id := r.proposal(ada)
	for _, name := range []string{"ben", "cat", "dan"} {
		if err := r.Invite(t.Context(), ada, id, name+"@example.org", Attribution{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	// Editing: one's own, or the lead anybody's.
	ok(r.EditAuthor(ctx, ben, id, "ben@example.org", Attribution{"Ben Cole", "West", "Consultant"}))
	ok(r.EditAuthor(ctx, ada, id, "dan@example.org", Attribution{Name: "Dan Frost"}))
	wants(t, r.EditAuthor(ctx, ben, id, "cat@example.org", Attribution{Name: "X"}), fault.Forbidden, "not_lead")
	wants(t, r.EditAuthor(ctx, ben, id, "ben@example.org", Attribution{}), fault.Invalid, "missing")
	wants(t, r.EditAuthor(ctx, ada, id, "eve@example.org", Attribution{Name: "X"}), fault.NotFound)

	// The order.
	wants(t, r.Reorder(ctx, ben, id, nil), fault.Forbidden, "not_lead")
	wants(t, r.Reorder(ctx, ada, id, []string{"ada@example.org", "ben@example.org", "cat@example.org"}), fault.Stale)
	wants(t, r.Reorder(ctx, ada, id, []string{"ada@example.org", "ben@example.org", "cat@example.org", "cat@example.org"}), fault.Stale)
	ok(r.Reorder(ctx, ada, id, []string{"cat@example.org", "ada@example.org", "ben@example.org", "dan@example.org"}))
	if got := r.emails(ada, id); !reflect.DeepEqual(got, []string{"cat", "ada", "ben", "dan"}) {
		t.Errorf("%v", got)
	}

	// Removing: the lead anybody, a co-author themselves.
	wants(t, r.RemoveAuthor(ctx, ben, id, "cat@example.org"), fault.Forbidden, "not_lead")
	wants(t, r.RemoveAuthor(ctx, ada, id, "ada@example.org"), fault.Refused, "is_lead")
	ok(r.RemoveAuthor(ctx, ben, id, "ben@example.org"))
	_, err := r.Authors(ctx, ben, id)
	wants(t, err, fault.NotFound)

	// Another lead: handed over, or named by leadership.
	wants(t, r.NameLead(ctx, cat, id, "cat@example.org"), fault.Forbidden, "not_lead")
	wants(t, r.NameLead(ctx, ada, id, "dan@example.org"), fault.Refused, "never_signed_in")
	ok(r.NameLead(ctx, lena, id, "cat@example.org"))
	ok(r.NameLead(ctx, cat, id, "ada@example.org"))
	for _, lead := range []workflow.Actor{cat, ada} { // who didn't do it is told
		if n := r.count(`select count(*) from outbox where payload ->> 'notice' = 'lead_named' and payload ->> 'to_person' = $1`, fmt.Sprint(lead.Person)); n != 1 {
			t.Errorf("%d mails tell person %d that they lead", n, lead.Person)
		}
	}
	ok(r.Invite(ctx, ada, id, "lena@example.org", Attribution{Name: "Lena"}))
	wants(t, r.NameLead(ctx, lena, id, "cat@example.org"), fault.Forbidden, "own_proposal")
	if n := r.count(`select count(*) from history where event in ('author_changed', 'author_removed', 'lead_named')`); n != 6 {
		t.Errorf("%d history entries", n)
	}
}

func TestFrozenWhileReviewed(t *testing.T) {
	r := newRoom(t)
	ada, ben, lena := r.person("ada"), r.person("ben"), r.person("lena", workflow.Leadership)
	id := r.ready(ada)
	ctx := t.Context()
	if err := r.Invite(ctx, ada, id, "ben@example.org", Attribution{Name: "Ben"}); err != nil {
		t.Fatal(err)
	}
	r.submit(ada, id)
	var before, after string
	const all = `select json_build_array((select json_agg(a order by a.email) from authors a), (select json_agg(d) from drafts d), (select count(*) from history), (select count(*) from outbox))::text`
	r.get(&before, all)
	wants(t, r.Invite(ctx, ada, id, "cat@example.org", Attribution{Name: "Cat"}), fault.Refused, "frozen")
	wants(t, r.RemoveAuthor(ctx, ada, id, "ben@example.org"), fault.Refused, "frozen")
	wants(t, r.RemoveAuthor(ctx, ben, id, "ben@example.org"), fault.Refused, "frozen")
	wants(t, r.EditAuthor(ctx, ada, id, "ada@example.org", Attribution{Name: "A"}), fault.Refused, "frozen")
	wants(t, r.Reorder(ctx, ada, id, []string{"ben@example.org", "ada@example.org"}), fault.Refused, "frozen")
	wants(t, r.RemovePackage(ctx, ada, id, 0), fault.Refused, "frozen")
	_, _, err := r.AttachPackage(ctx, ada, id, 0, "x.zip", strings.NewReader(string(r.zip())))
	wants(t, err, fault.Refused, "frozen")
	_, err = r.Save(ctx, ada, id, 1, Content{}, "need")
	wants(t, err, fault.Refused, "frozen")
	r.get(&after, all)
	if before != after {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
	// Naming a lead changes no author list.
	if err := r.NameLead(ctx, lena, id, "ben@example.org"); err != nil {
		t.Error(err)
	}
	if err := r.NameLead(ctx, ben, id, "ada@example.org"); err != nil {
		t.Error(err)
	}
	r.backToAuthors(ada, id)
	if err := r.RemoveAuthor(ctx, ada, id, "ben@example.org"); err != nil {
		t.Error(err)
	}
}
