package main

import (
	"context"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/web"
	"github.com/leadership-ladder/rung/workflow"
)

// demoPeople are the invented people of the demo, in every role.
var demoPeople = []struct {
	email, name string
	roles       []string
	role, about string // as the page of people to sign in as puts it
}{
	{"maya@example.org", "Dr Maya Okafor", nil, "Collaborator", "Writes modules."},
	{"tom@example.org", "Dr Tom Whitfield", nil, "Collaborator", "Writes modules, often with Maya."},
	{"priya@example.org", "Dr Priya Raman", nil, "Collaborator", "Dental trainee with a first proposal."},
	{"sam@example.org", "Sam Lindqvist", []string{workflow.TechnicalReviewer}, "Technical reviewer", "Checks that packages work."},
	{"grace@example.org", "Grace Adeyemi", []string{workflow.TechnicalReviewer}, "Technical reviewer", "Checks that packages work."},
	{"huw@example.org", "Huw Prosser", []string{workflow.TechnicalReviewer}, "Technical reviewer", "Checks that packages work."},
	{"leila@example.org", "Dr Leila Haddad", []string{workflow.EducationalReviewer}, "Educational reviewer", "Judges teaching and evidence."},
	{"owen@example.org", "Dr Owen Blake", []string{workflow.EducationalReviewer}, "Educational reviewer", "Judges teaching and evidence."},
	{"ines@example.org", "Dr Ines Moreau", []string{workflow.EducationalReviewer}, "Educational reviewer", "Judges teaching and evidence."},
	{"ruth@example.org", "Professor Ruth Calder", []string{workflow.Leadership}, "Leadership", "Assigns, signs the final stage, publishes."},
	{"daniel@example.org", "Dr Daniel Mensah", []string{workflow.Leadership}, "Leadership", "Assigns, signs the final stage, publishes."},
	{"joan@example.org", "Joan Fairley", []string{workflow.Administrator}, "Administrator", "People and roles, delivery of mail."},
	{demoBounce, "Alex Turner", nil, "Collaborator", "Has left: mail to this address fails."},
}

// seedPeople adds whoever is missing, by the calls of the command line, and
// gives the list of people to sign in as. What a visitor of the demo has
// changed since (roles taken, people deactivated) stays.
func seedPeople(ctx context.Context, people *accounts.Service) ([]web.DemoPerson, error) {
	list := make([]web.DemoPerson, len(demoPeople))
	for i, d := range demoPeople {
		list[i] = web.DemoPerson{Email: d.email, Name: d.name, Role: d.role, About: d.about}
		_, err := people.PersonByEmail(ctx, d.email)
		if err == nil {
			continue
		}
		if fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		who, err := people.AddPerson(ctx, accounts.CommandLine, d.email, d.name)
		if err != nil {
			return nil, err
		}
		for _, role := range d.roles {
			if err := people.Grant(ctx, accounts.CommandLine, who.ID, role); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}
