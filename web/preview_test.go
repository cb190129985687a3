package web_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/web/preview"
	"github.com/leadership-ladder/rung/web/webtest"
	"github.com/leadership-ladder/rung/workflow"
)

// stage is a site with a draft of Anna's whose package is known.
type stage struct {
	*webtest.House
	t    testing.TB
	anna *webtest.Visitor
	path string // of the proposal
	id   int64
}

func newStage(t testing.TB, pkg []byte) *stage {
	t.Helper()
	s := &stage{House: webtest.StartWhole(t), t: t}
	s.anna = s.SignIn(t, "anna@example.org")
	by := workflow.Actor{Person: s.People["anna"].ID}
	id, err := s.Server.Authoring.Create(t.Context(), by, authoring.Idea{Title: "Leading a Handover"})
	if err == nil {
		_, _, err = s.Server.Authoring.AttachPackage(t.Context(), by, id, 0, "handover.zip", bytes.NewReader(pkg))
	}
	if err != nil {
		t.Fatal(err)
	}
	s.id, s.path = id, "/proposals/"+itoa(id)
	return s
}

// link is the address of a preview as Anna's page has it.
func (s *stage) link() string {
	s.t.Helper()
	src, _ := webtest.Attribute(s.anna.Get(s.path+"/preview").Expect(200).One("div", "data-preview", ""), "data-src")
	return src
}

