package web

import (
	"net/http"
	"strings"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/workflow"
)

// Writing a proposal: its draft, package, authors, submits, and what changed
// between its revisions.
var _ = register(area{
	name: "authoring",
	nav: []navItem{
		{order: 20, text: "Propose", path: "/proposals/new"},
		{order: 50, text: "Suggested titles", path: "/suggested-titles", roles: []string{workflow.Leadership}},
	},
	routes: func(s *Server, rt *routes) {
		rt.get("/proposals/new", signedIn(s.startPage))
		rt.post("/proposals", signedIn(s.start))

		rt.get("/proposals/{proposal}/edit", signedIn(s.taskList))
		rt.get("/proposals/{proposal}/edit/{section}", signedIn(s.sectionPage))
		rt.post("/proposals/{proposal}/edit/{section}", signedIn(s.saveSection))

		rt.get("/proposals/{proposal}/edit/package", signedIn(s.packagePage))
		rt.download("/proposals/{proposal}/package", signedIn(s.draftPackage))
		rt.upload("/proposals/{proposal}/package", signedIn(s.uploadPackage))
		rt.post("/proposals/{proposal}/package/remove", signedIn(s.removePackage))

		rt.get("/proposals/{proposal}/authors", signedIn(s.authorsPage))
		rt.post("/proposals/{proposal}/authors", signedIn(s.inviteAuthor))
		rt.post("/proposals/{proposal}/authors/order", signedIn(s.orderAuthors))
		rt.get("/proposals/{proposal}/authors/{position}", signedIn(s.authorPage))
		rt.post("/proposals/{proposal}/authors/edit", signedIn(s.editAuthor))
		rt.get("/proposals/{proposal}/authors/lead", signedIn(s.leadPage))
		rt.post("/proposals/{proposal}/authors/lead", signedIn(s.nameLead))
		rt.post("/proposals/{proposal}/authors/remove", signedIn(s.removeAuthor))

		rt.get("/proposals/{proposal}/submit", signedIn(s.submitPage))
		rt.post("/proposals/{proposal}/submit", signedIn(s.submit))

		rt.get("/proposals/{proposal}/revisions/{number}", signedIn(s.revisionPage))
		rt.download("/proposals/{proposal}/revisions/{number}/package", signedIn(s.revisionPackage))
		rt.get("/proposals/{proposal}/compare", signedIn(s.comparePage))

		rt.get("/suggested-titles", holding(s.suggestedTitles, workflow.Leadership))
		rt.post("/suggested-titles", signedIn(s.offerTitle))
		rt.post("/suggested-titles/{title}/withdraw", signedIn(s.withdrawTitle))
	},
})

// startForm is the page on which a proposal begins.
type startForm struct {
	Form      `form:"-"`
	Title     string          `form:"title"`
	Suggested int64           `form:"suggested_title"`
	Titles    []suggestedLine `form:"-"`
	Taken     []suggestedLine `form:"-"`
}

type suggestedLine struct {
	ID                  int64
	Title, Strand, Note string
}

var startView = newView("authoring/start.html",
	startForm{Titles: []suggestedLine{{1, "Chairing a meeting", "Leadership in Practice", "About 30 minutes."}, {ID: 2, Title: "X"}},
		Taken: []suggestedLine{{3, "Being a mentor", "Myself as a Leader", ""}, {ID: 4, Title: "Y"}}},
	startForm{Title: "X", Form: Form{Refusal: "No proposal was started.", Problems: []Problem{{"title", "Shorten it."}}}})

func (s *Server) startPage(w http.ResponseWriter, r *http.Request, _ accounts.Person) error {
	return s.writeStart(w, r, startForm{})
}

func (s *Server) writeStart(w http.ResponseWriter, r *http.Request, p startForm) error {
	titles, err := s.Authoring.Titles(r.Context())
	if err != nil {
		return err
	}
	for _, t := range titles {
		line := suggestedLine{t.ID, t.Title, s.strandName(t.Strand), t.Note}
		switch {
		case t.Free():
			p.Titles = append(p.Titles, line)
		case !t.Withdrawn:
			p.Taken = append(p.Taken, line)
		}
	}
	return startView.write(s, w, r, p)
}

