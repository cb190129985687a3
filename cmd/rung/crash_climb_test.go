package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/authoring/packagecheck/packagetest"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// deed is a move that somebody asked for.
type deed struct {
	proposal int64 // 0 for one that was being created
	by       string
	event    string
}

// ledger is what the people at their browsers remember: what they were told was
// done, and what they never heard of again.
type ledger struct {
	mu       sync.Mutex
	acked    map[deed]int
	unheard  map[deed]int
	created  map[int64]string // by whom, where the answer named it
	packages map[int64]string // the digest of the last upload that was acknowledged
	answers  map[[2]string]bool
}

func newLedger() *ledger {
	return &ledger{acked: map[deed]int{}, unheard: map[deed]int{}, created: map[int64]string{}, packages: map[int64]string{}, answers: map[[2]string]bool{}}
}

// note records how a request for a move ended.
func (l *ledger) note(d deed, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
		l.acked[d]++
	case errors.Is(err, errVanished):
		l.unheard[d]++
	}
	return err
}

// knows reports whether each of these moves was acknowledged to somebody.
func (l *ledger) knows(events ...string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, event := range events {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(l.acked)), func(d deed) bool { return d.event == event }) {
			return false
		}
	}
	return true
}

// climb drives one proposal after another up the ladder, from whatever stands in
// the database: after each crash it looks where it is and goes on. It is all the
// people of these proposals, one request at a time.
type climb struct {
	db     *sqlx.DB
	ledger *ledger
	rand   *rand.Rand
	lead   *walker
	people map[string]*walker // by address
	// idle ones only create, withdraw and reopen.
	idle bool

	proposal int64
	saved    map[string]bool
	uploaded int // for which revision
}

// where is a proposal as the database has it.
type where struct {
	State, TurnFor string
	Revision       int
	Authors        int
	OpenItem       int64 // waits for an answer
	DoneItem       int64 // waits to be closed
	DraftItem      int64
	Written        bool // the draft item is
	Requests       int
	Withdrawals    int
	Assignment     int64 // the first open one of the stage
	Reviewer       string
	Assigned       string // the assignment's state
	PackageChecked bool   // the draft's
}

const whereSQL = `
select p.state, p.turn_for as turnfor, p.revision,
  (select count(*) from authors a where a.proposal_id = p.id) as authors,
  coalesce((select min(i.id) from change_items i where i.proposal_id = p.id and i.state = 'open'), 0) as openitem,
  coalesce((select min(i.id) from change_items i where i.proposal_id = p.id and i.state in ('done', 'not_agreed')), 0) as doneitem,
  coalesce((select min(i.id) from change_items i where i.proposal_id = p.id and i.state = 'draft'), 0) as draftitem,
  exists (select from change_items i where i.proposal_id = p.id and i.state = 'draft' and i.words <> '') as written,
  (select count(*) from history h where h.proposal_id = p.id and h.event = 'request_changes') as requests,
  (select count(*) from history h where h.proposal_id = p.id and h.event = 'withdraw') as withdrawals,
  exists (select from drafts d join package_checks k on k.sha256 = d.package where d.proposal_id = p.id and k.state = 'done') as packagechecked,
  coalesce(a.id, 0) as assignment, coalesce(a.state, '') as assigned, coalesce(pe.email, '') as reviewer
from proposals p
left join lateral (select a.id, a.state, a.person_id from assignments a where a.proposal_id = p.id and a.stage = p.state
  and a.state in ('offered', 'accepted') order by a.id limit 1) a on true
left join people pe on pe.id = a.person_id
where p.id = $1`

// run takes steps until ctx ends. It returns the first thing that went wrong
// otherwise than by the server's vanishing.
func (c *climb) run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := c.step(ctx); err != nil && !errors.Is(err, errVanished) && ctx.Err() == nil {
			return fmt.Errorf("proposal %d of %s: %w", c.proposal, c.lead.email, err)
		}
	}
	return nil
}