// get asks for an address at the previews' host; the connection goes to the
// server itself, by whatever name.
func (s *stage) get(address string, change ...func(*http.Request)) *answered {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range change {
		f(r)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if c := res.Header.Values("Set-Cookie"); len(c) > 0 {
		s.t.Errorf("%s sets a cookie: %q", address, c)
	}
	return &answered{res, string(body)}
}

type answered struct {
	*http.Response
	body string
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func method(name string) func(*http.Request) { return func(r *http.Request) { r.Method = name } }

type packed struct {
	name   string
	data   string
	stored bool
}

func packageOf(t testing.TB, files ...packed) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate}
		if f.stored {
			h.Method = zip.Store
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(w, f.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// film is 2 MB that deflate makes smaller, and not as small as a bomb.
var film = func() string {
	random := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 2_000_000)
	for i := range b {
		b[i] = '0' + byte(random.IntN(10))
	}
	return string(b)
}()

func filesOf(t testing.TB) []byte {
	return packageOf(t,
		packed{name: "index.html", data: "<title>Hello</title>"}, packed{name: "sub/Style.CSS", data: "b{}"}, packed{name: "sub/index.html", data: "sub"},
		packed{name: "a b.txt", data: "space"}, packed{name: "c%20d.txt", data: "percent"}, packed{name: "é.js", data: "accent"}, packed{name: "unknown.zzz", data: "?"},
		packed{name: "stored.mp4", data: film, stored: true}, packed{name: "packed.mp4", data: film}, packed{name: "x.php", data: "<?php"}, packed{name: "empty.js"},
		packed{name: "doc.pdf", data: "%PDF-1.4"})
}

func TestPreviewServesTheFiles(t *testing.T) {
	s := newStage(t, filesOf(t))
	base := s.link() + "files/"
	for _, tt := range []struct {
		path, kind, body string
		status           int
	}{
		{"index.html", "text/html", "<title>Hello</title>", 200},
		{"", "text/html", "<title>Hello</title>", 200},
		{"sub/", "text/html", "sub", 200},
		{"sub/Style.CSS", "text/css", "b{}", 200},
		{"index.html?x=1&y=%2e%2e%2f", "text/html", "<title>Hello</title>", 200},
		{"a%20b.txt", "text/plain", "space", 200},
		{"a+b.txt", "", "", 404},
		{"c%20d.txt", "text/plain", "percent", 200},
		{"c%2520d.txt", "text/plain", "percent", 200},
		{"%C3%A9.js", "text/javascript", "accent", 200},
		{"unknown.zzz", "application/octet-stream", "?", 200},
		{"x.php", "application/octet-stream", "<?php", 200},
		{"empty.js", "text/javascript", "", 200},
		{"stored.mp4", "video/mp4", film, 200},
		{"packed.mp4", "video/mp4", film, 200},
		{"sub/style.css", "", "", 404},
		{"sub", "", "", 404},
		{"../files/index.html", "", "", 404},
		{"..%2f..%2f..%2fetc%2fpasswd", "", "", 404},
		{"%2e%2e/%2e%2e/etc/passwd", "", "", 404},
		{"sub/../index.html", "", "", 404},
		{"/index.html", "", "", 404},
		{"sub%5cStyle.CSS", "", "", 404},
		{"index.html%00", "", "", 404},
		{strings.Repeat("a/", 2000), "", "", 404},
	} {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		u.Opaque = "//" + u.Host + u.Path + tt.path // sent as it is written
		a := s.get(base, func(r *http.Request) { r.URL = u })
		if a.StatusCode != tt.status || tt.status == 200 && (a.Header.Get("Content-Type") != tt.kind || a.body != tt.body) {
			t.Errorf("%.60s: %d %q %.60q, expected %d %q %.60q", tt.path, a.StatusCode, a.Header.Get("Content-Type"), a.body, tt.status, tt.kind, tt.body)
		}
		if tt.status == 404 && !strings.Contains(a.body, "not in the package") {
			t.Errorf("%.60s is refused without a word: %.200s", tt.path, a.body)
		}
	}
}

func TestPreviewRanges(t *testing.T) {
	s := newStage(t, filesOf(t))
	base := s.link() + "files/"
	for _, name := range []string{"stored.mp4", "packed.mp4"} {
		whole := s.get(base+name, method(http.MethodHead))
		if whole.StatusCode != 200 || whole.ContentLength != int64(len(film)) || whole.Header.Get("Accept-Ranges") != "bytes" {
			t.Errorf("HEAD %s: %d, %d bytes, %v", name, whole.StatusCode, whole.ContentLength, whole.Header)
		}
		tag := whole.Header.Get("ETag")
		for _, tt := range []struct {
			asked  string
			status int
			body   string
			change func(*http.Request)
		}{
			{"bytes=0-4", 206, film[:5], nil},
			{"bytes=1999995-", 206, film[1999995:], nil},
			{"bytes=-3", 206, film[1999997:], nil},
			{"bytes=1000003-1000006", 206, film[1000003:1000007], nil},
			{"bytes=2000000-", 416, "", nil},
			{"bytes=5-1", 416, "", nil},
			{"nonsense", 416, "", nil},
			{"bytes=3-5", 206, film[3:6], header("If-Range", tag)},
			{"bytes=3-5", 200, film, header("If-Range", `"other"`)},
			{"bytes=3-5", 304, "", header("If-None-Match", tag)},
		} {
			change := []func(*http.Request){header("Range", tt.asked)}
			if tt.change != nil {
				change = append(change, tt.change)
			}
			a := s.get(base+name, change...)
			if a.StatusCode != tt.status || tt.status != 416 && a.body != tt.body {
				t.Errorf("%s, %s: %d %.40q, expected %d %.40q", name, tt.asked, a.StatusCode, a.body, tt.status, tt.body)
			}
		}
	}
	many := header("Range", "bytes=1999990-1999991,0-1,5-6")
	if a := s.get(base+"stored.mp4", many); a.StatusCode != 206 || !strings.HasPrefix(a.Header.Get("Content-Type"), "multipart/byteranges") {
		t.Errorf("several ranges of a stored file: %d %v", a.StatusCode, a.Header)
	}
	if a := s.get(base+"packed.mp4", many); a.StatusCode != 200 || a.body != film {
		t.Errorf("several ranges of a packed file: %d, %d bytes, expected the whole", a.StatusCode, len(a.body))
	}
}

func TestPreviewHeaders(t *testing.T) {
	s := newStage(t, filesOf(t))
	link := s.link()
	for _, path := range []string{"", "files/index.html", "files/nothing", "elsewhere"} {
		h := s.get(link + path).Header
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin", "X-Robots-Tag": "noindex, nofollow",
		} {
			if h.Get(name) != want {
				t.Errorf("%q: %s is %q, expected %q", path, name, h.Get(name), want)
			}
		}
		policy := h.Get("Content-Security-Policy")
		if !strings.Contains(policy, "frame-ancestors") || !strings.Contains(policy, s.URL) || !strings.HasPrefix(h.Get("Cache-Control"), "private, no-") {
			t.Errorf("%q: %v", path, h)
		}
	}
	content := s.get(link + "files/index.html").Header.Get("Content-Security-Policy")
	for _, part := range []string{"connect-src 'self' data: blob:;", "form-action 'self';", "sandbox allow-scripts allow-same-origin"} {
		if !strings.Contains(content, part) {
			t.Errorf("content may do more than it should: %q lacks %q", content, part)
		}
	}
	if strings.Contains(content, "allow-top-navigation") {
		t.Error("content may lead the window away")
	}
	if may := s.get(link + "files/index.html").Header.Get("Permissions-Policy"); !strings.Contains(may, "microphone=()") || !strings.Contains(may, "camera=()") {
		t.Errorf("content may hear and see: %q", may)
	}
	if pdf := s.get(link + "files/doc.pdf").Header.Get("Content-Security-Policy"); strings.Contains(pdf, "sandbox") {
		t.Errorf("a browser shows no PDF in a sandbox: %q", pdf)
	}
	if h := s.get(link).Header; h.Get("Clear-Site-Data") != `"storage"` || strings.Contains(h.Get("Content-Security-Policy"), "unsafe") {
		t.Errorf("the shell: %v", h)
	}
	page := s.anna.Get(s.path + "/preview")
	if policy := page.Header.Get("Content-Security-Policy"); !strings.HasSuffix(policy, "; frame-src "+s.Server.Preview.Origin()) {
		t.Errorf("a page with the frame: %q", policy)
	}
	if opener := page.Header.Get("Cross-Origin-Opener-Policy"); opener != "same-origin-allow-popups" {
		t.Errorf("windows that a course opens are cut off: %q", opener)
	}
	if h := s.anna.Get(s.path).Header; strings.Contains(h.Get("Content-Security-Policy"), "frame-src") || h.Get("Cross-Origin-Opener-Policy") != "same-origin" {
		t.Errorf("a page without one: %v", h)
	}
}

func TestPreviewLinks(t *testing.T) {
	s := newStage(t, filesOf(t))
	link := s.link()
	token := strings.TrimSuffix(link[strings.Index(link, "/p/")+3:], "/")
	unknown := preview.Look{Digest: strings.Repeat("ab", 32), Proposal: s.id, Person: s.People["anna"].ID}
	other := strings.TrimSuffix(strings.SplitAfter(s.Server.Preview.Link(unknown), "/p/")[1], "/")
	strange := &preview.Server{URL: s.Server.Preview.URL, Secret: []byte("another secret of somebody else"), Now: s.Clock.Now}
	foreign := strings.TrimSuffix(strings.SplitAfter(strange.Link(unknown), "/p/")[1], "/")
	at := func(another string) string { return strings.Replace(link, token, another, 1) }
	changed := func(i int) string {
		b := []byte(token)
		if b[i] = 'A'; token[i] == 'A' {
			b[i] = 'B'
		}
		return string(b)
	}
	for name, tt := range map[string]struct {
		address string
		status  int
	}{
		"as it is":                    {link, 200},
		"without its slash":           {strings.TrimSuffix(link, "/"), 302},
		"sealed by others":            {at(foreign), 404},
		"changed at its beginning":    {at(changed(0)), 404},
		"in its middle":               {at(changed(len(token) / 2)), 404},
		"at its end":                  {at(changed(len(token) - 1)), 404},
		"cut":                         {at(token[:len(token)-4]), 404},
		"cut short":                   {at(token[:8]), 404},
		"put together of two":         {at(token[:len(token)/2] + other[len(token)/2:]), 404},
		"written otherwise":           {at(token + "%0A"), 404},
		"filled up":                   {at(token + "="), 404},
		"empty":                       {at("x"), 404},
		"long":                        {at(strings.Repeat("a", 700)), 404},
		"a package that isn’t here":   {at(other), 410},
		"something else":              {link + "secret", 404},
		"no preview":                  {s.Server.Preview.Origin() + "/catalogue", 404},
		"the API":                     {s.Server.Preview.Origin() + "/api/v1/proposals", 404},
		"the pages’ own assets":       {s.Server.Preview.Origin() + "/assets/rung.js", 404},
		"the shell’s":                 {s.Server.Preview.Origin() + "/assets/preview/shell.js", 200},
		"no way round":                {s.Server.Preview.Origin() + "/assets/preview/../rung.js", 404},
		"the root":                    {s.Server.Preview.Origin() + "/", 302},
		"health":                      {s.Server.Preview.Origin() + "/healthz", 200},
		"content at the usual host":   {strings.Replace(link, s.Server.Preview.Origin(), s.URL, 1) + "files/index.html", 404},
		"the shell at the usual host": {strings.Replace(link, s.Server.Preview.Origin(), s.URL, 1), 404},
	} {
		if a := s.get(tt.address); a.StatusCode != tt.status {
			t.Errorf("%s: %d, expected %d: %.200s", name, a.StatusCode, tt.status, a.body)
		}
	}
	if sealed, err := base64.RawURLEncoding.DecodeString(token); err != nil || bytes.Contains(sealed, []byte(`"p":`)) {
		t.Errorf("a link can be read by the scripts of the package: %q", sealed)
	}
	s.get(strings.Replace(link, "/p/", "//p/", 1))
	s.get(strings.Replace(link, "/p/", "/x/p/", 1))
	s.get(strings.Replace(link, "/p/", "/%70/", 1) + "nothing")
	if strings.Contains(s.Log.String(), token) {
		t.Error("the log holds a link that opens the preview")
	}
	s.Clock.Add(preview.Lasts - time.Minute)
	if a := s.get(link + "files/index.html"); a.StatusCode != 200 {
		t.Errorf("shortly before its end: %d", a.StatusCode)
	}
	s.Clock.Add(time.Minute)
	if a := s.get(link + "files/index.html"); a.StatusCode != http.StatusGone || !strings.Contains(a.body, "This preview has ended") {
		t.Errorf("after its end: %d %s", a.StatusCode, a.body)
	}
}

// A link holds no longer than the right to what it shows.
func TestPreviewEndsWithTheRightToIt(t *testing.T) {
	for name, lose := range map[string]func(*stage) error{
		"an account that was closed": func(s *stage) error {
			_, err := s.DB.Exec(`update people set deactivated_at = $1 where id = $2`, s.Clock.Now(), s.People["anna"].ID)
			return err
		},
		"an author no more": func(s *stage) error {
			_, err := s.DB.Exec(`update authors set email = 'lena@example.org' where proposal_id = $1`, s.id)
			return err
		},
		"another package": func(s *stage) error {
			d, err := s.Server.Authoring.Draft(s.t.Context(), workflow.Actor{Person: s.People["anna"].ID}, s.id)
			if err != nil {
				return err
			}
			_, _, err = s.Server.Authoring.AttachPackage(s.t.Context(), workflow.Actor{Person: s.People["anna"].ID}, s.id, d.Version, "other.zip", bytes.NewReader(packageOf(s.t, packed{name: "index.html", data: "other"})))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, filesOf(t))
			link := s.link()
			if a := s.get(link + "files/index.html"); a.StatusCode != 200 {
				t.Fatalf("at first: %d", a.StatusCode)
			}
			if err := lose(s); err != nil {
				t.Fatal(err)
			}
			s.Clock.Add(time.Minute)
			for _, path := range []string{"", "files/index.html", "reported", "xapi/about"} {
				if a := s.get(link + path); a.StatusCode != http.StatusGone || !strings.Contains(a.body, "This preview has ended") || strings.Contains(a.body, "Hello") {
					t.Errorf("%q: %d %.300s", path, a.StatusCode, a.body)
				}
			}
		})
	}
}

