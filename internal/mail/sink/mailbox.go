package sink

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jhillyerd/enmime/v2"
	"golang.org/x/net/html"
)

// Mailbox reads the mails that a Sink has kept in a folder.
type Mailbox struct{ Dir string }

// Mail is one kept mail, read.
type Mail struct {
	ID          int64 // its place: 1 is the first that ever came
	ReceivedAt  time.Time
	DeliveredTo []string // the addresses it was handed in for
	From, To    string   // as the mail itself says, with names
	Subject     string
	MessageID   string // with its angle brackets
	InReplyTo   string
	References  string
	Date        time.Time // as the mail itself says
	Text, HTML  string
	Links       []string // of both bodies, each once, in order
	Raw         []byte   // as kept, with the headers of its arrival in front

	header func(string) string
}

// Header gives any other header, decoded, "" where there is none.
func (m *Mail) Header(name string) string { return m.header(name) }

// ErrNoMail says that there is no such mail.
var ErrNoMail = errors.New("there is no such mail")

// Get reads one mail.
func (m Mailbox) Get(id int64) (*Mail, error) {
	raw, err := os.ReadFile(m.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoMail
	}
	if err != nil {
		return nil, fmt.Errorf("reading mail %d: %w", id, err)
	}
	return read(id, raw)
}

// List reads up to limit mails, newest first: older than before (0: from the
// newest), and handed in for this address ("": for anybody).
func (m Mailbox) List(to string, before int64, limit int) ([]*Mail, error) {
	ids, err := m.ids()
	if err != nil {
		return nil, err
	}
	var mails []*Mail
	for _, id := range ids {
		if len(mails) == limit {
			break
		}
		if before != 0 && id >= before {
			continue
		}
		mail, err := m.Get(id)
		if err != nil {
			return nil, err
		}
		if to == "" || slices.ContainsFunc(mail.DeliveredTo, func(a string) bool { return strings.EqualFold(a, to) }) {
			mails = append(mails, mail)
		}
	}
	return mails, nil
}

func read(id int64, raw []byte) (*Mail, error) {
	env, err := enmime.ReadEnvelope(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("reading mail %d: %w", id, err)
	}
	m := &Mail{
		ID: id, From: env.GetHeader("From"), To: env.GetHeader("To"), Subject: env.GetHeader("Subject"),
		MessageID: env.GetHeader("Message-Id"), InReplyTo: env.GetHeader("In-Reply-To"),
		References: env.GetHeader("References"), DeliveredTo: env.GetHeaderValues("Delivered-To"),
		Text: env.Text, HTML: env.HTML, Raw: raw, header: env.GetHeader,
	}
	if _, at, found := strings.Cut(env.GetHeader("Received"), "; "); found {
		m.ReceivedAt, _ = time.Parse(time.RFC1123Z, at) // zero if somebody has edited the file
	}
	m.Date, _ = env.Date() // zero if the mail has none
	m.Links = links(env.Text, env.HTML)
	return m, nil
}

var address = regexp.MustCompile(`https?://[^\s<>"]+`)

// links finds the web addresses in both bodies.
func links(text, page string) []string {
	found := address.FindAllString(text, -1)
	for i := range found {
		found[i] = strings.TrimRight(found[i], ".,;:!?)")
	}
	for z := html.NewTokenizer(strings.NewReader(page)); z.Next() != html.ErrorToken; {
		for _, a := range z.Token().Attr {
			if a.Key == "href" || a.Key == "src" {
				found = append(found, a.Val)
			}
		}
	}
	var each []string
	for _, l := range found {
		if !slices.Contains(each, l) {
			each = append(each, l)
		}
	}
	return each
}

// String names a mail in a test's or a log's line.
func (m *Mail) String() string {
	return "mail " + strconv.FormatInt(m.ID, 10) + " to " + m.To + ": " + m.Subject
}
