package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/mail"
	"github.com/leadership-ladder/rung/internal/outbox"
)

// signInMail sends the mails that carry a code. The code is in no table: it is
// derived here, just before the mail leaves.
func signInMail(people *accounts.Service, sender *mail.Sender, programme string) outbox.Handler {
	return outbox.Each(func(ctx context.Context, c outbox.Claimed) outbox.Outcome {
		var about struct {
			Attempt string `json:"attempt"`
		}
		if err := json.Unmarshal(c.Payload, &about); err != nil {
			return outbox.Outcome{State: outbox.Failed, Error: "This message is not one that Rung can read."}
		}
		email, code, _, holds, why, err := people.SignInMail(ctx, about.Attempt)
		if err != nil {
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