// Not even a mistake of ours brings a page of Rung to the previews' host.
func TestPreviewWhereSomethingBreaks(t *testing.T) {
	s := newStage(t, filesOf(t))
	link := s.link()
	s.Server.Preview.May = func(context.Context, preview.Look) error { panic("broken on purpose") }
	a := s.get(link+"files/index.html", func(r *http.Request) {
		for _, c := range s.anna.Cookies() {
			r.AddCookie(c)
		}
	})
	if a.StatusCode != http.StatusInternalServerError || !strings.Contains(a.body, "There is a problem with this preview") || strings.Contains(a.body, "broken") {
		t.Errorf("%d %v %s", a.StatusCode, a.Header, a.body)
	}
	token := strings.SplitAfter(link, "/p/")[1]
	if strings.Contains(s.Log.String(), token) {
		t.Error("the log holds the link")
	}
	if !strings.Contains(s.Log.String(), "broken on purpose") {
		t.Error("the log doesn’t say what broke")
	}
}

// What a link shows is asked for again each minute, and trouble is no answer.
func TestPreviewWhereTheRightCannotBeTold(t *testing.T) {
	s := newStage(t, filesOf(t))
	asked, answer := 0, error(nil)
	s.Server.Preview.May = func(context.Context, preview.Look) error { asked++; return answer }
	link := s.link()
	for range 3 {
		s.get(link + "files/index.html")
	}
	if asked != 1 {
		t.Errorf("it was asked for %d times in a moment", asked)
	}
	s.Clock.Add(time.Minute)
	answer = errors.New("no database")
	if a := s.get(link + "files/index.html"); a.StatusCode != http.StatusServiceUnavailable || strings.Contains(a.body, "Hello") || strings.Contains(a.body, "no database") {
		t.Errorf("%d %.300s", a.StatusCode, a.body)
	}
}

