package web

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/leadership-ladder/rung/catalogue"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/web/edge"
)

// detailsForm are the publication details as typed. Theirs is what somebody
// else saved meanwhile, shown beside it.
type detailsForm struct {
	Owner       string `form:"owner"`
	Review      Day    `form:"review_date"`
	Bridge      string `form:"bridge_url"`
	LearningHub string `form:"learning_hub_url"`
	Version     int    `form:"version"`

	Theirs *catalogue.StoredDetails `form:"-"`
}

func detailsFormOf(d catalogue.StoredDetails) detailsForm {
	return detailsForm{Owner: d.Owner, Review: DayOf(d.ReviewDate), Bridge: d.BridgeURL, LearningHub: d.LearningHubURL, Version: d.Version}
}

// details reads what was typed.
func (d detailsForm) details() catalogue.Details {
	out := catalogue.Details{Owner: d.Owner, BridgeURL: d.Bridge, LearningHubURL: d.LearningHub}
	if d.Review.Empty() {
		return out
	}
	t, ok := d.Review.Time()
	if !ok {
		out.NoDate = true
		return out
	}
	// A day, whatever the clocks do: not London's midnight, an hour off in summer.
	out.ReviewDate = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return out
}

// takes notes a refusal. Where somebody else saved first, their words go
// beside the typed ones, and saving again replaces them knowingly.
func (d *detailsForm) takes(f *Form, err error) bool {
	if !f.Takes(err) {
		return false
	}
	if stale, ok := errors.AsType[*catalogue.StaleDetails](err); ok {
		d.Theirs, d.Version = &stale.Theirs, stale.Theirs.Version
	}
	return true
}

// entryForm is a module that was live before Rung.
type entryForm struct {
	Form        `form:"-"`
	Title       string `form:"title"`
	Strand      string `form:"strand"`
	Summary     string `form:"summary"`
	Series      string `form:"series"`
	Part        int    `form:"part"`
	Of          int    `form:"of"`
	detailsForm `form:",inline"`

	Path    string   `form:"-"` // of the module, "" for a new one
	Action  string   `form:"-"`
	Name    string   `form:"-"` // the module's title as it is
	Strands []Choice `form:"-"`
	Signed  bool     `form:"-"` // its words were signed here: the details alone can change
	Years   int      `form:"-"`
}

// Number shows a number that was given; 0 stands for none.
func (entryForm) Number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

var entryView = newView("catalogue/entry.html",
	entryForm{Action: "/catalogue/new", Strands: []Choice{{Value: "theory", Label: "Leadership in Theory"}}, Years: 3,
		Form: Form{Problems: []Problem{{"part", "Enter the part."}, {"title", "Enter the title."}, {"review_date", "Enter the date."}}}},
	entryForm{Path: "/catalogue/x", Action: "/catalogue/x/edit", Name: "X", Title: "X", Series: "Ward work", Part: 2, Of: 4, Years: 3,
		detailsForm: detailsForm{Owner: "The team", Theirs: &catalogue.StoredDetails{UpdatedBy: "Ben Cole", UpdatedAt: exampleTime,
			Details: catalogue.Details{Owner: "Ben Cole", ReviewDate: exampleTime, BridgeURL: "https://bridge.example.org/x"}}}},
	entryForm{Path: "/catalogue/x", Action: "/catalogue/x/edit", Name: "X", Signed: true, Years: 3})

func (s *Server) writeEntry(w http.ResponseWriter, r *http.Request, p entryForm) error {
	for _, strand := range s.Workflow.Current.Strands {
		p.Strands = append(p.Strands, Choice{Value: strand.Key, Label: strand.Name})
	}
	p.Years = s.Workflow.Current.ReviewYears
	return entryView.write(s, w, r, p)
}

func (s *Server) newEntry(w http.ResponseWriter, r *http.Request, _ accounts.Person) error {
	return s.writeEntry(w, r, entryForm{Action: "/catalogue/new"})
}

// entry reads the form; Form says what is no number.
func (p *entryForm) entry() catalogue.Entry {
	return catalogue.Entry{
		Title: p.Title, Strand: p.Strand, Summary: p.Summary, Details: p.details(),
		Series: catalogue.Series{Name: p.Series, Part: p.Part, Of: p.Of},
	}
}

