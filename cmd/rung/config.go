package main

import (
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/leadership-ladder/rung/internal/mail"
	"github.com/leadership-ladder/rung/internal/webhooks"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// minSecret is the fewest bytes of SECRET_KEY: as many as the codes' HMAC uses.
const minSecret = 32

// problems is all that is wrong with a configuration, one line each: flag,
// variable, and what is expected. They never repeat a value, which may be secret.
type problems []string

func (p problems) Error() string { return strings.Join(p, "\n") }

// add records that a setting is wrong.
func (p *problems) add(flag, variable, expected string) {
	*p = append(*p, fmt.Sprintf("--%s (%s): %s", flag, variable, expected))
}

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// storage says where the data live.
type storage struct {
	DatabaseURL string `name:"database-url" variable:"DATABASE_URL" placeholder:"URL" help:"PostgreSQL database to use; without it Rung runs a private one in its data folder (DATABASE_URL)."`
	DataDir     string `name:"data" variable:"DATA_DIR" placeholder:"FOLDER" help:"Folder of uploaded packages and of the private database (DATA_DIR)."`
}

// check reports what is wrong with it, and makes the folder's path absolute.
func (s *storage) check(wrong *problems) {
	if s.DatabaseURL != "" && !strings.HasPrefix(s.DatabaseURL, "postgres://") &&
		!strings.HasPrefix(s.DatabaseURL, "postgresql://") && !strings.Contains(s.DatabaseURL, "=") {
		wrong.add("database-url", "DATABASE_URL", "expected postgres://user:password@host:port/database?sslmode=…")
	}
	if s.DataDir == "" {
		return
	}
	dir, err := filepath.Abs(s.DataDir)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		wrong.add("data", "DATA_DIR", "expected a folder that exists or can be made, and that Rung may write to")
		return
	}
	s.DataDir = dir
}

func (s storage) clusterDir() string { return filepath.Join(s.DataDir, "postgres") }
func (s storage) filesDir() string   { return filepath.Join(s.DataDir, "files") }
func (s storage) mailDir() string    { return filepath.Join(s.DataDir, "mail") }
func (s storage) secretFile() string { return filepath.Join(s.DataDir, "secret") }

// serving is what a running site needs besides its storage.
type serving struct {
	followed
	WebhookAllow string `name:"webhook-allow" variable:"WEBHOOK_ALLOW" placeholder:"NETWORKS" help:"Private networks and addresses, with commas between them, that webhooks may be sent to, also by http://: 10.1.2.3 or 10.0.0.0/8:8443 (WEBHOOK_ALLOW)."`
	BaseURL      string `name:"base-url" variable:"BASE_URL" placeholder:"URL" help:"Where people reach this site; links in mail begin with it (BASE_URL)."`
	PreviewURL   string `name:"preview-url" variable:"PREVIEW_URL" placeholder:"URL" help:"Where packages are previewed: this server by another host name, so that their scripts meet no session; without it there are no previews (PREVIEW_URL)."`
	Listen       string `name:"listen" variable:"LISTEN_ADDR" placeholder:"ADDRESS" help:"Address to listen on (LISTEN_ADDR)."`
}

// followed says which programme is followed.
type followed struct {
	Programme string `name:"programme" variable:"PROGRAMME" placeholder:"FILE" help:"Programme to follow instead of the built-in Leadership Ladder (PROGRAMME)."`
}

// settings is a checked configuration.
type settings struct {
	storage
	baseURL    *url.URL
	previewURL *url.URL // nil: no previews
	followPort bool     // baseURL names the port that is listened on, whichever it is
	listen     string
	programme  *programme.Programme
	secret     []byte
	proxies    int
	server     mail.Server
	from       netmail.Address

	webhookAllow webhooks.Allow
}

// check reads what both ways of serving have in common.
func (s serving) check(wrong *problems, into *settings) {
	var err error
	if into.baseURL, err = parseBaseURL(s.BaseURL); err != nil {
		wrong.add("base-url", "BASE_URL", err.Error())
	}
	if into.previewURL, err = parsePreviewURL(s.PreviewURL, into.baseURL); err != nil {
		wrong.add("preview-url", "PREVIEW_URL", err.Error())
	}
	into.listen = s.Listen
	if _, port, err := net.SplitHostPort(s.Listen); err != nil {
		wrong.add("listen", "LISTEN_ADDR", "expected host:port or :port, such as 127.0.0.1:8080")
	} else if _, err := net.LookupPort("tcp", port); err != nil {
		wrong.add("listen", "LISTEN_ADDR", "expected a port from 0 to 65535 after the colon")
	}
	if into.webhookAllow, err = webhooks.ParseAllow(s.WebhookAllow); err != nil {
		wrong.add("webhook-allow", "WEBHOOK_ALLOW", "expected IP addresses or networks with commas between them, such as 10.1.2.3,10.0.0.0/8:8443")
	}
	if into.programme, err = loadProgramme(s.Programme); err != nil {
		var mistakes *programme.Mistakes
		if errors.As(err, &mistakes) {
			for _, m := range mistakes.List {
				wrong.add("programme", "PROGRAMME", fmt.Sprintf("line %d: %s", m.Line, m.Text))
			}
		} else {
			wrong.add("programme", "PROGRAMME", "expected a programme file that can be read")
		}
	}
}

// parseBaseURL takes the address of a whole host: cookies and links assume it.
// Anything but this very machine has to be reached over TLS.
func parseBaseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if raw == "" || err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return nil, errors.New("expected an address like https://rung.example.org")
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, errors.New("expected scheme and host alone, like https://rung.example.org")
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return nil, errors.New("expected https:// (plain http:// only for localhost)")
	}
	u.Path = ""
	return u, nil
}

// parsePreviewURL takes the address of previews, nil for none. Its host name
// must be another than the site's: cookies and sessions go by host name, and a
// browser gives those of one port to another.
func parsePreviewURL(raw string, base *url.URL) (*url.URL, error) {
	if raw == "" {
		return nil, nil
	}
	u, err := parseBaseURL(raw)
	if err != nil {
		return nil, errors.New(strings.ReplaceAll(err.Error(), "rung.example.org", "rung-preview.example.org"))
	}
	switch {
	case base == nil: // which is wrong by itself
	case strings.EqualFold(strings.TrimSuffix(u.Hostname(), "."), strings.TrimSuffix(base.Hostname(), ".")):
		return nil, errors.New("expected another host name than BASE_URL’s: another port of the same host shares its cookies, so that a package’s scripts could act as whoever looks at it")
	case u.Scheme != base.Scheme:
		return nil, fmt.Errorf("expected %s:// as BASE_URL has: browsers don’t show the one in the other", base.Scheme)
	}
	return u, nil
}

// isLoopback reports whether a host can only be this very machine.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// loadProgramme reads a programme file, "" being the built-in one.
func loadProgramme(file string) (*programme.Programme, error) {
	if file == "" {
		return programme.Default(), nil
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the programme: %w", err)
	}
	return programme.Parse(file, src)
}