// The host decides, however it is written; a session is worth nothing at the
// previews' host, and is not extended there.
func TestPreviewHostKnowsNoSession(t *testing.T) {
	s := newStage(t, filesOf(t))
	link := s.link()
	port := s.Server.BaseURL.Port()
	for _, host := range []string{"localhost:" + port, "LOCALHOST:" + port, "localhost", "localhost.:" + port, "localhost:1"} {
		a := s.get(s.URL+s.path, func(r *http.Request) {
			r.Host = host
			for _, c := range s.anna.Cookies() {
				r.AddCookie(c)
			}
		})
		if a.StatusCode != 404 || strings.Contains(a.body, "Leading a Handover") {
			t.Errorf("%s shows a page of Rung: %d", host, a.StatusCode)
		}
	}
	for _, host := range []string{"localhost.example.org", "xlocalhost", "127.0.0.1", ""} {
		a := s.get(strings.Replace(link, "localhost", "127.0.0.1", 1)+"files/index.html", func(r *http.Request) { r.Host = host })
		if a.StatusCode == 200 {
			t.Errorf("%q shows content", host)
		}
	}
	for name, change := range map[string]func(*http.Request){
		"a service worker": header("Service-Worker", "script"), "a post": method(http.MethodPost), "a put": method(http.MethodPut),
	} {
		if a := s.get(link+"files/index.html", change); a.StatusCode < 400 || strings.Contains(a.body, "Hello") {
			t.Errorf("%s gets %d", name, a.StatusCode)
		}
	}
}

