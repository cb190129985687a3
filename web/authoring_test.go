package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/web/webtest"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// desk is a site on which Ann writes with Cy; Lena is of the leadership, Eve is
// nobody to them.
type desk struct {
	*webtest.Site
	t                          testing.TB
	flow                       *workflow.Service
	write                      *authoring.Service
	anna, cyril                accounts.Person
	ann, cy, lena, eve, anyone *webtest.Visitor
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{t: t}
	d.Site = webtest.Start(t, func(s *webtest.Site) {
		store := &files.Store{Dir: t.TempDir()}
		if _, err := store.EnsureMarker(); err != nil {
			t.Fatal(err)
		}
		d.flow = &workflow.Service{DB: s.DB, Now: s.Clock.Now}
		if err := d.flow.Use(t.Context(), programme.Default()); err != nil {
			t.Fatal(err)
		}
		d.write = &authoring.Service{DB: s.DB, Now: s.Clock.Now, Workflow: d.flow, Files: store, MaxPackage: 64 << 10}
		s.Server.Workflow, s.Server.Authoring = d.flow, d.write
	})
	d.anna = d.Person(t, "ann@example.org", "Ann Lee")
	d.cyril = d.Person(t, "cy@example.org", "Cy Dunn")
	d.Person(t, "eve@example.org", "Eve Hill")
	d.Person(t, "lena@example.org", "Lena Moor", workflow.Leadership)
	d.ann, d.cy, d.eve, d.lena = d.SignIn(t, "ann@example.org"), d.SignIn(t, "cy@example.org"), d.SignIn(t, "eve@example.org"), d.SignIn(t, "lena@example.org")
	d.anyone = d.Visitor(t)
	return d
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) row(query string, args ...any) string {
	d.t.Helper()
	var s string
	d.must(d.DB.GetContext(d.t.Context(), &s, query, args...))
	return s
}

func (d *desk) by() workflow.Actor { return workflow.Actor{Person: d.anna.ID} }

// proposal is Ann's, with Cy invited, and an empty draft.
func (d *desk) proposal(title string) (id int64, path string) {
	d.t.Helper()
	id, err := d.write.Create(d.t.Context(), d.by(), authoring.Idea{Title: title})
	d.must(err)
	d.must(d.write.Invite(d.t.Context(), d.by(), id, "cy@example.org", authoring.Attribution{Name: "Cy Dunn", JobTitle: "Consultant"}))
	return id, "/proposals/" + itoa(id)
}

// everything is the answers to a section's questions that lack nothing.
var everything = map[string]url.Values{
	"audience": {"strand": {"practice"}, "audience": {"Doctors in training"}, "level": {"Foundation"}, "prior_knowledge": {"None"},
		"need": {"Handovers go wrong.\r\nOften."}, "overlap": {"None"}, "minutes": {"45"}},
	"learning": {"outcomes": {"Plan a handover\r\nGive a handover"}, "mapping": {"leadership_and_teams", "skills"}, "mapping_primary": {"leadership_and_teams"},
		"mapping_others": {"healthcare_leadership_model/engaging_the_team"}, "reflection_prompt": {"When did one go well?"}, "action_points": {"Try it tomorrow"}},
	"evidence": {"references": {"Herring R, 2011"}, "evaluation": {"A survey"}, "consent_and_copyright": {"No patients are shown."}, "declared_interests": {"None"}},
	"listing": {"title": {"Leading a Handover"}, "summary": {"How to hand over."}, "keywords": {"SBAR\nhandover"}, "licence": {"cc_by_nc_4_0"}, "provider": {"East Hospital"},
		"certificate": {"yes"}, "accessibility_issues": {"None known"}, "expert_name": {"Dr Ruth Moss"}, "expert_organisation": {"West Hospital"}},
}

// complete writes all of it through the pages.
func (d *desk) complete(path string) {
	d.t.Helper()
	for section, answers := range everything {
		page := path + "/edit/" + section
		d.ann.Post(page, with(answers, "version", d.ann.Get(page).Value("version"))).Leads(path)
	}
	d.upload(d.ann, path, "handover.zip", webtest.Package("Handover")).Leads(path + "/edit/package")
}

func (d *desk) upload(as *webtest.Visitor, path, name string, body []byte, change ...func(*http.Request)) *webtest.Page {
	d.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	d.must(form.WriteField("version", d.row(`select coalesce(max(version), 1)::text from drafts where proposal_id = $1`, strings.TrimPrefix(path, "/proposals/"))))
	file, err := form.CreateFormFile("package", name)
	d.must(err)
	_, err = file.Write(body)
	d.must(err)
	d.must(form.Close())
	p := as.Do(http.MethodPost, path+"/package", form.FormDataContentType(), &b, change...)
	d.CheckPackages(d.t)
	return p
}

