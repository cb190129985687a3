package office

import (
	"net/url"
	"path"
	"strings"
)

// relations are what one part refers to.
type relations struct {
	*parts
	part string
	main string // what the document as a whole refers to
}

func (r *relations) start(e element) {
	t := Target{r.part, e.attr("Target")}
	kind := e.attr("Type")
	if e.Name.Local != "Relationship" || !strings.EqualFold(e.attr("TargetMode"), "External") {
		if strings.HasSuffix(kind, "/officeDocument") {
			r.main = strings.TrimPrefix(path.Clean("/"+t.URL), "/")
		}
		return
	}
	switch kind[strings.LastIndex(kind, "/")+1:] {
	case "hyperlink":
		listed(&r.facts.Links, t)
	case "attachedTemplate":
		if remote(t.URL) {
			r.facts.Template = &t
		}
	case "oleObject", "externalLinkPath", "mailMergeSource", "mailMergeHeaderSource", "subDocument", "frame":
		listed(&r.facts.Taken, t)
	case "video", "audio", "media":
		if web(t.URL) { // a film of a website, which is played there
			listed(&r.facts.Links, t)
		} else {
			listed(&r.facts.Taken, t)
		}
	case "image":
		listed(&r.images, image{t, Target{r.part, e.attr("Id")}})
	}
}

func (*relations) end(string)  {}
func (*relations) text([]byte) {}

func web(address string) bool {
	u, err := url.Parse(strings.TrimSpace(address))
	return err == nil && (strings.EqualFold(u.Scheme, "http") || strings.EqualFold(u.Scheme, "https"))
}

// remote tells whether an address leads to another computer.
func remote(address string) bool {
	at := strings.ToLower(strings.ReplaceAll(address, `\`, "/"))
	file, ok := strings.CutPrefix(at, "file://")
	return web(address) || strings.HasPrefix(at, "//") || ok && (!strings.HasPrefix(file, "/") || strings.HasPrefix(file, "//"))
}
