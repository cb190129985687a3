package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/workflow"
)

// Bounce is the address of somebody whose mailbox is gone: a demo's mail server
// refuses it for good.
const Bounce = "left@example.org"

// Person is one of the demo's invented people.
type Person struct {
	Email, Name   string
	Organisation  string
	JobTitle      string
	Roles         []string
	Role, About   string // as the page of people to sign in as puts it
	neverSignedIn bool   // was added by an administrator
}

// key is how stories call the person.
func (p Person) key() string { return strings.TrimSuffix(p.Email, "@example.org") }

// People are those whom a visitor of the demo may sign in as.
var People = []Person{
	{"maya@example.org", "Dr Maya Okafor", "Fenland General Hospital", "Registrar in acute medicine", nil,
		"Collaborator", "Has three modules in the catalogue, one draft ready to submit, and one proposal whose review is overdue.", false},
	{"tom@example.org", "Dr Tom Whitfield", "Larkmere Hospital", "Registrar in anaesthetics", nil,
		"Collaborator", "Has a change request to answer: one item done, one not agreed, one still open.", false},
	{"nadia@example.org", "Dr Nadia Farouk", "Broadwater Hospital", "GP registrar", nil,
		"Collaborator", "Is waiting for a second educational sign-off, and for a module to be published.", false},
	{"priya@example.org", "Dr Priya Raman", "Marshgate Dental Practice", "Dental foundation trainee", nil,
		"Collaborator", "Her first proposal waits until leadership chooses a reviewer.", false},
	{"hannah@example.org", "Dr Hannah Quill", "Larkmere Hospital", "Foundation doctor", nil,
		"Collaborator", "Has had a proposal rejected, and read why.", false},
	{"sam@example.org", "Sam Lindqvist", "Anglia Digital Learning Team", "Learning technologist", []string{workflow.TechnicalReviewer},
		"Technical reviewer", "Checks that packages work. One review waits for him, past its date.", false},
	{"grace@example.org", "Grace Adeyemi", "Broadwater Hospital", "Simulation technician", []string{workflow.TechnicalReviewer},
		"Technical reviewer", "Checks that packages work. Has declared a conflict of interest on a colleague’s proposal.", false},
	{"huw@example.org", "Huw Prosser", "Fenland General Hospital", "Resuscitation and e-learning lead", []string{workflow.TechnicalReviewer},
		"Technical reviewer", "Is in the middle of a review. Also writes: nobody is left who may review his own proposal.", false},
	{"leila@example.org", "Dr Leila Haddad", "Larkmere Hospital", "Consultant in emergency medicine", []string{workflow.EducationalReviewer},
		"Educational reviewer", "Has answers to settle in a second round.", false},
	{"owen@example.org", "Dr Owen Blake", "Riverside Surgery", "GP trainer", []string{workflow.EducationalReviewer},
		"Educational reviewer", "Is asked for a second signature; an earlier one of his was voided by a change.", false},
	{"ines@example.org", "Dr Ines Moreau", "Fenland General Hospital", "Consultant in palliative medicine", []string{workflow.EducationalReviewer},
		"Educational reviewer", "Has signed more modules than anybody. Nothing waits for her.", false},
	{"ruth@example.org", "Professor Ruth Calder", "Leadership Ladder team", "Associate dean", []string{workflow.Leadership},
		"Leadership", "Has a reviewer to choose, a final stage to sign, and a module to publish.", false},
	{"daniel@example.org", "Dr Daniel Mensah", "Leadership Ladder team", "Leadership fellow", []string{workflow.Leadership},
		"Leadership", "Has a proposal that nobody is left to review, and one mail that did not arrive.", false},
	{"joan@example.org", "Joan Fairley", "Leadership Ladder team", "Programme manager", []string{workflow.Administrator},
		"Administrator", "People and roles, and the one mail that could not be delivered.", false},
	{Bounce, "Alex Turner", "", "", nil,
		"Collaborator", "Has left: mail to this address fails.", true},
}

// gather brings everybody in, on the first days. The first administrator comes
// from the command line, as always; the others sign in with the code that they
// are mailed, and she gives them their roles.
func (w *world) gather() error {
	first := People[0]
	for _, p := range People {
		if len(p.Roles) == 1 && p.Roles[0] == workflow.Administrator {
			first = p
		}
	}
	w.clock.to(w.clock.day(history).Add(9 * time.Hour))
	joan, err := w.People.AddPerson(w.ctx, accounts.CommandLine, first.Email, first.Name)
	if err != nil {
		return err
	}
	if err := w.People.Grant(w.ctx, accounts.CommandLine, joan.ID, workflow.Administrator); err != nil {
		return err
	}
	w.ids[first.key()] = joan.ID
	for i, p := range People {
		w.clock.to(w.clock.Now().Add(time.Duration(37+11*i) * time.Minute))
		id, err := w.arrives(p, fmt.Sprintf("192.0.2.%d", i+1), joan.ID)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		w.ids[p.key()] = id
	}
	return nil
}

// arrives is one person's first visit.
func (w *world) arrives(p Person, client string, administrator int64) (int64, error) {
	if p.neverSignedIn {
		who, err := w.People.AddPerson(w.ctx, administrator, p.Email, p.Name)
		return who.ID, err
	}
	attempt, browser, err := w.People.StartSignIn(w.ctx, p.Email, client)
	if err != nil {
		return 0, err
	}
	if err := w.drain(); err != nil {
		return 0, err
	}
	_, code, _, holds, why, err := w.People.SignInMail(w.ctx, attempt)
	if err != nil {
		return 0, err
	}
	if !holds {
		return 0, fmt.Errorf("no sign-in mail: %s", why)
	}
	w.clock.to(w.clock.Now().Add(time.Minute))
	who, err := w.People.CompleteSignIn(w.ctx, attempt, browser, code, client)
	if err != nil {
		return 0, err
	}
	_, err = w.People.UpdateProfile(w.ctx, who.ID, accounts.Profile{Name: p.Name, Organisation: p.Organisation, JobTitle: p.JobTitle})
	if err != nil {
		return 0, err
	}
	for _, role := range p.Roles {
		if err := w.People.Grant(w.ctx, administrator, who.ID, role); err != nil {
			return 0, err
		}
	}
	return who.ID, nil
}
