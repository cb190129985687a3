package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/mail"
	"github.com/leadership-ladder/rung/internal/outbox"
	"github.com/leadership-ladder/rung/workflow"
)

// signInMail sends the mails that carry a code. The code is in no table: it is
// derived here, just before the mail leaves.
func signInMail(people *accounts.Service, sender *mail.Sender, programme string, log *slog.Logger) outbox.Handler {
	return outbox.Each(func(ctx context.Context, c outbox.Claimed) outbox.Outcome {
		var about struct {
			Attempt string `json:"attempt"`
		}
		if err := json.Unmarshal(c.Payload, &about); err != nil {
			return outbox.Outcome{State: outbox.Failed, Error: "This message is not one that Rung can read."}
		}
		email, code, _, holds, why, err := people.SignInMail(ctx, about.Attempt)
		if err != nil {
			log.ErrorContext(ctx, "reading a sign-in mail", "message", c.ID, "error", err)
			return outbox.Outcome{State: outbox.Retry, Error: "Rung could not read the sign-in that this mail is for."}
		}
		if !holds {
			return outbox.Outcome{State: outbox.Dropped, Note: why}
		}
		return outcome(sender.Send(ctx, c.ID, mail.Facts{
			ToEmail: email,
			Subject: programme + ": your sign-in code",
			Heading: code,
			Paragraphs: []string{
				"Type this code into the page where you asked for it.",
				fmt.Sprintf("It works once, in that browser only, for %d minutes after you asked.", int(accounts.CodeLife.Minutes())),
				"Nobody from the programme will ever ask you for it.",
			},
			Why: "You got this mail because somebody, probably you, asked to sign in with this address. If it was not you, there is nothing to do.",
		}))
	})
}

// outcome passes on what became of a mail, in the outbox's words.
func outcome(r mail.Result) outbox.Outcome {
	return outbox.Outcome{State: r.State, Error: r.Error, Note: r.Note}
}

// letters sends the mails about proposals. Each is asked for again just before
// it leaves: an ask that is no longer true is dropped, with why.
func letters(machine *workflow.Service, sender *mail.Sender, base *url.URL, zone *time.Location, log *slog.Logger) outbox.Handler {
	return outbox.Each(func(ctx context.Context, c outbox.Claimed) outbox.Outcome {
		var about workflow.Mail
		if err := json.Unmarshal(c.Payload, &about); err != nil {
			return outbox.Outcome{State: outbox.Failed, Error: "This message is not one that Rung can read."}
		}
		letter, holds, why, err := machine.Letter(ctx, machine.DB, about)
		if err != nil {
			log.ErrorContext(ctx, "reading a letter", "message", c.ID, "error", err)
			return outbox.Outcome{State: outbox.Retry, Error: "Rung could not read what this mail is to say."}
		}
		if !holds {
			return outbox.Outcome{State: outbox.Dropped, Note: why}
		}
		return outcome(sender.Send(ctx, c.ID, facts(letter, base, zone)))
	})
}

// facts puts a letter into an envelope: absolute links, dates as they are written here.
func facts(l workflow.Letter, base *url.URL, zone *time.Location) mail.Facts {
	f := mail.Facts{
		ToName: l.ToName, ToEmail: l.ToEmail,
		Subject: l.Subject, Heading: l.Heading, Paragraphs: l.Paragraphs,
		Why: l.Why, Thread: l.Thread, ChainHead: l.Head,
	}
	for _, q := range l.Quotes {
		f.Quotes = append(f.Quotes, mail.Quote(q))
	}
	if l.Path != "" {
		f.Action, f.Link = l.Action, base.String()+l.Path
	}
	if !l.At.IsZero() {
		f.DateLine = l.At.In(zone).Format("2 January 2006")
	}
	return f
}

// tellOfFailure has a mail that failed for good shown to those who can do
// something about it, and a package's check to who looks at the package, in the
// transaction that records the failure.
func tellOfFailure(machine *workflow.Service, write *authoring.Service) func(context.Context, *sqlx.Tx, outbox.Claimed, string, time.Time) error {
	return func(ctx context.Context, tx *sqlx.Tx, c outbox.Claimed, reason string, now time.Time) error {
		if check, err := write.CheckFailed(ctx, tx, c, reason, now); check || err != nil {
			return err
		}
		if c.Kind != workflow.MailKind {
			return nil
		}
		var about workflow.Mail
		if err := json.Unmarshal(c.Payload, &about); err != nil {
			return nil // it failed for that very reason, and says so where failures are listed
		}
		return machine.MailFailed(ctx, tx, c.ID, about)
	}
}
