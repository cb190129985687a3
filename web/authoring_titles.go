package web

import (
	"net/http"
	"time"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/accounts"
)

// titlesForm is the suggested titles, for leadership.
type titlesForm struct {
	Form   `form:"-"`
	Title  string `form:"title"`
	Strand string `form:"strand"`
	Note   string `form:"note"`

	Strands []Choice    `form:"-"`
	Titles  []titleLine `form:"-"`
}

type titleLine struct {
	ID                  int64
	Title, Strand, Note string
	At                  time.Time
	State               Tag
	Proposal            string // that took it
	Withdrawn           bool
}

var titlesView = newView("authoring/titles.html",
	titlesForm{Strands: []Choice{{Value: "theory", Label: "Leadership in Theory"}}, Titles: []titleLine{
		{ID: 1, Title: "Handover", Strand: "Leadership in Practice", Note: "Short.", At: exampleTime, State: Tag{"Free", "green"}},
		{ID: 2, Title: "Meetings", At: exampleTime, State: Tag{"Taken", "blue"}, Proposal: "/proposals/42"}, {ID: 3, Title: "Old", Withdrawn: true, State: Tag{"Withdrawn", "grey"}}}},
	titlesForm{Form: Form{Problems: []Problem{{"title", "Give the title."}, {"strand", "Choose the strand."}}}, Strands: []Choice{{Value: "theory", Label: "Leadership in Theory"}}})

func (s *Server) suggestedTitles(w http.ResponseWriter, r *http.Request, _ accounts.Person) error {
	return s.writeTitles(w, r, titlesForm{})
}

func (s *Server) writeTitles(w http.ResponseWriter, r *http.Request, p titlesForm) error {
	titles, err := s.Authoring.Titles(r.Context())
	if err != nil {
		return err
	}
	for _, strand := range s.Workflow.Current.Strands {
		p.Strands = append(p.Strands, Choice{Value: strand.Key, Label: strand.Name})
	}
	for _, t := range titles {
		l := titleLine{ID: t.ID, Title: t.Title, Strand: s.strandName(t.Strand), Note: t.Note, At: t.OfferedAt, State: Tag{"Free", "green"}, Withdrawn: t.Withdrawn}
		if t.TakenBy != 0 {
			l.State, l.Proposal = Tag{"Taken", "blue"}, proposalPath(t.TakenBy)
		}
		if t.Withdrawn {
			l.State = Tag{"Withdrawn", "grey"}
		}
		p.Titles = append(p.Titles, l)
	}
	return titlesView.write(s, w, r, p)
}

func (s *Server) offerTitle(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	var p titlesForm
	var err error
	if p.Form, err = decode(r, &p); err != nil {
		return err
	}
	_, err = s.Authoring.OfferTitle(r.Context(), actor(who), authoring.Suggestion{Title: p.Title, Strand: p.Strand, Note: p.Note})
	if p.Form.Takes(err) {
		return s.writeTitles(w, r, p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, "/suggested-titles", "“"+p.Title+"” is suggested. Anyone signed in can propose it.")
}

func (s *Server) withdrawTitle(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "title")
	if err != nil {
		return err
	}
	if err := s.Authoring.WithdrawTitle(r.Context(), actor(who), id); err != nil {
		return err
	}
	return s.done(w, r, "/suggested-titles", "The title is no longer suggested. Who writes on it goes on.")
}
