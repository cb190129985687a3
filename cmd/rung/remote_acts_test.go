package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/web/webtest"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// wordsYAML is a draft that lacks nothing but its package.
const wordsYAML = `# Leading a handover
title: Leading a Handover
summary: |
  How to hand over so that nobody has to ask again.
  With examples: three of them.
keywords: [SBAR]
licence: cc_by_nc_4_0
provider: East Hospital
certificate: yes
accessibility_issues: None known
expert_name: Dr Ruth Moss
expert_organisation: West Hospital
strand: practice
audience: Doctors in training
level: Foundation
prior_knowledge: None
need: Juniors lead here first.
overlap: None
minutes: 45
outcomes:
  - Plan a handover
  - "Brief a team: well"
mapping: [leadership_and_teams, skills]
mapping_primary: leadership_and_teams
reflection_prompt: When did one go well?
action_points: [Brief the team tomorrow]
references: ["Herring R, 2011"]
evaluation: A survey
consent_and_copyright: No patients are shown.
declared_interests: None
`

func TestPropose(t *testing.T) {
	w := newAfar(t)
	path := file(t, "handover.yaml", strings.Replace(wordsYAML, "need: Juniors lead here first.\n", "", 1))
	pack := file(t, "handover.zip", string(webtest.Package("first")))

	_, errs := w.does("anna", exitRefused, "propose", path, "--submit")
	says(t, errs, "saved as a draft, and was not submitted", "rung: ", "\n  ")
	says(t, errs, "(need)")
	says(t, errs, "(package)")
	id := w.row(`select id from proposals`)

	// The file was put right and is run again: it is the same proposal.
	if err := os.WriteFile(path, []byte(wordsYAML), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs := w.does("anna", exitOK, "propose", path, "--package", pack)
	says(t, errs, "You began proposal "+id)
	says(t, out, "Proposal "+id+": Leading a Handover", "It can be submitted")
	if strings.Contains(errs, "[") || strings.Contains(errs, "%") {
		t.Errorf("a bar where there is no terminal: %s", errs)
	}
	d, err := w.Server.Authoring.Draft(t.Context(), workflow.Actor{Person: w.People["anna"].ID}, w.number(id))
	if err != nil || d.Content.Teaching.Minutes != 45 || d.Content.Teaching.Outcomes[1] != "Brief a team: well" || d.Content.Listing.Certificate != "yes" ||
		!strings.Contains(d.Content.Listing.Summary, "again.\nWith") || d.Package == nil || d.Package.Name != "handover.zip" {
		t.Errorf("%+v, %v", d, err)
	}

	_, errs = w.does("anna", exitOK, "propose", path, "--package", pack, "--proposal", id, "--submit")
	says(t, errs, "has this very package already")
	if c := w.Look(t, w.number(id)); c.State != "technical" || c.Revision != 1 {
		t.Errorf("%s, revision %d", c.State, c.Revision)
	}
	_, errs = w.does("anna", exitRefused, "propose", path, "--proposal", id) // it is under review
	says(t, errs, "rung: ")
	w.does("tess", exitNotFound, "propose", path, "--proposal", id)
	w.does("anna", exitOK, "propose", path, "--new")
	if n := w.row(`select count(*) from proposals`); n != "2" {
		t.Errorf("%s proposals", n)
	}
}

// All mistakes are told by their lines, and nothing is sent.
func TestProposeReadsStrictly(t *testing.T) {
	w := newAfar(t)
	for name, c := range map[string]struct {
		yaml string
		want []string
	}{
		"everything": {"titel: Handover\nminutes: long\nkeywords: SBAR\nsummary:\n  - a\ntitle: A\ntitle: B\nfavourite_colour: red\noutcomes: [{a: b}]\nproposal: one\n", []string{
			`:1: a proposal has no "titel": is it title?`, ":2: minutes must be a whole number", ":3: keywords must be a list", ":5: summary must be one text",
			":7: title is there twice", `:8: a proposal has no "favourite_colour": there are `, ":9: each item of outcomes must be one text", ":10: proposal must be a whole number"}},
		"not YAML":  {"title: [A\n", []string{"this is not YAML"}},
		"empty":     {"# nothing yet\n", []string{":1: the file is empty"}},
		"two":       {"title: A\n---\ntitle: B\n", []string{":3: the file must be one document"}},
		"not names": {"- title\n", []string{":1: a proposal must be names with values"}},
		"not UTF-8": {"title: A\nsummary: \xff\n", []string{":2: the file must be UTF-8"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, errs := w.does("anna", exitUsage, "propose", file(t, "a.yaml", c.yaml))
			says(t, errs, c.want...)
			if lines := strings.Count(errs, "\n"); lines != len(c.want) {
				t.Errorf("%d lines, want %d:\n%s", lines, len(c.want), errs)
			}
		})
	}
	fine := file(t, "fine.yaml", "title: A\n")
	w.does("anna", exitUsage, "propose", fine+".gone")
	w.does("anna", exitUsage, "propose", fine, "--package", filepath.Dir(fine))
	w.does("anna", exitUsage, "propose", fine, "--package", file(t, "empty.zip", ""))
	w.does("anna", exitUsage, "propose", fine, "--new", "--proposal", "1")
	if n := w.row(`select count(*) from proposals`); n != "0" {
		t.Errorf("%s proposals were made", n)
	}
}

// What a file may hold is what the API's draft has, in every kind.
func TestProposeKnowsTheDraft(t *testing.T) {
	w := newAfar(t)
	fields := w.Server.API.OpenAPI().Components.Schemas.Map()["Words"].Properties
	var yaml strings.Builder
	for name, schema := range fields {
		value := "practice"
		switch schema.Type {
		case "array":
			value = "[practice]"
		case "integer":
			value = "1"
		}
		fmt.Fprintf(&yaml, "%s: %s\n", name, value)
	}
	out, _ := w.does("anna", exitOK, "propose", file(t, "all.yaml", yaml.String()), "--json")
	if n := w.row(`select version from drafts where proposal_id = $1`, of(t, out, "id")); n != "2" || len(fields) < 30 {
		t.Errorf("version %s after %d fields:\n%s", n, len(fields), yaml.String())
	}
}

func (w *afar) number(id string) (n int64) {
	w.t.Helper()
	if _, err := fmt.Sscan(id, &n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// rubricYAML answers every criterion that a review shows.
func (w *afar) rubricYAML(who, id, answer string) string {
	w.t.Helper()
	out, _ := w.does(who, exitOK, "review", id, "--json")
	var b strings.Builder
	for _, c := range of(w.t, out, "criteria").([]any) {
		fmt.Fprintf(&b, "%s: {answer: %s, note: Looked at.}\n", c.(map[string]any)["criterion"], answer)
	}
	return b.String()
}

func TestReview(t *testing.T) {
	w := newAfar(t)
	n := w.Submitted(t, "Leading a Handover")
	id := fmt.Sprint(n)
	_, errs := w.does("tess", exitNotFound, "review", id)
	says(t, errs, "no review of proposal "+id)
	if err := w.Server.Workflow.Assign(t.Context(), workflow.Actor{Person: w.People["luke"].ID}, n, w.Look(t, n).Seen(), w.People["tess"].ID, 0, ""); err != nil {
		t.Fatal(err)
	}
	out, _ := w.does("tess", exitOK, "review", id)
	says(t, out, "Technical review of proposal "+id, "offered, due ", "Rubric", "open ", "essential", "points", "What you may do", "sign off: not now")

	met := file(t, "met.yaml", w.rubricYAML("tess", id, "met"))
	_, errs = w.does("tess", exitUsage, "review", id, "--answers", file(t, "wrong.yaml", "opens: {answer: perhaps}\nkeyboard_only: {verdict: met}\n"))
	says(t, errs, ":1: the answer to opens must be", ":2: ")
	_, errs = w.does("tess", exitUsage, "review", id, "--answers", file(t, "wrong.yaml", "favourite_colour: {answer: met}\n"))
	says(t, errs, `:1: the rubric has no "favourite_colour"`)
	_, errs = w.does("tess", exitRefused, "review", id, "--accept", "--sign-off")
	says(t, errs, "rung: ", "\n  ")
	if c := w.Look(t, n); c.State != "technical" || w.row(`select state from assignments where proposal_id = $1`, n) != "accepted" {
		t.Errorf("%s", c.State)
	}
	_, errs = w.does("tess", exitStale, "review", id, "--revision", "2", "--answers", met, "--sign-off")
	says(t, errs, "rung: The latest revision is 1, not 2. Nothing was done.")
	if strings.Contains(errs, "saved") {
		t.Errorf("answers to another revision: %s", errs)
	}
	_, errs = w.does("tess", exitOK, "review", id, "--answers", met)
	says(t, errs, "answers were saved")
	out, errs = w.does("tess", exitOK, "review", id, "--revision", "1", "--answers", met, "--sign-off")
	says(t, errs, "0 answers were saved") // they are there already
	says(t, out, "done, due", "met ", "“Looked at.”")

	if c := w.Look(t, n); c.State != "educational" {
		t.Fatalf("%s", c.State)
	}
	who := "edith"
	if w.row(`select count(*) from assignments where stage = 'educational' and person_id = $1`, w.People[who].ID) == "0" {
		who = "edgar"
	}
	items := file(t, "items.yaml", "- criterion: general\n  place: Page 3\n  words: Say which outcome this is about.\n- criterion: general\n  words: And again.\n")
	_, errs = w.does(who, exitRefused, "review", id, "--request-changes", items) // the second has no place
	says(t, errs, "rung: ", "\n  ")
	_, errs = w.does(who, exitUsage, "review", id, "--request-changes", file(t, "none.yaml", "[]\n"))
	says(t, errs, "there is no item")
	items = file(t, "items.yaml", "- criterion: general\n  place: Page 3\n  words: Say which outcome this is about.\n")
	w.does(who, exitOK, "review", id, "--accept", "--request-changes", items)
	if c := w.Look(t, n); c.State != programme.ChangesRequested || w.row(`select count(*) from change_items where state = 'open'`) != "1" {
		t.Errorf("%s", c.State)
	}
}

func TestDecline(t *testing.T) {
	w := newAfar(t)
	n := w.Submitted(t, "Leading a Handover")
	w.Climb(t, n, "educational")
	id := fmt.Sprint(n)
	_, errs := w.does("edith", exitRefused, "review", id, "--decline", "")
	says(t, errs, "rung: ", "\n  ")
	out, _ := w.does("edith", exitOK, "review", id, "--decline", "I wrote the slides.")
	says(t, out, "You declined")
	w.does("edith", exitNotFound, "review", id)
	out, _ = w.does("lena", exitOK, "review", id, "--request-changes", file(t, "items.yaml", "- {criterion: general, place: Page 3, words: Too long.}\n"))
	says(t, out, "Proposal "+id, "sent back for changes") // by leadership, without a review
}

func TestPublish(t *testing.T) {
	w := newAfar(t)
	n := w.Submitted(t, "Leading a Handover")
	id := fmt.Sprint(n)
	_, errs := w.does("lena", exitRefused, "publish", id)
	says(t, errs, "rung: ", "\n  ")
	w.Climb(t, n, programme.Approved)
	_, errs = w.does("lena", exitRefused, "publish", id, "--owner", "The ladder's team")
	says(t, errs, "The details are set, and nothing was published.", "rung: ", "\n  ") // without a review date
	_, errs = w.does("lena", exitStale, "publish", id, "--revision", "7")
	says(t, errs, "rung: ")
	w.does("anna", exitRefused, "publish", id)
	if w.Look(t, n).State != programme.Approved {
		t.Fatal("it was published all the same")
	}
	out, _ := w.does("lena", exitOK, "publish", id, "--review-date", "2027-06-01", "--bridge-url", "https://bridge.example.org/handover")
	says(t, out, "Leading a Handover is published at "+w.URL+"/catalogue/")
	if owner := w.row(`select owner from publication_details where proposal_id = $1`, n); owner != "The ladder's team" || w.Look(t, n).State != programme.Published {
		t.Errorf("owner %q", owner)
	}
}

func TestExport(t *testing.T) {
	w := newAfar(t)
	w.Draft(t, "Briefing a team")
	w.Climb(t, w.Submitted(t, "Leading a Handover"), "educational")
	kinds := func(text string) map[string]int {
		t.Helper()
		seen, last := map[string]int{}, ""
		lines := bufio.NewScanner(strings.NewReader(text))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var o struct {
				Type string          `json:"type"`
				Data json.RawMessage `json:"data"`
			}
			if err := json.Unmarshal(lines.Bytes(), &o); err != nil || len(o.Data) == 0 {
				t.Fatalf("%v in %s", err, lines.Text())
			}
			seen[o.Type]++
			last = o.Type
		}
		if last != "end" {
			t.Errorf("it ends with %s", last)
		}
		return seen
	}
	out, errs := w.does("anna", exitOK, "export")
	says(t, errs, "Not for this token, or not at this server: people, mails", "Exported ")
	got := kinds(out)
	if got["proposal"] != 2 || got["draft"] != 2 || got["revision"] != 1 || got["sign_off"] != 1 || got["programme"] != 1 || got["person"] != 0 ||
		fmt.Sprint(got["history"]) != w.row(`select count(*) from history`) {
		t.Errorf("an author's: %v", got)
	}
	to := filepath.Join(t.TempDir(), "all.jsonl")
	if out, _ := w.does("ada", exitOK, "export", "--to", to); out != "" {
		t.Errorf("printed too: %s", out)
	}
	b, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	if got := kinds(string(b)); got["person"] != len(w.People) || got["mail"] == 0 {
		t.Errorf("an administrator's: %v", got)
	}
	w.does("ada", exitUsage, "export", "--to", filepath.Join(to, "below"))

	// What can't be read is told, and isn't passed over in silence.
	if _, err := w.DB.ExecContext(t.Context(), `alter table suggested_titles rename to elsewhere`); err != nil {
		t.Fatal(err)
	}
	out, errs = w.does("ada", exitFailure, "export")
	says(t, errs, "not complete", "/suggested-titles: ")
	if kinds(out)["person"] != len(w.People) {
		t.Errorf("the rest: %s", out)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(to), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
