package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// draftProperties are what a file may hold: the draft's words by the API's names
// of them, and which proposal it is, or on which suggested title.
var draftProperties = []property{
	{"proposal", whole}, {"suggested_title", whole},
	{"title", text}, {"summary", text}, {"keywords", texts}, {"licence", text}, {"provider", text}, {"certificate", text},
	{"accessibility_issues", text}, {"series_name", text}, {"series_part", whole}, {"series_of", whole},
	{"expert_name", text}, {"expert_organisation", text}, {"expert_email", text},
	{"strand", text}, {"audience", text}, {"level", text}, {"prior_knowledge", text}, {"need", text}, {"overlap", text}, {"minutes", whole},
	{"outcomes", texts}, {"mapping", texts}, {"mapping_primary", text}, {"mapping_why_none", text}, {"mapping_others", texts},
	{"reflection_prompt", text}, {"action_points", texts}, {"references", texts},
	{"evaluation", text}, {"consent_and_copyright", text}, {"declared_interests", text},
}

// Idea is what is proposed.
type Idea struct {
	File     string // YAML
	Package  string // a file; "" leaves the draft's as it is
	Proposal int64  // whose draft is written; 0: the file's, or a new one's
	New      bool   // a new proposal, though one was begun with this title lately
	Submit   bool
	OwnIdea  bool // submitted without the suggested title, if somebody else has taken it
}

// read reads the files; nothing is sent before both are in order.
func (i *Idea) read() (words map[string]any, suggested int64, pack *file, err error) {
	err = readYAML(i.File, func(m *Mistakes, root ast.Node) { words = m.object(root, "a proposal", draftProperties) })
	if err != nil {
		return nil, 0, nil, err
	}
	if number, named := words["proposal"].(int64); named && i.Proposal == 0 {
		i.Proposal = number
	}
	suggested, _ = words["suggested_title"].(int64)
	delete(words, "proposal")
	delete(words, "suggested_title")
	if i.New && i.Proposal != 0 {
		return nil, 0, nil, &Misuse{fmt.Sprintf("a new proposal was asked for, and proposal %d too: leave one of them out", i.Proposal)}
	}
	if i.Package != "" {
		pack, err = openFile(i.Package)
	}
	return words, suggested, pack, err
}

// draft is a draft as far as it matters here.
type draft struct {
	Version int `json:"version"`
	Package *struct {
		Name   string `json:"name"`
		SHA256 string `json:"sha256"`
	} `json:"package"`
}

// Propose writes a draft from files, starting a proposal where there is none,
// and submits it if that is asked. A run that broke off can be run again: what
// is there already is not made twice.
func (c *Client) Propose(ctx context.Context, s Screen, i Idea, asJSON bool) error {
	words, suggested, pack, err := i.read()
	if err != nil {
		return err
	}
	if i.Proposal == 0 {
		if i.Proposal, err = c.start(ctx, words["title"], suggested, i.New); err != nil {
			return err
		}
	}
	p, err := c.judged(ctx, i.Proposal, 0)
	if err != nil {
		return err
	}
	version, err := c.write(ctx, i.Proposal, words, pack)
	if err != nil {
		return err
	}
	if i.Submit || pack != nil {
		if err := c.checked(ctx, i.Proposal); err != nil {
			return err
		}
	}
	if i.Submit {
		_, err := c.do(ctx, p.on(call{method: http.MethodPost, path: path(i.Proposal, "/revisions")},
			map[string]any{"draft_version": version, "own_idea": i.OwnIdea}))
		if err != nil {
			c.Aside.Say(fmt.Sprintf("Proposal %d is saved as a draft, and was not submitted.", i.Proposal))
			return err
		}
	}
	now, a, err := c.proposal(ctx, i.Proposal)
	switch {
	case err != nil:
		return err
	case asJSON:
		s.JSON(a.body)
		return nil
	}
	s.proposal(now)
	s.turn(now.Turn, false)
	if i.Submit {
		return nil
	}
	return c.ready(ctx, s, i.Proposal)
}

