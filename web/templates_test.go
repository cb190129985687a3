package web

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/leadership-ladder/rung/internal/accounts"
)

// TestEveryTemplate executes each page with each of its examples, signed in
// and out, and reads what comes out.
func TestEveryTemplate(t *testing.T) {
	who := &accounts.Person{ID: 1, Name: "Anna Bell", Roles: []string{accounts.Administrator}}
	for i, example := range viewExamples {
		for _, person := range []*accounts.Person{nil, who} {
			t.Run(fmt.Sprintf("%s/%d/signed_in=%v", example.file, i, person != nil), func(t *testing.T) {
				body, err := execute(example.file, frame{
					Site: Site{Programme: "Leadership Ladder"}, Person: person, Demo: true, API: true,
					Nav: navigation(person, "/people"), Flash: &flash{Success: person != nil, Text: "Done."}, Page: example.data,
				})
				if err != nil {
					t.Fatal(err)
				}
				for _, wrong := range wrongWith(body) {
					t.Error(wrong)
				}
			})
		}
	}
}

// TestEveryTemplateFileIsAPage finds a page that nobody registered.
func TestEveryTemplateFileIsAPage(t *testing.T) {
	err := fs.WalkDir(templateFiles, "templates", func(p string, d fs.DirEntry, err error) error {
		name := strings.TrimPrefix(p, "templates/")
		if err != nil || d.IsDir() || name == "layout.html" || path.Dir(name) == "partials" || strings.HasPrefix(d.Name(), "_") {
			return err
		}
		if !slices.Contains(viewFiles, name) {
			t.Errorf("%s is no page: no newView names it", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// void elements have no end tag.
var void = strings.Fields("area base br col embed hr img input link meta source track wbr")

// wrongWith lists what a page must not hold: tags that don't match, ids twice,
// labels and descriptions of nothing, anything inline that the content policy
// would refuse, an empty heading or link, and what html/template blanks out.
func wrongWith(page []byte) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	ids := map[string]bool{}
	refs := map[string]string{}
	var open []string
	h1 := 0
	z := html.NewTokenizer(bytes.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				say("malformed: %v", z.Err())
			}
			if len(open) > 0 {
				say("never closed: %v", open)
			}
			for ref, by := range refs {
				if !ids[ref] {
					say("%s names the id %q, which is nowhere", by, ref)
				}
			}
			if h1 != 1 {
				say("%d h1 headings", h1)
			}
			if bytes.Contains(page, []byte("ZgotmplZ")) {
				say("html/template blanked something out")
			}
			return wrong
		case html.EndTagToken:
			tag := z.Token().Data
			if len(open) == 0 || open[len(open)-1] != tag {
				say("</%s> closes %v", tag, open)
				return wrong
			}
			open = open[:len(open)-1]
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			if token.Data == "h1" {
				h1++
			}
			if !slices.Contains(void, token.Data) && token.Type == html.StartTagToken {
				open = append(open, token.Data)
			}
			if token.Data == "style" || token.Data == "script" && !slices.ContainsFunc(token.Attr, func(a html.Attribute) bool { return a.Key == "src" }) {
				say("an inline <%s>", token.Data)
			}
			for _, a := range token.Attr {
				switch {
				case a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.ToLower(a.Val), "javascript:"):
					say("inline: %s=%q", a.Key, a.Val)
				case a.Key == "id":
					if ids[a.Val] || a.Val == "" {
						say("the id %q twice or empty", a.Val)
					}
					ids[a.Val] = true
				case a.Key == "for" || a.Key == "aria-describedby" || a.Key == "aria-labelledby":
					for ref := range strings.FieldsSeq(a.Val) {
						refs[ref] = a.Key
					}
				case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
					refs[a.Val[1:]] = a.Key
				}
			}
		}
	}
}
