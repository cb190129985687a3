package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/leadership-ladder/rung/internal/fault"
)

// Demo is what a demo offers and a real service must not: signing in as
// anybody without a code, and reading all mail.
type Demo struct {
	People  []DemoPerson
	Mailbox Mailbox
}

// DemoPerson is somebody to sign in as.
type DemoPerson struct {
	Email, Name string
	Role        string // "Technical reviewer"
	About       string // what there is to see as them
}

// Mailbox is the mail that the demo has sent.
type Mailbox interface {
	// Mails gives the newest first, without their text.
	Mails(ctx context.Context, limit int) ([]DemoMail, error)
	// Mail gives one with its text; a NotFound fault if there is none.
	Mail(ctx context.Context, id string) (DemoMail, error)
}

// DemoMail is one mail as its reader gets it.
type DemoMail struct {
	ID      string
	To      string
	Subject string
	SentAt  time.Time
	Text    string // the plain part
}

var _ = register(area{name: "demo", routes: func(s *Server, rt *routes) {
	if s.Demo == nil {
		return
	}
	rt.get("/demo/people", s.demoPeople)
	rt.post("/demo/sign-in", s.demoSignIn)
	rt.get("/demo/mail", s.demoMails)
	rt.get("/demo/mail/{mail}", s.demoMail)
}})

type demoPeoplePage struct{ People []DemoPerson }

var demoPeopleView = newView("demo/people.html",
	demoPeoplePage{[]DemoPerson{{"anna@example.org", "Anna Bell", "Leadership", "Two proposals wait for her."}, {"ben@example.org", "Ben Cole", "", ""}}},
	demoPeoplePage{})

func (s *Server) demoPeople(w http.ResponseWriter, r *http.Request) error {
	return demoPeopleView.write(s, w, r, demoPeoplePage{s.Demo.People})
}

func (s *Server) demoSignIn(w http.ResponseWriter, r *http.Request) error {
	var f struct {
		Email string `form:"email"`
	}
	if _, err := decode(r, &f); err != nil {
		return err
	}
	for _, p := range s.Demo.People {
		if p.Email != f.Email {
			continue
		}
		who, err := s.Accounts.PersonByEmail(r.Context(), p.Email)
		if err != nil {
			return err
		}
		if who, err = s.Accounts.Current(r.Context(), who.ID); fault.KindOf(err) == fault.SignIn {
			return leadTo(fault.New(fault.Refused, who.Name+" is deactivated, and cannot sign in."), "Choose somebody else", "/demo/people")
		}
		if err != nil {
			return err
		}
		if err := s.enter(r, who); err != nil {
			return err
		}
		return s.done(w, r, landing(), "You are signed in as "+who.Name+".")
	}
	return leadTo(fault.New(fault.NotFound, "The demo has nobody with this address."), "Choose somebody", "/demo/people")
}

// mailboxSize is how many mails the list shows.
const mailboxSize = 100

type demoMailsPage struct{ Mails []DemoMail }

var demoMailsView = newView("demo/mails.html",
	demoMailsPage{[]DemoMail{{ID: "1", To: "anna@example.org", Subject: "Giving feedback: please review", SentAt: exampleTime}}},
	demoMailsPage{})

func (s *Server) demoMails(w http.ResponseWriter, r *http.Request) error {
	mails, err := s.Demo.Mailbox.Mails(r.Context(), mailboxSize)
	if err != nil {
		return err
	}
	return demoMailsView.write(s, w, r, demoMailsPage{mails})
}

type demoMailPage struct {
	Mail  DemoMail
	Links []link // to pages of this server
}

var demoMailView = newView("demo/mail.html",
	demoMailPage{DemoMail{ID: "1", To: "anna@example.org", Subject: "Your code", SentAt: exampleTime, Text: "Your code is 123456.\n\nhttp://localhost:8080/sign-in"},
		[]link{{"/sign-in", "/sign-in"}}},
	demoMailPage{Mail: DemoMail{ID: "2"}})

func (s *Server) demoMail(w http.ResponseWriter, r *http.Request) error {
	mail, err := s.Demo.Mailbox.Mail(r.Context(), chi.URLParam(r, "mail"))
	if err != nil {
		return leadTo(err, "Go back to the mail sent", "/demo/mail")
	}
	return demoMailView.write(s, w, r, demoMailPage{mail, s.ownLinks(mail.Text)})
}

// ownLinks finds the links of a text that lead to this server.
func (s *Server) ownLinks(text string) []link {
	var links []link
	if s.BaseURL == nil {
		return nil
	}
	base := strings.TrimSuffix(s.BaseURL.String(), "/")
	seen := map[string]bool{}
	for _, word := range strings.Fields(text) {
		path, ok := strings.CutPrefix(strings.Trim(word, "<>()"), base)
		if ok && strings.HasPrefix(path, "/") && !seen[path] {
			seen[path] = true
			links = append(links, link{path, path})
		}
	}
	return links
}