// start starts a proposal. Its key comes from what is asked for: within the 24
// hours for which the server keeps keys, the same title starts the same proposal,
// so that a run that broke off, or was refused, goes on with its draft when it is
// run again with a file that was put right.
func (c *Client) start(ctx context.Context, title any, suggested int64, another bool) (int64, error) {
	body := map[string]any{}
	if title != nil {
		body["title"] = title
	}
	if suggested != 0 {
		body["suggested_title"] = suggested
	}
	raw, err := json.Marshal(body) // its members are sorted
	if err != nil {
		return 0, fmt.Errorf("writing the request: %w", err)
	}
	sum := sha256.Sum256(raw)
	make := call{method: http.MethodPost, path: "/proposals", body: body, key: "rung propose " + hex.EncodeToString(sum[:])}
	if another {
		make.key = ""
	}
	a, err := c.do(ctx, make)
	if err != nil {
		return 0, err
	}
	var made Proposal
	if err := into(a.body, &made); err != nil {
		return 0, err
	}
	if a.header.Get("Idempotency-Replayed") != "" {
		c.Aside.Say(fmt.Sprintf("You began proposal %d with this title less than a day ago: its draft is written on. --new starts another.", made.ID))
	}
	return made.ID, nil
}

// write writes words and a package into a draft, over the version that it reads
// first, and gives the version that it left.
func (c *Client) write(ctx context.Context, id int64, words map[string]any, pack *file) (int, error) {
	var d draft
	a, err := c.get(ctx, path(id, "/draft"), nil, &d)
	if err == nil && len(words) > 0 {
		if a, err = c.do(ctx, call{method: http.MethodPatch, path: path(id, "/draft"), body: words, ifMatch: a.tag()}); err == nil {
			err = into(a.body, &d)
		}
	}
	if err != nil || pack == nil {
		return d.Version, err
	}
	name := filepath.Base(pack.path)
	if d.Package != nil && d.Package.SHA256 == pack.hex() && d.Package.Name == name {
		c.Aside.Say("The draft has this very package already.")
		return d.Version, nil
	}
	pack.shown = func(sent int64) { c.Aside.bar(name, sent, pack.size) }
	a, err = c.do(ctx, call{method: http.MethodPut, path: path(id, "/package"), query: url.Values{"name": {name}}, file: pack, ifMatch: tagOf(d.Version)})
	c.Aside.Clear()
	if err != nil {
		return 0, err
	}
	var version int // the answer is the package; the draft's new version is its tag
	err = into([]byte(strings.Trim(a.tag(), `"`)), &version)
	return version, err
}

const (
	checkEach = time.Second
	checkMost = 15 * 60 // looks; then the submit says that the check still runs
)

// checked waits until the draft's package is checked: a submit before that is
// refused.
func (c *Client) checked(ctx context.Context, id int64) error {
	defer c.Aside.Clear()
	for range checkMost {
		var p struct {
			State, Doing string
			Done, All    int64
		}
		_, err := c.get(ctx, path(id, "/package-check"), nil, &p)
		if r, ok := errors.AsType[*Refusal](err); ok && r.Status == http.StatusNotFound {
			return nil // it has none: the submit, or what it lacks, says so
		}
		if err != nil || p.State != "queued" && p.State != "running" {
			return err
		}
		line := "Checking the package"
		if p.Doing != "" {
			line += ": " + clean(p.Doing)
		}
		if p.All > 0 {
			line += fmt.Sprintf(", %d %%", p.Done*100/p.All)
		}
		c.Aside.show(line)
		if err := c.Wait(ctx, checkEach); err != nil {
			return err
		}
	}
	return nil
}

// ready tells what a submit would be refused for.
func (c *Client) ready(ctx context.Context, s Screen, id int64) error {
	var r struct {
		Ready   bool     `json:"ready"`
		Reasons []Reason `json:"reasons"`
	}
	if _, err := c.get(ctx, path(id, "/readiness"), nil, &r); err != nil {
		return err
	}
	if r.Ready {
		s.printf("\nIt can be submitted: run this again with --proposal %d --submit.\n", id)
		return nil
	}
	s.heading("Before it can be submitted")
	for _, reason := range r.Reasons {
		s.printf("  %s\n", reason.line())
	}
	return nil
}
