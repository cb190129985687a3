package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// taskListPage is a draft at a glance: what is done and what is missing.
type taskListPage struct {
	Path, Title string
	State       Tag
	Tasks       []taskLine
	Left        int // tasks that still lack something
	SavedAt     time.Time
	SavedBy     string
	Suggested   string // the title that it is written for
	Lead        string // who submits, "" for the reader themselves
	Answers     string // address of the change request to be answered, if there is one
	Withdraw    bool
	Revision    int
}

type taskLine struct {
	ID, Name, Hint, Href string
	Missing              int
	Check                string // what the package check has against it
}

var taskListView = newView("authoring/tasks.html",
	taskListPage{Path: "/proposals/42", Title: "Leading a Handover", State: Tag{"A draft", "grey"}, SavedAt: exampleTime, SavedBy: "Ann Lee", Left: 1, Withdraw: true,
		Tasks: []taskLine{{"task-audience", "Who it is for", "Strand", "/proposals/42/edit/audience", 2, ""}, {"task-package", "Package", "The file", "/proposals/42/edit/package", 0, "Being checked"}}},
	taskListPage{Path: "/proposals/42", Title: "Leading a Handover", Suggested: "Handover", Lead: "Cy Dunn", Answers: "/proposals/42/answers", Revision: 1})

func (s *Server) taskList(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	ready, err := s.editing(r, who)
	if err != nil {
		return err
	}
	c, d := ready.Case, ready.Draft
	p := taskListPage{Path: proposalPath(c.ID), Title: titleOfDraft(d), State: stateTag(c), SavedAt: d.UpdatedAt, SavedBy: d.UpdatedByName,
		Suggested: d.SuggestedAs, Revision: c.Revision, Withdraw: c.IsLead(who.ID)}
	if lead, ok := c.Lead(); ok && lead.Person != who.ID {
		p.Lead = lead.Name
	}
	missing, check := map[string]int{}, ""
	for _, reason := range ready.Reasons {
		switch {
		case reason.Code == "check_running":
			check = "Being checked"
		case ofCheck(reason):
			check = "Has errors"
		default:
			missing[authoring.SectionOf(reason.Field)]++
		}
	}
	for _, n := range sectionNames {
		line := taskLine{ID: "task-" + n.key, Name: n.name, Hint: n.hint, Href: sectionPath(c.ID, n.key), Missing: missing[n.key]}
		if n.key == authoring.SectionPackage {
			line.Check = check
		}
		p.Tasks = append(p.Tasks, line)
		if line.Missing > 0 || line.Check != "" {
			p.Left++
		}
	}
	if slices.ContainsFunc(ready.Reasons, func(f fault.Reason) bool { return f.Code == "item_unanswered" }) {
		p.Answers = p.Path + "/answers"
	}
	return taskListView.write(s, w, r, p)
}

func titleOfDraft(d authoring.Draft) string {
	if d.Content.Listing.Title == "" {
		return "A proposal without a title"
	}
	return d.Content.Listing.Title
}

// questionsPage is one section of a draft as a form.
type questionsPage struct {
	Form
	Path, Action string
	Proposal     string // its title
	Heading      string
	Intro        string
	Questions    []question
	Version      string // what the form showed, see authoring.Draft.Shown
	SavedAt      time.Time
	SavedBy      string
	Checked      bool // what is missing is shown: the reader came from the check
	Conflict     bool // somebody else's words stand beside the reader's own
}

// Failed keeps a page that only shows what is missing from calling itself an
// error: nothing was refused.
func (p questionsPage) Failed() bool { return !p.Checked && p.Form.Failed() }

// question is one field, and the heading of a group that it begins.
type question struct {
	Field
	Kind   string // the partial: text, line, number, radios, boxes or select
	Group  string
	Lead   string   // under the group's heading
	Theirs []string // what somebody else saved meanwhile, if that differs
	Clash  bool
	By     string
}

