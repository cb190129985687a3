package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/web"
	"github.com/leadership-ladder/rung/web/webtest"
)

// Nothing that can be put into an address, a query or a field is our fault: it
// is no page, or a refusal that can be read.
func TestNothingThatIsSentBreaksAPage(t *testing.T) {
	sh, visitors, path := accessSite(t)
	people := map[string]*webtest.Visitor{"lead": visitors[2], "assigned": visitors[5], "leadership": visitors[7], "administrator": visitors[8]}
	const worst = "\x00\xff9223372036854775807"
	query := "?" + url.Values{"after": {"-9223372036854775808"}, "since": {"9223372036854775807"}, "before": {"92233720368547758080"},
		"from": {"4294967296"}, "to": {"1"}, "state": {worst}, "turn": {worst}, "role": {worst}, "words": {worst}, "q": {worst},
		"name": {worst}, "strand": {worst}, "series": {worst}, "next": {worst}, "check": {worst}, "page": {"-1"}}.Encode()
	for _, route := range web.Routes() {
		method, pattern, _ := strings.Cut(route, " ")
		if method == http.MethodHead || strings.HasPrefix(pattern, "/trial") || strings.HasPrefix(pattern, "/sign-") {
			continue
		}
		addresses := []string{path.Replace(pattern)}
		if strings.Contains(pattern, "{") {
			for _, id := range []string{"4294967296", "9223372036854775807", "92233720368547758080", "-1", "%00", "%ff"} {
				i, j := strings.LastIndex(pattern, "{"), strings.LastIndex(pattern, "}")
				addresses = append(addresses, path.Replace(pattern[:i])+id+path.Replace(pattern[j+1:]))
			}
		}
		forms := []url.Values{nil}
		if method == http.MethodPost {
			forms = nil
			for _, value := range []string{worst, "4294967296", "-9223372036854775808", "92233720368547758080"} {
				form := url.Values{}
				for _, name := range []string{"version", "person", "replaces", "words", "place", "criterion", "note", "email", "name", "title", "strand",
					"audience", "minutes", "owner", "review.year", "up", "position", "role", "series_part", "url", "description", "which", "events", "note-right_strand", "answer-right_strand"} {
					form.Set(name, value)
				}
				for name, usual := range accessForms(sh)[pattern] {
					form[name] = usual
					if !strings.HasPrefix(name, "seen_state") {
						form.Set(name, value)
					}
				}
				forms = append(forms, form)
			}
		}
		for i, address := range addresses {
			for j, form := range forms {
				if i > 0 && j > 0 {
					break // one bad thing at a time is enough
				}
				for who, v := range people {
					var p *webtest.Page
					if method == http.MethodGet {
						p = v.Get(address + query)
					} else {
						p = v.Post(address, form)
					}
					if p.Status >= http.StatusInternalServerError {
						t.Errorf("%s %s for %s with %q: %d", method, address, who, form, p.Status)
					}
				}
			}
		}
	}
}