func asJSON(r *http.Request) { r.Header.Set("Accept", "application/json") }

func TestAProposalIsWrittenThroughThePages(t *testing.T) {
	d := newDesk(t)
	d.ann.Get("/proposals/new").Expect(http.StatusOK).Says("An idea of your own", "No title is suggested at the moment")
	d.ann.Post("/proposals", url.Values{"title": {"Leading a Handover"}}).Leads("/proposals/1/edit")
	path := "/proposals/1"
	d.ann.Get(path+"/edit").Expect(http.StatusOK).Says("Leading a Handover", "A draft", "7 missing", "1 missing", "Authors", "Completed")
	d.ann.Get(path+"/submit").Expect(http.StatusOK).Says("things are still missing", "Upload the package.", "Say why the module is needed.").SaysNot("Submit</button>")
	d.complete(path)
	d.ann.Get(path+"/edit").Says("Nothing is missing").SaysNot("7 missing", "1 missing")

	p := d.ann.Get(path+"/submit").Says("Submitting makes revision 1", "handover.zip", "Ann Lee")
	form := url.Values{}
	for _, name := range []string{"seen_state", "seen_revision", "seen_seq", "version"} {
		form.Set(name, p.Value(name))
	}
	d.ann.Post(path+"/submit", form).Leads(path)
	if got := d.row(`select state || ' ' || revision from proposals`); got != "technical 1" {
		t.Errorf("the proposal is %q", got)
	}
	d.ann.Get(path+"/revisions/1").Expect(http.StatusOK).
		Says("Revision 1", "Handovers go wrong.", "Plan a handover", "5. Capabilities in leadership and team working", "Engaging the team", "Leadership in Practice", "CC BY-NC 4.0", "Dr Ruth Moss")
	// A second press, and any change, finds it frozen; the words come back.
	d.ann.Post(path+"/submit", form).Expect(http.StatusConflict)
	d.ann.Post(path+"/edit/audience", with(everything["audience"], "version", "9", "need", "Written too late")).
		Expect(http.StatusConflict).Says("being reviewed", "Written too late", "Go to the proposal")
	d.ann.Get(path + "/edit").Expect(http.StatusConflict).Says("being reviewed")
	if got := d.row(`select count(*)::text from revisions`); got != "1" {
		t.Errorf("%s revisions", got)
	}
}