var questionsView = newView("authoring/section.html",
	questionsPage{Path: "/proposals/42", Action: "/proposals/42/edit/audience", Proposal: "Leading a Handover", Heading: "Who it is for", Intro: "Short answers will do.",
		Version: "3.x-3.y", SavedAt: exampleTime, SavedBy: "Ann Lee",
		Questions: []question{
			{Kind: "text", Group: "Series", Lead: "If it has one.", Field: Field{Name: "need", ID: "need", Label: "Need", Options: map[string]string{"max": "500"}}},
			{Kind: "line", Field: Field{Name: "level", ID: "level", Label: "Level"}}, {Kind: "number", Field: Field{Name: "minutes", ID: "minutes", Label: "Minutes"}},
			{Kind: "radios", Field: Field{Name: "strand", ID: "strand", Label: "Strand", Choices: []Choice{{Value: "theory", Label: "Theory"}}}},
			{Kind: "boxes", Field: Field{Name: "mapping", ID: "mapping", Label: "Capabilities", Choices: []Choice{{Value: "x", Label: "X"}}}},
			{Kind: "select", Field: Field{Name: "primary", ID: "primary", Label: "Primary", Choices: []Choice{{Value: "x", Label: "X"}}}}}},
	questionsPage{Path: "/proposals/42", Form: Form{Refusal: "Ben Cole saved other words.", Problems: []Problem{{"need", "Need was changed meanwhile."}}}, Conflict: true,
		Questions: []question{{Kind: "text", Clash: true, By: "Ben Cole", Theirs: []string{"Other\nwords"}, Field: Field{Name: "need", ID: "need", Label: "Need", Error: "Changed."}},
			{Kind: "text", Clash: true, Field: Field{Name: "overlap", ID: "overlap", Label: "Overlap"}}}},
	questionsPage{Path: "/proposals/42", Checked: true, Form: Form{Problems: []Problem{{"need", "Say why."}}}})

func (s *Server) sectionPage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	ready, err := s.editing(r, who)
	if err != nil {
		return err
	}
	section := chi.URLParam(r, "section")
	if len(authoring.FieldsOf(section)) == 0 {
		return notFound(w, r)
	}
	var f Form
	checked := r.URL.Query().Get("check") != ""
	if checked {
		for _, reason := range ready.Reasons {
			if authoring.SectionOf(reason.Field) == section {
				f.Problems = append(f.Problems, Problem{reason.Field, reason.Text})
			}
		}
	}
	p := s.questions(ready, section, f, answersOf(ready.Draft))
	p.Checked = checked
	return questionsView.write(s, w, r, p)
}

// answersOf gives what a draft holds, by the name of the field.
func answersOf(d authoring.Draft) func(authoring.Field) []string {
	return func(f authoring.Field) []string { return f.Values(d.Content) }
}

func (s *Server) saveSection(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "proposal")
	if err != nil {
		return err
	}
	section := chi.URLParam(r, "section")
	names := authoring.FieldsOf(section)
	if len(names) == 0 {
		return notFound(w, r)
	}
	if err := readForm(r); err != nil {
		return err
	}
	var content authoring.Content
	var form Form
	for _, name := range names {
		f, _ := authoring.FieldNamed(name)
		if err := f.Set(&content, r.PostForm[name]...); err != nil {
			form.Takes(err)
		}
	}
	shown := r.PostFormValue("version")
	if form.Failed() {
		err = fault.New(fault.Invalid, "There is something to put right.", reasonsOf(form)...)
	} else {
		shown, err = s.Authoring.SaveForm(r.Context(), actor(who), id, shown, content, names...)
	}
	switch {
	case err == nil && wantsJSON(r):
		return saved(w, shown, s.Now())
	case err == nil && r.PostFormValue("then") == "list":
		return s.done(w, r, editPath(id), "Saved.")
	case err == nil:
		http.Redirect(w, r, nextSection(id, section), http.StatusSeeOther)
		return nil
	case wantsJSON(r) && fault.KindOf(err) == fault.Stale:
		return leadTo(err, "Choose “Save and continue” to see both.", "#save")
	case wantsJSON(r):
		return err
	}
	return s.sectionAgain(w, r, who, section, content, err)
}

// sectionAgain gives the form back with every word typed, and beside it what
// somebody else wrote meanwhile.
func (s *Server) sectionAgain(w http.ResponseWriter, r *http.Request, who accounts.Person, section string, content authoring.Content, refused error) error {
	var form Form
	if !form.Takes(refused) {
		return refused
	}
	ready, err := s.editing(r, who)
	if err != nil {
		return err // it is frozen by now: the page that says so gives the words back
	}
	shown, names := r.PostFormValue("version"), authoring.FieldsOf(section)
	conflict, both := errors.AsType[*authoring.Conflict](refused)
	touched := names
	if both { // what its writer did not touch is shown as it is by now
		ready.Draft = conflict.Draft
		touched, shown = authoring.Touched(shown, content, names...), conflict.Draft.Shown(names...)
	}
	p := s.questions(ready, section, form, func(f authoring.Field) []string {
		typed := r.PostForm[f.Name]
		switch {
		case !slices.Contains(touched, f.Name):
			return f.Values(ready.Draft.Content)
		case f.Kind == authoring.List:
			return strings.Split(strings.Join(typed, "\n"), "\n")
		}
		return typed
	})
	p.Version = shown
	if both {
		p.Conflict = true
		for i, q := range p.Questions {
			for _, c := range conflict.Fields {
				if f, ok := authoring.FieldNamed(c.Field); ok && c.Field == q.Name {
					p.Questions[i].Clash, p.Questions[i].By = true, c.By
					p.Questions[i].Theirs = f.Shown(ready.Programme, conflict.Draft.Content)
				}
			}
		}
	}
	return questionsView.write(s, w, r, p)
}