func (s *Server) addEntry(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	p := entryForm{Action: "/catalogue/new"}
	f, err := decode(r, &p)
	if err != nil {
		return err
	}
	p.Form = f
	if p.Failed() {
		return s.writeEntry(w, r, p)
	}
	slug, err := s.Catalogue.EnterLive(r.Context(), actor(who), p.entry())
	if p.takes(&p.Form, err) {
		return s.writeEntry(w, r, p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, modulePath(slug), "The module is in the catalogue.")
}

func (s *Server) editModule(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	m, err := s.Catalogue.ModuleFor(r.Context(), actor(who), chi.URLParam(r, "slug"))
	if err != nil {
		return err
	}
	return s.writeEntry(w, r, entryForm{
		Path: modulePath(m.Slug), Action: modulePath(m.Slug) + "/edit", Name: m.Title, Signed: m.Proposal != 0,
		Title: m.Title, Strand: m.Strand, Summary: m.Summary, Series: m.Series.Name, Part: m.Series.Part, Of: m.Series.Of,
		detailsForm: detailsFormOf(m.Details),
	})
}

func (s *Server) saveModule(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	m, err := s.Catalogue.ModuleFor(r.Context(), actor(who), chi.URLParam(r, "slug"))
	if err != nil {
		return err
	}
	p := entryForm{Path: modulePath(m.Slug), Action: modulePath(m.Slug) + "/edit", Name: m.Title, Signed: m.Proposal != 0}
	f, err := decode(r, &p)
	if err != nil {
		return err
	}
	p.Form = f
	if p.Failed() {
		return s.writeEntry(w, r, p)
	}
	err = s.Catalogue.Edit(r.Context(), actor(who), m.Slug, p.Version, p.entry())
	if p.takes(&p.Form, err) {
		return s.writeEntry(w, r, p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, p.Path, "Saved.")
}

type retireForm struct {
	Form   `form:"-"`
	Reason string `form:"reason"`
	Title  string `form:"-"`
	Path   string `form:"-"`
}

var retireView = newView("catalogue/retire.html", retireForm{Title: "X", Path: "/catalogue/x"},
	retireForm{Title: "X", Path: "/catalogue/x", Form: Form{Problems: []Problem{{"reason", "Give a reason."}}}})

func (s *Server) confirmRetire(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	m, err := s.Catalogue.ModuleFor(r.Context(), actor(who), chi.URLParam(r, "slug"))
	if err != nil {
		return err
	}
	if m.Retired() {
		return s.notice(w, r, modulePath(m.Slug), "This module is retired already.")
	}
	return retireView.write(s, w, r, retireForm{Title: m.Title, Path: modulePath(m.Slug)})
}

func (s *Server) retire(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	m, err := s.Catalogue.Module(r.Context(), chi.URLParam(r, "slug"))
	if err != nil {
		return err
	}
	p := retireForm{Title: m.Title, Path: modulePath(m.Slug)}
	f, err := decode(r, &p)
	if err != nil {
		return err
	}
	p.Form = f
	err = s.Catalogue.Retire(r.Context(), actor(who), m.Slug, p.Reason)
	if p.Takes(err) {
		return retireView.write(s, w, r, p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, p.Path, m.Title+" is retired. Its page says why.")
}

func (s *Server) modulePack(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	pack, err := s.Catalogue.PackOfModule(r.Context(), actor(who), chi.URLParam(r, "slug"))
	if err != nil {
		return err
	}
	return s.sendPack(w, r, pack)
}

func (s *Server) proposalPack(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "proposal")
	if err != nil {
		return err
	}
	pack, err := s.Catalogue.PackOfProposal(r.Context(), actor(who), id)
	if err != nil {
		return err
	}
	return s.sendPack(w, r, pack)
}

// sendPack streams a pack. Once it has begun, an error can only break the
// connection off, so that nobody takes half a file for a whole one.
func (s *Server) sendPack(w http.ResponseWriter, r *http.Request, pack *catalogue.Pack) error {
	defer pack.Close()
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="`+pack.Name+`"`)
	h.Set("Cache-Control", "no-store")
	if err := pack.Write(w); err != nil {
		s.Log.WarnContext(r.Context(), "a pack broke off", "error", err, "request", edge.RequestID(r.Context()))
		panic(http.ErrAbortHandler)
	}
	return nil
}