func (c *climb) step(ctx context.Context) error {
	if c.proposal == 0 {
		return c.create(ctx)
	}
	if _, err := c.lead.base(ctx); err != nil { // a server, and with it a database
		return err
	}
	var at where
	if err := c.db.GetContext(ctx, &at, whereSQL, c.proposal); err != nil {
		return fmt.Errorf("%w: %v", errVanished, err)
	}
	switch {
	case at.State == programme.Withdrawn && at.Withdrawals > 2, at.State == programme.Approved:
		c.proposal = 0
		return nil
	case at.State == programme.Withdrawn:
		return c.act(ctx, c.lead, programme.Reopen)
	case at.State == programme.Draft, at.State == programme.ChangesRequested:
		return c.write(ctx, at)
	case at.TurnFor == workflow.ForChoosing:
		return c.assign(ctx)
	case at.State == "educational" && at.Withdrawals == 0:
		return c.act(ctx, c.lead, programme.Withdraw)
	}
	who := c.people[at.Reviewer]
	if who == nil {
		return fmt.Errorf("nobody reviews it: %+v", at)
	}
	return c.review(ctx, who, at)
}

func (c *climb) path() string { return fmt.Sprintf("/proposals/%d", c.proposal) }

// move posts the form of a page that leads to action, with these fields changed,
// as a deed.
func (c *climb) move(ctx context.Context, who *walker, event, page, action string, change url.Values) error {
	shown, err := who.get(ctx, page)
	if err != nil {
		return err
	}
	form, err := shown.form(action)
	if err != nil {
		return err
	}
	for name, values := range change {
		form[name] = values
	}
	_, err = who.done(ctx, action, form)
	if event != "" {
		err = c.ledger.note(deed{c.proposal, who.email, event}, err)
	}
	return err
}

func (c *climb) create(ctx context.Context) error {
	a, err := c.lead.done(ctx, "/proposals", url.Values{"title": {"Leading a ward round"}})
	if err = c.ledger.note(deed{0, c.lead.email, "create"}, err); err != nil {
		return err
	}
	digits, _, _ := strings.Cut(strings.TrimPrefix(a.location, "/proposals/"), "/")
	if c.proposal, err = strconv.ParseInt(digits, 10, 64); err != nil {
		return fmt.Errorf("creating led to %s", a.location)
	}
	c.saved, c.uploaded = map[string]bool{}, 0
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	c.ledger.created[c.proposal] = c.lead.email
	return nil
}

func (c *climb) act(ctx context.Context, who *walker, act string) error {
	page := c.path() + "/acts/" + act
	return c.move(ctx, who, act, page, page, url.Values{"reason": {"Because of the test."}})
}

