package web

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// publishForm is the page on which leadership completes the publication
// details and publishes.
type publishForm struct {
	Form        `form:"-"`
	detailsForm `form:",inline"`
	seen        `form:",inline"`
	Do          string `form:"do"` // publish, or save

	Title    string   `form:"-"`
	Path     string   `form:"-"` // of the proposal
	Approved bool     `form:"-"`
	Missing  []string `form:"-"` // what stands against publishing now, the details apart
	Years    int      `form:"-"`
}

var publishView = newView("catalogue/publish.html",
	publishForm{Title: "Leading a Handover", Path: "/proposals/42", seen: seen{"approved", 2, 12}, Approved: true, Years: 3},
	publishForm{Title: "Leading a Handover", Path: "/proposals/42", seen: seen{State: "final"}, Missing: []string{"It is in final review."}, Years: 3,
		Form: Form{Refusal: "This can’t be done now.", Problems: []Problem{{"owner", "Name who owns the module."}, {"", "It isn’t approved."}}}})

func proposalPath(id int64) string { return "/proposals/" + strconv.FormatInt(id, 10) }

func (s *Server) publishPage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "proposal")
	if err != nil {
		return err
	}
	d, err := s.Catalogue.Details(r.Context(), actor(who), id)
	if err != nil {
		return err
	}
	return s.writePublish(w, r, who, id, publishForm{detailsForm: detailsFormOf(d)})
}

// detailReasons are the codes of the workflow about what this page's own form
// asks for.
var detailReasons = map[string]bool{"no_owner": true, "no_review_date": true, "review_date_past": true, "review_date_far": true}

// writePublish shows the proposal as it is now around what was typed.
func (s *Server) writePublish(w http.ResponseWriter, r *http.Request, who accounts.Person, id int64, p publishForm) error {
	c, err := s.Workflow.Load(r.Context(), s.Workflow.DB, id, actor(who))
	if err != nil {
		return err
	}
	if c.State == programme.Published {
		slug, err := s.Catalogue.SlugOf(r.Context(), id)
		if err != nil {
			return err
		}
		return s.notice(w, r, modulePath(slug), "This proposal is published. Its details are edited from here.")
	}
	offer, _ := c.Offer(programme.Publish)
	for _, reason := range offer.Reasons {
		if !detailReasons[reason.Code] {
			p.Missing = append(p.Missing, reason.Text)
		}
	}
	p.seen = seenOf(c)
	p.Title, p.Path, p.Years = c.Title, proposalPath(id), c.Programme.ReviewYears
	p.Approved = len(p.Missing) == 0
	return publishView.write(s, w, r, p)
}

// publish saves the details and, if that was the button, publishes. The first
// stands even if the second is refused.
func (s *Server) publish(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "proposal")
	if err != nil {
		return err
	}
	var p publishForm
	f, err := decode(r, &p)
	if err != nil {
		return err
	}
	p.Form = f
	if p.Failed() {
		return s.writePublish(w, r, who, id, p)
	}
	if err = s.Catalogue.SetDetails(r.Context(), actor(who), id, p.Version, p.details()); p.takes(&p.Form, err) {
		return s.writePublish(w, r, who, id, p)
	}
	if err != nil {
		return err
	}
	if p.Do != "publish" {
		return s.done(w, r, proposalPath(id)+"/publish", "The publication details are saved.")
	}
	slug, err := s.Catalogue.Publish(r.Context(), actor(who), id, p.seen.workflow())
	if p.Takes(err) {
		saved, err := s.Catalogue.Details(r.Context(), actor(who), id)
		if err != nil {
			return err
		}
		p.Version = saved.Version
		return s.writePublish(w, r, who, id, p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, modulePath(slug), fmt.Sprintf("Published. The authors are told, and the module is in the catalogue at %s.", modulePath(slug)))
}
