package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/instance"
	"github.com/leadership-ladder/rung/migrations"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// commands is the command line.
type commands struct {
	Serve     serveCmd     `cmd:"" help:"Serve the site. Without DATABASE_URL it runs a private PostgreSQL in the data folder."`
	Demo      demoCmd      `cmd:"" help:"Serve a demonstration on this machine alone, with invented people and data of its own."`
	Migrate   migrateCmd   `cmd:"" help:"Bring the database up to date. serve does so by itself; this is for doing it beforehand."`
	Person    personCmd    `cmd:"" help:"Add people, and give them roles."`
	Programme programmeCmd `cmd:"" help:"Check a programme file, or draw its states."`
	Check     checkCmd     `cmd:"" help:"Check package files: do they load, is everything there, can a host track them?"`
	Verify    verifyCmd    `cmd:"" help:"Check what is stored."`
	Version   versionCmd   `cmd:"" help:"Say which version this is."`

	// What speaks to a server, as anybody who has a token there.
	Proposals  proposalsCmd  `cmd:"" help:"List proposals at a server (RUNG_URL, RUNG_TOKEN)."`
	Status     statusCmd     `cmd:"" help:"Tell where a proposal stands, whose turn it is, and what you may do."`
	Propose    proposeCmd    `cmd:"" help:"Write a draft from a file, upload its package, submit it."`
	Review     reviewCmd     `cmd:"" help:"Show your review of a proposal, answer its rubric, give your verdict."`
	Publish    publishCmd    `cmd:"" help:"Publish an approved proposal."`
	Export     exportCmd     `cmd:"" help:"Write everything that you may see as JSON Lines."`
	Completion completionCmd `cmd:"" help:"Print what makes a shell complete these commands."`
}

// quiet is the log of commands, whose output is what they print: warnings only.
func (p *process) quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// connect opens the database of a command, as it is.
func (p *process) connect(s storage) (*database, error) {
	var wrong problems
	if s.DatabaseURL == "" && s.DataDir == "" {
		wrong.add("database-url", "DATABASE_URL", "expected the database of rung serve, or its data folder by --data (DATA_DIR)")
	}
	s.check(&wrong)
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return s.join(p.ctx, p.quiet())
}

// connectToWrite opens the database of a command and migrates it; a demo's is refused.
func (p *process) connectToWrite(s storage) (*database, error) {
	db, err := p.connect(s)
	if err != nil {
		return nil, err
	}
	if err := prepare(p.ctx, db, instance.Production); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// prepare migrates a database unless it is marked as of another kind.
func prepare(ctx context.Context, db *database, kind string) error {
	if err := instance.Check(ctx, db, kind); err != nil {
		return err
	}
	return migrations.Up(ctx, db.DB.DB)
}

type migrateCmd struct{ storage }

// Run brings the database up to date.
func (c migrateCmd) Run(p *process) error {
	db, err := p.connectToWrite(c.storage)
	if err != nil {
		return err
	}
	defer db.Close()
	fmt.Fprintln(p.stdout, "The database is up to date.")
	return nil
}

type personCmd struct {
	Add personAddCmd `cmd:"" help:"Add a person, or give roles to one who is there. The first administrator comes from here."`
}

type personAddCmd struct {
	storage
	followed
	Email string   `arg:"" help:"E-mail address, by which they sign in."`
	Name  string   `name:"name" help:"Full name; needed for somebody new."`
	Role  []string `name:"role" help:"Role to give: administrator, leadership, technical_reviewer, educational_reviewer. May be repeated."`
}

// Run adds the person and gives the roles. What is there already stays.
func (c personAddCmd) Run(p *process) error {
	followed, err := loadProgramme(c.Programme)
	if err != nil {
		return err
	}
	db, err := p.connectToWrite(c.storage)
	if err != nil {
		return err
	}
	defer db.Close()
	people := &accounts.Service{DB: db.DB, Now: p.now, RoleKeys: roleKeys(followed)}
	person, err := people.PersonByEmail(p.ctx, c.Email)
	if fault.KindOf(err) == fault.NotFound {
		if strings.TrimSpace(c.Name) == "" {
			return errors.New("nobody here has this address yet: give their --name as well")
		}
		person, err = people.AddPerson(p.ctx, accounts.CommandLine, c.Email, c.Name)
	}
	if err != nil {
		return err
	}
	for _, role := range c.Role {
		if err := people.Grant(p.ctx, accounts.CommandLine, person.ID, role); err != nil {
			return err
		}
	}
	if person, err = people.Person(p.ctx, person.ID); err != nil {
		return err
	}
	roles := strings.Join(person.Roles, ", ")
	if roles == "" {
		roles = "no roles"
	}
	fmt.Fprintf(p.stdout, "%s <%s>: %s\n", person.Name, person.Email, roles)
	return nil
}

// roleKeys are the roles that may be given: those of the programme, and administrator.
func roleKeys(p *programme.Programme) []string {
	keys := []string{accounts.Administrator}
	for _, r := range p.Roles {
		keys = append(keys, r.Key)
	}
	return keys
}

type programmeCmd struct {
	Check programmeCheckCmd `cmd:"" help:"Check a programme file; lists every mistake by its line."`
	Graph programmeGraphCmd `cmd:"" help:"Draw the states of a programme as a Mermaid diagram."`
}

type programmeCheckCmd struct {
	File string `arg:"" help:"Programme file (YAML)."`
}

// Run checks the file.
func (c programmeCheckCmd) Run(p *process) error {
	checked, err := loadProgramme(c.File)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s: %s is in order, version %s.\n", c.File, checked.Name, checked.Version)
	return nil
}

type programmeGraphCmd struct {
	File string `arg:"" optional:"" help:"Programme file (YAML); the built-in Leadership Ladder if left out."`
}

// Run prints the diagram.
func (c programmeGraphCmd) Run(p *process) error {
	drawn, err := loadProgramme(c.File)
	if err != nil {
		return err
	}
	fmt.Fprint(p.stdout, drawn.Mermaid())
	return nil
}

type verifyCmd struct {
	History verifyHistoryCmd `cmd:"" help:"Compute every proposal's hash chain anew; names the first link that does not hold."`
}

type verifyHistoryCmd struct{ storage }

// Run checks the chains, of a demo too. It changes nothing.
func (c verifyHistoryCmd) Run(p *process) error {
	db, err := p.connect(c.storage)
	if err != nil {
		return err
	}
	defer db.Close()
	pending, err := migrations.Pending(p.ctx, db.DB.DB)
	if err != nil {
		return err
	}
	if pending > 0 {
		return fmt.Errorf("the database is not up to date (%d migrations are pending): run rung migrate first", pending)
	}
	entries, proposals, err := workflow.VerifyHistory(p.ctx, db.DB)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "The history holds: %d entries of %d proposals.\n", entries, proposals)
	return nil
}

type versionCmd struct{}

// Run prints what the build knows of itself.
func (versionCmd) Run(p *process) error {
	version, revision := "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = " " + s.Value
			}
		}
	}
	fmt.Fprintf(p.stdout, "rung %s%s (%s)\n", version, revision, runtime.Version())
	return nil
}