// Every route for everybody: what is refused changes no row.
func TestAuthoringRoutes(t *testing.T) {
	d := newDesk(t)
	_, draft := d.proposal("Leading a Handover")
	submitted, sub := d.proposal("Leading a Handover")
	d.complete(sub)
	look, err := d.flow.Load(t.Context(), d.DB, submitted, d.by())
	d.must(err)
	_, err = d.write.Submit(t.Context(), d.by(), submitted, authoring.Submission{Seen: look.Seen()})
	d.must(err)
	title, err := d.write.OfferTitle(t.Context(), workflow.Actor{Person: 4}, authoring.Suggestion{Title: "Chairing", Strand: "practice"})
	d.must(err)

	const all = `select md5(json_build_array((select json_agg(a order by proposal_id, email) from authors a), (select json_agg(d order by proposal_id) from drafts d),
		(select json_agg(t order by id) from suggested_titles t), (select count(*) from history), (select count(*) from outbox where kind = 'mail'),
		(select count(*) from proposals), (select count(*) from revisions), (select count(*) from files))::text)`
	const (
		ok, see, in, forb, none, conf, inv = http.StatusOK, http.StatusSeeOther, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity
	)
	answers := with(everything["audience"], "version", strings.Repeat("99.x-", 6)+"99.x") // of a draft that never was
	cy := url.Values{"email": {"cy@example.org"}}
	for _, c := range []struct {
		method, path                string
		form                        url.Values
		anyone, eve, lena, cy, anna int // who may: see (303) changes something, except for nobody's GET
	}{
		{"GET", "/proposals/new", nil, see, ok, ok, ok, ok},
		{"POST", "/proposals", url.Values{"suggested_title": {"99"}}, in, none, none, none, none},
		{"POST", "/proposals", url.Values{"title": {strings.Repeat("x", 1001)}}, in, inv, inv, inv, inv},
		{"GET", draft + "/edit", nil, see, none, forb, ok, ok},
		{"GET", draft + "/edit/audience", nil, see, none, forb, ok, ok},
		{"GET", draft + "/edit/audience?check=1", nil, see, none, forb, ok, ok},
		{"GET", draft + "/edit/listing", nil, see, none, forb, ok, ok},
		{"GET", draft + "/edit/nowhere", nil, see, none, forb, none, none},
		{"POST", draft + "/edit/nowhere", answers, in, none, none, none, none},
		{"POST", draft + "/edit/audience", answers, in, none, forb, conf, conf},
		{"POST", draft + "/edit/audience", with(answers, "minutes", "an hour"), in, none, forb, inv, inv},
		{"GET", draft + "/edit/package", nil, see, none, forb, ok, ok},
		{"GET", draft + "/package", nil, see, none, forb, none, none},
		{"POST", draft + "/package", url.Values{}, in, none, forb, inv, inv},
		{"GET", draft + "/authors", nil, see, none, forb, ok, ok},
		{"POST", draft + "/authors", url.Values{"email": {"x"}}, in, none, forb, forb, inv},
		{"POST", draft + "/authors/order", url.Values{"order": {"ann@example.org", "x@example.org"}, "up": {"x@example.org"}}, in, none, forb, forb, conf},
		{"POST", draft + "/authors/order", url.Values{"order": {"ann@example.org"}, "up": {"ann@example.org"}}, in, inv, inv, inv, inv},
		{"GET", draft + "/authors/1", nil, see, none, forb, forb, ok},
		{"GET", draft + "/authors/2", nil, see, none, forb, ok, ok},
		{"GET", draft + "/authors/3", nil, see, none, forb, none, none},
		{"POST", draft + "/authors/edit", with(cy, "name", ""), in, none, forb, inv, inv},
		{"POST", draft + "/authors/lead", url.Values{"email": {"x@example.org"}}, in, none, none, forb, none},
		{"POST", draft + "/authors/remove", url.Values{"email": {"ann@example.org"}}, in, none, forb, forb, conf},
		{"GET", draft + "/submit", nil, see, none, forb, ok, ok},
		{"POST", draft + "/submit", url.Values{"seen_state": {"draft"}}, in, none, forb, forb, conf},
		{"GET", draft + "/revisions/1", nil, see, none, none, none, none},
		{"GET", draft + "/compare?from=1&to=0", nil, see, none, none, none, none},

		{"GET", sub + "/edit", nil, see, none, forb, conf, conf},
		{"POST", sub + "/edit/audience", answers, in, none, forb, conf, conf},
		{"POST", sub + "/authors", with(cy, "email", "dan@example.org", "name", "Dan"), in, none, forb, conf, conf},
		{"POST", sub + "/authors/remove", cy, in, none, forb, conf, conf},
		{"POST", sub + "/package/remove", url.Values{"version": {"9"}}, in, none, forb, conf, conf},
		{"GET", sub + "/submit", nil, see, none, forb, conf, conf},
		{"POST", sub + "/submit", url.Values{"seen_state": {"draft"}}, in, none, forb, conf, conf},
		{"GET", sub + "/revisions/1", nil, see, none, ok, ok, ok},
		{"GET", sub + "/revisions/2", nil, see, none, none, none, none},
		{"GET", sub + "/revisions/x", nil, see, none, none, none, none},
		{"GET", sub + "/revisions/1/package", nil, see, none, ok, ok, ok},
		{"GET", sub + "/revisions/2/package", nil, see, none, none, none, none},
		{"GET", sub + "/package", nil, see, none, forb, ok, ok},
		{"GET", sub + "/compare?from=1&to=0", nil, see, none, forb, ok, ok},
		{"GET", sub + "/compare?from=1&to=1", nil, see, none, none, none, none},
		{"GET", sub + "/compare", nil, see, none, see, see, see}, // one revision: that

		{"GET", "/suggested-titles", nil, see, forb, ok, forb, forb},
		{"POST", "/suggested-titles", url.Values{}, in, forb, inv, forb, forb},
		{"POST", "/suggested-titles/99/withdraw", url.Values{}, in, forb, none, forb, forb},
		{"POST", "/suggested-titles/x/withdraw", url.Values{}, in, none, none, none, none},
	} {
		before := d.row(all)
		for name, as := range map[string]struct {
			*webtest.Visitor
			status int
		}{"nobody": {d.anyone, c.anyone}, "eve": {d.eve, c.eve}, "lena": {d.lena, c.lena}, "cy": {d.cy, c.cy}, "ann": {d.ann, c.anna}} {
			t.Run(fmt.Sprintf("%s %s by %s", c.method, c.path, name), func(t *testing.T) {
				var p *webtest.Page
				if c.method == http.MethodGet {
					p = as.Get(c.path)
				} else {
					p = as.Post(c.path, c.form)
				}
				if p.Status != as.status {
					t.Errorf("status %d, want %d\n%s", p.Status, as.status, p.Text())
				}
				if d.row(all) != before {
					t.Error("a row changed")
				}
			})
		}
	}
	d.lena.Post(fmt.Sprintf("/suggested-titles/%d/withdraw", title), nil).Leads("/suggested-titles")
}

