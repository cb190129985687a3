package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// outcomeOf runs one command line that ends by itself.
func outcomeOf(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	code = run(t.Context(), args, env, &out, &errs)
	return code, out.String(), errs.String()
}

func TestCommandLineMistakesAreUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"climb"}, {"serve", "--no-such-flag"}, {"programme", "check"}, {"person", "add"}} {
		if code, out, errs := outcomeOf(t, nil, args...); code != exitUsage || out != "" || errs == "" {
			t.Errorf("%q: exit %d, stdout %q, stderr %q", args, code, out, errs)
		}
	}
	code, out, errs := outcomeOf(t, nil, "serve", "--help")
	if code != exitOK || !strings.Contains(out, "SECRET_KEY") || errs != "" {
		t.Errorf("--help: exit %d, stdout %q, stderr %q", code, out, errs)
	}
}

// All that is wrong is told at once, and no secret is repeated.
func TestServeTellsAllThatIsWrong(t *testing.T) {
	tests := []struct {
		name string
		env  []string
		want []string // the beginning of each line
	}{
		{"nothing is set", nil, []string{
			"--data (DATA_DIR): ",
			"--base-url (BASE_URL): ",
			"--smtp-url (SMTP_URL): ",
			"--mail-from (MAIL_FROM): ",
			"--secret-key (SECRET_KEY): ",
		}},
		{"everything is wrong", []string{
			"DATABASE_URL=mysql-s3cret", "DATA_DIR=/dev/null/here", "LISTEN_ADDR=nowhere", "BASE_URL=http://rung.example.org",
			"PROGRAMME=/does/not/exist", "SMTP_URL=http://u:s3cret@mail", "MAIL_FROM=nobody", "SECRET_KEY=s3cret", "TRUSTED_PROXIES=-1", "WEBHOOK_ALLOW=localhost", "PREVIEW_URL=s3cret",
		}, []string{
			"--database-url (DATABASE_URL): expected postgres://",
			"--data (DATA_DIR): expected a folder",
			"--base-url (BASE_URL): expected https://",
			"--preview-url (PREVIEW_URL): expected an address like",
			"--listen (LISTEN_ADDR): expected host:port",
			"--webhook-allow (WEBHOOK_ALLOW): expected IP addresses",
			"--programme (PROGRAMME): expected a programme file",
			"--smtp-url (SMTP_URL): the mail server's address must begin with",
			"--mail-from (MAIL_FROM): expected an address",
			"--secret-key (SECRET_KEY): expected at least 32 bytes",
			"--trusted-proxies (TRUSTED_PROXIES): expected a number",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := outcomeOf(t, tt.env, "serve")
			if code != exitUsage || out != "" {
				t.Errorf("exit %d, stdout %q", code, out)
			}
			if strings.Contains(errs, "s3cret") {
				t.Errorf("a secret is repeated: %s", errs)
			}
			lines := strings.Split(strings.TrimSpace(errs), "\n")[1:]
			if len(lines) != len(tt.want) {
				t.Fatalf("%d lines, want %d:\n%s", len(lines), len(tt.want), errs)
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(strings.TrimSpace(lines[i]), want) {
					t.Errorf("line %d: %q, want %q…", i, lines[i], want)
				}
			}
		})
	}
}

func TestServeSettings(t *testing.T) {
	good := serveCmd{
		storage:   storage{DatabaseURL: "postgres://rung@db/rung", DataDir: t.TempDir()},
		serving:   serving{BaseURL: "https://rung.example.org/", Listen: ":80"},
		SMTPURL:   "smtps://mail.example.org",
		MailFrom:  "Leadership Ladder <rung@example.org>",
		SecretKey: strings.Repeat("k", minSecret),
	}
	s, err := good.settings()
	if err != nil {
		t.Fatal(err)
	}
	if s.baseURL.String() != "https://rung.example.org" || s.from.Name != "Leadership Ladder" || s.server.Port != 465 || s.programme == nil {
		t.Errorf("%+v", s)
	}
}

