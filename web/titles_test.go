package web

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// titleOfPage is what the browser's tab shows.
func titleOfPage(t *testing.T, page []byte) string {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "title" && n.FirstChild != nil {
			return n.FirstChild.Data
		}
	}
	return ""
}

// TestTitlesSayWhatIsWrong: the title of a page with an error summary begins
// with "Error: ", as the NHS service manual has it, and no other does. Every
// page with a form that can be refused has an example of it.
func TestTitlesSayWhatIsWrong(t *testing.T) {
	refused, mayBe := map[string]bool{}, map[string]bool{}
	for i, example := range viewExamples {
		page, err := execute(example.file, frame{Site: Site{Programme: "Leadership Ladder"}, Page: example.data})
		if err != nil {
			t.Fatal(err)
		}
		source, err := templateFiles.ReadFile("templates/" + example.file)
		if err != nil {
			t.Fatal(err)
		}
		mayBe[example.file] = strings.Contains(string(source), `{{template "error_summary"`)
		failed := bytes.Contains(page, []byte("nhsuk-error-summary"))
		refused[example.file] = refused[example.file] || failed
		if title := titleOfPage(t, page); strings.HasPrefix(title, "Error: ") != failed {
			t.Errorf("example %d of %s has the title %q; an error summary: %v", i, example.file, title, failed)
		}
	}
	for file, may := range mayBe {
		if may && !refused[file] {
			t.Errorf("%s has no example that was refused", file)
		}
	}
}

// TestTitlesDiffer: no two pages have one title, of the same proposal either.
func TestTitlesDiffer(t *testing.T) {
	by := map[string]string{}
	for _, example := range viewExamples {
		page, err := execute(example.file, frame{Page: example.data})
		if err != nil {
			t.Fatal(err)
		}
		title := titleOfPage(t, page)
		if strings.HasPrefix(title, ": ") { // an example without names
			continue
		}
		if other, taken := by[title]; taken && other != example.file {
			t.Errorf("%s and %s are both %q", example.file, other, title)
		}
		by[title] = example.file
	}
}