func TestDamagedFilesAreToldInWords(t *testing.T) {
	b := packageOf(t, packed{name: "small.html", data: strings.Repeat("hello ", 1000)}, packed{name: "large.mp4", data: film}, packed{name: "good.html", data: "good"})
	for _, name := range []string{"small.html", "large.mp4"} {
		at := bytes.Index(b, []byte(name)) + len(name)
		binary.LittleEndian.PutUint64(b[at:], 0xffffffffffffffff) // no deflate block begins so
	}
	s := newStage(t, b)
	base := s.link() + "files/"
	for _, name := range []string{"small.html", "large.mp4"} {
		if a := s.get(base + name); a.StatusCode != http.StatusBadGateway || !strings.Contains(a.body, "is in the package, but can’t be unpacked") {
			t.Errorf("%s: %d %.300s", name, a.StatusCode, a.body)
		}
	}
	if a := s.get(base + "good.html"); a.body != "good" {
		t.Errorf("the good one: %d %s", a.StatusCode, a.body)
	}
}

// Where there is no second host, pages say nothing of previews.
func TestWithoutPreviews(t *testing.T) {
	s := newStage(t, filesOf(t))
	whole := s.anna.Get(s.path + "/edit/package").Expect(200)
	whole.Says("Open the preview here")
	s.Server.Preview = nil // read at each request, but for the host
	s.anna.Get(s.path+"/edit/package").Expect(200).SaysNot("preview", "Preview")
	s.anna.Get(s.path + "/preview").Expect(404).Says("Download the package")
}

func TestOnlyPackagesArePreviewed(t *testing.T) {
	s := newStage(t, []byte("%PDF-1.7\n"+strings.Repeat("x", 100)))
	s.anna.Get(s.path + "/preview").Expect(200).Says("not a package that an LMS launches")
	s.anna.Get(s.path + "/edit/package").Expect(200).SaysNot("data-preview")
	for _, query := range []string{"?revision=1", "?revision=x", "?revision=-1"} {
		s.anna.Get(s.path + "/preview" + query).Expect(404)
	}
}