func reasonsOf(f Form) []fault.Reason {
	var reasons []fault.Reason
	for _, p := range f.Problems {
		reasons = append(reasons, fault.Reason{Code: "invalid", Field: p.Field, Text: p.Text})
	}
	return reasons
}

func (s *Server) questions(ready authoring.Readiness, section string, form Form, answers func(authoring.Field) []string) questionsPage {
	c, d := ready.Case, ready.Draft
	p := questionsPage{Form: form, Path: proposalPath(c.ID), Action: sectionPath(c.ID, section), Proposal: titleOfDraft(d),
		Heading: sectionName(section), Intro: sectionIntro[section], Version: d.Shown(authoring.FieldsOf(section)...), SavedAt: d.UpdatedAt, SavedBy: d.UpdatedByName}
	for _, name := range authoring.FieldsOf(section) {
		f, _ := authoring.FieldNamed(name)
		p.Questions = append(p.Questions, questionsOf(ready.Programme, f, form, answers(f))...)
	}
	return p
}

// questionsOf makes a field's question; a set over several frameworks is a
// question each.
func questionsOf(p *programme.Programme, f authoring.Field, form Form, values []string) []question {
	ask := asked[f.Name]
	q := question{Group: ask.group, Lead: ask.lead, Field: Field{Name: f.Name, ID: fieldID(f.Name), Label: ask.label, Hint: ask.hint,
		Error: form.Error(f.Name), Options: map[string]string{"size": "s"}}}
	if q.Label == "" {
		q.Label = f.Label
	}
	switch f.Kind {
	case authoring.Text:
		q.Kind, q.Value = "text", strings.Join(values, "\n")
		q.Options["max"], q.Options["rows"] = strconv.Itoa(f.Limit(p)), "5"
	case authoring.List:
		q.Kind, q.Value = "text", strings.Join(values, "\n")
		q.Options["rows"] = "5"
	case authoring.Line:
		q.Kind, q.Value = "line", strings.Join(values, " ")
		q.Options["type"], q.Options["autocomplete"], q.Options["spellcheck"] = ask.kind, "off", ask.spellcheck
	case authoring.Number:
		q.Kind, q.Value = "number", strings.Join(values, "")
		q.Options["inputmode"], q.Options["width"], q.Options["autocomplete"] = "numeric", "4", "off"
	case authoring.Choice:
		q.Kind, q.Value, q.Choices = "radios", strings.Join(values, ""), choicesOf(f.Options(p))
		if f.Name == "mapping_primary" {
			q.Kind, q.Options["empty"] = "select", "Choose one"
		}
	case authoring.Set:
		q.Kind, q.Values = "boxes", values
		return framed(q, f.Options(p))
	}
	return []question{q}
}

func choicesOf(options []authoring.Option) []Choice {
	choices := make([]Choice, len(options))
	for i, o := range options {
		choices[i] = Choice{Value: o.Key, Label: o.Name, Hint: o.About}
	}
	return choices
}

// framed asks for each framework apart; the first question bears the field's id,
// and what is wrong with it.
func framed(q question, options []authoring.Option) []question {
	var all []question
	for len(options) > 0 {
		group := options[0].Group
		n := slices.IndexFunc(options, func(o authoring.Option) bool { return o.Group != group })
		if n < 0 {
			n = len(options)
		}
		one := q
		one.Choices = choicesOf(options[:n])
		if group != "" {
			one.Label = group
		}
		if len(all) > 0 {
			one.ID, one.Error, one.Group, one.Lead = q.ID+"-"+strconv.Itoa(100*len(all)), "", "", ""
		}
		all, options = append(all, one), options[n:]
	}
	return all
}