// strandName is a strand as the current programme calls it.
func (s *Server) strandName(key string) string {
	if strand, ok := s.Workflow.Current.Strand(key); ok {
		return strand.Name
	}
	return key
}

func (s *Server) start(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	var p startForm
	var err error
	if p.Form, err = decode(r, &p); err != nil {
		return err
	}
	id, err := s.Authoring.Create(r.Context(), actor(who), authoring.Idea{Title: p.Title, SuggestedTitle: p.Suggested})
	if p.Form.Takes(err) {
		for i := range p.Problems {
			if p.Problems[i].Field == "suggested_title" { // it is no longer on the page
				p.Problems[i].Field = ""
			}
		}
		return s.writeStart(w, r, p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, editPath(id), "Your proposal is started. Nobody but its authors sees it until you submit it.")
}

func editPath(id int64) string { return proposalPath(id) + "/edit" }

// sectionPath is the page on which a section is written.
func sectionPath(id int64, section string) string {
	if section == authoring.SectionAuthors {
		return proposalPath(id) + "/authors"
	}
	return editPath(id) + "/" + section
}

// editing reads a proposal for one of its authors, to be changed. A frozen one
// is refused, with the way to its page.
func (s *Server) editing(r *http.Request, who accounts.Person) (authoring.Readiness, error) {
	id, err := pathID(r, "proposal")
	if err != nil {
		return authoring.Readiness{}, err
	}
	ready, err := s.Authoring.Check(r.Context(), actor(who), id)
	if err != nil {
		if fault.KindOf(err) == fault.Forbidden {
			err = leadTo(err, "Go to the proposal", proposalPath(id))
		}
		return ready, err
	}
	if err := ready.Frozen(); err != nil {
		return ready, leadTo(err, "Go to the proposal", proposalPath(id))
	}
	return ready, nil
}

// sectionNames are the pages of a draft, in the order in which they are worked
// through.
var sectionNames = []struct{ key, name, hint string }{
	{authoring.SectionAudience, "Who it is for", "Strand, audience, level, need and duration"},
	{authoring.SectionLearning, "What learners gain", "Outcomes, capabilities, reflection and action points"},
	{authoring.SectionEvidence, "Evidence and consent", "References, evaluation, copyright and interests"},
	{authoring.SectionPackage, "Package", "The file that learners open on the LMS"},
	{authoring.SectionListing, "Listing", "Title, summary, keywords, licence and subject expert"},
	{authoring.SectionAuthors, "Authors", "Who is named, in which order"},
}

func sectionName(key string) string {
	for _, n := range sectionNames {
		if n.key == key {
			return n.name
		}
	}
	return ""
}

// nextSection is where "save and continue" leads.
func nextSection(id int64, key string) string {
	for i, n := range sectionNames {
		if n.key == key && i+1 < len(sectionNames) {
			return sectionPath(id, sectionNames[i+1].key)
		}
	}
	return editPath(id)
}

// ofCheck tells of a reason whether the package check gave it.
func ofCheck(reason fault.Reason) bool {
	return reason.Code == "check_running" || strings.HasPrefix(reason.Code, "package_")
}

// reasonLink leads from a reason to where it is mended.
func reasonLink(id int64, reason fault.Reason) link {
	section := authoring.SectionOf(reason.Field)
	switch {
	case ofCheck(reason):
		return link{reason.Text, sectionPath(id, section) + "#package-check"}
	case section == authoring.SectionAuthors:
		return link{reason.Text, sectionPath(id, section)}
	case section != "":
		return link{reason.Text, sectionPath(id, section) + "?check=1#" + fieldID(reason.Field)}
	case strings.HasPrefix(reason.Field, "item-"):
		return link{reason.Text, proposalPath(id) + "/answers#" + fieldID(reason.Field)}
	}
	return link{Text: reason.Text}
}

// pathNumber is a number from 1 in the path, as a revision or a place in a list has it.
func pathNumber(r *http.Request, name string) (int, error) {
	id, err := pathID(r, name)
	if err != nil || id > 1<<30 {
		return 0, notFound(nil, r)
	}
	return int(id), nil
}