func TestBaseURL(t *testing.T) {
	for raw, ok := range map[string]bool{
		"https://rung.example.org":        true,
		"https://rung.example.org:8443/":  true,
		"http://localhost:8080":           true,
		"http://127.0.0.1:8080":           true,
		"http://[::1]:8080":               true,
		"http://rung.example.org":         false,
		"http://localhost.example.org":    false,
		"https://rung.example.org/rung":   false,
		"https://rung.example.org/?a=b":   false,
		"https://u:p@rung.example.org":    false,
		"ftp://rung.example.org":          false,
		"rung.example.org":                false,
		"https://":                        false,
		"":                                false,
		"https://rung.example.org/#there": false,
	} {
		if _, err := parseBaseURL(raw); (err == nil) != ok {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

func TestPreviewURL(t *testing.T) {
	for _, tt := range []struct {
		base, preview string
		want          string // a part of the refusal, empty where it is taken
	}{
		{"https://rung.example.org", "", ""},
		{"https://rung.example.org", "https://rung-preview.example.org", ""},
		{"https://rung.example.org", "https://preview.rung.example.org/", ""},
		{"https://rung.example.org", "https://rung.example.org:8443", "another host name"},
		{"https://rung.example.org", "https://RUNG.example.org", "another host name"},
		{"https://rung.example.org", "https://rung.example.org.:8443", "another host name"},
		{"https://rung.example.org", "http://preview.example.org", "https://"},
		{"https://rung.example.org", "http://localhost:8080", "expected https:// as BASE_URL has"},
		{"http://localhost:8080", "https://preview.example.org", "expected http:// as BASE_URL has"},
		{"http://localhost:8080", "http://127.0.0.1:8080", ""},
		{"http://localhost:8080", "http://localhost:8081", "another host name"},
		{"https://rung.example.org", "https://preview.example.org/p", "scheme and host alone"},
		{"https://rung.example.org", "preview.example.org", "expected an address like https://rung-preview"},
		{"https://rung.example.org", "https://u:s3cret@preview.example.org", "scheme and host alone"},
	} {
		base, err := parseBaseURL(tt.base)
		if err != nil {
			t.Fatal(err)
		}
		u, err := parsePreviewURL(tt.preview, base)
		if tt.want == "" && (err != nil || (u == nil) != (tt.preview == "")) || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%q beside %q: %v, %v, expected %q", tt.preview, tt.base, u, err, tt.want)
		}
	}
}

// A demo's previews are at this machine's other name.
func TestDemoPreviews(t *testing.T) {
	for base, want := range map[string]string{
		"": "http://127.0.0.1:8080", "http://localhost:9000": "http://127.0.0.1:9000", "http://127.0.0.1:9000": "http://localhost:9000", "http://[::1]:9000": "http://localhost:9000",
	} {
		s, err := demoCmd{storage: storage{DataDir: t.TempDir()}, serving: serving{BaseURL: base}}.settings()
		if err != nil || s.previewURL == nil || s.previewURL.String() != want {
			t.Errorf("%q: previews at %v, %v, expected %s", base, s.previewURL, err, want)
		}
	}
}

// A demo lets anybody in as anybody: nothing that others could reach is taken.
func TestDemoStaysOnThisMachine(t *testing.T) {
	for _, env := range [][]string{
		{"DATABASE_URL=postgres://u:s3cret@db/rung"},
		{"LISTEN_ADDR=:8080"},
		{"LISTEN_ADDR=0.0.0.0:8080"},
		{"LISTEN_ADDR=192.0.2.1:8080"},
		{"BASE_URL=https://rung.example.org"},
		{"BASE_URL=http://192.0.2.1"},
		{"PREVIEW_URL=https://preview.example.org"},
	} {
		name, _, _ := strings.Cut(env[0], "=")
		code, _, errs := outcomeOf(t, append(env, "DATA_DIR="+t.TempDir()), "demo")
		if code != exitUsage || !strings.Contains(errs, "("+name+")") || strings.Contains(errs, "s3cret") {
			t.Errorf("%s: exit %d: %s", env[0], code, errs)
		}
	}
}

func TestAddressInUse(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	code, _, errs := outcomeOf(t, []string{"DATA_DIR=" + t.TempDir(), "LISTEN_ADDR=" + ln.Addr().String()}, "demo")
	if code != exitFailure || !strings.Contains(errs, "cannot listen on "+ln.Addr().String()+" (address already in use)") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestProgrammeCommands(t *testing.T) {
	code, out, errs := outcomeOf(t, nil, "programme", "graph")
	if code != exitOK || !strings.HasPrefix(out, "stateDiagram-v2") || errs != "" {
		t.Errorf("graph: exit %d, %.60q, %s", code, out, errs)
	}
	good, bad := filepath.Join(t.TempDir(), "good.yaml"), filepath.Join(t.TempDir(), "bad.yaml")
	builtIn, err := loadProgramme("")
	if err != nil {
		t.Fatal(err)
	}
	for file, src := range map[string][]byte{good: builtIn.Source, bad: []byte("name: 3\nnonsense: yes\n")} {
		if err := os.WriteFile(file, src, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code, out, errs := outcomeOf(t, nil, "programme", "check", good); code != exitOK || !strings.Contains(out, builtIn.Version) {
		t.Errorf("check: exit %d, %q, %s", code, out, errs)
	}
	if code, _, errs := outcomeOf(t, nil, "programme", "check", bad); code != exitFailure || !strings.Contains(errs, bad+":2: ") {
		t.Errorf("check: exit %d, %s", code, errs)
	}
	// The same mistakes keep a server from starting, among the others.
	if code, _, errs := outcomeOf(t, []string{"DATA_DIR=" + t.TempDir()}, "serve", "--programme", bad); code != exitUsage ||
		!strings.Contains(errs, "(PROGRAMME): line 2: ") {
		t.Errorf("serve: exit %d, %s", code, errs)
	}
}
