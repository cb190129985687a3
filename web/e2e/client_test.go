package e2e

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/leadership-ladder/rung/web/webtest"
)

// client is a browser that knows HTML alone: it fills in the forms that are on
// a page and sends what a browser would send, by the names, addresses and hidden
// fields that the page holds.
type client struct {
	t testing.TB
	*window
	scope func(sheet) (sheet, error)
}

// window is what a client has open.
type window struct {
	base   string
	http   *http.Client
	page   sheet
	url    *url.URL
	status int
	byType string // what the answer said it is: text/html
	files  map[*html.Node]string
	last   *html.Node // filled in last
}

func newClient(t testing.TB, base string) hands {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	return &client{t: t, window: &window{base: base, http: &http.Client{Jar: jar}, url: u}}
}

func (c *client) send(r *http.Request) {
	c.t.Helper()
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if res.StatusCode >= 500 {
		c.t.Fatalf("%s %s: %s", r.Method, r.URL, b)
	}
	if c.page, err = parse(string(b)); err != nil {
		c.t.Fatal(err)
	}
	c.byType, _, _ = strings.Cut(res.Header.Get("Content-Type"), ";")
	c.url, c.status, c.files, c.last = res.Request.URL, res.StatusCode, map[*html.Node]string{}, nil
}

func (c *client) request(method, address, contentType string, body io.Reader) *http.Request {
	c.t.Helper()
	u, err := c.url.Parse(address)
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, u.String(), body)
	if err != nil {
		c.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

func (c *client) open(address string) { c.t.Helper(); c.send(c.request("GET", address, "", nil)) }
func (c *client) at() string          { return c.url.RequestURI() }
func (c *client) text() string        { return webtest.TextOf(c.page.doc) }

func (c *client) within(heading string) hands {
	return &client{c.t, c.window, func(s sheet) (sheet, error) { return s.within(heading) }}
}

// sheet is the page, or the part of it that this client keeps to.
func (c *client) sheet() sheet {
	c.t.Helper()
	if c.scope == nil {
		return c.page
	}
	return must(c.t, c, func() (sheet, error) { return c.scope(c.page) })
}

// must ends the test with the page on which something was not found.
func must[T any](t testing.TB, h hands, find func() (T, error)) T {
	t.Helper()
	found, err := find()
	if err != nil {
		t.Fatalf("on %s: %v\n%s", h.at(), err, h.text())
	}
	return found
}

func (c *client) fill(label, words string) {
	c.t.Helper()
	n := must(c.t, c, func() (*html.Node, error) { return c.sheet().field(label) })
	c.last = n
	if n.Data == "textarea" {
		for n.FirstChild != nil {
			n.RemoveChild(n.FirstChild)
		}
		n.AppendChild(&html.Node{Type: html.TextNode, Data: words})
		return
	}
	set(n, "value", words)
}

func (c *client) choose(question, answer string) {
	c.t.Helper()
	n := must(c.t, c, func() (*html.Node, error) { return c.sheet().choice(question, answer) })
	c.last = n
	if n.Data == "option" {
		for o := range n.Parent.Descendants() {
			unset(o, "selected")
		}
		set(n, "selected", "")
		return
	}
	if attribute(n, "type") == "radio" {
		for d := range formOf(n).Descendants() {
			if attribute(d, "name") == attribute(n, "name") {
				unset(d, "checked")
			}
		}
	}
	set(n, "checked", "")
}

func (c *client) attach(label, file string) {
	c.t.Helper()
	c.files[must(c.t, c, func() (*html.Node, error) { return c.sheet().field(label) })] = file
}

func (c *client) keep() {
	c.t.Helper()
	form := sheet{c.page.doc, formOf(c.last)}
	c.submit(must(c.t, c, func() (*html.Node, error) { return form.button("Save") }))
}

func (c *client) press(button string) {
	c.t.Helper()
	c.submit(must(c.t, c, func() (*html.Node, error) { return c.sheet().button(button) }))
}

func (c *client) follow(link string) { c.t.Helper(); c.open(c.leads(link)) }

func (c *client) offers(button string) bool {
	_, err := c.sheet().button(button)
	return err == nil
}

func (c *client) holds(label string) string {
	c.t.Helper()
	n := must(c.t, c, func() (*html.Node, error) { return c.sheet().field(label) })
	if n.Data == "textarea" {
		return strings.TrimSpace(webtest.TextOf(n))
	}
	return attribute(n, "value")
}

func (c *client) leads(link string) string {
	c.t.Helper()
	return attribute(must(c.t, c, func() (*html.Node, error) { return c.sheet().link(link) }), "href")
}

// submit sends the form of a button as a browser would.
func (c *client) submit(button *html.Node) {
	c.t.Helper()
	form := formOf(button)
	if form == nil {
		c.t.Fatalf("the button %q of %s does nothing without a script", webtest.TextOf(button), c.at())
	}
	address := attribute(form, "action")
	if to := attribute(button, "formaction"); to != "" {
		address = to
	}
	if attribute(form, "method") != "post" {
		c.open(address + "?" + c.values(form, button).Encode())
		return
	}
	if attribute(form, "enctype") != "multipart/form-data" {
		c.send(c.request("POST", address, "application/x-www-form-urlencoded", strings.NewReader(c.values(form, button).Encode())))
		return
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range c.values(form, button) {
		for _, v := range values {
			c.ok(w.WriteField(name, v))
		}
	}
	for field, file := range c.files {
		b, err := os.ReadFile(file)
		c.ok(err)
		part, err := w.CreateFormFile(attribute(field, "name"), filepath.Base(file))
		c.ok(err)
		_, err = part.Write(b)
		c.ok(err)
	}
	c.ok(w.Close())
	c.send(c.request("POST", address, w.FormDataContentType(), &body))
}

func (c *client) ok(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// values are the successful controls of a form.
func (c *client) values(form, button *html.Node) url.Values {
	v := url.Values{}
	for n := range form.Descendants() {
		name := attribute(n, "name")
		if n.Type != html.ElementNode || name == "" {
			continue
		}
		switch n.Data {
		case "textarea":
			words := ""
			if n.FirstChild != nil {
				words = n.FirstChild.Data
			}
			v.Add(name, strings.ReplaceAll(words, "\n", "\r\n"))
		case "select":
			chosen := first(n, func(o *html.Node) bool { return o.Data == "option" && has(o, "selected") })
			if chosen == nil {
				chosen = first(n, func(o *html.Node) bool { return o.Data == "option" })
			}
			v.Add(name, attribute(chosen, "value"))
		case "input":
			switch attribute(n, "type") {
			case "file", "submit":
			case "radio", "checkbox":
				if has(n, "checked") {
					v.Add(name, attribute(n, "value"))
				}
			default:
				v.Add(name, attribute(n, "value"))
			}
		}
	}
	if name := attribute(button, "name"); name != "" {
		v.Add(name, attribute(button, "value"))
	}
	return v
}

func has(n *html.Node, name string) bool {
	_, ok := webtest.Attribute(n, name)
	return ok
}

func set(n *html.Node, name, value string) {
	unset(n, name)
	n.Attr = append(n.Attr, html.Attribute{Key: name, Val: value})
}

func unset(n *html.Node, name string) {
	for i, a := range n.Attr {
		if a.Key == name {
			n.Attr = append(n.Attr[:i:i], n.Attr[i+1:]...)
			return
		}
	}
}
