package mail

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	netmail "net/mail"
	"net/url"
	"regexp"
	"strings"
	texttemplate "text/template"
	"time"

	gomail "github.com/wneessen/go-mail"
)

//go:embed templates
var templates embed.FS

// lines is s line by line, however they end; the spaces at the ends are kept out.
func lines(s string) []string {
	return strings.Split(strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")), "\n")
}

var (
	textMail = texttemplate.Must(texttemplate.New("mail.txt").
			Funcs(texttemplate.FuncMap{"lines": lines, "trim": strings.TrimSpace}).ParseFS(templates, "templates/mail.txt"))
	htmlMail = htmltemplate.Must(htmltemplate.New("mail.html").
			Funcs(htmltemplate.FuncMap{"lines": lines}).ParseFS(templates, "templates/mail.html"))
)

// errAddress says that the recipient's address can never be delivered to.
var errAddress = errors.New("not an address that mail can be sent to")

var threadName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// maxSubject bounds a subject, in characters: phones show about 40.
const maxSubject = 200

// compose makes the message. id is the outbox's, and host the one of BASE_URL:
// together they make a Message-ID that stays the same however often it is tried.
func compose(id int64, f Facts, from netmail.Address, host string, now time.Time) (*gomail.Msg, error) {
	if !ValidAddress(f.ToEmail) {
		return nil, errAddress
	}
	if f.Link != "" {
		if u, err := url.Parse(f.Link); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, errors.New("composing a mail: its link is not an absolute web address")
		}
	}
	f.Subject, f.Heading, f.Action = oneLine(f.Subject), oneLine(f.Heading), oneLine(f.Action)
	if r := []rune(f.Subject); len(r) > maxSubject {
		f.Subject = string(r[:maxSubject-1]) + "…"
	}

	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(&from)
	m.ToMailAddress(&netmail.Address{Name: oneLine(f.ToName), Address: f.ToEmail})
	m.Subject(f.Subject)
	m.SetDateWithValue(now.UTC())
	m.SetMessageIDWithValue(fmt.Sprintf("rung-%d@%s", id, host))
	if f.Thread != "" {
		if !threadName.MatchString(f.Thread) {
			return nil, errors.New("composing a mail: its thread's name may hold lower-case letters, digits and hyphens alone")
		}
		root := fmt.Sprintf("<%s@%s>", f.Thread, host)
		m.SetGenHeader(gomail.HeaderInReplyTo, root)
		m.SetGenHeader(gomail.HeaderReferences, root)
	}
	// Both keep out-of-office answers away; the second is the one Exchange heeds.
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("X-Auto-Response-Suppress", "All")

	var text, html bytes.Buffer
	if err := textMail.Execute(&text, f); err != nil {
		return nil, fmt.Errorf("composing a mail: %w", err)
	}
	if err := htmlMail.Execute(&html, f); err != nil {
		return nil, fmt.Errorf("composing a mail: %w", err)
	}
	m.SetBodyString(gomail.TypeTextPlain, text.String())
	m.AddAlternativeString(gomail.TypeTextHTML, html.String())
	return m, nil
}
