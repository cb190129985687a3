package e2e

// hands are what a person does with a page. Whatever cannot be done as said
// ends the test. Each act looks at the page as it is then.
type hands interface {
	open(address string) // of this site, with or without its beginning
	at() string          // the path, with its query
	text() string        // what the page shows, its spaces made single
	within(heading string) hands

	fill(label, words string)
	choose(question, answer string)
	attach(label, file string)
	// keep sees to it that what was filled in and chosen last is saved, where the
	// page saves as one goes: by its button, or by waiting for the script.
	keep()
	press(button string) // and waits for the page that it leads to
	follow(link string)
	holds(label string) string // what is in a field
	offers(button string) bool
	leads(link string) string // where a link would lead
}