func TestSavingAsItIsTyped(t *testing.T) {
	d := newDesk(t)
	_, path := d.proposal("Leading a Handover")
	at := path + "/edit/audience"
	save := func(as *webtest.Visitor, form url.Values) *webtest.Page {
		t.Helper()
		return as.Do(http.MethodPost, at, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), asJSON)
	}
	draft := func() string {
		return d.row(`select concat(version, ' ', content #>> '{teaching,need}', ', ', content #>> '{teaching,audience}') from drafts`)
	}
	first := d.ann.Get(at).Value("version")
	saved := save(d.ann, url.Values{"version": {first}, "need": {"Half a"}}).Expect(http.StatusOK).Says(`Saved at 9:00am`)
	var answer struct{ Version string }
	d.must(json.Unmarshal([]byte(saved.Body), &answer))
	save(d.ann, url.Values{"version": {answer.Version}, "need": {"Half a thought"}}).Expect(http.StatusOK)
	// What the other tab didn't touch, it doesn't undo.
	save(d.cy, url.Values{"version": {first}, "audience": {"Dentists"}}).Expect(http.StatusOK)
	if got := draft(); got != "4 Half a thought, Dentists" {
		t.Errorf("the draft is %q", got)
	}
	// Where both wrote, it is told, and where to see both; the page then shows both.
	form := url.Values{"version": {first}, "need": {"Another thought"}, "level": {"Core"}}
	save(d.cy, form).Expect(http.StatusConflict).Says("Ann Lee saved something else here", `"field":"need"`, `"kind":"stale"`, "#save").SaysNot(`"field":"audience"`)
	p := d.cy.Post(at, form).Expect(http.StatusConflict).Says("Ann Lee saved this meanwhile", "Half a thought", "Need was changed meanwhile")
	if p.Value("need") != "Another thought" || p.Value("level") != "Core" || p.Value("audience") != "Dentists" {
		t.Errorf("need %q, level %q, audience %q", p.Value("need"), p.Value("level"), p.Value("audience"))
	}
	if got := draft(); got != "4 Half a thought, Dentists" {
		t.Errorf("the draft is %q", got)
	}
	form = with(form, "version", p.Value("version"), "audience", p.Value("audience"), "then", "list")
	d.cy.Post(at, form).Leads(path + "/edit")
	if got := draft(); got != "5 Another thought, Dentists" {
		t.Errorf("the draft is %q", got)
	}
	// What can't be read is given back as it was typed.
	form.Set("version", d.ann.Get(at).Value("version"))
	p = d.ann.Post(at, with(form, "minutes", "about an hour")).Expect(http.StatusUnprocessableEntity).Says("must be a whole number")
	if p.Value("minutes") != "about an hour" || p.Value("need") != "Another thought" || p.Value("version") != form.Get("version") {
		t.Errorf("minutes %q, need %q, version %q", p.Value("minutes"), p.Value("need"), p.Value("version"))
	}
	// Far too long is given back too.
	p = d.ann.Post(at, with(form, "need", strings.Repeat("long ", 5000))).Expect(http.StatusUnprocessableEntity).Says("too long to be kept")
	if len(p.Value("need")) < 24_000 {
		t.Error("the words are lost")
	}
	save(d.anyone, form).Expect(http.StatusUnauthorized).Says(`"kind":"sign_in"`)
}

