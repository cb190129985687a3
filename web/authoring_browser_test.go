package web_test

import (
	"net/url"
	"testing"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/web/browsertest"
	"github.com/leadership-ladder/rung/web/webtest"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// TestAuthoringPagesAreAccessible looks at each page in a real browser.
func TestAuthoringPagesAreAccessible(t *testing.T) {
	d := newDesk(t)
	_, draft := d.proposal("Leading a Handover")
	d.lena.Post("/suggested-titles", url.Values{"title": {"Chairing a meeting"}, "strand": {"practice"}, "note": {"Half an hour, with a film of a real meeting."}}).Leads("/")
	d.lena.Post("/suggested-titles", url.Values{"title": {"Being a mentor"}, "strand": {"myself"}}).Leads("/")
	id, full := d.proposal("Leading a Handover")
	d.complete(full)
	look, err := d.flow.Load(t.Context(), d.DB, id, d.by())
	d.must(err)
	_, err = d.write.Submit(t.Context(), d.by(), id, authoring.Submission{Seen: look.Seen()})
	d.must(err)
	for _, event := range []string{programme.Withdraw, programme.Reopen} {
		d.move(id, event)
	}
	d.ann.Post(full+"/edit/audience", with(everything["audience"], "need", "Handovers go wrong at night.\nOften, and nobody notices until the morning.", "minutes", "60",
		"version", d.ann.Get(full+"/edit/audience").Value("version"))).Leads("/")
	d.ann.Post(full+"/edit/learning", with(everything["learning"], "outcomes", "Plan a safe handover\nReceive one\nGive a handover", "version", d.ann.Get(full+"/edit/learning").Value("version"))).Leads("/")
	d.upload(d.ann, full, "handover-2.zip", webtest.Package("Second")).Leads("/")
	for _, v := range []*webtest.Visitor{d.ann, d.lena} {
		v.Get("/proposals/new") // shows the sentence of the last act
	}

	pages := newPages(t, d.URL)
	for _, page := range []struct {
		name, path string
		as         *webtest.Visitor
	}{
		{"propose", "/proposals/new", d.ann}, {"tasks", draft + "/edit", d.ann}, {"tasks-again", full + "/edit", d.ann},
		{"audience", full + "/edit/audience", d.ann}, {"audience-missing", draft + "/edit/audience?check=1", d.ann},
		{"learning", full + "/edit/learning", d.ann}, {"evidence", full + "/edit/evidence", d.ann}, {"listing", full + "/edit/listing", d.ann},
		{"package", full + "/edit/package", d.ann}, {"package-none", draft + "/edit/package", d.ann},
		{"authors", draft + "/authors", d.ann}, {"authors-co-author", draft + "/authors", d.cy}, {"author", draft + "/authors/2", d.ann},
		{"submit-missing", draft + "/submit", d.ann}, {"submit", full + "/submit", d.ann}, {"submit-co-author", full + "/submit", d.cy},
		{"revision", full + "/revisions/1", d.lena}, {"compare", full + "/compare?from=1&to=0", d.ann},
		{"suggested-titles", "/suggested-titles", d.lena}, {"frozen", "/proposals/99/edit", d.ann},
	} {
		pages.look(page.name, page.path, page.as)
	}
	t.Run("conflict", func(t *testing.T) {
		tab, other := browsertest.New(t), draft+"/edit/audience"
		tab.TakeCookies(d.URL, d.ann.Cookies())
		tab.Open(d.URL + other)
		d.cy.Post(other, url.Values{"version": {"1"}, "need": {"Because handovers go wrong."}, "level": {"Core"}}).Leads("/")
		typeInto(tab, "#need", "Handovers are where most harm begins.")
		tab.WaitFor(`document.querySelector('[data-autosave-status]').textContent.includes('Cy Dunn saved something else here')`)
		tab.Axe()
		tab.Follow("#save")
		tab.Says("Because handovers go wrong.", "Cy Dunn saved this meanwhile")
		if got := tab.String(`document.querySelector('#level').value`); got != "Core" {
			t.Errorf("what only Cy wrote is shown as %q", got)
		}
		tab.Axe()
		tab.Screenshot("conflict")
		tab.Resize(375)
		tab.Screenshot("conflict")
	})
}

// typeInto types into a field that is empty.
func typeInto(tab *browsertest.Tab, css, text string) {
	tab.Click(css)
	tab.Press(text)
}

func (d *desk) move(id int64, event string) {
	d.t.Helper()
	look, err := d.flow.Load(d.t.Context(), d.DB, id, d.by())
	d.must(err)
	tx, err := d.DB.BeginTxx(d.t.Context(), nil)
	d.must(err)
	defer tx.Rollback()
	_, err = d.flow.Move(d.t.Context(), tx, workflow.Move{Proposal: id, Seen: look.Seen(), Event: event, By: d.by()})
	d.must(err)
	d.must(tx.Commit())
}

// TestAutosaveInTheBrowser types, and finds the words in the draft without
// having pressed anything.
func TestAutosaveInTheBrowser(t *testing.T) {
	d := newDesk(t)
	_, path := d.proposal("Leading a Handover")
	tab := browsertest.New(t)
	tab.TakeCookies(d.URL, d.ann.Cookies())
	tab.Open(d.URL + path + "/edit/audience")
	typeInto(tab, "#need", "Typed and not sent")
	tab.WaitFor(`document.querySelector('[data-autosave-status]').textContent.startsWith('Saved at')`)
	if got := d.row(`select concat(version, ' ', content #>> '{teaching,need}') from drafts`); got != "2 Typed and not sent" {
		t.Errorf("the draft has %q", got)
	}
	typeInto(tab, "#overlap", "None")
	tab.WaitFor(`document.querySelector('[name=version]').value.startsWith('1.') && document.querySelector('[name=version]').value.includes('3.')`)
	tab.Follow("#save")
	tab.Says("What learners gain")
}
