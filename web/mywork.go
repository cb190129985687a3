package web

import (
	"net/http"
	"time"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/workflow"
)

// My work: what waits for the reader, and what the reader waits for. People
// begin here after signing in.
var _ = register(area{
	name: "mywork", home: "/my-work",
	nav:    []navItem{{order: 10, text: "My work", path: "/my-work"}},
	routes: func(s *Server, rt *routes) { rt.get("/my-work", signedIn(s.myWork)) },
})

type myWorkData struct {
	Waiting, Watching, Done []workLine
}

// workLine is one proposal with what it asks of the reader, or whose turn it is.
type workLine struct {
	Title, Href string
	What        string
	State       Tag
	Since       time.Time
	Due         *time.Time
	Late        bool
}

var myWorkView = newView("mywork/mywork.html",
	myWorkData{Waiting: []workLine{{"Leading a Handover", "/reviews/7", "You are asked to review it", Tag{"In educational review", "blue"}, exampleTime, &exampleTime, true}},
		Watching: []workLine{{"Chairing a Meeting", "/proposals/43", "The turn of Ben Cole to review", Tag{"In technical review", "blue"}, exampleTime, &exampleTime, false}},
		Done:     []workLine{{Title: "Time", Href: "/proposals/44", State: Tag{"Published", "green"}, Since: exampleTime}}},
	myWorkData{})

// doneLimit is how many proposals that are over the page shows.
const doneLimit = 10

func (s *Server) myWork(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	work, err := s.Workflow.MyWork(r.Context(), actor(who))
	if err != nil {
		return err
	}
	var p myWorkData
	for _, row := range work.Waiting {
		p.Waiting = append(p.Waiting, waitingLine(row))
	}
	for _, row := range work.Watching {
		p.Watching = append(p.Watching, watchingLine(row))
	}
	for _, row := range work.Done[:min(len(work.Done), doneLimit)] {
		line := lineOf(row)
		line.Since, line.Due, line.Late = row.StateSince, nil, false
		p.Done = append(p.Done, line)
	}
	return myWorkView.write(s, w, r, p)
}

func lineOf(row workflow.Row) workLine {
	return workLine{Title: titleOr(row.Title), Href: proposalPath(row.ID), State: Tag{capital(row.StateName), stateColour(row.State)},
		Since: row.TurnSince, Due: row.TurnDue, Late: row.Overdue}
}

// waitingLine says what the proposal asks of the reader, and leads to where it
// is done.
func waitingLine(row workflow.Row) workLine {
	l := lineOf(row)
	switch {
	case row.Mine == workflow.Offered:
		l.Href, l.What = reviewPath(row.Assignment), "You are asked to review it"
	case row.Mine == workflow.Accepted:
		l.Href, l.What = reviewPath(row.Assignment), "Go on with your review"
	case row.TurnFor == workflow.ForWriting:
		l.Href, l.What = l.Href+"/edit", "Finish the draft and submit it"
	case row.TurnFor == workflow.ForAnswers:
		l.Href, l.What = l.Href+"/answers", "Answer the change request"
	case row.TurnFor == workflow.ForChoosing, row.TurnFor == workflow.ForNobody:
		l.Href, l.What = l.Href+"/assign", capital(turnFor[row.TurnFor])
	case row.TurnFor == workflow.ForPublish:
		l.Href, l.What = l.Href+"/publish", "Publish it"
	default:
		l.What = capital(turnFor[row.TurnFor])
	}
	return l
}

func watchingLine(row workflow.Row) workLine {
	l := lineOf(row)
	whose := "The turn of " + andList(row.TurnNames)
	if row.Turn == workflow.TurnLeadership {
		whose = "The leadership team’s turn"
	}
	l.What = whose + " to " + turnFor[row.TurnFor]
	return l
}
