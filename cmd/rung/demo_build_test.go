package main

import (
	"archive/zip"
	netmail "net/mail"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/catalogue"
	"github.com/leadership-ladder/rung/cmd/rung/demo"
	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/internal/mail/sink"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// builtDemo is a demo's data, made now, and the services as they serve it.
func builtDemo(t *testing.T) (*rung, *files.Store, sink.Mailbox) {
	t.Helper()
	db, dsn := dbtest.NewDSN(t)
	s := settings{
		storage:   storage{DataDir: t.TempDir()},
		baseURL:   &url.URL{Scheme: "http", Host: "localhost:8080"},
		programme: programme.Default(),
		secret:    []byte(strings.Repeat("k", minSecret)),
		from:      netmail.Address{Name: "Leadership Ladder", Address: demoFrom},
	}
	p := &process{ctx: t.Context(), now: time.Now, stdout: t.Output()}
	store := &files.Store{Dir: s.filesDir()}
	begun := time.Now()
	if err := p.fillDemo(s, dsn, store, silent); err != nil {
		t.Fatal(err)
	}
	t.Logf("built in %s", time.Since(begun).Round(time.Millisecond))
	post, err := s.startPost(p.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { post.Close() })
	r, err := p.wire(s, &database{DB: db, dsn: dsn}, store, silent)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.sender.Close)
	return r, store, post.Mailbox
}

// What the programme's page lists under "Modules available", by strand, in its
// order and with its words, but for white space.
var seed = map[string][]string{
	"theory": {"A 4-module Quality Improvement Educational Program", "A Junior Doctor Guide to the NHS", "Theories of Leadership",
		"Developing teams and psychological safety", "Host vs Hero Leadership", "What is leadership, and why is it important?"},
	"myself": {"Your Role within a Team", "Strengths-based Leadership",
		"Understanding state and its impact on you as a leader - module 1", "Understanding State and its impact on you as a Leader - module 2"},
	"practice": {"Using National Clinical Audit Data in QI", "Attending and Chairing Meetings", "Leading a Handover", "Leading a Ward Round",
		"Being a Trainee Representative"},
}