func TestPackagesThroughThePages(t *testing.T) {
	d := newDesk(t)
	id, path := d.proposal("Leading a Handover")
	body := webtest.Package("Handover")
	at := path + "/edit/package"
	for _, c := range []struct {
		what   string
		name   string
		body   []byte
		status int
		says   string
	}{
		{"a program", "setup.zip", []byte("MZ\x90\x00 not a zip"), http.StatusUnsupportedMediaType, "none of these, whatever its name says"},
		{"empty", "empty.zip", nil, http.StatusUnsupportedMediaType, "The file is empty"},
		{"too large", "large.zip", append(bytes.Clone(body), make([]byte, 64<<10)...), http.StatusRequestEntityTooLarge, "at most 64 KB"},
		{"far too large", "large.zip", append(bytes.Clone(body), make([]byte, 256<<10)...), http.StatusRequestEntityTooLarge, "at most 64 KB"},
		{"nothing chosen", "", nil, http.StatusUnprocessableEntity, "Choose the file to upload"},
	} {
		t.Run(c.what, func(t *testing.T) {
			d.upload(d.ann, path, c.name, c.body).Expect(c.status).Says(c.says)
			d.upload(d.ann, path, c.name, c.body, asJSON).Expect(c.status).Says(c.says)
			if got := d.row(`select count(*)::text from files`); got != "0" {
				t.Errorf("%s files", got)
			}
		})
	}
	d.upload(d.anyone, path, "x.zip", body).Expect(http.StatusUnauthorized)
	d.upload(d.eve, path, "x.zip", body).Expect(http.StatusNotFound)
	d.upload(d.lena, path, "x.zip", body).Expect(http.StatusForbidden)
	d.upload(d.cy, path, "Über “Handover”.zip", body, asJSON).Expect(http.StatusOK).Says(`"location":"` + at + `"`)
	d.ann.Get(at).Says("Über “Handover”.zip", "SHA-256")

	// Sent as an attachment, in parts too, and to its authors alone.
	p := d.ann.Get(path + "/package").Expect(http.StatusOK)
	if p.Body != string(body) {
		t.Error("other bytes")
	}
	for header, want := range map[string]string{"Content-Type": "application/zip", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache",
		"Content-Disposition": "attachment; filename*=utf-8''%C3%9Cber%20%E2%80%9CHandover%E2%80%9D.zip", "Accept-Ranges": "bytes"} {
		if got := p.Header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	part := d.ann.Do(http.MethodGet, path+"/package", "", nil, func(r *http.Request) { r.Header.Set("Range", "bytes=2-5") }).Expect(http.StatusPartialContent)
	if part.Body != string(body[2:6]) {
		t.Errorf("%q", part.Body)
	}
	d.eve.Do(http.MethodGet, path+"/package", "", nil, func(r *http.Request) { r.Header.Set("Range", "bytes=2-5") }).Expect(http.StatusNotFound)

	// Two people at once: the second is told.
	stale := url.Values{"version": {"1"}}
	d.ann.Post(path+"/package/remove", stale).Expect(http.StatusConflict).Says("Go back to the package")
	d.ann.Post(path+"/package/remove", url.Values{"version": {"2"}}).Leads(at)
	if got := d.row(`select coalesce(package, 'none') from drafts where proposal_id = $1`, id); got != "none" {
		t.Errorf("the package is %s", got)
	}
}

// A connection that drops in the middle leaves nothing.
func TestDroppedUpload(t *testing.T) {
	d := newDesk(t)
	_, path := d.proposal("Leading a Handover")
	r, w := io.Pipe()
	go func() {
		fmt.Fprintf(w, "--b\r\nContent-Disposition: form-data; name=\"package\"; filename=\"x.zip\"\r\n\r\n%s", webtest.Package("Handover"))
		w.CloseWithError(io.ErrUnexpectedEOF)
	}()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL+path+"/package", r)
	d.must(err)
	req.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if res, err := d.ann.Client.Do(req); err == nil {
		res.Body.Close()
		t.Fatalf("it was answered: %d", res.StatusCode)
	}
	// A body that ends before its form does is told so.
	cut := "--b\r\nContent-Disposition: form-data; name=\"package\"; filename=\"x.zip\"\r\n\r\n" + string(webtest.Package("Handover"))
	d.ann.Do(http.MethodPost, path+"/package", "multipart/form-data; boundary=b", strings.NewReader(cut)).
		Expect(http.StatusUnprocessableEntity).Says("The upload broke off")
	if got := d.row(`select count(*)::text || coalesce(max(package), '') from drafts where version > 1 or package is not null`); got != "0" {
		t.Errorf("drafts: %s", got)
	}
	if got := d.row(`select count(*)::text from files`); got != "0" {
		t.Errorf("%s files", got)
	}
}

