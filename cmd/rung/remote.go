package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/leadership-ladder/rung/cmd/rung/client"
)

// The exit codes of the commands that speak to a server, besides those of all.
const (
	exitRefused  = 3 // a rule says no: the reasons say which
	exitStale    = 4 // something happened since what was seen
	exitNotFound = 5
	exitToken    = 6 // no token, or one that isn't valid
)

const exitCodes = `Exit codes: 0 done; 1 failed (the server, the network, something unexpected); 2 the command line, a file or the configuration is wrong; ` +
	`3 refused by a rule, and every reason is told; 4 something happened since what was seen, and what; 5 not found; 6 no token, or not a valid one.`

// remote is where the commands find their server, and who they are there.
type remote struct {
	URL   string `name:"url" variable:"RUNG_URL" placeholder:"URL" help:"The server's address (RUNG_URL)."`
	Token string `name:"token" variable:"RUNG_TOKEN" placeholder:"TOKEN" help:"Your access token (RUNG_TOKEN, which is better: a command line can be read by others on the machine)."`
}

// Help is what every command of a server explains below its usage.
func (remote) Help() string { return exitCodes }

// client gives the client and where its results go.
func (r remote) client(p *process) (*client.Client, client.Screen, error) {
	screen := client.ScreenOn(p.stdout, p.env)
	var wrong problems
	server, err := parseBaseURL(r.URL)
	if err != nil {
		wrong.add("url", "RUNG_URL", err.Error())
	}
	if r.Token == "" {
		wrong.add("token", "RUNG_TOKEN", "expected a token of yours: make one on the server's page Access tokens")
	}
	switch {
	case err == nil && r.Token == "":
		return nil, screen, tokenMissing{wrong}
	case len(wrong) > 0:
		return nil, screen, wrong
	}
	aside := &client.Aside{Screen: client.ScreenOn(p.stderr, p.env), Now: p.now}
	if r.Token != p.env["RUNG_TOKEN"] {
		aside.Say("Others on this machine can read the token on a command line: set RUNG_TOKEN in its place.")
	}
	return client.New(server, r.Token, aside), screen, nil
}

// tokenMissing is a configuration that lacks nothing but its token.
type tokenMissing struct{ problems }

type proposalsCmd struct {
	remote
	State    string `name:"state" suggest:"draft,technical,educational,final,changes_requested,approved,published,rejected,withdrawn" help:"Those in this state: draft, a stage of the programme, changes_requested, approved, published, rejected, withdrawn."`
	Turn     string `name:"turn" enum:"author,reviewers,leadership,nobody," default:"" help:"Those whose turn it is: author, reviewers, leadership, nobody."`
	Overdue  bool   `name:"overdue" help:"Those whose date has passed."`
	InFlight bool   `name:"in-flight" help:"Those that are submitted and not over."`
	Mine     string `name:"mine" enum:"author,reviewer," default:"" help:"Those that you write (author) or review (reviewer)."`
	Sort     string `name:"sort" enum:"id,-id,turn_since,-turn_since," default:"" help:"Order: id or turn_since; --sort=-id turns it round. Newest first if left out."`
	Limit    int    `name:"limit" default:"50" help:"How many at most; 0: all (${default} if left out)."`
	JSON     bool   `name:"json" help:"Print what the API answered, as an array."`
}

// Run lists proposals.
func (c proposalsCmd) Run(p *process) error {
	if c.Limit < 0 {
		return problems{"--limit: expected 0 or more"}
	}
	server, screen, err := c.client(p)
	if err != nil {
		return err
	}
	return server.Proposals(p.ctx, screen, client.Filter{State: c.State, Turn: c.Turn, Mine: c.Mine, Sort: c.Sort,
		Overdue: c.Overdue, InFlight: c.InFlight, Most: c.Limit}, c.JSON)
}

type statusCmd struct {
	remote
	Proposal int64 `arg:"" help:"The proposal's number."`
	History  bool  `name:"history" help:"All that happened, not only the last of it."`
	JSON     bool  `name:"json" help:"Print an object of proposal, acts and history, each as the API answered it."`
}

// Run tells where a proposal stands.
func (c statusCmd) Run(p *process) error {
	server, screen, err := c.client(p)
	if err != nil {
		return err
	}
	return server.Status(p.ctx, screen, c.Proposal, c.History, c.JSON)
}

type reviewCmd struct {
	remote
	Proposal       int64   `arg:"" help:"The proposal's number."`
	Accept         bool    `name:"accept" xor:"accept" help:"Accept the review first."`
	Answers        string  `name:"answers" xor:"answers" placeholder:"FILE" help:"Answer the rubric from a YAML file of criterion: {answer: met or not_met, note: …}. What isn't in it stays."`
	SignOff        bool    `name:"sign-off" xor:"verdict" help:"Sign off."`
	CarryForward   *string `name:"carry-forward" xor:"verdict" placeholder:"REASON" help:"Repeat your sign-off that was voided by changes, saying why it still stands."`
	RequestChanges string  `name:"request-changes" xor:"verdict" placeholder:"FILE" help:"Request changes by a YAML list of items: criterion, place, words."`
	Decline        *string `name:"decline" xor:"verdict,accept,answers" placeholder:"REASON" help:"Decline the review, saying why."`
	Revision       int     `name:"revision" placeholder:"NUMBER" help:"The revision that you judged: nothing is done if it isn't the latest any more."`
	JSON           bool    `name:"json" help:"Print the review as the API answered it."`
}