// One build for all that there is to see of it: it takes seconds.
func TestDemoData(t *testing.T) {
	r, store, mailbox := builtDemo(t)
	ctx, db := t.Context(), r.workflow.DB
	count := func(query string, args ...any) int {
		t.Helper()
		var n int
		if err := db.GetContext(ctx, &n, query, args...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		return n
	}

	t.Run("the catalogue is the programme's", func(t *testing.T) {
		entries, pages, climbed := 0, 0, 0
		for strand, titles := range seed {
			page, err := r.catalogue.Catalogue(ctx, catalogue.Query{Strand: strand})
			if err != nil || page.Next != "" {
				t.Fatalf("%s: more %q, %v", strand, page.Next, err)
			}
			var want, got []string
			for _, title := range titles {
				entries++
				if !strings.HasPrefix(title, "A 4-module ") {
					want = append(want, title)
					continue
				}
				for _, part := range []string{"1", "2", "3", "4"} {
					want = append(want, title+": module "+part)
				}
			}
			for _, item := range page.Items {
				pages++
				got = append(got, item.Title)
				if item.Quality == catalogue.ByRung {
					climbed++
				}
				switch {
				case strings.HasPrefix(item.Title, "A 4-module ") && item.Series.Of == 4,
					strings.HasPrefix(item.Title, "Understanding ") && item.Series.Of == 2, item.Series.Of == 0:
				default:
					t.Errorf("%s is part %d of %d", item.Title, item.Series.Part, item.Series.Of)
				}
				m, err := r.catalogue.Module(ctx, item.Slug)
				if err != nil || m.Details.ReviewDate.IsZero() || m.Details.Owner == "" || m.Details.BridgeURL == "" || m.Summary == "" {
					t.Errorf("%s: %+v, %v", item.Title, m.Details, err)
				}
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", strand, got, want)
			}
		}
		if entries != 15 || pages != 18 || climbed < 6 {
			t.Errorf("%d entries on %d pages, %d climbed here", entries, pages, climbed)
		}
		retired, err := r.catalogue.Module(ctx, "leading-your-team-from-home-redeployment-and-shielding")
		if err != nil || !retired.Retired() || retired.RetiredReason == "" {
			t.Errorf("retired: %+v, %v", retired, err)
		}
	})

	t.Run("something of everything", func(t *testing.T) {
		for _, state := range []string{programme.Draft, "technical", "educational", "final", programme.ChangesRequested,
			programme.Approved, programme.Published, programme.Rejected, programme.Withdrawn} {
			if count(`select count(*) from proposals where state = $1`, state) == 0 {
				t.Errorf("no proposal is %s", state)
			}
		}
		for what, query := range map[string]string{
			"a newcomer waits for leadership to choose": `select count(*) from proposals where state = 'technical' and turn_for = 'choose_reviewers'`,
			"an accepted technical review":              `select count(*) from assignments a join proposals p on p.id = a.proposal_id where p.state = 'technical' and a.stage = 'technical' and a.state = 'accepted'`,
			"a review past its date":                    `select count(*) from proposals where turn = 'reviewers' and turn_due < now()`,
			"nobody eligible":                           `select count(*) from proposals where turn_for = 'nobody_eligible'`,
			"one of two has signed":                     `select count(*) from proposals p where state = 'educational' and 1 = (select count(*) from sign_offs s where s.proposal_id = p.id and s.stage = 'educational' and s.kind = 'sign_off' and s.voided_at is null) and revision = 1`,
			"a second round with an answer to settle":   `select count(*) from proposals p where state = 'educational' and revision = 2 and exists (select from change_items i where i.proposal_id = p.id and i.state = 'not_agreed')`,
			"an item open, one done, one not agreed":    `select count(*) from proposals p where state = 'changes_requested' and 3 = (select count(distinct i.state) from change_items i where i.proposal_id = p.id and i.state in ('open', 'done', 'not_agreed'))`,
			"a sign-off carried forward":                `select count(*) from sign_offs where carried_from is not null and voided_at is null`,
			"a declined assignment":                     `select count(*) from assignments where state = 'declined'`,
			"a conflict":                                `select count(*) from conflicts`,
			"an override":                               `select count(*) from sign_offs where kind = 'override'`,
			"a return from approved":                    `select count(*) from history where event = 'return'`,
			"a suggested title taken":                   `select count(*) from proposals where suggested_title is not null and state = 'approved'`,
			"an invited author who never signed in":     `select count(*) from authors a where not exists (select from people p where p.email = a.email)`,
			"a module past its review date":             `select count(*) from editions e join publication_details d on d.id = e.details where e.state = 'live' and d.review_date < now()`,
		} {
			if count(query) == 0 {
				t.Errorf("the demo doesn't have: %s", what)
			}
		}
		if titles, err := r.authoring.Titles(ctx); err != nil || len(titles) < 5 {
			t.Errorf("suggested titles: %v, %v", titles, err)
		}
		for _, role := range []string{workflow.TechnicalReviewer, workflow.EducationalReviewer, workflow.Leadership, workflow.Administrator} {
			if count(`select count(*) from roles where role = $1`, role) == 0 {
				t.Errorf("nobody is %s", role)
			}
		}
		for _, who := range demo.People {
			if p, err := r.people.PersonByEmail(ctx, who.Email); err != nil || p.Name != who.Name || !slices.Equal(p.Roles, who.Roles) {
				t.Errorf("%s: %+v, %v", who.Email, p, err)
			}
		}
	})

	t.Run("what is said of people is true", func(t *testing.T) {
		const person = `(select id from people where email = $1 || '@example.org')`
		for who, query := range map[string]string{
			"sam":   `select count(*) from assignments where person_id = ` + person + ` and state = 'offered' and due_at < now()`,
			"grace": `select count(*) from conflicts c join proposals p on p.id = c.proposal_id where c.person_id = ` + person + ` and p.state = 'technical'`,
			"huw":   `select count(*) from assignments where person_id = ` + person + ` and state = 'accepted'`,
			"leila": `select count(*) from change_items i join proposals p on p.id = i.proposal_id where i.asked_by = ` + person + ` and i.state = 'not_agreed' and p.state = 'educational'`,
			"owen":  `select count(*) from sign_offs s join assignments a on a.person_id = s.person_id and a.proposal_id = s.proposal_id where s.person_id = ` + person + ` and s.void_reason = 'changed' and a.state = 'offered'`,
			"ruth":  `select count(*) from assignments where person_id = ` + person + ` and stage = 'final' and state = 'accepted'`,
		} {
			if n := count(query, who); n != 1 {
				t.Errorf("%s: %d", who, n)
			}
		}
		if n := count(`select count(*) from assignments where state in ('offered', 'accepted') and person_id = `+person, "ines"); n > 0 {
			t.Errorf("ines has %d reviews", n)
		}
	})

	t.Run("every package was checked and loads", func(t *testing.T) {
		if n := count(`select count(*) from files f where not exists (select from package_checks c where c.sha256 = f.sha256 and c.verdict in ('ok', 'warn'))`); n > 0 {
			t.Errorf("%d packages were not", n)
		}
	})

	t.Run("the history holds and is over", func(t *testing.T) {
		entries, proposals, err := workflow.VerifyHistory(ctx, db)
		if err != nil || entries == 0 || proposals < 20 {
			t.Errorf("%d entries of %d proposals, %v", entries, proposals, err)
		}
		if n := count(`select count(*) from history where at > now() or at < now() - interval '430 days'`); n > 0 {
			t.Errorf("%d entries are of another time", n)
		}
		var happened []string
		if err := db.Select(&happened, `select distinct event from history where revision > 0`); err != nil {
			t.Fatal(err)
		}
		for _, event := range happened { // or nobody could ask to be told of it
			if !slices.Contains(historyEvents(), event) {
				t.Errorf("%s is none of the events that webhooks offer", event)
			}
		}
	})

	t.Run("all mail has left but one", func(t *testing.T) {
		var failed []int64
		if err := db.SelectContext(ctx, &failed, `select id from outbox where state = 'failed'`); err != nil || len(failed) != 1 {
			t.Fatalf("failed: %v, %v", failed, err)
		}
		to, err := r.workflow.Deliveries(ctx, db, failed)
		if err != nil || to[failed[0]].ToEmail != demo.Bounce || to[failed[0]].Notice != workflow.NoticeInvited {
			t.Errorf("failed: %+v, %v", to, err)
		}
		if n := count(`select count(*) from outbox where state = 'waiting'`); n > 0 {
			t.Errorf("%d mails wait", n)
		}
		sent := count(`select count(*) from outbox where state = 'sent' and kind not like 'package%'`)
		mails, err := mailbox.List("", 0, 10_000)
		if err != nil || len(mails) != sent || sent < 100 {
			t.Errorf("%d mails arrived of %d, %v", len(mails), sent, err)
		}
		for i, m := range mails[1:] {
			if m.Date.After(mails[i].Date) || m.Date.After(time.Now()) {
				t.Errorf("%s is dated %s, the next %s", m, m.Date, mails[i].Date)
			}
		}
	})

	t.Run("every package is there", func(t *testing.T) {
		var packages []struct {
			Digest string `db:"digest"`
			Titles int    `db:"titles"`
		}
		err := db.SelectContext(ctx, &packages, `
			select rp.digest, count(distinct rp.proposal_id) as titles from revision_parts rp where rp.part = 'package' group by 1`)
		if err != nil || len(packages) < 15 {
			t.Fatalf("%d packages, %v", len(packages), err)
		}
		for _, p := range packages {
			f, size, err := store.Open(p.Digest)
			if err != nil {
				t.Fatal(err)
			}
			z, err := zip.NewReader(f, size)
			if err != nil || p.Titles != 1 || !slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Name == "imsmanifest.xml" }) {
				t.Errorf("%s belongs to %d proposals, %v", filepath.Base(f.Name()), p.Titles, err)
			}
			f.Close()
		}
	})
}
