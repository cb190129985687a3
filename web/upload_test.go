package web_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/web/browsertest"
	"github.com/leadership-ladder/rung/web/webtest"
)

// sentWhole posts a package the way browsers do over HTTP/1.1: all of it is
// written before the answer is read, and an error of writing ends it.
func sentWhole(t *testing.T, v *webtest.Visitor, path string, body []byte) (status int, page string) {
	t.Helper()
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	file, err := m.CreateFormFile("package", "long.zip")
	if err == nil {
		_, err = file.Write(body)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, v.Site.URL+path+"/package", &form)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, c := range v.Cookies() {
		r.AddCookie(c)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(v.Site.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := r.Write(conn); err != nil {
		t.Fatalf("the connection broke: %v", err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), r)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("half an answer: %v", err)
	}
	return res.StatusCode, string(b)
}

// TestRefusalsOfLongUploadsArrive: whoever sends 30 MB that are refused at their
// first byte reads why, and nothing of it is kept.
func TestRefusalsOfLongUploadsArrive(t *testing.T) {
	d := newDesk(t)
	d.write.MaxPackage = 31 << 20
	_, draft := d.proposal("Leading a Handover")
	id, frozen := d.proposal("Leading a Round")
	d.complete(frozen)
	look, err := d.flow.Load(t.Context(), d.DB, id, d.by())
	d.must(err)
	_, err = d.write.Submit(t.Context(), d.by(), id, authoring.Submission{Seen: look.Seen()})
	d.must(err)
	text := bytes.Repeat([]byte("This is no zip file.\n"), 30<<20/21)
	long := append(webtest.Package("Handover"), make([]byte, 32<<20)...)
	rows := func() string {
		return d.row(`select (select count(*) from files) || ' ' || (select string_agg(proposal_id || ':' || version || coalesce(package, ''), ' ' order by proposal_id) from drafts)`)
	}
	before := rows()
	for _, c := range []struct {
		what   string
		as     *webtest.Visitor
		path   string
		body   []byte
		status int
		says   string
	}{
		{"text named .zip", d.ann, draft, text, http.StatusUnsupportedMediaType, "none of these, whatever its name says"},
		{"too large", d.ann, draft, long, http.StatusRequestEntityTooLarge, "at most 31 MB"},
		{"wrong state", d.ann, frozen, text, http.StatusConflict, "being reviewed"},
		{"leadership’s", d.lena, draft, text, http.StatusForbidden, "You cannot do this"},
		{"not theirs", d.eve, draft, text, http.StatusNotFound, "no such proposal"},
		{"nobody’s", d.anyone, draft, text, http.StatusUnauthorized, "Sign in again"},
	} {
		t.Run(c.what, func(t *testing.T) {
			status, page := sentWhole(t, c.as, c.path, c.body)
			if status != c.status || !strings.Contains(page, c.says) {
				t.Errorf("%d, want %d and %q:\n%s", status, c.status, c.says, page)
			}
			if got := rows(); got != before {
				t.Errorf("rows %s, before %s", got, before)
			}
		})
	}
}

// fileOf writes a file to be chosen in a browser.
func fileOf(t *testing.T, name string, body []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUploadsInTheBrowser(t *testing.T) {
	d := newDesk(t)
	d.write.MaxPackage = 31 << 20
	_, path := d.proposal("Leading a Handover")
	text := bytes.Repeat([]byte("This is no zip file.\n"), 30<<20/21)
	good := webtest.Package("Handover")
	sent := func() int { return strings.Count(d.Log.String(), fmt.Sprintf(`"POST","path":"%s/package"`, path)) }

	t.Run("the page asks before it sends", func(t *testing.T) {
		tab := browsertest.New(t)
		tab.TakeCookies(d.URL, d.ann.Cookies())
		tab.Open(d.URL + path + "/edit/package")
		for _, c := range []struct {
			name string
			body []byte
			says string
		}{
			{"text.zip", text, "none of these, whatever its name says"},
			{"large.zip", append(bytes.Clone(good), make([]byte, 32<<20)...), "at most 31 MB"},
			{"empty.zip", nil, "The file is empty"},
		} {
			tab.Do(chromedp.SetUploadFiles(chromedp.CSS("#package"), []string{fileOf(t, c.name, c.body)}))
			tab.Click("form[data-upload] button:not([type=button])")
			tab.WaitFor(fmt.Sprintf(`document.querySelector("[data-upload] .rung-status--trouble")?.textContent.includes(%q)`, c.says))
		}
		tab.Axe()
		if n := sent(); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
		// What only the server can tell is sent, and told.
		tab.Do(chromedp.SetUploadFiles(chromedp.CSS("#package"), []string{fileOf(t, "parts.zip", []byte("PK\x07\x08PK\x03\x04"))}))
		tab.Click("form[data-upload] button:not([type=button])")
		tab.WaitFor(`document.querySelector("[data-upload] .rung-status--trouble")?.textContent.includes("one part of a zip file")`)
		tab.Do(chromedp.SetUploadFiles(chromedp.CSS("#package"), []string{fileOf(t, "good.zip", good)}))
		tab.Follow("form[data-upload] button:not([type=button])")
		tab.Says("The package good.zip is uploaded.")
	})
	t.Run("without JavaScript the refusal of 30 MB is a page", func(t *testing.T) {
		before := sent()
		tab := browsertest.New(t)
		tab.WithoutJavaScript()
		tab.TakeCookies(d.URL, d.ann.Cookies())
		tab.Open(d.URL + path + "/edit/package")
		tab.Do(chromedp.SetUploadFiles(chromedp.CSS("#package"), []string{fileOf(t, "text.zip", text)}))
		tab.Follow("form[data-upload] button:not([type=button])")
		tab.Says("There is a problem", "none of these, whatever its name says")
		if got := sent() - before; got != 1 {
			t.Errorf("%d requests were sent", got)
		}
	})
	if got := d.row(`select package_name from drafts where package is not null`); got != "good.zip" {
		t.Errorf("the package is %s", got)
	}
}