// write brings a draft to its submit.
func (c *climb) write(ctx context.Context, at where) error {
	path := c.path()
	switch {
	case at.Authors == 1:
		return c.move(ctx, c.lead, "author_invited", path+"/authors", path+"/authors", url.Values{"email": {"cy@example.org"}, "name": {"Cy Price"}})
	case c.idle:
		return c.act(ctx, c.lead, programme.Withdraw)
	case at.OpenItem != 0:
		item := fmt.Sprintf("item-%d-", at.OpenItem)
		return c.move(ctx, c.lead, "item_done", path+"/answers", fmt.Sprintf("%s/items/%d/answer", path, at.OpenItem),
			url.Values{item + "choice": {"done"}, item + "answer": {"It is on slide 4 now."}})
	}
	for _, section := range []string{authoring.SectionAudience, authoring.SectionLearning, authoring.SectionEvidence, authoring.SectionListing} {
		if c.saved[section] {
			continue
		}
		words := url.Values{}
		for _, name := range authoring.FieldsOf(section) {
			words[name] = completeDraft[name]
		}
		if section == authoring.SectionAudience {
			words.Set("need", c.need())
		}
		page := path + "/edit/" + section
		err := c.move(ctx, c.lead, "", page, page, words)
		if err == nil {
			c.saved[section] = true
		}
		return err
	}
	if c.uploaded != at.Revision+1 {
		return c.upload(ctx, at.Revision+1)
	}
	if !at.PackageChecked {
		select { // as the page does, until the check is over
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
		return nil
	}
	return c.move(ctx, c.lead, programme.Submit, path+"/submit", path+"/submit", nil)
}

// need are words that stand in one proposal alone.
func (c *climb) need() string { return fmt.Sprintf("What proposal %d is needed for.", c.proposal) }

// upload sends a package that nobody has sent before.
func (c *climb) upload(ctx context.Context, revision int) error {
	noise := make([]byte, 100<<10+c.rand.IntN(300<<10))
	for i := range noise {
		noise[i] = byte(c.rand.Uint32())
	}
	content := packagetest.SCORM12("Leading a ward round", noise)
	page := c.path() + "/edit/package"
	shown, err := c.lead.get(ctx, page)
	if err != nil {
		return err
	}
	action := c.path() + "/package"
	fields, err := shown.form(action)
	if err != nil {
		return err
	}
	body, kind := packageForm(fields.Get("version"), content)
	a, err := c.lead.do(ctx, http.MethodPost, action, kind, body)
	if err == nil && a.status != http.StatusSeeOther {
		err = fmt.Errorf("%s: %d: %s", a.asked, a.status, a.text())
	}
	if err != nil {
		return err
	}
	c.uploaded = revision
	sum := sha256.Sum256(content)
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	c.ledger.packages[c.proposal] = hex.EncodeToString(sum[:])
	return nil
}

// packageForm is the form of an upload, as a browser sends it.
func packageForm(version string, content []byte) (body *bytes.Buffer, contentType string) {
	body = &bytes.Buffer{}
	form := multipart.NewWriter(body)
	// Writing to a buffer does not fail.
	form.WriteField("version", version)
	part, _ := form.CreateFormFile("package", "ward.zip")
	part.Write(content)
	form.Close()
	return body, form.FormDataContentType()
}

// assign has leadership ask the first of those whom the page offers.
func (c *climb) assign(ctx context.Context) error {
	page := c.path() + "/assign"
	leader := c.people["lena@example.org"]
	shown, err := leader.get(ctx, page)
	if err != nil {
		return err
	}
	eligible := shown.choices("person")
	if len(eligible) == 0 {
		return fmt.Errorf("%s offers nobody: %s", page, shown.text())
	}
	return c.move(ctx, leader, "assign", page, page, url.Values{"person": eligible[:1]})
}

// review takes a reviewer's next step: in the first round changes are asked for
// once, then everything is met.
func (c *climb) review(ctx context.Context, who *walker, at where) error {
	page := fmt.Sprintf("/reviews/%d", at.Assignment)
	path := c.path()
	switch {
	case at.Assigned == workflow.Offered:
		return c.move(ctx, who, workflow.ActAccept, page, path+"/acts/accept", nil)
	case at.Requests == 0 && at.DraftItem == 0:
		return c.move(ctx, who, "", page, path+"/items", nil)
	case at.Requests == 0 && !at.Written:
		item := fmt.Sprintf("item-%d-", at.DraftItem)
		return c.move(ctx, who, "", page, fmt.Sprintf("%s/items/%d", path, at.DraftItem),
			url.Values{item + "criterion": {"general"}, item + "place": {"Slide 4"}, item + "words": {"Say why."}})
	case at.Requests == 0:
		return c.move(ctx, who, programme.RequestChanges, page, path+"/requests", nil)
	case at.DoneItem != 0:
		return c.move(ctx, who, "item_closed", page, fmt.Sprintf("%s/items/%d/close", path, at.DoneItem), nil)
	}
	shown, err := who.get(ctx, page)
	if err != nil {
		return err
	}
	for _, action := range shown.forms(page + "/answers/") {
		key := strings.TrimPrefix(action, page+"/answers/")
		form, err := shown.form(action)
		if err != nil {
			return err
		}
		if form.Get("answer-"+key) == "met" {
			continue
		}
		form.Set("answer-"+key, "met")
		if _, err := who.done(ctx, action, form); err != nil {
			return err
		}
		c.ledger.mu.Lock()
		c.ledger.answers[[2]string{strconv.FormatInt(at.Assignment, 10), key}] = true
		c.ledger.mu.Unlock()
	}
	return c.move(ctx, who, programme.SignOff, page, path+"/sign-offs", nil)
}