// Run shows one's review of a proposal, after doing what is asked with it.
func (c reviewCmd) Run(p *process) error {
	server, screen, err := c.client(p)
	if err != nil {
		return err
	}
	return server.Review(p.ctx, screen, c.Proposal, client.Verdict{Accept: c.Accept, Answers: c.Answers, Decline: c.Decline,
		SignOff: c.SignOff, CarryForward: c.CarryForward, RequestChanges: c.RequestChanges, Revision: c.Revision}, c.JSON)
}

type proposeCmd struct {
	remote
	File     string `arg:"" help:"YAML file of the draft's fields, by the names that the API gives them."`
	Package  string `name:"package" placeholder:"FILE" help:"Upload this file as its package."`
	Proposal int64  `name:"proposal" placeholder:"NUMBER" help:"Write the draft of this proposal; the file's proposal: does the same. Left out: a new one."`
	New      bool   `name:"new" help:"Start a new proposal, even if you started one with the same title less than a day ago."`
	Submit   bool   `name:"submit" help:"Submit it then; if that is refused, every reason is told."`
	OwnIdea  bool   `name:"own-idea" help:"Submit without the suggested title, if somebody else has taken it."`
	JSON     bool   `name:"json" help:"Print the proposal as the API answered it."`
}

// Help says what may be run again.
func (proposeCmd) Help() string {
	return "What the file leaves out stays as it is. It can be run again: for a day, a file with the same title goes on with the proposal that it started.\n\n" + exitCodes
}

// Run writes a draft, and submits it if that is asked.
func (c proposeCmd) Run(p *process) error {
	server, screen, err := c.client(p)
	if err != nil {
		return err
	}
	return server.Propose(p.ctx, screen, client.Idea{File: c.File, Package: c.Package, Proposal: c.Proposal,
		New: c.New, Submit: c.Submit, OwnIdea: c.OwnIdea}, c.JSON)
}

type publishCmd struct {
	remote
	Proposal       int64   `arg:"" help:"The proposal's number."`
	Owner          *string `name:"owner" placeholder:"NAME" help:"Who looks after the module."`
	ReviewDate     *string `name:"review-date" placeholder:"YYYY-MM-DD" help:"When it is reviewed next."`
	BridgeURL      *string `name:"bridge-url" placeholder:"URL" help:"Where learners take it on Bridge."`
	LearningHubURL *string `name:"learning-hub-url" placeholder:"URL" help:"Where it is on the Learning Hub."`
	Revision       int     `name:"revision" placeholder:"NUMBER" help:"The revision that you looked at: nothing is published if it isn't the latest any more."`
	JSON           bool    `name:"json" help:"Print what the API answered."`
}

// Run sets the details that are given, and publishes.
func (c publishCmd) Run(p *process) error {
	server, screen, err := c.client(p)
	if err != nil {
		return err
	}
	return server.Publish(p.ctx, screen, c.Proposal, c.Revision, client.Details{Owner: c.Owner, ReviewDate: c.ReviewDate,
		BridgeURL: c.BridgeURL, LearningHubURL: c.LearningHubURL}, c.JSON)
}

type exportCmd struct {
	remote
	To string `name:"to" placeholder:"FILE" help:"File to write, which appears when it is whole; left out: standard output."`
}

// Help says what a line is.
func (exportCmd) Help() string {
	return "One object a line: its type, the number of its proposal where it belongs to one, and as data what the API answered. " +
		"The last line has the type end and tells what was left out; without it an export is cut short.\n\n" + exitCodes
}

// Run exports everything that the token may see.
func (c exportCmd) Run(p *process) error {
	server, screen, err := c.client(p)
	if err != nil {
		return err
	}
	return server.Export(p.ctx, screen, c.To)
}

// reportRemote tells what a server refused, or what is wrong with what was to be
// sent to it, and gives the exit code; known is false for any other error.
func (p *process) reportRemote(err error) (code int, known bool) {
	if refusal, ok := errors.AsType[*client.Refusal](err); ok {
		for i, line := range refusal.Lines(client.ScreenOn(p.stderr, p.env).Zone) {
			if i == 0 {
				line = "rung: " + line
			}
			fmt.Fprintln(p.stderr, line)
		}
		return codeOf(refusal), true
	}
	if mistakes, ok := errors.AsType[*client.Mistakes](err); ok {
		fmt.Fprintln(p.stderr, mistakes)
		return exitUsage, true
	}
	var (
		misuse  *client.Misuse
		none    *client.NoReview
		missing tokenMissing
	)
	switch {
	case errors.As(err, &misuse):
		code = exitUsage
	case errors.As(err, &none):
		code = exitNotFound
	case errors.As(err, &missing):
		code, err = exitToken, missing
	default:
		return 0, false
	}
	fmt.Fprintf(p.stderr, "rung: %v\n", err)
	return code, true
}

// codeOf is the exit code of a refusal.
func codeOf(r *client.Refusal) int {
	switch {
	case r.Stale():
		return exitStale
	case r.Status == http.StatusUnauthorized:
		return exitToken
	case r.Status == http.StatusNotFound:
		return exitNotFound
	case r.Status == http.StatusForbidden, r.Status == http.StatusConflict, r.Status == http.StatusUnprocessableEntity,
		r.Status == http.StatusRequestEntityTooLarge, r.Status == http.StatusUnsupportedMediaType:
		return exitRefused
	}
	return exitFailure
}