func TestAuthorsThroughThePages(t *testing.T) {
	d := newDesk(t)
	id, path := d.proposal("Leading a Handover")
	at := path + "/authors"
	authors := func() string {
		return d.row(`select string_agg(name || case when is_lead then '*' else '' end, ', ' order by position) from authors where proposal_id = $1`, id)
	}
	p := d.ann.Post(at, url.Values{"email": {"not an address"}, "name": {""}, "organisation": {"West"}}).Expect(http.StatusUnprocessableEntity).
		Says("in the form name@example.org", "Give the author’s name.")
	if p.Value("email") != "not an address" || p.Value("organisation") != "West" {
		t.Error("the words are lost")
	}
	d.ann.Post(at, url.Values{"email": {"Dan@example.org"}, "name": {"Dan Frost"}}).Leads(at)
	d.ann.Get(at).Says("Dan Frost", "Invited, not signed in yet", "Cy Dunn", "Consultant", "Lead author")
	order := url.Values{"order": {"ann@example.org", "cy@example.org", "dan@example.org"}}
	d.ann.Post(at+"/order", with(order, "up", "dan@example.org")).Leads(at)
	if got := authors(); got != "Ann Lee*, Dan Frost, Cy Dunn" {
		t.Error(got)
	}
	order["order"] = []string{"ann@example.org", "dan@example.org", "cy@example.org"}
	d.ann.Post(at+"/order", with(order, "down", "ann@example.org")).Leads(at)
	if got := authors(); got != "Dan Frost, Ann Lee*, Cy Dunn" {
		t.Error(got)
	}
	d.cy.Post(at+"/edit", url.Values{"email": {"cy@example.org"}, "name": {"Prof Cy Dunn"}, "job_title": {"Professor"}}).Leads(at)
	d.ann.Post(at+"/remove", url.Values{"email": {"dan@example.org"}}).Leads(at)
	d.ann.Post(at+"/lead", url.Values{"email": {"cy@example.org"}}).Leads(path)
	if got := authors(); got != "Ann Lee, Prof Cy Dunn*" {
		t.Error(got)
	}
	d.ann.Post(at+"/remove", url.Values{"email": {"ann@example.org"}}).Leads("/")
	d.ann.Get(at).Expect(http.StatusNotFound)
}

func TestATakenTitle(t *testing.T) {
	d := newDesk(t)
	d.lena.Post("/suggested-titles", url.Values{"title": {"Chairing a meeting"}, "strand": {"practice"}, "note": {"Half an hour"}}).Leads("/suggested-titles")
	d.lena.Get("/suggested-titles").Says("Chairing a meeting", "Leadership in Practice", "Free")
	d.ann.Get("/proposals/new").Says("Chairing a meeting", "Half an hour")
	for _, as := range []*webtest.Visitor{d.ann, d.cy} {
		as.Post("/proposals", url.Values{"suggested_title": {"1"}}).Leads("/proposals/")
	}
	d.complete("/proposals/1")
	look, err := d.flow.Load(t.Context(), d.DB, 1, d.by())
	d.must(err)
	_, err = d.write.Submit(t.Context(), d.by(), 1, authoring.Submission{Seen: look.Seen()})
	d.must(err)
	d.lena.Get("/suggested-titles").Says("Taken", "Open the proposal")
	d.eve.Post("/proposals", url.Values{"suggested_title": {"1"}, "title": {"Mine"}}).Expect(http.StatusConflict).Says("Somebody else is writing on this title")

	// Cy is told, and goes on.
	for section, answers := range everything {
		d.cy.Post("/proposals/2/edit/"+section, with(answers, "version", d.cy.Get("/proposals/2/edit/"+section).Value("version"))).Leads("/proposals/2")
	}
	d.upload(d.cy, "/proposals/2", "x.zip", webtest.Package("X")).Leads("/proposals/2")
	p := d.cy.Get("/proposals/2/submit").Says("as an idea of your own", "Nothing of yours is lost")
	form := url.Values{"seen_state": {p.Value("seen_state")}, "seen_revision": {p.Value("seen_revision")}, "version": {p.Value("version")}}
	d.cy.Post("/proposals/2/submit", form).Expect(http.StatusConflict).Says("as an idea of your own")
	d.cy.Post("/proposals/2/submit", with(form, "own_idea", p.Value("own_idea"))).Leads("/proposals/2")
	if got := d.row(`select string_agg(coalesce(suggested_title::text, 'own'), ', ' order by id) from proposals`); got != "1, own" {
		t.Error(got)
	}
}
