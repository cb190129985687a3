package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// The board: everything in flight, for leadership.
var _ = register(area{
	name: "board",
	nav:  []navItem{{order: 30, text: "Board", path: "/board", roles: []string{workflow.Leadership}}},
	routes: func(s *Server, rt *routes) {
		rt.get("/board", holding(s.board, workflow.Leadership))
		rt.get("/proposals/{proposal}/assign", holding(s.assignPage, workflow.Leadership))
		rt.post("/proposals/{proposal}/assign", signedIn(s.assign))
	},
})

type boardPage struct {
	Form    Form // never failed: a filter cannot be wrong
	State   string
	Turn    string
	Overdue bool
	States  []Choice
	Turns   []Choice
	Counts  []boardCount
	Lines   []boardLine
	Pages   Pages
}

// Filtered reports whether the reader asked for a part.
func (p boardPage) Filtered() bool { return p.State != "" || p.Turn != "" || p.Overdue }

// OverdueValues are the ticked boxes.
func (p boardPage) OverdueValues() []string {
	if p.Overdue {
		return []string{"true"}
	}
	return nil
}

// OverdueChoices is the one box.
func (boardPage) OverdueChoices() []Choice { return []Choice{{Value: "true", Label: "Overdue only"}} }

// boardCount is how many proposals are in a state.
type boardCount struct {
	Name, Href string
	N          int
}

type boardLine struct {
	Title, Href string
	Lead        string
	State       Tag
	Since       time.Time // in this state
	Turn        string    // whose, and to do what
	TurnSince   string    // how long, in words
	Due         *time.Time
	Overdue     bool
	Warnings    []string
	Next        link // what leadership can do about it, empty for nothing
}

var boardView = newView("board/board.html",
	boardPage{State: "technical", Turn: "leadership", Overdue: true, States: []Choice{{Value: "technical", Label: "Technical review"}},
		Turns:  []Choice{{Value: "leadership", Label: "Leadership"}},
		Counts: []boardCount{{"Technical review", "/board?state=technical", 3}},
		Lines: []boardLine{{Title: "Leading a Handover", Href: "/proposals/42", Lead: "Anna Bell", State: Tag{"Technical review", "blue"}, Since: exampleTime,
			Turn: "Leadership: choose reviewers", TurnSince: "3 days", Due: &exampleTime, Overdue: true, Warnings: []string{"Nobody is eligible."}, Next: link{"Choose reviewers", "/proposals/42/assign"}},
			{Title: "Untitled", Href: "/proposals/43", State: Tag{"Published", "green"}, Turn: "Nobody"}},
		Pages: Pages{First: "/board", Next: "/board?after=1"}},
	boardPage{State: "final"}, boardPage{})

func (s *Server) board(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	var q struct {
		State   string `form:"state"`
		Turn    string `form:"turn"`
		Overdue bool   `form:"overdue"`
		After   int64  `form:"after"`
		Since   int64  `form:"since"` // microseconds
	}
	query(r, &q)
	p := boardPage{State: q.State, Turn: q.Turn, Overdue: q.Overdue, Turns: turnChoices}
	for _, state := range s.Workflow.Current.States() {
		if state != programme.Draft {
			p.States = append(p.States, Choice{Value: state, Label: stateName(s.Workflow.Current, state)})
		}
	}
	filter := workflow.BoardFilter{State: q.State, Turn: q.Turn, Overdue: q.Overdue, After: q.After, Since: time.UnixMicro(q.Since)}
	found, err := s.Workflow.Board(r.Context(), actor(who), filter)
	if err != nil {
		return err
	}
	counts, err := s.Workflow.BoardCounts(r.Context(), actor(who))
	if err != nil {
		return err
	}
	for _, state := range p.States {
		if n := counts[state.Value]; n > 0 {
			p.Counts = append(p.Counts, boardCount{state.Label, "/board?state=" + url.QueryEscape(state.Value), n})
		}
	}
	for _, row := range found.Rows {
		p.Lines = append(p.Lines, s.boardLine(row))
	}
	address := url.Values{}
	for name, value := range map[string]string{"state": q.State, "turn": q.Turn} {
		if value != "" {
			address.Set(name, value)
		}
	}
	if q.Overdue {
		address.Set("overdue", "true")
	}
	if q.After != 0 {
		p.Pages.First = "/board?" + address.Encode()
	}
	if found.More {
		last := found.Rows[len(found.Rows)-1]
		address.Set("after", strconv.FormatInt(last.ID, 10))
		address.Set("since", strconv.FormatInt(last.TurnSince.UnixMicro(), 10))
		p.Pages.Next = "/board?" + address.Encode()
	}
	return boardView.write(s, w, r, p)
}

func (s *Server) boardLine(row workflow.Row) boardLine {
	line := boardLine{
		Title: titleOr(row.Title), Href: proposalPath(row.ID), Lead: row.Lead, State: Tag{stateName(s.Workflow.Current, row.State), stateColour(row.State)},
		Since: row.StateSince, Turn: turnInWords(row), TurnSince: age(s.Now().Sub(row.TurnSince)), Due: row.TurnDue, Overdue: row.Overdue,
	}
	if row.Turn == workflow.TurnLeadership {
		switch row.TurnFor {
		case workflow.ForChoosing:
			line.Next = link{"Choose reviewers", line.Href + "/assign"}
		case workflow.ForNobody:
			line.Next = link{"See who there is", line.Href + "/assign"}
			line.Warnings = append(line.Warnings, "Nobody is left who may review it.")
		case workflow.ForPublish:
			line.Next = link{"Publish", line.Href + "/publish"}
		}
	}
	for _, stage := range row.TooSmall {
		line.Warnings = append(line.Warnings, "The team is too small: not enough independent people for "+stage+".")
	}
	return line
}

func titleOr(title string) string {
	if title == "" {
		return "Untitled proposal"
	}
	return title
}

// stateName is a state as the board's headings and filters write it.
func stateName(p *programme.Programme, state string) string {
	if stage, ok := p.Stage(state); ok {
		return stage.Name
	}
	return roleName(state) // "changes_requested" is "Changes requested"
}

func stateColour(state string) string {
	switch state {
	case programme.Draft, programme.Withdrawn:
		return "grey"
	case programme.ChangesRequested:
		return "orange"
	case programme.Approved:
		return "purple"
	case programme.Published:
		return "green"
	case programme.Rejected:
		return "red"
	}
	return "blue"
}

var turnChoices = []Choice{
	{Value: workflow.TurnAuthor, Label: "Authors"},
	{Value: workflow.TurnReviewers, Label: "Reviewers"},
	{Value: workflow.TurnLeadership, Label: "Leadership"},
}

// turnInWords says whose turn it is, and what they are to do.
func turnInWords(row workflow.Row) string {
	names := andList(row.TurnNames)
	todo := turnFor[row.TurnFor]
	switch row.Turn {
	case workflow.TurnAuthor:
		if names == "" {
			names = "The authors"
		}
	case workflow.TurnReviewers:
		if names == "" {
			names = "The reviewers"
		}
	case workflow.TurnLeadership:
		names = "Leadership"
	default:
		return "Nobody"
	}
	if todo == "" {
		return names
	}
	return names + ": " + todo
}

// age is how long something has lasted, in words that a glance takes in.
func age(d time.Duration) string {
	switch days := int(d / (24 * time.Hour)); {
	case days >= 14:
		return plural(days/7, "week", "weeks")
	case days >= 1:
		return plural(days, "day", "days")
	case d >= time.Hour:
		return plural(int(d/time.Hour), "hour", "hours")
	default:
		return "less than an hour"
	}
}
