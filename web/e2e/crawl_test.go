package e2e

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/leadership-ladder/rung/web"
)

// found is a page that somebody comes to by links alone.
type found struct {
	who, path, route string
	features         map[string]bool // what it is made of
	file             bool            // it is no page, but a file
}

// route is a pattern of the site's routes, and what fits it.
type route struct {
	pattern string
	fits    *regexp.Regexp
}

// routes are the addresses that are read, the most exact first.
func routes() []route {
	var all []route
	own := []string{"GET /demo/people", "GET /demo/mail", "GET /demo/mail/{mail}"} // the demo's, which others don't have
	for _, r := range append(web.Routes(), own...) {
		if pattern, ok := strings.CutPrefix(r, "GET "); ok {
			fits := regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(regexp.QuoteMeta(strings.NewReplacer("{", "<", "}", ">").Replace(pattern)), "")
			fits = regexp.MustCompile(`<[a-z]+>`).ReplaceAllString(fits, `[^/]+`)
			all = append(all, route{pattern, regexp.MustCompile("^" + fits + "$")})
		}
	}
	slices.SortStableFunc(all, func(a, b route) int { return strings.Count(a.pattern, "{") - strings.Count(b.pattern, "{") })
	return all
}

func routeOf(all []route, path string) string {
	path, _, _ = strings.Cut(path, "?")
	for _, r := range all {
		if r.fits.MatchString(path) {
			return r.pattern
		}
	}
	return ""
}

// enough is how many pages of one route are read for one person.
const enough = 8

// crawl reads every page that a person comes to by links, a few of each route.
func crawl(t *testing.T, c *client, who string) []found {
	t.Helper()
	all, pages, count := routes(), []found{}, map[string]int{}
	queue, seen := []string{"/", "/signed-in"}, map[string]bool{}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		pattern := routeOf(all, path)
		kind := pattern
		if strings.HasSuffix(pattern, "/acts/{act}") {
			kind += path[strings.LastIndex(path, "/"):] // each act is a page of its own kind
		}
		if seen[path] || count[kind] == enough {
			continue
		}
		seen[path] = true
		if pattern == "" {
			t.Errorf("%s is led to %s, which is no address here", who, path)
			continue
		}
		c.open(path)
		if routeOf(all, c.at()) != pattern { // it led elsewhere, which is linked too
			queue = append(queue, c.at())
			continue
		}
		count[kind]++
		if c.status >= 400 {
			t.Errorf("%s is led to %s, which answers %d", who, path, c.status)
			continue
		}
		f := found{who: who, path: path, route: pattern, features: map[string]bool{}, file: c.byType != "text/html"}
		if !f.file {
			queue = append(queue, read(t, c, &f)...)
		}
		pages = append(pages, f)
	}
	return pages
}

// read notes what a page is made of, and where its links lead; those of a mail
// are for whoever got it.
func read(t *testing.T, c *client, f *found) (links []string) {
	t.Helper()
	for n := range c.page.doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for class := range strings.FieldsSeq(attribute(n, "class")) {
			f.features[n.Data+"."+class] = true
		}
		f.features[n.Data+" "+attribute(n, "type")] = true
		href := attribute(n, "href")
		if f.route == "/demo/mail/{mail}" || n.Data != "a" || href == "" || strings.HasPrefix(href, "#") || strings.HasPrefix(href, "mailto:") {
			continue
		}
		to, err := c.url.Parse(href)
		if err != nil {
			t.Errorf("%s has a link to %q", f.path, href)
			continue
		}
		if to.Host == c.url.Host {
			to.Fragment = ""
			links = append(links, to.RequestURI())
		}
	}
	return links
}

// choose picks pages that together hold everything that any page holds: for each
// route, those that add most, at most so many.
func choose(pages []found, most int) []found {
	byRoute := map[string][]found{}
	for _, p := range pages {
		if !p.file {
			byRoute[p.route] = append(byRoute[p.route], p)
		}
	}
	var chosen []found
	for _, pattern := range slices.Sorted(maps.Keys(byRoute)) {
		had := map[string]bool{}
		for range most {
			best, adds := found{}, 0
			for _, p := range byRoute[pattern] {
				n := 0
				for f := range p.features {
					if !had[f] {
						n++
					}
				}
				if n > adds {
					best, adds = p, n
				}
			}
			if adds == 0 {
				break
			}
			maps.Copy(had, best.features)
			chosen = append(chosen, best)
		}
	}
	return chosen
}

// name is a page's name as that of a file.
func (f found) name() string {
	u, _ := url.Parse(f.path)
	return strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(fmt.Sprint(f.who, "-", u.Path), "-"), "-")
}
